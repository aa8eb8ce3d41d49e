/* SPDX-License-Identifier: Apache-2.0 */
/*
 * words.c - the small words of Postfix lines: peers, addresses, reply codes, contexts, queue ids
 *
 * Addresses are printed in external form (quoted local parts) from 3.5 on, raw before; host names never hold
 * a blank; the HELO name in smtpd's and cleanup's context has no blank, '<', '>', '"', ';' or '@' left.
 */
#include "base/ascii.h"
#include "base/attr.h"
#include "parse/postfix/postfix_priv.h"
#include "parse/rows.h"

static struct slice known(struct slice s)
{
	return s.n == 0 || slice_is(s, "unknown") ? SLICE_NONE : s;
}

static bool take_peer(struct cur *c, struct slice *ret_name, struct slice *ret_address, int64_t *ret_port)
{
	const char *begin = c->p, *end = c->end, *open = scan_either(begin, end, '[', ' '), *close;

	if (open == end || *open == ' ')
		return false;
	close = scan_for_from(begin, open, end, ']');
	if (close == end)
		return false;
	*ret_name = known(slice_between(begin, open));
	*ret_address = known(slice_between(open + 1, close));
	*ret_port = -1;
	c->p = close + 1;
	if (end - c->p > 1 && *c->p == ':' && ascii_digit(c->p[1])) {
		struct cur number = { c->p + 1, c->end };

		if (cur_i64(&number, 65535, ret_port))
			c->p = number.p;
	}
	return true;
}

bool pf_peer(struct cur *c, struct pf_peer *ret)
{
	return take_peer(c, &ret->name, &ret->address, &ret->port);
}

bool pf_client(struct cur *c, struct event *e)
{
	return take_peer(c, &e->client_host, &e->client_ip, &e->client_port);
}

bool pf_relay(struct cur *c, struct event *e)
{
	if (!take_peer(c, &e->relay_host, &e->relay_ip, &e->relay_port))
		return false;
	if (e->relay_port == -1 && e->relay_ip.p &&
	    (*e->relay_ip.p == '/' || memchr(e->relay_ip.p, '/', e->relay_ip.n)))
		e->relay_ip = SLICE_NONE;
	return true;
}

/* behind one to three digits, or p if there are none or more */
static inline const char *skip_number(const char *p, const char *end)
{
	const char *q = p;

	while (q < end && ascii_digit(*q))
		q++;
	return q - p <= 3 ? q : p;
}

bool pf_long_dsn(struct cur *c, struct slice *ret)
{
	const char *p = c->p, *end = c->end, *subject, *detail;

	if (end - p < 5 || p[1] != '.' || (p[0] != '2' && p[0] != '4' && p[0] != '5'))
		return false;
	subject = p[3] == '.' && ascii_digit(p[2]) ? p + 3 : skip_number(p + 2, end);
	if (subject == p + 2 || subject == end || *subject != '.')
		return false;
	detail = skip_number(subject + 1, end);
	if (detail == subject + 1 || (detail < end && ascii_alnum(*detail)))
		return false;
	*ret = slice_between(p, detail);
	c->p = detail;
	return true;
}

static bool take_code(struct cur *c, int64_t *ret)
{
	const char *p = c->p;

	if (cur_left(c) < 3 || p[0] < '2' || p[0] > '5' || !ascii_digit(p[1]) || !ascii_digit(p[2]) ||
	    (cur_left(c) > 3 && p[3] != ' ' && p[3] != '-'))
		return false;
	*ret = (p[0] - '0') * 100 + (p[1] - '0') * 10 + (p[2] - '0');
	c->p += cur_left(c) > 3 ? 4 : 3;
	return true;
}

void pf_reply(struct slice text, struct event *e)
{
	struct cur c = cur_of(text);
	bool coded = take_code(&c, &e->smtp_code);
	struct slice dsn;

	if (pf_dsn(&c, &dsn))
		e->dsn = dsn;
	else if (!coded)
		return;
	if (coded ? e->smtp_code / 100 == 4 : dsn.p[0] == '4')
		e->marks |= MARK_TEMPORARY;
}

