/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf_thresholds.c - the keys threats.DETECTOR.SETTING, out of the tables of the detectors
 */
#include "cli/conf_priv.h"
#include "detect/detector.h"

static size_t n_thresholds(void)
{
	size_t n = 0;

	for (size_t i = 0; detectors[i]; i++)
		n += detectors[i]->n_settings;
	return n;
}

static const struct detector_setting *threshold(size_t at, const struct detector **ret_owner)
{
	size_t i = 0;

	for (; at >= detectors[i]->n_settings; i++)
		at -= detectors[i]->n_settings;
	*ret_owner = detectors[i];
	return &detectors[i]->settings[at];
}

static void name_threshold(size_t at, struct strbuf *out)
{
	const struct detector *d;
	const struct detector_setting *s = threshold(at, &d);

	strbuf_add_str(out, d->id);
	strbuf_add_byte(out, '.');
	strbuf_add_str(out, s->name);
}

static void fallback(size_t at, struct strbuf *out)
{
	const struct detector *d;
	const struct detector_setting *s = threshold(at, &d);

	detect_setting_text(out, s->type, s->fallback);
}

static const char *help(size_t at)
{
	const struct detector *d;

	return threshold(at, &d)->help;
}

const struct config_family config_thresholds = {
	.name = "threats.",
	.pattern = "threats.DETECTOR.SETTING",
	.n = n_thresholds,
	.sub_name = name_threshold,
	.fallback = fallback,
	.help = help,
};

int config_check_threshold(struct config_try *t, struct err *reterr)
{
	struct detect_setting setting;
	struct strbuf name = { 0 };
	int r;

	config_id_name(t->id, &name);
	r = detect_check_setting(slice_from(strbuf_slice(&name), strlen(t->key->info.name)), t->value, &setting, reterr);
	strbuf_done(&name);
	return r;
}

/* as --set takes it: "brute_force.failures=20" */
void config_put_threshold(const struct config_key *key, const struct config_value *v, struct arena *a, struct options *o)
{
	struct strbuf text = { 0 };

	config_id_name(v->id, &text);
	strbuf_printf(&text, "=%s", v->text);
	words_add(&o->sets, config_keep(a, slice_from(strbuf_slice(&text), strlen(key->info.name))));
	strbuf_done(&text);
}
