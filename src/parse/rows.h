/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rows.h - tables of texts, for writers with few kinds of lines
 *
 * Filters, policy services and helpers write a handful of texts each.  What they share is here: notices by the start of
 * their text, words and their meaning, the queue id that milters put in front.
 */
#ifndef PARSE_ROWS_H
#define PARSE_ROWS_H

#include "base/attr.h"
#include "base/cursor.h"
#include "parse/parse.h"

/* How a text begins, and what it is about; '*' stands for one run of non-blanks. */
struct row {
	struct slice pattern;
	enum notice category;
	enum severity severity;
};
#define ROW(pattern, category, severity)                                                                         \
	{                                                                                                        \
		LIT(pattern), NOTICE_##category, SEVERITY_##severity                                         \
	}

/* consume the pattern; false: nothing is consumed */
bool row_match(struct cur *c, struct slice pattern);
/* The first row that fits the start of the text makes it a notice with that text; else PARSE_NOT_MINE. */
enum parse_result rows_notice(const struct row *rows, size_t n, struct slice text, struct event *ret);

/* A word as a program writes it (in any case of letters), and as our vocabulary has it. */
struct word {
	struct slice written, meaning;
};
#define WORD(written, meaning)                                                                                   \
	{                                                                                                        \
		LIT(written), LIT(meaning)                                                               \
	}

/* SLICE_NONE: not in the table */
struct slice word_meaning(const struct word *words, size_t n, struct slice written);

/* results of SPF, DKIM, DMARC and ARC (RFC 8601), in the spellings of all programs here; SLICE_NONE: none of them */
struct slice word_auth_result(struct slice written);

/* Is this the id of a message in a queue?  Milters write "(unknown-jobid)", "NOQUEUE" and the like where they have none. */
bool row_is_queue_id(struct slice s);
/* "QID: " or what stands in its place: consumed; e->queue_id is set if it is one.  False: neither is there. */
bool row_take_queue_id(struct cur *c, struct event *e);

/* an address as the client's, in *e: client_ip, or client_host if it is none; nothing for "unknown" and empty ones */
void row_client(struct slice s, struct event *e);
/* SLICE_NONE if it is no IP address; without "::ffff:" in front of an IPv4 address */
struct slice row_ip(struct slice s);
/* "name[address]" into client_host and client_ip */
bool row_client_name_ip(struct slice s, struct event *e);
/* SLICE_NONE instead of an empty text */
static inline struct slice row_filled(struct slice s)
{
	return s.n ? s : SLICE_NONE;
}

/* "-1.25", "7" into thousandths; false: no number at the cursor, which is left where it was */
bool row_score(struct cur *c, int64_t *ret);

/*
 * A text of a PAM module, whoever has it in his log: "pam_unix(dovecot:auth): ...", "PAM 2 more authentication failures; ...",
 * "(pam_unix) ...".  They are one writer's, the writers of the tags leave them alone.
 */
bool row_is_pam(struct slice text);

#endif
