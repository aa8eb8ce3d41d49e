#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""embed.py STYLE.css MAIL.css SCRIPT.js OUT.c: write them as C strings, with the hashes that a Content-Security-Policy names.

Comments and indentation are left out; what is hashed is what stands between the tags, byte by byte.
"""
import base64
import hashlib
import pathlib
import re
import sys


def small(text):
    text = re.sub(r'/\*.*?\*/', '', text, flags=re.S)
    lines = (line.strip() for line in text.splitlines())
    return '\n'.join(line for line in lines if line) + '\n'


def literal(text):
    """Lines of C strings; octal escapes, since they have an end."""
    for line in text.splitlines(keepends=True):
        yield '"' + ''.join(chr(b) if 32 <= b < 127 and b not in b'"\\?' else f'\\{b:03o}' for b in line.encode()) + '"'


def main():
    out = pathlib.Path(sys.argv[4])
    parts = ['/* made from style.css, mail.css and script.js: change those */\n#include "export/html/builtin.h"\n']
    for name, path in (('style', sys.argv[1]), ('mail', sys.argv[2]), ('script', sys.argv[3])):
        text = small(pathlib.Path(path).read_text())
        assert '</' not in text, f'{path}: "</" may end the element that holds it'
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        lines = '\n\t'.join(literal(text))
        parts.append(f'const struct html_builtin html_builtin_{name} = {{\n\t{{\n\t{lines},\n\t{len(text.encode())} }},\n'
                     f'\t"sha256-{digest}",\n}};\n')
    out.write_text('\n'.join(parts))


main()
