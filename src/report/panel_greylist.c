/* SPDX-License-Identifier: Apache-2.0 */
/*
 * panel_greylist.c - greylisted senders: which came back, and which never did
 *
 * Greylisting puts the first contact of (client's network, sender, recipient) off.  Every temporary refusal of a message is
 * noted under these three; which of the replies are greylisting is asked when the panel is built.  A mail that is taken in
 * later from the same three came back.  Networks are /24 and /64, and what makes a sender differ from mail to mail (an
 * extension behind "+", numbers) is left out, as greylisting programs do.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/ascii.h"
#include "base/attr.h"
#include "base/ip.h"
#include "report/panels.h"
#include "report/reasons.h"
#include "report/same.h"
#include "report/seen.h"

#define CONTACTS_MAX ((size_t)1 << 19)
#define PART_BYTES   320 /* of an address that are looked at */

/* of a contact; what stands behind SHAPE is of the domain of its sender */
enum { REFUSED, BACK, SHAPE, SEEN, CONTACT_VALUES = SEEN + SEEN_VALUES };
enum { LOST, CONTACTS, RETURNED, ATTEMPTS, WAITED, SUM_SEEN, SUM_VALUES = SUM_SEEN + SEEN_VALUES };

#define ORIGIN_BITS (1U << 16)

struct greylist_state {
	struct counters *c;
	/* by the hash of a network and a sender's domain: mail of theirs was put off.  Most mail is of nobody who was */
	uint64_t origins[ORIGIN_BITS / 64];
	struct tally contacts; /* (domain of the sender, hash of the three) */
};

static const struct panel_column COLUMNS[] = {
	{ "domain", "From domain", COLUMN_TEXT, NULL },
	{ "lost", "Never came back", COLUMN_COUNT, "contacts", .bar = true, .tone = TONE_SHUT },
	{ "contacts", "Put off", COLUMN_COUNT, "contacts" },
	{ "returned", "Came back", COLUMN_COUNT, "contacts", .tone = TONE_GOOD },
	{ "attempts", "Refusals", COLUMN_COUNT, "refusals", .spare = true },
	{ "mean_wait", "Mean wait", COLUMN_DURATION, "seconds" },
	SEEN_COLUMNS,
};

/* of one contact, under "(other)": nobody knows which came back */
static void contact_merge(int64_t *into, const int64_t *from)
{
	into[REFUSED] += from[REFUSED];
	into[BACK] = into[BACK] ? into[BACK] : from[BACK];
	seen_widen(into + SEEN, from[SEEN + SEEN_FIRST], from[SEEN + SEEN_LAST]);
}

static void *greylist_new(const struct panel_ops *ops, struct counters *c)
{
	struct greylist_state *s = xcalloc(1, sizeof *s);

	(void)ops;
	s->c = c;
	tally_init(&s->contacts, CONTACT_VALUES, CONTACTS_MAX);
	s->contacts.other = tally_pair(SYM_OTHER, 0);
	counters_add_tally(c, &(struct named_tally){ .t = &s->contacts, .major = PART_DOMAIN, .weights = 1,
						     .symbols = 1U << SHAPE, .merge = contact_merge });
	return s;
}

static void greylist_free(void *state)
{
	struct greylist_state *s = state;

	tally_done(&s->contacts);
	free(s);
}

/* "192.0.2.1"; "::ffff:192.0.2.1" does not begin so */
static bool is_dotted(struct slice ip)
{
	return ip.n >= 7 && ascii_digit(ip.p[0]) && (ip.p[1] == '.' || ip.p[2] == '.' || ip.p[3] == '.');
}

/* /24 or /64.  Of an IPv4 address the text tells: servers write them in one way. */
static uint64_t network_hash(struct slice client_ip)
{
	char text[IP_TEXT_BYTES];
	struct ip ip;

	if (!is_dotted(client_ip)) {
		if (!ip_parse(client_ip, &ip))
			return name_hash(client_ip);
		if (!ip_is_v4(&ip))
			return load8((const char *)ip.b);
		client_ip = ip_text(&ip, text);
	}
	while (client_ip.p[client_ip.n - 1] != '.')
		client_ip.n--;
	return name_hash(client_ip);
}

static uint64_t more_hash(uint64_t h, uint64_t more)
{
	h = (h ^ more) * UINT64_C(0x9e3779b97f4a7c15);
	return h ^ h >> 32;
}

/* the sender without "+extension", and without what changes from mail to mail */
static uint64_t sender_hash(struct slice address)
{
	size_t at = slice_rfind_byte(address, '@'), plus = slice_find_byte(address, '+'), n = 0;
	char part[PART_BYTES];

	for (size_t i = 0; i < address.n && i < PART_BYTES; i++) {
		char c = address.p[i];

		if (plus < at && i >= plus && i < at)
			continue;
		if (!ascii_digit(c))
			part[n++] = c;
		else if (i == 0 || !ascii_digit(address.p[i - 1]))
			part[n++] = '#';
	}
	return name_hash(slice_of(part, n));
}

/* of the network and the sender, without whom they write to */
static uint64_t half_hash(struct slice client_ip, struct slice sender)
{
	return more_hash(network_hash(client_ip), sender_hash(sender));
}

static uint32_t contact_hash(uint64_t half, struct slice recipient)
{
	return (uint32_t)more_hash(half, name_hash(slice_head(recipient, PART_BYTES)));
}

static size_t origin_bit(struct slice client_ip, const struct name *domain)
{
	return more_hash(network_hash(client_ip), domain->ref) % ORIGIN_BITS;
}

/* domains have other refs now: of anybody something may have been put off */
static void greylist_fold(void *state)
{
	struct greylist_state *s = state;

	memset(s->origins, 0xff, sizeof s->origins);
}

