/* SPDX-License-Identifier: Apache-2.0 */
/*
 * id_table.h - what the peers remember of a queue id or a name, in 24 bytes
 *
 * Names are known by their 64-bit hash: with a hundred million of them two share one with a chance of 1 in
 * 3,000.
 */
#ifndef COMPAT_ID_TABLE_H
#define COMPAT_ID_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/intern.h"
#include "base/slice.h"

struct id_entry {
	uint64_t key; /* 0: free */
	uint64_t size_bytes;
	sym_t sym;
	uint32_t flags;
};

/* Zero-initialised is empty. */
struct id_table {
	struct id_entry *slots;
	size_t n, cap; /* entries in use; slots, a power of two or 0 */
};

/* NULL if there is none; borrowed until the next put or remove */
struct id_entry *id_table_get(const struct id_table *t, struct slice name);
/* made zeroed if need be */
struct id_entry *id_table_put(struct id_table *t, struct slice name);
/* true if the name was not there before */
bool id_table_add(struct id_table *t, struct slice name);
void id_table_remove(struct id_table *t, struct slice name);
void id_table_done(struct id_table *t);

#endif
