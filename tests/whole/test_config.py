# SPDX-License-Identifier: Apache-2.0
"""Settings: where they come from, which one wins, what is said of a wrong one, and that commands obey."""
import os
import re
import shutil
import subprocess

import pytest

from conftest import PROGRAM, ROOT, run_program

LOG = ''.join(f'Nov 21 09:{i:02d}:01 mx postfix/smtpd[1]: NOQUEUE: reject: RCPT from unknown[203.0.113.{i}]: 554 5.7.1 <u{i}@example.net>: '
              f'Relay access denied; from=<s{i}@shop{i}.example> to=<u{i}@example.net> proto=ESMTP helo=<h>\n' for i in range(15))
YEAR = ['--year', '2026']


def config(*args, text=None, tmp_path=None, env=None, **kw):
    """mailwhy config, with a file of that text as the only one."""
    env = dict(env or {})
    if text is not None:
        path = tmp_path / 'mailwhy.conf'
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        env['MAILWHY_CONFIG'] = str(path)
    return run_program('config', *args, env=env, **kw)


def in_force(answer):
    """{key: [(value, origin)]} of config --json."""
    return {k['key']: [(v['value'], v['from']['kind'], v['from']['line']) for v in k['values']] for k in answer.json['keys'] if k['values']}


@pytest.fixture
def root(tmp_path):
    """A machine whose /etc has our files alone, in a namespace of its own; its call() runs mailwhy there."""
    etc = tmp_path / 'etc'
    (etc / 'mailwhy' / 'conf.d').mkdir(parents=True)
    for name in ('ld.so.cache', 'localtime'):
        if os.path.exists(f'/etc/{name}'):
            shutil.copy(f'/etc/{name}', etc / name)
    unshare = ['unshare', '--mount'] if os.geteuid() == 0 else ['unshare', '--mount', '--map-root-user']
    script = 'mount --bind "$1" /etc && shift && exec "$@"'
    if subprocess.run([*unshare, 'sh', '-c', script, 'sh', etc, 'true'], capture_output=True, check=False).returncode:
        pytest.skip('no mount namespaces here')

    class Root:
        path = etc / 'mailwhy'
        home = tmp_path / 'home'

        @staticmethod
        def call(*args, env=None):
            environment = {'PATH': os.environ['PATH'], 'TZ': 'UTC', 'HOME': str(tmp_path / 'home'), **(env or {})}
            done = subprocess.run([*unshare, 'sh', '-c', script, 'sh', etc, PROGRAM, *args], env=environment, capture_output=True, text=True,
                                  check=False)
            assert done.returncode >= 0 and 'Sanitizer' not in done.stderr, done.stderr
            return done

    return Root


# --- the order ----------------------------------------------------------------------------------------------


