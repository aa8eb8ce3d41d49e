# SPDX-License-Identifier: Apache-2.0
"""trace: what is found, how it is told, what is said when nothing is."""
import os
import re
import threading

import pytest

FILTER_AND_BOUNCE = '''\
Nov 21 09:00:00 mx1 postfix/smtpd[101]: connect from pc.example.com[192.0.2.7]
Nov 21 09:00:00 mx1 postfix/smtpd[101]: AAAA000001: client=pc.example.com[192.0.2.7], sasl_method=PLAIN, sasl_username=alice@example.com
Nov 21 09:00:00 mx1 postfix/cleanup[102]: AAAA000001: message-id=<m1@example.com>
Nov 21 09:00:00 mx1 postfix/qmgr[100]: AAAA000001: from=<alice@example.com>, size=4321, nrcpt=2 (queue active)
Nov 21 09:00:00 mx1 postfix/smtpd[101]: disconnect from pc.example.com[192.0.2.7] ehlo=1 auth=1 mail=1 rcpt=2 data=1 quit=1 commands=7
Nov 21 09:00:01 mx1 postfix/smtp[103]: AAAA000001: to=<bob@example.net>, relay=mx.example.net[198.51.100.2]:25, delay=1.1, delays=0.1/0/0.5/0.5, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 77AA88BB)
Nov 21 09:00:02 mx1 postfix/smtp[103]: AAAA000001: to=<carol@example.org>, orig_to=<sales@example.com>, relay=mx.example.org[203.0.113.5]:25, delay=2.1, delays=0.1/0/1/1, dsn=5.1.1, status=bounced (host mx.example.org[203.0.113.5] said: 550 5.1.1 <carol@example.org>: user unknown (in reply to RCPT TO command))
Nov 21 09:00:02 mx1 postfix/cleanup[102]: BBBB000002: message-id=<20261121090002.BBBB000002@mx1.example.com>
Nov 21 09:00:02 mx1 postfix/bounce[104]: AAAA000001: sender non-delivery notification: BBBB000002
Nov 21 09:00:02 mx1 postfix/qmgr[100]: BBBB000002: from=<>, size=6000, nrcpt=1 (queue active)
Nov 21 09:00:02 mx1 postfix/qmgr[100]: AAAA000001: removed
Nov 21 09:00:03 mx1 postfix/local[105]: BBBB000002: to=<alice@example.com>, relay=local, delay=0.1, delays=0.1/0/0/0, dsn=2.0.0, status=sent (delivered to maildir)
Nov 21 09:00:03 mx1 postfix/qmgr[100]: BBBB000002: removed
Nov 21 09:10:00 mx1 postfix/smtpd[101]: connect from bad.example[192.0.2.66]
Nov 21 09:10:00 mx1 postfix/smtpd[101]: NOQUEUE: reject: RCPT from bad.example[192.0.2.66]: 550 5.1.1 <nobody@example.com>: Recipient address rejected: User unknown in local recipient table; from=<spam@bad.example> to=<nobody@example.com> proto=ESMTP helo=<friend>
Nov 21 09:10:01 mx1 postfix/smtpd[101]: disconnect from bad.example[192.0.2.66] ehlo=1 mail=1 rcpt=0/1 quit=1 commands=3/4
Nov 21 09:20:00 mx1 dovecot: imap-login: Login: user=<alice@example.com>, method=PLAIN, rip=192.0.2.7, lip=192.0.2.1, mpid=4711, TLS, session=<abc>
Nov 21 09:30:00 mx1 postfix/pickup[99]: CCCC000003: uid=0 from=<root>
Nov 21 09:30:00 mx1 postfix/cleanup[102]: CCCC000003: message-id=<m3@mx1.example.com>
Nov 21 09:30:00 mx1 postfix/qmgr[100]: CCCC000003: from=<root@mx1.example.com>, size=500, nrcpt=1 (queue active)
Nov 21 09:30:05 mx1 postfix/smtp[103]: CCCC000003: to=<dave@sub.example.net>, relay=none, delay=5, delays=0.1/0/5/0, dsn=4.4.1, status=deferred (connect to mx.sub.example.net[198.51.100.9]:25: Connection timed out)
'''
OPTIONS = ('--year', '2026', '--tz', 'UTC')


@pytest.fixture
def log(tmp_path):
    path = tmp_path / 'mail.log'
    path.write_text(FILTER_AND_BOUNCE)
    return path


