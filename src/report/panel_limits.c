/* SPDX-License-Identifier: Apache-2.0 */
/*
 * panel_limits.c - who ran into which limit of this server
 *
 * Limits speak in four ways: as refusals of a client (Exim's ratelimit, Sendmail's rate control, policy services), as
 * failures of mail that was taken in (hourly limits of hosting panels), as warnings about a client (Postfix' anvil), and as
 * notices that name nobody.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "report/memo.h"
#include "report/panels.h"
#include "report/reasons.h"
#include "report/refused.h"

enum { COUNT, SEEN, REASON = SEEN + SEEN_VALUES, VALUES }; /* the last one when they are summed up */

/* where the row's first part comes from; also the first byte of `who` when they are summed up */
enum source { FROM_REJECTION = 'r', FROM_DEFERRAL = 'd', FROM_BOUNCE = 'b', FROM_ODDITY = 'o', FROM_NOTICE = 'n' };
/* whom the row is about; the second byte of `who` */
enum party { CLIENT = 'c', ACCOUNT = 'a', SENDER = 's', NOBODY = '-' };

#define NO_REASON    (-1)
#define WHO_BYTES    300

/* Who ran into what: most of what is counted here turns out to be about no limit, so that a row holds no text of its own. */
enum who {
	REFUSED_CLIENT, REFUSED_USER, DEFERRED_ACCOUNT, DEFERRED_SENDER, BOUNCED_ACCOUNT, BOUNCED_SENDER, ODD_CLIENT, NOTICED,
	WHO_COUNT
};

static const struct {
	enum source source;
	enum party party;
	enum key_part part;
} WHO[WHO_COUNT] = {
	[REFUSED_CLIENT] = { FROM_REJECTION, CLIENT, PART_CLIENT },
	[REFUSED_USER] = { FROM_REJECTION, ACCOUNT, PART_USER },
	[DEFERRED_ACCOUNT] = { FROM_DEFERRAL, ACCOUNT, PART_USER },
	[DEFERRED_SENDER] = { FROM_DEFERRAL, SENDER, PART_ADDRESS },
	[BOUNCED_ACCOUNT] = { FROM_BOUNCE, ACCOUNT, PART_USER },
	[BOUNCED_SENDER] = { FROM_BOUNCE, SENDER, PART_ADDRESS },
	[ODD_CLIENT] = { FROM_ODDITY, CLIENT, PART_CLIENT },
	[NOTICED] = { FROM_NOTICE, NOBODY, PART_PLAIN },
};

struct limits_state {
	struct counters *c;
	const struct refused *refused; /* in place of t[REFUSED_CLIENT], whose counters begin with the same */
	struct tally t[WHO_COUNT];     /* (shape of the words, name) */
};
_Static_assert((int)COUNT == (int)REFUSED_COUNT && (int)SEEN == (int)REFUSED_SEEN, "the same counters");

static const struct panel_column COLUMNS[] = {
	{ "limit", "Limit", COLUMN_TEXT, NULL },
	{ "cause_id", "Cause id", COLUMN_TEXT, NULL, .data_only = true },
	{ "who", "Who", COLUMN_TEXT, NULL },
	{ "party", "Is a", COLUMN_TEXT, NULL },
	{ "count", "Times", COLUMN_COUNT, NULL, .bar = true },
	SEEN_COLUMNS,
};

static void limits_merge(int64_t *into, const int64_t *from)
{
	into[COUNT] += from[COUNT];
	seen_widen(into + SEEN, from[SEEN + SEEN_FIRST], from[SEEN + SEEN_LAST]);
}

static void sums_merge(int64_t *into, const int64_t *from)
{
	limits_merge(into, from);
	into[REASON] = from[REASON];
}

static void *limits_new(const struct panel_ops *ops, struct counters *c)
{
	struct limits_state *s = xcalloc(1, sizeof *s);

	(void)ops;
	s->c = c;
	s->refused = counters_counting(c, &counting_refused);
	for (int k = REFUSED_CLIENT + 1; k < WHO_COUNT; k++) {
		tally_init(&s->t[k], REASON, 0);
		s->t[k].other = tally_pair(SYM_OTHER, SYM_OTHER);
		counters_add_tally(c, &(struct named_tally){ .t = &s->t[k], .major = PART_SYMBOL, .minor = WHO[k].part, .weights = 1,
							     .merge = limits_merge });
	}
	return s;
}

static void limits_free(void *state)
{
	struct limits_state *s = state;

	for (int k = 0; k < WHO_COUNT; k++)
		tally_done(&s->t[k]);
	free(s);
}

