# SPDX-License-Identifier: Apache-2.0
"""`mailwhy check`: every line counts once, whatever happens to the log between two calls; and what monitoring systems read."""
import gzip
import json
import lzma
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import time

import pytest

from conftest import PROGRAM, ROOT, run_program

CORPUS = ROOT / 'tests' / 'corpus'
PERF = re.compile(r"([^\s=']+)=(U|-?[\d.]+)(%|s)?(?:;([^;\s]*))?(?:;([^;\s]*))?(?:;([\d.]*))?(?:;([\d.]*))?$")
DOCUMENT = (ROOT / 'docs' / 'monitoring.md').read_text()
# what the sum of all calls shares with one report
SHARED = ('messages', 'delivered', 'relayed', 'bounced', 'expired', 'deferrals', 'rejections', 'logins_ok', 'logins_failed')



def postfix(second, text, program='smtp'):
    return f'Nov 21 {9 + second // 3600:02}:{second // 60 % 60:02}:{second % 60:02} mx postfix/{program}[7]: {text}\n'


def sent(second, outcome='sent', reply='250 2.0.0 Ok', queue_id=None):
    queue_id = queue_id or f'{0xA0000000 + second:X}'
    return (postfix(second, f'{queue_id}: client=c.example[192.0.2.9]', 'smtpd')
            + postfix(second, f'{queue_id}: from=<a@example.com>, size=900, nrcpt=1 (queue active)', 'qmgr')
            + postfix(second, f'{queue_id}: to=<b@example.net>, relay=mx.example.net[198.51.100.2]:25, delay=2, delays=1/0/0.5/0.5, '
                              f'dsn={reply.split()[1]}, status={outcome} ({reply})')
            + postfix(second, f'{queue_id}: removed', 'qmgr'))


class Checks:
    """Calls of one service, and the sum of what they counted."""

    def __init__(self, tmp_path, *args):
        self.state = tmp_path / 'state' / 'check.json'
        self.args = args
        self.sums = {}
        self.calls = 0

    def __call__(self, *more):
        done = run_program('check', '--json', '--state', self.state, *self.args, *more)
        answer = done.json
        assert done.returncode == answer['exit_code']
        assert answer['problems'] == []
        for name, n in answer['new'].items():
            self.sums[name] = self.sums.get(name, 0) + n
        self.calls += 1
        return answer


class Log:
    """A log that grows in bursts and is rotated as logrotate does it."""

    def __init__(self, path, lines, seed, check):
        self.path, self.lines, self.random, self.check = path, lines, random.Random(seed), check
        self.at = 0
        path.write_bytes(b'')

    def maybe_check(self, share=0.5):
        if self.random.random() < share:
            self.check()

    def burst(self, step):
        text = b''.join(self.lines[self.at:self.at + self.random.randint(0, 2 * step)])
        self.at += text.count(b'\n')
        # the writer's buffer ends in the middle of a line
        half = self.random.randint(1, 30) if len(text) > 30 and self.random.random() < 0.3 else 0
        with self.path.open('ab') as f:
            f.write(text[:len(text) - half])
            f.flush()
            if half:
                self.check()
                f.write(text[len(text) - half:])

    def numbered(self, n, suffix=''):
        return self.path.with_name(f'{self.path.name}.{n}{suffix}')

    def shift(self):
        for n in range(80, 0, -1):
            for suffix in ('', '.gz'):
                if self.numbered(n, suffix).exists():
                    self.numbered(n, suffix).rename(self.numbered(n + 1, suffix))

    def compress(self, n):
        if self.numbered(n).exists():
            with self.numbered(n).open('rb') as f, gzip.open(self.numbered(n, '.gz'), 'wb') as out:
                shutil.copyfileobj(f, out)
            self.maybe_check()  # both are there
            shutil.copystat(self.numbered(n), self.numbered(n, '.gz'))
            self.numbered(n).unlink()

    def rename(self):
        """logrotate with delaycompress: the daemon writes on to the renamed file until it is told."""
        self.shift()
        self.path.rename(self.numbered(1))
        self.maybe_check()
        if self.at < len(self.lines):
            with self.numbered(1).open('ab') as f:
                f.write(self.lines[self.at])
            self.at += 1
        self.path.write_bytes(b'')
        self.maybe_check()
        self.compress(2)

    def copy_and_cut(self):
        self.shift()
        shutil.copyfile(self.path, self.numbered(1))
        self.maybe_check()
        os.truncate(self.path, 0)
        self.maybe_check()
        if self.random.random() < 0.5:
            self.compress(1)

    def run(self, step):
        while self.at < len(self.lines):
            self.burst(step)
            what = self.random.random()
            if what < 0.15:
                self.rename()
            elif what < 0.3:
                self.copy_and_cut()
            self.maybe_check(0.7)
        self.check()


