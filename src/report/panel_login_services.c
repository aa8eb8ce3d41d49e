/* SPDX-License-Identifier: Apache-2.0 */
/*
 * panel_login_services.c - logins by service and method, good and bad, and how many of the good ones were encrypted
 *
 * Where no login of a service shows TLS the log may just not tell it: then there is no share.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "report/memo.h"
#include "report/panels.h"

#define ROWS_MAX 1024

enum { FAILED, SUCCEEDED, TLS, VALUES };

struct services_state {
	struct counters *c;
	struct tally t; /* (service, method) */
};

static const struct panel_column COLUMNS[] = {
	{ "service", "Service", COLUMN_TEXT, NULL },
	{ "method", "Method", COLUMN_TEXT, NULL },
	{ "succeeded", "Succeeded", COLUMN_COUNT, "logins", .tone = TONE_GOOD },
	{ "failed", "Failed", COLUMN_COUNT, "attempts", .tone = TONE_BAD },
	{ "failed_share", "Failed", COLUMN_PERCENT, "percent" },
	{ "tls", "With TLS", COLUMN_PERCENT, "percent" },
};

static void *services_new(const struct panel_ops *ops, struct counters *c)
{
	struct services_state *s = xcalloc(1, sizeof *s);

	(void)ops;
	s->c = c;
	tally_init(&s->t, VALUES, ROWS_MAX);
	s->t.other = tally_pair(SYM_OTHER, SYM_OTHER);
	counters_add_tally(c, &(struct named_tally){
				      .t = &s->t, .major = PART_SYMBOL, .minor = PART_SYMBOL, .weights = 2 });
	return s;
}

static void services_free(void *state)
{
	struct services_state *s = state;

	tally_done(&s->t);
	free(s);
}

static void services_login(void *state, const struct counted_login *cl)
{
	struct services_state *s = state;
	const struct login *l = cl->l;
	sym_t service = counters_text(s->c, MEMO_FOLDED, l->service);
	int64_t *v = tally_row(&s->t, tally_pair(service, counters_text(s->c, MEMO_TEXT, l->auth_method)));

	v[l->success ? SUCCEEDED : FAILED] += l->success ? 1 : l->attempts;
	v[TLS] += l->success && l->tls_version.p; /* of failures few logs tell it */
}

/* most logins first */
static int order_services(const void *ctx, const struct tally *t, size_t a, size_t b)
{
	const int64_t *x = tally_values(t, a), *y = tally_values(t, b);
	int64_t nx = x[FAILED] + x[SUCCEEDED], ny = y[FAILED] + y[SUCCEEDED];

	if (nx != ny)
		return nx > ny ? -1 : 1;
	return order_by_values(ctx, t, a, b);
}

static bool shows_tls(const struct tally *t, sym_t service)
{
	for (size_t i = 0; i < t->n; i++)
		if (tally_major(tally_key(t, i)) == service && tally_values(t, i)[TLS])
			return true;
	return false;
}

static void services_build(void *state, struct panel_build *b)
{
	struct services_state *s = state;
	size_t *top = build_top(b, &s->t, order_services);

	for (size_t i = 0; i < b->panel->n_rows; i++) {
		struct panel_cell *cells = b->panel->rows[i].cells;
		uint64_t key = tally_key(&s->t, top[i]);
		const int64_t *v = tally_values(&s->t, top[i]);

		cells[0] = cell_text(build_name(b, tally_major(key)));
		cells[1] = cell_text(build_name(b, tally_minor(key)));
		cells[2] = cell_value(v[SUCCEEDED]);
		cells[3] = cell_value(v[FAILED]);
		cells[4] = cell_value(share_of(v[FAILED], v[FAILED] + v[SUCCEEDED]));
		cells[5] = cell_value(shows_tls(&s->t, tally_major(key)) ? share_of(v[TLS], v[SUCCEEDED]) : PANEL_NULL);
	}
}

const struct panel_ops panel_login_services = {
	.id = "login_services",
	.title = "Logins by service",
	.on_request = true,
	.columns = COLUMNS,
	.n_columns = ARRAY_LEN(COLUMNS),
	.new = services_new,
	.free = services_free,
	.on_login = services_login,
	.build = services_build,
};
