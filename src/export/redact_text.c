/* SPDX-License-Identifier: Apache-2.0 */
/*
 * redact_text.c - names in free text
 *
 * One walk from left to right.  A word is masked for its form (addresses, IP addresses, host names, paths, links) or because it is a
 * known name.  A line that nobody understood is treated with more suspicion: what stands in quotes, brackets or behind a
 * "user=" is masked whatever it is.
 */
#include "base/ascii.h"
#include "base/cursor.h"
#include "event/queue_id.h"
#include "export/redact_priv.h"

#define ADDRESS_MAX_BYTES 512 /* of a text in angle brackets */
#define SESSION_MIN_BYTES 8
#define HEAD_MAX_BYTES    48  /* in front of the host of a syslog line */
#define LONG_WORD_BYTES   100 /* no word of a language: strangers send what they like */

/* words of the trade: known names or not, they stay in free text, where they mostly are no names */
static const char *const WORDS[] = {
	"a",           "access",     "account",  "accepted",   "action",    "address",   "all",      "allowed",   "an",         "and",
	"any",         "as",         "at",       "auth",       "authentication", "bad",  "be",       "been",      "blackhole", "blocked",    "bounce",
	"box",         "by",         "cannot",   "cipher",     "client",    "cleanup",   "closed",   "code",      "command",    "connect",
	"connection",  "content",    "could",    "daemon",     "data",      "database",  "deferred", "delivered", "delivery",   "denied",
	"disconnect",  "disconnected", "dns",    "domain",     "dovecot",   "due",       "ehlo",     "error",     "exim",       "exceeded",
	"failed",      "failure",    "file",     "filter",     "for",       "found",     "from",     "full",      "greylisted", "has",
	"have",        "header",     "helo",     "host",       "hostname",  "imap",      "in",       "info",      "into",       "invalid",
	"ip",          "is",         "it",       "key",        "limit",     "lmtp",      "local",    "log",       "login",      "lost",
	"mail",        "mailbox",    "mailman",  "message",    "method",    "milter",    "mx",       "name",      "network",    "new",
	"no",          "not",        "of",       "ok",         "on",        "or",        "out",      "password",  "permanent", "postmaster", "mailer-daemon",  "pickup",
	"pid",         "pipe",       "policy",   "pop3",       "port",      "postfix",   "process",  "protocol",  "qmgr",       "query",
	"queue",       "queued",     "quit",     "quota",      "rate",      "rcpt",      "read",     "received",  "recipient",  "recipients",
	"refused",     "reject",     "rejected", "relay",      "removed",   "reply",     "reset",    "result",    "saved",      "sender",
	"sent",        "server",     "service",  "session",    "sieve",     "size",      "smtp",     "smtpd",     "socket",     "spam",
	"ssl",         "status",     "stored",   "subject",    "support",   "system",    "table",    "temporary", "test",       "than",
	"that",        "the",        "this",     "time",       "timed",     "timeout",   "tls",      "to",        "too",        "transport",
	"uid",         "unable",     "unknown",  "user",       "username",  "users",     "via",      "virtual",   "virus",      "warning",
	"was",         "while",      "with",     "you",        "your",
};

/* in front of the name of a user in round brackets */
static const char *const USER_PREFIXES[] = { "imap",       "pop3",	 "lmtp",  "lda",       "managesieve", "submission", "indexer-worker",
					     "doveadm",    "auth",	 "sieve", "imap-hibernate", "quota-status", "auth-worker" };

/* keys of names, in lines that nobody understood */
static const char *const NAME_KEYS[] = { "user",	  "username", "sasl_username", "login", "account", "authid", "authzid", "logname",
					 "ruser",  "from",     "to",	    "helo",  "owner",   "u",	      "set_id",  "sender",
					 "recipient", "sasl_sender", "host", "rhost", "hostname" };

/* endings of file names that are no top-level domains, or hardly ever ones of mail servers */
static const char *const ENDINGS[] = { "log",  "cf", "conf", "path", "db", "so",   "c",	   "h",	   "pm",    "pl",   "py",  "txt", "gz",  "sock",
				       "sieve", "svbin", "lock", "pid", "pem", "crt", "key", "cdb", "lmdb", "mdb", "php", "html", "exe",
				       "zip",  "doc", "docx", "pdf", "xls", "xlsx", "js", "eml", "cpp", "lua", "rb", "tmp", "bak", "scr",
				       "sh", "rar", "dll", "json", "cnf" };

