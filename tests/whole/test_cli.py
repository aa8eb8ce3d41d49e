# SPDX-License-Identifier: Apache-2.0
"""The command line itself: options, exit codes, pipes, what is said where."""
import os
import pty
import re
import subprocess
import time

import pytest

from conftest import PROGRAM

POSTFIX = '''\
Nov 21 09:00:01 mx1 postfix/smtpd[101]: connect from pc.example.com[192.0.2.7]
Nov 21 09:00:01 mx1 postfix/smtpd[101]: 4A1B2C3D4E: client=pc.example.com[192.0.2.7]
Nov 21 09:00:01 mx1 postfix/cleanup[102]: 4A1B2C3D4E: message-id=<m1@example.com>
Nov 21 09:00:01 mx1 postfix/qmgr[100]: 4A1B2C3D4E: from=<alice@example.com>, size=1234, nrcpt=1 (queue active)
Nov 21 09:00:01 mx1 postfix/smtpd[101]: disconnect from pc.example.com[192.0.2.7] ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5
Nov 21 09:00:02 mx1 postfix/smtp[103]: 4A1B2C3D4E: to=<bob@example.net>, relay=mx.example.net[198.51.100.2]:25, delay=1.1, delays=0.1/0/0.5/0.5, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 77AA88BB)
Nov 21 09:00:02 mx1 postfix/qmgr[100]: 4A1B2C3D4E: removed
'''


@pytest.fixture
def log(tmp_path):
    path = tmp_path / 'mail.log'
    path.write_text(POSTFIX)
    return path


@pytest.mark.parametrize('args, code, word', [
    ([], 2, 'which command'),
    (['trase', 'x'], 2, "did you mean 'trace'"),
    (['trace'], 2, 'trace what'),
    (['trace', ''], 2, 'empty WHAT'),
    (['trace', 'x', '--jsn'], 2, "did you mean '--json'"),
    (['report', '--lines'], 2, "'report' does not know --lines"),
    (['trace', 'x', '--top'], 2, 'needs a value'),
    (['trace', 'x', '--top', 'many'], 2, "not 'many'"),
    (['trace', 'x', '--top=0'], 2, "not '0'"),
    (['trace', 'x', '--top=99999999999999999999999'], 2, '--top takes a number'),
    (['trace', 'x', '--memory', '64M'], 2, "'trace' does not know --memory"),
    (['parse', '--memory', '64M'], 2, "'parse' does not know --memory"),
    (['report', '--memory', '1023K'], 2, "from 1M to 16G, like 64M, not '1023K'"),
    (['report', '--memory', '17G'], 2, "not '17G'"),
    (['report', '--memory', '99999999999999999999G'], 2, 'a size from 1M'),
    (['report', '--memory', '64MB'], 2, "not '64MB'"),
    (['report', '--memory', 'M'], 2, "not 'M'"),
    (['report', '--memory='], 2, "not ''"),
    (['trace', 'x', '--year', '26'], 2, '--year takes a number'),
    (['trace', 'x', '--json=yes'], 2, '--json takes no value'),
    (['trace', 'x', '-Z'], 2, "unknown option '-Z'"),
    (['trace', 'x', '--color', 'blue'], 2, 'auto, always or never'),
    (['trace', 'x', '--since', 'soon'], 2, "'soon' is no time"),
    (['trace', 'x', '--since', 'today', '--until', 'yesterday'], 2, 'is not before'),
    (['trace', 'x', '--tz', 'Mars/Olympus'], 2, 'Mars/Olympus'),
    (['trace', 'x', '--status', 'lost'], 2, "'lost' is no status"),
    (['trace', 'x', '--ip', '300.1.2.3'], 2, 'no IP address'),
    (['trace', 'x', '--direction', 'up'], 2, "'up' is no direction"),
    (['parse', '--direction', 'inbound'], 2, "'parse' does not know --direction"),
    (['trace', 'x', '--writer', 'qmail'], 2, "'qmail' is no writer"),
    (['trace', '--what-file', '/nonexistent/list'], 3, '/nonexistent/list'),
])
def test_wrong_usage(mailwhy, args, code, word):
    result = mailwhy(*args)
    assert result.returncode == code
    assert word in result.stderr
    assert result.stderr.startswith('mailwhy: error: ') and result.stderr.count('\n') == 1
    assert result.stdout == ''


