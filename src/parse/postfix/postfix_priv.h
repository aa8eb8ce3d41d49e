/* SPDX-License-Identifier: Apache-2.0 */
/*
 * postfix_priv.h - what the files of this directory share
 */
#ifndef PARSE_POSTFIX_PRIV_H
#define PARSE_POSTFIX_PRIV_H

#include "base/attr.h"
#include "base/cursor.h"
#include "base/scan.h"
#include "parse/parse.h"

/* One Postfix record, taken apart as far as all daemons agree. */
struct pf {
	struct slice process;   /* last part of the tag: the program */
	struct slice middle;    /* "SERVICE/" of a three part tag; empty: it has two */
	struct slice id;        /* queue id in front, else SLICE_NONE */
	bool noqueue;           /* "NOQUEUE: " in front */
	enum severity severity; /* "warning: " and its like in front; SEVERITY_NONE: none */
	struct slice rest;      /* what follows severity and id: the text of notices */
	const char *begin;      /* of the text: nothing in front of it may be read */
};

/* A daemon's parser: c stands at f->rest; *e is fresh but for queue_id. */
typedef enum parse_result pf_handler(const struct pf *f, struct cur c, struct event *e);

pf_handler pf_smtpd, pf_cleanup, pf_qmgr, pf_pickup, pf_delivery_agent, pf_bounce, pf_postsuper;
pf_handler pf_postscreen, pf_dnsblog, pf_tlsproxy, pf_other_daemon;
/* "to=<...>, relay=..., status=..." behind a queue id, whichever daemon writes it; c stands behind "to=<" */
pf_handler pf_delivery;
/* TLS summary and handshake lines; PARSE_NOT_MINE if it is none */
pf_handler pf_tls;
/* what any daemon may write: libraries, lookups, limits, disk, configuration */
pf_handler pf_common;

/* name[address][:port]; each part SLICE_NONE or -1 when it is missing or "unknown" */
struct pf_peer {
	struct slice name, address;
	int64_t port;
};

/* "name[addr]", "name[addr]:port", "[addr]:port", "name[/path]"; no blank in the name */
bool pf_peer(struct cur *c, struct pf_peer *ret);
/* the same into relay_* of *e; a path in the brackets ("host[private/dovecot-lmtp]") is no address */
bool pf_relay(struct cur *c, struct event *e);

/*
 * The usual "name[address]" at c, which nearly every second line has: returns its end, or NULL where pf_peer() has to
 * look.  The bytes from base to the cursor may be read too; most addresses are shorter than `near`, 16 or 32 bytes.
 * There is no branch for the clients that have no name: they are as many as those that have one.
 */
static inline ATTR_ALWAYS_INLINE const char *pf_usual_peer(const char *base, struct cur c, size_t near,
							   struct slice *ret_name, struct slice *ret_address)
{
	const char *open = scan_near(base, c.p, c.end, '[', ' ', 32), *close;
	uintptr_t named;

	if (UNLIKELY(!open || *open != '[' || open == c.p))
		return NULL;
	close = scan_near(base, open + 1, c.end, ']', ']', near);
	if (UNLIKELY(!close || close - c.p < 8 || close == open + 1 || open[1] == 'u'))
		return NULL;
	named = bytes_eq(c.p, "unknown[", 8) ? 0 : UINTPTR_MAX;
	ret_name->p = (const char *)((uintptr_t)c.p & named);
	ret_name->n = (uintptr_t)(open - c.p) & named;
	*ret_address = slice_between(open + 1, close);
	return close + 1;
}

/* any name[address][:port] into client_* of *e */
bool pf_client(struct cur *c, struct event *e);

/* the same where it is the usual one, without a port; *e is fresh */
static inline ATTR_ALWAYS_INLINE bool pf_usual_client(const struct pf *f, struct cur *c, struct event *e)
{
	const char *end = pf_usual_peer(f->begin, *c, 16, &e->client_host, &e->client_ip);

	if (UNLIKELY(!end || (end < c->end && *end == ':' && c->end - end > 1 && ascii_digit(end[1]))))
		return false;
	c->p = end;
	return true;
}

