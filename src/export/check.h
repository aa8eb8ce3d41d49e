/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check.h - the answer of `check` as a value, and its renderings
 */
#ifndef EXPORT_CHECK_H
#define EXPORT_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "check/check.h"
#include "export/answer.h"
#include "export/redact.h"

struct check_answer {
	enum check_status status;
	const struct check_result *results;
	size_t n_results;
	const char *const *problems;   /* what kept us from looking, a sentence each */
	size_t n_problems;
	bool with_log;                 /* the rest is told only then */
	bool first;                    /* nothing was read before: this call only takes the place */
	const struct check_counts *fresh; /* of the lines that are new */
	usec_t from_us, until_us;      /* what the values are about, this machine's clock; USEC_NONE: not known */
	const char *state;             /* path; NULL: nothing is remembered */
	bool peek;                     /* nor changed there this time */
	const struct answer_head *head; /* of everything that was read, with what was known before; NULL: no log was read */
};

/*
 * check_text - as the Monitoring Plugins Development Guidelines ask: one line with performance data behind a '|'; verbose: lines with
 * every check and its evidence under it
 */
void check_text(struct strbuf *out, const struct check_answer *a, bool verbose);
void check_json(struct strbuf *out, const struct check_answer *a);

#endif
