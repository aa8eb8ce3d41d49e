/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_conf.c - any bytes as a file of settings
 */
#include <stdlib.h>

#include "cli/conf.h"
#include "fuzz.h"
#include "logs.h"

static void count(void *ctx, enum diag_level level, const char *text)
{
	size_t *n = ctx;

	assert(level <= DIAG_ERROR && text[0]);
	++*n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_of((const char *)data, size);
	struct options o = { .config = logs_file("mailwhy.conf", text) };
	size_t warnings = 0, lines = 1;
	struct diag diag = { count, &warnings };
	struct config c = { 0 };
	struct err err = { 0 };

	for (size_t i = 0; i < size; i++)
		lines += data[i] == '\n';
	assert(config_read(&c, &o, &diag, &err) == 0);
	assert(warnings <= lines);
	config_done(&c);
	return 0;
}
