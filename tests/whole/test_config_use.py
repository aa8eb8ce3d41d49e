# SPDX-License-Identifier: Apache-2.0
"""Commands obey settings, as they obey the options; and hostile configurations hurt nobody."""
import os
import re
import subprocess
import time

import pytest

from conftest import ROOT, run_program
from test_check import sent
from test_cli import on_terminal
from test_json_docs import DOCUMENTED, names
from test_mail import sendmail  # pylint: disable=unused-import
from test_safety import as_nobody, as_root, closed, place_everybody_reaches  # pylint: disable=unused-import
from test_threats import GUESSES, login

LISTINGS = ROOT / 'tests' / 'golden' / 'queue'
REJECTS = ''.join(f'Nov 21 09:{i:02d}:01 mx postfix/smtpd[1]: NOQUEUE: reject: RCPT from unknown[203.0.113.{i}]: 554 5.7.1 <u{i}@example.net>: '
                  f'Relay access denied; from=<s{i}@shop{i}.example> to=<u{i}@example.net> proto=ESMTP helo=<h>\n' for i in range(15))
MAIL = ''.join(sent(20 * i) for i in range(15)) + REJECTS + GUESSES + ''.join(login(3 * i, '203.0.113.9', 'ben@example.org', 30) for i in range(12))
QUEUE = ['queue', '--no-log', '--now', '2026-11-22T07:40:00Z', LISTINGS / 'exim-ages.listing']


@pytest.fixture(scope='module')
def log(tmp_path_factory):
    path = tmp_path_factory.mktemp('logs') / 'mail.log'
    path.write_text(MAIL)
    return path


def configured(text, *args, tmp_path, env=None, **kw):
    path = tmp_path / 'mailwhy.conf'
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return run_program(*args, env={'MAILWHY_CONFIG': str(path), **(env or {})}, **kw)


# a command, a line of the configuration, the same as options
@pytest.mark.parametrize('command, line, options', [
    (['report'], 'panels = hours, rejection_domains', ['--panel', 'hours,rejection_domains']),
    (['report'], 'top = 3', ['--top', '3']),
    (['trace', '--all'], 'top = 3', ['--top', '3']),
    (['threats'], 'top = 1', ['--top', '1']),
    (['parse', '--unknown', '-'], 'top = 1', ['--top', '1']),
    (QUEUE, 'top = 2', ['--top', '2']),
    (['explain', '-'], 'top = 1', ['--top', '1']),
    (['report', '--json'], 'tz = America/New_York', ['--tz', 'America/New_York']),
    (['trace', '--all', '--json'], 'tz = *.log=Asia/Tokyo', ['--tz', '*.log=Asia/Tokyo']),
    (['parse', '--json'], 'tz = Asia/Tokyo', ['--tz', 'Asia/Tokyo']),
    (['trace', '--all', '--since', '2026-11-21 09:05'], 'tz = Europe/Berlin', ['--tz', 'Europe/Berlin']),
    (['trace', '--all'], 'tz = mail.log=Asia/Tokyo\ntz = Europe/Berlin', ['--tz', 'mail.log=Asia/Tokyo', '--tz', 'Europe/Berlin']),
    (['report'], 'color = always', ['--color', 'always']),
    (['config'], 'color = always', ['--color', 'always']),
    (['report', '--json'], 'local = example.net', ['--local', 'example.net']),
    (['trace', '--all', '--json'], 'local = 203.0.113.0/24, example.net', ['--local', '203.0.113.0/24', '--local', 'example.net']),
    (['threats'], 'local = 203.0.113.0/24', ['--local', '203.0.113.0/24']),
    (['threats'], 'trust = 203.0.113.7', ['--trust', '203.0.113.7']),
    (['threats'], 'level = critical', ['--level', 'critical']),
    (['threats'], 'without = brute_force', ['--without', 'brute_force']),
    (['threats'], 'threats.brute_force.failures = 13', ['--set', 'brute_force.failures=13']),
    (['threats', '--ban'], 'ban = csf', ['--ban', 'csf']),
    (['threats', '--ban', 'csf'], 'ban_time = 3d', ['--ban-time', '3d']),
    (['threats', '--ban', 'csf'], 'ban_within = 1m', ['--ban-within', '1m']),
    (['threats', '--ban', 'fail2ban'], 'ban_jail = ours', ['--ban-jail', 'ours']),
    (['report'], 'memory = 1M', ['--memory', '1M']),
    (['report'], 'jobs = 1', ['--jobs', '1']),
    (['report'], 'memory_limit = off', ['--memory-limit', 'off']),
    (['check', '--peek', '--since', '2026-11-21'], 'check.rejections = 1,2', ['--bounce-share', '10,25', '--rejections', '1,2', '--paniclog', ',0', '--disk', ',0',
                                                                              '--blocklisted', '0,20', '--certificate', '0,50']),
    (['check', '--peek', '--since', '2026-11-21', '--auth-failures', '1'], 'min_count = 500', ['--min-count', '500']),
    (['check', '--peek', '--success-share', '5'], 'no_data = unknown', ['--no-data', 'unknown']),
])
def test_a_setting_is_an_option(tmp_path, log, command, line, options):
    """The same answer either way; and but for what only spends less, another one than without."""
    words = [] if command[0] in ('explain', 'queue', 'config') else ['--state', tmp_path / 'state'] if command[0] == 'check' else []
    words += [] if command[0] in ('queue', 'config', 'explain') or '-' in command else ['--year', '2026', log]
    stdin = '5.1.1\n5.2.2\n' if command[0] == 'explain' else 'Nov 21 09:00:00 mx postfix/smtpd[1]: what?\nNov 21 09:00:00 mx postfix/smtpd[1]: who is it?\n' if '--unknown' in command else ''

    def without_clock(result):
        return re.sub(r'\d+ (s|seconds|m|h|d)\b.* ago', '', result.stdout), result.returncode

    plain = without_clock(configured('', *command, *words, tmp_path=tmp_path, stdin=stdin))
    by_file = without_clock(configured(line + '\n', *command, *words, tmp_path=tmp_path, stdin=stdin))
    by_option = without_clock(configured('', *command, *options, *words, tmp_path=tmp_path, stdin=stdin))
    if command[0] == 'config':
        assert '\033[' in by_file[0] and '\033[' in by_option[0]
        return
    assert by_file == by_option
    if line.split()[0] not in ('jobs', 'memory', 'memory_limit', 'min_count'):
        assert by_file != plain


