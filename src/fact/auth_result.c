/* SPDX-License-Identifier: Apache-2.0 */
/*
 * auth_result.c - what filters say of SPF, DKIM, DMARC and ARC
 *
 * Sources: RFC 8601 for the words; rspamd src/plugins and conf/groups.conf for its symbols ("R_SPF_ALLOW(-0.20){+ip4:...;}"),
 * SpamAssassin's rules 25_spf.cf, 25_dkim.cf for its tests ("SPF_PASS", "SPF_PASS=-0.1").
 * Trap: what stands between a symbol's braces comes from the mail.
 */
#include "fact/auth_result.h"

#include "base/ascii.h"
#include "base/attr.h"
#include "base/cursor.h"

static const struct {
	struct slice name;
	enum auth_word word;
} WORDS[] = {
	{ LIT("pass"), AUTH_PASS },	    { LIT("bestguesspass"), AUTH_PASS }, { LIT("fail"), AUTH_FAIL },
	{ LIT("hardfail"), AUTH_FAIL },	    { LIT("softfail"), AUTH_SOFTFAIL },	 { LIT("neutral"), AUTH_NEUTRAL },
	{ LIT("policy"), AUTH_NEUTRAL },    { LIT("none"), AUTH_NONE },		 { LIT("temperror"), AUTH_ERROR },
	{ LIT("permerror"), AUTH_ERROR },   { LIT("signed"), AUTH_SIGNED },
};

/* symbols of rspamd and tests of SpamAssassin; options: the domain stands first among them */
static const struct symbol {
	struct slice name;
	enum auth_check check;
	enum auth_word word;
	bool domain;
} SYMBOLS[] = {
	{ LIT("R_SPF_ALLOW"), AUTH_SPF, AUTH_PASS, false },
	{ LIT("R_SPF_PLUSALL"), AUTH_SPF, AUTH_PASS, false },
	{ LIT("R_SPF_FAIL"), AUTH_SPF, AUTH_FAIL, false },
	{ LIT("R_SPF_SOFTFAIL"), AUTH_SPF, AUTH_SOFTFAIL, false },
	{ LIT("R_SPF_NEUTRAL"), AUTH_SPF, AUTH_NEUTRAL, false },
	{ LIT("R_SPF_NA"), AUTH_SPF, AUTH_NONE, false },
	{ LIT("R_SPF_DNSFAIL"), AUTH_SPF, AUTH_ERROR, false },
	{ LIT("R_SPF_PERMFAIL"), AUTH_SPF, AUTH_ERROR, false },
	{ LIT("R_DKIM_ALLOW"), AUTH_DKIM, AUTH_PASS, true },
	{ LIT("R_DKIM_REJECT"), AUTH_DKIM, AUTH_FAIL, true },
	{ LIT("R_DKIM_TEMPFAIL"), AUTH_DKIM, AUTH_ERROR, true },
	{ LIT("R_DKIM_PERMFAIL"), AUTH_DKIM, AUTH_ERROR, true },
	{ LIT("R_DKIM_NA"), AUTH_DKIM, AUTH_NONE, false },
	{ LIT("DKIM_SIGNED_BY_US"), AUTH_DKIM, AUTH_SIGNED, true },
	{ LIT("DMARC_POLICY_ALLOW"), AUTH_DMARC, AUTH_PASS, true },
	{ LIT("DMARC_POLICY_ALLOW_WITH_FAILURES"), AUTH_DMARC, AUTH_PASS, true },
	{ LIT("DMARC_POLICY_REJECT"), AUTH_DMARC, AUTH_FAIL, true },
	{ LIT("DMARC_POLICY_QUARANTINE"), AUTH_DMARC, AUTH_FAIL, true },
	{ LIT("DMARC_POLICY_SOFTFAIL"), AUTH_DMARC, AUTH_FAIL, true },
	{ LIT("DMARC_BAD_POLICY"), AUTH_DMARC, AUTH_ERROR, true },
	{ LIT("DMARC_DNSFAIL"), AUTH_DMARC, AUTH_ERROR, true },
	{ LIT("DMARC_NA"), AUTH_DMARC, AUTH_NONE, true },
	{ LIT("ARC_ALLOW"), AUTH_ARC, AUTH_PASS, true },
	{ LIT("ARC_REJECT"), AUTH_ARC, AUTH_FAIL, false },
	{ LIT("ARC_INVALID"), AUTH_ARC, AUTH_FAIL, false },
	{ LIT("ARC_DNSFAIL"), AUTH_ARC, AUTH_ERROR, false },
	{ LIT("ARC_NA"), AUTH_ARC, AUTH_NONE, false },
	{ LIT("SPF_PASS"), AUTH_SPF, AUTH_PASS, false },
	{ LIT("SPF_FAIL"), AUTH_SPF, AUTH_FAIL, false },
	{ LIT("SPF_SOFTFAIL"), AUTH_SPF, AUTH_SOFTFAIL, false },
	{ LIT("SPF_NEUTRAL"), AUTH_SPF, AUTH_NEUTRAL, false },
	{ LIT("SPF_NONE"), AUTH_SPF, AUTH_NONE, false },
	{ LIT("T_SPF_TEMPERROR"), AUTH_SPF, AUTH_ERROR, false },
	{ LIT("T_SPF_PERMERROR"), AUTH_SPF, AUTH_ERROR, false },
	{ LIT("DKIM_VALID"), AUTH_DKIM, AUTH_PASS, false },
	{ LIT("DKIM_INVALID"), AUTH_DKIM, AUTH_FAIL, false },
	{ LIT("DMARC_PASS"), AUTH_DMARC, AUTH_PASS, false },
	{ LIT("DMARC_REJECT"), AUTH_DMARC, AUTH_FAIL, false },
	{ LIT("DMARC_QUAR"), AUTH_DMARC, AUTH_FAIL, false },
	{ LIT("DMARC_NONE"), AUTH_DMARC, AUTH_FAIL, false },    /* failed, and the policy asks for nothing */
	{ LIT("DMARC_MISSING"), AUTH_DMARC, AUTH_NONE, false },
	{ LIT("ARC_VALID"), AUTH_ARC, AUTH_PASS, false },
};