/* behind the quote: past the closing one, or false */
static bool skip_quoted(struct cur *c)
{
	const char *q = c->p;

	for (; q < c->end; q++) {
		if (*q == '\\' && q + 1 < c->end)
			q++;
		else if (*q == '"') {
			c->p = q + 1;
			return true;
		}
	}
	return false;
}

bool pf_odd_address(struct cur *c, struct slice *ret)
{
	struct cur at = *c;
	struct slice part;

	if (cur_peek(&at) == '"') {
		at.p++;
		if (!skip_quoted(&at) || (cur_peek(&at) != '@' && cur_peek(&at) != '>'))
			at = *c; /* raw form of an old release */
	}
	while (cur_until(&at, '>', &part)) {
		if (cur_at_end(&at) || *at.p == ' ' || *at.p == ',' || *at.p == ':') {
			*ret = slice_between(c->p, at.p - 1);
			*c = at;
			return true;
		}
	}
	return false;
}

/* an address of a context, strictly: a quote stands only in a quoted local part */
ATTR_NOINLINE static bool strict_odd_address(struct cur *c, struct slice *ret)
{
	struct cur at = *c;
	struct slice part;

	if (cur_peek(&at) == '"') {
		at.p++;
		if (!skip_quoted(&at) || (cur_peek(&at) != '@' && cur_peek(&at) != '>'))
			return false;
		if (!cur_until(&at, '>', &part))
			return false;
	} else if (!pf_odd_address(&at, &part) || (part.n && memchr(part.p, '"', part.n))) {
		return false;
	}
	*ret = slice_between(c->p, at.p - 1);
	*c = at;
	return true;
}

/* the same; nearly all: no quote in front of the first '>', and a blank behind it */
static inline bool strict_address(struct cur *c, struct slice *ret)
{
	const char *p = c->p, *close = scan_near(p, p, c->end, '>', '"', 32);

	if (UNLIKELY(!close || *close == '"' || c->end - close < 2 || close[1] != ' '))
		return strict_odd_address(c, ret);
	*ret = slice_between(p, close);
	c->p = close + 1;
	return true;
}

/* "=value" of an unknown or SASL key: a user name may hold blanks, it ends where the next key begins */
static struct slice sasl_user(struct cur *c)
{
	struct slice user;
	struct cur at = *c;

	if (cur_until_lit(&at, " sasl_sender=", &user)) {
		c->p = user.p + user.n;
		return user;
	}
	return cur_take_rest(c);
}

/* keys behind helo=<>: SASL ones since 3.10, and whatever comes later */
static bool later_keys(struct cur *c, struct pf_context *x)
{
	while (cur_byte(c, ' ')) {
		const char *key = c->p;

		if (cur_lit(c, "sasl_method=")) {
			x->auth_method = cur_token(c, ' ');
			if (!cur_at_end(c))
				c->p--;
			continue;
		}
		if (cur_lit(c, "sasl_username=")) {
			x->user = sasl_user(c);
			continue;
		}
		while (c->p < c->end && (ascii_lower(*c->p) || *c->p == '_'))
			c->p++;
		if (c->p == key || !cur_byte(c, '=') || slice_starts(slice_between(key, c->p), "to=") ||
		    slice_starts(slice_between(key, c->p), "from="))
			return false;
		while (c->p < c->end && *c->p != ' ')
			c->p++;
	}
	return true;
}

static inline bool strict_helo(const char *base, struct cur *c, struct slice *ret)
{
	const char *p = c->p, *close = scan_mostly_near(base, p, c->end, '>', ' ', 32);

	if (close == c->end || *close == ' ' || scan_has(p, close, c->end, '"'))
		return false;
	*ret = slice_between(p, close);
	c->p = close + 1;
	return true;
}

