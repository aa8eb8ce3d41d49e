# SPDX-License-Identifier: Apache-2.0
"""Strangers choose Message-IDs, and logs may repeat themselves: the work grows with the lines, not with their square."""
import resource

import pytest

from conftest import run_program

LINES = 30000
SECONDS = 6  # of processor time; a quarter of one is enough, three times this if each message looks at all others


def log(path, client, queue_id, message_id):
    path.write_text(''.join(
        f'2026-11-21 {9 + i // 3600:02}:{i // 60 % 60:02}:{i % 60:02} {queue_id(i)} <= a@example.net H=mail.example.net [{client}] P=esmtps S=2000 '
        f'id={message_id(i)}@example.net for b@example.com\n' for i in range(LINES)))
    return path


def processor_seconds():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


@pytest.mark.slow
@pytest.mark.parametrize('command', [('report',), ('trace', '--all', '--no-limit')])
@pytest.mark.parametrize('client,queue_id,message_id', [
    ('192.0.2.1', lambda i: f'1xUgwz-{i:06}-84', lambda i: 'same'),
    ('127.0.0.1', lambda i: f'1xUgwz-{i:06}-84', lambda i: 'same'),
    ('192.0.2.1', lambda i: '1xUgwz-00016v-84', str),
], ids=['message-id', 'message-id-from-here', 'queue-id'])
def test_what_repeats_is_cheap(tmp_path, command, client, queue_id, message_id):
    path = log(tmp_path / 'mainlog', client, queue_id, message_id)
    before = processor_seconds()
    result = run_program(*command, '-j1', '--year', '2026', path)
    assert result.returncode == 0 and result.stdout
    assert processor_seconds() - before < SECONDS
