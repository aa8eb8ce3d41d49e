/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ip.h - IP addresses and networks
 */
#ifndef BASE_IP_H
#define BASE_IP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

/* An address in 16 bytes: IPv4 as ::ffff:a.b.c.d, so that mapped and plain forms are equal. */
struct ip {
	uint8_t b[16];
};

/* A network: the first `bits` bits of addr count (IPv4: 96 to 128). */
struct ip_net {
	struct ip addr;
	uint8_t bits;
};

/* "192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1", "IPv6:2001:db8::1"; the whole slice must match */
bool ip_parse(struct slice s, struct ip *ret);
/* "192.0.2.0/24", "2001:db8::/32", or one address */
bool ip_net_parse(struct slice s, struct ip_net *ret);
bool ip_is_v4(const struct ip *ip);
bool ip_in_net(const struct ip *ip, const struct ip_net *net);
bool ip_equal(const struct ip *a, const struct ip *b);
/* loopback (127/8, ::1) */
bool ip_is_loopback(const struct ip *ip);
/* loopback, RFC 1918, link-local, ULA (fc00::/7), shared address space (100.64/10) */
bool ip_is_private(const struct ip *ip);
/* the text form (RFC 5952); buf of IP_TEXT_BYTES; returns a slice of it */
#define IP_TEXT_BYTES 48
struct slice ip_text(const struct ip *ip, char *buf);

#endif
