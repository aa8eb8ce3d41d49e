/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_conf.c - bytes of a configuration: what is read, what is in force, what becomes of it; any bytes at all
 */
#include "cli/conf.h"
#include "cli/conf_priv.h"
#include "unit.h"

/* all values in force as "key=value " */
static void in_force(const struct config *c, struct strbuf *out)
{
	strbuf_clear(out);
	strbuf_add_str(out, "");
	for (size_t i = 0; i < c->n; i++) {
		config_id_name(c->values[i].id, out);
		strbuf_printf(out, "=%s ", c->values[i].text);
	}
}

static void test_sources(void **state)
{
	static const struct {
		const char *name, *first, *second, *variable, *want;
	} ROWS[] = {
		{ "single: the last", "top = 1\ntop = 2\n", "top = 3\n", NULL, "top=3 " },
		{ "single: a variable", "top = 1\n", "top = 3\n", "MAILWHY_TOP=4", "top=4 " },
		{ "single: taken back", "top = 1\n", "top =\n", NULL, "" },
		{ "single: taken back, and said again", "top = 1\n", "top =\ntop = 7\n", NULL, "top=7 " },
		{ "adds", "local = a, b\nlocal = c\n", "local = d\n", "MAILWHY_LOCAL=e f", "local=a local=b local=c local=d local=e local=f " },
		{ "adds: taken back", "local = a\n", "local =\nlocal = d\n", NULL, "local=d " },
		{ "replaces: lines of one file add", "without = spraying\nwithout = brute_force\n", "", NULL, "without=spraying without=brute_force " },
		{ "replaces: another file", "without = spraying\n", "without = brute_force\n", NULL, "without=brute_force " },
		{ "replaces: between them", "without = spraying\n", "top = 1\nwithout = brute_force campaign\n", "MAILWHY_WITHOUT=open_relay",
		  "top=1 without=open_relay " },
		{ "replaces: nothing usable", "without = spraying\n", "without = nonsense\n", NULL, "without=spraying " },
		{ "families", "threats.brute_force.failures = 7\ncheck.queue = 1\n", "check.queue = off\n", "MAILWHY_THREATS_SPRAYING_WINDOW=",
		  "threats.brute_force.failures=7 check.queue=off " },
		{ "one line a value", "tz = a b=UTC\nlogs = /a, b\n", "", NULL, "logs=/a, b tz=a b=UTC " },
	};
	struct strbuf got = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
		const char *const environment[] = { "PATH=/bin", ROWS[i].variable ? ROWS[i].variable : "HOME=/", "MAILWHY=x", NULL };
		struct config c = { .command = ON_CONFIG };

		config_parse(&c, "first", slice_str(ROWS[i].first));
		config_parse(&c, "second", slice_str(ROWS[i].second));
		config_parse_environment(&c, environment);
		config_settle(&c);
		in_force(&c, &got);
		CHECK(strcmp(got.p, ROWS[i].want) == 0, "%s: got '%s', want '%s'", ROWS[i].name, got.p, ROWS[i].want);
		config_done(&c);
	}
	strbuf_done(&got);
}

