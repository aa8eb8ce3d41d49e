/* SPDX-License-Identifier: Apache-2.0 */
/*
 * amavis_verdict.c - the line with amavis' word: "Passed CLEAN {RelayedInbound}, ...", "Blocked SPAM {...},
 * ..."
 *
 * Source: amavisd-new 2.13.0, Amavis.pm, $log_templ and $log_verbose_templ:
 *
 *   (Passed|Blocked) CAT {ACTIONS},[ BANK][ LOCAL][ [IP]:PORT][ [IP]] <S> -> <R>,<R>..., quarantine: Q,
 * Queue-ID: ID, Message-ID: <M>, Resent-Message-ID: <M>, mail_id: X, Hits: N, size: N, pt: N, queued_as:
 * ID[/ID], Subject: "T", From: A, User-Agent: U, Tests: [A=1,B=2], dkim_sd=S:D,..., dkim_new=S:D, N ms
 *
 * Before 2.7 there was neither {ACTIONS} nor a port, before 2.3 no category.  Templates are the site's: keys
 * that nobody knows are skipped.
 *
 * Traps: names of viruses and files (CAT), addresses, Message-IDs and subjects may hold any of these texts.
 * The category ends at the first "{" with words of amavis' own, the Message-ID at the last key that can
 * follow it; what stands behind a subject is read from the right.  A message with mixed recipients has a
 * Passed and a Blocked line.
 */
#include "base/attr.h"
#include "base/ip.h"
#include "parse/amavis/amavis_priv.h"

/* clang-format off */
static const struct {
	struct slice word;
	struct slice check, result;
} CATEGORIES[] = {
	{ LIT("CLEAN"),               LIT("spam"),    LIT("clean") },
	{ LIT("SPAMMY"),              LIT("spam"),    LIT("spammy") },
	{ LIT("SPAM"),                LIT("spam"),    LIT("spam") },
	{ LIT("INFECTED"),            LIT("virus"),   LIT("infected") },
	{ LIT("BANNED"),              LIT("content"), LIT("banned") },
	{ LIT("BAD-HEADER"),          LIT("content"), LIT("bad_header") },
	{ LIT("UNCHECKED-ENCRYPTED"), LIT("content"), LIT("unchecked") },
	{ LIT("UNCHECKED"),           LIT("content"), LIT("unchecked") },
	{ LIT("OVERSIZED"),           LIT("content"), LIT("oversized") },
	{ LIT("MTA-BLOCKED"),         LIT("content"), LIT("mta_blocked") },
	{ LIT("TEMPFAIL"),            LIT("content"), LIT("temperror") },
	{ LIT("OTHER"),               LIT("content"), LIT("other") },
};

/* NoBounce: it would have bounced, but nobody is to be told */
static const struct {
	struct slice word, action;
	enum outcome outcome;
} ACTIONS[] = {
	{ LIT("Relayed"),   LIT("relay"),    OUTCOME_NONE },
	{ LIT("Discarded"), LIT("discard"),  OUTCOME_DISCARDED },
	{ LIT("NoBounce"),  LIT("discard"),  OUTCOME_DISCARDED },
	{ LIT("Bounced"),   LIT("bounce"),   OUTCOME_BOUNCED },
	{ LIT("Rejected"),  LIT("reject"),   OUTCOME_REJECTED },
	{ LIT("TempFailed"),LIT("defer"),    OUTCOME_DEFERRED },
	{ LIT("Accepted"),  LIT("accept"),   OUTCOME_NONE },
};

/* where mail was going: ends the first word of the actions */
static const struct slice DIRECTIONS_OF[] = {
	LIT("Inbound"), LIT("Outbound"), LIT("Internal"), LIT("OpenRelay"),
};

/* what can stand behind "Message-ID: <...>" */
static const struct slice BEHIND_MESSAGE_ID[] = {
	LIT(">, Resent-Message-ID: <"), LIT(">, mail_id: "), LIT(">, Hits: "), LIT(">, size: "),
};
/* clang-format on */

#define ADDRESS_MAX_BYTES 64 /* of an IP address, with room to spare: a "[" that is none costs no more */

/* "RelayedTaggedInbound,Quarantined": words of amavis' own, the first of them known */
static bool take_actions(struct cur *c, struct event *e)
{
	struct cur at = *c;
	struct slice words, first;
	bool directed = false;

	while (!cur_at_end(&at) && (ascii_alpha(*at.p) || *at.p == ','))
		at.p++;
	words = slice_between(c->p, at.p);
	if (!cur_lit(&at, "},"))
		return false;
	first = slice_head(words, slice_find_byte(words, ','));
	for (size_t i = 0; i < ARRAY_LEN(DIRECTIONS_OF); i++)
		directed = directed ||
			   (first.n > DIRECTIONS_OF[i].n &&
			    slice_eq(slice_from(first, first.n - DIRECTIONS_OF[i].n), DIRECTIONS_OF[i]));
	if (!directed)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(ACTIONS); i++)
		if (slice_starts_(first, ACTIONS[i].word.p, ACTIONS[i].word.n)) {
			e->action = ACTIONS[i].action;
			e->outcome = ACTIONS[i].outcome;
			*c = at;
			return true;
		}
	return false;
}

