/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spamd.c - lines of SpamAssassin's spamd
 *
 * Source: SpamAssassin 4.0.1, spamd/spamd.raw, lib/Mail/SpamAssassin/SpamdForkScaling.pm, Logger.pm.  Since 3.1 a text
 * begins with its channel, "spamd: ", "prefork: ", "plugin: "; before that there was none.  A child serves one message
 * at a time: its "clean message" or "identified spam" and the "result:" that follows are one verdict (the tracker puts
 * them together by PID).
 *
 * Traps: the score on "result:" is cut to an integer; blanks and commas of the Message-ID are "_" there; the list of
 * tests may be empty.
 */
#include "parse/spamd/spamd.h"

#include "base/attr.h"
#include "base/cursor.h"
#include "base/ip.h"

/* a literal as a constant initialiser of a slice */

static bool spamd_claims(const struct line *l)
{
	return slice_is(l->program, "spamd");
}

static enum parse_result notice(struct event *e, enum notice category, enum severity severity)
{
	e->kind = EV_NOTICE;
	e->category = category;
	e->severity = severity;
	return PARSE_OK;
}

/* "12.3", "-1.9": up to what is no number */
static bool take_score(struct cur *c, int64_t *ret_milli)
{
	struct cur at = *c;
	bool negative = cur_byte(&at, '-');
	usec_t micro;

	if (!cur_seconds(&at, &micro))
		return false;
	*ret_milli = negative ? -(micro / 1000) : micro / 1000;
	*c = at;
	return true;
}

static bool is_unknown(struct slice s)
{
	return s.n == 0 || slice_is(s, "(unknown)");
}

/* "clean message (%.1f/%.1f) for %s:%d in %3.1f seconds, %d bytes.": user and uid may be "(unknown)" */
static enum parse_result scanned(struct cur c, bool spam, struct event *e)
{
	struct slice user;

	e->kind = EV_VERDICT;
	e->check = SLICE("spam");
	e->result = spam ? SLICE("spam") : SLICE("ham");
	if (!take_score(&c, &e->score_milli) || !cur_byte(&c, '/') || !take_score(&c, &e->threshold_milli) ||
	    !cur_lit(&c, ") for ") || !cur_until_last_lit(&c, " in ", &user) || !cur_seconds(&c, &e->duration_s) ||
	    !cur_lit(&c, " seconds, ") || !cur_i64(&c, INT64_MAX, &e->size_bytes))
		return PARSE_BAD;
	user = slice_head(user, slice_rfind_byte(user, ':'));
	e->user = is_unknown(user) ? SLICE_NONE : user;
	return PARSE_OK;
}

static enum parse_result clean(struct cur c, struct event *e)
{
	return scanned(c, false, e);
}

static enum parse_result identified(struct cur c, struct event *e)
{
	return scanned(c, true, e);
}

static void set_value(struct slice key, struct slice value, struct event *e)
{
	struct cur c = cur_of(value);
	struct ip ip;

	if (slice_is(key, "scantime"))
		(void)cur_seconds(&c, &e->duration_s);
	else if (slice_is(key, "size"))
		(void)cur_i64(&c, INT64_MAX, &e->size_bytes);
	else if (slice_is(key, "user"))
		e->user = is_unknown(value) ? SLICE_NONE : value;
	else if (slice_is(key, "required_score"))
		(void)take_score(&c, &e->threshold_milli);
	else if (slice_is(key, "raddr") && ip_parse(value, &ip))
		e->client_ip = value;
	else if (slice_is(key, "mid"))
		e->message_id = is_unknown(value) ? SLICE_NONE : value;
}

/* "result: %s %2d - %s KEY=VALUE,KEY=VALUE": no comma stands in a value */
static enum parse_result result(struct cur c, struct event *e)
{
	bool spam = cur_lit(&c, "Y ");

	e->kind = EV_VERDICT;
	e->check = SLICE("spam");
	e->result = spam ? SLICE("spam") : SLICE("ham");
	if (!spam && !cur_lit(&c, ". "))
		return PARSE_BAD;
	cur_skip_spaces(&c);
	if (!take_score(&c, &e->score_milli) || !cur_lit(&c, " - ") || !cur_until(&c, ' ', &e->reason))
		return PARSE_BAD;
	if (slice_find(cur_rest(&c), SLICE("mid=")) == cur_left(&c))
		return PARSE_BAD;
	while (!cur_at_end(&c)) {
		struct slice word = cur_token(&c, ',');
		size_t at = slice_find_byte(word, '=');

		if (at < word.n)
			set_value(slice_head(word, at), slice_from(word, at + 1), e);
	}
	return PARSE_OK;
}

