# SPDX-License-Identifier: Apache-2.0
"""Exchange as it lies on disk: two servers, logs of every service, encodings, headers that change, rows that are cut."""
import csv
import gzip
import io

import pytest

from conftest import names_told, run_program

BASE = ('date-time,client-ip,client-hostname,server-ip,server-hostname,source-context,connector-id,source,event-id,'
        'internal-message-id,message-id,network-message-id,recipient-address,recipient-status,total-bytes,recipient-count,'
        'related-recipient-address,reference,message-subject,sender-address,return-path,message-info,directionality,tenant-id,'
        'original-client-ip,original-server-ip,custom-data')
NEW = BASE + ',transport-traffic-type,log-id,schema-version'
PROTOCOL = 'date-time,connector-id,session-id,sequence-number,local-endpoint,remote-endpoint,event,data,context'


def csv_rows(fields, rows, quote=csv.QUOTE_MINIMAL):
    out = io.StringIO()
    writer = csv.DictWriter(out, fields.split(','), restval='', quoting=quote, lineterminator='\r\n')
    for row in rows:
        writer.writerow({k.replace('_', '-'): v for k, v in row.items()})
    return out.getvalue()


def header(fields, kind='Message Tracking Log', software=True):
    lead = '#Software: Microsoft Exchange Server\r\n#Version: 15.02.1118.037\r\n' if software else ''
    return f'{lead}#Log-Type: {kind}\r\n#Date: 2026-09-14T08:00:00.000Z\r\n#Fields: {fields}\r\n'


def log(rows, fields=NEW, kind='Message Tracking Log'):
    return header(fields, kind) + csv_rows(fields, rows)


def at(second):
    return f'2026-09-14T08:{second // 60:02d}:{second % 60:02d}.{second % 1000:03d}Z'


def row(second, source, event, n, **more):
    """A row about mail number n."""
    return {'date_time': at(second), 'source': source, 'event_id': event, 'internal_message_id': str(n),
            'message_id': f'<{n}@mbx01.example.com>', 'network_message_id': f'00000000-0000-4000-8000-{n:012d}',
            'total_bytes': '1000', 'message_subject': f'Mail {n}', 'sender_address': 'anna@example.com',
            'return_path': 'anna@example.com', 'directionality': 'Originating', **more}


HOSTILE = 'a, "b"; c","SMTP",SEND,x@y;{LED=550};\u202e \u2713'


