# SPDX-License-Identifier: Apache-2.0
"""docs/cookbook.md: shows what the program says, answers every command of the guides, and is right where they are wrong.

guide_commands.py lists the commands; here they run as they stand in the guides, then without their slips of the pen, and agree with our
answer, but for exactly the difference that the list states.
"""
import collections
import json

import pytest

import cookbook
import guide_commands as guides
import old_ways
import pages

TEXT = cookbook.DOCUMENT.read_text()
RECIPES = cookbook.recipes(TEXT)
BLOCKS = cookbook.blocks(TEXT)
# recipes that no command of the guides asks for
MORE = {'What does this reply mean?', 'Which script sends?'}


@pytest.fixture(scope='module')
def servers(tmp_path_factory):
    return old_ways.servers(tmp_path_factory.mktemp('servers'))


def names(commands):
    """test ids"""
    return [f'{c.guide}-{i}' for i, c in enumerate(commands)]


RUN = [c for c in guides.COMMANDS if c.on]


def test_every_command_has_its_recipe():
    shown = {recipe for recipe, _ in BLOCKS}
    asked = {c.recipe for c in guides.COMMANDS}
    assert asked <= set(RECIPES)
    assert set(RECIPES) - asked == MORE
    assert {r for r in RECIPES if 'mailwhy ' in RECIPES[r]} == set(RECIPES) == shown | {'What logs cannot tell'}


def test_no_command_is_lost():
    """How many commands each guide has that read a log or a queue, and that do not."""
    assert collections.Counter(c.guide for c in guides.COMMANDS) == {'tr': 34, 'handbook': 32, 'cpanel': 26, 'de': 2}
    assert {guide: len(rest) for guide, rest in guides.ELSEWHERE.items()} == {'tr': 8, 'cpanel': 8}


def typed(command, text):
    """A guide's command with our names in the place of its own."""
    for name, ours in command.with_.items():
        text = text.replace(name, ours)
    return text


@pytest.mark.parametrize('command', RUN, ids=names(RUN))
def test_as_it_stands_in_the_guide(servers, command):
    """It does what the list says: works, fails, finds nothing, or prints everything."""
    code, out, words = servers[command.on].run(typed(command, command.command))
    if command.written == guides.NOTHING:
        assert not out.strip()
    elif command.written == guides.ERROR:
        assert 'grep: ' in words and not out.strip()
    elif command.written == guides.HELP:
        assert code and 'This help message' in out
    elif command.written == guides.EVERY_LINE:
        before = command.command.rsplit(' | grep ', 1)[0] if '| tail' not in command.command else command.command.split(' | grep ')[0]
        _, everything, _ = servers[command.on].run(typed(command, before))
        assert out and out.splitlines() == everything.splitlines()[-len(out.splitlines()):]
        assert len(out.splitlines()) == min(len(everything.splitlines()), 20 if '| tail -20' in command.command else 1 << 30)
    elif command.written == guides.WORKS:
        assert out.strip() and not words and not command.repaired
    else:
        assert command.written in out
    if command.written != guides.WORKS:
        assert command.why


def plus(ours, extra, lacks):
    """Our figures with the difference that the list states."""
    if isinstance(ours, set):
        assert not (extra or set()) & ours and (lacks or set()) <= ours
        return (ours | (extra or set())) - (lacks or set())
    if isinstance(ours, list):
        return [n + more for n, more in zip(ours, extra)] if extra else ours
    if isinstance(ours, dict):
        return +(collections.Counter(ours) + collections.Counter(extra or {}) - collections.Counter(lacks or {}))
    return ours + (extra or 0) - (lacks or 0)


JUDGED = [c for c in RUN if c.ours]


