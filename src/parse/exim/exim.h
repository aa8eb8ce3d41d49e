/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exim.h - the writer exim (see parse/parse.h)
 */
#ifndef PARSE_EXIM_H
#define PARSE_EXIM_H

#include "parse/parse.h"

extern const struct writer_ops exim_writer;

#endif
