/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rows.c - tables of texts, for writers with few kinds of lines
 */
#include "parse/rows.h"

#include "base/ip.h"
#include "event/queue_id.h"

#define QUEUE_ID_MIN 6
#define QUEUE_ID_MAX 25

bool row_match(struct cur *c, struct slice pattern)
{
	const char *p = c->p, *k = pattern.p, *end = pattern.p + pattern.n;

	for (; k < end; k++) {
		if (*k == '*') {
			const char *run = p;

			while (p < c->end && *p != ' ')
				p++;
			if (p == run)
				return false;
		} else if (p == c->end || *p++ != *k) {
			return false;
		}
	}
	c->p = p;
	return true;
}

enum parse_result rows_notice(const struct row *rows, size_t n, struct slice text, struct event *ret)
{
	for (size_t i = 0; i < n; i++) {
		struct cur c = cur_of(text);

		if (!row_match(&c, rows[i].pattern))
			continue;
		ret->kind = EV_NOTICE;
		ret->category = rows[i].category;
		ret->severity = rows[i].severity;
		ret->text = text;
		return PARSE_OK;
	}
	return PARSE_NOT_MINE;
}

struct slice word_meaning(const struct word *words, size_t n, struct slice written)
{
	for (size_t i = 0; i < n; i++)
		if (slice_eq_fold(words[i].written, written))
			return words[i].meaning;
	return SLICE_NONE;
}

struct slice word_auth_result(struct slice written)
{
	static const struct word RESULTS[] = {
		WORD("pass", "pass"),           WORD("none", "none"),           WORD("fail", "fail"),
		WORD("softfail", "softfail"),   WORD("neutral", "neutral"),     WORD("temperror", "temperror"),
		WORD("tempfail", "temperror"),  WORD("permerror", "permerror"), WORD("permfail", "permerror"),
		WORD("error", "temperror"),     WORD("policy", "policy"),       WORD("unknown", "permerror"),
	};

	return word_meaning(RESULTS, ARRAY_LEN(RESULTS), written);
}

bool row_is_queue_id(struct slice s)
{
	bool digit = false;

	if (s.n < QUEUE_ID_MIN || s.n > QUEUE_ID_MAX)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (!ascii_alnum(s.p[i]))
			return queue_id_is_exim(s);
		digit |= ascii_digit(s.p[i]);
	}
	return digit || queue_id_is_postfix(s);
}

bool row_take_queue_id(struct cur *c, struct event *e)
{
	static const struct slice NO_ID[] = {
		LIT("(unknown-jobid): "), LIT("(unknown id): "), LIT("(local): "), LIT("(null): "),
		LIT("unknown-jobid: "),   LIT("unknown: "),      LIT("NOQUEUE: "), LIT(": "),
	};
	struct cur at = *c;
	struct slice id = SLICE_NONE;

	for (size_t i = 0; i < ARRAY_LEN(NO_ID); i++)
		if (cur_lit_(c, NO_ID[i].p, NO_ID[i].n))
			return true;
	if (!cur_until(&at, ':', &id) || !cur_byte(&at, ' ') || !row_is_queue_id(id))
		return false;
	e->queue_id = id;
	*c = at;
	return true;
}

struct slice row_ip(struct slice s)
{
	struct ip ip;

	if (!ip_parse(s, &ip))
		return SLICE_NONE;
	if (slice_starts(s, "::ffff:") && slice_find_byte(s, '.') < s.n)
		return slice_from(s, strlen("::ffff:"));
	return slice_starts(s, "IPv6:") ? slice_from(s, strlen("IPv6:")) : s;
}

void row_client(struct slice s, struct event *e)
{
	struct slice ip;

	s = slice_unwrap(s, '[', ']');
	ip = row_ip(s);
	if (ip.p)
		e->client_ip = ip;
	else if (s.n && !slice_is(s, "unknown"))
		e->client_host = s;
}

bool row_client_name_ip(struct slice s, struct event *e)
{
	size_t open = slice_rfind_byte(s, '[');
	struct slice ip, name;

	if (open == s.n || !slice_ends(s, "]"))
		return false;
	ip = row_ip(slice_of(s.p + open + 1, s.n - open - 2));
	if (!ip.p)
		return false;
	name = slice_trim(slice_head(s, open));
	e->client_ip = ip;
	if (name.n && !slice_is(name, "unknown") && *name.p != '[')
		e->client_host = name;
	return true;
}

bool row_score(struct cur *c, int64_t *ret)
{
	static const int64_t UNIT[] = { 1000, 100, 10, 1 };
	struct cur at = *c;
	bool minus = cur_byte(&at, '-');
	int64_t whole, part = 0;
	unsigned digits = 0;

	if (!minus)
		(void)cur_byte(&at, '+');
	if (!cur_i64(&at, INT32_MAX, &whole))
		return false;
	if (cur_left(&at) > 1 && *at.p == '.' && ascii_digit(at.p[1])) {
		for (at.p++; at.p < at.end && ascii_digit(*at.p); at.p++)
			if (digits < 3) {
				part = part * 10 + (*at.p - '0');
				digits++;
			}
	}
	*ret = (whole * 1000 + part * UNIT[digits]) * (minus ? -1 : 1);
	*c = at;
	return true;
}

bool row_is_pam(struct slice text)
{
	struct cur c = cur_of(text);

	if (cur_lit(&c, "(pam_"))
		return true;
	if (cur_lit(&c, "PAM ")) {
		uint64_t n;

		return cur_u64(&c, INT32_MAX, &n) && cur_lit(&c, " more authentication failure");
	}
	if (!cur_lit(&c, "pam_"))
		return false;
	while (c.p < c.end && (ascii_alnum(*c.p) || *c.p == '_'))
		c.p++;
	return cur_peek(&c) == '(' || slice_starts(cur_rest(&c), ": ");
}
