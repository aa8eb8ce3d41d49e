/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sandbox_filter.c - the system calls that are left when logs are read, as a program for seccomp
 *
 * A list of what is allowed; the rest fails with EPERM, and what is newer than this list with ENOSYS, so that the C library
 * takes the older call (clone3() hides its flags in memory, where a filter cannot see them).
 * Source: seccomp(2), the kernel's Documentation/userspace-api/seccomp_filter.rst.
 * Why not libseccomp: it would load in each run, and needs 0.4 ms and 0.2 MiB to compile what is constant here.
 * Traps: numbers differ between architectures, and some have no open(), poll() or select(); x32 calls have the same
 * architecture as those of x86-64 and a bit of their own.
 */
#include "cli/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/attr.h"

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define ARCHITECTURE AUDIT_ARCH_RISCV64
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
#define ARCHITECTURE AUDIT_ARCH_PPC64LE
#endif

#ifdef ARCHITECTURE

#define X32_BIT      0x40000000
#define NEWEST       462 /* what came later (Linux 6.10) is unknown here */
#define STEPS_MAX    320
#define NEW_SPACES   (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)
#define OPEN_CHANGES (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND)

#define TERMINAL_2 0x802c542a /* TCGETS2, whose struct is no header's of the C library */

/* in the order of how often they are called; a call may have several rows */
static const struct row {
	int call;
	enum { ALWAYS, IF_EQUAL, IF_CLEAR, IF_THREAD, IF_OURSELVES, UNKNOWN } when;
	unsigned argument;  /* that is looked at: its lower half, as the kernel does for these */
	uint32_t value;
} ROWS[] = {
#define CALL(name) { __NR_##name, ALWAYS, 0, 0 },
	CALL(read) CALL(write) CALL(futex) CALL(lseek) CALL(mmap) CALL(munmap) CALL(mprotect) CALL(mremap) CALL(madvise) CALL(brk)
	CALL(close) CALL(fstat) CALL(pread64) CALL(readv) CALL(preadv) CALL(writev) CALL(pwrite64) CALL(fcntl) CALL(dup) CALL(dup3)
	{ __NR_openat, IF_CLEAR, 2, OPEN_CHANGES },
	CALL(statx) CALL(statfs) CALL(fstatfs) CALL(faccessat) CALL(readlinkat) CALL(getdents64) CALL(getcwd) CALL(fadvise64)
	/* memory and threads */
	{ __NR_clone, IF_THREAD, 0, 0 },
	CALL(set_robust_list) CALL(sched_getaffinity) CALL(sched_yield) CALL(sched_getparam) CALL(sched_getscheduler) CALL(gettid)
	CALL(exit) CALL(exit_group) CALL(rt_sigaction) CALL(rt_sigprocmask) CALL(rt_sigreturn) CALL(sigaltstack) CALL(restart_syscall)
	{ __NR_tgkill, IF_OURSELVES, 0, 0 }, /* abort() */
	/* waiting and clocks */
	CALL(ppoll) CALL(pselect6) CALL(nanosleep) CALL(clock_nanosleep) CALL(clock_gettime) CALL(clock_getres) CALL(gettimeofday)
	CALL(wait4)
	/* who and where are we */
	CALL(getpid) CALL(getppid) CALL(getuid) CALL(geteuid) CALL(getgid) CALL(getegid) CALL(getgroups) CALL(uname) CALL(sysinfo)
	CALL(getrusage) CALL(getrandom) CALL(getcpu)
	{ __NR_prlimit64, IF_EQUAL, 2, 0 },  /* to ask, not to set */
	{ __NR_prctl, IF_EQUAL, 0, PR_SET_NO_NEW_PRIVS }, /* Landlock asks for it */
	{ __NR_ioctl, IF_EQUAL, 1, TCGETS }, /* isatty() */
	{ __NR_ioctl, IF_EQUAL, 1, TERMINAL_2 },
	{ __NR_ioctl, IF_EQUAL, 1, TIOCGWINSZ },
	{ __NR_ioctl, IF_EQUAL, 1, FIONREAD },
#ifdef __NR_newfstatat
	CALL(newfstatat)
#endif
#ifdef __NR_rseq
	CALL(rseq)
#endif
#ifdef __NR_faccessat2
	CALL(faccessat2)
#endif
#ifdef __NR_landlock_create_ruleset /* less than this can still be asked for */
	CALL(landlock_create_ruleset) CALL(landlock_add_rule) CALL(landlock_restrict_self)
#endif
	/* the older calls, where an architecture has them */
#ifdef __NR_open
	{ __NR_open, IF_CLEAR, 1, OPEN_CHANGES },
#endif
#ifdef __NR_stat
	CALL(stat) CALL(lstat) CALL(access) CALL(readlink) CALL(dup2) CALL(poll) CALL(select)
#endif
#ifdef __NR_getrlimit
	CALL(getrlimit)
#endif
#ifdef __NR_time
	CALL(time)
#endif
	/* these hide in memory what they are to do: not there, so that the call above is taken */
#ifdef __NR_clone3
	{ __NR_clone3, UNKNOWN, 0, 0 },
#endif
#ifdef __NR_openat2
	{ __NR_openat2, UNKNOWN, 0, 0 },
#endif
#undef CALL
};