def world(mbx01, mbx02):
    """Two servers' folders; what is in them is told by the tests below."""
    out = {'client_hostname': 'MBX01', 'server_hostname': 'mx.example.net', 'server_ip': '203.0.113.25',
           'connector_id': 'To Internet'}
    one = {'client_hostname': 'MBX01', 'server_hostname': 'MBX01'}
    two = {'client_hostname': 'MBX02', 'server_hostname': 'MBX02'}
    alls = 'bob@example.net;carol@example.com;dave@example.com'
    mail1 = {'recipient_address': alls, 'recipient_count': '3', 'message_subject': HOSTILE}
    submission = [
        {'date_time': at(0), 'server_hostname': 'MBX01', 'source': 'STOREDRIVER', 'event_id': 'NOTIFYMAPI',
         'source_context': 'MDB:1, Mailbox:2, Event:3'},
        row(1, 'STOREDRIVER', 'RECEIVE', 1, **one, **mail1, recipient_status='To;Cc;Bcc'),
        row(2, 'STOREDRIVER', 'SUBMIT', 1, **one, **mail1),
    ]
    transport1 = [
        row(2, 'SMTP', 'HAREDIRECT', 1, **one, **mail1),
        row(3, 'SMTP', 'RECEIVE', 1, **one, **mail1, client_ip='192.0.2.11', original_client_ip='198.51.100.77',
            source_context='08DCD5A100000001;' + at(2) + ';0'),
        row(4, 'SMTP', 'SEND', 1, **out, message_subject=HOSTILE, recipient_address='bob@example.net',
            source_context='08DCD5A100000009;250 2.0.0 Ok: queued as 4XyZ12abcDz;ClientSubmitTime:', message_info=at(1)),
        row(5, 'SMTP', 'SEND', 1, client_hostname='MBX01', server_hostname='MBX02.example.com', server_ip='192.0.2.12',
            connector_id='Intra-Organization SMTP Send Connector', message_subject=HOSTILE,
            recipient_address='carol@example.com;dave@example.com', recipient_status='250 2.1.5 Ok;250 2.1.5 Ok'),
        # mail 2: one recipient is put off, then refused; a report goes back
        row(10, 'SMTP', 'RECEIVE', 2, **one, recipient_address='erin@example.org', client_ip='198.51.100.77'),
        row(11, 'SMTP', 'DEFER', 2, **out, recipient_address='erin@example.org',
            recipient_status='[{LED=451 4.7.1 later};{MSG=};{FQDN=mx.example.org};{IP=203.0.113.90};{LRT=9/14/2026 8:00:11 AM}]'),
        row(70, 'SMTP', 'FAIL', 2, **out, recipient_address='erin@example.org', reference='<3@mbx01.example.com>',
            recipient_status='[{LED=550 5.1.1 <erin@example.org>; no; such};{MSG=};{FQDN=mx.example.org};{IP=203.0.113.90};{LRT=}]'),
        row(71, 'DSN', 'DSN', 3, **one, recipient_address='anna@example.com', reference='<2@mbx01.example.com>',
            return_path='<>', message_subject='Undeliverable: Mail 2'),
        # mail 4 comes from outside for a group
        row(80, 'SMTP', 'RECEIVE', 4, client_ip='198.51.100.25', client_hostname='out.example.net', server_hostname='MBX01',
            recipient_address='all@example.com', directionality='Incoming', return_path='x@example.net',
            source_context='08DCD5A200000004;' + at(79) + ';0'),
        row(80, 'ROUTING', 'EXPAND', 4, **one, related_recipient_address='all@example.com', directionality='Incoming',
            recipient_address=';'.join(f'm{i}@example.com' for i in range(40)), return_path='x@example.net'),
        row(81, 'ROUTING', 'REDIRECT', 4, **one, related_recipient_address='m39@example.com', directionality='Incoming',
            recipient_address='z@example.com', return_path='x@example.net'),
        row(82, 'AGENT', 'DROP', 5, **one, source_context='Malware Agent', recipient_address='anna@example.com',
            directionality='Incoming', return_path='x@bad.example'),
    ]
    transport2 = [
        row(3, 'SMTP', 'HARECEIVE', 1, client_hostname='MBX01', server_hostname='MBX02', **mail1),
        row(6, 'SMTP', 'RECEIVE', 1, client_ip='192.0.2.11', client_hostname='MBX01', server_hostname='MBX02',
            recipient_address='carol@example.com;dave@example.com', message_subject=HOSTILE),
        row(7, 'SMTP', 'HADISCARD', 1, **two, **mail1),
    ]
    delivery = [
        row(8, 'STOREDRIVER', 'DELIVER', 1, **two, message_subject=HOSTILE,
            recipient_address='carol@example.com;dave@example.com', recipient_status=';Inbox\\Orders', message_info=at(1)),
        row(9, 'STOREDRIVER', 'DUPLICATEDELIVER', 1, **two, recipient_address='carol@example.com'),
        row(72, 'STOREDRIVER', 'DELIVER', 3, **two, recipient_address='anna@example.com', return_path='<>'),
        row(83, 'STOREDRIVER', 'DELIVER', 4, **two, directionality='Incoming', return_path='x@example.net',
            recipient_address=';'.join([f'm{i}@example.com' for i in range(39)] + ['z@example.com'])),
    ]
    moderated = [
        row(90, 'APPROVAL', 'INITMESSAGECREATED', 6, **one, recipient_address='board@example.com'),
        row(91, 'APPROVAL', 'MODERATORREJECT', 6, **one, recipient_address='board@example.com'),
    ]
    half = next(i for i, r in enumerate(transport1) if r['date_time'] >= at(70))
    mbx01.mkdir()
    mbx02.mkdir()
    # a file of an older version continued by a newer one: the header changes in the middle; the last row is cut
    mixed = log([{k: v for k, v in r.items()} for r in transport1[:half]], BASE) + log(transport1[half:])
    (mbx01 / 'MSGTRK2026091408-1.LOG').write_bytes(b'\xef\xbb\xbf' + (mixed + '2026-09-14T08:59:59.9').encode())
    (mbx01 / 'MSGTRKMS2026091408-1.LOG').write_bytes(log(submission).encode('utf-16'))
    (mbx01 / 'MSGTRKMA2026091408-1.LOG').write_bytes(log(moderated).encode())
    (mbx02 / 'MSGTRK2026091408-1.LOG.gz').write_bytes(gzip.compress(log(transport2).encode()))
    (mbx02 / 'MSGTRKMD2026091408-1.LOG').write_bytes(log(delivery[:2]).encode('utf-16-be'))
    (mbx02 / 'MSGTRKMD2026091408-2.LOG').write_bytes(log(delivery[2:]).encode())


