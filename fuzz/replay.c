/* SPDX-License-Identifier: Apache-2.0 */
/*
 * replay.c - a fuzz target as an ordinary program: any compiler, no fuzzer
 *
 *	fuzz_NAME [--mutate N | --swell N] [FILE|FOLDER]...
 *
 * Runs the target on every file, on prefixes of it (of the first 4096 bytes; all of them but with a small N), and on N random changes of
 * it, the same ones in every run.
 *
 * With --swell: N times a piece of each file is repeated until the input is SWOLLEN_BYTES long.  Work that grows with the square of a
 * record's length shows itself as seconds: more than SWOLLEN_SECONDS of processor time is a failure, and the input is kept as "swollen".
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cursor.h"
#include "fuzz.h"

#define FILE_MAX ((size_t)1 << 20)
#define PREFIX_MAX 4096
#define PIECE_MAX 48
#define SWOLLEN_BYTES ((size_t)1 << 20)
#define SWOLLEN_SECONDS 1.0

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

static double cpu_seconds(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* the input with a piece of it many times; false: it took too long */
static int run_swollen(const char *path, const uint8_t *data, size_t n)
{
	size_t at = next_random() % n, length = 1 + next_random() % PIECE_MAX, times, size;
	uint8_t *block;
	double took;
	FILE *f;

	if (length > n - at)
		length = n - at;
	times = SWOLLEN_BYTES / length;
	size = n + (times - 1) * length;
	block = malloc(size);
	memcpy(block, data, at);
	for (size_t i = 0; i < times; i++)
		memcpy(block + at + i * length, data + at, length);
	memcpy(block + at + times * length, data + at + length, n - at - length);
	took = -cpu_seconds();
	(void)LLVMFuzzerTestOneInput(block, size);
	took += cpu_seconds();
	if (took > SWOLLEN_SECONDS) {
		(void)fprintf(stderr, "%s: %.1f s with '%.*s' %zu times (the input is kept as 'swollen')\n", path, took, (int)length,
			      (const char *)data + at, times);
		f = fopen("swollen", "wb");
		if (f) {
			(void)fwrite(block, 1, size, f);
			(void)fclose(f);
		}
	}
	free(block);
	return took > SWOLLEN_SECONDS;
}

struct how {
	uint64_t changes; /* 0: as it is, with all prefixes */
	uint64_t swellings;
};

static int replay_bytes(const char *path, const uint8_t *data, size_t n, const struct how *how)
{
	size_t step = 1;
	int failed = 0;

	for (uint64_t i = 0; n && i < how->swellings; i++)
		failed |= run_swollen(path, data, n);
	if (how->swellings)
		return failed;
	run(data, n);
	if (how->changes)
		step += (n < PREFIX_MAX ? n : PREFIX_MAX) / (3 * how->changes);
	for (size_t i = 0; i < n && i < PREFIX_MAX; i += step)
		run(data, i);
	for (uint64_t i = 0; i < how->changes; i++)
		run_changed(data, n);
	return 0;
}

static int replay(const char *path, const struct how *how)
{
	uint8_t *data = malloc(FILE_MAX);
	FILE *f = fopen(path, "rb");
	int failed = 1;
	size_t n;

	if (!f) {
		perror(path);
	} else {
		n = fread(data, 1, FILE_MAX, f);
		(void)fclose(f);
		failed = replay_bytes(path, data, n, how);
	}
	free(data);
	return failed;
}

static int no_dots(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

/* a file, or all that lie in a folder */
static int replay_all(const char *path, const struct how *how)
{
	struct dirent **names = NULL;
	int n = scandir(path, &names, no_dots, alphasort), failed = 0;

	if (n < 0)
		return replay(path, how);
	for (int i = 0; i < n; i++) {
		char file[4096];

		(void)snprintf(file, sizeof file, "%s/%s", path, names[i]->d_name);
		failed |= replay(file, how);
		free(names[i]);
	}
	free(names);
	return failed || n == 0;
}

int main(int argc, char **argv)
{
	struct how how = { 0 };
	int failed = 0, first = 1;

	if (argc > 2 && (strcmp(argv[1], "--mutate") == 0 || strcmp(argv[1], "--swell") == 0)) {
		struct cur c = cur_of(slice_str(argv[2]));

		if (!cur_u64(&c, UINT32_MAX, argv[1][2] == 'm' ? &how.changes : &how.swellings) || !cur_at_end(&c))
			return 2;
		first = 3;
	}
	for (int i = first; i < argc; i++)
		failed |= replay_all(argv[i], &how);
	return failed;
}
