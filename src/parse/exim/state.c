/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state.c - lines with an id that are no arrival and no delivery: Completed, Frozen, cancelled, DKIM, ...
 *
 * Source: exim src/src/deliver.c, queue.c, receive.c, transports/smtp.c, miscmods/dkim.c.
 * Trap: an id does not say that the message was accepted; DATA-time rejections carry a provisional one.
 */
#include "event/queue_id.h"
#include "parse/exim/exim_priv.h"

static enum parse_result rule_completed(struct cur c, struct event *e, const struct exim_rule *r)
{
	(void)r;
	if (!cur_at_end(&c) && !cur_byte(&c, ' '))
		return PARSE_NOT_MINE;
	e->kind = EV_DONE;
	if (cur_lit(&c, "QT="))
		e->delay_s = exim_time(exim_word(&c));
	return PARSE_OK;
}

/* "Frozen", "Frozen (delivery error message)", "Frozen by the system filter[: TEXT]", "frozen by USER" */
static enum parse_result rule_frozen(struct cur c, struct event *e, const struct exim_rule *r)
{
	e->kind = EV_HOLD;
	e->reason = exim_line(c, r);
	e->action = SLICE("hold");
	if (cur_lit(&c, " by ")) {
		if (cur_lit(&c, "ACL") || cur_lit(&c, "local_scan()") || cur_lit(&c, "the system filter"))
			e->marks |= MARK_POLICY_HOLD;
		else
			e->user = cur_rest(&c);
	}
	return PARSE_OK;
}

static enum parse_result rule_thawed(struct cur c, struct event *e, const struct exim_rule *r)
{
	e->kind = EV_RELEASE;
	e->reason = exim_line(c, r);
	e->action = SLICE("release");
	if (*r->prefix.p == 'u')
		e->user = cur_rest(&c);
	return PARSE_OK;
}

/* "removed by USER": no bounce; all recipients that had no final outcome yet */
static enum parse_result rule_removed(struct cur c, struct event *e, const struct exim_rule *r)
{
	e->kind = EV_ATTEMPT;
	e->outcome = OUTCOME_REMOVED;
	e->marks |= MARK_DEFERRED_ALL;
	e->reason = exim_line(c, r);
	e->action = SLICE("remove");
	e->user = cur_rest(&c);
	return PARSE_OK;
}

/*
 * "cancelled by USER", "cancelled by system filter[: TEXT]": the remaining recipients fail without any "**"
 * line and a bounce follows (none for a null sender): bounced.  "cancelled by timeout_frozen_after" is the
 * age limit for frozen messages, nearly always bounces that nobody hears of again: removed.
 */
static enum parse_result rule_cancelled(struct cur c, struct event *e, const struct exim_rule *r)
{
	e->kind = EV_ATTEMPT;
	e->marks |= MARK_DEFERRED_ALL;
	e->reason = exim_line(c, r);
	e->action = SLICE("cancel");
	e->outcome = OUTCOME_BOUNCED;
	if (cur_lit(&c, "timeout_frozen_after"))
		e->outcome = OUTCOME_REMOVED;
	else if (cur_lit(&c, "system filter"))
		e->reply = cur_lit(&c, ": ") ? cur_rest(&c) : e->reason;
	else
		e->user = cur_rest(&c);
	return PARSE_OK;
}

static enum parse_result rule_too_old(struct cur c, struct event *e, const struct exim_rule *r)
{
	e->kind = EV_ATTEMPT;
	e->marks |= MARK_DEFERRED_ALL;
	e->outcome = OUTCOME_EXPIRED;
	e->reason = exim_line(c, r);
	return PARSE_OK;
}

/* "address <A> marked delivered by USER": the recipient is struck off, nothing was sent */
static enum parse_result rule_marked(struct cur c, struct event *e, const struct exim_rule *r)
{
	struct slice whole = exim_line(c, r);

	if (!exim_angle(&c, &e->recipient) || !cur_lit(&c, " marked delivered by "))
		return PARSE_NOT_MINE;
	e->kind = EV_ATTEMPT;
	e->outcome = OUTCOME_REMOVED;
	e->reason = whole;
	e->action = SLICE("remove");
	e->user = cur_rest(&c);
	return PARSE_OK;
}

