# SPDX-License-Identifier: Apache-2.0
"""`mailwhy sources`: what was found, what can't be read, what the logging leaves out."""
import gzip
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import pytest

import truth
from conftest import PROGRAM, ROOT, run_program

ARRIVAL = ('Nov {day:2} 09:00:{n:02} mx1 postfix/smtpd[7]: {id}: client=c.example[192.0.2.{n}]\n'
           'Nov {day:2} 09:00:{n:02} mx1 postfix/qmgr[1]: {id}: from=<a@x.example>, size=9, nrcpt=1 (queue active)\n'
           'Nov {day:2} 09:00:{n:02} mx1 postfix/qmgr[1]: {id}: removed\n')
OPTIONS = ('--tz', 'UTC', '--year', 2026)


def arrivals(first, count, day=21, ids='4A1B2C3D{:02}'):
    return ''.join(ARRIVAL.format(n=n % 60, id=ids.format(n), day=day) for n in range(first, first + count))


def exim(count, arrival='H=c.example [192.0.2.1] P=esmtps X=TLS1.3:x:256 S=100 id=m@x.example', delivery='H=m.example [192.0.2.9] C="250 ok"',
         fraction=''):
    return ''.join(f'2026-11-21 09:00:{n:02}{fraction} 1rJkX{n // 26:01}-0003k{chr(97 + n % 26)}-Qp <= a@x.example {arrival}\n'
                   f'2026-11-21 09:00:{n:02}{fraction} 1rJkX{n // 26:01}-0003k{chr(97 + n % 26)}-Qp => b@y.example R=r T=remote_smtp {delivery}\n'
                   .replace('1rJkX0', '1rJkXm').replace('1rJkX1', '1rJkXn').replace('1rJkX2', '1rJkXo') for n in range(count))


def ids_of(answer):
    return {item['id'] for item in answer['advice']}


def advice(text, name='mail.log', tmp_path=None):
    log = tmp_path / name
    log.write_text(text)
    return run_program('sources', '--json', '--tz', 'UTC', log).json['advice']


def test_a_rotated_set_is_one_source(mailwhy, tmp_path):
    (tmp_path / 'mail.log').write_text(arrivals(20, 10))
    (tmp_path / 'mail.log.1').write_text(arrivals(10, 10))
    (tmp_path / 'mail.log.2.gz').write_bytes(gzip.compress(arrivals(0, 10).encode()))
    answer = mailwhy('sources', '--json', *OPTIONS, tmp_path).json
    source, = answer['sources']
    assert source['file'].endswith('mail.log') and len(source['files']) == 3
    assert [f['compression'] for f in source['files']] == ['gzip', None, None]
    assert source['writers'] == [{'name': 'postfix', 'lines': 90}]
    assert source['envelopes'] == [{'name': 'rfc3164', 'lines': 90}]
    assert source['servers'] == [{'name': 'mx1', 'lines': 90}]
    assert source['lines'] == {'read': 90, 'event': 90, 'other': 0, 'foreign': 0, 'malformed': 0}
    assert source['understood_pct'] == 100 and answer['understood_pct'] == 100
    assert (source['since'], source['until']) == ('2026-11-21T09:00:00.000000Z', '2026-11-21T09:00:29.000000Z')
    text = mailwhy('sources', *OPTIONS, tmp_path).stdout
    assert 'mail.log  and 2 older' in text and 'gzip (1 of 3 files)' in text and '100 % understood' in text


def test_the_share_is_of_mail_programs_and_never_rounded_up(mailwhy, tmp_path):
    log = tmp_path / 'mail.log'
    log.write_text(arrivals(0, 40) + 'Nov 21 09:01:00 mx1 postfix/smtpd[7]: what is this?\n' + 'Nov 21 09:01:00 mx1 cron[7]: x\n' * 50)
    answer = mailwhy('sources', '--json', *OPTIONS, log).json
    assert answer['lines'] == {'read': 171, 'event': 120, 'other': 1, 'foreign': 50, 'malformed': 0}
    assert answer['understood_pct'] == 99.173
    assert '99.17 % understood, 1 not, 50 of other programs' in mailwhy('sources', *OPTIONS, log).stdout


