/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report.c - counting facts into panels
 *
 * Looks at each fact once, keeps the totals, and hands the counted form to the panels.  docs/counting.md
 * defines every figure.
 */
#include "report/report.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "report/ahead.h"
#include "report/memo.h"
#include "report/reasons.h"

#define DEFAULT_TOP        10
#define PANELS_MAX         128
#define PROGRAM_LIMIT_ROWS 4096
#define FAILURE_PAIRS_MAX  ((size_t)1 << 18)
#define LOGIN_PAIRS_MAX    ((size_t)1 << 20)

/* the panels that want one kind of fact */
struct hooks {
	size_t n;
	struct hook {
		void *state;
		union {
			void (*message)(void *state, const struct counted_message *m);
			void (*failure)(void *state, const struct counted_failure *f);
			void (*rejection)(void *state, const struct counted_rejection *r);
			void (*login)(void *state, const struct counted_login *l);
			void (*words)(void *state, const struct counted_words *w);
			void (*mailbox)(void *state, const struct counted_mailbox *m);
			void (*listing)(void *state, const struct counted_listing *l);
			void (*oddity)(void *state, const struct counted_oddity *o);
			void (*session)(void *state, const struct session *s);
			void (*tls_failure)(void *state, const struct tls_failure *f);
			void (*health)(void *state, const struct health *h);
		};
	} of[PANELS_MAX];
};

struct report {
	struct report_options options;
	bool filtered;
	struct counters counters;
	struct report_totals totals; /* those of recipients by outcome: only when they are asked for */
	int64_t outcomes[OUTCOME_COUNT];
	int64_t foreign_lines;
	struct tally programs;
	struct report_lines lines; /* those that are not yet added to `programs` */
	struct fact_sink sink;
	const struct panel_ops *shown[PANELS_MAX]; /* n_panels: those that are counted and built */
	void *states[PANELS_MAX];
	size_t n_panels;
	const struct panel_ops *countings[PANELS_MAX]; /* those that have states of their own: panels, and what counts for several */
	void *counting_states[PANELS_MAX];
	size_t n_countings;
	unsigned details;                          /* what they want: bits of enum fact_detail */
	struct panel panels[PANELS_MAX];
	struct {
		struct hooks message, failure[FAILURE_KIND_COUNT], rejection, login, words, mailbox, listing, oddity, session, tls_failure,
			health;
	} on;
	struct arena arena; /* of the panels */
	/* scratch for one message, kept because it grows once only, or is large */
	struct ahead ahead; /* names of messages */
	struct counted_recipient *recipients;
	size_t recipients_cap;
	struct counted_failure *failures;
	size_t failures_cap;
};

/* call every panel that wants this kind of fact */
#define EACH_PANEL(hooks, callback, fact)                                                          \
	for (const struct hook *h_ = (hooks).of, *end_ = (hooks).of + (hooks).n; h_ < end_; h_++) \
	h_->callback(h_->state, (fact))

#define ADD_HOOK(hooks, callback, function, panel_state)                                   \
	do {                                                                               \
		if (function)                                                              \
			(hooks).of[(hooks).n++] =                                          \
				(struct hook){ .state = (panel_state), .callback = (function) }; \
	} while (0)

static void add_hooks(struct report *r, const struct panel_ops *ops, void *state)
{
	ADD_HOOK(r->on.message, message, ops->on_message, state);
	for (int kind = 0; kind < FAILURE_KIND_COUNT; kind++)
		if (ops->failures & 1U << kind)
			ADD_HOOK(r->on.failure[kind], failure, ops->on_failure, state);
	ADD_HOOK(r->on.rejection, rejection, ops->on_rejection, state);
	ADD_HOOK(r->on.login, login, ops->on_login, state);
	ADD_HOOK(r->on.words, words, ops->on_words, state);
	ADD_HOOK(r->on.mailbox, mailbox, ops->on_mailbox, state);
	ADD_HOOK(r->on.listing, listing, ops->on_listing, state);
	ADD_HOOK(r->on.oddity, oddity, ops->on_oddity, state);
	ADD_HOOK(r->on.session, session, ops->on_session, state);
	ADD_HOOK(r->on.tls_failure, tls_failure, ops->on_tls_failure, state);
	ADD_HOOK(r->on.health, health, ops->on_health, state);
}

