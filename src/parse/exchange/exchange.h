/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange.h - the writer Microsoft Exchange (see parse/parse.h)
 */
#ifndef PARSE_EXCHANGE_H
#define PARSE_EXCHANGE_H

#include "parse/parse.h"

extern const struct writer_ops exchange_writer;

#endif
