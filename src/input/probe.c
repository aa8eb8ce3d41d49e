/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probe.c - a first look at every file: its head, its tail, is it a log at all, is it there twice
 *
 * The sample is the first 64 KiB after decompression and, for plain files, the last 64 KiB.  Files are closed
 * again; only what can't be opened twice (standard input, pipes) stays open, with its head kept in memory.
 */
#include "input/input_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/ascii.h"
#include "input/journal.h"
#include "input/places.h"

#define SAMPLE_RECORDS 400
#define SAMPLE_RAW_BYTES ((size_t)128 << 10) /* of a record; those in JSON are nothing if they are not whole */
#define ODD_BYTES_MIN 4	       /* control bytes that may stand in the shortest text */
#define SAME_PREFIX_BYTES 4096 /* a log at least this long may be an older copy of a longer one */

/* Is there mail in a log of everything? */
static void look_for_mail(struct input *in, struct input_file *f, struct line *l)
{
	struct envelope_scratch scratch;
	struct envelope_clock clock = { .tz = in->utc, .room = &scratch.room };

	envelope_scratch_init(&scratch);
	l->line_count = 1;
	envelope_parse(&clock, l);
	f->mail = in->options.is_mail(l);
	arena_clear(&scratch.arena);
}

/* A copy of the start of a record, without inner NULs. */
static void keep_raw(char **slot, struct slice raw)
{
	free(*slot);
	if (raw.n > SAMPLE_RAW_BYTES)
		raw.n = SAMPLE_RAW_BYTES;
	*slot = xslicedup(raw);
}

/* Let the envelope look at the records of a piece of the file. */
static void look_at_piece(struct input *in, struct input_file *f, struct slice piece, bool whole, bool tail)
{
	struct chunk_pool pool = { .chunk_bytes = 0 };
	struct framer framer;
	struct line l;
	size_t n = 0;

	framer_init(&framer, &pool, 0);
	frame_feed(&framer, piece);
	framer.eof = whole;
	while ((tail || n < SAMPLE_RECORDS) && frame_next(&framer, &l) == FRAME_RECORD) {
		uint64_t before = f->hints.recognised;

		envelope_look(&f->hints, l.raw);
		n++;
		if (f->mixed && !f->mail && in->options.is_mail)
			look_for_mail(in, f, &l);
		if (f->hints.recognised == before || f->hints.header)
			continue;
		if (!f->first_raw)
			keep_raw(&f->first_raw, l.raw);
		if (tail || whole)
			keep_raw(&f->last_raw, l.raw);
	}
	if (f->hints.server.p && f->hints.server.p != f->host) {
		free(f->host);
		f->host = xslicedup(f->hints.server);
		f->hints.server = slice_str(f->host);
	}
	framer_done(&framer);
	chunk_pool_done(&pool);
}

static bool all_nuls(struct slice s)
{
	return s.n && s.p[0] == '\0' && memcmp(s.p, s.p + 1, s.n - 1) == 0;
}

/* A run of NULs longer than the head, as it is left behind by a log that is cut while its writer goes on: the
 * head is what follows it. */
static void skip_nul_run(struct input_file *f, int fd)
{
	off_t at = lseek(fd, 0, SEEK_DATA);
	ssize_t got;

	for (at = at < 0 ? 0 : at; (got = pread(fd, f->head, INPUT_HEAD_BYTES, at)) > 0; at += got) {
		f->head_n = (size_t)got;
		if (!all_nuls(slice_of(f->head, f->head_n)))
			return;
	}
}

/* The last records of a plain file. */
static void look_at_tail(struct input *in, struct input_file *f, int fd)
{
	size_t n = f->size_bytes < INPUT_HEAD_BYTES ? (size_t)f->size_bytes : INPUT_HEAD_BYTES;
	char *tail = xmalloc(n ? n : 1);
	ssize_t got = pread(fd, tail, n, (off_t)(f->size_bytes - n));
	const char *nl = got > 0 ? memchr(tail, '\n', (size_t)got) : NULL;

	if (nl)
		look_at_piece(in, f, slice_between(nl + 1, tail + got), true, true);
	free(tail);
}

static bool looks_binary(struct slice head)
{
	size_t odd = 0, seen = 0;

	for (size_t i = 0; i < head.n; i++) {
		unsigned char c = (unsigned char)head.p[i];

		if (c == 0 && seen == 0)
			continue; /* a leading run of NULs is what a crash leaves */
		seen++;
		odd += (c < 0x20 && !ascii_space((char)c) && c != 0x1b) || c == 0x7f;
	}
	return odd >= ODD_BYTES_MIN && odd * 20 > seen;
}

