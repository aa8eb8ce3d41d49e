/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain_walk.c - a text cut into parts, from left to right
 *
 * What the parser found (the slices of the event) and what the glossary knows (words, keys with their values) become
 * parts; what is left between them is a part without a meaning, named by the field of the event that it lies in.
 *
 * Traps: the event's slices decide where a value ends, so that a subject with " => bob@example.com" in it stays one part.  In a server's
 * reply and in other free text only the words of replies are looked for, no keys: it was chosen by strangers.
 */
#include "base/ascii.h"
#include "base/attr.h"
#include "base/cursor.h"
#include "diagnose/explain_priv.h"
#include "event/columns.h"
#include "event/queue_id.h"

#define SPANS_MAX 64

/* a field of the event that lies in the text */
struct span {
	struct slice text;
	const char *field;
	bool free;              /* words of somebody: looked into, and no part by itself */
};

/* who says what follows, in a reply */
enum whose { WHOSE_LOG, WHOSE_ANSWER, WHOSE_COMMAND };

struct walk {
	struct explanation *x;
	const struct event *event;
	struct gloss_set words, replies; /* of its glossaries; of replies */
	enum gloss_scope head_scope; /* of words that only begin a text: flags, services; SCOPE_COUNT: none */
	struct slice text;
	struct span spans[SPANS_MAX];
	size_t n_spans;
	const char *pending;    /* from here on nothing was explained */
	const char *after;      /* end of the last part */
	bool head;              /* nothing but an id so far: the place of Exim's flags */
	bool after_flag;        /* of a delivery of Exim's, whose address comes next */
	bool after_final;
	struct slice last_code, last_dsn;
	bool all_reply;
	enum whose whose;
};

static const enum gloss_scope REPLY_SCOPES[] = { SCOPE_REPLY_WORD };

static bool is_free(const char *field)
{
	static const char *const FREE[] = { "reply", "reason", "text", "commands", "action" };

	for (size_t i = 0; i < ARRAY_LEN(FREE); i++)
		if (strcmp(field, FREE[i]) == 0)
			return true;
	return false;
}

static void add_span(struct walk *w, const char *field, struct slice s)
{
	uintptr_t begin = (uintptr_t)w->text.p, at = (uintptr_t)s.p;

	if (!s.p || !s.n || at < begin || at + s.n > begin + w->text.n || w->n_spans == SPANS_MAX)
		return;
	w->spans[w->n_spans++] = (struct span){ s, field, is_free(field) };
}

static void find_spans(struct walk *w, const struct event *e)
{
#define F(type, name, help) FIELD_TEXT_##type(add_span(w, #name, e->name);)
#include "event/fields.def"
#undef F
}

static const char *end_of(const struct walk *w)
{
	return w->text.p + w->text.n;
}

/* the longest field that begins here */
static const struct span *span_at(const struct walk *w, const char *p)
{
	const struct span *best = NULL;

	for (size_t i = 0; i < w->n_spans; i++)
		if (w->spans[i].text.p == p && !w->spans[i].free && (!best || w->spans[i].text.n > best->text.n))
			best = &w->spans[i];
	return best;
}

/* "reason=client whitelist" */
static const struct span *reason_at(const struct walk *w, const char *p)
{
	for (size_t i = 0; i < w->n_spans; i++)
		if (w->spans[i].text.p == p && strcmp(w->spans[i].field, "reason") == 0)
			return &w->spans[i];
	return NULL;
}

/* the smallest piece of free text around this byte */
static const struct span *free_text_at(const struct walk *w, const char *p)
{
	const struct span *best = NULL;

	for (size_t i = 0; i < w->n_spans; i++) {
		const struct span *s = &w->spans[i];

		if (s->free && p >= s->text.p && p < s->text.p + s->text.n && (!best || s->text.n < best->text.n))
			best = s;
	}
	return best;
}

