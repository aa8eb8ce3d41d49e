/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mailbox.h - what happened in mailboxes, and whose mail it was
 *
 * Mailbox servers name a mail by its Message-ID and the owner of the mailbox; the MTA knows queue ids and addresses.
 * Message-IDs are not unique, they are the sender's: who joins by them asks for the owner and the time as well.
 */
#ifndef FACT_MAILBOX_H
#define FACT_MAILBOX_H

#include "base/arena.h"
#include "fact/fact.h"

#define MAILBOX_ACTIONS_MAX 100 /* of one message: its owner may play with it as long as he likes */

/* A hash under which a Message-ID is found, also one that a mailbox server wrote without brackets or cut at 80 bytes; 0: it
 * is empty. */
uint64_t mailbox_id_key(struct slice message_id);
/* the same of an id without blanks and brackets around it */
uint64_t mailbox_core_key(struct slice core);
/* The queue id in a Message-ID that the MTA made for its own mail ("<E1rJkXm-0003kl-Qp@host>" of Exim,
 * "<202611212100.6ALL0cWT003519@host>" of Sendmail), which it may not log; SLICE_NONE: there is none. */
struct slice mailbox_made_of(struct slice message_id);
/* Are these one Message-ID?  `written` may be cut and end in "...". */
bool mailbox_same_id(struct slice message_id, struct slice written);

/* How well a recipient fits the owner of a mailbox: 3 the same address, 2 the same but for a detail ("ann+lists"), or one of
 * the two lacks the domain, 0 not at all. */
int mailbox_owner_fits(const struct recipient *r, struct slice user);
/* Did the message go into the mailbox of this later action: by the MTA's words, or by an earlier action of that owner? */
bool mailbox_is_of(const struct message *m, const struct mailbox_action *a);

/* Put it into the message's list, in the order of time; the cap may forbid it (false).  It loses its lines, and has to live as
 * long as the message. */
bool mailbox_put(struct message *m, struct mailbox_action *a);
/* The same with a copy. */
bool mailbox_add(struct arena *arena, struct message *m, const struct mailbox_action *a);
/* a line in the order of time */
void fact_line_insert(struct fact_line **lines, struct fact_line *line);

#endif
