/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fields.c - the pieces that Exim's lines are made of: hosts, quoted texts, times, replies
 *
 * Sources: exim src/src/host.c (sender_fullhost), string.c (string_printing: \n, \ooo), receive.c and
 * deliver.c (order of fields), tod.c and string.c (readconf_printtime: 1w2d3h4m5s).
 * Traps: HELO names, idents, user names, subjects and replies are chosen by strangers; no field is ever
 * searched for in the whole line, each ends by its own rule.
 */
#include "parse/exim/exim_priv.h"

/* alphanumeric: 5 = EXIM_IP | EXIM_ID */
const unsigned char exim_classes[256] = {
	[0x20] = 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 5, 7, 0, /* blank to / */
	[0x30] = 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 3, 0, 0, 0, 0, 0, /* 0 to ? */
	[0x40] = 0, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, /* @ to O */
	[0x50] = 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 0, 0, 0, 0, 4, /* P to _ */
	[0x60] = 0, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, /* ` to o */
	[0x70] = 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 0, 0, 0, 0, 0, /* p to DEL */
};

const char *exim_quote_end(const char *p, const char *end)
{
	while (p < end && *p != '"')
		p += *p == '\\' && p + 1 < end ? 2 : 1;
	return p;
}

/* what may follow a DN: the tags and flags behind it, a refusal, a colon, the end */
static bool dn_ends_before(struct cur c)
{
	static const struct slice FOLLOWERS[] = {
		LIT("SNI="), LIT("A="),   LIT("L "),  LIT("L* "),  LIT("L. "), LIT("L- "),
		LIT("L.- "), LIT("L*- "), LIT("PRDR"), LIT("PRX="), LIT("K "), LIT("S="),
		LIT("DKIM="), LIT("C="),  LIT("QT="), LIT("DT="),  LIT("F=<"), LIT(": "),
		LIT("rejected "), LIT("temporarily "),
	};

	if (cur_at_end(&c) || *c.p == ':')
		return true;
	if (!cur_byte(&c, ' '))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(FOLLOWERS); i++)
		if (slice_starts_(cur_rest(&c), FOLLOWERS[i].p, FOLLOWERS[i].n))
			return true;
	return false;
}

const char *exim_dn_end(const char *p, const char *end)
{
	while (p < end && (p = memchr(p, '"', (size_t)(end - p))) != NULL) {
		p++;
		if (dn_ends_before((struct cur){ p, end }))
			return p;
	}
	return end;
}

/* the first bracket that closes outside quotes; NULL if there is none */
static const char *bracket_behind_quotes(const char *q, const char *end)
{
	bool quoted = false;

	for (; q < end && *q != '\n'; q++) {
		if (*q == '\\' && quoted && q + 1 < end)
			q++;
		else if (*q == '"')
			quoted = !quoted;
		else if (*q == '>' && !quoted)
			return q;
	}
	return NULL;
}

const char *exim_angle_end(const char *quote, const char *p, const char *end)
{
	const char *first = scan_for(quote, end, '>'), *close;

	if (first == end)
		return first;
	/* with an odd number of quotes the first bracket will do */
	close = bracket_behind_quotes(p + 1, exim_near(p + 1, end, EXIM_QUOTED_BYTES));
	return close ? close : first;
}

/* the closing bracket of the address at the cursor, "[192.0.2.5]"; NULL if there is none */
static ATTR_NOINLINE const char *any_bracket(const char *begin, const char *end)
{
	const char *q = begin;

	while (q < end && (exim_class(*q) & (EXIM_IP | EXIM_IP_MARK)) == EXIM_IP)
		q++;
	if (q == end || !(exim_class(*q) & EXIM_IP_MARK))
		return NULL;
	while (q < end && (exim_class(*q) & EXIM_IP))
		q++;
	return q < end && *q == ']' ? q : NULL;
}

