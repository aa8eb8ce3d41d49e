/* SPDX-License-Identifier: Apache-2.0 */
/*
 * milter_greylist.h - the writer milter_greylist (see parse/parse.h)
 */
#ifndef PARSE_MILTER_GREYLIST_H
#define PARSE_MILTER_GREYLIST_H

#include "parse/parse.h"

extern const struct writer_ops milter_greylist_writer;

#endif