/* five bytes, "1.2.3" with class 2, 4 or 5: nearly all have one digit in each place */
static inline bool pf_is_short_dsn(const char *p)
{
	return p[1] == '.' && p[3] == '.' && ascii_digit(p[2]) && ascii_digit(p[4]) &&
	       (p[0] == '2' || p[0] == '4' || p[0] == '5');
}

bool pf_long_dsn(struct cur *c, struct slice *ret);
/* "1.2.3" with class 2, 4 or 5, followed by a blank or the end */
static inline bool pf_dsn(struct cur *c, struct slice *ret)
{
	const char *p = c->p;

	if (cur_left(c) > 5 && p[5] == ' ' && pf_is_short_dsn(p)) {
		*ret = slice_of(p, 5);
		c->p = p + 5;
		return true;
	}
	return pf_long_dsn(c, ret);
}
/* "550 5.1.1 text", "550-5.1.1 text", "5.1.1 text", "550 text" into smtp_code and dsn of *e; 4xx marks it */
void pf_reply(struct slice text, struct event *e);

/*
 * The context that smtpd and cleanup append: "; from=<S> to=<R> proto=P helo=<H> sasl_...".
 *
 * The text before it comes from strangers and may imitate it: the context is the rightmost place from which
 * the rest parses strictly.  `tail` tells where it may end: at the end, or (cleanup) also at ": TEXT".
 * If there is no such place the record was cut: with PF_TAIL_END the fields that are whole are taken.
 */
struct pf_context {
	struct slice before; /* what stands in front of the ';' */
	struct slice after;  /* cleanup's TEXT behind ": ", else SLICE_NONE */
	struct slice sender, recipient, protocol, helo, user, auth_method;
};
enum pf_context_tail { PF_TAIL_END, PF_TAIL_TEXT };
bool pf_context(struct slice text, enum pf_context_tail tail, struct pf_context *ret);
void pf_context_to_event(const struct pf_context *x, struct event *e);

bool pf_odd_address(struct cur *c, struct slice *ret);
/* an address up to the first of "> " or ">," that ends it, or '>' at the end; c stands behind "<" and then
 * behind ">"; a quoted local part may hold anything */
static inline bool pf_address(struct cur *c, struct slice *ret)
{
	const char *begin = c->p, *end = c->end, *close = scan_for(begin, end, '>');

	/* nearly all: no quotes, the first '>' is the one */
	if (UNLIKELY(end - close < 2 || close[1] != ',' || *begin == '"'))
		return pf_odd_address(c, ret);
	*ret = slice_between(begin, close);
	c->p = close + 1;
	return true;
}

/* the event is a notice of this category whose text is f->rest */
enum parse_result pf_notice(const struct pf *f, enum notice category, struct event *e);

/* what stands where the pattern of a row ended */
enum pf_then {
	PF_NOTHING,
	PF_CLIENT, /* name[addr] of a client */
	PF_RELAY,  /* name[addr]:port of a next hop */
	PF_DOMAIN, /* a domain or host, up to a blank, ':' or ';' */
	PF_REASON, /* the reason, up to the end */
};

/* A row of a table of notices: '*' in the pattern stands for one run of non-blanks. */
struct pf_row {
	struct slice pattern;
	enum notice category;
	enum pf_then then;
};
#define PF_ROW(pattern, category, then) { { pattern, sizeof(pattern) - 1 }, category, then }

/* the first row that matches f->rest becomes the event; else PARSE_NOT_MINE */
enum parse_result pf_rows(const struct pf *f, const struct pf_row *rows, size_t n, struct event *e);

/* "smtp" for port 25, else by the service's name in master.cf */
static inline struct slice pf_service(const struct pf *f)
{
	if (f->middle.n == 0)
		return SLICE("smtp");
	return slice_is(f->middle, "submissions/") ? SLICE("smtps") : slice_head(f->middle, f->middle.n - 1);
}

/* what a delivery's reason says: reply code, next hop's id, outcome (reply.c); e->outcome is set before */
void pf_reason(const struct pf *f, struct event *e);

extern const struct parse_sample postfix_samples[], postfix_refused[];

#endif
