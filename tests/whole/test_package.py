# SPDX-License-Identifier: Apache-2.0
"""The Debian package, file by file: script/package names it in TEST_PACKAGE and runs this."""
import os
import re
import subprocess

import pytest

from conftest import PROGRAM
from test_install import expected

DEB = os.environ.get('TEST_PACKAGE')
pytestmark = pytest.mark.skipif(not DEB, reason='script/package runs it: TEST_PACKAGE=PACKAGE')
MODES = {'r': 4, 'w': 2, 'x': 1, '-': 0}


@pytest.fixture(scope='module')
def listing():
    """path -> (mode, owner), as dpkg-deb tells; directories end in a slash"""
    done = subprocess.run(['dpkg-deb', '-c', DEB], capture_output=True, text=True, check=True)
    entries = {}
    for line in done.stdout.splitlines()[1:]:  # behind './'
        flags, owner, _, _, _, path = line.split(None, 5)
        mode = int(''.join(str(sum(MODES[c] for c in flags[i:i + 3])) for i in (1, 4, 7)), 8)
        entries[path[2:]] = (mode, owner)
    return entries


def packaged():
    """What meson installs, as the rules and debhelper leave it: the licence is Debian's, pages of the manual are compressed, and zsh
    has a place of its own for what packages bring."""
    files = {f'usr/{path}': mode for path, mode in expected().items() if not path.endswith('/LICENSE')}
    files = {re.sub(r'(/man/.*)', r'\1.gz', path).replace('zsh/site-functions', 'zsh/vendor-completions'): mode
             for path, mode in files.items()}
    files |= {f'usr/share/doc/mailwhy/{name}': 0o644 for name in ('copyright', 'changelog.gz')}
    return files | {'etc/mailwhy/mailwhy.conf': 0o644}


def test_files_are_exactly_these(listing):
    assert {path: mode for path, (mode, _) in listing.items() if not path.endswith('/')} == packaged()


def test_all_belongs_to_root(listing):
    assert {owner for _, owner in listing.values()} == {'root/root'}


def test_what_lies_below_etc_is_asked_about():
    conffiles = subprocess.run(['dpkg-deb', '-I', DEB, 'conffiles'], capture_output=True, text=True, check=True).stdout.split()
    assert conffiles == ['/etc/mailwhy/mailwhy.conf']


def test_empty_directories(listing):
    for path in ('etc/mailwhy/causes/', 'etc/mailwhy/conf.d/', 'var/lib/mailwhy/'):
        assert listing[path][0] == 0o755


def test_libraries_that_are_needed_are_depended_on():
    depends = subprocess.run(['dpkg-deb', '-f', DEB, 'Depends'], capture_output=True, text=True, check=True).stdout
    for library in ('libc6', 'libisal2', 'libjansson4', 'libpcre2-8-0'):
        assert re.search(rf'\b{library}\b', depends), depends
    assert 'libarchive' not in depends and 'libsystemd' not in depends


def test_the_program_is_hardened():
    """Position-independent, all addresses bound and read-only at start, no executable stack, checked buffers and stack."""
    headers = subprocess.run(['readelf', '-hldW', PROGRAM], capture_output=True, text=True, check=True).stdout
    assert re.search(r'Type: +DYN', headers)
    assert 'GNU_RELRO' in headers and 'BIND_NOW' in headers
    assert re.search(r'GNU_STACK .* RW +0x', headers)
    assert 'RUNPATH' not in headers and 'RPATH' not in headers
    symbols = subprocess.run(['readelf', '--dyn-syms', '-W', PROGRAM], capture_output=True, text=True, check=True).stdout
    assert '__stack_chk_fail' in symbols and '__memcpy_chk' in symbols


def test_debugging_symbols_are_in_a_package_of_their_own():
    sections = subprocess.run(['readelf', '-SW', PROGRAM], capture_output=True, text=True, check=True).stdout
    assert '.debug_info' not in sections and '.gnu_debuglink' in sections


def test_nothing_tells_where_it_was_built(listing, tmp_path):
    subprocess.run(['dpkg-deb', '-x', DEB, tmp_path], check=True)
    for path in tmp_path.rglob('*'):
        if path.is_file() and not path.is_symlink():
            assert not re.search(rb'/(?:tmp|build|home)/[\w.]+/mailwhy-\d', path.read_bytes()), path