void wall_span_move(struct wall_span *w, usec_t wall)
{
	w->number = wall / w->length - (wall % w->length < 0);
	w->begin = w->number * w->length;
	w->end = w->begin + w->length;
}

struct name *counters_new_domain(struct counters *c, struct name *address)
{
	struct name_key key;
	struct name *domain;

	name_key_fold(&key, slice_domain(names_text(&c->addresses, address)));
	domain = names_get(&c->domains, &key);
	address->link = domain->ref + 1;
	return domain;
}

struct name *counters_relay(struct counters *c, const struct attempt *a)
{
	struct slice text = a->relay_host.p ? a->relay_host : a->relay_ip.p ? a->relay_ip : a->transport;
	struct memo_slot *slot = counters_memo(c, MEMO_RELAY, text);
	struct name_key key;
	struct name *name;

	if (slot && memo_is(slot, text))
		return names_at(&c->relays, slot->sym);
	if (!text.p)
		return NULL;
	name_key_fold(&key, text);
	name = names_get(&c->relays, &key);
	if (slot && name->ref > NAME_OTHER)
		memo_set(slot, text, name->ref);
	return name;
}

/* add its lines to the counters; then it is nobody's */
static void settle_slot(struct report *r, struct report_lines_slot *slot)
{
	int64_t *row = r->programs.rows + slot->at;

	if (!slot->of)
		return;
	for (enum event_kind kind = 0; kind < EVENT_KIND_COUNT; kind++) {
		if (kind == EV_FOREIGN)
			continue;
		row[PROGRAM_LINES] += slot->lines[kind];
		row[kind == EV_OTHER	 ? PROGRAM_OTHER :
		    kind == EV_MALFORMED ? PROGRAM_MALFORMED :
					   PROGRAM_EVENT] += slot->lines[kind];
	}
	r->foreign_lines += slot->lines[EV_FOREIGN];
	*slot = (struct report_lines_slot){ 0 };
}

static void settle_lines(struct report *r)
{
	for (size_t i = 0; i < REPORT_LINE_SLOTS; i++)
		settle_slot(r, &r->lines.slots[i]);
}

const struct tally *report_programs(struct report *r)
{
	settle_lines(r);
	return &r->programs;
}

int64_t report_foreign_lines(struct report *r)
{
	settle_lines(r);
	return r->foreign_lines;
}

/* Names took more than they may.  Between two facts nobody holds one. */
static ATTR_NOINLINE void fold(struct report *r)
{
	settle_lines(r);
	counters_fold(&r->counters);
	for (size_t i = 0; i < r->n_countings; i++)
		if (r->countings[i]->on_fold)
			r->countings[i]->on_fold(r->counting_states[i]);
}

static inline void make_room(struct report *r)
{
	if (UNLIKELY(r->counters.used_bytes > r->counters.fold_bytes))
		fold(r);
}

struct report_lines *report_lines(struct report *r)
{
	return &r->lines;
}

void report_other_line(struct report_lines *lines, const struct line *l, const struct event *e)
{
	struct report *r = lines->report;
	struct slice name = l->program.p ? l->program : slice_str(writer_name(e->writer));
	struct report_lines_slot *slot = report_lines_slot(lines, l, e->writer);
	const int64_t *row;

	if (e->kind == EV_FOREIGN) {
		r->foreign_lines += l->line_count;
		return;
	}
	make_room(r);
	settle_slot(r, slot);
	row = tally_row(&r->programs, tally_pair(intern(&r->counters.names, name), (uint32_t)e->writer));
	slot->of = report_lines_of(l, e->writer);
	slot->at = (uint32_t)(row - r->programs.rows);
	slot->lines[e->kind] = l->line_count;
	if (!l->program_no && l->program.p)
		settle_slot(r, slot); /* the next one without a number may be another program */
}

