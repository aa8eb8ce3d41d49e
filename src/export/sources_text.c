/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sources_text.c - the answer of `sources` for people
 *
 * A block per log, then what was passed over, then what the logging leaves out.  Configuration stands alone on its
 * lines, so that it can be copied.
 */
#include "export/sources.h"

#include "base/cursor.h"

#define LABEL_COLUMNS 14
#define PASSED_SHOWN  10

int64_t understood_share(const struct line_counts *c)
{
	uint64_t mail = c->event + c->other + c->malformed;

	if (!mail)
		return -1;
	return (int64_t)((double)c->event * 100000.0 / (double)mail);
}

static void label(struct strbuf *out, const struct term *t, const char *word)
{
	strbuf_add_str(out, "  ");
	(void)term_cell(out, t, TERM_DIM, slice_str(word), LABEL_COLUMNS - 2);
}

/* rounded down: 100 % is everything */
static void add_share(struct strbuf *out, const struct term *t, int64_t share)
{
	term_begin(out, t, share < 100000 ? TERM_WARN : TERM_GOOD);
	if (share == 100000)
		strbuf_add_str(out, "100 %");
	else
		strbuf_printf(out, "%lld.%02lld %%", (long long)(share / 1000), (long long)(share % 1000 / 10));
	term_end(out, t, share < 100000 ? TERM_WARN : TERM_GOOD);
}

/* "postfix 12,011 lines, dovecot 749"; a single one needs no number */
static void add_counts(struct strbuf *out, const struct source_counts *c)
{
	for (size_t i = 0; i < c->n; i++) {
		strbuf_add_str(out, i ? ", " : "");
		(void)term_text(out, c->items[i].name);
		if (c->n > 1) {
			strbuf_add_byte(out, ' ');
			term_count(out, c->items[i].lines);
			strbuf_add_str(out, i ? "" : " lines");
		}
	}
	if (c->more)
		strbuf_printf(out, ", and %llu more", (unsigned long long)c->more);
}

static void add_compression(struct strbuf *out, const struct source_log *l)
{
	size_t n = 0;
	struct slice name = SLICE_NONE;

	for (size_t i = 0; i < l->n_files; i++) {
		n += l->files[i].compression.p != NULL;
		if (l->files[i].compression.p)
			name = l->files[i].compression;
	}
	if (!n)
		return;
	strbuf_add_str(out, ", ");
	(void)term_text(out, name);
	if (n < l->n_files)
		strbuf_printf(out, " (%zu of %zu files)", n, l->n_files);
}

static void add_offset(struct strbuf *out, int32_t offset_sec)
{
	int32_t minutes = (offset_sec < 0 ? -offset_sec : offset_sec) / 60;

	strbuf_printf(out, " %c%02d%02d", offset_sec < 0 ? '-' : '+', (int)(minutes / 60), (int)(minutes % 60));
}

static void log_period(struct strbuf *out, const struct term *t, const struct source_log *l)
{
	if (l->first_us == USEC_NONE)
		return;
	label(out, t, "period");
	answer_time(out, l->first_us, l->first_offset_sec);
	if (l->first_offset_sec != l->last_offset_sec)
		add_offset(out, l->first_offset_sec);
	strbuf_add_str(out, " to ");
	answer_time(out, l->last_us, l->last_offset_sec);
	add_offset(out, l->last_offset_sec);
	strbuf_add_byte(out, '\n');
}

/* what the stamps leave out and where it was taken from */
static void log_guesses(struct strbuf *out, const struct term *t, const struct source_log *l)
{
	if (!l->year && !l->zone.p)
		return;
	label(out, t, "stamps");
	if (l->year)
		strbuf_printf(out, "without year: %d%s", l->year, l->year_guessed ? " is a guess (--year)" : "");
	if (l->zone.p) {
		strbuf_add_str(out, l->year ? "; without zone: " : "without zone: ");
		(void)term_text(out, l->zone);
		strbuf_add_str(out, l->zone_guessed ? " is a guess (--tz)" : "");
	}
	strbuf_add_byte(out, '\n');
}

