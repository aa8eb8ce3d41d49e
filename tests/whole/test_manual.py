# SPDX-License-Identifier: Apache-2.0
"""The manual: every option, command and cause is in it and nothing else; its pages are well formed, say on the terminal what they say in
man(1), and every example in them runs."""
import os
import re
import shutil
import subprocess

import pytest

from conftest import PROGRAM, ROOT, run_program

BUILD = PROGRAM.resolve().parents[1]
PAGES = sorted((ROOT / 'manual' / 'pages').glob('*.txt'))
SAMPLES = ROOT / 'samples'

pytestmark = pytest.mark.skipif(not (BUILD / 'manual' / 'mailwhy.1').exists(), reason='the manual is in a build directory')


def file_of(topic):
    name = {'mailwhy': 'mailwhy.1', 'conf': 'mailwhy.conf.5', 'causes': 'mailwhy-causes.5'}.get(topic, f'mailwhy-{topic}.1')
    return BUILD / 'manual' / name


def commands():
    listed = run_program('--help').stdout.split('Commands:\n')[1].split('\n\n')[0]
    return re.findall(r'^  (\w+) ', listed, re.M)


def options_of_help(command):
    """{'-S', '--since', ...} as --help lists them"""
    text = run_program(*([command] if command else []), '--help').stdout
    rows = re.findall(r'^  (?:(-\w), |    )(--[\w-]+)', text, re.M)
    return {option for row in rows for option in row if option}


def options_of_page(topic):
    """The same as its man page describes them."""
    terms = re.findall(r'^\.TP\n(.*)', file_of(topic).read_text(), re.M)
    found = set()
    for term in terms:
        plain = re.sub(r'\\f.', '', term).replace('\\-', '-')
        if plain.startswith('-'):
            found.update(re.findall(r'(?:^|, )(--[\w-]+|-[A-Za-z](?![\w-]))', plain))
    return found


COMMANDS = commands()
TOPICS = ['mailwhy', *COMMANDS, 'conf', 'causes']


def test_every_command_has_a_page_and_every_page_a_subject():
    assert sorted(TOPICS) == sorted(p.stem for p in PAGES)
    assert all(file_of(topic).exists() for topic in TOPICS)
    assert {p.name for p in (BUILD / 'manual').glob('mailwhy*.[15]')} == {file_of(topic).name for topic in TOPICS}


@pytest.mark.parametrize('command', COMMANDS)
def test_a_page_has_the_options_of_the_help(command):
    options = options_of_help(command)
    assert len(options) >= 6 and '--help' in options
    assert options_of_page(command) == options


def test_the_page_of_the_program_has_what_commands_share():
    filters = {'--sender', '--status', '--direction', '--from'}
    assert options_of_help(None) | filters < options_of_page('mailwhy') < options_of_help('trace')
    assert '--lines' not in options_of_page('mailwhy')


@pytest.mark.parametrize('topic', TOPICS)
def test_sections_stand_in_their_order(topic):
    sections = re.findall(r'^\.SH "(.*)"', file_of(topic).read_text(), re.M)
    order = ['NAME', 'SYNOPSIS', 'DESCRIPTION', 'OPTIONS', 'FILTERS', 'COMMON OPTIONS', 'EXIT STATUS', 'ENVIRONMENT', 'FILES', 'NOTES',
             'EXAMPLES', 'SEE ALSO']
    known = [s for s in sections if s in order]
    assert known == sorted(known, key=order.index) and sections[-2:] == order[-2:]
    assert [s for s in sections if s != 'SYNOPSIS'][:2] == ['NAME', 'DESCRIPTION'] and ('SYNOPSIS' in sections) == (topic != 'causes')
    assert topic in ('conf', 'causes') or 'EXIT STATUS' in sections


def test_references_lead_somewhere():
    for topic in TOPICS:
        text = re.sub(r'\\f.|\\&', '', file_of(topic).read_text()).replace('\\-', '-')
        for name, section in re.findall(r'(mailwhy[\w.-]*)\((\d)\)', text):
            assert (BUILD / 'manual' / f'{name}.{section}').exists(), f'{topic}: {name}({section})'


