/* SPDX-License-Identifier: Apache-2.0 */
/*
 * detect.c - facts to detectors, and their findings in order
 */
#include "detect/detect.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/ascii.h"
#include "detect/blocking.h"
#include "detect/detect_priv.h"
#include "detect/finding.h"
#include "detect/refusal.h"
#include "fact/servers.h"

#define MEMORY_BYTES     ((size_t)256 << 20)
#define LEFT_OUT_NETS_MAX 1000

struct running {
	struct watch_context context;
	void *state;
};

struct detect {
	struct detect_options o;
	bool filtered;
	struct fact_sink sink;
	struct watch_meter meter;
	struct known known;
	struct refusals *refusals;
	uint64_t messages[WRITER_COUNT];
	struct servers servers;    /* ours, as the logs tell */
	struct arena arena;
	struct running *running;
	size_t n_running;
	unsigned details;
	bool wants_rejections, wants_sessions, wants_tls_failures, wants_oddities;
	usec_t now_us;
	struct slice last_ip;      /* the party of the last fact: clients come in rows */
	char last_ip_text[64];
	struct party last;
	struct findings findings;
	struct finding *sorted;
	size_t n_sorted;
	bool ended;
	struct detect_left_out left_out;
	struct slice server;       /* of the first fact */
	bool several_servers;
};

#define NAMES(type, fn, list)                                                \
	const char *fn(enum type v)                                          \
	{                                                                    \
		static const char *const WORDS[] = { list(X) };              \
		return WORDS[v];                                             \
	}
#define X(id, name) [id] = name,
NAMES(threat_level, threat_level_name, THREAT_LEVELS)
NAMES(threat_confidence, threat_confidence_name, THREAT_CONFIDENCES)
NAMES(subject_kind, subject_kind_name, SUBJECT_KINDS)
#undef X

bool threat_level_parse(struct slice name, enum threat_level *ret)
{
	for (int i = 0; i < THREAT_LEVEL_COUNT; i++)
		if (slice_eq(name, slice_str(threat_level_name((enum threat_level)i)))) {
			*ret = (enum threat_level)i;
			return true;
		}
	return false;
}

/* --- what all detectors share ------------------------------------------------------------------------- */

const struct known *detect_known(const struct detect *d)
{
	return &d->known;
}

struct watch_meter *detect_meter(struct detect *d)
{
	return &d->meter;
}

struct refusals *detect_refusals(const struct detect *d)
{
	return d->refusals;
}

enum writer detect_mta(const struct detect *d)
{
	enum writer most = WRITER_NONE;

	for (size_t w = 0; w < WRITER_COUNT; w++)
		if (d->messages[w] > d->messages[most])
			most = (enum writer)w;
	return most;
}

usec_t detect_now(const struct detect *d)
{
	return d->now_us;
}

struct arena *detect_arena(struct detect *d)
{
	return &d->arena;
}

const struct detect_options *detect_options_of(const struct detect *d)
{
	return &d->o;
}

struct findings *detect_list(const struct watch_context *c)
{
	return &c->detect->findings;
}

/* Carriers' shared addresses (100.64/10) are strangers' all the same. */
static bool is_own_net(const struct ip *ip)
{
	return ip_is_private(ip) && !(ip_is_v4(ip) && ip->b[12] == 100);
}

bool detect_trusts(const struct detect *d, const struct ip *ip)
{
	if (is_own_net(ip))
		return true;
	for (size_t i = 0; i < d->o.n_trusted; i++)
		if (ip_in_net(ip, &d->o.trusted[i]))
			return true;
	return false;
}

/* a server of ours whose log was read */
static bool is_own_server(const struct detect *d, const struct ip_net *net)
{
	for (size_t i = 0; i < d->servers.n; i++)
		for (unsigned k = 0; k < d->servers.items[i].n_ips; k++)
			if (ip_is_v4(&net->addr) == ip_is_v4(&d->servers.items[i].ips[k]) &&
			    ip_in_net(&d->servers.items[i].ips[k], net))
				return true;
	return false;
}