/* What a comma separated log leaves out and somebody could put right. */
static void judge_exchange(struct input *in, const struct input_file *f)
{
	const struct envelope_hints *h = &f->hints;

	if (h->headerless)
		diag_say(in->diag, DIAG_WARNING,
			 "'%s': its rows look like those of an Exchange log (%u columns), but the line '#Fields: ...' that names "
			 "their columns is missing: they are counted as malformed; put the header of a log of the same kind "
			 "and server in front of them, or give the whole file", f->path, h->row_columns);
	if (h->unjoined)
		diag_say(in->diag, DIAG_WARNING,
			 "'%s': the export shows lists as 'System.String[]': their recipients are unknown; export them joined: "
			 "Get-MessageTrackingLog ... | Select-Object *,@{n='Recipients';e={$_.Recipients -join ';'}},"
			 "@{n='RecipientStatus';e={$_.RecipientStatus -join ';'}} -ExcludeProperty Recipients,RecipientStatus | "
			 "Export-Csv ... -Encoding UTF8", f->path);
	if (h->slashes && h->dates == DATES_UNKNOWN)
		diag_say(in->diag, DIAG_WARNING,
			 "'%s': nothing tells whether its dates are month/day or day/month, reading them as month/day", f->path);
}

/* What journalctl writes for people to read: its records are of many lines. */
static const char *journal_for_people(struct slice head)
{
	struct slice line = slice_head(head, slice_find_byte(head, '\n'));

	if (slice_is(line, "{") && slice_starts(head, "{\n\t\"") && slice_find(head, SLICE("\"__REALTIME_TIMESTAMP\"")) < head.n)
		return "json-pretty";
	return line.n > 0 && slice_ends(line, "]") && slice_find(line, SLICE(" [s=")) < line.n &&
			       slice_find(line, SLICE(";i=")) < line.n ?
		       "verbose" :
		       NULL;
}

/* Is this something that has records?  If not, the file fails (or is passed over). */
static void judge(struct input *in, struct input_file *f)
{
	struct slice head = slice_of(f->head, f->head_n);
	const char *form = f->hints.recognised == 0 ? journal_for_people(head) : NULL;
	struct err err;

	if (form)
		(void)err_set(&err, ERR_FORMAT,
			      "'%s' is what journalctl -o %s writes for people to read, skipping; -o json and -o export can be read",
			      f->path, form);
	else if (slice_starts(head, JOURNAL_MAGIC))
		(void)err_set(&err, ERR_FORMAT,
			      "'%s' is a compressed file of the systemd journal, skipping; decompress it first", f->path);
	else if (f->hints.recognised == 0 && looks_binary(head))
		(void)err_set(&err, ERR_FORMAT, "'%s' is not a text log, skipping", f->path);
	else
		err.code = ERR_OK;
	if (!err.code)
		judge_exchange(in, f);
	if (f->origin == ORIGIN_NAMED) {
		if (err.code)
			input_fail(in, f, &err);
		return;
	}
	if (err.code && f->origin != ORIGIN_PLACE)
		diag_say(in->diag, DIAG_INFO, "%s", err.msg);
	if (f->origin == ORIGIN_PLACE && f->head_n == 0 && !f->mixed)
		return;
	if (err.code)
		input_pass(f, SKIP_BINARY);
	else if (f->hints.records == 0)
		input_pass(f, SKIP_EMPTY);
	else if (f->hints.recognised * 4 < f->hints.records)
		input_pass(f, SKIP_NO_LOG);
	else if (f->mixed && in->options.is_mail && !f->mail)
		input_pass(f, SKIP_NO_MAIL);
}

/* Read the head through r, which stays open if the file can't be opened again. */
static void probe_head(struct input *in, struct input_file *f, struct reader *r, int tail_fd)
{
	struct err err;
	ssize_t got;

	f->head = xmalloc(INPUT_HEAD_BYTES);
	got = reader_read_full(r, f->head, INPUT_HEAD_BYTES, &err);
	f->compression = r->compression;
	f->stored_time = r->stored_time;
	if (got < 0) {
		input_fail(in, f, &err);
		reader_free(r);
		return;
	}
	f->head_n = (size_t)got;
	if (f->regular && !f->compression && all_nuls(slice_of(f->head, f->head_n)))
		skip_nul_run(f, tail_fd);
	f->head = xrealloc(f->head, f->head_n ? f->head_n : 1);
	f->head_is_all = r->ended && !r->pending.code;
	look_at_piece(in, f, slice_of(f->head, f->head_n), f->head_is_all, false);
	if (!f->head_is_all && !f->compression && f->regular)
		look_at_tail(in, f, tail_fd);
	if (f->regular)
		reader_free(r);
	else
		f->reader = r;
	judge(in, f);
}

