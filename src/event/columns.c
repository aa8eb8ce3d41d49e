/* SPDX-License-Identifier: Apache-2.0 */
/*
 * columns.c - headers and rows of comma separated logs
 *
 * Source: Microsoft, "Message tracking", "Protocol logging", "Search message tracking logs" (the names of exported properties).
 */
#include "event/columns.h"

#include <string.h>

#include "base/ascii.h"
#include "base/attr.h"
#include "base/cursor.h"

#define NAME_BYTES   40
#define KNOWN_MIN    5   /* as many known names make a header */
#define NAMES_TO_TELL 4  /* if none of these is known, no header */
#define TYPE_BYTES   80

static const struct {
	const char *name, *other;
} NAMES[] = {
#define X(id, name, other) [id] = { name, other },
	LOG_COLUMNS(X)
#undef X
};

/* lower case, without what separates words; n bytes of to, cut */
static struct slice fold(struct slice s, char *to, size_t n)
{
	size_t at = 0;

	for (size_t i = 0; i < s.n && at < n; i++)
		if (s.p[i] != '-' && s.p[i] != '_' && s.p[i] != ' ')
			to[at++] = ascii_tolower(s.p[i]);
	return slice_of(to, at);
}

static enum log_column column_named(struct slice name)
{
	char buf[NAME_BYTES];
	struct slice s = fold(name, buf, sizeof buf);

	for (size_t i = 0; i < ARRAY_LEN(NAMES); i++)
		if (slice_eq(s, slice_str(NAMES[i].name)) || (NAMES[i].other && slice_eq(s, slice_str(NAMES[i].other))))
			return (enum log_column)i;
	return COL_OTHER;
}

enum log_kind log_kind_of_type(struct slice type)
{
	static const struct {
		struct slice word;
		enum log_kind kind;
	} TYPES[] = {
		{ { "messagetracking", 15 }, LOG_TRACKING }, { { "smtpreceive", 11 }, LOG_SMTP_RECEIVE },
		{ { "smtpsend", 8 }, LOG_SMTP_SEND },        { { "imap", 4 }, LOG_IMAP },
		{ { "pop", 3 }, LOG_POP3 },
	};
	char buf[TYPE_BYTES];
	struct slice s = fold(slice_trim(type), buf, sizeof buf);

	for (size_t i = 0; i < ARRAY_LEN(TYPES); i++)
		if (slice_eq(slice_head(s, TYPES[i].word.n), TYPES[i].word))
			return TYPES[i].kind;
	return LOG_NONE;
}

/* ---- fields ---- */

/*
 * The next field.  One that begins with a quote ends with the next quote that is not doubled; what stands between that and the
 * separator is nothing that a writer would write, and is passed over.  Any other is taken literally.
 */
static struct slice next_field(struct cur *c, char separator, bool *ret_open, bool *ret_escaped)
{
	const char *from, *q;
	struct slice s;

	if (cur_peek(c) != '"')
		return cur_token(c, separator);
	from = ++c->p;
	for (;;) {
		q = cur_left(c) ? memchr(c->p, '"', cur_left(c)) : NULL;
		if (!q) {
			*ret_open = true;
			c->p = c->end;
			return slice_between(from, c->end);
		}
		c->p = q + 1;
		if (cur_peek(c) != '"')
			break;
		*ret_escaped = true;
		c->p++;
	}
	s = slice_between(from, q);
	(void)cur_token(c, separator);
	return s;
}

static void row_clear(struct log_row *row)
{
	for (size_t i = 0; i < LOG_COLUMN_COUNT; i++)
		row->field[i] = SLICE_NONE;
	row->n = 0;
	row->open = row->escaped = false;
}

static void row_put(const struct log_columns *columns, struct slice s, struct log_row *row)
{
	enum log_column column = row->n < columns->n ? (enum log_column)columns->at[row->n] : COL_OTHER;

	if (column != COL_OTHER && s.n)
		row->field[column] = s;
	row->n++;
}

/* a separator was just taken, so that one more field follows, be it empty */
static bool more_fields(const struct cur *c, const char *begin, char separator)
{
	return !cur_at_end(c) || (c->p > begin && c->p[-1] == separator);
}

void log_row_split(const struct log_columns *columns, struct slice text, struct log_row *ret)
{
	struct cur c = cur_of(text);
	bool last;

	row_clear(ret);
	if (text.n == 0)
		return;
	do {
		const char *begin = c.p;

		row_put(columns, next_field(&c, columns->separator, &ret->open, &ret->escaped), ret);
		last = cur_at_end(&c) && (ret->open || !more_fields(&c, begin, columns->separator));
	} while (!last);
}

void log_row_split_decoded(const struct log_columns *columns, struct slice text, struct log_row *ret)
{
	struct cur c = cur_of(text);
	struct slice s;

	row_clear(ret);
	while (cur_until(&c, LOG_DECODED_END, &s))
		row_put(columns, s, ret);
	ret->open = !cur_at_end(&c); /* a row that is whole ends with the last field */
}

