/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dovecot_mailbox.c - what happened in mailboxes: deliveries by LMTP and LDA, Sieve actions, the mail_log
 * plugin
 *
 * Deliveries: "[sieve: ]msgid=M: [NAME action: ]TEXT" (deliver_log_format "msgid=%m: %$"; Pigeonhole
 * src/lib-sieve/sieve-error.c, sieve-actions.c and the actions of its plugins).  mail_log, src/plugins/mail-log/mail-log-plugin.c:
 * "EVENT: box=B, uid=N, msgid=M, size=N, vsize=N, from=F, subject=S, flags=(L)", each field optional.
 * `reason` of a copy is the folder it came from, of a flag change the flags, of an expunge the writer's word where it is
 * no user's doing ("autoexpunge").
 * Traps: M is the raw header and may hold anything, also ": saved mail to": the LAST action text wins, but
 * text behind a failure is a remote server's reply and is never searched.  "save" of mail_log and "saved
 * mail to" are one delivery.  A Sieve reject, discard or redirect still gives the MTA "250 ... Saved".
 */
#include "parse/dovecot/dovecot_priv.h"

#include "base/attr.h"
#include "base/scan.h"

/* where the folder, the address or the reason stands behind the action text */
enum tail {
	TAIL_FOLDER,	     /* BOX to the end */
	TAIL_FOLDER_REASON,  /* BOX: REASON */
	TAIL_QUOTED,	     /* 'BOX' to the end */
	TAIL_QUOTED_REASON,  /* 'BOX': REASON */
	TAIL_ADDRESS,	     /* <ADDR> to the end */
	TAIL_ADDRESS_REASON, /* <ADDR>: REASON */
	TAIL_BARE_REASON,    /* ADDR: REASON */
	TAIL_SENDER,	     /* <SENDER> (REASON) */
	TAIL_REASON,	     /* free text */
	TAIL_WORDS,	     /* the action text and all behind it are the reason */
};

struct action_row {
	struct slice text;
	struct slice action;
	enum tail tail;
	bool free_tail; /* what follows may be a remote server's: nothing behind it is searched */
};

/* clang-format off */
#define ROW(text, action, tail, free_tail) { LIT(text), LIT(action), tail, free_tail }
static const struct action_row ACTIONS[] = {
	ROW("saved mail to ",                           "store",           TAIL_FOLDER,         false),
	ROW("stored mail into mailbox ",                "store",           TAIL_QUOTED,         false),
	ROW("forwarded to ",                            "forward",         TAIL_ADDRESS,        false),
	ROW("Marked message to be discarded ",          "discard",         TAIL_WORDS,          false),
	ROW("marked message to be discarded ",          "discard",         TAIL_WORDS,          false),
	ROW("rejected message from ",                   "reject",          TAIL_SENDER,         false),
	ROW("sent vacation response to ",               "vacation",        TAIL_ADDRESS,        false),
	ROW("save failed to open mailbox ",             "store_failed",    TAIL_FOLDER_REASON,  true),
	ROW("save failed to ",                          "store_failed",    TAIL_FOLDER_REASON,  true),
	ROW("failed to store into mailbox ",            "store_failed",    TAIL_QUOTED_REASON,  true),
	ROW("left message in mailbox ",                 "keep",            TAIL_QUOTED,         false),
	ROW("store into mailbox ",                      "store_skipped",   TAIL_QUOTED_REASON,  false),
	ROW("failed to redirect message to ",           "forward_failed",  TAIL_ADDRESS_REASON, true),
	ROW("discarded duplicate forward to ",          "forward_skipped", TAIL_ADDRESS,        false),
	ROW("Permanently failed to send rejection: ",   "reject_failed",   TAIL_REASON,         true),
	ROW("Temporarily failed to send rejection: ",   "reject_failed",   TAIL_REASON,         true),
	ROW("failed to send rejection: ",               "reject_failed",   TAIL_REASON,         true),
	ROW("failed to send vacation response to ",     "vacation_failed", TAIL_BARE_REASON,    true),
	ROW("discarded duplicate vacation response to ", "vacation_skipped", TAIL_ADDRESS,      false),
	ROW("discarded vacation reply to ",             "vacation_skipped", TAIL_ADDRESS,       false),
	ROW("discarding vacation response to ",         "vacation_skipped", TAIL_REASON,        true),
	ROW("discarding vacation response for ",        "vacation_skipped", TAIL_REASON,        true),
	ROW("not sending vacation response to ",        "vacation_skipped", TAIL_REASON,        true),
	ROW("sent mail notification to ",               "notify",          TAIL_ADDRESS,        false),
	ROW("failed to send mail notification to ",     "notify_failed",   TAIL_BARE_REASON,    true),
	ROW("message implicitly discarded",             "discard",         TAIL_WORDS,          false),
	/* neither kept nor refused: the sender can't be told */
	ROW("not sending reject message to ",           "discard",         TAIL_WORDS,          false),
	ROW("not sending reject message (would ",       "discard",         TAIL_WORDS,          false),
	ROW("not sending reject message (skipped)",     "reject_failed",   TAIL_WORDS,          false),
	ROW("reject action aborted: ",                  "reject_failed",   TAIL_WORDS,          false),
	ROW("piped message to program ",                "pipe",            TAIL_WORDS,          false),
	ROW("failed to pipe message to program",        "pipe_failed",     TAIL_WORDS,          true),
	ROW("failed to execute to program ",            "pipe_failed",     TAIL_WORDS,          true),
	ROW("executed program ",                        "execute",         TAIL_WORDS,          false),
	ROW("failed to execute program ",               "execute_failed",  TAIL_WORDS,          true),
};
#undef ROW

