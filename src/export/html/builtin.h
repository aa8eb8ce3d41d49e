/* SPDX-License-Identifier: Apache-2.0 */
/*
 * builtin.h - the styles and the script of HTML answers, made from style.css, mail.css and script.js when mailwhy is built
 */
#ifndef EXPORT_HTML_BUILTIN_H
#define EXPORT_HTML_BUILTIN_H

#include "base/slice.h"

struct html_builtin {
	struct slice text;
	const char *hash; /* "sha256-...", of the text, for a Content-Security-Policy */
};

extern const struct html_builtin html_builtin_style, html_builtin_mail, html_builtin_script;

#endif