/* the same: an IPv4 address needs one look only */
static inline const char *closing_bracket(const struct cur *c)
{
	const char *begin = c->p + 1;
	unsigned dotted, dots, n;

	if (cur_peek(c) != '[')
		return NULL;
	if (LIKELY(c->end - begin >= 16)) {
		dotted = scan_dotted16(begin, &dots);
		n = (unsigned)__builtin_ctz(~dotted);
		if (LIKELY(n < 16 && begin[n] == ']'))
			return dots & ((1U << n) - 1) ? begin + n : NULL;
	}
	return any_bracket(begin, c->end);
}

/* "[192.0.2.5]:25*" */
static inline bool bracket_ip(struct cur *c, struct exim_host *h)
{
	const char *close = closing_bracket(c);

	if (!close)
		return false;
	h->ip = slice_between(c->p + 1, close);
	c->p = close + 1;
	if (cur_peek(c) == ':') {
		struct cur t = { c->p + 1, c->end };

		if (cur_i64(&t, 65535, &h->port))
			*c = t;
	}
	h->reused = cur_byte(c, '*');
	return true;
}

/* the peer's bracket ends the HOSTPART: what follows is a blank, a colon or the end */
static bool host_ends(const struct cur *c)
{
	return cur_at_end(c) || *c->p == ' ' || *c->p == ':' || *c->p == '\n';
}

/* Free text and fields of other sorts begin here; a bracket pair behind them is not the peer's. */
static bool text_between(struct slice s)
{
	static const struct slice STOPS[] = { LIT(": "), LIT("\""), LIT(" F=<"), LIT(" S="), LIT(" A=") };

	for (size_t i = 0; i < ARRAY_LEN(STOPS); i++)
		if (slice_find(s, STOPS[i]) < s.n)
			return true;
	return false;
}

static inline const char *far_parenthesis(const char *p, const char *end)
{
	const char *q = memchr(p, ')', (size_t)(end - p));

	return q ? q : end;
}

/*
 * "(HELO) [IP]": the HELO may hold anything when helo_accept_junk_hosts lets it, even ") [192.0.2.1]".
 * The last such pair before free text is the peer's.
 */
static ATTR_NOINLINE const char *junk_helo(const char *p, const char *end, struct exim_host *h)
{
	const char *begin = p + 1, *near = exim_near(begin, end, EXIM_ENTRY_BYTES), *q = scan_for(begin, near, ')');
	const char *first_end = NULL;

	if (q == near)
		return NULL;
	for (; q < end; q = far_parenthesis(q + 1, end)) {
		struct cur t = { q + 1, end };
		struct exim_host peer = { .port = -1 };

		if (cur_byte(&t, ' ') && bracket_ip(&t, &peer) && host_ends(&t)) {
			if (first_end && text_between(slice_between(first_end, q)))
				break;
			h->helo = slice_between(begin, q);
			h->ip = peer.ip;
			h->port = peer.port;
			h->reused = peer.reused;
			first_end = t.p;
		}
	}
	return first_end;
}

/* behind the first pair: does free text begin at once (see text_between())? */
static inline bool text_follows(const struct cur *c)
{
	return slice_starts(cur_rest(c), ": ") || slice_starts(cur_rest(c), " F=<");
}

/* if not: can there be another one? */
static inline bool is_last_pair(const struct cur *c)
{
	return text_follows(c) || far_parenthesis(c->p, c->end) == c->end;
}

static ATTR_NOINLINE const char *junk_helo_of(struct slice name, const char *p, const char *end,
					     struct exim_host *h)
{
	*h = (struct exim_host){ .name = name, .port = -1 };
	return junk_helo(p, end, h);
}

