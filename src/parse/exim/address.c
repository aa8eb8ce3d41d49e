/* SPDX-License-Identifier: Apache-2.0 */
/*
 * address.c - the address part of delivery, deferral and failure lines
 *
 *   FINAL [ SP "(" PARENT { ", " PARENT } ")" ] [ SP "<" ORIGINAL ">" ]
 *
 * Source: exim src/src/deliver.c (string_log_address).  FINAL is printed without the quotes of its local
 * part, so it may hold blanks and anything else that a quoted local part can; then ORIGINAL, which keeps
 * its quotes, always follows.  A pipe's FINAL is a whole command.
 */
#include "parse/exim/exim_priv.h"

#define PARENTS_TRIES 16 /* places where " (PARENT, ...)" may begin; each is read up to its end */

/* " R=", " T=", ...: what most often stands behind an address part */
static inline bool field_follows(const struct cur *c)
{
	return cur_left(c) > 2 && c->p[0] == ' ' && c->p[2] == '=' && ascii_upper(c->p[1]);
}

/* Only these and fields can stand behind an address part. */
static bool rare_end(struct cur c)
{
	if (cur_byte(&c, ':'))
		return cur_at_end(&c) || *c.p == ' ';
	if (!cur_byte(&c, ' '))
		return false;
	return cur_lit(&c, ": ") || cur_lit(&c, "defer (") || cur_lit(&c, "routing ") ||
	       cur_lit(&c, "transporting ") || cur_lit(&c, "SRS=<") || cur_lit(&c, "mua_wrapper ");
}

static inline bool part_ends(struct cur c)
{
	return cur_at_end(&c) || field_follows(&c) || rare_end(c);
}

/* ORIGINAL; strict: no blanks but in quotes */
static inline bool original(struct cur *c, bool strict, struct slice *ret)
{
	struct cur t = *c;
	struct slice s;

	if (!cur_byte(&t, ' ') || !exim_angle(&t, &s) || !s.n)
		return false;
	if (strict && s.p[0] != '"' && slice_find_byte(s, ' ') < s.n)
		return false;
	*ret = s;
	*c = t;
	return true;
}

/* " (a@b, c@d)": the nearest parent; quotes honoured */
static bool parents(struct cur *c, struct slice *ret)
{
	const char *q = c->p, *first_end = NULL;
	bool quoted = false;

	if (cur_left(c) < 2 || c->p[0] != ' ' || c->p[1] != '(')
		return false;
	for (q += 2; q < c->end; q++) {
		if (*q == '\\' && quoted && q + 1 < c->end)
			q++;
		else if (*q == '"')
			quoted = !quoted;
		else if (*q == ',' && !quoted && !first_end)
			first_end = q;
		else if (*q == ')' && !quoted)
			break;
	}
	if (q >= c->end)
		return false;
	*ret = slice_between(c->p + 2, first_end ? first_end : q);
	c->p = q + 1;
	return true;
}

/* the text of a quoted local part equals plain text, escapes aside and case ignored */
static bool same_unquoted(struct slice quoted, struct slice plain)
{
	size_t k = 0;

	for (size_t i = 0; i < quoted.n; i++) {
		if (quoted.p[i] == '"')
			continue;
		if (quoted.p[i] == '\\' && i + 1 < quoted.n)
			i++;
		if (k == plain.n || ascii_tolower(quoted.p[i]) != ascii_tolower(plain.p[k]))
			return false;
		k++;
	}
	return k == plain.n;
}

/* the address that begins at q is what stands between the cursor and the blank before q */
static bool is_twin(struct cur *c, const char *q, struct exim_addr *a)
{
	struct cur t = { q - 1, c->end };
	struct slice orig, plain;

	if (q <= c->p + 1 || !original(&t, true, &orig))
		return false;
	plain = slice_between(c->p, q - 1);
	if (!same_unquoted(orig, plain) &&
	    !same_unquoted(slice_head(orig, slice_rfind_byte(orig, '@')), plain))
		return false;
	a->final = plain;
	a->orig = orig;
	*c = t;
	return true;
}

/* the twin of quoted_twin() is not shorter than FINAL: its first quote is in the first half */
static inline const char *twin_limit(struct cur c)
{
	size_t half = (cur_left(&c) + 1) / 2;

	return c.p + half + (half < cur_left(&c) ? 1 : 0);
}

/*
 * FINAL <"FINAL with quotes"@domain>: whatever FINAL holds, it is proved by its equal behind it.
 * Trap: `x R=y T=z@example.com <"x R=y T=z"@example.com> R=...`
 */
