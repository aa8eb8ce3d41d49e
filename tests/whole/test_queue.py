# SPDX-License-Identifier: Apache-2.0
"""mailwhy queue: real listings (tests/golden/queue), hostile ones, the command line, programs of this machine."""
import json
import os
import re
import shutil
import subprocess

import pytest

from conftest import ROOT, names_told, run_program
from test_json_docs import DOCUMENTED, names
from test_sources import with_places

LISTINGS = ROOT / 'tests' / 'golden' / 'queue'
NOW = ('--tz', 'UTC', '--now', '2026-11-22T07:40:00Z')


def queue(*args, **more):
    return run_program('queue', *NOW, *args, **more)


def ids(*args):
    return queue('--no-log', '--ids', *args).stdout.split()


@pytest.mark.parametrize('name, program, counts', [
    ('exim-ages', 'Exim', {'frozen': 2, 'waiting': 4}),
    ('postfix-ages', 'Postfix', {'held': 1, 'deferred': 4}),
    ('postfix-json', 'Postfix', {'held': 1, 'deferred': 4}),
    ('postfix-long', 'Postfix', {'held': 1, 'deferred': 9}),
    ('postfix-empty', 'Postfix', {}),
    ('sendmail-ages', 'Sendmail', {'deferred': 6}),
    ('sendmail-verbose', 'Sendmail', {'deferred': 6}),
    ('sendmail-quarantine', 'Sendmail', {'held': 1}),
    ('sendmail-client', 'Sendmail', {'deferred': 1}),
])
def test_real_listings(name, program, counts):
    answer = queue('--no-log', '--json', LISTINGS / f'{name}.listing').json
    assert answer['queue']['program'] == program
    assert {k: v for k, v in answer['queue']['states'].items() if v} == counts
    assert answer['queue']['messages'] == sum(counts.values()) == len(answer['messages'])
    assert answer['queue']['listings'][0]['odd_lines'] == 0
    for m in answer['messages']:
        assert m['age_s'] >= 0 and m['arrived'] and m['size_bytes'] > 0 and m['sender'] is not None and m['recipients']
        waiting = [r for r in m['recipients'] if not r['delivered']]
        assert program == 'Exim' or m['reason'] and m['cause'] and waiting[0]['recipient']


@pytest.mark.parametrize('name, messages', [('exim', 6), ('postfix-json', 5), ('sendmail', 6), ('sendmail-verbose', 6),
                                            ('sendmail-client', 1), ('postfix-long', 9)])
def test_joined_with_the_log(name, messages):
    answer = queue('--json', LISTINGS / f'{name}.listing', LISTINGS / f'{name}.mail').json
    joined = [m for m in answer['messages'] if m['in_log']]
    assert len(joined) == messages
    for m in joined:
        assert m['tries'] >= 1 and m['first_try'] <= m['last_try'] and m['cause'] and m['finished'] is None
        for r in m['recipients']:
            if not r['delivered']:
                assert r['tries'] >= 1 and r['cause']['action'] and r['reason_from'] == 'log' and not r['cut']
    stuck = [m for m in answer['messages'] if m['state'] in ('frozen', 'held') and m['in_log']]
    assert name.startswith('sendmail') or name == 'postfix-long' or stuck


def test_the_log_by_recipient():
    """one message, two reasons"""
    answer = queue('--json', '--recipient', 'dan@example.org', LISTINGS / 'sendmail.listing', LISTINGS / 'sendmail.mail').json
    message, = answer['messages']
    reasons = {r['recipient']: r['reason'] for r in message['recipients']}
    assert 'Greylisted' in reasons['carol@example.net'] and 'Connection refused' in reasons['dan@example.org']


def test_a_reason_of_the_whole_message_is_nobodys():
    """without the log it is not known whose words those of Sendmail's listing are"""
    answer = queue('--json', '--no-log', '--recipient', 'dan@example.org', LISTINGS / 'sendmail.listing').json
    message, = answer['messages']
    assert message['cause'] and message['reason_from'] == 'listing'
    assert [r['cause'] for r in message['recipients']] == [None, None]


