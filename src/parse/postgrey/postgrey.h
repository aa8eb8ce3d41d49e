/* SPDX-License-Identifier: Apache-2.0 */
/*
 * postgrey.h - the writer postgrey (see parse/parse.h)
 */
#ifndef PARSE_POSTGREY_H
#define PARSE_POSTGREY_H

#include "parse/parse.h"

extern const struct writer_ops postgrey_writer;

#endif
