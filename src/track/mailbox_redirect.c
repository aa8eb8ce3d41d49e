/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mailbox_redirect.c - what the script of a mailbox sent on, and the message that it became
 *
 * Sieve's redirect hands the mail in anew, with its Message-ID; it arrives as a message of its own for the new recipient.
 */
#include "track/track_priv.h"

#define REDIRECT_US (5 * USEC_PER_MIN) /* until what was sent on arrives */

static bool goes_to(const struct open_message *om, struct slice address)
{
	for (const struct recipient *r = om->m.recipients; r; r = r->next)
		if ((told(r->address) && slice_eq_fold(r->address, address)) ||
		    (told(r->orig_address) && slice_eq_fold(r->orig_address, address)))
			return true;
	return false;
}

/* not linked yet, or taken for what a filter gave back */
static bool may_follow(const struct open_message *om, const struct open_message *to)
{
	const struct message_link *p = to->m.parents;

	return !p || (!p->next && p->relation == RELATION_FILTER && slice_eq(p->queue_id, om->m.queue_id) &&
		      slice_eq(p->server, om->m.server));
}

void mailbox_follow_redirects(struct tracker *t, struct open_message *om)
{
	for (const struct mailbox_action *a = om->m.mailbox; a; a = a->next) {
		if (!slice_is(a->action, "forward"))
			continue;
		for (struct open_message *to = track_by_message_id(t, om->message_id_hash); to; to = to->bucket_next)
			if (to != om && to->message_id_hash == om->message_id_hash && may_follow(om, to) &&
			    slice_eq(to->m.message_id, om->m.message_id) &&
			    track_apart_us(to->m.first_us, a->time_us) < REDIRECT_US && goes_to(to, a->recipient))
				message_forwarded(t, om, to, a->time_us);
	}
}
