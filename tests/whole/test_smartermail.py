# SPDX-License-Identifier: Apache-2.0
"""SmarterMail's daily files: the date stands in their names only, old ones lie in zip files, Windows wrote them."""
import pathlib
import zipfile

import pytest

from conftest import ROOT, run_program

SMTP = ROOT / 'tests' / 'golden' / 'smartermail' / '2024.01.15-smtpLog.log'


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