# --- well formed -------------------------------------------------------------------------------------------

@pytest.mark.slow
@pytest.mark.parametrize('topic', TOPICS)
@pytest.mark.skipif(not shutil.which('mandoc'), reason='mandoc is not there')
def test_mandoc_has_nothing_to_say(topic):
    done = subprocess.run(['mandoc', '-T', 'lint', '-W', 'warning', file_of(topic)], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and not done.stdout + done.stderr, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize('topic', TOPICS)
@pytest.mark.skipif(not shutil.which('man') or not shutil.which('groff'), reason='man-db is not there')
def test_man_has_nothing_to_say(topic):
    done = subprocess.run(['man', '--warnings', '-E', 'UTF-8', '-l', '-Tutf8', '-Z', file_of(topic)], capture_output=True, check=False,
                          env={**os.environ, 'MANWIDTH': '80', 'LC_ALL': 'C.UTF-8', 'MANROFFSEQ': ''})
    assert done.returncode == 0 and not done.stderr, done.stderr


def squeezed(text):
    """Without blanks, and with plain quotes: what is compared is the words."""
    text = text.replace('\u2019', "'").replace('\u2018', '`').replace('\u2010', '-').replace('\u2212', '-').replace('\u00a0', ' ')
    return re.sub(r'\s+', '', text)


@pytest.mark.parametrize('topic', TOPICS)
@pytest.mark.parametrize('formatter', [['groff', '-man', '-Tutf8', '-P-c', '-P-b', '-P-o', '-P-u'], ['mandoc', '-T', 'utf8']], ids=['groff', 'mandoc'])
def test_help_shows_what_man_shows(topic, formatter):
    """Two renderers of our own and two of others agree on every word of every page."""
    if not shutil.which(formatter[0]):
        pytest.skip(f'{formatter[0]} is not there')
    done = subprocess.run([*formatter, file_of(topic)], capture_output=True, text=True, check=True, env={**os.environ, 'LC_ALL': 'C.UTF-8'})
    lines = re.sub('.\b', '', done.stdout).strip().split('\n')[1:-1]  # header and footer
    theirs, ours = squeezed('\n'.join(lines)), squeezed(run_program('help', topic).stdout)
    at = next((i for i, (a, b) in enumerate(zip(theirs, ours)) if a != b), min(len(theirs), len(ours)))
    assert at > 500 and (theirs[at:at + 60], ours[at:at + 60]) == ('', '')


def test_pages_of_the_terminal_are_as_wide_as_it():
    for topic in TOPICS:
        long = [line for line in run_program('help', topic).stdout.split('\n') if len(line) > 80 and not line.startswith(' ' * 11)]
        assert not [line for line in long if ' ' in line.strip()], topic


@pytest.mark.parametrize('command', [None, *COMMANDS])
def test_the_brief_help_fits_a_terminal(command):
    text = run_program(*([command] if command else []), '--help').stdout
    assert [line for line in text.split('\n') if len(line) > 80] == []
    assert f'mailwhy help {command or "COMMAND"}' in re.sub(r'\s+', ' ', text)


# --- mailwhy help ------------------------------------------------------------------------------------------

def test_help_finds_pages_by_all_their_names():
    page = run_program('help', 'trace').stdout
    assert page.startswith('NAME\n       mailwhy-trace - what happened to a message')
    assert page == run_program('help', 'mailwhy-trace').stdout
    assert run_program('help', 'conf').stdout == run_program('help', 'mailwhy.conf').stdout
    assert '\033' not in page
    assert '\033[1m--lines\033[0m' in run_program('help', 'trace', '--color', 'always').stdout
    assert run_program('help').stdout == run_program('--help').stdout


def test_help_of_a_cause():
    text = run_program('help', 'google-no-such-user').stdout
    assert 'does not exist at Google' in text and 'sender-user' in text and 'Class: hard' in text


@pytest.mark.parametrize('topic, hint', [('tracce', "did you mean 'trace'?"), ('google-no-such-usr', "did you mean 'google-no-such-user'?"),
                                         ('xyzzyxyzzy', 'mailwhy --help lists the commands')])
def test_help_of_what_there_is_not(topic, hint):
    done = run_program('help', topic)
    assert done.returncode == 2 and done.stdout == '' and hint in done.stderr


def test_help_takes_one_topic():
    assert run_program('help', 'trace', 'report').returncode == 2


# --- causes, keys ------------------------------------------------------------------------------------------

def test_the_page_of_causes_has_all_of_them():
    """Under the class that its rule names."""
    want = {}
    for path in (ROOT / 'data' / 'causes').glob('*.rules'):
        for cause, body in re.findall(r'^cause ([\w.-]+)\n((?:  .*\n|#.*\n)*)', path.read_text(), re.M):
            want[cause] = re.search(r'^  class +(\w+)', body, re.M)[1]
    deeds = (ROOT / 'src' / 'diagnose' / 'deeds.def').read_text()
    want |= {name: kind.lower() for name, kind in re.findall(r'^DEED\(\w+, "([\w.-]+)", CLASS_(\w+),', deeds, re.M)}
    assert len(want) > 1100
    text = run_program('help', 'causes').stdout
    found = {}
    for part in re.split(r'^   (?=\w+: )', text.split('CAUSES BY CLASS\n')[1].split('\nFILES\n')[0], flags=re.M)[1:]:
        kind = part.split(':')[0]
        found |= {cause: kind for cause in re.findall(r'^       ([\w.-]+) \([\w-]+; waiting', part, re.M)}
    assert found == want


def test_the_page_of_the_settings_has_all_keys():
    example = run_program('config', '--example').stdout
    keys = {re.sub(r'^(threats|check)\..*', r'\1.', key) for key in re.findall(r'^#?([a-z_.]+) = ', example, re.M)}
    page = run_program('help', 'conf').stdout.split('\nKEYS\n')[1].split('\nFILES\n')[0]
    listed = {re.sub(r'^(threats|check)\..*', r'\1.', key) for key in re.findall(r'^       ([a-z_.]+)(?:[A-Z.]+)? = ', page, re.M)}
    assert listed == keys and len(keys) > 20


# --- examples ----------------------------------------------------------------------------------------------

MAILWHY = r'''#!/bin/bash
# the words of the calendar, then the logs and the queue of this server
args=()
for word; do
	case $last$word in
	--sinceyesterday|--since-24h) word=2026-11-16 ;;
	--untiltoday) word=2026-11-17 ;;
	esac
	last=$word
	args+=("$word")
done
case " $* " in */log/*) LOGS= ;; esac
case $1 in
report|trace|threats|sources) exec "$MAILWHY" "${args[@]}" $LOGS ;;
check)
	case " $* " in *" --queue"*) LOGS="$LISTING $LOGS" ;; esac
	exec "$MAILWHY" "${args[@]}" $LOGS ;;
queue)
	case " $* " in *" - "*|*" listing.txt "*) LISTING= ;; esac
	exec "$MAILWHY" "${args[@]}" --now "2026-11-22 12:00:00" $LISTING $LOGS ;;
*) exec "$MAILWHY" "${args[@]}" ;;
esac
'''

EXIM = r'''#!/bin/bash
case $1 in
-bp) cat "$LISTING" ;;
-Mrm) shift; printf 'Message %s has been removed\n' "$@" ;;
*) exit 2 ;;
esac
'''


def examples(topic):
    """The lines of its examples: (command, what the page says above it)."""
    text = (ROOT / 'manual' / 'pages' / f'{topic}.txt').read_text().split('# EXAMPLES\n')[1].split('\n# ')[0]
    return [line[1:] for line in text.split('\n') if line.startswith('\t')]


@pytest.fixture(scope='module')
def server(tmp_path_factory):
    """Its logs are the samples; what its examples call prints what it got."""
    root = tmp_path_factory.mktemp('server')
    log, home, tools = root / 'var' / 'log', root / 'home', root / 'bin'
    for directory in (log / 'exim4', home, tools):
        directory.mkdir(parents=True)
    shutil.copy(SAMPLES / 'postfix.log', log / 'mail.log')
    shutil.copy(SAMPLES / 'exim_mainlog', log / 'exim4' / 'mainlog')
    listing = (ROOT / 'tests' / 'golden' / 'queue' / 'exim-ages.listing').read_text().replace('example.test', 'shop.example')
    (root / 'listing').write_text(listing)
    (home / 'complaints.txt').write_text('carol@example.net\noldname@customer.example\n')
    scripts = {'mailwhy': MAILWHY, 'exim': EXIM, 'ssh': '#!/bin/sh\nshift\nexec "$@"\n', 'nft': '#!/bin/sh\nexec cat\n',
               'sendmail': f'#!/bin/sh\nexec cat >> {root}/outbox\n'}
    for name, text in scripts.items():
        (tools / name).write_text(text)
        (tools / name).chmod(0o755)
    environment = {
        'PATH': f'{tools}:{os.environ["PATH"]}', 'TZ': 'UTC', 'LC_ALL': 'C.UTF-8', 'HOME': str(home),
        'MAILWHY': str(PROGRAM), 'LISTING': str(root / 'listing'), 'LOGS': f'{log}/mail.log {log}/exim4/mainlog',
        'MAILWHY_SENDMAIL': str(tools / 'sendmail'), 'XDG_STATE_HOME': str(root / 'state'),
        **{k: v for k, v in os.environ.items() if k.endswith('SAN_OPTIONS')}}

    def run(command):
        typed = command.replace('/var/log/', f'{log}/')
        done = subprocess.run(['bash', '-c', typed], env=environment, cwd=home, capture_output=True, text=True, timeout=120, check=False,
                              stdin=subprocess.DEVNULL)
        assert 'Sanitizer' not in done.stderr and 'runtime error:' not in done.stderr, done.stderr
        return done

    run.root = root
    return run


@pytest.mark.parametrize('topic', [t for t in TOPICS if t != 'conf'])
def test_every_example_runs(server, topic):
    """It finds something, and says so."""
    lines = examples(topic)
    assert lines and max(map(len, lines)) <= 69  # the page is 80 columns wide
    for command in lines:
        done = server(command)
        assert not done.stderr, (command, done.stderr)
        if ' check ' in command:
            assert done.returncode in (0, 1, 2) and done.stdout.startswith('MAILWHY '), (command, done.stdout)
            continue
        assert done.returncode == 0, (command, done.returncode, done.stdout)
        silent = re.search(r' > (\S+)$| --html (\S+)$', command)
        if silent:
            assert (server.root / 'home' / (silent[1] or silent[2])).stat().st_size > 300, command
        elif '--problems-only' in command:
            assert not done.stdout  # of the sample logs there is nothing to say
        elif '--mail ' in command:
            assert 'To: postmaster@example.com' in (server.root / 'outbox').read_text()
        else:
            assert done.stdout.count('\n') >= 1 and len(done.stdout) > 1, (command, done.stdout)


def test_examples_of_settings_are_right(server, tmp_path):
    path = tmp_path / 'example.conf'
    path.write_text('\n'.join(examples('conf')) + '\n')
    assert path.read_text().count('=') >= 8
    done = server(f'mailwhy config --check {path}')
    assert done.returncode == 0, done.stdout + done.stderr
    path.write_text(path.read_text() + 'threats.brute_force.failurs = 20\n')
    assert server(f'mailwhy config --check {path}').returncode == 2


def test_the_rule_of_the_example_holds(server, tmp_path):
    text = (ROOT / 'manual' / 'pages' / 'causes.txt').read_text()
    rule = '\n'.join(line[1:] for line in text.split('# EXAMPLES')[0].split('\n') if line.startswith('\t'))
    (tmp_path / 'ours.rules').write_text(rule + '\n')
    done = server(f"mailwhy explain --causes {tmp_path} '[@mx.partner.example] 451 4.3.2 closed for maintenance'")
    assert done.returncode == 0 and not done.stderr and 'server of our partner is being maintained' in done.stdout
