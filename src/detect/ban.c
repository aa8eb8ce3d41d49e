/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ban.c - findings as commands and map entries that keep their addresses out
 *
 * What is listed is decided once, for all tools: an address (IPv6: its /64) that a finding blames and calls blockable, seen lately,
 * neither trusted nor home of honest people nor one whose mail is delivered here.  A tool is a row of TOOLS: its first lines,
 * a line for each entry, its last lines.  ban_tools.c has them.
 */
#include "detect/ban.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/ascii.h"
#include "base/civil.h"
#include "base/tr.h"
#include "detect/ban_priv.h"
#include "detect/blocking.h"
#include "detect/detect_priv.h"

#define WITHIN_US       USEC_PER_DAY
#define NETWORK_MEMBERS 5  /* addresses that speak against a network before it is listed as a whole */
#define LONG_STORY_US   (3 * USEC_PER_DAY)
#define LEFT_OUT_SHOWN  20 /* of each reason */

enum reason { LEFT_TRUSTED, LEFT_HONEST, LEFT_OLD, LEFT_NETWORK, LEFT_REASONS };

static const char *const REASON_WORDS[] = {
	[LEFT_TRUSTED] = "own or trusted",
	[LEFT_HONEST] = "honest people log in from there, or its mail is delivered here",
	[LEFT_OLD] = "not seen lately",
	[LEFT_NETWORK] = "a whole network (--ban-networks lists it)",
};

struct left {
	struct ip_net net;
	enum reason reason;
};

struct ban_job {
	const struct detect *d;
	const struct ban_options *o;
	usec_t end_us, within_us;
	struct ban_entry *entries;
	size_t n, cap;
	struct left *left;
	size_t n_left, left_cap;
	void **known;            /* addresses, for what is known of a whole network */
	size_t n_known;
};

/* --- what is listed ----------------------------------------------------------------------------------- */

static usec_t span_of(const struct ban_options *o, const struct finding *f)
{
	static const usec_t SPANS[] = { USEC_PER_HOUR, USEC_PER_DAY, 7 * USEC_PER_DAY };
	size_t step = f->level == LEVEL_LOW ? 0 : f->level == LEVEL_MEDIUM ? 1 : 2;

	if (o->span_us > 0)
		return o->span_us;
	if (f->first_us != USEC_NONE && f->last_us - f->first_us >= LONG_STORY_US)
		step++;
	return SPANS[step < ARRAY_LEN(SPANS) ? step : ARRAY_LEN(SPANS) - 1];
}

/* Does somebody honest live there? */
static bool honest_in(const struct ban_job *j, const struct ip_net *net, uint64_t against)
{
	for (size_t i = 0; i < j->n_known; i++) {
		const struct known_address *k = j->known[i];
		struct ip_net at = watch_key_net(k->entry.key);

		if (ip_in_net(&at.addr, net) && blocking_hurts(k, against))
			return true;
	}
	return false;
}

static bool whole_network(const struct ip_net *net)
{
	return net->bits < (ip_is_v4(&net->addr) ? 128 : 64);
}

static void leave_out(struct ban_job *j, const struct ip_net *net, enum reason why)
{
	if (j->n_left == j->left_cap) {
		j->left_cap = j->left_cap ? j->left_cap * 2 : 16;
		j->left = xrealloc(j->left, j->left_cap * sizeof *j->left);
	}
	j->left[j->n_left++] = (struct left){ *net, why };
}

static void list(struct ban_job *j, const struct ban_entry *e)
{
	if (j->n == j->cap) {
		j->cap = j->cap ? j->cap * 2 : 64;
		j->entries = xrealloc(j->entries, j->cap * sizeof *j->entries);
	}
	j->entries[j->n++] = *e;
}

static bool is_old(const struct ban_job *j, const struct finding *f)
{
	return f->last_us != USEC_NONE && f->last_us < j->end_us - j->within_us;
}

