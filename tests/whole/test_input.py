# SPDX-License-Identifier: Apache-2.0
"""What the program does with the files it is given: kinds, order, copies, and every sort of bad input."""
import bz2
import grp
import gzip
import lzma
import os
import pathlib
import shutil
import struct
import subprocess
import tempfile
import zlib

import pytest

from conftest import PROGRAM, run_program

DAY = 'Nov 20'


def syslog(second, text, host='mx', day=DAY):
    return f'{day} 10:00:{second:02d} {host} postfix/qmgr[1]: {text}\n'


def removed(first, count, **more):
    """Lines of `count` messages that leave the queue, a second apart."""
    return ''.join(syslog(n, f'4A1B2C3D{n:02X}: removed', **more) for n in range(first, first + count))


def parse(*paths, **more):
    return run_program('--tz', 'UTC', '--year', '2026', 'parse', '--json', *paths, **more)


def seconds(result):
    return [int(record['time'][17:19]) for record in result.ndjson if record['time']]


PACKERS = {
    'plain': lambda data: data,
    'gzip': gzip.compress,
    'gzip of two members': lambda data: gzip.compress(data[:100]) + gzip.compress(data[100:]),
    'gzip with zeros behind': lambda data: gzip.compress(data) + bytes(1000),
    'bzip2': bz2.compress,
    'xz': lzma.compress,
}
TOOLS = {'zstd': ['zstd', '-qc'], 'lz4': ['lz4', '-qc'], 'compress': ['compress', '-c']}


@pytest.mark.parametrize('packer', PACKERS)
def test_compression_is_seen_by_magic(packer, tmp_path):
    path = tmp_path / 'odd.name'
    path.write_bytes(PACKERS[packer](removed(0, 20).encode()))
    result = parse(path)
    assert (result.returncode, result.stderr) == (0, '')
    assert seconds(result) == list(range(20))


@pytest.mark.parametrize('packer', PACKERS)
def test_nothing_compressed_is_nothing(packer, tmp_path):
    path = tmp_path / 'mail.log'
    path.write_bytes(PACKERS[packer](b''))
    result = parse(path)
    assert (result.returncode, result.stdout, result.stderr) == (1, '', '')


@pytest.mark.parametrize('tool', TOOLS)
def test_compression_by_other_tools(tool, tmp_path):
    if not shutil.which(tool):
        pytest.skip(f'{tool} is not installed')
    path = tmp_path / 'mail.log'
    path.write_bytes(subprocess.run(TOOLS[tool], input=removed(0, 20).encode() * 50, stdout=subprocess.PIPE,
                                    check=True).stdout)
    result = parse(path)
    assert (result.returncode, result.stderr) == (0, '')
    assert seconds(result) == list(range(20)) * 50


def test_compressed_standard_input():
    result = parse('-', stdin=gzip.compress(removed(0, 20).encode()))
    assert result.returncode == 0
    assert seconds(result) == list(range(20))


def test_rotated_set_in_any_order(tmp_path):
    names = ['mail.log', 'mail.log.1', 'mail.log.2.gz', 'mail.log.3.gz']
    for age, name in enumerate(names):
        data = removed(40 - 10 * age, 10).encode()
        (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith('gz') else data)
    for order in (names, names[::-1], names[2:] + names[:2]):
        result = parse(*(tmp_path / name for name in order))
        assert seconds(result) == list(range(10, 50))
    assert seconds(parse(tmp_path)) == list(range(10, 50))
    assert seconds(parse(tmp_path / 'mail.log*')) == list(range(10, 50))


def test_servers_are_merged_by_time(tmp_path):
    for name, first in (('a.log', 0), ('b.log', 1), ('c.log', 2)):
        (tmp_path / name).write_text(''.join(
            syslog(n, f'4A1B2C3D{n:02X}: removed', host=name[0]) for n in range(first, 60, 3)))
    result = parse(tmp_path / 'c.log', tmp_path / 'a.log', tmp_path / 'b.log')
    assert seconds(result) == list(range(60))
    assert {record['server'] for record in result.ndjson} == {'a', 'b', 'c'}


