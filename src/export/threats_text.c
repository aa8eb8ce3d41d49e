/* SPDX-License-Identifier: Apache-2.0 */
/*
 * threats_text.c - findings for people: one block for each, the worst first
 */
#include "export/threats.h"

#include "base/civil.h"
#include "export/panel_csv.h"

#define INDENT         2
#define MEMBERS_SHOWN 8
#define NETS_SHOWN    5
#define LINE_MIN_COLUMNS 40 /* of a sample line, on however narrow a terminal */

static enum term_style level_style(enum threat_level l)
{
	return l == LEVEL_LOW ? TERM_DIM : l == LEVEL_MEDIUM ? TERM_WARN : TERM_BAD;
}

/* "  Label: text", wrapped */
static void paragraph(struct strbuf *out, const struct term *t, const char *label, struct slice text)
{
	size_t column = INDENT;

	if (!text.n)
		return;
	strbuf_add(out, SLICE("  "));
	if (label) {
		column += term_cell(out, t, TERM_DIM, slice_str(label), 0);
		strbuf_add_byte(out, ' ');
		column++;
	}
	(void)term_wrapped(out, t, column, label ? 4 : INDENT, text);
	strbuf_add_byte(out, '\n');
}

static void value_text(struct strbuf *out, const struct evidence *e, int64_t value, int32_t offset)
{
	switch (e->type) {
	case EVIDENCE_COUNT:
		term_count(out, (uint64_t)value);
		break;
	case EVIDENCE_SHARE:
		strbuf_printf(out, "%lld.%lld %%", (long long)(value / 1000), (long long)(value % 1000 / 100));
		break;
	case EVIDENCE_SPAN:
		term_span(out, value);
		break;
	case EVIDENCE_TIME:
		answer_time(out, value, offset);
		break;
	case EVIDENCE_TEXT:
		(void)term_text(out, e->text);
		break;
	}
}

static void evidence_text(struct strbuf *out, const struct term *t, const struct finding *f)
{
	struct strbuf text = { 0 };

	for (size_t i = 0; i < f->n_evidence; i++) {
		const struct evidence *e = &f->evidence[i];

		if (i)
			strbuf_add(&text, SLICE("; "));
		strbuf_add_str(&text, tr_in(TR_LOCAL, e->title));
		strbuf_add(&text, SLICE(": "));
		value_text(&text, e, e->value, f->utc_offset_sec);
		if (e->usual >= 0) {
			strbuf_printf(&text, " (%s ", tr("threat.label.usual", "usual:"));
			value_text(&text, e, e->usual, f->utc_offset_sec);
			strbuf_add_byte(&text, ')');
		}
	}
	paragraph(out, t, tr("threat.label.evidence", "Evidence:"), strbuf_slice(&text));
	strbuf_done(&text);
}

static void members_text(struct strbuf *out, const struct term *t, const struct finding *f, size_t shown)
{
	struct strbuf text = { 0 };
	uint64_t more = f->more_members;

	for (size_t i = 0; i < f->n_members; i++) {
		if (i == shown) {
			more += f->n_members - i;
			break;
		}
		if (i)
			strbuf_add(&text, SLICE(", "));
		if (f->members[i].n)
			strbuf_add(&text, slice_head(f->members[i], 80));
		else
			strbuf_add(&text, SLICE("\"\""));
	}
	if (more) {
		strbuf_printf(&text, " %s ", tr("threat.label.and", "and"));
		term_count(&text, more);
		strbuf_printf(&text, " %s", tr("threat.label.more", "more"));
	}
	paragraph(out, t,
		  f->member_kind == SUBJECT_ACCOUNT ? tr("threat.label.accounts", "Accounts:") :
		  f->member_kind == SUBJECT_ADDRESS ? tr("threat.label.addresses", "Addresses:") :
						      tr("threat.label.members", "With:"),
		  strbuf_slice(&text));
	strbuf_done(&text);
}

