/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf.c - where settings come from, and which of them are in force
 */
#include "cli/conf.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/cursor.h"
#include "base/io.h"
#include "check/check.h"
#include "cli/conf_priv.h"

#define SYSTEM_FILE    "/etc/mailwhy/mailwhy.conf"
#define SYSTEM_DIR     "/etc/mailwhy/conf.d"
#define FILE_MAX_BYTES ((size_t)1 << 20)
#define LINE_MAX_BYTES 4096
#define FILES_MAX      1000
#define VALUES_MAX     100000
#define PROBLEMS_MAX   1000
#define PROBLEMS_TOLD  10   /* the rest is for `mailwhy config --check` */
#define PIPE_WAIT_MS   5000 /* --config <(program) */

/* what the program knows beside the keys */
static const char *const OTHER_VARIABLES[] = { "CONFIG", "LOCALEDIR" };

static void add_problem(struct config *c, const struct config_origin *from, const char *format, ...) ATTR_PRINTF(3, 4);

static void add_problem(struct config *c, const struct config_origin *from, const char *format, ...)
{
	char text[sizeof((struct err *)NULL)->msg];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	c->problems = vec_grow(c->problems, c->n_problems, &c->problems_cap, sizeof *c->problems);
	c->problems[c->n_problems++] = (struct config_problem){ *from, config_keep(&c->arena, slice_str(text)), false };
}

/* After so many mistakes it is no configuration: thousands of bad lines cost no search for the nearest names. */
static bool goes_on(struct config *c)
{
	if (c->n_problems < PROBLEMS_MAX)
		return true;
	c->lines_left_out++;
	return false;
}

/* --- lines ---------------------------------------------------------------------------------------------- */

static void add_value(struct config *c, const struct config_origin *from, config_id id, const char *text)
{
	if (c->n >= VALUES_MAX) {
		if (c->n_problems < PROBLEMS_MAX)
			add_problem(c, from, "there are more than %d settings", VALUES_MAX);
		return;
	}
	c->values = vec_grow(c->values, c->n, &c->cap, sizeof *c->values);
	c->values[c->n++] = (struct config_value){ id, text, *from };
}

static void take_one(struct config *c, const struct config_origin *from, config_id id, struct slice value)
{
	struct config_try t = {
		.key = &config_keys[config_id_key(id)],
		.id = id,
		.value = value,
		.arena = &c->arena,
		.relative = from->kind != ORIGIN_FILE,
	};
	const char *text = NULL;
	struct err err = { 0 };

	if (!value.n)
		add_value(c, from, id, "");
	else if (config_check_value(&t, &text, &err) < 0)
		add_problem(c, from, "%s", err.msg);
	else
		add_value(c, from, id, text);
}

static bool is_separator(char ch)
{
	return ch == ',' || ch == ' ' || ch == '\t';
}

static void take(struct config *c, const struct config_origin *from, config_id id, struct slice value)
{
	const struct config_key_info info = config_key_info(config_id_key(id));
	bool several = info.join != CONFIG_SINGLE && (info.words || from->kind == ORIGIN_VARIABLE);
	struct cur cur = cur_of(value);

	if (!(info.commands & c->command))
		return;
	if (!several || !value.n) {
		take_one(c, from, id, value);
		return;
	}
	while (!cur_at_end(&cur)) {
		const char *begin = cur.p;

		while (!cur_at_end(&cur) && !is_separator(*cur.p))
			cur.p++;
		if (cur.p > begin)
			take_one(c, from, id, slice_between(begin, cur.p));
		else
			cur.p++;
	}
}

/* A '#' after a blank begins a comment; quotes around a value keep it from that. */
static bool unquote(struct slice *value)
{
	char quote = value->n ? value->p[0] : '\0';
	size_t end;

	if (quote == '"' || quote == '\'') {
		struct slice rest = slice_from(*value, 1), after;

		end = slice_find_byte(rest, quote);
		after = end < rest.n ? slice_trim(slice_from(rest, end + 1)) : SLICE_NONE;
		*value = slice_trim(slice_head(rest, end));
		return end < rest.n && (!after.n || after.p[0] == '#');
	}
	for (end = 0; end < value->n; end++)
		if (value->p[end] == '#' && (end == 0 || is_separator(value->p[end - 1])))
			break;
	*value = slice_trim(slice_head(*value, end));
	return true;
}

