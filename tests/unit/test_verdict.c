/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_verdict.c - whose is a filter's word?
 *
 * Lines go through the parsers into the tracker; what comes out is told as "QUEUEID[check=result,...]recipients' outcomes".
 */
#include "unit.h"

#include "base/strbuf.h"
#include "parse/parse.h"
#include "track/track.h"

struct said {
	int second;
	const char *server; /* NULL: the log names none */
	const char *program;
	int pid;
	const char *text;
};

static void tell_verdicts(struct strbuf *out, const struct verdict *v)
{
	strbuf_add_byte(out, '[');
	for (; v; v = v->next)
		strbuf_printf(out, "%.*s=%.*s%s", SLICE_ARG(v->check), SLICE_ARG(v->result), v->next ? "," : "");
	strbuf_add_byte(out, ']');
}

static void on_message(void *ctx, const struct message *m)
{
	struct strbuf *out = ctx;

	strbuf_printf(out, "%.*s", SLICE_ARG(m->queue_id));
	tell_verdicts(out, m->verdicts);
	for (const struct recipient *r = m->recipients; r; r = r->next)
		strbuf_printf(out, "%s%s", outcome_name(r->outcome), r->next ? "," : "");
	if (m->role != ROLE_MAIL)
		strbuf_printf(out, "(%s)", message_role_name(m->role));
	strbuf_add_byte(out, ' ');
}

static void on_rejection(void *ctx, const struct rejection *r)
{
	strbuf_add_str(ctx, "rejection");
	tell_verdicts(ctx, r->verdicts);
	strbuf_add_byte(ctx, ' ');
}

static struct line line_of(const struct said *s, size_t i)
{
	struct slice text = slice_str(s->text), server = s->server ? slice_str(s->server) : SLICE("rspamd.log");

	return (struct line){ .raw = text, .text = text, .line_count = 1, .line_no = i + 1, .pid = s->pid,
			      .time_us = (s->second + 1000) * USEC_PER_SEC, .server = server, .host = server,
			      .program = slice_str(s->program), .envelope = ENVELOPE_RFC3164,
			      .flags = s->server ? 0 : LINE_SERVER_GUESSED };
}

static void run(const struct said *said, size_t n, bool details, const char *want, const char *name)
{
	struct strbuf out = { 0 };
	struct fact_sink sink = { .ctx = &out, .message = on_message, .rejection = on_rejection };
	struct tracker *t = tracker_new(&(struct tracker_options){ .details = details ? DETAIL_ALL : 0, .keep_lines = details }, &sink);

	for (size_t i = 0; i < n; i++) {
		struct line l = line_of(&said[i], i);
		struct event e;

		parse_line(&l, &e);
		CHECK(e.kind < EV_OTHER, "%s: not understood: %s", name, said[i].text);
		tracker_feed(t, &l, &e);
	}
	tracker_end(t);
	CHECK(slice_eq(strbuf_slice(&out), slice_str(want)), "%s:\n got  %.*s\n want %s", name, (int)out.n, out.p, want);
	CHECK(tracker_stats(t).held_bytes < 16 << 20, "%s: %zu bytes", name, tracker_stats(t).held_bytes);
	tracker_free(t);
	strbuf_done(&out);
}
#define RUN(said, details, want) run(said, ARRAY_LEN(said), details, want, #said)

#define RSPAMD(qid, mid, ip, from, action)                                                                \
	"<a1b2c3>; proxy; rspamd_task_write_log: id: <" mid ">, qid: <" qid ">, ip: " ip ", from: <" from \
	">, (default: F (" action "): [1.20/15.00] [A(0.00){}]), len: 9, time: 1.0ms, dns req: 0, "      \
	"digest: <00>, rcpts: <bob@example.com>"
#define ARRIVAL(second, id, mid, ip, from)                                                    \
	{ second, "mx1", "postfix/smtpd", 101, id ": client=mail.example.org[" ip "]" },      \
	{ second, "mx1", "postfix/cleanup", 102, id ": message-id=<" mid ">" },               \
	{ second, "mx1", "postfix/qmgr", 103, id ": from=<" from ">, size=9, nrcpt=1 (queue active)" }
