# SPDX-License-Identifier: Apache-2.0
"""Texts for people are translated, answers for programs are not: with a catalogue that marks every text it was asked for."""
import importlib.machinery
import importlib.util
import re
import shutil
import subprocess

import pytest

from conftest import ROOT, run_program

OPTIONS = ('--tz', 'UTC', '--year', '2026')
GOLDEN = ROOT / 'tests' / 'golden'
OPEN, CLOSE = '\u2039', '\u203a'


def update_pot():
    path = ROOT / 'script' / 'update-pot'
    loader = importlib.machinery.SourceFileLoader('update_pot', str(path))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader('update_pot', loader))
    loader.exec_module(module)
    return module


@pytest.fixture(scope='module', name='texts')
def all_texts():
    return update_pot().collect().found


@pytest.fixture(scope='module', name='catalogue')
def catalogue_of_marks(tmp_path_factory, texts):
    """A language in which every text stands in angle quotes."""
    if not shutil.which('msgfmt'):
        pytest.skip('msgfmt (package gettext) is not installed')
    quoted = update_pot().quoted
    out = ['msgid ""', 'msgstr "Content-Type: text/plain; charset=UTF-8\\nPlural-Forms: nplurals=2; plural=(n != 1);\\n"', '']
    for (name, text), (plural, _) in texts.items():
        out += [f'msgctxt {quoted(name)}', f'msgid {quoted(text)}']
        if plural:
            out += [f'msgid_plural {quoted(plural)}', f'msgstr[0] {quoted(OPEN + text + CLOSE)}',
                    f'msgstr[1] {quoted(OPEN + plural + CLOSE)}', '']
        else:
            out += [f'msgstr {quoted(OPEN + text + CLOSE)}', '']
    directory = tmp_path_factory.mktemp('locale')
    (directory / 'marks.po').write_text('\n'.join(out))
    target = directory / 'xx' / 'LC_MESSAGES'
    target.mkdir(parents=True)
    subprocess.run(['msgfmt', '-o', target / 'mailwhy.mo', directory / 'marks.po'], check=True)
    return {'LC_ALL': 'C.UTF-8', 'LANGUAGE': 'xx', 'MAILWHY_LOCALEDIR': str(directory)}


def plain(text):
    return text.replace(OPEN, '').replace(CLOSE, '')


def test_there_are_texts(texts):
    names = {name for name, _ in texts}
    for name in ('google-no-such-user.summary', 'google-no-such-user.action', 'held-by-administrator.summary', 'trace.label.server',
                 'trace.verdict.bounced', 'trace.relation.bounce.child', 'trace.mailbox.store', 'explain.dsn', 'term.EXIM_FLAG.<='):
        assert name in names, name
    rules = ''.join(p.read_text() for p in (ROOT / 'data' / 'causes').glob('*.rules'))
    causes = set(re.findall(r'^cause\s+(\S+)', rules, re.M))
    assert {f'{c}.{part}' for c in causes for part in ('summary', 'action')} <= names
    assert not [name for (name, text) in texts if not text.strip() or name != name.strip()]


def test_one_text_for_each_name(texts):
    """A name stands for one text, so that a translator sees what changed; and the collector has seen every use."""
    names = [name for name, _ in texts]
    twice = sorted({n for n in names if names.count(n) > 1}) if len(set(names)) != len(names) else []
    assert not twice
    pattern = re.compile(r'\b(?:TR_KEY|tr|trn)\(\s*"([^"]+)"')
    used = {m for p in (ROOT / 'src').rglob('*.[ch]') for m in pattern.findall(p.read_text()) if p.name not in ('tr.h', 'tr.c')}
    assert {u for u in used if not u.endswith('.')} <= set(names)


@pytest.mark.parametrize('log', ['track/postfix-expired.log', 'track/postfix-hold-remove.log', 'sendmail/refused-and-given-up.log',
                                 'track/mailbox-joined.log', 'track/logins.log', 'exim/hostile-text.log'])
