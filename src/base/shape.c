/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shape.c - the shape of a text
 *
 * One pass from left to right; a word is looked at once as a whole.  No rule needs to be right about what a
 * word is: it is enough that the same kind of word is always masked the same way.
 */
#include "base/shape.h"

#include <stdbool.h>

#include "base/ascii.h"
#include "base/ip.h"
#include "base/scan.h"

#define ADDRESS_MAX_BYTES 320 /* of a text in angle brackets that may be an address */
#define ID_MIN_BYTES      6   /* shorter words of letters and digits are words: TLSv1, MX2 */

enum class_bit {
	CLASS_WORD = 1 << 0,  /* part of a word */
	CLASS_DIGIT = 1 << 1,
	CLASS_ALPHA = 1 << 2,
	CLASS_SPACE = 1 << 3,
	CLASS_PLAIN = 1 << 4, /* printable, copied as it is */
	CLASS_DOT = 1 << 5,
	CLASS_AT = 1 << 6,
	CLASS_OTHER = 1 << 7, /* in a word, but none of the above */
};

/* clang-format off */
#define A (CLASS_WORD | CLASS_ALPHA)
#define D (CLASS_WORD | CLASS_DIGIT)
#define T (CLASS_WORD | CLASS_DOT)
#define M (CLASS_WORD | CLASS_OTHER | CLASS_AT)
#define W (CLASS_WORD | CLASS_OTHER)
#define S CLASS_SPACE
#define P CLASS_PLAIN
static const unsigned char CLASSES[256] = { /* words: letters, digits, bytes over 0x7f and %+-.@_~ */
	0, 0, 0, 0, 0, 0, 0, 0, 0, S, S, S, S, S, 0, 0, /* 0x00 */
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* 0x10 */
	S, P, P, P, P, W, P, P, P, P, P, W, P, W, T, P, /* 0x20 */
	D, D, D, D, D, D, D, D, D, D, P, P, P, P, P, P, /* 0x30 */
	M, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, /* 0x40 */
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
#undef T
#undef M
#undef W
#undef S
#undef P
/* clang-format on */

static unsigned class_of(char c)
{
	return CLASSES[(unsigned char)c];
}

/* the text that is left, and where its shape goes: there is room for the longest that it can have */
struct shaper {
	const char *p, *end;
	char *out;
};

/* A mask is 9 bytes at most, for 2 bytes at least ("a@"). */
#define ROOM_FOR(bytes) ((bytes) * 5 + 16)

#define PUT(sh, lit)                                          \
	do {                                                  \
		memcpy((sh)->out, (lit), sizeof(lit) - 1);    \
		(sh)->out += sizeof(lit) - 1;                 \
	} while (0)

static void put_slice(struct shaper *sh, struct slice s)
{
	memcpy(sh->out, s.p, s.n);
	sh->out += s.n;
}

/* "<...@...>" as a whole; the shaper stands at '<' */
static bool mask_bracket(struct shaper *sh)
{
	struct slice s = slice_between(sh->p + 1, sh->end);
	size_t n = slice_find_byte(s, '>');

	if (n == s.n || n > ADDRESS_MAX_BYTES)
		return false;
	s.n = n;
	if (slice_find_byte(s, '@') == n || slice_find_byte(s, ' ') != n)
		return false;
	PUT(sh, "<address>");
	sh->p = s.p + n + 1;
	return true;
}

/* the shaper stands at 'h' */
static bool mask_url(struct shaper *sh)
{
	struct slice s = slice_between(sh->p, sh->end);
	const char *q = sh->p;

	if (!slice_starts(s, "http://") && !slice_starts(s, "https://"))
		return false;
	while (q < sh->end && !(class_of(*q) & CLASS_SPACE) && *q != '>' && *q != '"' && *q != ')')
		q++;
	PUT(sh, "<url>");
	sh->p = q;
	return true;
}

/* IPv6 addresses and clock times: the only words with colons */
static bool mask_colons(struct shaper *sh)
{
	const char *q = sh->p, *end = sh->end;
	unsigned colons = 0, letters = 0;
	struct slice s;
	struct ip ip;

	if (end - q > IP_TEXT_BYTES)
		end = q + IP_TEXT_BYTES;
	for (; q < end && (ascii_xdigit(*q) || *q == ':' || *q == '.'); q++) {
		colons += *q == ':';
		letters += !ascii_digit(*q) && *q != ':';
	}
	if (colons < 2 || (q < sh->end && class_of(*q) & CLASS_ALPHA))
		return false;
	while (q > sh->p && (q[-1] == '.' || (q[-1] == ':' && q - sh->p > 1 && q[-2] != ':')))
		q--;
	s = slice_between(sh->p, q);
	if (ip_parse(s, &ip))
		PUT(sh, "<ip>");
	else if (colons == 2 && letters == 0 && s.n >= 5)
		PUT(sh, "<time>");
	else
		return false;
	sh->p = q;
	return true;
}

/* In the words that mask_colons() looks for, nothing but digits comes before the first colon. */
static bool may_have_colons(const struct shaper *sh)
{
	const char *q = sh->p;

	while (q < sh->end && ascii_xdigit(*q))
		q++;
	return q < sh->end && *q == ':';
}

/* the same for words that begin with a colon */
static bool at_colons(const struct shaper *sh)
{
	return *sh->p == ':' && sh->end - sh->p > 1 && (sh->p[1] == ':' || ascii_xdigit(sh->p[1]));
}

/* what a word is made of: the classes of all its bytes */
struct word {
	struct slice s;
	unsigned seen;
};

static unsigned count_dots(struct slice s)
{
	unsigned dots = 0;

	for (size_t i = 0; i < s.n; i++)
		dots += s.p[i] == '.';
	return dots;
}

/* "5.1.1", "4.7.26", "5.7.511"; the word is of digits and dots */
static bool is_enhanced_code(struct slice s)
{
	return s.n >= 3 && s.n <= 8 && s.p[1] == '.' && (s.p[0] == '2' || s.p[0] == '4' || s.p[0] == '5') &&
	       count_dots(s) == 2;
}

/* the word is of digits */
static bool is_reply_code(struct slice s)
{
	return s.n == 3 && (s.p[0] == '2' || s.p[0] == '4' || s.p[0] == '5');
}

/* labels with a name of letters at the end; the word has a dot */
static bool is_host(struct slice s)
{
	size_t n = 0; /* of that name */

	while (s.p[s.n - 1 - n] != '.')
		if (!ascii_alpha(s.p[s.n - 1 - n++]))
			return false;
	return n >= 2 && s.p[0] != '.';
}

/* Short words keep their letters; runs of more than two digits in them vary. */
static void put_short_word(struct shaper *sh, struct slice s)
{
	for (size_t i = 0; i < s.n;) {
		size_t from = i;

		while (i < s.n && ascii_digit(s.p[i]))
			i++;
		if (i - from > 2)
			PUT(sh, "<n>");
		else if (i > from)
			put_slice(sh, slice_between(s.p + from, s.p + i));
		else
			*sh->out++ = s.p[i++];
	}
}

/* a word with digits, dots or '@' in it, or without letters */
static void put_word(struct shaper *sh, const struct word *w)
{
	struct ip ip;

	if (w->seen & CLASS_AT && w->seen & (CLASS_ALPHA | CLASS_DIGIT))
		PUT(sh, "<address>");
	else if (!(w->seen & (CLASS_DIGIT | CLASS_DOT)))
		put_slice(sh, w->s);
	else if (w->seen & CLASS_DOT && is_host(w->s))
		PUT(sh, "<host>");
	else if (w->seen == (CLASS_WORD | CLASS_DIGIT) && is_reply_code(w->s))
		put_slice(sh, w->s);
	else if (w->seen == (CLASS_WORD | CLASS_DIGIT | CLASS_DOT) && is_enhanced_code(w->s))
		put_slice(sh, w->s);
	else if (!(w->seen & CLASS_ALPHA) && count_dots(w->s) == 3 && ip_parse(w->s, &ip))
		PUT(sh, "<ip>");
	else if (!(w->seen & (CLASS_ALPHA | CLASS_DIGIT)))
		put_slice(sh, w->s);
	else if (!(w->seen & CLASS_ALPHA))
		PUT(sh, "<n>");
	else if (w->seen & CLASS_DIGIT && w->s.n >= ID_MIN_BYTES)
		PUT(sh, "<id>");
	else
		put_short_word(sh, w->s);
}

static unsigned classes_in(struct slice s)
{
	unsigned seen = 0;

	for (size_t i = 0; i < s.n; i++)
		seen |= class_of(s.p[i]);
	return seen;
}

/* The full stop of a sentence and a dash after a reply code are no part of the word. */
static void trim_word(struct word *w)
{
	if (w->s.p[w->s.n - 1] != '.' && w->s.p[w->s.n - 1] != '-')
		return;
	while (w->s.n > 1 && (w->s.p[w->s.n - 1] == '.' || w->s.p[w->s.n - 1] == '-'))
		w->s.n--;
	w->seen = classes_in(w->s);
}

/* "550-5.1.1 ...": the code of a line that goes on */
static bool at_code_and_dash(const struct shaper *sh)
{
	const char *q = sh->p;

	return sh->end - q > 3 && q[3] == '-' && ascii_digit(q[0]) && ascii_digit(q[1]) && ascii_digit(q[2]);
}

/* Copies the word while it is looked at: most words stay as they are. */
static void take_word(struct shaper *sh)
{
	struct word w = { .s = slice_of(sh->p, 3), .seen = CLASS_WORD | CLASS_DIGIT };

	if (!(class_of(*sh->p) & CLASS_DIGIT) || !at_code_and_dash(sh)) {
		size_t left = (size_t)(sh->end - sh->p), i;
		const char *from = sh->p;
		char *to = sh->out;
		unsigned k, seen = 0;

		for (i = 0; i < left && (k = class_of(from[i])) & CLASS_WORD; i++) {
			seen |= k;
			to[i] = from[i];
		}
		if (seen == (CLASS_WORD | CLASS_ALPHA)) {
			sh->out += i;
			sh->p += i;
			return;
		}
		w = (struct word){ slice_of(from, i), seen };
		trim_word(&w);
	}
	sh->p = w.s.p + w.s.n;
	put_word(sh, &w);
}

/*
 * Most words are a few letters, and stay as they are.  What ends them is neither of a word nor a colon, so that they are no part of a longer
 * one, of a URL or of an IPv6 address.  False: it may be another one.
 */
static inline bool take_letters(struct shaper *sh)
{
	unsigned n;

	if (sh->end - sh->p < 16)
		return false;
	n = (unsigned)__builtin_ctz(~scan_alpha16(sh->p));
	if (n == 16 || class_of(sh->p[n]) & CLASS_WORD || sh->p[n] == ':')
		return false;
	memcpy(sh->out, sh->p, 16); /* there is room: see ROOM_FOR() */
	/* and the one blank in front of the next word */
	n += n < 14 && sh->p[n] == ' ' && class_of(sh->p[n + 1]) & CLASS_WORD;
	sh->out += n;
	sh->p += n;
	return true;
}

/* "\n" as the writers write it for a newline */
static bool at_escaped_newline(const struct shaper *sh)
{
	return *sh->p == '\\' && sh->end - sh->p > 1 && sh->p[1] == 'n';
}

/* white space of any kind and length; the shaper then stands at something else, or at the end */
static void skip_space(struct shaper *sh)
{
	for (; sh->p < sh->end; sh->p++) {
		if (class_of(*sh->p) & CLASS_SPACE)
			continue;
		if (!at_escaped_newline(sh))
			return;
		sh->p++;
	}
}

void shape_add(struct strbuf *out, struct slice text, size_t max_bytes)
{
	size_t n = text.n < max_bytes ? text.n : max_bytes;
	struct shaper sh = { .p = text.p };
	bool filled = out->n > 0;
	char *from;

	if (!n)
		return;
	sh.end = sh.p + n;
	from = sh.out = strbuf_reserve(out, ROOM_FOR(n));
	while (sh.p < sh.end) {
		unsigned k = class_of(*sh.p);

		if (k & CLASS_WORD && *sh.p != '-') {
			if (take_letters(&sh) || (*sh.p == 'h' && mask_url(&sh)) || (may_have_colons(&sh) && mask_colons(&sh)))
				continue;
			take_word(&sh);
		} else if (k & CLASS_SPACE || at_escaped_newline(&sh)) {
			skip_space(&sh);
			if (sh.p < sh.end && (filled || sh.out > from))
				*sh.out++ = ' ';
		} else if ((*sh.p != '<' || !mask_bracket(&sh)) && (!at_colons(&sh) || !mask_colons(&sh))) {
			*sh.out++ = k ? *sh.p : '?';
			sh.p++;
		}
	}
	out->n += (size_t)(sh.out - from);
	out->p[out->n] = '\0';
}
