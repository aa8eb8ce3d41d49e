/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pipeline.h - from LOGs to facts: the stages put together
 *
 * What trace, report and parse share: open the input as the options say, walk its lines, count them, and
 * keep what the answer says about its sources.
 */
#ifndef CLI_PIPELINE_H
#define CLI_PIPELINE_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/app.h"
#include "event/event.h"
#include "event/line.h"
#include "export/answer.h"
#include "fact/fact.h"
#include "input/input.h"
#include "input/mark.h"

struct pipeline {
	struct app *app;          /* borrowed */
	struct input *input;      /* open until pipeline_close() */
	struct answer_head head;  /* complete after pipeline_finish() */
	bool flush_batches;       /* write the output after each batch: somebody may watch a growing log */
	struct answer_source *sources; /* private */
};

enum pipeline_need {
	PIPELINE_FETCH = 1 << 0,        /* lines of standard input must be readable a second time */
	PIPELINE_LINE_NUMBERS = 1 << 1, /* also of lines behind many that are not asked for */
	PIPELINE_AGAIN = 1 << 2,        /* pipeline_open_again() may follow */
	PIPELINE_OPTIONAL = 1 << 3,     /* there is an answer without logs, too */
};

/*
 * pipeline_open - open LOGs
 *
 * paths: n_paths of them, none: those of the configuration, or the usual places of this machine.  needs: of enum pipeline_need.  Returns 0 or an
 * error of input_open().  The first time that logs are opened, the sandbox is entered (cli/guard.h).
 */
ATTR_NODISCARD int pipeline_open(struct pipeline *p, struct app *app, const char *const *paths, size_t n_paths,
				 unsigned needs, struct err *reterr);

/* The same files once more, as they were found for `first` (which needed PIPELINE_AGAIN, and is still open); paths: as then. */
ATTR_NODISCARD int pipeline_open_again(struct pipeline *p, const struct pipeline *first, const char *const *paths, size_t n_paths,
				       unsigned needs, struct err *reterr);

/* The same for what is new since the marks were made (input/mark.h), which must live as long as the pipeline. */
ATTR_NODISCARD int pipeline_open_marked(struct pipeline *p, struct app *app, const char *const *paths, size_t n_paths,
					const struct input_marks *marks, struct err *reterr);

/* The name of a line's source; borrowed. */
const char *pipeline_file(const struct pipeline *p, uint32_t source);
/* All sources are parts of one log: none tells what another one told. */
bool pipeline_one_log(const struct pipeline *p);

/* Called for every record with its event; false stops the walk. */
typedef bool pipeline_line(void *ctx, const struct line *l, const struct event *e);

/* Walk all lines; counts them into head.lines. */
void pipeline_run(struct pipeline *p, pipeline_line *fn, void *ctx);

/* Fill in head: sources and period as they are now. */
void pipeline_finish(struct pipeline *p);
/* That --since or --until left something out, if there is one of them, and from when to when the logs go: a line of an answer in text. */
void pipeline_say_window(const struct pipeline *p, struct strbuf *out);
/* An input could not be read: exit code 3 */
bool pipeline_failed(const struct pipeline *p);
void pipeline_close(struct pipeline *p);

#endif
