/* SPDX-License-Identifier: Apache-2.0 */
/*
 * protocol_abuse.c - clients that are no mail clients: scanners, spam programs, web browsers on the mail port
 *
 * A single odd session is noise: port scans, broken programs, lost lines.  Counted are sessions, not lines: a web browser's request
 * has a line for each of its headers.  Hanging up or falling silent is no abuse (that happens to everybody) and not counted.
 */
#include "base/cursor.h"
#include "detect/crowd.h"
#include "detect/detectors.h"
#include "detect/refusal.h"

enum { SESSIONS, WINDOW, NETWORK_ADDRESSES, NETWORK_SESSIONS, ALL_ADDRESSES, ALL_SESSIONS };

static const struct detector_setting SETTINGS[] = {
	[SESSIONS] = { "sessions", SETTING_COUNT, 3, 1, 1000000, "odd sessions from one address" },
	[WINDOW] = { "window", SETTING_SPAN, USEC_PER_DAY, USEC_PER_SEC, 7 * USEC_PER_DAY, "within this time" },
	[NETWORK_ADDRESSES] = { "network_addresses", SETTING_COUNT, 3, 2, 256, "or so many addresses of one network in a day" },
	[NETWORK_SESSIONS] = { "network_sessions", SETTING_COUNT, 5, 2, 1000000, "with so many odd sessions together" },
	[ALL_ADDRESSES] = { "all_addresses", SETTING_COUNT, 100, 2, 1000000, "or so many other addresses in a day" },
	[ALL_SESSIONS] = { "all_sessions", SETTING_COUNT, 100, 2, 1000000, "with so many odd sessions together" },
};

/* columns of the evidence: what was done, in the order in which it is told */
enum what { WHAT_PROTOCOL, WHAT_EARLY, WHAT_ERRORS, WHAT_TOO_LONG, WHAT_HELO, WHAT_SYNTAX, WHAT_VRFY, WHAT_COUNT };

static const struct {
	const char *id, *title;
} WHATS[] = {
	[WHAT_PROTOCOL] = { "other_protocol", TR_KEY("threat.evidence.other_protocol", "spoke another protocol (HTTP, TLS, a proxy's)") },
	[WHAT_EARLY] = { "early", TR_KEY("threat.evidence.early", "did not wait for an answer") },
	[WHAT_ERRORS] = { "too_many_errors", TR_KEY("threat.evidence.too_many_errors", "too many errors or useless commands") },
	[WHAT_TOO_LONG] = { "too_long", TR_KEY("threat.evidence.too_long", "lines beyond any limit") },
	[WHAT_HELO] = { "bad_helo", TR_KEY("threat.evidence.bad_helo", "gave a bad name in HELO") },
	[WHAT_SYNTAX] = { "syntax", TR_KEY("threat.evidence.syntax", "commands out of order, or of no sense") },
	[WHAT_VRFY] = { "vrfy", TR_KEY("threat.evidence.vrfy", "asked for addresses (VRFY, EXPN)") },
};
_Static_assert((int)WHAT_COUNT <= CROWD_KINDS, "each has a counter");

#define ONE_SESSION_US (30 * USEC_PER_SEC)

static void *watch_new(const struct watch_context *c)
{
	const struct crowd_rule rule = {
		.span_us = c->settings[WINDOW],
		.address_deeds = (uint64_t)c->settings[SESSIONS],
		.network_addresses = (uint64_t)c->settings[NETWORK_ADDRESSES],
		.network_deeds = (uint64_t)c->settings[NETWORK_SESSIONS],
		.rest_addresses = (uint64_t)c->settings[ALL_ADDRESSES],
		.rest_deeds = (uint64_t)c->settings[ALL_SESSIONS],
		.once_us = ONE_SESSION_US,
		.mail_weight = 4,
	};

	return crowd_new(c, &rule);
}

static int what_of(enum oddity_kind kind)
{
	switch (kind) {
	case ODD_PROTOCOL:
		return WHAT_PROTOCOL;
	case ODD_EARLY:
	case ODD_PIPELINING:
		return WHAT_EARLY;
	case ODD_ERRORS:
		return WHAT_ERRORS;
	case ODD_TOO_LONG:
		return WHAT_TOO_LONG;
	case ODD_SYNTAX:
		return WHAT_SYNTAX;
	case ODD_VRFY:
		return WHAT_VRFY;
	default:
		return -1;
	}
}

static void on_oddity(void *state, const struct oddity *o, const struct party *p)
{
	int what = what_of(o->kind);

	if (what >= 0)
		crowd_add(state, p, o->time_us, (unsigned)what, 1, SLICE_NONE, o->lines);
}