/* junk_helo() of a HELO without parentheses, the only pair */
static inline ATTR_ALWAYS_INLINE bool helo_and_ip(struct cur *c, struct exim_host *h)
{
	const struct slice name = h->name;
	const char *close = scan_for(c->p + 1, exim_near(c->p + 1, c->end, EXIM_ENTRY_BYTES), ')');
	struct cur t = { close, c->end };
	struct exim_host junk;

	if (LIKELY(cur_lit(&t, ") ") && bracket_ip(&t, h) && host_ends(&t) && is_last_pair(&t))) {
		h->helo = slice_between(c->p + 1, close);
		*c = t;
		return true;
	}
	if (!exim_step(c, junk_helo_of(name, c->p, c->end, &junk)))
		return false;
	*h = junk;
	return true;
}

/* inline, so that *ret stays in registers */
static inline ATTR_ALWAYS_INLINE const char *host_end(const char *p, const char *end, struct exim_host *ret)
{
	struct cur c = { p, end };
	const char *after_name = NULL;
	struct exim_host h = { .port = -1 };
	char first = cur_peek(&c);

	if (first != '(' && first != '[') {
		h.name = exim_word(&c);
		if (!h.name.n)
			return NULL;
		after_name = c.p;
		(void)cur_lit(&c, " DS");
		first = cur_byte(&c, ' ') ? cur_peek(&c) : '\0';
	}
	*ret = h;
	if (first == '(' ? helo_and_ip(&c, &h) : first == '[' && bracket_ip(&c, &h)) {
		*ret = h;
		return c.p;
	}
	return after_name;
}

const char *exim_host_end(const char *p, const char *end, struct exim_host *ret)
{
	return host_end(p, end, ret);
}

/* the closing bracket of an IPv4 address; NULL of any other; 16 bytes may be read */
static inline ATTR_ALWAYS_INLINE const char *plain_ip_end(const char *ip)
{
	unsigned dots, dotted = scan_dotted16(ip, &dots), n = (unsigned)__builtin_ctz(~dotted);

	return n < 16 && ip[n] == ']' && (dots & ((1U << n) - 1)) ? ip + n : NULL;
}

/* host_end() of the most frequent forms, without a call; NULL of any other: "NAME [192.0.2.1] " */
static inline ATTR_ALWAYS_INLINE const char *plain_name(const char *p, const char *end, struct exim_host *h)
{
	const char *blank = scan_mostly_near(p, p, end, ' ', ' ', 32), *close;

	if (end - blank < 20 || blank == p || blank[1] != '[' || blank[-1] == ':' || *p == '[')
		return NULL;
	close = plain_ip_end(blank + 2);
	if (!close || close[1] != ' ')
		return NULL;
	*h = (struct exim_host){ .name = slice_between(p, blank), .ip = slice_between(blank + 2, close), .port = -1 };
	return close + 1;
}

static inline bool begins_helo(const char *p, const char *end)
{
	return p < end && *p == '(';
}

/* "(HELO) [192.0.2.1] " and "(HELO) [192.0.2.1]: ", which may be not the last such pair */
static inline ATTR_ALWAYS_INLINE const char *plain_helo(const char *p, const char *end, struct exim_host *h)
{
	const char *stop = scan_mostly_near(p, p + 1, end, ')', ')', 32), *close;

	if (end - stop < 21 || stop - p > EXIM_ENTRY_BYTES || memcmp(stop, ") [", 3) != 0)
		return NULL;
	close = plain_ip_end(stop + 3);
	if (!close || (close[1] != ' ' && (close[1] != ':' || close[2] != ' ')))
		return NULL;
	*h = (struct exim_host){ .helo = slice_between(p + 1, stop), .ip = slice_between(stop + 3, close), .port = -1 };
	return close + 1;
}

static inline void set_client(struct event *e, const struct exim_host *h)
{
	e->client_host = h->name;
	e->helo = h->helo;
	e->client_ip = h->ip;
	e->client_port = h->port;
}

void exim_set_client(struct event *e, const struct exim_host *h)
{
	set_client(e, h);
}

static inline void set_relay(struct event *e, const struct exim_host *h)
{
	e->relay_host = h->name.p ? h->name : h->ip;
	e->relay_ip = h->ip;
	e->relay_port = h->port;
	if (h->reused)
		e->marks |= MARK_REUSED;
}

