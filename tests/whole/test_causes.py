# SPDX-License-Identifier: Apache-2.0
"""The causes on logs that real servers wrote: for every recipient and refusal of truth.json the class and the side that its
scenario calls for, and none that fell back to a bare code."""
import collections
import re

import pytest

import truth
from conftest import PROGRAM, ROOT

SETS = ['postfix-basic', 'postfix-rfc3339', 'postfix-yearend', 'exim-default', 'exim-all', 'twohop-basic',
        'filters-amavis', 'filters-rspamd', 'sendmail-basic', 'sendmail-verbose']
FAILED = {'bounced', 'expired', 'deferred', 'rejected', 'held', 'removed', 'discarded'}


def ends(messages, m, names, seen=()):
    """The recipients of the answer in which the ways of these names end, from message m on."""
    key = (m['server'], m['queue_id'], m.get('arrived'))
    if key in seen:
        return []
    found = []
    for r in m['recipients']:
        if not truth.wanted_in(r, names):
            continue
        further = []
        if r['outcome'] in ('expanded', 'relayed'):
            for child in messages.children(m, r):
                further += ends(messages, child, truth.names_of(r) | names, (*seen, key))
        found += further or [r]
    return found


# What the scenarios call for: (scenario, final address, reply or reason as truth.json tells it), each a pattern or '' for
# any; then the outcomes of the answer ('' for any), the class and the side.  Several stand where servers tell different
# things of the same event, or where it is a matter of view.  The first row that fits counts.
RECIPIENTS = [
    # somebody or something here decided; no reply did
    ('', '', '', 'removed', 'policy', 'us-config'),
    ('', '', '', 'held', 'policy', 'us-config'),
    ('', '', 'given up by the administrator', 'bounced', 'policy', 'us-config'),
    ('sieve discard', '', '', 'discarded', 'policy', 'rcpt-user'),
    ('sieve reject', '', '', 'bounced', 'policy', 'rcpt-user'),
    ('Exim filter drop', '', '', 'discarded', 'policy', 'rcpt-user'),
    ('spam test string', '', '', 'discarded', 'content', 'us-config'),
    ('', '', '', 'discarded', 'policy', 'us-config'),
    ('failed by the system filter', '', '', 'bounced', 'policy', 'us-config'),
    ('sieve (copy|redirect) on C', '@customer', '', 'bounced', 'policy', 'sender-user|us-config'),  # the relay refused Sieve
    ('fail router', '', '', 'bounced', 'hard', 'sender-user'),
    # content filters
    ('banned attachment', '', '', 'bounced', 'content', 'sender-user'),
    ('B refuses the content', '', '', 'bounced', 'content', 'sender-user'),
    ('', '', 'Rejected by content filter', 'bounced', 'content', 'sender-user'),
    # local delivery
    ('mailbox .*over quota', '', '', '', 'quota', 'rcpt-user'),
    ('unknown virtual user|null-sender inbound', '', '', '', 'hard', 'sender-user'),
    ('B refuses (one|the recipient)', '', 'Unknown user', '', 'hard', 'sender-user'),
    ('command fails for now', '', '', 'expired', 'soft|policy', 'us-config'),
    ('command fails', '', '', 'bounced', 'config', 'us-config'),
    ('delivery as root', '', '', '', 'config', 'us-config'),
    ('mailing list on B', '', 'Temporary local problem', 'expired', 'config', 'rcpt-admin'),
    # remote servers: the domains tell how they behave
    ('', '@unknown\\.', '', 'bounced', 'hard', 'sender-user'),
    ('', '@full\\.', '', '', 'quota', 'rcpt-user'),
    ('', '@never\\.', '', 'bounced', 'policy', 'us-config'),  # cancelled
    ('', '@never\\.', '', '', 'greylist|soft', 'none'),
    ('', '@grey\\.', '', 'deferred', 'greylist', 'none'),
    ('', '@busy\\.', '', '', 'soft', 'none'),
    ('', '@temp451\\.', '', 'bounced', 'content', 'rcpt-admin'),  # needs SMTPUTF8
    ('', '@temp451\\.', '', '', 'config', 'rcpt-admin'),
    ('', '@refused\\.', '', '', 'network', 'rcpt-admin|network'),
    ('', '@(dropdata|droprcpt|hang|middata|stalldot)\\.', '', '', 'network', 'rcpt-admin|network'),
    ('', '@selfsigned\\.', '', '', 'tls|network', 'rcpt-admin|network'),
    ('', '@(brokentls|badcert|tls454)\\.', '', '', 'tls|network', 'rcpt-admin|network'),
    ('', '@(dnstimeout|servfail)\\.', '', '', 'dns', 'us-config|rcpt-admin|network'),
    ('', '@(noaddr|nxdomain)\\.', '', '', 'dns|hard|content', 'sender-user|rcpt-admin'),
    ('', '@nullmx\\.', '', '', 'hard', 'sender-user'),
    ('', '@blocklist\\.', '', '', 'reputation|network', 'us-reputation|network'),
    ('', '@notowned\\.', '', '', 'policy', 'us-account'),
    ('', '@strict-dmarc\\.', '', 'expired', 'auth|network', 'us-config|network'),
    ('', '@strict-dmarc\\.', '', '', 'auth', 'us-config'),
    ('', '@spamfilter\\.', '', '', 'content', 'sender-user'),
    ('', '^(utf|paren).*@odd\\.', '', '', 'hard', 'sender-user'),
    ('', '@gmail', 'account that you tried to reach does not exist', '', 'hard', 'sender-user'),
    ('', '@gmail', 'likely unsolicited|Our system has detected that this message is', '', 'content', 'sender-user'),
    ('', '@gmail', 'sender is unauthenticated', '', 'auth', 'us-config'),
    ('', '^full.*@gmail', '', '', 'hard|network', 'rcpt-user|rcpt-admin'),
    ('', '^rate.*@gmail', '', 'expired', 'rate', 'us-config|rcpt-user'),
    ('', '^busy.*@gmail', '', '', 'reputation|network', 'us-reputation|rcpt-admin'),
    ('', '@gmail', '', 'deferred|expired', 'network', 'rcpt-admin|network'),  # the connection broke after others were refused
    ('', '^gone.*@outlook', '', '', 'hard', 'sender-user'),
    ('', '^blocked.*@outlook', '', '', 'reputation', 'us-reputation'),
    # Sendmail ran into a time limit of the test while it wrote
    ('', '', '', 'expired', 'network', 'network|rcpt-admin'),
]

