/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dovecot_notice.c - health: master, log, anvil, errors, warnings, panics
 *
 * A row is a text that stands at the start of the message or anywhere in it; the first row that fits gives
 * the category.  Only lines with a level of Warning and worse are searched, and what is decided is a
 * category, no more: text of strangers in such a line cannot forge an event.
 */
#include "parse/dovecot/dovecot_priv.h"

#include "base/attr.h"

struct notice_row {
	struct slice text;
	enum notice category;
};

/* clang-format off */
#define ROW(s, category) { LIT(s), category }
/* at the start, any level */
static const struct notice_row STARTS[] = {
	ROW("Dovecot v", NOTICE_START),
	ROW("Killed with signal ", NOTICE_STOP),
	ROW("SIGHUP received", NOTICE_RELOAD),
	ROW("Time moved ", NOTICE_CLOCK),
	ROW("Time just moved ", NOTICE_CLOCK),
	ROW("Raw backtrace", NOTICE_PANIC),
	ROW("<line continued> ", NOTICE_LOGGING),
	ROW("sieve: Failed to compile script ", NOTICE_CONFIG),
	ROW("Failed to compile script ", NOTICE_CONFIG),
	ROW("sieve: Execution of script ", NOTICE_FILTER),
	ROW("sieve: execution of script ", NOTICE_FILTER),
	ROW("Execution of script ", NOTICE_FILTER),
	ROW("execution of script ", NOTICE_FILTER),
	ROW("child ", NOTICE_PROCESS), /* 1.x: "child 4242 (imap) returned error 89" */
	ROW("mysql: Connected to ", NOTICE_LOOKUP),
	ROW("pgsql: Connected to ", NOTICE_LOOKUP),
	ROW("LDAP: Can't connect to server: ", NOTICE_LOOKUP),
	ROW("new auth connection: ", NOTICE_CONNECTION),
	ROW("auth client ", NOTICE_CONNECTION),
	ROW("Auth connection closed", NOTICE_CONNECTION),
	ROW("Request timed out ", NOTICE_AUTH),
	ROW("Request ", NOTICE_AUTH),
	ROW("Corrupted ", NOTICE_SPOOL),
	ROW("Fixed index ", NOTICE_SPOOL),
	ROW("Rebuilding ", NOTICE_SPOOL),
	ROW("Log synchronization ", NOTICE_SPOOL),
	ROW("Broken file ", NOTICE_SPOOL),
	ROW("Expunged GUID", NOTICE_SPOOL),
	ROW("Generating Diffie-Hellman", NOTICE_TLS),
	ROW("Generating SSL ", NOTICE_TLS),
	ROW("SSL parameters ", NOTICE_TLS),
	ROW("SSL is disabled", NOTICE_TLS),
	ROW("Obsolete setting ", NOTICE_CONFIG),
	ROW("Indexed ", NOTICE_STATISTICS), /* full text search: "Indexed 2 messages in INBOX (UIDs 20..21)" */
};

/* anywhere, from warnings on */
static const struct notice_row ANYWHERE[] = {
	ROW("Permission denied", NOTICE_PERMISSION),
	ROW("No space left on device", NOTICE_DISK),
	ROW("Disk quota exceeded", NOTICE_DISK),
	ROW("Read-only file system", NOTICE_DISK),
	ROW("Input/output error", NOTICE_DISK),
	ROW("Out of memory", NOTICE_LIMIT),
	ROW("process_limit", NOTICE_LIMIT),
	ROW("client_limit", NOTICE_LIMIT),
	ROW("Too many open files", NOTICE_LIMIT),
	ROW("killed with signal", NOTICE_PROCESS),
	ROW("returned error", NOTICE_PROCESS),
	ROW("exec() failed", NOTICE_PROCESS),
	ROW("command startup failed", NOTICE_PROCESS),
	ROW("assertion failed", NOTICE_PANIC),
	ROW("UIDVALIDITY changed", NOTICE_SPOOL),
	ROW("Corrupted ", NOTICE_SPOOL),
	ROW("waiting for lock", NOTICE_SPOOL),
	ROW("Locking ", NOTICE_SPOOL),
	ROW("sieve: ", NOTICE_FILTER),
	ROW("ldap", NOTICE_LOOKUP),
	ROW("sql", NOTICE_LOOKUP),
	ROW("userdb", NOTICE_LOOKUP),
	ROW("passdb", NOTICE_LOOKUP),
	ROW("SSL", NOTICE_TLS),
	ROW("TLS", NOTICE_TLS),
	ROW("connect(", NOTICE_CONNECTION),
	ROW("net_connect", NOTICE_CONNECTION),
	ROW("timed out", NOTICE_CONNECTION),
	ROW("Connection reset", NOTICE_CONNECTION),
	ROW("Broken pipe", NOTICE_CONNECTION),
	ROW("Timeout", NOTICE_CONNECTION),
};