struct walk {
	struct redact *r;
	struct strbuf *out;
	const char *begin, *p, *end;
	bool raw;
	bool name;  /* behind a key of NAME_KEYS: the next word is a name, */
	bool spaced;/* if it is no common one: there is a blank between them */
};

#define IN_LIST(s, list) in_list((s), (list), sizeof(list) / sizeof *(list))

static bool in_list(struct slice s, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (slice_eq_fold(s, slice_str(list[i])))
			return true;
	return false;
}

static bool is_word_char(char c)
{
	return ascii_alnum(c) || (unsigned char)c >= 0x80 || c == '.' || c == '-' || c == '_' || c == '+' || c == '%' ||
	       c == '~' || c == '&' || c == '#' || c == '*' || c == '!' || c == '=' || c == '@' || c == '/' || c == '$' ||
	       c == '^';
}

static bool is_label_char(char c)
{
	return ascii_alnum(c) || c == '-' || c == '_' || (unsigned char)c >= 0x80;
}

bool looks_like_host(struct slice s)
{
	size_t dot = slice_rfind_byte(s, '.'), label = 0;
	struct slice last;

	if (dot == s.n || dot == 0)
		return false;
	last = slice_from(s, dot + 1);
	if (last.n < 2 || IN_LIST(last, ENDINGS))
		return false;
	for (size_t i = 0; i < last.n; i++)
		if (!ascii_alpha(last.p[i]) && !(slice_starts(last, "xn--") && is_label_char(last.p[i])) &&
		    (unsigned char)last.p[i] < 0x80)
			return false;
	for (size_t i = 0; i < dot; i++) {
		if (s.p[i] != '.' && !is_label_char(s.p[i]))
			return false;
		label = s.p[i] == '.' ? 0 : label + 1;
		if (s.p[i] == '.' && i && s.p[i - 1] == '.')
			return false;
	}
	return label > 0;
}

/* --- pieces of words ----------------------------------------------------------------------------------- */

/* does a name stand here, as in "alice", <alice>, (alice), alice..., alice <alice@example.com>, => alice? */
static bool in_name_position(const struct walk *w, struct slice s)
{
	char before = s.p > w->begin ? s.p[-1] : ' ', after = s.p + s.n < w->end ? s.p[s.n] : ' ';
	char arrow = before == ' ' && s.p - 1 > w->begin ? s.p[-2] : ' ';

	if (arrow == '>' || arrow == '*' || arrow == '=' || slice_starts(slice_between(s.p + s.n, w->end), " <"))
		return true;
	if (before == '"' || before == '\'' || before == '<' || before == '(' || before == '=' || before == ':' ||
	    before == '`' || before == '/' || before == '[' || before == '\\')
		return true;
	return after == '@' || slice_starts(slice_between(s.p + s.n, w->end), "...");
}

static bool is_masked_name(const struct walk *w, struct slice s)
{
	switch (known_name(w->r, s)) {
	case KNOWN_NOT:
		return false;
	case KNOWN_RECIPIENT:
		return in_name_position(w, s) && !IN_LIST(s, WORDS);
	case KNOWN_USER:
	case KNOWN_HOST:
		return !IN_LIST(s, WORDS);
	}
	return false;
}

static bool is_number(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!ascii_digit(s.p[i]) && s.p[i] != '.' && s.p[i] != '-' && s.p[i] != '+' && s.p[i] != '%')
			return false;
	return true;
}

/* "192.0.2.1" in front of something else: "192.0.2.1-host", "192.0.2.1_25" */
static size_t ip_bytes(struct slice s)
{
	size_t n = 0, dots = 0;

	while (n < s.n && (ascii_digit(s.p[n]) || (s.p[n] == '.' && dots < 3)))
		dots += s.p[n++] == '.';
	return dots == 3 && n > 6 && s.p[n - 1] != '.' ? n : 0;
}

