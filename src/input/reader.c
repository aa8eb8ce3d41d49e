/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reader.c - the plain reader, and the choice of a decompressor by magic
 */
#include "input/reader.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "input/reader_priv.h"

#define PEEK_BYTES READER_HEAD_BYTES

/* Bytes as they are: from a descriptor, or from memory if fd < 0. */
struct reader_plain {
	struct reader base;
	int fd;
	struct slice mem;
	size_t mem_at, fail_at;
	char peek[PEEK_BYTES]; /* read ahead to see the magic */
	size_t peek_n, peek_at;
};

struct magic {
	const char *bytes;
	size_t n;
	const char *compression;
	bool gzip;
};

#define MAGIC(bytes) bytes, sizeof(bytes) - 1
static const struct magic magics[] = {
	{ MAGIC("\x1f\x8b\x08"), "gzip", true },
	{ MAGIC("\x28\xb5\x2f\xfd"), "zstd", false },
	{ MAGIC("\xfd\x37zXZ"), "xz", false },
	{ MAGIC("BZh"), "bzip2", false },
	{ MAGIC("\x04\x22\x4d\x18"), "lz4", false },
	{ MAGIC("\x1f\x9d"), "compress", false },
	{ MAGIC("PK\x03\x04"), "zip", false },
	{ MAGIC("LZIP"), "lzip", false },
	{ MAGIC("\x5d\x00\x00"), "lzma", false },
};

static ssize_t plain_read_fd(struct reader_plain *p, char *buf, size_t n, struct err *reterr)
{
	for (;;) {
		ssize_t got = read(p->fd, buf, n);

		if (got >= 0) {
			p->base.taken_bytes += (uint64_t)got;
			return got;
		}
		if (errno == EAGAIN) {
			struct pollfd wait = { .fd = p->fd, .events = POLLIN };

			(void)poll(&wait, 1, -1);
		} else if (errno != EINTR) {
			return err_set_errno(reterr, ERR_READ, errno, "'%s': reading failed", p->base.name);
		}
	}
}

static ssize_t plain_read_mem(struct reader_plain *p, char *buf, size_t n, struct err *reterr)
{
	size_t left = p->mem.n - p->mem_at;

	if (p->mem_at >= p->fail_at)
		return err_set(reterr, ERR_READ, "'%s': reading failed", p->base.name);
	if (n > left)
		n = left;
	if (n > p->fail_at - p->mem_at)
		n = p->fail_at - p->mem_at;
	if (n)
		memcpy(buf, p->mem.p + p->mem_at, n);
	p->mem_at += n;
	return (ssize_t)n;
}

static ssize_t plain_read(struct reader *r, char *buf, size_t n, struct err *reterr)
{
	struct reader_plain *p = (struct reader_plain *)r;

	if (p->peek_at < p->peek_n) {
		if (n > p->peek_n - p->peek_at)
			n = p->peek_n - p->peek_at;
		memcpy(buf, p->peek + p->peek_at, n);
		p->peek_at += n;
		return (ssize_t)n;
	}
	return p->fd < 0 ? plain_read_mem(p, buf, n, reterr) : plain_read_fd(p, buf, n, reterr);
}

static void plain_done(struct reader *r)
{
	struct reader_plain *p = (struct reader_plain *)r;

	if (p->fd >= 0)
		(void)close(p->fd);
}

static const struct reader_ops plain_ops = { .read = plain_read, .done = plain_done };

static const struct magic *magic_of(struct slice head)
{
	for (size_t i = 0; i < ARRAY_LEN(magics); i++)
		if (head.n >= magics[i].n && memcmp(head.p, magics[i].bytes, magics[i].n) == 0)
			return &magics[i];
	return NULL;
}

/* RFC 1952: little-endian seconds at offset 4 of the first member's header; 0: not told. */
static uint32_t gzip_stored_time(const struct reader_plain *p)
{
	uint32_t v = 0;

	for (size_t i = 8; i-- > 4;)
		v = v << 8 | (p->peek_n >= 8 ? (unsigned char)p->peek[i] : 0);
	return v;
}

/* Is what was compressed UTF-16?  The bytes that tell are handed out again; an error waits for the next read. */
static struct reader *decode_text(struct reader *r)
{
	struct err err = { .code = ERR_OK };
	char head[READER_HEAD_BYTES];
	ssize_t got = reader_read_full(r, head, sizeof head, &err);
	bool big_endian;

	if (got < 0) {
		r->pending = err;
		r->ended = false;
		return r;
	}
	memcpy(r->head, head, (size_t)got);
	r->head_n = (uint8_t)got;
	if (!reader_is_utf16(slice_of(head, (size_t)got), &big_endian))
		return r;
	return reader_utf16_open(r, big_endian);
}

