/* SPDX-License-Identifier: Apache-2.0 */
/*
 * track_priv.h - what the files of the tracker share
 */
#ifndef TRACK_TRACK_PRIV_H
#define TRACK_TRACK_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/intern.h"
#include "base/map.h"
#include "track/track.h"

#define QUEUE_ID_MAX_BYTES 64 /* longer ids are not tracked */
#define MAX_VERDICTS      100 /* of one message */
#define MANY_RECIPIENTS   16 /* from here on a message's recipients are found through a map */
#define SHORT_ID_BYTES    16 /* ids of half as many to as many bytes, as most are, are two words */

/* What the life of an open message waits for: each list is ordered by the last word, oldest first. */
enum wait_list {
	WAIT_BRIEF,   /* never became a queued message so far: refused, or reception under way */
	WAIT_QUEUED,  /* in the queue */
	WAIT_LINGER,  /* finished: late words may still come */
	WAIT_SETTLED, /* all known recipients have their outcomes; others may turn up (Sendmail) */
	WAIT_LIST_COUNT
};

struct smtp_session;
struct delivery;

/* a place in a wait list, which is a ring around its head */
struct wait_link {
	struct wait_link *prev, *next;
};

#define FIRST_BYTES 768 /* texts, recipients and attempts of a usual message */

/* An open message: the fact as it grows, and what only the tracker knows. */
struct open_message {
	struct wait_link wait;      /* first: the list's links point here */
	struct open_message *id_next; /* in its chain of open_table.c; of free ones: the next */
	uint64_t id_hash;           /* of the queue id */
	char id[SHORT_ID_BYTES];    /* the queue id itself if it is a short one */
	sym_t server, instance;
	usec_t touched_us;
	enum wait_list list;
	int8_t ours;                /* came from us: as the parent's; -1: judge by the client */
	struct arena arena;         /* all that m points to; its first bytes are `first` */
	struct message m;
	/* from m.generation on all is cleared, up to `first` */
	bool accepted;              /* an accept event was seen */
	bool queued;                /* it is, or was, a queued message: queued, header, attempt, Exim <= */
	bool done, rejected, held, cancelled, session_over;
	bool moved_on;              /* requeued under another id */
	bool announced;             /* the sink knows that it comes soon */
	bool names_next;            /* a try names the next hop's queue id */
	bool redirected;            /* a mailbox's script sent it on: see mailbox.c */
	bool told_end;              /* Sendmail: a line said that it ended; else that was concluded */
	struct delivery *deliveries; /* that are known to be of it; mailbox.c */
	struct delivery *joined;    /* whose actions m.mailbox holds */
	struct smtp_session *session;
	struct recipient *last_recipient;
	uint64_t message_id_hash;   /* 0 while in no bucket */
	struct open_message *bucket_prev, *bucket_next; /* in by_message_id, newest first */
	struct message_link *last_parent, *last_child;
	uint32_t n_verdicts;
	struct ruling *rulings;     /* verdict.c */
	struct fact_line *last_line;
	struct map by_recipient;    /* used from MANY_RECIPIENTS on */
	struct recipient *unsettled; /* exchange.c: those before it have their final outcomes */
	struct sendmail_message *sendmail; /* sendmail.c; in the arena, NULL: nothing to remember */
	struct slice context_recipient; /* one recipient, named by a header check's context */
	max_align_t first[FIRST_BYTES / sizeof(max_align_t)];
};

/* Open messages by queue id, or by Message-ID: see open_table.c. */
struct open_table {
	struct open_message **buckets;
	size_t n, cap;              /* messages; buckets, a power of two */
};

/* A transaction that a rule throws away (Postfix NOQUEUE: discard). */
struct session_discard {
	struct fact_line at;
	char sender[256], recipient[256], reason[256];
	uint16_t sender_n, recipient_n, reason_n;
};

/* An SMTP session of a daemon process that serves one client at a time (Postfix). */
struct smtp_session {
	sym_t server;               /* with pid and program: the session's key */
	int64_t pid;
	uint32_t program_no, server_no; /* as the lines number them, 0: they do not */
	uint16_t program_n;         /* 0: it has a number */
	uint16_t client_ip_n, tls_version_n, user_n;
	usec_t begin_us;
	uint32_t logins, failures;  /* emitted so far */
	struct session_discard *discarding; /* a rule throws the transaction away; its message has no id yet */
	struct open_message *current;
	struct smtp_session *prev, *next; /* by begin, oldest first */
	struct smtp_session *bucket_next;
	char program[64];           /* from here on only the first program_n, ..., bytes are set */
	char client_ip[48], tls_version[16], user[256];
};

