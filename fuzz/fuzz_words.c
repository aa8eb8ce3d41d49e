/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_words.c - what users type: times, spans, ranges, thresholds, addresses and networks, zones, filters, WHAT, whole command lines
 *
 * The first line of the input says which ("time", "span", ...), the rest is the word.  What is written back must be read as the same again.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "base/cursor.h"
#include "check/range.h"
#include "cli/nearest.h"
#include "cli/options.h"
#include "cli/when.h"
#include "detect/detector.h"
#include "envelope/tz.h"
#include "fuzz.h"

#define NOW_US (INT64_C(1795333200) * USEC_PER_SEC)

static void time_word(struct slice word)
{
	static struct tz *berlin;
	struct err err = { 0 };
	usec_t t;

	if (!berlin && tz_open("Europe/Berlin", &berlin, NULL) < 0)
		abort();
	if (when_parse(word, NOW_US, berlin, &t, &err) < 0)
		assert(err.code == ERR_USAGE && err.msg[0]);
	else
		assert(t != USEC_NONE);
}

static void span_word(struct slice word)
{
	struct err err = { 0 };
	usec_t span;

	if (when_span(word, &span, &err) < 0)
		assert(err.code == ERR_USAGE && err.msg[0]);
	else
		assert(span >= 0);
}

static void check_range(const struct check_range *r, enum check_unit unit)
{
	const struct check_scale scale = { .unit = unit, .plain = 1 };
	struct check_range again, none;
	struct strbuf text = { 0 };

	if (!r->given)
		return;
	assert(r->low <= r->high);
	range_text(&text, r);
	assert(text.n > 0 && ranges_parse(strbuf_slice(&text), &scale, &again, &none, NULL) == 0);
	assert(again.given && again.inside == r->inside && again.low == r->low && again.high == r->high && !none.given);
	(void)range_alerts(r, INT64_MIN);
	(void)range_alerts(r, INT64_MAX);
	strbuf_done(&text);
}

static void range_word(struct slice word)
{
	for (unsigned i = 0; i < 6; i++) {
		const struct check_scale scale = { .unit = i % 3, .plain = i == 5 ? 60 : 1, .low_is_bad = i / 3 };
		struct check_range warn, crit;
		struct err err = { 0 };

		if (ranges_parse(word, &scale, &warn, &crit, &err) < 0) {
			assert(err.code == ERR_USAGE && err.msg[0]);
			continue;
		}
		check_range(&warn, scale.unit);
		check_range(&crit, scale.unit);
	}
}

static void threshold_word(struct slice word)
{
	struct cur c = cur_of(word);
	struct slice key = cur_token(&c, '=');
	struct detect_setting s;
	struct err err = { 0 };

	if (detect_check_setting(key, cur_rest(&c), &s, &err) < 0)
		assert(err.code == ERR_USAGE && err.msg[0]);
	else
		assert(s.value >= 0 && s.detector.n && s.name.n);
}

static void address_word(struct slice word)
{
	char text[IP_TEXT_BYTES];
	struct ip_net net;
	struct ip ip, again;

	if (ip_parse(word, &ip)) {
		assert(ip_parse(ip_text(&ip, text), &again) && ip_equal(&ip, &again));
		(void)ip_is_private(&ip);
		assert(!ip_is_loopback(&ip) || ip_is_private(&ip));
	}
	if (ip_net_parse(word, &net))
		assert(net.bits <= 128 && ip_in_net(&net.addr, &net));
}

static void zone_word(struct slice word)
{
	char *name = xasprintf("%.*s", SLICE_ARG(word));
	struct tz *tz;

	if (tz_open(name, &tz, NULL) == 0) {
		assert(tz_offset_at(tz, NOW_US) > -26 * 3600 && tz_offset_at(tz, NOW_US) < 26 * 3600);
		tz_free(tz);
	}
	free(name);
}

/* as a filter of every kind, and as WHAT */
static void filter_word(struct slice word)
{
	struct filter *f = filter_new();
	struct event e;
	struct line l = { .pid = -1, .time_us = USEC_NONE };

	event_init(&e, EV_ATTEMPT);
	e.recipient = e.sender = e.client_ip = e.queue_id = e.message_id = e.subject = word;
	for (unsigned i = 0; i <= FILTER_KIND_COUNT; i++) {
		struct err err = { 0 };
		int code = i == FILTER_KIND_COUNT ? filter_add_what(f, word, &err) : filter_add(f, i, word, &err);

		assert(code == 0 || (err.code == ERR_USAGE && err.msg[0]));
		(void)filter_event(f, &l, &e);
		filter_free(f);
		f = filter_new();
	}
	filter_free(f);
}

/* a command line: a word per line */
static void options_word(struct slice word)
{
	struct options o = { 0 };
	struct err err = { 0 };
	struct cur c = cur_of(word);
	char *args[64];
	size_t n = 0;

	while (!cur_at_end(&c) && n < ARRAY_LEN(args)) {
		struct slice arg = cur_token(&c, '\n');

		args[n++] = xasprintf("%.*s", SLICE_ARG(arg));
	}
	if (options_parse(n, args, &o, &err) < 0)
		assert(err.code == ERR_USAGE && err.msg[0]);
	else
		for (unsigned i = 0; i < 8; i++)
			assert(options_check(&o, 1U << i, "fuzz", &err) == 0 || (err.code == ERR_USAGE && err.msg[0]));
	options_done(&o);
	while (n)
		free(args[--n]);
}

static void near_word(struct slice word)
{
	static const char *const NAMES[] = { "report", "trace", "threats", "sources" };

	(void)nearest_name(word, NAMES, ARRAY_LEN(NAMES));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct {
		const char *name;
		void (*read)(struct slice word);
	} KINDS[] = {
		{ "time", time_word },     { "span", span_word },       { "range", range_word },
		{ "threshold", threshold_word }, { "address", address_word }, { "zone", zone_word },
		{ "filter", filter_word }, { "options", options_word }, { "near", near_word },
	};
	char *block = malloc(size + !size); /* of exactly its size: ASan sees every step past the end */
	struct cur c = cur_of(slice_of(block, size));
	struct slice kind, word;

	if (size)
		memcpy(block, data, size);
	kind = cur_token(&c, '\n');
	word = cur_rest(&c);
	for (size_t i = 0; i < ARRAY_LEN(KINDS); i++)
		if (slice_eq(kind, slice_str(KINDS[i].name)))
			KINDS[i].read(word);
	free(block);
	return 0;
}
