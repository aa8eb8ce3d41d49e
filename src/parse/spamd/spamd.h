/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spamd.h - the writer spamd (see parse/parse.h)
 */
#ifndef PARSE_SPAMD_H
#define PARSE_SPAMD_H

#include "parse/parse.h"

extern const struct writer_ops spamd_writer;

#endif
