# SPDX-License-Identifier: Apache-2.0
"""What is installed where, and what the Debian package says of itself."""
import pathlib
import re
import shutil
import stat
import subprocess

import pytest

from conftest import PROGRAM, ROOT

BUILD = PROGRAM.resolve().parents[1]
DEBIAN = ROOT / 'packaging' / 'debian'


def expected():
    """What is installed below the prefix: path -> mode.  Owed to the sources, not to the build."""
    files = {'bin/mailwhy': 0o755}
    documents = ['README.md', 'NEWS.md', 'LICENSE', 'examples/mailwhy.conf']
    documents += [f'docs/{p.relative_to(ROOT / "docs")}' for p in (ROOT / 'docs').rglob('*') if p.is_file()]
    documents += [f'examples/{p.name}' for p in (ROOT / 'samples').iterdir()]
    files |= {f'share/doc/mailwhy/{name}': 0o644 for name in documents}
    for language in (ROOT / 'po' / 'LINGUAS').read_text().split():
        files[f'share/locale/{language}/LC_MESSAGES/mailwhy.mo'] = 0o644
    others = {'mailwhy': 'mailwhy.1', 'conf': 'mailwhy.conf.5', 'causes': 'mailwhy-causes.5'}
    for page in (ROOT / 'manual' / 'pages').iterdir():
        name = others.get(page.stem, f'mailwhy-{page.stem}.1')
        files[f'share/man/man{name[-1]}/{name}'] = 0o644
    for completion in ('bash-completion/completions/mailwhy', 'zsh/site-functions/_mailwhy', 'fish/vendor_completions.d/mailwhy.fish'):
        files[f'share/{completion}'] = 0o644
    return files


def found(top):
    """The same of what lies below top."""
    return {str(p.relative_to(top)): stat.S_IMODE(p.lstat().st_mode) for p in pathlib.Path(top).rglob('*') if not p.is_dir()}


def shell_list(name):
    """A list of packages of script/lib.sh, as the shell makes it."""
    done = subprocess.run(['sh', '-c', f'. script/lib.sh; echo ${name}'], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.split()


def control():
    """Paragraphs of debian/control: a list of name -> value."""
    paragraphs = []
    for text in (DEBIAN / 'control').read_text().strip().split('\n\n'):
        fields = re.findall(r'^([\w-]+):(.*(?:\n[ \t].*)*)', text, re.M)
        paragraphs.append({name: value.strip() for name, value in fields})
    return paragraphs


def relation(value):
    """'a (>= 1) | b, c <!nocheck>' -> [['a', 'b'], ['c']]"""
    return [[re.match(r'[\w.+-]+', choice.strip())[0] for choice in item.split('|')] for item in value.split(',')]


@pytest.fixture(scope='module')
def installed(tmp_path_factory):
    """meson install of the build under test; what lies below the prefix."""
    if not shutil.which('meson') or not (BUILD / 'build.ninja').exists():
        pytest.skip('not a build directory of meson')
    top = tmp_path_factory.mktemp('install')
    done = subprocess.run(['meson', 'install', '-C', BUILD, '--no-rebuild', '--destdir', top], capture_output=True, text=True,
                          timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    options = subprocess.run(['meson', 'introspect', '--buildoptions', BUILD], capture_output=True, text=True, check=True)
    prefix = re.search(r'"name": "prefix", "value": "([^"]*)"', options.stdout)[1]
    return top, prefix.lstrip('/')


def test_meson_install_puts_exactly_these_files(installed):
    top, prefix = installed
    assert found(top) == {f'{prefix}/{path}': mode for path, mode in expected().items()}


def test_directories_can_be_entered_by_all(installed):
    top, _ = installed
    modes = {stat.S_IMODE(p.stat().st_mode) for p in top.rglob('*') if p.is_dir()}
    assert modes == {0o755}


def test_the_installed_program_runs(installed):
    top, prefix = installed
    done = subprocess.run([top / prefix / 'bin' / 'mailwhy', '--version'], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and done.stdout.startswith(f'mailwhy {(ROOT / "VERSION").read_text().strip()}\n')


def test_nothing_is_written_to_etc():
    """`meson install` would overwrite a configuration; only dpkg knows to ask."""
    text = '\n'.join(p.read_text() for p in ROOT.glob('*/meson.build'))
    assert 'sysconfdir' not in text and "'/etc" not in text


def test_build_depends_and_build_packages_agree():
    source = control()[0]
    depends = {names[0] for names in relation(source['Build-Depends'])} - {'debhelper-compat'}
    essential = {'gcc', 'libc6-dev'}  # of build-essential, which no package names
    built_with = set(shell_list('BUILD_PACKAGES')) - essential
    assert built_with <= depends
    assert depends - built_with == {'gettext', 'python3-pytest'}
    assert depends <= set(shell_list('PACKAGE_PACKAGES'))


def test_libraries_loaded_at_run_time_are_recommended():
    """dpkg-shlibdeps cannot see them."""
    loaded = {match for path in (ROOT / 'src').rglob('*.c')
              for match in re.findall(r'^#define LIBRARY\w*\s+"lib([\w-]+)\.so\.(\d+)"', path.read_text(), re.M)}
    assert loaded
    recommended = [name for names in relation(control()[1]['Recommends']) for name in names]
    for name, version in loaded:
        assert f'lib{name}{version}' in recommended


def test_the_version_is_the_same_everywhere():
    version = (ROOT / 'VERSION').read_text().strip()
    assert re.match(r'mailwhy \((.*?)\) \w+; urgency=', (DEBIAN / 'changelog').read_text())[1] == version
    assert re.search(r'^## ([\d.]+)', (ROOT / 'NEWS.md').read_text(), re.M)[1] == version


def test_the_place_of_the_state_is_the_programs():
    """The directory that `check` writes to is the one that the package makes and purges."""
    place = re.search(r'SYSTEM\[\] = "/([^"]+)"', (ROOT / 'src' / 'cli' / 'cmd_check.c').read_text())[1]
    assert place in (DEBIAN / 'mailwhy.dirs').read_text().split()
    assert f'rm -rf /{place}\n' in (DEBIAN / 'mailwhy.postrm').read_text()


def test_directories_of_the_package_are_those_of_the_program():
    sources = ''.join(p.read_text() for p in (ROOT / 'src' / 'cli').glob('*.c'))
    for directory in (DEBIAN / 'mailwhy.dirs').read_text().split():
        assert f'"/{directory}"' in sources, directory


@pytest.mark.skipif(not shutil.which('shellcheck'), reason='shellcheck is not there')
@pytest.mark.parametrize('name', ['package', 'clean-root', 'prove-package', 'tune'])
def test_shellcheck_has_nothing_to_say(name):
    """SC1091: it does not follow "."; SC2086: lists of packages are meant to be split."""
    done = subprocess.run(['shellcheck', '-S', 'warning', '-e', 'SC1091,SC2086', ROOT / 'script' / name], capture_output=True, text=True,
                          check=False)
    assert done.returncode == 0, done.stdout
