# SPDX-License-Identifier: Apache-2.0
"""`mailwhy threats --ban`: what is listed, what is not, and that the tools themselves take it."""
import json
import os
import re
import shutil
import subprocess

import pytest

from conftest import run_program

NO_FILES = {'MAILWHY_CONFIG': ''}
TOOLS = ['csf', 'iptables', 'nftables', 'fail2ban', 'ipset', 'firewalld', 'crowdsec', 'postfix', 'exim']
SHELL_TOOLS = ['csf', 'iptables', 'fail2ban', 'ipset', 'firewalld', 'crowdsec']
ADDRESS = re.compile(r'(?<![\w.:/])(?:\d+\.\d+\.\d+\.\d+|[0-9a-f]{1,4}(?::[0-9a-f]{0,4})+)(?:/\d+)?(?![\w.])')


def guesses(ip, user='anna@example.com', day='21', n=12):
    return ''.join(f'Nov {day} 09:00:{3 * i:02} mx1 postfix/submission/smtpd[2131]: warning: unknown[{ip}]: SASL LOGIN authentication '
                   f'failed: authentication failure, sasl_username={user}\n' for i in range(n))


def login(ip, user, day='21'):
    return (f'Nov {day} 09:30:00 mx1 postfix/submission/smtpd[77]: 4F1A2B3C4D: client=unknown[{ip}], sasl_method=PLAIN, '
            f'sasl_username={user}\n')


def probes(ip, n=2, host='unknown', helo='x'):
    return ''.join(f'Nov 21 09:10:{i:02} mx1 postfix/smtpd[99]: NOQUEUE: reject: RCPT from {host}[{ip}]: 554 5.7.1 <v@gmail.com>: Relay access '
                   f'denied; from=<s@x.test> to=<v@gmail.com> proto=ESMTP helo=<{helo}>\n' for i in range(n))


def ban(text, tool, *args, **kwargs):
    return run_program('threats', '--tz', 'UTC', '--year', 2026, '--ban', tool, *args, '-', stdin=text, env=NO_FILES, **kwargs)


def lines(result):
    return [line for line in result.stdout.splitlines() if line and not line.startswith('#')]


def listed(result):
    """The addresses outside of comments and reasons."""
    body = '\n'.join(re.sub(r'  # .*|"mailwhy: [^"]*"', '', line) for line in lines(result))
    return ADDRESS.findall(body)


LOG = guesses('203.0.113.7') + guesses('2001:db8:7:8:9:a:b:c') + guesses('2001:db8:7:8::1')


@pytest.mark.parametrize('tool', TOOLS)
def test_lists_each_once(tool):
    result = ban(LOG, tool)
    assert result.returncode == 0, result.stderr
    assert listed(result) == ['203.0.113.7', '2001:db8:7:8::/64']
    assert '# undo one:' in result.stdout and '# undo all:' in result.stdout and 'Nothing was done' in result.stdout


@pytest.mark.parametrize('tool', TOOLS)
def test_says_why(tool):
    result = ban(LOG, tool)
    if tool in ('iptables', 'nftables', 'csf', 'ipset', 'crowdsec'):
        assert '"mailwhy: guesses passwords, 12 times, 2026-11-21"' in result.stdout
    else:
        assert '# mailwhy: guesses passwords, 12 times, 2026-11-21' in result.stdout


def test_time():
    assert 'timeout 86400s' in ban(LOG, 'nftables').stdout
    assert 'timeout 7200s' in ban(LOG, 'nftables', '--ban-time', '2h').stdout
    assert 'csf -td 203.0.113.7 86400 ' in ban(LOG, 'csf').stdout
    long_story = guesses('203.0.113.7', day='17') + guesses('203.0.113.7')
    assert 'timeout 604800s' in ban(long_story, 'nftables').stdout  # it goes on for days: a week


def test_only_mail_ports():
    for tool in ('csf', 'iptables', 'nftables', 'ipset'):
        assert '25,465,587,110,143,993,995' in ban(LOG, tool).stdout
    assert 'for port in 25 465 587 110 143 993 995' in ban(LOG, 'firewalld').stdout


@pytest.mark.parametrize('ip', ['127.0.0.1', '10.1.2.3', '192.168.7.7', '172.16.9.9', 'fd00::5', 'fe80::1', '::1', '::ffff:10.1.2.3'])
def test_never_our_own(ip):
    result = ban(guesses(ip) + guesses('203.0.113.7'), 'nftables')
    assert listed(result) == ['203.0.113.7']