@pytest.mark.parametrize('command', JUDGED, ids=names(JUDGED))
def test_agrees_or_differs_by_what_is_said(servers, command):
    server = servers[command.on]
    _, out, _ = server.run(typed(command, command.repaired or command.command))
    theirs = command.theirs(out)
    code, answer, words = server.run('mailwhy ' + command.ours)
    assert code in (0, 1), words
    ours = command.reads(json.loads(answer)) if command.reads else command.theirs(answer)
    if isinstance(ours, dict):
        theirs, ours = collections.Counter(theirs), collections.Counter(ours)
    assert theirs == plus(ours, command.extra, command.lacks)
    assert theirs or command.written == guides.NOTHING
    if command.extra or command.lacks:
        assert command.why


def test_a_reason_for_each_that_is_not_compared():
    assert all(c.why for c in guides.COMMANDS if not c.on or not c.ours)


def test_the_checks_can_fail(servers):
    out = 'one\ntwo\n  three x\nfour\nfive\n'
    assert pages.excerpt('1, "three" 1', out) == 'one\n...\n  three x\n...\n'
    assert pages.excerpt('all', out) == out
    with pytest.raises(AssertionError):
        pages.excerpt('"six" 1', out)
    assert plus({'a', 'b'}, {'c'}, {'a'}) == {'b', 'c'}
    assert plus(collections.Counter(a=2), {'b': 1}, {'a': 2}) == {'b': 1}
    with pytest.raises(AssertionError):
        plus({'a'}, set(), {'b'})
    assert servers['cpanel'].run('date -d "1 hour ago" +%H; sudo exim -bpc')[1] == '14\n3\n'


def test_brief_shows_each_recipient_that_was_asked_for(servers):
    """One line each, the same facts as in JSON."""
    for server, words in (('cpanel', '--all'), ('filters', '--all --status bounced'), ('postfix', '--all --domain partner.test'),
                          ('cpanel', '--all --status login_failed'), ('postfix', '--all --reply "user unknown" --status bounced')):
        code, out, _ = servers[server].run(f'mailwhy trace {words} --brief --no-limit')
        answer = json.loads(servers[server].run(f'mailwhy trace {words} --json --no-limit')[1])
        brief = [line for line in out.splitlines() if line[:2] == '20']
        status = words.split('--status ')[1].split()[0] if '--status' in words else ''
        domain = words.split('--domain ')[1] if '--domain' in words else ''
        want = 0
        for m in answer['messages']:
            mine = not domain or (m['sender'] or '').endswith(domain)
            kept = [r for r in m['recipients'] if status in ('', r['outcome'])
                    and ('--reply' not in words or any('user unknown' in (a['reply'] or '').lower() for a in r['attempts']))
                    and (mine or domain in (r['recipient'] or '') or domain in (r['orig_recipient'] or ''))]
            want += len(kept) or not m['recipients']
        assert code == 0 and len(brief) == want + sum(len(answer[k]) for k in ('rejections', 'logins', 'mailbox')) > 0, words
        assert all(any(m['queue_id'] in line for line in brief) for m in answer['messages'])


def test_brief_and_json_exclude_each_other(servers):
    code, _, words = servers['cpanel'].run('mailwhy trace --all --brief --json')
    assert code == 2 and '--brief' in words


def test_a_list_that_only_its_link_names(servers):
    """cPanel's refusals: 'is in an RBL, see https://www.spamhaus.org/...'; 'blacklisted' without a link is none."""
    answer = json.loads(servers['cpanel'].run('mailwhy report --panel dnsbl --json')[1])
    assert [(r['list'], r['refused'], r['clients']) for r in answer['panels'][0]['rows']] == [('spamhaus.org', 4, 3)]


def test_a_login_of_exim_is_over_smtp_also_when_it_works(servers):
    """'authenticator failed' is a line of SMTP; A= on an arrival is one as well."""
    answer = json.loads(servers['cpanel'].run('mailwhy report --panel login_services --json --writer exim')[1])
    assert {(r['service'], r['method']): (r['succeeded'] > 0, r['failed'] > 0) for r in answer['panels'][0]['rows']} == \
        {('smtp', 'dovecot_login'): (True, True), ('smtp', 'dovecot_plain'): (True, True)}
