/* SPDX-License-Identifier: Apache-2.0 */
/*
 * filter.c - does a fact pass the filters of the command line?
 *
 * A message has things of its own (sender, client, subject) and things of each recipient (address, outcome,
 * next hop).  All filters that speak of recipients must hold for one and the same recipient: with
 * "--recipient bob@example.net --status bounced" it is Bob's copy that bounced.
 *
 * Every word of the user is a list of conditions of which one suffices: `--sender x` has one, a WHAT like
 * "mail.example.net" has several (client name or domain).
 */
#include "fact/filter.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/ascii.h"
#include "base/attr.h"
#include "base/ip.h"
#include "event/queue_id.h"

/* one condition, prepared for comparing */
struct term_cond {
	enum filter_kind kind;
	bool has_at;/* '@' in the text */
	bool loose; /* from WHAT: also the HELO name, the local part of a user, the next hop's queue id */
	bool of_domain;          /* the text is "@domain" */
	char last;               /* byte of the text */
	uint64_t head;           /* fold_head() of the text; 0 if it is shorter */
	struct slice text;
	struct ip_net net;       /* FILTER_IP */
	enum outcome outcome;    /* FILTER_STATUS; OUTCOME_NONE: of a login */
	bool success;            /* FILTER_STATUS of a login */
	enum writer writer;      /* FILTER_WRITER */
	enum direction direction;/* FILTER_DIRECTION */
};

/* conditions that widen: one of them must hold */
struct group {
	struct term_cond *conds;
	size_t n, cap;
	size_t n_recipient; /* of them, in front: those that a recipient can fulfil */
};

#define GROUP_WHAT FILTER_KIND_COUNT

#define GROUPS_MAX (FILTER_KIND_COUNT + 1)
_Static_assert(GROUPS_MAX <= 32, "a bit each");

struct filter {
	struct group groups[GROUPS_MAX];      /* by kind; the last one: WHAT */
	const struct group *used[GROUPS_MAX]; /* those that are not empty */
	size_t n_used;
	const struct term_cond *address;      /* the WHAT is one address, and nothing else: all of its conditions have this text */
	struct arena arena;
};

struct filter *filter_new(void)
{
	return xcalloc(1, sizeof(struct filter));
}

void filter_free(struct filter *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < ARRAY_LEN(f->groups); i++)
		free(f->groups[i].conds);
	arena_clear(&f->arena);
	free(f);
}

bool filter_is_empty(const struct filter *f)
{
	return f->n_used == 0;
}

static struct slice without_brackets(struct slice s)
{
	if (s.n && (ascii_space(s.p[0]) || ascii_space(s.p[s.n - 1])))
		s = slice_trim(s);
	return slice_unwrap(s, '<', '>');
}

static struct slice without_dot(struct slice host)
{
	return host.n && host.p[host.n - 1] == '.' ? slice_head(host, host.n - 1) : host;
}

static int unknown_word(struct err *reterr, struct slice value, const char *what, const char *choice)
{
	return err_set(reterr, ERR_USAGE, "'%.*s' is no %s; there are: %s", SLICE_ARG(value), what, choice);
}

#define X(id, name) ", " name
static const char WRITER_WORDS[] = WRITERS(X);
#undef X

