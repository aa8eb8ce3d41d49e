/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_copy.c - a copied fact keeps nothing of the original
 *
 * Every slice of the original points into one buffer.  After the copy no word of the copied structs may do so:
 * a field that copy.c forgets is found without naming it here.
 */
#include "unit.h"

#include "fact/copy.h"

static char original[4096];
static size_t used;

static struct slice text(void)
{
	struct slice s = slice_of(original + used, 3);

	memcpy(original + used, "abc", 3);
	used += 3;
	return s;
}

/* Give every slice of a struct a text: all members that are slices look like two zero words. */
#define FILL(s, member) (s)->member = text()

static void check_block(const char *what, const void *block, size_t n)
{
	for (size_t at = 0; at + sizeof(uintptr_t) <= n; at += sizeof(uintptr_t)) {
		uintptr_t word;

		memcpy(&word, (const char *)block + at, sizeof word);
		CHECK(word < (uintptr_t)original || word >= (uintptr_t)(original + sizeof original),
		      "%s: the word at offset %zu still points to the original", what, at);
	}
}

static struct fact_line line = { .line_no = 7, .offset = 70 };

static struct message *make_message(struct arena *a)
{
	struct message *m = arena_alloc(a, sizeof *m);
	struct recipient *r = arena_alloc(a, sizeof *r);
	struct attempt *t = arena_alloc(a, 2 * sizeof *t);
	struct message_link *l = arena_alloc(a, sizeof *l);
	struct verdict *v = arena_alloc(a, sizeof *v);
	struct mailbox_action *b = arena_alloc(a, sizeof *b);
	struct origin *o = arena_alloc(a, sizeof *o);

	FILL(m, server), FILL(m, instance), FILL(m, queue_id), FILL(m, sender), FILL(m, client_host), FILL(m, client_ip);
	FILL(m, helo), FILL(m, user), FILL(m, directory), FILL(m, service), FILL(m, protocol), FILL(m, tls_version), FILL(m, tls_cipher);
	FILL(m, message_id), FILL(m, subject), FILL(m, hold_reason);
	FILL(r, address), FILL(r, orig_address);
	for (int i = 0; i < 2; i++) {
		FILL(&t[i], relay_host), FILL(&t[i], relay_ip), FILL(&t[i], dsn), FILL(&t[i], reply);
		FILL(&t[i], transport), FILL(&t[i], router), FILL(&t[i], next_queue_id), FILL(&t[i], tls_version);
		FILL(&t[i], tls_cipher);
	}
	FILL(l, server), FILL(l, queue_id);
	FILL(v, check), FILL(v, result), FILL(v, domain), FILL(v, detail), FILL(v, action), FILL(v, folder);
	FILL(v, recipients), FILL(v, id);
	FILL(b, server), FILL(b, service), FILL(b, session), FILL(b, client_ip), FILL(b, user), FILL(b, message_id);
	FILL(b, subject);
	FILL(b, recipient), FILL(b, action), FILL(b, folder), FILL(b, reason);
	FILL(o, client_host), FILL(o, client_ip), FILL(o, user), FILL(o, directory);
	m->origin = o;
	t[0].next = &t[1];
	t[1].smtp_code = 550;
	r->attempts = t;
	r->newest = &t[1];
	r->deciding = &t[1];
	m->recipients = r;
	m->parents = m->children = l;
	m->verdicts = v;
	m->mailbox = b;
	m->lines = &line;
	return m;
}

/* if a struct gets a new member, this stops compiling until somebody looks at copy.c and at this file */
_Static_assert(sizeof(struct message) == 424 || sizeof(void *) != 8, "fact.h has changed: copy.c must follow");
_Static_assert(sizeof(struct attempt) == 248 || sizeof(void *) != 8, "fact.h has changed: copy.c must follow");
_Static_assert(sizeof(struct recipient) == 80 || sizeof(void *) != 8, "fact.h has changed: copy.c must follow");
_Static_assert(sizeof(struct rejection) == 256 || sizeof(void *) != 8, "fact.h has changed: copy.c must follow");
_Static_assert(sizeof(struct verdict) == 168 || sizeof(void *) != 8, "fact.h has changed: copy.c must follow");
_Static_assert(sizeof(struct origin) == 72 || sizeof(void *) != 8, "fact.h has changed: copy.c must follow");
_Static_assert(sizeof(struct mailbox_action) == 208 || sizeof(void *) != 8, "fact.h has changed: copy.c must follow");
_Static_assert(sizeof(struct login) == 176 || sizeof(void *) != 8, "fact.h has changed: copy.c must follow");

static void test_message(void **state)
{
	struct arena from = { 0 }, to = { 0 };
	const struct message *m, *copy;
	const struct recipient *r;

	(void)state;
	used = 0;
	m = make_message(&from);
	copy = message_copy(&to, m);
	r = copy->recipients;
	check_block("message", copy, sizeof *copy);
	check_block("recipient", r, sizeof *r);
	check_block("attempt", r->attempts, sizeof *r->attempts);
	check_block("second attempt", r->attempts->next, sizeof *r->attempts);
	check_block("parent", copy->parents, sizeof *copy->parents);
	check_block("child", copy->children, sizeof *copy->children);
	check_block("origin", copy->origin, sizeof *copy->origin);
	check_block("verdict", copy->verdicts, sizeof *copy->verdicts);
	check_block("mailbox action", copy->mailbox, sizeof *copy->mailbox);
	assert_null(copy->mailbox->next);
	assert_ptr_not_equal(r, m->recipients);
	assert_ptr_not_equal(r->attempts, m->recipients->attempts);
	assert_ptr_equal(r->deciding, r->attempts->next);
	assert_int_equal(r->deciding->smtp_code, 550);
	assert_null(r->attempts->next->next);
	assert_ptr_not_equal(copy->lines, &line);
	assert_int_equal(copy->lines->line_no, 7);
	CHECK_SLICE(copy->hold_reason, SLICE("abc"));
	arena_clear(&from);
	arena_clear(&to);
}

static void test_rejection_and_login(void **state)
{
	struct rejection r = { .smtp_code = 554, .lines = &line };
	struct login l = { .attempts = 3, .lines = &line };
	const struct rejection *r_copy;
	const struct login *l_copy;
	struct arena to = { 0 };

	(void)state;
	used = 0;
	FILL(&r, server), FILL(&r, service), FILL(&r, stage), FILL(&r, queue_id), FILL(&r, client_host);
	FILL(&r, client_ip), FILL(&r, helo), FILL(&r, user), FILL(&r, sender), FILL(&r, recipient), FILL(&r, dsn);
	FILL(&r, reply);
	FILL(&l, server), FILL(&l, service), FILL(&l, user), FILL(&l, client_ip), FILL(&l, client_host);
	FILL(&l, auth_method), FILL(&l, tls_version), FILL(&l, reason);
	r_copy = rejection_copy(&to, &r);
	l_copy = login_copy(&to, &l);
	check_block("rejection", r_copy, sizeof *r_copy);
	check_block("login", l_copy, sizeof *l_copy);
	assert_int_equal(r_copy->smtp_code, 554);
	assert_int_equal(l_copy->attempts, 3);
	assert_ptr_not_equal(r_copy->lines, &line);
	arena_clear(&to);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_message),
		cmocka_unit_test(test_rejection_and_login),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
