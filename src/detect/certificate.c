/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certificate.c - peers refuse this server's TLS certificate
 *
 * A client that does not trust the certificate says so in an alert and hangs up.  One such client is a program with an old list of
 * authorities; several, or the word "expired", are our certificate.  Garbage instead of a handshake is no word about it.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "detect/detectors.h"
#include "detect/detect_priv.h"

enum { PEERS, EXPIRED };

static const struct detector_setting SETTINGS[] = {
	[PEERS] = { "peers", SETTING_COUNT, 3, 1, 500, "clients that refuse this server's certificate" },
	[EXPIRED] = { "expired", SETTING_COUNT, 2, 1, 500, "or clients that say it has expired" },
};

/* one server of ours */
struct refused {
	struct watch_entry entry;
	struct watch_peers peers, expired;
	uint64_t failures;
	struct slice words;
	char buf[160];
	struct watch_lines lines;
};

struct certificate {
	const struct watch_context *c;
	struct watch_table servers;
};

static void refused_done(void *entry, struct watch_meter *m)
{
	struct refused *x = entry;

	watch_peers_done(&x->peers, m);
	watch_peers_done(&x->expired, m);
}

static void *watch_new(const struct watch_context *c)
{
	static const struct watch_ops OPS = { sizeof(struct refused), NULL, refused_done };
	struct certificate *s = xcalloc(1, sizeof *s);

	s->c = c;
	watch_table_init(&s->servers, &OPS, 1000, detect_meter(c->detect));
	return s;
}

static void watch_free(void *state)
{
	struct certificate *s = state;

	watch_table_done(&s->servers);
	free(s);
}

/*
 * The alerts of RFC 8446, 6.2, that judge the certificate of the other side, in the words of OpenSSL ("tlsv1 alert unknown ca",
 * "SSL alert number 48") and GnuTLS ("A TLS fatal alert has been received.: Certificate is bad").
 */
static const struct {
	struct slice words;
	bool expired;
} ALERTS[] = {
	{ LIT("alert certificate expired"), true },
	{ LIT("SSL alert number 45"), true },
	{ LIT("Certificate has expired"), true },
	{ LIT("alert unknown ca"), false },
	{ LIT("alert bad certificate"), false },
	{ LIT("alert certificate unknown"), false },
	{ LIT("alert certificate revoked"), false },
	{ LIT("alert unsupported certificate"), false },
	{ LIT("SSL alert number 42"), false },
	{ LIT("SSL alert number 43"), false },
	{ LIT("SSL alert number 44"), false },
	{ LIT("SSL alert number 46"), false },
	{ LIT("SSL alert number 48"), false },
	{ LIT("Certificate is bad"), false },
	{ LIT("CA is unknown"), false },
	{ LIT("Unknown certificate"), false },
	{ LIT("Certificate was revoked"), false },
};

static void on_tls_failure(void *state, const struct tls_failure *f, const struct party *p)
{
	struct certificate *s = state;
	struct refused *x;
	size_t at = 0;

	if (f->outgoing || !p->has_ip)
		return;
	while (at < ARRAY_LEN(ALERTS) && !slice_contains_fold(f->reason, ALERTS[at].words))
		at++;
	if (at == ARRAY_LEN(ALERTS))
		return;
	x = watch_table_at(&s->servers, f->server, f->time_us);
	x->failures++;
	if (!x->words.n) {
		x->words = slice_head(f->reason, sizeof x->buf);
		memcpy(x->buf, x->words.p, x->words.n);
		x->words.p = x->buf;
	}
	(void)watch_peers_at(&x->peers, watch_net_key(&p->address), s->servers.meter);
	if (ALERTS[at].expired)
		(void)watch_peers_at(&x->expired, watch_net_key(&p->address), s->servers.meter);
	watch_lines_add(&x->lines, f->lines);
}

static void tell(const struct certificate *s, const struct refused *x, bool expired)
{
	const struct watch_context *c = s->c;
	struct finding *f = detect_report(c, SUBJECT_SERVER, x->entry.key);
	const struct tr_value values[] = {
		{ "who", f->subject },
		{ "n", detect_count_text(c, expired ? x->expired.n : x->peers.n + x->peers.more) },
		{ "since", detect_time_text(c, x->entry.first_us) },
	};

	f->blames = false;
	f->server = f->subject;
	finding_level(f, LEVEL_HIGH, expired ? CONFIDENCE_HIGH : CONFIDENCE_MEDIUM);
	finding_when(f, x->entry.first_us, x->entry.last_us);
	finding_setting(c, f, expired ? EXPIRED : PEERS);
	finding_summary(c, f, expired ?
			TR_KEY("threat.certificate.summary.expired", "{n} clients say since {since} that the TLS certificate of {who} has expired.") :
			TR_KEY("threat.certificate.summary", "{n} clients refuse the TLS certificate of {who} since {since}."),
			values, ARRAY_LEN(values));
	finding_action(c, f, TR_KEY("threat.certificate.action", "Look at it: openssl s_client -connect HOST:465, or -starttls smtp -connect HOST:25; "
				    "end date, name and chain. Was it renewed, but the server not reloaded?"), NULL, 0);
	finding_count(f, "failures", TR_KEY("threat.evidence.handshakes", "handshakes that failed for it"), (int64_t)x->failures, -1);
	finding_count(f, "peers", TR_KEY("threat.evidence.peers", "clients"), (int64_t)(x->peers.n + x->peers.more), -1);
	finding_text(c, f, "words", TR_KEY("threat.evidence.tls_words", "what they say"), x->words);
	finding_peers(c, f, SUBJECT_ADDRESS, &x->peers, true);
	finding_lines(f, &x->lines);
}

static void end(void *state)
{
	struct certificate *s = state;
	const int64_t *set = s->c->settings;
	size_t n;
	void **all = watch_table_sorted(&s->servers, &n);

	for (size_t i = 0; i < n; i++) {
		const struct refused *x = all[i];
		bool expired = x->expired.n >= (uint64_t)set[EXPIRED];

		if (expired || x->peers.n >= (uint64_t)set[PEERS])
			tell(s, x, expired);
	}
	free(all);
}

const struct detector detector_certificate = {
	.id = "certificate",
	.title = TR_KEY("threat.certificate.title", "has a certificate that clients refuse"),
	.help = "Clients that break off the TLS handshake because of this server's certificate. Passes over a single client with an old list of "
		"authorities, and over what is no handshake at all.",
	.settings = SETTINGS,
	.n_settings = ARRAY_LEN(SETTINGS),
	.new = watch_new,
	.free = watch_free,
	.on_tls_failure = on_tls_failure,
	.end = end,
};
