/* SPDX-License-Identifier: Apache-2.0 */
/*
 * redact_facts.c - masks for records, facts and answers
 *
 * Every text of the vocabulary has its class here.  A field of an event that is missing does not compile; members of facts and
 * of answers are checked by a test.
 */
#include "base/attr.h"
#include "base/cursor.h"
#include "export/redact_priv.h"
#include "fact/copy.h"

/* --- records -------------------------------------------------------------------------------------------- */

/* a class for each text of event/fields.def */
enum {
	CLASS_queue_id = MASK_ID,
	CLASS_related_queue_id = MASK_ID,
	CLASS_related_server = MASK_HOST,
	CLASS_service = MASK_KEEP,
	CLASS_session = MASK_SESSION,
	CLASS_client_host = MASK_HOST,
	CLASS_client_ip = MASK_IP,
	CLASS_helo = MASK_HOST,
	CLASS_local_ip = MASK_IP,
	CLASS_user = MASK_USER,
	CLASS_ident = MASK_USER,
	CLASS_auth_method = MASK_KEEP,
	CLASS_protocol = MASK_KEEP,
	CLASS_sender = MASK_ADDRESS,
	CLASS_recipient = MASK_ADDRESS,
	CLASS_orig_recipient = MASK_ADDRESS,
	CLASS_recipients = MASK_ADDRESSES,
	CLASS_message_id = MASK_MESSAGE_ID,
	CLASS_subject = MASK_SUBJECT,
	CLASS_relay_host = MASK_RELAY,
	CLASS_relay_ip = MASK_IP,
	CLASS_transport = MASK_KEEP,
	CLASS_router = MASK_KEEP,
	CLASS_dsn = MASK_KEEP,
	CLASS_reply = MASK_TEXT,
	CLASS_tls_version = MASK_KEEP,
	CLASS_tls_cipher = MASK_KEEP,
	CLASS_tls_policy = MASK_KEEP,
	CLASS_stage = MASK_KEEP,
	CLASS_commands = MASK_TEXT,
	CLASS_check = MASK_KEEP,
	CLASS_result = MASK_TEXT,
	CLASS_domain = MASK_HOST,
	CLASS_spf = MASK_KEEP,
	CLASS_dkim_domain = MASK_HOST,
	CLASS_dmarc = MASK_KEEP,
	CLASS_folder = MASK_FOLDER,
	CLASS_action = MASK_TEXT,
	CLASS_reason = MASK_TEXT,
	CLASS_text = MASK_TEXT,
};

static bool is_plain_word(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == ' ' || s.p[i] == '"' || s.p[i] == '<' || s.p[i] == ',' || s.p[i] == '(' || s.p[i] == ':' ||
		    s.p[i] == '\'' || s.p[i] == '\\' || s.p[i] == '/' || s.p[i] == '=' || s.p[i] == ';' || s.p[i] == '{' || s.p[i] == '|')
			return false;
	return true;
}

/* remember a value that the words of a text would not show */
static void add_phrase(struct redact *r, enum mask mask, struct slice s)
{
	if (s.n < 2 || r->n_phrases == REDACT_PHRASES_MAX || mask == MASK_KEEP || mask == MASK_TEXT || mask == MASK_RAW || mask == MASK_ARGUMENT ||
	    mask == MASK_ID || mask == MASK_ADDRESSES || mask == MASK_IP)
		return;
	if (mask != MASK_SUBJECT && mask != MASK_SESSION && mask != MASK_FOLDER && is_plain_word(s) &&
	    (mask != MASK_MESSAGE_ID || slice_find_byte(s, '@') < s.n))
		return;
	if (s.p[0] == '(' || s.p[0] == '[')
		return;
	r->phrases[r->n_phrases].s = s;
	r->phrases[r->n_phrases++].mask = mask;
}

