/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rows.c - from counters to rows
 *
 * Filters are meant to be pasted into a shell, and what they name was chosen by strangers: everything but a
 * short list of harmless bytes is put between single quotes, and control bytes are refused.
 */
#include "report/report_priv.h"

#include "base/ascii.h"
#include "base/civil.h"
#include "base/ip.h"

#define FILTER_VALUE_MAX_BYTES 400

void build_rows(struct panel_build *b, size_t n)
{
	struct panel *p = b->panel;

	p->rows = arena_alloc(b->arena, (n ? n : 1) * sizeof *p->rows);
	p->n_rows = n;
	for (size_t i = 0; i < n; i++) {
		p->rows[i].cells = arena_alloc(b->arena, p->n_columns * sizeof *p->rows[i].cells);
		for (size_t k = 0; k < p->n_columns; k++)
			p->rows[i].cells[k].value = PANEL_NULL;
	}
}

size_t *build_top(struct panel_build *b, const struct tally *t, tally_order order)
{
	size_t n;
	size_t *top = tally_top(t, b->limit, order, b->counters, b->arena, &n);

	build_rows(b, n);
	b->panel->more = t->n - n;
	return top;
}

const struct name **build_top_names(struct panel_build *b, const struct names_list *l)
{
	size_t n, all;
	const struct name **top = names_top(l, b->limit, b->arena, &n, &all);

	build_rows(b, n);
	b->panel->more = all - n;
	return top;
}

struct panel_cell cell_text(struct slice s)
{
	return (struct panel_cell){ .text = s, .value = PANEL_NULL };
}

struct panel_cell cell_value(int64_t v)
{
	return (struct panel_cell){ .value = v };
}

int64_t share_of(int64_t n, int64_t of)
{
	return of > 0 ? (int64_t)((double)n * 100000.0 / (double)of + 0.5) : PANEL_NULL;
}

void row_word(struct strbuf *key, struct slice word, size_t max_bytes)
{
	size_t from = key->n;
	char *nul;

	strbuf_add(key, slice_head(word, max_bytes));
	while (key->n > from && (nul = memchr(key->p + from, '\0', key->n - from)))
		*nul = ' ';
	strbuf_add_byte(key, '\0');
}

void build_words(struct panel_build *b, struct panel_row *row, size_t n, sym_t key)
{
	struct slice words = intern_name(&b->counters->names, key);

	if (key == SYM_OTHER) {
		row->cells[0] = cell_text(words);
		return;
	}
	for (size_t k = 0; k < n; k++) {
		size_t end = slice_find_byte(words, '\0');

		row->cells[k] = cell_text(end ? slice_head(words, end) : SLICE_NONE);
		words = slice_from(words, end < words.n ? end + 1 : end);
	}
}

static struct slice shown_name(struct slice name)
{
	if (!name.p)
		return SLICE("(not told)");
	return name.n ? name : SLICE("<>");
}

struct slice build_name(const struct panel_build *b, sym_t sym)
{
	return shown_name(intern_name(&b->counters->names, sym));
}

struct slice build_name_of(const struct names *t, const struct name *name)
{
	return shown_name(names_text(t, name));
}

struct slice build_host(struct panel_build *b, struct slice host, struct slice ip)
{
	struct strbuf *sb = &b->counters->scratch;

	if (!ip.p)
		return host.p ? host : SLICE("(not told)");
	strbuf_clear(sb);
	if (host.p) {
		strbuf_add(sb, host);
		strbuf_add_byte(sb, ' ');
	}
	strbuf_add_byte(sb, '[');
	strbuf_add(sb, ip);
	strbuf_add_byte(sb, ']');
	return arena_copy(b->arena, strbuf_slice(sb));
}

struct slice build_address_value(struct panel_build *b, const struct names *t, const struct name *name)
{
	struct strbuf *sb = &b->counters->scratch;

	if (t != &b->counters->domains)
		return build_name_of(t, name);
	strbuf_clear(sb);
	strbuf_add_byte(sb, '@');
	strbuf_add(sb, names_text(t, name));
	return arena_copy(b->arena, strbuf_slice(sb));
}

static bool shell_safe(char c)
{
	return ascii_alnum(c) || c == '@' || c == '.' || c == '_' || c == '-' || c == '+' || c == ':' ||
	       c == '/' || c == '=' || c == ',' || c == '%';
}

/* bytes that must not reach a command line even in quotes */
static bool shell_refused(char c)
{
	return (unsigned char)c < 0x20 || (unsigned char)c >= 0x7f;
}

