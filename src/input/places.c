/* SPDX-License-Identifier: Apache-2.0 */
/*
 * places.c - the table of usual places
 */
#include "input/places.h"

#include "base/attr.h"

const struct place places[] = {
#define PLACE(pattern, system) { pattern, system },
#define REPEATS(name, of)
#include "input/places.def"
#undef PLACE
#undef REPEATS
};

const size_t places_count = ARRAY_LEN(places);

const struct repeat repeats[] = {
#define PLACE(pattern, system)
#define REPEATS(name, of) { name, of },
#include "input/places.def"
#undef PLACE
#undef REPEATS
};

const size_t repeats_count = ARRAY_LEN(repeats);