/* "processing message %s[ aka %s] for %s:%d" */
static enum parse_result processing(struct cur c, struct event *e)
{
	struct slice id, user;
	size_t aka;

	if (!cur_until_last_lit(&c, " for ", &id))
		return PARSE_BAD;
	user = cur_rest(&c);
	user = slice_head(user, slice_rfind_byte(user, ':'));
	aka = slice_rfind(id, SLICE(" aka "));
	id = slice_head(id, aka);
	e->message_id = is_unknown(id) ? SLICE_NONE : id;
	e->user = is_unknown(user) ? SLICE_NONE : user;
	return notice(e, NOTICE_FILTER, SEVERITY_INFO);
}

/* "connection from %s [%s]:%d to port %d, fd %d" */
static enum parse_result connection(struct cur c, struct event *e)
{
	struct slice host, ip;
	struct ip parsed;

	if (!cur_until_lit(&c, " [", &host) || !cur_until(&c, ']', &ip) || !ip_parse(ip, &parsed))
		return PARSE_BAD;
	e->client_ip = ip;
	e->client_host = slice_eq(host, ip) ? SLICE_NONE : host;
	if (cur_byte(&c, ':'))
		(void)cur_i64(&c, 65535, &e->client_port);
	return notice(e, NOTICE_CONNECTION, SEVERITY_INFO);
}

/* "skipped large message in %3.1f seconds": it went on without a look */
static enum parse_result skipped(struct cur c, struct event *e)
{
	e->kind = EV_VERDICT;
	e->check = SLICE("spam");
	e->result = SLICE("none");
	e->reason = SLICE("skipped: too large");
	return cur_seconds(&c, &e->duration_s) ? PARSE_OK : PARSE_BAD;
}

typedef enum parse_result line_fn(struct cur c, struct event *e);

/* behind "spamd: " or, before 3.1, nothing */
static const struct {
	struct slice prefix;
	line_fn *parse;
} LINES[] = {
	{ LIT("result: "), result },
	{ LIT("clean message ("), clean },
	{ LIT("identified spam ("), identified },
	{ LIT("processing message "), processing },
	{ LIT("checking message "), processing },
	{ LIT("connection from "), connection },
	{ LIT("skipped large message in "), skipped },
};

/* clang-format off */
static const struct {
	struct slice text;
	enum notice category;
	enum severity severity;
} NOTICES_OF[] = {
	{ LIT("server started on "),         NOTICE_START,      SEVERITY_INFO },
	{ LIT("server pid: "),               NOTICE_START,      SEVERITY_INFO },
	{ LIT("server successfully spawned child process"), NOTICE_PROCESS, SEVERITY_INFO },
	{ LIT("handled cleanup of child pid"), NOTICE_PROCESS,  SEVERITY_INFO },
	{ LIT("server killed by "),          NOTICE_STOP,       SEVERITY_INFO },
	{ LIT("server hit by "),             NOTICE_RELOAD,     SEVERITY_INFO },
	{ LIT("server socket closed"),       NOTICE_STOP,       SEVERITY_INFO },
	{ LIT("got connection over "),       NOTICE_CONNECTION, SEVERITY_INFO },
	{ LIT("server shutting down"),       NOTICE_STOP,       SEVERITY_INFO },
	{ LIT("restarting "),                NOTICE_RELOAD,     SEVERITY_INFO },
	{ LIT("setuid to "),                 NOTICE_PROCESS,    SEVERITY_INFO },
	{ LIT("using default config for "),  NOTICE_CONFIG,     SEVERITY_INFO },
	{ LIT("creating default_prefs: "),   NOTICE_CONFIG,     SEVERITY_INFO },
	{ LIT("failed to create readable default_prefs: "), NOTICE_CONFIG, SEVERITY_WARNING },
	{ LIT("still running as root"),      NOTICE_CONFIG,     SEVERITY_WARNING },
	{ LIT("handle_user "),               NOTICE_LOOKUP,     SEVERITY_WARNING },
	{ LIT("copy_config "),               NOTICE_CONFIG,     SEVERITY_WARNING },
	{ LIT("bad protocol: "),             NOTICE_PROTOCOL,   SEVERITY_INFO },
	{ LIT("unauthorized connection "),   NOTICE_CONNECTION, SEVERITY_WARNING },
	{ LIT("timeout: "),                  NOTICE_CONNECTION, SEVERITY_WARNING },
	{ LIT("child processing timeout"),   NOTICE_LIMIT,      SEVERITY_WARNING },
	{ LIT("child timeout"),              NOTICE_LIMIT,      SEVERITY_WARNING },
	{ LIT("error: "),                    NOTICE_FILTER,     SEVERITY_ERROR },
	{ LIT("cannot "),                    NOTICE_CONFIG,     SEVERITY_ERROR },
	{ LIT("could not "),                 NOTICE_CONFIG,     SEVERITY_ERROR },
	{ LIT("accept failed"),              NOTICE_CONNECTION, SEVERITY_WARNING },
	{ LIT("Tell: "),                     NOTICE_FILTER,     SEVERITY_INFO },
	{ LIT("cleaning up after "),         NOTICE_PROCESS,    SEVERITY_INFO },
};

