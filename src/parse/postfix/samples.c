/* SPDX-License-Identifier: Apache-2.0 */
/*
 * samples.c - lines as Postfix writes them, and what they must become
 */
#include "parse/postfix/postfix_priv.h"

const struct parse_sample postfix_samples[] = {
	{ "postfix/smtpd", "connect from mail.example.com[192.0.2.10]",
	  "connect service=\"smtp\" client_host=\"mail.example.com\" client_ip=\"192.0.2.10\"" },
	{ NULL, NULL, NULL },
};

const struct parse_sample postfix_refused[] = {
	{ "postfix/smtpd", "4A1B2C3D4E", NULL },
	{ NULL, NULL, NULL },
};
