/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clock.c - mail counted by hour of the log's wall clock
 */
#include "report/clock.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/attr.h"

#define HOURS_LIMIT ((size_t)24 * 366 * 20) /* hours with mail: 20 years */

static void *clock_new(const struct panel_ops *ops, struct counters *c)
{
	struct clock *s = xcalloc(1, sizeof *s);

	(void)ops;
	(void)c;
	s->span.length = USEC_PER_HOUR;
	s->first_us = s->last_us = USEC_NONE;
	s->begin = INT64_MAX;
	tally_init(&s->t, CLOCK_VALUES, HOURS_LIMIT);
	s->t.other = 0; /* no hour */
	return s;
}

static void clock_free(void *state)
{
	struct clock *s = state;

	tally_done(&s->t);
	free(s);
}

static ATTR_NOINLINE void next_row(struct clock *s, usec_t t, int32_t utc_offset_sec)
{
	int64_t number = wall_number(&s->span, t, utc_offset_sec);

	s->row = tally_row(&s->t, (uint64_t)(number + CLOCK_HOUR_BASE));
	s->begin = s->span.begin - utc_offset_sec * USEC_PER_SEC;
	s->utc_offset_sec = utc_offset_sec;
}

/* the counters of the hour of t, which is not USEC_NONE */
static inline int64_t *row_of(struct clock *s, usec_t t, int32_t utc_offset_sec)
{
	if (UNLIKELY((uint64_t)t - (uint64_t)s->begin >= (uint64_t)USEC_PER_HOUR ||
		     s->utc_offset_sec != utc_offset_sec))
		next_row(s, t, utc_offset_sec);
	return s->row;
}

/* the logs cover these times, whether there is mail or not; last_us is not before first_us */
static inline void cover(struct clock *s, usec_t first_us, usec_t last_us, int32_t utc_offset_sec)
{
	first_us += utc_offset_sec * USEC_PER_SEC;
	last_us += utc_offset_sec * USEC_PER_SEC;
	if (s->first_us == USEC_NONE || first_us < s->first_us)
		s->first_us = first_us;
	if (last_us > s->last_us) /* USEC_NONE is below all */
		s->last_us = last_us;
}

static inline void count_recipient(struct clock *s, const struct counted_recipient *cr, int32_t utc_offset_sec)
{
	int64_t *v = row_of(s, cr->time_us, utc_offset_sec);

	if (LIKELY(cr->delivered)) {
		v[CLOCK_DELIVERED]++;
		v[CLOCK_FIRST_TRY] += !cr->deferrals;
	} else {
		v[CLOCK_BOUNCED]++;
	}
}

static ATTR_NOINLINE void count_failures(struct clock *s, const struct counted_message *cm)
{
	for (size_t i = 0; i < cm->n_failures; i++)
		if (cm->failures[i].kind == FAILURE_DEFERRAL && cm->failures[i].time_us != USEC_NONE)
			row_of(s, cm->failures[i].time_us, cm->m->utc_offset_sec)[CLOCK_DEFERRALS]++;
}

static void clock_message(void *state, const struct counted_message *cm)
{
	struct clock *s = state;
	int32_t offset = cm->m->utc_offset_sec;
	usec_t first_us = INT64_MAX, last_us = USEC_NONE;

	if (cm->received && cm->m->arrived_us != USEC_NONE) {
		int64_t *v = row_of(s, cm->m->arrived_us, offset);

		first_us = last_us = cm->m->arrived_us;
		v[CLOCK_MAILS]++;
		v[CLOCK_BYTES] += cm->bytes;
	}
	for (const struct counted_recipient *cr = cm->recipients, *end = cr + cm->n_recipients; cr < end; cr++) {
		if (!(cr->delivered || cr->bounced) || cr->time_us == USEC_NONE)
			continue;
		count_recipient(s, cr, offset);
		first_us = cr->time_us < first_us ? cr->time_us : first_us;
		last_us = cr->time_us > last_us ? cr->time_us : last_us;
	}
	if (last_us != USEC_NONE)
		cover(s, first_us, last_us, offset);
	if (cm->n_failures)
		count_failures(s, cm);
}

static void clock_rejection(void *state, const struct counted_rejection *cr)
{
	const struct rejection *r = cr->r;

	if (r->time_us == USEC_NONE)
		return;
	row_of(state, r->time_us, r->utc_offset_sec)[CLOCK_REJECTIONS] += r->attempts;
	cover(state, r->time_us, r->time_us, r->utc_offset_sec);
}

static void other_time(struct clock *s, usec_t t, int32_t utc_offset_sec)
{
	if (t != USEC_NONE)
		cover(s, t, t, utc_offset_sec);
}

static void clock_login(void *state, const struct counted_login *cl)
{
	other_time(state, cl->l->time_us, cl->l->utc_offset_sec);
}

static void clock_session(void *state, const struct session *session)
{
	other_time(state, session->end_us, session->utc_offset_sec);
}

static void clock_health(void *state, const struct health *h)
{
	other_time(state, h->time_us, h->utc_offset_sec);
}

static const struct panel_ops COUNTING = {
	.new = clock_new,
	.free = clock_free,
	.on_message = clock_message,
	.on_rejection = clock_rejection,
	.on_login = clock_login,
	.on_session = clock_session,
	.on_health = clock_health,
};

void *clock_of(const struct panel_ops *ops, struct counters *c)
{
	(void)ops;
	return counters_counting(c, &COUNTING);
}
