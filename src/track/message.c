/* SPDX-License-Identifier: Apache-2.0 */
/*
 * message.c - what events do to one open message: recipients, attempts, links, the end
 */
#include <stdlib.h>

#include "base/ascii.h"
#include "base/hash.h"
#include "base/ip.h"
#include "fact/mailbox.h"
#include "track/track_priv.h"

/* A mail comes back from a filter or a redirect within this time after the last word about it. */
#define RESUBMIT_WINDOW_US (5 * USEC_PER_MIN)

void message_add_line(struct open_message *om, const struct line *l)
{
	struct fact_line *fl = arena_alloc(&om->arena, sizeof *fl);

	*fl = fact_line_of(l);
	if (om->last_line)
		om->last_line->next = fl;
	else
		om->m.lines = fl;
	om->last_line = fl;
}

void message_insert_line(struct open_message *om, struct fact_line *line)
{
	fact_line_insert(&om->m.lines, line);
	if (!line->next)
		om->last_line = line;
}

bool outcome_is_final(enum outcome o)
{
	switch (o) {
	case OUTCOME_NONE:
	case OUTCOME_HELD:
	case OUTCOME_DEFERRED:
	case OUTCOME_PENDING:
		return false;
	default:
		return true;
	}
}

/* ---- recipients ---- */

/* The key of a recipient: final and original address, domains and case folded; cut at the buffer's end, which
 * merges only monsters. */
static struct slice recipient_key(char buf[1024], struct slice address, struct slice orig)
{
	size_t n = 0;

	for (size_t i = 0; i < address.n && n < 500; i++)
		buf[n++] = ascii_tolower(address.p[i]);
	buf[n++] = '\0';
	for (size_t i = 0; i < orig.n && n < 1023; i++)
		buf[n++] = ascii_tolower(orig.p[i]);
	return slice_of(buf, n);
}

static void index_recipient(struct open_message *om, struct recipient *r)
{
	char buf[1024];
	struct slice key = recipient_key(buf, r->address, r->orig_address);

	(void)map_put(&om->by_recipient, arena_copy(&om->arena, key), r);
}

/* One of Exchange's is also found by its address alone. */
static void index_recipient_at(struct open_message *om, struct recipient *r)
{
	char buf[1024];

	if (om->m.writer == WRITER_EXCHANGE && told(r->orig_address))
		(void)map_put(&om->by_recipient,
			      arena_copy(&om->arena, recipient_key(buf, r->address, SLICE_NONE)), r);
}

static ATTR_NOINLINE void index_new(struct open_message *om, struct recipient *r)
{
	if (om->m.n_recipients == MANY_RECIPIENTS)
		for (struct recipient *each = om->m.recipients; each; each = each->next) {
			index_recipient(om, each);
			index_recipient_at(om, each);
		}
	else {
		index_recipient(om, r);
		index_recipient_at(om, r);
	}
}

/* Addresses of one length mostly differ in more than case, and soon: eight bytes at a time. */
static bool same_folded(const char *a, const char *b, size_t n)
{
	const uint64_t but_case = ~UINT64_C(0x2020202020202020);

	for (size_t i = 0; i + 8 <= n; i += 8)
		if ((track_load(a + i) ^ track_load(b + i)) & but_case)
			return false;
	return slice_eq_fold(slice_of(a, n), slice_of(b, n));
}

static inline bool same_address(struct slice a, struct slice b)
{
	return a.n == b.n && told(a) == told(b) && (a.n == 0 || same_folded(a.p, b.p, a.n));
}

static ATTR_NOINLINE struct recipient *find_indexed(struct open_message *om, struct slice address, struct slice orig)
{
	char buf[1024];

	return map_get(&om->by_recipient, recipient_key(buf, address, orig));
}

static inline struct recipient *find_recipient(struct open_message *om, struct slice address, struct slice orig)
{
	if (om->m.n_recipients >= MANY_RECIPIENTS)
		return find_indexed(om, address, orig);
	for (struct recipient *r = om->m.recipients; r; r = r->next)
		if (same_address(r->address, address) && same_address(r->orig_address, orig))
			return r;
	return NULL;
}

