/* SPDX-License-Identifier: Apache-2.0 */
/*
 * redact.c - masks for values with a type, and the names that are known
 *
 * A mask is a letter and nine digits of base 32: 45 bits, so that two of 100,000 names share one with a chance of one in
 * seven thousand.  The letter says what it was: u user or local part, h part of a host name, m Message-ID, s subject, t session,
 * f folder, p part of a path, q quoted text.
 */
#include "export/redact.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/ascii.h"
#include "base/cursor.h"
#include "export/redact_priv.h"

#define MASK_DIGITS 9
#define NAME_MAX_BYTES 128 /* longer ones are no names that stand in a text */

struct redact *redact_new(const struct siphash_key *key, bool (*path_word)(struct slice part))
{
	struct redact *r = xcalloc(1, sizeof *r);

	r->key = *key;
	r->path_word = path_word;
	return r;
}

void redact_free(struct redact *r)
{
	if (!r)
		return;
	map_done(&r->names);
	arena_clear(&r->arena);
	strbuf_done(&r->fold);
	strbuf_done(&r->out);
	free(r);
}

/* in small letters; borrowed until the next call */
static struct slice folded(struct redact *r, char before, struct slice s)
{
	strbuf_clear(&r->fold);
	if (before)
		strbuf_add_byte(&r->fold, before);
	for (size_t i = 0; i < s.n; i++)
		strbuf_add_byte(&r->fold, ascii_tolower(s.p[i]));
	return strbuf_slice(&r->fold);
}

static uint64_t keyed(struct redact *r, char prefix, struct slice s)
{
	return siphash(&r->key, folded(r, prefix, s));
}

void mask_word(struct redact *r, struct strbuf *out, char prefix, struct slice s)
{
	static const char DIGITS[] = "0123456789abcdefghjkmnpqrstvwxyz";
	uint64_t h = keyed(r, prefix, s);

	strbuf_add_byte(out, prefix);
	for (int i = 0; i < MASK_DIGITS; i++, h >>= 5)
		strbuf_add_byte(out, DIGITS[h & 31]);
}

/* --- addresses of machines ----------------------------------------------------------------------------- */

void mask_ip(struct redact *r, struct strbuf *out, const struct ip *ip)
{
	uint64_t h = siphash(&r->key, slice_of((const char *)ip->b, sizeof ip->b));
	char text[IP_TEXT_BYTES];
	struct ip masked = { { 0 } };
	bool private = ip_is_private(ip);

	if (ip_is_loopback(ip)) {
		strbuf_add(out, ip_text(ip, text));
		return;
	}
	for (unsigned i = 8; i < 16; i++, h >>= 8)
		masked.b[i] = (uint8_t)h;
	if (ip_is_v4(ip)) {
		masked.b[12] = private ? 10 : (uint8_t)(0xf0 | (masked.b[12] & 0x0f));
		/* no broadcast address, and no network's */
		masked.b[15] = (uint8_t)(1 + masked.b[15] % 254);
		memset(masked.b, 0, 10);
		masked.b[10] = masked.b[11] = 0xff;
	} else {
		masked.b[0] = private ? 0xfd : 0x20;
		masked.b[1] = private ? 0x00 : 0x01;
		masked.b[2] = private ? 0x00 : 0x0d;
		masked.b[3] = private ? 0x00 : 0xb8;
	}
	strbuf_add(out, ip_text(&masked, text));
}

static bool take_ip(struct redact *r, struct strbuf *out, struct slice s)
{
	struct ip ip;

	if (!ip_parse(s, &ip))
		return false;
	if (slice_starts(s, "IPv6:"))
		strbuf_add_str(out, "IPv6:");
	mask_ip(r, out, &ip);
	return true;
}

/* words that stand where a host's name is expected and are none */
static bool is_no_host(struct slice s)
{
	static const char *const WORDS[] = { "unknown", "localhost", "localhost.localdomain", "localhost6",
					     "ip6-localhost", "none", "localdomain", "local", "" };

	for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++)
		if (slice_eq_fold(s, slice_str(WORDS[i])))
			return true;
	return false;
}

