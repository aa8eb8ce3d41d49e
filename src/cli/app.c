/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app.c - from argv to a command and back to an exit code
 */
#include "cli/app.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "config.h"

#include "base/alloc.h"
#include "base/attr.h"
#include "base/cursor.h"
#include "base/io.h"
#include "base/tr.h"
#include "cli/help.h"
#include "cli/limits.h"
#include "cli/nearest.h"
#include "cli/sandbox.h"
#include "cli/when.h"
#include "input/places.h"

#define KEY_MIN_BYTES 16
#define KEY_MAX_BYTES 4096 /* of the file that count */
#define WIDTH_MIN_COLUMNS 40
#define WIDTH_MAX_COLUMNS 10000

const struct command *const commands[] = {
	&command_trace,
	&command_explain,
	&command_report,
	&command_queue,
	&command_threats,
	&command_check,
	&command_parse,
	&command_sources,
	&command_config,
	&command_help,
	NULL,
};

/* in the order of their importance to the user */
static const struct {
	const char *name;
	bool built_in;
} FEATURES[] = {
	{ "isal (gzip)", HAVE_ISAL },
	{ "libarchive (zstd, xz, bzip2, lz4, compress)", HAVE_LIBARCHIVE },
	{ "jansson (logs in JSON: journalctl, Docker)", HAVE_JANSSON },
	{ "libsystemd (journal)", HAVE_SYSTEMD },
	{ "libmaxminddb (--geoip)", HAVE_MAXMINDDB },
	{ "pcre2 (--grep)", true },
};

static void say(const struct app *app, const char *what, enum term_style style, struct slice text)
{
	struct term t = { .colour = app->diag_colour };
	struct strbuf line = { 0 };

	strbuf_add_str(&line, "mailwhy: ");
	term_cell(&line, &t, style, slice_str(what), 0);
	term_text(&line, text);
	strbuf_add_byte(&line, '\n');
	(void)io_write_all(STDERR_FILENO, strbuf_slice(&line));
	strbuf_done(&line);
}

/* with the names masked, if that was asked for */
static void say_masked(const struct app *app, const char *what, enum term_style style, const char *text)
{
	struct arena arena = { 0 };
	struct slice masked;

	if (!app->redact) {
		say(app, what, style, slice_str(text));
		return;
	}
	masked = redact_value(app->redact, &arena, MASK_TEXT, slice_str(text));
	say(app, what, style, masked);
	arena_clear(&arena);
}

static void on_diag(void *ctx, enum diag_level level, const char *text)
{
	static const struct {
		const char *word;
		enum term_style style;
	} LEVELS[] = {
		[DIAG_INFO] = { "", TERM_PLAIN },
		[DIAG_WARNING] = { "warning: ", TERM_WARN },
		[DIAG_ERROR] = { "error: ", TERM_BAD },
	};

	say_masked(ctx, LEVELS[level].word, LEVELS[level].style, text);
}

int app_fail(const struct app *app, const struct err *err)
{
	if (err->code == ERR_USAGE)
		say(app, "error: ", TERM_BAD, slice_str(err->msg));
	else
		say_masked(app, "error: ", TERM_BAD, err->msg);
	return err->code == ERR_USAGE ? EXIT_USAGE : EXIT_INPUT;
}