def ids(answer, key='messages'):
    return [m['queue_id'] for m in answer[key]]


@pytest.mark.parametrize('what, messages, rejections, logins', [
    ('AAAA000001', ['AAAA000001'], 0, 0),
    ('alice@example.com', ['AAAA000001', 'BBBB000002'], 0, 2),
    ('ALICE@Example.COM', ['AAAA000001', 'BBBB000002'], 0, 2),
    ('<alice@example.com>', ['AAAA000001', 'BBBB000002'], 0, 2),
    ('sales@example.com', ['AAAA000001'], 0, 0),
    ('nobody@example.com', [], 1, 0),
    ('@example.net', ['AAAA000001'], 0, 0),
    ('example.net', ['AAAA000001', 'CCCC000003'], 0, 0),
    ('<m1@example.com>', ['AAAA000001'], 0, 0),
    ('m1@example.com', ['AAAA000001'], 0, 0),
    ('192.0.2.7', ['AAAA000001'], 0, 2),
    ('[192.0.2.7]', ['AAAA000001'], 0, 2),
    ('192.0.2.0/24', ['AAAA000001'], 1, 2),
    ('198.51.100.2', ['AAAA000001'], 0, 0),
    ('mx.example.net', ['AAAA000001'], 0, 0),
    ('bad.example', [], 1, 0),
    ('friend', [], 0, 0),
    ('alice', ['AAAA000001'], 0, 2),
    ('77AA88BB', ['AAAA000001'], 0, 0),
])
def test_what(mailwhy, log, what, messages, rejections, logins):
    result = mailwhy('trace', what, log, '--json', *OPTIONS)
    assert ids(result.json) == messages
    assert len(result.json['rejections']) == rejections
    assert len(result.json['logins']) == logins
    assert result.returncode == (0 if messages or rejections or logins else 1)


@pytest.mark.parametrize('options, messages', [
    (['--all'], ['AAAA000001', 'BBBB000002', 'CCCC000003']),
    (['--status', 'bounced'], ['AAAA000001']),
    (['--status', 'bounced', '--status', 'deferred'], ['AAAA000001', 'CCCC000003']),
    (['--status', 'bounced,deferred'], ['AAAA000001', 'CCCC000003']),
    (['--recipient', 'bob@example.net', '--status', 'bounced'], []),
    (['--recipient', 'carol@example.org', '--status', 'bounced'], ['AAAA000001']),
    (['--sender', 'alice@example.com', '--status', 'bounced'], ['AAAA000001']),
    (['--sender', '<>'], ['BBBB000002']),
    (['--from', '@example.com'], ['AAAA000001']),
    (['--to', 'sales@example.com'], ['AAAA000001']),
    (['--domain', 'example.net'], ['AAAA000001', 'CCCC000003']),
    (['--domain', 'net'], ['AAAA000001', 'CCCC000003']),
    (['--domain', 'ample.net'], []),
    (['--user', 'alice@example.com'], ['AAAA000001']),
    (['--user', 'alice'], []),
    (['--client', 'example.com'], ['AAAA000001']),
    (['--ip', '192.0.2.0/25', '--ip', '198.51.100.0/24'], ['AAAA000001']),
    (['--server', 'mx1', '--message-id', 'm3@mx1.example.com'], ['CCCC000003']),
    (['--server', 'mx2'], []),
    (['--writer', 'exim'], []),
    (['--queue-id', 'CCCC000003'], ['CCCC000003']),
])
def test_filters(mailwhy, log, options, messages):
    result = mailwhy('trace', '--json', *OPTIONS, *options, log)
    assert ids(result.json) == messages


def test_filters_narrow_what(mailwhy, log):
    found = mailwhy('trace', 'alice@example.com', log, '--json', *OPTIONS, '--sender', '<>')
    assert ids(found.json) == ['BBBB000002']
    assert found.json['query']['filters'] == [{'name': 'sender', 'value': '<>'}]


def test_list_of_whats(mailwhy, log, tmp_path):
    words = tmp_path / 'list'
    words.write_text('# two of them\nBBBB000002\n\n  dave@sub.example.net  \n')
    result = mailwhy('trace', '--what-file', words, log, '--json', *OPTIONS)
    assert ids(result.json) == ['BBBB000002', 'CCCC000003']
    words.write_text('# none\n')
    assert mailwhy('trace', '--what-file', words, log).returncode == 2


