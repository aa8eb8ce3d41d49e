# SPDX-License-Identifier: Apache-2.0
"""The real servers: Exim, Postfix and Sendmail as Debian installs them, with deferred, frozen and held messages in their queues.

mailwhy reads their listings and logs, and says what their own tools (exiqgrep, exiqsumm, qshape) say of the same queue.  real_queues.py
runs the servers in namespaces of their own; see test_real_servers.py for what is needed.
"""
import email
import email.policy
import os
import re
import subprocess

import pytest

from conftest import PROGRAM, ROOT, run_program
from test_real_servers import NAMESPACES, SERVERS

HELPER = ROOT / 'tests' / 'whole' / 'real_queues.py'

pytestmark = pytest.mark.slow


def fill(kind, root, out):
    if os.geteuid() != 0:
        pytest.skip('only root can run servers in a root of their own')
    if not (SERVERS / ('complete' if root == 'root' else f'complete-{root}')).exists():
        pytest.skip(f"there is no {kind} in '{SERVERS}': script/real-servers could not install it, or was not called")
    if subprocess.run(['unshare', *NAMESPACES, 'true'], capture_output=True, check=False).returncode:
        pytest.skip('no namespaces can be made here')
    done = subprocess.run(['unshare', *NAMESPACES, '/usr/bin/python3', HELPER, kind, SERVERS / root, out, PROGRAM],
                          capture_output=True, text=True, timeout=110, check=False)
    if 'Operation not permitted' in done.stderr and 'mount' in done.stderr:
        pytest.skip('nothing can be mounted here: ' + done.stderr.splitlines()[-1])
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope='module')
def exim(tmp_path_factory):
    return fill('exim', 'exim', tmp_path_factory.mktemp('exim'))


@pytest.fixture(scope='module')
def postfix(tmp_path_factory):
    return fill('postfix', 'root', tmp_path_factory.mktemp('postfix'))


@pytest.fixture(scope='module')
def sendmail(tmp_path_factory):
    return fill('sendmail', 'sendmail', tmp_path_factory.mktemp('sendmail'))


def queue(*args):
    done = run_program('queue', '--tz', 'UTC', '--json', '--no-limit', *args)
    assert done.returncode == 0, done.stderr
    return done.json


def ids(*args):
    return run_program('queue', '--tz', 'UTC', '--no-log', '--ids', *args).stdout.split()


def recipients(answer):
    """{(sender, recipient): its member of the answer}"""
    found = {(m['sender'], r['recipient']): r for m in answer['messages'] for r in m['recipients']}
    assert len(found) == sum(len(m['recipients']) for m in answer['messages'])
    return found


def assert_explained(answer, tries):
    """what real_queues.py made to happen: mx.example.net puts off, mx.example.org is not there"""
    assert answer['queue']['listings'][0]['odd_lines'] == 0 and answer['lines']['other'] == answer['lines']['malformed'] == 0
    assert all(m['in_log'] and m['finished'] is None for m in answer['messages'])
    found = recipients(answer)
    for (_, address), r in found.items():
        if r['delivered']:
            continue
        cause = r['cause'] if not r['cause_before'] else r['cause_before']
        assert r['reason_from'] == 'log' and tries[0] <= r['tries'] <= tries[1], r
        if address.endswith('@example.net'):
            assert 'Greylisted' in r['reason'] and cause['class'] == 'greylist' and cause['temporary']
        elif address.endswith('@example.org'):
            assert cause['class'] == 'network' and cause['basis'] == 'text'
    assert ('ann@mx.example.test', 'a.very.long.mailbox.name.of.somebody@example.net') in found


# --- Exim ------------------------------------------------------------------------------------------------

def test_exim_with_its_log(exim):
    answer = queue(exim / 'joined', exim / 'log')
    assert answer['queue']['program'] == 'Exim'
    assert {k: v for k, v in answer['queue']['states'].items() if v} == {'frozen': 2, 'deferred': 4}
    assert_explained(answer, (1, 2))
    bounce = recipients(answer)['', 'nobody@example.com']
    assert (bounce['cause']['class'], bounce['cause']['temporary']) == ('hard', False)
    frozen = recipients(answer)['shop@example.test', 'eve@example.org']
    assert frozen['cause']['basis'] == 'deed' and frozen['cause_before']['class'] == 'network'
    assert recipients(answer)['ann@mx.example.test', 'good@example.com']['delivered']