/* what an error or a warning of a service is about when no row fits */
static const struct notice_row SERVICES[] = {
	ROW("auth", NOTICE_AUTH),
	ROW("auth-worker", NOTICE_AUTH),
	ROW("dovecot-auth", NOTICE_AUTH),
	ROW("master", NOTICE_PROCESS),
	ROW("log", NOTICE_LOGGING),
	ROW("anvil", NOTICE_LIMIT),
	ROW("config", NOTICE_CONFIG),
	ROW("doveconf", NOTICE_CONFIG),
	ROW("ssl-params", NOTICE_TLS),
	ROW("stats", NOTICE_STATISTICS),
	ROW("old-stats", NOTICE_STATISTICS),
	ROW("dict", NOTICE_LOOKUP),
	ROW("dict-async", NOTICE_LOOKUP),
	ROW("lmtp", NOTICE_DELIVERY),
	ROW("lda", NOTICE_DELIVERY),
	ROW("deliver", NOTICE_DELIVERY),
	ROW("submission", NOTICE_DELIVERY),
	ROW("indexer", NOTICE_SPOOL),
	ROW("indexer-worker", NOTICE_SPOOL),
	ROW("quota-status", NOTICE_FILTER),
	ROW("doveadm", NOTICE_ADMIN),
	ROW("replicator", NOTICE_QUEUE),
	ROW("director", NOTICE_CONNECTION),
	ROW("ipc", NOTICE_CONNECTION),
	ROW("lua", NOTICE_FILTER),
	ROW("imap", NOTICE_SESSION),
	ROW("pop3", NOTICE_SESSION),
	ROW("managesieve", NOTICE_SESSION),
	ROW("imap-hibernate", NOTICE_SESSION),
	ROW("imap-urlauth", NOTICE_SESSION),
	ROW("imap-login", NOTICE_SESSION),
	ROW("pop3-login", NOTICE_SESSION),
	ROW("submission-login", NOTICE_SESSION),
	ROW("managesieve-login", NOTICE_SESSION),
};
/* clang-format on */

static enum notice service_category(struct slice service)
{
	for (size_t i = 0; i < ARRAY_LEN(SERVICES); i++)
		if (slice_eq(service, SERVICES[i].text))
			return SERVICES[i].category;
	return NOTICE_NONE;
}

static enum notice category_of(const struct dovecot_line *d)
{
	for (size_t i = 0; i < ARRAY_LEN(STARTS); i++)
		if (slice_starts_(d->text, STARTS[i].text.p, STARTS[i].text.n))
			return STARTS[i].category;
	if (d->level == SEVERITY_PANIC)
		return NOTICE_PANIC;
	if (d->level == SEVERITY_INFO)
		return NOTICE_NONE;
	if (d->level != SEVERITY_DEBUG)
		for (size_t i = 0; i < ARRAY_LEN(ANYWHERE); i++)
			if (slice_find(d->text, ANYWHERE[i].text) < d->text.n)
				return ANYWHERE[i].category;
	return service_category(d->service);
}

enum parse_result dovecot_notice(const struct dovecot_line *d, struct event *ret)
{
	enum notice category = category_of(d);

	if (category == NOTICE_NONE)
		return PARSE_NOT_MINE;
	ret->kind = EV_NOTICE;
	ret->category = category;
	ret->severity = d->level;
	ret->service = d->service.n ? d->service : SLICE_NONE;
	ret->user = d->user;
	ret->session = d->session;
	ret->client_ip = d->client_ip;
	ret->text = d->text;
	return PARSE_OK;
}