/* --- journals ----------------------------------------------------------------------------------------- */

/* A file of the journal joins those of its directory: one handle reads them all, in order.  False: it is none. */
static bool gather_journal(struct input *in, struct input_file *f, int fd)
{
	char magic[sizeof JOURNAL_MAGIC - 1];
	struct input_file *g = in->files;

	if (!f->regular || pread(fd, magic, sizeof magic, 0) != (ssize_t)sizeof magic ||
	    memcmp(magic, JOURNAL_MAGIC, sizeof magic) != 0)
		return false;
	while (g < f && (g->journal != JOURNAL_FILES || strcmp(g->dir, f->dir) != 0))
		g++;
	g->journal = JOURNAL_FILES;
	g->members = vec_grow(g->members, g->n_members, &g->cap_members, sizeof *g->members);
	g->members[g->n_members++] = xstrdup(f->path);
	f->dead = g != f;
	f->regular = false; /* its bytes are no log */
	f->size_bytes = 0;
	return true;
}

/* Files go by the name of their directory, if they are several. */
static void name_members(struct input_file *f)
{
	struct slice dir = slice_str(f->dir);

	if (f->n_members < 2)
		return;
	if (dir.n > 1)
		dir.n--; /* its slash */
	free(f->path);
	f->path = dir.n ? xslicedup(dir) : xstrdup(".");
}

/* The words for a journal that can't be read here. */
static void err_no_library(const struct input_file *f, const struct err *why, struct err *reterr)
{
	(void)err_set(reterr, ERR_UNSUPPORTED,
		      "'%s': %s, skipping; pipe it in: journalctl %s%s%s%s -o export | mailwhy ... -",
		      f->path, why->msg,
		      f->journal == JOURNAL_LOCAL ? "" : f->n_members == 1 ? "--file '" : "--directory '",
		      f->journal == JOURNAL_LOCAL ? "" : f->path, f->journal == JOURNAL_LOCAL ? "" : "'",
		      f->journal == JOURNAL_LOCAL ? "SYSLOG_FACILITY=2" : "");
}

/* Logs that programs write themselves, beside what they would tell syslog. */
static const struct {
	enum envelope_kind kind;
	struct slice program;
} OWN_FILES[] = {
	{ ENVELOPE_EXIM, { "exim", 4 } },
	{ ENVELOPE_POSTFIX, { "postfix", 7 } },
	{ ENVELOPE_DOVECOT, { "dovecot", 7 } },
	{ ENVELOPE_RSPAMD, { "rspamd", 6 } },
};

_Static_assert(ARRAY_LEN(OWN_FILES) <= JOURNAL_WITHOUT_MAX, "room for all of them");

/* Something is to be read of it; a log that may not be read is one. */
static bool is_log(const struct input_file *f)
{
	return !f->dead && (f->failed || f->head_n);
}

static bool any_file_of(const struct input *in, enum envelope_kind kind)
{
	for (size_t i = 0; i < in->n_files; i++)
		if (is_log(&in->files[i]) && in->files[i].hints.kind == kind)
			return true;
	return false;
}

/* The programs whose own files are read: the journal would tell the same once more. */
static size_t read_elsewhere(const struct input *in, struct slice without[JOURNAL_WITHOUT_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(OWN_FILES); i++)
		if (any_file_of(in, OWN_FILES[i].kind))
			without[n++] = OWN_FILES[i].program;
	return n;
}

/* The usual places have nothing but files that single programs write: what the others say stands in the journal. */
static bool lacks_syslog(const struct input *in)
{
	for (size_t i = 0; i < in->n_files; i++) {
		bool own = false;

		for (size_t k = 0; k < ARRAY_LEN(OWN_FILES); k++)
			own = own || in->files[i].hints.kind == OWN_FILES[k].kind;
		if (is_log(&in->files[i]) && !own)
			return false;
	}
	return true;
}

