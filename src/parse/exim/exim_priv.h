/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exim_priv.h - what the files of this directory share
 *
 * Grammar: Exim 4.80 to 4.99, src/src/{receive,deliver,smtp_in,acl,host,log}.c.  A tag's meaning hangs on
 * the flag of its line (R= T= P= S= C= H= have two or three), so every family has its own switch of fields.
 */
#ifndef EXIM_PRIV_H
#define EXIM_PRIV_H

#include "base/attr.h"
#include "base/cursor.h"
#include "base/scan.h"
#include "parse/exim/exim.h"

/*
 * log.c cuts an entry to 8192 bytes: what is within one is no longer.  Behind every "<" of a longer record (nobody's, or syslog's) the
 * search for its end stops there, so that the work does not grow with the square of the length.
 */
#define EXIM_ENTRY_BYTES ((ptrdiff_t)8192)
#define EXIM_QUOTED_BYTES ((ptrdiff_t)2048) /* the same of quotes, byte by byte */

static inline const char *exim_near(const char *p, const char *end, ptrdiff_t bytes)
{
	return end - p > bytes ? p + bytes : end;
}

/* ---- fields.c: the pieces that lines are made of ---- */

/* NAME SP (HELO) SP [IP]:PORT*, each part optional: see exim_host() */
struct exim_host {
	struct slice name, helo, ip;
	int64_t port;
	bool reused; /* '*' behind it: over an open connection */
};

/* what a byte may be part of */
enum exim_class {
	EXIM_IP = 1 << 0,      /* an address between brackets */
	EXIM_IP_MARK = 1 << 1, /* a dot or a colon: no address is without one */
	EXIM_ID = 1 << 2,      /* an id of another server */
};
extern const unsigned char exim_classes[256]; /* enum exim_class */

static inline unsigned exim_class(char c)
{
	return exim_classes[(unsigned char)c];
}

/* the next blank, or the end */
static inline const char *exim_blank(const struct cur *c)
{
	return scan_for(c->p, c->end, ' ');
}

/* up to the next blank; a glued colon ("R=x: text") stays in the cursor */
static inline struct slice exim_word(struct cur *c)
{
	const char *begin = c->p, *q = exim_blank(c);

	if (UNLIKELY(q > begin && q[-1] == ':'))
		q--;
	c->p = q;
	return slice_between(begin, q);
}

/* over a word of no interest, colons and all */
static inline void exim_skip_word(struct cur *c)
{
	c->p = exim_blank(c);
}

/* is this byte between begin and end? */
static inline bool exim_has(const char *begin, const char *end, char byte)
{
	return scan_for(begin, end, byte) < end;
}

/*
 * A cursor whose address nobody gets stays in registers.  So what is worth a call takes the two pointers and
 * returns where it stands afterwards, or NULL for "no", and this moves the caller's cursor there.
 */
static inline bool exim_step(struct cur *c, const char *to)
{
	if (!to)
		return false;
	c->p = to;
	return true;
}

/* the first unescaped quote, or the end */
const char *exim_quote_end(const char *p, const char *end);

/* the rest of "..." behind its opening quote: to the first unescaped quote, or to the end of a cut line */
static inline struct slice exim_quoted(struct cur *c)
{
	const char *q = cur_left(c) ? memchr(c->p, '"', cur_left(c)) : NULL;
	struct slice s;

	if (!q)
		q = c->end;
	else if (q > c->p && q[-1] == '\\') /* maybe escaped, if the backslash itself is not */
		q = exim_quote_end(c->p, c->end);
	s = slice_between(c->p, q);
	c->p = q < c->end ? q + 1 : q;
	return s;
}

/* over the rest of a DN "..." (inner quotes are not escaped): the quote before a known tag, colon or end */
const char *exim_dn_end(const char *p, const char *end);
/* the closing bracket of "<...>" at the cursor, a quote within; the end if there is none */
const char *exim_angle_end(const char *quote, const char *p, const char *end);

/* "<address>", quoted local parts honoured; false (nothing consumed) without a closing bracket */
static inline bool exim_angle(struct cur *c, struct slice *ret)
{
	const char *end = exim_near(c->p, c->end, EXIM_ENTRY_BYTES), *q;

	if (cur_peek(c) != '<')
		return false;
	q = scan_either(c->p, end, '>', '"');
	if (q < end && *q == '"')
		q = exim_angle_end(q, c->p, end);
	if (q == end)
		return false;
	*ret = slice_between(c->p + 1, q);
	c->p = q + 1;
	return true;
}

