"""A receiver of webhooks on loopback, with any good or bad behavior."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests import http_server
from tests.http_server import HttpRequest
from tests.workers.web.web import Script, raw_response, silence


class WebhookReceiver:
    """The receiver. `asked` logs the attempts. `behave` handles each; the connection is closed afterwards."""

    def __init__(self, behave: Script) -> None:
        self.host, self.behave = "", behave
        self.asked: list[HttpRequest] = []

    @property
    def url(self) -> str:
        return f"http://{self.host}/hook"

    @property
    def times(self) -> Counter[str]:
        """Return the number of deliveries of each event."""
        return Counter(asked.headers["webhook-id"] for asked in self.asked)


@asynccontextmanager
async def receiving(behave: Script) -> AsyncIterator[WebhookReceiver]:
    receiver = WebhookReceiver(behave)

    async def handle(asked: HttpRequest, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        receiver.asked.append(asked)
        await receiver.behave(reader, writer)

    async with http_server.serve(handle) as receiver.host:
        yield receiver


#: Reads all and sends nothing, until the sender leaves.
hangs = silence


def sends(answer: bytes) -> Script:
    async def send(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)

    return send


def says(status: int, **headers: str) -> Script:
    return sends(raw_response(status, **headers))