/* "recipient <A> added by USER", "sender address changed to <A> by USER" */
static enum parse_result rule_admin(struct cur c, struct event *e, const struct exim_rule *r)
{
	struct slice whole = exim_line(c, r), address;

	if (!exim_angle(&c, &address))
		return PARSE_NOT_MINE;
	if (*r->prefix.p == 'r')
		e->recipient = address;
	else
		e->sender = address;
	return exim_notice(e, r->category, r->severity, whole);
}

/*
 * "TLS session: (FUNC): TEXT: delivering unencrypted to H=NAME [IP] (not in hosts_require_tls)",
 * "DANE attempt failed; TLS connection to NAME [IP]: TEXT"; up to 4.7x "TLS error on connection to NAME [IP] (FUNC): TEXT",
 * "TLS session failure: delivering unencrypted to NAME [IP] (not in hosts_require_tls)"
 */
static enum parse_result rule_tls_session(struct cur c, struct event *e, const struct exim_rule *r)
{
	struct exim_host h;
	struct slice s;

	e->kind = EV_TLS;
	e->success = 0;
	e->reason = exim_line(c, r);
	if (slice_ends(r->prefix, " to ")) {
		if (exim_host(&c, &h))
			exim_set_relay(e, &h);
	} else if (cur_until_last_lit(&c, " H=", &s) && exim_host(&c, &h)) {
		exim_set_relay(e, &h);
	}
	return PARSE_OK;
}

/* result words of RFC 8601 */
static struct slice dkim_result(struct slice text)
{
	if (slice_starts(text, "verification succeeded"))
		return SLICE("pass");
	if (slice_starts(text, "verification failed"))
		return SLICE("fail");
	if (slice_starts(text, "invalid - public key record (currently?) unavailable"))
		return SLICE("temperror");
	if (slice_starts(text, "invalid"))
		return SLICE("permerror");
	return slice_starts(text, "not verified") ? SLICE("none") : SLICE("policy");
}

/* "DKIM: d=DOM s=SEL c=H/B a=ALG b=BITS [i=ID] ... [RESULT]" */
static enum parse_result rule_dkim(struct cur c, struct event *e, const struct exim_rule *r)
{
	struct slice whole = exim_line(c, r), bracket;
	size_t at = slice_rfind(whole, SLICE(" ["));

	if (!cur_lit(&c, "d="))
		return exim_notice(e, NOTICE_FILTER, SEVERITY_WARNING, whole);
	if (at == whole.n || !slice_ends(whole, "]"))
		return PARSE_BAD;
	bracket = slice_of(whole.p + at + 2, whole.n - at - 3);
	e->kind = EV_VERDICT;
	e->check = SLICE("dkim");
	e->domain = exim_word(&c);
	e->result = dkim_result(bracket);
	e->reason = bracket;
	return PARSE_OK;
}

/* "PRDR R=<ADDR> acceptance|temporary refusal|refusal", "PRDR ADDR TEXT" */
static enum parse_result rule_prdr(struct cur c, struct event *e, const struct exim_rule *r)
{
	struct slice whole = exim_line(c, r);

	(void)cur_lit(&c, "R=");
	e->recipient = exim_argument(&c);
	if (!cur_byte(&c, ' '))
		return PARSE_BAD;
	if (slice_is(cur_rest(&c), "acceptance"))
		return exim_notice(e, NOTICE_DELIVERY, SEVERITY_INFO, whole);
	e->kind = EV_REJECT;
	e->stage = SLICE("data");
	e->reply = cur_rest(&c);
	if (cur_lit(&c, "temporary"))
		e->marks |= MARK_TEMPORARY;
	return PARSE_OK;
}

/* "ID no recipients found in headers": 4.96 prints the id twice */
static enum parse_result rule_abandoned(struct cur c, struct event *e, const struct exim_rule *r)
{
	e->marks |= MARK_LAST;
	return exim_notice(e, r->category, r->severity, exim_line(c, r));
}

/* sa-exim: "SA: Action: permanently rejected message: score=12.3 required=..." */
static enum parse_result rule_sa_exim(struct cur c, struct event *e, const struct exim_rule *r)
{
	struct slice what;
	usec_t micro;

