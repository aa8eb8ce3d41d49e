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

#define FILTER_KINDS(X) /* id, option name, argument, help */ \
	X(FILTER_SENDER, "sender", "ADDR", "envelope sender: an address, or @domain") \
	X(FILTER_RECIPIENT, "recipient", "ADDR", "envelope recipient, final or original: an address, or @domain") \
	X(FILTER_ADDRESS, "address", "ADDR", "sender or recipient") \
	X(FILTER_DOMAIN, "domain", "DOMAIN", "domain of sender or recipient, with its subdomains") \
	X(FILTER_USER, "user", "NAME", "authenticated user or local login") \
	X(FILTER_DIRECTORY, "directory", "DIR", "directory that a script on this server sent from, or one above it") \
	X(FILTER_IP, "ip", "IP|NET", "address or network of the client or the next hop") \
	X(FILTER_CLIENT, "client", "HOST", "name of the client or the next hop, or a part of it from a dot on") \
	X(FILTER_SERVER, "server-name", "NAME", "server that wrote the log") \
	X(FILTER_STATUS, "status", "STATUS", "what became of a recipient: delivered, relayed, deferred, bounced, expired, rejected, discarded, held, removed, expanded, pending; or of a login: login_ok, login_failed; several with commas") \
	X(FILTER_WRITER, "writer", "WRITER", "program that wrote the line: exim, postfix, sendmail, exchange, dovecot, amavis, ...") \
	X(FILTER_QUEUE_ID, "queue-id", "ID", "queue id") \
	X(FILTER_MESSAGE_ID, "message-id", "ID", "Message-ID, with or without angle brackets") \
	X(FILTER_SUBJECT, "subject", "WORDS", "words of the subject, ignoring case") \
	X(FILTER_DIRECTION, "direction", "DIRECTION", "inbound, outbound, local or relayed (from outside to outside)") \
	X(FILTER_REPLY, "reply", "WORDS", "words in a row of a server's reply, or of the reason why a login failed, ignoring case")

enum filter_kind {
#define X(id, name, argument, help) id,
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