bool detect_trusts_net(const struct detect *d, const struct ip_net *net)
{
	if (is_own_server(d, net))
		return true;
	if (is_own_net(&net->addr))
		return true;
	for (size_t i = 0; i < d->o.n_trusted; i++)
		if (ip_in_net(&net->addr, &d->o.trusted[i]) ||
		    (d->o.trusted[i].bits > net->bits && ip_in_net(&d->o.trusted[i].addr, net)))
			return true;
	return false;
}

int detect_country(const struct detect *d, const struct ip *ip)
{
	int country = d->o.country ? d->o.country(d->o.country_ctx, ip) : -1;

	return country < 26 * 26 ? country : -1;
}

static struct party look_up_ip(const struct detect *d, struct slice client_ip)
{
	struct party p = { 0 };

	p.has_ip = client_ip.n && ip_parse(client_ip, &p.ip);
	if (!p.has_ip)
		return p;
	p.trusted = detect_trusts(d, &p.ip);
	p.address = watch_address(&p.ip);
	p.network = watch_network(&p.ip);
	return p;
}

struct party detect_party(const struct detect *d, struct slice client_ip)
{
	struct party p = look_up_ip(d, client_ip);

	if (p.has_ip)
		p.from = known_address(&d->known, &p.address);
	return p;
}

/* the same, without taking the text of the same client apart again */
static struct party party_of(struct detect *d, struct slice client_ip)
{
	if (!client_ip.n)
		return (struct party){ 0 };
	if (!slice_eq(client_ip, d->last_ip)) {
		d->last = look_up_ip(d, client_ip);
		client_ip = slice_head(client_ip, sizeof d->last_ip_text);
		memcpy(d->last_ip_text, client_ip.p, client_ip.n);
		d->last_ip = slice_of(d->last_ip_text, client_ip.n);
	}
	return d->last;
}

#define ACCOUNT_BYTES WATCH_KEY_BYTES

/* in lower case, in the caller's buffer */
static struct slice fold_account(struct slice user, char *buf)
{
	size_t n = user.n < ACCOUNT_BYTES ? user.n : ACCOUNT_BYTES;

	if (!user.p)
		return SLICE_NONE;
	for (size_t i = 0; i < n; i++)
		buf[i] = ascii_tolower(user.p[i]);
	return slice_of(buf, n);
}

/* --- facts -------------------------------------------------------------------------------------------- */

static void note_time(struct detect *d, usec_t time_us, int32_t offset)
{
	if (time_us > d->now_us) {
		d->now_us = time_us;
		d->findings.utc_offset_sec = offset;
	}
}

static void note_server(struct detect *d, struct slice server)
{
	if (d->several_servers || slice_eq(server, d->server))
		return;
	d->several_servers = d->server.p != NULL;
	if (!d->several_servers)
		d->server = arena_copy(&d->arena, server);
}

#define EACH(d, hook, ...)                                                              \
	for (size_t i_ = 0; i_ < (d)->n_running; i_++)                                  \
		if ((d)->running[i_].context.self->hook)                                \
			(d)->running[i_].context.self->hook((d)->running[i_].state, __VA_ARGS__)

static bool was_delivered(const struct message *m)
{
	for (const struct recipient *r = m->recipients; r; r = r->next)
		if (r->outcome == OUTCOME_DELIVERED || r->outcome == OUTCOME_RELAYED)
			return true;
	return false;
}

/* A mail without a login was taken and arrived: its client is somebody's mail server.  Behind a content filter another
 * message tells that it arrived. */
