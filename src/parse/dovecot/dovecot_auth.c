/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dovecot_auth.c - auth and auth-worker: what the databases and the SASL mechanisms said (auth_verbose=yes)
 *
 * 2.0 to 2.3, src/auth/auth-request.c (get_log_identifier):
 *   auth: [Level: ]DB(USER[,IP][,master][,<SESSION>]): TEXT
 *   auth-worker(PID): [Level: ]conn unix:auth-worker (pid=P,uid=U): auth-worker<N>: DB(USER,...): TEXT
 * 2.4: auth(USER[,IP][,sasl:MECH])<SESSION>: [Level: ]DB: TEXT
 *      auth-worker(USER,IP,sasl:MECH)<PID><SESSION>: [Level: ]request [N]: DB: TEXT
 * These lines support the login process's or the MTA's own line: MARK_EVIDENCE.  Without an address and a
 * session they are look-ups of a recipient, not logins.  Traps: USER is the client's.  TEXT may end in a
 * clear-text password ("given password: P"): it is cut off before anything is read from it, and never gets
 * into a field.
 */
#include "parse/dovecot/dovecot_priv.h"

#include "base/attr.h"

/* "DB(USER,IP,<SESSION>)", or the arguments of the 2.4 prefix */
struct auth_who {
	struct slice db, user, client_ip, session, method;
};

/* clang-format off */
/* How TEXT begins when the credentials were refused. */
static const struct slice REFUSALS[] = {
	LIT("Password mismatch"), LIT("unknown user"), LIT("password mismatch"), LIT("Unknown user"),
	LIT("pam_authenticate() failed: "), LIT("pam_acct_mgmt() failed: "),
	LIT("Attempted login with password having illegal chars"), LIT("User found from deny passdb"),
	LIT("No password returned"), LIT("Username character disallowed by auth_username_chars: "),
	LIT("allow_nets check failed: "), LIT("Policy check action is reject"),
	LIT("Authentication failure due to policy server refusal"), LIT("Login failed (status="),
	LIT("Empty username"), LIT("Invalid base64 data"), LIT("invalid credentials"),
	LIT("Authentication failed"), LIT("authentication failed"), LIT("User is disabled"),
	LIT("Password expired"), LIT("Account expired"), LIT("user disabled"), LIT("Invalid username"),
	LIT("Username contains invalid"), LIT("invalid password"), LIT("Invalid password"),
	LIT("oauth2 failed: "), LIT("Invalid input"), LIT("Login disabled"),
};

/* SASL mechanisms that stand in the place of DB, and their names */
static const struct {
	struct slice written, name;
} MECHANISMS[] = {
	{ LIT("plain"), LIT("PLAIN") },           { LIT("login"), LIT("LOGIN") },
	{ LIT("cram-md5"), LIT("CRAM-MD5") },     { LIT("digest-md5"), LIT("DIGEST-MD5") },
	{ LIT("scram-sha-1"), LIT("SCRAM-SHA-1") }, { LIT("scram-sha-256"), LIT("SCRAM-SHA-256") },
	{ LIT("apop"), LIT("APOP") },             { LIT("ntlm"), LIT("NTLM") },
	{ LIT("rpa"), LIT("RPA") },               { LIT("otp"), LIT("OTP") },
	{ LIT("skey"), LIT("SKEY") },             { LIT("gssapi"), LIT("GSSAPI") },
	{ LIT("gss-spnego"), LIT("GSS-SPNEGO") }, { LIT("external"), LIT("EXTERNAL") },
	{ LIT("anonymous"), LIT("ANONYMOUS") },   { LIT("xoauth2"), LIT("XOAUTH2") },
	{ LIT("oauthbearer"), LIT("OAUTHBEARER") }, { LIT("dovecot-token"), LIT("DOVECOT-TOKEN") },
	{ LIT("winbind"), LIT("WINBIND") },       { LIT("scram-sha-1-plus"), LIT("SCRAM-SHA-1-PLUS") },
	{ LIT("scram-sha-256-plus"), LIT("SCRAM-SHA-256-PLUS") },
};

/* Where the text of strangers begins: the prefix is looked for only before it. */
static const struct slice FREE_TEXT[] = {
	LIT(" (given password: "), LIT(" of given password: "), LIT(" given password"), LIT(" (username: "),
};
/* clang-format on */

static struct slice mechanism_name(struct slice s)
{
	for (size_t i = 0; i < ARRAY_LEN(MECHANISMS); i++)
		if (slice_eq_fold(s, MECHANISMS[i].written))
			return MECHANISMS[i].name;
	return SLICE_NONE;
}

