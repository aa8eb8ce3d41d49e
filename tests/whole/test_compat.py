# SPDX-License-Identifier: Apache-2.0
"""The peers' own numbers: report --compat and trace --grep beside the programs themselves, for the same bytes on standard input.

The peers are Debian's pflogsumm 1.1.5-8 and exim4-base 4.96, unpacked by script/peers (never installed) into $MAILWHY_PEERS
or build/peers.
"""
import functools
import gzip
import lzma
import os
import pathlib
import random
import subprocess

import pytest

from conftest import ROOT, run_program

CORPUS = ROOT / 'tests' / 'corpus'
PEERS = pathlib.Path(os.environ.get('MAILWHY_PEERS', ROOT / 'build' / 'peers'))
KNOWN = {'pflogsumm': b'$release = "1.1.5"', 'eximstats': b'4.96', 'exigrep': b'build: 4.96', 'exiqgrep': b'build: 4.96', 'exiqsumm': b'4.96'}

POSTFIX = {
    'postfix-basic': ['mail.log'],
    'postfix-rfc3339': ['mail.log.1', 'mail.log'],
    'postfix-yearend': ['mail.log.1', 'mail.log'],
    'twohop-basic': ['a-postfix-mail.log'],
    'filters-amavis': ['mail.log'],
    'filters-rspamd': ['mail.log'],
}
EXIM = {
    'exim-default': ['mainlog'],
    'exim-all': ['mainlog.1', 'mainlog'],
    'twohop-basic': ['b-exim-mainlog'],
}
PATTERNS = ['olivia', 'walter|trent', r'T=\w+_smtp\b.*C="250', 'rejected', r'\[\d+\.\d+\.\d+\.1\d*\]', r'^\S+ \S+ (\S+ )?\[?1',
            r'<= <>', 'no such words anywhere', r'\bR=1\w{5}-', r'(?-i)Completed$', r'\s$']


@functools.cache
def peer(name):
    """The path of a peer; a peer of another release counts differently and is no judge."""
    done = subprocess.run([ROOT / 'script' / 'peers', PEERS], capture_output=True, check=False)
    if done.returncode:
        pytest.skip('the peers cannot be had here: ' + done.stderr.decode(errors='replace').strip())
    path = PEERS / name
    if KNOWN[name] not in path.read_bytes():
        pytest.skip(f'{name} is of another release than the one that is compared with')
    return path


def run_peer(name, data, *args):
    return subprocess.run(['perl', peer(name), *args], input=data, capture_output=True, timeout=300, check=False,
                          env={**os.environ, 'LC_ALL': 'C', 'TZ': 'UTC'}).stdout


def corpus_bytes(name, files):
    parts = []
    for file in files:
        for suffix, opener in (('.xz', lzma.open), ('.gz', gzip.open)):
            path = CORPUS / name / (file + suffix)
            if path.exists():
                with opener(path) as f:
                    parts.append(f.read())
    assert len(parts) == len(files)
    return b''.join(parts)


def block(text, title):
    """A block of a report: from the empty line above its title to the last empty line in front of the next title."""
    begin = text.find(b'\n' + title + b'\n')
    if begin < 0:
        return b''
    if title == b'Grand Totals':
        last = text.find(b'recipient hosts/domains\n', begin)
        return text[begin:text.find(b'\n\n', last) + 2]
    return text[begin:text.find(b'\n\n', begin + 1) + 2]


TITLES = {'pflogsumm': b'Grand Totals', 'eximstats': b'Grand total summary'}


def check_totals(name, data):
    want = block(run_peer(name, data), TITLES[name])
    assert block(run_program('report', '--compat', name, '--tz', 'UTC', '-', stdin=data).raw, TITLES[name]) == want
    return want


def check_grep(data, pattern):
    want = run_peer('exigrep', data, '--no-pager', '--', pattern)
    got = run_program('trace', '--grep', pattern, '--tz', 'UTC', '-', stdin=data).raw
    assert sorted(got.split(b'\n')) == sorted(want.split(b'\n'))
    return want


