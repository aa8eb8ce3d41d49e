# SPDX-License-Identifier: Apache-2.0
"""Findings against what really happened, on logs that real servers wrote: every attack is found, nobody honest is accused.

LOGINS is the table scenario -> finding: which detectors may speak of an attack of that scenario of truth.json, and whether
every address of it must be found (True) or one is enough (False: some of its addresses tried once or twice only, or while nobody answered).
"""
import json
import pathlib
import tempfile

import pytest

import truth
from conftest import PROGRAM

ONE_ADDRESS = {'brute_force', 'spraying', 'slow_guessing', 'honeypot_accounts', 'network_guessing', 'campaign'}
MANY = {'campaign', 'account_guessing', 'network_guessing'}
LOGINS = {
    'brute force': (ONE_ADDRESS, True),
    'brute force one user': (ONE_ADDRESS, True),
    'brute force over IPv6': (ONE_ADDRESS, True),
    'odd user names': (ONE_ADDRESS, True),
    'password spraying': (ONE_ADDRESS, True),
    'mailbox login guessing': (ONE_ADDRESS | MANY, False),
    'slow distributed guessing': (MANY, False),
}
HONEST = {'honest user with old password', 'mailbox login', 'outbound', 'AUTH server down', 'out: B to A to the world'}
GUESSED = 'guess succeeds at last'
LOGIN_DETECTORS = ONE_ADDRESS | MANY | {'guessed_account', 'account_takeover'}
# Exim writes no line for a login without mail
UNTOLD_SUCCESS = {'exim-default', 'exim-all'}

SETS = ['postfix-basic', 'postfix-rfc3339', 'postfix-yearend', 'exim-default', 'exim-all', 'twohop-basic',
        'filters-amavis', 'filters-rspamd', 'sendmail-basic', 'sendmail-verbose']


def net_of(ip):
    """An address as findings name it: IPv6 by its /64."""
    if ':' not in ip:
        return ip
    head = ip.split('::')[0].split(':')
    return ':'.join(head[:4]) + '::/64'


def guilty(finding):
    """The addresses that a finding blames."""
    if finding['kind'] in ('network', 'campaign') or finding['member_kind'] == 'address':
        return set(finding['members'])
    return {finding['subject']} if finding['kind'] == 'address' else set()


class Answer:
    def __init__(self, name):
        directory = truth.CORPUS / name
        self.name = name
        self.truth = truth.read_json(directory, 'truth.json')
        with tempfile.TemporaryDirectory() as scratch:
            answer = truth.ask(PROGRAM, self.truth, truth.unpack(directory, self.truth, scratch), 'threats', '--json', '--no-limit')
        self.findings = json.loads(answer)['findings']
        self.addresses = {}
        for attempt in self.truth['auth']:
            self.addresses.setdefault(attempt['scenario'], set()).add(net_of(attempt['ip']))

    def of(self, detectors):
        return [f for f in self.findings if detectors & {f['detector'], *f['also']}]


@pytest.fixture(scope='module', params=SETS)
def answer(request):
    return Answer(request.param)


def test_the_table_knows_every_scenario(answer):
    assert set(answer.addresses) <= set(LOGINS) | HONEST | {GUESSED}


def test_every_attack_is_found(answer):
    for scenario, (detectors, every) in LOGINS.items():
        wanted = answer.addresses.get(scenario, set())
        seen = set().union(*(guilty(f) for f in answer.of(detectors)), set())
        missed = wanted - seen
        assert not missed if every else not wanted or wanted & seen, f'{scenario}: {missed or wanted}'


def test_most_of_the_distributed_guessers_are_named(answer):
    wanted = answer.addresses.get('slow distributed guessing', set())
    seen = set().union(*(guilty(f) for f in answer.of(MANY)), set())
    assert len(wanted & seen) >= 0.8 * len(wanted)


def test_nobody_honest_is_accused_of_guessing(answer):
    attackers = set().union(*(answer.addresses.get(s, set()) for s in [*LOGINS, GUESSED]), set())
    for f in answer.of(LOGIN_DETECTORS):
        assert guilty(f) <= attackers, f['summary']
        if f['kind'] == 'account':
            assert not f['blames'], f['summary']
        for scenario in HONEST:
            honest = answer.addresses.get(scenario, set()) - attackers
            assert not honest & (guilty(f) | {f['subject']}), f['summary']


def test_a_success_after_guesses_is_critical(answer):
    stolen = {a['user'] for a in answer.truth['auth'] if a['scenario'] == GUESSED and a['ok']}
    found = {f['subject'] for f in answer.of({'guessed_account'})}
    if answer.name in UNTOLD_SUCCESS:
        stolen = set()
    assert found == stolen
    assert all(f['level'] == 'critical' for f in answer.of({'guessed_account'}))


def test_findings_carry_what_people_need(answer):
    for f in answer.of(LOGIN_DETECTORS):
        assert f['summary'] and f['action'] and f['lines'] and f['evidence'] and f['setting'], f
        assert all(line['file'] and line['line'] > 0 and line['text'] for line in f['lines']), f
        assert pathlib.Path(f['lines'][0]['file']).name in {log['file'] for log in answer.truth['logs']}
