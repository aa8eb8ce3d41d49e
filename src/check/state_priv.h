/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state_priv.h - what the reader and the writer of the state share
 */
#ifndef CHECK_STATE_PRIV_H
#define CHECK_STATE_PRIV_H

#include "base/slice.h"
#include "check/state.h"

#define STATE_VERSION 1
#define SPANS_MAX     3000 /* that are remembered */

/* an empty one at the end */
struct check_span *state_add_span(struct check_state *s);
/* Fill in what the file says; ERR_FORMAT if it is damaged. */
ATTR_NODISCARD int state_parse(struct check_state *s, struct slice text, struct err *reterr);
/* This build can read a state. */
ATTR_NODISCARD int state_supported(struct err *reterr);

#endif