static void probe_journal(struct input *in, struct input_file *f)
{
	struct journal_what what = {
		.dir = f->journal == JOURNAL_DIR ? f->path : NULL,
		.files = (const char *const *)f->members,
		.n_files = f->n_members,
		.since_us = in->options.since_us,
		.until_us = in->options.until_us,
		.wants = in->options.journal_wants,
	};
	struct slice without[JOURNAL_WITHOUT_MAX];
	struct err why, err;
	struct reader *r;

	if (in->options.marks)
		what.since_us = marks_place_journal(in, f);
	what.place = f->place;
	what.n_without = f->origin == ORIGIN_PLACE ? read_elsewhere(in, without) : 0;
	what.without = without;
	name_members(f);
	if (journal_supported(&why) < 0) {
		err_no_library(f, &why, &err);
		if (f->origin == ORIGIN_PLACE)
			f->dead = true;
		else
			input_fail(in, f, &err);
		return;
	}
	r = journal_reader(&what, f->path);
	/* its reads must come from one thread */
	if (in->options.jobs > 1)
		r = reader_ahead(r);
	in->n_ahead += r->ahead;
	probe_head(in, f, r, -1);
	f->dead = f->dead || (f->origin == ORIGIN_PLACE && !f->failed && f->head_n == 0);
}

static void probe_journals(struct input *in)
{
	if (in->options.n_paths == 0 && in->options.n_journals == 0 && lacks_syslog(in))
		input_add_journal(in, NULL, ORIGIN_PLACE);
	for (size_t i = 0; i < in->n_files; i++)
		if (!in->files[i].failed && !in->files[i].dead && in->files[i].journal != JOURNAL_NOT)
			probe_journal(in, &in->files[i]);
}

/* --- files -------------------------------------------------------------------------------------------- */

static bool same_inode(struct input *in, struct input_file *f)
{
	for (const struct input_file *g = in->files; g < f; g++)
		if (f->regular && g->regular && !g->failed && g->dev == f->dev && g->ino == f->ino) {
			if (f->origin != ORIGIN_PLACE)
				diag_say(in->diag, DIAG_WARNING, "'%s' is the same file as '%s', read once",
					 f->path, g->path);
			input_skip(f, SKIP_SAME_FILE, g->path);
			/* a place that two rows of the table name */
			f->dead = f->origin == ORIGIN_PLACE && (g->dead || strcmp(f->path, g->path) == 0);
			if (f->dead)
				f->why = SKIP_NONE;
			return true;
		}
	return false;
}

