/* SPDX-License-Identifier: Apache-2.0 */
/*
 * servers.c - what the logs tell of our own servers
 *
 * Traps: the name in a syslog line is often short ("mx1") and that of Exim's own files a label made of the file's name; a
 * Message-ID is the sender's word, so it names this server only if it holds the queue id that this server just chose.
 */
#include "fact/servers.h"

#include "base/hash.h"
#include "base/scan.h"
#include "fact/handoff.h"

#define NAME_MAX_BYTES 255
#define FIRST_DOMAINS  4   /* looked at before all others */

void servers_done(struct servers *s)
{
	arena_clear(&s->arena);
	*s = (struct servers){ 0 };
}

static struct known_server *server_of(struct servers *s, struct slice name)
{
	struct known_server *k;

	if (s->n && slice_eq(s->items[s->latest].name, name))
		return &s->items[s->latest];
	for (size_t i = 0; i < s->n; i++)
		if (slice_eq(s->items[i].name, name)) {
			s->latest = i;
			return &s->items[i];
		}
	if (s->n == SERVERS_MAX || !name.n)
		return NULL;
	k = &s->items[s->n];
	*k = (struct known_server){ .name = arena_copy(&s->arena, slice_head(name, NAME_MAX_BYTES)),
				    .first_us = USEC_NONE, .last_us = USEC_NONE };
	s->latest = s->n++;
	return k;
}

static inline void cover(struct known_server *k, usec_t first_us, usec_t last_us)
{
	if (first_us != USEC_NONE && (k->first_us == USEC_NONE || first_us < k->first_us))
		k->first_us = first_us;
	if (last_us > k->last_us) /* USEC_NONE is before all times */
		k->last_us = last_us;
}

void servers_add_log(struct servers *s, struct slice server, usec_t first_us, usec_t last_us)
{
	struct known_server *k = server_of(s, server);

	if (k)
		cover(k, first_us, last_us);
}

/* ---- learning ---- */

static void add_name(struct servers *s, struct known_server *k, struct slice name)
{
	if (!name.n || handoff_same_host(name, k->name))
		return;
	for (unsigned i = 0; i < k->n_names; i++)
		if (slice_eq_fold(k->names[i], name))
			return;
	if (k->n_names < SERVER_ALIASES_MAX)
		k->names[k->n_names++] = arena_copy(&s->arena, slice_head(name, NAME_MAX_BYTES));
}

static void add_ip(struct known_server *k, struct slice text)
{
	struct ip ip;

	if (!text.n || !ip_parse(text, &ip) || ip_is_loopback(&ip))
		return;
	for (unsigned i = 0; i < k->n_ips; i++)
		if (ip_equal(&k->ips[i], &ip))
			return;
	if (k->n_ips < SERVER_ALIASES_MAX)
		k->ips[k->n_ips++] = ip;
}

/* "<20261121205714.CCEF228E@edge.example.com>" of the message CCEF228E: this server made it */
static void learn_full_name(struct servers *s, struct known_server *k, const struct message *m)
{
	struct slice id = m->message_id, local;
	size_t at = slice_rfind_byte(id, '@');

	if (at == id.n)
		return;
	local = slice_head(id, at);
	if (local.n < m->queue_id.n + 1 || !m->queue_id.n ||
	    !slice_eq(slice_from(local, local.n - m->queue_id.n), m->queue_id))
		return;
	id = slice_from(id, at + 1);
	if (id.n && id.p[id.n - 1] == '>')
		id.n--;
	if (slice_find_byte(id, '.') < id.n)
		k->full_name = arena_copy(&s->arena, slice_head(id, NAME_MAX_BYTES));
}

/* most servers have one domain, or a few */
static bool in_first_domains(const struct servers *s, struct slice address)
{
	for (size_t i = 0; i < s->n_domains && i < FIRST_DOMAINS; i++)
		if (scan_is_of_domain(address, s->domains[i]))
			return true;
	return false;
}

static void add_domain(struct servers *s, struct slice address)
{
	struct slice domain;
	uint64_t hash;
	size_t at;

	if (in_first_domains(s, address))
		return;
	domain = slice_domain(address);
	if (!domain.n)
		return;
	hash = hash_slice(domain) | 1;
	for (at = hash % ARRAY_LEN(s->domain_hashes); s->domain_hashes[at]; at = (at + 1) % ARRAY_LEN(s->domain_hashes))
		if (s->domain_hashes[at] == hash)
			return;
	if (s->n_domains == OWN_DOMAINS_MAX)
		return;
	s->domain_hashes[at] = hash;
	s->domains[s->n_domains++] = arena_copy(&s->arena, slice_head(domain, NAME_MAX_BYTES));
}

/* A link to another server was believed: it shows by which name and address that one is known here. */
static ATTR_NOINLINE void learn_from_links(struct servers *s, const struct message *m)
{
	for (const struct message_link *l = m->parents; l; l = l->next)
		if (l->relation == RELATION_HANDOFF && !slice_eq(l->server, m->server)) {
			struct known_server *k = server_of(s, l->server);

			if (k) {
				add_ip(k, m->client_ip);
				add_name(s, k, m->client_host);
			}
		}
	for (const struct message_link *l = m->children; l; l = l->next) {
		struct known_server *k = l->relation == RELATION_HANDOFF && !slice_eq(l->server, m->server) ?
						 server_of(s, l->server) : NULL;

		for (const struct recipient *r = k ? m->recipients : NULL; r; r = r->next)
			if (r->deciding && r->deciding->handed_on && slice_eq(r->deciding->next_queue_id, l->queue_id)) {
				add_ip(k, r->deciding->relay_ip);
				add_name(s, k, r->deciding->relay_host);
			}
	}
}

