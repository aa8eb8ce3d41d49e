# SPDX-License-Identifier: Apache-2.0
"""One mail over filters, forwards, notifications and servers is one tree, and what is missing on its way is said."""
import pytest

import truth
from conftest import ROOT, run_program
from test_exchange import log as exchange_log
from test_exchange import row as exchange_row

OPTIONS = ('--tz', 'UTC', '--year', '2026')
TWO_HOPS = ROOT / 'tests' / 'corpus' / 'twohop-basic'
SERVERS = {'edge.stark.test': 'edge', 'hub.stark.test': 'b-exim-mainlog', 'store.stark.test': 'store'}
A, B, REJECTS, C = 'a-postfix-mail.log', 'b-exim-mainlog', 'b-exim-rejectlog', 'c-dovecot-mail.log'


@pytest.fixture(scope='module', name='two_hops')
def logs_of_three_servers(tmp_path_factory):
    facts = truth.read_json(TWO_HOPS, 'truth.json')
    directory = tmp_path_factory.mktemp('twohop')
    truth.unpack(TWO_HOPS, facts, directory)
    return directory, facts


def trails_of(*args, cwd=None):
    return run_program('trace', '--json', '--no-limit', *OPTIONS, *args, cwd=cwd).json['trails']


def chains(trails):
    """Of every hop the way to it, as (server, queue id), by its queue id."""
    found = {}
    for trail in trails:
        for hop in trail['hops']:
            chain = [hop]
            while chain[0]['parent'] is not None:
                chain.insert(0, trail['hops'][chain[0]['parent']])
            found.setdefault(hop['queue_id'], []).append([(h['server'], h['queue_id']) for h in chain])
    return found


def ways(facts):
    """Each way that the truth tells, first server first: scenario, address, [(server, id)]."""
    for m in facts['messages']:
        for r in m['recipients']:
            for one in [r, *r.get('expands_to', [])]:
                if one.get('hops'):
                    yield m['scenario'], one['addr'], [(SERVERS[server], id_) for server, id_ in reversed(one['hops'])]


def only(trails):
    assert len(trails) == 1, [t['root'] for t in trails]
    return trails[0]


def gaps(trail):
    return [h for h in trail['hops'] if h['kind'] == 'gap']


# --- three servers: Postfix, Exim, Dovecot ---------------------------------------------------------------------


def test_every_way_over_three_servers(two_hops):
    directory, facts = two_hops
    found = chains(trails_of('--all', A, B, REJECTS, C, cwd=directory))
    wanted = list(ways(facts))
    assert len(wanted) > 400
    for scenario, address, way in wanted:
        assert way in found.get(way[-1][1], []), (scenario, address, way)


def test_a_hop_has_its_delays(two_hops):
    directory, _ = two_hops
    trail = only(trails_of('1xUs9m-0001Jn-1x', A, B, C, cwd=directory))
    first, second, third = trail['hops']
    assert [h['queue_id'] for h in trail['hops']] == ['7FD625FF', '1xUs9m-0001Jn-1x', 'ov3yMO0FAmtnFQAAsmG/KA:T25']
    assert [h['parent'] for h in trail['hops']] == [None, 0, 1] and [h['kind'] for h in trail['hops']] == ['message', 'message', 'mailbox']
    assert first['stages'] == {'receive_s': 0.0, 'deferred_s': None, 'queue_s': 0.0, 'connect_s': 0.08, 'transmit_s': 0.0}
    assert (first['seconds'], second['seconds'], third['seconds']) == (0.09, 24.0, 0.0)
    assert {'id', 'time', 'message_id', 'sender', 'recipient', 'client'} <= set(second['evidence'])
    assert second['host'] == 'hub.stark.test' and second['between_s'] == 0
    assert trail['slowest']['hop'] == 1 and trail['slowest']['stage'] == 'deferred' and trail['slowest']['seconds'] == 24
    assert trail['seconds'] == pytest.approx(24.09) and not trail['open']
    assert third['recipients'] == [] and second['recipients'][0]['next'] == 2 and second['recipients'][0]['outcome'] == 'delivered'


PARTS = ['8661F2E0', '1xUs97-0001A1-1w', '99D542E6', '<a6e05043.30475d@newsletter.test>', 'info@old.stark.test', 'ext.info@partner.test']