static inline struct recipient *new_recipient(struct open_message *om, struct slice address, struct slice orig)
{
	struct recipient *r = arena_alloc(&om->arena, sizeof *r);

	message_set(om, &r->address, address);
	message_set(om, &r->orig_address, orig);
	r->outcome = OUTCOME_PENDING;
	if (om->last_recipient)
		om->last_recipient->next = r;
	else
		om->m.recipients = r;
	om->last_recipient = r;
	om->m.n_recipients++;
	if (UNLIKELY(om->m.n_recipients >= MANY_RECIPIENTS))
		index_new(om, r);
	return r;
}

/* SLICE_NONE: the same as the address */
static inline struct slice true_original(struct slice address, struct slice orig)
{
	bool same = told(orig) && (orig.n == 0 || (orig.n == address.n && slice_eq_fold(orig, address)));

	return same ? SLICE_NONE : orig;
}

/*
 * An arrival line names the addresses as the client gave them, later lines what became of them: the first final
 * address takes the waiting entry of its original over, further ones stand beside it.
 */
struct recipient *message_recipient(struct open_message *om, struct slice address, struct slice orig)
{
	struct recipient *r;

	orig = true_original(address, orig);
	r = find_recipient(om, address, orig);
	if (r)
		return r;
	if (told(orig)) {
		r = find_recipient(om, orig, SLICE_NONE);
		if (r && !r->attempts) {
			r->orig_address = r->address;
			r->address = arena_copy(&om->arena, address);
			if (om->m.n_recipients >= MANY_RECIPIENTS)
				index_recipient(om, r);
			return r;
		}
	}
	return new_recipient(om, address, orig);
}

struct recipient *message_recipient_at(struct open_message *om, struct slice address)
{
	if (om->m.n_recipients >= MANY_RECIPIENTS)
		return find_indexed(om, address, SLICE_NONE);
	for (struct recipient *r = om->m.recipients; r; r = r->next)
		if (same_address(r->address, address))
			return r;
	return NULL;
}

void message_rename_recipient(struct open_message *om, struct recipient *r, struct slice address, struct slice orig)
{
	char buf[1024];

	if (om->m.n_recipients >= MANY_RECIPIENTS)
		(void)map_remove(&om->by_recipient, recipient_key(buf, r->address, SLICE_NONE));
	message_set(om, &r->address, address);
	r->orig_address = told(orig) ? arena_copy(&om->arena, orig) : SLICE_NONE;
	if (om->m.n_recipients >= MANY_RECIPIENTS) {
		index_recipient(om, r);
		index_recipient_at(om, r);
	}
}

/* "a@b c@d \"x y\"@e", or "<a@b>\n    <c@d>": white space inside double quotes does not separate */
void message_add_recipients(struct open_message *om, struct slice list)
{
	size_t i = 0;

	while (i < list.n) {
		size_t from = i;
		bool quoted = false;

		for (; i < list.n && (quoted || !ascii_space(list.p[i])); i++) {
			if (list.p[i] == '\\' && i + 1 < list.n)
				i++;
			else if (list.p[i] == '"')
				quoted = !quoted;
		}
		if (i > list.n)
			i = list.n;
		if (i - from > 2 && list.p[from] == '<' && list.p[i - 1] == '>')
			(void)message_recipient(om, slice_of(list.p + from + 1, i - from - 2), SLICE_NONE);
		else if (i > from)
			(void)message_recipient(om, slice_of(list.p + from, i - from), SLICE_NONE);
		i++;
	}
}

/* ---- attempts ---- */

static bool is_success(enum outcome o)
{
	return (1U << OUTCOME_DELIVERED | 1U << OUTCOME_RELAYED | 1U << OUTCOME_EXPANDED) >> o & 1;
}

