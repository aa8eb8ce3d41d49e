/* SPDX-License-Identifier: Apache-2.0 */
/*
 * filter.h - does a fact pass the filters of the command line?
 *
 * Filters of different kinds narrow (AND), repeats of one kind widen (OR).  The same kinds serve trace,
 * report and, later, the store.
 */
#ifndef FACT_FILTER_H
#define FACT_FILTER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "event/event.h"
#include "event/line.h"
#include "fact/fact.h"

#define FILTER_KINDS(X) /* id, option name, help */ \
	X(FILTER_SENDER, "sender", "envelope sender: an address, or @domain") \
	X(FILTER_RECIPIENT, "recipient", "envelope recipient, final or original: an address, or @domain") \
	X(FILTER_ADDRESS, "address", "sender or recipient") \
	X(FILTER_DOMAIN, "domain", "domain of sender or recipient, with its subdomains") \
	X(FILTER_USER, "user", "authenticated user or local login") \
	X(FILTER_DIRECTORY, "directory", "directory that a script on this server sent from, or one above it") \
	X(FILTER_IP, "ip", "address or network of the client or the next hop") \
	X(FILTER_CLIENT, "client", "name of the client or the next hop, or a part of it from a dot on") \
	X(FILTER_SERVER, "server-name", "server that wrote the log") \
	X(FILTER_STATUS, "status", "outcome of a recipient: delivered, relayed, deferred, bounced, ...; login_ok, login_failed") \
	X(FILTER_WRITER, "writer", "exim, postfix, sendmail, exchange, dovecot, amavis, ...") \
	X(FILTER_QUEUE_ID, "queue-id", "queue id") \
	X(FILTER_MESSAGE_ID, "message-id", "Message-ID, with or without angle brackets") \
	X(FILTER_SUBJECT, "subject", "words of the subject, ignoring case") \
	X(FILTER_DIRECTION, "direction", "inbound, outbound, local, relayed") \
	X(FILTER_REPLY, "reply", "words in a row of a server's reply, or of the reason why a login failed, ignoring case")

enum filter_kind {
#define X(id, name, help) id,
	FILTER_KINDS(X)
#undef X
	FILTER_KIND_COUNT
};

struct filter;

struct filter *filter_new(void);
void filter_free(struct filter *f);

/* Add one value; ERR_USAGE with a sentence if it is none for that kind (a status that does not exist ...). */
ATTR_NODISCARD int filter_add(struct filter *f, enum filter_kind kind, struct slice value, struct err *reterr);

/* nothing was added: everything passes */
bool filter_is_empty(const struct filter *f);

bool filter_message(const struct filter *f, const struct message *m);
/* Is r one of the recipients for which the message passes? */
bool filter_recipient(const struct filter *f, const struct message *m, const struct recipient *r);
bool filter_rejection(const struct filter *f, const struct rejection *r);
bool filter_login(const struct filter *f, const struct login *l);
bool filter_mailbox(const struct filter *f, const struct mailbox_action *a);
/* One line by itself, for `parse`: what other lines say of the same message is not known, nor its direction. */
bool filter_event(const struct filter *f, const struct line *l, const struct event *e);

/*
 * What the user typed after `trace`: decides which kind it is and adds it.
 *
 * "a@b" address; "@b" domain; "<x@y>" Message-ID; 192.0.2.1, 192.0.2.0/24 ip; a queue id's form queue id;
 * "host.example" client or domain; anything else: subject words, authenticated user or Message-ID.
 * Several calls widen (OR) whatever their kinds are.
 */
ATTR_NODISCARD int filter_add_what(struct filter *f, struct slice what, struct err *reterr);

#endif
