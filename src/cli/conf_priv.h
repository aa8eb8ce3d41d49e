/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf_priv.h - what the files of the configuration share
 */
#ifndef CLI_CONF_PRIV_H
#define CLI_CONF_PRIV_H

#include "cli/conf.h"

/* how long a value may be in a message, so that what is allowed is still in it */
#define CONFIG_SHOWN_BYTES 80

/* a value that is looked at */
struct config_try {
	const struct config_key *key;
	config_id id;
	struct slice value;        /* not empty, without blanks around it and control bytes */
	struct arena *arena;
	bool relative;             /* paths may be relative: they were typed here, not into a file */
	const char *text;          /* what is kept; as long as it is NULL, the value */
};

struct config_key {
	struct config_key_info info;
	/* ERR_USAGE: no value of this key; the sentence begins with its name, or with the value in quotes */
	int (*check)(struct config_try *t, struct err *reterr);
	void (*put)(const struct config_key *key, const struct config_value *v, struct arena *a, struct options *o);
	/* does it count beside what the command line gave? */
	bool (*holds)(const struct options *given);
};

/* Keys that are rows of another table: `name` is that of their row in conf.def. */
struct config_family {
	const char *name;          /* "threats." */
	const char *pattern;       /* for people: "threats.DETECTOR.SETTING" */
	size_t (*n)(void);
	void (*sub_name)(size_t at, struct strbuf *out); /* what follows `name` */
	void (*fallback)(size_t at, struct strbuf *out);
	const char *(*help)(size_t at);
};

extern const struct config_family config_thresholds, config_checks;

extern const struct config_key config_keys[];
extern const size_t config_keys_count;

/* a copy in the arena, NUL-terminated */
const char *config_keep(struct arena *a, struct slice s);
/* the number of the first one of a key's ids */
config_id config_first_id(size_t key);
/* "threats." and "check." */
bool config_is_family(const struct config_key *key);
/* THREATS_BRUTE_FORCE_FAILURES; ERR_USAGE names the nearest variable */
ATTR_NODISCARD int config_find_variable(struct slice name, config_id *ret, struct err *reterr);

/* Is it a value?  Returns 0 and the text to keep, in the arena, or ERR_USAGE with a sentence. */
ATTR_NODISCARD int config_check_value(struct config_try *t, const char **ret, struct err *reterr);

/* The checks that run without being asked for: ours, with the ranges of the configuration. */
void config_put_checks(const struct config *c, struct options *o);

#define KEY(group, name, argument, check, put, commands, join, option, holds, fallback, example, help) \
	int config_check_##check(struct config_try *t, struct err *reterr);                            \
	void config_put_##put(const struct config_key *key, const struct config_value *v, struct arena *a, struct options *o); \
	bool config_holds_##holds(const struct options *given);
#include "cli/conf.def"
#undef KEY

#endif
