# SPDX-License-Identifier: Apache-2.0
"""Lines as Postfix and Exim write them, for tests that tell a story: who connects, sends, is refused.

Each writer has the same methods, so that a story is told once and read from both.  Time is in seconds from 09:00 on 21 November 2026, UTC.
"""
import datetime

BEGIN = datetime.datetime(2026, 11, 21, 9, 0, 0, tzinfo=datetime.timezone.utc)
DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'


def base62(n, width):
    text = ''
    while n:
        n, digit = divmod(n, 62)
        text = DIGITS[digit] + text
    return text.rjust(width, '0')


class Story:
    """The lines so far; log() sorts them by time, equal times in the order of telling."""

    def __init__(self):
        self.lines = []
        self.ids = 0

    def at(self, t, *texts):
        self.lines += [(t, text) for text in texts]

    def log(self):
        return ''.join(f'{self.stamp(BEGIN + datetime.timedelta(seconds=t))} {text}\n'
                       for t, text in sorted(self.lines, key=lambda line: line[0]))


class Postfix(Story):
    name = 'postfix'

    @staticmethod
    def stamp(when):
        return f'{when:%b %d %H:%M:%S} mx1'

    def new_id(self):
        self.ids += 1
        return f'{0x4F0000000 + self.ids:X}'

    def refuse(self, t, ip, recipient, why, sender='x@sender.example', helo='mx.sender.example'):
        words = {
            'relay': f'554 5.7.1 <{recipient}>: Relay access denied',
            'unknown': f'550 5.1.1 <{recipient}>: Recipient address rejected: User unknown in local recipient table',
            'listed': f'554 5.7.1 Service unavailable; Client host [{ip}] blocked using zen.spamhaus.org; '
                      f'https://www.spamhaus.org/query/ip/{ip}',
            'helo': f'504 5.5.2 <{helo}>: Helo command rejected: need fully-qualified hostname',
            'spf': f'550 5.7.23 <{recipient}>: Recipient address rejected: Message rejected due to: SPF fail - not authorized. '
                   'Please see http://www.openspf.net/Why',
        }[why]
        self.at(t, f'postfix/smtpd[{1000 + self.ids % 7}]: NOQUEUE: reject: RCPT from unknown[{ip}]: {words}; from=<{sender}> '
                   f'to=<{recipient}> proto=ESMTP helo=<{helo}>')

    def odd(self, t, ip, what):
        pid = 2000 + t % 997
        commands = 'unknown=0/1 commands=0/1'
        self.at(t, f'postfix/smtpd[{pid}]: connect from unknown[{ip}]')
        if what == 'web':
            self.at(t, f'postfix/smtpd[{pid}]: warning: non-SMTP command from unknown[{ip}]: GET / HTTP/1.1')
        elif what == 'errors':
            self.at(t, f'postfix/smtpd[{pid}]: too many errors after UNKNOWN from unknown[{ip}]')
        elif what == 'early':
            self.at(t, f'postfix/smtpd[{pid}]: improper command pipelining after CONNECT from unknown[{ip}]: EHLO x\\r\\n')
            commands = 'commands=0/0'
        elif what == 'probe':
            commands = 'ehlo=1 quit=1 commands=2'
        elif what == 'lost':
            self.at(t, f'postfix/smtpd[{pid}]: lost connection after CONNECT from unknown[{ip}]')
            commands = 'commands=0/0'
        self.at(t, f'postfix/smtpd[{pid}]: disconnect from unknown[{ip}] {commands}')

    def connection_limit(self, t, ip):
        self.at(t, f'postfix/smtpd[77]: warning: Connection rate limit exceeded: 61 from unknown[{ip}] for service smtp')

    def message_limit(self, t, ip):
        self.at(t, f'postfix/smtpd[77]: warning: Message delivery request rate limit exceeded: 61 from unknown[{ip}] for service smtp')

    def login(self, t, ip, user):
        self.mail(t, ip, user, user, user=user)

    def handshake(self, t, ip, words):
        self.at(t, f'postfix/smtpd[88]: SSL_accept error from unknown[{ip}]: -1',
                f'postfix/smtpd[88]: warning: TLS library problem: error:14094415:SSL routines:ssl3_read_bytes:{words}:'
                '../ssl/record/rec_layer_s3.c:1544:SSL alert number 45:')

    def mail(self, t, ip, sender, *recipients, user=None, uid=None, message_id=None, orig=None, reply=None, subject=None):
        """Recipients at example.org are ours; the others are relayed, or fail with `reply`."""
        qid = self.new_id()
        if uid:
            self.at(t, f'postfix/pickup[5]: {qid}: uid={uid} from=<{sender}>')
        else:
            login = f', sasl_method=PLAIN, sasl_username={user}' if user else ''
            self.at(t, f'postfix/smtpd[1234]: {qid}: client=host.example[{ip}]{login}')
        self.at(t, f'postfix/cleanup[6]: {qid}: message-id=<{message_id or f"{qid}@x"}>',
                f'postfix/qmgr[7]: {qid}: from=<{sender}>, size=1000, nrcpt={len(recipients)} (queue active)')
        for recipient in recipients:
            was = f' orig_to=<{orig}>,' if orig else ''
            if recipient.endswith('@example.org'):
                agent, relay, status = 'local', 'local', 'sent (delivered to mailbox)'
                self.at(t, f'postfix/{agent}[8]: {qid}: to=<{recipient}>,{was} relay={relay}, delay=0.1, delays=0/0/0/0.1, dsn=2.0.0, '
                           f'status={status}')
                continue
            domain = recipient.split('@')[1]
            relay = f'mx.{domain}[198.18.{len(domain) % 250}.{sum(map(ord, domain)) % 250}]:25'
            text = f'status=sent (250 2.0.0 Ok)' if not reply else \
                f'status={"deferred" if reply.startswith("4") else "bounced"} (host {relay[:-3]} said: {reply} (in reply to end of DATA command))'
            dsn = '2.0.0' if not reply else f'{reply[0]}.7.1'
            self.at(t, f'postfix/smtp[9]: {qid}: to=<{recipient}>,{was} relay={relay}, delay=1, delays=0/0/0/1, dsn={dsn}, {text}')
        self.at(t + 1, f'postfix/qmgr[7]: {qid}: removed')
        return qid

    def notify(self, t, recipient, reply=None):
        qid, about = self.new_id(), self.new_id()
        self.at(t, f'postfix/bounce[10]: {about}: sender non-delivery notification: {qid}',
                f'postfix/qmgr[7]: {qid}: from=<>, size=2000, nrcpt=1 (queue active)')
        domain = recipient.split('@')[1]
        relay = f'mx.{domain}[198.18.2.2]:25'
        text = f'status=bounced (host mx.{domain}[198.18.2.2] said: {reply} (in reply to RCPT TO command))' if reply else 'status=sent (250 Ok)'
        if domain == 'example.org':
            relay, text = 'local', 'status=sent (delivered to mailbox)'
        self.at(t, f'postfix/smtp[9]: {qid}: to=<{recipient}>, relay={relay}, delay=1, delays=0/0/0/1, dsn={"5.1.1" if reply else "2.0.0"}, {text}')
        self.at(t + 1, f'postfix/qmgr[7]: {qid}: removed')


