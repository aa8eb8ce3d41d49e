/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reply.c - what the other side said, without our side's words around it
 *
 * Mail programs wrap replies, and wrap wrapped ones again:
 *   Postfix src/smtp/smtp_proto.c, smtp_trouble.c: "host H[IP] said: R (in reply to C command)", "host H[IP] refused to talk to me: R",
 *           "lost connection with H[IP] while C", "conversation with H[IP] timed out while C"; src/qmgr: "delivery temporarily suspended: R"
 *   Exim    src/transports/smtp.c: "SMTP error from remote mail server after C: R", "SMTP timeout after C: E", "Remote host closed
 *           connection in response to C"; src/deliver.c: "R=router T=transport defer (N): H=H [IP]: R", "R: retry timeout exceeded"
 *   Sendmail sendmail/deliver.c: "stat=Deferred: R"
 *   Exchange "[{LRT=T};{LED=R};{FQDN=H};{IP=IP}]", "Remote Server returned 'R'"
 *   RFC 3464 "smtp; R"
 * A table says how each begins; they are taken off until none is left.  A reply that imitates these words fools nobody but
 * its reader: nothing but the words of a cause depends on it.
 */
#include "diagnose/reply_priv.h"

#include "base/ascii.h"
#include "base/cursor.h"
#include "base/scan.h"

#define MAX_WRAPPERS 8   /* one in the other */
#define MAX_HOST     256 /* bytes to look for the end of a host name */

static const struct {
	struct slice words;
	enum reply_stage stage;
} COMMANDS[] = { /* the longer before what it begins with */
	{ LIT("end of data"), STAGE_EOD },       { LIT("end of DATA"), STAGE_EOD },
	{ LIT("data block"), STAGE_EOD }, { LIT("message body"), STAGE_EOD },
	{ LIT("RCPT TO"), STAGE_RCPT },          { LIT("MAIL FROM"), STAGE_MAIL },
	{ LIT("DATA"), STAGE_DATA },             { LIT("BDAT"), STAGE_EOD },
	{ LIT("EHLO"), STAGE_HELO },             { LIT("HELO"), STAGE_HELO },
	{ LIT("LHLO"), STAGE_HELO },             { LIT("STARTTLS"), STAGE_STARTTLS },
	{ LIT("AUTH"), STAGE_AUTH },             { LIT("initial connection"), STAGE_CONNECT },
	{ LIT("initial server greeting"), STAGE_CONNECT },
};

static void set_stage(struct bare_reply *b, enum reply_stage s)
{
	b->stages = 1U << s;
}

/* the command that these words begin with, or (anywhere) hold */
static bool command_stage(struct slice words, bool anywhere, struct bare_reply *b)
{
	for (size_t i = 0; i < ARRAY_LEN(COMMANDS); i++) {
		struct slice w = COMMANDS[i].words;
		size_t at = anywhere ? slice_find(words, w) : 0;

		if (at + w.n <= words.n && words.p[at] == w.p[0] && memcmp(words.p + at, w.p, w.n) == 0) {
			set_stage(b, COMMANDS[i].stage);
			return true;
		}
	}
	return false;
}

/* the bytes of names, IPv6 addresses and ports, and some more: those of scan_session16() */
static bool is_host_byte(char c)
{
	return ascii_alnum(c) || (c >= '-' && c <= ':') || c == '+' || c == '=' || c == '_';
}

/* where the host name at p ends */
static const char *host_end(const char *p, const char *end)
{
	end = end - p > MAX_HOST ? p + MAX_HOST : end;
	for (; end - p >= 16; p += 16) {
		unsigned others = ~scan_session16(p) & 0xffff;

		if (others)
			return p + __builtin_ctz(others);
	}
	while (p < end && is_host_byte(*p))
		p++;
	return p;
}

