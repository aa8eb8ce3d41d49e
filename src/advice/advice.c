/* SPDX-License-Identifier: Apache-2.0 */
/*
 * advice.c - counting what lines tell and what they leave out; the rows are data/advice.def
 */
#include "advice/advice.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/attr.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/strbuf.h"
#include "event/queue_id.h"

#define SHORT_IDS     ((size_t)1 << 15)  /* recent short queue ids that are remembered, by their hash */
#define ROTATION_DAYS 7                  /* logs that reach back less far are too short for most questions */
#define ROTATION_FILES 3                 /* so many files, and nobody says that the server is new */

/* what is counted, in physical lines */
#define COUNTERS(X)                                                                           \
	X(NOTHING)                                                                            \
	X(EXIM_ARRIVALS) X(EXIM_SUBJECTS) X(EXIM_RECIPIENTS)                                  \
	X(EXIM_REMOTE_ARRIVALS) X(EXIM_CLIENT_PORTS) X(EXIM_LOCAL_IPS) X(EXIM_CONNECTS)       \
	X(EXIM_TLS_ARRIVALS) X(EXIM_CIPHERS)                                                  \
	X(EXIM_DELIVERIES) X(EXIM_SENDERS) X(EXIM_DELAYS) X(EXIM_RELAYED) X(EXIM_REPLIES)     \
	X(EXIM_FRACTIONS)                                                      \
	X(DOVECOT_SESSIONS) X(DOVECOT_MAIL_LOG)                                               \
	X(POSTFIX_ARRIVALS) X(POSTFIX_SUBJECTS) X(POSTFIX_REPEATED_IDS)                       \
	X(POSTFIX_STARTTLS) X(POSTFIX_SERVER_TLS) X(POSTFIX_RELAYED) X(POSTFIX_CLIENT_TLS)    \
	X(YEARLESS) X(RSYSLOG_LOST) X(JOURNALD_LOST)                                          \
	X(SENDMAIL_ARRIVALS) X(SENDMAIL_DELIVERIES)                                           \
	X(EXCHANGE_ARRIVALS) X(EXCHANGE_SUBJECTS) X(EXCHANGE_RECEIVED) X(EXCHANGE_PROTOCOL)

enum counter {
#define X(id) id,
	COUNTERS(X)
#undef X
	COUNTER_COUNT
};

enum group {
#define GROUP(id, begin, end, where, optional) GROUP_##id,
#define LACKS(...)
#define SHOWS(...)
#include "data/advice.def"
#undef GROUP
	GROUP_COUNT
};

static const struct {
	const char *name, *begin, *end, *where;
	bool optional;
} GROUPS[] = {
#define GROUP(id, begin, end, where, optional) { #id, begin, end, where, optional },
#include "data/advice.def"
#undef GROUP
};
#undef LACKS
#undef SHOWS

struct row {
	const char *id;
	enum group group;
	enum counter seen, told;
	uint64_t min;
	const char *word, *missing, *why;
};

