/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain_value.c - values of fields in words
 */
#include "base/ascii.h"
#include "base/attr.h"
#include "base/civil.h"
#include "base/cursor.h"
#include "diagnose/explain_priv.h"
#include "event/queue_id.h"

#define UNIT_KIB INT64_C(1024)

static void fill1(const struct explanation *x, struct strbuf *out, const char *key, const char *name, struct slice value)
{
	struct tr_value v = { name, value };

	tr_fill(out, explain_words(x, key), &v, 1);
}

static void add_bytes(const struct explanation *x, struct strbuf *out, struct slice value)
{
	static const char *const UNITS[] = { "KiB", "MiB", "GiB", "TiB" };
	struct cur c = cur_of(value);
	uint64_t n, scaled;
	size_t unit = 0;

	if (!cur_u64(&c, UINT64_C(1) << 50, &n) || !cur_at_end(&c))
		return;
	fill1(x, out, TR_KEY("explain.bytes", "{n} bytes"), "n", value);
	if (n < UNIT_KIB)
		return;
	for (scaled = n * 10 / UNIT_KIB; scaled >= 10 * UNIT_KIB && unit + 1 < ARRAY_LEN(UNITS); unit++)
		scaled /= UNIT_KIB;
	strbuf_printf(out, " (%llu.%llu %s)", (unsigned long long)scaled / 10, (unsigned long long)scaled % 10, UNITS[unit]);
}

static void add_span(const struct explanation *x, struct strbuf *out, uint64_t s)
{
	static const struct {
		uint64_t seconds;
		const char *key;
	} UNITS[] = {
		{ 86400, TR_KEY("explain.days", "{n} d") },
		{ 3600, TR_KEY("explain.hours", "{n} h") },
		{ 60, TR_KEY("explain.minutes", "{n} min") },
		{ 1, TR_KEY("explain.seconds", "{n} s") },
	};
	bool any = false;

	for (size_t i = 0; i < ARRAY_LEN(UNITS); i++) {
		char number[24];
		struct strbuf n = { 0 };

		if (s < UNITS[i].seconds && !(UNITS[i].seconds == 1 && !any))
			continue;
		strbuf_printf(&n, "%llu", (unsigned long long)(s / UNITS[i].seconds));
		memcpy(number, n.p, n.n);
		if (any)
			strbuf_add_byte(out, ' ');
		fill1(x, out, UNITS[i].key, "n", slice_of(number, n.n));
		strbuf_done(&n);
		s %= UNITS[i].seconds;
		any = true;
		if (s == 0)
			break;
	}
}

/* "0.45", "12", "1m2s", "2d3h", "0.013s" */
static void add_seconds(const struct explanation *x, struct strbuf *out, struct slice value)
{
	struct cur c = cur_of(value);
	uint64_t total = 0, n;

	if (value.n && slice_find_byte(value, '.') < value.n) {
		struct slice number = value.p[value.n - 1] == 's' ? slice_head(value, value.n - 1) : value;

		fill1(x, out, TR_KEY("explain.seconds", "{n} s"), "n", number);
		return;
	}
	if (cur_u64(&c, UINT32_MAX, &n) && cur_at_end(&c)) {
		add_span(x, out, n);
		return;
	}
	for (c = cur_of(value); !cur_at_end(&c);) {
		if (!cur_u64(&c, UINT32_MAX, &n))
			return;
		if (cur_byte(&c, 'w'))
			total += n * 604800;
		else if (cur_byte(&c, 'd'))
			total += n * 86400;
		else if (cur_byte(&c, 'h'))
			total += n * 3600;
		else if (cur_byte(&c, 'm'))
			total += n * 60;
		else if (cur_byte(&c, 's'))
			total += n;
		else
			return;
	}
	add_span(x, out, total);
}

