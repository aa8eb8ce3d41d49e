/* SPDX-License-Identifier: Apache-2.0 */
/*
 * opensmtpd.h - the writer opensmtpd (see parse/parse.h)
 */
#ifndef PARSE_OPENSMTPD_H
#define PARSE_OPENSMTPD_H

#include "parse/parse.h"

extern const struct writer_ops opensmtpd_writer;

#endif
