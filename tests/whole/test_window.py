# SPDX-License-Identifier: Apache-2.0
"""--since and --until: the answer from a plain file, of which only a part is read, is that from a packed one."""
import gzip
import json
import lzma
import re

import pytest

from conftest import ROOT

CORPUS = ROOT / 'tests' / 'corpus'
COMMANDS = {
    'report': ['report', '--all-panels', '--json', '--no-limit'],
    'trace': ['trace', '--all', '--json', '--no-limit', '--lines'],
    'trace without lines': ['trace', '--all', '--json', '--no-limit'],
    'parse': ['parse', '--json', '--raw'],
    'parse as text': ['parse', '--raw'],
    'unknown': ['parse', '--unknown', '--json'],
}


def unpacked(path):
    return (lzma.decompress if path.suffix == '.xz' else gzip.decompress)(path.read_bytes())


def big_logs():
    """Each log of more than 1 MiB: smaller ones are read as a whole."""
    for path in sorted(CORPUS.glob('*/*log*.[gx]z')):
        if len(unpacked(path)) > 1 << 20:
            yield path


@pytest.fixture(scope='module', name='logs', params=list(big_logs()), ids=lambda p: f'{p.parent.name}/{p.stem}')
def plain_and_packed(request, tmp_path_factory):
    data = unpacked(request.param)
    folder = tmp_path_factory.mktemp('window')
    plain, packed = folder / 'a.log', folder / 'b.log.gz'
    plain.write_bytes(data)
    packed.write_bytes(gzip.compress(data, mtime=0))
    return plain, packed


def same_but_for_the_file(raw):
    """What differs although the lines are the same: names, packing, what was read to find them."""
    text = raw.decode('utf-8', 'surrogateescape')
    return re.sub(r'"(file|server|compression|bytes|skipped)": ?("[^"]*"|\w+)', '', text)


def times_of(mailwhy, log):
    """The instants at some places of a log, and its year."""
    lines = mailwhy('parse', '--json', log).raw.decode('utf-8', 'surrogateescape').splitlines()
    times = [json.loads(line)['time'] for line in lines[::max(1, len(lines) // 40)]]
    return [t for t in times if t]


@pytest.mark.parametrize('command', COMMANDS)
def test_the_answer_is_the_same(mailwhy, logs, command):
    plain, packed = logs
    times = times_of(mailwhy, plain)
    year = ['--year', times[0][:4]]
    for first, last in (0, 1), (5, 6), (13, 22), (-3, -1), (-2, None), (None, 3), (20, 20):
        window = [] if first is None else ['--since', times[first]]
        window += [] if last is None else ['--until', times[last]]
        got = mailwhy(*COMMANDS[command], *year, *window, plain)
        wanted = mailwhy(*COMMANDS[command], *year, *window, packed)
        assert got.returncode == wanted.returncode, window
        assert same_but_for_the_file(got.raw) == same_but_for_the_file(wanted.raw), window
