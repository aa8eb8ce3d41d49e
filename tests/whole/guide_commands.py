# SPDX-License-Identifier: Apache-2.0
"""The commands that administrators' guides give for reading logs and queues, each with the question it is meant to answer.

Four guides that are widely followed: a Turkish one about Exim on cPanel ('tr'), an English handbook of mail logs for cPanel, Plesk and
DirectAdmin ('handbook'), cPanel's own introduction to exim_mainlog ('cpanel'), a German one about mail logs ('de'). Commands stand as they
stand there, broken quoting included. test_cookbook.py runs them, and the recipe of docs/cookbook.md that answers the same question.
"""
import collections
import dataclasses
import re

EXIM_ID = re.compile(r'^\S+ \S+ (\w{6}-\w{6}-\w\w) ', re.M)
POSTFIX_ID = re.compile(r'\]: ([0-9A-F]{6,}): ')

# --- what a pipeline printed --------------------------------------------------------------------------------


def ids(out):
    """the messages whose lines it shows"""
    return set(EXIM_ID.findall(out)) | set(POSTFIX_ID.findall(out))


def counts(out):
    """what `uniq -c` printed"""
    found = [line.split(None, 1) for line in out.splitlines() if re.match(r' *\d+ \S', line)]
    return collections.Counter({name.strip('[]'): int(n) for n, name in found})


def counts_by_day(out):
    """the same, under titles with a date"""
    table, day = collections.Counter(), None
    for line in out.splitlines():
        day = re.sub(r'.*for (.*):', r'\1', line) if line.startswith('Logs for') else day
        for name, n in counts(line).items():
            table[day, name] += n
    return table


def number(out):
    return int(out)


def numbers(out):
    """all numbers that stand alone or after a colon"""
    return [int(n) for n in re.findall(r'(?:^|: )(\d+)\b', out, re.M)]


def lines(out):
    return len(out.splitlines())


def attempts(out):
    """that Dovecot's lines tell of"""
    return sum(int(n) for n in re.findall(r'auth failed, (\d+) attempts', out))


def words(out):
    return set(out.split())


def queue_ids(out):
    """a listing or a list of ids"""
    return set(re.findall(r'\b(?:\w{6}-\w{6}-\w\w|[0-9A-F]{7,12})\b', out))


def grouped(out):
    """exigrep's blocks, without order"""
    return {block for block in out.split('\n\n') if block.strip()}


def session_counts(out):
    """how often each count occurs in what `uniq -c` printed"""
    return collections.Counter(counts(out).values())


# --- the same in our answers ---------------------------------------------------------------------------------


def messages(answer):
    return {m['queue_id'] for m in answer['messages']}


def found(answer):
    """messages and those refused after they had got an id"""
    return messages(answer) | {r['queue_id'] for r in answer['rejections'] if r['queue_id']}


def rejections(answer):
    return len(answer['rejections'])


def failures(answer):
    """failed attempts to log in"""
    return sum(login['attempts'] or 1 for login in answer['logins'] if not login['success'])


def failed_sessions(answer):
    return sum(not login['success'] for login in answer['logins'])


def rows(answer, panel):
    return next(p['rows'] for p in answer['panels'] if p['id'] == panel)


def column(panel, name, value):
    """a panel as counter: name -> value, without zeros"""
    def read(answer):
        table = collections.Counter()
        for row in rows(answer, panel):
            table[row[name].strip('[]')] += row[value]
        return +table
    return read


def by_day(answer):
    return +collections.Counter({(row['day'], row['account']): row['sent'] for row in rows(answer, 'account_days') if row['login'] != 'local'}
                                if 'login' in rows(answer, 'account_days')[0] else
                                {(row['day'], row['account']): row['sent'] for row in rows(answer, 'account_days')})


def total(*names):
    """figures of the totals, added up"""
    return lambda answer: sum(answer['totals'][name] for name in names)


def queued(answer):
    return {m['queue_id'] for m in answer['messages']}


def accounts(value):
    return column('accounts', 'account', value)


# --- the commands ----------------------------------------------------------------------------------------------

# what the command does as it stands in the guide
WORKS, EVERY_LINE, NOTHING, ERROR, HELP = 'works', 'every line', 'nothing', 'error', 'help'


@dataclasses.dataclass
class Command:
    """One command of a guide."""
    guide: str
    question: str                   # what it is to answer
    command: str                    # as it stands there
    recipe: str                     # heading in docs/cookbook.md
    on: str = 'cpanel'              # server of old_ways.py
    with_: dict = dataclasses.field(default_factory=dict)  # names of the guide -> names of that server
    written: str = WORKS            # what happens to it
    repaired: str = ''              # the same without its mistake in writing
    theirs: object = None           # reads what it printed
    ours: str = ''                  # our command, with --json or another form for programs
    reads: object = None            # reads our answer; None: it is text, read as theirs is
    extra: object = None            # what the pipeline has and we have not
    lacks: object = None            # what we have and the pipeline has not
    why: str = ''                   # the reason for that, or why it is not run


ADDRESS = '[email protected]'  # how the guides print addresses
TODAY = 'report --since today --json --panel '
ALICE, BOB, JAN = {ADDRESS: 'alice@shop.example'}, {ADDRESS: 'bob@shop.example'}, {ADDRESS: 'jan@customer.example'}
FULL_ID = '1xStCE-0005MY-5G'
HERE = {'user@example.com': 'bob@shop.example', 'example.com': 'shop.example', '2025-01-08': '2026-11-16'}
NOT_DOVECOT = 'Dovecot writes "imap-login: Disconnected: ... (auth failed, 3 attempts ...)": these words never stand together'
SESSION = 'the last word of the line is the id of the session, so that every line is counted once by itself'
NO_END = 'it never ends'