static bool in_reply(const struct walk *w, const char *p)
{
	const struct span *s = free_text_at(w, p);

	return w->all_reply || (s && strcmp(s->field, "reply") == 0);
}

static bool is_opener(char c)
{
	return c == '(' || c == '[' || c == '<' || c == '{' || c == '"' || c == '\'';
}

static char closer_of(char c)
{
	switch (c) {
	case '(':
		return ')';
	case '[':
		return ']';
	case '<':
		return '>';
	case '{':
		return '}';
	default:
		return c;
	}
}

static bool is_separator(char c)
{
	return c == ' ' || c == ',' || c == ';' || c == ')' || c == '\t' || c == '\n' || c == '\r' || c == LOG_DECODED_END;
}

/* what only parts words */
static bool is_mark(char c)
{
	return c == ':' || c == '.' || c == '>' || c == ']' || c == '}';
}

static bool has_words(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (ascii_alnum(s.p[i]) || (unsigned char)s.p[i] >= 0x80)
			return true;
	return false;
}

static const struct gloss *field_gloss(const char *field)
{
	return gloss_find(SCOPE_EVENT_FIELD, slice_str(field));
}

/*
 * Postfix, Exim and Sendmail write what an other server answered and what they found out themselves ("Host or domain name not found", "unknown user")
 * into the same field.  Without a line around it, it is taken for an answer, unless it begins as such a reason does.
 */
static enum whose whose_at_first(const struct event *e, struct slice text)
{
	static const struct slice OWN[] = {
		LIT("connect to "), LIT("lost connection with "), LIT("conversation with "), LIT("Host or domain name not found"),
		LIT("unknown user"), LIT("mail for "), LIT("TLS is required"), LIT("delivery temporarily suspended"),
		LIT("Command died"), LIT("Command time limit"), LIT("temporary failure. Command"), LIT("mail forwarding loop"),
	};
	struct slice s = text.n && is_opener(text.p[0]) ? slice_from(text, 1) : text;

	if (e)
		return WHOSE_LOG;
	for (size_t i = 0; i < ARRAY_LEN(OWN); i++)
		if (s.n >= OWN[i].n && memcmp(s.p, OWN[i].p, OWN[i].n) == 0)
			return WHOSE_LOG;
	return WHOSE_ANSWER;
}

/* The reply is this server's, to a client. */
static bool answers_itself(const struct walk *w)
{
	return w->event && (w->event->kind == EV_REJECT || w->event->kind == EV_AUTH);
}

/* words behind which somebody else speaks, or the log again */
static void note_whose(struct walk *w, struct slice form)
{
	static const struct {
		struct slice begin;
		enum whose whose;
	} WORDS[] = {
		{ LIT("said:"), WHOSE_ANSWER },
		{ LIT("refused to talk to me:"), WHOSE_ANSWER },
		{ LIT("SMTP error from remote mail"), WHOSE_ANSWER },
		{ LIT("LMTP error "), WHOSE_ANSWER },
		{ LIT("Diagnostic-Code:"), WHOSE_ANSWER },
		{ LIT("Command output:"), WHOSE_COMMAND },
		{ LIT("(in reply to "), WHOSE_LOG },
	};

	if (answers_itself(w))
		return;
	for (size_t i = 0; i < ARRAY_LEN(WORDS); i++)
		if (form.n >= WORDS[i].begin.n && memcmp(form.p, WORDS[i].begin.p, WORDS[i].begin.n) == 0)
			w->whose = WORDS[i].whose;
}