def test_order_of_all_sources(root):
    """Each source wins over those before it; lists that add keep all."""
    user = root.home / '.config' / 'mailwhy'
    user.mkdir(parents=True)
    xdg = root.home / 'xdg' / 'mailwhy'
    xdg.mkdir(parents=True)

    def shown(*args, env=None):
        out = root.call('config', '--show', 'top', 'local', 'panels', *args, env=env)
        assert out.returncode == 0 and not out.stderr
        return [re.sub(r'\s+', ' ', line).replace(str(root.home), '~') for line in out.stdout.splitlines()]

    assert shown()[-1] == '#top = # built in: 10; 50 messages of `trace`, 20 of `queue`, 50 findings'
    (root.path / 'mailwhy.conf').write_text('top = 1\nlocal = one.example\npanels = days\npanels = hours\n')
    assert shown() == ['local = one.example # /etc/mailwhy/mailwhy.conf:2', 'panels = days # /etc/mailwhy/mailwhy.conf:3',
                       'panels = hours # /etc/mailwhy/mailwhy.conf:4', 'top = 1 # /etc/mailwhy/mailwhy.conf:1']
    (root.path / 'conf.d' / 'b.conf').write_text('top = 3\nlocal = three.example\n')
    (root.path / 'conf.d' / 'a.conf').write_text('top = 2\nlocal = two.example\npanels = tls\n')
    for other in ('.hidden.conf', 'c.conf.bak', 'c.conf~', 'README'):
        (root.path / 'conf.d' / other).write_text('top = 99\nnonsense\n')
    locals_ = ['local = one.example # /etc/mailwhy/mailwhy.conf:2', 'local = two.example # /etc/mailwhy/conf.d/a.conf:2',
               'local = three.example # /etc/mailwhy/conf.d/b.conf:2']
    assert shown() == [*locals_, 'panels = tls # /etc/mailwhy/conf.d/a.conf:3', 'top = 3 # /etc/mailwhy/conf.d/b.conf:1']
    (user / 'mailwhy.conf').write_text('top = 4\n')
    assert shown()[-1] == 'top = 4 # ~/.config/mailwhy/mailwhy.conf:1'
    (xdg / 'mailwhy.conf').write_text('top = 5\nlocal = five.example\n')
    env = {'XDG_CONFIG_HOME': str(root.home / 'xdg')}
    assert shown(env=env)[-1] == 'top = 5 # ~/xdg/mailwhy/mailwhy.conf:1'
    locals_.append('local = five.example # ~/xdg/mailwhy/mailwhy.conf:2')
    env |= {'MAILWHY_TOP': '6', 'MAILWHY_LOCAL': 'six.example,192.0.2.0/24', 'MAILWHY_PANELS': 'hours days'}
    locals_ += ['local = six.example # $MAILWHY_LOCAL', 'local = 192.0.2.0/24 # $MAILWHY_LOCAL']
    assert shown(env=env) == [*locals_, 'panels = hours # $MAILWHY_PANELS', 'panels = days # $MAILWHY_PANELS', 'top = 6 # $MAILWHY_TOP']
    assert shown('--top', '7', '--local', 'seven.example', '--panel', 'tls', '--panel', 'days', env=env) == [
        *locals_, 'local = seven.example # --local', 'panels = tls # --panel', 'panels = days # --panel', 'top = 7 # --top']


def test_the_example_of_the_page(root):
    """docs/configuration.md shows what the program prints."""
    (root.path / 'mailwhy.conf').write_text('\n\nlevel = medium\n')
    (root.path / 'conf.d' / 'site.conf').write_text('threats.brute_force.window = 1h\n')
    command, _, output = re.search(r'^\$ (MAILWHY_TOP=5 mailwhy (.*))\n((?:.+\n)+)```', (ROOT / 'docs' / 'configuration.md').read_text(), re.M).groups()
    assert root.call(*command.split()[2:], env={'MAILWHY_TOP': '5'}).stdout == output


def test_one_file_instead_of_all(root, tmp_path):
    (root.path / 'mailwhy.conf').write_text('top = 1\n')
    other = tmp_path / 'other.conf'
    other.write_text('level = high\n')
    for args, env in ((['--config', other], {}), ([], {'MAILWHY_CONFIG': str(other)}), (['--config', other], {'MAILWHY_CONFIG': '/nowhere'})):
        out = root.call('config', *args, env=env).stdout
        assert 'level = high' in out and 'top' not in out
    for args, env in ((['--config', ''], {}), ([], {'MAILWHY_CONFIG': ''})):
        assert 'Nothing is set' in root.call('config', *args, env=env).stdout
    assert 'top = 1' in root.call('config').stdout


def test_an_empty_value_takes_back(tmp_path):
    text = 'top = 5\nlocal = a.example\nlevel = high\ntop =\nlocal =\nlocal = b.example\n'
    answer = config('--json', text=text, tmp_path=tmp_path)
    assert in_force(answer) == {'local': [('b.example', 'file', 6)], 'level': [('high', 'file', 3)]}
    answer = config('--json', text=text, tmp_path=tmp_path, env={'MAILWHY_LOCAL': '', 'MAILWHY_LEVEL': ''})
    assert not in_force(answer)


