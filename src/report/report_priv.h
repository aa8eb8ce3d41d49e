/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report_priv.h - what the panels of a report share
 *
 * A fact is looked at once: its names become symbols, its outcomes flags, its replies shapes.  Then every
 * panel gets the counted form and does nothing but add.  A new panel is one file with a struct panel_ops and
 * one row in registry.c.
 */
#ifndef REPORT_REPORT_PRIV_H
#define REPORT_REPORT_PRIV_H

#include "base/arena.h"
#include "base/intern.h"
#include "base/strbuf.h"
#include "base/tr.h"
#include "diagnose/diagnose.h"
#include "fact/fact.h"
#include "report/names.h"
#include "report/panel.h"
#include "report/report.h"
#include "report/tally.h"

#define MEMO_BITS  6
#define MEMO_SLOTS (1 << MEMO_BITS)

/* what the last short texts became; memo.h */
enum memo_kind {
	MEMO_TEXT,   /* its symbol */
	MEMO_FOLDED, /* the symbol of the text in lower case */
	MEMO_SHAPE,  /* of a reply: its shape */
	MEMO_WORDS,  /* a row's key of several words */
	MEMO_LIST,   /* of a reply: the blocklist that it names, or nothing */
	MEMO_RELAY,  /* of a next hop: the ref of its name */
	MEMO_KINDS
};
struct memo_slot {
	char text[56];
	uint32_t n; /* 0: free */
	sym_t sym;
};

/* the same for replies that differ in an address, a client or a link only; replies.c */
#define FORM_SLOTS  64  /* a power of two */
#define FORM_BYTES  112
#define FORM_PIECES 4
struct form_slot {
	uint8_t n[FORM_PIECES];    /* bytes of each piece; what was masked stands between them */
	uint8_t masks[FORM_PIECES];
	sym_t shape;               /* SYM_NONE: free */
	char text[FORM_BYTES];     /* the pieces, one after another */
};

enum failure_kind {
	FAILURE_DEFERRAL,  /* one try that failed for now */
	FAILURE_BOUNCE,    /* a recipient that bounced or expired */
	FAILURE_REJECTION, /* one refusal */
	FAILURE_KIND_COUNT
};

/* what a part of a tally's key is */
enum key_part { PART_PLAIN, PART_SYMBOL, PART_ADDRESS, PART_DOMAIN, PART_CLIENT, PART_USER };

/* A tally whose keys or values depend on names: what folding has to know of it. */
struct named_tally {
	struct tally *t;
	enum key_part major, minor;
	unsigned weights;   /* so many counters from the first say how often a row was counted; 0: rows stay; those of a set go or stay together */
	uint32_t symbols;   /* bit per counter that is a symbol */
	tally_merge *merge; /* NULL: all counters are added */
};

#define NAMED_TALLIES_MAX 96

/* what all panels of one report share */
struct counters {
	struct names addresses; /* of senders and recipients; linked to their domains by counters_domain() */
	struct names domains;
	struct names clients;   /* by IP address, or by name where there is none; links: the client panel's */
	struct names relays;
	struct names users;
	struct tally pairs[FAILURE_KIND_COUNT]; /* failures by (shape, domain) */
	struct tally reasons[FAILURE_KIND_COUNT]; /* reasons.h */
	struct tally login_pairs;               /* (address, user) of failed logins: a set */
	struct intern names;    /* every other name and text of the report, once */
	struct memo_slot memos[MEMO_KINDS][MEMO_SLOTS];
	struct form_slot forms[FORM_SLOTS];
	struct strbuf scratch;
	struct named_tally tallies[NAMED_TALLIES_MAX]; /* all that depend on the names above */
	size_t n_tallies;
	unsigned wanted;        /* bits of enum panel_names: those that some panel wants */
	size_t used_bytes;      /* by names, their counters, and rows of tallies */
	size_t limit_bytes;     /* on used_bytes */
	size_t fold_bytes;      /* past so many the next fact makes room first */
	uint64_t folded;        /* names and rows that went to "(other)" */
	const struct diagnoser *diagnoser; /* NULL: causes are not asked for */
	enum tr_language language;
	struct report *report;  /* for panels that show what the report itself counts */
};

/* a tally has been set up: what it takes is counted, and folding will know it */
void counters_add_tally(struct counters *c, const struct named_tally *n);
/*
 * counters_fold - make room: the names that were counted least become "(other)"
 *
 * Half of limit_bytes is free afterwards.  What is small stays as it is: a flood in one table costs the others
 * nothing.  Borrowed names, and all refs and symbols outside of the tables and tallies, are void.  Costs a few
 * looks at every name and row, so little for each of those that have come since the last time.
 */
void counters_fold(struct counters *c);
/* times that a name, text or pair became "(other)" */
uint64_t counters_folded(const struct counters *c);

