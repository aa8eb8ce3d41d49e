# SPDX-License-Identifier: Apache-2.0
"""`mailwhy threats`: the detectors that are not about logins: what they find, and whom they leave alone.

Each story is told by Postfix and by Exim: an attack that must be found, and beside it somebody honest who looks like it.
"""
import ipaddress
import re

import pytest

import truth
from conftest import ROOT, run_program
from maillogs import WRITERS

NO_FILES = {'MAILWHY_CONFIG': ''}
MINE = ['open_relay', 'script_spam', 'spam_source', 'blocklisted', 'backscatter', 'forwarded_spam', 'certificate', 'mail_loop',
        'bounce_flood', 'list_bombing', 'harvesting', 'relay_probing', 'connection_flood', 'message_flood', 'spam_clients',
        'protocol_abuse']
ATTACKER, FRIEND = '203.0.113.7', '198.51.100.9'
SPAM = '550 5.7.1 This message looks like spam and has been rejected'
LISTED = ('550 5.7.1 Service unavailable, Client host [192.0.2.10] blocked using Spamhaus. To request removal from this list see '
          'https://www.spamhaus.org/query/ip/192.0.2.10')


@pytest.fixture(params=WRITERS, ids=lambda w: w.name)
def server(request):
    story = request.param()
    story.mail(0, '198.51.100.1', 'hello@friend.example', 'anna@example.org')  # example.org is ours
    return story


def findings(story, *args):
    result = run_program('threats', '--json', '--no-limit', '--tz', 'UTC', '--year', 2026, '--detector', ','.join(MINE), *args, '-',
                         stdin=story.log(), env=NO_FILES)
    assert result.returncode in (0, 1), result.stderr
    return result.json['findings']


def found(story, detector, *args):
    return [f for f in findings(story, *args) if f['detector'] == detector]


def accused(story):
    return sorted({who for f in findings(story) if f['blames']
                   for who in [f['subject'], *(f['members'] if f.get('member_kind') == 'address' else [])]})


# --- relay probing ---------------------------------------------------------------------------------------

def test_relay_probing(server):
    for i in range(3):
        server.refuse(10 + i, ATTACKER, f'victim{i}@gmail.com', 'relay')
    finding, = found(server, 'relay_probing')
    assert finding['subject'] == ATTACKER and finding['level'] == 'low' and finding['blockable']
    assert finding['since'] == '2026-11-21T09:00:10.000000Z' and len(finding['lines']) == 3


def test_relay_probing_of_many(server):
    for i in range(6):
        server.refuse(10 + i, f'203.0.113.{10 + i}', 'victim@gmail.com', 'relay')
    server.refuse(30, '2001:db8:bad::9', 'victim@gmail.com', 'relay')
    first, second = sorted(found(server, 'relay_probing'), key=lambda f: f['kind'], reverse=True)
    assert first['subject'] == '203.0.113.0/24' and len(first['members']) == 6
    assert second['subject'] == '2001:db8:bad::/64'  # alone, but for the recipient that all of them tried


def test_relay_by_a_user_without_login(server):
    """Somebody forgot to switch the login on, then does."""
    for i in range(8):
        server.refuse(10 + 30 * i, FRIEND, 'friend@gmail.com', 'relay')
    server.login(400, FRIEND, 'anna@example.org')
    assert accused(server) == []


def test_relay_by_a_partner(server):
    """A server with an old entry in its tables; the rest of its mail is for us."""
    for i in range(5):
        server.refuse(10 + i, FRIEND, f'old{i}@gone.example', 'relay')
        server.mail(20 + i, FRIEND, 'x@partner.example', 'anna@example.org')
    assert accused(server) == []


def test_one_relay_attempt_is_nothing(server):
    server.refuse(10, ATTACKER, 'victim@gmail.com', 'relay')
    assert accused(server) == []


# --- an open relay ---------------------------------------------------------------------------------------

def test_open_relay(server):
    for i in range(8):
        server.mail(10 + i, ATTACKER, 'offer@spam.example', f'victim{i}@gmail.com')
    finding, = found(server, 'open_relay')
    assert finding['subject'] == ATTACKER and finding['level'] == 'critical'


def test_open_relay_to_a_domain_that_was_refused(server):
    server.refuse(5, '203.0.113.99', 'someone@foreign.example', 'relay')
    for i in range(8):
        server.mail(10 + i, ATTACKER, 'offer@spam.example', f'victim{i}@foreign.example')
    assert [f['subject'] for f in found(server, 'open_relay')] == [ATTACKER]