/* mail_log: EVENT and what we call it */
static const struct {
	struct slice event, action;
} EVENTS[] = {
	{ LIT("save: "), LIT("save") },           { LIT("flag_change: "), LIT("flag_change") },
	{ LIT("delete: "), LIT("delete") },       { LIT("undelete: "), LIT("undelete") },
	{ LIT("expunge: "), LIT("expunge") },     { LIT("autoexpunge: "), LIT("expunge") },
	{ LIT("append: "), LIT("save") },
};

static const struct {
	struct slice text, action;
} FOLDER_EVENTS[] = {
	{ LIT("Mailbox created: "), LIT("create_folder") },
	{ LIT("Mailbox deleted: "), LIT("delete_folder") },
	{ LIT("Mailbox renamed: "), LIT("rename_folder") },
};
/* clang-format on */

ATTR_NOINLINE static const struct action_row *any_action_at(struct cur *c)
{
	for (size_t i = 0; i < ARRAY_LEN(ACTIONS); i++)
		if (dovecot_take(c, ACTIONS[i].text))
			return &ACTIONS[i];
	return NULL;
}

/* nearly all: the first row */
static inline const struct action_row *action_at(struct cur *c)
{
	if (LIKELY(cur_lit(c, "saved mail to ")))
		return &ACTIONS[0];
	return cur_peek(c) == 'D' ? NULL : any_action_at(c); /* no row begins like "Disconnected" */
}

/* "fileinto action: ", of Pigeonhole's releases for Dovecot 2.3.19 and later */
static void skip_action_name(struct cur *c)
{
	const char *p = c->p;
	struct cur at;

	while (p < c->end && (ascii_lower(*p) || *p == '-' || *p == '_'))
		p++;
	at = (struct cur){ p, c->end };
	if (p > c->p && cur_lit(&at, " action: "))
		*c = at;
}

/* "M: [NAME action: ]TEXT": the action text, *c behind it; *ret_id is M */
static const struct action_row *find_action(struct cur *c, struct slice *ret_id)
{
	const char *begin = c->p, *end = c->end, *p = begin;
	const struct action_row *found = NULL;

	for (; (p = scan_mostly_near(begin, p, end, ':', ':', 32)) < end; p++) {
		const struct action_row *row;
		struct cur try;

		if (end - p < 2 || p[1] != ' ')
			continue;
		try = (struct cur){ p + 2, end };
		row = action_at(&try);
		if (!row) {
			skip_action_name(&try);
			row = try.p > p + 2 ? action_at(&try) : NULL;
		}
		if (!row)
			continue;
		found = row;
		*ret_id = slice_between(begin, p);
		c->p = try.p;
		if (row->free_tail)
			break;
		p = try.p - 1;
	}
	return found;
}

/* "<x>" gives "x" */
static struct slice unbracket(struct slice s)
{
	return s.n >= 2 && slice_starts(s, "<") && slice_ends(s, ">") ? slice_of(s.p + 1, s.n - 2) : s;
}

static struct slice unquote(struct slice s)
{
	return s.n >= 2 && slice_starts(s, "'") && slice_ends(s, "'") ? slice_of(s.p + 1, s.n - 2) : s;
}

