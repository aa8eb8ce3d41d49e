#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Run a Debian of one's own for some seconds: journald, rsyslog, Dovecot and Postfix as they are installed, on a loopback
interface of their own; one mail is sent and delivered, logins succeed and fail.

    unshare NAMESPACES real_servers.py run ROOT OUT
    unshare --mount real_servers.py look OUT LOG PROGRAM ARGUMENT...

run: ROOT is what script/real-servers made; it is not changed (an overlay lies on it).  OUT gets what /var/log and /etc hold in the
end, and what journalctl -o export says.  The namespaces end with this process, and all that runs in them.
look: run a program of this machine as if /etc and /var/log were those of that one; LOG is what lies in /var/log.
"""
import base64
import ctypes
import fcntl
import imaplib
import os
import pathlib
import shutil
import smtplib
import socket
import stat
import struct
import subprocess
import sys
import time

HOST = 'mx.example.test'
PASSWORD = 'correct horse'
PATIENCE = 30  # seconds for anything to happen
LIBC = ctypes.CDLL(None, use_errno=True)
MS_NODEV_NOSUID = 6


def mount(source, target, kind, flags=0, data=''):
    if LIBC.mount(source.encode(), str(target).encode(), kind.encode(), ctypes.c_ulong(flags), data.encode()) != 0:
        raise OSError(ctypes.get_errno(), f'mount {kind} on {target}')


def bind(source, target):
    mount(str(source), target, '', 0x1000)  # MS_BIND


def loopback_up():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        fcntl.ioctl(s, 0x8914, struct.pack('16sH14x', b'lo', 0x1 | 0x40))  # SIOCSIFFLAGS: IFF_UP, IFF_RUNNING


class Machine:
    """A root to run things in."""

    def __init__(self, root, work):
        self.root = work / 'root'
        self.running = []
        mount('tmpfs', work, 'tmpfs', 0, 'mode=755')
        for name in ('root', 'upper', 'work'):
            (work / name).mkdir()
        mount('overlay', self.root, 'overlay', 0, f"lowerdir={root},upperdir={work / 'upper'},workdir={work / 'work'}")
        mount('proc', self.root / 'proc', 'proc', MS_NODEV_NOSUID)
        mount('tmpfs', self.root / 'sys', 'tmpfs', 0, 'mode=755')
        (self.root / 'sys/fs/cgroup').mkdir(parents=True)
        mount('cgroup2', self.root / 'sys/fs/cgroup', 'cgroup2')  # journald asks of which unit its senders are
        mount('tmpfs', self.root / 'run', 'tmpfs', 0, 'mode=755')
        mount('tmpfs', self.root / 'dev', 'tmpfs', 0, 'mode=755')
        for name, minor in (('null', 3), ('zero', 5), ('full', 7), ('random', 8), ('urandom', 9)):
            os.mknod(self.root / 'dev' / name, stat.S_IFCHR | 0o666, os.makedev(1, minor))
            (self.root / 'dev' / name).chmod(0o666)
        bind(self.root / 'dev/null', self.root / 'proc/kmsg')  # the kernel's words are those of the whole machine

    def path(self, name):
        return self.root / name.lstrip('/')

    def _enter(self):
        os.chroot(self.root)
        os.chdir('/')

    def _run(self, call, words, **more):
        env = {'PATH': '/usr/sbin:/usr/bin:/sbin:/bin', 'LC_ALL': 'C', **more.pop('env', {})}
        return call(list(words), env=env, stdin=subprocess.DEVNULL, **more)

    def run(self, *words, **more):
        done = self._run(subprocess.run, words, preexec_fn=self._enter, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                         timeout=PATIENCE, check=False, **more)
        if done.returncode:
            raise RuntimeError(f"{' '.join(words)}: {done.stdout.decode(errors='replace')}")
        return done.stdout

    def start(self, *words, listen=None):
        """a daemon in the foreground; listen: a socket that it gets as systemd hands sockets over"""
        def enter():
            if listen:
                os.dup2(listen.fileno(), 3)
            self._enter()
        log = open(self.root.parent / f'{pathlib.Path(words[0]).name}.out', 'wb')
        if listen:
            words = ('/bin/sh', '-c', 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"', 'sh', *words)
        process = self._run(subprocess.Popen, words, preexec_fn=enter, stdout=log, stderr=log,
                            pass_fds=[3] if listen else ())
        self.running.append((words, process))

    def stop(self):
        """the last that was started"""
        words, process = self.running.pop()
        process.terminate()
        process.wait(PATIENCE)


def wait_for(what, true):
    end = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > end:
            raise RuntimeError(f'waited in vain for {what}')
        time.sleep(0.05)


def answers(port):
    try:
        with socket.create_connection(('127.0.0.1', port), 2) as s:
            return s.recv(1) != b''
    except OSError:
        return False


def configure(m):
    """What an administrator sets after installing them: mail goes to Dovecot, which also knows the passwords."""
    m.run('useradd', '-m', 'alice')
    m.run('sh', '-c', f"echo 'alice:{PASSWORD}' | chpasswd")
    m.path('/etc/dovecot/conf.d/99-local.conf').write_text('''
auth_username_format = %Ln
mail_location = maildir:~/Maildir
service lmtp {
  unix_listener /var/spool/postfix/private/dovecot-lmtp {
    mode = 0600
    user = postfix
    group = postfix
  }
}
service auth {
  unix_listener /var/spool/postfix/private/auth {
    mode = 0660
    user = postfix
    group = postfix
  }
}
''')
    m.run('postconf', '-e', 'mailbox_transport=lmtp:unix:private/dovecot-lmtp', 'smtpd_sasl_type=dovecot',
          'smtpd_sasl_path=private/auth', 'smtpd_sasl_auth_enable=yes')


def start(m):
    m.path('/run/systemd/journal').mkdir(parents=True)
    m.path('/run/systemd/system').mkdir()
    m.path('/run/systemd/journal/flushed').touch()  # the disk is there: what systemd-journal-flush.service says
    forwarded = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    os.chdir(m.path('/run/systemd/journal'))  # the name of a socket may not be long
    forwarded.bind('syslog')
    os.chdir('/')
    m.start('/lib/systemd/systemd-journald')
    wait_for('journald', m.path('/run/systemd/journal/dev-log').exists)
    m.path('/dev/log').symlink_to('/run/systemd/journal/dev-log')
    m.start('/usr/sbin/rsyslogd', '-n', '-iNONE', listen=forwarded)
    m.start('/usr/sbin/dovecot', '-F')
    wait_for('Dovecot', lambda: answers(143))
    m.run('/usr/lib/postfix/configure-instance.sh', '-')
    m.run('/usr/sbin/postmulti', '-i', '-', '-p', 'start')
    wait_for('Postfix', lambda: answers(25))


def use(m):
    with smtplib.SMTP('127.0.0.1', 25, 'client.example.org', timeout=PATIENCE) as smtp:
        smtp.sendmail('carol@example.org', [f'alice@{HOST}'],
                      f'From: carol@example.org\r\nTo: alice@{HOST}\r\nSubject: hello\r\n'
                      'Message-ID: <real-1@example.org>\r\n\r\nhello\r\n')
    inbox = m.path('/home/alice/Maildir/new')
    wait_for('the mail', lambda: inbox.is_dir() and any(inbox.iterdir()))
    # the good login comes first: each bad one makes the next wait longer
    imap = imaplib.IMAP4('127.0.0.1', 143)
    imap.login('alice', PASSWORD)
    imap.select()
    imap.logout()
    with smtplib.SMTP('127.0.0.1', 25, 'client.example.org', timeout=PATIENCE) as smtp:
        smtp.ehlo()
        code, _ = smtp.docmd('AUTH', 'PLAIN ' + base64.b64encode(b'\0alice\0wrong').decode())
        assert code == 535, code
    imap = imaplib.IMAP4('127.0.0.1', 143)
    try:
        imap.login('alice', 'wrong')
        raise RuntimeError('a wrong password was taken')
    except imaplib.IMAP4.error:
        pass
    imap.logout()


def finish(m, out):
    m.run('/usr/sbin/postmulti', '-i', '-', '-p', 'stop')
    m.stop()  # Dovecot
    time.sleep(0.5)  # journald forwards what rsyslog then writes
    m.stop()
    m.stop()
    (out / 'journal.export').write_bytes(m.run('journalctl', '-o', 'export', '--directory', '/var/log/journal'))
    shutil.copytree(m.path('/var/log'), out / 'log', symlinks=True)
    shutil.copytree(m.path('/etc'), out / 'etc', symlinks=True)


def look(out, log, program, *arguments):
    """of this machine: its programs and libraries, and nothing else"""
    new = out / 'look'
    new.mkdir(exist_ok=True)
    mount('tmpfs', new, 'tmpfs', 0, 'mode=755')
    for name in ('usr', 'bin', 'lib', 'lib32', 'lib64', 'libx32', 'sbin'):
        if (pathlib.Path('/') / name).is_symlink():
            (new / name).symlink_to(os.readlink(f'/{name}'))
        elif (pathlib.Path('/') / name).is_dir():
            (new / name).mkdir()
            bind(f'/{name}', new / name)
    for name, source in (('etc', out / 'etc'), ('var/log', log), ('out', out), ('proc', '/proc'), ('dev', '/dev')):
        (new / name).mkdir(parents=True)
        bind(source, new / name)
    (new / 'mailwhy').touch()
    bind(program, new / 'mailwhy')
    os.chroot(new)
    os.chdir('/out')
    os.execv('/mailwhy', ['mailwhy', *arguments])


def run(root, out):
    work = out / 'work'
    work.mkdir()
    loopback_up()
    socket.sethostname(HOST)
    m = Machine(root.resolve(), work.resolve())
    try:
        configure(m)
        start(m)
        use(m)
        finish(m, out)
    except Exception:
        for name in sorted(work.glob('*.out')):
            sys.stderr.write(f'--- {name.name}\n{name.read_text(errors="replace")}')
        log = m.path('/var/log/syslog')
        sys.stderr.write(log.read_text(errors='replace') if log.exists() else 'no syslog\n')
        raise


def main():
    # what is mounted here is nobody else's business
    if LIBC.mount(None, b'/', None, ctypes.c_ulong(0x4000 | 0x40000), None) != 0:  # MS_REC, MS_PRIVATE
        raise OSError(ctypes.get_errno(), 'cannot make mounts private')
    command, *words = sys.argv[1:]
    if command == 'run':
        run(*map(pathlib.Path, words))
    else:
        look(pathlib.Path(words[0]), *words[1:])


if __name__ == '__main__':
    main()
