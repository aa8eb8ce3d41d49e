/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf.h - settings from files and from the environment
 *
 * Read in this order, what is said later wins: what is built in, /etc/mailwhy/mailwhy.conf, /etc/mailwhy/conf.d/NAME.conf by name,
 * $XDG_CONFIG_HOME/mailwhy/mailwhy.conf (or ~/.config/...), MAILWHY_KEY variables, the command line.  --config FILE or
 * $MAILWHY_CONFIG stands for all of the files; empty it means none.
 *
 * A value reaches a command as an option that the command line did not give: commands know nothing of it.  What is wrong costs
 * the line where it stands: it is kept as a problem that names file, line and what would be right, and told as a warning.
 *
 * A new key is a row of conf.def and a row of docs/configuration.md.
 */
#ifndef CLI_CONF_H
#define CLI_CONF_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/diag.h"
#include "cli/options.h"

/* --- keys --------------------------------------------------------------------------------------------- */

#define CONFIG_GROUPS(X) /* id, heading */ \
	X(GROUP_OWN, "Who we are") \
	X(GROUP_LOGS, "Logs") \
	X(GROUP_ANSWERS, "Answers") \
	X(GROUP_COST, "What it may take") \
	X(GROUP_THREATS, "Threats") \
	X(GROUP_CHECK, "Checks")

enum config_group {
#define X(id, heading) id,
	CONFIG_GROUPS(X)
#undef X
	CONFIG_GROUP_COUNT
};

/* What several values of one key are to each other. */
enum config_join {
	CONFIG_SINGLE,   /* the last one counts */
	CONFIG_ADDS,     /* a list: all of them count, wherever they were said */
	CONFIG_REPLACES, /* a list: those of one file or variable, the last that names any */
};

/*
 * A key, for the help, the manual and the example file.  Families have one row for all their keys, with `name` as
 * "threats.DETECTOR.SETTING" (the settings of `detectors`, detect/detector.h) and "check.CHECK" (check_rows, check/check.h).
 */
struct config_key_info {
	enum config_group group;
	const char *name;
	const char *argument;      /* "SPAN" */
	enum config_join join;
	bool words;                /* a line of a file may hold several, with commas or blanks between them */
	unsigned commands;         /* whom it concerns: ON_ bits */
	const char *option;        /* of the command line that goes before it, without the dashes; NULL: there is none */
	const char *fallback;      /* what holds without it, a value or words; NULL for a family: its table knows */
	const char *example;       /* a value; NULL for a family */
	const char *help;          /* a sentence or two; words in back quotes are commands, keys and values */
};

size_t config_n_keys(void);
/* i < config_n_keys(); in the order of the example file, groups together */
struct config_key_info config_key_info(size_t i);
const char *config_group_heading(enum config_group g);
/* what comes before the key in the name of its variable: "MAILWHY_" */
#define CONFIG_VARIABLE "MAILWHY_"

/* The example file, packaging/mailwhy.conf: every key with its help and what holds without it, commented out. */
void config_example(struct strbuf *out);

/* --- values ------------------------------------------------------------------------------------------- */

enum config_origin_kind { ORIGIN_BUILT_IN, ORIGIN_FILE, ORIGIN_VARIABLE, ORIGIN_OPTION };

struct config_origin {
	enum config_origin_kind kind;
	const char *name;          /* of the file (as it was opened), the variable, the option; NULL: built in */
	uint64_t line;             /* of the file; 0: of no line */
};

/* Numbers of keys, families taken apart: "threats.brute_force.failures" has one of its own. */
typedef uint32_t config_id;

struct config_value {
	config_id id;
	const char *text;          /* checked, but for the command line's */
	struct config_origin from;
};

struct config_problem {
	struct config_origin from;
	const char *text;          /* one sentence; may hold any byte but control bytes */
	bool unreadable;           /* the file as a whole */
};

/* a file that was looked for */
struct config_file {
	const char *path;
	bool read;
	int sys_errno;             /* why not; ENOENT is no problem */
};

/* Zero-initialised is ready to use.  All texts live as long as it does, or are borrowed from argv and the environment. */
struct config {
	unsigned command;          /* whose keys are read: ON_ bits; others are looked up, but their values are left alone */
	struct arena arena;
	struct config_value *values; /* in the order in which they were said; after config_settle() those in force, by key */
	size_t n, cap;
	struct config_problem *problems;
	size_t n_problems, problems_cap;
	uint64_t lines_left_out;   /* after so many problems that nobody looks any further */
	struct config_file *files;
	size_t n_files, files_cap;
};

/*
 * config_read - everything there is, for one command (its ON_ bit); what is in force is c->values
 *
 * ERR_USAGE: the file of --config or $MAILWHY_CONFIG cannot be read.  Call config_done() in any case.
 */
ATTR_NODISCARD int config_read(struct config *c, const struct options *o, unsigned command, struct err *reterr);
void config_done(struct config *c);

/* The steps of config_read().  Any bytes are fine for the first one: the entry for hostile files. */
void config_parse(struct config *c, const char *file, struct slice bytes);
/* A file that was named: 0, or an errno that has become a problem. */
int config_parse_file(struct config *c, const char *path);
/* n texts NAME=VALUE, as environ has them */
void config_parse_environment(struct config *c, const char *const *environment);
void config_add_options(struct config *c, const struct options *o);
void config_settle(struct config *c);

/* Give the options what was said elsewhere; they borrow it from c. */
void config_apply(struct config *c, struct options *o);

/* Tell the problems as warnings. */
void config_tell(const struct config *c, const struct diag *diag);

/* --- single keys -------------------------------------------------------------------------------------- */

/* numbers are smaller */
config_id config_n_ids(void);
/* its row for config_key_info() */
size_t config_id_key(config_id id);
/* "threats.brute_force.failures" */
void config_id_name(config_id id, struct strbuf *out);
/* what holds without it; false: in words, not as a value */
bool config_id_fallback(config_id id, struct strbuf *out);

/* '-' is as good as '_'.  ERR_USAGE names the nearest one. */
ATTR_NODISCARD int config_find(struct slice name, config_id *ret, struct err *reterr);

/* What a value needs around it in a file, so that it does not end at a comment or lose quotes of its own: "", "'" or "\"". */
const char *config_quotes(struct slice value);

/* "/etc/mailwhy/mailwhy.conf:3", "$MAILWHY_TOP", "--top", "built in" */
void config_origin_text(struct strbuf *out, const struct config_origin *from);

#endif
