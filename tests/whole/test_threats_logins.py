# SPDX-License-Identifier: Apache-2.0
"""The detectors of logins: each finds its attack, and is quiet about the honest twin that looks like it.

Logs are written line by line as servers do: Postfix with Dovecot, Exim with Dovecot's authenticator, cPanel.
"""
import datetime
import random

import pytest

from conftest import run_program

NO_FILES = {'MAILWHY_CONFIG': ''}
BEGIN = datetime.datetime(2026, 11, 2, 8, 0, 0)
GUESSING = {'brute_force', 'network_guessing', 'account_guessing', 'spraying', 'slow_guessing', 'campaign', 'guessed_account',
            'account_takeover', 'honeypot_accounts'}


class Log:
    """Lines with their times; sorted when asked for."""

    def __init__(self):
        self.entries = []
        self.n = 0

    def add(self, seconds, text):
        self.n += 1
        self.entries.append((seconds, self.n, text))

    def text(self, form):
        return ''.join(form(BEGIN + datetime.timedelta(seconds=s), t) + '\n' for s, _, t in sorted(self.entries))


def syslog(time, text):
    return f'{time:%b} {time.day:2} {time:%H:%M:%S} mx1 {text}'


def mainlog(time, text):
    return f'{time:%Y-%m-%d %H:%M:%S} {text}'


class Postfix(Log):
    """Postfix with Dovecot's SASL, Dovecot for IMAP; one syslog."""

    def lines(self):
        return self.text(syslog)

    def failure(self, t, ip, user, service='smtp'):
        if service == 'imap':
            self.add(t, f'dovecot: imap-login: Disconnected: Connection closed (auth failed, 1 attempts in 2 secs): user=<{user}>, method=PLAIN, '
                        f'rip={ip}, lip=192.0.2.10, TLS, session=<s{self.n}>')
        else:
            self.add(t, f'postfix/submission/smtpd[2131]: warning: unknown[{ip}]: SASL LOGIN authentication failed: (reason unavailable), '
                        f'sasl_username={user}')

    def success(self, t, ip, user):
        self.add(t, f'dovecot: imap-login: Login: user=<{user}>, method=PLAIN, rip={ip}, lip=192.0.2.10, mpid={self.n + 1000}, TLS, session=<s{self.n}>')

    def mail(self, t, ip, user, recipients, sender=None, outcome=None):
        queue_id = f'4{self.n:07X}'
        sender = sender or user
        self.add(t, f'postfix/submission/smtpd[2131]: {queue_id}: client=unknown[{ip}], sasl_method=PLAIN, sasl_username={user}')
        self.add(t, f'postfix/cleanup[2132]: {queue_id}: message-id=<{queue_id}@example.com>')
        self.add(t, f'postfix/qmgr[900]: {queue_id}: from=<{sender}>, size=1200, nrcpt={len(recipients)} (queue active)')
        for r in recipients:
            bad = outcome(r) if outcome else None
            status = f'dsn=5.7.1, status=bounced (host mx.{r.split("@")[1]}[198.18.0.9] said: {bad} (in reply to end of DATA command))' if bad else \
                'dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 1234)'
            self.add(t + 1, f'postfix/smtp[2140]: {queue_id}: to=<{r}>, relay=mx.{r.split("@")[1]}[198.18.0.9]:25, delay=1, delays=0/0/0.5/0.5, {status}')
        self.add(t + 2, f'postfix/qmgr[900]: {queue_id}: removed')

    def inbound(self, t, ip, sender, recipient):
        queue_id = f'5{self.n:07X}'
        self.add(t, f'postfix/smtpd[2131]: {queue_id}: client=mail.example.net[{ip}]')
        self.add(t, f'postfix/cleanup[2132]: {queue_id}: message-id=<{queue_id}@example.net>')
        self.add(t, f'postfix/qmgr[900]: {queue_id}: from=<{sender}>, size=1200, nrcpt=1 (queue active)')
        self.add(t + 1, f'postfix/lmtp[2140]: {queue_id}: to=<{recipient}>, relay=mx1[private/dovecot-lmtp], delay=1, delays=0/0/0.5/0.5, dsn=2.0.0, '
                        f'status=sent (250 2.0.0 <{recipient}> Saved)')
        self.add(t + 2, f'postfix/qmgr[900]: {queue_id}: removed')


