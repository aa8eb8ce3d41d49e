/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain_row.c - a row of one of Exchange's logs: its columns in order
 *
 * Source: Microsoft, "Message tracking", "Protocol logging".  Rows are read as RFC 4180 says.
 */
#include "base/ascii.h"
#include "base/attr.h"
#include "diagnose/explain_priv.h"
#include "event/columns.h"

static const char *const TRACKING[] = {
	"date-time", "client-ip", "client-hostname", "server-ip", "server-hostname", "source-context", "connector-id", "source",
	"event-id", "internal-message-id", "message-id", "network-message-id", "recipient-address", "recipient-status", "total-bytes",
	"recipient-count", "related-recipient-address", "reference", "message-subject", "sender-address", "return-path",
	"message-info", "directionality", "tenant-id", "original-client-ip", "original-server-ip", "custom-data",
	"transport-traffic-type", "log-id", "schema-version",
};
#define NETWORK_ID_AT 11 /* missing up to Exchange 2010 */

static const char *const COLUMN_NAMES[] = {
#define X(id, name, other) [id] = name,
	LOG_COLUMNS(X)
#undef X
};

/* equal but for case, '-' and '_' */
static bool same_name(struct slice form, const char *name)
{
	for (size_t i = 0; i < form.n; i++) {
		if (form.p[i] == '-' || form.p[i] == '_')
			continue;
		if (ascii_tolower(form.p[i]) != *name++)
			return false;
	}
	return *name == '\0';
}

static const struct gloss *column_gloss(const char *name)
{
	const struct gloss *list;
	size_t n = gloss_list(&list);

	for (size_t i = 0; i < n; i++)
		if (list[i].scope == SCOPE_EXCHANGE_COLUMN && same_name(list[i].form, name))
			return &list[i];
	return NULL;
}

/* the row for the i-th column; NULL: nobody knows it */
static const struct gloss *gloss_of(const struct log_columns *c, size_t i)
{
	enum log_column column = i < c->n ? (enum log_column)c->at[i] : COL_OTHER;
	size_t at = i;

	if (column != COL_OTHER)
		return column_gloss(COLUMN_NAMES[column]);
	if (c->kind != LOG_TRACKING || c->n < NETWORK_ID_AT)
		return NULL;
	if (i >= NETWORK_ID_AT && c->at[NETWORK_ID_AT] != COL_NETWORK_ID)
		at++;
	return at < ARRAY_LEN(TRACKING) ? gloss_find(SCOPE_EXCHANGE_COLUMN, slice_str(TRACKING[at])) : NULL;
}

/* the field at p and the separator behind it */
static const char *field_end(const char *p, const char *end, char separator)
{
	bool quoted = p < end && *p == '"';

	for (p += quoted; p < end; p++) {
		if (quoted && *p == '"') {
			if (p + 1 == end || p[1] != '"')
				quoted = false;
			else
				p++;
		} else if (!quoted && *p == separator) {
			return p;
		}
	}
	return end;
}

static struct slice unquoted(struct slice s)
{
	if (s.n >= 2 && s.p[0] == '"' && s.p[s.n - 1] == '"')
		s = slice_of(s.p + 1, s.n - 2);
	return s;
}

/* "#Fields: date-time,client-ip,...": each column; another line of the header is one part */
static void explain_header(struct explanation *x, struct slice line)
{
	const struct gloss *head = gloss_find(SCOPE_ENVELOPE, SLICE("header"));
	const char *p = line.p, *end = p + line.n;

	if (!slice_starts(line, "#Fields: ")) {
		explain_add_gloss(x, line, head, SLICE_NONE);
		return;
	}
	explain_add_gloss(x, slice_head(line, sizeof "#Fields:" - 1), head, SLICE_NONE);
	for (p += sizeof "#Fields: " - 1; p < end && x->n_parts < LOG_COLUMNS_MAX;) {
		const char *stop = field_end(p, end, ','), *next = stop < end ? stop + 1 : stop;
		const struct gloss *g = gloss_find(SCOPE_EXCHANGE_COLUMN, slice_between(p, stop));

		if (g)
			explain_add_gloss(x, slice_between(p, next), g, SLICE_NONE);
		else
			(void)explain_add(x, slice_between(p, next));
		p = next;
	}
	if (p < end)
		(void)explain_add(x, slice_between(p, end));
}

void explain_row(struct explanation *x, const struct line *l, const struct event *e)
{
	const char *p = l->raw.p, *end = p + l->raw.n;
	struct explain_part *last = NULL;

	if (!l->columns && l->raw.n && l->raw.p[0] == '#') {
		explain_header(x, l->raw);
		return;
	}
	if (!l->columns) {
		explain_walk(x, l->raw, NULL, 0, e, false);
		return;
	}
	for (size_t i = 0; p < end; i++) {
		const char *stop = field_end(p, end, l->columns->separator), *next = stop < end ? stop + 1 : stop;
		struct slice value = slice_between(p, stop);
		const struct gloss *g = gloss_of(l->columns, i);

		if (!value.n && last) {
			/* an empty column has nothing to say */
			last->text = slice_between(last->text.p, next);
		} else {
			if (g)
				explain_add_gloss(x, slice_between(p, next), g, unquoted(value));
			else
				(void)explain_add(x, slice_between(p, next));
			last = &x->parts[x->n_parts - 1];
		}
		p = next;
	}
}
