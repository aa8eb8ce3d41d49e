/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ban_tools.c - the programs that keep addresses out, each in its own words
 *
 * Sources: the manual pages of nft(8), iptables(8), iptables-extensions(8), ipset(8), firewall-cmd(1), cscli(8), fail2ban-client(1);
 * csf's readme.txt (-td); Postfix' cidr_table(5) and access(5); Exim's specification, "Lists in files".
 * Ports are those of mail, where the program can tell ports apart: nobody is shut out of a web site because of his mail.
 */
#include <inttypes.h>

#include "base/civil.h"
#include "detect/ban_priv.h"
#include "detect/watch.h"

#define PORTS "25,465,587,110,143,993,995"

static void add_net(struct strbuf *out, const struct ip_net *net)
{
	char buf[WATCH_NET_BYTES];

	strbuf_add(out, watch_net_text(net, buf));
}

static int64_t seconds(usec_t span_us)
{
	return span_us / USEC_PER_SEC;
}

static bool is_v4(const struct ban_entry *e)
{
	return ip_is_v4(&e->net.addr);
}

static bool is_network(const struct ban_entry *e)
{
	return e->net.bits < 128;
}

/* "PROGRAM [words] # reason" */
static void comment(struct strbuf *out, const struct ban_entry *e)
{
	strbuf_add_str(out, "  # ");
	ban_reason(out, e);
	strbuf_add_byte(out, '\n');
}

/* --- csf ---------------------------------------------------------------------------------------------- */

static void csf_entry(const struct ban_options *o, const struct ban_entry *e, struct strbuf *out)
{
	(void)o;
	strbuf_add_str(out, "csf -td ");
	add_net(out, &e->net);
	strbuf_printf(out, " %" PRId64 " -p " PORTS " -d in \"", seconds(e->span_us));
	ban_reason(out, e);
	strbuf_add_str(out, "\"\n");
}

/* --- nftables ----------------------------------------------------------------------------------------- */

/* Single addresses and networks apart: they overlap in no set.  What stands there already stays with its time. */
static void nft_begin(const struct ban_options *o, const struct ban_entry *e, size_t n, struct strbuf *out)
{
	(void)o;
	(void)e;
	(void)n;
	strbuf_add_str(out, "add table inet mailwhy\n"
			    "add set inet mailwhy address4 { type ipv4_addr; flags timeout; }\n"
			    "add set inet mailwhy network4 { type ipv4_addr; flags interval,timeout; }\n"
			    "add set inet mailwhy network6 { type ipv6_addr; flags interval,timeout; }\n"
			    "add chain inet mailwhy input { type filter hook input priority -10; policy accept; }\n"
			    "flush chain inet mailwhy input\n"
			    "add rule inet mailwhy input ip saddr @address4 tcp dport { " PORTS " } drop\n"
			    "add rule inet mailwhy input ip saddr @network4 tcp dport { " PORTS " } drop\n"
			    "add rule inet mailwhy input ip6 saddr @network6 tcp dport { " PORTS " } drop\n");
}

static void nft_entry(const struct ban_options *o, const struct ban_entry *e, struct strbuf *out)
{
	(void)o;
	strbuf_add_str(out, "add element inet mailwhy ");
	strbuf_add_str(out, !is_v4(e) ? "network6" : is_network(e) ? "network4" : "address4");
	strbuf_add_str(out, " { ");
	add_net(out, &e->net);
	strbuf_printf(out, " timeout %" PRId64 "s comment \"", seconds(e->span_us));
	ban_reason(out, e);
	strbuf_add_str(out, "\" }\n");
}

/* --- iptables ----------------------------------------------------------------------------------------- */

static void ipt_chain(const char *program, struct strbuf *out)
{
	strbuf_printf(out, "%s -N mailwhy 2>/dev/null || true\n", program);
	strbuf_printf(out, "%s -C INPUT -p tcp -m multiport --dports " PORTS " -j mailwhy 2>/dev/null ||\n", program);
	strbuf_printf(out, "\t%s -I INPUT -p tcp -m multiport --dports " PORTS " -j mailwhy\n", program);
}

static bool has_family(const struct ban_entry *e, size_t n, bool v4)
{
	for (size_t i = 0; i < n; i++)
		if (is_v4(&e[i]) == v4)
			return true;
	return false;
}