/* a word without '=', '@' and '/' */
static void piece(struct walk *w, struct slice s)
{
	size_t n;
	struct ip ip;

	while (s.n && (s.p[s.n - 1] == '.' || s.p[s.n - 1] == '-') && !(s.n == 1))
		s.n--;
	n = ip_bytes(s);
	if (n == s.n && n && ip_parse(s, &ip))
		mask_ip(w->r, w->out, &ip);
	else if (looks_like_host(s))
		mask_host(w->r, w->out, s);
	else if (n && ip_parse(slice_head(s, n), &ip)) {
		mask_ip(w->r, w->out, &ip);
		strbuf_add(w->out, slice_from(s, n));
	} else if (is_masked_name(w, s))
		mask_word(w->r, w->out, known_name(w->r, s) == KNOWN_HOST ? 'h' : 'u', s);
	else if (s.n > LONG_WORD_BYTES)
		mask_word(w->r, w->out, 'q', s);
	else if (w->name && !is_number(s) && !(w->spaced && IN_LIST(s, WORDS)))
		mask_word(w->r, w->out, 'u', s);
	else
		strbuf_add(w->out, s);
}

/* the word is split at a sign; what was trimmed off a piece is added again */
static void pieces(struct walk *w, struct slice s, char sign)
{
	while (s.n) {
		size_t n = slice_find_byte(s, sign), end = n;

		while (end > 1 && (s.p[end - 1] == '.' || s.p[end - 1] == '-'))
			end--;
		if (sign == '=' && slice_find_byte(slice_head(s, n), '/') < n)
			pieces(w, slice_head(s, n), '/');
		else {
			piece(w, slice_head(s, end));
			strbuf_add(w->out, slice_of(s.p + end, n - end));
		}
		if (sign == '=' && n < s.n)
			w->name = w->raw && IN_LIST(slice_head(s, n), NAME_KEYS);
		else
			w->name = false;
		if (n < s.n)
			strbuf_add_byte(w->out, sign);
		s = slice_from(s, n < s.n ? n + 1 : n);
	}
}

/* "from=alice@example.com", "SRS0=x=y=example.org=bob@example.com", "@example.com" */
static void address_word(struct walk *w, struct slice s)
{
	size_t at = slice_rfind_byte(s, '@'), end = s.n;

	while (end > at + 1 && !ascii_alnum(s.p[end - 1]) && (unsigned char)s.p[end - 1] < 0x80)
		end--;
	if (end == at + 1 || at == 0) { /* "user@", "@domain" */
		pieces(w, slice_head(s, at), '=');
		strbuf_add_byte(w->out, '@');
		if (end > at + 1)
			mask_host(w->r, w->out, slice_of(s.p + at + 1, end - at - 1));
	} else {
		mask_address(w->r, w->out, slice_head(s, end));
	}
	strbuf_add(w->out, slice_from(s, end));
}

/* --- words ---------------------------------------------------------------------------------------------- */

/* no word goes on there: "mx" is no part of "mx.example.com" */
static bool ends_there(const struct walk *w, const char *p)
{
	if (p == w->end || !ascii_alnum(p[-1]))
		return true;
	if (*p == '.' || *p == '-')
		return p + 1 == w->end || !ascii_alnum(p[1]);
	return !ascii_alnum(*p) && *p != '@';
}

/* the phrase that begins there, or -1 */
static int phrase_at(const struct walk *w, const char *p)
{
	for (size_t i = 0; i < w->r->n_phrases; i++) {
		struct slice s = w->r->phrases[i].s;

		if (p > w->begin && ascii_alnum(p[-1]) && ascii_alnum(s.p[0]))
			continue;
		if ((size_t)(w->end - p) >= s.n && memcmp(p, s.p, s.n) == 0 && ends_there(w, p + s.n))
			return (int)i;
	}
	return -1;
}

/* "Nov 21 09:00:01 mail postfix/...": the host */
static bool take_head_host(struct walk *w)
{
	struct slice s = w->r->head_host;

	if (s.n == 0 || w->p == w->begin || w->p - w->begin > HEAD_MAX_BYTES || w->p[-1] != ' ' || (size_t)(w->end - w->p) <= s.n ||
	    memcmp(w->p, s.p, s.n) != 0 || w->p[s.n] != ' ')
		return false;
	mask_host(w->r, w->out, s);
	w->p += s.n;
	return true;
}

