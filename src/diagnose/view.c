/* SPDX-License-Identifier: Apache-2.0 */
/*
 * view.c - a reply's words in one form, and its codes
 *
 * One walk: letters are folded, runs of blanks, controls and written-out "\n" become one blank.  Codes stand where a reply begins: at the very
 * beginning, behind a line end, behind ": ", and in the middle where the lines of one reply were joined ("... try 550-5.1.1 double-checking ...").
 * The latter go from the text, so that words that were broken over lines join.
 */
#include "diagnose/reply_priv.h"

#include "base/ascii.h"
#include "base/cursor.h"

#define LATE_DSN_BYTES 80 /* where the first line's enhanced code may stand: "421 Message (4.7.0)" */

size_t dsn_parse(struct slice s, struct dsn *ret)
{
	int16_t part[3];
	size_t at = 0;

	for (int i = 0; i < 3; i++) {
		size_t from = at;
		int16_t v = 0;

		for (; at < s.n && at < from + 4 && ascii_digit(s.p[at]); at++)
			v = (int16_t)(v * 10 + (s.p[at] - '0'));
		if (at == from || at == from + 4)
			return 0;
		part[i] = v;
		if (i < 2 && (at >= s.n || s.p[at++] != '.'))
			return 0;
	}
	if (part[0] < 4 || part[0] > 5 || (at < s.n && ascii_alnum(s.p[at])) ||
	    (at + 1 < s.n && s.p[at] == '.' && ascii_digit(s.p[at + 1])))
		return 0;
	*ret = (struct dsn){ part[0], part[1], part[2], slice_head(s, at) };
	return at;
}

static void add_code(struct reply_view *v, int16_t code)
{
	if (v->n_codes && v->codes[v->n_codes - 1] == code)
		return;
	if (v->n_codes < REPLY_MAX_CODES)
		v->codes[v->n_codes++] = code;
}

static void add_dsn(struct reply_view *v, struct dsn d)
{
	for (size_t i = 0; i < v->n_dsns; i++)
		if (v->dsns[i].class == d.class && v->dsns[i].subject == d.subject && v->dsns[i].detail == d.detail)
			return;
	if (v->n_dsns < REPLY_MAX_CODES)
		v->dsns[v->n_dsns++] = d;
}

/* "450", "550-", "550 " */
static bool code_at(const char *p, const char *end)
{
	return end - p >= 3 && (*p == '4' || *p == '5') && ascii_digit(p[1]) && ascii_digit(p[2]) &&
	       (end - p == 3 || p[3] == ' ' || p[3] == '-' || (unsigned char)p[3] < ' ' || p[3] == '\\');
}

static int16_t code_value(const char *p)
{
	return (int16_t)((p[0] - '0') * 100 + (p[1] - '0') * 10 + (p[2] - '0'));
}

/* the enhanced code behind "550 ", "550-", "550 #"; where it ends, or p */
static const char *dsn_behind(const char *p, const char *end, struct reply_view *v)
{
	const char *q = p;
	struct dsn d;
	size_t n;

	while (q < end && q - p < 4 && (*q == ' ' || *q == '-' || *q == '#' || *q == '\''))
		q++;
	n = q < end && (*q == '4' || *q == '5') ? dsn_parse(slice_between(q, end), &d) : 0;
	if (!n)
		return p;
	add_dsn(v, d);
	return q + n;
}

/* the first enhanced code a little further on */
static void late_dsn(const char *p, const char *end, struct reply_view *v)
{
	struct dsn d;

	end = end - p > LATE_DSN_BYTES ? p + LATE_DSN_BYTES : end;
	for (const char *q = p; q + 5 <= end; q++)
		if ((*q == '4' || *q == '5') && q[1] == '.' && (q == p || (!ascii_alnum(q[-1]) && q[-1] != '.' && q[-1] != '-')) &&
		    dsn_parse(slice_between(q, end), &d)) {
			add_dsn(v, d);
			return;
		}
}

/* what the walk knows of the lines before */
struct lines {
	int16_t code;              /* of the first line; 0: none */
	bool dashed;               /* a line began with "550-": another one follows */
};

/* A code may stand here.  Returns where the text goes on, p if the code is text itself. */
static const char *line_start(const char *begin, const char *p, const char *end, bool fresh, struct lines *l, struct reply_view *v)
{
	const char *behind;
	int16_t code;
	struct dsn d;
	size_t n;

	if (!code_at(p, end)) {
		n = fresh ? dsn_parse(slice_between(p, end), &d) : 0;
		if (n)
			add_dsn(v, d);
		return p;
	}
	code = code_value(p);
	behind = dsn_behind(p + 3, end, v);
	if (p == begin) {
		add_code(v, code);
		l->code = code;
		l->dashed = p + 3 < end && p[3] == '-';
		if (behind == p + 3)
			late_dsn(behind, end, v);
		return p;
	}
	if (fresh || behind > p + 3 || (code == l->code && (l->dashed || (p + 3 < end && p[3] == '-')))) {
		bool dash = p + 3 < end && p[3] == '-';

		add_code(v, code);
		if (!l->code)
			l->code = code;
		l->dashed |= dash;
		if (p[-1] == '\'' || p[-1] == '"')
			return p;
		return behind > p + 3 ? behind : p + 3 + dash;
	}
	return p;
}

/* the length of what stands for a blank here: a blank, a control, or "\n" "\r" "\t" written out */
static size_t blank_at(const char *p, const char *end)
{
	if ((unsigned char)*p <= ' ')
		return 1;
	return *p == '\\' && end - p >= 2 && (p[1] == 'n' || p[1] == 'r' || p[1] == 't') ? 2 : 0;
}

static void fold_text(struct slice s, struct reply_view *v)
{
	const char *p = s.p, *end = s.p + s.n;
	struct lines lines = { 0 };
	char *to = v->text;

	*to++ = ' ';
	if (p < end)
		p = line_start(s.p, p, end, true, &lines, v);
	while (p < end) {
		size_t blank = blank_at(p, end);
		bool fresh;

		if (!blank) {
			*to++ = ascii_tolower(*p++);
			continue;
		}
		fresh = to[-1] == ':';
		for (; p < end && (blank = blank_at(p, end)); p += blank)
			fresh |= blank == 2 || *p != ' ';
		if (to[-1] != ' ')
			*to++ = ' ';
		if (p < end && (*p == '4' || *p == '5'))
			p = line_start(s.p, p, end, fresh, &lines, v);
	}
	if (to[-1] != ' ')
		*to++ = ' ';
	v->n = (size_t)(to - v->text);
	memset(to, 0, (size_t)(v->text + sizeof v->text - to) < 16 ? (size_t)(v->text + sizeof v->text - to) : 16);
}

void reply_view(const struct complaint *c, const struct bare_reply *bare, struct reply_view *v)
{
	struct dsn d;

	v->host = bare->host;
	v->stages = bare->stages;
	v->said_by = bare->said_by;
	v->n_codes = v->n_dsns = 0;
	if (c->smtp_code >= 200 && c->smtp_code <= 599)
		add_code(v, (int16_t)c->smtp_code);
	if (c->dsn.n && dsn_parse(c->dsn, &d) == c->dsn.n)
		add_dsn(v, d);
	fold_text(slice_head(bare->core, REPLY_MAX_BYTES), v);
	v->temporary = v->n_codes ? v->codes[v->n_codes - 1] < 500 : v->n_dsns ? v->dsns[0].class == 4 : c->temporary;
}
