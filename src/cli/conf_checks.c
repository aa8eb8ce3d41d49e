/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf_checks.c - the keys check.CHECK, out of the table of checks
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "check/check.h"
#include "cli/conf_priv.h"

static size_t n_checks(void)
{
	return check_rows_count;
}

static void name_check(size_t at, struct strbuf *out)
{
	strbuf_add_str(out, check_rows[at].id);
}

static void fallback(size_t at, struct strbuf *out)
{
	strbuf_add_str(out, check_rows[at].defaults ? check_rows[at].defaults : "off");
}

static const char *help(size_t at)
{
	return check_rows[at].help;
}

const struct config_family config_checks = {
	.name = "check.",
	.pattern = "check.CHECK",
	.n = n_checks,
	.sub_name = name_check,
	.fallback = fallback,
	.help = help,
};

static const struct check_ops *check_of(config_id id)
{
	return &check_rows[id - config_first_id(config_id_key(id))];
}

int config_check_range(struct config_try *t, struct err *reterr)
{
	const struct check_ops *ops = check_of(t->id);
	struct check_range warn, crit;
	struct err err = { 0 };

	if (slice_is(t->value, "off") || ranges_parse(t->value, &ops->scale, &warn, &crit, &err) == 0)
		return 0;
	return err_set(reterr, ERR_USAGE, "check.%s: %s; or off", ops->id, err.msg);
}

/* config_put_checks() knows all of them */
void config_put_range(const struct config_key *key, const struct config_value *v, struct arena *a, struct options *o)
{
	(void)key;
	(void)v;
	(void)a;
	(void)o;
}

void config_put_checks(const struct config *c, struct options *o)
{
	const char **ranges = xcalloc(check_rows_count, sizeof *ranges);
	bool any = false;

	for (size_t i = 0; i < c->n; i++)
		if (config_keys[config_id_key(c->values[i].id)].put == config_put_range) {
			ranges[check_of(c->values[i].id) - check_rows] = c->values[i].text;
			any = true;
		}
	for (size_t i = 0; any && i < check_rows_count; i++) {
		const char *range = ranges[i] ? ranges[i] : check_rows[i].defaults;

		if (range && strcmp(range, "off") != 0)
			(void)options_give(o, check_rows[i].option, range, NULL);
	}
	free(ranges);
}