static int prepare(struct term_cond *c, struct slice value, struct err *reterr)
{
	c->text = slice_trim(value);
	switch (c->kind) {
	case FILTER_SENDER:
	case FILTER_RECIPIENT:
	case FILTER_ADDRESS:
	case FILTER_MESSAGE_ID:
		/* "<>" and "" are the null sender */
		c->text = without_brackets(value);
		return 0;
	case FILTER_DOMAIN:
		if (c->text.n && c->text.p[0] == '@')
			c->text = slice_from(c->text, 1);
		c->text = without_dot(c->text);
		break;
	case FILTER_CLIENT:
		if (c->text.n && c->text.p[0] == '.')
			c->text = slice_from(c->text, 1);
		c->text = without_dot(c->text);
		break;
	case FILTER_IP:
		c->text = slice_unwrap(c->text, '[', ']');
		if (!ip_net_parse(c->text, &c->net))
			return err_set(reterr, ERR_USAGE, "'%.*s' is no IP address or network",
				       SLICE_ARG(value));
		return 0;
	case FILTER_STATUS:
		c->success = slice_eq(c->text, SLICE("login_ok"));
		if (c->success || slice_eq(c->text, SLICE("login_failed")))
			return 0;
		if (!outcome_parse(c->text, &c->outcome) || c->outcome == OUTCOME_NONE)
			return unknown_word(
				reterr, value, "status",
				"delivered, relayed, expanded, deferred, bounced, expired, rejected, "
				"discarded, held, removed, pending, login_ok, login_failed");
		return 0;
	case FILTER_WRITER:
		if (!writer_parse(c->text, &c->writer) || c->writer == WRITER_NONE)
			return unknown_word(reterr, value, "writer", WRITER_WORDS + strlen(", none, "));
		return 0;
	case FILTER_DIRECTION:
		if (!direction_parse(c->text, &c->direction) || c->direction == DIRECTION_NONE)
			return unknown_word(reterr, value, "direction", "inbound, outbound, local, relayed");
		return 0;
	case FILTER_DIRECTORY:
		while (c->text.n > 1 && c->text.p[c->text.n - 1] == '/')
			c->text.n--;
		break;
	case FILTER_USER:
	case FILTER_SERVER:
	case FILTER_QUEUE_ID:
	case FILTER_SUBJECT:
	case FILTER_REPLY:
	case FILTER_KIND_COUNT:
		break;
	}
	if (!c->text.n)
		return err_set(reterr, ERR_USAGE, "an empty value matches nothing");
	return 0;
}

/* Can it hold for a recipient or for one of its attempts? */
static bool speaks_of_recipients(const struct term_cond *c)
{
	switch (c->kind) {
	case FILTER_RECIPIENT:
	case FILTER_ADDRESS:
	case FILTER_DOMAIN:
	case FILTER_STATUS:
	case FILTER_IP:
	case FILTER_CLIENT:
	case FILTER_REPLY:
		return true;
	case FILTER_QUEUE_ID:
		return c->loose;
	default:
		return false;
	}
}

/* The first eight bytes of a text; equal of texts that differ but in case, and of few others. */
static inline uint64_t fold_head(const char *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof w);
	return w | UINT64_C(0x2020202020202020);
}

static int add(struct filter *f, size_t group, struct term_cond c, struct slice value, struct err *reterr)
{
	struct group *g = &f->groups[group];
	int r = prepare(&c, value, reterr);

	if (r < 0)
		return r;
	c.text = arena_copy(&f->arena, c.text);
	c.has_at = slice_find_byte(c.text, '@') < c.text.n;
	c.of_domain = c.text.n > 1 && c.text.p[0] == '@';
	c.last = c.text.n ? c.text.p[c.text.n - 1] : '\0';
	c.head = c.text.n >= sizeof c.head ? fold_head(c.text.p) : 0;
	if (!g->n)
		f->used[f->n_used++] = g;
	g->conds = vec_grow(g->conds, g->n, &g->cap, sizeof *g->conds);
	g->conds[g->n++] = c;
	if (speaks_of_recipients(&c)) {
		g->conds[g->n - 1] = g->conds[g->n_recipient];
		g->conds[g->n_recipient++] = c;
	}
	return 0;
}

int filter_add(struct filter *f, enum filter_kind kind, struct slice value, struct err *reterr)
{
	return add(f, kind, (struct term_cond){ .kind = kind }, value, reterr);
}

/* --- what a word can be ------------------------------------------------------------------------------- */

static bool has_digit(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (ascii_digit(s.p[i]))
			return true;
	return false;
}

/* letters, digits, '-', '_' and at least one inner dot, as host names have */
static bool looks_like_host(struct slice s)
{
	size_t dot = slice_find_byte(s, '.');

	for (size_t i = 0; i < s.n; i++)
		if (!ascii_alnum(s.p[i]) && s.p[i] != '.' && s.p[i] != '-' && s.p[i] != '_' &&
		    (unsigned char)s.p[i] < 0x80)
			return false;
	return dot > 0 && dot + 1 < s.n;
}

