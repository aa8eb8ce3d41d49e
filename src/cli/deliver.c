/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deliver.c - an answer as a page (--html) and as a mail (--mail)
 */
#include "cli/deliver.h"

#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/civil.h"
#include "cli/save.h"
#include "cli/sendmail.h"
#include "export/mail.h"

#define MAIL_ROWS    10 /* of each table of a mail: some readers cut what is longer than 100 KB */
#define MAIL_COLUMNS 78 /* RFC 5322, section 2.1.1 */
#define HOST_BYTES   256

bool delivery_wanted(const struct app *app)
{
	return app->options.html || app->options.mails.n;
}

size_t delivery_rows(const struct app *app)
{
	if (app->options.top)
		return app->options.top;
	return app->options.html ? HTML_ROWS : 0;
}

int delivery_check(const struct app *app, struct err *reterr)
{
	const struct options *o = &app->options;
	const char *other = o->json ? "json" : o->csv ? "csv" : o->compat ? "compat" : NULL;

	if (delivery_wanted(app) && other)
		return err_set(reterr, ERR_USAGE, "--%s does not go with --%s: it is a form of its own", o->html ? "html" : "mail", other);
	for (size_t i = 0; i < o->mails.n; i++)
		if (!mail_address_ok(slice_str(o->mails.items[i])))
			return err_set(reterr, ERR_USAGE,
				       "--mail takes an address like root or postmaster@example.com, one for each --mail, not '%s'",
				       o->mails.items[i]);
	return 0;
}

/* --- those who do it, in processes of their own ------------------------------------------------------- */

static int save_page(void *ctx, struct slice page, struct err *reterr)
{
	const struct options *o = ctx;

	return save_file(o->html, page, reterr);
}

static int post_mail(void *ctx, struct slice mail, struct err *reterr)
{
	const struct options *o = ctx;

	return sendmail_send(mail, o->sendmail, o->mails.items, o->mails.n, reterr);
}

int delivery_ready(struct app *app, struct err *reterr)
{
	const struct options *o = &app->options;
	int r = 0;

	if (o->html && strcmp(o->html, "-") != 0)
		r = aide_start(&app->page, save_page, &app->options, reterr);
	if (r == 0 && o->mails.n)
		r = aide_start(&app->post, post_mail, &app->options, reterr);
	return r;
}

/* --- the page ----------------------------------------------------------------------------------------- */

static void add_page(struct app *app, const struct delivery *d, struct strbuf *out, bool mail, size_t rows)
{
	struct html h = { .out = out, .utc_offset_sec = d->head->until_offset_sec, .mail = mail };

	html_begin(&h, d->title, html_whose(&app->memory, d->head));
	html_answer(&h, d->head);
	d->html(d->ctx, &h, rows);
	html_end(&h);
}

static int write_page(struct app *app, const struct delivery *d, struct err *reterr)
{
	struct strbuf page = { 0 };
	int r;

	if (strcmp(app->options.html, "-") == 0) {
		add_page(app, d, &app->out.buf, false, 0);
		return 0;
	}
	add_page(app, d, &page, false, 0);
	r = aide_do(&app->page, strbuf_slice(&page), reterr);
	strbuf_done(&page);
	return r;
}

/* --- the mail ----------------------------------------------------------------------------------------- */

static void add_day(struct strbuf *out, usec_t t, int32_t utc_offset_sec)
{
	struct civil c = civil_of(t, utc_offset_sec);

	strbuf_printf(out, "%04d-%02d-%02d", c.year, c.month, c.day);
}

/* "Mail report: mx1, 2026-11-21 to 2026-11-22" */
static void add_subject(struct app *app, const struct delivery *d, const char *host, struct strbuf *out)
{
	struct slice whose = html_whose(&app->memory, d->head);
	size_t from;

	strbuf_add(out, d->title);
	strbuf_add_str(out, ": ");
	strbuf_add(out, whose.n ? whose : slice_str(host));
	if (d->head->since_us == USEC_NONE)
		return;
	strbuf_add_str(out, ", ");
	from = out->n;
	add_day(out, d->head->since_us, d->head->since_offset_sec);
	strbuf_add_str(out, " to ");
	add_day(out, d->head->until_us, d->head->until_offset_sec);
	if (memcmp(out->p + from, out->p + out->n - 10, 10) == 0)
		out->n = from + 10;
}

static int send_mail(struct app *app, const struct delivery *d, struct err *reterr)
{
	const struct term term = { .width = MAIL_COLUMNS };
	size_t rows = app->options.top ? app->options.top : MAIL_ROWS;
	struct strbuf subject = { 0 }, text = { 0 }, html = { 0 }, mail = { 0 };
	char host[HOST_BYTES] = "";
	struct mail m = {
		.to = app->options.mails.items,
		.n_to = app->options.mails.n,
		.host = host,
		.date_us = app->now_us,
		.utc_offset_sec = tz_offset_at(app->tz, app->now_us),
	};
	int r;

	(void)gethostname(host, sizeof host - 1);
	if (getrandom(&m.unique, sizeof m.unique, 0) < 0)
		m.unique = (uint64_t)app->now_us * 1000003 + (uint64_t)getpid();
	add_subject(app, d, host, &subject);
	d->text(d->ctx, &text, &term, rows);
	add_page(app, d, &html, true, rows);
	m.subject = strbuf_slice(&subject);
	m.text = strbuf_slice(&text);
	m.html = strbuf_slice(&html);
	mail_compose(&mail, &m);
	r = aide_do(&app->post, strbuf_slice(&mail), reterr);
	strbuf_done(&subject);
	strbuf_done(&text);
	strbuf_done(&html);
	strbuf_done(&mail);
	return r;
}

bool deliver(struct app *app, const struct delivery *d, bool silent)
{
	struct err err = { 0 };
	bool ok = true;

	if (app->options.html && write_page(app, d, &err) < 0) {
		(void)app_fail(app, &err);
		ok = false;
	}
	if (app->options.mails.n && !silent && send_mail(app, d, &err) < 0) {
		(void)app_fail(app, &err);
		ok = false;
	}
	return ok;
}