def test_what_is_passed_over_is_said(mailwhy, tmp_path):
    (tmp_path / 'mail.log').write_text(arrivals(0, 10))
    (tmp_path / 'README').write_text('How to read these logs.\nSlowly.\n' * 10)
    (tmp_path / 'dpkg.log').write_text('2026-11-21 09:00:00 status installed x\n' * 10)
    (tmp_path / 'empty.log').write_text('')
    (tmp_path / 'x.bin').write_bytes(bytes(range(32)) * 100)
    answer = mailwhy('sources', '--json', *OPTIONS, tmp_path).json
    assert {os.path.basename(p['file']): p['reason'] for p in answer['passed_over']} == {
        'README': 'no_log', 'dpkg.log': 'other_log', 'empty.log': 'empty', 'x.bin': 'binary'}
    assert len(answer['sources']) == 1
    text = mailwhy('sources', *OPTIONS, tmp_path).stdout
    assert 'dpkg.log: a log of another program, by its name' in text


def test_copies_and_subsets(mailwhy, tmp_path):
    (tmp_path / 'mail.log').write_text(arrivals(0, 30))
    (tmp_path / 'mail.err').write_text(arrivals(0, 3))
    other = tmp_path / 'other'
    other.mkdir()
    (other / 'a.log').write_text(arrivals(30, 30))
    (other / 'b.log').write_text(arrivals(30, 30))
    os.symlink('a.log', other / 'c.log')
    answer = mailwhy('sources', '--json', *OPTIONS, tmp_path, other).json
    files = {os.path.basename(f['file']): (f['skipped'], f['same_as'] and os.path.basename(f['same_as']))
             for s in answer['sources'] for f in s['files']}
    assert files == {'mail.log': (None, None), 'mail.err': ('subset', 'mail.log'), 'a.log': (None, None),
                     'b.log': ('same_log', 'a.log'), 'c.log': ('same_file', 'a.log')}
    assert answer['lines']['read'] == 180


@pytest.mark.skipif(os.geteuid() != 0, reason='only root can become a user who may not read a file')
def test_who_may_read_it():
    """Run as nobody: the answer names the group that may read the log."""
    def become_nobody():
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)

    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)
        log = pathlib.Path(directory) / 'mail.log'
        log.write_text(arrivals(0, 10))
        log.chmod(0o640)
        program = pathlib.Path(directory) / 'mailwhy'
        shutil.copy(PROGRAM, program)
        program.chmod(0o755)
        done = subprocess.run([program, 'sources', log], capture_output=True, text=True, check=False, preexec_fn=become_nobody)
    assert done.returncode == 3
    assert re.search(r"not read +'.*/mail.log': permission denied; members of group root may read it", done.stdout)


def test_stamps_that_leave_something_out(mailwhy, tmp_path):
    log = tmp_path / 'mail.log'
    log.write_text(arrivals(0, 10))
    source, = mailwhy('sources', '--json', log).json['sources']
    assert source['year_guessed'] and source['zone_guessed'] and source['year']
    source, = mailwhy('sources', '--json', '--tz', 'Europe/Berlin', '--year', 2025, log).json['sources']
    assert (source['year'], source['year_guessed'], source['zone'], source['zone_guessed']) == (2025, False, 'Europe/Berlin', False)
    log.write_text(''.join(f'2026-11-21T09:00:{n:02}.5+01:00 mx1 postfix/qmgr[1]: 4A1B2C3D{n:02}: removed\n' for n in range(9)))
    source, = mailwhy('sources', '--json', log).json['sources']
    assert (source['year'], source['year_guessed'], source['zone'], source['zone_guessed']) == (None, False, None, False)


