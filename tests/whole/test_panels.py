# SPDX-License-Identifier: Apache-2.0
"""Tables of refusals, filters and local submissions, against what really happened on the servers of the corpus."""
import collections

import pytest

import truth
from conftest import ROOT, names_told, run_program

TRACK = ROOT / 'tests' / 'golden' / 'track'
PANELS = 'scripts,rejection_stages,relaying,relaying_domains,dnsbl,greylisted,limits,authentication,content'


def rows_of(*args, panels=PANELS):
    answer = run_program('report', '--json', '--no-limit', '--panel', panels, *args).json
    return {p['id']: p['rows'] for p in answer['panels']}


class Server:
    def __init__(self, name, target, panels=PANELS):
        directory = ROOT / 'tests' / 'corpus' / name
        self.truth = truth.read_json(directory, 'truth.json')
        zone = self.truth['timezone']
        self.panels = rows_of('--tz', zone, *truth.OPTIONS.get(name, []), *truth.unpack(directory, self.truth, target),
                              panels=panels)

    def refused(self, reason):
        return [r for r in self.truth['rejected'] if r['reason'] == reason]

    def scenario(self, name):
        return [m for m in self.truth['messages'] if m['scenario'] == name]


@pytest.fixture(scope='module', params=['exim-default', 'postfix-rfc3339', 'sendmail-verbose'])
def server(request, tmp_path_factory):
    return Server(request.param, tmp_path_factory.mktemp(request.param))


@pytest.fixture(scope='module', params=['filters-amavis', 'filters-rspamd'])
def filtering(request, tmp_path_factory):
    return Server(request.param, tmp_path_factory.mktemp(request.param))


def test_blocklist(server):
    hits = server.refused('dnsbl listed client')
    assert len(hits) > 10
    row, = server.panels['dnsbl']
    assert (row['list'], row['refused'], row['clients']) == ('bl.test', len(hits), len({r['ip'] for r in hits}))


def test_relaying(server):
    denied = [r for r in server.truth['rejected']
              if any(words in r['reply'] for words in ('Relay access denied', 'Relaying denied', 'relay not permitted'))]
    rows = server.panels['relaying']
    want = collections.Counter(r['ip'].removeprefix('IPv6:') for r in denied)
    assert len(want) > 5
    got = {row['client']: row['count'] for row in rows}
    odd = {s['ip'] for s in server.truth['sessions']}  # whose replies the truth does not list
    assert {ip: n for ip, n in got.items() if ip in want or ip not in odd} == want
    assert sum(row['count'] for row in server.panels['relaying_domains']) == sum(got.values())
    assert all(row['first'] <= row['last'] and row['filter'].startswith('--status rejected --ip ') for row in rows)


def test_limits(server):
    """The flood of messages ran into the servers' limits, from one address."""
    flood = server.refused('message flood')
    row = next(row for row in server.panels['limits'] if row['who'] == flood[0]['ip'])
    assert row['party'] == 'client' and row['count'] == len(flood)


def test_stages(server):
    rows = server.panels['rejection_stages']
    assert all(row['count'] == row['permanent'] + row['temporary'] > 0 for row in rows)
    assert sum(row['count'] for row in rows if row['stage'] == 'data') == server.truth['counts']['rejected_by_stage']['data']
    assert {row['class'] for row in rows if row['stage'] == 'rcpt'} >= {'hard', 'policy', 'reputation'}


def test_authentication(filtering):
    rows = filtering.panels['authentication']
    counts = collections.Counter()
    for row in rows:
        assert row['count'] == sum(row[k] for k in ('pass', 'fail', 'softfail', 'neutral', 'none', 'error', 'signed'))
        for k in ('pass', 'fail', 'none'):
            counts[row['check'], k] += row[k]
    assert counts['dkim', 'pass'] == len(filtering.scenario('DKIM signature is good'))
    assert counts['dkim', 'fail'] == len(filtering.scenario('DKIM signature is broken'))
    failed = filtering.scenario('DMARC policy says reject') + filtering.scenario('DMARC policy says none')
    domains = collections.Counter(m['header_from'].rpartition('@')[2] for m in failed)
    assert counts['dmarc', 'fail'] == len(failed) == 10
    assert {row['domain']: row['fail'] for row in rows if row['check'] == 'dmarc' and row['fail']} == domains