# --- lines ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize('text, value', [
    ('top=5', '5'), (' top\t=  5  ', '5'), ('top = 5 # five', '5'), ('top = "5"', '5'), ("top = '5' # five", '5'), ('top = 5\r', '5'), ('\ufefftop = 5', '5'),
    ('memory = 64M', '64M'), ('redact-key = /k', '/k'), ('redact_key = "/a # b"', '/a # b'), ('redact_key = /a#b', '/a#b'), ('redact_key = ~/k', '/home/me/k'),
    ('pager = off', 'no'), ('pager = TRUE', None), ('logs = /a b/c', '/a b/c'), ('logs = journal', 'journal'), ('logs = journal:~/j', 'journal:/home/me/j'),
    ('tz = a b=Europe/Berlin', 'a b=Europe/Berlin'), ('server = /x=mx1', '/x=mx1'), ('trust = 2001:db8::/32', '2001:db8::/32'),
])
def test_a_line(tmp_path, text, value):
    answer = config('--json', text=text + '\n', tmp_path=tmp_path, env={'HOME': '/home/me'})
    values = [v['value'] for k in answer.json['keys'] for v in k['values']]
    assert values == ([value] if value else []) and bool(answer.json['problems']) == (value is None)


@pytest.mark.parametrize('line, words', [
    ('nonsense', "'nonsense' is no setting: write key = value"),
    ('= 5', "there is no setting ''"),
    ('trusd = 192.0.2.1', "there is no setting 'trusd'; did you mean 'trust'?"),
    ('threats.brute_forse.failures = 3', "did you mean 'threats.brute_force.failures'?"),
    ('threats.brute_force.failures = 0', 'takes a number from 1 to 1000000'),
    ('threats.brute_force.window = soon', 'takes a span of time from 1s to 7d'),
    ('top = 0', "top takes a number from 1 to 1000000000, not '0'"),
    ('top = 5 6', "not '5 6'"),
    ('top = "5', 'the quotes around the value do not match'),
    ('jobs = many', 'jobs takes a number from 1 to '),
    ('memory = 1K', "memory takes a size from 1M to 16G, like 64M, not '1K'"),
    ('color = blue', "color takes auto, always or never, not 'blue'"),
    ('pager = maybe', "pager takes yes or no, not 'maybe'"),
    ('level = bad', "level takes low, medium, high or critical, not 'bad'"),
    ('ban = netfilter', 'ban takes csf, iptables, nftables'),
    ('ban_time = 0s', 'ban_time must be a second or more'),
    ('ban_within = soon', 'ban_within takes a span of time'),
    ('ban_jail = a b', 'ban_jail takes the name of a jail'),
    ('panels = trafic', "there is no table 'trafic'"),
    ('panels = dayz', "did you mean 'days'"),
    ('without = brute_forse', "there is no detector 'brute_forse'; did you mean 'brute_force'"),
    ('trust = example.com', "'example.com' is no address or network"),
    ('local = a/b', "'a/b' is no domain or network"),
    ('tz = Nowhere/Land', "'Nowhere/Land' is no time zone"),
    ('tz = mail.log=', 'is no time zone'),
    ('server = mx1', "server takes FILE=NAME, not 'mx1'"),
    ('logs = mail.log', "logs takes a path from the root on, not 'mail.log'"),
    ('logs = -', 'not standard input'),
    ('geoip = a.mmdb', 'geoip takes a path from the root on'),
    ('silence_ok = 25-6', 'silence_ok takes two hours of the day, as 22-6'),
    ('no_data = critical', 'no_data takes ok or unknown'),
    ('min_count = -1', 'min_count takes a number from 1'),
    ('period = 1x', 'period takes a span of time'),
    ('check.queue = x', "check.queue: 'x' is no WARN,CRIT"),
    ('check.quue = 1', "did you mean 'check.queue'?"),
    ('json = yes', "there is no setting 'json'"),
])
def test_a_wrong_line_costs_that_line(tmp_path, line, words):
    """The warning names file and line; a check of the file fails."""
    path = tmp_path / 'mailwhy.conf'
    path.write_text(f'top = 5\n{line}\nlevel = high\n')
    answer = config('--json', env={'MAILWHY_CONFIG': str(path)})
    assert in_force(answer) == {'top': [('5', 'file', 1)], 'level': [('high', 'file', 3)]}
    (problem,) = answer.json['problems']
    assert words in problem['text'] and problem['from'] == {'kind': 'file', 'name': str(path), 'line': 2}
    told = config(env={'MAILWHY_CONFIG': str(path)})
    assert told.returncode == 0 and f"'{path}' line 2: {problem['text']}, going on without it" in told.stderr
    checked = config('--check', path)
    assert checked.returncode == 2 and checked.stderr == f'mailwhy: error: {path}:2: {problem["text"]}\n' and not checked.stdout