@pytest.mark.parametrize('tool, words', [
    ('all', []), ('frozen', ['--frozen']), ('thawed', ['--deferred']), ('younger', ['--younger', 3600]), ('older', ['--older', 3600]),
    ('sender', ['--sender', 'shop@example.test']), ('bounces', ['--sender', '<>']), ('recipient', ['--recipient', '@example.org']),
])
def test_exiqgrep_selects_the_same(exim, tool, words):
    want = (exim / f'exiqgrep-{tool}').read_text().split()
    assert sorted(ids(exim / 'bp', *words)) == sorted(want) and want
    assert run_program('queue', exim / 'bp', '--no-log', '--count', *words).stdout == f'{len(want)}\n'


@pytest.mark.parametrize('form, messages, delivered', [('bp', 6, 1), ('bpa', 6, 1), ('bpr', 6, 1), ('bpu', 6, 0)])
def test_every_form_of_exim(exim, form, messages, delivered):
    answer = queue(exim / form, '--no-log')
    assert len(answer['messages']) == messages == int((exim / 'count').read_text())
    assert sum(r['delivered'] for m in answer['messages'] for r in m['recipients']) == delivered


def exim_age(seconds):
    """as Exim lists it: queue_list() of its src/queue.c"""
    minutes = int(seconds) // 60
    if minutes <= 90:
        return f'{minutes}m'
    hours = (minutes + 30) // 60
    return f'{hours}h' if hours <= 72 else f'{(hours + 12) // 24}d'


def exim_volume(n):
    """as exiqsumm prints it"""
    return str(n) if n < 10000 else f'{(n + 512) // 1024}KB' if n < 10000000 else f'{(n + 524288) // 1048576}MB'


def test_exiqsumm_counts_the_same(exim):
    rows = re.findall(r'^ *(\d+) +(\S+) +(\d+[mhd]) +(\d+[mhd]) +(\S+)$', (exim / 'exiqsumm').read_text(), re.M)
    want = {domain: (int(count), volume, oldest, newest) for count, volume, oldest, newest, domain in rows}
    panel, = queue(exim / 'bp', '--no-log', '--summary')['panels']
    total = {'domain': 'TOTAL', 'recipients': sum(r['recipients'] for r in panel['rows']), 'bytes': sum(r['bytes'] for r in panel['rows']),
             'oldest': max(r['oldest'] for r in panel['rows']), 'newest': min(r['newest'] for r in panel['rows'])}
    assert len(want) == len(panel['rows']) + 1 == 4
    for r in [*panel['rows'], total]:
        count, volume, oldest, newest = want[r['domain']]
        assert (r['recipients'], exim_age(r['oldest']), exim_age(r['newest'])) == (count, oldest, newest)
        # it drops the fraction of the sum of what was listed as "5.2K"
        assert volume in {exim_volume(r['bytes'] - less) for less in range(r['recipients'] + 1)}


# --- Postfix ---------------------------------------------------------------------------------------------

def test_postfix_with_its_log(postfix):
    answer = queue(postfix / 'joined', postfix / 'log')
    assert answer['queue']['program'] == 'Postfix'
    assert {k: v for k, v in answer['queue']['states'].items() if v} == {'held': 1, 'deferred': 4}
    assert_explained(answer, (2, 2))
    held, = [m for m in answer['messages'] if m['state'] == 'held']
    assert (held['sender'], held['recipients'][0]['recipient']) == ('shop@example.test', 'eve@example.org')
    assert held['cause']['basis'] == 'deed' and held['queue_id'] in held['cause']['action']


@pytest.mark.parametrize('suffix', ['', '-long'])
def test_both_forms_of_postfix_say_the_same(postfix, suffix):
    words = ('--no-log', '--now', '2030-01-01')
    text, ndjson = (queue(postfix / f'{form}{suffix}', *words)['messages'] for form in 'pj')
    assert len(text) == len(ndjson) == (10 if suffix else 5)
    for one, other in zip(text, ndjson):
        for m in (one, other):
            m['recipients'].sort(key=lambda r: r['recipient'])
        assert one == other
    assert not suffix or sum(len(m['queue_id']) > 10 for m in text) == 5


