#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""embed.py PAGE.txt... -- OUT.c: write the prose of the manual as C strings (src/manual/pages.h)."""
import pathlib
import sys


def literal(text):
    """Lines of C strings; octal escapes, since they have an end."""
    for line in text.splitlines(keepends=True):
        yield '"' + ''.join(chr(b) if 32 <= b < 127 and b not in b'"\\?' else f'\\{b:03o}' for b in line.encode()) + '"'


def main():
    parts = ['/* made from the folder manual/pages: change that */\n#include "manual/pages.h"\n\n'
             'const struct manual_source manual_sources[] = {\n']
    for path in map(pathlib.Path, sys.argv[1:-2]):
        text = path.read_text(encoding='utf-8')
        lines = '\n\t'.join(literal(text))
        parts.append(f'{{ "{path.stem}", {{\n\t{lines},\n\t{len(text.encode())} }} }},\n')
    parts.append('{ 0 },\n};\n')
    pathlib.Path(sys.argv[-1]).write_text(''.join(parts), encoding='utf-8')


main()
