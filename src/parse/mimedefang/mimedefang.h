/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mimedefang.h - the writer mimedefang (see parse/parse.h)
 */
#ifndef PARSE_MIMEDEFANG_H
#define PARSE_MIMEDEFANG_H

#include "parse/parse.h"

extern const struct writer_ops mimedefang_writer;

#endif
