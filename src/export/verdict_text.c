/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verdict_text.c - a filter's word in one line
 *
 * check (filter): result, score of threshold, action, quarantine, domain, detail, the filter's id.  Of rspamd's symbols,
 * which it lists by weight, those that weigh most are shown, without their options.
 */
#include "export/verdict_text.h"

#include "base/cursor.h"

#define SYMBOLS_SHOWN 6

/* 1003983 is "1003.983", 15000 "15", -1900 "-1.9" */
static void add_score(struct strbuf *out, int64_t milli)
{
	uint64_t v = milli < 0 ? 0 - (uint64_t)milli : (uint64_t)milli;
	char digits[] = { (char)('0' + v / 100 % 10), (char)('0' + v / 10 % 10), (char)('0' + v % 10) };
	size_t n = sizeof digits;

	strbuf_printf(out, "%s%llu", milli < 0 ? "-" : "", (unsigned long long)(v / 1000));
	while (n && digits[n - 1] == '0')
		n--;
	if (n)
		strbuf_printf(out, ".%.*s", (int)n, digits);
}

static void add(struct strbuf *out, const char *word, struct slice s)
{
	if (!s.p || !s.n)
		return;
	strbuf_add_str(out, word);
	(void)term_text(out, s);
}

/* "NAME(1.20){option;option;},": false at the end; an option may hold anything but the end of the list */
static bool next_symbol(struct cur *c, struct slice *ret, bool *ret_weighs)
{
	const char *begin = c->p;
	struct slice name, weight, options;

	if (!cur_until(c, '(', &name) || !cur_until(c, ')', &weight))
		return false;
	*ret = slice_between(begin, c->p);
	*ret_weighs = false;
	for (size_t i = 0; i < weight.n; i++)
		*ret_weighs = *ret_weighs || (weight.p[i] >= '1' && weight.p[i] <= '9');
	if (cur_byte(c, '{') && !cur_byte(c, '}'))
		while (cur_until(c, '}', &options) && !slice_ends(options, ";"))
			continue;
	(void)cur_byte(c, ',');
	return true;
}

static void add_symbols(struct strbuf *out, struct slice symbols)
{
	struct cur c = cur_of(symbols);
	struct slice symbol;
	size_t shown = 0;
	bool weighs;

	while (shown < SYMBOLS_SHOWN && next_symbol(&c, &symbol, &weighs)) {
		if (!weighs && !(shown == 0 && cur_at_end(&c))) /* "GTUBE(0.00)" alone says it all */
			continue;
		add(out, shown++ ? " " : ", ", symbol);
	}
}

/* "a@b", "<a@b>,<c@d>", "a@b,c@d": how many at least */
static size_t listed(struct slice list)
{
	bool brackets = list.n && list.p[0] == '<';
	size_t n = 1;

	for (size_t i = 1; i + 1 < list.n; i++)
		n += list.p[i] == ',' && (!brackets || (list.p[i - 1] == '>' && list.p[i + 1] == '<'));
	return n;
}

void verdict_text(struct strbuf *out, const struct term *t, size_t column, enum writer known, size_t n_recipients,
		  const struct verdict *v)
{
	(void)term_text(out, v->check.p ? v->check : slice_str(writer_name(v->writer)));
	if (v->writer != known && v->check.p)
		strbuf_printf(out, " (%s)", writer_name(v->writer));
	add(out, ": ", v->result);
	if (v->score_milli != -1) {
		strbuf_add_str(out, ", ");
		add_score(out, v->score_milli);
		if (v->threshold_milli != -1) {
			strbuf_add_str(out, " of ");
			add_score(out, v->threshold_milli);
		}
	}
	if (v->action.p && !slice_is(v->action, "relay"))
		add(out, ", ", v->action);
	add(out, ", quarantine ", v->folder);
	add(out, ", ", v->domain);
	if (listed(v->recipients) < n_recipients)
		add(out, ", for ", v->recipients);
	if (v->writer == WRITER_RSPAMD && v->check.p && slice_is(v->check, "spam")) {
		add_symbols(out, v->detail);
	} else if (v->detail.p && v->detail.n) {
		strbuf_add_str(out, ", ");
		(void)term_wrapped(out, t, column, column, v->detail);
	}
}