static void greylist_rejection(void *state, const struct counted_rejection *cr)
{
	struct greylist_state *s = state;
	const struct rejection *r = cr->r;
	int64_t *v;
	size_t bit;

	if (!r->temporary || !r->client_ip.p || !r->sender.p || r->time_us == USEC_NONE)
		return;
	bit = origin_bit(r->client_ip, cr->failure.domain);
	s->origins[bit / 64] |= UINT64_C(1) << bit % 64;
	v = tally_row(&s->contacts, tally_pair(cr->failure.domain->ref, contact_hash(half_hash(r->client_ip, r->sender), r->recipient)));
	v[REFUSED] += r->attempts;
	if (!v[SHAPE])
		v[SHAPE] = cr->failure.shape;
	seen_at(v + SEEN, r->time_us);
}

/* refused before it arrived */
static void came_back(struct greylist_state *s, uint32_t domain, uint64_t half, const struct message *m, struct slice recipient)
{
	int64_t *v = tally_find(&s->contacts, tally_pair(domain, contact_hash(half, recipient)));

	if (v && v[SEEN + SEEN_FIRST] <= m->arrived_us && (!v[BACK] || m->arrived_us < v[BACK]))
		v[BACK] = m->arrived_us;
}

static void greylist_message(void *state, const struct counted_message *cm)
{
	struct greylist_state *s = state;
	const struct message *m = cm->m;
	uint64_t half;
	size_t bit;

	if (!s->contacts.n || !cm->received || !m->client_ip.p || !m->sender.p || m->arrived_us == USEC_NONE)
		return;
	bit = origin_bit(m->client_ip, cm->sender_domain);
	if (!(s->origins[bit / 64] & UINT64_C(1) << bit % 64))
		return;
	half = half_hash(m->client_ip, m->sender);
	came_back(s, cm->sender_domain->ref, half, m, SLICE_NONE); /* refused behind DATA, for all recipients */
	for (const struct recipient *r = m->recipients; r; r = r->next) {
		came_back(s, cm->sender_domain->ref, half, m, r->address);
		if (r->orig_address.p)
			came_back(s, cm->sender_domain->ref, half, m, r->orig_address);
	}
}

/* by shape: is it greylisting? */
static void find_greylisting(const struct greylist_state *s, struct tally *shapes)
{
	const struct tally *reasons = &s->c->reasons[FAILURE_REJECTION];
	struct cause cause;

	for (size_t i = 0; i < reasons->n; i++)
		if (reason_cause(s->c, FAILURE_REJECTION, i, &cause) && cause.class == CLASS_GREYLIST)
			tally_row(shapes, tally_major(tally_key(reasons, i)))[0] = 1;
}

static void sum_up(const struct greylist_state *s, struct tally *sums)
{
	struct tally shapes;

	tally_init(&shapes, 1, 0);
	find_greylisting(s, &shapes);
	for (size_t i = 0; i < s->contacts.n; i++) {
		const int64_t *v = tally_values(&s->contacts, i);
		int64_t *sum;

		if (tally_key(&s->contacts, i) == s->contacts.other || !tally_find(&shapes, (uint64_t)v[SHAPE]))
			continue;
		sum = tally_row(sums, tally_major(tally_key(&s->contacts, i)));
		sum[LOST] += !v[BACK];
		sum[CONTACTS]++;
		sum[RETURNED] += v[BACK] != 0;
		sum[ATTEMPTS] += v[REFUSED];
		sum[WAITED] += v[BACK] ? v[BACK] - v[SEEN + SEEN_FIRST] : 0;
		seen_widen(sum + SUM_SEEN, v[SEEN + SEEN_FIRST], v[SEEN + SEEN_LAST]);
	}
	tally_done(&shapes);
}

static int order_domains(const void *ctx, const struct tally *t, size_t a, size_t b)
{
	const struct counters *counters = ctx;
	int c = order_values(t, a, b);

	return c ? c : order_refs(&counters->domains, (uint32_t)tally_key(t, a), (uint32_t)tally_key(t, b));
}

static void greylist_build(void *state, struct panel_build *b)
{
	struct greylist_state *s = state;
	struct strbuf filter = { 0 };
	struct tally sums;
	size_t *top;

	tally_init(&sums, SUM_VALUES, 0);
	sum_up(s, &sums);
	top = build_top(b, &sums, order_domains);
	for (size_t i = 0; i < b->panel->n_rows; i++) {
		struct panel_row *row = &b->panel->rows[i];
		const struct name *domain = names_at(&s->c->domains, (uint32_t)tally_key(&sums, top[i]));
		const int64_t *v = tally_values(&sums, top[i]);

		row->cells[0] = cell_text(build_name_of(&s->c->domains, domain));
		for (int k = LOST; k <= ATTEMPTS; k++)
			row->cells[1 + k] = cell_value(v[k]);
		row->cells[5] = cell_value(v[RETURNED] ? v[WAITED] / v[RETURNED] : PANEL_NULL);
		seen_cells(row->cells + 6, v + SUM_SEEN);
		if (domain->ref > NAME_OTHER)
			build_filter(b, &filter, "--sender", build_address_value(b, &s->c->domains, domain));
		build_filter_end(b, row, &filter);
	}
	strbuf_done(&filter);
	tally_done(&sums);
}

const struct panel_ops panel_greylisted = {
	.id = "greylisted",
	.title = "Greylisted senders",
	.on_request = true,
	.names = WANT_SENDER_DOMAIN,
	.columns = COLUMNS,
	.n_columns = ARRAY_LEN(COLUMNS),
	.new = greylist_new,
	.free = greylist_free,
	.on_message = greylist_message,
	.on_rejection = greylist_rejection,
	.on_fold = greylist_fold,
	.build = greylist_build,
};
