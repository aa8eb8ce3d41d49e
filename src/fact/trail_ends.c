/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trail_ends.c - where the recipients of a hop ended, and what the logs leave out
 *
 * A recipient goes on in the child that its deciding attempt made, in the mailbox server's delivery, or in a gap: a server took it and
 * does not tell.  Gaps stand only where that server is ours or may be: a stranger's server is the end of what we can know.
 */
#include "base/ascii.h"
#include "base/ip.h"
#include "fact/handoff.h"
#include "fact/mailbox.h"
#include "fact/trail_priv.h"

#define SLACK_US       (5 * USEC_PER_SEC) /* between clocks */
#define GAP_LOOSE_US   (10 * USEC_PER_MIN)

/* ---- mailbox servers ---- */

/* on delivery, not by the owner later */
static bool is_of_delivery(const struct mailbox_action *a)
{
	static const struct slice LATER[] = { LIT("copy"), LIT("delete"), LIT("undelete"), LIT("expunge"), LIT("flag_change"),
					      LIT("create_folder"), LIT("delete_folder"), LIT("rename_folder") };

	if (slice_is(a->service, "imap") || slice_is(a->service, "pop3") || slice_is(a->service, "doveadm"))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(LATER); i++)
		if (slice_eq(a->action, LATER[i]))
			return false;
	return true;
}

static struct hop *mailbox_hop(const struct hop *parent, const struct mailbox_action *a)
{
	for (struct hop *h = parent->first_child; h; h = h->next_sibling)
		if (h->kind == HOP_MAILBOX && slice_eq(h->server, a->server) &&
		    (a->session.n ? slice_eq(h->queue_id, a->session) : slice_eq_fold(h->mailbox->user, a->user)))
			return h;
	return NULL;
}

static void add_mailbox(struct build *b, struct hop *parent, const struct mailbox_action *a)
{
	struct hop *h = mailbox_hop(parent, a);

	if (!h) {
		h = trail_new_hop(b, HOP_MAILBOX);
		h->mailbox = a;
		h->server = a->server;
		h->queue_id = a->session;
		h->utc_offset_sec = a->utc_offset_sec;
		h->relation = RELATION_HANDOFF;
		h->arrived_us = a->time_us;
		h->aside = parent->aside;
		trail_add_child(parent, h);
	}
	h->handed_over_us = a->time_us;
	if (h->handed_over_us != USEC_NONE && h->arrived_us != USEC_NONE)
		h->spent_us = h->handed_over_us < h->arrived_us ? 0 : h->handed_over_us - h->arrived_us;
}

/* By name, or where Exim's own files have a label for one: by the name that its Message-IDs have ("mail" and "mail.example.com"). */
static bool same_machine(const struct hop *h, const struct mailbox_action *a)
{
	return slice_eq(a->server, h->server) || (h->host.n && handoff_same_host(h->host, a->server));
}

void trail_add_mailboxes(struct build *b, struct hop *h)
{
	for (const struct mailbox_action *a = h->message->mailbox; a; a = a->next)
		if (is_of_delivery(a) && !same_machine(h, a))
			add_mailbox(b, h, a);
}

/* ---- where one went on ---- */

static bool named_by(const struct hop *child, const struct attempt *a)
{
	return a->next_queue_id.n && child->kind == HOP_MESSAGE && slice_eq(child->queue_id, a->next_queue_id);
}

static bool goes_to(const struct hop *child, struct slice address)
{
	for (const struct recipient *r = child->message->recipients; r; r = r->next)
		if (slice_eq_fold(r->address, address) || slice_eq_fold(r->orig_address, address))
			return true;
	return false;
}

static bool is_via(const struct hop *child, const struct attempt *a)
{
	return a && child->via && child->via->time_us == a->time_us && slice_eq(child->via->relay_ip, a->relay_ip) &&
	       slice_eq(child->via->next_queue_id, a->next_queue_id);
}

/* The child that this attempt (NULL: none is known) made. */
static struct hop *child_of(const struct hop *h, const struct recipient *r, const struct attempt *a)
{
	struct hop *other = NULL;

	for (struct hop *child = h->first_child; child; child = child->next_sibling) {
		if (is_via(child, a))
			return child;
		if ((!(a && a->handed_on) && r->outcome != OUTCOME_EXPANDED) || child->kind != HOP_MESSAGE || child->aside != h->aside)
			continue;
		if (a && named_by(child, a))
			return child;
		if (a && a->handed_on ? child->relation == RELATION_HANDOFF && child->sent_us == a->time_us :
					!(a && a->next_queue_id.n) && (!other || (r->address.n && goes_to(child, r->address))))
			other = child;
	}
	return other;
}

