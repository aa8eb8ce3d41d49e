/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules.c - reading rule files
 *
 * The grammar is docs/causes.md.  A line begins with a word that names a field; FIELDS lists them.  An error spoils its rule only: what the rule
 * had added is taken back, and the rest of it is skipped.
 */
#include "diagnose/rules.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/ascii.h"
#include "base/cursor.h"
#include "base/strbuf.h"

struct reader {
	struct rules *to;
	const char *name;
	const struct diag *diag;
	struct slice rest;          /* of the file */
	uint64_t line;              /* of what is being read, from 1 */
	uint64_t next_line;
	bool site;
	enum rule_tier tier;
	bool open, bad;             /* a rule has begun; it has an error */
	uint32_t seen;              /* fields of the open rule, a bit each */
	struct rule rule;
	struct rules before;        /* counts at its beginning */
	char reason[256];
};

static const char *const TIERS[] = {
#define X(id, name) [id] = name,
	RULE_TIERS(X)
#undef X
};

static const char *const STAGES[] = {
#define X(id, name) [id] = name,
	REPLY_STAGES(X)
#undef X
};

static const char *const WAITINGS[] = { [WAITING_NO] = "no", [WAITING_YES] = "yes", [WAITING_CODE] = "code" };

static const char *const PLACEHOLDERS[PLACEHOLDER_COUNT] = {
	[FILL_RECIPIENT] = "recipient", [FILL_RECIPIENT_DOMAIN] = "recipient_domain", [FILL_SENDER] = "sender",
	[FILL_SENDER_DOMAIN] = "sender_domain", [FILL_HOST] = "host", [FILL_IP] = "ip",
	[FILL_REVERSED_IP] = "reversed_ip", [FILL_LIST] = "list",
};

const char *reply_stage_name(enum reply_stage s)
{
	return STAGES[s];
}

/* the place of a name in a table, or n */
static int name_index(const char *const *names, int n, struct slice name)
{
	int i = 0;

	while (i < n && !slice_eq(slice_str(names[i]), name))
		i++;
	return i;
}

ATTR_PRINTF(2, 3) static bool fail(struct reader *r, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(r->reason, sizeof r->reason, format, ap);
	va_end(ap);
	return false;
}

/* ---- terms ---- */

static bool is_id_byte(char c)
{
	return ascii_lower(c) || ascii_digit(c) || c == '-' || c == '.';
}

/* "text" from behind its first quote, folded into the arena */
static bool quoted(struct reader *r, struct cur *c, struct slice *ret)
{
	char buf[RULE_VALUE_MAX];
	size_t n = 0;

	for (;;) {
		char b = cur_peek(c);

		if (cur_at_end(c))
			return fail(r, "a text lacks its closing quote");
		c->p++;
		if (b == '"')
			break;
		if (b == '\\') {
			b = cur_peek(c);
			if (b != '"' && b != '\\')
				return fail(r, "only \\\" and \\\\ may follow a backslash in a text");
			c->p++;
		}
		b = (unsigned char)b <= ' ' ? ' ' : ascii_tolower(b);
		if (b != ' ' || !n || buf[n - 1] != ' ')
			buf[n++] = b;
	}
	if (n < 3)
		return fail(r, "a text has at least three bytes");
	*ret = arena_copy(&r->to->arena, slice_of(buf, n));
	return true;
}

static bool take_texts(struct reader *r, struct cur *c, struct term *t)
{
	t->texts.first = (uint32_t)r->to->n_texts;
	do {
		struct slice text;

		if (!cur_byte(c, '"'))
			return fail(r, "'|' joins two texts");
		if (!quoted(r, c, &text))
			return false;
		if (r->to->n_texts == RULE_TEXTS_MAX)
			return fail(r, "there are more than %d texts", RULE_TEXTS_MAX);
		r->to->texts = vec_grow(r->to->texts, r->to->n_texts, &r->to->texts_cap, sizeof *r->to->texts);
		r->to->texts[r->to->n_texts++] = text;
		t->texts.n++;
	} while (cur_byte(c, '|'));
	return true;
}

