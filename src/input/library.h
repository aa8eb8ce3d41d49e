/* SPDX-License-Identifier: Apache-2.0 */
/*
 * library.h - libraries that are loaded when they are needed
 *
 * What few runs need (the systemd journal, rare compressions) would cost every run the time and the memory of loading it, with all
 * the libraries that it needs itself.
 */
#ifndef INPUT_LIBRARY_H
#define INPUT_LIBRARY_H

#include <stddef.h>

struct library_call {
	const char *name, *older; /* older: what an older release calls it; NULL: there is nothing like it */
};

/*
 * Load a library, which stays loaded, and find its calls.  ret: an array, or a struct, of as many pointers to functions, in the same order.
 * Returns NULL, or what is missing: the name of the library, or of a call.
 */
const char *library_load(const char *library, const struct library_call *calls, size_t n, void *ret);

#endif
