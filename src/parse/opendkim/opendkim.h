/* SPDX-License-Identifier: Apache-2.0 */
/*
 * opendkim.h - the writer opendkim (see parse/parse.h)
 */
#ifndef PARSE_OPENDKIM_H
#define PARSE_OPENDKIM_H

#include "parse/parse.h"

extern const struct writer_ops opendkim_writer;

#endif
