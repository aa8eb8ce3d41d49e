/* SPDX-License-Identifier: Apache-2.0 */
/*
 * honeypot_accounts.c - names that nobody has: root, administrator, test ...
 *
 * Lists of passwords begin with the accounts of systems and machines.  Names that are real mailboxes in many places (info, sales, office,
 * support, contact) are not among them, and none counts that ever logs in here.
 */
#include "base/attr.h"
#include "detect/detectors.h"
#include "detect/logins.h"

enum { TRIES, WINDOW };

static const struct detector_setting SETTINGS[] = {
	[TRIES] = { "tries", SETTING_COUNT, 2, 1, 1000000, "logins with such a name from one address" },
	[WINDOW] = { "window", SETTING_SPAN, USEC_PER_DAY, USEC_PER_SEC, 30 * USEC_PER_DAY, "within this time" },
};

static bool is_honeypot(struct slice account)
{
	static const struct slice NAMES[] = {
		LIT("root"), LIT("admin"), LIT("administrator"), LIT("adm"), LIT("test"), LIT("test1"), LIT("test123"), LIT("testing"),
		LIT("tester"), LIT("guest"), LIT("user"), LIT("user1"), LIT("username"), LIT("demo"), LIT("temp"), LIT("tmp"), LIT("oracle"),
		LIT("postgres"), LIT("mysql"), LIT("ftp"), LIT("ftpuser"), LIT("www"), LIT("www-data"), LIT("apache"), LIT("nginx"), LIT("nobody"),
		LIT("daemon"), LIT("bin"), LIT("sys"), LIT("nagios"), LIT("zabbix"), LIT("backup"), LIT("ubuntu"), LIT("debian"), LIT("centos"),
		LIT("pi"), LIT("git"), LIT("jenkins"), LIT("tomcat"), LIT("ubnt"), LIT("scanner"), LIT("scan"), LIT("copier"), LIT("printer"),
		LIT("anonymous"), LIT("sysadmin"), LIT("service"), LIT("master"), LIT("default"), LIT("smtp"), LIT("mailer"), LIT("toor"),
	};
	struct slice local = slice_head(account, slice_find_byte(account, '@'));

	for (size_t i = 0; i < ARRAY_LEN(NAMES); i++)
		if (slice_eq(local, NAMES[i]))
			return true;
	return false;
}

static void on_login(void *state, const struct login *l, const struct party *p)
{
	struct login_table *t = state;
	struct watch_peer *peer;
	struct login_entry *e;

	if (l->success || !p->has_ip || !p->account.n || !is_honeypot(p->account))
		return;
	e = login_table_add(t, watch_net_key(&p->address), l);
	(void)watch_window_add(&e->window, t->c->settings[WINDOW], l->time_us, (uint64_t)l->attempts, t->table.meter);
	peer = watch_peers_at(&e->peers, p->account, t->table.meter);
	if (peer)
		watch_peer_add(peer, false, l->time_us, l->attempts);
}

static void tell(const struct login_table *t, const struct login_entry *e, const struct known_address *a, uint32_t tries)
{
	const struct watch_context *c = t->c;
	struct ip_net net = watch_key_net(e->entry.key);
	struct finding *f = detect_report_net(c, &net);
	const struct tr_value values[] = { { "who", f->subject }, { "times", detect_times_text(c, tries) } };

	finding_level(f, LEVEL_LOW, e->peers.n > 1 ? CONFIDENCE_HIGH : CONFIDENCE_MEDIUM);
	f->blockable = !a->mails;
	finding_when(f, e->entry.first_us, e->entry.last_us);
	finding_setting(c, f, TRIES);
	finding_summary(c, f, TR_KEY("threat.honeypot.summary", "{who} asked {times} for accounts that nobody has here."), values,
			ARRAY_LEN(values));
	finding_action(c, f, TR_KEY("threat.honeypot.action", "Block the address: no user of yours has such a name."), NULL, 0);
	finding_trace(c, f, "--ip", f->subject);
	finding_count(f, "honeypot", TR_KEY("threat.evidence.honeypot", "logins with names that nobody has"), tries, -1);
	finding_peers(c, f, SUBJECT_ACCOUNT, &e->peers, false);
	finding_lines(f, &e->lines);
}

static void judge(const struct login_table *t, const struct login_entry *e)
{
	struct ip_net net = watch_key_net(e->entry.key);
	const struct known *known = detect_known(t->c->detect);
	const struct known_address *a = known_address(known, &net);
	uint32_t tries = 0;

	if (e->window.peak < (uint64_t)t->c->settings[TRIES] || !a || a->successes)
		return;
	for (uint32_t i = 0; i < e->peers.n; i++)
		if (!known_exists(known, watch_peer_key(&e->peers.items[i])))
			tries += e->peers.items[i].failures;
	if (tries >= t->c->settings[TRIES])
		tell(t, e, a, tries);
}

static void end(void *state)
{
	login_table_each(state, judge);
}

const struct detector detector_honeypot_accounts = {
	.id = "honeypot_accounts",
	.title = TR_KEY("threat.honeypot.title", "asks for accounts that nobody has"),
	.help = "An address that wants to log in as root, administrator, test and the like. Passes over names that log in here, and addresses "
		"from which anybody logs in.",
	.family = "logins",
	.settings = SETTINGS,
	.n_settings = ARRAY_LEN(SETTINGS),
	.new = login_table_new,
	.free = login_table_free,
	.on_login = on_login,
	.end = end,
};
