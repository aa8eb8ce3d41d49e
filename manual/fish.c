/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fish.c - the completion of fish
 *
 * In single quotes only the backslash and the apostrophe have a meaning; a tab stands between a word and what it means.
 */
#include "completion.h"

static const char HEAD[] =
	"# fish completion for mailwhy, made while mailwhy is built, from the tables behind --help\n"
	"\n"
	"# the command that was typed, if there is one yet\n"
	"function __mailwhy_command\n"
	"\tset -l words (commandline -opc)\n"
	"\tset -l value\n"
	"\tfor word in $words[2..-1]\n"
	"\t\tif test -n \"$value\"\n"
	"\t\t\tset value\n"
	"\t\t\tcontinue\n"
	"\t\tend\n"
	"\t\tswitch $word\n"
	"\t\t\tcase ";

static const char BELOW[] =
	"\n"
	"\t\t\t\tset value yes\n"
	"\t\t\tcase '-*'\n"
	"\t\t\t\tcontinue\n"
	"\t\t\tcase '*'\n"
	"\t\t\t\techo $word\n"
	"\t\t\t\treturn\n"
	"\t\tend\n"
	"\tend\n"
	"end\n"
	"\n"
	"function __mailwhy_is\n"
	"\tset -l command (__mailwhy_command)\n"
	"\ttest \"$command\" = \"$argv[1]\"\n"
	"end\n"
	"\n"
	"# words behind those that were typed with commas between them\n"
	"function __mailwhy_list\n"
	"\tset -l before (commandline -ct | string replace -r '^--[^=]*=' '' | string match -r '^.*,')\n"
	"\tfor word in $argv\n"
	"\t\techo \"$before$word\"\n"
	"\tend\n"
	"end\n"
	"\n";

/* inside of single quotes */
static void add_quoted(struct strbuf *out, const char *text)
{
	for (const char *p = text; *p; p++) {
		if (*p == '\'' || *p == '\\')
			strbuf_add_byte(out, '\\');
		strbuf_add_byte(out, *p);
	}
}

static void add_function(struct strbuf *out, const struct completion_argument *a)
{
	strbuf_printf(out, "function __mailwhy_%s\n\tprintf '%%s\\n'", a->name);
	for (size_t i = 0; i < completion_own_words(a); i++) {
		strbuf_add_str(out, " \\\n\t\t'");
		add_quoted(out, a->words.items[i].word);
		if (a->words.items[i].help) {
			strbuf_add_byte(out, '\t');
			add_quoted(out, a->words.items[i].help);
		}
		strbuf_add_byte(out, '\'');
	}
	if (a->tail)
		strbuf_printf(out, "\n\t__mailwhy_%s", a->tail->name);
	strbuf_add_str(out, "\nend\n\n");
}

/* what completes an argument, as words of `complete` */
static void add_action(struct strbuf *out, const struct completion_argument *a)
{
	switch (a->form) {
	case VALUE_FILE:
		strbuf_add_str(out, " -r -F");
		return;
	case VALUE_DIR:
		strbuf_add_str(out, " -x -a '(__fish_complete_directories)'");
		return;
	case VALUE_WORD:
	case VALUE_KEY:
		strbuf_printf(out, " -x -a '(__mailwhy_%s)'", a->name);
		return;
	case VALUE_LIST:
		strbuf_printf(out, " -x -a '(__mailwhy_list (__mailwhy_%s))'", a->name);
		return;
	case VALUE_FREE:
		strbuf_add_str(out, " -x");
	}
}

static void add_options(struct strbuf *out, const struct completion_arguments *all, const struct command *c)
{
	struct option_info o;

	for (size_t at = 0; completion_option(c, &at, &o);) {
		strbuf_printf(out, "complete -c mailwhy -n '__mailwhy_is %s' -l %s", c ? c->name : "\"\"", o.name);
		if (o.letter)
			strbuf_printf(out, " -s %c", o.letter);
		if (o.argument && !o.attached)
			add_action(out, completion_argument_of(all, o.argument));
		strbuf_add_str(out, " -d '");
		add_quoted(out, o.help);
		strbuf_add_str(out, "'\n");
	}
}

static void add_command(struct strbuf *out, const struct completion_arguments *all, const struct command *c)
{
	const struct completion_argument *argument = completion_argument_of_command(all, c);

	strbuf_printf(out, "\ncomplete -c mailwhy -n '__mailwhy_is \"\"' -a %s -d '", c->name);
	add_quoted(out, c->summary);
	strbuf_add_str(out, "'\n");
	if (argument && argument->form == VALUE_FILE)
		strbuf_printf(out, "complete -c mailwhy -n '__mailwhy_is %s' -F\n", c->name);
	else if (argument)
		strbuf_printf(out, "complete -c mailwhy -n '__mailwhy_is %s' -a '(__mailwhy_%s)'\n", c->name, argument->name);
	add_options(out, all, c);
}

void completion_fish(struct strbuf *out)
{
	struct completion_arguments all;
	struct option_info o;

	completion_arguments_init(&all);
	strbuf_add_str(out, HEAD);
	for (size_t at = 0; completion_any_option(&at, &o);)
		if (o.argument && !o.attached) {
			if (o.letter)
				strbuf_printf(out, "-%c ", o.letter);
			strbuf_printf(out, "--%s ", o.name);
		}
	strbuf_add_str(out, BELOW);
	for (size_t i = 0; i < all.n; i++)
		if (all.items[i].words.n)
			add_function(out, &all.items[i]);
	strbuf_add_str(out, "complete -c mailwhy -f\n\n");
	add_options(out, &all, NULL);
	for (size_t i = 0; commands[i]; i++)
		add_command(out, &all, commands[i]);
	completion_arguments_done(&all);
}