/* Sendmail's "[days+]hh:mm:ss" */
static void add_hms(const struct explanation *x, struct strbuf *out, struct slice value)
{
	struct cur c = cur_of(value), days = c;
	uint64_t d = 0, h, m, s;

	if (cur_u64(&days, 10000, &d) && cur_byte(&days, '+'))
		c = days;
	else
		d = 0;
	if (cur_u64(&c, 99, &h) && cur_byte(&c, ':') && cur_u64(&c, 59, &m) && cur_byte(&c, ':') && cur_u64(&c, 60, &s))
		add_span(x, out, ((d * 24 + h) * 60 + m) * 60 + s);
}

static void add_ok_of(const struct explanation *x, struct strbuf *out, struct slice value)
{
	struct cur c = cur_of(value);
	struct slice ok = cur_token(&c, '/'), all = cur_rest(&c);
	struct tr_value v[] = { { "ok", ok }, { "all", all } };

	if (all.n)
		tr_fill(out, explain_words(x, TR_KEY("explain.ok_of", "{ok} worked of {all}")), v, ARRAY_LEN(v));
}

static struct slice unbracketed(struct slice s)
{
	while (s.n >= 2 && ((s.p[0] == '<' && s.p[s.n - 1] == '>') || (s.p[0] == '"' && s.p[s.n - 1] == '"') ||
			    (s.p[0] == '(' && s.p[s.n - 1] == ')')))
		s = slice_of(s.p + 1, s.n - 2);
	return s;
}

/* "name[address]:port", "[address]:port" */
static void add_host(const struct explanation *x, struct strbuf *out, struct slice value)
{
	size_t open = slice_find_byte(value, '['), close = slice_rfind_byte(value, ']');
	struct slice host, address, port;

	if (open == value.n || close == value.n || close < open)
		return;
	host = slice_trim(slice_head(value, open));
	address = slice_of(value.p + open + 1, close - open - 1);
	port = slice_from(value, close + 1);
	if (slice_is(host, "unknown")) {
		strbuf_add_str(out, explain_words(x, TR_KEY("explain.host.unknown", "it has no confirmed name in DNS")));
		strbuf_add_str(out, ", ");
	} else if (host.n) {
		fill1(x, out, TR_KEY("explain.host.name", "name {name}"), "name", host);
		strbuf_add_str(out, ", ");
	}
	if (slice_find_byte(address, '/') < address.n)
		fill1(x, out, TR_KEY("explain.host.socket", "socket {path}"), "path", address);
	else
		fill1(x, out, TR_KEY("explain.host.address", "address {address}"), "address", address);
	if (port.n > 1 && port.p[0] == ':') {
		strbuf_add_str(out, ", ");
		fill1(x, out, TR_KEY("explain.host.port", "port {port}"), "port", slice_from(port, 1));
	}
}

size_t explain_dsn_at(struct slice text)
{
	struct cur c = cur_of(text);
	uint64_t v;
	char class = cur_peek(&c);

	if ((class != '2' && class != '4' && class != '5') || !cur_u64(&c, 5, &v) || !cur_byte(&c, '.') ||
	    !cur_u64(&c, 999, &v) || !cur_byte(&c, '.') || !cur_u64(&c, 999, &v))
		return 0;
	if (!cur_at_end(&c) && (ascii_alnum(*c.p) || *c.p == '_' || (*c.p == '.' && c.p + 1 < c.end && ascii_digit(c.p[1]))))
		return 0;
	return (size_t)(c.p - text.p);
}

size_t explain_code_at(struct slice text)
{
	if (text.n < 3 || text.p[0] < '2' || text.p[0] > '5' || !ascii_digit(text.p[1]) || !ascii_digit(text.p[2]))
		return 0;
	if (text.n == 3 || text.p[3] == ' ' || text.p[3] == '\n' || text.p[3] == '\r' || text.p[3] == '"' || text.p[3] == ')')
		return 3;
	return text.p[3] == '-' || text.p[3] == '\\' ? 3 : 0;
}