static bool has_control_byte(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (((unsigned char)s.p[i] < ' ' && s.p[i] != '\t') || s.p[i] == 127)
			return true;
	return false;
}

static void take_line(struct config *c, const struct config_origin *from, struct slice text)
{
	size_t equals = slice_find_byte(text, '=');
	struct slice key = slice_trim(slice_head(text, equals)), value;
	struct err err = { 0 };
	config_id id;

	if (equals == text.n) {
		add_problem(c, from, "'%.*s' is no setting: write key = value", SLICE_ARG(slice_head(text, CONFIG_SHOWN_BYTES)));
		return;
	}
	value = slice_trim(slice_from(text, equals + 1));
	if (config_find(key, &id, &err) < 0)
		add_problem(c, from, "%s", err.msg);
	else if (!unquote(&value))
		add_problem(c, from, "the quotes around the value do not match");
	else
		take(c, from, id, value);
}

static void read_line(struct config *c, const struct config_origin *from, struct slice line)
{
	struct slice text = slice_trim(line);

	if (!text.n || text.p[0] == '#' || !goes_on(c))
		return;
	if (text.n > LINE_MAX_BYTES)
		add_problem(c, from, "a line has no more than %d bytes", LINE_MAX_BYTES);
	else if (has_control_byte(text))
		add_problem(c, from, "a byte that belongs into no text: is this a configuration file?");
	else
		take_line(c, from, text);
}

void config_parse(struct config *c, const char *file, struct slice bytes)
{
	struct config_origin from = { ORIGIN_FILE, file, 0 };
	struct cur cur = cur_of(bytes);

	(void)cur_lit(&cur, "\xef\xbb\xbf");
	while (!cur_at_end(&cur)) {
		from.line++;
		read_line(c, &from, cur_token(&cur, '\n'));
	}
}

/* --- files ---------------------------------------------------------------------------------------------- */

/* all of it, or an errno; a pipe that somebody is about to write to is waited for */
static int read_bytes(int fd, struct strbuf *out)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	int e;

	while ((e = io_read_all(fd, FILE_MAX_BYTES, out)) == EAGAIN && poll(&wait, 1, PIPE_WAIT_MS) == 1)
		continue;
	return e;
}

/* Regular files; for who named it himself also a pipe or /dev/null. */
static int open_file(const char *path, bool named, int *ret_fd)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), e = 0;
	struct stat st;

	if (fd < 0)
		return errno;
	if (fstat(fd, &st) < 0)
		e = errno;
	else if (S_ISDIR(st.st_mode))
		e = EISDIR;
	else if (!S_ISREG(st.st_mode) && !(named && (S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode))))
		e = EINVAL;
	if (e)
		(void)close(fd);
	else
		*ret_fd = fd;
	return e;
}

static const char *error_text(int e)
{
	return e == EINVAL ? "it is no file" : e == EFBIG ? "it is longer than 1 MiB" : strerror(e);
}

static int parse_file(struct config *c, const char *path, bool named)
{
	const struct config_origin from = { ORIGIN_FILE, config_keep(&c->arena, slice_str(path)), 0 };
	struct strbuf bytes = { 0 };
	int fd = -1, e = open_file(path, named, &fd);

	if (!e) {
		e = read_bytes(fd, &bytes);
		(void)close(fd);
	}
	if (!e)
		config_parse(c, from.name, strbuf_slice(&bytes));
	strbuf_done(&bytes);
	c->files = vec_grow(c->files, c->n_files, &c->files_cap, sizeof *c->files);
	c->files[c->n_files++] = (struct config_file){ from.name, e == 0, e };
	if (e && (named || (e != ENOENT && e != ENOTDIR))) {
		add_problem(c, &from, "cannot be read (%s)", error_text(e));
		c->problems[c->n_problems - 1].unreadable = true;
	}
	return e;
}

int config_parse_file(struct config *c, const char *path)
{
	return parse_file(c, path, true);
}

static int is_conf(const struct dirent *e)
{
	return e->d_name[0] != '.' && slice_ends(slice_str(e->d_name), ".conf");
}

