# SPDX-License-Identifier: Apache-2.0
"""The systemd journal: its export form, and the journal itself through libsystemd.

The same records are given as a file of syslog and as entries of the journal: what they say must be the same.
"""
import gzip
import json
import os
import pathlib
import random
import shutil
import struct
import subprocess

import pytest

from conftest import ROOT, run_program

CORPUS = ROOT / 'tests' / 'corpus'
SYSLOG = CORPUS / 'postfix-rfc3339' / 'mail.log.1.gz'
REMOTE = [pathlib.Path('/lib/systemd/systemd-journal-remote'), pathlib.Path('/usr/lib/systemd/systemd-journal-remote')]
BOOT = '7c2a4ee56d3b4e8f8c7fe1b4b3a1c3aa'


def records(limit=None):
    """time, host, tag, pid and text of each line of the sample"""
    lines = gzip.decompress(SYSLOG.read_bytes()).decode('utf-8', 'surrogateescape').splitlines()
    for line in lines[:limit]:
        stamp, host, tag, text = line.split(' ', 3)
        name, _, pid = tag.rstrip(':').partition('[')
        yield stamp, host, name, pid.rstrip(']'), text




def epoch_micros(stamp):
    """of '2026-11-21T09:00:01.123456+01:00'"""
    import datetime
    t = datetime.datetime.fromisoformat(stamp)
    return (t - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)) // datetime.timedelta(microseconds=1)


def field(name, value, binary=False):
    value = value.encode('utf-8', 'surrogateescape')
    if binary or b'\n' in value:
        return name.encode() + b'\n' + struct.pack('<Q', len(value)) + value + b'\n'
    return name.encode() + b'=' + value + b'\n'


def entry(number, stamp, host, name, pid, text, rng):
    """one entry as journalctl -o export writes it, its fields in any order, some of them binary"""
    t = epoch_micros(stamp)
    fields = [
        ('__REALTIME_TIMESTAMP', str(t + 90)), ('__MONOTONIC_TIMESTAMP', str(number)), ('_BOOT_ID', BOOT),
        ('_TRANSPORT', 'syslog'), ('PRIORITY', '6'), ('SYSLOG_FACILITY', '2'), ('SYSLOG_IDENTIFIER', name), ('_UID', '0'),
        ('_COMM', name.rpartition('/')[2]), ('_CMDLINE', f'{name}\n-n x'), ('_MACHINE_ID', BOOT), ('_HOSTNAME', host),
        ('_SOURCE_REALTIME_TIMESTAMP', str(t)), ('MESSAGE', text),
    ]
    if pid:
        fields += [('SYSLOG_PID', pid), ('_PID', pid)]
    rng.shuffle(fields)
    return field('__CURSOR', f's={BOOT};i={number:x};b={BOOT};m=1;t=1;x=1') + \
        b''.join(field(k, v, binary=rng.random() < 0.05) for k, v in fields) + b'\n'


@pytest.fixture(scope='module')
def export():
    rng = random.Random(7)
    return b''.join(entry(i, *r, rng) for i, r in enumerate(records(), 1))


@pytest.fixture(scope='module')
def syslog():
    return gzip.decompress(SYSLOG.read_bytes())


def events(*args, stdin=b''):
    """what the records say, without where they lie and how they are wrapped"""
    return [{k: v for k, v in e.items() if k not in ('file', 'line', 'line_count', 'envelope', 'flags')}
            for e in run_program('parse', '--json', *args, stdin=stdin).ndjson]


def without_places(answer):
    """a report without what tells files and lines"""
    return {k: v for k, v in answer.items() if k not in ('sources', 'lines', 'panels')}


def test_the_same_events(export, syslog):
    got, want = events(stdin=export), events(stdin=syslog)
    assert len(got) == len(want) > 1000
    assert got == want