static void ipt_begin(const struct ban_options *o, const struct ban_entry *e, size_t n, struct strbuf *out)
{
	(void)o;
	strbuf_add_str(out, "# a rule stops to match at the time behind --datestop (UTC), but stays until the chain is flushed\n");
	if (has_family(e, n, true))
		ipt_chain("iptables", out);
	if (has_family(e, n, false))
		ipt_chain("ip6tables", out);
}

static void ipt_entry(const struct ban_options *o, const struct ban_entry *e, struct strbuf *out)
{
	(void)o;
	strbuf_printf(out, "%s -A mailwhy -s ", is_v4(e) ? "iptables" : "ip6tables");
	add_net(out, &e->net);
	strbuf_printf(out, " -m time --datestop \"$(date -u -d '+%" PRId64 " seconds' +%%FT%%T)\" -m comment --comment \"",
		      seconds(e->span_us));
	ban_reason(out, e);
	strbuf_add_str(out, "\" -j DROP\n");
}

/* --- ipset -------------------------------------------------------------------------------------------- */

static void ipset_begin(const struct ban_options *o, const struct ban_entry *e, size_t n, struct strbuf *out)
{
	(void)o;
	for (int v4 = 1; v4 >= 0; v4--) {
		const char *set = v4 ? "mailwhy4" : "mailwhy6", *program = v4 ? "iptables" : "ip6tables";

		if (!has_family(e, n, v4 == 1))
			continue;
		strbuf_printf(out, "ipset -exist create %s hash:net family %s timeout 3600 comment\n", set, v4 ? "inet" : "inet6");
		strbuf_printf(out, "%s -C INPUT -m set --match-set %s src -p tcp -m multiport --dports " PORTS
			      " -j DROP 2>/dev/null ||\n", program, set);
		strbuf_printf(out, "\t%s -I INPUT -m set --match-set %s src -p tcp -m multiport --dports " PORTS " -j DROP\n",
			      program, set);
	}
}

static void ipset_entry(const struct ban_options *o, const struct ban_entry *e, struct strbuf *out)
{
	(void)o;
	strbuf_printf(out, "ipset -exist add mailwhy%c ", is_v4(e) ? '4' : '6');
	add_net(out, &e->net);
	strbuf_printf(out, " timeout %" PRId64 " comment \"", seconds(e->span_us));
	ban_reason(out, e);
	strbuf_add_str(out, "\"\n");
}

/* --- firewalld ---------------------------------------------------------------------------------------- */

/* A rich rule takes one port. */
static void firewalld_begin(const struct ban_options *o, const struct ban_entry *e, size_t n, struct strbuf *out)
{
	(void)o;
	(void)e;
	(void)n;
	strbuf_add_str(out, "mailwhy_ban() {\n"
			    "\tfor port in 25 465 587 110 143 993 995; do\n"
			    "\t\tfirewall-cmd --quiet --timeout=\"$3\" --add-rich-rule=\"rule family=\\\"$1\\\" source address=\\\"$2\\\" "
			    "port port=\\\"$port\\\" protocol=\\\"tcp\\\" drop\"\n"
			    "\tdone\n"
			    "}\n");
}

static void firewalld_entry(const struct ban_options *o, const struct ban_entry *e, struct strbuf *out)
{
	(void)o;
	strbuf_printf(out, "mailwhy_ban %s ", is_v4(e) ? "ipv4" : "ipv6");
	add_net(out, &e->net);
	strbuf_printf(out, " %" PRId64 "s", seconds(e->span_us));
	comment(out, e);
}

/* --- Fail2ban ----------------------------------------------------------------------------------------- */

/* Jails that come with Fail2ban */
static const char *jail_of(enum writer mta)
{
	switch (mta) {
	case WRITER_POSTFIX:
		return "postfix-sasl";
	case WRITER_EXIM:
		return "exim";
	case WRITER_SENDMAIL:
		return "sendmail-auth";
	default:
		return "dovecot";
	}
}

static void fail2ban_begin(const struct ban_options *o, const struct ban_entry *e, size_t n, struct strbuf *out)
{
	(void)e;
	(void)n;
	strbuf_printf(out, "# \"fail2ban-client status\" shows the jails; how long it lasts is the jail's bantime\njail='%s'\n",
		      o->jail ? o->jail : jail_of(o->mta));
}

