/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dovecot.h - the writer dovecot (see parse/parse.h)
 */
#ifndef PARSE_DOVECOT_H
#define PARSE_DOVECOT_H

#include "parse/parse.h"

extern const struct writer_ops dovecot_writer;

#endif