/* 550 45x 4xx */
static bool code_term(struct slice w, struct code_range *ret)
{
	int lo = 0, hi = 0;
	bool any = false;

	if (w.n != 3 || w.p[0] < '2' || w.p[0] > '5')
		return false;
	for (size_t i = 0; i < 3; i++) {
		if (w.p[i] != 'x' && (any || !ascii_digit(w.p[i])))
			return false;
		any |= w.p[i] == 'x';
		lo = lo * 10 + (any ? 0 : w.p[i] - '0');
		hi = hi * 10 + (any ? 9 : w.p[i] - '0');
	}
	*ret = (struct code_range){ (int16_t)lo, (int16_t)hi };
	return true;
}

/* x, or a number of at most three digits */
static bool dsn_part(struct cur *c, int16_t *ret)
{
	uint64_t v;

	if (cur_byte(c, 'x')) {
		*ret = -1;
		return true;
	}
	if (!cur_u64(c, 999, &v))
		return false;
	*ret = (int16_t)v;
	return true;
}

/* 5.1.1 x.7.1 5.7.x 5.7.606-649 */
static bool dsn_term(struct slice w, struct dsn_range *ret)
{
	struct cur c = cur_of(w);
	struct dsn_range d;

	if (!dsn_part(&c, &d.class) || !cur_byte(&c, '.') || !dsn_part(&c, &d.subject) || !cur_byte(&c, '.') ||
	    !dsn_part(&c, &d.lo) || d.class > 5)
		return false;
	d.hi = d.lo;
	if (d.lo >= 0 && cur_byte(&c, '-') && (!dsn_part(&c, &d.hi) || d.hi < d.lo))
		return false;
	if (!cur_at_end(&c))
		return false;
	*ret = d;
	return true;
}

static bool is_host(struct slice w)
{
	for (size_t i = 0; i < w.n; i++)
		if (!ascii_alnum(w.p[i]) && w.p[i] != '.' && w.p[i] != '-' && w.p[i] != '_')
			return false;
	return w.n > 0 && w.p[0] != '.' && w.p[w.n - 1] != '.';
}

static bool colon_term(struct slice w, struct term *t)
{
	static const struct {
		const char *word;
		enum term_kind kind;
	} WORDS[] = {
		{ "ours", TERM_OURS },           { "theirs", TERM_THEIRS },
		{ "temporary", TERM_TEMPORARY }, { "permanent", TERM_PERMANENT },
	};
	int stage = name_index(STAGES, REPLY_STAGE_COUNT, w);

	for (size_t i = 0; i < ARRAY_LEN(WORDS); i++)
		if (slice_eq(w, slice_str(WORDS[i].word))) {
			t->kind = WORDS[i].kind;
			return true;
		}
	t->kind = TERM_STAGE;
	t->stage = (enum reply_stage)stage;
	return stage < REPLY_STAGE_COUNT;
}

/* a term that is no text */
static bool word_term(struct slice w, struct term *t)
{
	if (!w.n)
		return false;
	switch (w.p[0]) {
	case '@':
	case '?':
		t->kind = w.p[0] == '@' ? TERM_HOST : TERM_HOST_OR_NONE;
		t->host = slice_from(w, 1);
		return is_host(t->host);
	case ':':
		return colon_term(slice_from(w, 1), t);
	default:
		if (code_term(w, &t->code)) {
			t->kind = TERM_CODE;
			return true;
		}
		t->kind = TERM_DSN;
		return dsn_term(w, &t->dsn);
	}
}

