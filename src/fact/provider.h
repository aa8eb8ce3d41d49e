/* SPDX-License-Identifier: Apache-2.0 */
/*
 * provider.h - the large mail providers, known by their domains and hosts (data/providers.def)
 *
 * Whose server answered decides, not whose domain the address is: a company's own domain may be kept by Google, and gmail.com
 * behind a smarthost is the smarthost's answer.
 */
#ifndef FACT_PROVIDER_H
#define FACT_PROVIDER_H

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
/* whose mailboxes lie under a domain, or a domain above it; case does not matter.  Looks at the whole table. */
enum provider provider_of_domain(struct slice domain);
/* whose host takes mail under that name, given with or without a dot at its end */
enum provider provider_of_host(struct slice host);

#endif
