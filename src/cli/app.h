/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app.h - the command line: the only place that reads argv, prints and chooses exit codes
 */
#ifndef CLI_APP_H
#define CLI_APP_H

#define EXIT_FOUND   0  /* an answer was given */
#define EXIT_NOTHING 1  /* nothing found; report: no mail line */
#define EXIT_USAGE   2
#define EXIT_INPUT   3  /* an input could not be read, even if others answered */

/* Run one command; returns the exit code. */
int app_main(int argc, char **argv);

#endif
