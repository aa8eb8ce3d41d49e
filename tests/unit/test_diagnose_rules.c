/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_diagnose_rules.c - rule files read, and which rule wins
 */
#include "unit.h"

#include "base/strbuf.h"
#include "diagnose/diagnose_priv.h"

/* what a rule must have beside its matches */
#define REST                                                                                                    \
	" class hard\n side network\n waiting code\n summary it\n action Do it.\n sample x\n"
#define RULE(id, match) "cause " id "\n match " match "\n" REST

/* what is left when nothing else fits, as unknown.rules has it */
#define LAST                                                                                                    \
	"tier code\n" RULE("unknown-temporary", ":temporary") RULE("unknown-permanent", ":permanent")

static struct strbuf said;

static void note(void *ctx, enum diag_level level, const char *text)
{
	(void)ctx;
	(void)level;
	strbuf_add_str(&said, text);
	strbuf_add_byte(&said, '\n');
}

static const struct diag sink = { .emit = note };

/* ---- errors ---- */

static const struct {
	const char *text, *want; /* the message behind "f.rules:"; NULL: none */
	size_t rules;
} ERRORS[] = {
	{ RULE("a", "\"abc\""), NULL, 1 },
	{ "# comment\n\n  # another one\n" RULE("a", "\"abc\"") "\n\r\n" RULE("b", "550\r"), NULL, 2 },
	{ RULE("a", "\"abc\" !\"def\" 550 45x 4xx 5.1.1 x.7.x 5.7.606-649 @a.example ?b.example :ours :theirs :eod !:rcpt !5.1.x"), NULL, 1 },
	{ RULE("a", "\"a \\\"quoted\\\\ one\"|\"def\"\n  | 550"), NULL, 1 },
	{ RULE("a", "\"ab\"") RULE("b", "550"), "2: a text has at least three bytes; cause 'a' is left out", 1 },
	{ RULE("a", "\"abc") RULE("b", "550"), "2: a text lacks its closing quote; cause 'a' is left out", 1 },
	{ RULE("a", "\"abc\"def"), "2: a blank is missing behind a text; cause 'a' is left out", 0 },
	{ RULE("a", "\"abc\"|def"), "2: '|' joins two texts; cause 'a' is left out", 0 },
	{ RULE("a", "\"a\\bc\""), "2: only \\\" and \\\\ may follow a backslash in a text; cause 'a' is left out", 0 },
	{ RULE("a", "!\"abc\""), "2: a match needs a term without '!'; cause 'a' is left out", 0 },
	{ RULE("a", "5500"), "2: '5500' is no term; cause 'a' is left out", 0 },
	{ RULE("a", "5x0"), "2: '5x0' is no term; cause 'a' is left out", 0 },
	{ RULE("a", "650"), "2: '650' is no term; cause 'a' is left out", 0 },
	{ RULE("a", "5.1"), "2: '5.1' is no term; cause 'a' is left out", 0 },
	{ RULE("a", "5.1.9-2"), "2: '5.1.9-2' is no term; cause 'a' is left out", 0 },
	{ RULE("a", "5.1.1000"), "2: '5.1.1000' is no term; cause 'a' is left out", 0 },
	{ RULE("a", ":nowhere"), "2: ':nowhere' is no term; cause 'a' is left out", 0 },
	{ RULE("a", "@"), "2: '@' is no term; cause 'a' is left out", 0 },
	{ RULE("a", "@.x/y"), "2: '@.x/y' is no term; cause 'a' is left out", 0 },
	{ "cause A\n", "1: an id is made of lower-case letters, digits, hyphens and dots; cause 'A' is left out", 0 },
	{ "cause\n", "1: an id has 1 to 80 bytes; cause '' is left out", 0 },
	{ RULE("a", "550") RULE("a", "551"), "9: there is a cause of this id already (f.rules:1); cause 'a' is left out", 1 },
	{ "cause a\n match 550\n class hard\n side network\n waiting no\n summary it\n action Do.\n", "1: 'sample' is missing; cause 'a' is left out", 0 },
	{ "cause a\n class hard\n class soft\n", "3: there is a second 'class'; cause 'a' is left out", 0 },
	{ "cause a\n class warm\n", "2: 'warm' is no class; cause 'a' is left out", 0 },
	{ "cause a\n side here\n", "2: 'here' is no side; cause 'a' is left out", 0 },
	{ "cause a\n waiting maybe\n", "2: waiting is 'no', 'yes' or 'code'; cause 'a' is left out", 0 },
	{ "cause a\n prefer much\n", "2: prefer is a number from -1000 to 1000; cause 'a' is left out", 0 },
	{ "cause a\n number A1\n", "2: a number is two to four capital letters and three digits; cause 'a' is left out", 0 },
	{ "cause a\n colour red\n", "2: 'colour' is no field; cause 'a' is left out", 0 },
	{ "cause a\n summary\n", "2: 'summary' is empty; cause 'a' is left out", 0 },
	{ "cause a\n summary It is so.\n", "2: a summary has no full stop; cause 'a' is left out", 0 },
	{ "cause a\n action Ask {who|him}.\n", "2: '{who|him}' is no placeholder; cause 'a' is left out", 0 },
	{ "cause a\n action Ask {host}.\n", "2: '{host}' lacks the words to take when it is not known: {name|words}; cause 'a' is left out", 0 },
	{ "cause a\n action Ask {host|him.\n", "2: a brace lacks its counterpart; cause 'a' is left out", 0 },
	{ "cause a\n action Ask host}.\n", "2: a brace lacks its counterpart; cause 'a' is left out", 0 },
	{ "cause a\n sample [:nowhere] x\n", "2: the terms of a sample are wrong; cause 'a' is left out", 0 },
	{ "tier first\n" RULE("a", "550"), "1: 'first' is no tier; the line is left out", 1 },
	{ "class hard\n" RULE("a", "550"), "1: 'class' stands before any cause; the line is left out", 1 },
	{ "", NULL, 0 },
	{ "cause", "1: an id has 1 to 80 bytes; cause '' is left out", 0 },
};

