# SPDX-License-Identifier: Apache-2.0
"""Our figures beside those of pflogsumm, eximstats and logwatch, on the same lines.

Where both count the same thing, they are equal.  Where they do not, DIFFERENCES says why, and bounds it: by another figure
that is counted from the same lines, never by a number.  test_compat.py holds `--compat` to the peers' own rules.

logwatch 7.7-1 of Debian, unpacked by script/peers.  Its services see what logwatch would hand them: the time stamps of RFC 3164, for some without the header.
"""
import collections
import functools
import lzma
import os
import re
import subprocess

import pytest

from conftest import run_program
from test_compat import CORPUS, EXIM, PEERS, POSTFIX, corpus_bytes, peer, run_peer
from truth import seconds

pytestmark = pytest.mark.slow
OPTIONS = ['--tz', 'UTC', '--year', '2026']
MONTHS = b'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split()


def logwatch(service, data, **settings):
    peer('pflogsumm')  # or skip
    scripts = PEERS / 'logwatch'
    if not scripts.is_dir():
        pytest.skip('logwatch cannot be had here')
    env = {'PATH': os.environ['PATH'], 'PERL5LIB': str(scripts / 'lib'), 'LC_ALL': 'C', 'TZ': 'UTC', 'LOGWATCH_DATE_RANGE': 'all', **settings}
    done = subprocess.run(['perl', scripts / 'scripts' / 'services' / service], input=data, capture_output=True, timeout=300, check=False, env=env)
    assert done.stdout
    return done.stdout.decode(errors='replace')


def old_stamps(data):
    """RFC 3339 stamps as those of RFC 3164."""
    return re.sub(rb'(?m)^(\d{4})-(\d\d)-(\d\d)T(\d\d:\d\d:\d\d)\S*', lambda m: b'%s %2d %s' % (MONTHS[int(m[2]) - 1], int(m[3]), m[4]), data)


def report(data):
    return run_program('report', '--json', '--all-panels', '--no-limit', *OPTIONS, '-', stdin=data).json


def facts(data):
    return run_program('trace', '--all', '--no-limit', '--json', *OPTIONS, '-', stdin=data).json


def events(data):
    return run_program('parse', '--json', *OPTIONS, '-', stdin=data).ndjson


def panel(answer, name):
    return next(p['rows'] for p in answer['panels'] if p['id'] == name)


# --- logwatch: Postfix ---------------------------------------------------------------------------------------------------------------

def as_logwatch_knows(data):
    """It knows neither long queue ids nor services with a name of their own (postfix/submission/smtpd, postfix-out/smtp, dnsblog ...)."""
    data = old_stamps(data)
    ids = {}
    for m in re.finditer(rb'\]: (?=\w*z)([0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z]{12,20}): ', data):
        ids.setdefault(m[1], b'%X' % (0xF00000000 + len(ids)))
    if ids:
        data = re.sub(rb'\b[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z]{12,20}\b', lambda m: ids.get(m[0], m[0]), data)
    return re.sub(rb'postfix[\w-]*/(?:[\w-]+/)*(?=[\w-]+\[)', b'postfix/', data)


def logwatch_summary(text):
    rows = {}
    for line in text.split('****** Detail')[0].splitlines():
        m = re.match(r'\s*[\d.]+[KMGT]?\s+(.*?)\s{2,}([\d,.]+%?)\s*$', line)
        if m:
            rows.setdefault(m[1].strip(), line.split()[0] if '%' in m[2] else m[2])
    return {k: int(v.replace(',', '')) for k, v in rows.items() if re.fullmatch(r'[\d,]+', v)}


