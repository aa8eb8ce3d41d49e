/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_report_memory.c - what becomes of names when there are too many
 */
#include "panels.h"
#include "unit.h"

#include <sys/resource.h>

#include "base/attr.h"
#include "base/civil.h"
#include "report/cut.h"
#include "report/report.h"
#include "report/report_priv.h"

#define T0 (INT64_C(1795305600) * USEC_PER_SEC) /* 2026-11-22 00:00:00 UTC */

/* --- cut ---------------------------------------------------------------------------------------------- */

/* the smallest weight below which all must go, against a plain search */
static void test_cut(void **state)
{
	enum { N = 300 };
	static const unsigned SHIFTS[] = { 31, 28, 20, 8, 4, 0 };
	uint64_t seed = 11;
	uint64_t weights[N];
	size_t bytes[N], all = 0;

	(void)state;
	for (size_t round = 0; round < 400; round++) {
		size_t keep, kept = 0, kept_below = 0;
		struct cut cut;
		int64_t below = -1;

		all = 0;
		for (size_t i = 0; i < N; i++) {
			weights[i] = next_random(&seed) >> SHIFTS[(round + i % 2) % 6];
			bytes[i] = next_random(&seed) % 100 + 1;
			all += bytes[i];
		}
		keep = next_random(&seed) % (all + all / 4);
		cut_init(&cut, keep);
		while (cut_pass(&cut))
			for (size_t i = 0; i < N; i++)
				cut_add(&cut, weights[i], bytes[i]);
		for (size_t i = 0; i < N; i++)
			if (!cut_drops(&cut, weights[i]))
				kept += bytes[i];
			else if ((int64_t)(weights[i] < CUT_MAX ? weights[i] : CUT_MAX) > below)
				below = (int64_t)(weights[i] < CUT_MAX ? weights[i] : CUT_MAX);
		assert_true(kept <= keep);
		assert_true(below == cut.most); /* it is one of the weights */
		for (size_t i = 0; i < N; i++)
			if ((int64_t)(weights[i] < CUT_MAX ? weights[i] : CUT_MAX) >= below)
				kept_below += bytes[i];
		assert_true(below < 0 || kept_below > keep); /* no less would have done */
		cut_done(&cut);
	}
}

/* --- symbols and rows --------------------------------------------------------------------------------- */

static void test_intern_retain(void **state)
{
	enum { N = 3000 };
	static sym_t map[N + 2], was[N];
	struct intern t;
	size_t meter = 0, kept = 0;
	char text[32];

	(void)state;
	intern_init(&t, 0);
	t.meter = &meter;
	for (size_t i = 0; i < N; i++) {
		was[i] = intern(&t, slice_of(text, (size_t)snprintf(text, sizeof text, "name%zu", i)));
		map[was[i]] = i % 3 == 0;
		kept += i % 3 == 0;
	}
	intern_retain(&t, map);
	assert_int_equal(t.n, kept + 2);
	assert_int_equal(meter, t.bytes + kept * INTERN_NAME_BYTES);
	for (size_t i = 0; i < N; i++) {
		struct slice name = slice_of(text, (size_t)snprintf(text, sizeof text, "name%zu", i));

		if (i % 3 == 0)
			CHECK_SLICE(intern_name(&t, map[was[i]]), name);
		else
			assert_int_equal(map[was[i]], SYM_OTHER);
		if (i % 3 == 0)
			assert_int_equal(intern(&t, name), map[was[i]]);
	}
	assert_true(intern(&t, SLICE("name1")) == kept + 2);
	intern_done(&t);
}

static uint64_t modulo(const void *ctx, const struct tally *t, size_t i)
{
	return tally_key(t, i) % *(const uint64_t *)ctx;
}

