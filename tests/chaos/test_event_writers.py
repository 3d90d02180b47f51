"""Events sent three times and folded by processes that are killed, in a Postgres that crashes and restarts."""

import asyncio
import contextlib
import random
import sys

import pytest

from db.pool import open_postgres_pool
from tests.domain.events import racing
from tests.servers import ServerPair

pytestmark = [pytest.mark.chaos, pytest.mark.long, pytest.mark.timeout(400)]

NUMBERS, SEED = 48_000, 2

#: Minimal number of batches before a process is killed.
BEFORE_KILL = 50


class Writer:
    """A writer's share of the batches, and its current process."""

    def __init__(self, url: str, number: int) -> None:
        self.words = (url, str(SEED), str(NUMBERS), str(number))
        self.left = set(range(len(racing.batches(SEED, NUMBERS)[number])))
        self.all = set(self.left)
        self.process: asyncio.subprocess.Process | None = None
        self.starts, self.told = 0, 0

    async def run(self) -> None:
        """Restart the process until all is acknowledged; kill the first one in the middle of its work."""
        while self.left:
            self.starts, self.told = self.starts + 1, 0
            command = (sys.executable, "-m", "tests.chaos.event_writer", *self.words)
            self.process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
            )
            await self._listen(self.process)

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin
        assert process.stdout
        with contextlib.suppress(ConnectionError):
            process.stdin.write(" ".join(map(str, self.all - self.left)).encode())
            process.stdin.write_eof()
        async for line in process.stdout:
            if line.endswith(b"\n"):
                self.left.discard(int(line))
                self.told += 1
            if self.starts == 1:
                self.kill()
        await process.wait()

    def kill(self) -> None:
        """Kill the process in the middle of its work: otherwise it might never make progress."""
        if self.process and self.process.returncode is None and self.told > BEFORE_KILL:
            self.process.kill()


class Folder:
    """A process that folds, started again after each end."""

    def __init__(self, url: str) -> None:
        self.command = (sys.executable, "-m", "tests.chaos.event_folder", url)
        self.process: asyncio.subprocess.Process | None = None
        self.starts = 0

    async def run(self, done: asyncio.Event) -> None:
        while not done.is_set():
            self.starts += 1
            self.process = await asyncio.create_subprocess_exec(*self.command, stderr=asyncio.subprocess.DEVNULL)
            if done.is_set():
                self.kill()
            await self.process.wait()

    def kill(self) -> None:
        if self.process and self.process.returncode is None:
            self.process.kill()


async def break_things(servers: ServerPair, writers: list[Writer], folders: list[Folder], done: asyncio.Event) -> None:
    """Kill writers and folders throughout; crash Postgres once, and stop it in order once."""
    dice = random.Random(SEED)
    for deed in range(1_000):
        # All writers make progress between two faults.
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(done.wait(), dice.uniform(0.5, 2))
            return
        dice.choice(writers).kill()
        if deed % 2:
            dice.choice(folders).kill()
        if deed in {3, 7}:
            await asyncio.to_thread(servers.postgres.kill if deed == 3 else servers.postgres.stop)
            await asyncio.to_thread(servers.postgres.start_and_wait_until_ready)


async def test_each_id_is_stored_once_and_counted_once(own_servers: ServerPair) -> None:
    done, url = asyncio.Event(), own_servers.postgres.url
    writers, folders = [Writer(url, number) for number in range(racing.WRITERS)], [Folder(url) for _ in range(2)]
    batches = sum(len(each.left) for each in writers)
    async with open_postgres_pool(url, name="test") as pool:
        others = asyncio.gather(
            break_things(own_servers, writers, folders, done),
            *[folder.run(done) for folder in folders],
            racing.rotate_twice(pool, lambda: 1 - sum(len(each.left) for each in writers) / batches),
            *[racing.disturb(pool, done, seed) for seed in range(2)],
        )
        await asyncio.gather(*[writer.run() for writer in writers])
        done.set()
        for folder in folders:
            folder.kill()
        await others
        async with pool.acquire() as conn:
            await racing.is_exact(conn, NUMBERS)
            assert await conn.fetchval("select n from event_generation") == 2
    assert sum(writer.starts for writer in writers) > racing.WRITERS
    assert sum(folder.starts for folder in folders) > len(folders)
