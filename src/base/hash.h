/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hash.h - one hash function for everything (XXH3, 64 bits, no seed: the same on every machine)
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stdint.h>

#include "base/slice.h"

uint64_t hash_slice(struct slice s);

#endif
