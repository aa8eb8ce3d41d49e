/* SPDX-License-Identifier: Apache-2.0 */
/*
 * places.c - the table of usual places
 */
#include "input/places.h"

#include "base/attr.h"

const struct place places[] = {
#define PLACE(pattern, system) { pattern, system },
#include "input/places.def"
#undef PLACE
};

const size_t places_count = ARRAY_LEN(places);
