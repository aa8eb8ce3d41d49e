/* SPDX-License-Identifier: Apache-2.0 */
/*
 * provider.h - the large mail providers, known by their domains and hosts (data/providers.def)
 *
 * Whose server answered decides, not whose domain the address is: a company's own domain may be kept by Google, and gmail.com
 * behind a smarthost is the smarthost's answer.
 */
#ifndef FACT_PROVIDER_H
#define FACT_PROVIDER_H

#include <stdint.h>

#include "base/slice.h"

enum provider {
	PROVIDER_NONE, /* any other server */
#define PROVIDER(id, name) PROVIDER_##id,
#define DOMAIN(id, domain)
#define HOST(id, domain)
#include "data/providers.def"
#undef PROVIDER
#undef DOMAIN
#undef HOST
	PROVIDER_COUNT
};

/* "Google"; "other servers" for PROVIDER_NONE */
const char *provider_name(enum provider p);

#define PROVIDER_SLOTS 2048 /* a power of two, some times the rows of the table */

/* the table, by the hash of its domains: made once by whoever asks often */
struct provider_index {
	uint16_t slots[PROVIDER_SLOTS]; /* a row's number + 1; 0: free */
};

void provider_index_init(struct provider_index *x);
/* whose mailboxes lie under a domain, or a domain above it; case does not matter */
enum provider provider_of_domain(const struct provider_index *x, struct slice domain);
/* whose host takes mail under that name, given with or without a dot at its end */
enum provider provider_of_host(const struct provider_index *x, struct slice host);

#endif
