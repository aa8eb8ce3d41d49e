/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io.h - file descriptors
 */
#ifndef BASE_IO_H
#define BASE_IO_H

#include <stdbool.h>

#include "base/slice.h"

/* All bytes, whatever signals come and however many are taken at once; false: as errno says, and some of them may be written. */
bool io_write_all(int fd, struct slice bytes);

#endif
