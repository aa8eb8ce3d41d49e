# SPDX-License-Identifier: Apache-2.0
"""Safe on a server: memory has a limit, and who may not read a log is told who may."""
import grp
import json
import os
import pathlib
import pwd
import shutil
import subprocess
import tempfile

import pytest

from conftest import PROGRAM, run_program
from maillogs import Postfix

SANITIZED = b'__asan_init' in PROGRAM.read_bytes() or b'__tsan_init' in PROGRAM.read_bytes()


def log_text(mails=3):
    story = Postfix()
    for i in range(mails):
        story.mail(60 * i, '192.0.2.7', 'ann@example.com', 'bob@example.org')
    return story.log()


# --- memory

@pytest.fixture(scope='module', name='open_messages')
def open_messages_log(tmp_path_factory):
    """Sixty thousand messages that never leave the queue, with names that come once."""
    log = tmp_path_factory.mktemp('memory') / 'mail.log'
    with log.open('w') as f:
        for i in range(60000):
            f.write(f'Nov 21 {i // 3600 % 24:02d}:{i // 60 % 60:02d}:{i % 60:02d} mx1 postfix/qmgr[2]: {0x10000000 + i:X}: '
                    f'from=<u{i}@{"x" * 200}{i}.example>, size=100, nrcpt=1 (queue active)\n')
    return log


@pytest.mark.skipif(SANITIZED, reason='the shadow memory of the sanitizer would count')
@pytest.mark.parametrize('command', [['report'], ['trace', '--all', '--no-limit'], ['threats']])
def test_the_limit_ends_it_with_a_sentence(open_messages, command):
    done = run_program(*command, '--memory-limit', '20M', '--year', 2026, open_messages)
    if command == ['threats'] and done.returncode != 3:
        pytest.skip('it needed no more')
    assert done.returncode == 3
    assert done.stderr == 'mailwhy: error: more memory is needed than the limit of 20 MiB allows: --memory-limit sets another\n'


@pytest.mark.skipif(SANITIZED, reason='the shadow memory of the sanitizer would count')
def test_threads_leave_room(tmp_path):
    """Their stacks count as memory: with many of them a short log must still be read."""
    log = tmp_path / 'mail.log'
    log.write_text(log_text())
    done = run_program('report', '--json', '-j', 64, '--memory-limit', '64M', '--year', 2026, log)
    assert done.returncode == 0 and done.json['totals']['messages'] == 3


def limits_of(tmp_path, *args, before=''):
    """What /proc says of a run that waits for its input."""
    fifo = tmp_path / 'fifo'
    os.mkfifo(fifo)
    with subprocess.Popen(['sh', '-c', f'{before} exec "$0" "$@"', PROGRAM, 'parse', *args, fifo], stdout=subprocess.DEVNULL) as process:
        with fifo.open('w') as writer:  # opened: the program is there
            limits = pathlib.Path(f'/proc/{process.pid}/limits').read_text()
            writer.write('x\n')
    rows = {line[:26].strip(): line[26:].split()[:2] for line in limits.splitlines()[1:]}
    return rows['Max data size'], rows['Max core file size']


