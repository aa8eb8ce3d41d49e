/* SPDX-License-Identifier: Apache-2.0 */
/*
 * frame_priv.h - what the parts of the framer share
 */
#ifndef INPUT_FRAME_PRIV_H
#define INPUT_FRAME_PRIV_H

#include "input/frame.h"

/*
 * frame_emit - hand out [at, text) as a record
 *
 * It takes `length` bytes of the stream and `lines` physical lines, and ends in the buffer at `next`.
 */
enum frame_result frame_emit(struct framer *f, struct line *l, size_t text, size_t next, uint64_t length, uint32_t lines);

/* frame_export.c */
/* Does an entry of the journal's export form begin with this line? */
bool frame_starts_export(struct slice line);
/* The record at `at` is such an entry, or was one in the last call (f->entry.state says). */
enum frame_result frame_export(struct framer *f, struct line *l);

#endif
