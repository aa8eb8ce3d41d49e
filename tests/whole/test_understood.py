# SPDX-License-Identifier: Apache-2.0
"""Every line of the corpus is read, counted, and understood where its writer is one of ours."""
import collections
import json
import re

import pytest

import truth
from conftest import PROGRAM, ROOT
from test_truth import SETS


@pytest.fixture(scope='module', params=SETS)
def corpus(request, tmp_path_factory):
    directory = ROOT / 'tests' / 'corpus' / request.param
    facts = truth.read_json(directory, 'truth.json')
    return directory, facts, truth.unpack(directory, facts, tmp_path_factory.mktemp(request.param))


def ours(record):
    """A line of a mail program: all of them have a parser here."""
    return record['writer'] is not None


def unknown_lines(directory):
    """Regular expressions of unknown.txt: free text that a site's own rules write."""
    path = directory / 'unknown.txt'
    lines = path.read_text().splitlines() if path.exists() else []
    return [re.compile(line) for line in lines if line and not line.startswith('#')]


def test_every_line_of_ours_is_understood(corpus):
    directory, facts, paths = corpus
    allowed = unknown_lines(directory)
    strange, used, seen = collections.Counter(), set(), collections.Counter()
    for text in truth.ask(PROGRAM, facts, paths, 'parse', '--json').splitlines():
        record = json.loads(text)
        seen[record['event']] += 1
        if record['event'] not in ('other', 'malformed') or not ours(record):
            continue
        hits = [rule for rule in allowed if rule.search(record['text'])]
        used.update(hits)
        if not hits:
            strange[f"{record['event']} {record.get('program')}: {record['text'][:200]!r}"] += 1
    assert sum(seen.values()) > 1000
    assert not strange, '\n'.join(f'{n} {line}' for line, n in strange.most_common(40))
    assert not set(allowed) - used, 'unknown.txt lists what is no longer there'


def test_every_line_is_counted(corpus):
    _, facts, paths = corpus
    lines = json.loads(truth.ask(PROGRAM, facts, paths, 'report', '--json'))['lines']
    assert lines['read'] == sum(log['lines'] for log in facts['logs'])
    assert lines['event'] + lines['other'] + lines['foreign'] + lines['malformed'] == lines['read']