void redact_record(struct redact *r, struct arena *a, struct line *l, struct event *e)
{
	const struct event raw = *e;
	/* what a site's own rules write is as unknown as the rest */
	struct slice transport;
	bool unknown = e->kind == EV_OTHER || e->kind == EV_MALFORMED || e->kind == EV_FOREIGN || e->category == NOTICE_ACL;

	r->n_phrases = 0;
	r->head_host = l->host;
#define F(type, name, help) FIELD_TEXT_##type(add_phrase(r, (enum mask)CLASS_##name, raw.name);)
#include "event/fields.def"
#undef F
	l->raw = redact_value(r, a, unknown ? MASK_RAW : MASK_TEXT, l->raw);
	/* a connector of Exchange, "MBX01\Default Frontend MBX01" */
	transport = redact_value(r, a, e->writer == WRITER_EXCHANGE ? MASK_TEXT : MASK_KEEP, raw.transport);
	r->head_host = SLICE_NONE;
	l->text = redact_value(r, a, unknown ? MASK_RAW : MASK_TEXT, l->text);
#define F(type, name, help) FIELD_TEXT_##type(e->name = redact_value(r, a, (enum mask)CLASS_##name, raw.name);)
#include "event/fields.def"
#undef F
	if (e->writer == WRITER_SENDMAIL && e->action.p)
		e->reason = redact_value(r, a, MASK_ARGUMENT, raw.reason);
	e->transport = transport;
	if (unknown) {
		e->text = redact_value(r, a, MASK_RAW, raw.text);
		e->reason = redact_value(r, a, MASK_RAW, raw.reason);
	}
	l->host = redact_value(r, a, MASK_HOST, l->host);
	l->server = redact_value(r, a, MASK_HOST, l->server);
	r->n_phrases = 0;
}

/* --- facts ---------------------------------------------------------------------------------------------- */

/* a member of a fact and its class */
struct member {
	size_t offset;
	enum mask mask;
};

static struct slice *member_of(void *fact, size_t offset)
{
	return (struct slice *)(void *)((char *)fact + offset);
}

static void add_phrases(struct redact *r, void *fact, const struct member *members, size_t n)
{
	for (size_t i = 0; i < n; i++)
		add_phrase(r, members[i].mask, *member_of(fact, members[i].offset));
}

static void mask_members(struct redact *r, struct arena *a, void *fact, const struct member *members, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct slice *s = member_of(fact, members[i].offset);

		*s = redact_value(r, a, members[i].mask, *s);
	}
}

#define AT(type, member, mask) { offsetof(struct type, member), MASK_##mask }

static const struct member MESSAGE[] = {
	AT(message, server, HOST),	  AT(message, instance, KEEP),	    AT(message, queue_id, ID),
	AT(message, sender, ADDRESS),	  AT(message, client_host, HOST),   AT(message, client_ip, IP),
	AT(message, helo, HOST),	  AT(message, user, USER),	    AT(message, service, KEEP),
	AT(message, protocol, KEEP),	  AT(message, tls_version, KEEP),   AT(message, tls_cipher, KEEP),
	AT(message, message_id, MESSAGE_ID), AT(message, subject, SUBJECT), AT(message, hold_reason, TEXT),
	AT(message, directory, PATH),
};

static const struct member RECIPIENT[] = {
	AT(recipient, address, ADDRESS),
	AT(recipient, orig_address, ADDRESS),
};

static const struct member ATTEMPT[] = {
	AT(attempt, relay_host, RELAY), AT(attempt, relay_ip, IP),	   AT(attempt, dsn, KEEP),
	AT(attempt, reply, TEXT),	AT(attempt, transport, KEEP),	   AT(attempt, router, KEEP),
	AT(attempt, next_queue_id, ID), AT(attempt, tls_version, KEEP), AT(attempt, tls_cipher, KEEP),
};

static const struct member LINK[] = {
	AT(message_link, server, HOST),
	AT(message_link, queue_id, ID),
};

static const struct member VERDICT[] = {
	AT(verdict, check, KEEP),   AT(verdict, result, TEXT), AT(verdict, domain, HOST),	 AT(verdict, detail, TEXT),
	AT(verdict, action, TEXT), AT(verdict, folder, PATH), AT(verdict, recipients, ADDRESSES), AT(verdict, id, SESSION),
};

static const struct member ORIGIN[] = {
	AT(origin, client_host, HOST),
	AT(origin, client_ip, IP),
	AT(origin, user, USER),
	AT(origin, directory, PATH),
};

static const struct member MAILBOX[] = {
	AT(mailbox_action, server, HOST),     AT(mailbox_action, service, KEEP),   AT(mailbox_action, session, SESSION),
	AT(mailbox_action, user, USER), AT(mailbox_action, client_ip, IP), AT(mailbox_action, message_id, MESSAGE_ID), AT(mailbox_action, subject, SUBJECT),
	AT(mailbox_action, recipient, ADDRESS), AT(mailbox_action, action, KEEP), AT(mailbox_action, folder, FOLDER),
	AT(mailbox_action, reason, TEXT),
};