def test_a_mixture_in_one_file(mailwhy, tmp_path):
    log = tmp_path / 'mail.log'
    log.write_text(arrivals(0, 10) + ''.join(
        f'2026-11-22T09:00:{n:02}.5+00:00 mx2 dovecot: imap-login: Login: user=<a@x.example>, method=PLAIN, rip=192.0.2.1, lip=192.0.2.2, '
        f'mpid=1, TLS, session=<a{n}>\n' for n in range(9)))
    source, = mailwhy('sources', '--json', *OPTIONS, log).json['sources']
    assert {e['name']: e['lines'] for e in source['envelopes']} == {'rfc3164': 30, 'rfc3339': 9}
    assert {e['name']: e['lines'] for e in source['writers']} == {'postfix': 30, 'dovecot': 9}
    assert {e['name']: e['lines'] for e in source['servers']} == {'mx1': 30, 'mx2': 9}


# --- advice: each row, and its twin that must be silent

EXIM_FULL = ('H=c.example [192.0.2.1]:4711 I=[192.0.2.2]:25 P=esmtps X=TLS1.3:x:256 S=100 id=m@x.example T="hello" for b@y.example')
EXIM_DELIVERY_FULL = 'F=<a@x.example> H=m.example [192.0.2.9] C="250 ok" QT=1s DT=0s'
EXIM_CONNECT = '2026-11-21 08:59:00 SMTP connection from [192.0.2.1] (TCP/IP connection count = 1)\n'


def test_exim_leaves_out_much(tmp_path):
    items = advice(exim(60), 'mainlog', tmp_path)
    assert {i['id'] for i in items} == {
        'exim-subject', 'exim-recipients', 'exim-delivery-sender', 'exim-connections', 'exim-ports', 'exim-interface', 'exim-times',
        'exim-millisec'}
    assert {i['config'] for i in items} == {
        'log_selector = +subject +received_recipients +sender_on_delivery +smtp_connection +incoming_port +incoming_interface '
        '+queue_time +deliver_time +millisec'}
    assert all(i['group'] == 'exim_log_selector' and i['lines'] == 60 for i in items)


def test_exim_leaves_out_nothing(tmp_path):
    assert advice(EXIM_CONNECT + exim(60, EXIM_FULL, EXIM_DELIVERY_FULL, fraction='.123'), 'mainlog', tmp_path) == []


@pytest.mark.parametrize('arrival, delivery, want', [
    (EXIM_FULL.replace(' T="hello"', ''), EXIM_DELIVERY_FULL, 'exim-subject'),
    (EXIM_FULL.replace(' for b@y.example', ''), EXIM_DELIVERY_FULL, 'exim-recipients'),
    (EXIM_FULL.replace(':4711', ''), EXIM_DELIVERY_FULL, 'exim-ports'),
    (EXIM_FULL.replace(' I=[192.0.2.2]:25', ''), EXIM_DELIVERY_FULL, 'exim-interface'),
    (EXIM_FULL.replace(' X=TLS1.3:x:256', ''), EXIM_DELIVERY_FULL, 'exim-tls'),
    (EXIM_FULL, EXIM_DELIVERY_FULL.replace('F=<a@x.example> ', ''), 'exim-delivery-sender'),
    (EXIM_FULL, EXIM_DELIVERY_FULL.replace(' C="250 ok"', ''), 'exim-confirmation'),
    (EXIM_FULL, EXIM_DELIVERY_FULL.replace(' QT=1s DT=0s', ''), 'exim-times'),
])
def test_one_selector(tmp_path, arrival, delivery, want):
    items = advice(EXIM_CONNECT + exim(60, arrival, delivery, fraction='.123'), 'mainlog', tmp_path)
    assert [i['id'] for i in items] == [want]


def test_few_lines_prove_nothing(tmp_path):
    assert advice(exim(19), 'mainlog', tmp_path) == []


def test_a_single_line_that_tells_it_is_enough(tmp_path):
    items = advice(exim(59) + exim(60, EXIM_FULL).splitlines(True)[-2], 'mainlog', tmp_path)
    assert not {i['id'] for i in items} & {'exim-subject', 'exim-recipients', 'exim-ports', 'exim-interface'}


LONG = '2026-11-21T09:00:00.5+00:00 mx1 '


