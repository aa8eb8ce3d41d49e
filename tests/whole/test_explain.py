# SPDX-License-Identifier: Apache-2.0
"""mailwhy explain: what beginners' guides teach, said at least as well; every word of the writers' logs; the command itself."""
import json

import pytest

from conftest import ROOT
from test_json_docs import DOCUMENTED, names

DATA = ROOT / 'tests' / 'whole' / 'explain'


def explained(mailwhy, text, *options):
    """The answers for the records of a text."""
    result = mailwhy('explain', '--json', '--no-limit', '--tz', 'UTC', *options, stdin=text.encode('utf-8', 'surrogateescape'))
    return result.ndjson


def said(answer):
    """All that is said of a line, with what it is said about."""
    return [f"{p['text']} {p['name']}: {p['meaning']}" for p in answer['parts']]


def dense(text):
    return ''.join(text.split())


def blocks(name):
    """Blocks of a file: the line, and below it what must be said.  'PART | words' asks for a part that begins with PART and in whose
    name or meaning each of the words (parted by commas) stands; '= words' for the sentence; '? class side' for the cause."""
    for block in (DATA / name).read_text().split('\n\n'):
        lines = [line for line in block.splitlines() if line and not line.startswith('#')]
        if lines:
            yield lines[0].replace('\\n\n', '\\n'), lines[1:]


def missing(answer, demand):
    """Why the demand is not met; None: it is."""
    kind, _, rest = demand.partition(' ')
    if kind == '=':
        absent = [w for w in rest.split(', ') if w.lower() not in (answer['sentence'] or '').lower()]
        return f'sentence lacks {absent}: {answer["sentence"]}' if absent else None
    if kind == '?':
        cause = answer['cause']
        got = f'{cause["class"]} {cause["side"]}' if cause else 'none'
        return None if got == rest else f'cause is {got}, not {rest}'
    part, words = demand.split(' | ')
    for p in answer['parts']:
        told = f"{p['name']} {p['meaning']}".lower()
        if p['text'].startswith(part) and all(w.lower() in told for w in words.split(', ')):
            return None
    return f'no part {part!r} that says {words!r}'


@pytest.mark.parametrize('name', ['guides-lines.txt', 'guides-words.txt'])
def test_guides(mailwhy, name):
    asked = list(blocks(name))
    assert len(asked) > 30
    wrong = []
    for line, demands in asked:
        answer, = explained(mailwhy, line)
        if dense(''.join(p['text'] for p in answer['parts'])) != dense(line) and answer['kind'] in ('line', 'reply'):
            wrong.append(f'{line}\n    its parts do not cover it')
        wrong += [f'{line}\n    {why}' for why in (missing(answer, d) for d in demands) if why]
        if answer['kind'] == 'unknown':
            wrong.append(f'{line}\n    unknown')
    assert not wrong, '\n'.join(wrong)


def test_words_of_all_writers(mailwhy):
    """Flags, fields, columns, events, selectors: none is unknown, all have a meaning."""
    words = [w for w in (DATA / 'words.txt').read_text().splitlines() if w and not w.startswith('# ')]
    assert len(words) > 450
    answers = explained(mailwhy, '\n'.join(words))
    assert len(answers) == len(words)
    unknown = [a['input'] for a in answers if a['kind'] == 'unknown' or not all(p['meaning'] for p in a['parts'])]
    assert not unknown


@pytest.mark.parametrize('path', sorted((ROOT / 'tests' / 'golden').glob('*/*.log')), ids=lambda p: f'{p.parent.name}/{p.stem}')
def test_parts_cover_the_line(mailwhy, path):
    text = path.read_bytes().decode('utf-8', 'surrogateescape')
    for answer in explained(mailwhy, text):
        got, want = dense(''.join(p['text'] for p in answer['parts'])), dense(answer['input'])
        if not want.startswith(('{', 'data:{')):
            assert got == want
        elif '\\' not in want and '[1' not in want:
            # a record in JSON: its members, then what was unescaped
            assert all(dense(p['text']) in want for p in answer['parts'])


def test_each_kind_of_reply_names_its_cause(mailwhy):
    answer, = explained(mailwhy, '550-5.1.1 The email account that you tried to reach does not exist. Please try\n'
                                 '550-5.1.1 double-checking the recipient\'s email address\n550 5.1.1 x - gsmtp\n')
    assert answer['kind'] == 'reply'
    assert answer['cause']['id'].startswith('google') and answer['cause']['basis'] == 'text'


