/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clamd.c - the virus scanner's daemon and its database's updater
 *
 * Written by ClamAV 1.4, clamd/scanner.c ("PATH: NAME FOUND", "instream(A@P): NAME FOUND"), clamd/server-th.c, freshclam.
 * Trap: a path may hold anything; the name of the virus is the last word but one.
 */
#include "parse/clamd/clamd.h"

#include "base/attr.h"
#include "base/cursor.h"
#include "parse/rows.h"

static bool clamd_claims(const struct line *l)
{
	return slice_is(l->program, "clamd") || slice_is(l->program, "freshclam");
}

/* "WHAT: NAME FOUND", with " (hash)" behind NAME by option */
static enum parse_result parse_found(struct slice text, struct event *ret)
{
	size_t at;

	text = slice_head(text, text.n - strlen(" FOUND"));
	at = slice_rfind(text, SLICE(": "));
	if (at == text.n || at == 0 || at + 2 == text.n)
		return PARSE_BAD;
	ret->kind = EV_VERDICT;
	ret->check = SLICE("virus");
	ret->result = SLICE("infected");
	ret->reason = slice_from(text, at + 2);
	return PARSE_OK;
}

static const struct row NOTICES[] = {
	ROW("SelfCheck: ", STATISTICS, INFO),
	ROW("Reading databases from ", RELOAD, INFO),
	ROW("Database correctly reloaded (", RELOAD, INFO),
	ROW("Database modification detected. ", RELOAD, INFO),
	ROW("Activating the newly loaded database", RELOAD, INFO),
	ROW("Loaded * signatures.", START, INFO),
	ROW("Received 0 file descriptor(s) from systemd", START, INFO),
	ROW("clamd daemon ", START, INFO),
	ROW("+++ Started at ", START, INFO),
	ROW("--- Stopped at ", STOP, INFO),
	ROW("Running as user ", START, INFO),
	ROW("Log file size limited to ", CONFIG, INFO),
	ROW("Not loading PUA signatures", CONFIG, INFO),
	ROW("Bytecode: ", CONFIG, INFO),
	ROW("TCP: ", START, INFO),
	ROW("LOCAL: ", START, INFO),
	ROW("Limits: ", CONFIG, INFO),
	ROW("Archive support ", CONFIG, INFO),
	ROW("Image (graphics) scanning support ", CONFIG, INFO),
	ROW("Detection using image fuzzy hash ", CONFIG, INFO),
	ROW("AlertExceedsMax ", CONFIG, INFO),
	ROW("Heuristic alerts ", CONFIG, INFO),
	ROW("Heuristic: ", CONFIG, INFO),
	ROW("Portable Executable support ", CONFIG, INFO),
	ROW("ELF support ", CONFIG, INFO),
	ROW("Mail files support ", CONFIG, INFO),
	ROW("OLE2 support ", CONFIG, INFO),
	ROW("PDF support ", CONFIG, INFO),
	ROW("SWF support ", CONFIG, INFO),
	ROW("HTML support ", CONFIG, INFO),
	ROW("XMLDOCS support ", CONFIG, INFO),
	ROW("HWP3 support ", CONFIG, INFO),
	ROW("OneNote support ", CONFIG, INFO),
	ROW("Self checking every ", CONFIG, INFO),
	ROW("Listening daemon: PID: ", START, INFO),
	ROW("MaxQueue set to: ", CONFIG, INFO),
	ROW("Set stacksize to ", CONFIG, INFO),
	ROW("Pid file removed", STOP, INFO),
	ROW("Socket file removed", STOP, INFO),
	ROW("Shutting down the main socket", STOP, INFO),
	ROW("Waiting for all threads to finish", STOP, INFO),
	ROW("Client disconnected", CONNECTION, INFO),
	ROW("ClamAV update process started at ", QUEUE_RUN, INFO),
	ROW("daily.* ", CACHE, INFO),
	ROW("daily* database ", CACHE, INFO),
	ROW("main.* ", CACHE, INFO),
	ROW("main* database ", CACHE, INFO),
	ROW("bytecode.* ", CACHE, INFO),
	ROW("bytecode* database ", CACHE, INFO),
	ROW("Database updated (", CACHE, INFO),
	ROW("Database test passed.", CACHE, INFO),
	ROW("Testing database: ", CACHE, INFO),
	ROW("Clamd successfully notified about the update.", RELOAD, INFO),
	ROW("Your ClamAV installation is OUTDATED!", CONFIG, WARNING),
	ROW("Local version: ", CONFIG, WARNING),
	ROW("DON'T PANIC! ", CONFIG, WARNING),
	ROW("Received signal: ", PROCESS, INFO),
	ROW("Update process ", STOP, INFO),
	ROW("-----", LOGGING, INFO),
	ROW("^", FILTER, WARNING), /* how freshclam marks warnings and errors */
	ROW("!", FILTER, ERROR),
	ROW("WARNING: ", FILTER, WARNING),
	ROW("ERROR: ", FILTER, ERROR),
};

static enum parse_result clamd_parse(const struct line *l, struct event *ret)
{
	if (slice_ends(l->text, " FOUND"))
		return parse_found(l->text, ret);
	return rows_notice(NOTICES, ARRAY_LEN(NOTICES), l->text, ret);
}

#define T "clamd"
static const struct parse_sample SAMPLES[] = {
	{ T, "/var/lib/amavis/tmp/amavis-20260912T101530-01234/parts/p001: Eicar-Signature FOUND",
	  "verdict check=\"virus\" result=\"infected\" reason=\"Eicar-Signature\"" },
	{ T, "instream(127.0.0.1@40000): Eicar-Signature FOUND", "verdict check=\"virus\" result=\"infected\" reason=\"Eicar-Signature\"" },
	{ T, "SelfCheck: Database status OK.", "notice severity=\"info\" category=\"statistics\"" },
	{ "freshclam", "Database updated (8700000 signatures) from database.clamav.net", "notice severity=\"info\" category=\"cache\"" },
	{ NULL, NULL, NULL },
};

static const struct parse_sample REFUSED[] = {
	{ T, "nothing FOUND", NULL },
	{ T, "/tmp/x:  FOUND", NULL },
	{ T, "something that nobody knows", NULL },
	{ NULL, NULL, NULL },
};
#undef T

const struct writer_ops clamd_writer = {
	.writer = WRITER_CLAMD,
	.claims = clamd_claims,
	.parse = clamd_parse,
	.samples = SAMPLES,
	.refused = REFUSED,
};
