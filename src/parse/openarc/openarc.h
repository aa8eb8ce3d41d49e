/* SPDX-License-Identifier: Apache-2.0 */
/*
 * openarc.h - the writer openarc (see parse/parse.h)
 */
#ifndef PARSE_OPENARC_H
#define PARSE_OPENARC_H

#include "parse/parse.h"

extern const struct writer_ops openarc_writer;

#endif
