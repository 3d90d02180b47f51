"""A relay before Postgres that falls silent at an exact moment: connections stay open, and no byte passes.

It parses the client's messages, so a test names the moment by some words of a statement.
"""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from enum import Enum, auto
from urllib.parse import urlsplit, urlunsplit

from chaos.loopback_server import serve_loopback_tcp

#: A request for TLS comes before the startup message, and looks like one.
TLS = 80877103


class LostPart(Enum):
    """The lost part of a statement's exchange: the statement or its response."""

    STATEMENT = auto()
    ANSWER = auto()


class PostgresRelay:
    """The relay. `silent` is set after the loss: one connection, or with `whole` each one, is then silent."""

    def __init__(self, database_url: str) -> None:
        self.behind, self.url = urlsplit(database_url), ""
        self.silent, self.whole = asyncio.Event(), False
        self._words, self._loss, self._all = "", LostPart.STATEMENT, False

    def fall_silent_at(self, words: str, loss: LostPart, *, whole: bool = False) -> None:
        """Fall silent at the next statement that has these words, once."""
        self._words, self._loss, self._all = words, loss, whole
        self.silent.clear()

    def loss_of(self, statement: str) -> LostPart | None:
        """Return the loss for this statement, if any; from then on its sender receives nothing."""
        if not self._words or self._words not in statement:
            return None
        self._words, self.whole = "", self._all
        self.silent.set()
        return self._loss

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        behind, onward = await asyncio.open_connection(self.behind.hostname, self.behind.port)
        line = RelayedConnection(self)
        try:
            await asyncio.gather(line.ask(reader, onward), line.answer(behind, writer))
        finally:
            onward.close()


class RelayedConnection:
    """One connection: `mute` once no response gets back, `deaf` once nothing gets to the server either."""

    def __init__(self, relay: PostgresRelay) -> None:
        self._relay, self._prepared = relay, dict[bytes, str]()
        self._mute = self._deaf = False

    async def ask(self, reader: asyncio.StreamReader, onward: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            code = TLS
            while code == TLS:
                size, code = struct.unpack("!ii", head := await reader.readexactly(8))
                self._pass_on(head + await reader.readexactly(size - 8), onward)
            while True:
                kind, size = struct.unpack("!ci", head := await reader.readexactly(5))
                body = await reader.readexactly(size - 4)
                self._read(kind, body)
                self._pass_on(head + body, onward)
                # The messages of a statement are sent together, up to one of these.
                self._deaf |= self._mute and kind in b"QS"
        await self._end(onward)

    async def answer(self, behind: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await behind.read(65536):
                if not (self._mute or self._relay.whole):
                    writer.write(data)
        await self._end(writer)

    def _read(self, kind: bytes, body: bytes) -> None:
        """Fall silent if the message runs the statement; record a prepared one."""
        name, text = [*body.split(b"\0"), b""][:2]
        if kind == b"P":
            self._prepared[name] = text.decode()
        if kind in b"QB":
            loss = self._relay.loss_of(name.decode() if kind == b"Q" else self._prepared.get(text, ""))
            self._mute |= loss is not None
            self._deaf |= loss is LostPart.STATEMENT

    def _pass_on(self, message: bytes, onward: asyncio.StreamWriter) -> None:
        if not (self._deaf or (self._relay.whole and not self._mute)):
            onward.write(message)

    async def _end(self, other: asyncio.StreamWriter) -> None:
        """Close the other side too, unless the connection is silent."""
        if self._mute or self._relay.whole:
            await asyncio.Event().wait()
        other.close()


@asynccontextmanager
async def start_relay(database_url: str) -> AsyncIterator[PostgresRelay]:
    """Start a relay before the Postgres at `database_url`; `url` is its own."""
    relay, parts = PostgresRelay(database_url), urlsplit(database_url)
    async with serve_loopback_tcp(relay.serve) as port:
        host = f"{parts.netloc.rpartition('@')[0]}@127.0.0.1:{port}"
        relay.url = urlunsplit(parts._replace(netloc=host))
        yield relay