/* Behind "CAT ": up to and with the comma that ends the actions.  Names in parentheses go to e->reason. */
static bool take_rest_of_category(struct cur *c, struct event *e)
{
	struct cur at = *c;
	bool named = cur_byte(&at, '(');
	const char *begin = at.p;
	struct slice skipped;

	while (cur_until(&at, '{', &skipped)) {
		const char *brace = at.p - 1;

		if ((brace == begin ||
		     (brace[-1] == ' ' && (!named || (brace - begin >= 2 && brace[-2] == ')')))) &&
		    take_actions(&at, e)) {
			if (named)
				e->reason = slice_between(begin, brace - 2);
			*c = at;
			return true;
		}
	}
	if (!named) /* before 2.7: "CLEAN, [192.0.2.1] <s> -> <r>" */
		return false;
	at.p = begin;
	if (!cur_until_lit(&at, "),", &e->reason))
		return false;
	*c = at;
	return true;
}

static bool take_category(struct cur *c, struct event *e)
{
	const char *begin = c->p;
	struct slice word;

	while (c->p < c->end && ((*c->p >= 'A' && *c->p <= 'Z') || *c->p == '-' || ascii_digit(*c->p)))
		c->p++;
	word = slice_between(begin, c->p);
	for (size_t i = 0; i < ARRAY_LEN(CATEGORIES); i++) {
		if (!slice_starts_(word, CATEGORIES[i].word.p, CATEGORIES[i].word.n))
			continue;
		e->check = CATEGORIES[i].check;
		e->result = CATEGORIES[i].result;
		break;
	}
	if (!e->check.p)
		return false;
	if (cur_byte(c, ','))
		return true;
	return cur_byte(c, ' ') && take_rest_of_category(c, e);
}

/* "[192.0.2.1]:41234", "[192.0.2.1]", "[IPv6:2001:db8::1]:25" */
static bool take_client(struct cur *c, struct slice *ret_ip, int64_t *ret_port)
{
	struct cur at = *c;
	struct slice s;
	struct ip ip;

	if (!cur_byte(&at, '['))
		return false;
	while (!cur_at_end(&at) && *at.p != ']' && at.p - c->p <= ADDRESS_MAX_BYTES)
		at.p++;
	s = slice_between(c->p + 1, at.p);
	if (!cur_byte(&at, ']') || !ip_parse(s, &ip))
		return false;
	*ret_ip = slice_starts(s, "IPv6:") ? slice_from(s, 5) : s;
	if (cur_byte(&at, ':'))
		(void)cur_i64(&at, 65535, ret_port);
	*c = at;
	return true;
}

/* " BANK/BANK LOCAL [IP]:PORT [IP] <S> -> <R>,<R>": the first address is the client's, the second the one
 * that the message was first sent from, as its header says */
static bool take_way(struct cur *c, struct event *e)
{
	bool client = false;
	struct slice word;

	for (;;) {
		struct slice ip;
		int64_t port = -1;

		if (!cur_byte(c, ' '))
			return false;
		if (cur_peek(c) == '<')
			return amavis_envelope(c, e);
		if (take_client(c, &ip, &port)) {
			if (!client) {
				e->client_ip = ip;
				e->client_port = port;
			}
			client = true;
		} else {
			word = cur_rest(c);
			word = slice_head(word, slice_find_byte(word, ' '));
			if (!word.n || slice_find_byte(word, '<') < word.n || word.p[0] == ',')
				return false;
			c->p += word.n;
		}
	}
}

bool amavis_score(struct slice s, int64_t *ret_milli)
{
	struct cur c = cur_of(s);
	int64_t sum = 0;

	if (cur_at_end(&c))
		return false;
	while (!cur_at_end(&c)) {
		bool negative = cur_byte(&c, '-');
		usec_t micro;

		if (!negative)
			(void)cur_byte(&c, '+');
		if (!cur_seconds(&c, &micro) || micro > 1000000 * USEC_PER_SEC)
			return false;
		sum += (negative ? -1 : 1) * (micro / 1000);
	}
	*ret_milli = sum;
	return true;
}

/* "sel:example.org,sel2:example.net": the domain of the first */
static struct slice signer(struct slice s)
{
	size_t colon = slice_find_byte(s, ':');

	if (colon == s.n)
		return SLICE_NONE;
	s = slice_from(s, colon + 1);
	return slice_head(s, slice_find_byte(s, ','));
}

/* "ID", "ID/ID" */
static void set_queued_as(struct slice s, struct event *e)
{
	s = slice_head(s, slice_find_byte(s, '/'));
	if (!s.n)
		return;
	e->related_queue_id = s;
	e->relation = RELATION_FILTER;
}

static void set_key(struct slice key, struct slice value, struct event *e)
{
	struct cur c = cur_of(value);

	if (slice_is(key, "quarantine"))
		e->folder = value.n ? value : SLICE_NONE;
	else if (slice_is(key, "Queue-ID"))
		e->queue_id = value.n ? value : SLICE_NONE;
	else if (slice_is(key, "Hits"))
		(void)amavis_score(value, &e->score_milli);
	else if (slice_is(key, "size"))
		(void)cur_i64(&c, INT64_MAX, &e->size_bytes);
	else if (slice_is(key, "queued_as"))
		set_queued_as(value, e);
}

