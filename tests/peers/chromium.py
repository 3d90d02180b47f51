"""Headless Chromium, driven over a pipe (DevTools protocol, without a server or package)."""

import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from tests.waiting import PATIENCE_S

#: The headless shell is Chromium without its own windows: the same engine for two thirds of the CPU.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "chrome")

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage", "--remote-debugging-pipe", "about:blank",
)  # fmt: skip

#: Chromium's errors for a script on a page that navigates away first.
LEFT = ("navigated or closed", "context was destroyed", "Cannot find context")

#: Chromium reads from descriptor 3 and writes to 4. (Shells may not support two-digit descriptors.)
EXEC = """
import fcntl, os, sys

from tests.waiting import PATIENCE_S
reading, writing = (fcntl.fcntl(int(one), fcntl.F_DUPFD, 10) for one in sys.argv[1:3])
os.dup2(reading, 3), os.dup2(writing, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""


def command() -> str:
    """Return the program: `CHROMIUM`, or one on the path."""
    found = next(filter(None, map(shutil.which, (os.environ.get("CHROMIUM", ""), *NAMES))), None)
    return found or sys.exit("pages need Chromium: `apt-get install chromium-headless-shell`, or name one in CHROMIUM")


class Left(Exception):
    """Raised if a page navigates away during a script."""


class Browser:
    """Pipe of the browser, shared by all tabs: reads responses and events in order of arrival."""

    def __init__(self, reading: IO[bytes], writing: IO[bytes]) -> None:
        self._reading, self._writing = reading, writing
        self._numbers = itertools.count(1)
        self._left = b""
        self._handlers: dict[str, Callable[[dict[str, Any]], None]] = {}

    def listen(self, session: str, handle: Callable[[dict[str, Any]], None]) -> None:
        self._handlers[session] = handle

    def send(self, method: str, params: dict[str, Any], **session: str) -> dict[str, Any]:
        number = next(self._numbers)
        request = {"id": number, "method": method, "params": params, **session}
        self._writing.write(json.dumps(request).encode() + b"\0")
        self._writing.flush()
        while True:
            message = self._read()
            if message.get("id") == number:
                return self._result(message)
            if handle := self._handlers.get(message.get("sessionId", "")):
                handle(message)

    def _result(self, message: dict[str, Any]) -> dict[str, Any]:
        match message:
            case {"error": {"message": str(text)}} if any(words in text for words in LEFT):
                raise Left(text)
        assert "error" not in message, message
        answer: dict[str, Any] = message["result"]
        return answer

    def _read(self) -> dict[str, Any]:
        while b"\0" not in self._left:
            chunk = os.read(self._reading.fileno(), 1 << 16)
            assert chunk, "Chromium has ended"
            self._left += chunk
        text, _, self._left = self._left.partition(b"\0")
        message: dict[str, Any] = json.loads(text)
        return message


class BrowserTab:
    """A tab. `troubles` are errors of scripts, the console and loading.

    `expects` has a word of each error that a test provokes. Chromium reports it some time after the response,
    so no moment would be safe to clear the list. `requests` are requested addresses, once the domain
    `Network` is enabled. Without a `context` it shares its storage with the first tab.
    """

    def __init__(self, browser: Browser, **context: str) -> None:
        self.browser = browser
        self.troubles: list[str] = []
        self.expects: list[str] = []
        self.requests: list[str] = []
        self._context = context
        self._tab = browser.send("Target.createTarget", {"url": "about:blank"} | context)["targetId"]
        attached = browser.send("Target.attachToTarget", {"targetId": self._tab, "flatten": True})
        self._session = attached["sessionId"]
        browser.listen(self._session, self._handle)
        for domain in ("Runtime", "Log", "Page"):
            self.send(f"{domain}.enable")

    def close(self) -> None:
        self.browser.send("Target.closeTarget", {"targetId": self._tab})

    def open_sibling(self) -> "BrowserTab":
        """Open another tab of the same person."""
        return BrowserTab(self.browser, **self._context)

    def resize(self, width: int, height: int = 900) -> None:
        metrics = {"deviceScaleFactor": 1, "mobile": width < 600}
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, **metrics)

    def emulate(self, theme: str, width: int) -> None:
        """Emulate a `light` or `dark` system theme and a width."""
        feature = {"name": "prefers-color-scheme", "value": theme}
        self.send("Emulation.setEmulatedMedia", features=[feature])
        self.resize(width)

    def open(self, url: str, ready: str) -> None:
        """Open a page and wait until `ready`, an expression, is true."""
        self.send("Page.navigate", url=url)
        self.until(ready)

    def until(self, ready: str) -> None:
        """Poll the expression at each frame, also across a navigation."""
        ask = f"const ask = () => ({ready}) ? done(true) : requestAnimationFrame(ask); ask();"
        while True:
            with suppress(Left):
                assert self.run(f"new Promise((done) => {{ {ask} }})")
                return

    def run(self, script: str) -> Any:
        """Evaluate an expression and return its value; promises are awaited."""
        answer = self.send("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def choose(self, selector: str, *files: Path) -> None:
        """Choose files in a file field."""
        document = self.send("DOM.getDocument")["root"]["nodeId"]
        field = self.send("DOM.querySelector", nodeId=document, selector=selector)["nodeId"]
        self.send("DOM.setFileInputFiles", nodeId=field, files=[str(file) for file in files])

    def send(self, method: str, **params: Any) -> dict[str, Any]:
        return self.browser.send(method, params, sessionId=self._session)

    def _handle(self, message: dict[str, Any]) -> None:
        match message:
            case {"method": "Runtime.exceptionThrown", "params": {"exceptionDetails": details}}:
                self.troubles.append(json.dumps(details))
            case {"method": "Runtime.consoleAPICalled", "params": {"type": "error" | "warning", "args": words}}:
                self.troubles.append(json.dumps(words))
            case {"method": "Log.entryAdded", "params": {"entry": {"level": "error" | "warning", "text": text}}} if (
                not any(words in text for words in self.expects)
            ):
                self.troubles.append(text)
            case {"method": "Network.requestWillBeSent", "params": {"request": {"url": url}}}:
                self.requests.append(url)


@contextmanager
def stranger(browser: Browser) -> Iterator[BrowserTab]:
    """Open a tab with its own storage, cookies and errors."""
    context = browser.send("Target.createBrowserContext", {})
    page = BrowserTab(browser, **context)
    page.send("Network.enable")
    try:
        yield page
    finally:
        browser.send("Target.disposeBrowserContext", context)


@contextmanager
def browsing() -> Iterator[BrowserTab]:
    """Open a tab of a new browser."""
    ours, theirs = os.pipe(), os.pipe()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        words = [sys.executable, "-c", EXEC, str(ours[0]), str(theirs[1])]
        words += [command(), f"--user-data-dir={profile}", *FLAGS]
        with subprocess.Popen(
            words, pass_fds=(ours[0], theirs[1]), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            os.close(ours[0])
            os.close(theirs[1])
            try:
                with os.fdopen(theirs[0], "rb") as reading, os.fdopen(ours[1], "wb") as writing:
                    yield BrowserTab(Browser(reading, writing))
            finally:
                process.terminate()
                process.wait(PATIENCE_S)