/* Is it compared with whole addresses, accounts and Message-IDs only? */
static bool is_whole(const struct term_cond *c)
{
	return c->has_at && !c->of_domain &&
	       (c->kind == FILTER_ADDRESS || c->kind == FILTER_MESSAGE_ID || c->kind == FILTER_USER);
}

static const struct term_cond *only_address(const struct group *g)
{
	for (size_t i = 0; i < g->n; i++)
		if (!is_whole(&g->conds[i]) || !slice_eq(g->conds[i].text, g->conds[0].text))
			return NULL;
	return g->conds;
}

int filter_add_what(struct filter *f, struct slice what, struct err *reterr)
{
	struct slice s = slice_trim(what), bare = without_brackets(s);
	size_t at = slice_rfind_byte(bare, '@');
	bool spaces = slice_find_byte(bare, ' ') < bare.n;
	struct ip_net net;
	enum filter_kind kinds[4];
	size_t n = 0;
	int r = 0;

	if (!s.n)
		return err_set(reterr, ERR_USAGE, "an empty WHAT matches nothing");
	if (ip_net_parse(slice_unwrap(s, '[', ']'), &net)) {
		kinds[n++] = FILTER_IP;
	} else if (queue_id_is_exim(s) || queue_id_is_guid(s) || (queue_id_is_sendmail(s) && s.n > 10)) {
		kinds[n++] = FILTER_QUEUE_ID;
	} else if (at < bare.n && !spaces) {
		/* a Message-ID without its brackets looks like an address, an account too */
		kinds[n++] = FILTER_ADDRESS;
		if (at > 0) {
			kinds[n++] = FILTER_MESSAGE_ID;
			kinds[n++] = FILTER_USER;
		}
	} else if (queue_id_is_postfix(s) && has_digit(s)) {
		kinds[n++] = FILTER_QUEUE_ID;
	} else if (looks_like_host(s)) {
		kinds[n++] = FILTER_CLIENT;
		kinds[n++] = FILTER_DOMAIN;
		kinds[n++] = FILTER_SUBJECT;
	} else {
		if (queue_id_is_postfix(s))
			kinds[n++] = FILTER_QUEUE_ID;
		kinds[n++] = FILTER_SUBJECT;
		kinds[n++] = FILTER_MESSAGE_ID;
		if (!spaces) {
			kinds[n++] = FILTER_USER;
			r = add(f, GROUP_WHAT, (struct term_cond){ .kind = FILTER_ADDRESS, .loose = true }, s,
				reterr);
		}
	}
	for (size_t i = 0; r == 0 && i < n; i++)
		r = add(f, GROUP_WHAT, (struct term_cond){ .kind = kinds[i], .loose = true }, s, reterr);
	f->address = only_address(&f->groups[GROUP_WHAT]);
	return r;
}

/* --- comparing ---------------------------------------------------------------------------------------- */

/*
 * Could a text end with it?  Length and last byte spare the rest for nearly all.  Behind the last letter may stand a bracket,
 * a blank or a dot: then the answer is yes.
 */
static inline bool may_end(struct slice s, const struct term_cond *c)
{
	unsigned char last;

	if (!s.n || s.n < c->text.n)
		return s.n == c->text.n;
	last = (unsigned char)s.p[s.n - 1];
	return last <= '>' || ((last ^ (unsigned char)c->last) & ~0x20U) == 0;
}

/* the same first bytes, but for case */
static inline bool may_start(const char *p, const struct term_cond *c)
{
	return !c->head || fold_head(p) == c->head;
}

/* Could a text be it?  Brackets around it make it longer, and so do blanks. */
static inline bool may_be(struct slice s, const struct term_cond *c)
{
	if (s.n <= c->text.n)
		return s.n == c->text.n && may_start(s.p, c);
	if (s.p[0] == '<' && s.n == c->text.n + 2)
		return may_start(s.p + 1, c);
	return (unsigned char)s.p[0] <= ' ' || (unsigned char)s.p[s.n - 1] <= ' ';
}

