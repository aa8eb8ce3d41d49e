/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sandbox_paths.c - the files that are left when logs are read, as rules for Landlock
 *
 * Source: landlock(7), the kernel's Documentation/userspace-api/landlock.rst.  The headers of the build machine may be older
 * than the kernel that this runs on: what is needed of them stands here.
 * Trap: a rule is of the file that the path leads to now.  A pipe, as in `mailwhy parse <(...)`, takes no rule and needs none.
 */
#include "cli/sandbox.h"

#include <fcntl.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/attr.h"

#ifndef __NR_landlock_create_ruleset /* the same on all architectures */
#define __NR_landlock_create_ruleset 444
#define __NR_landlock_add_rule       445
#define __NR_landlock_restrict_self  446
#endif

#define VERSION_ASKED (1U << 0)
#define PATH_BENEATH  1

#define READ_FILE (UINT64_C(1) << 2)
#define READ_DIR  (UINT64_C(1) << 3)

/* struct landlock_ruleset_attr: older kernels know its beginning */
struct ruleset {
	uint64_t files, network, scopes;
};

/* struct landlock_path_beneath_attr */
struct rule {
	uint64_t allowed;
	int32_t fd;
} __attribute__((packed));

/* what each version can keep away from: rights by their number of bits */
static const struct {
	unsigned file_rights, network_rights, scopes;
	size_t bytes; /* of struct ruleset */
} VERSIONS[] = {
	{ 13, 0, 0, 8 },
	{ 14, 0, 0, 8 },  /* links and renames between directories */
	{ 15, 0, 0, 8 },  /* truncate() */
	{ 15, 2, 0, 16 }, /* TCP */
	{ 16, 2, 0, 16 }, /* ioctl() of devices */
	{ 16, 2, 2, 24 }, /* abstract sockets, signals */
};

/* What libraries open when they are loaded or used; nothing of it is anybody's secret. */
static const char *const SYSTEM[] = {
	"/etc/localtime",
	"/usr/share/zoneinfo",
	"/usr/share/locale",
	"/usr/share/locale-langpack", /* Ubuntu's translations */
	"/etc/ld.so.cache",
	"/lib",
	"/lib64",
	"/usr/lib",
	"/usr/lib64",
	"/usr/local/lib",
	"/gnu/store",
	"/nix/store",
	"/etc/machine-id", /* the journal of this machine */
	"/etc/group",      /* who may read what we may not */
	"/etc/nsswitch.conf",
	"/dev/null",
};

int sandbox_has_paths(void)
{
	long version = syscall(__NR_landlock_create_ruleset, NULL, 0, VERSION_ASKED);

	return version > 0 ? (int)version : 0;
}

static void allow(int ruleset, const char *path)
{
	struct rule rule = { .allowed = READ_FILE, .fd = open(path, O_PATH | O_CLOEXEC) };
	struct stat st;

	if (rule.fd < 0)
		return;
	if (fstat(rule.fd, &st) == 0 && S_ISDIR(st.st_mode))
		rule.allowed |= READ_DIR;
	(void)syscall(__NR_landlock_add_rule, ruleset, PATH_BENEATH, &rule, 0);
	(void)close(rule.fd);
}

bool sandbox_paths(const char *const *paths, size_t n, const char *locale_dir)
{
	int version = sandbox_has_paths();
	size_t row = version > (int)ARRAY_LEN(VERSIONS) ? ARRAY_LEN(VERSIONS) - 1 : (size_t)version - 1;
	struct ruleset all;
	bool done;
	int ruleset;

	if (version == 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return false;
	all = (struct ruleset){
		.files = (UINT64_C(1) << VERSIONS[row].file_rights) - 1,
		.network = (UINT64_C(1) << VERSIONS[row].network_rights) - 1,
		.scopes = (UINT64_C(1) << VERSIONS[row].scopes) - 1,
	};
	ruleset = (int)syscall(__NR_landlock_create_ruleset, &all, VERSIONS[row].bytes, 0);
	if (ruleset < 0)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(SYSTEM); i++)
		allow(ruleset, SYSTEM[i]);
	for (size_t i = 0; i < n; i++)
		allow(ruleset, paths[i]);
	if (locale_dir)
		allow(ruleset, locale_dir);
	done = syscall(__NR_landlock_restrict_self, ruleset, 0) == 0;
	(void)close(ruleset);
	return done;
}
