# SPDX-License-Identifier: Apache-2.0
"""`report` counts what `trace --all` shows: every figure is counted again here, from the other answer, on real logs."""
import collections
import csv
import io
import ipaddress
import re
import shlex

import pytest

import truth
from conftest import ROOT, run_program
from test_trace import FILTER_AND_BOUNCE
from test_truth import SETS

OUTCOMES = ['delivered', 'relayed', 'deferred', 'bounced', 'expired', 'rejected', 'discarded', 'held', 'removed', 'pending']
LIMITED = ('trace', '--all', '--no-limit', '--json')


class Corpus:
    """One set: its logs, the report of them, and everything that trace knows about them."""

    def __init__(self, name, target):
        directory = ROOT / 'tests' / 'corpus' / name
        self.name = name
        facts = truth.read_json(directory, 'truth.json')
        self.paths = truth.unpack(directory, facts, target)
        zone = facts['timezone']
        self.options = ['--tz', next(iter(zone.values())) if isinstance(zone, dict) else zone, *truth.OPTIONS.get(name, [])]
        self.report = self.run('report', '--all-panels', '--json', '--no-limit')
        self.everything = self.run(*LIMITED)
        self.messages = [m for m in self.everything['messages'] if m['state'] not in ('rejected', 'aborted')]
        self.counted = [m for m in self.messages if m['role'] in ('mail', 'forward', 'filter_pass')]
        for m in self.counted:  # taken by a server whose logs are here too: it goes on there
            ids = {child['queue_id'] for child in m['children'] if child['relation'] == 'handoff'}
            for r in m['recipients']:
                if r['outcome'] == 'relayed' and any(a['next_queue_id'] in ids and a['outcome'] == 'relayed' for a in r['attempts']):
                    r['outcome'] = 'expanded'
        self.received = [m for m in self.counted if m['role'] == 'mail' and m['start_seen']]

    def run(self, *args):
        return run_program(*args, *self.options, *self.paths).json

    def panel(self, name):
        return next(p for p in self.report['panels'] if p['id'] == name)

    def rows(self, name):
        return self.panel(name)['rows']

    def recipients(self):
        return [(m, r) for m in self.counted for r in m['recipients']]


@pytest.fixture(scope='module', params=SETS)
def corpus(request, tmp_path_factory):
    return Corpus(request.param, tmp_path_factory.mktemp(request.param))


@pytest.fixture(scope='module')
def one(tmp_path_factory):
    return Corpus('postfix-basic', tmp_path_factory.mktemp('one'))


def total(rows, column):
    return sum(row[column] for row in rows)


def tries_deferred(r):
    return sum(a['outcome'] == 'deferred' and a['tried'] for a in r['attempts'])


def test_totals(corpus):
    totals = corpus.report['totals']
    everything = corpus.everything
    outcomes = collections.Counter(r['outcome'] for _, r in corpus.recipients())
    roles = collections.Counter(m['role'] for m in corpus.messages)
    want = {name: outcomes[name] for name in OUTCOMES + ['expanded']}
    want.update(
        messages=len(corpus.received),
        bytes=sum(m['size_bytes'] or 0 for m in corpus.received),
        recipients=sum(outcomes[name] for name in OUTCOMES),
        deferrals=sum(tries_deferred(r) for _, r in corpus.recipients()),
        rejections=len(everything['rejections']),
        logins_ok=sum(login['success'] for login in everything['logins']),
        logins_failed=sum(login['attempts'] for login in everything['logins'] if not login['success']),
        filter_passes=roles['filter_pass'], forwards=roles['forward'], notifications=roles['notification'],
        probes=roles['probe'])
    got = dict(totals)
    connections = got.pop('connections')
    assert connections is None if corpus.name in ('exim-default', 'sendmail-basic') else connections > 0
    assert got == want
    assert corpus.report['lines'] == everything['lines']
    assert corpus.report['period'] == everything['period']


