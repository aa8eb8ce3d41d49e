/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shape.c - the shape of a text
 *
 * One pass from left to right; a word is looked at once as a whole.  No rule needs to be right about what a
 * word is: it is enough that the same kind of word is always masked the same way.
 */
#include "base/shape.h"

#include <stdbool.h>

#include "base/cursor.h"
#include "base/ip.h"

#define ADDRESS_MAX_BYTES 320 /* of a text in angle brackets that may be an address */
#define ID_MIN_BYTES      6   /* shorter words of letters and digits are words: TLSv1, MX2 */

enum class_bit {
	CLASS_WORD = 1 << 0,  /* part of a word */
	CLASS_DIGIT = 1 << 1,
	CLASS_ALPHA = 1 << 2,
	CLASS_SPACE = 1 << 3,
	CLASS_PLAIN = 1 << 4, /* printable, copied as it is */
};

/* clang-format off */
#define A (CLASS_WORD | CLASS_ALPHA)
#define D (CLASS_WORD | CLASS_DIGIT)
#define W CLASS_WORD
#define S CLASS_SPACE
#define P CLASS_PLAIN
static const unsigned char CLASSES[256] = { /* words: letters, digits, bytes over 0x7f and %+-.@_~ */
	0, 0, 0, 0, 0, 0, 0, 0, 0, S, S, S, S, S, 0, 0, /* 0x00 */
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* 0x10 */
	S, P, P, P, P, W, P, P, P, P, P, W, P, W, W, P, /* 0x20 */
	D, D, D, D, D, D, D, D, D, D, P, P, P, P, P, P, /* 0x30 */
	W, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, /* 0x40 */
	A, A, A, A, A, A, A, A, A, A, A, P, P, P, P, W, /* 0x50 */
	P, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, /* 0x60 */
	A, A, A, A, A, A, A, A, A, A, A, P, P, P, W, 0, /* 0x70 */
	A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, /* 0x80 */
	A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, /* 0x90 */
	A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, /* 0xa0 */
	A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, /* 0xb0 */
	A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, /* 0xc0 */
	A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, /* 0xd0 */
	A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, /* 0xe0 */
	A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, /* 0xf0 */
};
#undef A
#undef D
#undef W
#undef S
#undef P
/* clang-format on */

static unsigned class_of(char c)
{
	return CLASSES[(unsigned char)c];
}

/* "<...@...>" as a whole; the cursor stands at '<' */
static bool mask_bracket(struct cur *c, struct strbuf *out)
{
	struct cur try = *c;
	struct slice s;

	if (!cur_byte(&try, '<') || !cur_until(&try, '>', &s) || s.n > ADDRESS_MAX_BYTES)
		return false;
	if (slice_find_byte(s, '@') == s.n || slice_find_byte(s, ' ') != s.n)
		return false;
	strbuf_add(out, SLICE("<address>"));
	*c = try;
	return true;
}

static bool mask_url(struct cur *c, struct strbuf *out)
{
	struct cur try = *c;

	if (!cur_lit(&try, "http://") && !cur_lit(&try, "https://"))
		return false;
	while (try.p < try.end && !(class_of(*try.p) & CLASS_SPACE) && *try.p != '>' && *try.p != '"' &&
	       *try.p != ')')
		try.p++;
	strbuf_add(out, SLICE("<url>"));
	*c = try;
	return true;
}

/* IPv6 addresses and clock times: the only words with colons */
static bool mask_colons(struct cur *c, struct strbuf *out)
{
	const char *q = c->p;
	unsigned colons = 0, letters = 0;
	struct slice s;
	struct ip ip;

	for (; q < c->end && q - c->p < IP_TEXT_BYTES && (ascii_xdigit(*q) || *q == ':' || *q == '.'); q++) {
		colons += *q == ':';
		letters += !ascii_digit(*q) && *q != ':';
	}
	if (colons < 2 || (q < c->end && class_of(*q) & CLASS_ALPHA))
		return false;
	while (q > c->p && (q[-1] == '.' || (q[-1] == ':' && q - c->p > 1 && q[-2] != ':')))
		q--;
	s = slice_between(c->p, q);
	if (ip_parse(s, &ip))
		strbuf_add(out, SLICE("<ip>"));
	else if (colons == 2 && letters == 0 && s.n >= 5)
		strbuf_add(out, SLICE("<time>"));
	else
		return false;
	c->p = q;
	return true;
}

/* what a word is made of */
struct word {
	struct slice s;
	unsigned digits, alphas, dots, others;
	bool at;
};

