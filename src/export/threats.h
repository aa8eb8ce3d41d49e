/* SPDX-License-Identifier: Apache-2.0 */
/*
 * threats.h - the answer of `threats` as a value, and its renderings
 */
#ifndef EXPORT_THREATS_H
#define EXPORT_THREATS_H

#include "detect/detector.h"
#include "detect/watch.h"
#include "export/answer.h"
#include "export/redact.h"
#include "export/terminal.h"
#include "export/trace.h"

/* a finding with the text of its sample lines */
struct threat {
	const struct finding *finding;
	const struct trace_line *lines; /* finding->n_lines of them */
};

struct threats_answer {
	struct answer_head head;
	const struct threat *threats;  /* the worst first */
	size_t n;
	uint64_t more;                 /* that the limit left out */
	uint64_t levels[THREAT_LEVEL_COUNT]; /* all of them, by level */
	size_t members;                /* names of the other side that texts show */
	struct detect_left_out left_out;
	bool several_servers;
};

void threats_json(struct strbuf *out, const struct threats_answer *a);
/* for people */
void threats_text(struct strbuf *out, const struct term *t, const struct threats_answer *a);
/* one record for each finding: a table without evidence and lines */
void threats_csv(struct strbuf *out, const struct threats_answer *a);

/* Mask the names, in place; what hangs on them is copied into the arena. */
void redact_threats(struct redact *r, struct arena *a, struct threats_answer *t);

#endif
