/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ascii.h - character classes without locale
 *
 * <ctype.h> is banned here: it depends on the locale and is undefined for negative chars.  All of these
 * take any byte; bytes from 0x80 on belong to no class.
 */
#ifndef BASE_ASCII_H
#define BASE_ASCII_H

#include <stdbool.h>

static inline bool ascii_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool ascii_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static inline bool ascii_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static inline bool ascii_alpha(char c)
{
	return ascii_upper(c) || ascii_lower(c);
}

static inline bool ascii_alnum(char c)
{
	return ascii_alpha(c) || ascii_digit(c);
}

static inline bool ascii_xdigit(char c)
{
	return ascii_digit(c) || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
}

static inline bool ascii_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* printable: 0x20 to 0x7e */
static inline bool ascii_print(char c)
{
	return c >= 0x20 && c <= 0x7e;
}

static inline char ascii_tolower(char c)
{
	return ascii_upper(c) ? (char)(c | 0x20) : c;
}

/* the value of a hexadecimal digit; the caller has checked ascii_xdigit() */
static inline unsigned ascii_hexval(char c)
{
	return ascii_digit(c) ? (unsigned)(c - '0') : (unsigned)(ascii_tolower(c) - 'a') + 10;
}

#endif
