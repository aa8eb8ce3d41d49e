/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slice.h - borrowed bytes: a pointer and a length
 *
 * A slice never owns what it points to and is not NUL-terminated.  How long it lives is said where it is
 * handed out.  p == NULL means "not told" (JSON null); p != NULL with n == 0 is an empty text that was
 * there, such as the null sender.
 */
#ifndef BASE_SLICE_H
#define BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/attr.h"

struct slice {
	const char *p;
	size_t n;
};

#define SLICE_NONE ((struct slice){ NULL, 0 })
/* the same as an object: where many are set, copies of it are half the stores */
extern const struct slice slice_none;
/* a literal as a slice: "" s "" refuses anything but a literal */
#define SLICE(s) ((struct slice){ "" s "", sizeof(s) - 1 })
/* the same as an initialiser, for tables: that is a constant, a compound literal is none */
#define LIT(s) { "" s "", sizeof(s) - 1 }
/* for printf("%.*s", SLICE_ARG(s)); cut at INT_MAX */
#define SLICE_ARG(s) (int)((s).n > 0x7fffffff ? 0x7fffffff : (s).n), ((s).p ? (s).p : "")

static inline struct slice slice_of(const char *p, size_t n)
{
	return (struct slice){ p, n };
}

/* from a C string; NULL gives SLICE_NONE */
static inline struct slice slice_str(const char *s)
{
	return s ? (struct slice){ s, strlen(s) } : SLICE_NONE;
}

static inline struct slice slice_between(const char *begin, const char *end)
{
	return (struct slice){ begin, (size_t)(end - begin) };
}

/* memcmp() == 0; beyond eight bytes the compiler would call it even for a literal */
static inline ATTR_ALWAYS_INLINE bool bytes_eq(const char *p, const char *lit, size_t n)
{
	if (!__builtin_constant_p(n) || n <= 8)
		return memcmp(p, lit, n) == 0;
	if (n <= 16)
		return memcmp(p, lit, 8) == 0 && memcmp(p + n - 8, lit + n - 8, 8) == 0;
	return memcmp(p, lit, 8) == 0 && memcmp(p + 8, lit + 8, n - 8) == 0;
}

static inline bool slice_eq(struct slice a, struct slice b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline ATTR_ALWAYS_INLINE bool slice_is_(struct slice s, const char *lit, size_t n)
{
	return s.n == n && bytes_eq(s.p, lit, n);
}
#define slice_is(s, lit) slice_is_((s), "" lit "", sizeof(lit) - 1)

static inline ATTR_ALWAYS_INLINE bool slice_starts_(struct slice s, const char *lit, size_t n)
{
	return s.n >= n && bytes_eq(s.p, lit, n);
}
#define slice_starts(s, lit) slice_starts_((s), "" lit "", sizeof(lit) - 1)

static inline ATTR_ALWAYS_INLINE bool slice_ends_(struct slice s, const char *lit, size_t n)
{
	return s.n >= n && bytes_eq(s.p + (s.n - n), lit, n);
}
#define slice_ends(s, lit) slice_ends_((s), "" lit "", sizeof(lit) - 1)

/* the part from byte `at` on; at <= s.n */
static inline struct slice slice_from(struct slice s, size_t at)
{
	return (struct slice){ s.p + at, s.n - at };
}

/* at most the first n bytes */
static inline struct slice slice_head(struct slice s, size_t n)
{
	return (struct slice){ s.p, n < s.n ? n : s.n };
}

/* first position of a byte, or s.n if it is not there */
size_t slice_find_byte(struct slice s, char c);

/* last position of a byte, or s.n if it is not there */
size_t slice_rfind_byte(struct slice s, char c);

/* first (last) position of a text, or s.n if it is not there; an empty text is found at 0 (at s.n) */
size_t slice_find(struct slice s, struct slice what);
size_t slice_rfind(struct slice s, struct slice what);

/* without ASCII white space at both ends */
struct slice slice_trim(struct slice s);

/* what stands between these two bytes if the text begins and ends with them ("[192.0.2.1]", "<a@b>"), else the text */
static inline struct slice slice_unwrap(struct slice s, char open, char close)
{
	return s.n >= 2 && s.p[0] == open && s.p[s.n - 1] == close ? slice_of(s.p + 1, s.n - 2) : s;
}

/* equal but for the case of ASCII letters */
bool slice_eq_fold(struct slice a, struct slice b);

/* contained, ignoring the case of ASCII letters */
bool slice_contains_fold(struct slice s, struct slice what);

/* < 0, 0, > 0 as memcmp, shorter first on a tie */
int slice_cmp(struct slice a, struct slice b);

/* the domain of an address: what follows the last '@'; SLICE_NONE if there is none */
struct slice slice_domain(struct slice address);

#endif