/* by the bytes of their names, whatever the locale */
static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void parse_dir(struct config *c, const char *dir)
{
	const struct config_origin from = { ORIGIN_FILE, dir, 0 };
	struct dirent **names = NULL;
	int n = scandir(dir, &names, is_conf, by_name);

	if (n < 0 && errno != ENOENT && errno != ENOTDIR) {
		add_problem(c, &from, "cannot be read (%s)", strerror(errno));
		c->problems[c->n_problems - 1].unreadable = true;
	}
	for (int i = 0; i < n; i++) {
		char *path = xasprintf("%s/%s", dir, names[i]->d_name);

		if (i < FILES_MAX)
			(void)parse_file(c, path, false);
		free(path);
		free(names[i]);
	}
	free(names);
	if (n > FILES_MAX)
		add_problem(c, &from, "holds %d files; only the first %d count", n, FILES_MAX);
}

static void parse_usual(struct config *c)
{
	const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	char *path = NULL;

	(void)parse_file(c, SYSTEM_FILE, false);
	parse_dir(c, SYSTEM_DIR);
	if (xdg && *xdg == '/')
		path = xasprintf("%s/mailwhy/mailwhy.conf", xdg);
	else if (home && *home == '/')
		path = xasprintf("%s/.config/mailwhy/mailwhy.conf", home);
	/* who runs with the home of somebody else cannot even see whether there is one */
	if (path && !(access(path, F_OK) < 0 && errno == EACCES))
		(void)parse_file(c, path, false);
	free(path);
}

/* --- the environment and the command line ----------------------------------------------------------------- */

static bool is_other_variable(struct slice name)
{
	for (size_t i = 0; i < ARRAY_LEN(OTHER_VARIABLES); i++)
		if (slice_eq(name, slice_str(OTHER_VARIABLES[i])))
			return true;
	return false;
}

static void take_variable(struct config *c, const char *text)
{
	struct slice whole = slice_str(text), name, value;
	size_t equals = slice_find_byte(whole, '=');
	struct config_origin from = { ORIGIN_VARIABLE, NULL, 0 };
	struct err err = { 0 };
	config_id id;

	name = slice_from(slice_head(whole, equals), strlen(CONFIG_VARIABLE));
	if (equals == whole.n || is_other_variable(name) || !goes_on(c))
		return;
	from.name = config_keep(&c->arena, slice_head(whole, equals));
	value = slice_trim(slice_from(whole, equals + 1));
	if (config_find_variable(name, &id, &err) < 0)
		add_problem(c, &from, "%s", err.msg);
	else if (has_control_byte(value) || value.n > LINE_MAX_BYTES)
		add_problem(c, &from, "its value is no line of text of at most %d bytes", LINE_MAX_BYTES);
	else
		take(c, &from, id, value);
}

void config_parse_environment(struct config *c, const char *const *environment)
{
	for (; *environment; environment++)
		if (strncmp(*environment, CONFIG_VARIABLE, strlen(CONFIG_VARIABLE)) == 0)
			take_variable(c, *environment);
}

/* the key that an option stands for; UINT32_MAX: none */
static config_id id_of_option(const struct option_said *said, struct slice *value)
{
	const struct check_ops *check = check_find(said->name);
	struct strbuf name = { 0 };
	config_id id = UINT32_MAX;

	if (check) {
		strbuf_printf(&name, "check.%s", check->id);
	} else if (strcmp(said->name, "set") == 0) {
		size_t equals = slice_find_byte(*value, '=');

		strbuf_printf(&name, "%s%.*s", slice_starts(*value, "threats.") ? "" : "threats.", SLICE_ARG(slice_trim(slice_head(*value, equals))));
		*value = equals < value->n ? slice_trim(slice_from(*value, equals + 1)) : SLICE_NONE;
	}
	for (size_t i = 0; i < config_keys_count && !name.n; i++)
		if (config_keys[i].info.option && strcmp(config_keys[i].info.option, said->name) == 0)
			strbuf_add_str(&name, config_keys[i].info.name);
	if (name.n && config_find(strbuf_slice(&name), &id, NULL) < 0)
		id = UINT32_MAX;
	strbuf_done(&name);
	return id;
}