static void add_reply_words(struct walk *w, struct slice rest)
{
	struct explain_part *p;

	if (w->whose == WHOSE_ANSWER) {
		explain_add_gloss(w->x, rest, field_gloss("reply"), SLICE_NONE);
		return;
	}
	p = explain_add(w->x, rest);
	if (w->whose == WHOSE_COMMAND) {
		p->name = slice_str(explain_words(w->x, TR_KEY("explain.command_output", "output of the command")));
		p->meaning = slice_str(explain_words(w->x, TR_KEY("explain.command_output.meaning", "what the program printed that mail was handed to")));
	} else if (answers_itself(w)) {
		p->name = slice_str(explain_words(w->x, field_gloss("reply")->name));
		p->meaning = slice_str(explain_words(w->x, TR_KEY("explain.own_reply.meaning", "in this server's own words: so it answered the client")));
	} else {
		p->name = slice_str(explain_words(w->x, TR_KEY("explain.own_reason", "reason")));
		p->meaning = slice_str(explain_words(w->x, TR_KEY("explain.own_reason.meaning", "in this server's own words: no other server said them")));
	}
}

/* words that no field holds; single ones only join what stands around them */
static void add_words(struct walk *w, struct slice rest)
{
	struct explain_part *p = explain_add(w->x, rest);

	if (w->event && slice_find_byte(rest, ' ') < rest.n)
		p->name = slice_str(explain_words(w->x, field_gloss("text")->name));
}

/* Exim's address after the flag: where it went in the end; then in parentheses the addresses in between */
static void add_final(struct walk *w, struct slice rest)
{
	const struct gloss *g = gloss_find(SCOPE_EXIM_ADDRESS, w->after_flag ? SLICE("final") : SLICE("parents"));

	explain_add_gloss(w->x, rest, g, SLICE_NONE);
	w->after_final = w->after_flag;
	w->after_flag = w->head = false;
	w->after = rest.p + rest.n;
}

/* Marks in front of it go to the part before. */
static struct slice without_marks(struct walk *w, struct slice rest)
{
	size_t n = 0;

	if (!w->after)
		return rest;
	for (; n < rest.n; n++) {
		if (rest.p[n] == '\\' && n + 1 < rest.n && rest.p[n + 1] == 'n')
			n++; /* a line end, written out */
		else if (!is_separator(rest.p[n]) && !is_mark(rest.p[n]))
			break;
	}
	if (!has_words(rest))
		n = rest.n;
	if (n) {
		struct slice *last = &w->x->parts[w->x->n_parts - 1].text;

		*last = slice_between(last->p, rest.p + n);
	}
	return slice_trim(slice_from(rest, n));
}

/* What was not explained up to p becomes a part; marks go to the part before.  Returns where a part at p may begin: brackets and
 * quotes that stand right before it belong to it. */
static const char *flush(struct walk *w, const char *p)
{
	const char *begin = p;
	const struct span *in;
	const struct gloss *g;
	struct slice rest;

	if (p < end_of(w))
		while (begin > w->pending && is_opener(begin[-1]))
			begin--;
	rest = without_marks(w, slice_trim(slice_between(w->pending, begin)));
	w->pending = begin;
	if (!rest.n)
		return begin;
	in = free_text_at(w, rest.p);
	if (!in && rest.n > 1 && is_opener(rest.p[0]))
		in = free_text_at(w, rest.p + 1);
	if (w->after_flag || (w->after_final && rest.p[0] == '(')) {
		add_final(w, rest);
		return begin;
	}
	g = in ? field_gloss(in->field) : NULL;
	if (in ? strcmp(in->field, "reply") == 0 : w->all_reply)
		add_reply_words(w, rest);
	else if (g)
		explain_add_gloss(w->x, rest, g, SLICE_NONE);
	else
		add_words(w, rest);
	w->after = rest.p + rest.n;
	w->head = false;
	return begin;
}

static const char *add_part(struct walk *w, const char *p, const char *end, const struct gloss *g, struct slice value)
{
	const char *begin = flush(w, p);

	if (g)
		explain_add_gloss(w->x, slice_between(begin, end), g, value);
	else
		(void)explain_add(w->x, slice_between(begin, end));
	w->pending = w->after = end;
	w->after_final = w->after_flag && g && g->scope == SCOPE_EVENT_FIELD;
	w->after_flag = g && g->scope == SCOPE_EXIM_FLAG && w->event && w->event->kind == EV_ATTEMPT;
	w->head = w->head && g && (strcmp(g->form.p, "queue_id") == 0 || strcmp(g->form.p, "pid") == 0);
	return end;
}

