/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io.c - file descriptors
 */
#include "base/io.h"

#include <errno.h>
#include <unistd.h>

#define READ_BYTES ((size_t)64 << 10)

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

int io_read_all(int fd, size_t max_bytes, struct strbuf *out)
{
	while (out->n <= max_bytes) {
		size_t left = max_bytes - out->n, want = left < READ_BYTES ? left + 1 : READ_BYTES;
		ssize_t n = read(fd, strbuf_reserve(out, want), want);

		if (n < 0 && errno != EINTR)
			return errno;
		if (n == 0)
			return 0;
		out->n += n > 0 ? (size_t)n : 0;
		out->p[out->n] = '\0';
	}
	return EFBIG;
}
