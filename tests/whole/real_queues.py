#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Fill the queue of a real mail server for some seconds, as Debian installs it, and keep what it and its own tools say of it.

    unshare NAMESPACES real_queues.py exim|postfix|sendmail ROOT OUT PROGRAM

PROGRAM (mailwhy) is run there too, as on a machine of its own.  ROOT is one that script/real-servers made; it is not changed.  OUT gets the log, the listings, and what the server's own tools (exiqgrep,
exiqsumm, qshape) say of the same queue.  The other servers of this world: mx.example.net answers 451 to every recipient, mx.example.org
is not there, mx.example.com takes good@ and refuses all others; a name server tells where they are.
"""
import ctypes
import fcntl
import os
import pathlib
import re
import shutil
import smtplib
import socket
import struct
import subprocess
import sys
import threading
import time

import real_servers
from real_servers import HOST, LIBC, Machine, answers, loopback_up, wait_for

NET, ORG, COM = '192.0.2.25', '192.0.2.26', '192.0.2.27'
ADDRESSES = {'mx.example.net': NET, 'mx.example.org': ORG, 'mx.example.com': COM, HOST: '127.0.0.1'}
AGES = [3 * 60, 12 * 60, 70 * 60, 5 * 3600, 4 * 86400]  # what the queued messages are made to look like, in turn
SENDER = f'ann@{HOST}'
TAKEN = []  # what mx.example.com was given
# sender, recipients, bytes of text
MAILS = [
    (SENDER, ['bob@example.net'], 200),
    (SENDER, ['good@example.com', 'carol@example.net', 'dan@example.org'], 5000),
    ('shop@example.test', ['eve@example.org'], 30000),
    ('shop@example.test', ['fay@example.org', 'gus@example.org'], 1500),
    ('nobody@example.com', ['dead@example.com'], 300),  # refused; so is its bounce
    (SENDER, ['a.very.long.mailbox.name.of.somebody@example.net'], 300),
]


def alias(n, address):
    """lo:N"""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        name = f'lo:{n}'.encode()
        fcntl.ioctl(s, 0x8916, struct.pack('16sH2s4s8x', name, socket.AF_INET, b'', socket.inet_aton(address)))  # SIOCSIFADDR
        fcntl.ioctl(s, 0x891c, struct.pack('16sH2s4s8x', name, socket.AF_INET, b'', b'\xff' * 4))  # SIOCSIFNETMASK


def name_server():
    """A, and MX mx.DOMAIN, of the few names that there are"""
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(('127.0.0.1', 53))

    def encoded(name):
        return b''.join(bytes([len(p)]) + p.encode() for p in name.split('.')) + b'\0'

    def answer(query):
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode('latin-1').lower())
            at += 1 + query[at]
        name, kind = '.'.join(labels), struct.unpack('!H', query[at + 1:at + 3])[0]
        data = []
        if kind == 1 and name in ADDRESSES:
            data = [socket.inet_aton(ADDRESSES[name])]
        elif kind == 15 and f'mx.{name}' in ADDRESSES:
            data = [struct.pack('!H', 10) + encoded(f'mx.{name}')]
        known = name in ADDRESSES or f'mx.{name}' in ADDRESSES
        head = query[:2] + struct.pack('!HHHHH', 0x8180 | (0 if known else 3), 1, len(data), 0, 0)
        return head + query[12:at + 5] + b''.join(
            b'\xc0\x0c' + struct.pack('!HHIH', kind, 1, 60, len(d)) + d for d in data)

    def serve():
        while True:
            query, client = s.recvfrom(1500)
            s.sendto(answer(query), client)
    threading.Thread(target=serve, daemon=True).start()


def smtp_server(address, reply_to_rcpt):
    """reply_to_rcpt: from a recipient to a reply"""
    listening = socket.create_server((address, 25))

    def session(client):
        stream = client.makefile('rwb')

        def say(text):
            stream.write(text.encode() + b'\r\n')
            stream.flush()
        say(f'220 {address} ESMTP')
        for line in stream:
            verb = line[:4].upper()
            if verb == b'EHLO':
                say('250-there\r\n250 8BITMIME')
            elif verb == b'RCPT':
                say(reply_to_rcpt(line.decode('latin-1')))
            elif verb == b'DATA':
                say('354 go on')
                TAKEN.append(b''.join(iter(lambda: next(stream, b'.\r\n'), b'.\r\n')))
                say('250 2.0.0 Ok: queued as 4A1B2C3D4E')
            elif verb == b'QUIT':
                say('221 bye')
                break
            else:
                say('250 2.1.0 Ok')
        client.close()

    def serve():
        while True:
            client, _ = listening.accept()
            threading.Thread(target=session, args=(client,), daemon=True).start()
    threading.Thread(target=serve, daemon=True).start()


def world():
    loopback_up()
    socket.sethostname(HOST)
    for n, address in enumerate((NET, ORG, COM), 1):
        alias(n, address)
    name_server()
    smtp_server(NET, lambda line: '451 4.7.1 <%s>: Recipient address rejected: Greylisted, see '
                                  'http://postgrey.example.net/help/here.html' % re.search('<(.*?)>', line)[1])
    smtp_server(COM, lambda line: '250 2.1.5 Ok' if '<good@' in line else
                '550 5.1.1 <%s>: Recipient address rejected: User unknown' % re.search('<(.*?)>', line)[1])


def text_of(sender, recipients, n):
    return f'From: {sender}\nTo: {recipients[0]}\nSubject: hello\n\n' + 'hello, world\n' * (n // 13)


class Keeper:
    """runs commands and keeps what they say, in the order of COMMANDS"""

    def __init__(self, machine, out):
        self.machine = machine
        self.out = out

    def keep(self, name, *words, stdin=None):
        done = subprocess.run(words, preexec_fn=self.machine._enter, capture_output=True, timeout=60, check=False,
                              input=stdin or b'', env={'PATH': '/usr/sbin:/usr/bin:/sbin:/bin', 'LC_ALL': 'C'})
        if done.stderr.strip() or done.returncode not in (0, 1):
            sys.stderr.write(f'{words}: {done.returncode} {done.stderr.decode(errors="replace")}\n')
        (self.out / name).write_bytes(done.stdout)
        return done.stdout


def look(keeper):
    """mailwhy with what this machine has: its server, its logs"""
    m = keeper.machine
    for name in ('/opt/mailwhy', '/opt/lib'):
        m.path(name).mkdir(parents=True)
    shutil.copy(sys.argv[4], m.path('/opt/mailwhy/mailwhy'))
    needed = subprocess.run(['ldd', sys.argv[4]], capture_output=True, text=True, check=True).stdout
    for path in re.findall(r'=> (/\S+)', needed):
        shutil.copy(path, m.path('/opt/lib'))
    loader = re.search(r'(/\S*ld-linux\S*)', needed)[1]
    shutil.copy(loader, m.path('/opt/lib/loader'))
    keeper.keep('here', '/opt/lib/loader', '--library-path', '/opt/lib', '/opt/mailwhy/mailwhy', 'queue')


def report(keeper):
    """mailwhy hands a report to this server, which brings it to another"""
    log = keeper.machine.path('/opt/report.log')
    log.write_text(f"2026-11-21T09:00:00+00:00 {HOST} postfix/smtpd[1]: connect from h.test[192.0.2.1]\n")
    TAKEN.clear()
    keeper.keep('report', '/opt/lib/loader', '--library-path', '/opt/lib', '/opt/mailwhy/mailwhy', 'report', '--mail', 'good@example.com',
                '/opt/report.log')
    wait_for('the report', lambda: TAKEN)
    (keeper.out / 'report.mail').write_bytes(TAKEN[0])


def submit(keeper, *words):
    for sender, recipients, n in MAILS:
        keeper.keep('submit', *words, '-f', sender, *recipients, stdin=text_of(sender, recipients, n).encode())


# --- Exim ------------------------------------------------------------------------------------------------

EXIM_OPTIONS = {
    'all': ['-r', '.'], 'sender': ['-f', 'shop@'], 'bounces': ['-f', '^<>$'], 'recipient': ['-r', '@example.org'], 'frozen': ['-z'],
    'thawed': ['-x'], 'younger': ['-y', '3600'], 'older': ['-o', '3600'],
}


def base62(number):
    digits = ''
    while number or len(digits) < 6:
        number, digit = divmod(number, 62)
        digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'[digit] + digits
    return digits


def exim_ages(m):
    """The age stands in the name of a message, in its files and in the third line of its header file."""
    for n, path in enumerate(sorted(m.path('/var/spool/exim4/input').rglob('*-H'))):
        arrived = int(time.time()) - AGES[n % len(AGES)]
        old, new = path.name[:-2], base62(arrived) + path.name[6:-2]
        for kind in 'DH':
            file = path.with_name(f'{old}-{kind}')
            data = file.read_bytes().replace(old.encode(), new.encode(), 1)
            if kind == 'H':
                lines = data.split(b'\n')
                assert re.fullmatch(rb'\d{9,} \d+', lines[3]), lines[3]
                lines[3] = b'%d 0' % arrived
                data = b'\n'.join(lines)
            file.write_bytes(data)
            file.rename(path.with_name(f'{new}-{kind}'))
        if path.with_name(f'{old}-J').exists():
            path.with_name(f'{old}-J').rename(path.with_name(f'{new}-J'))


def exim(m, out):
    k = Keeper(m, out)
    conf = m.path('/etc/exim4/update-exim4.conf.conf')
    conf.write_text(re.sub("configtype='.*'", "configtype='internet'", conf.read_text()))
    m.run('update-exim4.conf')
    submit(k, '/usr/sbin/exim4', '-odf')
    m.run('/usr/sbin/exim4', '-qff')
    ids = k.keep('ids', '/usr/sbin/exiqgrep', '-i', '-f', '^<shop@example.test>$', '-r', 'eve@').decode().split()
    m.run('/usr/sbin/exim4', '-Mf', *ids)
    k.keep('joined', '/usr/sbin/exim4', '-bp')
    look(k)
    shutil.copy(m.path('/var/log/exim4/mainlog'), out / 'log')
    exim_ages(m)
    for option in ('bp', 'bpa', 'bpr', 'bpu'):
        k.keep(option, '/usr/sbin/exim4', f'-{option}')
    for name, words in EXIM_OPTIONS.items():
        k.keep(f'exiqgrep-{name}', '/usr/sbin/exiqgrep', '-i', *words)
    k.keep('exiqsumm', '/usr/sbin/exiqsumm', stdin=(out / 'bp').read_bytes())
    k.keep('count', '/usr/sbin/exim4', '-bpc')
    report(k)


# --- Postfix ---------------------------------------------------------------------------------------------

def syslog(m):
    m.start('/usr/sbin/rsyslogd', '-n', '-iNONE')
    wait_for('rsyslog', m.path('/dev/log').exists)


def postfix_ages(m):
    """the arrival stands as text in a record of type T"""
    queues = [p for name in ('deferred', 'hold') for p in m.path(f'/var/spool/postfix/{name}').rglob('*') if p.is_file()]
    for n, path in enumerate(sorted(queues)):
        data = path.read_bytes()
        when = re.search(rb'T.(\d{10}) \d+', data, re.S)
        new = b'%d' % (int(time.time()) - AGES[n % len(AGES)])
        path.write_bytes(data[:when.start(1)] + new + data[when.end(1):])


def postfix(m, out):
    k = Keeper(m, out)
    syslog(m)
    m.run('postconf', '-e', f'myhostname={HOST}', 'inet_interfaces=127.0.0.1', 'inet_protocols=ipv4', 'default_transport=smtp',
          'relayhost=', 'smtp_host_lookup=dns', 'mydestination=localhost')
    m.run('/usr/lib/postfix/configure-instance.sh', '-')
    m.run('/usr/sbin/postmulti', '-i', '-', '-p', 'start')
    wait_for('Postfix', lambda: answers(25))
    submit(k, '/usr/sbin/sendmail')
    wait_for('the queue', lambda: k.keep('queue', 'postqueue', '-j').count(b'delay_reason') >= 7)
    m.run('postqueue', '-f')
    log = m.path('/var/log/mail.log')
    wait_for('the second try', lambda: log.read_bytes().count(b'to=<bob@example.net>') >= 2)
    held = re.search(rb'"queue_id": "(\w+)".*shop@example.test.*eve@', k.keep('queue', 'postqueue', '-j'))[1].decode()
    m.run('postsuper', '-h', held)
    time.sleep(1)
    k.keep('joined', 'postqueue', '-j')
    look(k)
    shutil.copy(log, out / 'log')
    # nothing moves while Postfix is down; its programs look into the queue by themselves then
    m.run('/usr/sbin/postmulti', '-i', '-', '-p', 'stop')
    postfix_ages(m)
    k.keep('p', 'postqueue', '-p')
    k.keep('j', 'postqueue', '-j')
    k.keep('qshape', 'qshape', '-n', '20', 'hold', 'incoming', 'active', 'deferred')
    k.keep('qshape-sender', 'qshape', '-n', '20', '-s', 'hold', 'incoming', 'active', 'deferred')
    m.run('postconf', '-e', 'enable_long_queue_ids=yes')
    m.run('/usr/sbin/postmulti', '-i', '-', '-p', 'start')
    wait_for('Postfix', lambda: answers(25))
    submit(k, '/usr/sbin/sendmail')
    wait_for('the queue', lambda: k.keep('queue', 'postqueue', '-j').count(b'delay_reason') >= 14)
    m.run('/usr/sbin/postmulti', '-i', '-', '-p', 'stop')
    k.keep('p-long', 'postqueue', '-p')
    k.keep('j-long', 'postqueue', '-j')
    shutil.copy(log, out / 'log-long')
    m.run('postsuper', '-d', 'ALL')
    m.run('/usr/sbin/postmulti', '-i', '-', '-p', 'start')
    k.keep('empty', 'postqueue', '-p')
    report(k)
    m.run('/usr/sbin/postmulti', '-i', '-', '-p', 'stop')


# --- Sendmail --------------------------------------------------------------------------------------------

def sendmail_ages(m):
    for n, path in enumerate(sorted(m.path('/var/spool/mqueue').rglob('?f*'))):
        if path.name.startswith(('qf', 'hf')):
            text = path.read_text('latin-1')
            path.write_text(re.sub(r'^T\d+$', f'T{int(time.time()) - AGES[n % len(AGES)]}', text, flags=re.M), 'latin-1')


def sendmail(m, out):
    k = Keeper(m, out)
    mc = m.path('/etc/mail/sendmail.mc')
    more = ("define(`confDONT_PROBE_INTERFACES', `True')dnl\ndefine(`confTO_IDENT', `0')dnl\n"
            "FEATURE(`accept_unresolvable_domains')dnl\n")
    text = re.sub('^FEATURE.*(greet_pause|conncontrol|ratecontrol).*\n', '', mc.read_text(), flags=re.M)
    mc.write_text(re.sub('^MAILER_DEFINITIONS', more + 'MAILER_DEFINITIONS', text, flags=re.M))
    m.run('sh', '-c', 'm4 /etc/mail/sendmail.mc > /etc/mail/sendmail.cf')
    syslog(m)
    m.path('/run/sendmail/mta').mkdir(parents=True, exist_ok=True)
    m.start('/usr/sbin/sendmail-mta', '-bD', '-L', 'sm-mta')
    wait_for('Sendmail', lambda: answers(25))
    for sender, recipients, n in MAILS:
        if sender == 'nobody@example.com':
            continue  # its bounce would go to a mailbox of this machine, for which Sendmail alone has no program
        with smtplib.SMTP('127.0.0.1', 25, HOST, timeout=30) as smtp:
            smtp.sendmail(sender, recipients, text_of(sender, recipients, n).replace('\n', '\r\n'))
    time.sleep(2)
    m.run('/usr/sbin/sendmail-mta', '-q')
    time.sleep(1)
    m.stop()
    k.keep('submit', '/usr/sbin/sendmail-msp', '-f', SENDER, 'bob@example.net', stdin=text_of(SENDER, ['bob@example.net'], 50).encode())
    k.keep('joined', '/usr/sbin/sendmail-mta', '-bp')
    look(k)
    shutil.copy(m.path('/var/log/mail.log'), out / 'log')
    sendmail_ages(m)
    k.keep('bp', '/usr/sbin/sendmail-mta', '-bp')
    k.keep('bp-v', '/usr/sbin/sendmail-mta', '-bp', '-v')
    k.keep('bp-client', '/usr/sbin/sendmail-msp', '-Ac', '-bp')
    held = re.search(rb'^(\w{14})', k.keep('queue', '/usr/sbin/sendmail-mta', '-bp').split(b'---\n')[-1])[1].decode()
    m.run('/usr/sbin/sendmail-mta', '-Qlooks like spam', f'-qI{held}')
    k.keep('bp-held', '/usr/sbin/sendmail-mta', '-bp', '-qQ')
    k.keep('bp-held-v', '/usr/sbin/sendmail-mta', '-bp', '-qQ', '-v')
    m.run('/usr/sbin/sendmail-mta', '-Q', '-qQ', f'-qI{held}')
    k.keep('bp-released', '/usr/sbin/sendmail-mta', '-bp')


def main():
    if LIBC.mount(None, b'/', None, ctypes.c_ulong(0x4000 | 0x40000), None) != 0:  # MS_REC, MS_PRIVATE
        raise OSError(ctypes.get_errno(), 'cannot make mounts private')
    kind, root, out = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    work = out / 'work'
    work.mkdir()
    world()
    m = Machine(root.resolve(), work.resolve())
    m.path('/etc/resolv.conf').write_text('nameserver 127.0.0.1\n')
    try:
        {'exim': exim, 'postfix': postfix, 'sendmail': sendmail}[kind](m, out)
    except Exception:
        for name in ('/var/log/mail.log', '/var/log/exim4/mainlog', '/var/log/exim4/paniclog'):
            if m.path(name).exists():
                sys.stderr.write(f'--- {name}\n{m.path(name).read_text(errors="replace")[-6000:]}')
        raise


if __name__ == '__main__':
    os.environ.pop('TZ', None)
    main()
