/* SPDX-License-Identifier: Apache-2.0 */
/*
 * postfix.c - Postfix, 2.3 to 3.12: tag, severity, queue id, and whose line it is
 *
 * tag = instance ["/" service] "/" process; text = [severity ": "] [(queue id | "NOQUEUE") ": "] words.
 * Written by postfix src/util/msg_output.c and src/global/mail_task.c.
 * Traps: the service stands in the middle ("postfix/relay/smtp" is the smtp client); instances are renamed
 * ("mx-out/qmgr"); a warning has its queue id behind the severity; long queue ids are case sensitive.
 */
#include "parse/postfix/postfix.h"

#include "base/attr.h"
#include "base/scan.h"
#include "parse/postfix/postfix_priv.h"

struct daemon {
	struct slice name;
	pf_handler *handler;
};
/* No daemon of Postfix, whatever its tag looks like: another writer knows it. */
static enum parse_result no_daemon(const struct pf *f, struct cur c, struct event *e)
{
	(void)f;
	(void)c;
	(void)e;
	return PARSE_NOT_MINE;
}

#define DAEMON(name, handler) { { name, sizeof(name) - 1 }, handler }

/* The most frequent first: the search compares lengths and first bytes before the rest. */
static const struct daemon DAEMONS[] = {
	DAEMON("smtpd", pf_smtpd),
	DAEMON("cleanup", pf_cleanup),
	DAEMON("qmgr", pf_qmgr),
	DAEMON("smtp", pf_delivery_agent),
	DAEMON("lmtp", pf_delivery_agent),
	DAEMON("postscreen", pf_postscreen),
	DAEMON("local", pf_delivery_agent),
	DAEMON("virtual", pf_delivery_agent),
	DAEMON("pipe", pf_delivery_agent),
	DAEMON("error", pf_delivery_agent),
	DAEMON("bounce", pf_bounce),
	DAEMON("anvil", pf_other_daemon),
	DAEMON("pickup", pf_pickup),
	DAEMON("dnsblog", pf_dnsblog),
	DAEMON("retry", pf_delivery_agent),
	DAEMON("discard", pf_delivery_agent),
	DAEMON("tlsproxy", pf_tlsproxy),
	DAEMON("defer", pf_bounce),
	DAEMON("trace", pf_bounce),
	DAEMON("nqmgr", pf_qmgr),
	DAEMON("oqmgr", pf_qmgr),
	DAEMON("qmqpd", pf_smtpd),
	DAEMON("postsuper", pf_postsuper),
	DAEMON("master", pf_other_daemon),
	DAEMON("scache", pf_other_daemon),
	DAEMON("verify", pf_other_daemon),
	DAEMON("trivial-rewrite", pf_other_daemon),
	DAEMON("proxymap", pf_other_daemon),
	DAEMON("proxywrite", pf_other_daemon),
	DAEMON("tlsmgr", pf_other_daemon),
	DAEMON("sendmail", pf_other_daemon),
	DAEMON("postdrop", pf_other_daemon),
	DAEMON("postfix-script", pf_other_daemon),
	DAEMON("showq", pf_other_daemon),
	DAEMON("flush", pf_other_daemon),
	DAEMON("spawn", pf_other_daemon),
	DAEMON("postlogd", pf_other_daemon),
	DAEMON("postlog", pf_other_daemon),
	DAEMON("postqueue", pf_other_daemon),
	DAEMON("postalias", pf_other_daemon),
	DAEMON("postmap", pf_other_daemon),
	DAEMON("postconf", pf_other_daemon),
	DAEMON("postkick", pf_other_daemon),
	DAEMON("postlock", pf_other_daemon),
	DAEMON("postmulti", pf_other_daemon),
	DAEMON("posttls-finger", pf_other_daemon),
	DAEMON("postcat", pf_other_daemon),
	DAEMON("post-install", pf_other_daemon),
	DAEMON("postfix-wrapper", pf_other_daemon),
	DAEMON("postmulti-script", pf_other_daemon),
	DAEMON("postfix-tls-script", pf_other_daemon),
	DAEMON("nbdb_reindexd", pf_other_daemon),
	DAEMON("fsstone", pf_other_daemon),
	/* policy services that call themselves Postfix' own */
	DAEMON("policy-spf", no_daemon),
	DAEMON("policyd-weight", no_daemon),
};

/* For tags that lost their process ("postfix" alone) or name a locally renamed program. */
static pf_handler *const ANYBODY[] = {
	pf_smtpd,      pf_cleanup,  pf_qmgr,       pf_delivery_agent, pf_bounce,
	pf_postscreen, pf_pickup,   pf_postsuper,  pf_other_daemon,
};