@pytest.mark.parametrize('part', PARTS)
def test_the_whole_way_whichever_part_was_asked_for(two_hops, part):
    directory, _ = two_hops
    for more in ((), ('--queue-id', part) if '@' not in part else ('--recipient', part) if '<' not in part else ()):
        trails = [t for t in trails_of(part, *more, A, B, C, cwd=directory) if any(h['queue_id'] == '8661F2E0' for h in t['hops'])]
        assert [h['queue_id'] for h in only(trails)['hops']] == \
            ['8661F2E0', '1xUs97-0001A1-1w', '99D542E6', 'EG8QJa0FAmsXEQAAsmG/KA'], more


def test_the_tree_as_text(two_hops):
    directory, _ = two_hops
    shown = run_program('trace', '8661F2E0', *OPTIONS, A, B, C, cwd=directory).stdout
    assert '''
The way of this mail, over 3 servers, 110 ms
2026-11-21 20:57:17  edge  8661F2E0  from out4.newsletter.test [198.51.100.64], 60 ms
`- 20:57:17  b-exim-mainlog (hub.stark.test)  1xUs97-0001A1-1w  handed over, 0 s
   |- 20:57:17  edge  99D542E6  handed over, 50 ms
   |  `- relayed     ext.info@partner.test  to mx.partner.test [198.18.1.14], there it is X3UJ51E00Q
   `- 20:57:17  store  EG8QJa0FAmsXEQAAsmG/KA  into the mailbox
      `- delivered   peggy@people.stark.test  in INBOX
''' in shown


@pytest.mark.parametrize('asked, logs, gap, words', [
    # A gives it to B and gets it back, C has it: the second log is withheld
    ('DF95A1DE', (A, C), ('hub.stark.test', '192.0.2.20', '1xUs91-00018U-38'),
     'handed to hub.stark.test [192.0.2.20] as 1xUs91-00018U-38; no log of that server was read'),
    ('D9F84221', (A, C), ('hub.stark.test', '2001:db8:0:1::20', None),
     'came from hub.stark.test [2001:db8:0:1::20]; no log of that server was read'),
    ('DF95A1DE', (A,), ('hub.stark.test', '192.0.2.20', '1xUs91-00018U-38'),
     'handed to hub.stark.test [192.0.2.20] as 1xUs91-00018U-38; no log of that server was read'),
    # the first
    ('1xUs91-00018U-38', (B, C), ('edge.stark.test', '192.0.2.10', None),
     'came from edge.stark.test [192.0.2.10]; no log of that server was read'),
    ('1xUs92-00018i-2o', (B, C), ('edge.stark.test', '2001:db8:0:1::10', 'D9F84221'),
     'handed to edge.stark.test [2001:db8:0:1::10] as D9F84221; no log of that server was read'),
    # the third
    ('1xUs91-00018U-38', (A, B), (None, '192.0.2.30', '6R2EO6cFAmsXEQAAsmG/KA'),
     'handed to [192.0.2.30] as 6R2EO6cFAmsXEQAAsmG/KA; no log of that server was read'),
])
def test_the_log_that_is_missing(two_hops, asked, logs, gap, words):
    directory, _ = two_hops
    trail = next(t for t in trails_of(asked, *logs, cwd=directory) if any(h['queue_id'] == asked for h in t['hops']))
    found, = gaps(trail)
    assert (found['server'], found['ip'], found['queue_id']) == gap and found['log'] == 'not_read' and found['ours']
    assert words in run_program('trace', asked, *OPTIONS, *logs, cwd=directory).stdout


def test_the_sentence_names_the_missing_log(two_hops):
    directory, _ = two_hops
    shown = run_program('trace', '8661F2E0', *OPTIONS, A, cwd=directory).stdout
    assert shown.startswith('Accepted by hub.stark.test for info@old.stark.test') and \
        'its id there is 1xUs97-0001A1-1w. What became of it from there on is not known: the log of that server was not read.' in shown.splitlines()[0]


def test_behind_the_gap(two_hops):
    """The second log is withheld, and yet the third tells where the mail came to lie."""
    directory, _ = two_hops
    trail = only(trails_of('8661F2E0', A, C, cwd=directory))
    assert [(h['kind'], h['queue_id'], h['parent']) for h in trail['hops']] == [
        ('message', '8661F2E0', None), ('gap', '1xUs97-0001A1-1w', 0), ('mailbox', 'EG8QJa0FAmsXEQAAsmG/KA', 1)]


