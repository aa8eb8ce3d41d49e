/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mail.c - an answer as a mail: RFC 5322, 2045 to 2047, 3834
 */
#include "export/mail.h"

#include "base/ascii.h"
#include "base/attr.h"
#include "export/mime.h"

/* RFC 5322, atext */
static bool is_atom_byte(char c)
{
	static const char OTHERS[] = "!#$%&'*+-/=?^_`{|}~";

	if (ascii_alpha(c) || ascii_digit(c))
		return true;
	for (size_t i = 0; i < sizeof OTHERS - 1; i++)
		if (c == OTHERS[i])
			return true;
	return false;
}

/* atoms with dots between them */
static bool is_dot_atom(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_atom_byte(s.p[i]) && (s.p[i] != '.' || i == 0 || i + 1 == s.n || s.p[i + 1] == '.'))
			return false;
	return s.n > 0;
}

/* [192.0.2.1], [IPv6:2001:db8::1] */
static bool is_domain_literal(struct slice s)
{
	if (s.n < 3 || s.p[0] != '[' || s.p[s.n - 1] != ']')
		return false;
	for (size_t i = 1; i + 1 < s.n; i++)
		if (!ascii_alpha(s.p[i]) && !ascii_digit(s.p[i]) && s.p[i] != '.' && s.p[i] != ':')
			return false;
	return true;
}

bool mail_address_ok(struct slice address)
{
	size_t at = slice_rfind_byte(address, '@');
	struct slice domain = at < address.n ? slice_from(address, at + 1) : SLICE("localhost");

	return address.n <= MAIL_ADDRESS_MAX && address.n && address.p[0] != '-' && is_dot_atom(slice_head(address, at)) &&
	       (is_dot_atom(domain) || is_domain_literal(domain));
}

/* the host as the right side of a Message-ID */
static void add_host(struct strbuf *out, const char *host)
{
	struct slice s = slice_str(host);

	strbuf_add(out, is_dot_atom(s) && s.n <= MAIL_ADDRESS_MAX ? s : SLICE("localhost"));
}

static void add_part(struct strbuf *out, const struct mail *m, const char *type, struct slice text)
{
	strbuf_printf(out,
		      "\n--=_mailwhy_%016llx\nContent-Type: %s; charset=utf-8\nContent-Disposition: inline\n"
		      "Content-Transfer-Encoding: quoted-printable\n\n",
		      (unsigned long long)m->unique, type);
	mime_quoted_printable(out, text);
}

void mail_compose(struct strbuf *out, const struct mail *m)
{
	strbuf_add_str(out, "To: ");
	for (size_t i = 0; i < m->n_to; i++) {
		strbuf_add_str(out, i ? ",\n " : "");
		strbuf_add_str(out, m->to[i]);
	}
	strbuf_add_byte(out, '\n');
	mime_header(out, "Subject", m->subject);
	strbuf_add_str(out, "Date: ");
	mime_date(out, m->date_us, m->utc_offset_sec);
	strbuf_printf(out, "\nMessage-ID: <%lld.%016llx.mailwhy@", (long long)(m->date_us / USEC_PER_SEC), (unsigned long long)m->unique);
	add_host(out, m->host);
	/* "=_" is in no text that is quoted-printable: RFC 2045, section 6.7 */
	strbuf_printf(out,
		      ">\nAuto-Submitted: auto-generated\nMIME-Version: 1.0\n"
		      "Content-Type: multipart/alternative; boundary=\"=_mailwhy_%016llx\"\n",
		      (unsigned long long)m->unique);
	add_part(out, m, "text/plain", m->text);
	add_part(out, m, "text/html", m->html);
	strbuf_printf(out, "\n--=_mailwhy_%016llx--\n", (unsigned long long)m->unique);
}