static void test_tally_rekey(void **state)
{
	struct tally t;
	size_t meter = 0;
	int64_t sum = 0;

	(void)state;
	tally_init(&t, 2, 0);
	t.meter = &meter;
	tally_rekey(&t, modulo, &(uint64_t){ 3 }, NULL);
	for (uint64_t k = 0; k < 10000; k++) {
		tally_row(&t, k)[0] = 1;
		tally_values(&t, t.n - 1)[1] = (int64_t)k;
	}
	assert_int_equal(meter, 10000 * tally_row_bytes(&t));
	tally_rekey(&t, modulo, &(uint64_t){ 10000 }, NULL); /* all stay */
	assert_int_equal(t.n, 10000);
	tally_rekey(&t, modulo, &(uint64_t){ 7 }, NULL);
	assert_int_equal(t.n, 7);
	assert_int_equal(meter, 7 * tally_row_bytes(&t));
	for (uint64_t k = 0; k < 7; k++) {
		assert_int_equal(tally_find(&t, k)[0], (10000 - (int64_t)k + 6) / 7);
		sum += tally_find(&t, k)[1];
	}
	assert_int_equal(sum, 10000 * 9999 / 2);
	for (uint64_t k = 0; k < 10000; k++)
		tally_row(&t, k)[0]++;
	assert_int_equal(t.n, 10000);
	tally_done(&t);
}

/* --- names -------------------------------------------------------------------------------------------- */

struct counts {
	NAME_COUNTS(bytes);
};

static uint64_t weight(const void *counts)
{
	return ((const struct counts *)counts)->count;
}

static void merge(void *into, const void *from)
{
	struct counts *v = into;
	const struct counts *w = from;

	count_add(&v->count, w->count);
	v->bytes += w->bytes;
}

static const struct names_list_ops LIST = { sizeof(struct counts), weight, merge, 0 };

static struct name *get(struct names *t, struct slice s)
{
	struct name_key k;

	name_key_fold(&k, s);
	return names_get(t, &k);
}

/* every name that is there is found, and nothing else; returns the sum of the first list */
static int64_t check_names(struct names *t, const struct names_list *l, size_t meter)
{
	int64_t sum = 0;
	size_t n = 0, bytes = t->bytes;
	struct name *name;

	for (size_t at = 0; (name = names_next(t, &at)); n++) {
		const struct counts *v = names_counts(l, name);

		sum += v->count;
		assert_int_equal(v->bytes, v->count * INT64_C(3));
		assert_ptr_equal(names_at(t, name->ref), name);
		if (name->ref > NAME_OTHER) {
			struct name_key k = { names_text(t, name), name_hash(names_text(t, name)), false };

			assert_ptr_equal(names_get(t, &k), name);
		}
	}
	assert_int_equal(n, t->n + 2);
	assert_int_equal(t->bytes, bytes);
	assert_int_equal(meter, bytes);
	return sum;
}

/* Names of all sizes come and are folded again and again: no count is lost, and memory that is new is empty. */
static void test_names_fold(void **state)
{
	static char text[200000];
	struct names t;
	struct names_list l, second;
	size_t meter = 0, keep = 150000, folded = 0;
	int64_t sum = 0;
	uint64_t seed = 77;

	(void)state;
	memset(text, 'x', sizeof text);
	names_init(&t, 0);
	t.meter = &meter;
	l = names_add_list(&t, &LIST);
	second = names_add_list(&t, &LIST);
	names_start(&t);
	for (int i = 0; i < 60000; i++) {
		uint32_t r = next_random(&seed);
		int n = snprintf(text, 40, "%u", i % 4 ? r % 50 : r);
		size_t len = r % 3001 == 0 ? 70000 + r % 100000 : r % 97 == 0 ? r % 60000 : (size_t)n;
		struct counts *v;
		struct name *name;

		text[n] = 'x';
		name = get(&t, slice_of(text, len));
		v = names_count(&l, name);
		count_add(&v->count, 1);
		v->bytes += 3;
		assert_int_equal(((const struct counts *)names_counts(&second, name))->count, 0);
		sum++;
		if (t.bytes <= 4 * keep)
			continue;
		folded += names_fold(&t, keep);
		assert_true(t.folding);
		names_settle(&t);
		assert_true(t.bytes <= keep);
		assert_int_equal(check_names(&t, &l, meter), sum);
		assert_int_equal(names_fold(&t, keep), 0);
	}
	assert_true(folded > 1000);
	assert_int_equal(check_names(&t, &l, meter), sum);
	for (unsigned i = 0; i < 50; i++) { /* those that came all the time were never lost */
		const struct counts *v;

		v = names_counts(&l, get(&t, slice_of(text, (size_t)snprintf(text, 40, "%u", i))));
		assert_true(v->count > 500);
	}
	names_done(&t);
}

