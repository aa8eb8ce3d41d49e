/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reader.h - a stream of bytes: a file, a pipe or memory, decompressed on the way
 *
 * What compressed the bytes is found out from their first bytes, never from a file name.
 */
#ifndef INPUT_READER_H
#define INPUT_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/slice.h"

struct reader;

struct reader_ops {
	/* up to n > 0 bytes: how many (0 only at the end), or an enum err_code */
	ssize_t (*read)(struct reader *r, char *buf, size_t n, struct err *reterr);
	/* release what the reader holds, not the reader itself */
	void (*done)(struct reader *r);
};

#define READER_HEAD_BYTES 16 /* enough to see what a stream is */

/* The common head of every reader. */
struct reader {
	const struct reader_ops *ops;
	const char *compression; /* "gzip", "zstd", ..., "utf-16" for text that is decoded; NULL: plain */
	uint32_t stored_time;    /* gzip's stored time, seconds since the epoch; 0: none */
	char *name;              /* for messages; owned */
	const struct reader *plain; /* private: the innermost one, which takes the bytes as they are */
	uint64_t taken_bytes;    /* private: by that one */
	bool ahead;              /* reads in a thread of its own */
	bool ended;              /* private: no more calls to ops->read */
	struct err pending;      /* private: told by the next read */
	char head[READER_HEAD_BYTES]; /* private: decompressed bytes that were looked at already */
	uint8_t head_n, head_at;
};

/*
 * reader_open_fd, reader_open_mem - read from a descriptor, or from memory
 *
 * fd is the reader's from now on, also on failure.  name is for messages.  bytes is borrowed for the life of
 * the reader; reading fails after fail_at bytes of it (SIZE_MAX: never).  A compressed stream is unwrapped, and
 * UTF-16 becomes UTF-8.
 * Returns 0 and *ret (caller frees with reader_free()), ERR_READ, or ERR_UNSUPPORTED when this build can't
 * decompress it.
 */
ATTR_NODISCARD int reader_open_fd(int fd, const char *name, struct reader **ret, struct err *reterr);
ATTR_NODISCARD int reader_open_mem(struct slice bytes, size_t fail_at, const char *name, struct reader **ret,
				   struct err *reterr);
void reader_free(struct reader *r);

/*
 * reader_ahead - read in a thread of its own, ahead of who calls reader_read() by a fixed number of bytes
 *
 * inner is the new reader's.  It must never wait for anybody: freeing the new reader waits for its last read.
 * Returns inner itself if no thread can be started.
 */
struct reader *reader_ahead(struct reader *inner);

/* how many bytes it took, still compressed */
uint64_t reader_taken(const struct reader *r);

/* the descriptor of a plain file, borrowed; -1 for anything else */
int reader_fd(const struct reader *r);

/* Go on at that offset of a plain file: what lies before counts as taken.  False: it can't be done, nothing changed. */
bool reader_seek(struct reader *r, uint64_t offset);

/* As struct reader_ops says.  After an error or the end, further calls give the end. */
ATTR_NODISCARD ssize_t reader_read(struct reader *r, char *buf, size_t n, struct err *reterr);

/* The same until n bytes are there or the end is reached; an error counts as the end if some bytes came first
 * and comes up again with the next call. */
ATTR_NODISCARD ssize_t reader_read_full(struct reader *r, char *buf, size_t n, struct err *reterr);

#endif