def whole_report(path, *args):
    return run_program('report', '--json', *args, path).json


@pytest.mark.slow
@pytest.mark.parametrize('source, step, seed', [
    ('postfix-basic/mail.log.xz', 300, 1),
    ('postfix-rfc3339/mail.log.xz', 300, 2),
    ('exim-default/mainlog.xz', 150, 3),
    ('exim-all/mainlog.xz', 150, 4),
    ('sendmail-basic/mail.log.xz', 100, 5),
    ('filters-amavis/mail.log.xz', 200, 6),
])
def test_no_line_twice_or_lost(tmp_path, source, step, seed):
    path = CORPUS / source
    lines = lzma.open(path).read().splitlines(keepends=True)
    if not lines[-1].endswith(b'\n'):
        lines[-1] += b'\n'
    whole = tmp_path / 'whole' / 'mail.log'
    whole.parent.mkdir()
    whole.write_bytes(b''.join(lines))
    year = ('--year', '2026')
    log = tmp_path / 'mail.log'
    check = Checks(tmp_path, '--bounce-share', '5', *year, log)
    log.write_bytes(b'')
    check()
    Log(log, lines, seed, check).run(step)
    report = whole_report(whole, *year)
    want = {**report['lines'], **report['totals']}
    want['lines'] = report['lines']['read']
    assert check.sums['lines'] == len(lines)
    names = ('lines', 'event', 'other', 'foreign', 'malformed') + SHARED
    assert {n: check.sums[n] for n in names} == {n: want[n] for n in names}
    assert check.calls > 20


WRITER = '''
import os, sys, time
path, n = sys.argv[1], int(sys.argv[2])
f = open(path, 'ab', buffering=0)
for i in range(n):
    f.write(b'Nov 21 09:%02d:%02d mx postfix/qmgr[5]: %011X: removed\\n' % (i // 60 % 60, i % 60, i))
    if i % 400 == 399:
        for k in range(20, 0, -1):
            if os.path.exists('%s.%d' % (path, k)):
                os.rename('%s.%d' % (path, k), '%s.%d' % (path, k + 1))
        os.rename(path, path + '.1')
        f.write(b'Nov 21 09:59:59 mx postfix/qmgr[5]: %011X: removed\\n' % (i + 1000000))
        f = open(path, 'ab', buffering=0)
    if i % 20 == 19:
        time.sleep(0.005)
print(n + n // 400)
'''


def test_while_somebody_writes(tmp_path):
    """The writer and the calls know nothing of each other."""
    log = tmp_path / 'mail.log'
    log.write_bytes(b'')
    check = Checks(tmp_path, '--not-understood', '50', '--year', '2026', '--tz', 'UTC', log)
    check()
    with subprocess.Popen([sys.executable, '-c', WRITER, str(log), '2400'], stdout=subprocess.PIPE, text=True) as writer:
        while writer.poll() is None:
            # between a renaming and the next line there may be no log at all, and it may go while it is being opened
            check()
        written = int(writer.stdout.read())
    check()
    assert check.sums['lines'] == written == 2406