void exim_set_relay(struct event *e, const struct exim_host *h)
{
	set_relay(e, h);
}

static struct slice service_of(int64_t port)
{
	switch (port) {
	case 25:
		return SLICE("smtp");
	case 465:
		return SLICE("smtps");
	case 587:
		return SLICE("submission");
	default:
		return SLICE_NONE;
	}
}

const char *exim_local_end(const char *p, const char *end, struct event *e)
{
	struct cur c = { p, end };
	struct exim_host h = { .port = -1 };

	if (!bracket_ip(&c, &h))
		return NULL;
	e->local_ip = h.ip;
	e->local_port = h.port;
	e->service = service_of(h.port);
	return c.p;
}

/* " I=[ip]:port", " U=ident", " Ci=id" behind a client's HOSTPART, any order, any of them missing */
static ATTR_NOINLINE const char *who_extras(struct cur c, struct event *e)
{
	for (;;) {
		struct cur t = c;

		if (!cur_lit(&t, " TFO*"))
			(void)cur_lit(&t, " TFO");
		if (cur_lit(&t, " I=") && exim_local(&t, e))
			;
		else if (t = c, cur_lit(&t, " U="))
			e->ident = exim_word(&t);
		else if (cur_lit(&t, " Ci="))
			e->session = exim_word(&t);
		else
			return c.p;
		c = t;
	}
}

/* a tag that who_extras() might know */
static inline bool extras_follow(const char *p, const char *end)
{
	return end - p >= 3 && (p[1] == 'T' || p[1] == 'I' || p[1] == 'U' || p[1] == 'C');
}

/* behind "H=" */
static ATTR_NOINLINE const char *any_who(const char *p, const char *end, struct event *e)
{
	struct exim_host h;

	p = host_end(p, end, &h);
	if (!p)
		return NULL;
	if (h.ip.p) {
		set_client(e, &h);
	} else {
		/* a session without a network: the "host" is the local login */
		e->ident = h.name;
		e->marks |= MARK_LOCAL;
	}
	return who_extras((struct cur){ p, end }, e);
}

static ATTR_NOINLINE const char *local_who(const char *p, const char *end, struct event *e)
{
	struct cur c = { p, end };

	e->ident = exim_word(&c);
	e->marks |= MARK_LOCAL;
	return c.p;
}

const char *exim_who_end(const char *p, const char *end, struct event *e, bool tagged)
{
	struct cur c = { p, end };
	struct exim_host h;
	const char *behind;

	if (!cur_lit(&c, "H=") && tagged)
		return cur_lit(&c, "U=") ? local_who(c.p, end, e) : NULL;
	if (begins_helo(c.p, end)) {
		behind = plain_helo(c.p, end, &h);
		if (behind && !text_follows(&(struct cur){ behind, end }))
			behind = NULL;
	} else {
		behind = plain_name(c.p, end, &h);
		if (behind && extras_follow(behind, end))
			behind = NULL;
	}
	if (UNLIKELY(!behind))
		return any_who(c.p, end, e);
	set_client(e, &h);
	return behind;
}

usec_t exim_time(struct slice s)
{
	struct cur c = cur_of(s);
	usec_t total = 0;

	if (!s.n)
		return -1;
	while (!cur_at_end(&c)) {
		usec_t v, unit;

		if (!cur_seconds(&c, &v) || cur_at_end(&c))
			return -1;
		switch (*c.p++) {
		case 'w':
			unit = 604800;
			break;
		case 'd':
			unit = 86400;
			break;
		case 'h':
			unit = 3600;
			break;
		case 'm':
			unit = 60;
			break;
		case 's':
			unit = 1;
			break;
		default:
			return -1;
		}
		if (v > INT64_MAX / 4 / unit || total > INT64_MAX / 2)
			return -1;
		total += v * unit;
	}
	return total;
}