static void log_lines(struct strbuf *out, const struct term *t, const struct source_log *l)
{
	int64_t share = understood_share(&l->lines);

	label(out, t, "lines");
	term_count(out, l->lines.read);
	if (share >= 0) {
		strbuf_add_str(out, ", ");
		add_share(out, t, share);
		strbuf_add_str(out, " understood");
	} else if (l->lines.read) {
		strbuf_add_str(out, ", none of a mail program");
	}
	if (l->lines.other + l->lines.malformed) {
		strbuf_add_str(out, ", ");
		term_count(out, l->lines.other + l->lines.malformed);
		strbuf_add_str(out, " not");
	}
	if (l->lines.foreign && share >= 0) {
		strbuf_add_str(out, ", ");
		term_count(out, l->lines.foreign);
		strbuf_add_str(out, " of other programs");
	}
	if (l->cut_lines)
		strbuf_printf(out, ", %llu cut at 1 MiB", (unsigned long long)l->cut_lines);
	strbuf_add_byte(out, '\n');
}

/* the files that were not read, each with its reason */
static void log_unread(struct strbuf *out, const struct term *t, const struct source_log *l)
{
	for (size_t i = 0; i < l->n_files; i++) {
		const struct source_file *f = &l->files[i];

		if (f->error.p) {
			strbuf_add_str(out, "  ");
			(void)term_cell(out, t, TERM_BAD, f->lines ? SLICE("incomplete") : SLICE("not read"),
					LABEL_COLUMNS - 2);
			(void)term_text(out, f->error);
			strbuf_add_byte(out, '\n');
		} else if (f->skipped.p) {
			label(out, t, "not read");
			if (l->n_files > 1) {
				(void)term_text(out, f->name);
				strbuf_add_str(out, ": ");
			}
			(void)term_text(out, f->skipped_why);
			if (f->same_as.p) {
				strbuf_add_str(out, ": ");
				(void)term_text(out, f->same_as);
			}
			strbuf_add_byte(out, '\n');
		}
	}
}

static void log_text(struct strbuf *out, const struct term *t, const struct source_log *l)
{
	strbuf_add_byte(out, '\n');
	term_cell(out, t, TERM_HEADING, slice_is(l->name, "-") ? SLICE("standard input") : l->name, 0);
	if (l->n_files > 1)
		strbuf_printf(out, "  and %zu older", l->n_files - 1);
	strbuf_add_byte(out, '\n');
	if (l->n_read && !l->lines.read)
		strbuf_add_str(out, "  empty\n");
	if (l->lines.read) {
		if (l->writers.n) {
			label(out, t, "written by");
			add_counts(out, &l->writers);
			strbuf_add_byte(out, '\n');
		}
		label(out, t, "form");
		add_counts(out, &l->envelopes);
		add_compression(out, l);
		if (l->grep_lines)
			strbuf_add_str(out, ", printed by grep");
		strbuf_add_byte(out, '\n');
		label(out, t, l->servers.n + l->servers.more == 1 ? "server" : "servers");
		add_counts(out, &l->servers);
		strbuf_add_byte(out, '\n');
		log_period(out, t, l);
		log_guesses(out, t, l);
		log_lines(out, t, l);
	}
	log_unread(out, t, l);
}

static void passed_text(struct strbuf *out, const struct term *t, const struct sources_answer *a)
{
	size_t n = a->no_limit || a->n_passed <= PASSED_SHOWN ? a->n_passed : PASSED_SHOWN;

	if (!a->n_passed)
		return;
	strbuf_add_byte(out, '\n');
	term_cell(out, t, TERM_HEADING, SLICE("Passed over"), 0);
	strbuf_add_byte(out, '\n');
	for (size_t i = 0; i < n; i++) {
		strbuf_add_str(out, "  ");
		(void)term_text(out, a->passed[i].name);
		strbuf_add_str(out, ": ");
		(void)term_text(out, a->passed[i].sentence);
		strbuf_add_byte(out, '\n');
	}
	if (a->n_passed > n)
		strbuf_printf(out, "  ... and %zu more; --no-limit shows all\n", a->n_passed - n);
}

/* --- advice ------------------------------------------------------------------------------------------- */

static void add_block(struct strbuf *out, const char *text)
{
	struct cur c = cur_of(slice_str(text));

	while (!cur_at_end(&c)) {
		strbuf_add_str(out, "        ");
		strbuf_add(out, cur_token(&c, '\n'));
		strbuf_add_byte(out, '\n');
	}
}