/* "Expired" says when it ended, the last temporary failure says why. */
static void carry_last_failure(struct attempt *a, const struct recipient *r)
{
	const struct attempt *last = NULL;

	a->tried = false;
	for (const struct attempt *each = r->attempts; each; each = each->next)
		if (each != a && each->outcome == OUTCOME_DEFERRED && each->tried && told(each->reply))
			last = each;
	if (a->smtp_code >= 0 || !last)
		return;
	a->smtp_code = last->smtp_code;
	a->dsn = last->dsn;
	a->reply = told(last->reply) ? last->reply : a->reply;
	a->relay_host = last->relay_host;
	a->relay_ip = last->relay_ip;
	a->relay_port = last->relay_port;
	a->transport = last->transport;
	a->router = last->router;
}

static void set_outgoing_tls(struct tracker *t, struct open_message *om, const struct line *l, struct attempt *a)
{
	const struct outgoing_tls *o = session_outgoing_tls(t, l, a->relay_ip);

	if (!o)
		return;
	a->tls_version = arena_copy(&om->arena, slice_of(o->version, o->version_n));
	if (o->cipher_n && (t->o.details & DETAIL_ATTEMPTS))
		message_set(om, &a->tls_cipher, slice_of(o->cipher, o->cipher_n));
	a->tls_verified = o->verified;
}

/* A pipe may give the mail back; what has no name is known by its transport, of what failed without an address it tells the side. */
static inline bool wants_transport(const struct event *e, bool success)
{
	return (!told(e->relay_ip) && !(told(e->relay_host) && success)) || slice_is(e->transport, "pipe");
}

/* the texts of TLS and transport, of which reports ask for some */
static ATTR_NOINLINE void attempt_details(struct tracker *t, struct open_message *om, const struct line *l, struct attempt *a,
					  const struct event *e)
{
	if (t->o.details & DETAIL_TRANSPORT && !told(a->transport))
		a->transport = message_keep(om, e->transport);
	if (!(t->o.details & DETAIL_TLS))
		return;
	a->tls_version = message_keep(om, e->tls_version);
	if (e->writer == WRITER_POSTFIX && told(e->relay_ip) && !told(e->tls_version))
		set_outgoing_tls(t, om, l, a);
}

/* Who asks for all of them gets the line's text as a whole. */
static ATTR_NOINLINE void attempt_all_texts(struct tracker *t, struct open_message *om, const struct line *l, struct attempt *a,
					    const struct event *e)
{
	struct arena *arena = &om->arena;
	const struct arena_whole text = track_keep_text(arena, l);

	a->relay_host = arena_part(arena, &text, e->relay_host);
	a->relay_ip = arena_part(arena, &text, e->relay_ip);
	a->next_queue_id = arena_part(arena, &text, e->related_queue_id);
	a->transport = arena_part(arena, &text, e->transport);
	a->reply = arena_part(arena, &text, told(e->reply) ? e->reply : e->reason);
	a->dsn = arena_part(arena, &text, e->dsn);
	a->router = arena_part(arena, &text, e->router);
	a->tls_version = arena_part(arena, &text, e->tls_version);
	a->tls_cipher = arena_part(arena, &text, e->tls_cipher);
	a->tls_verified = e->verified;
	if (e->writer == WRITER_POSTFIX && told(e->relay_ip) && !told(e->tls_version))
		set_outgoing_tls(t, om, l, a);
}

/* what was tried, by its texts */
static inline ATTR_ALWAYS_INLINE void attempt_texts(struct tracker *t, struct open_message *om, const struct line *l,
						    struct attempt *a, const struct event *e)
{
	bool success = is_success(a->outcome);