def test_backup_mail_server(server):
    """Many strangers bring mail for a domain that is not ours, and it goes on to one place."""
    for i in range(40):
        server.mail(10 + i, f'198.51.100.{10 + i % 20}', f'x{i}@sender{i}.example', f'user{i % 9}@customer.example')
    assert findings(server) == []


def test_forwarding_to_a_provider(server):
    for i in range(30):
        server.mail(10 + i, f'198.51.100.{10 + i % 20}', f'x{i}@sender{i}.example', f'user{i % 9}@gmail.com', orig=f'user{i % 9}@example.org')
    assert found(server, 'open_relay') == []


def test_hub_behind_a_gateway(server):
    """The mailbox server has a public address, takes our mail and sends through us without a login."""
    for i in range(20):
        server.mail(10 + i, '198.51.100.20', f'x{i}@sender{i}.example', f'user{i}@customer.example')
        server.mail(40 + i, '192.0.2.77', f'user{i}@customer.example', f'friend{i}@gmail.com')
    server.mail(5, '198.51.100.21', 'a@b.example', 'user1@customer.example')
    server.mail(6, '198.51.100.22', 'a@b.example', 'user1@customer.example')
    assert found(server, 'open_relay') == []


def test_trusted_relay(server):
    for i in range(8):
        server.mail(10 + i, ATTACKER, 'offer@spam.example', f'victim{i}@gmail.com')
    assert found(server, 'open_relay', '--trust', ATTACKER) == []


# --- harvesting ------------------------------------------------------------------------------------------

NAMES = ['admin', 'info', 'sales1', 'test', 'oracle', 'office', 'root', 'hr', 'john', 'mary', 'x17', 'backup']


def test_harvesting(server):
    for i, name in enumerate(NAMES):
        server.refuse(10 + i, ATTACKER, f'{name}@example.org', 'unknown')
    finding, = found(server, 'harvesting')
    assert finding['subject'] == ATTACKER and finding['level'] == 'medium' and finding['confidence'] == 'high'


def test_newsletter_with_old_addresses(server):
    for i, name in enumerate(NAMES):
        server.refuse(10 + i, FRIEND, f'{name}@example.org', 'unknown')
    for i in range(40):
        server.mail(30 + i, FRIEND, 'news@shop.example', f'customer{i}@example.org')
    assert accused(server) == []


def test_one_recipient_tried_often(server):
    """A mail program that does not give up."""
    for i in range(40):
        server.refuse(10 + i, ATTACKER, 'gone@example.org', 'unknown')
    assert found(server, 'harvesting') == []


# --- clients that are none -------------------------------------------------------------------------------

@pytest.mark.parametrize('what', ['web', 'errors', 'early'])
def test_protocol_abuse(server, what):
    for i in range(3):
        server.odd(10 + 600 * i, ATTACKER, what)
    finding, = found(server, 'protocol_abuse')
    assert finding['subject'] == ATTACKER and finding['level'] == 'low'


@pytest.mark.parametrize('what', ['web', 'errors', 'early'])
def test_one_odd_session_is_nothing(server, what):
    server.odd(10, ATTACKER, what)
    assert accused(server) == []


def test_bad_helo(server):
    for i in range(3):
        server.refuse(10 + 600 * i, ATTACKER, 'anna@example.org', 'helo', helo='localhost')
    finding, = found(server, 'protocol_abuse')
    assert {'id': 'bad_helo', 'value': 3}.items() <= next(e for e in finding['evidence'] if e['id'] == 'bad_helo').items()


def test_monitoring_probe(server):
    """Says EHLO and QUIT once a minute, all day."""
    for i in range(24 * 60):
        server.odd(10 + 60 * i, FRIEND, 'probe')
    assert findings(server) == []


def test_lost_connections(server):
    for i in range(30):
        server.odd(10 + 60 * i, FRIEND, 'lost')
    assert findings(server) == []


# --- floods ----------------------------------------------------------------------------------------------

def test_connection_flood(server):
    for i in range(6):
        server.connection_limit(10 + i, ATTACKER)
    finding, = found(server, 'connection_flood')
    assert finding['subject'] == ATTACKER and finding['level'] == 'medium' and finding['blockable']


