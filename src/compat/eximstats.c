/* SPDX-License-Identifier: Apache-2.0 */
/*
 * eximstats.c - the grand totals of eximstats 4.96
 *
 * Its rules: a line counts by its length, its stamp and the two bytes where the flag stands; the id is the
 * 16 bytes before it (ids of 23 bytes therefore never meet a known flag).  Words as "rejected" anywhere in
 * a line without a flag make it a rejection.  Most patterns are not anchored: text of strangers that
 * imitates one is counted there, and so here.
 */
#include "compat/eximstats.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/cursor.h"
#include "compat/id_table.h"
#include "compat/peer_line.h"

enum msg_flag {
	MSG_SIZE = 1 << 0, /* its arrival was seen */
	MSG_DELAYED = 1 << 1,
	MSG_FAILED = 1 << 2,
};

struct compat_eximstats {
	struct peer_lines lines;
	struct id_table messages;
	struct id_table received_hosts, delivered_hosts, reject_ips, temp_reject_ips, ham_ips, spam_ips;
	struct compat_eximstats_totals t;
	bool valid;
};

/* a line, cut by positions */
struct ex_line {
	struct slice id, flag;
	struct slice text; /* behind the flag and one blank, without newline */
	struct slice host, ip;
	bool newline; /* one stands behind the text */
};

struct compat_eximstats *compat_eximstats_new(void)
{
	return xcalloc(1, sizeof(struct compat_eximstats));
}

void compat_eximstats_free(struct compat_eximstats *c)
{
	if (!c)
		return;
	peer_lines_done(&c->lines);
	id_table_done(&c->messages);
	id_table_done(&c->received_hosts);
	id_table_done(&c->delivered_hosts);
	id_table_done(&c->reject_ips);
	id_table_done(&c->temp_reject_ips);
	id_table_done(&c->ham_ips);
	id_table_done(&c->spam_ips);
	free(c);
}

static bool has(struct slice s, struct slice what)
{
	return slice_find(s, what) < s.n;
}

/* "dddd-dd-dd dd:dd:dd", any white space in the middle: '0' stands for a digit, '_' for the space */
static bool stamp_at(struct slice s)
{
	static const char PATTERN[] = "0000-00-00_00:00:00";

	if (s.n < sizeof PATTERN - 1)
		return false;
	for (size_t i = 0; i < sizeof PATTERN - 1; i++) {
		char want = PATTERN[i], c = s.p[i];

		if (want == '0' ? !ascii_digit(c) : want == '_' ? !peer_space(c) : c != want)
			return false;
	}
	return true;
}

static size_t digits_at(struct slice s, size_t at)
{
	size_t n = 0;

	while (at + n < s.n && ascii_digit(s.p[at + n]))
		n++;
	return n;
}

/* ".123", " +0100", " [991]" behind the stamp: how many bytes; false: too short a line */
static bool stamp_extra(struct slice s, size_t length, size_t *ret)
{
	size_t at = 19, n, fraction = 0, pid = 0;

	*ret = 0;
	if (at < s.n && s.p[at] == '.' && (n = digits_at(s, at + 1)) > 0)
		fraction = n + 1;
	at += fraction;
	if (at + 1 < s.n && peer_space(s.p[at]) && (s.p[at + 1] == '+' || s.p[at + 1] == '-') &&
	    digits_at(s, at + 2) >= 4) {
		*ret = 6;
		at += 6;
		if (length < 44)
			return false;
	}
	if (at + 1 < s.n && peer_space(s.p[at]) && s.p[at + 1] == '[' && (n = digits_at(s, at + 2)) > 0 &&
	    at + 2 + n < s.n && s.p[at + 2 + n] == ']')
		pid = n + 3;
	*ret += fraction;
	if (fraction && length < 38 + *ret)
		return false;
	*ret += pid;
	return !(pid && length < 38 + *ret);
}

/* at most n bytes from `at` on, as Perl's substr */
static struct slice part(struct slice s, size_t at, size_t n)
{
	return at < s.n ? slice_head(slice_from(s, at), n) : slice_of("", 0);
}

