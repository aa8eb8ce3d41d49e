/* SPDX-License-Identifier: Apache-2.0 */
/*
 * panel_tls.c - how much mail travelled encrypted
 *
 * Received: mails that came over SMTP.  Sent: recipients that another server took.  Where the logs show no
 * TLS at all, they may just not tell: then there is no share.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "report/panels.h"
#include "report/same.h"

#define VERSION_LIMIT_ROWS 64

struct tls_state {
	struct counters *c;
	struct tally versions; /* (version, outgoing) */
	struct tls_last {
		struct slice version; /* the last one, and its row: most are the same */
		size_t row;
	} last[2];             /* by outgoing */
	int64_t mails[2];      /* by outgoing */
	int64_t told[2];       /* of them with a TLS version */
	int64_t failures[2];
};

static const struct panel_column COLUMNS[] = {
	{ "direction", "Direction", COLUMN_TEXT, NULL },
	{ "tls", "TLS", COLUMN_TEXT, NULL },
	{ "count", "Count", COLUMN_COUNT, NULL },
	{ "share", "Share", COLUMN_PERCENT, "percent" },
};

static void *tls_new(const struct panel_ops *ops, struct counters *c)
{
	struct tls_state *s = xcalloc(1, sizeof *s);

	(void)ops;
	s->c = c;
	tally_init(&s->versions, 1, VERSION_LIMIT_ROWS);
	s->versions.other_by_minor = true;
	counters_add_tally(c, &(struct named_tally){ .t = &s->versions, .major = PART_SYMBOL, .weights = 1 });
	return s;
}

static void tls_free(void *state)
{
	struct tls_state *s = state;

	tally_done(&s->versions);
	free(s);
}

static ATTR_NOINLINE void next_version(struct tls_state *s, struct slice version, bool outgoing)
{
	sym_t sym = intern(&s->c->names, version);

	s->last[outgoing].version = intern_name(&s->c->names, sym);
	s->last[outgoing].row = tally_index(&s->versions, tally_row(&s->versions, tally_pair(sym, outgoing)));
}

static void count(struct tls_state *s, struct slice version, bool outgoing)
{
	s->mails[outgoing]++;
	if (!version.p) /* counted as what is left */
		return;
	s->told[outgoing]++;
	if (s->last[outgoing].version.n != version.n || !s->last[outgoing].version.p ||
	    !same_bytes(s->last[outgoing].version.p, version.p, version.n))
		next_version(s, version, outgoing);
	tally_values(&s->versions, s->last[outgoing].row)[0]++;
}

static void tls_message(void *state, const struct counted_message *cm)
{
	struct tls_state *s = state;

	if (cm->received && !cm->m->submitted_locally && cm->client)
		count(s, cm->m->tls_version, false);
	for (size_t i = 0; i < cm->n_recipients; i++) {
		const struct recipient *r = cm->recipients[i].r;

		if (r->outcome == OUTCOME_RELAYED && r->deciding && r->deciding->relay_ip.p)
			count(s, r->deciding->tls_version, true);
	}
}

static void tls_failure(void *state, const struct tls_failure *f)
{
	((struct tls_state *)state)->failures[f->outgoing]++;
}

static void tls_fold(void *state)
{
	struct tls_state *s = state;

	memset(s->last, 0, sizeof s->last);
}

/* received before sent, then by count */
static int order_versions(const void *ctx, const struct tally *t, size_t a, size_t b)
{
	int out_a = (int)tally_minor(tally_key(t, a)), out_b = (int)tally_minor(tally_key(t, b));

	return out_a != out_b ? out_a - out_b : order_by_values(ctx, t, a, b);
}

static void add_row(struct tls_state *s, struct panel_build *b, bool outgoing, struct slice name, int64_t n,
		    bool share)
{
	struct panel_row *row = &b->panel->rows[b->panel->n_rows++];

	row->cells[0] = cell_text(outgoing ? SLICE("sent") : SLICE("received"));
	row->cells[1] = cell_text(name);
	row->cells[2] = cell_value(n);
	if (share)
		row->cells[3] = cell_value(share_of(n, s->mails[outgoing]));
}

static void tls_build(void *state, struct panel_build *b)
{
	struct tls_state *s = state;
	size_t n, *top = tally_top(&s->versions, SIZE_MAX, order_versions, s->c, b->arena, &n);
	int64_t rest;

	build_rows(b, n + 4);
	b->panel->n_rows = 0;
	for (unsigned k = 0; k < 2; k++) {
		for (size_t i = 0; i < n; i++) {
			uint64_t key = tally_key(&s->versions, top[i]);

			if (tally_minor(key) == k)
				add_row(s, b, k, build_name(b, tally_major(key)),
					tally_values(&s->versions, top[i])[0], true);
		}
		rest = s->mails[k] - s->told[k];
		if (rest)
			add_row(s, b, k, s->told[k] ? SLICE("none") : SLICE("not told"), rest, s->told[k]);
		if (s->failures[k])
			add_row(s, b, k, SLICE("failed handshakes"), s->failures[k], false);
	}
}

const struct panel_ops panel_tls = {
	.id = "tls",
	.title = "TLS",
	.on_request = true,
	.details = DETAIL_TLS,
	.names = WANT_CLIENT,
	.columns = COLUMNS,
	.n_columns = ARRAY_LEN(COLUMNS),
	.new = tls_new,
	.free = tls_free,
	.on_message = tls_message,
	.on_tls_failure = tls_failure,
	.on_fold = tls_fold,
	.build = tls_build,
};