/* "]:25" */
static const char *port_behind(const struct walk *w, const char *p)
{
	const char *q = p;

	if (q < end_of(w) && *q == ':') {
		for (q++; q < end_of(w) && ascii_digit(*q); q++)
			;
		if (q > p + 1)
			return q < end_of(w) && *q == '*' ? q + 1 : q;
	}
	return p < end_of(w) && *p == '*' ? p + 1 : p;
}

/* past fields that begin inside and end outside */
static const char *past_spans(const struct walk *w, const char *begin, const char *end)
{
	for (size_t i = 0; i < w->n_spans; i++) {
		const struct span *s = &w->spans[i];

		if (!s->free && s->text.p > begin && s->text.p < end && s->text.p + s->text.n > end)
			end = s->text.p + s->text.n;
	}
	return end;
}

static const char *past_closer(const struct walk *w, const char *p, char opener)
{
	char closer = closer_of(opener);

	for (; p < end_of(w); p++) {
		if (*p == '\\' && opener == '"')
			p += p + 1 < end_of(w);
		else if (*p == closer)
			return p + 1;
		else if (*p == '\n')
			break;
	}
	return NULL;
}

/* Where the value ends that begins at v; opener: the bracket in front of it, 0: there may be one. */
static const char *value_end(const struct walk *w, const char *v, char opener)
{
	const char *e = v, *end = end_of(w), *q;
	const struct span *s = span_at(w, v);

	if (!s)
		s = reason_at(w, v);
	if (!s && !opener && v < end && is_opener(*v)) {
		opener = *v;
		v++;
		s = span_at(w, v);
	}
	if (s)
		e = s->text.p + s->text.n;
	if (opener) {
		q = past_closer(w, s && e <= end ? e : v, opener);
		if (q)
			return port_behind(w, q);
		e = v;
	}
	do {
		while (e < end && !is_separator(*e))
			e++;
		q = past_spans(w, v, e);
		s = q == e ? NULL : s;
		if (q == e)
			break;
		e = q;
	} while (e < end);
	if (e > v + 1 && e[-1] == ':')
		e--;
	return e;
}

static struct slice value_of(const struct gloss *g, const char *p, const char *end)
{
	const char *v = p + g->form.n;
	struct slice s = v <= end ? slice_between(v, end) : SLICE_NONE;

	/* the bracket that closes the form's own */
	if (s.n && is_opener(g->form.p[g->form.n - 1]) && s.p[s.n - 1] == closer_of(g->form.p[g->form.n - 1]))
		s.n--;
	return s;
}

static bool takes_value(const struct gloss *g)
{
	char last = g->form.p[g->form.n - 1];

	return last == '=' || is_opener(last) || (last == ':' && g->as != AS_NONE);
}

/* "delays=0.1/0.02/0.2/0.13": each of its stages */
static const char *add_delays(struct walk *w, const char *p, const struct gloss *g, const char *end)
{
	static const char *const STAGES[] = { "delay_queue_in_s", "delay_queue_s", "delay_connect_s", "delay_transmit_s" };
	const char *at = p, *v = p + g->form.n;

	for (size_t i = 0; i < ARRAY_LEN(STAGES) && v < end; i++) {
		const char *stop = v;

		while (stop < end && *stop != '/')
			stop++;
		(void)add_part(w, at, stop, field_gloss(STAGES[i]), slice_between(v, stop));
		at = stop;
		v = stop + 1;
	}
	return at < end ? add_part(w, at, end, NULL, SLICE_NONE) : at;
}