static bool take_phrase(struct walk *w)
{
	int i = phrase_at(w, w->p);
	struct slice s;

	if (i < 0)
		return take_head_host(w);
	s = w->r->phrases[i].s;
	mask_value(w->r, w->out, w->r->phrases[i].mask, s);
	w->p += s.n;
	return true;
}

static bool take_link(struct walk *w)
{
	struct slice rest = slice_between(w->p, w->end);
	size_t scheme = slice_starts(rest, "http://") ? 7 : slice_starts(rest, "https://") ? 8 : 0, n = scheme, host;

	if (!scheme)
		return false;
	while (n < rest.n && (is_label_char(rest.p[n]) || rest.p[n] == '.'))
		n++;
	host = n;
	while (host > scheme && rest.p[host - 1] == '.')
		host--;
	strbuf_add(w->out, slice_head(rest, scheme));
	if (host > scheme)
		mask_host(w->r, w->out, slice_of(rest.p + scheme, host - scheme));
	n = host;
	/* the rest may hold addresses in any encoding */
	if (n < rest.n && (rest.p[n] == '/' || rest.p[n] == '?' || rest.p[n] == ':')) {
		while (n < rest.n && !ascii_space(rest.p[n]) && rest.p[n] != '"' && rest.p[n] != '>' && rest.p[n] != ')' &&
		       rest.p[n] != '\'' && rest.p[n] != ';' && rest.p[n] != ',')
			n++;
		strbuf_add_str(w->out, "/...");
	}
	w->p += n;
	return true;
}

static bool take_ipv6(struct walk *w)
{
	const char *q = w->p;
	unsigned colons = 0;
	struct ip ip;

	if (w->p > w->begin && is_word_char(w->p[-1]) && w->p[-1] != '=' && w->p[-1] != '/')
		return false;
	for (; q < w->end && q - w->p < IP_TEXT_BYTES && (ascii_xdigit(*q) || *q == ':' || *q == '.'); q++)
		colons += *q == ':';
	if (colons < 2 || (q < w->end && is_word_char(*q) && *q != '/' && *q != '%'))
		return false;
	while (q > w->p && (q[-1] == '.' || (q[-1] == ':' && q - w->p > 1 && q[-2] != ':')))
		q--;
	if (!ip_parse(slice_between(w->p, q), &ip))
		return false;
	mask_ip(w->r, w->out, &ip);
	w->p = q;
	return true;
}

/* the walk stands at '/', no word before it */
static bool take_path(struct walk *w)
{
	const char *q = w->p;

	if (w->p > w->begin && is_word_char(w->p[-1]) && w->p[-1] != '=')
		return false;
	while (q < w->end && !ascii_space(*q) && *q != '"' && *q != '\'' && *q != ')' && *q != ',' && *q != ';' && *q != '>' &&
	       *q != ']' && *q != '<' && *q != '(' && *q != '[')
		q++;
	while (q > w->p + 1 && (q[-1] == '.' || q[-1] == ':'))
		q--;
	if (q - w->p < 2)
		return false;
	mask_path(w->r, w->out, slice_between(w->p, q));
	w->p = q;
	return true;
}

/* what shape_add() put in the place of a name */
static bool is_placeholder(struct slice s)
{
	static const char *const HOLDERS[] = { "address", "ip", "host", "url", "n", "time", "id" };

	return IN_LIST(s, HOLDERS);
}

static bool is_queue_id(struct slice s)
{
	bool digit = false;

	for (size_t i = 0; i < s.n; i++)
		digit = digit || ascii_digit(s.p[i]);
	return digit && (queue_id_is_postfix(s) || queue_id_is_exim(s));
}

/* "<RUNNING,ESMTP>": Sendmail's names of bits */
static bool is_flags(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!ascii_upper(s.p[i]) && !ascii_digit(s.p[i]) && s.p[i] != ',' && s.p[i] != '_')
			return false;
	return slice_find_byte(s, ',') < s.n;
}