def test_busy_partner_hits_limits(server):
    for i in range(6):
        server.connection_limit(10 + i, FRIEND)
    for i in range(70):
        server.mail(20 + i, FRIEND, 'x@partner.example', 'anna@example.org')
    assert accused(server) == []


def test_message_flood(server):
    for i in range(12):
        server.message_limit(10 + i, ATTACKER)
    assert [f['subject'] for f in found(server, 'message_flood')] == [ATTACKER]


def test_newsletter_hits_limits(server):
    for i in range(12):
        server.message_limit(10 + i, FRIEND)
    for i in range(130):
        server.mail(30 + i, FRIEND, 'news@shop.example', f'customer{i}@example.org')
    assert accused(server) == []


def test_health_check_of_a_load_balancer():
    """Every three seconds, for two hours."""
    story = WRITERS[0]()
    for i in range(2400):
        story.odd(10 + 3 * i, FRIEND, 'probe' if i % 2 else 'lost')
    assert findings(story) == []


def test_empty_sessions():
    story = WRITERS[0]()  # Exim tells of sessions only if it is asked to
    for i in range(60):
        story.odd(10 + 2 * i, ATTACKER, 'probe')
    assert [f['subject'] for f in found(story, 'connection_flood')] == [ATTACKER]


# --- spam that is refused --------------------------------------------------------------------------------

def test_spam_client(server):
    for i in range(12):
        server.refuse(10 + 60 * i, ATTACKER, 'anna@example.org', 'listed')
    finding, = found(server, 'spam_clients')
    assert finding['subject'] == ATTACKER and finding['level'] == 'low'


def test_snowshoe(server):
    for i in range(10):
        server.refuse(10 + 60 * i, f'203.0.113.{20 + i}', 'anna@example.org', 'listed')
    finding, = found(server, 'spam_clients')
    assert finding['subject'] == '203.0.113.0/24' and len(finding['members']) == 10


def test_provider_with_some_spam(server):
    for i in range(10):
        server.refuse(10 + 60 * i, f'198.51.100.{20 + i}', 'anna@example.org', 'listed')
    for i in range(60):
        server.mail(20 + 10 * i, f'198.51.100.{20 + i % 10}', f'x{i}@provider.example', 'anna@example.org')
    assert accused(server) == []


def test_forged_senders_alone(server):
    """A forwarder breaks SPF with every mail."""
    for i in range(30):
        server.refuse(10 + 60 * i, FRIEND, 'anna@example.org', 'spf')
    assert found(server, 'spam_clients') == []


# --- what leaves -----------------------------------------------------------------------------------------

UID = {'postfix': '33', 'exim': '/home/anna/public_html/wp-content'}


def test_script_spam(server):
    for i in range(120):
        server.mail(10 + 5 * i, None, f'shop{i % 3}@example.org', f'victim{i}@d{i % 40}.example', uid=UID[server.name],
                    reply='550 5.1.1 User unknown' if i % 4 == 0 else None)
    finding, = found(server, 'script_spam')
    assert finding['level'] == 'critical' and finding['kind'] == ('local_user' if server.name == 'postfix' else 'directory')
    if server.name == 'exim':
        assert finding['subject'] == UID['exim']


def test_newsletter_of_a_web_page(server):
    for i in range(150):
        server.mail(10 + 5 * i, None, 'news@example.org', f'customer{i}@d{i % 40}.example', uid=UID[server.name],
                    reply='550 5.1.1 User unknown' if i % 30 == 0 else None)
    assert found(server, 'script_spam') == []


def test_cron(server):
    for i in range(200):
        server.mail(10 + 5 * i, None, 'root@example.org', 'anna@example.org', uid='0' if server.name == 'postfix' else 'root')
    assert findings(server) == []


def test_spam_source(server):
    for i in range(60):
        server.mail(10 + 20 * i, FRIEND, 'anna@example.org', f'victim{i}@d{i}.example', user='anna@example.org',
                    reply=SPAM if i % 2 else None)
    finding, = found(server, 'spam_source')
    assert finding['kind'] == 'account' and finding['subject'] == 'anna@example.org' and not finding['blockable']


def test_machine_in_the_office(server):
    for i in range(60):
        server.mail(10 + 20 * i, '10.1.2.3', 'anna@example.org', f'victim{i}@d{i}.example', reply=SPAM if i % 2 else None)
    finding, = found(server, 'spam_source')
    assert finding['kind'] == 'address' and finding['subject'] == '10.1.2.3' and not finding['blockable']


