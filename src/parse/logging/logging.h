/* SPDX-License-Identifier: Apache-2.0 */
/*
 * logging.h - the writer logging (see parse/parse.h)
 */
#ifndef PARSE_LOGGING_H
#define PARSE_LOGGING_H

#include "parse/parse.h"

extern const struct writer_ops logging_writer;

#endif
