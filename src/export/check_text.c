/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check_text.c - the answer of `check` for monitoring systems
 *
 * Trap: everything behind the first '|' of a line is performance data, so that no text may hold one.
 */
#include "base/arena.h"
#include "export/check.h"
#include "export/terminal.h"

/* text made safe, without a '|' */
static void add_text(struct strbuf *out, struct slice text)
{
	size_t from = out->n;

	(void)term_text(out, text);
	for (size_t i = from; i < out->n; i++)
		if (out->p[i] == '|')
			out->p[i] = '/';
}

static void add_value(struct strbuf *out, const struct check_result *r)
{
	int64_t v = r->value;

	switch (r->ops->scale.unit) {
	case UNIT_PERCENT:
		v = (v + 50) / 100;
		strbuf_printf(out, "%lld.%lld %%", (long long)(v / 10), (long long)(v % 10));
		break;
	case UNIT_SECONDS:
		term_span(out, v * USEC_PER_MSEC);
		break;
	case UNIT_COUNT:
		term_count(out, (uint64_t)(v / 1000));
		break;
	}
}

/* "; critical: 20 %": the range that was left */
static void add_breach(struct strbuf *out, const struct check_result *r)
{
	const struct check_range *range = r->status == STATUS_CRITICAL ? &r->crit : &r->warn;
	static const char *const UNITS[] = { [UNIT_COUNT] = "", [UNIT_PERCENT] = " %", [UNIT_SECONDS] = " s" };

	strbuf_add_str(out, r->status == STATUS_CRITICAL ? "critical: " : "warning: ");
	range_text(out, range);
	strbuf_add_str(out, UNITS[r->ops->scale.unit]);
}

static void add_result(struct strbuf *out, const struct check_result *r)
{
	bool breach = r->known && (r->status == STATUS_CRITICAL || r->status == STATUS_WARNING);
	const char *open = " (";

	strbuf_add_str(out, r->ops->label);
	strbuf_add_byte(out, ' ');
	if (!r->known) {
		strbuf_add_str(out, r->of ? "unknown (no " : "unknown");
		strbuf_add_str(out, r->of ? r->of : "");
		strbuf_add_str(out, r->of ? ")" : "");
		return;
	}
	add_value(out, r);
	if (r->whole >= 0) {
		strbuf_add_str(out, open);
		if (r->part >= 0) {
			term_count(out, (uint64_t)r->part);
			strbuf_add_str(out, " of ");
		}
		term_count(out, (uint64_t)r->whole);
		strbuf_add_byte(out, ' ');
		strbuf_add_str(out, r->of);
		open = ", ";
	}
	if (r->too_few || r->excused || breach)
		strbuf_add_str(out, open);
	if (breach)
		add_breach(out, r);
	else if (r->too_few)
		strbuf_add_str(out, "too few to judge");
	else if (r->excused)
		strbuf_add_str(out, "none is expected now");
	if (r->whole >= 0 || r->too_few || r->excused || breach)
		strbuf_add_byte(out, ')');
}

/* --- performance data --------------------------------------------------------------------------------- */

static void add_perf(struct strbuf *out, const struct check_result *r)
{
	static const char *const UNITS[] = { [UNIT_COUNT] = "", [UNIT_PERCENT] = "%", [UNIT_SECONDS] = "s" };

	strbuf_add_byte(out, ' ');
	strbuf_add_str(out, r->ops->id);
	strbuf_add_byte(out, '=');
	if (!r->known) {
		strbuf_add_byte(out, 'U');
		return;
	}
	milli_text(out, r->value);
	strbuf_add_str(out, UNITS[r->ops->scale.unit]);
	strbuf_add_byte(out, ';');
	range_text(out, &r->warn);
	strbuf_add_byte(out, ';');
	range_text(out, &r->crit);
	strbuf_add_str(out, ";0");
	if (r->ops->scale.unit == UNIT_PERCENT)
		strbuf_add_str(out, ";100");
}

static void add_all_perf(struct strbuf *out, const struct check_answer *a)
{
	strbuf_add_str(out, " |");
	for (size_t i = 0; i < a->n_results; i++)
		add_perf(out, &a->results[i]);
	if (!a->with_log)
		return;
	strbuf_printf(out, " lines=%lld;;;0", (long long)a->fresh->n[COUNT_lines]);
	if (a->from_us != USEC_NONE) {
		strbuf_add_str(out, " period=");
		milli_text(out, (a->until_us - a->from_us) / 1000);
		strbuf_add_str(out, "s;;;0");
	}
}

/* --- the lines ---------------------------------------------------------------------------------------- */

/* the checks with that status */
static void add_results(struct strbuf *out, const struct check_answer *a, enum check_status status, const char **between)
{
	for (size_t i = 0; i < a->n_results; i++) {
		if (a->results[i].status != status)
			continue;
		strbuf_add_str(out, *between);
		add_result(out, &a->results[i]);
		*between = ", ";
	}
}

static void add_evidence(struct strbuf *out, const struct check_result *r)
{
	struct strbuf text = { 0 };

	for (size_t i = 0; i < r->n_evidence; i++) {
		strbuf_clear(&text);
		term_one_line(&text, r->evidence[i].text);
		strbuf_add_str(out, "    ");
		term_count(out, (uint64_t)r->evidence[i].count);
		strbuf_add_str(out, "  ");
		add_text(out, strbuf_slice(&text));
		strbuf_add_byte(out, '\n');
	}
	strbuf_done(&text);
}

static void add_long(struct strbuf *out, const struct check_answer *a)
{
	for (size_t i = 0; i < a->n_results; i++) {
		const struct check_result *r = &a->results[i];

		strbuf_add_str(out, check_status_name(r->status));
		strbuf_add_str(out, ": ");
		add_result(out, r);
		strbuf_add_byte(out, '\n');
		add_evidence(out, r);
	}
	if (!a->with_log)
		return;
	term_count(out, (uint64_t)a->fresh->n[COUNT_lines]);
	strbuf_add_str(out, " new lines");
	if (a->from_us != USEC_NONE && a->until_us - a->from_us >= USEC_PER_SEC) {
		strbuf_add_str(out, "; figures are of the last ");
		term_span(out, a->until_us - a->from_us);
	}
	if (a->peek) {
		strbuf_add_str(out, "; nothing is remembered (--peek)");
	} else if (a->state) {
		strbuf_add_str(out, "; the place is remembered in ");
		add_text(out, slice_str(a->state));
	}
	strbuf_add_byte(out, '\n');
}

void check_text(struct strbuf *out, const struct check_answer *a, bool verbose)
{
	static const enum check_status ORDER[] = { STATUS_CRITICAL, STATUS_WARNING, STATUS_UNKNOWN, STATUS_OK };
	const char *between = "";

	strbuf_add_str(out, "MAILWHY ");
	strbuf_add_str(out, check_status_name(a->status));
	strbuf_add_str(out, " - ");
	for (size_t i = 0; i < a->n_problems; i++) {
		strbuf_add_str(out, between);
		add_text(out, slice_str(a->problems[i]));
		between = "; ";
	}
	if (a->first && a->n_results) {
		strbuf_add_str(out, between);
		strbuf_add_str(out, "first call: lines count from here on");
		between = "; ";
	}
	for (size_t i = 0; i < sizeof ORDER / sizeof *ORDER; i++)
		add_results(out, a, ORDER[i], &between);
	if (a->n_results)
		add_all_perf(out, a);
	strbuf_add_byte(out, '\n');
	if (verbose)
		add_long(out, a);
}