static void test_errors(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof ERRORS / sizeof *ERRORS; i++) {
		struct slice text = heap_copy(slice_str(ERRORS[i].text));
		struct rules r = { 0 };
		struct strbuf want = { 0 };
		size_t n;

		strbuf_clear(&said);
		n = rules_parse(&r, "f.rules", text, false, &sink);
		if (ERRORS[i].want)
			strbuf_printf(&want, "f.rules:%s\n", ERRORS[i].want);
		CHECK(slice_eq(strbuf_slice(&said), strbuf_slice(&want)), "%s\nsaid '%s'", ERRORS[i].text, said.p ? said.p : "");
		CHECK(n == ERRORS[i].rules && n == r.n_rules, "%s\n%zu rules", ERRORS[i].text, n);
		strbuf_done(&want);
		rules_done(&r);
		heap_free(text);
	}
	strbuf_done(&said);
}

/* a spoilt rule takes nothing of its neighbours with it */
static void test_spoilt_rule(void **state)
{
	static const char TEXT[] = RULE("a", "\"first words\"") "cause b\n match \"second words\" 550\n sample y\n side nobody\n" RULE(
		"c", "\"third words\"");
	struct rules r = { 0 };

	(void)state;
	assert_int_equal(rules_parse(&r, "f", slice_str(TEXT), false, NULL), 2);
	assert_int_equal(r.n_matches, 2);
	assert_int_equal(r.n_terms, 2);
	assert_int_equal(r.n_texts, 2);
	assert_int_equal(r.n_samples, 2);
	assert_int_equal(r.matches[1].rule, 1);
	CHECK_SLICE(r.texts[r.terms[r.matches[1].first_term].texts.first], SLICE("third words"));
	rules_done(&r);
}

/* ---- who wins ---- */

struct duel {
	const char *rules;       /* matches: "id: match", a line each; "id/tier: match" in another tier than generic */
	const char *sample, *want;
	enum cause_basis basis;
};