class Exim(Log):
    """Exim's main log as cPanel writes it: dovecot_login, and IMAP is another file."""

    IDS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

    def lines(self):
        return self.text(mainlog)

    def queue_id(self, t):
        seconds, text = int((BEGIN - datetime.datetime(1970, 1, 1)).total_seconds() + t), ''
        for _ in range(6):
            seconds, digit = divmod(seconds, 62)
            text = self.IDS[digit] + text
        return f'{text}-{self.n:06d}-00'

    def failure(self, t, ip, user, service='smtp'):
        self.add(t, f'dovecot_login authenticator failed for (pc.example) [{ip}]:50123: 535 Incorrect authentication data (set_id={user})')

    def success(self, t, ip, user):
        self.mail(t, ip, user, [f'friend{self.n % 5}@example.org'])

    def mail(self, t, ip, user, recipients, sender=None, outcome=None):
        queue_id = self.queue_id(t)
        sender = sender or user
        self.add(t, f'{queue_id} <= {sender} H=(pc.example) [{ip}]:50123 P=esmtpsa X=TLS1.3:TLS_AES_256_GCM_SHA384:256 CV=no A=dovecot_login:{user} '
                    f'S=1200 id={queue_id}@example.com T="hello" for {" ".join(recipients)}')
        for r in recipients:
            bad = outcome(r) if outcome else None
            if bad:
                self.add(t + 1, f'{queue_id} ** {r} R=dnslookup T=remote_smtp H=mx.{r.split("@")[1]} [198.18.0.9]: SMTP error from remote mail server after '
                                f'end of data: {bad}')
            else:
                self.add(t + 1, f'{queue_id} => {r} R=dnslookup T=remote_smtp H=mx.{r.split("@")[1]} [198.18.0.9] C="250 OK"')
        self.add(t + 2, f'{queue_id} Completed')

    def inbound(self, t, ip, sender, recipient):
        queue_id = self.queue_id(t)
        self.add(t, f'{queue_id} <= {sender} H=mail.example.net [{ip}]:50123 P=esmtps S=1200 id={queue_id}@example.net for {recipient}')
        self.add(t + 1, f'{queue_id} => bob <{recipient}> R=virtual_user T=dovecot_virtual_delivery C="250 2.0.0 Saved"')
        self.add(t + 2, f'{queue_id} Completed')


KINDS = [Postfix, Exim]
MINUTE, HOUR, DAY = 60, 3600, 86400


def findings(log, *args):
    result = run_program('threats', '--json', '--no-limit', '--tz', 'UTC', '--year', 2026, *args, '-', stdin=log.lines(), env=NO_FILES)
    assert result.returncode in (0, 1), result.stderr
    return [f for f in result.json['findings'] if GUESSING & {f['detector'], *f['also']}]


def names(found):
    return {d for f in found for d in (f['detector'], *f['also'])}


@pytest.fixture(params=KINDS, ids=lambda k: k.__name__)
def log(request):
    return request.param()


# --- attacks ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize('ip, subject', [('203.0.113.7', '203.0.113.7'), ('2001:db8:1:2::77', '2001:db8:1:2::/64'),
                                         ('::ffff:203.0.113.7', '203.0.113.7')])
def test_brute_force(log, ip, subject):
    for i in range(6):
        log.failure(i * 20, ip, 'anna@example.com')
    finding, = findings(log)
    assert finding['detector'] == 'brute_force' and finding['subject'] == subject and finding['blockable']


def test_addresses_of_one_64_are_one(log):
    for i in range(6):
        log.failure(i * 5, f'2001:db8:1:2::{i + 1:x}', 'anna@example.com')
    assert [f['subject'] for f in findings(log)] == ['2001:db8:1:2::/64']