/* [<>=*-]+, or SA: flags that no word in the text can change */
static bool is_firm_flag(struct slice flag)
{
	if (slice_is(flag, "SA"))
		return true;
	for (size_t i = 0; i < flag.n; i++)
		if (!memchr("<>=*-", flag.p[i], 5))
			return false;
	return flag.n > 0;
}

static bool is_plain_id(struct slice id)
{
	for (size_t i = 0; i < id.n; i++)
		if (!ascii_alnum(id.p[i]) && id.p[i] != '-')
			return false;
	return id.n > 0;
}

static bool known_flag(struct slice flag)
{
	static const char FLAGS[] = "<==>->==**CoSARe";

	for (size_t i = 0; i < sizeof FLAGS - 1; i += 2)
		if (flag.n == 2 && memcmp(flag.p, FLAGS + i, 2) == 0)
			return true;
	return false;
}

/* Cut a line by positions; false: eximstats does not take it. */
static bool cut_line(struct slice s, bool newline, struct ex_line *ret)
{
	size_t length, extra, text_at;
	struct slice bytes;

	if (s.n < 4 || digits_at(slice_head(s, 4), 0) < 4) {
		if (!peer_strip_syslog(&s))
			return false;
	}
	length = s.n + (newline ? 1 : 0);
	if (length < 38 || !stamp_at(s) || !stamp_extra(s, length, &extra))
		return false;
	bytes = s;
	ret->id = part(bytes, 20 + extra, 16);
	ret->flag = part(bytes, 37 + extra, 2);
	text_at = 40 + extra;
	if (!is_firm_flag(ret->flag) &&
	    (has(bytes, SLICE("rejected")) || has(bytes, SLICE("refused")) || has(bytes, SLICE("dropped")))) {
		ret->flag = SLICE("Re");
		text_at -= 3;
	}
	if (slice_is(ret->flag, "Re") && !is_plain_id(ret->id)) {
		text_at -= 17;
	}
	if (!known_flag(ret->flag))
		return false;
	ret->text = part(bytes, text_at, bytes.n);
	ret->newline = newline;
	return true;
}

/* "[...]" at s.p[at]: at least one byte that is no ']' inside */
static bool bracket_at(struct slice s, size_t at, struct slice *ret)
{
	size_t end;

	if (at >= s.n || s.p[at] != '[')
		return false;
	end = slice_find_byte(slice_from(s, at + 1), ']');
	if (end == 0 || at + 1 + end >= s.n)
		return false;
	*ret = slice_of(s.p + at, end + 2);
	return true;
}

/* the first bracket_at() at or after `from`, after a blank if so told */
static bool find_bracket(struct slice s, size_t from, bool after_blank, struct slice *ret)
{
	for (size_t at = from; at < s.n; at++)
		if (s.p[at] == '[' && (!after_blank || (at > from && s.p[at - 1] == ' ')) &&
		    bracket_at(s, at, ret))
			return true;
	return false;
}

/* "[" non-blanks "]" at s.p[at], as much as possible */
static bool nonspace_bracket_at(struct slice s, size_t at, struct slice *ret)
{
	size_t end = at + 1, last = 0;

	if (at >= s.n || s.p[at] != '[')
		return false;
	for (; end < s.n && !peer_space(s.p[end]); end++)
		if (s.p[end] == ']' && end > at + 1)
			last = end;
	if (!last)
		return false;
	*ret = slice_of(s.p + at, last - at + 1);
	return true;
}

/* where "H=" begins a word, from `from` on; s.n if nowhere */
static size_t find_h(struct slice s, size_t from)
{
	while (from < s.n) {
		struct slice rest = slice_from(s, from);
		size_t at = slice_find(rest, SLICE("H="));

		if (at == rest.n)
			break;
		if (peer_boundary(s, from + at))
			return from + at;
		from += at + 1;
	}
	return s.n;
}

static struct slice client_ip(struct slice s)
{
	struct slice ip;
	size_t at;