size_t log_row_decode(const struct log_columns *columns, struct slice text, char *to)
{
	struct cur c = cur_of(text);
	bool open = false, escaped, last;
	size_t at = 0;

	do {
		const char *begin = c.p;
		struct slice s;

		escaped = false;
		s = next_field(&c, columns->separator, &open, &escaped);
		for (size_t i = 0; i < s.n; i++) {
			to[at++] = s.p[i] == LOG_DECODED_END ? ' ' : s.p[i];
			i += escaped && s.p[i] == '"';
		}
		last = cur_at_end(&c) && (open || !more_fields(&c, begin, columns->separator));
		if (!open)
			to[at++] = LOG_DECODED_END;
		else if (s.n == 0)
			to[at++] = ' '; /* something without an end */
	} while (!last);
	return at;
}

/* ---- headers ---- */

static bool has(const bool *seen, enum log_column a, enum log_column b)
{
	return seen[a] && seen[b];
}

static enum log_kind kind_of(const bool *seen, enum log_kind type)
{
	if (has(seen, COL_EVENT_ID, COL_MESSAGE_ID))
		return LOG_TRACKING;
	if (!has(seen, COL_SESSION, COL_REMOTE))
		return LOG_NONE;
	if (seen[COL_COMMAND] && seen[COL_USER])
		return type == LOG_IMAP || type == LOG_POP3 ? type : LOG_MAILBOX;
	if (has(seen, COL_EVENT, COL_DATA))
		return type == LOG_NONE || type == LOG_TRACKING ? LOG_SMTP : type;
	return LOG_NONE;
}

/* the byte behind the first name, quoted or not */
static char separator_of(struct slice line)
{
	struct cur c = cur_of(line);
	struct slice quoted;

	if (cur_byte(&c, '"')) {
		if (!cur_until(&c, '"', &quoted))
			return '\0';
	} else {
		while (ascii_alnum(cur_peek(&c)) || cur_peek(&c) == '-' || cur_peek(&c) == '_')
			c.p++;
	}
	return cur_peek(&c);
}

bool log_columns_read(struct slice line, enum log_kind type, struct log_columns *ret)
{
	struct log_columns columns;
	bool seen[LOG_COLUMN_COUNT + 1] = { false }, open = false, escaped = false, last;
	struct cur c = cur_of(line);
	unsigned known = 0;

	memset(&columns, 0, sizeof columns); /* equal ones are compared as bytes */
	if (cur_lit(&c, "#Fields:"))
		cur_skip_spaces(&c);
	else
		columns.exported = true;
	columns.separator = separator_of(cur_rest(&c));
	if (columns.separator != ',' && columns.separator != ';' && columns.separator != '\t')
		return false;
	do {
		const char *begin = c.p;
		enum log_column column = column_named(next_field(&c, columns.separator, &open, &escaped));

		last = cur_at_end(&c) && !more_fields(&c, begin, columns.separator);
		if (columns.n == LOG_COLUMNS_MAX || open || (columns.n == NAMES_TO_TELL && known == 0))
			return false;
		if (seen[column])
			column = COL_OTHER; /* the first of a name counts */
		known += column != COL_OTHER;
		seen[column] = true;
		columns.at[columns.n++] = (uint8_t)column;
	} while (!last);
	columns.kind = kind_of(seen, type);
	if (columns.kind == LOG_NONE || known < KNOWN_MIN || !seen[COL_DATE_TIME])
		return false;
	/* rows of the log itself below a bare line of names are still rows of the log */
	columns.exported = columns.exported && columns.kind == LOG_TRACKING;
	memcpy(ret, &columns, sizeof *ret);
	return true;
}

/* ---- rows without a header ---- */

static bool is_word(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!ascii_upper(s.p[i]))
			return false;
	return s.n > 1;
}

static bool is_number(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!ascii_digit(s.p[i]))
			return false;
	return s.n > 0;
}

enum log_kind log_row_shape(struct slice text, unsigned *ret_n)
{
	struct slice first[13] = { { NULL, 0 } };
	struct cur c = cur_of(text);
	bool open = false, escaped = false, last;
	unsigned n = 0;

	/* "2026-09-14T08:00:00.101Z," */
	if (text.n < 25 || text.p[10] != 'T' || text.p[4] != '-' || text.p[19] != '.' || text.p[23] != 'Z' || text.p[24] != ',')
		return LOG_NONE;
	do {
		const char *begin = c.p;
		struct slice s = next_field(&c, ',', &open, &escaped);

		if (n < ARRAY_LEN(first))
			first[n] = s;
		n++;
		last = cur_at_end(&c) && !more_fields(&c, begin, ',');
	} while (!last && n <= LOG_COLUMNS_MAX);
	*ret_n = n;
	if ((n == 21 || n == 26 || n == 27 || n == 30) && is_word(first[7]) && is_word(first[8]))
		return LOG_TRACKING;
	if (n == 9 && is_number(first[3]) && first[6].n == 1 && slice_find_byte(SLICE("+-<>*"), first[6].p[0]) < 5)
		return LOG_SMTP;
	if (n == 13 && is_number(first[2]) && slice_find_byte(first[4], ':') < first[4].n)
		return LOG_MAILBOX;
	return LOG_NONE;
}