	if (t->o.details & DETAIL_ATTEMPTS) {
		attempt_all_texts(t, om, l, a, e);
		return;
	}
	a->relay_host = message_keep(om, e->relay_host);
	a->relay_ip = message_keep(om, e->relay_ip);
	a->next_queue_id = message_keep(om, e->related_queue_id);
	a->transport = wants_transport(e, success) ? message_keep(om, e->transport) : SLICE_NONE;
	a->reply = success ? SLICE_NONE : message_keep(om, told(e->reply) ? e->reply : e->reason);
	a->dsn = a->router = SLICE_NONE;
	a->tls_version = a->tls_cipher = SLICE_NONE;
	a->tls_verified = e->verified;
	if (t->o.details & (DETAIL_TRANSPORT | DETAIL_TLS))
		attempt_details(t, om, l, a, e);
}

static inline ATTR_ALWAYS_INLINE struct attempt *new_attempt(struct tracker *t, struct open_message *om, struct recipient *r,
							     const struct line *l, const struct event *e,
							     enum outcome outcome)
{
	struct attempt *a = arena_alloc_raw(&om->arena, sizeof *a);

	/* nothing is cleared: every field is set here */
	a->next = NULL;
	a->handed_on = false;
	a->time_us = l->time_us;
	a->line_no = l->line_no;
	a->outcome = outcome;
	/* what befalls the whole message, or is an administrator's doing, is no try */
	a->tried = !(e->marks & (MARK_NO_ATTEMPT | MARK_DEFERRED_ALL)) && outcome != OUTCOME_REMOVED;
	attempt_texts(t, om, l, a, e);
	a->relay_port = e->relay_port;
	a->smtp_code = e->smtp_code;
	a->delay_us = e->delay_s;
	if (a->delay_us < 0 && om->m.arrived_us != USEC_NONE && l->time_us >= om->m.arrived_us)
		a->delay_us = l->time_us - om->m.arrived_us;
	a->delay_parts_us[0] = e->delay_queue_in_s;
	a->delay_parts_us[1] = e->delay_queue_s;
	a->delay_parts_us[2] = e->delay_connect_s;
	a->delay_parts_us[3] = e->delay_transmit_s;
	a->size_bytes = e->size_bytes;
	if (r->newest)
		r->newest->next = a;
	else
		r->attempts = a;
	r->newest = a;
	if (outcome == OUTCOME_EXPIRED)
		carry_last_failure(a, r);
	r->n_attempts++;
	/* the outcome that matters most wins; of equals the newest */
	if (!r->deciding || outcome <= r->outcome) {
		r->outcome = outcome;
		r->deciding = a;
	}
	om->names_next |= told(a->next_queue_id);
	return a;
}

static ATTR_NOINLINE struct attempt *add_attempt(struct tracker *t, struct open_message *om, struct recipient *r,
						 const struct line *l, const struct event *e, enum outcome outcome)
{
	return new_attempt(t, om, r, l, e, outcome);
}

static void follow_forward(struct tracker *t, struct open_message *om, const struct line *l, const struct event *e)
{
	struct open_message *child = track_find_or_open(t, om->server, om->instance, e->related_queue_id, l, e->writer);

	if (child && child != om)
		message_link(t, om, child, RELATION_FORWARD, l->time_us);
}

/* ---- mail that comes back: pipe filters, Sieve redirects, list managers ---- */

static bool by_pipe(const struct attempt *a)
{
	return a->outcome == OUTCOME_DELIVERED && told(a->transport) && slice_is(a->transport, "pipe");
}

bool message_by_pipe(const struct attempt *a)
{
	return (a->outcome == OUTCOME_DELIVERED || a->outcome == OUTCOME_EXPANDED) && told(a->transport) &&
	       slice_is(a->transport, "pipe");
}

void message_pipe_delivered(struct tracker *t, struct recipient *r)
{
	for (struct attempt *a = r->attempts; a; a = a->next) {
		if (!message_by_pipe(a))
			continue;
		a->outcome = OUTCOME_DELIVERED;
		if (r->deciding == a)
			r->outcome = OUTCOME_DELIVERED;
		r->local = true;
		direction_learn(t, r->address);
	}
}

