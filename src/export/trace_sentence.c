/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace_sentence.c - what became of a message, in one sentence to read out; why, and what to do
 *
 * Whole sentences are put together, never parts of sentences, so that they can be translated.  Times are short: the day is
 * named only where it is not the day of the last word about the message.
 *
 * When a message is tried next and given up is no fact: it follows from the attempts and what the mail programs do by
 * default, and the sentence says so.
 */
#include "export/trace_verdict_priv.h"

#include "base/attr.h"
#include "base/civil.h"

#define GROUPS_SAID 3 /* causes that the sentence tells */
#define NAMES_SAID  3 /* recipients that it names */
#define NAME_MAX    254

/* --- parts of sentences --------------------------------------------------------------------------------- */

/* one piece of a text, to be filled in */
struct said {
	struct strbuf *out;
	enum tr_language language;
};

static void say(const struct said *s, const char *key, const struct tr_value *values, size_t n)
{
	if (s->out->n && s->out->p[s->out->n - 1] != ' ')
		strbuf_add_byte(s->out, ' ');
	tr_fill(s->out, tr_in(s->language, key), values, n);
}

static struct slice address_of(const struct recipient *r)
{
	struct slice a = r->address.p ? r->address : r->orig_address;

	return slice_head(a, NAME_MAX);
}

/* "14:03", "14:03:05"; with the day if it is another one than that of `today_us` */
static void short_time(struct strbuf *out, usec_t t, usec_t today_us, int32_t offset_sec, bool seconds)
{
	struct civil c = civil_of(t, offset_sec), today = civil_of(today_us, offset_sec);

	if (c.year != today.year || c.month != today.month || c.day != today.day)
		strbuf_printf(out, "%04d-%02d-%02d ", c.year, c.month, c.day);
	strbuf_printf(out, seconds ? "%02d:%02d:%02d" : "%02d:%02d", c.hour, c.minute, c.second);
}

/* What waits: an instant in words of the log's wall clock. */
static struct strbuf time_of(const struct message *m, usec_t t, bool seconds)
{
	struct strbuf out = { 0 };

	short_time(&out, t, m->last_us, m->utc_offset_sec, seconds);
	return out;
}

static struct strbuf span_of(usec_t from, usec_t to)
{
	struct strbuf out = { 0 };

	if (from != USEC_NONE && to != USEC_NONE && to >= from)
		term_span(&out, to - from);
	return out;
}

static struct strbuf number(size_t n)
{
	struct strbuf out = { 0 };

	term_count(&out, n);
	return out;
}

/* what a sentence is about */
enum common { OF_ONE, OF_SEVERAL, OF_SEVERAL_HOSTS };

static enum common common_of(const struct group *g)
{
	return g->n == 1 ? OF_ONE : g->hosts_differ ? OF_SEVERAL_HOSTS : OF_SEVERAL;
}

/* of several recipients none is named, and of several hosts no host */
static void about_all(struct complaint *c, enum common in_common)
{
	if (in_common == OF_ONE)
		return;
	c->recipient = SLICE_NONE;
	if (in_common == OF_SEVERAL_HOSTS)
		c->host = c->reply = SLICE_NONE;
}

/* "summary (550 5.1.1)" */
static struct strbuf cause_words(enum tr_language language, const struct cause *cause, const struct complaint *complaint,
				 const struct deed_words *deed, enum common in_common)
{
	struct complaint c = *complaint;
	struct strbuf out = { 0 }, codes = { 0 };

	about_all(&c, in_common);
	verdict_summary(&out, language, cause, &c, deed);
	if (cause->basis != BASIS_DEED)
		verdict_codes(&codes, complaint);
	if (codes.n) {
		strbuf_add_str(&out, " (");
		strbuf_add(&out, strbuf_slice(&codes));
		strbuf_add_byte(&out, ')');
	}
	strbuf_done(&codes);
	return out;
}

