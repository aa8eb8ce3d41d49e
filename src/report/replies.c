/* SPDX-License-Identifier: Apache-2.0 */
/*
 * replies.c - the shapes of replies, and samples of them
 */
#include "base/ascii.h"
#include "base/ip.h"
#include "base/scan.h"
#include "base/shape.h"
#include "report/memo.h"

#define SHAPE_MAX_BYTES  400 /* of a reply that are looked at */
#define SAMPLE_MAX_BYTES 500

/* ": 450 " or ": 550-": where a server's own words begin in the client's account of them */
static size_t find_reply_code(struct slice s)
{
	const char *p = s.p, *end = s.p + s.n;

	while (end - p >= 6 && (p = memchr(p, ':', (size_t)(end - p) - 5))) {
		if (p[1] == ' ' && (p[2] == '4' || p[2] == '5') && ascii_digit(p[3]) && ascii_digit(p[4]) &&
		    (p[5] == ' ' || p[5] == '-'))
			return (size_t)(p + 2 - s.p);
		p++;
	}
	return s.n;
}

/*
 * What the other side said, without our side's words around it: Postfix "host H[IP] said: ... (in reply to
 * RCPT TO command)", Exim "SMTP error from remote mail server after RCPT TO:<A>: ...".  A reply that imitates
 * these words is grouped elsewhere, no more.
 */
struct slice reply_core(struct slice s)
{
	if (slice_starts(s, "host ") || slice_starts(s, "SMTP error from remote ") ||
	    slice_starts(s, "LMTP error ")) {
		size_t at = find_reply_code(s);

		if (at < s.n)
			s = slice_from(s, at);
	}
	if (s.n && s.p[s.n - 1] == ')' && slice_ends(s, " command)")) {
		size_t at = slice_rfind(s, SLICE(" (in reply to "));

		s = slice_head(s, at);
	}
	return s;
}

/* --- forms -------------------------------------------------------------------------------------------- */

/*
 * The form of a reply is what is left without some of the parts that shape_add() masks: replies of one form have one shape.  Such a part
 * has a blank in front of it, or begins the reply: there every word ends, so that nothing else depends on what it holds.
 */
enum form_mask { MASK_NONE, MASK_ADDRESS, MASK_IP, MASK_URL };

#define FORM_ADDRESS_BYTES 256 /* of an address; shape_add() takes a little more */

struct form {
	struct slice pieces[FORM_PIECES];
	uint8_t masks[FORM_PIECES]; /* what follows the piece: MASK_NONE, the last one */
	size_t n, bytes;            /* pieces, bytes in them */
};

/* "<a@b>" at p; returns what is behind it, NULL: it is something else.  From base on all may be read. */
static const char *end_of_address(const char *base, const char *p, const char *end)
{
	const char *q;

	if (end - p > FORM_ADDRESS_BYTES)
		end = p + FORM_ADDRESS_BYTES;
	q = scan_either_from(base, p, end, '>', ' ');
	return q < end && *q == '>' && scan_for_from(base, p, q, '@') < q ? q + 1 : NULL;
}

/* the same for "[192.0.2.1]" */
static const char *end_of_ip(const char *p, const char *end)
{
	const char *q = scan_dotted(p + 1, end);
	struct ip ip;

	return q < end && *q == ']' && ip_parse(slice_between(p + 1, q), &ip) ? q + 1 : NULL;
}

/* the same for a link, at whose begin p is */
static const char *end_of_url(const char *p, const char *end)
{
	const uint64_t ends = ((UINT64_C(2) << ' ') - 1) | UINT64_C(1) << '"' | UINT64_C(1) << ')' | UINT64_C(1) << '>';
	struct slice s = slice_between(p, end);

	if (!slice_starts(s, "http://") && !slice_starts(s, "https://"))
		return NULL;
	while (p < end && ((unsigned char)*p > '>' || !(ends >> *p & 1)))
		p++;
	return p == end || *p == ' ' || *p == ')' ? p : NULL;
}

