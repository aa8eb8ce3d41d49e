/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fact.h - the vocabulary of answers
 *
 * Facts are made by the tracker and handed to a sink.  Everything in them is borrowed for the call of the
 * sink: copy (or intern) what you keep.  Lists are singly linked, oldest first.
 */
#ifndef FACT_FACT_H
#define FACT_FACT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "base/usec.h"
#include "event/event.h"

#define DIRECTIONS(X) \
	X(DIRECTION_NONE, "none")          /* can't be told */ \
	X(DIRECTION_INBOUND, "inbound")    /* from outside to a local recipient */ \
	X(DIRECTION_OUTBOUND, "outbound")  /* from here or a logged-in user to outside */ \
	X(DIRECTION_LOCAL, "local")        /* from here to here */ \
	X(DIRECTION_RELAYED, "relayed")    /* from outside to outside */

enum direction {
#define X(id, name) id,
	DIRECTIONS(X)
#undef X
	DIRECTION_COUNT
};

#define MESSAGE_STATES(X) \
	X(MESSAGE_OPEN, "open")         /* still in the queue when the logs end */ \
	X(MESSAGE_DONE, "done")         /* left the queue */ \
	X(MESSAGE_HELD, "held")         /* frozen or on hold when the logs end */ \
	X(MESSAGE_ABORTED, "aborted")   /* reception began and was never completed */ \
	X(MESSAGE_REJECTED, "rejected") /* had an id, but was refused */ \
	X(MESSAGE_EVICTED, "evicted")   /* nothing heard for longer than a queue life, or too many were open */

enum message_state {
#define X(id, name) id,
	MESSAGE_STATES(X)
#undef X
	MESSAGE_STATE_COUNT
};

#define MESSAGE_ROLES(X) /* why this queue id exists; only the first kind counts as a mail of its own */ \
	X(ROLE_MAIL, "mail")                 /* taken in from outside or submitted here */ \
	X(ROLE_FILTER_PASS, "filter_pass")   /* the same mail behind a content filter or in a second instance */ \
	X(ROLE_FORWARD, "forward")           /* the same mail for other recipients (alias, .forward) */ \
	X(ROLE_NOTIFICATION, "notification") /* bounce, delay warning, success report made here */ \
	X(ROLE_PROBE, "probe")               /* address verification */ \
	X(ROLE_FILTERED, "filtered")         /* only a filter speaks of it: the mail server's own lines are missing */

enum message_role {
#define X(id, name) id,
	MESSAGE_ROLES(X)
#undef X
	MESSAGE_ROLE_COUNT
};

const char *direction_name(enum direction d);
const char *message_state_name(enum message_state s);
const char *message_role_name(enum message_role r);
bool direction_parse(struct slice name, enum direction *ret);

/* What facts tell only to those who ask the tracker for it: it takes time and memory. */
enum fact_detail {
	DETAIL_ARRIVAL = 1 << 0,  /* of messages: HELO name, cipher, subject, reason of a hold; all texts of their arrival */
	DETAIL_ATTEMPTS = 1 << 1, /* of tries: replies of successes, enhanced codes, routers, ciphers; all texts */
	DETAIL_VERDICTS = 1 << 2, /* the words of filters and policy services */
	DETAIL_MAILBOX = 1 << 3,  /* what happened in the mailbox; without it, all of that is told by itself */
	DETAIL_SCRIPTS = 1 << 4,  /* the directory that a local submission came from */
	DETAIL_PROTOCOL = 1 << 5, /* of messages: service and protocol */
	DETAIL_TRANSPORT = 1 << 6, /* of tries: the transport, where it is not needed to know what became of the mail */
	DETAIL_TLS = 1 << 7,      /* of messages and tries: the version */
	DETAIL_ALL = (1 << 8) - 1,
};

/* a line that belongs to a fact; kept only if the tracker was asked for lines */
struct fact_line {
	struct fact_line *next;
	uint32_t source, length;
	uint64_t line_no, offset;
	usec_t time_us;
};

/* one try for one recipient */
struct attempt {
	struct attempt *next;
	usec_t time_us;
	uint64_t line_no;         /* of the line that tells it, with that time; 0: not known */
	enum outcome outcome;
	bool tried;               /* false: only a postponement, no connection was made */
	bool handed_on;           /* to a server whose logs are here too: a child of the message */
	struct slice relay_host, relay_ip;
	int64_t relay_port;       /* -1: not told */
	int64_t smtp_code;        /* -1: not told */
	struct slice dsn;
	struct slice reply;       /* in full, as the log writes it */
	struct slice transport, router;
	struct slice next_queue_id; /* the next hop's id, if its reply names one */
	usec_t delay_us;          /* from arrival; -1: not told */
	usec_t delay_parts_us[4]; /* before queue manager, in it, connection, transmission; -1 */
	struct slice tls_version, tls_cipher;
	int8_t tls_verified;      /* -1: not told */
	int64_t size_bytes;       /* of this delivery; -1 */
};

