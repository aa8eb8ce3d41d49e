/* SPDX-License-Identifier: Apache-2.0 */
/*
 * err.c - filling a struct err
 */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/ascii.h"

/* File names come from outside: no control bytes in what may reach a terminal. */
static void err_clean(char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			*s = '?';
}

static void ATTR_PRINTF(4, 0) err_fill(struct err *e, enum err_code code, int sys_errno, const char *format,
				       va_list ap)
{
	size_t n;

	memset(e, 0, sizeof *e);
	e->code = code;
	e->sys_errno = sys_errno;
	(void)vsnprintf(e->msg, sizeof e->msg, format, ap);
	n = strlen(e->msg);
	if (sys_errno)
		(void)snprintf(e->msg + n, sizeof e->msg - n, ": %s", strerror(sys_errno));
	err_clean(e->msg);
}

int err_set(struct err *reterr, enum err_code code, const char *format, ...)
{
	va_list ap;

	if (reterr) {
		va_start(ap, format);
		err_fill(reterr, code, 0, format, ap);
		va_end(ap);
	}
	return code;
}

int err_set_errno(struct err *reterr, enum err_code code, int sys_errno, const char *format, ...)
{
	va_list ap;

	if (reterr) {
		va_start(ap, format);
		err_fill(reterr, code, sys_errno, format, ap);
		va_end(ap);
	}
	return code;
}

void err_prefix(struct err *reterr, const char *format, ...)
{
	char prefix[sizeof reterr->msg], old[sizeof reterr->msg];
	va_list ap;
	size_t n;

	if (!reterr)
		return;
	va_start(ap, format);
	(void)vsnprintf(prefix, sizeof prefix, format, ap);
	va_end(ap);
	memcpy(old, reterr->msg, sizeof old);
	n = strlen(prefix);
	memcpy(reterr->msg, prefix, n + 1);
	(void)snprintf(reterr->msg + n, sizeof reterr->msg - n, ": %.*s", (int)(sizeof old - n), old);
	err_clean(reterr->msg);
}
