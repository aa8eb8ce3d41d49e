/* SPDX-License-Identifier: Apache-2.0 */
/*
 * amavis_notice.c - what amavis says about itself: start and end, decoders, scanners, timing
 *
 * Source: amavisd-new 2.13.0, do_log() calls of levels 0 to 2; Net::Server.  A row is the start of a text. An
 * alert mark is amavis' own word that something is wrong: such a line is a warning, whatever it says.
 */
#include "base/attr.h"
#include "parse/amavis/amavis_priv.h"

struct notice_row {
	struct slice text;
	enum notice category;
	enum severity severity; /* SEVERITY_NONE: info */
};

/* clang-format off */
#define ROW(s, category) { LIT(s), category, SEVERITY_NONE }
/* behind "(AMID) " */
static const struct notice_row OF_MESSAGE[] = {
	{ LIT("Open relay? "), NOTICE_CONFIG, SEVERITY_WARNING },
	ROW("TIMING", NOTICE_STATISTICS),
	ROW("size: ", NOTICE_STATISTICS),
	ROW("Requesting process rundown", NOTICE_PROCESS),
	ROW("extra modules loaded", NOTICE_START),
	ROW("dkim: ", NOTICE_FILTER),
	ROW("INFO: ", NOTICE_FILTER),
	ROW("NOTICE: ", NOTICE_FILTER),
	ROW("NOTICE, ", NOTICE_FILTER),
	{ LIT("WARN"), NOTICE_FILTER, SEVERITY_WARNING },
	ROW("truncating a message passed to SA", NOTICE_LIMIT),
	ROW("spam_scan: ", NOTICE_FILTER),
	ROW("SA info: ", NOTICE_FILTER),
	ROW("SA dbg: ", NOTICE_FILTER),
	{ LIT("SA TIMED OUT"), NOTICE_FILTER, SEVERITY_WARNING },
	ROW("run_av ", NOTICE_FILTER),
	ROW("ask_av ", NOTICE_FILTER),
	ROW("virus_scan: ", NOTICE_FILTER),
	ROW("wbl: ", NOTICE_FILTER),
	ROW("penpals: ", NOTICE_FILTER),
	ROW("bounce killer", NOTICE_FILTER),
	ROW("bounce rescued", NOTICE_FILTER),
	ROW("inspect_dsn: ", NOTICE_FILTER),
	ROW("dsn: ", NOTICE_FILTER),
	ROW("DSN: ", NOTICE_FILTER),
	ROW("Quarantine", NOTICE_FILTER),
	ROW("quarantine", NOTICE_FILTER),
	ROW("do_quarantine", NOTICE_FILTER),
	ROW("OS_fingerprint: ", NOTICE_FILTER),
	ROW("cached ", NOTICE_CACHE),
	ROW("load: ", NOTICE_STATISTICS),
	ROW("smtp resp to ", NOTICE_PROTOCOL),
	ROW("smtp session: ", NOTICE_CONNECTION),
	ROW("SMTP session", NOTICE_CONNECTION),
	ROW("connect to ", NOTICE_CONNECTION),
	ROW("Reply: ", NOTICE_PROTOCOL),
	ROW("response to ", NOTICE_PROTOCOL),
	{ LIT("Negative SMTP response "), NOTICE_PROTOCOL, SEVERITY_WARNING },
	ROW("SMTP shutdown: ", NOTICE_CONNECTION),
	/* of 2.3 to 2.6, which had fewer alert marks */
	{ LIT("TROUBLE"), NOTICE_FILTER, SEVERITY_ERROR },
	{ LIT("PRESERVING EVIDENCE in "), NOTICE_FILTER, SEVERITY_WARNING },
	{ LIT("PANIC, "), NOTICE_PANIC, SEVERITY_PANIC },
	{ LIT("SA warn: "), NOTICE_FILTER, SEVERITY_WARNING },
	ROW("check_header: ", NOTICE_FILTER),
	ROW("BAD HEADER from ", NOTICE_FILTER),
	ROW("FAKE SENDER, ", NOTICE_FILTER),
	ROW("DEFANGING MAIL: ", NOTICE_FILTER),
	ROW("bounce killed, ", NOTICE_FILTER),
	ROW("bounce unverifiable, ", NOTICE_FILTER),
	ROW("PenPalsSavedFromKill ", NOTICE_FILTER),
	ROW("Turning AV infection into a spam report: ", NOTICE_FILTER),
	ROW("do_", NOTICE_FILTER), /* decoders, do_notify_and_quarantine */
	ROW("p0", NOTICE_FILTER),  /* "p003 1/2 Content-Type: text/html, size: 460 B, name: " */
	ROW("mangling ", NOTICE_REWRITE),
	ROW("ClamAV-clamd: ", NOTICE_FILTER),
	{ LIT("connect_to_sql: "), NOTICE_LOOKUP, SEVERITY_WARNING },
	{ LIT("lookup_sql"), NOTICE_LOOKUP, SEVERITY_WARNING },
};

