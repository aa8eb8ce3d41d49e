/* SPDX-License-Identifier: Apache-2.0 */
/*
 * help.h - the brief help: what --help prints
 */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "cli/app.h"

/* Add the help of a command, or that of the program (NULL), to the output. */
void help_brief(struct app *app, const struct command *command);
/* columns that texts for reading are broken at */
size_t help_width(const struct app *app);

#endif