/* The TLS of a delivery agent's connection: it is logged before the deliveries that use it. */
struct outgoing_tls {
	int64_t pid;
	sym_t server;
	usec_t time_us;
	uint8_t ip_n, version_n, cipher_n;
	int8_t verified;
	char ip[46], version[16], cipher[64];
};

struct evidence;    /* login.c */
struct seen_line;   /* repeat.c */

struct repeats {
	struct seen_line *ring;
	uint32_t *buckets;
	size_t head, n;
	uint64_t last_syslog_hash;
};

struct logins {
	struct evidence *ring;
	size_t head, n;
	struct recent_login *recent;
	size_t recent_head, recent_n;
	size_t n_below;         /* of the evidence, told by password daemons and PAM */
};

struct tracker {
	struct tracker_options o;
	struct fact_sink sink;
	struct arena_pool pool;
	struct intern names;            /* servers, instances */
	sym_t server_by_no[LINE_NUMBERS];   /* by the lines' numbers; SYM_NONE: not seen yet */
	sym_t instance_by_no[LINE_NUMBERS]; /* the same; SYM_OTHER: the program has none */
	struct slice last_server, last_instance; /* for lines without numbers: names of the table */
	sym_t last_server_sym, last_instance_sym;
	sym_t first_server;
	bool several_servers;
	struct open_table open;
	struct wait_link waits[WAIT_LIST_COUNT];
	size_t n_waiting[WAIT_LIST_COUNT];
	usec_t shortest_life[WAIT_LIST_COUNT]; /* none in the list has to leave sooner after its last word */
	struct open_table by_message_id; /* only mail that comes back is looked up here */
	struct open_message *free_messages;
	struct intern local_domains;    /* symbols from 2 on are local domains */
	uint64_t local_bits[512 / 64];  /* of those: what has no bit here is none of them */
	struct slice learnt[4];         /* local domains learnt lately: names of that table */
	uint32_t next_learnt;
	bool exim_tells_sessions;       /* log_selector has +smtp_connection: every session shows its end */
	struct smtp_session *sessions[1024]; /* buckets by pid */
	size_t n_sessions;
	struct smtp_session *sessions_head, *sessions_tail, *free_sessions;
	struct logins logins;
	struct repeats repeats;
	struct discards {
		struct discard *ring;   /* discard.c */
		size_t head, n;
	} discards;
	struct {
		struct mailbox_store *store;  /* mailbox.c */
		struct mailbox_login *logins; /* mailbox_later.c; NULL: none yet */
		size_t n;                     /* deliveries that wait for the MTA's word */
		bool seen;                    /* there was a delivery */
		uint64_t redirects;           /* messages that scripts sent on, so far */
		uint64_t tells_expunges;      /* a bit for each service of a server that tells deletions one by one */
	} mailboxes;
	struct client_session *opensmtpd; /* opensmtpd.c; NULL: no line of it was seen */
	struct smartermail *smartermail; /* smartermail.c; NULL: no line of it was seen */
	struct exchange *exchange;      /* exchange.c; NULL: no row of it was seen */
	struct words {                  /* verdict.c */
		struct word *slots;
		bool *used;
		uint64_t *session;      /* of each slot: a hash of the filter's own id; 0: none, or free */
		usec_t *next_us;        /* when each is looked at again */
		size_t next, n, n_policy;
	} words;
	struct scripts {
		struct command *ring;   /* script.c; NULL: none yet */
		size_t n;               /* commands so far */
	} scripts;
	uint64_t last_serial;
	struct sendmail_sessions *sendmail; /* sendmail_session.c; NULL: no need so far */
	usec_t now_us;                  /* latest time seen */
	usec_t sweep_due_us;            /* when what waits is looked at again */
	usec_t lists_due_us;            /* until then nothing has to leave a wait list */
	usec_t list_due_us[WAIT_LIST_COUNT]; /* the same for each */
	struct tracker_stats stats;
	struct outgoing_tls outgoing_tls[256]; /* by pid */
};

