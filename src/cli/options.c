/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options.c - argv against the table of options
 */
#include "cli/options.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/ascii.h"
#include "base/cursor.h"

#include "check/check.h"
#include "cli/limits.h"
#include "cli/nearest.h"
#include "flow/flow.h"

#define MEMORY_MIN_BYTES (UINT64_C(1) << 20)
#define LIMIT_MIN_BYTES  (UINT64_C(1) << 24) /* of the whole program: what it needs for a short log */
#define MEMORY_MAX_BYTES (UINT64_C(1) << 34) /* what a table of names can hold */

struct option_row {
	const char *name;
	char short_name;
	const char *argument; /* NULL: none */
	unsigned commands;
	int (*take)(struct options *o, const struct option_row *row, const char *value, struct err *reterr);
	size_t member;        /* offset in struct options */
	enum filter_kind filter;
	const char *help;
};

void words_add(struct words *w, const char *word)
{
	w->items = vec_grow(w->items, w->n, &w->cap, sizeof *w->items);
	w->items[w->n++] = word;
}

static int number(const struct option_row *row, const char *value, uint64_t min, uint64_t max, uint64_t *ret,
		  struct err *reterr)
{
	struct cur c = cur_of(slice_str(value));
	uint64_t v;

	if (!cur_u64(&c, max, &v) || !cur_at_end(&c) || v < min)
		return err_set(reterr, ERR_USAGE, "--%s takes a number from %llu to %llu, not '%s'",
			       row->name, (unsigned long long)min, (unsigned long long)max, value);
	*ret = v;
	return 0;
}

/* "FILE=VALUE": the last '=' divides, for a file name may hold one and neither zones nor servers do */
static void add_setting(struct input_setting **list, size_t *n, size_t *cap, const char *text)
{
	struct slice s = slice_str(text);
	size_t at = slice_rfind_byte(s, '=');

	*list = vec_grow(*list, *n, cap, sizeof **list);
	(*list)[(*n)++] = at == s.n ? (struct input_setting){ NULL, text }
				    : (struct input_setting){ xslicedup(slice_head(s, at)), text + at + 1 };
}

static void add_filter(struct options *o, enum filter_kind kind, const char *value)
{
	o->filters = vec_grow(o->filters, o->n_filters, &o->filters_cap, sizeof *o->filters);
	o->filters[o->n_filters++] = (struct option_filter){ kind, value };
}

#define TAKE(name)                                                                                          \
	static int take_##name(ATTR_UNUSED struct options *o, ATTR_UNUSED const struct option_row *row,     \
			       ATTR_UNUSED const char *value, ATTR_UNUSED struct err *reterr)

TAKE(flag)
{
	*(bool *)((char *)o + row->member) = true;
	return 0;
}

TAKE(text)
{
	*(const char **)((char *)o + row->member) = value;
	return 0;
}

TAKE(word)
{
	words_add((struct words *)((char *)o + row->member), value);
	return 0;
}

TAKE(filter)
{
	add_filter(o, row->filter, value);
	return 0;
}

TAKE(check)
{
	o->checks = vec_grow(o->checks, o->n_checks, &o->checks_cap, sizeof *o->checks);
	o->checks[o->n_checks++] = (struct option_check){ row->name, value };
	return 0;
}

/* a journal: NULL is that of this machine */
TAKE(journal)
{
	words_add(&o->journals, value && *value ? value : NULL);
	return 0;
}

/* a program, or the one of the configuration */
TAKE(tool)
{
	o->ban = value ? value : "";
	return 0;
}

TAKE(zone)
{
	add_setting(&o->zones, &o->n_zones, &o->zones_cap, value);
	return 0;
}

TAKE(server)
{
	if (strchr(value, '='))
		add_setting(&o->servers, &o->n_servers, &o->servers_cap, value);
	else
		add_filter(o, FILTER_SERVER, value);
	return 0;
}

TAKE(year)
{
	uint64_t v;
	int r = number(row, value, 1970, 9999, &v, reterr);

	if (r == 0)
		o->year = (int)v;
	return r;
}