@pytest.mark.parametrize('cut', [3, 12, 60, -9, -1])
def test_truncated_gzip(cut, tmp_path):
    path, other = tmp_path / 'a.gz', tmp_path / 'b.log'
    path.write_bytes(gzip.compress(removed(0, 20).encode())[:cut])
    other.write_text(removed(30, 3, host='other'))
    result = parse(path, other)
    assert result.returncode == 3
    assert f"'{path}': compressed data end early" in result.stderr
    assert seconds(result)[-3:] == [30, 31, 32]
    assert cut != -1 or seconds(result)[:-3] == list(range(20))


def test_damaged_gzip(tmp_path):
    path = tmp_path / 'a.gz'
    data = bytearray(gzip.compress(removed(0, 50).encode()))
    data[len(data) // 2] ^= 0xff
    path.write_bytes(data)
    result = parse(path)
    assert result.returncode == 3
    assert f"'{path}': compressed data" in result.stderr


def test_directory_without_logs(tmp_path):
    (tmp_path / 'README').write_text('read me\n')
    result = parse(tmp_path)
    assert result.returncode == 3
    assert f"'{tmp_path}': no logs in this directory" in result.stderr
    assert result.stdout == ''


def test_directory_with_other_things(tmp_path):
    (tmp_path / 'README').write_text('read me\n')
    (tmp_path / 'image.png').write_bytes(b'\x89PNG\r\n\x1a\n' + bytes(range(256)))
    (tmp_path / 'dpkg.log').write_text('2026-11-20 10:00:00 status installed libc6:amd64 2.36-9\n')
    (tmp_path / 'mail.log').write_text(removed(0, 3))
    result = parse(tmp_path)
    assert result.returncode == 0
    assert result.stderr == f"mailwhy: '{tmp_path / 'image.png'}' is not a text log, skipping\n"
    assert seconds(result) == [0, 1, 2]


def test_directories_below(tmp_path):
    """As rsyslog writes them: HOST/mail.log, HOST/YEAR/mail.log."""
    for name, first in (('remote/mx1/mail.log', 0), ('remote/mx2/mail.log', 10), ('remote/mx2/2025/mail.log', 20), ('remote/.hidden/mail.log', 30)):
        path = tmp_path / name
        path.parent.mkdir(parents=True)
        path.write_text(removed(first, 2, host=path.parent.name))
    (tmp_path / 'remote' / 'mx1' / 'circle').symlink_to(tmp_path / 'remote')
    (tmp_path / 'remote' / 'web').mkdir()
    (tmp_path / 'remote' / 'web' / 'readme.txt').write_text('no log at all\n')
    for named in (tmp_path / 'remote', tmp_path):
        result = parse(named)
        assert (result.returncode, result.stderr) == (0, '')
        assert sorted(seconds(result)) == [0, 1, 10, 11, 20, 21]
        assert {record['host'] for record in result.ndjson} == {'mx1', 'mx2', '2025'}


def test_a_journal_below_is_not_read_beside_the_logs(tmp_path):
    machine = tmp_path / 'journal' / '0123456789abcdef0123456789abcdef'
    machine.mkdir(parents=True)
    (machine / 'system.journal').write_bytes(b'LPKSHHRH' + bytes(300))
    (tmp_path / 'mail.log').write_text(removed(0, 3))
    result = parse(tmp_path)
    assert (result.returncode, result.stderr, seconds(result)) == (0, '', [0, 1, 2])


def test_a_closed_directory_below_is_told():
    with tempfile.TemporaryDirectory(dir='/tmp') as name:
        directory = pathlib.Path(name)
        directory.chmod(0o755)
        for host, mode in (('mx1', 0o755), ('mx2', 0o050)):
            (directory / 'logs' / host).mkdir(parents=True)
            (directory / 'logs' / host / 'mail.log').write_text(removed(0, 3, host=host))
            (directory / 'logs' / host).chmod(mode)
        result = parse_as_nobody(directory, directory / 'logs')
        closed = directory / 'logs' / 'mx2'
        group = grp.getgrgid(closed.stat().st_gid).gr_name
        closed.chmod(0o755)
    assert result.stdout.count('\n') == 3
    assert f"'{closed}': permission denied; members of group {group} may" in result.stderr


def test_directories_far_below(tmp_path):
    """Eight below the one that is named, no deeper."""
    deep = tmp_path
    for level in range(10):
        deep = deep / str(level)
        deep.mkdir()
        (deep / 'mail.log').write_text(removed(level, 1, host=f'host{level}'))
    assert seconds(parse(tmp_path)) == list(range(8))


def test_binary_file(tmp_path):
    path = tmp_path / 'core'
    path.write_bytes(bytes(range(256)) * 100)
    result = parse(path)
    assert result.returncode == 3
    assert f"'{path}' is not a text log, skipping" in result.stderr


def test_log_of_another_program(tmp_path):
    path = tmp_path / 'access.log'
    path.write_text('192.0.2.1 - - [20/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 1 "-" "-"\n' * 3)
    result = parse(path)
    assert result.returncode in (0, 1)
    assert [record['event'] for record in result.ndjson] == ['foreign'] * 3
    assert run_program('report', path).returncode == 1


DPKG = """2026-11-20 09:00:01 startup archives unpack
2026-11-20 09:00:01 install libfoo:amd64 <none> 1.2-3
2026-11-20 09:00:01 status half-installed libfoo:amd64 1.2-3
2026-11-20 09:00:02 status installed libfoo:amd64 1.2-3
"""


def test_log_with_stamps_like_exims(tmp_path):
    log = tmp_path / 'dpkg.log'
    log.write_text(DPKG)
    result = parse(log)
    assert [record['event'] for record in result.ndjson] == ['foreign'] * 4
    result = run_program('report', log)
    assert result.returncode == 1
    assert 'No line of a mail program was found.' in result.stdout


@pytest.mark.parametrize('name', ['mainlog', 'rejectlog.1', 'exim_mainlog-20261120', 'panic.log', 'main.log.2'])
def test_exims_names_are_trusted(name, tmp_path):
    (tmp_path / name).write_text(DPKG)
    assert 'foreign' not in {record['event'] for record in parse(tmp_path / name).ndjson}


def test_one_text_of_exim_is_enough(tmp_path):
    (tmp_path / 'log').write_text(DPKG + '2026-11-20 09:00:03 1veMOe-0000mO-00 Completed\n')
    events = [record['event'] for record in parse(tmp_path / 'log').ndjson]
    assert events == ['other'] * 4 + ['done']


def test_missing_file_does_not_stop_the_others(tmp_path):
    (tmp_path / 'mail.log').write_text(removed(0, 3))
    result = parse(tmp_path / 'nothing', tmp_path / 'mail.log')
    assert result.returncode == 3
    assert f"'{tmp_path / 'nothing'}': no such file" in result.stderr
    assert seconds(result) == [0, 1, 2]


def parse_as_nobody(directory, *paths):
    """As a user who is not root and in no group."""
    program, command = PROGRAM, []
    if os.geteuid() == 0:
        if not shutil.which('setpriv'):
            pytest.skip('no setpriv to give up root with')
        program = shutil.copy(PROGRAM, directory)
        command = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']
    return subprocess.run([*command, program, '--year', '2026', 'parse', '--json', *paths],
                          capture_output=True, text=True, timeout=60, check=False,
                          env={'PATH': os.environ['PATH'], 'MAILWHY_CONFIG': '', 'ASAN_OPTIONS': 'detect_leaks=0'})


def test_no_permission():
    with tempfile.TemporaryDirectory(dir='/tmp') as name:
        directory = pathlib.Path(name)
        directory.chmod(0o755)
        log, other = directory / 'mail.log', directory / 'other.log'
        log.write_text(removed(0, 3))
        other.write_text(removed(5, 2, host='other'))
        log.chmod(0o040)
        other.chmod(0o644)
        result = parse_as_nobody(directory, log, other)
        group = grp.getgrgid(log.stat().st_gid).gr_name
    assert result.returncode == 3, result.stderr
    assert f"'{log}': permission denied; members of group {group} may read it, skipping" in result.stderr
    assert result.stdout.count('\n') == 2


def test_same_log_twice(tmp_path):
    log, copy, link = tmp_path / 'mail.log', tmp_path / 'copy.log.gz', tmp_path / 'link.log'
    log.write_text(removed(0, 5))
    copy.write_bytes(gzip.compress(log.read_bytes()))
    link.symlink_to(log)
    result = parse(log, copy, link, log)
    assert result.returncode == 0
    assert seconds(result) == list(range(5))
    assert f"'{copy}' holds the same log as '{log}', read once" in result.stderr
    assert f"'{link}' is the same file as '{log}', read once" in result.stderr


def test_full_pipe(tmp_path):
    path = tmp_path / 'mail.log'
    path.write_text(removed(0, 60) * 2000)
    with subprocess.Popen([PROGRAM, 'parse', '--json', path], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as p:
        p.stdout.readline()
        p.stdout.close()
        assert p.stderr.read() == b''
        p.wait(timeout=60)
    assert p.returncode in (0, 1, -13, 141)


@pytest.mark.parametrize('data, texts', [
    ('', []),
    ('\n', ['']),
    ('\n\n', ['', '']),
    ('x', ['x']),
    ('x\r\ny\r\n', ['x', 'y']),
    ('\0\0x\n', ['x']),
    ('x\0y\n', ['x\0y']),
])
def test_odd_lines_are_counted(data, texts, tmp_path):
    path = tmp_path / 'odd'
    path.write_bytes(data.encode())
    result = parse('--raw', path)
    assert [record['raw'] for record in result.ndjson] == texts
    assert [record['line'] for record in result.ndjson] == list(range(1, len(texts) + 1))


def test_over_long_line_is_cut_and_counted(tmp_path):
    path = tmp_path / 'mail.log'
    path.write_text(syslog(0, 'x' * 3000000) + removed(1, 1))
    result = parse('--raw', path)
    first, second = result.ndjson
    assert len(first['raw']) == 1 << 20
    assert 'cut' in first['flags']
    assert second['line'] == 2


def test_exim_entry_of_several_lines(tmp_path):
    path = tmp_path / 'rejectlog'
    path.write_text('2026-11-20 10:00:00 1xUsL9-0003wf-1Z rejected from <a@b.example> H=c [192.0.2.1]: no\n'
                    'Envelope-from: <a@b.example>\nEnvelope-to: <d@e.example>\n'
                    'P Received: from c\n\tby mx\n\n  Subject: Nov 20 10:00:01 mx postfix/qmgr[1]: forged\n'
                    '2026-11-20 10:00:02 next\n')
    records = parse(path).ndjson
    assert [(record['line'], record['line_count']) for record in records] == [(1, 7), (8, 1)]


def test_process_substitution(tmp_path):
    path = tmp_path / 'mail.log'
    path.write_text(removed(0, 5))
    result = subprocess.run(['bash', '-c', f'"{PROGRAM}" --year 2026 trace --all --lines <(cat "{path}")'],
                            capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 0, result.stderr
    assert result.stdout.count('removed') >= 5


def test_window_leaves_out_whole_files(tmp_path):
    (tmp_path / 'mail.log.1').write_text(removed(0, 5, day='Nov 10'))
    (tmp_path / 'mail.log').write_text(removed(0, 5))
    result = parse('--since', '2026-11-20', tmp_path)
    assert seconds(result) == list(range(5))


def gzip_member(data, name=b'', extra=b'', comment=b'', crc=False):
    """RFC 1952 with the optional fields of the header."""
    flags = 2 * crc | 4 * bool(extra) | 8 * bool(name) | 16 * bool(comment)
    head = struct.pack('<4BIBB', 0x1f, 0x8b, 8, flags, 0, 0, 3)
    head += struct.pack('<H', len(extra)) + extra if extra else b''
    head += name + b'\0' if name else b''
    head += comment + b'\0' if comment else b''
    head += struct.pack('<H', zlib.crc32(head) & 0xffff) if crc else b''
    packer = zlib.compressobj(wbits=-15)
    return head + packer.compress(data) + packer.flush() + struct.pack('<II', zlib.crc32(data), len(data))


@pytest.mark.parametrize('fields', [
    {}, {'name': b'mail.log'}, {'name': b'a-longer-name-than-the-first-bytes-that-are-read.log'}, {'extra': b'x' * 300},
    {'comment': b'c' * 40, 'crc': True}, {'name': b'n' * 5000, 'extra': b'e' * 5, 'comment': b'c', 'crc': True},
], ids=lambda fields: '+'.join(fields) or 'none')
def test_gzip_headers(tmp_path, fields):
    lines = [f'Nov 21 09:00:{n:02} mx1 postfix/qmgr[1]: 4A1B2C3D4E: removed\n'.encode() for n in range(60)]
    log = tmp_path / 'mail.log.gz'
    log.write_bytes(gzip_member(b''.join(lines[:30]), **fields) + gzip_member(b''.join(lines[30:]), **fields))
    for _ in range(5):
        assert len(run_program('parse', '--json', log).ndjson) == 60
