/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dovecot.c - the prefix of a Dovecot line, and which family takes it
 *
 * "SERVICE[(ARGS)][<PID>][<SESSION>]: [Level: ]TEXT" (Dovecot 2.0 to 2.4; mail_log_prefix at its defaults
 * of 2.2 and 2.3+), and Plesk's mail_log_prefix "service=S, user=U, ip=[IP]. ". Trap: a user name may hold
 * ')': the prefix ends at the first ')' that is followed by what must follow it. The text behind it
 * (subjects, Message-IDs, remote replies) comes from strangers and is never searched for it.
 */
#include "parse/dovecot/dovecot.h"

#include "base/attr.h"
#include "base/ip.h"
#include "base/scan.h"
#include "parse/dovecot/dovecot_priv.h"

static bool dovecot_claims(const struct line *l)
{
	return slice_starts(l->program, "dovecot");
}

struct slice dovecot_protocol(struct slice service)
{
	if (slice_ends(service, "-login"))
		service.n -= strlen("-login");
	return slice_is(service, "managesieve") ? SLICE("sieve") : service;
}

struct slice dovecot_ip(struct slice s)
{
	struct ip ip;

	if (!ip_parse(s, &ip))
		return SLICE_NONE;
	if (slice_starts(s, "::ffff:") && slice_find_byte(s, '.') < s.n)
		return slice_from(s, strlen("::ffff:"));
	return s;
}

struct slice dovecot_session_base(struct slice s)
{
	if (s.n == 0)
		return SLICE_NONE;
	s = slice_between(s.p, scan_for(s.p, s.p + s.n, ':'));
	return s.n ? s : SLICE_NONE;
}

/* one bit per alphabet: service names; session ids (base64) with their suffix */
enum { CLASS_SERVICE = 1, CLASS_SESSION = 2 };

static const uint8_t PREFIX_CLASS[256] = {
#define BOTH CLASS_SERVICE | CLASS_SESSION
	['0'] = BOTH, ['1'] = BOTH, ['2'] = BOTH, ['3'] = BOTH, ['4'] = BOTH, ['5'] = BOTH, ['6'] = BOTH,
	['7'] = BOTH, ['8'] = BOTH, ['9'] = BOTH, ['A'] = CLASS_SESSION, ['B'] = CLASS_SESSION,
	['C'] = CLASS_SESSION, ['D'] = CLASS_SESSION, ['E'] = CLASS_SESSION, ['F'] = CLASS_SESSION,
	['G'] = CLASS_SESSION, ['H'] = CLASS_SESSION, ['I'] = CLASS_SESSION, ['J'] = CLASS_SESSION,
	['K'] = CLASS_SESSION, ['L'] = CLASS_SESSION, ['M'] = CLASS_SESSION, ['N'] = CLASS_SESSION,
	['O'] = CLASS_SESSION, ['P'] = CLASS_SESSION, ['Q'] = CLASS_SESSION, ['R'] = CLASS_SESSION,
	['S'] = CLASS_SESSION, ['T'] = CLASS_SESSION, ['U'] = CLASS_SESSION, ['V'] = CLASS_SESSION,
	['W'] = CLASS_SESSION, ['X'] = CLASS_SESSION, ['Y'] = CLASS_SESSION, ['Z'] = CLASS_SESSION,
	['a'] = BOTH, ['b'] = BOTH, ['c'] = BOTH, ['d'] = BOTH, ['e'] = BOTH, ['f'] = BOTH, ['g'] = BOTH,
	['h'] = BOTH, ['i'] = BOTH, ['j'] = BOTH, ['k'] = BOTH, ['l'] = BOTH, ['m'] = BOTH, ['n'] = BOTH,
	['o'] = BOTH, ['p'] = BOTH, ['q'] = BOTH, ['r'] = BOTH, ['s'] = BOTH, ['t'] = BOTH, ['u'] = BOTH,
	['v'] = BOTH, ['w'] = BOTH, ['x'] = BOTH, ['y'] = BOTH, ['z'] = BOTH, ['+'] = CLASS_SESSION,
	['/'] = CLASS_SESSION, ['='] = CLASS_SESSION, [':'] = CLASS_SESSION, ['-'] = BOTH, ['_'] = BOTH,
	['.'] = CLASS_SESSION,
#undef BOTH
};

static inline unsigned prefix_class(char c)
{
	return PREFIX_CLASS[(unsigned char)c];
}

