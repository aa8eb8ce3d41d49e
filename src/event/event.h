/* SPDX-License-Identifier: Apache-2.0 */
/*
 * event.h - the vocabulary of lines: what one record says
 *
 * One record, one event.  Parsers fill it, the tracker reads it.  All slices point into the record (or
 * into constants): copy what you keep.  Start with event_init(): it sets every field to "not told".
 */
#ifndef EVENT_EVENT_H
#define EVENT_EVENT_H

#include <stdint.h>

#include "base/json.h"
#include "base/slice.h"
#include "base/usec.h"
#include "event/line.h"

/* DESIGN section 3 says what each kind means. */
#define EVENT_KINDS(X) /* id, name, help */ \
	X(EV_CONNECT, "connect", "a session begins") \
	X(EV_DISCONNECT, "disconnect", "a session ends") \
	X(EV_ACCEPT, "accept", "reception began or was completed") \
	X(EV_QUEUED, "queued", "sender, size, number of recipients of a queued message") \
	X(EV_HEADER, "header", "Message-ID or subject became known") \
	X(EV_ATTEMPT, "attempt", "one try for one recipient") \
	X(EV_LINK, "link", "this queue id became, caused or is that one") \
	X(EV_HOLD, "hold", "frozen or put on hold") \
	X(EV_RELEASE, "release", "thawed or released from hold") \
	X(EV_DONE, "done", "left the queue") \
	X(EV_REJECT, "reject", "refused before acceptance") \
	X(EV_AUTH, "auth", "a login, good or bad") \
	X(EV_TLS, "tls", "a handshake that worked or failed") \
	X(EV_VERDICT, "verdict", "a filter's word") \
	X(EV_MAILBOX, "mailbox", "stored, moved, deleted in a folder") \
	X(EV_NOTICE, "notice", "health, with a category") \
	X(EV_OTHER, "other", "a mail program's line that no rule knows") \
	X(EV_FOREIGN, "foreign", "a line of no mail program") \
	X(EV_MALFORMED, "malformed", "a mail program's line that is broken")

enum event_kind {
#define X(id, name, help) id,
	EVENT_KINDS(X)
#undef X
	EVENT_KIND_COUNT
};

#define OUTCOMES(X) /* id, name: what matters most to the user comes first */ \
	X(OUTCOME_NONE, "none") \
	X(OUTCOME_DELIVERED, "delivered")   /* into a mailbox, file or program */ \
	X(OUTCOME_RELAYED, "relayed")       /* the next server took it */ \
	X(OUTCOME_BOUNCED, "bounced")       /* failed for good */ \
	X(OUTCOME_EXPIRED, "expired")       /* given up after temporary failures */ \
	X(OUTCOME_REJECTED, "rejected")     /* refused in the SMTP dialogue */ \
	X(OUTCOME_DISCARDED, "discarded")   /* thrown away silently */ \
	X(OUTCOME_REMOVED, "removed")       /* by an administrator */ \
	X(OUTCOME_HELD, "held")             /* frozen, on hold */ \
	X(OUTCOME_DEFERRED, "deferred")     /* will be tried again */ \
	X(OUTCOME_EXPANDED, "expanded")     /* alias, forward, or handed on inside this server */ \
	X(OUTCOME_PENDING, "pending")       /* nothing seen yet */

enum outcome {
#define X(id, name) id,
	OUTCOMES(X)
#undef X
	OUTCOME_COUNT
};

#define RELATIONS(X) /* id, name: related_queue_id is ... of queue_id */ \
	X(RELATION_NONE, "none") \
	X(RELATION_BOUNCE, "bounce")                   /* a non-delivery notification about it */ \
	X(RELATION_DELAY_NOTICE, "delay_notice")       /* a delay warning about it */ \
	X(RELATION_SUCCESS_NOTICE, "success_notice")   /* a delivery status notification (success, -v) */ \
	X(RELATION_POSTMASTER_NOTICE, "postmaster_notice") \
	X(RELATION_FORWARD, "forward")                 /* alias or .forward under a new queue id */ \
	X(RELATION_FILTER, "filter")                   /* came back from a content filter */ \
	X(RELATION_HANDOFF, "handoff")                 /* the next server's id */ \
	X(RELATION_REQUEUE, "requeue")                 /* postsuper -r */