/* Was the mail handed to a program or a mailbox of ours, and by a pipe at that? */
static bool delivered_here(const struct open_message *om, bool *ret_by_pipe)
{
	bool here = false;

	*ret_by_pipe = false;
	for (const struct recipient *r = om->m.recipients; r; r = r->next)
		for (const struct attempt *a = r->attempts; a; a = a->next) {
			if (a->outcome == OUTCOME_DELIVERED && r->local)
				here = true;
			if (by_pipe(a) || (a->outcome == OUTCOME_EXPANDED && told(a->transport) &&
					   slice_is(a->transport, "pipe")))
				here = *ret_by_pipe = true;
		}
	return here;
}

/* A pipe that gives the mail back is a filter: what it took went on under the other id. */
static void handed_on_by_pipe(struct open_message *om)
{
	for (struct recipient *r = om->m.recipients; r; r = r->next)
		for (struct attempt *a = r->attempts; a; a = a->next) {
			if (!by_pipe(a))
				continue;
			a->outcome = OUTCOME_EXPANDED;
			r->local = false; /* unless its domain is */
			if (r->deciding == a)
				r->outcome = OUTCOME_EXPANDED;
		}
}

static bool is_loopback(struct slice text)
{
	struct ip ip;

	/* most are addresses whose first digit says that they are none */
	if (text.n == 0 || (text.p[0] >= '1' && text.p[0] <= '9' && !slice_starts(text, "127.")))
		return false;
	return ip_parse(text, &ip) && ip_is_loopback(&ip);
}

/* submitted on this machine: by the sendmail command, or over loopback */
static bool may_come_back(const struct open_message *om)
{
	return om->m.submitted_locally || is_loopback(om->m.client_ip);
}

static bool came_back(const struct open_message *parent, const struct open_message *child)
{
	return child->server == parent->server && child->m.role != ROLE_NOTIFICATION &&
	       child->m.first_us >= parent->m.first_us &&
	       usec_since(parent->m.last_us, child->m.first_us) <= RESUBMIT_WINDOW_US && may_come_back(child);
}

static bool link_back(struct tracker *t, struct open_message *parent, struct open_message *child, usec_t time_us)
{
	bool pipe;

	if (!came_back(parent, child) || !delivered_here(parent, &pipe))
		return false;
	if (!child->m.parents)
		message_link(t, parent, child, pipe ? RELATION_FILTER : RELATION_FORWARD, time_us);
	if (pipe)
		handed_on_by_pipe(parent);
	return true;
}

static bool same_message_id(const struct open_message *a, const struct open_message *b)
{
	return a != b && a->message_id_hash == b->message_id_hash && slice_eq(a->m.message_id, b->m.message_id);
}

/* The delivery may be logged after the mail came back, or before: look both ways. */
static ATTR_NOINLINE void follow_delivery(struct tracker *t, struct open_message *om, const struct line *l,
			    const struct attempt *a)
{
	bool pipe = by_pipe(a);
	unsigned n = 0;

	for (struct open_message *child = track_same_id(track_by_message_id(t, om->message_id_hash), om->message_id_hash, &n); child && child != om;
	     child = track_same_id(child->bucket_next, om->message_id_hash, &n))
		/* once it is linked, only a further delivery by pipe changes anything */
		if ((pipe || !child->m.parents) && same_message_id(om, child))
			(void)link_back(t, om, child, l->time_us);
}

void message_look_back(struct tracker *t, struct open_message *om, const struct line *l)
{
	unsigned n = 0;

	if (!om->message_id_hash || !may_come_back(om))
		return;
	for (struct open_message *parent = track_same_id(om->bucket_next, om->message_id_hash, &n); parent;
	     parent = track_same_id(parent->bucket_next, om->message_id_hash, &n))
		if (same_message_id(parent, om) && link_back(t, parent, om, l->time_us))
			return;
}

void message_end_all(struct tracker *t, struct open_message *om, const struct line *l, const struct event *e,
		     enum outcome outcome)
{
	bool any = false;

