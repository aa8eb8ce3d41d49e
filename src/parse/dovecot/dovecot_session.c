/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dovecot_session.c - the ends of IMAP, POP3, submission and ManageSieve sessions
 *
 * "[Disconnected: ]REASON FIGURES", FIGURES by imap_logout_format, pop3_logout_format and so on:
 *   imap, submission  in=N out=N [deleted=N ...]       pop3  top=N/N, retr=N/N, del=N/N, size=N
 *   managesieve       bytes=N/N                        Plesk rcvd=N, sent=N
 * REASON is one of a table (src/imap/imap-client.c, src/pop3/pop3-client.c) or anything else before known
 * FIGURES; it may hold "(IDLE running for 0.001 + waiting input for 12.3 secs, 2 B in + 10 B out,
 * state=wait-input)".
 */
#include "parse/dovecot/dovecot_priv.h"

#include "base/attr.h"
#include "base/scan.h"

/* clang-format off */
static const struct slice FIGURES[] = {
	LIT(" in="), LIT(" top="), LIT(" bytes="), LIT(" rcvd="), LIT(" retr="),
};

static const struct slice REASONS[] = {
	LIT("Disconnected"), LIT("Logged out"), LIT("Connection closed"), LIT("Inactivity"),
	LIT("Server shutting down"), LIT("Too many invalid"), LIT("IMAP session state is inconsistent"),
	LIT("Internal error occurred"), LIT("Hibernated"),
	LIT("Remote closed connection"), LIT("Shutting down"),
};

/* Dovecot's own submission service and the LMTP proxy: what the relay said */
static const struct slice RELAYED[] = {
	LIT("Successfully relayed message: "), LIT("Failed to relay message: "),
	LIT("Sent message to "), LIT("Failed to send message to "),
};

static const struct slice SERVICES[] = {
	LIT("imap"), LIT("pop3"), LIT("submission"), LIT("managesieve"),
	LIT("imap-hibernate"), LIT("imap-urlauth"),
};
/* clang-format on */

static bool one_of(struct slice s, const struct slice *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (slice_eq(s, rows[i]))
			return true;
	return false;
}

static const struct slice *starts_one_of(struct slice s, const struct slice *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (dovecot_starts(s, rows[i]))
			return &rows[i];
	return NULL;
}

static inline bool is_figure_letter(char c)
{
	return c == 'i' || c == 't' || c == 'b' || c == 'r';
}

/* where the figures begin (the blank before them), or s.n */
static size_t find_figures(struct slice s)
{
	size_t last[ARRAY_LEN(FIGURES)] = { 0 };
	const char *p = s.p, *end = s.p + s.n;

	/* where each figure stands last, plus one */
	for (; (p = scan_for_from(s.p, p, end, ' ')) < end; p++) {
		if (end - p < 4 || !is_figure_letter(p[1]))
			continue;
		for (size_t i = 0; i < ARRAY_LEN(FIGURES); i++)
			if (p[1] == FIGURES[i].p[1] &&
			    slice_starts_(slice_between(p, end), FIGURES[i].p, FIGURES[i].n))
				last[i] = (size_t)(p - s.p) + 1;
	}
	for (size_t i = 0; i < ARRAY_LEN(FIGURES); i++) {
		size_t value = last[i] + FIGURES[i].n - 1;

		if (last[i] && value < s.n && ascii_digit(s.p[value]))
			return last[i] - 1;
	}
	return s.n;
}

/* "<R> at HOST:PORT: REPLY", of the LMTP proxy */
static void take_proxied(struct cur c, struct event *ret)
{
	struct slice recipient, host;

	if (!cur_byte(&c, '<') || !cur_until_lit(&c, "> at ", &recipient) || !cur_until_lit(&c, ": ", &host))
		return;
	ret->recipient = recipient;
	ret->relay_host = slice_head(host, slice_rfind_byte(host, ':'));
	ret->reply = cur_rest(&c);
}

/* "from=<s>, to=<r>, size=N, ..., reply=`250 ...'" */
static void set_relayed(const struct dovecot_line *d, struct slice rest, struct event *ret)
{
	struct cur c = cur_of(rest);
	struct slice part;

	ret->kind = EV_NOTICE;
	ret->category = NOTICE_DELIVERY;
	ret->severity = d->level;
	ret->service = d->service;
	ret->user = d->user;
	ret->session = dovecot_session_base(d->session);
	ret->text = d->text;
	take_proxied(c, ret);
	if (cur_lit(&c, "from=<") && cur_until_lit(&c, ">, ", &part))
		ret->sender = part;
	if (cur_lit(&c, "to=<") && cur_until_lit(&c, ">, ", &part))
		ret->recipient = part;
	if (cur_until_lit(&c, "reply=`", &part) && slice_ends(cur_rest(&c), "'"))
		ret->reply = slice_of(c.p, cur_left(&c) - 1);
}

enum parse_result dovecot_session(const struct dovecot_line *d, struct event *ret)
{
	struct slice text = d->text;
	const struct slice *row;
	size_t figures;

	row = starts_one_of(text, RELAYED, ARRAY_LEN(RELAYED));
	if (row && (slice_is(d->service, "submission") || slice_is(d->service, "lmtp"))) {
		set_relayed(d, slice_from(text, row->n), ret);
		return PARSE_OK;
	}
	if (!one_of(d->service, SERVICES, ARRAY_LEN(SERVICES)))
		return PARSE_NOT_MINE;
	figures = find_figures(text);
	if (d->level > SEVERITY_INFO && figures == text.n)
		return PARSE_NOT_MINE;
	if (figures == text.n && !starts_one_of(text, REASONS, ARRAY_LEN(REASONS)))
		return PARSE_NOT_MINE;
	ret->kind = EV_DISCONNECT;
	ret->service = dovecot_protocol(d->service);
	ret->user = d->user;
	ret->client_ip = d->client_ip;
	ret->session = dovecot_session_base(d->session);
	ret->commands = figures < text.n ? slice_from(text, figures + 1) : SLICE_NONE;
	text = slice_head(text, figures);
	if (slice_starts(text, "Disconnected: "))
		text = slice_from(text, strlen("Disconnected: "));
	ret->reason = text;
	return PARSE_OK;
}
