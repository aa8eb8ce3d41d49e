/* SPDX-License-Identifier: Apache-2.0 */
/*
 * view.c - a reply's words in one form, and its codes
 *
 * One walk: letters are folded, runs of blanks, controls and written-out "\n" become one blank.  Codes stand where a reply begins: at the very
 * beginning, behind a line end, behind ": ", behind a quote (with an enhanced code), and in the middle where the lines of
 * one reply were joined ("... try 550-5.1.1 double-checking ...").  The latter go from the text, so that words that were broken
 * over lines join.
 */
#include "diagnose/reply_priv.h"

#include "base/ascii.h"
#include "base/attr.h"
#include "base/cursor.h"
#include "base/scan.h"

#define LATE_DSN_BYTES 80 /* where the first line's enhanced code may stand: "421 Message (4.7.0)" */

/* one to three digits; where they end, or NULL */
static inline const char *dsn_part(const char *p, const char *end, uint32_t *dsn)
{
	uint32_t v;

	if (p == end || !ascii_digit(*p))
		return NULL;
	v = (uint32_t)(*p++ - '0');
	for (int i = 0; i < 3 && p < end && ascii_digit(*p); i++) {
		if (i == 2)
			return NULL;
		v = v * 10 + (uint32_t)(*p++ - '0');
	}
	*dsn = *dsn << DSN_SUBJECT | v;
	return p;
}

size_t dsn_parse(struct slice s, uint32_t *ret)
{
	const char *p = s.p, *end = p + s.n;
	uint32_t dsn;

	if (s.n < 5 || (p[0] != '4' && p[0] != '5') || p[1] != '.')
		return 0;
	dsn = (uint32_t)(p[0] - '0');
	p = dsn_part(p + 2, end, &dsn);
	if (!p || p == end || *p++ != '.')
		return 0;
	p = dsn_part(p, end, &dsn);
	if (!p || (p < end && ascii_alnum(*p)) || (end - p > 1 && *p == '.' && ascii_digit(p[1])))
		return 0;
	*ret = dsn;
	return (size_t)(p - s.p);
}

static void add_code(struct reply_view *v, uint32_t code)
{
	struct reply_numbers *codes = &v->codes;

	if (codes->n && codes->v[codes->n - 1] == code)
		return;
	if (codes->n < REPLY_MAX_CODES)
		codes->v[codes->n++] = code;
}

static void add_dsn(struct reply_view *v, uint32_t dsn, struct slice text)
{
	struct reply_numbers *dsns = &v->dsns;

	for (size_t i = 0; i < dsns->n; i++)
		if (dsns->v[i] == dsn)
			return;
	if (dsns->n < REPLY_MAX_CODES) {
		dsns->v[dsns->n++] = dsn;
		v->last_dsn = text;
	}
}

static inline bool is_quote(char c)
{
	return c == '\'' || c == '"';
}

/* "450", "550-", "550 " */
static bool code_at(const char *p, const char *end)
{
	return end - p >= 3 && reply_has_code(p) &&
	       (end - p == 3 || p[3] == ' ' || p[3] == '-' || (unsigned char)p[3] < ' ' || p[3] == '\\');
}

static uint32_t code_value(const char *p)
{
	return (uint32_t)((p[0] - '0') * 100 + (p[1] - '0') * 10 + (p[2] - '0'));
}

/* the enhanced code behind "550 ", "550-", "550 #"; where it ends, or p */
static const char *dsn_behind(const char *p, const char *end, struct reply_view *v)
{
	const char *q = p;
	uint32_t dsn;
	size_t n;

	while (q < end && q - p < 4 && (*q == ' ' || *q == '-' || *q == '#' || *q == '\''))
		q++;
	n = q < end && (*q == '4' || *q == '5') ? dsn_parse(slice_between(q, end), &dsn) : 0;
	if (!n)
		return p;
	add_dsn(v, dsn, slice_of(q, n));
	return q + n;
}

/* which of the 16 bytes at p are dots behind a 4 or 5: bit i is p[i] */
static inline unsigned dsn_dots16(const char *p)
{
#ifdef __SSE2__
	__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p), before = _mm_loadu_si128((const __m128i *)(const void *)(p - 1));
	__m128i class = _mm_cmpeq_epi8(_mm_or_si128(before, _mm_set1_epi8(1)), _mm_set1_epi8('5'));

	return (unsigned)_mm_movemask_epi8(_mm_and_si128(class, _mm_cmpeq_epi8(v, _mm_set1_epi8('.'))));
