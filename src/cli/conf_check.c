/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf_check.c - what is a value of which key?
 *
 * An option that checks its value when it is parsed is asked itself (config_check_option()); the others are looked at here as their
 * command will look at them.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/ascii.h"
#include "base/ip.h"
#include "cli/conf_priv.h"
#include "cli/nearest.h"
#include "cli/when.h"
#include "detect/ban.h"
#include "detect/detector.h"
#include "envelope/tz.h"
#include "report/report.h"

#define NAMES_MAX 256
#define SHOWN(t)  SLICE_ARG(slice_head((t)->value, CONFIG_SHOWN_BYTES))

static bool is_one_of(struct slice value, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (slice_eq(value, slice_str(names[i])))
			return true;
	return false;
}

/* "level takes low, medium, high or critical, not 'bad'" */
static int want_one_of(const struct config_try *t, const char *const *names, size_t n, struct err *reterr)
{
	struct strbuf list = { 0 };
	int r;

	if (is_one_of(t->value, names, n))
		return 0;
	for (size_t i = 0; i < n; i++) {
		strbuf_add_str(&list, i == 0 ? "" : i + 1 < n ? ", " : " or ");
		strbuf_add_str(&list, names[i]);
	}
	r = err_set(reterr, ERR_USAGE, "%s takes %s, not '%.*s'", t->key->info.name, list.p, SHOWN(t));
	strbuf_done(&list);
	return r;
}

/* the same for lists that are too long to be told */
static int want_named(const struct config_try *t, const char *what, const char *all, const char *const *names, size_t n, struct err *reterr)
{
	const char *near;

	if (is_one_of(t->value, names, n))
		return 0;
	near = nearest_name(t->value, names, n);
	return err_set(reterr, ERR_USAGE, "there is no %s '%.*s'%s%s%s; `%s` shows all", what, SHOWN(t), near ? "; did you mean '" : "",
		       near ? near : "", near ? "'" : "", all);
}

/* --- names and numbers ---------------------------------------------------------------------------------- */

/* "--top takes a number ...": what the option says, in the name of the key */
int config_check_option(struct config_try *t, struct err *reterr)
{
	struct options scratch = { 0 };
	struct err err = { 0 };
	struct slice words, dashed = SLICE("--");
	int r = options_give(&scratch, t->key->info.option, config_keep(t->arena, t->value), &err);

	options_done(&scratch);
	if (r == 0)
		return 0;
	words = slice_str(err.msg);
	if (slice_starts(words, "--"))
		words = slice_from(words, dashed.n + strlen(t->key->info.option));
	return err_set(reterr, ERR_USAGE, "%s%.*s", t->key->info.name, SLICE_ARG(words));
}

int config_check_yes_no(struct config_try *t, struct err *reterr)
{
	static const char *const YES[] = { "yes", "on", "true", "1" }, *const NO[] = { "no", "off", "false", "0" };

	if (is_one_of(t->value, YES, ARRAY_LEN(YES)))
		t->text = "yes";
	else if (is_one_of(t->value, NO, ARRAY_LEN(NO)))
		t->text = "no";
	else
		return err_set(reterr, ERR_USAGE, "%s takes yes or no, not '%.*s'", t->key->info.name, SHOWN(t));
	return 0;
}

int config_check_level(struct config_try *t, struct err *reterr)
{
	static const char *const NAMES[] = {
#define X(id, name) name,
		THREAT_LEVELS(X)
#undef X
	};

	return want_one_of(t, NAMES, ARRAY_LEN(NAMES), reterr);
}

int config_check_no_data(struct config_try *t, struct err *reterr)
{
	static const char *const NAMES[] = { "ok", "unknown" };

	return want_one_of(t, NAMES, ARRAY_LEN(NAMES), reterr);
}

int config_check_tool(struct config_try *t, struct err *reterr)
{
	const char *names[NAMES_MAX];
	size_t n = 0;

	while (n < NAMES_MAX && (names[n] = ban_tool_name(n)))
		n++;
	return want_one_of(t, names, n, reterr);
}

int config_check_panel(struct config_try *t, struct err *reterr)
{
	struct arena arena = { 0 };
	size_t n;
	const struct panel_name *panels = report_panel_names(&arena, &n);
	const char **names = xcalloc(n + 1, sizeof *names);
	int r;

	for (size_t i = 0; i < n; i++)
		names[i] = panels[i].id;
	r = want_named(t, "table", "mailwhy report --panel list", names, n, reterr);
	free(names);
	arena_clear(&arena);
	return r;
}

int config_check_detector(struct config_try *t, struct err *reterr)
{
	const char *names[NAMES_MAX];
	size_t n = 0;

	for (; n < NAMES_MAX && detectors[n]; n++)
		names[n] = detectors[n]->id;
	return want_named(t, "detector", "mailwhy threats --detector list", names, n, reterr);
}

int config_check_jail(struct config_try *t, struct err *reterr)
{
	if (ban_is_jail(t->value))
		return 0;
	return err_set(reterr, ERR_USAGE, "%s takes the name of a jail, such as postfix-sasl, not '%.*s'", t->key->info.name, SHOWN(t));
}

/* --- who we are ----------------------------------------------------------------------------------------- */

