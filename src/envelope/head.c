/* SPDX-License-Identifier: Apache-2.0 */
/*
 * head.c - the grammar of what stands in front of a message text
 *
 * RFC 3164 as syslogd, rsyslog, Solaris, FreeBSD and Postfix's own logger write it; RFC 3339 stamps in the same
 * place; RFC 5424 with octet counts left over from the network; Exim's own stamps (Exim src/tod.c, src/log.c).
 * The first byte tells the forms apart, so a file may mix them freely.
 */
#include "envelope/head.h"

#include "base/ascii.h"
#include "base/attr.h"
#include "base/civil.h"
#include "base/cursor.h"
#include "envelope/digits.h"

#define TIME_BYTES     8
#define BSD_DATE_BYTES 7 /* with the blank */
#define ISO_DATE_BYTES 10
#define ISO_BYTES      19
#define TAG_MAX_BYTES 128
#define FRACTION_DIGITS 6     /* that count */
#define FRACTION_DIGITS_MAX 9 /* that are written */
#define DEPTH_MAX 4           /* wraps around a record */

static int two_digits(const char *p)
{
	return ascii_digit(p[0]) && ascii_digit(p[1]) ? (p[0] - '0') * 10 + p[1] - '0' : -1;
}

static int month_number(const char *p)
{
	static const char NAMES[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	for (int i = 0; i < 12; i++)
		if (memcmp(NAMES + 3 * i, p, 3) == 0)
			return i + 1;
	return 0;
}

static bool date_valid(int year, int month, int day)
{
	static const int DAYS[13] = { 0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return month >= 1 && month <= 12 && day >= 1 && day <= DAYS[month] &&
	       (month != 2 || day < 29 || year == 0 || civil_leap_year(year));
}

struct stamp_fields stamp_fields(const struct stamp *s)
{
	const char *p = s->text.p, *time = p + s->text.n - 8;
	struct stamp_fields f;

	if (s->form == STAMP_ISO) {
		f.year = two_digits(p) * 100 + two_digits(p + 2);
		f.month = two_digits(p + 5);
		f.day = two_digits(p + 8);
	} else {
		f.year = 0;
		f.month = month_number(p);
		f.day = ascii_digit(p[4]) && ascii_digit(p[5]) ? two_digits(p + 4) :
			p[4] == ' '                             ? p[5] - '0' :
								  p[4] - '0';
	}
	f.hour = two_digits(time);
	f.minute = two_digits(time + 3);
	f.second = two_digits(time + 6);
	return f;
}

enum envelope_kind head_bsd_kind(const struct stamp *s)
{
	bool zero = s->text.n == BSD_DATE_BYTES + TIME_BYTES && s->text.p[4] == '0';

	return zero ? ENVELOPE_POSTFIX : ENVELOPE_RFC3164;
}

/* "Nov 21 ", "Nov  2 ", "Nov 02 ", and "Nov 2 ": how many bytes of it there are; 0: it is none */
static size_t date_bsd(const char *p)
{
	size_t n = BSD_DATE_BYTES;
	int day;

	if (month_number(p) == 0 || p[3] != ' ')
		return 0;
	if (ascii_digit(p[4]) && p[5] == ' ') {
		n--;
		day = p[4] - '0';
	} else {
		day = p[4] == ' ' && ascii_digit(p[5]) ? p[5] - '0' : two_digits(p + 4);
	}
	return p[n - 1] == ' ' && date_valid(0, month_number(p), day) ? n : 0;
}

bool head_stamp_bsd(struct cur *c, const struct envelope_clock *clock, struct stamp *ret)
{
	size_t n = BSD_DATE_BYTES;
	const char *p = c->p;

	if (cur_left(c) < BSD_DATE_BYTES + TIME_BYTES)
		return false;
	ret->same_day = clock && memcmp(p, clock->bsd.date, BSD_DATE_BYTES) == 0;
	if (!ret->same_day && (n = date_bsd(p)) == 0)
		return false;
	ret->day_sec = digits_time_of_day(digits_load(p + n));
	if (ret->day_sec < 0)
		return false;
	ret->form = STAMP_BSD;
	ret->text = slice_of(p, n + TIME_BYTES);
	c->p += n + TIME_BYTES;
	return true;
}

static bool date_iso(const char *p)
{
	int high = two_digits(p), low = two_digits(p + 2);

	return high >= 19 && low >= 0 && p[4] == '-' && p[7] == '-' &&
	       date_valid(high * 100 + low, two_digits(p + 5), two_digits(p + 8));
}

/* "2026-11-21T09:00:01", with `separator` in the place of the T */
bool head_stamp_iso(struct cur *c, char separator, const struct envelope_clock *clock, struct stamp *ret)
{
	const char *p = c->p;

	if (cur_left(c) < ISO_BYTES || p[ISO_DATE_BYTES] != separator)
		return false;
	ret->same_day = clock && memcmp(p, clock->iso.date, ISO_DATE_BYTES) == 0;
	if (!ret->same_day && !date_iso(p))
		return false;
	p += ISO_DATE_BYTES + 1;
	ret->day_sec = digits_time_of_day(digits_load(p));
	if (ret->day_sec < 0)
		return false;
	ret->form = STAMP_ISO;
	ret->text = slice_of(c->p, ISO_BYTES);
	c->p += ISO_BYTES;
	return true;
}

void head_stamp_fraction(struct cur *c, struct stamp *s)
{
	const char *p = c->p;
	int32_t v = 0;
	int digits = 0;

	if (c->end - p < 2 || *p != '.' || !ascii_digit(p[1]))
		return;
	for (p++; p < c->end && ascii_digit(*p) && digits < FRACTION_DIGITS_MAX; p++, digits++)
		if (digits < FRACTION_DIGITS)
			v = v * 10 + (*p - '0');
	for (; digits < FRACTION_DIGITS; digits++)
		v *= 10;
	s->fraction_us = v;
	c->p = p;
}

/* "Z", "+01:00", "+0100", "+01" */
void head_stamp_zone(struct cur *c, struct stamp *s)
{
	const char *p = c->p;
	int hours, minutes = 0;
	size_t n = 3;

	if (cur_peek(c) == 'Z' || cur_peek(c) == 'z') {
		s->has_zone = true;
		c->p++;
		return;
	}
	if (cur_left(c) < 3 || (*p != '+' && *p != '-'))
		return;
	hours = two_digits(p + 1);
	if (cur_left(c) >= 6 && p[3] == ':' && two_digits(p + 4) >= 0) {
		minutes = two_digits(p + 4);
		n = 6;
	} else if (cur_left(c) >= 5 && two_digits(p + 3) >= 0) {
		minutes = two_digits(p + 3);
		n = 5;
	}
	if (hours < 0 || hours > 24 || minutes > 59)
		return;
	s->has_zone = true;
	s->zone_sec = (hours * 60 + minutes) * 60;
	if (*p == '-')
		s->zone_sec = -s->zone_sec;
	c->p += n;
}

/* the blank that ends a field; a record may also end there */
static bool field_end(struct cur *c)
{
	return cur_at_end(c) || cur_byte(c, ' ');
}

/* "[digits]"; ten digits hold every pid */
static bool bracketed_number(struct cur *c, int64_t *ret)
{
	const char *p = c->p, *first, *max;
	int64_t v = 0;

	if (p == c->end || *p != '[')
		return false;
	first = ++p;
	max = c->end - p > 10 ? p + 10 : c->end;
	for (; p < max && ascii_digit(*p); p++)
		v = v * 10 + (*p - '0');
	if (p == first || p == c->end || *p != ']')
		return false;
	*ret = v;
	c->p = p + 1;
	return true;
}

/* one or more "[digits]" (a second one if postlogd re-logs through syslog): the first counts */
static bool tag_pid(struct cur *c, int64_t *ret)
{
	struct cur at = *c;
	int64_t pid = -1, v;
	struct slice inside;

	while (cur_peek(&at) == '[') {
		if (!bracketed_number(&at, &v)) {
			at.p++;
			if (!cur_until(&at, ']', &inside) || inside.n > TAG_MAX_BYTES ||
			    slice_find_byte(inside, ' ') < inside.n)
				return false;
			v = -1;
		}
		if (pid < 0)
			pid = v;
	}
	*ret = pid;
	*c = at;
	return true;
}

/* bytes above the blank that a tag does not hold */
static const bool TAG_ENDS[256] = { ['['] = true, [':'] = true };

/* "tag[pid]: text", "tag: text", "tag[pid] text" */
static void split_tag(struct cur c, struct head *h)
{
	const char *tag = c.p;
	const char *max = cur_left(&c) > TAG_MAX_BYTES ? tag + TAG_MAX_BYTES : c.end;
	int64_t pid = -1;
	bool plain;

	h->text = cur_rest(&c);
	while (c.p < max && *c.p > ' ' && !TAG_ENDS[(unsigned char)*c.p])
		c.p++;
	h->program = slice_between(tag, c.p);
	plain = cur_peek(&c) == ':';
	if (h->program.n == 0 || c.p == max || (!plain && !(cur_peek(&c) == '[' && tag_pid(&c, &pid))))
		goto no_tag;
	if (cur_byte(&c, ':')) {
		if (!cur_byte(&c, ' ') && plain && !cur_at_end(&c))
			goto no_tag;
	} else if (!field_end(&c)) {
		goto no_tag;
	}
	h->pid = pid;
	if (cur_peek(&c) == '[' && c.end - c.p > 4 && memcmp(c.p, "[ID ", 4) == 0) { /* Solaris */
		struct cur at = c;
		struct slice id;

		if (cur_until_lit(&at, "] ", &id) && id.n < 80)
			c = at;
	}
	h->text = cur_rest(&c);
	return;
no_tag:
	h->program = SLICE_NONE;
}

/* host and tag behind the stamp of RFC 3164 and RFC 3339 */
static void split_host(struct cur c, struct head *h)
{
	struct cur at;
	struct slice host;

	cur_skip_spaces(&c);
	if (cur_peek(&c) == '<') { /* FreeBSD's syslogd -v: "<mail.info> " */
		struct slice facility;

		at = c;
		if (cur_until_lit(&at, "> ", &facility) && facility.n < 24)
			c = at;
	}
	at = c;
	while (at.p < at.end && *at.p != ' ')
		at.p++;
	host = slice_between(c.p, at.p);
	if (slice_is(host, "last") && slice_starts(cur_rest(&at), " message repeated ")) {
		h->text = cur_rest(&c);
		return;
	}
	/* some writers leave the host out: then this is the tag already; "::" may end an IPv6 address */
	if (host.n == 0 || (host.p[host.n - 1] == ':' && !slice_ends(host, "::"))) {
		split_tag(c, h);
		return;
	}
	h->host = host;
	(void)cur_byte(&at, ' ');
	split_tag(at, h);
}

struct slice head_exim_stamp(struct slice text, const struct envelope_clock *clock, struct stamp *ret, int64_t *pid)
{
	struct cur c = cur_of(text), at;
	uint64_t pid_of_rspamd;
	int64_t v;

	*ret = (struct stamp){ .form = STAMP_NONE };
	if (head_stamp_iso(&c, ' ', clock, ret)) {
		head_stamp_fraction(&c, ret);
		if (head_is_rspamd(c, &pid_of_rspamd, &at) || !field_end(&c) || cur_peek(&c) == '#') {
			*ret = (struct stamp){ .form = STAMP_NONE };
			return text;
		}
		at = c;
		if (cur_left(&c) >= 5 && (*c.p == '+' || *c.p == '-')) {
			head_stamp_zone(&at, ret);
			if (at.p == c.p + 5 && field_end(&at))
				c = at;
			else
				ret->has_zone = false;
		}
	}
	at = c;
	if (bracketed_number(&at, &v) && field_end(&at)) {
		*pid = v;
		c = at;
	}
	return cur_rest(&c);
}

static bool is_host_byte(char c)
{
	return ascii_alnum(c) || c == '.' || c == '-' || c == '_';
}

bool head_has_tag(struct slice text)
{
	const char *p = text.p, *end = text.p + text.n, *tag;
	struct cur c;
	int64_t pid;

	while (p < end && is_host_byte(*p))
		p++;
	if (p == text.p || p == end || *p != ' ')
		return false;
	tag = ++p;
	while (p < end && (is_host_byte(*p) || *p == '/'))
		p++;
	c = (struct cur){ p, end };
	if (slice_is(slice_between(tag, p), "dovecot") && cur_lit(&c, ": "))
		return true;
	return p > tag && bracketed_number(&c, &pid) && cur_byte(&c, ':');
}

bool head_piece(struct slice text, struct piece *ret)
{
	struct cur c = cur_of(text);
	uint64_t number, count;

	if (!cur_byte(&c, '[') || !cur_u64(&c, 9999, &number))
		return false;
	ret->newline = cur_byte(&c, '\\');
	if ((!ret->newline && !cur_byte(&c, '/')) || !cur_u64(&c, 9999, &count) || !cur_lit(&c, "] ") ||
	    number < 1 || count < 2 || number > count)
		return false;
	ret->number = (uint32_t)number;
	ret->count = (uint32_t)count;
	ret->text = cur_rest(&c);
	return true;
}

/* Exim sends its own stamp along in the text; it is more exact than syslog's, and it has the year */
static void split_exim_in_syslog(struct head *h, const struct envelope_clock *clock)
{
	struct stamp inner;
	struct piece piece;

	if (h->text.n && h->text.p[0] == '[' && head_piece(h->text, &piece)) {
		if (piece.number == 1)
			(void)head_exim_stamp(piece.text, clock, &inner, &h->pid);
		else
			inner.form = STAMP_NONE;
	} else {
		h->text = head_exim_stamp(h->text, clock, &inner, &h->pid);
	}
	if (inner.form != STAMP_NONE)
		h->stamp = inner;
}

static void look_for_exim(struct head *h, const struct envelope_clock *clock)
{
	if (h->program.n >= 4 && memcmp(h->program.p, "exim", 4) == 0)
		split_exim_in_syslog(h, clock);
}

void head_host(struct cur c, const struct envelope_clock *clock, struct head *h)
{
	split_host(c, h);
	look_for_exim(h, clock);
}

void head_tag(struct cur c, const struct envelope_clock *clock, struct head *h)
{
	split_tag(c, h);
	look_for_exim(h, clock);
}


static bool nil_or(struct cur *c, struct slice *ret)
{
	struct slice s = cur_token(c, ' ');

	*ret = slice_is(s, "-") ? SLICE_NONE : s;
	return s.n > 0;
}

/* "-" or elements: [id name="value" ...], in a value '"', '\' and ']' are escaped */
static bool structured_data(struct cur *c)
{
	const char *p = c->p;

	if (cur_byte(c, '-'))
		return true;
	while (p < c->end && *p == '[') {
		bool quoted = false;

		for (p++; p < c->end && (quoted || *p != ']'); p++) {
			if (quoted && *p == '\\' && p + 1 < c->end)
				p++;
			else if (*p == '"')
				quoted = !quoted;
		}
		if (p == c->end)
			return false;
		p++;
	}
	if (p == c->p)
		return false;
	c->p = p;
	return true;
}

/* RFC 5424, behind "<22>1 " */
static bool split_5424(struct cur c, const struct envelope_clock *clock, struct head *h)
{
	struct slice pid, msgid;
	struct cur number;

	if (!cur_lit(&c, "- ")) {
		if (!head_stamp_iso(&c, 'T', clock, &h->stamp))
			return false;
		head_stamp_fraction(&c, &h->stamp);
		head_stamp_zone(&c, &h->stamp);
		if (!cur_byte(&c, ' '))
			return false;
	}
	if (!nil_or(&c, &h->host) || !nil_or(&c, &h->program) || !nil_or(&c, &pid) || !nil_or(&c, &msgid))
		return false;
	number = cur_of(pid);
	if (pid.p && (!cur_i64(&number, INT64_MAX / 10, &h->pid) || !cur_at_end(&number)))
		h->pid = -1;
	if (structured_data(&c) && cur_byte(&c, ' ')) {
		(void)cur_lit(&c, "\xef\xbb\xbf");
		/* rsyslog's template puts a blank in front of a text that has one already */
		(void)cur_byte(&c, ' ');
	}
	h->kind = ENVELOPE_RFC5424;
	h->text = cur_rest(&c);
	look_for_exim(h, clock);
	return true;
}

/* field by field: zeroing the whole of it costs more than all of the stamp */
void head_clear(struct head *h)
{
	h->kind = ENVELOPE_NONE;
	h->stamp.form = STAMP_NONE;
	h->stamp.has_zone = false;
	h->stamp.zone_sec = 0;
	h->stamp.fraction_us = 0;
	h->host = SLICE_NONE;
	h->program = SLICE_NONE;
	h->pid = -1;
	h->outer_us = USEC_NONE;
	h->outer_has_zone = false;
	h->outer_zone_sec = 0;
	h->part = SLICE_NONE;
	h->header = false;
}

void head_begin(struct head *h, const struct envelope_room *room)
{
	head_clear(h);
	h->had_nul = false;
	h->room = room;
	h->depth = 0;
	h->prefix_bytes = 0;
}

static struct cur strip_leading(struct slice raw, struct head *h)
{
	struct cur c = cur_of(raw);

	while (UNLIKELY(c.p < c.end && *c.p == '\0')) {
		c.p++;
		h->had_nul = true;
	}
	if (UNLIKELY(cur_peek(&c) == '\xef'))
		(void)cur_lit(&c, "\xef\xbb\xbf");
	return c;
}

/* "<22>" */
static bool priority(struct cur *c)
{
	struct cur at = *c;
	uint64_t v;

	if (!cur_byte(&at, '<') || !cur_u64(&at, 191, &v) || !cur_byte(&at, '>'))
		return false;
	*c = at;
	return true;
}

static bool split_syslog(struct cur c, const struct envelope_clock *clock, struct head *h)
{
	uint64_t octets;
	struct cur at = c;

	if (ascii_digit(cur_peek(&c)) && cur_u64(&at, 9999999, &octets) && cur_byte(&at, ' ') && cur_peek(&at) == '<')
		c = at;
	if (cur_peek(&c) == '<') {
		if (!priority(&c))
			return false;
		if (cur_lit(&c, "1 "))
			return split_5424(c, clock, h);
	}
	if (head_stamp_bsd(&c, clock, &h->stamp)) {
		h->kind = head_bsd_kind(&h->stamp);
		at = c;
		head_stamp_fraction(&c, &h->stamp);
		if (c.p - at.p == 1 + FRACTION_DIGITS) /* journalctl -o short-precise */
			h->kind = ENVELOPE_JOURNAL_SHORT;
	} else if (head_stamp_iso(&c, 'T', clock, &h->stamp)) {
		h->kind = ENVELOPE_RFC3339;
		head_stamp_fraction(&c, &h->stamp);
		head_stamp_zone(&c, &h->stamp);
		if (h->stamp.has_zone && head_container(c, clock, h))
			return true;
	} else {
		return false;
	}
	if (!field_end(&c) || (ascii_lower(cur_peek(&c)) && head_is_dovecot(cur_rest(&c))))
		return false;
	head_host(c, clock, h);
	return true;
}

/* Whose log it is does not matter to Exim's, ...: their own form says it all. */
static bool is_own_form(enum envelope_kind k)
{
	return k == ENVELOPE_EXIM || k == ENVELOPE_DOVECOT || k == ENVELOPE_RSPAMD || k == ENVELOPE_EXCHANGE ||
	       k == ENVELOPE_SMARTERMAIL;
}

/* The record behind `whole` taken apart; false: of no known form. */
static bool split(struct cur whole, const struct envelope_clock *clock, struct head *h)
{
	struct slice s = cur_rest(&whole);
	bool known;

	if (s.n > 10 && s.p[4] == '-' && s.p[10] == ' ') {
		h->text = head_exim_stamp(s, clock, &h->stamp, &h->pid);
		known = h->stamp.form != STAMP_NONE &&
			!(h->text.n && ascii_lower(h->text.p[0]) && head_is_dovecot(h->text));
		h->kind = ENVELOPE_EXIM;
		if (known && h->pid < 0 && head_is_tagged(h->text)) { /* syslog's, by a template of the site's */
			h->kind = ENVELOPE_RFC3339;
			head_host(cur_of(h->text), clock, h);
		}
	} else {
		known = s.n > 0 && split_syslog(whole, clock, h);
	}
	for (size_t i = 0; !known && head_forms[i]; i++) {
		head_clear(h);
		known = head_forms[i](whole, clock, h);
	}
	return known;
}

bool head_record(struct cur c, const struct envelope_clock *clock, struct head *h)
{
	head_clear(h);
	return split(c, clock, h);
}

static void put_digits(char *p, int v, int n)
{
	while (n-- > 0) {
		p[n] = (char)('0' + v % 10);
		v /= 10;
	}
}

void head_write_stamp(int year, int month, int day, const char *time, const struct envelope_clock *clock, struct head *h)
{
	char *p = h->written;

	memcpy(p, "0000-00-00 ", ISO_DATE_BYTES + 1);
	put_digits(p, year, 4);
	put_digits(p + 5, month, 2);
	put_digits(p + 8, day, 2);
	memcpy(p + ISO_DATE_BYTES + 1, time, TIME_BYTES);
	h->stamp.form = STAMP_ISO;
	h->stamp.text = slice_of(p, ISO_BYTES);
	h->stamp.same_day = clock && memcmp(p, clock->iso.date, ISO_DATE_BYTES) == 0;
}

bool head_inner(struct slice payload, const struct envelope_clock *clock, struct head *h)
{
	struct head in;
	bool known;

	head_begin(&in, h->room);
	in.depth = h->depth + 1;
	known = in.depth < DEPTH_MAX && split(strip_leading(payload, &in), clock, &in);
	if (!known) {
		head_clear(&in);
		head_tag(strip_leading(payload, &in), clock, &in);
		known = in.program.p != NULL;
	}
	h->had_nul = h->had_nul || in.had_nul;
	h->text = in.text;
	h->stamp = in.stamp;
	if (in.stamp.form != STAMP_NONE && in.stamp.text.p == in.written) {
		memcpy(h->written, in.written, sizeof h->written);
		h->stamp.text.p = h->written;
	}
	if (in.host.p)
		h->host = in.host;
	if (in.program.p)
		h->program = in.program;
	if (in.program.p || in.pid >= 0)
		h->pid = in.pid;
	if (is_own_form(in.kind))
		h->kind = in.kind;
	if (in.outer_us != USEC_NONE) {
		h->outer_us = in.outer_us;
		h->outer_has_zone = in.outer_has_zone;
		h->outer_zone_sec = in.outer_zone_sec;
	}
	return known;
}

void head_journal(const struct journal_fields *f, const struct envelope_clock *clock, struct head *h)
{
	h->outer_us = f->sent_us != USEC_NONE ? f->sent_us : f->received_us;
	h->host = f->container.p ? f->container : f->host;
	h->program = f->identifier.p ? f->identifier : f->comm;
	h->pid = f->syslog_pid >= 0 ? f->syslog_pid : f->trusted_pid;
	h->text = f->message.p ? f->message : SLICE("");
	if (f->container.p)
		(void)head_inner(h->text, clock, h);
	else
		look_for_exim(h, clock);
}

void head_split(struct slice raw, const struct envelope_clock *clock, const struct envelope_room *room, struct head *ret)
{
	struct cur whole;

	head_begin(ret, room);
	whole = strip_leading(raw, ret);
	if (!split(whole, clock, ret)) {
		head_clear(ret);
		ret->text = cur_rest(&whole);
	}
}
