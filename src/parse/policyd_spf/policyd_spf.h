/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policyd_spf.h - the writer policyd_spf (see parse/parse.h)
 */
#ifndef PARSE_POLICYD_SPF_H
#define PARSE_POLICYD_SPF_H

#include "parse/parse.h"

extern const struct writer_ops policyd_spf_writer;

#endif
