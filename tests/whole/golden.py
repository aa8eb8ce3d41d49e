# SPDX-License-Identifier: Apache-2.0
"""Golden files: tests/golden/WRITER/CASE.log and, beside it, what it must become.

CASE.events  one line per record: its line number, time and what parse says
CASE.trace   what `trace --all` prints
CASE.report  what `report` prints

tests/golden/queue/CASE.listing is a listing of a mail queue, CASE.mail the log beside it, if there is one:
CASE.answer  what `queue` prints, where it stands
"""
import json
import pathlib

from conftest import ROOT, run_program

GOLDEN = ROOT / 'tests' / 'golden'
KINDS = ('events', 'trace', 'report')
# The clock is far behind these logs' year on no machine; the zone and the year are handed in.
COMMON = ('--tz', 'UTC', '--year', '2026')
LISTED = '2026-11-22T07:40:00Z'  # when the listings of queues were made
ENVELOPE = ('file', 'line', 'line_count', 'time', 'host', 'server', 'program', 'pid', 'writer', 'envelope', 'event', 'marks')
HANDED_IN = {'year_guessed', 'zone_guessed'}


def cases():
    return sorted(GOLDEN.rglob('*.log'))


def event_line(record):
    """'3 12:00:01.000000 postfix/smtp attempt +temporary queue_id="..." ...'"""
    number = str(record['line'])
    if record.get('line_count', 1) > 1:
        number += f"+{record['line_count'] - 1}"
    words = [number, record['time'] or '-', record.get('program') or record.get('envelope') or '-', record['event']]
    words += [f'+{mark}' for mark in record.get('marks') or []]
    record['flags'] = [flag for flag in record.get('flags') or [] if flag not in HANDED_IN] or None
    words += [f'{key}={json.dumps(value, ensure_ascii=False)}' for key, value in record.items()
              if key not in ENVELOPE and value is not None]
    return ' '.join(words)


def render(log, kind):
    """What the program makes of a log today."""
    # The name of the log is part of some answers: run beside it.
    where, name = log.parent, log.name
    if kind == 'events':
        records = run_program('parse', '--json', *COMMON, name, cwd=where).ndjson
        return ''.join(event_line(r) + '\n' for r in records)
    if kind == 'trace':
        # not the built-in causes, whose words change for reasons of their own
        return run_program('trace', '--all', '--no-limit', '--color=never', '--causes', GOLDEN / 'causes', *COMMON, name,
                           cwd=where).stdout
    return run_program('report', '--all-panels', '--color=never', '--causes', GOLDEN / 'causes', *COMMON, name, cwd=where).stdout


def golden_path(log, kind) -> pathlib.Path:
    return log.with_suffix(f'.{kind}')


def queue_cases():
    return sorted((GOLDEN / 'queue').glob('*.listing'))


def render_queue(listing):
    log = listing.with_suffix('.mail')
    words = [log.name] if log.exists() else ['--no-log']
    # rules of its own: ours may say it in other words tomorrow
    return run_program('queue', '--color=never', '--tz', 'UTC', '--now', LISTED, '--causes', 'causes', listing.name, *words,
                       cwd=listing.parent).stdout