def test_linked_messages_are_followed(mailwhy, log):
    answer = mailwhy('trace', 'AAAA000001', log, '--json', *OPTIONS).json
    assert ids(answer, 'related') == ['BBBB000002']
    assert answer['messages'][0]['children'] == [
        {'server': 'mx1', 'queue_id': 'BBBB000002', 'relation': 'bounce'}]
    backwards = mailwhy('trace', 'BBBB000002', log, '--json', *OPTIONS).json
    assert ids(backwards, 'related') == ['AAAA000001']
    both = mailwhy('trace', 'alice@example.com', log, '--json', *OPTIONS).json
    assert ids(both, 'related') == []


LATE_RELATIVE = '''\
2026-11-21 09:00:00 1vMNtK-000000001Fh-1abc <= alice@example.com H=pc.example.com [192.0.2.7] P=esmtps S=900 for bob@example.net
2026-11-21 09:00:02 1vMNtK-000000001Fh-1abc ** bob@example.net R=dnslookup T=remote_smtp: 550 5.1.1 no such user
2026-11-21 09:00:02 1vMNtM-000000001Fi-2abc <= <> R=1vMNtK-000000001Fh-1abc P=local S=2000 for alice@example.com
2026-11-21 09:00:02 1vMNtK-000000001Fh-1abc Completed
2026-11-21 09:00:03 1vMNtM-000000001Fi-2abc => alice <alice@example.com> R=local_user T=maildir_home
2026-11-21 09:00:03 1vMNtM-000000001Fi-2abc Completed
2026-11-21 11:00:00 1vMPlQ-000000001Fj-3abc <= <> R=1vMNtK-000000001Fh-1abc P=local S=2000 for postmaster@example.com
2026-11-21 11:00:01 1vMPlQ-000000001Fj-3abc => postmaster <postmaster@example.com> R=local_user T=maildir_home
2026-11-21 11:00:01 1vMPlQ-000000001Fj-3abc Completed
'''


@pytest.mark.parametrize('from_file', [True, False])
def test_a_family_that_had_passed_as_a_whole(mailwhy, tmp_path, from_file):
    log = tmp_path / 'mainlog'
    log.write_text(LATE_RELATIVE)
    answer = mailwhy('trace', 'postmaster@example.com', log if from_file else '-', '--json', '--tz', 'UTC',
                     stdin=None if from_file else LATE_RELATIVE).json
    assert ids(answer) == ['1vMPlQ-000000001Fj-3abc']
    first = {m['queue_id']: m for m in answer['related'] if m['sender'] is not None}
    assert first['1vMNtK-000000001Fh-1abc']['recipients'][0]['outcome'] == 'bounced'
    assert first['1vMNtM-000000001Fi-2abc']['recipients'][0]['recipient'] == 'alice@example.com'


@pytest.mark.parametrize('what, words', [
    ('postmaster@example.com', '1vMNtM-000000001Fi-2abc'),
    ('postmaster@example.org', 'postmaster@example.com'),
])
def test_a_pipe_with_a_name_is_read_once(mailwhy, tmp_path, what, words):
    fifo = tmp_path / 'fifo'
    os.mkfifo(fifo)
    writer = threading.Thread(target=fifo.write_text, args=(LATE_RELATIVE,), daemon=True)
    writer.start()
    assert words in mailwhy('trace', what, fifo, '--tz', 'UTC', timeout=20).stdout
    writer.join(5)


def test_json_of_a_message(mailwhy, log):
    answer = mailwhy('trace', 'AAAA000001', log, '--json', *OPTIONS).json
    assert answer['schema'] == 1 and answer['query']['what'] == ['AAAA000001']
    assert answer['lines']['read'] == answer['sources'][0]['lines'] == 21
    assert answer['period'] == {'since': '2026-11-21T09:00:00.000000Z', 'until': '2026-11-21T09:30:05.000000Z'}
    message = answer['messages'][0]
    want = {'server': 'mx1', 'writer': 'postfix', 'message_id': '<m1@example.com>', 'sender': 'alice@example.com',
            'client_ip': '192.0.2.7', 'client_host': 'pc.example.com', 'user': 'alice@example.com',
            'size_bytes': 4321, 'subject': None, 'arrived': '2026-11-21T09:00:00.000000Z', 'state': 'done',
            'lines': None}
    assert {k: message[k] for k in want} == want
    bob, carol = message['recipients']
    assert (bob['recipient'], bob['orig_recipient'], bob['outcome'], bob['cause']) == \
        ('bob@example.net', None, 'relayed', None)
    assert (carol['recipient'], carol['orig_recipient'], carol['outcome']) == \
        ('carol@example.org', 'sales@example.com', 'bounced')
    attempt = carol['attempts'][0]
    assert attempt['smtp_code'] == 550 and attempt['dsn'] == '5.1.1' and attempt['relay_ip'] == '203.0.113.5'
    assert attempt['delay_s'] == pytest.approx(2.1)
    assert '<carol@example.org>: user unknown' in attempt['reply']


