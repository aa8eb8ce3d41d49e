# SPDX-License-Identifier: Apache-2.0
"""--redact: no name survives in any answer, and what belongs together still does."""
import collections
import ipaddress
import json
import os
import re

import pytest

import truth
from conftest import ROOT, names_told, run_program
from test_truth import SETS

pytestmark = pytest.mark.slow  # whole sets, masked in every way; the masks themselves are unit tests

KEY = b'a secret of the test, long enough'
ADDRESS = re.compile(r'^[^@\s]+@[^@\s]+$')
# local parts, users and HELO names that are words of replies and of log lines: in free text they say nothing about anybody
COMMON = {'a', 'b', 'c', 'x', 'y', 'z', 'mail', 'list', 'info', 'test', 'user', 'admin', 'root', 'sales', 'office', 'support', 'nobody',
          'postmaster', 'abuse', 'web', 'news', 'client', 'host', 'local', 'localhost', 'mx', 'relay', 'filter', 'nothing', 'full', 'slow',
          'mailer-daemon', 'unknown', 'hold', 'flood', 'closed', 'later', 'blackhole', 'probe', 'trap', 'swallowed', 'unwanted', 'plain', 'administrator', 'service', 'team', 'none', 'quota', 'exim', 'postfix', 'dovecot', 'mailnull'}


@pytest.fixture(scope='module')
def key(tmp_path_factory):
    path = tmp_path_factory.mktemp('key') / 'key'
    path.write_bytes(KEY)
    return path


class Corpus:
    """A set, and the answers about it: asked once, looked at by several tests."""

    def __init__(self, name, directory, key):
        self.name, self.key = name, key
        self.facts = truth.read_json(ROOT / 'tests' / 'corpus' / name, 'truth.json')
        self.paths = truth.unpack(ROOT / 'tests' / 'corpus' / name, self.facts, directory)
        self.answers = {}

    def ask(self, *args, masked=True):
        if (args, masked) not in self.answers:
            more = ('--redact-key', self.key) if masked else ()
            done = run_program(*args, *more, *options(self.facts), *self.paths)
            assert done.returncode in (0, 1), done.stderr
            self.answers[args, masked] = done
        return self.answers[args, masked]


@pytest.fixture(scope='module', params=SETS)
def corpus(request, key, tmp_path_factory):
    return Corpus(request.param, tmp_path_factory.mktemp(request.param), key)


def strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for v in value.values():
            yield from strings(v)
    elif isinstance(value, list):
        for v in value:
            yield from strings(v)


class Names:
    """What the truth of a set names: addresses, IP addresses, hosts, users, subjects, Message-IDs."""

    def __init__(self, facts):
        self.addresses, self.ips, self.hosts, self.users, self.subjects, self.ids = (set() for _ in range(6))
        hosts = facts.get('hosts') or facts['host']
        self.hosts.update(strings(hosts))
        self.hosts.update(facts['local_domains'])
        for ip in strings(facts['server_ip']):
            self.ips.add(ip)
        for kind in ('messages', 'rejected', 'auth', 'sessions', 'bounces'):
            for item in facts.get(kind, []):
                self.take(item)
        self.ips = {ip for ip in self.ips if not ipaddress.ip_address(ip).is_loopback}

    def take(self, item):
        if isinstance(item, list):
            for v in item:
                self.take(v)
        if not isinstance(item, dict):
            return
        for name, value in item.items():
            if isinstance(value, (dict, list)):
                self.take(value)
            elif isinstance(value, str) and value:
                self.take_text(name, value)

    def take_text(self, name, value):
        if name == 'subject' and not value.startswith('Warning: could not send'):  # Sendmail's own words
            self.subjects.add(value)
        elif name == 'message_id':
            self.ids.add(value.strip('<>'))
        elif name in ('helo',):
            if not re.fullmatch(r'\[?[\d.:a-fA-FIPv]+\]?', value):
                self.hosts.add(value)
        elif name in ('auth_user', 'user', 'local_user') and '@' not in value:
            self.users.add(value)
        elif ADDRESS.match(value):
            self.addresses.add(value)
            local, domain = value.rsplit('@', 1)
            self.users.add(local)
            self.hosts.add(domain)
        elif name in ('ip', 'client_ip'):
            self.ips.add(value)

    def leaks(self, text):
        """Every name of the truth that stands in the text as a whole word."""
        pieces = set(re.findall(r'[^\s<>()\[\]"\',;=|{}\\]+', text))
        words = set(pieces)
        for piece in pieces:
            words.update(piece.split(':'), re.findall(r'[\w.@+-]+', piece), re.findall(r'\w+', piece),
                         re.findall(r'[0-9a-fA-F:.]{7,}', piece))
        words |= {w.rstrip('.') for w in words}
        lower = {w.lower() for w in words}
        found = {a for a in self.addresses if a.lower() in lower}
        found |= {ip for ip in self.ips if ip in words}
        found |= {h for h in self.hosts if h.lower() in lower and h.lower() not in COMMON and len(h) > 2}
        found |= {u for u in self.users if u.lower() in lower and u.lower() not in COMMON and len(u) > 2}
        found |= {i for i in self.ids if len(i) > 8 and (i in words or (' ' in i and i in text))}
        found |= {s for s in self.subjects if len(s) > 8 and ' ' in s.strip() and s in text}
        return found