void explain_dsn(const struct explanation *x, struct strbuf *out, struct slice dsn)
{
	struct slice class = slice_head(dsn, 1), rest = slice_from(dsn, 2);
	struct slice subject = slice_head(rest, slice_find_byte(rest, '.'));
	const struct gloss *c = gloss_find(SCOPE_SMTP_CLASS, class), *s = gloss_find(SCOPE_SMTP_SUBJECT, subject);
	const struct gloss *both = gloss_find(SCOPE_SMTP_DSN, slice_is(rest, "0.0") ? SLICE("0.0") : rest);

	if (c)
		strbuf_add_str(out, explain_words(x, c->name));
	if (both) {
		strbuf_add_str(out, ", ");
		strbuf_add_str(out, explain_words(x, both->name));
		strbuf_add_str(out, "; ");
		strbuf_add_str(out, explain_words(x, both->meaning));
	} else if (s) {
		strbuf_add_str(out, ", ");
		strbuf_add_str(out, explain_words(x, s->meaning));
	}
}

static void add_code(const struct explanation *x, struct strbuf *out, struct slice value)
{
	const struct gloss *g = gloss_find(SCOPE_SMTP_CODE, value);
	const struct gloss *class = gloss_find(SCOPE_SMTP_CLASS, slice_head(value, 1));

	if (g) {
		strbuf_add_str(out, explain_words(x, g->name));
		strbuf_add_str(out, "; ");
		strbuf_add_str(out, explain_words(x, g->meaning));
	} else if (class) {
		strbuf_add_str(out, explain_words(x, class->meaning));
	}
}

/* `250 2.0.0 OK id=...`, with or without quotes around it */
static void add_reply(const struct explanation *x, struct strbuf *out, struct slice value)
{
	struct slice s = unbracketed(value), rest;
	size_t n = explain_code_at(s);

	if (!n)
		return;
	strbuf_add(out, slice_head(s, n));
	strbuf_add_byte(out, ' ');
	add_code(x, out, slice_head(s, n));
	rest = slice_from(s, n);
	if (rest.n)
		rest = slice_from(rest, 1);
	n = explain_dsn_at(rest);
	if (n) {
		strbuf_add_str(out, "; ");
		strbuf_add(out, slice_head(rest, n));
		strbuf_add_byte(out, ' ');
		explain_dsn(x, out, slice_head(rest, n));
	}
}

static void add_errno(const struct explanation *x, struct strbuf *out, struct slice value)
{
	struct cur c = cur_of(value);
	const struct gloss *g = NULL;
	uint64_t n;

	if ((value.n && value.p[0] == '-') || slice_is(value, "0"))
		g = gloss_find(SCOPE_EXIM_ERROR, value);
	else if (cur_u64(&c, 4000, &n) && cur_at_end(&c))
		g = gloss_errno((int)n);
	if (!g)
		return;
	strbuf_add(out, g->scope == SCOPE_ERRNO ? g->form : slice_str(explain_words(x, g->name)));
	strbuf_add_str(out, ", ");
	strbuf_add_str(out, explain_words(x, g->meaning));
}

/* TLS1.3:TLS_AES_256_GCM_SHA384:256, with * for a resumed session */
static void add_tls(const struct explanation *x, struct strbuf *out, struct slice value)
{
	struct cur c = cur_of(value);
	struct slice version = cur_token(&c, ':'), cipher = cur_token(&c, ':'), bits = cur_token(&c, ':');
	bool resumed = value.n && value.p[value.n - 1] == '*';
	struct tr_value v[] = { { "version", version }, { "cipher", cipher }, { "bits", bits } };

	if (resumed && bits.n)
		v[2].value.n--;
	if (!version.n || !cipher.n || !v[2].value.n)
		return;
	tr_fill(out, explain_words(x, TR_KEY("explain.tls", "{version}, cipher {cipher}, {bits} bits")), v, ARRAY_LEN(v));
	if (resumed)
		strbuf_add_str(out, explain_words(x, TR_KEY("explain.tls.resumed", ", an earlier session resumed")));
}

