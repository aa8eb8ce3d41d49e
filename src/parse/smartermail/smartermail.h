/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smartermail.h - the writer smartermail (see parse/parse.h)
 */
#ifndef PARSE_SMARTERMAIL_H
#define PARSE_SMARTERMAIL_H

#include "parse/parse.h"

extern const struct writer_ops smartermail_writer;

#endif