/* name: NULL if nobody is named */
static void count(struct limits_state *s, enum who who, sym_t words, const struct name *name, int64_t n, usec_t t)
{
	int64_t *v = tally_row(&s->t[who], tally_pair(words, name ? name->ref : NAME_NONE));

	v[COUNT] += n;
	seen_at(v + SEEN, t);
}

static void limits_rejection(void *state, const struct counted_rejection *cr)
{
	if (cr->user)
		count(state, REFUSED_USER, cr->failure.shape, cr->user, cr->r->attempts, cr->r->time_us);
}

/* Did this server say it, and not another one?  A router's words name no host. */
static bool said_here(const struct recipient *r, const struct attempt *a)
{
	enum said_by by = verdict_said_by(r, a);

	return by == SAID_BY_US || (by == SAID_BY_UNKNOWN && !a->relay_host.p && !a->relay_ip.p &&
				    !slice_starts(a->reply, "delivery temporarily suspended"));
}

/* what this server itself says of its own mail */
static void limits_message(void *state, const struct counted_message *cm)
{
	for (size_t i = 0; i < cm->n_failures; i++) {
		const struct counted_failure *f = &cm->failures[i];

		if (!f->attempt || !said_here(f->recipient, f->attempt))
			continue;
		if (f->kind == FAILURE_DEFERRAL)
			count(state, cm->user ? DEFERRED_ACCOUNT : DEFERRED_SENDER, f->shape, cm->user ? cm->user : cm->sender,
			      f->count, f->time_us);
		else
			count(state, cm->user ? BOUNCED_ACCOUNT : BOUNCED_SENDER, f->shape, cm->user ? cm->user : cm->sender,
			      f->count, f->time_us);
	}
}

static struct slice oddity_words(enum oddity_kind kind)
{
	return kind == ODD_CONNECTIONS ? SLICE("limit on connections") :
	       kind == ODD_MESSAGES    ? SLICE("limit on messages and recipients") :
					 SLICE("limit on log-ins");
}

static void limits_oddity(void *state, const struct counted_oddity *co)
{
	struct limits_state *s = state;
	const struct oddity *o = co->o;

	if (o->kind == ODD_CONNECTIONS || o->kind == ODD_MESSAGES || o->kind == ODD_LOGINS)
		count(s, ODD_CLIENT, counters_text(s->c, MEMO_TEXT, oddity_words(o->kind)), co->client, o->count, o->time_us);
}

/* those of Postfix and Sendmail come as oddities if they name a client */
static void limits_health(void *state, const struct health *h)
{
	struct limits_state *s = state;

	if (h->category == NOTICE_LIMIT && h->writer != WRITER_POSTFIX && h->writer != WRITER_SENDMAIL)
		count(s, NOTICED, counters_shape(s->c, h->text), NULL, h->count, h->time_us);
}

/* --- building ----------------------------------------------------------------------------------------- */

static enum failure_kind kind_of(enum source source)
{
	return source == FROM_REJECTION ? FAILURE_REJECTION : source == FROM_DEFERRAL ? FAILURE_DEFERRAL : FAILURE_BOUNCE;
}

static bool is_limit(const struct cause *cause)
{
	return cause->class == CLASS_RATE;
}

/* (source, shape) -> row of reasons that is about a limit */
static void find_limits(const struct limits_state *s, struct tally *limits)
{
	static const enum source SOURCES[] = { FROM_REJECTION, FROM_DEFERRAL, FROM_BOUNCE };
	struct cause cause;

	for (size_t k = 0; k < ARRAY_LEN(SOURCES); k++) {
		enum failure_kind kind = kind_of(SOURCES[k]);
		const struct tally *reasons = &s->c->reasons[kind];

		for (size_t i = 0; i < reasons->n; i++)
			if (reason_cause(s->c, kind, i, &cause) && is_limit(&cause))
				tally_row(limits, tally_pair(tally_major(tally_key(reasons, i)), SOURCES[k]))[0] = (int64_t)i;
	}
}

static struct slice name_text(const struct counters *c, enum party party, uint32_t ref)
{
	const struct names *names = party == CLIENT ? &c->clients : party == ACCOUNT ? &c->users : &c->addresses;

	return party == NOBODY || ref == NAME_NONE ? SLICE_NONE : names_text(names, names_at(names, ref));
}

/* where it comes from, what party it is, its name */
static sym_t who_symbol(const struct limits_state *s, enum who k, uint32_t ref)
{
	struct slice name = name_text(s->c, WHO[k].party, ref);
	struct strbuf *sb = &s->c->scratch;

	strbuf_clear(sb);
	strbuf_add_byte(sb, (char)WHO[k].source);
	strbuf_add_byte(sb, (char)(name.p ? WHO[k].party : NOBODY));
	strbuf_add(sb, slice_head(name, WHO_BYTES));
	return intern(&s->c->names, strbuf_slice(sb));
}

