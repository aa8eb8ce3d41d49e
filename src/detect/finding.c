/* SPDX-License-Identifier: Apache-2.0 */
/*
 * finding.c - how a finding is told
 */
#include "detect/finding.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/ascii.h"
#include "base/civil.h"
#include "detect/detect_priv.h"

#define TRACE_VALUE_MAX 200

void findings_done(struct findings *f)
{
	free(f->items);
}

/* --- building ----------------------------------------------------------------------------------------- */

struct finding *detect_report(const struct watch_context *c, enum subject_kind kind, struct slice subject)
{
	struct findings *list = detect_list(c);
	struct finding *f = arena_alloc(list->arena, sizeof *f);

	f->detector = c->self;
	f->level = LEVEL_MEDIUM;
	f->confidence = CONFIDENCE_MEDIUM;
	f->kind = kind;
	f->subject = arena_copy(list->arena, subject);
	f->first_us = f->last_us = USEC_NONE;
	f->utc_offset_sec = list->utc_offset_sec;
	if (list->n < FINDINGS_MAX) {
		list->items = vec_grow(list->items, list->n, &list->cap, sizeof(struct finding *));
		list->items[list->n++] = f;
	}
	return f;
}

static bool is_one_address(const struct ip_net *net)
{
	return net->bits == (ip_is_v4(&net->addr) ? 128 : 64);
}

struct finding *detect_report_net(const struct watch_context *c, const struct ip_net *net)
{
	char text[WATCH_NET_BYTES];
	struct finding *f = detect_report(c, is_one_address(net) ? SUBJECT_ADDRESS : SUBJECT_NETWORK, watch_net_text(net, text));

	f->blames = f->is_net = f->blockable = true;
	f->net = *net;
	return f;
}

void finding_level(struct finding *f, enum threat_level level, enum threat_confidence confidence)
{
	f->level = level;
	f->confidence = confidence;
}

void finding_when(struct finding *f, usec_t first_us, usec_t last_us)
{
	f->first_us = first_us;
	f->last_us = last_us;
}

void finding_setting(const struct watch_context *c, struct finding *f, size_t setting)
{
	f->setting = c->self->settings[setting].name;
	f->setting_value = c->settings[setting];
}

/* --- evidence ----------------------------------------------------------------------------------------- */

static void add_evidence(struct finding *f, const struct evidence *e)
{
	if (f->n_evidence < FINDING_EVIDENCE_MAX)
		f->evidence[f->n_evidence++] = *e;
}

void finding_count(struct finding *f, const char *id, const char *title, int64_t value, int64_t usual)
{
	add_evidence(f, &(struct evidence){ .id = id, .title = title, .type = EVIDENCE_COUNT, .value = value, .usual = usual });
}

void finding_span(struct finding *f, const char *id, const char *title, usec_t value)
{
	add_evidence(f, &(struct evidence){ .id = id, .title = title, .type = EVIDENCE_SPAN, .value = value, .usual = -1 });
}

void finding_time(struct finding *f, const char *id, const char *title, usec_t value)
{
	add_evidence(f, &(struct evidence){ .id = id, .title = title, .type = EVIDENCE_TIME, .value = value, .usual = -1 });
}

void finding_share(struct finding *f, const char *id, const char *title, uint64_t part, uint64_t whole, int64_t usual)
{
	if (whole)
		add_evidence(f, &(struct evidence){ .id = id, .title = title, .type = EVIDENCE_SHARE,
						    .value = (int64_t)(part * 100000 / whole), .usual = usual });
}

void finding_text(const struct watch_context *c, struct finding *f, const char *id, const char *title, struct slice text)
{
	add_evidence(f, &(struct evidence){ .id = id, .title = title, .type = EVIDENCE_TEXT, .usual = -1,
					    .text = detect_copy(c, text) });
}

/* --- members ------------------------------------------------------------------------------------------ */

void finding_members(const struct watch_context *c, struct finding *f, enum subject_kind kind, size_t n)
{
	size_t room = n < FINDING_MEMBERS_MAX ? n : FINDING_MEMBERS_MAX;

	f->member_kind = kind;
	f->members = arena_alloc(detect_list(c)->arena, (room + 1) * sizeof *f->members);
	f->n_members = 0;
	f->more_members = 0;
}

