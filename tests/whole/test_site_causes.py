# SPDX-License-Identifier: Apache-2.0
"""--causes: rules of a site, and what becomes of wrong ones."""
import re

import pytest

RULE = '''cause {id}
  class    {klass}
  side     rcpt-admin
  waiting  yes
  match    "come back on monday"
  summary  our partner takes no mail at weekends
  action   Wait until Monday.
  sample   450 come back on Monday
'''
LOG = ('Nov 21 09:00:01 mx postfix/qmgr[1]: 4A1B2C3D4E: from=<a@example.com>, size=1, nrcpt=1 (queue active)\n'
       'Nov 21 09:00:02 mx postfix/smtp[2]: 4A1B2C3D4E: to=<b@example.net>, relay=mx.example.net[192.0.2.1]:25, delay=1, '
       'delays=0/0/0/1, dsn=4.7.1, status=deferred (host mx.example.net[192.0.2.1] said: 450 4.7.1 Come back on Monday '
       '(in reply to RCPT TO command))\n')


def rules(folder, **files):
    for name, text in files.items():
        (folder / f'{name}.rules').write_text(text)
    return folder


def good(name='ours'):
    return RULE.format(id=name, klass='policy')


@pytest.mark.parametrize('answer', [
    lambda run, log, site: run('explain', '--json', '--causes', site, '450 4.7.1 Come back on Monday').ndjson[0]['cause'],
    lambda run, log, site: run('trace', '--json', '--all', '--causes', site, log).json['messages'][0]['recipients'][0]['cause'],
])
def test_a_sites_rule_wins(mailwhy, tmp_path, answer):
    log = tmp_path / 'mail.log'
    log.write_text(LOG)
    cause = answer(mailwhy, log, rules(tmp_path, site=good()))
    assert (cause['id'], cause['class'], cause['side'], cause['basis']) == ('ours', 'policy', 'rcpt-admin', 'text')
    assert cause['action'] == 'Wait until Monday.'


def test_report_uses_a_sites_rules(mailwhy, tmp_path):
    log = tmp_path / 'mail.log'
    log.write_text(LOG)
    assert 'our partner takes no mail at weekends' in mailwhy('report', '--causes', rules(tmp_path, site=good()), log).stdout


def test_a_single_file_will_do(mailwhy, tmp_path):
    rules(tmp_path, site=good())
    answer = mailwhy('explain', '--json', '--causes', tmp_path / 'site.rules', '450 Come back on Monday').ndjson[0]
    assert answer['cause']['id'] == 'ours'


def test_a_wrong_rule_spoils_no_other(mailwhy, tmp_path):
    """File, line and reason are told, and neither the file's other rules nor other files suffer."""
    rules(tmp_path, a=RULE.format(id='bad', klass='odd') + good(), b='match "x"\n' + good(), c='no rules at all \x00\xff\n' * 3)
    done = mailwhy('explain', '--json', '--causes', tmp_path, '450 Come back on Monday')
    assert done.returncode == 0
    assert done.ndjson[0]['cause']['id'] == 'ours'
    warnings = done.stderr.splitlines()
    assert warnings[0] == f"mailwhy: warning: {tmp_path}/a.rules:2: 'odd' is no class; cause 'bad' is left out"
    assert f"{tmp_path}/b.rules:1: 'match' stands before any cause; the line is left out" in warnings[1]
    assert f'{tmp_path}/b.rules:2: there is a cause of this id already ({tmp_path}/a.rules:9)' in warnings[2]
    assert all(f'{tmp_path}/c.rules:' in w for w in warnings[3:]) and len(warnings) == 6


def test_files_that_cannot_be_read(mailwhy, tmp_path):
    """A warning each; the answer goes on with the rules that are built in."""
    (tmp_path / 'folder.rules').mkdir()
    (tmp_path / 'huge.rules').write_bytes(b'# ' + b'x' * (1 << 20))
    for where, word in ((tmp_path / 'nowhere', 'No such file'), (tmp_path, 'directory')):
        done = mailwhy('explain', '--json', '--causes', where, '550 5.1.1 User unknown')
        assert done.returncode == 0 and word in done.stderr
        assert done.ndjson[0]['cause']['class'] == 'hard'
    assert 'huge.rules' in done.stderr


def test_a_folder_without_rules_is_told(mailwhy, tmp_path):
    assert 'there is no *.rules' in mailwhy('explain', '--causes', tmp_path, '550 no').stderr


@pytest.mark.parametrize('ask', ['text', 'json'])
def test_a_cause_is_explained_by_its_id(mailwhy, tmp_path, ask):
    site = rules(tmp_path, site=good(), more=RULE.format(id='generic-mailbox-full', klass='soft').replace('monday', 'tuesday'))
    for options, id_, klass, words in [
            ([], 'google-no-such-user', 'hard', 'does not exist at Google'), ([], 'generic-mailbox-full', 'quota', 'mailbox of the recipient is full'),
            (['--causes', site], 'ours', 'policy', 'our partner takes no mail'),
            (['--causes', site], 'generic-mailbox-full', 'soft', 'our partner takes no mail')]:
        if ask == 'json':
            answer = mailwhy('explain', '--json', *options, id_).ndjson[0]
            assert answer['kind'] == 'cause' and answer['cause']['id'] == id_ and answer['cause']['class'] == klass
            assert words in answer['cause']['summary']
        else:
            shown = mailwhy('explain', *options, id_)
            assert shown.returncode == 0 and re.match(rf'  {id_} +cause', shown.stdout) and words in shown.stdout and '\nDo: ' in shown.stdout
    assert mailwhy('explain', 'ours').returncode == 1
    assert 'Waiting helps if the reply begins with 4.' in mailwhy('explain', 'generic-mailbox-full').stdout


def test_answers_for_people_name_causes_by_ids_that_explain_knows(mailwhy, tmp_path):
    log = tmp_path / 'mail.log'
    log.write_text(LOG)
    site = rules(tmp_path, site=good())
    assert '[policy, rcpt-admin, ours]' in mailwhy('trace', '--all', '--causes', site, log).stdout
    assert 'at weekends. Waiting may help. [ours]\n' in mailwhy('explain', '--causes', site, '450 Come back on Monday').stdout
    assert '      our partner takes no mail at weekends [ours].\n      Do: Wait until Monday.\n' in mailwhy('report', '--causes', site, log).stdout
