# SPDX-License-Identifier: Apache-2.0
"""A real Chromium for tests of HTML: driven through its debugging protocol over a pipe, without a network.

Browser() starts one; Page is a tab of it.  Nothing is needed but the program itself: script/test installs it.
"""
import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

NAMES = ('chromium', 'chromium-browser', 'google-chrome', 'chromium-headless-shell')
FLAGS = ('--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run', '--hide-scrollbars',
         '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-extensions',
         '--force-color-profile=srgb', '--remote-debugging-pipe', '--host-resolver-rules=MAP * ~NOTFOUND')
ANSWER_S = 60


def program():
    return next((path for path in map(shutil.which, NAMES) if path), None)


def without_network():
    """What to put before a command so that it has no network at all; nothing where that needs more rights."""
    tool = shutil.which('unshare')
    can = tool and subprocess.run([tool, '--net', 'true'], capture_output=True, check=False).returncode == 0
    return [tool, '--net'] if can else []


class Browser:
    def __init__(self):
        self.profile = tempfile.mkdtemp(prefix='mailwhy-browser')
        self.number, self.bytes, self.events = 0, b'', []
        to_read, self.to = os.pipe()
        self.fro, to_write = os.pipe()

        def place():  # the browser reads from descriptor 3 and writes to 4
            fds = [fcntl.fcntl(fd, fcntl.F_DUPFD, 10) for fd in (to_read, to_write)]
            os.dup2(fds[0], 3)
            os.dup2(fds[1], 4)

        self.process = subprocess.Popen(
            [*without_network(), program(), *FLAGS, f'--user-data-dir={self.profile}', 'about:blank'], preexec_fn=place, pass_fds=(3, 4),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, 'HOME': self.profile})
        os.close(to_read)
        os.close(to_write)

    def _read(self, until):
        while b'\0' not in self.bytes:
            ready, _, _ = select.select([self.fro], [], [], max(0, until - time.monotonic()))
            assert ready, 'the browser does not answer'
            more = os.read(self.fro, 1 << 20)
            assert more, f'the browser ended: {self.process.poll()}'
            self.bytes += more
        message, self.bytes = self.bytes.split(b'\0', 1)
        return json.loads(message)

    def call(self, method, session=None, **params):
        self.number += 1
        message = {'id': self.number, 'method': method, 'params': params, **({'sessionId': session} if session else {})}
        os.write(self.to, json.dumps(message).encode() + b'\0')
        until = time.monotonic() + ANSWER_S
        while True:
            answer = self._read(until)
            if answer.get('id') == self.number:
                assert 'error' not in answer, (method, answer['error'])
                return answer['result']
            self.events.append(answer)

    def wait_for(self, method, session):
        until = time.monotonic() + ANSWER_S
        while True:
            for i, event in enumerate(self.events):
                if event.get('method') == method and event.get('sessionId') == session:
                    return self.events.pop(i)
            self.events.append(self._read(until))

    def close(self):
        try:
            self.call('Browser.close')
        except (AssertionError, OSError):
            self.process.kill()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.to)
        os.close(self.fro)
        shutil.rmtree(self.profile, ignore_errors=True)


class Page:
    """A file from the disk in a tab: width and height in CSS pixels, light or dark, with scripts or without, screen or print."""

    def __init__(self, browser, path, width=1280, height=900, dark=False, script=True, media=''):
        self.browser = browser
        target = browser.call('Target.createTarget', url='about:blank')['targetId']
        self.session = browser.call('Target.attachToTarget', targetId=target, flatten=True)['sessionId']
        for domain in ('Page', 'Runtime', 'Log', 'Network'):
            self.call(f'{domain}.enable')
        self.call('Emulation.setDeviceMetricsOverride', width=width, height=height, deviceScaleFactor=1, mobile=width < 600)
        self.call('Emulation.setEmulatedMedia', media=media,
                  features=[{'name': 'prefers-color-scheme', 'value': 'dark' if dark else 'light'}])
        self.call('Emulation.setScriptExecutionDisabled', value=not script)
        self.call('Page.navigate', url=f'file://{path}')
        browser.wait_for('Page.loadEventFired', self.session)

    def call(self, method, **params):
        return self.browser.call(method, self.session, **params)

    def run(self, expression):
        """The value of a JavaScript expression."""
        answer = self.call('Runtime.evaluate', expression=expression, returnByValue=True)
        assert 'exceptionDetails' not in answer, answer['exceptionDetails']
        return answer['result'].get('value')

    def said(self):
        """What went to the console, and errors."""
        self.run('0')  # events that are on their way
        return [e for e in self.browser.events if e.get('sessionId') == self.session and
                e['method'] in ('Runtime.consoleAPICalled', 'Runtime.exceptionThrown', 'Log.entryAdded')]

    def asked_for(self):
        """The URLs that were asked for."""
        self.run('0')
        return [e['params']['request']['url'] for e in self.browser.events
                if e.get('sessionId') == self.session and e['method'] == 'Network.requestWillBeSent']

    def key(self, key, code=None, text=None):
        for kind in ('keyDown', 'keyUp'):
            self.call('Input.dispatchKeyEvent', type=kind, key=key, code=code or key, **({'text': text} if text and kind == 'keyDown' else {}))

    def screenshot(self, path, whole=False):
        clip = {}
        if whole:
            size = self.call('Page.getLayoutMetrics')['cssContentSize']
            clip = {'clip': {'x': 0, 'y': 0, 'width': size['width'], 'height': min(size['height'], 8000), 'scale': 1},
                    'captureBeyondViewport': True}
        path.write_bytes(base64.b64decode(self.call('Page.captureScreenshot', format='png', **clip)['data']))
