# SPDX-License-Identifier: Apache-2.0
"""Golden files: readable logs beside what they must become (see golden.py; script/update-golden renews them)."""
import difflib

import pytest

import golden

CASES = golden.cases()
PAIRS = [(log, kind) for log in CASES for kind in golden.KINDS if golden.golden_path(log, kind).exists()]


@pytest.mark.parametrize('log, kind', PAIRS, ids=[f'{log.parent.name}/{log.stem}.{kind}' for log, kind in PAIRS])
def test_golden(log, kind):
    want = golden.golden_path(log, kind).read_text(encoding='utf-8', errors='surrogateescape')
    got = golden.render(log, kind)
    assert got == want, '\n'.join(difflib.unified_diff(want.splitlines(), got.splitlines(), 'golden', 'today', n=1,
                                                       lineterm=''))


@pytest.mark.parametrize('listing', [q for q in golden.queue_cases() if golden.golden_path(q, 'answer').exists()],
                         ids=lambda listing: listing.stem)
def test_golden_queue(listing):
    want = golden.golden_path(listing, 'answer').read_text(encoding='utf-8')
    got = golden.render_queue(listing)
    assert got == want, '\n'.join(difflib.unified_diff(want.splitlines(), got.splitlines(), 'golden', 'today', n=1, lineterm=''))


@pytest.mark.parametrize('log', CASES, ids=[f'{log.parent.name}/{log.stem}' for log in CASES])
def test_every_log_has_its_events(log):
    assert golden.golden_path(log, 'events').exists(), 'run script/update-golden'


def test_no_golden_file_without_its_log():
    alone = [str(p) for kind in golden.KINDS for p in golden.GOLDEN.rglob(f'*.{kind}') if not p.with_suffix('.log').exists()]
    assert not alone


def test_there_are_cases():
    assert len(PAIRS) > 10
