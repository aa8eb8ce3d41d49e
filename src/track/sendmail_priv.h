/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sendmail_priv.h - what sendmail.c and sendmail_session.c share
 */
#ifndef TRACK_SENDMAIL_PRIV_H
#define TRACK_SENDMAIL_PRIV_H

#include "track/track_priv.h"

/* ---- sendmail_session.c: connections, by the pid of the process that serves them ---- */

void sendmail_session_connect(struct tracker *t, const struct line *l, const struct event *e);
void sendmail_session_end(struct tracker *t, const struct line *l, const struct event *e);
void sendmail_session_auth(struct tracker *t, const struct line *l, const struct event *e);
void sendmail_session_tls(struct tracker *t, const struct line *l, const struct event *e);
/* the line names the daemon: that is the service of the logins before it */
void sendmail_session_service(struct tracker *t, const struct line *l, struct slice service);
/* a received message: user and TLS of its connection */
void sendmail_session_message(struct tracker *t, const struct line *l, struct open_message *om);
/* the client of the connection, for a line that does not name it */
void sendmail_session_client(struct tracker *t, const struct line *l, struct event *e);
/* TLS of the connection over which this attempt went */
void sendmail_session_outgoing_tls(struct tracker *t, const struct line *l, struct event *e);

#endif
