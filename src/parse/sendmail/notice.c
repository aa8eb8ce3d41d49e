/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notice.c - the words beside the mail: health, limits, maps, filters, start and stop
 *
 * Sources: sm_syslog() calls of sendmail 8.17 in main, daemon, queue, conf, alias, map, milter, collect, tls,
 * usersmtp, srvrsmtp, err, envelope and headers.c of sendmail/.
 * A row's pattern: '*' stands for one run of bytes that are no blank.
 */
#include "base/ip.h"
#include "parse/sendmail/sendmail_priv.h"

/* what stands where the pattern of a row ended */
enum then {
	NOTHING,
	CLIENT, /* a peer: the client */
	RELAY,  /* a peer: the next hop */
	REASON, /* why, up to the end */
};

struct row {
	struct slice pattern;
	enum notice category;
	enum severity severity;
	enum then then;
};

#define INFO(pattern, category, then) { LIT(pattern), NOTICE_##category, SEVERITY_INFO, then }
#define WARN(pattern, category, then) { LIT(pattern), NOTICE_##category, SEVERITY_WARNING, then }
#define BROKEN(pattern, category, then) { LIT(pattern), NOTICE_##category, SEVERITY_ERROR, then }

static const struct row ROWS[] = {
	/* life of the daemon */
	INFO("starting daemon (", START, NOTHING),
	INFO("started as: ", START, NOTHING),
	INFO("restarting * due to signal", RELOAD, NOTHING),
	INFO("restarting * on signal", RELOAD, NOTHING),
	INFO("restarting * due to ", RELOAD, NOTHING),
	INFO("stopping daemon, reason=", STOP, REASON),
	INFO("shutting down ", STOP, NOTHING),
	WARN("could not restart: ", START, REASON),
	BROKEN("daemon could not ", START, NOTHING),
	BROKEN("daemon *: problem creating ", START, NOTHING),
	WARN("unable to write pid to ", PERMISSION, NOTHING),
	WARN("unable to write *: Permission denied", PERMISSION, NOTHING),
	INFO("poststats: ", STATISTICS, NOTHING),
	INFO("grew WorkList for ", QUEUE_RUN, NOTHING),
	INFO("runqueue: ", QUEUE_RUN, NOTHING),
	INFO("queue run ", QUEUE_RUN, NOTHING),
	INFO("doqueuerun: ", QUEUE_RUN, NOTHING),
	INFO("rejecting queue group ", QUEUE_RUN, NOTHING),
	/* connections */
	INFO("connect from ", SESSION, CLIENT),
	INFO("lost input channel from ", CONNECTION, CLIENT),
	INFO("timeout waiting for input from ", CONNECTION, CLIENT),
	WARN("rejecting commands from ", PROTOCOL, CLIENT),
	WARN("accepting connections again for daemon ", LIMIT, NOTHING),
	WARN("rejecting connections on daemon ", LIMIT, NOTHING),
	WARN("deferring connections on daemon ", LIMIT, NOTHING),
	WARN("rejecting new messages: min free: ", DISK, NOTHING),
	INFO("accepting new messages (again)", DISK, NOTHING),
	WARN("rejecting messages: min free: ", DISK, NOTHING),
	WARN("tcpwrappers (", ACL, NOTHING),
	INFO("putoutmsg (", CONNECTION, NOTHING),
	/* the dialogue itself, above log level 14 */
	INFO("<-- ", PROTOCOL, NOTHING),
	INFO("--> ", PROTOCOL, NOTHING),
	INFO("--- ", PROTOCOL, NOTHING),
	WARN("timeout during ", CONNECTION, NOTHING),
	INFO("I/O error on connection from ", CONNECTION, CLIENT),
	INFO("SMTP outgoing connect on ", DELIVERY, NOTHING),
	INFO("makeconnection (", REMOTE, NOTHING),
	INFO("Authentication-Warning: ", AUTH, NOTHING),
	/* the client's DATA */
	WARN("collect: premature EOM: ", CONNECTION, REASON),
	WARN("collect: unexpected close on connection from ", CONNECTION, CLIENT),
	WARN("collect: I/O error on connection from ", CONNECTION, CLIENT),
	WARN("collect: timeout waiting for input from ", CONNECTION, CLIENT),
	INFO("Warning: truncated header ", REWRITE, NOTHING),
	INFO("Truncated MIME ", REWRITE, NOTHING),
	INFO("Fixed MIME ", REWRITE, NOTHING),
	INFO("headers too large ", LIMIT, NOTHING),
	WARN("hop count exceeded", QUEUE, NOTHING),
	/* names */
	INFO("gethostbyaddr(", DNS, NOTHING),
	WARN("gethostbyname(", DNS, NOTHING),
	INFO("dns ", DNS, NOTHING),
	WARN("My unqualified host name (", DNS, NOTHING),
	WARN("unable to qualify my own domain name (", DNS, NOTHING),
	WARN("WARNING: local host name (", DNS, NOTHING),
	WARN("No MX ", DNS, NOTHING),
	WARN("Warning: DNS ", DNS, NOTHING),
	/* maps and aliases */
	INFO("alias database ", RELOAD, NOTHING),
	INFO("*: * aliases, longest ", RELOAD, NOTHING),
	WARN("Warning: alias database ", LOOKUP, NOTHING),
	WARN("Alias file ", LOOKUP, NOTHING),
	WARN("Rebuilding alias database ", RELOAD, NOTHING),
	WARN("auto-rebuilding alias database ", RELOAD, NOTHING),
	WARN("Cannot rebuild alias database ", LOOKUP, NOTHING),
	WARN("Map ", LOOKUP, NOTHING),
	WARN("map ", LOOKUP, NOTHING),
	WARN("duplicate alias name ", CONFIG, NOTHING),
	/* AUTH beside logins */
	INFO("AUTH: available mech=", AUTH, NOTHING),
	WARN("AUTH warning: ", AUTH, NOTHING),
	WARN("AUTH error ", AUTH, NOTHING),
	WARN("AUTH: ", AUTH, NOTHING),
	WARN("Warning: Authentication ", AUTH, NOTHING),
	WARN("error: safesasl(", AUTH, NOTHING),
	WARN("unable to open Sasl", AUTH, NOTHING),
	/* the SASL library speaks under our name */
	WARN("unable to open Berkeley db ", AUTH, NOTHING),
	WARN("auxpropfunc error ", AUTH, NOTHING),
	WARN("could not find auxprop plugin", AUTH, NOTHING),
	WARN("sql_select option missing", AUTH, NOTHING),
	WARN("sasldb ", AUTH, NOTHING),
	WARN("no secret in database", AUTH, NOTHING),
	WARN("no user in db", AUTH, NOTHING),
	WARN("Password verification failed", AUTH, NOTHING),
	WARN("realm changed", AUTH, NOTHING),
	WARN("DIGEST-MD5 ", AUTH, NOTHING),
	WARN("DIGEST-MD5: ", AUTH, NOTHING),
	WARN("GSSAPI Error: ", AUTH, NOTHING),
	WARN("OTP: ", AUTH, NOTHING),
	WARN("NTLM ", AUTH, NOTHING),
	WARN("SASL ", AUTH, NOTHING),
	/* TLS beside handshakes */
	INFO("engine=", TLS, NOTHING),
	INFO("tls_srv_features=", TLS, NOTHING),
	INFO("tls_clt_features=", TLS, NOTHING),
	INFO("TLS: ", TLS, NOTHING),
	WARN("DANE: ", TLS, NOTHING),
	WARN("STS: ", TLS, NOTHING),
	WARN("starttls: ", TLS, NOTHING),
	/* milters */
	INFO("Milter: no active filter", FILTER, NOTHING),
	INFO("Milter: init success to negotiate", FILTER, NOTHING),
	INFO("Milter: initialization failed, ", FILTER, NOTHING),
	INFO("Milter: sendmsg: ", FILTER, NOTHING),
	INFO("Milter: connect to filters", FILTER, NOTHING),
	INFO("Milter: senders: ", FILTER, NOTHING),
	INFO("Milter: sender: ", FILTER, NOTHING),
	INFO("Milter: rcpts: ", FILTER, NOTHING),
	INFO("Milter: header ", FILTER, NOTHING),
	INFO("Milter: headers, send", FILTER, NOTHING),
	INFO("Milter: body, send", FILTER, NOTHING),
	INFO("Milter: eoh, send", FILTER, NOTHING),
	INFO("Milter accept: message", FILTER, NOTHING),
	INFO("Milter message: body replaced", REWRITE, NOTHING),
	INFO("Milter add: ", REWRITE, NOTHING),
	INFO("Milter delete: ", REWRITE, NOTHING),
	INFO("Milter change: ", REWRITE, NOTHING),
	INFO("Milter insert ", REWRITE, NOTHING),
	INFO("Milter chgfrom: ", REWRITE, NOTHING),
	INFO("Milter (*) message: body replaced", REWRITE, NOTHING),
	INFO("Milter (*) add: ", REWRITE, NOTHING),
	INFO("Milter (*) delete: ", REWRITE, NOTHING),
	INFO("Milter (*) change: ", REWRITE, NOTHING),
	INFO("Milter (*) insert (", REWRITE, NOTHING),
	INFO("Milter (*) chgfrom: ", REWRITE, NOTHING),
	INFO("Milter (*): init success to ", FILTER, NOTHING),
	BROKEN("Milter (*): to error state", FILTER, NOTHING),
	BROKEN("Milter (*): init failed ", FILTER, NOTHING),
	BROKEN("Milter (*): error ", FILTER, NOTHING),
	BROKEN("Milter (*): timeout ", FILTER, NOTHING),
	WARN("Milter (*): ", FILTER, NOTHING),
	/* the queue */
	INFO("unquarantine", ADMIN, NOTHING),
	INFO("quarantine=", ADMIN, REASON),
	INFO("locked", SPOOL, NOTHING),
	WARN("Losing ", SPOOL, NOTHING),
	BROKEN("lost control file", SPOOL, NOTHING),
	WARN("Saved message in ", DELIVERY, NOTHING),
	WARN("quarantined queue file ", SPOOL, NOTHING),
	WARN("readqf: ", SPOOL, NOTHING),
	WARN("queueup: ", SPOOL, NOTHING),
	WARN("dropenvelope: ", SPOOL, NOTHING),
	WARN("bogus queue file, ", SPOOL, NOTHING),
	WARN("savemail: ", DELIVERY, NOTHING),
	WARN("syserr: ", SPOOL, NOTHING),
	WARN("low on space (", DISK, NOTHING),
	INFO("message exceeds maximum ", LIMIT, NOTHING),
	WARN("Load average ", LIMIT, NOTHING),
	WARN("low queue space", DISK, NOTHING),
	/* a dump of open files and cached connections behind an error */
	INFO("  *: fl=", PROCESS, NOTHING),
	INFO(" *: fl=", PROCESS, NOTHING),
	INFO("*: fl=", PROCESS, NOTHING),
	INFO("MCI@*: flags=", CACHE, NOTHING),
	INFO("MCI@*: NULL", CACHE, NOTHING),
	/* other programs of the package, and safe-file checks */
	WARN("File descriptors missing on startup: ", PROCESS, NOTHING),
	WARN("WARNING: Group writable directory ", PERMISSION, NOTHING),
	WARN("WARNING: World writable directory ", PERMISSION, NOTHING),
	WARN("forward *: ", PERMISSION, NOTHING),
	WARN("unsafe ", PERMISSION, NOTHING),
	WARN("Warning: program * unsafe: ", PERMISSION, NOTHING), /* deliver.c: a mailer that is not there, or that others may write */
	WARN("user * attempted to ", PERMISSION, NOTHING),
	INFO("user open ", PROCESS, NOTHING),
	WARN("network daemon starting", START, NOTHING),
};