static const struct command *command_of(const char *name)
{
	for (size_t i = 0; commands[i]; i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

static int unknown_command(const char *name, struct err *reterr)
{
	const char *names[ARRAY_LEN(commands)], *near;
	size_t n = 0;

	for (; commands[n]; n++)
		names[n] = commands[n]->name;
	near = nearest_name(slice_str(name), names, n);
	if (near)
		return err_set(reterr, ERR_USAGE, "unknown command '%s'; did you mean '%s'?", name, near);
	if (access(name, F_OK) == 0)
		return err_set(reterr, ERR_USAGE, "'%s' is a file, not a command: try 'mailwhy report %s'",
			       name, name);
	return err_set(reterr, ERR_USAGE, "unknown command '%s': mailwhy --help lists them", name);
}

/* what the kernel has of it, and lets us have */
static void version_sandbox(struct strbuf *out)
{
	int paths = sandbox_has_paths();

	strbuf_add_str(out, "Sandbox of this kernel:");
	strbuf_add_str(out, sandbox_has_filter() ? " +seccomp" : " -seccomp");
	if (paths)
		strbuf_printf(out, ", +Landlock %d\n", paths);
	else
		strbuf_add_str(out, ", -Landlock\n");
}

static void version(struct strbuf *out)
{
	strbuf_add_str(out, "mailwhy " MAILWHY_VERSION "\nFeatures:");
	for (size_t i = 0; i < ARRAY_LEN(FEATURES); i++)
		strbuf_printf(out, "%s %c%s", i ? "," : "", FEATURES[i].built_in ? '+' : '-',
			      FEATURES[i].name);
	strbuf_add_byte(out, '\n');
	version_sandbox(out);
}

/* --tz ZONE without a file is also the zone in which --since and --until are read */
static int resolve_times(struct app *app, struct err *reterr)
{
	const struct options *o = &app->options;
	const char *zone = NULL;
	int r;

	for (size_t i = 0; i < o->n_zones; i++)
		if (!o->zones[i].file)
			zone = o->zones[i].value;
	r = tz_open(zone, &app->tz, reterr);
	if (r < 0) {
		if (reterr)
			reterr->code = ERR_USAGE;
		err_prefix(reterr, "--tz");
		return ERR_USAGE;
	}
	app->since_us = app->until_us = USEC_NONE;
	if (o->since) {
		r = when_parse(slice_str(o->since), app->now_us, app->tz, &app->since_us, reterr);
		if (r < 0) {
			err_prefix(reterr, "--since");
			return r;
		}
	}
	if (o->until) {
		r = when_parse(slice_str(o->until), app->now_us, app->tz, &app->until_us, reterr);
		if (r < 0) {
			err_prefix(reterr, "--until");
			return r;
		}
	}
	if (o->since && o->until && app->since_us >= app->until_us)
		return err_set(reterr, ERR_USAGE, "--since %s is not before --until %s", o->since, o->until);
	return 0;
}

/* words that are the program's own may stand behind each other, with commas: --status bounced,expired */
static bool takes_several(enum filter_kind kind)
{
	return kind == FILTER_STATUS || kind == FILTER_WRITER || kind == FILTER_DIRECTION;
}

static int resolve_filter(struct app *app, const struct option_filter *f, struct err *reterr)
{
	struct cur values = cur_of(slice_str(f->value));
	int r;

	do
		r = filter_add(app->filter, f->kind, cur_token(&values, takes_several(f->kind) ? ',' : '\0'), reterr);
	while (r == 0 && !cur_at_end(&values));
	return r;
}

static int resolve_filters(struct app *app, struct err *reterr)
{
	const struct options *o = &app->options;

	app->filter = filter_new();
	for (size_t i = 0; i < o->n_filters; i++) {
		int r = resolve_filter(app, &o->filters[i], reterr);

		if (r < 0) {
			err_prefix(reterr, "--%s", option_filter_name(o->filters[i].kind));
			return r;
		}
	}
	return 0;
}

/* the secret of a file: what is in it, pressed into a key */
static int read_key(const char *path, struct siphash_key *ret, struct err *reterr)
{
	static const struct siphash_key PRESS[] = { { 1, 2 }, { 3, 4 } };
	uint8_t bytes[KEY_MAX_BYTES];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, bytes, sizeof bytes);
	int e = errno;

	if (fd >= 0)
		(void)close(fd);
	if (n < 0)
		return err_set_errno(reterr, ERR_USAGE, e, "--redact-key '%s'", path);
	if (n < KEY_MIN_BYTES)
		return err_set(reterr, ERR_USAGE,
			       "--redact-key '%s': a secret has %d bytes or more; make one: head -c 32 /dev/urandom > %s", path,
			       KEY_MIN_BYTES, path);
	ret->k0 = siphash(&PRESS[0], slice_of((const char *)bytes, (size_t)n));
	ret->k1 = siphash(&PRESS[1], slice_of((const char *)bytes, (size_t)n));
	return 0;
}

static int resolve_redact(struct app *app, struct err *reterr)
{
	const struct options *o = &app->options;
	struct siphash_key key;
	uint8_t bytes[16];
	int r = 0;

	if (!o->redact && !o->redact_key)
		return 0;
	if (o->redact_key)
		r = read_key(o->redact_key, &key, reterr);
	else if (getrandom(bytes, sizeof bytes, 0) == (ssize_t)sizeof bytes)
		key = siphash_key_of(bytes);
	else
		r = err_set(reterr, ERR_USAGE, "--redact: this machine has no random numbers; --redact-key needs none");
	if (r == 0)
		app->redact = redact_new(&key, place_knows_word);
	return r;
}

static void resolve_locals(struct app *app)
{
	const struct words *w = &app->options.locals;

	app->local_domains = xcalloc(w->n + 1, sizeof *app->local_domains);
	app->local_nets = xcalloc(w->n + 1, sizeof *app->local_nets);
	for (size_t i = 0; i < w->n; i++) {
		struct slice s = slice_trim(slice_str(w->items[i]));

		if (ip_net_parse(s, &app->local_nets[app->n_local_nets])) {
			app->n_local_nets++;
			continue;
		}
		if (s.n && s.p[0] == '@')
			s = slice_from(s, 1);
		app->local_domains[app->n_local_domains++] = s;
	}
}

/* NO_COLOR (no-color.org): any value but the empty one */
static bool want_colour(enum color_when when, bool terminal)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	if (when != COLOR_AUTO)
		return when == COLOR_ALWAYS;
	return terminal && !(no_color && *no_color) && !(term && strcmp(term, "dumb") == 0);
}