def test_spraying(log):
    for i in range(30):
        log.failure(i * 60, '203.0.113.7', f'user{i}@example.com')
    found = findings(log)
    assert found[0]['detector'] == 'spraying' and found[0]['subject'] == '203.0.113.7' and found[0]['level'] == 'high'
    assert len(found) == 1 and 'brute_force' in found[0]['also'] or 'brute_force' not in names(found)


def test_network_guessing(log):
    for i in range(12):
        log.failure(i * 200, f'203.0.113.{i % 4 + 10}', f'user{i % 5}@example.com')
    finding, = [f for f in findings(log) if f['detector'] == 'network_guessing']
    assert finding['subject'] == '203.0.113.0/24' and finding['kind'] == 'network' and finding['blockable']
    assert finding['members'] == [f'203.0.113.{n}' for n in range(10, 14)]


def test_network_with_honest_neighbours_is_not_blamed_as_a_whole(log):
    for i in range(12):
        log.failure(i * 200, f'203.0.113.{i % 4 + 10}', f'user{i % 5}@example.com')
    log.inbound(50, '203.0.113.200', 'kate@example.net', 'bob@example.com')
    finding, = [f for f in findings(log) if f['detector'] == 'network_guessing']
    assert finding['kind'] == 'campaign' and finding['net'] is None
    assert finding['members'] == [f'203.0.113.{n}' for n in range(10, 14)]


def test_account_guessing(log):
    log.success(0, '198.51.100.9', 'anna@example.com')
    for i in range(12):
        log.failure(100 + i * 120, f'203.0.{i + 100}.7', 'anna@example.com')
    finding, = findings(log)
    assert finding['detector'] == 'account_guessing' and finding['subject'] == 'anna@example.com'
    assert not finding['blames'] and finding['level'] == 'high' and len(finding['members']) == 12
    assert '198.51.100.9' not in finding['members']


def test_slow_guessing(log):
    for i in range(8):
        log.failure(i * 45 * MINUTE, '203.0.113.7', f'user{i % 3}@example.com')
    finding, = findings(log)
    assert finding['detector'] == 'slow_guessing' and finding['setting']['name'] == 'gap'


def test_slow_guessing_for_days(log):
    for i in range(60):
        log.failure(i * 7 * MINUTE, '203.0.113.7', 'carol@example.com')
    assert names(findings(log)) == {'slow_guessing'}


def test_campaign(log):
    rng = random.Random(1)
    accounts = ['info@example.com', 'sales@example.com', 'anna@example.com']
    log.success(0, '198.51.100.9', 'anna@example.com')
    for i in range(18):
        log.failure(60 + i * 300, f'{rng.randrange(60, 200)}.{rng.randrange(1, 250)}.{i}.9', accounts[i % 3])
    found = [f for f in findings(log) if f['detector'] == 'campaign']
    assert len(found) == 1 and len(found[0]['members']) == 18 and found[0]['blockable']


def test_guessed_account(log):
    log.success(0, '198.51.100.9', 'anna@example.com')
    for i in range(25):
        log.failure(100 + i * 2, '203.0.113.7', 'anna@example.com')
    log.success(152, '203.0.113.7', 'anna@example.com')
    finding, = [f for f in findings(log) if f['detector'] == 'guessed_account']
    assert finding['level'] == 'critical' and finding['subject'] == 'anna@example.com' and not finding['blames']
    assert finding['members'] == ['203.0.113.7']


def test_one_of_many_sprayed_accounts_opens(log):
    for i in range(20):
        log.failure(i * 30, '203.0.113.7', f'user{i}@example.com')
    log.success(700, '203.0.113.7', 'weak@example.com')
    finding, = [f for f in findings(log) if f['detector'] == 'guessed_account']
    assert finding['subject'] == 'weak@example.com' and finding['confidence'] == 'high'


def test_honeypot_accounts(log):
    log.failure(0, '203.0.113.7', 'root')
    log.failure(500, '203.0.113.7', 'test@example.com')
    assert names(findings(log)) == {'honeypot_accounts'}


