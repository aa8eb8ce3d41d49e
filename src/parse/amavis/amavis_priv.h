/* SPDX-License-Identifier: Apache-2.0 */
/*
 * amavis_priv.h - what the files of the amavis parser share
 */
#ifndef PARSE_AMAVIS_PRIV_H
#define PARSE_AMAVIS_PRIV_H

#include "base/cursor.h"
#include "parse/parse.h"

/* a literal as a constant initialiser of a slice */

/* "<address>": the slice between the brackets.  Quoted local parts may hold brackets; an address that only an
 * unclosed quote makes endless ends at its first '>'. */
bool amavis_address(struct cur *c, struct slice *ret);
/* "<s> -> <r1>,<r2>": sender, and one recipient or the list as it stands.  A list that the end of the record cuts is
 * taken as far as it goes. */
bool amavis_envelope(struct cur *c, struct event *e);
/* "5.3", "-1.9", "5.3+1.0-2" in thousandths; false: "-", "*", or no number */
bool amavis_score(struct slice s, int64_t *ret_milli);

/* "Passed ..." and "Blocked ...": the cursor stands behind the word; *e has the session */
enum parse_result amavis_verdict(struct cur c, bool blocked, struct event *e);
/* what follows the "..." of the second and later parts of a split record */
enum parse_result amavis_continuation(struct cur c, struct event *e);

/* All that is no verdict, no hand-over, no envelope.  alert: the number of '!' in the mark in front of the text;
 * of_message: there was an "(AMID) ".  NOTICE_NONE: no row fits. */
enum parse_result amavis_notice(struct slice text, int alert, bool of_message, struct event *e);

extern const struct parse_sample amavis_samples[];
extern const struct parse_sample amavis_refused[];

#endif
