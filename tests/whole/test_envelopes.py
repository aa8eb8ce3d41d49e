# SPDX-License-Identifier: Apache-2.0
"""Whatever wraps the lines of a log, it tells the same story: real logs, put into every form that is read."""
import datetime
import gzip
import json
import lzma
import os
import random
import re
import subprocess

import pytest

from conftest import ROOT, run_program

LINES = 6000
LINE = re.compile(r'(\S+) (\S+) ([^ \[:]+)(?:\[(\d+)\])?: (.*)')
CEST = datetime.timezone(datetime.timedelta(hours=2))
UTC = datetime.timezone.utc
BOOT = '0123456789abcdef0123456789abcdef'


class Record:
    """A record of syslog: t (an instant), host, tag, pid (text or None), text."""

    def __init__(self, t, host, tag, pid, text):
        self.t, self.host, self.tag, self.pid, self.text = t.astimezone(UTC), host, tag, pid, text
        self.ident = f'{tag}[{pid}]: ' if pid else f'{tag}: '

    def bsd(self, zone=UTC, day='%e', fraction=False):
        t = self.t.astimezone(zone)
        return t.strftime(f'%b {day} %H:%M:%S') + (t.strftime('.%f') if fraction else '')

    def line(self, stamp):
        return f'{stamp} {self.host} {self.ident}{self.text}'

    def iso(self, zone=UTC, form='%Y-%m-%dT%H:%M:%S.%f', colon=True):
        offset = self.t.astimezone(zone).strftime('%z')
        return self.t.astimezone(zone).strftime(form) + (offset[:3] + ':' + offset[3:] if colon else offset)

    def nano(self, zone=None):
        """as containers' engines write it: trailing zeros are dropped"""
        fraction = self.t.strftime('.%f').rstrip('0').rstrip('.')
        if zone:
            return self.iso(zone, f'%Y-%m-%dT%H:%M:%S{fraction}')
        return self.t.strftime(f'%Y-%m-%dT%H:%M:%S{fraction}Z')

    def micros(self):
        return str((self.t - datetime.datetime(1970, 1, 1, tzinfo=UTC)) // datetime.timedelta(microseconds=1))


def as_json(value):
    """as Go writes it"""
    text = json.dumps(value, separators=(',', ':'), ensure_ascii=False)
    return text.replace('<', '\\u003c').replace('>', '\\u003e').replace('&', '\\u0026')


def docker(payload, r, stream='stdout'):
    return as_json({'log': payload, 'stream': stream, 'time': r.nano()})


def journal(r, text, **more):
    fields = {'__CURSOR': f's={BOOT};i=1', '__REALTIME_TIMESTAMP': r.micros(), '_BOOT_ID': BOOT, 'PRIORITY': '6',
              '_HOSTNAME': r.host, 'SYSLOG_FACILITY': '2', 'SYSLOG_IDENTIFIER': r.tag, 'MESSAGE': text,
              '_CMDLINE': 'smtpd -n "x" -t {[', '_TRANSPORT': 'syslog', 'SYSLOG_TIMESTAMP': r.bsd() + ' ', **more}
    if r.pid:
        fields.update(SYSLOG_PID=r.pid, _PID=r.pid)
    names = list(fields)
    random.Random(r.text).shuffle(names)
    return json.dumps({name: fields[name] for name in names})


def in_pieces(payload):
    """the line cut anywhere, in up to three pieces"""
    rng = random.Random(payload)
    cuts = sorted(rng.randrange(1, max(2, len(payload))) for _ in range(rng.randrange(3)))
    return [payload[a:b] for a, b in zip([0, *cuts], [*cuts, len(payload)])]


def docker_pieces(r):
    pieces = in_pieces(r.line(r.bsd()))
    return '\n'.join([docker(p, r) for p in pieces[:-1]] + [docker(pieces[-1] + '\n', r)])


def cri_pieces(r):
    pieces = in_pieces(r.line(r.bsd()))
    return '\n'.join([f'{r.nano(CEST)} stdout P {p}' for p in pieces[:-1]] + [f'{r.nano(CEST)} stdout F {pieces[-1]}'])


# form -> (how a record is written, names its host, tells fractions of a second)
FORMS = {
    'rfc3164': (lambda r: r.line(r.bsd()), True, False),
    'windows': (lambda r: r.line(r.bsd()) + '\r', True, False),
    'postfix': (lambda r: r.line(r.bsd(day='%d')), True, False),
    'priority': (lambda r: f'<22>{r.line(r.bsd())}', True, False),
    'solaris': (lambda r: f'{r.bsd()} {r.host} {r.ident}[ID 197553 mail.info] {r.text}', True, False),
    'freebsd': (lambda r: f'{r.bsd()} <mail.info> {r.host} {r.ident}{r.text}', True, False),
    'hostless': (lambda r: f'{r.bsd()} {r.ident}{r.text}', False, False),
    'rfc3339': (lambda r: r.line(r.iso(CEST)), True, True),
    'rfc5424': (lambda r: f'<22>1 {r.iso()} {r.host} {r.tag} {r.pid or "-"} - -  {r.text}', True, True),
    'octets': (lambda r: f'186 <22>1 {r.iso()} {r.host} {r.tag} {r.pid or "-"} x [a@1 b="\\"] "] {r.text}', True, True),
    'short-precise': (lambda r: r.line(r.bsd(fraction=True)), True, True),
    'short-iso': (lambda r: r.line(r.iso(CEST, '%Y-%m-%dT%H:%M:%S', colon=False)), True, False),
    'short-iso-precise': (lambda r: r.line(r.iso(CEST, colon=False)), True, True),
    'short-full': (lambda r: r.line(r.t.astimezone(CEST).strftime('%a %Y-%m-%d %H:%M:%S CEST')), True, False),
    'short-unix': (lambda r: r.line(f'{r.micros()[:-6]}.{r.micros()[-6:]}'), True, True),
    'json': (lambda r: journal(r, r.text), True, True),
    'json-seq': (lambda r: '\x1e' + journal(r, r.text), True, True),
    'json-sse': (lambda r: 'data: ' + journal(r, r.text) + '\n', True, True),
    'json-bytes': (lambda r: journal(r, list(r.text.encode())), True, True),
    'json-twice': (lambda r: journal(r, [r.text, 'other']), True, True),
    'json-container': (lambda r: journal(r, r.line(r.bsd()), CONTAINER_NAME='mail', SYSLOG_IDENTIFIER='a1b2', SYSLOG_PID='1'),
                       True, True),
    'docker': (lambda r: docker(r.line(r.bsd()) + '\n', r), True, True),
    'docker-local-time': (lambda r: docker(r.line(r.bsd(CEST)) + '\n', r), True, True),
    'docker-rfc3339': (lambda r: docker(r.line(r.iso(CEST)) + '\r\n', r), True, True),
    'docker-ident': (lambda r: docker(r.ident + r.text + '\n', r), False, True),
    'docker-pieces': (docker_pieces, True, True),
    'docker-logs': (lambda r: f'{r.nano()} {r.line(r.bsd())}', True, True),
    'compose': (lambda r: f'mail-1  | {r.line(r.bsd())}', True, False),
    'compose-colours': (lambda r: f'\x1b[36mmail-1  | \x1b[0m{r.nano()} {r.line(r.bsd())}', True, True),
    'compose-ident': (lambda r: f'mail-1  | {r.nano()} {r.ident}{r.text}', False, True),
    'cri': (lambda r: f'{r.nano(CEST)} stdout F {r.line(r.bsd())}', True, True),
    'cri-ident': (lambda r: f'{r.nano(CEST)} stderr F {r.ident}{r.text}', False, True),
    'cri-pieces': (cri_pieces, True, True),
    'grep': (lambda r: f'/var/log/mail.log:{r.line(r.bsd())}', True, False),
    'grep-numbers': (lambda r: f'{r.pid or 1}:{r.line(r.iso(CEST))}', True, True),
    'grep-both': (lambda r: f'maillog-20261231.gz:{r.pid or 1}:{r.line(r.iso(CEST))}', True, True),
    'grep-dated': (lambda r: f'/var/log/maillog-{r.t:%Y%m%d}.gz:{r.line(r.bsd())}', True, False),
    'grep-around': (lambda r: f'./mx1/mail-log.1-{r.pid or 1}-{r.line(r.bsd(fraction=True))}', True, True),
    'grep-windows': (lambda r: f'C:\\logs\\maillog:{r.line(r.iso(CEST))}\r', True, True),
    'grep-stdin': (lambda r: f'(standard input):{r.line(r.iso(CEST))}', True, True),
    'grep-json': (lambda r: f'/var/lib/docker/containers/4f5e/4f5e-json.log:{docker(r.line(r.bsd()) + chr(10), r)}', True, True),
    'kubectl': (lambda r: f'[pod/mail-0/postfix] {r.nano()} {r.line(r.bsd())}', True, True),
}
MIXABLE = [form for form, (_, host, exact) in FORMS.items() if host and exact]


def mixed(r):
    return FORMS[random.Random(r.text + r.micros()).choice(MIXABLE)][0](r)


def unpacked(*path):
    return lzma.decompress(ROOT.joinpath('tests', 'corpus', *path).read_bytes()).decode('utf-8', 'surrogateescape')


@pytest.fixture(scope='module', name='postfix')
def records_of_postfix():
    records = []
    for line in unpacked('postfix-rfc3339', 'mail.log.xz').splitlines()[:LINES]:
        stamp, host, tag, pid, text = LINE.fullmatch(line).groups()
        records.append(Record(datetime.datetime.fromisoformat(stamp), host, tag, pid, text))
    return records


@pytest.fixture(scope='module', name='exim')
def records_of_exim():
    """The main log: one line, one record; its stamps show +0100."""
    records = []
    for line in unpacked('exim-all', 'mainlog.xz').splitlines()[:LINES]:
        if records and line == records[-1].text:
            continue  # in syslog an entry at once repeated is one that was sent with two priorities
        found = re.match(r'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ [+-]\d{4} ', line)
        t = datetime.datetime.strptime(found[0].strip(), '%Y-%m-%d %H:%M:%S.%f %z')
        records.append(Record(t, 'mx', 'exim', '77', line))
    return records


# what depends on where the lines lie; the sentence of a verdict tells the log's wall clock, and a form without a zone has another
PLACE_BOUND = 'lines', 'sources', 'period', 'server', 'delay_s', 'verdict', 'trails'


def cut_times(value, digits):
    """No time more exact than so many characters; what depends on where the lines lie is left out."""
    if isinstance(value, dict):
        return {k: cut_times(v, digits) for k, v in value.items() if k not in PLACE_BOUND}
    if isinstance(value, list):
        return [cut_times(v, digits) for v in value]
    if isinstance(value, str) and re.fullmatch(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z?', value):
        return value[:digits]
    return value


def in_order(answer):
    """What happened in one moment has no order."""
    return {k: sorted(v, key=lambda one: json.dumps(one, sort_keys=True)) if isinstance(v, list) else v for k, v in answer.items()}


def to_seconds(answer):
    return in_order(cut_times(answer, 19))


def story(lines, exact):
    log = ('\n'.join(lines) + '\n').encode('utf-8', 'surrogateescape')
    done = run_program('trace', '--all', '--json', '--no-limit', '--tz', 'UTC', '--year', '2026', '-', stdin=log)
    assert done.returncode == 0, done.stderr
    return in_order(cut_times(done.json, 26)) if exact else to_seconds(done.json)


def understood(lines):
    log = ('\n'.join(lines) + '\n').encode('utf-8', 'surrogateescape')
    return run_program('report', '--json', '--tz', 'UTC', '--year', '2026', '-', stdin=log).json['lines']


@pytest.fixture(scope='module', name='stories')
def plain_stories(postfix, exim):
    """What the logs say as they are, with all that their stamps tell, and cut to seconds."""
    told = {}
    for name, records in ('postfix', postfix), ('exim', exim):
        lines = [r.line(r.iso(CEST)) if name == 'postfix' else r.text for r in records]
        told[name, True] = story(lines, True)
        told[name, False] = to_seconds(told[name, True])
        assert len(told[name, True]['messages']) > 100
    return told


@pytest.mark.parametrize('form', [*FORMS, 'mixed'])
def test_postfix_in_every_form(postfix, stories, form):
    write, _, exact = FORMS.get(form, (mixed, True, True))
    lines = [write(r) for r in postfix]
    assert story(lines, exact) == stories['postfix', exact]
    counts = understood(lines)
    empty = sum(line.endswith('\n') for line in lines)  # of json-sse
    assert counts['other'] == counts['malformed'] == 0
    assert counts['read'] == sum(line.count('\n') + 1 for line in lines)
    assert counts['foreign'] <= empty + 5


EXIM = ['docker-text', 'docker-logs-text', 'cri-text', 'compose-text', 'json', 'json-container-text', 'grep-text', 'grep-both-text',
        'grep-around-text', 'rfc3164', 'rfc3339', 'rfc5424',
        'short-unix', 'docker', 'cri']
TEXT_FORMS = {
    'docker-text': lambda r: docker(r.text + '\n', r),
    'docker-logs-text': lambda r: f'{r.nano()} {r.text}',
    'cri-text': lambda r: f'{r.nano(CEST)} stdout F {r.text}',
    'compose-text': lambda r: f'mail-1  | {r.text}',
    'grep-text': lambda r: f'/var/log/exim_mainlog:{r.text}',
    'grep-both-text': lambda r: f'exim_mainlog-20261122.gz:12:{r.text}',
    'grep-around-text': lambda r: f'77-{r.text}',
    'json-container-text': lambda r: journal(r, r.text, CONTAINER_NAME='mail', SYSLOG_IDENTIFIER='a1b2', SYSLOG_PID='1'),
}


@pytest.mark.parametrize('form', EXIM)
def test_exim_in_every_form(exim, stories, form):
    write = TEXT_FORMS.get(form) or FORMS[form][0]
    lines = [write(r) for r in exim]
    assert story(lines, True) == stories['exim', True]
    counts = understood(lines)
    assert (counts['other'], counts['foreign'], counts['malformed']) == (0, 0, 0)


def test_lines_are_shown_as_they_stand(postfix, tmp_path):
    """trace --lines prints the physical lines, pieces and all."""
    records = [r for r in postfix if re.match(r'4\w{9,12}: ', r.text)][:300]
    lines = [docker_pieces(r) if i % 2 else cri_pieces(r) for i, r in enumerate(records)]
    log = tmp_path / 'mail.log'
    log.write_text('\n'.join(lines) + '\n', encoding='utf-8', errors='surrogateescape')
    shown = 0
    for message in run_program('trace', '--all', '--json', '--lines', '--no-limit', '--tz', 'UTC', log).json['messages']:
        for line in message['lines']:
            whole = next(text for text in lines if text == line['text'])
            assert message['queue_id'] in whole.replace('\n', '') or '\n' in whole
            shown += 1
    assert shown > 200


@pytest.mark.parametrize('jobs, batch', [('-j1', 1), ('-j2', 7), ('-j3', 256), ('-j3', 1)])
def test_the_same_for_any_number_of_threads(postfix, tmp_path, jobs, batch):
    log = tmp_path / 'mail.log'
    log.write_text('\n'.join(mixed(r) for r in postfix[:3000]) + '\n', encoding='utf-8', errors='surrogateescape')
    for command in ['report', '--json'], ['trace', '--all', '--json', '--lines'], ['parse', '--json', '--raw']:
        want = run_program(*command, '--no-limit', '-j1', '--tz', 'UTC', log)
        got = run_program(*command, '--no-limit', jobs, '--batch-lines', batch, '--tz', 'UTC', log)
        assert got.raw == want.raw


def test_a_window_of_a_big_log_in_json(postfix, tmp_path):
    """What --since and --until leave out is not read; the rest is what a reader of the whole file finds."""
    lines = [journal(r, r.text) for r in postfix]
    log = tmp_path / 'journal.json'
    log.write_text('\n'.join(lines) + '\n', encoding='utf-8', errors='surrogateescape')
    since, until = postfix[len(postfix) // 3].t, postfix[len(postfix) // 2].t
    window = ['--since', since.astimezone(UTC).strftime('%Y-%m-%d %H:%M:%S'), '--until',
              until.astimezone(UTC).strftime('%Y-%m-%d %H:%M:%S')]
    got = run_program('parse', '--json', '--tz', 'UTC', *window, log).ndjson
    begin, end = since.replace(microsecond=0), until.replace(microsecond=0)
    assert [e['line'] for e in got] == [i for i, r in enumerate(postfix, 1) if begin <= r.t < end]


def test_rotated_json_logs_are_read_oldest_first(postfix, tmp_path):
    half = len(postfix) // 2
    for name, part in ('mail-json.log.1', postfix[:half]), ('mail-json.log', postfix[half:]):
        text = '\n'.join(docker(r.line(r.bsd()) + '\n', r) for r in part) + '\n'
        (tmp_path / name).write_text(text, encoding='utf-8', errors='surrogateescape')
    got = run_program('trace', '--all', '--json', '--no-limit', '--tz', 'UTC', tmp_path / 'mail-json.log',
                      tmp_path / 'mail-json.log.1').json
    want = story([r.line(r.iso(CEST)) for r in postfix], True)
    assert in_order(cut_times(got, 26)) == want
    assert [s['envelope'] for s in got['sources']] == ['docker', 'docker']


@pytest.mark.parametrize('text, form', [
    ('{\n\t"__CURSOR" : "s=1",\n\t"__REALTIME_TIMESTAMP" : "1789200930123456",\n\t"MESSAGE" : "x"\n}\n', 'json-pretty'),
    ('Sat 2026-09-12 10:15:30.123456 CEST [s=1;i=2;b=3;m=4;t=5;x=6]\n    MESSAGE=x\n', 'verbose'),
])
def test_forms_for_people_are_refused_with_advice(mailwhy, tmp_path, text, form):
    log = tmp_path / 'journal.txt'
    log.write_text(text)
    done = mailwhy('report', log)
    assert done.returncode == 3
    assert f'journalctl -o {form} writes for people to read' in done.stderr and '-o json' in done.stderr


REAL = [('postfix-basic', ['mail.log']), ('postfix-yearend', ['mail.log.1', 'mail.log']), ('exim-all', ['mainlog.1', 'mainlog']),
        ('sendmail-basic', ['mail.log'])]


@pytest.fixture(scope='module', name='real_logs', params=REAL, ids=[name for name, _ in REAL])
def logs_of_the_corpus(request, tmp_path_factory):
    """(directory, names of logs): oldest first, the time of the last file is that of its last line"""
    name, logs = request.param
    place = tmp_path_factory.mktemp(name)
    for log in logs:
        packed = next(ROOT.joinpath('tests', 'corpus', name).glob(log + '.[gx]z'))
        opened = {'.xz': lzma.open, '.gz': gzip.open}[packed.suffix]
        place.joinpath(log).write_bytes(opened(packed).read())
    return place, logs


@pytest.mark.parametrize('options', ['-H', '-n', '-Hn'])
def test_what_grep_prints(real_logs, tmp_path, options):
    """The same answers as of the files, but for their names and numbers."""
    place, logs = real_logs
    found = subprocess.run(['grep', '-a', options, '', *logs], cwd=place, check=True, stdout=subprocess.PIPE).stdout
    assert found.count(b'\n') == sum(place.joinpath(log).read_bytes().count(b'\n') for log in logs)
    for command in ['trace', '--all'], ['report']:
        want = run_program(*command, '--json', '--no-limit', '--tz', 'UTC', '--server', 'mx', *[place / log for log in logs])
        got = run_program(*command, '--json', '--no-limit', '--tz', 'UTC', '--server', 'mx', '-', stdin=found)
        assert got.stderr == ''
        assert cut_times(got.json, 26) == cut_times(want.json, 26)
    assert run_program('sources', '--json', '-', stdin=found).json['sources'][0]['grep_lines'] == found.count(b'\n')


def test_lines_around_those_that_grep_found(mailwhy, real_logs):
    """grep -C: every record is one of the log, whatever stands in front; nothing is swallowed or broken."""
    place, logs = real_logs
    word = 'Completed' if 'mainlog' in logs else ' to=<'
    for options in '-C2', '-A3', '-nB3', '-hC1':
        found = subprocess.run(['grep', '-a', options, word, *logs], cwd=place, check=True, stdout=subprocess.PIPE).stdout
        breaks = found.splitlines().count(b'--')
        got = mailwhy('report', '--json', '-', stdin=found).json['lines']
        assert got['foreign'] == breaks
        assert got['malformed'] == 0
        assert got['read'] == found.count(b'\n')


def test_grep_has_the_newest_file_first(mailwhy, tmp_path):
    """The years are right, nothing that lies in a window is lost, and it is said that the order is not right."""
    log = tmp_path / 'found.txt'
    text = 'postfix/qmgr[1]: 4A1B2C3D%02d: from=<a@example.com>, size=1, nrcpt=1 (queue active)\n'
    dates = [f'{month} {day:2d}' for month, days in (('May', range(11, 15)), ('Apr', range(20, 24))) for day in days]
    records = [f'{"maillog" if i < 4 else "maillog.1"}:{date} 09:00:00 mx {text % (i + 10)}' for i, date in enumerate(dates)]
    log.write_text(''.join(records))
    os.utime(log, (1778925600, 1778925600))  # 2026-05-16
    got = mailwhy('parse', '--json', '--tz', 'UTC', log)
    assert [e['time'][:10] for e in got.ndjson] == [f'2026-05-{d}' for d in range(11, 15)] + [f'2026-04-{d}' for d in range(20, 24)]
    assert got.stderr.count('later ones first') == 1
    for since, until, want in ('2026-04-21', '2026-04-23', 2), ('2026-05-12', '2026-05-20', 3), ('2026-04-23', '2026-05-12', 2):
        got = mailwhy('parse', '--json', '--tz', 'UTC', '--since', since, '--until', until, log)
        assert len(got.ndjson) == want
    got = mailwhy('parse', '--json', '--tz', 'UTC', log, '--since', '2026-05-01')
    assert got.stderr == ''


def test_explain_takes_lines_of_grep(mailwhy):
    line = '/var/log/mail.log-123-May 15 09:00:01 mx1 postfix/smtpd[77]: connect from unknown[192.0.2.1]'
    got = mailwhy('explain', '--json', line).json
    want = mailwhy('explain', '--json', line.split('-', 2)[2]).json
    assert got['parts'][0] == {'text': '/var/log/mail.log-123-', **{k: v for k, v in got['parts'][0].items() if k != 'text'}}
    assert [p['text'] for p in got['parts'][1:]] == [p['text'] for p in want['parts']]
    assert got['event'] == want['event'] == 'connect'
    two = mailwhy('explain', '-', stdin=f'{line}\n--\n{line}\n'.encode())
    assert two.returncode == 0
    assert two.stdout.count('file or line') == 2
