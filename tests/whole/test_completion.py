# SPDX-License-Identifier: Apache-2.0
"""The completions of bash, zsh and fish, in the shells themselves: each offers for every command exactly the options of its --help, and
the values that there are."""
import os
import pty
import re
import select
import shutil
import subprocess
import time

import pytest

from conftest import PROGRAM, ROOT, run_program

FILES = {'bash': PROGRAM.resolve().parents[1] / 'manual' / 'mailwhy', 'zsh': PROGRAM.resolve().parents[1] / 'manual' / '_mailwhy',
         'fish': PROGRAM.resolve().parents[1] / 'manual' / 'mailwhy.fish'}

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not FILES['bash'].exists(), reason='completions are in a build directory')]

BASH = r'''
source "$1"
# complete LINE: one candidate a line; bash breaks words at blanks and at "="
complete_line()
{
	local line=$1 words=() word rest
	for word in $line; do
		while [[ $word == *=* ]]; do
			rest=${word#*=}
			[[ ${word%%=*} ]] && words+=("${word%%=*}")
			words+=("=")
			word=$rest
			[[ $word ]] || break
		done
		[[ $word ]] && words+=("$word")
	done
	[[ $line == *' ' ]] && words+=('')
	COMP_WORDS=("${words[@]}")
	COMP_CWORD=$((${#words[@]} - 1))
	COMPREPLY=()
	_mailwhy
	printf '%s\n' "${COMPREPLY[@]}" '.'
}
while IFS= read -r line; do
	complete_line "$line"
done
'''

FISH = r'''
source $argv[1]
while read -l line
	complete -C "$line"
	echo .
end
'''

ZSHRC = r'''
PROMPT= RPROMPT= PS2=
autoload -Uz compinit
fpath=($FOLDER $fpath)
compinit -u -D
zstyle ':completion:*' verbose no
setopt no_beep no_list_beep
# what would be offered goes to a file
compadd()
{
	if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then
		builtin compadd "$@"
		return
	fi
	local -a hits
	builtin compadd -A hits "$@"
	local hit
	for hit in $hits; do print -r -- "$hit" >>$ANSWERS; done
	builtin compadd "$@"
}
done_here() { print -r -- . >>$ANSWERS; comppostfuncs=(done_here) }
comppostfuncs=(done_here)
bindkey '^I' list-choices
bindkey '^U' kill-whole-line
print -r -- . >>$ANSWERS
'''


def parts(text):
    """Answers, each a sorted list: what stands before a tab, without what zsh puts behind."""
    answers, words = [], []
    for line in text.split('\n'):
        if line == '.':
            answers.append(sorted(set(words)))
            words = []
        elif line:
            words.append(line.split('\t')[0])
    return answers


class Shell:
    """A shell that answers what it would complete; all questions of a run are asked at once."""

    def __init__(self, name, folder):
        self.name, self.folder = name, folder

    def ask(self, lines):
        return dict(zip(lines, getattr(self, self.name)(lines), strict=True))

    def batch(self, command, lines):
        done = subprocess.run(command, input=''.join(f'{line}\n' for line in lines), capture_output=True, text=True, timeout=120,
                              check=False, cwd=self.folder, env=self.environment())
        assert done.returncode == 0 and not done.stderr, done.stderr
        return parts(done.stdout)

    def environment(self):
        return {'PATH': os.environ['PATH'], 'HOME': str(self.folder), 'LC_ALL': 'C.UTF-8', 'TERM': 'xterm', 'XDG_CONFIG_HOME': str(self.folder)}

    def bash(self, lines):
        return self.batch(['bash', '--norc', '-c', BASH, 'bash', FILES['bash']], lines)

    def fish(self, lines):
        return self.batch(['fish', '--no-config', '-c', FISH, FILES['fish']], lines)

    def zsh(self, lines):
        """It completes on a terminal only: what it offers is in a file."""
        answers = self.folder / 'answers'
        answers.write_text('')
        (self.folder / '.zshrc').write_text(ZSHRC)
        main, other = pty.openpty()
        env = {**self.environment(), 'ANSWERS': str(answers), 'FOLDER': str(FILES['zsh'].parent), 'ZDOTDIR': str(self.folder)}
        with subprocess.Popen(['zsh', '-d', '-i'], stdin=other, stdout=other, stderr=other, cwd=self.folder, env=env,
                              start_new_session=True) as shell:
            try:
                os.close(other)
                for i, line in enumerate(['', *lines]):
                    if i:
                        os.write(main, b'\x15' + line.encode() + b'\t')
                    self.wait(main, answers, i + 1)
            finally:
                shell.kill()
                os.close(main)
        return parts(answers.read_text())[1:]

    @staticmethod
    def wait(terminal, answers, n):
        """Until it answered n times; what it draws is thrown away."""
        until = time.monotonic() + 30
        while len(re.findall(r'^\.$', answers.read_text(), re.M)) < n:
            assert time.monotonic() < until, answers.read_text()[-200:]
            if select.select([terminal], [], [], 0.01)[0]:
                os.read(terminal, 65536)


def options_of_help(command):
    text = run_program(*([command] if command else []), '--help').stdout
    return sorted(set(re.findall(r'^  (?:-\w, |    )(--[\w-]+)', text, re.M)))


def listed(text, pattern):
    return sorted(re.findall(pattern, text, re.M))


COMMANDS = re.findall(r'^  (\w+) ', run_program('--help').stdout.split('Commands:\n')[1].split('\n\n')[0], re.M)
SETTINGS = listed(run_program('threats', '--detector', 'list').stdout, r'^    (\w+\.\w+)=')


