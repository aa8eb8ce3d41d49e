/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plesk.h - the writer plesk (see parse/parse.h)
 */
#ifndef PARSE_PLESK_H
#define PARSE_PLESK_H

#include "parse/parse.h"

extern const struct writer_ops plesk_writer;

#endif
