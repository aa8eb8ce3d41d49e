/* SPDX-License-Identifier: Apache-2.0 */
/*
 * help.c - the brief help: what --help prints
 *
 * It is as wide as the terminal, between 60 and 100 columns, and 80 wide in a file or a pipe.
 */
#include "cli/help.h"

#include "base/cursor.h"

#define WIDTH_LEAST 60
#define WIDTH_MOST  100
#define WIDTH_FILE  80

size_t help_width(const struct app *app)
{
	size_t width = app->term.width ? app->term.width : WIDTH_FILE;

	return width < WIDTH_LEAST ? WIDTH_LEAST : width > WIDTH_MOST ? WIDTH_MOST : width;
}

/* Paragraphs, broken at blanks; lines that begin with two blanks as they are. */
static void flow(struct strbuf *out, const char *text, size_t width)
{
	struct cur c = cur_of(slice_str(text));
	size_t column = 0;

	while (!cur_at_end(&c)) {
		struct slice line = cur_token(&c, '\n');
		struct cur words = cur_of(line);

		if (column && (!line.n || slice_starts(line, "  "))) {
			strbuf_add_byte(out, '\n');
			column = 0;
		}
		if (!line.n || slice_starts(line, "  ")) {
			strbuf_add(out, line);
			strbuf_add_byte(out, '\n');
			continue;
		}
		while (!cur_at_end(&words)) {
			struct slice word = cur_token(&words, ' ');

			if (column) {
				bool fits = column + 1 + word.n <= width;

				strbuf_add_byte(out, fits ? ' ' : '\n');
				column = fits ? column + 1 : 0;
			}
			strbuf_add(out, word);
			column += word.n;
		}
	}
	if (column)
		strbuf_add_byte(out, '\n');
}

static void help_general(struct strbuf *out, size_t width)
{
	flow(out,
	     "mailwhy reads the logs of mail servers and says what happened to a message, and why.\n\n"
	     "Usage: mailwhy [options] COMMAND [options] [WHAT] [LOG...]\n\n", width);
	strbuf_add_str(out, "Commands:\n");
	for (size_t i = 0; commands[i]; i++)
		strbuf_printf(out, "  %-9s%s\n", commands[i]->name, commands[i]->summary);
	strbuf_add_byte(out, '\n');
	flow(out,
	     "A LOG is a file (plain or compressed), a directory, a glob, or - for standard input; without any, the usual places of this "
	     "machine are read, or its systemd journal.\n\n", width);
	options_help(out, ON_LOGS, width);
	strbuf_add_byte(out, '\n');
	flow(out,
	     "Exit code: 0 found, 1 nothing found, 2 wrong usage, 3 an input could not be read.\n\n"
	     "mailwhy COMMAND --help shows the options of a command, mailwhy help COMMAND its manual page.\n", width);
}

void help_brief(struct app *app, const struct command *command)
{
	struct strbuf *out = &app->out.buf;
	size_t width = help_width(app);

	if (!command) {
		help_general(out, width);
		return;
	}
	strbuf_printf(out, "Usage: mailwhy %s [options]%s%s\n\n", command->name, *command->arguments ? " " : "", command->arguments);
	flow(out, command->help, width);
	strbuf_add_byte(out, '\n');
	options_help(out, command->bit, width);
	strbuf_printf(out, "\nThe manual page, with more examples: mailwhy help %s\n", command->name);
}
