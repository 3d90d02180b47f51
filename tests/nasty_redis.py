"""A faulty Redis: it resets, half-responds, closes, or forwards to a real one."""

import asyncio
import itertools
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple
from urllib.parse import urlsplit

from chaos.proxy import FaultProxy, ServerAddress, reset_tcp_connection


class RedisFailure(NamedTuple):
    """A kind of failure. `answer` is sent for any command; `resets`: a reset in the first 2 ms instead."""

    name: str
    answer: bytes = b""
    resets: bool = False


MANNERS = (
    RedisFailure("resets", resets=True),
    RedisFailure("closes"),
    RedisFailure("half a bulk", b"$100\r\nabc"),
    RedisFailure("resets", resets=True),
    RedisFailure("half an array", b"*3\r\n$1\r\na\r\n$"),
    RedisFailure("another protocol", b"HTTP/1.1 400 Bad Request\r\n\r\n"),
    RedisFailure("loads", b"-LOADING Redis is loading the dataset in memory\r\n"),
    RedisFailure("resets", resets=True),
    RedisFailure("can't write", b"-MISCONF Redis is configured to save RDB snapshots\r\n"),
    RedisFailure("no number", b":1x\r\n"),
)


class NastyRedis(FaultProxy):
    """A faulty proxy of Redis. `url` stays the same over all restarts. `behind` is the real one's address."""

    def __init__(self, behind: str) -> None:
        parts = urlsplit(behind)
        super().__init__(ServerAddress(parts.hostname or "", parts.port or 0))
        self._database = parts.path
        self._manners, self._chance = itertools.cycle(MANNERS), random.Random(5)
        self._manner: RedisFailure | None = None
        self._met = asyncio.Semaphore(0)

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.address.port}{self._database}"

    def restart(self, *, well: bool = False) -> None:
        """Cut all connections and serve the next failure, or with `well` forward to the real one."""
        self.stop()
        self._manner = None if well else next(self._manners)
        self.start()

    async def met(self, count: int) -> None:
        """Wait for `count` connections since the last `met`."""
        for _ in range(count):
            await self._met.acquire()

    async def relay_connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._met.release()
        if self._manner is None:
            await super().relay_connection(reader, writer)
            return
        self._writers.add(writer)
        try:
            if self._manner.resets:
                await asyncio.sleep(self._chance.uniform(0, 0.002))
                reset_tcp_connection(writer)
            elif await reader.read(1):
                writer.write(self._manner.answer)
                await writer.drain()
        finally:
            self._writers.discard(writer)


@asynccontextmanager
async def serving(behind: str) -> AsyncIterator[NastyRedis]:
    """Start a proxy of the Redis at `behind`; at first it forwards."""
    nasty = NastyRedis(behind)
    nasty.restart(well=True)
    try:
        yield nasty
    finally:
        await nasty.end()
