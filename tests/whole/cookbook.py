# SPDX-License-Identifier: Apache-2.0
"""docs/cookbook.md: its recipes, and what the program says to their commands today.

A recipe is a heading `### ...`. In front of a block of output stands a comment that says where its command runs (a server of
old_ways.py) and which lines are shown: `<!-- cpanel: 3 -->` the first three, `<!-- cpanel: 1, "Accounts" 6 -->` the first, and six from
the one on that begins with that word, `<!-- cpanel: all -->` everything. Lines are cut at CUT characters; left-out lines become `...`.
script/update-golden writes the blocks anew.
"""
import dataclasses
import re

from conftest import ROOT

DOCUMENT = ROOT / 'docs' / 'cookbook.md'
CUT = 150
BLOCK = re.compile(r'<!-- (\w+): (.*?) -->\n```console\n\$ (.*?)\n(.*?)```\n', re.S)


@dataclasses.dataclass
class Block:
    recipe: str
    server: str
    spec: str
    command: str
    shown: str


def recipes(text):
    """heading -> what stands below it"""
    parts = re.split(r'^### (.*)\n', text, flags=re.M)
    return dict(zip(parts[1::2], (re.split(r'^## ', part, flags=re.M)[0] for part in parts[2::2])))


def blocks(text):
    return [Block(recipe, *m.groups()) for recipe, part in recipes(text).items() for m in BLOCK.finditer(part)]


def cut(line):
    line = line.rstrip()
    return line if len(line) <= CUT else line[:CUT - 4].rstrip() + ' ...'


def chosen(spec, lines):
    """The numbers of the lines that a comment asks for."""
    if spec == 'all':
        return list(range(len(lines)))
    picked = set()
    for word, n in re.findall(r'(?:"([^"]*)" )?(\d+)', spec):
        first = next((i for i, line in enumerate(lines) if line.lstrip().startswith(word)), None) if word else 0
        assert first is not None, f'no line begins with {word!r}:\n' + '\n'.join(lines)
        picked.update(range(first, min(first + int(n), len(lines))))
    return sorted(picked)


def excerpt(spec, out):
    """The part of an output that is shown."""
    lines = out.rstrip('\n').split('\n')
    last, shown = -1, []
    for i in chosen(spec, lines):
        if i != last + 1:
            shown.append('...')
        shown.append(cut(lines[i]))
        last = i
    if last != len(lines) - 1:
        shown.append('...')
    return ''.join(line + '\n' for line in shown)


def render(text, servers):
    """The document with what the commands say today."""
    def anew(m):
        _, out, _ = servers[m[1]].run(m[3])
        return f'<!-- {m[1]}: {m[2]} -->\n```console\n$ {m[3]}\n{excerpt(m[2], out)}```\n'
    return BLOCK.sub(anew, text)