static const struct duel DUELS[] = {
	/* text */
	{ "a: \"user unknown\"", "550 User  UNKNOWN here", "a", BASIS_TEXT },
	{ "a: \"user unknown\"", "550-user\\r\\n550 unknown", "a", BASIS_TEXT },
	{ "a: \"user unknown\"", "550 users unknown", "unknown-permanent", BASIS_CLASS },
	{ "a: \" mx \"", "no mx", "a", BASIS_TEXT },
	{ "a: \" mx \"", "mx is none", "a", BASIS_TEXT },
	{ "a: \" mx \"", "no mxs", "unknown-permanent", BASIS_CLASS },
	{ "a: \"abc\"", "xabcx", "a", BASIS_TEXT },
	{ "a: \"abc\"", "abc", "a", BASIS_TEXT },
	{ "a: \"abc\" \"xyz\"", "xyzabc", "a", BASIS_TEXT },
	{ "a: \"abc\" \"xyz\"", "xyzab", "unknown-permanent", BASIS_CLASS },
	{ "a: \"say \\\"no\\\"\"", "we say \"No\"", "a", BASIS_TEXT },
	{ "a: \"back\\\\slash\"", "a back\\slash", "a", BASIS_TEXT },
	{ "a: \"one\"|\"other\"", "the other", "a", BASIS_TEXT },
	{ "a: \"one\"|\"other\"", "neither", "unknown-permanent", BASIS_CLASS },
	{ "a: \"full\" !\"not full\"", "it is full", "a", BASIS_TEXT },
	{ "a: \"full\" !\"not full\"", "it is not full", "unknown-permanent", BASIS_CLASS },
	{ "a: \"postfach \xc3\xbc" "berf\"", "Postfach \xc3\xbc" "berf\xc3\xbcllt", "a", BASIS_TEXT },
	/* words of lines that were joined */
	{ "a: \"please try double-checking\"", "550-5.1.1 Please try 550-5.1.1 double-checking 550 5.1.1 it", "a", BASIS_TEXT },
	{ "a: \"please try double-checking\"", "550-5.1.1 Please try\\n550-5.1.1 double-checking", "a", BASIS_TEXT },
	{ "a: \"try double\"", "550-Try 550-double 550 check", "a", BASIS_TEXT },
	{ "a: \"double check\"", "550-Try 550-double 550 check", "a", BASIS_TEXT },
	{ "a: \"over 550 mails\"", "421 over 550 mails", "a", BASIS_TEXT },
	/* codes */
	{ "a: 550", "550 x", "a", BASIS_CODE },
	{ "a: 550", "x 550 y", "unknown-permanent", BASIS_CLASS },
	{ "a: 550", "x: 550 y", "a", BASIS_CODE },
	{ "a: 421 4.4.2", "451 4.4.0 target responded with: \"421 4.4.2 Connection dropped\"", "a", BASIS_DSN },
	{ "a: 421 \"\\\"421 4.4.2 connection\"", "451 4.4.0 it said \"421 4.4.2 Connection dropped\"", "a", BASIS_TEXT },
	{ "a: 550", "451 it is '550 x'", "unknown-temporary", BASIS_CLASS },
	{ "a: 55x", "559 x", "a", BASIS_CODE },
	{ "a: 4xx", "452 x", "a", BASIS_CODE },
	{ "a: 4xx", "552 x", "unknown-permanent", BASIS_CLASS },
	{ "a: 5.1.1", "550 5.1.1 x", "a", BASIS_DSN },
	{ "a: 5.1.1", "550 #5.1.1 x", "a", BASIS_DSN },
	{ "a: 4.7.0", "421 Message (4.7.0) x", "a", BASIS_DSN },
	{ "a: 5.1.1", "550 5.1.10 x", "unknown-permanent", BASIS_CLASS },
	{ "a: 5.1.1", "550 host 5.1.1.9 x", "unknown-permanent", BASIS_CLASS },
	{ "a: x.1.1", "450 4.1.1 x", "a", BASIS_DSN },
	{ "a: 5.x.1", "550 5.6.1 x", "a", BASIS_DSN },
	{ "a: 5.7.606-649", "550 5.7.606 x", "a", BASIS_DSN },
	{ "a: 5.7.606-649", "550 5.7.649 x", "a", BASIS_DSN },
	{ "a: 5.7.606-649", "550 5.7.650 x", "unknown-permanent", BASIS_CLASS },
	{ "a: x.7.606-649", "450 4.7.620 x", "a", BASIS_DSN },
	{ "a: 5.7.1-999", "550 5.7.999 x", "a", BASIS_DSN },
	{ "a: 5.7.1-999", "550 5.7.0 x", "unknown-permanent", BASIS_CLASS },
	{ "a: 5.x.10-20", "550 5.6.15 x", "a", BASIS_DSN },
	{ "a: 5.x.10-20", "550 5.6.21 x", "unknown-permanent", BASIS_CLASS },
	{ "a: 550 4.4.7", "550 4.4.7 x", "a", BASIS_DSN },
	{ "a: 5.0.0 5.1.1", "550 5.0.0 x\\n550 5.1.1 y", "a", BASIS_DSN },
	{ "a: 5.1.1", "[5.1.1] x", "unknown-permanent", BASIS_CLASS },
	{ "a: 5.1.1 550", "[:theirs 550 5.1.1] x", "a", BASIS_DSN },
	{ "a: !550 \"gone\"", "550 gone", "unknown-permanent", BASIS_CLASS },
	{ "a: !550 \"gone\"", "551 gone", "a", BASIS_TEXT },
	/* hosts */
	{ "a: \"abc\" @x.example", "[@mx.x.example] abc", "a", BASIS_TEXT },
	{ "a: \"abc\" @x.example", "[@X.EXAMPLE] abc", "a", BASIS_TEXT },
	{ "a: \"abc\" @x.example", "[@xx.example] abc", "unknown-permanent", BASIS_CLASS },
	{ "a: \"abc\" @x.example", "abc", "unknown-permanent", BASIS_CLASS },
	{ "a: \"abc\" ?x.example", "abc", "a", BASIS_TEXT },
	{ "a: \"abc\" ?x.example", "[@mx.y.example] abc", "unknown-permanent", BASIS_CLASS },
	{ "a: \"abc\" !@x.example", "[@mx.y.example] abc", "a", BASIS_TEXT },
	{ "a: \"abc\" @x.example", "host mx.x.example[192.0.2.1] said: 550 abc", "a", BASIS_TEXT },
	/* who, when, and what becomes of it */
	{ "a: \"abc\" :ours", "[:ours] abc", "a", BASIS_TEXT },
	{ "a: \"abc\" :ours", "abc", "unknown-permanent", BASIS_CLASS },
	{ "a: \"abc\" :theirs", "abc", "a", BASIS_TEXT },
	{ "a: \"abc\" :theirs", "[:ours] abc", "unknown-permanent", BASIS_CLASS },
	{ "a: \"abc\" :rcpt", "[:rcpt] abc", "a", BASIS_TEXT },
	{ "a: \"abc\" :rcpt", "[:mail] abc", "unknown-permanent", BASIS_CLASS },
	{ "a: \"abc\" :rcpt", "abc", "unknown-permanent", BASIS_CLASS },
	{ "a: \"abc\" :eod", "[:data] abc", "a", BASIS_TEXT },
	{ "a: \"abc\" :data", "[:eod] abc", "unknown-permanent", BASIS_CLASS },
	{ "a: \"abc\" :eod", "host x[192.0.2.1] said: 550 abc (in reply to DATA command)", "unknown-permanent", BASIS_CLASS },
	{ "a: \"abc\" :temporary", "450 abc", "a", BASIS_TEXT },
	{ "a: \"abc\" :temporary", "550 abc", "unknown-permanent", BASIS_CLASS },
	{ "a: \"abc\" :temporary", "[:temporary] abc", "a", BASIS_TEXT },
	/* tiers, weights, ties */
	{ "a/generic: \"a long text of it\"\nb/token: \"tok\"", "tok and a long text of it", "b", BASIS_TEXT },
	{ "a/code: 550\nb/writer: \"abc\"", "550 abc", "b", BASIS_TEXT },
	{ "a/list: \"abc\"\nb/provider: 550", "550 abc", "b", BASIS_CODE },
	{ "a: \"text\"\nb: \"longer text\"", "a longer text", "b", BASIS_TEXT },
	{ "a: \"12345678901\"\nb: \"abc\" 550", "550 abc 12345678901", "a", BASIS_TEXT },
	{ "a: \"1234567890\"\nb: \"abc\" 550", "550 abc 1234567890", "b", BASIS_TEXT },
	{ "a: \"1234\" \"5678\"\nb: \"1234567\"", "1234567 5678", "a", BASIS_TEXT },
	{ "a: \"abcd\" !\"nothing\"\nb: \"abcde\"", "abcde", "b", BASIS_TEXT },
	{ "a: \"abc\"|\"abcdef\"\nb: \"cdef1\"", "abcdef1", "a", BASIS_TEXT },
	{ "a: \"abc\"|\"abcdefghi\"\nb: \"cdef1\"", "abcdef1", "b", BASIS_TEXT },
	{ "a: \"abc\"\nb: \"xyz\"", "xyz abc", "a", BASIS_TEXT },
	{ "a: \"abc\"\nb+1: \"xyz\"", "xyz abc", "b", BASIS_TEXT },
	{ "a-9: \"abcdef\"\nb: \"xyz\"", "xyz abcdef", "b", BASIS_TEXT },
	{ "a-900: \"abcdef\"", "abcdef", "a", BASIS_TEXT },
	/* among codes */
	{ "a/code: 550\nb/code: 5.1.1", "550 5.1.1 x", "b", BASIS_DSN },
	{ "a/code: 550\nb/code: 5.x.x", "550 5.1.1 x", "b", BASIS_DSN },
	{ "a/code: 5.1.x\nb/code: 5.1.1", "550 5.1.1 x", "b", BASIS_DSN },
	{ "a/code: x.1.1\nb/code: 5.1.1", "550 5.1.1 x", "b", BASIS_DSN },
	{ "a/code: 5.1.x\nb/code: x.1.1", "550 5.1.1 x", "b", BASIS_DSN },
	{ "a/code: 5.7.x\nb/code: 5.7.600-700", "550 5.7.650 x", "b", BASIS_DSN },
	{ "a/code: 4xx\nb/code: 45x", "452 x", "b", BASIS_CODE },
	{ "a/code: 45x\nb/code: 452", "452 x", "b", BASIS_CODE },
	{ "a/code: 450\nb/code: 450 :rcpt", "[:rcpt] 450 x", "b", BASIS_CODE },
};