static void add_exim_auth(const struct explanation *x, struct strbuf *out, struct slice value)
{
	struct cur c = cur_of(value);
	struct slice name = cur_token(&c, ':'), user = cur_rest(&c);
	struct tr_value v[] = { { "name", name }, { "user", user } };

	if (user.n)
		tr_fill(out, explain_words(x, TR_KEY("explain.exim_auth", "user {user}, by the authenticator {name}")), v, ARRAY_LEN(v));
	else if (name.n)
		fill1(x, out, TR_KEY("explain.exim_auth.name", "authenticator {name}"), "name", name);
}

void explain_clock(const struct explanation *x, struct strbuf *out, usec_t t, int32_t utc_offset_sec)
{
	static const char *const DAYS[] = {
		TR_KEY("explain.monday", "Mon"),  TR_KEY("explain.tuesday", "Tue"),  TR_KEY("explain.wednesday", "Wed"),
		TR_KEY("explain.thursday", "Thu"), TR_KEY("explain.friday", "Fri"), TR_KEY("explain.saturday", "Sat"),
		TR_KEY("explain.sunday", "Sun"),
	};
	struct civil c = civil_of(t, utc_offset_sec);
	int day = civil_weekday(civil_days(c.year, c.month, c.day));

	strbuf_add_str(out, explain_words(x, DAYS[day]));
	strbuf_add_byte(out, ' ');
	civil_format_local(out, t, utc_offset_sec);
}

static void add_epoch(const struct explanation *x, struct strbuf *out, struct slice value)
{
	struct cur c = cur_of(value);
	uint64_t n;

	if (!cur_u64(&c, UINT64_C(1) << 40, &n) || !cur_at_end(&c))
		return;
	explain_clock(x, out, (usec_t)n * USEC_PER_SEC, 0);
	strbuf_add_str(out, " UTC");
}

static uint64_t base62(struct slice s)
{
	uint64_t v = 0;

	for (size_t i = 0; i < s.n; i++)
		v = v * 62 + (unsigned)(ascii_digit(s.p[i]) ? s.p[i] - '0' : ascii_upper(s.p[i]) ? s.p[i] - 'A' + 10 : s.p[i] - 'a' + 36);
	return v;
}

static void add_made_at(const struct explanation *x, struct strbuf *out, const char *key, usec_t t, uint64_t pid)
{
	struct strbuf when = { 0 }, number = { 0 };
	struct tr_value v[2];

	explain_clock(x, &when, t, 0);
	strbuf_add_str(&when, " UTC");
	strbuf_printf(&number, "%llu", (unsigned long long)pid);
	v[0] = (struct tr_value){ "time", strbuf_slice(&when) };
	v[1] = (struct tr_value){ "pid", strbuf_slice(&number) };
	tr_fill(out, explain_words(x, key), v, ARRAY_LEN(v));
	strbuf_done(&when);
	strbuf_done(&number);
}

bool explain_queue_id(const struct explanation *x, struct strbuf *out, struct slice id)
{
	struct cur c;
	uint64_t pid = 0;
	usec_t t;

	if (x->writer == WRITER_SMARTERMAIL || (x->writer == WRITER_EXCHANGE && !queue_id_is_guid(id)))
		return false; /* numbers of their own */
	if (queue_id_exim_time(id, &t)) {
		add_made_at(x, out, TR_KEY("explain.queue_id.exim", "Exim's; reception began {time}, in process {pid}"), t,
			    base62(id.n == 16 ? slice_of(id.p + 7, 6) : slice_of(id.p + 7, 11)));
	} else if (queue_id_postfix_time(id, &t)) {
		add_made_at(x, out, TR_KEY("explain.queue_id.postfix_long", "Postfix's, made {time}"), t, 0);
	} else if (queue_id_sendmail_time(id, &t)) {
		c = cur_of(slice_from(id, 8));
		(void)cur_u64(&c, UINT32_MAX, &pid);
		add_made_at(x, out, TR_KEY("explain.queue_id.sendmail", "Sendmail's; made {time} by process {pid}"), t, pid);
	} else if (queue_id_is_guid(id)) {
		strbuf_add_str(out, explain_words(x, TR_KEY("explain.queue_id.guid", "Exchange's network message id: the same on all Exchange "
										     "servers that the message passes")));
	} else if (queue_id_is_postfix(id)) {
		strbuf_add_str(out, explain_words(x, TR_KEY("explain.queue_id.postfix", "Postfix's; a short one tells no time and comes back after "
											"a while for another message")));
	} else {
		return false;
	}
	return true;
}