/* as far as the longest word of its scope goes: "User unknown" */
static const char *past_words(const struct gloss *g, struct slice value, const char *end)
{
	enum gloss_scope scope;
	const struct gloss *word;

	if (g->as < AS_IN || g->as >= AS_ERRNO_IS)
		return end;
	scope = (enum gloss_scope)(g->as - AS_IN);
	word = gloss_match(&scope, 1, value);
	return word && value.p + word->form.n > end ? value.p + word->form.n : end;
}

/* of the mail itself, up to the next field */
static bool has_blanks(const struct gloss *g)
{
	return slice_is(g->form, "from=") || slice_is(g->form, "subject=") || slice_is(g->form, "box=");
}

/* where the next of Dovecot's fields begins, or the end: a subject may hold commas */
static const char *next_field(const struct walk *w, const char *p)
{
	for (; p < end_of(w); p++) {
		struct slice rest = slice_between(p, end_of(w));
		const struct gloss *g = slice_starts(rest, ", ") ? gloss_set_match(&w->words, slice_from(rest, 2), SCOPE_COUNT) : NULL;

		if (g && g->scope == SCOPE_DOVECOT_FIELD && takes_value(g))
			return p;
	}
	return p;
}

/* "host mx.example.net[192.0.2.1] said:", "connect to mx.example.net[192.0.2.1]:25:": the word with its host; NULL: none follows */
static const char *add_host(struct walk *w, const char *p, const struct gloss *g)
{
	const char *v = p + g->form.n, *end, *open;

	if (v == end_of(w) || *v++ != ' ')
		return NULL;
	for (end = v, open = NULL; end < end_of(w) && *end != ' '; end++)
		if (*end == '[' && !open)
			open = end;
	while (end > v && (end[-1] == ':' || end[-1] == ',' || end[-1] == ')'))
		end--;
	return open ? add_part(w, p, end, g, slice_between(v, end)) : NULL;
}

static const char *add_word(struct walk *w, const char *p, const struct gloss *g)
{
	char last = g->form.p[g->form.n - 1];
	const char *v = p + g->form.n, *end = g->scope == SCOPE_REPLY_WORD && g->as == AS_HOST ? add_host(w, p, g) : NULL;

	if (end)
		return end;
	if (g->scope == SCOPE_REPLY_WORD && slice_is(g->form, "host"))
		return NULL; /* "host lookup did not complete" */
	if (!takes_value(g))
		return add_part(w, p, v, g, SLICE_NONE);
	while (last == ':' && v < end_of(w) && *v == ' ')
		v++;
	end = past_words(g, slice_between(v, end_of(w)), value_end(w, v, is_opener(last) ? last : 0));
	if (g->scope == SCOPE_DOVECOT_FIELD && has_blanks(g))
		end = next_field(w, v);
	if (g->as == AS_DELAYS)
		return add_delays(w, p, g, end);
	return add_part(w, p, end, g, last == ':' ? slice_between(v, end) : value_of(g, p, end));
}

static const char *add_gloss(struct walk *w, const char *p, const struct gloss *g)
{
	const char *end = add_word(w, p, g);

	if (g->scope == SCOPE_REPLY_WORD)
		note_whose(w, g->form);
	return end;
}

/* a code; one that goes on in the next line of the answer is told once, and then belongs to its words */
static const char *add_code(struct walk *w, const char *p, const char *end, const char *field, struct slice code, struct slice *last)
{
	if (last->p && slice_eq(*last, code))
		return end;
	*last = code;
	end = add_part(w, p, end, field_gloss(field), code);
	if (!answers_itself(w))
		w->whose = WHOSE_ANSWER;
	return end;
}

