/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal_fields.c - from the fields of a journal entry to a record
 *
 * Traps: fields whose name begins with "_" are the journal's own and can't be forged, the others are the sender's
 * words; numbers are texts; SYSLOG_TIMESTAMP is raw text without year and zone and says nothing that the others do not.
 */
#include "envelope/journal_fields.h"

#include "base/attr.h"
#include "base/cursor.h"

#define PID_MAX  INT32_MAX
#define TIME_MAX (INT64_C(7258118400) * USEC_PER_SEC) /* 2200: what says more is no time */

enum field { RECEIVED, SENT, HOST, IDENTIFIER, COMM, CONTAINER, MESSAGE, SYSLOG_PID, TRUSTED_PID, FIELD_COUNT };

static const struct slice NAMES[] = {
	[RECEIVED] = { "__REALTIME_TIMESTAMP", 20 },
	[SENT] = { "_SOURCE_REALTIME_TIMESTAMP", 26 },
	[HOST] = { "_HOSTNAME", 9 },
	[IDENTIFIER] = { "SYSLOG_IDENTIFIER", 17 },
	[COMM] = { "_COMM", 5 },
	[CONTAINER] = { "CONTAINER_NAME", 14 },
	[MESSAGE] = { "MESSAGE", 7 },
	[SYSLOG_PID] = { "SYSLOG_PID", 10 },
	[TRUSTED_PID] = { "_PID", 4 },
};

_Static_assert(ARRAY_LEN(NAMES) == FIELD_COUNT, "one name per field");

void journal_fields_init(struct journal_fields *f)
{
	*f = (struct journal_fields){ .received_us = USEC_NONE, .sent_us = USEC_NONE, .syslog_pid = -1,
				      .trusted_pid = -1 };
}

static enum field field_of(struct slice name)
{
	size_t i = 0;

	while (i < FIELD_COUNT && !slice_eq(name, NAMES[i]))
		i++;
	return (enum field)i;
}

bool journal_fields_wanted(struct slice name)
{
	return field_of(name) != FIELD_COUNT;
}

static void set_text(struct slice *field, struct slice value)
{
	if (!field->p)
		*field = value;
}

/* the same for what is empty if it is not told */
static void set_name(struct slice *field, struct slice value)
{
	if (value.n > 0)
		set_text(field, value);
}

static void set_number(int64_t *field, int64_t none, int64_t max, struct slice value)
{
	struct cur c = cur_of(value);
	int64_t v;

	if (*field == none && cur_i64(&c, max, &v) && cur_at_end(&c))
		*field = v;
}

void journal_fields_add(struct journal_fields *f, struct slice name, struct slice value)
{
	switch (field_of(name)) {
	case RECEIVED:
		set_number(&f->received_us, USEC_NONE, TIME_MAX, value);
		break;
	case SENT:
		set_number(&f->sent_us, USEC_NONE, TIME_MAX, value);
		break;
	case HOST:
		set_name(&f->host, value);
		break;
	case IDENTIFIER:
		set_name(&f->identifier, value);
		break;
	case COMM:
		set_name(&f->comm, value);
		break;
	case CONTAINER:
		set_name(&f->container, value);
		break;
	case MESSAGE:
		set_text(&f->message, value);
		break;
	case SYSLOG_PID:
		set_number(&f->syslog_pid, -1, PID_MAX, value);
		break;
	case TRUSTED_PID:
		set_number(&f->trusted_pid, -1, PID_MAX, value);
		break;
	case FIELD_COUNT:
		break;
	}
}
