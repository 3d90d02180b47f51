"""Messages of the DevTools pipe: whole ones however they arrive, and replies to the calls that they belong to."""

import asyncio
from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workers.ingest.render.pipe import BrowserUnusable, DevToolsMessage, DevToolsPipe


class Written:
    """Writer that keeps each command."""

    def __init__(self) -> None:
        self.commands: list[dict[str, Any]] = []

    def write(self, data: bytes) -> None:
        assert data.endswith(b"\0")
        self.commands.append(msgspec.json.decode(data[:-1]))


def open_pipe(limit: int = 1 << 16) -> tuple[DevToolsPipe, asyncio.StreamReader, Written]:
    reader, writer = asyncio.StreamReader(limit), Written()
    return DevToolsPipe(reader, writer), reader, writer  # type: ignore[arg-type]


async def read_all(pipe: DevToolsPipe) -> list[DevToolsMessage]:
    """Return the events before the pipe's end."""
    events = list[DevToolsMessage]()
    with suppress(BrowserUnusable):
        async for event in pipe.iterate_events():
            events.append(event)
    return events


@settings(max_examples=30)
@given(
    texts=st.lists(st.text(st.characters(codec="utf-8")), max_size=5), cuts=st.lists(st.integers(0, 400), max_size=9)
)
async def test_events_arrive_whole_in_any_pieces(texts: list[str], cuts: list[int]) -> None:
    pipe, reader, _ = open_pipe()
    sent = b"".join(msgspec.json.encode({"method": "Page.x", "params": {"text": text}}) + b"\0" for text in texts)
    for start, end in zip([0, *sorted(cuts)], [*sorted(cuts), len(sent)], strict=True):
        reader.feed_data(sent[start:end])
    reader.feed_eof()
    assert [event.params["text"] for event in await read_all(pipe)] == texts


async def test_a_reply_ends_its_own_call_and_is_no_event() -> None:
    pipe, reader, writer = open_pipe()
    calls = [asyncio.ensure_future(pipe.call("Page.enable", {}, "S")), asyncio.ensure_future(pipe.call("Page.bad"))]
    await asyncio.sleep(0)
    assert writer.commands == [
        {"id": 1, "method": "Page.enable", "params": {}, "sessionId": "S"},
        {"id": 2, "method": "Page.bad", "params": {}},
    ]
    reader.feed_data(
        b'{"id":2,"error":{"message":"no such command"}}\0{"id":9,"result":{}}\0{"id":1,"result":{"a":1}}\0'
    )
    reader.feed_eof()
    assert await read_all(pipe) == []
    assert await calls[0] == {"a": 1}
    with pytest.raises(BrowserUnusable, match="no such command"):
        await calls[1]


@pytest.mark.parametrize(
    "sent", [b"", b'{"method":"cut', b"not json\0", b'{"id":"text"}\0', b"[]\0", b"x" * 400 + b"\0"]
)
async def test_an_ended_invalid_or_too_long_message_ends_the_pipe(sent: bytes) -> None:
    pipe, reader, _ = open_pipe(limit=100)
    reader.feed_data(sent)
    reader.feed_eof()
    assert await read_all(pipe) == []
