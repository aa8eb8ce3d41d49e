/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain.h - explanations for people and for programs
 */
#ifndef EXPORT_EXPLAIN_H
#define EXPORT_EXPLAIN_H

#include "base/json.h"
#include "base/strbuf.h"
#include "diagnose/explain.h"
#include "export/terminal.h"

/* In the explanation's language. */
void explain_to_text(struct strbuf *out, const struct term *t, const struct explanation *x);
/* One object {schema, input, kind, ...}; x must be in English. */
void explain_to_json(struct json *j, const struct explanation *x);

#endif
