/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smartermail_priv.h - what the files of the SmarterMail parser share
 */
#ifndef PARSE_SMARTERMAIL_PRIV_H
#define PARSE_SMARTERMAIL_PRIV_H

#include "parse/rows.h"

/* A line without its time, taken apart: "[ip][session] text", "[session] text", "[ip] text", "text". */
enum sm_shape {
	SM_PLAIN,          /* no brackets */
	SM_PROTOCOL,       /* a client's session */
	SM_DELIVERY,       /* a message in the spool */
	SM_ADMINISTRATIVE, /* a client's address alone */
};

struct sm_line {
	enum sm_shape shape;
	struct slice ip, session;
	struct slice service; /* of a protocol's own log; SLICE_NONE: the name of the file does not tell */
	struct slice text;
};

enum parse_result sm_protocol(const struct sm_line *s, struct event *ret);
enum parse_result sm_delivery(const struct sm_line *s, struct event *ret);
enum parse_result sm_administrative(const struct sm_line *s, struct event *ret);

enum parse_result sm_notice(struct event *e, enum notice category, enum severity severity, struct slice text);

/*
 * The id by which the delivery log calls a message: the last eight characters of its spool file's name, which may come with
 * directories and an extension ("C:\\Spool\\SubSpool8\\67518204.hdr").  SLICE_NONE: that is no such name.
 */
struct slice sm_queue_id(struct slice file);

/* consume this word and what blanks and tabs follow it, whatever the case of its letters */
bool sm_word(struct cur *c, struct slice word);
#define sm_lit(c, s) sm_word((c), SLICE(s))

/* "550 5.1.1 text" into smtp_code, dsn; false: no reply code */
bool sm_reply(struct slice text, struct event *e);
/* stage, helo, sender, recipient, auth_method and size of an SMTP command; false: none that is known */
bool sm_command(struct slice text, struct event *e);

/* "Login failed: WHY" and its like, behind "Login failed"; the user is in the reason */
enum parse_result sm_login_failed(struct cur c, struct event *e);

extern const struct parse_sample smartermail_samples[], smartermail_refused[];

#endif