	for (struct recipient *r = om->m.recipients; r; r = r->next) {
		any = true;
		if (!outcome_is_final(r->outcome))
			(void)add_attempt(t, om, r, l, e, outcome);
	}
	if (!any)
		(void)add_attempt(t, om, new_recipient(om, e->recipient, SLICE_NONE), l, e, outcome);
	/* deferrals rank below every final outcome, so the new one decides */
}

void message_discard_one(struct tracker *t, struct open_message *om, const struct line *l, const struct event *e)
{
	struct event plain;

	event_init(&plain, EV_ATTEMPT);
	plain.reply = e->reply;
	(void)add_attempt(t, om, message_recipient(om, e->recipient, SLICE_NONE), l, &plain, OUTCOME_DISCARDED);
}

void message_later_word(struct tracker *t, struct open_message *om, struct recipient *r, usec_t time_us,
			enum outcome outcome, struct slice words, bool decides)
{
	const struct line l = { .time_us = time_us };
	struct event e;
	struct attempt *a;

	event_init(&e, EV_ATTEMPT);
	e.transport = SLICE("sieve");
	e.reply = words;
	e.marks = MARK_NO_ATTEMPT;
	a = add_attempt(t, om, r, &l, &e, outcome);
	if (!decides)
		return;
	r->outcome = outcome;
	r->deciding = a;
}

static inline ATTR_ALWAYS_INLINE void attempt(struct tracker *t, struct open_message *om, const struct line *l, const struct event *e)
{
	struct recipient *r;
	struct attempt *a;
	bool here;

	if (e->outcome != OUTCOME_REMOVED)
		om->queued = true;
	if (e->marks & MARK_PROBE)
		om->m.role = ROLE_PROBE;
	if (e->marks & MARK_DEFERRED_ALL || !told(e->recipient)) {
		if (!told(om->m.sender))
			message_set(om, &om->m.sender, e->sender);
		message_end_all(t, om, l, e, e->outcome);
		/* Postfix says no more about a message that a rule threw away (removed (discarded) only since 3.10) */
		if (e->writer == WRITER_POSTFIX && e->outcome == OUTCOME_DISCARDED)
			message_finish(om, l);
		return;
	}
	r = om->m.recipients ? message_recipient(om, e->recipient, e->orig_recipient) :
			       new_recipient(om, e->recipient, true_original(e->recipient, e->orig_recipient));
	a = new_attempt(t, om, r, l, e, e->outcome);
	here = e->marks & MARK_LOCAL && e->outcome == OUTCOME_DELIVERED;
	if (here && !(e->marks & MARK_PROBE)) {
		r->local = true;
		if (!by_pipe(a))
			direction_learn(t, r->address);
	}
	if (told(e->related_queue_id) && e->relation == RELATION_FORWARD)
		follow_forward(t, om, l, e);
	else if (told(e->related_queue_id))
		handoff_follow(t, om, r, a);
	else if (here && om->bucket_prev) /* else it is the newest of its bucket: nothing came back so far */
		follow_delivery(t, om, l, a);
	if (told(e->session) && t->mailboxes.seen)
		mailbox_session(t, om, r, e->session);
}

void message_attempt(struct tracker *t, struct open_message *om, const struct line *l, const struct event *e)
{
	attempt(t, om, l, e);
}

void message_attempt_event(struct tracker *t, struct open_message *om, const struct line *l, const struct event *e)
{
	attempt(t, om, l, e);
	track_event_end(t, om, l, e);
}

/* ---- links ---- */

static void add_link(struct open_message *om, struct message_link **first, struct message_link **last,
		     const struct open_message *other, enum relation relation, usec_t time_us)
{
	struct message_link *link = arena_alloc(&om->arena, sizeof *link);

	link->relation = relation;
	link->server = other->m.server;
	link->queue_id = arena_copy(&om->arena, other->m.queue_id);
	link->time_us = time_us;
	if (*last)
		(*last)->next = link;
	else
		*first = link;
	*last = link;
}

static bool has_link(const struct message_link *link, const struct open_message *other, enum relation relation)
{
	for (; link; link = link->next)
		if (link->relation == relation && slice_eq(link->server, other->m.server) &&
		    slice_eq(link->queue_id, other->m.queue_id))
			return true;
	return false;
}

