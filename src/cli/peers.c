/* SPDX-License-Identifier: Apache-2.0 */
/*
 * peers.c - `report --compat NAME`: the totals of other programs under their own rules
 */
#include "cli/peers.h"

#include "base/attr.h"
#include "compat/eximstats.h"
#include "compat/pflogsumm.h"

/* --- pflogsumm ---------------------------------------------------------------------------------------- */

static void *pflogsumm_new(void)
{
	return compat_pflogsumm_new();
}

static void pflogsumm_free(void *state)
{
	compat_pflogsumm_free(state);
}

static void pflogsumm_feed(void *state, const struct line *l, const struct event *e)
{
	compat_pflogsumm_feed(state, l, e);
}

static bool pflogsumm_text(const void *state, struct strbuf *out)
{
	compat_pflogsumm_text(state, out);
	return true;
}

static void pflogsumm_json(const void *state, struct json *j)
{
	struct compat_pflogsumm_totals t;

	compat_pflogsumm_totals(state, &t);
#define MEMBER(name) json_kv_int(j, #name, (int64_t)t.name)
	MEMBER(received);
	MEMBER(delivered);
	MEMBER(forwarded);
	MEMBER(deferred);
	MEMBER(deferrals);
	MEMBER(bounced);
	MEMBER(rejected);
	MEMBER(rejected_pct);
	MEMBER(reject_warnings);
	MEMBER(held);
	MEMBER(discarded);
	MEMBER(discarded_pct);
	MEMBER(bytes_received);
	MEMBER(bytes_delivered);
	MEMBER(senders);
	MEMBER(sending_domains);
	MEMBER(recipients);
	MEMBER(recipient_domains);
#undef MEMBER
}

/* --- eximstats ---------------------------------------------------------------------------------------- */

static void *eximstats_new(void)
{
	return compat_eximstats_new();
}

static void eximstats_free(void *state)
{
	compat_eximstats_free(state);
}

static void eximstats_feed(void *state, const struct line *l, const struct event *e)
{
	compat_eximstats_feed(state, l, e);
}

static bool eximstats_text(const void *state, struct strbuf *out)
{
	return compat_eximstats_text(state, out);
}

static void eximstats_json(const void *state, struct json *j)
{
	struct compat_eximstats_totals t;

	compat_eximstats_totals(state, &t);
#define MEMBER(name) json_kv_int(j, #name, (int64_t)t.name)
	MEMBER(received_bytes);
	MEMBER(received_messages);
	MEMBER(received_hosts);
	MEMBER(delayed_messages);
	MEMBER(failed_messages);
	MEMBER(delivered_bytes);
	MEMBER(delivered_messages);
	MEMBER(delivered_addresses);
	MEMBER(delivered_hosts);
	MEMBER(rejects);
	MEMBER(reject_hosts);
	MEMBER(temp_rejects);
	MEMBER(temp_reject_hosts);
	MEMBER(ham);
	MEMBER(ham_hosts);
	MEMBER(spam);
	MEMBER(spam_hosts);
#undef MEMBER
}

/* --- all of them -------------------------------------------------------------------------------------- */

static const struct peer_ops PEERS[] = {
	{
		.name = "pflogsumm",
		.new = pflogsumm_new,
		.free = pflogsumm_free,
		.feed = pflogsumm_feed,
		.text = pflogsumm_text,
		.json = pflogsumm_json,
	},
	{
		.name = "eximstats",
		.new = eximstats_new,
		.free = eximstats_free,
		.feed = eximstats_feed,
		.text = eximstats_text,
		.json = eximstats_json,
	},
};

const struct peer_ops *peer_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(PEERS); i++)
		if (slice_eq(slice_str(PEERS[i].name), slice_str(name)))
			return &PEERS[i];
	return NULL;
}

void peer_names(struct strbuf *out)
{
	for (size_t i = 0; i < ARRAY_LEN(PEERS); i++) {
		if (i)
			strbuf_add(out, SLICE(", "));
		strbuf_add_str(out, PEERS[i].name);
	}
}