ATTR_NOINLINE static pf_handler *search_handler(struct slice name)
{
	if (name.n == 0)
		return NULL;
	for (size_t i = 0; i < ARRAY_LEN(DAEMONS); i++)
		if (DAEMONS[i].name.n == name.n && DAEMONS[i].name.p[0] == name.p[0] &&
		    memcmp(DAEMONS[i].name.p, name.p, name.n) == 0)
			return DAEMONS[i].handler;
	return NULL;
}

/* the handler of "mx-out/qmgr"; NULL: no name of a process stands behind a slash */
static pf_handler *handler_of(struct slice program)
{
	size_t slash = slice_rfind_byte(program, '/');

	return slash > 0 && slash < program.n ? search_handler(slice_from(program, slash + 1)) : NULL;
}

/* Asked for odd tags only: parse_line() gives those of Postfix to it first. */
static bool postfix_claims(const struct line *l)
{
	pf_handler *handler = handler_of(l->program);

	if (slice_starts(l->program, "postfix"))
		return handler != no_daemon && !slice_is(l->program, "postfix-policyd");
	if (slice_starts(l->program, "cyrus/")) /* has an lmtp and a master of its own */
		return false;
	return handler && handler != no_daemon;
}

/* The tag tells no daemon. */
static enum parse_result ask_everybody(const struct pf *f, struct cur c, struct event *e)
{
	for (size_t i = 0; i < ARRAY_LEN(ANYBODY); i++) {
		enum parse_result r;

		event_init(e, EV_NOTICE);
		e->queue_id = f->id;
		r = ANYBODY[i](f, c, e);
		if (r != PARSE_NOT_MINE)
			return r;
	}
	return PARSE_NOT_MINE;
}

/* process and service; the handler of the process */
ATTR_NOINLINE static pf_handler *split_tag(struct slice program, struct pf *f)
{
	size_t begin = program.n, first;
	pf_handler *handler;

	while (begin > 0 && program.p[begin - 1] != '/')
		begin--;
	f->process = slice_from(program, begin);
	if (begin > 0) {
		first = slice_starts(program, "postfix/") ? strlen("postfix") : slice_find_byte(program, '/');
		if (first + 1 < begin)
			f->middle = slice_of(program.p + first + 1, begin - first - 1);
	}
	handler = search_handler(f->process);
	return handler ? handler : ask_everybody;
}

static inline ATTR_ALWAYS_INLINE enum severity take_severity(struct cur *c)
{
	switch (cur_peek(c)) {
	case 'w':
		return cur_lit(c, "warning: ") ? SEVERITY_WARNING : SEVERITY_NONE;
	case 'e':
		return cur_lit(c, "error: ") ? SEVERITY_ERROR : SEVERITY_NONE;
	case 'f':
		return cur_lit(c, "fatal: ") ? SEVERITY_FATAL : SEVERITY_NONE;
	case 'p':
		return cur_lit(c, "panic: ") ? SEVERITY_PANIC : SEVERITY_NONE;
	default:
		return SEVERITY_NONE;
	}
}

/* a bit per alphabet of a queue id, hexadecimal and base 52; one for what begins "warning: ", its like and "NOQUEUE: " */
enum { CLASS_HEX = 1, CLASS_52 = 2, CLASS_ID = CLASS_HEX | CLASS_52, CLASS_FRONT = 4 };

static const uint8_t CLASSES[256] = {
#define BOTH     CLASS_HEX | CLASS_52
#define FRONT_52 CLASS_FRONT | CLASS_52
	['0'] = BOTH,     ['1'] = BOTH,     ['2'] = BOTH,     ['3'] = BOTH,     ['4'] = BOTH,
	['5'] = BOTH,     ['6'] = BOTH,     ['7'] = BOTH,     ['8'] = BOTH,     ['9'] = BOTH,
	['B'] = BOTH,     ['C'] = BOTH,     ['D'] = BOTH,     ['F'] = BOTH,     ['A'] = CLASS_HEX,
	['E'] = CLASS_HEX, ['G'] = CLASS_52, ['H'] = CLASS_52, ['J'] = CLASS_52, ['K'] = CLASS_52,
	['L'] = CLASS_52, ['M'] = CLASS_52, ['N'] = FRONT_52, ['P'] = CLASS_52, ['Q'] = CLASS_52,
	['R'] = CLASS_52, ['S'] = CLASS_52, ['T'] = CLASS_52, ['V'] = CLASS_52, ['W'] = CLASS_52,
	['X'] = CLASS_52, ['Y'] = CLASS_52, ['Z'] = CLASS_52, ['b'] = CLASS_52, ['c'] = CLASS_52,
	['d'] = CLASS_52, ['f'] = FRONT_52, ['g'] = CLASS_52, ['h'] = CLASS_52, ['j'] = CLASS_52,
	['k'] = CLASS_52, ['l'] = CLASS_52, ['m'] = CLASS_52, ['n'] = CLASS_52, ['p'] = FRONT_52,
	['q'] = CLASS_52, ['r'] = CLASS_52, ['s'] = CLASS_52, ['t'] = CLASS_52, ['v'] = CLASS_52,
	['w'] = FRONT_52, ['x'] = CLASS_52, ['y'] = CLASS_52, ['z'] = CLASS_52, ['e'] = CLASS_FRONT,
#undef BOTH
#undef FRONT_52
};

