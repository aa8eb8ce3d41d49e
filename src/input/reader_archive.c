/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reader_archive.c - zstd, xz, bzip2, lz4, lzip, lzma, compress through libarchive's read filters, and zip
 *
 * libarchive brings a dozen libraries along, which take 3 MiB and a millisecond: it is loaded when it is needed.
 *
 * The raw format is "one member without a name".  Of archives only zip is unpacked, in which Windows programs keep their old
 * logs one by one: its first file.  Traps: raw refuses empty data,
 * the empty format takes it; archive_read_data() throws away what it has when an error follows, so blocks are
 * asked for.
 */
#include "config.h"

#include "input/reader_priv.h"

#include <stdlib.h>
#include <string.h>

#if HAVE_LIBARCHIVE
#include <archive.h>
#include <archive_entry.h>
#endif

#include "base/alloc.h"
#include "input/library.h"

#if HAVE_LIBARCHIVE

#define LIBRARY "libarchive.so.13" /* since 3.0 */

#define LIBRARY_CALLS(X)                         \
	X(archive_entry_filetype)                \
	X(archive_filter_code)                   \
	X(archive_read_data_block)               \
	X(archive_read_free)                     \
	X(archive_read_new)                      \
	X(archive_read_next_header)              \
	X(archive_read_open)                     \
	X(archive_read_support_filter_bzip2)     \
	X(archive_read_support_filter_compress)  \
	X(archive_read_support_filter_gzip)      \
	X(archive_read_support_filter_lz4)       \
	X(archive_read_support_filter_lzip)      \
	X(archive_read_support_filter_lzma)      \
	X(archive_read_support_filter_xz)        \
	X(archive_read_support_filter_zstd)      \
	X(archive_read_support_format_empty)     \
	X(archive_read_support_format_raw)       \
	X(archive_read_support_format_zip_streamable)

struct library {
#define X(call) __typeof__(&call) call;
	LIBRARY_CALLS(X)
#undef X
};

struct reader_archive {
	struct reader base;
	struct reader *inner;
	struct library lib;
	struct archive *archive; /* NULL: not opened yet */
	char *in;
	bool in_ended; /* the compressed bytes were read to their end */
	struct err inner_err;
	const char *block; /* decompressed, not handed out yet; libarchive's until the next call */
	size_t block_n;
};

static int load(struct library *lib, const char *name, const char *compression, struct err *reterr)
{
#define X(call) { #call, NULL },
	static const struct library_call CALLS[] = { LIBRARY_CALLS(X) };
#undef X

	if (!library_load(LIBRARY, CALLS, ARRAY_LEN(CALLS), lib))
		return 0;
	return err_set(reterr, ERR_UNSUPPORTED, "'%s': compressed with %s, which is read through %s, which is not here; skipping", name,
		       compression, LIBRARY);
}

static la_ssize_t archive_pull(struct archive *a, void *ctx, const void **ret)
{
	struct reader_archive *z = ctx;
	ssize_t got = reader_read(z->inner, z->in, READER_CHUNK_BYTES, &z->inner_err);

	(void)a;
	*ret = z->in;
	if (got == 0)
		z->in_ended = true;
	return got < 0 ? ARCHIVE_FATAL : got;
}

static int archive_fail(struct reader_archive *z, struct err *reterr)
{
	if (z->inner_err.code) {
		if (reterr)
			*reterr = z->inner_err;
		return z->inner_err.code;
	}
	if (z->in_ended)
		return reader_err_truncated(z->base.name, reterr);
	return err_set(reterr, ERR_READ, "'%s': compressed data are damaged; the lines up to there were read",
		       z->base.name);
}