def test_postfix_short_ids_that_come_back(tmp_path):
    one = ''.join(LONG + f'postfix/smtpd[7]: {id}: client=c.example[192.0.2.1]\n' for id in ('4A1B2C3D4E', '4A1B2C3D4F'))
    assert advice(one, 'mail.log', tmp_path) == []
    again = one + LONG + 'postfix/smtpd[7]: 4A1B2C3D4E: client=c.example[192.0.2.1]\n'
    item, = advice(again, 'mail.log', tmp_path)
    assert (item['id'], item['lines']) == ('postfix-long-ids', 1)
    assert 'postconf -e enable_long_queue_ids=yes' in item['config']
    long_ids = (LONG + 'postfix/smtpd[7]: 4bJ9Yq1kZDz3Tk: client=c.example[192.0.2.1]\n') * 3
    assert advice(long_ids, 'mail.log', tmp_path) == []


def test_postfix_tls_that_is_not_logged(tmp_path):
    session = LONG + 'postfix/smtpd[7]: disconnect from c.example[192.0.2.1] ehlo=2 starttls=1 mail=1 rcpt=1 data=1 quit=1 commands=7\n'
    handshake = (LONG + 'postfix/smtpd[7]: Anonymous TLS connection established from c.example[192.0.2.1]: TLSv1.3 with cipher '
                 'TLS_AES_256_GCM_SHA384 (256/256 bits)\n')
    item, = advice(session * 5, 'mail.log', tmp_path)
    assert item['id'] == 'postfix-smtpd-tls' and 'smtpd_tls_loglevel=1' in item['config']
    assert advice(session * 5 + handshake, 'mail.log', tmp_path) == []
    assert advice(session.replace(' starttls=1', '') * 50, 'mail.log', tmp_path) == []


def test_postfix_client_tls(tmp_path):
    sent = ''.join(LONG + f'postfix/smtp[7]: 4A1B2C3D{n:02}: to=<b@y.example>, relay=m.example[192.0.2.9]:25, delay=1, delays=0/0/0/1, '
                   'dsn=2.0.0, status=sent (250 ok)\n' for n in range(50))
    handshake = LONG + 'postfix/smtp[7]: Trusted TLS connection established to m.example[192.0.2.9]:25: TLSv1.3 with cipher X (256/256 bits)\n'
    item, = advice(sent, 'mail.log', tmp_path)
    assert item['id'] == 'postfix-smtp-tls'
    assert advice(sent + handshake, 'mail.log', tmp_path) == []


def test_postfix_subjects_are_optional(tmp_path):
    text = ''.join(LONG + f'postfix/smtpd[7]: 4A1B2C3D{n:02}: client=c.example[192.0.2.1]\n' for n in range(50))
    item, = advice(text, 'mail.log', tmp_path)
    assert item['id'] == 'postfix-subject' and item['optional'] and item['config'] == '/^subject:/ INFO'
    seen = LONG + ('postfix/cleanup[7]: 4A1B2C3D00: info: header Subject: hi from c.example[192.0.2.1]; from=<a@x.example> '
                   'to=<b@y.example> proto=ESMTP helo=<c>\n')
    assert advice(text + seen, 'mail.log', tmp_path) == []


def test_dovecot_without_mail_log(tmp_path):
    end = LONG + 'dovecot: imap(ann@x.example)<991><abc>: Disconnected: Logged out in=123 out=4567 deleted=0 expunged=0\n'
    item, = advice(end * 5, 'mail.log', tmp_path)
    assert item['id'] == 'dovecot-mail-log'
    assert 'mail_plugins = $mail_plugins notify mail_log' in item['config'] and 'mail_log = yes' in item['config']
    seen = LONG + 'dovecot: imap(ann@x.example)<991><abc>: expunge: box=INBOX, uid=8, msgid=<m1@example.org>, size=1843\n'
    assert advice(end * 5 + seen, 'mail.log', tmp_path) == []
    login = LONG + ('dovecot: imap-login: Disconnected: Inactivity (no auth attempts in 5 secs): user=<>, rip=192.0.2.1, '
                    'lip=192.0.2.2, session=<x>\n')
    assert advice(login * 20, 'mail.log', tmp_path) == []


