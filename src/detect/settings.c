/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settings.c - thresholds as text: "20", "10m", "15%"
 */
#include "base/ascii.h"
#include "base/cursor.h"
#include "detect/detector.h"

#define SPAN_MAX_US (1000000 * USEC_PER_DAY) /* of any setting; many of them do not add up past what is a number */

const struct detector *detector_find(struct slice id)
{
	for (size_t i = 0; detectors[i]; i++)
		if (slice_eq(id, slice_str(detectors[i]->id)))
			return detectors[i];
	return NULL;
}

/* "90" seconds, "10m", "1d12h" */
static bool read_span(struct cur c, int64_t *ret)
{
	static const struct {
		char letter;
		usec_t us;
	} UNITS[] = { { 's', USEC_PER_SEC }, { 'm', USEC_PER_MIN }, { 'h', USEC_PER_HOUR }, { 'd', USEC_PER_DAY } };
	uint64_t v;

	*ret = 0;
	if (cur_at_end(&c))
		return false;
	while (!cur_at_end(&c)) {
		usec_t unit = USEC_PER_SEC;
		char letter;

		if (!cur_u64(&c, 1000000, &v))
			return false;
		letter = cur_at_end(&c) ? 's' : ascii_tolower(*c.p++);
		for (size_t i = 0; i < ARRAY_LEN(UNITS); i++)
			if (UNITS[i].letter == letter)
				unit = UNITS[i].us;
			else if (i + 1 == ARRAY_LEN(UNITS) && letter != 's' && letter != 'm' && letter != 'h' && letter != 'd')
				return false;
		*ret += (usec_t)v * unit;
		if (*ret > SPAN_MAX_US)
			return false;
	}
	return true;
}

/* "15%", "15", "0.5%" as thousandths of a per cent */
static bool read_share(struct cur c, int64_t *ret)
{
	uint64_t whole, part = 0;
	int64_t unit = 1000;

	if (!cur_u64(&c, 100, &whole))
		return false;
	*ret = (int64_t)whole * 1000;
	if (cur_byte(&c, '.'))
		while (!cur_at_end(&c) && ascii_digit(*c.p)) {
			part = (uint64_t)(*c.p++ - '0');
			unit /= 10;
			*ret += (int64_t)part * unit;
		}
	(void)cur_byte(&c, '%');
	return cur_at_end(&c);
}

static bool read_value(const struct detector_setting *s, struct slice text, int64_t *ret)
{
	struct cur c = cur_of(slice_trim(text));

	if (s->type == SETTING_SPAN)
		return read_span(c, ret);
	if (s->type == SETTING_SHARE)
		return read_share(c, ret);
	return cur_i64(&c, INT64_MAX >> 1, ret) && cur_at_end(&c);
}

/* "10m", "1h", "30%", "20": as it may be written again */
void detect_setting_text(struct strbuf *out, enum setting_type type, int64_t value)
{
	static const struct {
		char letter;
		usec_t us;
	} UNITS[] = { { 'd', USEC_PER_DAY }, { 'h', USEC_PER_HOUR }, { 'm', USEC_PER_MIN }, { 's', USEC_PER_SEC } };

	if (type == SETTING_COUNT) {
		strbuf_add_i64(out, value);
	} else if (type == SETTING_SHARE) {
		strbuf_add_i64(out, value / 1000);
		if (value % 1000)
			strbuf_printf(out, ".%d", (int)(value % 1000 / 100));
		strbuf_add_byte(out, '%');
	} else {
		for (size_t i = 0; i < ARRAY_LEN(UNITS); i++)
			if (value % UNITS[i].us == 0) {
				strbuf_add_i64(out, value / UNITS[i].us);
				strbuf_add_byte(out, UNITS[i].letter);
				return;
			}
		strbuf_printf(out, "%.3fs", (double)value / (double)USEC_PER_SEC);
	}
}

static int unknown_setting(const struct detector *d, struct slice key, struct err *reterr)
{
	struct strbuf names = { 0 };
	int r;

	for (size_t i = 0; i < d->n_settings; i++)
		strbuf_printf(&names, "%s%s.%s", i ? ", " : "", d->id, d->settings[i].name);
	r = err_set(reterr, ERR_USAGE, "there is no setting '%.*s'; there are: %s", SLICE_ARG(key), names.n ? names.p : "none");
	strbuf_done(&names);
	return r;
}

static int bad_value(const struct detector_setting *s, struct slice key, struct slice value, struct err *reterr)
{
	static const char *const FORMS[] = {
		[SETTING_COUNT] = "a number", [SETTING_SPAN] = "a span of time", [SETTING_SHARE] = "a share" };
	struct strbuf range = { 0 };
	int r;

	detect_setting_text(&range, s->type, s->min);
	strbuf_add_str(&range, " to ");
	detect_setting_text(&range, s->type, s->max);
	r = err_set(reterr, ERR_USAGE, "%.*s takes %s from %s, not '%.*s'", SLICE_ARG(key), FORMS[s->type], range.p, SLICE_ARG(value));
	strbuf_done(&range);
	return r;
}

int detect_check_setting(struct slice key, struct slice value, struct detect_setting *ret, struct err *reterr)
{
	size_t dot = slice_find_byte(key, '.');
	const struct detector *d = detector_find(slice_head(key, dot));
	struct slice name = dot < key.n ? slice_from(key, dot + 1) : SLICE_NONE;

	if (!d)
		return err_set(reterr, ERR_USAGE, "there is no detector '%.*s'", SLICE_ARG(slice_head(key, dot)));
	for (size_t i = 0; i < d->n_settings; i++) {
		const struct detector_setting *s = &d->settings[i];

		if (!slice_eq(name, slice_str(s->name)))
			continue;
		*ret = (struct detect_setting){ slice_head(key, dot), name, 0 };
		if (!read_value(s, value, &ret->value) || ret->value < s->min || ret->value > s->max)
			return bad_value(s, key, value, reterr);
		return 0;
	}
	return unknown_setting(d, key, reterr);
}
