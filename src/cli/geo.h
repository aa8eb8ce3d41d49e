/* SPDX-License-Identifier: Apache-2.0 */
/*
 * geo.h - the country of an address, from a database that the user brings (--geoip FILE.mmdb)
 *
 * Nothing is asked over a network.  GeoLite2-Country, GeoLite2-City, DB-IP and others have the country under
 * country.iso_code; what has none there counts as not known.
 */
#ifndef CLI_GEO_H
#define CLI_GEO_H

#include "base/err.h"
#include "base/ip.h"

struct geo;

/* ERR_OPEN, ERR_FORMAT, or ERR_UNSUPPORTED (this build has no libmaxminddb) */
ATTR_NODISCARD int geo_open(struct geo **ret, const char *path, struct err *reterr);
/* NULL is fine */
void geo_close(struct geo *g);
/* 26 * first letter + second letter ("aa" is 0); -1: not known.  The ctx is a struct geo. */
int geo_country(void *ctx, const struct ip *ip);

#endif
