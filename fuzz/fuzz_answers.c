/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_answers.c - whole commands over log files: what is said is well formed, complete, and the same for any batch size
 *
 * The first letter of the input chooses the command (COMMANDS), the rest of its first line is WHAT, the rest are files (logs.h).  Checked is what
 * every answer must hold: JSON that jansson takes, all lines of the files accounted for, no control byte in what goes to a terminal.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "base/cursor.h"
#include "check/value.h"
#include "cli/app.h"
#include "fuzz.h"
#include "logs.h"

#define ARGS_MAX 32
#define OUT_MAX  ((size_t)64 << 20)

enum form {
	TEXT,
	JSON,
	SOURCES,       /* JSON whose counts are others */
	LINES_OF_JSON,
	HTML,
	CSV,
	RAW,           /* lines as they are */
};

static const struct {
	char letter;
	enum form form;
	const char *args[10]; /* "WHAT" stands for the first line's */
} COMMANDS[] = {
	/* clang-format off */
	{ 'a', JSON, { "report", "--json", "--all-panels", "--no-limit" } },
	{ 'b', TEXT, { "report", "--all-panels" } },
	{ 'c', CSV, { "report", "--csv", "--all-panels" } },
	{ 'd', HTML, { "report", "--html", "-", "--all-panels" } },
	{ 'e', JSON, { "report", "--problems-only", "--json" } },
	{ 'f', JSON, { "report", "--compat", "pflogsumm", "--json" } },
	{ 'g', TEXT, { "report", "--compat", "eximstats" } },
	{ 'h', JSON, { "trace", "--all", "--no-limit", "--lines", "--json" } },
	{ 'i', TEXT, { "trace", "--all", "--no-limit", "--lines" } },
	{ 'j', TEXT, { "trace", "--all", "--brief" } },
	{ 'k', JSON, { "trace", "--json", "--", "WHAT" } },
	{ 'l', RAW, { "trace", "--grep", "@.*o" } },
	{ 'm', JSON, { "threats", "--json", "--set", "brute_force.failures=1" } },
	{ 'n', TEXT, { "threats" } },
	{ 'o', CSV, { "threats", "--csv" } },
	{ 'p', TEXT, { "threats", "--ban", "nftables" } },
	{ 'q', LINES_OF_JSON, { "parse", "--json", "--raw" } },
	{ 'r', TEXT, { "parse" } },
	{ 's', JSON, { "parse", "--unknown", "--json" } },
	{ 't', SOURCES, { "sources", "--deep", "--json" } },
	{ 'u', LINES_OF_JSON, { "parse", "--json", "--raw", "--redact-key", "KEY" } },
	{ 'v', JSON, { "trace", "--all", "--json", "--redact-key", "KEY" } },
	{ 'w', TEXT, { "report", "--all-panels", "--redact-key", "KEY", "--memory", "64K" } },
	{ 'x', TEXT, { "sources", "--deep" } },
	/* clang-format on */
};

struct answer {
	int code;
	struct slice text;
};

/* --- running ------------------------------------------------------------------------------------------ */

/* Standard output becomes a file in memory, for good: libFuzzer speaks on standard error. */
static int output_fd(void)
{
	static int fd = -1;
	static const char *const SETTINGS[][2] = { { "TZ", "UTC" },        { "LC_ALL", "C" },        { "HOME", "/nonexistent" },
						   { "PAGER", "cat" },     { "MAILWHY_CONFIG", "" }, { "XDG_CONFIG_HOME", "/nonexistent" },
						   { "NO_COLOR", "1" },    { "MAILWHY_SANDBOX", "off" } };

	if (fd >= 0)
		return fd;
	fd = memfd_create("answer", MFD_CLOEXEC);
	if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0)
		abort();
	for (size_t i = 0; i < ARRAY_LEN(SETTINGS); i++)
		(void)setenv(SETTINGS[i][0], SETTINGS[i][1], 1);
	return fd;
}

/* The text is the caller's to free. */
static struct answer run(char **args, int n)
{
	int fd = output_fd(), saved = dup(STDOUT_FILENO);
	struct answer a = { .code = -1 };
	char *bytes;
	off_t size;