static bool quoted_twin(struct cur *c, struct exim_addr *a)
{
	const char *q = c->p + 1, *end = twin_limit(*c);

	while (q < end && (q = memchr(q, '"', (size_t)(end - q))) != NULL) {
		if (q[-1] == '<' && is_twin(c, q - 1, a))
			return true;
		q++;
	}
	return false;
}

/* an address without blanks (or with quotes), parents, original */
static bool plain(struct cur *c, struct exim_addr *a)
{
	struct cur t = *c;

	if (cur_byte(&t, '"')) {
		(void)exim_quoted(&t);
		(void)exim_word(&t);
		a->final = slice_between(c->p, t.p);
	} else {
		a->final = exim_word(&t);
	}
	if (!a->final.n)
		return false;
	a->parent = a->orig = SLICE_NONE;
	if (!field_follows(&t)) {
		(void)parents(&t, &a->parent);
		(void)original(&t, false, &a->orig);
		if (!part_ends(t))
			return false;
	}
	if (!a->orig.p && !a->parent.p && !exim_has(a->final.p, a->final.p + a->final.n, '@'))
		return false;
	*c = t;
	return true;
}

/* " (PARENT, ...)" at the end of FINAL */
static void split_parents(struct exim_addr *a)
{
	size_t at = slice_rfind(a->final, SLICE(" ("));
	unsigned tries = PARENTS_TRIES;
	struct cur c;
	struct slice p;

	if (at == a->final.n || !slice_ends(a->final, ")"))
		return;
	/* quoted parents may hold " (" themselves: the leftmost that closes at the end is the one */
	for (size_t k; tries-- > 0 && (k = slice_rfind(slice_head(a->final, at), SLICE(" ("))) < at; at = k) {
		c = cur_of(slice_from(a->final, k));
		if (!parents(&c, &p) || !cur_at_end(&c))
			break;
	}
	c = cur_of(slice_from(a->final, at));
	if (!parents(&c, &p) || !cur_at_end(&c) || slice_find_byte(p, '@') == p.n)
		return;
	a->parent = p;
	a->final = slice_head(a->final, at);
}

/* FINAL with blanks: a command, a path, display text; up to the first " <ORIGINAL>" that fields follow */
static bool spaced(struct cur *c, struct exim_addr *a)
{
	const char *q = c->p;

	for (; q < c->end && (q = memchr(q, '<', (size_t)(c->end - q))) != NULL; q++) {
		struct cur t = { q - 1, c->end };
		struct slice orig;

		if (q <= c->p + 1 || !original(&t, true, &orig) || !part_ends(t))
			continue;
		a->final = slice_between(c->p, q - 1);
		a->orig = orig;
		split_parents(a);
		c->p = t.p;
		return true;
	}
	for (q = c->p + 1; q < c->end; q++) {
		if (*q != ' ' || !part_ends((struct cur){ q, c->end }))
			continue;
		a->final = slice_between(c->p, q);
		split_parents(a);
		c->p = q;
		return true;
	}
	return false;
}

/* "save NAME": a filter's path that was not completed; "user |command": cPanel's pipes of aliases */
static inline void classify_spaced(struct exim_addr *a)
{
	size_t pipe;

	if (!a->orig.p || !exim_has(a->final.p, a->final.p + a->final.n, ' '))
		return;
	pipe = slice_find(a->final, SLICE(" |/"));
	if (slice_starts(a->final, "save ")) {
		a->kind = EXIM_ADDR_SPECIAL;
	} else if (pipe < a->final.n) {
		a->kind = EXIM_ADDR_PIPE;
		a->final = slice_from(a->final, pipe + 1);
	}
}

/* what begins an address that is none */
static inline enum exim_addr_kind kind_of(char first)
{
	switch (first) {
	case '|':
		return EXIM_ADDR_PIPE;
	case '/':
		return EXIM_ADDR_FILE;
	case '>':
		return EXIM_ADDR_REPLY;
	case ':':
		return EXIM_ADDR_SPECIAL;
	default:
		return EXIM_ADDR_PLAIN;
	}
}

static ATTR_NOINLINE const char *any_addr(struct cur c, struct exim_addr *ret)
{
	enum exim_addr_kind kind = kind_of(cur_peek(&c));

	if (cur_peek(&c) == '\0' || cur_peek(&c) == ' ')
		return NULL;
	*ret = (struct exim_addr){ .kind = kind };
	if (kind != EXIM_ADDR_PLAIN)
		return spaced(&c, ret) ? c.p : NULL;
	if (!quoted_twin(&c, ret)) {
		bool is_plain = plain(&c, ret);

		if (is_plain && *ret->final.p != '"')
			return c.p; /* one word: nothing to classify */
		if (!is_plain && !spaced(&c, ret))
			return NULL;
	}
	classify_spaced(ret);
	return c.p;
}

