/* SPDX-License-Identifier: Apache-2.0 */
/*
 * save.h - an answer into a file, whole or not at all
 */
#ifndef CLI_SAVE_H
#define CLI_SAVE_H

#include "base/attr.h"
#include "base/err.h"
#include "base/slice.h"

/*
 * save_file - write a file in one step
 *
 * The text goes to a new file beside it, which then takes its name: whoever reads sees the old one or the new one,
 * and a full disk leaves the old one.  A file that is there keeps its rights; a symbolic link stays one; what is no
 * plain file (a pipe, a terminal) is written to as it is.  Returns 0 or ERR_WRITE with name and reason.
 */
ATTR_NODISCARD int save_file(const char *path, struct slice text, struct err *reterr);

#endif
