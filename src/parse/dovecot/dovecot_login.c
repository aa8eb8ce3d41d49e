/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dovecot_login.c - imap-login, pop3-login, submission-login, managesieve-login
 *
 * Written by src/login-common/client-common.c (client_get_log_str, client_get_extra_disconnect_reason):
 *   STEM [" (" EXTRA ")"] [" (" CODE ")"] ": user=<" U ">, method=" M ", rip=" IP ", lip=" IP ", mpid=" N ",
 * " SEC
 *   ", session=<" S ">"
 * The elements and their order are configuration (login_log_format_elements); keys are known by name,
 * unknown ones are skipped, empty ones are not written.  STEM, EXTRA and CODE differ by release, see the
 * tables. Traps: the user name is the client's and may look like elements (the last ", rip=" is the true
 * one); SEC may hold an OpenSSL error with commas and colons.
 */
#include "parse/dovecot/dovecot_priv.h"

#include "base/attr.h"
#include "base/ip.h"
#include "base/scan.h"

/* What a connection that ends in the login process was. */
enum login_class {
	LOGIN_FAILED,	   /* credentials or the account were refused */
	LOGIN_FAILED_TEMP, /* our side could not decide */
	LOGIN_NEVER,	   /* no attempt was completed */
	LOGIN_SETUP,	   /* the client is not allowed to try this way: plaintext without TLS */
};

struct class_row {
	struct slice text;
	enum login_class class;
};

/* clang-format off */
#define ROW(s, class) { LIT(s), class }
/* How EXTRA begins.  2.4 writes "REASON, N attempts in M secs" for nearly all of them. */
static const struct class_row EXTRAS[] = {
	ROW("auth failed", LOGIN_FAILED),
	ROW("no auth attempts", LOGIN_NEVER),
	ROW("authorization failed", LOGIN_FAILED),
	ROW("user disabled", LOGIN_FAILED),
	ROW("password expired", LOGIN_FAILED),
	ROW("login disabled", LOGIN_FAILED),
	ROW("sent invalid base64 in response", LOGIN_FAILED),
	ROW("tried to use unsupported auth mechanism", LOGIN_FAILED),
	ROW("anonymous logins disabled", LOGIN_FAILED),
	ROW("proxy dest auth failed", LOGIN_FAILED),
	ROW("auth service reported temporary failure", LOGIN_FAILED_TEMP),
	ROW("auth process communication failure", LOGIN_FAILED_TEMP),
	ROW("internal failure", LOGIN_FAILED_TEMP),
	ROW("proxy dest ", LOGIN_FAILED_TEMP),
	ROW("connection limit reached", LOGIN_FAILED_TEMP),
	ROW("tried to use disallowed plaintext auth", LOGIN_SETUP),
	ROW("tried to use disallowed cleartext auth", LOGIN_SETUP),
	ROW("tried to use disabled plaintext auth", LOGIN_SETUP),
	ROW("client didn't finish SASL auth", LOGIN_NEVER),
	ROW("disconnected while authenticating", LOGIN_NEVER),
	ROW("disconnected while finishing login", LOGIN_NEVER),
	ROW("disconnected before ", LOGIN_NEVER),
	ROW("disconnected during TLS handshake", LOGIN_NEVER),
	ROW("aborted authentication", LOGIN_NEVER),
	ROW("auth aborted by client", LOGIN_NEVER),
	ROW("auth referral", LOGIN_NEVER),
	ROW("client sent an ", LOGIN_NEVER),
	ROW("client didn't send a cert", LOGIN_NEVER),
	ROW("cert required, client didn't start TLS", LOGIN_NEVER),
};

/* How the line begins when a connection ends here. */
static const struct slice END_STEMS[] = {
	LIT("Disconnected"), LIT("Aborted login"), LIT("Login aborted"),
	LIT("Failed login"), LIT("Disconnecting"), LIT("Login failed"),
};

/* The same, when the TLS handshake was the reason */
static const struct slice TLS_STEMS[] = {
	LIT("Disconnected: Connection closed: SSL_"), LIT("Disconnected: Connection closed: TLS "),
	LIT("Disconnected: TLS "), LIT("Disconnected: SSL_"),
	LIT("Login aborted: Connection closed: SSL_"), LIT("Login aborted: TLS "),
};
/* clang-format on */

static bool starts_with_any(struct slice s, const struct slice *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (dovecot_starts(s, rows[i]))
			return true;
	return false;
}

