/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check.c - is anything wrong? values, judged by ranges
 */
#include "check/check.h"

#include "base/attr.h"
#include "base/slice.h"

enum { SHARE_BOUNCED, SHARE_SUCCESS, SHARE_NOT_UNDERSTOOD };
enum { QUEUE_ALL, QUEUE_OLDEST, QUEUE_TRIED, QUEUE_STUCK };

const char *check_status_name(enum check_status s)
{
	static const char *const NAMES[] = { "OK", "WARNING", "CRITICAL", "UNKNOWN" };

	return NAMES[s];
}

enum check_status check_status_worse(enum check_status a, enum check_status b)
{
	static const int RANK[] = { [STATUS_OK] = 0, [STATUS_UNKNOWN] = 1, [STATUS_WARNING] = 2, [STATUS_CRITICAL] = 3 };

	return RANK[a] >= RANK[b] ? a : b;
}

/* --- values ------------------------------------------------------------------------------------------- */

static void value_count(const struct check_facts *f, int argument, struct check_result *ret)
{
	int64_t n = f->counts->n[argument];

	/* a late word may have taken back what an earlier call counted */
	ret->value = (n < 0 ? 0 : n) * 1000;
	ret->known = true;
}

static void value_share(const struct check_facts *f, int argument, struct check_result *ret)
{
	const int64_t *n = f->counts->n;
	int64_t good = n[COUNT_delivered] + n[COUNT_relayed], bad = n[COUNT_bounced] + n[COUNT_expired];

	switch (argument) {
	case SHARE_BOUNCED:
		ret->part = bad;
		ret->whole = good + bad;
		ret->of = "recipients";
		break;
	case SHARE_SUCCESS:
		ret->part = good;
		ret->whole = good + bad + n[COUNT_deferrals];
		ret->of = "tries";
		break;
	default:
		ret->part = n[COUNT_other] + n[COUNT_malformed];
		ret->whole = n[COUNT_event] + ret->part;
		ret->of = "lines";
		break;
	}
	ret->part = ret->part < 0 ? 0 : ret->part;
	ret->known = ret->whole > 0;
	ret->too_few = ret->whole < f->min_count;
	if (ret->known)
		ret->value = (ret->part < ret->whole ? ret->part : ret->whole) * 100000 / ret->whole;
}

static void value_delay(const struct check_facts *f, int argument, struct check_result *ret)
{
	const struct histogram *h = &f->counts->delays;

	ret->whole = h->n;
	ret->of = "deliveries";
	ret->known = h->n > 0;
	ret->too_few = h->n < f->min_count;
	ret->value = histogram_percentile(h, (unsigned)argument) / 1000;
}

/* argument: 0 mails, 1 lines */
static void value_silence(const struct check_facts *f, int argument, struct check_result *ret)
{
	usec_t last = argument ? f->last_line_us : f->last_mail_us;
	usec_t span = f->now_us - (last != USEC_NONE ? last : f->watched_us);

	ret->known = true;
	ret->excused = !argument && f->silence_ok;
	ret->value = (span < 0 ? 0 : span) / USEC_PER_SEC * 1000;
}

static void value_queue(const struct check_facts *f, int argument, struct check_result *ret)
{
	const struct check_queue *q = f->queue;

	if (!q)
		return;
	ret->known = true;
	switch (argument) {
	case QUEUE_ALL:
		ret->value = q->messages * 1000;
		break;
	case QUEUE_OLDEST:
		ret->known = q->oldest_us >= 0 || q->messages == 0;
		ret->value = q->oldest_us < 0 ? 0 : q->oldest_us / 1000;
		break;
	case QUEUE_TRIED:
		ret->value = q->deferred * 1000;
		break;
	default:
		ret->value = q->held * 1000;
		break;
	}
}

/* --- the table ---------------------------------------------------------------------------------------- */

const struct check_ops check_rows[] = {
#define HIGH false
#define LOW  true
#define CHECK(id, option, label, unit, plain, bad, defaults, value, argument, evidence, help)                                        \
	{ id, option, label, { unit, plain, bad }, defaults, value_##value, argument, EVIDENCE_##evidence, value_##value == value_queue, \
	  help },
#include "check/checks.def"
#undef CHECK
};

const size_t check_rows_count = ARRAY_LEN(check_rows);

const struct check_ops *check_find(const char *option)
{
	for (size_t i = 0; i < check_rows_count; i++)
		if (slice_eq(slice_str(check_rows[i].option), slice_str(option)))
			return &check_rows[i];
	return NULL;
}

void check_judge(struct check_result *r, const struct check_facts *f)
{
	r->part = r->whole = -1;
	r->ops->value(f, r->ops->argument, r);
	if (r->ops->needs_queue && !f->queue)
		r->status = STATUS_UNKNOWN;
	else if (!r->known)
		r->status = f->no_data;
	else if (r->too_few || r->excused)
		r->status = STATUS_OK;
	else if (range_alerts(&r->crit, r->value))
		r->status = STATUS_CRITICAL;
	else if (range_alerts(&r->warn, r->value))
		r->status = STATUS_WARNING;
	else
		r->status = STATUS_OK;
}
