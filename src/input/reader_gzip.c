/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reader_gzip.c - gzip through ISA-L's streaming inflate
 *
 * RFC 1952.  A file may hold several members one after the other (`cat a.gz b.gz`); zeros or garbage after
 * the last one are ignored, as gzip does.  Traps: ISA-L keeps decoded bytes back, so the end of the input is
 * only an error once a call without input gave nothing; and isal_inflate() forgets the flags of a header (that a name
 * follows) when the input ends in the middle of it, so the header is read with its own function.
 */
#include "config.h"

#include "input/reader_priv.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#if HAVE_ISAL
#include <isa-l/igzip_lib.h>
#endif

#include "base/alloc.h"

#if HAVE_ISAL

#define GZIP_MAGIC_BYTES 2
#define MAX_READ ((size_t)1 << 30) /* ISA-L counts in 32 bits */

struct reader_gzip {
	struct reader base;
	struct reader *inner;
	struct inflate_state state;
	struct isal_gzip_header header;
	bool in_header;
	uint8_t *in;
	bool in_ended; /* no more compressed bytes */
};

/* Keep what is left and read more behind it. */
static int gzip_refill(struct reader_gzip *z, struct err *reterr)
{
	ssize_t got;
	size_t left = z->state.avail_in;

	if (left)
		memmove(z->in, z->state.next_in, left);
	got = reader_read(z->inner, (char *)z->in + left, READER_CHUNK_BYTES - left, reterr);
	if (got < 0)
		return (int)got;
	z->in_ended = got == 0;
	z->state.next_in = z->in;
	z->state.avail_in = (uint32_t)(left + (size_t)got);
	return 0;
}

static void gzip_begin_member(struct reader_gzip *z)
{
	isal_gzip_header_init(&z->header);
	z->in_header = true;
	z->state.crc_flag = ISAL_GZIP_NO_HDR_VER;
}

/* At the end of a member: 1 if another one follows, 0 if not, or an error. */
static int gzip_next_member(struct reader_gzip *z, struct err *reterr)
{
	while (z->state.avail_in < GZIP_MAGIC_BYTES && !z->in_ended) {
		int rc = gzip_refill(z, reterr);

		if (rc < 0)
			return rc;
	}
	if (z->state.avail_in < GZIP_MAGIC_BYTES || z->state.next_in[0] != 0x1f ||
	    z->state.next_in[1] != 0x8b)
		return 0;
	isal_inflate_reset(&z->state);
	gzip_begin_member(z);
	return 1;
}

static int gzip_damaged(const struct reader *r, struct err *reterr)
{
	return err_set(reterr, ERR_READ, "'%s': compressed data are damaged; the lines up to there were read", r->name);
}

/* 1: the header of the member is read; 0: it goes on in the next bytes; or an error */
static int gzip_header(struct reader_gzip *z, struct err *reterr)
{
	int rc = isal_read_gzip_header(&z->state, &z->header);

	if (rc == ISAL_END_INPUT)
		return z->in_ended ? reader_err_truncated(z->base.name, reterr) : 0;
	if (rc != ISAL_DECOMP_OK)
		return gzip_damaged(&z->base, reterr);
	z->in_header = false;
	return 1;
}

static ssize_t gzip_read(struct reader *r, char *buf, size_t n, struct err *reterr)
{
	struct reader_gzip *z = (struct reader_gzip *)r;
	struct inflate_state *st = &z->state;
	int rc;

	n = n > MAX_READ ? MAX_READ : n;
	for (;;) {
		if (st->block_state == ISAL_BLOCK_FINISH && (rc = gzip_next_member(z, reterr)) <= 0)
			return rc;
		while (!z->in_ended && st->avail_in == 0)
			if ((rc = gzip_refill(z, reterr)) < 0)
				return rc;
		if (z->in_header && (rc = gzip_header(z, reterr)) <= 0) {
			if (rc < 0)
				return rc;
			continue;
		}
		st->next_out = (uint8_t *)buf;
		st->avail_out = (uint32_t)n;
		rc = isal_inflate(st);
		if (st->avail_out < n)
			return (ssize_t)(n - st->avail_out);
		if (rc != ISAL_DECOMP_OK)
			return gzip_damaged(r, reterr);
		if (st->block_state != ISAL_BLOCK_FINISH && z->in_ended && st->avail_in == 0)
			return reader_err_truncated(r->name, reterr);
	}
}

static void gzip_done(struct reader *r)
{
	struct reader_gzip *z = (struct reader_gzip *)r;

	free(z->in);
	reader_free(z->inner);
}

static const struct reader_ops gzip_ops = { .read = gzip_read, .done = gzip_done };

int reader_gzip_open(struct reader *inner, struct reader **ret, struct err *reterr)
{
	struct reader_gzip *z = xcalloc(1, sizeof *z);

	(void)reterr;
	z->base.ops = &gzip_ops;
	z->base.compression = "gzip";
	z->base.name = xstrdup(inner->name);
	z->inner = inner;
	z->in = xmalloc(READER_CHUNK_BYTES);
	isal_inflate_init(&z->state);
	gzip_begin_member(z);
	*ret = &z->base;
	return 0;
}

#else

int reader_gzip_open(struct reader *inner, struct reader **ret, struct err *reterr)
{
	return reader_archive_open(inner, "gzip", ret, reterr);
}

#endif