void config_add_options(struct config *c, const struct options *o)
{
	for (size_t i = 0; i < o->n_said; i++) {
		const struct config_origin from = { ORIGIN_OPTION, o->said[i].name, 0 };
		bool flag = !options_argument(o->said[i].name);
		struct slice value = flag ? strncmp(o->said[i].name, "no-", 3) == 0 ? SLICE("no") : SLICE("yes") : slice_str(o->said[i].value);
		config_id id = id_of_option(&o->said[i], &value);
		struct cur cur = cur_of(value);

		/* --server NAME alone is a question, not a setting; --ban alone leaves the word to the configuration */
		if (id == UINT32_MAX || !value.p || (strcmp(from.name, "server") == 0 && slice_find_byte(value, '=') == value.n))
			continue;
		if (!config_keys[config_id_key(id)].info.words)
			add_value(c, &from, id, config_keep(&c->arena, cur_take_rest(&cur)));
		while (!cur_at_end(&cur))
			add_value(c, &from, id, config_keep(&c->arena, slice_trim(cur_token(&cur, ','))));
	}
}

/* --- what is in force ------------------------------------------------------------------------------------- */

static bool same_source(const struct config_origin *a, const struct config_origin *b)
{
	return a->kind == b->kind && (a->kind == ORIGIN_OPTION || a->name == b->name);
}

struct place {
	config_id id;
	size_t at;
};

static int by_place(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

/* from which of the values on do they count, of each key? */
static size_t *find_starts(const struct config *c)
{
	size_t n_ids = config_n_ids();
	size_t *start = xcalloc(n_ids, sizeof *start), *last = xcalloc(n_ids, sizeof *last);

	for (size_t i = 0; i < c->n; i++) {
		const struct config_value *v = &c->values[i];
		enum config_join join = config_keys[config_id_key(v->id)].info.join;

		if (!*v->text)
			start[v->id] = i + 1;
		else if (join == CONFIG_SINGLE || (join == CONFIG_REPLACES && !same_source(&c->values[last[v->id]].from, &v->from)))
			start[v->id] = i;
		last[v->id] = i;
	}
	free(last);
	return start;
}

void config_settle(struct config *c)
{
	struct place *places = xcalloc(c->n + 1, sizeof *places);
	struct config_value *values = xcalloc(c->n + 1, sizeof *values);
	size_t *start = find_starts(c), n = 0;

	for (size_t i = 0; i < c->n; i++)
		if (i >= start[c->values[i].id])
			places[n++] = (struct place){ c->values[i].id, i };
	qsort(places, n, sizeof *places, by_place);
	for (size_t i = 0; i < n; i++)
		values[i] = c->values[places[i].at];
	free(c->values);
	free(places);
	free(start);
	c->values = values;
	c->cap = c->n + 1;
	c->n = n;
}

int config_read(struct config *c, const struct options *o, unsigned command, struct err *reterr)
{
	const char *variable = getenv(CONFIG_VARIABLE "CONFIG"), *instead = o->config ? o->config : variable;
	int e = 0;

	*c = (struct config){ .command = command };
	if (!instead)
		parse_usual(c);
	else if (*instead)
		e = config_parse_file(c, instead);
	if (e)
		return err_set(reterr, ERR_USAGE, "%s '%s' cannot be read (%s)", o->config ? "--config" : "$MAILWHY_CONFIG", instead, error_text(e));
	config_parse_environment(c, (const char *const *)environ);
	if (c->n || command == ON_CONFIG) {
		config_add_options(c, o);
		config_settle(c);
	}
	return 0;
}

void config_tell(const struct config *c, const struct diag *diag)
{
	for (size_t i = 0; i < c->n_problems && i < PROBLEMS_TOLD; i++) {
		const struct config_problem *p = &c->problems[i];

		if (p->from.kind == ORIGIN_VARIABLE)
			diag_say(diag, DIAG_WARNING, "$%s: %s, going on without it", p->from.name, p->text);
		else if (p->from.line)
			diag_say(diag, DIAG_WARNING, "'%s' line %llu: %s, going on without it", p->from.name,
				 (unsigned long long)p->from.line, p->text);
		else
			diag_say(diag, DIAG_WARNING, "'%s' %s, going on without it", p->from.name, p->text);
	}
	if (c->n_problems > PROBLEMS_TOLD)
		diag_say(diag, DIAG_WARNING, "the configuration has more mistakes: `mailwhy config --check` shows all");
}

void config_done(struct config *c)
{
	free(c->values);
	free(c->problems);
	free(c->files);
	arena_clear(&c->arena);
	*c = (struct config){ 0 };
}
