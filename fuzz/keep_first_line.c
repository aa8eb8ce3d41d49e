/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keep_first_line.c - a mutator for inputs whose first line says what the rest is
 *
 * libFuzzer would spend most of its time on turning one writer's input into another writer's.  Seven times out of eight the first line stays.
 */
#include <string.h>

#include "fuzz.h"

/* libFuzzer's own; returns the new size */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	const uint8_t *newline = size ? memchr(data, '\n', size) : NULL;
	size_t head = newline ? (size_t)(newline - data) + 1 : 0;

	if (seed % 8 == 0 || head >= max_size)
		return LLVMFuzzerMutate(data, size, max_size);
	return head + LLVMFuzzerMutate(data + head, size - head, max_size - head);
}