#else
	unsigned mask = 0;

	for (unsigned i = 0; i < 16; i++)
		mask |= (unsigned)(p[i] == '.' && (p[i - 1] == '4' || p[i - 1] == '5')) << i;
	return mask;
#endif
}

/* an enhanced code that has its first dot here, and nothing of a word or of a number before it */
static bool dsn_around(const char *dot, const char *begin, const char *end, struct reply_view *v)
{
	const char *p = dot - 1;
	uint32_t dsn;
	size_t n;

	if (p <= begin || (*p != '4' && *p != '5') || ascii_alnum(p[-1]) || p[-1] == '.' || p[-1] == '-')
		return false;
	n = dsn_parse(slice_between(p, end), &dsn);
	if (n)
		add_dsn(v, dsn, slice_of(p, n));
	return n;
}

/* the first enhanced code a little further on; something lies before p */
static void late_dsn(const char *p, const char *end, struct reply_view *v)
{
	const char *dot = p;

	end = end - p > LATE_DSN_BYTES ? p + LATE_DSN_BYTES : end;
	for (; end - dot >= 16; dot += 16)
		for (unsigned mask = dsn_dots16(dot); mask; mask &= mask - 1)
			if (dsn_around(dot + __builtin_ctz(mask), p, end, v))
				return;
	for (; dot < end; dot++)
		if (*dot == '.' && dsn_around(dot, p, end, v))
			return;
}

/* what the walk knows of the lines before */
struct lines {
	uint32_t code;             /* of the first line; 0: none */
	bool dashed;               /* a line began with "550-": another one follows */
};

