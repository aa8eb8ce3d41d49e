/* SPDX-License-Identifier: Apache-2.0 */
/*
 * what.h - what `trace` is asked for: WHAT, lists of WHATs, filters, and which words are LOGs
 */
#ifndef CLI_WHAT_H
#define CLI_WHAT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "cli/app.h"

struct what {
	struct slice *items;      /* WHATs as written */
	size_t n, cap;
	bool all;                 /* --all, or only filters */
	const char *const *logs;  /* borrowed from app->args */
	size_t n_logs;
	struct arena arena;       /* private */
};

/*
 * what_read - divide the words into WHAT and LOGs, read --what-file, fill app->filter
 *
 * The first word is WHAT, unless --all or --what-file is given, or a filter is given and the word is the
 * name of a file.  ERR_USAGE if nothing was asked for, ERR_OPEN if a list can't be read.
 */
ATTR_NODISCARD int what_read(struct what *w, struct app *app, struct err *reterr);
void what_done(struct what *w);

/* some WHAT looks like an address: near ones may be suggested */
bool what_has_address(const struct what *w);
/* nothing was found: say so if a WHAT is the name of a file */
void what_hint(const struct what *w, struct strbuf *out, const struct term *t);

#endif