static ATTR_NOINLINE bool same_text(struct slice s, const struct term_cond *c)
{
	return s.p && slice_eq_fold(without_brackets(s), c->text);
}

/* equal but for case and what stands around it */
static inline bool text_is(struct slice s, const struct term_cond *c)
{
	return may_be(s, c) && same_text(s, c);
}

static ATTR_NOINLINE bool domain_is(struct slice address, struct slice want)
{
	struct slice domain = slice_domain(without_brackets(address));

	return domain.p && slice_eq_fold(domain, want);
}

/* "a@b" as a whole, "@b" the domain; case is ignored on both sides of the '@', as people do */
static inline bool address_is(struct slice address, const struct term_cond *c)
{
	if (UNLIKELY(c->of_domain))
		return address.p && may_end(address, c) && domain_is(address, slice_from(c->text, 1));
	return text_is(address, c);
}

/* equal, or what follows some dot of it is */
static bool name_within(struct slice name, struct slice want)
{
	name = without_dot(name);
	if (!name.p || name.n < want.n || !want.n)
		return false;
	if (name.n > want.n && name.p[name.n - want.n - 1] != '.')
		return false;
	return slice_eq_fold(slice_from(name, name.n - want.n), want);
}

static bool domain_within(struct slice address, const struct term_cond *c)
{
	return address.p && may_end(address, c) && name_within(slice_domain(without_brackets(address)), c->text);
}

/* "a" of "a@b" */
static ATTR_NOINLINE bool local_part_is(struct slice user, struct slice want)
{
	return user.p && slice_eq_fold(slice_head(user, slice_rfind_byte(user, '@')), want);
}

static inline bool user_is(struct slice user, const struct term_cond *c)
{
	return address_is(user, c) || (c->loose && !c->has_at && local_part_is(user, c->text));
}

static ATTR_NOINLINE bool ip_is(struct slice text, const struct ip_net *net)
{
	struct ip ip;

	return text.p && ip_parse(text, &ip) && ip_in_net(&ip, net);
}

/* the directory itself or one below it */
static bool directory_within(struct slice directory, struct slice want)
{
	if (!directory.p || directory.n < want.n || memcmp(directory.p, want.p, want.n) != 0)
		return false;
	return directory.n == want.n || directory.p[want.n] == '/' || want.p[want.n - 1] == '/';
}

/* all words of want, in any order */
static bool has_words(struct slice subject, struct slice want)
{
	size_t at = 0;

	if (!subject.p)
		return false;
	while (at < want.n) {
		struct slice rest = slice_from(want, at);
		size_t n = slice_find_byte(rest, ' ');

		if (!slice_contains_fold(subject, slice_head(rest, n)))
			return false;
		at += n + (n < rest.n);
	}
	return true;
}

static bool in_mailbox_of(const struct message *m, const struct term_cond *c)
{
	for (const struct mailbox_action *a = m->mailbox; a; a = a->next)
		if (user_is(a->user, c))
			return true;
	return false;
}

