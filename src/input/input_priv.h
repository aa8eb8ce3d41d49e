/* SPDX-License-Identifier: Apache-2.0 */
/*
 * input_priv.h - what the parts of the input share
 *
 * The way of a file: discovery finds its path; probe opens it and looks at its first bytes; the files are
 * grouped into sets and ordered; settle finds year, zone and server label; a stream per set reads it; merge
 * hands the records out.
 */
#ifndef INPUT_INPUT_PRIV_H
#define INPUT_INPUT_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/strbuf.h"
#include "envelope/envelope.h"
#include "envelope/join.h"
#include "envelope/repeat.h"
#include "input/chunk.h"
#include "input/frame.h"
#include "input/input.h"
#include "input/journal.h"
#include "input/mark.h"
#include "input/reader.h"
#include "input/rotated.h"

#define INPUT_HEAD_BYTES ((size_t)64 << 10) /* looked at before a file is read for good */
#define INPUT_CHUNK_BYTES ((size_t)32 << 10)
#define INPUT_CHUNK_MIN_BYTES ((size_t)64) /* for tests: records that straddle chunks */
#define INPUT_BATCH_LINES 256
#define WINDOW_RECORDS_BEHIND 256 /* no mere accident of a clock */

enum {
	ORIGIN_NAMED,     /* by the user */
	ORIGIN_PLACE,     /* a usual place */
	ORIGIN_DIRECTORY, /* found in a directory that the user named: passed over silently if it is no log */
};

/* A file before and while it is read.  files[i] belongs to sources[i]. */
struct input_file {
	/* discovery */
	char *path;            /* "-": standard input */
	char *dir;             /* as part of the set's key; "" if the path has none */
	struct rotated rotated;
	struct envelope_day day; /* that its name tells */
	uint32_t origin;       /* enum, or ORIGIN_DIRECTORY plus the index of the directory it was found in */
	bool dead;             /* passed over: does not even become a source */
	bool mixed;            /* a place where logs of everything lie: without mail it is passed over */
	enum input_skip why;   /* skipped or dead */
	char *same_as;         /* the other file's path; or NULL */
	uint32_t given;        /* rank in the order given */

	enum { JOURNAL_NOT, JOURNAL_LOCAL, JOURNAL_DIR, JOURNAL_FILES } journal; /* read through libsystemd */
	char **members;        /* JOURNAL_FILES: all that lie in one directory */
	size_t n_members, cap_members;

	/* probe */
	bool regular;
	dev_t dev;
	ino_t ino;
	uint64_t size_bytes;
	usec_t mtime_us;
	char *head;            /* the first INPUT_HEAD_BYTES after decompression */
	size_t head_n;
	bool head_is_all;
	struct reader *reader; /* standard input: what comes after head */
	const char *compression;
	uint32_t stored_time;

	/* only with marks */
	char *start;           /* the first start_n bytes, at most MARK_HEAD_BYTES */
	size_t start_n;
	int held_fd;           /* of a regular file, so that a new name does not matter; -1 */
	bool sibling;          /* found beside a log that was named: it may be gone a moment later */
	bool marked;           /* a mark knows the file */
	uint64_t new_from;     /* lines before it were read before */
	uint64_t start_at;     /* reading may begin there */
	struct journal_place *place; /* of a journal; NULL */
	uint64_t read_to;      /* it came to an end there */

	bool mail;             /* a record of the sample is a mail program's; only of mixed files */
	struct envelope_hints hints; /* of the sample; hints.server stands in `host` */
	char *host;
	char *first_raw;       /* starts of the first and last records with an envelope; NULL: unknown */
	char *last_raw;

	/* settle */
	uint32_t set, order;   /* rank in the set */
	usec_t first_us;       /* of first_raw; USEC_NONE */
	usec_t last_us;
	struct tz *tz;         /* owned by the input's table */
	const char *zone;
	bool zone_guessed;
	bool certain;          /* the year stands on the file's own evidence */
	int year;              /* as in struct envelope_clock */
	usec_t latest_us;

	int spool_fd;          /* standard input, kept for input_fetch(); -1 */
	bool told_order;       /* the user knows that its lines are not in the order of time */
	bool failed, skipped;
	struct err error;
};

