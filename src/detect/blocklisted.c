/* SPDX-License-Identifier: Apache-2.0 */
/*
 * blocklisted.c - others refuse this server's mail because of its bad name
 *
 * Read from the replies of remote servers; nobody is asked.  A reply names the list or is the word of a provider, and often the address
 * of ours that it means.  One finding for each list or provider; the rule of the cause knows how to get off it.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "detect/detectors.h"
#include "detect/detect_priv.h"
#include "detect/refusal.h"
#include "diagnose/verdict.h"
#include "fact/provider.h"

enum { MESSAGES, SLOWED, SLOWED_SHARE };

static const struct detector_setting SETTINGS[] = {
	[MESSAGES] = { "messages", SETTING_COUNT, 1, 1, 1000000, "mails that a list or provider refused because of this server's name" },
	[SLOWED] = { "slowed", SETTING_COUNT, 10, 1, 1000000, "or tries that it only put off for that reason, or as too many" },
	[SLOWED_SHARE] = { "slowed_share", SETTING_SHARE, 5000, 0, 100000, "which are so many of all" },
};

#define JUDGES_MAX  2000
#define SURE_FROM   3

/* who refuses: a list, a provider, or a server by its domain */
struct judge {
	struct watch_entry entry;    /* key: its name */
	uint64_t refused, slowed, all;
	struct watch_peers ours;     /* addresses of ours that it names */
	struct watch_peers domains;  /* recipients' */
	usec_t first_us, last_us;
	struct cause cause;          /* of the first refusal */
	bool has_cause;
	struct watch_lines lines;
};

struct blocklisted {
	const struct watch_context *c;
	struct watch_table judges;
	struct provider_index providers;
};

static uint64_t judge_weight(const void *entry)
{
	const struct judge *j = entry;

	return (j->refused + j->slowed) * 1000 + j->all;
}

static void judge_done(void *entry, struct watch_meter *m)
{
	struct judge *j = entry;

	watch_peers_done(&j->ours, m);
	watch_peers_done(&j->domains, m);
}

static void *watch_new(const struct watch_context *c)
{
	static const struct watch_ops OPS = { sizeof(struct judge), judge_weight, judge_done };
	struct blocklisted *s = xcalloc(1, sizeof *s);

	s->c = c;
	provider_index_init(&s->providers);
	watch_table_init(&s->judges, &OPS, JUDGES_MAX, detect_meter(c->detect));
	return s;
}

static void watch_free(void *state)
{
	struct blocklisted *s = state;

	watch_table_done(&s->judges);
	free(s);
}

/* "mx.example.com" of mx1.mx.example.com: the last two labels, three below a country's .co and .com */
static struct slice registered_domain(struct slice host)
{
	size_t at = host.n, dots = 0, labels = 2, last = host.n;

	while (at && dots < labels) {
		at--;
		if (host.p[at] != '.')
			continue;
		dots++;
		if (dots == 2 && host.n - last == 3 && last - at - 1 <= 3)
			labels = 3;
		last = at;
	}
	return dots < labels ? host : slice_from(host, at + 1);
}

/* Whoever quotes it: the list is the one to get off. */
static const struct {
	struct slice word, name;
} LISTS[] = {
	{ LIT("spamhaus"), LIT("Spamhaus") },
	{ LIT("abuseat.org"), LIT("Spamhaus") },
	{ LIT("spamcop"), LIT("SpamCop") },
	{ LIT("barracudacentral"), LIT("Barracuda") },
	{ LIT("sorbs.net"), LIT("SORBS") },
	{ LIT("uceprotect"), LIT("UCEPROTECT") },
	{ LIT("surriel.com"), LIT("PSBL") },
	{ LIT("abusix"), LIT("Abusix") },
	{ LIT("invaluement"), LIT("invaluement") },
	{ LIT("mailspike"), LIT("Mailspike") },
	{ LIT("backscatterer"), LIT("Backscatterer") },
	{ LIT("manitu.net"), LIT("NiX Spam") },
	{ LIT("junkemailfilter"), LIT("Hostkarma") },
	{ LIT("spamrl.com"), LIT("SpamRL") },
	{ LIT("senderscore"), LIT("Sender Score") },
	{ LIT("spfbl.net"), LIT("SPFBL") },
	{ LIT("cloudmark"), LIT("Cloudmark") },
	{ LIT("talosintelligence"), LIT("Cisco Talos") },
	{ LIT("senderbase"), LIT("Cisco Talos") },
};

