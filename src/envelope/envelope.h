/* SPDX-License-Identifier: Apache-2.0 */
/*
 * envelope.h - taking the transport's part off a record: time, host, program, pid
 *
 * Every record is looked at by itself (one file may mix forms), with the form that fitted the one before
 * tried first.  What a stamp leaves out (year, zone) is settled here in order, once per file, from what
 * the input found out before the first record: see struct envelope_clock.
 */
#ifndef ENVELOPE_ENVELOPE_H
#define ENVELOPE_ENVELOPE_H

#include <stdbool.h>
#include <stdint.h>

#include "envelope/tz.h"
#include "event/line.h"

/*
 * What turns a file's stamps into instants.  One per file, used for its records in order; set the first
 * three, zero the rest.
 */
struct envelope_clock {
	const struct tz *tz;    /* zone of stamps without one; borrowed */
	uint32_t guessed;       /* LINE_ZONE_GUESSED if tz is no more than a guess */
	int year;               /* of the file's first record with a stamp without year; 0: take the current guess */

	/* private: state while walking forward */
	enum envelope_kind last_kind;
	int last_month, last_day;
	usec_t high_water_us;   /* latest instant so far */
	char cached_stamp[16];  /* stamp of the previous record and its instant: most records share a second */
	usec_t cached_us;
	int32_t cached_offset_sec;
	usec_t carried_us;      /* time for records without a stamp */
	int32_t carried_offset_sec;
};

/*
 * envelope_parse - fill the lower half of *l from l->raw
 *
 * Never fails: a record of unknown form gets ENVELOPE_NONE, the time of the record before it
 * (LINE_TIME_CARRIED) or USEC_NONE, and the whole record as text.  l->host is set where written; l->server
 * is left to the input.  For Exim text in syslog the inner stamp (if any) is taken off too and its time wins.
 * No allocation.
 */
void envelope_parse(struct envelope_clock *clock, struct line *l);

/*
 * envelope_starts_exim - does a physical line start a new entry of an Exim log file?
 *
 * An entry of Exim's files starts with "YYYY-MM-DD hh:mm:ss"; anything else there continues the entry before.
 */
bool envelope_starts_exim(struct slice physical_line);

/*
 * What the first records of a file tell before any of them is parsed for good.  The input calls it on a sample
 * (some hundred lines from the start and, for plain files, the end).
 */
struct envelope_hints {
	enum envelope_kind kind;     /* of the first recognised record; ENVELOPE_NONE if none was */
	bool lacks_year, lacks_zone; /* some stamp has none */
	int id_year;                 /* year (in UTC) of the first record, from queue ids; 0: unknown */
	int month, day;              /* of the first stamp without year; 0: none */
	int leap_day;                /* 1: the sample holds a Feb 29 stamp */
	bool offset_known;           /* ids and stamps agree on one offset */
	int32_t id_offset_sec;       /* wall clock minus UTC as ids show it, rounded to 15 minutes */
	struct slice server;         /* a host named by the records, borrowed from the sample; SLICE_NONE: none */
	uint64_t records, recognised;/* looked at; with a known envelope */
};

/* Add one raw record of the sample, in file order; zero-initialise *h before the first. */
void envelope_look(struct envelope_hints *h, struct slice raw);

#endif
