/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mailbox.c - what happened in mailboxes, and whose mail it was
 */
#include "fact/mailbox.h"

#include "base/ascii.h"
#include "base/hash.h"
#include "event/queue_id.h"

#define KEY_BYTES      64 /* of an id; what is cut keeps more than these */
#define CUT_MIN_BYTES  70 /* Dovecot src/plugins/mail-log: HEADER_LOG_LEN is 80, with the dots */
#define MADE_MIN_BYTES 8 /* of a queue id in a Message-ID */
#define MADE_MAX_BYTES 20
#define TEXT_MAX       4096 /* of an action kept with a message: a line may have a MiB */
#define CLOCK_SLACK_US (5 * USEC_PER_SEC) /* between servers */

/* without blanks and angle brackets */
static struct slice core_of(struct slice id)
{
	if (id.n >= 2 && id.p[0] == '<' && id.p[id.n - 1] == '>') /* as nearly all are */
		return slice_of(id.p + 1, id.n - 2);
	id = slice_trim(id);
	if (id.n && id.p[0] == '<')
		id = slice_from(id, 1);
	if (id.n && id.p[id.n - 1] == '>')
		id.n--;
	return id;
}

uint64_t mailbox_core_key(struct slice core)
{
	return core.n == 0 ? 0 : hash_quick(slice_head(core, KEY_BYTES)) | 1;
}

uint64_t mailbox_id_key(struct slice message_id)
{
	return mailbox_core_key(core_of(message_id));
}

struct slice mailbox_made_of(struct slice message_id)
{
	struct slice core = core_of(message_id), local = slice_head(core, slice_rfind_byte(core, '@'));
	size_t dot = slice_rfind_byte(local, '.');

	if (slice_starts(local, "E") && queue_id_is_exim(slice_from(local, 1)))
		return slice_from(local, 1);
	if (dot == local.n)
		return SLICE_NONE;
	local = slice_from(local, dot + 1);
	for (size_t i = 0; i < local.n; i++)
		if (!ascii_alnum(local.p[i]))
			return SLICE_NONE;
	return local.n >= MADE_MIN_BYTES && local.n <= MADE_MAX_BYTES ? local : SLICE_NONE;
}

bool mailbox_same_id(struct slice message_id, struct slice written)
{
	struct slice a = core_of(message_id), b = core_of(written);

	if (b.n >= CUT_MIN_BYTES && slice_ends(b, "...") && a.n >= b.n - 3) {
		b.n -= 3;
		a = slice_head(a, b.n);
	}
	return slice_eq(a, b);
}

static struct slice local_part(struct slice address)
{
	return slice_head(address, slice_rfind_byte(address, '@'));
}

/* "ann+lists" gives "ann" */
static struct slice without_detail(struct slice local)
{
	size_t n = slice_find_byte(local, '+');

	return n > 0 ? slice_head(local, n) : local;
}

static int address_fits(struct slice address, struct slice user)
{
	struct slice domain, owner;

	if (!address.n)
		return 0;
	if (slice_eq_fold(address, user))
		return 3;
	domain = slice_domain(address);
	owner = slice_domain(user);
	if (domain.n && owner.n && !slice_eq_fold(domain, owner))
		return 0;
	return slice_eq_fold(without_detail(local_part(address)), without_detail(local_part(user))) ? 2 : 0;
}

int mailbox_owner_fits(const struct recipient *r, struct slice user)
{
	int a, b;

	if (!user.n)
		return 0;
	a = address_fits(r->address, user);
	if (a == 3)
		return a;
	b = address_fits(r->orig_address, user);
	return a > b ? a : b;
}

static bool delivered_before(const struct recipient *r, usec_t time_us)
{
	for (const struct attempt *a = r->attempts; a; a = a->next)
		if (a->outcome == OUTCOME_DELIVERED &&
		    (time_us == USEC_NONE || a->time_us == USEC_NONE || a->time_us <= time_us + CLOCK_SLACK_US))
			return true;
	return false;
}

bool mailbox_is_of(const struct message *m, const struct mailbox_action *a)
{
	for (const struct recipient *r = m->recipients; r; r = r->next)
		if (mailbox_owner_fits(r, a->user) && delivered_before(r, a->time_us))
			return true;
	/* the address may have been another's name (an alias that the MTA does not show) */
	for (const struct mailbox_action *b = m->mailbox; b; b = b->next)
		if (a->user.n && slice_eq_fold(a->user, b->user))
			return true;
	return false;
}

bool mailbox_put(struct message *m, struct mailbox_action *a)
{
	struct mailbox_action **at = &m->mailbox;

	if (m->n_mailbox++ >= MAILBOX_ACTIONS_MAX)
		return false;
	a->lines = NULL;
	while (*at && (*at)->time_us <= a->time_us)
		at = &(*at)->next;
	a->next = *at;
	*at = a;
	return true;
}

bool mailbox_add(struct arena *arena, struct message *m, const struct mailbox_action *a)
{
	struct mailbox_action *copy;

	if (m->n_mailbox >= MAILBOX_ACTIONS_MAX) {
		m->n_mailbox++;
		return false;
	}
	copy = arena_alloc(arena, sizeof *copy);
	*copy = *a;
#define KEEP(field) copy->field = arena_copy(arena, slice_head(a->field, TEXT_MAX))
	KEEP(server), KEEP(service), KEEP(session), KEEP(client_ip), KEEP(user), KEEP(message_id), KEEP(subject);
	KEEP(recipient), KEEP(action), KEEP(folder), KEEP(reason);
#undef KEEP
	return mailbox_put(m, copy);
}

static bool line_before(const struct fact_line *a, const struct fact_line *b)
{
	if (a->time_us != b->time_us)
		return a->time_us < b->time_us;
	return a->source != b->source || a->line_no < b->line_no;
}

void fact_line_insert(struct fact_line **lines, struct fact_line *line)
{
	while (*lines && line_before(*lines, line))
		lines = &(*lines)->next;
	line->next = *lines;
	*lines = line;
}