/* c: behind the action text */
static ATTR_NOINLINE bool take_tail(struct cur c, const struct action_row *row, struct event *ret)
{
	struct slice part;

	switch (row->tail) {
	case TAIL_FOLDER: /* taken already */
		break;
	case TAIL_QUOTED:
		ret->folder = unquote(cur_rest(&c));
		return ret->folder.n > 0;
	case TAIL_ADDRESS:
		ret->recipient = unbracket(cur_rest(&c));
		return true;
	case TAIL_REASON:
		ret->reason = cur_rest(&c);
		return true;
	case TAIL_WORDS:
		ret->reason = slice_between(c.p - row->text.n, c.end);
		return true;
	case TAIL_QUOTED_REASON:
		if (!cur_byte(&c, '\'') || !cur_until(&c, '\'', &ret->folder))
			return false;
		(void)(cur_lit(&c, ": ") || cur_byte(&c, ' '));
		ret->reason = cur_rest(&c);
		return true;
	case TAIL_FOLDER_REASON:
		if (!cur_until_lit(&c, ": ", &ret->folder))
			return false;
		ret->reason = cur_rest(&c);
		return true;
	case TAIL_ADDRESS_REASON:
		if (!cur_until_lit(&c, ">: ", &part) || !slice_starts(part, "<"))
			return false;
		ret->recipient = slice_from(part, 1);
		ret->reason = cur_rest(&c);
		return true;
	case TAIL_BARE_REASON:
		if (!cur_until_lit(&c, ": ", &part))
			return false;
		ret->recipient = unbracket(part);
		ret->reason = cur_rest(&c);
		return true;
	case TAIL_SENDER:
		if (!cur_until_last_lit(&c, " (", &part))
			return false;
		ret->sender = unbracket(part);
		ret->reason = slice_head(cur_rest(&c), slice_rfind_byte(cur_rest(&c), ')'));
		return true;
	}
	return false;
}

static void set_mailbox(const struct dovecot_line *d, struct event *ret)
{
	ret->kind = EV_MAILBOX;
	ret->service = d->service;
	ret->user = d->user;
	ret->session = d->session;
	ret->client_ip = d->client_ip;
}

static bool told_id(struct slice id)
{
	return id.n && !slice_is(id, "unspecified") && !slice_is(id, "(null)");
}

/* "Connect from local", "Disconnect from 192.0.2.10: Logged out (state=READY)" */
static bool parse_lmtp_connection(const struct dovecot_line *d, struct event *ret)
{
	struct cur c = cur_of(d->text);
	struct slice peer;

	if ((cur_peek(&c) != 'C' && cur_peek(&c) != 'D') || !slice_is(d->service, "lmtp"))
		return false;
	if (cur_lit(&c, "Connect from ")) {
		peer = cur_rest(&c);
		ret->kind = EV_CONNECT;
	} else if (cur_lit(&c, "Disconnect from ")) {
		if (!cur_until_lit(&c, ": ", &peer))
			peer = cur_take_rest(&c);
		ret->kind = EV_DISCONNECT;
		ret->reason = cur_left(&c) ? cur_rest(&c) : SLICE_NONE;
	} else {
		return false;
	}
	ret->service = d->service;
	ret->user = d->user;
	ret->client_ip = dovecot_ip(peer);
	if (slice_is(peer, "local"))
		ret->marks |= MARK_LOCAL;
	return true;
}

enum parse_result dovecot_delivery(const struct dovecot_line *d, struct event *ret)
{
	struct cur c = cur_of(d->text);
	const struct action_row *row;
	struct slice id = SLICE_NONE, script;

	if (parse_lmtp_connection(d, ret))
		return PARSE_OK;
	if (cur_lit(&c, "sieve: ") && cur_lit(&c, "script ") && !cur_until_lit(&c, ": ", &script))
		return PARSE_NOT_MINE;
	if (cur_lit(&c, "msgid=")) {
		row = find_action(&c, &id);
		if (!row) /* an action of a later release, or a cut line */
			return slice_find(cur_rest(&c), SLICE(": ")) < cur_left(&c) ? PARSE_NOT_MINE
										    : PARSE_BAD;
	} else {
		/* deliver_log_format without %m: the bare action */
		skip_action_name(&c);
		row = action_at(&c);
		if (!row)
			return PARSE_NOT_MINE;
	}
	set_mailbox(d, ret);
	if (told_id(id))
		ret->message_id = id;
	ret->action = row->action;
	if (LIKELY(row->tail == TAIL_FOLDER)) {
		ret->folder = cur_rest(&c);
		return ret->folder.n > 0 ? PARSE_OK : PARSE_BAD;
	}
	return take_tail(c, row, ret) ? PARSE_OK : PARSE_BAD;
}

/* ", size=" NUMBER or "error" from the left: the position of the comma, or s.n */
static size_t find_size(struct slice s)
{
	size_t from = 0;

	for (;;) {
		struct slice rest = slice_from(s, from);
		size_t at = slice_find(rest, SLICE(", size="));
		struct cur c;

		if (at == rest.n)
			return s.n;
		c = cur_of(slice_from(rest, at + 7));
		if (ascii_digit(cur_peek(&c)) || cur_lit(&c, "error"))
			return from + at;
		from += at + 7;
	}
}

