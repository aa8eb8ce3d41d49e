#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""truth.py SET [--program FILE] [--json FILE] [--all] - compare mailwhy's answer with what really happened

SET is a directory with logs and truth.json (or a name below tests/corpus).  The program is asked for everything:
`trace --all --no-limit --json LOG...`; every message, recipient, rejection and login of truth.json must be in the
answer.  Each difference is one line that starts with its kind and names the case, so that it can stand in
exceptions.txt of the set with its reason; lines that already stand there are not shown unless --all.

Exit 0 if the differences are exactly the listed ones, 1 if not.
"""
import argparse
import collections
import datetime
import gzip
import json
import lzma
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
CORPUS = ROOT / 'tests' / 'corpus'

# What a user would have to say too: Exim's own files do not name their host.
OPTIONS = {
    'twohop-basic': ['--server', 'b-exim-*=hub.stark.test'],
}

FINAL = {
    'delivered': 'delivered', 'relayed': 'delivered', 'bounced': 'bounced', 'expired': 'bounced',
    'discarded': 'discarded', 'removed': 'discarded', 'deferred': 'deferred', 'held': 'deferred',
    'pending': 'deferred', 'rejected': 'rejected', 'expanded': 'expanded',
}
# what matters most to the user comes first
RANK = ['delivered', 'relayed', 'bounced', 'expired', 'rejected', 'discarded', 'removed', 'held', 'deferred',
        'expanded', 'pending']
SLACK = 2.5         # seconds between the client's clock and the log's, which may have whole seconds only
SAME_MAIL = {'forward', 'filter', 'handoff', 'requeue'}


def seconds(text):
    """RFC 3339 as seconds since the epoch, None for null."""
    return datetime.datetime.fromisoformat(text.replace('Z', '+00:00')).timestamp() if text else None


def clock(t):
    return datetime.datetime.fromtimestamp(t, datetime.timezone.utc).strftime('%H:%M:%S')


def fold(address):
    return (address or '').casefold()


def show(value):
    """One word of a difference line."""
    if value is None:
        return '-'
    text = json.dumps(str(value), ensure_ascii=True)[1:-1]
    return f'"{text}"' if ' ' in text or not text else text


class Messages:
    """The messages of the answer, by queue id."""

    def __init__(self, messages):
        self.all = messages
        self.by_id = collections.defaultdict(list)
        for m in messages:
            self.by_id[m['queue_id']].append(m)

    @staticmethod
    def begin(m):
        return seconds(m.get('arrived') or m.get('first') or m.get('finished'))

    def nearest(self, queue_id, begin, end, server=None):
        """The message of that id whose arrival lies in (or nearest to) the window."""
        def distance(m):
            t = self.begin(m)
            if t is None:
                return 1e9
            return max(begin - t, t - end, 0)
        found = [m for m in self.by_id.get(queue_id, ()) if server is None or m['server'] == server]
        found = [m for m in found if distance(m) < 20]
        return min(found, key=distance) if found else None

    def children(self, m, recipient):
        """The messages that this recipient's copy became: links of the message, and the id that the next hop gave."""
        begin = self.begin(m) or 0
        ids = [(link['queue_id'], link.get('server')) for link in m.get('children') or [] if link['relation'] in SAME_MAIL]
        ids += [(a['next_queue_id'], None) for a in recipient.get('attempts') or [] if a.get('next_queue_id')]
        found = []
        for queue_id, server in ids:
            child = self.nearest(queue_id, begin - 5, begin + 600, server)
            if child is not None and child is not m and child not in found:
                found.append(child)
        return found


def names_of(r):
    return {fold(r.get('recipient')), fold(r.get('orig_recipient'))} - {''}


def wanted_in(r, names):
    return bool(names_of(r) & names)


