/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal.c - the systemd journal as a stream of bytes, through libsystemd
 *
 * Matches choose the entries of facility mail, and those whose tag is one of a mail program: the tags that are there are
 * asked for first, so that "postfix-out/smtpd" is found as well.  libsystemd may be older or newer than the one that
 * this was built with: the calls that came late (systemd 246) have an older one in their place.
 * Source: sd-journal(3) and the pages that it names; docs/JOURNAL_EXPORT_FORMATS.md of systemd.
 * Traps: who may not read a journal sees an empty one, without an error; a sd_journal belongs to one thread.
 */
#include "input/journal.h"

#include <errno.h>

#include "config.h"

#include "base/ascii.h"

#define MACHINE_ID_BYTES 32

bool journal_names_machine(struct slice name)
{
	size_t i = 0;

	while (i < name.n && ascii_xdigit(name.p[i]))
		i++;
	return i == MACHINE_ID_BYTES && name.n == i;
}

uint64_t journal_new_at(const struct journal_place *place)
{
	return __atomic_load_n(&place->new_at, __ATOMIC_ACQUIRE);
}

#if HAVE_SYSTEMD

#include <assert.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/strbuf.h"
#include "input/input_priv.h"
#include "input/library.h"

#define LIBRARY "libsystemd.so.0"
#define MATCHES_MAX 500       /* tags; anybody may write under new ones */
#define TAG_FIELD "SYSLOG_IDENTIFIER="
#define TAG_MAX_BYTES ((size_t)256)
/* The journal is sought by the time of its own clock, which is a little behind that of the sender. */
#define SLACK_US (10 * USEC_PER_MIN)
#define ENTRIES_BEHIND 256    /* so many in a row behind the window end the reading: no mere accident of a clock */

/* What is called by another name in older releases: nearly the same, without passing over what is damaged. */
#define LIBRARY_CALLS(X) /* call, older name or NULL */            \
	X(sd_journal_open, NULL)                                   \
	X(sd_journal_open_directory, NULL)                         \
	X(sd_journal_open_files, NULL)                             \
	X(sd_journal_close, NULL)                                  \
	X(sd_journal_add_match, NULL)                              \
	X(sd_journal_add_disjunction, NULL)                        \
	X(sd_journal_seek_head, NULL)                              \
	X(sd_journal_seek_realtime_usec, NULL)                     \
	X(sd_journal_next, NULL)                                   \
	X(sd_journal_get_realtime_usec, NULL)                      \
	X(sd_journal_get_cursor, NULL)                             \
	X(sd_journal_test_cursor, NULL)                            \
	X(sd_journal_set_data_threshold, NULL)                     \
	X(sd_journal_query_unique, NULL)                           \
	X(sd_journal_restart_unique, NULL)                         \
	X(sd_journal_restart_data, NULL)                           \
	X(sd_journal_enumerate_available_unique, "sd_journal_enumerate_unique") \
	X(sd_journal_enumerate_available_data, "sd_journal_enumerate_data")

struct library {
#define X(call, older) __typeof__(&call) call;
	LIBRARY_CALLS(X)
#undef X
};

struct journal {
	struct reader base;
	struct library lib;
	char *dir;
	char **files;         /* ends with NULL; NULL: none were named */
	usec_t since_us, until_us;
	bool (*wants)(struct slice program);
	struct slice without[JOURNAL_WITHOUT_MAX];
	size_t n_without;
	sd_journal *handle;   /* NULL: not opened yet */
	unsigned n_behind;    /* entries in a row that are behind the window */
	struct strbuf entry;  /* the last one, */
	size_t at;            /* of which so much was handed out */
	struct journal_place *place;
	char *old_cursor;     /* of the place, as it was */
	bool passed;          /* the entry with that cursor */
	usec_t old_us;
	uint64_t handed_out;  /* bytes */
};

static int load(struct library *lib, struct err *reterr)
{
#define X(call, older) { #call, older },
	static const struct library_call CALLS[] = { LIBRARY_CALLS(X) };
#undef X
	const char *missing = library_load(LIBRARY, CALLS, ARRAY_LEN(CALLS), lib);

	if (!missing)
		return 0;
	if (strcmp(missing, LIBRARY) == 0)
		return err_set(reterr, ERR_UNSUPPORTED, "the journal is read through %s, which is not here", LIBRARY);
	return err_set(reterr, ERR_UNSUPPORTED, "%s lacks %s(): it is too old to read the journal", LIBRARY, missing);
}