COMMANDS = [
    # --- the Turkish guide -----------------------------------------------------------------------------------
    Command('tr', 'Which log files are there, with the rotated ones?',
            'ls -la /var/log/exim_mainlog*', 'Which logs are there?',
            theirs=lambda out: set(re.findall(r'/var/log/\S+', out)), ours='sources --json',
            reads=lambda a: {f['file'] for s in a['sources'] for f in s['files']},
            lacks={'/var/log/exim_paniclog', '/var/log/exim_rejectlog', '/var/log/maillog'},
            why='only of one of the four logs; nothing about what is in them'),
    Command('tr', 'What happened to the message with this id?',
            'grep "1rJkXm-0003kl-Qp" /var/log/exim_mainlog', 'What happened to this message?', with_={'1rJkXm-0003kl-Qp': FULL_ID},
            theirs=lambda out: set(re.findall(r'(?:=>|==|\*\*) (\S+@\S+) .*?(?:C="|\(-44\))', out)), ours=f'trace --json {FULL_ID}',
            reads=lambda a: {r['recipient'] for m in a['messages'] for r in m['recipients']}),
    Command('tr', 'What mail is there from or to this address?',
            f'grep "{ADDRESS}" /var/log/exim_mainlog | tail -50', "Where is somebody's mail?", with_=JAN,
            theirs=ids, ours='trace --json jan@customer.example', reads=messages),
    Command('tr', 'All lines of all messages in which an address occurs',
            f'exigrep "{ADDRESS}" /var/log/exim_mainlog', 'The lines themselves, as exigrep shows them', with_=ALICE,
            theirs=grouped, ours='trace --grep alice@shop.example /var/log/exim_mainlog'),
    Command('tr', 'What failed for good in the last hour?',
            '''grep "$(date -d '1 hour ago' '+%Y-%m-%d %H')" /var/log/exim_mainlog | grep "**"''', 'What failed in the last hour?',
            written=EVERY_LINE,
            repaired='''grep "$(date -d '1 hour ago' '+%Y-%m-%d %H')" /var/log/exim_mainlog | grep " \\*\\* "''',
            theirs=ids, ours='trace --all --status bounced --since -1h --json',
            reads=lambda a: {m['queue_id'] for m in a['messages'] if m['role'] == 'mail'},
            why='"**" as a pattern means any number of asterisks, none included; and it takes the whole of the previous clock hour, not 60 minutes'),
    Command('tr', 'What failed or waits for this address?',
            f'grep "{ADDRESS}" /var/log/exim_mainlog | grep -E "(**|==)"', "What became of one person's mail?", with_=JAN,
            written=EVERY_LINE, repaired=f'grep "{ADDRESS}" /var/log/exim_mainlog | grep -E " (\\*\\*|==) "',
            theirs=ids, ours='trace --recipient jan@customer.example --status bounced --status deferred --json', reads=messages,
            why='as an extended pattern it matches everything too'),
    Command('tr', 'What is in the queue?', 'exim -bp', 'What waits, and why?',
            theirs=queue_ids, ours='queue --json', reads=queued),
    Command('tr', 'Why does this message wait? (its own log)', 'exim -Mvl MESAJ_ID', 'Why does this one wait?',
            on='', why="needs Exim's spool"),
    Command('tr', 'Why does this message wait? (all of it)', 'exim -Mvc MESAJ_ID', 'Why does this one wait?',
            on='', why="prints the mail, from Exim's spool; why it waits does not stand in it"),
    Command('tr', 'Which logins failed lately?',
            'grep "authenticator" /var/log/exim_mainlog | grep -i "fail|reject|denied" | tail -20', 'Who guesses passwords?',
            written=NOTHING, repaired='grep "authenticator" /var/log/exim_mainlog | grep -iE "fail|reject|denied" | tail -20',
            theirs=lines, ours='trace --all --since today --writer exim --status login_failed --json --no-limit', reads=failed_sessions,
            why='without -E a | is a character like others'),
    Command('tr', 'Which addresses fail to log in most often?',
            "grep \"authenticator failed\" /var/log/exim_mainlog | grep -oP '[([0-9]{1,3}.){3}[0-9]{1,3}]' | sort | uniq -c | sort -rn | "
            "head -20", 'Who guesses passwords?', written=ERROR,
            repaired="grep \"authenticator failed\" /var/log/exim_mainlog | grep -oP '\\[([0-9]{1,3}\\.){3}[0-9]{1,3}\\]' | sort | uniq -c | "
                     "sort -rn | head -20",
            theirs=counts, ours=TODAY + 'login_addresses --writer exim', reads=column('login_addresses', 'client', 'failed'),
            extra={'192.168.1.55': 12, '192.168.1.20': 2},
            why='names in HELO that look like addresses are counted as addresses: a private one would go into the firewall'),
    Command('tr', 'Who sends most?',
            'grep "<=" /var/log/exim_mainlog | grep -v "localhost|127.0.0.1" | awk \'{print $6}\' | sort | uniq -c | sort -rn | head -20',
            'Who sends most?',
            repaired='grep "<=" /var/log/exim_mainlog | grep -Ev "localhost|127.0.0.1" | awk \'{print $5}\' | sort | uniq -c | sort -rn | '
                     'head -20', written='H=([192.168.1.20])',
            theirs=counts, ours=TODAY + 'senders --no-limit', reads=column('senders', 'sender', 'messages'),
            extra={'<>': 3}, lacks={'alice@shop.example': 1},
            why='the sixth word is the client, not the sender; webmail (localhost) is left out, bounces that Exim makes are taken for mail'),
    Command('tr', 'How many mails did this IP address hand in?',
            'grep "H=.*[192.168.1.100]" /var/log/exim_mainlog | grep "<=" | wc -l', 'What does one IP address do?',
            with_={'192.168.1.100': '203.0.113.27'}, written='16',
            repaired='grep "H=.*\\[203\\.0\\.113\\.27\\]" /var/log/exim_mainlog | grep "<=" | wc -l',
            theirs=number, ours='report --since today --ip 203.0.113.27 --json', reads=total('messages'),
            why='unquoted brackets match any one of the characters in them: every mail with H= is counted'),
    Command('tr', 'Who tried to relay through this server?',
            'grep "relay not permitted|Relay not permitted" /var/log/exim_mainlog | tail -30', 'Who tries to relay?',
            written=NOTHING, repaired='grep -E "relay not permitted|Relay not permitted" /var/log/exim_mainlog | tail -30',
            theirs=lines, ours='trace --all --since today --reply "relay not permitted" --json', reads=rejections,
            why='without -E a | is a character like others'),
    Command('tr', 'Which mails bounced?', 'grep "bounce" /var/log/exim_mainlog | tail -30', 'Which mails bounced?',
            theirs=ids, ours='trace --all --since today --status bounced --json',
            reads=lambda a: {m['queue_id'] for m in a['messages'] if m['role'] == 'mail'},
            extra={'1xSuw5-0005Uu-VU'}, lacks={'1xSsw9-0005LM-TA', '1xStXe-0005N9-9R', '1xSvSk-0005Ti-N8', '1xSxt9-0005PX-Q9'},
            why='Exim does not use the word: what is found are subjects and addresses with it'),
    Command('tr', 'Hard bounces', 'grep "**" /var/log/exim_mainlog | grep "5[0-9][0-9]" | tail -20', 'Hard bounces and soft bounces',
            written='2026', repaired='grep " \\*\\* " /var/log/exim_mainlog | grep "5[0-9][0-9]" | tail -20',
            theirs=lines, ours='report --since today --json', reads=total('bounced'), lacks=2,
            why='every line with 5 and two digits in it; repaired, failures without a code (unknown here, over a limit) are missed'),
    Command('tr', 'Soft bounces', 'grep "==" /var/log/exim_mainlog | grep "4[0-9][0-9]" | tail -20', 'Hard bounces and soft bounces',
            theirs=lines, ours='report --since today --json', reads=total('deferrals'), lacks=1,
            why='what fails without a reply (time-outs, refused connections) has no 4xx code'),
    Command('tr', 'Which TLS handshakes failed?',
            'grep -i "TLS error|SSL error|certificate|handshake" /var/log/exim_mainlog | tail -30', 'Does TLS work?',
            written=NOTHING, repaired='grep -iE "TLS error|SSL error|certificate|handshake" /var/log/exim_mainlog | tail -30',
            theirs=lines, ours=TODAY + 'tls',
            reads=lambda a: sum(r['count'] for r in rows(a, 'tls') if r['tls'] == 'failed handshakes'), lacks=1,
            why='without -E a | is a character like others; what Dovecot says stands in another file'),
    Command('tr', 'What do SPF, DKIM and DMARC say?', 'grep -i "dkim|spf|dmarc" /var/log/exim_mainlog | tail -30',
            'SPF, DKIM and DMARC', written=NOTHING, on='cpanel', why='without -E a | is a character like others; repaired, every delivery '
            'matches: the router is called dkim_lookuphost',
            repaired='grep -iE "dkim|spf|dmarc" /var/log/exim_mainlog | tail -30 | grep -v dkim_ | grep -vE " DKIM="',
            theirs=lines, ours='trace --all --since today --json --no-limit',
            reads=lambda a: sum(r['reply'] is not None and 'SPF' in r['reply'] for r in a['rejections'])
            + len({v['domain'] for m in a['messages'] for v in m['verdicts'] if v['check'] == 'dkim' and v['result'] != 'pass'})),
    Command('tr', 'Which DKIM signatures were bad?', 'grep -i "dkim.*fail|dkim.*invalid|dkim.*error" /var/log/exim_mainlog',
            'SPF, DKIM and DMARC', written=NOTHING, repaired='grep -E "DKIM:.*(fail|invalid|error)" /var/log/exim_mainlog',
            theirs=lines, ours='trace --all --since today --json --no-limit',
            reads=lambda a: sum(v['check'] == 'dkim' and v['result'] == 'fail' for m in a['messages'] for v in m['verdicts']),
            why='without -E a | is a character like others; with it, all failures of dkim_remote_smtp match'),
    Command('tr', 'What failed or waits for Gmail?',
            'grep "gmail.com" /var/log/exim_mainlog | grep -E "(**|==)" | tail -20', 'Mail to one domain or provider',
            written=EVERY_LINE, repaired='grep "gmail.com" /var/log/exim_mainlog | grep -E " (\\*\\*|==) " | tail -20',
            theirs=ids, ours='trace --all --since today --domain gmail.com --status bounced --status deferred --json', reads=messages,
            why='as an extended pattern it matches everything'),
    Command('tr', 'How many mails came in, hour by hour?',
            '''grep "<=" /var/log/exim_mainlog | grep "$(date '+%Y-%m-%d')" | awk '{print $2}' | cut -d: -f1 | sort | uniq -c''',
            'Hour by hour', theirs=counts, ours=TODAY + 'hours', reads=column('hours', 'hour', 'received'),
            extra={'09': 1, '10': 1, '14': 1}, why='bounces that Exim makes itself are counted as mail that came in'),
    Command('tr', 'How much came in, failed, waits today?',
            '''echo "Toplam mail:"; grep "<=" /var/log/exim_mainlog | grep "$(date '+%Y-%m-%d')" | wc -l
echo "Kalici hatalar:"; grep "**" /var/log/exim_mainlog | grep "$(date '+%Y-%m-%d')" | wc -l
echo "Gecici hatalar:"; grep "==" /var/log/exim_mainlog | grep "$(date '+%Y-%m-%d')" | wc -l''', 'How is today?',
            written='294', repaired='''echo "Toplam mail:"; grep "<=" /var/log/exim_mainlog | grep "$(date '+%Y-%m-%d')" | wc -l
echo "Kalici hatalar:"; grep " \\*\\* " /var/log/exim_mainlog | grep "$(date '+%Y-%m-%d')" | wc -l
echo "Gecici hatalar:"; grep " == " /var/log/exim_mainlog | grep "$(date '+%Y-%m-%d')" | wc -l''',
            theirs=numbers, ours='report --since today --json',
            reads=lambda a: [a['totals']['messages'], a['totals']['bounced'], a['totals']['deferrals']], extra=[3, 0, 0],
            why='every line is a "permanent error"; repaired, three bounces made here are counted as mail'),
    Command('tr', 'Is there anything in the panic log?', 'cat /var/log/exim/paniclog', 'Is anything broken?', on='directadmin',
            theirs=lines, ours='report --json --panel health',
            reads=lambda a: sum(r['count'] for r in rows(a, 'health') if r['severity'] == 'error')),
    Command('tr', 'Is there anything in the panic log? (cPanel)', 'cat /var/log/exim_paniclog', 'Is anything broken?',
            theirs=lines, ours='report --json --panel health',
            reads=lambda a: sum(r['count'] for r in rows(a, 'health') if r['severity'] == 'error')),
    Command('tr', 'What was refused lately?', 'tail -100 /var/log/exim/rejectlog', 'Who was refused, and why?', on='directadmin',
            theirs=lines, ours='trace --all --json --no-limit', reads=lambda a: rejections(a) + failed_sessions(a),
            why='lines, to be read one by one'),
    Command('tr', 'Which clients are on a blocklist?',
            'grep -i "rbl|blacklist|dnsbl|spamhaus|barracuda" /var/log/exim/rejectlog | tail -20', 'Blocklists', on='directadmin',
            written=NOTHING, repaired='grep -iE "rbl|blacklist|dnsbl|spamhaus|barracuda" /var/log/exim/rejectlog | tail -20',
            theirs=lines, ours='report --json --panel dnsbl', reads=lambda a: sum(r['refused'] for r in rows(a, 'dnsbl')), extra=1,
            why='without -E a | is a character like others; repaired, "blacklisted" in the reply about a domain without DNS is taken for one'),
    Command('tr', 'What is happening now?', 'tail -f /var/log/exim_mainlog', 'What is happening now?', on='', why=NO_END),
    Command('tr', 'What goes wrong now?', 'tail -f /var/log/exim_mainlog | grep -E "(**|panic|error)"', 'What is happening now?',
            on='', why=NO_END + '; and the pattern matches every line'),
    Command('tr', 'How large is the share that was delivered today?',
            '''SUCCESS=$(grep "=>" /var/log/exim_mainlog | grep "$(date '+%Y-%m-%d')" | wc -l)
FAIL=$(grep "**" /var/log/exim_mainlog | grep "$(date '+%Y-%m-%d')" | wc -l)
echo "Basarili: $SUCCESS, Basarisiz: $FAIL"''', 'How is today?', written='Basarisiz: 294',
            repaired='''SUCCESS=$(grep "=>" /var/log/exim_mainlog | grep "$(date '+%Y-%m-%d')" | wc -l)
FAIL=$(grep " \\*\\* " /var/log/exim_mainlog | grep "$(date '+%Y-%m-%d')" | wc -l)
echo "Basarili: $SUCCESS, Basarisiz: $FAIL"''',
            theirs=numbers, ours='report --since today --json',
            reads=lambda a: [a['totals']['delivered'] + a['totals']['relayed'], a['totals']['bounced']], extra=[1, 0],
            why='every line is a failure; repaired, three bounces made here count as success, further recipients (->) do not, and an arrival '
                'with => in its subject does'),
    Command('tr', 'How many mails wait?', 'exim -bpc', 'How many wait?', theirs=number, ours='queue --count'),
    Command('tr', 'Empty the queue', """exim -bp | awk '/^ *[0-9]+[mhd]/{print "exim -Mrm " $3}' | bash""", 'Throw some of it away',
            theirs=queue_ids, ours='queue --ids', why='deletes everything, also what could be delivered in a minute'),
    Command('tr', 'Where does an address occur in a rotated log?', f'zgrep "{ADDRESS}" /var/log/exim_mainlog.1.gz',
            "Where is somebody's mail?", with_=BOB, theirs=ids, ours='trace --json --until today bob@shop.example', reads=messages),
    Command('tr', 'Where does something occur, in the live log and in all rotated ones?',
            '''for f in /var/log/exim_mainlog*; do
echo "--- $f ---"
if [[ $f == *.gz ]]; then
zgrep "aradiginiz_ifade" $f
else
grep "aradiginiz_ifade" $f
fi
done''', "Where is somebody's mail?", with_={'aradiginiz_ifade': 'jane@customer.example'},
            theirs=ids, ours='trace --json jane@customer.example', reads=messages),

    # --- the handbook ------------------------------------------------------------------------------------------
    Command('handbook', 'Which logins failed?', 'grep -i "auth failed" /var/log/maillog', 'Who guesses passwords?',
            theirs=attempts,
            ours='trace --all --writer dovecot --json --no-limit', reads=failures,
            why='one line is several attempts; what the mail server logs of SMTP logins stands in another file'),
    Command('handbook', 'Which IMAP logins failed?', 'grep -i "imap-login failed" /var/log/maillog', 'IMAP, POP3 or SMTP?',
            written=NOTHING, repaired='grep "imap-login: .*(auth failed" /var/log/maillog',
            theirs=attempts, ours='report --json --panel login_services --writer dovecot',
            reads=lambda a: sum(r['failed'] for r in rows(a, 'login_services') if r['service'] == 'imap'), why=NOT_DOVECOT),
    Command('handbook', 'Which SMTP logins failed?', 'grep -i "smtp-login failed" /var/log/maillog', 'IMAP, POP3 or SMTP?',
            on='postfix', written=NOTHING, repaired='grep -E "smtpd.*SASL \\S+ authentication failed" /var/log/maillog',
            theirs=lines, ours='trace --all --writer postfix --json --no-limit', reads=failed_sessions, lacks=2,
            why='neither Postfix nor Dovecot writes such words; repaired, a login that was given up and one that only the statistics of its '
                'session tell of are missed'),
    Command('handbook', 'Which logins of this account failed?',
            'grep -i "auth failed" /var/log/maillog | grep "user@example.com"', 'Failed logins of one account or domain', with_=HERE,
            theirs=lines, ours='trace --user bob@shop.example --writer dovecot --status login_failed --json', reads=failed_sessions),
    Command('handbook', 'Which logins of this domain failed?',
            'grep -iE "auth failed|imap-login failed|smtp-login failed" /var/log/maillog | grep "example.com"',
            'Failed logins of one account or domain', with_=HERE,
            theirs=lines, ours='trace --domain shop.example --writer dovecot --json --no-limit', reads=failed_sessions),
    Command('handbook', 'How many mails did each account send today?',
            '''sudo grep "A=login" /var/log/exim/mainlog | grep "$(date +'%Y-%m-%d')" | \\
awk -F"A=login:" '{print $2}' | awk '{print $1}' | sort | uniq -c | sort -nr''', 'How much does each account send?', on='directadmin',
            theirs=counts, ours=TODAY + 'accounts --no-limit', reads=accounts('sent'),
            extra={'news@studio.example': 1}, lacks={'info@studio.example': 1, 'studiouser': 5, 'shopuser': 1},
            why='a refused recipient counts as a mail; the other mechanism (A=plain) and everything that scripts send is missing'),
    Command('handbook', 'How many mails of each account were delivered today?',
            '''sudo grep "A=login" /var/log/exim/mainlog | grep "$(date +'%Y-%m-%d')" | grep "=>" | \\
awk -F"A=login:" '{print $2}' | awk '{print $1}' | sort | uniq -c | sort -nr''', 'How much does each account send?', on='directadmin',
            theirs=counts, ours=TODAY + 'accounts --no-limit', reads=accounts('delivered'),
            lacks={'alice@shop.example': 5, 'bob@shop.example': 1, 'studiouser': 4, 'shopuser': 1},
            why='the login stands on the arrival (<=), the delivery (=>) on another line: what is found are subjects with => in them'),
    Command('handbook', 'How many mails of each account were put off today?',
            '''sudo grep "A=login" /var/log/exim/mainlog | grep "$(date +'%Y-%m-%d')" | grep "defer" | \\
awk -F"A=login:" '{print $2}' | awk '{print $1}' | sort | uniq -c | sort -nr''', 'How much does each account send?', on='directadmin',
            written=NOTHING, theirs=counts, ours=TODAY + 'accounts --no-limit', reads=accounts('deferrals'),
            lacks={'alice@shop.example': 3, 'news@studio.example': 2}, why='as above: the deferral has no A='),
    Command('handbook', 'How many mails of each account failed today?',
            '''sudo grep "A=login" /var/log/exim/mainlog | grep "$(date +'%Y-%m-%d')" | grep "rejected" | \\
awk -F"A=login:" '{print $2}' | awk '{print $1}' | sort | uniq -c | sort -nr''', 'How much does each account send?', on='directadmin',
            theirs=counts, ours=TODAY + 'accounts --no-limit',
            reads=lambda a: accounts('rejected')(a) + accounts('bounced')(a),
            lacks={'bob@shop.example': 2, 'info@studio.example': 1, 'studiouser': 1},
            why='only what this server itself refused while the client was there; what bounced has no A='),
    Command('handbook', 'How many mails did each account send, day by day?',
            '''for i in {0..2}; do # Change range for more days
DATE=$(date -d "-$i day" +'%Y-%m-%d')
echo "Logs for $DATE:"
sudo grep "A=login" /var/log/exim/mainlog | grep "$DATE" | \\
awk -F"A=login:" '{print $2}' | awk '{print $1}' | sort | uniq -c | sort -nr
echo "---------------------------------------------------------"
done''', 'Day by day', on='directadmin', theirs=counts_by_day, ours='report --panel account_days --json --no-limit', reads=by_day,
            extra={('2026-11-16', 'news@studio.example'): 1},
            lacks={('2026-11-15', 'info@studio.example'): 1, ('2026-11-16', 'info@studio.example'): 1,
                   ('2026-11-16', 'studiouser'): 5, ('2026-11-16', 'shopuser'): 1},
            why='as for one day; and days that were rotated away are missing'),
    Command('handbook', 'The same for the log of another panel',
            '''LOG_FILE="/var/log/exim/mainlog"
sudo grep "A=login" "$LOG_FILE" | grep "$(date +'%Y-%m-%d')" | \\
awk -F"A=login:" '{print $2}' | awk '{print $1}' | sort | uniq -c | sort -nr''', 'How much does each account send?', on='cpanel',
            with_={'exim/mainlog': 'exim_mainlog'}, written=NOTHING, theirs=counts, ours=TODAY + 'accounts --no-limit', reads=accounts('sent'),
            lacks={'alice@shop.example': 5, 'bob@shop.example': 3, 'info@studio.example': 1, 'news@studio.example': 1,
                   'studiouser': 5, 'shopuser': 1},
            why='cPanel calls it A=dovecot_login: changing the path alone finds nothing'),
    Command('handbook', 'What became of the mails?', 'grep -i "status=" /var/log/maillog', 'How is today?', on='filters',
            theirs=lambda out: collections.Counter(re.findall(r'status=(\w+)', out)), ours='report --json',
            reads=lambda a: {'sent': total('delivered', 'relayed')(a), 'deferred': a['totals']['deferrals'],
                             'bounced': a['totals']['bounced'], 'expired': a['totals']['expired']},
            extra={'sent': 428, 'bounced': 3}, lacks={'expired': 6},
            why='"sent" is also each pass through the content filter, each forward and each notification; "bounced" also notifications that '
                'nobody took; an expired message is one line for all its recipients'),
    Command('handbook', 'What was sent to this recipient?', 'grep -i "to=<recipient@example.com>" /var/log/maillog',
            "Where is somebody's mail?", on='postfix', with_={'recipient@example.com': 'user294@partner.test'},
            theirs=ids, ours='trace --recipient user294@partner.test --json --no-limit', reads=messages),
    Command('handbook', 'What is in the queue?', 'postqueue -p', 'What waits, and why?', on='postfix',
            theirs=queue_ids, ours='queue --json', reads=queued),
    Command('handbook', 'Which logins failed?', 'grep -iE "auth failed|invalid password" /var/log/maillog', 'Who guesses passwords?',
            theirs=lines, ours='trace --all --writer dovecot --json --no-limit', reads=failed_sessions),
    Command('handbook', 'Which IP addresses fail to log in again and again?',
            "grep -i \"auth failed\" /var/log/maillog | awk '{print $NF}' | sort | uniq -c | sort -nr", 'Who guesses passwords?',
            written='1 session=<', repaired="grep -i \"auth failed\" /var/log/maillog | grep -o 'rip=[^,]*' | cut -d= -f2 | sort | uniq -c | "
            'sort -nr', theirs=lambda out: set(counts(out)), ours='report --json --panel login_addresses --writer dovecot',
            reads=lambda a: set(column('login_addresses', 'client', 'failed')(a)), why=SESSION),
    Command('handbook', 'Keep an address out', 'csf -d <ip_address> "Reason: Failed Login Attempts"', 'Keep them out',
            on='', why='changes the firewall'),
    Command('handbook', 'Which POP3 logins failed?', 'grep -i "pop3-login failed" /var/log/maillog', 'IMAP, POP3 or SMTP?',
            written=NOTHING, repaired='grep "pop3-login: .*(auth failed" /var/log/maillog',
            theirs=attempts, ours='report --json --panel login_services --writer dovecot',
            reads=lambda a: sum(r['failed'] for r in rows(a, 'login_services') if r['service'] == 'pop3'), why=NOT_DOVECOT),
    Command('handbook', 'Which TLS handshakes failed?', 'grep -i "ssl_error" /var/log/maillog', 'Does TLS work?',
            written=NOTHING, repaired='grep -E "SSL_accept(\\(\\))? (error|failed)" /var/log/maillog',
            theirs=lines, ours='report --json --panel tls',
            reads=lambda a: sum(r['count'] for r in rows(a, 'tls') if r['tls'] == 'failed handshakes'), lacks=2,
            why='what Exim says stands in another file; and no mail program writes that word: Dovecot and Postfix say "SSL_accept() failed" '
                'or "SSL_accept error"'),
    Command('handbook', 'What waits?', 'exim -bp | exiqgrep -i', 'What waits, and why?', written=HELP,
            repaired='exiqgrep -x -i; exiqgrep -z -i', theirs=queue_ids, ours='queue --ids',
            why='exiqgrep asks Exim itself and wants a selection: this prints its help'),
    Command('handbook', 'Which mails failed SPF?', 'grep -i "spf check failed" /var/log/maillog', 'SPF, DKIM and DMARC', on='filters',
            written=NOTHING, repaired='grep "smtpd.* SPF fail" /var/log/maillog', theirs=lines,
            ours='trace --all --reply "SPF fail" --json --no-limit', reads=rejections, why='no SPF checker writes these words'),
    Command('handbook', 'Which mails failed DKIM?', 'grep -i "dkim check failed" /var/log/maillog', 'SPF, DKIM and DMARC', on='filters',
            written=NOTHING, repaired='grep "opendkim.*bad signature data" /var/log/maillog', theirs=lines,
            ours='trace --all --json --no-limit',
            reads=lambda a: sum(v['check'] == 'dkim' and v['result'] == 'fail' and v['domain'] is not None
                                for m in a['messages'] for v in m['verdicts']), why='no DKIM checker writes these words'),
    Command('handbook', 'Which mails failed DMARC?', 'grep -i "dmarc check failed" /var/log/maillog', 'SPF, DKIM and DMARC', on='filters',
            written=NOTHING, repaired='grep -E "opendmarc.*: [0-9A-F]+: [^ :(]+ fail$" /var/log/maillog', theirs=lines,
            ours='trace --all --json --no-limit',
            reads=lambda a: sum(v['check'] == 'dmarc' and v['result'] == 'fail' for m in a['messages'] for v in m['verdicts']),
            why='no DMARC checker writes these words'),
    Command('handbook', 'Who sends too fast?', 'grep -i "rate limit exceeded" /var/log/maillog', 'Who sends too fast?', on='postfix',
            theirs=lines, ours='report --json --panel limits', reads=lambda a: sum(r['count'] for r in rows(a, 'limits')), lacks=7,
            why='only one of the limits: too many connections at a time reads otherwise'),
    Command('handbook', 'Who tried to relay?', 'grep -i "relay access denied" /var/log/maillog', 'Who tries to relay?', on='filters',
            theirs=lines, ours='report --json --panel relaying', reads=lambda a: sum(r['count'] for r in rows(a, 'relaying'))),
    Command('handbook', 'Everything about one domain', 'grep -i "example.com" /var/log/maillog', 'Mail to one domain or provider', on='postfix',
            with_={'example.com': 'partner.test'}, theirs=ids, ours='trace partner.test --json --no-limit', reads=messages,
            extra={'65ADC7FA', 'D9F36505', 'E583D507'}, lacks={'9E26EC28', 'A3A1897E', 'DB567531'},
            why='strangers wrote the domain into a Message-ID; and what was forwarded goes on under another queue id'),
    Command('handbook', 'Which outgoing mails were refused?', 'grep -i "rejected outgoing" /var/log/maillog', 'Which mails bounced?', on='postfix',
            written=NOTHING, why='no mail server writes these words'),
    Command('handbook', 'Who connected?', 'grep -i "connection from" /var/log/maillog', 'Who connects?', on='postfix',
            written=NOTHING, repaired='grep -E "postfix/\\S*smtpd\\[.*: connect from" /var/log/maillog', theirs=lines,
            ours='report --json', reads=total('connections'), extra=1,
            why='Postfix writes "connect from"; repaired, a session counts whose process died in it'),
    Command('handbook', 'Which accounts fail to log in?',
            "grep -i \"auth failed\" /var/log/maillog | awk '{print $NF}' | sort | uniq -c", 'Failed logins of one account or domain',
            written='1 session=<', repaired="grep -i \"auth failed\" /var/log/maillog | grep -o 'user=<[^>]*' | cut -c7- | sort | uniq -c",
            theirs=lambda out: set(counts(out)), ours='report --json --panel login_accounts --writer dovecot',
            reads=lambda a: set(column('login_accounts', 'account', 'failed')(a)), why=SESSION),
    Command('handbook', 'Which logins failed on this day?', 'grep -i "auth failed" /var/log/maillog | grep "2025-01-08"',
            'Failed logins of one account or domain', with_=HERE, written=NOTHING,
            repaired='grep -i "auth failed" /var/log/maillog | grep "^Nov 16"',
            theirs=lines, ours='trace --all --writer dovecot --since 2026-11-16 --until 2026-11-17 --json', reads=failed_sessions,
            why='the lines of this file begin with "Nov 16": they have no year'),
    Command('handbook', 'What is happening now?', 'tail -f /var/log/maillog', 'What is happening now?', on='', why=NO_END),
    Command('handbook', 'A script that reports failed logins',
            '''#!/bin/bash
grep -iE "auth failed|imap-login failed|smtp-login failed" /var/log/maillog | awk '{print $NF}' | sort | uniq -c | sort -nr''',
            'Who guesses passwords?', written='1 session=<',
            repaired="grep -i \"auth failed\" /var/log/maillog | grep -o 'rip=[^,]*' | cut -d= -f2 | sort | uniq -c | sort -nr",
            theirs=lambda out: set(counts(out)), ours='report --json --panel login_addresses --writer dovecot',
            reads=lambda a: set(column('login_addresses', 'client', 'failed')(a)), why=SESSION),

    # --- cPanel's introduction ---------------------------------------------------------------------------------
    Command('cpanel', 'What does the log look like?', 'head /var/log/exim_mainlog', 'What does this line mean?',
            theirs=lines, ours='', why='lines, to be read'),
    Command('cpanel', 'What waits for, or from, this address?', f'exiqgrep {ADDRESS}*', 'Choose from the queue', written=HELP,
            with_=ALICE, repaired='exiqgrep -f alice@shop.example -i', theirs=queue_ids,
            ours='queue --sender alice@shop.example --ids', why='exiqgrep takes no pattern by itself: -f is for senders, -r for recipients'),
    Command('cpanel', 'All lines of all messages of an address', f'exigrep {ADDRESS} /var/log/exim_mainlog',
            'The lines themselves, as exigrep shows them', with_=BOB, theirs=grouped,
            ours='trace --grep bob@shop.example /var/log/exim_mainlog'),
    Command('cpanel', 'All lines of one message', 'grep 1XeRdP-0006JC-FO exim_mainlog', 'What happened to this message?',
            with_={'1XeRdP-0006JC-FO': '1xSxt9-0005PX-Q9'}, theirs=ids, ours='trace 1xSxt9-0005PX-Q9 --json',
            reads=lambda a: messages(a) | {c['queue_id'] for m in a['messages'] for c in m['children']}),
    Command('cpanel', 'How many mails wait?', 'exim -bpc', 'How many wait?', theirs=number, ours='queue --count'),
    Command('cpanel', 'What waits?', 'exim -bp', 'What waits, and why?', theirs=queue_ids, ours='queue --ids'),
    Command('cpanel', 'How much waits for which domain?', 'exim -bp | exiqsumm', 'How many wait?',
            theirs=lambda out: {name: int(n) for n, name in re.findall(r'^ +(\d+) .* (\S+\.\S+)$', out, re.M)},
            ours='queue --summary --json',
            reads=lambda a: {r['domain']: r['messages'] for r in rows(a, 'queue_summary')}),
    Command('cpanel', 'Which bounces wait?', "exiqgrep -f '^<>$'", 'Choose from the queue', theirs=queue_ids, ours='queue --sender "<>" --ids'),
    Command('cpanel', 'Mails of a sender that wait', 'exiqgrep -f', 'Choose from the queue', with_={'-f': '-f @shop.example -i'},
            theirs=queue_ids, ours='queue --sender @shop.example --ids'),
    Command('cpanel', 'Mails for a recipient that wait', 'exiqgrep -r', 'Choose from the queue', with_={'-r': '-r gmail.com -i'},
            theirs=queue_ids, ours='queue --recipient @gmail.com --ids'),
    Command('cpanel', 'Mails of a size', 'exiqgrep -s', 'Choose from the queue', with_={'-s': "-s '4[0-9]K' -i"},
            theirs=queue_ids, ours='queue --size +40K --ids'),
    Command('cpanel', 'Mails that are younger', 'exiqgrep -y', 'Choose from the queue', with_={'-y': '-y 3600 -i'},
            theirs=queue_ids, ours='queue --younger 1h --ids'),
    Command('cpanel', 'Mails that are older', 'exiqgrep -o', 'Choose from the queue', with_={'-o': '-o 3600 -i'},
            theirs=queue_ids, ours='queue --older 1h --ids'),
    Command('cpanel', 'Frozen mails', 'exiqgrep -z', 'Choose from the queue', with_={'-z': '-z -i'},
            theirs=queue_ids, ours='queue --frozen --ids'),
    Command('cpanel', 'Mails that are not frozen', 'exiqgrep -x', 'Choose from the queue', with_={'-x': '-x -i'},
            theirs=queue_ids, ours='queue --deferred --ids'),
    Command('cpanel', 'Only their number', 'exiqgrep -c', 'How many wait?', theirs=lambda out: int(out.split()[0]), ours='queue --count'),
    Command('cpanel', 'All about them', 'exiqgrep -l', 'Choose from the queue', with_={'-l': '-l -x'}, theirs=queue_ids, ours='queue --deferred'),
    Command('cpanel', 'Only their ids', 'exiqgrep -i', 'Choose from the queue', with_={'-i': '-i -r sam@partner.example'}, theirs=words,
            ours='queue --ids --recipient sam@partner.example'),
    Command('cpanel', 'One line for each', 'exiqgrep -b', 'Choose from the queue', with_={'-b': '-b -x'}, theirs=queue_ids,
            ours='queue --brief --deferred'),
    Command('cpanel', 'The newest first', 'exiqgrep -R', 'Choose from the queue', with_={'-R': '-R -x -i'}, theirs=lambda out: out.split(),
            ours='queue --ids --deferred | tac'),
    Command('cpanel', 'With recipients that are done', 'exiqgrep -a', 'Choose from the queue', with_={'-a': '-a -x'}, theirs=queue_ids,
            ours='queue --deferred'),
    Command('cpanel', 'Throw a message away', 'exim -Mrm <message-id>', 'Throw some of it away', on='', why='changes the queue'),
    Command('cpanel', 'exigrep: messages that took longer than n seconds', 'exigrep -t<n> <pattern> [<log file>]',
            'The lines themselves, as exigrep shows them', on='', why='see below'),
    Command('cpanel', 'The body of a message in the queue', 'exim -Mvb <message-id>', 'What logs cannot tell', on='', why="needs Exim's spool"),
    Command('cpanel', 'The header of a message in the queue', 'exim -Mvh <message-id>', 'What logs cannot tell', on='', why="needs Exim's spool"),
    Command('cpanel', 'A message in the queue as a whole', 'exim -Mvc <message-id>', 'What logs cannot tell', on='', why="needs Exim's spool"),

    # --- the German page ---------------------------------------------------------------------------------------
    Command('de', 'What is happening now?', 'tail -f /var/log/maillog', 'What is happening now?', on='', why=NO_END),
    Command('de', 'What is happening now? (its short form)', 'tail -f', 'What is happening now?', on='', why=NO_END),
]

# Commands of the guides that read neither a log nor a queue
ELSEWHERE = {
    'tr': ['openssl s_client -connect localhost:465 -quiet 2>&1 | head -20', 'certbot renew --dry-run', 'exim -bV 2>&1 | grep -i dkim',
           'dig TXT yourdomain.com | grep -i "v=spf"', 'dig TXT _dmarc.yourdomain.com', 'dig TXT default._domainkey.yourdomain.com',
           'exim -bV', 'exim -C /etc/exim.conf -bV'],
    'cpanel': ['exiwhat', f'exim -bt {ADDRESS}', 'exim -bh <ip>', 'exim -q -v', 'exim -ql -v', 'dig mx <domain>',
               'named-checkzone domain.com domain.com.db',
               r'''ifconfig |grep "inet addr:[0-9]\{1,3\}\.[0-9]\{1,3\}\.[0-9]\{1,3\}\.[0-9]\{1,3\}" | awk '{print $2}' | sed 's/addr://' | '''
               'xargs-i host {}'],
}