struct recipient {
	struct recipient *next;
	struct slice address;      /* final address; SLICE_NONE where the log does not name it */
	struct slice orig_address; /* before aliasing; SLICE_NONE: the same */
	enum outcome outcome;
	bool local;                /* delivered, or to be delivered, on this server */
	uint32_t n_attempts;
	struct attempt *attempts;  /* oldest first */
	struct attempt *newest;    /* the last of them */
	const struct attempt *deciding; /* the one that gave the outcome, NULL if none did */
};

struct message_link {
	struct message_link *next;
	enum relation relation;
	struct slice server;
	struct slice queue_id;
	usec_t time_us;
};

struct verdict {
	struct verdict *next;
	usec_t time_us;
	enum writer writer;
	struct slice check, result, domain, detail;
	struct slice action;       /* what the filter did with the mail: relay discard bounce reject ... */
	struct slice folder;       /* where it lies in the filter's quarantine */
	struct slice recipients;   /* whom it is about, as the filter lists them; SLICE_NONE: not told, or all */
	struct slice id;           /* the filter's own name of the scan */
	int64_t score_milli;       /* -1: none */
	int64_t threshold_milli;   /* the score from which the filter acts; -1: not told */
};

/* who handed the first message of a trail in */
struct origin {
	struct slice client_host, client_ip;
	struct slice user;
	bool authenticated;
	bool submitted_locally;
	struct slice directory;
};

/* What happened in a mailbox: a delivery as the mailbox server and Sieve tell it, or what the owner did later.  A fact of
 * its own unless it is known to which message it belongs. */
struct mailbox_action {
	struct mailbox_action *next;
	usec_t time_us;
	int32_t utc_offset_sec;
	enum writer writer;
	struct slice server;
	struct slice service;      /* what did it: lmtp lda; imap pop3 doveadm ... for later actions */
	struct slice session;
	struct slice client_ip;    /* from where the owner came */
	struct slice user;         /* owner of the mailbox */
	struct slice message_id;   /* SLICE_NONE: not told */
	struct slice subject;
	struct slice recipient;    /* to whom it was forwarded, ... */
	struct slice action;       /* store discard forward reject vacation ...; copy delete expunge flag_change ... */
	struct slice folder;
	struct slice reason;       /* why it failed; of a copy: the folder it came from; of a flag change: the flags */
	struct fact_line *lines;   /* NULL in the list of a message */
};

struct message {
	/* what every message has; the tracker fills these, and clears the others */
	uint64_t serial;           /* no other message of the tracker has it; 0: it never had a queue id */
	struct slice server;
	struct slice instance;     /* Postfix instance ("postfix", "postfix-out"); SLICE_NONE for others */
	struct slice queue_id;
	usec_t first_us, last_us;  /* of its lines */
	usec_t arrived_us;         /* USEC_NONE if the start was not seen */
	usec_t finished_us;        /* USEC_NONE while open */
	int64_t size_bytes;        /* -1: not told */
	int64_t recipient_count;   /* as the queue manager counts; -1: not told */
	int32_t utc_offset_sec;    /* of the log's wall clock on arrival */
	enum writer writer;

	uint32_t generation;       /* 0, then 1, 2 ... when a queue id comes back */
	enum message_state state;
	enum message_role role;
	enum direction direction;
	bool start_seen, end_seen; /* false: the logs begin or end in the middle of it */
	struct slice sender;       /* SLICE_NONE: not told; empty: the null sender */
	struct slice client_host, client_ip, helo;
	struct slice user;         /* authenticated user or local login */
	bool authenticated;        /* user comes from SMTP AUTH */
	bool submitted_locally;    /* sendmail command, pickup, U= */
	struct slice directory;    /* where the command that submitted it ran (Exim's cwd=); SLICE_NONE: not told */
	const struct origin *origin; /* the same mail further on (behind a filter, forwarded): where it came from first;
				      NULL: this message is the first */
	struct slice service;      /* "smtp", "submission", "smtps"; SLICE_NONE: not told */
	struct slice protocol;
	struct slice tls_version, tls_cipher;
	struct slice message_id, subject;
	uint32_t n_recipients;
	struct recipient *recipients;
	struct message_link *parents, *children;
	struct verdict *verdicts;
	struct mailbox_action *mailbox; /* oldest first */
	uint32_t n_mailbox;        /* those that a cap left out too */
	struct slice hold_reason;
	struct fact_line *lines;
};

/* refused before acceptance: a connection, a command, one recipient, or a message after DATA */
struct rejection {
	usec_t time_us;
	int32_t utc_offset_sec;
	struct slice server;
	enum writer writer;
	struct slice service;
	struct slice stage;        /* connect helo mail rcpt data auth starttls vrfy etrn */
	struct slice queue_id;     /* of the message or transaction it belongs to; SLICE_NONE */
	struct slice client_host, client_ip, helo;
	struct slice user;
	struct slice sender, recipient; /* recipient: SLICE_NONE at early stages, or when all are meant */
	int64_t smtp_code;         /* -1: not told */
	bool temporary;
	int64_t attempts;          /* refusals that the line stands for, at least 1 */
	struct slice dsn, reply;
	struct verdict *verdicts;  /* of policy services that were asked about it */
	struct fact_line *lines;
};

