/* SPDX-License-Identifier: Apache-2.0 */
/*
 * places.h - where mail logs usually lie
 */
#ifndef INPUT_PLACES_H
#define INPUT_PLACES_H

#include <stdbool.h>
#include <stddef.h>

struct place {
	const char *pattern; /* a glob: the live log and its rotated ones */
	const char *system;  /* who puts it there */
};

extern const struct place places[];
extern const size_t places_count;

/* Base names (without rotation) of files whose records stand in another file too. */
struct repeat {
	const char *name;
	const char *of;
};

extern const struct repeat repeats[];
extern const size_t repeats_count;

/* a log of another program, by its base name without rotation: passed over in directories */
bool place_is_foreign(const char *base);

#endif
