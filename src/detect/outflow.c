/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outflow.c - what leaves this server, by who sent it
 */
#include "detect/outflow.h"

#include "detect/refusal.h"

#define ENTRIES_MAX 50000

static uint64_t entry_weight(const void *entry)
{
	return ((const struct outflow_entry *)entry)->recipients;
}

static void entry_done(void *entry, struct watch_meter *m)
{
	struct outflow_entry *e = entry;

	watch_window_done(&e->window, m);
	watch_peers_done(&e->senders, m);
	watch_peers_done(&e->domains, m);
}

void outflow_init(struct outflow *o, const struct watch_context *c, usec_t span_us)
{
	static const struct watch_ops OPS = { sizeof(struct outflow_entry), entry_weight, entry_done };

	o->c = c;
	o->span_us = span_us;
	watch_table_init(&o->table, &OPS, ENTRIES_MAX, detect_meter(c->detect));
}

void outflow_done(struct outflow *o)
{
	watch_table_done(&o->table);
}

/* A bad name of this server is not the fault of whoever sends next: what counts is what the mail itself was. */
static bool was_refused_as_spam(const struct watch_context *c, const struct message *m, const struct recipient *r)
{
	struct cause cause;

	return r->deciding && r->outcome == OUTCOME_BOUNCED && detect_attempt_cause(c->detect, m, r, r->deciding, &cause) &&
	       (cause.class == CLASS_CONTENT || cause.class == CLASS_SECURITY);
}

static bool was_marked(const struct message *m)
{
	for (const struct verdict *v = m->verdicts; v; v = v->next)
		if (v->check.p && v->result.p &&
		    ((slice_is(v->check, "spam") && slice_is(v->result, "spam")) || slice_is(v->result, "infected")))
			return true;
	return false;
}

void outflow_add(struct outflow *o, struct slice key, const struct message *m)
{
	struct watch_meter *meter = o->table.meter;
	struct outflow_entry *e = NULL;
	uint64_t outside = 0;

	for (const struct recipient *r = m->recipients; r; r = r->next) {
		struct slice domain = slice_domain(r->address);

		if (r->local || !domain.n || r->outcome == OUTCOME_EXPANDED)
			continue;
		if (!e)
			e = watch_table_at(&o->table, key, m->first_us);
		outside++;
		(void)watch_peers_at(&e->domains, domain, meter);
		if (r->outcome == OUTCOME_BOUNCED || r->outcome == OUTCOME_EXPIRED)
			e->failed++;
		e->refused += was_refused_as_spam(o->c, m, r);
	}
	if (!e)
		return;
	e->messages++;
	e->recipients += outside;
	e->marked += was_marked(m);
	(void)watch_window_add(&e->window, o->span_us, m->first_us, outside, meter);
	if (m->sender.n)
		(void)watch_peers_at(&e->senders, m->sender, meter);
	watch_lines_add_of(&e->lines, m->lines, NULL);
}

static uint64_t share(uint64_t part, uint64_t whole)
{
	return whole ? part * 100000 / whole : 0;
}

uint64_t outflow_failed_share(const struct outflow_entry *e)
{
	return share(e->failed, e->recipients);
}

uint64_t outflow_spam_share(const struct outflow_entry *e)
{
	return share(outflow_spam(e), e->recipients);
}

int64_t outflow_usual(const struct outflow_entry *e)
{
	usec_t rest = usec_since(e->entry.first_us, e->entry.last_us) - USEC_PER_HOUR;

	if (rest < USEC_PER_HOUR || e->recipients < e->window.peak)
		return -1;
	return (int64_t)((e->recipients - e->window.peak) / (uint64_t)(rest / USEC_PER_HOUR));
}

void outflow_evidence(const struct outflow *o, struct finding *f, const struct outflow_entry *e)
{
	finding_when(f, e->entry.first_us, e->entry.last_us);
	finding_lines(f, &e->lines);
	finding_count(f, "recipients", TR_KEY("threat.evidence.outside", "recipients outside"), (int64_t)e->recipients, -1);
	finding_count(f, "peak", TR_KEY("threat.evidence.outside_peak", "most within one window"), (int64_t)e->window.peak,
		      outflow_usual(e));
	finding_count(f, "messages", TR_KEY("threat.evidence.messages", "messages"), (int64_t)e->messages, -1);
	finding_share(f, "failed", TR_KEY("threat.evidence.failed_share", "recipients that failed"), e->failed, e->recipients, -1);
	finding_count(f, "refused", TR_KEY("threat.evidence.refused_as_spam", "refused elsewhere as spam"), (int64_t)e->refused, -1);
	if (e->marked)
		finding_count(f, "marked", TR_KEY("threat.evidence.marked", "taken for spam by the filter here"), (int64_t)e->marked, -1);
	finding_count(f, "senders", TR_KEY("threat.evidence.senders", "different senders"), (int64_t)(e->senders.n + e->senders.more), -1);
	finding_count(f, "domains", TR_KEY("threat.evidence.domains", "domains written to"), (int64_t)(e->domains.n + e->domains.more), -1);
	(void)o;
}
