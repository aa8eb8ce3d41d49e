/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notice.c - health: daemon, queue runs, commands, the panic log, lookups, hosting panels
 *
 * Source: exim src/src/daemon.c, queue.c, exim.c, log.c, search.c, expand.c, dnsbl.c, readconf.c, malware.c,
 * spam.c; cPanel's and DirectAdmin's published configuration.  Most of these lines say all they have to say
 * in words: a row gives them a category and a severity.
 * Trap: panel texts change with the panel's version; they are matched by their beginning only.
 */
#include "event/queue_id.h"
#include "parse/exim/exim_priv.h"

enum parse_result exim_notice(struct event *e, enum notice category, enum severity severity,
			      struct slice text)
{
	e->kind = EV_NOTICE;
	e->category = category;
	e->severity = severity;
	e->text = text;
	return PARSE_OK;
}

enum parse_result exim_rules(const struct exim_rule *rules, size_t n, struct cur c, struct event *e)
{
	char first = cur_peek(&c);

	for (const struct exim_rule *r = rules; r < rules + n; r++) {
		struct cur t = c;
		enum parse_result result;

		if (LIKELY(r->prefix.p[0] != first) || !cur_lit_(&t, r->prefix.p, r->prefix.n))
			continue;
		if (!r->fn)
			return exim_notice(e, r->category, r->severity, cur_rest(&c));
		result = r->fn(t, e, r);
		if (result != PARSE_NOT_MINE)
			return result;
	}
	return PARSE_NOT_MINE;
}

/* an id as the last argument, or glued to -E */
static void command_id(struct slice arguments, struct event *e)
{
	size_t blank = slice_rfind_byte(arguments, ' ');
	struct slice last = blank < arguments.n ? slice_from(arguments, blank + 1) : SLICE_NONE;
	struct cur c;
	struct slice s;

	if (slice_starts(last, "-E"))
		last = slice_from(last, 2);
	if (last.p && queue_id_is_exim(last)) {
		e->related_queue_id = last;
		return;
	}
	/* "-Mmd ID ADDR": behind an -M option */
	c = cur_of(arguments);
	if (cur_until_lit(&c, " -M", &s) && cur_until(&c, ' ', &s)) {
		size_t n = queue_id_exim_prefix(cur_rest(&c));

		if (n)
			e->related_queue_id = slice_head(cur_rest(&c), n);
	}
}

/* "cwd=DIR N args: ARG0 ARG1 ...": DIR may hold blanks */
static enum parse_result rule_command(struct cur c, struct event *e, const struct exim_rule *r)
{
	struct slice whole = exim_line(c, r), head;
	size_t blank;

	if (!cur_until_lit(&c, " args:", &head))
		return PARSE_BAD;
	(void)cur_byte(&c, ' ');
	blank = slice_rfind_byte(head, ' ');
	e->folder = slice_head(head, blank);
	e->action = cur_rest(&c);
	command_id(e->action, e);
	return exim_notice(e, r->category, r->severity, whole);
}

/* "exim 4.99 daemon started: pid=N, ..." */
static enum parse_result rule_daemon(struct cur c, struct event *e, const struct exim_rule *r)
{
	struct slice version;

	if (!cur_until(&c, ' ', &version) || !cur_lit(&c, "daemon started"))
		return PARSE_NOT_MINE;
	return exim_notice(e, r->category, r->severity, slice_between(version.p - r->prefix.n, c.end));
}

/* "pid N: SIGHUP received: re-exec daemon" */
static enum parse_result rule_pid(struct cur c, struct event *e, const struct exim_rule *r)
{
	struct slice whole = exim_line(c, r), pid;

	if (!cur_until_lit(&c, ": ", &pid))
		return PARSE_NOT_MINE;
	if (cur_lit(&c, "SIGHUP"))
		return exim_notice(e, NOTICE_RELOAD, SEVERITY_INFO, whole);
	if (cur_lit(&c, "SIGTERM") || cur_lit(&c, "SIGINT") || cur_lit(&c, "terminat") ||
	    cur_lit(&c, "exiting"))
		return exim_notice(e, NOTICE_STOP, SEVERITY_INFO, whole);
	return exim_notice(e, r->category, r->severity, whole);
}

/* "failed to expand ...": DirectAdmin's daily limits come this way */
static enum parse_result rule_expand(struct cur c, struct event *e, const struct exim_rule *r)
{
	struct slice whole = exim_line(c, r);

	if (slice_find(whole, SLICE("has reached ")) < whole.n ||
	    slice_find(whole, SLICE("have reached your ")) < whole.n) {
		struct slice s;

		if (cur_until_lit(&c, " (", &s) && cur_until(&c, ')', &s))
			e->user = s;
		return exim_notice(e, NOTICE_LIMIT, SEVERITY_WARNING, whole);
	}
	return exim_notice(e, r->category, r->severity, whole);
}