/* c stands behind the ';'; the bytes from base on may be read; if it is none, anything may be in *ret */
static inline bool strict_context(const char *base, struct cur c, enum pf_context_tail tail, struct pf_context *ret)
{
	*ret = (struct pf_context){ .after = SLICE_NONE };
	if (cur_lit(&c, " from=<") && !strict_address(&c, &ret->sender))
		return false;
	if (cur_lit(&c, " to=<") && !strict_address(&c, &ret->recipient))
		return false;
	if (cur_lit(&c, " proto=")) {
		const char *p = c.p;

		if (cur_left(&c) >= 16)
			c.p += __builtin_ctz(~scan_alnum16(p));
		while (c.p < c.end && ascii_alnum(*c.p))
			c.p++;
		ret->protocol = slice_between(p, c.p);
	}
	if (cur_lit(&c, " helo=<") && !strict_helo(base, &c, &ret->helo))
		return false;
	if (tail == PF_TAIL_TEXT && !ret->sender.p)
		return false;
	if (tail == PF_TAIL_TEXT && cur_lit(&c, ": "))
		ret->after = cur_take_rest(&c);
	else if ((ret->protocol.p || ret->helo.p) && !later_keys(&c, ret))
		return false;
	return cur_at_end(&c);
}

/* A record that its writer or the transport cut within the context: take the fields that are whole. */
static bool cut_context(struct slice text, struct pf_context *ret)
{
	struct pf_context x = { .after = SLICE_NONE };
	size_t at = slice_rfind(text, SLICE("; from=<"));
	struct cur c;

	if (at == text.n)
		return false;
	c = cur_of(slice_from(text, at + 8));
	if (strict_address(&c, &x.sender) && cur_lit(&c, " to=<") && strict_address(&c, &x.recipient) &&
	    cur_lit(&c, " proto=") && cur_until(&c, ' ', &x.protocol) && cur_lit(&c, "helo=<"))
		(void)cur_until(&c, '>', &x.helo);
	x.before = slice_head(text, at);
	*ret = x;
	return true;
}

bool pf_context(struct slice text, enum pf_context_tail tail, struct pf_context *ret)
{
	size_t end = text.n;

	/* an honest text has few semicolons; a hostile one must not cost the square of its length */
	for (int tries = 0; tries < 64; tries++) {
		struct slice head = slice_head(text, end);
		size_t at = slice_rfind_byte(head, ';');

		if (at == head.n)
			break;
		if (strict_context(text.p, cur_of(slice_from(text, at + 1)), tail, ret)) {
			ret->before = slice_head(text, at);
			return true;
		}
		end = at;
	}
	return tail == PF_TAIL_END && cut_context(text, ret);
}

void pf_context_to_event(const struct pf_context *x, struct event *e)
{
	e->sender = x->sender;
	e->recipient = x->recipient;
	e->protocol = x->protocol;
	e->helo = x->helo;
	e->user = x->user;
	e->auth_method = x->auth_method;
}

enum parse_result pf_notice(const struct pf *f, enum notice category, struct event *e)
{
	e->kind = EV_NOTICE;
	e->category = category;
	e->severity = f->severity == SEVERITY_NONE ? SEVERITY_INFO : f->severity;
	e->text = f->rest;
	return PARSE_OK;
}

static void then(enum pf_then what, struct cur *c, struct event *e)
{
	const char *p = c->p;

	switch (what) {
	case PF_CLIENT:
		(void)pf_client(c, e);
		break;
	case PF_RELAY:
		(void)pf_relay(c, e);
		break;
	case PF_DOMAIN:
		while (c->p < c->end && *c->p != ' ' && *c->p != ':' && *c->p != ';')
			c->p++;
		e->domain = slice_between(p, c->p);
		break;
	case PF_REASON:
		e->reason = cur_take_rest(c);
		break;
	case PF_NOTHING:
		break;
	}
}

enum parse_result pf_rows(const struct pf *f, const struct pf_row *rows, size_t n, struct event *e)
{
	char first = f->rest.n ? f->rest.p[0] : '\0';

	for (size_t i = 0; i < n; i++) {
		struct cur c = cur_of(f->rest);

		if ((rows[i].pattern.p[0] != first && rows[i].pattern.p[0] != '*') ||
		    !row_match(&c, rows[i].pattern))
			continue;
		then(rows[i].then, &c, e);
		return pf_notice(f, rows[i].category, e);
	}
	return PARSE_NOT_MINE;
}