static void quote(struct strbuf *out, struct slice s)
{
	bool safe = s.n > 0;

	for (size_t i = 0; i < s.n && safe; i++)
		safe = shell_safe(s.p[i]);
	if (safe) {
		strbuf_add(out, s);
		return;
	}
	strbuf_add_byte(out, '\'');
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '\'')
			strbuf_add(out, SLICE("'\\''"));
		else
			strbuf_add_byte(out, s.p[i]);
	strbuf_add_byte(out, '\'');
}

void build_filter(struct panel_build *b, struct strbuf *filter, const char *option, struct slice value)
{
	bool refused = !value.p || value.n > FILTER_VALUE_MAX_BYTES;

	(void)b;
	for (size_t i = 0; i < value.n && !refused; i++)
		refused = shell_refused(value.p[i]);
	if (filter->n && filter->p[0] == '!')
		return;
	if (refused) {
		strbuf_clear(filter);
		strbuf_add_byte(filter, '!');
		return;
	}
	if (filter->n)
		strbuf_add_byte(filter, ' ');
	strbuf_add_str(filter, option);
	/* never to be taken for an option */
	strbuf_add_byte(filter, value.n && value.p[0] == '-' ? '=' : ' ');
	quote(filter, value);
}

/* "2026-11-15T00:00:00+01:00": says the same on every machine */
static void add_midnight(struct strbuf *out, int64_t day, int32_t offset)
{
	struct civil c = civil_of(day * USEC_PER_DAY, 0);
	int32_t minutes = (offset < 0 ? -offset : offset) / 60;

	strbuf_printf(out, "%04d-%02d-%02dT00:00:00%c%02d:%02d", c.year, c.month, c.day,
		      offset < 0 ? '-' : '+', (int)(minutes / 60), (int)(minutes % 60));
}

void build_client_filter(struct panel_build *b, struct strbuf *filter, struct slice client)
{
	struct ip ip;

	build_filter(b, filter, ip_parse(client, &ip) ? "--ip" : "--client", client);
}

void build_filter_day(struct panel_build *b, struct strbuf *filter, int64_t day, int32_t utc_offset_sec)
{
	struct strbuf *sb = &b->counters->scratch;

	for (int k = 0; k < 2; k++) {
		strbuf_clear(sb);
		add_midnight(sb, day + k, utc_offset_sec);
		build_filter(b, filter, k ? "--until" : "--since", strbuf_slice(sb));
	}
}

struct slice build_day(struct panel_build *b, int64_t day)
{
	struct strbuf *sb = &b->counters->scratch;
	struct civil c = civil_of(day * USEC_PER_DAY, 0);

	strbuf_clear(sb);
	strbuf_printf(sb, "%04d-%02d-%02d", c.year, c.month, c.day);
	return arena_copy(b->arena, strbuf_slice(sb));
}

void build_filter_end(struct panel_build *b, struct panel_row *row, struct strbuf *filter)
{
	if (filter->n && filter->p[0] != '!')
		row->filter = arena_copy(b->arena, strbuf_slice(filter));
	strbuf_clear(filter);
}

int order_names(const struct intern *names, sym_t a, sym_t b)
{
	return a == b ? 0 : slice_cmp(intern_name(names, a), intern_name(names, b));
}

static int order_keys(const struct intern *names, uint64_t a, uint64_t b)
{
	int c = order_names(names, tally_major(a), tally_major(b));

	if (!c)
		c = order_names(names, tally_minor(a), tally_minor(b));
	return c ? c : (a > b) - (a < b);
}

int order_values(const struct tally *t, size_t a, size_t b)
{
	const int64_t *va = tally_values(t, a), *vb = tally_values(t, b);

	for (unsigned i = 0; i < t->width && i < 2; i++)
		if (va[i] != vb[i])
			return va[i] > vb[i] ? -1 : 1;
	return 0;
}

int order_by_values(const void *ctx, const struct tally *t, size_t a, size_t b)
{
	const struct counters *counters = ctx;
	int c = order_values(t, a, b);

	return c ? c : order_keys(&counters->names, tally_key(t, a), tally_key(t, b));
}

int order_refs(const struct names *names, uint32_t a, uint32_t b)
{
	int c = names_cmp(names, names_at(names, a), names_at(names, b));

	return c ? c : (a > b) - (a < b);
}

int order_by_key(const void *ctx, const struct tally *t, size_t a, size_t b)
{
	uint64_t ka = tally_key(t, a), kb = tally_key(t, b);

	(void)ctx;
	return ka == kb ? 0 : ka > kb ? -1 : 1;
}
