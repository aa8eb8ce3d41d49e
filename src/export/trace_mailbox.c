/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace_mailbox.c - what happened in mailboxes, in words
 */
#include "export/trace_mailbox.h"

#include "base/attr.h"
#include "base/tr.h"

#define NAME(s) { "" s "", sizeof(s) - 1 }

/* what follows the words */
enum object { OBJECT_NONE, OBJECT_FOLDER, OBJECT_RECIPIENT, OBJECT_COPY };

static const struct words {
	struct slice action;
	const char *words;
	enum object object;
	enum term_style style;
	bool by; /* who did it is not plain: an IMAP client, POP3, an administrator */
} WORDS[] = {
	{ NAME("store"), TR_KEY("trace.mailbox.store", "stored in "), OBJECT_FOLDER, TERM_GOOD, false },
	{ NAME("save"), TR_KEY("trace.mailbox.save", "saved in "), OBJECT_FOLDER, TERM_GOOD, true },
	{ NAME("keep"), TR_KEY("trace.mailbox.keep", "left in "), OBJECT_FOLDER, TERM_GOOD, false },
	{ NAME("pipe"), TR_KEY("trace.mailbox.pipe", "handed to a program"), OBJECT_NONE, TERM_GOOD, false },
	{ NAME("pipe_failed"), TR_KEY("trace.mailbox.pipe_failed", "not handed to a program"), OBJECT_NONE, TERM_BAD, false },
	{ NAME("forward"), TR_KEY("trace.mailbox.forward", "sent on to "), OBJECT_RECIPIENT, TERM_GOOD, false },
	{ NAME("forward_failed"), TR_KEY("trace.mailbox.forward_failed", "could not be sent on to "), OBJECT_RECIPIENT, TERM_BAD, false },
	{ NAME("forward_skipped"), TR_KEY("trace.mailbox.forward_skipped", "not sent on again to "), OBJECT_RECIPIENT, TERM_PLAIN, false },
	{ NAME("discard"), TR_KEY("trace.mailbox.discard", "thrown away by the owner's script unless stored"), OBJECT_NONE, TERM_WARN, false },
	{ NAME("reject"), TR_KEY("trace.mailbox.reject", "refused by the owner's script"), OBJECT_NONE, TERM_BAD, false },
	{ NAME("reject_failed"), TR_KEY("trace.mailbox.reject_failed", "the sender could not be told of the refusal"), OBJECT_NONE, TERM_BAD, false },
	{ NAME("vacation"), TR_KEY("trace.mailbox.vacation", "automatic answer sent to "), OBJECT_RECIPIENT, TERM_PLAIN, false },
	{ NAME("vacation_failed"), TR_KEY("trace.mailbox.vacation_failed", "automatic answer failed to "), OBJECT_RECIPIENT, TERM_WARN, false },
	{ NAME("vacation_skipped"), TR_KEY("trace.mailbox.vacation_skipped", "no automatic answer to "), OBJECT_RECIPIENT, TERM_PLAIN, false },
	{ NAME("notify"), TR_KEY("trace.mailbox.notify", "notification sent to "), OBJECT_RECIPIENT, TERM_PLAIN, false },
	{ NAME("notify_failed"), TR_KEY("trace.mailbox.notify_failed", "notification failed to "), OBJECT_RECIPIENT, TERM_WARN, false },
	{ NAME("store_failed"), TR_KEY("trace.mailbox.store_failed", "could not be stored in "), OBJECT_FOLDER, TERM_BAD, false },
	{ NAME("store_skipped"), TR_KEY("trace.mailbox.store_skipped", "not stored in "), OBJECT_FOLDER, TERM_WARN, false },
	{ NAME("error"), TR_KEY("trace.mailbox.error", "trouble on delivery"), OBJECT_NONE, TERM_WARN, false },
	{ NAME("copy"), TR_KEY("trace.mailbox.copy", "copied to "), OBJECT_COPY, TERM_PLAIN, true },
	{ NAME("delete"), TR_KEY("trace.mailbox.delete", "marked as deleted in "), OBJECT_FOLDER, TERM_WARN, true },
	{ NAME("undelete"), TR_KEY("trace.mailbox.undelete", "no longer marked as deleted in "), OBJECT_FOLDER, TERM_PLAIN, true },
	{ NAME("expunge"), TR_KEY("trace.mailbox.expunge", "deleted from "), OBJECT_FOLDER, TERM_WARN, true },
	{ NAME("flag_change"), TR_KEY("trace.mailbox.flag_change", "flags changed in "), OBJECT_FOLDER, TERM_PLAIN, true },
	{ NAME("create_folder"), TR_KEY("trace.mailbox.create_folder", "folder created: "), OBJECT_FOLDER, TERM_PLAIN, true },
	{ NAME("delete_folder"), TR_KEY("trace.mailbox.delete_folder", "folder deleted: "), OBJECT_FOLDER, TERM_WARN, true },
	{ NAME("rename_folder"), TR_KEY("trace.mailbox.rename_folder", "folder renamed: "), OBJECT_FOLDER, TERM_PLAIN, true },
};