/* "ORIGINAL>" of up to 31 bytes, and whether it is FINAL, which stands before it, and a domain; 32 bytes may be read */
static inline const char *short_original(const char *begin, struct exim_addr *a)
{
	uint32_t ends = scan_mask(begin, 32, '>', '"'), ats;
	unsigned n;

	if (!ends)
		return NULL;
	n = (unsigned)__builtin_ctz(ends);
	a->orig = slice_of(begin, n);
	ats = scan_mask(begin, 32, '@', '@') & ((UINT32_C(1) << n) - 1);
	if (a->final.n <= 16 && ats == UINT32_C(1) << a->final.n && scan_same16(begin, a->final.p, ats - 1))
		a->recipient = slice_of(begin, n);
	return begin + n;
}

/*
 * "WORD <ORIGINAL> X=" and "WORD@DOMAIN X=", no quotes before the field: what plain() makes of these.  No slice is copied from
 * where it was just stored: a load of both halves would have to wait for them.
 */
static inline const char *usual(struct cur c, struct exim_addr *a)
{
	const char *begin = c.p, *end = c.end;
	const char *blank = scan_mostly_near(begin, begin, end, ' ', '"', 32), *close = blank;

	if (end - blank < 4 || blank == begin || *blank != ' ' || blank[-1] == ':' ||
	    kind_of(*begin) != EXIM_ADDR_PLAIN || *begin == '\0')
		return NULL;
	a->final = slice_between(begin, blank);
	a->orig = slice_none;
	a->parent = slice_none;
	a->recipient = slice_none;
	if (blank[1] == '<') {
		const char *inner = blank + 2;

		close = end - inner >= 32 ? short_original(inner, a) : NULL;
		if (!close) {
			close = scan_either_from(begin, inner, end, '>', '"');
			a->orig = slice_between(inner, close);
		}
		if (close == inner || end - close < 4 || *close != '>')
			return NULL;
		close++;
	} else if (!scan_has(begin, blank, end, '@')) {
		return NULL;
	} else {
		a->recipient = slice_between(begin, blank);
	}
	if (*close != ' ' || close[2] != '=' || !ascii_upper(close[1]))
		return NULL;
	a->kind = EXIM_ADDR_PLAIN;
	return close;
}

/* Is there a quote between p and end?  Up to limit may be read. */
static inline bool quote_before(const char *p, const char *end, const char *limit)
{
	for (; p < end && limit - p >= 32; p += 32) {
		uint32_t quotes = scan_mask(p, 32, '"', '"');

		if (UNLIKELY(quotes))
			return p + __builtin_ctz(quotes) < end;
	}
	return scan_has(p, end, limit, '"');
}

const char *exim_addr_end(const char *p, const char *end, struct exim_addr *ret)
{
	struct cur c = { p, end };
	const char *behind = usual(c, ret);

	/* a quote in the first half: FINAL may be longer than it looks */
	if (LIKELY(behind && !quote_before(behind, twin_limit(c), end)))
		return behind;
	return any_addr(c, ret);
}

static inline bool has_at(struct slice s)
{
	return exim_has(s.p, s.p + s.n, '@');
}

/* the local part of full, a suffix ("+tag", "-tag") aside, is bare */
static bool completes(struct slice full, struct slice bare)
{
	size_t at = slice_rfind_byte(full, '@');
	struct slice local = slice_head(full, at);

	if (!full.p || at == full.n || !bare.n)
		return false;
	if (local.n > bare.n && local.p[0] != '"' && (local.p[bare.n] == '+' || local.p[bare.n] == '-'))
		local.n = bare.n;
	return slice_eq(local, bare) || slice_eq_fold(local, bare) || same_unquoted(local, bare);
}

static ATTR_NOINLINE void compare_addresses(const struct exim_addr *a, struct slice first, struct slice hint,
					    struct event *e)
{
	e->recipient = a->final;
	if (!has_at(a->final)) {
		if (completes(first, a->final) || (first.p && slice_find_byte(a->final, ' ') < a->final.n)) {
			e->recipient = first;
			return;
		}
		if (completes(hint, a->final))
			e->recipient = hint;
		else if (completes(a->parent, a->final))
			e->recipient = a->parent;
	} else if (first.p && (slice_eq(first, a->final) || slice_eq_fold(first, a->final) ||
			       same_unquoted(first, a->final))) {
		e->recipient = first;
		return;
	}
	e->orig_recipient = first;
}

void exim_addr_compare(const struct exim_addr *a, struct slice hint, struct event *e)
{
	struct slice first = a->orig.p ? a->orig : a->parent;

	if (a->kind != EXIM_ADDR_PLAIN)
		e->recipient = first;
	else if (!first.p && has_at(a->final))
		e->recipient = a->final;
	else
		compare_addresses(a, first, hint, e);
}