static const struct member REJECTION[] = {
	AT(rejection, server, HOST),	  AT(rejection, service, KEEP), AT(rejection, stage, KEEP),
	AT(rejection, queue_id, ID),	  AT(rejection, client_host, HOST), AT(rejection, client_ip, IP),
	AT(rejection, helo, HOST),	  AT(rejection, user, USER),	AT(rejection, sender, ADDRESS),
	AT(rejection, recipient, ADDRESS), AT(rejection, dsn, KEEP),	AT(rejection, reply, TEXT),
};

static const struct member LOGIN[] = {
	AT(login, server, HOST), AT(login, service, KEEP),	AT(login, user, USER),	AT(login, client_ip, IP),
	AT(login, client_host, HOST), AT(login, auth_method, KEEP), AT(login, tls_version, KEEP), AT(login, reason, TEXT),
};
#undef AT

#define MASK_MEMBERS(r, a, fact, members) mask_members((r), (a), (fact), (members), ARRAY_LEN(members))
#define ADD_PHRASES(r, fact, members) add_phrases((r), (fact), (members), ARRAY_LEN(members))

static void verdicts(struct redact *r, struct arena *a, struct verdict *v)
{
	for (; v; v = v->next) {
		struct slice detail = v->detail;

		MASK_MEMBERS(r, a, v, VERDICT);
		if (v->writer == WRITER_SENDMAIL) /* of a ruleset */
			v->detail = redact_value(r, a, MASK_ARGUMENT, detail);
	}
}

static const struct origin *origin(struct redact *r, struct arena *a, const struct origin *from)
{
	struct origin *to = arena_alloc(a, sizeof *to);

	if (!from)
		return NULL;
	*to = *from;
	MASK_MEMBERS(r, a, to, ORIGIN);
	return to;
}

static void message(struct redact *r, struct arena *a, struct message *m)
{
	for (struct recipient *to = m->recipients; to; to = to->next) {
		for (struct attempt *t = to->attempts; t; t = t->next) {
			MASK_MEMBERS(r, a, t, ATTEMPT);
			if (m->writer == WRITER_EXCHANGE)
				t->transport = redact_value(r, a, MASK_TEXT, t->transport);
		}
		MASK_MEMBERS(r, a, to, RECIPIENT);
	}
	for (struct message_link *l = m->parents; l; l = l->next)
		MASK_MEMBERS(r, a, l, LINK);
	for (struct message_link *l = m->children; l; l = l->next)
		MASK_MEMBERS(r, a, l, LINK);
	for (struct mailbox_action *x = m->mailbox; x; x = x->next)
		MASK_MEMBERS(r, a, x, MAILBOX);
	verdicts(r, a, m->verdicts);
	m->origin = origin(r, a, m->origin);
	MASK_MEMBERS(r, a, m, MESSAGE);
}

static const char *c_string(struct redact *r, struct arena *a, enum mask mask, const char *s)
{
	struct slice masked = redact_value(r, a, mask, slice_str(s));
	char *p;

	if (!s)
		return NULL;
	p = arena_alloc(a, masked.n + 1);
	memcpy(p, masked.p, masked.n);
	return p;
}

static void lines(struct redact *r, struct arena *a, struct trace_item *item)
{
	struct trace_line *copy;

	if (!item->lines) {
		r->head_host = SLICE_NONE;
		return;
	}
	copy = arena_alloc(a, (item->n_lines + 1) * sizeof *copy);
	for (size_t i = 0; i < item->n_lines; i++)
		copy[i] = (struct trace_line){
			.file = c_string(r, a, MASK_PATH, item->lines[i].file),
			.line_no = item->lines[i].line_no,
			.text = redact_value(r, a, MASK_RAW, item->lines[i].text),
		};
	item->lines = copy;
	r->head_host = SLICE_NONE;
}