const char *exim_host_end(const char *p, const char *end, struct exim_host *ret);
/* a HOSTPART, the cursor behind "H=" or "from "; false (*ret undefined) without a name or "[IP]" */
static inline bool exim_host(struct cur *c, struct exim_host *ret)
{
	return exim_step(c, exim_host_end(c->p, c->end, ret));
}

const char *exim_who_end(const char *p, const char *end, struct event *e, bool tagged);
/*
 * HOSTPART of a client into *e, and " I=[ip]:port", " U=ident", " Ci=id" behind it, any order, any of them
 * missing; tagged: "H=" (or "U=ident" alone) must stand in front
 */
static inline bool exim_who(struct cur *c, struct event *e, bool tagged)
{
	return exim_step(c, exim_who_end(c->p, c->end, e, tagged));
}

void exim_set_client(struct event *e, const struct exim_host *h);
void exim_set_relay(struct event *e, const struct exim_host *h);
const char *exim_local_end(const char *p, const char *end, struct event *e);
/* service and local port from "[ip]:port" behind "I=" */
static inline bool exim_local(struct cur *c, struct event *e)
{
	return exim_step(c, exim_local_end(c->p, c->end, e));
}

/* "1w2d3h4m5s", "0.013s"; -1 if it is none */
usec_t exim_time(struct slice s);
/* "TLS1.3:CIPHER:256*" into tls_version and tls_cipher */
void exim_tls(struct slice s, struct event *e);
/* "AUTH[:ID[:SENDER]]" into auth_method and user */
void exim_auth(struct slice s, struct event *e);
/* the same where the id may hold blanks: it ends before the first of these texts, or with the line */
const char *exim_auth_until(struct cur c, struct event *e, const struct slice *stops, size_t n);
/* smtp_code and dsn of a reply (several lines: of the last); false if it does not begin with a code */
bool exim_reply(struct slice reply, struct event *e);
/* the remote reply inside "SMTP error from remote mail server after CMD: [host H [IP]: ]REPLY", its code
 * and dsn into *e; a message without that prefix is tried as a reply itself */
void exim_message(struct slice message, struct event *e);

/*
 * Fields: TAG '=' value.  Every family has one function of this type that switches on the first letter of
 * the tag; the values' functions below get the cursor behind the tag.  False: no field of this family, or a
 * broken value; the cursor may then stand anywhere.
 */
typedef bool exim_field_fn(struct cur *c, struct event *e);

/* the field at the cursor; false (nothing consumed) if there is none */
static inline bool exim_field(exim_field_fn *field, struct cur *c, struct event *e)
{
	const char *begin = c->p;

	if (field(c, e))
		return true;
	c->p = begin;
	return false;
}

const char *exim_host_client_end(const char *p, const char *end, struct event *e);
const char *exim_host_relay_end(const char *p, const char *end, struct event *e);
const char *exim_tls_end(const char *p, const char *end, struct event *e);

static inline bool exim_take_host_client(struct cur *c, struct event *e)
{
	return exim_step(c, exim_host_client_end(c->p, c->end, e));
}

static inline bool exim_take_host_relay(struct cur *c, struct event *e)
{
	return exim_step(c, exim_host_relay_end(c->p, c->end, e));
}

static inline bool exim_take_tls(struct cur *c, struct event *e)
{
	return exim_step(c, exim_tls_end(c->p, c->end, e));
}

static inline bool exim_take_dn(struct cur *c, struct event *e)
{
	(void)e;
	return exim_step(c, exim_dn_end(c->p, c->end));
}

static inline bool exim_take_quoted(struct cur *c, struct event *e)
{
	(void)e;
	(void)exim_quoted(c);
	return true;
}

static inline bool exim_take_sender(struct cur *c, struct event *e)
{
	c->p--; /* the tag ends with the bracket */
	return exim_angle(c, &e->sender);
}

static inline bool exim_take_session(struct cur *c, struct event *e)
{
	e->session = exim_word(c);
	return true;
}

static inline bool exim_take_verified(struct cur *c, struct event *e)
{
	struct slice s;

	if (LIKELY(cur_left(c) >= 3 && memcmp(c->p, "no ", 3) == 0)) {
		c->p += 2;
		e->verified = false;
		return true;
	}
	s = exim_word(c);
	e->verified = slice_is(s, "yes") || slice_is(s, "dane");
	return true;
}