/* What discovery said of a file, to open the same ones once more. */
struct input_found {
	char *path;
	uint32_t origin;
	unsigned journal;
	bool mixed, sibling, failed;
};

/* Where records lie that do not stand in the file as such. */
struct stream_side {
	struct envelope_room room; /* for the clock; its ctx is this */
	struct chunk_pool *pool;
	struct side_chunk {
		struct chunk *chunk;
		uint64_t batch; /* number of the last batch that holds it */
	} *chunks;             /* the last one is being filled; those before it are wanted by what is on its way */
	size_t n_chunks, cap_chunks;
	size_t used;           /* bytes of the last one */
};

/* The last record of the batch before: "last message repeated 2 times" speaks of it. */
struct stream_before {
	struct line line;      /* with its host, program and text in `bytes` */
	struct strbuf bytes;
	bool known;
};

/* One rotated set, read file by file. */
struct stream {
	uint32_t set;          /* also its rank among equal times */
	uint32_t first_file, end_file; /* its files are [first_file, end_file) */
	struct slice server;   /* label for records without a host; owned by the input */
	bool server_forced;    /* --server: for all records */
	uint32_t server_no;    /* its number */
	uint32_t server_flag;  /* LINE_SERVER_GUESSED or 0, for records without a host */
	bool not_mail;         /* what has Exim's stamp is not Exim's: LINE_NOT_MAIL */

	/* state */
	uint32_t file;         /* that is being read */
	struct reader *reader; /* NULL: the next file is to be opened */
	uint32_t next_file;    /* that `next` reads */
	struct reader *next;   /* of a file that is opened before its turn, to be decompressed ahead; or NULL */
	struct framer framer;
	size_t run_lines;      /* to be framed in one go: as many as went well lately */
	struct envelope_clock clock;
	struct envelope_joiner joiner;
	struct stream_side side;
	struct stream_before before;
	usec_t end_us;         /* WINDOW_RECORDS_BEHIND records in a row that are not before it end the file */
	uint32_t n_behind;     /* of them so far, */
	uint64_t lines_before; /* since this many lines of the file were handed out */
	usec_t key;            /* time of the head, never going back */
	bool has_head;
	struct line head;
	struct chunk *held;    /* the chunk of this stream that the batch holds already */
	uint64_t batch;        /* number of that batch */
};

struct input_zone {
	char *name;
	struct tz *tz;
};

struct input {
	const struct diag *diag;
	struct input_options options; /* pointers in it are only valid during input_open() */
	struct input_file *files;
	struct input_source *sources; /* parallel to files */
	size_t n_files, cap_files;
	struct stream *streams;
	size_t n_streams;
	struct stream **heap;  /* ordered by (key, set) */
	size_t n_heap;
	struct tz *utc;        /* for samples; open while files are probed */
	struct input_zone *zones;
	size_t n_zones, cap_zones;
	char **directories;    /* that the user named */
	size_t n_directories, cap_directories;
	struct input_found *found; /* keep_found */
	size_t n_found;
	int *spools;           /* files without a name, for what standard input, pipes and journals tell: opened while that can be done */
	size_t n_spools;
	char **closed;         /* directories of usual places that may not be read */
	size_t n_closed, cap_closed;
	char **labels;         /* server labels */
	size_t n_labels, cap_labels;
	struct input_passed *passed; /* names are owned */
	size_t n_passed, cap_passed;
	bool nothing;          /* no path was given and no usual place holds a log */
	struct input_position done; /* with files that were read to their end, or passed over */
	struct envelope_numbers numbers; /* of the names in the lines */
	usec_t since_us, until_us; /* the window; open ends are the ends of time */
	bool windowed;         /* not both ends are open */
	struct chunk_pool chunks;
	uint64_t batch;        /* number of the last one */
	const struct line *batch_lines; /* of that one */
	unsigned max_ahead, n_ahead; /* readers with a thread */
};

/* What a batch holds. */
struct input_held {
	struct line *lines;
	size_t cap_lines;
	struct chunk **chunks; /* each once per stream */
	size_t n_chunks, cap_chunks;
};