def samples():
    """(cause, sample) of all rules."""
    for path in sorted((ROOT / 'data' / 'causes').glob('*.rules')):
        cause, last, found = None, None, []
        for line in path.read_text().splitlines():
            word, _, value = line.strip().partition(' ')
            if line.startswith('cause '):
                cause = value.strip()
            elif word == 'sample':
                found.append([cause, value.strip()])
            elif word.startswith('|') and last == 'sample':
                found[-1][1] += ' ' + line.strip()[1:].strip()
            last = last if word.startswith('|') else word
        yield from found


def test_samples_of_causes_name_their_rule(mailwhy):
    asked = list(samples())
    answers = explained(mailwhy, '\n\n'.join(text for _, text in asked))
    assert len(asked) > 1000 and len(answers) == len(asked)
    other = [f'{cause}: {a["cause"] and a["cause"]["id"]}: {text}' for (cause, text), a in zip(asked, answers)
             if not a['cause'] or a['cause']['id'] != cause]
    assert not other, '\n'.join(other)


def test_json_is_documented(mailwhy):
    answers = explained(mailwhy, (DATA / 'guides-lines.txt').read_text() + '\n550 5.1.1 x\n5.7.26\n=>\n+all\n1rJkXm-0003kl-Qp\n')
    assert names(answers) - DOCUMENTED == set()


def test_unknown_text(mailwhy):
    result = mailwhy('explain', 'the quick brown fox')
    assert result.returncode == 1 and 'does not know' in result.stdout
    assert mailwhy('explain', '--json', 'the quick brown fox').json['kind'] == 'unknown'


def test_from_standard_input(mailwhy):
    line = 'Sep 12 10:15:30 mx postfix/qmgr[1234]: 3B2E160C2A: removed\n'
    assert 'left the queue' in mailwhy('explain', stdin=line).stdout
    assert 'left the queue' in mailwhy('explain', '-', stdin=line).stdout
    result = mailwhy('explain', stdin=line * 12)
    assert result.stdout.count('So:') == 10 and '2 more not explained' in result.stdout
    assert mailwhy('explain', '--no-limit', stdin=line * 12).stdout.count('So:') == 12
    assert mailwhy('explain', '--top', '3', stdin=line * 12).stdout.count('So:') == 3


def test_words_that_look_like_options(mailwhy):
    for word in ['->', '-44', '-subject', '-8bitmime']:
        assert mailwhy('explain', word).returncode == 0
    assert mailwhy('explain', '--nonsense').returncode == 2


def test_trace_is_named(mailwhy):
    out = mailwhy('explain', '2024-01-15 09:23:41 1rJkXm-0003kl-Qp Completed').stdout
    assert 'mailwhy trace 1rJkXm-0003kl-Qp' in out


def test_nothing_reaches_the_terminal(mailwhy):
    out = mailwhy('explain', stdin='2024-01-15 09:23:41 1rJkXm-0003kl-Qp => a@example.com R=r T=t C="250 \x1b[2J\u202eevil"\n').stdout
    assert '\x1b' not in out and '\u202e' not in out


def test_exchange_rows(mailwhy):
    log = (ROOT / 'tests/golden/reference/exchange-tracking.log').read_text()
    row = next(line for line in log.splitlines() if ',SEND,' in line)
    for text in (log.splitlines()[4] + '\n' + row, row):    # with its header, and by its look
        answer = explained(mailwhy, text)[-1]
        assert any('event' == p['name'] and 'next SMTP server' in p['meaning'] for p in answer['parts']), text


def test_reject_log_entry_is_one(mailwhy):
    answers = explained(mailwhy, (ROOT / 'tests/golden/reference/exim-rejectlog.log').read_text())
    assert len(answers) < 4 and all(a['event'] == 'reject' for a in answers)


def attempt(reason, result='status=bounced', program='postfix/smtp'):
    return f'Nov 21 09:00:01 mx {program}[9]: 4A1B2C3D4E: to=<bob@example.net>, relay=x, delay=1, delays=0/0/1/0, dsn=5.0.0, {result} ({reason})\n'