	for (at = find_h(s, 0); at < s.n; at = find_h(s, at + 1))
		if (bracket_at(s, at + 2, &ip) || find_bracket(s, at + 2, true, &ip))
			return ip;
	for (size_t from = 0; from < s.n; from = at + 1) {
		at = from + slice_find(slice_from(s, from), SLICE("Connection from ["));
		if (at >= s.n)
			break;
		if (nonspace_bracket_at(s, at + strlen("Connection from "), &ip))
			return ip;
	}
	at = slice_find(s, SLICE("SMTP call from "));
	if (at < s.n)
		for (at += strlen("SMTP call from "); at < s.n; at++)
			if (nonspace_bracket_at(s, at, &ip))
				return ip;
	return SLICE("local");
}

static struct slice client_host(struct slice s)
{
	for (size_t at = find_h(s, 0); at < s.n; at = find_h(s, at + 1)) {
		size_t end = at + 2;

		while (end < s.n && !peer_space(s.p[end]))
			end++;
		if (end > at + 2)
			return slice_of(s.p + at + 2, end - at - 2);
	}
	return SLICE("local");
}

/* the first "\sS=N" that ends at a blank or at the end; 0 if there is none */
static uint64_t arrival_size(struct slice s)
{
	for (size_t at = 0; at + 3 < s.n; at++) {
		size_t n;
		struct cur c;
		uint64_t v;

		if (!peer_space(s.p[at]) || s.p[at + 1] != 'S' || s.p[at + 2] != '=')
			continue;
		n = digits_at(s, at + 3);
		if (n == 0 || (at + 3 + n < s.n && s.p[at + 3 + n] != ' '))
			continue;
		c = cur_of(slice_of(s.p + at + 3, n));
		return cur_u64(&c, INT64_MAX, &v) ? v : INT64_MAX;
	}
	return 0;
}

/* "\sT=" with a name behind it */
static bool has_transport(struct slice s)
{
	for (size_t at = 0; at + 3 < s.n; at++)
		if (s.p[at + 1] == 'T' && s.p[at + 2] == '=' && peer_space(s.p[at]) &&
		    !peer_space(s.p[at + 3]))
			return true;
	return false;
}

/* the parts of a pattern "A.*?B.*?C", in this order; '\1' in a part is any byte */
struct sequence {
	struct slice parts[3];
};

static bool part_at(struct slice s, size_t at, struct slice what)
{
	if (what.n > s.n - at)
		return false;
	for (size_t i = 0; i < what.n; i++) {
		char want = what.p[i], c = s.p[at + i];

		if (want != '\1' && c != want)
			return false;
	}
	return true;
}

static bool in_order(struct slice s, const struct sequence *q)
{
	size_t at = 0;

	for (size_t i = 0; i < 3 && q->parts[i].p; i++) {
		while (at < s.n && !part_at(s, at, q->parts[i]))
			at++;
		if (at >= s.n)
			return false;
		at += q->parts[i].n;
	}
	return true;
}

/* clang-format off */
/* What makes a rejection a lasting one, before "temporarily rejected connection in ... ACL" is looked for. */
static const struct sequence LASTING[] = {
	{ { LIT("Forged IP detected in HELO") } },
	{ { LIT("Invalid domain or IP given in HELO/EHLO") } }, { { LIT("unqualified recipient rejected") } },
	{ { LIT("closed connection after ") } }, { { LIT("closed connection in response ") } },
	{ { LIT("sender rejected") } }, { { LIT(" rejected after DATA: ") } },
	{ { LIT(" rejected DATA: ") } },
	{ { LIT("\1DATA ACL discarded recipients\1: ") } }, { { LIT("VRFY rejected") } },
	{ { LIT("too many recipients") } },
	{ { LIT("refused relay"), LIT(" to") } }, { { LIT("rejected by non-SMTP ACL: ") } },
	{ { LIT("rejected by local_scan") } }, { { LIT("dropped: too many nonmail commands") } },
	{ { LIT("dropped: too many unrecognized commands") } },
	{ { LIT("dropped: too many syntax or protocol errors") } },
	{ { LIT("local_scan\1\1 function "), LIT(" - message temporarily rejected") } },
	{ { LIT("SMTP protocol "), LIT("error") } }, { { LIT("SMTP protocol "), LIT("violation") } },
	{ { LIT("message too big") } }, { { LIT("response to \"RCPT TO"), LIT(" was: ") } },
	{ { LIT("refused connection from"), LIT(" (") } },
	{ { LIT("error from remote mailer after "), LIT(":"), LIT(": ") } },
	{ { LIT("connection from"), LIT(" refused") } }, { { LIT("Connection from"), LIT(" refused") } },
	{ { LIT(": Connection refused") } },
};
/* clang-format on */

