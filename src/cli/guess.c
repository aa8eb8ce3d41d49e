/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guess.c - what kind of line is it that somebody copied from somewhere?
 */
#include "cli/guess.h"

#include "base/ascii.h"
#include "base/attr.h"
#include "base/civil.h"
#include "base/cursor.h"
#include "event/queue_id.h"
#include "parse/parse.h"

#define SLACK_US   USEC_PER_DAY /* a stamp may lie that far ahead of the clock */
#define FAKE_ID    "4A1B2C3D4E: " /* stands in front of a text that lacks its queue id */

void guess_init(struct guess *g, const struct tz *tz, bool told, int year, usec_t now_us)
{
	*g = (struct guess){ .now_us = now_us, .year = year };
	envelope_scratch_init(&g->scratch);
	g->clock = (struct envelope_clock){
		.tz = tz,
		.guessed = told ? 0 : LINE_ZONE_GUESSED,
		.numbers = &g->numbers,
	};
}

void guess_done(struct guess *g)
{
	arena_clear(&g->scratch.arena);
	envelope_numbers_done(&g->numbers);
}

/* --- records ----------------------------------------------------------------------------------------- */

static struct slice take_physical(struct slice *text)
{
	size_t n = slice_find_byte(*text, '\n');
	struct slice line = slice_head(*text, n);

	*text = slice_from(*text, n < text->n ? n + 1 : n);
	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	return line;
}

static size_t code_of(struct slice s)
{
	return s.n >= 4 && s.p[0] >= '2' && s.p[0] <= '5' && ascii_digit(s.p[1]) && ascii_digit(s.p[2]) && (s.p[3] == '-' || s.p[3] == ' ') ?
		       3 :
		       0;
}

/* Does this line go on with the record that `first` begins and `last` ends so far? */
static bool continues(struct slice first, struct slice last, struct slice line)
{
	struct envelope_exim_stamp none = { 0 };

	if (code_of(first) && last.p[3] == '-')
		return code_of(line) && memcmp(line.p, first.p, 3) == 0;
	if (!envelope_starts_exim(first, &none))
		return false;
	/* an entry of the reject log: its header lines */
	return slice_starts(line, "Envelope-from: <") || slice_starts(line, "Envelope-to: <") || slice_starts(line, "    ") ||
	       slice_starts(line, "*** truncated ***") ||
	       (line.n > 3 && line.p[1] == ' ' && slice_find_byte(line, ':') < line.n && slice_find(SLICE("PFTCBSRI* "), slice_head(line, 1)) < 10) ||
	       (line.n && (line.p[0] == '\t' || line.p[0] == ' '));
}

bool guess_record(struct slice *text, struct slice *ret)
{
	struct slice line, first, last;

	do {
		if (!text->n)
			return false;
		first = take_physical(text);
	} while (!slice_trim(first).n || slice_is(first, "--")); /* or what grep -A puts between lines */
	last = first;
	*ret = first;
	while (text->n) {
		struct slice rest = *text;

		line = take_physical(&rest);
		if (!line.n || !continues(first, last, line))
			break;
		*text = rest;
		*ret = slice_between(first.p, line.p + line.n);
		last = line;
	}
	return true;
}

/* --- lines with an envelope -------------------------------------------------------------------------- */

/* the latest year in which the stamp is not in the future */
static int year_of(const struct guess *g, const struct envelope_hints *h)
{
	int year = civil_of(g->now_us, 0).year;

	if (h->id_year)
		return h->id_year;
	if (h->month && civil_days(year, h->month, h->day) * USEC_PER_DAY > g->now_us + SLACK_US)
		year--;
	return year;
}

/* The columns of a row that came without its header. */
static void feed_header(struct guess *g, struct slice raw)
{
	static const struct {
		enum log_kind kind;
		unsigned n;
		const char *header;
	} HEADERS[] = {
#define TRACKING_TO_ID "#Fields: date-time,client-ip,client-hostname,server-ip,server-hostname,source-context,connector-id,source," \
		       "event-id,internal-message-id,message-id,"
#define TRACKING_TO_INFO "recipient-address,recipient-status,total-bytes,recipient-count,related-recipient-address,reference," \
			 "message-subject,sender-address,return-path,message-info"
#define TRACKING_TO_DATA ",directionality,tenant-id,original-client-ip,original-server-ip,custom-data"
		{ LOG_TRACKING, 30, TRACKING_TO_ID "network-message-id," TRACKING_TO_INFO TRACKING_TO_DATA
				    ",transport-traffic-type,log-id,schema-version" },
		{ LOG_TRACKING, 27, TRACKING_TO_ID "network-message-id," TRACKING_TO_INFO TRACKING_TO_DATA },
		{ LOG_TRACKING, 26, TRACKING_TO_ID TRACKING_TO_INFO TRACKING_TO_DATA },
		{ LOG_TRACKING, 21, TRACKING_TO_ID TRACKING_TO_INFO },
		{ LOG_SMTP, 9, "#Fields: date-time,connector-id,session-id,sequence-number,local-endpoint,remote-endpoint,event,data,context" },
	};
	unsigned n = 0;
	enum log_kind kind = log_row_shape(raw, &n);

	for (size_t i = 0; kind != LOG_NONE && i < ARRAY_LEN(HEADERS); i++) {
		struct line header = { .raw = slice_str(HEADERS[i].header), .line_count = 1 };

		if (HEADERS[i].n != n || (HEADERS[i].kind == LOG_TRACKING) != (kind == LOG_TRACKING))
			continue;
		envelope_parse(&g->clock, &header);
		return;
	}
}

