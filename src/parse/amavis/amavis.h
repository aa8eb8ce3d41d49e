/* SPDX-License-Identifier: Apache-2.0 */
/*
 * amavis.h - the writer amavis (see parse/parse.h)
 */
#ifndef PARSE_AMAVIS_H
#define PARSE_AMAVIS_H

#include "parse/parse.h"

extern const struct writer_ops amavis_writer;

#endif
