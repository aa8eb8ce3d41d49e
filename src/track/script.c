/* SPDX-License-Identifier: Apache-2.0 */
/*
 * script.c - the directory that a local submission came from
 *
 * Exim logs each command that it is called with ("cwd=DIR N args: /usr/sbin/sendmail -t -i", log_selector arguments),
 * and right after it the arrival line of the message that this command handed in ("<= ... U=user P=local").  The lines
 * belong together if the same process wrote them (log_selector pid), else if the arrival comes within two seconds and
 * its user may have worked in that directory.  A command hands in one message, unless it talks SMTP (-bs).
 *
 * Traps: Exim calls itself, for each delivery, bounce and queue run; other commands look at the queue.  A script names
 * another sender than its own if it likes (-f).  Monitors and cron work in "/" or in Exim's own directories: their
 * commands have their messages too, but no script.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "base/cursor.h"
#include "fact/submitter.h"
#include "track/track_priv.h"

#define COMMANDS_MAX      256
#define NEXT_US           (2 * USEC_PER_SEC)   /* to the arrival, if nothing but the order of lines joins them */
#define SAME_PROCESS_US   (5 * USEC_PER_MIN)   /* reading the message may take a while */
#define DIRECTORY_BYTES   512
#define SENDER_BYTES      256

struct command {
	usec_t time_us;
	int64_t pid;
	sym_t server;
	bool used;
	bool smtp;              /* may hand in several messages */
	uint16_t directory_n;   /* 0: no script's */
	uint16_t sender_n;      /* of -f; 0: not told */
	struct fact_line at;
	char directory[DIRECTORY_BYTES], sender[SENDER_BYTES];
};

void scripts_done(struct tracker *t)
{
	free(t->scripts.ring);
}

/* ---- commands ---- */

/* the next argument, without the quotes that Exim puts around one with blanks */
static bool next_argument(struct cur *c, struct slice *ret)
{
	while (cur_byte(c, ' '))
		;
	if (cur_at_end(c))
		return false;
	if (cur_byte(c, '"'))
		*ret = cur_token(c, '"');
	else
		*ret = cur_token(c, ' ');
	return true;
}

/* What the letter behind -b asks for: m, s and S take messages in; the others are daemons, listings and tests. */
static bool takes_mail(struct slice option)
{
	return !slice_starts(option, "-b") || (option.n == 3 && (option.p[2] == 'm' || option.p[2] == 's' || option.p[2] == 'S'));
}

/* Deliveries, queue runs, deeds on queued messages, the daemon, tests: not a submission. */
static bool is_other_work(struct slice option)
{
	return slice_starts(option, "-M") || slice_starts(option, "-q") || slice_starts(option, "-R") || slice_starts(option, "-S") ||
	       slice_starts(option, "-E") || (slice_starts(option, "-d") && !slice_is(option, "-dropcr")) || !takes_mail(option);
}

static void keep_sender(struct command *cmd, struct slice sender)
{
	sender = slice_unwrap(slice_trim(sender), '<', '>'); /* PHP hands on "-f a@b" as one word */
	if (sender.n > SENDER_BYTES || slice_find_byte(sender, '@') == sender.n)
		return; /* a local part, or nobody */
	memcpy(cmd->sender, sender.p, sender.n);
	cmd->sender_n = (uint16_t)sender.n;
}

/* false: this command hands nothing in */
static bool read_arguments(struct command *cmd, struct slice arguments)
{
	struct cur c = cur_of(arguments);
	struct slice s;

	if (!next_argument(&c, &s)) /* the program */
		return false;
	while (next_argument(&c, &s)) {
		if (s.n < 2 || s.p[0] != '-')
			continue;
		if (is_other_work(s))
			return false;
		cmd->smtp = cmd->smtp || slice_starts(s, "-bs") || slice_starts(s, "-bS");
		if (slice_is(s, "-f") || slice_is(s, "-r")) {
			if (next_argument(&c, &s))
				keep_sender(cmd, s);
		} else if (slice_starts(s, "-f") || slice_starts(s, "-r")) {
			keep_sender(cmd, slice_from(s, 2));
		}
	}
	return true;
}

