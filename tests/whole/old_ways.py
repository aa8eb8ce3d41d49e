# SPDX-License-Identifier: Apache-2.0
"""Servers to try commands on: their logs in /var/log/ of a directory of their own, a clock that stands, and the programs that
administrators' recipes call (exim, exigrep, exiqgrep, postqueue, sudo, ...), so that a command line runs as it was typed.

Whatever is typed runs in bash with the directory's bin/ first in PATH; `/var/log/` is read as the directory's own.
"""
import datetime
import gzip
import lzma
import os
import shutil
import subprocess

from conftest import PROGRAM, ROOT
from test_compat import peer

CPANEL = ROOT / 'tests' / 'whole' / 'cookbook_logs' / 'cpanel'
CORPUS = ROOT / 'tests' / 'corpus'
QUEUE = ROOT / 'tests' / 'golden' / 'queue'

# NOW is the server's clock; the listing is what its queue program prints
SERVERS = {
    'cpanel': ('2026-11-16 15:10:00', 'exim', CPANEL / 'exim.listing'),
    'directadmin': ('2026-11-16 15:10:00', 'exim', CPANEL / 'exim.listing'),
    'postfix': ('2026-11-21 21:10:00', 'postqueue', QUEUE / 'postfix-ages.listing'),
    'filters': ('2026-11-21 21:20:00', 'postqueue', QUEUE / 'postfix-ages.listing'),
    'exchange': ('2026-09-14 10:00:00', 'postqueue', QUEUE / 'postfix-ages.listing'),
    'fleet': ('2026-11-21 21:10:00', 'postqueue', QUEUE / 'postfix-ages.listing'),
}

MAILWHY = r'''#!/bin/bash
# the words of the calendar, then the logs of this server
args=()
for word; do
	case $last$word in
	--since-[0-9]*h) word=$(date -d "${word:1:-1} hour ago" '+%F %T') ;;
	--sincetoday|--untiltoday) word=$(date +%F) ;;
	--sinceyesterday) word=$(date -d yesterday +%F) ;;
	esac
	last=$word
	args+=("$word")
done
case " $* " in */var/log/*|*' MessageTracking/'*) LOGS= ;; esac
case $1 in
explain|config|help) exec "$MAILWHY" "${args[@]}" ;;
queue)
	case " $* " in *" - "*) listing= ;; *) listing=$LISTING ;; esac
	exec "$MAILWHY" "${args[@]}" --now "$NOW" $listing $LOGS ;;
*) exec "$MAILWHY" "${args[@]}" $LOGS ;;
esac
'''

DATE = r'''#!/bin/bash
ago=
if [ "$1" = -d ]; then ago=$2; shift 2; fi
exec /bin/date -d "$NOW UTC $ago" "$@"
'''

EXIM = r'''#!/bin/bash
case $1 in
-bp|-bpu) cat "$LISTING" ;;
-bpc) grep -c '<.*>' "$LISTING" ;;
-Mrm) shift; printf 'Message %s has been removed\n' "$@" ;;
*) exit 2 ;;
esac
'''

EXIQGREP = r'''#!/bin/bash
exec perl -e 'BEGIN { *CORE::GLOBAL::time = sub () { $ENV{EPOCH} } } $0 = shift; do $0; die $@ if $@' "$PEERS/exiqgrep" -E exim "$@"
'''


FLEET = (('edge', 'mail.log', 'a-postfix-mail.log.xz'), ('hub', 'mainlog', 'b-exim-mainlog.xz'), ('hub', 'rejectlog', 'b-exim-rejectlog.xz'),
         ('store', 'mail.log', 'c-dovecot-mail.log.xz'))


def data_of(path):
    if path.suffix == '.xz':
        return lzma.decompress(path.read_bytes())
    return path.read_bytes()


def fill(name, log):
    """The logs of a server, where it has them."""
    if name == 'cpanel':
        for file in ('exim_mainlog', 'exim_rejectlog', 'exim_paniclog', 'maillog'):
            shutil.copy(CPANEL / file, log / file)
        (log / 'exim_mainlog.1.gz').write_bytes(gzip.compress((CPANEL / 'exim_mainlog.1').read_bytes(), mtime=0))
    elif name == 'directadmin':  # the same mail, under this panel's names
        (log / 'exim').mkdir()
        for file in ('mainlog', 'rejectlog', 'paniclog'):
            text = (CPANEL / f'exim_{file}').read_text()
            if file == 'mainlog':
                text = (CPANEL / 'exim_mainlog.1').read_text() + text
            (log / 'exim' / file).write_text(text.replace('dovecot_login', 'login').replace('dovecot_plain', 'plain'))
    elif name == 'exchange':  # the folder is a copy; commands are typed beside it
        (log / 'MessageTracking').mkdir()
        shutil.copy(ROOT / 'tests' / 'golden' / 'reference' / 'exchange-tracking.log', log / 'MessageTracking' / 'MSGTRK2026091408-1.LOG')
    elif name == 'fleet':  # the logs of three servers on one machine
        for server, file, source in FLEET:
            (log / 'remote' / server).mkdir(parents=True, exist_ok=True)
            (log / 'remote' / server / file).write_bytes(data_of(CORPUS / 'twohop-basic' / source))
    else:
        source = {'postfix': 'postfix-basic', 'filters': 'filters-amavis'}[name]
        (log / 'maillog').write_bytes(data_of(CORPUS / source / 'mail.log.xz'))


