/* SPDX-License-Identifier: Apache-2.0 */
/*
 * logins.h - what the detectors of logins share
 */
#ifndef DETECT_LOGINS_H
#define DETECT_LOGINS_H

#include "detect/detect_priv.h"

#define LOGIN_ADDRESSES_MAX 100000 /* that each detector watches */

/*
 * Failures from that address are honest mistakes: many share it who do log in; or it is a device with an old password (one
 * account, that logs in somewhere, asked for at regular intervals of a minute or more).
 */
bool login_is_honest(const struct detect *d, const struct known_address *a, const struct watch_rhythm *rhythm);

/* "anna@example.com", or "17 accounts"; SLICE_NONE: the log does not tell */
struct slice login_accounts_text(const struct watch_context *c, const struct known_address *a);

/* Evidence about an address: accounts, successes, mail; and its accounts as members. */
void login_evidence(const struct watch_context *c, struct finding *f, const struct known_address *a);

#endif