static void learn_mail(struct detect *d, const struct message *m, struct party *p)
{
	struct ip_net address = p->address;
	struct known_address *from;

	if (m->role == ROLE_FILTER_PASS && m->origin && !m->origin->authenticated && !m->origin->submitted_locally) {
		struct party first = look_up_ip(d, m->origin->client_ip);

		if (!first.has_ip)
			return;
		address = first.address;
	} else if (!p->has_ip || m->role != ROLE_MAIL || p->account.p) {
		return;
	}
	if (!was_delivered(m))
		return;
	from = known_address_at(&d->known, &address, m->last_us);
	from->mails++;
}

static void on_message(void *ctx, const struct message *m)
{
	char buf[ACCOUNT_BYTES];
	struct detect *d = ctx;
	struct party p = party_of(d, m->client_ip);

	note_time(d, m->last_us, m->utc_offset_sec);
	note_server(d, m->server);
	if (m->authenticated && m->user.n)
		p.account = fold_account(m->user, buf);
	else if (m->origin && m->origin->authenticated && m->origin->user.n)
		p.account = fold_account(m->origin->user, buf);
	if (p.account.p && m->role == ROLE_MAIL) {
		struct known_account *who = known_account_at(&d->known, p.account, m->last_us);

		who->messages++;
		p.who = who;
	}
	servers_note(&d->servers, m);
	d->messages[m->writer]++;
	learn_mail(d, m, &p);
	if (p.has_ip)
		p.from = known_address(&d->known, &p.address);
	if (!d->filtered || filter_message(d->o.filter, m))
		EACH(d, on_message, m, &p);
}

static void on_rejection(void *ctx, const struct rejection *r)
{
	char buf[ACCOUNT_BYTES];
	struct detect *d = ctx;
	struct party p;

	note_time(d, r->time_us, r->utc_offset_sec);
	note_server(d, r->server);
	if (!d->wants_rejections || (d->filtered && !filter_rejection(d->o.filter, r)))
		return;
	p = party_of(d, r->client_ip);
	p.account = fold_account(r->user, buf);
	if (p.has_ip)
		p.from = known_address(&d->known, &p.address);
	if (p.account.n)
		p.who = known_account(&d->known, p.account);
	refusals_next(d->refusals);
	EACH(d, on_rejection, r, &p);
}

#define LINES_FROM 3 /* addresses that failed at an account: sample lines are kept from then on */

/* The first failure of an address: most have no second one, and no detector need remember them. */
static void learn_failure(struct detect *d, const struct login *l, struct known_address *from)
{
	const struct fact_line *line = l->lines;

	if (!d->filtered || filter_login(d->o.filter, l))
		from->watched++;
	if (from->first_failures)
		return;
	from->first_failure_us = l->time_us;
	from->first_failures = (uint32_t)l->attempts;
	while (line && line->next)
		line = line->next;
	if (line)
		from->first_line = *line;
	from->first_line.next = NULL;
}

static void learn_account_failure(struct detect *d, const struct login *l, struct known_account *who)
{
	if (!d->filtered || filter_login(d->o.filter, l))
		who->watched++;
	if (!who->lines && who->addresses.n >= LINES_FROM) {
		who->lines = xcalloc(1, sizeof *who->lines);
		d->meter.used += sizeof *who->lines;
	}
	if (who->lines)
		watch_lines_add(who->lines, l->lines);
}

static void learn_login(struct detect *d, const struct login *l, struct party *p)
{
	struct known_address *from = NULL;
	struct known_account *who = NULL;
	int64_t n = l->attempts > 0 ? l->attempts : 1;
	struct watch_peer *peer;

	if (p->has_ip) {
		from = known_address_at(&d->known, &p->address, l->time_us);
		peer = watch_peers_at(&from->accounts, p->account.p ? p->account : SLICE(""), &d->meter);
		if (peer)
			watch_peer_add(peer, l->success, l->time_us, n);
		*(l->success ? &from->successes : &from->failures) += (uint32_t)n;
		if (!l->success)
			learn_failure(d, l, from);
	}
	if (p->account.n) {
		who = known_account_at(&d->known, p->account, l->time_us);
		peer = p->has_ip ? watch_peers_at(&who->addresses, watch_net_key(&p->address), &d->meter) : NULL;
		if (peer)
			watch_peer_add(peer, l->success, l->time_us, n);
		*(l->success ? &who->successes : &who->failures) += (uint32_t)n;
		if (!l->success)
			learn_account_failure(d, l, who);
	}
	p->from = from;
	p->who = who;
}