/* "<991>" or "<Qz3k9wABcDEKAAAB:T2>" or "<>" */
static inline bool take_angle(struct cur *c, struct slice *ret)
{
	const char *p = c->p, *end = c->end, *begin;
	unsigned rest = 0; /* of 16 bytes those that are no id's */

	if (p == end || *p != '<')
		return false;
	begin = ++p;
	/* most ids are 22 bytes or more */
	while (end - p >= 16 && rest == 0) {
		rest = ~scan_session16(p) & 0xffff;
		p += rest ? __builtin_ctz(rest) : 16;
	}
	while (rest == 0 && p < end && prefix_class(*p))
		p++;
	*ret = slice_between(begin, p);
	if (p == end || *p != '>')
		return false;
	c->p = p + 1;
	return true;
}

/* What follows the parentheses: "[<PID>][<SESSION>]: "; one pair of angle brackets is the session. */
static inline bool take_prefix_end(struct cur *c, struct dovecot_line *d)
{
	struct slice first = SLICE_NONE, second = SLICE_NONE;
	struct cur at = *c;

	if (take_angle(&at, &first))
		(void)take_angle(&at, &second);
	if (!cur_lit(&at, ": "))
		return false;
	if (second.p)
		first = second;
	d->session = first.n ? first : SLICE_NONE;
	*c = at;
	return true;
}

static inline size_t count_digits(struct slice s)
{
	size_t n = 0;

	while (n < s.n && ascii_digit(s.p[n]))
		n++;
	return n;
}

/* ARGS of a mail process: "USER", "PID" or "PID, USER" */
static inline struct slice user_of_args(struct slice args)
{
	size_t digits = count_digits(args);

	if (digits && slice_starts(slice_from(args, digits), ", ")) {
		args = slice_from(args, digits + 2);
		digits = count_digits(args);
	}
	return digits == args.n ? SLICE_NONE : args;
}

/* the prefix with parentheses; auth's user names are looked at again where auth lines are parsed */
static bool take_args(struct cur *c, struct dovecot_line *d)
{
	const char *begin = c->p, *close = scan_mostly_near(begin, begin, c->end, ')', ')', 32);

	for (; close < c->end; close = scan_far(close + 1, c->end, ')', ')')) {
		struct cur at = { close + 1, c->end };

		if (!take_prefix_end(&at, d))
			continue;
		d->args = slice_between(begin, close);
		c->p = at.p;
		return true;
	}
	return false;
}

/* Plesk: mail_log_prefix = "service=%s, user=%u, ip=[%r]. " */
static bool take_plesk_prefix(struct cur *c, struct dovecot_line *d)
{
	struct cur at = *c;
	struct slice service, user, ip;

	if (!cur_lit(&at, "service=") || !cur_until_lit(&at, ", user=", &service) ||
	    !cur_until_lit(&at, ", ip=[", &user) || !cur_until_lit(&at, "]. ", &ip))
		return false;
	d->service = service;
	d->user = user.n ? user : SLICE_NONE;
	d->client_ip = dovecot_ip(ip);
	*c = at;
	return true;
}

/* 1.0 and 1.1: "IMAP(USER): TEXT", by mail_log_prefix = "%Us(%u): " */
ATTR_NOINLINE static struct slice take_upper_service(struct cur *c)
{
	static const struct {
		struct slice written, name;
	} UPPER[] = {
		{ LIT("IMAP"), LIT("imap") },
		{ LIT("POP3"), LIT("pop3") },
		{ LIT("MANAGESIEVE"), LIT("managesieve") },
	};

	for (size_t i = 0; i < ARRAY_LEN(UPPER); i++) {
		struct cur at = *c;

		if (!dovecot_take(&at, UPPER[i].written) || cur_peek(&at) != '(')
			continue;
		*c = at;
		return UPPER[i].name;
	}
	return SLICE_NONE;
}

static bool take_prefix(struct cur *c, struct dovecot_line *d)
{
	struct cur at = *c;
	const char *begin = at.p;
	unsigned n = cur_left(&at) >= 16 ? (unsigned)__builtin_ctz(~scan_service16(begin)) : 0;

	for (at.p += n; !cur_at_end(&at) && prefix_class(*at.p) & CLASS_SERVICE;)
		at.p++;
	d->service = slice_between(begin, at.p);
	if (d->service.n == 0)
		d->service = take_upper_service(&at);
	if (d->service.n == 0)
		return false;
	if (cur_byte(&at, '(')) {
		if (!take_args(&at, d))
			return false;
		d->user = user_of_args(d->args);
	} else if (!take_prefix_end(&at, d)) {
		return false;
	}
	*c = at;
	return true;
}

static enum severity take_level(struct cur *c)
{
	static const struct {
		struct slice word;
		enum severity level;
	} LEVELS[] = {
		{ LIT("Info: "), SEVERITY_INFO },   { LIT("Warning: "), SEVERITY_WARNING },
		{ LIT("Error: "), SEVERITY_ERROR }, { LIT("Debug: "), SEVERITY_DEBUG },
		{ LIT("Fatal: "), SEVERITY_FATAL }, { LIT("Panic: "), SEVERITY_PANIC },
	};

