/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain.c - the parts of an explanation; replies, codes and words that are no line
 */
#include "diagnose/explain.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/ascii.h"
#include "base/attr.h"
#include "base/cursor.h"
#include "diagnose/catalogue.h"
#include "diagnose/explain_priv.h"
#include "diagnose/rules.h"
#include "event/queue_id.h"

/* where to look for the words of a line that nobody claims */
static const enum gloss_scope ANY_LINE[] = { SCOPE_POSTFIX_FIELD, SCOPE_POSTFIX_WORD, SCOPE_DOVECOT_FIELD, SCOPE_DOVECOT_WORD, SCOPE_EXIM_WORD,
					     SCOPE_SENDMAIL_FIELD, SCOPE_FILTER_FIELD, SCOPE_REPLY_WORD };

#define WORD_MAX_BYTES 200 /* a longer text is no flag, field or word of a glossary */

const char *explain_kind_name(enum explain_kind k)
{
	static const char *const NAMES[] = {
#define X(id, name, help) [id] = name,
		EXPLAIN_KINDS(X)
#undef X
	};

	return NAMES[k];
}

const char *explain_words(const struct explanation *x, const char *key)
{
	return tr_in(x->language, key);
}

struct slice explain_keep(struct explanation *x, const struct strbuf *text)
{
	struct slice s = slice_trim(strbuf_slice(text));

	return s.n ? arena_copy(&x->arena, s) : SLICE_NONE;
}

struct explain_part *explain_add(struct explanation *x, struct slice text)
{
	struct explain_part *last = x->n_parts ? &x->parts[x->n_parts - 1] : NULL;

	if (x->n_parts > EXPLAIN_PARTS_MAX) {
		last->text.n = (size_t)(text.p + text.n - last->text.p);
		return last;
	}
	if (x->n_parts == x->cap) {
		x->cap = x->cap ? 2 * x->cap : 32;
		x->parts = xrealloc(x->parts, x->cap * sizeof *x->parts);
	}
	x->parts[x->n_parts] = (struct explain_part){ .text = text };
	return &x->parts[x->n_parts++];
}

void explain_add_gloss(struct explanation *x, struct slice text, const struct gloss *g, struct slice value)
{
	struct explain_part *p = explain_add(x, text);
	struct strbuf meaning = { 0 }, more = { 0 };

	explain_value(x, &more, g->as, value);
	/* a code says it all */
	if (!more.n || (g->as != AS_DSN && g->as != AS_CODE)) {
		strbuf_add_str(&meaning, explain_words(x, g->meaning));
		strbuf_add_str(&meaning, more.n ? ": " : "");
	}
	strbuf_add(&meaning, strbuf_slice(&more));
	p->name = slice_str(explain_words(x, g->name));
	p->meaning = explain_keep(x, &meaning);
	strbuf_done(&meaning);
	strbuf_done(&more);
}

/* --- words by themselves ----------------------------------------------------------------------------- */

/* the form without what only stands in front of its value: "H=(" is "H=", "from <" is "from" */
static struct slice bare_form(struct slice form)
{
	char last = form.p[form.n - 1];

	if (last != '(' && last != '[' && last != '<')
		return form;
	if (form.n == 1 || (form.n == 2 && form.p[0] == last))
		return form;
	return slice_trim(slice_head(form, form.n - 1));
}

static bool is_flag(struct slice s)
{
	return gloss_find(SCOPE_EXIM_FLAG, s) != NULL;
}

static bool stands_alone(const struct explanation *x, const struct gloss *g)
{
	return *explain_words(x, gloss_where(g->scope)) != '\0' || g->scope == SCOPE_REPLY_WORD;
}

/* The word is the form: "H=", "H", "status=", "status=sent", "smtp_connection". */
static bool is_asked(const struct gloss *g, struct slice word, bool fold)
{
	struct slice form = bare_form(g->form), key = form;
	char last = form.p[form.n - 1];

	if (form.n != g->form.n && gloss_find(g->scope, form))
		return false;
	if (fold ? slice_eq_fold(form, word) : slice_eq(form, word))
		return true;
	if ((last != '=' && last != ':') || form.n < 2)
		return false;
	key.n--;
	return fold ? slice_eq_fold(key, word) : slice_eq(key, word);
}