static int take_size(struct options *o, const struct option_row *row, const char *value, uint64_t max,
		     struct err *reterr)
{
	uint64_t v;
	int r = number(row, value, 1, max, &v, reterr);

	if (r == 0)
		*(size_t *)((char *)o + row->member) = (size_t)v;
	return r;
}

TAKE(top)
{
	return take_size(o, row, value, 1000000000, reterr);
}

TAKE(jobs)
{
	return take_size(o, row, value, FLOW_JOBS_MAX, reterr);
}

TAKE(min_count)
{
	return take_size(o, row, value, 1000000000, reterr);
}

TAKE(batch_lines)
{
	return take_size(o, row, value, 65536, reterr);
}

/* "64M": bytes, or with K, M, G their multiples by 1024; 0: it is none */
static uint64_t size_of_text(const char *value)
{
	static const char LETTERS[] = "KMG";
	struct cur c = cur_of(slice_str(value));
	unsigned shift = 0;
	uint64_t v;

	if (!cur_u64(&c, SIZE_MAX, &v))
		return 0;
	for (unsigned i = 0; i < sizeof LETTERS - 1; i++)
		if (cur_left(&c) == 1 && ascii_tolower(*c.p) == ascii_tolower(LETTERS[i])) {
			shift = 10 * (i + 1);
			c.p++;
		}
	return cur_at_end(&c) && v <= SIZE_MAX >> shift ? v << shift : 0;
}

TAKE(memory)
{
	uint64_t v = size_of_text(value);

	if (v < MEMORY_MIN_BYTES || v > MEMORY_MAX_BYTES)
		return err_set(reterr, ERR_USAGE, "--%s takes a size from 1M to 16G, like 64M, not '%s'", row->name, value);
	o->memory_bytes = (size_t)v;
	return 0;
}

TAKE(memory_limit)
{
	uint64_t v = slice_is(slice_str(value), "off") ? LIMITS_NONE : size_of_text(value);

	if (v < LIMIT_MIN_BYTES)
		return err_set(reterr, ERR_USAGE, "--%s takes a size of 16M or more, like 512M, or off, not '%s'", row->name, value);
	o->memory_limit_bytes = (size_t)v;
	return 0;
}

TAKE(color)
{
	static const char *const NAMES[] = { "auto", "always", "never" };

	for (size_t i = 0; i < ARRAY_LEN(NAMES); i++)
		if (slice_eq(slice_str(value), slice_str(NAMES[i]))) {
			o->color = (enum color_when)i;
			return 0;
		}
	return err_set(reterr, ERR_USAGE, "--%s takes auto, always or never, not '%s'", row->name, value);
}

static const struct option_row ROWS[] = {
#define OPTION(name, short_name, argument, commands, take, member, help)                            \
	{ name,         short_name, argument, commands, take_##take, offsetof(struct options, member), \
	  FILTER_KIND_COUNT, help },
#define ALIAS(name, other)
#include "cli/options.def"
#undef OPTION
#undef ALIAS
#define CHECK(id, option, label, unit, plain, bad, defaults, value, argument, evidence, help) \
	{ option,       0, "WARN,CRIT", ON_CHECK, take_check, 0, FILTER_KIND_COUNT, help },
#include "check/checks.def"
#undef CHECK
/* a line by itself has no direction */
#define X(id, name, argument, help) \
	{ name, 0, argument, (id) == FILTER_DIRECTION ? ON_FACTS | ON_QUEUE : ON_LOGS, take_filter, 0, id, help },
	FILTER_KINDS(X)
#undef X
};

_Static_assert(ARRAY_LEN(ROWS) <= OPTIONS_MAX, "options.given has a place per option");

static const struct {
	const char *name, *other;
} ALIASES[] = {
#define OPTION(name, short_name, argument, commands, take, member, help)
#define ALIAS(name, other) { name, other },
#include "cli/options.def"
#undef OPTION
#undef ALIAS
};

