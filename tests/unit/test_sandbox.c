/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_sandbox.c - a parser that tries to do what no parser has to do
 *
 * This program is mailwhy but for one thing: the linker puts __wrap_parse_line() in the place of parse_line() (-Wl,--wrap), and
 * before it parses its first line in each thread it tries everything that is in TRIES.  What came of it goes to memory that the
 * test shares with it.
 */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "cli/app.h"
#include "cli/sandbox.h"
#include "parse/parse.h"

#define THREADS_MAX 16

/* --- what a parser tries ------------------------------------------------------------------------------ */

/* in the directory that the test made, which is where it stands */
#define LOG     "mail.log"
#define OTHER   "other.log" /* not asked for */
#define NEW     "new"
#define LISTING "queue.txt"

static int opened(const char *path, int flags)
{
	int fd = open(path, flags, 0600);

	if (fd < 0)
		return errno;
	(void)close(fd);
	return 0;
}

static int result(long r)
{
	return r < 0 ? errno : 0;
}

static int try_fork(void)
{
	pid_t child = fork();

	if (child == 0)
		_exit(0);
	if (child > 0)
		(void)waitpid(child, NULL, 0);
	return result(child);
}

static int try_exec(void)
{
	char *const argv[] = { (char *)(uintptr_t)"/bin/true", NULL };
	int status = 0;
	pid_t child = fork();

	if (child <= 0)
		return result(execve("/bin/true", argv, NULL));
	(void)waitpid(child, &status, 0);
	return status;
}

static int try_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_DATA, &limit) < 0)
		return 0;
	return result(setrlimit(RLIMIT_DATA, &limit));
}

/* What keeps it away: the filter, or Landlock alone. */
enum layer { BY_FILTER, BY_PATHS };