def test_what_is_cut_comes_from_the_log():
    for words, address, cut in ([['--no-log'], 'a.very.long.mailbox.name.of.somebody@', True],
                                [[LISTINGS / 'sendmail.mail'], 'a.very.long.mailbox.name.of.somebody@example.net', False]):
        answer = queue('--json', LISTINGS / 'sendmail.listing', *words).json
        assert (address, cut) in [(r['recipient'], r['cut']) for m in answer['messages'] for r in m['recipients']]


def test_selections():
    exim = LISTINGS / 'exim-ages.listing'
    everything = ids(exim)
    assert len(everything) == 6
    assert ids(exim, '--frozen') == ids(exim, '--held') == ['1xTaEX-00004P-2I', '1xV12z-00004C-1v']
    assert set(ids(exim, '--deferred')) == set(everything) - set(ids(exim, '--frozen'))
    assert ids(exim, '--active') == []
    assert ids(exim, '--sender', '<>') == ['1xTaEX-00004P-2I']
    assert ids(exim, '--sender', '@shop.example', '--sender', 'shop@example.test') == ['1xUxSP-00004G-20', '1xV12z-00004C-1v']
    assert ids(exim, '--recipient', 'good@example.com') == []  # has its copy
    assert ids(exim, '--recipient', '@example.com') == ['1xTaEX-00004P-2I']
    assert ids(exim, '--older', '1h') == ids(exim, '--older', 3600) == ids(exim, '--older', '0d 60min') == everything[:3]
    assert ids(exim, '--younger', '1h') == everything[3:]
    assert ids(exim, '--size', '30K') == ids(exim, '--size=+30000') == ['1xV12z-00004C-1v']
    assert ids(exim, '--size=-690') == ['1xV25p-00003z-1g', '1xV25p-00004U-2O']
    assert queue(exim, '--no-log', '--count').stdout == '6\n'
    none = queue(exim, '--no-log', '--count', '--size=-1')
    assert (none.stdout, none.returncode) == ('0\n', 1)
    assert len(queue(exim, '--no-log', '--json', '--top', 2).json['messages']) == 2
    assert queue(exim, '--no-log', '--json', '--top', 2).json['more'] == 4


def test_filters_that_ask_the_log():
    words = (LISTINGS / 'exim.listing', LISTINGS / 'exim.mail', '--ids')
    assert len(queue(*words, '--user', 'root').stdout.split()) == 5
    assert len(queue(*words, '--status', 'held').stdout.split()) == 2
    assert queue(*words, '--user', 'nobody').returncode == 1
    done = queue('--no-log', LISTINGS / 'exim.listing', '--user', 'root')
    assert done.returncode == 2 and '--no-log' in done.stderr


@pytest.mark.parametrize('words', [['--size', 'big'], ['--size', '1T'], ['--older', '3'], ['--younger', '2 fortnights'],
                                   ['--by', 'age'], ['--now', 'then'], ['--ids', '--json'], ['--ids', '--count']])
def test_usage(words):
    done = queue('--no-log', LISTINGS / 'exim.listing', *words)
    assert done.returncode == 2 or words == ['--older', '3'], words
    assert not done.returncode == 2 or done.stderr.startswith('mailwhy: error: ')