def test_user_with_some_refusals(server):
    for i in range(100):
        server.mail(10 + 20 * i, FRIEND, 'anna@example.org', f'customer{i}@d{i}.example', user='anna@example.org',
                    reply=SPAM if i % 12 == 0 else None)
    assert found(server, 'spam_source') == []


# --- this server's name ----------------------------------------------------------------------------------

def test_blocklisted(server):
    for i in range(3):
        server.mail(10 + i, FRIEND, 'anna@example.org', f'friend{i}@d{i}.example', user='anna@example.org', reply=LISTED)
    finding, = found(server, 'blocklisted')
    assert finding['level'] == 'high' and not finding['blames']
    assert 'spamhaus' in finding['subject'].lower() and '192.0.2.10' in finding['summary']
    assert len(finding['action']) > 40
    assert len(finding['lines']) == 3 and all('Spamhaus' in line['text'] for line in finding['lines'])  # the very replies


def test_refusals_of_one_mail(server):
    for i in range(10):
        server.mail(10 + i, FRIEND, 'anna@example.org', f'friend{i}@d{i}.example', user='anna@example.org',
                    reply=SPAM if i % 2 else '550 5.1.1 User unknown')
    assert found(server, 'blocklisted') == []


# --- notifications ---------------------------------------------------------------------------------------

def test_backscatter(server):
    for i in range(80):
        server.notify(10 + 10 * i, f'forged{i}@d{i % 30}.example', '550 5.1.1 User unknown' if i % 2 else None)
    finding, = found(server, 'backscatter')
    assert finding['kind'] == 'server' and not finding['blames'] and finding['level'] == 'high'


def test_notifications_to_our_users(server):
    for i in range(80):
        server.notify(10 + 10 * i, f'user{i % 7}@example.org')
    assert findings(server) == []


def test_vacation(server):
    """Replies without a sender, to people who did write."""
    for i in range(80):
        server.mail(10 + 10 * i, f'198.51.100.{i % 30}', f'x{i}@d{i % 30}.example', 'anna@example.org')
        server.notify(12 + 10 * i, f'x{i}@d{i % 30}.example')
    assert found(server, 'backscatter') == []


# --- mailboxes -------------------------------------------------------------------------------------------

def test_bounce_flood(server):
    for i in range(60):
        server.mail(10 + 20 * i, f'198.51.100.{10 + i % 30}', '', 'anna@example.org')
    finding, = found(server, 'bounce_flood')
    assert finding['kind'] == 'mailbox' and finding['subject'] == 'anna@example.org' and not finding['blames']


def test_bounces_of_one_server(server):
    for i in range(60):
        server.mail(10 + 20 * i, FRIEND, '', 'anna@example.org')
    assert found(server, 'bounce_flood') == []


def test_list_bombing(server):
    for i in range(120):
        server.mail(10 + 20 * i, f'198.51.100.{i % 90}', f'noreply@shop{i}.example', 'anna@example.org')
    finding, = found(server, 'list_bombing')
    assert finding['subject'] == 'anna@example.org' and finding['level'] == 'high' and not finding['blames']


def test_busy_mailbox(server):
    """The support desk: people write, many of them more than once."""
    for i in range(150):
        server.mail(10 + 15 * i, f'198.51.100.{i % 90}', f'person{i}@d{i % 50}.example', 'support@example.org')
    assert findings(server) == []


def test_mailing_list(server):
    for i in range(150):
        server.mail(10 + 15 * i, FRIEND, 'bounces@lists.example', 'anna@example.org')
    assert findings(server) == []


# --- forwarding and loops --------------------------------------------------------------------------------

def test_forwarded_spam(server):
    for i in range(30):
        server.mail(10 + 60 * i, f'198.51.100.{i}', f'x{i}@d{i}.example', 'anna@gmail.com', orig='anna@example.org', reply=SPAM)
    finding, = found(server, 'forwarded_spam')
    assert finding['subject'] == 'anna@example.org' and not finding['blames'] and 'anna@gmail.com' in finding['summary']


def test_forwarding_with_some_spam(server):
    for i in range(100):
        server.mail(10 + 60 * i, f'198.51.100.{i}', f'x{i}@d{i}.example', 'anna@gmail.com', orig='anna@example.org',
                    reply=SPAM if i % 20 == 0 else None)
    assert found(server, 'forwarded_spam') == []


