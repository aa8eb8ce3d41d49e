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

/* the logs cover this time, whether there is mail or not */
static inline void cover(struct clock *s, usec_t t, int32_t utc_offset_sec)
{
	usec_t wall = t + utc_offset_sec * USEC_PER_SEC;

	if (s->first_us == USEC_NONE || wall < s->first_us)
		s->first_us = wall;
	if (wall > s->last_us) /* USEC_NONE is below all */
		s->last_us = wall;
}

/* the first and the last of some times */
struct times {
	usec_t first_us, last_us;
};

static inline void times_add(struct times *times, usec_t t)
{
	times->first_us = t < times->first_us ? t : times->first_us;
	times->last_us = t > times->last_us ? t : times->last_us;
}

static inline void count_recipient(struct clock *s, const struct counted_recipient *cr, int32_t utc_offset_sec,
				   struct times *times)
{
	int64_t *v;

	if (!(cr->delivered || cr->bounced) || cr->time_us == USEC_NONE)
		return;
	v = row_of(s, cr->time_us, utc_offset_sec);
	times_add(times, cr->time_us);
	v[cr->delivered ? CLOCK_DELIVERED : CLOCK_BOUNCED]++;
	v[CLOCK_FIRST_TRY] += cr->delivered && !cr->deferrals;
}

static void clock_message(void *state, const struct counted_message *cm)
{
	struct clock *s = state;
	int32_t offset = cm->m->utc_offset_sec;
	struct times times = { INT64_MAX, USEC_NONE };

	if (cm->received && cm->m->arrived_us != USEC_NONE) {
		int64_t *v = row_of(s, cm->m->arrived_us, offset);

		times_add(&times, cm->m->arrived_us);
		v[CLOCK_MAILS]++;
		v[CLOCK_BYTES] += cm->bytes;
	}
	for (size_t i = 0; i < cm->n_recipients; i++)
		count_recipient(s, &cm->recipients[i], offset, &times);
	if (times.last_us != USEC_NONE) {
		cover(s, times.first_us, offset);
		cover(s, times.last_us, offset);
	}
	for (size_t i = 0; i < cm->n_failures; i++)
		if (cm->failures[i].kind == FAILURE_DEFERRAL && cm->failures[i].time_us != USEC_NONE)
			row_of(s, cm->failures[i].time_us, offset)[CLOCK_DEFERRALS]++;
}

static void clock_rejection(void *state, const struct counted_rejection *cr)
{
	const struct rejection *r = cr->r;

	if (r->time_us == USEC_NONE)
		return;
	row_of(state, r->time_us, r->utc_offset_sec)[CLOCK_REJECTIONS] += r->attempts;
	cover(state, r->time_us, r->utc_offset_sec);
}

static void other_time(struct clock *s, usec_t t, int32_t utc_offset_sec)
{
	if (t != USEC_NONE)
		cover(s, t, utc_offset_sec);
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
