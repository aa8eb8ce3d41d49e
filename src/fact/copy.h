/* SPDX-License-Identifier: Apache-2.0 */
/*
 * copy.h - facts that outlive the call of the sink
 */
#ifndef FACT_COPY_H
#define FACT_COPY_H

#include "base/arena.h"
#include "fact/fact.h"

/* Deep copies, with every list and text in the arena; valid until it is cleared. */
struct message *message_copy(struct arena *a, const struct message *m);
struct rejection *rejection_copy(struct arena *a, const struct rejection *r);
struct login *login_copy(struct arena *a, const struct login *l);
struct mailbox_action *mailbox_action_copy(struct arena *a, const struct mailbox_action *m);

#endif