static enum message_role role_behind(enum relation relation)
{
	switch (relation) {
	case RELATION_BOUNCE:
	case RELATION_DELAY_NOTICE:
	case RELATION_SUCCESS_NOTICE:
	case RELATION_POSTMASTER_NOTICE:
		return ROLE_NOTIFICATION;
	case RELATION_FORWARD:
		return ROLE_FORWARD;
	default:
		return ROLE_FILTER_PASS;
	}
}

/* where the first message of the trail came from: the same for all that follow it */
static const struct origin *origin_behind(struct open_message *om, const struct message *parent)
{
	const struct origin *from = parent->origin;
	struct origin *o = arena_alloc(&om->arena, sizeof *o);

	*o = from ? *from :
		    (struct origin){ .client_host = parent->client_host, .client_ip = parent->client_ip,
				     .user = parent->user, .authenticated = parent->authenticated,
				     .submitted_locally = parent->submitted_locally,
				     .directory = parent->directory };
	o->client_host = message_keep(om, o->client_host);
	o->client_ip = message_keep(om, o->client_ip);
	o->user = message_keep(om, o->user);
	o->directory = message_keep(om, o->directory);
	return o;
}

void message_link(struct tracker *t, struct open_message *parent, struct open_message *child, enum relation relation,
		  usec_t time_us)
{
	if (has_link(child->m.parents, parent, relation))
		return;
	add_link(parent, &parent->m.children, &parent->last_child, child, relation, time_us);
	add_link(child, &child->m.parents, &child->last_parent, parent, relation, time_us);
	if (child->m.role == ROLE_MAIL)
		child->m.role = parent->m.role == ROLE_NOTIFICATION ? ROLE_NOTIFICATION : role_behind(relation);
	/* the same mail further on: it comes from where the first one came from */
	if (child->m.role == ROLE_NOTIFICATION)
		return;
	child->ours = parent->ours >= 0 ? parent->ours : direction_is_ours(t, &parent->m);
	if (!child->m.origin)
		child->m.origin = origin_behind(child, &parent->m);
}

static void change_relation(struct message_link *link, const struct open_message *other)
{
	for (; link; link = link->next)
		if (link->relation == RELATION_FILTER && slice_eq(link->queue_id, other->m.queue_id) &&
		    slice_eq(link->server, other->m.server))
			link->relation = RELATION_FORWARD;
}

void message_forwarded(struct tracker *t, struct open_message *parent, struct open_message *child, usec_t time_us)
{
	change_relation(parent->m.children, child);
	change_relation(child->m.parents, parent);
	if (child->m.role == ROLE_FILTER_PASS)
		child->m.role = ROLE_FORWARD;
	message_link(t, parent, child, RELATION_FORWARD, time_us);
}

/* ---- Message-ID ---- */

/* bare: the writer logs the id without its angle brackets (Exim id=) */
void message_set_message_id(struct tracker *t, struct open_message *om, struct slice id, bool bare)
{
	uint64_t key;

	if (om->message_id_hash)
		message_forget_message_id(t, om);
	if (bare && id.n && id.p[0] != '<') {
		char *p = arena_bytes(&om->arena, id.n + 2);

		key = mailbox_core_key(id);
		p[0] = '<';
		if (track_is_short(id))
			track_copy_short(p + 1, id);
		else
			memcpy(p + 1, id.p, id.n);
		p[id.n + 1] = '>';
		om->m.message_id = slice_of(p, id.n + 2);
	} else {
		key = mailbox_id_key(id);
		om->m.message_id = arena_copy(&om->arena, id);
	}
	if (om->m.message_id.n < 3 || !key)
		return; /* "<>" and the like join nothing */
	om->message_id_hash = key;
	message_id_table_add(&t->by_message_id, om);
}