void servers_note(struct servers *s, const struct message *m)
{
	struct known_server *k = server_of(s, m->server);

	if (!k)
		return;
	k->has_mta = true;
	cover(k, m->first_us, m->last_us);
	if (!k->full_name.p)
		learn_full_name(s, k, m);
	if (m->recipients && m->recipients->local && m->recipients->outcome == OUTCOME_DELIVERED)
		add_domain(s, m->recipients->address);
	if (UNLIKELY(m->parents || m->children))
		learn_from_links(s, m);
	for (const struct mailbox_action *a = m->mailbox; a; a = a->next)
		servers_note_mailbox(s, a);
}

void servers_note_mailbox(struct servers *s, const struct mailbox_action *a)
{
	struct known_server *k = server_of(s, a->server);

	if (k)
		cover(k, a->time_us, a->time_us);
	if (a->user.n)
		add_domain(s, a->user);
}

/* ---- asking ---- */

/* "co.uk", "com.au": what many sites share is no domain of ours */
static bool is_shared_suffix(struct slice domain)
{
	static const struct slice SECOND[] = { LIT("co"), LIT("com"), LIT("net"), LIT("org"), LIT("ac"), LIT("gov"), LIT("edu"),
					       LIT("ne"), LIT("or"), LIT("go"), LIT("gob"), LIT("gouv"), LIT("nom"), LIT("mil") };
	size_t dot = slice_find_byte(domain, '.');

	if (dot == domain.n)
		return true;
	if (slice_find_byte(slice_from(domain, dot + 1), '.') < domain.n - dot - 1)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(SECOND); i++)
		if (slice_eq_fold(slice_head(domain, dot), SECOND[i]))
			return true;
	return false;
}

/* Is the host this domain, or below it? */
static bool below(struct slice host, struct slice domain)
{
	if (domain.n == 0 || domain.n > host.n || is_shared_suffix(domain))
		return false;
	return slice_eq_fold(slice_from(host, host.n - domain.n), domain) &&
	       (host.n == domain.n || host.p[host.n - domain.n - 1] == '.');
}

/* "mx2.example.com" beside our "mx1.example.com" */
static bool beside(struct slice host, struct slice own)
{
	size_t dot = slice_find_byte(own, '.');

	return dot < own.n && (below(host, slice_from(own, dot + 1)) || below(host, own));
}

static bool in_our_domains(const struct servers *s, struct slice host)
{
	if (slice_find_byte(host, '.') == host.n)
		return false;
	for (size_t i = 0; i < s->n; i++)
		if (beside(host, s->items[i].name) || beside(host, s->items[i].full_name))
			return true;
	for (size_t i = 0; i < s->n_domains; i++)
		if (below(host, s->domains[i]))
			return true;
	for (size_t i = 0; i < s->n_local_domains; i++)
		if (below(host, s->local_domains[i]))
			return true;
	return false;
}

/* "mx1.example.net" may be anybody's: our "mx1" only if the rest is ours */
static bool is_named(const struct servers *s, const struct known_server *k, struct slice host)
{
	if (slice_eq_fold(k->name, host) || (k->full_name.n && handoff_same_host(k->full_name, host)))
		return true;
	for (unsigned i = 0; i < k->n_names; i++)
		if (slice_eq_fold(k->names[i], host))
			return true;
	return !k->full_name.n && handoff_same_host(k->name, host) &&
	       (slice_find_byte(host, '.') == host.n || in_our_domains(s, host));
}

static bool has_ip(const struct known_server *k, const struct ip *ip)
{
	for (unsigned i = 0; i < k->n_ips; i++)
		if (ip_equal(&k->ips[i], ip))
			return true;
	return false;
}

const struct known_server *servers_find(const struct servers *s, struct slice host, struct slice ip)
{
	struct ip parsed;
	bool address = ip.n && ip_parse(ip, &parsed);

	for (size_t i = 0; address && i < s->n; i++)
		if (has_ip(&s->items[i], &parsed))
			return &s->items[i];
	for (size_t i = 0; host.n && i < s->n; i++)
		if (is_named(s, &s->items[i], host))
			return &s->items[i];
	return NULL;
}

enum owner servers_owner(const struct servers *s, struct slice host, struct slice ip)
{
	struct ip parsed;

	if (servers_find(s, host, ip))
		return OWNER_US;
	if (ip.n && ip_parse(ip, &parsed)) {
		if (ip_is_private(&parsed))
			return OWNER_US;
		for (size_t i = 0; i < s->n_local_nets; i++)
			if (ip_in_net(&parsed, &s->local_nets[i]))
				return OWNER_US;
	}
	return in_our_domains(s, host) ? OWNER_US : OWNER_UNKNOWN;
}

struct slice servers_host(const struct servers *s, struct slice name)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct known_server *k = &s->items[i];

		if (!slice_eq(k->name, name))
			continue;
		if (k->full_name.n)
			return handoff_same_host(k->full_name, name) ? SLICE_NONE : k->full_name;
		return k->n_names ? k->names[0] : SLICE_NONE;
	}
	return SLICE_NONE;
}
