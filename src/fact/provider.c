/* SPDX-License-Identifier: Apache-2.0 */
/*
 * provider.c - the large mail providers, known by their domains and hosts
 */
#include "fact/provider.h"

#include <stdbool.h>
#include <stddef.h>

struct provider_row {
	struct slice domain;
	enum provider provider;
	bool mailboxes; /* false: hosts only */
};

static const char *const NAMES[PROVIDER_COUNT] = {
	[PROVIDER_NONE] = "other servers",
#define PROVIDER(id, name) [PROVIDER_##id] = name,
#define DOMAIN(id, domain)
#define HOST(id, domain)
#include "data/providers.def"
#undef PROVIDER
#undef DOMAIN
#undef HOST
};

static const struct provider_row ROWS[] = {
#define PROVIDER(id, name)
#define DOMAIN(id, domain) { LIT(domain), PROVIDER_##id, true },
#define HOST(id, domain)   { LIT(domain), PROVIDER_##id, false },
#include "data/providers.def"
#undef PROVIDER
#undef DOMAIN
#undef HOST
};

#define ROWS_N (sizeof ROWS / sizeof *ROWS)

const char *provider_name(enum provider p)
{
	return NAMES[p];
}

/* Is it that domain, or below it? */
static bool is_under(struct slice name, struct slice domain)
{
	if (name.n < domain.n || (name.n > domain.n && name.p[name.n - domain.n - 1] != '.'))
		return false;
	return slice_eq_fold(slice_from(name, name.n - domain.n), domain);
}

/* The longest domain wins: a name may lie under several. */
static enum provider find(struct slice name, bool mailboxes)
{
	const struct provider_row *best = NULL;

	for (const struct provider_row *r = ROWS; r < ROWS + ROWS_N; r++)
		if ((r->mailboxes || !mailboxes) && (!best || r->domain.n > best->domain.n) && is_under(name, r->domain))
			best = r;
	return best ? best->provider : PROVIDER_NONE;
}

enum provider provider_of_domain(struct slice domain)
{
	return find(domain, true);
}

enum provider provider_of_host(struct slice host)
{
	if (host.n && host.p[host.n - 1] == '.')
		host = slice_head(host, host.n - 1);
	return find(host, false);
}