@pytest.fixture(scope='module')
def folders(tmp_path_factory):
    base = tmp_path_factory.mktemp('exchange')
    world(base / 'mbx01', base / 'mbx02')
    return base / 'mbx01', base / 'mbx02'


@pytest.fixture(scope='module')
def mails(folders):
    answer = run_program('trace', '--all', '--no-limit', '--json', *folders).json
    return {int(m['queue_id'][-3:]): m for m in answer['messages']}


def outcomes(mail):
    return {r['recipient']: r['outcome'] for r in mail['recipients']}


def test_every_line_counts(folders):
    lines = run_program('report', '--json', *folders).json['lines']
    assert lines['other'] == lines['foreign'] == 0
    assert lines['malformed'] == 1, 'the row that is cut'


def test_one_mail_is_one_answer(mails):
    assert sorted(mails) == [1, 2, 3, 4, 5, 6]
    mail = mails[1]
    assert outcomes(mail) == {'bob@example.net': 'relayed', 'carol@example.com': 'delivered', 'dave@example.com': 'delivered'}
    assert mail['subject'] == HOSTILE
    assert (mail['server'], mail['direction'], mail['state']) == ('MBX01', 'outbound', 'done')
    assert (mail['client_ip'], mail['user'], mail['submitted_locally']) == ('198.51.100.77', 'anna@example.com', True)
    assert mail['arrived'] == '2026-09-14T08:00:01.001000Z'
    bob = next(r for r in mail['recipients'] if r['recipient'] == 'bob@example.net')
    assert [a['reply'] for a in bob['attempts']] == ['250 2.0.0 Ok: queued as 4XyZ12abcDz']
    assert [(a['user'], a['folder']) for a in mail['mailbox']] == [('dave@example.com', 'Inbox\\Orders')]


def test_failure_and_its_report(mails):
    assert outcomes(mails[2]) == {'erin@example.org': 'bounced'}
    attempts = mails[2]['recipients'][0]['attempts']
    assert [(a['outcome'], a['reply']) for a in attempts] == [
        ('deferred', '451 4.7.1 later'), ('bounced', '550 5.1.1 <erin@example.org>; no; such')]
    assert [c['queue_id'] for c in mails[2]['children']] == [mails[3]['queue_id']]
    assert [(p['queue_id'], p['relation']) for p in mails[3]['parents']] == [(mails[2]['queue_id'], 'bounce')]
    assert mails[3]['role'] == 'notification'


def test_group(mails):
    mail = mails[4]
    assert mail['direction'] == 'inbound' and mail['client_host'] == 'out.example.net'
    assert len(mail['recipients']) == 40
    assert set(outcomes(mail).values()) == {'delivered'}
    origins = {r['recipient']: r['orig_recipient'] for r in mail['recipients']}
    assert origins.pop('z@example.com') == 'm39@example.com'
    assert set(origins.values()) == {'all@example.com'}


