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
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/scan.h"
#include "envelope/digits.h"
#include "envelope/names.h"
#include "envelope/tz.h"
#include "event/columns.h"
#include "event/line.h"

/* The date and the time that were just read: the next record is mostly of the same day. */
struct envelope_cached {
	char date[11];        /* "Nov 21 ", "2026-11-21", as written, then a NUL; empty: none */
	usec_t day_us;        /* 0:00 of that day, the wall clock read as UTC; USEC_NONE: unknown year */
	usec_t second_us;     /* the last second settled, likewise */
	usec_t instant_us;    /* what it means in the file's zone; USEC_NONE: not settled */
	int32_t offset_sec;   /* offset in force then */
};

/* The minute that envelope_quick() made out last: most records are of the minute of the one before. */
struct envelope_minute {
	char text[20];        /* a stamp in it: "Nov 21 09:00:01 ...", "2026-11-21 09:00:01 "; NULs: there is none */
	usec_t wall_us;       /* when it begins, read as UTC, */
	usec_t flat_us;       /* and what that means by flat_offset_sec; USEC_NONE: that is not certain in all of it */
};

/* What stood behind the second: ".123456+01:00 " (RFC 3339), ".123 +0100 ", " " (Exim) */
struct envelope_tail {
	unsigned fraction_n;  /* digits; 0: not even a dot */
	unsigned n;           /* bytes behind them, with the blank; 0: none was seen */
	uint64_t text, mask;  /* these bytes, the first one lowest */
	bool has_zone;
	int32_t zone_sec;
};

/* Host and tag as they stood together in a record, and the byte behind them: "mx1 postfix/smtpd[" */
struct envelope_writer {
	uint32_t mask;        /* a bit for each of its first 32 bytes */
	uint32_t n;
	uint32_t room;        /* bytes from its first on that a record must have to be looked at here; UINT32_MAX: there is none */
	uint32_t host_n, program_n;
	uint32_t server_no, program_no;
	char text[100];
};

_Static_assert(sizeof(struct envelope_writer) == 128, "found without a multiplication");

#define ENVELOPE_WRITERS 64

/* Where bytes go that stand nowhere as such in the file: unescaped ones, and those of records put together. */
struct envelope_room {
	char *(*take)(void *ctx, size_t n); /* n bytes (or none) that live as long as the record's */
	void *ctx;
};

/* the order of day and month in dates that have both as numbers */
enum date_order { DATES_UNKNOWN, DATES_DAY_FIRST, DATES_MONTH_FIRST };

/* What the header of a comma separated log said so far. */
struct envelope_header {
	const struct log_columns *columns; /* NULL: no names of columns yet */
	enum log_kind type;                /* of its #Log-type */
	bool exchange;                     /* it is Exchange's, whatever its columns are */
	enum date_order dates;
};

/* What a file's name tells of a log whose stamps have no date. */
struct envelope_day {
	int year, month, day;   /* year 0: it tells no date */
	struct slice program;   /* whose log it is, "smartermail-smtp"; SLICE_NONE: the name may be anyone's */
};

/* Room for those who look at a record in passing: it lasts until arena_clear(). */
struct envelope_scratch {
	struct arena arena;
	struct envelope_room room;
};

void envelope_scratch_init(struct envelope_scratch *s);

/*
 * What turns a file's stamps into instants.  One per file, used for its records in order; set the first
 * six, zero the rest.
 */
struct envelope_clock {
	const struct tz *tz;    /* zone of stamps without one; borrowed */
	uint32_t guessed;       /* LINE_ZONE_GUESSED if tz is no more than a guess */
	int year;               /* of the file's first record with a stamp without year; 0: unknown, such records
				   get a time only if others in the file have a year */
	usec_t latest_us;       /* no record can be later (now, the file's time): the year never steps beyond;
				   0: unknown */
	struct envelope_numbers *numbers; /* gives the names their numbers, and holds headers; borrowed; NULL: there are none */
	const struct envelope_room *room; /* borrowed; NULL: of records that need it only the time is told */
	struct envelope_header header; /* its `dates`: as the sample shows them */

	struct envelope_day day; /* for stamps that are no more than a time of day */
	/* what envelope_quick() gives Exim's own records, which name no host, and flags to add; for speed only: the owner gives
	   all that have none the same */
	struct slice label;     /* borrowed */
	uint32_t label_no, label_flags;

	/* private: state while walking forward */
	int last_year, last_month, last_day; /* the latest date so far, as the stamps show it */
	usec_t high_water_us;   /* latest instant so far; 0: none */
	usec_t second_pass_us;  /* latest instant in the second of two equal hours; 0: none */
	usec_t flat_from_us, flat_until_us; /* wall clock times between which flat_offset_sec is certain */
	int32_t flat_offset_sec;
	struct envelope_cached bsd, iso;
	struct envelope_minute bsd_minute, rfc3339_minute, exim_minute;
	enum envelope_kind bsd_kind; /* that its date tells */
	struct envelope_tail rfc3339_tail, exim_tail;
	size_t host_n;          /* of the last host; 0: there was none, and `writers` are not ready. */
	size_t host_room;       /* Bytes from its first on that it takes to look at the tag */
	struct envelope_writer writers[ENVELOPE_WRITERS];
	usec_t carried_us;      /* time for records without a stamp; USEC_NONE or, at first, 0: none */
	int32_t carried_offset_sec;
	bool in_smartermail;    /* the last record with an envelope was SmarterMail's */
};