def test_help_and_version(mailwhy):
    general = mailwhy('--help')
    assert general.returncode == 0 and general.stderr == ''
    for word in ('trace', 'report', 'parse', '--since', '--json', 'Exit code'):
        assert word in general.stdout
    trace = mailwhy('trace', '-h')
    assert '--sender' in trace.stdout and '--lines' in trace.stdout and '--compat' not in trace.stdout
    assert mailwhy('help').stdout == general.stdout
    version = mailwhy('--version')
    assert version.stdout.startswith('mailwhy ') and 'isal' in version.stdout and 'libarchive' in version.stdout
    assert all(len(line) <= 80 for line in (general.stdout + trace.stdout).splitlines())


@pytest.mark.parametrize('order', [
    ['--json', 'trace', 'alice@example.com', '{log}'],
    ['trace', '--json', 'alice@example.com', '{log}'],
    ['trace', 'alice@example.com', '--json', '{log}'],
    ['trace', 'alice@example.com', '{log}', '--json'],
    ['trace', '--json', '--', 'alice@example.com', '{log}'],
])
def test_options_may_stand_anywhere(mailwhy, log, order):
    result = mailwhy(*[word.format(log=log) for word in order])
    assert result.returncode == 0
    assert [m['queue_id'] for m in result.json['messages']] == ['4A1B2C3D4E']


def test_a_word_after_two_dashes_is_no_option(mailwhy, log):
    result = mailwhy('trace', '--', '--json', log)
    assert result.returncode == 1
    assert 'Nothing found for --json' in result.stdout


def test_exit_codes_of_inputs(mailwhy, log, tmp_path):
    assert mailwhy('trace', 'alice@example.com', log).returncode == 0
    assert mailwhy('trace', 'nobody@example.org', log).returncode == 1
    missing = mailwhy('trace', 'alice@example.com', log, tmp_path / 'missing.log')
    assert missing.returncode == 3
    assert 'missing.log' in missing.stderr and '4A1B2C3D4E' in missing.stdout
    assert mailwhy('parse', stdin='').returncode == 1