def test_mail_loop(server):
    for i in range(6):
        server.mail(10 + 20 * i, FRIEND, 'x@friend.example', 'anna@partner.example', message_id='same@friend.example')
    finding, = found(server, 'mail_loop')
    assert finding['subject'] == 'anna@partner.example' and not finding['blames']


def test_newsletter_with_one_message_id(server):
    for i in range(60):
        server.mail(10 + 2 * i, FRIEND, 'news@shop.example', f'customer{i}@example.org', message_id='issue-7@shop.example')
    assert findings(server) == []


def test_greylisting_after_data():
    """The filter answers 4xx to the whole mail; its sender comes back every few minutes with the same one."""
    story = WRITERS[0]()
    for i in range(9):
        qid = story.new_id()
        story.at(10 + 300 * i, f'postfix/smtpd[12]: {qid}: client=mx.friend.example[{FRIEND}]',
                 f'postfix/cleanup[6]: {qid}: message-id=<same@friend.example>',
                 f'postfix/cleanup[6]: {qid}: milter-reject: END-OF-MESSAGE from mx.friend.example[{FRIEND}]: 4.7.1 Try again later; '
                 'from=<x@friend.example> to=<anna@example.org> proto=ESMTP helo=<mx.friend.example>')
    assert findings(story) == []


def test_mail_sent_twice(server):
    for i in range(3):
        server.mail(10 + 20 * i, FRIEND, 'x@friend.example', 'anna@example.org', message_id='same@friend.example')
    assert findings(server) == []


# --- the certificate -------------------------------------------------------------------------------------

def test_certificate():
    for make in WRITERS[1:]:
        story = make()
        for i in range(4):
            story.handshake(10 + 60 * i, f'198.51.100.{10 + i}', 'sslv3 alert certificate expired')
        finding, = found(story, 'certificate')
        assert finding['kind'] == 'server' and not finding['blames'] and 'expired' in finding['summary']


def test_one_client_with_old_authorities(server):
    server.handshake(10, FRIEND, 'tlsv1 alert unknown ca')
    server.handshake(20, FRIEND, 'tlsv1 alert unknown ca')
    assert findings(server) == []


def test_no_handshake_at_all(server):
    for i in range(10):
        server.handshake(10 + i, f'198.51.100.{i}', 'wrong version number')
    assert [f for f in findings(server) if f['detector'] == 'certificate' and server.name == 'exim'] == []


# --- all together ----------------------------------------------------------------------------------------

def test_everybody_honest_at_once(server):
    """A day of a small server: nothing to say."""
    for i in range(300):
        t = 60 * i
        server.mail(t, f'198.51.100.{i % 200}', f'x{i}@d{i % 60}.example', f'user{i % 12}@example.org')
        if i % 5 == 0:
            server.login(t + 5, f'198.51.100.{200 + i % 9}', f'user{i % 12}@example.org')
            server.mail(t + 7, f'198.51.100.{200 + i % 9}', f'user{i % 12}@example.org', f'x{i}@d{i % 60}.example', user=f'user{i % 12}@example.org')
        if i % 7 == 0:
            server.refuse(t + 9, f'198.51.100.{i % 200}', f'gone{i % 4}@example.org', 'unknown')
        if i % 11 == 0:
            server.refuse(t + 11, f'203.0.{i % 250}.{i % 200}', 'anna@example.org', 'listed')
        if i % 13 == 0:
            server.odd(t + 12, f'203.0.{i % 250}.77', 'web')
    assert findings(server) == []


def test_same_for_any_number_of_threads(server):
    for i, name in enumerate(NAMES * 3):
        server.refuse(10 + i, f'203.0.113.{7 + i % 3}', f'{name}@example.org', 'unknown')
        server.refuse(100 + i, f'203.0.113.{20 + i}', 'victim@gmail.com', 'relay')
        server.refuse(200 + i, f'203.0.113.{20 + i}', 'anna@example.org', 'listed')
        server.odd(300 + i, f'203.0.113.{20 + i}', 'web')
    assert findings(server, '-j1') == findings(server, '-j4', '--batch-lines', '5')
    assert len(findings(server)) >= 3


# --- tables ----------------------------------------------------------------------------------------------