/*
 * The short cut for a record that begins as the last one did: same day, a host and a tag seen before.  Does all that
 * envelope_in_full() would do, or nothing (false).
 */
bool envelope_quick(struct envelope_clock *clock, struct line *l);

/* The times of records in a row. */
struct envelope_span {
	usec_t first_us, last_us; /* the earliest and the latest */
};

/*
 * The same for records in a row, up to the first that it is not for, or with only_exim that is not stamped as Exim does;
 * returns how many.  *ret only if there are any.
 */
size_t envelope_quick_run(struct envelope_clock *clock, struct line *lines, size_t n, bool only_exim,
			  struct envelope_span *ret);
void envelope_in_full(struct envelope_clock *clock, struct line *l);

/*
 * envelope_parse - fill the lower half of *l from l->raw
 *
 * Never fails: a record of unknown form gets ENVELOPE_NONE, the time of the record before it
 * (LINE_TIME_CARRIED) or USEC_NONE, and the whole record as text.  l->host is set where written, and so are
 * l->server and l->server_no: the input puts a better one in its place.  For Exim text in syslog the inner stamp (if
 * any) is taken off too and its time wins.  No allocation, but for names never seen before and in clock->room.
 */
static inline void envelope_parse(struct envelope_clock *clock, struct line *l)
{
	if (!envelope_quick(clock, l))
		envelope_in_full(clock, l);
}

/* Exim's stamp that was just seen, "2026-11-21 09:00:01 "; zero-initialised: none. */
struct envelope_exim_stamp {
	char text[20];
};

bool envelope_starts_exim_slow(struct slice physical_line, struct envelope_exim_stamp *last);

/*
 * envelope_starts_exim - does a physical line start a new entry of an Exim log file?
 *
 * An entry of Exim's files starts with "YYYY-MM-DD hh:mm:ss"; anything else there continues the entry before.
 * True if and only if envelope_parse() would find ENVELOPE_EXIM, or ENVELOPE_DOVECOT behind the same stamp; the first 64
 * bytes of the line are enough.
 * last is for speed only.
 */
static inline bool envelope_starts_exim(struct slice physical_line, struct envelope_exim_stamp *last)
{
	const char *p = physical_line.p;

	int32_t second;

	/* mostly it is one of the same minute */
	if (physical_line.n > sizeof last->text && memcmp(p, last->text, 4) == 0 &&
	    scan_same16(p + 4, last->text + 4, 0x9fff) && digits_second(p + 17, &second) && p[20] != '#')
		return true;
	/* the blank stands elsewhere behind a byte order mark */
	if (physical_line.n < 19 || (p[10] != ' ' && p[0] != '\xef'))
		return false;
	return envelope_starts_exim_slow(physical_line, last);
}

/*
 * What the first records of a file tell before any of them is parsed for good.  The input calls it on a sample
 * (some hundred lines from the start and, for plain files, the end).
 */
struct envelope_hints {
	enum envelope_kind kind;     /* of the first recognised record; ENVELOPE_NONE if none was */
	bool lacks_year, lacks_zone; /* some stamp has none */
	bool shows_zone;             /* some record shows a wall clock and its offset */
	int id_year;                 /* year (in UTC) of the first record without one, from queue ids or from other
					records; 0: unknown */
	int month, day;              /* of the first stamp without year; 0: none */
	int leap_day;                /* 1: the sample holds a Feb 29 stamp */
	bool offset_known;           /* ids and stamps agree on one offset */
	int32_t id_offset_sec;       /* wall clock minus UTC as ids show it, rounded to 15 minutes */
	struct slice server;         /* a host named by the records, borrowed from the sample; SLICE_NONE: none */
	uint64_t records, recognised;/* looked at; with a known envelope */
	bool dateless;               /* some stamp is no more than a time of day */
	uint64_t prefixed;           /* printed by grep: maybe from several files, */
	bool steps_back;             /* and one of their dates is earlier than the one before it */
	int told_year, told_month, told_day; /* the latest date of theirs that has a year; 0: none */
	bool exim_stamps, exim_texts;/* some have Exim's own stamp; and behind it some text that Exim may write */

	bool header;                 /* the last record was one of a header: it has no time of its own */
	bool headerless;             /* rows of Exchange's came before any header; they have as many columns: */
	unsigned row_columns;
	bool unjoined;               /* an export with several recipients where a list stands in for them */
	enum date_order dates;       /* of an export; DATES_UNKNOWN: nothing tells, */
	bool slashes;                /* and its dates are of the kind that is written both ways */

	/* private */
	struct envelope_header exchange;
	struct log_columns columns;  /* what its columns point to */
	int stated_year, stated_month, stated_day; /* of the first stamp with a year, while none without was seen */
	uint32_t offset_votes, offset_dissent;
	int grep_month, grep_day;    /* of the last record that grep printed; 0: none */
};

/* Is the file what grep printed?  Then its records need not be in the order of time. */
static inline bool envelope_from_grep(const struct envelope_hints *h)
{
	return h->prefixed * 2 > h->recognised;
}

/* Add one raw record of the sample, in file order; zero-initialise *h before the first. */
void envelope_look(struct envelope_hints *h, struct slice raw);

#endif
