"""Chromium without a window, asked over its pipe (the DevTools protocol, without a server or a package)."""

import base64
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

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage", "--remote-debugging-pipe", "about:blank",
)  # fmt: skip

#: What Chromium says of a question to a page that another one took the place of before it answered.
LEFT = ("navigated or closed", "context was destroyed", "Cannot find context")

#: How many pixels of a page a picture shows.
HIGHEST = 4000

#: Chromium reads from 3 and writes to 4. (A shell may know no descriptors of two digits.)
EXEC = """
import fcntl, os, sys

from tests.waiting import PATIENCE_S
reading, writing = (fcntl.fcntl(int(one), fcntl.F_DUPFD, 10) for one in sys.argv[1:3])
os.dup2(reading, 3), os.dup2(writing, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""


def command() -> str:
    """Its program: `CHROMIUM`, or one on the path."""
    found = next(filter(None, map(shutil.which, (os.environ.get("CHROMIUM", ""), *NAMES))), None)
    return found or sys.exit(
        "tests of pages need Chromium: `apt-get install chromium`, or name one in CHROMIUM"
    )


class Left(Exception):
    """A page was left while it was asked."""


class Browser:
    """Its pipe, which all tabs share: an answer, or what a tab has to say by itself, in the order it came."""

    def __init__(self, reading: IO[bytes], writing: IO[bytes]) -> None:
        self._reading, self._writing = reading, writing
        self._numbers = itertools.count(1)
        self._left = b""
        self._hears: dict[str, Callable[[dict[str, Any]], None]] = {}

    def listen(self, session: str, hear: Callable[[dict[str, Any]], None]) -> None:
        self._hears[session] = hear

    def ask(self, method: str, params: dict[str, Any], **session: str) -> dict[str, Any]:
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": params, **session}
        self._writing.write(json.dumps(message).encode() + b"\0")
        self._writing.flush()
        while True:
            told = self._read()
            if told.get("id") == number:
                return self._result(told)
            if hear := self._hears.get(told.get("sessionId", "")):
                hear(told)

    def _result(self, told: dict[str, Any]) -> dict[str, Any]:
        match told:
            case {"error": {"message": str(message)}} if any(words in message for words in LEFT):
                raise Left(message)
        assert "error" not in told, told
        answer: dict[str, Any] = told["result"]
        return answer

    def _read(self) -> dict[str, Any]:
        while b"\0" not in self._left:
            chunk = os.read(self._reading.fileno(), 1 << 16)
            assert chunk, "Chromium has ended"
            self._left += chunk
        message, _, self._left = self._left.partition(b"\0")
        told: dict[str, Any] = json.loads(message)
        return told


class Page:
    """A tab. `troubles` are errors of its scripts, of its console and of what it loads.

    What a test provokes is no trouble: `expects` has a word of each. Chromium tells of it some time after the
    answer, so no moment would be safe to clear the list. `requests` are addresses that it asked, once the
    domain `Network` is enabled. Without a `context` it shares its storage with the first tab.
    """

    def __init__(self, browser: Browser, **context: str) -> None:
        self.browser = browser
        self.troubles: list[str] = []
        self.expects: list[str] = []
        self.requests: list[str] = []
        self._context = context
        self._tab = browser.ask("Target.createTarget", {"url": "about:blank"} | context)["targetId"]
        attached = browser.ask("Target.attachToTarget", {"targetId": self._tab, "flatten": True})
        self._session = attached["sessionId"]
        browser.listen(self._session, self._hear)
        for domain in ("Runtime", "Log", "Page"):
            self.ask(f"{domain}.enable")

    def close(self) -> None:
        self.browser.ask("Target.closeTarget", {"targetId": self._tab})

    def beside(self) -> "Page":
        """Another tab of the same person."""
        return Page(self.browser, **self._context)

    def resize(self, width: int, height: int = 900) -> None:
        metrics = {"deviceScaleFactor": 1, "mobile": width < 600}
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, **metrics)

    def look(self, theme: str, width: int) -> None:
        """As by a person whose system is `light` or `dark`."""
        feature = {"name": "prefers-color-scheme", "value": theme}
        self.ask("Emulation.setEmulatedMedia", features=[feature])
        self.resize(width)

    def open(self, url: str, ready: str) -> None:
        """Until `ready`, an expression, is true there."""
        self.ask("Page.navigate", url=url)
        self.until(ready)

    def until(self, ready: str) -> None:
        """Asked again each time the page has drawn itself, and of the page that takes its place."""
        ask = f"const ask = () => ({ready}) ? done(true) : requestAnimationFrame(ask); ask();"
        while True:
            with suppress(Left):
                assert self.run(f"new Promise((done) => {{ {ask} }})")
                return

    def run(self, script: str) -> Any:
        """The value of an expression; a promise is waited for."""
        answer = self.ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def choose(self, selector: str, *files: Path) -> None:
        """Files, in a field for them."""
        document = self.ask("DOM.getDocument")["root"]["nodeId"]
        field = self.ask("DOM.querySelector", nodeId=document, selector=selector)["nodeId"]
        self.ask("DOM.setFileInputFiles", nodeId=field, files=[str(file) for file in files])

    def picture(self, path: Path) -> None:
        """A PNG of all that there is to scroll to, as far as `HIGHEST`."""
        size = self.ask("Page.getLayoutMetrics")["cssContentSize"]
        clip = size | {"height": min(size["height"], HIGHEST), "scale": 1}
        shot = self.ask("Page.captureScreenshot", format="png", clip=clip, captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(shot["data"]))

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        return self.browser.ask(method, params, sessionId=self._session)

    def _hear(self, told: dict[str, Any]) -> None:
        match told:
            case {"method": "Runtime.exceptionThrown", "params": {"exceptionDetails": details}}:
                self.troubles.append(json.dumps(details))
            case {
                "method": "Runtime.consoleAPICalled",
                "params": {"type": "error" | "warning", "args": words},
            }:
                self.troubles.append(json.dumps(words))
            case {
                "method": "Log.entryAdded",
                "params": {"entry": {"level": "error" | "warning", "text": text}},
            } if not any(words in text for words in self.expects):
                self.troubles.append(text)
            case {"method": "Network.requestWillBeSent", "params": {"request": {"url": url}}}:
                self.requests.append(url)


@contextmanager
def stranger(browser: Browser) -> Iterator[Page]:
    """A tab of a person of its own: no storage, no cookie and no trouble of another tab's reaches it."""
    context = browser.ask("Target.createBrowserContext", {})
    page = Page(browser, **context)
    page.ask("Network.enable")
    try:
        yield page
    finally:
        browser.ask("Target.disposeBrowserContext", context)


@contextmanager
def browsing() -> Iterator[Page]:
    """A tab of a browser of its own."""
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
                    yield Page(Browser(reading, writing))
            finally:
                process.terminate()
                process.wait(PATIENCE_S)
