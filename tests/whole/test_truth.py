# SPDX-License-Identifier: Apache-2.0
"""The answers against what really happened, on logs that real servers wrote: see truth.py and tests/corpus/README.md."""
import copy

import pytest

import truth
from conftest import PROGRAM, ROOT

SETS = ['postfix-basic', 'postfix-rfc3339', 'postfix-yearend', 'exim-default', 'exim-all', 'twohop-basic',
        'filters-amavis', 'filters-rspamd', 'sendmail-basic', 'sendmail-verbose']


@pytest.mark.parametrize('name', SETS)
def test_truth(name, capsys):
    directory = ROOT / 'tests' / 'corpus' / name
    result = truth.compare(directory, PROGRAM)
    known = truth.read_exceptions(directory / 'exceptions.txt')
    with capsys.disabled():
        print(f'\n{name}:', ', '.join(f'{what} {good}/{total}' for what, (good, total) in result.figures.items()),
              f'; {len(known)} cases that these logs cannot tell')
    unlisted = [line for line in result.differences if line not in known]
    gone = sorted(set(known) - set(result.differences))
    assert not unlisted and not gone, '\n'.join(
        ['differs from the truth:', *unlisted, 'listed in exceptions.txt, but no longer different:', *gone])


# The comparison itself: a small truth, its perfect answer, and answers that are wrong in one place.

TRUTH = {
    'set': 'small',
    'messages': [{
        'queue_id': 'AAA111', 'accepted': True, 't_start': 10.0, 't_end': 11.0, 'scenario': 's', 'via': 'smtp',
        'trace_tag': 't', 'sender': 'a@x.test', 'message_id': '<1@x.test>',
        'recipients': [
            {'addr': 'bob@here.test', 'outcome': 'delivered'},
            {'addr': 'list@here.test', 'outcome': 'mixed', 'expands_to': [
                {'addr': 'carol@here.test', 'outcome': 'delivered'},
                {'addr': 'dan@there.test', 'outcome': 'bounced'}]},
            {'addr': 'none@here.test', 'outcome': 'rejected', 'rcpt_reply': '550 no'}],
    }],
    'rejected': [{'t': 10.5, 'ip': '192.0.2.1', 'stage': 'rcpt', 'from': 'a@x.test', 'to': 'none@here.test',
                  'reply': '550 no', 'reason': 'unknown'}],
    'auth': [{'t': 20.0, 'service': 'imap', 'user': 'bob', 'ip': '192.0.2.9', 'ok': False, 'reply': '', 'scenario': 'g'}] * 2,
    'sessions': [],
}


def stamp(t):
    return f'1970-01-01T00:00:{t:09.6f}Z'


def recipient(address, outcome, original=None):
    return {'recipient': address, 'orig_recipient': original, 'outcome': outcome}


ANSWER = {
    'messages': [
        {'server': 'mx', 'queue_id': 'AAA111', 'arrived': stamp(10), 'sender': 'a@x.test', 'message_id': '<1@x.test>',
         'recipients': [recipient('bob@here.test', 'delivered'), recipient('list@here.test', 'expanded'),
                        recipient('carol@here.test', 'delivered', 'list@here.test')],
         'children': [{'server': 'mx', 'queue_id': 'BBB222', 'relation': 'forward'}]},
        {'server': 'mx', 'queue_id': 'BBB222', 'arrived': stamp(11), 'sender': 'a@x.test', 'message_id': '<1@x.test>',
         'recipients': [recipient('dan@there.test', 'expired', 'list@here.test')], 'children': []},
        {'server': 'mx', 'queue_id': 'AAA111', 'arrived': stamp(55), 'sender': '', 'message_id': None,
         'recipients': [], 'children': []},
    ],
    'rejections': [{'time': stamp(11), 'client_ip': '192.0.2.1', 'stage': 'rcpt', 'sender': 'a@x.test',
                    'recipient': 'none@here.test', 'writer': 'postfix', 'reply': '550 no'}],
    'logins': [{'time': stamp(25), 'service': 'imap', 'user': 'bob', 'client_ip': '192.0.2.9', 'success': False,
                'attempts': 2, 'writer': 'dovecot'}],
}


def kinds_of(change):
    answer = copy.deepcopy(ANSWER)
    change(answer)
    return [line.split(' ')[0] for line in truth.Comparison(TRUTH, answer).run().differences]


@pytest.mark.parametrize('change, want', [
    (lambda a: None, []),
    (lambda a: a['messages'].pop(0), ['message']),
    (lambda a: a['messages'][0]['recipients'].pop(0), ['recipient']),
    (lambda a: a['messages'][0]['recipients'][0].update(outcome='deferred'), ['recipient']),
    (lambda a: a['messages'][0]['children'].clear(), ['recipient']),
    (lambda a: a['messages'][1]['recipients'][0].update(outcome='relayed'), ['recipient']),
    (lambda a: a['rejections'].clear(), ['rejection']),
    (lambda a: a['rejections'][0].update(time=stamp(20)), ['extra-rejection', 'rejection']),
    (lambda a: a['rejections'][0].update(stage='data'), ['extra-rejection', 'rejection']),
    (lambda a: a['rejections'].append(dict(a['rejections'][0])), ['extra-rejection']),
    (lambda a: a['logins'][0].update(attempts=1), ['login']),
    (lambda a: a['logins'][0].update(attempts=3), ['extra-login']),
    (lambda a: a['logins'][0].update(success=True), ['extra-login', 'login']),
    (lambda a: a['logins'][0].update(user='eve', attempts=1), ['extra-login', 'login']),
])
def test_the_comparison_can_fail(change, want):
    assert kinds_of(change) == want