def every_day(log, days, user='anna@example.com', ip='198.51.100.9', n=6):
    """What an office worker sends: a few mails a day to a circle of people."""
    for day in range(days):
        for i in range(n):
            log.mail(day * DAY + i * HOUR, ip, user, [f'friend{(day * n + i) % 30}@example.org'])


SPAM = '550 5.7.1 Message rejected as spam by content filtering'


def test_account_takeover(log):
    every_day(log, 10)
    for i in range(60):
        log.mail(10 * DAY + i * 30, f'203.0.{i % 8 + 100}.7', 'anna@example.com', [f'victim{i * 10 + k}@example{i % 7}.net' for k in range(10)],
                 outcome=lambda r: SPAM if r[6] in '12' else None)
    finding, = [f for f in findings(log) if f['detector'] == 'account_takeover']
    assert finding['level'] == 'critical' and finding['subject'] == 'anna@example.com' and finding['confidence'] == 'high'
    evidence = {e['id']: e for e in finding['evidence']}
    assert evidence['hour']['value'] == 600 and evidence['hour']['usual'] <= 10
    assert evidence['new_recipients']['value'] > 95 and evidence['refused']['value'] > 100


# --- their honest twins ----------------------------------------------------------------------------------


def test_quiet_forgetful_user(log):
    """Four tries, then the right one: every day somewhere."""
    for i in range(4):
        log.failure(i * 9, '198.51.100.9', 'anna@example.com')
    log.success(50, '198.51.100.9', 'anna@example.com')
    assert not findings(log)


def test_quiet_phone_with_an_old_password(log):
    """The user has changed the password at home; the phone asks every minute for hours, from home and on the road."""
    log.success(0, '198.51.100.9', 'anna@example.com')
    for i in range(200):
        log.failure(600 + i * 60, '198.51.100.9', 'anna@example.com')
    for i in range(100):
        log.failure(13000 + i * 60, '203.0.113.88', 'anna@example.com')
    log.success(19600, '203.0.113.88', 'anna@example.com')
    assert not findings(log)


def test_quiet_phone_that_never_logs_in_from_there(log):
    log.success(0, '198.51.100.9', 'anna@example.com')
    for i in range(40):
        log.failure(600 + i * 5 * MINUTE, '203.0.113.88', 'anna@example.com')
    assert not findings(log)


def test_quiet_office_after_a_new_password_policy(log):
    """One address; everybody fails some times and then succeeds."""
    for user in range(20):
        for i in range(4):
            log.failure(user * 40 + i * 7, '198.51.100.9', f'user{user}@example.com')
        log.success(user * 40 + 600, '198.51.100.9', f'user{user}@example.com')
    assert not findings(log)


def test_quiet_webmail(log):
    """All users come from one public address; some mistype, one has left and his browser goes on asking."""
    rng = random.Random(2)
    for i in range(200):
        user = f'user{rng.randrange(40)}@example.com'
        if rng.random() < 0.2:
            log.failure(i * 60, '198.51.100.20', user)
        log.success(i * 60 + 10, '198.51.100.20', user)
    for i in range(30):
        log.failure(i * 300, '198.51.100.20', 'left@example.com')
    assert not findings(log)


def test_quiet_webmail_on_the_server_itself(log):
    for i in range(60):
        log.failure(i * 5, '127.0.0.1', f'user{i % 20}@example.com')
    assert not findings(log)


def test_quiet_monitoring_probe(log):
    """A probe logs in every minute; for a quarter of an hour its password is wrong."""
    for i in range(120):
        if 40 <= i < 55:
            log.failure(i * 60, '198.51.100.30', 'probe@example.com')
        else:
            log.success(i * 60, '198.51.100.30', 'probe@example.com')
    assert not findings(log)