/* a field of the event, with the brackets around it */
static const char *add_span_part(struct walk *w, const struct span *s)
{
	const char *p = s->text.p, *end = p + s->text.n;
	bool final = w->after_flag && strcmp(s->field, "relay_host") == 0; /* a file, a program, an automatic reply */
	bool bracket = p > w->pending && is_opener(p[-1]);
	bool answer = in_reply(w, p);

	if (answer && strcmp(s->field, "smtp_code") == 0)
		return add_code(w, p, end + (end < end_of(w) && *end == '-'), s->field, s->text, &w->last_code);
	if (answer && strcmp(s->field, "dsn") == 0)
		return add_code(w, p, end, s->field, s->text, &w->last_dsn);

	if (bracket && end < end_of(w) && *end == closer_of(p[-1]))
		end = port_behind(w, end + 1);
	return add_part(w, p, end, final ? gloss_find(SCOPE_EXIM_ADDRESS, SLICE("final")) : field_gloss(s->field), s->text);
}

/* "key=" of no glossary, but the parser knows what its value is */
static const char *known_value(struct walk *w, const char *p)
{
	const char *q = p, *end;
	const struct span *s;

	while (q < end_of(w) && (ascii_alnum(*q) || *q == '_' || *q == '-' || *q == '.'))
		q++;
	if (q == p || q == end_of(w) || *q != '=')
		return NULL;
	q++;
	s = span_at(w, q);
	if (!s && q < end_of(w) && is_opener(*q))
		s = span_at(w, q + 1);
	if (!s)
		return NULL;
	end = value_end(w, q, 0);
	return add_part(w, p, end, field_gloss(s->field), s->text);
}

static const char *address_end(const struct walk *w, const char *p)
{
	const char *q;

	bool at = false;

	for (q = p + 1; q < end_of(w) && *q != '>' && *q != ' ' && *q != '<' && *q != '\n'; q++)
		at = at || *q == '@';
	return q < end_of(w) && *q == '>' && (at || q == p + 1) ? q + 1 : NULL;
}

/* codes, addresses and links of a server's answer */
static const char *reply_part(struct walk *w, const char *p)
{
	struct slice rest = slice_between(p, end_of(w));
	size_t n = explain_code_at(rest);

	if (n) {
		const char *end = p + n + (n < rest.n && rest.p[n] == '-');

		return add_code(w, p, end, "smtp_code", slice_head(rest, n), &w->last_code);
	}
	n = explain_dsn_at(rest);
	/* the subjects of RFC 3463 end with 7: "4.16.50" is somebody's version */
	if (n && rest.p[2] <= '7' && rest.p[3] == '.')
		return add_code(w, p, p + n, "dsn", slice_head(rest, n), &w->last_dsn);
	if (slice_starts(rest, "http://") || slice_starts(rest, "https://")) {
		const char *q = p;

		while (q < end_of(w) && *q != ' ' && *q != '\n' && *q != '\\' && *q != ')' && *q != '"' && *q != '>')
			q++;
		(void)add_part(w, p, q, NULL, SLICE_NONE);
		w->x->parts[w->x->n_parts - 1].name = slice_str(explain_words(w->x, TR_KEY("explain.link", "link")));
		w->x->parts[w->x->n_parts - 1].meaning =
			slice_str(explain_words(w->x, TR_KEY("explain.link.meaning", "where the answering side explains its refusal")));
		return q;
	}
	return NULL;
}

/* an id of Exim's in the middle of a text */
static const char *queue_id_part(struct walk *w, const char *p)
{
	size_t n = queue_id_exim_prefix(slice_between(p, end_of(w)));

	return n ? add_part(w, p, p + n, field_gloss("queue_id"), slice_of(p, n)) : NULL;
}

/* Dovecot's process: "lmtp(997): ", "imap(ann)<991><session>: " */
static const char *process_part(struct walk *w, const char *p)
{
	const char *q = p + 1;

	if (!w->event || w->event->writer != WRITER_DOVECOT || (*p != '<' && *p != '('))
		return NULL;
	while (q < end_of(w) && ascii_digit(*q))
		q++;
	if (q == p + 1 || q == end_of(w) || *q != closer_of(*p))
		return NULL;
	return add_part(w, p, q + 1, gloss_find(SCOPE_ENVELOPE, SLICE("pid")), SLICE_NONE);
}