def test_the_log_that_ends_before(two_hops, tmp_path):
    directory, _ = two_hops
    lines = (directory / B).read_text(errors='surrogateescape').splitlines(keepends=True)
    cut = tmp_path / B
    cut.write_text(''.join(line for line in lines if line[:19] < '2026-11-21 20:57:30'), errors='surrogateescape')
    trail = only(trails_of('7FD625FF', directory / A, cut))
    found, = gaps(trail)
    assert found['log'] == 'ends_before' and found['queue_id'] == '1xUs9m-0001Jn-1x'
    assert 'is not known: the log of that server ends before that time.' in run_program('trace', '7FD625FF', *OPTIONS, directory / A, cut).stdout
    cut.write_text(''.join(line for line in lines if line[:19] > '2026-11-21 20:57:30'), errors='surrogateescape')
    assert gaps(only(trails_of('DF95A1DE', directory / A, cut)))[0]['log'] == 'begins_after'
    cut.write_text(''.join(line for line in lines if '1xUs91-00018U-38' not in line), errors='surrogateescape')
    assert gaps(only(trails_of('DF95A1DE', directory / A, cut)))[0]['log'] == 'no_line'


def test_masked_names_have_the_same_trees(two_hops):
    directory, _ = two_hops

    def shape(args):
        return sorted(str([(h['kind'], h['parent'], h['relation'], h['seconds'], h['log']) for h in t['hops']]) for t in trails_of(*args, cwd=directory))
    args = ('--all', '--since', '2026-11-21 20:57:00', '--until', '2026-11-21 20:57:20', A, B)
    assert shape(args) == shape((*args, '--redact'))
    masked = run_program('trace', '--all', '--redact', *OPTIONS, *args[1:], cwd=directory).stdout
    assert 'stark' not in masked.replace(A, '').replace(B, '')


# --- in front and behind: other pairs of servers ---------------------------------------------------------------


def postfix(host, id_, client, sender, message_id, at='09:00:00'):
    head = f'Nov 21 {at} {host} postfix'
    return (f'{head}/smtpd[1]: {id_}: client={client}\n{head}/cleanup[2]: {id_}: message-id={message_id}\n'
            f'{head}/qmgr[3]: {id_}: from=<{sender}>, size=900, nrcpt=1 (queue active)\n')


def postfix_sent(host, id_, recipient, relay, reply, at='09:00:01', status='sent', dsn='2.0.0', delays='0.1/0.1/0.3/0.5', delay='1'):
    head = f'Nov 21 {at} {host} postfix'
    return (f'{head}/smtp[4]: {id_}: to=<{recipient}>, relay={relay}, delay={delay}, delays={delays}, dsn={dsn}, status={status} ({reply})\n'
            + (f'{head}/qmgr[3]: {id_}: removed\n' if status != 'deferred' else ''))


def exim(id_, sender, client, message_id, recipient, at='09:00:01', more=' => '):
    return (f'2026-11-21 {at} {id_} <= {sender} H={client} P=esmtps S=1000 id={message_id.strip("<>")} for {recipient}\n'
            f'2026-11-21 {at} {id_} => {recipient.split("@")[0]} <{recipient}> R=local T=local_delivery\n2026-11-21 {at} {id_} Completed\n')


def sendmail(host, id_, sender, client, message_id, recipient, result, at='09:00:01', mailer='esmtp', delay='00:00:01', xdelay='00:00:01'):
    head = f'Nov 21 {at} {host}'
    return (f'{head} sm-mta[7]: {id_}: from=<{sender}>, size=900, class=0, nrcpts=1, msgid={message_id}, proto=ESMTP, daemon=MTA, relay={client}\n'
            f'{head} sm-mta[8]: {id_}: to=<{recipient}>, delay={delay}, xdelay={xdelay}, mailer={mailer}, pri=30000, {result}\n')


def written(directory, **logs):
    for name, text in logs.items():
        (directory / f'{name}.log').write_text(text)
    return [directory / f'{name}.log' for name in logs]


def links(trail):
    return [(h['server'], h['queue_id'], h['parent']) for h in trail['hops']]