@pytest.mark.parametrize('name', POSTFIX)
def test_pflogsumm(name):
    assert check_totals('pflogsumm', corpus_bytes(name, POSTFIX[name])).count(b'\n') > 15


@pytest.mark.parametrize('name', EXIM)
def test_eximstats(name):
    assert check_totals('eximstats', corpus_bytes(name, EXIM[name])).count(b'\n') > 6


@pytest.mark.parametrize('name', EXIM)
@pytest.mark.parametrize('pattern', PATTERNS)
def test_exigrep(name, pattern):
    want = check_grep(corpus_bytes(name, EXIM[name]), pattern)
    assert want or pattern.startswith('no such')


def test_rotated_set_in_any_order(tmp_path, mailwhy):
    """Files given newest first are read oldest first, as the peer is given them here."""
    for file in ('mainlog', 'mainlog.1'):
        (tmp_path / file).write_bytes(corpus_bytes('exim-all', [file]))
    want = block(run_peer('eximstats', corpus_bytes('exim-all', EXIM['exim-all'])), TITLES['eximstats'])
    got = mailwhy('report', '--compat', 'eximstats', tmp_path / 'mainlog', tmp_path / 'mainlog.1').raw
    assert block(got, TITLES['eximstats']) == want


def test_grep_groups_postfix_by_queue_id(mailwhy):
    data = corpus_bytes('postfix-basic', POSTFIX['postfix-basic'])
    removed = next(line for line in data.split(b'\n') if line.endswith(b': removed'))
    queue_id = removed.split(b']: ', 1)[1].split(b':')[0]
    lines = [line for line in data.split(b'\n') if b']: ' + queue_id + b': ' in line]
    pattern = next(line for line in lines if b'message-id=' in line).split(b'message-id=')[1].decode()
    got = mailwhy('trace', '--grep', r'\Q' + pattern + r'\E', '-', stdin=data).raw
    assert len(lines) > 3
    assert set(lines) <= set(got.split(b'\n'))


@pytest.mark.parametrize('more', [['--sender', 'a@b.example'], ['--status', 'bounced'], ['--json']])
def test_grep_stands_alone(mailwhy, more):
    """It prints lines whatever else is asked: so nothing else may be."""
    done = mailwhy('trace', '--grep', 'x', *more, '-', stdin=b'')
    assert done.returncode == 2 and '--grep prints lines' in done.stderr


# --- lines that no server wrote ------------------------------------------------------------------------------

POSTFIX_WORDS = [
    b'[1]: A1: client=foo.bar.example.co.uk[1.2.3.4]', b'client=', b': ', b'[12]: ', b'postfix/smtps/', b'postfix/submission/',
    b'postfix/submissions/smtpd[3]: ', b'from=<A@B.c>, size=0', b'from=<0>, size=00', b'from=<>, size=77', b'from=<x@>, size=7',
    b'from=<@y.Z>, size=9', b'to=<A@B.Com>, relay=x, delay=1, status=sent (forwarded as X)',
    b'to=<a@b>, orig_to=<c>d>, relay=x, conn_use=2, delay=1, delays=1/1/1/1, dsn=2.0.0, status=sent (', b'status=bounced',
    b'status=deferred ', b'reject: ', b'reject_warning: ', b'hold: ', b'discard: ', b'warning: ', b'header ', b'body ',
    b'END-OF-MESSAGE ', b'milter-reject: ', b'/cleanup[12]: ', b': [ID 197553 mail.info] ', b'pickup', b'sender=', b'uid=0 ',
    b'tls=x, ', b'unknown[2001:db8::1]', b'[::1]:25', b'a/1.2.3.4', b'(x)', b'\xff', b'postfix-script', b'orig_to=<', b', ',
    b'=', b'<', b'>', b'a.b..com', b'X.Y.ABC', b'x.co.uk',
]
EXIM_WORDS = [
    b' rejected ', b' refused ', b'dropped', b'temporarily rejected RCPT <x>: y',
    b'temporarily rejected connection in "connect" ACL: a', b'temporarily refused connection', b'Completed',
    b'SMTP data timeout', b' H=(x) [1.2.3.4]', b' H=[1.2.3.4]', b' H=x.y [', b'] ', b' S=12', b' S=12x', b'\tS=5 ', b' T=',
    b' T=smtp', b'<=', b'=>', b'->', b'==', b'**', b'>>', b'(=', b'*>', b'SA', b'Co', b'Re',
    b'rejected HELO from x [1.2.3.5]: syntactically invalid argument', b'rejected EHLO from [1.2.3.6]: q',
    b'Connection from [1.2.3.4]:39 refused: too many', b'SMTP call from m (c) [9.9.9.9]:4 dropped: too many nonmail commands',
    b'SpamAssassin', b'listed at x', b'too many recipients', b'message too big', b': Connection refused',
    b'SA: Action: permanently rejected message: score=7.2 From <x> [1.1.1.1]',
    b"Action: scanned but message isn't spam: score=-1.2 (local)", b'check skipped due to message size', b'\xff',
    b'1rJkXm-0003kl-Qp', b' ', b'-', b'response to "RCPT TO:<x>" was: y', b'lookup of host x failed', b'refused relay to',
    b'refused connection from x (tcp)', b' U=root', b'olivia', b'\t',
]