@pytest.mark.parametrize('variable, value, words', [
    ('MAILWHY_TPO', '5', '$MAILWHY_TPO: there is no such setting; did you mean MAILWHY_TOP?'),
    ('MAILWHY_THREATS_BRUTE_FORCE_FAILURS', '5', 'did you mean MAILWHY_THREATS_BRUTE_FORCE_FAILURES?'),
    ('MAILWHY_XYZ', '', '$MAILWHY_XYZ: there is no such setting'),
    ('MAILWHY_TOP', 'x', '$MAILWHY_TOP: top takes a number'),
    ('MAILWHY_LOCAL', 'a.example b/c', "$MAILWHY_LOCAL: 'b/c' is no domain or network"),
    ('MAILWHY_LEVEL', 'hi\ngh', 'no line of text'),
])
def test_a_wrong_variable(variable, value, words):
    for command in (['config'], ['explain', '5.1.1']):
        result = run_program(*command, env={variable: value})
        assert result.returncode == 0
        if command[0] == 'config' or variable not in ('MAILWHY_LOCAL', 'MAILWHY_LEVEL'):
            assert words in result.stderr and 'going on without it' in result.stderr


@pytest.mark.parametrize('variable, key, value', [
    ('MAILWHY_TOP', 'top', '5'), ('MAILWHY_REDACT_KEY', 'redact_key', 'relative/is/fine'), ('MAILWHY_CHECK_QUEUE_AGE', 'check.queue_age', '1h,2h'),
    ('MAILWHY_THREATS_BRUTE_FORCE_FAILURES', 'threats.brute_force.failures', '7'), ('MAILWHY_SILENCE_OK', 'silence_ok', '22-6'),
])
def test_variables(variable, key, value):
    assert in_force(config('--json', env={variable: value})) == {key: [(value, 'variable', None)]}


def test_lists_in_variables():
    env = {'MAILWHY_LOGS': '/a/*.log, /b,journal', 'MAILWHY_TZ': 'UTC,exim*=Europe/Berlin', 'MAILWHY_SERVER': 'a=mx1 b=mx2'}
    answer = in_force(config('--json', env=env))
    assert {k: [v[0] for v in values] for k, values in answer.items()} == {
        'logs': ['/a/*.log', '/b', 'journal'], 'tz': ['UTC', 'exim*=Europe/Berlin'], 'server': ['a=mx1', 'b=mx2']}


# --- the table, the documents -----------------------------------------------------------------------------------


def all_keys():
    return [k['key'] for k in config('--show', '--json').json['keys']]


def pattern_of(key):
    return re.sub(r'^threats\..*', 'threats.DETECTOR.SETTING', re.sub(r'^check\..*', 'check.CHECK', key))


def test_the_example_file_is_the_one_in_the_package(tmp_path):
    example = config('--example').stdout
    assert example == (ROOT / 'packaging' / 'mailwhy.conf').read_text(), 'mailwhy config --example > packaging/mailwhy.conf'
    assert [k for k in re.findall(r'^#([a-z_.]+) = ', example, re.M)] == all_keys()
    path = tmp_path / 'mailwhy.conf'
    path.write_text(example)
    assert not in_force(config('--json', env={'MAILWHY_CONFIG': str(path)}))
    path.write_text(re.sub(r'^#([a-z_.]+ = )', r'\1', example, flags=re.M))
    checked = config('--check', path)
    assert checked.returncode == 0, checked.stderr


