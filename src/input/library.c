/* SPDX-License-Identifier: Apache-2.0 */
/*
 * library.c - libraries that are loaded when they are needed
 */
#include "input/library.h"

#include <dlfcn.h>
#include <string.h>

const char *library_load(const char *library, const struct library_call *calls, size_t n, void *ret)
{
	void *so = dlopen(library, RTLD_NOW | RTLD_LOCAL);

	if (!so)
		return library;
	for (size_t i = 0; i < n; i++) {
		void *p = dlsym(so, calls[i].name);

		if (!p && calls[i].older)
			p = dlsym(so, calls[i].older);
		if (!p)
			return calls[i].name;
		/* C has no conversion between pointers to objects and to functions; POSIX asks for equal sizes */
		memcpy((char *)ret + i * sizeof p, &p, sizeof p);
	}
	return NULL;
}
