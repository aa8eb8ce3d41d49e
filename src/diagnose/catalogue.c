/* SPDX-License-Identifier: Apache-2.0 */
/*
 * catalogue.c - all causes that mailwhy knows by itself, for its manual
 */
#include "diagnose/catalogue.h"

#include "diagnose/deeds.h"
#include "diagnose/match_priv.h"
#include "diagnose/verdict.h"

static struct slice text_of(struct span s)
{
	return s.n ? slice_of(builtin_matcher.bytes + s.at, s.n) : SLICE_NONE;
}

bool catalogue_get(size_t i, struct catalogue_cause *ret)
{
	const struct verse *v;

	if (i >= builtin_matcher.n_verses) {
		i -= builtin_matcher.n_verses;
		if (i < DEED_COUNT)
			*ret = (struct catalogue_cause){ .cause = deed_cause((enum deed)i) };
		return i < DEED_COUNT;
	}
	v = &builtin_matcher.verses[i];
	*ret = (struct catalogue_cause){
		.cause = { .id = text_of(v->id), .class = (enum cause_class)v->class, .side = (enum cause_side)v->side,
			   .temporary = v->waiting == WAITING_YES, .basis = BASIS_TEXT, .summary = text_of(v->summary),
			   .action = text_of(v->action), .number = text_of(v->number), .source = text_of(v->source) },
		.by_code = v->waiting == WAITING_CODE,
	};
	return true;
}

bool catalogue_find(struct slice id, struct catalogue_cause *ret)
{
	struct catalogue_cause c;

	for (size_t i = 0; catalogue_get(i, &c); i++)
		if (slice_eq(c.cause.id, id)) {
			*ret = c;
			return true;
		}
	return false;
}

static const struct complaint NOTHING_KNOWN = { .smtp_code = -1 };

void catalogue_summary(struct strbuf *out, const struct catalogue_cause *c)
{
	verdict_summary(out, TR_ENGLISH, &c->cause, &NOTHING_KNOWN, NULL);
}

void catalogue_action(struct strbuf *out, const struct catalogue_cause *c)
{
	verdict_action(out, TR_ENGLISH, &c->cause, &NOTHING_KNOWN, NULL);
}