/* the action, and the class, side and id for those who look for them: "Correct it. [hard, sender-user, generic-user-unknown]" */
static void add_action(const struct said *s, const struct cause *cause, const struct complaint *complaint,
		       const struct deed_words *deed)
{
	if (s->out->n && s->out->p[s->out->n - 1] != ' ')
		strbuf_add_byte(s->out, ' ');
	verdict_action(s->out, s->language, cause, complaint, deed);
	strbuf_printf(s->out, " [%s, %s, %.*s]", cause_class_name(cause->class), cause_side_name(cause->side), SLICE_ARG(cause->id));
}

/* "Wait: it is tried again. Test port 25.": not for what was given up */
static bool begins_with_waiting(const struct cause *c)
{
	return c->temporary && (slice_starts(c->action, "Wait") || slice_starts(c->action, "Nothing to do"));
}

static void say_action(const struct said *s, const struct leaf *l, enum common in_common, bool headed)
{
	struct complaint c = l->verdict.complaint;
	struct strbuf text = { 0 };
	const struct said own = { &text, s->language };
	struct slice rest;
	size_t end;

	about_all(&c, in_common);
	add_action(&own, &l->verdict.cause, &c, &l->verdict.deed);
	rest = strbuf_slice(&text);
	end = slice_find(rest, SLICE(". "));
	if (l->recipient->outcome == OUTCOME_EXPIRED && begins_with_waiting(&l->verdict.cause) && end < rest.n)
		rest = slice_from(rest, end + 2);
	if (headed && rest.p[0] != '[')
		say(s, TR_KEY("trace.verdict.advice", "What to do:"), NULL, 0);
	if (s->out->n && s->out->p[s->out->n - 1] != ' ')
		strbuf_add_byte(s->out, ' ');
	strbuf_add(s->out, rest);
	strbuf_done(&text);
}

/* --- what waits: tried when, next when, until when ------------------------------------------------------ */

/* what mail programs do unless they are told otherwise */
static const struct habit {
	enum writer writer;
	usec_t life_us; /* of a message in the queue */
} HABITS[] = {
	{ WRITER_POSTFIX, 5 * USEC_PER_DAY },  /* maximal_queue_lifetime */
	{ WRITER_EXIM, 4 * USEC_PER_DAY },     /* retry rule: * * F,2h,15m; G,16h,1h,1.5; F,4d,6h */
	{ WRITER_SENDMAIL, 5 * USEC_PER_DAY }, /* Timeout.queuereturn */
	{ WRITER_EXCHANGE, 2 * USEC_PER_DAY }, /* MessageExpirationTimeout */
};

/* Postfix minimal_backoff_time and maximal_backoff_time: as long again as the message is old, within these */
#define POSTFIX_BACKOFF_MIN (300 * USEC_PER_SEC)
#define POSTFIX_BACKOFF_MAX (4000 * USEC_PER_SEC)

static usec_t exim_gap(usec_t age, usec_t gap)
{
	if (age < 2 * USEC_PER_HOUR)
		return 15 * USEC_PER_MIN;
	if (age >= 16 * USEC_PER_HOUR)
		return 6 * USEC_PER_HOUR;
	return gap > USEC_PER_HOUR ? gap + gap / 2 : USEC_PER_HOUR;
}

/* from one try to the next by default; -1: not known */
static usec_t default_gap(const struct message *m, const struct recipient_verdict *v)
{
	usec_t age = usec_since(m->arrived_us, v->last_try_us);

	switch ((int)m->writer) {
	case WRITER_POSTFIX:
		return age < POSTFIX_BACKOFF_MIN ? POSTFIX_BACKOFF_MIN : age > POSTFIX_BACKOFF_MAX ? POSTFIX_BACKOFF_MAX : age;
	case WRITER_EXIM:
		return exim_gap(age, v->try_gap_us);
	case WRITER_SENDMAIL:
		return USEC_PER_HOUR; /* -q1h */
	case WRITER_EXCHANGE:
		return 10 * USEC_PER_MIN;
	default:
		return -1;
	}
}

