/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf.c - settings from files
 */
#include "cli/conf.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/cursor.h"
#include "cli/nearest.h"
#include "detect/detector.h"

#define SYSTEM_FILE    "/etc/mailwhy/mailwhy.conf"
#define SYSTEM_DIR     "/etc/mailwhy/conf.d"
#define FILE_MAX_BYTES ((size_t)1 << 20)
#define FILES_MAX      1000
#define KEYS_MAX       512 /* for suggestions */

/* --- keys --------------------------------------------------------------------------------------------- */

static int take_trust(struct config *c, struct slice key, struct slice value, struct err *reterr)
{
	struct ip_net net;

	(void)key;
	if (!ip_net_parse(value, &net))
		return err_set(reterr, ERR_USAGE, "'%.*s' is no address or network: write 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32",
			       SLICE_ARG(value));
	c->trusted = vec_grow(c->trusted, c->n_trusted, &c->trusted_cap, sizeof *c->trusted);
	c->trusted[c->n_trusted++] = net;
	return 0;
}

static int take_local(struct config *c, struct slice key, struct slice value, struct err *reterr)
{
	(void)key;
	if (!value.n || slice_find_byte(value, ' ') < value.n)
		return err_set(reterr, ERR_USAGE, "'%.*s' is no domain or network", SLICE_ARG(value));
	c->locals = vec_grow(c->locals, c->n_locals, &c->locals_cap, sizeof *c->locals);
	c->locals[c->n_locals++] = arena_copy(&c->arena, value);
	return 0;
}

static int take_geoip(struct config *c, struct slice key, struct slice value, struct err *reterr)
{
	char *path = arena_alloc(&c->arena, value.n + 1);

	(void)key;
	if (!value.n)
		return err_set(reterr, ERR_USAGE, "geoip needs the name of a file");
	memcpy(path, value.p, value.n);
	c->geoip = path;
	return 0;
}

/* key: DETECTOR.SETTING */
static int take_threshold(struct config *c, struct slice key, struct slice value, struct err *reterr)
{
	struct detect_setting s;
	int r = detect_check_setting(arena_copy(&c->arena, key), value, &s, reterr);

	if (r < 0)
		return r;
	c->settings = vec_grow(c->settings, c->n_settings, &c->settings_cap, sizeof *c->settings);
	c->settings[c->n_settings++] = s;
	return 0;
}

/* Keys: a name, or a prefix (with a dot at its end) before a name that `take` knows. */
static const struct config_key {
	const char *name;
	int (*take)(struct config *c, struct slice key, struct slice value, struct err *reterr);
} KEYS[] = {
	{ "trust", take_trust },
	{ "local", take_local },
	{ "geoip", take_geoip },
	{ "threats.", take_threshold },
};

static int unknown_key(struct slice key, struct err *reterr)
{
	const char *names[KEYS_MAX], *near;
	struct arena arena = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(KEYS); i++)
		if (!slice_ends(slice_str(KEYS[i].name), "."))
			names[n++] = KEYS[i].name;
	for (size_t i = 0; detectors[i]; i++)
		for (size_t k = 0; k < detectors[i]->n_settings && n < KEYS_MAX; k++) {
			struct strbuf name = { 0 };

			strbuf_printf(&name, "threats.%s.%s%c", detectors[i]->id, detectors[i]->settings[k].name, '\0');
			names[n++] = arena_copy(&arena, strbuf_slice(&name)).p;
			strbuf_done(&name);
		}
	near = nearest_name(key, names, n);
	(void)err_set(reterr, ERR_USAGE, "there is no setting '%.*s'%s%s%s", SLICE_ARG(key), near ? "; did you mean '" : "",
		      near ? near : "", near ? "'?" : "");
	arena_clear(&arena);
	return ERR_USAGE;
}

static int take(struct config *c, struct slice key, struct slice value, struct err *reterr)
{
	for (size_t i = 0; i < ARRAY_LEN(KEYS); i++) {
		struct slice name = slice_str(KEYS[i].name);
		struct slice rest;
		int r;

		if (slice_eq(key, name))
			return KEYS[i].take(c, key, value, reterr);
		if (!slice_ends(name, ".") || key.n <= name.n || !slice_eq(slice_head(key, name.n), name))
			continue;
		rest = slice_from(key, name.n);
		if (!detector_find(slice_head(rest, slice_find_byte(rest, '.'))))
			break;
		r = KEYS[i].take(c, rest, value, reterr);
		return r;
	}
	return unknown_key(key, reterr);
}

/* --- files -------------------------------------------------------------------------------------------- */