static void add_row(struct explanation *x, struct slice text, const struct gloss *g, struct slice value)
{
	const char *where = explain_words(x, gloss_where(g->scope));

	explain_add_gloss(x, text, g, value);
	if (*where)
		x->parts[x->n_parts - 1].where = slice_str(where);
}

static size_t add_rows(struct explanation *x, struct slice text, struct slice word, struct slice value, bool fold)
{
	const struct gloss *list;
	size_t n = gloss_list(&list), found = 0;

	for (size_t i = 0; i < n; i++) {
		const struct gloss *g = &list[i];

		/* a number is told elsewhere, with its sign; a flag is one everywhere */
		if (!stands_alone(x, g) || !is_asked(g, word, fold) || g->scope == SCOPE_EXIM_ERROR ||
		    (g->scope == SCOPE_EXIM_ARRIVAL && is_flag(word)))
			continue;
		if ((g->scope == SCOPE_EVENT_FIELD || g->scope == SCOPE_REPLY_WORD) && found)
			continue;
		add_row(x, text, g, value);
		found++;
	}
	return found;
}

/* "delays=0.1/0.02/0.2/0.13", "H=mx.example.net", "conn_use=3": the key's rows, with the value */
static bool explain_pair(struct explanation *x, struct slice s)
{
	size_t eq = slice_find_byte(s, '=');
	struct slice key = slice_head(s, eq + 1), value;

	if (eq == s.n || eq == 0 || eq > 40)
		return false;
	value = slice_from(s, eq + 1);
	if (slice_is(key, "delays=") && value.n) {
		static const enum gloss_scope POSTFIX[] = { SCOPE_POSTFIX_FIELD };

		add_row(x, key, gloss_find(SCOPE_POSTFIX_FIELD, key), SLICE_NONE);
		x->n_parts = 0;
		explain_walk(x, s, POSTFIX, ARRAY_LEN(POSTFIX), NULL, false);
		return true;
	}
	return add_rows(x, s, key, value.n ? value : SLICE_NONE, false) || add_rows(x, s, key, value.n ? value : SLICE_NONE, true);
}

static bool explain_word(struct explanation *x, struct slice s)
{
	size_t slash;

	if (s.n > WORD_MAX_BYTES || s.n == 0)
		return false;
	x->kind = EXPLAIN_TERM;
	if (add_rows(x, s, s, SLICE_NONE, false) || add_rows(x, s, s, SLICE_NONE, true))
		return true;
	slash = slice_rfind_byte(s, '/');
	if (slash < s.n && slash + 1 < s.n) { /* postfix/cleanup, postfix/cleanup[123] */
		struct slice name = slice_from(s, slash + 1);

		name = slice_head(name, slice_find_byte(name, '['));
		if (gloss_find(SCOPE_POSTFIX_DAEMON, name)) {
			add_row(x, s, gloss_find(SCOPE_POSTFIX_DAEMON, name), SLICE_NONE);
			return true;
		}
	}
	return explain_pair(x, s);
}

/* --- log selectors ----------------------------------------------------------------------------------- */

static const struct gloss *selector_of(struct slice word, bool *ret_signed)
{
	*ret_signed = word.n && (word.p[0] == '+' || word.p[0] == '-');
	if (*ret_signed)
		word = slice_from(word, 1);
	while (word.n && (word.p[word.n - 1] == '*' || word.p[word.n - 1] == '\\' || word.p[word.n - 1] == ','))
		word.n--;
	return word.n ? gloss_find(SCOPE_EXIM_SELECTOR, word) : NULL;
}