static const struct option_row *row_of(struct slice name)
{
	for (size_t i = 0; i < ARRAY_LEN(ALIASES); i++)
		if (slice_eq(name, slice_str(ALIASES[i].name)))
			name = slice_str(ALIASES[i].other);
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++)
		if (slice_eq(name, slice_str(ROWS[i].name)))
			return &ROWS[i];
	return NULL;
}

static const struct option_row *row_of_letter(char letter)
{
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++)
		if (ROWS[i].short_name && ROWS[i].short_name == letter)
			return &ROWS[i];
	return NULL;
}

static int unknown_option(struct slice name, struct err *reterr)
{
	const char *names[ARRAY_LEN(ROWS) + ARRAY_LEN(ALIASES)];
	const char *near;
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++)
		names[n++] = ROWS[i].name;
	for (size_t i = 0; i < ARRAY_LEN(ALIASES); i++)
		names[n++] = ALIASES[i].name;
	near = nearest_name(name, names, n);
	if (near)
		return err_set(reterr, ERR_USAGE, "unknown option '--%.*s'; did you mean '--%s'?",
			       SLICE_ARG(name), near);
	return err_set(reterr, ERR_USAGE, "unknown option '--%.*s'", SLICE_ARG(name));
}

/* Its value may be left out: "[=DIR]", "[TOOL]"; but not "[FILE=]ZONE" */
static bool is_optional(const struct option_row *row)
{
	return row->argument && row->argument[0] == '[' && row->argument[strlen(row->argument) - 1] == ']';
}

/*
 * Does the next word belong to an option whose value may be left out?  "--journal WORD": a directory or a file of a journal does.
 * "--ban WORD": any word but another option, standard input and a path.
 */
static bool is_value(const struct option_row *row, const char *word)
{
	struct slice s = slice_str(word);
	struct stat st;

	if (row->argument[1] != '=')
		return s.n && s.p[0] != '-' && slice_find_byte(s, '/') == s.n;
	return stat(word, &st) == 0 &&
	       (S_ISDIR(st.st_mode) || slice_ends(s, ".journal") || slice_ends(s, ".journal~"));
}

static int take(struct options *o, const struct option_row *row, const char *value, struct err *reterr)
{
	o->given[row - ROWS] = true;
	o->said = vec_grow(o->said, o->n_said, &o->said_cap, sizeof *o->said);
	o->said[o->n_said++] = (struct option_said){ row->name, value };
	return row->take(o, row, value, reterr);
}

int options_give(struct options *o, const char *name, const char *value, struct err *reterr)
{
	const struct option_row *row = row_of(slice_str(name));

	return row->take(o, row, value, reterr);
}

unsigned options_commands(const char *name)
{
	return row_of(slice_str(name))->commands;
}

const char *options_argument(const char *name)
{
	return row_of(slice_str(name))->argument;
}

/* "--name", "--name=value", "--name value"; *at is the position of the word and moves over its value */
static int take_long(struct options *o, size_t n, char *const *args, size_t *at, struct err *reterr)
{
	struct slice word = slice_from(slice_str(args[*at]), 2);
	size_t equals = slice_find_byte(word, '=');
	struct slice name = slice_head(word, equals);
	const struct option_row *row = row_of(name);

	if (!row)
		return unknown_option(name, reterr);
	if (!row->argument) {
		if (equals < word.n)
			return err_set(reterr, ERR_USAGE, "--%s takes no value", row->name);
		return take(o, row, NULL, reterr);
	}
	if (equals < word.n)
		return take(o, row, word.p + equals + 1, reterr);
	if (is_optional(row) && (*at + 1 >= n || !is_value(row, args[*at + 1])))
		return take(o, row, NULL, reterr);
	if (*at + 1 >= n)
		return err_set(reterr, ERR_USAGE, "--%.*s needs a value: %s", SLICE_ARG(name), row->argument);
	return take(o, row, args[++*at], reterr);
}