def test_the_same_report(export, syslog, tmp_path):
    (tmp_path / 'journal.export').write_bytes(export)
    (tmp_path / 'mail.log').write_bytes(syslog)
    (tmp_path / 'journal.export.gz').write_bytes(gzip.compress(export))
    want = run_program('report', '--json', tmp_path / 'mail.log').json
    for name in ('journal.export', 'journal.export.gz'):
        got = run_program('report', '--json', tmp_path / name).json
        assert without_places(got) == without_places(want)
        assert got['sources'][0]['envelope'] == 'journal'
        assert got['lines']['read'] == export.count(b'\n')


@pytest.mark.parametrize('jobs', [1, 2, 3])
def test_any_cut_is_the_same(export, tmp_path, jobs):
    path = tmp_path / 'journal.export'
    path.write_bytes(export)
    want = run_program('parse', '--json', '-j1', path).stdout
    for lines in (1, 7, 256):
        assert run_program('parse', '--json', f'-j{jobs}', '--batch-lines', lines, path).stdout == want


def test_every_line_is_accounted_for(export):
    rng = random.Random(11)
    part = export[:60000]
    for _ in range(40):
        cut = part[rng.randrange(2000):rng.randrange(4000, len(part))]
        if rng.random() < 0.5:
            at = rng.randrange(len(cut))
            cut = cut[:at] + bytes(rng.randrange(256) for _ in range(rng.randrange(1, 20))) + cut[at:]
        want = cut.count(b'\n') + (not cut.endswith(b'\n'))
        read = sum(e['line_count'] for e in run_program('parse', '--json', stdin=cut).ndjson)
        assert want - 1 <= read <= want  # NULs alone at the end are no line


