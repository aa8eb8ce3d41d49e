/* SPDX-License-Identifier: Apache-2.0 */
/*
 * forms.c - the forms of listings, and what they share
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/civil.h"
#include "event/queue_id.h"
#include "queue/queue_priv.h"

#define YEARS_BACK 27 /* that many years bring every date to every day of the week */

static const struct queue_form *const FORMS[] = {
	&queue_form_postfix_json,
	&queue_form_postfix,
	&queue_form_sendmail,
	&queue_form_exim,
};

static const char *const STATE_NAMES[] = {
#define X(id, name) [id] = name,
	QUEUE_STATES(X)
#undef X
};

const char *queue_state_name(enum queue_state s)
{
	return STATE_NAMES[s];
}

static bool nobody(struct slice text)
{
	(void)text;
	return false;
}

static int read_nothing(struct queue_reader *r, struct slice text, struct err *reterr)
{
	(void)r;
	(void)text;
	(void)reterr;
	return 0;
}

/* Exim and `postqueue -j` print nothing if there is nothing */
static const struct queue_form EMPTY = {
	.name = "empty",
	.program = NULL,
	.writer = WRITER_NONE,
	.is_mine = nobody,
	.read = read_nothing,
};

const struct queue_form *queue_recognise(struct slice text)
{
	text = slice_head(text, QUEUE_LOOK_BYTES);
	if (slice_trim(text).n == 0)
		return &EMPTY;
	for (size_t i = 0; i < ARRAY_LEN(FORMS); i++)
		if (FORMS[i]->is_mine(text))
			return FORMS[i];
	return NULL;
}

const char *queue_form_name(const struct queue_form *f)
{
	return f->name;
}

const char *queue_form_program(const struct queue_form *f)
{
	return f->program;
}

enum writer queue_form_writer(const struct queue_form *f)
{
	return f->writer;
}

bool queue_id_is_safe(struct slice id)
{
	return queue_id_is_exim(id) || queue_id_is_postfix(id) || queue_id_is_sendmail(id);
}

/* --- lines -------------------------------------------------------------------------------------------- */

bool queue_line(struct cur *c, struct slice *ret)
{
	if (cur_at_end(c))
		return false;
	*ret = cur_token(c, '\n');
	if (ret->n && ret->p[ret->n - 1] == '\r')
		ret->n--;
	return true;
}

void queue_skip_blanks(struct cur *c)
{
	while (cur_byte(c, ' ') || cur_byte(c, '\t'))
		;
}

struct slice queue_word(struct cur *c)
{
	const char *from = c->p;

	while (c->p < c->end && *c->p != ' ' && *c->p != '\t')
		c->p++;
	return slice_between(from, c->p);
}

/* --- messages ----------------------------------------------------------------------------------------- */

struct queued *queue_add(struct queue_reader *r, struct slice id)
{
	struct queue *q = r->q;
	struct queued *m;

	q->items = vec_grow(q->items, q->n, &q->cap, sizeof *q->items);
	m = &q->items[q->n++];
	*m = (struct queued){
		.id = id,
		.form = r->form,
		.state = QUEUE_WAITING,
		.size_bytes = -1,
		.arrived_us = USEC_NONE,
		.age_us = -1,
		.first_try_us = USEC_NONE,
		.last_try_us = USEC_NONE,
	};
	return m;
}

struct queued_recipient *queue_add_recipient(struct queue_reader *r, struct queued *m, struct slice address, bool delivered)
{
	struct queued_recipient *one = arena_alloc(&r->q->arena, sizeof *one);

	one->address = address;
	one->delivered = delivered;
	one->first_try_us = one->last_try_us = USEC_NONE;
	if (m->last)
		m->last->next = one;
	else
		m->recipients = one;
	m->last = one;
	m->n_recipients++;
	m->n_waiting += !delivered;
	return one;
}

/* --- times -------------------------------------------------------------------------------------------- */

static bool name_of(struct cur *c, const char *names, int *ret)
{
	if (cur_left(c) < 3)
		return false;
	for (int i = 0; names[3 * i]; i++)
		if (memcmp(c->p, names + 3 * i, 3) == 0) {
			*ret = i;
			c->p += 3;
			return true;
		}
	return false;
}

static bool two_digits(struct cur *c, int max, int *ret)
{
	uint64_t v;

	if (!cur_u64(c, (uint64_t)max, &v))
		return false;
	*ret = (int)v;
	return true;
}

/* The latest year in which that day was such a day of the week, and which is not after the listing. */
static bool find_year(const struct queue_reader *r, struct civil *t, int weekday, usec_t *ret)
{
	usec_t latest = (r->clock->made_us != USEC_NONE ? r->clock->made_us : r->clock->now_us) + USEC_PER_DAY;
	int year = civil_of(latest, 0).year;

	for (t->year = year; t->year > year - YEARS_BACK; t->year--) {
		if (!civil_valid(t) || (weekday >= 0 && civil_weekday(civil_days(t->year, t->month, t->day)) != weekday))
			continue;
		*ret = r->clock->utc_of(r->clock->ctx, civil_to_usec(t));
		if (*ret <= latest)
			return true;
	}
	return false;
}

bool queue_stamp(const struct queue_reader *r, struct cur *c, usec_t *ret)
{
	struct civil t = { 0 };
	struct cur d = *c;
	int weekday;

	if (!name_of(&d, "MonTueWedThuFriSatSun", &weekday))
		weekday = -1;
	queue_skip_blanks(&d);
	if (!name_of(&d, "JanFebMarAprMayJunJulAugSepOctNovDec", &t.month))
		return false;
	t.month++;
	queue_skip_blanks(&d);
	if (!two_digits(&d, 31, &t.day))
		return false;
	queue_skip_blanks(&d);
	if (!two_digits(&d, 23, &t.hour) || !cur_byte(&d, ':') || !two_digits(&d, 59, &t.minute))
		return false;
	if (cur_byte(&d, ':') && !two_digits(&d, 60, &t.second))
		return false;
	if (!find_year(r, &t, weekday, ret))
		return false;
	*c = d;
	return true;
}

/* --- reading ------------------------------------------------------------------------------------------ */

static void set_ages(struct queue *q, size_t from, usec_t made_us)
{
	for (size_t i = from; i < q->n; i++) {
		struct queued *m = &q->items[i];

		if (m->arrived_us != USEC_NONE)
			m->age_us = made_us > m->arrived_us ? made_us - m->arrived_us : 0;
	}
}

int queue_read(struct queue *q, const struct queue_form *form, const char *name, struct slice text,
	       const struct queue_clock *clock, struct err *reterr)
{
	struct queue_reader reader = { .q = q, .form = form, .clock = clock, .made_us = USEC_NONE };
	usec_t made = clock->made_us;
	size_t from = q->n;
	int r = form->read(&reader, text, reterr);

	if (r < 0)
		return r;
	if (made == USEC_NONE)
		made = reader.made_us != USEC_NONE && reader.made_us < clock->now_us ? reader.made_us : clock->now_us;
	set_ages(q, from, made);
	q->listings = vec_grow(q->listings, q->n_listings, &q->listings_cap, sizeof *q->listings);
	q->listings[q->n_listings++] = (struct queue_listing){ name, form, made, q->n - from, reader.odd_lines };
	return 0;
}

void queue_done(struct queue *q)
{
	arena_clear(&q->arena);
	free(q->items);
	free(q->listings);
	map_done(&q->causes);
	*q = (struct queue){ 0 };
}
