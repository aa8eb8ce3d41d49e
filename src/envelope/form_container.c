/* SPDX-License-Identifier: Apache-2.0 */
/*
 * form_container.c - what container engines put in front of lines, as text
 *
 * "2026-11-21T09:00:01.123456789Z stdout F TEXT"  files of CRI (containerd, CRI-O, podman); P: the line goes on in the next
 * "2026-11-21T09:00:01.123456789Z TEXT"           docker logs -t, kubectl logs --timestamps; only with an envelope inside
 * "mail-1  | TEXT"                                docker compose logs, with colours on a terminal
 * "[pod/mail-0/postfix] TEXT"                     kubectl logs --prefix
 *
 * The last two name who wrote it: that is the host, unless TEXT names one.
 * Source: Kubernetes, "CRI logging"; Docker, docker logs and docker compose logs; kubectl logs.
 */
#include "envelope/head.h"

#include "base/civil.h"

#define NAME_MAX_BYTES 128

void head_set_outer(const struct stamp *s, struct head *h)
{
	struct stamp_fields f = stamp_fields(s);

	h->outer_us = civil_days(f.year, f.month, f.day) * USEC_PER_DAY + (s->day_sec - s->zone_sec) * USEC_PER_SEC +
		      s->fraction_us;
	h->outer_has_zone = true;
	h->outer_zone_sec = s->zone_sec;
}

/* "stdout F ", "stderr P "; other tags may follow behind a colon */
static bool cri(struct cur c, struct head *h, struct slice *ret)
{
	struct slice tags;

	if (cur_lit(&c, "stdout "))
		h->part_of = 'o';
	else if (cur_lit(&c, "stderr "))
		h->part_of = 'e';
	else
		return false;
	tags = cur_token(&c, ' ');
	if (tags.n == 0 || (tags.p[0] != 'F' && tags.p[0] != 'P') || (tags.n > 1 && tags.p[1] != ':'))
		return false;
	h->part_ends = tags.p[0] == 'F';
	h->part_flag = LINE_CUT;
	*ret = h->part = cur_rest(&c);
	return true;
}

/* Does a stamp of somebody's own stand there? */
static bool starts_stamped(struct cur c)
{
	struct stamp s;

	return head_stamp_bsd(&c, NULL, &s) || head_stamp_iso(&c, 'T', NULL, &s) || head_stamp_iso(&c, ' ', NULL, &s);
}

bool head_container(struct cur c, const struct envelope_clock *clock, struct head *h)
{
	struct stamp stamp = h->stamp;
	struct slice payload;

	if (!cur_byte(&c, ' '))
		return false;
	if (cri(c, h, &payload)) {
		h->kind = ENVELOPE_CRI;
	} else if (starts_stamped(c)) {
		h->kind = ENVELOPE_DOCKER;
		payload = cur_rest(&c);
	} else {
		return false;
	}
	head_set_outer(&stamp, h);
	(void)head_inner(payload, clock, h);
	return true;
}

/* "\x1b[36m" */
static void skip_colours(struct cur *c)
{
	while (cur_left(c) >= 3 && c->p[0] == '\x1b' && c->p[1] == '[') {
		const char *p = c->p + 2;

		while (p < c->end && ((*p >= '0' && *p <= '9') || *p == ';'))
			p++;
		if (p == c->end || *p != 'm')
			return;
		c->p = p + 1;
	}
}

static bool name_byte(char b)
{
	return (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || (b >= '0' && b <= '9') || b == '.' || b == '_' || b == '-';
}

static bool name(struct cur *c, struct slice *ret)
{
	const char *p = c->p;

	while (p < c->end && p - c->p < NAME_MAX_BYTES && name_byte(*p))
		p++;
	*ret = slice_between(c->p, p);
	c->p = p;
	return ret->n > 0;
}

/* "mail-1  | " */
static bool compose(struct cur *c, struct slice *ret)
{
	skip_colours(c);
	if (!name(c, ret))
		return false;
	cur_skip_spaces(c);
	if (!cur_byte(c, '|'))
		return false;
	skip_colours(c);
	if (!cur_byte(c, ' '))
		return false;
	skip_colours(c);
	return true;
}

/* "[pod/mail-0/postfix] " */
static bool pod(struct cur *c, struct slice *ret)
{
	struct slice container;

	return cur_lit(c, "[pod/") && name(c, ret) && cur_byte(c, '/') && name(c, &container) && cur_lit(c, "] ");
}

bool head_form_prefix(struct cur c, const struct envelope_clock *clock, struct head *h)
{
	bool known = cur_peek(&c) == '[' ? pod(&c, &h->host) : compose(&c, &h->host);

	if (!known)
		return false;
	h->kind = ENVELOPE_DOCKER;
	return head_inner(cur_rest(&c), clock, h);
}