static const struct hop *mailbox_child(const struct hop *h, const struct recipient *r)
{
	for (const struct mailbox_action *a = h->message->mailbox; a; a = a->next)
		if (is_of_delivery(a) && mailbox_owner_fits(r, a->user)) {
			const struct hop *child = mailbox_hop(h, a);

			if (child)
				return child;
		}
	return NULL;
}

/* What became of it in its mailbox: where it was stored, else the last word. */
static const struct mailbox_action *mailbox_end(const struct message *m, const struct recipient *r)
{
	const struct mailbox_action *best = NULL;

	for (const struct mailbox_action *a = m->mailbox; a; a = a->next)
		if (is_of_delivery(a) && mailbox_owner_fits(r, a->user)) {
			if (slice_is(a->action, "store"))
				return a;
			if (!slice_is(a->action, "error"))
				best = a;
		}
	return best;
}

/* ---- gaps ---- */

static const struct message *first_message(const struct hop *h)
{
	while (h->parent && h->parent->kind == HOP_MESSAGE)
		h = h->parent;
	return h->message;
}

static bool from_us(const struct build *b, const struct message *m)
{
	const struct origin *o = m->origin;
	struct slice host = o ? o->client_host : m->client_host, ip = o ? o->client_ip : m->client_ip;

	if (m->role == ROLE_NOTIFICATION || (o ? o->authenticated || o->submitted_locally : m->authenticated || m->submitted_locally))
		return true;
	return servers_owner(b->servers, host, ip) == OWNER_US;
}

/* Was the address another one further up?  Then it was sent on to where its owner wants it. */
static bool was_rewritten(const struct hop *h, const struct recipient *r)
{
	if (r->orig_address.n)
		return true;
	for (h = h->parent; h && h->kind == HOP_MESSAGE; h = h->parent)
		if (!goes_to(h, r->address))
			return true;
	return false;
}

/* Whose server took it? */
static enum owner owner_of_next(const struct build *b, const struct hop *h, const struct recipient *r, const struct attempt *a)
{
	if (servers_owner(b->servers, a->relay_host, a->relay_ip) == OWNER_US || a->outcome == OUTCOME_DELIVERED)
		return OWNER_US;
	if (h->aside || from_us(b, first_message(h)))
		return OWNER_OTHERS;
	/* mail for a domain of ours may be sent on to anybody: an alias that the log does not show */
	return was_rewritten(h, r) ? OWNER_OTHERS : OWNER_UNKNOWN;
}

static enum hop_log log_of(const struct known_server *k, usec_t time_us)
{
	if (!k || k->last_us == USEC_NONE)
		return HOP_LOG_NOT_READ;
	if (k->last_us != USEC_NONE && time_us > k->last_us)
		return HOP_LOG_ENDS_BEFORE;
	if (k->first_us != USEC_NONE && time_us < k->first_us - SLACK_US)
		return HOP_LOG_BEGINS_AFTER;
	return HOP_LOG_NO_LINE;
}

/* "250 2.0.0 <bob@example.com> 6R2EO6cFAmsXEQAAsmG/KA Saved" gives the session */
static struct slice lmtp_session(struct slice reply)
{
	size_t blank;

	if (!slice_ends(reply, " Saved"))
		return SLICE_NONE;
	reply.n -= 6;
	blank = slice_rfind_byte(reply, ' ');
	return blank < reply.n && blank + 1 < reply.n && reply.p[reply.n - 1] != '>' ? slice_from(reply, blank + 1) : SLICE_NONE;
}

static bool is_lmtp(const struct attempt *a)
{
	return slice_contains_fold(a->transport, SLICE("lmtp")) || lmtp_session(a->reply).n;
}

/* the mailbox server tells of it: by the Message-ID, at that time */
static void add_loose(struct build *b, const struct hop *from, struct hop *gap)
{
	for (size_t i = 0; i < b->n_loose; i++) {
		const struct mailbox_action *a = b->loose[i];

		if (is_of_delivery(a) && a->message_id.n >= 3 && mailbox_same_id(from->message->message_id, a->message_id) &&
		    usec_since(gap->sent_us, a->time_us) >= -SLACK_US && usec_since(gap->sent_us, a->time_us) < GAP_LOOSE_US)
			add_mailbox(b, gap, a);
	}
}

