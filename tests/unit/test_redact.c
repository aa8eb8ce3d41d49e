/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_redact.c - SipHash, and the masks of values and of free text
 */
#include "export/redact.h"

#include "base/ip.h"
#include "input/places.h"
#include "unit.h"

/* The first of the authors' 64 test vectors: the key 00 01 .. 0f, the texts "", 00, 00 01, ...; and the one of the paper. */
static const struct {
	size_t n;
	uint64_t want;
} vectors[] = {
	{ 0, UINT64_C(0x726fdb47dd0e0e31) },  { 1, UINT64_C(0x74f839c593dc67fd) }, { 2, UINT64_C(0x0d6c8009d9a94f5a) },
	{ 3, UINT64_C(0x85676696d7fb7e2d) },  { 7, UINT64_C(0xab0200f58b01d137) }, { 8, UINT64_C(0x93f5f5799a932462) },
	{ 15, UINT64_C(0xa129ca6149be45e5) },
};

static void hash(void **state)
{
	uint8_t key[16], text[16];
	struct siphash_key k;

	(void)state;
	for (uint8_t i = 0; i < 16; i++)
		key[i] = text[i] = i;
	k = siphash_key_of(key);
	for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
		uint64_t got = siphash(&k, slice_of((const char *)text, vectors[i].n));

		CHECK(got == vectors[i].want, "%zu bytes: %016llx", vectors[i].n, (unsigned long long)got);
	}
}

static const struct siphash_key KEY = { 1, 2 };

/* In `want` a letter and '?' is a mask of that kind; the rest stands for itself. */
static bool fits(const char *want, struct slice got)
{
	size_t i = 0;

	for (; *want; want++) {
		if (want[1] == '?') {
			if (got.n < i + 10 || got.p[i] != want[0])
				return false;
			i += 10;
			want++;
		} else if (i >= got.n || got.p[i++] != *want) {
			return false;
		}
	}
	return i == got.n;
}

