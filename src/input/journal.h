/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal.h - the systemd journal as a stream of bytes, through libsystemd
 *
 * The entries of mail programs come out in the journal's own export form, with the fields that matter, so that
 * everything behind reads a journal as it reads a file.  libsystemd is loaded when a journal is opened: nobody else
 * pays for it, and a machine without it runs the same program.
 */
#ifndef INPUT_JOURNAL_H
#define INPUT_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/slice.h"
#include "base/usec.h"
#include "input/reader.h"

#define JOURNAL_WITHOUT_MAX 4
#define JOURNAL_MAGIC "LPKSHHRH" /* the first bytes of a file of the journal */

/* How far a journal was read before, and is read now; filled by the reader's thread. */
struct journal_place {
	char *cursor;             /* of the last entry; NULL: none is known; owned */
	usec_t time_us;           /* entries that came later are new, and those behind the cursor; of the last entry, afterwards */
	uint64_t new_at;          /* where the first new one begins in the stream; UINT64_MAX: not come to yet; see journal_new_at() */
};

struct journal_what {
	const char *dir;          /* a directory of journal files, or of such directories, */
	const char *const *files; /* or n_files files, */
	size_t n_files;           /* or (dir NULL, n_files 0) the journal of this machine */
	usec_t since_us, until_us; /* what lies far outside is not read; USEC_NONE: open */
	/* Does a mail program write under this tag?  NULL: only what has syslog's facility mail is read. */
	bool (*wants)(struct slice program);
	const struct slice *without; /* entries whose tag begins with one of these are left out; constants */
	size_t n_without;
	struct journal_place *place; /* lives as long as the reader; NULL: nobody asks */
};

/*
 * journal_reader - read a journal
 *
 * what and all in it is borrowed for the call but for `wants`.  name is for messages.  Nothing is opened yet: the first
 * read does that, and fails with ERR_OPEN (naming the group that may read the journal), ERR_NOT_FOUND (no journal there)
 * or ERR_UNSUPPORTED.  All reads must come from one thread, as libsystemd asks for: put reader_ahead() in front where
 * several threads read.
 */
struct reader *journal_reader(const struct journal_what *what, const char *name);

/* place->new_at, while the reader is at work in another thread */
uint64_t journal_new_at(const struct journal_place *place);

/* This build reads journals, and libsystemd is there.  *reterr says what is missing. */
ATTR_NODISCARD int journal_supported(struct err *reterr);

/* What of the journal in that directory (NULL: of this machine) exists and may not be read: its path (caller frees), or NULL. */
char *journal_denied(const char *dir);

/* The name of a directory that holds the journal of one machine: its machine id. */
bool journal_names_machine(struct slice name);

#endif
