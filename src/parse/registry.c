/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registry.c - the writers, and how a record finds its own
 */
#include "parse/parse.h"

#include "base/attr.h"
#include "parse/amavis/amavis.h"
#include "parse/clamav_milter/clamav_milter.h"
#include "parse/clamd/clamd.h"
#include "parse/courier/courier.h"
#include "parse/dovecot/dovecot.h"
#include "parse/exchange/exchange.h"
#include "parse/exim/exim.h"
#include "parse/logging/logging.h"
#include "parse/mailscanner/mailscanner.h"
#include "parse/milter_greylist/milter_greylist.h"
#include "parse/mimedefang/mimedefang.h"
#include "parse/openarc/openarc.h"
#include "parse/opendkim/opendkim.h"
#include "parse/opendmarc/opendmarc.h"
#include "parse/opensmtpd/opensmtpd.h"
#include "parse/pam/pam.h"
#include "parse/plesk/plesk.h"
#include "parse/pmg/pmg.h"
#include "parse/policyd/policyd.h"
#include "parse/policyd_spf/policyd_spf.h"
#include "parse/postfix/postfix.h"
#include "parse/postgrey/postgrey.h"
#include "parse/postsrsd/postsrsd.h"
#include "parse/rspamd/rspamd.h"
#include "parse/saslauthd/saslauthd.h"
#include "parse/sendmail/sendmail.h"
#include "parse/smartermail/smartermail.h"
#include "parse/spamass_milter/spamass_milter.h"
#include "parse/spamd/spamd.h"
#include "parse/sqlgrey/sqlgrey.h"
#include "parse/transport.h"

const struct writer_ops *const parse_writers[] = {
	&postfix_writer,
	&dovecot_writer,
	&exim_writer,
	&sendmail_writer,
	&amavis_writer,
	&spamd_writer,
	&rspamd_writer,
	&opendkim_writer,
	&opendmarc_writer,
	&openarc_writer,
	&policyd_spf_writer,
	&postgrey_writer,
	&milter_greylist_writer,
	&clamav_milter_writer,
	&clamd_writer,
	&spamass_milter_writer,
	&saslauthd_writer,
	&pam_writer,
	&mimedefang_writer,
	&mailscanner_writer,
	&sqlgrey_writer,
	&courier_writer,
	&plesk_writer,
	&exchange_writer,
	&logging_writer,
	&smartermail_writer,
	&policyd_writer,
	&postsrsd_writer,
	&pmg_writer,
	&opensmtpd_writer,
	NULL,
};

/* Programs that handle mail and whose lines nobody here reads yet: "other", not "foreign". */
static const struct slice MAIL_PROGRAMS[] = {
	{ "spampd", 6 }, { "policyd-", 8 }, { "milter-", 7 }, { "smf-", 4 }, { "fetchmail", 9 },
};

ATTR_NOINLINE static bool is_mail_program(struct slice program)
{
	for (size_t i = 0; i < ARRAY_LEN(MAIL_PROGRAMS); i++)
		if (program.n >= MAIL_PROGRAMS[i].n &&
		    slice_eq(slice_head(program, MAIL_PROGRAMS[i].n), MAIL_PROGRAMS[i]))
			return true;
	return false;
}

ATTR_NOINLINE static const struct writer_ops *ask_writers(const struct line *l)
{
	for (size_t i = 0; parse_writers[i]; i++)
		if (parse_writers[i]->claims(l))
			return parse_writers[i];
	return NULL;
}

/* whose own file it is */
ATTR_NOINLINE static const struct writer_ops *ask_envelope(const struct line *l)
{
	for (size_t i = 0; l->envelope != ENVELOPE_NONE && parse_writers[i]; i++)
		if (parse_writers[i]->envelope == l->envelope)
			return parse_writers[i];
	return NULL;
}

