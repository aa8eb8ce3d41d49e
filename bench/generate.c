/* SPDX-License-Identifier: Apache-2.0 */
/*
 * generate.c - logs of any size with a known truth
 *
 *	generate postfix|exim [--rfc3339] [--truth FILE] LINES [SEED] > LOG
 *
 * The same arguments give the same bytes.  No more messages begin when LINES is reached, those that live are
 * finished: the truth holds for the whole file, which has some lines more.
 */
#include "generate.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/civil.h"
#include "base/cursor.h"

struct pending_line {
	usec_t t;
	uint64_t order;
	char *text;
};

/* ---- chance ---- */

uint32_t draw(struct generator *g, uint32_t n)
{
	g->random = g->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(((g->random >> 32) * n) >> 32);
}

bool chance(struct generator *g, uint32_t percent_of_1000)
{
	return draw(g, 1000) < percent_of_1000;
}

uint32_t draw_name(struct generator *g, struct population *p)
{
	uint32_t bits = 0, k;

	if (p->fresh < p->n && ++p->draws % p->every == 0)
		return (uint32_t)p->fresh++;
	/* every power of two is as likely as the next: the k-th name comes about 1/k as often as the first */
	while ((p->fresh >> bits) > 1)
		bits++;
	k = draw(g, bits + 1);
	k = (1u << k) - 1 + draw(g, 1u << k);
	return k < p->fresh ? k : draw(g, (uint32_t)p->fresh);
}

usec_t draw_span(struct generator *g, usec_t most)
{
	uint64_t a = draw(g, 1u << 20), b = draw(g, 1u << 20);

	return (usec_t)((double)most * (double)(a * b) / (double)(UINT64_C(1) << 40));
}

/* ---- names ---- */

void add_local_user(struct strbuf *sb, uint32_t i)
{
	static const char *const FIRST[] = { "anna", "ben", "carla", "david", "eva", "frank", "greta", "hugo" };

	strbuf_printf(sb, "%s.%u@%s.example", FIRST[i % ARRAY_LEN(FIRST)], i, i % 3 ? "acme" : "shop.acme");
}

void add_remote_domain(struct strbuf *sb, uint32_t i)
{
	static const char *const KIND[] = { "mail", "news", "corp", "web", "host" };

	strbuf_printf(sb, "%s%u.test", KIND[i % ARRAY_LEN(KIND)], i);
}

void add_remote_user(struct strbuf *sb, struct generator *g)
{
	uint32_t user = draw_name(g, &g->remote_users);

	strbuf_printf(sb, "user%u@", user);
	/* an address belongs to one domain; big domains have most of the addresses */
	add_remote_domain(sb, user % 2 ? user % 7 : user % (uint32_t)g->remote_domains.n);
}

void add_client_ip(struct strbuf *sb, uint32_t i)
{
	strbuf_printf(sb, "198.%u.%u.%u", 18 + (i >> 16), i >> 8 & 255, i & 255);
}

void add_attacker_ip(struct strbuf *sb, uint32_t i)
{
	strbuf_printf(sb, "203.0.%u.%u", 64 + (i >> 8), i & 255);
}

/* ---- the heap of lines to come ---- */

static bool sooner(const struct pending_line *a, const struct pending_line *b)
{
	return a->t != b->t ? a->t < b->t : a->order < b->order;
}

void put_line(struct generator *g, usec_t t, const struct strbuf *line)
{
	struct pending_line new = { t, g->lines++, xslicedup(strbuf_slice(line)) };
	size_t i;

	g->heap = vec_grow(g->heap, g->heap_n, &g->heap_cap, sizeof *g->heap);
	for (i = g->heap_n++; i > 0 && sooner(&new, &g->heap[(i - 1) / 2]); i = (i - 1) / 2)
		g->heap[i] = g->heap[(i - 1) / 2];
	g->heap[i] = new;
}

static struct pending_line take_line(struct generator *g)
{
	struct pending_line first = g->heap[0], last = g->heap[--g->heap_n];
	size_t i = 0;

	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= g->heap_n)
			break;
		if (child + 1 < g->heap_n && sooner(&g->heap[child + 1], &g->heap[child]))
			child++;
		if (!sooner(&g->heap[child], &last))
			break;
		g->heap[i] = g->heap[child];
		i = child;
	}
	if (g->heap_n)
		g->heap[i] = last;
	return first;
}

static void write_until(struct generator *g, usec_t t)
{
	while (g->heap_n && g->heap[0].t <= t) {
		struct pending_line l = take_line(g);

		(void)puts(l.text);
		free(l.text);
	}
}

/* ---- */

static bool write_truth(const struct generator *g, const char *path)
{
	FILE *f = fopen(path, "w");

	if (!f)
		return false;
	fprintf(f, "{\n");
#define X(name) fprintf(f, "  \"%s\": %llu,\n", #name, (unsigned long long)g->truth.name);
	TRUTHS(X)
#undef X
	fprintf(f, "  \"lines\": %llu\n}\n", (unsigned long long)g->lines);
	return fclose(f) == 0;
}

static int usage(void)
{
	fprintf(stderr, "usage: generate postfix|exim [--rfc3339] [--truth FILE] LINES [SEED] > LOG\n");
	return 2;
}

static bool number(const char *s, uint64_t *ret)
{
	struct cur c = cur_of(slice_str(s));

	return s && cur_u64(&c, UINT64_MAX, ret) && cur_at_end(&c);
}

/* arrivals come faster by day than by night */
static usec_t gap(struct generator *g)
{
	static const usec_t MEAN_MSEC[24] = { 5000, 6000, 6000, 6000, 5000, 4000, 3000, 2000, 1200, 900, 800, 800,
					      900,  900,  900,  900,  1000, 1200, 1500, 1800, 2000, 2500, 3000, 4000 };
	usec_t mean = MEAN_MSEC[civil_of(g->now, 0).hour] * USEC_PER_MSEC;

	return draw_span(g, 4 * mean);
}

int main(int argc, char **argv)
{
	struct civil start = { 2026, 1, 10, 0, 0, 0, 0 };
	struct generator g = {
		.now = civil_to_usec(&start),
		.local_users = { .n = 3000, .fresh = 1, .every = 8 },
		.remote_domains = { .n = 2000, .fresh = 1, .every = 8 },
		.remote_users = { .n = 12000, .fresh = 1, .every = 6 },
		.clients = { .n = 4000, .fresh = 1, .every = 8 },
		.attackers = { .n = 3000, .fresh = 1, .every = 5 },
	};
	void (*step)(struct generator *g) = NULL;
	const char *truth = NULL;
	uint64_t lines = 0, seed = 1;

	for (int i = 1; i < argc; i++) {
		struct slice arg = slice_str(argv[i]);

		if (slice_is(arg, "postfix"))
			step = postfix_step;
		else if (slice_is(arg, "exim"))
			step = exim_step;
		else if (slice_is(arg, "--rfc3339"))
			g.rfc3339 = true;
		else if (slice_is(arg, "--truth") && argv[i + 1])
			truth = argv[++i];
		else if (!number(argv[i], lines ? &seed : &lines))
			return usage();
	}
	if (!step || !lines)
		return usage();
	g.random = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
	while (g.lines < lines) {
		step(&g);
		g.now += gap(&g);
		write_until(&g, g.now);
	}
	write_until(&g, INT64_MAX);
	free(g.heap);
	if (truth && !write_truth(&g, truth)) {
		fprintf(stderr, "generate: can't write '%s'\n", truth);
		return 3;
	}
	return fflush(stdout) == 0 ? 0 : 3;
}
