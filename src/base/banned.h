/* SPDX-License-Identifier: Apache-2.0 */
/*
 * banned.h - functions that the library does not use; the build includes this file before every source
 *
 * They trust that a text ends somewhere, depend on the locale, on TZ or on global state, or can't tell a bad number
 * from 0.  Use cursors, strbuf, ascii.h, civil.h and tz.h.  A declaration with an attribute, before the
 * system's own, is enough: using one of them is a warning (an error where warnings are), while system headers
 * stay as they are.
 */
#ifndef BASE_BANNED_H
#define BASE_BANNED_H

#include <stddef.h>
#include <sys/types.h> /* time_t, and none of the functions below */

#define BANNED(use) __attribute__((deprecated("banned here, use " use)))

extern char *strcpy(char *, const char *) BANNED("slices");
extern char *strcat(char *, const char *) BANNED("strbuf");
extern char *strncpy(char *, const char *, size_t) BANNED("slices");
extern char *strncat(char *, const char *, size_t) BANNED("strbuf");
extern char *strtok(char *, const char *) BANNED("cursors");
extern char *strtok_r(char *, const char *, char **) BANNED("cursors");
extern int sprintf(char *, const char *, ...) BANNED("strbuf_printf");
extern int sscanf(const char *, const char *, ...) BANNED("cursors");
extern int atoi(const char *) BANNED("cur_u64");
extern long atol(const char *) BANNED("cur_u64");
extern long long atoll(const char *) BANNED("cur_u64");
extern long strtol(const char *, char **, int) BANNED("cur_u64");
extern long long strtoll(const char *, char **, int) BANNED("cur_u64");
extern unsigned long strtoul(const char *, char **, int) BANNED("cur_u64");
extern unsigned long long strtoull(const char *, char **, int) BANNED("cur_u64");
extern double strtod(const char *, char **) BANNED("cur_seconds");
extern void *alloca(size_t) BANNED("arenas");

struct tm;
extern struct tm *gmtime(const time_t *) BANNED("civil_of");
extern struct tm *gmtime_r(const time_t *, struct tm *) BANNED("civil_of");
extern struct tm *localtime(const time_t *) BANNED("tz_offset_at");
extern struct tm *localtime_r(const time_t *, struct tm *) BANNED("tz_offset_at");
extern char *ctime(const time_t *) BANNED("civil_format_local");
extern time_t mktime(struct tm *) BANNED("civil_to_usec");
extern time_t timegm(struct tm *) BANNED("civil_to_usec");
extern char *strptime(const char *, const char *, struct tm *) BANNED("cursors");

extern int isalpha(int) BANNED("ascii_alpha");
extern int isdigit(int) BANNED("ascii_digit");
extern int isalnum(int) BANNED("ascii_alnum");
extern int isspace(int) BANNED("ascii_space");
extern int isupper(int) BANNED("ascii_upper");
extern int islower(int) BANNED("ascii_lower");
extern int isxdigit(int) BANNED("ascii_xdigit");
extern int isprint(int) BANNED("ascii_print");
extern int ispunct(int) BANNED("ascii.h");
extern int tolower(int) BANNED("ascii_tolower");
extern int toupper(int) BANNED("ascii.h");

/* The macros and inline forms of these headers would hide the functions: take them now, without the macros. */
#include <alloca.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#undef strcpy
#undef strcat
#undef strncpy
#undef strncat
#undef sprintf
#undef alloca
#undef isalpha
#undef isdigit
#undef isalnum
#undef isspace
#undef isupper
#undef islower
#undef isxdigit
#undef isprint
#undef ispunct
#undef tolower
#undef toupper

#endif