static const struct row ROWS[] = {
#define GROUP(...)
#define LACKS(id, group, seen, told, min, word, missing, why) \
	{ id, GROUP_##group, seen, told, min, word, missing, why },
#define SHOWS(id, group, seen, min, word, missing, why) { id, GROUP_##group, seen, NOTHING, min, word, missing, why },
#include "data/advice.def"
#undef GROUP
#undef LACKS
#undef SHOWS
};

/* what one server's lines in one log were counted as */
struct server {
	struct slice key;    /* number of the set, name */
	struct slice name;
	uint32_t set;
	struct slice log;    /* once advice_log() tells it */
	uint64_t counts[COUNTER_COUNT];
	uint32_t *short_ids; /* SHORT_IDS hashes, by their low bits; NULL: no short id was seen */
};

struct advice {
	struct arena arena;
	struct map by_key;
	struct strbuf key;
	struct server *servers[ADVICE_SERVERS_MAX];
	size_t n_servers;
	struct server *last;
	struct advice_item *items;
	size_t n_items, cap_items;
	/* writers that this build may not have; WRITER_NONE then */
	enum writer sendmail, exchange;
};

static enum writer writer_called(struct slice name)
{
	enum writer w = WRITER_NONE;

	return writer_parse(name, &w) ? w : WRITER_NONE;
}

struct advice *advice_new(void)
{
	struct advice *a = xcalloc(1, sizeof *a);

	a->sendmail = writer_called(SLICE("sendmail"));
	a->exchange = writer_called(SLICE("exchange"));
	return a;
}

void advice_free(struct advice *a)
{
	if (!a)
		return;
	for (size_t i = 0; i < a->n_servers; i++)
		free(a->servers[i]->short_ids);
	map_done(&a->by_key);
	strbuf_done(&a->key);
	arena_clear(&a->arena);
	free(a->items);
	free(a);
}

/* NULL: too many */
static struct server *server_of(struct advice *a, const struct line *l)
{
	struct server *s = a->last;

	if (s && s->set == l->set && slice_eq(s->name, l->server))
		return s;
	strbuf_clear(&a->key);
	strbuf_add(&a->key, slice_of((const char *)&l->set, sizeof l->set));
	strbuf_add(&a->key, l->server);
	s = map_get(&a->by_key, strbuf_slice(&a->key));
	if (!s && a->n_servers < ADVICE_SERVERS_MAX) {
		s = arena_alloc(&a->arena, sizeof *s);
		s->key = arena_copy(&a->arena, strbuf_slice(&a->key));
		s->name = slice_from(s->key, sizeof l->set);
		s->set = l->set;
		(void)map_put(&a->by_key, s->key, s);
		a->servers[a->n_servers++] = s;
	}
	a->last = s;
	return s;
}

static void count(struct server *s, enum counter c, bool yes)
{
	s->counts[c] += yes;
}

/* --- the writers -------------------------------------------------------------------------------------- */

/* P=esmtps, esmtpsa, smtps; the parser gives the variant in small letters */
static bool is_tls_protocol(struct slice protocol)
{
	return slice_ends(protocol, "s") || slice_ends(protocol, "sa");
}

static void count_exim(struct server *s, const struct line *l, const struct event *e)
{
	bool remote = e->client_ip.p != NULL;

	count(s, EXIM_FRACTIONS, l->time_us != USEC_NONE && l->time_us % USEC_PER_SEC != 0);
	count(s, EXIM_CONNECTS, e->kind == EV_CONNECT);
	if (e->kind == EV_ACCEPT) {
		count(s, EXIM_ARRIVALS, true);
		count(s, EXIM_SUBJECTS, e->subject.p);
		count(s, EXIM_RECIPIENTS, e->recipients.p);
		count(s, EXIM_REMOTE_ARRIVALS, remote);
		count(s, EXIM_CLIENT_PORTS, remote && e->client_port != -1);
		count(s, EXIM_LOCAL_IPS, remote && e->local_ip.p);
		count(s, EXIM_TLS_ARRIVALS, remote && is_tls_protocol(e->protocol));
		count(s, EXIM_CIPHERS, e->tls_version.p || e->tls_cipher.p);
	}
	if (e->kind == EV_ATTEMPT && (e->outcome == OUTCOME_DELIVERED || e->outcome == OUTCOME_RELAYED)) {
		count(s, EXIM_DELIVERIES, true);
		count(s, EXIM_SENDERS, e->sender.p);
		count(s, EXIM_DELAYS, e->delay_s != -1 || e->delay_transmit_s != -1);
		count(s, EXIM_RELAYED, e->outcome == OUTCOME_RELAYED && e->relay_ip.p);
		count(s, EXIM_REPLIES, e->reply.p);
	}
}

/* what only the plugin writes: deliveries have lines without it */
static bool is_mail_log(struct slice action)
{
	return slice_is(action, "delete") || slice_is(action, "undelete") || slice_is(action, "expunge") ||
	       slice_is(action, "copy") || slice_is(action, "flag_change") || slice_is(action, "save") ||
	       slice_ends(action, "_folder");
}

static void count_dovecot(struct server *s, const struct line *l, const struct event *e)
{
	count(s, DOVECOT_SESSIONS, e->kind == EV_DISCONNECT &&
					   (slice_starts(l->text, "imap(") || slice_starts(l->text, "pop3(")));
	count(s, DOVECOT_MAIL_LOG, e->kind == EV_MAILBOX && is_mail_log(e->action));
}

/* The short queue id of a new mail, was it another one's?  The newest of those with equal low bits is remembered. */
static bool is_repeated(struct server *s, struct slice queue_id)
{
	uint64_t h = hash_slice(queue_id);
	uint32_t mark = (uint32_t)(h >> 32) | 1, *slot;
	usec_t arrived;
	bool repeated;

	if (!queue_id_is_postfix(queue_id) || queue_id_postfix_time(queue_id, &arrived))
		return false;
	if (!s->short_ids)
		s->short_ids = xcalloc(SHORT_IDS, sizeof *s->short_ids);
	slot = &s->short_ids[h & (SHORT_IDS - 1)];
	repeated = *slot == mark;
	*slot = mark;
	return repeated;
}

static void count_postfix(struct server *s, const struct line *l, const struct event *e)
{
	bool server = slice_ends(l->program, "/smtpd");

	count(s, POSTFIX_SUBJECTS, e->subject.p);
	if (e->kind == EV_ACCEPT) {
		count(s, POSTFIX_ARRIVALS, true);
		count(s, POSTFIX_REPEATED_IDS, e->queue_id.p && !(e->marks & MARK_PROXIED) && is_repeated(s, e->queue_id));
	}
	if (e->kind == EV_DISCONNECT && server)
		count(s, POSTFIX_STARTTLS, slice_find(e->commands, SLICE("starttls=")) < e->commands.n);
	if (e->kind == EV_TLS)
		count(s, server ? POSTFIX_SERVER_TLS : POSTFIX_CLIENT_TLS, true);
	if (e->kind == EV_ATTEMPT && e->outcome == OUTCOME_RELAYED && slice_ends(l->program, "/smtp")) {
		count(s, POSTFIX_RELAYED, e->relay_ip.p);
		count(s, POSTFIX_CLIENT_TLS, e->tls_policy.p || e->tls_version.p);
	}
}

static void count_sendmail(struct server *s, const struct event *e)
{
	count(s, SENDMAIL_ARRIVALS, e->kind == EV_ACCEPT || e->kind == EV_QUEUED);
	count(s, SENDMAIL_DELIVERIES, e->kind == EV_ATTEMPT);
}

/* Sessions are in the protocol logs only. */
static void count_exchange(struct server *s, const struct event *e)
{
	count(s, EXCHANGE_ARRIVALS, e->kind == EV_ACCEPT);
	count(s, EXCHANGE_SUBJECTS, e->kind == EV_ACCEPT && e->subject.p && e->subject.n);
	count(s, EXCHANGE_RECEIVED, e->kind == EV_ACCEPT && e->client_ip.p);
	count(s, EXCHANGE_PROTOCOL, e->kind == EV_CONNECT || e->kind == EV_DISCONNECT || e->kind == EV_AUTH);
}

/* rsyslog runtime/ratelimit.c, systemd src/journal/journald-rate-limit.c */
static void count_syslog(struct server *s, const struct line *l)
{
	if (slice_is(l->program, "rsyslogd"))
		count(s, RSYSLOG_LOST, slice_find(l->text, SLICE("rate-limiting")) < l->text.n &&
					       (slice_find(l->text, SLICE("begin to drop messages")) < l->text.n ||
						slice_find(l->text, SLICE(" lost ")) < l->text.n));
	else if (slice_is(l->program, "systemd-journald"))
		count(s, JOURNALD_LOST, slice_starts(l->text, "Suppressed ") &&
						slice_find(l->text, SLICE(" messages from ")) < l->text.n);
}

void advice_line(struct advice *a, const struct line *l, const struct event *e)
{
	struct server *s = server_of(a, l);

	if (!s)
		return;
	if (e->writer == WRITER_EXIM)
		count_exim(s, l, e);
	else if (e->writer == WRITER_DOVECOT)
		count_dovecot(s, l, e);
	else if (e->writer == WRITER_POSTFIX)
		count_postfix(s, l, e);
	else if (e->writer != WRITER_NONE && e->writer == a->sendmail)
		count_sendmail(s, e);
	else if (e->writer != WRITER_NONE && e->writer == a->exchange)
		count_exchange(s, e);
	else if (l->program.p)
		count_syslog(s, l);
	count(s, YEARLESS, e->kind != EV_FOREIGN && l->envelope == ENVELOPE_RFC3164 && l->flags & LINE_YEAR_GUESSED);
}

/* --- the answer --------------------------------------------------------------------------------------- */

static struct advice_item *add_item(struct advice *a, const struct advice_item *item)
{
	a->items = vec_grow(a->items, a->n_items, &a->cap_items, sizeof *a->items);
	a->items[a->n_items] = *item;
	return &a->items[a->n_items++];
}

void advice_log(struct advice *a, const struct advice_log *log)
{
	struct strbuf why = { 0 };
	usec_t span = log->last_us - log->first_us;

	for (size_t i = 0; i < a->n_servers; i++)
		if (a->servers[i]->set == log->set)
			a->servers[i]->log = arena_copy(&a->arena, log->name);
	if (log->n_rotated + 1 < ROTATION_FILES || log->first_us == USEC_NONE || span >= ROTATION_DAYS * USEC_PER_DAY)
		return;
	strbuf_printf(&why, "%zu files hold %lld days and %lld hours; most questions come later than that.", log->n_files,
		      (long long)(span / USEC_PER_DAY), (long long)(span % USEC_PER_DAY / USEC_PER_HOUR));
	add_item(a, &(struct advice_item){
			    .id = "rotation",
			    .server = arena_copy(&a->arena, log->server),
			    .log = arena_copy(&a->arena, log->name),
			    .lines = log->n_files,
			    .missing = "a week of logs",
			    .why = arena_copy(&a->arena, slice_of(why.p, why.n + 1)).p,
			    .config = GROUPS[GROUP_rotation].begin,
			    .where = GROUPS[GROUP_rotation].where,
		    });
	strbuf_done(&why);
}

static bool speaks(const struct row *r, const struct server *s)
{
	return s->counts[r->seen] >= r->min && s->counts[r->told] == 0;
}

/* the words of all rows of the group that speak, in one line of configuration */
static const char *config_of(struct advice *a, const struct server *s, enum group group)
{
	struct strbuf sb = { 0 };
	const char *ret;

	strbuf_add_str(&sb, GROUPS[group].begin);
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
		if (ROWS[i].group != group || !ROWS[i].word[0] || !speaks(&ROWS[i], s))
			continue;
		strbuf_add_byte(&sb, ' ');
		strbuf_add_str(&sb, ROWS[i].word);
	}
	strbuf_add_str(&sb, GROUPS[group].end);
	ret = arena_copy(&a->arena, slice_of(sb.p, sb.n + 1)).p;
	strbuf_done(&sb);
	return ret;
}

static void add_items(struct advice *a, const struct server *s)
{
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
		const struct row *r = &ROWS[i];

		if (!speaks(r, s))
			continue;
		add_item(a, &(struct advice_item){
				    .id = r->id,
				    .group = GROUPS[r->group].name,
				    .server = s->name,
				    .log = s->log,
				    .lines = s->counts[r->seen],
				    .missing = r->missing,
				    .why = r->why,
				    .config = config_of(a, s, r->group),
				    .where = GROUPS[r->group].where,
				    .optional = GROUPS[r->group].optional,
			    });
	}
}

size_t advice_items(struct advice *a, const struct advice_item **ret)
{
	for (size_t i = 0; i < a->n_servers; i++)
		add_items(a, a->servers[i]);
	*ret = a->items;
	return a->n_items;
}