def test_stamps_without_year(tmp_path):
    text = ''.join(f'Nov 21 09:00:{n % 60:02} mx1 postfix/anvil[7]: statistics: max cache size {n} at Nov 21 09:00:00\n' for n in range(60))
    item, = advice(text, 'mail.log', tmp_path)
    assert item['id'] == 'stamps' and item['config'] == '$ActionFileDefaultTemplate RSYSLOG_FileFormat'
    assert advice(text.replace('Nov 21 09:00:', '2026-11-21T09:00:').replace(' mx1 ', '.5+00:00 mx1 '), 'mail.log', tmp_path) == []


def test_lost_lines(tmp_path):
    mail = LONG + 'postfix/qmgr[1]: 4A1B2C3D4E: removed\n'
    lost = LONG + 'rsyslogd: imuxsock[pid: 2412, name: /usr/lib/postfix/sbin/smtpd] from <mx1:postfix/smtpd>: begin to drop messages due to rate-limiting\n'
    suppressed = LONG + 'systemd-journald[301]: Suppressed 1423 messages from postfix@-.service\n'
    assert [i['id'] for i in advice(mail + lost, 'mail.log', tmp_path)] == ['rsyslog-lost']
    assert [i['id'] for i in advice(mail + suppressed, 'mail.log', tmp_path)] == ['journald-lost']
    forged = LONG + 'postfix/smtpd[7]: warning: x: begin to drop messages due to rate-limiting\n'
    assert advice(mail + forged, 'mail.log', tmp_path) == []


def test_rotation_that_keeps_too_little(tmp_path, mailwhy):
    for n, day in enumerate((24, 23, 22, 21)):
        name = 'mail.log' + (f'.{n}' if n else '')
        (tmp_path / name).write_text(''.join(f'2026-11-{day}T09:00:{k:02}.5+00:00 mx1 postfix/qmgr[1]: 4A1B2C3D{k:02}: removed\n' for k in range(9)))
    answer = mailwhy('sources', '--json', tmp_path).json
    item, = answer['advice']
    assert item['id'] == 'rotation' and item['config'] == 'rotate 30' and '4 files hold 3 days and 0 hours' in item['why']
    (tmp_path / 'mail.log.4').write_text('2026-11-10T09:00:00.5+00:00 mx1 postfix/qmgr[1]: 4A1B2C3D00: removed\n')
    assert mailwhy('sources', '--json', tmp_path).json['advice'] == []


def test_advice_is_by_server(mailwhy, tmp_path):
    (tmp_path / 'mainlog').write_text(exim(60))
    other = tmp_path / 'other'
    other.mkdir()
    (other / 'mainlog').write_text(EXIM_CONNECT + exim(60, EXIM_FULL, EXIM_DELIVERY_FULL, fraction='.123').replace('1rJk', '1rJl'))
    answer = mailwhy('sources', '--json', '--tz', 'UTC', tmp_path / 'mainlog', other / 'mainlog', '--server', f'{tmp_path}/mainlog=a',
                     '--server', f'{other}/mainlog=b').json
    assert ids_of(answer) and {i['server'] for i in answer['advice']} == {'a'}


def test_advice_in_text(mailwhy, tmp_path):
    log = tmp_path / 'mainlog'
    log.write_text(exim(60))
    text = mailwhy('sources', '--tz', 'UTC', log).stdout
    lines = [line.strip() for line in text.splitlines()]
    assert lines.count('log_selector = +subject +received_recipients +sender_on_delivery +smtp_connection +incoming_port '
                       '+incoming_interface +queue_time +deliver_time +millisec') == 1
    assert 'exim4.conf.localmacros' in text and 'WHM' in text


# --- --deep

