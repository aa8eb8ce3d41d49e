/* SPDX-License-Identifier: Apache-2.0 */
/*
 * causes.h - the rules of causes: ours, and those of the site
 */
#ifndef CLI_CAUSES_H
#define CLI_CAUSES_H

#include "cli/app.h"
#include "diagnose/diagnose.h"

/*
 * The diagnoser of this run, made when it is first asked for: the built-in rules, and *.rules of --causes or else of /etc/mailwhy/causes.
 * What is wrong with a site's rules is a warning each; the answer goes on without them.  Never NULL; borrowed until the run ends.
 */
const struct diagnoser *app_diagnoser(struct app *app);

#endif