def test_never_the_trusted():
    assert listed(ban(LOG, 'nftables', '--trust', '203.0.113.0/24')) == ['2001:db8:7:8::/64']
    assert listed(ban(LOG, 'nftables', '--local', '203.0.113.0/24')) == ['2001:db8:7:8::/64']
    assert listed(ban(LOG, 'nftables', '--trust', '2001:db8::/32')) == ['203.0.113.7']
    # an address inside of a /64 that would be listed
    assert listed(ban(LOG, 'nftables', '--trust', '2001:db8:7:8::53')) == ['203.0.113.7']


def test_never_where_people_log_in():
    log = guesses('203.0.113.7') + ''.join(login('203.0.113.7', f'user{i}@example.com') for i in range(4))
    assert listed(ban(log, 'nftables')) == []


def test_only_what_is_recent():
    log = guesses('198.51.100.9', day='18') + guesses('203.0.113.7', day='21')
    result = ban(log, 'nftables')
    assert listed(result) == ['203.0.113.7']
    assert '# left out, not seen lately: 198.51.100.9' in result.stdout
    assert listed(ban(log, 'nftables', '--ban-within', '7d')) == ['198.51.100.9', '203.0.113.7']


CROWD = ''.join(probes(f'203.0.113.{i}') for i in range(10, 16))


def test_networks():
    result = ban(CROWD, 'nftables')
    assert listed(result) == [f'203.0.113.{i}' for i in range(10, 16)]
    assert 'one of 6 addresses' in result.stdout
    assert '# left out, a whole network (--ban-networks lists it): 203.0.113.0/24' in result.stdout
    whole = ban(CROWD + guesses('203.0.113.200'), 'nftables', '--ban-networks')
    assert listed(whole) == ['203.0.113.0/24']  # what lies in it is not listed again
    assert 'timeout 86400s' in whole.stdout     # but the longer time of the worse one counts


def test_many_that_work_together():
    accounts = ['info@example.com', 'sales@example.com', 'anna@example.com']
    campaign = ''.join(f'Nov 21 09:{i:02}:00 mx1 postfix/submission/smtpd[2131]: warning: unknown[{60 + i}.{i}.7.9]: SASL LOGIN authentication '
                       f'failed: authentication failure, sasl_username={accounts[i % 3]}\n' for i in range(18))
    result = ban(campaign, 'iptables')
    assert len(listed(result)) == 18
    assert '"mailwhy: works through a list of accounts together with others, one of 18 addresses, 2026-11-21"' in result.stdout
    one = ''.join(f'Nov 21 09:{i:02}:00 mx1 postfix/submission/smtpd[2131]: warning: unknown[{60 + i}.{i}.7.9]: SASL LOGIN authentication '
                  f'failed: authentication failure, sasl_username=nobody@example.com\n' for i in range(40))
    result = ban(one, 'iptables')
    assert 'mailwhy: is guessed' not in result.stdout
    assert '"mailwhy: guesses the password of one account together with others, one of 40 addresses, 2026-11-21"' in result.stdout


def test_networks_with_honest_people():
    log = CROWD + login('203.0.113.99', 'anna@example.com')
    result = ban(log, 'nftables', '--ban-networks')
    assert '203.0.113.0/24' not in listed(result)


def test_nothing():
    result = ban(login('203.0.113.7', 'anna@example.com'), 'csf')
    assert result.returncode == 1
    assert lines(result) == [] and '# nothing to list' in result.stdout


HOSTILE = ['$(touch /tmp/x)', '`id`', '";id;"', "';id;'", '\\";id', '-o', '%s%n', '\u202ex', '&&id', '|id', 'a b', '<!--']


@pytest.mark.parametrize('tool', TOOLS)
def test_hostile_texts(tool):
    """User names, HELO names and host names are strangers' words: none of them gets in."""
    log = ''.join(guesses('203.0.113.7', user=text, n=3) + probes('203.0.113.8', helo=text, host=text.replace(' ', '')) for text in HOSTILE)
    result = ban(log + guesses('203.0.113.7'), tool)
    assert set(listed(result)) <= {'203.0.113.7', '203.0.113.8'}
    for text in HOSTILE:
        if text != '-o':
            assert text not in result.stdout.replace('&& ', '').replace('|| ', ''), text
    for line in lines(result):
        assert line.isascii() and line.isprintable() or '\t' in line