/* Names that were busy long ago do not keep out the one that is busy now. */
static void test_newcomer(void **state)
{
	struct names t;
	struct names_list l;
	char text[32];
	int64_t found = 0;

	(void)state;
	names_init(&t, 0);
	l = names_add_list(&t, &LIST);
	names_start(&t);
	for (int i = 0; i < 2000; i++) {
		struct name *name = get(&t, slice_of(text, (size_t)snprintf(text, sizeof text, "old%d", i)));

		((struct counts *)names_count(&l, name))->count = 1000;
	}
	for (int i = 0; i < 400000; i++) {
		struct name *name;

		(void)snprintf(text, sizeof text, "flood%d", i);
		name = get(&t, i % 20 ? slice_str(text) : SLICE("newcomer"));
		((struct counts *)names_count(&l, name))->count++;
		if (t.bytes < 200000)
			continue;
		(void)names_fold(&t, 60000);
		names_settle(&t);
	}
	found = ((const struct counts *)names_counts(&l, get(&t, SLICE("newcomer"))))->count;
	assert_true(found > 15000); /* of 20000 */
	names_done(&t);
}

/* --- the report --------------------------------------------------------------------------------------- */

static const struct panel_cell *cell_of(const struct panel *p, const struct panel_row *row, const char *id)
{
	for (size_t k = 0; k < p->n_columns; k++)
		if (strcmp(p->columns[k].id, id) == 0)
			return &row->cells[k];
	fail_msg("%s has no column %s", p->id, id);
	abort();
}

static int64_t sum_of(const struct panel *p, const char *id)
{
	int64_t sum = 0;

	for (size_t i = 0; i < p->n_rows; i++)
		sum += cell_of(p, &p->rows[i], id)->value;
	return sum;
}

/* "(other)" stands in the list and cannot be asked for */
static void check_other(const struct panel *p, const char *column)
{
	for (size_t i = 0; i < p->n_rows; i++)
		if (slice_eq(cell_of(p, &p->rows[i], column)->text, SLICE("(other)"))) {
			CHECK_SLICE(p->rows[i].filter, SLICE_NONE);
			return;
		}
	fail_msg("%s has no row (other)", p->id);
}

#define FLOOD_MAILS  (BUILT_SANITIZED ? 200000 : 2000000)
#define HEAVY        4
#define HEAVY_EVERY  20 /* a mail by one of them */

static int64_t rss_kib(void)
{
	struct rusage u;

	(void)getrusage(RUSAGE_SELF, &u);
	return u.ru_maxrss;
}

static char letter(unsigned i)
{
	return (char)('a' + i % 23);
}