/* "H[IP]", "H[IP]:25", "H [IP]", "[IP]", "H" */
static bool take_host(struct cur *c, struct bare_reply *b)
{
	struct cur at = *c;
	struct slice host = slice_of(at.p, 0), ip = SLICE_NONE;
	struct cur before;

	at.p = host_end(at.p, at.end);
	host.n = (size_t)(at.p - host.p);
	if (host.n && host.p[host.n - 1] == ':') { /* "H: " */
		at.p--;
		host.n--;
	}
	before = at;
	cur_skip_spaces(&at);
	if (cur_byte(&at, '[') && cur_until(&at, ']', &ip) && ip.n <= MAX_HOST) {
		struct cur port = at;
		uint64_t unused;

		if (cur_byte(&port, ':') && cur_u64(&port, 65535, &unused))
			at = port;
	} else {
		at = before;
		ip = SLICE_NONE;
	}
	if (!host.n && !ip.p)
		return false;
	*c = at;
	if (ip.p && slice_find_byte(ip, '/') < ip.n) { /* a socket of this machine: its own LMTP server */
		b->said_by = SAID_BY_US;
		return true;
	}
	if (slice_starts(ip, "127.") || slice_is(ip, "::1")) /* its own filter */
		b->said_by = SAID_BY_US;
	if (host.n)
		b->host = host;
	if (ip.p)
		b->ip = ip;
	return true;
}

/* ": R" with something in it */
static bool take_rest(struct cur *c, struct bare_reply *b)
{
	cur_skip_spaces(c);
	if (cur_at_end(c))
		return false;
	b->core = cur_rest(c);
	return true;
}

/* ---- wrappers: behind their first words; true: the core is another one ---- */

/* Postfix "H[IP] said: ", "H[IP] refused to talk to me: "; Exim "H [IP]: " */
static bool host_said(struct cur *c, struct bare_reply *b)
{
	struct bare_reply host = *b;

	if (!take_host(c, &host))
		return false;
	if (cur_lit(c, " said: ") || cur_lit(c, ": ")) {
		*b = host;
		return take_rest(c, b);
	}
	if (!cur_lit(c, " refused to talk to me: "))
		return false;
	*b = host;
	set_stage(b, STAGE_CONNECT);
	return take_rest(c, b);
}

static bool host_while(struct cur *c, struct bare_reply *b)
{
	struct slice before;

	if (take_host(c, b) && cur_until_lit(c, " while ", &before))
		(void)command_stage(cur_rest(c), true, b);
	return false;
}

static bool connect_to(struct cur *c, struct bare_reply *b)
{
	if (take_host(c, b))
		set_stage(b, STAGE_CONNECT);
	return false;
}

static bool starting_tls(struct cur *c, struct bare_reply *b)
{
	if (take_host(c, b))
		set_stage(b, STAGE_STARTTLS);
	return false;
}

/* "Connection refused by mx.example.net." */
static bool by_host(struct cur *c, struct bare_reply *b)
{
	if (take_host(c, b) && b->host.n > 1 && b->host.p[b->host.n - 1] == '.')
		b->host.n--;
	return false;
}

static bool rest(struct cur *c, struct bare_reply *b)
{
	return take_rest(c, b);
}

/* "pipelined RCPT TO:<A>: ", "end of data (1234 bytes written): ": to behind the colon that ends it */
static bool take_command(struct cur *c, struct bare_reply *b)
{
	struct slice arg;

	(void)cur_lit(c, "pipelined ");
	(void)cur_lit(c, "sending ");
	if (!command_stage(cur_rest(c), false, b))
		return false;
	if (cur_until(c, ':', &arg) && cur_byte(c, '<'))
		return cur_until(c, '>', &arg) && cur_until(c, ':', &arg);
	return true;
}

static bool after_command(struct cur *c, struct bare_reply *b)
{
	return take_command(c, b) && take_rest(c, b);
}

/* words about a command that are the cause themselves */
static bool names_command(struct cur *c, struct bare_reply *b)
{
	(void)take_command(c, b);
	return false;
}

/* Exim "rejected RCPT <A>: R" */
static bool rejected(struct cur *c, struct bare_reply *b)
{
	static const struct {
		struct slice word;
		enum reply_stage stage;
	} STAGES[] = {
		{ LIT("RCPT "), STAGE_RCPT }, { LIT("MAIL "), STAGE_MAIL }, { LIT("EHLO "), STAGE_HELO },
		{ LIT("HELO "), STAGE_HELO }, { LIT("after DATA"), STAGE_EOD }, { LIT("connection"), STAGE_CONNECT },
		{ LIT("AUTH "), STAGE_AUTH },
	};
	struct slice before;

	for (size_t i = 0; i < ARRAY_LEN(STAGES); i++) {
		struct slice w = STAGES[i].word;

		if (!cur_lit_(c, w.p, w.n))
			continue;
		set_stage(b, STAGES[i].stage);
		b->said_by = SAID_BY_US;
		if (cur_byte(c, '<') && !cur_until(c, '>', &before))
			return false;
		return cur_until_lit(c, ": ", &before) && take_rest(c, b);
	}
	return false;
}

