/* SPDX-License-Identifier: Apache-2.0 */
/*
 * head.h - a record taken apart, before anything is known of year and zone (private to src/envelope)
 */
#ifndef ENVELOPE_HEAD_H
#define ENVELOPE_HEAD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "envelope/envelope.h"

struct stamp {
	enum { STAMP_NONE, STAMP_BSD, STAMP_ISO } form;
	struct slice text;     /* down to the second: "Nov 21 09:00:01", "2026-11-21T09:00:01"; the fields are valid */
	bool same_day;         /* the date is the cached one */
	bool has_zone;
	int32_t day_sec;       /* time of day */
	int32_t zone_sec;
	int32_t fraction_us;
};

struct head {
	enum envelope_kind kind;
	struct stamp stamp;
	struct slice host, program, text;
	int64_t pid;
	bool had_nul;
};

/* date and time of a stamp; year 0 if it has none */
struct stamp_fields {
	int year, month, day, hour, minute, second;
};

/* clock: for what it has cached only, which never changes the result; may be NULL */
void head_split(struct slice raw, const struct envelope_clock *clock, struct head *ret);
struct stamp_fields stamp_fields(const struct stamp *s);
/* whose stamps look like this one without a year */
enum envelope_kind head_bsd_kind(const struct stamp *s);

/*
 * Exim's own stamp and "[pid] " at the start of a text: *ret gets the stamp (STAMP_NONE if there is none), *pid
 * is set if one was there.  Returns what follows, or the text as it was.
 */
struct slice head_exim_stamp(struct slice text, const struct envelope_clock *clock, struct stamp *ret, int64_t *pid);

/* "[N/M] " or "[N\M] " in front of a text of Exim in syslog */
struct piece {
	uint32_t number, count;
	bool newline;      /* a newline follows */
	struct slice text; /* what is behind it */
};

bool head_piece(struct slice text, struct piece *ret);

/* take down what a record was found to be, for envelope_quick() */
void quick_keep(struct envelope_clock *clock, const struct line *l, bool has_zone);

/* the instant of a stamp and its offset; USEC_NONE if the year is unknown */
usec_t clock_settle(struct envelope_clock *clock, const struct stamp *s, int32_t *ret_offset_sec);

#endif