/* ---- address.c: the address part of => -> == ** lines ---- */

enum exim_addr_kind {
	EXIM_ADDR_PLAIN,
	EXIM_ADDR_PIPE,
	EXIM_ADDR_FILE,
	EXIM_ADDR_REPLY,
	EXIM_ADDR_SPECIAL, /* :blackhole:, discarded, blackhole, save NAME */
};

struct exim_addr {
	enum exim_addr_kind kind;
	struct slice final, parent, orig; /* FINAL (PARENT, ...) <ORIGINAL> */
	struct slice recipient;           /* if that is plain to see */
};

const char *exim_addr_end(const char *p, const char *end, struct exim_addr *ret);
static inline bool exim_addr(struct cur *c, struct exim_addr *ret)
{
	return exim_step(c, exim_addr_end(c->p, c->end, ret));
}

/* exim_addr_recipient() of an address that has to be compared with ORIGINAL, PARENT and hint */
void exim_addr_compare(const struct exim_addr *a, struct slice hint, struct event *e);

/* recipient and orig_recipient; hint (may be SLICE_NONE) is an address that may complete a bare local part */
static inline void exim_addr_recipient(const struct exim_addr *a, struct slice hint, struct event *e)
{
	if (LIKELY(a->recipient.p))
		e->recipient = a->recipient;
	else
		exim_addr_compare(a, hint, e);
}

/* ---- the families ---- */

enum parse_result exim_arrival(struct cur c, struct event *e);
enum parse_result exim_delivery(struct cur c, struct event *e, bool bypassed); /* bypassed: "*>" */
enum parse_result exim_deferral(struct cur c, struct event *e);
enum parse_result exim_failure(struct cur c, struct event *e);

struct exim_rule;
typedef enum parse_result exim_rule_fn(struct cur c, struct event *e, const struct exim_rule *r);

/* Lines told by how they begin.  Without fn: a notice of that category whose text is the line. */
struct exim_rule {
	struct slice prefix;
	exim_rule_fn *fn; /* the cursor stands behind the prefix */
	enum notice category;
	enum severity severity;
};

/* the whole line of a rule's cursor */
static inline struct slice exim_line(struct cur c, const struct exim_rule *r)
{
	return slice_between(c.p - r->prefix.n, c.end);
}

/* make *e a notice about this line; fields already set are kept */
enum parse_result exim_notice(struct event *e, enum notice category, enum severity severity,
			      struct slice text);
/* the letters that a table's prefixes begin with, one bit each: other lines need no look at its rules */
#define EXIM_BEGIN(c) (UINT64_C(1) << ((c) & 63))
/* the first rule whose prefix fits; PARSE_NOT_MINE if none does */
enum parse_result exim_rules(const struct exim_rule *rules, size_t n, struct cur c, struct event *e);

static inline enum parse_result exim_rules_of(uint64_t begins, const struct exim_rule *rules, size_t n,
					      struct cur c, struct event *e)
{
	return begins & EXIM_BEGIN(cur_peek(&c)) ? exim_rules(rules, n, c, e) : PARSE_NOT_MINE;
}

enum parse_result exim_state(struct cur c, struct event *e);   /* state.c: words behind an id */
enum parse_result exim_session(struct cur c, struct event *e); /* session.c: connections, TLS, AUTH */
enum parse_result exim_policy(struct cur c, struct event *e);  /* acl.c: "H=..." lines, with or without id */
enum parse_result exim_refusal(struct cur c, struct event *e); /* acl.c: direct refusals */
enum parse_result exim_health(struct cur c, struct event *e);  /* notice.c: daemon, panic log, panels */
enum parse_result exim_auth_failed(struct cur c, struct event *e); /* session.c */

/* acl.c: Envelope-from, Envelope-to, Message-ID, Subject below a rejection in the reject log */
void exim_reject_headers(struct slice text, struct event *e);
/* acl.c: "RCPT <a>: text" behind "rejected " */
enum parse_result exim_rejected(struct cur c, struct event *e, bool temporary);
/* address up to a blank or colon, with or without angle brackets */
struct slice exim_argument(struct cur *c);

extern const struct parse_sample exim_samples[];
extern const struct parse_sample exim_refused[];

#endif
