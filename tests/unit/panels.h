/* SPDX-License-Identifier: Apache-2.0 */
/*
 * panels.h - looking at the panels of a report
 */
#ifndef TESTS_UNIT_PANELS_H
#define TESTS_UNIT_PANELS_H

#include <stdlib.h>
#include <string.h>

#include "report/report.h"
#include "unit.h"

static inline const struct panel *panel_of(struct report *r, const char *id)
{
	size_t n;
	const struct panel *panels = report_panels(r, NULL, &n);

	for (size_t i = 0; i < n; i++)
		if (strcmp(panels[i].id, id) == 0)
			return &panels[i];
	fail_msg("no panel %s", id);
	abort();
}

#endif