/* "+all", "log_selector = +subject -arguments": only if each word is one */
static bool explain_selectors(struct explanation *x, struct slice s)
{
	struct cur c = cur_of(s);
	size_t signs = 0;
	bool is_signed;

	for (struct cur look = c; !cur_at_end(&look);) {
		struct slice word = cur_token(&look, ' ');

		if (!word.n || slice_is(word, "="))
			continue;
		if (!selector_of(word, &is_signed))
			return false;
		signs += is_signed || slice_is(word, "log_selector");
	}
	if (!signs)
		return false;
	while (!cur_at_end(&c)) {
		struct slice word = cur_token(&c, ' ');
		const struct gloss *g = selector_of(word, &is_signed);

		if (slice_is(word, "=") && x->n_parts) {
			x->parts[x->n_parts - 1].text.n = (size_t)(word.p + word.n - x->parts[x->n_parts - 1].text.p);
		} else if (g) {
			add_row(x, word, g, SLICE_NONE);
			if (is_signed) {
				struct tr_value v = { "default", slice_str(explain_words(x, g->name)) };
				struct strbuf name = { 0 };

				tr_fill(&name, word.p[0] == '+' ? explain_words(x, TR_KEY("explain.selector.on", "switched on ({default})")) :
								  explain_words(x, TR_KEY("explain.selector.off", "switched off ({default})")),
					&v, 1);
				x->parts[x->n_parts - 1].name = explain_keep(x, &name);
				strbuf_done(&name);
			}
		}
	}
	x->kind = EXPLAIN_SELECTOR;
	return true;
}

/* --- numbers ----------------------------------------------------------------------------------------- */

/* "-44", "(-44)", "defer (-44)", "defer (111)", "errno 111", "errno=28" */
static bool explain_number(struct explanation *x, struct slice s)
{
	struct cur c = cur_of(s);
	bool named = cur_lit(&c, "defer") || cur_lit(&c, "errno");
	struct slice number;
	const struct gloss *g;
	struct cur digits;
	uint64_t n;

	cur_skip_spaces(&c);
	named = cur_byte(&c, '=') || named;
	named = cur_byte(&c, '(') || named;
	number = cur_token(&c, ')');
	digits = cur_of(number);
	if (!number.p || !number.n || (!named && number.p[0] != '-'))
		return false;
	(void)cur_byte(&digits, '-');
	if (!cur_u64(&digits, 4000, &n) || !cur_at_end(&digits))
		return false;
	if (number.p[0] == '-' || n == 0)
		g = gloss_find(SCOPE_EXIM_ERROR, number);
	else
		g = gloss_errno((int)n);
	if (!g)
		return false;
	add_row(x, slice_between(s.p, c.p), g, SLICE_NONE);
	if (g->scope == SCOPE_ERRNO) {
		struct strbuf name = { 0 };

		strbuf_add(&name, g->form);
		strbuf_add_str(&name, ", ");
		strbuf_add_str(&name, explain_words(x, g->name));
		x->parts[x->n_parts - 1].name = explain_keep(x, &name);
		strbuf_done(&name);
	}
	explain_walk(x, cur_rest(&c), NULL, 0, NULL, true);
	x->kind = EXPLAIN_NUMBER;
	return true;
}

/* --- codes and replies ------------------------------------------------------------------------------- */

static void find_cause(struct explanation *x, const struct diagnoser *d, struct slice text)
{
	const struct complaint c = { .reply = text, .smtp_code = -1 };

	if (!d)
		return;
	verdict_reply(d, &c, &x->verdict);
	x->failed = true;
}