static void add_failure(struct report *r, struct counted_message *cm, enum failure_kind kind,
			const struct name *domain, const struct recipient *rc, const struct attempt *a)
{
	struct counted_failure *last;
	bool repeated; /* servers say the same at every try */

	r->failures = vec_grow(r->failures, cm->n_failures, &r->failures_cap, sizeof *r->failures);
	last = cm->n_failures ? &r->failures[cm->n_failures - 1] : NULL;
	repeated = last && a && last->reply.p && a->reply.p && slice_eq(last->reply, a->reply);
	r->failures[cm->n_failures++] = (struct counted_failure){
		.kind = kind,
		.count = 1,
		.shape = repeated ? last->shape : a ? counters_shape(&r->counters, a->reply) : SYM_NONE,
		.domain = domain,
		.reply = a ? a->reply : SLICE_NONE,
		.smtp_code = a ? a->smtp_code : -1,
		.temporary = kind == FAILURE_DEFERRAL || rc->outcome == OUTCOME_EXPIRED,
		.recipient = rc,
		.attempt = a,
		.time_us = a ? a->time_us : USEC_NONE,
	};
}

/* "Expired" is never a reason: the last failure before it is. */
static const struct attempt *last_deferral(const struct recipient *rc)
{
	const struct attempt *found = rc->deciding;

	for (const struct attempt *a = rc->attempts; a; a = a->next)
		if (a->outcome == OUTCOME_DEFERRED && a->reply.p &&
		    (a->tried || !found || found->outcome != OUTCOME_DEFERRED))
			found = a;
	return found;
}

/* Whatever is to be said of a recipient that was not delivered by the only try. */
static ATTR_NOINLINE void count_outcome(struct report *r, struct counted_message *cm, struct counted_recipient *cr,
					enum outcome outcome)
{
	const struct recipient *rc = cr->r;

	cr->expanded = outcome == OUTCOME_EXPANDED;
	cr->delivered = outcome == OUTCOME_DELIVERED || outcome == OUTCOME_RELAYED;
	cr->bounced = outcome == OUTCOME_BOUNCED || outcome == OUTCOME_EXPIRED;
	for (const struct attempt *a = rc->attempts; a; a = a->next) {
		if (a->outcome != OUTCOME_DEFERRED || !a->tried)
			continue;
		cr->deferrals++;
		add_failure(r, cm, FAILURE_DEFERRAL, cr->domain, rc, a);
	}
	if (cr->bounced)
		add_failure(r, cm, FAILURE_BOUNCE, cr->domain, rc,
			    rc->outcome == OUTCOME_EXPIRED ? last_deferral(rc) : rc->deciding);
	cm->destinations += !cr->expanded;
	cm->delivered += cr->delivered;
	cm->bounced += cr->bounced;
	cm->deferrals += cr->deferrals;
}

static inline void count_recipient(struct report *r, struct counted_message *cm, const struct recipient *rc,
				   const struct name_key *address)
{
	const struct attempt *last = rc->deciding;
	enum outcome outcome = rc->outcome;
	struct counted_recipient *cr;

	/* a next server took it whose logs are here too: there it goes on, under its own id */
	if (last && UNLIKELY(last->handed_on) && outcome == OUTCOME_RELAYED)
		outcome = OUTCOME_EXPANDED;
	if (UNLIKELY(cm->n_recipients == r->recipients_cap))
		r->recipients = vec_grow(r->recipients, cm->n_recipients, &r->recipients_cap, sizeof *r->recipients);
	cr = &r->recipients[cm->n_recipients++];
	cr->r = rc;
	cr->address = names_get(&r->counters.addresses, address);
	cr->domain = counters_domain(&r->counters, cr->address);
	cr->relay = NULL;
	cr->time_us = last ? last->time_us : USEC_NONE;
	cr->delay_us = last ? last->delay_us : -1;
	cr->expanded = cr->delivered = cr->bounced = false;
	cr->deferrals = 0;
	r->outcomes[outcome]++;
	if (LIKELY((outcome == OUTCOME_DELIVERED || outcome == OUTCOME_RELAYED) && rc->n_attempts == 1)) {
		cr->delivered = true;
		cm->destinations++;
		cm->delivered++;
	} else {
		count_outcome(r, cm, cr, outcome);
	}
}

