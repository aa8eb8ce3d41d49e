/* SPDX-License-Identifier: Apache-2.0 */
/*
 * direction.c - what is ours and what is not
 *
 * Own domains are those that mail was delivered to on this machine, and those of --local.  A client is ours if
 * it logged in, submitted locally, or has an address of --local, loopback or a private network.
 */
#include "base/scan.h"
#include "track/track_priv.h"

/* Is its domain among those learnt lately? */
static inline bool learnt_lately(const struct tracker *t, struct slice address)
{
	for (size_t i = 0; i < ARRAY_LEN(t->learnt); i++)
		if (scan_is_of_domain(address, t->learnt[i]))
			return true;
	return false;
}

/* Both ends of a domain, blind to case, as a number of a bit: local domains have theirs set. */
static unsigned domain_bit(struct slice domain)
{
	const uint32_t lower = 0x20202020;
	uint32_t first, last;

	if (domain.n < 4)
		return 0;
	memcpy(&first, domain.p, sizeof first);
	memcpy(&last, domain.p + domain.n - 4, sizeof last);
	return (((first | lower) * 0x9e3779b1U) ^ ((last | lower) * 0x85ebca77U)) >> 23;
}

sym_t direction_add_domain(struct tracker *t, struct slice domain)
{
	unsigned bit = domain_bit(domain);

	t->local_bits[bit / 64] |= UINT64_C(1) << bit % 64;
	return intern_fold(&t->local_domains, domain);
}

void direction_learn(struct tracker *t, struct slice address)
{
	struct slice domain;
	sym_t sym;

	if (learnt_lately(t, address))
		return;
	domain = slice_domain(address);
	sym = domain.n ? direction_add_domain(t, domain) : SYM_NONE;
	if (sym > SYM_OTHER)
		t->learnt[t->next_learnt++ % ARRAY_LEN(t->learnt)] = intern_name(&t->local_domains, sym);
}

bool direction_is_local_address(struct tracker *t, struct slice address)
{
	struct slice domain = slice_domain(address);
	unsigned bit;

	if (!told(domain))
		return told(address) && address.n > 0; /* a local part alone: the writer means its own host */
	bit = domain_bit(domain);
	return t->local_bits[bit / 64] >> bit % 64 & 1 && intern_find_fold(&t->local_domains, domain) > SYM_OTHER;
}

/* how private addresses begin: fc00::/7, fe80::/10, ::1, ::ffff:10..., and the networks of IPv4 */
static bool may_be_private(struct slice ip)
{
	if (ip.n < 3)
		return false;
	if (ip.p[0] != '1')
		return (ip.p[0] | 0x20) == 'f' || ip.p[0] == ':';
	return slice_starts(ip, "10.") || slice_starts(ip, "127.") || slice_starts(ip, "172.") ||
	       slice_starts(ip, "192.") || slice_starts(ip, "169.") || slice_starts(ip, "100.");
}

static ATTR_NOINLINE bool is_our_address(const struct tracker *t, struct slice text)
{
	struct ip ip;

	if (!ip_parse(text, &ip))
		return false;
	for (size_t i = 0; i < t->o.n_local_nets; i++)
		if (ip_in_net(&ip, &t->o.local_nets[i]))
			return true;
	return ip_is_private(&ip);
}

bool direction_is_ours(const struct tracker *t, const struct message *m)
{
	if (m->authenticated || m->submitted_locally || m->role == ROLE_NOTIFICATION)
		return true;
	if (!told(m->client_ip) || (t->o.n_local_nets == 0 && !may_be_private(m->client_ip)))
		return false;
	return is_our_address(t, m->client_ip);
}