@pytest.mark.parametrize('tool, words', [('qshape', []), ('qshape-sender', ['--by', 'sender'])])
def test_qshape_counts_the_same(postfix, tool, words):
    rows = re.findall(r'^ *(\S+)((?: +\d+)+)$', (postfix / tool).read_text(), re.M)
    want = {domain: [int(n) for n in numbers.split()] for domain, numbers in rows}
    panel, = queue(postfix / 'j', '--no-log', '--shape', *words)['panels']
    columns = [c['id'] for c in panel['columns']][1:]
    got = {r['domain']: [r[c] for c in columns] for r in panel['rows']}
    assert len(columns) == 11 and [sum(n) for n in zip(*got.values())] == want.pop('TOTAL')
    assert got == want


def test_an_empty_queue_of_postfix(postfix):
    done = run_program('queue', postfix / 'empty')
    assert done.returncode == 1 and 'The queue is empty.' in done.stdout


# --- Sendmail --------------------------------------------------------------------------------------------

def test_sendmail_with_its_log(sendmail):
    answer = queue(sendmail / 'joined', sendmail / 'log')
    assert answer['queue']['program'] == 'Sendmail' and answer['queue']['messages'] == 5
    assert {k: v for k, v in answer['queue']['states'].items() if v} == {'deferred': 5}
    assert_explained(answer, (2, 2))


def test_the_forms_of_sendmail(sendmail):
    plain, verbose = (queue(sendmail / form, '--no-log')['messages'] for form in ('bp', 'bp-v'))
    assert [m['queue_id'] for m in plain] == [m['queue_id'] for m in verbose] and len(plain) == 5
    for one, other in zip(plain, verbose):
        assert all(one[k] == other[k] for k in ('state', 'size_bytes', 'sender'))
        for short, long in zip(one['recipients'], other['recipients']):
            assert long['recipient'].startswith(short['recipient']) and not long['cut']
    client = queue(sendmail / 'bp-client', sendmail / 'log')
    message, = client['messages']
    assert message['in_log'] and message['recipients'][0]['recipient'] == 'bob@example.net' and message['cause']


@pytest.mark.parametrize('form', ['bp-held', 'bp-held-v'])
def test_quarantine_of_sendmail(sendmail, form):
    message, = queue(sendmail / form, sendmail / 'log', '--frozen')['messages']
    assert (message['state'], message['note']) == ('held', 'looks like spam') and message['in_log']
    text = run_program('queue', '--tz', 'UTC', sendmail / form, sendmail / 'log').stdout
    command = re.search(r'`sendmail (.*?)`', text)[1]
    assert command == f'-Q -qQ -qI{message["queue_id"]}'
    # the same command was given to the real one
    assert message['queue_id'] in ids(sendmail / 'bp-released', '--deferred')


# --- the programs of a machine ---------------------------------------------------------------------------

@pytest.mark.parametrize('kind', ['exim', 'postfix', 'sendmail'])
def test_the_server_of_the_machine(kind, request):
    """without a LISTING, as on the machine itself: real_queues.py ran mailwhy there"""
    out = request.getfixturevalue(kind)
    here = (out / 'here').read_text()
    want = {'exim': 6, 'postfix': 5, 'sendmail': 6}[kind]
    assert f': {want} messages for ' in here, here
    assert {'exim': '(/usr/sbin/exim4 -bp)', 'postfix': '(/usr/sbin/postqueue -j)', 'sendmail': '(/usr/sbin/sendmail-msp -Ac -bp)'}[kind] in here
    assert 'The logs do not tell of it' not in here and 'tried twice' in here


# --- report --mail, through them

@pytest.mark.parametrize('server', ['exim', 'postfix'])
def test_a_report_by_mail(server, request):
    """What the next server got: the server took the mail as it is, added who sent it, and changed nothing that matters."""
    out = request.getfixturevalue(server)
    assert (out / 'report').read_bytes() == b''
    mail = email.message_from_bytes((out / 'report.mail').read_bytes(), policy=email.policy.default)
    assert not mail.defects
    assert mail['To'] == 'good@example.com' and mail['Subject'] == 'Mail report: mx.example.test, 2026-11-21'
    assert mail['From'].addresses[0].username == 'root' and mail['Auto-Submitted'] == 'auto-generated'
    assert len(mail.get_all('Date')) == len(mail.get_all('Message-ID')) == len(mail.get_all('MIME-Version')) == 1
    text, page = (part.get_content() for part in mail.iter_parts())
    assert 'What was understood' in text and '<!DOCTYPE html>' in page
