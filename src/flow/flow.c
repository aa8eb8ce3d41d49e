/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flow.c - from an open input to parsed lines, on one thread or on several
 *
 * Batches go round in a ring of slots.  Whoever is free takes the next step: read a batch into the next slot (one at a
 * time, so that the slots hold the lines in order), then parse it (side by side).  The caller's thread takes the
 * slots in order and calls the sink; it takes a step itself when it would have to wait otherwise.
 */
#include "flow/flow.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "parse/parse.h"

#define CACHE_LINE    64   /* bytes: an event is written with the widest stores, which should not lie across two lines */
#define SLOTS_AHEAD   6    /* batches that are ready for the caller, beside one for each thread */
#define SLOTS_MAX     16   /* one thread takes what all have parsed: no more than a handful of them are ever busy */
#define READING_LOOKS 1000 /* some 20 us: reading a batch takes less, being woken more */

/* An event where its parser writes it and the sink reads it. */
struct cell {
	_Alignas(CACHE_LINE) struct event event;
};

/* One batch on its way.  It belongs to who takes a step with it, then to the caller's thread. */
struct slot {
	struct input_batch batch;
	struct input_position position; /* behind the batch */
	struct cell *cells;             /* one per line */
	size_t n_cells;
	bool parsed;                    /* guarded by flow.lock */
};

struct flow {
	struct input *in;
	struct slot *slots;
	size_t n_slots;
	unsigned reading_looks;         /* before one sleeps until another has read */
	pthread_mutex_t reading;        /* held while a batch is read; taken before `lock` */
	pthread_mutex_t lock;           /* guards what follows */
	pthread_cond_t freed, parsed;
	atomic_bool full;               /* whoever holds `reading` waits for a slot; written under `lock` */
	uint64_t next_read, next_taken; /* numbers of batches */
	uint64_t end;                   /* the number of the first batch that does not exist */
	bool stop;
};

unsigned flow_processors(void)
{
	cpu_set_t set;
	int n = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;

	return n < 1 ? 1 : n > FLOW_JOBS_MAX ? FLOW_JOBS_MAX : (unsigned)n;
}

static void parse_batch(struct slot *s)
{
	if (s->n_cells < s->batch.n) {
		free(s->cells);
		s->cells = xaligned(CACHE_LINE, s->batch.n, sizeof *s->cells);
		s->n_cells = s->batch.n;
	}
	for (size_t i = 0; i < s->batch.n; i++)
		parse_line(&s->batch.lines[i], &s->cells[i].event);
}

/* The slot for the next batch, once the sink is through with what it holds; NULL: there is nothing more to read. */
static struct slot *claim_slot(struct flow *f, bool may_wait)
{
	struct slot *s = NULL;

	pthread_mutex_lock(&f->lock);
	while (may_wait && !f->stop && f->next_read < f->end && f->next_read - f->next_taken >= f->n_slots) {
		atomic_store_explicit(&f->full, true, memory_order_relaxed);
		pthread_cond_wait(&f->freed, &f->lock);
	}
	atomic_store_explicit(&f->full, false, memory_order_relaxed);
	if (!f->stop && f->next_read < f->end && f->next_read - f->next_taken < f->n_slots)
		s = &f->slots[f->next_read % f->n_slots];
	pthread_mutex_unlock(&f->lock);
	return s;
}

/* Read and parse one batch; `reading` is held, and given back.  False: nothing more to read (or no slot is free). */
static bool take_step(struct flow *f, bool may_wait)
{
	struct slot *s = claim_slot(f, may_wait);
	bool some = s && input_next(f->in, &s->batch) != 0;

	if (some)
		input_position(f->in, &s->position);
	pthread_mutex_lock(&f->lock);
	if (some) {
		f->next_read++;
	} else if (s) {
		f->end = f->next_read;
		pthread_cond_broadcast(&f->parsed);
	}
	pthread_mutex_unlock(&f->lock);
	pthread_mutex_unlock(&f->reading);
	if (!some)
		return false;
	parse_batch(s);
	pthread_mutex_lock(&f->lock);
	s->parsed = true;
	pthread_cond_signal(&f->parsed);
	pthread_mutex_unlock(&f->lock);
	return true;
}

/* Whoever reads is through soon, unless it waits for a slot or a processor: sleeping until then would take longer. */
static void lock_reading(struct flow *f)
{
	for (unsigned i = 0; i < f->reading_looks && !atomic_load_explicit(&f->full, memory_order_relaxed); i++) {
		if (pthread_mutex_trylock(&f->reading) == 0)
			return;
		CPU_RELAX();
	}
	pthread_mutex_lock(&f->reading);
}

static void *help(void *ctx)
{
	struct flow *f = ctx;
	bool more = true;

	while (more) {
		lock_reading(f);
		more = take_step(f, true);
	}
	return NULL;
}

/* Is the next batch in order parsed, or is there none?  `wait`: until one of both is true. */
static bool next_is_settled(struct flow *f, const struct slot *s, bool wait, bool *ret_parsed)
{
	bool settled;

	pthread_mutex_lock(&f->lock);
	while (wait && !s->parsed && f->next_taken < f->end)
		pthread_cond_wait(&f->parsed, &f->lock);
	*ret_parsed = s->parsed;
	settled = s->parsed || f->next_taken == f->end;
	pthread_mutex_unlock(&f->lock);
	return settled;
}

