/* SPDX-License-Identifier: Apache-2.0 */
/*
 * diagnose.c - from a reply to its cause
 */
#include "diagnose/diagnose_priv.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "diagnose/match.h"

struct diagnoser {
	struct rules site;
	struct matcher *of_site;    /* asked first; NULL: the site has no rules */
	struct matcher *made;       /* the others, if they are not the built-in ones */
	const struct matcher *ours;
};

struct diagnoser *diagnoser_new(void)
{
	struct diagnoser *d = xcalloc(1, sizeof *d);

	d->ours = &builtin_matcher;
	return d;
}

struct diagnoser *diagnoser_of_rules(const struct rules *r)
{
	struct diagnoser *d = xcalloc(1, sizeof *d);

	d->ours = d->made = matcher_new(r);
	return d;
}

void diagnoser_free(struct diagnoser *d)
{
	if (!d)
		return;
	matcher_free(d->of_site);
	matcher_free(d->made);
	rules_done(&d->site);
	free(d);
}

size_t diagnoser_add(struct diagnoser *d, const char *name, struct slice text, const struct diag *diag)
{
	const char *kept_name = arena_copy(&d->site.arena, slice_of(name, strlen(name) + 1)).p;
	size_t n = rules_parse(&d->site, kept_name, arena_copy(&d->site.arena, text), true, diag);

	if (n) {
		matcher_free(d->of_site);
		d->of_site = matcher_new(&d->site);
	}
	return n;
}

bool diagnoser_site_cause(const struct diagnoser *d, struct slice id, struct cause *ret, bool *ret_by_code)
{
	for (size_t i = 0; i < d->site.n_rules; i++) {
		const struct rule *r = &d->site.rules[i];

		if (!slice_eq(r->id, id))
			continue;
		*ret = (struct cause){ .id = r->id, .class = r->class, .side = r->side, .temporary = r->waiting == WAITING_YES,
				       .basis = BASIS_TEXT, .summary = r->summary, .action = r->action, .number = r->number,
				       .source = r->source, .of_site = true };
		*ret_by_code = r->waiting == WAITING_CODE;
		return true;
	}
	return false;
}

void diagnose(const struct diagnoser *d, const struct complaint *c, struct cause *ret)
{
	struct bare_reply bare;
	struct reply_view view;
	bool found;

	reply_bare(c, &bare);
	reply_view(c, &bare, &view);
	found = (d->of_site && matcher_find(d->of_site, &view, ret)) || matcher_find(d->ours, &view, ret);
	assert(found); /* unknown.rules takes what is temporary and what is not */
}