def test_quiet_road_warrior(log):
    """Office, home, hotels, trains: many networks in a day, as little mail as ever."""
    every_day(log, 10)
    for day in range(5, 10):
        for i in range(8):
            log.success(day * DAY + i * HOUR + 600, f'100.{64 + day}.{i}.9', 'anna@example.com')
            log.mail(day * DAY + i * HOUR + 700, f'203.{i}.{day}.9', 'anna@example.com', [f'friend{i}@example.org'])
    assert not findings(log)


def test_quiet_newsletter(log):
    """Once a week to hundreds, from where it was always sent; a few addresses are dead, and some readers are new."""
    every_day(log, 22)
    for week in range(1, 4):
        for i in range(40):
            log.mail(week * 7 * DAY + i * 20, '198.51.100.9', 'anna@example.com', [f'reader{i * 10 + k + week * 20}@example{k % 5}.net' for k in range(10)],
                     outcome=lambda r: '550 5.1.1 User unknown' if r.startswith('reader11') else None)
    assert not findings(log)


def test_quiet_newsletter_in_a_log_without_history(log):
    for i in range(100):
        log.mail(i * 20, '198.51.100.9', 'news@example.com', [f'reader{i * 10 + k}@example{k % 5}.net' for k in range(10)])
    assert not findings(log)


def test_quiet_shop(log):
    """Writes to new people all day, as many as ever, from a network that tells nothing."""
    for hour in range(24 * 12):
        for i in range(12):
            log.mail(hour * HOUR + i * 300, '198.51.100.40', 'shop@example.com', [f'buyer{hour * 12 + i}@example{i}.net'])
    assert not findings(log)


def test_quiet_users_that_mistype_all_over_the_world(log):
    """Many users, each from an address of their own, each failing once or twice before they succeed."""
    for user in range(60):
        ip = f'{60 + user}.20.30.40'
        for i in range(user % 3):
            log.failure(user * 50 + i * 6, ip, f'user{user}@example.com')
        log.success(user * 50 + 30, ip, f'user{user}@example.com')
    assert not findings(log)


def test_quiet_carrier_network(log):
    """Three customers of one carrier's /24 have an old password in their phones."""
    for phone in range(3):
        log.success(phone, f'198.51.100.{phone}', f'user{phone}@example.com')
        for i in range(10):
            log.failure(600 + phone * 7 + i * 300, f'203.0.113.{phone + 50}', f'user{phone}@example.com')
    assert not findings(log)


def test_quiet_client_that_tries_all_mechanisms(log):
    """CRAM-MD5, LOGIN and PLAIN fail within a moment; the user types the password again."""
    for i in range(3):
        log.failure(0, '198.51.100.9', 'anna@example.com')
    for i in range(3):
        log.failure(15, '198.51.100.9', 'anna@example.com')
    log.success(40, '198.51.100.9', 'anna@example.com')
    assert not [f for f in findings(log) if f['detector'] == 'guessed_account']


def test_quiet_while_the_password_daemon_is_down():
    """Nobody is told whether a password was right; everybody tries again."""
    log = Postfix()
    for user in range(20):
        log.success(user, f'198.51.100.{user}', f'user{user}@example.com')
        for i in range(8):
            log.add(100 + user + i * 30, f'postfix/submission/smtpd[2131]: warning: unknown[198.51.100.{user}]: SASL LOGIN authentication failed: '
                                         f'Connection lost to authentication server, sasl_username=user{user}@example.com')
    assert not findings(log)


def test_honest_service_account_is_no_honeypot(log):
    log.success(0, '198.51.100.9', 'admin@example.com')
    for i in range(3):
        log.failure(100 + 200 * i, '203.0.113.9', 'admin@example.com')
    assert not findings(log)


# --- hostile input ---------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_flood_of_invented_names_hides_no_attack():
    log = Postfix()
    for i in range(30):
        log.failure(i * 100, '203.0.113.7', 'anna@example.com')
    for i in range(30000):
        log.failure(i / 10, f'{i % 200 + 11}.{i // 200 % 250}.{i % 7}.{i % 251}', f'name{i}-{"x" * 60}@example.com')
    found = findings(log, '--memory', '16M')
    assert '203.0.113.7' in {f['subject'] for f in found if f['detector'] == 'brute_force'}