static inline bool told(struct slice s)
{
	return s.p != NULL;
}

/* some hundred bytes: memset() itself is faster than what compilers put in its place */
static inline void track_clear(void *p, size_t n)
{
	__asm__("" : "+r"(n)); /* it is no constant, they must believe */
	memset(p, 0, n);
}

/* ---- track.c ---- */

/* To be kept beyond the call: without the texts of the line, which go with its batch. */
static inline struct line track_keep_line(const struct line *l, struct slice server)
{
	struct line kept = *l;

	kept.raw = kept.host = kept.program = kept.text = SLICE_NONE;
	kept.server = server;
	return kept;
}

/* where it stands */
static inline struct fact_line fact_line_of(const struct line *l)
{
	return (struct fact_line){ .source = l->source, .length = l->length, .line_no = l->line_no, .offset = l->offset,
				   .time_us = l->time_us };
}

sym_t track_name_server(struct tracker *t, const struct line *l);
sym_t track_name_instance(struct tracker *t, const struct line *l);

/* the symbols of a line's server and of its Postfix instance by their numbers; SYM_NONE: they are not known by number */
static inline sym_t track_numbered_server(const struct tracker *t, const struct line *l)
{
	return l->server_no < LINE_NUMBERS ? t->server_by_no[l->server_no] : SYM_NONE;
}
/* SYM_OTHER: the program has none */
static inline sym_t track_numbered_instance(const struct tracker *t, const struct line *l)
{
	return l->program_no < LINE_NUMBERS ? t->instance_by_no[l->program_no] : SYM_NONE;
}

/* symbol of the line's server */
static inline sym_t track_server(struct tracker *t, const struct line *l)
{
	sym_t known = track_numbered_server(t, l);

	return known ? known : track_name_server(t, l);
}

/* symbol of the Postfix instance in the line's tag (SYM_NONE for others): "postfix-out/qmgr" has its own queues */
static inline sym_t track_instance(struct tracker *t, const struct line *l)
{
	sym_t known = track_numbered_instance(t, l);

	if (known)
		return known == SYM_OTHER ? SYM_NONE : known;
	return track_name_instance(t, l);
}

/* ---- waiting.c ---- */

#define MAX_LINGERING 50000 /* of those that linger or are settled */

void waiting_init(struct tracker *t);
/* tell those that waited long enough; or that are too many */
void waiting_sweep_lists(struct tracker *t);
void waiting_make_room(struct tracker *t);
/* tell those of whom nothing more will be said; at the end: all */
static inline void waiting_sweep(struct tracker *t)
{
	if (t->now_us > t->lists_due_us)
		waiting_sweep_lists(t);
	if (UNLIKELY(t->n_waiting[WAIT_LINGER] > MAX_LINGERING || t->n_waiting[WAIT_SETTLED] > MAX_LINGERING))
		waiting_make_room(t);
}
void waiting_end(struct tracker *t);
void waiting_done(struct tracker *t);

/* the open message, made if need be; NULL if the id is too long to be one */
struct open_message *track_find_or_open(struct tracker *t, sym_t server, sym_t instance, struct slice queue_id,
					const struct line *l, enum writer writer);
/* the same for one that is not open; hash: track_id_hash() of the id */
struct open_message *track_open(struct tracker *t, sym_t server, sym_t instance, struct slice queue_id, uint64_t hash,
				const struct line *l, enum writer writer);
/* a new message of the same id; the old one goes to the sink */
struct open_message *track_begin_anew(struct tracker *t, struct open_message *om, struct slice queue_id, const struct line *l);
/* to the end of that list */
static inline void track_move(struct tracker *t, struct open_message *om, enum wait_list to)
{
	struct wait_link *head = &t->waits[to], *last = head->prev;

	om->wait.prev->next = om->wait.next;
	om->wait.next->prev = om->wait.prev;
	om->wait.prev = last;
	om->wait.next = head;
	last->next = head->prev = &om->wait;
	t->n_waiting[om->list]--;
	t->n_waiting[to]++;
	om->list = to;
}
/* it goes to the sink as it stands, and is forgotten */
void track_emit(struct tracker *t, struct open_message *om);