int journal_supported(struct err *reterr)
{
	struct library lib;

	return load(&lib, reterr);
}

/* --- may it be read? ---------------------------------------------------------------------------------- */

static int err_denied(const char *path, struct err *reterr)
{
	struct access_who who;
	bool told;

	access_who(path, &who);
	told = who.names.n && who.group != ACCESS_NO_GROUP && who.group != 0;
	/* Debian and its kin let adm read it too, by an access control list */
	(void)err_set(reterr, ERR_OPEN, "'%s': permission denied; %s may read the journal, skipping", path,
		      told ? who.names.p : "members of the groups systemd-journal and adm");
	access_who_done(&who);
	return ERR_OPEN;
}

/* A file that mail may be in; those of single users are their own business. */
static bool matters(const char *name)
{
	return strncmp(name, "system", strlen("system")) == 0 && strstr(name, ".journal");
}

/* In the directory of one machine, or in one with such directories in it: what is there that we may not read? */
static char *denied_below(const char *path, bool deeper)
{
	DIR *d = opendir(path);
	const struct dirent *e;
	char *denied = NULL;

	if (!d)
		return errno == EACCES ? xstrdup(path) : NULL;
	while (!denied && (e = readdir(d))) {
		char *full = xasprintf("%s/%s", path, e->d_name);

		if (deeper && journal_names_machine(slice_str(e->d_name)))
			denied = denied_below(full, false);
		else if (matters(e->d_name) && access(full, R_OK) < 0 && errno == EACCES)
			denied = xstrdup(full);
		free(full);
	}
	(void)closedir(d);
	return denied;
}

char *journal_denied(const char *dir)
{
	char *denied = dir ? NULL : denied_below("/var/log/journal", true);

	if (dir)
		return denied_below(dir, true);
	return denied ? denied : denied_below("/run/log/journal", true);
}

static int check_access(const struct journal *j, struct err *reterr)
{
	char *denied = NULL;
	int rc = 0;

	for (char **f = j->files; f && *f && !denied; f++)
		if (access(*f, R_OK) < 0 && errno == EACCES)
			denied = xstrdup(*f);
	if (!j->files)
		denied = journal_denied(j->dir);
	if (denied)
		rc = err_denied(denied, reterr);
	free(denied);
	return rc;
}

/* --- opening ------------------------------------------------------------------------------------------ */

static int err_journal(const struct journal *j, enum err_code code, int rc, struct err *reterr)
{
	(void)err_set(reterr, code, "'%s': reading the journal failed: %s", j->base.name, strerror(-rc));
	if (reterr)
		reterr->sys_errno = -rc;
	return code;
}

static int add_match(const struct journal *j, struct slice field)
{
	return j->lib.sd_journal_add_match(j->handle, field.p, field.n);
}

/* Facility mail, or one of the tags that mail programs write under. */
static int add_matches(const struct journal *j)
{
	const struct library *lib = &j->lib;
	const void *data;
	size_t n, matches = 0;
	int rc = add_match(j, SLICE("SYSLOG_FACILITY=2"));

	if (rc < 0 || !j->wants)
		return rc;
	rc = lib->sd_journal_query_unique(j->handle, "SYSLOG_IDENTIFIER");
	if (rc >= 0)
		rc = lib->sd_journal_add_disjunction(j->handle);
	if (rc < 0)
		return rc;
	lib->sd_journal_restart_unique(j->handle);
	while (matches < MATCHES_MAX && lib->sd_journal_enumerate_available_unique(j->handle, &data, &n) > 0) {
		struct slice field = slice_of(data, n), tag = slice_from(field, strlen(TAG_FIELD));

		if (tag.n > TAG_MAX_BYTES || !j->wants(tag))
			continue;
		rc = add_match(j, field);
		if (rc < 0)
			return rc;
		matches++;
	}
	/* an empty term of a disjunction would match nothing, and is left out by libsystemd */
	return 0;
}

static int open_handle(struct journal *j)
{
	if (j->dir)
		return j->lib.sd_journal_open_directory(&j->handle, j->dir, 0);
	if (j->files)
		return j->lib.sd_journal_open_files(&j->handle, (const char **)(void *)j->files, 0);
	return j->lib.sd_journal_open(&j->handle, SD_JOURNAL_LOCAL_ONLY);
}

