/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verdict.c - the cause of what became of a recipient, of a refusal, of a failed login
 *
 * Which of the attempts tells the cause?  Of a bounce the one that decided.  Of what expired or still waits the last one with
 * words of its own: "retry time not reached", "delivery temporarily suspended" and their kin only say that an earlier
 * failure still holds.  What was held, removed or thrown away has no reply at all: there the log says who did it.
 *
 * Trap: a rule of the site (an ACL's message, an alias ":fail:") is its own words, which no list knows.  Then the words
 * are the cause, and not the code, which is 550 for everything.
 */
#include "diagnose/verdict.h"

#include "base/attr.h"
#include "base/ip.h"
#include "diagnose/deeds.h"

#define WHO_MAX 32 /* bytes of a login name */

static bool says(struct slice s, struct slice what)
{
	return s.p && slice_contains_fold(s, what);
}

/* --- whose words -------------------------------------------------------------------------------------- */

bool verdict_is_own_relay(struct slice host, struct slice ip)
{
	struct ip address;

	if (ip_parse(ip.n ? ip : host, &address))
		return ip_is_loopback(&address);
	return (host.n && (host.p[0] == '/' || host.p[0] == '|')) || slice_eq_fold(host, SLICE("localhost"));
}

/* agents that put mail into mailboxes, files and programs here, whatever relay the log names */
static bool is_local_agent(struct slice transport)
{
	static const struct slice AGENTS[] = { LIT("local"), LIT("virtual"), LIT("pipe"), LIT("discard"), LIT("sieve"),
					       LIT("lmtp"), LIT("prog"), LIT("*file*"), LIT("error") };

	for (size_t i = 0; i < ARRAY_LEN(AGENTS); i++)
		if (slice_eq(transport, AGENTS[i]))
			return true;
	return false;
}

enum said_by verdict_said_by(const struct recipient *r, const struct attempt *a)
{
	if (says(a->reply, SLICE("delivery temporarily suspended")))
		return SAID_BY_UNKNOWN; /* by the queue manager, about another server */
	if (is_local_agent(a->transport) || verdict_is_own_relay(a->relay_host, a->relay_ip))
		return SAID_BY_US;
	if (a->relay_host.p || a->relay_ip.p)
		return r->local && !a->relay_ip.p && a->transport.p && !slice_is(a->transport, "smtp") ? SAID_BY_US :
												    SAID_BY_REMOTE;
	return r->local ? SAID_BY_US : SAID_BY_UNKNOWN;
}

/* --- which attempt ------------------------------------------------------------------------------------ */

/* how much an attempt says about why */
enum { SAYS_NOTHING, SAYS_POSTPONED, SAYS_A_CODE, SAYS_BY_HEARSAY, SAYS_WORDS };

/* Sendmail's stat=queued: the code beside it says why */
static bool is_only_queued(const struct attempt *a)
{
	return !a->tried && slice_is(a->reply, "queued");
}

static int telling(const struct attempt *a)
{
	static const struct slice POSTPONED[] = {
		LIT("retry time not reached"), LIT("have been failing for a long time"), LIT("Cannot send message for"),
		LIT("Message expired"), LIT("message timed out"), LIT("QUEUE.Expired"),
	};

	if (!a->reply.n && a->smtp_code == -1 && !a->dsn.p)
		return SAYS_NOTHING;
	if (!a->reply.n || is_only_queued(a))
		return a->smtp_code != -1 || a->dsn.p ? SAYS_A_CODE : SAYS_POSTPONED;
	if (slice_is(slice_trim(a->reply), "retry timeout exceeded"))
		return SAYS_POSTPONED;
	for (size_t i = 0; i < ARRAY_LEN(POSTPONED); i++)
		if (says(a->reply, POSTPONED[i]))
			return SAYS_POSTPONED;
	return says(a->reply, SLICE("delivery temporarily suspended")) ? SAYS_BY_HEARSAY : SAYS_WORDS;
}

/* the last of those that say most; `only`: with this outcome, OUTCOME_NONE: any that failed */
static const struct attempt *most_telling(const struct recipient *r, enum outcome only)
{
	const struct attempt *best = NULL;

	for (const struct attempt *a = r->attempts; a; a = a->next) {
		bool failure = a->outcome == OUTCOME_DEFERRED || a->outcome == OUTCOME_BOUNCED ||
			       a->outcome == OUTCOME_EXPIRED || a->outcome == OUTCOME_REJECTED;

		if (only == OUTCOME_NONE ? !failure : a->outcome != only)
			continue;
		if (!best || telling(a) >= telling(best))
			best = a;
	}
	return best;
}

static void count_tries(const struct recipient *r, struct recipient_verdict *ret)
{
	ret->first_try_us = ret->last_try_us = USEC_NONE;
	ret->try_gap_us = -1;
	for (const struct attempt *a = r->attempts; a; a = a->next) {
		if (!a->tried)
			continue;
		if (ret->tries++ == 0)
			ret->first_try_us = a->time_us;
		else if (a->time_us > ret->last_try_us && ret->last_try_us != USEC_NONE)
			ret->try_gap_us = a->time_us - ret->last_try_us;
		ret->last_try_us = a->time_us;
	}
}

/* our own words for a bounce that no reply gave; DEED_COUNT: none of those */
static enum deed deed_of_words(struct slice reply)
{
	if (slice_starts(reply, "refused by the script of the mailbox"))
		return DEED_REFUSED_BY_SIEVE;
	if (slice_is(reply, "cancelled by timeout_frozen_after"))
		return DEED_TIMED_OUT_FROZEN;
	return slice_starts(reply, "cancelled by ") ? DEED_CANCELLED : DEED_COUNT;
}

/* --- replies ------------------------------------------------------------------------------------------ */

/* "550 5.7.1 no" is "no" */
static struct slice without_codes(struct slice s)
{
	s = slice_trim(s);
	if (s.n >= 3 && s.p[0] >= '2' && s.p[0] <= '5' && s.p[1] >= '0' && s.p[1] <= '9' && s.p[2] >= '0' && s.p[2] <= '9' &&
	    (s.n == 3 || s.p[3] == ' ' || s.p[3] == '-'))
		s = slice_trim(slice_from(s, s.n == 3 ? 3 : 4));
	if (s.n >= 5 && (s.p[0] == '4' || s.p[0] == '5') && s.p[1] == '.') {
		size_t n = 1;

		while (n < s.n && ((s.p[n] >= '0' && s.p[n] <= '9') || s.p[n] == '.'))
			n++;
		if (n == s.n || s.p[n] == ' ')
			s = slice_trim(slice_from(s, n));
	}
	return s;
}

/* the codes say no more than that it failed: "undefined", "system not accepting", "policy" */
static bool vague(const struct cause *cause, struct slice dsn)
{
	static const struct slice SUBJECTS[] = { LIT(".0.0"), LIT(".3.0"), LIT(".3.2"), LIT(".3.5"), LIT(".7.0"), LIT(".7.1") };

	if (cause->basis != BASIS_DSN)
		return cause->basis == BASIS_CODE || cause->basis == BASIS_CLASS;
	for (size_t i = 0; i < ARRAY_LEN(SUBJECTS); i++)
		if (dsn.n == SUBJECTS[i].n + 1 && slice_eq(slice_from(dsn, 1), SUBJECTS[i]))
			return true;
	return false;
}

/* a content filter, a mailbox server of this machine: its cause is not the other side's network */
static bool is_own_service_down(const struct complaint *c, const struct cause *cause)
{
	static const struct slice HOSTS[] = { LIT("connect to 127.0.0.1"), LIT("connect to ::1["), LIT("connect to [127.0.0.1]"),
					      LIT("connect to localhost") };
	bool own = c->said_by == SAID_BY_US;

	for (size_t i = 0; i < ARRAY_LEN(HOSTS); i++)
		own = own || says(c->reply, HOSTS[i]);
	return own && cause->class == CLASS_NETWORK && cause->side != SIDE_US_CONFIG;
}

static void find_cause(const struct diagnoser *d, const struct complaint *c, struct cause *ret, struct deed_words *deed)
{
	struct reply_parts parts;
	struct slice words;

	diagnose(d, c, ret);
	if (ret->of_site)
		return;
	if (is_own_service_down(c, ret)) {
		*ret = deed_cause(DEED_LOCAL_SERVICE_DOWN);
		return;
	}
	if (c->said_by == SAID_BY_REMOTE || ret->basis == BASIS_TEXT)
		return;
	reply_take_apart(c, &parts);
	words = without_codes(parts.core);
	if (!words.n || !vague(ret, parts.dsn))
		return;
	/* words without a code and without another server: nobody else can have said them */
	if (c->said_by == SAID_BY_UNKNOWN && (parts.smtp_code != -1 || parts.dsn.n || parts.host.n || c->temporary))
		return;
	*ret = deed_cause(c->temporary ? DEED_DELAYED_BY_RULE : DEED_REFUSED_BY_RULE);
	deed->words = words;
}

/* a refusal without a word */
static enum deed silent_deed(struct slice stage)
{
	bool command = slice_is(stage, "vrfy") || slice_is(stage, "etrn") || slice_is(stage, "expn");

	return command ? DEED_REFUSED_COMMAND : DEED_REFUSED_WITHOUT_WORDS;
}

void verdict_reply(const struct diagnoser *d, const struct complaint *c, struct other_verdict *ret)
{
	enum deed deed = c->said_by == SAID_BY_REMOTE ? DEED_COUNT : deed_of_words(c->reply);

	if (c->said_by == SAID_BY_US && c->stage.n && !c->reply.n && c->smtp_code == -1 && !c->dsn.n)
		deed = silent_deed(c->stage);
	*ret = (struct other_verdict){ .complaint = *c };
	if (deed != DEED_COUNT)
		ret->cause = deed_cause(deed);
	else
		find_cause(d, &ret->complaint, &ret->cause, &ret->deed);
}

/* What the sender's domain has to set up is ours to do if the mail is ours. */
static void take_sides(const struct message *m, struct cause *c)
{
	if (c->side == SIDE_SENDER_DOMAIN && (m->direction == DIRECTION_OUTBOUND || m->direction == DIRECTION_LOCAL))
		c->side = SIDE_US_CONFIG;
}

static struct complaint complaint_of(const struct message *m, const struct recipient *r, const struct attempt *a)
{
	struct complaint c = {
		.smtp_code = -1,
		.temporary = r->outcome == OUTCOME_DEFERRED || r->outcome == OUTCOME_EXPIRED || r->outcome == OUTCOME_HELD,
		.recipient = r->address.p ? r->address : r->orig_address,
		.sender = m->sender,
	};

	if (!a)
		return c;
	c.reply = is_only_queued(a) && a->dsn.n ? SLICE_NONE : a->reply;
	c.smtp_code = a->smtp_code;
	c.dsn = a->dsn;
	c.said_by = verdict_said_by(r, a);
	c.host = c.said_by == SAID_BY_US ? SLICE_NONE : a->relay_host;
	return c;
}

/* --- deeds -------------------------------------------------------------------------------------------- */

/* "frozen by root": a plain name, else nothing */
static struct slice who_by(struct slice s)
{
	size_t at = slice_rfind(s, SLICE(" by "));
	struct slice who = at < s.n ? slice_from(s, at + 4) : SLICE_NONE;

	if (!who.n || who.n > WHO_MAX)
		return SLICE_NONE;
	for (size_t i = 0; i < who.n; i++)
		if ((unsigned char)who.p[i] <= ' ' || (unsigned char)who.p[i] >= 0x7f)
			return SLICE_NONE;
	return who;
}

/* the site's words behind what the mail program says of them */
static struct slice rule_words(struct slice s)
{
	static const struct slice BEFORE[] = { LIT("ACL discarded recipients): "), LIT(" ACL: "), LIT("system filter: ") };

	for (size_t i = 0; i < ARRAY_LEN(BEFORE); i++) {
		size_t at = slice_find(s, BEFORE[i]);

		if (at < s.n)
			return slice_from(s, at + BEFORE[i].n);
	}
	return slice_is(s, "frozen by ACL") ? SLICE_NONE : s;
}

static enum deed held_deed(const struct message *m, struct deed_words *ret)
{
	struct slice reason = m->hold_reason;

	if (m->sender.p && !m->sender.n && m->writer == WRITER_EXIM && !says(reason, SLICE("frozen by")))
		return DEED_HELD_NOTIFICATION;
	if (says(reason, SLICE("delivery error message")))
		return DEED_HELD_NOTIFICATION;
	ret->who = who_by(reason);
	if (!reason.n || slice_is(reason, "Frozen") ||
	    (m->writer == WRITER_EXIM && ret->who.p && !slice_is(ret->who, "ACL") && !says(reason, SLICE("system filter"))))
		return DEED_HELD_BY_ADMIN;
	ret->words = rule_words(reason);
	return DEED_HELD_BY_RULE;
}

/* of other recipients only */
static bool is_of_others(const struct verdict *v, const struct recipient *r)
{
	return v->recipients.n && r->address.n && !says(v->recipients, r->address) &&
	       !(r->orig_address.n && says(v->recipients, r->orig_address));
}

/* the filter that decided: of several the one that says what it did */
static const struct verdict *deciding_filter(const struct message *m, const struct recipient *r, struct slice action)
{
	const struct verdict *found = NULL;

	for (const struct verdict *v = m->verdicts; v; v = v->next) {
		if (is_of_others(v, r))
			continue;
		if (v->action.p && slice_eq_fold(v->action, action))
			return v;
		if (v->result.p && (says(v->result, SLICE("spam")) || says(v->result, SLICE("infected"))) &&
		    !slice_eq_fold(v->result, SLICE("not spam")))
			found = v;
	}
	return found;
}

static enum deed filter_deed(const struct message *m, const struct verdict *v, struct deed_words *ret, enum deed spam, enum deed virus, enum deed other)
{
	ret->who = v->writer == m->writer ? SLICE_NONE : slice_str(writer_name(v->writer));
	ret->filter = v;
	if (slice_is(v->check, "virus") || says(v->result, SLICE("infected"))) {
		ret->words = v->detail;
		return virus;
	}
	if (slice_is(v->check, "spam") || says(v->result, SLICE("spam")))
		return spam;
	ret->words = v->detail.n ? v->detail : v->result;
	return other;
}

static bool mailbox_did(const struct message *m, struct slice action)
{
	for (const struct mailbox_action *a = m->mailbox; a; a = a->next)
		if (slice_eq(a->action, action))
			return true;
	return false;
}

static bool is_nowhere(const struct attempt *a)
{
	return says(a->reply, SLICE(":blackhole:")) || says(a->reply, SLICE("/dev/null")) ||
	       slice_is(a->relay_host, "/dev/null") || slice_is(a->transport, "*file*");
}

static enum deed discarded_deed(const struct message *m, const struct recipient *r, struct deed_words *ret)
{
	const struct verdict *v = deciding_filter(m, r, SLICE("discard"));
	const struct attempt *a = r->deciding;

	if (!a && mailbox_did(m, SLICE("discard")))
		return DEED_DISCARDED_BY_SIEVE;
	if (!a && !v)
		return DEED_DISCARDED;
	if (!a) /* only its filter speaks of it */
		return filter_deed(m, v, ret, DEED_DISCARDED_AS_SPAM, DEED_DISCARDED_AS_VIRUS, DEED_DISCARDED_BY_FILTER);
	if (slice_is(a->transport, "sieve") || says(a->reply, SLICE("(discard action)")))
		return DEED_DISCARDED_BY_SIEVE;
	if (is_nowhere(a))
		return DEED_DISCARDED_BY_ALIAS;
	if (v && !slice_is(v->check, "acl"))
		return filter_deed(m, v, ret, DEED_DISCARDED_AS_SPAM, DEED_DISCARDED_AS_VIRUS, DEED_DISCARDED_BY_FILTER);
	if (slice_is(a->reply, "(system filter)"))
		return DEED_DISCARDED_BY_SYSTEM_FILTER;
	if (m->writer == WRITER_EXIM && slice_is(a->reply, "discarded"))
		return DEED_DISCARDED_BY_OWNER;
	ret->words = slice_is(a->reply, "discarded") ? SLICE_NONE : rule_words(without_codes(a->reply));
	for (v = m->verdicts; v && !ret->words.n; v = v->next)
		if (slice_is(v->check, "acl"))
			ret->words = v->detail;
	return DEED_DISCARDED_BY_RULE;
}

/* what an administrator does to a queued message */
static enum deed removed_deed(const struct attempt *a, struct deed_words *ret)
{
	ret->who = a ? who_by(a->reply) : SLICE_NONE;
	return DEED_REMOVED;
}

/* --- the whole ---------------------------------------------------------------------------------------- */

static void set_deed(struct recipient_verdict *v, enum deed d)
{
	v->failed = true;
	v->cause = deed_cause(d);
}

static void take_attempt(const struct diagnoser *d, const struct message *m, const struct recipient *r, const struct attempt *a,
			 struct recipient_verdict *ret)
{
	const struct verdict *filter = deciding_filter(m, r, r->outcome == OUTCOME_REJECTED ? SLICE("reject") : SLICE("bounce"));
	bool by_filter = filter && (r->outcome == OUTCOME_REJECTED || slice_eq_fold(filter->action, SLICE("bounce")));

	ret->failed = true;
	ret->attempt = a;
	ret->complaint = complaint_of(m, r, a);
	if (r->outcome == OUTCOME_REJECTED) {
		ret->complaint.said_by = SAID_BY_US;
		ret->complaint.stage = SLICE("eod");
		ret->complaint.ip = m->client_ip;
	}
	find_cause(d, &ret->complaint, &ret->cause, &ret->deed);
	take_sides(m, &ret->cause);
	if (by_filter && ret->complaint.said_by == SAID_BY_US && !ret->cause.of_site && ret->cause.basis != BASIS_TEXT)
		ret->cause = deed_cause(filter_deed(m, filter, &ret->deed, DEED_REFUSED_AS_SPAM, DEED_REFUSED_AS_VIRUS,
						    says(filter->result, SLICE("banned")) ? DEED_REFUSED_BANNED :
													   DEED_REFUSED_BY_RULE));
}

/* held or removed: was it because nothing else helped? */
static void take_earlier(const struct diagnoser *d, const struct message *m, const struct recipient *r,
			 struct recipient_verdict *ret)
{
	const struct attempt *a = most_telling(r, OUTCOME_DEFERRED);

	if (!a || telling(a) < SAYS_BY_HEARSAY)
		return;
	ret->failed_before = true;
	ret->complaint_before = complaint_of(m, r, a);
	ret->complaint_before.temporary = true;
	diagnose(d, &ret->complaint_before, &ret->cause_before);
	take_sides(m, &ret->cause_before);
}

static void take_bounce(const struct diagnoser *d, const struct message *m, const struct recipient *r,
			struct recipient_verdict *ret)
{
	const struct attempt *a = r->deciding && telling(r->deciding) >= SAYS_A_CODE ? r->deciding :
											  most_telling(r, OUTCOME_NONE);
	enum deed deed;

	if (!a)
		a = r->deciding;
	deed = a && !a->tried ? deed_of_words(a->reply) : DEED_COUNT;
	if (deed == DEED_COUNT) {
		take_attempt(d, m, r, a, ret);
		return;
	}
	if (deed == DEED_CANCELLED)
		ret->deed.who = who_by(a->reply);
	ret->attempt = a;
	set_deed(ret, deed);
	take_earlier(d, m, r, ret);
}

void verdict_recipient(const struct diagnoser *d, const struct message *m, const struct recipient *r,
		       struct recipient_verdict *ret)
{
	*ret = (struct recipient_verdict){
		.complaint = complaint_of(m, r, NULL),
		.deed = { .id = m->queue_id, .writer = m->writer },
	};
	count_tries(r, ret);
	switch (r->outcome) {
	case OUTCOME_BOUNCED:
	case OUTCOME_REJECTED:
		take_bounce(d, m, r, ret);
		break;
	case OUTCOME_EXPIRED:
	case OUTCOME_DEFERRED:
		take_attempt(d, m, r, most_telling(r, OUTCOME_NONE), ret);
		break;
	case OUTCOME_HELD:
		set_deed(ret, held_deed(m, &ret->deed));
		take_earlier(d, m, r, ret);
		break;
	case OUTCOME_REMOVED:
		set_deed(ret, removed_deed(r->deciding, &ret->deed));
		take_earlier(d, m, r, ret);
		break;
	case OUTCOME_DISCARDED:
		ret->attempt = r->deciding;
		set_deed(ret, discarded_deed(m, r, &ret->deed));
		break;
	default:
		break;
	}
}

void verdict_rejection(const struct diagnoser *d, const struct rejection *r, struct other_verdict *ret)
{
	const struct complaint c = {
		.reply = r->reply,
		.smtp_code = r->smtp_code,
		.dsn = r->dsn,
		.stage = r->stage,
		.said_by = SAID_BY_US,
		.temporary = r->temporary,
		.recipient = r->recipient,
		.sender = r->sender,
		.ip = r->client_ip,
	};

	verdict_reply(d, &c, ret);
	/* Exim logs "(=" and no reason where it only pretends to refuse */
	if (ret->cause.basis == BASIS_DEED && !r->reply.n && r->writer == WRITER_EXIM && slice_is(r->stage, "data") && r->queue_id.n)
		ret->cause = deed_cause(DEED_REFUSED_FOR_SHOW);
	ret->deed.id = r->queue_id;
	ret->deed.writer = r->writer;
}

static enum deed login_deed(struct slice reason)
{
	static const struct {
		struct slice words;
		enum deed deed;
	} REASONS[] = {
		{ LIT("authentication server"), DEED_LOGIN_SERVICE_DOWN },
		{ LIT("Unable to authenticate at present"), DEED_LOGIN_SERVICE_DOWN },
		{ LIT("unable to connect"), DEED_LOGIN_SERVICE_DOWN },
		{ LIT("internal failure"), DEED_LOGIN_SERVICE_DOWN },
		{ LIT("temporary"), DEED_LOGIN_SERVICE_DOWN },
		{ LIT("user not found"), DEED_LOGIN_UNKNOWN },
		{ LIT("unknown user"), DEED_LOGIN_UNKNOWN },
		{ LIT("] not found"), DEED_LOGIN_UNKNOWN },
		{ LIT("NOT_FOUND"), DEED_LOGIN_UNKNOWN },
		{ LIT("no such user"), DEED_LOGIN_UNKNOWN },
		{ LIT("disabled"), DEED_LOGIN_DISABLED },
		{ LIT("expired"), DEED_LOGIN_DISABLED },
		{ LIT("not allowed"), DEED_LOGIN_DISABLED },
		{ LIT("cancelled"), DEED_LOGIN_BROKEN },
		{ LIT("aborted"), DEED_LOGIN_BROKEN },
		{ LIT("no auth attempts"), DEED_LOGIN_BROKEN },
		{ LIT("base64"), DEED_LOGIN_BROKEN },
		{ LIT("decode"), DEED_LOGIN_BROKEN },
		{ LIT("mechanism"), DEED_LOGIN_BROKEN },
		{ LIT("All-whitespace"), DEED_LOGIN_BROKEN },
	};

	for (size_t i = 0; i < ARRAY_LEN(REASONS); i++)
		if (says(reason, REASONS[i].words))
			return REASONS[i].deed;
	return DEED_LOGIN_WRONG;
}

static bool is_about_logins(enum cause_class c)
{
	return c == CLASS_AUTH || c == CLASS_CONFIG || c == CLASS_SECURITY || c == CLASS_TLS || c == CLASS_RATE;
}

void verdict_login(const struct diagnoser *d, const struct login *l, struct other_verdict *ret)
{
	const struct complaint c = {
		.reply = l->reason,
		.smtp_code = -1,
		.stage = SLICE("auth"),
		.said_by = SAID_BY_US,
		.ip = l->client_ip,
	};

	*ret = (struct other_verdict){ .complaint = c, .deed = { .writer = l->writer } };
	if (l->reason.n)
		diagnose(d, &c, &ret->cause);
	/* "unknown user" of a login is no mailbox that mail does not reach */
	if (!l->reason.n || (!ret->cause.of_site && (ret->cause.basis != BASIS_TEXT || !is_about_logins(ret->cause.class))))
		ret->cause = deed_cause(login_deed(l->reason));
}
