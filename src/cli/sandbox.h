/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sandbox.h - what a log could make of a parser that has a hole: nothing
 *
 * Two layers of the kernel, each there or not.  The filter (seccomp) takes away whatever changes something or leaves the
 * machine: writing to files, running programs, sockets, signals, new processes.  The paths (Landlock) leave nothing to be
 * read but the logs and what the libraries need.  Both stay for the rest of the process, its threads included; processes
 * that were started before are free of them.  A kernel that lacks one, or a container that forbids to ask for it, is no error.
 */
#ifndef CLI_SANDBOX_H
#define CLI_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

/* Is there anything of this to be had?  0: no paths; otherwise the version of Landlock. */
bool sandbox_has_filter(void);
int sandbox_has_paths(void);

/* From now on this process reads, computes and writes to what is open.  False: the kernel does not know how. */
bool sandbox_filter(void);

/*
 * sandbox_paths - from now on nothing can be opened but these files, and what lies beneath these directories, to be read
 *
 * Beside them: time zones, translations (locale_dir; NULL: there are none) and libraries.  Paths that are not there are
 * passed over.  They are looked up now: a file that takes their name later is another one.  May be called again, for less.
 * False: the kernel does not know how.
 */
bool sandbox_paths(const char *const *paths, size_t n, const char *locale_dir);

#endif
