/* SPDX-License-Identifier: Apache-2.0 */
/*
 * places.h - where mail logs usually lie: the tables of data/places.def
 */
#ifndef INPUT_PLACES_H
#define INPUT_PLACES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

enum place_kind {
	PLACE_OWN,   /* mail logs */
	PLACE_MIXED, /* logs of everything: worth reading only if there is mail in them */
};

struct place {
	const char *pattern; /* a glob: the live log and its rotated ones */
	const char *system;  /* who puts it there */
	enum place_kind kind;
	bool elsewhere;      /* of another machine: mounted, or a container's */
};

extern const struct place places[];
extern const size_t places_count;

/* A configuration file that may name a place. */
struct place_named {
	const char *pattern; /* a glob */
	const char *key;
};

extern const struct place_named places_named[];
extern const size_t places_named_count;

/* Base names (without rotation) of files whose records stand in another file too. */
struct repeat {
	const char *name;
	const char *of;
};

extern const struct repeat repeats[];
extern const size_t repeats_count;

/* a log of another program, by its base name without rotation: passed over in directories */
bool place_is_foreign(const char *base);

/* Does the path name a log of this machine, that is one of the usual places, but no container's and nothing mounted? */
bool place_is_of_machine(const char *path);

/*
 * place_knows_word - may this part of a path be shown to strangers?
 *
 * True for a part of the places of the table (which says nothing about the site), as for "var" or "mainlog".
 */
bool place_knows_word(struct slice part);

/*
 * place_from_setting - the place that a line of a configuration file names
 *
 * "key = /path", "key: /path" or "key /path" with the rest of the line as value; Exim's list of paths and its "%s" give a
 * glob.  Returns a glob (caller frees) or NULL: another key, syslog, standard output, something that would have to be expanded.
 */
char *place_from_setting(struct slice line, const char *key);

#endif