static void learn_unanswered(struct detect *d, const struct login *l, struct party *p)
{
	struct known_address *from;

	if (!p->has_ip)
		return;
	from = known_address_at(&d->known, &p->address, l->time_us);
	from->unanswered += (uint32_t)l->attempts;
	learn_failure(d, l, from);
	p->from = from;
}

static void on_login(void *ctx, const struct login *l)
{
	char buf[ACCOUNT_BYTES];
	struct detect *d = ctx;
	struct party p;

	note_time(d, l->time_us, l->utc_offset_sec);
	note_server(d, l->server);
	p = party_of(d, l->client_ip);
	p.account = fold_account(l->user, buf);
	if (!l->success && known_is_own_fault(l->reason)) {
		learn_unanswered(d, l, &p);
		if (!d->filtered || filter_login(d->o.filter, l))
			EACH(d, on_unanswered, l, &p);
		return;
	}
	learn_login(d, l, &p);
	if (!d->filtered || filter_login(d->o.filter, l))
		EACH(d, on_login, l, &p);
}

/* Sessions, handshakes and notices belong to no message: a filter leaves them out. */
static void on_session(void *ctx, const struct session *s)
{
	struct detect *d = ctx;
	struct party p;

	note_time(d, s->end_us, s->utc_offset_sec);
	note_server(d, s->server);
	if (!d->wants_sessions || d->filtered)
		return;
	p = party_of(d, s->client_ip);
	if (p.has_ip)
		p.from = known_address(&d->known, &p.address);
	EACH(d, on_session, s, &p);
}

static void on_tls_failure(void *ctx, const struct tls_failure *f)
{
	struct detect *d = ctx;
	struct party p;

	note_time(d, f->time_us, f->utc_offset_sec);
	if (!d->wants_tls_failures || d->filtered)
		return;
	p = party_of(d, f->peer_ip);
	if (p.has_ip)
		p.from = known_address(&d->known, &p.address);
	EACH(d, on_tls_failure, f, &p);
}

static void on_oddity(void *ctx, const struct oddity *o)
{
	struct detect *d = ctx;
	struct party p;

	note_time(d, o->time_us, o->utc_offset_sec);
	if (!d->wants_oddities || d->filtered)
		return;
	p = party_of(d, o->client_ip);
	if (p.has_ip)
		p.from = known_address(&d->known, &p.address);
	EACH(d, on_oddity, o, &p);
}

static void on_health(void *ctx, const struct health *h)
{
	struct detect *d = ctx;

	note_time(d, h->time_us, h->utc_offset_sec);
	note_server(d, h->server);
	if (!d->filtered)
		EACH(d, on_health, h);
}

/* --- begin and end ------------------------------------------------------------------------------------ */

static bool is_wanted(const struct detect_options *o, const struct detector *det)
{
	for (size_t i = 0; i < o->n_detectors; i++)
		if (slice_eq(slice_str(o->detectors[i]), slice_str(det->id)))
			return true;
	return o->n_detectors == 0;
}

static void read_settings(struct watch_context *c, const struct detect_options *o)
{
	for (size_t i = 0; i < c->self->n_settings; i++)
		c->settings[i] = c->self->settings[i].fallback;
	for (size_t k = 0; k < o->n_settings; k++) {
		const struct detect_setting *s = &o->settings[k];

		if (!slice_eq(s->detector, slice_str(c->self->id)))
			continue;
		for (size_t i = 0; i < c->self->n_settings; i++)
			if (slice_eq(s->name, slice_str(c->self->settings[i].name)))
				c->settings[i] = s->value;
	}
}