/* what holds for the message whatever its recipients are */
static bool message_holds(const struct term_cond *c, const struct message *m)
{
	switch (c->kind) {
	case FILTER_SENDER:
	case FILTER_ADDRESS:
		return address_is(m->sender, c);
	case FILTER_DOMAIN:
		return domain_within(m->sender, c);
	case FILTER_USER:
		return user_is(m->user, c) || (m->origin && user_is(m->origin->user, c)) ||
		       (c->loose && in_mailbox_of(m, c));
	case FILTER_DIRECTORY:
		return directory_within(m->directory, c->text) || (m->origin && directory_within(m->origin->directory, c->text));
	case FILTER_IP:
		return ip_is(m->client_ip, &c->net) || (m->origin && ip_is(m->origin->client_ip, &c->net));
	case FILTER_CLIENT:
		return name_within(m->client_host, c->text) || (c->loose && name_within(m->helo, c->text)) ||
		       (m->origin && name_within(m->origin->client_host, c->text));
	case FILTER_SERVER:
		return slice_eq_fold(m->server, c->text);
	case FILTER_WRITER:
		return m->writer == c->writer;
	case FILTER_QUEUE_ID:
		return queue_id_eq(m->queue_id, c->text);
	case FILTER_MESSAGE_ID:
		return text_is(m->message_id, c);
	case FILTER_SUBJECT:
		return has_words(m->subject, c->text);
	case FILTER_DIRECTION:
		return m->direction == c->direction;
	case FILTER_STATUS:
		return !m->recipients && c->outcome == OUTCOME_PENDING;
	case FILTER_RECIPIENT:
	case FILTER_REPLY:
	case FILTER_KIND_COUNT:
		break;
	}
	return false;
}

static bool says(struct slice reply, const struct term_cond *c)
{
	return reply.p && slice_contains_fold(reply, c->text);
}

static bool attempt_holds(const struct term_cond *c, const struct attempt *a)
{
	switch (c->kind) {
	case FILTER_IP:
		return ip_is(a->relay_ip, &c->net);
	case FILTER_CLIENT:
		return name_within(a->relay_host, c->text);
	case FILTER_QUEUE_ID:
		/* the next server's administrator asks with his own id */
		return c->loose && slice_eq(a->next_queue_id, c->text);
	case FILTER_REPLY:
		return says(a->reply, c);
	default:
		return false;
	}
}

static ATTR_NOINLINE bool recipient_holds_else(const struct term_cond *c, const struct recipient *r)
{
	switch (c->kind) {
	case FILTER_DOMAIN:
		return domain_within(r->address, c) || domain_within(r->orig_address, c);
	case FILTER_STATUS:
		return c->outcome != OUTCOME_NONE && r->outcome == c->outcome;
	default:
		break;
	}
	for (const struct attempt *a = r->attempts; a; a = a->next)
		if (attempt_holds(c, a))
			return true;
	return false;
}

static inline bool recipient_holds(const struct term_cond *c, const struct recipient *r)
{
	if (c->kind == FILTER_ADDRESS || c->kind == FILTER_RECIPIENT)
		return address_is(r->address, c) || address_is(r->orig_address, c);
	return recipient_holds_else(c, r);
}

static bool rejection_holds(const struct term_cond *c, const struct rejection *r)
{
	switch (c->kind) {
	case FILTER_SENDER:
		return address_is(r->sender, c);
	case FILTER_RECIPIENT:
		return address_is(r->recipient, c);
	case FILTER_ADDRESS:
		return address_is(r->sender, c) || address_is(r->recipient, c);
	case FILTER_DOMAIN:
		return domain_within(r->sender, c) || domain_within(r->recipient, c);
	case FILTER_USER:
		return user_is(r->user, c);
	case FILTER_IP:
		return ip_is(r->client_ip, &c->net);
	case FILTER_CLIENT:
		return name_within(r->client_host, c->text) || (c->loose && name_within(r->helo, c->text));
	case FILTER_SERVER:
		return slice_eq_fold(r->server, c->text);
	case FILTER_STATUS:
		return c->outcome == OUTCOME_REJECTED;
	case FILTER_WRITER:
		return r->writer == c->writer;
	case FILTER_QUEUE_ID:
		return r->queue_id.p && queue_id_eq(r->queue_id, c->text);
	case FILTER_REPLY:
		return says(r->reply, c);
	case FILTER_DIRECTORY:
	case FILTER_MESSAGE_ID:
	case FILTER_SUBJECT:
	case FILTER_DIRECTION:
	case FILTER_KIND_COUNT:
		break;
	}
	return false;
}