/* "WORDS [A-Z]* ... : ": capitals (a command) and a blank behind the words, and a later ": " */
static bool command_and_colon(struct slice s, struct slice words)
{
	for (size_t from = 0; from < s.n;) {
		struct slice rest = slice_from(s, from);
		size_t at = slice_find(rest, words);

		if (at == rest.n)
			return false;
		from += at + words.n;
		for (at = from; at < s.n && ascii_upper(s.p[at]);)
			at++;
		if (at < s.n && s.p[at] == ' ' && has(slice_from(s, at + 1), SLICE(": ")))
			return true;
	}
	return false;
}

/* "rejected EHLO from X: syntactically invalid argument", X without colons */
static bool bad_helo(struct slice s)
{
	struct cur c = cur_of(s);
	struct slice before;

	while (cur_until_lit(&c, "rejected ", &before)) {
		struct cur at = c;

		if ((cur_lit(&at, "HELO from ") || cur_lit(&at, "EHLO from ") || cur_lit(&at, "HHLO from ") ||
		     cur_lit(&at, "EELO from ")) &&
		    cur_until(&at, ':', &before) && cur_lit(&at, " syntactically invalid argument"))
			return true;
	}
	return false;
}

/* "listed at X"; a newline is an X, too */
static bool listed_at(struct slice s, bool newline)
{
	struct cur c = cur_of(s);
	struct slice before;

	while (cur_until_lit(&c, "listed at ", &before))
		if (cur_at_end(&c) ? newline : *c.p != ' ')
			return true;
	return false;
}

/* "lookup of host X failed" */
static bool failed_lookup(struct slice s)
{
	struct cur c = cur_of(s);
	struct slice before;

	while (cur_until_lit(&c, "lookup of host ", &before)) {
		struct cur at = c;

		while (!cur_at_end(&at) && !peer_space(*at.p))
			at.p++;
		if (at.p > c.p && cur_lit(&at, " failed"))
			return true;
	}
	return false;
}

static bool is_lasting(struct slice s, bool newline)
{
	for (size_t i = 0; i < sizeof LASTING / sizeof *LASTING; i++)
		if (in_order(s, &LASTING[i]))
			return true;
	return listed_at(s, newline) || bad_helo(s) || failed_lookup(s) ||
	       command_and_colon(s, SLICE("rejected "));
}

static bool is_temporary(struct slice s, bool newline)
{
	static const struct sequence CONNECTION = {
		{ LIT("temporarily rejected connection in "), LIT("ACL") },
	};

	if (has(s, SLICE("SpamAssassin")))
		return false;
	if (command_and_colon(s, SLICE("temporarily rejected ")) ||
	    has(s, SLICE("temporarily refused connection")))
		return true;
	return in_order(s, &CONNECTION) && !is_lasting(s, newline);
}

/* "rejected EHLO from my.test [192.0.2.5]: ..." has no H= */
static struct slice helo_ip(struct slice s)
{
	struct cur c = cur_of(s);

	if (!cur_lit(&c, "rejected HELO from ") && !cur_lit(&c, "rejected EHLO from ") &&
	    !cur_lit(&c, "rejected HHLO from ") && !cur_lit(&c, "rejected EELO from "))
		return SLICE("local");
	for (size_t at = (size_t)(c.p - s.p); at + 2 < s.n; at++) {
		size_t end;

		if (s.p[at] != '[')
			continue;
		end = slice_find(slice_from(s, at + 2), SLICE("]:"));
		if (at + 2 + end < s.n)
			return slice_of(s.p + at, end + 3);
	}
	return SLICE("local");
}

static void count_reject(struct compat_eximstats *c, const struct ex_line *x)
{
	struct slice ip = x->ip;

	if (slice_is(ip, "local"))
		ip = helo_ip(x->text);
	if (is_temporary(x->text, x->newline)) {
		c->t.temp_rejects++;
		(void)id_table_add(&c->temp_reject_ips, ip);
	} else {
		c->t.rejects++;
		(void)id_table_add(&c->reject_ips, ip);
	}
}