static const struct words *words_of(struct slice action)
{
	for (size_t i = 0; i < ARRAY_LEN(WORDS); i++)
		if (slice_eq(action, WORDS[i].action))
			return &WORDS[i];
	return NULL;
}

static void put_object(struct strbuf *out, const struct words *w, const struct mailbox_action *a)
{
	switch (w->object) {
	case OBJECT_NONE:
		return;
	case OBJECT_FOLDER:
	case OBJECT_COPY:
		(void)term_text(out, a->folder.p ? a->folder : slice_str(tr("trace.mailbox.no_folder", "(folder not named)")));
		break;
	case OBJECT_RECIPIENT:
		(void)term_text(out, a->recipient.n ? a->recipient : SLICE("<>"));
		break;
	}
	if (w->object == OBJECT_COPY && a->reason.p) {
		strbuf_add_str(out, tr("trace.mailbox.copied_from", " from "));
		(void)term_text(out, a->reason);
	}
}

static void put_reason(const struct trace_out *o, size_t column, const struct words *w, const struct mailbox_action *a)
{
	/* the recipient's line shows why it was thrown away, the words hold where a copy came from */
	if (!a->reason.n || (w && (w->object == OBJECT_COPY || slice_is(a->action, "discard"))))
		return;
	strbuf_add_str(o->out, ": ");
	(void)term_wrapped(o->out, o->term, column, 14, a->reason);
}

void mailbox_line(const struct trace_out *o, const struct mailbox_action *a)
{
	const struct words *w = words_of(a->action);
	struct strbuf *out = o->out;

	answer_time(out, a->time_us, a->utc_offset_sec);
	strbuf_add_str(out, "  ");
	(void)term_cell(out, o->term, TERM_NAME, a->user.p ? a->user : slice_str(tr("trace.mailbox.no_owner", "(owner not named)")), 0);
	strbuf_add_str(out, "  ");
	if (w) {
		term_begin(out, o->term, w->style);
		strbuf_add_str(out, tr_key(w->words));
		put_object(out, w, a);
		term_end(out, o->term, w->style);
	} else {
		(void)term_text(out, a->action);
		if (a->folder.p) {
			strbuf_add_byte(out, ' ');
			(void)term_text(out, a->folder);
		}
	}
	if (a->service.p && (!w || w->by)) {
		strbuf_add_str(out, tr("trace.mailbox.by", " by "));
		(void)term_text(out, a->service);
	}
	if (a->client_ip.p) {
		strbuf_add_str(out, tr("trace.mailbox.from", " from "));
		(void)term_text(out, a->client_ip);
	}
	put_reason(o, 14, w, a);
}