struct open_message *message_with_id(struct tracker *t, struct slice message_id, enum writer writer)
{
	uint64_t hash = told(message_id) ? mailbox_id_key(message_id) : 0;
	struct open_message *om = hash ? track_by_message_id(t, hash) : NULL;

	while (om && !(om->message_id_hash == hash && om->m.writer == writer && slice_eq(om->m.message_id, message_id)))
		om = om->bucket_next;
	return om;
}

void message_forget_message_id(struct tracker *t, struct open_message *om)
{
	message_id_table_remove(&t->by_message_id, om);
	om->message_id_hash = 0;
}

void message_add_verdict(struct tracker *t, struct open_message *om, usec_t time_us, const struct event *e)
{
	struct verdict *v, **at = &om->m.verdicts;

	if (!(t->o.details & DETAIL_VERDICTS) || om->n_verdicts >= MAX_VERDICTS)
		return;
	om->n_verdicts++;
	v = arena_alloc(&om->arena, sizeof *v);
	verdict_fill(v, &om->arena, time_us, e);
	/* filters have logs of their own, which may come late */
	while (*at && (*at)->time_us <= time_us)
		at = &(*at)->next;
	v->next = *at;
	*at = v;
}

/* ---- the end ---- */

static enum message_state state_of(const struct open_message *om)
{
	if (om->m.state == MESSAGE_EVICTED)
		return MESSAGE_EVICTED;
	if (om->rejected)
		return MESSAGE_REJECTED;
	if (om->cancelled)
		return MESSAGE_ABORTED;
	if (om->done)
		return MESSAGE_DONE;
	if (om->held)
		return MESSAGE_HELD;
	if (!om->queued && (om->accepted ? om->session_over : !om->m.children && !om->m.parents))
		return MESSAGE_ABORTED;
	return MESSAGE_OPEN;
}

static enum message_role role_of(const struct open_message *om)
{
	const struct message *m = &om->m;

	/* made here without a client and with the null sender: a notification whose link was not seen */
	if (m->role == ROLE_MAIL && !om->accepted && m->start_seen && told(m->sender) && m->sender.n == 0)
		return ROLE_NOTIFICATION;
	if (m->role == ROLE_MAIL && !om->accepted && told(m->sender) && slice_starts(m->sender, "double-bounce@"))
		return ROLE_NOTIFICATION;
	return m->role;
}

void message_settle(struct tracker *t, struct open_message *om)
{
	struct message *m = &om->m;
	bool ours, to_local = false, to_remote = false;

	if (m->writer == WRITER_EXCHANGE)
		exchange_settle(om);
	m->state = state_of(om);
	if (m->state == MESSAGE_ABORTED || m->state == MESSAGE_REJECTED)
		m->start_seen = true; /* its first line is its beginning: no arrival was ever due */
	m->role = role_of(om);
	for (struct recipient *r = m->recipients; r; r = r->next) {
		if (om->names_next)
			handoff_settle(t, om, r);
		if (om->held && !om->done && !outcome_is_final(r->outcome))
			r->outcome = OUTCOME_HELD;
		if (om->moved_on && !outcome_is_final(r->outcome))
			r->outcome = OUTCOME_EXPANDED;
		if (r->deciding && by_pipe(r->deciding))
			direction_learn(t, r->address); /* it did not come back: no filter */
		else if (!r->local && told(r->address))
			r->local = direction_is_local_address(t, r->address);
		to_local |= r->local;
		to_remote |= !r->local && told(r->address);
	}
	if (UNLIKELY(t->several_servers))
		handoff_came_from(t, om);
	if (om->rulings)
		verdict_settle(om);
	if (!m->recipients && om->held && !om->done) {
		struct recipient *r = new_recipient(om, SLICE_NONE, SLICE_NONE);

		r->outcome = OUTCOME_HELD;
	}
	ours = om->ours >= 0 ? om->ours == 1 : direction_is_ours(t, m);
	if (ours || om->ours >= 0 || told(m->client_ip))
		m->direction = direction_of(ours, to_local, to_remote);
}