/* A code may stand here.  Returns where the text goes on, p if the code is text itself. */
static const char *line_start(const char *begin, const char *p, const char *end, bool fresh, struct lines *l, struct reply_view *v)
{
	const char *behind;
	uint32_t code, dsn;
	size_t n;

	if (!code_at(p, end)) {
		n = fresh ? dsn_parse(slice_between(p, end), &dsn) : 0;
		if (n)
			add_dsn(v, dsn, slice_of(p, n));
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
		if (is_quote(p[-1]))
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

#ifdef __SSE2__
/*
 * Sixteen bytes at a time: all up to the first that is more than a letter to fold.  That is a control, a backslash, a second blank, and a
 * 4 or 5 behind a blank or a quote.  At least one byte lies before p, and 16 behind where `to` points.  Returns a bit for each that is
 * more.
 */
static inline unsigned fold_plain(const char *p, char *to)
{
	__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
	__m128i before = _mm_loadu_si128((const __m128i *)(const void *)(p - 1));
	const __m128i blank = _mm_set1_epi8(' '), five = _mm_set1_epi8('5');
	__m128i low = _mm_cmpeq_epi8(_mm_min_epu8(v, blank), v);
	__m128i plain = _mm_cmpeq_epi8(v, blank);
	__m128i low_before = _mm_cmpeq_epi8(_mm_min_epu8(before, blank), before);
	__m128i digit = _mm_cmpeq_epi8(_mm_or_si128(v, _mm_set1_epi8(1)), five);
	/* a quote, a blank, or one of the marks between them: that does no harm */
	__m128i mark_before = _mm_cmpeq_epi8(_mm_min_epu8(before, _mm_set1_epi8('\'')), before);
	__m128i special = _mm_or_si128(_mm_andnot_si128(plain, low), _mm_and_si128(plain, low_before));

	special = _mm_or_si128(special, _mm_and_si128(digit, mark_before));
	special = _mm_or_si128(special, _mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));
	v = _mm_or_si128(v, _mm_and_si128(scan_within(v, 'A', 'Z'), blank));
	_mm_storeu_si128((__m128i *)(void *)to, v);
	return (unsigned)_mm_movemask_epi8(special);
}
#endif

/* past a run of blanks; was a line end among them? */
static const char *skip_run(const char *p, const char *end, bool *ret_line_end)
{
	size_t n;

	*ret_line_end = false;
	for (; p < end && (n = blank_at(p, end)); p += n)
		*ret_line_end |= n == 2 || *p != ' ';
	return p;
}

/* what needs no look copied; begin: less than p, from there on may be read.  Returns how many bytes. */
static size_t fold_run(const char *begin, const char *p, const char *end, char *to)
{
	const char *from = p;

#ifdef __SSE2__
	char last[32] = { 0 };
	unsigned special, left;

	for (; end - p >= 16; p += 16, to += 16) {
		special = fold_plain(p, to);
		if (special)
			return (size_t)(p - from) + (size_t)__builtin_ctz(special);
	}
	left = (unsigned)(end - p);
	if (LIKELY(end - begin > 16)) { /* the last 16 bytes */
		special = fold_plain(end - 16, last) >> (16 - left);
		memcpy(to, last + 16 - left, 16);
	} else {
		memcpy(last, p - 1, left + 1);
		special = fold_plain(last + 1, to);
	}
	p += __builtin_ctz(special | 1U << left);
#else
	(void)begin;
	(void)end;
	(void)to;
#endif
	return (size_t)(p - from);
}

static void fold_text(struct slice s, struct reply_view *v)
{
	const char *p = s.p, *end = s.p ? s.p + s.n : s.p;
	struct lines lines = { 0 };
	bool line_end = true;
	char *to = v->text;

	*to++ = ' ';
	while (p < end) {
		if (blank_at(p, end)) {
			p = skip_run(p, end, &line_end);
			if (to[-1] != ' ')
				*to++ = ' ';
		}
		if (p < end && (p == s.p || ((*p == '4' || *p == '5') && (to[-1] == ' ' || is_quote(to[-1]))))) {
			bool fresh = line_end || (to - v->text > 1 && to[-2] == ':');
			const char *behind = line_start(s.p, p, end, fresh, &lines, v);

			if (behind > p) { /* its blank is in the text already */
				p = skip_run(behind, end, &line_end);
				continue;
			}
		}
		if (p < end) {
			size_t n;

			*to++ = ascii_tolower(*p++);
			n = fold_run(s.p, p, end, to);
			p += n;
			to += n;
			line_end = false;
		}
	}
	if (to[-1] != ' ')
		*to++ = ' ';
	v->n = (size_t)(to - v->text);
	memset(to, 0, REPLY_SLACK);
}

bool view_has(const struct reply_view *v, struct slice what)
{
	const char *p = v->text, *last;

	if (what.n > v->n)
		return false;
	last = p + (v->n - what.n);
#ifdef __SSE2__
	for (; p <= last; p += 16) {
		const __m128i first = _mm_set1_epi8(what.p[0]), end = _mm_set1_epi8(what.p[what.n - 1]);
		__m128i a = _mm_loadu_si128((const __m128i *)(const void *)p);
		__m128i b = _mm_loadu_si128((const __m128i *)(const void *)(p + what.n - 1));
		unsigned mask = (unsigned)_mm_movemask_epi8(_mm_and_si128(_mm_cmpeq_epi8(a, first), _mm_cmpeq_epi8(b, end)));

		for (; mask; mask &= mask - 1) {
			const char *q = p + __builtin_ctz(mask);

			if (q <= last && scan_same(q, what.p, what.n))
				return true;
		}
	}
#else
	for (; p <= last; p++)
		if (*p == what.p[0] && memcmp(p, what.p, what.n) == 0)
			return true;
#endif
	return false;
}

void reply_view(const struct complaint *c, const struct bare_reply *bare, struct reply_view *v)
{
	uint32_t dsn;

	v->host = bare->host;
	v->stages = bare->stages;
	v->said_by = bare->said_by;
	v->codes.n = v->dsns.n = 0;
	v->last_dsn = SLICE_NONE;
	if (c->smtp_code >= 200 && c->smtp_code <= 599)
		add_code(v, (uint32_t)c->smtp_code);
	if (c->dsn.n && dsn_parse(c->dsn, &dsn) == c->dsn.n)
		add_dsn(v, dsn, c->dsn);
	fold_text(slice_head(bare->core, REPLY_MAX_BYTES), v);
	v->temporary = v->codes.n ? v->codes.v[v->codes.n - 1] < 500 : v->dsns.n ? v->dsns.v[0] >> DSN_CLASS == 4 : c->temporary;
}