@pytest.mark.parametrize('line, command, options', [
    ('top = 3', ['report'], ['--no-limit']),
    ('top = 3', ['report'], ['--top', '4']),
    ('panels = hours', ['report'], ['--all-panels']),
    ('panels = hours', ['report'], ['--panel', 'days']),
    ('panels = hours', ['report'], ['--problems-only']),
    ('panels = hours', ['report'], ['--compat', 'pflogsumm']),
    ('without = brute_force', ['threats'], ['--detector', 'brute_force']),
    ('level = critical', ['threats'], ['--level', 'low']),
    ('threats.brute_force.failures = 13', ['threats'], ['--set', 'brute_force.failures=12']),
    ('ban = csf\nban_time = 3d\nban_networks = yes', ['threats'], []),
    ('ban = csf', ['threats'], ['--ban', 'iptables']),
    ('tz = Asia/Tokyo\ntz = *.log=Asia/Tokyo', ['report', '--json'], ['--tz', 'UTC']),
    ('color = always', ['report'], ['--color', 'never']),
    ('redact_key = /nowhere', ['report'], []),
    ('check.rejections = 1,2', ['check', '--peek', '--since', '2026-11-21'], ['--deferrals', '100']),
])
def test_an_option_goes_before_a_setting(tmp_path, log, line, command, options):
    words = ['--year', '2026', log] + (['--state', tmp_path / 'state'] if command[0] == 'check' else [])
    plain = configured('', *command, *options, *words, tmp_path=tmp_path)
    with_file = configured(line + '\n', *command, *options, *words, tmp_path=tmp_path)
    assert (with_file.stdout, with_file.returncode, with_file.stderr) == (plain.stdout, plain.returncode, plain.stderr)


