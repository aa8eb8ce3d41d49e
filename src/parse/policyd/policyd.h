/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policyd.h - the writer policyd (see parse/parse.h)
 */
#ifndef PARSE_POLICYD_H
#define PARSE_POLICYD_H

#include "parse/parse.h"

extern const struct writer_ops policyd_writer;

#endif