enum relation {
#define X(id, name) id,
	RELATIONS(X)
#undef X
	RELATION_COUNT
};

#define SEVERITIES(X) \
	X(SEVERITY_NONE, "none") \
	X(SEVERITY_DEBUG, "debug") \
	X(SEVERITY_INFO, "info") \
	X(SEVERITY_WARNING, "warning") \
	X(SEVERITY_ERROR, "error") \
	X(SEVERITY_FATAL, "fatal") \
	X(SEVERITY_PANIC, "panic")

enum severity {
#define X(id, name) id,
	SEVERITIES(X)
#undef X
	SEVERITY_COUNT
};

#define NOTICES(X) /* id, name, help */ \
	X(NOTICE_NONE, "none", "no category: such a line counts as other") \
	X(NOTICE_START, "start", "a program started") \
	X(NOTICE_STOP, "stop", "a program stopped") \
	X(NOTICE_RELOAD, "reload", "configuration or tables were read again") \
	X(NOTICE_QUEUE_RUN, "queue_run", "a queue run began or ended") \
	X(NOTICE_QUEUE, "queue", "state of the queue or of a queued message") \
	X(NOTICE_CONFIG, "config", "a mistake in the configuration, or a default that was used") \
	X(NOTICE_DISK, "disk", "disk full, I/O errors") \
	X(NOTICE_SPOOL, "spool", "damaged or locked spool files") \
	X(NOTICE_PERMISSION, "permission", "ownership and access rights") \
	X(NOTICE_LIMIT, "limit", "a limit of connections, rates, processes, recipients was reached") \
	X(NOTICE_LOOKUP, "lookup", "databases and tables: maps, LDAP, SQL, userdb") \
	X(NOTICE_DNS, "dns", "names, addresses, MX, PTR") \
	X(NOTICE_TLS, "tls", "TLS beside a handshake: certificates, libraries, policies") \
	X(NOTICE_AUTH, "auth", "authentication beside a login: back ends, mechanisms") \
	X(NOTICE_FILTER, "filter", "milters, policy services, proxies, scanners") \
	X(NOTICE_PROTOCOL, "protocol", "SMTP syntax, synchronisation, odd commands") \
	X(NOTICE_CONNECTION, "connection", "lost connections, timeouts") \
	X(NOTICE_REMOTE, "remote", "one failed try at one host; the recipient's fate comes later") \
	X(NOTICE_DELIVERY, "delivery", "words beside a delivery") \
	X(NOTICE_REWRITE, "rewrite", "addresses or headers were changed") \
	X(NOTICE_ACL, "acl", "the site's own access rules speak: warnings, matched headers") \
	X(NOTICE_COMMAND, "command", "a command was run (Exim cwd=)") \
	X(NOTICE_STATISTICS, "statistics", "figures that the program keeps of itself") \
	X(NOTICE_CACHE, "cache", "caches cleaned or broken") \
	X(NOTICE_PROCESS, "process", "child processes: exit, signal, throttling") \
	X(NOTICE_PANIC, "panic", "the program calls it its own bug") \
	X(NOTICE_CLOCK, "clock", "time stamps in the future, clock steps") \
	X(NOTICE_ADMIN, "admin", "an administrator's action") \
	X(NOTICE_LOGGING, "logging", "lines lost or cut by the logging itself") \
	X(NOTICE_SESSION, "session", "other words about a session")

enum notice {
#define X(id, name, help) id,
	NOTICES(X)
#undef X
	NOTICE_COUNT
};