def test_parts_add_up(corpus):
    totals = corpus.report['totals']
    delivered = totals['delivered'] + totals['relayed']
    bounced = totals['bounced'] + totals['expired']
    lines = corpus.report['lines']

    for name in 'direction', 'senders', 'sender_domains':
        rows = corpus.rows(name)
        assert total(rows, 'messages') == totals['messages'], name
        assert total(rows, 'bytes') == totals['bytes'], name
        assert total(rows, 'recipients') == totals['recipients'], name
        assert total(rows, 'delivered') == delivered, name
        assert total(rows, 'deferrals') == totals['deferrals'], name
        assert total(rows, 'bounced') == bounced, name
    for name in 'recipients', 'recipient_domains':
        rows = corpus.rows(name)
        assert total(rows, 'delivered') == delivered, name
        assert total(rows, 'deferrals') == totals['deferrals'], name
        assert total(rows, 'bounced') == bounced, name
    rows = corpus.rows('providers')
    assert total(rows, 'delivered') == totals['relayed']
    away = [r for _, r in corpus.recipients() if r['outcome'] == 'relayed' or (not r['local'] and r['outcome'] != 'delivered')]
    assert total(rows, 'deferrals') == sum(tries_deferred(r) for r in away)
    assert total(rows, 'bounced') == sum(r['outcome'] in ('bounced', 'expired') for r in away)
    assert total(rows, 'recipients') == sum(r['outcome'] != 'expanded' for r in away)
    rows = corpus.rows('success')
    assert total(rows, 'mails') == totals['messages']
    assert total(rows, 'settled') == sum(bool(row['settled']) * row['settled'] for row in rows) <= delivered + bounced
    assert abs(total(rows, 'settled') - delivered - bounced) <= 3  # a few have no time
    assert all(row['first_try'] is None or 0 <= row['first_try'] <= row['delivered'] <= 100 for row in rows)
    for name, column in ('queue_times', 'mails'), ('message_sizes', 'mails'), ('protocols', 'messages'):
        panel = corpus.panel(name)
        aside = int(panel['note'].rsplit(' ', 1)[1]) if panel['note'] else 0
        assert total(panel['rows'], column) + aside == totals['messages'], name
        if panel['rows']:
            assert abs(sum(row['share'] for row in panel['rows']) - 100) < 0.05, name
    assert total(corpus.rows('message_sizes'), 'bytes') == total(corpus.rows('protocols'), 'bytes') == totals['bytes']
    assert all(row['first_try'] + row['retried'] == row['mails'] >= row['relayed'] for row in corpus.rows('queue_times'))
    assert total(corpus.rows('transports'), 'deferrals') == totals['deferrals']
    assert total(corpus.rows('bounces'), 'recipients') == bounced
    assert total(corpus.rows('bounces'), 'expired') == totals['expired']
    assert total(corpus.rows('bounce_senders'), 'bounced') == bounced
    for name in 'bounce_senders', 'bounce_accounts':
        for row in corpus.rows(name):
            assert row['hard'] + row['soft'] + row['blocked'] + row['other'] == row['bounced'] <= row['recipients'], row
    assert total(corpus.rows('rejection_clients'), 'rejections') == totals['rejections']
    assert total(corpus.rows('connections'), 'connections') == (totals['connections'] or 0)
    rows = corpus.rows('login_services')
    assert total(rows, 'succeeded') == totals['logins_ok'] and total(rows, 'failed') == totals['logins_failed']
    assert total(corpus.rows('login_networks'), 'failed') == totals['logins_failed']
    for name in 'hours', 'days':
        rows = corpus.rows(name)
        assert total(rows, 'received') == totals['messages'], name
        assert total(rows, 'delivered') <= delivered, name
        assert total(rows, 'deferrals') == totals['deferrals'], name
        assert total(rows, 'rejections') == totals['rejections'], name
    for kind, want in ('deferral', totals['deferrals']), ('bounce', bounced), ('rejection', totals['rejections']):
        assert total(corpus.rows(f'{kind}_replies'), 'count') == want, kind
        assert total(corpus.rows(f'{kind}_domains'), 'count') == want, kind
    for name in 'login_addresses', 'login_accounts':
        assert total(corpus.rows(name), 'failed') == totals['logins_failed'], name
    rows = corpus.rows('understood')
    assert total(rows, 'lines') + lines['foreign'] == lines['read']
    assert total(rows, 'event') == lines['event']
    assert len(corpus.rows('hours')) == 24
    assert all(panel['more'] == 0 for panel in corpus.report['panels'])


