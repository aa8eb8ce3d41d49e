/* SPDX-License-Identifier: Apache-2.0 */
/*
 * queue.c - the life of a queue file: qmgr, pickup, bounce (defer, trace) and postsuper
 *
 * Written by postfix src/global/opened.c, src/qmgr/qmgr_active.c, src/pickup/pickup.c, src/bounce/ and
 * src/postsuper/postsuper.c.
 * Traps: qmgr's "from=" comes again with every retry; postsuper's "removed" ends a message although no
 * recipient has an outcome, its "requeued" changes the id (pickup tells the old one as orig_id).
 */
#include "base/attr.h"
#include "parse/postfix/postfix_priv.h"

/* behind "from=<": "S>, size=N, nrcpt=N (queue active)", "S>, status=expired, returned to sender" */
ATTR_NOINLINE static enum parse_result parse_any_from(const struct pf *f, struct cur c, struct event *e)
{
	const char *p = c.p;

	for (;;) {
		if (!pf_address(&c, &e->sender))
			return PARSE_BAD;
		e->sender = slice_between(p, c.p - 1);
		if (cur_lit(&c, ", size=")) {
			if (!cur_size(&c, &e->size_bytes) || !cur_lit(&c, ", nrcpt=") ||
			    !cur_i64(&c, INT64_MAX, &e->recipient_count))
				return PARSE_BAD;
			e->kind = EV_QUEUED;
			return PARSE_OK;
		}
		if (cur_lit(&c, ", status=")) {
			e->reply = cur_rest(&c);
			if (!cur_lit(&c, "expired") && !cur_lit(&c, "force-expired"))
				return pf_notice(f, NOTICE_QUEUE, e);
			e->kind = EV_ATTEMPT;
			e->outcome = OUTCOME_EXPIRED;
			e->marks |= MARK_DEFERRED_ALL;
			return PARSE_OK;
		}
	}
}

/* the same; nearly all: no quotes, the first '>' is the one, fewer than ten recipients */
ATTR_NOINLINE static enum parse_result parse_from(const struct pf *f, struct cur c, struct event *e)
{
	const char *close = scan_near(f->begin, c.p, c.end, '>', '>', 32);
	struct cur at = { close, c.end };
	unsigned count;

	if (UNLIKELY(!close || !cur_lit(&at, ">, size=") || *c.p == '"' || !cur_size(&at, &e->size_bytes) ||
		     !cur_lit(&at, ", nrcpt=") || cur_left(&at) < 2))
		return parse_any_from(f, c, e);
	count = (unsigned)at.p[0] - '0';
	if (UNLIKELY(count > 9 || at.p[1] != ' '))
		return parse_any_from(f, c, e);
	e->sender = slice_between(c.p, close);
	e->recipient_count = count;
	e->kind = EV_QUEUED;
	return PARSE_OK;
}

static const struct pf_row QMGR_ROWS[] = {
	PF_ROW("skipped, still being delivered", NOTICE_QUEUE, PF_NOTHING),
	PF_ROW("status=", NOTICE_QUEUE, PF_NOTHING),
	PF_ROW("mail for ", NOTICE_LIMIT, PF_DOMAIN),
	PF_ROW("this may slow down other mail deliveries", NOTICE_LIMIT, PF_NOTHING),
	PF_ROW("you may need to ", NOTICE_LIMIT, PF_NOTHING),
	PF_ROW("please avoid ", NOTICE_LIMIT, PF_NOTHING),
	PF_ROW("when using ", NOTICE_LIMIT, PF_NOTHING),
	PF_ROW("otherwise ", NOTICE_LIMIT, PF_NOTHING),
	PF_ROW("connect to transport ", NOTICE_PROCESS, PF_NOTHING),
	PF_ROW("private/* socket: ", NOTICE_PROCESS, PF_NOTHING),
	PF_ROW("transport * failure -- ", NOTICE_PROCESS, PF_NOTHING),
	PF_ROW("premature disconnect", NOTICE_PROCESS, PF_NOTHING),
	PF_ROW("premature-end", NOTICE_PROCESS, PF_NOTHING),
	PF_ROW("unexpected ", NOTICE_QUEUE, PF_NOTHING),
	PF_ROW("saving corrupt file ", NOTICE_SPOOL, PF_NOTHING),
	PF_ROW("corrupt queue file", NOTICE_SPOOL, PF_NOTHING),
	PF_ROW("removing ", NOTICE_SPOOL, PF_NOTHING),
	PF_ROW("to turn off these warnings ", NOTICE_LIMIT, PF_NOTHING),
	PF_ROW("log* flush", NOTICE_QUEUE, PF_NOTHING),
};

