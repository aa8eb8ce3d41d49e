/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_conf.c - any bytes as a file of settings, and as variables: what is in force is taken again as it stands
 *
 * Lines that begin with "MAILWHY_" are variables too.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cursor.h"
#include "base/strbuf.h"
#include "cli/conf.h"
#include "fuzz.h"

#define VARIABLES_MAX 16

static void count(void *ctx, enum diag_level level, const char *text)
{
	size_t *n = ctx;

	assert(level <= DIAG_ERROR && text[0]);
	for (; *text; text++)
		assert((unsigned char)*text >= 0x20 && *text != 0x7f);
	++*n;
}

static void read_variables(struct config *c, struct slice text, char **variables)
{
	struct cur cur = cur_of(text);
	size_t n = 0;

	while (!cur_at_end(&cur) && n < VARIABLES_MAX) {
		struct slice line = cur_token(&cur, '\n');

		if (slice_starts(line, CONFIG_VARIABLE))
			variables[n++] = xasprintf("%.*s", SLICE_ARG(line));
	}
	variables[n] = NULL;
	config_parse_environment(c, (const char *const *)variables);
}

/* Written into a file, the values in force are the same again. */
static void read_again(const struct config *c)
{
	struct config again = { .command = c->command };
	const char *quote;
	struct strbuf text = { 0 };

	for (size_t i = 0; i < c->n; i++) {
		assert(c->values[i].id < config_n_ids());
		if (c->values[i].from.kind != ORIGIN_FILE)
			continue;
		config_id_name(c->values[i].id, &text);
		quote = config_quotes(slice_str(c->values[i].text));
		strbuf_printf(&text, " = %s%s%s\n", quote, c->values[i].text, quote);
	}
	config_parse(&again, "again", strbuf_slice(&text));
	assert(again.n_problems == 0);
	config_done(&again);
	strbuf_done(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *block = malloc(size + !size), *variables[VARIABLES_MAX + 1]; /* of exactly its size: ASan sees every step past the end */
	struct slice text = slice_of(block, size);
	struct config c = { .command = 1U << (size % 8) };
	struct options o = { 0 };
	size_t told = 0;
	const struct diag diag = { count, &told };
	struct strbuf origins = { 0 };

	if (size)
		memcpy(block, data, size);
	config_parse(&c, "fuzz.conf", text);
	read_variables(&c, text, variables);
	config_add_options(&c, &o);
	config_settle(&c);
	config_tell(&c, &diag);
	assert((told > 0) == (c.n_problems > 0));
	for (size_t i = 0; i < c.n; i++)
		config_origin_text(&origins, &c.values[i].from);
	read_again(&c);
	config_apply(&c, &o);
	options_done(&o);
	config_done(&c);
	strbuf_done(&origins);
	for (size_t i = 0; variables[i]; i++)
		free(variables[i]);
	free(block);
	return 0;
}
