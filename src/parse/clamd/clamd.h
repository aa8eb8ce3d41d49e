/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clamd.h - the writer clamd (see parse/parse.h)
 */
#ifndef PARSE_CLAMD_H
#define PARSE_CLAMD_H

#include "parse/parse.h"

extern const struct writer_ops clamd_writer;

#endif
