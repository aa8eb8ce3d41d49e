# SPDX-License-Identifier: Apache-2.0
"""`mailwhy threats`: who is accused, on what evidence, and who must not be."""
import json

import pytest

from conftest import names_told, run_program

NO_FILES = {'MAILWHY_CONFIG': ''}


def login(second, ip, user, minute=0, hour=9):
    return (f'Nov 21 {hour:02}:{minute:02}:{second:02} mx1 postfix/submission/smtpd[2131]: warning: unknown[{ip}]: SASL LOGIN authentication '
            f'failed: (reason unavailable), sasl_username={user}\n')


def threats(text, *args, env=None):
    return run_program('threats', '--tz', 'UTC', '--year', 2026, *args, '-', stdin=text, env=env or NO_FILES)


def found(text, *args):
    return threats(text, '--json', *args).json['findings']


GUESSES = ''.join(login(3 * i, '203.0.113.7', 'anna@example.com') for i in range(12))


def test_text():
    result = threats(GUESSES)
    assert result.returncode == 0
    assert '[medium] 203.0.113.7 guesses passwords\n' in result.stdout
    assert '  203.0.113.7 tried 12 passwords within 33 s, for anna@example.com.\n' in result.stdout
    assert 'mailwhy trace --ip 203.0.113.7\n' in result.stdout
    assert '--trust 203.0.113.7' in result.stdout
    assert '    -:1: Nov 21 09:00:00 mx1' in result.stdout and '    -:12: ' in result.stdout


def test_nothing():
    result = threats(login(0, '203.0.113.7', 'anna@example.com'))
    assert result.returncode == 1
    assert 'Nothing found' in result.stdout


def test_json():
    answer = threats(GUESSES, '--json').json
    assert answer['levels'] == {'critical': 0, 'high': 0, 'medium': 1, 'low': 0}
    finding, = answer['findings']
    assert finding['detector'] == 'brute_force' and finding['kind'] == 'address'
    assert finding['subject'] == finding['net'] == '203.0.113.7' and finding['blames'] and finding['blockable']
    assert finding['members'] == ['anna@example.com'] and finding['member_kind'] == 'account'
    assert finding['setting'] == {'name': 'failures', 'value': '5'}
    assert finding['lines'][0]['line'] == 1 and 'sasl_username=anna' in finding['lines'][0]['text']


def test_csv():
    rows = threats(GUESSES, '--csv').stdout.split('\r\n')
    assert rows[0].startswith('level,confidence,detector,')
    assert rows[1].startswith('medium,high,brute_force,address,203.0.113.7,true,true,2026-11-21T09:00:00.000000Z,')


@pytest.mark.parametrize('args', [
    ['--set', 'brute_force.failures=13'],
    ['--set', 'brute_force.window=5s'],
    ['--trust', '203.0.113.0/24'],
    ['--level', 'high'],
    ['--ip', '192.0.2.1'],
])
def test_silenced(args):
    assert not [f for f in found(GUESSES, *args) if f['detector'] == 'brute_force']


def test_left_out_is_counted():
    answer = threats(GUESSES, '--json', '--trust', '203.0.113.7').json
    assert answer['left_out'] == {'findings': 1, 'nets': ['203.0.113.7']}
    assert '1 finding left out' in threats(GUESSES, '--trust', '203.0.113.7').stdout


@pytest.mark.parametrize('args, words', [
    (['--set', 'brute_force.failurs=3'], 'brute_force.failures'),
    (['--set', 'brute_forse.failures=3'], 'threats.brute_force.failures'),
    (['--set', 'brute_force.failures=0'], '1 to 1000000'),
    (['--set', 'brute_force.window=soon'], 'a span of time from 1s to 7d'),
    (['--set', 'brute_force.window=' + 1000 * '1000000d'], 'a span of time from 1s to 7d'),
    (['--set', 'brute_force.failures'], 'NAME.SETTING=VALUE'),
    (['--detector', 'brute_forse'], "did you mean 'brute_force'"),
    (['--level', 'bad'], 'low, medium, high or critical'),
    (['--trust', 'example.com'], 'no address or network'),
    (['--config', '/nowhere/mailwhy.conf'], '/nowhere/mailwhy.conf'),
])
def test_wrong_usage(args, words):
    result = threats('', *args)
    assert result.returncode == 2 and words in result.stderr


def test_detector_list():
    result = threats('', '--detector', 'list')
    assert result.returncode == 0
    assert 'brute_force.failures=5 ' in result.stdout and 'brute_force.window=10m ' in result.stdout


def test_configuration(tmp_path):
    conf = tmp_path / 'mailwhy.conf'
    conf.write_text('# ours\n\nthreats.brute_force.failures = 13 # many\n')
    assert not found(GUESSES, '--config', conf, '--detector', 'brute_force')
    assert found(GUESSES, '--config', conf, '--set', 'brute_force.failures=12', '--detector', 'brute_force')
    assert not json.loads(threats(GUESSES, '--json', '--detector', 'brute_force', env={'MAILWHY_CONFIG': str(conf)}).stdout)['findings']
    home = tmp_path / 'config' / 'mailwhy'
    home.mkdir(parents=True)
    (home / 'mailwhy.conf').write_text('trust = 203.0.113.7\n')
    result = threats(GUESSES, '--json', '--detector', 'brute_force', env={'MAILWHY_CONFIG': None, 'XDG_CONFIG_HOME': str(tmp_path / 'config')})
    assert result.json['left_out']['findings'] == 1


def test_configuration_that_is_wrong(tmp_path):
    conf = tmp_path / 'mailwhy.conf'
    conf.write_text('threats.brute_force.failurs = 13\nnonsense\ntrusd = 192.0.2.1\ntrust = x\ntrust = 203.0.113.7\n')
    result = threats(GUESSES, '--json', '--config', conf, '--detector', 'brute_force')
    assert result.json['left_out']['findings'] == 1
    for words in ("line 1: there is no setting", "line 2: 'nonsense' is no setting", "line 3: there is no setting 'trusd'; did you mean 'trust'?",
                  "line 4: 'x' is no address or network"):
        assert words in result.stderr


def test_redacted():
    text = GUESSES + ''.join(login(3 * i, '203.0.113.9', 'bob') for i in range(12))
    for form in ([], ['--json'], ['--csv']):
        out = threats(text, '--redact', *form).stdout
        assert not names_told(out, ('203.0.113', 'anna', 'example.com', 'bob')), form
    masked = {f['subject']: f for f in found(text, '--redact')}
    for subject, finding in masked.items():
        assert finding['summary'].startswith(subject) and finding['members'][0] in finding['summary']
        assert subject in finding['lines'][0]['text'] and finding['members'][0] in finding['lines'][0]['text']


def test_same_for_any_number_of_threads_and_any_batch():
    one = threats(GUESSES, '--json', '-j', '1').stdout
    assert threats(GUESSES, '--json', '-j', '4').stdout == one
    assert threats(GUESSES, '--json', '--batch-lines', '1').stdout == one