/* Does this queue id carry mail?  Adds what is only counted by its role. */
static bool count_role(struct report_totals *t, const struct message *m)
{
	switch (m->role) {
	case ROLE_NOTIFICATION:
		t->notifications++;
		return false;
	case ROLE_PROBE:
		t->probes++;
		return false;
	case ROLE_FILTERED:
		return false;
	case ROLE_FILTER_PASS:
		t->filter_passes++;
		break;
	case ROLE_FORWARD:
		t->forwards++;
		break;
	case ROLE_MAIL:
	case MESSAGE_ROLE_COUNT:
		break;
	}
	return true;
}

static void on_soon(void *ctx, const struct message *m)
{
	struct report *r = ctx;

	ahead_note(&r->ahead, &r->counters, m);
}

static void count_recipients(struct report *r, struct counted_message *cm, const struct message_keys *keys)
{
	const struct name_key *key = keys->recipients, *end = key + keys->n_recipients;
	const struct recipient *rc = cm->m->recipients;
	struct name_key more;

	for (; rc && key < end; rc = rc->next)
		count_recipient(r, cm, rc, key++);
	for (; rc; rc = rc->next) {
		name_key_fold(&more, recipient_address(rc));
		count_recipient(r, cm, rc, &more);
	}
	cm->recipients = r->recipients;
	cm->failures = r->failures;
}

static void count_failure(struct report *r, const struct counted_failure *f)
{
	tally_row(&r->counters.pairs[f->kind], tally_pair(f->shape, f->domain->ref))[0] += f->count;
	reasons_count(&r->counters, f);
	EACH_PANEL(r->on.failure[f->kind], failure, f);
}

static void tell_mailbox(struct report *r, const struct mailbox_action *a)
{
	struct name_key key;
	struct counted_mailbox cm = { .a = a };

	make_room(r);
	name_key_fold(&key, a->user);
	cm.user = names_get(&r->counters.users, &key);
	EACH_PANEL(r->on.mailbox, mailbox, &cm);
}

static void tell_words(struct report *r, const struct verdict *verdicts, struct slice sender)
{
	struct counted_words cw = { verdicts, sender };

	if (!r->on.words.n)
		return;
	make_room(r);
	EACH_PANEL(r->on.words, words, &cw);
}

static void count_message(struct report *r, const struct message *m)
{
	struct counters *c = &r->counters;
	const struct message_keys *keys = ahead_find(&r->ahead, c, m);
	struct counted_message cm;

	cm.m = m;
	cm.received = m->role == ROLE_MAIL && m->start_seen;
	cm.bytes = m->size_bytes > 0 ? m->size_bytes : 0;
	cm.sender = names_get(&c->addresses, &keys->sender);
	cm.sender_domain = c->wanted & WANT_SENDER_DOMAIN ? counters_domain(c, cm.sender) : NULL;
	cm.client = keys->client.s.p ? names_get(&c->clients, &keys->client) : NULL;
	cm.user = keys->user.s.p ? names_get(&c->users, &keys->user) : NULL;
	cm.n_recipients = cm.n_failures = 0;
	cm.destinations = cm.delivered = cm.bounced = cm.deferrals = 0;
	count_recipients(r, &cm, keys);
	if (cm.received) {
		r->totals.messages++;
		r->totals.bytes += cm.bytes;
	}
	r->totals.deferrals += cm.deferrals;
	EACH_PANEL(r->on.message, message, &cm);
	for (size_t i = 0; i < cm.n_failures; i++)
		count_failure(r, &cm.failures[i]);
}

static void on_message(void *ctx, const struct message *m)
{
	struct report *r = ctx;

	if (r->filtered && !filter_message(r->options.filter, m))
		return;
	if (m->verdicts)
		tell_words(r, m->verdicts, m->sender);
	/* else each is told by itself */
	for (const struct mailbox_action *a = r->filtered && r->on.mailbox.n ? m->mailbox : NULL; a; a = a->next)
		tell_mailbox(r, a);
	if (m->state == MESSAGE_REJECTED || m->state == MESSAGE_ABORTED || !count_role(&r->totals, m))
		return;
	make_room(r);
	count_message(r, m);
}