static const struct {
	enum mask mask;
	const char *value, *want;
} values[] = {
	{ MASK_ADDRESS, "alice@example.com", "u?@h?.example" },
	{ MASK_ADDRESS, "alice@mx.mail.example.com", "u?@h?.h?.h?.example" },
	{ MASK_ADDRESS, "alice", "u?" },
	{ MASK_ADDRESS, "alice+shop@example.com", "u?+u?@h?.example" },
	{ MASK_ADDRESS, "prvs=12ab=alice@example.com", "prvs=u?@h?.example" },
	{ MASK_ADDRESS, "\"odd @ name\"@example.com", "u?@h?.example" },
	{ MASK_ADDRESS, "<>", "<>" },
	{ MASK_ADDRESS, "(not named)", "(not named)" },
	{ MASK_ADDRESS, ":blackhole:", ":blackhole:" },
	{ MASK_ADDRESS, "@example.com", "@h?.example" },
	{ MASK_ADDRESS, "/home/alice/Maildir", "/home/p?/Maildir" },
	{ MASK_ADDRESSES, "a@example.com b@example.com", "u?@h?.example u?@h?.example" },
	{ MASK_HOST, "mx1", "h?" },
	{ MASK_HOST, "localhost", "localhost" },
	{ MASK_HOST, "unknown", "unknown" },
	{ MASK_HOST, "mx.example.com.", "h?.h?.example." },
	{ MASK_HOST, "[127.0.0.1]", "[127.0.0.1]" },
	{ MASK_RELAY, "virtual", "virtual" },
	{ MASK_RELAY, "mx1", "h?" },
	{ MASK_RELAY, "private/dovecot-lmtp", "private/p?" },
	{ MASK_MESSAGE_ID, "<1.2@example.com>", "<u?@h?.example>" },
	{ MASK_MESSAGE_ID, "<odd>", "<m?>" },
	{ MASK_SUBJECT, "Your order", "s?" },
	{ MASK_SESSION, "Qz3k9wABcDEKAAAB:T2", "t?:T2" },
	{ MASK_SESSION, "06344-01", "06344-01" },
	{ MASK_FOLDER, "INBOX", "INBOX" },
	{ MASK_FOLDER, "Customers.Smith", "f?" },
	{ MASK_PATH, "/var/log/mail.log.2.gz", "/var/log/mail.log.2.gz" },
	{ MASK_PATH, "/home/alice/mx1.log", "/home/p?/p?.log" },
	{ MASK_ID, "4A1B2C3D4E", "4A1B2C3D4E" },
	{ MASK_ID, "a@example.com", "u?@h?.example" },
	/* free text */
	{ MASK_TEXT, "550 5.1.1 <bob@example.org>: user unknown", "550 5.1.1 <u?@h?.example>: user unknown" },
	{ MASK_TEXT, "host mx.example.org[127.0.0.1] said: 450 4.2.2 full", "host h?.h?.example[127.0.0.1] said: 450 4.2.2 full" },
	{ MASK_TEXT, "see https://www.example.org/x?ip=192.0.2.1 now", "see https://h?.h?.example/... now" },
	{ MASK_TEXT, "from=a@example.com, size=12, 10:15:30", "from=u?@h?.example, size=12, 10:15:30" },
	{ MASK_TEXT, "version 3.7.11, main.cf, e.g. mail.log", "version 3.7.11, main.cf, e.g. mail.log" },
	{ MASK_TEXT, "imap(ann)<991><Qz3k9wABcDEKAAAB>: Logged out", "imap(u?)<991><t?>: Logged out" },
	{ MASK_TEXT, "qid <4A1B2C3D4E>", "qid <4A1B2C3D4E>" },
	{ MASK_TEXT, "<= a@example.com H=mx1 T=\"a <b@example.com> c\" for b@example.com",
	  "<= u?@h?.example H=mx1 T=\"s?\" for u?@h?.example" },
	{ MASK_TEXT, "save: box=INBOX, subject=Hello, again, flags=()", "save: box=INBOX, subject=s?, flags=()" },
	{ MASK_TEXT, "header Subject: Hello from us from mx.example.com[127.0.0.1]; from=<a@example.com>",
	  "header Subject: s? from h?.h?.example[127.0.0.1]; from=<u?@h?.example>" },
	{ MASK_TEXT, "aliased to bob, c@example.com", "aliased to u?, u?@h?.example" },
	{ MASK_TEXT, "open /home/alice/x: denied", "open /home/p?/p?: denied" },
	{ MASK_TEXT, "line one\n  From: Alice Smith <a@example.com>\n  folded", "line one\n  From: (masked)\n(masked)" },
	{ MASK_TEXT, "<address> <host> <ip> <n>", "<address> <host> <ip> <n>" },
	{ MASK_TEXT, "unbalanced < and \" and '", "unbalanced < and \" and '" },
	{ MASK_TEXT, "subject=", "subject=" },
	/* what grep put in front of a line */
	{ MASK_TEXT, "/var/log/maillog:May 15 09:00:01 a@example.com", "/var/log/maillog:May 15 09:00:01 u?@h?.example" },
	{ MASK_TEXT, "/home/alice/mail.log.1:123:May  5 09:00:01 x", "/home/p?/mail.log.1:123:May  5 09:00:01 x" },
	{ MASK_TEXT, "alice/x:2026-05-15T09:00:01Z x", "p?/p?:2026-05-15T09:00:01Z x" },
	{ MASK_TEXT, "shop.example.com-77-2026-05-15 09:00:01 x", "p?-77-2026-05-15 09:00:01 x" },
	{ MASK_TEXT, "77:May 15 09:00:01 x", "77:May 15 09:00:01 x" },
	{ MASK_TEXT, "maillog-20260510.gz:{\"log\":\"x\"}", "maillog-20260510.gz:{\"log\":\"x\"}" },
	/* lines that nobody understood */
	{ MASK_RAW, "strange user=alice said 'hello world'", "strange user=u? said 'q?'" },
	{ MASK_RAW, "account bob is full", "account u? is full" },
};

static void masks(void **state)
{
	struct redact *r = redact_new(&KEY, place_knows_word);
	struct arena a = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		struct slice value = heap_copy(slice_str(values[i].value));
		struct slice got = redact_value(r, &a, values[i].mask, value), again = redact_value(r, &a, values[i].mask, value);

		CHECK(fits(values[i].want, got), "%s: '%.*s', want '%s'", values[i].value, SLICE_ARG(got), values[i].want);
		CHECK_SLICE(again, got);
		heap_free(value);
	}
	arena_clear(&a);
	redact_free(r);
}

