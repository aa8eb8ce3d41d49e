# SPDX-License-Identifier: Apache-2.0
"""What filters say reaches the messages, on the real logs: every word whose line names a message, and those that name none."""
import collections
import json

import pytest

import truth
from conftest import PROGRAM, ROOT

SETS = ['filters-amavis', 'filters-rspamd']


@pytest.fixture(scope='module', params=SETS)
def told(request, tmp_path_factory):
    """(name, events of filters, the answer of trace)"""
    directory = ROOT / 'tests' / 'corpus' / request.param
    facts = truth.read_json(directory, 'truth.json')
    paths = truth.unpack(directory, facts, tmp_path_factory.mktemp(request.param))
    events = [json.loads(line) for line in truth.ask(PROGRAM, facts, paths, 'parse', '--json').splitlines()]
    answer = json.loads(truth.ask(PROGRAM, facts, paths, 'trace', '--all', '--no-limit', '--json'))
    verdicts = [e for e in events if e['event'] == 'verdict' and e['writer'] not in ('exim', 'postfix')]
    return request.param, verdicts, answer


def word(v):
    return v['writer'], v['check'], v['result']


def test_words_that_name_a_queue_id(told):
    _, verdicts, answer = told
    at = collections.defaultdict(set)
    for m in answer['messages']:
        at[m['queue_id']].update(word(v) for v in m['verdicts'])
    named = [v for v in verdicts if v.get('queue_id')]
    lost = [v for v in named if word(v) not in at[v['queue_id']]]
    assert len(named) > 200
    assert not lost, json.dumps(lost[:5], indent=1)


def test_words_that_name_a_message_id(told):
    name, verdicts, answer = told
    at = collections.defaultdict(list)
    for m in answer['messages']:
        at[(m['message_id'] or '').strip('<>')] += [word(v) for v in m['verdicts']]
    named = [v for v in verdicts if v.get('message_id') and not v.get('queue_id')]
    lost = [v for v in named if word(v) not in at[v['message_id'].strip('<>')]]
    assert len(named) > (250 if name == 'filters-rspamd' else 0)
    # spamd writes "_" for a blank, and folds what is no Message-ID
    assert len(lost) <= (3 if name == 'filters-rspamd' else 0), json.dumps(lost, indent=1)


def test_words_of_policy_services(told):
    _, verdicts, answer = told
    asked = {(v['client_ip'], v['sender'].casefold(), v['result']) for v in verdicts
             if v['check'] == 'spf' and v.get('client_ip')}
    answered = {(f['client_ip'], (f['sender'] or '').casefold(), v['result'])
                for f in answer['messages'] + answer['rejections'] for v in f['verdicts'] if v['check'] == 'spf'}
    assert len(asked) > 100
    assert asked <= answered


def test_nothing_is_left_over(told):
    assert not [m for m in told[2]['messages'] if m['role'] == 'filtered']


def test_amavis_own_mails_are_notifications(told):
    name, _, answer = told
    if name != 'filters-amavis':
        return
    bounced = [m for m in answer['messages'] if any(v['action'] == 'bounce' for v in m['verdicts'])]
    assert len(bounced) == 5
    for m in bounced:
        assert {c['relation'] for c in m['children']} == {'bounce', 'postmaster_notice'}
        assert [r['outcome'] for r in m['recipients']] == ['bounced']


def test_spam_lies_in_quarantine(told):
    name, _, answer = told
    thrown_away = [m for m in answer['messages'] if any(r['outcome'] == 'discarded' for r in m['recipients'])]
    assert len(thrown_away) == (10 if name == 'filters-amavis' else 0)
    for m in thrown_away:
        spam = [v for v in m['verdicts'] if v['writer'] == 'amavis']
        assert [(v['result'], v['action']) for v in spam] == [('spam', 'discard')]
        assert spam[0]['quarantine'] and spam[0]['score'] > 6