def options(facts):
    """What these logs do not tell by themselves, as truth.py has it."""
    zone = facts['timezone']
    return ['--tz', next(iter(zone.values())) if isinstance(zone, dict) else zone, *truth.OPTIONS.get(facts['set'], [])]


TRACE = ['trace', '--all', '--no-limit', '--lines', '--json']
REPORT = ['report', '--all-panels', '--no-limit', '--json']
PARSE = ['parse', '--json', '--raw']
ANSWERS = [
    TRACE, REPORT, PARSE,
    ['sources', '--deep'],
    ['trace', '--grep', '@'],
]
# the same values in other forms: for some of the sets
OTHER_FORMS = [
    ['trace', '--all', '--no-limit', '--lines'],
    ['report', '--all-panels', '--no-limit'],
    ['report', '--all-panels', '--no-limit', '--csv'],
    ['parse', '--raw'],
    ['parse', '--unknown', '--no-limit', '--json'],
    ['parse', '--unknown', '--no-limit'],
    ['sources', '--deep', '--json'],
]


def check_leaks(corpus, args):
    done = corpus.ask(*args)
    assert len(done.stdout) > 100
    leaks = Names(corpus.facts).leaks(done.stdout + done.stderr)
    assert not leaks, sorted(leaks)


@pytest.mark.parametrize('args', ANSWERS, ids=' '.join)
def test_no_name_survives(corpus, args):
    check_leaks(corpus, args)


@pytest.mark.parametrize('corpus', ['postfix-basic', 'exim-all'], indirect=True, scope='module')
@pytest.mark.parametrize('args', OTHER_FORMS, ids=' '.join)
def test_no_name_survives_in_other_forms(corpus, args):
    check_leaks(corpus, args)


def test_the_check_can_fail(corpus):
    names = Names(corpus.facts)
    assert len(names.leaks(corpus.ask(*TRACE, masked=False).stdout)) > 50
    assert len(names.addresses) > 20 and len(names.ips) > 3 and len(names.hosts) > 5 and len(names.ids) > 100


# --- keys

LINE = 'Nov 21 09:00:01 mx1 postfix/qmgr[1]: 4A1B2C3D4E: from=<alice@example.com>, size=9, nrcpt=1 (queue active)\n'


def test_runs_without_a_key_have_nothing_in_common(mailwhy):
    first, second = (mailwhy('parse', '--redact', '--json', stdin=LINE).ndjson[0] for _ in range(2))
    assert first['sender'] != second['sender'] and first['queue_id'] == second['queue_id'] == '4A1B2C3D4E'


def test_a_key_makes_masks_stable(mailwhy, key, tmp_path):
    first, second = (mailwhy('parse', '--redact-key', key, '--json', stdin=LINE).stdout for _ in range(2))
    assert first == second
    other = tmp_path / 'key'
    other.write_bytes(b'another secret of the test')
    assert mailwhy('parse', '--redact-key', other, '--json', stdin=LINE).stdout != first


@pytest.mark.parametrize('corpus', ['postfix-basic'], indirect=True, scope='module')
def test_any_number_of_threads(corpus):
    assert corpus.ask(*REPORT, '-j', '1').stdout == corpus.ask(*REPORT, '-j', '2').stdout


def test_keys_that_are_none(mailwhy, tmp_path):
    short = tmp_path / 'short'
    short.write_bytes(b'secret')
    done = mailwhy('report', '--redact-key', short, '-')
    assert done.returncode == 2 and '16 bytes or more' in done.stderr
    done = mailwhy('report', '--redact-key', tmp_path / 'none', '-')
    assert done.returncode == 2 and 'No such file' in done.stderr


def test_warnings_and_errors_too(mailwhy, tmp_path):
    done = mailwhy('report', '--redact', tmp_path / 'alice.example.com' / 'mail.log')
    assert done.returncode == 3 and 'no such file' in done.stderr
    assert not names_told(done.stdout + done.stderr, ['alice'])


def test_the_question_is_masked(mailwhy):
    done = mailwhy('trace', 'nobody.known@example.net', '--redact', '--json', '-', '--sender', 'x@example.org', stdin=LINE)
    assert done.returncode == 1
    assert not names_told(done.stdout, ['known', 'example.net', 'example.org'])
    text = mailwhy('trace', 'nobody.known@example.net', '--redact', '-', stdin=LINE).stdout
    assert 'Nothing found for u' in text and not names_told(text, ['known'])