ATTR_NOINLINE static enum parse_result qmgr_words(const struct pf *f, struct cur c, struct event *e)
{
	enum parse_result r = pf_rows(f, QMGR_ROWS, ARRAY_LEN(QMGR_ROWS), e);

	return r == PARSE_OK ? r : pf_common(f, c, e);
}

enum parse_result pf_qmgr(const struct pf *f, struct cur c, struct event *e)
{
	if (UNLIKELY(!f->id.p || f->severity != SEVERITY_NONE))
		return qmgr_words(f, c, e);
	if (slice_is(f->rest, "removed")) {
		e->kind = EV_DONE;
		return PARSE_OK;
	}
	return cur_lit(&c, "from=<") ? parse_from(f, c, e) : qmgr_words(f, c, e);
}

/* "uid=N from=<S>[ orig_id=OLD]" */
static enum parse_result parse_uid(struct cur c, struct event *e)
{
	const char *p = c.p;
	uint64_t uid;

	if (!cur_u64(&c, UINT32_MAX, &uid))
		return PARSE_BAD;
	e->ident = slice_between(p, c.p);
	if (!cur_lit(&c, " from=<") || !pf_address(&c, &e->sender))
		return PARSE_BAD;
	e->kind = EV_ACCEPT;
	e->marks |= MARK_LOCAL;
	e->protocol = SLICE("local");
	if (cur_lit(&c, " orig_id=")) {
		e->related_queue_id = cur_token(&c, ' ');
		e->relation = RELATION_REQUEUE;
	}
	return PARSE_OK;
}

static const struct pf_row PICKUP_ROWS[] = {
	PF_ROW("message dated * seconds into the future", NOTICE_CLOCK, PF_NOTHING),
	PF_ROW("message has been queued for ", NOTICE_CLOCK, PF_NOTHING),
	PF_ROW("maildrop/", NOTICE_SPOOL, PF_NOTHING),
	PF_ROW("uid=", NOTICE_SPOOL, PF_NOTHING),
};

enum parse_result pf_pickup(const struct pf *f, struct cur c, struct event *e)
{
	enum parse_result r;

	if (f->id.p && f->severity == SEVERITY_NONE && cur_lit(&c, "uid="))
		return parse_uid(c, e);
	r = pf_rows(f, PICKUP_ROWS, ARRAY_LEN(PICKUP_ROWS), e);
	return r == PARSE_OK ? r : pf_common(f, c, e);
}

static const struct {
	struct slice text;
	enum relation relation;
} NOTIFICATIONS[] = {
#define NOTIFICATION(text, relation) { { text, sizeof(text) - 1 }, relation }
	NOTIFICATION("sender non-delivery notification: ", RELATION_BOUNCE),
	NOTIFICATION("sender delay notification: ", RELATION_DELAY_NOTICE),
	NOTIFICATION("sender delivery status notification: ", RELATION_SUCCESS_NOTICE),
	NOTIFICATION("postmaster non-delivery notification: ", RELATION_POSTMASTER_NOTICE),
	NOTIFICATION("postmaster delay notification: ", RELATION_POSTMASTER_NOTICE),
#undef NOTIFICATION
};