int config_check_net(struct config_try *t, struct err *reterr)
{
	struct ip_net net;

	if (ip_net_parse(t->value, &net))
		return 0;
	return err_set(reterr, ERR_USAGE, "'%.*s' is no address or network: write 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32", SHOWN(t));
}

int config_check_own(struct config_try *t, struct err *reterr)
{
	struct slice name = t->value;
	struct ip_net net;
	bool fine = true;

	if (ip_net_parse(name, &net))
		return 0;
	if (name.p[0] == '@')
		name = slice_from(name, 1);
	for (size_t i = 0; i < name.n && fine; i++)
		fine = ascii_alnum(name.p[i]) || (unsigned char)name.p[i] >= 0x80 || (name.p[i] && strchr("-_.", name.p[i]));
	if (fine && name.n && name.n <= 255)
		return 0;
	return err_set(reterr, ERR_USAGE, "'%.*s' is no domain or network: write example.com, 192.0.2.0/24 or 2001:db8::/32", SHOWN(t));
}

/* --- files ---------------------------------------------------------------------------------------------- */

/* "~/x" is x at home; what stands in a file does not depend on where somebody happens to be */
static int take_path(struct config_try *t, struct slice path, const char *before, struct err *reterr)
{
	const char *home = getenv("HOME");
	struct strbuf full = { 0 };

	if (slice_starts(path, "~/") && home && *home == '/') {
		strbuf_printf(&full, "%s%s%.*s", before, home, SLICE_ARG(slice_from(path, 1)));
		t->text = config_keep(t->arena, strbuf_slice(&full));
		strbuf_done(&full);
		return 0;
	}
	if (path.n && (path.p[0] == '/' || t->relative))
		return 0;
	return err_set(reterr, ERR_USAGE, "%s takes a path from the root on, not '%.*s'", t->key->info.name, SHOWN(t));
}

int config_check_path(struct config_try *t, struct err *reterr)
{
	return take_path(t, t->value, "", reterr);
}

int config_check_place(struct config_try *t, struct err *reterr)
{
	if (slice_is(t->value, "journal"))
		return 0;
	if (slice_starts(t->value, "journal:"))
		return take_path(t, slice_from(t->value, 8), "journal:", reterr);
	if (slice_is(t->value, "-"))
		return err_set(reterr, ERR_USAGE, "%s takes files, directories, globs and `journal`, not standard input", t->key->info.name);
	return take_path(t, t->value, "", reterr);
}

int config_check_zone(struct config_try *t, struct err *reterr)
{
	size_t equals = slice_rfind_byte(t->value, '=');
	struct slice zone = equals < t->value.n ? slice_from(t->value, equals + 1) : t->value;
	struct err err = { 0 };
	struct tz *tz;

	if (equals > 0 && zone.n && tz_open(config_keep(t->arena, zone), &tz, &err) == 0) {
		tz_free(tz);
		return 0;
	}
	return err_set(reterr, ERR_USAGE, "'%.*s' is no time zone: write Europe/Berlin, UTC, +0100, or FILE=ZONE",
		       SLICE_ARG(slice_head(zone, CONFIG_SHOWN_BYTES)));
}

int config_check_server(struct config_try *t, struct err *reterr)
{
	size_t equals = slice_rfind_byte(t->value, '=');

	if (equals > 0 && equals + 1 < t->value.n)
		return 0;
	return err_set(reterr, ERR_USAGE, "%s takes FILE=NAME, not '%.*s'", t->key->info.name, SHOWN(t));
}

/* --- spans and ranges ----------------------------------------------------------------------------------- */

static int want_span(const struct config_try *t, usec_t least_us, const char *least, struct err *reterr)
{
	usec_t us;

	if (when_span(t->value, &us, NULL) < 0)
		return err_set(reterr, ERR_USAGE, "%s takes a span of time, as 90s, 30m, 2h, 3d or 1d12h, not '%.*s'", t->key->info.name, SHOWN(t));
	if (us < least_us)
		return err_set(reterr, ERR_USAGE, "%s must be %s or more, not '%.*s'", t->key->info.name, least, SHOWN(t));
	return 0;
}

int config_check_span(struct config_try *t, struct err *reterr)
{
	return want_span(t, 0, "0", reterr);
}

int config_check_ban_time(struct config_try *t, struct err *reterr)
{
	return want_span(t, USEC_PER_SEC, "a second", reterr);
}

int config_check_hours(struct config_try *t, struct err *reterr)
{
	int from, until;

	if (when_hours(t->value, &from, &until))
		return 0;
	return err_set(reterr, ERR_USAGE, "%s takes two hours of the day, as 22-6, not '%.*s'", t->key->info.name, SHOWN(t));
}

/* Is it about files or names?  Numbers, spans and ranges are short. */
static bool may_be_long(const struct config_key *key)
{
	return key->check == config_check_path || key->check == config_check_place || key->check == config_check_own ||
	       key->check == config_check_zone || key->check == config_check_server;
}

int config_check_value(struct config_try *t, const char **ret, struct err *reterr)
{
	int r;

	if (t->value.n > CONFIG_SHOWN_BYTES && !may_be_long(t->key))
		return err_set(reterr, ERR_USAGE, "%s takes no value of %zu bytes", t->key->info.name, t->value.n);
	r = t->key->check(t, reterr);

	if (r == 0)
		*ret = t->text ? t->text : config_keep(t->arena, t->value);
	return r;
}