static void item(struct redact *r, struct arena *a, struct trace_item *item)
{
	r->n_phrases = 0;
	if (item->message) {
		struct message *m = message_copy(a, item->message);

		r->head_host = m->server;
		ADD_PHRASES(r, m, MESSAGE);
		for (struct recipient *to = m->recipients; to; to = to->next)
			ADD_PHRASES(r, to, RECIPIENT);
		for (struct mailbox_action *x = m->mailbox; x; x = x->next)
			ADD_PHRASES(r, x, MAILBOX);
		lines(r, a, item);
		message(r, a, m);
		item->message = m;
	} else if (item->rejection) {
		struct rejection *x = rejection_copy(a, item->rejection);

		r->head_host = x->server;
		ADD_PHRASES(r, x, REJECTION);
		lines(r, a, item);
		verdicts(r, a, x->verdicts);
		MASK_MEMBERS(r, a, x, REJECTION);
		item->rejection = x;
	} else if (item->login) {
		struct login *x = login_copy(a, item->login);

		r->head_host = x->server;
		ADD_PHRASES(r, x, LOGIN);
		lines(r, a, item);
		MASK_MEMBERS(r, a, x, LOGIN);
		item->login = x;
	} else if (item->mailbox) {
		struct mailbox_action *x = mailbox_action_copy(a, item->mailbox);

		r->head_host = x->server;
		ADD_PHRASES(r, x, MAILBOX);
		lines(r, a, item);
		MASK_MEMBERS(r, a, x, MAILBOX);
		item->mailbox = x;
	}
	r->n_phrases = 0;
}

static void list(struct redact *r, struct arena *a, struct trace_list *l)
{
	struct trace_item *items = arena_alloc(a, (l->n + 1) * sizeof *items);

	for (size_t i = 0; i < l->n; i++) {
		items[i] = l->items[i];
		item(r, a, &items[i]);
	}
	l->items = items;
}

/* --- answers -------------------------------------------------------------------------------------------- */

void redact_head(struct redact *r, struct arena *a, struct answer_head *h)
{
	struct answer_source *sources = arena_alloc(a, (h->n_sources + 1) * sizeof *sources);

	for (size_t i = 0; i < h->n_sources; i++) {
		sources[i] = h->sources[i];
		sources[i].name = c_string(r, a, MASK_PATH, sources[i].name);
		sources[i].server = c_string(r, a, MASK_HOST, sources[i].server);
		sources[i].error = c_string(r, a, MASK_TEXT, sources[i].error);
	}
	h->sources = sources;
}

/* filters whose values are words of ours */
static bool is_plain_filter(const char *name)
{
	return slice_is(slice_str(name), "status") || slice_is(slice_str(name), "direction") ||
	       slice_is(slice_str(name), "writer") || slice_is(slice_str(name), "queue-id");
}

/* a word of the question: anything that `trace` looks for */
static struct slice what(struct redact *r, struct arena *a, struct slice s)
{
	struct ip ip;

	if (slice_find_byte(s, '@') < s.n)
		return redact_value(r, a, MASK_ADDRESS, s);
	if (ip_parse(s, &ip) || looks_like_host(s) || known_name(r, s) == KNOWN_HOST)
		return redact_value(r, a, MASK_HOST, s);
	if (known_name(r, s) != KNOWN_NOT)
		return redact_value(r, a, MASK_USER, s);
	return redact_value(r, a, MASK_SUBJECT, s);
}

/* all messages of an answer, or (actions) all that mailbox servers tell by itself, as the trails were made of them */
static const void **facts_of(struct arena *a, const struct trace_answer *t, bool actions)
{
	const struct trace_list *lists[] = { actions ? &t->mailbox : &t->messages, actions ? &t->loose : &t->related };
	const void **facts = arena_alloc(a, (lists[0]->n + lists[1]->n + 1) * sizeof *facts);
	size_t n = 0;

	for (size_t k = 0; k < ARRAY_LEN(lists); k++)
		for (size_t i = 0; i < lists[k]->n; i++) {
			const struct trace_item *x = &lists[k]->items[i];

			facts[n++] = actions ? (const void *)x->mailbox : (const void *)x->message;
		}
	return facts;
}

/* The trails stay as they are, over the masked facts; only gaps have names of their own. */
static void trails(struct redact *r, struct arena *a, const struct trace_answer *before, struct trace_answer *t)
{
	for (size_t i = 0; i < t->trails->n; i++)
		for (size_t k = 0; k < t->trails->items[i].n_hops; k++) {
			struct hop *h = t->trails->items[i].hops[k];

			h->host = redact_value(r, a, MASK_HOST, h->host);
			if (h->kind != HOP_GAP)
				continue;
			h->server = redact_value(r, a, MASK_HOST, h->server);
			h->ip = redact_value(r, a, MASK_IP, h->ip);
			h->queue_id = redact_value(r, a, MASK_ID, h->queue_id);
		}
	trails_swap(t->trails, (const struct message *const *)facts_of(a, before, false),
		    (const struct message *const *)facts_of(a, t, false), t->messages.n + t->related.n,
		    (const struct mailbox_action *const *)facts_of(a, before, true),
		    (const struct mailbox_action *const *)facts_of(a, t, true), t->mailbox.n + t->loose.n);
}