static const struct pf_row BOUNCE_ROWS[] = {
	PF_ROW("not sending ", NOTICE_QUEUE, PF_NOTHING),
	PF_ROW("sender notification failed", NOTICE_QUEUE, PF_NOTHING),
	PF_ROW("sender ", NOTICE_QUEUE, PF_NOTHING),
	PF_ROW("postmaster ", NOTICE_QUEUE, PF_NOTHING),
	PF_ROW("undeliverable postmaster notification discarded", NOTICE_QUEUE, PF_NOTHING),
	PF_ROW("* zero result in ", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("* excessive result ", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("please reduce time unit ", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("please increase time unit ", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("for instructions see ", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("see the bounce", NOTICE_CONFIG, PF_NOTHING),
};

enum parse_result pf_bounce(const struct pf *f, struct cur c, struct event *e)
{
	enum parse_result r;

	for (size_t i = 0; f->id.p && f->severity == SEVERITY_NONE && i < ARRAY_LEN(NOTIFICATIONS); i++) {
		struct slice text = NOTIFICATIONS[i].text;

		if (!cur_lit_(&c, text.p, text.n))
			continue;
		e->related_queue_id = cur_token(&c, ' ');
		if (e->related_queue_id.n == 0)
			return PARSE_BAD;
		e->kind = EV_LINK;
		e->relation = NOTIFICATIONS[i].relation;
		return PARSE_OK;
	}
	r = pf_rows(f, BOUNCE_ROWS, ARRAY_LEN(BOUNCE_ROWS), e);
	return r == PARSE_OK ? r : pf_common(f, c, e);
}

static const struct pf_row POSTSUPER_ROWS[] = {
	PF_ROW("Deleted: ", NOTICE_ADMIN, PF_NOTHING),
	PF_ROW("Requeued: ", NOTICE_ADMIN, PF_NOTHING),
	PF_ROW("Placed on hold: ", NOTICE_ADMIN, PF_NOTHING),
	PF_ROW("Released from hold: ", NOTICE_ADMIN, PF_NOTHING),
	PF_ROW("Force-expired: ", NOTICE_ADMIN, PF_NOTHING),
	PF_ROW("Expired: ", NOTICE_ADMIN, PF_NOTHING),
	PF_ROW("Renamed to match inode number: ", NOTICE_SPOOL, PF_NOTHING),
	PF_ROW("Renamed ", NOTICE_SPOOL, PF_NOTHING),
	PF_ROW("bogus file name: ", NOTICE_SPOOL, PF_NOTHING),
	PF_ROW("invalid directory name: ", NOTICE_SPOOL, PF_NOTHING),
	PF_ROW("use postcat ", NOTICE_ADMIN, PF_NOTHING),
};

enum parse_result pf_postsuper(const struct pf *f, struct cur c, struct event *e)
{
	enum parse_result r;

	if (f->id.p && f->severity == SEVERITY_NONE) {
		e->action = f->rest;
		if (slice_is(f->rest, "removed")) {
			e->kind = EV_ATTEMPT;
			e->outcome = OUTCOME_REMOVED;
			e->marks |= MARK_DEFERRED_ALL | MARK_LAST;
			return PARSE_OK;
		}
		if (slice_is(f->rest, "placed on hold")) {
			e->kind = EV_HOLD;
			return PARSE_OK;
		}
		if (slice_is(f->rest, "released from hold")) {
			e->kind = EV_RELEASE;
			return PARSE_OK;
		}
		if (slice_is(f->rest, "requeued") || slice_is(f->rest, "expired"))
			return pf_notice(f, NOTICE_ADMIN, e);
		e->action = SLICE_NONE;
	}
	r = pf_rows(f, POSTSUPER_ROWS, ARRAY_LEN(POSTSUPER_ROWS), e);
	return r == PARSE_OK ? r : pf_common(f, c, e);
}
