/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verdict.c - what filters say, and the messages it belongs to
 *
 * Filters write lines of their own, some before the message has an id, some behind its last word, some in a file
 * without a host.  A word of a filter belongs to a message
 *   - by the MTA's queue id, if it names one and nothing else it knows speaks against that;
 *   - by Message-ID, on the same server, at that time;
 *   - by what the filter itself calls the scan (amavis' AMID, rspamd's tag, spamd's process): words that name
 *     nothing else wait for the one that does;
 *   - by client, sender and recipient, for policy services, which are asked before there is an id: the refusal or the
 *     message that comes of it within seconds takes them.
 * Until then a word waits, as long as finished messages linger, and is looked at again after 1, 2, 4, ... seconds: the
 * files of a server need not agree on the second.  What nobody claims is told by itself if it names an address: the
 * mail server's own lines are missing, and somebody looks for that mail.
 *
 * Words from later in the chain overrule earlier ones: "sent" to a filter that threw the mail away is discarded.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/cursor.h"
#include "base/hash.h"
#include "fact/mailbox.h"
#include "track/track_priv.h"

#define WORDS_MAX        1024                /* that wait at once; past it the oldest is given up */
#define WORD_BYTES       4096                /* of one text that is kept */
#define POLICY_WINDOW_US (10 * USEC_PER_SEC) /* from a policy service's word to what comes of it */
#define FIRST_LOOK_US    USEC_PER_SEC
#define CLOCKS_US        (2 * USEC_PER_SEC)  /* stamps of whole seconds, and of other programs */
#define REJECTION_WORDS  8                   /* shown with one refusal */

/* how a word finds its message */
enum word_key {
	KEY_SESSION, /* not by itself: only the filter's own id is told */
	KEY_MESSAGE, /* queue id or Message-ID */
	KEY_POLICY,  /* client, sender, recipient */
	KEY_PART,    /* the first part of a record: its key may stand in the second one */
	KEY_NAME,    /* no word: it tells whose mail the words of its scan are, which follow */
};

/* a notification or a quarantine's mail that the filter sent about the message */
struct word_link {
	struct word_link *next;
	enum relation relation;
	struct slice queue_id;
};

struct word {
	enum word_key key;
	sym_t server;          /* SYM_NONE: the log names none, it may be any */
	struct slice server_name;
	usec_t time_us, step_us;
	int32_t utc_offset_sec;
	int64_t pid;
	struct arena arena;    /* all that follows points to */
	struct event e;
	struct word_link *links;
	struct fact_line *lines, *last_line;
};

/* An outcome that the filter gave to recipients which the MTA holds for sent. */
struct ruling {
	struct ruling *next;
	enum outcome outcome;
	struct slice recipients; /* as the log lists them */
};

void words_done(struct tracker *t)
{
	struct words *ws = &t->words;

	for (size_t i = 0; i < WORDS_MAX && ws->n; i++)
		if (ws->used[i]) {
			arena_clear(&ws->slots[i].arena);
			ws->n--;
		}
	free(ws->slots);
	free(ws->used);
	free(ws->session);
	free(ws->next_us);
}

/* ---- keeping words ---- */

static struct slice keep_text(struct word *w, struct slice s)
{
	return told(s) ? arena_copy(&w->arena, slice_head(s, WORD_BYTES)) : SLICE_NONE;
}

/* what e tells and w does not; all of it if e knows better */
static void take_fields(struct word *w, const struct event *e, bool better)
{
#define TAKE_TEXT(name)                                 \
	if (told(e->name) && (better || !told(w->e.name))) \
		w->e.name = keep_text(w, e->name);
#define TAKE_NUMBER(name)                                 \
	if (e->name != -1 && (better || w->e.name == -1)) \
		w->e.name = e->name;
#define F(type, name, help) FIELD_TEXT_##type(TAKE_TEXT(name)) FIELD_NUMBER_##type(TAKE_NUMBER(name))
#include "event/fields.def"
#undef F
	if (w->e.outcome == OUTCOME_NONE)
		w->e.outcome = e->outcome;
	if (w->e.relation == RELATION_NONE)
		w->e.relation = e->relation;
}

static enum word_key key_of(const struct event *e)
{
	if (e->kind == EV_HEADER)
		return KEY_NAME;
	if (told(e->queue_id) || told(e->message_id))
		return KEY_MESSAGE;
	return !told(e->session) && (told(e->client_ip) || (told(e->sender) && told(e->recipient))) ? KEY_POLICY :
													KEY_SESSION;
}

static uint64_t mix(uint64_t v)
{
	v *= UINT64_C(0x9e3779b97f4a7c15);
	return v ^ v >> 32;
}

/* 0: the filter has no name for this scan; spamd's is its process, which scans one message at a time */
static uint64_t session_of_word(const struct word *w)
{
	uint64_t hash = (uint64_t)w->e.writer << 32 | w->server;

	if (w->e.writer == WRITER_SPAMD)
		return mix(hash ^ mix((uint64_t)w->pid)) | 1;
	return told(w->e.session) ? (mix(hash) ^ hash_slice(w->e.session)) | 1 : 0;
}

static void add_line(struct tracker *t, struct word *w, const struct line *l)
{
	struct fact_line *fl;

	if (!t->o.keep_lines)
		return;
	fl = arena_alloc(&w->arena, sizeof *fl);
	*fl = fact_line_of(l);
	if (w->last_line)
		w->last_line->next = fl;
	else
		w->lines = fl;
	w->last_line = fl;
}

static void drop(struct words *ws, size_t i)
{
	ws->n_policy -= ws->slots[i].key == KEY_POLICY;
	arena_clear(&ws->slots[i].arena);
	ws->used[i] = false;
	ws->session[i] = 0;
	ws->n--;
}

/* a free place; the word that has waited longest gives its own up */
static size_t place_for_word(struct tracker *t)
{
	struct words *ws = &t->words;
	size_t i = ws->next++ % WORDS_MAX;

	if (!ws->slots) {
		ws->slots = xcalloc(WORDS_MAX, sizeof *ws->slots);
		ws->used = xcalloc(WORDS_MAX, sizeof *ws->used);
		ws->session = xcalloc(WORDS_MAX, sizeof *ws->session);
		ws->next_us = xcalloc(WORDS_MAX, sizeof *ws->next_us);
	}
	if (ws->used[i])
		drop(ws, i);
	return i;
}

static size_t word_new(struct tracker *t, const struct line *l, const struct event *e)
{
	struct words *ws = &t->words;
	size_t i = place_for_word(t);
	struct word *w = &ws->slots[i];

	*w = (struct word){ .key = key_of(e), .time_us = l->time_us, .step_us = FIRST_LOOK_US, .pid = l->pid,
			    .utc_offset_sec = l->utc_offset_sec };
	w->arena.pool = &t->pool;
	event_init(&w->e, e->kind);
	w->e.writer = e->writer;
	take_fields(w, e, true);
	w->server_name = intern_name(&t->names, track_server(t, l));
	if (!(l->flags & LINE_SERVER_GUESSED))
		w->server = track_server(t, l);
	add_line(t, w, l);
	ws->session[i] = session_of_word(w);
	ws->next_us[i] = t->now_us + FIRST_LOOK_US;
	ws->used[i] = true;
	ws->n++;
	ws->n_policy += w->key == KEY_POLICY;
	return i;
}

/* ---- finding the message ---- */

static bool same_text(struct slice a, struct slice b)
{
	return told(a) && told(b) && a.n && slice_eq_fold(a, b);
}

static bool differ(struct slice a, struct slice b)
{
	return told(a) && told(b) && !slice_eq_fold(a, b);
}

/* two things that both tell are the same */
static bool agrees(const struct open_message *om, const struct event *e)
{
	return same_text(om->m.message_id, e->message_id) || same_text(om->m.client_ip, e->client_ip) ||
	       same_text(om->m.sender, e->sender);
}

/* A queue id comes again, and a Message-ID may forge the text that names it: something else must not disagree. */
static bool may_be(const struct open_message *om, const struct event *e)
{
	return agrees(om, e) || !(differ(om->m.message_id, e->message_id) || differ(om->m.client_ip, e->client_ip) ||
				  differ(om->m.sender, e->sender));
}

static struct open_message *by_queue_id(struct tracker *t, const struct word *w)
{
	uint64_t hash = track_id_hash(w->e.queue_id);
	struct open_message *om;

	if (w->server) {
		om = track_find_on_server(t, w->server, w->e.queue_id, hash);
		if (om && may_be(om, &w->e))
			return om;
	}
	/* a filter on a machine of its own: an id alone is not enough */
	om = track_find_elsewhere(t, w->server, w->e.queue_id, hash, NULL);
	return om && agrees(om, &w->e) ? om : NULL;
}

/* Was it here when the filter looked at it? */
static bool was_here(const struct open_message *om, const struct word *w)
{
	if (om->m.first_us == USEC_NONE || w->time_us == USEC_NONE)
		return false;
	if (om->m.first_us > w->time_us + CLOCKS_US)
		return false;
	return om->m.finished_us == USEC_NONE || om->m.finished_us + CLOCKS_US >= w->time_us;
}

/*
 * The newest that was there at the time: behind a filter that gives the mail back stands a message with the same
 * Message-ID, which comes after the word, or is named by it.
 */
static struct open_message *by_message_id(struct tracker *t, const struct word *w)
{
	const struct event *e = &w->e;
	uint64_t key = mailbox_id_key(e->message_id);
	struct open_message *found = NULL, *om = key ? track_by_message_id(t, key) : NULL;
	unsigned n = 0;

	for (om = track_same_id(om, key, &n); om; om = track_same_id(om->bucket_next, key, &n)) {
		bool here = w->server == om->server;

		if (!mailbox_same_id(om->m.message_id, e->message_id) || !was_here(om, w))
			continue;
		if (differ(om->m.sender, e->sender) ||
		    (told(e->related_queue_id) && slice_eq(om->m.queue_id, e->related_queue_id)))
			continue;
		if (!here && w->server && !same_text(om->m.sender, e->sender))
			continue;
		if (om->m.first_us <= w->time_us)
			return om;
		found = om; /* stamps of whole seconds: the oldest of those that seem to come after it */
	}
	return found;
}

/* A filter in front of the queue: only what it lets pass is a message of this server. */
static struct open_message *passed_on(struct tracker *t, const struct word *w)
{
	return track_find_on_server(t, w->server, w->e.related_queue_id, track_id_hash(w->e.related_queue_id));
}

static struct open_message *message_of_word(struct tracker *t, const struct word *w)
{
	struct open_message *om = NULL;

	if (told(w->e.queue_id))
		om = by_queue_id(t, w);
	if (!om && told(w->e.message_id))
		om = by_message_id(t, w);
	return om || w->e.writer != WRITER_PMG || !told(w->e.related_queue_id) ? om : passed_on(t, w);
}

/* ---- what a word does to its message ---- */

void verdict_fill(struct verdict *v, struct arena *arena, usec_t time_us, const struct event *e)
{
	v->time_us = time_us;
	v->writer = e->writer;
	v->check = arena_copy(arena, e->check);
	v->result = arena_copy(arena, e->result);
	v->domain = arena_copy(arena, e->domain);
	v->action = arena_copy(arena, e->action);
	v->folder = arena_copy(arena, e->folder);
	v->recipients = arena_copy(arena, told(e->recipient) ? e->recipient : e->recipients);
	v->id = arena_copy(arena, e->session);
	v->detail = arena_copy(arena, told(e->reason) ? e->reason : e->reply);
	v->score_milli = e->score_milli;
	v->threshold_milli = e->threshold_milli;
}

/* Is the address in "<a@b>,<c@d>", "a@b,c@d" or "a@b c@d"? */
static bool lists(struct slice list, struct slice address)
{
	if (!told(address) || address.n == 0)
		return false;
	for (size_t i = 0; i + address.n <= list.n; i++) {
		char before = i ? list.p[i - 1] : ',', after = i + address.n < list.n ? list.p[i + address.n] : ',';

		if ((before == '<' || before == ',' || before == ' ') && (after == '>' || after == ',' || after == ' ') &&
		    slice_eq_fold(slice_of(list.p + i, address.n), address))
			return true;
	}
	return false;
}

static void rule(struct open_message *om, const struct event *e, enum outcome outcome)
{
	struct ruling *r;
	struct slice list = told(e->recipient) ? e->recipient : e->recipients;

	if (!told(list))
		return;
	r = arena_alloc(&om->arena, sizeof *r);
	r->outcome = outcome;
	r->recipients = arena_copy(&om->arena, list);
	r->next = om->rulings;
	om->rulings = r;
}

void verdict_settle(struct open_message *om)
{
	for (const struct ruling *ruling = om->rulings; ruling; ruling = ruling->next)
		for (struct recipient *r = om->m.recipients; r; r = r->next) {
			if (r->outcome != OUTCOME_RELAYED || told(r->deciding->next_queue_id) ||
			    !(lists(ruling->recipients, r->address) || lists(ruling->recipients, r->orig_address)))
				continue;
			for (struct attempt *a = r->attempts; a; a = a->next)
				if (a == r->deciding)
					a->outcome = ruling->outcome;
			r->outcome = ruling->outcome;
		}
}

/* It came back from the filter under this id.  Most MTAs say so themselves. */
static void follow_filter(struct tracker *t, struct open_message *om, const struct event *e, usec_t time_us)
{
	uint64_t hash = track_id_hash(e->related_queue_id);
	struct open_message *child = track_find_on_server(t, om->server, e->related_queue_id, hash);

	if (!child || child == om || differ(child->m.message_id, om->m.message_id))
		return;
	message_link(t, om, child, RELATION_FILTER, time_us);
	rule(om, e, OUTCOME_EXPANDED);
}

static void follow_links(struct tracker *t, struct open_message *om, const struct word *w)
{
	for (const struct word_link *link = w->links; link; link = link->next) {
		struct open_message *child =
			track_find_on_server(t, om->server, link->queue_id, track_id_hash(link->queue_id));

		if (child && child != om)
			message_link(t, om, child, link->relation, w->time_us);
	}
}

static void insert_lines(struct open_message *om, const struct word *w)
{
	for (const struct fact_line *from = w->lines; from; from = from->next) {
		struct fact_line *line = arena_alloc(&om->arena, sizeof *line);

		*line = *from;
		message_insert_line(om, line);
	}
}

static bool same_word(const struct verdict *v, const struct event *e)
{
	return v->writer == e->writer && slice_eq(v->check, e->check) && slice_eq(v->result, e->result) &&
	       slice_eq(v->domain, e->domain) && slice_eq(v->id, e->session) && slice_eq(v->action, e->action) &&
	       v->score_milli == e->score_milli;
}

/* a policy service is asked for each recipient, and says the same each time */
static bool said_before(struct open_message *om, const struct event *e)
{
	for (struct verdict *v = om->m.verdicts; v; v = v->next)
		if (same_word(v, e)) {
			if (differ(v->recipients, e->recipient))
				v->recipients = SLICE_NONE;
			return true;
		}
	return false;
}

static void apply(struct tracker *t, struct open_message *om, const struct word *w)
{
	const struct event *e = &w->e;

	if (t->o.keep_lines)
		insert_lines(om, w);
	if (told(e->check) && !said_before(om, e))
		message_add_verdict(t, om, w->time_us, e);
	if (told(e->related_queue_id) && e->relation == RELATION_FILTER)
		follow_filter(t, om, e, w->time_us);
	if (e->outcome == OUTCOME_DISCARDED || e->outcome == OUTCOME_BOUNCED)
		rule(om, e, e->outcome);
	follow_links(t, om, w);
}

/* "Requeue: A.1234 to B" (MailScanner): the mail goes on under the other id, as soon as the queue manager has seen it */
static bool deliver_link(struct tracker *t, struct open_message *om, const struct word *w)
{
	struct slice id = w->e.related_queue_id;
	struct open_message *child = track_find_on_server(t, om->server, id, track_id_hash(id));

	if (!child || child == om)
		return false;
	message_link(t, om, child, w->e.relation, w->time_us);
	if (w->e.relation == RELATION_REQUEUE && !om->done) {
		om->done = om->moved_on = true;
		om->m.finished_us = w->time_us;
	}
	if (t->o.keep_lines)
		insert_lines(om, w);
	return true;
}

static bool deliver(struct tracker *t, const struct word *w)
{
	struct open_message *om = w->key == KEY_MESSAGE ? message_of_word(t, w) : NULL;

	if (!om)
		return false;
	if (w->e.kind == EV_LINK)
		return deliver_link(t, om, w);
	apply(t, om, w);
	return true;
}

/* ---- words of one scan ---- */

static void adopt_link(struct word *w, const struct event *from)
{
	struct word_link *link = arena_alloc(&w->arena, sizeof *link);

	link->relation = from->relation;
	link->queue_id = keep_text(w, from->related_queue_id);
	link->next = w->links;
	w->links = link;
}

static void adopt_lines(struct word *w, const struct word *from)
{
	struct fact_line *first = w->lines, *end = NULL, **at = &w->lines;

	for (const struct fact_line *line = from->lines; line; line = line->next) {
		end = arena_alloc(&w->arena, sizeof *end);
		*end = *line;
		*at = end;
		at = &end->next;
	}
	*at = first;
}

/* A filter whose line about a message is its last word on the scan, and the sum of what it said before. */
static bool sums_up(const struct event *e)
{
	return e->writer == WRITER_AMAVIS || e->writer == WRITER_SPAMD;
}

/* This one names its message: what was said of the same scan before belongs to it as well. */
static void adopt(struct tracker *t, size_t at)
{
	struct words *ws = &t->words;
	struct word *w = &ws->slots[at];

	for (size_t i = 0; i < WORDS_MAX; i++) {
		struct word *from = &ws->slots[i];

		if (i == at || ws->session[i] != ws->session[at] || from->key != KEY_SESSION || from->pid != w->pid)
			continue;
		if (from->e.kind == EV_LINK)
			adopt_link(w, &from->e);
		else if (sums_up(&w->e)) {
			if (told(w->e.recipients)) /* of one of them */
				from->e.recipient = SLICE_NONE;
			if (w->e.writer == WRITER_SPAMD) /* there it is exact, here cut to an integer */
				w->e.score_milli = from->e.score_milli;
			take_fields(w, &from->e, false);
		} else {
			from->e.queue_id = keep_text(from, w->e.queue_id);
			from->e.message_id = keep_text(from, w->e.message_id);
			from->key = KEY_MESSAGE;
			ws->next_us[i] = t->now_us; /* at the next look */
			continue;
		}
		adopt_lines(w, from);
		drop(ws, i);
	}
}

/*
 * Proxmox Mail Gateway names the mail in the first line of a scan only: each word that follows is that mail's.  The
 * score, which is told once, goes with what was done because of it.
 */
static void take_name(struct words *ws, size_t at)
{
	struct word *w = &ws->slots[at];

	for (size_t i = 0; i < WORDS_MAX; i++) {
		struct word *from = &ws->slots[i];

		if (ws->session[i] != ws->session[at] || from->key != KEY_NAME || i == at)
			continue;
		w->e.message_id = keep_text(w, from->e.message_id);
		w->key = KEY_MESSAGE;
		if (w->e.score_milli != -1) {
			from->e.score_milli = w->e.score_milli;
			from->e.threshold_milli = w->e.threshold_milli;
		} else if (slice_is(w->e.check, "spam")) {
			w->e.score_milli = from->e.score_milli;
			w->e.threshold_milli = from->e.threshold_milli;
		}
		adopt_lines(w, from);
		from->lines = from->last_line = NULL;
		return;
	}
}

/* ---- policy services ---- */

/* Does the word speak of this client's mail?  sender, recipient: SLICE_NONE if they are not known yet */
static bool is_about(const struct word *w, sym_t server, struct slice client_ip, struct slice sender, struct slice recipient)
{
	if (w->key != KEY_POLICY || (w->server && w->server != server))
		return false;
	if (differ(w->e.sender, sender) || differ(w->e.recipient, recipient))
		return false;
	return told(w->e.client_ip) ? slice_eq_fold(w->e.client_ip, client_ip) : same_text(w->e.sender, sender);
}

static bool in_window(const struct tracker *t, const struct word *w)
{
	return usec_since(w->time_us, t->now_us) <= POLICY_WINDOW_US;
}

void verdict_claim(struct tracker *t, struct open_message *om)
{
	struct words *ws = &t->words;
	struct slice sender = om->m.sender;

	if (!told(om->m.client_ip))
		return;
	/* newest first: where the sender is not known yet it is that of the last question */
	for (size_t n = 1; n <= WORDS_MAX; n++) {
		size_t i = (ws->next - n) % WORDS_MAX;
		const struct word *w = &ws->slots[i];

		if (!ws->used[i] || !in_window(t, w) || !is_about(w, om->server, om->m.client_ip, sender, SLICE_NONE))
			continue;
		if (!told(sender))
			sender = arena_copy(&om->arena, w->e.sender);
		apply(t, om, w);
		drop(ws, i);
	}
}

struct verdict *verdict_explain(struct tracker *t, sym_t server, const struct rejection *r, struct arena *arena)
{
	struct words *ws = &t->words;
	struct verdict *first = NULL, *v;
	size_t taken = 0;

	if (!told(r->client_ip))
		return NULL;
	for (size_t n = 1; n <= WORDS_MAX && taken < REJECTION_WORDS; n++) {
		size_t i = (ws->next - n) % WORDS_MAX;
		const struct word *w = &ws->slots[i];

		if (!ws->used[i] || !in_window(t, w) || !is_about(w, server, r->client_ip, r->sender, r->recipient))
			continue;
		v = arena_alloc(arena, sizeof *v);
		verdict_fill(v, arena, w->time_us, &w->e);
		v->next = first;
		first = v;
		taken++;
		drop(ws, i);
	}
	return first;
}

/* ---- the MTA's own checks ---- */

static ATTR_NOINLINE void add_result(struct tracker *t, struct open_message *om, usec_t time_us, const struct event *e,
				     struct slice check, struct slice result, struct slice domain)
{
	struct event word;

	event_init(&word, EV_VERDICT);
	word.writer = e->writer;
	word.check = check;
	word.result = result;
	word.domain = domain;
	if (!said_before(om, &word)) /* dkim_verbose has a line for each signature */
		message_add_verdict(t, om, time_us, &word);
}

void verdict_of_arrival(struct tracker *t, struct open_message *om, usec_t time_us, const struct event *e)
{
	if (told(e->spf))
		add_result(t, om, time_us, e, SLICE("spf"), e->spf, SLICE_NONE);
	if (told(e->dkim_domain))
		add_result(t, om, time_us, e, SLICE("dkim"), SLICE("pass"), e->dkim_domain);
	if (told(e->dmarc))
		add_result(t, om, time_us, e, SLICE("dmarc"), e->dmarc, SLICE_NONE);
	if (told(e->check) && told(e->result))
		add_result(t, om, time_us, e, e->check, e->result, SLICE_NONE);
}

/* ---- nobody's words ---- */

/* "<a@b>,<c@d>" or "a@b,c@d" */
static void tell_recipients(struct word *w, struct message *m, struct slice list)
{
	struct recipient **end = &m->recipients;
	struct cur c = cur_of(list);

	while (!cur_at_end(&c) && m->n_recipients < WORDS_MAX) {
		struct recipient *r;
		struct slice s;

		if (!cur_byte(&c, '<'))
			s = cur_token(&c, ',');
		else if (!cur_until_lit(&c, ">,", &s)) {
			s = cur_take_rest(&c);
			s.n -= slice_ends(s, ">");
		}
		r = arena_alloc(&w->arena, sizeof *r);
		r->address = s;
		r->outcome = w->e.outcome == OUTCOME_NONE ? OUTCOME_PENDING : w->e.outcome;
		*end = r;
		end = &r->next;
		m->n_recipients++;
	}
}

/* A mail of which only its filter speaks. */
static void tell(struct tracker *t, struct word *w)
{
	const struct event *e = &w->e;
	struct verdict v = { 0 };
	struct message m = { .server = w->server_name, .writer = e->writer, .queue_id = e->queue_id, .role = ROLE_FILTERED,
			     .state = MESSAGE_DONE, .first_us = w->time_us, .last_us = w->time_us, .arrived_us = USEC_NONE,
			     .finished_us = USEC_NONE, .utc_offset_sec = w->utc_offset_sec, .sender = e->sender,
			     .user = e->user, .authenticated = told(e->user), .size_bytes = e->size_bytes,
			     .message_id = e->message_id, .subject = e->subject, .recipient_count = -1,
			     .verdicts = &v, .lines = w->lines };

	/* in front of the queue: the refusal that the client got is told by the mail server */
	if (e->writer == WRITER_PMG && slice_is(e->result, "blocked"))
		return;
	if (w->key != KEY_MESSAGE || !told(e->check) || (!told(e->sender) && !told(e->recipient) && !told(e->recipients)))
		return;
	if (e->writer != WRITER_SPAMD)
		m.client_ip = e->client_ip;
	verdict_fill(&v, &w->arena, w->time_us, e);
	tell_recipients(w, &m, told(e->recipient) ? e->recipient : told(e->recipients) ? e->recipients : SLICE(""));
	if (t->sink.message)
		t->sink.message(t->sink.ctx, &m);
}

static void look_again(struct tracker *t, size_t i, bool last)
{
	struct words *ws = &t->words;
	struct word *w = &ws->slots[i];

	if (w->key == KEY_PART) /* the other part will not come any more */
		w->key = key_of(&w->e);
	if (deliver(t, w)) {
		drop(ws, i);
		return;
	}
	if (last || usec_since(w->time_us, t->now_us) > t->o.linger_us) {
		if (t->o.details & DETAIL_VERDICTS)
			tell(t, w);
		drop(ws, i);
		return;
	}
	w->step_us *= 2;
	ws->next_us[i] = t->now_us + w->step_us;
}

void words_sweep(struct tracker *t, bool last)
{
	struct words *ws = &t->words;

	/* in the order in which they came */
	for (size_t n = WORDS_MAX; n >= 1; n--) {
		size_t i = (ws->next - n) % WORDS_MAX;

		if (ws->used[i] && (last || ws->next_us[i] <= t->now_us))
			look_again(t, i, last);
	}
}

/* ---- events ---- */

/* Without details nobody looks at verdicts, but at outcomes and at what a queue id is. */
static bool matters(const struct tracker *t, const struct event *e)
{
	if (e->kind == EV_LINK)
		return told(e->related_queue_id) && (told(e->queue_id) || told(e->session)) &&
		       e->relation != RELATION_FILTER;
	if (e->kind == EV_HEADER)
		return told(e->session) && told(e->message_id);
	if (e->kind != EV_VERDICT)
		return false;
	return (t->o.details & DETAIL_VERDICTS) || told(e->related_queue_id) || e->outcome == OUTCOME_DISCARDED ||
	       e->outcome == OUTCOME_BOUNCED;
}

/* A filter's remark on a message is shown with its lines. */
static void remark(struct tracker *t, const struct line *l, const struct event *e)
{
	struct fact_line fl = { .source = l->source, .length = l->length, .line_no = l->line_no, .offset = l->offset,
				.time_us = l->time_us };
	struct word w = { .lines = &fl };
	struct open_message *om;

	if (!t->o.keep_lines || !told(e->queue_id))
		return;
	om = track_find_on_server(t, track_server(t, l), e->queue_id, track_id_hash(e->queue_id));
	if (om)
		insert_lines(om, &w);
}

/* the word that this is the second part of; WORDS_MAX: none */
static size_t first_part(const struct words *ws, size_t at)
{
	const struct word *w = &ws->slots[at];

	for (size_t i = 0; i < WORDS_MAX && !told(w->e.check); i++)
		if (ws->session[i] == ws->session[at] && ws->slots[i].key == KEY_PART && ws->slots[i].pid == w->pid)
			return i;
	return WORDS_MAX;
}

/* A record in parts becomes one word again; at the second part's place.  false: more is to come */
static bool join_parts(struct words *ws, size_t at, const struct event *e)
{
	struct word *w = &ws->slots[at];
	size_t i = first_part(ws, at);

	if (i < WORDS_MAX) {
		take_fields(w, &ws->slots[i].e, false);
		adopt_lines(w, &ws->slots[i]);
		drop(ws, i);
		w->key = key_of(&w->e);
	}
	if (e->marks & MARK_CONTINUED && told(w->e.check))
		w->key = KEY_PART;
	return w->key != KEY_PART;
}

/* a word that is new: its message, if it is known, or its place among those that wait */
static void settle_word(struct tracker *t, size_t i, const struct event *e)
{
	struct words *ws = &t->words;
	struct word *w = &ws->slots[i];

	if (e->kind == EV_LINK && w->key == KEY_POLICY) {
		w->key = KEY_SESSION;
		ws->n_policy--;
	}
	if (e->writer == WRITER_AMAVIS && e->kind == EV_VERDICT && !join_parts(ws, i, e))
		return;
	if (w->key == KEY_SESSION && e->writer == WRITER_PMG && ws->session[i])
		take_name(ws, i);
	if (w->key == KEY_SESSION && !ws->session[i]) /* nothing will ever tell whose it is */
		drop(ws, i);
	if (w->key != KEY_MESSAGE)
		return;
	if (ws->session[i])
		adopt(t, i);
	if (deliver(t, w))
		drop(ws, i);
}

void verdict_event(struct tracker *t, const struct line *l, const struct event *e)
{
	if (e->kind == EV_NOTICE) {
		remark(t, l, e);
		health_emit(t, l, e);
	}
	if (matters(t, e))
		settle_word(t, word_new(t, l, e), e);
}
