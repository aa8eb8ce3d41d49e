/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io.h - file descriptors
 */
#ifndef BASE_IO_H
#define BASE_IO_H

#include <stdbool.h>

#include "base/slice.h"
#include "base/strbuf.h"

/* All bytes, whatever signals come and however many are taken at once; false: as errno says, and some of them may be written. */
bool io_write_all(int fd, struct slice bytes);

/*
 * io_read_all - read to the end, behind what is in *out
 *
 * Returns 0; EFBIG if *out would get more than max_bytes (which are then in it, and a byte more); else the errno of read(2), with
 * what came before in *out: after EAGAIN it goes on.
 */
int io_read_all(int fd, size_t max_bytes, struct strbuf *out);

#endif
