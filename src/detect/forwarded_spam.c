/* SPDX-License-Identifier: Apache-2.0 */
/*
 * forwarded_spam.c - mailboxes whose forwarding passes spam on, which the provider refuses
 *
 * To Google or Microsoft this server is who sends that spam.  Who wrote it is not to blame here, nor is the owner of the
 * mailbox: the forwarding has to change.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "detect/detectors.h"
#include "detect/detect_priv.h"
#include "detect/refusal.h"

enum { REFUSALS_DAY, SHARE };

static const struct detector_setting SETTINGS[] = {
	[REFUSALS_DAY] = { "refusals", SETTING_COUNT, 20, 1, 1000000, "forwarded mails in a day that were refused as spam" },
	[SHARE] = { "share", SETTING_SHARE, 10000, 0, 100000, "which are so many of all that is forwarded there" },
};

#define FORWARDS_MAX 20000

struct forward {
	struct watch_entry entry;   /* key: "from > to"; where it comes from may not be told */
	struct watch_window window;
	uint64_t all;
	struct watch_lines lines;
};

struct forwarded_spam {
	const struct watch_context *c;
	struct watch_table forwards;
	struct strbuf key;
};

static uint64_t forward_weight(const void *entry)
{
	const struct forward *x = entry;

	return x->window.total * 1000 + x->all;
}

static void forward_done(void *entry, struct watch_meter *m)
{
	watch_window_done(&((struct forward *)entry)->window, m);
}

static void *watch_new(const struct watch_context *c)
{
	static const struct watch_ops OPS = { sizeof(struct forward), forward_weight, forward_done };
	struct forwarded_spam *s = xcalloc(1, sizeof *s);

	s->c = c;
	watch_table_init(&s->forwards, &OPS, FORWARDS_MAX, detect_meter(c->detect));
	return s;
}

static void watch_free(void *state)
{
	struct forwarded_spam *s = state;

	watch_table_done(&s->forwards);
	strbuf_done(&s->key);
	free(s);
}

/* mail from outside that goes outside again, because a name here leads there */
static bool is_forwarded(const struct message *m, const struct recipient *r)
{
	if (r->local || !slice_domain(r->address).n || m->authenticated || m->submitted_locally)
		return false;
	if (r->orig_address.n && !slice_eq_fold(r->orig_address, r->address))
		return m->direction == DIRECTION_INBOUND || m->direction == DIRECTION_RELAYED || m->role == ROLE_FORWARD;
	return m->role == ROLE_FORWARD && m->origin && !m->origin->authenticated && !m->origin->submitted_locally;
}

static bool was_refused(const struct forwarded_spam *s, const struct message *m, const struct recipient *r)
{
	struct cause cause;

	return r->deciding && (r->outcome == OUTCOME_BOUNCED || r->outcome == OUTCOME_DEFERRED) &&
	       detect_attempt_cause(s->c->detect, m, r, r->deciding, &cause) &&
	       (cause.class == CLASS_CONTENT || cause.class == CLASS_REPUTATION || cause.class == CLASS_AUTH);
}

static void on_message(void *state, const struct message *m, const struct party *p)
{
	struct forwarded_spam *s = state;

	(void)p;
	for (const struct recipient *r = m->recipients; r; r = r->next) {
		struct forward *x;

		if (!is_forwarded(m, r))
			continue;
		strbuf_clear(&s->key);
		strbuf_add(&s->key, slice_head(r->orig_address, 120));
		strbuf_add_byte(&s->key, '\n');
		strbuf_add(&s->key, slice_head(r->address, 120));
		x = watch_table_at(&s->forwards, strbuf_slice(&s->key), m->first_us);
		x->all++;
		if (!was_refused(s, m, r))
			continue;
		(void)watch_window_add(&x->window, USEC_PER_DAY, m->first_us, 1, s->forwards.meter);
		watch_lines_add_of(&x->lines, m->lines, r->deciding);
	}
}

static void tell(const struct forwarded_spam *s, const struct forward *x)
{
	const struct watch_context *c = s->c;
	size_t at = slice_find_byte(x->entry.key, '\n');
	struct slice from = slice_head(x->entry.key, at), to = slice_from(x->entry.key, at + 1);
	struct finding *f = detect_report(c, SUBJECT_MAILBOX, from.n ? from : to);
	const struct tr_value values[] = {
		{ "to", detect_copy(c, to) },
		{ "from", detect_copy(c, from) },
		{ "n", detect_count_text(c, x->window.total) },
		{ "all", detect_count_text(c, x->all) },
	};

	f->blames = false;
	finding_level(f, LEVEL_MEDIUM, CONFIDENCE_HIGH);
	finding_when(f, x->entry.first_us, x->entry.last_us);
	finding_setting(c, f, REFUSALS_DAY);
	finding_summary(c, f, TR_KEY("threat.forwarded_spam.summary", "{n} of {all} mails that are forwarded{, from from} to {to} were refused there as spam."),
			values, ARRAY_LEN(values));
	finding_action(c, f, TR_KEY("threat.forwarded_spam.action", "Every one of them hurts this server's name. Filter spam before forwarding, or let the owner "
				    "fetch the mail (POP3, IMAP) instead of forwarding it."), NULL, 0);
	finding_trace(c, f, "--recipient", to);
	finding_count(f, "refused", TR_KEY("threat.evidence.forward_refused", "forwarded mails refused as spam"), (int64_t)x->window.total, -1);
	finding_share(f, "share", TR_KEY("threat.evidence.share_of_forwarded", "of all that is forwarded there"), x->window.total, x->all, -1);
	finding_lines(f, &x->lines);
}

static void end(void *state)
{
	struct forwarded_spam *s = state;
	const int64_t *set = s->c->settings;
	size_t n;
	void **all = watch_table_sorted(&s->forwards, &n);

	for (size_t i = 0; i < n; i++) {
		const struct forward *x = all[i];

		if (x->window.peak >= (uint64_t)set[REFUSALS_DAY] && x->window.total * 100000 >= x->all * (uint64_t)set[SHARE])
			tell(s, x);
	}
	free(all);
}

const struct detector detector_forwarded_spam = {
	.id = "forwarded_spam",
	.title = TR_KEY("threat.forwarded_spam.title", "forwards spam to a provider"),
	.help = "Forwardings to mailboxes outside where much of what is forwarded is refused as spam. Passes over single refusals.",
	.settings = SETTINGS,
	.n_settings = ARRAY_LEN(SETTINGS),
	.new = watch_new,
	.free = watch_free,
	.on_message = on_message,
	.end = end,
};
