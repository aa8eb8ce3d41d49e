/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clamav_milter.h - the writer clamav_milter (see parse/parse.h)
 */
#ifndef PARSE_CLAMAV_MILTER_H
#define PARSE_CLAMAV_MILTER_H

#include "parse/parse.h"

extern const struct writer_ops clamav_milter_writer;

#endif