def test_names(corpus):
    """Each sender, recipient, client and account with its own count."""
    senders = collections.Counter((m['sender'] or '<>').lower() for m in corpus.received if m['sender'] is not None)
    got = {row['sender']: row['messages'] for row in corpus.rows('senders') if row['messages']}
    got.pop('(not told)', None)
    assert got == dict(senders)
    accounts = collections.Counter((m['user'].lower(), 'smtp auth' if m['authenticated'] else 'local')
                                   for m in corpus.received if m['user'])
    assert {(row['account'], row['login']): row['sent'] for row in corpus.rows('accounts') if row['sent']} == dict(accounts)
    clients = collections.Counter(m['client_ip'] for m in corpus.received if m['client_ip'])
    assert {row['client'].split('[')[1][:-1]: row['messages'] for row in corpus.rows('clients')
            if row['messages'] and '[' in row['client']} == dict(clients)
    failed = collections.Counter()
    for login in corpus.everything['logins']:
        if not login['success'] and login['client_ip']:
            failed[login['client_ip']] += login['attempts']
    got = {row['client'].split('[')[1][:-1]: row['failed'] for row in corpus.rows('login_addresses') if '[' in row['client']}
    assert got == dict(failed)


def test_networks(corpus):
    """Failed logins by /24 and /64: the addresses and accounts of each are those of the logins."""
    failed = collections.defaultdict(list)
    for login in corpus.everything['logins']:
        if login['client_ip'] and not login['success']:
            failed[ipaddress.ip_network(login['client_ip'] + ('/64' if ':' in login['client_ip'] else '/24'), strict=False)].append(login)
    rows = {ipaddress.ip_network(row['network']): row for row in corpus.rows('login_networks') if row['network'] != '(not told)'}
    assert rows.keys() == failed.keys()
    for network, logins in failed.items():
        row = rows[network]
        assert row['failed'] == sum(login['attempts'] for login in logins)
        assert row['addresses'] == len({login['client_ip'] for login in logins})
        assert row['accounts'] == len({login['user'].lower() for login in logins if login['user'] is not None})
        assert (row['first'], row['last']) == (min(login['time'] for login in logins), max(login['time'] for login in logins))


def test_samples_are_whole_replies(corpus):
    replies = {a['reply'] for _, r in corpus.recipients() for a in r['attempts'] if a['reply']}
    for row in corpus.rows('deferral_replies') + corpus.rows('bounce_replies'):
        assert row['sample'] is None or any(reply.startswith(row['sample']) for reply in replies), row
        assert row['sample'] is None or row['reply'] in row['sample']


# --- filters: a row's filter, given to trace, shows what the row counts ------------------------------------------------

def trace_row(corpus, row):
    return corpus.run('trace', '--no-limit', '--json', '--all', *shlex.split(row['filter']))


def is_counted(m):
    return m['state'] not in ('rejected', 'aborted') and m['role'] in ('mail', 'forward', 'filter_pass')


def test_filters_of_senders(one):
    for row in one.rows('senders')[:6] + one.rows('sender_domains')[:3] + one.rows('direction')[:2] + one.rows('days'):
        answer = trace_row(one, row)
        counted = [m for m in answer['messages'] if is_counted(m)]
        assert sum(m['role'] == 'mail' for m in counted) == row.get('messages', row.get('received'))
        assert sum(r['outcome'] in ('delivered', 'relayed') for m in counted for r in m['recipients']) == row['delivered']