void explain_queue_id_form(const struct explanation *x, struct strbuf *out, struct slice id)
{
	usec_t t;

	if (queue_id_is_exim(id) && id.n == 16)
		strbuf_add_str(out, explain_words(x, TR_KEY("explain.queue_id.form.exim_old",
							    "; form of Exim up to 4.96: seconds since 1970, process id, fraction of the second "
							    "(with the host's number, if several hosts share a queue), in base 62")));
	else if (queue_id_is_exim(id))
		strbuf_add_str(out, explain_words(x, TR_KEY("explain.queue_id.form.exim_new",
							    "; form of Exim 4.97 and later: seconds since 1970, process id, fraction of the "
							    "second (with the host's number, if several hosts share a queue), in base 62")));
	else if (queue_id_postfix_time(id, &t))
		strbuf_add_str(out, explain_words(x, TR_KEY("explain.queue_id.form.postfix_long",
							    "; long form (enable_long_queue_ids): seconds, microseconds, z, and the number of "
							    "its file (inode); never used twice")));
	else if (queue_id_sendmail_time(id, &t))
		strbuf_add_str(out, explain_words(x, TR_KEY("explain.queue_id.form.sendmail",
							    "; year, month, day, hour, minute, second, a running number of two characters, process id")));
	else if (queue_id_is_postfix(id))
		strbuf_add_str(out, explain_words(x, TR_KEY("explain.queue_id.form.postfix",
							    "; microseconds of its arrival (first five digits) and the number of its file (inode)")));
}

static void add_address(const struct explanation *x, struct strbuf *out, struct slice value)
{
	if (slice_is(value, "<>") || slice_is(value, ""))
		strbuf_add_str(out, explain_words(x, TR_KEY("explain.null_sender",
							    "empty: a bounce or another automatic notice, or no name was given")));
}

static void add_in(const struct explanation *x, struct strbuf *out, enum gloss_scope scope, struct slice value)
{
	const struct gloss *g = gloss_find(scope, value);

	if (!g)
		g = gloss_match(&scope, 1, value);
	if (g)
		strbuf_add_str(out, explain_words(x, g->meaning));
	else if (scope == SCOPE_POSTFIX_RELAY)
		add_host(x, out, value);
}

void explain_value(const struct explanation *x, struct strbuf *out, int as, struct slice value)
{
	static void (*const ADD[AS_IN])(const struct explanation *, struct strbuf *, struct slice) = {
		[AS_BYTES] = add_bytes, [AS_SECONDS] = add_seconds, [AS_HMS] = add_hms, [AS_OK_OF] = add_ok_of,
		[AS_ADDRESS] = add_address, [AS_HOST] = add_host, [AS_CODE] = add_code, [AS_REPLY] = add_reply, [AS_ERRNO] = add_errno,
		[AS_EPOCH] = add_epoch, [AS_TLS] = add_tls, [AS_EXIM_AUTH] = add_exim_auth,
	};

	if (!value.p || as >= AS_ERRNO_IS)
		return;
	if (as >= AS_IN)
		add_in(x, out, (enum gloss_scope)(as - AS_IN), unbracketed(value));
	else if (as == AS_DSN && value.n && explain_dsn_at(value) == value.n)
		explain_dsn(x, out, value);
	else if (as == AS_QUEUE_ID)
		(void)explain_queue_id(x, out, unbracketed(value));
	else if (ADD[as])
		ADD[as](x, out, value);
}