def test_logs(tmp_path, log):
    """What is read when nothing is named: by all commands that would look around."""
    other = tmp_path / 'other.log'
    other.write_text(REJECTS.replace('shop', 'other'))
    text = f'logs = {log.parent}/mail.*\nlogs = {tmp_path}/o*.log\n'
    for args in (['report'], ['trace', '--all'], ['sources'], ['threats'], ['check', '--state', tmp_path / 'state', '--rejections', '1']):
        result = configured(text, *args, '--year', '2026', '--json', tmp_path=tmp_path)
        files = [s['file'] for s in result.json.get('sources', [])] or [f['file'] for s in result.json.get('logs', []) for f in s['files']]
        if args[0] != 'check':
            assert sorted(files) == sorted([str(log), str(other)])
        else:
            assert result.json['checks'][0]['value'] is not None
    named = configured(text, 'report', '--year', '2026', '--json', other, tmp_path=tmp_path).json
    assert [s['file'] for s in named['sources']] == [str(other)]
    assert configured(text, 'parse', tmp_path=tmp_path, stdin=REJECTS).stdout.count('reject') >= 15
    queue = configured(f'logs = {LISTINGS}/exim.mail\n', 'queue', '--json', LISTINGS / 'exim.listing', tmp_path=tmp_path).json
    assert all(m['in_log'] for m in queue['messages'])
    missing = configured('logs = /nowhere/mail.log\n', 'report', tmp_path=tmp_path)
    assert missing.returncode == 3 and '/nowhere/mail.log' in missing.stderr


def test_servers(tmp_path, log):
    text = f'server = {log}=mx7\n'
    bare = tmp_path / 'mainlog'
    bare.write_text('2026-11-21 09:00:00 1w000A-000000-1A <= a@example.com H=c.example [192.0.2.9] P=esmtp S=900\n')
    answer = configured(f'server = {bare}=mx7\n', 'report', '--json', bare, tmp_path=tmp_path).json
    assert [s['server'] for s in answer['sources']] == ['mx7']
    answer = configured(f'server = {bare}=mx7\n', 'report', '--json', '--server', f'{bare}=mx8', bare, tmp_path=tmp_path).json
    assert [s['server'] for s in answer['sources']] == ['mx8']
    assert configured(text, 'report', log, tmp_path=tmp_path).returncode == 0


def test_causes(tmp_path):
    rules = tmp_path / 'rules'
    rules.mkdir()
    (rules / 'ours.rules').write_text((ROOT / 'docs' / 'causes.md').read_text().split('```')[1])
    by_file = configured(f'causes = {rules}\n', 'explain', '--json', '550 5.7.1 no', tmp_path=tmp_path)
    by_option = configured('', 'explain', '--json', '550 5.7.1 no', '--causes', rules, tmp_path=tmp_path)
    assert (by_file.stdout, by_file.stderr) == (by_option.stdout, by_option.stderr)
    assert 'cannot be read' in configured('causes = /nowhere\n', 'explain', '550', tmp_path=tmp_path).stderr


def test_redact_key(tmp_path, log):
    """The key is used where --redact is given; it does not mask by itself, and is shown by its name only."""
    secret = tmp_path / 'key'
    secret.write_text('a secret of many bytes')
    text = f'redact_key = {secret}\n'
    args = ['report', '--year', '2026', log]
    masked = configured(text, *args, '--redact', tmp_path=tmp_path).stdout
    assert masked == configured('', *args, '--redact-key', secret, tmp_path=tmp_path).stdout and 'shop1.example' not in masked
    assert 'shop1.example' in configured(text, *args, '--panel', 'rejection_domains', tmp_path=tmp_path).stdout
    assert 'many bytes' not in configured(text, 'config', '--show', tmp_path=tmp_path).stdout
    wrong = configured('redact_key = /nowhere\n', *args, '--redact', tmp_path=tmp_path)
    assert wrong.returncode == 2 and not wrong.stdout
    told = configured('trust = office.example.org\n', 'threats', '--redact', log, tmp_path=tmp_path)
    assert 'line 1' in told.stderr and 'office.example.org' not in told.stderr


def test_sendmail_of_a_file(sendmail, tmp_path, log):  # pylint: disable=redefined-outer-name
    done = configured(f'sendmail = "{sendmail.path}"\n', 'report', '--mail', 'root', '--year', '2026', log, tmp_path=tmp_path)
    assert done.returncode == 0 and sendmail.sent


