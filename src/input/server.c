/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server.c - the server of records that name none
 *
 * --server, else (per record) the host it names, else what the sample names: a syslog host of the same set,
 * or the host in Exim's own Message-IDs.  All sets that name nothing share one label: with a single server
 * known among the sets without hosts it is that one (a reject log belongs to its main log), else it is made
 * from the first file's name; rspamd's own file belongs to the one server that all others name. Directories never decide, but for
 * the usual places: what lies in /var/log/exim_mainlog and in /var/log/maillog is of one machine, which syslog's lines name.
 */
#include "input/input_priv.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "input/places.h"

static struct slice keep_label(struct input *in, const char *s)
{
	in->labels = vec_grow(in->labels, in->n_labels, &in->cap_labels, sizeof *in->labels);
	in->labels[in->n_labels] = xstrdup(s);
	return slice_str(in->labels[in->n_labels++]);
}

/* What the files of a set name, or NULL. */
static const char *named_by(const struct input *in, const struct stream *s)
{
	for (uint32_t i = s->first_file; i < s->end_file; i++)
		if (in->files[i].host && in->files[i].host[0])
			return in->files[i].host;
	return NULL;
}

/* Do the set's records come without hosts? */
static bool hostless(const struct input *in, const struct stream *s)
{
	for (uint32_t i = s->first_file; i < s->end_file; i++) {
		const struct input_file *f = &in->files[i];

		if (f->hints.kind != ENVELOPE_NONE && f->hints.kind != ENVELOPE_EXIM && f->hints.kind != ENVELOPE_SMARTERMAIL &&
		    f->hints.kind != ENVELOPE_RSPAMD && (f->hints.kind != ENVELOPE_EXCHANGE || f->host))
			return false;
	}
	return true;
}

/* "mx" and "mx.example.com" are one machine: the syslog of the one has the other's Exim beside it. */
static const char *host_like(const struct input *in, const char *exim_name)
{
	size_t n = strcspn(exim_name, ".");

	for (size_t i = 0; i < in->n_streams; i++) {
		const struct stream *s = &in->streams[i];
		const char *host = hostless(in, s) ? NULL : named_by(in, s);

		if (host &&
		    (strcmp(host, exim_name) == 0 || (strncmp(host, exim_name, n) == 0 && host[n] == '\0')))
			return host;
	}
	return exim_name;
}

/* The one name that the sets without hosts have, or NULL if there are none or several. */
static const char *only_name(const struct input *in)
{
	const char *only = NULL;

	for (size_t i = 0; i < in->n_streams; i++) {
		const struct stream *s = &in->streams[i];
		const char *name = hostless(in, s) ? named_by(in, s) : NULL;

		if (name && only && strcmp(name, only) != 0)
			return NULL;
		if (name)
			only = name;
	}
	return only;
}

/* rspamd's own file lies beside the log of the mail server that asks it: the one server that the others name, or NULL. */
static const char *host_beside(const struct input *in, const struct stream *s)
{
	const char *only = NULL;

	if (in->files[s->first_file].hints.kind != ENVELOPE_RSPAMD)
		return NULL;
	for (size_t i = 0; i < in->n_streams; i++) {
		const char *name = named_by(in, &in->streams[i]);

		if (name && only && strcmp(name, only) != 0)
			return NULL;
		if (name)
			only = name;
	}
	return only;
}

static bool of_machine(const struct input *in, const struct stream *s)
{
	for (uint32_t i = s->first_file; i < s->end_file; i++) {
		const struct input_file *f = &in->files[i];
		const char *slash = strrchr(f->path, '/');
		char *path = xasprintf("%s/%s", f->dir, slash ? slash + 1 : f->path); /* in full */
		bool ours = f->journal == JOURNAL_NOT && strcmp(f->path, "-") != 0 && place_is_of_machine(path);

		free(path);
		if (!ours)
			return false;
	}
	return true;
}

/* The one host that the syslog files in the usual places name, or NULL if there is none or several. */
static const char *machine_host(const struct input *in)
{
	const char *only = NULL;

	for (size_t i = 0; i < in->n_streams; i++) {
		const struct stream *s = &in->streams[i];
		const char *name = hostless(in, s) || !of_machine(in, s) ? NULL : named_by(in, s);

		if (name && only && strcmp(name, only) != 0)
			return NULL;
		if (name)
			only = name;
	}
	return only;
}

/* The first set that needs a label; exim: one of Exim's own files. */
static const char *label_from(const struct input *in, bool exim)
{
	for (size_t i = 0; i < in->n_streams; i++) {
		const struct stream *s = &in->streams[i];
		const struct input_file *f = &in->files[s->first_file];

		if (hostless(in, s) && !named_by(in, s) && f->rotated.base[0] &&
		    (!exim || f->hints.kind == ENVELOPE_EXIM))
			return f->hints.kind == ENVELOPE_SMARTERMAIL ? "smartermail" :
			       strcmp(f->path, "-") == 0	     ? "stdin" :
								       f->rotated.base;
	}
	return NULL;
}

static const char *made_label(const struct input *in)
{
	const char *label = label_from(in, true);

	label = label ? label : label_from(in, false);
	return label ? label : "unknown";
}

void settle_servers(struct input *in)
{
	const struct input_options *o = &in->options;
	const char *only = only_name(in), *machine = in->n_streams > 1 ? machine_host(in) : NULL;
	struct slice shared = keep_label(in, only ? host_like(in, only) : made_label(in));

	for (size_t i = 0; i < in->n_streams; i++) {
		struct stream *s = &in->streams[i];
		const char *forced = NULL, *name = named_by(in, s), *beside = name ? NULL : host_beside(in, s);

		for (uint32_t k = s->first_file; k < s->end_file && !forced; k++)
			forced = setting_for(o->servers, o->n_servers, &in->files[k]);
		s->server_forced = forced != NULL;
		if (machine && (!name || hostless(in, s)) && of_machine(in, s))
			name = machine;
		if (forced)
			s->server = keep_label(in, forced);
		else if (name)
			s->server = keep_label(in, hostless(in, s) ? host_like(in, name) : name);
		else if (beside)
			s->server = keep_label(in, beside);
		else
			s->server = shared;
		s->server_flag = forced || name || only ? 0 : LINE_SERVER_GUESSED;
		for (uint32_t k = s->first_file; k < s->end_file; k++)
			in->sources[k].server = s->server.p;
	}
}