/* A sample, not the answer: on a terminal one row each.  The file and the number of the line lead to the whole. */
static void line_text(struct strbuf *out, const struct term *t, size_t column, struct slice s)
{
	size_t left = t->width > column + LINE_MIN_COLUMNS ? t->width - column : LINE_MIN_COLUMNS;

	if (!t->width || s.n <= left) {
		(void)term_text(out, s);
		return;
	}
	(void)term_text(out, slice_head(s, left - 4));
	strbuf_add_str(out, " ...");
}

static void lines_text(struct strbuf *out, const struct term *t, const struct threat *th)
{
	for (size_t i = 0; i < th->finding->n_lines; i++) {
		const struct trace_line *l = &th->lines[i];
		struct strbuf number = { 0 };
		size_t column = 4;

		strbuf_printf(&number, ":%llu: ", (unsigned long long)l->line_no);
		strbuf_add(out, SLICE("    "));
		column += term_cell(out, t, TERM_DIM, slice_str(l->file), 0);
		column += term_cell(out, t, TERM_DIM, strbuf_slice(&number), 0);
		strbuf_done(&number);
		if (l->text.p)
			line_text(out, t, column, l->text);
		else
			strbuf_add_str(out, tr("threat.line.gone", "(can't be read again)"));
		strbuf_add_byte(out, '\n');
	}
}

/* "confidence high; rule brute_force; from brute_force.failures=5 on. If it is honest: --trust 203.0.113.7" */
static void rule_text(struct strbuf *out, const struct term *t, const struct finding *f)
{
	struct strbuf text = { 0 };

	strbuf_printf(&text, "%s %s; %s %s", tr("threat.label.confidence", "confidence"), threat_confidence_name(f->confidence),
		      tr("threat.label.rule", "rule"), f->detector->id);
	for (size_t i = 0; i < f->n_also; i++)
		strbuf_printf(&text, ", %s", f->also[i]->id);
	for (size_t i = 0; f->setting && i < f->detector->n_settings; i++) {
		const struct detector_setting *s = &f->detector->settings[i];

		if (strcmp(s->name, f->setting) != 0)
			continue;
		strbuf_printf(&text, "; %s %s.%s=", tr("threat.label.fired", "from"), f->detector->id, s->name);
		detect_setting_text(&text, s->type, f->setting_value);
		strbuf_add_str(&text, " on");
	}
	strbuf_printf(&text, ". %s ", (f->is_net && f->blames) || !f->setting ? tr("threat.label.honest", "If it is honest:") :
										 tr("threat.label.too_early", "If that is too early:"));
	if (f->is_net && f->blames) {
		strbuf_add_str(&text, "--trust ");
		strbuf_add(&text, f->subject);
	} else if (f->setting) {
		strbuf_printf(&text, "--set %s.%s=N", f->detector->id, f->setting);
	} else {
		strbuf_printf(&text, "--without %s", f->detector->id);
	}
	paragraph(out, t, tr("threat.label.why", "Why:"), strbuf_slice(&text));
	strbuf_done(&text);
}

static void threat_text(struct strbuf *out, const struct term *t, const struct threat *th, size_t members)
{
	const struct finding *f = th->finding;

	strbuf_add_byte(out, '\n');
	term_begin(out, t, level_style(f->level));
	strbuf_printf(out, "[%s] ", threat_level_name(f->level));
	term_end(out, t, level_style(f->level));
	term_begin(out, t, TERM_HEADING);
	(void)term_text(out, f->subject.n ? slice_head(f->subject, 200) : SLICE("\"\""));
	strbuf_add_byte(out, ' ');
	(void)term_text(out, slice_str(tr_in(TR_LOCAL, f->detector->title)));
	term_end(out, t, TERM_HEADING);
	strbuf_add_byte(out, '\n');
	paragraph(out, t, NULL, f->summary);
	if (f->first_us != USEC_NONE) {
		strbuf_add(out, SLICE("  "));
		term_begin(out, t, TERM_DIM);
		answer_time(out, f->first_us, f->utc_offset_sec);
		strbuf_printf(out, " %s ", tr("threat.label.to", "to"));
		answer_time(out, f->last_us, f->utc_offset_sec);
		term_end(out, t, TERM_DIM);
		strbuf_add_byte(out, '\n');
	}
	evidence_text(out, t, f);
	members_text(out, t, f, members);
	paragraph(out, t, tr("threat.label.do", "Do:"), f->action);
	if (f->trace.p) {
		strbuf_add(out, SLICE("  "));
		term_cell(out, t, TERM_DIM, slice_str(tr("threat.label.show", "Show:")), 0);
		strbuf_add(out, SLICE(" mailwhy trace "));
		(void)term_text(out, f->trace);
		strbuf_add_byte(out, '\n');
	}
	rule_text(out, t, f);
	lines_text(out, t, th);
}

