# SPDX-License-Identifier: Apache-2.0
"""The logs of many servers in one call: what is told of each is what its logs tell alone."""
import collections
import json
import subprocess

import pytest

import truth
from conftest import PROGRAM, ROOT

CORPUS = ROOT / 'tests' / 'corpus'
SETS = sorted(d.name for d in CORPUS.iterdir() if (d / 'truth.json.xz').exists())
# What is still open is given up once later logs are months ahead.
STILL_OPEN = {'held', 'open', 'evicted'}


def settings(name, facts, paths):
    """The zone of each file, and the server of those that do not name it."""
    zone, host = facts['timezone'], facts.get('host')
    zone = next(iter(zone.values())) if isinstance(zone, dict) else zone
    options = []
    for path in paths:
        options += ['--tz', f'{path}={zone}']
        if name.startswith('exim'):
            options += ['--server', f'{path}={host}']
        elif path.name.startswith('b-exim'):
            options += ['--server', f"{path}={facts['hosts']['B']}"]
    return options


def ask(options, paths):
    done = subprocess.run([PROGRAM, 'trace', '--all', '--no-limit', '--json', *options, *map(str, paths)],
                          capture_output=True, timeout=300, check=True, stdin=subprocess.DEVNULL)
    return json.loads(done.stdout)


def tally(answer, what):
    facts = []
    for fact in answer[what]:
        fact.pop('verdict', None)  # of what is still open, here or behind a filter, it tells when the next try is due
        if what == 'messages' and fact['state'] in STILL_OPEN:
            fact = dict(fact, state='open')
        facts.append(json.dumps(fact, sort_keys=True))
    return collections.Counter(facts)


@pytest.mark.slow
def test_all_servers_at_once(tmp_path):
    alone = collections.defaultdict(collections.Counter)
    all_options, all_paths = [], []
    for name in SETS:
        facts = truth.read_json(CORPUS / name, 'truth.json')
        (tmp_path / name).mkdir()
        paths = truth.unpack(CORPUS / name, facts, tmp_path / name)
        options = settings(name, facts, paths)
        answer = ask(options, paths)
        for what in ('messages', 'rejections', 'logins'):
            alone[what] += tally(answer, what)
        all_options += options
        all_paths += paths
    together = ask(all_options, all_paths)
    for what, want in alone.items():
        got = tally(together, what)
        assert sum(want.values()) > 1000
        assert not want - got and not got - want, f'{what}: lost {list(want - got)[:2]}, new {list(got - want)[:2]}'