/* every prefix of a text comes to an end, without a step past it */
static void prefixes(void **state)
{
	struct redact *r = redact_new(&KEY, place_knows_word);
	struct arena a = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(values); i++)
		for (size_t n = 0; n <= strlen(values[i].value); n++)
			for (int mask = 0; mask <= MASK_RAW; mask++) {
				struct slice value = heap_copy(slice_of(values[i].value, n));

				(void)redact_value(r, &a, (enum mask)mask, value);
				heap_free(value);
			}
	arena_clear(&a);
	redact_free(r);
}

static void addresses(void **state)
{
	static const struct {
		const char *ip, *net; /* the mask lies in it */
	} rows[] = {
		{ "198.51.100.7", "240.0.0.0/4" },  { "8.8.8.8", "240.0.0.0/4" },  { "192.168.1.1", "10.0.0.0/8" },
		{ "10.1.2.3", "10.0.0.0/8" },	    { "127.0.0.1", "127.0.0.1/32" }, { "::1", "::1/128" },
		{ "2a00:1450::1", "2001:db8::/32" }, { "fd12::1", "fd00::/8" },	   { "::ffff:198.51.100.7", "240.0.0.0/4" },
	};
	struct redact *r = redact_new(&KEY, place_knows_word);
	struct arena a = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct slice got = redact_value(r, &a, MASK_IP, slice_str(rows[i].ip));
		struct ip_net net;
		struct ip ip;

		CHECK(ip_net_parse(slice_str(rows[i].net), &net) && ip_parse(got, &ip) && ip_in_net(&ip, &net), "%s: '%.*s'",
		      rows[i].ip, SLICE_ARG(got));
	}
	CHECK_SLICE(redact_value(r, &a, MASK_IP, SLICE("198.51.100.7")), redact_value(r, &a, MASK_IP, SLICE("::ffff:198.51.100.7")));
	arena_clear(&a);
	redact_free(r);
}

static void joins(void **state)
{
	const struct siphash_key other = { 1, 3 };
	struct redact *r = redact_new(&KEY, place_knows_word), *q = redact_new(&other, place_knows_word);
	struct arena a = { 0 };
	struct slice alice = redact_value(r, &a, MASK_ADDRESS, SLICE("alice@example.com"));

	(void)state;
	CHECK_SLICE(redact_value(r, &a, MASK_ADDRESS, SLICE("Alice@EXAMPLE.com")), alice);
	CHECK_SLICE(redact_value(r, &a, MASK_TEXT, SLICE("alice@example.com")), alice);
	CHECK_SLICE(redact_value(r, &a, MASK_USER, SLICE("alice")), slice_head(alice, 10));
	CHECK_SLICE(redact_value(r, &a, MASK_HOST, SLICE("example.com")), slice_from(alice, 11));
	CHECK(slice_ends_(redact_value(r, &a, MASK_HOST, SLICE("mx.example.com")), alice.p + 11, alice.n - 11), "a host of its domain");
	CHECK(!slice_eq(redact_value(q, &a, MASK_ADDRESS, SLICE("alice@example.com")), alice), "another key");
	arena_clear(&a);
	redact_free(r);
	redact_free(q);
}

/* names that a line told are found in the text of another one */
static void learned(void **state)
{
	struct redact *r = redact_new(&KEY, place_knows_word);
	struct arena a = { 0 };
	struct line l = { .host = SLICE("mx1"), .server = SLICE("mx1") };
	struct event e;

	(void)state;
	event_init(&e, EV_AUTH);
	e.user = SLICE("alice");
	e.recipient = SLICE("carol@example.com");
	redact_learn(r, &l, &e);
	CHECK(fits("no room for u? on h?, carol is not (u?)",
		   redact_value(r, &a, MASK_TEXT, SLICE("no room for alice on mx1, carol is not (carol)"))), "learned");
	e.user = SLICE("mail"); /* a word of the trade */
	redact_learn(r, &l, &e);
	CHECK(fits("no mail here", redact_value(r, &a, MASK_TEXT, SLICE("no mail here"))), "words of the trade");
	arena_clear(&a);
	redact_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hash),	     cmocka_unit_test(masks), cmocka_unit_test(prefixes),
		cmocka_unit_test(addresses), cmocka_unit_test(joins), cmocka_unit_test(learned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
