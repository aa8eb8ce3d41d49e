/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deliver.h - an answer as a page (--html) and as a mail (--mail)
 *
 * For every command whose answer is panels: it brings a function for the text and one for the page.
 */
#ifndef CLI_DELIVER_H
#define CLI_DELIVER_H

#include "cli/app.h"
#include "export/answer.h"
#include "export/html.h"

#define HTML_ROWS 100 /* of each table of a page, so that searching in it is worth it */

struct delivery {
	struct slice title;             /* "Mail report": of the page, and of the mail's subject */
	const struct answer_head *head;
	void *ctx;
	/* rows: of each table at most, 0: all that there are */
	void (*text)(void *ctx, struct strbuf *out, const struct term *t, size_t rows);
	void (*html)(void *ctx, struct html *h, size_t rows);
};

/* The answer goes elsewhere than to standard output as text. */
bool delivery_wanted(const struct app *app);
/* ERR_USAGE: options that do not go together, addresses that are none.  Before anything is read. */
ATTR_NODISCARD int delivery_check(const struct app *app, struct err *reterr);
/* Start those who write the page and send the mail, since later that can't be done: after delivery_check(). */
ATTR_NODISCARD int delivery_ready(struct app *app, struct err *reterr);
/* rows of each table that are to be counted */
size_t delivery_rows(const struct app *app);
/*
 * Write the page and send the mail, whichever were asked for; false: it failed, which has been told.
 * silent: there is nothing to say, so that no mail is sent; a page says even that, since an old one would say otherwise.
 */
bool deliver(struct app *app, const struct delivery *d, bool silent);

#endif