/* without it: start and end of the service */
static const struct notice_row OF_SERVICE[] = {
	ROW("starting. ", NOTICE_START),
	ROW("logging initialized, ", NOTICE_START),
	ROW("perl=", NOTICE_START),
	ROW("Perl version ", NOTICE_START),
	ROW("SpamAssassin loaded plugins: ", NOTICE_START),
	ROW("SpamAssassin debug facilities: ", NOTICE_START),
	ROW("BerkeleyDB-based ", NOTICE_START),
	ROW("after_chroot_init: ", NOTICE_START),
	ROW("socket module ", NOTICE_START),
	ROW("user=", NOTICE_START),
	ROW("config files read: ", NOTICE_START),
	ROW("SpamControl: ", NOTICE_START),
	ROW("initializing Mail::SpamAssassin", NOTICE_START),
	ROW("Module ", NOTICE_START),
	ROW("Amavis::", NOTICE_START),
	ROW("SQL base code ", NOTICE_START),
	ROW("SQL::Log code ", NOTICE_START),
	ROW("SQL::Quarantine ", NOTICE_START),
	ROW("Lookup::", NOTICE_START),
	ROW("AM.PDP-in proto code ", NOTICE_START),
	ROW("SMTP-in proto code ", NOTICE_START),
	ROW("Courier proto code ", NOTICE_START),
	ROW("SMTP-out proto code ", NOTICE_START),
	ROW("Pipe-out proto code ", NOTICE_START),
	ROW("BSMTP-out proto code ", NOTICE_START),
	ROW("Local-out proto code ", NOTICE_START),
	ROW("OS_Fingerprint code ", NOTICE_START),
	ROW("ANTI-VIRUS code ", NOTICE_START),
	ROW("ANTI-SPAM code ", NOTICE_START),
	ROW("ANTI-SPAM-EXT code ", NOTICE_START),
	ROW("ANTI-SPAM-C code ", NOTICE_START),
	ROW("ANTI-SPAM-SA code ", NOTICE_START),
	ROW("Unpackers code ", NOTICE_START),
	ROW("DKIM code ", NOTICE_START),
	ROW("Tools code ", NOTICE_START),
	ROW("Redis", NOTICE_START),
	ROW("ZMQ", NOTICE_START),
	ROW("bundled ", NOTICE_START),
	ROW("Found ", NOTICE_START),
	ROW("No ", NOTICE_START),
	ROW("Internal decoder for ", NOTICE_START),
	ROW("Using primary internal ", NOTICE_START),
	ROW("Using secondary internal ", NOTICE_START),
	ROW("Using internal ", NOTICE_START),
	ROW("extra modules loaded", NOTICE_START),
	ROW("Creating db in ", NOTICE_START),
	ROW("Deleting db files ", NOTICE_START),
	ROW("Valid PID file ", NOTICE_START),
	ROW("dkim: ", NOTICE_CONFIG),
	ROW("INFO: ", NOTICE_START),
	ROW("NOTICE: ", NOTICE_CONFIG),
	{ LIT("WARN"), NOTICE_CONFIG, SEVERITY_WARNING },
	{ LIT("Use of uninitialized value"), NOTICE_PANIC, SEVERITY_WARNING },
	{ LIT("_DIE: "), NOTICE_PANIC, SEVERITY_ERROR },
	{ LIT("_WARN: "), NOTICE_PANIC, SEVERITY_WARNING },
	ROW("load: ", NOTICE_STATISTICS),
	ROW("Requesting process rundown", NOTICE_PROCESS),
	ROW("TIMING", NOTICE_STATISTICS),
	ROW("DENIED ACCESS ", NOTICE_CONNECTION),
};

