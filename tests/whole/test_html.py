# SPDX-License-Identifier: Apache-2.0
"""report --html: one file that needs nothing else, escapes everything, and works in a real browser."""
import base64
import hashlib
import html.parser
import os
import re
import stat

import pytest

import browser
from conftest import run_program

VOID = {'meta', 'br', 'input', 'link', 'img', 'hr'}
ELEMENTS = set('html head meta title style body a header h1 h2 h3 p span b small i ul li main nav details summary section figure svg g '
               'rect path polyline title div table caption thead tbody tr th td footer script'.split())
SCRIPT = '<script>window.pwned=1</script>'
HELO = '"\'onmouseover=window.pwned=2 x=\''
OVERRIDE, NUL, BAD = '\u202e', '\0', b'\xff\xfe'


def postfix(text, second, program='smtpd', pid=100):
    return b'Nov 21 %02d:%02d:%02d mx1 postfix/%s[%d]: %s\n' % (9 + second // 3600, second // 60 % 60, second % 60, program.encode(), pid,
                                                               text if isinstance(text, bytes) else text.encode())


def hostile_log():
    """Names, replies, subjects and HELOs of somebody who knows how the answer is made."""
    reject = 'NOQUEUE: reject: RCPT from unknown[192.0.2.9]: 554 5.7.1 <%s>: Helo command rejected: %s; from=<%s> to=<u@here.test> proto=ESMTP helo=<%s>'
    lines = [postfix(reject % (HELO, SCRIPT, f'"{SCRIPT}"@evil.test', HELO), 1),
             postfix(reject % ('</style><b>', '</title></style>', "a'b&amp;\"@evil.test", '<!--'), 2),
             postfix((reject % ('x', OVERRIDE + 'txt.exe', 'x@y.test', 'x')), 3),
             postfix((reject % ('x', 'never BYTES', 'x@y.test', 'x')).encode().replace(b'BYTES', BAD + b'\x1b[31m'), 4),
             postfix((reject % ('x', 'NUL' + NUL, 'x@y.test', 'x')), 5)]
    for i in range(40):
        queue_id = f'4A1B2C3D{i:03X}'
        sender = f'"{SCRIPT}{i}"@evil.test' if i % 4 == 1 else f'user{i}@here.test'
        lines += [postfix(f'{queue_id}: client=h{i}.test[192.0.2.{i}]', 60 + 200 * i),
                  postfix(f'{queue_id}: warning: header Subject: {SCRIPT} from h{i}.test[192.0.2.{i}]; from=<{sender}> to=<u@x.test> '
                          f'proto=ESMTP helo=<{HELO}>', 61 + 200 * i, 'cleanup'),
                  postfix(f'{queue_id}: from=<{sender}>, size={900 + i}, nrcpt=1 (queue active)', 62 + 200 * i, 'qmgr'),
                  postfix(f'{queue_id}: to=<u{i}@x{i % 3}.test>, relay=mx.x.test[192.0.2.77]:25, delay=1, delays=0/0/0/1, dsn='
                          + ('2.0.0, status=sent (250 ok)' if i % 4 else f'5.1.1, status=bounced (host mx.x.test[192.0.2.77] said: 550 5.1.1 {SCRIPT} unknown)'),
                          63 + 200 * i, 'smtp'),
                  postfix(f'{queue_id}: removed', 64 + 200 * i, 'qmgr')]
    return b''.join(lines)


TWO_CAUSES = b''.join(
    postfix(f'4A1B2C3D{i}: to=<u@x{i}.test>, relay=mx.x.test[192.0.2.77]:25, delay=1, delays=0/0/0/1, dsn=5.0.0, status=bounced '
            f'(host mx.x.test[192.0.2.77] said: {reply} (in reply to RCPT TO command))', i, 'smtp')
    for i, reply in enumerate(['550 5.1.1 <u@x.test>: User unknown in virtual mailbox table'] * 3 + ['552 5.2.2 <u@x.test>: Mailbox full, quota exceeded']))


