/* SPDX-License-Identifier: Apache-2.0 */
/*
 * progress.c - a line on standard error that is written over, and wiped before the answer comes
 */
#include "cli/progress.h"

#include <time.h>
#include <unistd.h>

#include "export/terminal.h"

#define FIRST_US (USEC_PER_SEC)
#define EACH_US  (USEC_PER_SEC / 5)
#define LINE_COLUMNS 60

static usec_t monotonic(void)
{
	struct timespec ts = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * USEC_PER_SEC + ts.tv_nsec / 1000;
}

static void put(const struct strbuf *text)
{
	/* nobody is hurt if it does not get there */
	ssize_t n = write(STDERR_FILENO, text->p, text->n);

	(void)n;
}

void progress_begin(struct progress *p, bool wanted)
{
	*p = (struct progress){ .wanted = wanted && isatty(STDERR_FILENO) == 1 };
	if (p->wanted) {
		p->begun_us = monotonic();
		p->next_us = p->begun_us + FIRST_US;
	}
}

void progress_text(struct strbuf *out, const struct input_position *at, usec_t spent_us)
{
	uint64_t left = at->total_bytes > at->taken_bytes ? at->total_bytes - at->taken_bytes : 0;
	double seconds = (double)spent_us / USEC_PER_SEC;

	term_bytes(out, (int64_t)at->read_bytes);
	strbuf_add_str(out, " read");
	if (at->total_bytes && at->taken_bytes <= at->total_bytes)
		strbuf_printf(out, ", %u %%", (unsigned)((double)at->taken_bytes / (double)at->total_bytes * 100));
	if (spent_us <= 0)
		return;
	strbuf_add_str(out, ", ");
	term_bytes(out, (int64_t)((double)at->read_bytes / seconds));
	strbuf_add_str(out, "/s");
	if (at->total_bytes && at->taken_bytes)
		strbuf_printf(out, ", %.0f s left", seconds * (double)left / (double)at->taken_bytes);
}

void progress_step(struct progress *p, const struct input_position *at)
{
	struct strbuf text = { 0 };
	usec_t now;

	if (!p->wanted)
		return;
	now = monotonic();
	if (now < p->next_us)
		return;
	p->next_us = now + EACH_US;
	p->shown = true;
	strbuf_add_str(&text, "\r");
	progress_text(&text, at, now - p->begun_us);
	strbuf_printf(&text, "%*s", text.n < LINE_COLUMNS ? (int)(LINE_COLUMNS - text.n) : 0, ""); /* over a longer one */
	put(&text);
	strbuf_done(&text);
}

void progress_end(struct progress *p)
{
	struct strbuf text = { 0 };

	if (!p->shown)
		return;
	strbuf_printf(&text, "\r%*s\r", LINE_COLUMNS, "");
	put(&text);
	strbuf_done(&text);
	p->shown = false;
}
