/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pflogsumm.c - the grand totals of pflogsumm 1.1.5-8
 *
 * Its rules, as lines of a log meet them: a stamp (traditional, or RFC 3339 with ':' in the zone), a tag
 * "postfix/...", then the daemon ("cmd") and the first word ("qid") decide.  Most of its patterns are not
 * anchored: text of strangers that imitates one is counted there, and so here.  Its quirks that matter: the
 * first size of a queue id counts for the whole log; a client name that gives no domain makes a message not
 * count as received bytes; sizes and addresses that are "0" are false.
 */
#include "compat/pflogsumm.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/cursor.h"
#include "base/intern.h"
#include "compat/id_table.h"
#include "compat/peer_line.h"

enum id_flag {
	ID_DEFERRED = 1 << 0,
	ID_SIZE = 1 << 1,     /* a size that is true in Perl */
	ID_RECEIVED = 1 << 2, /* sym says from where */
};

struct compat_pflogsumm {
	struct peer_lines lines;
	struct id_table ids;
	struct id_table senders, sending_domains, recipients, recipient_domains;
	struct intern origins; /* domains of clients, "pickup" */
	struct strbuf fold, line;
	struct compat_pflogsumm_totals t;
};

/* what a line is about, after its stamp and tag */
struct pf_line {
	struct slice rest; /* from the tag on */
	struct slice cmd, qid;
};

struct compat_pflogsumm *compat_pflogsumm_new(void)
{
	struct compat_pflogsumm *c = xcalloc(1, sizeof *c);

	intern_init(&c->origins, 0);
	return c;
}

void compat_pflogsumm_free(struct compat_pflogsumm *c)
{
	if (!c)
		return;
	peer_lines_done(&c->lines);
	id_table_done(&c->ids);
	id_table_done(&c->senders);
	id_table_done(&c->sending_domains);
	id_table_done(&c->recipients);
	id_table_done(&c->recipient_domains);
	intern_done(&c->origins);
	strbuf_done(&c->fold);
	strbuf_done(&c->line);
	free(c);
}

/* Steps of a pattern: each takes what Perl's would and leaves the cursor on failure. */

static bool take_digits(struct cur *c, size_t min, size_t max)
{
	size_t n = 0;

	while (n < max && n < cur_left(c) && ascii_digit(c->p[n]))
		n++;
	if (n < min)
		return false;
	c->p += n;
	return true;
}

/* \S+ */
static bool take_nonspace(struct cur *c, struct slice *ret)
{
	const char *begin = c->p;

	while (!cur_at_end(c) && !peer_space(*c->p))
		c->p++;
	*ret = slice_between(begin, c->p);
	return ret->n > 0;
}

/* [^X]+ */
static bool take_until_not(struct cur *c, char stop, struct slice *ret)
{
	const char *begin = c->p;

	while (!cur_at_end(c) && *c->p != stop)
		c->p++;
	*ret = slice_between(begin, c->p);
	return ret->n > 0;
}

/* "Sep  2 10:00:00" */
static bool take_traditional(struct cur *c)
{
	struct cur at = *c;

	if (cur_left(&at) < 4)
		return false;
	at.p += 3;
	if (!cur_byte(&at, ' '))
		return false;
	(void)cur_byte(&at, ' ');
	if (!take_digits(&at, 1, 2) || !cur_byte(&at, ' ') || !take_digits(&at, 2, 2) ||
	    !cur_byte(&at, ':') || !take_digits(&at, 2, 2) || !cur_byte(&at, ':') || !take_digits(&at, 2, 2))
		return false;
	*c = at;
	return true;
}

/* "2026-09-02T10:00:00.123+02:00" */
static bool take_rfc3339(struct cur *c)
{
	struct cur at = *c, fraction;

	if (!take_digits(&at, 4, 4) || !cur_byte(&at, '-') || !take_digits(&at, 2, 2) ||
	    !cur_byte(&at, '-') || !take_digits(&at, 2, 2) || !cur_byte(&at, 'T') ||
	    !take_digits(&at, 2, 2) || !cur_byte(&at, ':') || !take_digits(&at, 2, 2) ||
	    !cur_byte(&at, ':') || !take_digits(&at, 2, 2))
		return false;
	fraction = at;
	if (cur_byte(&fraction, '.') && take_digits(&fraction, 1, SIZE_MAX))
		at = fraction;
	if (!cur_byte(&at, 'Z')) {
		if (!cur_byte(&at, '+') && !cur_byte(&at, '-'))
			return false;
		if (!take_digits(&at, 2, 2) || !cur_byte(&at, ':') || !take_digits(&at, 2, 2))
			return false;
	}
	*c = at;
	return true;
}

