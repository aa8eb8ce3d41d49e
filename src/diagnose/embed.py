#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""embed.py DIR OUT.c DEPFILE: write the rule files of DIR, in the order of their names, as a C table."""
import pathlib
import sys


def literal(text):
    """Lines of C strings; octal escapes, since they have an end."""
    for line in text.splitlines(keepends=True):
        yield '"' + ''.join(chr(b) if 32 <= b < 127 and b not in b'"\\?' else f'\\{b:03o}' for b in line) + '"'


def main():
    folder, out, depfile = map(pathlib.Path, sys.argv[1:])
    files = sorted(folder.glob('*.rules'))
    with out.open('w') as c:
        c.write('/* made from the rule files in data/causes: change those */\n#include "diagnose/builtin.h"\n\n')
        for i, path in enumerate(files):
            c.write(f'static const char TEXT_{i}[] =\n' + '\n'.join(literal(path.read_bytes())) + ';\n\n')
        c.write('const struct builtin_rules builtin_rules[] = {\n')
        for i, path in enumerate(files):
            c.write(f'\t{{ "{path.name}", {{ TEXT_{i}, sizeof TEXT_{i} - 1 }} }},\n')
        c.write('\t{ NULL, { NULL, 0 } },\n};\n')
    # the folder itself: a new file changes it
    depfile.write_text(f'{out}: {" ".join(str(p).replace(" ", chr(92) + " ") for p in [folder, *files])}\n')


main()
