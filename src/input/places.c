/* SPDX-License-Identifier: Apache-2.0 */
/*
 * places.c - the table of usual places
 */
#include "input/places.h"

#include <string.h>

#include "base/attr.h"

const struct place places[] = {
#define PLACE(pattern, system) { pattern, system },
#define REPEATS(name, of)
#define FOREIGN(name)
#include "input/places.def"
#undef PLACE
#undef REPEATS
#undef FOREIGN
};

const size_t places_count = ARRAY_LEN(places);

const struct repeat repeats[] = {
#define PLACE(pattern, system)
#define REPEATS(name, of) { name, of },
#define FOREIGN(name)
#include "input/places.def"
#undef PLACE
#undef REPEATS
#undef FOREIGN
};

const size_t repeats_count = ARRAY_LEN(repeats);

static const char *const foreign[] = {
#define PLACE(pattern, system)
#define REPEATS(name, of)
#define FOREIGN(name) name,
#include "input/places.def"
#undef PLACE
#undef REPEATS
#undef FOREIGN
};

bool place_is_foreign(const char *base)
{
	for (size_t i = 0; i < ARRAY_LEN(foreign); i++)
		if (strcmp(foreign[i], base) == 0)
			return true;
	return false;
}
