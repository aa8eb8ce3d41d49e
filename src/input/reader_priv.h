/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reader_priv.h - what the decompressing readers share
 */
#ifndef INPUT_READER_PRIV_H
#define INPUT_READER_PRIV_H

#include "input/reader.h"

#define READER_CHUNK_BYTES ((size_t)128 << 10) /* compressed bytes per read */

/* Wrap inner (taken over, also on failure).  ERR_UNSUPPORTED: not in this build. */
ATTR_NODISCARD int reader_gzip_open(struct reader *inner, struct reader **ret, struct err *reterr);
ATTR_NODISCARD int reader_archive_open(struct reader *inner, const char *compression, struct reader **ret,
				       struct err *reterr);

/* What a stream begins with: is it text in UTF-16?  Some 16 bytes are enough. */
bool reader_is_utf16(struct slice head, bool *ret_big_endian);
/* Decode inner (taken over) into UTF-8; a byte order mark is left out. */
struct reader *reader_utf16_open(struct reader *inner, bool big_endian);

/* The message for a compressed file that stops in the middle. */
int reader_err_truncated(const char *name, struct err *reterr);

#endif
