# SPDX-License-Identifier: Apache-2.0
"""docs/json.md describes every name that the program prints."""
import json
import re

import pytest

from conftest import ROOT
from test_memory import write_flood
from test_trace import FILTER_AND_BOUNCE, OPTIONS

DOCUMENT = (ROOT / 'docs' / 'json.md').read_text()
# names in back quotes, also inside of `{a, b}`
DOCUMENTED = {word for quoted in re.findall(r'`([^`]+)`', DOCUMENT) for word in re.findall(r'\w+', quoted)}


def names(value, skip=()):
    """All member names in a JSON value; below the members in `skip` nobody looks."""
    if isinstance(value, dict):
        return set(value) | {n for k, v in value.items() if k not in skip for n in names(v, skip)}
    if isinstance(value, list):
        return {n for v in value for n in names(v, skip)}
    return set()


@pytest.mark.parametrize('args, skip', [
    (['trace', '--all', '--lines', '--json'], ()),
    (['trace', 'alice@example.com', '--json', '--sender', '@example.com'], ()),
    (['report', '--all-panels', '--json'], ('rows',)),
    (['parse', '--unknown', '--json'], ()),
])
def test_answers(mailwhy, args, skip):
    answer = mailwhy(*args, *OPTIONS, '-', stdin=FILTER_AND_BOUNCE + 'Nov 21 10:00:00 mx1 postfix/smtpd[1]: what?\n').json
    assert names(answer, skip) - DOCUMENTED == set()


def test_an_answer_that_was_folded(mailwhy, tmp_path):
    log = tmp_path / 'mail.log'
    write_flood(log, 4000)
    answer = mailwhy('report', '--json', '--memory', '1M', '--tz', 'UTC', '--year', 2026, log).json
    assert set(answer['folded']) == {'names', 'limit_bytes'}
    assert names(answer, ('rows',)) - DOCUMENTED == set()


def test_records(mailwhy):
    records = mailwhy('parse', '--json', '--raw', stdin=FILTER_AND_BOUNCE).ndjson
    assert names(records) - DOCUMENTED == set()


@pytest.mark.parametrize('path, pattern', [
    ('src/event/fields.def', r'^F\(\w+, (\w+),'),
    ('src/event/event.h', r'X\((?:EV|MARK|NOTICE|RELATION|OUTCOME)_\w+, (?:\d+, )?"(\w+)"'),
    ('src/fact/fact.h', r'X\((?:DIRECTION|MESSAGE|ROLE)_\w+, "(\w+)"'),
    ('src/queue/queue.h', r'X\(QUEUE_\w+, "(\w+)"'),
    ('src/fact/trail.h', r'X\((?:HOP|STAGE)_\w+, "(\w+)"'),
    ('src/fact/handoff.h', r'X\(HANDOFF_\w+, "(\w+)"'),
    ('src/event/line.h', r'X\(ENVELOPE_\w+, "(\w+)"'),
    ('src/report/report.h', r'^\s+X\((\w+), "'),
])
def test_every_word_of_the_sources(path, pattern):
    words = set(re.findall(pattern, (ROOT / path).read_text(), re.M)) - {'none'}
    assert words and words - DOCUMENTED == set()


def test_schema_number(mailwhy):
    schema = mailwhy('trace', '--all', '--json', '-', stdin=FILTER_AND_BOUNCE).json['schema']
    assert f'`schema` is {schema}.' in DOCUMENT


def test_the_check_can_fail():
    assert names(json.loads('[{"a": {"b": [{"c": 1}]}}]')) == {'a', 'b', 'c'}
    assert 'no_such_name' not in DOCUMENTED