static inline enum wait_list track_list_for(const struct open_message *om)
{
	if (om->done)
		return om->m.writer == WRITER_SENDMAIL && !om->told_end ? WAIT_SETTLED : WAIT_LINGER;
	return om->queued ? WAIT_QUEUED : WAIT_BRIEF;
}

/* something was said about it: put it at the end of the list it belongs to */
static inline void track_touch(struct tracker *t, struct open_message *om, const struct line *l)
{
	enum wait_list to = track_list_for(om);

	om->touched_us = t->now_us;
	if (l->time_us != USEC_NONE) {
		if (om->m.first_us == USEC_NONE)
			om->m.first_us = l->time_us;
		om->m.last_us = l->time_us;
	}
	if (t->waits[to].prev != &om->wait)
		track_move(t, om, to);
}

/* it left the queue with this line */
static inline void message_finish(struct open_message *om, const struct line *l)
{
	om->done = true;
	om->m.end_seen = true;
	om->m.finished_us = l->time_us;
}

/* every event of an open message ends with this */
static inline void track_event_end(struct tracker *t, struct open_message *om, const struct line *l, const struct event *e)
{
	if (UNLIKELY(e->marks & MARK_LAST) && !om->done) {
		message_finish(om, l);
		om->cancelled = e->kind != EV_ATTEMPT; /* reception given up, or its end taken back */
	}
	track_touch(t, om, l);
}

/* ---- open_table.c ---- */

void open_table_init(struct open_table *table);
void open_table_grow(struct open_table *table);
/* om->id_hash is set */
static inline void open_table_add(struct open_table *table, struct open_message *om)
{
	struct open_message **bucket;

	if (UNLIKELY(table->n >= table->cap))
		open_table_grow(table);
	bucket = &table->buckets[om->id_hash & (table->cap - 1)];
	om->id_next = *bucket;
	*bucket = om;
	table->n++;
}
void open_table_remove(struct open_table *table, struct open_message *om);
void open_table_done(struct open_table *table);
/* the same for a table by Message-ID, by om->message_id_hash */
void message_id_table_grow(struct open_table *table);
static inline struct open_message **message_id_bucket(const struct open_table *table, const struct open_message *om)
{
	return &table->buckets[(om->message_id_hash >> 1) & (table->cap - 1)];
}
static inline void message_id_table_put(struct open_table *table, struct open_message *om)
{
	struct open_message **bucket = message_id_bucket(table, om);

	om->bucket_prev = NULL;
	om->bucket_next = *bucket;
	if (*bucket)
		(*bucket)->bucket_prev = om;
	*bucket = om;
}
static inline void message_id_table_add(struct open_table *table, struct open_message *om)
{
	if (UNLIKELY(table->n >= table->cap))
		message_id_table_grow(table);
	message_id_table_put(table, om);
	table->n++;
}
void message_id_table_remove(struct open_table *table, struct open_message *om);

static inline uint64_t track_load(const char *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof w);
	return w;
}

static inline bool track_id_is_short(struct slice id)
{
	return id.n - SHORT_ID_BYTES / 2 <= SHORT_ID_BYTES / 2;
}

/* Short ids without a call: both ends of it, mixed so that all bits of the hash are good. */
static inline uint64_t track_id_hash(struct slice id)
{
	uint64_t a, b;

	if (!track_id_is_short(id))
		return hash_slice(id);
	a = (track_load(id.p) ^ id.n) * UINT64_C(0x9e3779b97f4a7c15);
	b = track_load(id.p + id.n - 8) * UINT64_C(0xc2b2ae3d27d4eb4f);
	a = ((a ^ a >> 32) + b) * UINT64_C(0x165667b19e3779f9);
	return a ^ a >> 32;
}

static inline bool track_has_id(const struct open_message *om, struct slice id, uint64_t hash)
{
	if (om->m.queue_id.n != id.n)
		return false;
	if (!track_id_is_short(id))
		return om->id_hash == hash && slice_eq(om->m.queue_id, id);
	return track_load(om->id) == track_load(id.p) && track_load(om->id + id.n - 8) == track_load(id.p + id.n - 8);
}

