/* SPDX-License-Identifier: Apache-2.0 */
/*
 * geo.c - the country of an address, through libmaxminddb
 */
#include "cli/geo.h"

#include "config.h"

#if HAVE_MAXMINDDB
#include <maxminddb.h>
#include <netinet/in.h>
#include <string.h>

#include "base/alloc.h"
#include "base/ascii.h"

#include <stdlib.h>

struct geo {
	MMDB_s db;
};

int geo_open(struct geo **ret, const char *path, struct err *reterr)
{
	struct geo *g = xcalloc(1, sizeof *g);
	int r = MMDB_open(path, MMDB_MODE_MMAP, &g->db);

	if (r != MMDB_SUCCESS) {
		free(g);
		return err_set(reterr, r == MMDB_FILE_OPEN_ERROR ? ERR_OPEN : ERR_FORMAT, "'%s': %s", path, MMDB_strerror(r));
	}
	*ret = g;
	return 0;
}

void geo_close(struct geo *g)
{
	if (!g)
		return;
	MMDB_close(&g->db);
	free(g);
}

static bool look_up(MMDB_s *db, const struct ip *ip, MMDB_lookup_result_s *ret)
{
	struct sockaddr_in6 six = { .sin6_family = AF_INET6 };
	struct sockaddr_in four = { .sin_family = AF_INET };
	const struct sockaddr *address = (const struct sockaddr *)&six;
	int r = MMDB_SUCCESS;

	if (ip_is_v4(ip)) {
		memcpy(&four.sin_addr, ip->b + 12, 4);
		address = (const struct sockaddr *)&four;
	} else {
		memcpy(&six.sin6_addr, ip->b, 16);
	}
	*ret = MMDB_lookup_sockaddr(db, address, &r);
	return r == MMDB_SUCCESS && ret->found_entry;
}

int geo_country(void *ctx, const struct ip *ip)
{
	struct geo *g = ctx;
	MMDB_lookup_result_s found;
	MMDB_entry_data_s code;
	char first, second;

	if (!look_up(&g->db, ip, &found) ||
	    MMDB_get_value(&found.entry, &code, "country", "iso_code", NULL) != MMDB_SUCCESS || !code.has_data ||
	    code.type != MMDB_DATA_TYPE_UTF8_STRING || code.data_size != 2)
		return -1;
	first = ascii_tolower(code.utf8_string[0]);
	second = ascii_tolower(code.utf8_string[1]);
	return ascii_lower(first) && ascii_lower(second) ? (first - 'a') * 26 + (second - 'a') : -1;
}

#else

int geo_open(struct geo **ret, const char *path, struct err *reterr)
{
	*ret = NULL;
	return err_set(reterr, ERR_UNSUPPORTED, "'%s': this build has no libmaxminddb", path);
}

void geo_close(struct geo *g)
{
	(void)g;
}

int geo_country(void *ctx, const struct ip *ip)
{
	(void)ctx;
	(void)ip;
	return -1;
}

#endif
