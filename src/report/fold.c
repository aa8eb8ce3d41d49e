/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fold.c - a report that has come to its cap of memory
 *
 * Names, rows of tallies and texts are measured by one meter.  When it passes the cap, each table that takes
 * more than its share gives up what was counted least: names and rows add their counters to "(other)", so that
 * sums stay right, and a name that comes again begins anew.
 *
 * Nothing here depends on anything but the facts and their order: the answer is the same however lines were
 * batched.
 */
#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "report/cut.h"
#include "report/report_priv.h"

#define TABLES 5

struct fold {
	struct counters *c;
	struct names *tables[TABLES];
	size_t share;      /* bytes that one table, tally or the texts may keep */
	uint64_t *weights; /* of symbols */
	sym_t *symbols;    /* what they become; NULL: not known yet */
	const struct named_tally *of; /* the tally at hand */
	const struct cut *cut;        /* what goes from it */
};

void counters_add_tally(struct counters *c, const struct named_tally *n)
{
	assert(c->n_tallies < NAMED_TALLIES_MAX);
	n->t->meter = &c->used_bytes;
	c->tallies[c->n_tallies++] = *n;
}

static size_t texts_bytes(const struct counters *c)
{
	return c->names.bytes + c->names.n * INTERN_NAME_BYTES;
}

static size_t tally_bytes(const struct tally *t)
{
	return t->n * tally_row_bytes(t);
}

/* what all would take if none took more than its share */
static size_t capped_bytes(const struct fold *f, size_t share)
{
	size_t sum = 0, n = texts_bytes(f->c);

	sum += n < share ? n : share;
	for (size_t i = 0; i < TABLES; i++) {
		n = f->tables[i]->bytes;
		sum += n < share ? n : share;
	}
	for (size_t i = 0; i < f->c->n_tallies; i++) {
		n = tally_bytes(f->c->tallies[i].t);
		sum += n < share ? n : share;
	}
	return sum;
}