	e->reason = exim_line(c, r);
	if (!cur_until_lit(&c, "score=", &what) || !cur_seconds(&c, &micro))
		return exim_notice(e, NOTICE_FILTER, SEVERITY_INFO, e->reason);
	e->kind = EV_VERDICT;
	e->check = SLICE("spam");
	e->score_milli = micro / 1000;
	e->result = slice_find(what, SLICE("rejected")) < what.n ? SLICE("spam") : SLICE("none");
	return PARSE_OK;
}

/* cPanel: "Sender identification U=USER D=DOMAIN S=SENDER" */
static enum parse_result rule_identification(struct cur c, struct event *e, const struct exim_rule *r)
{
	struct slice whole = exim_line(c, r);

	while (!cur_at_end(&c)) {
		struct slice w = exim_word(&c);
		struct cur t = cur_of(w);

		if (cur_lit(&t, "U="))
			e->user = cur_rest(&t);
		else if (cur_lit(&t, "D="))
			e->domain = cur_rest(&t);
		else if (cur_lit(&t, "S="))
			e->sender = cur_rest(&t);
		if (!cur_byte(&c, ' '))
			break;
	}
	return exim_notice(e, r->category, r->severity, whole);
}

/* up to 4.84: "Remote host NAME [IP] closed connection in ...", "Failed to connect to NAME [IP]: TEXT" */
static enum parse_result rule_old_remote(struct cur c, struct event *e, const struct exim_rule *r)
{
	struct exim_host h;

	e->reply = exim_line(c, r);
	if (*r->prefix.p == 'S')
		exim_message(e->reply, e);
	else if (exim_host(&c, &h) && h.ip.p)
		exim_set_relay(e, &h);
	return exim_notice(e, r->category, r->severity, e->reply);
}

/* "SMTP connection lost after final dot H=...": the message is gone, the client may send it again */
static enum parse_result rule_lost_final(struct cur c, struct event *e, const struct exim_rule *r)
{
	struct slice whole = exim_line(c, r);

	(void)exim_who(&c, e, true);
	e->marks |= MARK_LAST;
	return exim_notice(e, r->category, r->severity, whole);
}

#define INFO SEVERITY_INFO
#define WARN SEVERITY_WARNING
#define ERR  SEVERITY_ERROR

static const struct exim_rule RULES[] = {
	{ LIT("Completed"),                     rule_completed, 0, 0 },
	{ LIT("Message is frozen"),             NULL, NOTICE_QUEUE, INFO },
	{ LIT("Spool file "),                   NULL, NOTICE_QUEUE, INFO }, /* "[for ID ]is locked" */
	{ LIT("Frozen"),                        rule_frozen, 0, 0 },
	{ LIT("frozen"),                        rule_frozen, 0, 0 },
	{ LIT("Unfrozen by "),                  rule_thawed, 0, 0 },
	{ LIT("unfrozen by "),                  rule_thawed, 0, 0 },
	{ LIT("removed by "),                   rule_removed, 0, 0 },
	{ LIT("cancelled by "),                 rule_cancelled, 0, 0 },
	{ LIT("Message removed because older than "), rule_too_old, 0, 0 },
	{ LIT("address "),                      rule_marked, 0, 0 },
	{ LIT("recipient "),                    rule_admin, NOTICE_ADMIN, INFO },
	{ LIT("sender address changed to "),    rule_admin, NOTICE_ADMIN, INFO },
	{ LIT("no immediate delivery: "),       NULL, NOTICE_QUEUE, INFO },
	{ LIT("DKIM: "),                        rule_dkim, 0, 0 },
	{ LIT("PRDR "),                         rule_prdr, 0, 0 },
	{ LIT("TLS session: "),                 rule_tls_session, 0, 0 },
	{ LIT("TLS error on connection to "),   rule_tls_session, 0, 0 },
	{ LIT("TLS session failure: delivering unencrypted to "), rule_tls_session, 0, 0 },
	{ LIT("DANE attempt failed; TLS connection to "), rule_tls_session, 0, 0 },
	{ LIT("SA: "),                          rule_sa_exim, 0, 0 },
	{ LIT("Sender identification "),        rule_identification, NOTICE_DELIVERY, INFO },
	{ LIT("Format error in spool file"),    NULL, NOTICE_SPOOL, ERR },
	{ LIT("Error reading spool file"),      NULL, NOTICE_SPOOL, ERR },
	{ LIT("Error while reading spool file"), NULL, NOTICE_SPOOL, ERR },
	{ LIT("spoolfile error on close"),      NULL, NOTICE_SPOOL, ERR },
	{ LIT("rescind the above message-accept"), rule_abandoned, NOTICE_SPOOL, ERR },
	{ LIT("Message abandoned: "),           rule_abandoned, NOTICE_CONNECTION, WARN },
	{ LIT("no recipients found in headers"), rule_abandoned, NOTICE_DELIVERY, WARN },
	{ LIT("bad addresses found in headers"), rule_abandoned, NOTICE_DELIVERY, WARN },
	{ LIT("Process failed ("),              NULL, NOTICE_PROCESS, ERR },
	{ LIT("original recipients ignored"),   NULL, NOTICE_DELIVERY, INFO },
	{ LIT("Delivery deferred by system filter"), NULL, NOTICE_DELIVERY, INFO },
	{ LIT("Error in system filter"),        NULL, NOTICE_CONFIG, ERR },
	{ LIT("Remote host "),                  rule_old_remote, NOTICE_REMOTE, WARN },
	{ LIT("Failed to connect to "),         rule_old_remote, NOTICE_REMOTE, WARN },
	{ LIT("SMTP error from remote mail"),   rule_old_remote, NOTICE_REMOTE, WARN },
	{ LIT("SMTP timeout "),                 NULL, NOTICE_REMOTE, WARN },
	{ LIT("SMTP connection lost after final dot "), rule_lost_final, NOTICE_CONNECTION, WARN },
};