def test_content(filtering):
    """The test string of spam, once per mail, whatever became of it."""
    rows = filtering.panels['content']
    spam = [row for row in rows if row['check'] == 'spam' and row['result'] in ('spam', 'reject')]
    assert sum(row['count'] for row in spam) == len(filtering.scenario('spam test string')) == 10
    banned = [row for row in rows if row['check'] == 'content' and row['result'] == 'banned']
    if banned:  # rspamd has nothing against them
        assert sum(row['count'] for row in banned) == len(filtering.scenario('banned attachment'))


@pytest.mark.parametrize('name', ['exim-all', 'postfix-basic', 'sendmail-basic'])
def test_local_users(name, tmp_path):
    server = Server(name, tmp_path)
    rows = server.panels['scripts']
    want = collections.Counter(m['local_user'] for m in server.scenario('local-submission'))
    if name.startswith('postfix'):  # logs numbers
        assert all(row['user'].startswith('uid ') for row in rows)
        assert sorted(row['sent'] for row in rows) == sorted(want.values())
        assert {row['user'] for row in rows if row['runs_as'] == 'web server'} == {'uid 33'}
    else:
        got = {row['user']: row['sent'] for row in rows}
        assert got.pop('root', 0) + sum(got.values()) >= sum(want.values())
        assert {user: n for user, n in got.items() if user in want} == {user: n for user, n in want.items() if user != 'root'}
        assert {row['user'] for row in rows if row['runs_as'] == 'web server'} == {'www-data'}
    assert all(row['directory'] is None for row in rows)


def test_scripts_of_a_hosting_server():
    rows = rows_of('--tz', 'UTC', TRACK / 'exim-cpanel-scripts.log')['scripts']
    assert [(row['directory'], row['user'], row['runs_as'], row['sent'], row['bounced']) for row in rows] == [
        ('/home/anna/public_html/wp-content/uploads', 'anna', 'user', 2, 1),
        (None, 'dora', 'user', 1, 0),  # somebody else's command was in front of it
        (None, 'root', 'root', 1, 0),  # in /etc/csf
        ('/home2/bert/public_html/contact form', 'bert', 'user', 1, 0),
        ('/root', 'root', 'root', 1, 0),
        ('/usr/local/apache/htdocs', 'nobody', 'web server', 1, 0),
    ]
    assert rows[3]['filter'] == "--directory '/home2/bert/public_html/contact form' --user bert"


def test_directory_filter(mailwhy):
    answer = mailwhy('trace', '--all', '--json', '--directory', '/home/anna', TRACK / 'exim-cpanel-scripts.log').json
    assert {m['directory'] for m in answer['messages']} == {'/home/anna/public_html/wp-content/uploads'}
    assert len(answer['messages']) == 2
    masked = mailwhy('trace', '--all', '--redact', '--json', '--directory', '/home/anna', TRACK / 'exim-cpanel-scripts.log').stdout
    assert not names_told(masked, ('uploads', 'anna'))


def test_gatekeeping():
    panels = rows_of('--tz', 'UTC', '--year', '2026', TRACK / 'gatekeeping.log')
    grey = {row['domain']: (row['lost'], row['contacts'], row['returned'], row['attempts'], row['mean_wait'])
            for row in panels['greylisted']}
    # another address of the same network and another number in the sender's extension: it is the same one
    assert grey == {'news.example.net': (1, 2, 1, 2, 357), 'once.example': (1, 1, 0, 1, None)}
    assert [(row['list'], row['refused'], row['listed'], row['clients']) for row in panels['dnsbl']] == [
        ('zen.spamhaus.org', 1, 1, 1), ('bl.spamcop.net', 0, 2, 2)]
    assert [(row['client'], row['count']) for row in panels['relaying']] == [('203.0.113.9', 1)]
    assert [(row['domain'], row['count']) for row in panels['relaying_domains']] == [('other.example', 1)]
    assert [(row['limit'], row['who'], row['count']) for row in panels['limits']] == [('limit on connections', '203.0.113.200', 2)]
    assert {(row['stage'], row['class']): row['count'] for row in panels['rejection_stages']} == {
        ('rcpt', 'greylist'): 3, ('rcpt', 'policy'): 1, ('rcpt', 'reputation'): 1}


