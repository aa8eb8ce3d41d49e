/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ip.c - IP addresses and networks
 */
#include "base/ip.h"

#include <arpa/inet.h>

#include "base/attr.h"
#include "base/cursor.h"

static const uint8_t V4_MAPPED[12] = { [10] = 0xff, [11] = 0xff };

bool ip_is_v4(const struct ip *ip)
{
	return memcmp(ip->b, V4_MAPPED, sizeof V4_MAPPED) == 0;
}

static inline unsigned digit_at(const char *p, const char *end)
{
	return p < end ? (unsigned)*p - '0' : 10;
}

/* one number of "192.0.2.1", of any number of digits: returns its end, or NULL */
static ATTR_NOINLINE const char *any_octet(const char *p, const char *end, uint8_t *ret)
{
	unsigned v = digit_at(p, end), digit;

	if (v > 9)
		return NULL;
	/* two more at most, but for leading zeros */
	while ((digit = digit_at(++p, end)) <= 9 && v <= 255)
		v = v * 10 + digit;
	*ret = (uint8_t)v;
	return v <= 255 ? p : NULL;
}

/* the same; nearly all have up to three digits, and something behind them */
static inline const char *take_octet(const char *p, const char *end, uint8_t *ret)
{
	unsigned v, digit;

	if (UNLIKELY(end - p < 4))
		return any_octet(p, end, ret);
	v = (unsigned)p[0] - '0';
	if (v > 9)
		return NULL;
	*ret = (uint8_t)v;
	digit = (unsigned)p[1] - '0';
	if (digit > 9)
		return p + 1;
	v = v * 10 + digit;
	*ret = (uint8_t)v;
	digit = (unsigned)p[2] - '0';
	if (digit > 9)
		return p + 2;
	v = v * 10 + digit;
	*ret = (uint8_t)v;
	return v <= 255 && (unsigned)p[3] - '0' > 9 ? p + 3 : any_octet(p, end, ret);
}

static bool parse_v4(struct slice s, struct ip *ret)
{
	const char *p = s.p, *end = s.p + s.n;
	struct ip ip;

	for (size_t i = 12; i < 16; i++) {
		p = take_octet(p, end, &ip.b[i]);
		if (!p || (i < 15 ? p == end || *p++ != '.' : p != end))
			return false;
	}
	memcpy(ip.b, V4_MAPPED, sizeof V4_MAPPED);
	*ret = ip;
	return true;
}

ATTR_NOINLINE static bool parse_v6(struct slice s, struct ip *ret)
{
	char text[INET6_ADDRSTRLEN + 1];
	struct ip ip;

	if (s.n >= sizeof text || slice_find_byte(s, ':') == s.n)
		return false;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	if (strlen(text) != s.n || inet_pton(AF_INET6, text, ip.b) != 1)
		return false;
	*ret = ip;
	return true;
}

bool ip_parse(struct slice s, struct ip *ret)
{
	if (s.n > 5 && s.p[4] == ':' && slice_eq_fold(slice_head(s, 5), SLICE("IPv6:")))
		s = slice_from(s, 5);
	if (s.n == 0 || s.n > INET6_ADDRSTRLEN)
		return false;
	return parse_v4(s, ret) || parse_v6(s, ret);
}

bool ip_net_parse(struct slice s, struct ip_net *ret)
{
	size_t slash = slice_find_byte(s, '/');
	struct ip_net net = { .bits = 128 };
	uint64_t bits;
	struct cur c;

	if (!ip_parse(slice_head(s, slash), &net.addr))
		return false;
	if (slash < s.n) {
		bool v4 = slice_find_byte(s, ':') == s.n;

		c = cur_of(slice_from(s, slash + 1));
		if (!cur_u64(&c, v4 ? 32 : 128, &bits) || !cur_at_end(&c))
			return false;
		net.bits = (uint8_t)(bits + (v4 ? 96 : 0));
	}
	*ret = net;
	return true;
}

bool ip_in_net(const struct ip *ip, const struct ip_net *net)
{
	size_t whole = net->bits / 8;
	unsigned rest = net->bits % 8;

	if (memcmp(ip->b, net->addr.b, whole) != 0)
		return false;
	return rest == 0 || ((ip->b[whole] ^ net->addr.b[whole]) >> (8 - rest)) == 0;
}

bool ip_equal(const struct ip *a, const struct ip *b)
{
	return memcmp(a->b, b->b, sizeof a->b) == 0;
}

bool ip_is_loopback(const struct ip *ip)
{
	static const struct ip V6_LOOPBACK = { { [15] = 1 } };

	return ip_is_v4(ip) ? ip->b[12] == 127 : ip_equal(ip, &V6_LOOPBACK);
}

bool ip_is_private(const struct ip *ip)
{
	const uint8_t *v4 = ip->b + 12;

	if (ip_is_loopback(ip))
		return true;
	if (ip_is_v4(ip))
		return v4[0] == 10 || (v4[0] == 172 && (v4[1] & 0xf0) == 16) || (v4[0] == 192 && v4[1] == 168) ||
		       (v4[0] == 169 && v4[1] == 254) || (v4[0] == 100 && (v4[1] & 0xc0) == 64);
	return (ip->b[0] & 0xfe) == 0xfc || (ip->b[0] == 0xfe && (ip->b[1] & 0xc0) == 0x80);
}

/* inet_ntop() prints each number with sprintf() */
static struct slice v4_text(const uint8_t *octets, char *buf)
{
	char *p = buf;

	for (int i = 0; i < 4; i++) {
		unsigned v = octets[i];

		if (i)
			*p++ = '.';
		if (v >= 100)
			*p++ = (char)('0' + v / 100);
		if (v >= 10)
			*p++ = (char)('0' + v / 10 % 10);
		*p++ = (char)('0' + v % 10);
	}
	*p = '\0';
	return slice_between(buf, p);
}

struct slice ip_text(const struct ip *ip, char *buf)
{
	if (ip_is_v4(ip))
		return v4_text(ip->b + 12, buf);
	return slice_str(inet_ntop(AF_INET6, ip->b, buf, IP_TEXT_BYTES));
}
