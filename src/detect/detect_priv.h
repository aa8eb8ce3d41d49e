/* SPDX-License-Identifier: Apache-2.0 */
/*
 * detect_priv.h - what detectors work with: who a fact is about, and how a finding is told
 */
#ifndef DETECT_DETECT_PRIV_H
#define DETECT_DETECT_PRIV_H

#include "base/arena.h"
#include "detect/detector.h"
#include "detect/known.h"
#include "detect/watch.h"

/* --- what all detectors share ------------------------------------------------------------------------- */

const struct known *detect_known(const struct detect *d);
struct watch_meter *detect_meter(struct detect *d);
struct refusals *detect_refusals(const struct detect *d);
/* the mail server that most messages are of; WRITER_NONE: none */
enum writer detect_mta(const struct detect *d);
/* the newest time of all facts so far; USEC_NONE: none */
usec_t detect_now(const struct detect *d);
/* Lives as long as the struct detect: for findings, at the end.  What facts bring goes into tables. */
struct arena *detect_arena(struct detect *d);
const struct detect_options *detect_options_of(const struct detect *d);
/* own, private (RFC 1918 and their like), or --trust: never blamed */
bool detect_trusts(const struct detect *d, const struct ip *ip);
bool detect_trusts_net(const struct detect *d, const struct ip_net *net);
/* The country of an address as 26 * first letter + second letter ("aa" is 0); -1: not known, or no --geoip */
int detect_country(const struct detect *d, const struct ip *ip);
/* Looks up an address (or SLICE_NONE) for facts that come without a party. */
struct party detect_party(const struct detect *d, struct slice client_ip);

/* --- findings ----------------------------------------------------------------------------------------- */

/*
 * detect_report - a new finding, in end() only; the caller fills in the rest
 *
 * The subject is copied.  A finding about a network (detect_report_net) blames it and is blockable unless the caller says otherwise; if it is
 * trusted, it is counted as left out in the end, so detectors need not look.
 */
struct finding *detect_report(const struct watch_context *c, enum subject_kind kind, struct slice subject);
/* of an address as watch_address() gives it, or of a network */
struct finding *detect_report_net(const struct watch_context *c, const struct ip_net *net);

void finding_level(struct finding *f, enum threat_level level, enum threat_confidence confidence);
void finding_when(struct finding *f, usec_t first_us, usec_t last_us);
/* The threshold that fired: a row of the detector's settings */
void finding_setting(const struct watch_context *c, struct finding *f, size_t setting);

/* Evidence; title is TR_KEY(); past FINDING_EVIDENCE_MAX it is left out.  usual -1: not known */
void finding_count(struct finding *f, const char *id, const char *title, int64_t value, int64_t usual);
void finding_span(struct finding *f, const char *id, const char *title, usec_t value);
void finding_time(struct finding *f, const char *id, const char *title, usec_t value);
/* part of whole, as thousandths of a per cent */
void finding_share(struct finding *f, const char *id, const char *title, uint64_t part, uint64_t whole, int64_t usual);
/* copied */
void finding_text(const struct watch_context *c, struct finding *f, const char *id, const char *title, struct slice text);

/* Room for n members; more of them only count.  Then one after the other, copied. */
void finding_members(const struct watch_context *c, struct finding *f, enum subject_kind kind, size_t n);
void finding_member(const struct watch_context *c, struct finding *f, struct slice name);
void finding_member_net(const struct watch_context *c, struct finding *f, const struct ip_net *net);
/* Somebody got in from this address: its action and --ban say to block it. */
void finding_intruder(const struct watch_context *c, struct finding *f, const struct ip_net *net);
/* those of the other side, the most active first; nets: their keys are networks */
void finding_peers(const struct watch_context *c, struct finding *f, enum subject_kind kind, const struct watch_peers *peers,
		   bool nets);

void finding_lines(struct finding *f, const struct watch_lines *lines);
/* "--ip 203.0.113.7": options that show it, another one each time; a value that no shell takes safely is left out */
void finding_trace(const struct watch_context *c, struct finding *f, const char *option, struct slice value);

/* Sentences: a TR_KEY() with its values */
void finding_summary(const struct watch_context *c, struct finding *f, const char *key, const struct tr_value *values, size_t n);
void finding_action(const struct watch_context *c, struct finding *f, const char *key, const struct tr_value *values, size_t n);
/* values for them: "1,240"; "3 min"; "2026-11-21 14:00:05" of the log's wall clock; "31%" */
struct slice detect_count_text(const struct watch_context *c, uint64_t n);
/* "once", "12 times" */
struct slice detect_times_text(const struct watch_context *c, uint64_t n);
struct slice detect_span_text(const struct watch_context *c, usec_t span);
struct slice detect_time_text(const struct watch_context *c, usec_t time);
struct slice detect_share_text(const struct watch_context *c, uint64_t part, uint64_t whole);
/* "anna@example.com", or "17 accounts" if there are several: TR key with {n} */
struct slice detect_copy(const struct watch_context *c, struct slice s);

#endif
