/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limits.c - what this process may take of the machine
 *
 * Source: getrlimit(2), core(5).
 * Traps: RLIMIT_AS counts what is only reserved (64 MiB for each thread's heap, the libraries), RLIMIT_DATA what can be
 * written to, with the whole stack of each thread.  The system's limit may be lower than ours; it stays.
 */
#include "cli/limits.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>

#include "base/attr.h"

#define LEAST_BYTES  (UINT64_C(256) << 20) /* names and their counters, twice: small machines swap a little before they get no answer */
#define STACK_BYTES  ((size_t)2 << 20)     /* of a thread; the usual 8 MiB on 64 processors are half a gigabyte */

static uint64_t machine_bytes(void)
{
	struct sysinfo machine;

	return sysinfo(&machine) == 0 ? (uint64_t)machine.totalram * machine.mem_unit : 0;
}

static uint64_t memory_limit(const struct options *o)
{
	uint64_t half = machine_bytes() / 2, least = LEAST_BYTES + o->memory_bytes + o->memory_bytes / 2;

	if (o->memory_limit_bytes)
		return o->memory_limit_bytes;
	return half > least ? half : least;
}

static void limit_stacks(void)
{
	pthread_attr_t attr;

	if (pthread_attr_init(&attr) != 0)
		return;
	if (pthread_attr_setstacksize(&attr, STACK_BYTES) == 0)
		(void)pthread_setattr_default_np(&attr);
	(void)pthread_attr_destroy(&attr);
}

unsigned limits_threads(void)
{
	struct rlimit memory;
	rlim_t n;

	if (getrlimit(RLIMIT_DATA, &memory) < 0 || memory.rlim_cur == RLIM_INFINITY)
		return UINT_MAX;
	n = 1 + memory.rlim_cur / 4 / STACK_BYTES;
	return n < UINT_MAX ? (unsigned)n : UINT_MAX;
}

int limits_set(const struct options *o, struct err *reterr)
{
	const struct rlimit none = { 0, 0 };
	struct rlimit memory;

	(void)setrlimit(RLIMIT_CORE, &none);
	/* the shadow memory of sanitizers counts, and their frames are large */
	if (BUILT_SANITIZED || o->memory_limit_bytes == LIMITS_NONE)
		return 0;
	limit_stacks();
	if (getrlimit(RLIMIT_DATA, &memory) < 0 || memory.rlim_cur <= memory_limit(o))
		return 0;
	memory.rlim_cur = memory_limit(o);
	if (setrlimit(RLIMIT_DATA, &memory) < 0 && o->memory_limit_bytes)
		return err_set_errno(reterr, ERR_USAGE, errno, "--memory-limit");
	return 0;
}