/* what follows "SYSERR(user): ", by its words; what no row knows is an error all the same */
static const struct row SYSERR_ROWS[] = {
	BROKEN("collect: relay=", CONNECTION, NOTHING),
	BROKEN("collect: read timeout on connection from ", CONNECTION, CLIENT),
	BROKEN("collect: I/O error on connection from ", CONNECTION, CLIENT),
	BROKEN("collect: unexpected close", CONNECTION, NOTHING),
	BROKEN("collect: Cannot write ", DISK, NOTHING),
	BROKEN("timeout writing message to ", REMOTE, RELAY),
	BROKEN("Could not connect to socket ", REMOTE, NOTHING),
	BROKEN("putbody: write error", REMOTE, NOTHING),
	BROKEN("putoutmsg (", CONNECTION, NOTHING),
	BROKEN("MX list for ", CONFIG, NOTHING),
	BROKEN("* config error: mail loops back to me", CONFIG, NOTHING),
	BROKEN("*: line *: ", CONFIG, NOTHING), /* "/etc/mail/sendmail.cf: line 71: unknown configuration line ..." */
	BROKEN("readcf: ", CONFIG, NOTHING),
	BROKEN("forward *: ", PERMISSION, NOTHING),
	BROKEN("Too many hops ", QUEUE, NOTHING),
	BROKEN("readqf: ", SPOOL, NOTHING),
	BROKEN("queueup: ", SPOOL, NOTHING),
	BROKEN("assign_queueid: ", SPOOL, NOTHING),
	BROKEN("orderq: ", SPOOL, NOTHING),
	BROKEN("runqueue: ", SPOOL, NOTHING),
	BROKEN("dropenvelope: ", SPOOL, NOTHING),
	BROKEN("unlockqueue: ", SPOOL, NOTHING),
	BROKEN("savemail: ", DELIVERY, NOTHING),
	BROKEN("returntosender: ", DELIVERY, NOTHING),
	BROKEN("fill_fd: ", PROCESS, NOTHING),
	BROKEN("opendaemonsocket: ", START, NOTHING),
	BROKEN("getrequests: ", CONNECTION, NOTHING),
	BROKEN("daemon ", START, NOTHING),
	BROKEN("hash map ", LOOKUP, NOTHING),
	BROKEN("* map ", LOOKUP, NOTHING),
	BROKEN("Map ", LOOKUP, NOTHING),
	BROKEN("Cannot open hash database ", LOOKUP, NOTHING),
	BROKEN("Cannot create database ", LOOKUP, NOTHING),
	BROKEN("ldap", LOOKUP, NOTHING),
	BROKEN("aliasing/forwarding loop broken", CONFIG, NOTHING),
	BROKEN("buildaddr: ", CONFIG, NOTHING),
	BROKEN("rewrite: ", CONFIG, NOTHING),
	BROKEN("No local mailer defined", CONFIG, NOTHING),
	BROKEN("QueueDirectory (Q) option must be set", CONFIG, NOTHING),
	BROKEN("Local configuration error", CONFIG, NOTHING),
	BROKEN("cannot ", PERMISSION, NOTHING),
	BROKEN("Cannot ", PERMISSION, NOTHING),
	BROKEN("can not ", PERMISSION, NOTHING),
	BROKEN("can't ", PERMISSION, NOTHING),
	BROKEN("unknown mailer error ", DELIVERY, NOTHING),
	BROKEN("mailer ", CONFIG, NOTHING),
	BROKEN("openmailer", PROCESS, NOTHING),
	BROKEN("451 ", PROCESS, NOTHING),
	BROKEN("554 ", PROCESS, NOTHING),
};

