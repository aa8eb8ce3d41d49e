/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf.h - settings from files
 *
 * Lines of "key = value"; a '#' begins a comment.  Read in this order, later ones win: /etc/mailwhy/mailwhy.conf,
 * /etc/mailwhy/conf.d/NAME.conf by name, $XDG_CONFIG_HOME/mailwhy/mailwhy.conf (or ~/.config/...), then the options of the command
 * line; --config FILE (or $MAILWHY_CONFIG, which may be empty: no file) stands for all of the files.  A line that is wrong costs that line: a warning names
 * the file, the line and what would be right.  docs/configuration.md lists the keys.
 */
#ifndef CLI_CONF_H
#define CLI_CONF_H

#include "base/arena.h"
#include "base/diag.h"
#include "base/ip.h"
#include "cli/options.h"
#include "detect/detect.h"

struct config {
	struct arena arena;          /* of all texts */
	struct detect_setting *settings; /* later ones win */
	size_t n_settings, settings_cap;
	struct ip_net *trusted;
	size_t n_trusted, trusted_cap;
	struct slice *locals;        /* domains and networks, as --local takes them */
	size_t n_locals, locals_cap;
	const char *geoip;           /* a database of countries; NULL: none */
};

/*
 * config_read - the files, then --set and --trust of the command line
 *
 * ERR_USAGE: an option is wrong; ERR_OPEN: --config cannot be read.  Call config_done() in any case.
 */
ATTR_NODISCARD int config_read(struct config *c, const struct options *o, struct diag *diag, struct err *reterr);
void config_done(struct config *c);

#endif
