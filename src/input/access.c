/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access.c - who may read what we may not, and how one becomes one of them
 *
 * Looked up before the first log is opened: names of users and groups are nothing that needs to be reached later on.
 * Source: acl(5); the form of the attribute is that of linux/posix_acl_xattr.h, in little-endian order.
 */
#include "input/input_priv.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "input/places.h"

#define ACL_ATTRIBUTE "system.posix_acl_access"
#define ACL_MAX_BYTES 1024
#define ACL_HEAD_BYTES 4
#define ACL_ENTRY_BYTES 8
#define ACL_VERSION   2
#define ACL_GROUP_OBJ 0x04
#define ACL_GROUP     0x08
#define ACL_MASK      0x10
#define ACL_READ      4
#define ACL_SEARCH    1
#define GROUPS_MAX    256
#define TOLD_MAX      4

static unsigned le16(const unsigned char *p)
{
	return p[0] | (unsigned)p[1] << 8;
}

static uint32_t le32(const unsigned char *p)
{
	return le16(p) | (uint32_t)le16(p + 2) << 16;
}

/* The groups that have these rights (of ACL_READ, ACL_SEARCH) by the mode or the access control list; at most `max`. */
static size_t groups_of(const char *path, const struct stat *st, unsigned rights, gid_t *ret, size_t max)
{
	unsigned char acl[ACL_MAX_BYTES];
	ssize_t got = getxattr(path, ACL_ATTRIBUTE, acl, sizeof acl);
	size_t n = 0, end = got > ACL_HEAD_BYTES ? (size_t)got : 0;
	unsigned mask = 7;

	if (end == 0 || le32(acl) != ACL_VERSION) {
		if ((st->st_mode >> 3 & rights) == rights && max > 0)
			ret[n++] = st->st_gid;
		return n;
	}
	for (size_t i = ACL_HEAD_BYTES; i + ACL_ENTRY_BYTES <= end; i += ACL_ENTRY_BYTES)
		if (le16(acl + i) == ACL_MASK)
			mask = le16(acl + i + 2);
	for (size_t i = ACL_HEAD_BYTES; i + ACL_ENTRY_BYTES <= end && n < max; i += ACL_ENTRY_BYTES) {
		unsigned tag = le16(acl + i);

		if ((le16(acl + i + 2) & mask & rights) != rights)
			continue;
		if (tag == ACL_GROUP_OBJ)
			ret[n++] = st->st_gid;
		else if (tag == ACL_GROUP)
			ret[n++] = le32(acl + i + 4);
	}
	return n;
}

static bool is_ours(gid_t group)
{
	gid_t ours[GROUPS_MAX];
	int n = getgroups(GROUPS_MAX, ours);

	for (int i = 0; i < n; i++)
		if (ours[i] == group)
			return true;
	return group == getegid();
}

static void add_name(struct strbuf *to, const char *name, uint32_t number)
{
	if (name)
		strbuf_add_str(to, name);
	else
		strbuf_printf(to, "%u", number);
}

/* The directory on the way to the path behind which nothing can be seen (caller frees), or NULL. */
static char *closed_directory(const char *path)
{
	char *dir = xstrdup(path);
	struct stat st;

	for (char *slash = strrchr(dir, '/'); slash && slash > dir; slash = strrchr(dir, '/')) {
		*slash = '\0';
		if (stat(dir, &st) == 0)
			return dir;
	}
	free(dir);
	return NULL;
}

/* Of several groups, adm is the one that is made for reading logs. */
static void name_groups(const gid_t *groups, size_t n, struct access_who *ret)
{
	/* root's is nobody's to join */
	if (n > 1 && groups[0] == 0) {
		groups++;
		n--;
	}
	strbuf_add_str(&ret->names, n > 1 ? "members of the groups " : "members of group ");
	for (size_t i = 0; i < n; i++) {
		const struct group *g = getgrgid(groups[i]);

		if (i == 0 || (g && strcmp(g->gr_name, "adm") == 0))
			ret->group = groups[i];
		strbuf_add_str(&ret->names, i ? " and " : "");
		add_name(&ret->names, g ? g->gr_name : NULL, groups[i]);
	}
}

void access_who(const char *path, struct access_who *ret)
{
	unsigned rights = ACL_READ;
	const struct passwd *owner;
	gid_t groups[2];
	struct stat st;
	size_t n;

	*ret = (struct access_who){ .group = ACCESS_NO_GROUP };
	if (stat(path, &st) < 0) {
		ret->directory = closed_directory(path);
		path = ret->directory;
		rights = ACL_SEARCH;
	}
	if (!path || stat(path, &st) < 0)
		return;
	if (S_ISDIR(st.st_mode))
		rights |= ACL_SEARCH;
	n = groups_of(path, &st, rights, groups, ARRAY_LEN(groups));
	if (n) {
		name_groups(groups, n, ret);
		return;
	}
	owner = getpwuid(st.st_uid);
	strbuf_add_str(&ret->names, "only user ");
	add_name(&ret->names, owner ? owner->pw_name : NULL, st.st_uid);
}

void access_who_done(struct access_who *who)
{
	free(who->directory);
	strbuf_done(&who->names);
}

