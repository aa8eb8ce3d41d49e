/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registry.c - the panels of a report, in the order in which they are shown
 */
#include "report/panels.h"

const struct panel_ops *const report_panel_ops[] = {
	&panel_causes,
	&panel_direction,
	&panel_providers,
	&panel_delays,
	&panel_hours,
	&panel_days,
	&panel_deferral_replies,
	&panel_deferral_domains,
	&panel_bounce_replies,
	&panel_bounce_domains,
	&panel_rejection_replies,
	&panel_rejection_domains,
	&panel_senders,
	&panel_recipients,
	&panel_sender_domains,
	&panel_recipient_domains,
	&panel_clients,
	&panel_relays,
	&panel_accounts,
	&panel_account_days,
	&panel_scripts,
	&panel_login_addresses,
	&panel_login_accounts,
	&panel_tls,
	&panel_rejection_stages,
	&panel_relaying,
	&panel_relaying_domains,
	&panel_dnsbl,
	&panel_greylisted,
	&panel_limits,
	&panel_authentication,
	&panel_content,
	&panel_mailboxes,
	&panel_health,
	&panel_understood,
	NULL,
};
