/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf_keys.c - the keys of the configuration: the table, their numbers and names, the example file
 */
#include "base/ascii.h"
#include "base/cursor.h"
#include "cli/conf_priv.h"
#include "cli/nearest.h"

#define HELP_WIDTH  110
#define HELP_COLUMN 48  /* of the keys of families */

enum { SINGLE = CONFIG_SINGLE, ADDS = CONFIG_ADDS, REPLACES = CONFIG_REPLACES, JOIN_BITS = 3, WORDS = 4, PLACES = 0 };

const struct config_key config_keys[] = {
#define KEY(group, name, argument, check, put, commands, join, option, holds, fallback, example, help)              \
	{ { GROUP_##group, name, argument, (enum config_join)((join) & JOIN_BITS), ((join) & WORDS) != 0, commands, option, \
	    fallback, example, help },                                                                              \
	  config_check_##check,                                                                                     \
	  config_put_##put,                                                                                         \
	  config_holds_##holds },
#include "cli/conf.def"
#undef KEY
};

const size_t config_keys_count = ARRAY_LEN(config_keys);

static const char *const HEADINGS[] = {
#define X(id, heading) heading,
	CONFIG_GROUPS(X)
#undef X
};

const char *config_group_heading(enum config_group g)
{
	return HEADINGS[g];
}

const char *config_keep(struct arena *a, struct slice s)
{
	char *p = arena_bytes(a, s.n + 1);

	if (s.n)
		memcpy(p, s.p, s.n);
	p[s.n] = '\0';
	return p;
}

/* --- families ----------------------------------------------------------------------------------------- */

static const struct config_family *const FAMILIES[] = { &config_thresholds, &config_checks };

bool config_is_family(const struct config_key *key)
{
	return slice_ends(slice_str(key->info.name), ".");
}

/* of a key that is one */
static const struct config_family *family_of(const struct config_key *key)
{
	size_t i = 0;

	while (i + 1 < ARRAY_LEN(FAMILIES) && strcmp(FAMILIES[i]->name, key->info.name) != 0)
		i++;
	return FAMILIES[i];
}

/* --- numbers ------------------------------------------------------------------------------------------ */

static size_t n_ids_of(const struct config_key *key)
{
	return config_is_family(key) ? family_of(key)->n() : 1;
}

config_id config_first_id(size_t key)
{
	size_t n = 0;

	for (size_t i = 0; i < key; i++)
		n += n_ids_of(&config_keys[i]);
	return (config_id)n;
}

config_id config_n_ids(void)
{
	return config_first_id(ARRAY_LEN(config_keys));
}

size_t config_id_key(config_id id)
{
	size_t key = 0, n;

	for (; (n = n_ids_of(&config_keys[key])) <= id; key++)
		id -= (config_id)n;
	return key;
}

void config_id_name(config_id id, struct strbuf *out)
{
	size_t key = config_id_key(id);

	strbuf_add_str(out, config_keys[key].info.name);
	if (config_is_family(&config_keys[key]))
		family_of(&config_keys[key])->sub_name(id - config_first_id(key), out);
}

bool config_id_fallback(config_id id, struct strbuf *out)
{
	size_t at = config_id_key(id);
	const struct config_key *key = &config_keys[at];
	struct arena arena = { 0 };
	struct config_try t = { .key = key, .id = id, .value = slice_str(key->info.fallback), .arena = &arena };
	bool is_value = true;

	if (config_is_family(key)) {
		family_of(key)->fallback(id - config_first_id(at), out);
		return true;
	}
	strbuf_add(out, t.value);
	is_value = slice_find_byte(t.value, ' ') == t.value.n && key->check(&t, NULL) == 0;
	arena_clear(&arena);
	return is_value;
}

size_t config_n_keys(void)
{
	return ARRAY_LEN(config_keys);
}

struct config_key_info config_key_info(size_t i)
{
	struct config_key_info info = config_keys[i].info;

	if (config_is_family(&config_keys[i]))
		info.name = family_of(&config_keys[i])->pattern;
	if (!info.commands)
		info.commands = options_commands(info.option);
	info.commands |= ON_CONFIG;
	return info;
}

/* --- names -------------------------------------------------------------------------------------------- */

/* as it is compared: of a variable in lower case, and every kind of joint as '_' */
static char folded(char c, bool variable)
{
	if (c == '-' || (variable && c == '.'))
		return '_';
	return variable ? ascii_tolower(c) : c;
}

static bool same(struct slice name, struct slice full, bool variable)
{
	if (name.n != full.n)
		return false;
	for (size_t i = 0; i < name.n; i++)
		if (folded(name.p[i], variable) != folded(full.p[i], variable))
			return false;
	return true;
}

static bool begins(struct slice name, const char *with, bool variable)
{
	struct slice start = slice_str(with);

	return name.n > start.n && same(slice_head(name, start.n), start, variable);
}

/* which of a family's; SIZE_MAX: none */
static size_t find_sub(const struct config_family *family, struct slice name, bool variable)
{
	struct strbuf sub = { 0 };
	size_t found = SIZE_MAX, n = family->n();

	for (size_t i = 0; i < n && found == SIZE_MAX; i++) {
		strbuf_clear(&sub);
		family->sub_name(i, &sub);
		if (same(name, strbuf_slice(&sub), variable))
			found = i;
	}
	strbuf_done(&sub);
	return found;
}

/* UINT32_MAX: there is none of that name */
static config_id find(struct slice name, bool variable)
{
	config_id id = 0;

	for (size_t i = 0; i < ARRAY_LEN(config_keys); i++) {
		const struct config_key *key = &config_keys[i];
		size_t sub;

		if (!config_is_family(key)) {
			if (same(name, slice_str(key->info.name), variable))
				return id;
		} else if (begins(name, key->info.name, variable)) {
			sub = find_sub(family_of(key), slice_from(name, strlen(key->info.name)), variable);
			if (sub != SIZE_MAX)
				return id + (config_id)sub;
		}
		id += (config_id)n_ids_of(key);
	}
	return UINT32_MAX;
}

/* MAILWHY_THREATS_BRUTE_FORCE_FAILURES */
static void variable_name(config_id id, struct strbuf *out)
{
	size_t from;

	strbuf_add_str(out, CONFIG_VARIABLE);
	from = out->n;
	config_id_name(id, out);
	for (size_t i = from; i < out->n; i++)
		out->p[i] = ascii_lower(out->p[i]) ? (char)(out->p[i] & ~0x20) : out->p[i] == '.' ? '_' : out->p[i];
}

/* the nearest of all names; NULL: none is near */
static const char *nearest(struct slice what, void (*name)(config_id id, struct strbuf *out), struct arena *a)
{
	config_id n = config_n_ids();
	const char **names = arena_alloc(a, (n + 1) * sizeof *names);
	struct strbuf full = { 0 };

	for (config_id id = 0; id < n; id++) {
		strbuf_clear(&full);
		name(id, &full);
		names[id] = config_keep(a, strbuf_slice(&full));
	}
	strbuf_done(&full);
	return nearest_name(what, names, n);
}

int config_find(struct slice name, config_id *ret, struct err *reterr)
{
	config_id id = find(name, false);
	struct arena arena = { 0 };
	const char *near;

	if (id != UINT32_MAX) {
		*ret = id;
		return 0;
	}
	near = reterr ? nearest(name, config_id_name, &arena) : NULL;
	(void)err_set(reterr, ERR_USAGE, "there is no setting '%.*s'%s%s%s", SLICE_ARG(slice_head(name, CONFIG_SHOWN_BYTES)),
		      near ? "; did you mean '" : "; `mailwhy config --show` shows all", near ? near : "", near ? "'?" : "");
	arena_clear(&arena);
	return ERR_USAGE;
}

int config_find_variable(struct slice name, config_id *ret, struct err *reterr)
{
	config_id id = find(name, true);
	struct strbuf full = { 0 };
	struct arena arena = { 0 };
	const char *near;

	if (id != UINT32_MAX) {
		*ret = id;
		return 0;
	}
	strbuf_add_str(&full, CONFIG_VARIABLE);
	strbuf_add(&full, name);
	near = nearest(strbuf_slice(&full), variable_name, &arena);
	(void)err_set(reterr, ERR_USAGE, "there is no such setting%s%s%s", near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
	strbuf_done(&full);
	arena_clear(&arena);
	return ERR_USAGE;
}

const char *config_quotes(struct slice value)
{
	bool needed = value.n && (value.p[0] == '"' || value.p[0] == '\'' || value.p[0] == '#');

	for (size_t i = 1; i < value.n && !needed; i++)
		needed = value.p[i] == '#' && (value.p[i - 1] == ' ' || value.p[i - 1] == '\t' || value.p[i - 1] == ',');
	return !needed ? "" : slice_find_byte(value, '"') < value.n ? "'" : "\"";
}

void config_origin_text(struct strbuf *out, const struct config_origin *from)
{
	switch (from->kind) {
	case ORIGIN_BUILT_IN:
		strbuf_add_str(out, "built in");
		break;
	case ORIGIN_FILE:
		strbuf_add_str(out, from->name);
		if (from->line)
			strbuf_printf(out, ":%llu", (unsigned long long)from->line);
		break;
	case ORIGIN_VARIABLE:
		strbuf_printf(out, "$%s", from->name);
		break;
	case ORIGIN_OPTION:
		strbuf_printf(out, "--%s", from->name);
		break;
	}
}

/* --- the example file --------------------------------------------------------------------------------- */

static void add_comment(struct strbuf *out, struct slice text)
{
	struct cur c = cur_of(text);
	size_t col = 0;

	while (!cur_at_end(&c)) {
		struct slice word = cur_token(&c, ' ');

		if (!word.n)
			continue;
		if (col && col + 1 + word.n > HELP_WIDTH) {
			strbuf_add_byte(out, '\n');
			col = 0;
		}
		strbuf_add_str(out, col ? " " : "# ");
		strbuf_add(out, word);
		col += word.n + (col ? 1 : 2);
	}
	strbuf_add_byte(out, '\n');
}

static void example_of_family(struct strbuf *out, size_t key)
{
	const struct config_family *family = family_of(&config_keys[key]);
	config_id first = config_first_id(key);

	for (size_t i = 0; i < family->n(); i++) {
		size_t from = out->n;

		strbuf_add_byte(out, '#');
		config_id_name(first + (config_id)i, out);
		strbuf_add_str(out, " = ");
		family->fallback(i, out);
		strbuf_printf(out, "%*s  # %s\n", out->n - from < HELP_COLUMN ? (int)(HELP_COLUMN - (out->n - from)) : 0, "", family->help(i));
	}
}

static void example_of(struct strbuf *out, size_t key)
{
	const struct config_key_info info = config_key_info(key);
	struct strbuf text = { 0 };

	strbuf_add_str(&text, info.help);
	if (info.fallback)
		strbuf_printf(&text, "  Without: %s.", info.fallback);
	if (info.join != CONFIG_SINGLE)
		strbuf_add_str(&text, "  May stand several times.");
	strbuf_add_byte(out, '\n');
	add_comment(out, strbuf_slice(&text));
	strbuf_done(&text);
	if (config_is_family(&config_keys[key]))
		example_of_family(out, key);
	else
		strbuf_printf(out, "#%s = %s\n", info.name, info.example);
}

void config_example(struct strbuf *out)
{
	int group = -1;

	strbuf_add_str(out,
		       "# mailwhy.conf - settings that hold every time; none is needed\n"
		       "#\n"
		       "# A line is key = value; # begins a comment.  Read in this order, what is said later wins: this file as\n"
		       "# /etc/mailwhy/mailwhy.conf, /etc/mailwhy/conf.d/*.conf by name, ~/.config/mailwhy/mailwhy.conf, variables of the\n"
		       "# environment (MAILWHY_TOP=20), the command line.  An empty value takes back what was said before.\n"
		       "#\n"
		       "# mailwhy config           what is in force, and where that was said\n"
		       "# mailwhy config --check   is it right?\n");
	for (size_t i = 0; i < ARRAY_LEN(config_keys); i++) {
		if ((int)config_keys[i].info.group != group) {
			group = (int)config_keys[i].info.group;
			strbuf_printf(out, "\n# --- %s ---\n", HEADINGS[group]);
		}
		example_of(out, i);
	}
}
