# SPDX-License-Identifier: Apache-2.0
"""The real servers: a Debian with Postfix, Dovecot and rsyslog as they are installed, one mail sent, one login failed.

script/real-servers installs it into $TEST_SERVERS or build/servers (script/test calls it); nothing is downloaded here.  It
runs in namespaces of its own, with a loopback interface of its own (real_servers.py), and ends with the test.
"""
import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest

from conftest import PROGRAM, ROOT, SANITIZER_EXIT, run_program

SERVERS = pathlib.Path(os.environ.get('TEST_SERVERS', ROOT / 'build' / 'servers'))
HELPER = ROOT / 'tests' / 'whole' / 'real_servers.py'
NAMESPACES = ['--mount', '--pid', '--net', '--uts', '--ipc', '--cgroup', '--fork', '--kill-child']

pytestmark = pytest.mark.slow


@pytest.fixture(scope='module')
def machine(tmp_path_factory):
    """What the machine left: a folder with log/, etc/ and journal.export."""
    if os.geteuid() != 0:
        pytest.skip('only root can run servers in a root of their own')
    if not (SERVERS / 'complete').exists():
        pytest.skip(f"there are no servers in '{SERVERS}': script/real-servers could not make them, or was not called")
    if subprocess.run(['unshare', *NAMESPACES, 'true'], capture_output=True, check=False).returncode:
        pytest.skip('no namespaces can be made here')
    out = tmp_path_factory.mktemp('machine')
    done = subprocess.run(['unshare', *NAMESPACES, '/usr/bin/python3', HELPER, 'run', SERVERS / 'root', out],
                          capture_output=True, text=True, timeout=110, check=False)
    if 'Operation not permitted' in done.stderr and 'mount' in done.stderr:
        pytest.skip('nothing can be mounted here: ' + done.stderr.splitlines()[-1])
    assert done.returncode == 0, done.stderr
    (out / 'only-journal').mkdir()
    shutil.copy(PROGRAM, out / 'program')
    out.chmod(0o755)
    shutil.copytree(out / 'log' / 'journal', out / 'only-journal' / 'journal')
    return out


def look(machine, log, *arguments):
    """mailwhy as on that machine, with what lies in `log` under /var/log"""
    done = subprocess.run(['unshare', '--mount', '/usr/bin/python3', HELPER, 'look', machine, log, PROGRAM, *arguments],
                          capture_output=True, text=True, timeout=60, check=False, env={**os.environ, 'TZ': 'UTC'})
    assert done.returncode not in (SANITIZER_EXIT, 70) and done.returncode >= 0, done.stderr
    return done


def assert_understood(answer, writers):
    """all lines of mail programs, of each source"""
    lines = answer['lines']
    assert lines['event'] > 0 and lines['other'] == lines['malformed'] == 0
    assert answer['understood_pct'] == 100
    for source in answer['sources']:
        if not all(f['skipped'] for f in source['files']):
            assert source['lines']['other'] == source['lines']['malformed'] == 0, source['file']
            assert not any(f['error'] for f in source['files'])
    assert writers <= {w['name'] for s in answer['sources'] for w in s['writers']}


def assert_story(answer):
    """of report --json: what real_servers.py did"""
    totals = answer['totals']
    assert (totals['messages'], totals['delivered'], totals['recipients']) == (1, 1, 1)
    assert (totals['logins_ok'], totals['logins_failed']) == (1, 2)
    assert totals['deferrals'] == totals['rejections'] == totals['bounced'] == 0


def has_journal():
    return '+libsystemd' in run_program('--version').stdout


def test_sources_of_a_fresh_debian(machine):
    answer = json.loads(look(machine, machine / 'log', 'sources', '--json').stdout)
    assert_understood(answer, {'postfix', 'dovecot'})
    assert '/var/log/mail.log' in [s['file'] for s in answer['sources']]
    assert answer['lines']['foreign'] == 0
    text = look(machine, machine / 'log', 'sources')
    assert text.returncode == 0 and '100 % understood' in text.stdout and '/var/log/mail.log' in text.stdout


def test_report_of_a_fresh_debian(machine):
    assert_story(json.loads(look(machine, machine / 'log', 'report', '--json').stdout))


def test_every_file_by_name(machine):
    log = machine / 'log'
    for name in ('mail.log', 'syslog', 'auth.log'):
        lines = run_program('report', '--json', log / name).json['lines']
        assert lines['event'] > 0 and lines['other'] == lines['malformed'] == 0, name


