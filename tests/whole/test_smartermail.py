# SPDX-License-Identifier: Apache-2.0
"""SmarterMail's daily files: the date stands in their names only, old ones lie in zip files, Windows wrote them."""
import pathlib
import zipfile

import pytest

from conftest import ROOT, run_program

GOLDEN = ROOT / 'tests' / 'golden' / 'smartermail'
SMTP = GOLDEN / '2024.01.15-smtpLog.log'


@pytest.fixture
def dateless():
    """The golden log without the one line that has a date of its own."""
    lines = [line for line in SMTP.read_text().splitlines() if not line.startswith('[2024')]
    assert len(lines) == 12
    return lines


def records(*logs):
    return run_program('parse', '--json', '--tz', 'UTC', *map(str, logs)).ndjson


def test_the_name_dates_the_lines_and_orders_the_files(tmp_path, dateless):
    (tmp_path / '2025.12.31-smtpLog.log').write_text('\n'.join(dateless) + '\n')
    (tmp_path / '2026.01.01-smtpLog.log').write_text('\n'.join(dateless).replace('12:3', '01:3') + '\n')
    got = records(tmp_path / '2026.01.01-smtpLog.log', tmp_path / '2025.12.31-smtpLog.log')
    assert [r['time'][:13] for r in got] == ['2025-12-31T12'] * 12 + ['2026-01-01T01'] * 12
    assert len({pathlib.Path(r['file']).name for r in got[:12]}) == 1
    assert {r['program'] for r in got} == {'smartermail-smtp'}
    sources = run_program('report', '--json', '--tz', 'UTC', str(tmp_path)).json['sources']
    assert len(sources) == 2


def test_zipped_days_join_the_others(tmp_path, dateless):
    with zipfile.ZipFile(tmp_path / '2024.01.14-smtpLog.log.zip', 'w', zipfile.ZIP_DEFLATED) as z:
        z.writestr('2024.01.14-smtpLog.log', '\r\n'.join(dateless) + '\r\n')
    (tmp_path / '2024.01.15-smtpLog.log').write_text('\n'.join(dateless) + '\n')
    got = records(tmp_path)
    assert [r['time'][:10] for r in got] == ['2024-01-14'] * 12 + ['2024-01-15'] * 12
    # but for the day they are the same
    for r in got:
        r['time'] = r['time'][10:]
        del r['file'], r['line'], r['line_count']
    assert got[:12] == got[12:]


@pytest.mark.parametrize('encoded', [
    lambda text: text.replace('\n', '\r\n').encode(),
    lambda text: b'\xef\xbb\xbf' + text.replace('\n', '\r\n').encode(),
    lambda text: b'\xff\xfe' + text.replace('\n', '\r\n').encode('utf-16-le'),
], ids=['crlf', 'bom', 'utf-16'])
def test_windows_bytes_change_nothing(tmp_path, encoded):
    (tmp_path / 'plain').mkdir()
    (tmp_path / 'windows').mkdir()
    text = SMTP.read_text()
    (tmp_path / 'plain' / SMTP.name).write_text(text)
    (tmp_path / 'windows' / SMTP.name).write_bytes(encoded(text))
    plain, windows = records(tmp_path / 'plain'), records(tmp_path / 'windows')
    assert len(plain) == 13
    for r in plain + windows:
        del r['file']
    assert plain == windows


def test_a_file_that_lost_its_date_says_so(tmp_path, dateless):
    (tmp_path / 'smtp.log').write_text('\n'.join(dateless) + '\n')
    got = run_program('parse', '--json', '--tz', 'UTC', 'smtp.log', cwd=tmp_path)
    assert "'smtp.log': its lines have a time but no date" in got.stderr
    assert {r['time'] for r in got.ndjson} == {None}
    assert {r['writer'] for r in got.ndjson} == {'smartermail'}


def test_continued_lines_belong_to_it(tmp_path):
    text = ("03:41:35 [198.51.100.66] IMAP Login failed: User [x] not found\n"
            "\tBrute force attempts increased to 1 of 5 in 10 minutes.\n"
            "System.Exception: it broke\n"
            "   at MailService.Example()\n")
    (tmp_path / '2026.02.09-administrative.log').write_text(text)
    got = records(tmp_path)
    assert [r['writer'] for r in got] == ['smartermail'] * 4
    assert {r['time'] for r in got} == {'2026-02-09T03:41:35.000000Z'}


def test_other_logs_with_a_time_of_day_are_left_alone(tmp_path):
    (tmp_path / 'app.log').write_text('12:00:01 INFO started\n12:00:02 [main] WARN no\n12:00:03.5 done\n')
    got = records(tmp_path / 'app.log')
    assert [r['event'] for r in got] == ['foreign'] * 3


@pytest.fixture(scope='module')
def story():
    """What trace says of the two days in September: all logs of one server."""
    logs = sorted(str(p) for p in GOLDEN.glob('2026.09.1*.log'))
    assert len(logs) == 6
    return run_program('trace', '--all', '--json', '--tz', 'UTC', *logs).json


def test_a_mail_is_followed_from_its_session_to_the_next_day(story):
    mail = next(m for m in story['messages'] if m['queue_id'] == '67518204')
    assert (mail['sender'], mail['user'], mail['client_ip']) == ('anna@example.com', 'anna@example.com', '198.51.100.7')
    assert (mail['message_id'], mail['size_bytes'], mail['state']) == ('<m1@example.com>', 2048, 'done')
    assert mail['direction'] == 'outbound'
    bob, carol = mail['recipients']
    assert (carol['recipient'], carol['outcome']) == ('carol@example.com', 'delivered')
    assert (bob['recipient'], bob['outcome']) == ('bob@example.net', 'relayed')
    assert [(a['outcome'], a['relay_ip'], a['reply']) for a in bob['attempts']] == [
        ('deferred', '203.0.113.1', '450 4.2.0 <bob@example.net>: Greylisted'),
        ('relayed', '203.0.113.1', '250 2.0.0 Ok: queued as 4A1B2C3D4E')]


def test_refusals_know_what_they_are_about(story):
    got = [(r['stage'], r['helo'], r['sender'], r['recipient'], r['smtp_code']) for r in story['rejections']]
    assert got == [('rcpt', 'pc.example.com', 'anna@example.com', 'nobody@example.com', 550),
                   ('mail', 'spam.example.org', 's@example.org', None, 554),
                   ('rcpt', 'spam.example.org', 't@example.org', 'carol@example.com', 451),
                   ('connect', None, None, None, None)]


def test_a_login_in_two_logs_is_one(story):
    got = [(login['service'], login['user'], login['client_ip'], login['success']) for login in story['logins']]
    assert got == [('smtp', 'anna@example.com', '198.51.100.7', True),
                   ('smtp', 'info@example.com', '203.0.113.9', False),
                   ('webmail', 'admin', '203.0.113.66', False),
                   ('imap', 'carol@example.com', '198.51.100.20', True),
                   ('imap', 'sales204', '198.51.100.66', False),
                   ('pop3', 'carol@example.com', '198.51.100.20', True)]


def test_what_clients_type_as_passwords_is_not_shown():
    for log in GOLDEN.glob('2026.09.14-*pLog.log'):
        assert 'secret' not in run_program('parse', '--json', '--tz', 'UTC', str(log)).stdout