/* hash: track_id_hash() of the id */
static inline struct open_message *track_find(const struct open_table *table, sym_t server, sym_t instance,
					      struct slice id, uint64_t hash)
{
	struct open_message *om = table->buckets[hash & (table->cap - 1)];

	while (om && !(track_has_id(om, id, hash) && om->server == server && om->instance == instance))
		om = om->id_next;
	return om;
}

/* Is there an open message of this id anywhere? */
bool track_known(struct tracker *t, struct slice queue_id, uint64_t hash);
/* the same in all instances of a server; then of all servers but this one, the next one after `after` (NULL: the first) */
struct open_message *track_find_on_server(struct tracker *t, sym_t server, struct slice queue_id, uint64_t hash);
struct open_message *track_find_elsewhere(struct tracker *t, sym_t server, struct slice queue_id, uint64_t hash,
					  const struct open_message *after);

/* ---- message.c: what events do to one open message ---- */

/* how far apart; beyond all limits if one of them is unknown */
static inline usec_t track_apart_us(usec_t a, usec_t b)
{
	if (a == USEC_NONE || b == USEC_NONE)
		return INT64_MAX;
	return a > b ? a - b : b - a;
}

#define WHOLE_MAX_BYTES 2048 /* of longer lines only the texts that are kept are copied */

/* The text of a line: most of what the line tells is a part of it. */
static inline struct arena_whole track_keep_text(struct arena *a, const struct line *l)
{
	if (l->text.n > WHOLE_MAX_BYTES)
		return (struct arena_whole){ 0 };
	return (struct arena_whole){ l->text, arena_copy(a, l->text) };
}

/* most names have 8 to 32 bytes */
static inline bool track_is_short(struct slice s)
{
	return s.n - 8 <= 24;
}

/* two moves that overlap in the middle, of such a one */
static inline void track_copy_short(char *to, struct slice s)
{
	if (s.n >= 16) {
		memcpy(to, s.p, 16);
		memcpy(to + s.n - 16, s.p + s.n - 16, 16);
	} else {
		memcpy(to, s.p, 8);
		memcpy(to + s.n - 8, s.p + s.n - 8, 8);
	}
}

/* arena_copy() without the call for those */
static inline struct slice track_copy(struct arena *a, struct slice s)
{
	char *p = a->p;

	if (ARENA_GUARDED || UNLIKELY(!track_is_short(s) || s.n > (size_t)(a->end - p)))
		return arena_copy(a, s);
	a->p = p + s.n;
	track_copy_short(p, s);
	return slice_of(p, s.n);
}

/* a copy of what is told */
static inline struct slice message_keep(struct open_message *om, struct slice value)
{
	return told(value) ? track_copy(&om->arena, value) : SLICE_NONE;
}

/* the same; what is not told leaves the field as it is */
static inline void message_set(struct open_message *om, struct slice *field, struct slice value)
{
	if (told(value))
		*field = track_copy(&om->arena, value);
}

/* the same for what only DETAIL_PROTOCOL keeps */
static inline void message_set_protocol(const struct tracker *t, struct open_message *om, struct slice service,
					struct slice protocol)
{
	if (!(t->o.details & DETAIL_PROTOCOL))
		return;
	message_set(om, &om->m.service, service);
	message_set(om, &om->m.protocol, protocol);
}

/* the same for the version of TLS */
static inline void message_set_tls(const struct tracker *t, struct open_message *om, struct slice version)
{
	if (t->o.details & DETAIL_TLS)
		message_set(om, &om->m.tls_version, version);
}

/* the same for what only DETAIL_ARRIVAL keeps */
static inline void message_set_detail(const struct tracker *t, struct open_message *om, struct slice *field,
				      struct slice value)
{
	if (t->o.details & DETAIL_ARRIVAL)
		message_set(om, field, value);
}

void message_add_line(struct open_message *om, const struct line *l);
void message_add_recipients(struct open_message *om, struct slice list);
struct recipient *message_recipient(struct open_message *om, struct slice address, struct slice orig);
/* the same whatever its original address is; NULL: none.  All of those for Exchange, whose messages are indexed for it. */
struct recipient *message_recipient_at(struct open_message *om, struct slice address);
void message_rename_recipient(struct open_message *om, struct recipient *r, struct slice address, struct slice orig);
/* an open message of this writer by its Message-ID, the newest; NULL: none */
struct open_message *message_with_id(struct tracker *t, struct slice message_id, enum writer writer);
void message_attempt(struct tracker *t, struct open_message *om, const struct line *l, const struct event *e);
/* the same, and the end of the event */
void message_attempt_event(struct tracker *t, struct open_message *om, const struct line *l, const struct event *e);
/* this outcome for every recipient that has no final one; an unnamed recipient if none is known */
void message_end_all(struct tracker *t, struct open_message *om, const struct line *l, const struct event *e,
		     enum outcome outcome);
