/* SPDX-License-Identifier: Apache-2.0 */
/*
 * html.c - the frame of HTML answers: head, heading, contents, end
 */
#include "export/html.h"

#include "config.h"

#include "export/html/builtin.h"
#include "export/panel_cell.h"
#include "export/terminal.h"

void html_text(struct strbuf *out, struct slice s)
{
	struct strbuf safe = { 0 };
	size_t from = 0;

	(void)term_text(&safe, s);
	for (size_t i = 0; i < safe.n; i++) {
		const char *name = safe.p[i] == '&'    ? "&amp;"
				   : safe.p[i] == '<'  ? "&lt;"
				   : safe.p[i] == '>'  ? "&gt;"
				   : safe.p[i] == '"'  ? "&quot;"
				   : safe.p[i] == '\'' ? "&#39;"
						       : NULL;

		if (!name)
			continue;
		strbuf_add(out, slice_of(safe.p + from, i - from));
		strbuf_add_str(out, name);
		from = i + 1;
	}
	if (from < safe.n)
		strbuf_add(out, slice_of(safe.p + from, safe.n - from));
	strbuf_done(&safe);
}

static void add_head(struct html *h, struct slice title, struct slice whose)
{
	struct strbuf *out = h->out;

	strbuf_add_str(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
	if (!h->mail)
		strbuf_printf(out,
			      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src '%s'; "
			      "script-src '%s'; base-uri 'none'; form-action 'none'\">\n",
			      html_builtin_style.hash, html_builtin_script.hash);
	strbuf_add_str(out, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
			    "<meta name=\"color-scheme\" content=\"light dark\">\n"
			    "<meta name=\"referrer\" content=\"no-referrer\">\n"
			    "<meta name=\"robots\" content=\"noindex\">\n"
			    "<meta name=\"generator\" content=\"mailwhy " MAILWHY_VERSION "\">\n<title>");
	html_text(out, title);
	if (whose.n) {
		strbuf_add_str(out, ": ");
		html_text(out, whose);
	}
	strbuf_add_str(out, "</title>\n<style>");
	strbuf_add(out, h->mail ? html_builtin_mail.text : html_builtin_style.text);
	strbuf_add_str(out, "</style>\n</head>\n");
}

void html_begin(struct html *h, struct slice title, struct slice whose)
{
	struct strbuf *out = h->out;

	add_head(h, title, whose);
	strbuf_add_str(out, h->mail ? "<body>\n" : "<body>\n<a class=\"skip\" href=\"#main\">To the figures</a>\n");
	strbuf_add_str(out, "<header class=\"page\">\n<h1>");
	html_text(out, title);
	if (whose.n) {
		strbuf_add_str(out, " <span class=\"whose\">");
		html_text(out, whose);
		strbuf_add_str(out, "</span>");
	}
	strbuf_add_str(out, "</h1>\n");
}

void html_paragraph(struct html *h, struct slice text)
{
	strbuf_add_str(h->out, "<p class=\"say\">");
	html_text(h->out, text);
	strbuf_add_str(h->out, "</p>\n");
}

void html_answer(struct html *h, const struct answer_head *head)
{
	struct strbuf *out = h->out, line = { 0 };
	struct slice rest;
	const struct term plain = { 0 };

	/* the first line is the sources and the period, the others what could not be read */
	answer_text(&line, &plain, head);
	rest = strbuf_slice(&line);
	for (bool first = true; rest.n; first = false) {
		size_t n = slice_find_byte(rest, '\n');

		strbuf_add_str(out, first ? "<p class=\"period\">" : "<p class=\"alert\">");
		html_text(out, slice_head(rest, n));
		strbuf_add_str(out, "</p>\n");
		rest = slice_from(rest, n < rest.n ? n + 1 : n);
	}
	strbuf_done(&line);
	strbuf_add_str(out, "</header>\n<main id=\"main\">\n");
}

void html_contents(struct html *h, const struct panel *panels, size_t n)
{
	struct strbuf *out = h->out;

	if (h->mail)
		return;
	strbuf_add_str(out, "<nav class=\"contents\" aria-label=\"Contents\"><details open><summary>Contents</summary>\n<ul>\n");
	for (size_t i = 0; i < n; i++) {
		if (panel_empty(&panels[i]))
			continue;
		strbuf_add_str(out, "<li><a href=\"#");
		html_text(out, slice_str(panels[i].id));
		strbuf_add_str(out, "\">");
		html_text(out, slice_str(panels[i].title));
		strbuf_add_str(out, "</a></li>\n");
	}
	strbuf_add_str(out, "</ul>\n</details></nav>\n");
}

void html_end(struct html *h)
{
	struct strbuf *out = h->out;

	strbuf_add_str(out, "</main>\n<footer class=\"page\">made by mailwhy " MAILWHY_VERSION "</footer>\n");
	if (!h->mail) {
		strbuf_add_str(out, "<script>");
		strbuf_add(out, html_builtin_script.text);
		strbuf_add_str(out, "</script>\n");
	}
	strbuf_add_str(out, "</body>\n</html>\n");
}

struct slice html_whose(struct arena *a, const struct answer_head *head)
{
	const char *first = NULL;
	struct strbuf sb = { 0 };
	struct slice ret;
	size_t n = 0;

	for (size_t i = 0; i < head->n_sources; i++) {
		const char *server = head->sources[i].server;
		bool seen = !server;

		for (size_t k = 0; k < i && !seen; k++)
			seen = head->sources[k].server && slice_eq(slice_str(head->sources[k].server), slice_str(server));
		if (seen)
			continue;
		first = n++ ? first : server;
	}
	if (n <= 1)
		return slice_str(first);
	strbuf_printf(&sb, "%s and %zu more", first, n - 1);
	ret = arena_copy(a, strbuf_slice(&sb));
	strbuf_done(&sb);
	return ret;
}

static const struct panel_column SOURCE_COLUMNS[] = {
	{ "file", "File", COLUMN_TEXT, NULL },
	{ "server", "Server", COLUMN_TEXT, NULL },
	{ "envelope", "Form", COLUMN_TEXT, NULL },
	{ "lines", "Lines", COLUMN_COUNT, "lines" },
	{ "bytes", "Size", COLUMN_BYTES, "bytes" },
	{ "since", "From", COLUMN_TIME, NULL },
	{ "until", "To", COLUMN_TIME, NULL },
	{ "note", "Note", COLUMN_TEXT, NULL },
};

struct panel html_sources(struct arena *a, const struct answer_head *head)
{
	enum { COLUMNS = sizeof SOURCE_COLUMNS / sizeof *SOURCE_COLUMNS };
	struct panel p = {
		.id = "sources",
		.title = "Sources",
		.columns = SOURCE_COLUMNS,
		.n_columns = COLUMNS,
		.n_rows = head->n_sources,
	};

	p.rows = arena_alloc(a, (p.n_rows + 1) * sizeof *p.rows);
	for (size_t i = 0; i < p.n_rows; i++) {
		const struct answer_source *s = &head->sources[i];
		struct panel_cell *c = arena_alloc(a, COLUMNS * sizeof *c);

		c[0].text = slice_str(s->name);
		c[1].text = slice_str(s->server);
		c[2].text = slice_str(s->format);
		c[3].value = (int64_t)s->lines;
		c[4].value = (int64_t)s->bytes;
		c[5].value = s->first_us == USEC_NONE ? PANEL_NULL : s->first_us;
		c[6].value = s->last_us == USEC_NONE ? PANEL_NULL : s->last_us;
		c[7].text = s->error ? slice_str(s->error) : s->skipped ? SLICE("not needed") : SLICE_NONE;
		p.rows[i].cells = c;
	}
	return p;
}