/* "USER[,IP][,master][,sasl:MECH][,<SESSION>]", read from the right: the user may hold commas */
static void take_who(struct slice args, struct auth_who *w)
{
	for (;;) {
		size_t comma = slice_rfind_byte(args, ',');
		struct slice e, ip;

		if (comma == args.n)
			break;
		e = slice_from(args, comma + 1);
		ip = dovecot_ip(e);
		if (e.n >= 2 && slice_starts(e, "<") && slice_ends(e, ">"))
			w->session = dovecot_session_base(slice_of(e.p + 1, e.n - 2));
		else if (slice_starts(e, "sasl:"))
			w->method = mechanism_name(slice_from(e, strlen("sasl:")));
		else if (ip.p)
			w->client_ip = ip;
		else if (!slice_is(e, "master") && !slice_is(e, "sasl"))
			break;
		args = slice_head(args, comma);
		if (ip.p)
			break; /* what stands before the address is the user */
	}
	w->user = args.n && !slice_is(args, "?") ? args : SLICE_NONE;
}

static bool db_byte(char c)
{
	return ascii_alnum(c) || c == '-' || c == '_' || c == '.';
}

static struct slice take_db(struct cur *c)
{
	const char *begin = c->p;

	while (!cur_at_end(c) && db_byte(*c->p))
		c->p++;
	return slice_between(begin, c->p);
}

/* TEXT without passwords and raw user names */
static struct slice before_free_text(struct slice s)
{
	size_t end = s.n;

	for (size_t i = 0; i < ARRAY_LEN(FREE_TEXT); i++) {
		size_t at = slice_find(s, FREE_TEXT[i]);

		if (at < end)
			end = at;
	}
	/* " (SHA1 of given password: " */
	if (end < s.n && slice_starts(slice_from(s, end), " of "))
		end = slice_rfind(slice_head(s, end), SLICE(" ("));
	return slice_head(s, end);
}

/*
 * "DB(ARGS): ", up to 2.3.  USER is the client's and may hold "): ": the last one before TEXT's own free
 * text that stands behind an address or a session wins; else (a user alone, or '?') the first.
 */
static bool take_db_args(struct cur *c, struct auth_who *w)
{
	struct cur at = *c;
	struct slice db = take_db(&at), rest, head, args;
	size_t end;

	if (db.n == 0 || !cur_byte(&at, '('))
		return false;
	rest = cur_rest(&at);
	head = before_free_text(rest);
	for (end = slice_rfind(head, SLICE("): ")); end < head.n;) {
		struct auth_who try = { .db = db };
		struct slice before = slice_head(head, end);

		take_who(before, &try);
		if (try.client_ip.p || try.session.p) {
			*w = try;
			c->p = rest.p + end + 3;
			return true;
		}
		head = before;
		end = slice_rfind(head, SLICE("): "));
	}
	if (!cur_until_lit(&at, "): ", &args))
		return false;
	*w = (struct auth_who){ .db = db };
	take_who(args, w);
	*c = at;
	return true;
}

/* "conn unix:auth-worker (pid=P,uid=U): auth-worker<N>: " and "request [N]: ", both optional */
static void skip_worker_prefix(struct cur *c)
{
	struct cur at = *c;
	struct slice part;

	if (cur_lit(&at, "conn unix:") && cur_until_lit(&at, "): ", &part))
		*c = at;
	at = *c;
	if (cur_lit(&at, "auth-worker<") && cur_until_lit(&at, ">: ", &part))
		*c = at;
	at = *c;
	if (cur_lit(&at, "request [") && cur_until_lit(&at, "]: ", &part))
		*c = at;
}

static bool is_refusal(struct slice text)
{
	if (slice_ends(text, " - trying the next passdb"))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(REFUSALS); i++)
		if (slice_starts_(text, REFUSALS[i].p, REFUSALS[i].n))
			return true;
	return false;
}

/* "Username character disallowed by auth_username_chars: 0x20 (username: two words)" */
static void take_raw_username(struct slice text, struct event *ret)
{
	struct cur c = cur_of(text);
	struct slice before;

	if (ret->user.p || !cur_lit(&c, "Username character disallowed by auth_username_chars: ") ||
	    !cur_until_lit(&c, " (username: ", &before) || !slice_ends(cur_rest(&c), ")"))
		return;
	ret->user = slice_of(c.p, cur_left(&c) - 1);
	if (ret->user.n == 0)
		ret->user = SLICE_NONE;
}

static void set_auth(const struct dovecot_line *d, const struct auth_who *w, struct slice text,
		     struct event *ret)
{
	bool refused = is_refusal(text);