def leaves(messages, m, names, seen=()):
    """[(address, original address, outcome)] at the end of all ways that these names took from message m on."""
    key = (m['server'], m['queue_id'], m.get('arrived'))
    if key in seen:
        return []
    seen = (*seen, key)
    mine = [r for r in m['recipients'] if wanted_in(r, names)]
    result = []
    for r in mine:
        further = []
        expanded = r['outcome'] == 'expanded' or any(a['outcome'] == 'expanded' for a in r.get('attempts') or [])
        if expanded or r['outcome'] == 'relayed':
            all_names = names_of(r) | names
            children = messages.children(m, r)
            for child in children:
                further += leaves(messages, child, all_names, seen)
            alone = sum(other['outcome'] in ('expanded', 'relayed') for other in m['recipients']) == 1
            if not further and expanded and (alone or len(children) == 1):
                # the child does not name the alias: all its recipients come from here
                for child in children:
                    every = set().union(*(names_of(o) for o in child['recipients'])) if child['recipients'] else set()
                    further += leaves(messages, child, every, seen)
        if not further or r['outcome'] not in ('expanded', 'relayed'):
            result.append((fold(r.get('recipient')), fold(r.get('orig_recipient')), r['outcome']))
        result += further
    return result


def decide(outcomes):
    """The one that matters most, as truth.json calls it; '-' if there is none."""
    best = min(outcomes, key=RANK.index, default=None)
    return FINAL[best] if best else '-'


def same_address(leaf, want):
    """A leaf for an expected final address: equal, or a local user's name, or the pipe or file itself."""
    address, original, _ = leaf
    want = fold(want)
    if address == want or (address and '@' not in address and address == want.split('@')[0]):
        return True
    return bool(address) and want[:1] in '|/:' and (address.startswith(want) or want.startswith(address))


def assign(wants, gots, fits):
    """[(want, got)] as many pairs as possible, each got once, near ones preferred: augmenting paths."""
    near = [sorted((i for i, g in enumerate(gots) if fits(g, w)), key=lambda i: abs(gots[i]['t'] - w['t'])) for w in wants]
    owner = {}

    def place(w, tried):
        for i in near[w]:
            if i in tried:
                continue
            tried.add(i)
            if i not in owner or place(owner[i], tried):
                owner[i] = w
                return True
        return False

    for w in range(len(wants)):
        place(w, set())
    return [(wants[w], gots[i]) for i, w in owner.items()]


def plain_user(user):
    """A user name as the client gave it: Exim writes 8-bit bytes as \\ooo."""
    if user and re.search(r'\\[0-3][0-7]{2}', user):
        raw = re.sub(rb'\\([0-3][0-7]{2})', lambda m: bytes([int(m[1], 8)]), user.encode())
        user = raw.decode('utf-8', 'replace')
    return fold(user)


def same_user(logged, tried):
    """Postfix cuts names after 100 bytes, Dovecot marks its cuts with '...'."""
    return logged == tried or (len(logged) >= 64 and tried.startswith(logged.removesuffix('...')))