@pytest.mark.parametrize('args', [['parse'], ['parse', '--json'], ['trace', '--all', '--no-limit'], ['report']])
def test_closed_pipe_is_silence(log, args):
    big = log.parent / 'big.log'
    big.write_text(POSTFIX * 3000)
    with subprocess.Popen([PROGRAM, *args, big], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
        run.stdout.read(10)
        run.stdout.close()
        assert run.stderr.read() == b''
        assert run.wait(60) == 0


@pytest.mark.parametrize('args', [['parse', '{log}'], ['trace', '--all', '{log}'], ['report', '{log}'], ['--help']])
def test_full_disk_is_told(log, args):
    args = [arg.format(log=log) for arg in args]
    with open('/dev/full', 'wb') as full:
        run = subprocess.run([PROGRAM, *args], stdout=full, stderr=subprocess.PIPE, check=False)
    assert run.returncode == 3
    assert b'No space left on device' in run.stderr and run.stderr.count(b'\n') == 1


def test_colour(mailwhy, log):
    assert '\033[' not in mailwhy('trace', 'alice@example.com', log).stdout
    assert '\033[' in mailwhy('trace', 'alice@example.com', log, '--color=always').stdout
    assert '\033[' not in mailwhy('trace', 'alice@example.com', log, '--color=never').stdout


def on_terminal(*args, env):
    """Run on a pseudo terminal; returns what it showed."""
    main, side = pty.openpty()
    environment = {'PATH': os.environ['PATH'], 'TERM': 'xterm', 'MAILWHY_CONFIG': '', **env}
    with subprocess.Popen([PROGRAM, *args], stdin=side, stdout=side, stderr=side, env=environment) as run:
        os.close(side)
        shown = b''
        while True:
            try:
                piece = os.read(main, 65536)
            except OSError:
                break
            if not piece:
                break
            shown += piece
        os.close(main)
        run.wait(60)
    return shown.decode('utf-8', 'replace')


def test_terminal(log):
    args = ['trace', 'alice@example.com', str(log)]
    assert '\033[' in on_terminal(*args, '--no-pager', env={})
    assert '\033[' not in on_terminal(*args, '--no-pager', env={'NO_COLOR': '1'})
    assert '\033[' not in on_terminal(*args, '--no-pager', env={'TERM': 'dumb'})
    paged = on_terminal(*args, env={'PAGER': 'sed s/^/PAGED:/'})
    assert 'PAGED:' in paged and '4A1B2C3D4E' in paged
    assert 'PAGED:' not in on_terminal(*args, '--no-pager', env={'PAGER': 'sed s/^/PAGED:/'})
    assert '4A1B2C3D4E' in on_terminal(*args, env={'PAGER': 'cat'})


def test_columns(mailwhy, log):
    """$COLUMNS says where lines end, on a terminal or not; what is no width is none."""
    args = ['trace', 'alice@example.com', log]
    pipe = mailwhy(*args).stdout
    narrow = mailwhy(*args, env={'COLUMNS': '50'}).stdout
    assert narrow != pipe and narrow.split() == pipe.split()
    assert max(map(len, narrow.splitlines())) < max(map(len, pipe.splitlines()))
    assert mailwhy(*args, env={'COLUMNS': '100000'}).stdout == mailwhy(*args, env={'COLUMNS': '5'}).stdout == \
        mailwhy(*args, env={'COLUMNS': '50x'}).stdout == mailwhy(*args, env={'COLUMNS': ''}).stdout == pipe
    plain = {'NO_COLOR': '1', 'LC_ALL': 'C'}
    assert on_terminal(*args, '--no-pager', env={**plain, 'COLUMNS': '50'}).replace('\r\n', '\n') == narrow


def slow_report(on_stderr):
    """A report whose input takes more than a second to come; on_stderr is closed here."""
    with subprocess.Popen([PROGRAM, 'report', '-j1', '-'], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=on_stderr) as run:
        os.close(on_stderr)
        for _ in range(14): # far more than a second, also on a busy machine
            run.stdin.write(POSTFIX.encode() * 500)
            run.stdin.flush()
            time.sleep(0.2)
        out, _ = run.communicate(timeout=60)
    return out


def test_progress_is_for_people_who_wait():
    main, side = pty.openpty()
    assert b'49,000' in slow_report(side)
    shown = b''
    while not shown.endswith(b'\r' + b' ' * 60 + b'\r'):
        shown += os.read(main, 65536)
    os.close(main)
    assert re.match(rb'\r\d[\d.]* [KM]?i?B read, [\d.]+ [KM]?i?B/s +\r', shown), shown


def test_no_progress_in_a_pipe():
    main, side = os.pipe()
    slow_report(side)
    assert os.read(main, 65536) == b''
    os.close(main)


def test_parse_reads_standard_input(mailwhy):
    result = mailwhy('parse', '--json', stdin=POSTFIX)
    assert result.returncode == 0
    records = result.ndjson
    assert [r['event'] for r in records] == ['connect', 'accept', 'header', 'queued', 'disconnect', 'attempt', 'done']
    assert [r['line'] for r in records] == list(range(1, 8))
    first = records[0]
    assert list(first)[:6] == ['time', 'host', 'program', 'pid', 'writer', 'envelope']
    assert (first['host'], first['program'], first['pid'], first['writer'], first['envelope']) == \
        ('mx1', 'postfix/smtpd', 101, 'postfix', 'rfc3164')
    assert first['file'] == '-' and first['line_count'] == 1 and 'raw' not in first
    raw = mailwhy('parse', '--json', '--raw', stdin=POSTFIX).ndjson
    assert [r['raw'] for r in raw] == POSTFIX.splitlines()


def test_parse_counts_every_line(mailwhy):
    text = POSTFIX + 'Nov 21 09:00:03 mx1 CRON[7]: (root) CMD (true)\n\n' \
        'Nov 21 09:00:03 mx1 postfix/smtpd[9]: words that Postfix never wrote\n'
    result = mailwhy('parse', '--unknown', '--json', stdin=text)
    lines = result.json['lines']
    assert lines == {'read': 10, 'event': 7, 'other': 1, 'foreign': 2, 'malformed': 0}


@pytest.mark.parametrize('options, lines', [
    (['--queue-id', '4A1B2C3D4E'], [2, 3, 4, 6, 7]),
    (['--sender', '@example.com'], [4]),
    (['--recipient', 'bob@example.net', '--status', 'relayed'], [6]),
    (['--status', 'bounced'], []),
    (['--ip', '192.0.2.0/24'], [1, 2, 5]),
    (['--client', 'example.net'], [6]),
    (['--writer', 'postfix', '--server', 'mx1'], [1, 2, 3, 4, 5, 6, 7]),
    (['--server', 'mx2'], []),
    (['--message-id', 'm1@example.com'], [3]),
])
def test_parse_filters_lines(mailwhy, options, lines):
    result = mailwhy('parse', '--json', *options, stdin=POSTFIX)
    assert [r['line'] for r in result.ndjson] == lines
    assert mailwhy('parse', *options, stdin=POSTFIX).stdout.count('\n') == len(lines) + 1


def test_unknown_groups_by_shape(mailwhy):
    text = ''.join(f'Nov 21 09:00:0{i} mx1 postfix/smtpd[{i}]: words about {i} hosts for user{i}@example.com\n'
                   for i in range(5)) + 'Nov 21 09:00:09 mx1 postfix/smtpd[9]: other words\n'
    answer = mailwhy('parse', '--unknown', '--json', stdin=text).json
    assert [u['count'] for u in answer['unknown']] == [5, 1]
    assert answer['unknown'][0]['line'] == 1 and answer['unknown'][0]['sample'] == text.splitlines()[0]
    assert '0' not in answer['unknown'][0]['shape'] and 'example.com' not in answer['unknown'][0]['shape']
    top = mailwhy('parse', '--unknown', '--json', '--top', '1', stdin=text).json
    assert len(top['unknown']) == 1 and top['more'] == 1
    shown = mailwhy('parse', '--unknown', stdin=text).stdout
    assert 'words about <n> hosts' in shown and '6 lines read = 0 event + 6 other + 0 foreign + 0 malformed' in shown


def test_times(mailwhy, log):
    def found(*options):
        return len(mailwhy('parse', '--json', '--year', '2026', '--tz', 'UTC', *options, log).ndjson)

    assert found('--since', '2026-11-21 09:00:02') == 2
    assert found('--until', '2026-11-21 09:00:02') == 5
    assert found('--since', '@1795251602') == 2
    assert found('--since', '2026-11-21T10:00:02+01:00') == 2
    assert found('--since', '2026-11-21 10:00:02', '--tz', '+0100') == 0
    assert found('--since', '2026-11-22') == 0


HOSTILE = 'a\033]0;owned\007\u202e\u200bb\x9b31m'


def test_hostile_text_never_reaches_a_terminal_raw(mailwhy):
    line = 'Nov 21 09:00:01 mx1 postfix/smtpd[1]: NOQUEUE: reject: RCPT from unknown[192.0.2.1]: 554 5.7.1 ' \
        f'<{HOSTILE}>: Helo command rejected: no; from=<x@{HOSTILE}> to=<bob@example.net> proto=ESMTP helo=<{HOSTILE}>\n'
    for args in (['parse'], ['parse', '--raw'], ['parse', '--unknown'], ['parse', '--json', '--raw'],
                 ['trace', '--all', '-'], ['trace', '--all', '--lines', '-'], ['trace', '--all', '--json', '-'],
                 ['report', '-'], ['trace', HOSTILE, '-'], ['trace', '--sender', HOSTILE, '-']):
        result = mailwhy(*args, stdin=line)
        shown = result.stdout + result.stderr
        for bad in ('\033', '\007', '\u202e', '\u200b', '\x9b'):
            assert bad not in shown, (args, bad)
