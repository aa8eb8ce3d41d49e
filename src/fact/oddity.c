/* SPDX-License-Identifier: Apache-2.0 */
/*
 * oddity.c - the words of the mail servers for clients that do not behave
 *
 * Sources: Postfix src/smtpd/smtpd.c, src/postscreen (postscreen_early.c, postscreen_smtpd.c); Exim src/smtp_in.c; Sendmail
 * srvrsmtp.c.  The words stand in front of what the client sent, or behind the address that the writer itself put there:
 * nothing that the client chooses is looked at.  The name of a client is its DNS's; it holds no blank and no bracket.
 */
#include "fact/oddity.h"

#include "base/cursor.h"

struct words {
	struct slice start;
	enum oddity_kind kind;
};

/* Postfix and postscreen, from the beginning of the text */
static const struct words POSTFIX[] = {
	{ LIT("non-SMTP command from "),                      ODD_PROTOCOL },
	{ LIT("NON-SMTP COMMAND from "),                      ODD_PROTOCOL },
	{ LIT("PREGREET "),                                   ODD_EARLY },
	{ LIT("improper command pipelining after CONNECT "),  ODD_EARLY },
	{ LIT("improper command pipelining after "),          ODD_PIPELINING },
	{ LIT("COMMAND PIPELINING from "),                    ODD_PIPELINING },
	{ LIT("BARE NEWLINE from "),                          ODD_SYNTAX },
	{ LIT("DATA without valid RCPT from "),               ODD_SYNTAX },
	{ LIT("BDAT without valid RCPT from "),               ODD_SYNTAX },
	{ LIT("Illegal address syntax from "),                ODD_SYNTAX },
	{ LIT("COMMAND TIME LIMIT from "),                    ODD_ERRORS },
	{ LIT("COMMAND COUNT LIMIT from "),                   ODD_ERRORS },
	{ LIT("COMMAND LENGTH LIMIT from "),                  ODD_TOO_LONG },
	{ LIT("too many errors after "),                      ODD_ERRORS },
	{ LIT("Connection rate limit exceeded: "),            ODD_CONNECTIONS },
	{ LIT("Connection concurrency limit exceeded: "),     ODD_CONNECTIONS },
	{ LIT("New TLS session rate limit exceeded: "),       ODD_CONNECTIONS },
	{ LIT("Message delivery request rate limit exceeded: "), ODD_MESSAGES },
	{ LIT("Recipient address rate limit exceeded: "),     ODD_MESSAGES },
	{ LIT("AUTH command rate limit exceeded: "),          ODD_LOGINS },
	{ LIT("HANGUP after "),                               ODD_LOST },
	{ LIT("lost connection after "),                      ODD_LOST },
	{ LIT("timeout after "),                              ODD_LOST },
};

/* behind "NAME[ADDRESS]: " */
static const struct words POSTFIX_PEER[] = {
	{ LIT("request longer than "),                        ODD_TOO_LONG },
};

static const struct words EXIM[] = {
	{ LIT("SMTP syntax error in "),                       ODD_SYNTAX },
	{ LIT("SMTP protocol error in "),                     ODD_SYNTAX },
	{ LIT("no MAIL in "),                                 ODD_LOST },
};

/* why a session of Exim ended */
static const struct words EXIM_END[] = {
	{ LIT("dropped: too many"),                           ODD_ERRORS },
	{ LIT("command timeout"),                             ODD_LOST },
	{ LIT("data timeout"),                                ODD_LOST },
	{ LIT("unexpected "),                                 ODD_LOST },
	{ LIT("lost"),                                        ODD_LOST },
};

/* behind "NAME [ADDRESS]" */
static const struct words SENDMAIL_PEER[] = {
	{ LIT(": probable open proxy: command="),             ODD_PROTOCOL },
	{ LIT(": CONNECT "),                                  ODD_PROTOCOL },
	{ LIT(": SMTP violation, input too long: "),          ODD_TOO_LONG },
	{ LIT(": possible SMTP attack: command=AUTH,"),       ODD_LOGINS },
	{ LIT(": possible SMTP attack: "),                    ODD_ERRORS },
	{ LIT(": Possible SMTP RCPT flood, "),                ODD_ERRORS },
	{ LIT(": exceeded max errors"),                       ODD_ERRORS },
	{ LIT(": Dummy SMTP command: "),                      ODD_SYNTAX },
	{ LIT(": VRFY "),                                     ODD_VRFY },
	{ LIT(": EXPN "),                                     ODD_VRFY },
	{ LIT(": ETRN "),                                     ODD_VRFY },
};

