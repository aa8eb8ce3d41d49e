/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registry.c - the writers, and how a record finds its own
 */
#include "parse/parse.h"

#include "base/attr.h"
#include "parse/amavis/amavis.h"
#include "parse/dovecot/dovecot.h"
#include "parse/exim/exim.h"
#include "parse/postfix/postfix.h"
#include "parse/rspamd/rspamd.h"
#include "parse/spamd/spamd.h"

const struct writer_ops *const parse_writers[] = {
	&postfix_writer,
	&dovecot_writer,
	&exim_writer,
	&amavis_writer,
	&spamd_writer,
	&rspamd_writer,
	NULL,
};

/* Programs that handle mail and whose lines nobody here reads yet: "other", not "foreign". */
static const struct slice MAIL_PROGRAMS[] = {
	{ "amavis", 6 },         { "clamav-milter", 13 }, { "milter-greylist", 15 }, { "opendkim", 8 },
	{ "opendmarc", 9 },      { "policyd-spf", 11 },   { "postgrey", 8 },
	{ "sendmail", 8 },       { "sm-mta", 6 },         { "sm-msp-queue", 12 },    { "spamass-milter", 14 },
	{ "spampd", 6 },         { "sqlgrey", 7 },          { "saslauthd", 9 },
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

/* of no writer */
ATTR_NOINLINE static void set_unclaimed(const struct line *l, struct event *ret)
{
	if (l->program.p && is_mail_program(l->program))
		set_unknown(l, EV_OTHER, WRITER_MAIL, ret);
	else
		set_unknown(l, EV_FOREIGN, WRITER_NONE, ret);
}

static inline void parse_as(const struct writer_ops *w, const struct line *l, struct event *ret)
{
	enum parse_result r = w->parse(l, ret);

	if (r == PARSE_OK && !(ret->kind == EV_NOTICE && ret->category == NOTICE_NONE))
		ret->writer = w->writer;
	else
		set_unknown(l, r == PARSE_BAD ? EV_MALFORMED : EV_OTHER, w->writer, ret);
}

void parse_line(const struct line *l, struct event *ret)
{
	const struct writer_ops *w = writer_of(l);

	if (!w) {
		set_unclaimed(l, ret);
		return;
	}
	event_init(ret, EV_FOREIGN);
	parse_as(w, l, ret);
}

void parse_line_clear(const struct line *l, struct event *ret)
{
	const struct writer_ops *w = writer_of(l);

	if (w)
		parse_as(w, l, ret);
	else
		set_unclaimed(l, ret);
}