class Exim(Story):
    name = 'exim'

    @staticmethod
    def stamp(when):
        return f'{when:%Y-%m-%d %H:%M:%S}'

    def new_id(self, t=0):
        self.ids += 1
        return f'{base62(int(BEGIN.timestamp()) + t, 6)}-{base62(self.ids, 6)}-00'

    def refuse(self, t, ip, recipient, why, sender='x@sender.example', helo='mx.sender.example'):
        if why == 'helo':
            self.at(t, f'rejected EHLO from [{ip}]: syntactically invalid argument(s): {helo} x')
            return
        words = {
            'relay': 'relay not permitted',
            'unknown': 'Unrouteable address',
            'listed': f'{ip} is listed at zen.spamhaus.org (https://www.spamhaus.org/query/ip/{ip})',
            'spf': f'SPF check failed: {ip} is not allowed to send mail from sender.example',
        }[why]
        self.at(t, f'H=({helo}) [{ip}] F=<{sender}> rejected RCPT <{recipient}>: {words}')

    def odd(self, t, ip, what):
        if what == 'web':
            self.at(t, f'SMTP syntax error in "GET / HTTP/1.1" H=[{ip}]:5555 unrecognized command',
                    f'SMTP syntax error in "Host: mail" H=[{ip}]:5555 unrecognized command')
        elif what == 'errors':
            self.at(t, f'SMTP call from [{ip}] dropped: too many unrecognized commands (last was "BAD5")')
        elif what == 'early':
            self.at(t, f'SMTP protocol synchronization error (input sent without waiting for greeting): rejected connection from H=[{ip}] '
                       'input="EHLO x\\r\\n"')
        elif what == 'probe':
            self.at(t, f'no MAIL in SMTP connection from (monitor) [{ip}] D=0s C=EHLO,QUIT')
        elif what == 'lost':
            self.at(t, f'unexpected disconnection while reading SMTP command from [{ip}] D=0s')

    def connection_limit(self, t, ip):
        self.at(t, f'Connection from [{ip}] refused: too many connections from that IP address')

    def message_limit(self, t, ip):
        self.at(t, f'H=(mx.sender.example) [{ip}] F=<x@sender.example> temporarily rejected RCPT <carol@example.org>: Sender rate 23.0 / 1m (limit 20)')

    def login(self, t, ip, user):
        self.mail(t, ip, user, user, user=user)

    def handshake(self, t, ip, words):
        self.at(t, f'TLS error on connection from [{ip}] (SSL_accept): error:14094415:SSL routines:ssl3_read_bytes:{words}')

    def mail(self, t, ip, sender, *recipients, user=None, uid=None, message_id=None, orig=None, reply=None, subject=None):
        qid = self.new_id(t)
        if uid:
            self.at(t, f'cwd={uid} 3 args: /usr/sbin/sendmail -t -i') if uid.startswith('/') else None
            source = f'U={uid.split("/")[2] if uid.startswith("/") else uid} P=local'
        else:
            login = f' A=plain:{user}' if user else ''
            source = f'H=host.example [{ip}] P=esmtp{"sa" if user else ""}{login}'
        self.at(t, f'{qid} <= {sender or "<>"} {source} S=1000 id={message_id or f"{qid}@x"}')
        for recipient in recipients:
            was = f' <{orig}>' if orig else ''
            if recipient.endswith('@example.org'):
                self.at(t, f'{qid} => {recipient.split("@")[0]} <{orig or recipient}> R=local_user T=maildir_home')
                continue
            domain = recipient.split('@')[1]
            host = f'H=mx.{domain} [198.18.{len(domain) % 250}.{sum(map(ord, domain)) % 250}]'
            if not reply:
                self.at(t, f'{qid} => {recipient}{was} R=dnslookup T=remote_smtp {host} C="250 Ok"')
            elif reply.startswith('4'):
                self.at(t, f'{qid} == {recipient}{was} R=dnslookup T=remote_smtp defer (-46) {host}: SMTP error from remote mail server after end of data: {reply}')
            else:
                self.at(t, f'{qid} ** {recipient}{was} R=dnslookup T=remote_smtp {host}: SMTP error from remote mail server after end of data: {reply}')
        self.at(t + 1, f'{qid} Completed')
        return qid

    def notify(self, t, recipient, reply=None):
        about, qid = self.new_id(t), self.new_id(t)
        self.at(t, f'{qid} <= <> R={about} U=Debian-exim P=local S=2000')
        domain = recipient.split('@')[1]
        if domain == 'example.org':
            self.at(t, f'{qid} => {recipient.split("@")[0]} <{recipient}> R=local_user T=maildir_home')
        elif reply:
            self.at(t, f'{qid} ** {recipient} R=dnslookup T=remote_smtp H=mx.{domain} [198.18.2.2]: SMTP error from remote mail server after RCPT TO:<{recipient}>: {reply}')
        else:
            self.at(t, f'{qid} => {recipient} R=dnslookup T=remote_smtp H=mx.{domain} [198.18.2.2] C="250 Ok"')
        self.at(t + 1, f'{qid} Completed')


WRITERS = [Postfix, Exim]