/* where no script of anybody's lies */
static bool is_systems_own(struct slice directory)
{
	return slice_is(directory, "/") || slice_starts(directory, "/var/spool/exim") || slice_is(directory, "/etc/csf");
}

void script_command(struct tracker *t, const struct line *l, const struct event *e)
{
	struct scripts *s = &t->scripts;
	struct command *cmd;

	if (!told(e->folder) || !told(e->action) || told(e->related_queue_id))
		return;
	if (!s->ring)
		s->ring = xcalloc(COMMANDS_MAX, sizeof *s->ring);
	cmd = &s->ring[s->n % COMMANDS_MAX];
	*cmd = (struct command){ .time_us = l->time_us, .pid = l->pid, .server = track_server(t, l),
				 .at = { .source = l->source, .length = l->length, .line_no = l->line_no,
					 .offset = l->offset, .time_us = l->time_us } };
	if (!read_arguments(cmd, e->action))
		return;
	if (e->folder.n && e->folder.p[0] == '/' && e->folder.n <= DIRECTORY_BYTES && !is_systems_own(e->folder)) {
		memcpy(cmd->directory, e->folder.p, e->folder.n);
		cmd->directory_n = (uint16_t)e->folder.n;
	}
	s->n++;
}

/* ---- arrivals ---- */

/* How well a command fits an arrival; below 0: not at all. */
static int fit(const struct command *cmd, const struct line *l, const struct message *m)
{
	struct slice owner = submitter_of_home(slice_of(cmd->directory, cmd->directory_n));
	usec_t later = usec_since(cmd->time_us, l->time_us);
	int score = 2;

	if (cmd->pid >= 0 && l->pid >= 0)
		return cmd->pid == l->pid && later >= 0 && later <= SAME_PROCESS_US && (!cmd->used || cmd->smtp) ? 10 : -1;
	if (cmd->used || later < 0 || later > NEXT_US)
		return -1;
	if (told(owner) && told(m->user) && slice_eq(owner, m->user))
		score += 2;
	else if (told(owner) && told(m->user) && !slice_is(m->user, "root") && !submitter_is_web_server(m->user))
		return -1; /* somebody else's home */
	if (cmd->sender_n)
		score += told(m->sender) && slice_eq_fold(m->sender, slice_of(cmd->sender, cmd->sender_n)) ? 1 : -1;
	return score;
}

/* the one that fits best, of equal ones the oldest */
static struct command *find_command(struct tracker *t, const struct open_message *om, const struct line *l)
{
	struct scripts *s = &t->scripts;
	struct command *found = NULL;
	int best = -1;

	for (size_t k = 1; k <= COMMANDS_MAX && k <= s->n; k++) {
		struct command *cmd = &s->ring[(s->n - k) % COMMANDS_MAX];
		int score;

		if (usec_since(cmd->time_us, l->time_us) > SAME_PROCESS_US)
			break;
		if (cmd->server != om->server)
			continue;
		score = fit(cmd, l, &om->m);
		if (score >= best && score >= 0) {
			best = score;
			found = cmd;
		}
		if (best == 10)
			break;
	}
	return found;
}

void script_claim(struct tracker *t, struct open_message *om, const struct line *l)
{
	struct command *cmd = l->time_us == USEC_NONE ? NULL : find_command(t, om, l);

	if (!cmd)
		return;
	cmd->used = true;
	if (cmd->directory_n)
		om->m.directory = arena_copy(&om->arena, slice_of(cmd->directory, cmd->directory_n));
	if (t->o.keep_lines) {
		struct fact_line *line = arena_alloc(&om->arena, sizeof *line);

		*line = cmd->at;
		message_insert_line(om, line);
	}
}
