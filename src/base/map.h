/* SPDX-License-Identifier: Apache-2.0 */
/*
 * map.h - a hash map from bytes to a pointer, for keys that come and go
 *
 * Open addressing with backward-shift deletion: no tombstones, so the table does not rot while messages
 * open and close.  Keys are borrowed: they must live as long as their entry (usually inside the value).
 * Zero-initialised is an empty map.  Iteration order depends on the hash only, never on addresses, but
 * sort before showing anything.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

struct map_slot {
	struct slice key; /* key.p == NULL: free */
	uint64_t hash;
	void *value;
};

struct map {
	struct map_slot *slots;
	size_t n, cap; /* entries in use; slots, a power of two or 0 */
};

/* the value, or NULL */
void *map_get(const struct map *m, struct slice key);
/* add or replace; returns the old value or NULL.  value must not be NULL; key.p must not be NULL. */
void *map_put(struct map *m, struct slice key, void *value);
/* remove; returns the old value or NULL */
void *map_remove(struct map *m, struct slice key);
/* the next used slot at or after *at, or NULL; *at starts at 0 */
const struct map_slot *map_next(const struct map *m, size_t *at);
void map_done(struct map *m);

#endif