static bool take_term(struct reader *r, struct cur *c, struct term *t)
{
	struct slice w;

	*t = (struct term){ .kind = TERM_TEXT, .negated = cur_byte(c, '!') };
	if (cur_peek(c) == '"') {
		if (!take_texts(r, c, t))
			return false;
		return cur_at_end(c) || cur_peek(c) == ' ' || cur_peek(c) == '\t' ||
		       fail(r, "a blank is missing behind a text");
	}
	w = slice_of(c->p, 0);
	while (!cur_at_end(c) && !ascii_space(*c->p))
		c->p++;
	w.n = (size_t)(c->p - w.p);
	return word_term(w, t) || fail(r, "'%.*s' is no term", SLICE_ARG(slice_head(w, 60)));
}

static void skip_blanks(struct cur *c)
{
	while (!cur_at_end(c) && ascii_space(*c->p))
		c->p++;
}

/* ---- fields ---- */

static bool take_match(struct reader *r, struct slice v)
{
	struct rules *to = r->to;
	struct match m = { .rule = (uint32_t)to->n_rules, .first_term = (uint32_t)to->n_terms };
	struct cur c = cur_of(v);
	bool positive = false;

	for (skip_blanks(&c); !cur_at_end(&c); skip_blanks(&c)) {
		struct term t;

		if (m.n_terms == RULE_TERMS_MAX)
			return fail(r, "a match has at most %d terms", RULE_TERMS_MAX);
		if (!take_term(r, &c, &t))
			return false;
		positive |= !t.negated;
		to->terms = vec_grow(to->terms, to->n_terms, &to->terms_cap, sizeof *to->terms);
		to->terms[to->n_terms++] = t;
		m.n_terms++;
	}
	if (!positive)
		return fail(r, "a match needs a term without '!'");
	to->matches = vec_grow(to->matches, to->n_matches, &to->matches_cap, sizeof *to->matches);
	to->matches[to->n_matches++] = m;
	return true;
}

static bool take_sample(struct reader *r, struct slice v)
{
	struct rules *to = r->to;
	struct complaint unused;

	if (!sample_complaint(v, &unused))
		return fail(r, "the terms of a sample are wrong");
	to->samples = vec_grow(to->samples, to->n_samples, &to->samples_cap, sizeof *to->samples);
	to->samples[to->n_samples++] = (struct sample){ (uint32_t)to->n_rules, r->line, v };
	return true;
}

static bool take_class(struct reader *r, struct slice v)
{
	for (int i = 0; i < CAUSE_CLASS_COUNT; i++)
		if (slice_eq(slice_str(cause_class_name((enum cause_class)i)), v)) {
			r->rule.class = (enum cause_class)i;
			return true;
		}
	return fail(r, "'%.*s' is no class", SLICE_ARG(slice_head(v, 60)));
}

static bool take_side(struct reader *r, struct slice v)
{
	for (int i = 0; i < CAUSE_SIDE_COUNT; i++)
		if (slice_eq(slice_str(cause_side_name((enum cause_side)i)), v)) {
			r->rule.side = (enum cause_side)i;
			return true;
		}
	return fail(r, "'%.*s' is no side", SLICE_ARG(slice_head(v, 60)));
}

static bool take_waiting(struct reader *r, struct slice v)
{
	int i = name_index(WAITINGS, ARRAY_LEN(WAITINGS), v);

	r->rule.waiting = (enum waiting)i;
	return i < (int)ARRAY_LEN(WAITINGS) || fail(r, "waiting is 'no', 'yes' or 'code'");
}

static bool take_prefer(struct reader *r, struct slice v)
{
	struct cur c = cur_of(v);
	bool minus = cur_byte(&c, '-');
	uint64_t n;

	if (!cur_u64(&c, 1000, &n) || !cur_at_end(&c))
		return fail(r, "prefer is a number from -1000 to 1000");
	r->rule.prefer = minus ? -(int32_t)n : (int32_t)n;
	return true;
}

