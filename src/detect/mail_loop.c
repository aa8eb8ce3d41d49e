/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mail_loop.c - mail that comes back again and again
 *
 * Two forwardings that point at each other, a gateway and a mailbox server that each take the other for responsible.  The end is a bounce
 * with a word about hops; before that the same Message-ID comes in for the same mailbox time after time.  A newsletter that
 * gives all its mails one Message-ID has different recipients; a program that mails the same report every hour has a new one.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "detect/detectors.h"
#include "detect/detect_priv.h"
#include "detect/refusal.h"

enum { TIMES, WINDOW, BOUNCES };

static const struct detector_setting SETTINGS[] = {
	[TIMES] = { "times", SETTING_COUNT, 5, 2, 1000000, "arrivals of one Message-ID for one mailbox" },
	[WINDOW] = { "window", SETTING_SPAN, USEC_PER_HOUR, USEC_PER_SEC, 7 * USEC_PER_DAY, "within this time" },
	[BOUNCES] = { "bounces", SETTING_COUNT, 3, 1, 1000000, "or mails for one mailbox that failed because of a loop" },
};

#define MAILS_MAX     50000
#define MAILBOXES_MAX 20000

struct round_trip {
	struct watch_entry entry;   /* key: Message-ID, line feed, mailbox */
	struct watch_window window;
};

struct looped {
	struct watch_entry entry;   /* key: the mailbox */
	uint64_t bounces, trips;    /* bounces because of a loop; most arrivals of one mail */
	uint64_t mails;             /* that came in too often */
	struct watch_lines lines;
};

struct mail_loop {
	const struct watch_context *c;
	struct watch_table trips, mailboxes;
	struct strbuf key;
};

static uint64_t trip_weight(const void *entry)
{
	return ((const struct round_trip *)entry)->window.total;
}

static void trip_done(void *entry, struct watch_meter *m)
{
	watch_window_done(&((struct round_trip *)entry)->window, m);
}

static uint64_t looped_weight(const void *entry)
{
	const struct looped *x = entry;

	return x->bounces + x->trips;
}

static void *watch_new(const struct watch_context *c)
{
	static const struct watch_ops TRIPS = { sizeof(struct round_trip), trip_weight, trip_done };
	static const struct watch_ops MAILBOXES = { sizeof(struct looped), looped_weight, NULL };
	struct mail_loop *s = xcalloc(1, sizeof *s);

	s->c = c;
	watch_table_init(&s->trips, &TRIPS, MAILS_MAX, detect_meter(c->detect));
	watch_table_init(&s->mailboxes, &MAILBOXES, MAILBOXES_MAX, detect_meter(c->detect));
	return s;
}

static void watch_free(void *state)
{
	struct mail_loop *s = state;

	watch_table_done(&s->trips);
	watch_table_done(&s->mailboxes);
	strbuf_done(&s->key);
	free(s);
}

/* The mailbox of a recipient: the name that the mail came in for. */
static struct slice mailbox_of(const struct recipient *r)
{
	return r->orig_address.n ? r->orig_address : r->address;
}

static void note_trip(struct mail_loop *s, const struct message *m, struct slice mailbox)
{
	struct round_trip *t;
	uint64_t sum;

	strbuf_clear(&s->key);
	strbuf_add(&s->key, slice_head(m->message_id, 128));
	strbuf_add_byte(&s->key, '\n');
	strbuf_add(&s->key, slice_head(mailbox, 120));
	t = watch_table_at(&s->trips, strbuf_slice(&s->key), m->first_us);
	sum = watch_window_add(&t->window, s->c->settings[WINDOW], m->first_us, 1, s->trips.meter);
	if (sum >= (uint64_t)s->c->settings[TIMES]) {
		struct looped *x = watch_table_at(&s->mailboxes, mailbox, m->first_us);

		x->mails += sum == (uint64_t)s->c->settings[TIMES];
		x->trips = sum > x->trips ? sum : x->trips;
		watch_lines_add_of(&x->lines, m->lines, NULL);
	}
}

