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
	if (p->wanted)
		p->next_us = monotonic() + FIRST_US;
}

void progress_step(struct progress *p, uint64_t lines)
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
	term_count(&text, lines);
	strbuf_add_str(&text, " lines read ... ");
	put(&text);
	strbuf_done(&text);
}

void progress_end(struct progress *p)
{
	struct strbuf text = { 0 };

	if (!p->shown)
		return;
	strbuf_printf(&text, "\r%*s\r", 40, "");
	put(&text);
	strbuf_done(&text);
	p->shown = false;
}