def test_names_are_data():
    log = Postfix()
    for i in range(12):
        log.failure(i, '203.0.113.7', "x'; rm -rf / #\x1b[31m")
    finding, = findings(log)
    result = run_program('threats', '--tz', 'UTC', '--year', 2026, '-', stdin=log.lines(), env=NO_FILES)
    assert '\x1b' not in result.stdout
    assert finding['trace'] == '--ip 203.0.113.7'


# --- countries -------------------------------------------------------------------------------------------


def mmdb(networks):
    """A MaxMind database, format 2.0, record size 24: {'203.0.0.0/16': 'DE'} -> bytes."""
    import ipaddress

    def text(s):
        return bytes([0x40 | len(s)]) + s.encode()

    def mapping(pairs):
        return bytes([0xe0 | len(pairs)]) + b''.join(text(k) + v for k, v in pairs)

    def number(kind, value):
        raw = value.to_bytes((value.bit_length() + 7) // 8, 'big')
        head = bytes([kind << 5 | len(raw)]) if kind < 8 else bytes([len(raw), kind - 7])
        return head + raw

    data, offsets = b'', {}
    for country in sorted(set(networks.values())):
        offsets[country] = len(data)
        data += mapping([('country', mapping([('iso_code', text(country))]))])
    nodes = [[None, None]]
    for net, country in networks.items():
        net = ipaddress.ip_network(net)
        bits = f'{int(net.network_address):032b}'[:net.prefixlen]
        at = 0
        for bit in bits[:-1]:
            if nodes[at][int(bit)] is None:
                nodes[at][int(bit)] = len(nodes)
                nodes.append([None, None])
            at = nodes[at][int(bit)]
        nodes[at][int(bits[-1])] = ('data', offsets[country])
    tree = b''
    for node in nodes:
        for child in node:
            value = len(nodes) if child is None else child if isinstance(child, int) else len(nodes) + 16 + child[1]
            tree += value.to_bytes(3, 'big')
    meta = mapping([('node_count', number(6, len(nodes))), ('record_size', number(5, 24)), ('ip_version', number(5, 4)),
                    ('database_type', text('Test')), ('languages', bytes([0, 4])), ('binary_format_major_version', number(5, 2)),
                    ('binary_format_minor_version', number(5, 0)), ('build_epoch', number(9, 1795305600)),
                    ('description', mapping([]))])
    return tree + bytes(16) + data + b'\xab\xcd\xefMaxMind.com' + meta


def needs_geoip():
    if '+libmaxminddb' not in run_program('--version').stdout:
        pytest.skip('built without libmaxminddb')


def test_logins_from_many_countries(tmp_path):
    """Volume from webmail is two signs, countries are four."""
    needs_geoip()
    file = tmp_path / 'countries.mmdb'
    file.write_bytes(mmdb({'60.1.0.0/16': 'BR', '61.2.0.0/16': 'VN', '62.3.0.0/16': 'RU', '198.51.100.0/24': 'DE'}))
    log = Postfix()
    every_day(log, 10)
    for i, ip in enumerate(['60.1.0.9', '61.2.0.9', '62.3.0.9']):
        log.success(10 * DAY + i * 600, ip, 'anna@example.com')
    for i in range(30):
        log.mail(10 * DAY + 3 * HOUR + i * 30, '10.0.0.5', 'anna@example.com', [f'friend{k}@example.org' for k in range(10)])
    assert not findings(log)
    finding, = findings(log, '--geoip', file)
    evidence = {e['id']: e['value'] for e in finding['evidence']}
    assert finding['detector'] == 'account_takeover' and evidence['countries'] == 3


def test_geoip_that_is_none(tmp_path):
    needs_geoip()
    file = tmp_path / 'countries.mmdb'
    file.write_bytes(b'nonsense')
    for path in (file, tmp_path / 'none.mmdb'):
        result = run_program('threats', '--geoip', path, '-', env=NO_FILES)
        assert result.returncode == 3 and path.name in result.stderr
