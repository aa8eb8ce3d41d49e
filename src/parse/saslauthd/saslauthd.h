/* SPDX-License-Identifier: Apache-2.0 */
/*
 * saslauthd.h - the writer saslauthd (see parse/parse.h)
 */
#ifndef PARSE_SASLAUTHD_H
#define PARSE_SASLAUTHD_H

#include "parse/parse.h"

extern const struct writer_ops saslauthd_writer;

#endif