def test_calls_that_overlap(tmp_path):
    log = tmp_path / 'mail.log'
    log.write_text(sent(1))
    state = tmp_path / 's.json'
    command = [PROGRAM, 'check', '--json', '--state', state, '--bounce-share', '5', log]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    log.write_text(''.join(sent(i) for i in range(1, 200)))
    runs = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(6)]
    counts = [json.loads(p.communicate()[0])['new']['lines'] for p in runs]
    assert sorted(counts) == [0] * 5 + [198 * 4]


def test_first_call(tmp_path):
    log = tmp_path / 'mail.log'
    log.write_text(sent(1) + sent(2))
    check = Checks(tmp_path, '--messages', '0', '--year', '2026', '--tz', 'UTC', log)
    answer = check()
    assert answer['first_call'] and answer['new']['lines'] == 0 and answer['status'] == 'OK'
    other = Checks(tmp_path / 'b', '--messages', '0', '--year', '2026', '--tz', 'UTC', log)
    answer = other('--since', '2026-11-21 09:00:02')
    assert answer['new']['messages'] == 1 and answer['status'] == 'CRITICAL' or answer['status'] == 'WARNING'
    assert other('--since', '2026-11-21 09:00:02')['new']['lines'] == 0


def test_files_that_were_there_before_the_first_call_are_old(tmp_path):
    log = tmp_path / 'mail.log'
    (tmp_path / 'mail.log.1').write_text(sent(1))
    log.write_bytes(b'')
    check = Checks(tmp_path, '--messages', '0', log)
    check()
    log.write_text(sent(60))
    check()
    assert check.sums['lines'] == 4


@pytest.mark.parametrize('name', ['mail.log-20261121', 'mail.log-20261121.gz', 'mail.log.1.gz', 'mail.log.1'])
def test_names_of_rotated_files(tmp_path, name):
    log = tmp_path / 'mail.log'
    log.write_text(sent(1))
    check = Checks(tmp_path, '--messages', '0', log)
    check()
    old = log.read_text() + sent(2)
    log.unlink()
    if name.endswith('.gz'):
        with gzip.open(tmp_path / name, 'wt') as f:
            f.write(old)
    else:
        (tmp_path / name).write_text(old)
    assert check()['new']['messages'] == 1  # there is no mail.log at all
    log.write_text(sent(3) + sent(4))
    check()
    assert check.sums['messages'] == 3 and check.sums['lines'] == 12


def test_a_log_that_is_cut_and_longer_than_before(tmp_path):
    log = tmp_path / 'mail.log'
    log.write_text(sent(1))
    check = Checks(tmp_path, '--messages', '0', log)
    check()
    with log.open('r+') as f:  # the same inode
        f.truncate(0)
        f.write(sent(100) + sent(101) + sent(102))
    assert check()['new']['messages'] == 3


def test_a_log_that_goes_and_comes_back(tmp_path):
    log = tmp_path / 'mail.log'
    log.write_text(sent(1))
    check = Checks(tmp_path, '--messages', '0', log)
    check()
    log.rename(tmp_path / 'away')
    done = run_program('check', '--state', check.state, '--messages', '0', log)
    assert done.returncode == 3 and 'no such file' in done.stdout
    (tmp_path / 'away').rename(log)
    with log.open('a') as f:
        f.write(sent(2))
    assert check()['new']['lines'] == 4


def test_a_message_that_spans_calls(tmp_path):
    log = tmp_path / 'mail.log'
    log.write_bytes(b'')
    check = Checks(tmp_path, '--bounce-share', '5', log)
    check()
    for line in sent(5, 'bounced', '550 5.1.1 no such user').splitlines(keepends=True):
        with log.open('a') as f:
            f.write(line)
        check()
    assert (check.sums['messages'], check.sums['bounced'], check.sums['delivered'] + check.sums['relayed']) == (1, 1, 0)