#define WRITERS(X) /* id, name */ \
	X(WRITER_NONE, "none") \
	X(WRITER_EXIM, "exim") \
	X(WRITER_POSTFIX, "postfix") \
	X(WRITER_DOVECOT, "dovecot") \
	X(WRITER_SENDMAIL, "sendmail") \
	X(WRITER_AMAVIS, "amavis") \
	X(WRITER_SPAMD, "spamd") \
	X(WRITER_RSPAMD, "rspamd") \
	X(WRITER_OPENDKIM, "opendkim") \
	X(WRITER_OPENDMARC, "opendmarc") \
	X(WRITER_OPENARC, "openarc") \
	X(WRITER_POLICYD_SPF, "policyd_spf") \
	X(WRITER_POSTGREY, "postgrey") \
	X(WRITER_MILTER_GREYLIST, "milter_greylist") \
	X(WRITER_CLAMAV_MILTER, "clamav_milter") \
	X(WRITER_CLAMD, "clamd") \
	X(WRITER_SPAMASS_MILTER, "spamass_milter") \
	X(WRITER_SASLAUTHD, "saslauthd") \
	X(WRITER_PAM, "pam") \
	X(WRITER_MIMEDEFANG, "mimedefang") \
	X(WRITER_MAILSCANNER, "mailscanner") \
	X(WRITER_SQLGREY, "sqlgrey") \
	X(WRITER_COURIER, "courier") \
	X(WRITER_PLESK, "plesk") \
	X(WRITER_EXCHANGE, "exchange") \
	X(WRITER_LOGGING, "logging") /* syslog daemons and the journal, where lines of mail programs were lost */ \
	X(WRITER_SMARTERMAIL, "smartermail") \
	X(WRITER_POLICYD, "policyd") \
	X(WRITER_POSTSRSD, "postsrsd") \
	X(WRITER_PMG, "pmg") \
	X(WRITER_OPENSMTPD, "opensmtpd") \
	X(WRITER_MAIL, "mail") /* another mail program, known by name only: its lines are "other" */

enum writer {
#define X(id, name) id,
	WRITERS(X)
#undef X
	WRITER_COUNT
};

/* What an event says beside its fields; shown in JSON as an array "marks". */
#define EVENT_MARKS(X) /* id, bit, name, help */ \
	X(MARK_TEMPORARY, 0, "temporary", "a 4xx refusal, or a failure that waiting may help") \
	X(MARK_PROBE, 1, "probe", "address verification, no mail") \
	X(MARK_NO_ATTEMPT, 2, "no_attempt", "a deferral without a try (retry time not reached, destination suspended)") \
	X(MARK_LOCAL, 3, "local", "submitted or delivered on this machine: pickup, U=, mailbox, file, program") \
	X(MARK_EVIDENCE, 4, "evidence", "supports another line (dovecot: auth:), no login of its own") \
	X(MARK_LAST, 5, "last", "the message ends with this line although it is no done") \
	X(MARK_FAKE_REFUSAL, 6, "fake_refusal", "accepted although the client was told otherwise (Exim (=)") \
	X(MARK_REUSED, 7, "reused", "over a connection that was already open") \
	X(MARK_POLICY_HOLD, 8, "policy_hold", "held by a rule on arrival, not by an administrator") \
	X(MARK_PROXIED, 9, "proxied", "seen by a before-queue proxy; the message has its id elsewhere") \
	X(MARK_DEFERRED_ALL, 10, "all_recipients", "speaks of all recipients without a final outcome") \
	X(MARK_ORIGINATING, 11, "originating", "the writer says that the message comes from inside (Exchange)") \
	X(MARK_INCOMING, 12, "incoming", "the writer says that the message comes from outside (Exchange)") \
	X(MARK_CONTINUED, 13, "continued", "cut by its writer, goes on in a later record (amavis)")

enum event_mark {
#define X(id, bit, name, help) id = 1 << bit,
	EVENT_MARKS(X)
#undef X
};