void message_link(struct tracker *t, struct open_message *parent, struct open_message *child, enum relation relation,
		  usec_t time_us);
void message_set_message_id(struct tracker *t, struct open_message *om, struct slice id, bool bare);
/* it is in a bucket: om->message_id_hash is not 0 */
void message_forget_message_id(struct tracker *t, struct open_message *om);
void message_add_verdict(struct tracker *t, struct open_message *om, usec_t time_us, const struct event *e);
/* an earlier message may have the same Message-ID */
void message_look_back(struct tracker *t, struct open_message *om, const struct line *l);
/* this message has its Message-ID now: if it was submitted locally, did an earlier one come back? */
static inline void message_resubmitted(struct tracker *t, struct open_message *om, const struct line *l)
{
	if (om->bucket_next)
		message_look_back(t, om, l);
}
/* a line that was read before others of the message; of the message's arena */
void message_insert_line(struct open_message *om, struct fact_line *line);
/* the first of the bucket in which messages with that key of a Message-ID stand, newest first */
static inline struct open_message *track_by_message_id(struct tracker *t, uint64_t key)
{
	return t->by_message_id.buckets[(key >> 1) & (t->by_message_id.cap - 1)];
}

#define SAME_ID_MAX 1000 /* open messages with one Message-ID that are looked at: senders may repeat it as they like */

/* From om on the next of its bucket with that key; NULL: there is none, or *n, which counts them, says that enough were looked at. */
static inline struct open_message *track_same_id(struct open_message *om, uint64_t key, unsigned *n)
{
	while (om && om->message_id_hash != key)
		om = om->bucket_next;
	return om && (*n)++ < SAME_ID_MAX ? om : NULL;
}
/* What a later link of the chain says about a recipient that the MTA is through with; decides: it overrules the MTA. */
void message_later_word(struct tracker *t, struct open_message *om, struct recipient *r, usec_t time_us,
			enum outcome outcome, struct slice words, bool decides);
/* into a pipe: the recipient's copy was delivered, or went on after the pipe gave it back */
bool message_by_pipe(const struct attempt *a);
/* What was taken for a filter did deliver: so the mailbox says. */
void message_pipe_delivered(struct tracker *t, struct recipient *r);
/* child is what parent's mailbox sent on, whatever it was taken for */
void message_forwarded(struct tracker *t, struct open_message *parent, struct open_message *child, usec_t time_us);
/* settle outcomes, state, role and direction for the sink */
void message_settle(struct tracker *t, struct open_message *om);
bool outcome_is_final(enum outcome o);

/* this one recipient was thrown away by a rule: e->recipient, e->reply */
void message_discard_one(struct tracker *t, struct open_message *om, const struct line *l, const struct event *e);

/* ---- handoff.c: from one server to the next ---- */

/* the attempt's reply names the next queue id: is it one of ours? */
void handoff_follow(struct tracker *t, struct open_message *om, struct recipient *r, struct attempt *a);
/* the same for all attempts of a recipient, when the message is about to be told */
void handoff_settle(struct tracker *t, struct open_message *om, struct recipient *r);
/* where a message without parents came from, if a reply did not name it; about to be told, several servers are read */
void handoff_came_from(struct tracker *t, struct open_message *om);

/* ---- discard.c ---- */

void discards_init(struct tracker *t);
void discards_done(struct tracker *t);
void discard_remember(struct tracker *t, const struct line *l, const struct event *e);
/* the arrival line: its client's discarded recipients become recipients of the message */
void discard_claim(struct tracker *t, struct open_message *om, const struct line *l, const struct event *e);

/* ---- verdict.c ---- */