@pytest.mark.parametrize('tool', SHELL_TOOLS)
def test_shell_takes_it(tool, tmp_path):
    """Run by a shell in which the tool is a stand-in that writes its arguments down: each entry is one call with whole words."""
    calls = tmp_path / 'calls'
    for name in ('csf', 'iptables', 'ip6tables', 'fail2ban-client', 'ipset', 'firewall-cmd', 'cscli'):
        stand_in = tmp_path / name
        stand_in.write_text(f'#!/bin/sh\nprintf "%s\\0" {name} "$@" >> {calls}\nprintf "\\n" >> {calls}\n')
        stand_in.chmod(0o755)
    script = ban(LOG, tool).stdout
    assert subprocess.run(['sh', '-n'], input=script, text=True).returncode == 0
    done = subprocess.run(['sh', '-eu'], input=script, text=True, capture_output=True,
                          env={'PATH': f'{tmp_path}:{os.environ["PATH"]}'})
    assert done.returncode == 0, done.stderr
    told = [line.split('\0')[:-1] for line in calls.read_text().splitlines()]
    for address in ('203.0.113.7', '2001:db8:7:8::/64'):
        assert any(any(word == address or f'address="{address}"' in word for word in call) for call in told), told
    reasons = {word for call in told for word in call if word.startswith('mailwhy:')}
    assert reasons <= {'mailwhy: guesses passwords, 12 times, 2026-11-21', 'mailwhy: guesses passwords, 24 times, 2026-11-21'}


@pytest.mark.parametrize('tool', SHELL_TOOLS)
@pytest.mark.skipif(not shutil.which('shellcheck'), reason='no shellcheck')
def test_shellcheck(tool):
    script = '#!/bin/sh\n' + ban(LOG + CROWD, tool).stdout
    done = subprocess.run(['shellcheck', '-'], input=script, text=True, capture_output=True)
    assert done.returncode == 0, done.stdout


def in_namespace(*command, script):
    """Run where nothing can be broken: a network of its own."""
    return subprocess.run(['unshare', '-rn', *command], input=script, text=True, capture_output=True)


def has_namespace(tool):
    if not shutil.which('unshare') or not shutil.which(tool):
        return False
    ready = {'nft': ['nft', 'add', 'table', 'inet', 'x'], 'iptables': ['iptables', '-N', 'x'],
             'ipset': ['sh', '-c', 'ipset create x hash:net timeout 5 comment && iptables -I INPUT -m set --match-set x src -j DROP']}
    return in_namespace(*ready[tool], script='').returncode == 0


def test_nft_takes_it(tmp_path):
    if not has_namespace('nft'):
        pytest.skip('no nft that works in a namespace')
    for args in ((), ('--ban-networks',)):
        script = ban(LOG + CROWD, 'nftables', *args).stdout
        done = in_namespace('nft', '-c', '-f', '-', script=script)
        assert done.returncode == 0, done.stderr
    # twice, as cron would do it, and then it stands there
    rules = tmp_path / 'rules'
    rules.write_text(script)
    done = in_namespace('sh', '-e', script=f'nft -f {rules}\nnft -f {rules}\nnft list table inet mailwhy\n')
    assert done.returncode == 0, done.stderr
    assert done.stdout.count('203.0.113.0/24') == 1 and '2001:db8:7:8::/64' in done.stdout and done.stdout.count(' drop') == 3


@pytest.mark.parametrize('tool', ['iptables', 'ipset'])
def test_iptables_take_it(tool):
    if not has_namespace(tool):
        pytest.skip(f'no {tool} that works in a namespace')
    script = ban(LOG, tool).stdout
    done = in_namespace('sh', '-e', script=script + script + 'iptables -S\nip6tables -S\n')
    assert done.returncode == 0, done.stderr
    # the jump, or the set's rule, once for each family, however often it is run
    assert done.stdout.count('-A INPUT') == 2, done.stdout
    if tool == 'iptables':
        assert '-s 203.0.113.7/32' in done.stdout and '-s 2001:db8:7:8::/64' in done.stdout and '--datestop' in done.stdout