/* What one line tells of a rejection; time, server and lines are left to the caller.  Texts are the event's. */
void rejection_of_event(const struct event *e, struct rejection *ret);

/* a login, good or bad; one per connection and user for successes, attempts added up for failures */
struct login {
	usec_t time_us;
	int32_t utc_offset_sec;
	struct slice server;
	enum writer writer;
	struct slice service;      /* smtp submission smtps imap pop3 sieve */
	struct slice user;         /* SLICE_NONE: the log does not name it */
	struct slice client_ip, client_host;
	struct slice auth_method;
	struct slice tls_version;  /* SLICE_NONE: not told, or no TLS */
	bool success;
	int64_t attempts;          /* at least 1 */
	struct slice reason;
	struct fact_line *lines;
};

/* an SMTP session; emitted at its end */
struct session {
	usec_t begin_us, end_us;   /* begin: USEC_NONE if not seen */
	int32_t utc_offset_sec;
	struct slice server;
	enum writer writer;
	struct slice service;
	struct slice client_host, client_ip;
	struct slice tls_version;  /* SLICE_NONE: no TLS seen */
	struct slice commands;     /* as logged */
	struct fact_line *lines;   /* of its end */
};

/* a handshake that failed */
struct tls_failure {
	usec_t time_us;
	int32_t utc_offset_sec;
	struct slice server;
	enum writer writer;
	struct slice peer_host, peer_ip;
	bool outgoing;
	struct slice reason;
	struct fact_line *lines;
};

#define ODDITIES(X) /* what a client did that mail clients do not do; oddity.h */ \
	X(ODD_NONE, "none") \
	X(ODD_PROTOCOL, "protocol")       /* speaks another protocol: HTTP, a proxy's */ \
	X(ODD_EARLY, "early")             /* talks before it was greeted */ \
	X(ODD_PIPELINING, "pipelining")   /* does not wait for answers */ \
	X(ODD_ERRORS, "errors")           /* too many errors, unknown or useless commands */ \
	X(ODD_TOO_LONG, "too_long")       /* lines beyond any limit */ \
	X(ODD_SYNTAX, "syntax")           /* commands that make no sense */ \
	X(ODD_VRFY, "vrfy")               /* asks for addresses: VRFY, EXPN; ETRN */ \
	X(ODD_LOST, "lost")               /* hangs up, or falls silent, in the middle; no mail */ \
	X(ODD_CONNECTIONS, "connections") /* a limit on connections was hit */ \
	X(ODD_MESSAGES, "messages")       /* a limit on messages or recipients was hit */ \
	X(ODD_LOGINS, "logins")           /* a limit on AUTH commands was hit */

enum oddity_kind {
#define X(id, name) id,
	ODDITIES(X)
#undef X
	ODDITY_COUNT
};

/* a client that does not behave, as one line tells it */
struct oddity {
	usec_t time_us;
	int32_t utc_offset_sec;
	struct slice server;
	enum writer writer;
	enum oddity_kind kind;
	struct slice service;
	struct slice client_host, client_ip; /* client_ip is always told */
	struct slice stage;        /* after which command; SLICE_NONE: not told */
	int64_t count;             /* equal ones that the line stands for, at least 1 */
	struct slice text;
	struct fact_line *lines;
};

/* a client that a DNS blocklist names, in a line of its own (Postfix dnsblog): it may be let in all the same */
struct blocklisting {
	usec_t time_us;
	int32_t utc_offset_sec;
	struct slice server;
	enum writer writer;
	struct slice client_ip, list;
};

/* health: panics, limits, configuration, restarts ... */
struct health {
	usec_t time_us;
	int32_t utc_offset_sec;
	struct slice server;
	enum writer writer;
	struct slice program;
	enum severity severity;
	enum notice category;
	struct slice queue_id;
	int64_t count;             /* equal notices that the line stands for, at least 1 */
	struct slice text;
};

/* Who receives facts.  A callback may be NULL. */
struct fact_sink {
	void *ctx;
	void (*message)(void *ctx, const struct message *m);
	/* It will probably be told soon: a hint, to fetch what its names lead to.  It may still change, or vanish; a text that it
	   still has when it is told is the same as now. */
	void (*soon)(void *ctx, const struct message *m);
	void (*rejection)(void *ctx, const struct rejection *r);
	void (*login)(void *ctx, const struct login *l);
	void (*session)(void *ctx, const struct session *s);
	void (*tls_failure)(void *ctx, const struct tls_failure *f);
	void (*health)(void *ctx, const struct health *h);
	void (*oddity)(void *ctx, const struct oddity *o);
	void (*listing)(void *ctx, const struct blocklisting *l);
	/* of no message that is still open; it may belong to one that was told before.  Without DETAIL_MAILBOX: everything,
	   messages hold no more of it than what was sent on, and from where the owner came is not looked up. */
	void (*mailbox)(void *ctx, const struct mailbox_action *a);
};

#endif