def questions():
    """what is typed -> what must be offered"""
    panels = listed(run_program('report', '--panel', 'list').stdout, r'^  [* ] (\w+) ')
    detectors = listed(run_program('threats', '--detector', 'list').stdout, r'^(\w+)$')
    statuses = re.search(r'there are: (.*)', run_program('trace', '--status', 'x').stderr)[1].split(', ')
    writers = re.search(r'there are: (.*)', run_program('trace', '--writer', 'x').stderr)[1].split(', ')
    causes = listed(''.join(p.read_text() for p in (ROOT / 'data' / 'causes').glob('*.rules')), r'^cause (google-[\w.-]+)')
    assert min(map(len, (panels, detectors, statuses, writers, causes, SETTINGS))) > 10
    return {
        'mailwhy ': sorted(COMMANDS),
        'mailwhy tr': ['trace'],
        'mailwhy --no-limit --since yesterday tr': ['trace'],
        'mailwhy --color n': ['never'],
        'mailwhy trace --status ': sorted(statuses),
        'mailwhy trace --all --status bou': ['bounced'],
        'mailwhy trace --status=bou': ['bounced'],
        'mailwhy trace --writer ': sorted(writers),
        'mailwhy report --panel ': panels,
        'mailwhy report --panel queue_t': ['queue_times'],
        'mailwhy threats --detector ': detectors,
        'mailwhy threats --ban nf': ['nftables'],
        'mailwhy threats --level ': ['critical', 'high', 'low', 'medium'],
        'mailwhy queue --by ': ['recipient', 'sender'],
        'mailwhy report --compat ': ['eximstats', 'pflogsumm'],
        'mailwhy report -S yest': ['yesterday'],
        'mailwhy help google-': causes,
        'mailwhy help conf': ['conf', 'config'],
        'mailwhy config threats.brute': ['threats.brute_force.failures', 'threats.brute_force.window'],
        'mailwhy trace --sender ': [],
        'mailwhy explain google-': causes,
        'mailwhy explain 550 google-': causes,
        'mailwhy report ma': ['mail.log', 'mail.log.1.gz'],
        'mailwhy trace alice@example.org ma': ['mail.log', 'mail.log.1.gz'],
        'mailwhy report --html ma': ['mail.log', 'mail.log.1.gz'],
    }


@pytest.fixture(scope='module', params=['bash', 'zsh', 'fish'])
def answered(request, tmp_path_factory):
    """(what is to be offered, what is offered), in one run of the shell"""
    if not shutil.which(request.param):
        pytest.skip(f'{request.param} is not there')
    folder = tmp_path_factory.mktemp(request.param)
    for name in ('mail.log', 'mail.log.1.gz', 'other'):
        (folder / name).touch()
    (folder / 'rules').mkdir()
    want = questions()
    want |= {f'mailwhy {command} --': options_of_help(command) for command in COMMANDS}
    want['mailwhy --'] = options_of_help(None)
    more = ['mailwhy report --panel causes,queue_t', 'mailwhy threats --set brute', 'mailwhy trace --causes ru']
    answers = Shell(request.param, folder).ask([*want, *more])
    return request.param, want, answers


def shown(shell, line, answer):
    """What the answers of a shell have in common: fish repeats what was typed before the value, zsh leaves the signs off."""
    if shell == 'fish':
        typed = line.split(' ')[-1]
        begin = typed[:typed.rfind('=') + 1] if typed.startswith('--') else ''
        answer = [word[len(begin):] if word.startswith(begin) else word for word in answer]
    return sorted({re.sub(r'(?<=^--[\w])([\w-]*)=-?$', r'\1', word) if word.startswith('--') else word for word in answer})


def test_offers_what_there_is(answered):
    shell, want, answers = answered
    for line, words in want.items():
        got = shown(shell, line, answers[line])
        if line.endswith(' --'):
            got = [word for word in got if word.startswith('--')]
        assert got == words, line


def test_the_next_of_several(answered):
    shell, _, answers = answered
    offered = answers['mailwhy report --panel causes,queue_t']
    assert offered == (['queue_times'] if shell == 'zsh' else ['causes,queue_times'])


def test_settings_wait_for_their_value(answered):
    _, _, answers = answered
    assert answers['mailwhy threats --set brute'] == sorted(f'{s}=' for s in SETTINGS if s.startswith('brute'))


def test_directories(answered):
    _, _, answers = answered
    assert [word.rstrip('/') for word in answers['mailwhy trace --causes ru']] == ['rules']


@pytest.mark.parametrize('shell', ['bash', 'zsh', 'fish'])
def test_is_well_formed(shell):
    if not shutil.which(shell):
        pytest.skip(f'{shell} is not there')
    done = subprocess.run([shell, '-n', FILES[shell]], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and not done.stderr, done.stderr


@pytest.mark.parametrize('shell', ['zsh', 'fish'])
def test_says_each_cause_once(shell):
    """The topics of help end with the causes that explain takes: a thousand lines that need not stand there twice."""
    words = [line.strip() for line in FILES[shell].read_text().splitlines() if re.match(r"\t+'generic-", line)]
    assert len(words) > 50 and len(words) == len(set(words))


@pytest.mark.skipif(not shutil.which('shellcheck'), reason='shellcheck is not there')
def test_shellcheck_has_nothing_to_say():
    done = subprocess.run(['shellcheck', '-s', 'bash', '-S', 'warning', FILES['bash']], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