def test_several_logs_and_a_directory(tmp_path):
    logs = tmp_path / 'logs'
    logs.mkdir()
    (logs / 'mail.log').write_text(sent(1))
    (logs / 'mainlog').write_text('2026-11-21 09:00:01 1vMNtK-000000001Fh-1abc <= a@example.com H=c.example [192.0.2.9] P=esmtp S=900\n')
    check = Checks(tmp_path, '--paniclog', '0', logs)
    check()
    (logs / 'paniclog').write_text('2026-11-21 09:00:02 1vMNtK-000000001Fh-1abc string too large in xxx()\n')
    with (logs / 'mainlog').open('a') as f:
        f.write('2026-11-21 09:00:02 1vMNtK-000000001Fh-1abc => b@example.net R=dnslookup T=remote_smtp H=mx.example.net [198.51.100.2] C="250 ok"\n')
    answer = check()
    assert answer['new']['lines'] == 2 and answer['new']['panics'] == 1 and answer['exit_code'] == 1


# --- what monitoring systems read ---------------------------------------------------------------------------------------------

def perf(stdout):
    data = stdout.splitlines()[0].split('|', 1)[1].split()
    assert all(PERF.fullmatch(d) for d in data), data
    return {PERF.fullmatch(d)[1]: PERF.fullmatch(d)[2] for d in data}


@pytest.fixture(scope='module')
def troubled(tmp_path_factory):
    path = tmp_path_factory.mktemp('check') / 'mail.log'
    path.write_text(''.join(sent(i) for i in range(30))
                    + ''.join(sent(40 + i, 'bounced', '550 5.7.1 Service unavailable; client [203.0.113.1] blocked using zen.spamhaus.org | x=1')
                              for i in range(10))
                    + postfix(60, 'warning: unknown[192.0.2.66]: SASL LOGIN authentication failed: UGFzc3dvcmQ6', 'smtpd') * 3
                    + postfix(61, 'fatal: write queue file: No space left on device', 'cleanup'))
    return path


@pytest.mark.parametrize('args, code, words', [
    (['--bounce-share', '30,50'], 0, 'bounce share 25.0 % (10 of 40 recipients) | bounce_share=25%;30;50;0;100'),
    (['--bounce-share', '20,50'], 1, 'bounce share 25.0 % (10 of 40 recipients, warning: 20 %) |'),
    (['--bounce-share', '5,20%'], 2, 'bounce share 25.0 % (10 of 40 recipients, critical: 20 %) |'),
    (['--bounce-share', ',20'], 2, 'bounce_share=25%;;20;0;100'),
    (['--success-share', '95,60'], 1, 'success share 75.0 % (30 of 40 tries, warning: 95: %) | success_share=75%;95:;60:;0;100'),
    (['--success-share', '50,40'], 0, 'success_share=75%;50:;40:;0;100'),
    (['--auth-failures', '2,10'], 1, 'failed logins 3 (warning: 2)'),
    (['--auth-failures', '@3:3'], 1, 'auth_failures=3;@3:3;;0'),
    (['--blocklisted', '0,5'], 2, 'refused for our reputation 10 (critical: 5)'),
    (['--disk', ',0'], 2, 'disk errors 1 (critical: 0)'),
    (['--delay', '1m,5m'], 0, 'delivery delay 2.0 s (30 deliveries) | delay=2s;60;300;0'),
    (['--messages', '100,1:'], 0, 'mails taken in 40 |'),
    (['--messages', '100:'], 1, 'mails taken in 40 (warning: 100:)'),
    (['--min-count', '41', '--bounce-share', '1,2'], 0, 'bounce share 25.0 % (10 of 40 recipients, too few to judge)'),
    (['--user', 'nobody@example.com', '--bounce-share', '1'], 0, 'bounce share unknown (no recipients) | bounce_share=U'),
    (['--user', 'nobody@example.com', '--bounce-share', '1', '--no-data', 'unknown'], 3, 'bounce share unknown'),
    (['--bounce-share', '5,20', '--auth-failures', '2,10', '--rejections', '1'], 2,
     'MAILWHY CRITICAL - bounce share 25.0 % (10 of 40 recipients, critical: 20 %), failed logins 3 (warning: 2), rejections 0 |'),
    ([], 2, 'MAILWHY CRITICAL - disk errors 1 (critical: 0), bounce share 25.0 % (10 of 40 recipients, warning: 10 %)'),
])
def test_status(troubled, args, code, words):
    done = run_program('check', '--year', '2026', *args, '-', stdin=troubled.read_bytes())
    assert words in done.stdout and done.returncode == code
    assert done.stdout.startswith(f'MAILWHY {["OK", "WARNING", "CRITICAL", "UNKNOWN"][code]} - ')
    assert len(done.stdout.splitlines()) == 1 and done.stderr == ''
    assert perf(done.stdout)['lines'] == '164'


