/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zsh.c - the completion of zsh
 *
 * Traps: in the descriptions of _arguments "]" is an end; an apostrophe ends the quotes that everything stands in.
 */
#include "completion.h"

/* inside of single quotes */
static void add_quoted(struct strbuf *out, const char *text)
{
	for (const char *p = text; *p; p++)
		if (*p == '\'')
			strbuf_add_str(out, "'\\''");
		else
			strbuf_add_byte(out, *p);
}

/* the same between the brackets of an option */
static void add_description(struct strbuf *out, const char *text)
{
	for (const char *p = text; *p; p++) {
		char c = *p == '[' ? '(' : *p == ']' ? ')' : *p;

		add_quoted(out, (char[]){ c, '\0' });
	}
}

/* The words go to the caller's words_of: a function sees the local variables of who calls it. */
static void add_word_function(struct strbuf *out, const struct completion_argument *a)
{
	strbuf_printf(out, "_mailwhy_words_%s()\n{\n\twords_of+=(\n", a->name);
	for (size_t i = 0; i < completion_own_words(a); i++) {
		strbuf_add_str(out, "\t\t'");
		add_quoted(out, a->words.items[i].word);
		if (a->words.items[i].help) {
			strbuf_add_byte(out, ':');
			add_quoted(out, a->words.items[i].help);
		}
		strbuf_add_str(out, "'\n");
	}
	strbuf_add_str(out, "\t)\n");
	if (a->tail)
		strbuf_printf(out, "\t_mailwhy_words_%s\n", a->tail->name);
	strbuf_add_str(out, "}\n\n");
}

static void add_function(struct strbuf *out, const struct completion_argument *a)
{
	add_word_function(out, a);
	strbuf_printf(out, "_mailwhy_%s()\n{\n\tlocal -a words_of=()\n\t_mailwhy_words_%s\n", a->name, a->name);
	if (a->form == VALUE_LIST)
		strbuf_add_str(out, "\tcompset -P '*,'\n");
	strbuf_printf(out, "\t_describe -t values %s words_of%s\n}\n\n", a->name,
		      a->form == VALUE_LIST ? " -qS ," : a->form == VALUE_KEY ? " -S ''" : "");
}

/* ":message:action" */
static void add_action(struct strbuf *out, const struct completion_argument *a)
{
	strbuf_printf(out, ":%s:", a->name);
	if (a->form == VALUE_FILE)
		strbuf_add_str(out, "_files");
	else if (a->form == VALUE_DIR)
		strbuf_add_str(out, "_directories");
	else if (a->form == VALUE_FREE)
		strbuf_add_byte(out, ' ');
	else
		strbuf_printf(out, "_mailwhy_%s", a->name);
}

/* '(-S --since)'{-S+,--since=}'[help]:time:_mailwhy_time' */
static void add_option(struct strbuf *out, const struct completion_arguments *all, const struct option_info *o)
{
	const char *sign = o->attached ? "=-" : o->argument ? "=" : "";

	strbuf_add_str(out, "\t\t\t");
	if (o->letter)
		strbuf_printf(out, "'(-%c --%s)'{-%c%s,--%s%s}'[", o->letter, o->name, o->letter, o->argument ? "+" : "", o->name, sign);
	else
		strbuf_printf(out, "'%s--%s%s[", o->argument ? "*" : "", o->name, sign);
	add_description(out, o->help);
	strbuf_add_byte(out, ']');
	if (o->argument) {
		strbuf_add_str(out, o->optional ? ":" : "");
		add_action(out, completion_argument_of(all, o->argument));
	}
	strbuf_add_str(out, "' \\\n");
}

static void add_options(struct strbuf *out, const struct completion_arguments *all, const struct command *c)
{
	struct option_info o;

	for (size_t at = 0; completion_option(c, &at, &o);)
		add_option(out, all, &o);
}

static void add_command(struct strbuf *out, const struct completion_arguments *all, const struct command *c)
{
	const struct completion_argument *argument = completion_argument_of_command(all, c);

	strbuf_printf(out, "\t\t%s)\n\t\t\t_arguments -s \\\n", c->name);
	add_options(out, all, c);
	strbuf_add_str(out, "\t\t\t'*");
	if (argument)
		add_action(out, argument);
	else
		strbuf_add_str(out, ":text: ");
	strbuf_add_str(out, "' && ret=0\n\t\t\t;;\n");
}

void completion_zsh(struct strbuf *out)
{
	struct completion_arguments all;

	completion_arguments_init(&all);
	strbuf_add_str(out, "#compdef mailwhy\n# zsh completion for mailwhy, made while mailwhy is built, from the tables behind --help\n\n");
	for (size_t i = 0; i < all.n; i++)
		if (all.items[i].words.n)
			add_function(out, &all.items[i]);
	strbuf_add_str(out, "_mailwhy_commands()\n{\n\tlocal -a words_of=(\n");
	for (size_t i = 0; commands[i]; i++) {
		strbuf_printf(out, "\t\t'%s:", commands[i]->name);
		add_quoted(out, commands[i]->summary);
		strbuf_add_str(out, "'\n");
	}
	strbuf_add_str(out,
		       "\t)\n\t_describe -t commands command words_of\n}\n\n"
		       "_mailwhy()\n{\n\tlocal curcontext=\"$curcontext\" state line ret=1\n\ttypeset -A opt_args\n\n"
		       "\t_arguments -C -s \\\n");
	add_options(out, &all, NULL);
	strbuf_add_str(out,
		       "\t\t\t'(-): :_mailwhy_commands' \\\n\t\t\t'(-)*:: :->rest' && ret=0\n"
		       "\tif [[ $state == rest ]]; then\n"
		       "\t\tcurcontext=\"${curcontext%:*:*}:mailwhy-$words[1]:\"\n"
		       "\t\tcase $words[1] in\n");
	for (size_t i = 0; commands[i]; i++)
		add_command(out, &all, commands[i]);
	strbuf_add_str(out, "\t\tesac\n\tfi\n\treturn ret\n}\n\n_mailwhy \"$@\"\n");
	completion_arguments_done(&all);
}