class Postfix:
    """One log, by lines (parse), by facts (trace) and as a report."""

    def __init__(self, data):
        self.data = data
        self.lines = [e for e in events(data) if e['writer'] == 'postfix']
        self.messages = facts(data)['messages']
        self.totals = report(data)['totals']
        self.attempts = [e for e in self.lines if e['event'] == 'attempt']

    @staticmethod
    def agent(e):
        return e['program'].rsplit('/', 1)[-1]

    def kind(self, name, agent=None):
        return [e for e in self.lines if e['event'] == name and (agent is None or self.agent(e) == agent)]

    def matching(self, pattern):
        return len(re.findall(pattern, self.data, re.M))

    def sent(self, *agents, without=()):
        """status=sent: taken, or thrown away behind a 250."""
        return sum(self.agent(e) not in ('cleanup', 'smtpd') and e.get('outcome') in ('delivered', 'relayed', 'expanded', 'discarded') and 'forwarded as' not in (e.get('reply') or '')
                   and (self.agent(e) in agents if agents else self.agent(e) not in without) for e in self.attempts)

    def refused(self, digit):
        def first(e):
            return str(e.get('smtp_code') or e.get('dsn') or '')[:1]
        return sum(first(e) == digit for e in self.kind('reject'))


# label: our figure
SAME = {
    'Disconnections': lambda p: len(p.kind('disconnect', 'smtpd')),
    'Accepted': lambda p: len(p.kind('accept', 'smtpd')) + len(p.kind('accept', 'pickup')),
    'SASL authenticated messages': lambda p: sum(bool(m['authenticated']) for m in p.messages),
    'Sent via SMTP': lambda p: p.sent('smtp'),
    'Sent via LMTP': lambda p: p.sent('lmtp'),
    'Delivered': lambda p: p.sent(without=('smtp', 'lmtp')),
    'Forwarded': lambda p: sum('forwarded as' in (e.get('reply') or '') for e in p.attempts),
    'Deferred': lambda p: sum(any(a['outcome'] == 'deferred' for r in m['recipients'] for a in r['attempts']) for m in p.messages),
    'Deferrals': lambda p: sum(e.get('outcome') == 'deferred' for e in p.attempts),
    'Bounced': lambda p: sum(e.get('outcome') == 'bounced' for e in p.attempts),
    'Expired and returned to sender': lambda p: sum(any(r['outcome'] == 'expired' for r in m['recipients']) for m in p.messages),
    'Total 4xx Rejects': lambda p: p.refused('4'),
    'Placed on hold': lambda p: len(p.kind('hold')),
}

# label: (our figure, [(why they count otherwise, by so many)])
DIFFERENCES = {
    'Total 5xx Rejects': (lambda p: p.refused('5'), [
        ('a mail that is cut off at the size limit is a warning there', lambda p: -sum('queue file size limit' in (e.get('reply') or '') for e in p.kind('reject'))),
        ('what postscreen refuses stands in a list of its own', lambda p: -len(p.kind('reject', 'postscreen')))]),
    'SASL authentication failed': (lambda p: sum(e.get('success') is False for e in p.kind('auth', 'smtpd')), [
        ('who gives up in the middle has not failed there', lambda p: -p.matching(rb'SASL \S+ authentication aborted'))]),
    'Removed from queue': (lambda p: len(p.kind('done')), [
        ('what an administrator deletes is one of them', lambda p: sum(e.get('outcome') == 'removed' for e in p.attempts))]),
    'Notifications sent': (lambda p: sum(e.get('relation') in ('bounce', 'delay_notice', 'success_notice') for e in p.kind('link')), []),
    'Sent via SMTP': (lambda p: p.sent('smtp'), [
        ('address verification is no delivery', lambda p: -p.matching(rb'postfix/smtp\[.* status=deliverable ')),
        ('a filter takes the mail, and says behind its 250 that it bounced it', lambda p: p.matching(rb'status=sent \(.*BOUNCE'))]),
    'Bounced': (lambda p: sum(e.get('outcome') == 'bounced' for e in p.attempts), [
        ('the same', lambda p: -p.matching(rb'status=sent \(.*BOUNCE'))]),
    'Sent via LMTP': (lambda p: p.sent('lmtp'), [('address verification', lambda p: -p.matching(rb'postfix/lmtp\[.* status=deliverable '))]),
    'Delivered': (lambda p: p.sent(without=('smtp', 'lmtp')), [
        ('address verification', lambda p: -p.matching(rb'postfix/(?!smtp|lmtp|cleanup)\w+\[.* status=deliverable '))]),
}
SAME = {k: v for k, v in SAME.items() if k not in DIFFERENCES}


