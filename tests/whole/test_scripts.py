# SPDX-License-Identifier: Apache-2.0
"""The scripts and documents that people start with."""
import pathlib
import re
import shutil
import subprocess

import pytest

from conftest import ROOT


def test_readme_has_exactly_two_commands_for_a_fresh_machine():
    section = (ROOT / 'README.md').read_text().split('## On a fresh Debian', 1)[1].split('\n## ', 1)[0]
    commands = [line.split('#')[0].strip() for block in re.findall(r'```\n(.*?)```', section, re.S)
                for line in block.splitlines()]
    assert commands == ['script/demo', 'script/test']


@pytest.mark.parametrize('document', ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'NEWS.md'])
def test_links_lead_somewhere(document):
    path = ROOT / document
    for target in re.findall(r'\]\(([^)#]+)', path.read_text()):
        assert '://' in target or (path.parent / target).exists(), f'{document}: {target}'


@pytest.mark.slow
def test_new_parser_builds_and_passes(tmp_path):
    """The skeleton, registered as it says, compiles without warnings and its samples pass."""
    if not shutil.which('meson'):
        pytest.skip('meson is not there')
    tree = tmp_path / 'tree'
    shutil.copytree(ROOT, tree, ignore=lambda d, names: [n for n in names if n.startswith(('build', '.git', '__pyc'))
                                                       or (n == 'corpus' and pathlib.Path(d).name == 'tests')])
    done = subprocess.run([tree / 'script' / 'new-parser', 'greylistd'], capture_output=True, text=True, check=True)
    assert 'registry.c' in done.stdout
    for name, old, new in (
            ('src/event/event.h', '\tX(WRITER_MAIL,', '\tX(WRITER_GREYLISTD, "greylistd") \\\n\tX(WRITER_MAIL,'),
            ('src/parse/registry.c', '#include "parse/postfix', '#include "parse/greylistd/greylistd.h"\n#include "parse/postfix'),
            ('src/parse/registry.c', '\t&postfix_writer,', '\t&postfix_writer,\n\t&greylistd_writer,')):
        path = tree / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))
    with (tree / 'src/parse/meson.build').open('a') as f:
        f.write("subdir('greylistd')\n")
    run = dict(cwd=tree, capture_output=True, text=True, check=False, timeout=600)
    setup = subprocess.run(['meson', 'setup', 'b', '-Dwerror=true', '-Dbuildtype=debug'], **run)
    assert setup.returncode == 0, setup.stdout
    built = subprocess.run(['ninja', '-C', 'b', 'tests/unit/test_samples'], **run)
    assert built.returncode == 0, built.stdout
    tested = subprocess.run(['b/tests/unit/test_samples'], **run)
    assert tested.returncode == 0, tested.stderr


def test_options_in_the_documents_exist(mailwhy):
    """Every --option that a document names is one of the program's (or of the tools that it is shown with)."""
    helps = [mailwhy('--help')]
    commands = re.findall(r'^  (\w+) ', helps[0].stdout.split('Commands:')[1].split('\n\n')[0], re.M)
    assert len(commands) > 5
    helps += [mailwhy(command, '--help') for command in commands]
    known = {option for text in helps for option in re.findall(r'--[a-z][a-z-]+', text.stdout)}
    others = {'--all', '--test', '--yes', '--program', '--json', '--timeout',  # of our scripts, and firewalld's
              '--no-clean-root', '--prefix', '--destdir'}  # of script/package, and Meson's
    for path in (ROOT / 'README.md', ROOT / 'NEWS.md', *sorted((ROOT / 'docs').glob('*.md'))):
        named = set(re.findall(r'(?<![\w-])--[a-z][a-z-]+', path.read_text()))
        assert named - known - others == set(), path.name


def test_demo_shows_what_it_should(mailwhy):
    """The sample logs show good, deferred, bounced and rejected mail, and every line of them is understood."""
    for log in ('postfix.log', 'exim_mainlog'):
        lines = mailwhy('report', '--json', ROOT / 'samples' / log).json
        totals = lines['totals']
        assert min(totals['delivered'], totals['relayed'], totals['deferrals'], totals['bounced'],
                   totals['rejections'], totals['logins_failed']) > 0, totals
        assert lines['lines']['other'] == lines['lines']['malformed'] == lines['lines']['foreign'] == 0, lines['lines']


@pytest.mark.parametrize('name', ['', 'Name', '../x', 'a b', '9a'])
def test_new_parser_refuses_bad_names(name):
    done = subprocess.run([ROOT / 'script' / 'new-parser', name], capture_output=True, check=False)
    assert done.returncode == 2