/* Exim's "R=router T=transport H=H [IP] X=...: R": the fields, up to the one that a colon ends */
static bool exim_fields(struct cur *c, struct bare_reply *b)
{
	while (!cur_at_end(c)) {
		struct slice before;
		bool host = cur_lit(c, "H=");

		if (host ? !take_host(c, b) : !(cur_lit(c, "R=") || cur_lit(c, "T=") || cur_lit(c, "X=") || cur_lit(c, "C=") ||
						 cur_lit(c, "CV=") || cur_lit(c, "DN=") || cur_lit(c, "P=") || cur_lit(c, "F=")))
			break;
		if (cur_peek(c) == '"') {
			c->p++;
			if (!cur_until(c, '"', &before))
				return false;
		}
		while (!cur_at_end(c) && *c->p != ' ')
			c->p++;
		if (c->p[-1] == ':')
			break;
		cur_skip_spaces(c);
		if (cur_lit(c, ": "))
			break;
	}
	return take_rest(c, b);
}

/* Exim "defer (-44): R", "defer (-44) H=H [IP]: R" */
static bool exim_defer(struct cur *c, struct bare_reply *b)
{
	struct slice number;

	if (!cur_until(c, ')', &number))
		return false;
	(void)cur_byte(c, ':');
	return take_rest(c, b);
}

/* Exchange "[{LRT=T};{LED=R};{MSG=...};{FQDN=H};{IP=IP};{LRT=T}]" */
static bool exchange_details(struct cur *c, struct bare_reply *b)
{
	struct slice led = SLICE_NONE, field;

	while (!cur_at_end(c)) {
		struct cur at;
		bool last = !cur_until_lit(c, "};{", &field);

		if (last) {
			field = cur_take_rest(c);
			if (slice_ends(field, "}]"))
				field.n -= 2;
		}
		at = cur_of(field);
		if (cur_lit(&at, "LED="))
			led = cur_rest(&at);
		else if (cur_lit(&at, "FQDN=") && !cur_at_end(&at))
			b->host = cur_rest(&at);
		else if (cur_lit(&at, "IP=") && !cur_at_end(&at))
			b->ip = cur_rest(&at);
	}
	if (!led.n)
		return false;
	b->core = led;
	return true;
}

/* Exchange "Remote Server returned 'R'", "Remote Server at H (IP) returned 'R'" */
static bool exchange_returned(struct cur *c, struct bare_reply *b)
{
	struct slice before;

	if (cur_lit(c, "at ")) {
		struct bare_reply host = *b;

		if (take_host(c, &host))
			b->host = host.host;
		if (cur_lit(c, " (") && cur_until(c, ')', &before))
			b->ip = before;
	}
	if (!cur_until_lit(c, "returned '", &before) || !take_rest(c, b))
		return false;
	if (b->core.p[b->core.n - 1] == '\'' && b->core.n > 1)
		b->core.n--;
	return true;
}

static bool brackets(struct cur *c, struct bare_reply *b)
{
	if (cur_left(c) < 2 || c->end[-1] != ')')
		return false;
	b->core = slice_between(c->p, c->end - 1);
	return true;
}

struct wrapper {
	struct slice begin;
	bool (*take)(struct cur *c, struct bare_reply *b); /* NULL: its first words are a field already */
};

