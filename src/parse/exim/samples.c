/* SPDX-License-Identifier: Apache-2.0 */
/*
 * samples.c - lines of every family with what they must become, and lines that must be refused
 *
 * The lines are made up in the shapes of the grammar; the tests run each, and every prefix of each, through
 * the parser.
 */
#include "parse/exim/exim_priv.h"

#define S(text, want) { NULL, text, want },

const struct parse_sample exim_samples[] = {
#include "parse/exim/samples_arrival.def"
#include "parse/exim/samples_delivery.def"
#include "parse/exim/samples_health.def"
#include "parse/exim/samples_policy.def"
#include "parse/exim/samples_session.def"
#include "parse/exim/samples_state.def"
	{ "exim", "1xUgwz-00016v-84 Completed", "done queue_id=\"1xUgwz-00016v-84\"" },
	{ "exim4", "Start queue run: pid=4905", "notice" },
	{ NULL, NULL, NULL },
};

const struct parse_sample exim_refused[] = {
	{ NULL, "ACL said something odd", NULL },
	{ NULL, "[1/2] 2026-11-21 09:00:00 1xUgwz-00016v-84 <= a@b.example", NULL },
	{ NULL, "1xUgwz-00016v-84 =! x", NULL },
	{ NULL, "1xUgwz-00016v-84 => ", NULL },
	{ NULL, "1xUgwz-00016v-84 <= a@b.example H=x", NULL },
	{ NULL, "1xUgwz-00016v-84 => a@b.example R=dnsl", NULL },
	{ NULL, "1xUgwz-00016v-84 == a@b.example R=dnslookup", NULL },
	{ NULL, "1xUgwz-00016v-8 <= a@b.example H=x [192.0.2.5] P=esmtp S=5", NULL },
	{ NULL, "1xUgwz-00016v-84", NULL },
	{ NULL, "1xUgwz-00016v-84 <= a@b.example H=x [192.0.2.5] P=esmtp", NULL },
	{ NULL, "1xUgwz-00016v-84 == a@b.example R=r T=t defer (x): y", NULL },
	{ NULL, "1xUgwz-00016v-84 == a@b.example R=r T=t defer (-44", NULL },
	{ NULL, "1xUgwz-00016v-84 ** a@b.example R=r T=t", NULL },
	{ NULL, "1xUgwz-00016v-84 ** ", NULL },
	{ NULL, "1xUgwz-00016v-84 #> a@b.example R=r T=t", NULL },
	{ NULL, "1xUgwz-00016v-84 Completely", NULL },
	{ NULL, "1xUgwz-00016v-84 DKIM: d=example.net s=sel1 c=relaxed", NULL },
	{ NULL, "SMTP connection from", NULL },
	{ NULL, "SMTP connection from [192.0.2.1]:5 somewhere", NULL },
	{ NULL, "rejected EHLO from ", NULL },
	{ NULL, "x authenticator failed for [192.0.2.1]", NULL },
	{ NULL, "Connection from [192.0.2.1]:5 refus", NULL },
	{ NULL, "H=", NULL },
	{ NULL, "cwd=/tmp 3 arg", NULL },
	{ NULL, NULL, NULL },
};
