/* SPDX-License-Identifier: Apache-2.0 */
/*
 * discovery.c - from what the user named to paths: files, directories, globs, "-", the usual places
 */
#include "input/input_priv.h"

#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "input/journal.h"
#include "input/places.h"

#define SIBLING_SLACK_US (2 * USEC_PER_DAY) /* a rotated file that was last written longer before the last reading is not looked at */
#define SETTINGS_MAX_LINES 20000 /* of a configuration file that are looked at */
#define TREE_DEPTH_MAX 8         /* directories below the one that was named: rsyslog writes HOST/YEAR/MONTH/mail.log */
#define TREE_FILES_MAX 20000     /* in one tree: who names a file system does not want to wait */

/* a directory that the user named, with those below it */
struct tree {
	unsigned depth;
	size_t n_files;
	bool journal;            /* the journal lies in the directory itself; one below it may repeat its logs */
	bool cut;                /* there are more files */
};

struct input_file *input_add_file(struct input *in, const char *path, uint32_t origin)
{
	struct input_file *f;
	const char *slash = strrchr(path, '/');

	in->files = vec_grow(in->files, in->n_files, &in->cap_files, sizeof *in->files);
	f = &in->files[in->n_files++];
	*f = (struct input_file){ .origin = origin, .spool_fd = -1, .held_fd = -1 };
	f->given = (uint32_t)in->n_files;
	f->first_us = f->last_us = f->mtime_us = USEC_NONE;
	f->path = xstrdup(path);
	f->dir = xslicedup(slash ? slice_between(path, slash + 1) : SLICE(""));
	rotated_parse(slice_str(slash ? slash + 1 : path), &f->rotated);
	f->day = rotated_day(slice_str(slash ? slash + 1 : path), &f->rotated);
	return f;
}

void input_add_journal(struct input *in, const char *path, uint32_t origin)
{
	struct input_file *f;
	struct stat st;

	if (path && stat(path, &st) == 0 && !S_ISDIR(st.st_mode)) {
		(void)input_add_file(in, path, origin); /* its first bytes tell */
		return;
	}
	for (size_t i = 0; i < in->n_files; i++)
		if (in->files[i].journal == (path ? JOURNAL_DIR : JOURNAL_LOCAL) &&
		    (!path || strcmp(in->files[i].path, path) == 0))
			return;
	f = input_add_file(in, path ? path : "journal", origin);
	f->journal = path ? JOURNAL_DIR : JOURNAL_LOCAL;
}

