# SPDX-License-Identifier: Apache-2.0
"""What the whole-program tests share: the program under test, run with a time limit and without the machine's and the user's settings."""
import json
import os
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(os.environ.get('MAILWHY', ROOT / 'build' / 'src' / 'mailwhy'))
os.environ['MAILWHY_CONFIG'] = ''  # for programs that tests start by themselves, too: no settings of this machine
SANITIZER_EXIT = 99  # set by script/test; never one of ours


class Result(subprocess.CompletedProcess):
    """What a run left: returncode, stdout and stderr as text (bytes in .raw)."""

    @property
    def json(self):
        return json.loads(self.stdout)

    @property
    def ndjson(self):
        return [json.loads(line) for line in self.stdout.splitlines()]


def names_told(text, names):
    """
    Which of the names stand in the text?  What --redact puts in their place is one word of random letters and digits, which may hold
    any short name, or end in it: a name begins where a word does, and if it is a whole word ends there, too.
    """
    return [name for name in names
            if re.search(r'(?:(?<![0-9a-z])|(?<=\\[nrt]))' + re.escape(name) + (r'(?![0-9a-z])' if name[-1].isalnum() else ''), text, re.I)]


def run_program(*args, stdin=b'', timeout=120, env=None, cwd=None):
    """Run mailwhy; a crash or a sanitizer's report fails the test wherever it happens.

    No configuration is read, unless env says so (MAILWHY_CONFIG as None: the usual files).
    """
    environment = {k: v for k, v in os.environ.items()
                   if k in ('PATH', 'HOME', 'LC_ALL') or k.endswith('SAN_OPTIONS')}
    environment.update({'TZ': 'UTC', 'MAILWHY_CONFIG': '', **(env or {})})
    environment = {k: v for k, v in environment.items() if v is not None}
    if isinstance(stdin, str):
        stdin = stdin.encode()
    done = subprocess.run([str(PROGRAM), *map(str, args)], input=stdin, capture_output=True,
                          timeout=timeout, env=environment, cwd=cwd, check=False)
    result = Result(done.args, done.returncode, done.stdout.decode('utf-8', 'surrogateescape'),
                    done.stderr.decode('utf-8', 'surrogateescape'))
    result.raw = done.stdout
    assert done.returncode >= 0, f'killed by signal {-done.returncode}: {result.stderr}'
    assert done.returncode not in (SANITIZER_EXIT, 70), result.stderr
    assert 'Sanitizer' not in result.stderr, result.stderr
    assert 'runtime error:' not in result.stderr, result.stderr
    return result


@pytest.fixture
def mailwhy():
    """The program: mailwhy('trace', 'a@b', path, stdin=...) -> Result."""
    return run_program


@pytest.fixture(scope='session', autouse=True)
def program_is_built():
    if not os.access(PROGRAM, os.X_OK):
        pytest.exit(f"'{PROGRAM}' is not there: build first, or set MAILWHY", 2)
