/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text.h - a page of the manual for the terminal, without man(1)
 */
#ifndef MANUAL_TEXT_H
#define MANUAL_TEXT_H

#include <stdbool.h>

#include "base/slice.h"
#include "base/strbuf.h"

/* page: markup; width: columns; faces: bold and underlined, by the escape sequences of ECMA-48 */
void manual_text(struct strbuf *out, struct slice page, size_t width, bool faces);

#endif