/* other channels (Logger.pm); what has no level is a warning unless it is here as information */
static const struct {
	struct slice text;
	enum notice category;
	enum severity severity;
} CHANNELS[] = {
	{ LIT("prefork: child states: "),    NOTICE_PROCESS,    SEVERITY_INFO },
	{ LIT("prefork: adjust: "),          NOTICE_PROCESS,    SEVERITY_INFO },
	{ LIT("prefork: server reached --max-children"), NOTICE_LIMIT, SEVERITY_WARNING },
	{ LIT("prefork: "),                  NOTICE_PROCESS,    SEVERITY_WARNING },
	{ LIT("info: "),                     NOTICE_FILTER,     SEVERITY_INFO },
	{ LIT("warn: "),                     NOTICE_FILTER,     SEVERITY_WARNING },
	{ LIT("error: "),                    NOTICE_FILTER,     SEVERITY_ERROR },
	{ LIT("logger: "),                   NOTICE_LOGGING,    SEVERITY_INFO },
	{ LIT("config: "),                   NOTICE_CONFIG,     SEVERITY_WARNING },
	{ LIT("rules: "),                    NOTICE_CONFIG,     SEVERITY_WARNING },
	{ LIT("plugin: "),                   NOTICE_FILTER,     SEVERITY_WARNING },
	{ LIT("zoom: "),                     NOTICE_CONFIG,     SEVERITY_INFO },
	{ LIT("dns: "),                      NOTICE_DNS,        SEVERITY_WARNING },
	{ LIT("async: "),                    NOTICE_DNS,        SEVERITY_WARNING },
	{ LIT("netset: "),                   NOTICE_CONFIG,     SEVERITY_WARNING },
	{ LIT("bayes: "),                    NOTICE_CACHE,      SEVERITY_WARNING },
	{ LIT("learn: "),                    NOTICE_CACHE,      SEVERITY_WARNING },
	{ LIT("locker: "),                   NOTICE_CACHE,      SEVERITY_WARNING },
	{ LIT("auto-whitelist: "),           NOTICE_CACHE,      SEVERITY_WARNING },
	{ LIT("txrep: "),                    NOTICE_CACHE,      SEVERITY_WARNING },
	{ LIT("util: "),                     NOTICE_FILTER,     SEVERITY_WARNING },
	{ LIT("message: "),                  NOTICE_FILTER,     SEVERITY_WARNING },
	{ LIT("check: "),                    NOTICE_FILTER,     SEVERITY_WARNING },
	{ LIT("spf: "),                      NOTICE_FILTER,     SEVERITY_WARNING },
	{ LIT("dkim: "),                     NOTICE_FILTER,     SEVERITY_WARNING },
	{ LIT("pyzor: "),                    NOTICE_FILTER,     SEVERITY_WARNING },
	{ LIT("razor2: "),                   NOTICE_FILTER,     SEVERITY_WARNING },
	{ LIT("dcc: "),                      NOTICE_FILTER,     SEVERITY_WARNING },
	{ LIT("metadata: "),                 NOTICE_FILTER,     SEVERITY_WARNING },
	{ LIT("extracttext: "),              NOTICE_FILTER,     SEVERITY_WARNING },
	{ LIT("Use of uninitialized value"), NOTICE_PANIC,      SEVERITY_WARNING },
};
/* clang-format on */

static enum parse_result of_channel(struct slice text, struct event *e)
{
	e->text = text;
	for (size_t i = 0; i < ARRAY_LEN(CHANNELS); i++)
		if (slice_starts_(text, CHANNELS[i].text.p, CHANNELS[i].text.n))
			return notice(e, CHANNELS[i].category, CHANNELS[i].severity);
	return PARSE_NOT_MINE;
}

static enum parse_result spamd_parse(const struct line *l, struct event *ret)
{
	struct cur c = cur_of(l->text);
	bool channel = cur_lit(&c, "spamd: ");