/* "-x", "-xVALUE", "-x VALUE", "-xyz" */
static int take_short(struct options *o, size_t n, char *const *args, size_t *at, struct err *reterr)
{
	for (const char *p = args[*at] + 1; *p; p++) {
		const struct option_row *row = row_of_letter(*p);
		int r;

		if (!row)
			return err_set(reterr, ERR_USAGE, "unknown option '-%c'", *p);
		if (!row->argument) {
			r = take(o, row, NULL, reterr);
			if (r < 0)
				return r;
			continue;
		}
		if (p[1])
			return take(o, row, p + 1, reterr);
		if (*at + 1 >= n)
			return err_set(reterr, ERR_USAGE, "-%c needs a value: %s", *p, row->argument);
		return take(o, row, args[++*at], reterr);
	}
	return 0;
}

/* What `explain` explains may look like an option: "->", "-44", "-subject" (a log selector). */
static bool is_word(const struct options *o, const char *arg)
{
	bool letters = true;

	if (arg[0] != '-' || o->words.n == 0 || strcmp(o->words.items[0], "explain") != 0)
		return false;
	if (arg[1] == '>' || ascii_digit(arg[1]))
		return true;
	for (size_t i = 1; i <= 3 && letters; i++)
		letters = ascii_lower(arg[i]);
	return letters;
}

int options_parse(size_t n, char *const *args, struct options *ret, struct err *reterr)
{
	for (size_t i = 0; i < n; i++) {
		int r = 0;

		if (strcmp(args[i], "--") == 0) {
			while (++i < n)
				words_add(&ret->words, args[i]);
			break;
		}
		if (is_word(ret, args[i]))
			words_add(&ret->words, args[i]);
		else if (args[i][0] == '-' && args[i][1] == '-')
			r = take_long(ret, n, args, &i, reterr);
		else if (args[i][0] == '-' && args[i][1] != '\0')
			r = take_short(ret, n, args, &i, reterr);
		else
			words_add(&ret->words, args[i]);
		if (r < 0)
			return r;
	}
	return 0;
}

static void settings_done(struct input_setting *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free((void *)(uintptr_t)list[i].file);
	free(list);
}

void options_done(struct options *o)
{
	settings_done(o->zones, o->n_zones);
	settings_done(o->servers, o->n_servers);
	free(o->mails.items);
	free(o->panels.items);
	free(o->detectors.items);
	free(o->without.items);
	free(o->trusts.items);
	free(o->sets.items);
	free(o->journals.items);
	free(o->locals.items);
	free(o->what_files.items);
	free(o->words.items);
	free(o->filters);
	free(o->checks);
	free(o->logs.items);
	free(o->log_journals.items);
	free(o->said);
	*o = (struct options){ 0 };
}

/* `mailwhy config --top 5` shows how that would stand beside the files. */
static bool is_key(const struct option_row *row)
{
	static const char *const OPTIONS[] = {
#define KEY(group, name, argument, check, put, commands, join, option, holds, fallback, example, help) option,
#include "cli/conf.def"
#undef KEY
	};

	for (size_t i = 0; i < ARRAY_LEN(OPTIONS); i++)
		if (OPTIONS[i] && strcmp(OPTIONS[i], row->name) == 0)
			return true;
	return row->take == take_check;
}

int options_check(const struct options *o, unsigned command, const char *command_name, struct err *reterr)
{
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++)
		if (o->given[i] && !(ROWS[i].commands & command) && !(command == ON_CONFIG && is_key(&ROWS[i])))
			return err_set(reterr, ERR_USAGE, "'%s' does not know --%s", command_name,
				       ROWS[i].name);
	return 0;
}

bool options_row(size_t i, struct option_info *ret)
{
	const struct option_row *row;

	if (i >= ARRAY_LEN(ROWS))
		return false;
	row = &ROWS[i];
	*ret = (struct option_info){
		.name = row->name, .letter = row->short_name, .argument = row->argument, .optional = is_optional(row),
		.attached = is_optional(row) && row->argument[1] == '=', .commands = row->commands,
		.group = row->take == take_filter ? OPTION_FILTER : row->take == take_check ? OPTION_CHECK :
			 (row->commands & ON_LOGS) == ON_LOGS ? OPTION_COMMON : OPTION_OWN,
		.help = row->help, .fallback = row->take == take_check ? check_find(row->name)->defaults : NULL,
	};
	return true;
}