static const struct words SENDMAIL[] = {
	{ LIT("timeout waiting for input from "),             ODD_LOST },
	{ LIT("lost input channel from "),                    ODD_LOST },
};

/* of one kind for several verbs, which stand in e->reason */
static const struct words SENDMAIL_REASON[] = {
	{ LIT("traffic before response"),                     ODD_PIPELINING },
	{ LIT("pre-greeting traffic"),                        ODD_EARLY },
};

static const struct words SENDMAIL_END[] = {
	{ LIT("did not issue MAIL"),                          ODD_LOST },
};

static enum oddity_kind find(const struct words *table, size_t n, struct slice text)
{
	for (size_t i = 0; i < n; i++)
		if (text.n >= table[i].start.n && memcmp(text.p, table[i].start.p, table[i].start.n) == 0)
			return table[i].kind;
	return ODD_NONE;
}
#define FIND(table, text) find(table, ARRAY_LEN(table), (text))

/* what follows the address in brackets that the text begins with; nothing if it does not */
static struct slice behind_peer(struct slice text)
{
	size_t close = slice_find_byte(text, ']'), blank = slice_find_byte(text, ' ');

	/* "NAME[IP]: ", "NAME [IP]: ": one blank at most, in front of the bracket */
	if (close == text.n || (blank < close && (blank + 1 >= text.n || text.p[blank + 1] != '[')))
		return SLICE("");
	return slice_from(text, close + 1);
}

static enum oddity_kind of_postfix(struct slice text)
{
	enum oddity_kind kind = FIND(POSTFIX, text);
	struct slice rest;

	if (kind != ODD_NONE)
		return kind;
	rest = behind_peer(text);
	return slice_starts(rest, ": ") ? FIND(POSTFIX_PEER, slice_from(rest, 2)) : ODD_NONE;
}

static enum oddity_kind of_sendmail(const struct event *e)
{
	enum oddity_kind kind = FIND(SENDMAIL, e->text);

	if (kind == ODD_NONE && e->reason.p)
		kind = FIND(SENDMAIL_REASON, e->reason);
	return kind == ODD_NONE ? FIND(SENDMAIL_PEER, behind_peer(e->text)) : kind;
}

/* a command that the server did not understand: writers whose words are of no interest */
static enum oddity_kind of_category(const struct event *e)
{
	return e->category == NOTICE_PROTOCOL ? ODD_SYNTAX : ODD_NONE;
}

static enum oddity_kind kind_of(const struct event *e)
{
	if (e->kind == EV_DISCONNECT) {
		if (!e->reason.p)
			return ODD_NONE;
		return e->writer == WRITER_EXIM ? FIND(EXIM_END, e->reason) :
		       e->writer == WRITER_SENDMAIL ? FIND(SENDMAIL_END, e->reason) : ODD_NONE;
	}
	if (e->kind != EV_NOTICE || !e->text.p)
		return ODD_NONE;
	switch (e->writer) {
	case WRITER_POSTFIX:
		return of_postfix(e->text);
	case WRITER_EXIM:
		return FIND(EXIM, e->text);
	case WRITER_SENDMAIL:
		return of_sendmail(e);
	case WRITER_SMARTERMAIL:
	case WRITER_EXCHANGE:
		return of_category(e);
	default:
		return ODD_NONE;
	}
}

/* "GET / HTTP/1.1", "OPTIONS ...": Exim names the command apart from its words */
static bool is_web(struct slice command)
{
	static const struct slice VERBS[] = { LIT("GET "), LIT("POST "), LIT("HEAD "), LIT("OPTIONS "), LIT("CONNECT "),
					      LIT("PUT "), LIT("\\026\\003") };

	for (size_t i = 0; i < ARRAY_LEN(VERBS); i++)
		if (command.n >= VERBS[i].n && memcmp(command.p, VERBS[i].p, VERBS[i].n) == 0)
			return true;
	return false;
}

bool oddity_of_event(const struct event *e, struct oddity *ret)
{
	enum oddity_kind kind;

	if (!e->client_ip.p)
		return false;
	kind = kind_of(e);
	if (kind == ODD_NONE)
		return false;
	if (kind == ODD_SYNTAX && e->writer == WRITER_EXIM && e->commands.p && is_web(e->commands))
		kind = ODD_PROTOCOL;
	*ret = (struct oddity){
		.writer = e->writer,
		.kind = kind,
		.service = e->service,
		.client_host = e->client_host,
		.client_ip = e->client_ip,
		.stage = e->stage,
		.count = e->attempts > 0 ? e->attempts : 1,
		.text = e->kind == EV_NOTICE ? e->text : e->reason,
	};
	return true;
}
