/* SPDX-License-Identifier: Apache-2.0 */
/*
 * provider.c - the large mail providers, known by their domains and hosts
 */
#include "fact/provider.h"

#include <stdbool.h>
#include <stddef.h>

#include "base/ascii.h"
#include "base/hash.h"

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

_Static_assert(ROWS_N * 4 <= PROVIDER_SLOTS, "few rows share a slot");

#define NAME_MAX_BYTES 255 /* RFC 1035: no name is longer */

static size_t slot_of(struct slice domain)
{
	return hash_slice(domain) % PROVIDER_SLOTS;
}

void provider_index_init(struct provider_index *x)
{
	*x = (struct provider_index){ 0 };
	for (size_t i = 0; i < ROWS_N; i++) {
		size_t at = slot_of(ROWS[i].domain);

		while (x->slots[at])
			at = (at + 1) % PROVIDER_SLOTS;
		x->slots[at] = (uint16_t)(i + 1);
	}
}

static const struct provider_row *row_of(const struct provider_index *x, struct slice domain)
{
	for (size_t at = slot_of(domain); x->slots[at]; at = (at + 1) % PROVIDER_SLOTS)
		if (slice_eq(ROWS[x->slots[at] - 1].domain, domain))
			return &ROWS[x->slots[at] - 1];
	return NULL;
}

/* The longest domain wins: a name may lie under several. */
static enum provider find(const struct provider_index *x, struct slice name, bool mailboxes)
{
	char lower[NAME_MAX_BYTES];

	if (name.n > sizeof lower)
		return PROVIDER_NONE;
	for (size_t i = 0; i < name.n; i++)
		lower[i] = ascii_tolower(name.p[i]);
	for (struct slice rest = { lower, name.n }; rest.n;) {
		size_t dot = slice_find_byte(rest, '.');
		const struct provider_row *row = dot < rest.n ? row_of(x, rest) : NULL;

		if (row && (row->mailboxes || !mailboxes))
			return row->provider;
		rest = slice_from(rest, dot < rest.n ? dot + 1 : dot);
	}
	return PROVIDER_NONE;
}

enum provider provider_of_domain(const struct provider_index *x, struct slice domain)
{
	return find(x, domain, true);
}

enum provider provider_of_host(const struct provider_index *x, struct slice host)
{
	if (host.n && host.p[host.n - 1] == '.')
		host = slice_head(host, host.n - 1);
	return find(x, host, false);
}
