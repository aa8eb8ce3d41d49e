# SPDX-License-Identifier: Apache-2.0
"""`report --panel success`: is today like the days before?  Logs of several weeks, made here."""
import datetime

import pytest

from conftest import run_program

TODAY = datetime.date(2026, 11, 18)  # a Wednesday


def mail(number, when, deferred, bounced):
    stamp = f'{when:%b} {when.day:2d} {when:%H:%M:%S} mx postfix/'
    qid = f'{number:010X}'
    to = f'{stamp}smtp[3]: {qid}: to=<bob@example.net>, relay=mx.example.net[192.0.2.9]:25, delay=1, delays=0/0/0/1, dsn='
    yield f'{stamp}smtpd[1]: {qid}: client=c.example[192.0.2.1]'
    yield f'{stamp}qmgr[2]: {qid}: from=<ann@example.org>, size=1000, nrcpt=1 (queue active)'
    if deferred:
        yield to + '4.2.0, status=deferred (host mx.example.net[192.0.2.9] said: 450 4.2.0 try later (in reply to RCPT TO command))'
    if bounced:
        yield to + '5.1.1, status=bounced (host mx.example.net[192.0.2.9] said: 550 5.1.1 no such user (in reply to RCPT TO command))'
    else:
        yield to + '2.0.0, status=sent (250 ok)'
    yield f'{stamp}qmgr[2]: {qid}: removed'


def make_log(path, days, today=lambda hour: None, until=datetime.time(13, 30)):
    """09:00 to 17:00, 20 mails an hour on workdays, 4 at weekends; of 20 one bounces and two are put off first.  today(hour): mails and
    bounces of an hour of the last day, None for the same as ever."""
    lines, number = [], 0
    for back in range(days, -1, -1):
        day = TODAY - datetime.timedelta(days=back)
        for hour in range(9, 17):
            per, bad = (4 if day.weekday() >= 5 else 20), 1
            if back == 0:
                per, bad = today(hour) or (per, bad)
            for i in range(per):
                when = datetime.datetime.combine(day, datetime.time(hour)) + datetime.timedelta(seconds=i * 3600 // per)
                if back == 0 and when.time() > until:
                    break
                number += 1
                lines += mail(number, when, deferred=i % 20 in (5, 6), bounced=i % 20 < bad)
    path.write_text('\n'.join(lines) + '\n')


def panels(log):
    answer = run_program('report', '--panel', 'success,success_hours', '--json', '--year', 2026, '--tz', 'UTC', log).json
    return {panel['id']: panel for panel in answer['panels']}


@pytest.mark.slow
def test_like_ever(tmp_path):
    make_log(tmp_path / 'log', 35)
    both = panels(tmp_path / 'log')
    for panel in both.values():
        assert [row for row in panel['rows'] if row['unusual']] == []
        assert panel['note'] is None
    rows = both['success']['rows']
    assert [row['day'] for row in rows] == [f'2026-11-{day}' for day in range(12, 19)]
    assert rows[-1]['mails'] == 4 * 20 + 11 and rows[-1]['usual_mails'] == pytest.approx(4 * 20 + 10, abs=1)
    assert rows[-1]['compared_with'] == '4 Wednesdays'  # the first one is the first day of the logs
    assert rows[0]['usual_delivered'] == rows[0]['delivered'] == 95.0
    assert rows[0]['usual_first_try'] == rows[0]['first_try'] == 85.0
    assert [row['usual_mails'] for row in rows if row['day'] in ('2026-11-14', '2026-11-15')] == [32, 32]
    hours = both['success_hours']['rows']
    assert [row['hour'][-5:] for row in hours] == ['14:00', '15:00', '16:00', '09:00', '10:00', '11:00', '12:00', '13:00']
    assert hours[-1]['mails'] == 11 and hours[-1]['usual_mails'] in (9, 10)


@pytest.mark.slow
def test_a_bad_day(tmp_path):
    def today(hour):
        return {10: (70, 1), 12: (20, 10)}.get(hour)
    make_log(tmp_path / 'log', 35, today)
    both = panels(tmp_path / 'log')
    unusual = {row['hour'][-5:]: row['unusual'] for row in both['success_hours']['rows'] if row['unusual']}
    assert unusual == {'10:00': 'much mail', '12:00': 'fewer delivered'}
    assert both['success']['note'] == 'Unusual hours of the last day: 10:00 (much mail), 12:00 (fewer delivered)'


def test_silence(tmp_path):
    make_log(tmp_path / 'log', 24, lambda hour: (20, 1) if hour == 9 else (1, 0), until=datetime.time(16, 59))
    row = panels(tmp_path / 'log')['success']['rows'][-1]
    assert (row['mails'], row['usual_mails'], row['unusual'], row['compared_with']) == (27, 140, 'little mail', '3 Wednesdays')


def test_no_mail_at_all(tmp_path):
    """Mail stops, the log goes on: what other lines tell of the time counts."""
    make_log(tmp_path / 'log', 24, until=datetime.time(9, 59))
    with open(tmp_path / 'log', 'a', encoding='ascii') as log:
        log.write('Nov 18 16:59:00 mx dovecot: imap-login: Login: user=<ann>, method=PLAIN, rip=192.0.2.7, lip=192.0.2.1, TLS, session=<a>\n')
    row = panels(tmp_path / 'log')['success']['rows'][-1]
    assert (row['mails'], row['usual_mails'], row['unusual']) == (20, 160, 'little mail')
    make_log(tmp_path / 'log', 24, lambda hour: (0, 0))
    with open(tmp_path / 'log', 'a', encoding='ascii') as log:
        log.write('Nov 18 16:59:00 mx dovecot: imap-login: Login: user=<ann>, method=PLAIN, rip=192.0.2.7, lip=192.0.2.1, TLS, session=<a>\n')
    row = panels(tmp_path / 'log')['success']['rows'][-1]
    assert (row['day'], row['mails'], row['delivered'], row['unusual']) == ('2026-11-18', 0, None, 'little mail')


def test_few_days(tmp_path):
    """Workdays are compared with workdays, if there are three behind the first; else nothing is."""
    make_log(tmp_path / 'log', 8)
    rows = panels(tmp_path / 'log')['success']['rows']
    assert [row['compared_with'] for row in rows] == [None, None, None, None, '3 workdays', '4 workdays', '5 workdays']
    make_log(tmp_path / 'log', 2)
    both = panels(tmp_path / 'log')
    for panel in both.values():
        assert all(row['usual_mails'] is row['usual_delivered'] is row['compared_with'] is None for row in panel['rows'])
        assert panel['note'].startswith('Not compared: the logs cover 3 days')


def test_a_gap_is_no_history(tmp_path):
    """Days without any line are not days without mail."""
    make_log(tmp_path / 'log', 35)
    kept = [line for line in (tmp_path / 'log').read_text().splitlines(True) if not line.startswith('Nov  4')]
    (tmp_path / 'log').write_text(''.join(kept))
    assert panels(tmp_path / 'log')['success']['rows'][-1]['compared_with'] == '3 Wednesdays'