static bool take_number(struct reader *r, struct slice v)
{
	size_t letters = 0, digits = 0;

	while (letters < v.n && ascii_upper(v.p[letters]))
		letters++;
	while (letters + digits < v.n && ascii_digit(v.p[letters + digits]))
		digits++;
	r->rule.number = v;
	return (letters >= 2 && letters <= 4 && digits == 3 && v.n == letters + digits) ||
	       fail(r, "a number is two to four capital letters and three digits");
}

enum placeholder placeholder_parse(struct slice inside, struct slice *ret_words)
{
	size_t bar = slice_find_byte(inside, '|');

	*ret_words = bar < inside.n ? slice_from(inside, bar + 1) : SLICE_NONE;
	return (enum placeholder)name_index(PLACEHOLDERS, PLACEHOLDER_COUNT, slice_head(inside, bar));
}

/* braces hold placeholders only, each with the words to take when it is not known */
static bool check_template(struct reader *r, struct slice v)
{
	struct cur c = cur_of(v);
	struct slice before, inside, words;

	while (cur_until(&c, '{', &before)) {
		if (slice_find_byte(before, '}') < before.n || !cur_until(&c, '}', &inside))
			return fail(r, "a brace lacks its counterpart");
		if (placeholder_parse(inside, &words) == PLACEHOLDER_COUNT)
			return fail(r, "'{%.*s}' is no placeholder", SLICE_ARG(slice_head(inside, 60)));
		if (!words.n)
			return fail(r, "'{%.*s}' lacks the words to take when it is not known: {name|words}",
				    SLICE_ARG(slice_head(inside, 60)));
	}
	return slice_find_byte(cur_rest(&c), '}') == cur_left(&c) || fail(r, "a brace lacks its counterpart");
}

static bool take_summary(struct reader *r, struct slice v)
{
	r->rule.summary = v;
	if (v.p[v.n - 1] == '.')
		return fail(r, "a summary has no full stop");
	return check_template(r, v);
}

static bool take_action(struct reader *r, struct slice v)
{
	r->rule.action = v;
	return check_template(r, v);
}

static bool take_source(struct reader *r, struct slice v)
{
	r->rule.source = v;
	return true;
}

enum field { F_NUMBER, F_CLASS, F_SIDE, F_WAITING, F_MATCH, F_SUMMARY, F_ACTION, F_SOURCE, F_SAMPLE, F_PREFER, F_COUNT };

#define F_NEEDED (1U << F_CLASS | 1U << F_SIDE | 1U << F_WAITING | 1U << F_MATCH | 1U << F_SUMMARY | 1U << F_ACTION | 1U << F_SAMPLE)
#define F_MANY   (1U << F_MATCH | 1U << F_SAMPLE)

static const struct {
	struct slice name;
	bool (*take)(struct reader *r, struct slice value);
} FIELDS[F_COUNT] = {
	[F_NUMBER] = { LIT("number"), take_number },    [F_CLASS] = { LIT("class"), take_class },
	[F_SIDE] = { LIT("side"), take_side },          [F_WAITING] = { LIT("waiting"), take_waiting },
	[F_MATCH] = { LIT("match"), take_match },       [F_SUMMARY] = { LIT("summary"), take_summary },
	[F_ACTION] = { LIT("action"), take_action },    [F_SOURCE] = { LIT("source"), take_source },
	[F_SAMPLE] = { LIT("sample"), take_sample },    [F_PREFER] = { LIT("prefer"), take_prefer },
};

/* ---- rules ---- */

/* the open rule has an error: say it once, and take back what it added */
static void spoil(struct reader *r, uint64_t line)
{
	if (r->bad)
		return;
	r->bad = true;
	diag_say(r->diag, DIAG_WARNING, "%s:%llu: %s; cause '%.*s' is left out", r->name, (unsigned long long)line, r->reason,
		 SLICE_ARG(slice_head(r->rule.id, 80)));
	r->to->n_matches = r->before.n_matches;
	r->to->n_terms = r->before.n_terms;
	r->to->n_texts = r->before.n_texts;
	r->to->n_samples = r->before.n_samples;
}