/* one mail, from a host and to a domain that nobody has seen before; every fifth bounces with new words */
static void feed_mail(struct report *r, unsigned i, const char *sender)
{
	char to[48], ip[48], host[48], user[48], reply[64];
	struct attempt a = {
		.time_us = T0, .tried = true, .relay_host = SLICE("mx.example.net"), .delay_us = USEC_PER_SEC,
		.smtp_code = -1, .outcome = i % 5 ? OUTCOME_RELAYED : OUTCOME_BOUNCED,
	};
	struct recipient rc = { .outcome = a.outcome, .attempts = &a, .deciding = &a };
	struct message m = {
		.server = SLICE("mx1"), .writer = WRITER_POSTFIX, .queue_id = SLICE("4A1B2C3D4E"),
		.state = MESSAGE_DONE, .role = ROLE_MAIL, .direction = DIRECTION_OUTBOUND, .start_seen = true,
		.end_seen = true, .arrived_us = T0 + i / 400000 * USEC_PER_DAY, .size_bytes = 10,
		.recipients = &rc, .authenticated = true, .sender = slice_str(sender),
	};

	rc.address = slice_of(to, (size_t)snprintf(to, sizeof to, "r@d%u.example", i));
	m.client_ip = slice_of(ip, (size_t)snprintf(ip, sizeof ip, "2001:db8::%x:%x", i >> 16, i & 0xffff));
	m.client_host = slice_of(host, (size_t)snprintf(host, sizeof host, "h%u.example", i));
	m.user = slice_of(user, (size_t)snprintf(user, sizeof user, "user%u", i / 2));
	a.reply = slice_of(reply, (size_t)snprintf(reply, sizeof reply, "550 %c%c%c%c says no",
						   letter(i), letter(i / 23), letter(i / 529), letter(i / 12167)));
	report_sink(r)->message(report_sink(r)->ctx, &m);
}

static void feed_login(struct report *r, unsigned i)
{
	char ip[48], user[48];
	struct login l = { .time_us = T0, .attempts = 1, .client_host = SLICE("h.example") };

	l.client_ip = slice_of(ip, (size_t)snprintf(ip, sizeof ip, "2001:db8:1::%x", i % 60000));
	l.user = slice_of(user, (size_t)snprintf(user, sizeof user, "guess%u", i));
	report_sink(r)->login(report_sink(r)->ctx, &l);
}

static void check_flood(struct report *r, const int64_t *heavy)
{
	static const char *const SUMS[][2] = {
		{ "senders", "messages" }, { "sender_domains", "messages" }, { "clients", "messages" },
		{ "accounts", "sent" },
	};
	const struct panel *p;
	size_t named = 0;

	for (size_t i = 0; i < sizeof SUMS / sizeof *SUMS; i++)
		assert_int_equal(sum_of(panel_of(r, SUMS[i][0]), SUMS[i][1]), FLOOD_MAILS);
	p = panel_of(r, "recipients");
	assert_int_equal(sum_of(p, "delivered") + sum_of(p, "bounced"), FLOOD_MAILS);
	p = panel_of(r, "recipient_domains");
	assert_int_equal(sum_of(p, "delivered") + sum_of(p, "bounced"), FLOOD_MAILS);
	assert_int_equal(sum_of(panel_of(r, "bounce_replies"), "count"), FLOOD_MAILS / 5);
	assert_int_equal(sum_of(panel_of(r, "bounce_domains"), "count"), FLOOD_MAILS / 5);
	assert_int_equal(sum_of(panel_of(r, "login_addresses"), "failed"), FLOOD_MAILS / 10);
	assert_int_equal(sum_of(panel_of(r, "login_accounts"), "failed"), FLOOD_MAILS / 10);
	check_other(panel_of(r, "senders"), "sender");
	check_other(panel_of(r, "clients"), "client");
	check_other(panel_of(r, "recipient_domains"), "domain");
	check_other(panel_of(r, "accounts"), "account");
	check_other(panel_of(r, "account_days"), "account");
	check_other(panel_of(r, "bounce_replies"), "reason");
	check_other(panel_of(r, "bounce_domains"), "domain");
	check_other(panel_of(r, "login_accounts"), "account");
	p = panel_of(r, "senders");
	for (size_t i = 0; named < HEAVY; i++) { /* the heavy ones come first, each with nearly all of its mails */
		struct slice name = cell_of(p, &p->rows[i], "sender")->text;
		int64_t n = cell_of(p, &p->rows[i], "messages")->value;
		char want[32];

		if (slice_eq(name, SLICE("(other)")))
			continue;
		(void)snprintf(want, sizeof want, "heavy%zu@example.com", named);
		CHECK_SLICE(name, slice_str(want));
		CHECK(n <= heavy[named] && n >= heavy[named] - heavy[named] / 20, "%s: %lld of %lld", want,
		      (long long)n, (long long)heavy[named]);
		named++;
	}
}