/* "id/tier+prefer: match" lines as a rule file */
static void add_rules(struct strbuf *out, const char *lines)
{
	struct slice rest = slice_str(lines);

	while (rest.n) {
		size_t end = slice_find_byte(rest, '\n'), colon = slice_find(rest, SLICE(": ")), id = 0;
		struct slice line = slice_head(rest, end), head = slice_head(rest, colon), tier;

		while (id < head.n && head.p[id] != '/' && head.p[id] != '+' && head.p[id] != '-')
			id++;
		tier = id < head.n && head.p[id] == '/' ? slice_from(head, id + 1) : SLICE("generic");
		strbuf_printf(out, "tier %.*s\ncause %.*s\n match %.*s\n" REST, SLICE_ARG(tier), SLICE_ARG(slice_head(head, id)),
			      SLICE_ARG(slice_from(line, colon + 2)));
		if (id < head.n && head.p[id] != '/')
			strbuf_printf(out, " prefer %.*s\n", SLICE_ARG(slice_from(head, id + (head.p[id] == '+'))));
		rest = slice_from(rest, end < rest.n ? end + 1 : end);
	}
}

static void check_duel(const struct duel *row)
{
	struct slice sample = heap_copy(slice_str(row->sample));
	struct strbuf text = { 0 };
	struct rules rules = { 0 };
	struct diagnoser *d;
	struct complaint c;
	struct cause got;

	strbuf_clear(&said);
	strbuf_add_str(&text, LAST);
	add_rules(&text, row->rules);
	CHECK(rules_parse(&rules, "f", strbuf_slice(&text), false, &sink) > 2 && said.n == 0, "%s: %s", row->rules, said.p);
	d = diagnoser_of_rules(&rules);
	rules_done(&rules);
	strbuf_clear(&text); /* nothing of it is needed any more */
	assert_true(sample_complaint(sample, &c));
	diagnose(d, &c, &got);
	CHECK(slice_eq(got.id, slice_str(row->want)), "%s\nin '%s' finds %.*s", row->rules, row->sample, SLICE_ARG(got.id));
	CHECK(got.basis == row->basis, "%s\nin '%s' by %s", row->rules, row->sample, cause_basis_name(got.basis));
	strbuf_done(&text);
	heap_free(sample);
	diagnoser_free(d);
}

