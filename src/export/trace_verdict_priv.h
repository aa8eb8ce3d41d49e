/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace_verdict_priv.h - what finding a verdict and saying it share
 */
#ifndef EXPORT_TRACE_VERDICT_PRIV_H
#define EXPORT_TRACE_VERDICT_PRIV_H

#include <stdint.h>

#include "export/trace_verdict.h"

/* where a mail for one recipient ended up */
struct leaf {
	const struct message *message;
	const struct recipient *recipient;
	const struct message *plain_message;     /* the same before its names were masked; NULL: they are not */
	const struct recipient *plain_recipient;
	struct recipient_verdict verdict;
	size_t group; /* of groups; GROUP_NONE: nothing failed */
};

#define GROUP_NONE SIZE_MAX

/* recipients with the same fate and cause; the first one speaks for them */
struct group {
	size_t first; /* leaf */
	size_t n;
	bool hosts_differ; /* several servers said it */
};

struct message_verdict {
	const struct trace_answer *answer;
	const struct message *message;
	struct leaf *leaves;
	size_t n, cap;
	struct group *groups;
	size_t n_groups;
	size_t delivered, relayed, expanded, pending;
};

#endif