/* among: so many did it together; 0: it alone */
static void consider(struct ban_job *j, const struct finding *f, const struct ip_net *net, uint64_t against, uint64_t among)
{
	const struct known_address *k = known_address(detect_known(j->d), net);

	if (detect_trusts_net(j->d, net))
		leave_out(j, net, LEFT_TRUSTED);
	else if (is_old(j, f))
		leave_out(j, net, LEFT_OLD);
	else if (whole_network(net) ? honest_in(j, net, against) : k && blocking_hurts(k, against))
		leave_out(j, net, LEFT_HONEST);
	else
		list(j, &(struct ban_entry){ .net = *net, .span_us = span_of(j->o, f), .last_us = f->last_us, .finding = f,
					     .count = among ? 0 : blocking_count(f), .among = among });
}

/* Who got in is listed, however much looks at home there. */
static void take_intruders(struct ban_job *j, const struct finding *f)
{
	for (size_t i = 0; i < f->n_intruders; i++) {
		if (is_old(j, f))
			leave_out(j, &f->intruders[i], LEFT_OLD);
		else
			list(j, &(struct ban_entry){ .net = f->intruders[i], .span_us = span_of(j->o, f), .last_us = f->last_us,
						     .finding = f, .intruder = true });
	}
}

/* The neighbourhood as a whole, if it was asked for and enough of it speaks against it. */
static bool take_network(struct ban_job *j, const struct finding *f)
{
	if (!j->o->networks || f->n_members + f->more_members < NETWORK_MEMBERS || f->member_kind != SUBJECT_ADDRESS)
		return false;
	consider(j, f, &f->net, blocking_count(f), 0);
	return true;
}

static void take_members(struct ban_job *j, const struct finding *f)
{
	uint64_t all = f->n_members + f->more_members, each = blocking_count(f) / all;
	struct ip_net net;

	for (size_t i = 0; i < f->n_members; i++)
		if (ip_net_parse(f->members[i], &net) && !whole_network(&net))
			consider(j, f, &net, each, all);
}

static void take(struct ban_job *j, const struct finding *f)
{
	bool network = f->is_net && whole_network(&f->net), members = f->n_members && f->member_kind == SUBJECT_ADDRESS;

	take_intruders(j, f);
	if (!f->blockable) {
		if (f->is_net && f->blames)
			leave_out(j, &f->net, LEFT_HONEST);
		return;
	}
	if (f->is_net && !network) {
		consider(j, f, &f->net, blocking_count(f), 0);
		return;
	}
	if (network && take_network(j, f))
		return;
	if (network && !j->o->networks)
		leave_out(j, &f->net, LEFT_NETWORK);
	if (members)
		take_members(j, f);
}

/* --- order -------------------------------------------------------------------------------------------- */

static int compare_nets(const struct ip_net *a, const struct ip_net *b)
{
	int r = memcmp(a->addr.b, b->addr.b, sizeof a->addr.b);

	return r ? r : (a->bits > b->bits) - (a->bits < b->bits);
}

/* The longest time first among equals: it stays. */
static int compare_entries(const void *a, const void *b)
{
	const struct ban_entry *x = a, *y = b;
	int r = compare_nets(&x->net, &y->net);

	if (r)
		return r;
	if (x->span_us != y->span_us)
		return x->span_us > y->span_us ? -1 : 1;
	return (x->finding > y->finding) - (x->finding < y->finding); /* the worse one: they lie in one array */
}

static bool lies_in(const struct ip_net *inner, const struct ip_net *outer)
{
	return outer->bits <= inner->bits && ip_is_v4(&inner->addr) == ip_is_v4(&outer->addr) && ip_in_net(&inner->addr, outer);
}

/* A network comes before its addresses: what lies in the last one that was kept goes, which keeps the longer time. */
static void drop_repeats(struct ban_job *j)
{
	size_t kept = 0;

	for (size_t i = 0; i < j->n; i++) {
		struct ban_entry *last = kept ? &j->entries[kept - 1] : NULL;

		if (last && lies_in(&j->entries[i].net, &last->net)) {
			if (j->entries[i].span_us > last->span_us)
				last->span_us = j->entries[i].span_us;
			continue;
		}
		j->entries[kept++] = j->entries[i];
	}
	j->n = kept;
}

