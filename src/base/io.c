/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io.c - file descriptors
 */
#include "base/io.h"

#include <errno.h>
#include <unistd.h>

bool io_write_all(int fd, struct slice bytes)
{
	while (bytes.n) {
		ssize_t n = write(fd, bytes.p, bytes.n);

		if (n < 0 && errno != EINTR)
			return false;
		bytes = slice_from(bytes, n > 0 ? (size_t)n : 0);
	}
	return true;
}