def test_the_rest(mails):
    assert outcomes(mails[5]) == {'anna@example.com': 'discarded'}
    assert outcomes(mails[6]) == {'board@example.com': 'bounced'}
    assert mails[6]['recipients'][0]['attempts'][0]['reply'] == 'rejected by a moderator'


def test_counted_once(folders):
    totals = run_program('report', '--json', *folders).json['totals']
    # mail 5 and 6 begin before the logs, 3 is a notification
    assert totals['messages'] == 3
    assert (totals['delivered'], totals['relayed'], totals['bounced'], totals['discarded']) == (42, 1, 2, 1)


@pytest.mark.parametrize('jobs', [1, 2, 4])
def test_threads_agree(folders, jobs):
    one = run_program('trace', '--all', '--no-limit', '--json', '-j1', *folders).json['messages']
    assert run_program('trace', '--all', '--no-limit', '--json', f'-j{jobs}', *folders).json['messages'] == one


def test_lines_are_shown_again(folders):
    """The records of decoded files are found again by their places."""
    answer = run_program('trace', '--json', '--lines', '00000000-0000-4000-8000-000000000001', *folders).json
    texts = [line['text'] for line in answer['messages'][0]['lines']]
    assert len(texts) == 11
    assert all(',00000000-0000-4000-8000-000000000001,' in text for text in texts)


def test_several_files_are_one_set(folders):
    sources = run_program('report', '--json', *folders).json['sources']
    assert [s['file'].rsplit('/', 1)[1] for s in sources if 'MSGTRKMD' in s['file']] == [
        'MSGTRKMD2026091408-1.LOG', 'MSGTRKMD2026091408-2.LOG']
    assert {s['compression'] for s in sources} == {None, 'gzip', 'utf-16'}


def test_no_header(tmp_path):
    path = tmp_path / 'rows.log'
    path.write_text(csv_rows(NEW, [row(1, 'SMTP', 'RECEIVE', 1, recipient_address='a@example.com')] * 3))
    result = run_program('report', '--json', path)
    assert "rows.log'" in result.stderr and '#Fields' in result.stderr and '30 columns' in result.stderr
    assert result.json['lines'] == {'read': 3, 'event': 0, 'other': 0, 'foreign': 0, 'malformed': 3}


def test_other_comma_separated_files_are_foreign(tmp_path):
    path = tmp_path / 'some.csv'
    path.write_text('2026-09-14T08:00:00.101Z,a,b,c\n#Software: Microsoft Internet Information Services 10.0\n'
                    '#Fields: date time s-ip cs-method\n2026-09-14 08:00:00 192.0.2.1 GET\nname,age,city\n')
    lines = run_program('report', '--json', path).json['lines']
    assert lines['foreign'] == 5


def protocol(rows, kind='SMTP Receive Protocol Log'):
    names = PROTOCOL.split(',')
    return header(PROTOCOL, kind) + csv_rows(PROTOCOL, [dict(zip(names, r)) for r in rows])


def dialogue(session, first, lines):
    ends = ('192.0.2.11:25', '198.51.100.10:51000')
    return [(at(first + i), r'MBX01\Default Frontend MBX01', session, str(i), *ends, *line) for i, line in enumerate(lines)]