static bool explain_code(struct explanation *x, const struct diagnoser *d, struct slice s)
{
	const struct gloss *g = NULL;
	struct explain_part *p;
	struct strbuf meaning = { 0 };

	if (explain_dsn_at(s) == s.n && s.n) {
		struct slice rest = slice_from(s, 2);

		g = gloss_find(SCOPE_SMTP_DSN, rest);
		p = explain_add(x, s);
		strbuf_add_str(&meaning, explain_words(x, gloss_find(SCOPE_SMTP_CLASS, slice_head(s, 1))->name));
		if (g) {
			strbuf_add_str(&meaning, ": ");
			strbuf_add_str(&meaning, explain_words(x, g->meaning));
		} else {
			strbuf_clear(&meaning);
			explain_dsn(x, &meaning, s);
		}
		p->name = slice_str(g ? explain_words(x, g->name) : explain_words(x, TR_KEY("explain.dsn", "enhanced status code")));
		p->meaning = explain_keep(x, &meaning);
		strbuf_done(&meaning);
		x->kind = EXPLAIN_DSN;
	} else if (s.n == 3 && explain_code_at(s) == 3 && (g = gloss_find(SCOPE_SMTP_CODE, s)) != NULL) {
		add_row(x, s, g, SLICE_NONE);
		x->kind = EXPLAIN_CODE;
	} else {
		return false;
	}
	if (s.p[0] == '4' || s.p[0] == '5')
		find_cause(x, d, s);
	return true;
}

static bool has_code(struct slice s)
{
	for (size_t i = 0; i + 3 <= s.n; i++)
		if ((i == 0 || (!ascii_alnum(s.p[i - 1]) && s.p[i - 1] != '.' && s.p[i - 1] != '-') ||
		     (i >= 2 && s.p[i - 1] == 'n' && s.p[i - 2] == '\\')) &&
		    (explain_code_at(slice_from(s, i)) || explain_dsn_at(slice_from(s, i))))
			return true;
	return false;
}

static bool explain_reply(struct explanation *x, const struct diagnoser *d, struct slice s)
{
	struct reply_parts parts;
	struct event e;
	bool coded = has_code(s);
	char first = s.n ? s.p[0] : '\0';

	find_cause(x, d, s);
	/* "250 2.7.0 Ok, discarded" is none the less worth a word */
	if (explain_code_at(s) && (first == '2' || first == '3'))
		x->failed = x->failed && x->verdict.cause.basis == BASIS_TEXT && !slice_starts(x->verdict.cause.id, "generic-");
	if (!coded && (!x->failed || x->verdict.cause.basis != BASIS_TEXT)) {
		x->failed = false;
		return false;
	}
	reply_take_apart(&x->verdict.complaint, &parts);
	event_init(&e, EV_OTHER);
	e.relay_host = parts.host;
	e.relay_ip = parts.ip;
	explain_walk(x, s, NULL, 0, &e, true);
	x->kind = EXPLAIN_REPLY;
	return true;
}

/* "[:ours :rcpt] 550 ...": a reply with what its words alone don't tell, as the samples of rules have it (docs/causes.md) */
static bool explain_in_context(struct explanation *x, const struct diagnoser *d, struct slice s)
{
	struct complaint c;
	struct explain_part *p;
	struct event e;

	if (!d || !sample_complaint(s, &c) || c.reply.p == s.p || !c.reply.n)
		return false;
	x->verdict = (struct other_verdict){ .complaint = c };
	diagnose(d, &c, &x->verdict.cause);
	x->failed = true;
	p = explain_add(x, slice_head(s, slice_find_byte(s, ']') + 1));
	p->name = slice_str(explain_words(x, TR_KEY("explain.context", "context")));
	p->meaning = slice_str(explain_words(x, TR_KEY("explain.context_meaning",
						       "who said what follows (:ours: this server), and at which step")));
	event_init(&e, EV_OTHER);
	e.relay_host = c.host;
	explain_walk(x, c.reply, NULL, 0, &e, true);
	x->kind = EXPLAIN_REPLY;
	return true;
}