/* ": QID": the first word behind the first ": " that has one */
static bool take_qid(struct cur c, struct slice *ret)
{
	struct slice before;

	while (cur_until_lit(&c, ": ", &before)) {
		const char *begin = c.p;

		while (!cur_at_end(&c) && *c.p != ':' && !peer_space(*c.p))
			c.p++;
		*ret = slice_between(begin, c.p);
		if (ret->n)
			return true;
	}
	return false;
}

/* "/CMD...: QID" */
static bool take_cmd_qid(struct cur c, struct pf_line *ret)
{
	const char *begin;

	if (!cur_byte(&c, '/'))
		return false;
	begin = c.p;
	while (!cur_at_end(&c) && *c.p != '[' && *c.p != ':')
		c.p++;
	ret->cmd = slice_between(begin, c.p);
	return take_qid(c, &ret->qid);
}

/* the tag: "postfix[/smtps|/submission]/CMD[PID]: QID", "postfix[-script][PID]: QID" */
static bool take_tag(struct pf_line *l)
{
	struct cur c = cur_of(l->rest), at;
	const char *begin = c.p;

	if (!cur_lit(&c, "postfix"))
		return false;
	at = c;
	if ((cur_lit(&at, "/smtps") || cur_lit(&at, "/submission")) && take_cmd_qid(at, l))
		return true;
	if (take_cmd_qid(c, l))
		return true;
	(void)cur_lit(&c, "-script");
	l->cmd = slice_between(begin, c.p);
	at = c;
	if (cur_byte(&at, '[') && take_digits(&at, 1, SIZE_MAX) && cur_byte(&at, ']'))
		c = at;
	if (!cur_lit(&c, ": "))
		return false;
	begin = c.p;
	while (!cur_at_end(&c) && *c.p != ':' && !peer_space(*c.p))
		c.p++;
	l->qid = slice_between(begin, c.p);
	return l->qid.n > 0;
}

/* Solaris' ": [ID 197553 mail.info] " becomes ": " */
static struct slice drop_msgid(struct compat_pflogsumm *c, struct slice line)
{
	struct cur at = cur_of(line);
	struct slice before, inner;

	while (cur_until_lit(&at, ": [ID ", &before)) {
		struct cur try = at;
		size_t head = (size_t)(at.p - line.p) - strlen("[ID ");

		if (!take_digits(&try, 1, SIZE_MAX) || !cur_byte(&try, ' ') ||
		    !take_until_not(&try, ']', &inner) || !cur_lit(&try, "] "))
			continue;
		strbuf_clear(&c->line);
		strbuf_add(&c->line, slice_head(line, head));
		strbuf_add(&c->line, cur_rest(&try));
		return strbuf_slice(&c->line);
	}
	return line;
}

static bool take_envelope(struct slice line, struct pf_line *ret)
{
	struct cur c = cur_of(line);
	struct slice host;

	if (!take_traditional(&c) && !take_rfc3339(&c))
		return false;
	if (!cur_byte(&c, ' ') || !take_nonspace(&c, &host) || !cur_byte(&c, ' ') || cur_at_end(&c))
		return false;
	ret->rest = cur_rest(&c);
	return take_tag(ret);
}

/* "[PID]: WORD: ", the next one in the line; *c behind it */
static bool next_pid_word(struct cur *c)
{
	struct slice before;

	while (cur_until(c, '[', &before)) {
		struct cur at = *c;
		const char *begin;

		if (!take_digits(&at, 1, SIZE_MAX) || !cur_lit(&at, "]: "))
			continue;
		begin = at.p;
		while (!cur_at_end(&at) && peer_word(*at.p))
			at.p++;
		if (at.p == begin || !cur_lit(&at, ": "))
			continue;
		*c = at;
		return true;
	}
	return false;
}