def test_long_output_says_what_it_is_made_of(troubled):
    done = run_program('check', '-v', '--year', '2026', '--blocklisted', '0', '--auth-failures', '1', '-', stdin=troubled.read_bytes())
    assert '\n    10  550 5.7.1 Service' in done.stdout.replace('host mx.example.net[198.51.100.2] said: ', '')
    assert '\n    3  192.0.2.66\n' in done.stdout
    assert done.stdout.count('|') == 1  # the reply's own is none


@pytest.mark.parametrize('args, words', [
    (['--bogus'], "unknown option '--bogus'"),
    (['--bounce-share', '5,20,30'], 'two ranges'),
    (['--bounce-share', '20:10'], 'two ranges'),
    (['--bounce-share', ','], 'two ranges'),
    (['--bounce-share', '5', '--bounce-share', '6'], 'given twice'),
    (['--since', 'gestern', '--bounce-share', '5'], '--since'),
    (['--until', 'now'], '--until'),
    (['--top', 'x'], '--top'),
    (['--csv'], "'check' does not know --csv"),
    (['--no-data', 'fine'], 'ok or unknown'),
    (['--silence-ok', '25-3'], 'two hours'),
])
def test_wrong_usage_is_unknown(args, words):
    done = run_program('check', *args, '-')
    assert done.returncode == 3 and done.stdout.startswith('MAILWHY UNKNOWN - ') and words in done.stdout and done.stderr == ''


@pytest.mark.parametrize('text', ['', '{}', '[1]', '{"mailwhy_check":1}', 'x' * 100, '{"mailwhy_check":99,"created":1,"made":1,"files":[],"history":[]}'])
def test_a_damaged_state_is_unknown(tmp_path, text):
    log = tmp_path / 'mail.log'
    log.write_text(sent(1))
    state = tmp_path / 's.json'
    state.write_text(text)
    done = run_program('check', '--state', state, '--messages', '1', log)
    assert done.returncode == 3 and 'is damaged: remove it' in done.stdout
    assert state.read_text() == text


@pytest.mark.parametrize('where, value', [
    (('created',), 1 << 62), (('made',), -(1 << 62)), (('files', 0, 'offset'), -1), (('files', 0, 'offset'), 1 << 62), (('files', 0, 'head'), 'xyz'),
    (('files', 0, 'path'), None), (('history', 0, 'until'), -5), (('history', 0, 'counts', 'lines'), 1 << 60), (('history', 0, 'counts'), []),
    (('history', 0, 'delays'), [[5000, 1, 1]]), (('history', 0, 'delays'), [[5, -1, 1]]), (('history', 0, 'delays'), [[5]]),
])
def test_a_state_with_odd_values_is_damaged(tmp_path, where, value):
    log = tmp_path / 'mail.log'
    log.write_text(sent(1))
    check = Checks(tmp_path, '--messages', '1', '--period', '1h', log)
    check()
    state = json.loads(check.state.read_text())
    inner = state
    for key in where[:-1]:
        inner = inner[key]
    inner[where[-1]] = value
    check.state.write_text(json.dumps(state))
    done = run_program('check', '--state', check.state, '--messages', '1', '--period', '1h', log)
    assert done.returncode == 3 and 'is damaged' in done.stdout