static void on_rejection(void *ctx, const struct rejection *rj)
{
	struct report *r = ctx;
	struct counters *c = &r->counters;
	struct counted_rejection cr;
	struct name_key client, domain, user;

	if (r->filtered && !filter_rejection(r->options.filter, rj))
		return;
	r->totals.rejections += rj->attempts;
	if (rj->verdicts)
		tell_words(r, rj->verdicts, rj->sender);
	make_room(r);
	client_key(c, &client, rj->client_ip, rj->client_host);
	names_prefetch_slot(&c->clients, &client);
	name_key_fold(&domain, slice_domain(rj->sender)); /* the sender itself counts nowhere */
	name_key_fold(&user, rj->user);
	names_prefetch_name(&c->clients, &client);
	cr.r = rj;
	cr.client = client.s.p ? names_get(&c->clients, &client) : NULL;
	cr.user = user.s.p ? names_get(&c->users, &user) : NULL;
	cr.failure = (struct counted_failure){
		.kind = FAILURE_REJECTION,
		.count = rj->attempts,
		.shape = counters_shape(c, rj->reply),
		.domain = names_get(&c->domains, &domain),
		.stage = counters_text(c, MEMO_TEXT, rj->stage),
		.reply = rj->reply,
		.smtp_code = rj->smtp_code,
		.temporary = rj->temporary,
		.time_us = rj->time_us,
	};
	EACH_PANEL(r->on.rejection, rejection, &cr);
	count_failure(r, &cr.failure);
}

static void on_login(void *ctx, const struct login *l)
{
	struct report *r = ctx;
	struct counters *c = &r->counters;
	struct counted_login cl = { .l = l };
	struct name_key user, client;

	if (r->filtered && !filter_login(r->options.filter, l))
		return;
	if (l->success)
		r->totals.logins_ok++;
	else
		r->totals.logins_failed += l->attempts;
	make_room(r);
	name_key_fold(&user, l->user);
	names_prefetch_slot(&c->users, &user);
	name_key(&client, l->client_ip);
	names_prefetch_slot(&c->clients, &client);
	cl.user = names_get(&c->users, &user);
	cl.client = names_get(&c->clients, &client);
	if (!l->success) {
		uint64_t pair = tally_pair(cl.client->ref, cl.user->ref);

		cl.first_failure = tally_add(&c->login_pairs, pair);
	}
	EACH_PANEL(r->on.login, login, &cl);
}

/* Sessions, handshakes and notices belong to no message: a filter leaves them out. */
static void on_session(void *ctx, const struct session *s)
{
	struct report *r = ctx;

	if (r->filtered || s->writer == WRITER_DOVECOT)
		return;
	r->totals.connections += r->totals.connections < 0 ? 2 : 1; /* from "not told" to the first */
	make_room(r);
	EACH_PANEL(r->on.session, session, s);
}

static void on_tls_failure(void *ctx, const struct tls_failure *f)
{
	struct report *r = ctx;

	if (!r->filtered)
		EACH_PANEL(r->on.tls_failure, tls_failure, f);
}

static void on_mailbox(void *ctx, const struct mailbox_action *a)
{
	struct report *r = ctx;

	if (!r->filtered || filter_mailbox(r->options.filter, a))
		tell_mailbox(r, a);
}

static const struct name *client_of(struct report *r, struct slice ip)
{
	struct name_key key;

	make_room(r);
	name_key(&key, ip);
	return names_get(&r->counters.clients, &key);
}

static void on_listing(void *ctx, const struct blocklisting *l)
{
	struct report *r = ctx;
	struct counted_listing cl = { .l = l };

	if (r->filtered)
		return;
	cl.client = client_of(r, l->client_ip);
	EACH_PANEL(r->on.listing, listing, &cl);
}

static void on_oddity(void *ctx, const struct oddity *o)
{
	struct report *r = ctx;
	struct counted_oddity co = { .o = o };

	if (r->filtered)
		return;
	co.client = client_of(r, o->client_ip);
	EACH_PANEL(r->on.oddity, oddity, &co);
}