/* Does a word begin here? */
static bool at_word(const struct walk *w, const char *p)
{
	char before;

	if (p == w->text.p)
		return true;
	before = p[-1];
	if (before == 'n' && p - w->text.p >= 2 && p[-2] == '\\')
		return true;
	if (before == '-' && w->after == p)
		return true; /* "550-5.1.1" */
	return !(ascii_alnum(before) || before == '_' || before == '-' || before == '.' || before == '@' || before == '=' ||
		 (unsigned char)before >= 0x80);
}

static const struct gloss *word_at(const struct walk *w, const char *p)
{
	struct slice rest = slice_between(p, end_of(w));
	const struct gloss *g = in_reply(w, p) ? gloss_set_match(&w->replies, rest, SCOPE_COUNT) :
						 gloss_set_match(&w->words, rest, w->head ? SCOPE_COUNT : w->head_scope);

	/* one letter (L, K) or two are a field only as a word of their own */
	if (g && g->form.n <= 2 && !takes_value(g) && g->scope != SCOPE_EXIM_FLAG && g->form.n < rest.n && rest.p[g->form.n] != ' ')
		return NULL;
	return g;
}

/* The part that begins at p, added; returns its end, or NULL: none does. */
static const char *part_at(struct walk *w, const char *p)
{
	const struct span *s = span_at(w, p);
	const struct gloss *g = NULL;
	const char *q;

	/* the field may begin behind its bracket */
	if (!s && slice_starts(slice_between(p, end_of(w)), "[IPv6:") && (s = span_at(w, p + 6)) != NULL)
		return add_part(w, p, port_behind(w, past_closer(w, p, '[') ? past_closer(w, p, '[') : s->text.p + s->text.n),
				field_gloss(s->field), s->text);
	if (!s && is_opener(*p) && p + 1 < end_of(w) && (s = span_at(w, p + 1)) != NULL && p[1] != *p)
		return add_span_part(w, s);
	if (at_word(w, p))
		g = word_at(w, p);
	if (g && (!s || g->form.n >= s->text.n))
		return add_gloss(w, p, g);
	if (s)
		return add_span_part(w, s);
	q = process_part(w, p);
	if (q || !at_word(w, p))
		return q;
	if (in_reply(w, p)) {
		q = reply_part(w, p);
		if (q)
			return q;
	} else {
		q = known_value(w, p);
		if (q)
			return q;
	}
	q = queue_id_part(w, p);
	if (q)
		return q;
	if (*p == '<' && (q = address_end(w, p)) != NULL) {
		(void)add_part(w, p, q, NULL, SLICE_NONE);
		w->x->parts[w->x->n_parts - 1].name = slice_str(explain_words(w->x, TR_KEY("explain.address", "address")));
		return q;
	}
	return NULL;
}

void explain_walk(struct explanation *x, struct slice text, const enum gloss_scope *scopes, size_t n_scopes,
		  const struct event *e, bool all_reply)
{
	struct walk w;
	const char *p = text.p;

	memset(&w, 0, sizeof w);
	w.x = x;
	w.event = e;
	w.text = text;
	w.pending = text.p;
	w.head = true;
	w.all_reply = all_reply;
	w.whose = whose_at_first(all_reply ? NULL : e, text);
	w.head_scope = n_scopes && (scopes[0] == SCOPE_EXIM_FLAG || scopes[0] == SCOPE_DOVECOT_SERVICE) ? scopes[0] : SCOPE_COUNT;
	gloss_set_init(&w.words, scopes, n_scopes);
	gloss_set_init(&w.replies, REPLY_SCOPES, ARRAY_LEN(REPLY_SCOPES));

	if (e)
		find_spans(&w, e);
	while (p < end_of(&w)) {
		const char *q = x->n_parts < EXPLAIN_PARTS_MAX ? part_at(&w, p) : NULL;

		p = q && q > p ? q : p + 1;
	}
	(void)flush(&w, end_of(&w));
}