static void fail2ban_entry(const struct ban_options *o, const struct ban_entry *e, struct strbuf *out)
{
	(void)o;
	strbuf_add_str(out, "fail2ban-client set \"$jail\" banip ");
	add_net(out, &e->net);
	comment(out, e);
}

/* --- CrowdSec ----------------------------------------------------------------------------------------- */

static void crowdsec_entry(const struct ban_options *o, const struct ban_entry *e, struct strbuf *out)
{
	(void)o;
	strbuf_printf(out, "cscli decisions add --%s ", is_network(e) ? "range" : "ip");
	add_net(out, &e->net);
	strbuf_printf(out, " --duration %" PRId64 "s --type ban --reason \"", seconds(e->span_us));
	ban_reason(out, e);
	strbuf_add_str(out, "\"\n");
}

/* --- maps and lists of the mail servers --------------------------------------------------------------- */

static void until(struct strbuf *out, const struct ban_entry *e)
{
	strbuf_add_str(out, "# ");
	ban_reason(out, e);
	if (e->last_us != USEC_NONE) {
		strbuf_add_str(out, "; may go after ");
		civil_format_local(out, e->last_us + e->span_us, e->finding->utc_offset_sec);
	}
	strbuf_add_byte(out, '\n');
}

static void postfix_entry(const struct ban_options *o, const struct ban_entry *e, struct strbuf *out)
{
	(void)o;
	until(out, e);
	add_net(out, &e->net);
	strbuf_add_str(out, "\tREJECT too much abuse from your address\n");
}

static void exim_entry(const struct ban_options *o, const struct ban_entry *e, struct strbuf *out)
{
	(void)o;
	until(out, e);
	add_net(out, &e->net);
	strbuf_add_byte(out, '\n');
}

/* --- the table ---------------------------------------------------------------------------------------- */

static const struct ban_tool TOOLS[] = {
	{ "csf", "pipe it into sh as root.", "csf -tr ADDRESS", "csf -t lists them, csf -tf removes every temporary entry",
	  NULL, csf_entry, NULL },
	{ "iptables", "pipe it into sh as root.", "iptables -L mailwhy --line-numbers, iptables -D mailwhy NUMBER",
	  "iptables -F mailwhy; ip6tables -F mailwhy", ipt_begin, ipt_entry, NULL },
	{ "nftables", "pipe it into nft -f - as root.", "nft delete element inet mailwhy address4 { ADDRESS }",
	  "nft delete table inet mailwhy", nft_begin, nft_entry, NULL },
	{ "fail2ban", "pipe it into sh as root.", "fail2ban-client set JAIL unbanip ADDRESS",
	  "fail2ban-client unban --all (of every jail)", fail2ban_begin, fail2ban_entry, NULL },
	{ "ipset", "pipe it into sh as root.", "ipset del mailwhy4 ADDRESS", "ipset flush mailwhy4; ipset flush mailwhy6",
	  ipset_begin, ipset_entry, NULL },
	{ "firewalld", "pipe it into sh as root.", "firewall-cmd --list-rich-rules, firewall-cmd --remove-rich-rule='RULE'",
	  "firewall-cmd --reload (drops every runtime rule)", firewalld_begin, firewalld_entry, NULL },
	{ "crowdsec", "pipe it into sh as root.", "cscli decisions delete --ip ADDRESS",
	  "cscli decisions list, cscli decisions delete --id ID", NULL, crowdsec_entry, NULL },
	{ "postfix", "put it into a file and name that in main.cf: smtpd_client_restrictions = check_client_access "
		     "cidr:/etc/postfix/mailwhy_clients, ...",
	  "take its line out, postfix reload", "empty the file, postfix reload", NULL, postfix_entry, NULL },
	{ "exim", "put it into a file and name that in an ACL (acl_smtp_connect): drop hosts = /etc/exim4/mailwhy_hosts",
	  "take its line out", "empty the file", NULL, exim_entry, NULL },
};

const struct ban_tool *ban_tool_find(struct slice name)
{
	for (size_t i = 0; i < ARRAY_LEN(TOOLS); i++)
		if (slice_eq(name, slice_str(TOOLS[i].name)))
			return &TOOLS[i];
	return NULL;
}

const char *ban_tool_name(size_t i)
{
	return i < ARRAY_LEN(TOOLS) ? TOOLS[i].name : NULL;
}