/* id, what is tried, what keeps it away, does it work and do no harm without a sandbox, how: 0 if it worked, else errno */
#define TRIES(X)                                                                                                                      \
	X(passwd, "to read /etc/passwd", BY_PATHS, true, opened("/etc/passwd", O_RDONLY))                                             \
	X(other, "to read a log that was not asked for", BY_PATHS, true, opened(OTHER, O_RDONLY))                                     \
	X(directory, "to list a directory", BY_PATHS, true, opened(".", O_RDONLY | O_DIRECTORY))                                      \
	X(environ, "to read its own environment", BY_PATHS, true, opened("/proc/self/environ", O_RDONLY))                             \
	X(write, "to write to the log", BY_FILTER, true, opened(LOG, O_WRONLY))                                                       \
	X(append, "to append to the log", BY_FILTER, true, opened(LOG, O_WRONLY | O_APPEND))                                          \
	X(empty, "to empty the log", BY_FILTER, false, opened(LOG, O_RDONLY | O_TRUNC))                                               \
	X(create, "to make a file", BY_FILTER, true, opened(NEW, O_RDWR | O_CREAT))                                                   \
	X(nameless, "to make a file without a name", BY_FILTER, true, opened("/tmp", O_TMPFILE | O_RDWR))                             \
	X(memory, "to write to its own memory as a file", BY_FILTER, true, opened("/proc/self/mem", O_RDWR))                          \
	X(truncate, "to truncate() the log", BY_FILTER, false, result(truncate(LOG, 0)))                                              \
	X(unlink, "to unlink the log", BY_FILTER, false, result(unlink(LOG)))                                                         \
	X(rename, "to rename the log", BY_FILTER, false, result(rename(LOG, NEW)))                                                    \
	X(link, "to link the log", BY_FILTER, false, result(link(LOG, NEW)))                                                          \
	X(symlink, "to make a symbolic link", BY_FILTER, false, result(symlink("/etc/passwd", NEW)))                                  \
	X(mkdir, "to make a directory", BY_FILTER, false, result(mkdir(NEW, 0700)))                                                   \
	X(mkfifo, "to make a named pipe", BY_FILTER, false, result(mkfifo(NEW, 0600)))                                                \
	X(chmod, "to chmod() the log", BY_FILTER, true, result(chmod(LOG, 0666)))                                                     \
	X(chown, "to chown() the log", BY_FILTER, false, result(chown(LOG, 1, 1)))                                                    \
	X(utimes, "to set the times of the log", BY_FILTER, true, result(utimensat(AT_FDCWD, LOG, NULL, 0)))                          \
	X(xattr, "to set an attribute", BY_FILTER, false, result(setxattr(LOG, "user.x", "y", 1, 0)))                                 \
	X(inet, "to open an IPv4 socket", BY_FILTER, true, result(socket(AF_INET, SOCK_STREAM, 0)))                                   \
	X(inet6, "to open an IPv6 socket", BY_FILTER, true, result(socket(AF_INET6, SOCK_DGRAM, 0)))                                  \
	X(local, "to open a local socket", BY_FILTER, true, result(socket(AF_UNIX, SOCK_STREAM, 0)))                                  \
	X(netlink, "to open a netlink socket", BY_FILTER, true, result(socket(AF_NETLINK, SOCK_RAW, 0)))                              \
	X(pair, "to make a pair of sockets", BY_FILTER, true, result(socketpair(AF_UNIX, SOCK_STREAM, 0, (int[2]){ 0, 0 })))          \
	X(fork, "to fork()", BY_FILTER, true, try_fork())                                                                             \
	X(exec, "to run a program", BY_FILTER, true, try_exec())                                                                      \
	X(space, "to leave for a user namespace", BY_FILTER, false, result(syscall(__NR_unshare, CLONE_NEWUSER)))                     \
	X(kill, "to send its parent a signal", BY_FILTER, true, result(kill(getppid(), 0)))                                           \
	X(tgkill, "to send a thread of another process a signal", BY_FILTER, false, result(syscall(__NR_tgkill, 1, 1, 0)))            \
	X(trace, "to trace another process", BY_FILTER, false, result(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL)))                  \
	X(peek, "to read another's memory", BY_FILTER, false, result(syscall(__NR_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0))) \
	X(ring, "to set up io_uring", BY_FILTER, false, result(syscall(425, 1, NULL)))                                                \
	X(bpf, "to load a program into the kernel", BY_FILTER, false, result(syscall(__NR_bpf, 0, NULL, 0)))                          \
	X(mount, "to mount something", BY_FILTER, false, result(syscall(__NR_mount, "none", ".", "tmpfs", 0, NULL)))                  \
	X(root, "to change its root", BY_FILTER, false, result(chroot(".")))                                                          \
	X(user, "to become another user", BY_FILTER, false, result(syscall(__NR_setuid, 1)))                                          \
	X(limit, "to set its limits", BY_FILTER, true, try_limit())                                                                   \
	X(dump, "to change what it gives away", BY_FILTER, true, result(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)))                          \
	X(how, "to open in a way that no filter sees", BY_FILTER, false, result(syscall(437, AT_FDCWD, LOG, NULL, 0)))                \
	X(clone, "to clone in a way that no filter sees", BY_FILTER, false, result(syscall(435, NULL, 0)))

enum try {
#define X(id, text, layer, harmless, how) TRY_##id,
	TRIES(X)
#undef X
	TRY_COUNT
};

#define X(id, text, layer, harmless, how) \
	static int do_##id(void)          \
	{                                 \
		return how;               \
	}
TRIES(X)
#undef X

static const struct {
	const char *text;
	enum layer layer;
	bool harmless;
	int (*run)(void);
} TRY[] = {
#define X(id, text, layer, harmless, how) { text, layer, harmless, do_##id },
	TRIES(X)
#undef X
};

/* --- the parser --------------------------------------------------------------------------------------- */

/* shared with the process that looks */
static struct seen {
	bool only_harmless;                   /* there is no sandbox: the rest would hurt this machine */
	int n_threads;                        /* that parsed something */
	int results[THREADS_MAX][TRY_COUNT];
	int log, zone;                        /* errno of reading them once more: of what is allowed */
} *seen;

static _Thread_local bool tried;