static ssize_t archive_read_some(struct reader *r, char *buf, size_t n, struct err *reterr)
{
	struct reader_archive *z = (struct reader_archive *)r;
	const void *block;
	size_t block_n;
	la_int64_t offset;
	int rc;

	while (z->block_n == 0) {
		rc = z->lib.archive_read_data_block(z->archive, &block, &block_n, &offset);
		if (rc == ARCHIVE_EOF)
			return 0;
		if (rc != ARCHIVE_OK && rc != ARCHIVE_WARN && rc != ARCHIVE_RETRY)
			return archive_fail(z, reterr);
		z->block = block;
		z->block_n = rc == ARCHIVE_RETRY ? 0 : block_n;
	}
	if (n > z->block_n)
		n = z->block_n;
	memcpy(buf, z->block, n);
	z->block += n;
	z->block_n -= n;
	return (ssize_t)n;
}

static void archive_done(struct reader *r)
{
	struct reader_archive *z = (struct reader_archive *)r;

	if (z->archive)
		(void)z->lib.archive_read_free(z->archive);
	free(z->in);
	reader_free(z->inner);
}

static const struct reader_ops archive_ops = { .read = archive_read_some, .done = archive_done };

static void support_filters(const struct library *lib, struct archive *a)
{
	(void)lib->archive_read_support_filter_gzip(a);
	(void)lib->archive_read_support_filter_bzip2(a);
	(void)lib->archive_read_support_filter_compress(a);
	(void)lib->archive_read_support_filter_lz4(a);
	(void)lib->archive_read_support_filter_lzip(a);
	(void)lib->archive_read_support_filter_lzma(a);
	(void)lib->archive_read_support_filter_xz(a);
	(void)lib->archive_read_support_filter_zstd(a);
	(void)lib->archive_read_support_format_raw(a);
	(void)lib->archive_read_support_format_empty(a);
}

/* The first file of a zip, past its directories; else the only member there is. */
static int next_file(const struct library *lib, struct archive *a)
{
	struct archive_entry *entry;
	int rc;

	do
		rc = lib->archive_read_next_header(a, &entry);
	while (rc == ARCHIVE_OK && lib->archive_entry_filetype(entry) == AE_IFDIR);
	return rc;
}

int reader_archive_open(struct reader *inner, const char *compression, struct reader **ret,
			struct err *reterr)
{
	struct reader_archive *z = xcalloc(1, sizeof *z);
	bool zip = strcmp(compression, "zip") == 0;
	int rc = load(&z->lib, inner->name, compression, reterr);

	z->base.ops = &archive_ops;
	z->base.compression = compression;
	z->base.name = xstrdup(inner->name);
	z->inner = inner;
	if (rc < 0) {
		reader_free(&z->base);
		return rc;
	}
	z->in = xmalloc(READER_CHUNK_BYTES);
	z->archive = z->lib.archive_read_new();
	if (!z->archive) {
		rc = err_set(reterr, ERR_LIMIT, "'%s': no memory to decompress it", inner->name);
		reader_free(&z->base);
		return rc;
	}
	if (zip)
		(void)z->lib.archive_read_support_format_zip_streamable(z->archive);
	else
		support_filters(&z->lib, z->archive);
	rc = z->lib.archive_read_open(z->archive, z, NULL, archive_pull, NULL);
	if (rc == ARCHIVE_OK)
		rc = next_file(&z->lib, z->archive);
	/* a header too short for its filter would come through as it is */
	if (rc == ARCHIVE_OK && !zip && z->lib.archive_filter_code(z->archive, 0) == ARCHIVE_FILTER_NONE)
		rc = ARCHIVE_FATAL;
	if (rc != ARCHIVE_OK && rc != ARCHIVE_EOF) {
		rc = archive_fail(z, reterr);
		reader_free(&z->base);
		return rc;
	}
	z->base.ended = rc == ARCHIVE_EOF; /* nothing in it; asking for data would be an error */
	*ret = &z->base;
	return 0;
}

#else

int reader_archive_open(struct reader *inner, const char *compression, struct reader **ret,
			struct err *reterr)
{
	int rc = err_set(reterr, ERR_UNSUPPORTED,
			 "'%s': compressed with %s, which this build can't read, skipping", inner->name,
			 compression);

	(void)ret;
	reader_free(inner);
	return rc;
}

#endif