static struct slice list_of(struct slice reply, struct slice told)
{
	for (size_t i = 0; i < ARRAY_LEN(LISTS); i++)
		if (slice_contains_fold(reply, LISTS[i].word))
			return LISTS[i].name;
	return told;
}

static struct slice judge_name(const struct provider_index *providers, struct slice list, struct slice host, struct slice recipient)
{
	enum provider p;

	if (list.n)
		return list;
	p = provider_of_host(providers, host);
	if (p == PROVIDER_NONE)
		p = provider_of_domain(providers, slice_domain(recipient));
	if (p != PROVIDER_NONE)
		return slice_str(provider_name(p));
	/* Sendmail shortens long names: "outlook-test.mail....tion.example" */
	return host.n && slice_find(host, SLICE("...")) == host.n ? registered_domain(host) : slice_domain(recipient);
}

enum word { WORD_NONE, WORD_REFUSED, WORD_SLOWED };

static enum word word_of(const struct cause *cause, const struct attempt *a)
{
	bool temporary = a->outcome == OUTCOME_DEFERRED;

	if (cause->side != SIDE_US_REPUTATION && !(cause->class == CLASS_REPUTATION && cause->side == SIDE_US_CONFIG))
		return WORD_NONE;
	return cause->class == CLASS_RATE || temporary ? WORD_SLOWED : WORD_REFUSED;
}

static void note(struct blocklisted *s, const struct message *m, const struct recipient *r, const struct attempt *a)
{
	const struct complaint complaint = { .reply = a->reply, .smtp_code = a->smtp_code, .dsn = a->dsn, .host = a->relay_host,
					     .said_by = SAID_BY_REMOTE };
	struct watch_meter *meter = s->judges.meter;
	struct reply_parts parts = { 0 };
	enum word word = WORD_NONE;
	struct cause cause;
	struct judge *j;
	struct ip ours;

	if ((a->outcome == OUTCOME_DEFERRED || a->outcome == OUTCOME_BOUNCED) && a->tried &&
	    verdict_said_by(r, a) != SAID_BY_US && detect_attempt_cause(s->c->detect, m, r, a, &cause))
		word = word_of(&cause, a);
	if (word != WORD_NONE) {
		reply_take_apart(&complaint, &parts);
		parts.list = list_of(a->reply, parts.list);
	}
	j = watch_table_at(&s->judges, judge_name(&s->providers, parts.list, a->relay_host, r->address), a->time_us);
	j->all++;
	if (word == WORD_NONE)
		return;
	*(word == WORD_REFUSED ? &j->refused : &j->slowed) += 1;
	if (!j->first_us || a->time_us < j->first_us)
		j->first_us = a->time_us;
	if (a->time_us > j->last_us)
		j->last_us = a->time_us;
	if (!j->has_cause || (word == WORD_REFUSED && j->refused == 1)) {
		j->cause = cause;
		j->has_cause = true;
	}
	if (ip_parse(parts.named_ip, &ours)) {
		char text[IP_TEXT_BYTES];

		(void)watch_peers_at(&j->ours, ip_text(&ours, text), meter);
	}
	if (slice_domain(r->address).n)
		(void)watch_peers_at(&j->domains, slice_domain(r->address), meter);
	watch_lines_add_of(&j->lines, m->lines, a);
}

static void on_message(void *state, const struct message *m, const struct party *p)
{
	struct blocklisted *s = state;

	(void)p;
	for (const struct recipient *r = m->recipients; r; r = r->next) {
		if (r->local)
			continue;
		for (const struct attempt *a = r->attempts; a; a = a->next)
			if (a->tried && (a->relay_host.n || a->relay_ip.n))
				note(s, m, r, a);
	}
}

