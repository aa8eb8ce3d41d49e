/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parts.c - what a reply says beside its words: codes, the blocklist and the address that it names
 */
#include "diagnose/reply_priv.h"

#include "base/ascii.h"
#include "base/ip.h"

static bool is_name_byte(char c)
{
	return ascii_alnum(c) || c == '.' || c == '-' || c == '_';
}

/* its first label, which ends at dot, or one before the last two, is what zones of lists are called */
static bool is_list_name(struct slice host, const char *dot)
{
	static const struct slice LABELS[] = {
		LIT("zen"), LIT("sbl"), LIT("xbl"), LIT("pbl"), LIT("cbl"), LIT("bl"), LIT("dbl"), LIT("rbl"), LIT("dnsbl"), LIT("psbl"),
		LIT("b"), LIT("ix"), LIT("dnsrbl"), LIT("rhsbl"), LIT("surbl"), LIT("multi"), LIT("truncate"), LIT("blacklist"),
		LIT("dnsbl-1"), LIT("dnsbl-2"), LIT("dnsbl-3"), LIT("spam"), LIT("combined"), LIT("backscatter"), LIT("bad"),
	};
	struct slice label = slice_between(host.p, dot), rest = slice_between(dot + 1, host.p + host.n);

	if (slice_find_byte(rest, '.') == rest.n)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(LABELS); i++)
		if (label.n == LABELS[i].n && slice_eq_fold(label, LABELS[i]))
			return true;
	return false;
}

/* words behind which a list is named */
static bool names_list(struct slice before)
{
	static const struct slice WORDS[] = {
		LIT("blocked using"), LIT("listed in"), LIT("listed at"), LIT("listed on"), LIT("listed by"), LIT("black list at"),
		LIT("blacklisted at"), LIT("blacklisted by"), LIT("blacklist at"), LIT("blocklist at"), LIT("blocked by"),
		LIT("found on"), LIT("found in"), LIT("rejected by"), LIT("according to"), LIT("in dnsbl"), LIT("in rbl"),
	};

	if (!before.n || !ascii_alpha(before.p[before.n - 1]))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(WORDS); i++)
		if (before.n >= WORDS[i].n && ascii_tolower(before.p[before.n - 1]) == WORDS[i].p[WORDS[i].n - 1] &&
		    slice_eq_fold(slice_from(before, before.n - WORDS[i].n), WORDS[i]))
			return true;
	return false;
}

/* from dot to dot: they are rarer than words */
static struct slice find_list(struct slice s)
{
	const char *end = s.p ? s.p + s.n : s.p, *p = s.p, *dot;

	for (; p < end && (dot = memchr(p, '.', (size_t)(end - p)));) {
		struct slice host, before;
		const char *begin = dot;

		while (begin > p && is_name_byte(begin[-1]))
			begin--;
		for (p = dot + 1; p < end && is_name_byte(*p); p++)
			;
		if (!ascii_alpha(*begin) || (begin > s.p && (begin[-1] == '@' || begin[-1] == '/')))
			continue;
		host = slice_between(begin, p);
		while (host.p[host.n - 1] == '.' || host.p[host.n - 1] == '-')
			host.n--;
		if (host.p + host.n <= dot) /* the sentence ends there */
			continue;
		before = slice_between(s.p, begin);
		while (before.n && (before.p[before.n - 1] == ' ' || before.p[before.n - 1] == '[' || before.p[before.n - 1] == '('))
			before.n--;
		if (is_list_name(host, dot) || names_list(before))
			return host;
	}
	return SLICE_NONE;
}

static struct slice find_ip(struct slice s, struct slice not_this)
{
	const char *end = s.p ? s.p + s.n : s.p;
	struct ip ip;

	for (const char *p = s.p; p < end; p++) {
		struct slice t = slice_of(p, 0);

		if (!ascii_xdigit(*p) || (p > s.p && (is_name_byte(p[-1]) || p[-1] == ':')))
			continue;
		while (p + t.n < end && (ascii_xdigit(p[t.n]) || p[t.n] == ':' || p[t.n] == '.') && t.n < IP_TEXT_BYTES)
			t.n++;
		if (p + t.n < end && is_name_byte(p[t.n]))
			continue;
		while (t.n && (p[t.n - 1] == '.' || (p[t.n - 1] == ':' && (t.n < 2 || p[t.n - 2] != ':'))))
			t.n--;
		if (t.n >= 3 && ip_parse(t, &ip) && !slice_eq(t, not_this))
			return t;
		p += t.n ? t.n - 1 : 0;
	}
	return SLICE_NONE;
}

struct slice reply_list(const struct complaint *c)
{
	struct bare_reply bare;

	reply_bare(c, &bare);
	return find_list(slice_head(bare.core, REPLY_MAX_BYTES));
}

void reply_take_apart(const struct complaint *c, struct reply_parts *ret)
{
	struct bare_reply bare;
	struct reply_view view;
	struct slice core;

	reply_bare(c, &bare);
	reply_view(c, &bare, &view);
	core = slice_head(bare.core, REPLY_MAX_BYTES);
	*ret = (struct reply_parts){
		.core = bare.core, .host = bare.host, .ip = bare.ip, .said_by = bare.said_by,
		.smtp_code = view.codes.n ? (int64_t)view.codes.v[view.codes.n - 1] : -1,
		.dsn = view.last_dsn,
		.list = find_list(core),
		.named_ip = find_ip(core, bare.ip),
	};
	if (bare.stages)
		ret->stage = slice_str(reply_stage_name((enum reply_stage)__builtin_ctz(bare.stages)));
}
