/* SPDX-License-Identifier: Apache-2.0 */
/*
 * totals_html.c - the totals of a report as cards and as one bar
 */
#include <stddef.h>

#include "base/attr.h"
#include "export/panel_html.h"
#include "export/terminal.h"

/* what became of recipients: the parts of the bar, from good to bad */
static const struct {
	const char *title, *tone;
	size_t offset;
} OUTCOMES[] = {
#define ROW(title, tone, name) { title, tone, offsetof(struct report_totals, name) }
	ROW("delivered here", "g", delivered), ROW("relayed", "g2", relayed), ROW("pending", "v", pending),
	ROW("held", "d2", held),	       ROW("deferred", "d", deferred), ROW("bounced", "r", bounced),
	ROW("expired", "r2", expired),         ROW("rejected", "s", rejected), ROW("discarded", "s2", discarded),
	ROW("removed", "v2", removed),
#undef ROW
};

/* what is worth a word where it is not 0 */
static const struct {
	const char *one, *many;
	size_t offset;
} RARE[] = {
#define ROW(one, many, name) { one, many, offsetof(struct report_totals, name) }
	ROW("expanded recipient", "expanded recipients", expanded), ROW("filter pass", "filter passes", filter_passes),
	ROW("forward", "forwards", forwards), ROW("notification", "notifications", notifications), ROW("probe", "probes", probes),
#undef ROW
};

static int64_t total_at(const struct report_totals *t, size_t offset)
{
	int64_t v;

	memcpy(&v, (const char *)t + offset, sizeof v);
	return v;
}

static void add_number(struct strbuf *out, int64_t v)
{
	if (v < 0)
		strbuf_add_byte(out, '-');
	else
		term_count(out, (uint64_t)v);
}

/* thousandths of a percent would pretend: one decimal */
static void add_share(struct strbuf *out, int64_t part, int64_t whole)
{
	strbuf_printf(out, "%.1f %%", (double)part * 100 / (double)whole);
}

static void begin_card(struct strbuf *out, const char *tone, int64_t v, const char *title)
{
	strbuf_printf(out, "<li class=\"%s\"><b>", v > 0 ? tone : "z");
	add_number(out, v);
	strbuf_add_str(out, "</b> <span>");
	strbuf_add_str(out, title);
	strbuf_add_str(out, "</span> <small>");
}

static void end_card(struct strbuf *out)
{
	strbuf_add_str(out, "</small></li>\n");
}

static void of_recipients(struct strbuf *out, const struct report_totals *t, int64_t part)
{
	if (t->recipients > 0) {
		add_share(out, part, t->recipients);
		strbuf_add_str(out, " of ");
	}
	add_number(out, t->recipients);
	strbuf_add_str(out, t->recipients == 1 ? " recipient" : " recipients");
	end_card(out);
}

static void add_cards(struct strbuf *out, const struct report_totals *t)
{
	int64_t arrived = t->delivered + t->relayed, failed = t->bounced + t->expired;
	int64_t waiting = t->deferred + t->held + t->pending;

	strbuf_add_str(out, "<ul class=\"cards\">\n");
	begin_card(out, "", t->messages, t->messages == 1 ? "mail" : "mails");
	term_bytes(out, t->bytes);
	end_card(out);
	begin_card(out, "good", arrived, "delivered or relayed");
	of_recipients(out, t, arrived);
	begin_card(out, "bad", failed, "bounced or expired");
	of_recipients(out, t, failed);
	begin_card(out, "wait", waiting, "still waiting");
	of_recipients(out, t, waiting);
	begin_card(out, "wait", t->deferrals, t->deferrals == 1 ? "deferral" : "deferrals");
	strbuf_add_str(out, "tries that failed for now");
	end_card(out);
	begin_card(out, "", t->rejections, t->rejections == 1 ? "rejection" : "rejections");
	strbuf_add_str(out, "refused before acceptance");
	end_card(out);
	begin_card(out, "", t->logins_failed, t->logins_failed == 1 ? "failed login" : "failed logins");
	strbuf_add_str(out, "beside ");
	add_number(out, t->logins_ok);
	strbuf_add_str(out, " good");
	end_card(out);
	begin_card(out, "", t->connections, t->connections == 1 ? "connection" : "connections");
	strbuf_add_str(out, t->connections < 0 ? "not told" : "over SMTP");
	end_card(out);
	strbuf_add_str(out, "</ul>\n");
}

static void add_bar(struct strbuf *out, const struct report_totals *t)
{
	double x = 0;

	strbuf_add_str(out, "<svg class=\"outcomes\" viewBox=\"0 0 100 1\" preserveAspectRatio=\"none\" aria-hidden=\"true\">");
	for (size_t i = 0; i < ARRAY_LEN(OUTCOMES); i++) {
		double width = (double)total_at(t, OUTCOMES[i].offset) * 100 / (double)t->recipients;

		if (width > 0)
			strbuf_printf(out, "<rect class=\"%s\" x=\"%.2f\" y=\"0\" width=\"%.2f\" height=\"1\"/>", OUTCOMES[i].tone, x, width);
		x += width > 0 ? width : 0;
	}
	strbuf_add_str(out, "</svg>\n");
}

static void add_outcomes(struct html *h, const struct report_totals *t)
{
	struct strbuf *out = h->out;

	strbuf_add_str(out, "<h3>What became of the recipients</h3>\n");
	if (!h->mail)
		add_bar(out, t);
	strbuf_add_str(out, "<ul class=\"legend\">");
	for (size_t i = 0; i < ARRAY_LEN(OUTCOMES); i++) {
		int64_t v = total_at(t, OUTCOMES[i].offset);

		if (v <= 0)
			continue;
		strbuf_printf(out, "<li><i class=\"%s\"></i>", OUTCOMES[i].tone);
		add_number(out, v);
		strbuf_printf(out, " %s <small>", OUTCOMES[i].title);
		add_share(out, v, t->recipients);
		strbuf_add_str(out, "</small></li>\n");
	}
	strbuf_add_str(out, "</ul>\n");
}

static void add_rare(struct strbuf *out, const struct report_totals *t)
{
	bool any = false;

	for (size_t i = 0; i < ARRAY_LEN(RARE); i++) {
		int64_t v = total_at(t, RARE[i].offset);

		if (v <= 0)
			continue;
		strbuf_add_str(out, any ? ", " : "<p class=\"note\">Beside them: ");
		add_number(out, v);
		strbuf_add_byte(out, ' ');
		strbuf_add_str(out, v == 1 ? RARE[i].one : RARE[i].many);
		any = true;
	}
	if (any)
		strbuf_add_str(out, "</p>\n");
}

void totals_html(struct html *h, const struct report_totals *t)
{
	strbuf_add_str(h->out, "<section id=\"totals\" class=\"totals\">\n<h2>Totals</h2>\n");
	add_cards(h->out, t);
	if (t->recipients > 0)
		add_outcomes(h, t);
	add_rare(h->out, t);
	strbuf_add_str(h->out, "</section>\n");
}