/* system errors at the end of a SYSERR that no row knows */
static const struct {
	struct slice suffix;
	enum notice category;
} ERRORS[] = {
	{ LIT("No space left on device"), NOTICE_DISK },
	{ LIT("Disk quota exceeded"), NOTICE_DISK },
	{ LIT("Input/output error"), NOTICE_DISK },
	{ LIT("Read-only file system"), NOTICE_DISK },
	{ LIT("File too large"), NOTICE_DISK },
	{ LIT("Permission denied"), NOTICE_PERMISSION },
	{ LIT("Operation not permitted"), NOTICE_PERMISSION },
	{ LIT("Too many open files"), NOTICE_LIMIT },
	{ LIT("Cannot allocate memory"), NOTICE_LIMIT },
	{ LIT("Resource temporarily unavailable"), NOTICE_LIMIT },
	{ LIT("Address already in use"), NOTICE_START },
	{ LIT("No such file or directory"), NOTICE_CONFIG },
	{ LIT("Broken pipe"), NOTICE_CONNECTION },
	{ LIT("Connection reset by peer"), NOTICE_CONNECTION },
	{ LIT("Connection refused"), NOTICE_REMOTE },
	{ LIT("Connection timed out"), NOTICE_REMOTE },
};

static bool match(struct cur *c, struct slice pattern)
{
	struct cur at = *c;

	for (size_t i = 0; i < pattern.n; i++) {
		if (pattern.p[i] == '*') {
			const char *begin = at.p;
			char stop = i + 1 < pattern.n ? pattern.p[i + 1] : ' ';

			while (at.p < at.end && *at.p != ' ' && !(*at.p == stop && at.p > begin))
				at.p++;
			if (at.p == begin)
				return false;
		} else if (!cur_byte(&at, pattern.p[i])) {
			return false;
		}
	}
	*c = at;
	return true;
}

