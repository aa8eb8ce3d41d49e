/* SPDX-License-Identifier: Apache-2.0 */
/*
 * range.h - the ranges of the Monitoring Plugins Development Guidelines
 *
 *   10      alert below 0 and above 10         10:     alert below 10
 *   ~:10    alert above 10                     10:20   alert outside of 10 to 20
 *   @10:20  alert inside of 10 to 20
 *
 * Values and bounds are thousandths of the unit.
 */
#ifndef CHECK_RANGE_H
#define CHECK_RANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"
#include "base/strbuf.h"

enum check_unit {
	UNIT_COUNT,
	UNIT_PERCENT, /* a number may have a % behind it */
	UNIT_SECONDS, /* ... or s, m, h, d */
};

struct check_range {
	bool given;        /* false: never alerts */
	bool inside;       /* alert inside of the bounds, not outside */
	int64_t low, high; /* both belong to the range; INT64_MIN, INT64_MAX: open */
};

/* How the user writes bounds of one check. */
struct check_scale {
	enum check_unit unit;
	int64_t plain;     /* so many units is a number without a letter: 60 for minutes */
	bool low_is_bad;   /* a bare number is the least that is fine: 95 is 95: */
};

/* "WARN,CRIT", "WARN" or ",CRIT": two ranges.  ERR_USAGE with a sentence. */
ATTR_NODISCARD int ranges_parse(struct slice text, const struct check_scale *scale, struct check_range *warn, struct check_range *crit,
				struct err *reterr);
bool range_alerts(const struct check_range *r, int64_t value);
/* as the guidelines write it; nothing if it was not given */
void range_text(struct strbuf *out, const struct check_range *r);
/* thousandths as a decimal number without trailing zeros */
void milli_text(struct strbuf *out, int64_t v);

#endif
