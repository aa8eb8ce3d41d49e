# SPDX-License-Identifier: Apache-2.0
"""report --mail: a correct mail in the hands of sendmail, whatever the names in the logs are."""
import email
import email.policy
import os
import re

import pytest

from conftest import ROOT, run_program
from test_html import Document, hostile_log

SENDMAIL = '''#!/bin/sh
# keeps what it was given beside itself
[ ! -e "$0.fail" ] || { echo "no such luck" >&2; exit 75; }
for a in "$@"; do printf '%s\\n' "$a"; done >"$0.args"
cat >"$0.mail"
echo "what it prints is for nobody"
'''
LOG = ROOT / 'samples' / 'postfix.log'


@pytest.fixture
def sendmail(tmp_path):
    """A sendmail that keeps what it gets, and `mail`, which runs a report and returns what came of it."""
    program = tmp_path / 'send mail; true'  # no shell reads this
    program.write_text(SENDMAIL)
    program.chmod(0o755)

    class Box:
        path = program

        @staticmethod
        def run(*args, **kw):
            return run_program('report', *args, env={'MAILWHY_SENDMAIL': str(program), **kw.pop('env', {})}, **kw)

        @property
        def args(self):
            return (tmp_path / (program.name + '.args')).read_text().splitlines()

        @property
        def raw(self):
            return (tmp_path / (program.name + '.mail')).read_bytes()

        @property
        def mail(self):
            return email.message_from_bytes(self.raw, policy=email.policy.default)

        @property
        def sent(self):
            return (tmp_path / (program.name + '.mail')).exists()

    return Box()


@pytest.fixture
def log(tmp_path):
    path = tmp_path / 'mail.log'
    path.write_bytes(hostile_log())
    return path


def test_it_is_a_mail(sendmail, log):
    done = sendmail.run('--mail', 'boss@example.com', '--mail', 'root', '--year', '2026', log)
    assert (done.returncode, done.stdout, done.stderr) == (0, '', '')
    assert sendmail.args == ['-i', 'boss@example.com', 'root']
    mail = sendmail.mail
    assert not mail.defects
    assert [a.addr_spec for a in mail['To'].addresses] == ['boss@example.com', 'root']
    assert mail['Subject'] == 'Mail report: mx1, 2026-11-21'
    assert mail['Auto-Submitted'] == 'auto-generated'
    assert mail['MIME-Version'] == '1.0' and mail.get_content_type() == 'multipart/alternative'
    assert mail['Date'].datetime.utcoffset() is not None
    assert re.fullmatch(r'<[\w.-]+@[\w.-]+>', mail['Message-ID'])
    assert not mail['From'] and not mail['Bcc']
    text, page = mail.iter_parts()
    assert (text.get_content_type(), page.get_content_type()) == ('text/plain', 'text/html')
    for part in (text, page):
        assert not part.defects and part.get_content_charset() == 'utf-8' and part['Content-Transfer-Encoding'] == 'quoted-printable'
    assert 'Why mail was not delivered' in text.get_content()
    assert 'Why mail was not delivered' in page.get_content()


def test_it_travels_over_any_path(sendmail, log):
    sendmail.run('--mail', 'root', log)
    assert re.fullmatch(rb'[\n\x20-\x7e]*', sendmail.raw), 'pure ASCII'
    lines = sendmail.raw.split(b'\n')
    assert max(map(len, lines)) <= 78
    assert not [line for line in lines if line.startswith((b'From ', b'.'))]


def test_the_text_is_that_of_the_terminal_and_the_page_holds_no_script(sendmail, log):
    sendmail.run('--mail', 'root', '--top', '3', '--year', '2026', log)
    text, page = (part.get_content() for part in sendmail.mail.iter_parts())
    assert max(len(line) for line in text.splitlines()[1:]) < 100
    document = Document(page)
    assert not {'script', 'svg', 'nav', 'input'} & set(document.elements)
    assert len(document.raw['style']) < 8000 and 'var(' not in document.raw['style']
    senders = re.search(r'id="senders">(.*?)</section>', page, re.S)[1]
    assert senders.count('<tr>') == 3 + 1 and '... and 37 more rows' in senders
    assert text.count('user') and re.search(r'Senders\n.*\n(.*\n){3}  \.\.\. and 37 more', text)