static void take_then(enum then then, struct cur c, struct event *e)
{
	switch (then) {
	case CLIENT:
		(void)smta_take_client(&c, e);
		break;
	case RELAY:
		(void)smta_take_relay(&c, e);
		break;
	case REASON:
		e->reason = cur_rest(&c);
		break;
	default:
		break;
	}
}

static enum parse_result by_rows(const struct smta *s, struct cur c, const struct row *rows, size_t n,
				 struct event *e)
{
	for (size_t i = 0; i < n; i++) {
		struct cur at = c;

		if (!match(&at, rows[i].pattern))
			continue;
		take_then(rows[i].then, at, e);
		if (rows[i].category == NOTICE_CONNECTION && slice_starts(rows[i].pattern, "collect: "))
			e->stage = SLICE("data");
		return smta_notice(s, rows[i].category, rows[i].severity, e);
	}
	return PARSE_NOT_MINE;
}

/* ---- lines with more in them than words ---- */

static bool is_client_gone(struct cur c)
{
	return cur_lit(&c, "unexpected close") || cur_lit(&c, "read timeout") || cur_lit(&c, "I/O error") ||
	       cur_lit(&c, "premature EOM") || cur_lit(&c, "unexpected");
}

/* "HOST, from=<A>, info=WORDS": what went wrong in DATA; c stands behind "collect: relay=" */
static enum parse_result collect_info(const struct smta *s, struct cur c, enum severity severity,
				      struct event *e)
{
	struct slice rest;
	size_t at;
	bool gone;

