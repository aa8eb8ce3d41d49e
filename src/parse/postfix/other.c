/* SPDX-License-Identifier: Apache-2.0 */
/*
 * other.c - master, anvil, scache, verify, tlsmgr, proxymap, trivial-rewrite, the commands and scripts
 *
 * Written by postfix src/master/, src/anvil/anvil.c, src/scache/scache.c, src/verify/verify.c, src/tlsmgr/,
 * src/proxymap/, src/trivial-rewrite/, src/sendmail/, src/postdrop/, src/postqueue/, conf/postfix-script.
 * These lines are notices; the table gives their category.
 */
#include "base/attr.h"
#include "parse/postfix/postfix_priv.h"

static const struct pf_row DAEMON_ROWS[] = {
	/* anvil, scache: the embedded date is a second time stamp */
	PF_ROW("statistics: ", NOTICE_STATISTICS, PF_NOTHING),
	/* master */
	PF_ROW("daemon started -- ", NOTICE_START, PF_NOTHING),
	PF_ROW("reload -- ", NOTICE_RELOAD, PF_NOTHING),
	PF_ROW("reload configuration", NOTICE_RELOAD, PF_NOTHING), /* up to 2.4 */
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
	/* tlsmgr */
	PF_ROW("cannot * PRNG ", NOTICE_TLS, PF_NOTHING),
	PF_ROW("cannot * the PRNG ", NOTICE_TLS, PF_NOTHING),
	PF_ROW("cannot * entropy ", NOTICE_TLS, PF_NOTHING),
	PF_ROW("cannot * * entropy ", NOTICE_TLS, PF_NOTHING),
	PF_ROW("cannot * * EGD ", NOTICE_TLS, PF_NOTHING),
	PF_ROW("lost connection to EGD ", NOTICE_TLS, PF_NOTHING),
	PF_ROW("exiting to reopen external entropy ", NOTICE_TLS, PF_NOTHING),
	PF_ROW("do not use the same TLS cache ", NOTICE_TLS, PF_NOTHING),
	PF_ROW("bogus ", NOTICE_TLS, PF_NOTHING),
	/* master */
	PF_ROW("no valid IP address found: ", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("bad transport type: ", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("bad hostname or network address: ", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("to change *, stop and start Postfix", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("to change * stop and start Postfix", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("all network protocols are disabled", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("missing * field", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("field * bad value: ", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("field * has no default value", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("old value: ", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("throttling command ", NOTICE_PROCESS, PF_NOTHING),
	PF_ROW("throttle released for command ", NOTICE_PROCESS, PF_NOTHING),
	/* proxymap, trivial-rewrite, verify, spawn, flush */
	PF_ROW("request for unapproved table: ", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("to approve this table for ", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("refusing * request on ", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("refusing * * request on ", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("no @ in address: ", NOTICE_REWRITE, PF_NOTHING),
	PF_ROW("resolve_addr: ", NOTICE_REWRITE, PF_NOTHING),
	PF_ROW("transport_lookup: ", NOTICE_REWRITE, PF_NOTHING),
	PF_ROW("bad address verify table entry: ", NOTICE_CACHE, PF_NOTHING),
	PF_ROW("bad recipient status ", NOTICE_CACHE, PF_NOTHING),
	PF_ROW("command * exit status ", NOTICE_PROCESS, PF_NOTHING),
	PF_ROW("command * killed by signal ", NOTICE_PROCESS, PF_NOTHING),
	PF_ROW("request to use ", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("bad queue id ", NOTICE_SPOOL, PF_NOTHING),
	PF_ROW("write fast flush logfile ", NOTICE_DISK, PF_NOTHING),
	PF_ROW("unrecognized request: ", NOTICE_PROCESS, PF_NOTHING),
	/* postdrop, postqueue, sendmail */
	PF_ROW("uid=", NOTICE_SPOOL, PF_NOTHING),
	PF_ROW("User * is not allowed to ", NOTICE_PERMISSION, PF_NOTHING),
	PF_ROW("not authorized to use sender=", NOTICE_PERMISSION, PF_NOTHING),
	PF_ROW("Cannot flush queue ID ", NOTICE_ADMIN, PF_NOTHING),
	PF_ROW("Mail system is down", NOTICE_ADMIN, PF_NOTHING),
	PF_ROW("Connect to the ", NOTICE_ADMIN, PF_NOTHING),
	PF_ROW("Flush service is not configured for ", NOTICE_ADMIN, PF_NOTHING),
	PF_ROW("Invalid request: ", NOTICE_COMMAND, PF_NOTHING),
	PF_ROW("option * is deprecated ", NOTICE_COMMAND, PF_NOTHING),
	PF_ROW("no login name found for user ID ", NOTICE_COMMAND, PF_NOTHING),
	PF_ROW("* unable to execute ", NOTICE_COMMAND, PF_NOTHING),
	PF_ROW("* unable to extract recipients: ", NOTICE_COMMAND, PF_NOTHING),
	PF_ROW("* error reading input: ", NOTICE_COMMAND, PF_NOTHING),
	PF_ROW("* -* option ", NOTICE_COMMAND, PF_NOTHING),
	PF_ROW("unsupported: -", NOTICE_COMMAND, PF_NOTHING),
	/* nbdb_reindexd */
	PF_ROW("converted ", NOTICE_CONFIG, PF_NOTHING),
	PF_ROW("reindexed ", NOTICE_CONFIG, PF_NOTHING),
};

enum parse_result pf_other_daemon(const struct pf *f, struct cur c, struct event *e)
{
	enum parse_result r = pf_rows(f, DAEMON_ROWS, ARRAY_LEN(DAEMON_ROWS), e);

	return r == PARSE_NOT_MINE ? pf_common(f, c, e) : r;
}