static void take_envelope(struct guess *g, struct slice record, struct line *l)
{
	struct envelope_hints hints = { 0 };

	*l = (struct line){ .raw = record, .line_count = 1, .line_no = 1, .time_us = USEC_NONE, .pid = -1 };
	for (size_t i = 0; i < record.n; i++)
		l->line_count += record.p[i] == '\n';
	envelope_look(&hints, record);
	g->clock.room = &g->scratch.room;
	g->clock.year = g->year ? g->year : year_of(g, &hints);
	/* each by itself: lines that were copied need not be in order */
	g->clock.last_year = g->clock.last_month = g->clock.last_day = 0;
	g->clock.high_water_us = g->clock.second_pass_us = g->clock.carried_us = 0;
	if (!g->clock.header.columns)
		feed_header(g, record);
	envelope_in_full(&g->clock, l);
	if (g->year || hints.id_year)
		l->flags &= ~(uint32_t)LINE_YEAR_GUESSED;
}

/* --- lines without ----------------------------------------------------------------------------------- */

static bool is_telling(const struct event *e)
{
	return e->kind != EV_FOREIGN && e->kind != EV_OTHER && e->kind != EV_MALFORMED && e->kind != EV_NOTICE;
}

/* "postfix/smtp[123]: text", "dovecot: text": the tag of a program that is known */
static bool take_tag(struct line *l)
{
	struct slice text = l->raw, tag;
	struct cur c;
	uint64_t pid;
	size_t n = 0;

	while (n < text.n && (ascii_alnum(text.p[n]) || text.p[n] == '/' || text.p[n] == '-' || text.p[n] == '_' || text.p[n] == '.'))
		n++;
	tag = slice_head(text, n);
	c = cur_of(slice_from(text, n));
	if (!n || !parse_knows_program(tag))
		return false;
	if (cur_byte(&c, '[') && !(cur_u64(&c, UINT32_MAX, &pid) && cur_byte(&c, ']')))
		return false;
	if (!cur_lit(&c, ": "))
		return false;
	l->program = tag;
	l->text = cur_rest(&c);
	l->envelope = ENVELOPE_RFC3164;
	return true;
}

static bool try_as(struct line *l, const char *program, enum envelope_kind envelope, struct event *e)
{
	l->program = slice_str(program);
	l->envelope = envelope;
	l->columns = NULL;
	parse_line(l, e);
	return is_telling(e);
}

/* Whose line might it be?  The mail servers before their helpers. */
static bool try_programs(struct line *l, struct event *e)
{
	static const char *const FIRST[] = { "postfix/smtp", "postfix/smtpd", "postfix/qmgr", "postfix/cleanup", "postfix/pickup", "postfix/bounce",
					     "postfix/local", "postfix/postscreen", "dovecot", "sm-mta" };

	for (size_t i = 0; i < ARRAY_LEN(FIRST); i++)
		if (try_as(l, FIRST[i], ENVELOPE_RFC3164, e))
			return true;
	for (size_t i = 0; parse_writers[i]; i++) {
		const struct parse_sample *s = parse_writers[i]->samples;

		if (s && s->program && try_as(l, s->program, ENVELOPE_RFC3164, e))
			return true;
	}
	return false;
}

static bool starts_with_flag(struct slice s)
{
	return s.n > 3 && s.p[2] == ' ' &&
	       (slice_starts(s, "<=") || slice_starts(s, "=>") || slice_starts(s, "->") || slice_starts(s, "**") || slice_starts(s, "==") ||
		slice_starts(s, ">>") || slice_starts(s, "*>") || slice_starts(s, "(="));
}

/* the text with an id in front of it, so that a parser knows it; what is shown begins behind it */
static bool try_with_id(struct guess *g, struct line *l, const char *program, const char *id, enum envelope_kind envelope, struct event *e)
{
	struct slice rest = l->raw, before = slice_str(id);
	char *to = arena_bytes(&g->scratch.arena, before.n + rest.n);

	memcpy(to, before.p, before.n);
	memcpy(to + before.n, rest.p, rest.n);
	l->text = slice_of(to, before.n + rest.n);
	if (!try_as(l, program, envelope, e))
		return false;
	e->queue_id = SLICE_NONE;
	l->raw = l->text = slice_of(to + before.n, rest.n);
	return true;
}

static bool guess_bare(struct guess *g, struct line *l, struct event *e)
{
	struct slice s = l->raw = slice_trim(l->raw);

	l->text = s;
	l->host = l->server = l->program = SLICE_NONE;
	l->time_us = USEC_NONE;
	if (take_tag(l)) {
		parse_line(l, e);
		return e->kind != EV_FOREIGN;
	}
	if (queue_id_exim_prefix(s) && slice_find_byte(s, ' ') < s.n) {
		(void)try_as(l, NULL, ENVELOPE_EXIM, e);
		return e->kind != EV_FOREIGN;
	}
	if (starts_with_flag(s) && try_with_id(g, l, NULL, "1rJkXm-0003kl-Qp ", ENVELOPE_EXIM, e))
		return true;
	l->raw = l->text = s;
	/* a reply or a word is no line */
	if (code_of(s) || slice_find_byte(s, ' ') == s.n)
		return false;
	if (try_programs(l, e))
		return true;
	if (slice_starts(s, "to=<") || slice_starts(s, "from=<"))
		if (try_with_id(g, l, "postfix/smtp", FAKE_ID, ENVELOPE_RFC3164, e) ||
		    try_with_id(g, l, "postfix/qmgr", FAKE_ID, ENVELOPE_RFC3164, e))
			return true;
	l->raw = l->text = s;
	return try_as(l, NULL, ENVELOPE_EXIM, e);
}

bool guess_line(struct guess *g, struct slice record, struct line *l, struct event *e)
{
	take_envelope(g, record, l);
	if (l->envelope != ENVELOPE_NONE) {
		parse_line(l, e);
		return true;
	}
	return guess_bare(g, l, e);
}
