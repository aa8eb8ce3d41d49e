/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options.h - the command line as a value
 *
 * Options may stand anywhere, before and after the command and between its arguments; "--" ends them.
 * Long options are written --name VALUE or --name=VALUE and never abbreviated: a script that works today
 * must not become ambiguous tomorrow.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/ip.h"
#include "base/strbuf.h"
#include "base/usec.h"
#include "fact/filter.h"
#include "input/input.h"

/* which commands know an option */
enum {
	ON_TRACE = 1 << 0,
	ON_REPORT = 1 << 1,
	ON_PARSE = 1 << 2,
	ON_SOURCES = 1 << 3,
	ON_QUEUE = 1 << 4,
	ON_EXPLAIN = 1 << 5,
	ON_THREATS = 1 << 6,
	ON_CHECK = 1 << 7,
	ON_CONFIG = 1 << 8, /* beside its own it takes every option that is a key of the configuration */
	ON_HELP = 1 << 9,
	ON_FACTS = ON_TRACE | ON_REPORT | ON_THREATS | ON_CHECK,
	ON_LOGS = ON_FACTS | ON_PARSE | ON_SOURCES | ON_QUEUE, /* they read logs */
	ON_ALL = ON_LOGS | ON_EXPLAIN,
	ON_ANY = ON_ALL | ON_CONFIG | ON_HELP,
};

enum color_when { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

/* one filter as the user wrote it, to show the question beside the answer */
struct option_filter {
	enum filter_kind kind;
	const char *value;
};

/* one check as the user wrote it */
struct option_check {
	const char *name, *value;
};

/* one option as the user wrote it; value NULL: a flag, or one whose value was left out */
struct option_said {
	const char *name, *value;
};

#define OPTIONS_MAX 160

/* a list of words that grows */
struct words {
	const char **items;
	size_t n, cap;
};

void words_add(struct words *w, const char *word);

/* Strings are borrowed from argv, or from the configuration. */
struct options {
	bool json, csv, no_limit, all, lines, brief, raw, unknown, deep, redact, no_pager, help, version;
	bool show, example, check; /* of config */
	bool no_sandbox;
	bool frozen, active, deferred, ids, count, summary, shape, no_log, verbose, peek;
	enum color_when color;
	size_t top;             /* 0: not given */
	size_t jobs;            /* 0: not given */
	size_t batch_lines;     /* 0: not given */
	size_t memory_bytes;    /* 0: not given */
	size_t memory_limit_bytes; /* 0: not given; LIMITS_NONE: off */
	int year;               /* 0: not given */
	const char *since, *until; /* as written, NULL: not given */
	const char *grep, *compat; /* NULL: not given */
	const char *size, *younger, *older, *by, *now; /* the same */
	const char *html;       /* file, or "-"; NULL: not given */
	const char *state, *period, *no_data, *silence_ok; /* the same */
	size_t min_count;       /* 0: not given */
	const char *causes;     /* directory; NULL: not given */
	const char *redact_key; /* file; NULL: not given */
	struct input_setting *zones, *servers;
	size_t n_zones, zones_cap, n_servers, servers_cap;
	const char *ban;        /* NULL: not given; "": without a value */
	const char *ban_time, *ban_within, *ban_jail; /* NULL: not given */
	bool ban_networks;
	bool all_panels, problems_only;
	const char *level;      /* least level of findings; NULL: not given */
	const char *geoip;      /* a database of countries; NULL: not given */
	const char *config;     /* a file instead of the usual ones; NULL: not given */
	struct words detectors, without; /* names, or several with commas between them */
	struct words trusts, sets; /* networks; NAME.SETTING=VALUE */
	struct words mails;     /* --mail */
	struct words panels;    /* --panel: names, or several with commas between them */
	struct words journals, locals, what_files; /* of journals, NULL is that of this machine */
	struct option_filter *filters;
	size_t n_filters, filters_cap;
	struct option_check *checks;
	size_t n_checks, checks_cap;
	struct words logs, log_journals; /* of the configuration: what is read when nothing is named */
	const char *sendmail;   /* of the configuration: a program; NULL: not told */
	struct option_said *said; /* all options of the command line, in order */
	size_t n_said, said_cap;
	struct words words;     /* what is no option, in order: the command first */
	bool given[OPTIONS_MAX]; /* by row of the table in options.c */
};

/*
 * options_parse - read argv (without argv[0])
 *
 * Returns 0 or ERR_USAGE with a sentence that suggests the nearest name.  *ret must be zeroed; call
 * options_done() in either case.  ret->year, ret->top and --color are checked; times and zones are not.
 */
ATTR_NODISCARD int options_parse(size_t n, char *const *args, struct options *ret, struct err *reterr);
void options_done(struct options *o);

/* ERR_USAGE if an option was given that this command (one ON_ bit) does not know. */
ATTR_NODISCARD int options_check(const struct options *o, unsigned command, const char *command_name,
				 struct err *reterr);

/*
 * options_give - an option as if the command line had it, but for `given` and `said`
 *
 * name: without dashes; there is such an option.  value: borrowed; NULL for a flag.  ERR_USAGE: no value for it.
 */
int options_give(struct options *o, const char *name, const char *value, struct err *reterr);
/* The commands that know an option (ON_ bits), and how its value is called (NULL: it takes none); there is such an option. */
unsigned options_commands(const char *name);
const char *options_argument(const char *name);

/* how help and manual group options */
enum option_group {
	OPTION_OWN,      /* of one command or a few */
	OPTION_CHECK,    /* of checks.def */
	OPTION_FILTER,
	OPTION_COMMON,   /* of all commands that read logs */
	OPTION_GROUP_COUNT
};

/* one option, for help, manual and completions; what `argument` tells is written above options.def */
struct option_info {
	const char *name;
	char letter;          /* 0: none */
	const char *argument; /* NULL: none */
	bool optional;        /* its argument may be left out */
	bool attached;        /* and is given as "--name=VALUE" alone */
	unsigned commands;    /* ON_ bits */
	enum option_group group;
	const char *help;
	const char *fallback; /* of a check: the ranges of a call that names none; NULL: it is not made then */
};

/* The options in the order of the table; false past the last one. */
bool options_row(size_t i, struct option_info *ret);
/* Further spellings: `name` means `other`; false past the last one. */
bool options_alias(size_t i, const char **ret_name, const char **ret_other);

/* The options of a command (its ON_ bit) as help text of so many columns, a paragraph for each group; with ON_LOGS those that
 * all commands that read logs know. */
void options_help(struct strbuf *out, unsigned commands, size_t width);

/* "--sender" for FILTER_SENDER */
const char *option_filter_name(enum filter_kind kind);

#endif