static inline const struct writer_ops *writer_of(const struct line *l)
{
	if (l->envelope == ENVELOPE_EXIM)
		return l->flags & LINE_NOT_MAIL ? NULL : &exim_writer;
	if (!l->program.p)
		return ask_envelope(l);
	/* nearly all lines: the first to be asked would claim them */
	if (LIKELY(slice_starts(l->program, "postfix")))
		return &postfix_writer;
	if (LIKELY(slice_is(l->program, "dovecot")))
		return &dovecot_writer;
	return ask_writers(l);
}

/* a record that says nothing we know */
ATTR_NOINLINE static void set_unknown(const struct line *l, enum event_kind kind, enum writer writer, struct event *ret)
{
	event_init(ret, kind);
	ret->writer = writer;
	ret->text = l->text;
}

/* a line for N equal ones; false: it is no such line */
static bool parse_repeated(const struct line *l, struct event *ret)
{
	struct line one;
	int64_t times;

	if (!transport_repeats(l, &one, &times))
		return false;
	parse_line(&one, ret);
	if (times > 0 && ret->kind < EV_OTHER)
		ret->attempts = ret->attempts > 0 && ret->attempts <= INT32_MAX ? ret->attempts * times : times;
	return true;
}

/* of no writer */
ATTR_NOINLINE static void set_unclaimed(const struct line *l, struct event *ret)
{
	bool mail = l->program.p && is_mail_program(l->program);

	if (l->program.p && parse_repeated(l, ret))
		return;
	if (mail && transport_lost(l, ret))
		ret->writer = WRITER_MAIL;
	else if (mail)
		set_unknown(l, EV_OTHER, WRITER_MAIL, ret);
	else
		set_unknown(l, EV_FOREIGN, WRITER_NONE, ret);
}

/* is the event whole? */
static inline bool taken(enum parse_result r, const struct event *e)
{
	return r == PARSE_OK && !(e->kind == EV_NOTICE && e->category == NOTICE_NONE);
}

/*
 * No rule of w knows the line, or it is broken.  Where the tag alone has chosen the writer, some other one may own
 * it: "postfix/policy-spf" looks like a daemon of Postfix.
 */
ATTR_NOINLINE static void parse_odd(const struct writer_ops *w, const struct line *l, enum parse_result r,
				    struct event *ret)
{
	const struct writer_ops *owner = r == PARSE_NOT_MINE && l->program.p ? ask_writers(l) : w;

	if (owner && owner != w) {
		w = owner;
		event_init(ret, EV_FOREIGN);
		r = w->parse(l, ret);
		if (taken(r, ret)) {
			ret->writer = w->writer;
			return;
		}
	}
	if (l->program.p && parse_repeated(l, ret))
		return;
	if (transport_lost(l, ret))
		ret->writer = w->writer;
	else
		set_unknown(l, r == PARSE_BAD ? EV_MALFORMED : EV_OTHER, w->writer, ret);
}

void parse_line(const struct line *l, struct event *ret)
{
	const struct writer_ops *w = writer_of(l);
	enum parse_result r;

	if (!w) {
		set_unclaimed(l, ret);
		return;
	}
	event_init(ret, EV_FOREIGN);
	r = w->parse(l, ret);
	if (taken(r, ret))
		ret->writer = w->writer;
	else
		parse_odd(w, l, r, ret);
}

/* The samples of a writer show all of its tags. */
static bool has_sample_of(const struct writer_ops *w, struct slice program)
{
	for (const struct parse_sample *s = w->samples; s->text; s++)
		if (s->program && slice_eq(slice_str(s->program), program))
			return true;
	return false;
}

bool parse_knows_program(struct slice program)
{
	const struct line l = { .envelope = ENVELOPE_JOURNAL, .program = program, .text = SLICE("") };

	for (size_t i = 0; parse_writers[i]; i++)
		if (parse_writers[i]->claims(&l) || has_sample_of(parse_writers[i], program))
			return true;
	return is_mail_program(program);
}