/* "mx.example.com": each label with all that is right of it, so that the hosts of a domain still belong to it */
void mask_host(struct redact *r, struct strbuf *out, struct slice s)
{
	bool dot = s.n > 1 && s.p[s.n - 1] == '.';
	size_t last;

	if (s.n > 2 && s.p[0] == '[' && s.p[s.n - 1] == ']') {
		strbuf_add_byte(out, '[');
		mask_host(r, out, slice_of(s.p + 1, s.n - 2));
		strbuf_add_byte(out, ']');
		return;
	}
	s.n -= dot;
	if (is_no_host(s)) {
		strbuf_add(out, s);
	} else if (!take_ip(r, out, s)) {
		last = slice_rfind_byte(s, '.');
		if (last == s.n)
			mask_word(r, out, 'h', s);
		for (size_t i = 0; last < s.n && i < last; i++) {
			struct slice rest = slice_from(s, i);

			mask_word(r, out, 'h', rest);
			strbuf_add_byte(out, '.');
			i += slice_find_byte(rest, '.');
		}
		if (last < s.n)
			strbuf_add_str(out, "example");
	}
	if (dot)
		strbuf_add_byte(out, '.');
}

/* Names of services stand for a next hop as well; all else with one word is a host. */
static void mask_relay(struct redact *r, struct strbuf *out, struct slice s)
{
	static const char *const SERVICES[] = { "local", "virtual", "dovecot", "lmtp", "maildrop", "procmail", "pipe", "cyrus",
						"amavis", "spamassassin", "spamfilter", "smtp", "error", "discard", "retry", "mailman",
						"dspam", "uucp", "bsmtp", "prog", "file", "bounce", "none" };

	for (size_t i = 0; i < sizeof SERVICES / sizeof *SERVICES; i++)
		if (slice_eq(s, slice_str(SERVICES[i]))) {
			strbuf_add(out, s);
			return;
		}
	if (slice_find_byte(s, '/') < s.n)
		mask_path(r, out, s);
	else
		mask_host(r, out, s);
}

static void mask_client(struct redact *r, struct strbuf *out, struct slice s)
{
	size_t at = slice_find(s, SLICE(" ["));

	if (at == s.n) {
		mask_host(r, out, s);
		return;
	}
	mask_host(r, out, slice_head(s, at));
	strbuf_add_byte(out, ' ');
	mask_host(r, out, slice_from(s, at + 1));
}

/* --- addresses of people ------------------------------------------------------------------------------- */

/* how many bytes in front are a key: "prvs=", "from=" */
static size_t key_bytes(struct slice s)
{
	size_t n = 0;

	while (n < s.n && (ascii_alpha(s.p[n]) || s.p[n] == '_' || s.p[n] == '-'))
		n++;
	return n && n + 1 < s.n && s.p[n] == '=' ? n + 1 : 0;
}

/* "alice+shop": both parts, so that the address joins with the account */
void mask_local_part(struct redact *r, struct strbuf *out, struct slice s)
{
	size_t key = key_bytes(s), plus;

	strbuf_add(out, slice_head(s, key));
	s = slice_from(s, key);
	plus = slice_find_byte(s, '+');
	if (plus > 0 && plus + 1 < s.n) {
		mask_word(r, out, 'u', slice_head(s, plus));
		strbuf_add_byte(out, '+');
		s = slice_from(s, plus + 1);
	}
	mask_word(r, out, 'u', s);
}

void mask_address(struct redact *r, struct strbuf *out, struct slice s)
{
	size_t at = slice_rfind_byte(s, '@');

	if (s.n > 2 && s.p[0] == '<' && s.p[s.n - 1] == '>') {
		strbuf_add_byte(out, '<');
		mask_address(r, out, slice_of(s.p + 1, s.n - 2));
		strbuf_add_byte(out, '>');
		return;
	}
	/* "<>", "(not named)"; Exim's pipes, files and ":blackhole:" stand where addresses do */
	if (s.n == 0 || slice_is(s, "<>") || s.p[0] == '(' || (s.p[0] == ':' && s.p[s.n - 1] == ':')) {
		strbuf_add(out, s);
	} else if (s.p[0] == '/' || s.p[0] == '|') {
		size_t phrases = r->n_phrases;

		r->n_phrases = 0; /* it may be one of them */
		mask_text(r, out, s, true);
		r->n_phrases = phrases;
	} else if (at == s.n) {
		mask_local_part(r, out, s);
	} else {
		if (at > 0)
			mask_local_part(r, out, slice_head(s, at));
		strbuf_add_byte(out, '@');
		if (at + 1 < s.n)
			mask_host(r, out, slice_from(s, at + 1));
	}
}

/* where an address of a list ends: at a blank, or at a comma or semicolon outside of quotes */
static size_t one_address(struct slice s)
{
	bool quoted = false;
	size_t i = 0;

	for (; i < s.n && s.p[i] != ' ' && (quoted || (s.p[i] != ',' && s.p[i] != ';')); i++)
		quoted = quoted != (s.p[i] == '"');
	return i;
}