class Comparison:
    def __init__(self, truth, answer):
        self.truth, self.answer = truth, answer
        self.messages = Messages(answer['messages'])
        self.differences = []
        self.hints = {}  # what comes near to a missing case; not part of its line
        self.figures = collections.OrderedDict()

    def differ(self, kind, *words, hint=None, **values):
        line = ' '.join([kind, *map(show, words), *(f'{k}={show(v)}' for k, v in values.items())])
        self.differences.append(line)
        if hint:
            self.hints[line] = hint

    def count(self, name, ok):
        good, total = self.figures.get(name, (0, 0))
        self.figures[name] = (good + bool(ok), total + 1)

    # messages and recipients

    def find(self, want):
        """The first message of a mail in the answer, None if it is not there."""
        begin, end = want['t_start'] - 3, want['t_end'] + 3
        queue_id = want['queue_id']
        if not queue_id:
            ids = {(r.get('hops') or e.get('hops') or [[None, None]])[-1][1]
                   for r in want['recipients'] for e in [*r.get('expands_to', []), {}]} - {None}
            found = [m for m in (self.messages.nearest(i, begin, end) for i in ids) if m]
            if not found and want['message_id']:
                found = [m for m in self.messages.all if m['message_id'] == want['message_id'] and
                         begin <= (Messages.begin(m) or 0) <= end + 10]
            if not found:
                found = [m for m in self.messages.all if m.get('sender') == want['sender'] and not m.get('client_ip') and
                         begin <= (Messages.begin(m) or 0) <= end and
                         {fold(r['addr']) for r in want['recipients']} <= set().union(*map(names_of, m['recipients']), set())]
            return min(found, key=lambda m: Messages.begin(m) or 0, default=None)
        return self.messages.nearest(queue_id, begin, end)

    def compare_message(self, want):
        got = self.find(want)
        name = want['queue_id'] or want['trace_tag']
        self.count('messages', got)
        if not got:
            self.differ('message', name, scenario=want['scenario'], via=want['via'])
            return
        for key in ('sender', 'message_id', 'user'):
            wanted = want.get({'user': 'auth_user'}.get(key, key))
            self.count(f'{key} equal', not wanted or fold(got.get(key)).strip('<>') == fold(wanted).strip().strip('<>'))
        for r in want['recipients']:
            if r['outcome'] == 'rejected' and not r.get('rcpt_reply', '250').startswith('2'):
                continue  # refused: it stands among the rejections
            self.compare_recipient(want, name, got, r)

    def unnamed(self, got, finals):
        """Sendmail names aliases at raised log levels only: look for what it was expanded to, here and in the parts
        (owner- lists) that the message was split into."""
        names = {fold(f['addr']) for f in finals} | {fold(f['addr']).split('@')[0] for f in finals}
        found = leaves(self.messages, got, names)
        for child in self.messages.children(got, {}):
            found += leaves(self.messages, child, names)
        return found

    def compare_recipient(self, want, name, got, r):
        found = leaves(self.messages, got, {fold(r['addr'])})
        finals = r.get('expands_to') or []
        if not found and got.get('writer') == 'sendmail':
            found = self.unnamed(got, finals)
        scenario = want['scenario']
        if not finals:
            outcome = decide([leaf[2] for leaf in found])
            ok = outcome == r['outcome'] or r['outcome'] == 'unknown'
            self.count('recipients', ok)
            if not ok:
                self.differ('recipient', name, r['addr'], scenario=scenario, want=r['outcome'], got=outcome)
            return
        alone = [leaf for leaf in found if leaf[0] == fold(r['addr']) and FINAL[leaf[2]] not in ('delivered', 'expanded')]
        for final in finals:
            mine = [leaf for leaf in found if same_address(leaf, final['addr'])]
            if not mine and (len(finals) == 1 or final['addr'][:1] in '|/:'):
                # the log names a pipe, a file or a black hole by the address that led there
                mine = [leaf for leaf in found if leaf[0] == fold(r['addr']) or leaf[1] == fold(r['addr'])]
                # Sendmail's virtusertable leaves the address as it was, whatever it leads to
                mine = [leaf for leaf in mine if '@' not in final['addr'] or leaf[2] == 'expanded' or
                        (got.get('writer') == 'sendmail' and leaf[1] == '')]
            if not mine and len(alone) == len(found):
                mine = alone  # it failed before it was expanded
            outcome = decide([leaf[2] for leaf in mine])
            ok = outcome == final['outcome'] or final['outcome'] == 'unknown'
            self.count('recipients', ok)
            if not ok:
                self.differ('recipient', name, r['addr'], final['addr'], scenario=scenario, want=final['outcome'],
                            got=outcome)

    # rejections

    def own_addresses(self):
        """Of the servers themselves: what they refuse each other is not in the list of the clients."""
        ips = self.truth.get('server_ip') or []
        return {ip for host in (ips.values() if isinstance(ips, dict) else [ips])
                for ip in (host if isinstance(host, list) else [host])}

    def compare_rejections(self):
        got = [dict(g, t=seconds(g['time']), used=0) for g in self.answer['rejections']]
        by_ip = collections.defaultdict(list)
        for g in got:
            by_ip[g['client_ip']].append(g)

        def fits(g, w, exact):
            to = w['to'] if isinstance(w['to'], list) else [w['to']]
            # Sendmail's check_relay judges the connection; what it refuses is said in answer to MAIL
            stage = g['stage'] == w['stage'] or (g['writer'] == 'sendmail' and
                                                 (g['stage'], w['stage']) == ('connect', 'mail'))
            sender = fold(g['sender']) == fold(w['from']) if g['sender'] is not None else w['from'] is None
            recipient = fold(g['recipient']) in map(fold, to) if g['recipient'] else to == [None]
            if not exact:
                sender = sender or g['sender'] is None or w['from'] is None
                recipient = recipient or not g['recipient'] or to == [None]
            # a slowed down client that does not wait for each reply reads them when all is over
            slow = g['writer'] == 'sendmail' and g['reply'] == 'Too many recipients' and 0 <= w['t'] - g['t'] < 30
            return stage and sender and recipient and (slow or abs(g['t'] - w['t']) <= SLACK)

        how = collections.Counter()
        left = []
        wants = collections.defaultdict(list)
        for w in self.truth['rejected']:
            wants[w['ip']].append(w)
        for ip, mine in wants.items():
            for exact in (True, False):
                for w, g in assign(mine, [g for g in by_ip[ip] if not g['used']], lambda g, w: fits(g, w, exact)):
                    g['used'] += 1
                    mine = [other for other in mine if other is not w]
                    how['exact' if exact else 'partial'] += 1
            for w in mine:
                near = [g for g in by_ip[ip] if fits(g, w, False)]
                if near:
                    how['folded'] += 1
                    self.differ('folded-rejection', clock(w['t']), w['ip'], w['stage'], w['from'], w['to'],
                                reason=w['reason'], reply=w['reply'].split('\n')[0][:60])
                else:
                    left.append(w)
        for _ in range(sum(how.values())):
            self.count('rejections', True)
        for w in left:
            near = [g for g in by_ip[w['ip']] if abs(g['t'] - w['t']) <= SLACK and not g['used']]
            hint = ','.join(sorted({f"{g['stage']}:{g['sender']}:{g['recipient']}" for g in near})) or None
            self.count('rejections', False)
            self.differ('rejection', clock(w['t']), w['ip'], w['stage'],
                        w['from'], ','.join(w['to']) if isinstance(w['to'], list) else w['to'],
                        reason=w['reason'], reply=w['reply'].split('\n')[0][:60], hint=hint)
        self.figures['rejections matched exactly'] = (how['exact'], len(self.truth['rejected']))
        self.figures['rejections folded'] = (how['folded'], len(self.truth['rejected']))
        odd = {s.get('ip') for s in self.truth['sessions']} | self.own_addresses()
        for g in got:
            if not g['used'] and g['client_ip'] not in odd:
                self.differ('extra-rejection', clock(g['t']), g['client_ip'], g['stage'], g['sender'], g['recipient'],
                            writer=g['writer'], reply=(g['reply'] or '')[:60])

    # logins

    def compare_logins(self):
        got = [dict(g, t=seconds(g['time']), left=g['attempts'] or 1) for g in self.answer['logins']]
        want = [dict(w, found=False) for w in self.truth['auth']]
        def service(g, w):
            return g['service'] == w['service'] or (g['writer'] == 'exim' and g['service'] in (None, 'smtp'))

        def near_enough(g, w):
            # Dovecot speaks when the connection ends
            return -12 <= g['t'] - w['t'] <= (180 if g['writer'] == 'dovecot' else SLACK)

        passes = [
            lambda g, w: bool(w['user']) and same_user(plain_user(g['user']), fold(w['user'])),
            lambda g, w: g['user'] is None or not w['user'],
            lambda g, w: g['attempts'] > 1,  # one line for several tries names the last user only
        ]
        nameless = 0
        for number, rule in enumerate(passes):
            slots = [g for g in got for _ in range(g['left'])]
            for w, g in assign([w for w in want if not w['found']], slots,
                               lambda g, w: g['client_ip'] == w['ip'] and bool(g['success']) == bool(w['ok']) and
                               service(g, w) and near_enough(g, w) and rule(g, w)):
                g['left'] -= 1
                w['found'] = True
                nameless += number > 0
        for w in want:
            self.count('logins', w['found'])
            if not w['found']:
                near = [g for g in got if g['client_ip'] == w['ip'] and g['left'] > 0 and abs(g['t'] - w['t']) < 60]
                hint = ','.join(sorted({f"{g['service']}:{g['user']}:{'ok' if g['success'] else 'failed'}" for g in near}))
                self.differ('login', clock(w['t']), w['service'], w['user'][:60], w['ip'], 'ok' if w['ok'] else 'failed',
                            scenario=w['scenario'], reply=w['reply'][:60], hint=hint)
        self.figures['logins without the name'] = (nameless, len(want))
        odd = {s.get('ip') for s in self.truth['sessions']}
        for g in got:
            if g['left'] > 0 and g['client_ip'] not in odd:
                self.differ('extra-login', clock(g['t']), g['service'], (g['user'] or '-')[:60], g['client_ip'],
                            'ok' if g['success'] else 'failed', attempts=g['attempts'], left=g['left'])

    def run(self):
        for want in self.truth['messages']:
            if want['accepted']:
                self.compare_message(want)
        self.compare_rejections()
        self.compare_logins()
        lines = collections.Counter(self.differences)
        self.differences = sorted(line if n == 1 else f'{line} times={n}' for line, n in lines.items())
        return self