static void try_everything(void)
{
	int thread = tried || !seen ? THREADS_MAX : __atomic_fetch_add(&seen->n_threads, 1, __ATOMIC_SEQ_CST);

	tried = true;
	if (thread >= THREADS_MAX)
		return;
	for (size_t i = 0; i < TRY_COUNT; i++)
		seen->results[thread][i] = TRY[i].harmless || !seen->only_harmless ? TRY[i].run() : EPERM;
	__atomic_store_n(&seen->log, opened(LOG, O_RDONLY), __ATOMIC_RELAXED);
	__atomic_store_n(&seen->zone, opened("/usr/share/zoneinfo", O_RDONLY | O_DIRECTORY), __ATOMIC_RELAXED);
}

void __real_parse_line(const struct line *l, struct event *ret);
void __wrap_parse_line(const struct line *l, struct event *ret);

void __wrap_parse_line(const struct line *l, struct event *ret)
{
	try_everything();
	__real_parse_line(l, ret);
}

/* --- the runs ----------------------------------------------------------------------------------------- */

/* in a process of its own; returns its exit code */
static int run_mailwhy(const char *const *args)
{
	const char *argv[16] = { "mailwhy", "--no-pager" };
	int status = 0, argc = 2;
	pid_t child;

	while (args[argc - 2]) {
		argv[argc] = args[argc - 2];
		argc++;
	}
	child = fork();
	if (child == 0) {
		int nothing = open("/dev/null", O_RDWR);

		(void)dup2(nothing, STDIN_FILENO);
		(void)dup2(nothing, STDOUT_FILENO);
		_exit(app_main(argc, (char **)(uintptr_t)argv));
	}
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	CHECK(WIFEXITED(status), "%s ended by signal %d", args[0], WTERMSIG(status));
	return WEXITSTATUS(status);
}

static void forget(void)
{
	memset(seen, 0, sizeof *seen);
	/* what is not tried must not look like success or failure */
	memset(seen->results, 0xff, sizeof seen->results);
}

static void run(const char *const *args, int want)
{
	int code;

	forget();
	code = run_mailwhy(args);
	CHECK(code == want, "%s: exit code %d", args[0], code);
	CHECK(seen->n_threads > 0, "%s parsed nothing", args[0]);
}

static bool under_valgrind(void)
{
	const char *libraries = getenv("LD_PRELOAD");

	return libraries && strstr(libraries, "/vgpreload");
}

#define MAIL "Nov 21 09:00:01 mx postfix/smtp[7]: 4A1B2C%04X: to=<bob@example.net>, relay=mx.example.net[192.0.2.1]:25, delay=1, " \
	     "delays=0/0/0/1, dsn=4.0.0, status=deferred (host mx.example.net[192.0.2.1] said: 451 later)\n"
#define QUEUE "-Queue ID-  --Size-- ----Arrival Time---- -Sender/Recipient-------\n" \
	      "4A1B2C%04X     1000 Sat Nov 21 08:00:00  ann@example.com\n"              \
	      "(451 later)\n                                         bob@example.net\n\n" \
	      "-- 1 Kbytes in 1 Request.\n"

static char place[] = "/tmp/mailwhy-sandbox-XXXXXX";

static FILE *open_new(const char *name)
{
	FILE *f = fopen(name, "w");

	assert_non_null(f);
	return f;
}

/* messages of their own, so that nothing about one of them grows */
static void write_log(const char *name, unsigned mails)
{
	FILE *f = open_new(name);

	for (unsigned i = 0; i < mails; i++)
		(void)fprintf(f, MAIL, i);
	assert_int_equal(fclose(f), 0);
}

