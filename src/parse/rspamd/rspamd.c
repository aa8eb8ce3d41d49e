/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rspamd.c - lines of rspamd, from syslog, the journal or its own file
 *
 * Source: rspamd 3.4, src/libserver/logger/logger.c, logger_file.c, logger_syslog.c: "[(WORKER) ][<TAG>; ][MODULE; ]FUNCTION:
 * TEXT".  The tag stands for one scan (or one configuration, one map); it may be empty.  For Lua modules FUNCTION is
 * "file.lua:LINE", which each release changes.
 *
 * What has a row in FUNCTIONS is known by name.  Everything else that rspamd says is about the module in front of it.
 */
#include "parse/rspamd/rspamd.h"

#include "base/attr.h"
#include "base/ip.h"
#include "parse/rspamd/rspamd_priv.h"

static bool rspamd_claims(const struct line *l)
{
	return slice_is(l->program, "rspamd");
}

/* a line without its envelope, taken apart */
struct rspamd_line {
	struct slice worker, tag, module, function; /* SLICE_NONE: not written */
	struct slice text;
};

static bool is_name(struct slice s)
{
	if (s.n == 0 || s.n > 64)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!ascii_alnum(s.p[i]) && s.p[i] != '_' && s.p[i] != '-' && s.p[i] != '.' && s.p[i] != ':')
			return false;
	return true;
}

/* a name and what follows it; if there is none, nothing is taken and nothing told */
static void take_name(struct cur *c, struct slice behind, struct slice *ret)
{
	struct slice rest = cur_rest(c), name = slice_head(rest, slice_find(rest, behind));

	if (name.n == rest.n || !is_name(name))
		return;
	*ret = name;
	c->p += name.n + behind.n;
}

static void take_apart(struct cur c, struct rspamd_line *ret)
{
	struct cur at = c;

	*ret = (struct rspamd_line){ 0 };
	if (cur_byte(&at, '(') && cur_until_lit(&at, ") ", &ret->worker) && is_name(ret->worker))
		c = at;
	else
		ret->worker = SLICE_NONE;
	at = c;
	if (cur_byte(&at, '<') && cur_until_lit(&at, ">; ", &ret->tag) && (ret->tag.n == 0 || is_name(ret->tag)))
		c = at;
	else
		ret->tag = SLICE_NONE;
	take_name(&c, SLICE("; "), &ret->module);
	take_name(&c, SLICE(": "), &ret->function);
	ret->text = cur_rest(&c);
}

static enum parse_result notice(struct event *e, enum notice category, enum severity severity)
{
	e->kind = EV_NOTICE;
	e->category = category;
	e->severity = severity;
	return PARSE_OK;
}

/* "loaded message; id: <%s>; queue-id: <%s>; size: %z; checksum: <%*xs>": the end is rspamd's own */
static enum parse_result loaded(struct cur c, struct event *e)
{
	struct slice head, id;
	struct cur at;

	if (!cur_lit(&c, "loaded message; id: "))
		return notice(e, NOTICE_FILTER, SEVERITY_INFO);
	if (!cur_until_last_lit(&c, "; size: ", &head) || !cur_i64(&c, INT64_MAX, &e->size_bytes))
		return PARSE_BAD;
	at = cur_of(head);
	if (cur_until_last_lit(&at, "; queue-id: <", &id)) {
		if (!cur_until(&at, '>', &e->queue_id))
			return PARSE_BAD;
		if (slice_is(e->queue_id, "undef"))
			e->queue_id = SLICE_NONE;
		head = id;
	}
	e->message_id = rspamd_message_id(head);
	return notice(e, NOTICE_FILTER, SEVERITY_INFO);
}

/* "got connection from 192.0.2.1:41234", "[2001:db8::1]:41234": the SMTP client as the MTA names it */
static enum parse_result milter_command(struct cur c, struct event *e)
{
	struct slice s, ip;
	struct ip parsed;
	size_t at;

