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

/* The message for a compressed file that stops in the middle. */
int reader_err_truncated(const char *name, struct err *reterr);

#endif
