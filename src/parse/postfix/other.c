/* SPDX-License-Identifier: Apache-2.0 */
/*
 * other.c - master, anvil, scache, verify, tlsmgr, proxymap, scripts, and what any daemon may write
 *
 * Written by postfix src/master/, src/anvil/anvil.c, src/scache/scache.c, src/verify/verify.c, src/util/
 * (dict_*.c, msg_*.c, open_lock.c, ...), src/global/ (mail_params.c, cfg_parser.c, ...), conf/postfix-script.
 * These lines are notices; the tables give their category.  Unknown warnings are judged by the system error
 * that they end with, or stay unknown.
 */
#include "base/attr.h"
#include "parse/postfix/postfix_priv.h"

static const struct pf_row DAEMON_ROWS[] = {
	/* anvil, scache: the embedded date is a second time stamp */
	PF_ROW("statistics: ", NOTICE_STATISTICS, PF_NOTHING),
	/* master */
	PF_ROW("daemon started -- ", NOTICE_START, PF_NOTHING),
	PF_ROW("reload -- ", NOTICE_RELOAD, PF_NOTHING),
	PF_ROW("terminating on signal ", NOTICE_STOP, PF_NOTHING),
	PF_ROW("master exit time has arrived", NOTICE_STOP, PF_NOTHING),
	PF_ROW("process * pid * ", NOTICE_PROCESS, PF_NOTHING),
	PF_ROW("* bad command startup -- throttling", NOTICE_PROCESS, PF_NOTHING),
	PF_ROW("service * has reached its process limit ", NOTICE_LIMIT, PF_NOTHING),
	PF_ROW("service * * has reached its process limit ", NOTICE_LIMIT, PF_NOTHING),
	PF_ROW("to avoid this condition, ", NOTICE_LIMIT, PF_NOTHING),
	PF_ROW("to avoid this message, ", NOTICE_LIMIT, PF_NOTHING),
	PF_ROW("reducing service limit", NOTICE_LIMIT, PF_NOTHING),
	PF_ROW("see http", NOTICE_LIMIT, PF_NOTHING),
	PF_ROW("ignoring inet_protocols change", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("ignoring ", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("duplicate ", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("service ", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("unix-domain name too long: ", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("bind ", NOTICE_PROCESS, PF_NOTHING),
	PF_ROW("master_", NOTICE_PROCESS, PF_NOTHING),
	/* verify, postscreen, tlsmgr */
	PF_ROW("cache ", NOTICE_CACHE, PF_NOTHING),
	PF_ROW("close database ", NOTICE_CACHE, PF_NOTHING),
	PF_ROW("verify_", NOTICE_CACHE, PF_NOTHING),
	PF_ROW("tlsmgr", NOTICE_TLS, PF_NOTHING),
	PF_ROW("entropy ", NOTICE_TLS, PF_NOTHING),
	PF_ROW("open entropy ", NOTICE_TLS, PF_NOTHING),
	PF_ROW("cannot access entropy ", NOTICE_TLS, PF_NOTHING),
	PF_ROW("no entropy ", NOTICE_TLS, PF_NOTHING),
	PF_ROW("seed ", NOTICE_TLS, PF_NOTHING),
	PF_ROW("open smtp", NOTICE_CACHE, PF_NOTHING),
	PF_ROW("rotating ", NOTICE_TLS, PF_NOTHING),
	/* trivial-rewrite */
	PF_ROW("do not list domain ", NOTICE_CONFIG, PF_DOMAIN),
	PF_ROW("do not list <", NOTICE_CONFIG, PF_NOTHING),
	/* postfix-script, post-install */
	PF_ROW("starting the Postfix mail system", NOTICE_START, PF_NOTHING),
	PF_ROW("stopping the Postfix mail system with force", NOTICE_STOP, PF_NOTHING),
	PF_ROW("stopping the Postfix mail system", NOTICE_STOP, PF_NOTHING),
	PF_ROW("waiting for the Postfix mail system to terminate", NOTICE_STOP, PF_NOTHING),
	PF_ROW("aborting the Postfix mail system", NOTICE_STOP, PF_NOTHING),
	PF_ROW("refreshing the Postfix mail system", NOTICE_RELOAD, PF_NOTHING),
	PF_ROW("the Postfix mail system is ", NOTICE_ADMIN, PF_NOTHING),
	PF_ROW("flushing the Postfix mail ", NOTICE_ADMIN, PF_NOTHING),
	PF_ROW("the Postfix mail system", NOTICE_ADMIN, PF_NOTHING),
	PF_ROW("Postfix is running with backwards-compatible default settings", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("See http", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("To disable backwards compatibility", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("To enable ", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("mail system startup failed", NOTICE_START, PF_NOTHING),
	PF_ROW("mail system is not running", NOTICE_ADMIN, PF_NOTHING),
	PF_ROW("not owned by ", NOTICE_PERMISSION, PF_NOTHING),
	PF_ROW("not set-gid or ", NOTICE_PERMISSION, PF_NOTHING),
	PF_ROW("group or other writable: ", NOTICE_PERMISSION, PF_NOTHING),
	PF_ROW("symlink leaves directory: ", NOTICE_PERMISSION, PF_NOTHING),
	PF_ROW("damaged message: ", NOTICE_SPOOL, PF_NOTHING),
	PF_ROW("* and * differ", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("* is not a ", NOTICE_CONFIG, PF_NOTHING),
	/* sendmail, postdrop, postqueue */
	PF_ROW("mail_queue_enter: ", NOTICE_SPOOL, PF_NOTHING),
	PF_ROW("unable to look up public/", NOTICE_PROCESS, PF_NOTHING),
	PF_ROW("No recipient addresses found in message header", NOTICE_COMMAND, PF_NOTHING),
	PF_ROW("* No recipient addresses found in message header", NOTICE_COMMAND, PF_NOTHING),
	PF_ROW("* Message file too big", NOTICE_LIMIT, PF_NOTHING),
	PF_ROW("* Recipient addresses must be specified on", NOTICE_COMMAND, PF_NOTHING),
	PF_ROW("Recipient addresses must be specified on", NOTICE_COMMAND, PF_NOTHING),
	PF_ROW("* error writing queue file", NOTICE_DISK, PF_NOTHING),
	PF_ROW("Queue report unavailable", NOTICE_ADMIN, PF_NOTHING),
	PF_ROW("Connect to the Postfix showq service: ", NOTICE_ADMIN, PF_NOTHING),
	PF_ROW("Cannot flush mail queue ", NOTICE_ADMIN, PF_NOTHING),
	PF_ROW("stale sendmail/postdrop ", NOTICE_SPOOL, PF_NOTHING),
	PF_ROW("usage: ", NOTICE_COMMAND, PF_NOTHING),
	PF_ROW("-* option ", NOTICE_COMMAND, PF_NOTHING),
	PF_ROW("removed stale ", NOTICE_SPOOL, PF_NOTHING),
	/* nbdb_reindexd */
	PF_ROW("converted ", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("reindexed ", NOTICE_CONFIG, PF_NOTHING),
};

static const struct pf_row COMMON_ROWS[] = {
	/* libraries */
	PF_ROW("TLS library problem: ", NOTICE_TLS, PF_REASON),
	PF_ROW("run-time library vs. compile-time header version mismatch", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("file system clock is ", NOTICE_CLOCK, PF_NOTHING),
	PF_ROW("using backwards-compatible default setting ", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("enabling ", NOTICE_CONFIG, PF_NOTHING),
	/* milters, policy services, filters */
	PF_ROW("milter ", NOTICE_FILTER, PF_NOTHING),
	PF_ROW("connect to Milter service ", NOTICE_FILTER, PF_NOTHING),
	PF_ROW("lost connection to milter ", NOTICE_FILTER, PF_NOTHING),
	PF_ROW("problem talking to server ", NOTICE_FILTER, PF_NOTHING),
	PF_ROW("timeout on ", NOTICE_CONNECTION, PF_NOTHING),
	PF_ROW("problem talking to service ", NOTICE_PROCESS, PF_NOTHING),
	PF_ROW("connect #", NOTICE_PROCESS, PF_NOTHING),
	/* tables */
	PF_ROW("table * has changed -- ", NOTICE_RELOAD, PF_NOTHING),
	PF_ROW("table ", NOTICE_LOOKUP, PF_NOTHING),
	PF_ROW("* table lookup problem", NOTICE_LOOKUP, PF_NOTHING),
	PF_ROW("* lookup error for ", NOTICE_LOOKUP, PF_NOTHING),
	PF_ROW("* lookup error", NOTICE_LOOKUP, PF_NOTHING),
	PF_ROW("* map lookup problem", NOTICE_LOOKUP, PF_NOTHING),
	PF_ROW("* lookup of ", NOTICE_LOOKUP, PF_NOTHING),
	PF_ROW("* lookup ", NOTICE_LOOKUP, PF_NOTHING),
	PF_ROW("* is unavailable. ", NOTICE_LOOKUP, PF_NOTHING),
	PF_ROW("connect to mysql server ", NOTICE_LOOKUP, PF_NOTHING),
	PF_ROW("connect to pgsql server ", NOTICE_LOOKUP, PF_NOTHING),
	PF_ROW("connect to host ", NOTICE_LOOKUP, PF_NOTHING),
	PF_ROW("mysql ", NOTICE_LOOKUP, PF_NOTHING),
	PF_ROW("pgsql ", NOTICE_LOOKUP, PF_NOTHING),
	PF_ROW("dict_", NOTICE_LOOKUP, PF_NOTHING),
	PF_ROW("mysql:", NOTICE_LOOKUP, PF_NOTHING),
	PF_ROW("pgsql:", NOTICE_LOOKUP, PF_NOTHING),
	PF_ROW("ldap:", NOTICE_LOOKUP, PF_NOTHING),
	PF_ROW("proxy:", NOTICE_LOOKUP, PF_NOTHING),
	PF_ROW("sqlite:", NOTICE_LOOKUP, PF_NOTHING),
	PF_ROW("hash:", NOTICE_LOOKUP, PF_NOTHING),
	PF_ROW("btree:", NOTICE_LOOKUP, PF_NOTHING),
	PF_ROW("lmdb:", NOTICE_LOOKUP, PF_NOTHING),
	PF_ROW("cdb:", NOTICE_LOOKUP, PF_NOTHING),
	PF_ROW("texthash:", NOTICE_LOOKUP, PF_NOTHING),
	PF_ROW("regexp:", NOTICE_LOOKUP, PF_NOTHING),
	PF_ROW("pcre:", NOTICE_LOOKUP, PF_NOTHING),
	PF_ROW("cidr:", NOTICE_LOOKUP, PF_NOTHING),
	PF_ROW("tcp:", NOTICE_LOOKUP, PF_NOTHING),
	PF_ROW("socketmap:", NOTICE_LOOKUP, PF_NOTHING),
	PF_ROW("inline:", NOTICE_LOOKUP, PF_NOTHING),
	PF_ROW("memcache:", NOTICE_LOOKUP, PF_NOTHING),
	PF_ROW("regexp map ", NOTICE_LOOKUP, PF_NOTHING),
	PF_ROW("pcre map ", NOTICE_LOOKUP, PF_NOTHING),
	PF_ROW("cidr map ", NOTICE_LOOKUP, PF_NOTHING),
	PF_ROW("database * is older than source file ", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("open database ", NOTICE_LOOKUP, PF_NOTHING),
	PF_ROW("close database ", NOTICE_CACHE, PF_NOTHING),
	PF_ROW("unsupported dictionary type: ", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("not a service: ", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("alias database ", NOTICE_LOOKUP, PF_NOTHING),
	/* names */
	PF_ROW("numeric domain name in resource data ", NOTICE_DNS, PF_NOTHING),
	PF_ROW("malformed domain name in resource data ", NOTICE_DNS, PF_NOTHING),
	PF_ROW("numeric hostname", NOTICE_DNS, PF_NOTHING),
	PF_ROW("valid_", NOTICE_DNS, PF_NOTHING),
	PF_ROW("dns_", NOTICE_DNS, PF_NOTHING),
	PF_ROW("DNSSEC ", NOTICE_DNS, PF_NOTHING),
	PF_ROW("no MX host for ", NOTICE_DNS, PF_DOMAIN),
	PF_ROW("Name service error ", NOTICE_DNS, PF_NOTHING),
	PF_ROW("smtp_", NOTICE_CONFIG, PF_NOTHING),
	/* configuration */
	PF_ROW("bad numerical configuration: ", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("bad string length ", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("bad boolean configuration: ", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("parameter ", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("unused parameter: ", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("main.cf ", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("master.cf: ", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("/etc/postfix/", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("config variable ", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("invalid ", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("unknown ", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("undefined ", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("Postfix ", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("support for ", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("open /etc/", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("cannot load ", NOTICE_TLS, PF_NOTHING),
	PF_ROW("cannot get RSA ", NOTICE_TLS, PF_NOTHING),
	PF_ROW("cannot get private key ", NOTICE_TLS, PF_NOTHING),
	PF_ROW("cannot get certificate ", NOTICE_TLS, PF_NOTHING),
	PF_ROW("No server certs available", NOTICE_TLS, PF_NOTHING),
	PF_ROW("Wrapper-mode ", NOTICE_TLS, PF_NOTHING),
	PF_ROW("TLS ", NOTICE_TLS, PF_NOTHING),
	PF_ROW("tls_", NOTICE_TLS, PF_NOTHING),
	PF_ROW("no SASL authentication mechanisms", NOTICE_AUTH, PF_NOTHING),
	PF_ROW("SASL", NOTICE_AUTH, PF_NOTHING),
	/* processes */
	PF_ROW("connect to subsystem ", NOTICE_PROCESS, PF_NOTHING),
	PF_ROW("connect to private/", NOTICE_PROCESS, PF_NOTHING),
	PF_ROW("connect to ", NOTICE_PROCESS, PF_NOTHING),
	PF_ROW("premature end-of-input on ", NOTICE_PROCESS, PF_NOTHING),
	PF_ROW("premature disconnect", NOTICE_PROCESS, PF_NOTHING),
	PF_ROW("unexpected attribute ", NOTICE_PROCESS, PF_NOTHING),
	PF_ROW("unexpected end-of-", NOTICE_PROCESS, PF_NOTHING),
	PF_ROW("unexpected EOF ", NOTICE_PROCESS, PF_NOTHING),
	PF_ROW("missing attribute ", NOTICE_PROCESS, PF_NOTHING),
	PF_ROW("watchdog timeout", NOTICE_PROCESS, PF_NOTHING),
	PF_ROW("accept connection: ", NOTICE_PROCESS, PF_NOTHING),
	PF_ROW("killed by signal", NOTICE_PROCESS, PF_NOTHING),
	PF_ROW("process ", NOTICE_PROCESS, PF_NOTHING),
	PF_ROW("service ", NOTICE_PROCESS, PF_NOTHING),
	PF_ROW("out of memory", NOTICE_LIMIT, PF_NOTHING),
	PF_ROW("insufficient memory", NOTICE_LIMIT, PF_NOTHING),
	/* spool */
	PF_ROW("corrupt queue file", NOTICE_SPOOL, PF_NOTHING),
	PF_ROW("saving corrupt file ", NOTICE_SPOOL, PF_NOTHING),
	PF_ROW("mail_queue_enter: ", NOTICE_SPOOL, PF_NOTHING),
	PF_ROW("open active ", NOTICE_SPOOL, PF_NOTHING),
	PF_ROW("open lock file ", NOTICE_SPOOL, PF_NOTHING),
	PF_ROW("unable to lock ", NOTICE_SPOOL, PF_NOTHING),
	PF_ROW("remove ", NOTICE_SPOOL, PF_NOTHING),
	PF_ROW("unlink ", NOTICE_SPOOL, PF_NOTHING),
	PF_ROW("rename ", NOTICE_SPOOL, PF_NOTHING),
	PF_ROW("uncorrectable error", NOTICE_SPOOL, PF_NOTHING),
	/* system, when nothing more special is known */
	PF_ROW("database ", NOTICE_LOOKUP, PF_NOTHING),
	PF_ROW("logfile ", NOTICE_LOGGING, PF_NOTHING),
	PF_ROW("message repeated ", NOTICE_LOGGING, PF_NOTHING),
};

/* system errors at the end of a warning that nobody knows */
static const struct {
	struct slice suffix;
	enum notice category;
} ERRORS[] = {
#define ERROR(suffix, category) { { suffix, sizeof(suffix) - 1 }, category }
	ERROR("No space left on device", NOTICE_DISK),
	ERROR("Disk quota exceeded", NOTICE_DISK),
	ERROR("Input/output error", NOTICE_DISK),
	ERROR("Read-only file system", NOTICE_DISK),
	ERROR("File too large", NOTICE_DISK),
	ERROR("Permission denied", NOTICE_PERMISSION),
	ERROR("Operation not permitted", NOTICE_PERMISSION),
	ERROR("Too many open files", NOTICE_LIMIT),
	ERROR("Too many open files in system", NOTICE_LIMIT),
	ERROR("Cannot allocate memory", NOTICE_LIMIT),
	ERROR("Resource temporarily unavailable", NOTICE_LIMIT),
	ERROR("Address already in use", NOTICE_PROCESS),
	ERROR("Connection refused", NOTICE_PROCESS),
	ERROR("Connection timed out", NOTICE_PROCESS),
	ERROR("Connection reset by peer", NOTICE_CONNECTION),
	ERROR("Broken pipe", NOTICE_PROCESS),
	ERROR("No such file or directory", NOTICE_CONFIG),
#undef ERROR
};

static bool ends_with(struct slice s, struct slice suffix)
{
	return s.n >= suffix.n && slice_eq(slice_from(s, s.n - suffix.n), suffix);
}

enum parse_result pf_common(const struct pf *f, struct cur c, struct event *e)
{
	enum parse_result r = pf_rows(f, COMMON_ROWS, ARRAY_LEN(COMMON_ROWS), e);

	(void)c;
	if (r != PARSE_NOT_MINE || f->severity == SEVERITY_NONE)
		return r;
	for (size_t i = 0; i < ARRAY_LEN(ERRORS); i++)
		if (ends_with(f->rest, ERRORS[i].suffix))
			return pf_notice(f, ERRORS[i].category, e);
	return PARSE_NOT_MINE;
}

enum parse_result pf_other_daemon(const struct pf *f, struct cur c, struct event *e)
{
	enum parse_result r = pf_rows(f, DAEMON_ROWS, ARRAY_LEN(DAEMON_ROWS), e);

	return r == PARSE_NOT_MINE ? pf_common(f, c, e) : r;
}
