"""Readers of a stream of webhook events, in the loop of the API."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple, cast
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Litestar

from db.pool import Conn, Pool
from schemas import ids
from tests.api.conftest import poll
from tests.api.disconnecting import call_and_disconnect
from tests.waiting import PATIENCE_S

PATH = "/v1/webhook-events/stream"
EMIT = "select emit_webhook_event($1, $2, $3, $1, null, null)"


async def emit_event(conn: "Conn | Pool", org: UUID, kind: str = "job.failed", project: UUID | None = None) -> str:
    """Emit an event of a deleted object; return an empty id if no subscriber wants it."""
    event_id = await conn.fetchval(EMIT, org, project, kind)
    return ids.format_prefixed_id(ids.WEBHOOK_EVENT_ID_PREFIX, event_id) if event_id else ""


class StreamMessage(NamedTuple):
    id: str
    kind: str
    data: bytes

    @property
    def body(self) -> Any:
        return msgspec.json.decode(self.data)


class StreamReader:
    """A stream's reader. It reads nothing while `takes` is cleared. `left` is set after its stream."""

    def __init__(self) -> None:
        self.sent: list[Any] = []
        self.takes, self.left = asyncio.Event(), asyncio.Event()
        self.takes.set()

    @property
    def text(self) -> bytes:
        return b"".join(one["body"] for one in self.sent if one["type"] == "http.response.body")

    @property
    def messages(self) -> list[StreamMessage]:
        """Return the messages after the first one, `listening`."""
        return [one for one in self._all if one.kind == "message"]

    @property
    def _all(self) -> list[StreamMessage]:
        *blocks, _ = self.text.split(b"\n\n")
        return [parsed for block in blocks if (parsed := _parse(block))]

    async def begun(self) -> StreamMessage:
        """Wait for the first message: from now on no event is missed."""
        [first, *_] = await poll(lambda: self._all)
        return first

    async def told(self, many: int) -> list[str]:
        """Wait for exactly so many messages, and return their ids."""
        await poll(lambda: len(self.messages) >= many)
        ids = [one.id for one in self.messages]
        assert len(ids) == many, ids
        return ids

    async def passed(self, place: str) -> None:
        """Wait until the stream has sent this position, with or without an event."""
        await poll(lambda: f"id: {place}\n".encode() in self.text)

    async def ended(self) -> bytes:
        """Wait for the end of the stream, and return all of its text."""
        await asyncio.wait_for(self.left.wait(), PATIENCE_S)
        return self.text


def _parse(block: bytes) -> StreamMessage | None:
    fields = dict(line.split(b": ", 1) for line in block.split(b"\n"))
    if b"data" not in fields:
        return None
    kind = fields.get(b"event", b"message").decode()
    return StreamMessage(fields[b"id"].decode(), kind, fields[b"data"])


@asynccontextmanager
async def open_reader(app: Litestar, key: str, *, last: str | None = None, **query: str) -> AsyncIterator[StreamReader]:
    """Open a reader that disconnects at the end of the block."""
    reader, hang_up = StreamReader(), asyncio.Event()
    headers = {"X-Api-Key": key} | ({"Last-Event-ID": last} if last else {})

    async def watched(scope: Any, receive: Any, _: Any) -> None:
        async def send(message: Any) -> None:
            reader.sent.append(message)
            await reader.takes.wait()
            if message["type"] == "http.response.body" and not message["more_body"]:
                reader.left.set()
                hang_up.set()

        await app(scope, receive, send)

    asked = urlencode(query).encode()
    task = asyncio.create_task(
        call_and_disconnect(cast("Litestar", watched), "GET", PATH, headers=headers, query=asked, hang_up=hang_up)
    )
    try:
        yield reader
    finally:
        reader.takes.set()
        hang_up.set()
        await asyncio.wait_for(task, PATIENCE_S)