static void test_who_wins(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof DUELS / sizeof *DUELS; i++)
		check_duel(&DUELS[i]);
	strbuf_done(&said);
}

/* rules of a site come before all of ours, whatever tier they name, and may use our ids */
static void test_site(void **state)
{
	static const char OURS[] = LAST "tier token\n" RULE("a", "\"a token of ours\"");
	static const char SITE[] = "tier code\n" RULE("a", "550") RULE("b", "\"ours\"");
	struct complaint c = { .reply = SLICE("550 a token of ours"), .smtp_code = -1 };
	struct rules rules = { 0 };
	struct diagnoser *d;
	struct cause got;

	(void)state;
	assert_int_equal(rules_parse(&rules, "ours", slice_str(OURS), false, NULL), 3);
	d = diagnoser_of_rules(&rules);
	rules_done(&rules);
	diagnose(d, &c, &got);
	assert_int_equal(got.basis, BASIS_TEXT);
	assert_false(got.of_site);
	assert_int_equal(diagnoser_add(d, "site", slice_str(SITE), NULL), 2);
	diagnose(d, &c, &got);
	CHECK_SLICE(got.id, SLICE("a"));
	assert_int_equal(got.basis, BASIS_CODE);
	assert_true(got.of_site);
	c.reply = SLICE("551 what the site does not know");
	diagnose(d, &c, &got);
	CHECK_SLICE(got.id, SLICE("unknown-permanent"));
	assert_int_equal(diagnoser_add(d, "more", slice_str(SITE), NULL), 0);
	diagnoser_free(d);
}

