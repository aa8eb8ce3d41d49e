/* SPDX-License-Identifier: Apache-2.0 */
/*
 * places.c - the tables of usual places, and the places that configuration files name
 */
#include "input/places.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "base/cursor.h"
#include "base/strbuf.h"

#define NOTHING(...)

/* clang-format off */
#define PLACE(pattern, system, kind)     { pattern, system, PLACE_##kind, false },
#define ELSEWHERE(pattern, system, kind) { pattern, system, PLACE_##kind, true },
#define NAMED   NOTHING
#define REPEATS NOTHING
#define FOREIGN NOTHING
#define WORD    NOTHING
const struct place places[] = {
#include "data/places.def"
};
#undef PLACE
#undef ELSEWHERE
#undef NAMED

#define PLACE     NOTHING
#define ELSEWHERE NOTHING
#define NAMED(pattern, key) { pattern, key },
const struct place_named places_named[] = {
#include "data/places.def"
};
#undef NAMED
#undef REPEATS

#define NAMED NOTHING
#define REPEATS(name, of) { name, of },
const struct repeat repeats[] = {
#include "data/places.def"
};
#undef REPEATS
#undef FOREIGN

#define REPEATS NOTHING
#define FOREIGN(name) name,
static const char *const foreign[] = {
#include "data/places.def"
};
#undef FOREIGN
#undef WORD

#define FOREIGN NOTHING
#define WORD(name) name,
static const char *const words[] = {
#include "data/places.def"
};
/* clang-format on */

const size_t places_count = ARRAY_LEN(places);
const size_t places_named_count = ARRAY_LEN(places_named);
const size_t repeats_count = ARRAY_LEN(repeats);

bool place_is_foreign(const char *base)
{
	for (size_t i = 0; i < ARRAY_LEN(foreign); i++)
		if (strcmp(foreign[i], base) == 0)
			return true;
	return false;
}

bool place_is_of_machine(const char *path)
{
	for (size_t i = 0; i < places_count; i++)
		if (!places[i].elsewhere && fnmatch(places[i].pattern, path, FNM_PATHNAME) == 0)
			return true;
	return false;
}

/* a part of the glob; its stars stand for what the site chose */
static bool has_part(const char *glob, struct slice part)
{
	struct cur c = cur_of(slice_str(glob));

	while (!cur_at_end(&c)) {
		struct slice s = cur_token(&c, '/');

		if (s.n && s.p[s.n - 1] == '*')
			s.n--;
		if (s.n && slice_eq(s, part))
			return true;
	}
	return false;
}

bool place_knows_word(struct slice part)
{
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (slice_eq(slice_str(words[i]), part))
			return true;
	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		if (has_part(places[i].pattern, part))
			return true;
	for (size_t i = 0; i < ARRAY_LEN(places_named); i++)
		if (has_part(places_named[i].pattern, part))
			return true;
	return false;
}

/* The first path of a value: Exim's is a list, with colons between its items. */
static struct slice first_path(struct slice value)
{
	struct cur c = cur_of(value);

	while (!cur_at_end(&c)) {
		struct slice item = slice_trim(cur_token(&c, ':'));

		if (item.n && item.p[0] == '/')
			return item;
	}
	return SLICE_NONE;
}

char *place_from_setting(struct slice line, const char *key)
{
	struct slice s = slice_trim(line), name = slice_str(key), path;
	struct strbuf glob = { 0 };

	if (s.n <= name.n || !slice_eq(slice_head(s, name.n), name))
		return NULL;
	s = slice_from(s, name.n);
	if (s.p[0] != ' ' && s.p[0] != '\t' && s.p[0] != '=' && s.p[0] != ':')
		return NULL;
	s = slice_trim(s);
	if (s.n && (s.p[0] == '=' || s.p[0] == ':'))
		s = slice_trim(slice_from(s, 1));
	path = first_path(s);
	if (!path.n || slice_starts(path, "/dev/") || slice_find_byte(path, '$') < path.n)
		return NULL;
	for (size_t i = 0; i < path.n; i++) {
		bool expanded = path.p[i] == '%' && i + 1 < path.n;

		strbuf_add_byte(&glob, expanded ? '*' : path.p[i]);
		i += expanded;
	}
	strbuf_add_byte(&glob, '*');
	return glob.p;
}