/* The id of a cause: trace, report and the site's own rules name them. */
static bool explain_cause(struct explanation *x, const struct diagnoser *d, struct slice s)
{
	struct cause cause;
	struct strbuf meaning = { 0 };
	struct explain_part *p;

	if (slice_find_byte(s, ' ') < s.n)
		return false;
	if (!d || !diagnoser_site_cause(d, s, &cause, &x->waits_by_code)) {
		struct catalogue_cause c;

		if (!catalogue_find(s, &c))
			return false;
		cause = c.cause;
		x->waits_by_code = c.by_code;
	}
	x->verdict = (struct other_verdict){ .cause = cause, .complaint = { .smtp_code = -1 } };
	x->failed = true;
	x->kind = EXPLAIN_CAUSE;
	tr_fill(&meaning, explain_words(x, TR_KEY("explain.cause.meaning", "class {class}, side {side}")),
		(struct tr_value[]){
			{ "class", slice_str(cause_class_name(cause.class)) },
			{ "side", slice_str(cause_side_name(cause.side)) },
		},
		2);
	p = explain_add(x, s);
	p->name = slice_str(cause.of_site ? explain_words(x, TR_KEY("explain.cause_of_site", "cause of a rule of this site")) :
					    explain_words(x, TR_KEY("explain.cause", "cause")));
	p->meaning = explain_keep(x, &meaning);
	strbuf_done(&meaning);
	return true;
}

/* a piece of a log line, such as "SpamAssassin as exuser detected message as spam (7.6)": it begins with words that only logs have */
static bool explain_phrase(struct explanation *x, const struct diagnoser *d, struct slice s)
{
	static const enum gloss_scope LOGS[] = { SCOPE_EXIM_WORD, SCOPE_POSTFIX_WORD, SCOPE_DOVECOT_WORD, SCOPE_SENDMAIL_WORD, SCOPE_FILTER_WORD };
	static const enum gloss_scope REPLIES[] = { SCOPE_REPLY_WORD };
	const struct gloss *g = gloss_match(LOGS, ARRAY_LEN(LOGS), s);

	if (!g || g->form.n < 8 || has_code(s) || gloss_match(REPLIES, ARRAY_LEN(REPLIES), s))
		return false;
	explain_walk(x, s, ANY_LINE, ARRAY_LEN(ANY_LINE), NULL, false);
	x->kind = EXPLAIN_TERM;
	/* words that many use, such as "virus", may stand there with a "no" */
	find_cause(x, d, s);
	x->failed = x->failed && x->verdict.cause.basis == BASIS_TEXT && !slice_starts(x->verdict.cause.id, "generic-");
	return true;
}

static bool explain_id(struct explanation *x, struct slice s)
{
	struct strbuf meaning = { 0 };
	bool known = s.n >= 8 && explain_queue_id(x, &meaning, s);
	struct explain_part *p;

	if (known) {
		explain_queue_id_form(x, &meaning, s);
		p = explain_add(x, s);
		p->name = slice_str(explain_words(x, TR_KEY("explain.queue_id", "queue id")));
		p->meaning = explain_keep(x, &meaning);
		x->kind = EXPLAIN_QUEUE_ID;
		x->queue_id = s;
	}
	strbuf_done(&meaning);
	return known;
}

void explain_text(struct explanation *x, const struct diagnoser *d, struct slice text)
{
	struct slice s = slice_trim(text), bare = s;

	x->input = text;
	if (s.n >= 2 && (s.p[0] == '"' || s.p[0] == '\'' || s.p[0] == '`') && s.p[s.n - 1] == s.p[0])
		bare = slice_of(s.p + 1, s.n - 2);
	if (explain_in_context(x, d, s) || explain_selectors(x, bare) || explain_code(x, d, bare) || explain_cause(x, d, bare))
		return;
	if (explain_number(x, bare) || explain_word(x, bare)) {
		/* "relay not permitted" is a word of logs and a reason as well, and so is "defer (-23)" */
		if (slice_find_byte(bare, ' ') < bare.n || slice_find_byte(bare, '=') < bare.n)
			find_cause(x, d, bare);
		x->failed = x->failed && x->verdict.cause.basis == BASIS_TEXT;
		return;
	}
	x->kind = EXPLAIN_UNKNOWN;
	if (explain_id(x, bare) || explain_phrase(x, d, s) || explain_reply(x, d, s))
		return;
	x->kind = EXPLAIN_UNKNOWN;
	explain_walk(x, s, ANY_LINE, ARRAY_LEN(ANY_LINE), NULL, false);
}

void explanation_done(struct explanation *x)
{
	free(x->parts);
	arena_clear(&x->arena);
	*x = (struct explanation){ 0 };
}
