"""The stream of webhook events as a command reads it: it connects again by itself, behind the last event."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

import click
import httpx
import msgspec

from cli.shared.backoff import Backoff
from cli.shared.exit_codes import UNUSABLE
from cli.shared.remote import UNREADABLE, Envelope, Remote, complain, exit_code
from schemas.webhooks import StreamBegun

#: The API says something every 15 s.
TIMEOUT = httpx.Timeout(45, connect=10)

Say = Callable[[str], None]


class Message(NamedTuple):
    """One of a stream; `id` is what to go on behind. One without data only says that."""

    kind: str
    id: str
    data: bytes


class EventStream:
    """A stream that goes on whatever cuts it: `since` is when the API began to keep what happens."""

    def __init__(
        self,
        remote: Remote,
        query: Mapping[str, str],
        *,
        after: str | None,
        say: Say,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._remote, self._query, self._say = remote, query, say
        self._last, self._asked_for = after, after
        self._since: StreamBegun | None = None
        self._backoff, self._sleep, self._is_lost = Backoff(clock=clock), sleep, False

    def messages(self) -> Iterator[Message]:
        """Events, each once, until the API refuses: then it ends the command with the code for that."""
        with self._remote.client() as client:
            while True:
                least_s = 0.0
                try:
                    yield from self._connected(client)
                except httpx.TransportError as error:
                    self._lost(str(error) or type(error).__name__)
                except _Later as later:
                    self._lost(str(later))
                    least_s = later.after_s
                self._sleep(max(least_s, self._backoff.wait_s()))

    def _connected(self, client: httpx.Client) -> Iterator[Message]:
        headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": self._last} if self._last else {})
        url = self._remote.url("webhook-events/stream")
        with client.stream("GET", url, params=self._query, headers=headers, timeout=TIMEOUT) as response:
            if not response.is_success:
                response.read()
                self._refused(response)
                return
            for message in parse(response.iter_raw()):
                self._last = message.id
                if message.kind == "listening":
                    self._begun(msgspec.json.decode(message.data, type=StreamBegun))
                elif message.data:
                    self._backoff.worked()
                    yield message

    def _begun(self, begun: StreamBegun) -> None:
        self._backoff.connected()
        self._is_lost = False
        if self._since is None:
            self._say("Ready.")
        elif self._since == begun:
            self._say("Connected again: nothing was missed.")
        else:
            self._say(f"Connected again. What happened before {begun.since:%H:%M:%S} UTC may be missing.")
        self._since = begun

    def _lost(self, why: str) -> None:
        """Say so, once until it is there again."""
        if not self._is_lost:
            self._say(f"The connection is lost ({why}): trying again.")
        self._is_lost = True

    def _refused(self, response: httpx.Response) -> None:
        """Raises `_Later` where it makes sense to try again, else it ends the command."""
        code = response.status_code
        if code == httpx.codes.TOO_MANY_REQUESTS or (response.is_server_error and not is_killed(response)):
            after = response.headers.get("Retry-After", "")
            raise _Later(f"{code} {response.reason_phrase}", float(after) if after.isdecimal() else 0.0)
        if code == httpx.codes.NOT_FOUND and self._last != self._asked_for:
            self._say(f"{self._last} is on record no more: going on with what happens from now on.")
            self._last = self._asked_for = None
            return
        complain(response, None)
        raise click.exceptions.Exit(exit_code(response) or UNUSABLE)


class _Later(Exception):
    def __init__(self, why: str, after_s: float) -> None:
        super().__init__(why)
        self.after_s = after_s


def is_killed(response: httpx.Response) -> bool:
    """True where the key is switched off, which no repeat would change."""
    try:
        error = msgspec.json.decode(response.content, type=Envelope).error
    except UNREADABLE:
        return False
    return error.get("code") == "KILL_SWITCH"


def parse(chunks: Iterable[bytes]) -> Iterator[Message]:
    """Messages of a stream of server-sent events. Only line feeds end a line of ours: a text has others."""
    left, fields = b"", dict[str, bytes]()
    for chunk in chunks:
        *lines, left = (left + chunk).split(b"\n")
        for line in lines:
            if line:
                name, _, value = line.partition(b": ")
                fields[name.decode()] = value
                continue
            if "id" in fields:
                kind, data = fields.get("event", b"message"), fields.get("data", b"")
                yield Message(kind.decode(), fields["id"].decode(), data)
            fields = {}