struct program {
	struct sock_filter steps[STEPS_MAX];
	unsigned short n;
};

static void add(struct program *p, uint16_t code, uint32_t k, uint8_t yes, uint8_t no)
{
	if (p->n < STEPS_MAX)
		p->steps[p->n++] = (struct sock_filter){ code, yes, no, k };
}

static void load(struct program *p, size_t offset)
{
	add(p, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

static void verdict(struct program *p, uint32_t action)
{
	add(p, BPF_RET | BPF_K, action, 0, 0);
}

#define FAIL(error) (SECCOMP_RET_ERRNO | (error))
#define ARGUMENT(i) (offsetof(struct seccomp_data, args) + 8 * (i)) /* its lower half: all of ours are little-endian */

/* The steps behind "is it this call?": they end in a verdict, or in the number of the call being loaded again. */
static void add_condition(struct program *p, const struct row *r)
{
	load(p, ARGUMENT(r->argument));
	switch (r->when) {
	case IF_EQUAL:
		add(p, BPF_JMP | BPF_JEQ | BPF_K, r->value, 0, 1);
		break;
	case IF_CLEAR:
		add(p, BPF_JMP | BPF_JSET | BPF_K, r->value, 1, 0);
		break;
	case IF_OURSELVES:
		add(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)getpid(), 0, 1);
		break;
	case IF_THREAD:
		add(p, BPF_JMP | BPF_JSET | BPF_K, NEW_SPACES, 2, 0);
		add(p, BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 0, 1);
		break;
	default:
		break;
	}
	verdict(p, SECCOMP_RET_ALLOW);
	load(p, offsetof(struct seccomp_data, nr));
}

/* Pointers have an upper half: NULL is both. */
static void add_null_condition(struct program *p, const struct row *r)
{
	load(p, ARGUMENT(r->argument));
	add(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 3);
	load(p, ARGUMENT(r->argument) + 4);
	add(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1);
	verdict(p, SECCOMP_RET_ALLOW);
	load(p, offsetof(struct seccomp_data, nr));
}

static void add_row(struct program *p, const struct row *r)
{
	unsigned short test = p->n;

	add(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)r->call, 0, 0);
	if (r->when == ALWAYS)
		verdict(p, SECCOMP_RET_ALLOW);
	else if (r->when == UNKNOWN)
		verdict(p, FAIL(ENOSYS));
	else if (r->call == __NR_prlimit64)
		add_null_condition(p, r);
	else
		add_condition(p, r);
	p->steps[test].jf = (uint8_t)(p->n - test - 1);
}

static void build(struct program *p)
{
	load(p, offsetof(struct seccomp_data, arch));
	add(p, BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0);
	verdict(p, FAIL(EPERM));
	load(p, offsetof(struct seccomp_data, nr));
#ifdef __x86_64__
	add(p, BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 0, 1);
	verdict(p, FAIL(ENOSYS));
#endif
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++)
		add_row(p, &ROWS[i]);
	add(p, BPF_JMP | BPF_JGT | BPF_K, NEWEST, 0, 1);
	verdict(p, FAIL(ENOSYS));
	verdict(p, FAIL(EPERM));
}

_Static_assert(ARRAY_LEN(ROWS) * 2 + 60 < STEPS_MAX, "the program has room");

bool sandbox_has_filter(void)
{
	const uint32_t action = SECCOMP_RET_ERRNO;

	return syscall(__NR_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

bool sandbox_filter(void)
{
	struct program p = { .n = 0 };
	struct sock_fprog program = { .filter = p.steps };

	if (!sandbox_has_filter() || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return false;
	build(&p);
	program.len = p.n;
	return syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) == 0;
}

#else

bool sandbox_has_filter(void)
{
	return false;
}

bool sandbox_filter(void)
{
	return false;
}

#endif
