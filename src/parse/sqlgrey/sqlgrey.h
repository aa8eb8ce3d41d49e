/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sqlgrey.h - the writer sqlgrey (see parse/parse.h)
 */
#ifndef PARSE_SQLGREY_H
#define PARSE_SQLGREY_H

#include "parse/parse.h"

extern const struct writer_ops sqlgrey_writer;

#endif