/* behind "Net::Server: ", some with a date in front: anywhere */
static const struct notice_row NET_SERVER[] = {
	ROW(") starting! pid(", NOTICE_START),
	ROW("Server closing!", NOTICE_STOP),
	ROW("Process Backgrounded", NOTICE_START),
	ROW("Binding to ", NOTICE_START),
	ROW("Binding open file descriptors", NOTICE_START),
	ROW("Re-exec server during HUP", NOTICE_RELOAD),
	ROW("Group Not Defined", NOTICE_CONFIG),
	ROW("User Not Defined", NOTICE_CONFIG),
	ROW("Setting gid to ", NOTICE_START),
	ROW("Setting uid to ", NOTICE_START),
	ROW("Setting up serialization ", NOTICE_START),
	ROW("Beginning prefork", NOTICE_PROCESS),
	ROW("Starting \"", NOTICE_PROCESS),
	ROW("Parent ready for children", NOTICE_START),
	ROW("Child ", NOTICE_PROCESS),
	ROW("Couldn't open PID file", NOTICE_START),
	{ LIT("Can't connect to TCP port "), NOTICE_CONFIG, SEVERITY_FATAL },
	{ LIT("Bad fork"), NOTICE_PROCESS, SEVERITY_ERROR },
};

/* alerts that are about something else than the filter itself: anywhere */
static const struct notice_row ALERTS[] = {
	ROW("No space left on device", NOTICE_DISK),
	ROW("Disk quota exceeded", NOTICE_DISK),
	ROW("Permission denied", NOTICE_PERMISSION),
	ROW("Requesting process rundown", NOTICE_PROCESS),
	ROW("DENIED ACCESS", NOTICE_CONNECTION),
	ROW("Can't connect to ", NOTICE_CONNECTION),
	ROW("Too many retries to talk to ", NOTICE_CONNECTION),
	ROW("connect_to_sql", NOTICE_LOOKUP),
	ROW("connect_to_ldap", NOTICE_LOOKUP),
	ROW("SUSPENDED", NOTICE_FILTER),
};
/* clang-format on */

static const struct notice_row *starts_with(const struct notice_row *rows, size_t n, struct slice text)
{
	for (size_t i = 0; i < n; i++)
		if (slice_starts_(text, rows[i].text.p, rows[i].text.n))
			return &rows[i];
	return NULL;
}

static const struct notice_row *holds(const struct notice_row *rows, size_t n, struct slice text)
{
	for (size_t i = 0; i < n; i++)
		if (slice_find(text, rows[i].text) < text.n)
			return &rows[i];
	return NULL;
}

enum parse_result amavis_notice(struct slice text, int alert, bool of_message, struct event *e)
{
	const struct notice_row *row;

	e->kind = EV_NOTICE;
	e->text = text;
	if (alert) {
		row = holds(ALERTS, ARRAY_LEN(ALERTS), text);
		e->category = row ? row->category : NOTICE_FILTER;
		e->severity = alert > 1 ? SEVERITY_ERROR : SEVERITY_WARNING;
		return text.n ? PARSE_OK : PARSE_BAD;
	}
	if (of_message)
		row = starts_with(OF_MESSAGE, ARRAY_LEN(OF_MESSAGE), text);
	else if (slice_starts(text, "Net::Server: "))
		row = holds(NET_SERVER, ARRAY_LEN(NET_SERVER), text);
	else
		row = starts_with(OF_SERVICE, ARRAY_LEN(OF_SERVICE), text);
	if (!row)
		return PARSE_NOT_MINE;
	e->category = row->category;
	e->severity = row->severity == SEVERITY_NONE ? SEVERITY_INFO : row->severity;
	return PARSE_OK;
}
