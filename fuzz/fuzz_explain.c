/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_explain.c - a text of lines, replies and words through `explain`: parts in their order, inside the text
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "cli/guess.h"
#include "diagnose/explain.h"
#include "envelope/tz.h"
#include "export/explain.h"
#include "fuzz.h"

static void check_parts(const struct explanation *x, struct slice record)
{
	const char *at = record.p;

	for (size_t i = 0; i < x->n_parts; i++) {
		struct slice s = x->parts[i].text;

		/* a text that was unescaped, or got an id in front, lies elsewhere */
		if ((uintptr_t)s.p < (uintptr_t)record.p || (uintptr_t)s.p >= (uintptr_t)record.p + record.n)
			continue;
		assert_inside(record, s);
		assert(x->kind != EXPLAIN_LINE || s.p >= at);
		at = s.p + s.n;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct tz *tz;
	char *bytes = malloc(size + !size);
	struct slice text = slice_of(bytes, size), record;
	struct guess guess;

	memcpy(bytes, data, size);
	if (!tz && tz_open("UTC", &tz, NULL) < 0)
		abort();
	guess_init(&guess, tz, false, 0, INT64_C(1795305600000000));
	while (guess_record(&text, &record)) {
		struct explanation x = { .language = TR_ENGLISH };
		struct strbuf out = { 0 };
		struct line line;
		struct event event;

		if (guess_line(&guess, record, &line, &event))
			explain_line(&x, NULL, &line, &event);
		else
			explain_text(&x, NULL, record);
		check_parts(&x, record);
		explain_to_text(&out, &(struct term){ .width = 80 }, &x);
		strbuf_done(&out);
		explanation_done(&x);
	}
	guess_done(&guess);
	free(bytes);
	return 0;
}