/* "no host name found for IP address IP", "list matching forced to fail: failed to find host name for IP" */
static enum parse_result rule_no_name(struct cur c, struct event *e, const struct exim_rule *r)
{
	e->client_ip = exim_word(&c);
	return exim_notice(e, r->category, r->severity, slice_between(e->client_ip.p - r->prefix.n, c.end));
}

/* "DNS list lookup defer (probably timeout) for QUERY: assumed not in list" */
static enum parse_result rule_dnslist(struct cur c, struct event *e, const struct exim_rule *r)
{
	struct slice whole = exim_line(c, r);

	e->domain = exim_word(&c);
	return exim_notice(e, r->category, r->severity, whole);
}

/* "no IP address found for host NAME (during SMTP connection from WHO0)" */
static enum parse_result rule_no_address(struct cur c, struct event *e, const struct exim_rule *r)
{
	struct slice whole = exim_line(c, r);

	e->domain = exim_word(&c);
	if (cur_lit(&c, " (during SMTP connection from ") && slice_ends(cur_rest(&c), ")")) {
		c.end--;
		(void)exim_who(&c, e, false);
	}
	return exim_notice(e, r->category, r->severity, whole);
}

/* "DOMAIN" or "DOMAIN (while verifying <ADDR> from host HOST)": it would be sent to this very machine */
static enum parse_result rule_self(struct cur c, struct event *e, const struct exim_rule *r)
{
	struct slice whole = exim_line(c, r);

	e->domain = exim_word(&c);
	return e->domain.n ? exim_notice(e, r->category, r->severity, whole) : PARSE_BAD;
}

/* "Long TYPE lookup for 'DATA': N msec" */
static enum parse_result rule_slow_lookup(struct cur c, struct event *e, const struct exim_rule *r)
{
	struct slice whole = exim_line(c, r);

	(void)exim_word(&c);
	if (!cur_lit(&c, " lookup for "))
		return PARSE_NOT_MINE;
	return exim_notice(e, r->category, r->severity, whole);
}

#define DEBUG SEVERITY_DEBUG
#define INFO  SEVERITY_INFO
#define WARN  SEVERITY_WARNING
#define ERR   SEVERITY_ERROR
#define PANIC SEVERITY_PANIC