/* the domain of ".A.TLD" or ".A.xx.yy": where "A" begins, or 0 */
static size_t domain_start(struct slice name)
{
	size_t last = slice_rfind_byte(name, '.'), second, third, tld;

	if (last == name.n)
		return 0;
	tld = name.n - last - 1;
	second = slice_rfind_byte(slice_head(name, last), '.');
	if (second == last)
		return 0; /* one dot only */
	if (tld == 3 && last - second > 1)
		return second + 1;
	if (tld != 2 || last - second - 1 < 2 || last - second - 1 > 3)
		return 0;
	third = slice_rfind_byte(slice_head(name, second), '.');
	if (third == second || second - third < 2)
		return 0;
	return third + 1;
}

/* the address in "[192.0.2.1]" at the cursor */
static bool take_bracketed_v4(struct cur *c, struct slice *ret)
{
	struct cur at = *c;
	const char *begin;

	if (!cur_byte(&at, '['))
		return false;
	begin = at.p;
	for (int i = 0; i < 4; i++)
		if ((i > 0 && !cur_byte(&at, '.')) || !take_digits(&at, 1, 3))
			return false;
	*ret = slice_between(begin, at.p);
	if (!cur_byte(&at, ']'))
		return false;
	*c = at;
	return true;
}

/* name and address of "name[addr]", "name/addr" or "name(addr)"; false: neither */
static bool split_client(struct slice s, struct slice *ret_name, struct slice *ret_ip)
{
	struct cur c;
	size_t at = slice_find_byte(s, '[');
	const char *begin;

	c = cur_of(slice_from(s, at));
	*ret_name = slice_head(s, at);
	if (take_bracketed_v4(&c, ret_ip))
		return true;
	at = slice_find_byte(s, '/');
	*ret_name = slice_head(s, at);
	c = cur_of(slice_from(s, at));
	if (cur_byte(&c, '/')) {
		begin = c.p;
		while (!cur_at_end(&c) && (ascii_xdigit(*c.p) || *c.p == '.' || *c.p == ':'))
			c.p++;
		*ret_ip = slice_between(begin, c.p);
		if (ret_ip->n)
			return true;
	}
	for (at = 0; at < s.n && s.p[at] != '[' && s.p[at] != '(' && s.p[at] != '/';)
		at++;
	if (at == s.n)
		return false;
	*ret_name = slice_head(s, at);
	c = cur_of(slice_from(s, at + 1));
	begin = c.p;
	while (!cur_at_end(&c) && *c.p != ']' && *c.p != ')')
		c.p++;
	*ret_ip = slice_between(begin, c.p);
	if (ret_ip->n == 0 || (!cur_byte(&c, ']') && !cur_byte(&c, ')')))
		return false;
	(void)cur_byte(&c, ':');
	(void)take_digits(&c, 0, SIZE_MAX);
	return cur_at_end(&c);
}

static struct slice fold(struct compat_pflogsumm *c, struct slice s, size_t from)
{
	strbuf_clear(&c->fold);
	strbuf_add(&c->fold, s);
	for (size_t i = from; i < c->fold.n; i++)
		c->fold.p[i] = ascii_tolower(c->fold.p[i]);
	return strbuf_slice(&c->fold);
}

/* the domain of a client, else its address; SLICE_NONE if it has neither */
static struct slice client_domain(struct compat_pflogsumm *c, struct slice client)
{
	struct slice name, ip;
	size_t at;

	if (!split_client(client, &name, &ip))
		return SLICE_NONE;
	if (name.n == 0 || slice_is(name, "unknown"))
		return ip;
	at = domain_start(name);
	return at ? fold(c, slice_from(name, at), 0) : name;
}

/* true in Perl: neither empty nor "0" */
static bool truth(struct slice s)
{
	return s.n > 0 && !slice_is(s, "0");
}

