/* SPDX-License-Identifier: Apache-2.0 */
/*
 * panel_mailboxes.c - what happened in mailboxes: stored, thrown away, sent on, answered; moved and deleted later
 *
 * By deed, who did it (lmtp, imap ...) and folder, as Dovecot and its kin log it.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "report/memo.h"
#include "report/panels.h"
#include "report/seen.h"

#define OWNERS_MAX   ((size_t)1 << 18)
#define FOLDER_BYTES 200

enum { COUNT, OWNERS, SEEN, VALUES = SEEN + SEEN_VALUES };

struct mailboxes_state {
	struct counters *c;
	struct tally t;      /* by "action\0service\0folder" */
	struct tally owners; /* (that, user) */
};

static const struct panel_column COLUMNS[] = {
	{ "action", "What", COLUMN_TEXT, NULL },
	{ "service", "By", COLUMN_TEXT, NULL },
	{ "folder", "Folder", COLUMN_TEXT, NULL },
	{ "count", "Count", COLUMN_COUNT, NULL, .bar = true },
	{ "owners", "Mailboxes", COLUMN_COUNT, "mailboxes" },
	SEEN_COLUMNS,
};
#define WORDS 3

static void mailboxes_merge(int64_t *into, const int64_t *from)
{
	into[COUNT] += from[COUNT];
	into[OWNERS] += from[OWNERS];
	seen_widen(into + SEEN, from[SEEN + SEEN_FIRST], from[SEEN + SEEN_LAST]);
}

static void *mailboxes_new(const struct panel_ops *ops, struct counters *c)
{
	struct mailboxes_state *s = xcalloc(1, sizeof *s);

	(void)ops;
	s->c = c;
	tally_init(&s->t, VALUES, 0);
	s->t.other = tally_pair(SYM_OTHER, 0);
	tally_init(&s->owners, 1, OWNERS_MAX);
	s->owners.other = tally_pair(SYM_OTHER, SYM_OTHER);
	counters_add_tally(c, &(struct named_tally){ .t = &s->t, .major = PART_SYMBOL, .weights = 1, .merge = mailboxes_merge });
	counters_add_tally(c, &(struct named_tally){ .t = &s->owners, .major = PART_SYMBOL, .minor = PART_USER, .weights = 1 });
	return s;
}

static void mailboxes_free(void *state)
{
	struct mailboxes_state *s = state;

	tally_done(&s->t);
	tally_done(&s->owners);
	free(s);
}

static void mailboxes_count(void *state, const struct counted_mailbox *cm)
{
	struct mailboxes_state *s = state;
	const struct mailbox_action *a = cm->a;
	const struct slice words[WORDS] = { a->action, a->service, a->folder };
	sym_t row = counters_words(s->c, words, WORDS, FOLDER_BYTES);
	int64_t *v = tally_row(&s->t, tally_pair(row, 0));

	v[COUNT]++;
	if (cm->user->ref != NAME_NONE)
		v[OWNERS] += tally_row(&s->owners, tally_pair(row, cm->user->ref))[0]++ == 0;
	seen_at(v + SEEN, a->time_us);
}

static void mailboxes_build(void *state, struct panel_build *b)
{
	struct mailboxes_state *s = state;
	size_t *top = build_top(b, &s->t, order_by_values);

	for (size_t i = 0; i < b->panel->n_rows; i++) {
		struct panel_row *row = &b->panel->rows[i];
		const int64_t *v = tally_values(&s->t, top[i]);

		build_words(b, row, WORDS, tally_major(tally_key(&s->t, top[i])));
		row->cells[WORDS] = cell_value(v[COUNT]);
		row->cells[WORDS + 1] = cell_value(v[OWNERS]);
		seen_cells(row->cells + WORDS + 2, v + SEEN);
	}
}

const struct panel_ops panel_mailboxes = {
	.id = "mailboxes",
	.title = "What happened in mailboxes",
	.on_request = true,
	.columns = COLUMNS,
	.n_columns = ARRAY_LEN(COLUMNS),
	.new = mailboxes_new,
	.free = mailboxes_free,
	.on_mailbox = mailboxes_count,
	.build = mailboxes_build,
};
