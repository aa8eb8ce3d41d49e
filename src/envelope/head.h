/* SPDX-License-Identifier: Apache-2.0 */
/*
 * head.h - a record taken apart, before anything is known of year and zone (private to src/envelope)
 */
#ifndef ENVELOPE_HEAD_H
#define ENVELOPE_HEAD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cursor.h"
#include "base/slice.h"
#include "envelope/envelope.h"
#include "envelope/journal_fields.h"
#include "event/columns.h"

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
	/* of what wraps the record (a container's log, the journal): an exact instant; USEC_NONE: nothing does */
	usec_t outer_us;
	bool outer_has_zone;    /* it shows a wall clock, */
	int32_t outer_zone_sec; /* which is so far from UTC */
	/* of a line of a container, which may be a part of a longer one: */
	struct slice part;      /* what is wrapped; SLICE_NONE: it is no such line */
	char part_of;           /* parts of one line have the same */
	bool part_ends;         /* the line */
	uint32_t part_flag;     /* of a line that never ends */
	/* for those who fill it */
	const struct envelope_room *room; /* never NULL */
	unsigned depth;         /* wraps around it so far */
	uint32_t prefix_bytes;  /* what grep put in front of the record, behind leading NULs and a byte order mark; 0: nothing */
	bool header;           /* names the columns of rows that follow, or says something else about the file */
	char written[24];      /* a stamp in a form of its own, put into ours: stamp.text may point here */
};

/* date and time of a stamp; year 0 if it has none */
struct stamp_fields {
	int year, month, day, hour, minute, second;
};

/*
 * A form beside syslog's and Exim's: fills kind, stamp, host, program, pid and text of *h (cleared before), or returns false.
 * c is the record behind leading NULs and a byte order mark.  A form is a file of its own and a row in forms.c.
 */
typedef bool head_form(struct cur c, const struct envelope_clock *clock, struct head *h);

extern head_form *const head_forms[]; /* tried in this order when nothing else fits; ends with NULL */
head_form head_form_dovecot;
head_form head_form_export;
head_form head_form_rspamd, head_form_smartermail;
head_form head_form_json, head_form_journal, head_form_prefix;
head_form head_form_exchange;
head_form head_form_grep;

/* Does this text behind a stamp begin as the records of Dovecot's own files do?  They have neither host nor tag. */
bool head_is_dovecot(struct slice text);

/* Does a record of syslog stand behind a stamp as Exim's, "HOST TAG[PID]: TEXT" or "HOST dovecot: TEXT"? */
bool head_has_tag(struct slice text);

/* The same; nearly all entries of Exim's begin with a message id. */
static inline bool head_is_tagged(struct slice text)
{
	const char *p = text.p;

	return !(text.n >= 24 && p[6] == '-' && (p[16] == ' ' || p[23] == ' ')) && head_has_tag(text);
}

/* The parts that forms are made of; *c moves behind what was read, and stays where it was on false. */
bool head_stamp_iso(struct cur *c, char separator, const struct envelope_clock *clock, struct stamp *ret);
bool head_stamp_bsd(struct cur *c, const struct envelope_clock *clock, struct stamp *ret);
/* ".123456" and "Z", "+01:00", "+0100", where they stand */
void head_stamp_fraction(struct cur *c, struct stamp *s);
void head_stamp_zone(struct cur *c, struct stamp *s);
/* the instant of a stamp with year and zone, as what wraps a record has */
void head_set_outer(const struct stamp *s, struct head *h);
/* Is a container's line behind the stamp in h->stamp?  c stands behind its zone. */
bool head_container(struct cur c, const struct envelope_clock *clock, struct head *h);
/* "host tag[pid]: text", where both host and tag may be missing, and Exim's own stamp in front of the text */
void head_host(struct cur c, const struct envelope_clock *clock, struct head *h);
/* "tag[pid]: text"; a record without a tag keeps all as text */
void head_tag(struct cur c, const struct envelope_clock *clock, struct head *h);
/*
 * What *h wraps: an envelope of its own fills what it tells, and replaces h->kind if it is that of a writer's own files;
 * what it does not tell is left as it was.  Returns false if there is none: the payload is the text.
 */
bool head_inner(struct slice payload, const struct envelope_clock *clock, struct head *h);

/* clock: for what it has cached only, which never changes the result; may be NULL */
/*
 * head_exchange - a record that may belong to a comma separated log
 *
 * h is what head_split() made of it: a line of a header, which is remembered in *header, or of no form: then it may be a row,
 * whose kind, stamp, host and text are filled in.  keep makes what a header's names say last as long as *header does; NULL:
 * they can't be kept.
 */
void head_exchange(struct envelope_header *header, struct head *h,
		   const struct log_columns *(*keep)(void *ctx, const struct log_columns *columns), void *ctx);

void head_split(struct slice raw, const struct envelope_clock *clock, const struct envelope_room *room, struct head *ret);
/* what only the header above it tells of a record of no other form; before head_put() */
void head_row(struct envelope_clock *clock, struct head *h, struct line *l);
/* fill *l, but for raw, by what its head is */
void head_put(struct envelope_clock *clock, const struct head *h, struct line *l);
/* before anything else is done with it; then: nothing is known */
void head_begin(struct head *h, const struct envelope_room *room);
void head_clear(struct head *h);
/* *h becomes what the record that begins at c is; false: of no known form */
bool head_record(struct cur c, const struct envelope_clock *clock, struct head *h);
/* the stamp of a record becomes one with this date; time: "09:00:01", as it stands in the record */
void head_write_stamp(int year, int month, int day, const char *time, const struct envelope_clock *clock, struct head *h);
/* an entry of the journal, but for its kind */
void head_journal(const struct journal_fields *f, const struct envelope_clock *clock, struct head *h);
struct stamp_fields stamp_fields(const struct stamp *s);
/* whose stamps look like this one without a year */
enum envelope_kind head_bsd_kind(const struct stamp *s);

/* behind the stamp of rspamd's own file: " [notice] #700(", of which "[notice] " may be missing */
bool head_is_rspamd(struct cur c, uint64_t *ret_pid, struct cur *ret_behind);

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
/* the same where something wraps the record: h->outer_us is known */
usec_t clock_settle_wrapped(struct envelope_clock *clock, const struct head *h, int32_t *ret_offset_sec);

#endif