static void say_outlook(const struct said *s, const struct message_verdict *mv, const struct leaf *l)
{
	const struct message *m = l->message;
	const struct recipient_verdict *v = &l->verdict;
	usec_t end = mv->answer->head.until_us != USEC_NONE ? mv->answer->head.until_us : m->last_us;
	struct strbuf next = { 0 }, until = { 0 };
	usec_t gap, next_us;

	if (m->arrived_us == USEC_NONE || v->last_try_us == USEC_NONE)
		return;
	gap = default_gap(m, v);
	if (v->tries >= 3 && v->try_gap_us > 0 && v->try_gap_us < gap / 2)
		return; /* this server has times of its own */
	next_us = v->last_try_us + gap;
	if (gap > 0 && next_us > end)
		next = time_of(m, next_us, false);
	for (size_t i = 0; i < ARRAY_LEN(HABITS); i++)
		if (HABITS[i].writer == m->writer && m->arrived_us + HABITS[i].life_us > end)
			until = time_of(m, m->arrived_us + HABITS[i].life_us, false);
	if (next.n && until.n)
		say(s,
		    TR_KEY("trace.verdict.outlook",
			   "By default the next try comes about {next}, and it is given up about {until}."),
		    (struct tr_value[]){ { "next", strbuf_slice(&next) }, { "until", strbuf_slice(&until) } }, 2);
	else if (until.n)
		say(s, TR_KEY("trace.verdict.until", "By default it is given up about {until}."),
		    (struct tr_value[]){ { "until", strbuf_slice(&until) } }, 1);
	strbuf_done(&next);
	strbuf_done(&until);
}

static void say_tries(const struct said *s, const struct leaf *l)
{
	const struct recipient_verdict *v = &l->verdict;
	struct strbuf n = number(v->tries), first = { 0 }, last = { 0 };

	if (!v->tries)
		goto out;
	first = time_of(l->message, v->first_try_us, true);
	last = time_of(l->message, v->last_try_us, true);
	if (v->tries == 1)
		say(s, TR_KEY("trace.verdict.tried_once", "Tried once, at {last}."),
		    (struct tr_value[]){ { "last", strbuf_slice(&last) } }, 1);
	else
		say(s, TR_KEY("trace.verdict.tried", "Tried {n} times since {first}, last at {last}."),
		    (struct tr_value[]){ { "n", strbuf_slice(&n) },
					 { "first", strbuf_slice(&first) },
					 { "last", strbuf_slice(&last) } },
		    3);
out:
	strbuf_done(&n);
	strbuf_done(&first);
	strbuf_done(&last);
}

/* --- one recipient -------------------------------------------------------------------------------------- */

/* the folder that the mail went to; SLICE_NONE: the inbox, or not told */
static struct slice folder_of(const struct message *m, const struct recipient *r)
{
	struct slice folder = SLICE_NONE, address = address_of(r);
	struct slice local = slice_head(address, slice_rfind_byte(address, '@'));

	for (const struct mailbox_action *a = m->mailbox; a; a = a->next) {
		bool stores = slice_is(a->action, "store") || slice_is(a->action, "save");

		if (!stores || !a->service.p || (!slice_is(a->service, "lmtp") && !slice_is(a->service, "lda")))
			continue;
		if (slice_eq_fold(a->user, address) || slice_eq_fold(a->user, local) || slice_eq_fold(a->user, r->orig_address))
			folder = a->folder;
	}
	return slice_eq_fold(folder, SLICE("INBOX")) ? SLICE_NONE : folder;
}

/* the instant and how long it took, if that was a second or more */
static void when_and_after(const struct message_verdict *mv, const struct leaf *l, struct strbuf *time, struct strbuf *span)
{
	const struct attempt *a = l->recipient->deciding;
	usec_t from = mv->message->arrived_us;

	*time = *span = (struct strbuf){ 0 };
	if (!a || a->time_us == USEC_NONE)
		return;
	answer_time(time, a->time_us, l->message->utc_offset_sec);
	if (from != USEC_NONE && a->time_us - from >= USEC_PER_SEC)
		*span = span_of(from, a->time_us);
}

