/* SPDX-License-Identifier: Apache-2.0 */
/*
 * html.h - answers as one self-contained HTML file
 *
 * No network, no frame, no form, no other file: a Content-Security-Policy names the hashes of the one style and
 * the one script in it and refuses everything else, so that a text that got through unescaped could still do
 * nothing.  Without the script all is there to be read; with it tables sort, fold and search.
 *
 *   html_begin(); html_answer(); html_contents(); totals_html(), html_panel() ...; html_end()
 *
 * All text from logs goes through html_text().
 */
#ifndef EXPORT_HTML_H
#define EXPORT_HTML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/strbuf.h"
#include "export/answer.h"
#include "report/panel.h"

/* a page that is being written */
struct html {
	struct strbuf *out;
	int32_t utc_offset_sec; /* of the wall clock that times are shown in */
	bool mail;              /* for a mail program: no script, no vector graphics, no contents */
};

/* s made safe, as text or as the value of an attribute in quotes */
void html_text(struct strbuf *out, struct slice s);

/* Everything up to the heading.  title: "Mail report"; whose: the server, or SLICE_NONE; both are escaped. */
void html_begin(struct html *h, struct slice title, struct slice whose);
/* what was read, its period, and what could not be read; opens the main part */
void html_answer(struct html *h, const struct answer_head *head);
/* links to the panels that have something to show */
void html_contents(struct html *h, const struct panel *panels, size_t n);
/* a sentence between the parts */
void html_paragraph(struct html *h, struct slice text);
void html_end(struct html *h);

/* The one server of all sources, or "mx1 and 2 more"; SLICE_NONE if none is known. */
struct slice html_whose(struct arena *a, const struct answer_head *head);
/* the sources as a panel; texts are those of head */
struct panel html_sources(struct arena *a, const struct answer_head *head);

#endif
