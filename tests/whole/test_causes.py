# SPDX-License-Identifier: Apache-2.0
"""The causes on logs that real servers wrote: for every recipient and refusal of truth.json the class and the side that its
scenario calls for, and none that fell back to a bare code."""
import collections
import re

import pytest

import truth
from conftest import PROGRAM, ROOT

SETS = ['postfix-basic', 'postfix-rfc3339', 'postfix-yearend', 'exim-default', 'exim-all', 'twohop-basic',
        'filters-amavis', 'filters-rspamd', 'sendmail-basic', 'sendmail-verbose']
FAILED = {'bounced', 'expired', 'deferred', 'rejected', 'held', 'removed', 'discarded'}


def ends(messages, m, names, seen=()):
    """The recipients of the answer in which the ways of these names end, from message m on."""
    key = (m['server'], m['queue_id'], m.get('arrived'))
    if key in seen:
        return []
    found = []
    for r in m['recipients']:
        if not truth.wanted_in(r, names):
            continue
        further = []
        if r['outcome'] in ('expanded', 'relayed'):
            for child in messages.children(m, r):
                further += ends(messages, child, truth.names_of(r) | names, (*seen, key))
        found += further or [r]
    return found


class Pairs:
    """What was really said and became of it, beside the cause that the program gives."""

    def __init__(self, name):
        directory = ROOT / 'tests' / 'corpus' / name
        self.comparison = truth.compare(directory, PROGRAM)
        self.truth, self.answer = self.comparison.truth, self.comparison.answer
        self.failures = []    # (scenario, address, reply of the truth, recipient of the answer)
        self.unpaired = 0
        for m in self.truth['messages']:
            if m['accepted']:
                self.pair_message(m)
        self.rejections = []  # (reason, truth's rejection, rejection of the answer)

    def pair_message(self, want):
        got = self.comparison.find(want)
        if not got:
            return
        for r in want['recipients']:
            if r['outcome'] == 'rejected' and not r.get('rcpt_reply', '250').startswith('2'):
                continue
            found = ends(self.comparison.messages, got, {truth.fold(r['addr'])})
            for final in r.get('expands_to') or [r]:
                if final['outcome'] not in ('bounced', 'deferred', 'rejected', 'discarded'):
                    continue
                names = {truth.fold(final['addr']), truth.fold(final['addr']).split('@')[0], truth.fold(r['addr'])}
                mine = [f for f in found if truth.names_of(f) & names and f['outcome'] in FAILED]
                mine.sort(key=lambda f: truth.fold(f['recipient']) != truth.fold(final['addr']))
                if not mine:
                    self.unpaired += 1
                    continue
                self.failures.append((want['scenario'], final['addr'], final.get('final_reply') or final.get('reason') or
                                      final.get('how') or '', mine[0]))


if __name__ == '__main__':
    for name in SETS:
        p = Pairs(name)
        seen = collections.Counter()
        for scenario, addr, reply, r in p.failures:
            c = r['cause'] or {}
            mask = lambda s: re.sub(r'[\w.+=-]+@([\w.-]+)', r'<\1>', re.sub(r'\d+', 'N', s))
            seen[(re.sub(r'\d+', 'N', addr), r['outcome'], mask(reply)[:90], c.get('id'), c.get('class'), c.get('side'), c.get('basis'))] += 1
        print('##', name, 'unpaired', p.unpaired)
        for k, n in sorted(seen.items(), key=str):
            print(n, *k, sep=' | ')
