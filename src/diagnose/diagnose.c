/* SPDX-License-Identifier: Apache-2.0 */
/*
 * diagnose.c - from a reply to its cause
 */
#include "diagnose/diagnose_priv.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "diagnose/builtin.h"
#include "diagnose/match.h"

struct diagnoser {
	struct rules own;
	const struct rules *rules; /* own, or borrowed */
	struct matcher *matcher;
};

static struct diagnoser *diagnoser_of(bool (*wanted)(const struct builtin_rules *b))
{
	struct diagnoser *d = xcalloc(1, sizeof *d);

	for (const struct builtin_rules *b = builtin_rules; b->name; b++)
		if (wanted(b))
			(void)rules_parse(&d->own, b->name, b->text, false, NULL);
	d->rules = &d->own;
	d->matcher = matcher_new(d->rules);
	return d;
}

struct diagnoser *diagnoser_of_rules(const struct rules *r)
{
	struct diagnoser *d = xcalloc(1, sizeof *d);

	d->rules = r;
	d->matcher = matcher_new(r);
	return d;
}

static bool any(const struct builtin_rules *b)
{
	(void)b;
	return true;
}

static bool last_resort(const struct builtin_rules *b)
{
	return slice_is(slice_str(b->name), "unknown.rules");
}

struct diagnoser *diagnoser_new(void)
{
	return diagnoser_of(any);
}

struct diagnoser *diagnoser_new_bare(void)
{
	return diagnoser_of(last_resort);
}

void diagnoser_free(struct diagnoser *d)
{
	if (!d)
		return;
	matcher_free(d->matcher);
	rules_done(&d->own);
	free(d);
}

static size_t add(struct diagnoser *d, const char *name, struct slice text, bool site, const struct diag *diag)
{
	const char *kept_name = arena_copy(&d->own.arena, slice_of(name, strlen(name) + 1)).p;
	size_t n = rules_parse(&d->own, kept_name, arena_copy(&d->own.arena, text), site, diag);

	matcher_free(d->matcher);
	d->matcher = matcher_new(d->rules);
	return n;
}

size_t diagnoser_add(struct diagnoser *d, const char *name, struct slice text, const struct diag *diag)
{
	return add(d, name, text, true, diag);
}

size_t diagnoser_add_builtin(struct diagnoser *d, const char *name, struct slice text, const struct diag *diag)
{
	return add(d, name, text, false, diag);
}

const struct rules *diagnoser_rules(const struct diagnoser *d)
{
	return d->rules;
}

void diagnose(const struct diagnoser *d, const struct complaint *c, struct cause *ret)
{
	struct bare_reply bare;
	struct reply_view view;
	const struct rule *r;
	enum cause_basis basis;

	reply_bare(c, &bare);
	reply_view(c, &bare, &view);
	r = matcher_find(d->matcher, &view, &basis);
	assert(r); /* unknown.rules takes what is temporary and what is not */
	*ret = (struct cause){
		.id = r->id, .class = r->class, .side = r->side, .basis = basis, .summary = r->summary, .action = r->action,
		.number = r->number, .source = r->source, .of_site = r->tier == TIER_SITE,
		.temporary = r->waiting == WAITING_CODE ? view.temporary : r->waiting == WAITING_YES,
	};
}