# (reason, reply), each a pattern or '' for any; class and side
REJECTIONS = [
    ('', 'Greylisted', 'greylist', 'none'),
    ('DMARC policy says reject', '', 'auth', 'sender-domain'),
    ('spoofed sender|^inbound$', 'SPF', 'auth', 'sender-domain'),
    ('spam test string|content reject|header check reject', '', 'content', 'sender-user'),
    ('dnsbl', '', 'reputation', 'sender-domain'),
    ('flood', '', 'rate', 'sender-domain'),
    ('very long recipient list', '', 'rate', 'sender-user'),
    ('size exceeded', '', 'hard', 'sender-user'),
    ('unknown (virtual )?user|unknown-user|recipients unknown|null-sender inbound|address extension|quarantined', '', 'hard', 'sender-user'),
    ('alias :fail:|error transport|recipient access reject', '', 'hard', 'sender-user'),
    ('alias :defer:|defer router|retry transport|sender access defer', '', 'policy', 'us-config'),
    ('sender access reject', '', 'policy', 'us-config'),
    ('bad helo|relay probe', 'go away', 'policy|config', 'us-config|sender-domain'),
    ('bad helo', '', 'config', 'sender-domain'),
    ('relay probe', '', 'policy', 'sender-user'),
    ('fake refusal', '', 'policy', 'us-config'),
    ('unknown sender domain|sender domain with broken DNS', '', 'dns|soft', 'sender-domain'),
    ('sender not fully qualified', '', 'config', 'sender-user|sender-domain'),
    ('mailing list expansion|router lookup breaks', '', 'config', 'us-config'),
    ('outbound from the LAN', 'Temporary local problem', 'dns', 'us-config|rcpt-admin'),
]

# Replies that say nothing: there the code has to do.  (pattern of what the log has, why)
WORDLESS = [
    (r'550 *(\(in reply.*)?$', 'nothing but a code'),
    (r'no enhanced code, just text', 'words without a meaning'),
    (r'line 00 of a very long explanation', 'words without a meaning'),
    (r'^554 mx\.blocklist\.test$', 'Sendmail logs the first line only, and that is a host name'),
    (r'^Cannot send message for ', 'Sendmail logged no word of the tries before'),
]


class Pairs:
    """What was really said and became of it, beside the cause that the program gives."""

    def __init__(self, name):
        directory = ROOT / 'tests' / 'corpus' / name
        self.comparison = truth.compare(directory, PROGRAM)
        self.truth, self.answer = self.comparison.truth, self.comparison.answer
        self.failures = []    # (scenario, address, reply of the truth, recipient of the answer)
        self.unpaired = 0
        for m in self.truth['messages']:
            if m['accepted']:
                self.pair_message(m)
        self.rejections = []  # (reason, truth's rejection, rejection of the answer)
        self.pair_rejections()

    def pair_rejections(self):
        """By client, stage and time; of several at once the one with the same recipient."""
        got = [dict(g, t=truth.seconds(g['time'])) for g in self.answer['rejections']]
        by_ip = collections.defaultdict(list)
        for g in got:
            by_ip[g['client_ip']].append(g)
        for want in self.truth['rejected']:
            to = want['to'] if isinstance(want['to'], list) else [want['to']]
            names = {truth.fold(a) for a in to}
            near = [g for g in by_ip[want['ip']] if abs(g['t'] - want['t']) <= truth.SLACK and
                    (g['stage'] == want['stage'] or (g['stage'], want['stage']) == ('connect', 'mail')) and
                    (not g['recipient'] or truth.fold(g['recipient']) in names)]
            near.sort(key=lambda g: (not g['recipient'], abs(g['t'] - want['t'])))
            if near:
                self.rejections.append((want['reason'], want, near[0]))

    def pair_message(self, want):
        got = self.comparison.find(want)
        if not got:
            return
        for r in want['recipients']:
            if r['outcome'] == 'rejected' and not r.get('rcpt_reply', '250').startswith('2'):
                continue
            found = ends(self.comparison.messages, got, {truth.fold(r['addr'])})
            for final in r.get('expands_to') or [r]:
                if final['outcome'] not in ('bounced', 'deferred', 'rejected', 'discarded'):
                    continue
                names = {truth.fold(final['addr']), truth.fold(final['addr']).split('@')[0], truth.fold(r['addr'])}
                mine = [f for f in found if truth.names_of(f) & names and f['outcome'] in FAILED]
                mine.sort(key=lambda f: truth.fold(f['recipient']) != truth.fold(final['addr']))
                if not mine:
                    self.unpaired += 1
                    continue
                self.failures.append((want['scenario'], final['addr'], final.get('final_reply') or final.get('reason') or
                                      final.get('how') or '', mine[0]))


