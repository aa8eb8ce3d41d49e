# SPDX-License-Identifier: Apache-2.0
"""report --problems-only: every rule finds its problem, its quiet twin is no problem, and silence is silence."""
import csv
import io
import json
import re

import pytest

from conftest import ROOT, names_told, run_program
from test_mail import sendmail  # noqa: F401 (a fixture)
from test_success import make_log

OPTIONS = ('--problems-only', '--year', '2026')


def line(program, text, second=0):
    return f'Nov 21 09:{second // 60 % 60:02}:{second % 60:02} mx1 {program}: {text}\n'


def mail(n, outcome='sent', reply='250 ok', domain='x.test', user='anna', relay='mx.x.test', dsn='2.0.0'):
    """One mail of an account through Postfix, with what became of it."""
    queue_id = f'{n:010X}'
    return ''.join(line(f'postfix/{program}[7]', f'{queue_id}: {text}', n) for program, text in (
        ('smtpd', f'client=pc.here.test[10.0.0.9], sasl_method=PLAIN, sasl_username={user}'),
        ('qmgr', f'from=<{user}@here.test>, size=900, nrcpt=1 (queue active)'),
        ('smtp', f'to=<u{n}@{domain}>, relay={relay}[192.0.2.77]:25, delay=1, delays=0/0/0/1, dsn={dsn}, status={outcome} ({reply})'),
        ('qmgr', 'removed')))


def bounces(n, reply, of=0, **kw):
    return ''.join(mail(i, 'bounced', f'host mx.x.test[192.0.2.77] said: {reply}', dsn='5.0.0', **kw) for i in range(n)) + \
        ''.join(mail(n + i, **kw) for i in range(of - n))


QUIET = ''.join(mail(i) for i in range(30))
UNKNOWN = '550 5.1.1 <u@x.test>: Recipient address rejected: User unknown in virtual mailbox table (in reply to RCPT TO command)'
LISTED = '554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org; https://www.spamhaus.org/query/ip/192.0.2.1'
LOOP = 'mail for x.test loops back to myself'
GOOGLE = {'domain': 'gmail.com', 'relay': 'gmail-smtp-in.l.google.com'}

# rule: (a log that shows it, a log that nearly does)
RULES = {
    'program-error': (line('postfix/smtpd[1]', 'fatal: open database /etc/aliases.db: No such file or directory'),
                      line('dovecot', 'imap-login: Error: auth-client: conn unix:login (pid=1,uid=0): Disconnected: Connection lost')),
    'reputation': (bounces(1, LISTED), bounces(1, UNKNOWN)),
    'own-cause': (''.join(mail(i, 'bounced', LOOP, dsn='5.4.6') for i in range(3)), ''.join(mail(i, 'bounced', LOOP, dsn='5.4.6') for i in range(2))),
    'provider': (bounces(3, UNKNOWN, of=20, **GOOGLE), bounces(2, UNKNOWN, of=20, **GOOGLE)),
    'account-bounces': (bounces(20, UNKNOWN, of=69), bounces(20, UNKNOWN, of=70)),
    'certificate': (line('postfix/smtpd[1]', 'warning: cannot get RSA certificate from file "/etc/ssl/mx.pem": disabling TLS support'),
                    line('postfix/smtpd[1]', 'warning: TLS library problem: error:0A00010B:SSL routines::wrong version number:../ssl/record.c:354:')),
    'program-warning': (line('postfix/master[1]', 'warning: process /usr/lib/postfix/sbin/smtpd pid 2656 exit status 1'),
                        line('postfix/smtpd[1]', 'warning: hostname h.test does not resolve to address 192.0.2.3')),
    'not-understood': (''.join(line('postfix/smtpd[1]', f'what is this {chr(97 + i % 26)}?') for i in range(60)),
                       ''.join(line('postfix/smtpd[1]', f'what is this {chr(97 + i % 26)}?') for i in range(49))),
}


def problems(log, *options):
    return run_program('report', *OPTIONS, '--json', *options, '-', stdin=log).json['panels']


@pytest.mark.parametrize('rule', RULES)
def test_a_rule_finds_its_problem(rule):
    panel, = problems(QUIET + RULES[rule][0])
    assert panel['id'] == 'problems'
    row, = panel['rows']
    assert row['problem_id'] == rule and row['severity'] in ('error', 'warning') and row['problem'] and row['where'] and row['count']
    assert row['panel'] and (rule in ('account-bounces', 'not-understood') or row['detail'])


@pytest.mark.parametrize('rule', RULES)
def test_its_quiet_twin_is_no_problem(rule):
    panel, = problems(QUIET + RULES[rule][1])
    assert panel['rows'] == []


def test_the_rules_are_documented():
    text = (ROOT / 'docs' / 'counting.md').read_text().split('## Problems')[1].split('\n## ')[0]
    source = (ROOT / 'src' / 'report' / 'problems.c').read_text()
    rules = set(re.findall(r'report\.problem\.([\w-]+)"', source))
    assert rules == set(re.findall(r'^\| `([\w-]+)` \|', text, re.M))
    assert rules == set(RULES) | {'not-read', 'no-mail', 'success', 'little-mail'}