/*
 * Where texts wrap: at $COLUMNS, which POSIX has for the width that a user prefers, on a terminal or not; else at
 * the terminal's width; else nowhere (0).
 */
static size_t wanted_width(int fd, bool terminal)
{
	const char *columns = getenv("COLUMNS");
	struct cur c = cur_of(slice_str(columns));
	struct winsize size;
	uint64_t n;

	if (columns && cur_u64(&c, WIDTH_MAX_COLUMNS, &n) && cur_at_end(&c) && n >= WIDTH_MIN_COLUMNS)
		return (size_t)n;
	if (!terminal)
		return 0;
	if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col >= WIDTH_MIN_COLUMNS)
		return size.ws_col;
	return 80;
}

/* as the locale says */
static bool speaks_utf8(void)
{
	static const char *const NAMES[] = { "LC_ALL", "LC_CTYPE", "LANG" };
	const char *locale = NULL;

	for (size_t i = 0; i < ARRAY_LEN(NAMES) && !(locale && *locale); i++)
		locale = getenv(NAMES[i]);
	return slice_contains_fold(slice_str(locale), SLICE("utf-8")) || slice_contains_fold(slice_str(locale), SLICE("utf8"));
}

/* is there such a program on $PATH? */
static bool is_installed(const char *program)
{
	struct cur c = cur_of(slice_str(getenv("PATH")));

	while (!cur_at_end(&c)) {
		struct slice folder = cur_token(&c, ':');
		char *path = xasprintf("%.*s/%s", SLICE_ARG(folder), program);
		bool yes = folder.n && access(path, X_OK) == 0;

		free(path);
		if (yes)
			return true;
	}
	return false;
}

static const char *choose_pager(const struct app *app)
{
	const char *pager = getenv("PAGER");

	if (!app->to_terminal || app->options.no_pager)
		return NULL;
	if (!pager)
		return is_installed("less") ? "less" : NULL;
	return *pager && strcmp(pager, "cat") != 0 ? pager : NULL;
}

/* as the options say now */
static void choose_output(struct app *app)
{
	app->term.colour = want_colour(app->options.color, app->to_terminal);
	app->out.pager_command = choose_pager(app);
}

static void open_output(struct app *app)
{
	app->to_terminal = isatty(STDOUT_FILENO) == 1;
	app->term = (struct term){
		.width = wanted_width(STDOUT_FILENO, app->to_terminal),
		.utf8 = app->to_terminal && speaks_utf8(),
	};
	output_init(&app->out, STDOUT_FILENO, NULL);
	choose_output(app);
}

const char *app_locale_dir(void)
{
	const char *dir = getenv("MAILWHY_LOCALEDIR");

	return dir && *dir ? dir : MAILWHY_LOCALEDIR;
}

/* The language of texts for people; LC_MESSAGES only: numbers, names and order are the same everywhere. */
static void open_language(void)
{
	(void)setlocale(LC_MESSAGES, "");
	tr_open(app_locale_dir());
}