/* "5.1.1", "4.7.26", "5.7.511" */
static bool is_enhanced_code(const struct word *w)
{
	return w->alphas == 0 && w->others == 0 && w->dots == 2 && w->s.n <= 8 && w->s.p[1] == '.' &&
	       (w->s.p[0] == '2' || w->s.p[0] == '4' || w->s.p[0] == '5');
}

static bool is_reply_code(const struct word *w)
{
	return w->s.n == 3 && w->digits == 3 && (w->s.p[0] == '2' || w->s.p[0] == '4' || w->s.p[0] == '5');
}

/* labels with a name of letters at the end */
static bool is_host(const struct word *w)
{
	size_t dot = slice_rfind_byte(w->s, '.');

	if (w->dots == 0 || w->s.n - dot < 3 || w->s.p[0] == '.')
		return false;
	for (size_t i = dot + 1; i < w->s.n; i++)
		if (!ascii_alpha(w->s.p[i]))
			return false;
	return true;
}

/* Short words keep their letters; runs of more than two digits in them vary. */
static void add_short_word(struct strbuf *out, struct slice s)
{
	for (size_t i = 0; i < s.n;) {
		size_t from = i;

		while (i < s.n && ascii_digit(s.p[i]))
			i++;
		if (i - from > 2)
			strbuf_add(out, SLICE("<n>"));
		else if (i > from)
			strbuf_add(out, slice_between(s.p + from, s.p + i));
		else
			strbuf_add_byte(out, s.p[i++]);
	}
}

static void add_word(struct strbuf *out, const struct word *w)
{
	struct ip ip;

	if (w->at && w->alphas + w->digits > 0)
		strbuf_add(out, SLICE("<address>"));
	else if (w->digits == 0 && w->dots == 0)
		strbuf_add(out, w->s);
	else if (is_host(w))
		strbuf_add(out, SLICE("<host>"));
	else if (is_reply_code(w) || is_enhanced_code(w))
		strbuf_add(out, w->s);
	else if (w->dots == 3 && w->alphas == 0 && ip_parse(w->s, &ip))
		strbuf_add(out, SLICE("<ip>"));
	else if (w->alphas == 0)
		strbuf_add(out, w->digits ? SLICE("<n>") : w->s);
	else if (w->digits > 0 && w->s.n >= ID_MIN_BYTES)
		strbuf_add(out, SLICE("<id>"));
	else
		add_short_word(out, w->s);
}

static struct word take_word(struct cur *c)
{
	struct word w = { 0 };
	const char *q = c->p;

	/* "550-5.1.1 ...": the code of a line that goes on */
	if (cur_left(c) > 3 && q[3] == '-' && ascii_digit(q[0]) && ascii_digit(q[1]) && ascii_digit(q[2])) {
		w.s = slice_of(q, 3);
		w.digits = 3;
		c->p = q + 3;
		return w;
	}
	for (; q < c->end; q++) {
		unsigned k = class_of(*q);

		if (!(k & CLASS_WORD))
			break;
		w.digits += (k & CLASS_DIGIT) != 0;
		w.alphas += (k & CLASS_ALPHA) != 0;
		w.dots += *q == '.';
		w.others += !(k & (CLASS_DIGIT | CLASS_ALPHA)) && *q != '.';
		w.at |= *q == '@';
	}
	/* the full stop of a sentence, a dash after a reply code */
	while (q - c->p > 1 && (q[-1] == '.' || q[-1] == '-')) {
		w.dots -= q[-1] == '.';
		w.others -= q[-1] == '-';
		q--;
	}
	w.s = slice_between(c->p, q);
	c->p = q;
	return w;
}

void shape_add(struct strbuf *out, struct slice text, size_t max_bytes)
{
	struct cur c = cur_of(slice_head(text, max_bytes));
	bool blank = false;

	while (!cur_at_end(&c)) {
		unsigned k = class_of(*c.p);

		if (k & CLASS_SPACE || cur_lit(&c, "\\n")) { /* a newline, or one that the writer escaped */
			blank = true;
			c.p += (k & CLASS_SPACE) != 0;
			continue;
		}
		if (blank && out->n)
			strbuf_add_byte(out, ' ');
		blank = false;
		if (k & CLASS_WORD && *c.p != '-') {
			struct word w;

			if ((*c.p == 'h' && mask_url(&c, out)) ||
			    (ascii_xdigit(*c.p) && mask_colons(&c, out)))
				continue;
			w = take_word(&c);
			add_word(out, &w);
		} else if ((*c.p != '<' || !mask_bracket(&c, out)) &&
			   (*c.p != ':' || !mask_colons(&c, out))) {
			strbuf_add_byte(out, k ? *c.p : '?');
			c.p++;
		}
	}
}