	if (!smta_take_client(&c, e) || !cur_lit(&c, ", from="))
		return PARSE_BAD;
	rest = cur_rest(&c);
	at = slice_rfind(rest, SLICE(", info="));
	if (at == rest.n)
		return PARSE_BAD;
	e->sender = slice_unwrap(slice_head(rest, at), '<', '>');
	e->reason = slice_from(rest, at + strlen(", info="));
	gone = is_client_gone(cur_of(e->reason));
	if (gone)
		e->stage = SLICE("data");
	return smta_notice(s, gone ? NOTICE_CONNECTION : NOTICE_PROTOCOL, severity, e);
}

static bool ends_with(struct slice s, struct slice suffix)
{
	return s.n >= suffix.n && memcmp(s.p + s.n - suffix.n, suffix.p, suffix.n) == 0;
}

/* "SYSERR(root): TEXT", "NOQUEUE: SYSERR(UID0): TEXT", "SYSERR: TEXT": c stands at TEXT */
static enum parse_result syserr_text(const struct smta *s, struct cur c, struct event *e)
{
	enum parse_result r;

	if (cur_lit(&c, "collect: relay="))
		return collect_info(s, c, SEVERITY_ERROR, e);
	e->reason = cur_rest(&c);
	r = by_rows(s, c, SYSERR_ROWS, ARRAY_LEN(SYSERR_ROWS), e);
	for (size_t i = 0; r == PARSE_NOT_MINE && i < ARRAY_LEN(ERRORS); i++)
		if (ends_with(s->text, ERRORS[i].suffix))
			return smta_notice(s, ERRORS[i].category, SEVERITY_ERROR, e);
	return r;
}

