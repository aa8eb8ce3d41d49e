/* SPDX-License-Identifier: Apache-2.0 */
/*
 * manual.h - the pages of the manual: prose (manual/pages) with what the tables of the program say
 *
 * In a page a line that begins with "@" stands for a part of a table:
 *
 *	@commands           an item for each command
 *	@options            the options of this page's command that few others know; @checks, @filters, @common: the others
 *	@values WORD        what stands for WORD (values.h), in one paragraph
 *	@meanings WORD      the same, an item each
 *	@panels @detectors  an item each; detectors with their settings
 *	@keys               those of the configuration
 *	@causes CLASS       an item for each cause of a class
 *	@pages              all other pages, for SEE ALSO
 */
#ifndef CLI_MANUAL_H
#define CLI_MANUAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "base/strbuf.h"

struct command;

struct manual_page {
	const char *topic;             /* "trace", as after `mailwhy help` */
	char name[32];                 /* "mailwhy-trace", "mailwhy.conf" */
	int section;
	const char *summary;
	const struct command *command; /* NULL: it is about something else */
	struct slice source;           /* of manual/pages; SLICE_NONE: there is none, which ends the build */
};

/* The pages: that of the program, those of its commands, the others; false past the last one. */
bool manual_page_get(size_t i, struct manual_page *ret);
/* "trace", "mailwhy-trace", "mailwhy.conf"; false: there is none */
bool manual_page_find(struct slice topic, struct manual_page *ret);

/* The whole page as markup (manual/markup.h). */
void manual_page_add(struct strbuf *out, const struct manual_page *page);
/* What there is to say of a cause, as markup; false: there is none of that id. */
bool manual_cause_add(struct strbuf *out, struct slice id);

#endif
