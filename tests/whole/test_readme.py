# SPDX-License-Identifier: Apache-2.0
"""README.md as a new user follows it: its commands are typed as they stand, and say what the README shows, byte for byte."""
import re
import shlex
import subprocess

import pytest

import old_ways
import pages
from conftest import PROGRAM, ROOT

TEXT = pages.README.read_text()
BLOCKS = pages.blocks(TEXT)
TABLE = re.search(r'^\| you know .*?(?=\n\n)', TEXT, re.S | re.M)[0]
# where a row of the table runs, by what is known; the others run on a cPanel server
ELSEWHERE = {'pflogsumm': 'postfix', 'qshape': 'postfix', 'fail2ban': 'postfix', '/var/log/mail.log': 'postfix',
             'Get-MessageTrackingLog': 'exchange'}


@pytest.fixture(scope='module')
def servers(tmp_path_factory):
    return old_ways.servers(tmp_path_factory.mktemp('servers'))


def cells():
    """(what one knows, the command to type) of each row; an empty first cell is that of the row above"""
    known, found = '', []
    for row in TABLE.splitlines()[2:]:
        first, second, _ = [c.strip() for c in row.replace(r'\|', '\0').strip('|').split('|')]
        known = first.replace('\0', '|') or known
        found.append((known, second.replace('\0', '|').strip('`')))
    return found


@pytest.mark.parametrize('block', BLOCKS, ids=lambda b: b.command[:60])
def test_shows_what_it_says(servers, block):
    assert block.server == 'samples' and block.spec == 'all'
    code, shown, words = pages.says(pages.README, block, servers)
    assert code == 0 and not words, words
    assert block.shown == shown, 'script/update-golden README writes it anew'


def test_the_four_pictures(tmp_path):
    """trace, report, explain and threats: each has a picture, drawn from the block below it."""
    assert [b.command.split('mailwhy ')[1].split()[0] for b in BLOCKS] == ['trace', 'report', 'explain', 'threats']
    drawn = subprocess.run([ROOT / 'script' / 'pictures', tmp_path], env={'MAILWHY': str(PROGRAM), 'PATH': '/usr/bin:/bin'}, check=True,
                           capture_output=True, text=True, timeout=120).stdout
    names = re.findall(r'\]\(docs/pictures/([\w-]+\.svg)\)', TEXT)
    assert len(names) == len(BLOCKS) == len(drawn.splitlines())
    for name, block in zip(names, BLOCKS):
        assert f'```\n{block.command}\n```\n\n![' in TEXT
        kept = (ROOT / 'docs' / 'pictures' / name).read_text()
        assert kept == (tmp_path / name).read_text(), f'{name}: script/pictures draws it anew'
        assert shlex.split(block.command)[-1] in kept and '\x1b' not in kept
    assert {p.name for p in (ROOT / 'docs' / 'pictures').iterdir()} == set(names)


@pytest.mark.parametrize('known, command', cells(), ids=[f'{i}-{k[:20]}' for i, (k, _) in enumerate(cells())])
def test_what_one_types_instead(servers, known, command):
    """Each command of the table answers."""
    server = next((on for word, on in ELSEWHERE.items() if word in known), 'cpanel')
    code, out, words = servers[server].run(command)
    assert code == 0 and out.strip(), words
    assert not words


def test_first_commands(servers):
    """Those for somebody in trouble, on a server with logs in the usual places."""
    block = re.search(r'```\n(mailwhy .*?)```', TEXT, re.S)[1]
    for line in block.splitlines():
        code, out, words = servers['cpanel'].run(line)
        assert code in (0, 1) and not words, (line, words)
        assert out.strip() or 'alice@example.com' in line