def test_exchange_to_postfix(tmp_path):
    """The reply names Postfix's id; and the other way round it names only Exchange's InternalId."""
    out = {'client_hostname': 'MBX01', 'server_hostname': 'gw1.corp.example', 'server_ip': '10.0.0.9', 'connector_id': 'Out'}
    (tmp_path / 'MSGTRK20261121-1.LOG').write_text(exchange_log([
        exchange_row(1, 'STOREDRIVER', 'RECEIVE', 1, client_hostname='MBX01', server_hostname='MBX01', recipient_address='bob@example.net'),
        exchange_row(2, 'SMTP', 'SEND', 1, **out, recipient_address='bob@example.net', recipient_status='250 2.0.0 Ok: queued as 4A1B2C3D4E',
                     source_context='08DCD5A200000001;250 2.0.0 Ok: queued as 4A1B2C3D4E')]))
    (tmp_path / 'gw.log').write_text((
        postfix('gw1', '4A1B2C3D4E', 'mbx01.corp.example[10.0.0.5]', 'anna@example.com', '<1@mbx01.example.com>') +
        postfix_sent('gw1', '4A1B2C3D4E', 'bob@example.net', 'mx.example.net[192.0.2.9]:25', '250 ok')).replace('Nov 21 09', 'Sep 14 08'))
    trail = only(trails_of('4A1B2C3D4E', tmp_path))
    assert [(h['server'], h['parent']) for h in trail['hops']] == [('MBX01', None), ('gw1', 0)]


def test_postfix_to_exchange(tmp_path):
    (tmp_path / 'gw.log').write_text((
        postfix('gw1', '4A1B2C3D4E', 'out.example.net[192.0.2.9]', 'anna@example.com', '<1@mbx01.example.com>') +
        postfix_sent('gw1', '4A1B2C3D4E', 'bob@example.com', 'mbx01.corp.example[10.0.0.5]:25',
                     '250 2.6.0 <1@mbx01.example.com> [InternalId=12345678, Hostname=MBX01.corp.example] 1000 bytes in 0.1, 9 KB/sec '
                     'Queued mail for delivery')).replace('Nov 21 09', 'Sep 14 08'))
    (tmp_path / 'MSGTRK20261121-1.LOG').write_text(exchange_log([
        exchange_row(1, 'SMTP', 'RECEIVE', 1, client_ip='10.0.0.9', client_hostname='gw1.corp.example', server_hostname='MBX01',
                     recipient_address='bob@example.com', directionality='Incoming'),
        exchange_row(2, 'STOREDRIVER', 'DELIVER', 1, server_hostname='MBX01', recipient_address='bob@example.com')]))
    trail = only(trails_of('4A1B2C3D4E', tmp_path))
    assert [(h['server'], h['parent']) for h in trail['hops']] == [('gw1', None), ('MBX01', 0)]
    assert {'message_id', 'time', 'client', 'relay'} <= set(trail['hops'][1]['evidence']) and 'id' not in trail['hops'][1]['evidence']
    assert trail['hops'][1]['recipients'][0]['outcome'] == 'delivered'


def test_sendmail_to_exim(tmp_path):
    logs = written(tmp_path, a=sendmail('smx', '6ALKvX2v001234', 'ann@example.org', 'out.example.org [192.0.2.66]', '<s1@example.org>',
                                        'bob@example.com', 'relay=hub.example.com. [10.0.0.2], dsn=2.0.0, stat=Sent (OK id=1xUgwz-00016v-84)'),
                   b=exim('1xUgwz-00016v-84', 'ann@example.org', 'smx.example.com [10.0.0.1]', '<s1@example.org>', 'bob@example.com'))
    assert links(only(trails_of('bob@example.com', *logs))) == [('smx', '6ALKvX2v001234', None), ('b.log', '1xUgwz-00016v-84', 0)]


def test_postfix_to_sendmail_to_dovecot(tmp_path):
    session = 'GOwMIagFAmsXEQAAsmG/KA'
    logs = written(
        tmp_path,
        a=postfix('gw', '4A1B2C3D4E', 'out.example.org[192.0.2.66]', 'ann@example.org', '<s1@example.org>') +
        postfix_sent('gw', '4A1B2C3D4E', 'bob@example.com', 'relay.example.com[10.0.0.2]:25', '250 2.0.0 6ALKvX2v001234 Message accepted for delivery'),
        b=sendmail('relay', '6ALKvX2v001234', 'ann@example.org', 'gw.example.com [10.0.0.1]', '<s1@example.org>', 'bob@example.com',
                   f'relay=store.example.com [10.0.0.3], dsn=2.0.0, stat=Sent (<bob@example.com> {session} Saved)', mailer='lmtp'),
        c=f'Nov 21 09:00:01 store dovecot: lmtp(bob@example.com)<5><{session}>: msgid=<s1@example.org>: saved mail to INBOX\n')
    trail = only(trails_of('4A1B2C3D4E', *logs))
    assert links(trail) == [('gw', '4A1B2C3D4E', None), ('relay', '6ALKvX2v001234', 0), ('store', session, 1)]
    assert trail['hops'][1]['stages'] == {'receive_s': None, 'deferred_s': None, 'queue_s': 0.0, 'connect_s': None, 'transmit_s': 1.0}
    assert links(only(trails_of('4A1B2C3D4E', logs[0], logs[2])))[1:] == [('relay.example.com', '6ALKvX2v001234', 0), ('store', session, 1)]


