"""A Personal Data Server's records on loopback: what was put under which key, whoever asked how often."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests import http_server
from tests.http_server import Asked


class Records:
    """`repos` are the records by repository and key. In a held one, puts get no answer until `let_go`."""

    def __init__(self) -> None:
        self.host = ""
        self.repos: dict[str, dict[str, Any]] = {}
        self.puts = 0
        self.held: set[str] = set()
        self._go = asyncio.Event()

    def let_go(self) -> None:
        self._go.set()

    async def put(self, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        repo = self.repos.setdefault(asked["repo"], {})
        there = repo.setdefault(asked["rkey"], asked["record"])
        self.puts += 1
        if asked["repo"] in self.held:
            await self._go.wait()
        if there != asked["record"]:
            return 400, {"error": "InvalidSwap", "message": "Record was at bafyreiother"}
        return 200, {"uri": uri(asked), "cid": "bafyreiours"}

    async def get(self, asked: dict[str, str]) -> tuple[int, dict[str, Any]]:
        found = self.repos.get(asked["repo"], {}).get(asked["rkey"])
        if found is None:
            return 400, {"error": "RecordNotFound", "message": "no such record"}
        return 200, {"uri": uri(asked), "cid": "bafyreiours", "value": found}

    async def answer(self, asked: Asked, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if asked.path.endswith("putRecord"):
            status, said = await self.put(asked.json)
        else:
            status, said = await self.get(asked.query)
        body = json.dumps(said).encode()
        writer.write(
            b"HTTP/1.1 %d X\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b" % (status, len(body), body)
        )


def uri(asked: dict[str, Any]) -> str:
    return f"at://{asked['repo']}/{asked['collection']}/{asked['rkey']}"


@asynccontextmanager
async def serving() -> AsyncIterator[Records]:
    records = Records()
    async with http_server.serve(records.answer) as records.host:
        yield records
        records.let_go()