def test_pager_and_colours_on_a_terminal(tmp_path, log):
    path = tmp_path / 'mailwhy.conf'
    env = {'PAGER': 'sed s/^/PAGED:/', 'MAILWHY_CONFIG': str(path)}
    path.write_text('pager = no\n')
    assert 'PAGED:' not in on_terminal('report', log, env=env)
    path.write_text('pager = yes\ncolor = never\n')
    shown = on_terminal('report', log, env=env)
    assert 'PAGED:' in shown and '\033[' not in shown
    path.write_text('pager = no\n')
    assert 'PAGED:' not in on_terminal('config', env=env)
    path.write_text('pagr = yes\ncolor = never\n')
    assert '\033[' not in on_terminal('report', log, env=env)


def test_ban_without_a_program(log):
    result = run_program('threats', '--ban', log)
    assert result.returncode == 2 and '`ban = nftables`' in result.stderr
    for words in (['--year', '2026', '--ban', log], ['--ban', '--year', '2026', log], ['--year', '2026', log, '--ban']):
        assert '203.0.113.7' in run_program('threats', *words, env={'MAILWHY_BAN': 'csf'}).stdout
    typo = run_program('threats', '--ban', 'nftabels', log)
    assert typo.returncode == 2 and "did you mean 'nftables'?" in typo.stderr


def test_checks_of_a_file(tmp_path, log):
    def checks(text, *args):
        answer = configured(text, 'check', '--json', '--peek', '--state', tmp_path / 'state', '--since', '2026-11-21', '--year', '2026', *args, log,
                            tmp_path=tmp_path).json
        return {c['check']: (c['warning'], c['critical']) for c in answer['checks']}

    usual = checks('')
    assert set(usual) == {'bounce_share', 'paniclog', 'disk', 'blocklisted', 'certificate'}
    ours = checks('check.bounce_share = 5,20\ncheck.disk = off\ncheck.auth-failures = 100,200\n')
    assert set(ours) == {'bounce_share', 'paniclog', 'blocklisted', 'certificate', 'auth_failures'}
    assert ours['bounce_share'] == ('5', '20') and ours['auth_failures'] == ('100', '200') and ours['paniclog'] == usual['paniclog']
    assert set(checks('check.bounce_share = 5,20\n', '--rejections', '5')) == {'rejections'}


# --- hostile files ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize('data, words', [
    (b'top = 5\0\n', 'line 1: a byte that belongs into no text'),
    (b'\xff\xfet\0o\0p\0', 'line 1: a byte that belongs into no text'),
    (b'top = \x1b[31m5\n', 'a byte that belongs into no text'),
    (b'local = ' + b'a' * 5000 + b'\n', 'a line has no more than 4096 bytes'),
    (b'x' * 4000, "is no setting"),
    (b'\xf0\x28\x8c\x28 = 5\n', 'there is no setting'),
    (b'nonsense\n' * 100000, 'the configuration has more mistakes'),
    (b'top = ' + b'9' * 4000 + b'\n', 'top takes no value of 4000 bytes'),
    (b'threats.brute_force.window = ' + b'1000000d' * 500 + b'\n', 'takes no value of 4000 bytes'),
    (b'period = ' + b'1000000d' * 500 + b'\n', 'takes no value'),
    (b'period = ' + b'1000000d' * 10 + b'\nthreats.brute_force.window = ' + b'1000000d' * 10 + b'\ntop = ' + b'9' * 79, 'takes a span of time'),
    (b'local = ' + b'x,' * 2000 + b'\n', None),
    (b'local = a\n' * 104857, 'more than 100000 settings'),
    (b'\n' * (1 << 20), None),
    (b' ' * (1 << 20), None),
    (b'# ' + b'x' * ((1 << 20) - 2), None),
    (b'', None),
    (b'\xef\xbb\xbf\r\ntop = 5\r\n', None),
    (b'=' * 4096, 'there is no setting'),
    (b'"=\'\n\'="\n', 'there is no setting'),
    (b'top = "\n', 'the quotes around the value do not match'),
    (b'tz = =\ntz = ../../etc/passwd\ntz = /etc/passwd\n', 'is no time zone'),
])
def test_hostile_bytes(tmp_path, data, words):
    start = time.monotonic()
    result = configured(data, 'config', tmp_path=tmp_path)
    assert result.returncode == 0 and time.monotonic() - start < 20
    assert (words in result.stderr) if words else not result.stderr
    assert result.stderr.count('\n') <= 11 and '\033[31m' not in result.stderr + result.stdout
    assert configured(data, 'config', '--check', '--json', tmp_path=tmp_path).returncode == (2 if words else 0)
    assert configured(data, 'explain', '5.1.1', tmp_path=tmp_path).returncode == 0