static inline unsigned class_of(char c)
{
	return CLASSES[(unsigned char)c];
}

/* n bytes of one of the alphabets: is it a queue id? */
static inline bool is_queue_id(const char *p, size_t n, unsigned classes)
{
	size_t z;

	if (LIKELY(classes & CLASS_HEX && n <= 20))
		return true;
	if (!(classes & CLASS_52) || n > 25)
		return false;
	z = slice_rfind_byte(slice_of(p, n), 'z');
	return z >= 10 && z <= 13 && z + 1 < n;
}

/* the length of the queue id, of any form, at p and in front of ": "; 0 if there is none */
ATTR_NOINLINE static size_t long_queue_id(const char *p, const char *end)
{
	const char *q = p;
	unsigned all = CLASS_ID;

	for (; q < end && class_of(*q) & CLASS_ID; q++)
		all &= class_of(*q);
	if (q - p < 6 || end - q < 2 || q[0] != ':' || q[1] != ' ')
		return 0;
	return is_queue_id(p, (size_t)(q - p), all) ? (size_t)(q - p) : 0;
}

/* the same; nearly all have at most 14 hexadecimal digits, or their first two bytes are no id's */
static inline size_t queue_id(const char *p, const char *end)
{
	if (UNLIKELY(end - p < 16))
		return long_queue_id(p, end);
	if (*p <= 'F') {
		unsigned n = (unsigned)__builtin_ctz(~scan_upper_hex16(p));

		if (LIKELY(n >= 6 && n <= 14 && p[n] == ':' && p[n + 1] == ' '))
			return n;
	}
	return class_of(p[0]) & class_of(p[1]) & CLASS_ID ? long_queue_id(p, end) : 0;
}

/* "warning: ..." and its like: the queue id may stand behind the severity */
ATTR_NOINLINE static enum parse_result parse_judged(struct pf *f, pf_handler *handler, struct cur c,
						    struct event *ret)
{
	size_t n = queue_id(c.p, c.end);

	if (n) {
		f->id = slice_of(c.p, n);
		c.p += n + 2;
	} else {
		f->noqueue = cur_lit(&c, "NOQUEUE: ");
	}
	f->rest = cur_rest(&c);
	ret->queue_id = f->id;
	if (f->severity == SEVERITY_PANIC)
		return pf_notice(f, NOTICE_PANIC, ret);
	if (f->id.p && cur_lit(&c, "to=<"))
		return pf_delivery(f, c, ret);
	return handler(f, c, ret);
}

/* no queue id in front: it may be a severity or "NOQUEUE: " */
ATTR_NOINLINE static enum parse_result parse_front(struct pf *f, pf_handler *handler, struct cur c, struct event *ret)
{
	f->severity = take_severity(&c);
	if (f->severity != SEVERITY_NONE)
		return parse_judged(f, handler, c, ret);
	f->noqueue = cur_lit(&c, "NOQUEUE: ");
	f->rest = cur_rest(&c);
	return handler(f, c, ret);
}

/* what stands behind the tag */
static inline ATTR_ALWAYS_INLINE enum parse_result parse_text(struct pf *f, pf_handler *handler, struct cur c,
							      struct event *ret)
{
	size_t n = queue_id(c.p, c.end);

	f->begin = c.p;
	if (n) {
		f->id = slice_of(c.p, n);
		ret->queue_id = slice_of(c.p, n);
		c.p += n + 2;
		f->rest = cur_rest(&c);
		if (cur_lit(&c, "to=<"))
			return pf_delivery(f, c, ret);
	} else {
		if (c.p == c.end || class_of(*c.p) & CLASS_FRONT)
			return parse_front(f, handler, c, ret);
		f->rest = cur_rest(&c);
	}
	return handler(f, c, ret);
}