def two_servers(tmp_path, reply='250 OK id=1xUgwz-00016v-84', message_id='<s1@example.org>', other_id=None, seconds=1, relay='hub.example.com[10.0.0.2]:25',
                client='gw.example.com [10.0.0.1]', sender='ann@example.org'):
    clock = f'09:{seconds // 60:02}:{seconds % 60:02}'
    return written(tmp_path,
                   a=postfix('gw', '4A1B2C3D4E', 'out.example.org[192.0.2.66]', 'ann@example.org', message_id) +
                   postfix_sent('gw', '4A1B2C3D4E', 'bob@example.com', relay, reply),
                   b=exim('1xUgwz-00016v-84', sender, client, other_id or message_id, 'bob@example.com', at=clock))


@pytest.mark.parametrize('reply', ['250 OK id=1xUgwz-00016v-84', '250 ok', '250 2.0.0 accepted'])
def test_with_an_id_in_the_reply_and_without(tmp_path, reply):
    trail = only(trails_of('4A1B2C3D4E', *two_servers(tmp_path, reply)))
    assert links(trail) == [('gw', '4A1B2C3D4E', None), ('b.log', '1xUgwz-00016v-84', 0)]
    assert ('id' in trail['hops'][1]['evidence']) == ('id=' in reply)


@pytest.mark.parametrize('seconds, skew', [(1, 0), (126, 125), (420, 419)])
def test_clocks_that_differ(tmp_path, seconds, skew):
    """What is between the servers is no time of the mail."""
    logs = two_servers(tmp_path, seconds=seconds)
    trail = only(trails_of('4A1B2C3D4E', *logs))
    assert trail['hops'][1]['between_s'] == skew and trail['seconds'] < 3
    shown = run_program('trace', '4A1B2C3D4E', *OPTIONS, *logs).stdout
    assert ('its clock is' in shown) == (skew > 0)


def test_a_clock_that_is_behind(tmp_path):
    logs = written(tmp_path, a=postfix('gw', '4A1B2C3D4E', 'out.example.org[192.0.2.66]', 'ann@example.org', '<s1@example.org>', at='09:01:34') +
                   postfix_sent('gw', '4A1B2C3D4E', 'bob@example.com', 'hub.example.com[10.0.0.2]:25', '250 OK id=1xUgwz-00016v-84', at='09:01:35'),
                   b=exim('1xUgwz-00016v-84', 'ann@example.org', 'gw.example.com [10.0.0.1]', '<s1@example.org>', 'bob@example.com', at='09:00:00'))
    trail = only(trails_of('bob@example.com', *logs))
    assert trail['hops'][1]['between_s'] == -95 and trail['seconds'] < 3
    assert 'its clock is 1 min 35 s behind' in run_program('trace', 'bob@example.com', *OPTIONS, *logs).stdout


# --- what must not be linked -----------------------------------------------------------------------------------


def test_a_stranger_names_a_message_of_ours(tmp_path):
    """mx.evil.example answers with the id of another mail on our second server."""
    logs = two_servers(tmp_path, other_id='<another@example.org>', relay='mx.evil.example[203.0.113.66]:25', client='out.example.org [192.0.2.66]',
                       sender='carl@example.org')
    trails = trails_of('--all', *logs)
    assert sorted(t['root']['queue_id'] for t in trails) == ['1xUgwz-00016v-84', '4A1B2C3D4E']


def test_a_stranger_names_a_message_of_the_same_server(tmp_path):
    """... or that of one on the same server, which it once got: no filter gave the mail back."""
    log, = written(tmp_path, a=postfix('gw', '4A1B2C3D4E', 'out.example.org[192.0.2.66]', 'ann@example.org', '<s1@example.org>') +
                   postfix('gw', '5A1B2C3D4E', 'out.example.org[192.0.2.66]', 'carl@example.org', '<s2@example.org>') +
                   postfix_sent('gw', '4A1B2C3D4E', 'bob@evil.example', 'mx.evil.example[203.0.113.66]:25', '250 2.0.0 Ok: queued as 5A1B2C3D4E') +
                   postfix_sent('gw', '5A1B2C3D4E', 'eve@example.net', 'mx.example.net[203.0.113.7]:25', '250 ok'))
    answer = run_program('trace', '--all', '--json', *OPTIONS, log).json
    assert len(answer['trails']) == 2
    assert {r['outcome'] for m in answer['messages'] for r in m['recipients']} == {'relayed'}