/* "<alice@example.com>", "<alice>", "<Qz3k9wABcDEKAAAB>"; the walk stands at '<' */
static bool take_bracket(struct walk *w)
{
	struct slice s = slice_between(w->p + 1, w->end);
	size_t n = slice_find_byte(s, '>');
	struct ip ip;

	if (n == s.n || n == 0 || n > ADDRESS_MAX_BYTES || s.p[0] == '=' || s.p[0] == ' ')
		return false;
	s.n = n;
	/* only quotes hold blanks */
	if (s.p[0] != '"' && slice_find_byte(s, ' ') < n)
		return false;
	if (ip_parse(s, &ip)) {
		strbuf_add_byte(w->out, '<');
		mask_ip(w->r, w->out, &ip);
		strbuf_add_byte(w->out, '>');
	} else if (is_placeholder(s) || is_number(s) || is_queue_id(s) || is_flags(s)) {
		strbuf_add(w->out, slice_of(s.p - 1, n + 2));
	} else if (slice_find_byte(s, '@') < n) {
		strbuf_add_byte(w->out, '<');
		mask_address(w->r, w->out, s);
		strbuf_add_byte(w->out, '>');
	} else if (slice_find_byte(s, ' ') == n && slice_find_byte(s, '<') == n) {
		struct slice session = slice_head(s, slice_find_byte(s, ':'));

		strbuf_add_byte(w->out, '<');
		if (looks_like_host(s) || s.p[0] == '[')
			mask_host(w->r, w->out, s);
		else if (s.p[0] == '/' && session.n < SESSION_MIN_BYTES)
			mask_path(w->r, w->out, s);
		else if (known_name(w->r, s) == KNOWN_NOT && session.n >= SESSION_MIN_BYTES)
			mask_value(w->r, w->out, MASK_SESSION, s);
		else if (known_name(w->r, s) == KNOWN_HOST)
			mask_host(w->r, w->out, s);
		else
			mask_local_part(w->r, w->out, s);
		strbuf_add_byte(w->out, '>');
	} else {
		return false;
	}
	w->p = s.p + n + 1;
	return true;
}

/* "imap(alice,192.0.2.1)": what stands up to ',' or ')'; the walk stands at '(' */
static bool take_user_of_service(struct walk *w)
{
	const char *from = w->p, *q = w->p + 1;
	struct slice service, user;

	while (from > w->begin && (ascii_alpha(from[-1]) || ascii_digit(from[-1]) || from[-1] == '-'))
		from--;
	service = slice_between(from, w->p);
	if (!service.n || !IN_LIST(service, USER_PREFIXES))
		return false;
	while (q < w->end && *q != ',' && *q != ')' && *q != '\n')
		q++;
	user = slice_between(w->p + 1, q);
	if (q == w->end || !user.n || is_number(user) || is_placeholder(user) || user.p[0] == '<' || user.p[0] == '?')
		return false;
	strbuf_add_byte(w->out, '(');
	mask_value(w->r, w->out, MASK_USER, user);
	w->p = q;
	return true;
}

/* what stands up to there is a subject */
static bool mask_subject(struct walk *w, size_t n)
{
	if (n)
		mask_word(w->r, w->out, 's', slice_of(w->p, n));
	w->p += n;
	return n > 0;
}

/* behind "subject=": to the end of the line, or to the fields that Dovecot writes behind it; behind "T=": in quotes */
static bool take_subject(struct walk *w)
{
	struct slice before = slice_between(w->begin, w->p), rest = slice_between(w->p, w->end);
	size_t n = 1;

	if (slice_ends(before, " subject="))
		return mask_subject(w, slice_rfind(rest, SLICE(", flags=(")));
	if (!slice_ends(before, " T=") || rest.p[0] != '"')
		return false;
	while (n < rest.n && rest.p[n] != '"')
		n += rest.p[n] == '\\' ? 2 : 1;
	strbuf_add_byte(w->out, '"');
	w->p++;
	(void)mask_subject(w, (n < rest.n ? n : rest.n) - 1);
	return true;
}

