/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal_fields.h - from the fields of a journal entry to a record
 *
 * An entry of the systemd journal is a set of fields, NAME=value, in any order.  Whoever reads them (from JSON, from the
 * export form, from the journal itself) hands them in one by one; what matters is kept and becomes time, host, program,
 * pid and text.  Source: systemd.journal-fields(7); which field wins as in systemd src/shared/logs-show.c.
 */
#ifndef ENVELOPE_JOURNAL_FIELDS_H
#define ENVELOPE_JOURNAL_FIELDS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "base/usec.h"
#include "envelope/envelope.h"
#include "event/line.h"

/* All slices are borrowed from whoever handed them in; set up with journal_fields_init(). */
struct journal_fields {
	usec_t received_us;      /* __REALTIME_TIMESTAMP: by the journal; USEC_NONE: not told */
	usec_t sent_us;          /* _SOURCE_REALTIME_TIMESTAMP: by the kernel when it was sent; is preferred */
	struct slice host;       /* _HOSTNAME */
	struct slice identifier; /* SYSLOG_IDENTIFIER, the tag */
	struct slice comm;       /* _COMM, for want of a tag */
	struct slice container;  /* CONTAINER_NAME: its output is the message, whatever that looks like */
	struct slice message;    /* MESSAGE; SLICE_NONE: the reader was told of none (journalctl leaves out long ones) */
	int64_t syslog_pid;      /* SYSLOG_PID, as the sender says; -1: it does not */
	int64_t trusted_pid;     /* _PID, as the kernel says */
};

void journal_fields_init(struct journal_fields *f);

/* Does anybody here want this field? */
bool journal_fields_wanted(struct slice name);

/* One field of the entry; of several with one name the first counts.  Others than the wanted ones are passed over. */
void journal_fields_add(struct journal_fields *f, struct slice name, struct slice value);

/*
 * envelope_journal - fill the lower half of *l from an entry
 *
 * As envelope_parse() does from l->raw, which is not looked at.  l's slices are those of *f: they must live as long as
 * the record.  kind is how the entry was read.  Exim's own stamp in front of the message is taken off, and so is what stands
 * in front of the message of a container.
 */
void envelope_journal(struct envelope_clock *clock, const struct journal_fields *f, enum envelope_kind kind,
		      struct line *l);

#endif