def read_json(directory, name):
    for path, opener in ((directory / name, open), (directory / f'{name}.xz', lzma.open)):
        if path.exists():
            with opener(path, 'rt', encoding='utf-8') as f:
                return json.load(f)
    raise FileNotFoundError(directory / name)


def unpack(directory, truth, target):
    """The logs as the server left them, in the order of truth.json, with the time stamps of that day."""
    paths = []
    for log in truth['logs']:
        name = log['file']
        path = pathlib.Path(target) / name
        if (directory / name).exists():
            shutil.copyfile(directory / name, path)
        else:
            with lzma.open(directory / f'{name}.xz') as f, path.open('wb') as out:
                shutil.copyfileobj(f, out)
        os.utime(path, (truth['t_end'], truth['t_end']))
        paths.append(path)
    return paths


def ask(program, truth, paths, *command):
    """What mailwhy says; the zone is the one thing that these logs do not tell by themselves."""
    zone = truth['timezone']
    if isinstance(zone, dict):
        zone = next(iter(zone.values()))
    done = subprocess.run([program, *command, '--tz', zone, *OPTIONS.get(truth['set'], []), *map(str, paths)],
                          capture_output=True, timeout=600, check=False, stdin=subprocess.DEVNULL)
    if done.returncode not in (0, 1):
        raise RuntimeError(f'{command[0]} ended with {done.returncode}: {done.stderr.decode(errors="replace")}')
    return done.stdout