void finding_member(const struct watch_context *c, struct finding *f, struct slice name)
{
	if (f->n_members < FINDING_MEMBERS_MAX)
		f->members[f->n_members++] = detect_copy(c, name);
	else
		f->more_members++;
}

void finding_member_net(const struct watch_context *c, struct finding *f, const struct ip_net *net)
{
	char text[WATCH_NET_BYTES];

	if (f->n_members < FINDING_MEMBERS_MAX)
		finding_member(c, f, watch_net_text(net, text));
	else
		f->more_members++;
}

static bool has_intruder(const struct finding *f, const struct ip_net *net)
{
	for (size_t i = 0; i < f->n_intruders; i++)
		if (memcmp(&f->intruders[i], net, sizeof *net) == 0)
			return true;
	return false;
}

static void add_intruders(struct arena *a, struct finding *f, const struct ip_net *nets, size_t n)
{
	struct ip_net *all = arena_alloc(a, (f->n_intruders + n + 1) * sizeof *all);

	if (f->n_intruders)
		memcpy(all, f->intruders, f->n_intruders * sizeof *all);
	f->intruders = all;
	for (size_t i = 0; i < n && f->n_intruders < FINDING_MEMBERS_MAX; i++)
		if (!has_intruder(f, &nets[i]))
			f->intruders[f->n_intruders++] = nets[i];
}

void finding_intruder(const struct watch_context *c, struct finding *f, const struct ip_net *net)
{
	add_intruders(detect_list(c)->arena, f, net, 1);
}

static int most_active(const void *a, const void *b)
{
	const struct watch_peer *x = *(const struct watch_peer *const *)a, *y = *(const struct watch_peer *const *)b;

	if (x->failures != y->failures)
		return x->failures > y->failures ? -1 : 1;
	if (x->successes != y->successes)
		return x->successes > y->successes ? -1 : 1;
	return slice_cmp(watch_peer_key(x), watch_peer_key(y));
}

void finding_peers(const struct watch_context *c, struct finding *f, enum subject_kind kind, const struct watch_peers *peers,
		   bool nets)
{
	const struct watch_peer **sorted = xcalloc(peers->n + 1, sizeof *sorted);

	for (uint32_t i = 0; i < peers->n; i++)
		sorted[i] = &peers->items[i];
	if (peers->n)
		qsort(sorted, peers->n, sizeof *sorted, most_active);
	finding_members(c, f, kind, peers->n);
	for (uint32_t i = 0; i < peers->n; i++) {
		struct ip_net net = watch_key_net(watch_peer_key(sorted[i]));

		if (nets)
			finding_member_net(c, f, &net);
		else if (sorted[i]->key_n)
			finding_member(c, f, watch_peer_key(sorted[i]));
	}
	f->more_members += peers->more;
	free(sorted);
}

static int by_place(const void *a, const void *b)
{
	const struct fact_line *x = a, *y = b;

	if (x->time_us != y->time_us)
		return x->time_us < y->time_us ? -1 : 1;
	if (x->source != y->source)
		return x->source < y->source ? -1 : 1;
	return x->line_no < y->line_no ? -1 : x->line_no > y->line_no;
}

void finding_lines(struct finding *f, const struct watch_lines *s)
{
	size_t first = s->n < SAMPLE_FIRST ? s->n : SAMPLE_FIRST;
	size_t last = s->n - first < SAMPLE_LAST ? s->n - first : SAMPLE_LAST;

	f->n_lines = 0;
	for (size_t i = 0; i < first && f->n_lines < FINDING_LINES_MAX; i++)
		f->lines[f->n_lines++] = s->first[i];
	for (size_t i = 0; i < last && f->n_lines < FINDING_LINES_MAX; i++)
		f->lines[f->n_lines++] = s->last[i];
	qsort(f->lines, f->n_lines, sizeof *f->lines, by_place);
}

/* --- sentences ---------------------------------------------------------------------------------------- */

struct slice detect_copy(const struct watch_context *c, struct slice s)
{
	return arena_copy(detect_list(c)->arena, s);
}

static struct slice keep(const struct watch_context *c, struct strbuf *sb)
{
	struct slice s = detect_copy(c, strbuf_slice(sb));

	strbuf_done(sb);
	return s;
}

static struct slice fill(const struct watch_context *c, const char *key, const struct tr_value *values, size_t n)
{
	struct strbuf text = { 0 };

	tr_fill(&text, tr_in(detect_list(c)->language, key), values, n);
	return keep(c, &text);
}