def test_lines(mailwhy, log):
    answer = mailwhy('trace', 'AAAA000001', log, '--json', '--lines', *OPTIONS).json
    text = FILTER_AND_BOUNCE.splitlines()
    lines = answer['messages'][0]['lines']
    assert lines and all(text[l['line'] - 1] == l['text'] and l['file'] == str(log) for l in lines)
    assert [l['line'] for l in lines if 'AAAA000001' in l['text']] == [2, 3, 4, 6, 7, 9, 11]
    shown = mailwhy('trace', 'AAAA000001', log, '--lines', *OPTIONS).stdout
    for number in (2, 3, 4, 6, 7, 9, 11):
        assert f'{log}:{number}: {text[number - 1]}' in shown


def test_lines_of_standard_input(mailwhy):
    answer = mailwhy('trace', 'AAAA000001', '-', '--json', '--lines', *OPTIONS, stdin=FILTER_AND_BOUNCE).json
    assert answer['messages'][0]['lines'][0]['text'] == FILTER_AND_BOUNCE.splitlines()[1]


def test_text_has_one_line_per_recipient(mailwhy, log):
    shown = mailwhy('trace', 'AAAA000001', log, *OPTIONS).stdout
    carol = [line for line in shown.splitlines() if line.startswith('  ') and 'carol@example.org' in line]
    assert len(carol) == 1
    for word in ('bounced', 'for sales@example.com', '2.1 s', 'mx.example.org [203.0.113.5]',
                 'said: 550 5.1.1 <carol@example.org>: user unknown (in reply to RCPT TO command)'):
        assert word in carol[0]
    for word in ('alice@example.com', 'pc.example.com [192.0.2.7]', '4.2 KiB', '<m1@example.com>',
                 '  BBBB000002  bounce, ', str(log), '21 lines', '2026-11-21 09:00:00 to 2026-11-21 09:30:05'):
        assert word in shown


def test_newest_last_and_what_is_left_out(mailwhy, tmp_path):
    log = tmp_path / 'mail.log'
    with log.open('w') as out:
        for i in range(60):
            stamp = f'Nov 21 09:{i:02}:00 mx1 postfix'
            out.write(f'{stamp}/pickup[1]: {0xABC000 + i:X}: uid=0 from=<root>\n'
                      f'{stamp}/cleanup[2]: {0xABC000 + i:X}: message-id=<{i}@mx1.example.com>\n'
                      f'{stamp}/qmgr[3]: {0xABC000 + i:X}: from=<alice@example.com>, size=1, nrcpt=1 (queue active)\n'
                      f'{stamp}/local[4]: {0xABC000 + i:X}: to=<bob@example.com>, relay=local, delay=0, '
                      'delays=0/0/0/0, dsn=2.0.0, status=sent (delivered to mailbox)\n'
                      f'{stamp}/qmgr[3]: {0xABC000 + i:X}: removed\n')
    default = mailwhy('trace', 'bob@example.com', log, '--json', *OPTIONS).json
    assert ids(default) == [f'{0xABC000 + i:X}' for i in range(10, 60)]
    assert default['more'] == {'messages': 10, 'rejections': 0, 'logins': 0, 'mailbox': 0}
    few = mailwhy('trace', 'bob@example.com', log, '--top', '3', *OPTIONS).stdout
    assert re.findall(r'^\S+ \S+  (\w+)  done', few, re.M) == [f'{0xABC000 + i:X}' for i in range(57, 60)]
    assert '57 older messages' in few and '--no-limit' in few
    everything = mailwhy('trace', 'bob@example.com', log, '--json', '--no-limit', *OPTIONS).json
    assert len(everything['messages']) == 60 and everything['more']['messages'] == 0