static void set_received(struct compat_pflogsumm *c, struct slice qid, struct slice origin)
{
	struct id_entry *e = id_table_put(&c->ids, qid);

	c->t.received++;
	e->flags &= ~(uint32_t)ID_RECEIVED;
	if (truth(origin)) {
		e->flags |= ID_RECEIVED;
		e->sym = intern(&c->origins, origin);
	}
}

/* smtpd and postscreen */
static void feed_smtpd(struct compat_pflogsumm *c, const struct pf_line *l)
{
	struct cur at = cur_of(l->rest);

	while (next_pid_word(&at)) {
		struct cur client = at;

		if (!cur_lit(&client, "client=") || cur_at_end(&client))
			continue;
		/* at least one byte, then up to a comma */
		client.p++;
		client.p += slice_find_byte(cur_rest(&client), ',');
		set_received(c, l->qid, client_domain(c, slice_between(at.p + strlen("client="), client.p)));
		return;
	}
	at = cur_of(l->rest);
	while (next_pid_word(&at)) {
		if (cur_lit(&at, "reject: "))
			c->t.rejected++;
		else if (cur_lit(&at, "reject_warning: "))
			c->t.reject_warnings++;
		else if (cur_lit(&at, "hold: "))
			c->t.held++;
		else if (cur_lit(&at, "discard: "))
			c->t.discarded++;
		else
			continue;
		return;
	}
}

/* "reject: header ...", "milter-reject: END-OF-MESSAGE ..." and the like at the cursor: its counter */
static uint64_t *cleanup_action(struct compat_pflogsumm *c, struct cur at)
{
	uint64_t *counter;

	if (cur_lit(&at, "milter-reject: ") || cur_lit(&at, "reject: "))
		counter = &c->t.rejected;
	else if (cur_lit(&at, "warning: "))
		counter = &c->t.reject_warnings;
	else if (cur_lit(&at, "hold: "))
		counter = &c->t.held;
	else if (cur_lit(&at, "discard: "))
		counter = &c->t.discarded;
	else
		return NULL;
	return cur_lit(&at, "header ") || cur_lit(&at, "body ") || cur_lit(&at, "END-OF-MESSAGE ") ? counter
												   : NULL;
}

/* header and body checks, milters: true if the line was one */
static bool feed_cleanup(struct compat_pflogsumm *c, const struct pf_line *l)
{
	struct cur at = cur_of(l->rest);
	struct slice before;

	while (cur_until_lit(&at, "/cleanup[", &before)) {
		struct cur try = at;

		if (!take_digits(&try, 1, SIZE_MAX) || !cur_lit(&try, "]: "))
			continue;
		for (; !cur_at_end(&try); try.p++) {
			uint64_t *counter;

			if (peer_word(try.p[-1]))
				continue;
			counter = cleanup_action(c, try);
			if (counter) {
				(*counter)++;
				return true;
			}
		}
	}
	return false;
}

/* the part of an address from its '@' on in lower case */
static struct slice fold_domain(struct compat_pflogsumm *c, struct slice address)
{
	size_t at = slice_find_byte(address, '@');

	return at + 1 < address.n ? fold(c, address, at) : address;
}

/* behind "X@", X without '@' and not empty (or empty, if so told); the whole if there is none */
static struct slice domain_of(struct slice address, bool empty_local)
{
	size_t at = slice_find_byte(address, '@');

	if (at == address.n || (at == 0 && !empty_local))
		return address;
	return slice_from(address, at + 1);
}

static void count_sender(struct compat_pflogsumm *c, struct slice address, struct id_entry *e)
{
	struct slice origin = intern_name(&c->origins, e->sym);
	struct slice domain;

	address = truth(address) ? fold_domain(c, address) : SLICE("from=<>");
	domain = domain_of(address, false);
	if (domain.n == address.n || domain.n == 0)
		domain = slice_is(origin, "pickup") ? address : origin;
	(void)id_table_add(&c->sending_domains, domain);
	(void)id_table_add(&c->senders, address);
	c->t.bytes_received += e->size_bytes;
	e->flags &= ~(uint32_t)ID_RECEIVED;
}