void words_done(struct tracker *t);
/* what the arrival line itself tells of SPF, DKIM, DMARC and ARC */
void verdict_of_arrival(struct tracker *t, struct open_message *om, usec_t time_us, const struct event *e);
/* a line of a filter */
void verdict_event(struct tracker *t, const struct line *l, const struct event *e);
/* looks again at the words that wait, t->words.n of them; last: the logs end here */
void words_sweep(struct tracker *t, bool last);
/* the message takes what policy services said of its client and sender; t->words.n_policy is not 0 */
void verdict_claim(struct tracker *t, struct open_message *om);
/* the same for a refusal: verdicts in the arena, oldest first */
struct verdict *verdict_explain(struct tracker *t, sym_t server, const struct rejection *r, struct arena *arena);
void verdict_fill(struct verdict *v, struct arena *arena, usec_t time_us, const struct event *e);
/* what its filters ruled beats what the MTA could know */
void verdict_settle(struct open_message *om);

/* ---- direction.c ---- */

/* this domain is local; its symbol among the local ones */
sym_t direction_add_domain(struct tracker *t, struct slice domain);
/* mail for this address was delivered here: its domain is local */
void direction_learn(struct tracker *t, struct slice address);
bool direction_is_local_address(struct tracker *t, struct slice address);
/* does the message come from us: a login, a local submission, an own network? */
bool direction_is_ours(const struct tracker *t, const struct message *m);
/* ours: it comes from us; to whom it goes: recipients here and elsewhere */
static inline enum direction direction_of(bool ours, bool to_local, bool to_remote)
{
	if (ours)
		return to_remote ? DIRECTION_OUTBOUND : to_local ? DIRECTION_LOCAL : DIRECTION_NONE;
	return to_local ? DIRECTION_INBOUND : to_remote ? DIRECTION_RELAYED : DIRECTION_NONE;
}

/* ---- login.c ---- */

void logins_init(struct tracker *t);
void logins_done(struct tracker *t);
void login_event(struct tracker *t, const struct line *l, const struct event *e);
/* an authenticated user seen on a line that is no login itself (accept, reject, end of session) */
void login_seen(struct tracker *t, const struct line *l, const struct event *e);
/* give out evidence that nothing claimed; all of it at the end */
void logins_expire(struct tracker *t, bool all);
void login_emit(struct tracker *t, const struct line *l, struct login *login);

/* ---- mailbox.c: what mailbox servers say ---- */

void mailboxes_init(struct tracker *t);
void mailboxes_done(struct tracker *t);
/* a line of a delivery */
void mailbox_delivery_line(struct tracker *t, const struct line *l, const struct event *e);
void mailbox_take_lines(struct open_message *om, const struct fact_line *lines);
/* the reply to this recipient's delivery names the mailbox server's session */
void mailbox_session(struct tracker *t, struct open_message *om, struct recipient *r, struct slice session);
/* the message is forgotten; om->joined is not NULL */
void mailbox_release(struct tracker *t, struct open_message *om);
/* the message is about to be told: find what waits for it, and what it became */
void mailbox_before_telling(struct tracker *t, struct open_message *om);
void mailbox_follow_redirects(struct tracker *t, struct open_message *om);
/* be done with deliveries: the overdue ones, and at least that many */
void mailboxes_expire(struct tracker *t, size_t at_least);

/* ---- mailbox_later.c: whose words they are, and what owners do later ---- */

/* what a line says, with the line's slices */
void mailbox_action_of(const struct line *l, const struct event *e, struct mailbox_action *ret);
void mailbox_event(struct tracker *t, const struct line *l, const struct event *e);
/* a login with a session; only if somebody hears of mailboxes */
void mailbox_login(struct tracker *t, const struct event *e);
/* the end of a session whose figures tell how many messages were expunged */
void mailbox_session_end(struct tracker *t, const struct line *l, const struct event *e);

/* ---- tell.c: what is told as soon as it is read ---- */

