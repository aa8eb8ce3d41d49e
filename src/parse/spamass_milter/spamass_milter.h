/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spamass_milter.h - the writer spamass_milter (see parse/parse.h)
 */
#ifndef PARSE_SPAMASS_MILTER_H
#define PARSE_SPAMASS_MILTER_H

#include "parse/parse.h"

extern const struct writer_ops spamass_milter_writer;

#endif