	for (size_t i = 0; i < ARRAY_LEN(LINES); i++)
		if (cur_lit_(&c, LINES[i].prefix.p, LINES[i].prefix.n))
			return LINES[i].parse(c, ret);
	if (!channel && of_channel(l->text, ret) == PARSE_OK)
		return PARSE_OK;
	ret->text = cur_rest(&c);
	for (size_t i = 0; i < ARRAY_LEN(NOTICES_OF); i++)
		if (slice_starts_(ret->text, NOTICES_OF[i].text.p, NOTICES_OF[i].text.n))
			return notice(ret, NOTICES_OF[i].category, NOTICES_OF[i].severity);
	return PARSE_NOT_MINE;
}

static const struct parse_sample SAMPLES[] = {
	{ "spamd", "spamd: clean message (-1.9/5.0) for ann:1000 in 1.2 seconds, 1843 bytes.",
	  "verdict user=\"ann\" size_bytes=1843 duration_s=1.200000 check=\"spam\" result=\"ham\" score_milli=-1900 "
	  "threshold_milli=5000" },
	{ "spamd", "identified spam (12.3/5.0) for (unknown):111 in 2.1 seconds, 5120 bytes.",
	  "verdict size_bytes=5120 duration_s=2.100000 check=\"spam\" result=\"spam\" score_milli=12300 threshold_milli=5000" },
	{ "spamd",
	  "spamd: result: Y 12 - BAYES_99,HTML_MESSAGE scantime=2.1,size=5120,user=ann,uid=1000,required_score=5.0,"
	  "rhost=localhost,raddr=127.0.0.1,rport=40400,mid=<m@x.example>,bayes=0.999999,autolearn=spam autolearn_force=no",
	  "verdict client_ip=\"127.0.0.1\" user=\"ann\" size_bytes=5120 message_id=\"<m@x.example>\" duration_s=2.100000 "
	  "check=\"spam\" result=\"spam\" score_milli=12000 threshold_milli=5000 reason=\"BAYES_99,HTML_MESSAGE\"" },
	{ "spamd",
	  "spamd: result: .  0 -  scantime=0.1,size=20,user=(unknown),uid=111,required_score=5.0,rhost=localhost,"
	  "raddr=::1,rport=40401,mid=(unknown),autolearn=no autolearn_force=no",
	  "verdict client_ip=\"::1\" size_bytes=20 duration_s=0.100000 check=\"spam\" result=\"ham\" score_milli=0 "
	  "threshold_milli=5000 reason=\"\"" },
	{ "spamd", "spamd: processing message <m1@example.org> aka <m0@example.org> for ann:1000",
	  "notice user=\"ann\" message_id=\"<m1@example.org>\" severity=\"info\" category=\"filter\"" },
	{ "spamd", "spamd: got connection over /run/spamd.sock", "notice severity=\"info\" category=\"connection\"" },
	{ "spamd", "spamd: checking message (unknown) for ann:1000", "notice user=\"ann\" severity=\"info\" category=\"filter\"" },
	{ "spamd", "spamd: connection from localhost [127.0.0.1]:40400 to port 783, fd 5",
	  "notice client_host=\"localhost\" client_ip=\"127.0.0.1\" client_port=40400 severity=\"info\" category=\"connection\"" },
	{ "spamd", "spamd: skipped large message in 0.2 seconds", "verdict duration_s=0.200000 check=\"spam\" result=\"none\"" },
	{ "spamd", "prefork: child states: II", "notice severity=\"info\" category=\"process\"" },
	{ "spamd", "prefork: server reached --max-children setting, consider raising it", "notice severity=\"warning\" category=\"limit\"" },
	{ "spamd", "spamd: server killed by SIGTERM, shutting down", "notice severity=\"info\" category=\"stop\"" },
	{ "spamd", "plugin: eval failed: bayes: (in learn) locker: safe_lock: cannot create tmp lockfile", "notice severity=\"warning\" category=\"filter\"" },
	{ NULL, NULL, NULL },
};

static const struct parse_sample REFUSED[] = {
	{ "spamd", "spamd: result: X 12 - A scantime=2.1", NULL },
	{ "spamd", "spamd: result: Y 12 - A,B", NULL },
	{ "spamd", "spamd: result: . -1 - ALL_TRUSTED scantime=1.2,size=1843", NULL },
	{ "spamd", "spamd: clean message (-1.9/5.0) for ann:1000", NULL },
	{ "spamd", "spamd: processing message <m1@example.org>", NULL },
	{ "spamd", "192.0.2.1: connected (1/0)", NULL },
	{ NULL, NULL, NULL },
};

const struct writer_ops spamd_writer = {
	.writer = WRITER_SPAMD,
	.claims = spamd_claims,
	.parse = spamd_parse,
	.samples = SAMPLES,
	.refused = REFUSED,
};