class Document(html.parser.HTMLParser):
    """All elements, attributes and texts; an element that is not closed, or closed twice, is an error."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.elements, self.attributes, self.texts, self.raw = [], [], [], [], {}
        self.feed(text)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag, attrs):
        self.elements.append(tag)
        self.attributes += [(tag, *pair) for pair in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, f'</{tag}> closes nothing'

    def handle_data(self, data):
        if self.open and self.open[-1] in ('style', 'script'):
            self.raw[self.open[-1]] = self.raw.get(self.open[-1], '') + data
        else:
            self.texts.append(data)

    def values(self, name):
        return [value for _, attribute, value in self.attributes if attribute == name]


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp('html')


@pytest.fixture(scope='module')
def log(folder):
    path = folder / 'mail.log'
    path.write_bytes(hostile_log())
    return path


@pytest.fixture(scope='module')
def page(folder, log):
    """The file with all tables of the hostile log."""
    path = folder / 'report.html'
    done = run_program('report', '--html', path, '--all-panels', '--year', '2026', log)
    assert (done.returncode, done.stdout, done.stderr) == (0, '', '')
    return path


@pytest.fixture(scope='module')
def document(page):
    return Document(page.read_text())


def test_it_is_well_formed_and_holds_only_our_elements(document):
    assert set(document.elements) <= ELEMENTS
    for element in ('html', 'head', 'main', 'h1', 'nav', 'script', 'style'):
        assert document.elements.count(element) == 1, element


def test_nothing_is_loaded_from_anywhere(document):
    assert all(value.startswith('#') for value in document.values('href'))
    assert not document.values('src') and not document.values('style') and not document.values('srcset')
    assert not [a for _, a, _ in document.attributes if a.startswith('on')]
    for text in document.raw.values():
        assert not re.search(r'https?:|url\(|@import|innerHTML|eval\(', text)


def test_the_policy_names_the_style_and_the_script_and_nothing_else(document):
    policy = next(value for _, a, value in document.attributes if a == 'content' and 'default-src' in value)
    digest = {name: base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for name, text in document.raw.items()}
    assert policy == (f"default-src 'none'; style-src 'sha256-{digest['style']}'; script-src 'sha256-{digest['script']}'; "
                      "base-uri 'none'; form-action 'none'")


def test_what_strangers_wrote_is_text(document, page):
    assert any(SCRIPT in text for text in document.texts)
    assert any(HELO in text for text in document.texts)
    raw = page.read_bytes()
    assert not re.search(rb'[\x00-\x09\x0b-\x1f\x7f]', raw)
    text = raw.decode()
    assert OVERRIDE not in text and '\\u202e' in text and '\\xff' in text and '\\x1b' in text


def test_tables_have_heads_captions_and_ids(document):
    tables = document.elements.count('table')
    assert tables >= 10 and tables == document.elements.count('caption') == document.elements.count('thead')
    assert all(value in ('col', 'row') for value in document.values('scope'))
    assert len(document.values('scope')) == document.elements.count('th')
    ids = document.values('id')
    assert len(ids) == len(set(ids))
    assert {value[1:] for value in document.values('href')} <= set(ids)


def test_it_shows_the_panels_of_the_json_answer(log, document, page):
    answer = run_program('report', '--json', '--all-panels', '--top', '100', '--year', '2026', log).json
    text = page.read_text()
    for panel in answer['panels']:
        numbers = [c['id'] for c in panel['columns'] if c['type'] != 'text']
        rows = [r for r in panel['rows'] if not numbers or any(r[n] not in (0, None) for n in numbers)]
        if not rows or panel['id'] == 'account_days':
            continue
        section = re.search(rf'<section class="panel" id="{panel["id"]}">(.*?)</section>', text, re.S)
        assert section, panel['id']
        assert section[1].count('<tr>') == len(rows) + 1, panel['id']
    assert f'<b>{answer["totals"]["messages"]:,}</b>' in text


def test_the_length_of_lists_is_told(log):
    text = run_program('report', '--html', '-', '--panel', 'senders', '--top', '7', '--year', '2026', log).stdout
    assert text.split('<tbody>')[1].split('</tbody>')[0].count('<tr>') == 7
    assert '... and 33 more rows that this page leaves out' in text


def test_standard_output_and_threads(page, log):
    for options in (['-j1'], ['-j3', '--batch-lines', '2']):
        assert run_program('report', '--html', '-', '--all-panels', '--year', '2026', *options, log).raw == page.read_bytes()


def test_no_mail_no_figures(folder):
    path = folder / 'empty.log'
    path.write_text('Nov 21 09:00:00 mx1 CRON[1]: hello\n')
    done = run_program('report', '--html', '-', path)
    assert done.returncode == 1
    assert 'No line of a mail program was found.' in ' '.join(Document(done.stdout).texts)
    assert 'class="cards"' not in done.stdout


def test_what_could_not_be_read_is_told(log):
    done = run_program('report', '--html', '-', log, log.with_name('<b>none.log'))
    assert done.returncode == 3
    assert 'not read' in done.stdout and '&lt;b&gt;none.log' in done.stdout and '<b>none' not in done.stdout


# --- the file

def test_a_file_is_replaced_whole_and_keeps_its_rights(log, tmp_path):
    path = tmp_path / 'r.html'
    path.write_text('old')
    path.chmod(0o640)
    assert run_program('report', '--html', path, log).returncode == 0
    assert path.read_text().startswith('<!DOCTYPE html>')
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert os.listdir(tmp_path) == ['r.html']


def test_a_link_stays_a_link(log, tmp_path):
    (tmp_path / 'real').write_text('old')
    (tmp_path / 'link').symlink_to('real')
    assert run_program('report', '--html', tmp_path / 'link', log).returncode == 0
    assert (tmp_path / 'link').is_symlink() and (tmp_path / 'real').read_text().startswith('<!DOCTYPE')


def test_a_file_that_cannot_be_written_is_told(log, tmp_path):
    done = run_program('report', '--html', tmp_path / 'none' / 'r.html', log)
    assert done.returncode == 3
    assert f"cannot write '{tmp_path}/none/r.html': No such file or directory" in done.stderr
    done = run_program('report', '--html', tmp_path, log)
    assert done.returncode == 3 and 'Is a directory' in done.stderr


@pytest.mark.skipif(not os.path.exists('/dev/full'), reason='there is no /dev/full here')
def test_a_full_disk_is_told(log):
    done = run_program('report', '--html', '/dev/full', log)
    assert done.returncode == 3 and "cannot write '/dev/full': No space left on device" in done.stderr


def test_it_is_a_form_of_its_own(log):
    for option in ('--json', '--csv', '--compat=pflogsumm'):
        done = run_program('report', '--html', '-', option, log)
        assert done.returncode == 2 and f'--html does not go with {option.split("=")[0]}' in done.stderr


@pytest.mark.slow
def test_its_size_has_a_bound(tmp_path):
    """Names without end: what is shown of them is a hundred of each, so that the size is that of a report over ten million lines."""
    long = 'x' * 60
    with (tmp_path / 'mail.log').open('wb') as f:
        for i in range(3000):
            name = f'{i:05}{long}'
            queue_id = f'{i:010X}'
            for text, program in ((f'{queue_id}: client={name}.test[10.{i >> 8}.{i & 255}.1], sasl_method=PLAIN, sasl_username={name}', 'smtpd'),
                                  (f'{queue_id}: from=<{name}@{name}.test>, size=1, nrcpt=1 (queue active)', 'qmgr'),
                                  (f'{queue_id}: to=<{name}@{name}.example>, relay={name}.example[10.0.0.1]:25, delay=1, delays=0/0/0/1, dsn=5.0.0, '
                                   f'status=bounced (host {name}.example[10.0.0.1] said: 550 {long}{chr(97 + i % 26)}{chr(97 + i // 26 % 26)} {long} {long} {long})', 'smtp'),
                                  (f'NOQUEUE: reject: RCPT from {name}.test[10.{i >> 8}.{i & 255}.2]: 554 5.7.1 <{name}>: {chr(97 + i % 26)}'
                                   f'{chr(97 + i // 26 % 26)} {long} {long}; from=<{name}@{name}.test> to=<u@here.test> proto=ESMTP helo=<{name}>', 'smtpd'),
                                  (f'warning: {name}.test[10.{i >> 8}.{i & 255}.3]: SASL LOGIN authentication failed: UGFzc3dvcmQ6, sasl_username={name}', 'smtpd')):
                f.write(postfix(text, i % 3600, program))
    done = run_program('report', '--html', '-', '--all-panels', tmp_path / 'mail.log')
    assert done.returncode == 0
    assert 300_000 < len(done.raw) < 3_000_000


# --- in a browser

needs_browser = pytest.mark.skipif(not browser.program(), reason='there is no Chromium here')
VIEWS = [(1280, False), (1280, True), (390, False), (390, True)]

# the smallest contrast of texts that are shown against what is behind them (WCAG 2: 4.5, large texts 3)
CONTRAST = '''(() => {
  const rgb = s => s.match(/[\\d.]+/g).map(Number);
  const light = c => { const [r, g, b] = c.slice(0, 3).map(v => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
                       return .2126 * r + .7152 * g + .0722 * b; };
  const behind = e => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] > 0) return c; }
                        return [255, 255, 255]; };
  const poor = [];
  for (const e of document.querySelectorAll('body *')) {
    if (!e.checkVisibility() || !e.getClientRects().length || e.closest('svg, script')) continue;
    if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())) continue;
    const style = getComputedStyle(e), size = parseFloat(style.fontSize), a = light(rgb(style.color)), b = light(behind(e));
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    const large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    if (ratio < (large ? 3 : 4.5)) poor.push([e.tagName, e.className, e.textContent.slice(0, 30), ratio]);
  }
  return poor;
})()'''


@pytest.fixture(scope='module')
def chromium():
    b = browser.Browser()
    yield b
    b.close()


@pytest.mark.slow
@needs_browser
@pytest.mark.parametrize('width, dark', VIEWS)
def test_a_browser_has_nothing_to_say(chromium, page, width, dark):
    tab = browser.Page(chromium, page, width=width, height=844, dark=dark)
    assert tab.said() == []
    assert tab.asked_for() == [f'file://{page}']
    assert tab.run('window.pwned') is None
    assert tab.run('document.documentElement.scrollWidth') <= width, 'the page must not scroll to the side'
    assert tab.run('document.querySelectorAll(".chart rect").length') > 3
    background = tab.run('getComputedStyle(document.body).backgroundColor')
    assert (background == 'rgb(255, 255, 255)') is not dark
    assert tab.run(CONTRAST) == []


@pytest.mark.slow
@needs_browser
def test_tables_sort_by_click_and_key(chromium, page):
    tab = browser.Page(chromium, page)
    mails = '[...document.querySelectorAll("#sender_domains tbody tr")].map(r => Number(r.cells[1].textContent))'
    sort = 'document.querySelectorAll("#sender_domains thead th")[1].getAttribute("aria-sort")'
    assert tab.run(sort) is None
    tab.run('document.querySelectorAll("#sender_domains thead button")[1].focus()')
    tab.key('Enter', text='\r')
    assert tab.run(sort) == 'descending'
    assert tab.run(mails) == sorted(tab.run(mails), reverse=True)
    tab.key('Enter', text='\r')
    assert tab.run(sort) == 'ascending'
    assert tab.run(mails) == sorted(tab.run(mails)) and len(set(tab.run(mails))) > 1
    sizes = '[...document.querySelectorAll("#senders tbody tr")].map(r => Number(r.cells[2].dataset.v))'
    tab.run('document.querySelectorAll("#senders thead button")[2].click()')
    assert tab.run(sizes) == sorted(tab.run(sizes), reverse=True)
    names = '[...document.querySelectorAll("#senders tbody tr")].map(r => r.cells[0].textContent)'
    tab.run('document.querySelectorAll("#senders thead button")[0].click()')
    assert tab.run(names) == sorted(tab.run(names))
    assert tab.said() == []


@pytest.mark.slow
@needs_browser
def test_sentences_stay_with_their_rows(chromium, tmp_path):
    path = tmp_path / 'two.html'
    assert run_program('report', '--html', path, '--panel', 'causes', '--year', '2026', '-', stdin=TWO_CAUSES).returncode == 0
    tab = browser.Page(chromium, path)
    rows = '[...document.querySelectorAll("#causes tbody")].map(b => [...b.rows].map(r => r.textContent))'
    before = tab.run(rows)
    assert [len(pair) for pair in before] == [2, 2]
    tab.run('document.querySelectorAll("#causes thead button")[0].click()')
    tab.run('document.querySelectorAll("#causes thead button")[0].click()')
    assert tab.run(rows) == before[::-1]


@pytest.mark.slow
@needs_browser
def test_tables_fold_and_can_be_searched(chromium, page):
    tab = browser.Page(chromium, page)
    shown = '[...document.querySelectorAll("#senders tbody tr")].filter(r => r.checkVisibility()).length'
    assert tab.run(shown) == 10
    tab.run('document.querySelector("#senders .all button").click()')
    assert tab.run(shown) == 40
    tab.run('document.querySelector("#senders input").focus()')
    tab.call('Input.insertText', text='USER1')
    assert tab.run(shown) == 8  # 1 is somebody else: 10, 11, 12, 14, 15, 16, 18, 19
    assert tab.run('document.querySelector("#senders output").textContent') == '8 of 40 rows'
    tab.run('document.querySelector(".everywhere input").focus()')
    tab.call('Input.insertText', text='user12@')
    assert tab.run(shown) == 1
    assert tab.run('[...document.querySelectorAll(".panel")].filter(s => s.checkVisibility()).map(s => s.id)') == ['senders']
    assert tab.said() == []


@pytest.mark.slow
@needs_browser
def test_light_and_dark_can_be_chosen(chromium, page):
    tab = browser.Page(chromium, page, dark=True)
    colour = 'getComputedStyle(document.body).backgroundColor'
    dark = tab.run(colour)
    tab.run('document.querySelector(".theme").click()')
    assert tab.run(colour) == 'rgb(255, 255, 255)'
    assert tab.run(CONTRAST) == []
    tab.run('document.querySelector(".theme").click()')
    assert tab.run(colour) == dark


@pytest.mark.slow
@needs_browser
def test_it_is_useful_without_javascript(chromium, page):
    tab = browser.Page(chromium, page, script=False)
    assert tab.run('[...document.querySelectorAll("#senders tbody tr")].filter(r => r.checkVisibility()).length') == 40
    assert tab.run('document.querySelectorAll("button, input").length') == 0
    assert tab.said() == []


@pytest.mark.slow
@needs_browser
def test_it_can_be_printed(chromium, page):
    tab = browser.Page(chromium, page, dark=True, media='print', width=760)
    assert tab.run('getComputedStyle(document.body).backgroundColor') == 'rgb(255, 255, 255)'
    assert tab.run('[".contents", ".theme", ".tools"].map(s => document.querySelector(s).checkVisibility())') == [False] * 3
    assert tab.run('document.documentElement.scrollWidth') <= 760
    assert base64.b64decode(tab.call('Page.printToPDF')['data']).startswith(b'%PDF')