/* where M ends when no size follows it */
static size_t end_of_id(struct slice s)
{
	static const struct slice NEXT[] = { LIT(">, "), LIT(", from="), LIT(", subject="), LIT(", flags=(") };

	for (size_t i = s.n && s.p[0] == '<' ? 0 : 1; i < ARRAY_LEN(NEXT); i++) {
		size_t at = slice_find(s, NEXT[i]);

		if (at < s.n)
			return at + (i == 0);
	}
	return s.n;
}

/* "..., flags=(L)": what stands before it */
static struct slice take_flags(struct slice s, struct event *ret)
{
	size_t at = slice_rfind(s, SLICE("flags=("));

	if (at == s.n || !slice_ends(s, ")") || (at > 0 && !slice_ends(slice_head(s, at), ", ")))
		return s;
	if (slice_is(ret->action, "flag_change"))
		ret->reason = slice_of(s.p + at + strlen("flags=("), s.n - at - strlen("flags=()"));
	return slice_head(s, at < 2 ? 0 : at - 2);
}

/* "msgid=M, size=N, vsize=N, from=F, subject=S, flags=(L)" behind box and uid */
static void take_mail_fields(struct cur c, struct event *ret)
{
	struct slice rest, part;
	size_t at;

	if (cur_lit(&c, "msgid=")) {
		rest = cur_rest(&c);
		at = find_size(rest);
		if (at == rest.n)
			at = end_of_id(rest);
		part = slice_trim(slice_head(rest, at));
		ret->message_id = told_id(part) ? part : SLICE_NONE;
		c.p += at;
		(void)cur_lit(&c, ", ");
	}
	if (cur_lit(&c, "size=")) {
		(void)cur_i64(&c, INT64_MAX, &ret->size_bytes);
		c.p += slice_find_byte(cur_rest(&c), ',');
		(void)cur_lit(&c, ", ");
	}
	rest = take_flags(cur_rest(&c), ret);
	at = slice_find(rest, SLICE(", subject="));
	if (at < rest.n)
		ret->subject = slice_from(rest, at + strlen(", subject="));
	else if (slice_starts(rest, "subject="))
		ret->subject = slice_from(rest, strlen("subject="));
}

/* A folder's name may hold ", ": it ends where another field follows.  Those hold text of strangers, so the first counts. */
static struct slice take_box(struct cur *c)
{
	static const struct slice KEYS[] = {
		LIT("uid="), LIT("msgid="), LIT("size="), LIT("vsize="), LIT("from="), LIT("subject="), LIT("flags=("),
	};
	const char *begin = c->p;
	struct slice part;

	while (cur_until_lit(c, ", ", &part))
		for (size_t i = 0; i < ARRAY_LEN(KEYS); i++)
			if (dovecot_starts(cur_rest(c), KEYS[i])) {
				c->p -= 2;
				return slice_between(begin, c->p);
			}
	return slice_between(begin, (c->p = c->end));
}

static bool mail_fields(struct cur c, struct event *ret)
{
	struct slice rest = cur_rest(&c);

	if (cur_lit(&c, "box=")) {
		ret->folder = take_box(&c);
		(void)cur_lit(&c, ", ");
	} else if (!slice_starts(rest, "uid=") && !slice_starts(rest, "msgid=") &&
		   !slice_starts(rest, "size=")) {
		return false;
	}
	if (cur_lit(&c, "uid=")) {
		c.p += slice_find(cur_rest(&c), SLICE(", "));
		(void)cur_lit(&c, ", ");
	}
	take_mail_fields(c, ret);
	return true;
}

enum parse_result dovecot_mail_log(const struct dovecot_line *d, struct event *ret)
{
	struct cur c = cur_of(d->text);
	struct slice from;

	for (size_t i = 0; i < ARRAY_LEN(EVENTS); i++) {
		if (!dovecot_take(&c, EVENTS[i].event))
			continue;
		set_mailbox(d, ret);
		ret->action = EVENTS[i].action;
		if (d->text.p[0] == 'a' && slice_is(ret->action, "expunge"))
			ret->reason = SLICE("autoexpunge");
		return mail_fields(c, ret) ? PARSE_OK : PARSE_BAD;
	}
	for (size_t i = 0; i < ARRAY_LEN(FOLDER_EVENTS); i++) {
		if (!dovecot_take(&c, FOLDER_EVENTS[i].text))
			continue;
		set_mailbox(d, ret);
		ret->action = FOLDER_EVENTS[i].action;
		ret->folder = cur_rest(&c);
		return ret->folder.n ? PARSE_OK : PARSE_BAD;
	}
	if (cur_lit(&c, "copy from ")) {
		if (!cur_until_lit(&c, ": ", &from))
			return PARSE_BAD;
		set_mailbox(d, ret);
		ret->action = SLICE("copy");
		ret->reason = from;
		return mail_fields(c, ret) ? PARSE_OK : PARSE_BAD;
	}
	return PARSE_NOT_MINE;
}
