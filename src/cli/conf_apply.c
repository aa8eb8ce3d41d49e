/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf_apply.c - values of the configuration become options
 *
 * What stands in a file may lose its sense beside an option: `top` beside --no-limit.  holds_NAME() says so.  It is asked about the
 * options as the command line gave them.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "cli/conf_priv.h"

/* --- when it counts ------------------------------------------------------------------------------------- */

bool config_holds_always(const struct options *given)
{
	(void)given;
	return true;
}

bool config_holds_limit(const struct options *given)
{
	return !given->no_limit;
}

bool config_holds_panels(const struct options *given)
{
	return !given->all_panels && !given->problems_only && !given->compat;
}

/* --tz ZONE is for all files, whatever is said elsewhere of single ones */
bool config_holds_zone(const struct options *given)
{
	for (size_t i = 0; i < given->n_zones; i++)
		if (!given->zones[i].file)
			return false;
	return true;
}

bool config_holds_redact(const struct options *given)
{
	return given->redact;
}

bool config_holds_detectors(const struct options *given)
{
	return !given->detectors.n;
}

bool config_holds_ban(const struct options *given)
{
	return given->ban != NULL;
}

bool config_holds_checks(const struct options *given)
{
	return given->n_checks == 0;
}

/* --- what becomes of it --------------------------------------------------------------------------------- */

/* A flag is given where it says what the value says: pager = no is --no-pager. */
void config_put_option(const struct config_key *key, const struct config_value *v, struct arena *a, struct options *o)
{
	bool negative = slice_starts(slice_str(key->info.option), "no-");

	(void)a;
	if (key->check != config_check_yes_no)
		(void)options_give(o, key->info.option, v->text, NULL);
	else if ((strcmp(v->text, "no") == 0) == negative)
		(void)options_give(o, key->info.option, NULL, NULL);
}

void config_put_logs(const struct config_key *key, const struct config_value *v, struct arena *a, struct options *o)
{
	struct slice text = slice_str(v->text);

	(void)key;
	(void)a;
	if (slice_is(text, "journal"))
		words_add(&o->log_journals, NULL);
	else if (slice_starts(text, "journal:"))
		words_add(&o->log_journals, v->text + 8);
	else
		words_add(&o->logs, v->text);
}

void config_put_sendmail(const struct config_key *key, const struct config_value *v, struct arena *a, struct options *o)
{
	(void)key;
	(void)a;
	o->sendmail = v->text;
}

/* --- all of them ---------------------------------------------------------------------------------------- */

/* What was there is to come last: the first `old` of n items go behind the others. */
static void old_last(void *items, size_t size, size_t old, size_t n)
{
	char *p = items, *aside;

	if (old == 0 || old == n)
		return;
	aside = xmalloc(old * size);
	memcpy(aside, p, old * size);
	memmove(p, p + old * size, (n - old) * size);
	memcpy(p + (n - old) * size, aside, old * size);
	free(aside);
}

static void words_old_last(struct words *w, size_t old)
{
	old_last(w->items, sizeof *w->items, old, w->n);
}

void config_apply(struct config *c, struct options *o)
{
	const struct options given = *o;

	for (size_t i = 0; i < c->n; i++) {
		const struct config_value *v = &c->values[i];
		size_t at = config_id_key(v->id);
		const struct config_key *key = &config_keys[at];

		if (v->from.kind != ORIGIN_OPTION && (config_key_info(at).commands & c->command) && key->holds(&given))
			key->put(key, v, &c->arena, o);
	}
	if (config_holds_checks(&given) && (c->command & ON_CHECK))
		config_put_checks(c, o);
	old_last(o->zones, sizeof *o->zones, given.n_zones, o->n_zones);
	old_last(o->servers, sizeof *o->servers, given.n_servers, o->n_servers);
	words_old_last(&o->locals, given.locals.n);
	words_old_last(&o->trusts, given.trusts.n);
	words_old_last(&o->sets, given.sets.n);
}