def test_among_other_lines(export, syslog):
    """an export between two halves of a file of syslog"""
    half = syslog.index(b'\n', len(syslog) // 2) + 1
    part = export[:export.index(b'\n\n') + 2]
    got = [e['envelope'] for e in run_program('parse', '--json', stdin=syslog[:half] + part + syslog[half:]).ndjson]
    assert got.count('journal') == 1 and set(got) == {'rfc3339', 'journal'}
    assert got.index('journal') == syslog[:half].count(b'\n')


def test_a_message_of_several_lines():
    data = entry(1, '2026-11-21T09:00:01.5+01:00', 'mx1', 'dovecot', '', 'imap(a)<1><s>: Error: one\ntwo', random.Random(1))
    e, = run_program('parse', '--json', '--raw', stdin=data).ndjson
    assert (e['time'], e['host'], e['program'], e['line_count']) == ('2026-11-21T08:00:01.500000Z', 'mx1', 'dovecot',
                                                                     data.count(b'\n'))
    assert 'one\ntwo' in json.dumps(e).replace('\\n', '\n')


def test_trace_shows_the_line(export, tmp_path):
    path = tmp_path / 'journal.export'
    path.write_bytes(export)
    message = run_program('trace', '--json', '--lines', '--all', '--top', 1, path).json['messages'][0]
    first = message['lines'][0]
    assert first['text'].startswith('20') and '__CURSOR' not in first['text'] and '\n' not in first['text']
    assert message['queue_id'] in first['text']
    number = export.split(b'\n')[first['line'] - 1]
    assert number.startswith(b'__CURSOR=')
    piped = run_program('trace', '--json', '--lines', '--all', '--top', 1, '-', stdin=export).json['messages'][0]
    assert [line['text'] for line in piped['lines']] == [line['text'] for line in message['lines']]


# --- the journal itself -------------------------------------------------------------------------------------

def has_journal():
    return '+libsystemd' in run_program('--version').stdout


def journal_remote():
    for path in REMOTE:
        if path.exists():
            return [path]
    # one that was unpacked for the real servers
    root = pathlib.Path(os.environ.get('TEST_SERVERS', ROOT / 'build' / 'servers')) / 'root'
    path = root / 'lib' / 'systemd' / 'systemd-journal-remote'
    if not path.exists():
        pytest.skip('systemd-journal-remote is not here: no journal can be made')
    libraries = [root / 'lib', root / 'usr/lib']
    folders = ':'.join(str(p / m) for p in libraries for m in ('x86_64-linux-gnu', 'aarch64-linux-gnu',
                                                               'x86_64-linux-gnu/systemd', 'aarch64-linux-gnu/systemd'))
    return ['env', f'LD_LIBRARY_PATH={folders}', path]


def make_journal(path, export):
    subprocess.run([*journal_remote(), '-o', path, '-'], input=export, capture_output=True, timeout=60, check=True)


@pytest.fixture(scope='module')
def journal(export, tmp_path_factory):
    """a directory with the journal of one machine, among which are entries of other programs"""
    if not has_journal():
        pytest.skip('mailwhy was built without libsystemd')
    rng = random.Random(3)
    out, n = [], 0
    for n, r in enumerate(records(), 1):
        out.append(entry(2 * n, *r, rng))
        if n % 3 == 0:
            stamp, host, _, _, _ = r
            out.append(entry(2 * n + 1, stamp, host, 'cron', '5', 'no mail at all', rng)
                       .replace(b'SYSLOG_FACILITY=2\n', b'SYSLOG_FACILITY=9\n')
                       .replace(b'SYSLOG_FACILITY\n\1\0\0\0\0\0\0\0002\n', b'SYSLOG_FACILITY=9\n'))
    folder = tmp_path_factory.mktemp('journal') / BOOT
    folder.mkdir()
    make_journal(folder / 'system.journal', b''.join(out))
    return folder


def test_the_journal_itself(journal, syslog):
    want = events(stdin=syslog)
    for words in (['--journal', journal], [f'--journal={journal}'], ['--journal', journal / 'system.journal'], [journal],
                  [journal / 'system.journal'], [f'--journal={journal.parent}'], [journal.parent]):
        for jobs in ('-j1', '-j2'):
            assert events(jobs, *words) == want, words


def test_an_entry_is_a_line(journal, syslog):
    answer = run_program('report', '--json', '--journal', journal).json
    assert answer['lines']['read'] == answer['sources'][0]['lines'] == syslog.count(b'\n')
    assert answer['sources'][0]['file'] == str(journal) and answer['sources'][0]['envelope'] == 'journal'
    numbers = [e['line'] for e in run_program('parse', '--json', '--journal', journal).ndjson]
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_window_of_the_journal(journal, syslog, tmp_path):
    (tmp_path / 'mail.log').write_bytes(syslog)
    times = [e['time'] for e in events(stdin=syslog) if e['time']]
    window = ['--since', times[len(times) // 3], '--until', times[len(times) // 2]]
    assert events(*window, '--journal', journal) == events(*window, tmp_path / 'mail.log')
    far = ['--since', '2031-01-01']
    assert run_program('report', '--json', *far, '--journal', journal).json['lines']['read'] == 0


def test_trace_shows_entries(journal, export, tmp_path):
    path = tmp_path / 'journal.export'
    path.write_bytes(export)
    want = run_program('trace', '--json', '--lines', '--all', path).json['messages']
    got = run_program('trace', '--json', '--lines', '--all', '--journal', journal).json['messages']
    assert [[line['text'] for line in m['lines']] for m in got] == [[line['text'] for line in m['lines']] for m in want]


def test_journal_and_files_meet_in_time(journal, tmp_path):
    stamp = next(records(1))[0]
    (tmp_path / 'mail.log').write_text(f'{stamp} mx9 postfix/qmgr[1]: 4A1B2C3D4E: removed\n')
    got = events('--journal', journal, tmp_path / 'mail.log')
    assert 'mx9' in {e['host'] for e in got[:3]}
    assert [e['time'] for e in got] == sorted(e['time'] for e in got)


def test_two_machines(journal, tmp_path):
    rng = random.Random(5)
    many = list(records(300))
    make_journal(tmp_path / 'all.journal', b''.join(entry(i, s, ('mx1', 'mx2')[i % 2], *r, rng)
                                                    for i, (s, _, *r) in enumerate(many, 1)))
    assert {e['host'] for e in events(tmp_path)} == {'mx1', 'mx2'}
    assert {m['server'] for m in run_program('trace', '--json', '--all', tmp_path).json['messages']} == {'mx1', 'mx2'}


@pytest.mark.skipif(os.geteuid() != 0, reason='needs root to become somebody else')
def test_who_may_not_read_it(journal, tmp_path):
    program = tmp_path / 'mailwhy'
    shutil.copy(os.environ.get('MAILWHY', ROOT / 'build' / 'src' / 'mailwhy'), program)
    for path in [*journal.parents][:-2] + [*tmp_path.parents][:-2] + [tmp_path, journal, program]:
        path.chmod(path.stat().st_mode | 0o055)
    (journal / 'system.journal').chmod(0o640)
    done = subprocess.run([program, 'report', '--journal', journal], capture_output=True, text=True, check=False,
                          user=65534, group=65534, extra_groups=[])
    assert done.returncode == 3
    assert 'permission denied' in done.stderr and 'systemd-journal' in done.stderr


def test_what_is_no_journal(tmp_path):
    if not has_journal():
        pytest.skip('mailwhy was built without libsystemd')
    missing = run_program('report', f"--journal={tmp_path / 'nowhere'}")
    assert missing.returncode == 3 and 'no journal there' in missing.stderr
    (tmp_path / 'system.journal').write_bytes(b'LPKSHHRH' + bytes(1000))
    broken = run_program('report', tmp_path / 'system.journal')
    assert broken.returncode == 3 and 'journal failed' in broken.stderr


def test_a_damaged_journal(journal, tmp_path):
    """whatever is overwritten, it ends, and says so or reads on"""
    rng = random.Random(13)
    whole = (journal / 'system.journal').read_bytes()
    for _ in range(12):
        data = bytearray(whole)
        for _ in range(rng.randrange(1, 200)):
            data[rng.randrange(300, len(data))] = rng.randrange(256)
        if rng.random() < 0.3:
            del data[rng.randrange(1000, len(data)):]
        path = tmp_path / 'system.journal'
        path.write_bytes(data)
        assert run_program('report', path).returncode in (0, 1, 3)


def test_without_the_library(tmp_path):
    """a build that can't read journals says which command can"""
    if has_journal():
        pytest.skip('mailwhy was built with libsystemd')
    (tmp_path / 'system.journal').write_bytes(b'LPKSHHRH' + bytes(1000))
    done = run_program('report', tmp_path / 'system.journal')
    assert done.returncode == 3 and 'journalctl --file' in done.stderr and '-o export' in done.stderr


def test_check_counts_each_entry_once(journal, tmp_path):
    """The place in a journal is a cursor: what comes behind it is new, whatever its clock says."""
    rng = random.Random(9)
    many = list(records())
    folder = tmp_path / BOOT
    folder.mkdir()
    totals, at = {}, 0
    for n in (600, 1, 0, 250, len(many)):
        part = many[at:at + n]
        if part:
            make_journal(folder / 'system.journal', b''.join(entry(i, *r, rng) for i, r in enumerate(part, at + 1)))
        at += len(part)
        for new in (len(part), 0):
            done = run_program('check', '--json', '--bounce-share', '50', '--since', '2020-01-01', '--state', tmp_path / 'state', '--journal', folder)
            assert done.json['problems'] == [] and done.json['new']['lines'] == new, (at, n)
            for name, value in done.json['new'].items():
                totals[name] = totals.get(name, 0) + value
    whole = run_program('report', '--json', '--journal', folder).json['totals']
    for name in ('messages', 'delivered', 'relayed', 'bounced', 'deferrals', 'rejections', 'logins_failed'):
        assert totals[name] == whole[name], name


def test_check_takes_the_place_in_a_journal(journal, tmp_path):
    for _ in range(2):
        answer = run_program('check', '--json', '--bounce-share', '50', '--state', tmp_path / 'state', '--journal', journal).json
        assert answer['problems'] == [] and answer['new']['lines'] == 0
