/* SPDX-License-Identifier: Apache-2.0 */
/*
 * postsrsd.h - the writer postsrsd (see parse/parse.h)
 */
#ifndef PARSE_POSTSRSD_H
#define PARSE_POSTSRSD_H

#include "parse/parse.h"

extern const struct writer_ops postsrsd_writer;

#endif
