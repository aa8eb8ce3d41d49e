# SPDX-License-Identifier: Apache-2.0
"""House rules that a machine can check."""
import re
import subprocess

import pytest

from conftest import ROOT

# name: what to use instead.  base/banned.h lets the compiler complain too, where the call is seen by it.
BANNED = {
    'strcpy': 'slices', 'strcat': 'strbuf', 'strncpy': 'slices', 'strncat': 'strbuf', 'sprintf': 'strbuf_printf',
    'vsprintf': 'strbuf_printf', 'strtok': 'cursors', 'strtok_r': 'cursors', 'sscanf': 'cursors', 'atoi': 'cur_u64',
    'atol': 'cur_u64', 'atoll': 'cur_u64', 'strtol': 'cur_u64', 'strtoll': 'cur_u64', 'strtoul': 'cur_u64',
    'strtoull': 'cur_u64', 'gmtime': 'civil_of', 'gmtime_r': 'civil_of', 'localtime': 'tz_offset_at',
    'localtime_r': 'tz_offset_at', 'ctime': 'civil_format', 'ctime_r': 'civil_format', 'mktime': 'civil_to_usec',
    'timegm': 'civil_to_usec', 'strptime': 'cursors', 'alloca': 'arena', 'gets': 'cursors',
    'isalpha': 'ascii.h', 'isdigit': 'ascii.h', 'isalnum': 'ascii.h', 'isspace': 'ascii.h', 'isupper': 'ascii.h',
    'islower': 'ascii.h', 'isxdigit': 'ascii.h', 'isprint': 'ascii.h', 'tolower': 'ascii.h', 'toupper': 'ascii.h',
}
CODE = {'.c', '.h', '.def'}
SCRIPTS = {'.py', '.sh'}
BUILD_MACHINE_PATH = re.compile(r'(?<![\w.])/(?:work|root|builds|workspace)/\w')


def tracked_files():
    """Files of the project: what git knows, or everything but build directories outside a clone."""
    git = subprocess.run(['git', '-C', ROOT, 'ls-files', '-z', '--cached', '--others', '--exclude-standard'],
                         capture_output=True, check=False)
    if git.returncode == 0:
        paths = [ROOT / name for name in git.stdout.decode().split('\0') if name]
    else:
        paths = [p for p in ROOT.rglob('*') if not any(part.startswith('build') for part in p.relative_to(ROOT).parts)]
    return sorted(p for p in paths if p.is_file() and not p.is_symlink())


FILES = tracked_files()
CODE_FILES = [p for p in FILES if p.suffix in CODE]


def without_comments_and_strings(text):
    """C text with comments, strings and characters blanked out, so that only code is left; lines are kept."""
    pattern = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.S)
    return pattern.sub(lambda m: re.sub(r'[^\n]', ' ', m.group()), text)


def is_script(path):
    return path.suffix in SCRIPTS or (not path.suffix and path.open('rb').read(2) == b'#!')


def test_there_is_something_to_check():
    assert len(CODE_FILES) > 20


def test_spdx():
    """Every source says its licence in its first three lines."""
    lacking = [str(p.relative_to(ROOT)) for p in FILES if p.suffix in CODE or is_script(p)
               if 'SPDX-License-Identifier: Apache-2.0' not in
               '\n'.join(p.read_text(errors='replace').split('\n', 3)[:3])]
    assert not lacking


def test_banned_functions():
    pattern = re.compile(r'(?<![\w.>])(' + '|'.join(BANNED) + r')\s*\(')
    found = []
    for path in CODE_FILES:
        if path.name == 'banned.h' or (ROOT / 'tests') in path.parents:
            continue
        code = without_comments_and_strings(path.read_text())
        for number, line in enumerate(code.split('\n'), 1):
            for match in pattern.finditer(line):
                found.append(f'{path.relative_to(ROOT)}:{number}: {match[1]}() is banned, use {BANNED[match[1]]}')
    assert not found, '\n'.join(found)


@pytest.mark.parametrize('code, hit', [
    ('x = atoi(s);', True), ('/* atoi(s) */', False), ('"atoi(s)"', False), ('my_atoi(s)', False),
    ("c = '\"'; atoi(s); d = '\"';", True), ('cur_strtol (x)', False), ('strtol (x)', True),
])
def test_the_banned_check_can_fail(code, hit):
    pattern = re.compile(r'(?<![\w.>])(' + '|'.join(BANNED) + r')\s*\(')
    assert bool(pattern.search(without_comments_and_strings(code))) == hit


def test_no_path_of_a_build_machine():
    """Text files name places of the user's machine only, not where somebody once built this."""
    found = []
    for path in FILES:
        if path.suffix in ('.gz', '.xz', '.zst', '.bz2', '.log', '.events') or path == ROOT / 'tests/whole/test_hygiene.py':
            continue
        for number, line in enumerate(path.read_text(errors='replace').split('\n'), 1):
            if BUILD_MACHINE_PATH.search(line):
                found.append(f'{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}')
    assert not found, '\n'.join(found)


def test_header_guards():
    """AREA_NAME_H, from the path: two headers never share a guard."""
    wrong, seen = [], {}
    for path in CODE_FILES:
        if path.suffix != '.h' or (ROOT / 'src') not in path.parents:
            continue
        match = re.search(r'^#ifndef (\w+)\n#define \1$', path.read_text(), re.M)
        if not match:
            wrong.append(f'{path.relative_to(ROOT)}: no include guard')
        elif match[1] in seen:
            wrong.append(f'{path.relative_to(ROOT)}: shares its guard with {seen[match[1]]}')
        else:
            seen[match[1]] = path.relative_to(ROOT)
    assert not wrong, '\n'.join(wrong)


def test_nobody_below_the_commands_prints_exits_or_looks_around():
    """printf, exit, getenv belong to cli (and to the bench and test programs)."""
    pattern = re.compile(r'(?<![\w.>])(printf|puts|putchar|perror|exit|_exit|getenv|secure_getenv|setlocale)\s*\(')
    allowed = {'src/main.c', 'src/base/alloc.c'}  # alloc.c: out of memory ends the program
    found = []
    for path in CODE_FILES:
        name = str(path.relative_to(ROOT))
        if not name.startswith('src/') or name.startswith('src/cli/') or name in allowed:
            continue
        code = without_comments_and_strings(path.read_text())
        for number, line in enumerate(code.split('\n'), 1):
            for match in pattern.finditer(line):
                found.append(f'{name}:{number}: {match[1]}()')
    assert not found, '\n'.join(found)


def test_parsers_do_not_allocate():
    pattern = re.compile(r'(?<![\w.>])(x?(?:m|c|re)alloc|xreallocarray|x?strdup|xslicedup|xasprintf|vec_grow|strbuf_\w+|'
                         r'arena_\w+|intern\w*|map_put|regcomp|regexec|pcre2_\w+)\s*\(')
    found = []
    for path in CODE_FILES:
        if (ROOT / 'src' / 'parse') not in path.parents:
            continue
        code = without_comments_and_strings(path.read_text())
        for number, line in enumerate(code.split('\n'), 1):
            for match in pattern.finditer(line):
                found.append(f'{path.relative_to(ROOT)}:{number}: {match[1]}()')
    assert not found, '\n'.join(found)