/*
 * Postfix' "ehlo=1 mail=0/1 ... unknown=0/2 commands=1/4" tells what no other line does.  The words are Postfix' own, the client
 * chooses only the figures.
 */
static int what_of_commands(struct slice commands)
{
	struct cur c = cur_of(commands);
	bool greeted = false, mailed = false, tried = false, asked = false, nonsense = false;

	while (!cur_at_end(&c)) {
		struct slice word = cur_token(&c, ' ');

		greeted |= slice_starts(word, "helo=") || slice_starts(word, "ehlo=");
		asked |= slice_starts(word, "vrfy=") || slice_starts(word, "etrn=");
		nonsense |= slice_starts(word, "unknown=");
		tried |= slice_starts(word, "mail=0/");
		mailed |= (slice_starts(word, "mail=") && !slice_starts(word, "mail=0")) || slice_starts(word, "auth=");
	}
	if (mailed)
		return -1;
	return asked ? WHAT_VRFY : nonsense || (tried && !greeted) ? WHAT_SYNTAX : -1;
}

static void on_session(void *state, const struct session *x, const struct party *p)
{
	int what = x->commands.p && x->writer == WRITER_POSTFIX ? what_of_commands(x->commands) : -1;

	if (what >= 0)
		crowd_add(state, p, x->end_us, (unsigned)what, 1, SLICE_NONE, x->lines);
}

static int what_of_refusal(const struct crowd *w, const struct rejection *r)
{
	if (r->stage.p && (slice_is(r->stage, "vrfy") || slice_is(r->stage, "etrn")))
		return WHAT_VRFY;
	switch (detect_refusal(w->c->detect, r)) {
	case REFUSAL_HELO:
		return WHAT_HELO;
	case REFUSAL_PROTOCOL:
		return WHAT_EARLY;
	case REFUSAL_OTHER:
		/* a rule of the site about the name, with words of its own */
		return r->stage.p && slice_is(r->stage, "helo") && !r->temporary ? WHAT_HELO : -1;
	default:
		return -1;
	}
}

static void on_rejection(void *state, const struct rejection *r, const struct party *p)
{
	struct crowd *w = state;
	int what = p->account.n ? -1 : what_of_refusal(w, r);

	if (what >= 0)
		crowd_add(w, p, r->time_us, (unsigned)what, 1, r->helo, r->lines);
}

static void tell(const struct crowd *w, struct finding *f, const struct crowd_group *g)
{
	static const int SETTING[] = { [CROWD_ADDRESS] = SESSIONS, [CROWD_NETWORK] = NETWORK_SESSIONS, [CROWD_REST] = ALL_SESSIONS };
	const struct watch_context *c = w->c;
	const struct tr_value values[] = {
		{ "who", crowd_who(w, f, g) },
		{ "times", detect_times_text(c, g->deeds) },
		{ "since", detect_time_text(c, g->first_us) },
	};

	finding_level(f, LEVEL_LOW, g->mails || g->scope == CROWD_REST ? CONFIDENCE_LOW : CONFIDENCE_MEDIUM);
	finding_setting(c, f, (size_t)SETTING[g->scope]);
	finding_summary(c, f, TR_KEY("threat.protocol_abuse.summary", "{who} did not behave as a mail server does, {times} since {since}."),
			values, ARRAY_LEN(values));
	finding_action(c, f, TR_KEY("threat.protocol_abuse.action", "Scanners and spam programs: harmless while they are refused. Block the "
				    "address if it goes on, unless it is a monitoring of your own (then --trust it)."), NULL, 0);
	crowd_trace(w, f, g);
	finding_count(f, "sessions", TR_KEY("threat.evidence.odd_sessions", "odd sessions"), (int64_t)g->deeds, -1);
	if (g->scope != CROWD_ADDRESS)
		finding_count(f, "addresses", TR_KEY("threat.evidence.addresses", "addresses"), (int64_t)g->n, -1);
	for (size_t i = 0; i < WHAT_COUNT; i++)
		if (g->kinds[i])
			finding_count(f, WHATS[i].id, WHATS[i].title, (int64_t)g->kinds[i], -1);
}

static void end(void *state)
{
	crowd_end(state, tell);
}

const struct detector detector_protocol_abuse = {
	.id = "protocol_abuse",
	.title = TR_KEY("threat.protocol_abuse.title", "did not behave as a mail client"),
	.help = "Clients that speak other protocols, do not wait for answers, make too many errors, or give names in HELO that are refused. "
		"Passes over single sessions, hang-ups and time-outs, and servers whose mail is taken otherwise.",
	.settings = SETTINGS,
	.n_settings = ARRAY_LEN(SETTINGS),
	.new = watch_new,
	.free = crowd_free,
	.on_rejection = on_rejection,
	.on_session = on_session,
	.on_oddity = on_oddity,
	.end = end,
};