static int compare_left(const void *a, const void *b)
{
	const struct left *x = a, *y = b;
	int r = (x->reason > y->reason) - (x->reason < y->reason);

	return r ? r : compare_nets(&x->net, &y->net);
}

static bool is_listed(const struct ban_job *j, const struct ip_net *net)
{
	for (size_t i = 0; i < j->n; i++)
		if (lies_in(net, &j->entries[i].net))
			return true;
	return false;
}

/* each net once, with its first reason; not those that another finding lists */
static void sort_left(struct ban_job *j)
{
	size_t kept = 0;

	if (j->n_left)
		qsort(j->left, j->n_left, sizeof *j->left, compare_left);
	for (size_t i = 0; i < j->n_left; i++) {
		bool twice = j->left[i].reason != LEFT_NETWORK && is_listed(j, &j->left[i].net);

		for (size_t k = 0; !twice && k < kept; k++)
			twice = compare_nets(&j->left[k].net, &j->left[i].net) == 0;
		if (!twice)
			j->left[kept++] = j->left[i];
	}
	j->n_left = kept;
}

/* --- texts -------------------------------------------------------------------------------------------- */

/* Letters, digits and a few marks: harmless between any quotes and in any map. */
static void add_plain(struct strbuf *out, struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		strbuf_add_byte(out, ascii_alnum(s.p[i]) || s.p[i] == '-' || s.p[i] == '_' ? s.p[i] : ' ');
}

static struct slice plural(uint64_t n, const char *one, const char *many)
{
	return slice_str(n == 1 ? one : many);
}

void ban_reason(struct strbuf *out, const struct ban_entry *e)
{
	struct strbuf day = { 0 };

	strbuf_add_str(out, "mailwhy: ");
	if (e->intruder)
		strbuf_add_str(out, "logged in with a guessed password");
	else if (e->finding->detector->ban)
		strbuf_add_str(out, e->finding->detector->ban);
	else
		add_plain(out, slice_str(tr_in(TR_ENGLISH, e->finding->detector->title)));
	if (e->count)
		strbuf_printf(out, ", %" PRIu64 " %s", e->count, e->count == 1 ? "time" : "times");
	if (e->among)
		strbuf_printf(out, ", one of %" PRIu64 " addresses", e->among);
	if (e->last_us != USEC_NONE) {
		civil_format_local(&day, e->last_us, e->finding->utc_offset_sec);
		strbuf_add_str(out, ", ");
		strbuf_add(out, slice_head(strbuf_slice(&day), strlen("2026-11-21")));
	}
	strbuf_done(&day);
}

void ban_span(struct strbuf *out, usec_t span_us)
{
	static const struct {
		usec_t unit;
		char letter;
	} UNITS[] = { { USEC_PER_DAY, 'd' }, { USEC_PER_HOUR, 'h' }, { USEC_PER_MIN, 'm' } };

	for (size_t i = 0; i < ARRAY_LEN(UNITS); i++)
		if (span_us % UNITS[i].unit == 0) {
			strbuf_printf(out, "%" PRId64 "%c", span_us / UNITS[i].unit, UNITS[i].letter);
			return;
		}
	strbuf_printf(out, "%" PRId64 "s", span_us / USEC_PER_SEC);
}

static void say_left(const struct ban_job *j, struct strbuf *out)
{
	size_t counts[LEFT_REASONS] = { 0 }, shown = 0;
	char buf[WATCH_NET_BYTES];

	for (size_t i = 0; i < j->n_left; i++)
		counts[j->left[i].reason]++;
	for (size_t i = 0; i < j->n_left; i++) {
		enum reason why = j->left[i].reason;

		if (i == 0 || j->left[i - 1].reason != why) {
			shown = 0;
			strbuf_printf(out, "# left out, %s:", REASON_WORDS[why]);
		}
		if (shown++ < LEFT_OUT_SHOWN) {
			strbuf_add_byte(out, ' ');
			strbuf_add(out, watch_net_text(&j->left[i].net, buf));
		}
		if (i + 1 == j->n_left || j->left[i + 1].reason != why) {
			if (counts[why] > LEFT_OUT_SHOWN)
				strbuf_printf(out, " and %zu more", counts[why] - LEFT_OUT_SHOWN);
			strbuf_add_byte(out, '\n');
		}
	}
}