def test_causes_of_refusals_exist():
    """What a refusal means is read from the ids of causes: rules that are renamed must be renamed here."""
    rules = ''.join(path.read_text() for path in (ROOT / 'data' / 'causes').glob('*.rules'))
    known = set(re.findall(r'^cause (\S+)', rules, re.M))
    ids = re.findall(r'\{ "([^"]+)", REFUSAL_', (ROOT / 'src' / 'detect' / 'refusal.c').read_text())
    assert len(ids) > 40
    assert [i for i in ids if not any(k == i or (i[-1] == '*' and k.startswith(i[:-1])) for k in known)] == []


def test_every_detector_is_documented():
    page = (ROOT / 'docs' / 'threats.md').read_text()
    listed = re.findall(r'^([a-z_]+)$', run_program('threats', '--detector', 'list').stdout, re.M)
    assert len(listed) > 20
    assert [name for name in listed if f'| `{name}` |' not in page] == []
    for tool in ('csf', 'iptables', 'nftables', 'fail2ban', 'ipset', 'firewalld', 'crowdsec', 'postfix', 'exim'):
        assert f'| `{tool}` |' in page


# --- the corpus: what really happened, and who did it ----------------------------------------------------

SETS = sorted(p.name for p in truth.CORPUS.iterdir() if p.is_dir())

# scenario of truth.json -> detectors one of which must name its addresses (at least half of them: some did one thing only)
SCENARIOS = {
    'unknown-user harvest': {'harvesting'},
    'relay probe': {'relay_probing', 'protocol_abuse'},
    'relay probe over IPv6': {'relay_probing'},
    'dnsbl listed client': {'spam_clients'},
    'spoofed sender (SPF fails)': {'spam_clients'},
    'bad helo': {'protocol_abuse'},
    'connection flood': {'connection_flood'},
    'message flood': {'message_flood', 'connection_flood'},  # Sendmail counts it as connections
    'HTTP request to the SMTP port': {'protocol_abuse'},
    'talks early': {'protocol_abuse'},
    'pipelining violation': {'protocol_abuse'},
    'too many errors': {'protocol_abuse'},
    'vrfy and expn': {'protocol_abuse'},
    'noop flood': {'protocol_abuse'},
    'no HELO': {'protocol_abuse'},
    'control and 8-bit bytes': {'protocol_abuse'},
    'very long line': {'protocol_abuse'},
}

# not found, and why; the stories above show that a larger dose is
UNFOUND = {
    ('HTTP request to the SMTP port', 'exim-default'): 'the default log_selector does not tell of syntax errors',
    ('talks early', 'exim-default'): 'the ACL delays the greeting and the client gives up: a time-out, as others have',
    ('talks early', 'exim-all'): 'the same',
    ('talks early', 'sendmail-basic'): 'its access map turns it away before: a rule of the site',
    ('too many errors', 'sendmail-basic'): 'Sendmail hangs up without a word',
    ('too many errors', 'sendmail-verbose'): 'the same',
    ('no HELO', 'sendmail-basic'): 'Sendmail does not ask for it',
    ('no HELO', 'sendmail-verbose'): 'the same',
    ('control and 8-bit bytes', 'sendmail-basic'): 'log level 9 does not tell why a HELO was refused',
    ('bad helo', 'sendmail-basic'): 'the same',
    ('bad helo', 'exim-default'): 'half of them brought mail that was taken',
    ('bad helo', 'sendmail-verbose'): 'most of them were taken in spite of it',
    ('connection flood', 'sendmail-verbose'): '15 connections, none of which hit a limit',
    ('relay probe', 'filters-amavis'): 'most of them were greylisted and did not come back',
}

# odd sessions that are no finding, and why
TOO_SMALL = {
    'TLS hello to the plain port': 'no line tells it from a connection that was lost',
    'broken TLS handshake': 'one handshake; a mail program with the wrong port does the same for weeks',
    'aborted AUTH': 'one session in which no password was tried',
    'no auth attempts': 'a port scan that asked for nothing',
    'syntax errors': 'one session of a server whose mail is taken',
    'disconnect at once': 'happens to everybody',
    'disconnect after EHLO': 'the same',
    'disconnect after RCPT': 'the same',
    'disconnect mid DATA': 'the same',
    'timeout after EHLO': 'the same',
    'timeout mid DATA': 'the same',
    'mailbox login': 'a user whose program lost its connection',
    'mailbox login guessing': 'a login, which other detectors look at',
    'out: B to A to the world': 'a user whose server was being restarted',
}

