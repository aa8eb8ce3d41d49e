/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registry.c - the detectors, in the order in which --detector list shows them
 */
#include "detect/detectors.h"

const struct detector *const detectors[] = {
	&detector_guessed_account,
	&detector_account_takeover,
	&detector_brute_force,
	&detector_network_guessing,
	&detector_account_guessing,
	&detector_spraying,
	&detector_slow_guessing,
	&detector_campaign,
	&detector_honeypot_accounts,

	&detector_open_relay,
	&detector_script_spam,
	&detector_spam_source,
	&detector_blocklisted,
	&detector_backscatter,
	&detector_forwarded_spam,
	&detector_certificate,
	&detector_mail_loop,
	&detector_bounce_flood,
	&detector_list_bombing,

	&detector_harvesting,
	&detector_relay_probing,
	&detector_connection_flood,
	&detector_message_flood,
	&detector_spam_clients,
	&detector_protocol_abuse,
	NULL,
};