void finding_summary(const struct watch_context *c, struct finding *f, const char *key, const struct tr_value *values, size_t n)
{
	f->summary = fill(c, key, values, n);
}

void finding_action(const struct watch_context *c, struct finding *f, const char *key, const struct tr_value *values, size_t n)
{
	f->action = fill(c, key, values, n);
}

struct slice detect_count_text(const struct watch_context *c, uint64_t n)
{
	char digits[32], *p = digits + sizeof digits;
	unsigned count = 0;

	do {
		if (count && count % 3 == 0)
			*--p = ',';
		*--p = (char)('0' + n % 10);
		n /= 10;
		count++;
	} while (n);
	return detect_copy(c, slice_between(p, digits + sizeof digits));
}

struct slice detect_times_text(const struct watch_context *c, uint64_t n)
{
	const char *text = tr_plural_in(detect_options_of(c->detect)->language, TR_KEY("threat.times", "once"), TR_PLURAL("{n} times"), n);
	struct tr_value value = { "n", detect_count_text(c, n) };
	struct strbuf filled = { 0 };
	struct slice ret;

	tr_fill(&filled, text, &value, 1);
	ret = detect_copy(c, strbuf_slice(&filled));
	strbuf_done(&filled);
	return ret;
}

struct slice detect_span_text(const struct watch_context *c, usec_t span)
{
	static const struct {
		usec_t us;
		const char *unit;
	} UNITS[] = { { USEC_PER_DAY, "d" }, { USEC_PER_HOUR, "h" }, { USEC_PER_MIN, "min" }, { USEC_PER_SEC, "s" } };
	struct strbuf text = { 0 };
	size_t i = 0;

	span = span < 0 ? 0 : span;
	while (i + 1 < ARRAY_LEN(UNITS) && span < UNITS[i].us)
		i++;
	strbuf_printf(&text, "%lld %s", (long long)(span / UNITS[i].us), UNITS[i].unit);
	if (i + 1 < ARRAY_LEN(UNITS) && span % UNITS[i].us >= UNITS[i + 1].us)
		strbuf_printf(&text, " %lld %s", (long long)(span % UNITS[i].us / UNITS[i + 1].us), UNITS[i + 1].unit);
	return keep(c, &text);
}

struct slice detect_time_text(const struct watch_context *c, usec_t time)
{
	struct strbuf text = { 0 };

	if (time == USEC_NONE)
		return SLICE_NONE;
	civil_format_local(&text, time, detect_list(c)->utc_offset_sec);
	return keep(c, &text);
}

struct slice detect_share_text(const struct watch_context *c, uint64_t part, uint64_t whole)
{
	struct strbuf text = { 0 };

	if (!whole)
		return SLICE_NONE;
	strbuf_printf(&text, "%llu %%", (unsigned long long)(part * 100 / whole));
	return keep(c, &text);
}

/* Within single quotes a shell takes everything but a quote as it is. */
void finding_trace(const struct watch_context *c, struct finding *f, const char *option, struct slice value)
{
	struct strbuf text = { 0 };
	bool plain = value.n > 0 && value.p[0] != '-';

	if (!value.n || value.n > TRACE_VALUE_MAX)
		return;
	for (size_t i = 0; i < value.n; i++) {
		if ((unsigned char)value.p[i] < 0x20 || value.p[i] == 0x7f)
			return;
		plain &= ascii_alnum(value.p[i]) || (value.p[i] && strchr("@._-+:/,=%", value.p[i]));
	}
	if (f->trace.p) {
		strbuf_add(&text, f->trace);
		strbuf_add_byte(&text, ' ');
	}
	strbuf_add_str(&text, option);
	strbuf_add_byte(&text, value.p[0] == '-' ? '=' : ' ');
	if (plain) {
		strbuf_add(&text, value);
	} else {
		strbuf_add_byte(&text, '\'');
		for (size_t i = 0; i < value.n; i++) {
			if (value.p[i] == '\'')
				strbuf_add_str(&text, "'\\''");
			else
				strbuf_add_byte(&text, value.p[i]);
		}
		strbuf_add_byte(&text, '\'');
	}
	f->trace = keep(c, &text);
}

/* --- in order ----------------------------------------------------------------------------------------- */

