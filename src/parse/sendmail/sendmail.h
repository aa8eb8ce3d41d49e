/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sendmail.h - the writer sendmail (see parse/parse.h)
 */
#ifndef PARSE_SENDMAIL_H
#define PARSE_SENDMAIL_H

#include "parse/parse.h"

extern const struct writer_ops sendmail_writer;

#endif
