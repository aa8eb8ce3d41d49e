/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app.h - the command line: the only place that reads argv, prints and chooses exit codes
 *
 * A command is one file with one struct command, listed in app.c, and a page in manual/pages.  It gets a struct app whose options are
 * parsed, checked and resolved (times, filter), adds its answer to app->out and returns the exit code.
 */
#ifndef CLI_APP_H
#define CLI_APP_H

#include "base/arena.h"
#include "base/diag.h"
#include "base/err.h"
#include "base/ip.h"
#include "base/usec.h"
#include "cli/aide.h"
#include "cli/conf.h"
#include "cli/options.h"
#include "cli/output.h"
#include "diagnose/diagnose.h"
#include "envelope/tz.h"
#include "export/redact.h"
#include "export/terminal.h"
#include "fact/filter.h"

#define EXIT_FOUND   0  /* an answer was given */
#define EXIT_NOTHING 1  /* nothing found; report: no mail line */
#define EXIT_USAGE   2
#define EXIT_INPUT   3  /* an input could not be read, even if others answered; or the answer could not be written */

struct app {
	struct options options;    /* of the command line, and of the configuration */
	struct config config;
	struct output out;
	struct term term;          /* how to draw on out */
	bool to_terminal;          /* out ends on a terminal (perhaps through a pager) */
	struct diag diag;          /* warnings, to standard error */
	bool diag_colour;
	usec_t now_us;             /* when the program started */
	struct tz *tz;             /* of --tz ZONE, or of this machine */
	usec_t since_us, until_us; /* USEC_NONE: open */
	struct filter *filter;     /* never NULL */
	struct slice *local_domains;
	size_t n_local_domains;
	struct ip_net *local_nets;
	size_t n_local_nets;
	struct aide page, post;    /* --html FILE, --mail: started before the sandbox was entered */
	unsigned command_bit;      /* of the command that runs */
	bool confined, paths_confined; /* in the sandbox, or out of it for good */
	struct diagnoser *diagnoser; /* NULL until causes.h is asked for it */
	struct redact *redact;     /* --redact; NULL: names are shown */
	struct arena masked;       /* what was masked for the answer */
	struct arena memory;       /* of the command: what lives as long as it runs */
	const char *const *args;   /* words after the command */
	size_t n_args;
};

struct command {
	const char *name;
	unsigned bit;              /* of the options it knows: ON_TRACE, ... */
	const char *arguments;     /* for the help: "WHAT [LOG...]"; values.c knows what its words stand for */
	const char *summary;       /* one line */
	const char *help;          /* a paragraph or two, and examples: lines that begin with two blanks are shown as they are */
	int (*run)(struct app *app); /* returns an EXIT_ code */
	int (*fail)(struct app *app, const struct err *err); /* tells an error before it runs; NULL: as app_fail() */
};

extern const struct command command_explain, command_trace, command_report, command_parse, command_sources, command_queue,
	command_threats, command_check, command_config, command_help;
/* all of them, in the order in which the help shows them; ends with NULL */
extern const struct command *const commands[];

/* Run one command; returns the exit code. */
int app_main(int argc, char **argv);

/* Tell an error on standard error and return its exit code: EXIT_USAGE for ERR_USAGE, else EXIT_INPUT. */
int app_fail(const struct app *app, const struct err *err);

/* The directory of translations: $MAILWHY_LOCALEDIR, or where they are installed. */
const char *app_locale_dir(void);

#endif