	if (!cur_lit(&c, "got connection from "))
		return notice(e, NOTICE_FILTER, SEVERITY_INFO);
	s = cur_rest(&c);
	at = slice_rfind_byte(s, ':');
	ip = slice_unwrap(slice_head(s, at), '[', ']');
	if (ip_parse(ip, &parsed))
		e->client_ip = ip;
	if (at < s.n) {
		c = cur_of(slice_from(s, at + 1));
		(void)cur_i64(&c, 65535, &e->client_port);
	}
	return notice(e, NOTICE_CONNECTION, SEVERITY_INFO);
}

/* "<%s>: set pre-result to '%s' (no score): '%s' from %s(%d)" */
static enum parse_result pre_result(struct cur c, struct event *e)
{
	struct slice id;

	if (cur_until_last_lit(&c, ": set pre-result to ", &id))
		e->message_id = rspamd_message_id(id);
	return notice(e, NOTICE_FILTER, SEVERITY_INFO);
}

typedef enum parse_result line_fn(struct cur c, struct event *e);

static const struct {
	struct slice function;
	line_fn *parse;
} FUNCTIONS[] = {
	{ LIT("rspamd_task_write_log"), rspamd_verdict },
	{ LIT("rspamd_message_parse"), loaded },
	{ LIT("rspamd_milter_process_command"), milter_command },
	{ LIT("rspamd_add_passthrough_result"), pre_result },
};

/* clang-format off */
/* of one scan: Lua modules that speak a word of their own, known by their file */
static const struct {
	struct slice file, text, check, result;
} LUA[] = {
	{ LIT("greylist.lua"),  LIT("greylisted until "),        LIT("greylist"), LIT("greylisted") },
	{ LIT("greylist.lua"),  LIT("greylist has been passed"), LIT("greylist"), LIT("pass") },
	{ LIT("ratelimit.lua"), LIT("ratelimit "),               LIT("rate"),     LIT("limited") },
};

/* life of the service */
static const struct {
	struct slice module, text;
	enum notice category;
	enum severity severity;
} LIFE[] = {
	{ LIT("main"), LIT("rspamd "),                 NOTICE_START,   SEVERITY_INFO },
	{ LIT("main"), LIT("catch termination signal"), NOTICE_STOP,   SEVERITY_INFO },
	{ LIT("main"), LIT("terminating..."),          NOTICE_STOP,    SEVERITY_INFO },
	{ LIT("main"), LIT("rspamd is requested to reload"), NOTICE_RELOAD, SEVERITY_INFO },
	{ LIT("main"), LIT("got SIGHUP"),              NOTICE_RELOAD,  SEVERITY_INFO },
};

