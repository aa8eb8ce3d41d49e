/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deeds.c - causes that are no reply, and the sentences of all causes filled in
 *
 * Texts of deeds name what a complaint does not have: who did it, what the log quotes.  So they are filled in here and not
 * by cause_fill().  The words are a site's own, or a stranger's: they are quoted and cut.
 */
#include "diagnose/deeds.h"

#include "base/attr.h"
#include "diagnose/verdict.h"

#define WORDS_MAX    240 /* bytes that are quoted; the whole reply stands elsewhere */
#define ADDRESS_MAX  254 /* RFC 5321 allows no longer path */
#define QUEUE_ID_MAX 64

static const struct {
	struct slice id;
	enum cause_class class;
	enum cause_side side;
	bool temporary;
	struct slice summary, action;
} DEEDS[] = {
#define DEED(id, name, class, side, temporary, summary, action) \
	[id] = { LIT(name), class, side, temporary, LIT(summary), LIT(action) },
#include "diagnose/deeds.def"
#undef DEED
};
_Static_assert(ARRAY_LEN(DEEDS) == DEED_COUNT, "one row per deed");

struct cause deed_cause(enum deed d)
{
	return (struct cause){
		.id = DEEDS[d].id,
		.class = DEEDS[d].class,
		.side = DEEDS[d].side,
		.temporary = DEEDS[d].temporary,
		.basis = BASIS_DEED,
		.summary = DEEDS[d].summary,
		.action = DEEDS[d].action,
	};
}

static const char *release_words(enum writer w)
{
	switch ((int)w) {
	case WRITER_EXIM:
		return TR_KEY("deed.release.exim", "`exim -M {id}` delivers it now, `exim -Mrm {id}` deletes it");
	case WRITER_POSTFIX:
		return TR_KEY("deed.release.postfix", "`postsuper -H {id}` releases it, `postsuper -d {id}` deletes it");
	case WRITER_SENDMAIL:
		return TR_KEY("deed.release.sendmail", "`sendmail -Q -qQ -qI{id}` releases it from quarantine");
	default:
		return NULL;
	}
}

/* A name that may stand in a command: what a stranger chose must not become one. */
static struct slice safe_id(struct slice id)
{
	if (!id.n || id.n > QUEUE_ID_MAX || id.p[0] == '-')
		return SLICE("ID");
	for (size_t i = 0; i < id.n; i++) {
		char c = id.p[i];

		if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-'))
			return SLICE("ID");
	}
	return id;
}

/* at most n bytes, cut between two characters */
static struct slice cut(struct slice s, size_t n)
{
	if (s.n <= n)
		return s;
	while (n && (s.p[n] & 0xc0) == 0x80)
		n--;
	return slice_head(s, n);
}

static void add_milli(struct strbuf *out, int64_t milli)
{
	uint64_t v = milli < 0 ? 0 - (uint64_t)milli : (uint64_t)milli;

	strbuf_printf(out, "%s%llu.%llu", milli < 0 ? "-" : "", (unsigned long long)(v / 1000),
		      (unsigned long long)(v / 100 % 10));
}

static void add_score(struct strbuf *out, enum tr_language language, const struct verdict *v)
{
	struct strbuf score = { 0 }, threshold = { 0 };

	if (!v || v->score_milli == -1)
		return;
	add_milli(&score, v->score_milli);
	if (v->threshold_milli != -1)
		add_milli(&threshold, v->threshold_milli);
	tr_fill(out, tr_in(language, TR_KEY("deed.score", "(score {score}{ of threshold})")),
		(struct tr_value[]){ { "score", strbuf_slice(&score) }, { "threshold", strbuf_slice(&threshold) } }, 2);
	strbuf_done(&score);
	strbuf_done(&threshold);
}

static void fill_deed(struct strbuf *out, enum tr_language language, struct slice text, const struct complaint *c,
		      const struct deed_words *w)
{
	const char *release_text = release_words(w->writer);
	struct strbuf template = { 0 }, words = { 0 }, score = { 0 }, release = { 0 };
	const struct tr_value id = { "id", safe_id(w->id) };

	strbuf_add(&template, text);
	if (w->words.n) {
		strbuf_add_byte(&words, '"');
		strbuf_add(&words, cut(w->words, WORDS_MAX));
		strbuf_add_str(&words, w->words.n > WORDS_MAX ? "...\"" : "\"");
	}
	add_score(&score, language, w->filter);
	if (release_text)
		tr_fill(&release, tr_in(language, release_text), &id, 1);
	tr_fill(out, template.p ? template.p : "",
		(struct tr_value[]){
			{ "recipient", cut(c->recipient, ADDRESS_MAX) },
			{ "sender", cut(c->sender, ADDRESS_MAX) },
			{ "who", cut(w->who, ADDRESS_MAX) },
			{ "words", strbuf_slice(&words) },
			{ "score", strbuf_slice(&score) },
			{ "release", strbuf_slice(&release) },
			id,
		},
		7);
	strbuf_done(&template);
	strbuf_done(&words);
	strbuf_done(&score);
	strbuf_done(&release);
}

static void fill(struct strbuf *out, enum tr_language language, const struct cause *cause, const char *suffix,
		 struct slice text, const struct complaint *complaint, const struct deed_words *deed)
{
	static const struct deed_words NO_WORDS = { .writer = WRITER_NONE };
	struct complaint c = *complaint;

	if (language == TR_LOCAL)
		text = tr_slice(cause->id, suffix, text);
	c.recipient = cut(c.recipient, ADDRESS_MAX);
	c.sender = cut(c.sender, ADDRESS_MAX);
	if (cause->basis == BASIS_DEED)
		fill_deed(out, language, text, &c, deed ? deed : &NO_WORDS);
	else
		cause_fill(out, text, &c);
}

void verdict_summary(struct strbuf *out, enum tr_language language, const struct cause *cause,
		     const struct complaint *complaint, const struct deed_words *deed)
{
	fill(out, language, cause, ".summary", cause->summary, complaint, deed);
}

void verdict_action(struct strbuf *out, enum tr_language language, const struct cause *cause,
		    const struct complaint *complaint, const struct deed_words *deed)
{
	fill(out, language, cause, ".action", cause->action, complaint, deed);
}

void verdict_codes(struct strbuf *out, const struct complaint *complaint)
{
	struct reply_parts parts;

	reply_take_apart(complaint, &parts);
	if (parts.smtp_code >= 400)
		strbuf_add_i64(out, parts.smtp_code);
	if (parts.dsn.n > 1 && parts.dsn.n <= 11 && (parts.dsn.p[0] == '4' || parts.dsn.p[0] == '5')) {
		if (parts.smtp_code >= 400)
			strbuf_add_byte(out, ' ');
		strbuf_add(out, parts.dsn);
	}
}