static void say_delivered(const struct said *s, const struct message_verdict *mv, const struct leaf *l)
{
	struct strbuf time, span;

	when_and_after(mv, l, &time, &span);
	say(s,
	    TR_KEY("trace.verdict.delivered",
		   "Delivered to {recipient|the recipient}{ in folder folder}{ at time}{, after span}."),
	    (struct tr_value[]){ { "recipient", address_of(l->recipient) },
				 { "folder", slice_head(folder_of(l->message, l->recipient), NAME_MAX) },
				 { "time", strbuf_slice(&time) },
				 { "span", strbuf_slice(&span) } },
	    4);
	strbuf_done(&time);
	strbuf_done(&span);
}

/* where the mail should have gone on, and why the logs do not tell that */
static const char *from_there_key(const struct hop *gap)
{
	if (!gap || gap->owner != OWNER_US)
		return TR_KEY("trace.verdict.from_there", "What became of it from there on, that server's log knows.");
	switch (gap->log) {
	case HOP_LOG_ENDS_BEFORE:
		return TR_KEY("trace.verdict.log_ends", "What became of it from there on is not known: the log of that server ends before that time.");
	case HOP_LOG_BEGINS_AFTER:
		return TR_KEY("trace.verdict.log_begins", "What became of it from there on is not known: the log of that server begins after that time.");
	case HOP_LOG_NO_LINE:
		return TR_KEY("trace.verdict.log_silent", "What became of it from there on is not known: the log of that server has no line about it.");
	default:
		return TR_KEY("trace.verdict.log_missing", "What became of it from there on is not known: the log of that server was not read.");
	}
}

static void say_relayed(const struct said *s, const struct message_verdict *mv, const struct leaf *l)
{
	const struct attempt *a = l->recipient->deciding;
	struct strbuf time, span;

	when_and_after(mv, l, &time, &span);
	say(s,
	    TR_KEY("trace.verdict.relayed",
		   "Accepted by {host|the next server} for {recipient|the recipient}{ at time}{, after span}{; its id there is id}."),
	    (struct tr_value[]){ { "host", a ? slice_head(a->relay_host.n ? a->relay_host : a->relay_ip, NAME_MAX) : SLICE_NONE },
				 { "recipient", address_of(l->recipient) },
				 { "time", strbuf_slice(&time) },
				 { "span", strbuf_slice(&span) },
				 { "id", a ? slice_head(a->next_queue_id, NAME_MAX) : SLICE_NONE } },
	    5);
	say(s, from_there_key(mv->answer->trails ? trail_gap(mv->answer->trails, l->message, l->recipient) : NULL), NULL, 0);
	strbuf_done(&time);
	strbuf_done(&span);
}

static void say_pending(const struct said *s, const struct message_verdict *mv, const struct leaf *l)
{
	const struct message *m = l->message;
	struct strbuf last = time_of(m, m->last_us, true);
	const struct tr_value values[] = { { "recipient", address_of(l->recipient) }, { "last", strbuf_slice(&last) } };

	(void)mv;
	if (m->state == MESSAGE_OPEN || m->state == MESSAGE_HELD)
		say(s,
		    TR_KEY("trace.verdict.waiting",
			   "Not delivered yet{ to recipient}: it was in the queue at {last}, and no try is in the logs."),
		    values, 2);
	else if (m->state == MESSAGE_ABORTED)
		say(s,
		    TR_KEY("trace.verdict.aborted",
			   "Never taken in: the sending side broke off before the message was complete, so nothing was delivered{ to recipient}."),
		    values, 2);
	else
		say(s,
		    TR_KEY("trace.verdict.vanished",
			   "Unknown what became of it{ for recipient}: the last word about it is of {last}, and how it ended is not in the logs that were read."),
		    values, 2);
	strbuf_done(&last);
}