/* Who is not concerned by a key does not even look at its value. */
static void test_commands(void **state)
{
	static const char TEXT[] = "top = 3\npanels = nonsense\nlevel = nonsense\ntz = Nowhere/Land\nnonsense = 1\n";
	static const struct {
		unsigned command;
		size_t values, problems;
	} ROWS[] = { { ON_CONFIG, 1, 4 }, { ON_REPORT, 1, 3 }, { ON_THREATS, 1, 3 }, { ON_EXPLAIN, 1, 2 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
		struct config c = { .command = ROWS[i].command };

		config_parse(&c, "file", slice_str(TEXT));
		CHECK(c.n == ROWS[i].values && c.n_problems == ROWS[i].problems, "command %x: %zu values, %zu problems", ROWS[i].command, c.n,
		      c.n_problems);
		config_done(&c);
	}
}

static void test_options(void **state)
{
	static const char TEXT[] = "local = a\ntop = 3\npanels = days hours\ntz = x=UTC\ntz = +0100\nthreats.brute_force.failures = 7\nlogs = /l\nlogs = journal\n"
				   "logs = journal:/j\npager = no\nmemory = 2M\n";
	char local[] = "--local", b[] = "b", tz[] = "--tz=y=UTC", set[] = "--set=spraying.window=1h", report[] = "report";
	char *const args[] = { report, local, b, tz, set };
	struct config c = { .command = ON_REPORT | ON_THREATS };
	struct options o = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(options_parse(ARRAY_LEN(args), args, &o, &err), 0);
	config_parse(&c, "file", slice_str(TEXT));
	config_add_options(&c, &o);
	config_settle(&c);
	assert_int_equal(c.n_problems, 0);
	config_apply(&c, &o);
	assert_int_equal(o.top, 3);
	assert_int_equal(o.memory_bytes, 2 << 20);
	assert_true(o.no_pager);
	assert_int_equal(o.locals.n, 2);
	assert_string_equal(o.locals.items[0], "a");
	assert_string_equal(o.locals.items[1], "b");
	assert_int_equal(o.n_zones, 3);
	assert_string_equal(o.zones[0].file, "x");
	assert_null(o.zones[1].file);
	assert_string_equal(o.zones[2].file, "y");
	assert_int_equal(o.sets.n, 2);
	assert_string_equal(o.sets.items[0], "brute_force.failures=7");
	assert_string_equal(o.sets.items[1], "spraying.window=1h");
	assert_int_equal(o.panels.n, 2);
	assert_int_equal(o.logs.n, 1);
	assert_int_equal(o.log_journals.n, 2);
	assert_null(o.log_journals.items[0]);
	assert_string_equal(o.log_journals.items[1], "/j");
	options_done(&o);
	config_done(&c);
}

/* The table: what it says of each key is true. */
static void test_table(void **state)
{
	struct strbuf name = { 0 }, text = { 0 };
	size_t n_ids = config_n_ids();

	(void)state;
	for (size_t i = 0; i < config_n_keys(); i++) {
		const struct config_key_info info = config_key_info(i);
		struct config c = { .command = ON_CONFIG };

		assert_true(info.commands & ON_CONFIG);
		CHECK(info.commands != ON_CONFIG, "%s: concerns nobody", info.name);
		CHECK(i == 0 || info.group >= config_key_info(i - 1).group, "%s: groups are not together", info.name);
		CHECK(info.help[strlen(info.help) - 1] == '.', "%s: its help is no sentence", info.name);
		if (config_is_family(&config_keys[i]))
			continue;
		strbuf_clear(&text);
		strbuf_printf(&text, "%s = %s\n", info.name, info.example);
		config_parse(&c, "example", strbuf_slice(&text));
		CHECK(c.n > 0 && c.n_problems == 0, "%s: its example is no value", info.name);
		CHECK(c.n == 1 || info.words, "%s: its example is several values", info.name);
		config_done(&c);
	}
	for (config_id id = 0; id < n_ids; id++) {
		struct err err = { 0 };
		config_id found;

		strbuf_clear(&name);
		config_id_name(id, &name);
		assert_int_equal(config_find(strbuf_slice(&name), &found, &err), 0);
		CHECK(found == id, "'%s' is found elsewhere", name.p);
		for (size_t k = 0; k < name.n; k++)
			name.p[k] = name.p[k] == '.' ? '_' : name.p[k];
		assert_int_equal(config_find_variable(strbuf_slice(&name), &found, &err), 0);
		CHECK(found == id, "the variable '%s' is another one's too", name.p);
	}
	strbuf_done(&name);
	strbuf_done(&text);
}

static void feed(struct slice bytes)
{
	struct slice copy = heap_copy(bytes);
	struct config c = { .command = ON_CONFIG };
	struct options o = { 0 };

	config_parse(&c, "any", copy);
	heap_free(copy);
	config_settle(&c);
	for (size_t i = 0; i < c.n; i++)
		assert_true(strlen(c.values[i].text) > 0 && c.values[i].from.line > 0);
	c.command = ON_REPORT | ON_THREATS | ON_CHECK | ON_QUEUE;
	config_apply(&c, &o);
	options_done(&o);
	config_done(&c);
}

/* the example with all its keys, cut, and with bytes of it changed */
static void test_any_bytes(void **state)
{
	static const char ODD[] = "\0\n\r\t =#\"',.-_~/[]*\x1b\x7f\x80\xff" "09aZ";
	struct strbuf text = { 0 }, bad = { 0 };
	uint64_t seed = 7;

	(void)state;
	config_example(&text);
	for (size_t i = 0; i + 1 < text.n; i++)
		if (text.p[i] == '\n' && text.p[i + 1] == '#')
			text.p[i + 1] = ' ';
	for (size_t at = 0; at < 1500; at += 7)
		feed(slice_from(strbuf_slice(&text), text.n - at));
	for (int i = 0; i < 60; i++) {
		strbuf_clear(&bad);
		strbuf_add(&bad, strbuf_slice(&text));
		for (int k = 0; k < 40; k++)
			bad.p[next_random(&seed) % bad.n] = ODD[next_random(&seed) % (sizeof ODD - 1)];
		feed(strbuf_slice(&bad));
	}
	strbuf_done(&text);
	strbuf_done(&bad);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sources), cmocka_unit_test(test_commands), cmocka_unit_test(test_options),
		cmocka_unit_test(test_table),	cmocka_unit_test(test_any_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
