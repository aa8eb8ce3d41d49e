/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verdict_text.h - a filter's word in one line
 */
#ifndef EXPORT_VERDICT_TEXT_H
#define EXPORT_VERDICT_TEXT_H

#include "export/terminal.h"
#include "fact/fact.h"

/* "spam (rspamd): reject, 23.4 of 15, BAYES_SPAM(5.10) ...": the filter is named unless it is `known` anyway, its
 * recipients if the mail has more, n_recipients.  column: where the cursor stands, and where further lines begin. */
void verdict_text(struct strbuf *out, const struct term *t, size_t column, enum writer known, size_t n_recipients,
		  const struct verdict *v);

#endif
