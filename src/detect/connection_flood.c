/* SPDX-License-Identifier: Apache-2.0 */
/*
 * connection_flood.c - clients that open too many connections
 *
 * The server itself says when a client hits its limits; where it has none, sessions without mail are counted.  A busy server of a
 * partner hits limits too, but its mail comes in: it is let off, as is the health check of a load balancer that connects every other second, all day.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/cursor.h"
#include "detect/crowd.h"
#include "detect/detectors.h"
#include "detect/refusal.h"

enum { HITS, WINDOW, EMPTY, EMPTY_WINDOW };

static const struct detector_setting SETTINGS[] = {
	[HITS] = { "hits", SETTING_COUNT, 5, 1, 1000000, "limits on connections that one address hit" },
	[WINDOW] = { "window", SETTING_SPAN, 10 * USEC_PER_MIN, USEC_PER_SEC, 7 * USEC_PER_DAY, "within this time" },
	[EMPTY] = { "empty_sessions", SETTING_COUNT, 50, 1, 1000000, "or so many sessions without mail from one address" },
	[EMPTY_WINDOW] = { "empty_window", SETTING_SPAN, 5 * USEC_PER_MIN, USEC_PER_SEC, 7 * USEC_PER_DAY, "within this time" },
};

#define MAILS_PER_HIT 10 /* a server that sends so much more than it hits limits is let off */

struct flood {
	struct crowd hits, empty;
};

static void *watch_new(const struct watch_context *c)
{
	const struct crowd_rule hits = { .span_us = c->settings[WINDOW], .address_deeds = (uint64_t)c->settings[HITS],
					 .mail_weight = 1, .deed_weight = MAILS_PER_HIT };
	const struct crowd_rule empty = { .span_us = c->settings[EMPTY_WINDOW], .address_deeds = (uint64_t)c->settings[EMPTY],
					  .mail_weight = 1, .regular_is_honest = true };
	struct flood *s = xcalloc(1, sizeof *s);

	crowd_init(&s->hits, c, &hits);
	crowd_init(&s->empty, c, &empty);
	return s;
}

static void watch_free(void *state)
{
	struct flood *s = state;

	crowd_done(&s->hits);
	crowd_done(&s->empty);
	free(s);
}

static void on_oddity(void *state, const struct oddity *o, const struct party *p)
{
	struct flood *s = state;

	if (o->kind == ODD_CONNECTIONS)
		crowd_add(&s->hits, p, o->time_us, 0, o->count, SLICE_NONE, o->lines);
}

static void on_rejection(void *state, const struct rejection *r, const struct party *p)
{
	struct flood *s = state;

	if (!p->account.n && detect_refusal(s->hits.c->detect, r) == REFUSAL_CONNECTIONS)
		crowd_add(&s->hits, p, r->time_us, 0, r->attempts, SLICE_NONE, r->lines);
}

/* "ehlo=1 mail=1 ...", "ehlo=1 auth=1 quit=1": somebody sent mail, or logged in */
static bool is_empty(struct slice commands)
{
	static const struct slice USEFUL[] = { LIT(" mail="), LIT(" auth="), LIT(" data="), LIT(" bdat=") };

	if (!commands.p)
		return false; /* not told */
	for (size_t i = 0; i < ARRAY_LEN(USEFUL); i++)
		if (slice_find(commands, USEFUL[i]) < commands.n)
			return false;
	return !slice_starts(commands, "mail=") && !slice_starts(commands, "auth=");
}

static void on_session(void *state, const struct session *x, const struct party *p)
{
	struct flood *s = state;

	if (is_empty(x->commands))
		crowd_add(&s->empty, p, x->end_us, 0, 1, SLICE_NONE, x->lines);
}

static const struct tr_value *values_of(const struct crowd *w, struct finding *f, const struct crowd_group *g,
					struct tr_value values[static 3])
{
	values[0] = (struct tr_value){ "who", crowd_who(w, f, g) };
	values[1] = (struct tr_value){ "times", detect_times_text(w->c, g->deeds) };
	values[2] = (struct tr_value){ "since", detect_time_text(w->c, g->first_us) };
	return values;
}

static void tell_hits(const struct crowd *w, struct finding *f, const struct crowd_group *g)
{
	const struct watch_context *c = w->c;
	struct tr_value values[3];

	finding_level(f, g->mails ? LEVEL_LOW : LEVEL_MEDIUM, g->mails ? CONFIDENCE_LOW : CONFIDENCE_MEDIUM);
	finding_setting(c, f, HITS);
	finding_summary(c, f, TR_KEY("threat.connection_flood.summary", "{who} hit the limits on connections {times} since {since}."),
			values_of(w, f, g, values), ARRAY_LEN(values));
	finding_action(c, f, TR_KEY("threat.connection_flood.action", "If you do not know it, block the address. If it is a server that you "
				    "want mail from, raise the limits for it (Postfix: smtpd_client_connection_count_limit and "
				    "smtpd_client_event_limit_exceptions; Exim: smtp_accept_max_per_host; Sendmail: ClientConn and "
				    "ClientRate in the access map)."), NULL, 0);
	crowd_trace(w, f, g);
	finding_count(f, "hits", TR_KEY("threat.evidence.connection_hits", "limits on connections hit"), (int64_t)g->deeds, -1);
	finding_count(f, "delivered", TR_KEY("threat.evidence.delivered_from", "mails from there that were delivered"), (int64_t)g->mails, -1);
	if (g->mails)
		f->blockable = false;
}

static void tell_empty(const struct crowd *w, struct finding *f, const struct crowd_group *g)
{
	const struct watch_context *c = w->c;
	struct tr_value values[3];

	finding_level(f, LEVEL_MEDIUM, CONFIDENCE_MEDIUM);
	finding_setting(c, f, EMPTY);
	finding_summary(c, f, TR_KEY("threat.connection_flood.summary.empty",
				     "{who} connected {times} without sending mail, since {since}."),
			values_of(w, f, g, values), ARRAY_LEN(values));
	finding_action(c, f, TR_KEY("threat.connection_flood.action.empty", "Block the address if you do not know it. If it is your own "
				    "monitoring, --trust it."), NULL, 0);
	crowd_trace(w, f, g);
	finding_count(f, "empty_sessions", TR_KEY("threat.evidence.empty_sessions", "sessions without mail"), (int64_t)g->deeds, -1);
}

static void end(void *state)
{
	struct flood *s = state;

	crowd_end(&s->hits, tell_hits);
	crowd_end(&s->empty, tell_empty);
}

const struct detector detector_connection_flood = {
	.id = "connection_flood",
	.title = TR_KEY("threat.connection_flood.title", "opened too many connections"),
	.help = "Clients that hit the limits on connections, or connect again and again without sending mail. Passes over servers that "
		"send far more mail than they hit limits.",
	.family = "floods",
	.settings = SETTINGS,
	.n_settings = ARRAY_LEN(SETTINGS),
	.new = watch_new,
	.free = watch_free,
	.on_rejection = on_rejection,
	.on_session = on_session,
	.on_oddity = on_oddity,
	.end = end,
};