def test_one_reply_names_a_list_and_its_like_does_not(tmp_path):
    """Host names are masked where replies are grouped: what one of a group lacks, the next may have."""
    hosts = ['www.example.org', 'zen.spamhaus.org', 'www.example.org', 'zen.spamhaus.org']
    log = tmp_path / 'mail.log'
    log.write_text(''.join(
        f'Nov 20 10:00:0{i} mx postfix/smtpd[{100 + i}]: NOQUEUE: reject: RCPT from x.example.net[192.0.2.{i}]: 554 5.7.1 <x.example.net[192.0.2.{i}]>: '
        f'Client host rejected: look at {host}; from=<a@example.net> to=<b@example.com> proto=ESMTP helo=<x>\n' for i, host in enumerate(hosts)))
    rows = rows_of('--tz', 'UTC', '--year', '2026', log)['dnsbl']
    assert [(row['list'], row['refused'], row['clients']) for row in rows] == [('zen.spamhaus.org', 2, 2)]


def test_limits_of_hosting_panels():
    log = ROOT / 'tests' / 'golden' / 'exim' / 'panels.log'
    rows = rows_of('--tz', 'UTC', log)['limits']
    assert {row['cause_id'] for row in rows} >= {'cpanel-hourly-limit', None}
    assert any('daily email limit' in row['limit'] for row in rows)


def test_results_of_exims_arrival_lines():
    rows = rows_of('--tz', 'UTC', ROOT / 'tests' / 'golden' / 'exim' / 'authentication.log')['authentication']
    got = {(row['domain'], row['check']): {k: row[k] for k in ('pass', 'fail', 'softfail') if row[k]} for row in rows}
    assert got == {
        ('example.net', 'spf'): {'pass': 2}, ('example.net', 'dkim'): {'pass': 1}, ('example.net', 'dmarc'): {'pass': 2},
        ('example.net', 'arc'): {'pass': 1}, ('list.example.org', 'dkim'): {'fail': 1},
        ('shop.example.org', 'spf'): {'softfail': 1}, ('shop.example.org', 'dmarc'): {'fail': 1},
    }


@pytest.mark.parametrize('name', ['exim-all', 'postfix-basic'])
def test_mailboxes(name, tmp_path):
    server = Server(name, tmp_path, 'mailboxes')
    rows = server.panels['mailboxes']
    count = collections.Counter()
    for row in rows:
        count[row['action']] += row['count']
        assert row['first'] <= row['last'] and 1 <= row['owners'] <= row['count']
    assert count['discard'] == len(server.scenario('sieve discard'))
    assert count['vacation'] == len(server.scenario('sieve vacation'))
    assert count['reject'] == len(server.scenario('sieve reject'))
    assert count['forward'] == len(server.scenario('sieve redirect')) + len(server.scenario('sieve copy'))


@pytest.mark.slow
@pytest.mark.parametrize('name', ['exim-all', 'postfix-basic'])
def test_a_panel_by_itself_shows_the_same(name, tmp_path):
    """Panels share what they count, and the tracker tells each run no more than its panels want."""
    directory = ROOT / 'tests' / 'corpus' / name
    facts = truth.read_json(directory, 'truth.json')
    logs = ['--tz', facts['timezone'], *truth.OPTIONS.get(name, []), *truth.unpack(directory, facts, tmp_path)]
    whole = run_program('report', '--json', '--all-panels', *logs).json['panels']
    assert len(whole) > 40
    for panel in whole:
        assert run_program('report', '--json', '--panel', panel['id'], *logs).json['panels'] == [panel]