/* what is said, by the module that says it */
static const struct {
	struct slice module;
	enum notice category;
} MODULES[] = {
	{ LIT("proxy"),       NOTICE_FILTER },
	{ LIT("milter"),      NOTICE_FILTER },
	{ LIT("task"),        NOTICE_FILTER },
	{ LIT("csession"),    NOTICE_ADMIN },
	{ LIT("controller"),  NOTICE_ADMIN },
	{ LIT("lua"),         NOTICE_FILTER },
	{ LIT("normal"),      NOTICE_FILTER },
	{ LIT("worker"),      NOTICE_PROCESS },
	{ LIT("main"),        NOTICE_PROCESS },
	{ LIT("control"),     NOTICE_PROCESS },
	{ LIT("cfg"),         NOTICE_CONFIG },
	{ LIT("config"),      NOTICE_CONFIG },
	{ LIT("map"),         NOTICE_LOOKUP },
	{ LIT("radix"),       NOTICE_LOOKUP },
	{ LIT("multipattern"), NOTICE_CACHE },
	{ LIT("hyperscan"),   NOTICE_CACHE },
	{ LIT("hs_helper"),   NOTICE_CACHE },
	{ LIT("re_cache"),    NOTICE_CACHE },
	{ LIT("regexp"),      NOTICE_CACHE },
	{ LIT("symcache"),    NOTICE_CACHE },
	{ LIT("roll_history"), NOTICE_CACHE },
	{ LIT("stat"),        NOTICE_CACHE },
	{ LIT("stat_redis"),  NOTICE_LOOKUP },
	{ LIT("redis"),       NOTICE_LOOKUP },
	{ LIT("learn_cache"), NOTICE_CACHE },
	{ LIT("bayes"),       NOTICE_FILTER },
	{ LIT("dkim"),        NOTICE_FILTER },
	{ LIT("arc"),         NOTICE_FILTER },
	{ LIT("dmarc"),       NOTICE_FILTER },
	{ LIT("spf"),         NOTICE_FILTER },
	{ LIT("rbl"),         NOTICE_FILTER },
	{ LIT("surbl"),       NOTICE_FILTER },
	{ LIT("fuzzy_check"), NOTICE_FILTER },
	{ LIT("fuzzy"),       NOTICE_FILTER },
	{ LIT("fuzzy_backend"), NOTICE_FILTER },
	{ LIT("neural"),      NOTICE_FILTER },
	{ LIT("ratelimit"),   NOTICE_LIMIT },
	{ LIT("greylist"),    NOTICE_FILTER },
	{ LIT("antivirus"),   NOTICE_FILTER },
	{ LIT("clamav"),      NOTICE_FILTER },
	{ LIT("archive"),     NOTICE_FILTER },
	{ LIT("mime"),        NOTICE_FILTER },
	{ LIT("images"),      NOTICE_FILTER },
	{ LIT("html"),        NOTICE_FILTER },
	{ LIT("langdet"),     NOTICE_FILTER },
	{ LIT("composites"),  NOTICE_FILTER },
	{ LIT("settings"),    NOTICE_CONFIG },
	{ LIT("dns"),         NOTICE_DNS },
	{ LIT("rdns"),        NOTICE_DNS },
	{ LIT("monitored"),   NOTICE_DNS },
	{ LIT("upstream"),    NOTICE_CONNECTION },
	{ LIT("http"),        NOTICE_CONNECTION },
	{ LIT("ssl"),         NOTICE_TLS },
	{ LIT("contextless"), NOTICE_FILTER },
	{ LIT("lua_http"),    NOTICE_CONNECTION },
	{ LIT("lua_redis"),   NOTICE_LOOKUP },
	{ LIT("events"),      NOTICE_PROCESS },
	{ LIT("protocol"),    NOTICE_PROTOCOL },
	{ LIT("message"),     NOTICE_FILTER },
	{ LIT("logger"),      NOTICE_LOGGING },
	{ LIT("rrd"),         NOTICE_STATISTICS },
	{ LIT("rcl"),         NOTICE_CONFIG },
	{ LIT("cryptobox"),   NOTICE_FILTER },
	{ LIT("kann"),        NOTICE_FILTER },
	{ LIT("maillist"),    NOTICE_FILTER },
	{ LIT("chartable"),   NOTICE_FILTER },
	{ LIT("sqlite3"),     NOTICE_LOOKUP },
	{ LIT("lua_dns"),     NOTICE_DNS },
	{ LIT("lua_tcp"),     NOTICE_CONNECTION },
	{ LIT("lua_udp"),     NOTICE_CONNECTION },
	{ LIT("milter_headers"), NOTICE_FILTER },
	{ LIT("url_redirector"), NOTICE_FILTER },
	{ LIT("force_actions"), NOTICE_FILTER },
	{ LIT("multimap"),    NOTICE_FILTER },
	{ LIT("replies"),     NOTICE_FILTER },
	{ LIT("phishing"),    NOTICE_FILTER },
	{ LIT("dkim_signing"), NOTICE_FILTER },
};

/* before the first configuration there is no module */
static const struct {
	struct slice function;
	enum notice category;
} EARLY[] = {
	{ LIT("rspamd_url_"),        NOTICE_START },
	{ LIT("rspamd_regexp_"),     NOTICE_START },
	{ LIT("rspamd_roll_history"), NOTICE_CACHE },
	{ LIT("rspamd_worker_"),     NOTICE_PROCESS },
	{ LIT("rspamd_multipattern"), NOTICE_CACHE },
	{ LIT("rspamd_cryptobox"),   NOTICE_START },
	{ LIT("rspamd_map"),         NOTICE_LOOKUP },
	{ LIT("rspamd_config"),      NOTICE_CONFIG },
	{ LIT("rspamd_rcl"),         NOTICE_CONFIG },
	{ LIT("rspamd_lua"),         NOTICE_CONFIG },
	{ LIT("rspamd_controller"),  NOTICE_ADMIN },
	{ LIT("rspamd_http"),        NOTICE_CONNECTION },
	{ LIT("rspamd_init"),        NOTICE_START },
	{ LIT("rspamd_redis"),       NOTICE_LOOKUP },
	{ LIT("rspamd_stat"),        NOTICE_CACHE },
	{ LIT("rspamd_dns"),         NOTICE_DNS },
	{ LIT("rspamd_ssl"),         NOTICE_TLS },
	{ LIT("rspamd_logger"),      NOTICE_LOGGING },
	{ LIT("rspamd_log"),         NOTICE_LOGGING },
	{ LIT("rspamd_fork"),        NOTICE_PROCESS },
	{ LIT("rspamd_"),            NOTICE_FILTER },
	{ LIT("main"),               NOTICE_PROCESS },
};