def test_refusals_and_logins(tmp_path):
    """What an answer is about stands in the commands before it, which may come ahead of the answers."""
    path = tmp_path / 'RECV2026091408-1.LOG'
    path.write_text(protocol(dialogue('08DCD5A200000001', 0, [
        ('+', '', ''), ('>', '220 ready', ''), ('<', 'EHLO client.example', ''), ('>', '250 hello', ''),
        ('<', 'AUTH LOGIN', ''), ('>', '334 <authentication response>', ''), ('<', 'secret', ''),
        ('>', '535 5.7.3 Authentication unsuccessful', ''),
        ('<', 'MAIL FROM:<s@example.net> SIZE=1', ''), ('<', 'RCPT TO:<a@example.com>', ''), ('<', 'RCPT TO:<b@example.com>', ''),
        ('>', '250 2.1.0 Sender OK', ''), ('>', '550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found', ''),
        ('>', '250 2.1.5 Recipient OK', ''), ('<', 'DATA', ''), ('>', '354 Start', ''), ('>', '451 4.7.0 Temporary', ''),
        ('<', 'QUIT', ''), ('>', '221 bye', ''), ('-', '', 'Local'),
    ]) + dialogue('08DCD5A200000002', 30, [
        ('+', '', ''), ('>', '421 4.3.2 Service not available', ''), ('-', '', 'Local'),
    ]) + dialogue('08DCD5A200000003', 40, [
        ('>', '220 ready', ''), ('<', 'EHLO x', ''), ('*', r'EXAMPLE\anna', 'authenticated'), ('-', '', 'Remote'),
    ])))
    answer = run_program('trace', '--all', '--json', path).json
    assert [(r['stage'], r['helo'], r['sender'], r['recipient'], r['smtp_code']) for r in answer['rejections']] == [
        ('rcpt', 'client.example', 's@example.net', 'a@example.com', 550),
        ('data', 'client.example', 's@example.net', None, 451),
        ('connect', None, None, None, 421),
    ]
    assert [(g['service'], g['user'], g['auth_method'], g['success'], g['client_ip']) for g in answer['logins']] == [
        ('smtp', None, 'LOGIN', False, '198.51.100.10'), ('smtp', 'EXAMPLE\\anna', None, True, '198.51.100.10')]
    assert run_program('report', '--json', path).json['totals']['connections'] == 3


def test_sessions_join(tmp_path):
    """The tracking log names the session of the protocol log."""
    (tmp_path / 'RECV20260914-1.LOG').write_text(protocol(dialogue('08DCD5A200000004', 70, [
        ('+', '', ''), ('<', 'EHLO named.example', ''), ('*', r'EXAMPLE\anna', 'authenticated'),
        ('*', '', 'TLS protocol SP_PROT_TLS1_2_SERVER negotiation succeeded using bulk encryption algorithm CALG_AES_256 with x')])))
    (tmp_path / 'MSGTRK20260914-1.LOG').write_text(log([
        row(80, 'SMTP', 'RECEIVE', 4, client_ip='198.51.100.10', client_hostname='c', server_hostname='MBX01',
            recipient_address='a@example.com', source_context='08DCD5A200000004;x;0')]))
    mail, = run_program('trace', '--all', '--json', tmp_path).json['messages']
    assert (mail['helo'], mail['user'], mail['authenticated'], mail['tls_version']) == (
        'named.example', 'EXAMPLE\\anna', True, 'TLSv1.2')


def test_proxied_sessions_count_once(tmp_path):
    """The front end hands a session on to the transport service, which refuses, and both write it down."""
    client, own = '198.51.100.10:51000', '192.0.2.11:40000'
    talk = [('+', '', ''), ('<', 'EHLO c', ''), ('<', 'RCPT TO:<a@example.com>', ''), ('>', '550 5.1.1 no', ''), ('-', '', 'Local')]
    front = [(at(i), r'MBX01\Default Frontend MBX01', 'F1', str(i), '192.0.2.11:25', client, *t) for i, t in enumerate(talk)]
    hub = [(at(i), r'MBX01\Default MBX01', 'H1', str(i), '192.0.2.11:2525', own, *t) for i, t in enumerate(talk)]
    (tmp_path / 'front.log').write_text(protocol(front))
    (tmp_path / 'hub.log').write_text(protocol(hub))
    both = run_program('report', '--json', tmp_path).json['totals']
    assert (both['rejections'], both['connections']) == (1, 1)
    assert run_program('report', '--json', tmp_path / 'hub.log').json['totals']['rejections'] == 1


