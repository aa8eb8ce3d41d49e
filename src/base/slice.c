/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slice.c - searching and comparing borrowed bytes
 */
#include "base/slice.h"

#include <endian.h>
#include <stdint.h>

#include "base/ascii.h"

const struct slice slice_none = { NULL, 0 };

size_t slice_find_byte(struct slice s, char c)
{
	const char *q = s.n ? memchr(s.p, c, s.n) : NULL;

	return q ? (size_t)(q - s.p) : s.n;
}

size_t slice_rfind_byte(struct slice s, char c)
{
	const char *q = s.n ? memrchr(s.p, c, s.n) : NULL;

	return q ? (size_t)(q - s.p) : s.n;
}

size_t slice_find(struct slice s, struct slice what)
{
	const char *p = s.p, *last;

	if (what.n == 0)
		return 0;
	if (what.n > s.n)
		return s.n;
	/* our needles are short: memmem() would spend more on its tables than on the search */
	last = s.p + (s.n - what.n);
	while (p <= last && (p = memchr(p, what.p[0], (size_t)(last - p) + 1))) {
		if (memcmp(p, what.p, what.n) == 0)
			return (size_t)(p - s.p);
		p++;
	}
	return s.n;
}

size_t slice_rfind(struct slice s, struct slice what)
{
	if (what.n == 0 || what.n > s.n)
		return s.n;
	for (size_t left = s.n - what.n + 1; left;) {
		const char *p = memrchr(s.p, what.p[0], left);

		if (!p)
			break;
		left = (size_t)(p - s.p);
		if (memcmp(p, what.p, what.n) == 0)
			return left;
	}
	return s.n;
}

struct slice slice_trim(struct slice s)
{
	while (s.n && ascii_space(s.p[0])) {
		s.p++;
		s.n--;
	}
	while (s.n && ascii_space(s.p[s.n - 1]))
		s.n--;
	return s;
}

static bool eq_fold(const char *a, const char *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (ascii_tolower(a[i]) != ascii_tolower(b[i]))
			return false;
	return true;
}

bool slice_eq_fold(struct slice a, struct slice b)
{
	/* mostly they are the same bytes */
	return a.n == b.n && (slice_eq(a, b) || eq_fold(a.p, b.p, a.n));
}

/* a high bit at each of the eight bytes that may be this one but for its case; all that are have one */
static uint64_t may_begin(const char *p, char first)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t w;

	memcpy(&w, p, sizeof w);
	w = (le64toh(w) | ones * 0x20) ^ ones * ((unsigned char)first | 0x20);
	return (w - ones) & ~w & ones * 0x80;
}

bool slice_contains_fold(struct slice s, struct slice what)
{
	size_t at = 0, last;

	if (what.n > s.n || what.n == 0)
		return what.n == 0;
	last = s.n - what.n;
	for (; at + 8 <= s.n && at <= last; at += 8)
		for (uint64_t found = may_begin(s.p + at, what.p[0]); found; found &= found - 1) {
			size_t begin = at + (size_t)__builtin_ctzll(found) / 8;

			if (begin <= last && eq_fold(s.p + begin, what.p, what.n))
				return true;
		}
	for (; at <= last; at++)
		if (eq_fold(s.p + at, what.p, what.n))
			return true;
	return false;
}

int slice_cmp(struct slice a, struct slice b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n ? memcmp(a.p, b.p, n) : 0;

	if (c != 0)
		return c;
	return (a.n > b.n) - (a.n < b.n);
}

struct slice slice_domain(struct slice address)
{
	size_t at = slice_rfind_byte(address, '@');

	return at < address.n ? slice_from(address, at + 1) : SLICE_NONE;
}