static int worst_first(const void *a, const void *b)
{
	const struct finding *x = *(const struct finding *const *)a, *y = *(const struct finding *const *)b;

	if (x->level != y->level)
		return x->level > y->level ? -1 : 1;
	if (x->confidence != y->confidence)
		return x->confidence > y->confidence ? -1 : 1;
	if (x->last_us != y->last_us)
		return x->last_us > y->last_us ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (!slice_eq(x->subject, y->subject))
		return slice_cmp(x->subject, y->subject);
	return slice_cmp(slice_str(x->detector->id), slice_str(y->detector->id));
}

/* the same family, the same subject; the worst of them first */
static int by_subject(const void *a, const void *b)
{
	const struct finding *x = *(const struct finding *const *)a, *y = *(const struct finding *const *)b;
	struct slice fx = slice_str(x->detector->family ? x->detector->family : x->detector->id);
	struct slice fy = slice_str(y->detector->family ? y->detector->family : y->detector->id);
	int r = slice_cmp(fx, fy);

	if (r)
		return r;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	r = slice_cmp(x->subject, y->subject);
	return r ? r : worst_first(a, b);
}

static bool is_same(const struct finding *x, const struct finding *y)
{
	return x->detector->family && y->detector->family &&
	       slice_eq(slice_str(x->detector->family), slice_str(y->detector->family)) && x->kind == y->kind &&
	       slice_eq(x->subject, y->subject);
}

static bool has_evidence(const struct finding *f, const char *id)
{
	for (size_t i = 0; i < f->n_evidence; i++)
		if (strcmp(f->evidence[i].id, id) == 0)
			return true;
	return false;
}

static bool has_member(const struct finding *f, struct slice name)
{
	for (size_t i = 0; i < f->n_members; i++)
		if (slice_eq(f->members[i], name))
			return true;
	return false;
}

static void add_members(struct arena *a, struct finding *f, const struct finding *from)
{
	struct slice *all = arena_alloc(a, (FINDING_MEMBERS_MAX + 1) * sizeof *all);

	memcpy(all, f->members, f->n_members * sizeof *all);
	f->members = all;
	for (size_t i = 0; i < from->n_members; i++) {
		if (has_member(f, from->members[i]))
			continue;
		if (f->n_members < FINDING_MEMBERS_MAX)
			all[f->n_members++] = from->members[i];
		else
			f->more_members++;
	}
	if (from->more_members > f->more_members)
		f->more_members = from->more_members;
}

/* What a less bad finding of the family says beside it */
static void take_over(struct arena *a, struct finding *f, const struct finding *from)
{
	if (f->n_also < FINDING_ALSO_MAX && from->detector != f->detector)
		f->also[f->n_also++] = from->detector;
	for (size_t i = 0; i < from->n_evidence && f->n_evidence < FINDING_EVIDENCE_MAX; i++)
		if (!has_evidence(f, from->evidence[i].id))
			f->evidence[f->n_evidence++] = from->evidence[i];
	if (!f->n_members && from->n_members) {
		f->members = from->members;
		f->n_members = from->n_members;
		f->more_members = from->more_members;
		f->member_kind = from->member_kind;
	} else if (from->n_members && from->member_kind == f->member_kind) {
		add_members(a, f, from);
	}
	if (from->n_intruders)
		add_intruders(a, f, from->intruders, from->n_intruders);
	if (from->n_lines > f->n_lines) {
		memcpy(f->lines, from->lines, from->n_lines * sizeof *f->lines);
		f->n_lines = from->n_lines;
	}
	f->blames |= from->blames;
	if (from->first_us != USEC_NONE && (f->first_us == USEC_NONE || from->first_us < f->first_us))
		f->first_us = from->first_us;
	if (from->last_us > f->last_us)
		f->last_us = from->last_us;
}

struct finding *findings_sorted(struct findings *f, size_t *ret_n)
{
	struct finding *sorted = xcalloc(f->n + 1, sizeof *sorted);
	size_t n = 0;

	if (f->n)
		qsort(f->items, f->n, sizeof *f->items, by_subject);
	for (size_t i = 0; i < f->n; i++) {
		if (n && is_same(f->items[n - 1], f->items[i]))
			take_over(f->arena, f->items[n - 1], f->items[i]);
		else
			f->items[n++] = f->items[i];
	}
	f->n = n;
	if (n)
		qsort(f->items, n, sizeof *f->items, worst_first);
	for (size_t i = 0; i < n; i++)
		sorted[i] = *f->items[i];
	*ret_n = n;
	return sorted;
}