/* Its logs were read before; marks of those that are not there for once are kept. */
static inline bool input_was_read(const struct input *in)
{
	return in->options.marks && in->options.marks->made_us != USEC_NONE;
}

/* discovery.c: append the files that the options name */
void discover(struct input *in, const struct input_options *o);
struct input_file *input_add_file(struct input *in, const char *path, uint32_t origin);
/* a journal: a directory, a file, or NULL */
void input_add_journal(struct input *in, const char *path, uint32_t origin);
/* free what discovery made */
void discover_done(struct input *in);
/* remember and tell an error of a file */
void input_fail(struct input *in, struct input_file *f, const struct err *err);

/* do not read the file; same_as: path of the one that is read instead, or NULL */
void input_skip(struct input_file *f, enum input_skip why, const char *same_as);
/* pass the file over: it becomes no source */
void input_pass(struct input_file *f, enum input_skip why);

void input_file_done(struct input_file *f);

/* access.c */
#define ACCESS_NO_GROUP ((gid_t)-1)
struct access_who {
	struct strbuf names;   /* "members of group adm", "only user root"; empty: that can't be told */
	char *directory;       /* it is this one that they may search, and we may not; NULL: it is the path itself */
	gid_t group;           /* that one can join */
};
/* Who may read the path?  ret: access_who_done(). */
void access_who(const char *path, struct access_who *ret);
void access_who_done(struct access_who *who);
/* the words for a path that can't be opened, with those who may */
void input_err_open(const char *path, int sys_errno, struct err *reterr);
/* Before anything is opened: what may not be read fails, and how one gets to read it is told. */
void access_check(struct input *in);

/* probe.c: open every file, read its head, sort out what is no log or was given twice */
void probe_all(struct input *in);
/* open a file again; *ret is the caller's */
ATTR_NODISCARD int probe_reopen(const struct input_file *f, struct reader **ret, struct err *reterr);

/* sets.c: order the files (sets in the order given, oldest file first); makes the streams */
void sets_make(struct input *in);

/* settle.c */
/* first_us and last_us where they are known without the set: for the order of the files */
void settle_rough(struct input *in);
ATTR_NODISCARD int settle_clocks(struct input *in, struct err *reterr);

/* server.c */
void settle_servers(struct input *in);
/* the value that the settings have for a file, or NULL */
const char *setting_for(const struct input_setting *settings, size_t n, const struct input_file *f);

/* window.c */
/* no record of the file lies in the window, as far as its sample and the file behind it tell */
bool window_misses(const struct input *in, const struct stream *s, const struct input_file *f);
/*
 * The file was just opened: pass over what lies before the window, and set end_us, behind which nothing in the
 * window follows (INT64_MAX: that can't be told), as far as the order of the file's records allows it.
 */
void window_open_file(struct input *in, struct stream *s);

/* The file was just opened: pass over what lies before start_at, if that can be done. */
void window_start_at(struct input *in, struct stream *s, uint64_t start_at);

/* mark.c */
/* Everything is in order: what of it is new? */
void marks_resolve(struct input *in);
/* A journal is about to be opened: f->place.  Returns the instant from which it is to be read. */
usec_t marks_place_journal(const struct input *in, struct input_file *f);

/* batch.c */
/* an empty batch with room for n lines */
void batch_begin(struct input_batch *b, size_t n);
/* the batch needs the chunk; the batch owns the bytes */
void batch_hold(struct input_batch *b, struct chunk *c);

/* side.c */
void side_init(struct stream_side *s, struct chunk_pool *pool);
void side_done(struct stream_side *s);
/* All records that came out of the stream are in batches: only the room that is left is still wanted. */
void side_forget(struct stream_side *s);
/* The batch (its number) holds records of the stream: it needs what they are made of. */
void side_keep(struct stream_side *s, struct input_batch *b, uint64_t number);
/* Keep the line, which a batch is about to take away. */
void before_keep(struct stream_before *b, const struct line *l);
void before_done(struct stream_before *b);

/* merge.c */
void merge_init(struct input *in);
/* The files that are to keep what can't be read a second time. */
void spools_open(struct input *in);
/* fill an empty batch with up to n lines */
size_t merge_next(struct input *in, struct input_batch *b, size_t n);
void stream_done(struct stream *s);

#endif
