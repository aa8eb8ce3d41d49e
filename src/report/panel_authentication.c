/* SPDX-License-Identifier: Apache-2.0 */
/*
 * panel_authentication.c - SPF, DKIM, DMARC and ARC by domain
 *
 * Each result counts once per mail (or refusal), whoever said it: two filters that agree are one.  The domain is the one
 * that the check is about; where the log names none, that of the envelope sender.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "fact/auth_result.h"
#include "report/panels.h"

enum { COUNT, RESULTS, VALUES = RESULTS + AUTH_WORD_COUNT };

struct authentication_state {
	struct counters *c;
	struct tally t; /* (domain, check) */
};

static const struct panel_column COLUMNS[] = {
	{ "domain", "Domain", COLUMN_TEXT, NULL },
	{ "check", "Check", COLUMN_TEXT, NULL },
	{ "count", "Results", COLUMN_COUNT, "messages" },
	{ "pass", "Passed", COLUMN_COUNT, "messages", .tone = TONE_GOOD },
	{ "fail", "Failed", COLUMN_COUNT, "messages", .tone = TONE_BAD },
	{ "softfail", "Soft fail", COLUMN_COUNT, "messages", .spare = true },
	{ "neutral", "Neutral", COLUMN_COUNT, "messages", .spare = true },
	{ "none", "None", COLUMN_COUNT, "messages" },
	{ "error", "Error", COLUMN_COUNT, "messages" },
	{ "signed", "Signed here", COLUMN_COUNT, "messages", .spare = true },
	{ "pass_share", "Passed of all", COLUMN_PERCENT, "percent" },
};
_Static_assert(ARRAY_LEN(COLUMNS) == 2 + VALUES + 1, "a column for each result");

static void *authentication_new(const struct panel_ops *ops, struct counters *c)
{
	struct authentication_state *s = xcalloc(1, sizeof *s);

	(void)ops;
	s->c = c;
	tally_init(&s->t, VALUES, 0);
	s->t.other_by_minor = true;
	counters_add_tally(c, &(struct named_tally){ .t = &s->t, .major = PART_DOMAIN, .weights = 1 });
	return s;
}

static void authentication_free(void *state)
{
	struct authentication_state *s = state;

	tally_done(&s->t);
	free(s);
}

static void authentication_words(void *state, const struct counted_words *cw)
{
	struct authentication_state *s = state;
	struct auth_result results[AUTH_RESULTS_MAX];
	uint64_t keys[AUTH_RESULTS_MAX];
	size_t n = auth_results_of(cw->verdicts, results);

	for (size_t i = 0; i < n; i++) {
		const struct auth_result *r = &results[i];
		struct name_key key;
		bool again = false;
		int64_t *v;

		name_key_fold(&key, r->domain.p ? r->domain : slice_domain(cw->sender));
		keys[i] = tally_pair(names_get(&s->c->domains, &key)->ref, (uint32_t)r->check);
		for (size_t k = 0; k < i; k++)
			again = again || (keys[k] == keys[i] && results[k].word == r->word);
		if (again)
			continue;
		v = tally_row(&s->t, keys[i]);
		v[COUNT]++;
		v[RESULTS + r->word]++;
	}
}

static int order_results(const void *ctx, const struct tally *t, size_t a, size_t b)
{
	const struct counters *counters = ctx;
	uint64_t ka = tally_key(t, a), kb = tally_key(t, b);
	int64_t na = tally_values(t, a)[COUNT], nb = tally_values(t, b)[COUNT];
	int c = (na < nb) - (na > nb);

	if (!c)
		c = order_refs(&counters->domains, tally_major(ka), tally_major(kb));
	return c ? c : (ka > kb) - (ka < kb);
}

static void authentication_build(void *state, struct panel_build *b)
{
	struct authentication_state *s = state;
	struct strbuf filter = { 0 };
	size_t *top = build_top(b, &s->t, order_results);

	for (size_t i = 0; i < b->panel->n_rows; i++) {
		struct panel_row *row = &b->panel->rows[i];
		uint64_t key = tally_key(&s->t, top[i]);
		const int64_t *v = tally_values(&s->t, top[i]);
		const struct name *domain = names_at(&s->c->domains, tally_major(key));
		int64_t checked = v[COUNT] - v[RESULTS + AUTH_SIGNED];

		row->cells[0] = cell_text(build_name_of(&s->c->domains, domain));
		row->cells[1] = cell_text(slice_str(auth_check_name((enum auth_check)tally_minor(key))));
		for (int k = 0; k < VALUES; k++)
			row->cells[2 + k] = cell_value(v[k]);
		row->cells[2 + VALUES] = cell_value(share_of(v[RESULTS + AUTH_PASS], checked));
		if (domain->ref > NAME_OTHER)
			build_filter(b, &filter, "--domain", names_text(&s->c->domains, domain));
		build_filter_end(b, row, &filter);
	}
	strbuf_done(&filter);
}

const struct panel_ops panel_authentication = {
	.id = "authentication",
	.title = "SPF, DKIM, DMARC and ARC by domain",
	.on_request = true,
	.details = DETAIL_VERDICTS,
	.columns = COLUMNS,
	.n_columns = ARRAY_LEN(COLUMNS),
	.new = authentication_new,
	.free = authentication_free,
	.on_words = authentication_words,
	.build = authentication_build,
};