bool options_alias(size_t i, const char **ret_name, const char **ret_other)
{
	if (i >= ARRAY_LEN(ALIASES))
		return false;
	*ret_name = ALIASES[i].name;
	*ret_other = ALIASES[i].other;
	return true;
}

/* name column, then the help wrapped */
static void help_row(struct strbuf *out, const struct option_info *o, size_t width)
{
	enum { INDENT = 28 };
	size_t from = out->n, col;
	struct strbuf help = { 0 };
	bool first = true;
	struct cur c;

	if (o->letter)
		strbuf_printf(out, "  -%c, ", o->letter);
	else
		strbuf_add_str(out, "      ");
	strbuf_printf(out, "--%s%s%s", o->name, o->argument && !o->attached ? " " : "", o->argument ? o->argument : "");
	col = out->n - from;
	if (col >= INDENT) {
		strbuf_add_byte(out, '\n');
		col = 0;
	}
	strbuf_printf(out, "%*s", (int)(INDENT - col), "");
	col = INDENT;
	strbuf_add_str(&help, o->help);
	if (o->fallback)
		strbuf_printf(&help, " (%s)", o->fallback);
	c = cur_of(strbuf_slice(&help));
	while (!cur_at_end(&c)) {
		struct slice word = cur_token(&c, ' ');

		if (!first && col + 1 + word.n > width) {
			strbuf_printf(out, "\n%*s", INDENT, "");
			col = INDENT;
			first = true;
		}
		if (!first)
			strbuf_add_byte(out, ' ');
		strbuf_add(out, word);
		col += word.n + !first;
		first = false;
	}
	strbuf_add_byte(out, '\n');
	strbuf_done(&help);
}

static void help_aliases(struct strbuf *out, const struct option_info *o, size_t width)
{
	for (size_t i = 0; i < ARRAY_LEN(ALIASES); i++) {
		struct strbuf help = { 0 };

		if (!slice_eq(slice_str(ALIASES[i].other), slice_str(o->name)))
			continue;
		strbuf_printf(&help, "the same as --%s%c", o->name, '\0');
		help_row(out, &(struct option_info){ .name = ALIASES[i].name, .argument = o->argument, .help = help.p }, width);
		strbuf_done(&help);
	}
}

void options_help(struct strbuf *out, unsigned commands, size_t width)
{
	static const char *const HEADINGS[OPTION_GROUP_COUNT] = {
		[OPTION_OWN] = "Options:\n",
		[OPTION_CHECK] = "Checks, each with a range for a warning and one for a critical state\n(in brackets those of a call that names none):\n",
		[OPTION_FILTER] = "Filters (different ones narrow, repeats of one widen):\n",
		[OPTION_COMMON] = "Options that all commands share:\n",
	};
	bool common = commands == ON_LOGS, first = true;
	struct option_info o;

	for (int group = common ? OPTION_COMMON : OPTION_OWN; group < OPTION_GROUP_COUNT; group++) {
		bool begun = false;

		for (size_t i = 0; options_row(i, &o); i++) {
			if ((int)o.group != group || !(common ? (o.commands & ON_LOGS) == ON_LOGS : o.commands & commands))
				continue;
			if (!begun)
				strbuf_printf(out, "%s%s", first ? "" : "\n", common ? "Options of all commands that read logs:\n" : HEADINGS[group]);
			begun = true;
			first = false;
			help_row(out, &o, width);
			help_aliases(out, &o, width);
		}
	}
}

const char *option_filter_name(enum filter_kind kind)
{
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++)
		if (ROWS[i].take == take_filter && ROWS[i].filter == kind)
			return ROWS[i].name;
	return "?";
}