/* "ADDR[ <PARENT>]: error ignored[: TEXT]" */
static bool error_ignored(struct cur c, struct event *e)
{
	struct exim_addr a;

	if (!exim_addr(&c, &a) || !cur_lit(&c, ": error ignored"))
		return false;
	exim_addr_recipient(&a, SLICE_NONE, e);
	return true;
}

/* "NAME authenticator failed H=HOST [IP] RESPONSE", "NAME authenticator cancelled authentication H=..." */
static bool outgoing_auth(struct cur c, struct event *e)
{
	struct exim_host h;
	struct slice name = exim_word(&c);

	if ((!cur_lit(&c, " authenticator failed H=") &&
	     !cur_lit(&c, " authenticator cancelled authentication H=")) ||
	    !exim_host(&c, &h))
		return false;
	e->auth_method = name;
	exim_set_relay(e, &h);
	(void)cur_byte(&c, ' ');
	e->reply = cur_rest(&c);
	(void)exim_reply(e->reply, e);
	return true;
}

/* "NAME [IP] STRERROR", "[IP] SSL verify error: ...": how hosts were named up to 4.84 */
static bool host_first(struct cur c, struct event *e)
{
	struct exim_host h;

	if (!exim_host(&c, &h) || !h.ip.p || h.helo.p)
		return false;
	exim_set_relay(e, &h);
	if (!cur_lit(&c, ": "))
		(void)cur_byte(&c, ' ');
	e->reply = cur_rest(&c);
	exim_message(e->reply, e);
	return e->reply.n > 0;
}

static ATTR_NOINLINE enum parse_result no_rule(struct cur c, struct event *e)
{
	struct slice whole = cur_rest(&c), s;
	struct cur t = c;

	if (queue_id_exim_prefix(whole) && cur_until(&t, ' ', &s))
		return exim_rules(RULES, ARRAY_LEN(RULES), t, e);
	if (error_ignored(c, e))
		return exim_notice(e, NOTICE_DELIVERY, INFO, whole);
	if (outgoing_auth(c, e))
		return exim_notice(e, NOTICE_AUTH, WARN, whole);
	t = c;
	if (exim_angle(&t, &s) && cur_lit(&t, ": ")) {
		e->recipient = s;
		return exim_notice(e, NOTICE_DELIVERY, INFO, whole);
	}
	if (host_first(c, e)) {
		bool tls = slice_starts(e->reply, "SSL ") || slice_starts(e->reply, "TLS ");

		return exim_notice(e, tls ? NOTICE_TLS : NOTICE_REMOTE, WARN, whole);
	}
	return PARSE_NOT_MINE;
}

/* The cursor behind the id. */
enum parse_result exim_state(struct cur c, struct event *e)
{
	enum parse_result r = exim_rules(RULES, ARRAY_LEN(RULES), c, e);

	return r != PARSE_NOT_MINE ? r : no_rule(c, e);
}
