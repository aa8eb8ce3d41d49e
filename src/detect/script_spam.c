/* SPDX-License-Identifier: Apache-2.0 */
/*
 * script_spam.c - scripts that send spam: by the directory they run in, or by their local user
 *
 * A hacked web page sends with the sendmail command, from a directory that Exim logs (cwd=), or as a local user (uid of Postfix'
 * pickup, U= of Exim, ctladdr= of Sendmail).  So does the newsletter of the same page; it is told apart by what comes back,
 * and by the senders: a script that forges has many.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "detect/detectors.h"
#include "detect/outflow.h"

enum { RECIPIENTS, WINDOW, FAILED, SPAM, SENDERS, SURE_RECIPIENTS };

static const struct detector_setting SETTINGS[] = {
	[RECIPIENTS] = { "recipients", SETTING_COUNT, 100, 1, 1000000000, "recipients outside that a script or local user sends to" },
	[WINDOW] = { "window", SETTING_SPAN, USEC_PER_HOUR, USEC_PER_MIN, 7 * USEC_PER_DAY, "within this time" },
	[FAILED] = { "failed", SETTING_SHARE, 15000, 0, 100000, "and so many of them fail" },
	[SPAM] = { "spam", SETTING_SHARE, 3000, 0, 100000, "or are refused as spam" },
	[SENDERS] = { "senders", SETTING_COUNT, 20, 2, 500, "or it uses so many sender addresses, in one directory" },
	[SURE_RECIPIENTS] = { "any", SETTING_COUNT, 2000, 1, 1000000000, "recipients within the window that are worth a word by themselves" },
};

struct scripts {
	struct outflow directories, users;
};

static void *watch_new(const struct watch_context *c)
{
	struct scripts *s = xcalloc(1, sizeof *s);

	outflow_init(&s->directories, c, c->settings[WINDOW]);
	outflow_init(&s->users, c, c->settings[WINDOW]);
	return s;
}

static void watch_free(void *state)
{
	struct scripts *s = state;

	outflow_done(&s->directories);
	outflow_done(&s->users);
	free(s);
}

static void on_message(void *state, const struct message *m, const struct party *p)
{
	struct scripts *s = state;

	(void)p;
	if (m->sender.p && !m->sender.n)
		return;
	if (m->role == ROLE_FILTER_PASS && m->origin && m->origin->submitted_locally && !m->origin->authenticated && m->origin->user.n) {
		outflow_add(&s->users, m->origin->user, m);
		return;
	}
	if (!m->submitted_locally || m->authenticated || m->role != ROLE_MAIL)
		return;
	if (m->directory.n)
		outflow_add(&s->directories, m->directory, m);
	else if (m->user.n)
		outflow_add(&s->users, m->user, m);
}

static void tell(const struct outflow *o, const struct outflow_entry *e, bool directory, bool sure)
{
	const struct watch_context *c = o->c;
	struct finding *f = detect_report(c, directory ? SUBJECT_DIRECTORY : SUBJECT_LOCAL_USER, e->entry.key);
	const struct tr_value values[] = {
		{ "who", f->subject },
		{ "n", detect_count_text(c, e->window.peak) },
		{ "span", detect_span_text(c, c->settings[WINDOW]) },
		{ "failed", detect_share_text(c, e->failed, e->recipients) },
		{ "when", detect_time_text(c, e->window.peak_us) },
	};

	f->blames = true;
	finding_level(f, sure ? LEVEL_CRITICAL : LEVEL_MEDIUM, sure ? CONFIDENCE_HIGH : CONFIDENCE_LOW);
	finding_setting(c, f, sure ? RECIPIENTS : SURE_RECIPIENTS);
	finding_summary(c, f, directory ?
			TR_KEY("threat.script_spam.summary", "A script in {who} sent to {n} recipients within {span} (until {when}); {failed} of all failed.") :
			TR_KEY("threat.script_spam.summary.user", "Programs of the local user {who} sent to {n} recipients within {span} (until {when}); {failed} of all failed."),
			values, ARRAY_LEN(values));
	finding_action(c, f, sure ?
		       TR_KEY("threat.script_spam.action", "Take the script's rights away (chmod 000) or stop the account's mail, hold what waits in "
			      "the queue, then look for how it came in: an old plug-in, a stolen FTP or web password.") :
		       TR_KEY("threat.script_spam.action.volume", "If it is a newsletter, nothing is wrong. If nobody knows of it, stop the script."),
		       NULL, 0);
	if (!directory)
		finding_trace(c, f, "--user", f->subject);
	outflow_evidence(o, f, e);
}

static void judge(const struct outflow *o, bool directory)
{
	const int64_t *set = o->c->settings;
	size_t n;
	void **all = watch_table_sorted(&o->table, &n);

	for (size_t i = 0; i < n; i++) {
		const struct outflow_entry *e = all[i];
		bool forges = directory && e->senders.n >= (uint64_t)set[SENDERS] && e->senders.n * 3 >= e->messages;
		bool unwanted = outflow_failed_share(e) >= (uint64_t)set[FAILED] || outflow_spam_share(e) >= (uint64_t)set[SPAM];

		if (e->window.peak >= (uint64_t)set[RECIPIENTS] && (unwanted || forges))
			tell(o, e, directory, true);
		else if (e->window.peak >= (uint64_t)set[SURE_RECIPIENTS] && (int64_t)e->window.peak >= 5 * outflow_usual(e))
			tell(o, e, directory, false);
	}
	free(all);
}

static void end(void *state)
{
	struct scripts *s = state;

	judge(&s->directories, true);
	judge(&s->users, false);
}

const struct detector detector_script_spam = {
	.id = "script_spam",
	.title = TR_KEY("threat.script_spam.title", "is a script that sends spam"),
	.help = "Directories and local users whose scripts send to many recipients in a short time, if many of them fail or refuse it as spam, "
		"or the senders change all the time. Passes over newsletters most of which arrive.",
	.settings = SETTINGS,
	.n_settings = ARRAY_LEN(SETTINGS),
	.details = DETAIL_SCRIPTS | DETAIL_VERDICTS,
	.new = watch_new,
	.free = watch_free,
	.on_message = on_message,
	.end = end,
};