@pytest.mark.parametrize('name', POSTFIX)
def test_logwatch_postfix(name):
    data = as_logwatch_knows(corpus_bytes(name, POSTFIX[name]))
    want = logwatch_summary(logwatch('postfix', data))
    want['Bounced'] = want.get('Bounced (local)', 0) + want.get('Bounced (remote)', 0)
    log = Postfix(data)
    assert {k: want.get(k, 0) for k in SAME} == {k: f(log) for k, f in SAME.items()}
    assert {k: want.get(k, 0) for k in DIFFERENCES} == {k: f(log) + sum(g(log) for _, g in more) for k, (f, more) in DIFFERENCES.items()}
    if name != 'postfix-rfc3339':  # postscreen's sessions are in ours
        assert log.totals['connections'] == want['Disconnections']
    assert want['Sent via SMTP'] > 20 and want['Accepted'] > 300


# --- logwatch: Dovecot, Exim, Sendmail ---------------------------------------------------------------------------------------------------

DOVECOT = ['exim-default/dovecot-mail.log', 'exim-all/dovecot-mail.log', 'twohop-basic/c-dovecot-mail.log', 'postfix-basic/mail.log',
           'sendmail-basic/mail.log']


@functools.cache
def one(path):
    return lzma.open(CORPUS / f'{path}.xz').read()


@pytest.mark.parametrize('path', DOVECOT)
def test_logwatch_dovecot(path):
    data = b''.join(line for line in old_stamps(one(path)).splitlines(keepends=True) if b' dovecot' in line)
    text = logwatch('dovecot', re.sub(rb'(?m)^\w{3} .\d \d\d:\d\d:\d\d (?:[^\s:]* )?', b'', data), LOGWATCH_DETAIL_LEVEL='10')
    answer = facts(data)
    logins = [entry for entry in answer['logins'] if entry['success'] and entry['service'] in ('imap', 'pop3')]
    total = re.search(r'Successful Logins: (\d+)', text)
    assert len(logins) == int(total[1] if total else 0)
    section = text.split('Successful Logins:')[1].split('\n\n')[0] if total else ''
    want = {}
    for m in re.finditer(r'^ +\d+ (\S+) \((.*)\)$', section, re.M):
        for n, service in re.findall(r'(\d+) (\w+)', m[2]):
            want[m[1], service.lower()] = int(n)
    assert collections.Counter((entry['user'], entry['service']) for entry in logins) == want
    hosts = re.search(r'Total  Host\n-+\n(.*?)-----', text, re.S)
    want = {m[2]: int(m[1]) for m in re.finditer(r'^ +\d+ +\d+ +(\d+)  (\S+)$', hosts[1] if hosts else '', re.M)}
    assert collections.Counter(entry['client_ip'] for entry in logins) == want
    deliveries = re.search(r'Dovecot Deliveries: (\d+)', text)
    stored = [m for m in answer['mailbox'] if m['action'] in ('store', 'keep')]
    stored += [b for m in answer['messages'] for b in m['mailbox'] if b['action'] in ('store', 'keep')]
    assert len(stored) == int(deliveries[1] if deliveries else 0)


def test_logwatch_sendmail():
    lines = [line for line in one('sendmail-basic/mail.log').splitlines(keepends=True) if re.search(rb' (sendmail|sm-mta)\[', line)]
    bare = b''.join(re.sub(rb'^\w{3} .\d \d\d:\d\d:\d\d \S+ [\w-]+(\[\d+\])?: ', b'', line) for line in lines)
    text = logwatch('sendmail', bare, LOGWATCH_DETAIL_LEVEL='10')
    want = {label: int(re.search(rf'{label}: +(\d+)', text)[1])
            for label in ('Messages To Recipients', 'Addressed Recipients', 'Bytes Transferred')}
    arrivals = [e for e in events(b''.join(lines)) if e['event'] == 'accept']
    # every `from=` line is a message there; ours are mails, so what was given up, and notifications, are not
    assert want['Messages To Recipients'] == len(arrivals)
    assert want['Bytes Transferred'] == sum(e.get('size_bytes') or 0 for e in arrivals)
    assert want['Addressed Recipients'] == sum(e.get('recipient_count') or 0 for e in arrivals)
    totals = report(b''.join(lines))['totals']
    assert totals['messages'] <= want['Messages To Recipients']


