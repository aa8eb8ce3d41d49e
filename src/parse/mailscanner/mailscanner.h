/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mailscanner.h - the writer mailscanner (see parse/parse.h)
 */
#ifndef PARSE_MAILSCANNER_H
#define PARSE_MAILSCANNER_H

#include "parse/parse.h"

extern const struct writer_ops mailscanner_writer;

#endif