/* Who asks for help, for the example file or for a look at other files is not told of mistakes in these. */
static bool asks_elsewhere(const struct app *app, const struct command *command)
{
	const struct options *o = &app->options;

	return command->bit == ON_HELP || (command->bit == ON_CONFIG && (o->example || (o->check && o->words.n > 1)));
}

static int read_config(struct app *app, const struct command *command, struct err *reterr)
{
	int r = config_read(&app->config, &app->options, command->bit, reterr);

	if (asks_elsewhere(app, command))
		app->config.n_problems = 0;
	else if (r < 0)
		return r;
	if (!app->config.n)
		return 0;
	config_apply(&app->config, &app->options);
	app->diag_colour = want_colour(app->options.color, isatty(STDERR_FILENO) == 1);
	choose_output(app);
	return 0;
}

static int run_command(struct app *app, const struct command *command)
{
	struct err err = { 0 };
	bool shows_config = command->bit == ON_CONFIG; /* it masks nothing, and tells problems itself */

	if (options_check(&app->options, command->bit, command->name, &err) < 0 || read_config(app, command, &err) < 0 ||
	    (!shows_config && resolve_redact(app, &err) < 0) || limits_set(&app->options, &err) < 0 ||
	    resolve_times(app, &err) < 0 || resolve_filters(app, &err) < 0) {
		err.code = ERR_USAGE;
		return command->fail ? command->fail(app, &err) : app_fail(app, &err);
	}
	app->command_bit = command->bit;
	if (!shows_config)
		config_tell(&app->config, &app->diag);
	resolve_locals(app);
	open_language();
	app->args = app->options.words.items + 1;
	app->n_args = app->options.words.n - 1;
	return command->run(app);
}

static int dispatch(struct app *app)
{
	const struct options *o = &app->options;
	const struct command *command = NULL;
	struct err err = { 0 };

	if (o->version) {
		version(&app->out.buf);
		return EXIT_FOUND;
	}
	if (o->words.n) {
		command = command_of(o->words.items[0]);
		if (!command) {
			(void)unknown_command(o->words.items[0], &err);
			return app_fail(app, &err);
		}
	}
	if (o->help) {
		help_brief(app, command);
		return EXIT_FOUND;
	}
	if (!command) {
		(void)err_set(&err, ERR_USAGE, "which command? mailwhy --help lists them");
		return app_fail(app, &err);
	}
	return run_command(app, command);
}

/* The command line is wrong; of which command, its words so far tell. */
static int fail_early(struct app *app, const struct err *err)
{
	const struct command *command = app->options.words.n ? command_of(app->options.words.items[0]) : NULL;
	int code;

	if (!command || !command->fail)
		return app_fail(app, err);
	open_output(app);
	code = command->fail(app, err);
	return output_done(&app->out, NULL) < 0 ? EXIT_INPUT : code;
}

static usec_t wall_clock(void)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_REALTIME, &ts) < 0)
		return 0;
	return ts.tv_sec * USEC_PER_SEC + ts.tv_nsec / 1000;
}

static void app_done(struct app *app)
{
	aide_end(&app->page);
	aide_end(&app->post);
	options_done(&app->options);
	config_done(&app->config);
	filter_free(app->filter);
	diagnoser_free(app->diagnoser);
	redact_free(app->redact);
	arena_clear(&app->masked);
	arena_clear(&app->memory);
	tz_free(app->tz);
	free(app->local_domains);
	free(app->local_nets);
}

int app_main(int argc, char **argv)
{
	struct app app = { .now_us = wall_clock() };
	struct err err = { 0 };
	int code;

	(void)signal(SIGPIPE, SIG_IGN); /* a closed pipe is an EPIPE for output.c */
	app.diag = (struct diag){ on_diag, &app };
	app.diag_colour = want_colour(COLOR_AUTO, isatty(STDERR_FILENO) == 1);
	if (argc < 1 || options_parse((size_t)argc - 1, argv + 1, &app.options, &err) < 0) {
		code = fail_early(&app, &err);
		app_done(&app);
		return code;
	}
	app.diag_colour = want_colour(app.options.color, isatty(STDERR_FILENO) == 1);
	open_output(&app);
	code = dispatch(&app);
	if (output_done(&app.out, &err) < 0)
		code = app_fail(&app, &err);
	app_done(&app);
	return code;
}
