/* SPDX-License-Identifier: Apache-2.0 */
/*
 * range.c - the ranges of the Monitoring Plugins Development Guidelines
 */
#include "check/range.h"

#include "base/ascii.h"
#include "base/cursor.h"

#define NUMBER_MAX INT64_C(1000000000000) /* of the units that a user writes: the product of all scales fits */

static const struct {
	char letter;
	int64_t seconds;
} SPANS[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };

/* "12", "-1.5", "20%", "2h": thousandths of the unit */
static bool take_number(struct cur *c, const struct check_scale *scale, int64_t *ret)
{
	bool negative = cur_byte(c, '-');
	int64_t factor = scale->plain, v, part = 0, weight = 100;

	if (!cur_i64(c, NUMBER_MAX, &v))
		return false;
	if (cur_byte(c, '.')) {
		if (!ascii_digit(cur_peek(c)))
			return false;
		for (; ascii_digit(cur_peek(c)); c->p++, weight /= 10)
			part += weight * (*c->p - '0');
	}
	if (scale->unit == UNIT_PERCENT)
		(void)cur_byte(c, '%');
	for (size_t i = 0; scale->unit == UNIT_SECONDS && i < ARRAY_LEN(SPANS); i++)
		if (cur_byte(c, SPANS[i].letter)) {
			factor = SPANS[i].seconds;
			break;
		}
	if (v > NUMBER_MAX / factor)
		return false;
	*ret = (v * 1000 + part) * factor;
	if (negative)
		*ret = -*ret;
	return true;
}

/* One range, up to the comma or the end; an empty one is not given. */
static bool take_range(struct cur *c, const struct check_scale *scale, struct check_range *ret)
{
	*ret = (struct check_range){ .low = 0, .high = INT64_MAX };
	if (cur_at_end(c) || cur_peek(c) == ',')
		return true;
	ret->given = true;
	ret->inside = cur_byte(c, '@');
	if (cur_byte(c, '~'))
		ret->low = INT64_MIN;
	else if (cur_peek(c) != ':' && !take_number(c, scale, &ret->low))
		return false;
	if (!cur_byte(c, ':')) {
		if (ret->low == INT64_MIN)
			return false;
		if (scale->low_is_bad && !ret->inside)
			return true;
		ret->high = ret->low;
		ret->low = 0;
		return ret->high >= 0;
	}
	if (cur_at_end(c) || cur_peek(c) == ',')
		return true;
	return take_number(c, scale, &ret->high) && ret->low <= ret->high;
}

int ranges_parse(struct slice text, const struct check_scale *scale, struct check_range *warn, struct check_range *crit,
		 struct err *reterr)
{
	struct cur c = cur_of(text);
	bool fine = take_range(&c, scale, warn);

	*crit = (struct check_range){ 0 };
	if (fine && cur_byte(&c, ','))
		fine = take_range(&c, scale, crit);
	if (fine && cur_at_end(&c) && (warn->given || crit->given))
		return 0;
	return err_set(reterr, ERR_USAGE,
		       "'%.*s' is no WARN,CRIT: two ranges, as 5,20 or 10:,5: or @1:4,; one of them may be empty", SLICE_ARG(text));
}

bool range_alerts(const struct check_range *r, int64_t value)
{
	bool in = value >= r->low && value <= r->high;

	return r->given && in == r->inside;
}

void milli_text(struct strbuf *out, int64_t v)
{
	int64_t whole = v / 1000, part = v % 1000;

	if (v < 0)
		strbuf_add_byte(out, '-');
	strbuf_add_i64(out, whole < 0 ? -whole : whole);
	part = part < 0 ? -part : part;
	if (part == 0)
		return;
	strbuf_add_byte(out, '.');
	for (int64_t weight = 100; part > 0; weight /= 10) {
		strbuf_add_byte(out, (char)('0' + part / weight));
		part %= weight;
	}
}

void range_text(struct strbuf *out, const struct check_range *r)
{
	if (!r->given)
		return;
	if (r->inside)
		strbuf_add_byte(out, '@');
	if (r->low == INT64_MIN)
		strbuf_add_byte(out, '~');
	else if (r->low != 0 || r->high == INT64_MAX)
		milli_text(out, r->low);
	if (r->low != 0 || r->high == INT64_MAX)
		strbuf_add_byte(out, ':');
	if (r->high != INT64_MAX)
		milli_text(out, r->high);
}