static void on_health(void *ctx, const struct health *h)
{
	struct report *r = ctx;

	if (r->filtered)
		return;
	make_room(r);
	EACH_PANEL(r->on.health, health, h);
}

static void init_table(struct counters *c, struct names *t)
{
	names_init(t, c->limit_bytes); /* one fact may have many names */
	t->meter = &c->used_bytes;
}

static void init_pairs(struct counters *c, struct tally *t, unsigned width, size_t limit, enum key_part major,
		       enum key_part minor)
{
	tally_init(t, width, limit);
	t->other = tally_pair(SYM_OTHER, SYM_OTHER);
	counters_add_tally(c, &(struct named_tally){ .t = t, .major = major, .minor = minor, .weights = 1 });
}

static void counters_init(struct counters *c, struct report *r)
{
	c->limit_bytes = r->options.memory_bytes ? r->options.memory_bytes : REPORT_MEMORY_BYTES;
	c->fold_bytes = c->limit_bytes;
	init_table(c, &c->addresses);
	init_table(c, &c->domains);
	init_table(c, &c->clients);
	init_table(c, &c->relays);
	init_table(c, &c->users);
	for (int kind = 0; kind < FAILURE_KIND_COUNT; kind++)
		init_pairs(c, &c->pairs[kind], 1, FAILURE_PAIRS_MAX, PART_SYMBOL, PART_DOMAIN);
	reasons_init(c);
	init_pairs(c, &c->login_pairs, 0, LOGIN_PAIRS_MAX, PART_CLIENT, PART_USER);
	intern_init(&c->names, c->limit_bytes);
	c->names.meter = &c->used_bytes;
	c->report = r;
	c->language = r->options.language;
}

/* the panels have said what they count */
static void counters_start(struct counters *c)
{
	names_start(&c->addresses);
	names_start(&c->domains);
	names_start(&c->clients);
	names_start(&c->relays);
	names_start(&c->users);
}

static void counters_done(struct counters *c)
{
	names_done(&c->addresses);
	names_done(&c->domains);
	names_done(&c->clients);
	names_done(&c->relays);
	names_done(&c->users);
	for (int kind = 0; kind < FAILURE_KIND_COUNT; kind++)
		tally_done(&c->pairs[kind]);
	reasons_done(c);
	tally_done(&c->login_pairs);
	intern_done(&c->names);
	strbuf_done(&c->scratch);
}

struct panel_name *report_panel_names(struct arena *a, size_t *ret_n)
{
	struct panel_name *names = arena_alloc(a, sizeof *names * PANELS_MAX);

	for (*ret_n = 0; report_panel_ops[*ret_n]; ++*ret_n) {
		const struct panel_ops *ops = report_panel_ops[*ret_n];

		names[*ret_n] = (struct panel_name){ ops->id, ops->title, !ops->on_request };
	}
	return names;
}

unsigned report_details(const struct report *r)
{
	return r->details;
}

static const struct panel_ops *panel_with_id(const char *id)
{
	for (size_t i = 0; report_panel_ops[i]; i++)
		if (slice_eq(slice_str(report_panel_ops[i]->id), slice_str(id)))
			return report_panel_ops[i];
	return NULL;
}

static void show_panel(struct report *r, const struct panel_ops *ops)
{
	for (size_t i = 0; i < r->n_panels; i++)
		if (r->shown[i] == ops)
			return;
	assert(r->n_panels < PANELS_MAX);
	r->shown[r->n_panels++] = ops;
}

static void choose_panels(struct report *r)
{
	const struct report_options *o = &r->options;

	for (size_t i = 0; !o->all_panels && i < o->n_panels; i++) {
		const struct panel_ops *ops = panel_with_id(o->panels[i]);

		assert(ops);
		show_panel(r, ops);
	}
	for (size_t i = 0; report_panel_ops[i]; i++)
		if (o->all_panels || (!o->n_panels && !report_panel_ops[i]->on_request))
			show_panel(r, report_panel_ops[i]);
}