static enum parse_result syserr(const struct smta *s, struct cur c, struct event *e)
{
	struct slice user;

	return cur_until_lit(&c, "): ", &user) ? syserr_text(s, c, e) : PARSE_BAD;
}

/* "lost input channel from PEER to DAEMON after CMD" */
static enum parse_result lost_input(const struct smta *s, struct cur c, struct event *e)
{
	struct slice daemon;

	if (!smta_take_client(&c, e) || !cur_lit(&c, " to ") || !cur_until_lit(&c, " after ", &daemon))
		return PARSE_BAD;
	e->service = smta_service(daemon);
	e->stage = smta_stage(cur_rest(&c));
	return smta_notice(s, NOTICE_CONNECTION, SEVERITY_INFO, e);
}

/* "PEER during WHAT": of a client, or of a next hop ("during client DATA status") */
static enum parse_result timeout(const struct smta *s, struct cur c, struct event *e)
{
	struct smta_peer peer;

	if (!smta_take_peer(&c, &peer) || !cur_lit(&c, " during "))
		return PARSE_BAD;
	if (slice_starts(cur_rest(&c), "client ")) {
		e->relay_host = peer.host;
		e->relay_ip = peer.ip;
		return smta_notice(s, NOTICE_REMOTE, SEVERITY_WARNING, e);
	}
	e->client_host = peer.host;
	e->client_ip = peer.ip;
	if (slice_starts(cur_rest(&c), "message collect"))
		e->stage = SLICE("data");
	return smta_notice(s, NOTICE_CONNECTION, SEVERITY_INFO, e);
}

/* "invalid domain name (X) from PEER", "(too long)": EHLO answered with 501 (sendmail/srvrsmtp.c) */
static enum parse_result invalid_helo(const struct smta *s, struct cur c, struct event *e)
{
	struct slice name;

	if (!cur_until_last_lit(&c, ") from ", &name) || !smta_take_client(&c, e))
		return PARSE_BAD;
	if (!slice_is(name, "too long") && !slice_is(name, "(null)"))
		e->helo = name;
	e->kind = EV_REJECT;
	e->stage = SLICE("helo");
	e->smtp_code = 501;
	e->reply = s->text;
	return PARSE_OK;
}

/* "message size (N) exceeds maximum (M)": 552 behind DATA (sendmail/collect.c) */
static enum parse_result too_large(const struct smta *s, struct cur c, struct event *e)
{
	if (!cur_i64(&c, INT64_MAX, &e->size_bytes) || !cur_lit(&c, ") exceeds maximum ("))
		return PARSE_BAD;
	e->kind = EV_REJECT;
	e->stage = SLICE("data");
	e->smtp_code = 552;
	e->dsn = SLICE("5.2.3");
	e->reply = s->text;
	return PARSE_OK;
}

