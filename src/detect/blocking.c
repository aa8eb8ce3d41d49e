/* SPDX-License-Identifier: Apache-2.0 */
/*
 * blocking.c - whom to block: what the action of a finding says and what --ban lists are the same
 *
 * An address from where honest people log in or send is not to be blocked, whatever came from there.  But who guessed a password
 * and then logged in with it is no honest user of that account: such logins speak for nobody (`intruders`).
 */
#include "detect/blocking.h"

#include "detect/detect_priv.h"

#define MAIL_WEIGHT 4  /* so much abuse outweighs a mail that was delivered */
#define NAMED_MAX   10 /* addresses in a sentence */

uint64_t blocking_count(const struct finding *f)
{
	for (size_t i = 0; i < f->n_evidence; i++)
		if (f->evidence[i].type == EVIDENCE_COUNT && f->evidence[i].value > 0)
			return (uint64_t)f->evidence[i].value;
	return 0;
}

bool blocking_hurts(const struct known_address *k, uint64_t against)
{
	if (known_is_shared(k))
		return true;
	for (uint32_t i = 0; i < k->accounts.n; i++)
		if (known_at_home(&k->accounts.items[i]))
			return true;
	return (uint64_t)k->mails * MAIL_WEIGHT >= against && k->mails;
}

static bool same_net(const struct ip_net *a, const struct ip_net *b)
{
	return a->bits == b->bits && memcmp(a->addr.b, b->addr.b, sizeof a->addr.b) == 0;
}

static bool is_intruder(const struct finding *f, size_t n, const struct ip_net *net)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < f[i].n_intruders; k++)
			if (same_net(&f[i].intruders[k], net))
				return true;
	return false;
}

static void add_sentence(struct findings *list, struct finding *f, const char *key, const struct tr_value *values, size_t n)
{
	struct strbuf text = { 0 };

	strbuf_add(&text, f->action);
	if (text.n)
		strbuf_add_byte(&text, ' ');
	tr_fill(&text, tr_in(list->language, key), values, n);
	f->action = arena_copy(list->arena, strbuf_slice(&text));
	strbuf_done(&text);
}

/* Addresses that were learnt to be our own in the meantime go. */
static void drop_trusted(const struct detect *d, struct finding *f)
{
	size_t kept = 0;

	for (size_t i = 0; i < f->n_intruders; i++)
		if (!detect_trusts_net(d, &f->intruders[i]))
			f->intruders[kept++] = f->intruders[i];
	f->n_intruders = kept;
}

static void name_intruders(struct findings *list, struct finding *f)
{
	struct strbuf names = { 0 }, more = { 0 };
	struct tr_value values[2];

	for (size_t i = 0; i < f->n_intruders && i < NAMED_MAX; i++) {
		char text[WATCH_NET_BYTES];

		strbuf_add_str(&names, i ? ", " : "");
		strbuf_add(&names, watch_net_text(&f->intruders[i], text));
	}
	if (f->n_intruders > NAMED_MAX)
		strbuf_printf(&more, "%zu", f->n_intruders - NAMED_MAX);
	values[0] = (struct tr_value){ "addresses", strbuf_slice(&names) };
	values[1] = (struct tr_value){ "more", more.n ? strbuf_slice(&more) : SLICE_NONE };
	add_sentence(list, f, TR_KEY("threat.block_intruders", "Block {addresses}{, and so many more: more}: whoever logged in from there "
				     "knows the password."), values, ARRAY_LEN(values));
	strbuf_done(&names);
	strbuf_done(&more);
}

static void settle_address(const struct detect *d, struct findings *list, struct finding *f)
{
	const struct known_address *k = known_address(detect_known(d), &f->net);

	if (f->blockable && k && blocking_hurts(k, blocking_count(f)))
		f->blockable = false;
	if (!f->blockable)
		add_sentence(list, f, TR_KEY("threat.blocking_hurts", "But look first: honest people log in from there, too, or their mail comes "
					     "from there; --ban leaves it out."), NULL, 0);
}

void blocking_settle(const struct detect *d, struct findings *list, struct finding *f, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		drop_trusted(d, &f[i]);
		if (f[i].n_intruders)
			name_intruders(list, &f[i]);
	}
	for (size_t i = 0; i < n; i++) {
		if (!f[i].is_net || !f[i].blames || (f[i].kind != SUBJECT_ADDRESS))
			continue;
		if (is_intruder(f, n, &f[i].net))
			f[i].blockable = true;
		else
			settle_address(d, list, &f[i]);
	}
}