/* "TLS", "TLSv1.3 with cipher X (256/256 bits)" */
static void take_tls(struct slice e, struct event *ret)
{
	static const char WITH[] = " with cipher ";
	size_t at = slice_find(e, SLICE(" with cipher "));

	if (slice_is(e, "TLS") || (slice_starts(e, "TLS: ") && !ret->tls_version.p)) {
		if (!ret->tls_version.p)
			ret->tls_version = SLICE("TLS");
		return;
	}
	if (at == e.n || !(slice_starts(e, "TLSv") || slice_starts(e, "SSLv")))
		return;
	ret->tls_version = slice_head(e, at);
	e = slice_from(e, at + sizeof WITH - 1);
	ret->tls_cipher = slice_head(e, slice_find_byte(e, ' '));
}

/* up to ", ", which is consumed too, or to the end; the bytes from base on may be read */
static inline struct slice take_element(const char *base, struct cur *c)
{
	const char *begin = c->p, *p = begin;

	for (; (p = scan_mostly_near(base, p, c->end, ',', ',', 32)) < c->end; p++) {
		if (p + 1 < c->end && p[1] == ' ') {
			c->p = p + 2;
			return slice_between(begin, p);
		}
	}
	return cur_take_rest(c);
}

/* What stands after the user name and the method: "rip=..., lip=..., mpid=N, SEC, session=<S>"; returns
 * how many rip= were there */
static unsigned take_elements(struct slice s, struct event *ret, bool *ret_handshaking)
{
	struct cur c = cur_of(s);
	unsigned rips = 0;

	while (!cur_at_end(&c)) {
		struct slice e = take_element(s.p, &c);

		switch (e.n ? e.p[0] : '\0') {
		case 'r':
			if (slice_starts(e, "rip=")) {
				ret->client_ip = dovecot_ip(slice_from(e, 4));
				rips++;
			}
			break;
		case 'l':
			if (slice_starts(e, "lip="))
				ret->local_ip = dovecot_ip(slice_from(e, 4));
			break;
		case 'm':
			if (slice_starts(e, "method="))
				ret->auth_method = slice_from(e, 7);
			break;
		case 's':
			if (slice_starts(e, "session=<") && slice_ends(e, ">"))
				ret->session = dovecot_session_base(slice_of(e.p + 9, e.n - 10));
			break;
		case 'T':
		case 'S':
			if (slice_starts(e, "TLS handshaking"))
				*ret_handshaking = true;
			else if (slice_starts(e, "TLS") || slice_starts(e, "SSLv"))
				take_tls(e, ret);
			break;
		default:
			break;
		}
	}
	return rips;
}

/* "U>, method=M, rip=A, ...": nothing but the user name, which holds no '>', in front of the only rip= */
static bool take_usual_elements(struct slice s, struct event *ret, bool *ret_handshaking)
{
	struct cur c = cur_of(s);
	struct slice user, method;

	if (!cur_until(&c, '>', &user) || !cur_lit(&c, ", method=") || !cur_until(&c, ',', &method) ||
	    !cur_lit(&c, " rip="))
		return false;
	c.p -= strlen("rip=");
	if (take_elements(cur_rest(&c), ret, ret_handshaking) == 1 && ret->client_ip.p) {
		ret->user = user.n ? user : SLICE_NONE;
		if (!ret->auth_method.p)
			ret->auth_method = method;
		if (ret->auth_method.n == 0)
			ret->auth_method = SLICE_NONE;
		return true;
	}
	ret->client_ip = ret->local_ip = ret->auth_method = ret->session = SLICE_NONE;
	ret->tls_version = ret->tls_cipher = SLICE_NONE;
	*ret_handshaking = false;
	return false;
}

/* the last ", rip=" with an address behind it; s.n if there is none */
static size_t find_rip(struct slice s)
{
	struct slice head = s;

	for (;;) {
		size_t at = slice_rfind(head, SLICE(", rip="));
		struct slice value;

		if (at == head.n)
			return s.n;
		value = slice_from(s, at + 6);
		value = slice_head(value, slice_find(value, SLICE(", ")));
		if (dovecot_ip(value).p)
			return at;
		head = slice_head(s, at);
	}
}

/*
 * The elements from behind "user=<" on.  Anchored at the last ", rip=": in front of it stand the user name,
 * which may hold anything, and the method.
 */