/* a RCPT answered with 452 (MaxRecipientsPerMessage); the address is not told */
static enum parse_result too_many(const struct smta *s, struct cur c, struct event *e)
{
	if (!cur_at_end(&c) || !s->id.p)
		return PARSE_BAD;
	e->kind = EV_REJECT;
	e->stage = SLICE("rcpt");
	e->smtp_code = 452;
	e->dsn = SLICE("4.5.3");
	e->marks |= MARK_TEMPORARY;
	e->reply = s->text;
	return PARSE_OK;
}

/* "CODE for "TEXT"], relay=PEER": no base64, so no name either */
static enum parse_result auth_decode(const struct smta *s, struct cur c, struct event *e)
{
	struct slice rest;

	if (!cur_until_last_lit(&c, ", relay=", &rest) || !smta_take_client(&c, e))
		return PARSE_BAD;
	e->kind = EV_AUTH;
	e->success = 0;
	e->attempts = 1;
	e->reason = slice_between(s->text.p, rest.p + rest.n);
	return PARSE_OK;
}

/* "delay=00:00:03, ntries=1" */
static enum parse_result done(const struct smta *s, struct cur c, struct event *e)
{
	if (!s->id.p || !smta_delay(&c, &e->delay_s))
		return PARSE_BAD;
	e->kind = EV_DONE;
	return PARSE_OK;
}

static enum parse_result discarded(const struct smta *s, struct cur c, struct event *e)
{
	if (!s->id.p || !cur_at_end(&c))
		return PARSE_NOT_MINE;
	e->kind = EV_DONE;
	e->action = SLICE("discarded");
	return PARSE_OK;
}

static enum parse_result released(const struct smta *s, struct cur c, struct event *e)
{
	if (!s->id.p || !cur_at_end(&c))
		return PARSE_NOT_MINE;
	e->kind = EV_RELEASE;
	e->action = SLICE("release");
	return PARSE_OK;
}

/* sendmail -Q with -qQ: an administrator quarantines it */
static enum parse_result quarantined(const struct smta *s, struct cur c, struct event *e)
{
	if (!s->id.p || cur_at_end(&c))
		return PARSE_NOT_MINE;
	e->kind = EV_HOLD;
	e->reason = cur_rest(&c);
	return PARSE_OK;
}

static enum parse_result connected(const struct smta *s, struct cur c, struct event *e)
{
	(void)s;
	if (!smta_take_client(&c, e) || !cur_at_end(&c))
		return PARSE_BAD;
	if (e->ident.p && !e->client_ip.p) { /* a program on this machine, over standard input */
		e->user = e->ident;
		e->marks |= MARK_LOCAL;
		return smta_notice(s, NOTICE_SESSION, SEVERITY_INFO, e);
	}
	e->kind = EV_CONNECT;
	return PARSE_OK;
}

/* 8.9 and before: "did not issue MAIL/..." of today */
static enum parse_result null_connection(const struct smta *s, struct cur c, struct event *e)
{
	(void)s;
	if (!smta_take_client(&c, e))
		return PARSE_BAD;
	e->kind = EV_DISCONNECT;
	e->reason = SLICE("null connection");
	return PARSE_OK;
}

/* "PEER due to WHY": a client that spoke too early; the command that follows is answered with an error */
static enum parse_result too_early(const struct smta *s, struct cur c, struct event *e)
{
	struct slice command;

	if (!cur_until_lit(&c, " from ", &command) || !smta_take_client(&c, e) || !cur_lit(&c, " due to "))
		return PARSE_NOT_MINE;
	e->reason = cur_rest(&c);
	return smta_notice(s, NOTICE_PROTOCOL, SEVERITY_WARNING, e);
}