/* "a@b c@d", "<a@b>,<c@d>", "a@b,c@d", "a@b;c@d" */
static void mask_addresses(struct redact *r, struct strbuf *out, struct slice s)
{
	while (s.n) {
		size_t n = one_address(s);

		mask_address(r, out, slice_head(s, n));
		if (n < s.n)
			strbuf_add_byte(out, s.p[n++]);
		s = slice_from(s, n);
	}
}

static void mask_message_id(struct redact *r, struct strbuf *out, struct slice s)
{
	bool brackets = s.n > 2 && s.p[0] == '<' && s.p[s.n - 1] == '>';

	if (slice_find_byte(s, '@') < s.n)
		mask_address(r, out, s);
	else if (brackets) {
		strbuf_add_byte(out, '<');
		mask_word(r, out, 'm', slice_of(s.p + 1, s.n - 2));
		strbuf_add_byte(out, '>');
	} else if (slice_is(s, "unspecified"))
		strbuf_add(out, s);
	else
		mask_word(r, out, 'm', s);
}

/* --- the rest ------------------------------------------------------------------------------------------ */

/* a part of a path, its rotation and compression kept: "customer.log.2.gz" */
static void mask_path_part(struct redact *r, struct strbuf *out, struct slice s)
{
	size_t dot = slice_find_byte(s, '.');

	while (s.n && (s.p[s.n - 1] == '*' || s.p[s.n - 1] == ':')) {
		mask_path_part(r, out, slice_head(s, s.n - 1));
		strbuf_add_byte(out, s.p[s.n - 1]);
		return;
	}
	for (size_t n = s.n; n > 0; n--) /* "mail.log.2.gz" is "mail.log" and what varies */
		if ((n == s.n || s.p[n] == '.' || s.p[n] == '-') && r->path_word(slice_head(s, n))) {
			bool plain = true;

			for (size_t i = n; i < s.n; i++)
				plain = plain && (ascii_digit(s.p[i]) || s.p[i] == '.' || s.p[i] == '-' || i > n + 2);
			if (!plain && s.n - n > 4)
				continue;
			strbuf_add(out, s);
			return;
		}
	if (!s.n || slice_is(s, ".") || slice_is(s, "..") || slice_is(s, "-")) {
		strbuf_add(out, s);
		return;
	}
	if (dot == 0 || dot == s.n)
		dot = s.n;
	mask_word(r, out, 'p', s);
	if (slice_ends(s, ".log"))
		strbuf_add_str(out, ".log");
	else if (slice_ends(s, ".gz"))
		strbuf_add_str(out, ".gz");
}

void mask_path(struct redact *r, struct strbuf *out, struct slice s)
{
	struct cur c = cur_of(s);

	for (bool first = true; !cur_at_end(&c); first = false) {
		if (!first)
			strbuf_add_byte(out, '/');
		mask_path_part(r, out, cur_token(&c, '/'));
	}
	if (s.n && s.p[s.n - 1] == '/')
		strbuf_add_byte(out, '/');
}

static void mask_folder(struct redact *r, struct strbuf *out, struct slice s)
{
	static const char *const COMMON[] = { "INBOX", "Spam", "Junk", "Junk E-mail", "Trash", "Sent", "Sent Items", "Sent Messages",
					      "Deleted Items", "Deleted Messages", "Drafts", "Archive", "Archives", "Quarantine", "Virus" };

	for (size_t i = 0; i < sizeof COMMON / sizeof *COMMON; i++)
		if (slice_eq_fold(s, slice_str(COMMON[i]))) {
			strbuf_add(out, s);
			return;
		}
	mask_word(r, out, 'f', s);
}

static bool all_of(struct slice s, bool (*is)(char c))
{
	for (size_t i = 0; i < s.n; i++)
		if (!is(s.p[i]))
			return false;
	return true;
}

static bool is_id_char(char c)
{
	return ascii_alnum(c) || c == '-' || c == '_';
}

static bool is_number_char(char c)
{
	return ascii_digit(c) || c == '-';
}

/* "SESSION:T2:R3": the ends are the deliveries of one session */
static void mask_session(struct redact *r, struct strbuf *out, struct slice s)
{
	size_t n = slice_find_byte(s, ':');

	if (all_of(s, is_number_char)) { /* amavis: "06344-01" */
		strbuf_add(out, s);
		return;
	}
	mask_word(r, out, 't', slice_head(s, n));
	strbuf_add(out, slice_from(s, n));
}