static void say_expanded(const struct said *s, const struct leaf *l)
{
	const struct attempt *a = l->recipient->deciding;
	const struct tr_value values[] = {
		{ "recipient", address_of(l->recipient) },
		{ "host", a ? slice_head(a->relay_host.n ? a->relay_host : a->relay_ip, NAME_MAX) : SLICE_NONE },
		{ "id", a ? slice_head(a->next_queue_id, NAME_MAX) : SLICE_NONE },
	};

	if (values[1].value.n || values[2].value.n)
		say(s,
		    TR_KEY("trace.verdict.handed_on",
			   "Handed on{ to host}{ as id}{ for recipient}: what became of it there is not in the logs that were read."),
		    values, 3);
	else
		say(s,
		    TR_KEY("trace.verdict.expanded",
			   "{recipient|The address} stands for other addresses or a program; what became of their mail is not in this answer."),
		    values, 3);
}

static const char *failure_key(enum outcome o)
{
	switch ((int)o) {
	case OUTCOME_REJECTED:
		return TR_KEY("trace.verdict.refused", "Refused{ for names}: {cause}.");
	case OUTCOME_DEFERRED:
		return TR_KEY("trace.verdict.deferred", "Not delivered yet{ to names}: {cause}.");
	case OUTCOME_HELD:
		return TR_KEY("trace.verdict.held", "Not delivered yet{ to names}: {cause}.");
	case OUTCOME_DISCARDED:
		return TR_KEY("trace.verdict.discarded", "Not delivered{ to names}, and nobody was told: {cause}.");
	case OUTCOME_REMOVED:
		return TR_KEY("trace.verdict.removed", "Not delivered{ to names}: {cause}.");
	case OUTCOME_EXPIRED:
		return TR_KEY("trace.verdict.expired", "Not delivered{ to names}, given up{ after span}{ and tries}: {cause}.");
	default:
		return TR_KEY("trace.verdict.bounced", "Not delivered{ to names}: {cause}.");
	}
}

/* "a@b", "a@b, c@d", "5 recipients"; nothing where the cause names the only one */
static struct strbuf names_of(enum tr_language language, const struct message_verdict *v, size_t group)
{
	struct strbuf out = { 0 };
	size_t n = v->groups[group].n;

	if (n > NAMES_SAID) {
		struct strbuf count = number(n);

		tr_fill(&out, tr_in(language, TR_KEY("trace.verdict.recipients", "{n} recipients")),
			(struct tr_value[]){ { "n", strbuf_slice(&count) } }, 1);
		strbuf_done(&count);
		return out;
	}
	for (size_t i = 0; i < v->n; i++) {
		if (v->leaves[i].group != group || !address_of(v->leaves[i].recipient).n)
			continue;
		if (out.n)
			strbuf_add_str(&out, ", ");
		strbuf_add(&out, address_of(v->leaves[i].recipient));
	}
	return out;
}

static struct strbuf tries_words(enum tr_language language, uint32_t tries)
{
	struct strbuf out = { 0 }, n = number(tries);

	if (tries)
		tr_fill(&out, tr_plural_in(language, TR_KEY("trace.verdict.tries", "one try"), TR_PLURAL("{n} tries"), tries),
			(struct tr_value[]){ { "n", strbuf_slice(&n) } }, 1);
	strbuf_done(&n);
	return out;
}