#define FIELD_C_TEXT          struct slice
#define FIELD_C_INT           int64_t
#define FIELD_C_SECONDS       usec_t
#define FIELD_C_BOOL          int8_t
#define FIELD_C_ENUM_RELATION enum relation
#define FIELD_C_ENUM_OUTCOME  enum outcome
#define FIELD_C_ENUM_SEVERITY enum severity
#define FIELD_C_ENUM_NOTICE   enum notice

/* A field is a text, a number or a small one: FIELD_TEXT_x() of a text is its argument, else nothing. */
#define FIELD_TEXT_TEXT(...) __VA_ARGS__
#define FIELD_TEXT_INT(...)
#define FIELD_TEXT_SECONDS(...)
#define FIELD_TEXT_BOOL(...)
#define FIELD_TEXT_ENUM_RELATION(...)
#define FIELD_TEXT_ENUM_OUTCOME(...)
#define FIELD_TEXT_ENUM_SEVERITY(...)
#define FIELD_TEXT_ENUM_NOTICE(...)

#define FIELD_NUMBER_TEXT(...)
#define FIELD_NUMBER_INT(...)     __VA_ARGS__
#define FIELD_NUMBER_SECONDS(...) __VA_ARGS__
#define FIELD_NUMBER_BOOL(...)
#define FIELD_NUMBER_ENUM_RELATION(...)
#define FIELD_NUMBER_ENUM_OUTCOME(...)
#define FIELD_NUMBER_ENUM_SEVERITY(...)
#define FIELD_NUMBER_ENUM_NOTICE(...)

#define FIELD_SMALL_TEXT(...)
#define FIELD_SMALL_INT(...)
#define FIELD_SMALL_SECONDS(...)
#define FIELD_SMALL_BOOL(...)          __VA_ARGS__
#define FIELD_SMALL_ENUM_RELATION(...) __VA_ARGS__
#define FIELD_SMALL_ENUM_OUTCOME(...)  __VA_ARGS__
#define FIELD_SMALL_ENUM_SEVERITY(...) __VA_ARGS__
#define FIELD_SMALL_ENUM_NOTICE(...)   __VA_ARGS__

/* what a field is that is not told */
#define FIELD_NONE_TEXT          slice_none
#define FIELD_NONE_INT           -1
#define FIELD_NONE_SECONDS       -1
#define FIELD_NONE_BOOL          -1
#define FIELD_NONE_ENUM_RELATION RELATION_NONE
#define FIELD_NONE_ENUM_OUTCOME  OUTCOME_NONE
#define FIELD_NONE_ENUM_SEVERITY SEVERITY_NONE
#define FIELD_NONE_ENUM_NOTICE   NOTICE_NONE

/* Fields of one sort lie together, in the order of fields.def: they are cleared in one go. */
struct event {
	enum event_kind kind;
	enum writer writer; /* set by parse_line() */
	uint32_t marks;     /* enum event_mark */
#define F(type, name, help) FIELD_SMALL_##type(FIELD_C_##type name;)
#include "event/fields.def"
#undef F
#define F(type, name, help) FIELD_TEXT_##type(FIELD_C_##type name;)
#include "event/fields.def"
#undef F
#define F(type, name, help) FIELD_NUMBER_##type(FIELD_C_##type name;)
#include "event/fields.def"
#undef F
};

/* every field "not told", the given kind */
void event_init(struct event *e, enum event_kind kind);

const char *event_kind_name(enum event_kind k);
const char *outcome_name(enum outcome o);
const char *relation_name(enum relation r);
const char *severity_name(enum severity s);
const char *notice_name(enum notice n);
const char *writer_name(enum writer w);
/* the enum of a name; false if there is none */
bool outcome_parse(struct slice name, enum outcome *ret);
bool writer_parse(struct slice name, enum writer *ret);

/* the members of an event as JSON keys: "event", "marks" and every field that is told */
void event_json(struct json *j, const struct event *e);
/* the same as "kind field=value field=value", one line, for golden files; values are quoted as in JSON */
void event_text(struct strbuf *out, const struct event *e);

#endif