def mutate(dice, lines, words, protected):
    """A line with pieces put in, cut out and swapped with another's; its stamp stays, so that the order stays too."""
    line = dice.choice(lines)
    for _ in range(dice.choice([0, 0, 1, 1, 2, 3, 5])):
        at = dice.randrange(protected, max(protected, len(line)) + 1)
        what = dice.random()
        if what < .5:
            line = line[:at] + dice.choice(words) + line[at:]
        elif what < .7:
            line = line[:at] + line[at + dice.choice([1, 1, 2, 5, 20, 60]):]
        elif what < .8:
            line = line[:at]
        elif what < .9:
            other = dice.choice(lines)
            line = line[:at] + other[dice.randrange(len(other) + 1):]
        else:
            at = protected + dice.choice([0, 1, 16, 17, 18, 19, 20, 26])
            line = line[:at] + dice.choice(words) + line[at + dice.choice([0, 1, 2, 3]):]
    return line


def mutated(seed, data, words, protected, n=3000):
    dice = random.Random(seed)
    lines = data.split(b'\n')[:-1]
    return b'\n'.join(mutate(dice, lines, words, protected) for _ in range(n)) + b'\n'


@pytest.mark.parametrize('seed', range(4))
def test_pflogsumm_on_odd_lines(seed):
    data = corpus_bytes('postfix-basic', ['mail.log'])
    check_totals('pflogsumm', mutated(seed, data, POSTFIX_WORDS, len('Nov 21 20:55:39 mx1 ')))


@pytest.mark.parametrize('seed', range(4))
def test_eximstats_on_odd_lines(seed):
    data = corpus_bytes('exim-default', ['mainlog'])
    check_totals('eximstats', mutated(seed, data, EXIM_WORDS, len('2026-11-21 20:57:33 ')))


@pytest.mark.parametrize('seed', range(4))
@pytest.mark.parametrize('pattern', ['olivia', r'H=\(', 'refused|dropped'])
def test_exigrep_on_odd_lines(seed, pattern):
    data = corpus_bytes('exim-default', ['mainlog'])
    check_grep(mutated(seed, data, EXIM_WORDS, len('2026-11-21 20:57:33 ')), pattern)


@pytest.mark.parametrize('name, files, kind', [('postfix-basic', ['mail.log'], 'pflogsumm'),
                                               ('exim-default', ['mainlog'], 'eximstats')])
def test_line_ends(name, files, kind):
    """CR LF, and a last line without its end"""
    lines = corpus_bytes(name, files).split(b'\n')[:2000]
    check_totals(kind, b'\r\n'.join(lines) + b'\r\n')
    check_totals(kind, b'\n'.join(lines))


def test_no_line_of_exim(mailwhy):
    """eximstats says so on standard error and ends with 1"""
    done = mailwhy('report', '--compat', 'eximstats', '-', stdin='Nov 21 20:55:39 mx1 postfix/qmgr[1]: 4A1B2C3D4E: removed\n')
    assert TITLES['eximstats'].decode() not in done.stdout
