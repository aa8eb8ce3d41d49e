/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rspamd.h - the writer rspamd (see parse/parse.h)
 */
#ifndef PARSE_RSPAMD_H
#define PARSE_RSPAMD_H

#include "parse/parse.h"

extern const struct writer_ops rspamd_writer;

#endif