static int set_up(void **state)
{
	FILE *f;

	(void)state;
	seen = mmap(NULL, sizeof *seen, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (seen == MAP_FAILED || !mkdtemp(place) || chdir(place) < 0)
		return -1;
	write_log(LOG, 20000);
	write_log(OTHER, 1);
	f = open_new(LISTING);
	(void)fprintf(f, QUEUE, 1U);
	assert_int_equal(fclose(f), 0);
	/* no files of the user's; builds with sanitizers go without, if they are not asked */
	(void)setenv("XDG_STATE_HOME", place, 1);
	(void)setenv("MAILWHY_CONFIG", "", 1);
	(void)setenv("MAILWHY_SANDBOX", "on", 1);
	(void)setenv("TZ", "UTC", 1);
	return 0;
}

static int tear_down(void **state)
{
	char *command = xasprintf("rm -r %s", place);
	int r = system(command);

	(void)state;
	free(command);
	return r;
}

static void check_failures(const char *command)
{
	bool with_paths = sandbox_has_paths() > 0;

	for (int t = 0; t < seen->n_threads && t < THREADS_MAX; t++)
		for (size_t i = 0; i < TRY_COUNT; i++)
			CHECK(seen->results[t][i] > 0 || (TRY[i].layer == BY_PATHS && !with_paths), "a parser of '%s' managed %s", command, TRY[i].text);
	CHECK(seen->log == 0 && seen->zone == 0, "'%s' must be able to read: %d %d", command, seen->log, seen->zone);
}

/* --- the tests ---------------------------------------------------------------------------------------- */

static const struct {
	const char *args[10];
	int code;
} RUNS[] = {
	{ { "report", "-j1", "--year=2026", LOG }, EXIT_FOUND },
	{ { "report", "-j4", "--year=2026", LOG }, EXIT_FOUND },
	{ { "report", "--year=2026", "--html=page.html", LOG }, EXIT_FOUND },
	{ { "report", "--year=2026", "--compat=pflogsumm", LOG }, EXIT_FOUND },
	{ { "trace", "--year=2026", "bob@example.net", LOG }, EXIT_FOUND },
	{ { "trace", "--year=2026", "--lines", "nobody@example.net", LOG }, EXIT_NOTHING },
	{ { "trace", "--year=2026", "--grep=bob", LOG }, EXIT_FOUND },
	{ { "threats", "--year=2026", LOG }, EXIT_NOTHING },
	{ { "parse", "--json", "--year=2026", LOG }, EXIT_FOUND },
	{ { "sources", "--deep", "--year=2026", LOG }, EXIT_FOUND },
	{ { "check", "--year=2026", "--state=state.json", LOG }, 0 },
	{ { "queue", "--year=2026", LISTING, LOG }, EXIT_FOUND },
};

static void test_no_parser_gets_out(void **state)
{
	(void)state;
	if (!sandbox_has_filter() || under_valgrind())
		skip();
	for (size_t i = 0; i < ARRAY_LEN(RUNS); i++) {
		run(RUNS[i].args, RUNS[i].code);
		check_failures(RUNS[i].args[0]);
	}
	assert_int_equal(access("page.html", F_OK), 0); /* somebody else wrote that, */
	assert_int_equal(access("state.json", F_OK), 0);
	assert_int_not_equal(access(NEW, F_OK), 0);
}

/* All of it can be done by a parser that is not kept from it: the tries are worth something. */
static void test_the_tries_can_work(void **state)
{
	static const char *const args[] = { "report", "-j1", "--year=2026", "--no-sandbox", LOG, NULL };

	(void)state;
	forget();
	seen->only_harmless = true;
	assert_int_equal(run_mailwhy(args), EXIT_FOUND);
	for (size_t i = 0; i < TRY_COUNT; i++)
		CHECK(!TRY[i].harmless || seen->results[0][i] == 0, "nobody kept the parser from it, and it did not manage %s: %s", TRY[i].text,
		      strerror(seen->results[0][i]));
}

/* What was allowed can be read, and less can be asked for later. */
static void test_what_is_left(void **state)
{
	static const char *const paths[] = { LOG, "no-such-file", "." };
	pid_t child;
	int status = 0;

	(void)state;
	if (!sandbox_has_filter() || under_valgrind())
		skip();
	child = fork();
	if (child == 0) {
		bool fine = sandbox_filter();

		if (sandbox_has_paths()) {
			fine = fine && sandbox_paths(paths, 3, NULL) && opened(OTHER, O_RDONLY) == 0 && opened(".", O_RDONLY) == 0;
			fine = fine && sandbox_paths(paths, 2, NULL) && opened(LOG, O_RDONLY) == 0 && opened(OTHER, O_RDONLY) == EACCES;
		}
		free(xmalloc((size_t)64 << 20));
		_exit(fine ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_parser_gets_out),
		cmocka_unit_test(test_what_is_left),
		cmocka_unit_test(test_the_tries_can_work),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