def test_a_state_of_another_log_is_harmless(tmp_path):
    """Offsets behind the end, a beginning that does not fit: the file is another one, and new."""
    log = tmp_path / 'mail.log'
    log.write_text(sent(1) + sent(2))
    check = Checks(tmp_path, '--messages', '1', log)
    check()
    state = json.loads(check.state.read_text())
    for change in ({'offset': 10 ** 12, 'resume': 0}, {'head_n': 0}, {'tail_n': 10 ** 9}, {'resume': 10 ** 15}):
        copy = json.loads(json.dumps(state))
        copy['files'][0].update(change)
        check.state.write_text(json.dumps(copy))
        assert check()['new']['lines'] in (0, 8)


def test_every_cut_of_a_state_is_damaged(tmp_path):
    log = tmp_path / 'mail.log'
    log.write_text(sent(1))
    check = Checks(tmp_path, '--messages', '1', '--period', '1h', log)
    check()
    log.write_text(sent(1) + sent(2))
    check()
    text = check.state.read_bytes()
    for n in range(0, len(text) - 2, 17):
        check.state.write_bytes(text[:n])
        assert run_program('check', '--state', check.state, '--messages', '1', log).returncode == 3


def test_the_state_is_private_and_the_lock_is_waited_for(tmp_path, troubled):
    env = {'XDG_STATE_HOME': str(tmp_path / 'x')}
    run_program('check', '--bounce-share', '5', troubled, env=env)
    run_program('check', '--bounce-share', '7', troubled, env=env)      # the same question
    run_program('check', '--auth-failures', '7', troubled, env=env)     # another one
    states = sorted((tmp_path / 'x' / 'mailwhy').glob('check-*.json'))
    assert len(states) == 2
    assert all(p.stat().st_mode & 0o777 == 0o600 for p in states)
    assert (tmp_path / 'x' / 'mailwhy').stat().st_mode & 0o777 == 0o700


def test_a_state_that_cannot_be_written(tmp_path):
    log = tmp_path / 'mail.log'
    log.write_text(sent(1))
    (tmp_path / 'file').write_text('')
    done = run_program('check', '--state', tmp_path / 'file' / 's.json', '--messages', '1', log)
    assert done.returncode == 3 and 'Not a directory' in done.stdout


def test_peek(tmp_path):
    log = tmp_path / 'mail.log'
    log.write_text(sent(1))
    check = Checks(tmp_path, '--messages', '1', log)
    check()
    log.write_text(sent(1) + sent(2))
    assert check('--peek')['new']['lines'] == 4
    assert check()['new']['lines'] == 4
    assert check('--peek')['new']['lines'] == 0


def test_period(tmp_path):
    """What alarmed once is told until it is out of the period, and each line is still read once."""
    log = tmp_path / 'mail.log'
    log.write_text(sent(1))
    check = Checks(tmp_path, '--disk', ',0', '--delay', '1h', '--min-count', '1', '--period', '1h', log)
    check()
    log.write_text(sent(1) + sent(2) + postfix(61, 'fatal: write queue file: No space left on device', 'cleanup'))
    assert check()['exit_code'] == 2
    answer = check()
    assert answer['exit_code'] == 2 and answer['new']['lines'] == 0
    assert [c['value'] for c in answer['checks']] == [1, 2.0]
    state = json.loads(check.state.read_text())
    for span in state['history']:
        span['from'] -= 2 * 3600 * 1000000
        span['until'] -= 2 * 3600 * 1000000
    check.state.write_text(json.dumps(state))
    answer = check()
    assert answer['exit_code'] == 0 and [c['value'] for c in answer['checks']] == [0, None]