def test_tables():
    words = ('--no-log', LISTINGS / 'postfix-ages.listing')
    answer = queue(*words, '--summary', '--shape', '--json').json
    assert [p['id'] for p in answer['panels']] == ['queue_summary', 'queue_shape'] and answer['messages'] == []
    summary, shape = answer['panels']
    assert [(r['domain'], r['messages'], r['recipients'], r['filter']) for r in summary['rows']] == \
        [('example.org', 3, 4, '--recipient @example.org'), ('example.net', 3, 3, '--recipient @example.net')]
    assert [sum(v for k, v in r.items() if k.startswith('below') or k == 'older') for r in shape['rows']] == [4, 3]
    by_sender = queue(*words, '--shape', '--by', 'sender', '--json').json['panels'][0]
    assert [(r['domain'], r['total']) for r in by_sender['rows']] == [('mx.example.test', 3), ('example.test', 2)]
    text = queue(*words, '--summary', '--shape').stdout
    assert 'In the queue, by domain' in text and '1280+' in text and 'Messages, the oldest first' not in text
    csv = queue(*words, '--csv').stdout
    assert {line.split(',')[0] for line in csv.split('\r\n') if line} == {'panel', 'queue_messages', 'queue_causes', 'queue_summary', 'queue_shape'}
    listed = [line.split(',')[1] for line in csv.split('\r\n') if line.startswith('queue_messages,')]
    assert listed == queue(*words, '--ids').stdout.split()
    brief = queue(*words, '--brief').stdout.splitlines()
    assert [line.split()[0] for line in brief[brief.index('Messages, the oldest first') + 2:]] == listed
    assert queue(*words, '--brief', '--json').returncode == 2


def test_standard_input_and_several_listings():
    text = (LISTINGS / 'exim-ages.listing').read_bytes()
    answer = queue('--json', '--no-log', '-', LISTINGS / 'postfix-ages.listing', stdin=text).json
    assert [entry['program'] for entry in answer['queue']['listings']] == ['Exim', 'Postfix']
    assert answer['queue']['program'] is None and answer['queue']['messages'] == 11


def test_an_empty_queue():
    for stdin in (b'', b'\n', b'Mail queue is empty\n', b'/var/spool/mqueue is empty\n\t\tTotal requests: 0\n'):
        done = queue('-', stdin=stdin)
        assert done.returncode == 1 and 'The queue is empty.' in done.stdout
        assert queue('-', '--count', stdin=stdin).stdout == '0\n'
        assert queue('-', '--ids', stdin=stdin).stdout == ''


def test_what_is_no_listing(tmp_path):
    done = queue('-', stdin=(LISTINGS / 'exim.mail').read_bytes())
    assert done.returncode == 3 and 'no listing' in done.stderr
    done = queue(LISTINGS / 'exim.listing', tmp_path / 'no-such-log')
    assert done.returncode == 3 and 'no-such-log' in done.stderr


def test_a_pipe():
    path = LISTINGS / 'exim-ages.listing'
    done = subprocess.run(['bash', '-c', f'"$MAILWHY" queue <(cat "{path}") --no-log --count'], capture_output=True, text=True,
                          check=False, timeout=60, env={**os.environ, 'MAILWHY': str(run_program('--version').args[0])})
    assert done.stdout == '6\n', done.stderr


def test_ages():
    """Exim's listing tells when it was made; without --now the others are as old as their file"""
    path = LISTINGS / 'exim-ages.listing'
    answer = run_program('queue', '--tz', 'UTC', '--no-log', '--json', '-', stdin=path.read_bytes()).json
    assert answer['queue']['made'].startswith('2026-11-22T07:37:33') or answer['queue']['made'] > '2026-11-22T07:38'
    assert answer['queue']['oldest_s'] >= 4 * 86400 - 1