@pytest.mark.parametrize('name', EXIM)
def test_logwatch_exim(name):
    data = re.sub(rb'(?m)^(\S+ \d\d:\d\d:\d\d)\.\d+ [+-]\d{4} \[\d+\]', rb'\1', corpus_bytes(name, EXIM[name]))
    text = logwatch('exim', data, LOGWATCH_DETAIL_LEVEL='10')
    refused = [e for e in events(data) if e['event'] == 'reject' and e.get('stage') == 'rcpt']
    want = re.search(r'Refused Relays (\d+) times', text)
    # its "refused relays" are all refusals of a recipient but those that it lists elsewhere
    known = [e for e in refused if 'ender verify fail' not in (e.get('reply') or '') and 'too many recipients' not in (e.get('reply') or '')]
    assert int(want[1]) == len(known) > len(refused) * 0.9
    want = re.search(r'Start queue run: (\d+)', text)
    assert want is None or int(want[1]) > 0


# --- pflogsumm: the tables -----------------------------------------------------------------------------------------------------------------

def what_both_count(data, wanted_roles=('mail', 'forward')):
    """The log without the messages that the peers count by other rules (docs/counting.md): notifications, passes through filters, what was given up
    or refused, mail that expired, was thrown away, held or removed, tries that were none, queue ids that were used twice, and what a script of a
    mailbox sent on through the front door."""
    answer = facts(data)
    odd = set()
    for m in answer['messages']:
        attempts = [a for r in m['recipients'] for a in r['attempts']]
        if (m['role'] not in wanted_roles or m['state'] != 'done' or not m['start_seen'] or m['generation'] or not m['recipients']
                or any(r['outcome'] not in ('delivered', 'relayed', 'bounced', 'expanded') for r in m['recipients'])
                or any(not a['tried'] for a in attempts) or (m['role'] == 'forward' and m['client_ip'])):
            odd.add(m['queue_id'])
    grown = True
    while grown:  # what belongs together goes together
        n = len(odd)
        for m in answer['messages']:
            near = [k['queue_id'] for k in m['parents'] + m['children'] if k['relation'] in ('forward', 'filter', 'requeue', 'handoff')]
            if m['queue_id'] in odd or odd.intersection(near):
                if m['role'] in wanted_roles or m['queue_id'] in odd:
                    odd.add(m['queue_id'])
                    odd.update(q for q in near if m['role'] in wanted_roles)
        grown = len(odd) > n
    ids = {q.encode() for q in odd}
    return ids


def without(data, ids):
    return b''.join(line for line in data.splitlines(keepends=True)
                    if not re.search(rb'\]: \w+: (?:reject_warning|warn|warning|hold|discard|prepend|replace|filter|redirect): |warning: reject: ', line)  # counted as refusals there
                    and not ((m := re.search(rb'\]: (?:warning: )?([0-9A-Za-z]{6,20}): ', line)) and m[1] in ids))


def size(text):
    """pflogsumm's 5117k: within one half of the last digit."""
    m = re.fullmatch(r'(\d+)([kmg]?)', text)
    return int(m[1]) * 1024 ** ' kmg'.index(m[2] or ' '), 1024 ** ' kmg'.index(m[2] or ' ')


def table(text, title, columns):
    block = text.split(f'\n{title}', 1)[1].split('\n\n')[0]
    return [line.split(None, columns - 1) for line in block.splitlines()[2:] if re.match(r'\s*\d', line)]