void input_err_open(const char *path, int sys_errno, struct err *reterr)
{
	struct access_who who = { .group = ACCESS_NO_GROUP };

	if (sys_errno == EACCES)
		access_who(path, &who);
	if (!who.names.n)
		(void)err_set(reterr, ERR_OPEN, "'%s': %s, skipping", path, strerror(sys_errno));
	else if (who.directory)
		(void)err_set(reterr, ERR_OPEN, "'%s': permission denied; %s may look into '%s', skipping", path, who.names.p,
			      who.directory);
	else
		(void)err_set(reterr, ERR_OPEN, "'%s': permission denied; %s may read it, skipping", path, who.names.p);
	if (reterr)
		reterr->sys_errno = sys_errno;
	access_who_done(&who);
}

/* --- all of them at once ------------------------------------------------------------------------------ */

struct joining {
	const struct input *in;
	struct strbuf user;
	gid_t told[TOLD_MAX];
	size_t n_told;
};

static bool is_member(const struct group *g, const char *user)
{
	for (char **m = g->gr_mem; m && *m; m++)
		if (strcmp(*m, user) == 0)
			return true;
	return false;
}

/* once for each group */
static void tell_how_to_join(struct joining *j, const char *path)
{
	struct access_who who;
	const struct group *g;

	access_who(path, &who);
	g = who.group == ACCESS_NO_GROUP || is_ours(who.group) ? NULL : getgrgid(who.group);
	access_who_done(&who);
	for (size_t i = 0; g && i < j->n_told; i++)
		if (j->told[i] == g->gr_gid)
			return;
	/* to be in the group root is nothing to advise */
	if (!g || g->gr_gid == 0 || j->n_told == TOLD_MAX)
		return;
	j->told[j->n_told++] = g->gr_gid;
	if (is_member(g, j->user.p))
		diag_say(j->in->diag, DIAG_INFO, "%s is in group %s, but was not when this session began: log in again", j->user.p,
			 g->gr_name);
	else
		diag_say(j->in->diag, DIAG_INFO, "so that %s may read that: usermod -aG %s %s, as root; then log in again", j->user.p,
			 g->gr_name, j->user.p);
}

static bool is_denied(const struct input_file *f)
{
	/* whether another program's log may be read is nobody's concern */
	if (f->failed || f->journal != JOURNAL_NOT || strcmp(f->path, "-") == 0 ||
	    (f->origin >= ORIGIN_DIRECTORY && place_is_foreign(f->rotated.base)))
		return false;
	return access(f->path, R_OK) < 0 && errno == EACCES;
}

/* A place that two rows of the table name is told of once. */
static bool is_repeated(const struct input *in, const struct input_file *f)
{
	for (const struct input_file *g = in->files; g < f; g++)
		if (f->origin == ORIGIN_PLACE && g->failed && strcmp(f->path, g->path) == 0)
			return true;
	return false;
}

static void fail_denied(struct input *in, const bool *denied)
{
	struct err err;

	for (size_t i = 0; i < in->n_files; i++) {
		if (!denied[i])
			continue;
		if (is_repeated(in, &in->files[i])) {
			in->files[i].dead = true;
			continue;
		}
		input_err_open(in->files[i].path, EACCES, &err);
		input_fail(in, &in->files[i], &err);
	}
}

/* Directories among the usual places: failures if there is nothing else, otherwise perhaps nothing that matters. */
static void tell_closed(struct input *in, bool all)
{
	struct access_who who;
	struct err err;

	for (size_t i = 0; i < in->n_closed; i++) {
		input_err_open(in->closed[i], EACCES, &err);
		access_who(in->closed[i], &who);
		if (all)
			input_fail(in, input_add_file(in, in->closed[i], ORIGIN_PLACE), &err);
		else if (who.group != ACCESS_NO_GROUP)
			diag_say(in->diag, DIAG_WARNING, "%s", err.msg);
		access_who_done(&who);
	}
}

static void name_user(struct strbuf *to)
{
	const struct passwd *user = getpwuid(geteuid());

	strbuf_printf(to, "%s", user ? user->pw_name : "USER");
}

void access_check(struct input *in)
{
	struct joining j = { .in = in };
	bool *denied, all = in->options.n_paths == 0 && in->options.n_journals == 0;
	char *journal = NULL;
	size_t n = in->n_closed, n_files = in->n_files;

	if (geteuid() == 0)
		return;
	denied = xcalloc(in->n_files + 1, sizeof *denied);
	for (size_t i = 0; i < in->n_files; i++) {
		denied[i] = is_denied(&in->files[i]);
		n += denied[i];
		all = all && denied[i];
	}
	name_user(&j.user);
	if (all)
		journal = journal_denied(NULL);
	for (size_t i = 0; i < in->options.n_journals && !journal; i++)
		journal = journal_denied(in->options.journals[i]);
	if (all && (n || journal))
		diag_say(in->diag, DIAG_ERROR, "none of the mail logs of this machine may be read by %s",
			 strcmp(j.user.p, "USER") == 0 ? "this user" : j.user.p);
	fail_denied(in, denied);
	tell_closed(in, all && !journal);
	for (size_t i = 0; i < n_files; i++)
		if (denied[i])
			tell_how_to_join(&j, in->files[i].path);
	for (size_t i = 0; i < in->n_closed; i++)
		tell_how_to_join(&j, in->closed[i]);
	if (journal)
		tell_how_to_join(&j, journal);
	free(journal);
	free(denied);
	strbuf_done(&j.user);
}