void redact_trace(struct redact *r, struct arena *a, struct trace_answer *t)
{
	struct trace_filter *filters = arena_alloc(a, (t->query.n_filters + 1) * sizeof *filters);
	struct slice *words = arena_alloc(a, (t->query.n_what + 1) * sizeof *words);
	struct slice *nearest = arena_alloc(a, (t->n_nearest + 1) * sizeof *nearest);
	struct trace_answer before;

	for (size_t i = 0; i < t->query.n_what; i++)
		words[i] = what(r, a, t->query.what[i]);
	for (size_t i = 0; i < t->query.n_filters; i++) {
		struct slice s = slice_str(t->query.filters[i].value);
		struct slice value = is_plain_filter(t->query.filters[i].name) ? s :
				     slice_is(slice_str(t->query.filters[i].name), "directory") ? redact_value(r, a, MASK_PATH, s) :
												   what(r, a, s);
		char *p = arena_alloc(a, value.n + 1);

		memcpy(p, value.p, value.n);
		filters[i] = (struct trace_filter){ t->query.filters[i].name, p };
	}
	for (size_t i = 0; i < t->n_nearest; i++)
		nearest[i] = redact_value(r, a, MASK_ADDRESS, t->nearest[i]);
	t->query.what = words;
	t->query.filters = filters;
	t->nearest = nearest;
	before = *t;
	list(r, a, &t->messages);
	list(r, a, &t->related);
	list(r, a, &t->rejections);
	list(r, a, &t->logins);
	list(r, a, &t->mailbox);
	list(r, a, &t->loose);
	if (t->trails)
		trails(r, a, &before, t);
}

/* texts in the columns of panels; any other column is free text */
static const struct {
	const char *column;
	enum mask mask;
} COLUMNS[] = {
	{ "account", MASK_USER },      { "login", MASK_KEEP },	    { "day", MASK_KEEP },     { "hour", MASK_KEEP },
	{ "stage", MASK_KEEP },	       { "recipient", MASK_ADDRESS }, { "sender", MASK_ADDRESS }, { "domain", MASK_ADDRESS },
	{ "top_domain", MASK_ADDRESS }, { "relay", MASK_RELAY },    { "client", MASK_CLIENT }, { "direction", MASK_KEEP },
	{ "tls", MASK_KEEP },	       { "severity", MASK_KEEP },   { "category", MASK_KEEP }, { "program", MASK_KEEP },
	{ "writer", MASK_KEEP },	       { "reply", MASK_TEXT },	    { "reason", MASK_TEXT },   { "sample", MASK_TEXT },
	{ "top_reason", MASK_TEXT },   { "class", MASK_KEEP },	    { "side", MASK_KEEP },    { "cause_id", MASK_KEEP },
	{ "folder", MASK_FOLDER },     { "service", MASK_KEEP },
	{ "list", MASK_HOST },	       { "who", MASK_ARGUMENT },    { "party", MASK_KEEP },   { "limit", MASK_TEXT },
	{ "check", MASK_KEEP },	       { "result", MASK_TEXT },	    { "mean_score", MASK_KEEP },
	{ "directory", MASK_PATH },    { "user", MASK_USER },	    { "runs_as", MASK_KEEP },
	{ "provider", MASK_KEEP },     { "compared_with", MASK_KEEP }, { "unusual", MASK_KEEP },  { "kind", MASK_KEEP },
	{ "time", MASK_KEEP },	       { "size", MASK_KEEP },	    { "service", MASK_KEEP }, { "method", MASK_KEEP },
	{ "protocol", MASK_KEEP },
	{ "cause", MASK_KEEP },	       { "action", MASK_KEEP },     { "advice", MASK_KEEP },
};

static enum mask class_of_column(const char *id)
{
	for (size_t i = 0; i < ARRAY_LEN(COLUMNS); i++)
		if (strcmp(COLUMNS[i].column, id) == 0)
			return COLUMNS[i].mask;
	return MASK_RAW;
}

