/* SPDX-License-Identifier: Apache-2.0 */
/*
 * redact_priv.h - what the parts of the redaction share
 */
#ifndef EXPORT_REDACT_PRIV_H
#define EXPORT_REDACT_PRIV_H

#include "base/ip.h"
#include "base/map.h"
#include "base/strbuf.h"
#include "export/redact.h"

#define REDACT_PHRASES_MAX 16

/* what a known name is */
enum known {
	KNOWN_NOT = 0,
	KNOWN_RECIPIENT, /* a local part of anybody: masked where a name stands, as in quotes */
	KNOWN_USER,      /* masked wherever the word stands */
	KNOWN_HOST,
};

struct redact {
	struct siphash_key key;
	bool (*path_word)(struct slice part);
	struct map names;      /* small letters -> enum known */
	struct arena arena;    /* their bytes */
	bool full;             /* REDACT_NAMES_MAX was reached */
	struct strbuf fold;    /* for look-ups */
	struct strbuf out;     /* the mask that is being made */
	/* values that hold blanks or signs: replaced wherever they stand in the texts of the record or fact at hand */
	struct {
		struct slice s;
		enum mask mask;
	} phrases[REDACT_PHRASES_MAX];
	size_t n_phrases;
	struct slice head_host; /* the host in the head of a syslog line, whatever word it is; only looked for there */
};

/* --- redact.c: add masks to *out ----------------------------------------------------------------------- */

/* prefix and nine characters of the keyed hash; small and capital letters are the same */
void mask_word(struct redact *r, struct strbuf *out, char prefix, struct slice s);
void mask_host(struct redact *r, struct strbuf *out, struct slice s);
void mask_local_part(struct redact *r, struct strbuf *out, struct slice s);
/* with or without a domain */
void mask_address(struct redact *r, struct strbuf *out, struct slice s);
void mask_ip(struct redact *r, struct strbuf *out, const struct ip *ip);
void mask_path(struct redact *r, struct strbuf *out, struct slice s);
void mask_value(struct redact *r, struct strbuf *out, enum mask mask, struct slice s);
enum known known_name(struct redact *r, struct slice s);

/* --- redact_text.c ------------------------------------------------------------------------------------- */

/* raw: nobody understood the line */
void mask_text(struct redact *r, struct strbuf *out, struct slice s, bool raw);
/* the names of files have endings that look like top-level domains */
bool looks_like_host(struct slice s);

#endif
