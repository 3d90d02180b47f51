"""DevTools protocol over a pipe: JSON messages that end with a NUL byte (Chromium's --remote-debugging-pipe)."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from typing import Any

import msgspec

MESSAGE_END = b"\0"


class BrowserUnusable(Exception):
    """Raised if the browser has ended, refuses a command, or sends a message that is too long or invalid."""


class DevToolsMessage(msgspec.Struct, frozen=True, kw_only=True):
    """Message of the browser: the reply to the command `id`, or an event of a session (empty: the browser's)."""

    id: int | None = None
    method: str = ""
    params: dict[str, Any] = {}
    session: str = msgspec.field(default="", name="sessionId")
    result: dict[str, Any] = {}
    error: dict[str, Any] | None = None


class DevToolsPipe:
    """Pipe to one browser. `iterate_events` must run, for `call` to return."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.numbers = itertools.count(1)
        self.calls: dict[int, asyncio.Future[dict[str, Any]]] = {}

    def send(self, method: str, params: dict[str, Any] | None = None, session: str = "") -> int:
        """Send a command without a wait; return its number. Its result is dropped."""
        number = next(self.numbers)
        message = {"id": number, "method": method, "params": params or {}} | ({"sessionId": session} if session else {})
        self.writer.write(msgspec.json.encode(message) + MESSAGE_END)
        return number

    async def call(self, method: str, params: dict[str, Any] | None = None, session: str = "") -> dict[str, Any]:
        """Send a command and return its result. Raises `BrowserUnusable` for an error."""
        number = self.send(method, params, session)
        self.calls[number] = asyncio.get_running_loop().create_future()
        try:
            return await self.calls[number]
        finally:
            del self.calls[number]

    async def iterate_events(self) -> AsyncIterator[DevToolsMessage]:
        """Yield the events, and pass replies to their calls. Raises `BrowserUnusable` at the pipe's end."""
        while True:
            message = await self.read_message()
            waiting = self.calls.get(message.id) if message.id is not None else None
            if waiting and not waiting.done():
                if message.error:
                    waiting.set_exception(BrowserUnusable(str(message.error.get("message", ""))))
                else:
                    waiting.set_result(message.result)
            elif message.method:
                yield message

    async def read_message(self) -> DevToolsMessage:
        try:
            received = await self.reader.readuntil(MESSAGE_END)
            return msgspec.json.decode(received[:-1], type=DevToolsMessage)
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError) as error:
            raise BrowserUnusable("the browser has ended, or its message is too long") from error
        except msgspec.DecodeError as error:
            raise BrowserUnusable("the browser's message is invalid") from error