def test_the_name_that_was_tried(tmp_path):
    path = tmp_path / 'RECV20260914-1.LOG'
    path.write_text(protocol(dialogue('08DCD5A200000001', 0, [
        ('+', '', ''), ('<', 'AUTH LOGIN', ''), ('*', '', 'Inbound AUTH LOGIN failed because of LogonDenied'),
        ('*', '', 'User Name: bob'), ('>', '535 5.7.3 Authentication unsuccessful', ''),
        ('<', 'AUTH LOGIN', ''), ('>', '535 5.7.3 Authentication unsuccessful', '')])))
    logins = run_program('trace', '--all', '--json', path).json['logins']
    assert [(g['user'], g['success'], g['auth_method']) for g in logins] == [('bob', False, 'LOGIN'), (None, False, 'LOGIN')]


def test_a_server_of_another_kind_in_front(tmp_path):
    (tmp_path / 'mail.log').write_text(
        'Sep 14 08:00:00 mx1 postfix/smtpd[100]: 4A1B2C3D4E: client=out.example.net[198.51.100.25]\n'
        'Sep 14 08:00:00 mx1 postfix/cleanup[101]: 4A1B2C3D4E: message-id=<1@mbx01.example.com>\n'
        'Sep 14 08:00:00 mx1 postfix/qmgr[102]: 4A1B2C3D4E: from=<anna@example.com>, size=1000, nrcpt=1 (queue active)\n')
    (tmp_path / 'MSGTRK20260914-1.LOG').write_text(log([
        row(1, 'SMTP', 'RECEIVE', 1, client_ip='192.0.2.5', client_hostname='mx1', server_hostname='MBX01',
            recipient_address='bob@example.com', directionality='Incoming')]))
    messages = run_program('trace', '--all', '--json', '--tz', 'UTC', '--year', '2026', tmp_path).json['messages']
    exchange = next(m for m in messages if m['writer'] == 'exchange')
    assert [(p['server'], p['queue_id'], p['relation']) for p in exchange['parents']] == [('mx1', '4A1B2C3D4E', 'handoff')]


def test_recipients_that_a_later_row_names(tmp_path):
    """Before 2013 the mailbox server's SUBMIT names none; and clocks of two servers differ."""
    fields = 'date-time,client-hostname,server-hostname,source,event-id,message-id,recipient-address,return-path'
    rows = [('SUBMIT', '', 1), ('DELIVER', 'a@example.com', 2), ('RECEIVE', 'a@example.com;b@example.com', 3)]
    path = tmp_path / 'MSGTRKM20260914-1.LOG'
    path.write_text(header(fields) + csv_rows(fields, [
        {'date_time': at(n), 'client_hostname': 'mbx', 'server_hostname': 'mbx', 'source': 'STOREDRIVER', 'event_id': e,
         'message_id': '<1@b>', 'recipient_address': r, 'return_path': 's@b'} for e, r, n in rows]))
    mail, = run_program('trace', '--all', '--json', path).json['messages']
    assert outcomes(mail) == {'a@example.com': 'delivered', 'b@example.com': 'pending'}
    assert mail['state'] == 'open'


def test_masked(folders):
    """Nothing that names somebody is left, in the records neither."""
    text = run_program('parse', '--json', '--raw', '--redact', *folders).stdout
    text += run_program('trace', '--all', '--lines', '--json', '--redact', *folders).stdout
    assert not names_told(text, ('anna', 'carol', 'example.com', 'example.net', '198.51.100.', '192.0.2.', 'x@y', 'Orders'))
    assert 'MBX0' not in text


def test_masked_lists_keep_their_parts(folders):
    records = run_program('parse', '--json', '--redact', *folders).ndjson
    accept = next(r for r in records if r['event'] == 'accept' and r['recipient_count'] == 3)
    bob = next(r['recipient'] for r in records if r.get('outcome') == 'relayed')
    assert len(accept['recipients'].split(';')) == 3 and accept['recipients'].split(';')[0] == bob


EXPORT = ['PSComputerName', 'Timestamp', 'ClientIp', 'ClientHostname', 'ServerHostname', 'Source', 'EventId', 'MessageId',
          'NetworkMessageId', 'Recipients', 'RecipientStatus', 'Sender', 'ReturnPath', 'Directionality', 'MessageSubject']


