/* SPDX-License-Identifier: Apache-2.0 */
/*
 * values.c - what may stand where the help shows a word in capitals
 *
 * One row per word.  What has no row is the user's own: a number, an address, a time.
 */
#include "cli/values.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/ascii.h"
#include "base/attr.h"
#include "base/cursor.h"
#include "base/strbuf.h"
#include "base/tr.h"
#include "cli/conf.h"
#include "cli/manual.h"
#include "cli/peers.h"
#include "detect/ban.h"
#include "detect/detector.h"
#include "diagnose/catalogue.h"
#include "event/event.h"
#include "fact/fact.h"
#include "report/report.h"

static void add(struct value_words *w, const char *word, const char *help)
{
	w->items = vec_grow(w->items, w->n, &w->cap, sizeof *w->items);
	w->items[w->n++] = (struct value_word){ word, help };
}

void value_words_done(struct value_words *w)
{
	free(w->items);
	arena_clear(&w->arena);
	*w = (struct value_words){ 0 };
}

static const char *copy(struct value_words *w, struct slice s)
{
	char *p = arena_alloc(&w->arena, s.n + 1);

	if (s.n)
		memcpy(p, s.p, s.n);
	return p;
}

static void add_panels(struct value_words *w)
{
	size_t n;
	struct panel_name *names = report_panel_names(&w->arena, &n);

	for (size_t i = 0; i < n; i++)
		add(w, names[i].id, names[i].title);
}

static void add_detectors(struct value_words *w)
{
	for (size_t i = 0; detectors[i]; i++)
		add(w, detectors[i]->id, tr_in(TR_ENGLISH, detectors[i]->title));
}

static void add_settings(struct value_words *w)
{
	struct strbuf name = { 0 };

	for (size_t i = 0; detectors[i]; i++)
		for (size_t k = 0; k < detectors[i]->n_settings; k++) {
			strbuf_clear(&name);
			strbuf_printf(&name, "%s.%s=", detectors[i]->id, detectors[i]->settings[k].name);
			add(w, copy(w, strbuf_slice(&name)), detectors[i]->settings[k].help);
		}
	strbuf_done(&name);
}

static const char *const OUTCOME_HELP[] = {
	[OUTCOME_NONE] = NULL,
	[OUTCOME_DELIVERED] = "into a mailbox, a file or a program",
	[OUTCOME_RELAYED] = "the next server took it",
	[OUTCOME_BOUNCED] = "failed for good",
	[OUTCOME_EXPIRED] = "given up after it had failed for too long",
	[OUTCOME_REJECTED] = "refused before it was taken in",
	[OUTCOME_DISCARDED] = "thrown away without a word",
	[OUTCOME_REMOVED] = "taken from the queue by an administrator",
	[OUTCOME_HELD] = "frozen, on hold, in quarantine",
	[OUTCOME_DEFERRED] = "failed for now, will be tried again",
	[OUTCOME_EXPANDED] = "an alias, a forward, a list",
	[OUTCOME_PENDING] = "no try was seen yet",
};
_Static_assert(ARRAY_LEN(OUTCOME_HELP) == OUTCOME_COUNT, "one row per outcome");

static void add_statuses(struct value_words *w)
{
#define X(id, name) \
	if (id != OUTCOME_NONE) \
		add(w, name, OUTCOME_HELP[id]);
	OUTCOMES(X)
#undef X
	add(w, "login_ok", "a login that worked");
	add(w, "login_failed", "a login that failed");
}

static void add_writers(struct value_words *w)
{
#define X(id, name) \
	if (id != WRITER_NONE) \
		add(w, name, NULL);
	WRITERS(X)
#undef X
}

static void add_directions(struct value_words *w)
{
	static const char *const HELP[DIRECTION_COUNT] = {
		[DIRECTION_INBOUND] = "from outside to a recipient here",
		[DIRECTION_OUTBOUND] = "from here, or a user who logged in, to outside",
		[DIRECTION_LOCAL] = "from here to here",
		[DIRECTION_RELAYED] = "from outside to outside",
	};

#define X(id, name) \
	if (id != DIRECTION_NONE) \
		add(w, name, HELP[id]);
	DIRECTIONS(X)
#undef X
}

static void add_levels(struct value_words *w)
{
	static const char *const HELP[THREAT_LEVEL_COUNT] = {
		[LEVEL_LOW] = "noise of the Internet: nothing was gained",
		[LEVEL_MEDIUM] = "an attack that goes on",
		[LEVEL_HIGH] = "it works or soon will, or others refuse our mail",
		[LEVEL_CRITICAL] = "somebody else sends through this server",
	};

#define X(id, name) add(w, name, HELP[id]);
	THREAT_LEVELS(X)
#undef X
}

