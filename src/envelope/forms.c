/* SPDX-License-Identifier: Apache-2.0 */
/*
 * forms.c - the forms of records beside syslog's and Exim's
 */
#include "envelope/head.h"

head_form *const head_forms[] = {
	head_form_dovecot,
	head_form_export,
	head_form_json,
	head_form_journal,
	head_form_prefix,
	head_form_rspamd,
	head_form_exchange,
	head_form_smartermail,
	head_form_grep, /* around any of them */
	NULL,
};