	ret->user = w->user;
	ret->client_ip = w->client_ip;
	ret->session = w->session;
	ret->auth_method = w->method.p ? w->method : mechanism_name(w->db);
	if (refused && (w->client_ip.p || w->session.p)) {
		ret->kind = EV_AUTH;
		ret->marks |= MARK_EVIDENCE;
		ret->success = 0;
		ret->attempts = 1;
		ret->reason = before_free_text(text);
		take_raw_username(text, ret);
		return;
	}
	ret->kind = EV_NOTICE;
	ret->category = refused || (!w->client_ip.p && !w->session.p) ? NOTICE_LOOKUP : NOTICE_AUTH;
	ret->severity = d->level;
	/* debug lines may show requests and passwords: nothing of them is kept */
	ret->text = d->level == SEVERITY_DEBUG ? SLICE_NONE : before_free_text(text);
}

/* "pam_unix(dovecot:auth): authentication failure; logname= uid=0 ... ruser=U rhost=IP  user=U" */
static bool parse_pam(const struct dovecot_line *d, struct event *ret)
{
	struct cur c = cur_of(d->text);
	struct slice rest, part;

	if (!cur_lit(&c, "pam_") || !cur_until_lit(&c, "): ", &part))
		return false;
	rest = cur_rest(&c);
	if (!cur_lit(&c, "authentication failure; ")) {
		ret->kind = EV_NOTICE;
		ret->category = NOTICE_AUTH;
		ret->severity = d->level;
		ret->text = rest;
		return true;
	}
	if (cur_until_last_lit(&c, " rhost=", &part)) {
		ret->client_ip = dovecot_ip(cur_token(&c, ' '));
		if (cur_lit(&c, " user=") || cur_lit(&c, "user="))
			ret->user = cur_take_rest(&c);
		else if (slice_rfind(part, SLICE(" ruser=")) < part.n)
			ret->user = slice_from(part, slice_rfind(part, SLICE(" ruser=")) + strlen(" ruser="));
	}
	if (ret->user.n == 0)
		ret->user = SLICE_NONE;
	ret->kind = EV_AUTH;
	ret->marks |= MARK_EVIDENCE;
	ret->success = 0;
	ret->attempts = 1;
	ret->reason = slice_head(rest, strlen("authentication failure"));
	return true;
}

/* 2.4: who it is stands in the prefix, "DB: " in front of TEXT */
static bool parse_2_4(const struct dovecot_line *d, struct cur c, struct event *ret)
{
	struct auth_who w = { 0 };
	struct cur at = c;

	if (!d->args.p || slice_find_byte(d->args, ',') == d->args.n) {
		/* "auth(USER): DB: TEXT"; but "auth-worker(PID): TEXT" of old */
		if (!d->user.p || !slice_is(d->service, "auth"))
			return false;
	}
	take_who(d->args, &w);
	if (d->session.p)
		w.session = dovecot_session_base(d->session);
	w.db = take_db(&at);
	if (w.db.n && cur_lit(&at, ": "))
		c = at;
	else
		w.db = SLICE_NONE;
	set_auth(d, &w, cur_rest(&c), ret);
	return true;
}

/* 1.x wrote debugging without a level: the requests between its processes, with what the client sent */
static bool is_request(struct slice text)
{
	return slice_starts(text, "client in: ") || slice_starts(text, "client out: ") ||
	       slice_starts(text, "master in: ") || slice_starts(text, "master out: ");
}

enum parse_result dovecot_auth(const struct dovecot_line *d, struct event *ret)
{
	struct cur c = cur_of(d->text);
	struct auth_who w;
	enum parse_result r;

	if (is_request(d->text)) {
		ret->kind = EV_NOTICE;
		ret->category = NOTICE_AUTH;
		ret->severity = SEVERITY_DEBUG;
		ret->service = d->service;
		return PARSE_OK;
	}
	if (parse_pam(d, ret))
		return PARSE_OK;
	skip_worker_prefix(&c);
	if (parse_2_4(d, c, ret))
		return PARSE_OK;
	if (take_db_args(&c, &w)) {
		set_auth(d, &w, cur_rest(&c), ret);
		return PARSE_OK;
	}
	/* 1.x wrote the login process's line here: "auth: Failed login (...): user=<x>, ..." */
	if (slice_starts(d->text, "Failed login ")) {
		r = dovecot_login(d, ret);
		ret->service = SLICE_NONE;
		return r;
	}
	r = dovecot_notice(d, ret);
	if (r != PARSE_OK && slice_find(d->text, SLICE("password")) == d->text.n)
		return r;
	/* never let a password through, not even as the text of an unknown line */
	ret->kind = EV_NOTICE;
	if (ret->category == NOTICE_NONE)
		ret->category = NOTICE_AUTH;
	ret->severity = d->level;
	ret->text = d->level == SEVERITY_DEBUG ? SLICE_NONE : before_free_text(d->text);
	return PARSE_OK;
}