/* How bad it is, rspamd's log does not say: these words do. */
static const struct slice BAD_NEWS[] = {
	LIT("cannot "), LIT("can't "), LIT("failed "), LIT("error "), LIT("abnormally "), LIT("invalid "), LIT("bad "),
};
/* clang-format on */

static enum severity severity_of(struct slice text)
{
	for (size_t i = 0; i < ARRAY_LEN(BAD_NEWS); i++)
		if (slice_starts_(text, BAD_NEWS[i].p, BAD_NEWS[i].n))
			return SEVERITY_WARNING;
	return SEVERITY_INFO;
}

/* "greylist.lua:217" is of "greylist.lua" */
static bool is_of_file(struct slice function, struct slice file)
{
	return function.n > file.n && function.p[file.n] == ':' && slice_eq(slice_head(function, file.n), file);
}

/* 'clamav: virus found: "Eicar"': the scanner's own name in front */
static bool virus_found(const struct rspamd_line *r, struct event *e)
{
	struct cur c = cur_of(r->text);
	struct slice scanner;

	if (!cur_until_lit(&c, ": virus found: \"", &scanner) || !is_name(scanner))
		return false;
	e->kind = EV_VERDICT;
	e->check = SLICE("virus");
	e->result = SLICE("infected");
	e->reason = cur_token(&c, '"');
	return true;
}

static bool lua_verdict(const struct rspamd_line *r, struct event *e)
{
	if (!slice_is(r->module, "lua") || !r->tag.n)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(LUA); i++)
		if (is_of_file(r->function, LUA[i].file) && slice_starts_(r->text, LUA[i].text.p, LUA[i].text.n)) {
			e->kind = EV_VERDICT;
			e->check = LUA[i].check;
			e->result = LUA[i].result;
			e->reason = r->text;
			return true;
		}
	return virus_found(r, e);
}

static enum parse_result by_module(const struct rspamd_line *r, struct event *e)
{
	for (size_t i = 0; i < ARRAY_LEN(LIFE); i++)
		if (slice_eq(r->module, LIFE[i].module) && slice_starts_(r->text, LIFE[i].text.p, LIFE[i].text.n))
			return notice(e, LIFE[i].category, LIFE[i].severity);
	for (size_t i = 0; i < ARRAY_LEN(MODULES); i++)
		if (slice_eq(r->module, MODULES[i].module))
			return notice(e, MODULES[i].category, severity_of(r->text));
	return PARSE_NOT_MINE;
}

static enum parse_result by_function(const struct rspamd_line *r, struct event *e)
{
	for (size_t i = 0; i < ARRAY_LEN(EARLY); i++)
		if (slice_starts_(r->function, EARLY[i].function.p, EARLY[i].function.n))
			return notice(e, EARLY[i].category, severity_of(r->text));
	return PARSE_NOT_MINE;
}

static enum parse_result rspamd_parse(const struct line *l, struct event *ret)
{
	struct rspamd_line r;

	take_apart(cur_of(l->text), &r);
	ret->session = r.tag.n ? r.tag : SLICE_NONE;
	ret->text = r.text;
	for (size_t i = 0; i < ARRAY_LEN(FUNCTIONS); i++)
		if (slice_eq(r.function, FUNCTIONS[i].function))
			return FUNCTIONS[i].parse(cur_of(r.text), ret);
	if (!r.function.n || !r.text.n)
		return PARSE_NOT_MINE;
	if (lua_verdict(&r, ret)) {
		ret->text = SLICE_NONE;
		return PARSE_OK;
	}
	return r.module.n ? by_module(&r, ret) : by_function(&r, ret);
}