	if (!ascii_upper(cur_peek(c)))
		return SEVERITY_INFO;
	for (size_t i = 0; i < ARRAY_LEN(LEVELS); i++)
		if (dovecot_take(c, LEVELS[i].word))
			return LEVELS[i].level;
	return SEVERITY_INFO;
}

/* 2.2 wrote "lmtp(PID, USER): SESSION: TEXT"; with a prefix of the site's own "lmtp(USER): SESSION: msgid=..." */
static void take_lmtp_session(struct cur *c, struct dovecot_line *d)
{
	struct cur at = *c;
	const char *begin = at.p;
	bool with_pid;

	if (!slice_is(d->service, "lmtp") || d->session.p)
		return;
	with_pid = slice_find_byte(d->args, ',') < d->args.n;
	while (!cur_at_end(&at) && (ascii_alnum(*at.p) || *at.p == '+' || *at.p == '/' || *at.p == '='))
		at.p++;
	if (at.p - begin < 16)
		return;
	d->session = slice_between(begin, at.p);
	if (cur_lit(&at, ": ") && (with_pid || slice_starts(cur_rest(&at), "msgid=") ||
				   slice_starts(cur_rest(&at), "sieve: ")))
		*c = at;
	else
		d->session = SLICE_NONE;
}

typedef enum parse_result family_fn(const struct dovecot_line *d, struct event *ret);

static bool is_auth(struct slice service)
{
	return slice_is(service, "auth") || slice_is(service, "auth-worker") ||
	       slice_is(service, "dovecot-auth");
}

/* A warning or an error of a login process: its elements tell whom it is about. */
static enum parse_result login_notice(const struct dovecot_line *d, struct event *ret)
{
	struct slice client_ip = ret->client_ip, session = ret->session, user = ret->user;
	enum parse_result r = dovecot_notice(d, ret);

	if (r == PARSE_OK) {
		ret->client_ip = client_ip.p ? client_ip : ret->client_ip;
		ret->session = session.p ? session : ret->session;
		ret->user = user.p ? user : ret->user;
	}
	return r;
}

/* Most frequent first; a family that does not know the line leaves it to the next. */
static enum parse_result parse_families(const struct dovecot_line *d, struct event *ret)
{
	static family_fn *const MAIL[] = { dovecot_delivery, dovecot_mail_log, dovecot_session,
					   dovecot_notice };
	enum parse_result r;

	if (slice_ends(d->service, "-login")) {
		r = dovecot_login(d, ret);
		return r == PARSE_NOT_MINE ? login_notice(d, ret) : r;
	}
	if (is_auth(d->service))
		return dovecot_auth(d, ret);
	for (size_t i = 0; i < ARRAY_LEN(MAIL); i++) {
		r = MAIL[i](d, ret);
		if (r != PARSE_NOT_MINE)
			return r;
	}
	return PARSE_NOT_MINE;
}

/* Nothing is told: few and wide stores, an initialiser would be a loop. */
static inline void clear(struct dovecot_line *d)
{
	d->service = d->args = d->user = d->session = d->client_ip = d->text = slice_none;
	d->level = SEVERITY_INFO;
}

/* 1.x named its auth processes: "auth(default): TEXT" is of no user */
static void forget_auth_name(struct dovecot_line *d)
{
	if (is_auth(d->service) && slice_is(d->args, "default"))
		d->args = d->user = SLICE_NONE;
}

static enum parse_result dovecot_parse(const struct line *l, struct event *ret)
{
	struct dovecot_line d;
	struct cur c = cur_of(l->text);

	clear(&d);
	if (slice_is(l->program, "dovecot-auth")) {
		struct cur at = c;

		/* 1.x wrote "dovecot-auth: TEXT"; PAM modules still do */
		if (!(take_prefix(&at, &d) && is_auth(d.service))) {
			d = (struct dovecot_line){ .service = l->program };
			at = c;
		}
		c = at;
	} else if (!take_plesk_prefix(&c, &d) && !take_prefix(&c, &d)) {
		d = (struct dovecot_line){ .level = SEVERITY_INFO };
	}
	forget_auth_name(&d);
	d.level = take_level(&c);
	take_lmtp_session(&c, &d);
	d.text = cur_rest(&c);
	return parse_families(&d, ret);
}

const struct writer_ops dovecot_writer = {
	.writer = WRITER_DOVECOT,
	.claims = dovecot_claims,
	.parse = dovecot_parse,
	.samples = dovecot_samples,
	.refused = dovecot_refused,
};
