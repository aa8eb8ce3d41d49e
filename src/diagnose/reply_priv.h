/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reply_priv.h - a reply made ready for the rules
 */
#ifndef DIAGNOSE_REPLY_PRIV_H
#define DIAGNOSE_REPLY_PRIV_H

#include "diagnose/diagnose.h"
#include "diagnose/rules.h"

#define REPLY_MAX_BYTES 4096 /* what is looked at of a reply */
#define REPLY_MAX_CODES 8    /* of each sort */
#define REPLY_SLACK     64   /* zeros behind the text, for whoever reads some bytes at a time */
#define REPLY_BUF_BYTES (REPLY_MAX_BYTES + 2 + REPLY_SLACK)

/* 5.7.26 as a number: ten bits for each part */
#define DSN_CLASS   20
#define DSN_SUBJECT 10
#define DSN_PART    UINT32_C(0x3ff)

static inline uint32_t dsn_subject(uint32_t dsn)
{
	return dsn >> DSN_SUBJECT & DSN_PART;
}

static inline uint32_t dsn_detail(uint32_t dsn)
{
	return dsn & DSN_PART;
}

/* codes of a reply, or its enhanced codes */
struct reply_numbers {
	uint32_t n;
	uint32_t v[REPLY_MAX_CODES];
};

/* 400 to 599 at p, in three bytes */
static inline bool reply_has_code(const char *p)
{
	unsigned char hundreds = (unsigned char)(p[0] - '4'), tens = (unsigned char)(p[1] - '0'), ones = (unsigned char)(p[2] - '0');

	return !((hundreds > 1) | (tens > 9) | (ones > 9)); /* one branch */
}

/* a complaint without the mail program's words around it */
struct bare_reply {
	struct slice core, host, ip;
	uint32_t stages;           /* what it may have been said at, a bit for each enum reply_stage; 0: not known */
	enum said_by said_by;
};

void reply_bare(const struct complaint *c, struct bare_reply *ret);

/* what the rules look at */
struct reply_view {
	struct slice host;
	uint32_t stages;
	enum said_by said_by;
	bool temporary;                       /* the mail program will try again, if anybody knows */
	struct reply_numbers codes, dsns;
	struct slice last_dsn;                /* the last of dsns, as it stands there */
	size_t n;                             /* bytes of text */
	char text[REPLY_BUF_BYTES];           /* folded; runs of blanks are one; a blank at both ends */
};

void reply_view(const struct complaint *c, const struct bare_reply *bare, struct reply_view *ret);

/* Does its text hold this one, of at least two bytes? */
bool view_has(const struct reply_view *v, struct slice what);

/* 4.x.y or 5.x.y of one to three digits each, at the very beginning, with nothing of a number behind it; its length, or 0 */
size_t dsn_parse(struct slice s, uint32_t *ret);

#endif