static void say_age(int64_t days, struct strbuf *out)
{
	if (days)
		strbuf_printf(out, "# CAREFUL: that was %" PRId64 " %s ago; ", days, days == 1 ? "day" : "days");
	else
		strbuf_add_str(out, "# CAREFUL: that is some time ago; ");
	strbuf_add_str(out, "who had these addresses then may not have them now\n");
}

static void say_when(const struct ban_job *j, const struct finding *f, size_t n, struct strbuf *out)
{
	if (j->end_us == USEC_NONE)
		return;
	strbuf_add_str(out, "# end of the log: ");
	civil_format_local(out, j->end_us, n ? f->utc_offset_sec : 0);
	strbuf_add_str(out, "; listed is what was seen within ");
	ban_span(out, j->within_us);
	strbuf_add_str(out, " before\n");
	if (j->o->clock_us != USEC_NONE && j->o->clock_us - j->end_us > j->within_us)
		say_age((j->o->clock_us - j->end_us) / USEC_PER_DAY, out);
}

static void print(const struct ban_job *j, const struct finding *f, size_t n, struct strbuf *out)
{
	const struct ban_tool *t = j->o->tool;
	size_t nets = 0;

	for (size_t i = 0; i < j->n; i++)
		nets += whole_network(&j->entries[i].net);
	strbuf_printf(out, "# mailwhy threats --ban %s: %zu %.*s", t->name, j->n - nets,
		      SLICE_ARG(plural(j->n - nets, "address", "addresses")));
	if (nets)
		strbuf_printf(out, ", %zu %.*s", nets, SLICE_ARG(plural(nets, "network", "networks")));
	strbuf_add_str(out, "\n# Nothing was done.  Read it, then ");
	strbuf_add_str(out, t->use);
	strbuf_add_str(out, "\n# undo one:  ");
	strbuf_add_str(out, t->undo_one);
	strbuf_add_str(out, "\n# undo all:  ");
	strbuf_add_str(out, t->undo_all);
	strbuf_add_byte(out, '\n');
	say_when(j, f, n, out);
	say_left(j, out);
	if (j->n == 0) {
		strbuf_add_str(out, "# nothing to list\n");
		return;
	}
	if (t->begin)
		t->begin(j->o, j->entries, j->n, out);
	for (size_t i = 0; i < j->n; i++)
		t->entry(j->o, &j->entries[i], out);
	if (t->end)
		t->end(j->o, j->entries, j->n, out);
}

bool ban_is_jail(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!ascii_alnum(s.p[i]) && s.p[i] != '-' && s.p[i] != '_' && s.p[i] != '.')
			return false;
	return s.n > 0 && s.n <= 64;
}

void ban_print(const struct detect *d, const struct finding *f, size_t n, const struct ban_options *o, struct strbuf *out)
{
	struct ban_options with_mta = *o;
	struct ban_job j = { .d = d, .o = &with_mta, .end_us = detect_now(d), .within_us = o->within_us > 0 ? o->within_us : WITHIN_US };

	with_mta.mta = detect_mta(d);
	if (o->networks)
		j.known = watch_table_sorted(&detect_known(d)->addresses, &j.n_known);
	for (size_t i = 0; i < n; i++)
		take(&j, &f[i]);
	if (j.n)
		qsort(j.entries, j.n, sizeof *j.entries, compare_entries);
	drop_repeats(&j);
	sort_left(&j);
	print(&j, f, n, out);
	free(j.entries);
	free(j.left);
	free(j.known);
}