def test_deep(mailwhy, tmp_path):
    log = tmp_path / 'mail.log'
    log.write_text(arrivals(0, 30) + ''.join(f'Nov 21 09:01:00 mx1 postfix/smtpd[7]: what is {n}000?\n' for n in range(12)) +
                   ''.join(f'Nov 21 09:01:00 mx1 postfix/qmgr[7]: {word}?\n' for word in 'abcdefghijklm'))
    answer = mailwhy('sources', '--deep', '--json', *OPTIONS, log).json
    assert [(p['program'], p['lines']['read'], p['understood_pct']) for p in answer['programs']] == [
        ('postfix/qmgr', 73, 82.191), ('postfix/smtpd', 42, 71.428)]
    assert len(answer['unknown']) == 10 and answer['more'] == 4
    assert answer['unknown'][0]['count'] == 12 and answer['unknown'][0]['shape'] == 'what is <n>?'
    assert answer['unknown'][0]['line'] == 91
    text = mailwhy('sources', '--deep', *OPTIONS, log).stdout
    assert 'Understood, by program' in text and 'what is <n>?' in text and '4 more shapes' in text


def test_deep_with_nothing_unknown(mailwhy, tmp_path):
    log = tmp_path / 'mail.log'
    log.write_text(arrivals(0, 30))
    assert 'no line of a mail program that is not understood' in mailwhy('sources', '--deep', *OPTIONS, log).stdout


# --- the corpus, and exit codes

@pytest.mark.parametrize('name', ['postfix-rfc3339', 'exim-all', 'twohop-basic'])
def test_corpus(name, tmp_path, mailwhy):
    directory = ROOT / 'tests' / 'corpus' / name
    facts = truth.read_json(directory, 'truth.json')
    paths = truth.unpack(directory, facts, tmp_path)
    answer = mailwhy('sources', '--json', *OPTIONS, *paths).json
    assert answer['lines']['read'] == sum(log['lines'] for log in facts['logs'])
    for source in answer['sources']:
        assert source['lines']['read'] == sum(f['lines'] for f in source['files'])
        assert source['lines']['read'] == sum(e['lines'] for e in source['envelopes'])
    if name == 'exim-all':
        assert not [i for i in answer['advice'] if i['id'].startswith('exim')]


def test_exit_codes(mailwhy, tmp_path):
    log = tmp_path / 'mail.log'
    log.write_text(arrivals(0, 3))
    assert mailwhy('sources', log).returncode == 0
    assert mailwhy('sources', log, tmp_path / 'none').returncode == 3
    assert mailwhy('sources', '--lines', log).returncode == 2
    log.write_text('')
    assert mailwhy('sources', log).returncode == 1


# --- the usual places, in a mount namespace with empty /var/log, /var/lib and /etc

def with_places(files, *args):
    """Run the program on a machine that has only these files in the usual places; skip where that is not allowed."""
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)
        for path, content in files.items():
            target = pathlib.Path(directory) / path.lstrip('/')
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(content)
        for name in ('var/log', 'var/lib', 'etc'):
            (pathlib.Path(directory) / name).mkdir(parents=True, exist_ok=True)
        script = ' && '.join([f'mount --bind {directory}/{name} /{name}' for name in ('var/log', 'var/lib', 'etc')] + ['exec "$0" "$@"'])
        done = subprocess.run(['unshare', '-m', 'sh', '-c', script, str(PROGRAM), *map(str, args)], capture_output=True, text=True,
                              check=False, env={'PATH': os.environ['PATH'], 'TZ': 'UTC', 'MAILWHY_CONFIG': ''})
    if 'unshare' in done.stderr or 'mount:' in done.stderr:
        pytest.skip('no mount namespaces here')
    return done


def docker(text):
    return ''.join(json.dumps({'log': line + '\n', 'stream': 'stdout', 'time': '2026-11-21T09:00:00.5Z'}) + '\n' for line in text.splitlines())


