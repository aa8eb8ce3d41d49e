/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arrival.c - "from=...": the envelope as it was received
 *
 * Source: sendmail 8.17 sendmail/headers.c logsender():
 *   "from=%.200s, size=%ld, class=%d, nrcpts=%d[, msgid=%.100s][, bodytype=%.10s][, proto=%.20s]
 *    [, daemon=%.20s][, tls_verify=%.20s]
 *    [, auth=%.20s][, relay=%.200s]"; 8.9 has ", pri=%ld" before nrcpts.
 * Traps: it is also written for what was given up or refused: nrcpts=0 is a transaction without a recipient,
 * size=0 without a Message-ID one that ended before DATA.  Sender and Message-ID come from strangers: the
 * head is found outside quotes, the tail is read from the right.
 */
#include "event/address_list.h"
#include "parse/sendmail/sendmail_priv.h"

struct head {
	int64_t size, recipients;
	struct slice rest; /* behind nrcpts=N */
};

static bool take_head(struct cur *c, struct head *ret)
{
	uint64_t ignored;

	if (!cur_i64(c, INT64_MAX, &ret->size) || !cur_lit(c, ", class="))
		return false;
	(void)cur_byte(c, '-');
	if (!cur_u64(c, UINT32_MAX, &ignored))
		return false;
	if (cur_lit(c, ", pri=")) {
		(void)cur_byte(c, '-');
		if (!cur_u64(c, UINT64_MAX, &ignored))
			return false;
	}
	if (!cur_lit(c, ", nrcpts=") || !cur_i64(c, UINT32_MAX, &ret->recipients))
		return false;
	if (!cur_at_end(c) && *c->p != ',')
		return false;
	ret->rest = cur_rest(c);
	return true;
}

static bool is_head(struct cur c)
{
	struct head head;

	return take_head(&c, &head);
}

/* the last ", key=value" whose value has no comma or blank; what stands before it goes to *rest */
static bool take_last(struct slice *rest, struct slice key, struct slice *ret)
{
	size_t at = slice_rfind(*rest, key);
	struct slice value;

	if (at == rest->n)
		return false;
	value = slice_from(*rest, at + key.n);
	if (value.n == 0 || memchr(value.p, ',', value.n) || memchr(value.p, ' ', value.n))
		return false;
	*ret = value;
	*rest = slice_head(*rest, at);
	return true;
}

/* ", relay=PEER" at the end */
static bool take_relay(struct slice *rest, struct event *e)
{
	size_t at = slice_rfind(*rest, SLICE(", relay="));
	struct cur c;

	if (at == rest->n)
		return false;
	c = cur_of(slice_from(*rest, at + strlen(", relay=")));
	if (!smta_take_client(&c, e) || !cur_at_end(&c))
		return false;
	*rest = slice_head(*rest, at);
	return true;
}

/* "ann@localhost", "[RESPONSE]", or nothing: made on this machine */
static bool is_internal(struct slice relay, const struct event *e)
{
	return slice_is(relay, "[RESPONSE]") ||
	       (e->ident.p && !e->client_ip.p && e->client_host.p && slice_is(e->client_host, "localhost"));
}

static void tail(struct slice rest, struct event *e)
{
	struct slice all = rest, value, auth = SLICE_NONE;
	size_t at = slice_rfind(rest, SLICE(", relay="));

	if (take_relay(&rest, e) && is_internal(slice_from(all, at + strlen(", relay=")), e)) {
		e->marks |= MARK_LOCAL;
		e->user = e->ident;
		e->client_host = SLICE_NONE;
	}
	(void)take_last(&rest, SLICE(", auth="), &auth);
	(void)take_last(&rest, SLICE(", tls_verify="), &e->tls_policy);
	if (take_last(&rest, SLICE(", daemon="), &value))
		e->service = smta_service(value);
	if (!auth.p)
		(void)take_last(&rest, SLICE(", auth="), &auth);
	if (auth.p && !slice_is(auth, "NONE"))
		e->auth_method = auth;
	(void)take_last(&rest, SLICE(", proto="), &e->protocol);
	(void)take_last(&rest, SLICE(", bodytype="), &value);
	if (slice_starts(rest, ", msgid="))
		e->message_id = slice_from(rest, strlen(", msgid="));
}

enum parse_result smta_from(const struct smta *s, struct cur c, struct event *e)
{
	struct slice text = cur_rest(&c);
	struct head head;
	size_t at;

	if (!s->id.p)
		return PARSE_NOT_MINE;
	if (!smta_find(text, SLICE(", size="), is_head, &at))
		return PARSE_BAD;
	c = cur_of(slice_from(text, at + strlen(", size=")));
	if (!take_head(&c, &head))
		return PARSE_BAD;
	e->sender = address_plain(slice_head(text, at));
	if (slice_is(e->sender, "NONE"))
		e->sender = SLICE_NONE;
	e->recipient_count = head.recipients;
	tail(head.rest, e);
	if (head.recipients == 0)
		return smta_notice(s, NOTICE_SESSION, SEVERITY_INFO, e);
	e->kind = EV_ACCEPT;
	if (head.size == 0 && !e->message_id.p)
		e->marks |= MARK_LAST; /* given up before DATA */
	else
		e->size_bytes = head.size;
	return PARSE_OK;
}
