/* SPDX-License-Identifier: Apache-2.0 */
/*
 * saslauthd.c - the password daemon of Cyrus SASL
 *
 * Written by cyrus-sasl 2.1.28, saslauthd/saslauthd-main.c and its modules: "%-16s: %s" of function and text, as in
 *   do_auth         : auth failure: [user=U] [service=smtp] [realm=R] [mech=pam] [reason=PAM auth error]
 * These support the line of the MTA or IMAP server that asked: MARK_EVIDENCE.  Traps: no address of a client; user and realm
 * are the client's and may hold anything.
 */
#include "parse/saslauthd/saslauthd.h"

#include "base/attr.h"
#include "base/cursor.h"
#include "parse/rows.h"

static bool saslauthd_claims(const struct line *l)
{
	return slice_is(l->program, "saslauthd") && !row_is_pam(l->text);
}

/* cut "] [KEY=VALUE" off the end of *s, at its last occurrence */
static bool cut_field(struct slice *s, struct slice key, struct slice *ret)
{
	size_t at = slice_rfind(*s, key);

	if (at == s->n)
		return false;
	*ret = slice_from(*s, at + key.n);
	*s = slice_head(*s, at);
	return true;
}

/* "[user=U] [service=S] [realm=R] [mech=M][ [reason=T]]": read from the right, where our side stands */
static enum parse_result parse_result_of(struct cur c, bool success, struct event *ret)
{
	struct slice rest, service, realm, mech;

	if (!cur_lit(&c, "[user=") || !slice_ends(cur_rest(&c), "]"))
		return PARSE_BAD;
	rest = slice_of(c.p, cur_left(&c) - 1);
	if (!success)
		(void)cut_field(&rest, SLICE("] [reason="), &ret->reason);
	if (!cut_field(&rest, SLICE("] [mech="), &mech) || !cut_field(&rest, SLICE("] [realm="), &realm) ||
	    !cut_field(&rest, SLICE("] [service="), &service))
		return PARSE_BAD;
	ret->kind = EV_AUTH;
	ret->marks |= MARK_EVIDENCE;
	ret->success = success;
	ret->attempts = 1;
	ret->user = row_filled(rest);
	ret->service = row_filled(service);
	ret->domain = row_filled(realm);
	return PARSE_OK;
}

/* what stands behind the function's name */
static const struct row TEXTS[] = {
	ROW("listening on socket: ", START, INFO),
	ROW("master pid is: ", START, INFO),
	ROW("master exited: ", STOP, INFO),
	ROW("num_procs ", START, DEBUG),
	ROW("mech_option: ", START, DEBUG),
	ROW("run_path ", START, DEBUG),
	ROW("auth_mech ", START, DEBUG),
	ROW("could not ", CONFIG, ERROR),
	ROW("cannot ", CONFIG, ERROR),
	ROW("unknown authentication mechanism: ", CONFIG, ERROR),
};

/* the function, whatever it says */
static const struct row FUNCTIONS[] = {
	ROW("ipc_", PROCESS, WARNING),
	ROW("detach_tty", PROCESS, ERROR),
	ROW("server_exit", STOP, INFO),
	ROW("set_auth_mech", CONFIG, INFO),
	ROW("set_max_procs", CONFIG, INFO),
	ROW("get_accept_lock", PROCESS, DEBUG),
	ROW("rel_accept_lock", PROCESS, DEBUG),
	ROW("have_baton", PROCESS, DEBUG),
	ROW("handle_sigchld", PROCESS, WARNING),
	ROW("cache_", CACHE, WARNING),
	ROW("do_request", AUTH, WARNING),
	ROW("auth_", AUTH, WARNING),
	ROW("k5support_", AUTH, WARNING),
	ROW("lak_", LOOKUP, WARNING),
};

/* the modules' own lines, without a function */
static const struct row NOTICES[] = {
	ROW("DEBUG: auth_pam: ", AUTH, DEBUG),
	ROW("auth_ldap: ", AUTH, WARNING),
	ROW("Retrying authentication", AUTH, INFO),
	ROW("Authentication failed for ", AUTH, INFO), /* LDAP; the daemon's own line follows */
	ROW("Entry not found", LOOKUP, INFO),
	ROW("Bind failed ", LOOKUP, WARNING),
	ROW("ldap_", LOOKUP, WARNING),
};

/* "%-16s: ": the name of a function, filled with blanks */
static bool take_function(struct cur *c)
{
	struct cur at = *c;

	while (at.p < at.end && (ascii_lower(*at.p) || ascii_digit(*at.p) || *at.p == '_'))
		at.p++;
	cur_skip_spaces(&at);
	if (at.p == c->p || !cur_lit(&at, ": "))
		return false;
	*c = at;
	return true;
}

static enum parse_result saslauthd_parse(const struct line *l, struct event *ret)
{
	struct cur c = cur_of(l->text);
	bool function = take_function(&c);
	enum parse_result r;

	if (cur_lit(&c, "auth failure: "))
		return parse_result_of(c, false, ret);
	if (cur_lit(&c, "auth success: ") || cur_lit(&c, "auth success (cached): "))
		return parse_result_of(c, true, ret);
	r = rows_notice(TEXTS, ARRAY_LEN(TEXTS), cur_rest(&c), ret);
	if (r == PARSE_NOT_MINE && function)
		r = rows_notice(FUNCTIONS, ARRAY_LEN(FUNCTIONS), l->text, ret);
	return r == PARSE_NOT_MINE ? rows_notice(NOTICES, ARRAY_LEN(NOTICES), l->text, ret) : r;
}

#define T "saslauthd"
static const struct parse_sample SAMPLES[] = {
	{ T, "do_auth         : auth failure: [user=info] [service=smtp] [realm=example.com] [mech=pam] [reason=PAM auth error]",
	  "auth +evidence service=\"smtp\" user=\"info\" success=false attempts=1 domain=\"example.com\" reason=\"PAM auth error\"" },
	{ T, "do_auth         : auth failure: [user=x] [service=imap] [realm=] [service=smtp] [realm=] [mech=pam] [reason=PAM auth error]",
	  "auth +evidence service=\"smtp\" user=\"x] [service=imap] [realm=\" success=false" },
	{ T, "do_auth         : auth success: [user=info] [service=smtp] [realm=] [mech=shadow]",
	  "auth +evidence service=\"smtp\" user=\"info\" success=true attempts=1" },
	{ T, "do_auth         : auth success (cached): [user=info] [service=imap] [realm=] [mech=pam]",
	  "auth +evidence service=\"imap\" user=\"info\" success=true" },
	{ T, "ipc_init        : listening on socket: /run/saslauthd/mux", "notice severity=\"info\" category=\"start\"" },
	{ T, "detach_tty      : master pid is: 500", "notice severity=\"info\" category=\"start\"" },
	{ T, "server_exit     : master exited: 500", "notice severity=\"info\" category=\"stop\"" },
	{ NULL, NULL, NULL },
};

static const struct parse_sample REFUSED[] = {
	{ T, "auth failure: [user=info", NULL },
	{ T, "auth failure: [user=info] [service=smtp] [mech=pam]", NULL },
	{ T, "auth fail", NULL },
	{ NULL, NULL, NULL },
};
#undef T

const struct writer_ops saslauthd_writer = {
	.writer = WRITER_SASLAUTHD,
	.claims = saslauthd_claims,
	.parse = saslauthd_parse,
	.samples = SAMPLES,
	.refused = REFUSED,
};