def test_every_text_of_the_facts_has_a_class():
    """A member of a fact that is a text and no row of redact_facts.c would be shown."""
    facts = (ROOT / 'src' / 'fact' / 'fact.h').read_text()
    rows = (ROOT / 'src' / 'export' / 'redact_facts.c').read_text()
    for struct, body in re.findall(r'^struct (\w+) \{\n(.*?)^\};', facts, re.M | re.S):
        if struct in ('session', 'tls_failure', 'health', 'oddity', 'blocklisting'):  # counted, never shown by themselves
            continue
        for declaration in re.findall(r'^\t(?:const )?struct slice ([^;]+);', body, re.M):
            for member in re.findall(r'\w+', declaration):
                assert f'AT({struct}, {member}, ' in rows, f'{struct}.{member}'


def test_recipients_that_are_files_and_programs(mailwhy):
    head = '2026-11-21T09:00:00.5+00:00 mx1 sm-mta[1]: 6ALL0Xom003378: to='
    tail = ', ctladdr=<a@example.com> (8/0), delay=00:00:00, xdelay=00:00:00, mailer=*file*, pri=30520, dsn=2.0.0, stat=Sent\n'
    text = mailwhy('parse', '--raw', '--redact', stdin=head + '/home/alice/mbox' + tail + head + '"|/usr/bin/alice -x"' + tail).stdout
    assert 'to=/home/p' in text and not names_told(text, ['alice'])


# --- joins

def counts_by_name(done):
    """How often each address, IP address, host and user occurs in the fields of the records: the counts without the names."""
    counts = {name: collections.Counter() for name in ('sender', 'recipient', 'client_ip', 'client_host', 'helo', 'user', 'message_id',
                                                       'relay_host', 'relay_ip', 'session', 'server', 'subject')}
    for line in done.stdout.splitlines():
        record = json.loads(line)
        for name, counter in counts.items():
            if record.get(name):
                counter[record[name].lower()] += 1
    return {name: sorted(counter.values()) for name, counter in counts.items()}


def test_joins_survive(corpus):
    assert counts_by_name(corpus.ask(*PARSE, masked=False)) == counts_by_name(corpus.ask(*PARSE))


@pytest.mark.parametrize('args', [TRACE, REPORT], ids=' '.join)
def test_the_same_answer_but_for_the_names(corpus, args):
    """Trace and report: the same figures, the same messages in the same order."""
    def figures(value):
        if isinstance(value, dict):
            return {k: figures(v) for k, v in value.items() if k != 'filter'}
        if isinstance(value, list):
            return [figures(v) for v in value]
        return 'text' if isinstance(value, str) else value

    plain, masked = (corpus.ask(*args, masked=m).json for m in (False, True))
    assert figures(plain) == figures(masked)
    if args == TRACE:
        assert [m['queue_id'] for m in plain['messages']] == [m['queue_id'] for m in masked['messages']]
        assert [[r['outcome'] for r in m['recipients']] for m in plain['messages']] == \
            [[r['outcome'] for r in m['recipients']] for m in masked['messages']]


def test_masked_lines_are_still_lines_of_their_writers(corpus):
    """What a bug report holds can be parsed as the original can."""
    by_envelope = collections.defaultdict(list)
    for record in corpus.ask(*PARSE).ndjson:
        if '\n' not in record['raw']:
            by_envelope[record['envelope']].append(record)
    for envelope, group in by_envelope.items():
        again = run_program('parse', '--json', *options(corpus.facts), '-', stdin=''.join(r['raw'] + '\n' for r in group)).ndjson
        want, got = (collections.Counter(r['event'] for r in g) for g in (group, again))
        assert got == want, envelope


def test_verdicts_name_nobody(corpus):
    """Sentences are filled with masks, in JSON and for people; their causes are those of the answer with names."""
    plain, masked = (corpus.ask('trace', '--all', '--no-limit', '--json', masked=m).json for m in (False, True))
    names = {name for m in plain['messages'] for r in m['recipients'] for name in (r['recipient'], m['sender'], m['client_ip'])
             if name and len(name) > 6 and re.search(r'[@.:]', name) and not name.startswith('127.')}
    for before, after in zip(plain['messages'], masked['messages']):
        assert before['verdict'].count('. ') == after['verdict'].count('. ')
        assert not [n for n in names if n in after['verdict']], after['verdict']
        for r, mask in zip(before['recipients'], after['recipients']):
            assert (r['cause'] or {}).get('id') == (mask['cause'] or {}).get('id')
            for part in ('summary', 'action'):
                assert not mask['cause'] or not [n for n in names if n in mask['cause'][part]]
    for before, after in zip(plain['rejections'], masked['rejections']):
        assert before['cause']['id'] == after['cause']['id']
    shown = corpus.ask('trace', '--all', '--no-limit').stdout
    assert not [n for n in names if n in shown]
