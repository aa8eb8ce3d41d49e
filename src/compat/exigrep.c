/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exigrep.c - all lines of every message of which one line matches
 *
 * exigrep's rules: a line without Exim's stamp is dropped (a syslog prefix is taken off first, also in what
 * is shown); a line without an id is shown when it matches; lines with one are kept until the message ends:
 * at "Completed" or "SMTP data timeout" anywhere in a line, or at "rejected" right behind the id.  What has
 * not ended comes last; there exigrep's order is that of a hash, ours that of the first lines. Records of a
 * syslog without Exim's stamp (other MTAs, Exim with syslog_timestamp off) go by their event: the queue id
 * groups them, `done` ends them.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "compat/exigrep.h"

#include <pcre2.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/ascii.h"
#include "base/cursor.h"
#include "base/map.h"
#include "base/strbuf.h"
#include "compat/peer_line.h"

#define JIT_STACK_MAX (8u << 20) /* bytes; a pattern that needs more goes on without JIT */

/* a message whose lines are kept */
struct grep_message {
	struct slice key; /* in `name` */
	char *name;
	struct strbuf text;
	uint64_t order;
	bool hit;
};

struct compat_exigrep {
	pcre2_code *code;
	pcre2_match_data *match;
	pcre2_match_context *context;
	pcre2_jit_stack *stack;
	compat_exigrep_print_fn *print;
	void *ctx;
	struct map open; /* key -> struct grep_message */
	struct peer_lines lines;
	struct strbuf scratch, key;
	uint64_t order, shown;
};

struct compat_exigrep *compat_exigrep_new(struct slice pattern, bool literal, bool case_sensitive,
					  compat_exigrep_print_fn *print, void *ctx, struct err *reterr)
{
	uint32_t options = (literal ? PCRE2_LITERAL : 0) | (case_sensitive ? 0 : PCRE2_CASELESS);
	struct compat_exigrep *g;
	pcre2_code *code;
	PCRE2_SIZE offset;
	int number;

	code = pcre2_compile((PCRE2_SPTR)(pattern.p ? pattern.p : ""), pattern.n, options, &number, &offset,
			     NULL);
	if (!code) {
		PCRE2_UCHAR why[160];

		(void)pcre2_get_error_message(number, why, sizeof why);
		(void)err_set(reterr, ERR_USAGE, "'%.*s' is no regular expression: %s at byte %zu",
			      SLICE_ARG(pattern), (const char *)why, offset);
		return NULL;
	}
	g = xcalloc(1, sizeof *g);
	g->code = code;
	g->print = print;
	g->ctx = ctx;
	g->match = pcre2_match_data_create(1, NULL);
	if (pcre2_jit_compile(code, PCRE2_JIT_COMPLETE) == 0) {
		g->context = pcre2_match_context_create(NULL);
		g->stack = pcre2_jit_stack_create(32u << 10, JIT_STACK_MAX, NULL);
		if (g->context && g->stack)
			pcre2_jit_stack_assign(g->context, NULL, g->stack);
	}
	return g;
}

static void message_free(struct grep_message *m)
{
	strbuf_done(&m->text);
	free(m->name);
	free(m);
}

void compat_exigrep_free(struct compat_exigrep *g)
{
	const struct map_slot *s;
	size_t at = 0;

	if (!g)
		return;
	while ((s = map_next(&g->open, &at)))
		message_free(s->value);
	map_done(&g->open);
	peer_lines_done(&g->lines);
	strbuf_done(&g->scratch);
	strbuf_done(&g->key);
	pcre2_match_data_free(g->match);
	pcre2_match_context_free(g->context);
	pcre2_jit_stack_free(g->stack);
	pcre2_code_free(g->code);
	free(g);
}

static bool matches(const struct compat_exigrep *g, struct slice s)
{
	int r;

	if (!g->match)
		return false;
	r = pcre2_match(g->code, (PCRE2_SPTR)s.p, s.n, 0, 0, g->match, g->context);
	if (r < PCRE2_ERROR_PARTIAL)
		r = pcre2_match(g->code, (PCRE2_SPTR)s.p, s.n, 0, PCRE2_NO_JIT, g->match, NULL);
	return r >= 0;
}

static void show(struct compat_exigrep *g, struct strbuf *text)
{
	strbuf_add_byte(text, '\n');
	g->print(g->ctx, strbuf_slice(text));
	g->shown++;
}

static struct grep_message *message_of(struct compat_exigrep *g, struct slice key)
{
	struct grep_message *m = map_get(&g->open, key);

	if (m)
		return m;
	m = xcalloc(1, sizeof *m);
	m->name = xslicedup(key);
	m->key = slice_of(m->name, key.n);
	m->order = g->order++;
	(void)map_put(&g->open, m->key, m);
	return m;
}

/* one line of a message; it ends with this line or goes on */
static void feed_message(struct compat_exigrep *g, struct slice key, struct slice text, bool newline,
			 bool ends)
{
	struct grep_message *m = message_of(g, key);
	size_t from = m->text.n;

	strbuf_add(&m->text, text);
	if (newline)
		strbuf_add_byte(&m->text, '\n');
	if (!m->hit)
		m->hit = matches(g, slice_from(strbuf_slice(&m->text), from));
	if (!ends)
		return;
	if (m->hit)
		show(g, &m->text);
	(void)map_remove(&g->open, key);
	message_free(m);
}

static void feed_single(struct compat_exigrep *g, struct slice text, bool newline)
{
	strbuf_clear(&g->scratch);
	strbuf_add(&g->scratch, text);
	if (newline)
		strbuf_add_byte(&g->scratch, '\n');
	if (matches(g, strbuf_slice(&g->scratch)))
		show(g, &g->scratch);
}

