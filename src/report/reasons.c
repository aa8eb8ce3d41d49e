/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reasons.c - why mail failed: one row for all failures with the same words, and its cause
 */
#include "report/reasons.h"

#include "base/strbuf.h"

#define REASON_LIMIT_ROWS ((size_t)1 << 16)

void widen_span(int64_t *first, int64_t *last, usec_t from_first, usec_t from_last)
{
	if (from_first != USEC_NONE && (*first == USEC_NONE || from_first < *first))
		*first = from_first;
	if (from_last != USEC_NONE && (*last == USEC_NONE || from_last > *last)) /* USEC_NONE is below all */
		*last = from_last;
}

/* all but count and times is of one failure, or found when a panel is built */
static void reasons_merge(int64_t *into, const int64_t *from)
{
	into[REASON_COUNT] += from[REASON_COUNT];
	widen_span(&into[REASON_FIRST], &into[REASON_LAST], from[REASON_FIRST], from[REASON_LAST]);
}

void reasons_init(struct counters *c)
{
	for (int kind = 0; kind < FAILURE_KIND_COUNT; kind++) {
		struct tally *t = &c->reasons[kind];

		tally_init(t, REASON_VALUES, REASON_LIMIT_ROWS);
		t->other = tally_pair(SYM_OTHER, SYM_OTHER);
		counters_add_tally(c, &(struct named_tally){
					      .t = t,
					      .major = PART_SYMBOL,
					      .minor = PART_SYMBOL,
					      .weights = 1,
					      .symbols = 1U << REASON_SAMPLE | 1U << REASON_HOST,
					      .merge = reasons_merge,
				      });
	}
}

void reasons_done(struct counters *c)
{
	for (int kind = 0; kind < FAILURE_KIND_COUNT; kind++)
		tally_done(&c->reasons[kind]);
}

static int64_t said(const struct counted_failure *f)
{
	int64_t by = SAID_BY_US;

	if (f->kind != FAILURE_REJECTION)
		by = f->attempt ? verdict_said_by(f->recipient, f->attempt) : SAID_BY_UNKNOWN;
	return f->temporary ? by + REASON_TEMPORARY : by;
}

void reasons_count(struct counters *c, const struct counted_failure *f)
{
	int64_t *v = tally_row(&c->reasons[f->kind], tally_pair(f->shape, f->stage));

	v[REASON_COUNT] += f->count;
	if (v[REASON_COUNT] == f->count) {
		v[REASON_SAMPLE] = counters_sample(c, f->reply);
		v[REASON_HOST] = f->attempt ? counters_sample(c, f->attempt->relay_host) : SYM_NONE;
		v[REASON_CODE] = f->smtp_code;
		v[REASON_SAID] = said(f);
		v[REASON_FIRST] = v[REASON_LAST] = f->time_us;
		return;
	}
	widen_span(&v[REASON_FIRST], &v[REASON_LAST], f->time_us, f->time_us);
	if (v[REASON_CODE] != f->smtp_code) {
		v[REASON_CODE] = -1;
	}
}

bool reason_cause(const struct counters *c, enum failure_kind kind, size_t row, struct cause *ret)
{
	const struct tally *t = &c->reasons[kind];
	const int64_t *v = tally_values(t, row);
	uint64_t key = tally_key(t, row);
	struct other_verdict verdict;
	struct complaint complaint = {
		.smtp_code = v[REASON_CODE],
		.temporary = v[REASON_SAID] & REASON_TEMPORARY,
		.said_by = (enum said_by)(v[REASON_SAID] & ~(int64_t)REASON_TEMPORARY),
	};

	if (!c->diagnoser || tally_major(key) == SYM_OTHER)
		return false;
	complaint.reply = intern_name(&c->names, (sym_t)v[REASON_SAMPLE]);
	complaint.stage = kind == FAILURE_REJECTION ? intern_name(&c->names, tally_minor(key)) : SLICE_NONE;
	if (complaint.said_by != SAID_BY_US)
		complaint.host = intern_name(&c->names, (sym_t)v[REASON_HOST]);
	verdict_reply(c->diagnoser, &complaint, &verdict);
	*ret = verdict.cause;
	return true;
}

size_t reason_row(const struct counters *c, enum failure_kind kind, sym_t shape)
{
	const struct tally *t = &c->reasons[kind];
	size_t best = SIZE_MAX;

	if (kind != FAILURE_REJECTION) { /* there are no stages */
		const int64_t *v = tally_find(t, tally_pair(shape, SYM_NONE));

		return v ? tally_index(t, v) : SIZE_MAX;
	}
	for (size_t i = 0; i < t->n; i++)
		if (tally_major(tally_key(t, i)) == shape &&
		    (best == SIZE_MAX || tally_values(t, i)[REASON_COUNT] > tally_values(t, best)[REASON_COUNT]))
			best = i;
	return best;
}

struct slice build_cause_text(struct panel_build *b, const struct cause *cause, bool action)
{
	static const struct complaint NOBODY = { .smtp_code = -1 };
	struct strbuf text = { 0 };
	struct slice ret;

	if (action)
		verdict_action(&text, b->counters->language, cause, &NOBODY, NULL);
	else
		verdict_summary(&text, b->counters->language, cause, &NOBODY, NULL);
	ret = arena_copy(b->arena, strbuf_slice(&text));
	strbuf_done(&text);
	return ret;
}

void build_cause(struct panel_build *b, struct panel_cell *cells, const struct cause *cause)
{
	for (size_t i = 0; i < CAUSE_COLUMNS_N; i++)
		cells[i] = cell_text(SLICE_NONE);
	if (!cause)
		return;
	cells[0] = cell_text(slice_str(cause_class_name(cause->class)));
	cells[1] = cell_text(slice_str(cause_side_name(cause->side)));
	cells[2] = cell_text(cause->id);
	cells[3] = cell_text(build_cause_text(b, cause, false));
}