static const struct exim_rule RULES[] = {
	/* frequent */
	{ LIT("cwd="),                               rule_command, NOTICE_COMMAND, DEBUG },
	{ LIT("no host name found for IP address "), rule_no_name, NOTICE_DNS, INFO },
	{ LIT("list matching forced to fail: failed to find host name for "),
	                                             rule_no_name, NOTICE_DNS, INFO },
	{ LIT("Start queue run: "),                  NULL, NOTICE_QUEUE_RUN, INFO },
	{ LIT("End queue run: "),                    NULL, NOTICE_QUEUE_RUN, INFO },
	{ LIT("Start '"),                            NULL, NOTICE_QUEUE_RUN, INFO },
	{ LIT("End '"),                              NULL, NOTICE_QUEUE_RUN, INFO },
	{ LIT("Abandon queue run: "),                NULL, NOTICE_QUEUE_RUN, WARN },
	{ LIT("... "),                               NULL, NOTICE_COMMAND, DEBUG },
	{ LIT("...\""),                              NULL, NOTICE_COMMAND, DEBUG },

	/* daemon */
	{ LIT("exim user lost privilege"),           NULL, NOTICE_PERMISSION, WARN },
	{ LIT("exim "),                              rule_daemon, NOTICE_START, INFO },
	{ LIT("pid "),                               rule_pid, NOTICE_PROCESS, INFO },
	/* Debian's init script, whose words the journal takes under the tag of the service */
	{ LIT("Starting MTA: "),                     NULL, NOTICE_START, INFO },
	{ LIT("Stopping MTA: "),                     NULL, NOTICE_STOP, INFO },
	{ LIT("Restarting MTA: "),                   NULL, NOTICE_START, INFO },
	{ LIT("Reloading exim4 configuration files"), NULL, NOTICE_RELOAD, INFO },
	{ LIT("ALERT: exim paniclog "),              NULL, NOTICE_PANIC, ERR },
	{ LIT("daemon: "),                           NULL, NOTICE_PROCESS, ERR },
	{ LIT("socket bind() to port "),             NULL, NOTICE_PROCESS, ERR },
	{ LIT("IPv6 socket creation failed"),        NULL, NOTICE_PROCESS, ERR },
	{ LIT("select() failure"),                   NULL, NOTICE_PROCESS, ERR },
	{ LIT("accept() failure"),                   NULL, NOTICE_PROCESS, ERR },
	{ LIT("getsockname() failed"),               NULL, NOTICE_CONNECTION, WARN },

	/* names and lists */
	{ LIT("no IP address found for host "),      rule_no_address, NOTICE_DNS, INFO },
	{ LIT("list matching forced to fail: "),     NULL, NOTICE_DNS, INFO },
	/* routers/rf_self_action.c: "WHAT: DOMAIN (while verifying <ADDR> from host HOST)", "(while routing <ADDR>)" */
	{ LIT("lowest numbered MX record points to local host: "), rule_self, NOTICE_DNS, WARN },
	{ LIT("remote host address is the local host: "), rule_self, NOTICE_DNS, WARN },
	{ LIT("DNS list lookup defer (probably timeout) for "), rule_dnslist, NOTICE_DNS, WARN },
	{ LIT("DNS list lookup for "),               rule_dnslist, NOTICE_DNS, WARN },
	{ LIT("DNS lookup of "),                     NULL, NOTICE_DNS, WARN },
	{ LIT("ident connection to "),               NULL, NOTICE_CONNECTION, INFO },
	{ LIT("Long "),                              rule_slow_lookup, NOTICE_LOOKUP, WARN },
	{ LIT("lookup of "),                         NULL, NOTICE_LOOKUP, ERR },
	{ LIT("failed to open "),                    NULL, NOTICE_LOOKUP, ERR },

	/* configuration, expansion, taint */
	{ LIT("Exim configuration "),                NULL, NOTICE_CONFIG, SEVERITY_FATAL },
	{ LIT("Warning: purging the environment"),   NULL, NOTICE_CONFIG, WARN },
	{ LIT("Warning: No server certificate defined"), NULL, NOTICE_CONFIG, WARN },
	{ LIT("Warning: "),                          NULL, NOTICE_ACL, INFO },
	{ LIT("Suggested action: "),                 NULL, NOTICE_CONFIG, WARN },
	{ LIT("failed to expand "),                  rule_expand, NOTICE_CONFIG, ERR },
	{ LIT("Failed to expand "),                  rule_expand, NOTICE_CONFIG, ERR },
	{ LIT("expansion of "),                      NULL, NOTICE_CONFIG, ERR },
	{ LIT("Expansion of "),                      NULL, NOTICE_CONFIG, ERR },
	{ LIT("unknown named "),                     NULL, NOTICE_CONFIG, ERR },
	{ LIT("configured error code starts with "), NULL, NOTICE_CONFIG, ERR },
	{ LIT("Tainted "),                           NULL, NOTICE_CONFIG, ERR },
	{ LIT("attempt to use tainted "),            NULL, NOTICE_CONFIG, ERR },
	{ LIT("bad protocol option "),               NULL, NOTICE_CONFIG, ERR },

	/* logging, disk, spool, rights */
	{ LIT("Cannot open "),                       NULL, NOTICE_LOGGING, ERR },
	{ LIT("failed to write to "),                NULL, NOTICE_LOGGING, ERR },
	{ LIT("spool directory space check failed"), NULL, NOTICE_DISK, ERR },
	{ LIT("log directory space check failed"),   NULL, NOTICE_DISK, ERR },
	{ LIT("cannot accept message: "),            NULL, NOTICE_DISK, ERR },
	{ LIT("Failed to create IPv6 socket "),      NULL, NOTICE_PROCESS, WARN },
	{ LIT("Failed to create "),                  NULL, NOTICE_SPOOL, ERR },
	{ LIT("failed to create "),                  NULL, NOTICE_SPOOL, ERR },
	{ LIT("Failed to get "),                     NULL, NOTICE_SPOOL, ERR }, /* "... write lock for" */
	{ LIT("Failed to "),                         NULL, NOTICE_SPOOL, ERR },
	{ LIT("Spool write error"),                  NULL, NOTICE_DISK, ERR },
	{ LIT("Spool file "),                        NULL, NOTICE_SPOOL, WARN },
	{ LIT("Format error in spool file"),         NULL, NOTICE_SPOOL, ERR },
	{ LIT("Error reading spool file"),           NULL, NOTICE_SPOOL, ERR },
	{ LIT("Error while reading spool file"),     NULL, NOTICE_SPOOL, ERR },
	{ LIT("Couldn't open message log "),         NULL, NOTICE_SPOOL, ERR },
	{ LIT("failed to unlink "),                  NULL, NOTICE_SPOOL, ERR },
	{ LIT("attempt to open journal "),           NULL, NOTICE_SPOOL, ERR },
	{ LIT("TLS client disconnected cleanly "),   NULL, NOTICE_TLS, INFO },
	{ LIT("unable to open "),                    NULL, NOTICE_CONFIG, ERR }, /* the key that signs with DKIM */
	{ LIT("Wrong ownership on "),                NULL, NOTICE_PERMISSION, ERR },
	{ LIT("unable to set gid="),                 NULL, NOTICE_PERMISSION, ERR },
	{ LIT("no recipients found in headers"),     NULL, NOTICE_DELIVERY, WARN },

	/* processes */
	{ LIT("fork failed "),                       NULL, NOTICE_PROCESS, ERR },
	{ LIT("fork of "),                           NULL, NOTICE_PROCESS, ERR },
	{ LIT("queue run: process "),                NULL, NOTICE_PROCESS, ERR },
	{ LIT("queue run: "),                        NULL, NOTICE_QUEUE_RUN, ERR },
	{ LIT("failed to read delivery status for "), NULL, NOTICE_DELIVERY, ERR },
	{ LIT("failed to read "),                    NULL, NOTICE_PROCESS, ERR },
	{ LIT("Remote delivery process "),           NULL, NOTICE_PROCESS, ERR },
	{ LIT("remote delivery process count "),     NULL, NOTICE_PROCESS, ERR },
	{ LIT("Delivery status for "),               NULL, NOTICE_DELIVERY, ERR },
	{ LIT("failed to malloc "),                  NULL, NOTICE_PROCESS, SEVERITY_FATAL },
	{ LIT("SIGSEGV"),                            NULL, NOTICE_PANIC, PANIC },
	{ LIT("SIGPIPE"),                            NULL, NOTICE_PROCESS, ERR },
	{ LIT("---"),                                NULL, NOTICE_PANIC, PANIC },
	{ LIT("string_"),                            NULL, NOTICE_PANIC, PANIC },
	{ LIT("bad memory reference"),               NULL, NOTICE_PANIC, PANIC },

	/* scanners, policies */
	{ LIT("malware acl condition"),              NULL, NOTICE_FILTER, ERR },
	{ LIT("spam acl condition"),                 NULL, NOTICE_FILTER, ERR },
	{ LIT("DKIM: "),                             NULL, NOTICE_FILTER, WARN },
	{ LIT("PDKIM: "),                            NULL, NOTICE_FILTER, WARN }, /* up to 4.88 */
	{ LIT("DMARC "),                             NULL, NOTICE_FILTER, WARN },
	{ LIT("failure to store spf for DMARC"),     NULL, NOTICE_FILTER, WARN },

	/* panels */
	{ LIT("SMTPAuth: "),                         NULL, NOTICE_AUTH, WARN },
	{ LIT("check_limits: "),                     NULL, NOTICE_LIMIT, WARN },
	{ LIT("auth_hit_limit_acl: "),               NULL, NOTICE_LIMIT, WARN },
	{ LIT("Sender identification "),             NULL, NOTICE_DELIVERY, INFO },
};