#define SENT(second, id)                                                                                  \
	{ second, "mx1", "postfix/virtual", 104,                                                          \
	  id ": to=<bob@example.com>, relay=virtual, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (delivered to maildir)" }, \
	{ second, "mx1", "postfix/qmgr", 103, id ": removed" }

/* a log without a host whose clock is a second behind, and one of another machine */
static const struct said elsewhere[] = {
	{ 0, NULL, "rspamd", 700, RSPAMD("4A1B2C3D4E", "m1@x.example", "192.0.2.1", "a@x.example", "no action") },
	ARRIVAL(1, "4A1B2C3D4E", "m1@x.example", "192.0.2.1", "a@x.example"),
	{ 2, "scanner", "rspamd", 700, RSPAMD("4A1B2C3D4E", "m1@x.example", "192.0.2.1", "a@x.example", "greylist") },
	SENT(3, "4A1B2C3D4E"),
};

/* A Message-ID that tells another message's queue id: nothing else of it agrees. */
static const struct said forged[] = {
	ARRIVAL(1, "4A1B2C3D4E", "m1@x.example", "192.0.2.1", "a@x.example"),
	{ 2, "mx1", "rspamd", 700, RSPAMD("4A1B2C3D4E", "evil@y.example", "192.0.2.66", "s@y.example", "reject") },
	SENT(3, "4A1B2C3D4E"),
};

/* spamd names nothing but the Message-ID; what comes back from the filter has the same */
static const struct said by_message_id[] = {
	ARRIVAL(1, "4A1B2C3D4E", "m1@x.example", "192.0.2.1", "a@x.example"),
	{ 2, "mx1", "spamd", 880, "spamd: clean message (-1.9/5.0) for ann:1000 in 1.2 seconds, 1843 bytes." },
	{ 2, "mx1", "spamd", 880,
	  "spamd: result: . -1 - X scantime=1.2,size=1843,user=ann,uid=1000,required_score=5.0,rhost=localhost,"
	  "raddr=127.0.0.1,rport=40400,mid=<m1@x.example>,autolearn=ham autolearn_force=no" },
	ARRIVAL(5, "5A1B2C3D4E", "m1@x.example", "127.0.0.1", "a@x.example"),
	SENT(6, "5A1B2C3D4E"),
	SENT(7, "4A1B2C3D4E"),
};

/* two questions of one client, of which one is refused; another client's is not taken */
#define SPF(result, ip, from, to)                                                                          \
	"prepend Received-SPF: " result " (mailfrom) identity=mailfrom; client-ip=" ip "; helo=h.x.example; " \
	"envelope-from=" from "; receiver=" to
static const struct said policy[] = {
	{ 1, "mx1", "policyd-spf", 1, SPF("Softfail", "192.0.2.1", "a@x.example", "none@example.com") },
	{ 1, "mx1", "postfix/smtpd", 101,
	  "NOQUEUE: reject: RCPT from mail.example.org[192.0.2.1]: 550 5.1.1 <none@example.com>: Recipient address rejected; "
	  "from=<a@x.example> to=<none@example.com> proto=ESMTP helo=<h.x.example>" },
	{ 1, "mx1", "policyd-spf", 2, SPF("Fail", "192.0.2.66", "s@y.example", "bob@example.com") },
	{ 1, "mx1", "policyd-spf", 1, SPF("Pass", "192.0.2.1", "a@x.example", "bob@example.com") },
	ARRIVAL(2, "4A1B2C3D4E", "m1@x.example", "192.0.2.1", "a@x.example"),
	SENT(3, "4A1B2C3D4E"),
};

/* the same word long before is about another mail */
static const struct said late[] = {
	{ 1, "mx1", "policyd-spf", 1, SPF("Pass", "192.0.2.1", "a@x.example", "bob@example.com") },
	ARRIVAL(25, "4A1B2C3D4E", "m1@x.example", "192.0.2.1", "a@x.example"),
	SENT(26, "4A1B2C3D4E"),
};