def test_a_list_of_others_sends_it_back(tmp_path):
    """The same Message-ID comes to our second server again, from a list's host."""
    logs = two_servers(tmp_path, reply='250 ok', relay='mx.lists.example[203.0.113.66]:25', client='out.lists.example [203.0.113.67]',
                       sender='list-bounces@lists.example')
    assert len(trails_of('--all', *logs)) == 2


def test_one_message_id_sent_twice(tmp_path):
    def both(id_, other, at):
        return (postfix('gw', id_, 'out.example.org[192.0.2.66]', 'ann@example.org', '<same@example.org>', at=f'09:0{at}:00') +
                postfix_sent('gw', id_, 'bob@example.com', 'hub.example.com[10.0.0.2]:25', '250 ok', at=f'09:0{at}:01'),
                exim(other, 'ann@example.org', 'gw.example.com [10.0.0.1]', '<same@example.org>', 'bob@example.com', at=f'09:0{at}:01'))
    first, second = both('4A1B2C3D4E', '1xUgwz-00016v-84', 0), both('5A1B2C3D4E', '1xUgxz-00016v-84', 1)
    logs = written(tmp_path, a=first[0] + second[0], b=first[1] + second[1])
    assert sorted(links(t) for t in trails_of('--all', *logs)) == [
        [('gw', '4A1B2C3D4E', None), ('b.log', '1xUgwz-00016v-84', 0)], [('gw', '5A1B2C3D4E', None), ('b.log', '1xUgxz-00016v-84', 0)]]


def test_the_same_queue_id_on_two_servers(tmp_path):
    """Short ids repeat: the reply means the one that the mail was handed to."""
    logs = written(tmp_path, a=postfix('gw', '4A1B2C3D4E', 'out.example.org[192.0.2.66]', 'ann@example.org', '<s1@example.org>') +
                   postfix_sent('gw', '4A1B2C3D4E', 'bob@example.com', 'two.example.com[10.0.0.2]:25', '250 2.0.0 Ok: queued as 7A1B2C3D4E'),
                   b=postfix('one', '7A1B2C3D4E', 'x.example.org[192.0.2.67]', 'x@example.org', '<x@example.org>') +
                   postfix_sent('one', '7A1B2C3D4E', 'c@example.com', 'local', 'delivered to mailbox'),
                   c=postfix('two', '7A1B2C3D4E', 'gw.example.com[10.0.0.1]', 'ann@example.org', '<s1@example.org>') +
                   postfix_sent('two', '7A1B2C3D4E', 'bob@example.com', 'local', 'delivered to mailbox'))
    assert links(only(trails_of('4A1B2C3D4E', *logs))) == [('gw', '4A1B2C3D4E', None), ('two', '7A1B2C3D4E', 0)]


# --- where minutes are lost ------------------------------------------------------------------------------------


@pytest.mark.parametrize('host, hops', [('mail', 1), ('mail.example.com', 1), ('store', 2)])
def test_dovecot_on_the_machine_of_an_exim_that_names_no_host(tmp_path, host, hops):
    """The Message-ID that Exim made has its host: a mailbox there is no further server."""
    id_ = '1xUgwz-00016v-84'
    logs = written(tmp_path, mainlog=(
        f'2026-11-21 09:00:01 {id_} <= alice@example.com U=alice P=local S=300 for bob@example.com carol@example.net\n'
        f'2026-11-21 09:00:01 {id_} => bob <bob@example.com> R=local T=lmtp C="250 2.0.0 <bob@example.com> abcDEF0123456789 Saved"\n'
        f'2026-11-21 09:00:01 {id_} => carol@example.net R=out T=smtp H=mx.example.net [192.0.2.5] C="250 OK id=1xUgx0-00016w-84"\n'
        f'2026-11-21 09:00:01 {id_} Completed\n'), maillog=(
        f'Nov 21 09:00:01 {host} dovecot: lmtp(bob@example.com)<77><abcDEF0123456789>: sieve: msgid=<E{id_}@mail.example.com>: stored mail into '
        "mailbox 'INBOX'\n"))
    trail, = trails_of(id_, *logs) or [{'hops': [None]}]
    assert len([h for h in trail['hops'] if not h or h['kind'] != 'gap']) == hops
    assert ('servers' in run_program('trace', id_, *OPTIONS, *logs).stdout) == (hops > 1)