def test_silence(tmp_path):
    log = tmp_path / 'mail.log'
    now = time.time()

    def at(seconds, text):
        return time.strftime('%Y-%m-%dT%H:%M:%S+00:00', time.gmtime(now - seconds)) + f' mx postfix/{text}\n'

    log.write_text(at(3600, 'smtpd[1]: 4A1B2C3D4E: client=c.example[192.0.2.9]') + at(60, 'smtpd[1]: connect from c.example[192.0.2.9]'))
    check = Checks(tmp_path, '--silence', '30,90', '--log-age', '30,90', log)
    answer = check()
    assert [c['status'] for c in answer['checks']] == ['WARNING', 'OK']
    assert 3590 < answer['checks'][0]['value'] < 3700 and 55 < answer['checks'][1]['value'] < 160
    hour = time.gmtime(now).tm_hour
    quiet = run_program('check', '--state', check.state, '--silence', '30,50', '--log-age', '30,90', '--silence-ok',
                        f'{hour}-{(hour + 2) % 24}', '--tz', 'UTC', log)
    assert quiet.returncode == 0 and 'none is expected now' in quiet.stdout
    with log.open('a') as f:
        f.write(at(5, 'smtpd[1]: 4A1B2C3D4F: client=c.example[192.0.2.9]'))
    assert check()['checks'][0]['value'] < 100


EXIM_QUEUE = '''25m  2.9K 1vMNtK-000000001Fh-1abc <a@example.com>
          b@example.net

 3d  1.1K 1vMNtL-000000001Fi-2abc <> *** frozen ***
          c@example.net

'''


def test_queue(tmp_path):
    listing = tmp_path / 'queue.txt'
    listing.write_text(EXIM_QUEUE)
    done = run_program('check', '--queue', '1,5', '--queue-age', '1d,7d', '--queue-held', '0', listing)
    assert done.returncode == 1
    assert re.search(r'queue 2 \(warning: 1\), oldest in queue \d d \d+ h \(warning: 86400 s\), held in queue 1', done.stdout)
    values = perf(done.stdout)
    assert 2 * 86400 <= float(values.pop('queue_age')) <= 4 * 86400 and values == {'queue': '2', 'queue_held': '1'}
    done = run_program('check', '--queue', '1,5', stdin=EXIM_QUEUE)
    assert done.returncode in (1, 3)  # no word: the queue of this machine
    done = run_program('check', '--queue', '5', '-', stdin=EXIM_QUEUE)
    assert done.returncode == 0


def test_a_queue_that_cannot_be_read_hides_nothing_else(tmp_path):
    log = tmp_path / 'mail.log'
    log.write_text(sent(1))
    broken = tmp_path / 'nolisting'
    done = run_program('check', '--queue', '5', '--messages', '5', '--state', tmp_path / 's', log, broken)
    assert done.returncode == 3 and 'UNKNOWN' in done.stdout


def test_json_and_the_document():
    text = run_program('check', '--help').stdout
    rows = re.findall(r'^CHECK\("(\w+)", "([\w-]+)"', (ROOT / 'src/check/checks.def').read_text(), re.M)
    assert len(rows) > 15
    for name, option in rows:
        assert f'--{option} WARN,CRIT' in text
        assert re.search(rf'^\| `--{option}` \| `{name}` \|', DOCUMENT, re.M), option


def test_redact(troubled):
    done = run_program('check', '-v', '--year', '2026', '--auth-failures', '1', '--redact', '-', stdin=troubled.read_bytes())
    assert '192.0.2.66' not in done.stdout and 'failed logins 3' in done.stdout


def test_stdin_is_all_new(troubled):
    done = run_program('check', '--year', '2026', '--json', '-', stdin=troubled.read_bytes()).json
    assert done['state'] is None and done['first_call'] is False and done['new']['lines'] == 164