static bool same_log(const struct advice_item *a, const struct advice_item *b)
{
	return slice_eq(a->server, b->server) && slice_eq(a->log, b->log);
}

static bool same_group(const struct advice_item *a, const struct advice_item *b)
{
	return a->group && b->group && slice_eq(slice_str(a->group), slice_str(b->group)) && same_log(a, b);
}

static void advice_head(struct strbuf *out, const struct term *t, const struct advice_item *x)
{
	strbuf_add_str(out, "\n  ");
	(void)term_text(out, slice_is(x->log, "-") ? SLICE("standard input") : x->log);
	if (x->server.p) {
		strbuf_add_str(out, ", server ");
		(void)term_cell(out, t, TERM_NAME, x->server, 0);
	}
	strbuf_add_byte(out, '\n');
}

static void advice_text(struct strbuf *out, const struct term *t, const struct sources_answer *a)
{
	if (!a->n_advice)
		return;
	strbuf_add_byte(out, '\n');
	term_cell(out, t, TERM_HEADING, SLICE("What the logging leaves out"), 0);
	strbuf_add_byte(out, '\n');
	for (size_t i = 0; i < a->n_advice; i++) {
		const struct advice_item *x = &a->advice[i];
		size_t column = 6 + strlen(x->missing);

		if (i == 0 || !same_log(x - 1, x))
			advice_head(out, t, x);
		strbuf_add_str(out, "    ");
		(void)term_cell(out, t, TERM_WARN, slice_str(x->missing), 0);
		strbuf_add_str(out, x->optional ? " (if you want it): " : ": ");
		(void)term_wrapped(out, t, column + (x->optional ? 17 : 0), 6, slice_str(x->why));
		strbuf_add_byte(out, '\n');
		if (i + 1 < a->n_advice && same_group(x, x + 1))
			continue;
		add_block(out, x->config);
		strbuf_add_str(out, "      ");
		(void)term_wrapped(out, t, 6, 6, slice_str(x->where));
		strbuf_add_byte(out, '\n');
	}
}

/* --- --deep ------------------------------------------------------------------------------------------- */

static void programs_text(struct strbuf *out, const struct term *t, const struct sources_answer *a)
{
	strbuf_add_byte(out, '\n');
	term_cell(out, t, TERM_HEADING, SLICE("Understood, by program"), 0);
	strbuf_add_byte(out, '\n');
	for (size_t i = 0; i < a->n_programs; i++) {
		const struct source_program *p = &a->programs[i];

		strbuf_add_str(out, "  ");
		(void)term_cell(out, t, TERM_NAME, p->program.p ? p->program : slice_str(writer_name(p->writer)), 28);
		strbuf_add_str(out, "  ");
		term_count(out, p->lines.read);
		strbuf_add_str(out, p->lines.read == 1 ? " line, " : " lines, ");
		add_share(out, t, understood_share(&p->lines));
		strbuf_add_byte(out, '\n');
	}
}

static void deep_text(struct strbuf *out, const struct term *t, const struct sources_answer *a)
{
	if (a->n_programs)
		programs_text(out, t, a);
	if (!a->n_unknown) {
		strbuf_add_str(out, "\nThere is no line of a mail program that is not understood.\n");
		return;
	}
	strbuf_add_byte(out, '\n');
	term_cell(out, t, TERM_HEADING, SLICE("Not understood, by shape, with one line each"), 0);
	strbuf_add_byte(out, '\n');
	unknown_text(out, t, a->unknown, a->n_unknown);
	if (a->more_unknown)
		strbuf_printf(out, "\n%zu more shapes not shown; --no-limit shows all\n", a->more_unknown);
}

void sources_text(struct strbuf *out, const struct term *t, const struct sources_answer *a)
{
	answer_text(out, t, &a->head);
	for (size_t i = 0; i < a->n_logs; i++)
		log_text(out, t, &a->logs[i]);
	passed_text(out, t, a);
	if (a->head.lines.other + a->head.lines.malformed && !a->deep)
		strbuf_add_str(out, "\nmailwhy sources --deep --redact shows what is not understood, ready for a bug report.\n");
	if (a->deep)
		deep_text(out, t, a);
	advice_text(out, t, a);
}