def read_exceptions(path):
    """{difference line: reason}; a line "# reason" is the reason of the lines that follow it."""
    reason, result = None, {}
    for line in path.read_text().splitlines() if path.exists() else []:
        if line.startswith('#'):
            reason = line[1:].strip()
        elif line.strip():
            assert reason, f'{path}: no reason above: {line}'
            assert line not in result, f'{path}: twice: {line}'
            result[line] = reason
    return result


def compare(directory, program, answer=None):
    truth = read_json(directory, 'truth.json')
    if answer is None:
        with tempfile.TemporaryDirectory() as scratch:
            answer = json.loads(ask(program, truth, unpack(directory, truth, scratch),
                                    'trace', '--all', '--no-limit', '--json'))
    return Comparison(truth, answer).run()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('set')
    parser.add_argument('--program', default=os.environ.get('MAILWHY', ROOT / 'build' / 'src' / 'mailwhy'))
    parser.add_argument('--json', help='an answer that was saved before, instead of asking the program')
    parser.add_argument('--all', action='store_true', help='also show the differences that are listed as exceptions')
    args = parser.parse_args()
    directory = pathlib.Path(args.set)
    if not directory.is_dir():
        directory = CORPUS / args.set
    answer = json.loads(pathlib.Path(args.json).read_text()) if args.json else None
    result = compare(directory, args.program, answer)
    known = read_exceptions(CORPUS / read_json(directory, 'truth.json')['set'] / 'exceptions.txt')
    for line in result.differences:
        if args.all or line not in known:
            hint = result.hints.get(line)
            print(('listed: ' if line in known else '') + line + (f'   (near: {hint})' if hint else ''))
    gone = sorted(set(known) - set(result.differences))
    for line in gone:
        print(f'no longer different (remove it from exceptions.txt): {line}')
    print(f'-- {directory.name}')
    for name, (good, total) in result.figures.items():
        print(f'{name:28} {good:6} of {total}')
    kinds = collections.Counter(line.split(' ')[0] for line in result.differences if line not in known)
    print('unlisted differences:', ', '.join(f'{n} {kind}' for kind, n in kinds.items()) or 'none')
    return 1 if kinds or gone else 0


if __name__ == '__main__':
    sys.exit(main())