	if (ftruncate(fd, 0) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		abort();
	a.code = app_main(n, args);
	if (dup2(saved, STDOUT_FILENO) < 0)
		abort();
	(void)close(saved);
	size = lseek(fd, 0, SEEK_END);
	assert(size >= 0 && (size_t)size <= OUT_MAX);
	bytes = xmalloc((size_t)size + 1);
	if (pread(fd, bytes, (size_t)size, 0) != size)
		abort();
	a.text = slice_of(bytes, (size_t)size);
	return a;
}

static const char *key_file(void)
{
	return logs_file("key", SLICE("0123456789abcdef0123456789abcdef"));
}

/* --- what must hold ----------------------------------------------------------------------------------- */

static uint64_t number(const struct value *object, const char *key)
{
	int64_t v = -1;

	assert(value_int(value_member(object, key), &v) && v >= 0);
	return (uint64_t)v;
}

/* event + other + foreign + malformed = read, and no source was forgotten */
static void check_counts(const struct value *answer)
{
	const struct value *lines = value_member(answer, "lines"), *sources = value_member(answer, "sources");
	uint64_t read, of_sources = 0;

	if (!value_is_object(lines))
		return;
	read = number(lines, "read");
	assert(number(lines, "event") + number(lines, "other") + number(lines, "foreign") + number(lines, "malformed") == read);
	for (size_t i = 0; i < value_items(sources); i++)
		of_sources += number(value_item(sources, i), "lines");
	assert(!value_is_array(sources) || of_sources == read);
}

static void check_json(struct slice text, bool counted)
{
	struct value *answer = value_read(text);

	assert(answer || !value_built_in);
	if (answer && counted)
		check_counts(answer);
	value_free(answer);
}

static void check_lines_of_json(struct slice text)
{
	struct cur c = cur_of(text);

	while (!cur_at_end(&c)) {
		struct value *object = value_read(cur_token(&c, '\n'));

		assert(object || !value_built_in);
		value_free(object);
	}
}

/* Nothing that a terminal obeys: of control bytes newlines only, and UTF-8 throughout. */
static void check_text(struct slice text, bool tabs)
{
	for (size_t i = 0; i < text.n; i++) {
		unsigned char b = (unsigned char)text.p[i];

		assert((b >= 0x20 && b != 0x7f) || b == '\n' || (tabs && (b == '\t' || b == '\r')));
		/* U+0080 to U+009F are control characters too */
		assert(b != 0xc2 || i + 1 == text.n || (unsigned char)text.p[i + 1] >= 0xa0);
	}
}

/* value_read() refuses a NUL in a text, which JSON does not. */
static void hide_nuls(struct slice text)
{
	char *at = (char *)(uintptr_t)text.p, *end = at + text.n;

	while (at < end && (at = memmem(at, (size_t)(end - at), "\\u0000", 6)) != NULL)
		at[5] = '1';
}

static void check(enum form form, const struct answer *a)
{
	assert(a->code >= EXIT_FOUND && a->code <= EXIT_INPUT);
	if (a->code == EXIT_USAGE)
		return;
	if (form == JSON || form == SOURCES)
		check_json(a->text, form == JSON);
	else if (form == LINES_OF_JSON)
		check_lines_of_json(a->text);
	else if (form != RAW)
		check_text(a->text, form != TEXT);
}

/* --- the target --------------------------------------------------------------------------------------- */

struct command_line {
	size_t which;         /* row of COMMANDS */
	char *what;
	char *args[ARGS_MAX];
	int n;
};

static void add(struct command_line *c, const char *arg)
{
	assert(c->n + 1 < ARGS_MAX);
	c->args[c->n++] = (char *)(uintptr_t)arg;
	c->args[c->n] = NULL;
}

static void choose(struct command_line *c, struct slice first)
{
	char letter = first.n ? first.p[0] : 'a';

	*c = (struct command_line){ .which = (unsigned char)letter % ARRAY_LEN(COMMANDS) };
	for (size_t i = 0; i < ARRAY_LEN(COMMANDS); i++)
		if (COMMANDS[i].letter == letter)
			c->which = i;
	first = first.n > 1 ? slice_from(first, 1) : SLICE("a");
	c->what = xasprintf("%.*s", SLICE_ARG(first));
}

static struct answer answer(struct command_line *c, const struct logs *logs, const char *jobs, const char *batch)
{
	c->n = 0;
	add(c, "mailwhy");
	add(c, jobs);
	add(c, batch);
	add(c, "--year=2026");
	for (size_t i = 0; i < ARRAY_LEN(COMMANDS[c->which].args) && COMMANDS[c->which].args[i]; i++) {
		const char *arg = COMMANDS[c->which].args[i];

		if (strcmp(arg, "WHAT") == 0)
			arg = c->what;
		else if (strcmp(arg, "KEY") == 0)
			arg = key_file();
		add(c, arg);
	}
	for (size_t i = 0; i < logs->n; i++)
		add(c, logs->paths[i]);
	return run(c->args, c->n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cur c = { (const char *)data, (const char *)data + size };
	struct answer first, again;
	struct command_line line;
	struct logs logs;

	choose(&line, cur_token(&c, '\n'));
	logs_write(&logs, cur_rest(&c));
	first = answer(&line, &logs, "-j1", "--batch-lines=3");
	if (size % 4 == 0) {
		again = answer(&line, &logs, size % 16 ? "-j1" : "-j3", "--batch-lines=256");
		assert(again.code == first.code && slice_eq(first.text, again.text));
		free((void *)(uintptr_t)again.text.p);
	}
	hide_nuls(first.text);
	check(COMMANDS[line.which].form, &first);
	free((void *)(uintptr_t)first.text.p);
	free(line.what);
	logs_remove(&logs);
	return 0;
}