static bool take_user_and_elements(struct slice s, struct event *ret, bool *ret_handshaking)
{
	struct slice head;
	size_t rip, end;

	if (take_usual_elements(s, ret, ret_handshaking))
		return true;
	rip = find_rip(s);
	head = slice_head(s, rip);
	end = slice_rfind(head, SLICE(">, method="));
	if (end < head.n) {
		ret->auth_method = slice_from(head, end + strlen(">, method="));
		ret->auth_method = slice_head(ret->auth_method, slice_find_byte(ret->auth_method, ','));
	} else if (rip < s.n && slice_ends(head, ">")) {
		end = head.n - 1;
	} else {
		/* no rip=, or elements of the site's own in between */
		end = slice_find(head, SLICE(">, "));
		if (end == head.n && slice_ends(head, ">"))
			end = head.n - 1;
		if (end == head.n)
			return false;
	}
	ret->user = end ? slice_head(head, end) : SLICE_NONE;
	if (rip < s.n)
		(void)take_elements(slice_from(s, rip + 2), ret, ret_handshaking);
	else
		(void)take_elements(slice_from(s, end + 1), ret, ret_handshaking);
	if (ret->auth_method.p && ret->auth_method.n == 0)
		ret->auth_method = SLICE_NONE;
	return true;
}

/* The last parenthesised part at the end of s, brackets balanced; *ret_head is what stands before it. */
static bool last_parens(struct slice s, struct slice *ret_head, struct slice *ret_inner)
{
	size_t depth = 0;

	if (!slice_ends(s, ")"))
		return false;
	for (size_t i = s.n; i-- > 0;) {
		if (s.p[i] == ')')
			depth++;
		else if (s.p[i] == '(' && --depth == 0) {
			*ret_inner = slice_of(s.p + i + 1, s.n - i - 2);
			*ret_head = slice_trim(slice_head(s, i));
			return true;
		}
	}
	return false;
}

static bool is_code(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!ascii_lower(s.p[i]) && s.p[i] != '_')
			return false;
	return s.n > 0;
}

/* EXTRA of "STEM (EXTRA)" and of "Login aborted: STEM (EXTRA) (code)"; SLICE_NONE if there is none */
static struct slice extra_of(struct slice head)
{
	struct slice before, inner;

	if (!last_parens(head, &before, &inner))
		return SLICE_NONE;
	if (slice_starts(head, "Login aborted: ") && is_code(inner) && last_parens(before, &before, &inner))
		return inner;
	return inner;
}

/* "auth failed, 3 attempts in 15 secs" gives 3 and "auth failed"; "S/N successful auths" gives N */
static int64_t take_attempts(struct slice *reason)
{
	struct cur c = cur_of(*reason);
	struct slice word;
	int64_t n, total;

	if (!cur_until_lit(&c, ", ", &word) || !cur_i64(&c, INT32_MAX, &n))
		return 1;
	if (cur_byte(&c, '/') && cur_i64(&c, INT32_MAX, &total) && cur_lit(&c, " successful auths")) {
		*reason = word;
		return total > n ? total - n : 1;
	}
	if (cur_lit(&c, " successful auths") || !cur_lit(&c, " attempts")) {
		*reason = word;
		return 1;
	}
	*reason = word;
	return n > 0 ? n : 1;
}

static const struct class_row *known_extra(struct slice extra)
{
	for (size_t i = 0; i < ARRAY_LEN(EXTRAS); i++)
		if (slice_starts_(extra, EXTRAS[i].text.p, EXTRAS[i].text.n))
			return &EXTRAS[i];
	return NULL;
}

static enum login_class classify(struct slice extra)
{
	const struct class_row *row = known_extra(extra);
	struct slice reason = extra;

	if (row)
		return row->class;
	/* a reason of a later release: who counts attempts refused some */
	(void)take_attempts(&reason);
	return reason.n < extra.n && slice_contains_fold(extra, SLICE(" attempts")) ? LOGIN_FAILED
										    : LOGIN_NEVER;
}

static void set_end(struct slice head, bool handshaking, struct event *ret)
{
	struct slice extra = extra_of(head);
	enum login_class class = LOGIN_NEVER;

	if (extra.p)
		class = classify(extra);
	else if (slice_starts(head, "Login failed"))
		class = LOGIN_FAILED;
	ret->reason = head;
	switch (class) {
	case LOGIN_FAILED_TEMP:
	case LOGIN_FAILED:
		if (class == LOGIN_FAILED_TEMP)
			ret->marks |= MARK_TEMPORARY;
		ret->kind = EV_AUTH;
		ret->success = 0;
		if (extra.p)
			ret->reason = extra;
		ret->attempts = take_attempts(&ret->reason);
		break;
	case LOGIN_SETUP:
		ret->kind = EV_NOTICE;
		ret->category = NOTICE_AUTH;
		ret->reason = extra;
		break;
	case LOGIN_NEVER:
		ret->kind = EV_DISCONNECT;
		if (handshaking || starts_with_any(head, TLS_STEMS, ARRAY_LEN(TLS_STEMS))) {
			ret->kind = EV_TLS;
			ret->success = 0;
		}
		break;
	}
}