static bool failed_in_loop(const struct mail_loop *s, const struct message *m, const struct recipient *r)
{
	struct cause cause;

	return r->deciding && (r->outcome == OUTCOME_BOUNCED || r->outcome == OUTCOME_EXPIRED) &&
	       detect_attempt_cause(s->c->detect, m, r, r->deciding, &cause) && cause.class == CLASS_LOOP;
}

static void on_message(void *state, const struct message *m, const struct party *p)
{
	struct mail_loop *s = state;
	/* what was refused after all is tried again by its sender: no loop */
	bool trips = m->role == ROLE_MAIL && !m->submitted_locally && m->message_id.n > 2 && m->state != MESSAGE_REJECTED &&
		     m->state != MESSAGE_ABORTED;

	(void)p;
	for (const struct recipient *r = m->recipients; r; r = r->next) {
		struct slice mailbox = mailbox_of(r);

		if (!mailbox.n)
			continue;
		if (trips)
			note_trip(s, m, mailbox);
		if (failed_in_loop(s, m, r)) {
			struct looped *x = watch_table_at(&s->mailboxes, mailbox, m->first_us);

			x->bounces++;
			watch_lines_add_of(&x->lines, m->lines, r->deciding);
		}
	}
}

static void tell(const struct mail_loop *s, const struct looped *x)
{
	const struct watch_context *c = s->c;
	struct finding *f = detect_report(c, SUBJECT_MAILBOX, x->entry.key);
	const struct tr_value values[] = {
		{ "who", f->subject },
		{ "n", detect_count_text(c, x->trips ? x->trips : x->bounces) },
		{ "since", detect_time_text(c, x->entry.first_us) },
	};

	f->blames = false;
	finding_level(f, x->bounces && x->trips ? LEVEL_HIGH : LEVEL_MEDIUM, x->bounces ? CONFIDENCE_HIGH : CONFIDENCE_MEDIUM);
	finding_when(f, x->entry.first_us, x->entry.last_us);
	finding_setting(c, f, x->trips ? TIMES : BOUNCES);
	finding_summary(c, f, x->trips ?
			TR_KEY("threat.mail_loop.summary", "The same mail for {who} came in {n} times since {since}: it goes round in circles.") :
			TR_KEY("threat.mail_loop.summary.bounces", "{n} mails for {who} failed since {since} because they went round in circles."),
			values, ARRAY_LEN(values));
	finding_action(c, f, TR_KEY("threat.mail_loop.action", "Follow one of them (trace below) and look where it is forwarded to: somewhere two "
				    "forwardings, or two servers, point at each other. Take one of them out."), NULL, 0);
	finding_trace(c, f, "--recipient", f->subject);
	finding_count(f, "arrivals", TR_KEY("threat.evidence.arrivals", "arrivals of the same mail, at most"), (int64_t)x->trips, -1);
	finding_count(f, "bounces", TR_KEY("threat.evidence.loop_bounces", "mails that failed because of a loop"), (int64_t)x->bounces, -1);
	finding_lines(f, &x->lines);
}

static void end(void *state)
{
	struct mail_loop *s = state;
	size_t n;
	void **all = watch_table_sorted(&s->mailboxes, &n);

	for (size_t i = 0; i < n; i++) {
		const struct looped *x = all[i];

		if (x->trips || x->bounces >= (uint64_t)s->c->settings[BOUNCES])
			tell(s, x);
	}
	free(all);
}

const struct detector detector_mail_loop = {
	.id = "mail_loop",
	.title = TR_KEY("threat.mail_loop.title", "gets the same mail again and again"),
	.help = "Mailboxes for which one Message-ID comes in many times, or mail fails because of a loop. Passes over newsletters that use one Message-ID for "
		"many recipients, and programs that send reports.",
	.settings = SETTINGS,
	.n_settings = ARRAY_LEN(SETTINGS),
	.new = watch_new,
	.free = watch_free,
	.on_message = on_message,
	.end = end,
};
