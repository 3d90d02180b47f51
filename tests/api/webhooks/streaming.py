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
from tests.api.hang_up import call
from tests.waiting import PATIENCE_S, eventually

PATH = "/v1/webhook-events/stream"
EMIT = "select emit_webhook_event($1, $2, $3, $1, null, null)"


async def emit(conn: "Conn | Pool", org: UUID, kind: str = "job.failed", project: UUID | None = None) -> str:
    """An event of something that isn't there any more; nothing where nobody wants it."""
    event_id = await conn.fetchval(EMIT, org, project, kind)
    return ids.show(ids.WEBHOOK_EVENT, event_id) if event_id else ""


class Message(NamedTuple):
    id: str
    kind: str
    data: bytes

    @property
    def body(self) -> Any:
        return msgspec.json.decode(self.data)


class Reader:
    """What one has taken so far: nothing while `takes` is cleared. `left` once its stream has ended."""

    def __init__(self) -> None:
        self.sent: list[Any] = []
        self.takes, self.left = asyncio.Event(), asyncio.Event()
        self.takes.set()

    @property
    def text(self) -> bytes:
        return b"".join(one["body"] for one in self.sent if one["type"] == "http.response.body")

    @property
    def messages(self) -> list[Message]:
        """But for the first one, that it is listened to."""
        return [one for one in self._all if one.kind == "message"]

    @property
    def _all(self) -> list[Message]:
        *blocks, _ = self.text.split(b"\n\n")
        return [parsed for block in blocks if (parsed := _parse(block))]

    async def begun(self) -> Message:
        """Its first message: from now on nothing is missed."""
        [first, *_] = await eventually(self._come)
        return first

    async def _come(self) -> list[Message]:
        return self._all

    async def told(self, many: int) -> list[str]:
        """The ids of its messages, once there are so many; no more by then."""

        async def come() -> bool:
            return len(self.messages) >= many

        await eventually(come)
        ids = [one.id for one in self.messages]
        assert len(ids) == many, ids
        return ids

    async def passed(self, place: str) -> None:
        """Returns once that place has been told, of an event or without one."""

        async def come() -> bool:
            return f"id: {place}\n".encode() in self.text

        await eventually(come)

    async def ended(self) -> bytes:
        """All that it was sent, once the stream has ended by itself."""
        await asyncio.wait_for(self.left.wait(), PATIENCE_S)
        return self.text


def _parse(block: bytes) -> Message | None:
    fields = dict(line.split(b": ", 1) for line in block.split(b"\n"))
    if b"data" not in fields:
        return None
    kind = fields.get(b"event", b"message").decode()
    return Message(fields[b"id"].decode(), kind, fields[b"data"])


@asynccontextmanager
async def reading(app: Litestar, key: str, *, last: str | None = None, **query: str) -> AsyncIterator[Reader]:
    """A reader, that leaves at the end of the block."""
    reader, hang_up = Reader(), asyncio.Event()
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
        call(cast("Litestar", watched), "GET", PATH, headers=headers, query=asked, hang_up=hang_up)
    )
    try:
        yield reader
    finally:
        reader.takes.set()
        hang_up.set()
        await asyncio.wait_for(task, PATIENCE_S)
