/* SPDX-License-Identifier: Apache-2.0 */
/*
 * courier.h - the writer courier (see parse/parse.h)
 */
#ifndef PARSE_COURIER_H
#define PARSE_COURIER_H

#include "parse/parse.h"

extern const struct writer_ops courier_writer;

#endif