def test_where_the_minutes_went(tmp_path):
    logs = written(tmp_path, a=postfix('gw', '4A1B2C3D4E', 'out.example.org[192.0.2.66]', 'ann@example.org', '<s1@example.org>') +
                   postfix_sent('gw', '4A1B2C3D4E', 'bob@example.com', 'none', 'connect to hub.example.com[10.0.0.2]:25: Connection refused',
                                at='09:00:06', status='deferred', dsn='4.4.1', delay='6', delays='1/0/5/0') +
                   postfix_sent('gw', '4A1B2C3D4E', 'bob@example.com', 'hub.example.com[10.0.0.2]:25', '250 OK id=1xUgwz-00016v-84', at='09:05:18',
                                delay='318', delays='313/0/4/1'),
                   b=exim('1xUgwz-00016v-84', 'ann@example.org', 'gw.example.com [10.0.0.1]', '<s1@example.org>', 'bob@example.com', at='09:05:18'))
    trail = only(trails_of('bob@example.com', *logs))
    assert trail['hops'][0]['stages'] == {'receive_s': 1.0, 'deferred_s': 312.0, 'queue_s': 0.0, 'connect_s': 4.0, 'transmit_s': 1.0}
    assert trail['slowest'] == {'hop': 0, 'stage': 'deferred', 'seconds': 312.0, 'reason': 'connect to hub.example.com[10.0.0.2]:25: Connection refused'}
    assert trail['seconds'] == 318
    assert ('5 min 12 s of 5 min 18 s were spent waiting in the queue of gw (the first try was put off: connect to hub.example.com[10.0.0.2]:25: '
            'Connection refused)') in run_program('trace', 'bob@example.com', *OPTIONS, *logs).stdout


def test_a_first_server_whose_lines_are_far_above(tmp_path):
    """The second server keeps the mail for hours, while thousands of others pass."""
    noise = ''.join(postfix('gw', f'C{i:09X}', 'out.example.org[192.0.2.66]', 'x@example.org', f'<n{i}@example.org>', at=f'10:{i // 60 % 60:02}:{i % 60:02}') +
                    postfix_sent('gw', f'C{i:09X}', 'y@example.com', 'hub.example.com[10.0.0.2]:25', f'250 2.0.0 Ok: queued as {i:010X}',
                                 at=f'10:{i // 60 % 60:02}:{i % 60:02}') for i in range(5000))
    a = (postfix('gw', '4A1B2C3D4E', 'out.example.org[192.0.2.66]', 'ann@example.org', '<s1@example.org>') +
         postfix_sent('gw', '4A1B2C3D4E', 'info@example.com', 'hub.example.com[10.0.0.2]:25', '250 OK id=1xUgwz-00016v-84') + noise)
    b = ('2026-11-21 09:00:01 1xUgwz-00016v-84 <= ann@example.org H=gw.example.com [10.0.0.1] P=esmtps S=1000 id=s1@example.org for info@example.com\n'
         '2026-11-21 09:00:02 1xUgwz-00016v-84 == bob@example.com <info@example.com> R=local T=local_delivery defer (0): mailbox is full\n'
         '2026-11-21 13:00:02 1xUgwz-00016v-84 => bob <bob@example.com> <info@example.com> R=local T=local_delivery\n2026-11-21 13:00:02 1xUgwz-00016v-84 Completed\n')
    logs = written(tmp_path, a=a, b=b)
    trail = only(trails_of('bob@example.com', *logs))
    assert links(trail) == [('gw', '4A1B2C3D4E', None), ('b.log', '1xUgwz-00016v-84', 0)]
    shown = run_program('trace', 'bob@example.com', '--lines', *OPTIONS, *logs).stdout
    assert f'{logs[0]}:5: Nov 21 09:00:01 gw postfix/qmgr[3]: 4A1B2C3D4E: removed' in shown


# --- trees of one server ---------------------------------------------------------------------------------------


