/* SPDX-License-Identifier: Apache-2.0 */
/*
 * diag.c - formatting a warning
 */
#include "base/diag.h"

#include <stdarg.h>
#include <stdio.h>

void diag_say(const struct diag *d, enum diag_level level, const char *format, ...)
{
	char text[1024];
	va_list ap;

	if (!d || !d->emit)
		return;
	va_start(ap, format);
	(void)vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	for (char *s = text; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			*s = '?';
	d->emit(d->ctx, level, text);
}