def wanted(table, n, *values):
    """The row of a table whose n patterns fit."""
    for row in table:
        if all(re.search(pattern, value or '') for pattern, value in zip(row[:n], values)):
            return row
    return None


@pytest.fixture(scope='module', params=SETS)
def pairs(request):
    return Pairs(request.param)


def judge(rows):
    """[(what, cause, row)] -> lines about those that differ."""
    wrong = collections.Counter()
    for what, cause, row in rows:
        if row is None:
            wrong[f'no row for {what}'] += 1
        elif cause is None or not re.fullmatch(row[-2], cause['class']) or not re.fullmatch(row[-1], cause['side']):
            got = cause and (cause['id'], cause['class'], cause['side'])
            wrong[f'{what}: got {got}, want {row[-2:]}'] += 1
    return [f'{n} x {line}' for line, n in sorted(wrong.items())]


def says_nothing(r):
    return not any(a['reply'] for a in r['attempts']) or \
        any(re.search(pattern, a['reply'] or '') for a in r['attempts'][-1:] for pattern, _ in WORDLESS)


def test_recipients(pairs):
    assert pairs.failures and pairs.unpaired <= 0.12 * len(pairs.failures), (len(pairs.failures), pairs.unpaired)
    rows = []
    for scenario, addr, reply, r in pairs.failures:
        if r['cause'] and r['cause']['basis'] not in ('text', 'deed') and says_nothing(r):
            continue
        what = re.sub(r'\d+', 'N', f"{scenario}: {addr} {r['outcome']} {reply[:60]}")
        rows.append((what, r['cause'], wanted(RECIPIENTS, 4, scenario, addr, reply.replace('\n', ' '), r['outcome'])))
    differ = judge(rows)
    assert not differ, '\n'.join(differ)


def test_rejections(pairs):
    rows = [(f"{reason}: {want['reply'][:60]}", got['cause'], wanted(REJECTIONS, 2, reason, want['reply']))
            for reason, want, got in pairs.rejections]
    assert len(rows) >= 0.7 * len(pairs.truth['rejected'])
    differ = judge(rows)
    assert not differ, '\n'.join(differ)


def test_no_fallback(pairs):
    """Everything that failed has a cause, and it was found by words or by what was done."""
    weak = []
    for m in pairs.answer['messages']:
        for r in m['recipients']:
            if r['outcome'] not in FAILED:
                assert r['cause'] is None
            elif r['cause'] is None:
                weak.append((m['queue_id'], r['recipient'], 'no cause'))
            elif r['cause']['basis'] not in ('text', 'deed') and not says_nothing(r):
                weak.append((m['queue_id'], r['recipient'], r['cause']['id'], [a['reply'] for a in r['attempts']][-1]))
    weak += [(r['time'], r['reply'], r['cause']['id']) for r in pairs.answer['rejections']
             if r['cause']['basis'] not in ('text', 'deed')]
    assert not weak, '\n'.join(map(str, weak))


def test_every_message_has_a_verdict(pairs):
    for m in pairs.answer['messages']:
        assert m['verdict'].endswith(('.', ']')) and '{' not in m['verdict'], m['verdict']
        failed = [r for r in m['recipients'] if r['outcome'] in ('bounced', 'expired', 'deferred')]
        if failed and len(m['recipients']) == 1:
            cause = failed[0]['cause']
            action = cause['action']
            if failed[0]['outcome'] == 'expired' and re.match('Wait|Nothing to do', action):
                action = action.partition('. ')[2]  # nobody is told to wait for what was given up
            assert cause['summary'] in m['verdict'] and action in m['verdict']
            assert f"[{cause['class']}, {cause['side']}, {cause['id']}]" in m['verdict']


def test_every_failed_login_has_a_cause(pairs):
    for login in pairs.answer['logins']:
        assert (login['cause'] is None) == login['success']
