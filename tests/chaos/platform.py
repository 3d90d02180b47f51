"""Fake Personal Data Server on loopback that stores records by key."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests import http_server
from tests.http_server import HttpRequest


class Records:
    """`repos` are the records by repository and key."""

    def __init__(self) -> None:
        self.host = ""
        self.repos: dict[str, dict[str, Any]] = {}

    def texts(self, repo: str) -> list[str]:
        return [record["text"] for record in self.repos.get(repo, {}).values()]

    def put(self, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        there = self.repos.setdefault(asked["repo"], {}).setdefault(asked["rkey"], asked["record"])
        if there != asked["record"]:
            return 400, {"error": "InvalidSwap", "message": "Record was at bafyreiother"}
        return 200, {"uri": uri(asked), "cid": "bafyreiours"}

    def get(self, asked: dict[str, str]) -> tuple[int, dict[str, Any]]:
        found = self.repos.get(asked["repo"], {}).get(asked["rkey"])
        if found is None:
            return 400, {"error": "RecordNotFound", "message": "no such record"}
        return 200, {"uri": uri(asked), "cid": "bafyreiours", "value": found}

    async def answer(self, asked: HttpRequest, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if asked.path.endswith("putRecord"):
            status, said = self.put(asked.json)
        else:
            status, said = self.get(asked.query)
        body = json.dumps(said).encode()
        writer.write(b"HTTP/1.1 %d X\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b" % (status, len(body), body))


def uri(asked: dict[str, Any]) -> str:
    return f"at://{asked['repo']}/{asked['collection']}/{asked['rkey']}"


@asynccontextmanager
async def serving() -> AsyncIterator[Records]:
    records = Records()
    async with http_server.serve(records.answer) as records.host:
        yield records