@pytest.mark.slow
@pytest.mark.parametrize('hour, want', [((20, 10), ['success']), ((2, 0), ['little-mail']), ((20, 1), [])])
def test_days_that_are_not_as_usual(tmp_path, hour, want):
    make_log(tmp_path / 'log', 35, lambda _: hour)
    panel, = run_program('report', *OPTIONS, '--json', '--tz', 'UTC', tmp_path / 'log').json['panels']
    assert [(row['problem_id'], row['where']) for row in panel['rows']] == [(rule, '2026-11-18') for rule in want]


def test_errors_stand_first_and_the_length_is_told():
    log = QUIET + RULES['program-warning'][0] + RULES['reputation'][0] + RULES['program-error'][0]
    panel, = problems(log)
    assert [r['severity'] for r in panel['rows']] == ['error', 'error', 'warning']
    panel, = problems(log, '--top', '1')
    assert len(panel['rows']) == 1 and panel['more'] == 2


def test_silence(sendmail, tmp_path):  # noqa: F811
    done = run_program('report', *OPTIONS, '-', stdin=QUIET)
    assert (done.returncode, done.stdout, done.stderr) == (0, '', '')
    done = sendmail.run(*OPTIONS, '--mail', 'root', '-', stdin=QUIET)
    assert (done.returncode, done.stdout, done.stderr) == (0, '', '') and not sendmail.sent
    page = tmp_path / 'p.html'
    page.write_text('what was wrong yesterday')
    assert run_program('report', *OPTIONS, '--html', page, '-', stdin=QUIET).returncode == 0
    assert 'nothing is wrong' in page.read_text() and 'id="problems"' not in page.read_text()


def test_it_speaks_when_there_is_something(sendmail, tmp_path):  # noqa: F811
    log = QUIET + RULES['own-cause'][0]
    done = run_program('report', *OPTIONS, '-', stdin=log)
    assert done.returncode == 0 and 'mail fails for a reason on this side' in done.stdout and 'Totals' not in done.stdout
    page = tmp_path / 'p.html'
    sendmail.run(*OPTIONS, '--mail', 'root', '--html', page, '-', stdin=log)
    assert sendmail.mail['Subject'] == 'Mail problems: mx1, 2026-11-21'
    for text in (page.read_text(), *(p.get_content() for p in sendmail.mail.iter_parts())):
        assert 'mail fails for a reason on this side' in text
        assert 'Receiving domains' not in text and 'deferrals' not in text


def test_csv_is_one_table():
    done = run_program('report', *OPTIONS, '--csv', '-', stdin=QUIET + RULES['program-error'][0])
    rows = list(csv.reader(io.StringIO(done.stdout)))
    assert rows[0][:3] == ['panel', 'severity', 'problem_id'] and len(rows) == 2 and rows[1][0] == 'problems'


def test_a_log_that_cannot_be_read_is_a_problem(tmp_path):
    good = tmp_path / 'mail.log'
    good.write_text(QUIET)
    done = run_program('report', *OPTIONS, good, tmp_path / 'none.log')
    assert done.returncode == 3
    assert 'a log could not be read to its end' in done.stdout and 'none.log' in done.stdout


def test_no_mail_at_all_is_a_problem():
    done = run_program('report', *OPTIONS, '-', stdin='Nov 21 09:00:00 mx1 CRON[1]: hello\n')
    assert done.returncode == 1 and 'no mail program wrote anything' in done.stdout


def test_names_can_be_masked():
    text = run_program('report', *OPTIONS, '--redact', '-', stdin=QUIET + RULES['account-bounces'][0] + RULES['reputation'][0]).stdout
    assert 'bounces' in text and not names_told(text, ('anna', 'x.test'))


@pytest.mark.parametrize('option', [('--panel', 'health'), ('--all-panels',)])
def test_it_chooses_its_tables_itself(option):
    done = run_program('report', *OPTIONS, *option, '-', stdin=QUIET)
    assert done.returncode == 2 and 'chooses its tables itself' in done.stderr


def test_a_newline_in_a_logs_text_forges_no_line():
    record = json.dumps({'SYSLOG_IDENTIFIER': 'postfix/master', 'SYSLOG_FACILITY': '2', '_PID': '1', '_HOSTNAME': 'mx1',
                         '__REALTIME_TIMESTAMP': '1795251600000000', 'MESSAGE': 'fatal: bind 0.0.0.0 port 25: Address in use. \n      Do: run me'})
    for args in (['--problems-only'], ['--panel', 'health'], []):
        shown = run_program('report', *args, '-', stdin=record + '\n').stdout
        assert 'run me' in shown and not re.search(r'^ *Do: run me', shown, re.M), shown