/* The cursor stands behind "Message-ID: ": up to the last key that may follow, else to the last '>'. */
static bool take_message_id(struct cur *c, struct event *e)
{
	struct slice rest = cur_rest(c);
	size_t end = rest.n;

	if (cur_peek(c) != '<')
		return false;
	for (size_t i = 1; i < ARRAY_LEN(BEHIND_MESSAGE_ID) && end == rest.n; i++)
		end = slice_rfind(rest, BEHIND_MESSAGE_ID[i]);
	if (end == rest.n)
		end = slice_rfind_byte(rest, '>');
	if (end == rest.n)
		return false;
	rest = slice_head(rest, end);
	c->p += end + 1;
	end = slice_find(rest, BEHIND_MESSAGE_ID[0]); /* the end, if it is not there */
	if (end > 1)
		e->message_id = slice_of(rest.p, end + 1);
	return true;
}

/* "812 ms" */
static bool take_milliseconds(struct slice s, struct event *e)
{
	struct cur c = cur_of(s);
	uint64_t ms;

	if (!cur_u64(&c, UINT32_MAX, &ms) || !cur_lit(&c, " ms") || !cur_at_end(&c))
		return false;
	e->duration_s = (usec_t)ms * 1000;
	return true;
}

/* "Subject: ..." and what follows it: free text, so the few keys that matter are looked for from the right */
static void behind_subject(struct slice rest, struct event *e)
{
	size_t at = slice_rfind(rest, SLICE("\", From: "));
	struct cur c;

	if (at < rest.n && slice_starts(rest, "\""))
		e->subject = slice_of(rest.p + 1, at - 1);
	at = slice_rfind(rest, SLICE(", Tests: ["));
	if (at < rest.n) {
		c = cur_of(slice_from(rest, at + 10));
		e->reason = e->reason.p ? e->reason : cur_token(&c, ']');
	}
	at = slice_rfind(rest, SLICE(", "));
	if (at < rest.n)
		(void)take_milliseconds(slice_from(rest, at + 2), e);
}

/* "key: value, key: value, 812 ms" */
static void take_keys(struct cur c, struct event *e)
{
	do {
		struct slice rest = cur_rest(&c), word;
		size_t colon;

		if (cur_lit(&c, "Message-ID: ")) {
			if (!take_message_id(&c, e))
				return;
			continue;
		}
		if (cur_lit(&c, "Subject: ")) {
			behind_subject(cur_rest(&c), e);
			return;
		}
		if (cur_lit(&c, "Tests: [")) {
			word = cur_token(&c, ']');
			e->reason = e->reason.p ? e->reason : word;
			continue;
		}
		word = slice_head(rest, slice_find(rest, SLICE(", ")));
		c.p += word.n;
		if (slice_starts(word, "dkim_sd="))
			e->domain = signer(slice_from(word, 8));
		if (take_milliseconds(word, e))
			continue;
		colon = slice_find(word, SLICE(": "));
		if (colon < word.n)
			set_key(slice_head(word, colon), slice_from(word, colon + 2), e);
	} while (cur_lit(&c, ", "));
}

enum parse_result amavis_verdict(struct cur c, bool blocked, struct event *e)
{
	e->kind = EV_VERDICT;
	if (cur_byte(&c, ',')) { /* before 2.3: "Passed, <s> -> <r>, ..." */
		e->check = SLICE("content");
		e->result = blocked ? SLICE("blocked") : SLICE("passed");
	} else if (!cur_byte(&c, ' ') || !take_category(&c, e))
		return PARSE_BAD;
	if (!take_way(&c, e))
		return PARSE_BAD;
	if (!e->action.p && !blocked)
		e->action = SLICE("relay");
	if (cur_lit(&c, ", "))
		take_keys(c, e);
	return PARSE_OK;
}

/* The keys stand where they may; what stands before the first of them belongs to the part before. */
enum parse_result amavis_continuation(struct cur c, struct event *e)
{
	static const struct slice KEYS[] = {
		LIT(", quarantine: "), LIT(", Queue-ID: "), LIT(", Message-ID: "),
		LIT(", mail_id: "),    LIT(", Hits: "),
	};
	struct slice text = cur_rest(&c);
	size_t first = text.n;

	for (size_t i = 0; i < ARRAY_LEN(KEYS); i++) {
		size_t at = slice_find(text, KEYS[i]);

		if (slice_starts_(text, KEYS[i].p + 2, KEYS[i].n - 2))
			first = 0;
		else if (at < first)
			first = at + 2;
	}
	e->text = text;
	if (first < text.n) {
		e->kind = EV_VERDICT;
		take_keys(cur_of(slice_from(text, first)), e);
		return PARSE_OK;
	}
	e->kind = EV_NOTICE;
	e->category = NOTICE_FILTER;
	e->severity = SEVERITY_INFO;
	return PARSE_OK;
}