void exim_tls(struct slice s, struct event *e)
{
	size_t colon = (size_t)(scan_for(s.p, s.p + s.n, ':') - s.p);

	if (s.n && s.p[s.n - 1] == '*')
		s.n--;
	if (colon >= s.n) {
		e->tls_cipher = s;
		return;
	}
	e->tls_version = slice_head(s, colon);
	e->tls_cipher = slice_from(s, colon + 1);
}

void exim_auth(struct slice s, struct event *e)
{
	size_t colon = (size_t)(scan_for(s.p, s.p + s.n, ':') - s.p);
	struct slice id, third;

	e->auth_method = slice_head(s, colon);
	if (colon == s.n)
		return;
	id = slice_from(s, colon + 1);
	colon = slice_rfind_byte(id, ':');
	/* an id may hold colons itself; MAIL AUTH= is an address */
	if (colon < id.n) {
		third = slice_from(id, colon + 1);
		if (slice_find_byte(third, '@') < third.n && slice_find_byte(third, ' ') == third.n)
			id = slice_head(id, colon);
	}
	e->user = id;
}

const char *exim_auth_until(struct cur c, struct event *e, const struct slice *stops, size_t n)
{
	struct slice rest = cur_rest(&c);
	size_t end = rest.n;

	for (size_t i = 0; i < n; i++) {
		size_t at = slice_find(slice_head(rest, end), stops[i]);

		end = at < end ? at : end;
	}
	exim_auth(slice_head(rest, end), e);
	return c.p + end;
}

static inline bool reply_code(struct cur *c, int64_t *ret)
{
	const char *p = c->p;

	if (cur_left(c) < 3 || p[0] < '2' || p[0] > '5' || !ascii_digit(p[1]) || !ascii_digit(p[2]))
		return false;
	if (cur_left(c) > 3 && p[3] != ' ' && p[3] != '-' && p[3] != '\\')
		return false;
	*ret = (p[0] - '0') * 100 + (p[1] - '0') * 10 + (p[2] - '0');
	c->p += 3;
	return true;
}

static bool dsn_number(struct cur *c)
{
	uint64_t v;

	return cur_u64(c, 999, &v);
}

/* "5.10.12" */
static ATTR_NOINLINE size_t long_dsn(const char *p, const char *end)
{
	struct cur c = { p + 2, end };

	if (!dsn_number(&c) || !cur_byte(&c, '.') || !dsn_number(&c) ||
	    (!cur_at_end(&c) && (ascii_alnum(*c.p) || *c.p == '.')))
		return 0;
	return (size_t)(c.p - p);
}

/* "5.1.1" behind the code */
static inline struct slice reply_dsn(struct cur c)
{
	const char *begin = c.p + 1;
	size_t n;

	if (cur_left(&c) < 6 || (*c.p != ' ' && *c.p != '-'))
		return SLICE_NONE;
	if ((*begin != '2' && *begin != '4' && *begin != '5') || begin[1] != '.')
		return SLICE_NONE;
	/* "2.0.0 " needs no more than a look */
	if (cur_left(&c) > 6 && begin[5] == ' ' && ascii_digit(begin[2]) && begin[3] == '.' &&
	    ascii_digit(begin[4]))
		return slice_of(begin, 5);
	n = long_dsn(begin, c.end);
	return n ? slice_of(begin, n) : SLICE_NONE;
}

/* "550-5.1.1 first\n550 5.1.1 last"; within C="..." the backslash is doubled */
static ATTR_NOINLINE void last_line(struct cur c, int64_t code, struct event *e)
{
	int64_t again;

	for (; c.p < c.end; c.p = scan_for(c.p, c.end, '\\')) {
		struct slice dsn;

		c.p++;
		if (!cur_byte(&c, 'n') || !reply_code(&c, &again) || again != code)
			continue;
		dsn = reply_dsn(c);
		if (dsn.p)
			e->dsn = dsn;
	}
}