#define BEHIND_POSTFIX strlen("postfix/")

/*
 * A reader of the lines of one daemon, "postfix/[SERVICE/]PROCESS", with n bytes of PROCESS.  Each has the code of
 * parse_text() for itself: whether a queue id and a delivery come is mostly the same for one daemon, and anybody's guess for all.
 */
typedef enum parse_result pf_reader(const struct line *l, size_t n, struct event *ret);

static inline ATTR_ALWAYS_INLINE enum parse_result read_usual(const struct line *l, size_t n, pf_handler *handler,
							      struct event *ret)
{
	struct slice program = l->program;
	struct pf f = {
		.process = slice_of(program.p + program.n - n, n),
		.middle = slice_of(program.p + BEHIND_POSTFIX, program.n - n - BEHIND_POSTFIX),
	};

	return parse_text(&f, handler, cur_of(l->text), ret);
}

#define READER(name, handler)                                                              \
	static enum parse_result name(const struct line *l, size_t n, struct event *ret)   \
	{                                                                                  \
		return read_usual(l, n, handler, ret);                                     \
	}

READER(read_smtpd, pf_smtpd)
READER(read_cleanup, pf_cleanup)
READER(read_qmgr, pf_qmgr)
READER(read_delivery_agent, pf_delivery_agent)
READER(read_bounce, pf_bounce)
READER(read_pickup, pf_pickup)
READER(read_other_daemon, pf_other_daemon)

static ATTR_NOINLINE enum parse_result read_any(const struct line *l, struct event *ret)
{
	struct pf f = { .noqueue = false };
	pf_handler *handler = split_tag(l->program, &f);

	return parse_text(&f, handler, cur_of(l->text), ret);
}

#define TAIL_BYTES 8
#define SLOT(c)    ((size_t)(unsigned char)(c) & 31)

/* Those that write nearly all lines: "/PROCESS", in the last eight bytes of a tag; by the fourth byte from the end. */
static const struct usual {
	char tail[TAIL_BYTES], mask[TAIL_BYTES];
	size_t n; /* bytes of the name */
	pf_reader *read;
} USUAL[32] = {
#define MASK4 "\0\0\0\xff\xff\xff\xff\xff"
#define MASK5 "\0\0\xff\xff\xff\xff\xff\xff"
#define MASK6 "\0\xff\xff\xff\xff\xff\xff\xff"
#define MASK7 "\xff\xff\xff\xff\xff\xff\xff\xff"
	[SLOT('s')] = { "\0\0\0/smtp", MASK4, 4, read_delivery_agent },
	[SLOT('l')] = { "\0\0\0/lmtp", MASK4, 4, read_delivery_agent },
	[SLOT('p')] = { "\0\0\0/pipe", MASK4, 4, read_delivery_agent },
	[SLOT('q')] = { "\0\0\0/qmgr", MASK4, 4, read_qmgr },
	[SLOT('m')] = { "\0\0/smtpd", MASK5, 5, read_smtpd },
	[SLOT('o')] = { "\0\0/local", MASK5, 5, read_delivery_agent },
	[SLOT('r')] = { "\0\0/error", MASK5, 5, read_delivery_agent },
	[SLOT('n')] = { "\0\0/anvil", MASK5, 5, read_other_daemon },
	[SLOT('c')] = { "\0/pickup", MASK6, 6, read_pickup },
	[SLOT('u')] = { "\0/bounce", MASK6, 6, read_bounce },
	[SLOT('a')] = { "/cleanup", MASK7, 7, read_cleanup },
	[SLOT('t')] = { "/virtual", MASK7, 7, read_delivery_agent },
};

static enum parse_result postfix_parse(const struct line *l, struct event *ret)
{
	struct slice program = l->program;
	uint64_t written, tail, mask;
	const struct usual *u;

	if (UNLIKELY(program.n < 12 || !slice_starts(program, "postfix/")))
		return read_any(l, ret);
	u = &USUAL[SLOT(program.p[program.n - 4])];
	memcpy(&written, program.p + program.n - TAIL_BYTES, sizeof written);
	memcpy(&tail, u->tail, sizeof tail);
	memcpy(&mask, u->mask, sizeof mask);
	if (UNLIKELY((written & mask) != tail || !u->read))
		return read_any(l, ret);
	return u->read(l, u->n, ret);
}

const struct writer_ops postfix_writer = {
	.writer = WRITER_POSTFIX,
	.claims = postfix_claims,
	.parse = postfix_parse,
	.samples = postfix_samples,
	.refused = postfix_refused,
};