class Server:
    """One server; run() types a command line there."""

    def __init__(self, name, root):
        self.name, self.root = name, root
        self.now, queue_program, self.listing = SERVERS[name]
        self.listed_by = {'exim': 'exim -bp', 'postqueue': 'postqueue -p'}[queue_program]
        self.log = root / 'var' / 'log'
        self.log.mkdir(parents=True)
        fill(name, self.log)
        logs = sorted(p for p in self.log.rglob('*') if p.is_file())
        epoch = datetime.datetime.fromisoformat(self.now + '+00:00').timestamp()
        self.environment = {
            'PATH': f'{root}/bin:{os.environ["PATH"]}', 'TZ': 'UTC', 'LC_ALL': 'C.UTF-8', 'HOME': str(root), 'NOW': self.now,
            'EPOCH': str(int(epoch)), 'LISTING': str(self.listing), 'LOGS': ' '.join(map(str, logs)), 'MAILWHY': str(PROGRAM), 'MAILWHY_CONFIG': '',
            **{k: v for k, v in os.environ.items() if k.endswith('SAN_OPTIONS')}}
        scripts = {'mailwhy': MAILWHY, 'date': DATE, 'sudo': '#!/bin/sh\nexec "$@"\n'}
        if queue_program == 'exim':
            scripts.update(exim=EXIM, exiqgrep=EXIQGREP, exigrep='#!/bin/sh\nexec perl "$PEERS/exigrep" "$@"\n',
                           exiqsumm='#!/bin/sh\nexec perl "$PEERS/exiqsumm" "$@"\n', eximstats='#!/bin/sh\nexec perl "$PEERS/eximstats" "$@"\n')
        else:
            scripts['postqueue'] = '#!/bin/sh\nexec cat "$LISTING"\n'
        (root / 'bin').mkdir()
        for script, text in scripts.items():
            (root / 'bin' / script).write_text(text)
            (root / 'bin' / script).chmod(0o755)

    def run(self, command, columns=None):
        """(exit code, what it printed, what it complained); columns: where lines break"""
        environment = dict(self.environment)
        if columns:
            environment['COLUMNS'] = str(columns)
        if any(word in command for word in ('exigrep', 'exiqgrep', 'exiqsumm', 'eximstats')):
            environment['PEERS'] = str(peer('exiqgrep').parent)
        typed = command.replace('/var/log/', f'{self.log}/')
        done = subprocess.run(['bash', '-c', typed], env=environment, cwd=self.log, capture_output=True, timeout=120, check=False,
                              stdin=subprocess.DEVNULL)
        out, words = (text.decode('utf-8', 'replace').replace(f'{self.log}/', '/var/log/').replace(str(self.listing), self.listed_by)
                      for text in (done.stdout, done.stderr))
        assert 'Sanitizer' not in words and 'runtime error:' not in words, words
        return done.returncode, out, words


class Samples:
    """A directory with the logs that come with the program; what is typed there runs as it stands."""

    def __init__(self, root):
        self.root = root
        shutil.copytree(ROOT / 'samples', root)
        (root / '.bin').mkdir()
        (root / '.bin' / 'mailwhy').symlink_to(PROGRAM)
        self.environment = {'PATH': f'{root}/.bin:{os.environ["PATH"]}', 'TZ': 'UTC', 'LC_ALL': 'C.UTF-8', 'HOME': str(root),
                            **{k: v for k, v in os.environ.items() if k.endswith('SAN_OPTIONS')}}

    def run(self, command, columns=None):
        """As Server.run()."""
        environment = {**self.environment, **({'COLUMNS': str(columns)} if columns else {})}
        done = subprocess.run(['bash', '-c', command], env=environment, cwd=self.root, capture_output=True, timeout=120, check=False,
                              stdin=subprocess.DEVNULL)
        out, words = (text.decode('utf-8', 'replace') for text in (done.stdout, done.stderr))
        assert 'Sanitizer' not in words and 'runtime error:' not in words, words
        return done.returncode, out, words


def servers(root):
    """All of them, each in a directory of its own."""
    return {**{name: Server(name, root / name) for name in SERVERS}, 'samples': Samples(root / 'samples')}