/* keys whose values are looked at as a whole */
static const struct {
	struct slice key;
	enum mask mask;
} KEYS[] = {
	{ { "id=", 3 }, MASK_MESSAGE_ID },	   { { "msgid=", 6 }, MASK_MESSAGE_ID }, { { "mid=", 4 }, MASK_MESSAGE_ID },
	{ { "message-id=", 11 }, MASK_MESSAGE_ID }, { { "box=", 4 }, MASK_FOLDER },	 { { "subject=", 8 }, MASK_SUBJECT },
	{ { "T=", 2 }, MASK_SUBJECT },		   { { "arg1=", 5 }, MASK_ARGUMENT },		   { { "from=", 5 }, MASK_ADDRESS },
};

static bool is_key(struct slice s)
{
	for (size_t i = 0; i < sizeof KEYS / sizeof *KEYS; i++)
		if (slice_eq(s, KEYS[i].key))
			return true;
	return false;
}

/* behind "id=" and "box=", where the value has no brackets: up to a blank or a comma; folders up to a comma */
static bool take_value(struct walk *w)
{
	struct slice before = slice_between(w->begin, w->p), rest = slice_between(w->p, w->end);

	for (size_t i = 0; i < sizeof KEYS / sizeof *KEYS; i++) {
		size_t n = 0;

		if ((KEYS[i].mask != MASK_MESSAGE_ID && KEYS[i].mask != MASK_FOLDER && KEYS[i].mask != MASK_ARGUMENT) || before.n < KEYS[i].key.n ||
		    !slice_eq(slice_from(before, before.n - KEYS[i].key.n), KEYS[i].key) ||
		    (before.n > KEYS[i].key.n && is_word_char(before.p[before.n - KEYS[i].key.n - 1])))
			continue;
		/* Sendmail: "ruleset=CheckSubject, arg1= buy now, relay=..." */
		if (KEYS[i].mask == MASK_ARGUMENT) {
			n = slice_find(rest, SLICE(", relay="));
			if (n == rest.n || slice_find_byte(slice_head(rest, n), '<') < n)
				return false;
		}
		while (KEYS[i].mask != MASK_ARGUMENT && n < rest.n && rest.p[n] != ',' && rest.p[n] != '<' && rest.p[n] != ';' && rest.p[n] != '"' &&
		       (rest.p[n] != ' ' || KEYS[i].mask == MASK_FOLDER))
			n++;
		while (n && rest.p[n - 1] == ':')
			n--;
		if (n == 0 || is_number(slice_head(rest, n)))
			return false;
		mask_value(w->r, w->out, KEYS[i].mask, slice_head(rest, n));
		w->p += n;
		return true;
	}
	return false;
}

/* behind "from=": "Bob Smith <bob@example.org>" */
static bool take_display_name(struct walk *w)
{
	struct slice before = slice_between(w->begin, w->p), rest = slice_between(w->p, w->end);
	size_t n = slice_find(rest, SLICE(" <"));

	if (!slice_ends(before, " from=") || rest.p[0] == '<' || n == 0 || n == rest.n || slice_find_byte(slice_head(rest, n), '@') < n ||
	    slice_find(slice_head(rest, n), SLICE(", ")) < n)
		return false;
	mask_word(w->r, w->out, 'q', slice_head(rest, n));
	w->p += n;
	return true;
}

/* "aliased to bob, carol@example.com" (Postfix): a list of names up to the end, or to the closing bracket */
static bool take_aliases(struct walk *w)
{
	struct slice rest = slice_between(w->p, w->end);
	struct cur c;

	if (slice_starts(rest, "argument(s): ")) { /* Exim: what stands behind HELO */
		strbuf_add_str(w->out, "argument(s): ");
		if (rest.n > 13)
			mask_host(w->r, w->out, slice_from(rest, 13));
		w->p = w->end;
		return true;
	}
	if (!slice_starts(rest, "aliased to "))
		return false;
	strbuf_add_str(w->out, "aliased to ");
	c = cur_of(slice_from(rest, 11));
	c.end -= cur_left(&c) && c.end[-1] == ')';
	for (bool first = true; !cur_at_end(&c); first = false) {
		if (!first)
			strbuf_add_str(w->out, ", ");
		mask_address(w->r, w->out, slice_trim(cur_token(&c, ',')));
	}
	w->p = c.p;
	return true;
}