static const struct parse_sample SAMPLES[] = {
	{ "rspamd",
	  "<a1b2c3>; proxy; rspamd_task_write_log: id: <m1@example.org>, qid: <4A1B2C3D4E>, ip: 192.0.2.10, from: "
	  "<ann@example.org>, (default: F (no action): [1.20/15.00] [R_DKIM_ALLOW(-0.20){example.org:s=sel1;},MIME_GOOD(-0.10)"
	  "{text/plain;},ASN(0.00){asn:64500, ipnet:192.0.2.0/24, country:ZZ;}]), len: 1843, time: 123.456ms, dns req: 12, "
	  "digest: <00112233445566778899aabbccddeeff>, rcpts: <bob@example.com>, mime_rcpts: <bob@example.com>",
	  "verdict queue_id=\"4A1B2C3D4E\" session=\"a1b2c3\" client_ip=\"192.0.2.10\" sender=\"ann@example.org\" "
	  "recipient=\"bob@example.com\" size_bytes=1843 message_id=\"<m1@example.org>\" duration_s=0.123456 check=\"spam\" "
	  "result=\"no action\" score_milli=1200 threshold_milli=15000 reason=\"R_DKIM_ALLOW(-0.20){example.org:s=sel1;},"
	  "MIME_GOOD(-0.10){text/plain;},ASN(0.00){asn:64500, ipnet:192.0.2.0/24, country:ZZ;}\"" },
	{ "rspamd",
	  "<b1b2c3>; proxy; rspamd_task_write_log: id: <undef>, qid: <5A1B2C3D4E>, ip: 2001:db8::66, from: <s@example.net>, "
	  "(default: T (reject): [23.40/15.00] [BAYES_SPAM(5.10){99.99%;},FUZZY_DENIED(12.00){1:abcdef:1.00:txt;}]), len: 5120, "
	  "time: 350.1ms, dns req: 40, digest: <ffeeddccbbaa99887766554433221100>, rcpts: <bob@example.com,carol@example.com>, "
	  "forced: reject \"Spam message rejected\"; score=nan (set by spam)",
	  "verdict queue_id=\"5A1B2C3D4E\" session=\"b1b2c3\" client_ip=\"2001:db8::66\" sender=\"s@example.net\" "
	  "recipients=\"bob@example.com,carol@example.com\" size_bytes=5120 duration_s=0.350100 check=\"spam\" "
	  "result=\"reject\" score_milli=23400 threshold_milli=15000 reason=\"BAYES_SPAM(5.10){99.99%;},FUZZY_DENIED(12.00)"
	  "{1:abcdef:1.00:txt;}\"" },
	{ "rspamd",
	  "(normal) <c1b2c3>; task; rspamd_task_write_log: id: <a\"b=>c@x>?>, ip: 192.0.2.1, user: ann@example.com, from: <>, "
	  "(default: S (reject): [nan/15.00] [GTUBE(0.00){}]), len: 5, time: 12.3ms real, 1.0ms virtual, dns req: 0, digest: <00>",
	  "verdict session=\"c1b2c3\" client_ip=\"192.0.2.1\" user=\"ann@example.com\" sender=\"\" size_bytes=5 "
	  "message_id=\"<a\\\"b=>c@x>?>\" duration_s=0.012300 check=\"spam\" result=\"reject\" threshold_milli=15000 "
	  "reason=\"GTUBE(0.00){}\"" },
	/* a controller's scan; an empty list; a symbol whose option is a whole tail */
	{ "rspamd",
	  "<d1b2c3>; csession; rspamd_task_write_log: id: <m@x.example>, (default: F (add header): [7.00/15.00] []), len: 5, time: "
	  "1.0ms, dns req: 0, digest: <00>",
	  "verdict session=\"d1b2c3\" size_bytes=5 message_id=\"<m@x.example>\" duration_s=0.001000 check=\"spam\" "
	  "result=\"add header\" score_milli=7000 threshold_milli=15000 reason=\"\"" },
	{ "rspamd",
	  "<e1b2c3>; proxy; rspamd_task_write_log: id: <m@x.example>, qid: <4A1B2C3D4E>, ip: 192.0.2.1, from: <a@b.example>, "
	  "(default: F (no action): [0.00/15.00] [X(0.00){a}]), len: 9, rcpts: <evil@x.example>;}]), len: 5, time: 1.0ms, dns req: "
	  "0, digest: <00>, rcpts: <c@d.example>, mime_rcpts: <\"a>, rcpts: <b\"@c.example>",
	  "verdict queue_id=\"4A1B2C3D4E\" session=\"e1b2c3\" client_ip=\"192.0.2.1\" sender=\"a@b.example\" "
	  "recipient=\"c@d.example\" size_bytes=5 message_id=\"<m@x.example>\"" },
	{ "rspamd",
	  "(rspamd_proxy) <a1b2c3>; proxy; rspamd_message_parse: loaded message; id: <m1@example.org>; queue-id: <4A1B2C3D4E>; "
	  "size: 1843; checksum: <00112233445566778899aabbccddeeff>",
	  "notice queue_id=\"4A1B2C3D4E\" session=\"a1b2c3\" size_bytes=1843 message_id=\"<m1@example.org>\" severity=\"info\" "
	  "category=\"filter\"" },
	{ "rspamd", "<a1b2c3>; milter; rspamd_milter_process_command: got connection from [2001:db8::1]:41234",
	  "notice session=\"a1b2c3\" client_ip=\"2001:db8::1\" client_port=41234 severity=\"info\" category=\"connection\"" },
	{ "rspamd", "<a1b2c3>; lua; greylist.lua:217: greylisted until \"Sat, 12 Sep 2026 10:20:30 GMT\", new record",
	  "verdict session=\"a1b2c3\" check=\"greylist\" result=\"greylisted\" reason=\"greylisted until " },
	{ "rspamd", "<a1b2c3>; lua; clamav.lua:99: clamav: virus found: \"Eicar\"",
	  "verdict session=\"a1b2c3\" check=\"virus\" result=\"infected\" reason=\"Eicar\"" },
	{ "rspamd", "<a1b2c3>; proxy; dkim_module_load_key_format: cannot load dkim key /var/lib/rspamd/dkim/x.key: x",
	  "notice session=\"a1b2c3\" severity=\"warning\" category=\"filter\"" },
	{ "rspamd", "(main) <>; lua; lua_cfg_transform.lua:577: converted surbl rules to rbl rules", "notice severity=\"info\" category=\"filter\"" },
	{ "rspamd", "(main) rspamd_url_init: start compiling of 9 TLD suffixes", "notice severity=\"info\" category=\"start\"" },
	{ "rspamd", "(main) <eguh4q>; main; main: rspamd 3.4 is starting, build id: release", "notice session=\"eguh4q\" severity=\"info\" category=\"start\"" },
	{ "rspamd", "(main) <eguh4q>; main; rspamd_term_handler: catch termination signal, waiting for 3 children for 10 seconds",
	  "notice session=\"eguh4q\" severity=\"info\" category=\"stop\"" },
	{ NULL, NULL, NULL },
};

static const struct parse_sample REFUSED[] = {
	{ "rspamd", "<a1b2c3>; proxy; rspamd_task_write_log: id: <m1@example.org>, qid: <4A1B2C3D4E>", NULL },
	{ "rspamd", "<a1b2c3>; proxy; rspamd_task_write_log: id: <m1@example.org>, qid: <4A1B2C3D4E>, ip: 1.2.3.4, from: <a>, (default: X (no action): [1/2] []), len: 1", NULL },
	{ "rspamd", "<a1b2c3>; proxy; rspamd_task_write_log: nothing", NULL },
	{ "rspamd", "<a1b2c3>; nomodule; function: text", NULL },
	{ "rspamd", "text without any function", NULL },
	{ "rspamd", "", NULL },
	{ NULL, NULL, NULL },
};

const struct writer_ops rspamd_writer = {
	.writer = WRITER_RSPAMD,
	.envelope = ENVELOPE_RSPAMD,
	.claims = rspamd_claims,
	.parse = rspamd_parse,
	.samples = SAMPLES,
	.refused = REFUSED,
};