/* whether waiting helps */
static void test_waiting(void **state)
{
	static const struct {
		const char *waiting, *sample;
		bool want;
	} ROWS[] = {
		{ "no", "450 abc", false },        { "yes", "550 abc", true },    { "code", "450 abc", true },
		{ "code", "550 abc", false },      { "code", "550 4.4.7 abc", false }, { "code", "4.4.7 abc", true },
		{ "code", "[:temporary] abc", true }, { "code", "abc", false }, { "code", "450 abc: 550 abc", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		struct diagnoser *d = diagnoser_new();
		struct strbuf text = { 0 };
		struct complaint c;
		struct cause got;

		strbuf_printf(&text, "cause a\n match \"abc\"\n class hard\n side none\n waiting %s\n summary s\n action A.\n sample x\n",
			      ROWS[i].waiting);
		assert_int_equal(diagnoser_add(d, "f", strbuf_slice(&text), NULL), 1);
		assert_true(sample_complaint(slice_str(ROWS[i].sample), &c));
		diagnose(d, &c, &got);
		CHECK(got.temporary == ROWS[i].want, "%s: %s", ROWS[i].waiting, ROWS[i].sample);
		strbuf_done(&text);
		diagnoser_free(d);
	}
}

/* ---- sentences ---- */

static void test_fill(void **state)
{
	static const struct {
		const char *template, *want;
	} ROWS[] = {
		{ "plain", "plain" },
		{ "{recipient|him} of {recipient_domain|DOMAIN} at {host|there}", "bob@example.net of example.net at mx.example.net" },
		{ "{sender|nobody}, {sender_domain|DOMAIN}", "a;rm -rf@exa mple, DOMAIN" },
		{ "{ip|IP} in {list|a list}", "198.51.100.7 in zen.spamhaus.org" },
		{ "{reversed_ip|REVERSED-IP}.{list|LIST}", "7.100.51.198.zen.spamhaus.org" },
		{ "{bad|words} and {host", "words and {host" },
	};
	const struct complaint c = {
		.reply = SLICE("host mx.example.net[192.0.2.1] said: 554 5.7.1 Service unavailable; Client host [198.51.100.7] blocked using "
			       "zen.spamhaus.org (in reply to RCPT TO command)"),
		.smtp_code = -1, .recipient = SLICE("bob@example.net"), .sender = SLICE("a;rm -rf@exa mple"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		struct strbuf out = { 0 };

		cause_fill(&out, slice_str(ROWS[i].template), &c);
		CHECK_SLICE(strbuf_slice(&out), slice_str(ROWS[i].want));
		strbuf_done(&out);
	}
}

/* as blocklists are asked: nothing but an address is turned round */
static void test_fill_reversed(void **state)
{
	static const struct {
		const char *ip, *want;
	} ROWS[] = {
		{ "198.51.100.7", "7.100.51.198" },
		{ "10.0.20.255", "255.20.0.10" },
		{ "2001:db8::7", "7.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2" },
		{ "mx.example.net", "IP" },
		{ "1.2.3.4;reboot", "IP" },
		{ "", "IP" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		struct complaint c = { .smtp_code = -1, .said_by = SAID_BY_US, .ip = slice_str(ROWS[i].ip) };
		struct strbuf out = { 0 };

		cause_fill(&out, SLICE("{reversed_ip|IP}"), &c);
		CHECK_SLICE(strbuf_slice(&out), slice_str(ROWS[i].want));
		strbuf_done(&out);
	}
}

/* what this server said itself; a word in capitals is one to be replaced in a command */
static void test_fill_ours(void **state)
{
	const struct complaint c = { .reply = SLICE("550 no"), .smtp_code = -1, .said_by = SAID_BY_US };
	struct strbuf out = { 0 };

	(void)state;
	cause_fill(&out, SLICE("{host|the receiving server} refused {recipient|it}: nc -vz {host|HOST} 25"), &c);
	CHECK_SLICE(strbuf_slice(&out), SLICE("this server refused it: nc -vz HOST 25"));
	strbuf_done(&out);
}

/* ---- strangers' texts ---- */

/* bytes of every sort, and pieces of what is looked for: no crash, and an answer, always the same */
static void test_hostile(void **state)
{
	static const char *const PIECES[] = {
		"550 ", "550-5.7.1 ", "\\n", "\r\n", "\0x", "host ", "[", "] said: ", "(in reply to ", " command)", "R=", "H=", ": ", "5.7.", "4.",
		"SMTP error from remote mail server after RCPT TO:<", ">: ", "[{LED=", "};{FQDN=", "}]", "user unknown", "\xff\xfe", "\\",
		"blocked using ", "zen.", "2001:db8::", "192.0.2.", "'", "\"", "defer (", "smtp;", "   ", "\t",
	};
	struct diagnoser *d = diagnoser_new();
	uint64_t seed = 7;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		struct strbuf text = { 0 }, filled = { 0 };
		struct complaint c = { .smtp_code = -1 };
		struct reply_parts parts;
		struct cause one, two;

		for (uint32_t n = next_random(&seed) % 40; n; n--)
			strbuf_add_str(&text, PIECES[next_random(&seed) % (sizeof PIECES / sizeof *PIECES)]);
		if (round % 100 == 0)
			for (int i = 0; i < 9000; i++)
				strbuf_add_byte(&text, (char)(next_random(&seed) % 256));
		c.reply = heap_copy(strbuf_slice(&text));
		diagnose(d, &c, &one);
		diagnose(d, &c, &two);
		assert_true(one.id.n > 0 && slice_eq(one.id, two.id));
		reply_take_apart(&c, &parts);
		CHECK_SLICE(reply_list(&c), parts.list);
		CHECK(parts.core.p >= c.reply.p && parts.core.p + parts.core.n <= c.reply.p + c.reply.n, "round %d", round);
		cause_fill(&filled, one.summary, &c);
		cause_fill(&filled, one.action, &c);
		strbuf_done(&filled);
		strbuf_done(&text);
		heap_free(c.reply);
	}
	diagnoser_free(d);
}

/* a text is found wherever it stands, and not beyond the first 4 KiB */
static void test_anywhere(void **state)
{
	struct diagnoser *d = diagnoser_new();

	(void)state;
	assert_int_equal(diagnoser_add(d, "f", SLICE(RULE("a", "\"needle\"")), NULL), 1);
	for (size_t before = 0; before < 5000; before += before < 100 || before > 4000 ? 1 : 97) {
		struct strbuf text = { 0 };
		struct complaint c = { .smtp_code = -1 };
		struct cause got;

		memset(strbuf_reserve(&text, before), 'x', before);
		text.n += before;
		strbuf_add_str(&text, "NeedLe");
		c.reply = heap_copy(strbuf_slice(&text));
		diagnose(d, &c, &got);
		CHECK(slice_is(got.id, "a") == (before + 6 <= 4096), "%zu before", before);
		heap_free(c.reply);
		strbuf_done(&text);
	}
	diagnoser_free(d);
}

/* many texts that begin alike: each is told from the others, and a reply may be full of them */
static void test_crowd(void **state)
{
	enum { CROWD = 40 };
	struct strbuf text = { 0 }, full = { 0 };
	struct complaint c = { .smtp_code = -1 };
	struct rules rules = { 0 };
	struct diagnoser *d;
	struct cause got;

	(void)state;
	strbuf_add_str(&text, LAST);
	for (int i = 0; i < CROWD; i++)
		strbuf_printf(&text, "tier generic\ncause crowd-%d\n match \"abcd%02d\"%s\n" REST, i, i, i % 2 ? " \"efg\"" : "");
	assert_int_equal(rules_parse(&rules, "f", strbuf_slice(&text), false, NULL), CROWD + 2);
	d = diagnoser_of_rules(&rules);
	rules_done(&rules);
	for (int i = 0; i < CROWD; i++) {
		char want[16];

		strbuf_clear(&text);
		strbuf_printf(&text, "550 abcd abcd%02d abcde efg", i);
		(void)snprintf(want, sizeof want, "crowd-%d", i);
		c.reply = strbuf_slice(&text);
		diagnose(d, &c, &got);
		CHECK_SLICE(got.id, slice_str(want));
	}
	for (int i = 0; i < 2000; i++)
		strbuf_printf(&full, "abcd%02d", i % CROWD);
	c.reply = strbuf_slice(&full);
	diagnose(d, &c, &got);
	CHECK_SLICE(got.id, SLICE("crowd-0"));
	strbuf_done(&full);
	strbuf_done(&text);
	diagnoser_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_errors),   cmocka_unit_test(test_spoilt_rule), cmocka_unit_test(test_who_wins),
		cmocka_unit_test(test_site),     cmocka_unit_test(test_waiting),     cmocka_unit_test(test_fill),
		cmocka_unit_test(test_fill_reversed), cmocka_unit_test(test_fill_ours),
		cmocka_unit_test(test_crowd),
		cmocka_unit_test(test_hostile),  cmocka_unit_test(test_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
