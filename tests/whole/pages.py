# SPDX-License-Identifier: Apache-2.0
"""Pages with commands and what the program says to them today: README.md, docs/cookbook.md and the others in docs/.

In front of a block of output stands a comment that says where its command runs (a server of old_ways.py) and which lines are shown:
`<!-- cpanel: 3 -->` the first three, `<!-- cpanel: 1, "Accounts" 6 -->` the first, and six from the one on that begins with that word,
`<!-- cpanel: all -->` everything.  Left-out lines become `...`.  script/update-golden writes the blocks anew.

The cookbook shows lines as they come through a pipe, cut at CUT characters; the other pages as a terminal of COLUMNS columns has them.
"""
import dataclasses
import re

from conftest import ROOT

README = ROOT / 'README.md'
COOKBOOK = ROOT / 'docs' / 'cookbook.md'
CUT = 150
COLUMNS = 100
BLOCK = re.compile(r'<!-- (\w+): (.*?) -->\n+```console\n\$ (.*?)\n(.*?)```\n', re.S)


@dataclasses.dataclass
class Block:
    server: str
    spec: str
    command: str
    shown: str


def documents():
    """The pages that have such blocks."""
    return [p for p in [README, *sorted((ROOT / 'docs').glob('*.md'))] if BLOCK.search(p.read_text())]


def columns_of(document):
    """Where lines break; None: nowhere."""
    return None if document == COOKBOOK else COLUMNS


def blocks(text):
    return [Block(*m.groups()) for m in BLOCK.finditer(text)]


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


def excerpt(spec, out, cut=cut):
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


def says(document, block, servers):
    """(exit code, what is to stand in the page, what it complained)"""
    columns = columns_of(document)
    code, out, words = servers[block.server].run(block.command, columns)
    return code, excerpt(block.spec, out, str.rstrip if columns else cut), words


def render(document, servers):
    """The page with what the commands say today."""
    def anew(m):
        block = Block(*m.groups())
        head = m[0][:m.start(4) - m.start()]
        return head + says(document, block, servers)[1] + '```\n'
    return BLOCK.sub(anew, document.read_text())