/* by their first byte; behind the last of each stands an empty one */
#define ROWS(...) (const struct wrapper[]){ __VA_ARGS__, { { NULL, 0 }, NULL } }
static const struct wrapper *const WRAPPERS['z'] = {
	['h'] = ROWS({ LIT("host "), host_said }),
	['d'] = ROWS(
		{ LIT("delivery temporarily suspended: "), rest },
		{ LIT("defer ("), exim_defer }),
	['l'] = ROWS({ LIT("lost connection with "), host_while }),
	['c'] = ROWS(
		{ LIT("conversation with "), host_while },
		{ LIT("connect to "), connect_to }),
	['T'] = ROWS(
		{ LIT("TLS is required, but host "), starting_tls },
		{ LIT("TLS is required, but was not offered by host "), starting_tls },
		{ LIT("T="), NULL }),
	['S'] = ROWS(
		{ LIT("SMTPUTF8 is required, but was not offered by host "), by_host },
		{ LIT("SMTP error from remote mail server after "), after_command },
		{ LIT("SMTP error from remote mailer after "), after_command },
		{ LIT("SMTP timeout after "), names_command },
		{ LIT("SMTP;"), rest }),
	['C'] = ROWS(
		{ LIT("Connection refused by "), by_host },
		{ LIT("Connection reset by "), by_host },
		{ LIT("Connection timed out with "), by_host }),
	['L'] = ROWS(
		{ LIT("LMTP error from remote mail server after "), after_command },
		{ LIT("LMTP error from remote mailer after "), after_command },
		{ LIT("LMTP error after "), after_command },
		{ LIT("LMTP timeout after "), names_command }),
	['R'] = ROWS(
		{ LIT("Remote host closed connection in response to "), names_command },
		{ LIT("R="), NULL },
		{ LIT("Remote Server "), exchange_returned },
		{ LIT("Remote host said: "), rest }),
	['H'] = ROWS({ LIT("H="), NULL }),
	['r'] = ROWS({ LIT("rejected "), rejected }),
	['s'] = ROWS(
		{ LIT("stat="), rest },
		{ LIT("smtp;"), rest }),
	['D'] = ROWS(
		{ LIT("Deferred: "), rest },
		{ LIT("Diagnostic-Code: "), rest }),
	['x'] = ROWS({ LIT("x-unix;"), rest }),
	['X'] = ROWS(
		{ LIT("X-Unix;"), rest },
		{ LIT("X-Postfix;"), rest }),
	['['] = ROWS({ LIT("[{"), exchange_details }),
	['('] = ROWS({ LIT("("), brackets }),
};
#undef ROWS

/* "550 ", "550-": a server's own words; most replies are bare, or so after one wrapper */
static bool is_bare(struct slice s)
{
	return s.n > 3 && reply_has_code(s.p) && (s.p[3] == ' ' || s.p[3] == '-');
}

static bool strip_front(struct bare_reply *b)
{
	unsigned char first = (unsigned char)*b->core.p;
	const struct wrapper *w = first < ARRAY_LEN(WRAPPERS) ? WRAPPERS[first] : NULL;

	for (; w && w->begin.n; w++) {
		struct cur c = cur_of(b->core);

		if (!cur_lit_(&c, w->begin.p, w->begin.n))
			continue;
		if (w->take)
			return w->take(&c, b);
		c = cur_of(b->core);
		return exim_fields(&c, b);
	}
	return false;
}

/* Postfix before 2.3, and bounces: "H[IP] said: R" */
static bool strip_host(struct bare_reply *b)
{
	struct cur c = cur_of(b->core);
	const char *p = host_end(c.p, c.end);

	if (p == c.p || c.end - p < 2 || !(*p == '[' || (*p == ' ' && p[1] == '[')))
		return false;
	return host_said(&c, b);
}

static bool strip_back(struct bare_reply *b)
{
	static const struct slice RETRY = LIT(": retry timeout exceeded");

	if (slice_ends(b->core, " command)")) {
		size_t at = slice_rfind(b->core, SLICE(" (in reply to "));

		if (at == b->core.n)
			return false;
		(void)command_stage(slice_from(b->core, at + 14), false, b);
		b->core.n = at;
		return true;
	}
	if (slice_ends(b->core, ": retry timeout exceeded") && b->core.n > RETRY.n) {
		b->core.n -= RETRY.n;
		return true;
	}
	return false;
}

/* A complaint's word for the stage.  Logs say "data" of what was refused after the text, too. */
static uint32_t told_stages(struct slice stage)
{
	if (!stage.n)
		return 0;
	for (int i = 0; i < REPLY_STAGE_COUNT; i++)
		if (slice_eq(stage, slice_str(reply_stage_name((enum reply_stage)i))))
			return i == STAGE_DATA ? 1U << STAGE_DATA | 1U << STAGE_EOD : 1U << i;
	return 0;
}

/* slice_trim() of what mostly has no blanks at its ends */
static inline struct slice trim(struct slice s)
{
	return s.n && (unsigned char)s.p[0] > ' ' && (unsigned char)s.p[s.n - 1] > ' ' ? s : slice_trim(s);
}

void reply_bare(const struct complaint *c, struct bare_reply *ret)
{
	struct bare_reply b = {
		.core = trim(c->reply), .host = c->host, .stages = told_stages(c->stage), .said_by = c->said_by,
	};

	for (int i = 0; i < MAX_WRAPPERS && b.core.n; i++) {
		bool back = strip_back(&b);

		if (is_bare(b.core) || (!strip_front(&b) && !strip_host(&b) && !back))
			break;
		b.core = trim(b.core);
	}
	*ret = b;
}
