/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bash.c - the completion of bash
 *
 * Traps: readline breaks words at "=", so that "--panel=causes" comes as three, and only the last is replaced; file names may hold blanks.
 * It needs nothing of the package bash-completion but to be loaded by it.
 */
#include "completion.h"

static const char HEAD[] =
	"# bash completion for mailwhy, made while mailwhy is built, from the tables behind --help\n"
	"\n"
	"# PREFIX TYPED WORD...: the words that begin with what was typed\n"
	"_mailwhy_words()\n"
	"{\n"
	"\tlocal prefix=$1 typed=$2\n"
	"\tshift 2\n"
	"\tmapfile -t COMPREPLY < <(compgen -P \"$prefix\" -W \"$*\" -- \"$typed\")\n"
	"}\n"
	"\n"
	"# PREFIX TYPED WORD...: the same for the last of several with commas between them\n"
	"_mailwhy_list()\n"
	"{\n"
	"\tlocal prefix=$1 typed=$2\n"
	"\tshift 2\n"
	"\tif [[ $typed == *,* ]]; then\n"
	"\t\tprefix+=${typed%,*},\n"
	"\t\ttyped=${typed##*,}\n"
	"\tfi\n"
	"\t_mailwhy_words \"$prefix\" \"$typed\" \"$@\"\n"
	"\tcompopt -o nospace 2>/dev/null\n"
	"}\n"
	"\n"
	"# PREFIX TYPED ACTION: files, or directories\n"
	"_mailwhy_paths()\n"
	"{\n"
	"\tmapfile -t COMPREPLY < <(compgen -P \"$1\" -A \"$3\" -- \"$2\")\n"
	"\tcompopt -o filenames 2>/dev/null\n"
	"}\n"
	"\n";

static const char MAIN[] =
	"_mailwhy()\n"
	"{\n"
	"\tlocal word option command ended joins typed prefix last=${COMP_WORDS[COMP_CWORD]} i n=0\n"
	"\tlocal -a words=()\n"
	"\n"
	"\tCOMPREPLY=()\n"
	"\tfor ((i = 1; i <= COMP_CWORD; i++)); do # \"--name\" \"=\" \"value\" is one word\n"
	"\t\tword=${COMP_WORDS[i]}\n"
	"\t\tif [[ $word == = && n -gt 0 ]]; then\n"
	"\t\t\twords[n - 1]+='='\n"
	"\t\t\tjoins=1\n"
	"\t\telif [[ $joins ]]; then\n"
	"\t\t\twords[n - 1]+=$word\n"
	"\t\t\tjoins=\n"
	"\t\telse\n"
	"\t\t\twords[n++]=$word\n"
	"\t\tfi\n"
	"\tdone\n"
	"\t[[ $last == = ]] && last=\n"
	"\n"
	"\toption=\n"
	"\tfor ((i = 0; i < n - 1; i++)); do # the command, and the option that waits for its value\n"
	"\t\tif [[ $option ]]; then\n"
	"\t\t\toption=\n"
	"\t\telif [[ $ended || ${words[i]} != -?* ]]; then\n"
	"\t\t\t: \"${command:=${words[i]}}\"\n"
	"\t\telif [[ ${words[i]} == -- ]]; then\n"
	"\t\t\tended=1\n"
	"\t\telif _mailwhy_takes_value \"${words[i]}\"; then\n"
	"\t\t\toption=${words[i]}\n"
	"\t\tfi\n"
	"\tdone\n"
	"\ttyped=${words[n - 1]}\n"
	"\tif [[ ! $option && ! $ended && $typed == --*=* ]]; then\n"
	"\t\toption=${typed%%=*}\n"
	"\t\ttyped=${typed#*=}\n"
	"\tfi\n"
	"\tif [[ $option ]]; then\n"
	"\t\tprefix=${last%\"$typed\"}\n"
	"\t\t_mailwhy_value \"$option\" \"$prefix\" \"$typed\"\n"
	"\telif [[ ! $ended && $typed == -* ]]; then\n"
	"\t\t_mailwhy_options \"$command\" \"$typed\"\n"
	"\telif [[ ! $command ]]; then\n"
	"\t\t_mailwhy_words '' \"$typed\" ";

static const char TAIL[] =
	"\n"
	"\telse\n"
	"\t\t_mailwhy_argument \"$command\" \"$typed\"\n"
	"\tfi\n"
	"}\n"
	"\n"
	"complete -F _mailwhy mailwhy\n";

