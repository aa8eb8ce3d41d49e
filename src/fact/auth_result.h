/* SPDX-License-Identifier: Apache-2.0 */
/*
 * auth_result.h - what filters say of SPF, DKIM, DMARC and ARC
 */
#ifndef FACT_AUTH_RESULT_H
#define FACT_AUTH_RESULT_H

#include <stddef.h>

#include "fact/fact.h"

#define AUTH_CHECKS(X) X(AUTH_SPF, "spf") X(AUTH_DKIM, "dkim") X(AUTH_DMARC, "dmarc") X(AUTH_ARC, "arc")

enum auth_check {
#define X(id, name) id,
	AUTH_CHECKS(X)
#undef X
	AUTH_CHECK_COUNT
};

/* the results of RFC 8601 that people tell apart; "signed" is our own signature */
#define AUTH_RESULTS(X) \
	X(AUTH_PASS, "pass") X(AUTH_FAIL, "fail") X(AUTH_SOFTFAIL, "softfail") X(AUTH_NEUTRAL, "neutral") X(AUTH_NONE, "none") \
	X(AUTH_ERROR, "error") X(AUTH_SIGNED, "signed")

enum auth_word {
#define X(id, name) id,
	AUTH_RESULTS(X)
#undef X
	AUTH_WORD_COUNT
};

struct auth_result {
	enum auth_check check;
	enum auth_word word;
	enum writer writer;
	struct slice domain; /* of SPF the sender's, of DKIM and ARC the signature's, of DMARC that of From:; SLICE_NONE: not told */
};

const char *auth_check_name(enum auth_check c);

#define AUTH_RESULTS_MAX 32 /* of one mail */

/*
 * The results that these verdicts tell, each (check, domain, word) once, at most AUTH_RESULTS_MAX of them; returns how many.
 * What a writer says without a domain is left out where it names the domain for the same result as well.  Rspamd and
 * SpamAssassin list the symbols or tests that hit: those of the four checks are results, too.
 */
size_t auth_results_of(const struct verdict *verdicts, struct auth_result ret[AUTH_RESULTS_MAX]);

#endif
