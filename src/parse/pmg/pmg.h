/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pmg.h - the writer pmg (see parse/parse.h)
 */
#ifndef PARSE_PMG_H
#define PARSE_PMG_H

#include "parse/parse.h"

extern const struct writer_ops pmg_writer;

#endif