struct name *counters_new_domain(struct counters *c, struct name *address);
/* the domain of an address, folded; c->domains.none if it has none */
static inline struct name *counters_domain(struct counters *c, struct name *address)
{
	return address->link ? names_at(&c->domains, address->link - 1) : counters_new_domain(c, address);
}
/* the shape of a reply or reason, without what only says who spoke when; SYM_NONE for SLICE_NONE */
sym_t counters_shape(struct counters *c, struct slice reply);
/* the part of a reply that the other side said, or all of it if that can't be told; borrowed from reply */
struct slice reply_core(struct slice reply);
/* a text to show as a sample: at most 500 bytes are kept */
sym_t counters_sample(struct counters *c, struct slice text);

/* one recipient; `expanded` ones are no destination and count nowhere but in their total */
struct counted_recipient {
	const struct recipient *r;
	struct name *address, *domain;
	struct name *relay;      /* counted_relay(); NULL: nobody has asked yet */
	usec_t time_us;          /* of the deciding attempt; USEC_NONE */
	usec_t delay_us;         /* -1 */
	bool expanded;
	bool delivered;          /* delivered or relayed */
	bool bounced;            /* bounced or expired */
	uint32_t deferrals;      /* tries that failed for now */
};

/* The next hop by name, or by address where it has none; by transport for mailboxes, files and programs.  NULL: not told. */
struct name *counters_relay(struct counters *c, const struct attempt *a);
/* that of the deciding attempt, which there is, looked up once for all panels */
static inline struct name *counted_relay(struct counters *c, struct counted_recipient *cr)
{
	if (!cr->relay)
		cr->relay = counters_relay(c, cr->r->deciding);
	return cr->relay;
}

/* a failure in the form that the panels of reasons count */
struct counted_failure {
	enum failure_kind kind;
	sym_t shape, stage;
	const struct name *domain;
	struct slice reply;
	bool temporary;
	const struct recipient *recipient; /* NULL: of a rejection */
	const struct attempt *attempt;     /* NULL: of a rejection, or none is known */
	int64_t count;           /* how many such failures, at least 1 */
	int64_t smtp_code;
	usec_t time_us;
};

struct counted_message {
	const struct message *m;
	bool received;           /* counts as a mail that was taken in (totals.messages) */
	struct name *sender, *sender_domain; /* the domain: NULL if no panel wants it */
	struct name *client, *user; /* NULL: not told, or no panel wants it */
	int64_t bytes;           /* 0 if not told */
	struct counted_recipient *recipients;
	size_t n_recipients;
	struct counted_failure *failures;
	size_t n_failures;
	/* over the recipients; expanded ones count deferrals only */
	int64_t destinations, delivered, bounced, deferrals;
};

struct counted_rejection {
	const struct rejection *r;
	struct name *client, *user; /* NULL: not told, or no panel wants it */
	struct counted_failure failure;
};

struct counted_login {
	const struct login *l;
	struct name *user, *client; /* none: not told */
	bool first_failure;         /* of this user from this client */
};

/* the words of filters about a message, whatever became of it, or about a refusal */
struct counted_words {
	const struct verdict *verdicts; /* oldest first, at least one */
	struct slice sender;            /* of the envelope; SLICE_NONE: not told */
};

/* what happened in a mailbox, of a message or by itself */
struct counted_mailbox {
	const struct mailbox_action *a;
	const struct name *user; /* the owner */
};

struct counted_listing {
	const struct blocklisting *l;
	const struct name *client;
};

struct counted_oddity {
	const struct oddity *o;
	const struct name *client;
};

/* Names of facts that are looked up only for panels that ask for them. */
enum panel_names {
	WANT_CLIENT = 1 << 0,        /* counted_message.client, counted_rejection.client */
	WANT_SENDER_DOMAIN = 1 << 1, /* counted_message.sender_domain */
};

/* a panel under construction */
struct panel_build {
	struct counters *counters;
	struct arena *arena;     /* rows, cells and texts */
	size_t limit;            /* rows */
	bool no_limit;
	struct panel *panel;
};

struct panel_ops {
	const char *id, *title;
	const struct panel_column *columns;
	size_t n_columns;
	int variant;             /* for files that hold a family of panels */
	bool on_request;         /* shown, and counted, only if it is asked for */
	unsigned details;        /* what it needs of facts: bits of enum fact_detail */
	unsigned names;          /* bits of enum panel_names */
	unsigned failures;       /* on_failure gets these: bits 1 << enum failure_kind */
	size_t pivot;            /* see struct panel */
	enum panel_chart chart;  /* the same */
	void *(*new)(const struct panel_ops *ops, struct counters *c);
	void (*free)(void *state); /* NULL: the state is another one's, by counters_counting() */
	/* any of these may be NULL */
	void (*on_message)(void *state, const struct counted_message *m);
	void (*on_failure)(void *state, const struct counted_failure *f);
	void (*on_rejection)(void *state, const struct counted_rejection *r);
	void (*on_login)(void *state, const struct counted_login *l);
	void (*on_words)(void *state, const struct counted_words *w);
	void (*on_mailbox)(void *state, const struct counted_mailbox *m);
	void (*on_listing)(void *state, const struct counted_listing *l);
	void (*on_oddity)(void *state, const struct counted_oddity *o);
	void (*on_session)(void *state, const struct session *s);
	void (*on_tls_failure)(void *state, const struct tls_failure *f);
	void (*on_health)(void *state, const struct health *h);
	void (*on_fold)(void *state); /* symbols, refs and rows that the panel has kept are void */
	void (*build)(void *state, struct panel_build *b);
};