@pytest.mark.skipif(not shutil.which('unshare'), reason='needs unshare')
def test_the_usual_places():
    web = '192.0.2.1 - - [21/Nov/2026:09:00:00 +0000] "GET / HTTP/1.1" 200 612\n' * 30
    other = ''.join(f'Nov 21 09:00:{n:02} mx1 cron[7]: x\n' for n in range(30))
    done = with_places({
        '/var/log/mail.log': arrivals(0, 10),
        '/var/log/syslog': other + arrivals(0, 10),
        '/var/log/messages': other,
        '/var/log/dpkg.log': '2026-11-21 09:00:00 status installed x\n' * 10,
        '/var/log/exim4/mainlog': exim(5),
        '/srv-is-not-there/x.log': arrivals(0, 10),
        '/var/log/elsewhere/named.log': arrivals(20, 10),
        '/etc/postfix/main.cf': 'mail_owner = postfix\nmaillog_file = /var/log/elsewhere/named.log\n',
        '/var/lib/docker/containers/0a1b/0a1b-json.log': docker(arrivals(40, 10)),
        '/var/lib/docker/containers/2c3d/2c3d-json.log': docker(web),
    }, 'sources', '--json', '--year', '2026')
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    read = {s['file']: s['lines']['event'] for s in answer['sources'] if s['lines']['read']}
    assert read == {'/var/log/mail.log': 30, '/var/log/exim4/mainlog': 10, '/var/log/elsewhere/named.log': 30,
                    '/var/lib/docker/containers/0a1b/0a1b-json.log': 30}
    skipped = {f['file']: (f['skipped'], f['same_as']) for s in answer['sources'] for f in s['files'] if f['skipped']}
    assert skipped == {'/var/log/syslog': ('subset', '/var/log/mail.log')}
    assert {p['file']: p['reason'] for p in answer['passed_over']} == {
        '/var/log/messages': 'no_mail', '/var/lib/docker/containers/2c3d/2c3d-json.log': 'no_mail'}
    assert done.stderr == ''


DOVECOT = ''.join(f'Nov 21 09:00:{n:02} {{host}} dovecot: imap-login: Login: user=<anna>, method=PLAIN, rip=192.0.2.1, lip=192.0.2.2, mpid={n}, '
                  f'TLS, session=<{n}abc>\n' for n in range(10))


@pytest.mark.parametrize('named', [[], ['/var/log'], ['/var/log/exim_mainlog', '/var/log/maillog']])
@pytest.mark.skipif(not shutil.which('unshare'), reason='needs unshare')
def test_the_usual_places_are_of_one_machine(named):
    """cPanel: Exim's own files name no host, Dovecot's syslog does."""
    def servers(files):
        done = with_places(files, 'sources', '--json', '--year', '2026', *named)
        assert done.returncode == 0, done.stderr
        return {s['file']: s['servers'][0]['name'] for s in json.loads(done.stdout)['sources']}

    cpanel = {'/var/log/exim_mainlog': exim(5), '/var/log/maillog': DOVECOT.format(host='vps1')}
    assert servers(cpanel) == {'/var/log/exim_mainlog': 'vps1', '/var/log/maillog': 'vps1'}
    if not named:  # a second host speaks there: it cannot be told whose Exim it is
        assert servers({**cpanel, '/var/log/mail.log': DOVECOT.format(host='vps2')})['/var/log/exim_mainlog'] == 'exim_mainlog'


def test_elsewhere_nobody_knows_whose_logs_they_are(mailwhy, tmp_path):
    (tmp_path / 'exim_mainlog').write_text(exim(5))
    (tmp_path / 'maillog').write_text(DOVECOT.format(host='vps1'))
    assert {s['servers'][0]['name'] for s in mailwhy('sources', '--json', *OPTIONS, tmp_path).json['sources']} == {'exim_mainlog', 'vps1'}


@pytest.mark.skipif(not shutil.which('unshare'), reason='needs unshare')
def test_only_a_syslog_of_everything():
    other = ''.join(f'Nov 21 09:00:{n:02} mx1 cron[7]: x\n' for n in range(30))
    done = with_places({'/var/log/messages': other + arrivals(0, 10)}, 'report', '--json', '--year', '2026')
    assert done.returncode == 0
    assert json.loads(done.stdout)['lines'] == {'read': 60, 'event': 30, 'other': 0, 'foreign': 30, 'malformed': 0}


@pytest.mark.skipif(not shutil.which('unshare'), reason='needs unshare')
def test_a_machine_without_mail_logs():
    done = with_places({'/var/log/messages': 'Nov 21 09:00:00 mx1 cron[7]: x\n' * 9}, 'report')
    assert done.returncode == 3 and 'no mail' in done.stderr