static bool take_digits(struct cur *c, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (i >= cur_left(c) || !ascii_digit(c->p[i]))
			return false;
	c->p += n;
	return true;
}

/* "2026-11-21 09:00:01[.123] [+0100 ][[991] ]" */
static bool take_stamp(struct cur *c)
{
	struct cur at = *c, try;
	uint64_t number;

	if (!take_digits(&at, 4) || !cur_byte(&at, '-') || !take_digits(&at, 2) || !cur_byte(&at, '-') ||
	    !take_digits(&at, 2) || !cur_byte(&at, ' ') || !take_digits(&at, 2) || !cur_byte(&at, ':') ||
	    !take_digits(&at, 2) || !cur_byte(&at, ':') || !take_digits(&at, 2))
		return false;
	try = at;
	if (cur_byte(&try, '.') && take_digits(&try, 1)) {
		while (!cur_at_end(&try) && ascii_digit(*try.p))
			try.p++;
		at = try;
	}
	if (!cur_byte(&at, ' '))
		return false;
	try = at;
	if ((cur_byte(&try, '+') || cur_byte(&try, '-')) && take_digits(&try, 4) && cur_byte(&try, ' '))
		at = try;
	try = at;
	if (cur_byte(&try, '[') && cur_u64(&try, UINT64_MAX, &number) && cur_lit(&try, "] "))
		at = try;
	*c = at;
	return true;
}

static bool take_words(struct cur *c, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (i >= cur_left(c) || !peer_word(c->p[i]))
			return false;
	c->p += n;
	return true;
}

/* an id of the old form (6-6-2) or of the new one (6-11-4); what follows it does not matter to exigrep */
static struct slice take_id(struct cur *c)
{
	static const size_t FORMS[2][2] = { { 6, 2 }, { 11, 4 } };
	const char *begin = c->p;

	for (size_t i = 0; i < 2; i++) {
		struct cur at = *c;

		if (take_words(&at, 6) && cur_byte(&at, '-') && take_words(&at, FORMS[i][0]) &&
		    cur_byte(&at, '-') && take_words(&at, FORMS[i][1])) {
			*c = at;
			return slice_between(begin, at.p);
		}
	}
	return SLICE_NONE;
}

static bool has(struct slice s, struct slice what)
{
	return slice_find(s, what) < s.n;
}

/* a physical line as exigrep takes it; false: it has no stamp */
static bool feed_exim(struct compat_exigrep *g, const struct peer_line *p)
{
	struct slice text = p->text, id;
	struct cur c = cur_of(text);
	bool ends;

	if (!take_digits(&c, 4) || !cur_byte(&c, '-'))
		(void)peer_strip_syslog(&text);
	c = cur_of(text);
	if (!take_stamp(&c))
		return false;
	id = take_id(&c);
	if (!id.p) {
		feed_single(g, text, p->newline);
		return true;
	}
	ends = has(text, SLICE("Completed")) || has(text, SLICE("SMTP data timeout")) ||
	       cur_lit(&c, " rejected");
	feed_message(g, id, text, p->newline, ends);
	return true;
}

/* a record of a syslog, by its event */
static void feed_record(struct compat_exigrep *g, const struct line *l, const struct event *e)
{
	bool newline = !(l->flags & LINE_NO_NEWLINE);

	if (!e || !e->queue_id.n) {
		feed_single(g, l->raw, newline);
		return;
	}
	strbuf_clear(&g->key);
	strbuf_add(&g->key, l->server);
	strbuf_add_byte(&g->key, '\n');
	strbuf_add(&g->key, e->queue_id);
	feed_message(g, strbuf_slice(&g->key), l->raw, newline, e->kind == EV_DONE);
}

void compat_exigrep_feed(struct compat_exigrep *g, const struct line *l, const struct event *e)
{
	struct peer_line p;
	bool exim = false;

	peer_lines_begin(&g->lines, l);
	while (peer_lines_next(&g->lines, &p))
		exim |= feed_exim(g, &p);
	if (!exim && l->envelope != ENVELOPE_NONE && l->envelope != ENVELOPE_EXIM)
		feed_record(g, l, e);
}

/* keys by event are "SERVER\nID" */
static struct slice id_of_key(struct slice key)
{
	size_t at = slice_rfind_byte(key, '\n');

	return at < key.n ? slice_from(key, at + 1) : key;
}

static int by_order(const void *a, const void *b)
{
	const struct grep_message *x = *(struct grep_message *const *)a,
				  *y = *(struct grep_message *const *)b;

	return (x->order > y->order) - (x->order < y->order);
}

void compat_exigrep_end(struct compat_exigrep *g)
{
	struct grep_message **hits = xreallocarray(NULL, g->open.n + 1, sizeof *hits);
	const struct map_slot *s;
	size_t at = 0, n = 0;

	while ((s = map_next(&g->open, &at))) {
		struct grep_message *m = s->value;

		if (m->hit)
			hits[n++] = m;
		else
			message_free(m);
	}
	map_done(&g->open);
	qsort(hits, n, sizeof *hits, by_order);
	for (size_t i = 0; i < n; i++) {
		struct slice id = id_of_key(hits[i]->key);

		strbuf_clear(&g->scratch);
		strbuf_printf(&g->scratch, "+++ %.*s has not completed +++\n", SLICE_ARG(id));
		strbuf_add(&g->scratch, strbuf_slice(&hits[i]->text));
		show(g, &g->scratch);
		message_free(hits[i]);
	}
	free(hits);
}

uint64_t compat_exigrep_shown(const struct compat_exigrep *g)
{
	return g->shown;
}