/* "from=<A>, size=N" anywhere */
static bool feed_size(struct compat_pflogsumm *c, const struct pf_line *l)
{
	struct cur at = cur_of(l->rest);
	struct slice before, address;

	while (cur_until_lit(&at, "from=<", &before)) {
		struct cur try = at;
		struct id_entry *e;
		struct slice digits;
		uint64_t size;

		if (!cur_until(&try, '>', &address) || !cur_lit(&try, ", size="))
			continue;
		digits.p = try.p;
		if (!take_digits(&try, 1, SIZE_MAX))
			continue;
		digits = slice_between(digits.p, try.p);
		try = cur_of(digits);
		if (!cur_u64(&try, INT64_MAX, &size))
			size = INT64_MAX;
		e = id_table_put(&c->ids, l->qid);
		if (e->flags & ID_SIZE)
			return true;
		e->size_bytes = size;
		if (truth(digits))
			e->flags |= ID_SIZE;
		if (e->flags & ID_RECEIVED)
			count_sender(c, address, e);
		return true;
	}
	return false;
}

/* "KEY=value, " if it is there */
static void skip_key(struct cur *c, struct slice key)
{
	struct cur at = *c;
	struct slice value;

	if (cur_lit_(&at, key.p, key.n) && take_until_not(&at, ',', &value) && cur_lit(&at, ", "))
		*c = at;
}

/* behind "to=<": the recipient and the status */
static bool take_delivery(struct cur *c, struct slice *ret_address, struct slice *ret_status)
{
	struct slice part;
	struct cur at;

	if (!cur_until(c, '>', ret_address) || !cur_lit(c, ", "))
		return false;
	at = *c;
	if (cur_lit(&at, "orig_to=<") && cur_until(&at, '>', &part) && cur_lit(&at, ", "))
		*c = at;
	if (!cur_lit(c, "relay=") || !take_until_not(c, ',', &part) || !cur_lit(c, ", "))
		return false;
	skip_key(c, SLICE("conn_use="));
	if (!cur_lit(c, "delay=") || !take_until_not(c, ',', &part) || !cur_lit(c, ", "))
		return false;
	skip_key(c, SLICE("delays="));
	skip_key(c, SLICE("dsn="));
	return cur_lit(c, "status=") && take_nonspace(c, ret_status);
}

static void count_sent(struct compat_pflogsumm *c, struct slice qid, struct slice address)
{
	const struct id_entry *e = id_table_get(&c->ids, qid);

	address = fold_domain(c, address);
	(void)id_table_add(&c->recipient_domains, domain_of(address, false));
	(void)id_table_add(&c->recipients, address);
	c->t.delivered++;
	if (e && (e->flags & ID_SIZE))
		c->t.bytes_delivered += e->size_bytes;
}

static void count_deferred(struct compat_pflogsumm *c, struct slice qid)
{
	struct id_entry *e = id_table_put(&c->ids, qid);

	c->t.deferrals++;
	if (!(e->flags & ID_DEFERRED))
		c->t.deferred++;
	e->flags |= ID_DEFERRED;
}

static bool feed_delivery(struct compat_pflogsumm *c, const struct pf_line *l)
{
	struct cur at = cur_of(l->rest);
	struct slice before, address, status;

	while (cur_until_lit(&at, "to=<", &before)) {
		struct cur try = at;

		if (!take_delivery(&try, &address, &status))
			continue;
		if (slice_is(status, "sent")) {
			if (slice_find(cur_rest(&try), SLICE("forwarded as ")) < cur_left(&try))
				c->t.forwarded++;
			else
				count_sent(c, l->qid, address);
		} else if (slice_is(status, "deferred")) {
			count_deferred(c, l->qid);
		} else if (slice_is(status, "bounced")) {
			c->t.bounced++;
		}
		return true;
	}
	return false;
}

static void feed_other(struct compat_pflogsumm *c, const struct pf_line *l)
{
	if (feed_size(c, l) || feed_delivery(c, l) || !slice_is(l->cmd, "pickup"))
		return;
	if (slice_find(l->rest, SLICE(": sender=")) < l->rest.n ||
	    slice_find(l->rest, SLICE(": uid=")) < l->rest.n)
		set_received(c, l->qid, SLICE("pickup"));
}