bool exim_reply(struct slice reply, struct event *e)
{
	struct cur c = cur_of(reply);
	int64_t code;

	if (!reply_code(&c, &code))
		return false;
	e->smtp_code = code;
	e->dsn = reply_dsn(c);
	c.p = scan_for_from(reply.p, c.p, c.end, '\\');
	if (c.p < c.end)
		last_line(c, code, e);
	return true;
}

/* "RCPT TO:<a@b>: ", "end of data: ", "MAIL FROM:<a> SIZE=9: ": over the command and its colon */
static bool skip_command(struct cur *c)
{
	struct cur t = *c;
	struct slice s;

	(void)cur_lit(&t, "pipelined ");
	if (cur_lit(&t, "RCPT TO:") || cur_lit(&t, "MAIL FROM:"))
		(void)exim_angle(&t, &s);
	if (!cur_until_lit(&t, ": ", &s))
		return false;
	*c = t;
	return true;
}

void exim_message(struct slice message, struct event *e)
{
	struct cur c = cur_of(message);
	struct exim_host h;

	if (cur_lit(&c, "SMTP error from remote mail server after ") || cur_lit(&c, "LMTP error after ") ||
	    cur_lit(&c, "SMTP error from remote mailer after ")) {
		if (!skip_command(&c)) {
			/* a bare code, cut behind the colon */
			return;
		}
		struct cur t = c;

		/* up to 4.84 the host stands here */
		if (cur_lit(&t, "host ") && exim_host(&t, &h) && h.ip.p && cur_lit(&t, ": ")) {
			exim_set_relay(e, &h);
			c = t;
		}
	}
	(void)exim_reply(cur_rest(&c), e);
}

static ATTR_NOINLINE const char *any_client(const char *p, const char *end, struct event *e)
{
	struct exim_host h;
	const char *behind = begins_helo(p, end) ? plain_helo(p, end, &h) : NULL;

	if (!behind || !is_last_pair(&(struct cur){ behind, end }))
		behind = host_end(p, end, &h);
	if (behind)
		set_client(e, &h);
	return behind;
}

const char *exim_host_client_end(const char *p, const char *end, struct event *e)
{
	struct exim_host h;
	const char *behind = begins_helo(p, end) ? NULL : plain_name(p, end, &h);

	if (!behind)
		return any_client(p, end, e);
	set_client(e, &h);
	return behind;
}

static ATTR_NOINLINE const char *any_relay(const char *p, const char *end, struct event *e)
{
	struct exim_host h;

	p = host_end(p, end, &h);
	if (p)
		set_relay(e, &h);
	return p;
}

const char *exim_host_relay_end(const char *p, const char *end, struct event *e)
{
	struct exim_host h;
	const char *behind = begins_helo(p, end) ? NULL : plain_name(p, end, &h);

	if (!behind)
		return any_relay(p, end, e);
	set_relay(e, &h);
	return behind;
}

/* a cipher that ends with a colon, or with the '*' of a reused session; a version alone */
static ATTR_NOINLINE const char *odd_tls(struct cur c, struct event *e)
{
	exim_tls(exim_word(&c), e);
	return c.p;
}

/* the next blank, or the end, of a text of more than 30 bytes */
static inline const char *far_blank(const char *p, const char *end)
{
	for (; end - p >= 32; p += 32) {
		uint32_t mask = scan_mask(p, 32, ' ', ' ');

		if (mask)
			return p + __builtin_ctz(mask);
	}
	return scan_for(p, end, ' ');
}

const char *exim_tls_end(const char *p, const char *end, struct event *e)
{
	const char *blank = far_blank(p, end), *colon = scan_for(p, blank, ':');

	if (UNLIKELY(blank - colon < 2 || blank[-1] == ':' || blank[-1] == '*'))
		return odd_tls((struct cur){ p, end }, e);
	e->tls_version = slice_between(p, colon);
	e->tls_cipher = slice_between(colon + 1, blank);
	return blank;
}