def test_trace_is_translated(catalogue, log):
    args = ('trace', '--all', '--no-limit', *OPTIONS, log)
    english = run_program(*args, cwd=GOLDEN).stdout
    marked = run_program(*args, cwd=GOLDEN, env=catalogue).stdout
    assert OPEN not in english and plain(re.sub(' +', ' ', marked)) == re.sub(' +', ' ', english)
    for line in marked.splitlines():
        label = re.match(r'  \u2039?(server|from|client|size|id|subject)\u203a? ', line)
        assert not label or f'{OPEN}{label[1]}{CLOSE}' in line, line
        if re.search(r'\[\w+, [\w-]+\]$', line):  # a sentence with its cause and action
            assert re.search(rf'{OPEN}(Not delivered|Refused|Login failed)', line) or f'{OPEN}What to do' in line, line
            assert re.search(rf'{CLOSE} \[\w+, [\w-]+\]$', line), line  # what to do
    assert f'{OPEN}server{CLOSE}' in marked or 'logins' in log


@pytest.mark.parametrize('listing', ['exim', 'postfix-json', 'sendmail-quarantine'])
def test_queue_is_translated(catalogue, listing):
    args = ('queue', '--now', '2026-11-22T07:40:00Z', *OPTIONS, f'{listing}.listing', 'exim.mail')
    english = run_program(*args, cwd=GOLDEN / 'queue').stdout
    marked = run_program(*args, cwd=GOLDEN / 'queue', env=catalogue).stdout
    assert OPEN not in english and plain(marked) == english
    for line in marked.splitlines():
        assert OPEN in line or not line or re.match(r'\S+, \d+ lines, | {6}\S', line), line
    as_json = run_program(*args, '--json', cwd=GOLDEN / 'queue', env=catalogue).stdout
    assert OPEN not in as_json and as_json == run_program(*args, '--json', cwd=GOLDEN / 'queue').stdout


def test_cause_in_the_users_language(catalogue):
    said = '550-5.1.1 The email account that you tried to reach does not exist. Please try 550 5.1.1 - gsmtp'
    english = run_program('explain', said).stdout
    marked = run_program('explain', said, env=catalogue).stdout
    # a sentence begins with a capital letter, whatever the cause's own words do
    assert OPEN not in english and f'{OPEN}the mailbox' in marked and plain(marked).lower().split() == english.lower().split()


@pytest.mark.parametrize('args', [('trace', '--all', '--no-limit', '--json'), ('report', '--all-panels', '--json'), ('report', '--all-panels', '--csv'),
                                  ('parse', '--json')])
def test_programs_get_english(catalogue, args):
    for log in ('track/postfix-expired.log', 'exim/rejections.log'):
        english = run_program(*args, *OPTIONS, log, cwd=GOLDEN).stdout
        assert run_program(*args, *OPTIONS, log, cwd=GOLDEN, env=catalogue).stdout == english and OPEN not in english


def test_report_tells_causes_in_the_users_language(catalogue):
    shown = run_program('report', *OPTIONS, 'track/postfix-expired.log', cwd=GOLDEN, env=catalogue).stdout
    assert OPEN in shown.split('Why mail was not delivered')[1].split('\n\n')[0]


def test_a_catalogue_with_other_words_is_not_taken(catalogue, tmp_path):
    """A translation of a sentence that has changed since is left alone."""
    target = tmp_path / 'xx' / 'LC_MESSAGES'
    target.mkdir(parents=True)
    (tmp_path / 'old.po').write_text('msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
                                     'msgctxt "trace.label.server"\nmsgid "the server of old"\nmsgstr "xxxxxx"\n')
    subprocess.run(['msgfmt', '-o', target / 'mailwhy.mo', tmp_path / 'old.po'], check=True)
    shown = run_program('trace', '--all', *OPTIONS, 'track/postfix-expired.log', cwd=GOLDEN,
                        env={**catalogue, 'MAILWHY_LOCALEDIR': str(tmp_path)}).stdout
    assert '  server  ' in shown and 'xxxxxx' not in shown


def test_the_stored_texts_are_current():
    if not (ROOT / 'po' / 'mailwhy.pot').exists():
        pytest.skip('po/mailwhy.pot is made for releases: script/update-pot')
    done = subprocess.run([ROOT / 'script' / 'update-pot', '--check'], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