static bool mailbox_holds(const struct term_cond *c, const struct mailbox_action *a)
{
	switch (c->kind) {
	case FILTER_RECIPIENT:
	case FILTER_ADDRESS:
		return user_is(a->user, c) || address_is(a->recipient, c);
	case FILTER_USER:
		return user_is(a->user, c);
	case FILTER_DOMAIN:
		return domain_within(a->user, c) || domain_within(a->recipient, c);
	case FILTER_SERVER:
		return slice_eq_fold(a->server, c->text);
	case FILTER_WRITER:
		return a->writer == c->writer;
	case FILTER_IP:
		return ip_is(a->client_ip, &c->net);
	case FILTER_MESSAGE_ID:
		return text_is(a->message_id, c);
	case FILTER_SUBJECT:
		return has_words(a->subject, c->text);
	default:
		return false;
	}
}

static bool login_holds(const struct term_cond *c, const struct login *l)
{
	switch (c->kind) {
	case FILTER_ADDRESS:
	case FILTER_USER:
		return user_is(l->user, c);
	case FILTER_DOMAIN:
		return domain_within(l->user, c);
	case FILTER_IP:
		return ip_is(l->client_ip, &c->net);
	case FILTER_CLIENT:
		return name_within(l->client_host, c->text);
	case FILTER_SERVER:
		return slice_eq_fold(l->server, c->text);
	case FILTER_WRITER:
		return l->writer == c->writer;
	case FILTER_STATUS:
		return c->outcome == OUTCOME_NONE && l->success == c->success;
	case FILTER_REPLY:
		return says(l->reason, c);
	default:
		return false;
	}
}

/* any of "a@b c@d", "a@b;c@d" */
static bool recipients_hold(const struct term_cond *c, struct slice list)
{
	size_t at = 0;

	while (at < list.n) {
		struct slice rest = slice_from(list, at);
		struct slice one = slice_head(rest, slice_find_byte(rest, ' '));

		one = slice_head(one, slice_find_byte(one, ';'));
		if (c->kind == FILTER_DOMAIN ? domain_within(one, c) : address_is(one, c))
			return true;
		at += one.n + 1;
	}
	return false;
}

static bool event_recipient_holds(const struct term_cond *c, const struct event *e)
{
	return address_is(e->recipient, c) || address_is(e->orig_recipient, c) ||
	       recipients_hold(c, e->recipients);
}

static bool event_holds(const struct term_cond *c, const struct line *l, const struct event *e)
{
	switch (c->kind) {
	case FILTER_SENDER:
		return address_is(e->sender, c);
	case FILTER_RECIPIENT:
		return event_recipient_holds(c, e);
	case FILTER_ADDRESS:
		return address_is(e->sender, c) || event_recipient_holds(c, e);
	case FILTER_DOMAIN:
		return domain_within(e->sender, c) || domain_within(e->recipient, c) ||
		       domain_within(e->orig_recipient, c) || recipients_hold(c, e->recipients);
	case FILTER_USER:
		return user_is(e->user, c);
	case FILTER_DIRECTORY:
		return e->category == NOTICE_COMMAND && directory_within(e->folder, c->text);
	case FILTER_IP:
		return ip_is(e->client_ip, &c->net) || ip_is(e->relay_ip, &c->net);
	case FILTER_CLIENT:
		return name_within(e->client_host, c->text) || name_within(e->relay_host, c->text);
	case FILTER_SERVER:
		return slice_eq_fold(l->server, c->text);
	case FILTER_STATUS:
		if (c->outcome == OUTCOME_NONE)
			return e->kind == EV_AUTH && e->success == c->success;
		return e->kind == EV_REJECT ? c->outcome == OUTCOME_REJECTED : e->outcome == c->outcome;
	case FILTER_REPLY:
		return says(e->reply, c) || says(e->reason, c);
	case FILTER_WRITER:
		return e->writer == c->writer;
	case FILTER_QUEUE_ID:
		return (e->queue_id.p && queue_id_eq(e->queue_id, c->text)) ||
		       (e->related_queue_id.p && queue_id_eq(e->related_queue_id, c->text));
	case FILTER_MESSAGE_ID:
		return text_is(e->message_id, c);
	case FILTER_SUBJECT:
		return has_words(e->subject, c->text);
	case FILTER_DIRECTION:
	case FILTER_KIND_COUNT:
		break;
	}
	return false;
}

