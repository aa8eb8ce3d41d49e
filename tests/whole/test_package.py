# SPDX-License-Identifier: Apache-2.0
"""The Debian package, file by file: script/package names it in MAILWHY_DEB and runs this."""
import os
import re
import subprocess

import pytest

from test_install import expected

DEB = os.environ.get('MAILWHY_DEB')
pytestmark = pytest.mark.skipif(not DEB, reason='script/package runs it: MAILWHY_DEB=PACKAGE')
MODES = {'r': 4, 'w': 2, 'x': 1, '-': 0}


@pytest.fixture(scope='module')
def listing():
    """path -> (mode, owner), as dpkg-deb tells; directories end in a slash"""
    done = subprocess.run(['dpkg-deb', '-c', DEB], capture_output=True, text=True, check=True)
    entries = {}
    for line in done.stdout.splitlines():
        flags, owner, _, _, _, path = line.split(None, 5)
        mode = int(''.join(str(sum(MODES[c] for c in flags[i:i + 3])) for i in (1, 4, 7)), 8)
        entries[path[2:]] = (mode, owner)
    return entries


def packaged():
    """What meson installs, as the rules and debhelper leave it: the licence is Debian's, manuals and such are compressed."""
    files = {f'usr/{path}': mode for path, mode in expected().items() if not path.endswith('/LICENSE')}
    files = {re.sub(r'(/man/.*)', r'\1.gz', path): mode for path, mode in files.items()}
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
