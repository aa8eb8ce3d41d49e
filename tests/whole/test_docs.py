# SPDX-License-Identifier: Apache-2.0
"""The pages in docs/: they show what the program says, every command that they name runs, and links lead somewhere."""
import re

import pytest

import old_ways
import pages
from conftest import ROOT

PAGES = sorted((ROOT / 'docs').glob('*.md'))
BLOCKS = [(p, b) for p in pages.documents() if p != pages.README for b in pages.blocks(p.read_text())]
# a word that stands for another one, what is left out, a variable
PLACEHOLDER = re.compile(r"(?<![\w'=/.+-])[A-Z][A-Z_]+(?![\w'/-])|\b[A-Z]{2,}\b(?=[=:])|=[A-Z]+\b|\bN\b|\.\.\.|\$\w")
# what runs on another server than the one with Exim
ELSEWHERE = {'MessageTracking': 'exchange', 'mail.log*': 'samples', '/var/log/remote': 'fleet', 'acme.test': 'samples', 'docker logs': None,
             'ssh ': None, 'kubectl': None}


@pytest.fixture(scope='module')
def servers(tmp_path_factory):
    return old_ways.servers(tmp_path_factory.mktemp('servers'))


def commands(text):
    """The commands that a page names, in blocks and in lines, without those that have a place for a word."""
    blocks = re.findall(r'^```\w*\n(.*?)^```$', text, re.S | re.M)
    rest = re.sub(r'^```\w*\n(.*?)^```$', '', text, flags=re.S | re.M).replace(r'\|', '|')
    found = set()
    for line in [*'\n'.join(blocks).splitlines(), *re.findall(r'^ {4}.*', rest, re.M), *re.findall(r'`([^`\n]+)`', rest)]:
        m = re.search(r'(?:^|[ /(])(mailwhy [a-z][^#]*)', line)
        if not m or 'Message' in line and 'MessageTracking/' not in line:
            continue
        command = re.split(r' [|>] | 2?>|\) \|\|| && ', m[1])[0].strip()
        if not PLACEHOLDER.search(command) and command.split()[1] in COMMANDS:
            found.add(command)
    return sorted(found)


COMMANDS = ('trace', 'explain', 'report', 'queue', 'threats', 'check', 'parse', 'sources', 'config', 'help')
NAMED = [(p, c) for p in [pages.README, *PAGES] for c in commands(p.read_text())]


@pytest.mark.parametrize('page, block', BLOCKS, ids=[f'{p.stem}-{b.command[:50]}' for p, b in BLOCKS])
def test_shows_what_the_program_says(servers, page, block):
    code, shown, words = pages.says(page, block, servers)
    assert (code in (0, 1) or 'check' in block.command) and not words, words
    assert block.shown == shown, 'script/update-golden docs writes it anew'


@pytest.mark.parametrize('page', sorted({p for p, _ in NAMED}), ids=lambda p: p.stem)
def test_commands_are_understood(servers, page, tmp_path):
    """Each that a page names; it may find nothing, or lack a file of the example, but it means something."""
    for command in (c for p, c in NAMED if p == page):
        server = servers[next((on for word, on in ELSEWHERE.items() if word in command), 'cpanel') or 'cpanel']
        (server.log if hasattr(server, 'log') else server.root).joinpath('key').write_bytes(b'k' * 32)
        server.environment.update(MAILWHY_SENDMAIL='/bin/true', XDG_STATE_HOME=str(tmp_path))
        code, out, words = server.run(command)
        meant = code in (0, 1, 3) or ('mailwhy check' in command and out.startswith('MAILWHY '))
        assert meant and 'mailwhy --help' not in words, (command, code, words)


def test_many_commands_are_tried():
    assert len(NAMED) > 190 and {c.split()[1] for _, c in NAMED} >= set(COMMANDS[:8])
    assert commands('    mailwhy report x\n\n`mailwhy trace ID` `mailwhy trace a@b \\| tail`\n```\n$ mailwhy queue # all\n```\n') == \
        ['mailwhy queue', 'mailwhy report x', 'mailwhy trace a@b']


@pytest.mark.parametrize('page', PAGES, ids=lambda p: p.name)
def test_links_lead_somewhere(page):
    text = re.sub(r'```.*?```|`[^`\n]*`', '', page.read_text(), flags=re.S)
    for target in re.findall(r'\]\(([^)\s]+)\)', text):
        name, _, anchor = target.partition('#')
        assert '://' in target or (page.parent / name).exists(), f'{page.name}: {target}'
        assert not anchor, f'{page.name}: {target}'


def test_the_index_names_every_page():
    named = set(re.findall(r'\]\(([\w-]+\.md)\)', (ROOT / 'docs' / 'README.md').read_text()))
    assert named == {p.name for p in PAGES} - {'README.md'}, 'docs/README.md has a row for each page'
