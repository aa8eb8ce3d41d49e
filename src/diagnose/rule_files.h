/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rule_files.h - the files of data/causes, for what builds and tests mailwhy (the program itself has them compiled in)
 */
#ifndef DIAGNOSE_RULE_FILES_H
#define DIAGNOSE_RULE_FILES_H

#include "diagnose/rules.h"

/* Paths of a folder's *.rules, in the order of their names; the caller frees each, and the array.  Returns how many, or -1 and errno. */
int rule_files_list(const char *dir, char ***ret_paths);

/*
 * Add the rules of a file, as rules_parse() does; the text is kept in the arena of the rules, the path must live as long.
 * Returns false and errno if the file cannot be read.
 */
bool rule_file_read(struct rules *to, const char *path, const struct diag *diag);

#endif
