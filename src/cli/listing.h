/* SPDX-License-Identifier: Apache-2.0 */
/*
 * listing.h - the listings that `queue` reads: from files, from standard input, or from the programs of this machine
 */
#ifndef CLI_LISTING_H
#define CLI_LISTING_H

#include "base/strbuf.h"
#include "cli/app.h"
#include "queue/queue.h"

#define LISTING_MAX_BYTES ((size_t)256 << 20)

/* the bytes of one listing; borrowed by the queue that was read from them */
struct listing {
	struct strbuf text;
	char *name;
	const struct queue_form *form;
	usec_t changed_us;         /* of a file; USEC_NONE */
};

struct listings {
	struct listing *items;
	size_t n, cap;
	const char **logs;         /* the words that are no listings */
	size_t n_logs;
};

/*
 * listings_read - look which words of the command line are listings
 *
 * "-" is one, and so is each file that begins like one; a pipe is one as the first word.  Without any the programs of this machine are
 * run (data/queue_programs.def).  Returns 0, ERR_READ, ERR_OPEN, ERR_LIMIT, ERR_FORMAT (standard input is no listing) or
 * ERR_NOT_FOUND (there is no program that lists a queue).
 */
ATTR_NODISCARD int listings_read(struct listings *l, const struct app *app, struct err *reterr);
void listings_done(struct listings *l);

#endif
