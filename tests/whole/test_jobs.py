# SPDX-License-Identifier: Apache-2.0
"""The answer is the same bytes for any number of threads and any size of the batches."""
import gzip
import lzma

import pytest

from conftest import ROOT

SETS = sorted(p.name for p in (ROOT / 'tests' / 'corpus').iterdir() if p.is_dir())
WAYS = [('-j1', 1), ('-j1', 3), ('-j2', 256), ('-j2', 7), ('-j3', 256), ('-j3', 1), ('-j7', 256), ('-j7', 2), ('-j7', 4096)]
COMMANDS = {
    'report': ['report', '--all-panels', '--json', '--no-limit'],
    'trace': ['trace', '--all', '--json', '--no-limit', '--lines'],
    'parse': ['parse', '--json', '--raw'],
    'unknown': ['parse', '--unknown', '--json'],
    'pflogsumm': ['report', '--compat', 'pflogsumm'],
    'eximstats': ['report', '--compat', 'eximstats'],
}


@pytest.fixture(scope='module', name='corpus')
def unpacked_corpus(tmp_path_factory):
    """Name of a set -> its logs, unpacked once: they are read many times."""
    folder = tmp_path_factory.mktemp('corpus')
    logs = {}
    for name in SETS:
        (folder / name).mkdir()
        for packed in sorted((ROOT / 'tests' / 'corpus' / name).glob('*log*.[gx]z')):
            if packed.suffix == '.xz':
                (folder / name / packed.stem).write_bytes(lzma.decompress(packed.read_bytes()))
            else:
                (folder / name / packed.name).write_bytes(packed.read_bytes())
        logs[name] = sorted((folder / name).iterdir())
    return logs


@pytest.mark.parametrize('name', SETS)
@pytest.mark.parametrize('command', ['report', 'trace'])
def test_every_way_says_the_same(mailwhy, corpus, name, command):
    logs = corpus[name]
    wanted = mailwhy(*COMMANDS[command], '-j1', *logs)
    assert wanted.returncode == 0
    for jobs, lines in WAYS:
        got = mailwhy(*COMMANDS[command], jobs, '--batch-lines', lines, *logs)
        assert (got.returncode, got.stderr) == (0, wanted.stderr), (jobs, lines)
        assert got.raw == wanted.raw, (jobs, lines)


@pytest.mark.parametrize('command', [c for c in COMMANDS if c not in ('report', 'trace')])
def test_commands_on_several_threads(mailwhy, command):
    for log in sorted((ROOT / 'samples').iterdir()):
        wanted = mailwhy(*COMMANDS[command], '-j1', log)
        for jobs, lines in WAYS:
            got = mailwhy(*COMMANDS[command], jobs, '--batch-lines', lines, log)
            assert (got.returncode, got.raw, got.stderr) == (wanted.returncode, wanted.raw, wanted.stderr), (jobs, lines)


def test_standard_input_on_several_threads(mailwhy, corpus):
    log = corpus['postfix-basic'][0].read_bytes()
    for packed in (log, gzip.compress(log)):
        wanted = mailwhy('report', '--json', '-j1', '-', stdin=packed)
        assert wanted.returncode == 0
        assert mailwhy('report', '--json', '-j4', '-', stdin=packed).raw == wanted.raw


def test_a_damaged_file_on_several_threads(mailwhy, corpus, tmp_path):
    cut = tmp_path / 'mail.log.1.gz'
    cut.write_bytes(gzip.compress(corpus['postfix-basic'][0].read_bytes())[:20000])
    wanted = mailwhy('report', '--json', '-j1', cut)
    assert wanted.returncode == 3
    for jobs in '-j2', '-j5':
        got = mailwhy('report', '--json', jobs, cut)
        assert (got.returncode, got.raw, got.stderr) == (3, wanted.raw, wanted.stderr)


def rotated(folder, log, kind):
    """A log cut in five and packed: the oldest part has the highest number."""
    lines = log.read_bytes().splitlines(keepends=True)
    pack = {'gz': gzip.compress, 'xz': lzma.compress}[kind]
    step = len(lines) // 5 + 1
    for n in range(5):
        part = b''.join(lines[n * step:(n + 1) * step])
        (folder / f'{log.name}.{5 - n}.{kind}').write_bytes(pack(part))


@pytest.mark.parametrize('damaged', [False, True])
def test_packed_files_side_by_side(mailwhy, corpus, tmp_path, damaged):
    rotated(tmp_path, corpus['postfix-basic'][0], 'xz')
    for log in corpus['exim-all']:
        rotated(tmp_path, log, 'gz')
    if damaged:
        for path in sorted(tmp_path.iterdir())[1::3]:
            data = path.read_bytes()
            path.write_bytes(data[:len(data) // 2])
    for command in 'report', 'trace', 'parse':
        wanted = mailwhy(*COMMANDS[command], '-j1', tmp_path)
        assert wanted.returncode == (3 if damaged else 0)
        for jobs in '-j2', '-j3', '-j4', '-j16':
            got = mailwhy(*COMMANDS[command], jobs, tmp_path)
            assert (got.returncode, got.stderr) == (wanted.returncode, wanted.stderr), (command, jobs)
            assert got.raw == wanted.raw, (command, jobs)


@pytest.mark.parametrize('jobs', ['0', '65', 'x', ''])
def test_jobs_are_a_number(mailwhy, jobs):
    done = mailwhy('report', '--jobs', jobs, ROOT / 'samples')
    assert done.returncode == 2
    assert '--jobs takes a number from 1 to 64' in done.stderr