/* Forms whose first word is a name of the site's. */
static enum parse_result by_inner_words(struct cur c, struct event *e)
{
	struct slice whole = cur_rest(&c), s;
	struct exim_host h;
	struct cur t = c;

	if (cur_lit(&t, "User ") && cur_until_lit(&t, " is on the never_users list", &s))
		return exim_notice(e, NOTICE_PERMISSION, ERR, whole);
	t = c;
	if (cur_byte(&t, '"') && cur_until_lit(&t, "\" from ", &s) &&
	    cur_until_lit(&t, " rewritten as \"", &s))
		return exim_notice(e, NOTICE_REWRITE, INFO, whole);
	t = c;
	s = SLICE_NONE;
	if (cur_until(&t, ' ', &s) && (cur_lit(&t, "transport process returned ") ||
				       cur_lit(&t, "transport process ") || cur_lit(&t, "transport: ")))
		return exim_notice(e, NOTICE_PROCESS, ERR, whole);
	if (s.p && (cur_lit(&t, "router: ") || cur_lit(&t, "authenticator: ")))
		return exim_notice(e, NOTICE_CONFIG, ERR, whole);
	t = c;
	/* "[IP] SSL verify error: ...", "[IP] after QUIT, client reset TCP ..." */
	if (cur_peek(&t) == '[' && exim_host(&t, &h) && cur_byte(&t, ' ')) {
		exim_set_client(e, &h);
		if (cur_lit(&t, "after QUIT"))
			return exim_notice(e, NOTICE_CONNECTION, INFO, whole);
		if (cur_lit(&t, "SSL ") || cur_lit(&t, "TLS "))
			return exim_notice(e, NOTICE_TLS, WARN, whole);
		e->client_ip = SLICE_NONE;
		e->client_port = -1;
	}
	return PARSE_NOT_MINE;
}

enum parse_result exim_health(struct cur c, struct event *e)
{
	enum parse_result r;

	cur_skip_spaces(&c);
	r = exim_rules(RULES, ARRAY_LEN(RULES), c, e);
	return r == PARSE_NOT_MINE ? by_inner_words(c, e) : r;
}
