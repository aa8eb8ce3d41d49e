/* SPDX-License-Identifier: Apache-2.0 */
/*
 * redact_threats.c - masks for findings
 *
 * Sentences and lines of a finding hold its subject and members: these are phrases while its texts are masked.
 */
#include "export/redact_priv.h"
#include "export/threats.h"

static enum mask mask_of(enum subject_kind k)
{
	static const enum mask MASKS[SUBJECT_KIND_COUNT] = {
		[SUBJECT_ADDRESS] = MASK_TEXT,    /* 2001:db8::/64: an address with its length */
		[SUBJECT_NETWORK] = MASK_TEXT,
		[SUBJECT_ACCOUNT] = MASK_USER,
		[SUBJECT_LOCAL_USER] = MASK_USER,
		[SUBJECT_DIRECTORY] = MASK_PATH,
		[SUBJECT_MAILBOX] = MASK_ADDRESS,
		[SUBJECT_DOMAIN] = MASK_HOST,
		[SUBJECT_SERVER] = MASK_HOST,
		[SUBJECT_CAMPAIGN] = MASK_TEXT,
	};

	return MASKS[k];
}

static struct ip_net mask_net(struct redact *r, const struct ip_net *net)
{
	struct ip_net masked = *net;
	struct strbuf text = { 0 };

	mask_ip(r, &text, &net->addr);
	(void)ip_parse(strbuf_slice(&text), &masked.addr);
	strbuf_done(&text);
	return masked;
}

static void add_phrase(struct redact *r, enum mask mask, struct slice s)
{
	if (s.n < 2 || r->n_phrases == REDACT_PHRASES_MAX || mask == MASK_TEXT)
		return;
	r->phrases[r->n_phrases].s = s;
	r->phrases[r->n_phrases++].mask = mask;
}

static void finding(struct redact *r, struct arena *a, struct finding *f)
{
	enum mask member = mask_of(f->member_kind);
	struct slice *members = arena_alloc(a, (f->n_members + 1) * sizeof *members);
	struct ip_net *intruders = arena_alloc(a, (f->n_intruders + 1) * sizeof *intruders);

	r->n_phrases = 0;
	add_phrase(r, mask_of(f->kind), f->subject);
	for (size_t i = 0; i < f->n_members; i++)
		add_phrase(r, member, f->members[i]);
	f->summary = redact_value(r, a, MASK_TEXT, f->summary);
	f->action = redact_value(r, a, MASK_TEXT, f->action);
	for (size_t i = 0; i < f->n_evidence; i++)
		f->evidence[i].text = redact_value(r, a, MASK_TEXT, f->evidence[i].text);
	f->trace = SLICE_NONE; /* masks find nothing */
	for (size_t i = 0; i < f->n_members; i++)
		members[i] = redact_value(r, a, member, f->members[i]);
	f->members = members;
	for (size_t i = 0; i < f->n_intruders; i++)
		intruders[i] = mask_net(r, &f->intruders[i]);
	f->intruders = intruders;
	if (f->is_net) {
		char text[WATCH_NET_BYTES];

		f->net = mask_net(r, &f->net);
		f->subject = arena_copy(a, watch_net_text(&f->net, text));
	} else {
		f->subject = redact_value(r, a, mask_of(f->kind), f->subject);
	}
	f->server = redact_value(r, a, MASK_HOST, f->server);
}

static const char *mask_file(struct redact *r, struct arena *a, const char *file)
{
	struct slice masked = redact_value(r, a, MASK_PATH, slice_str(file));
	char *p = file ? arena_alloc(a, masked.n + 1) : NULL;

	if (p && masked.n)
		memcpy(p, masked.p, masked.n);
	return p;
}

static const struct trace_line *mask_lines(struct redact *r, struct arena *a, const struct trace_line *lines, size_t n)
{
	struct trace_line *copy = arena_alloc(a, (n + 1) * sizeof *copy);

	for (size_t i = 0; i < n; i++) {
		copy[i] = lines[i];
		copy[i].file = mask_file(r, a, lines[i].file);
		copy[i].text = redact_value(r, a, MASK_RAW, lines[i].text);
	}
	return copy;
}

void redact_threats(struct redact *r, struct arena *a, struct threats_answer *t)
{
	struct threat *threats = arena_alloc(a, (t->n + 1) * sizeof *threats);
	struct ip_net *nets = arena_alloc(a, (t->left_out.n_nets + 1) * sizeof *nets);

	for (size_t i = 0; i < t->n; i++) {
		struct finding *f = arena_alloc(a, sizeof *f);

		*f = *t->threats[i].finding;
		finding(r, a, f);
		threats[i].lines = t->threats[i].lines ? mask_lines(r, a, t->threats[i].lines, f->n_lines) : NULL;
		threats[i].finding = f;
		r->n_phrases = 0;
	}
	t->threats = threats;
	for (size_t i = 0; i < t->left_out.n_nets; i++)
		nets[i] = mask_net(r, &t->left_out.nets[i]);
	t->left_out.nets = nets;
}