void input_fail(struct input *in, struct input_file *f, const struct err *err)
{
	f->failed = true;
	f->error = *err;
	diag_say(in->diag, DIAG_ERROR, "%s", err->msg);
	if (in->sources) {
		in->sources[f - in->files].failed = true;
		in->sources[f - in->files].error = *err;
	}
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* A file of the journal, or the directory of one machine's. */
static bool names_journal(const char *name)
{
	struct slice s = slice_str(name);

	return slice_ends(s, ".journal") || slice_ends(s, ".journal~") || journal_names_machine(s);
}

/* The names of the files in a directory, sorted; hidden ones are left out. */
static char **list_directory(DIR *d, size_t *ret_n)
{
	char **names = NULL;
	size_t n = 0, cap = 0;
	const struct dirent *e;

	while ((e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		names = vec_grow(names, n, &cap, sizeof *names);
		names[n++] = xstrdup(e->d_name);
	}
	if (n)
		qsort(names, n, sizeof *names, by_name);
	*ret_n = n;
	return names;
}

static void fail_path(struct input *in, const char *path, const struct err *err)
{
	input_fail(in, input_add_file(in, path, ORIGIN_NAMED), err);
}

static void note_closed(struct input *in, const char *pattern);

static void note_closed_below(struct input *in, const char *dir)
{
	const char *slash = strrchr(dir, '/');
	char *pattern = xasprintf("%s/*", dir);

	if (!slash || !place_is_foreign(slash + 1))
		note_closed(in, pattern);
	free(pattern);
}

/* It was named itself, too: it is read under its own name. */
static bool is_named(const struct input *in, const struct stat *dir)
{
	struct stat st;

	for (size_t i = 0; i < in->options.n_paths; i++)
		if (stat(in->options.paths[i], &st) == 0 && st.st_dev == dir->st_dev && st.st_ino == dir->st_ino)
			return true;
	return false;
}

/* What lies in a directory and in those below it.  Links to directories are not followed: they may lead in a circle. */
static void discover_tree(struct input *in, DIR *d, const char *path, uint32_t origin, struct tree *tree)
{
	size_t n, len = strlen(path);
	char **names = list_directory(d, &n);

	for (size_t i = 0; i < n; i++) {
		char *full = xasprintf("%s%s%s", path, len && path[len - 1] == '/' ? "" : "/", names[i]);
		struct stat st;
		DIR *below;

		if (names_journal(names[i])) {
			tree->journal = tree->journal || tree->depth == 0;
		} else if (tree->n_files >= TREE_FILES_MAX) {
			tree->cut = true;
		} else if (stat(full, &st) == 0 && S_ISREG(st.st_mode)) {
			(void)input_add_file(in, full, origin);
			tree->n_files++;
		} else if (tree->depth < TREE_DEPTH_MAX && lstat(full, &st) == 0 && S_ISDIR(st.st_mode) && !is_named(in, &st)) {
			below = opendir(full);
			tree->depth++;
			if (below)
				discover_tree(in, below, full, origin, tree);
			else if (errno == EACCES)
				note_closed_below(in, full);
			tree->depth--;
		}
		free(full);
		free(names[i]);
	}
	free(names);
	(void)closedir(d);
}

static void discover_directory(struct input *in, const char *path)
{
	DIR *d = opendir(path);
	struct tree tree = { 0 };
	struct err err;
	uint32_t origin;

	if (!d) {
		input_err_open(path, errno, &err);
		fail_path(in, path, &err);
		return;
	}
	in->directories =
		vec_grow(in->directories, in->n_directories, &in->cap_directories, sizeof *in->directories);
	in->directories[in->n_directories] = xstrdup(path);
	origin = ORIGIN_DIRECTORY + (uint32_t)in->n_directories++;
	discover_tree(in, d, path, origin, &tree);
	if (tree.cut)
		diag_say(in->diag, DIAG_WARNING, "'%s': more than %d files lie in it and below, the others are left out; name what is to be read",
			 path, TREE_FILES_MAX);
	if (tree.journal)
		input_add_journal(in, path, origin);
}

/* A pattern that the shell did not expand; false: nothing fits. */
static bool discover_glob(struct input *in, const char *pattern, uint32_t origin)
{
	glob_t g = { .gl_pathc = 0 };
	bool found = glob(pattern, GLOB_NOSORT, NULL, &g) == 0 && g.gl_pathc > 0;

	if (found) {
		qsort(g.gl_pathv, g.gl_pathc, sizeof *g.gl_pathv, by_name);
		for (size_t i = 0; i < g.gl_pathc; i++) {
			struct stat st;

			if (stat(g.gl_pathv[i], &st) < 0 || !S_ISDIR(st.st_mode))
				(void)input_add_file(in, g.gl_pathv[i], origin);
		}
	}
	globfree(&g);
	return found;
}

static bool is_listed(const struct input *in, const char *path)
{
	for (size_t i = 0; i < in->n_files; i++)
		if (strcmp(in->files[i].path, path) == 0)
			return true;
	return false;
}

/* The rotated files beside a log that may hold what is new; false: there is none. */
static bool discover_siblings(struct input *in, const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash ? xslicedup(slice_between(path, slash + 1)) : xstrdup("./");
	DIR *d = opendir(dir);
	const struct input_marks *marks = in->options.marks;
	usec_t since_us = (marks->made_us == USEC_NONE ? in->options.now_us : marks->made_us) - SIBLING_SLACK_US;
	struct rotated of, r;
	bool found = false;
	size_t n = 0;
	char **names = d ? list_directory(d, &n) : NULL;

	if (d)
		(void)closedir(d);
	rotated_parse(slice_str(slash ? slash + 1 : path), &of);
	for (size_t i = 0; i < n; i++) {
		char *full = xasprintf("%s%s", slash ? dir : "", names[i]);
		struct stat st;

		rotated_parse(slice_str(names[i]), &r);
		if (of.kind == ROTATED_LIVE && r.kind != ROTATED_LIVE && strcmp(r.base, of.base) == 0 && stat(full, &st) == 0 &&
		    S_ISREG(st.st_mode) && st.st_mtim.tv_sec * USEC_PER_SEC >= since_us) {
			found = true;
			if (!is_listed(in, full))
				input_add_file(in, full, ORIGIN_NAMED)->sibling = true;
		}
		free(r.base);
		free(full);
		free(names[i]);
	}
	free(of.base);
	free(names);
	free(dir);
	return found;
}

static void discover_path(struct input *in, const char *path)
{
	struct stat st;
	struct err err;

	if (strcmp(path, "-") == 0) {
		(void)input_add_file(in, path, ORIGIN_NAMED);
		return;
	}
	if (stat(path, &st) == 0) {
		if (S_ISDIR(st.st_mode))
			discover_directory(in, path);
		else
			(void)input_add_file(in, path, ORIGIN_NAMED);
		return;
	}
	if (errno != ENOENT && errno != ENOTDIR) {
		(void)input_add_file(in, path, ORIGIN_NAMED); /* the probe finds the words for it */
		return;
	}
	if (strpbrk(path, "*?[") && discover_glob(in, path, ORIGIN_NAMED))
		return;
	if (input_was_read(in) && discover_siblings(in, path))
		return; /* between its renaming and the next line */
	(void)err_set(&err, ERR_NOT_FOUND, "'%s': no such file", path);
	fail_path(in, path, &err);
}

/* The places that one configuration file names with one key. */
static void discover_named_in(struct input *in, const char *path, const char *key)
{
	FILE *f = fopen(path, "re");
	char *line = NULL;
	size_t cap = 0, n_lines = 0;
	ssize_t n;

	if (!f)
		return;
	while ((n = getline(&line, &cap, f)) > 0 && n_lines++ < SETTINGS_MAX_LINES) {
		char *place = place_from_setting(slice_of(line, (size_t)n), key);

		if (place)
			(void)discover_glob(in, place, ORIGIN_PLACE);
		free(place);
	}
	free(line);
	(void)fclose(f);
}

static void discover_named(struct input *in, const struct place_named *named)
{
	glob_t g = { .gl_pathc = 0 };

	if (glob(named->pattern, 0, NULL, &g) == 0)
		for (size_t i = 0; i < g.gl_pathc; i++)
			discover_named_in(in, g.gl_pathv[i], named->key);
	globfree(&g);
}

/* A place whose directory is there, and closed to us: what is in it we shall never know. */
static void note_closed(struct input *in, const char *pattern)
{
	size_t fixed = strcspn(pattern, "*?[");
	size_t slash = slice_rfind_byte(slice_of(pattern, fixed), '/');
	char *dir = xslicedup(slice_of(pattern, slash < fixed ? slash : 0));
	bool known = false;

	for (size_t i = 0; i < in->n_closed; i++)
		known = known || strcmp(in->closed[i], dir) == 0;
	if (known || !dir[0] || access(dir, R_OK | X_OK) == 0 || errno != EACCES || access(dir, F_OK) < 0) {
		free(dir);
		return;
	}
	in->closed = vec_grow(in->closed, in->n_closed, &in->cap_closed, sizeof *in->closed);
	in->closed[in->n_closed++] = dir;
}

static void discover_places(struct input *in)
{
	for (size_t i = 0; i < places_count; i++) {
		size_t first = in->n_files;

		if (!discover_glob(in, places[i].pattern, ORIGIN_PLACE) && places[i].kind == PLACE_OWN)
			note_closed(in, places[i].pattern);
		for (size_t k = first; k < in->n_files; k++)
			in->files[k].mixed = places[i].kind == PLACE_MIXED;
	}
	for (size_t i = 0; i < places_named_count; i++)
		discover_named(in, &places_named[i]);
}

static void keep_found(struct input *in)
{
	in->found = xcalloc(in->n_files + 1, sizeof *in->found);
	for (; in->n_found < in->n_files; in->n_found++) {
		const struct input_file *f = &in->files[in->n_found];

		in->found[in->n_found] = (struct input_found){
			.path = xstrdup(f->path), .origin = f->origin, .journal = (unsigned)f->journal, .mixed = f->mixed,
			.sibling = f->sibling, .failed = f->failed,
		};
	}
}

static void discover_again(struct input *in, const struct input *first)
{
	in->directories = xcalloc(first->n_directories + 1, sizeof *in->directories);
	in->cap_directories = first->n_directories + 1;
	for (; in->n_directories < first->n_directories; in->n_directories++)
		in->directories[in->n_directories] = xstrdup(first->directories[in->n_directories]);
	for (size_t i = 0; i < first->n_found; i++) {
		const struct input_found *found = &first->found[i];
		struct input_file *f = input_add_file(in, found->path, found->origin);

		f->journal = found->journal;
		f->mixed = found->mixed;
		f->sibling = found->sibling;
		f->failed = found->failed;
	}
}

void discover_done(struct input *in)
{
	for (size_t i = 0; i < in->n_directories; i++)
		free(in->directories[i]);
	for (size_t i = 0; i < in->n_closed; i++)
		free(in->closed[i]);
	for (size_t i = 0; i < in->n_found; i++)
		free(in->found[i].path);
	free(in->directories);
	free(in->closed);
	free(in->found);
}

void discover(struct input *in, const struct input_options *o)
{
	if (o->again) {
		discover_again(in, o->again);
		return;
	}
	for (size_t i = 0; i < o->n_paths; i++)
		discover_path(in, o->paths[i]);
	for (size_t i = 0, n = in->n_files; o->marks && i < n; i++) {
		/* the list moves when it grows */
		char *path = xstrdup(in->files[i].path);

		if (!in->files[i].failed)
			(void)discover_siblings(in, path);
		free(path);
	}
	for (size_t i = 0; i < o->n_journals; i++)
		input_add_journal(in, o->journals[i], ORIGIN_NAMED);
	if (o->n_paths == 0 && o->n_journals == 0)
		discover_places(in);
	if (o->keep_found)
		keep_found(in);
}