/* For new(): the state of something that counts for several panels and is none.  It is made once, and freed with the report. */
void *counters_counting(struct counters *c, const struct panel_ops *ops);

/* all panels in the order in which they are shown; ends with NULL */
extern const struct panel_ops *const report_panel_ops[];

/* one program of the log: the panel "understood" */
enum program_value { PROGRAM_LINES, PROGRAM_EVENT, PROGRAM_OTHER, PROGRAM_MALFORMED, PROGRAM_VALUES };
/* key: tally_pair(program, writer) */
const struct tally *report_programs(struct report *r);
/* lines of no mail program */
int64_t report_foreign_lines(struct report *r);

/*
 * The hour or the day of the wall clock that the last fact fell into: the next one is nearly always in the
 * same, so that no division is needed.
 */
struct wall_span {
	usec_t length;     /* USEC_PER_HOUR or USEC_PER_DAY */
	usec_t begin, end; /* on the wall clock, as if that were UTC */
	int64_t number;    /* hours or days since 1970 */
};

void wall_span_move(struct wall_span *w, usec_t wall);

/* the number of the hour or day of t, which is not USEC_NONE */
static inline int64_t wall_number(struct wall_span *w, usec_t t, int32_t utc_offset_sec)
{
	usec_t wall = t + utc_offset_sec * USEC_PER_SEC;

	if (wall < w->begin || wall >= w->end)
		wall_span_move(w, wall);
	return w->number;
}

/* days as keys of a tally: no sign */
#define DAY_BASE (1 << 24)

/* rows.c: help for build() */

/* n rows with empty cells (all null) */
void build_rows(struct panel_build *b, size_t n);
/* the same for the top rows of a tally; sets `more`; returns the indices */
size_t *build_top(struct panel_build *b, const struct tally *t, tally_order order);
/* the same for the top names of a list; returns them */
const struct name **build_top_names(struct panel_build *b, const struct names_list *l);
struct panel_cell cell_text(struct slice s);
struct panel_cell cell_value(int64_t v);
/* a word of a row's key that is a text of several, each ending in a byte 0; at most max_bytes of it */
void row_word(struct strbuf *key, struct slice word, size_t max_bytes);
/* the first n cells from such a key; empty words are null */
void build_words(struct panel_build *b, struct panel_row *row, size_t n, sym_t key);
/* n of `of` in thousandths of a percent, for COLUMN_PERCENT; PANEL_NULL if there are none */
int64_t share_of(int64_t n, int64_t of);
/* the name of a symbol; "(not told)" for SYM_NONE, "<>" for the empty name */
struct slice build_name(const struct panel_build *b, sym_t sym);
/* the same for a name of a table */
struct slice build_name_of(const struct names *t, const struct name *name);
/* "host [ip]" */
struct slice build_host(struct panel_build *b, struct slice host, struct slice ip);
/* "2026-11-21" from days since 1970 */
struct slice build_day(struct panel_build *b, int64_t day);
/* what to filter for: the address itself ("<>" if it is empty), or "@domain" for a name of the domains */
struct slice build_address_value(struct panel_build *b, const struct names *t, const struct name *name);
/*
 * Add " --option value" to the row's filter, the value quoted for the shell.  A value that can't be quoted
 * safely (control bytes, too long) takes the whole filter away: better none than a wrong one.
 */
void build_filter(struct panel_build *b, struct strbuf *filter, const char *option, struct slice value);
/* --ip for an address, --client for a name */
void build_client_filter(struct panel_build *b, struct strbuf *filter, struct slice client);
/* " --since ... --until ..." for one day (days since 1970) of the wall clock at that offset */
void build_filter_day(struct panel_build *b, struct strbuf *filter, int64_t day, int32_t utc_offset_sec);
/* the filter is complete: *row gets a copy and `filter` is empty again */
void build_filter_end(struct panel_build *b, struct panel_row *row, struct strbuf *filter);

/* orders for build_top(), which gets the counters as its ctx */
/* first counter falling, second falling, names of the key (major, minor), which are symbols */
int order_by_values(const void *ctx, const struct tally *t, size_t a, size_t b);
/* by the key itself, falling: for days */
int order_by_key(const void *ctx, const struct tally *t, size_t a, size_t b);
/* parts of such orders: first counter falling, second falling; 0 if both are equal */
int order_values(const struct tally *t, size_t a, size_t b);
/* bytewise order of two names of the table */
int order_names(const struct intern *names, sym_t a, sym_t b);
/* the same for names given by refs; never 0 for different ones */
int order_refs(const struct names *names, uint32_t a, uint32_t b);

#endif
