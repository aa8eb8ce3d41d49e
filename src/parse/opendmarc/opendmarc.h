/* SPDX-License-Identifier: Apache-2.0 */
/*
 * opendmarc.h - the writer opendmarc (see parse/parse.h)
 */
#ifndef PARSE_OPENDMARC_H
#define PARSE_OPENDMARC_H

#include "parse/parse.h"

extern const struct writer_ops opendmarc_writer;

#endif