static void add_ban_tools(struct value_words *w)
{
	for (size_t i = 0; ban_tool_name(i); i++)
		add(w, ban_tool_name(i), NULL);
}

static void add_peers(struct value_words *w)
{
	struct strbuf names = { 0 };
	struct cur c;

	peer_names(&names);
	c = cur_of(strbuf_slice(&names));
	while (!cur_at_end(&c))
		add(w, copy(w, slice_trim(cur_token(&c, ','))), NULL);
	strbuf_done(&names);
}

static void add_times(struct value_words *w)
{
	add(w, "today", "midnight");
	add(w, "yesterday", "the midnight before");
	add(w, "now", NULL);
	add(w, "-1h", "an hour ago");
	add(w, "-1d", "24 hours ago");
	add(w, "-7d", "a week ago");
}

static void add_colours(struct value_words *w)
{
	add(w, "auto", "on a terminal");
	add(w, "always", NULL);
	add(w, "never", NULL);
}

static void add_causes(struct value_words *w)
{
	struct catalogue_cause cause;
	struct strbuf help = { 0 };

	for (size_t i = 0; catalogue_get(i, &cause); i++) {
		strbuf_clear(&help);
		catalogue_summary(&help, &cause);
		add(w, copy(w, cause.cause.id), copy(w, strbuf_slice(&help)));
	}
	strbuf_done(&help);
}

static void add_topics(struct value_words *w)
{
	struct manual_page page;

	for (size_t i = 0; manual_page_get(i, &page); i++)
		add(w, page.topic, page.summary);
	add_causes(w);
}

static void add_keys(struct value_words *w)
{
	struct strbuf name = { 0 };

	for (config_id id = 0; id < config_n_ids(); id++) {
		strbuf_clear(&name);
		config_id_name(id, &name);
		add(w, copy(w, strbuf_slice(&name)), NULL);
	}
	strbuf_done(&name);
}

static const struct {
	const char *argument;
	enum value_form form;
	void (*words)(struct value_words *w);
} VALUES[] = {
	{ "FILE", VALUE_FILE, NULL },
	{ "LOG", VALUE_FILE, NULL },
	{ "LISTING", VALUE_FILE, NULL },
	{ "DIR", VALUE_DIR, NULL },
	{ "TIME", VALUE_WORD, add_times },
	{ "PANEL", VALUE_LIST, add_panels },
	{ "DETECTOR", VALUE_LIST, add_detectors },
	{ "DETECTOR.SETTING=VALUE", VALUE_KEY, add_settings },
	{ "STATUS", VALUE_WORD, add_statuses },
	{ "WRITER", VALUE_WORD, add_writers },
	{ "DIRECTION", VALUE_WORD, add_directions },
	{ "LEVEL", VALUE_WORD, add_levels },
	{ "TOOL", VALUE_WORD, add_ban_tools },
	{ "PROGRAM", VALUE_WORD, add_peers },
	{ "WHEN", VALUE_WORD, add_colours },
	{ "KEY", VALUE_WORD, add_keys },
	{ "TOPIC", VALUE_WORD, add_topics },
	{ "TEXT", VALUE_WORD, add_causes }, /* of explain, which takes much else */
};

/* "auto|always|never" */
static bool is_choice(struct slice argument)
{
	for (size_t i = 0; i < argument.n; i++)
		if (!ascii_lower(argument.p[i]) && argument.p[i] != '|')
			return false;
	return argument.n > 0;
}

/* "[=DIR]" and "[DIR]" are "DIR", "PANEL[,PANEL]" is "PANEL", "[LOG...]" is "LOG" */
static struct slice bare(struct slice argument)
{
	if (slice_starts(argument, "[") && slice_ends(argument, "]"))
		argument = slice_head(slice_from(argument, 1), argument.n - 2);
	if (slice_starts(argument, "="))
		argument = slice_from(argument, 1);
	if (slice_ends(argument, "..."))
		argument = slice_head(argument, argument.n - 3);
	return slice_head(argument, slice_find(argument, SLICE("[,")));
}

enum value_form value_form_of(const char *argument, struct value_words *ret)
{
	struct slice word = bare(slice_str(argument));
	struct cur c = cur_of(word);

	for (size_t i = 0; i < ARRAY_LEN(VALUES); i++) {
		if (!slice_eq(word, slice_str(VALUES[i].argument)))
			continue;
		if (VALUES[i].words)
			VALUES[i].words(ret);
		return VALUES[i].form;
	}
	if (!is_choice(word))
		return VALUE_FREE;
	while (!cur_at_end(&c))
		add(ret, copy(ret, cur_token(&c, '|')), NULL);
	return VALUE_WORD;
}