static void add_words(struct strbuf *out, const struct value_words *w)
{
	for (size_t i = 0; i < w->n; i++)
		strbuf_printf(out, " %s", w->items[i].word);
}

/* the command that completes an argument; typed: how the shell calls what was typed */
static void add_action(struct strbuf *out, const struct completion_argument *a, const char *prefix, const char *typed)
{
	switch (a->form) {
	case VALUE_FILE:
	case VALUE_DIR:
		strbuf_printf(out, "_mailwhy_paths \"%s\" \"%s\" %s", prefix, typed, a->form == VALUE_FILE ? "file" : "directory");
		return;
	case VALUE_WORD:
	case VALUE_KEY:
	case VALUE_LIST:
		strbuf_printf(out, "_mailwhy_%s \"%s\" \"%s\"", a->form == VALUE_LIST ? "list" : "words", prefix, typed);
		add_words(out, &a->words);
		if (a->form == VALUE_KEY)
			strbuf_add_str(out, "\n\t\tcompopt -o nospace 2>/dev/null");
		return;
	case VALUE_FREE:
		strbuf_add_byte(out, ':');
	}
}

/* "--panel", "-S|--since": as a pattern of case */
static void add_pattern(struct strbuf *out, const struct option_info *o)
{
	if (o->letter)
		strbuf_printf(out, "-%c|", o->letter);
	strbuf_printf(out, "--%s", o->name);
}

static void add_takes_value(struct strbuf *out)
{
	struct option_info o;
	bool first = true;

	strbuf_add_str(out, "# OPTION: is its value the next word?\n_mailwhy_takes_value()\n{\n\tcase $1 in\n\t");
	for (size_t at = 0; completion_any_option(&at, &o);) {
		if (!o.argument || o.attached)
			continue;
		strbuf_add_str(out, first ? "" : "|");
		add_pattern(out, &o);
		first = false;
	}
	strbuf_add_str(out, ") return 0 ;;\n\tesac\n\treturn 1\n}\n\n");
}

static void add_values(struct strbuf *out, const struct completion_arguments *a)
{
	struct option_info o;

	strbuf_add_str(out, "# OPTION PREFIX TYPED\n_mailwhy_value()\n{\n\tcase $1 in\n");
	for (size_t at = 0; completion_any_option(&at, &o);) {
		const struct completion_argument *argument = o.argument ? completion_argument_of(a, o.argument) : NULL;

		if (!argument || argument->form == VALUE_FREE)
			continue;
		strbuf_add_byte(out, '\t');
		add_pattern(out, &o);
		strbuf_add_str(out, ")\n\t\t");
		add_action(out, argument, "$2", "$3");
		strbuf_add_str(out, "\n\t\t;;\n");
	}
	strbuf_add_str(out, "\tesac\n}\n\n");
}

/* c: NULL: no command was typed yet */
static void add_options(struct strbuf *out, const struct command *c)
{
	struct option_info o;

	strbuf_printf(out, "\t%s)\n\t\t_mailwhy_words '' \"$2\"", c ? c->name : "''");
	for (size_t at = 0; completion_option(c, &at, &o);)
		strbuf_printf(out, " --%s", o.name);
	strbuf_add_str(out, "\n\t\t;;\n");
}

void completion_bash(struct strbuf *out)
{
	struct completion_arguments a;

	completion_arguments_init(&a);
	strbuf_add_str(out, HEAD);
	add_takes_value(out);
	add_values(out, &a);
	strbuf_add_str(out, "# COMMAND TYPED\n_mailwhy_options()\n{\n\tcase $1 in\n");
	add_options(out, NULL);
	for (size_t i = 0; commands[i]; i++)
		add_options(out, commands[i]);
	strbuf_add_str(out, "\tesac\n}\n\n# COMMAND TYPED\n_mailwhy_argument()\n{\n\tcase $1 in\n");
	for (size_t i = 0; commands[i]; i++) {
		const struct completion_argument *argument = completion_argument_of_command(&a, commands[i]);

		if (!argument)
			continue;
		strbuf_printf(out, "\t%s)\n\t\t", commands[i]->name);
		add_action(out, argument, "", "$2");
		strbuf_add_str(out, "\n\t\t;;\n");
	}
	strbuf_add_str(out, "\tesac\n}\n\n");
	strbuf_add_str(out, MAIN);
	for (size_t i = 0; commands[i]; i++)
		strbuf_printf(out, "%s%s", i ? " " : "", commands[i]->name);
	strbuf_add_str(out, TAIL);
	completion_arguments_done(&a);
}