/* Read the first bytes and put a decompressor in front if they ask for one. */
static int reader_unwrap(struct reader_plain *p, struct reader **ret, struct err *reterr)
{
	const struct magic *m;
	uint32_t stored_time;
	bool big_endian;
	int rc;

	while (p->peek_n < PEEK_BYTES) {
		ssize_t got = p->fd < 0
				      ? plain_read_mem(p, p->peek + p->peek_n, PEEK_BYTES - p->peek_n, reterr)
				      : plain_read_fd(p, p->peek + p->peek_n, PEEK_BYTES - p->peek_n, reterr);

		if (got < 0 && p->peek_n == 0) {
			reader_free(&p->base);
			return (int)got;
		}
		if (got <= 0)
			break;
		p->peek_n += (size_t)got;
	}
	m = magic_of(slice_of(p->peek, p->peek_n));
	if (!m) {
		*ret = reader_is_utf16(slice_of(p->peek, p->peek_n), &big_endian) ?
			       reader_utf16_open(&p->base, big_endian) : &p->base;
		return 0;
	}
	stored_time = m->gzip ? gzip_stored_time(p) : 0;
	rc = m->gzip ? reader_gzip_open(&p->base, ret, reterr)
		     : reader_archive_open(&p->base, m->compression, ret, reterr);
	if (rc == 0) {
		(*ret)->stored_time = stored_time;
		(*ret)->plain = &p->base;
		*ret = decode_text(*ret);
	}
	return rc;
}

int reader_open_fd(int fd, const char *name, struct reader **ret, struct err *reterr)
{
	struct reader_plain *p = xcalloc(1, sizeof *p);

	p->base.ops = &plain_ops;
	p->base.name = xstrdup(name);
	p->fd = fd;
	p->fail_at = SIZE_MAX;
	return reader_unwrap(p, ret, reterr);
}

int reader_open_mem(struct slice bytes, size_t fail_at, const char *name, struct reader **ret,
		    struct err *reterr)
{
	struct reader_plain *p = xcalloc(1, sizeof *p);

	p->base.ops = &plain_ops;
	p->base.name = xstrdup(name);
	p->fd = -1;
	p->mem = bytes;
	p->fail_at = fail_at;
	return reader_unwrap(p, ret, reterr);
}

void reader_free(struct reader *r)
{
	if (!r)
		return;
	r->ops->done(r);
	free(r->name);
	free(r);
}

ssize_t reader_read(struct reader *r, char *buf, size_t n, struct err *reterr)
{
	ssize_t got;

	if (r->head_at < r->head_n) {
		if (n > (size_t)(r->head_n - r->head_at))
			n = (size_t)(r->head_n - r->head_at);
		memcpy(buf, r->head + r->head_at, n);
		r->head_at = (uint8_t)(r->head_at + n);
		return (ssize_t)n;
	}
	if (r->ended)
		return 0;
	if (r->pending.code) {
		r->ended = true;
		if (reterr)
			*reterr = r->pending;
		return r->pending.code;
	}
	got = r->ops->read(r, buf, n, reterr);
	if (got <= 0)
		r->ended = true;
	return got;
}

ssize_t reader_read_full(struct reader *r, char *buf, size_t n, struct err *reterr)
{
	size_t at = 0;

	while (at < n) {
		struct err err = { .code = ERR_OK };
		ssize_t got = reader_read(r, buf + at, n - at, &err);

		if (got < 0 && at > 0) {
			r->pending = err;
			r->ended = false;
			break;
		}
		if (got < 0 && reterr)
			*reterr = err;
		if (got < 0)
			return got;
		if (got == 0)
			break;
		at += (size_t)got;
	}
	return (ssize_t)at;
}

uint64_t reader_taken(const struct reader *r)
{
	return r->plain ? r->plain->taken_bytes : r->taken_bytes;
}

int reader_fd(const struct reader *r)
{
	return r->ops == &plain_ops ? ((const struct reader_plain *)r)->fd : -1;
}

bool reader_seek(struct reader *r, uint64_t offset)
{
	struct reader_plain *p = (struct reader_plain *)r;

	if (reader_fd(r) < 0 || lseek(p->fd, (off_t)offset, SEEK_SET) < 0)
		return false;
	p->peek_at = p->peek_n;
	r->taken_bytes = offset;
	return true;
}

int reader_err_truncated(const char *name, struct err *reterr)
{
	return err_set(reterr, ERR_READ, "'%s': compressed data end early; the lines up to there were read",
		       name);
}