@pytest.mark.parametrize('name', ['postfix-basic', 'postfix-yearend', 'twohop-basic'])
def test_pflogsumm_tables(name):
    # Postfix's words alone: what Sieve did with a delivered mail changes our figures, and not its
    data = b''.join(line for line in as_logwatch_knows(corpus_bytes(name, POSTFIX[name])).splitlines(keepends=True) if b' postfix/' in line)
    data = without(data, what_both_count(data))
    text = run_peer('pflogsumm', data, '--zero-fill', '--no-no-msg-size').decode(errors='replace')
    answer = report(data)
    assert answer['totals']['messages'] > 100
    hours = {r['hour']: r for r in panel(answer, 'hours')}
    if 'Per-Day Traffic Summary' not in text:  # else it shows averages
        for span, received, delivered, deferred, bounced, rejected in table(text, 'Per-Hour Traffic Summary', 6):
            h = hours[span[:2]]
            assert [int(x) for x in (received, delivered, deferred, bounced, rejected)] == \
                [h['received'], h['delivered'], h['deferrals'], h['bounced'], h['rejections']], span
    senders = collections.Counter()
    for n, sender in table(text, 'Senders by message count', 2):
        senders[sender.strip().replace('from=<>', '').lower()] += int(n)
    assert senders == {r['sender'].replace('<>', ''): r['messages'] for r in panel(answer, 'senders') if r['messages']}
    recipients = collections.Counter()
    for n, recipient in table(text, 'Recipients by message count', 2):
        recipients[recipient.strip().lower()] += int(n)
    assert recipients == {r['recipient']: r['delivered'] for r in panel(answer, 'recipients') if r['delivered']}
    domains = {r['domain']: r for r in panel(answer, 'recipient_domains')}
    for n, volume, deferrals, _, _, _, _, domain in [x for x in table(text, 'Host/Domain Summary: Message Delivery', 8) if len(x) == 8]:
        row, (want, unit) = domains[domain], size(volume)
        assert (row['delivered'], row['deferrals']) == (int(n), int(deferrals)), domain
        assert abs(row['bytes'] - want) <= unit, domain


# --- eximstats: the tables -----------------------------------------------------------------------------------------------------------------

def league(text, title):
    """{name: messages} of one of its leagues."""
    block = re.search(rf'^Top \d+ {title} by message count\n(.*?)\n\n', text, re.M | re.S)[1]
    return {m[2].lower(): int(m[1]) for m in re.finditer(r'^ *(\d+) +\S+ +\S+ +(\S+)$', block, re.M)}


@pytest.mark.parametrize('name', EXIM)
def test_eximstats_tables(name):
    data = corpus_bytes(name, EXIM[name])
    ids = what_both_count(data, ('mail',)) | set(re.findall(rb'(\w{6}-\w{6}-\w{2}) \(= ', data))  # fake rejects, which it does not know
    data = b''.join(line for line in data.splitlines(keepends=True)
                    if not ((m := re.search(rb'^\S+ \S+ (?:[+-]\d{4} )?(?:\[\d+\] )?(\w{6}-\w{6}-\w{2}) ', line)) and m[1] in ids))
    text = run_peer('eximstats', data, '-h1', '-q60,300,900,3600', '-t100000', '-byemail', '-nr0').decode(errors='replace')
    answer = report(data)
    hours = {int(r['hour']): r for r in panel(answer, 'hours')}
    block = text.split('Messages received per hour', 1)[1].split('\n\n')[1]
    assert {int(m[1]): int(m[2]) for m in re.finditer(r'^(\d\d)-\d\d +(\d+)', block, re.M)} == {h: r['received'] for h, r in hours.items()}
    delivered = re.search(r'^  Delivered +(\S+) +(\d+) +(\d+)', text, re.M)
    assert int(delivered[3]) == sum(r['delivered'] for r in hours.values()) == answer['totals']['delivered'] + answer['totals']['relayed']
    assert answer['totals']['messages'] == int(re.search(r'^  Received +\S+ +(\d+)', text, re.M)[1]) > 100
    spans = [(seconds(m['finished']) - seconds(m['arrived'])) for m in facts(data)['messages'] if m['finished'] and m['arrived']]
    classes = text.split('Time spent on the queue: all messages', 1)[1].split('\n\n')[1]
    want = [int(m[1]) for m in re.finditer(r'^(?:Under|Over|) +\S+ +(\d+) +[\d.]+%', classes, re.M)]
    edges = [0, 60, 300, 900, 3600, 10**9]
    got = [sum(low <= span < high for span in spans) for low, high in zip(edges, edges[1:])]
    assert want == [n for n in got[:len(want)]] and sum(got) == sum(want)
    senders = league(text, 'sending emails')
    ours = {r['sender'].replace('<>', ''): r['messages'] for r in panel(answer, 'senders') if r['messages']}
    assert {k.replace('<>', ''): n for k, n in senders.items()} == ours