/* The slot of the next batch in order; NULL at the end. */
static struct slot *next_slot(struct flow *f)
{
	struct slot *s = &f->slots[f->next_taken % f->n_slots];
	bool parsed, wait = false;

	while (!next_is_settled(f, s, wait, &parsed))
		wait = pthread_mutex_trylock(&f->reading) != 0 || !take_step(f, false);
	return parsed ? s : NULL;
}

/* The batch in it is given back when the next one is read. */
static void free_slot(struct flow *f, struct slot *s)
{
	pthread_mutex_lock(&f->lock);
	s->parsed = false;
	f->next_taken++;
	/* waking somebody costs as much as parsing a dozen lines: not for every batch */
	if (f->next_read - f->next_taken <= f->n_slots / 2)
		pthread_cond_signal(&f->freed);
	pthread_mutex_unlock(&f->lock);
}

/* Times come nearly in order: most lines are the latest so far, or of its second.  USEC_NONE is before all times. */
static inline void pass(struct flow_passed *p, const struct line *l, const struct event *e)
{
	p->lines[e->kind] += l->line_count;
	if (l->time_us > p->until_us) {
		p->until_us = l->time_us;
		p->until_offset_sec = l->utc_offset_sec;
	}
	if (UNLIKELY(l->time_us < p->since_us || p->since_us == USEC_NONE) && l->time_us != USEC_NONE) {
		p->since_us = l->time_us;
		p->since_offset_sec = l->utc_offset_sec;
	}
}

static bool give_slot(const struct slot *s, const struct flow_sink *sink, struct flow_passed *passed)
{
	const struct line *lines = s->batch.lines;

	for (size_t i = 0; i < s->batch.n; i++) {
		pass(passed, &lines[i], &s->cells[i].event);
		if (!sink->line(sink->ctx, &lines[i], &s->cells[i].event))
			return false;
	}
	return !sink->batch || sink->batch(sink->batch_ctx, &s->position);
}

static void run_together(struct input *in, unsigned jobs, const struct flow_sink *sink, struct flow_passed *passed)
{
	size_t n_slots = jobs + SLOTS_AHEAD < SLOTS_MAX ? jobs + SLOTS_AHEAD : SLOTS_MAX;
	struct flow f = { .in = in, .n_slots = n_slots, .end = UINT64_MAX,
			  .reading_looks = jobs <= flow_processors() ? READING_LOOKS : 0 };
	pthread_t helpers[FLOW_JOBS_MAX];
	unsigned n_helpers = 0;
	struct slot *s;
	bool more = true;

	f.slots = xcalloc(f.n_slots, sizeof *f.slots);
	pthread_mutex_init(&f.reading, NULL);
	pthread_mutex_init(&f.lock, NULL);
	pthread_cond_init(&f.freed, NULL);
	pthread_cond_init(&f.parsed, NULL);
	/* one that can't be started is not needed: the caller's thread does what nobody else does */
	while (n_helpers + 1 < jobs && pthread_create(&helpers[n_helpers], NULL, help, &f) == 0)
		n_helpers++;
	while (more && (s = next_slot(&f))) {
		more = give_slot(s, sink, passed);
		free_slot(&f, s);
	}
	pthread_mutex_lock(&f.lock);
	f.stop = true;
	pthread_cond_broadcast(&f.freed);
	pthread_mutex_unlock(&f.lock);
	while (n_helpers > 0)
		(void)pthread_join(helpers[--n_helpers], NULL);
	for (size_t i = 0; i < f.n_slots; i++) {
		input_batch_done(&f.slots[i].batch);
		free(f.slots[i].cells);
	}
	free(f.slots);
	pthread_cond_destroy(&f.parsed);
	pthread_cond_destroy(&f.freed);
	pthread_mutex_destroy(&f.lock);
	pthread_mutex_destroy(&f.reading);
}

static bool parse_and_give(const struct input_batch *b, const struct flow_sink *sink, struct flow_passed *passed)
{
	_Alignas(CACHE_LINE) struct event e;

	for (const struct line *l = b->lines, *end = l + b->n; l < end; l++) {
		parse_line(l, &e);
		pass(passed, l, &e);
		if (!sink->line(sink->ctx, l, &e))
			return false;
	}
	return true;
}

static void run_alone(struct input *in, const struct flow_sink *sink, struct flow_passed *passed)
{
	struct input_batch batch = { 0 };
	struct input_position position;
	bool more = true;

	while (more && input_next(in, &batch) != 0) {
		more = parse_and_give(&batch, sink, passed);
		input_position(in, &position);
		more = more && (!sink->batch || sink->batch(sink->batch_ctx, &position));
	}
	input_batch_done(&batch);
}

void flow_run(struct input *in, unsigned jobs, const struct flow_sink *sink, struct flow_passed *ret)
{
	*ret = (struct flow_passed){ .since_us = USEC_NONE, .until_us = USEC_NONE };
	if (jobs > 1)
		run_together(in, jobs < FLOW_JOBS_MAX ? jobs : FLOW_JOBS_MAX, sink, ret);
	else
		run_alone(in, sink, ret);
}
