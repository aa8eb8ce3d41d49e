/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spam_source.c - accounts and machines of our own whose mail others refuse as spam
 *
 * Everybody's mail is refused as spam once in a while (a bad link, a strict filter).  Here it is much of what somebody sends.  Machines
 * that may relay without a login (the office network, --trust) are watched for sudden volume too: nobody's password
 * protects what runs there.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "detect/detectors.h"
#include "detect/outflow.h"

enum { REFUSALS_MIN, SPAM, RECIPIENTS, WINDOW, FAILED };

static const struct detector_setting SETTINGS[] = {
	[REFUSALS_MIN] = { "refusals", SETTING_COUNT, 20, 1, 1000000, "mails of one account or machine refused or marked as spam" },
	[SPAM] = { "spam", SETTING_SHARE, 20000, 0, 100000, "which are so many of all that it sends" },
	[RECIPIENTS] = { "recipients", SETTING_COUNT, 200, 1, 1000000000, "or recipients outside that a machine without a login sends to" },
	[WINDOW] = { "window", SETTING_SPAN, USEC_PER_HOUR, USEC_PER_MIN, 7 * USEC_PER_DAY, "within this time" },
	[FAILED] = { "failed", SETTING_SHARE, 30000, 0, 100000, "so many of which fail" },
};

struct sources {
	struct outflow accounts, machines;
};

static void *watch_new(const struct watch_context *c)
{
	struct sources *s = xcalloc(1, sizeof *s);

	outflow_init(&s->accounts, c, c->settings[WINDOW]);
	outflow_init(&s->machines, c, c->settings[WINDOW]);
	return s;
}

static void watch_free(void *state)
{
	struct sources *s = state;

	outflow_done(&s->accounts);
	outflow_done(&s->machines);
	free(s);
}

static void on_message(void *state, const struct message *m, const struct party *p)
{
	struct sources *s = state;
	char ip[IP_TEXT_BYTES];
	struct party first;

	if (m->sender.p && !m->sender.n)
		return;
	if (m->role == ROLE_FILTER_PASS && m->origin) { /* who handed it in before the filter */
		first = detect_party(s->accounts.c->detect, m->origin->client_ip);
		if (m->origin->authenticated)
			first.account = m->origin->user;
		p = &first;
	} else if (m->role != ROLE_MAIL) {
		return;
	}
	if (p->account.n)
		outflow_add(&s->accounts, p->account, m);
	else if (p->has_ip && p->trusted && !m->submitted_locally && !ip_is_loopback(&p->ip))
		outflow_add(&s->machines, ip_text(&p->ip, ip), m);
}

static void tell(const struct outflow *o, const struct outflow_entry *e, bool account, bool spam)
{
	const struct watch_context *c = o->c;
	struct finding *f = detect_report(c, account ? SUBJECT_ACCOUNT : SUBJECT_ADDRESS, e->entry.key);
	const struct tr_value values[] = {
		{ "who", f->subject },
		{ "n", detect_count_text(c, spam ? outflow_spam(e) : e->window.peak) },
		{ "all", detect_count_text(c, e->recipients) },
		{ "failed", detect_share_text(c, e->failed, e->recipients) },
		{ "span", detect_span_text(c, c->settings[WINDOW]) },
	};

	f->blames = true;
	finding_level(f, LEVEL_HIGH, outflow_spam_share(e) >= 2 * (uint64_t)c->settings[SPAM] ? CONFIDENCE_HIGH : CONFIDENCE_MEDIUM);
	finding_setting(c, f, spam ? REFUSALS_MIN : RECIPIENTS);
	finding_summary(c, f, spam ?
			TR_KEY("threat.spam_source.summary", "{n} of the mails that {who} sent to {all} recipients were refused or marked as spam.") :
			TR_KEY("threat.spam_source.summary.volume", "{who} sent to {n} recipients within {span} without a login; {failed} of all failed."),
			values, ARRAY_LEN(values));
	finding_action(c, f, account ?
		       TR_KEY("threat.spam_source.action", "Ask the user about it. If he does not know of these mails: change the password at once "
			      "and look at what else the account sent. If he does: it has to stop, or nobody's mail will be taken any more.") :
		       TR_KEY("threat.spam_source.action.machine", "Find the machine and what runs on it (a virus, a hacked program, a printer with "
			      "an old address book). Until then let it send with a login only."), NULL, 0);
	finding_trace(c, f, account ? "--user" : "--ip", f->subject);
	outflow_evidence(o, f, e);
}

static void judge(const struct outflow *o, bool accounts)
{
	const int64_t *set = o->c->settings;
	size_t n;
	void **all = watch_table_sorted(&o->table, &n);

	for (size_t i = 0; i < n; i++) {
		const struct outflow_entry *e = all[i];

		if (outflow_spam(e) >= (uint64_t)set[REFUSALS_MIN] && outflow_spam_share(e) >= (uint64_t)set[SPAM])
			tell(o, e, accounts, true);
		else if (!accounts && e->window.peak >= (uint64_t)set[RECIPIENTS] && outflow_failed_share(e) >= (uint64_t)set[FAILED])
			tell(o, e, false, false);
	}
	free(all);
}

static void end(void *state)
{
	struct sources *s = state;

	judge(&s->accounts, true);
	judge(&s->machines, false);
}

const struct detector detector_spam_source = {
	.id = "spam_source",
	.title = TR_KEY("threat.spam_source.title", "sends what others refuse as spam"),
	.help = "Accounts and machines of our own much of whose mail is refused elsewhere, or marked here, as spam; machines that send "
		"without a login to many who do not exist. Passes over single refusals.",
	.family = "accounts",
	.settings = SETTINGS,
	.n_settings = ARRAY_LEN(SETTINGS),
	.details = DETAIL_VERDICTS,
	.new = watch_new,
	.free = watch_free,
	.on_message = on_message,
	.end = end,
};