struct detect *detect_new(const struct detect_options *o)
{
	struct detect *d = xcalloc(1, sizeof *d);
	size_t n = 0;

	d->o = *o;
	d->filtered = o->filter && !filter_is_empty(o->filter);
	d->meter.limit = o->memory_bytes ? o->memory_bytes : MEMORY_BYTES;
	d->now_us = USEC_NONE;
	d->findings.arena = &d->arena;
	d->findings.language = o->language;
	known_init(&d->known, &d->meter);
	d->refusals = xcalloc(1, sizeof *d->refusals);
	while (detectors[n])
		n++;
	d->running = xcalloc(n + 1, sizeof *d->running);
	for (size_t i = 0; i < n; i++) {
		struct running *r = &d->running[d->n_running];
		const struct detector *det = detectors[i];

		if (!is_wanted(o, det))
			continue;
		d->n_running++;
		r->context = (struct watch_context){ .detect = d, .self = det };
		read_settings(&r->context, o);
		r->state = det->new(&r->context);
		d->details |= det->details;
		d->wants_rejections |= det->on_rejection != NULL;
		d->wants_sessions |= det->on_session != NULL;
		d->wants_tls_failures |= det->on_tls_failure != NULL;
		d->wants_oddities |= det->on_oddity != NULL;
	}
	d->sink = (struct fact_sink){
		.ctx = d,
		.message = on_message,
		.rejection = on_rejection,
		.login = on_login,
		.session = on_session,
		.tls_failure = on_tls_failure,
		.oddity = on_oddity,
		.health = on_health,
	};
	return d;
}

void detect_free(struct detect *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->n_running; i++)
		if (d->running[i].context.self->free)
			d->running[i].context.self->free(d->running[i].state);
	known_done(&d->known);
	refusals_done(d->refusals);
	servers_done(&d->servers);
	free(d->refusals);
	findings_done(&d->findings);
	arena_clear(&d->arena);
	free(d->running);
	free(d->sorted);
	free((void *)(uintptr_t)d->left_out.nets);
	free(d);
}

const struct fact_sink *detect_sink(struct detect *d)
{
	return &d->sink;
}

unsigned detect_details(const struct detect *d)
{
	return d->details;
}

/* Findings that blame whom we trust are counted and go. */
static void leave_out(struct detect *d)
{
	struct ip_net *nets = NULL;
	size_t kept = 0, n_nets = 0, cap = 0;

	for (size_t i = 0; i < d->findings.n; i++) {
		struct finding *f = d->findings.items[i];

		if (!f->server.p && !d->several_servers)
			f->server = d->server;
		if (!f->blames || !f->is_net || !detect_trusts_net(d, &f->net)) {
			d->findings.items[kept++] = f;
			continue;
		}
		d->left_out.findings++;
		if (n_nets < LEFT_OUT_NETS_MAX && (n_nets == 0 || memcmp(&nets[n_nets - 1], &f->net, sizeof f->net) != 0)) {
			nets = vec_grow(nets, n_nets, &cap, sizeof *nets);
			nets[n_nets++] = f->net;
		}
	}
	d->findings.n = kept;
	d->left_out.nets = nets;
	d->left_out.n_nets = n_nets;
}

const struct finding *detect_findings(struct detect *d, size_t *ret_n)
{
	if (!d->ended) {
		d->ended = true;
		known_sort(&d->known);
		for (size_t i = 0; i < d->n_running; i++)
			if (d->running[i].context.self->end)
				d->running[i].context.self->end(d->running[i].state);
		leave_out(d);
		d->sorted = findings_sorted(&d->findings, &d->n_sorted);
		blocking_settle(d, &d->findings, d->sorted, d->n_sorted);
	}
	*ret_n = d->n_sorted;
	return d->sorted;
}

struct detect_left_out detect_left_out(const struct detect *d)
{
	return d->left_out;
}