static void add_piece(struct form *f, const char *p, const char *end, enum form_mask mask)
{
	f->pieces[f->n] = slice_between(p, end);
	f->masks[f->n++] = (uint8_t)mask;
	f->bytes += (size_t)(end - p);
}

static inline bool at_word(struct slice s, const char *p)
{
	return p == s.p || p[-1] == ' ';
}

/* at most one link, behind all else */
static void take_form(struct slice s, struct form *f)
{
	const char *p = s.p, *end = s.p + s.n, *from = p, *q;

	f->n = f->bytes = 0;
	while (f->n < FORM_PIECES - 2 && (p = scan_either_from(s.p, p, end, '<', '[')) < end) {
		q = !at_word(s, p) ? NULL : *p == '<' ? end_of_address(s.p, p, end) : end_of_ip(p, end);
		if (q) {
			add_piece(f, from, p, *p == '<' ? MASK_ADDRESS : MASK_IP);
			from = q;
		}
		p = q ? q : p + 1;
	}
	for (p = from; (p = scan_for_from(s.p, p, end, '/')) < end; p++) {
		ptrdiff_t before = p - from > 1 && p[-2] == 's' ? 6 : 5; /* "https:", "http:" */
		q = p - from >= before && at_word(s, p - before) ? end_of_url(p - before, end) : NULL;
		if (!q)
			continue;
		add_piece(f, from, p - before, MASK_URL);
		from = q;
		break;
	}
	add_piece(f, from, end, MASK_NONE);
}

static struct form_slot *form_slot(struct counters *c, const struct form *f)
{
	size_t h = 0;

	for (size_t i = 0; i < f->n; i++) {
		struct slice s = f->pieces[i];

		h = h * 7 + s.n + (s.n ? (unsigned char)s.p[s.n / 2] + (unsigned char)s.p[s.n / 3] * 3U : 0);
	}
	return &c->forms[h % FORM_SLOTS];
}

static bool is_form(const struct form_slot *slot, const struct form *f)
{
	const char *p = slot->text;

	if (!slot->shape)
		return false;
	for (size_t i = 0; i < f->n; i++) {
		if (slot->n[i] != f->pieces[i].n || slot->masks[i] != f->masks[i] ||
		    !same_bytes(p, f->pieces[i].p, f->pieces[i].n))
			return false;
		p += slot->n[i];
	}
	return true;
}

static void set_form(struct form_slot *slot, const struct form *f, sym_t shape)
{
	char *p = slot->text;

	for (size_t i = 0; i < f->n; i++) {
		memcpy(p, f->pieces[i].p, f->pieces[i].n);
		p += f->pieces[i].n;
		slot->n[i] = (uint8_t)f->pieces[i].n;
		slot->masks[i] = f->masks[i];
	}
	slot->shape = shape;
}

static sym_t new_shape(struct counters *c, struct slice core)
{
	strbuf_clear(&c->scratch);
	shape_add(&c->scratch, core, SHAPE_MAX_BYTES);
	return intern(&c->names, strbuf_slice(&c->scratch));
}

static sym_t shape_by_form(struct counters *c, struct slice core)
{
	struct form_slot *slot;
	struct form f;
	sym_t shape;

	take_form(core, &f);
	if (f.bytes > FORM_BYTES)
		return new_shape(c, core);
	slot = form_slot(c, &f);
	if (is_form(slot, &f))
		return slot->shape;
	shape = new_shape(c, core);
	set_form(slot, &f, shape);
	return shape;
}

/* Our own reasons are short and few: their shapes by the text itself. */
sym_t counters_shape(struct counters *c, struct slice reply)
{
	struct memo_slot *slot;
	sym_t shape;

	if (!reply.p)
		return SYM_NONE;
	slot = counters_memo(c, MEMO_SHAPE, reply);
	if (slot && memo_is(slot, reply))
		return slot->sym;
	shape = shape_by_form(c, reply_core(slice_head(reply, SHAPE_MAX_BYTES)));
	if (slot)
		memo_set(slot, reply, shape);
	return shape;
}

sym_t counters_sample(struct counters *c, struct slice text)
{
	return intern(&c->names, slice_head(text, SAMPLE_MAX_BYTES));
}
