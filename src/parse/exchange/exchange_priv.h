/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange_priv.h - what the files of the writer Exchange share
 */
#ifndef PARSE_EXCHANGE_PRIV_H
#define PARSE_EXCHANGE_PRIV_H

#include "event/columns.h"
#include "parse/parse.h"

/* tracking.c: a row of the message tracking log, or of its export */
enum parse_result exchange_tracking(const struct line *l, const struct log_row *row, struct event *ret);
/* protocol.c: a row of an SMTP protocol log */
enum parse_result exchange_protocol(const struct line *l, const struct log_row *row, struct event *ret);
/* mailbox.c: a row of a POP3 or IMAP4 protocol log */
enum parse_result exchange_mailbox(const struct line *l, const struct log_row *row, struct event *ret);

/* "192.0.2.1:25", "[2001:db8::1]:25", "fe80::1%4": address and port, as far as they are there (-1) */
void exchange_endpoint(struct slice s, struct slice *ret_ip, int64_t *ret_port);
/* an address without the "%4" of its interface */
struct slice exchange_address(struct slice ip);
/* "2026-09-14T08:00:00.300Z" at the start of s; USEC_NONE: none */
usec_t exchange_time(struct slice s);

/* samples.c */
extern const struct parse_sample exchange_samples[];
extern const struct parse_sample exchange_refused[];

#endif