/* "Not delivered to a@b: the mailbox does not exist (550 5.1.1)." */
static void say_failure(const struct said *s, const struct message_verdict *v, size_t group, bool name)
{
	const struct leaf *l = &v->leaves[v->groups[group].first];
	const struct recipient_verdict *x = &l->verdict;
	enum common in_common = common_of(&v->groups[group]);
	struct strbuf cause = cause_words(s->language, &x->cause, &x->complaint, &x->deed, in_common);
	struct strbuf names = { 0 }, tries = { 0 }, span = { 0 };

	/* the only recipient is named unless its cause does so */
	if (name || slice_find(strbuf_slice(&cause), address_of(l->recipient)) == cause.n)
		names = names_of(s->language, v, group);
	if (l->recipient->outcome == OUTCOME_EXPIRED) {
		tries = tries_words(s->language, x->tries);
		span = span_of(l->message->arrived_us, l->recipient->deciding ? l->recipient->deciding->time_us : x->last_try_us);
	}
	say(s, failure_key(l->recipient->outcome),
	    (struct tr_value[]){ { "names", strbuf_slice(&names) },
				 { "cause", strbuf_slice(&cause) },
				 { "tries", strbuf_slice(&tries) },
				 { "span", strbuf_slice(&span) } },
	    4);
	if (x->failed_before) {
		strbuf_clear(&cause);
		strbuf_done(&cause);
		cause = cause_words(s->language, &x->cause_before, &x->complaint_before, NULL, in_common);
		say(s, TR_KEY("trace.verdict.before", "The tries before had failed: {cause}."),
		    (struct tr_value[]){ { "cause", strbuf_slice(&cause) } }, 1);
	}
	if (l->recipient->outcome == OUTCOME_DEFERRED) {
		say_tries(s, l);
		say_outlook(s, v, l);
	}
	strbuf_done(&cause);
	strbuf_done(&names);
	strbuf_done(&tries);
	strbuf_done(&span);
}

/* --- the sentence --------------------------------------------------------------------------------------- */

static const struct leaf *first_with(const struct message_verdict *v, enum outcome o)
{
	for (size_t i = 0; i < v->n; i++)
		if (v->leaves[i].group == GROUP_NONE && (o == OUTCOME_NONE || v->leaves[i].recipient->outcome == o))
			return &v->leaves[i];
	return NULL;
}

/* what went well of several recipients */
static void say_good(const struct said *s, const struct message_verdict *v)
{
	size_t good = v->delivered + v->relayed;
	struct strbuf n = number(good), all = number(v->n);
	const struct tr_value values[] = { { "n", strbuf_slice(&n) }, { "all", strbuf_slice(&all) } };

	if (good == v->n && v->delivered == v->n)
		say(s, TR_KEY("trace.verdict.delivered_all", "Delivered to all {all} recipients."), values, 2);
	else if (good == v->n && v->relayed == v->n)
		say(s,
		    TR_KEY("trace.verdict.relayed_all",
			   "Accepted by the next servers for all {all} recipients; from there on their logs know."),
		    values, 2);
	else if (good == v->n)
		say(s, TR_KEY("trace.verdict.good_all", "All {all} recipients: delivered, or accepted by the next server."),
		    values, 2);
	else
		say(s, TR_KEY("trace.verdict.good_some", "{n} of {all} recipients: delivered, or accepted by the next server."),
		    values, 2);
	strbuf_done(&n);
	strbuf_done(&all);
}

static void say_leaf(const struct said *s, const struct message_verdict *v, const struct leaf *l)
{
	switch ((int)l->recipient->outcome) {
	case OUTCOME_DELIVERED:
		say_delivered(s, v, l);
		break;
	case OUTCOME_RELAYED:
		say_relayed(s, v, l);
		break;
	case OUTCOME_EXPANDED:
		say_expanded(s, l);
		break;
	default:
		say_pending(s, v, l);
		break;
	}
}

static void say_nobody(const struct said *s, const struct message *m)
{
	struct strbuf last = time_of(m, m->last_us, true);
	const struct tr_value values[] = { { "last", strbuf_slice(&last) } };

	if (m->state == MESSAGE_ABORTED || m->state == MESSAGE_REJECTED)
		say(s,
		    TR_KEY("trace.verdict.nobody_aborted",
			   "Never taken in: the message was refused or broken off before it was complete; no recipient of it is in the logs."),
		    values, 1);
	else
		say(s,
		    TR_KEY("trace.verdict.nobody",
			   "The logs that were read name no recipient of it; the last word about it is of {last}."),
		    values, 1);
	strbuf_done(&last);
}