def test_fail2ban_jail():
    assert "jail='postfix-sasl'\n" in ban(LOG + login('192.0.2.1', 'bea@example.com'), 'fail2ban').stdout
    assert "jail='mail'\n" in ban(LOG, 'fail2ban', '--ban-jail', 'mail').stdout
    for jail in ("x';id;'", 'a b', '$(id)', ''):
        assert ban(LOG, 'fail2ban', '--ban-jail', jail).returncode == 2


@pytest.mark.parametrize('args, words', [
    (['nftable'], 'nftables'),
    (['csf', '--json'], '--json'),
    (['csf', '--redact'], '--redact'),
    (['csf', '--ban-time', '0'], '--ban-time'),
    (['csf', '--ban-time', 'soon'], 'soon'),
])
def test_usage(args, words):
    result = ban(LOG, *args)
    assert result.returncode == 2 and words in result.stderr


def test_options_without_ban():
    result = run_program('threats', '--ban-networks', '-', stdin=LOG, env=NO_FILES)
    assert result.returncode == 2 and '--ban' in result.stderr


@pytest.mark.parametrize('jobs', ['1', '4'])
def test_same_for_any_number_of_threads(jobs):
    log = LOG + CROWD + guesses('198.51.100.9', day='18')
    assert ban(log, 'nftables', '-j', jobs, '--batch-lines', '3').stdout == ban(log, 'nftables', '-j1').stdout


def failed(ip, user, second):
    return (f'Nov 21 09:00:{second:02} mx1 dovecot: imap-login: Disconnected (auth failed, 1 attempts in 2 secs): user=<{user}>, method=PLAIN, '
            f'rip={ip}, lip=192.0.2.1, TLS, session=<f{second}>\n')


def opened(ip, user, minute=5):
    return (f'Nov 21 09:{minute:02}:00 mx1 dovecot: imap-login: Login: user=<{user}>, method=PLAIN, rip={ip}, lip=192.0.2.1, mpid=12, TLS, '
            f'session=<o{minute}>\n')


def burglary(ip, at=0):
    """A few guesses at several accounts, then one opens."""
    users = ['anna'] * 3 + ['bob', 'carl', 'dora']
    return ''.join(failed(ip, f'{u}@example.com', at + i) for i, u in enumerate(users)) + opened(ip, 'anna@example.com', 5 + at)


def threats(log, *args):
    result = run_program('threats', '--tz', 'UTC', '--year', 2026, *args, '-', stdin=log, env=NO_FILES)
    assert result.returncode == 0, result.stderr
    return result.stdout


def guessed(log, *args):
    finding, = [f for f in json.loads(threats(log, '--json', *args))['findings'] if f['detector'] == 'guessed_account']
    return finding


@pytest.mark.parametrize('tool', TOOLS)
def test_who_got_in_with_few_guesses_is_listed(tool):
    log = burglary('203.0.113.7')
    assert 'Block 203.0.113.7: ' in threats(log)
    result = ban(log, tool)
    assert listed(result) == ['203.0.113.7']
    assert 'mailwhy: logged in with a guessed password, 2026-11-21' in result.stdout
    assert 'left out' not in result.stdout


def test_all_who_got_in_are_named_and_listed():
    log = burglary('203.0.113.7') + burglary('198.51.100.9', 20)
    finding = guessed(log)
    assert sorted(finding['intruders']) == sorted(finding['members']) == ['198.51.100.9', '203.0.113.7']
    assert all(ip in finding['action'] for ip in finding['intruders'])
    assert listed(ban(log, 'nftables')) == ['198.51.100.9', '203.0.113.7']


def test_a_trusted_address_that_got_in_is_neither_named_nor_listed():
    log = burglary('203.0.113.7') + burglary('198.51.100.9', 20)
    assert guessed(log, '--trust', '203.0.113.7')['intruders'] == ['198.51.100.9']
    assert listed(ban(log, 'nftables', '--trust', '203.0.113.7')) == ['198.51.100.9']


def test_what_spares_honest_people_is_said_with_the_advice():
    spree = ''.join(guesses('203.0.113.7', f'user{i}@example.com', n=3) for i in range(10))
    log = opened('203.0.113.7', 'anna@example.com', 1) + spree
    finding, = json.loads(threats(log, '--json'))['findings']
    assert not finding['blockable'] and 'honest people log in from there' in finding['action'] and not finding['intruders']
    assert listed(ban(log, 'nftables')) == []
    assert 'honest people' not in threats(spree)
    assert listed(ban(spree, 'nftables')) == ['203.0.113.7']