static void mask_argument(struct redact *r, struct strbuf *out, struct slice s)
{
	struct slice t = slice_trim(s);

	if (!t.n || slice_find_byte(t, '@') < t.n || slice_find_byte(t, '<') < t.n || slice_find_byte(t, '[') < t.n || looks_like_host(t)) {
		mask_text(r, out, s, true);
		return;
	}
	strbuf_add(out, slice_between(s.p, t.p));
	mask_word(r, out, 's', t);
}

void mask_value(struct redact *r, struct strbuf *out, enum mask mask, struct slice s)
{
	bool word = s.n && s.p[0] == '(' && s.p[s.n - 1] == ')'; /* ours: "(other)" */

	switch (mask) {
	case MASK_ID:
		if (all_of(s, is_id_char))
			strbuf_add(out, s);
		else
			mask_text(r, out, s, true);
		break;
	case MASK_ADDRESS:
		mask_address(r, out, s);
		break;
	case MASK_ADDRESSES:
		mask_addresses(r, out, s);
		break;
	case MASK_USER:
		mask_address(r, out, s);
		break;
	case MASK_HOST:
	case MASK_IP:
		if (word)
			strbuf_add(out, s);
		else
			mask_host(r, out, s);
		break;
	case MASK_RELAY:
		if (word)
			strbuf_add(out, s);
		else
			mask_relay(r, out, s);
		break;
	case MASK_CLIENT:
		if (word)
			strbuf_add(out, s);
		else
			mask_client(r, out, s);
		break;
	case MASK_MESSAGE_ID:
		mask_message_id(r, out, s);
		break;
	case MASK_SUBJECT:
		mask_word(r, out, 's', s);
		break;
	case MASK_SESSION:
		mask_session(r, out, s);
		break;
	case MASK_FOLDER:
		mask_folder(r, out, s);
		break;
	case MASK_ARGUMENT:
		mask_argument(r, out, s);
		break;
	case MASK_PATH:
		mask_path(r, out, s);
		break;
	case MASK_TEXT:
	case MASK_RAW:
		if (r->full)
			strbuf_add_str(out, "(masked)");
		else
			mask_text(r, out, s, mask == MASK_RAW);
		break;
	case MASK_KEEP:
		strbuf_add(out, s);
		break;
	}
}

struct slice redact_value(struct redact *r, struct arena *a, enum mask mask, struct slice s)
{
	struct strbuf out = { 0 };
	struct slice ret;

	if (s.n == 0 || mask == MASK_KEEP)
		return s;
	mask_value(r, &out, mask, s);
	ret = arena_copy(a, strbuf_slice(&out));
	strbuf_done(&out);
	return ret;
}

/* --- known names --------------------------------------------------------------------------------------- */

enum known known_name(struct redact *r, struct slice s)
{
	if (s.n == 0 || s.n > NAME_MAX_BYTES)
		return KNOWN_NOT;
	return (enum known)(uintptr_t)map_get(&r->names, folded(r, 0, s));
}

static void know(struct redact *r, struct slice s, enum known what)
{
	struct slice key;

	if (s.n < 2 || s.n > NAME_MAX_BYTES || all_of(s, ascii_digit))
		return;
	key = folded(r, 0, s);
	if ((enum known)(uintptr_t)map_get(&r->names, key) >= what)
		return;
	if (r->names.n >= REDACT_NAMES_MAX) {
		r->full = true;
		return;
	}
	key = arena_copy(&r->arena, key);
	(void)map_remove(&r->names, key);
	(void)map_put(&r->names, key, (void *)(uintptr_t)what);
}

static void know_local_part(struct redact *r, struct slice address, enum known what)
{
	struct slice local = slice_head(address, slice_rfind_byte(address, '@'));
	size_t plus = slice_find_byte(local, '+');

	know(r, local, what);
	if (plus < local.n)
		know(r, slice_head(local, plus), what);
}

/* what stands between dots is found by its form */
static void know_host(struct redact *r, struct slice s)
{
	if (s.n > 2 && s.p[0] == '[')
		return;
	if (s.n && !is_no_host(s) && !looks_like_host(s))
		know(r, s, KNOWN_HOST);
}

void redact_learn(struct redact *r, const struct line *l, const struct event *e)
{
	know_host(r, l->host);
	know_host(r, l->server);
	know_host(r, e->client_host);
	know_host(r, e->helo);
	know_host(r, e->relay_ip.p ? e->relay_host : SLICE_NONE);
	know_local_part(r, e->user, KNOWN_USER);
	know_local_part(r, e->ident, KNOWN_USER);
	know_local_part(r, e->sender, KNOWN_RECIPIENT);
	know_local_part(r, e->recipient, KNOWN_RECIPIENT);
	know_local_part(r, e->orig_recipient, KNOWN_RECIPIENT);
}