static int journal_open(struct journal *j, struct err *reterr)
{
	const struct library *lib = &j->lib;
	int rc = load(&j->lib, reterr);

	if (rc == 0)
		rc = check_access(j, reterr);
	if (rc < 0)
		return rc;
	rc = open_handle(j);
	if (rc == -ENOENT || rc == -ENOTDIR)
		return err_set(reterr, ERR_NOT_FOUND, "'%s': no journal there, skipping", j->base.name);
	if (rc >= 0)
		rc = lib->sd_journal_set_data_threshold(j->handle, INPUT_RECORD_MAX_BYTES);
	if (rc >= 0)
		rc = add_matches(j);
	if (rc >= 0 && j->since_us != USEC_NONE && j->since_us > SLACK_US)
		rc = lib->sd_journal_seek_realtime_usec(j->handle, (uint64_t)(j->since_us - SLACK_US));
	else if (rc >= 0)
		rc = lib->sd_journal_seek_head(j->handle);
	return rc < 0 ? err_journal(j, ERR_OPEN, rc, reterr) : 0;
}

/* --- reading ------------------------------------------------------------------------------------------ */

/* The fields that are handed on: what a record is made of, and what tells the reader of its raw form where it is from. */
static bool is_kept(struct slice name)
{
	static const struct slice names[] = {
		{ "MESSAGE", 7 },     { "PRIORITY", 8 },   { "SYSLOG_FACILITY", 15 }, { "SYSLOG_IDENTIFIER", 17 },
		{ "SYSLOG_PID", 10 }, { "_COMM", 5 },      { "_HOSTNAME", 9 },        { "_LINE_BREAK", 11 },
		{ "_PID", 4 },        { "_TRANSPORT", 10 }, { "_SYSTEMD_UNIT", 13 },  { "_SOURCE_REALTIME_TIMESTAMP", 26 },
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (slice_eq(name, names[i]))
			return true;
	return false;
}

static void add_field(struct strbuf *out, struct slice field)
{
	size_t equals = slice_find_byte(field, '=');
	struct slice value = slice_from(field, equals + 1);

	if (equals == field.n || !is_kept(slice_head(field, equals)))
		return;
	if (memchr(field.p, '\n', field.n) || slice_ends(field, "\r")) {
		uint64_t left = value.n;

		strbuf_add(out, slice_head(field, equals));
		strbuf_add_byte(out, '\n');
		for (size_t i = 0; i < sizeof left; i++, left >>= 8)
			strbuf_add_byte(out, (char)(left & 0xff));
		strbuf_add(out, value);
	} else {
		strbuf_add(out, field);
	}
	strbuf_add_byte(out, '\n');
}

/* Is this field the tag of a program that is read elsewhere? */
static bool is_left_out(const struct journal *j, struct slice field)
{
	struct slice tag = slice_from(field, strlen(TAG_FIELD));

	if (j->n_without == 0 || !slice_starts(field, TAG_FIELD))
		return false;
	for (size_t i = 0; i < j->n_without; i++)
		if (slice_eq(slice_head(tag, j->without[i].n), j->without[i]))
			return true;
	return false;
}

static void take_entry(struct journal *j, uint64_t realtime_us)
{
	bool left_out = false;
	const void *data;
	size_t n;

	strbuf_clear(&j->entry);
	j->at = 0;
	strbuf_printf(&j->entry, "__REALTIME_TIMESTAMP=%llu\n", (unsigned long long)realtime_us);
	j->lib.sd_journal_restart_data(j->handle);
	while (j->lib.sd_journal_enumerate_available_data(j->handle, &data, &n) > 0) {
		add_field(&j->entry, slice_of(data, n));
		left_out = left_out || is_left_out(j, slice_of(data, n));
	}
	strbuf_add_byte(&j->entry, '\n');
	if (left_out)
		strbuf_clear(&j->entry);
}

/* Is this the first entry that was not there the last time?  Where the journal is now, is noted. */
static void note_place(struct journal *j, uint64_t realtime_us)
{
	struct journal_place *p = j->place;
	bool is_old = !j->passed && realtime_us <= (uint64_t)j->old_us;
	char *cursor = NULL;

	if (!is_old && __atomic_load_n(&p->new_at, __ATOMIC_ACQUIRE) == UINT64_MAX)
		__atomic_store_n(&p->new_at, j->handed_out, __ATOMIC_RELEASE);
	if (!j->passed && j->old_cursor)
		j->passed = j->lib.sd_journal_test_cursor(j->handle, j->old_cursor) > 0;
	if (is_old && !j->passed && j->old_cursor)
		return;
	if (j->lib.sd_journal_get_cursor(j->handle, &cursor) >= 0) {
		free(p->cursor);
		p->cursor = cursor;
		p->time_us = (usec_t)realtime_us;
	}
}

/* The next entry into j->entry; 0: there is none, 1: there it is. */
static int next_entry(struct journal *j, struct err *reterr)
{
	uint64_t realtime_us;
	int rc = j->lib.sd_journal_next(j->handle);

	if (rc > 0)
		rc = j->lib.sd_journal_get_realtime_usec(j->handle, &realtime_us) < 0 ? -EBADMSG : 1;
	if (rc < 0)
		return err_journal(j, ERR_READ, rc, reterr);
	if (rc == 0)
		return 0;
	j->n_behind = j->until_us != USEC_NONE && realtime_us > (uint64_t)j->until_us + SLACK_US ? j->n_behind + 1 : 0;
	if (j->n_behind == ENTRIES_BEHIND)
		return 0;
	take_entry(j, realtime_us);
	if (j->place)
		note_place(j, realtime_us);
	return 1;
}

/* as soon as may be, and by the thread that read */
static void journal_close(struct journal *j)
{
	if (j->handle)
		j->lib.sd_journal_close(j->handle);
	j->handle = NULL;
}

static ssize_t journal_read(struct reader *r, char *buf, size_t n, struct err *reterr)
{
	struct journal *j = (struct journal *)r;
	size_t left;
	int rc = 1;

	if (!j->handle)
		rc = journal_open(j, reterr) < 0 ? (reterr ? (int)reterr->code : ERR_OPEN) : 1;
	while (rc > 0 && j->at == j->entry.n)
		rc = next_entry(j, reterr);
	if (rc <= 0) {
		journal_close(j);
		return rc;
	}
	left = j->entry.n - j->at;
	n = n < left ? n : left;
	memcpy(buf, j->entry.p + j->at, n);
	j->at += n;
	r->taken_bytes += n;
	j->handed_out += n;
	return (ssize_t)n;
}

static void journal_done(struct reader *r)
{
	struct journal *j = (struct journal *)r;

	journal_close(j);
	for (char **f = j->files; f && *f; f++)
		free(*f);
	free(j->files);
	free(j->dir);
	free(j->old_cursor);
	strbuf_done(&j->entry);
}

static const struct reader_ops journal_ops = { .read = journal_read, .done = journal_done };

struct reader *journal_reader(const struct journal_what *what, const char *name)
{
	struct journal *j = xcalloc(1, sizeof *j);

	j->base.ops = &journal_ops;
	j->base.name = xstrdup(name);
	j->dir = what->dir ? xstrdup(what->dir) : NULL;
	j->since_us = what->since_us;
	j->until_us = what->until_us;
	j->wants = what->wants;
	j->place = what->place;
	if (what->place) {
		j->old_us = what->place->time_us;
		j->old_cursor = what->place->cursor ? xstrdup(what->place->cursor) : NULL;
	}
	assert(what->n_without <= JOURNAL_WITHOUT_MAX);
	for (; j->n_without < what->n_without; j->n_without++)
		j->without[j->n_without] = what->without[j->n_without];
	if (what->n_files)
		j->files = xcalloc(what->n_files + 1, sizeof *j->files);
	for (size_t i = 0; i < what->n_files; i++)
		j->files[i] = xstrdup(what->files[i]);
	return &j->base;
}

#else

#include <stdlib.h>

#include "base/alloc.h"

char *journal_denied(const char *dir)
{
	(void)dir;
	return NULL;
}

int journal_supported(struct err *reterr)
{
	return err_set(reterr, ERR_UNSUPPORTED, "this mailwhy was built without libsystemd, which reads the journal");
}

static ssize_t unsupported_read(struct reader *r, char *buf, size_t n, struct err *reterr)
{
	(void)r;
	(void)buf;
	(void)n;
	return journal_supported(reterr);
}

static void unsupported_done(struct reader *r)
{
	(void)r;
}

struct reader *journal_reader(const struct journal_what *what, const char *name)
{
	static const struct reader_ops ops = { .read = unsupported_read, .done = unsupported_done };
	struct reader *r = xcalloc(1, sizeof *r);

	(void)what;
	r->ops = &ops;
	r->name = xstrdup(name);
	return r;
}

#endif