/* "score=12.3", a minus sign allowed or not */
static bool score_behind(struct slice s, struct slice words, bool minus)
{
	for (size_t from = 0; from < s.n;) {
		struct slice rest = slice_from(s, from);
		size_t at = slice_find(rest, words), n;

		if (at == rest.n)
			return false;
		from += at + words.n;
		at = from + (minus && from < s.n && s.p[from] == '-' ? 1 : 0);
		n = digits_at(s, at);
		if (n > 0 && at + n + 1 < s.n && s.p[at + n] == '.' && ascii_digit(s.p[at + n + 1]))
			return true;
	}
	return false;
}

/* SA-Exim's lines */
static void count_spamassassin(struct compat_eximstats *c, struct slice s)
{
	struct slice ip = SLICE("");
	size_t from = slice_find(s, SLICE("From"));

	if (from >= s.n || !find_bracket(s, from + 4, false, &ip))
		ip = has(s, SLICE("(local)")) ? SLICE("local") : SLICE("");
	if (score_behind(s, SLICE("Action: permanently rejected message: score="), false) ||
	    score_behind(s, SLICE("Action: temporarily rejected message: score="), false) ||
	    score_behind(s, SLICE("Action: flagged as Spam but accepted: score="), false)) {
		c->t.spam++;
		(void)id_table_add(&c->spam_ips, ip);
	} else if (score_behind(s, SLICE("Action: scanned but message isn't spam: score="), true) ||
		   has(s, SLICE("Not running SA because SAEximRunCond expanded to false")) ||
		   has(s, SLICE("check skipped due to message size"))) {
		c->t.ham++;
		(void)id_table_add(&c->ham_ips, ip);
	}
}

static void count_arrival(struct compat_eximstats *c, const struct ex_line *x)
{
	struct id_entry *m = id_table_put(&c->messages, x->id);

	m->flags |= MSG_SIZE;
	m->size_bytes = arrival_size(x->text);
	c->t.received_bytes += m->size_bytes;
	c->t.received_messages++;
	(void)id_table_add(&c->received_hosts, x->host);
}

static void count_delivery(struct compat_eximstats *c, const struct ex_line *x)
{
	const struct id_entry *m = id_table_get(&c->messages, x->id);

	if (m)
		c->t.delivered_bytes += m->size_bytes;
	c->t.delivered_messages++;
	c->t.delivered_addresses++;
	(void)id_table_add(&c->delivered_hosts, x->host);
}

static void count_once(struct compat_eximstats *c, const struct ex_line *x, uint32_t flag, uint64_t *counter)
{
	struct id_entry *m = id_table_get(&c->messages, x->id);

	if (!m || !(m->flags & MSG_SIZE) || (m->flags & flag))
		return;
	m->flags |= flag;
	(*counter)++;
}

static void feed_text(struct compat_eximstats *c, struct slice text, bool newline)
{
	struct ex_line x;

	if (!cut_line(text, newline, &x))
		return;
	c->valid = true;
	x.host = client_host(x.text);
	if (slice_is(x.flag, "<=")) {
		count_arrival(c, &x);
	} else if (slice_is(x.flag, "=>")) {
		count_delivery(c, &x);
		if (!has_transport(x.text)) {
			x.ip = client_ip(x.text);
			count_reject(c, &x);
		}
	} else if (slice_is(x.flag, "->")) {
		c->t.delivered_addresses++;
	} else if (slice_is(x.flag, "==")) {
		count_once(c, &x, MSG_DELAYED, &c->t.delayed_messages);
	} else if (slice_is(x.flag, "**")) {
		count_once(c, &x, MSG_FAILED, &c->t.failed_messages);
	} else if (slice_is(x.flag, "Co")) {
		id_table_remove(&c->messages, x.id);
	} else if (slice_is(x.flag, "SA")) {
		count_spamassassin(c, x.text);
	} else {
		x.ip = client_ip(x.text);
		count_reject(c, &x);
	}
}

