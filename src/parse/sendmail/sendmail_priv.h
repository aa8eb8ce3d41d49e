/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sendmail_priv.h - what the files of this directory share
 */
#ifndef PARSE_SENDMAIL_PRIV_H
#define PARSE_SENDMAIL_PRIV_H

#include "base/attr.h"
#include "base/cursor.h"
#include "parse/parse.h"

/* One Sendmail record, taken apart as far as all lines agree: "[ID: | NOQUEUE: ]text". */
struct smta {
	struct slice id;   /* SLICE_NONE: none */
	struct slice text; /* what follows */
};

/* c stands at s->text; *e is fresh but for queue_id */
typedef enum parse_result smta_handler(const struct smta *s, struct cur c, struct event *e);

smta_handler smta_from, smta_to, smta_ruleset, smta_milter, smta_milter_name, smta_starttls, smta_auth,
	smta_auth_failure;
smta_handler smta_split, smta_expansion;
/* "NEWID: KIND: TEXT" behind an id */
smta_handler smta_notification;
/* lines that begin with the client: "NAME [ip] did not issue ..." */
smta_handler smta_peer_line;
/* "<address>... text": an error told to the client */
smta_handler smta_user_error;
/* everything else, by tables */
smta_handler smta_notice_rows;

/* "name [ip] (may be forged)" in its forms; each part SLICE_NONE when it is missing */
struct smta_peer {
	struct slice host;  /* without the trailing dot; SLICE_NONE if it is not verified */
	struct slice ip;    /* without "IPv6:" */
	struct slice ident; /* user@ in front */
	struct slice path;  /* of a socket: "localhost [[UNIX: /run/lmtp.sock]]" */
};

/* consume a peer; false if there is none */
bool smta_take_peer(struct cur *c, struct smta_peer *ret);
/* the same into client_* of *e */
bool smta_take_client(struct cur *c, struct event *e);
/* the same into relay_* of *e */
bool smta_take_relay(struct cur *c, struct event *e);
/* the daemon's name that the administrator gave (DaemonPortOptions), as a service */
struct slice smta_service(struct slice daemon);
/* the name of an SMTP command in lower case as a stage */
struct slice smta_stage(struct slice command);

/*
 * The first place of `lit` outside quotes, angle brackets and comments where ok() likes what follows; if
 * there is none (the text was cut, or brackets do not match) the first place of all.
 */
bool smta_find(struct slice s, struct slice lit, bool (*ok)(struct cur c), size_t *ret_at);

/* "550 5.1.1 text", "550-5.1.1 text", "550 text": code and enhanced code, into *e; 4xx is marked.  What
 * follows them stands in *ret_text (may be NULL).  False if there is no code. */
bool smta_reply(struct slice reply, struct event *e, struct slice *ret_text);
/* "1.2.3" with class 2, 4 or 5, followed by a blank or the end */
bool smta_dsn(struct cur *c, struct slice *ret);
/* "[D+]HH:MM:SS" */
bool smta_delay(struct cur *c, usec_t *ret);
/* a queue id followed by ": " */
bool smta_id(struct cur *c, struct slice *ret);

/* the event is a notice of this category whose text is s->text */
enum parse_result smta_notice(const struct smta *s, enum notice category, enum severity severity,
			      struct event *e);

extern const struct parse_sample sendmail_samples[], sendmail_refused[];

#endif