static void read_line(struct config *c, const char *path, uint64_t line_no, struct slice line, struct diag *diag)
{
	struct slice text = slice_trim(slice_head(line, slice_find_byte(line, '#')));
	size_t equals = slice_find_byte(text, '=');
	struct err err = { 0 };
	int r;

	if (!text.n)
		return;
	if (equals == text.n)
		r = err_set(&err, ERR_USAGE, "'%.*s' is no setting: write key = value", SLICE_ARG(text));
	else
		r = take(c, slice_trim(slice_head(text, equals)), slice_trim(slice_from(text, equals + 1)), &err);
	if (r < 0)
		diag_say(diag, DIAG_WARNING, "'%s' line %llu: %s, going on without it", path, (unsigned long long)line_no, err.msg);
}

/* 0, or errno */
static int read_file(struct config *c, const char *path, struct diag *diag)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), e;
	ssize_t got = -1;
	uint64_t line_no = 0;
	struct cur cur;
	size_t n = 0;
	char *bytes;

	if (fd < 0)
		return errno;
	bytes = xmalloc(FILE_MAX_BYTES + 1);
	while (n <= FILE_MAX_BYTES && (got = read(fd, bytes + n, FILE_MAX_BYTES + 1 - n)) > 0)
		n += (size_t)got;
	e = n > FILE_MAX_BYTES ? EFBIG : got < 0 ? errno : 0;
	(void)close(fd);
	cur = cur_of(slice_of(bytes, e ? 0 : n));
	while (!cur_at_end(&cur))
		read_line(c, path, ++line_no, cur_token(&cur, '\n'), diag);
	free(bytes);
	return e;
}

static void read_if_there(struct config *c, const char *path, struct diag *diag)
{
	int e = read_file(c, path, diag);

	if (e && e != ENOENT && e != ENOTDIR)
		diag_say(diag, DIAG_WARNING, "'%s' cannot be read (%s), going on without it", path, strerror(e));
}

static int is_conf(const struct dirent *e)
{
	return e->d_name[0] != '.' && slice_ends(slice_str(e->d_name), ".conf");
}

static void read_dir(struct config *c, const char *dir, struct diag *diag)
{
	struct dirent **names = NULL;
	int n = scandir(dir, &names, is_conf, alphasort);

	for (int i = 0; i < n; i++) {
		char *path = xasprintf("%s/%s", dir, names[i]->d_name);

		if (i < FILES_MAX)
			read_if_there(c, path, diag);
		free(path);
		free(names[i]);
	}
	free(names);
}

static void read_usual(struct config *c, struct diag *diag)
{
	const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	char *path = NULL;

	read_if_there(c, SYSTEM_FILE, diag);
	read_dir(c, SYSTEM_DIR, diag);
	if (xdg && *xdg == '/')
		path = xasprintf("%s/mailwhy/mailwhy.conf", xdg);
	else if (home && *home == '/')
		path = xasprintf("%s/.config/mailwhy/mailwhy.conf", home);
	if (path)
		read_if_there(c, path, diag);
	free(path);
}

/* --- options ------------------------------------------------------------------------------------------ */

static int read_sets(struct config *c, const struct options *o, struct err *reterr)
{
	for (size_t i = 0; i < o->sets.n; i++) {
		struct slice text = slice_str(o->sets.items[i]);
		size_t equals = slice_find_byte(text, '=');
		struct slice key = slice_trim(slice_head(text, equals));
		struct strbuf full = { 0 };
		int r;

		if (equals == text.n)
			return err_set(reterr, ERR_USAGE, "--set takes NAME.SETTING=VALUE, not '%s'", o->sets.items[i]);
		if (!slice_starts(key, "threats."))
			strbuf_add_str(&full, "threats.");
		strbuf_add(&full, key);
		r = take(c, strbuf_slice(&full), slice_trim(slice_from(text, equals + 1)), reterr);
		strbuf_done(&full);
		if (r < 0) {
			err_prefix(reterr, "--set");
			return r;
		}
	}
	return 0;
}

int config_read(struct config *c, const struct options *o, struct diag *diag, struct err *reterr)
{
	const char *instead = o->config ? o->config : getenv("MAILWHY_CONFIG");
	int e = 0, r;

	*c = (struct config){ 0 };
	if (!instead)
		read_usual(c, diag);
	else if (*instead)
		e = read_file(c, instead, diag);
	if (e)
		return err_set_errno(reterr, ERR_USAGE, e, "--config '%s'", instead);
	for (size_t i = 0; i < o->trusts.n; i++) {
		r = take_trust(c, SLICE_NONE, slice_trim(slice_str(o->trusts.items[i])), reterr);
		if (r < 0) {
			err_prefix(reterr, "--trust");
			return r;
		}
	}
	if (o->geoip)
		c->geoip = o->geoip;
	return read_sets(c, o, reterr);
}

void config_done(struct config *c)
{
	arena_clear(&c->arena);
	free(c->settings);
	free(c->trusted);
	free(c->locals);
}
