/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_queue.c - listings of queues, read as the form they have and as every other one
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/attr.h"
#include "fuzz.h"
#include "queue/panels.h"
#include "queue/queue_priv.h"
#include "queue/select.h"

static usec_t utc_of(void *ctx, usec_t local_us)
{
	(void)ctx;
	return local_us;
}

static size_t touch(struct slice s)
{
	size_t sum = 0;

	for (size_t i = 0; i < s.n; i++)
		sum += (unsigned char)s.p[i];
	return sum;
}

static void check(const struct queue *q)
{
	const struct queue_selection all = { .min_bytes = -1, .max_bytes = -1, .younger_us = -1, .older_us = -1 };
	const struct queue_panel_options options = { .limit = 5 };
	struct queue_view v = queue_select(q, &all);
	struct queue_totals t = queue_totals(&v);
	struct arena a = { 0 };
	struct panel p;
	size_t sum = 0;

	assert(v.n == q->n && t.messages == q->n && t.bytes >= 0);
	for (size_t i = 0; i < q->n; i++) {
		const struct queued *m = &q->items[i];
		uint32_t n = 0;

		assert(queue_id_is_safe(m->id));
		assert(m->state < QUEUE_STATE_COUNT && m->size_bytes >= -1 && m->age_us >= -1);
		sum += touch(m->sender) + touch(m->login) + touch(m->reason) + touch(m->note);
		for (const struct queued_recipient *r = m->recipients; r; r = r->next, n++)
			sum += touch(r->address) + touch(r->reason);
		assert(n == m->n_recipients && m->n_waiting <= n);
	}
	assert(sum < SIZE_MAX);
	queue_panel_summary(&p, &a, &v, &options);
	queue_panel_shape(&p, &a, &v, &options);
	queue_panel_causes(&p, &a, &v, &options);
	arena_clear(&a);
	free(v.items);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct queue_form *const forms[] = { &queue_form_exim, &queue_form_postfix, &queue_form_postfix_json,
						   &queue_form_sendmail };
	const struct queue_clock clock = { INT64_C(1795333200) * USEC_PER_SEC, USEC_NONE, utc_of, NULL };
	char *block = malloc(size + !size); /* of exactly its size: ASan sees every step past the end */
	struct slice text = slice_of(block, size);

	if (size)
		memcpy(block, data, size);
	(void)queue_recognise(text);
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		struct queue q = { 0 };

		if (queue_read(&q, forms[i], "fuzz", text, &clock, NULL) == 0)
			check(&q);
		queue_done(&q);
	}
	free(block);
	return 0;
}