@pytest.mark.skipif(SANITIZED, reason='the shadow memory of the sanitizer would count')
@pytest.mark.parametrize('args, before, want', [
    ((), '', 'half'),
    (('--memory-limit', '32M'), '', str(32 << 20)),
    (('--memory-limit', 'off'), '', 'unlimited'),
    (('--memory-limit', '1G'), 'ulimit -S -d 65536;', str(64 << 20)),  # the system's own limit is lower
])
def test_limits(tmp_path, args, before, want):
    memory = os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE')
    data, core = limits_of(tmp_path, *args, before=before)
    if want == 'half':
        assert abs(int(data[0]) - max(memory // 2, 256 << 20)) < 1 << 20
    else:
        assert data[0] == want
    assert core == ['0', '0']  # a core dump would hold what is in the logs


@pytest.mark.parametrize('size', ['1M', '15M', 'x', '', '-1', '64Q', '99999999999999999999G', 'OFF'])
def test_sizes_that_are_refused(size):
    done = run_program('report', f'--memory-limit={size}')
    assert done.returncode == 2 and '--memory-limit takes a size of 16M or more' in done.stderr


# --- who may read it

AS_NOBODY = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']
as_root = pytest.mark.skipif(os.geteuid() != 0 or not shutil.which('setpriv') or not shutil.which('unshare'),
                             reason='only root can become a user who may not read a file')
ADM = grp.getgrnam('adm').gr_gid
USER = pwd.getpwuid(65534).pw_name


@pytest.fixture(name='place')
def place_everybody_reaches():
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        directory.chmod(0o755)
        shutil.copy(PROGRAM, directory / 'mailwhy')
        (directory / 'mailwhy').chmod(0o755)
        yield directory


def closed(path, text='', mode=0o640, group=ADM):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.chown(path, 0, group)
    path.chmod(mode)
    return path


def as_nobody(place, *args, mounts='', groups=(), env=None):
    become = AS_NOBODY if not groups else [*AS_NOBODY[:-1], f'--groups={",".join(map(str, groups))}']
    environment = {'PATH': os.environ['PATH'], 'TZ': 'UTC', 'MAILWHY_CONFIG': '', 'ASAN_OPTIONS': 'detect_leaks=0', **(env or {})}
    done = subprocess.run(['unshare', '-m', 'sh', '-c', f'{mounts} exec "$0" "$@"', *become, place / 'mailwhy', *map(str, args)],
                          capture_output=True, text=True, check=False, timeout=60, env={k: v for k, v in environment.items() if v is not None})
    if 'unshare' in done.stderr or 'mount:' in done.stderr:
        pytest.skip('no mount namespaces here')
    return done


JOIN = f'mailwhy: so that {USER} may read that: usermod -aG adm {USER}, as root; then log in again\n'


@as_root
def test_a_log_for_group_adm(place):
    log = closed(place / 'mail.log', log_text())
    old = closed(place / 'mail.log.1', log_text())
    done = as_nobody(place, 'report', '--year', 2026, log, old)
    assert done.returncode == 3
    assert done.stderr == (f"mailwhy: error: '{log}': permission denied; members of group adm may read it, skipping\n"
                           f"mailwhy: error: '{old}': permission denied; members of group adm may read it, skipping\n" + JOIN)
    assert as_nobody(place, 'report', '--year', 2026, log, old, groups=[ADM]).returncode == 0  # and nothing else is needed


@as_root
def test_a_log_in_a_closed_directory(place):
    log = closed(place / 'exim4' / 'mainlog', log_text())
    os.chown(log.parent, 0, ADM)
    log.parent.chmod(0o750)
    done = as_nobody(place, 'parse', log)
    assert done.stderr == (f"mailwhy: error: '{log}': permission denied; members of group adm may look into '{log.parent}', skipping\n" + JOIN)
    assert as_nobody(place, 'parse', '--year', 2026, log, groups=[ADM]).returncode == 0


@as_root
def test_a_log_for_its_owner_alone(place):
    log = closed(place / 'mail.log', log_text(), 0o600)
    done = as_nobody(place, 'parse', log)
    assert done.stderr == f"mailwhy: error: '{log}': permission denied; only user root may read it, skipping\n"


@as_root
def test_the_group_root_is_nothing_to_join(place):
    log = closed(place / 'mail.log', log_text(), 0o640, 0)
    assert 'usermod' not in as_nobody(place, 'parse', log).stderr


def with_acl(path, entries):
    """entries: (tag, permissions, id), as in linux/posix_acl_xattr.h"""
    raw = (2).to_bytes(4, 'little') + b''.join(tag.to_bytes(2, 'little') + rights.to_bytes(2, 'little') + (who & 0xffffffff).to_bytes(4, 'little')
                                                for tag, rights, who in entries)
    try:
        os.setxattr(path, 'system.posix_acl_access', raw)
    except OSError as error:
        pytest.skip(f'no access control lists here: {error}')


@as_root
@pytest.mark.parametrize('mask, words', [(4, 'members of group adm may read it'), (0, 'only user root may read it')])
def test_an_access_control_list(place, mask, words):
    log = closed(place / 'mail.log', log_text(), 0o600, 0)
    with_acl(log, [(1, 6, -1), (4, 0, -1), (8, 4, ADM), (16, mask, -1), (32, 0, -1)])
    done = as_nobody(place, 'parse', log)
    assert words in done.stderr
    assert (JOIN in done.stderr) == (mask == 4)


@as_root
def test_two_groups(place):
    log = closed(place / 'mail.log', log_text(), 0o600, 0)
    mail = grp.getgrnam('mail').gr_gid
    os.chown(log, 0, mail)
    with_acl(log, [(1, 6, -1), (4, 4, -1), (8, 4, ADM), (16, 4, -1), (32, 0, -1)])
    done = as_nobody(place, 'parse', log)
    assert 'members of the groups mail and adm may read it' in done.stderr and JOIN in done.stderr


def usual(place, logs):
    """Mounts that leave nothing but these logs in the usual places."""
    for name in ('log', 'lib'):
        (place / 'var' / name).mkdir(parents=True)
        (place / 'var' / name).chmod(0o755)
    for name, mode in logs.items():
        closed(place / 'var' / 'log' / name, log_text(), mode)
        if '/' in name:
            os.chown(place / 'var/log' / name.split('/')[0], 0, ADM)
            (place / 'var/log' / name.split('/')[0]).chmod(0o750)
    return f'mount --bind {place}/var/log /var/log; mount --bind {place}/var/lib /var/lib;'


@as_root
@pytest.mark.parametrize('logs', [{'mail.log': 0o640, 'mail.log.1': 0o640}, {'exim4/mainlog': 0o640}, {'mail.log': 0o640, 'exim4/mainlog': 0o640}])
def test_nothing_at_all_may_be_read(place, logs):
    """That comes first, then each log, then what to do, once."""
    done = as_nobody(place, 'report', '--year', 2026, mounts=usual(place, logs))
    lines = done.stderr.splitlines(keepends=True)
    assert done.returncode == 3
    assert lines[0] == f'mailwhy: error: none of the mail logs of this machine may be read by {USER}\n'
    assert lines[-1] == JOIN and lines.count(JOIN) == 1
    assert len(lines) == len(logs) + 2 and all('members of group adm' in line for line in lines[1:-1])


@as_root
def test_a_place_that_is_closed(place):
    """Other logs may be read: a warning, and the answer is whole as far as one can know."""
    done = as_nobody(place, 'report', '--year', 2026, mounts=usual(place, {'mail.log': 0o644, 'exim4/mainlog': 0o640}))
    assert done.returncode == 0
    assert done.stderr.splitlines(keepends=True) == [
        "mailwhy: warning: '/var/log/exim4': permission denied; members of group adm may read it, skipping\n", JOIN]


@as_root
def test_a_plug_in_says_it_on_standard_output(place):
    done = as_nobody(place, 'check', '--state', place / 'state', mounts=usual(place, {'mail.log': 0o640}) + f'chmod 777 {place};')
    assert done.returncode == 3 and 'may be read by' in done.stdout and not done.stderr


@as_root
def test_sources_lists_them(place):
    done = as_nobody(place, 'sources', '--json', '--year', 2026, mounts=usual(place, {'mail.log': 0o640, 'exim4/mainlog': 0o640}))
    found = {source['file']: source['files'][0]['error'] for source in json.loads(done.stdout)['sources']}
    assert set(found) == {'/var/log/mail.log', '/var/log/exim4'}
    assert all('members of group adm may read it' in error for error in found.values())


# --- the sandbox, as the kernel sees it

@pytest.mark.skipif(SANITIZED or not shutil.which('strace'), reason='needs strace, and a build without sanitizers')
@pytest.mark.parametrize('args', [['report', '-j1'], ['report', '-j4'], ['trace', '--all', '--lines'], ['parse'], ['sources'], ['threats']])
def test_it_is_entered_before_the_log_is_read(tmp_path, args):
    log, trace = tmp_path / 'mail.log', tmp_path / 'trace'
    log.write_text(log_text(50))
    done = subprocess.run(['strace', '-f', '-qq', '-y', '-o', trace, PROGRAM, *args, '--year', '2026', log], capture_output=True, check=False,
                          timeout=60, env={'PATH': os.environ['PATH'], 'TZ': 'UTC', 'MAILWHY_CONFIG': ''})
    calls = trace.read_text(errors='replace').splitlines() if trace.exists() else []
    if not calls or b'ptrace' in done.stderr:
        pytest.skip('nothing may be traced here')
    entered = [i for i, call in enumerate(calls) if 'SECCOMP_SET_MODE_FILTER' in call or 'landlock_restrict_self(' in call]
    kernel = run_program('--version').stdout
    assert len(entered) == ('+seccomp' in kernel) + ('+Landlock' in kernel)
    if not entered:
        pytest.skip('no sandbox in this kernel')
    reads = [i for i, call in enumerate(calls) if ('read(' in call or 'pread64(' in call) and f'<{log}>' in call]
    assert reads and max(entered) < min(reads)
    for call in calls[max(entered) + 1:]:
        assert not any(word in call for word in ('O_WRONLY', 'O_RDWR', 'O_CREAT', 'socket(', 'execve(', 'unlink', 'rename(')), call
    # threads alone are started, by the older call
    assert all('CLONE_THREAD' in call or 'ENOSYS' in call or 'resumed' in call for call in calls[max(entered) + 1:] if ' clone' in call)


def test_it_can_be_left_out():
    log = log_text(2)
    plain = run_program('parse', '--json', '--year', 2026, stdin=log)
    for args, env in ((['--no-sandbox'], {}), ([], {'MAILWHY_SANDBOX': 'off'})):
        done = run_program('parse', '--json', '--year', 2026, *args, stdin=log, env=env)
        assert (done.returncode, done.stdout, done.stderr) == (0, plain.stdout, '')