/* what the rule of the cause knows, about nobody in particular */
static struct slice cause_words(const struct watch_context *c, const struct judge *j, bool action)
{
	const struct complaint nobody = { .smtp_code = -1, .ip = j->ours.n ? watch_peer_key(&j->ours.items[0]) : SLICE_NONE };
	struct strbuf text = { 0 };
	struct slice r;

	(action ? verdict_action : verdict_summary)(&text, detect_options_of(c->detect)->language, &j->cause, &nobody, NULL);
	r = detect_copy(c, strbuf_slice(&text));
	strbuf_done(&text);
	return r;
}

static void tell(const struct blocklisted *s, const struct judge *j, bool slowed_only)
{
	const struct watch_context *c = s->c;
	struct finding *f = detect_report(c, SUBJECT_DOMAIN, j->entry.key);
	const struct tr_value values[] = {
		{ "who", f->subject },
		{ "n", detect_count_text(c, slowed_only ? j->slowed : j->refused) },
		{ "all", detect_count_text(c, j->all) },
		{ "since", detect_time_text(c, j->first_us) },
		{ "ours", j->ours.n == 1 ? detect_copy(c, watch_peer_key(&j->ours.items[0])) : SLICE_NONE },
		{ "words", cause_words(c, j, false) },
	};

	f->blames = false;
	finding_level(f, slowed_only ? LEVEL_MEDIUM : LEVEL_HIGH, j->refused >= SURE_FROM ? CONFIDENCE_HIGH : CONFIDENCE_MEDIUM);
	finding_when(f, j->first_us, j->last_us);
	finding_setting(c, f, slowed_only ? SLOWED : MESSAGES);
	finding_summary(c, f, slowed_only ?
			TR_KEY("threat.blocklisted.summary.slowed", "{who} puts off mail of this server{, address ours}: {n} of {all} tries since "
			       "{since}. It means: {words}.") :
			TR_KEY("threat.blocklisted.summary", "{who} refuses mail of this server{, address ours}: {n} of {all} tries since {since}. It "
			       "means: {words}."),
			values, ARRAY_LEN(values));
	f->action = cause_words(c, j, true);
	finding_count(f, "refused", TR_KEY("threat.evidence.name_refused", "refused for good"), (int64_t)j->refused, -1);
	finding_count(f, "slowed", TR_KEY("threat.evidence.name_slowed", "put off"), (int64_t)j->slowed, -1);
	finding_share(f, "share", TR_KEY("threat.evidence.share_of_tries", "of all tries there"), j->refused + j->slowed, j->all, -1);
	for (uint32_t i = 0; i < j->ours.n && i < 3; i++)
		finding_text(c, f, "our_address", TR_KEY("threat.evidence.our_address", "address of this server that it names"),
			     watch_peer_key(&j->ours.items[i]));
	finding_peers(c, f, SUBJECT_DOMAIN, &j->domains, false);
	finding_lines(f, &j->lines);
}

static void end(void *state)
{
	struct blocklisted *s = state;
	const int64_t *set = s->c->settings;
	size_t n;
	void **all = watch_table_sorted(&s->judges, &n);

	for (size_t i = 0; i < n; i++) {
		const struct judge *j = all[i];

		if (j->refused >= (uint64_t)set[MESSAGES])
			tell(s, j, false);
		else if (j->slowed >= (uint64_t)set[SLOWED] && j->slowed * 100000 >= j->all * (uint64_t)set[SLOWED_SHARE])
			tell(s, j, true);
	}
	free(all);
}

const struct detector detector_blocklisted = {
	.id = "blocklisted",
	.title = TR_KEY("threat.blocklisted.title", "refuses mail of this server"),
	.help = "Blocklists and providers that refuse or put off this server's mail because of its name, as their replies say. Passes over "
		"refusals that are about one mail or one sender.",
	.settings = SETTINGS,
	.n_settings = ARRAY_LEN(SETTINGS),
	.new = watch_new,
	.free = watch_free,
	.on_message = on_message,
	.end = end,
};