/* Could one of the texts of a message that are compared as a whole be it?  No: none of its conditions holds. */
static bool may_name(const struct term_cond *c, const struct message *m)
{
	if (may_be(m->sender, c) || may_be(m->message_id, c) || may_be(m->user, c) || (m->origin && may_be(m->origin->user, c)))
		return true;
	for (const struct recipient *r = m->recipients; r; r = r->next)
		if (may_be(r->address, c) || may_be(r->orig_address, c))
			return true;
	for (const struct mailbox_action *a = m->mailbox; a; a = a->next)
		if (may_be(a->user, c))
			return true;
	return false;
}

static ATTR_NOINLINE bool group_message(const struct group *g, const struct message *m)
{
	for (size_t i = 0; i < g->n; i++)
		if (message_holds(&g->conds[i], m))
			return true;
	return false;
}

static bool group_recipient(const struct group *g, const struct recipient *r)
{
	for (size_t i = 0; i < g->n_recipient; i++)
		if (recipient_holds(&g->conds[i], r))
			return true;
	return false;
}

/* these groups hold, all of them for that recipient */
static inline bool groups_recipient(const struct filter *f, uint32_t groups, const struct recipient *r)
{
	for (; groups; groups &= groups - 1)
		if (!group_recipient(f->used[__builtin_ctz(groups)], r))
			return false;
	return true;
}

bool filter_message(const struct filter *f, const struct message *m)
{
	uint32_t open = 0; /* hold for some recipient or not at all */

	if (f->address && !may_name(f->address, m))
		return false;
	for (size_t i = 0; i < f->n_used; i++) {
		if (group_message(f->used[i], m))
			continue;
		if (!f->used[i]->n_recipient)
			return false;
		open |= UINT32_C(1) << i;
	}
	if (!open)
		return true;
	for (const struct recipient *r = m->recipients; r; r = r->next)
		if (groups_recipient(f, open, r))
			return true;
	return false;
}

bool filter_recipient(const struct filter *f, const struct message *m, const struct recipient *r)
{
	for (size_t i = 0; i < f->n_used; i++)
		if (!group_message(f->used[i], m) && !group_recipient(f->used[i], r))
			return false;
	return true;
}

bool filter_rejection(const struct filter *f, const struct rejection *r)
{
	if (f->address && !may_be(r->sender, f->address) && !may_be(r->recipient, f->address) && !may_be(r->user, f->address))
		return false;
	for (size_t i = 0; i < f->n_used; i++) {
		const struct group *g = f->used[i];
		size_t k = 0;

		while (k < g->n && !rejection_holds(&g->conds[k], r))
			k++;
		if (k == g->n)
			return false;
	}
	return true;
}

bool filter_login(const struct filter *f, const struct login *l)
{
	if (f->address && !may_be(l->user, f->address))
		return false;
	for (size_t i = 0; i < f->n_used; i++) {
		const struct group *g = f->used[i];
		size_t k = 0;

		while (k < g->n && !login_holds(&g->conds[k], l))
			k++;
		if (k == g->n)
			return false;
	}
	return true;
}

bool filter_mailbox(const struct filter *f, const struct mailbox_action *a)
{
	if (f->address && !may_be(a->user, f->address) && !may_be(a->recipient, f->address) &&
	    !may_be(a->message_id, f->address))
		return false;
	for (size_t i = 0; i < f->n_used; i++) {
		const struct group *g = f->used[i];
		size_t k = 0;

		while (k < g->n && !mailbox_holds(&g->conds[k], a))
			k++;
		if (k == g->n)
			return false;
	}
	return true;
}

bool filter_event(const struct filter *f, const struct line *l, const struct event *e)
{
	for (size_t i = 0; i < f->n_used; i++) {
		const struct group *g = f->used[i];
		size_t k = 0;

		while (k < g->n && !event_holds(&g->conds[k], l, e))
			k++;
		if (k == g->n)
			return false;
	}
	return true;
}