void compat_eximstats_feed(struct compat_eximstats *c, const struct line *l, const struct event *e)
{
	struct peer_line p;

	(void)e;
	peer_lines_begin(&c->lines, l);
	while (peer_lines_next(&c->lines, &p))
		feed_text(c, p.text, p.newline);
}

void compat_eximstats_totals(const struct compat_eximstats *c, struct compat_eximstats_totals *ret)
{
	*ret = c->t;
	ret->received_hosts = c->received_hosts.n;
	ret->delivered_hosts = c->delivered_hosts.n;
	ret->reject_hosts = c->reject_ips.n;
	ret->temp_reject_hosts = c->temp_reject_ips.n;
	ret->ham_hosts = c->ham_ips.n;
	ret->spam_hosts = c->spam_ips.n;
}

/* "  8235KB": bytes below 10,000, KB below 10,000,000, MB below 10 GiB; rounded, in integers */
static void put_volume(struct strbuf *out, uint64_t v)
{
	const uint64_t gig = UINT64_C(1) << 30;
	/* it counts whole gigabytes apart and lets exactly one stay in the rest */
	uint64_t g = v ? (v - 1) / gig : 0, x = v - g * gig;
	char text[32];

	if (g == 0 && x < 10000)
		(void)snprintf(text, sizeof text, "%6llu", (unsigned long long)x);
	else if (g == 0 && x < 10000000)
		(void)snprintf(text, sizeof text, "%4lluKB", (unsigned long long)((x + 512) >> 10));
	else if (g == 0)
		(void)snprintf(text, sizeof text, "%4lluMB", (unsigned long long)((x + (512 << 10)) >> 20));
	else if (g < 10)
		(void)snprintf(text, sizeof text, "%4lluMB",
			       (unsigned long long)((g << 10) + ((x + (512 << 10)) >> 20)));
	else
		(void)snprintf(text, sizeof text, "%4lluGB", (unsigned long long)(g + (x + gig / 2) / gig));
	strbuf_printf(out, "%9s", text);
}

static double percent(uint64_t n, uint64_t of)
{
	return of ? (double)(n * 100) / (double)of : 0;
}

static void put_small_row(struct strbuf *out, const char *name, uint64_t messages, uint64_t hosts)
{
	if (messages)
		strbuf_printf(out, "  %-16s %9s     %6llu    %6s    %6llu\n", name, "",
			      (unsigned long long)messages, "", (unsigned long long)hosts);
}

bool compat_eximstats_text(const struct compat_eximstats *c, struct strbuf *out)
{
	struct compat_eximstats_totals t;

	if (!c->valid)
		return false;
	compat_eximstats_totals(c, &t);
	strbuf_printf(out, "\nGrand total summary\n-------------------\n%66sAt least one address\n", "");
	strbuf_add_str(
		out,
		"  TOTAL               Volume   Messages Addresses     Hosts      Delayed       Failed\n");
	strbuf_printf(out, "  %-16s ", "Received");
	put_volume(out, t.received_bytes);
	strbuf_printf(out, "     %6llu    %6s    %6llu  %6llu %4.1f%% %6llu %4.1f%%\n",
		      (unsigned long long)t.received_messages, "", (unsigned long long)t.received_hosts,
		      (unsigned long long)t.delayed_messages,
		      percent(t.delayed_messages, t.received_messages), (unsigned long long)t.failed_messages,
		      percent(t.failed_messages, t.received_messages));
	strbuf_printf(out, "  %-16s ", "Delivered");
	put_volume(out, t.delivered_bytes);
	strbuf_printf(out, "     %6llu    %6llu    %6llu\n", (unsigned long long)t.delivered_messages,
		      (unsigned long long)t.delivered_addresses, (unsigned long long)t.delivered_hosts);
	put_small_row(out, "Rejects", t.rejects, t.reject_hosts);
	put_small_row(out, "Temp Rejects", t.temp_rejects, t.temp_reject_hosts);
	put_small_row(out, "Ham", t.ham, t.ham_hosts);
	put_small_row(out, "Spam", t.spam, t.spam_hosts);
	strbuf_add_byte(out, '\n');
	return true;
}
