# SPDX-License-Identifier: Apache-2.0
"""Strangers choose Message-IDs, and logs may repeat themselves: the work grows with the lines, not with their square.

Each of these takes about a second.  If every message looked at all others it would be minutes, and the run is ended.
"""
import pytest

from conftest import run_program

LINES = 60000
SECONDS = 80  # until a run is ended: only to have an end


def stamp(i):
    return f'{9 + i // 3600:02}:{i // 60 % 60:02}:{i % 60:02}'


def exim(client, queue_id, message_id):
    return ''.join(f'2026-11-21 {stamp(i // 2)} {queue_id(i)} <= a@example.net H=mail.example.net [{client}] P=esmtps S=2000 '
                   f'id={message_id(i)}@example.net for b@example.com\n' for i in range(LINES))


def one_message_tried_for_ever():
    return 'Nov 21 08:59:59 mx postfix/qmgr[1]: 4AAAAA1: from=<a@example.com>, size=1, nrcpt=1 (queue active)\n' + ''.join(
        f'Nov 21 {stamp(i // 2)} mx postfix/smtp[2]: 4AAAAA1: to=<b@example.net>, relay=none, delay=1, delays=1/0/0/0, dsn=4.4.1, '
        f'status=deferred (connect to mx.example.net[192.0.2.1]:25: Connection timed out)\n' for i in range(LINES))


def deliveries_of_nobody():
    return ''.join(
        f'Nov 21 {stamp(i // 2)} mx postfix/cleanup[1]: 4A{i:06X}: message-id=<same@example.org>\n'
        f'Nov 21 {stamp(i // 2)} mx postfix/qmgr[1]: 4A{i:06X}: from=<a@example.com>, size=1, nrcpt=1 (queue active)\n'
        f'Nov 21 {stamp(i // 2)} mx dovecot: lmtp(u{i}@example.net)<12><ab{i}>: msgid=<same@example.org>: saved mail to INBOX\n'
        for i in range(LINES // 2))


LOGS = {
    'message-id': lambda: exim('192.0.2.1', lambda i: f'1xUgwz-{i:06}-84', lambda i: 'same'),
    'message-id-from-here': lambda: exim('127.0.0.1', lambda i: f'1xUgwz-{i:06}-84', lambda i: 'same'),
    'queue-id': lambda: exim('192.0.2.1', lambda i: '1xUgwz-00016v-84', str),
    'attempts': one_message_tried_for_ever,
    'deliveries': deliveries_of_nobody,
}


@pytest.mark.slow
@pytest.mark.parametrize('command', [('report',), ('trace', '--all', '--no-limit', '--brief')])
@pytest.mark.parametrize('name', LOGS)
def test_what_repeats_is_cheap(tmp_path, command, name):
    path = tmp_path / 'log'
    path.write_text(LOGS[name]())
    result = run_program(*command, '--year', '2026', path, timeout=SECONDS)
    assert result.returncode == 0 and result.stdout
