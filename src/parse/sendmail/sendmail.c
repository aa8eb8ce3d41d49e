/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sendmail.c - lines of Sendmail: which are its own, and what their first word is
 *
 * Source: sendmail 8.17 sendmail/conf.c sm_syslog(): "%s: text" with the queue id, "NOQUEUE: text", or the
 * text alone. A server's child takes an id when the connection begins: session lines carry one that may never
 * become a message, and each further transaction takes the next one.
 */
#include "parse/sendmail/sendmail.h"

#include "parse/sendmail/sendmail_priv.h"

/* tags (-L) of the distributions: daemon, queue runners, the submission program's queue */
static bool sendmail_claims(const struct line *l)
{
	if (slice_starts(l->program, "sm-"))
		return slice_starts(l->program, "sm-mta") || slice_starts(l->program, "sm-msp") ||
		       slice_is(l->program, "sm-queue") || slice_is(l->program, "sm-client") ||
		       slice_is(l->program, "sm-acceptingconnections");
	return slice_is(l->program, "sendmail") || slice_is(l->program, "sendmail-client") ||
	       slice_is(l->program, "sendmail-mta") || slice_is(l->program, "sendmail-msp");
}

static const struct {
	struct slice prefix;
	smta_handler *handler; /* c stands behind the prefix */
} LINES[] = {
	{ LIT("to="), smta_to },
	{ LIT("from="), smta_from },
	{ LIT("STARTTLS"), smta_starttls },
	{ LIT("AUTH="), smta_auth },
	{ LIT("ruleset="), smta_ruleset },
	{ LIT("AUTH failure "), smta_auth_failure },
	{ LIT("alias "), smta_expansion },
	{ LIT("forward "), smta_expansion },
	{ LIT("Milter: "), smta_milter },
	{ LIT("milter="), smta_milter_name },
	{ LIT("split: "), smta_split },
};

/* what no prefix tells: a second id, an address, a client's name, or one of many words */
static smta_handler *const OTHERS[] = { smta_notification, smta_user_error, smta_notice_rows,
					smta_peer_line };

static enum parse_result sendmail_parse(const struct line *l, struct event *ret)
{
	struct smta s = { SLICE_NONE, SLICE_NONE };
	struct cur c = cur_of(l->text);
	enum parse_result r = PARSE_NOT_MINE;

	if (!cur_lit(&c, "NOQUEUE: "))
		(void)smta_id(&c, &s.id);
	s.text = cur_rest(&c);
	ret->queue_id = s.id;
	for (size_t i = 0; i < ARRAY_LEN(LINES) && r == PARSE_NOT_MINE; i++)
		if (s.text.n >= LINES[i].prefix.n &&
		    memcmp(s.text.p, LINES[i].prefix.p, LINES[i].prefix.n) == 0)
			r = LINES[i].handler(&s, cur_of(slice_from(s.text, LINES[i].prefix.n)), ret);
	for (size_t i = 0; i < ARRAY_LEN(OTHERS) && r == PARSE_NOT_MINE; i++) {
		event_init(ret, EV_FOREIGN);
		ret->queue_id = s.id;
		r = OTHERS[i](&s, c, ret);
	}
	return r;
}

const struct writer_ops sendmail_writer = {
	.writer = WRITER_SENDMAIL,
	.claims = sendmail_claims,
	.parse = sendmail_parse,
	.samples = sendmail_samples,
	.refused = sendmail_refused,
};