OWN, ANSWER, COMMAND = "in this server's own words: no other server", "in the answering server's own words", 'what the program printed'
DOVECOT = 'host mx[private/dovecot-lmtp] said: 550 5.1.1 <bob@example.net> nobody here'


@pytest.mark.parametrize('line, words, whose', [
    (attempt('Host or domain name not found. Name service error for name=x.example type=A: Host not found'), 'Host not found', OWN),
    (attempt('unknown user: "bob"', program='postfix/local'), '"bob"', OWN),
    (attempt('mail for example.net loops back to myself'), 'mail for', OWN),
    (attempt('maildir delivery failed: create maildir file /home/bob: Permission denied', program='postfix/virtual'), 'maildir', OWN),
    (attempt('temporary failure. Command output: lda: no such thing', program='postfix/pipe'), 'temporary failure', OWN),
    (attempt('temporary failure. Command output: lda: no such thing', program='postfix/pipe'), 'lda: no such thing', COMMAND),
    (attempt('host mx.example.net[192.0.2.1] said: 550 5.1.1 nobody here (in reply to RCPT TO command)'), 'nobody here', ANSWER),
    (attempt('host mx.example.net[192.0.2.1] refused to talk to me: 554 go away'), 'go away', ANSWER),
    (attempt('250 2.0.0 thank you', 'status=sent'), 'thank you', ANSWER),
    (attempt(DOVECOT, program='postfix/lmtp'), 'nobody here', ANSWER),
    ('Nov 21 09:00:01 mx postfix/smtpd[9]: NOQUEUE: reject: RCPT from unknown[192.0.2.9]: 554 5.7.1 <v@x.example>: nobody here; from=<s@x.test> '
     'to=<v@x.example> proto=ESMTP helo=<x>\n', 'nobody here', "in this server's own words: so it answered the client"),
    ('2026-11-21 09:00:01 1rJkXm-0003kl-Qp ** bob@example.net R=r T=t H=mx.example.net [192.0.2.1]: SMTP error from remote mail server after '
     'RCPT TO:<bob@example.net>: 550 nobody here\n', 'nobody here', ANSWER),
    ('2026-11-21 09:00:01 1rJkXm-0003kl-Qp == bob@example.net R=r defer (-1): nothing to be found\n', 'nothing to be found', OWN),
    ('Nov 21 09:00:01 mx sendmail[9]: 3AL901xx000123: to=<bob@example.net>, delay=00:00:01, mailer=esmtp, relay=mx.example.net. [192.0.2.1], '
     'dsn=4.0.0, stat=Deferred: 450 4.2.0 nobody here\n', 'nobody here', ANSWER),
    ('Host or domain name not found. Name service error for name=x.example type=A: Host not found\n', 'Host not found', OWN),
    ('550 5.1.1 nobody here\n', 'nobody here', ANSWER),
])
def test_whose_words_they_are(mailwhy, line, words, whose):
    answer, = explained(mailwhy, line, '--year', '2026')
    part, = [p for p in answer['parts'] if words in p['text']]
    assert whose in part['meaning'], part


def test_a_socket_is_no_address(mailwhy):
    answer, = explained(mailwhy, attempt(DOVECOT, program='postfix/lmtp'), '--year', '2026')
    assert any('socket private/dovecot-lmtp' in told for told in said(answer))


@pytest.mark.parametrize('newline', [' ', '\\n'])
def test_a_code_is_explained_once_in_a_reply(mailwhy, newline):
    reply = newline.join(['550-5.1.1 The account that you tried', '550-5.1.1 to reach', '550 5.1.1 does not exist'])
    for text in [reply, '2026-11-21 09:00:01 1rJkXm-0003kl-Qp ** bob@example.net R=r T=t H=mx.example.net [192.0.2.1]: SMTP error from remote '
                        f'mail server after RCPT TO:<bob@example.net>: {reply}']:
        answer, = explained(mailwhy, text + '\n', '--year', '2026')
        names_told = [p['name'] for p in answer['parts']]
        assert names_told.count('reply code') == 1 and names_told.count('enhanced status code') == 1, said(answer)
        assert any(p['text'].startswith('The account') and p['text'].endswith('does not exist') for p in answer['parts']), said(answer)
        assert 'the same' not in ' '.join(p['meaning'] for p in answer['parts'] if 'code' in (p['name'] or ''))
