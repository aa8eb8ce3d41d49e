/* SPDX-License-Identifier: Apache-2.0 */
/*
 * replay.c - a fuzz target as an ordinary program: any compiler, no fuzzer
 *
 *	fuzz_NAME [--mutate N] FILE...
 *
 * Runs the target on every file, on every prefix of it (of the first 4096 bytes), and on N random changes of
 * it, the same ones in every run.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "fuzz.h"

#define FILE_MAX ((size_t)1 << 20)
#define PREFIX_MAX 4096

/* in a block of exactly that size, so that ASan sees every step past the end */
static void run(const uint8_t *data, size_t n)
{
	uint8_t *block = malloc(n + !n);

	memcpy(block, data, n);
	(void)LLVMFuzzerTestOneInput(block, n);
	free(block);
}

static uint32_t next_random(void)
{
	static uint64_t state = 42;

	state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(state >> 33);
}

static void run_changed(const uint8_t *data, size_t n)
{
	uint8_t *copy = malloc(n + !n);
	uint32_t changes = 1 + next_random() % 4;

	memcpy(copy, data, n);
	for (; n && changes; changes--) {
		size_t at = next_random() % n, from = next_random() % n, length;

		switch (next_random() % 3) {
		case 0:
			copy[at] = (uint8_t)next_random();
			break;
		case 1:
			copy[at] = copy[from];
			break;
		default:
			length = next_random() % 32;
			if (at + length <= n && from + length <= n)
				memmove(copy + at, copy + from, length);
		}
	}
	run(copy, n);
	free(copy);
}

static int replay(const char *path, uint64_t mutations)
{
	uint8_t *data = malloc(FILE_MAX);
	FILE *f = fopen(path, "rb");
	size_t n;

	if (!f) {
		perror(path);
		free(data);
		return 1;
	}
	n = fread(data, 1, FILE_MAX, f);
	(void)fclose(f);
	run(data, n);
	for (size_t i = 0; i < n && i < PREFIX_MAX; i++)
		run(data, i);
	for (uint64_t i = 0; i < mutations; i++)
		run_changed(data, n);
	free(data);
	return 0;
}

int main(int argc, char **argv)
{
	uint64_t mutations = 0;
	int failed = 0, first = 1;

	if (argc > 2 && strcmp(argv[1], "--mutate") == 0) {
		struct cur c = cur_of(slice_str(argv[2]));

		if (!cur_u64(&c, UINT32_MAX, &mutations) || !cur_at_end(&c))
			return 2;
		first = 3;
	}
	for (int i = first; i < argc; i++)
		failed |= replay(argv[i], mutations);
	return failed;
}