def test_only_the_journal(machine):
    """no file in the usual places: the journal itself"""
    if not has_journal():
        pytest.skip('mailwhy was built without libsystemd')
    done = look(machine, machine / 'only-journal', 'sources', '--json')
    answer = json.loads(done.stdout)
    assert_understood(answer, {'postfix', 'dovecot'})
    assert [s['file'] for s in answer['sources']] == ['journal']
    assert_story(json.loads(look(machine, machine / 'only-journal', 'report', '--json').stdout))


def test_exim_beside_the_journal(machine):
    """Debian without rsyslog: Exim writes files of its own, Dovecot logs to the journal; nothing is told twice"""
    if not has_journal():
        pytest.skip('mailwhy was built without libsystemd')
    log = machine / 'exim-and-journal'
    shutil.copytree(machine / 'log' / 'journal', log / 'journal')
    (log / 'exim4').mkdir()
    shutil.copy(ROOT / 'tests' / 'golden' / 'exim' / 'delivery-lmtp.log', log / 'exim4' / 'mainlog')
    answer = json.loads(look(machine, log, 'sources', '--json').stdout)
    assert [s['file'] for s in answer['sources']] == ['/var/log/exim4/mainlog', 'journal']
    # as soon as syslog writes a file, that is enough
    shutil.copy(machine / 'log' / 'mail.log', log)
    answer = json.loads(look(machine, log, 'sources', '--json').stdout)
    assert sorted(s['file'] for s in answer['sources']) == ['/var/log/exim4/mainlog', '/var/log/mail.log']
    # Postfix' own file beside the journal: only the others are read there
    (log / 'mail.log').unlink()
    shutil.rmtree(log / 'exim4')
    (log / 'maillog').write_text('Nov 02 09:00:01 mx postfix/qmgr[1]: 4A1B2C3D4E: removed\n' * 3)
    answer = json.loads(look(machine, log, 'sources', '--json').stdout)
    assert [s['file'] for s in answer['sources']] == ['/var/log/maillog', 'journal']
    assert {w['name'] for w in answer['sources'][1]['writers']} == {'dovecot', 'pam'}


def test_who_may_not_read_the_journal(machine):
    if not has_journal():
        pytest.skip('mailwhy was built without libsystemd')
    setpriv = shutil.which('setpriv')
    if not setpriv:
        pytest.skip('there is no setpriv here')
    done = subprocess.run(['unshare', '--mount', '/usr/bin/python3', HELPER, 'look', machine, machine / 'only-journal', setpriv,
                           '--reuid=65534', '--regid=65534', '--clear-groups', '/out/program', 'report'],
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 3
    # by its mode root's group, which nobody joins; by its access control list adm, which the sandbox does not let be asked
    assert re.search('permission denied; members of (group|the groups systemd-journal and) adm may read the journal', done.stderr)


def test_the_journal_by_name(machine):
    if not has_journal():
        pytest.skip('mailwhy was built without libsystemd')
    folder = machine / 'log' / 'journal'
    assert_understood(run_program('sources', '--json', f'--journal={folder}').json, {'postfix', 'dovecot', 'pam'})
    assert_story(run_program('report', '--json', folder).json)


def test_only_the_export(machine):
    """what journalctl -o export says, of all programs"""
    path = machine / 'journal.export'
    answer = run_program('sources', '--json', path).json
    assert_understood(answer, {'postfix', 'dovecot', 'pam'})
    assert answer['lines']['read'] == path.read_bytes().count(b'\n')
    assert [s['file'] for s in answer['sources']] == [str(path)]
    assert_story(run_program('report', '--json', path).json)


def test_trace_says_the_same(machine):
    """from files, from the export and from the journal"""
    ways = [[machine / 'log' / 'mail.log'], [machine / 'journal.export']]
    if has_journal():
        ways.append(['--journal', machine / 'log' / 'journal'])
    for words in ways:
        message, = run_program('trace', '--json', 'alice@mx.example.test', *words).json['messages']
        recipient, = message['recipients']
        assert (message['sender'], message['message_id']) == ('carol@example.org', '<real-1@example.org>')
        assert (recipient['recipient'], recipient['outcome']) == ('alice@mx.example.test', 'delivered')
        assert message['state'] == 'done'