def export(times, separator=',', type_line=True, recipients='bob@example.net;carol@example.org'):
    out = io.StringIO()
    if type_line:
        out.write('#TYPE Microsoft.Exchange.Management.TransportLogSearchTasks.MessageTrackingEvent\r\n')
    writer = csv.writer(out, delimiter=separator, quoting=csv.QUOTE_ALL, lineterminator='\r\n')
    writer.writerow(EXPORT)
    for time in times:
        writer.writerow(['mbx', time, '192.0.2.11', 'MBX01', 'mx.example.net', 'SMTP', 'SEND', '<1@b>', 'g-1', recipients,
                         '250 2.1.5 Ok', 'anna@example.com', 'anna@example.com', 'Originating', 'a "b", c'])
    return out.getvalue()


@pytest.mark.parametrize('times, separator, zone, want', [
    (['9/14/2026 10:00:00 AM', '9/14/2026 12:00:01 PM'], ',', 'UTC', ['10:00:00', '12:00:01']),
    (['14.09.2026 10:00:00', '14.09.2026 22:05:01'], ';', 'UTC', ['10:00:00', '22:05:01']),
    (['03.09.2026 10:00:00'], ';', '+02:00', ['08:00:00']),
    (['03/09/2026 10:00:00', '14/09/2026 10:00:00'], ',', 'UTC', ['10:00:00', '10:00:00']),
    (['2026-09-14 10:00:00'], '\t', 'UTC', ['10:00:00']),
])
def test_export(tmp_path, times, separator, zone, want):
    path = tmp_path / 'export.csv'
    path.write_bytes(export(times, separator).encode('utf-16'))
    result = run_program('parse', '--json', '--tz', zone, path)
    records = [r for r in result.ndjson if r['event'] == 'attempt']
    assert [r['time'][11:19] for r in records] == want
    assert all(r['time'][:8] == '2026-09-' and r['subject'] == 'a "b", c' for r in records)
    assert all(r['recipients'] == 'bob@example.net;carol@example.org' for r in records)
    assert 'nothing tells' not in result.stderr


def test_export_that_leaves_it_open(tmp_path):
    path = tmp_path / 'export.csv'
    path.write_text(export(['9/4/2026 10:00:00 AM'], type_line=False, recipients='System.String[]'))
    result = run_program('parse', '--json', path)
    assert 'month/day' in result.stderr and 'System.String[]' in result.stderr
    attempt = result.ndjson[-1]
    assert attempt['event'] == 'attempt' and attempt['time'].startswith('2026-09-04T') and not attempt.get('recipients')


def test_cut_anywhere(tmp_path):
    """A log that ends in the middle of a row, at every byte of it: nothing is made up."""
    text = log([row(1, 'SMTP', 'RECEIVE', 1, recipient_address='a@example.com;b@example.com', message_subject=HOSTILE)])
    start = text.index('2026-09-14T08:00:01')
    whole = text.encode()
    for end in range(len(text[:start].encode()) + 1, len(whole) - 2, 7):
        records = run_program('parse', '--json', stdin=whole[:end]).ndjson
        assert [r['event'] for r in records[:5]] == ['notice'] * 5
        assert records[5]['event'] == 'malformed', whole[:end]


def test_many_headers(tmp_path):
    """Each row goes by the header above it; the order of columns may change with every one."""
    fields = NEW.split(',')
    parts = []
    for n in range(20):
        fields = fields[7:] + fields[:7]
        parts.append(header(','.join(fields)) + csv_rows(','.join(fields), [
            row(n, 'SMTP', 'RECEIVE', n, recipient_address=f'r{n}@example.com')]))
    records = run_program('parse', '--json', '-j4', stdin=''.join(parts)).ndjson
    accepts = [r for r in records if r['event'] == 'accept']
    assert [r['recipients'] for r in accepts] == [f'r{n}@example.com' for n in range(20)]
    assert len(records) == 20 * 6