static void set_success(struct event *ret)
{
	ret->kind = EV_AUTH;
	ret->success = 1;
	ret->attempts = 1;
}

/*
 * "Remote closed connection (auth failed, 1 attempts in 2 secs)", "Client has quit the connection (...)":
 * submission-login writes the reasons of the SMTP server library in the place of STEM.
 */
static bool ends_by_extra(struct slice head)
{
	struct slice extra = extra_of(head);

	return extra.p && known_extra(extra);
}

/* Lines with elements, by their head (what stands before ": user=<"). */
static enum parse_result parse_head(struct slice head, bool handshaking, struct event *ret)
{
	if (slice_is(head, "Login") || slice_is(head, "Logged in")) {
		set_success(ret);
		return PARSE_OK;
	}
	if (starts_with_any(head, END_STEMS, ARRAY_LEN(END_STEMS))) {
		set_end(head, handshaking, ret);
		return PARSE_OK;
	}
	if (slice_starts(head, "Started proxying to ") ||
	    (slice_starts(head, "proxy(") && slice_find(head, SLICE("): started proxying to ")) < head.n)) {
		set_success(ret);
		return PARSE_OK;
	}
	if (ends_by_extra(head)) {
		set_end(head, handshaking, ret);
		return PARSE_OK;
	}
	ret->kind = EV_NOTICE;
	if (slice_starts(head, "Maximum number of connections"))
		ret->category = NOTICE_LIMIT;
	else if (slice_starts(head, "ID sent: "))
		ret->category = NOTICE_SESSION;
	else if (slice_starts(head, "SSL is disabled"))
		ret->category = NOTICE_TLS;
	else
		return PARSE_NOT_MINE;
	return PARSE_OK;
}

/* 2.2: "proxy(USER): disconnecting RIP (REASON)", without elements */
static bool parse_proxy_end(struct slice text, struct event *ret)
{
	struct cur c = cur_of(text);
	struct slice user, ip;

	if (!cur_lit(&c, "proxy(") || !cur_until_lit(&c, "): disconnecting ", &user))
		return false;
	ip = cur_token(&c, ' ');
	ret->kind = EV_DISCONNECT;
	ret->user = user.n ? user : SLICE_NONE;
	ret->client_ip = dovecot_ip(ip);
	ret->reason = cur_rest(&c);
	return true;
}

enum parse_result dovecot_login(const struct dovecot_line *d, struct event *ret)
{
	struct slice head;
	size_t at;
	bool handshaking = false;
	enum parse_result r;

	ret->service = dovecot_protocol(d->service);
	/* "ID sent: " is followed by the client's words: its elements are the last ones */
	if (slice_starts(d->text, "Login: user=<"))
		at = strlen("Login");
	else if (slice_starts(d->text, "ID sent: "))
		at = slice_rfind(d->text, SLICE(": user=<"));
	else
		at = slice_find(d->text, SLICE(": user=<"));
	if (at == d->text.n) {
		if (parse_proxy_end(d->text, ret))
			return PARSE_OK;
		if (slice_starts(d->text, "Login: ") || slice_starts(d->text, "Logged in: "))
			return PARSE_BAD;
		if (!starts_with_any(d->text, END_STEMS, ARRAY_LEN(END_STEMS)))
			return PARSE_NOT_MINE;
		/* elements of the site's own: the words alone still tell what happened */
		head = d->text;
		at = slice_find(head, SLICE("): "));
		if (at < head.n) {
			(void)take_elements(slice_from(head, at + 3), ret, &handshaking);
			head = slice_head(head, at + 1);
		}
		set_end(head, handshaking, ret);
		return PARSE_OK;
	}
	head = slice_head(d->text, at);
	if (!take_user_and_elements(slice_from(d->text, at + strlen(": user=<")), ret, &handshaking))
		return PARSE_BAD;
	r = parse_head(head, handshaking, ret);
	if (r == PARSE_OK && ret->kind == EV_NOTICE) {
		ret->severity = d->level;
		ret->text = d->text;
	}
	return r;
}