/* in a line that nobody understood: 'x', "x"; the walk stands at the quote */
static bool take_quoted(struct walk *w)
{
	struct slice s = slice_between(w->p + 1, w->end);
	size_t n = slice_find_byte(s, *w->p == '`' ? '\'' : *w->p);
	char before = w->p > w->begin ? w->p[-1] : ' ';

	/* an apostrophe */
	if (n == s.n || n == 0 || n > ADDRESS_MAX_BYTES || ascii_alnum(before))
		return false;
	s.n = n;
	if (is_number(s) || slice_find_byte(s, '<') < n || slice_find_byte(s, '@') < n || looks_like_host(s) || s.p[0] == '/' ||
	    slice_find_byte(s, ':') < n)
		return false; /* by its form */
	strbuf_add_byte(w->out, *w->p);
	mask_word(w->r, w->out, known_name(w->r, s) == KNOWN_NOT ? 'q' : known_name(w->r, s) == KNOWN_HOST ? 'h' : 'u', s);
	strbuf_add_byte(w->out, s.p[n]);
	w->p = s.p + n + 1;
	return true;
}

static void take_word(struct walk *w)
{
	const char *q = w->p;
	struct slice s;

	while (q < w->end && is_word_char(*q) && (q == w->p || phrase_at(w, q) < 0)) {
		/* what follows is looked at as a whole */
		if (*q++ == '=' && is_key(slice_between(w->p, q)))
			break;
	}
	s = slice_between(w->p, q);
	w->p = q;
	if (slice_starts(s, "MCI@0x")) /* Sendmail: where it keeps a connection in memory */
		strbuf_add(w->out, s);
	else if (slice_find_byte(s, '@') < s.n)
		address_word(w, s);
	else if (slice_find_byte(s, '=') < s.n)
		pieces(w, s, '=');
	else
		pieces(w, s, '/');
}

/* "user alice": a word in front of a name */
static void note_key(struct walk *w, const char *from)
{
	struct slice s = slice_between(from, w->p);

	w->spaced = w->p < w->end && *w->p == ' ';
	if (s.n && s.p[s.n - 1] == '=')
		s.n--;
	w->name = w->raw && w->p < w->end && (*w->p == ' ' || w->p[-1] == '=') &&
		  (slice_is(s, "user") || slice_is(s, "username") || slice_is(s, "account") ||
		   (w->p[-1] == '=' && IN_LIST(s, NAME_KEYS)));
}

static void walk_line(struct walk *w)
{
	while (w->p < w->end) {
		char c = *w->p;
		const char *from = w->p;

		if (take_phrase(w) || (w->p > w->begin && w->p[-1] == '=' && (take_subject(w) || take_value(w) || take_display_name(w))))
			continue;
		if ((c == 'h' && take_link(w)) || (c == 'a' && take_aliases(w)) || ((ascii_xdigit(c) || c == ':') && take_ipv6(w)) || (c == '/' && take_path(w)) ||
		    (c == '<' && take_bracket(w)) || (c == '(' && take_user_of_service(w)) ||
		    (w->raw && (c == '"' || c == '\'' || c == '`') && take_quoted(w)))
			continue;
		if (is_word_char(c)) {
			take_word(w);
			note_key(w, from);
			continue;
		}
		if (c != ' ')
			w->name = false;
		strbuf_add_byte(w->out, c);
		w->p++;
	}
}

/* --- headers -------------------------------------------------------------------------------------------- */

/* "Subject: ...", "From: ...": the values of header fields hold names in all forms */
static size_t header_value(struct slice s)
{
	size_t n = 0;

	while (n < s.n && (ascii_alnum(s.p[n]) || s.p[n] == '-'))
		n++;
	return n && n + 1 < s.n && s.p[n] == ':' && s.p[n + 1] == ' ' && ascii_upper(s.p[0]) ? n + 2 : 0;
}

