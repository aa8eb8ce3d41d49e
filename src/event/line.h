/* SPDX-License-Identifier: Apache-2.0 */
/*
 * line.h - one record on its way: what input and envelope know of it
 *
 * A record is usually one physical line; Exim's reject and panic logs have entries of several, and syslog
 * may have cut one entry into parts: then line_count > 1 and `raw` holds all of it (parts joined).  Texts that were
 * escaped (JSON) are unescaped beside `raw`: host, program and text need not lie in it.
 * input fills the upper half, envelope the lower one; parse and track only read.
 */
#ifndef EVENT_LINE_H
#define EVENT_LINE_H

#include <stdint.h>

#include "base/slice.h"
#include "base/usec.h"

/* how the record was wrapped; the names are those of the JSON field "envelope" */
#define ENVELOPE_KINDS(X) /* id, name */               \
	X(ENVELOPE_NONE, "none")       /* nothing recognised: the whole record is the text */ \
	X(ENVELOPE_EXIM, "exim")       /* Exim's own stamp: "2026-11-21 09:00:01 " */         \
	X(ENVELOPE_RFC3164, "rfc3164") /* "Nov 21 09:00:01 host tag[pid]: " */                \
	X(ENVELOPE_RFC3339, "rfc3339") /* "2026-11-21T09:00:01.123456+01:00 host tag[pid]: " */ \
	X(ENVELOPE_RFC5424, "rfc5424") /* "<22>1 2026-... host app pid msgid sd " */          \
	X(ENVELOPE_POSTFIX, "postfix") /* Postfix's own log file: "Nov 02" with a zero */     \
	X(ENVELOPE_DOVECOT, "dovecot") /* Dovecot's log_path: "Nov 21 09:00:01 imap-login: " */ \
	X(ENVELOPE_RSPAMD, "rspamd")   /* rspamd's own file: "2026-11-21 09:00:01 #700(normal) " */ \
	X(ENVELOPE_EXCHANGE, "exchange") /* comma separated, with a #Fields line */           \
	X(ENVELOPE_SMARTERMAIL, "smartermail") /* "[2026.11.21] 09:00:01.123 [192.0.2.1][id] " */ \
	X(ENVELOPE_JOURNAL, "journal") /* an entry of the journal itself, or of its export form */ \
	X(ENVELOPE_JOURNAL_JSON, "journal_json") /* journalctl -o json */                     \
	X(ENVELOPE_JOURNAL_SHORT, "journal_short") /* journalctl -o short-precise, -full, -unix; the others look like syslog's */ \
	/* around syslog's lines and bare texts; records of a writer's own form keep the name of that */             \
	X(ENVELOPE_DOCKER, "docker")   /* {"log":"...\n","stream":"stdout","time":"..."}; docker logs -t, docker compose logs */ \
	X(ENVELOPE_CRI, "cri")         /* "2026-11-21T09:00:01.123456789Z stdout F " */

enum envelope_kind {
#define X(id, name) id,
	ENVELOPE_KINDS(X)
#undef X
	ENVELOPE_KIND_COUNT
};

const char *envelope_kind_name(enum envelope_kind k);

enum line_flag {
	LINE_CUT = 1 << 0,            /* longer than the cap: the rest of the record was dropped */
	LINE_NUL = 1 << 1,            /* held NUL bytes (leading ones were skipped) */
	LINE_NO_NEWLINE = 1 << 2,     /* last line of the file, without its newline */
	LINE_SERVER_GUESSED = 1 << 3, /* `server` is a label made from the files, not a host that the log names */
	LINE_ZONE_GUESSED = 1 << 4,   /* the record has no zone: --tz, ids or this machine's were used */
	LINE_YEAR_GUESSED = 1 << 5,   /* the record has no year */
	LINE_TIME_CARRIED = 1 << 6,   /* no stamp of its own: that of the record before it */
	LINE_NOT_MAIL = 1 << 7,       /* looks like Exim's own file, but the log is another program's */
	LINE_REPEAT = 1 << 8,         /* stands for repeats of the record before it, whose program and text it has */
	LINE_DECODED = 1 << 9,        /* a row of values whose quotes were undone: see event/columns.h */
	LINE_GREP = 1 << 10,          /* printed by grep: a file or a number of a line stands in front of the record */
};

struct log_columns;

struct line {
	/* from input */
	struct slice raw;     /* the record without its last newline (and CR); inner newlines are kept */
	uint32_t source;      /* index into the input's sources (files) */
	uint32_t set;         /* rotated set the source belongs to: all files of one log share it */
	uint32_t line_count;  /* physical lines, at least 1; in Exim's files: newlines in raw + 1 */
	uint32_t length;      /* bytes in the (decompressed) file, newline included */
	uint64_t line_no;     /* of the first physical line, from 1 */
	uint64_t offset;      /* of the first byte in the decompressed file */
	uint32_t flags;       /* enum line_flag */

	/* from envelope */
	enum envelope_kind envelope;
	int32_t utc_offset_sec; /* of the wall clock that the log shows */
	uint32_t prefix_bytes;  /* with LINE_GREP, undefined in others: of raw, before the record's own */
	usec_t time_us;         /* USEC_NONE: unknown */
	struct slice server;    /* --server, else host, else a label; never empty after input */
	struct slice host;      /* as written, or SLICE_NONE */
	struct slice program;   /* the whole tag, "postfix/submission/smtpd"; SLICE_NONE if there is none */
	int64_t pid;            /* -1: none */
	struct slice text;      /* the message text: what is left of raw */
	/* equal numbers of one input: equal names, so that nobody looks at the names again; 0: not numbered */
	uint32_t server_no, program_no; /* below LINE_NUMBERS */
	/* ENVELOPE_EXCHANGE only, undefined in others: what the row's columns are; the input's; NULL: a header, or none was seen */
	const struct log_columns *columns;
};

#define LINE_NUMBERS 1024 /* names beyond these get no number */

#endif
