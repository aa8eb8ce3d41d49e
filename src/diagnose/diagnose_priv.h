/* SPDX-License-Identifier: Apache-2.0 */
/*
 * diagnose_priv.h - what tests and tools see of a diagnoser
 */
#ifndef DIAGNOSE_DIAGNOSE_PRIV_H
#define DIAGNOSE_DIAGNOSE_PRIV_H

#include "diagnose/diagnose.h"
#include "diagnose/rules.h"

/* without rules but those of last resort */
struct diagnoser *diagnoser_new_bare(void);
/* as if the file were one of ours: its tiers hold */
size_t diagnoser_add_builtin(struct diagnoser *d, const char *name, struct slice text, const struct diag *diag);
/* of rules that the caller keeps */
struct diagnoser *diagnoser_of_rules(const struct rules *r);
const struct rules *diagnoser_rules(const struct diagnoser *d);

#endif