/* "example.com" or "@example.com", where an address would be something else */
static struct slice panel_cell(struct redact *r, struct arena *a, const char *panel, const char *column, struct slice s)
{
	/* its samples are whole lines */
	enum mask mask = slice_is(slice_str(panel), "health") && slice_is(slice_str(column), "sample") ? MASK_RAW : class_of_column(column);

	if (mask == MASK_ADDRESS && slice_find_byte(s, '@') == s.n && slice_ends(slice_str(column), "domain"))
		mask = MASK_HOST;
	return redact_value(r, a, mask, s);
}

const struct panel *redact_panels(struct redact *r, struct arena *a, const struct panel *panels, size_t n)
{
	struct panel *copy = arena_alloc(a, (n + 1) * sizeof *copy);

	for (size_t i = 0; i < n; i++) {
		struct panel *p = &copy[i];

		*p = panels[i];
		p->rows = arena_alloc(a, (p->n_rows + 1) * sizeof *p->rows);
		for (size_t k = 0; k < p->n_rows; k++) {
			p->rows[k].cells = arena_alloc(a, p->n_columns * sizeof *p->rows[k].cells);
			p->rows[k].filter = SLICE_NONE; /* masks find nothing */
			for (size_t c = 0; c < p->n_columns; c++) {
				p->rows[k].cells[c] = panels[i].rows[k].cells[c];
				if (p->columns[c].type == COLUMN_TEXT)
					p->rows[k].cells[c].text = panel_cell(r, a, p->id, p->columns[c].id, p->rows[k].cells[c].text);
			}
		}
	}
	return copy;
}

const struct unknown_item *redact_unknown(struct redact *r, struct arena *a, const struct unknown_item *items, size_t n)
{
	struct unknown_item *copy = arena_alloc(a, (n + 1) * sizeof *copy);

	for (size_t i = 0; i < n; i++) {
		copy[i] = items[i];
		copy[i].shape = redact_value(r, a, MASK_RAW, items[i].shape);
		copy[i].sample = redact_value(r, a, MASK_RAW, items[i].sample);
		copy[i].file = redact_value(r, a, MASK_PATH, items[i].file);
	}
	return copy;
}

static void source_log(struct redact *r, struct arena *a, struct source_log *l)
{
	struct source_file *files = arena_alloc(a, (l->n_files + 1) * sizeof *files);
	struct source_count *servers = arena_alloc(a, (l->servers.n + 1) * sizeof *servers);

	for (size_t i = 0; i < l->n_files; i++) {
		files[i] = l->files[i];
		files[i].name = redact_value(r, a, MASK_PATH, files[i].name);
		files[i].same_as = redact_value(r, a, MASK_PATH, files[i].same_as);
		files[i].error = redact_value(r, a, MASK_TEXT, files[i].error);
	}
	for (size_t i = 0; i < l->servers.n; i++) {
		servers[i] = l->servers.items[i];
		servers[i].name = redact_value(r, a, MASK_HOST, servers[i].name);
	}
	l->name = redact_value(r, a, MASK_PATH, l->name);
	l->files = files;
	l->servers.items = servers;
}

void redact_sources(struct redact *r, struct arena *a, struct sources_answer *s)
{
	struct source_log *logs = arena_alloc(a, (s->n_logs + 1) * sizeof *logs);
	struct source_passed *passed = arena_alloc(a, (s->n_passed + 1) * sizeof *passed);
	struct advice_item *advice = arena_alloc(a, (s->n_advice + 1) * sizeof *advice);

	for (size_t i = 0; i < s->n_logs; i++) {
		logs[i] = s->logs[i];
		source_log(r, a, &logs[i]);
	}
	for (size_t i = 0; i < s->n_passed; i++) {
		passed[i] = s->passed[i];
		passed[i].name = redact_value(r, a, MASK_PATH, passed[i].name);
	}
	for (size_t i = 0; i < s->n_advice; i++) {
		advice[i] = s->advice[i];
		advice[i].server = redact_value(r, a, MASK_HOST, advice[i].server);
		advice[i].log = redact_value(r, a, MASK_PATH, advice[i].log);
	}
	s->logs = logs;
	s->passed = passed;
	s->advice = advice;
	if (s->unknown)
		s->unknown = redact_unknown(r, a, s->unknown, s->n_unknown);
}