static bool is_named_header(struct slice name)
{
	static const char *const HEADERS[] = { "subject", "from", "to", "cc", "bcc", "reply-to", "sender", "x-mailer", "user-agent" };

	return IN_LIST(name, HEADERS);
}

/* where "Subject: ", "From: " ... begins in a line, and its value; s.n: nowhere */
static size_t find_header(struct slice s, size_t *ret_value)
{
	for (size_t i = 0; i < s.n; i++) {
		size_t n;

		if ((i && s.p[i - 1] != ' ') || !ascii_upper(s.p[i]))
			continue;
		n = header_value(slice_from(s, i));
		if (n && is_named_header(slice_of(s.p + i, n - 2))) {
			*ret_value = i + n;
			return i;
		}
	}
	return s.n;
}

static void one_line(struct walk *w, const char *begin, const char *end)
{
	w->begin = w->p = begin;
	w->end = end;
	w->name = false;
	walk_line(w);
}

/*
 * A line with a header field in it: "header Subject: hello from mx[192.0.2.1]; from=<a@b> ..." of Postfix goes on behind
 * its value, others end with it.
 */
static void physical_line(struct walk *w, struct slice s, bool continuation)
{
	size_t value = 0, from, to;
	struct slice rest;

	if (continuation) { /* of Exim's reject log: "  From: Alice <a@b>" and what is folded */
		size_t indent = 0;

		while (indent < s.n && !ascii_alpha(s.p[indent]))
			indent++;
		value = header_value(slice_from(s, indent));
		strbuf_add(w->out, slice_head(s, value ? indent + value : 0));
		strbuf_add_str(w->out, s.n ? "(masked)" : "");
		return;
	}
	from = find_header(s, &value);
	if (from == s.n) {
		one_line(w, s.p, s.p + s.n);
		return;
	}
	one_line(w, s.p, s.p + value);
	rest = slice_from(s, value);
	to = slice_rfind(rest, SLICE(" from "));
	if (to < rest.n && slice_find(slice_from(rest, to), SLICE("; from=<")) == rest.n - to)
		to = rest.n;
	mask_word(w->r, w->out, 's', slice_head(rest, to));
	one_line(w, rest.p + to, rest.p + rest.n);
}

/* "May 15", "2026-05-15T", {"log" */
static bool starts_stamped(struct slice s)
{
	if (s.n > 4 && ascii_upper(s.p[0]) && ascii_lower(s.p[1]) && ascii_lower(s.p[2]) && s.p[3] == ' ')
		return s.p[4] == ' ' || ascii_digit(s.p[4]);
	if (s.n > 10 && s.p[4] == '-' && s.p[7] == '-' && (s.p[10] == 'T' || s.p[10] == ' '))
		return is_number(slice_head(s, 4)) && is_number(slice_of(s.p + 5, 2)) && is_number(slice_of(s.p + 8, 2));
	return slice_starts(s, "{\"");
}

/* "/home/alice/mail.log:123:" in front of a line that grep printed: the name of a file; how much of the line it is */
static size_t mask_grep(struct redact *r, struct strbuf *out, struct slice s)
{
	size_t n = 1, name;

	while (n < s.n && !ascii_space(s.p[n]) && !((s.p[n] == ':' || s.p[n] == '-') && starts_stamped(slice_from(s, n + 1))))
		n++;
	if (n >= s.n || ascii_space(s.p[n]))
		return 0;
	for (name = n; name > 0 && ascii_digit(s.p[name - 1]);)
		name--;
	if (name == n || (name > 0 && s.p[name - 1] != ':' && s.p[name - 1] != '-'))
		name = n;
	name -= name > 0 && name < n;
	mask_path(r, out, slice_head(s, name));
	strbuf_add(out, slice_between(s.p + name, s.p + n + 1));
	return n + 1;
}

void mask_text(struct redact *r, struct strbuf *out, struct slice s, bool raw)
{
	struct walk w = { .r = r, .out = out, .raw = raw };
	struct cur c = cur_of(s);

	c.p += mask_grep(r, out, s);
	for (bool first = true; !cur_at_end(&c); first = false) {
		if (!first)
			strbuf_add_byte(out, '\n');
		physical_line(&w, cur_token(&c, '\n'), !first);
	}
}