def test_hostile():
    """No byte of a listing reaches the terminal as it is, nothing but ids is printed as an id."""
    evil = '\x1b[2J\u202e\x07'
    texts = [
        f' 3m  1K 1xV25p-00003z-1g <{evil}@example.net>\n          $(reboot)`{evil}`@example.org\n\n'
        ' 3m  1K 1xV25p-00003z-1g;reboot <a@example.net>\n          b@example.org\n',
        '-Queue ID-  --Size-- ----Arrival Time---- -Sender/Recipient-------\n'
        f'4A1B2C3D4E      912 Sat Sep 12 09:00:01  {evil}\n({evil} 451 no)\n      {evil}\n'
        f'$(reboot)      912 Sat Sep 12 09:00:01  x\n      y\n',
        json.dumps({'queue_name': evil, 'queue_id': '30AA578', 'sender': evil, 'recipients': [{'address': evil, 'delay_reason': evil}]})
        + '\n' + json.dumps({'queue_name': 'hold', 'queue_id': '30AA578; reboot'}),
        '-----Q-ID----- --Size-- -----Q-Time----- ------------Sender/Recipient-----------\n'
        f'6AM7bYu2000045     1830 Sun Nov 22 09:37 {evil}\n     QUARANTINE: {evil}\n                 ({evil})\n\t\t\t\t\t {evil}\n',
    ]
    for text in texts:
        for words in ([], ['--json'], ['--csv'], ['--summary', '--shape', '--by', 'sender']):
            done = queue('-', '--no-log', *words, stdin=text)
            assert '\x1b' not in done.stdout and '\u202e' not in done.stdout and '\x07' not in done.stdout
        assert len(queue('-', '--no-log', '--ids', stdin=text).stdout.split()) == 1
        assert 'reboot' not in queue('-', '--no-log', '--ids', stdin=text).stdout


def test_much_of_everything():
    lines = ['-Queue ID-  --Size-- ----Arrival Time---- -Sender/Recipient-------']
    for n in range(20000):
        lines += [f'{n + 0x100000:X}      912 Sun Nov 22 07:{n % 60:02}:01  s@example.net', f'({n % 7} later)',
                  *(f'      r{k}@d{n}.example' for k in range(n % 5)), '']
    done = queue('-', '--no-log', stdin='\n'.join(lines), timeout=60)
    assert '20,000 messages for 40,000 recipients' in done.stdout
    assert '... and 19,980 more' in done.stdout


def test_redact():
    names = 'shop', 'eve@', 'bob', 'carol', 'mx.example', 'example.net', '192.0.2.'
    words = (LISTINGS / 'postfix-json.listing', LISTINGS / 'postfix-json.mail', '--redact')
    for more in ([], ['--json'], ['--csv'], ['--summary'], ['--shape']):
        text = queue(*words, *more).stdout
        assert not names_told(text, names), more
    assert len(queue(*words, '--ids').stdout.split()) == 5


def test_documented():
    answer = queue('--json', LISTINGS / 'exim.listing', LISTINGS / 'exim.mail', '--top', 50).json
    assert names(answer, ('rows',)) - DOCUMENTED == set()


def test_help():
    text = run_program('queue', '--help').stdout
    for word in ('exim -bp', '--frozen', '--older', '--shape', '--no-log'):
        assert word in text


@pytest.mark.skipif(not shutil.which('unshare'), reason='needs unshare')
def test_a_listing_on_a_machine_without_logs():
    """Nothing is said of logs that nobody has read."""
    done = with_places({}, 'queue', *NOW, LISTINGS / 'exim-ages.listing')
    assert done.returncode == 0
    assert 'the listing does not say why' in done.stdout and 'logs' not in done.stdout and '0 lines' not in done.stdout


def test_causes_have_their_ids(tmp_path):
    log = tmp_path / 'mainlog'
    log.write_text('2026-11-22 06:00:00 1vMlXS-00000000Aqk-0m9z == bob@example.net R=r T=t defer (-53): retry time not reached for any host\n')
    listing = tmp_path / 'listing'
    listing.write_text(' 2h  4.2K 1vMlXS-00000000Aqk-0m9z <a@example.com>\n          bob@example.net\n\n')
    shown = queue(listing, log).stdout
    wanted = re.search(r'Why they wait\n  1 message.* \[([\w.-]+)\]\n', shown)
    assert wanted and run_program('explain', wanted.group(1)).returncode == 0, shown