def test_files_that_are_none(tmp_path):
    (tmp_path / 'dir.conf').mkdir()
    os.mkfifo(tmp_path / 'fifo.conf')
    (tmp_path / 'loop.conf').symlink_to('loop.conf')
    (tmp_path / 'large.conf').write_bytes(b'\n' * ((1 << 20) + 1))
    for name, words in (('dir', 'Is a directory'), ('loop', 'symbolic links'), ('large', 'longer than 1 MiB'), ('none', 'No such file')):
        path = tmp_path / f'{name}.conf'
        for args, env, code in ((['--config', path], {}, 2), ([], {'MAILWHY_CONFIG': str(path)}, 2), (['--check', path], {}, 3)):
            result = run_program('config', *args, env=env)
            assert result.returncode == code and str(path) in result.stderr and words in result.stderr
    assert run_program('explain', '5.1.1', '--config', tmp_path / 'fifo.conf').returncode == 0  # nobody writes: it is empty
    assert run_program('config', '--config', '/dev/null').returncode == 0
    usual = tmp_path / 'xdg' / 'mailwhy'
    usual.mkdir(parents=True)
    for make, words in ((lambda p: p.mkdir(), 'Is a directory'), (os.mkfifo, 'it is no file'), (lambda p: p.symlink_to(p), 'symbolic links')):
        path = usual / 'mailwhy.conf'
        make(path)
        result = run_program('explain', '5.1.1', env={'MAILWHY_CONFIG': None, 'XDG_CONFIG_HOME': str(tmp_path / 'xdg')})
        assert result.returncode == 0 and f"'{path}' cannot be read ({words}" in result.stderr.replace('Too many levels of ', '')
        path.rmdir() if path.is_dir() else path.unlink()


@as_root
def test_a_file_that_may_not_be_read(place):
    """The file of the machine is named; what lies in a home of somebody else is not looked for."""
    secret = closed(place / 'xdg' / 'mailwhy' / 'mailwhy.conf', 'top = 5\n', mode=0o600)
    result = as_nobody(place, 'explain', '5.1.1', env={'MAILWHY_CONFIG': str(secret)})
    assert result.returncode == 2 and f"$MAILWHY_CONFIG '{secret}' cannot be read (Permission denied)" in result.stderr
    result = as_nobody(place, 'explain', '5.1.1', env={'XDG_CONFIG_HOME': str(place / 'xdg'), 'MAILWHY_CONFIG': None})
    assert result.returncode == 0 and f"'{secret}' cannot be read (Permission denied), going on without it" in result.stderr
    secret.parent.chmod(0o700)
    result = as_nobody(place, 'explain', '5.1.1', env={'XDG_CONFIG_HOME': str(place / 'xdg'), 'MAILWHY_CONFIG': None})
    assert result.returncode == 0 and 'cannot be read' not in result.stderr


def test_a_pipe_that_was_named():
    done = subprocess.run(['bash', '-c', f'"{os.environ.get("MAILWHY", ROOT / "build/src/mailwhy")}" config --config <(echo top=5)'], capture_output=True, text=True,
                          timeout=60, check=False)
    assert 'top = 5' in done.stdout


def test_what_does_not_read_it(tmp_path):
    for args in (['--version'], ['--help'], ['trace', '--help'], ['help', 'report']):
        assert not configured('nonsense\n', *args, tmp_path=tmp_path).stderr
    good = tmp_path / 'good.conf'
    good.write_text('top = 5\n')
    for args in (['--version'], ['help', 'report'], ['config', '--example'], ['config', '--check', good]):
        assert run_program(*args, env={'MAILWHY_CONFIG': '/nowhere'}).returncode == 0


def test_json_is_documented(tmp_path):
    answer = configured('top = 5\ntpo = 6\n', 'config', '--json', '--tz', 'UTC', tmp_path=tmp_path).json
    assert names(answer) - DOCUMENTED == set() and len(answer['keys']) == 2
