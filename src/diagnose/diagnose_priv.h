/* SPDX-License-Identifier: Apache-2.0 */
/*
 * diagnose_priv.h - what tests and tools see of a diagnoser
 */
#ifndef DIAGNOSE_DIAGNOSE_PRIV_H
#define DIAGNOSE_DIAGNOSE_PRIV_H

#include "diagnose/diagnose.h"
#include "diagnose/rules.h"

/* Of these rules in place of the built-in ones; r may go.  Some rule must fit whatever will be asked. */
struct diagnoser *diagnoser_of_rules(const struct rules *r);

#endif