def test_filters_of_recipients(one):
    for row in one.rows('recipients')[:5] + one.rows('recipient_domains')[:5]:
        name = '@' + row['domain'] if 'domain' in row else row['recipient']
        answer = trace_row(one, row)
        outcomes = collections.Counter(
            r['outcome'] for m in answer['messages'] if is_counted(m) for r in m['recipients']
            if (r['recipient'] if '@' in r['recipient'] else r['orig_recipient'] or '').lower().endswith(name))
        assert outcomes['delivered'] + outcomes['relayed'] == row['delivered'], row
        assert outcomes['bounced'] + outcomes['expired'] == row['bounced'], row


def test_filters_of_failures(one):
    for row in one.rows('bounce_domains')[:5]:
        answer = trace_row(one, row)
        assert sum(r['outcome'] in ('bounced', 'expired') and r['recipient'].lower().endswith('@' + row['domain'])
                   for m in answer['messages'] if is_counted(m) for r in m['recipients']) == row['count'], row
    for row in one.rows('rejection_domains'):
        if row['filter'] and row['domain'] != '(not told)':
            assert len(trace_row(one, row)['rejections']) == row['count'], row
    for row in one.rows('login_addresses')[:5] + [r for r in one.rows('login_accounts')[:5] if r['account'] != '(not told)']:
        answer = trace_row(one, row)
        assert sum(login['attempts'] for login in answer['logins'] if not login['success']) == row['failed'], row
        assert sum(login['success'] for login in answer['logins']) == row['successes'], row


@pytest.mark.slow
def test_every_filter_is_understood(one):
    """Nothing that a row suggests is refused, whatever strangers put into the names."""
    for panel in one.report['panels']:
        rows = [row for row in panel['rows'] if row['filter']]
        for row in rows[:2] + rows[-2:]:
            done = run_program('trace', '--all', '--json', *shlex.split(row['filter']), *one.options, *one.paths)
            assert done.returncode == 0, (panel['id'], row, done.stderr)


# --- forms of the answer -----------------------------------------------------------------------------------------------

def test_limits(one):
    for top in 1, 3:
        report = one.run('report', '--all-panels', '--json', '--top', top)
        for panel, whole in zip(report['panels'], one.report['panels']):
            assert len(panel['rows']) + panel['more'] == len(whole['rows']), panel['id']
            if panel['id'] in ('senders', 'recipients', 'relays', 'bounce_replies', 'login_accounts'):
                assert panel['rows'] == whole['rows'][:top], panel['id']
    assert len(next(p for p in one.run('report', '--all-panels', '--json')['panels'] if p['id'] == 'senders')['rows']) == 10


def test_columns_describe_rows(corpus):
    types = {'text': str, 'count': int, 'bytes': int, 'duration': (int, float), 'percent': (int, float), 'time': str}
    for panel in corpus.report['panels']:
        for row in panel['rows']:
            assert list(row) == [column['id'] for column in panel['columns']] + ['filter']
            for column in panel['columns']:
                value = row[column['id']]
                assert value is None or isinstance(value, types[column['type']]), (panel['id'], column, value)


