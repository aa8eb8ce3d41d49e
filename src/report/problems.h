/* SPDX-License-Identifier: Apache-2.0 */
/*
 * problems.h - what is wrong, picked from the panels of a report (`--problems-only`)
 *
 * A rule is a row of a table: whose rows it looks at, and which of them are a problem (docs/counting.md, *Problems*).
 */
#ifndef REPORT_PROBLEMS_H
#define REPORT_PROBLEMS_H

#include "base/arena.h"
#include "base/slice.h"
#include "base/tr.h"
#include "report/panel.h"

#define PROBLEMS_LOOK_ROWS 10000 /* of each panel */

/* What is wrong with the reading itself. */
struct problem_source {
	struct slice name;   /* of the log */
	struct slice reason; /* why it could not be read to its end */
};

struct problems_input {
	const struct panel *panels;
	size_t n_panels;
	const struct problem_source *sources;
	size_t n_sources;
	bool no_mail;        /* no line of a mail program at all */
	size_t limit;        /* rows; 0: all */
	enum tr_language language;
};

/* The panels that the rules look at, to be counted with PROBLEMS_LOOK_ROWS rows; ends with NULL. */
const char *const *problems_panels(void);

/*
 * problems_panel - the problems as a panel of its own, the worst first
 *
 * A rule whose panel is missing finds nothing.  Texts are those of the panels; rows live in the arena.
 */
struct panel problems_panel(struct arena *a, const struct problems_input *in);

#endif
