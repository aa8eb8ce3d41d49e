/* SPDX-License-Identifier: Apache-2.0 */
/*
 * panels.h - the panels that registry.c lists
 */
#ifndef REPORT_PANELS_H
#define REPORT_PANELS_H

#include "report/report_priv.h"

extern const struct panel_ops panel_causes;
extern const struct panel_ops panel_direction;
extern const struct panel_ops panel_providers;
extern const struct panel_ops panel_success, panel_success_hours;
extern const struct panel_ops panel_queue_times, panel_message_sizes;
extern const struct panel_ops panel_protocols, panel_transports;
extern const struct panel_ops panel_bounces, panel_bounce_senders, panel_bounce_accounts;
extern const struct panel_ops panel_rejection_clients;
extern const struct panel_ops panel_connections;
extern const struct panel_ops panel_login_services, panel_login_networks;
extern const struct panel_ops panel_hours, panel_days;
extern const struct panel_ops panel_senders, panel_sender_domains, panel_clients;
extern const struct panel_ops panel_recipients, panel_recipient_domains, panel_relays;
extern const struct panel_ops panel_accounts, panel_account_days;
extern const struct panel_ops panel_scripts;
extern const struct panel_ops panel_deferral_replies, panel_deferral_domains;
extern const struct panel_ops panel_bounce_replies, panel_bounce_domains;
extern const struct panel_ops panel_rejection_replies, panel_rejection_domains;
extern const struct panel_ops panel_login_addresses, panel_login_accounts;
extern const struct panel_ops panel_delays;
extern const struct panel_ops panel_tls;
extern const struct panel_ops panel_rejection_stages, panel_relaying, panel_relaying_domains;
extern const struct panel_ops panel_dnsbl, panel_greylisted, panel_limits;
extern const struct panel_ops panel_authentication, panel_content, panel_mailboxes;
extern const struct panel_ops panel_health;
extern const struct panel_ops panel_understood;

#endif