static void left_out_text(struct strbuf *out, const struct term *t, const struct detect_left_out *l)
{
	struct strbuf text = { 0 };

	if (!l->findings)
		return;
	term_count(&text, l->findings);
	strbuf_printf(&text, " %s ", trn("threat.left_out", "finding left out, because its address is our own, private or trusted:",
					  "findings left out, because their addresses are our own, private or trusted:",
					  (unsigned long)l->findings));
	for (size_t i = 0; i < l->n_nets && i < NETS_SHOWN; i++) {
		char net[WATCH_NET_BYTES];

		if (i)
			strbuf_add(&text, SLICE(", "));
		strbuf_add(&text, watch_net_text(&l->nets[i], net));
	}
	if (l->n_nets > NETS_SHOWN)
		strbuf_add(&text, SLICE(", ..."));
	strbuf_add_byte(out, '\n');
	(void)term_wrapped(out, t, 0, 0, strbuf_slice(&text));
	strbuf_add_byte(out, '\n');
	strbuf_done(&text);
}

void threats_text(struct strbuf *out, const struct term *t, const struct threats_answer *a)
{
	answer_text(out, t, &a->head);
	if (a->head.lines.event + a->head.lines.other + a->head.lines.malformed == 0)
		strbuf_printf(out, "%s\n", tr("threat.no_mail", "No line of a mail program was found."));
	else if (!a->n)
		strbuf_printf(out, "%s\n", tr("threat.nothing", "Nothing found: nobody abuses this server, as far as these logs tell."));
	for (size_t i = 0; i < a->n; i++)
		threat_text(out, t, &a->threats[i], a->members ? a->members : MEMBERS_SHOWN);
	if (a->more) {
		strbuf_add_byte(out, '\n');
		term_count(out, a->more);
		strbuf_printf(out, " %s\n", tr("threat.more", "more findings, none worse than these; --no-limit shows them"));
	}
	left_out_text(out, t, &a->left_out);
}

/* --- CSV ---------------------------------------------------------------------------------------------- */

static void csv_time(struct strbuf *out, usec_t t)
{
	if (t != USEC_NONE)
		civil_format_rfc3339(out, t);
}

void threats_csv(struct strbuf *out, const struct threats_answer *a)
{
	strbuf_add(out, SLICE("level,confidence,detector,kind,subject,blames,blockable,since,until,summary,action\r\n"));
	for (size_t i = 0; i < a->n; i++) {
		const struct finding *f = a->threats[i].finding;

		strbuf_printf(out, "%s,%s,%s,%s,", threat_level_name(f->level), threat_confidence_name(f->confidence),
			      f->detector->id, subject_kind_name(f->kind));
		csv_text(out, f->subject);
		strbuf_printf(out, ",%s,%s,", f->blames ? "true" : "false", f->blockable ? "true" : "false");
		csv_time(out, f->first_us);
		strbuf_add_byte(out, ',');
		csv_time(out, f->last_us);
		strbuf_add_byte(out, ',');
		csv_text(out, f->summary);
		strbuf_add_byte(out, ',');
		csv_text(out, f->action);
		strbuf_add(out, SLICE("\r\n"));
	}
}