static int open_fd(const struct input_file *f)
{
	if (strcmp(f->path, "-") == 0)
		return fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	return open(f->path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
}

static void probe(struct input *in, struct input_file *f)
{
	struct reader *r;
	struct stat st;
	struct err err;
	int fd, tail_fd;

	/* not even opened: whether it may be read is nobody's concern */
	if (f->journal != JOURNAL_NOT)
		return;
	if (f->origin >= ORIGIN_DIRECTORY && place_is_foreign(f->rotated.base)) {
		input_pass(f, SKIP_OTHER_LOG);
		return;
	}
	fd = open_fd(f);
	if (fd < 0 && errno == ENOENT && (f->sibling || input_was_read(in))) {
		f->dead = true; /* renamed in this moment: under its new name it will be found another time */
		return;
	}
	if (fd < 0 || fstat(fd, &st) < 0) {
		if (errno == ENOENT)
			(void)err_set(&err, ERR_NOT_FOUND, "'%s': no such file", f->path);
		else
			input_err_open(f->path, errno, &err);
		input_fail(in, f, &err);
		if (fd >= 0)
			(void)close(fd);
		return;
	}
	f->regular = S_ISREG(st.st_mode) && strcmp(f->path, "-") != 0;
	f->dev = st.st_dev;
	f->ino = st.st_ino;
	if (S_ISREG(st.st_mode))
		f->mtime_us = (usec_t)st.st_mtim.tv_sec * USEC_PER_SEC;
	f->size_bytes = f->regular ? (uint64_t)st.st_size : 0;
	if (same_inode(in, f)) {
		(void)close(fd);
		return;
	}
	if (gather_journal(in, f, fd)) {
		(void)close(fd);
		return;
	}
	tail_fd = f->regular ? fcntl(fd, F_DUPFD_CLOEXEC, 3) : -1;
	if (reader_open_fd(fd, f->path, &r, &err) < 0)
		input_fail(in, f, &err);
	else
		probe_head(in, f, r, tail_fd);
	if (in->options.marks)
		f->held_fd = tail_fd;
	else if (tail_fd >= 0)
		(void)close(tail_fd);
}

int probe_reopen(const struct input_file *f, struct reader **ret, struct err *reterr)
{
	int fd = f->held_fd < 0 ? open_fd(f) : fcntl(f->held_fd, F_DUPFD_CLOEXEC, 3);
	struct stat st;

	if (f->held_fd >= 0 && fd >= 0)
		(void)lseek(fd, 0, SEEK_SET);
	/* another file under this name may be out of the sandbox's reach: that it is another one counts */
	if (fd < 0 && (errno != EACCES || stat(f->path, &st) < 0 || (st.st_dev == f->dev && st.st_ino == f->ino))) {
		input_err_open(f->path, errno, reterr);
		return ERR_OPEN;
	}
	if (fd < 0)
		return err_set(reterr, ERR_READ, "'%s': was replaced while it was read, skipping", f->path);
	if (fstat(fd, &st) < 0 || st.st_dev != f->dev || st.st_ino != f->ino) {
		(void)close(fd);
		return err_set(reterr, ERR_READ, "'%s': was replaced while it was read, skipping", f->path);
	}
	return reader_open_fd(fd, f->path, ret, reterr);
}

/* Exim writes one incident into several of its files: equal short ones are no copies. */
static bool is_side_log(const char *base)
{
	return strstr(base, "reject") || strstr(base, "panic");
}

/* Do a and b hold the same log?  True as well if one is the other's beginning. */
static bool same_content(const struct input_file *a, const struct input_file *b)
{
	size_t n = a->head_n < b->head_n ? a->head_n : b->head_n;

	if (n == 0 || memcmp(a->head, b->head, n) != 0)
		return false;
	if (a->head_n == b->head_n && a->head_is_all == b->head_is_all)
		return n == INPUT_HEAD_BYTES || is_side_log(a->rotated.base) == is_side_log(b->rotated.base);
	return n >= SAME_PREFIX_BYTES && (a->head_n == n ? a->head_is_all : b->head_is_all);
}

static bool readable(const struct input_file *f)
{
	return !f->failed && !f->skipped && !f->dead;
}

/* The k-th file if it repeats an earlier one: the shorter of the two is passed over. */
static void skip_copies(struct input *in, size_t k)
{
	struct input_file *b = &in->files[k];

	for (size_t i = 0; i < k && readable(b); i++) {
		struct input_file *a = &in->files[i], *less = b;

		if (!readable(a) || !same_content(a, b))
			continue;
		if (a->regular && b->regular && !a->compression && !b->compression &&
		    a->size_bytes < b->size_bytes)
			less = a;
		input_skip(less, SKIP_SAME_LOG, less == a ? b->path : a->path);
		diag_say(in->diag, DIAG_WARNING, "'%s' holds the same log as '%s', read once", less->path,
			 less == a ? b->path : a->path);
	}
}

/* A directory in which nothing was a log. */
static void judge_directories(struct input *in)
{
	for (size_t i = 0; i < in->n_directories; i++) {
		bool found = false;
		struct err err;

		for (size_t k = 0; k < in->n_files && !found; k++)
			found = in->files[k].origin == ORIGIN_DIRECTORY + i && !in->files[k].dead;
		if (found)
			continue;
		(void)err_set(&err, ERR_NOT_FOUND, "'%s': no logs in this directory", in->directories[i]);
		input_fail(in, input_add_file(in, in->directories[i], ORIGIN_NAMED), &err);
	}
}

void probe_all(struct input *in)
{
	if (tz_open("UTC", &in->utc, NULL) < 0)
		in->options.is_mail = NULL;
	for (size_t i = 0; i < in->n_files; i++)
		if (!in->files[i].failed)
			probe(in, &in->files[i]);
	probe_journals(in);
	for (size_t i = 0; i < in->n_files; i++)
		skip_copies(in, i);
	judge_directories(in);
	tz_free(in->utc);
	in->utc = NULL;
	for (size_t i = 0; i < in->n_files; i++) {
		struct input_file *f = &in->files[i];

		if (in->options.marks && f->head) {
			f->start_n = f->head_n < MARK_HEAD_BYTES ? f->head_n : MARK_HEAD_BYTES;
			f->start = xmalloc(f->start_n + 1);
			memcpy(f->start, f->head, f->start_n);
		}
		if (!f->reader) {
			free(f->head);
			f->head = NULL;
		}
	}
}