/* given up for something that passes by */
static bool passes_by(const struct message_verdict *v)
{
	for (size_t i = 0; i < v->n_groups; i++) {
		const struct leaf *l = &v->leaves[v->groups[i].first];

		if (l->recipient->outcome == OUTCOME_EXPIRED && l->verdict.cause.temporary)
			return true;
	}
	return false;
}

void message_verdict_sentence(struct strbuf *out, enum tr_language language, const struct message_verdict *v)
{
	const struct said s = { out, language };
	const struct leaf *other = first_with(v, OUTCOME_EXPANDED);

	if (v->message->role == ROLE_PROBE)
		say(&s, TR_KEY("trace.verdict.probe", "No mail, only a check whether the address exists."), NULL, 0);
	if (!v->n) {
		say_nobody(&s, v->message);
		return;
	}
	if (v->n == 1 && !v->n_groups) {
		say_leaf(&s, v, &v->leaves[0]);
		return;
	}
	if (v->delivered + v->relayed)
		say_good(&s, v);
	for (size_t i = 0; i < v->n_groups && i < GROUPS_SAID; i++)
		say_failure(&s, v, i, v->n > 1);
	if (passes_by(v))
		say(&s, TR_KEY("trace.verdict.again", "What was given up has to be sent again once that is over."), NULL, 0);
	if (v->n_groups > GROUPS_SAID) {
		struct strbuf n = number(v->n_groups - GROUPS_SAID);

		say(&s, TR_KEY("trace.verdict.more_causes", "{n} more causes stand below."),
		    (struct tr_value[]){ { "n", strbuf_slice(&n) } }, 1);
		strbuf_done(&n);
	}
	if (v->pending)
		say_pending(&s, v, first_with(v, OUTCOME_PENDING) ? first_with(v, OUTCOME_PENDING) : &v->leaves[0]);
	if (other && !v->delivered && !v->relayed && !v->n_groups)
		say_expanded(&s, other);
	if (v->n_groups == 1)
		say_action(&s, &v->leaves[v->groups[0].first], common_of(&v->groups[0]), false);
}

bool message_verdict_note(struct strbuf *out, enum tr_language language, const struct message_verdict *v, const struct recipient *r)
{
	const struct said s = { out, language };

	if (v->n_groups < 2)
		return false;
	for (size_t i = 0; i < v->n_groups; i++) {
		const struct leaf *l = &v->leaves[v->groups[i].first];

		if (l->recipient != r)
			continue;
		if (i >= GROUPS_SAID)
			say_failure(&s, v, i, false);
		say_action(&s, l, common_of(&v->groups[i]), true);
		return true;
	}
	return false;
}

/* --- refusals and logins -------------------------------------------------------------------------------- */

static void say_other(const struct said *s, const char *key, const struct other_verdict *v, bool with_action)
{
	struct strbuf cause = cause_words(s->language, &v->cause, &v->complaint, &v->deed, OF_ONE);

	say(s, key, (struct tr_value[]){ { "cause", strbuf_slice(&cause) } }, 1);
	strbuf_done(&cause);
	if (!with_action)
		return;
	add_action(s, &v->cause, &v->complaint, &v->deed);
}

void rejection_sentence(struct strbuf *out, enum tr_language language, const struct rejection *r, const struct other_verdict *v,
			bool with_action)
{
	say_other(&(struct said){ out, language },
		  r->temporary ? TR_KEY("trace.verdict.put_off", "Refused for now: {cause}.") :
				 TR_KEY("trace.verdict.rejected", "Refused: {cause}."),
		  v, with_action);
}

void login_sentence(struct strbuf *out, enum tr_language language, const struct other_verdict *v, bool with_action)
{
	say_other(&(struct said){ out, language }, TR_KEY("trace.verdict.login", "Login failed: {cause}."), v, with_action);
}