@pytest.mark.parametrize('corpus', ['postfix-rfc3339', 'filters-amavis', 'filters-rspamd', 'sendmail-basic', 'sendmail-verbose', 'exim-all', 'postfix-basic'])
def test_trees_of_one_server(corpus, tmp_path):
    """Every message is in one tree, once; children come after their parents; a tree hangs together as the links say."""
    directory = ROOT / 'tests' / 'corpus' / corpus
    facts = truth.read_json(directory, 'truth.json')
    paths = truth.unpack(directory, facts, tmp_path)
    answer = run_program('trace', '--all', '--no-limit', '--json', *OPTIONS, *paths).json
    seen = [(h['server'], h['queue_id']) for t in answer['trails'] for h in t['hops'] if h['kind'] == 'message']
    assert sorted(map(str, seen)) == sorted(str((m['server'], m['queue_id'])) for m in answer['messages'])
    deep = 0
    for trail in answer['trails']:
        for i, hop in enumerate(trail['hops']):
            assert (hop['parent'] is None) == (i == 0) and (i == 0 or hop['parent'] < i)
            deep += hop['kind'] == 'message' and i > 0
            assert all(r['next'] is None or trail['hops'][r['next']]['parent'] == i for r in hop['recipients'])
    of = {(h['server'], h['queue_id']): k for k, t in enumerate(answer['trails']) for h in t['hops'] if seen.count((h['server'], h['queue_id'])) == 1}
    for m in answer['messages']:
        for link in m['parents'] + m['children']:
            if (link['server'], link['queue_id']) in of:
                assert of[link['server'], link['queue_id']] == of.get((m['server'], m['queue_id']), of[link['server'], link['queue_id']])
    assert deep > 10


def test_a_mailing_list_is_bounded(tmp_path):
    """Thousands of copies: all are counted, not all are shown."""
    n = 3000
    text = postfix('mx', 'A000000000', 'out.example.org[192.0.2.66]', 'ann@example.org', '<list@example.org>')
    for i in range(n):
        at = f'09:{i // 60 % 60:02}:{i % 60:02}'
        text += (f'Nov 21 {at} mx postfix/local[5]: A000000000: to=<m{i}@example.com>, relay=local, delay=1, delays=0/0/0/1, dsn=2.0.0, '
                 f'status=sent (forwarded as B{i:09X})\n' + postfix('mx', f'B{i:09X}', 'localhost[127.0.0.1]', 'ann@example.org', '<list@example.org>', at=at) +
                 postfix_sent('mx', f'B{i:09X}', f'm{i}@example.net', 'mx.example.net[192.0.2.9]:25', '250 ok', at=at))
    log, = written(tmp_path, a=text + 'Nov 21 09:59:59 mx postfix/qmgr[3]: A000000000: removed\n')
    answer = run_program('trace', 'A000000000', '--json', *OPTIONS, log).json
    trail = only(answer['trails'])
    assert len(trail['hops']) + trail['more_hops'] == len(answer['related']) + 1
    shown = run_program('trace', 'A000000000', *OPTIONS, log).stdout
    tree = shown[shown.index('The way of this mail'):shown.index('A000000000  done')]
    assert len(tree.splitlines()) < 300 and 'further hops are not shown' in tree
    assert 'further linked messages are not shown' in shown


def test_a_loop_is_bounded(tmp_path):
    """Two forwards that point at each other: each pass has a new id."""
    n, text = 1500, ''
    for i in range(n):
        at = f'09:{i // 60:02}:{i % 60:02}'
        text += (postfix('mx', f'B{i:09X}', 'localhost[127.0.0.1]', 'ann@example.org', '<loop@example.org>', at=at) +
                 f'Nov 21 {at} mx postfix/local[5]: B{i:09X}: to=<a@example.com>, relay=local, delay=1, delays=0/0/0/1, dsn=2.0.0, '
                 f'status=sent (forwarded as B{i + 1:09X})\nNov 21 {at} mx postfix/qmgr[3]: B{i:09X}: removed\n')
    log, = written(tmp_path, a=text)
    shown = run_program('trace', 'B000000300', *OPTIONS, log).stdout
    assert 'further hops are not shown' in shown and len(shown.splitlines()) < 2000


def test_hostile_names_in_a_tree(tmp_path):
    """Names are escaped, and a reply forges no branch."""
    evil = 'x\u202e`- delivered   ceo@example.com'
    log, = written(tmp_path, a=postfix('gw', '4A1B2C3D4E', 'out.example.org[192.0.2.66]', 'ann@example.org', '<s1@example.org>') +
                   postfix_sent('gw', '4A1B2C3D4E', f'"{evil}"@example.com', 'hub[10.0.0.2]:25', '250 OK id=1xUgwz-00016v-84\x1b[2J'))
    shown = run_program('trace', '4A1B2C3D4E', *OPTIONS, log).stdout
    assert '\x1b' not in shown and '\u202e' not in shown
    assert 'handed to hub [10.0.0.2] as 1xUgwz-00016v-84' in shown
