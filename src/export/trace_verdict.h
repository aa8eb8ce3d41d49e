/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace_verdict.h - what became of a message, in one sentence to read out; why, and what to do
 *
 * A verdict looks at a message's recipients where they ended up: behind content filters, aliases and forwards, and on the
 * next servers, as far as their messages are in the answer.  Failures with the same cause are one, told once.
 */
#ifndef EXPORT_TRACE_VERDICT_H
#define EXPORT_TRACE_VERDICT_H

#include "base/json.h"
#include "diagnose/verdict.h"
#include "export/trace.h"

/* the messages of an answer by their ids; to be made once per answer */
struct verdict_index;

struct verdict_index *verdict_index_new(const struct trace_answer *a);
void verdict_index_free(struct verdict_index *x);

/* the verdict on one message */
struct message_verdict;

struct message_verdict *message_verdict_new(const struct trace_answer *a, const struct verdict_index *x,
					    const struct trace_item *item);
void message_verdict_free(struct message_verdict *v);

/* "Not delivered: ... (550 5.1.1). The address is ...": plain text, to be escaped for its medium */
void message_verdict_sentence(struct strbuf *out, enum tr_language language, const struct message_verdict *v);
/* how to colour it */
enum term_style message_verdict_style(const struct message_verdict *v);

/*
 * The rest, below the reply of recipient number i of the message itself: what the sentence has left out.  Nothing if it
 * said all, or if it stands below another recipient with the same cause.  Returns whether there is something.
 */
bool message_verdict_note(struct strbuf *out, enum tr_language language, const struct message_verdict *v, const struct recipient *r);

/*
 * The verdict on one thing of an answer.  What names were masked (a->plain) does not change the cause.
 * plain_m, plain_r: m and r before; NULL: nothing was masked
 */
void judge_recipient(const struct trace_answer *a, const struct message *m, const struct recipient *r, const struct message *plain_m,
		     const struct recipient *plain_r, struct recipient_verdict *ret);
void judge_rejection(const struct trace_answer *a, const struct trace_item *item, struct other_verdict *ret);
void judge_login(const struct trace_answer *a, const struct trace_item *item, struct other_verdict *ret);

/* the item before its names were masked; NULL: they are not */
const struct trace_item *plain_item(const struct trace_answer *a, const struct trace_item *item);

/* "Refused: ... (550 5.7.1).", "Login failed: ...", and with_action what to do */
void rejection_sentence(struct strbuf *out, enum tr_language language, const struct rejection *r, const struct other_verdict *v,
			bool with_action);
void login_sentence(struct strbuf *out, enum tr_language language, const struct other_verdict *v, bool with_action);

/* the object that is a cause; deed: NULL where there is none */
void json_cause(struct json *j, const struct cause *cause, const struct complaint *complaint, const struct deed_words *deed);
/* the members "cause" of JSON objects */
void json_recipient_cause(struct json *j, const struct recipient_verdict *v);
void json_other_cause(struct json *j, const struct other_verdict *v);
void json_rejection_cause(struct json *j, const struct trace_answer *a, const struct trace_item *item);
void json_login_cause(struct json *j, const struct trace_answer *a, const struct trace_item *item);

#endif
