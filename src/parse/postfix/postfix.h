/* SPDX-License-Identifier: Apache-2.0 */
/*
 * postfix.h - the writer postfix (see parse/parse.h)
 */
#ifndef PARSE_POSTFIX_H
#define PARSE_POSTFIX_H

#include "parse/parse.h"

extern const struct writer_ops postfix_writer;

#endif
