"""Backoff of the event stream: it grows until a connection lasts or delivers an event."""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import Iterator
from contextlib import suppress

import pytest

from chaos.loopback_server import serve_loopback_tcp
from cli.shared.event_stream import (
    FIRST_STREAM_RECONNECT_WAIT_S,
    MAX_STREAM_RECONNECT_WAIT_S,
    MIN_STABLE_STREAM_CONNECTION_S,
    ReconnectingWebhookSseStream,
)
from cli.shared.remote import ApiAddressAndKey

#: Fate of a connection: cut or ended at its start, cut after a while, cut after an event, or refused.
CUT, ENDED, LIVED, TOLD, AWAY = "cut", "ended", "lived", "told", "away"

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"
LISTENING = b'id: evt_0\nevent: listening\ndata: {"since": "2026-01-05T07:00:00Z"}\n\n'
EVENT = b"id: evt_1\ndata: {}\n\n"


class Over(Exception):
    """End of the script."""


class Stage:
    """Fake API with a script for each connection, and its own clock."""

    def __init__(self, script: list[str]) -> None:
        self.script, self.waits, self.now = iter(script), list[float](), 0.0
        self._left, self._loop = len(script), asyncio.get_running_loop()
        self._seen = asyncio.Queue[None]()

    async def answer(self, reader: StreamReader, writer: StreamWriter) -> None:
        what = next(self.script)
        await reader.readuntil(b"\r\n\r\n")
        if what != AWAY:
            writer.write(HEAD + LISTENING)
            await self._seen.get()
        if what == TOLD:
            writer.write(EVENT)
            await self._seen.get()
        if what == LIVED:
            self.now += MIN_STABLE_STREAM_CONNECTION_S
        if what != ENDED:
            writer.transport.abort()

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        if len(self.waits) == self._left:
            raise Over

    def say(self, text: str) -> None:
        if text == "Ready." or text.startswith("Reconnected"):
            self.seen()

    def seen(self) -> None:
        """Signal from the reader's thread that it has read the last message."""
        self._loop.call_soon_threadsafe(self._seen.put_nowait, None)


async def waits(script: list[str]) -> list[float]:
    stage = Stage(script)
    async with serve_loopback_tcp(stage.answer) as port:
        remote = ApiAddressAndKey(f"http://127.0.0.1:{port}", "key")
        stream = ReconnectingWebhookSseStream(
            remote, {}, after=None, say=stage.say, clock=lambda: stage.now, sleep=stage.sleep
        )

        def read() -> None:
            with suppress(Over):
                for _ in stream.iterate_events():
                    stage.seen()

        await asyncio.to_thread(read)
    return stage.waits


def longest(script: list[str]) -> Iterator[float]:
    """Yield the longest wait after each connection; the shortest is half of it."""
    bound = FIRST_STREAM_RECONNECT_WAIT_S
    for what in script:
        if what in {LIVED, TOLD}:
            bound = FIRST_STREAM_RECONNECT_WAIT_S
        yield bound
        bound = min(MAX_STREAM_RECONNECT_WAIT_S, 2 * bound)


@pytest.mark.parametrize("what", [CUT, ENDED, AWAY])
async def test_the_backoff_grows_until_a_connection_lasts_or_delivers_an_event(what: str) -> None:
    script = [*[what] * 11, LIVED, what, what, TOLD, what]
    measured = await waits(script)
    bounds = [*longest(script)]
    assert max(bounds) == MAX_STREAM_RECONNECT_WAIT_S
    assert all(bound / 2 <= wait <= bound for wait, bound in zip(measured, bounds, strict=True)), measured
    assert len({wait / bound for wait, bound in zip(measured, bounds, strict=True)}) > 1
