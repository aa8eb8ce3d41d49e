/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state.c - what `check` remembers between two calls
 */
#include "check/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/io.h"
#include "base/json.h"
#include "check/state_priv.h"

#define STATE_MAX_BYTES ((size_t)64 << 20)
#define LOCK_STEP_US    (50 * USEC_PER_MSEC)

void state_done(struct check_state *s)
{
	if (s->lock_fd >= 0)
		(void)close(s->lock_fd);
	input_marks_done(&s->marks);
	free(s->spans);
	free(s->path);
	*s = (struct check_state){ .lock_fd = -1 };
}

struct check_span *state_add_span(struct check_state *s)
{
	s->spans = vec_grow(s->spans, s->n_spans, &s->cap_spans, sizeof *s->spans);
	s->spans[s->n_spans] = (struct check_span){ 0 };
	return &s->spans[s->n_spans++];
}

void state_add(struct check_state *s, const struct check_span *span, usec_t keep_from_us)
{
	struct check_span *last;
	size_t old = 0;

	while (old < s->n_spans && s->spans[old].until_us <= keep_from_us)
		old++;
	if (s->n_spans - old >= SPANS_MAX)
		old++;
	if (old) {
		s->n_spans -= old;
		memmove(s->spans, s->spans + old, s->n_spans * sizeof *s->spans);
	}
	last = s->n_spans ? &s->spans[s->n_spans - 1] : NULL;
	if (last && span->until_us - last->from_us <= USEC_PER_MIN) {
		counts_add(&last->counts, &span->counts);
		last->until_us = span->until_us;
	} else {
		*state_add_span(s) = *span;
	}
}

/* --- writing ------------------------------------------------------------------------------------------ */

static void hex_json(struct json *j, const char *key, uint64_t v)
{
	static const char DIGITS[] = "0123456789abcdef";
	char text[16];

	for (size_t i = sizeof text; i-- > 0; v >>= 4)
		text[i] = DIGITS[v & 15];
	json_kv_string(j, key, slice_of(text, sizeof text));
}

static void instant_json(struct json *j, const char *key, usec_t t)
{
	json_key(j, key);
	if (t == USEC_NONE)
		json_null(j);
	else
		json_int(j, t);
}

static void mark_json(struct json *j, const struct input_mark *m)
{
	json_begin_object(j);
	json_kv_str(j, "path", m->path);
	hex_json(j, "dev", m->dev);
	hex_json(j, "ino", m->ino);
	json_kv_int(j, "offset", (int64_t)m->offset);
	json_kv_int(j, "resume", (int64_t)m->resume);
	json_kv_int(j, "head_n", (int64_t)m->head_n);
	hex_json(j, "head", m->head_hash);
	json_kv_int(j, "tail_n", (int64_t)m->tail_n);
	hex_json(j, "tail", m->tail_hash);
	instant_json(j, "seen", m->seen_us);
	if (m->cursor) {
		json_kv_str(j, "cursor", m->cursor);
		instant_json(j, "time", m->time_us);
		instant_json(j, "resume_time", m->resume_us);
	}
	json_end_object(j);
}

static void delays_json(struct json *j, const struct histogram *h)
{
	json_begin_array(j);
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
		if (h->buckets[i].n == 0)
			continue;
		json_begin_array(j);
		json_int(j, i);
		json_int(j, h->buckets[i].n);
		json_int(j, h->buckets[i].sum_us);
		json_end_array(j);
	}
	json_end_array(j);
}

static void span_json(struct json *j, const struct check_span *s)
{
	json_begin_object(j);
	instant_json(j, "from", s->from_us);
	instant_json(j, "until", s->until_us);
	json_key(j, "counts");
	json_begin_object(j);
	for (int k = 0; k < CHECK_COUNT_COUNT; k++)
		if (s->counts.n[k])
			json_kv_int(j, check_count_name((enum check_count)k), s->counts.n[k]);
	json_end_object(j);
	json_key(j, "delays");
	delays_json(j, &s->counts.delays);
	json_end_object(j);
}

