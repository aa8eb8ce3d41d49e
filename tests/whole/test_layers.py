# SPDX-License-Identifier: Apache-2.0
"""The layers of ARCHITECTURE.md: its table of allowed include edges against the includes of the sources."""
import re

from conftest import ROOT

INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)


def allowed_edges():
    """{directory: set of directories it may include}, from the table under "Allowed includes"."""
    text = (ROOT / 'ARCHITECTURE.md').read_text()
    section = text.split('## Allowed includes', 1)[1].split('\n## ', 1)[0]
    rows = re.findall(r'^\| `([\w/.]+)` \| (.*?) \|$', section, re.M)
    edges = {name: set(re.findall(r'`(\w+)`', may)) for name, may in rows}
    assert edges, 'no table of allowed includes in ARCHITECTURE.md'
    return edges


def crossings(edges, sources):
    """Includes that the table does not allow; sources: {path below src: text}."""
    found = []
    for path, text in sources.items():
        layer = path.split('/')[0] if '/' in path else 'main.c'
        for include in INCLUDE.findall(text):
            target = include.split('/')[0]
            if include == 'config.h':
                continue
            if '/' not in include:
                found.append(f'{path}: "{include}" must be included with its directory')
            elif target != layer and target not in edges.get(layer, set()):
                found.append(f'{path}: {layer} may not include "{include}"')
            elif layer == target == 'parse' and path.count('/') == 2 and include.count('/') == 2 and \
                    path.split('/')[1] != include.split('/')[1]:
                found.append(f'{path}: one writer may not include another\'s "{include}"')
    return found


def sources():
    src = ROOT / 'src'
    return {str(p.relative_to(src)): p.read_text() for p in sorted(src.rglob('*'))
            if p.suffix in ('.c', '.h', '.def')}


def test_every_directory_has_a_row():
    directories = {p.split('/')[0] for p in sources() if '/' in p}
    assert directories <= set(allowed_edges()), 'directories without a row in ARCHITECTURE.md'


def test_no_crossing():
    found = crossings(allowed_edges(), sources())
    assert not found, '\n'.join(found)


def test_no_cycle():
    edges = allowed_edges()
    done, path = set(), []

    def walk(layer):
        assert layer not in path, ' -> '.join(path + [layer])
        if layer in done:
            return
        path.append(layer)
        for target in sorted(edges.get(layer, ())):
            walk(target)
        path.pop()
        done.add(layer)

    for layer in edges:
        walk(layer)


def test_the_check_can_fail():
    edges = {'parse': {'base', 'event'}, 'base': set()}
    assert crossings(edges, {'parse/exim/exim.c': '#include "track/track.h"\n'})
    assert crossings(edges, {'parse/exim/exim.c': '#include "parse/postfix/postfix.h"\n'})
    assert crossings(edges, {'base/slice.c': '#include "event/event.h"\n'})
    assert crossings(edges, {'base/slice.c': '#include "slice.h"\n'})
    assert not crossings(edges, {'parse/exim/exim.c': '#include <stdio.h>\n#include "base/slice.h"\n'})
