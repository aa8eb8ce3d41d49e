/* SPDX-License-Identifier: Apache-2.0 */
/*
 * measure.c - run a command, read its output to the end, tell what it cost
 *
 *	measure COMMAND [ARG...]
 *
 * Prints "WALL_SECONDS CPU_SECONDS PEAK_KIB OUTPUT_BYTES STATUS".  A program of its own, because a child inherits the peak
 * memory of the process that started it: that of a script would hide a small program's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

int main(int argc, char **argv)
{
	static char buffer[1 << 16];
	unsigned long long bytes = 0;
	struct rusage usage;
	int pipes[2], status;
	double begin;
	ssize_t got;
	pid_t pid;

	if (argc < 2 || pipe(pipes) < 0)
		return 2;
	begin = now();
	pid = fork();
	if (pid < 0)
		return 2;
	if (pid == 0) {
		(void)dup2(pipes[1], STDOUT_FILENO);
		(void)close(pipes[0]);
		(void)close(pipes[1]);
		(void)execvp(argv[1], argv + 1);
		_exit(127);
	}
	(void)close(pipes[1]);
	while ((got = read(pipes[0], buffer, sizeof buffer)) > 0)
		bytes += (unsigned long long)got;
	if (wait4(pid, &status, 0, &usage) != pid)
		return 2;
	printf("%.6f %.6f %ld %llu %d\n", now() - begin, seconds(usage.ru_utime) + seconds(usage.ru_stime), usage.ru_maxrss,
	       bytes, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	return 0;
}