def test_nothing_found_helps(mailwhy, log):
    result = mailwhy('trace', 'alcie@example.com', log, *OPTIONS)
    assert result.returncode == 1
    for word in ('21 lines', '2026-11-21 09:00:00 to 2026-11-21 09:30:05', 'Nothing found for alcie@example.com',
                 'no rejection', 'alice@example.com'):
        assert word in result.stdout
    assert mailwhy('trace', 'alcie@example.com', log, '--json', *OPTIONS).json['nearest'][0] == 'alice@example.com'
    piped = mailwhy('trace', 'alcie@example.com', '-', '--json', *OPTIONS, stdin=FILTER_AND_BOUNCE)
    assert piped.json['nearest'][0] == 'alice@example.com'


def test_refused_before_a_queue_id(mailwhy, log):
    shown = mailwhy('trace', 'nobody@example.com', log, *OPTIONS).stdout
    assert 'refused before it got a queue id' in shown
    assert 'spam@bad.example -> nobody@example.com  550 5.1.1 <nobody@example.com>: Recipient address rejected' in shown
    assert 'refused before' not in mailwhy('trace', '192.0.2.0/24', log, *OPTIONS).stdout


def test_a_forgotten_what_is_noticed(mailwhy, log):
    result = mailwhy('trace', log, log, *OPTIONS)
    assert result.returncode == 1
    assert 'is the name of a file' in result.stdout and f'mailwhy trace --all {log}' in result.stdout


def test_unreadable_input_is_named(mailwhy, tmp_path):
    result = mailwhy('trace', 'a@b.example', tmp_path / 'no-such.log')
    assert result.returncode == 3
    assert 'no-such.log' in result.stdout and 'no-such.log' in result.stderr


def test_forged_words_in_a_reply_change_nothing(mailwhy):
    text = FILTER_AND_BOUNCE.replace('user unknown', 'status=sent => mallory@evil.example, to=<mallory@evil.example>')
    answer = mailwhy('trace', 'AAAA000001', '-', '--json', *OPTIONS, stdin=text).json
    assert [(r['recipient'], r['outcome']) for r in answer['messages'][0]['recipients']] == \
        [('bob@example.net', 'relayed'), ('carol@example.org', 'bounced')]
    assert mailwhy('trace', 'mallory@evil.example', '-', *OPTIONS, stdin=text).returncode == 1


def test_one_recipient_among_many(mailwhy, tmp_path):
    """Who was asked for is told in full, of many others only how many there are; a few others are told too."""
    def text(names):
        lines = ['Nov 21 09:00:01 mx1 postfix/qmgr[1]: 4A1B2C3D4E: from=<list@example.com>, size=900, nrcpt=%d (queue active)' % len(names)]
        lines += [f'Nov 21 09:00:02 mx1 postfix/smtp[2]: 4A1B2C3D4E: to=<{name}@example.net>, relay=mx.example.net[192.0.2.1]:25, delay=1, '
                  f'dsn={"5.1.1" if name == "r3" else "2.0.0"}, status={"bounced" if name == "r3" else "sent"} (said so)' for name in names]
        return '\n'.join([*lines, 'Nov 21 09:00:03 mx1 postfix/qmgr[1]: 4A1B2C3D4E: removed', ''])

    many, few = tmp_path / 'many', tmp_path / 'few'
    many.write_text(text([f'r{i}' for i in range(1, 13)]))
    few.write_text(text([f'r{i}' for i in range(1, 12)]))
    block = mailwhy('trace', 'r3@example.net', many).stdout.split('12 recipients\n')[1]
    assert block.count('@example.net') == 1 and '  others      11: 11 relayed; --no-limit names them\n' in block
    block = mailwhy('trace', '--recipient', 'r4@example.net', many).stdout.split('12 recipients\n')[1]
    assert 'r4@example.net' in block and '  others      11: 10 relayed, 1 bounced; --no-limit names them\n' in block
    for args in (['r3@example.net', '--no-limit', many], ['list@example.com', many], ['4A1B2C3D4E', many], ['r3@example.net', few]):
        out = mailwhy('trace', *args).stdout
        assert 'others' not in out and out.split(' recipients\n')[1].count('@example.net') == (11 if args[-1] == few else 12)
    assert len(mailwhy('trace', 'r3@example.net', '--json', many).json['messages'][0]['recipients']) == 12
    masked = mailwhy('trace', 'r3@example.net', '--redact', many).stdout
    assert '  others      11: 11 relayed; --no-limit names them\n' in masked and 'r3@' not in masked.split('\n', 3)[3]
