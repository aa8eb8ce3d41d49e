/* SPDX-License-Identifier: Apache-2.0 */
/*
 * glossary.c - the glossaries; the rows are data/terms/
 */
#include "diagnose/glossary.h"

#include <errno.h>

#include "base/ascii.h"
#include "base/attr.h"
#include "base/tr.h"

#define IN(scope)    (AS_IN + (int)SCOPE_##scope)
#define ERRNO_IS(no) (AS_ERRNO_IS + (no))

static const struct gloss TERMS[] = {
#define T(scope, form, as, name, meaning) \
	{ SCOPE_##scope, as, LIT(form), TR_KEY("term." #scope "." form ".name", name), TR_KEY("term." #scope "." form, meaning) },
#include "data/terms/exim.def"
#include "data/terms/exim_selectors.def"
#include "data/terms/postfix.def"
#include "data/terms/dovecot.def"
#include "data/terms/sendmail.def"
#include "data/terms/exchange.def"
#include "data/terms/filters.def"
#include "data/terms/smtp.def"
#include "data/terms/event.def"
#undef T
};

static const char *const WHERE[] = {
#define X(id, where) [SCOPE_##id] = TR_KEY("term.where." #id, where),
	GLOSS_SCOPES(X)
#undef X
};

size_t gloss_list(const struct gloss **ret)
{
	*ret = TERMS;
	return ARRAY_LEN(TERMS);
}

const char *gloss_where(enum gloss_scope scope)
{
	return WHERE[scope];
}

const struct gloss *gloss_find(enum gloss_scope scope, struct slice form)
{
	for (size_t i = 0; i < ARRAY_LEN(TERMS); i++)
		if (TERMS[i].scope == scope && TERMS[i].form.n == form.n && slice_eq(TERMS[i].form, form))
			return &TERMS[i];
	return NULL;
}

const struct gloss *gloss_errno(int number)
{
	for (size_t i = 0; i < ARRAY_LEN(TERMS); i++)
		if (TERMS[i].as >= AS_ERRNO_IS && TERMS[i].as - AS_ERRNO_IS == number)
			return &TERMS[i];
	return NULL;
}

static bool is_word(char c)
{
	return ascii_alnum(c) || c == '_' || (unsigned char)c >= 0x80;
}

static bool begins_with(struct slice text, struct slice form)
{
	char last;

	if (text.n < form.n || memcmp(text.p, form.p, form.n) != 0)
		return false;
	last = form.p[form.n - 1];
	/* "sent" is no word of "sentinel", nor "id=" of "id==" (a padded value is none) */
	return text.n == form.n || !is_word(last) || !(is_word(text.p[form.n]) || text.p[form.n] == '=');
}

const struct gloss *gloss_match(const enum gloss_scope *scopes, size_t n, struct slice text)
{
	const struct gloss *best = NULL;

	for (size_t s = 0; s < n; s++)
		for (size_t i = 0; i < ARRAY_LEN(TERMS); i++)
			if (TERMS[i].scope == scopes[s] && (!best || TERMS[i].form.n > best->form.n) &&
			    begins_with(text, TERMS[i].form))
				best = &TERMS[i];
	return best;
}

_Static_assert(ARRAY_LEN(TERMS) < GLOSS_ROWS_MAX, "room for all rows");

void gloss_set_init(struct gloss_set *set, const enum gloss_scope *scopes, size_t n)
{
	bool asked[SCOPE_COUNT] = { false };

	memset(set->first, 0, sizeof set->first);
	for (size_t i = 0; i < n; i++)
		asked[scopes[i]] = true;
	for (size_t i = ARRAY_LEN(TERMS); i-- > 0;) {
		uint16_t *first = &set->first[(unsigned char)TERMS[i].form.p[0]];

		if (!asked[TERMS[i].scope])
			continue;
		set->next[i] = *first;
		*first = (uint16_t)(i + 1);
	}
}

const struct gloss *gloss_set_match(const struct gloss_set *set, struct slice text, enum gloss_scope but)
{
	const struct gloss *best = NULL;

	if (!text.n)
		return NULL;
	for (size_t i = set->first[(unsigned char)text.p[0]]; i; i = set->next[i - 1]) {
		const struct gloss *g = &TERMS[i - 1];

		if (g->scope != but && (!best || g->form.n > best->form.n) && begins_with(text, g->form))
			best = g;
	}
	return best;
}