static void close_rule(struct reader *r)
{
	struct rules *to = r->to;
	uint32_t lacks = F_NEEDED & ~r->seen;

	if (!r->open)
		return;
	if (!r->bad && lacks) {
		(void)fail(r, "'%.*s' is missing", SLICE_ARG(FIELDS[__builtin_ctz(lacks)].name));
		spoil(r, r->rule.line);
	}
	r->open = false;
	if (r->bad)
		return;
	to->rules = vec_grow(to->rules, to->n_rules, &to->rules_cap, sizeof *to->rules);
	to->rules[to->n_rules++] = r->rule;
	(void)map_put(&to->ids[r->site], r->rule.id, (void *)(uintptr_t)to->n_rules);
}

static bool check_id(struct reader *r, struct slice id)
{
	const void *place = map_get(&r->to->ids[r->site], id);

	if (!id.n || id.n > 80)
		return fail(r, "an id has 1 to 80 bytes");
	for (size_t i = 0; i < id.n; i++)
		if (!is_id_byte(id.p[i]))
			return fail(r, "an id is made of lower-case letters, digits, hyphens and dots");
	if (place) {
		const struct rule *other = &r->to->rules[(uintptr_t)place - 1];

		return fail(r, "there is a cause of this id already (%s:%llu)", other->file, (unsigned long long)other->line);
	}
	return r->to->n_rules < RULES_MAX || fail(r, "there are more than %d causes", RULES_MAX);
}

static void open_rule(struct reader *r, struct slice id)
{
	close_rule(r);
	r->rule = (struct rule){ .id = id, .tier = r->site ? TIER_SITE : r->tier, .file = r->name, .line = r->line };
	r->open = true;
	r->bad = false;
	r->seen = 0;
	r->before = *r->to;
	if (!check_id(r, id))
		spoil(r, r->line);
}

static void take_tier(struct reader *r, struct slice v)
{
	int tier = name_index(TIERS, RULE_TIER_COUNT, v);

	close_rule(r);
	if (tier < RULE_TIER_COUNT)
		r->tier = (enum rule_tier)tier;
	else
		diag_say(r->diag, DIAG_WARNING, "%s:%llu: '%.*s' is no tier; the line is left out", r->name,
			 (unsigned long long)r->line, SLICE_ARG(slice_head(v, 60)));
}

static bool take_field(struct reader *r, struct slice key, struct slice value)
{
	unsigned f = 0;

	while (f < F_COUNT && !slice_eq(FIELDS[f].name, key))
		f++;
	if (f == F_COUNT)
		return fail(r, "'%.*s' is no field", SLICE_ARG(slice_head(key, 60)));
	if (!value.n)
		return fail(r, "'%.*s' is empty", SLICE_ARG(key));
	if (value.n > RULE_VALUE_MAX)
		return fail(r, "'%.*s' is longer than %d bytes", SLICE_ARG(key), RULE_VALUE_MAX);
	if (r->seen & 1U << f & ~F_MANY)
		return fail(r, "there is a second '%.*s'", SLICE_ARG(key));
	r->seen |= 1U << f;
	return FIELDS[f].take(r, value);
}

static struct slice next_line(struct reader *r)
{
	size_t end = slice_find_byte(r->rest, '\n');
	struct slice line = slice_trim(slice_head(r->rest, end));

	r->rest = slice_from(r->rest, end < r->rest.n ? end + 1 : end);
	r->next_line++;
	return line;
}

/* lines that begin with '|' go on with the value */
static struct slice with_continuations(struct reader *r, struct slice value)
{
	struct strbuf joined = { 0 };
	struct slice result;

