# SPDX-License-Identifier: Apache-2.0
"""The totals of the report are those that the log generator knows to be true."""
import json
import os
import pathlib
import subprocess

import pytest

from conftest import PROGRAM

GENERATE = pathlib.Path(os.environ.get('GENERATE', PROGRAM.parents[1] / 'bench' / 'generate'))
LINES = 30000

TOTALS = ('messages', 'bytes', 'recipients', 'delivered', 'relayed', 'bounced', 'expired', 'deferrals', 'rejections',
          'logins_ok', 'logins_failed', 'connections', 'notifications')
NOUGHT = ('deferred', 'pending', 'held', 'discarded', 'removed')


@pytest.mark.parametrize('seed', [1, 7])
@pytest.mark.parametrize('kind', [['postfix'], ['postfix', '--rfc3339'], ['exim']], ids=' '.join)
def test_totals(mailwhy, tmp_path, kind, seed):
    if not GENERATE.exists():
        pytest.fail(f"'{GENERATE}' is not built")
    log, truth = tmp_path / 'mail.log', tmp_path / 'truth.json'
    with open(log, 'wb') as f:
        subprocess.run([GENERATE, *kind, '--truth', truth, str(LINES), str(seed)], stdout=f, check=True, timeout=60)
    want = json.loads(truth.read_text())
    answer = mailwhy('report', '--json', log).json
    if not want['connections']:  # no line tells of a session: that is not the same as none
        want['connections'] = None
    assert {k: answer['totals'][k] for k in TOTALS} == {k: want[k] for k in TOTALS}
    assert {k: answer['totals'][k] for k in NOUGHT} == dict.fromkeys(NOUGHT, 0)
    lines = answer['lines']
    assert lines['read'] == want['lines']
    assert lines['foreign'] == want['foreign']
    assert lines['other'] == lines['malformed'] == 0


def test_same_bytes():
    """The generator makes the same bytes of the same arguments, others of another seed."""
    made = [subprocess.run([GENERATE, 'postfix', '2000', seed], stdout=subprocess.PIPE, check=True, timeout=60).stdout
            for seed in ('1', '1', '2')]
    assert made[0] == made[1] != made[2]
