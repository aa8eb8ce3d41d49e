/* SPDX-License-Identifier: Apache-2.0 */
/*
 * detectors.h - all detectors; registry.c puts them in order
 */
#ifndef DETECT_DETECTORS_H
#define DETECT_DETECTORS_H

#include "detect/detector.h"

/* logins */
extern const struct detector detector_brute_force, detector_network_guessing, detector_account_guessing, detector_spraying,
	detector_slow_guessing, detector_campaign, detector_guessed_account, detector_honeypot_accounts, detector_account_takeover;

/* clients that are refused, and how they talk */
extern const struct detector detector_relay_probing;
extern const struct detector detector_harvesting;
extern const struct detector detector_protocol_abuse;
extern const struct detector detector_spam_clients;
extern const struct detector detector_connection_flood;
extern const struct detector detector_message_flood;

/* what leaves this server */
extern const struct detector detector_script_spam;
extern const struct detector detector_spam_source;
extern const struct detector detector_open_relay;
extern const struct detector detector_backscatter;
extern const struct detector detector_forwarded_spam;

/* what happens to us */
extern const struct detector detector_blocklisted;
extern const struct detector detector_certificate;
extern const struct detector detector_bounce_flood;
extern const struct detector detector_list_bombing;
extern const struct detector detector_mail_loop;

#endif