/* the largest share with which all together take half of the cap */
static size_t fair_share(const struct fold *f)
{
	size_t low = 0, high = f->c->limit_bytes;

	while (low + 1 < high) {
		size_t middle = low + (high - low) / 2;

		if (capped_bytes(f, middle) <= f->c->limit_bytes / 2)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* --- tallies ------------------------------------------------------------------------------------------ */

static uint64_t row_weight(const struct named_tally *n, size_t row)
{
	const int64_t *v = tally_values(n->t, row);
	uint64_t weight = n->t->width == 0;

	for (unsigned i = 0; i < n->weights && i < n->t->width; i++)
		weight += (uint64_t)v[i];
	return weight;
}

/* names are replaced first; when symbols are, the names are new already */
static uint32_t new_part(const struct fold *f, enum key_part kind, uint32_t part)
{
	if (f->symbols || kind == PART_SYMBOL)
		return f->symbols && kind == PART_SYMBOL ? f->symbols[part] : part;
	switch (kind) {
	case PART_ADDRESS:
		return names_forward(&f->c->addresses, part);
	case PART_DOMAIN:
		return names_forward(&f->c->domains, part);
	case PART_CLIENT:
		return names_forward(&f->c->clients, part);
	case PART_USER:
		return names_forward(&f->c->users, part);
	case PART_PLAIN:
	case PART_SYMBOL:
		break;
	}
	return part;
}

/* The key after names or symbols have changed.  A pair of which a part is gone is gone. */
static uint64_t new_key(const void *ctx, const struct tally *t, size_t i)
{
	const struct fold *f = ctx;
	uint64_t key = tally_key(t, i);
	uint32_t major = new_part(f, f->of->major, tally_major(key));
	uint32_t minor = new_part(f, f->of->minor, tally_minor(key));
	bool gone = (f->of->major != PART_PLAIN && major == SYM_OTHER) ||
		    (f->of->minor != PART_PLAIN && minor == SYM_OTHER);

	if (key == tally_other(t, key))
		return key;
	return gone ? tally_other(t, key) : tally_pair(major, minor);
}

/* the key when the rows that were counted least go */
static uint64_t kept_key(const void *ctx, const struct tally *t, size_t i)
{
	const struct fold *f = ctx;
	uint64_t key = tally_key(t, i);

	return cut_drops(f->cut, row_weight(f->of, i)) ? tally_other(t, key) : key;
}

static void rekey_all(struct fold *f)
{
	for (size_t i = 0; i < f->c->n_tallies; i++) {
		f->of = &f->c->tallies[i];
		tally_rekey(f->of->t, new_key, f, f->of->merge);
	}
}

static void fold_tally(struct fold *f, const struct named_tally *n)
{
	size_t before = n->t->n, row_bytes = tally_row_bytes(n->t);
	struct cut cut;

	if (!n->weights || tally_bytes(n->t) <= f->share)
		return;
	cut_init(&cut, f->share);
	while (cut_pass(&cut))
		for (size_t i = 0; i < n->t->n; i++)
			cut_add(&cut, row_weight(n, i), row_bytes);
	f->of = n;
	f->cut = &cut;
	tally_rekey(n->t, kept_key, f, n->merge);
	cut_done(&cut);
	f->c->folded += before - n->t->n;
}

/* --- texts -------------------------------------------------------------------------------------------- */

/* the symbols that belong to a name: NULL for lists that have none */
static sym_t *list_symbol(const struct names_list_ops *ops, struct name *name, size_t offset)
{
	return ops->symbol ? (sym_t *)(void *)((char *)name + offset + ops->symbol) : NULL;
}

/* call fn for each symbol of each client */
static void each_client_symbol(struct fold *f, void (*fn)(struct fold *f, sym_t *symbol, uint64_t weight))
{
	struct names *t = &f->c->clients;
	struct name *name;

	for (size_t at = 0; (name = names_next(t, &at));) {
		uint64_t weight = names_weight(t, name);
		size_t offset = sizeof *name;

		if (name == t->other || name->ref == NAME_OTHER)
			continue;
		fn(f, &name->link, weight);
		for (unsigned i = 0; i < t->n_lists; i++) {
			sym_t *symbol = list_symbol(t->ops[i], name, offset);

			if (symbol)
				fn(f, symbol, weight);
			offset += names_list_bytes(t->ops[i]);
		}
	}
}

static void weigh_symbol(struct fold *f, sym_t *symbol, uint64_t weight)
{
	f->weights[*symbol] += weight;
}

/* a host name that went is asked for again */
static void replace_symbol(struct fold *f, sym_t *symbol, uint64_t weight)
{
	(void)weight;
	*symbol = f->symbols[*symbol] == SYM_OTHER ? SYM_NONE : f->symbols[*symbol];
}

static void weigh_keys(struct fold *f, const struct named_tally *n)
{
	for (size_t i = 0; i < n->t->n; i++) {
		uint64_t key = tally_key(n->t, i), weight = row_weight(n, i);

		if (n->major == PART_SYMBOL)
			f->weights[tally_major(key)] += weight;
		if (n->minor == PART_SYMBOL)
			f->weights[tally_minor(key)] += weight;
	}
}

static void weigh_value(struct fold *f, const struct named_tally *n, size_t row, sym_t value)
{
	uint64_t *w = &f->weights[value];
	sym_t major = tally_major(tally_key(n->t, row));

	if (n->major == PART_SYMBOL) {
		if (*w < f->weights[major])
			*w = f->weights[major];
	} else if (!n->weights) {
		*w = UINT64_MAX;
	} else if (*w != UINT64_MAX) {
		*w += row_weight(n, row);
	}
}

/* Texts among the counters weigh what the text of the key does: they stay or go together.  Where the key is no text they
 * weigh what their rows do, and stay with rows that stay. */
static void weigh_values(struct fold *f, const struct named_tally *n)
{
	for (size_t i = 0; i < n->t->n; i++)
		for (unsigned k = 0; k < n->t->width; k++)
			if (n->symbols >> k & 1)
				weigh_value(f, n, i, (sym_t)tally_values(n->t, i)[k]);
}

static void replace_values(struct fold *f, const struct named_tally *n)
{
	for (size_t i = 0; i < n->t->n; i++)
		for (unsigned k = 0; k < n->t->width; k++)
			if (n->symbols >> k & 1)
				tally_values(n->t, i)[k] = f->symbols[tally_values(n->t, i)[k]];
}

/* those that nobody uses any more go in any case */
static void choose_symbols(struct fold *f)
{
	const struct intern *t = &f->c->names;
	size_t other = 2 * INTERN_NAME_BYTES; /* that and "no name" stay */
	struct cut cut;

	cut_init(&cut, f->share > other ? f->share - other : 0);
	while (cut_pass(&cut))
		for (size_t sym = SYM_OTHER + 1; sym < t->n; sym++)
			cut_add(&cut, f->weights[sym], t->names[sym].n + INTERN_NAME_BYTES);
	for (size_t sym = SYM_OTHER + 1; sym < t->n; sym++)
		f->symbols[sym] = f->weights[sym] && !cut_drops(&cut, f->weights[sym]);
	cut_done(&cut);
}

static void fold_texts(struct fold *f)
{
	struct counters *c = f->c;

	f->weights = xcalloc(c->names.n, sizeof *f->weights);
	for (size_t i = 0; i < c->n_tallies; i++)
		weigh_keys(f, &c->tallies[i]);
	for (size_t i = 0; i < c->n_tallies; i++)
		weigh_values(f, &c->tallies[i]);
	each_client_symbol(f, weigh_symbol);
	f->symbols = xcalloc(c->names.n, sizeof *f->symbols);
	choose_symbols(f);
	intern_retain(&c->names, f->symbols);
	each_client_symbol(f, replace_symbol);
	for (size_t i = 0; i < c->n_tallies; i++)
		replace_values(f, &c->tallies[i]);
	free(f->weights);
}

/* --- all ---------------------------------------------------------------------------------------------- */

/* an address knows its domain; one that is gone is looked up anew */
static void replace_domains(struct counters *c)
{
	struct name *name;

	for (size_t at = 0; (name = names_next(&c->addresses, &at));) {
		uint32_t ref = name->link ? names_forward(&c->domains, name->link - 1) : NAME_OTHER;

		name->link = ref == NAME_OTHER ? 0 : ref + 1;
	}
}

void counters_fold(struct counters *c)
{
	struct fold f = {
		.c = c,
		.tables = { &c->addresses, &c->domains, &c->clients, &c->relays, &c->users },
	};
	size_t rows = 0;

	f.share = fair_share(&f);
	for (size_t i = 0; i < TABLES; i++)
		c->folded += names_fold(f.tables[i], f.share);
	rekey_all(&f);
	for (size_t i = 0; i < c->n_tallies; i++)
		fold_tally(&f, &c->tallies[i]);
	for (size_t i = 0; i < c->n_tallies; i++)
		rows += c->tallies[i].t->n;
	fold_texts(&f);
	rekey_all(&f);
	for (size_t i = 0; i < c->n_tallies; i++)
		rows -= c->tallies[i].t->n;
	c->folded += rows;
	replace_domains(c);
	for (size_t i = 0; i < TABLES; i++)
		names_settle(f.tables[i]);
	free(f.symbols);
	memset(c->memos, 0, sizeof c->memos);
	memset(c->forms, 0, sizeof c->forms);
	c->fold_bytes = c->used_bytes + c->limit_bytes / 4;
	if (c->fold_bytes < c->limit_bytes)
		c->fold_bytes = c->limit_bytes;
}

uint64_t counters_folded(const struct counters *c)
{
	return c->folded + c->addresses.refused + c->domains.refused + c->clients.refused + c->relays.refused +
	       c->users.refused + c->names.overflows;
}
