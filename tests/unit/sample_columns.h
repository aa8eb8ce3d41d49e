/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sample_columns.h - the columns that a sample's header names
 */
#ifndef UNIT_SAMPLE_COLUMNS_H
#define UNIT_SAMPLE_COLUMNS_H

#include "unit.h"

#include "base/cursor.h"
#include "event/columns.h"
#include "parse/parse.h"

/* They last until the next call; NULL: the sample has no header. */
static inline const struct log_columns *columns_of(const struct parse_sample *s)
{
	static struct log_columns columns;
	struct cur c = cur_of(slice_str(s->header));
	enum log_kind type = LOG_NONE;
	struct slice line = cur_token(&c, '\n');

	if (!s->header)
		return NULL;
	if (!cur_at_end(&c)) {
		type = log_kind_of_type(slice_from(line, sizeof "#Log-type:" - 1));
		line = cur_take_rest(&c);
	}
	CHECK(log_columns_read(line, type, &columns), "no header: %s", s->header);
	return &columns;
}

#endif
