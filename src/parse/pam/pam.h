/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pam.h - the writer pam (see parse/parse.h)
 */
#ifndef PARSE_PAM_H
#define PARSE_PAM_H

#include "parse/parse.h"

extern const struct writer_ops pam_writer;

#endif