	for (;;) {
		size_t at = 0;

		while (at < r->rest.n && (r->rest.p[at] == ' ' || r->rest.p[at] == '\t'))
			at++;
		if (at == r->rest.n || r->rest.p[at] != '|')
			break;
		if (!joined.p)
			strbuf_add(&joined, value);
		strbuf_add_byte(&joined, ' ');
		strbuf_add(&joined, slice_trim(slice_from(next_line(r), 1)));
		if (joined.n > RULE_VALUE_MAX) /* it will be refused */
			joined.n = RULE_VALUE_MAX + 1;
	}
	result = joined.p ? arena_copy(&r->to->arena, strbuf_slice(&joined)) : value;
	strbuf_done(&joined);
	return result;
}

static void take_line(struct reader *r, struct slice line)
{
	size_t n = 0;
	struct slice key, value;

	while (n < line.n && line.p[n] != ' ' && line.p[n] != '\t')
		n++;
	key = slice_head(line, n);
	value = with_continuations(r, slice_trim(slice_from(line, n)));
	if (slice_is(key, "cause")) {
		open_rule(r, value);
	} else if (slice_is(key, "tier")) {
		take_tier(r, value);
	} else if (!r->open) {
		diag_say(r->diag, DIAG_WARNING, "%s:%llu: '%.*s' stands before any cause; the line is left out", r->name,
			 (unsigned long long)r->line, SLICE_ARG(slice_head(key, 60)));
	} else if (!r->bad && !take_field(r, key, value)) {
		spoil(r, r->line);
	}
}

size_t rules_parse(struct rules *to, const char *name, struct slice text, bool site, const struct diag *diag)
{
	struct reader r = {
		.to = to, .name = name, .diag = diag, .rest = text, .site = site, .tier = TIER_GENERIC, .next_line = 1,
	};
	size_t before = to->n_rules;

	while (r.rest.n) {
		struct slice line;

		r.line = r.next_line;
		line = next_line(&r);
		if (line.n && line.p[0] != '#')
			take_line(&r, line);
	}
	close_rule(&r);
	return to->n_rules - before;
}

void rules_done(struct rules *r)
{
	arena_clear(&r->arena);
	free(r->rules);
	free(r->matches);
	free(r->terms);
	free(r->texts);
	free(r->samples);
	map_done(&r->ids[0]);
	map_done(&r->ids[1]);
	*r = (struct rules){ 0 };
}

/* ---- samples ---- */

static bool apply_term(const struct term *t, struct slice word, struct complaint *c)
{
	switch (t->kind) {
	case TERM_OURS:
		c->said_by = SAID_BY_US;
		return true;
	case TERM_THEIRS:
		c->said_by = SAID_BY_REMOTE;
		return true;
	case TERM_TEMPORARY:
	case TERM_PERMANENT:
		c->temporary = t->kind == TERM_TEMPORARY;
		return true;
	case TERM_STAGE:
		c->stage = slice_from(word, 1);
		return true;
	case TERM_HOST:
		c->host = t->host;
		return true;
	case TERM_CODE:
		c->smtp_code = t->code.lo;
		return t->code.lo == t->code.hi;
	case TERM_DSN:
		c->dsn = word;
		return t->dsn.class >= 0 && t->dsn.subject >= 0 && t->dsn.lo >= 0 && t->dsn.lo == t->dsn.hi;
	default:
		return false;
	}
}

bool sample_complaint(struct slice text, struct complaint *ret)
{
	size_t end = slice_find_byte(text, ']');
	struct cur c = cur_of(slice_head(text, end));

	*ret = (struct complaint){ .reply = text, .smtp_code = -1 };
	if (!cur_byte(&c, '[') || end == text.n || (cur_peek(&c) != ':' && cur_peek(&c) != '@'))
		return true;
	while (!cur_at_end(&c)) {
		struct slice word = cur_token(&c, ' ');
		struct term t = { 0 };

		if (word.n && (!word_term(word, &t) || !apply_term(&t, word, ret)))
			return false;
	}
	ret->reply = slice_trim(slice_from(text, end + 1));
	return true;
}