static struct hop *gap_child(struct build *b, struct hop *h, const struct attempt *a, enum owner owner)
{
	struct slice id = a->next_queue_id.n ? a->next_queue_id : lmtp_session(a->reply);
	struct slice name = slice_eq(a->relay_host, a->relay_ip) ? SLICE_NONE : a->relay_host;
	struct hop *gap;

	for (gap = h->first_child; gap; gap = gap->next_sibling)
		if (gap->kind == HOP_GAP && slice_eq(gap->queue_id, id) && slice_eq(gap->ip, a->relay_ip) &&
		    slice_eq(gap->server, name))
			return gap;
	gap = trail_new_hop(b, HOP_GAP);
	gap->server = name;
	gap->ip = a->relay_ip;
	gap->queue_id = id;
	gap->owner = owner;
	gap->relation = RELATION_HANDOFF;
	gap->sent_us = a->time_us;
	gap->utc_offset_sec = h->utc_offset_sec;
	gap->log = log_of(servers_find(b->servers, a->relay_host, a->relay_ip), a->time_us);
	gap->aside = h->aside;
	trail_add_child(h, gap);
	add_loose(b, h, gap);
	return gap;
}

/* It went over the network, and nobody tells where it came out. */
static bool is_lost_sight_of(const struct attempt *a)
{
	return handoff_is_remote(a) && !a->handed_on && (a->outcome == OUTCOME_RELAYED || (a->outcome == OUTCOME_DELIVERED && is_lmtp(a)));
}

/* ---- ends ---- */

static void set_end(struct build *b, struct hop *h, struct hop_end *end, const struct recipient *r)
{
	const struct attempt *a = r->deciding;

	end->recipient = r;
	end->next = child_of(h, r, a);
	if (!end->next)
		end->next = mailbox_child(h, r);
	end->mailbox = mailbox_end(h->message, r);
	if (end->next || end->mailbox || !a || !is_lost_sight_of(a))
		return;
	end->to = owner_of_next(b, h, r, a);
	if (end->to != OWNER_OTHERS)
		end->next = gap_child(b, h, a, end->to);
}

void trail_add_ends(struct build *b, struct hop *h)
{
	const struct message *m = h->message;

	h->ends = arena_alloc(b->a, (m->n_recipients + 1) * sizeof *h->ends);
	for (const struct recipient *r = m->recipients; r && h->n_ends < m->n_recipients; r = r->next)
		set_end(b, h, &h->ends[h->n_ends++], r);
}

/* ---- in front ---- */

/* A name that a mail server has, when nothing else shows that the client is one. */
static bool sounds_like_mail(struct slice host)
{
	static const struct slice WORDS[] = { LIT("mx"), LIT("mail"), LIT("smtp"), LIT("relay"), LIT("mta"), LIT("hub"),
					      LIT("edge"), LIT("exch"), LIT("postfix"), LIT("exim"), LIT("gateway"), LIT("mailgw") };
	struct slice label = slice_head(host, slice_find_byte(host, '.'));

	for (size_t i = 0; i < ARRAY_LEN(WORDS); i++)
		if (slice_contains_fold(slice_head(label, WORDS[i].n), WORDS[i]))
			return true;
	return false;
}

static bool is_foreign_sender(const struct build *b, struct slice sender)
{
	struct slice domain = slice_domain(sender);

	return domain.n && servers_owner(b->servers, domain, SLICE_NONE) == OWNER_UNKNOWN;
}

struct hop *trail_gap_in_front(struct build *b, const struct hop *root)
{
	const struct message *m = root->message;
	const struct known_server *k;
	struct hop *gap;
	struct ip ip;

	if (m->parents || m->submitted_locally || m->authenticated || (m->role != ROLE_MAIL && m->role != ROLE_FILTER_PASS) ||
	    !m->client_ip.n || !ip_parse(m->client_ip, &ip) || ip_is_loopback(&ip))
		return NULL;
	k = servers_find(b->servers, m->client_host, m->client_ip);
	if (k && slice_eq(k->name, m->server))
		return NULL;
	if (!k && (servers_owner(b->servers, m->client_host, m->client_ip) != OWNER_US ||
		   !(is_foreign_sender(b, m->sender) || sounds_like_mail(m->client_host))))
		return NULL;
	gap = trail_new_hop(b, HOP_GAP);
	gap->server = m->client_host;
	gap->ip = m->client_ip;
	gap->owner = OWNER_US;
	gap->utc_offset_sec = m->utc_offset_sec;
	gap->log = log_of(k, root->arrived_us != USEC_NONE ? root->arrived_us : m->first_us);
	((struct hop *)(uintptr_t)root)->relation = RELATION_HANDOFF;
	return gap;
}