/* rows about the same limit and the same one are one */
static void sum_up_who(const struct limits_state *s, enum who k, const struct tally *limits, struct tally *sums)
{
	enum source source = WHO[k].source;
	const struct tally *t = k == REFUSED_CLIENT ? &s->refused->t[REFUSED_STRANGER] : &s->t[k];
	struct cause cause;

	for (size_t i = 0; i < t->n; i++) {
		uint64_t key = tally_key(t, i);
		int64_t value[VALUES] = { [REASON] = NO_REASON };
		sym_t words = tally_major(key);

		if (key == t->other)
			continue;
		memcpy(value, tally_values(t, i), REASON * sizeof *value);
		if (source != FROM_ODDITY && source != FROM_NOTICE) {
			const int64_t *reason = tally_find(limits, tally_pair(words, source));

			if (!reason || !reason_cause(s->c, kind_of(source), (size_t)reason[0], &cause))
				continue;
			value[REASON] = reason[0];
			words = intern(&s->c->names, cause.id);
		}
		sums_merge(tally_row(sums, tally_pair(words, who_symbol(s, k, tally_minor(key)))), value);
	}
}

static void sum_up(const struct limits_state *s, struct tally *sums)
{
	struct tally limits;

	tally_init(&limits, 1, 0);
	find_limits(s, &limits);
	for (int k = 0; k < WHO_COUNT; k++)
		sum_up_who(s, (enum who)k, &limits, sums);
	tally_done(&limits);
}

static int order_limits(const void *ctx, const struct tally *t, size_t a, size_t b)
{
	const struct counters *counters = ctx;
	uint64_t ka = tally_key(t, a), kb = tally_key(t, b);
	int64_t na = tally_values(t, a)[COUNT], nb = tally_values(t, b)[COUNT];
	int c = (na < nb) - (na > nb);

	if (!c)
		c = order_names(&counters->names, tally_major(ka), tally_major(kb));
	return c ? c : order_names(&counters->names, tally_minor(ka), tally_minor(kb));
}

static struct slice party_name(enum party party)
{
	switch (party) {
	case CLIENT:
		return SLICE("client");
	case ACCOUNT:
		return SLICE("account");
	case SENDER:
		return SLICE("sender");
	case NOBODY:
		break;
	}
	return SLICE_NONE;
}

static void filter_who(struct panel_build *b, struct strbuf *filter, enum party party, struct slice who)
{
	if (party == CLIENT)
		build_client_filter(b, filter, who);
	else if (party != NOBODY)
		build_filter(b, filter, party == ACCOUNT ? "--user" : "--sender", who);
}

static void limits_build(void *state, struct panel_build *b)
{
	struct limits_state *s = state;
	struct strbuf filter = { 0 };
	struct tally sums;
	size_t *top;

	tally_init(&sums, VALUES, 0);
	sum_up(s, &sums);
	top = build_top(b, &sums, order_limits);
	for (size_t i = 0; i < b->panel->n_rows; i++) {
		struct panel_row *row = &b->panel->rows[i];
		uint64_t key = tally_key(&sums, top[i]);
		const int64_t *v = tally_values(&sums, top[i]);
		struct slice who = intern_name(&s->c->names, tally_minor(key));
		enum party party = (enum party)who.p[1];
		struct cause cause;

		row->cells[0] = cell_text(build_name(b, tally_major(key)));
		if (v[REASON] != NO_REASON && reason_cause(s->c, kind_of((enum source)who.p[0]), (size_t)v[REASON], &cause)) {
			row->cells[0] = cell_text(build_cause_text(b, &cause, false));
			row->cells[1] = cell_text(cause.id);
		}
		who = slice_from(who, 2);
		row->cells[2] = cell_text(party == NOBODY ? SLICE_NONE : who.n ? who : SLICE("<>"));
		row->cells[3] = cell_text(party_name(party));
		row->cells[4] = cell_value(v[COUNT]);
		seen_cells(row->cells + 5, v + SEEN);
		if (v[REASON] != NO_REASON) /* trace knows no notices */
			filter_who(b, &filter, party, who);
		build_filter_end(b, row, &filter);
	}
	strbuf_done(&filter);
	tally_done(&sums);
}

const struct panel_ops panel_limits = {
	.id = "limits",
	.title = "Limits of this server that were reached",
	.on_request = true,
	.columns = COLUMNS,
	.n_columns = ARRAY_LEN(COLUMNS),
	.new = limits_new,
	.free = limits_free,
	.on_message = limits_message,
	.on_rejection = limits_rejection,
	.on_oddity = limits_oddity,
	.on_health = limits_health,
	.build = limits_build,
};