def test_percentiles(corpus):
    delays = sorted(r['attempts'][-1]['delay_s'] for _, r in corpus.recipients()
                    if r['outcome'] == 'relayed' and r['attempts'][-1]['outcome'] == 'relayed'
                    and r['attempts'][-1]['delay_s'] is not None)
    row = next(row for row in corpus.rows('delays') if row['stage'] == 'to other servers')
    if len(delays) != row['count']:
        pytest.skip('another attempt than the last one decided')
    assert row['max'] == delays[-1]
    for name, share in ('p50', 0.5), ('p90', 0.9), ('p99', 0.99):
        want = delays[max(0, -(-int(share * 100) * len(delays) // 100) - 1)]
        assert abs(row[name] - want) <= 0.05 * want + 0.000001, name


def test_csv(one):
    text = run_program('report', '--all-panels', '--csv', '--no-limit', *one.options, *one.paths).stdout
    tables = [list(csv.reader(io.StringIO(block))) for block in text.replace('\r\n', '\n').strip('\n').split('\n\n')]
    assert {row[1]: int(row[2]) for row in tables[0][1:]} == one.report['totals']
    assert len(tables) == 1 + len(one.report['panels'])
    for table, panel in zip(tables[1:], one.report['panels']):
        assert table[0] == ['panel'] + [column['id'] for column in panel['columns']] + ['filter']
        assert len(table) == 1 + len(panel['rows']), panel['id']
        assert all(len(row) == len(table[0]) and row[0] == panel['id'] for row in table[1:]), panel['id']
        assert not any(cell[:1] in ('=', '+', '-', '@') for row in table[1:] for cell in row), panel['id']


def test_text_says_the_same(one):
    text = run_program('report', '--all-panels', *one.options, *one.paths).stdout
    assert f"{one.report['totals']['messages']:,} mails" in text
    assert f"{one.report['totals']['recipients']:,} recipients" in text
    for name in 'senders', 'recipients', 'relays':
        row = one.rows(name)[0]
        assert next(iter(row.values())) in text
    for panel in one.report['panels']:
        if panel['id'] != 'account_days' and any(any(isinstance(v, int) and v for v in row.values()) for row in panel['rows']):
            assert f"\n{panel['title']}\n" in text, panel['id']


def test_the_same_twice(one):
    first = run_program('report', '--all-panels', '--json', *one.options, *one.paths)
    assert run_program('report', '--all-panels', '--json', *one.options, *one.paths).raw == first.raw


# --- small logs --------------------------------------------------------------------------------------------------------

HOSTILE = '''\
Nov 21 10:00:00 mx postfix/smtpd[1]: 4A1B2C3D4E: client=evil.example[192.0.2.1]
Nov 21 10:00:00 mx postfix/cleanup[2]: 4A1B2C3D4E: message-id=<1@x.example>
Nov 21 10:00:00 mx postfix/qmgr[3]: 4A1B2C3D4E: from=<=cmd|' /C calc'!A0@example.org>, size=100, nrcpt=1 (queue active)
Nov 21 10:00:01 mx postfix/smtp[4]: 4A1B2C3D4E: to=<$(reboot)@example.net>, relay=mx.example.net[192.0.2.9]:25, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 ok)
Nov 21 10:00:01 mx postfix/qmgr[3]: 4A1B2C3D4E: removed
'''


def test_hostile_names(mailwhy, tmp_path):
    log = tmp_path / 'mail.log'
    log.write_text(HOSTILE)
    report = mailwhy('report', '--all-panels', '--json', '--year', 2026, log).json
    senders = next(p for p in report['panels'] if p['id'] == 'senders')['rows']
    assert senders[0]['sender'] == "=cmd|' /c calc'!a0@example.org"
    assert shlex.split(senders[0]['filter']) == ['--sender', senders[0]['sender']]
    found = mailwhy('trace', '--all', '--json', '--year', 2026, *shlex.split(senders[0]['filter']), log)
    assert len(found.json['messages']) == 1
    recipients = next(p for p in report['panels'] if p['id'] == 'recipients')['rows']
    assert shlex.split(recipients[0]['filter']) == ['--recipient', '$(reboot)@example.net']
    cells = [cell for row in csv.reader(io.StringIO(mailwhy('report', '--all-panels', '--csv', '--year', 2026, log).stdout)) for cell in row]
    assert "'" + senders[0]['sender'] in cells
    assert not any(cell.startswith('=') for cell in cells)


def test_no_mail(mailwhy, tmp_path):
    log = tmp_path / 'auth.log'
    log.write_text('Nov 21 10:00:00 mx sshd[1]: Accepted publickey for root\n' * 3)
    done = mailwhy('report', '--year', 2026, log)
    assert done.returncode == 1
    assert '3 lines' in done.stdout and 'No line of a mail program' in done.stdout
    assert '--since' not in done.stdout
    done = mailwhy('report', '--all-panels', '--json', '--year', 2026, log)
    assert done.returncode == 1
    assert done.json['lines']['foreign'] == 3 and done.json['totals']['messages'] == 0


def test_unreadable(mailwhy, tmp_path):
    log = tmp_path / 'mail.log'
    log.write_text(HOSTILE)
    done = mailwhy('report', '--year', 2026, log, tmp_path / 'missing.log')
    assert done.returncode == 3
    assert '1 mails' in done.stdout or '1 mail' in done.stdout


def test_filtered(one):
    report = one.run('report', '--all-panels', '--json', '--no-limit', '--sender', 'bob@acme.test')
    mails = [m for m in one.received if m['sender'] == 'bob@acme.test']
    assert report['totals']['messages'] == len(mails) > 0
    assert report['totals']['connections'] is None
    assert report['lines'] == one.report['lines']


@pytest.mark.parametrize('args, code', [
    (('--compat', 'nothing'), 2), (('--compat', 'pflogsumm', '--sender', 'a@b'), 2), (('--top', '0x'), 2)])
def test_usage(mailwhy, tmp_path, args, code):
    log = tmp_path / 'mail.log'
    log.write_text(HOSTILE)
    assert mailwhy('report', *args, log).returncode == code


def test_compat_is_its_own_block(one):
    text = run_program('report', '--compat', 'pflogsumm', *one.options, *one.paths).stdout
    assert text.startswith('\nGrand Totals\n------------\n')
    answer = one.run('report', '--compat', 'pflogsumm', '--json')
    assert f"{answer['totals']['received']:7d}   received" in text
    assert answer['totals']['delivered'] >= answer['totals']['recipients'] > 0


def test_causes(corpus):
    """The panel of causes adds up to the totals, and tells what `trace` tells of each recipient."""
    rows = corpus.rows('causes')
    totals = corpus.report['totals']
    assert sum(r['recipients'] for r in rows) == totals['bounced'] + totals['expired']
    assert sum(r['deferrals'] for r in rows) == totals['deferrals']
    sizes = [r['recipients'] + r['deferrals'] for r in rows]
    assert sizes == sorted(sizes, reverse=True)
    assert len({r['cause_id'] for r in rows}) == len(rows)
    assert all(r['cause'] and r['action'] and r['class'] and r['side'] for r in rows)
    assert not rows or abs(sum(r['share'] for r in rows) - 100) < 0.01 * len(rows)
    tries = [a['time'] for _, r in corpus.recipients() for a in r['attempts']]
    assert all(min(tries) <= r['first'] <= r['last'] <= max(tries) and bool(r['domains']) == bool(r['top_domain']) for r in rows)
    by_trace = collections.Counter(r['cause']['id'] for _, r in corpus.recipients() if r['outcome'] in ('bounced', 'expired'))
    by_report = collections.Counter({r['cause_id']: r['recipients'] for r in rows})
    # a message may say more than its last reply: who its sender is, which filter spoke, what a try before had said
    different = (by_trace - by_report).total()
    assert different <= 0.15 * by_trace.total() + 1, (by_trace - by_report, by_report - by_trace)


def test_a_window_without_lines_is_said_to_be_one(tmp_path):
    log = tmp_path / 'mail.log'
    log.write_text(FILTER_AND_BOUNCE)
    for command in ['report'], ['report', '--redact'], ['trace', '--all'], ['trace', '--all', '--redact']:  # times are nobody's names
        done = run_program(*command, '--year', '2026', '--since', '2030-01-01', log)
        assert done.returncode == 1 and '--since or --until left out what lies outside: these logs go from 2026-' in done.stdout


def test_each_cause_has_its_action_in_full():
    """On a terminal too, in a report of several panels: a row of figures, then what it is with its id, then what to do."""
    lines = ''.join(
        f'Nov 21 09:{i:02}:00 mx postfix/smtp[9]: 4A1B2C3D{i:02}: to=<b@d{i}.example>, relay=m[192.0.2.1]:25, delay=1, delays=0/0/0/1, dsn={dsn}, '
        f'status=bounced (host m[192.0.2.1] said: {reply} (in reply to RCPT TO command))\n' for i, (dsn, reply) in enumerate([
            ('5.1.1', '550 5.1.1 User unknown'), ('5.2.2', '552 5.2.2 Mailbox full'), ('5.7.1', '550 5.7.1 Relay access denied'),
            ('5.3.4', '552 5.3.4 Message size exceeds fixed limit'), ('5.7.26', '550 5.7.26 This mail is unauthenticated'),
            ('5.7.1', '550 5.7.1 This message looks like spam'), ('5.1.8', '553 5.1.8 Domain of sender address does not exist'),
            ('5.4.6', '554 5.4.6 Too many hops')]))
    for width in (80, 120):
        shown = run_program('report', '--year', '2026', '-', stdin=lines, env={'COLUMNS': str(width)}).stdout
        table = shown[shown.index('Why mail was not delivered'):].split('\n\n')[0]
        ids = re.findall(r'\[([\w.-]+)\]\.\n', table)
        actions = re.findall(r'^      Do: (.*?)(?=\n  (?! )|\n {3,8}\d|\Z)', table, re.M | re.S)
        assert len(ids) == len(actions) == 8 and '...' not in table
        for id_, action in zip(ids, actions):
            assert ' '.join(action.split()) in ' '.join(run_program('explain', id_).stdout.split()), table
        assert max(map(len, table.splitlines())) <= width


def test_failures_carry_their_causes(corpus):
    for kind in ('deferral', 'bounce', 'rejection'):
        for name in (f'{kind}_replies', f'{kind}_domains'):
            for row in corpus.rows(name):
                assert row['cause_id'] and row['class'] and row['side'] and row['cause'], (name, row)


def test_panels_that_are_asked_for(one):
    """Each table says the same alone as among all; the names decide the order."""
    def ids(*args):
        return [p['id'] for p in one.run('report', *args, '--json')['panels']]
    every = [p['id'] for p in one.report['panels']]
    default = ids()
    assert set(default) < set(every) and [i for i in every if i in default] == default
    assert ids('--panel', 'tls,senders', '--panel', 'causes', '--panel', 'tls') == ['tls', 'senders', 'causes']
    for name in every:
        assert one.run('report', '--panel', name, '--no-limit', '--json')['panels'] == [one.panel(name)], name
    listed = run_program('report', '--panel', 'list').stdout.splitlines()[1:]
    assert [line[4:].split()[0] for line in listed] == every
    assert [line[4:].split()[0] for line in listed if line[2] == '*'] == default


def test_panel_with_a_wrong_name(mailwhy):
    done = mailwhy('report', '--panel', 'sender', '-')
    assert done.returncode == 2 and "did you mean 'senders'" in done.stderr and '--panel list' in done.stderr


def test_csv_of_one_table_is_a_table(mailwhy, tmp_path):
    """What a spreadsheet reads: a head, rows of the same width, nothing else; two tables and the totals have an empty line between them."""
    log = tmp_path / 'mail.log'
    log.write_text(FILTER_AND_BOUNCE)
    one = list(csv.reader(io.StringIO(mailwhy('report', '--csv', '--panel', 'senders', '--year', 2026, log).stdout)))
    assert one[0][:3] == ['panel', 'sender', 'messages'] and len(one) > 1
    assert {len(row) for row in one} == {len(one[0])} and {row[0] for row in one[1:]} == {'senders'}
    two = mailwhy('report', '--csv', '--panel', 'senders,recipients', '--year', 2026, log).stdout
    heads = [table.split('\n')[0] for table in two.replace('\r', '').split('\n\n')]
    assert [head.split(',')[:2] for head in heads] == [['panel', 'total'], ['panel', 'sender'], ['panel', 'recipient']]