def test_the_page_and_the_mail_have_their_own_lengths(sendmail, log, tmp_path):
    sendmail.run('--mail', 'root', '--html', tmp_path / 'r.html', '--year', '2026', log)
    page = list(sendmail.mail.iter_parts())[1].get_content()
    count = [re.search(r'id="senders">(.*?)</section>', t, re.S)[1].count('<tr>') for t in (page, (tmp_path / 'r.html').read_text())]
    assert count == [10 + 1, 40 + 1]


@pytest.mark.parametrize('name', [
    'mx\nBcc: evil@evil.test', 'mx\r\nBcc: evil@evil.test\r\n\r\n<b>', 'mx\n\nbody', 'sunucu-ğüş' * 20, 'x' * 1500, '‮txt',
])
def test_names_begin_no_header(sendmail, log, name):
    done = sendmail.run('--mail', 'root', '--server', f'*mail.log={name}', '--year', '2026', log)
    assert done.returncode == 0, done.stderr
    mail = sendmail.mail
    assert not mail.defects and not mail['Bcc']
    assert sorted(k.lower() for k in mail.keys()) == sorted(
        ['to', 'subject', 'date', 'message-id', 'auto-submitted', 'mime-version', 'content-type'])
    assert max(map(len, sendmail.raw.split(b'\n'))) <= 78
    shown = name.replace('\n', '\\x0a').replace('\r', '\\x0d').replace('\u202e', '\\u202e')
    assert mail['Subject'] == f'Mail report: {shown}, 2026-11-21'
    assert len(list(mail.iter_parts())) == 2


@pytest.mark.parametrize('address', ['', '-oQ/tmp@x.test', 'a@b, c@d', 'a b@c.test', 'a@b\nBcc: c@d', '<a@b.test>', 'a@', '@b', 'a@@b..c', '"a"@b.test',
                                     'a@b.test;', 'a' * 300 + '@b.test', 'ş@b.test'])
def test_what_is_no_address(sendmail, log, address):
    done = sendmail.run('--mail', address, log)
    assert done.returncode == 2 and '--mail takes an address' in done.stderr
    assert not sendmail.sent


@pytest.mark.parametrize('address', ['root', "o'brien+mail@sub.example.com", 'x@[192.0.2.1]', 'x@[IPv6:2001:db8::1]'])
def test_what_is_an_address(sendmail, log, address):
    assert sendmail.run('--mail', address, log).returncode == 0
    assert address.encode() in sendmail.raw.split(b'\n')[0]


def test_what_sendmail_says_is_told(sendmail, log, tmp_path):
    (tmp_path / (sendmail.path.name + '.fail')).touch()
    done = sendmail.run('--mail', 'root', log)
    assert done.returncode == 3 and f"cannot mail: '{sendmail.path}' failed with exit code 75: no such luck" in done.stderr
    done = sendmail.run('--mail', 'root', log, env={'MAILWHY_SENDMAIL': str(tmp_path / 'none')})
    assert done.returncode == 3 and 'cannot be run' in done.stderr


def test_forms_that_do_not_go_together(sendmail, log):
    for option in ('--json', '--csv', '--compat=eximstats'):
        assert sendmail.run('--mail', 'root', option, log).returncode == 2
    assert not sendmail.sent


def test_names_can_be_masked(sendmail, log):
    sendmail.run('--mail', 'root', '--redact', log)
    assert b'here.test' not in sendmail.raw and b'evil.test' not in sendmail.raw
    assert 'mx1' not in sendmail.mail['Subject']
