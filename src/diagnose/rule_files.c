/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rule_files.c - the files of data/causes
 */
#include "diagnose/rule_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/io.h"
#include "base/strbuf.h"

static int is_rule_file(const struct dirent *e)
{
	return e->d_name[0] != '.' && slice_ends(slice_str(e->d_name), ".rules");
}

int rule_files_list(const char *dir, char ***ret_paths)
{
	struct dirent **names;
	int n = scandir(dir, &names, is_rule_file, alphasort);

	if (n < 0)
		return -1;
	*ret_paths = xcalloc((size_t)n, sizeof **ret_paths);
	for (int i = 0; i < n; i++) {
		(*ret_paths)[i] = xasprintf("%s/%s", dir, names[i]->d_name);
		free(names[i]);
	}
	free(names);
	return n;
}

bool rule_file_read(struct rules *to, const char *path, const struct diag *diag)
{
	struct strbuf text = { 0 };
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool ok;

	if (fd < 0)
		return false;
	ok = io_read_all(fd, SIZE_MAX, &text) == 0;
	(void)close(fd);
	if (ok)
		(void)rules_parse(to, path, arena_copy(&to->arena, strbuf_slice(&text)), false, diag);
	strbuf_done(&text);
	return ok;
}