/* c stands at "F: V" of a header that a milter added: the verdict of a spam or virus filter stands in some */
static enum parse_result milter_header(const struct smta *s, struct cur c, struct event *e)
{
	if (cur_lit(&c, "X-Spam-Flag: ")) {
		e->check = SLICE("spam");
		e->result = slice_eq_fold(cur_rest(&c), SLICE("YES")) ? SLICE("spam") : SLICE("ham");
	} else if (cur_lit(&c, "X-Spam-Status: ")) {
		e->check = SLICE("spam");
		e->result = cur_lit(&c, "Yes") ? SLICE("spam") : SLICE("ham");
		e->reason = cur_rest(&c);
	} else if (cur_lit(&c, "X-Virus-Status: ")) {
		e->check = SLICE("virus");
		e->result = slice_starts(cur_rest(&c), "Clean") ? SLICE("clean") : SLICE("infected");
		e->reason = cur_rest(&c);
	} else {
		return smta_notice(s, NOTICE_REWRITE, SEVERITY_INFO, e);
	}
	e->kind = EV_VERDICT;
	return PARSE_OK;
}

/* "Milter add: header: F: V", "Milter (NAME) add: header: F: V", "Milter (NAME) insert (1): header: F: V" */
static enum parse_result milter_added(const struct smta *s, struct cur c, struct event *e)
{
	struct slice number;

	if (cur_byte(&c, '(') && !cur_until_lit(&c, ") ", &e->domain))
		return PARSE_NOT_MINE;
	if (cur_lit(&c, "add: header: "))
		return milter_header(s, c, e);
	if (cur_lit(&c, "insert (") && cur_until_lit(&c, "): header: ", &number))
		return milter_header(s, c, e);
	return PARSE_NOT_MINE;
}

static enum parse_result collect_notice(const struct smta *s, struct cur c, struct event *e)
{
	if (cur_lit(&c, "relay="))
		return collect_info(s, c, SEVERITY_WARNING, e);
	if (cur_lit(&c, "premature EOM: ")) {
		e->reason = cur_rest(&c);
		e->stage = SLICE("data");
		return smta_notice(s, NOTICE_CONNECTION, SEVERITY_WARNING, e);
	}
	return PARSE_NOT_MINE;
}

static const struct {
	struct slice prefix;
	smta_handler *handler; /* c stands behind the prefix */
} LINES[] = {
	{ LIT("Milter "), milter_added },
	{ LIT("SYSERR("), syserr },
	{ LIT("NOQUEUE: SYSERR("), syserr },
	{ LIT("SYSERR: "), syserr_text },
	{ LIT("connect from "), connected },
	{ LIT("Null connection from "), null_connection },
	{ LIT("done; delay="), done },
	{ LIT("discarded"), discarded },
	{ LIT("unquarantine"), released },
	{ LIT("quarantine="), quarantined },
	{ LIT("lost input channel from "), lost_input },
	{ LIT("timeout waiting for input from "), timeout },
	{ LIT("collect: "), collect_notice },
	{ LIT("invalid domain name ("), invalid_helo },
	{ LIT("message size ("), too_large },
	{ LIT("Too many recipients"), too_many },
	{ LIT("AUTH decode64 error ["), auth_decode },
	{ LIT("rejecting "), too_early },
};

enum parse_result smta_notice_rows(const struct smta *s, struct cur c, struct event *e)
{
	struct slice text = cur_rest(&c);

	for (size_t i = 0; i < ARRAY_LEN(LINES); i++) {
		enum parse_result r = PARSE_NOT_MINE;

		if (text.n >= LINES[i].prefix.n && memcmp(text.p, LINES[i].prefix.p, LINES[i].prefix.n) == 0)
			r = LINES[i].handler(s, cur_of(slice_from(text, LINES[i].prefix.n)), e);
		if (r != PARSE_NOT_MINE)
			return r;
	}
	return by_rows(s, c, ROWS, ARRAY_LEN(ROWS), e);
}