# scenarios of these addresses are attacks: naming them is right, whichever detector does it
ATTACKS = set(SCENARIOS) | {
    'TLS hello to the plain port', 'aborted AUTH', 'broken TLS handshake', 'no auth attempts', 'brute force one user',
    'brute force over IPv6', 'guess succeeds at last', 'mailbox login guessing', 'odd user names', 'password spraying',
    'slow distributed guessing', 'AUTH server down',
}


def as_named(ip):
    """IPv6 is named by its /64."""
    address = ipaddress.ip_address(ip)
    return str(ipaddress.ip_network((ip, 64), strict=False)) if address.version == 6 else ip


@pytest.fixture(scope='module')
def corpus(tmp_path_factory):
    """{set: (truth, findings)}"""
    answers = {}
    for name in SETS:
        known = truth.read_json(truth.CORPUS / name, 'truth.json')
        paths = truth.unpack(truth.CORPUS / name, known, tmp_path_factory.mktemp(name))
        zone = known['timezone']
        result = run_program('threats', '--json', '--no-limit', '--detector', ','.join(MINE), '--tz',
                             next(iter(zone.values())) if isinstance(zone, dict) else zone, *truth.OPTIONS.get(name, []), *paths,
                             env=NO_FILES)
        assert result.returncode == 0, result.stderr
        answers[name] = known, result.json['findings']
    return answers


def scenarios(known):
    """{scenario: addresses}"""
    found_in = {}
    for rows, key in ((known['rejected'], 'reason'), (known['sessions'], 'scenario'), (known['auth'], 'scenario'), (known['messages'], 'scenario')):
        for row in rows:
            ip = row.get('ip') or row.get('client_ip')
            if ip:
                found_in.setdefault(row[key], set()).add(as_named(ip))
    return found_in


def names_of(finding):
    return {finding['subject'], *(finding['members'] if finding['member_kind'] == 'address' else ())}


@pytest.mark.slow
@pytest.mark.parametrize('name', SETS)
def test_attacks_are_found(corpus, name):
    known, all_findings = corpus[name]
    missing = []
    for scenario, addresses in scenarios(known).items():
        wanted = SCENARIOS.get(scenario)
        if not wanted:
            continue
        named = {who for f in all_findings if f['detector'] in wanted and f['blames'] for who in names_of(f)}
        enough = len(named & addresses) * 2 >= len(addresses)
        if enough == ((scenario, name) in UNFOUND):
            missing.append((scenario, sorted(addresses), 'is found all the same' if enough else 'is not found'))
    assert missing == []


def test_every_odd_session_is_judged():
    """The tables are complete, and name nothing that is not there."""
    known = [truth.read_json(truth.CORPUS / name, 'truth.json') for name in SETS]
    odd = {row['scenario'] for k in known for row in k['sessions']}
    assert odd <= set(SCENARIOS) | set(TOO_SMALL)
    assert set(SCENARIOS) | set(TOO_SMALL) <= {s for k in known for s in scenarios(k)}
    assert {scenario for scenario, _ in UNFOUND} <= set(SCENARIOS)


@pytest.mark.slow
@pytest.mark.parametrize('name', SETS)
def test_nobody_honest_is_accused(corpus, name):
    known, all_findings = corpus[name]
    guilty = {ip for scenario, ips in scenarios(known).items() if scenario in ATTACKS for ip in ips}
    for finding in all_findings:
        if finding['blames']:
            assert finding['kind'] in ('address', 'network', 'campaign'), finding
            assert names_of(finding) - {finding['subject']} <= guilty, finding
            if finding['kind'] == 'address':
                assert finding['subject'] in guilty, finding


@pytest.mark.slow
@pytest.mark.parametrize('name', SETS)
def test_blocklists_of_the_corpus(corpus, name):
    """Remote servers told this server that its address has a bad name: outlook.test for good."""
    known, all_findings = corpus[name]
    told = sum(r['reply'].startswith('550 5.7.1 Unfortunately, messages from [192.0.2.10]') for r in known['remote_refusals'])
    mine = {f['subject']: f for f in all_findings if f['detector'] == 'blocklisted'}
    assert told and mine['outlook.test']['level'] == 'high'
    evidence = {e['id']: e['value'] for e in mine['outlook.test']['evidence']}
    assert evidence['our_address'] == '192.0.2.10'
    assert evidence['refused'] == told
