/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_state.c - any bytes as what `check` remembered: taken as it was written, or damaged
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "check/state_priv.h"
#include "fuzz.h"

#define NOW_US (INT64_C(1795333200) * USEC_PER_SEC)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *block = malloc(size + !size); /* of exactly its size: ASan sees every step past the end */
	struct check_state s = { .lock_fd = -1, .created_us = USEC_NONE, .last_mail_us = USEC_NONE, .last_line_us = USEC_NONE };
	struct check_span now = { .from_us = NOW_US - USEC_PER_MIN, .until_us = NOW_US };
	struct err err = { 0 };

	s.path = xasprintf("state");
	if (size)
		memcpy(block, data, size);
	if (state_parse(&s, slice_of(block, size), &err) < 0) {
		assert(err.code == ERR_FORMAT && err.msg[0]);
	} else {
		assert(s.n_spans <= SPANS_MAX);
		for (size_t i = 0; i < s.marks.n; i++)
			assert(s.marks.items[i].path);
		for (size_t i = 0; i < s.n_spans; i++)
			assert(s.spans[i].from_us <= s.spans[i].until_us);
		state_add(&s, &now, NOW_US - USEC_PER_DAY);
		assert(s.n_spans >= 1 && s.n_spans <= SPANS_MAX);
	}
	state_done(&s);
	free(block);
	return 0;
}