def test_every_key_is_documented():
    page = (ROOT / 'docs' / 'configuration.md').read_text()
    rows = re.findall(r'^\| (`.*?`) \|', page, re.M)
    documented = [name for row in rows for name in re.findall(r'`([\w.]+)`', row)]
    assert sorted(documented) == sorted({pattern_of(k) for k in all_keys()})


def test_every_option_of_a_key_goes_before_it():
    """config takes the options that are keys, and says so."""
    options = re.findall(r'^KEY\(\w+, "([a-z_]+)".*?, (?:SINGLE|ADDS \| \w+|REPLACES \| \w+), (?:"([\w-]+)"|NULL),', (ROOT / 'src/cli/conf.def').read_text(), re.M)
    values = {'tz': 'UTC', 'server': 'a=b', 'color': 'never', 'memory': '2M', 'memory_limit': '64M', 'level': 'low'}
    assert len(options) > 20
    for key, option in options:
        if not option:
            continue
        flag = option in ('no-pager', 'no-sandbox', 'ban-networks')
        args = [f'--{option}'] if flag else [f'--{option}', values.get(key, '5')]
        answer = config('--json', *args, env={f'MAILWHY_{key.upper()}': ''})
        value = {'no-pager': 'no', 'no-sandbox': 'no', 'ban-networks': 'yes'}.get(option, values.get(key, '5'))
        assert in_force(answer) == {key: [(value, 'option', None)]}


def test_what_is_shown_can_be_read_again(tmp_path):
    text = ('local = a.example, b.example\nlogs = /a b/*\nredact_key = "/a #b"\nserver = /it\'s=mx\ncolor = never\ncausal = 1\n'
            'threats.brute_force.window = 1h\ncheck.queue = 1,2\n')
    shown = config(text=text, tmp_path=tmp_path)
    first = in_force(config('--json', text=text, tmp_path=tmp_path))
    again = in_force(config('--json', text=shown.stdout, tmp_path=tmp_path))
    assert {k: [x[0] for x in v] for k, v in first.items()} == {k: [x[0] for x in v] for k, v in again.items()} and len(first) == 7


def test_show_what(tmp_path):
    out = config('--show', 'threats.brute_force', 'redact-key', 'threats.brute_force.').stdout.splitlines()
    assert [line.split(' ')[0] for line in out] == ['#redact_key', '#threats.brute_force.failures', '#threats.brute_force.window']
    wrong = config('--show', 'tops')
    assert wrong.returncode == 2 and "did you mean 'top'?" in wrong.stderr
    assert config('--show', '--check').returncode == 2
    assert config('--example', 'top').returncode == 2
    assert config('--since', 'yesterday').returncode == 2
    assert config('--config', tmp_path / 'none').returncode == 2
    assert len(all_keys()) == len(set(all_keys())) > 100


def test_check(tmp_path):
    good, bad = tmp_path / 'good.conf', tmp_path / 'bad.conf'
    good.write_text('top = 5\nlocal = a.example, b.example\n')
    bad.write_text('tpo = 5\n')
    assert config('--check', good).stdout == 'nothing wrong: 3 settings in 1 files\n'
    assert config('--check', good, bad).returncode == 2
    missing = config('--check', tmp_path / 'none')
    assert missing.returncode == 3 and 'No such file' in missing.stderr
    assert config('--check', bad, tmp_path / 'none').returncode == 2
    assert config('--check', env={'MAILWHY_TOP': '5'}).returncode == 0
    assert config('--check', env={'MAILWHY_TOP': 'x'}).returncode == 2
    answer = config('--check', '--json', bad)
    assert answer.returncode == 2 and answer.json['problems'][0]['from'] == {'kind': 'file', 'name': str(bad), 'line': 1}