void *counters_counting(struct counters *c, const struct panel_ops *ops)
{
	struct report *r = c->report;
	void *state;

	for (size_t i = 0; i < r->n_countings; i++)
		if (r->countings[i] == ops)
			return r->counting_states[i];
	state = ops->new(ops, c);
	add_hooks(r, ops, state);
	r->details |= ops->details;
	r->counters.wanted |= ops->names;
	r->countings[r->n_countings] = ops;
	r->counting_states[r->n_countings++] = state;
	return state;
}

struct report *report_new(const struct report_options *o)
{
	struct report *r = xcalloc(1, sizeof *r);

	r->options = *o;
	r->lines.report = r;
	r->filtered = o->filter && !filter_is_empty(o->filter);
	r->totals.connections = -1;
	counters_init(&r->counters, r);
	tally_init(&r->programs, PROGRAM_VALUES, PROGRAM_LIMIT_ROWS);
	counters_add_tally(&r->counters,
			   &(struct named_tally){ .t = &r->programs, .major = PART_SYMBOL, .weights = 1 });
	r->sink = (struct fact_sink){
		.ctx = r,
		.message = on_message,
		.soon = on_soon,
		.rejection = on_rejection,
		.login = on_login,
		.session = on_session,
		.tls_failure = on_tls_failure,
		.health = on_health,
	};
	choose_panels(r);
	for (size_t i = 0; i < r->n_panels; i++)
		r->states[i] = counters_counting(&r->counters, r->shown[i]);
	/* facts that the tracker makes for those who ask */
	r->sink.mailbox = r->on.mailbox.n ? on_mailbox : NULL;
	r->sink.listing = r->on.listing.n ? on_listing : NULL;
	r->sink.oddity = r->on.oddity.n ? on_oddity : NULL;
	counters_start(&r->counters);
	return r;
}

void report_free(struct report *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->n_countings; i++)
		if (r->countings[i]->free)
			r->countings[i]->free(r->counting_states[i]);
	tally_done(&r->programs);
	arena_clear(&r->arena);
	counters_done(&r->counters);
	free(r->recipients);
	free(r->failures);
	free(r);
}

const struct fact_sink *report_sink(struct report *r)
{
	return &r->sink;
}

const struct panel *report_panels(struct report *r, const struct diagnoser *d, size_t *ret_n)
{
	size_t top = r->options.top ? r->options.top : DEFAULT_TOP;

	r->counters.diagnoser = d;
	arena_clear(&r->arena);
	for (size_t i = 0; i < r->n_panels; i++) {
		const struct panel_ops *ops = r->shown[i];
		struct panel_build b = {
			.counters = &r->counters,
			.arena = &r->arena,
			.limit = r->options.no_limit ? SIZE_MAX : top,
			.no_limit = r->options.no_limit,
			.panel = &r->panels[i],
		};

		r->panels[i] = (struct panel){
			.id = ops->id,
			.title = ops->title,
			.columns = ops->columns,
			.n_columns = ops->n_columns,
			.pivot = ops->pivot,
			.chart = ops->chart,
		};
		ops->build(r->states[i], &b);
	}
	*ret_n = r->n_panels;
	return r->panels;
}

const struct report_totals *report_totals(struct report *r)
{
	struct report_totals *t = &r->totals;
	const int64_t *n = r->outcomes;

	t->delivered = n[OUTCOME_DELIVERED];
	t->relayed = n[OUTCOME_RELAYED];
	t->bounced = n[OUTCOME_BOUNCED];
	t->expired = n[OUTCOME_EXPIRED];
	t->rejected = n[OUTCOME_REJECTED];
	t->discarded = n[OUTCOME_DISCARDED];
	t->removed = n[OUTCOME_REMOVED];
	t->held = n[OUTCOME_HELD];
	t->deferred = n[OUTCOME_DEFERRED];
	t->expanded = n[OUTCOME_EXPANDED];
	t->pending = n[OUTCOME_NONE] + n[OUTCOME_PENDING];
	t->recipients = 0;
	for (int k = 0; k < OUTCOME_COUNT; k++)
		t->recipients += k == OUTCOME_EXPANDED ? 0 : n[k];
	return t;
}

struct report_folded report_folded(const struct report *r)
{
	const struct counters *c = &r->counters;

	return (struct report_folded){ counters_folded(c), c->limit_bytes };
}