/* Exim's filter threw it away; Exim says "=>", and no id of amavis' */
static const struct said discarded[] = {
	{ 1, "mx1", "exim", 1, "1wxyzB-000002-CD <= s@y.example H=(x) [192.0.2.66] P=esmtp S=5120 id=m2@y.example" },
	{ 3, "mx1", "amavis", 1234,
	  "(01234-06) Blocked SPAM {DiscardedInbound,Quarantined}, [192.0.2.66] <s@y.example> -> <bob@example.com>, Message-ID: "
	  "<m2@y.example>, mail_id: aBc, Hits: 17.3, size: 5120, 1503 ms" },
	{ 3, "mx1", "exim", 2, "1wxyzB-000002-CD => bob@example.com R=amavis T=amavis H=127.0.0.1 [127.0.0.1]" },
	{ 3, "mx1", "exim", 2, "1wxyzB-000002-CD => carol@example.com R=smtp T=smtp H=mx.example.net [192.0.2.9]" },
	{ 3, "mx1", "exim", 2, "1wxyzB-000002-CD Completed" },
};

/* only the filter's log was given; and its message comes under another machine's name */
static const struct said alone[] = {
	{ 1, "mx1", "rspamd", 700, RSPAMD("4A1B2C3D4E", "m1@x.example", "192.0.2.1", "a@x.example", "reject") },
	{ 90, "mx1", "postfix/qmgr", 103, "5A1B2C3D4E: removed" },
};

static void test_stories(void **state)
{
	(void)state;
	RUN(elsewhere, true, "4A1B2C3D4E[spam=no action,spam=greylist]delivered ");
	RUN(elsewhere, false, "4A1B2C3D4E[]delivered ");
	RUN(forged, true, "4A1B2C3D4E[spam=reject]pending(filtered) 4A1B2C3D4E[]delivered ");
	RUN(forged, false, "4A1B2C3D4E[]delivered ");
	RUN(by_message_id, true, "5A1B2C3D4E[]delivered(forward) 4A1B2C3D4E[spam=ham]delivered ");
	RUN(policy, true, "rejection[spf=softfail] 4A1B2C3D4E[spf=pass]delivered ");
	RUN(policy, false, "rejection[] 4A1B2C3D4E[]delivered ");
	RUN(late, true, "4A1B2C3D4E[]delivered ");
	RUN(discarded, true, "1wxyzB-000002-CD[spam=spam]discarded,relayed ");
	RUN(discarded, false, "1wxyzB-000002-CD[]discarded,relayed ");
	RUN(alone, true, "4A1B2C3D4E[spam=reject]pending(filtered) 5A1B2C3D4E[] ");
	RUN(alone, false, "5A1B2C3D4E[] ");
}

/* Strangers may send what they like: words that nobody claims take a bounded room. */
static void test_flood(void **state)
{
	struct strbuf out = { 0 };
	struct fact_sink sink = { .ctx = &out };
	struct tracker *t = tracker_new(&(struct tracker_options){ .details = DETAIL_ALL, .keep_lines = true }, &sink);
	char text[8192];

	(void)state;
	for (size_t i = 0; i < 20000; i++) {
		struct said s = { 1, "mx1", "rspamd", 700, text };
		struct line l;
		struct event e;

		(void)snprintf(text, sizeof text,
			       "<%06zx>; proxy; rspamd_task_write_log: id: <%zu@x.example>, qid: <%08zX>, ip: 192.0.2.1, from: "
			       "<%0*d@x.example>, (default: F (no action): [1.20/15.00] [A(0.00){}]), len: 9, time: 1.0ms, "
			       "dns req: 0, digest: <00>, rcpts: <bob@example.com>", i & 0xffffff, i, i, 6000, 1);
		l = line_of(&s, i);
		parse_line(&l, &e);
		assert_int_equal(e.kind, EV_VERDICT);
		tracker_feed(t, &l, &e);
	}
	CHECK(tracker_stats(t).held_bytes < 32 << 20, "%zu bytes", tracker_stats(t).held_bytes);
	tracker_end(t);
	tracker_free(t);
	strbuf_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stories),
		cmocka_unit_test(test_flood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