/* om: the message it belongs to, which may know more than the line; NULL: none */
void rejection_emit(struct tracker *t, const struct line *l, const struct event *e, const struct open_message *om);
/* Exim (=: the client was told 550, the message was accepted all the same */
void fake_refusal_emit(struct tracker *t, const struct line *l, const struct event *e);
void health_emit(struct tracker *t, const struct line *l, const struct event *e);
/* if the line tells of a client that does not behave, and somebody listens */
void oddity_tell(struct tracker *t, const struct line *l, const struct event *e);
static inline void oddity_emit(struct tracker *t, const struct line *l, const struct event *e)
{
	if (t->sink.oddity)
		oddity_tell(t, l, e);
}
/* if the verdict names a blocklist and a client */
void listing_emit(struct tracker *t, const struct line *l, const struct event *e);
/* a message without an id that a rule threw away */
void discard_emit(struct tracker *t, const struct line *l, const struct event *e);

/* ---- session.c ---- */

void session_connect(struct tracker *t, const struct line *l, const struct event *e);
void session_disconnect(struct tracker *t, const struct line *l, const struct event *e);
void session_tls(struct tracker *t, const struct line *l, const struct event *e);
/* a rule threw the transaction away: remember it until its message has an id (true) or tell it now (false) */
bool session_discard(struct tracker *t, const struct line *l, const struct event *e);
/* the same from s on in its bucket */
struct smtp_session *session_search(struct tracker *t, struct smtp_session *s, const struct line *l);
/* the session of the process that wrote the line; NULL if the writer has none */
static inline struct smtp_session *session_of(struct tracker *t, const struct line *l)
{
	struct smtp_session *s = l->pid < 0 ? NULL : t->sessions[(uint64_t)l->pid % ARRAY_LEN(t->sessions)];

	/* usually the first one, by its numbers */
	if (!s || (s->pid == l->pid && s->program_no == l->program_no && s->server_no == l->server_no && s->program_no &&
		   s->server_no))
		return s;
	return session_search(t, s, l);
}
/* the TLS of the connection over which this attempt went, if the agent's process logged it; NULL: none known */
const struct outgoing_tls *session_outgoing_tls(struct tracker *t, const struct line *l, struct slice relay_ip);
void sessions_done(struct tracker *t);

/* ---- smartermail.c ---- */

/* fill in what earlier lines told, in *e; false: that is all there was to do with it.  What *e gets is valid until the next event. */
bool smartermail_event(struct tracker *t, const struct line *l, struct event *e);
void smartermail_done(struct tracker *t);

/* ---- opensmtpd.c ---- */

/* fill in whose session it is, in *e; valid until the next event */
void opensmtpd_event(struct tracker *t, const struct line *l, struct event *e);
/* behind an event of a message: how many recipients it has, and whether it is done */
void opensmtpd_settle(struct tracker *t, const struct line *l, const struct event *e);
void opensmtpd_done(struct tracker *t);

/* ---- exchange.c ---- */

/* any event of the writer Exchange */
void exchange_event(struct tracker *t, const struct line *l, const struct event *e);
/* outcomes and ends, before message_settle() goes by them */
void exchange_settle(struct open_message *om);
void exchange_done(struct tracker *t);

/* ---- script.c ---- */

/* a notice of Exim's; only if somebody asks for directories */
void script_command(struct tracker *t, const struct line *l, const struct event *e);
/* the arrival line of a message that a command handed in; t->scripts.n is not 0 */
void script_claim(struct tracker *t, struct open_message *om, const struct line *l);
void scripts_done(struct tracker *t);

/* ---- sendmail.c, sendmail_session.c ---- */

/* an event of Sendmail, whatever it is */
void sendmail_feed(struct tracker *t, const struct line *l, const struct event *told_event);
/* om->sendmail is not NULL: refusals that wait for their sender are told now */
void sendmail_tell_rejections(struct tracker *t, struct open_message *om);
/* the logs end: tell the sessions and logins that wait */
void sendmail_end(struct tracker *t);

/* ---- repeat.c ---- */

void repeats_init(struct tracker *t);
void repeats_done(struct tracker *t);
/* another log of the server may tell such events again */
static inline bool repeat_possible(const struct event *e)
{
	const unsigned never = 1U << EV_ACCEPT | 1U << EV_DONE | 1U << EV_CONNECT;

	return e->writer == WRITER_EXIM && !(never >> e->kind & 1) &&
	       (e->kind != EV_ATTEMPT || e->outcome == OUTCOME_DEFERRED);
}
/* has another log of this server (or the same entry sent twice to syslog) told this line already? */
bool repeat_seen(struct tracker *t, const struct line *l);

#endif