const char *auth_check_name(enum auth_check c)
{
	static const char *const NAMES[] = {
#define X(id, name) name,
		AUTH_CHECKS(X)
#undef X
	};

	return NAMES[c];
}

struct found {
	struct auth_result *of;
	size_t n;
};

static bool same(const struct auth_result *a, const struct auth_result *b)
{
	return a->check == b->check && a->word == b->word && !a->domain.p == !b->domain.p && slice_eq_fold(a->domain, b->domain);
}

static void add(struct found *f, struct auth_result r)
{
	if (f->n == AUTH_RESULTS_MAX)
		return;
	for (size_t i = 0; i < f->n; i++)
		if (same(&f->of[i], &r))
			return;
	f->of[f->n++] = r;
}

/* "{example.net:s=sel;}", "{example.net : SPF not aligned,...;}", "{example.net;none;}" */
static struct slice first_option(struct slice options)
{
	struct slice s = options;

	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == ':' || s.p[i] == ';' || s.p[i] == ' ' || s.p[i] == ',')
			s = slice_head(s, i);
	return slice_find_byte(s, '.') < s.n ? s : SLICE_NONE;
}

static void add_symbol(struct found *f, enum writer writer, struct slice name, struct slice options)
{
	for (size_t i = 0; i < ARRAY_LEN(SYMBOLS); i++)
		if (slice_eq(name, SYMBOLS[i].name))
			add(f, (struct auth_result){ .check = SYMBOLS[i].check, .word = SYMBOLS[i].word, .writer = writer,
						     .domain = SYMBOLS[i].domain ? first_option(options) : SLICE_NONE });
}

/* "NAME(0.10){option;},NAME(...){},...", "NAME,NAME", "NAME=0.1,NAME=..." */
static void add_symbols(struct found *f, enum writer writer, struct slice list)
{
	struct cur c = cur_of(list);
	struct slice options, rest;

	while (!cur_at_end(&c)) {
		const char *begin = c.p;

		while (!cur_at_end(&c) && (ascii_upper(cur_peek(&c)) || ascii_digit(cur_peek(&c)) || cur_peek(&c) == '_'))
			c.p++;
		rest = slice_between(begin, c.p);
		options = SLICE_NONE;
		if (cur_peek(&c) == '(') {
			struct slice score;

			if (!cur_until(&c, ')', &score))
				return;
			if (cur_byte(&c, '{') && !cur_until(&c, '}', &options))
				return;
		}
		if (rest.n)
			add_symbol(f, writer, rest, options);
		(void)cur_token(&c, ',');
		(void)cur_byte(&c, ' ');
	}
}

static void add_verdict(struct found *f, const struct verdict *v)
{
	static const struct slice CHECKS[] = {
#define X(id, name) LIT(name),
		AUTH_CHECKS(X)
#undef X
	};

	if (slice_is(v->check, "spam") && v->detail.p)
		add_symbols(f, v->writer, v->detail);
	for (size_t i = 0; i < ARRAY_LEN(CHECKS); i++)
		for (size_t k = 0; k < ARRAY_LEN(WORDS); k++)
			if (slice_eq(v->check, CHECKS[i]) && slice_eq_fold(v->result, WORDS[k].name))
				add(f, (struct auth_result){ .check = (enum auth_check)i, .word = WORDS[k].word, .writer = v->writer,
							     .domain = v->domain.n ? v->domain : SLICE_NONE });
}

/* the same result with its domain, by the same writer */
static bool told_with_domain(const struct found *f, const struct auth_result *r)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->of[i].domain.p && f->of[i].check == r->check && f->of[i].word == r->word && f->of[i].writer == r->writer)
			return true;
	return false;
}

size_t auth_results_of(const struct verdict *verdicts, struct auth_result ret[AUTH_RESULTS_MAX])
{
	struct found f = { ret, 0 };
	size_t kept = 0;

	for (const struct verdict *v = verdicts; v; v = v->next)
		add_verdict(&f, v);
	for (size_t i = 0; i < f.n; i++)
		if (f.of[i].domain.p || !told_with_domain(&f, &f.of[i]))
			ret[kept++] = ret[i];
	return kept;
}