static void feed_text(struct compat_pflogsumm *c, struct slice text)
{
	struct pf_line l;

	if (!take_envelope(drop_msgid(c, text), &l))
		return;
	if (slice_is(l.cmd, "cleanup") && feed_cleanup(c, &l))
		return;
	if (slice_is(l.qid, "warning") || slice_is(l.qid, "fatal") || slice_is(l.qid, "panic"))
		return;
	if (slice_is(l.qid, "reject"))
		c->t.rejected++;
	else if (slice_is(l.qid, "reject_warning"))
		c->t.reject_warnings++;
	else if (slice_is(l.qid, "hold"))
		c->t.held++;
	else if (slice_is(l.qid, "discard"))
		c->t.discarded++;
	else if (slice_is(l.cmd, "smtpd") || slice_is(l.cmd, "postscreen"))
		feed_smtpd(c, &l);
	else if (!slice_is(l.cmd, "master"))
		feed_other(c, &l);
}

void compat_pflogsumm_feed(struct compat_pflogsumm *c, const struct line *l, const struct event *e)
{
	struct peer_line p;

	(void)e;
	peer_lines_begin(&c->lines, l);
	while (peer_lines_next(&c->lines, &p))
		feed_text(c, p.text);
}

void compat_pflogsumm_totals(const struct compat_pflogsumm *c, struct compat_pflogsumm_totals *ret)
{
	double all = (double)(c->t.delivered + c->t.rejected + c->t.discarded);

	*ret = c->t;
	ret->senders = c->senders.n;
	ret->sending_domains = c->sending_domains.n;
	ret->recipients = c->recipients.n;
	ret->recipient_domains = c->recipient_domains.n;
	/* in this order, for the same rounding */
	ret->rejected_pct = all > 0 ? (unsigned)((double)c->t.rejected / all * 100) : 0;
	ret->discarded_pct = all > 0 ? (unsigned)((double)c->t.discarded / all * 100) : 0;
}

/* "   6557k": k from 512 KiB, m from 512 MiB on */
static void put_number(struct strbuf *out, uint64_t v, int width)
{
	char unit = ' ';

	if (v > UINT64_C(512) << 20) {
		v >>= 20;
		unit = 'm';
	} else if (v > UINT64_C(512) << 10) {
		v >>= 10;
		unit = 'k';
	}
	strbuf_printf(out, "%*llu%c", width, (unsigned long long)v, unit);
}

static void put_row(struct strbuf *out, uint64_t v, const char *name)
{
	strbuf_add_byte(out, ' ');
	put_number(out, v, 6);
	strbuf_printf(out, "  %s", name);
}

void compat_pflogsumm_text(const struct compat_pflogsumm *c, struct strbuf *out)
{
	struct compat_pflogsumm_totals t;

	compat_pflogsumm_totals(c, &t);
	strbuf_add_str(out, "\nGrand Totals\n------------\nmessages\n\n");
	put_row(out, t.received, "received\n");
	put_row(out, t.delivered, "delivered\n");
	put_row(out, t.forwarded, "forwarded\n");
	put_row(out, t.deferred, "deferred");
	if (t.deferrals) {
		strbuf_add_str(out, "  (");
		put_number(out, t.deferrals, 0);
		strbuf_add_str(out, " deferrals)");
	}
	strbuf_add_byte(out, '\n');
	put_row(out, t.bounced, "bounced\n");
	put_row(out, t.rejected, "rejected");
	strbuf_printf(out, " (%u%%)\n", t.rejected_pct);
	put_row(out, t.reject_warnings, "reject warnings\n");
	put_row(out, t.held, "held\n");
	put_row(out, t.discarded, "discarded");
	strbuf_printf(out, " (%u%%)\n\n", t.discarded_pct);
	put_row(out, t.bytes_received, "bytes received\n");
	put_row(out, t.bytes_delivered, "bytes delivered\n");
	put_row(out, t.senders, "senders\n");
	put_row(out, t.sending_domains, "sending hosts/domains\n");
	put_row(out, t.recipients, "recipients\n");
	put_row(out, t.recipient_domains, "recipient hosts/domains\n");
	strbuf_add_byte(out, '\n');
}