/* two million senders at the smallest cap, and a few that count */
static void test_flood(void **state)
{
	const struct report_options o = { .no_limit = true, .all_panels = true, .memory_bytes = (size_t)1 << 20 };
	struct report *r = report_new(&o);
	int64_t heavy[HEAVY] = { 0 }, rss = rss_kib();
	char sender[48];

	(void)state;
	for (unsigned i = 0; i < FLOOD_MAILS; i++) {
		/* the first has half of these mails, the second a quarter ... */
		unsigned k = (unsigned)__builtin_ctz(i / HEAVY_EVERY + 1);

		(void)snprintf(sender, sizeof sender, "u%u@s%u.example", i, i);
		if (i % HEAVY_EVERY == 0) {
			k = k < HEAVY ? k : HEAVY - 1;
			heavy[k]++;
			(void)snprintf(sender, sizeof sender, "heavy%u@example.com", k);
		}
		feed_mail(r, i, sender);
		if (i % 10 == 0)
			feed_login(r, i);
	}
	assert_int_equal(report_totals(r)->messages, FLOOD_MAILS);
	assert_true(report_folded(r).names > FLOOD_MAILS);
	assert_int_equal(report_folded(r).limit_bytes, 1 << 20);
	if (!BUILT_SANITIZED)
		CHECK(rss_kib() - rss < 6 << 10, "%lld KiB more", (long long)(rss_kib() - rss));
	check_flood(r, heavy);
	report_free(r);
}

/* one mail to more people than the cap has room for */
static void test_one_large_mail(void **state)
{
	enum { N = 30000 };
	const struct report_options o = { .no_limit = true, .all_panels = true, .memory_bytes = (size_t)1 << 20 };
	struct report *r = report_new(&o);
	struct attempt a = { .time_us = T0, .tried = true, .smtp_code = -1, .outcome = OUTCOME_RELAYED };
	struct recipient *list = xcalloc(N, sizeof *list);
	char (*names)[32] = xcalloc(N, sizeof *names);
	struct message m = {
		.server = SLICE("mx1"), .writer = WRITER_POSTFIX, .queue_id = SLICE("4A1B2C3D4E"),
		.state = MESSAGE_DONE, .role = ROLE_MAIL, .start_seen = true, .arrived_us = T0,
		.sender = SLICE("list@example.com"), .recipients = list,
	};

	(void)state;
	for (size_t i = 0; i < N; i++) {
		(void)snprintf(names[i], sizeof names[i], "r%zu@d%zu.example", i, i);
		list[i] = (struct recipient){
			.address = slice_str(names[i]),
			.outcome = OUTCOME_RELAYED,
			.attempts = &a,
			.deciding = &a,
			.next = i + 1 < N ? &list[i + 1] : NULL,
		};
	}
	for (int k = 0; k < 3; k++)
		report_sink(r)->message(report_sink(r)->ctx, &m);
	assert_int_equal(sum_of(panel_of(r, "recipients"), "delivered"), 3 * N);
	assert_int_equal(sum_of(panel_of(r, "recipient_domains"), "delivered"), 3 * N);
	assert_true(report_folded(r).names > 0);
	report_free(r);
	free(list);
	free(names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cut),        cmocka_unit_test(test_intern_retain),
		cmocka_unit_test(test_tally_rekey), cmocka_unit_test(test_names_fold),
		cmocka_unit_test(test_newcomer),   cmocka_unit_test(test_flood),
		cmocka_unit_test(test_one_large_mail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