void state_text(const struct check_state *s, struct strbuf *out)
{
	struct json j;

	json_init(&j, out, 0);
	json_begin_object(&j);
	json_kv_int(&j, "mailwhy_check", STATE_VERSION);
	instant_json(&j, "created", s->created_us);
	instant_json(&j, "made", s->marks.made_us);
	instant_json(&j, "last_mail", s->last_mail_us);
	instant_json(&j, "last_line", s->last_line_us);
	json_key(&j, "files");
	json_begin_array(&j);
	for (size_t i = 0; i < s->marks.n; i++)
		mark_json(&j, &s->marks.items[i]);
	json_end_array(&j);
	json_key(&j, "history");
	json_begin_array(&j);
	for (size_t i = 0; i < s->n_spans; i++)
		span_json(&j, &s->spans[i]);
	json_end_array(&j);
	json_end_object(&j);
	strbuf_add_byte(out, '\n');
}

int state_write(const char *path, struct slice text, struct err *reterr)
{
	char *fresh = xasprintf("%s.new", path);
	int fd, r = 0;

	(void)unlink(fresh); /* left by a call that was killed; the lock is ours */
	fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || !io_write_all(fd, text) || fsync(fd) < 0 || rename(fresh, path) < 0)
		r = err_set_errno(reterr, ERR_WRITE, errno, "the state '%s' can't be written", path);
	if (fd >= 0)
		(void)close(fd);
	if (r < 0 && fd >= 0)
		(void)unlink(fresh);
	free(fresh);
	return r;
}

/* --- opening ------------------------------------------------------------------------------------------ */

static int make_directory(const char *path, struct err *reterr)
{
	char *dir = xstrdup(path);
	struct stat st;
	int r = 0;

	for (char *p = dir + 1; *p && r == 0; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (mkdir(dir, 0700) < 0 && errno != EEXIST && (stat(dir, &st) < 0 || !S_ISDIR(st.st_mode)))
			r = err_set_errno(reterr, ERR_OPEN, errno, "the directory '%s' for the state can't be made", dir);
		*p = '/';
	}
	free(dir);
	return r;
}

static int lock(struct check_state *s, struct err *reterr)
{
	char *path = xasprintf("%s.lock", s->path);
	const struct timespec step = { .tv_nsec = LOCK_STEP_US * 1000 };
	int r = 0;

	s->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (s->lock_fd < 0)
		r = err_set_errno(reterr, ERR_OPEN, errno, "the state's lock '%s' can't be opened", path);
	for (usec_t waited = 0; r == 0 && flock(s->lock_fd, LOCK_EX | LOCK_NB) < 0; waited += LOCK_STEP_US) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			r = err_set_errno(reterr, ERR_OPEN, errno, "'%s' can't be locked", path);
		else if (waited >= STATE_WAIT_US)
			r = err_set(reterr, ERR_LIMIT, "another check with the state '%s' is running", s->path);
		else
			(void)nanosleep(&step, NULL);
	}
	free(path);
	return r;
}

static int read_file(const char *path, struct strbuf *out, bool *ret_there, struct err *reterr)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), e;

	*ret_there = fd >= 0;
	if (fd < 0)
		return errno == ENOENT ? 0 : err_set_errno(reterr, ERR_OPEN, errno, "the state '%s' can't be opened", path);
	e = io_read_all(fd, STATE_MAX_BYTES, out);
	(void)close(fd);
	return e ? err_set_errno(reterr, ERR_READ, e, "the state '%s' can't be read", path) : 0;
}

int state_open(struct check_state *s, const char *path, usec_t now_us, struct err *reterr)
{
	struct strbuf text = { 0 };
	bool there = false;
	int r;

	*s = (struct check_state){
		.path = xstrdup(path), .lock_fd = -1, .created_us = now_us, .last_mail_us = USEC_NONE, .last_line_us = USEC_NONE,
		.marks.made_us = USEC_NONE,
	};
	r = state_supported(reterr);
	if (r == 0)
		r = make_directory(path, reterr);
	if (r == 0)
		r = lock(s, reterr);
	if (r == 0)
		r = read_file(path, &text, &there, reterr);
	if (r == 0 && there)
		r = state_parse(s, strbuf_slice(&text), reterr);
	s->fresh = !there;
	strbuf_done(&text);
	return r;
}
