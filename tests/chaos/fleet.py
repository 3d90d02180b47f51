"""Real processes to kill, and jobs that leave one effect each."""

import os
import signal
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from db.pool import Conn, Pool, open_postgres_pool
from jobs import ledger
from jobs.courier import WakeCourier, open_redis_wake_courier
from jobs.kinds import JobKindSpec
from schemas.settings import Settings
from tests import seeds
from tests.api_process import find_address
from tests.chaos import forkserver
from tests.chaos.forkserver import Forked
from tests.chaos.worker import EFFECT, POOL, SCHEMA, name_of
from tests.process_tree import alive, descendants, kill_all
from tests.servers import environment
from tests.waiting import PATIENCE_S, eventually, until

#: A lease longer than any stall of the machine, for workers that must lose no job.
LONG_S = 120.0


@dataclass
class Process:
    """A worker, a dispatcher or an API."""

    popen: Forked
    log: Path

    def signal(self, signum: signal.Signals) -> None:
        self.popen.send_signal(signum)

    def kill(self) -> None:
        """Kill the process and its descendants with SIGKILL, the parent first, and wait for their end."""
        family = descendants(self.popen.pid)
        self.popen.kill()
        kill_all(family)
        self.popen.wait()
        until(lambda: not any(map(alive, family)))

    async def exited(self, *, within: float = PATIENCE_S) -> int:
        """Wait for the process's end; return its exit code."""

        async def ended() -> bool:
            return self.popen.poll() is not None

        await eventually(ended, within=within)
        assert self.popen.returncode is not None
        return self.popen.returncode


@dataclass
class Fleet:
    settings: Settings
    folder: Path
    pool: Pool
    courier: WakeCourier
    org: UUID
    processes: list[Process] = field(default_factory=list)

    # Processes

    def allow(self, host: str, **more: Any) -> None:
        """Let processes that start from now on connect to this host; they store files in the fleet's folder."""
        assets_url = f"file://{self.folder / 'media'}"
        self.settings = msgspec.structs.replace(self.settings, fetch_allow=host, assets_url=assets_url, **more)

    async def worker(self, **settings: Any) -> Process:
        """Start a worker, once registered; with `lease_s=LONG_S` no stall makes it lose a job."""
        return await self._known("tests.chaos.worker", settings)

    def forked_workers(self, **settings: Any) -> Process:
        """Start the parent of several workers."""
        return self._spawn("tests.chaos.forked_workers", settings)

    def forked_workers_of_product(self, pool: str, count: int) -> Process:
        """Start the parent of several workers of one of the product's own pools."""
        return self._spawn("workers", {}, pool, "--processes", str(count))

    async def waiting_worker(self) -> Process:
        """Start a worker and wait until it logs that Postgres is away."""
        process = self._spawn("tests.chaos.worker", {})
        await eventually(lambda: _says(process, "Postgres is away"))
        return process

    async def publisher(self, **settings: Any) -> Process:
        """Start a worker that publishes."""
        return await self._known("tests.chaos.publisher", settings)

    async def of_product(self, pool: str, **settings: Any) -> Process:
        """Start a worker of one of the product's own pools, as in the Procfile."""
        return await self._known("workers", settings, pool)

    async def _known(self, module: str, settings: dict[str, Any], *words: str) -> Process:
        process = self._spawn(module, settings, *words)
        await self._until(process, "select exists (select from worker where pid = $1)", process.popen.pid)
        return process

    async def dispatcher(self) -> Process:
        process = self._spawn("workers.dispatcher", {})
        # It logs this once it is ready.
        await eventually(lambda: _says(process, "serving health"))
        return process

    async def api(self, port: int) -> Process:
        """Start an API on the port, which another API may have just left."""
        process = self._spawn("api", {}, "--port", str(port))
        await eventually(lambda: _says(process, "serving"))
        return process

    async def serve_api(self) -> str:
        """Start an API, and return its address."""
        process = self._spawn("api", {}, "--port", "0")

        async def address() -> str:
            return find_address(process.popen, process.log)

        return await eventually(address)

    async def pause(self, pool: str = POOL, *, paused: bool) -> None:
        await self.pool.execute("update pool set paused = $1 where name = $2", paused, pool)

    async def bury(self, worker: Process) -> None:
        """Expire the worker's lease."""
        ended = "update worker set lease_expires_at = now() where pid = $1"
        await self.pool.execute(ended, worker.popen.pid)

    async def hung_up(self) -> None:
        """Wait until Postgres has closed every worker's connections and statements."""
        asked = """
            select not exists (
              select from pg_stat_activity
               where datname = current_database() and application_name in ($1, $1 || ' own'))"""

        async def true() -> bool:
            return bool(await self.pool.fetchval(asked, POOL))

        await eventually(true)

    def _spawn(self, module: str, changes: dict[str, Any], *words: str) -> Process:
        log = self.folder / f"{module}.{len(self.processes)}.log"
        own = environment(msgspec.structs.replace(self.settings, **changes))
        self.processes.append(Process(forkserver.start([module, *words], {**os.environ, **own}, log), log))
        return self.processes[-1]

    async def _until(self, process: Process, question: str, *values: Any) -> None:
        async def true() -> bool:
            assert process.popen.poll() is None, process.log.read_text()
            return bool(await self.pool.fetchval(question, *values))

        await eventually(true)

    def end(self) -> None:
        for process in self.processes:
            process.signal(signal.SIGCONT)
            process.kill()

    # Jobs

    async def submit(
        self,
        count: int = 1,
        *,
        kind: JobKindSpec = EFFECT,
        pauses: Iterable[str] = (),
        run_at: datetime | None = None,
        takes_s: float = 0,
    ) -> list[UUID]:
        """Commit `count` jobs, and send a wake-up for each, as the API does."""
        args = {"folder": str(self.folder), "pauses": [*pauses], "takes_s": takes_s}
        async with self.pool.acquire() as conn:
            submitted = [await self._submit(conn, kind, args, run_at) for _ in range(count)]
        for one in submitted:
            if one.wake:
                await self.courier.send_or_queue_wake(one.wake)
        return [one.job_id for one in submitted]

    async def _submit(
        self, conn: Conn, kind: JobKindSpec, args: dict[str, Any], run_at: datetime | None
    ) -> ledger.SubmittedJob:
        return await ledger.submit_job(
            conn, kind=kind, organization_id=self.org, project_id=None, args=args, run_at=run_at
        )

    def go(self) -> None:
        """Release paused attempts."""
        (self.folder / "go").touch()

    async def reached(self, point: str, job_ids: Iterable[UUID], *, fence: int = 1, within: float = PATIENCE_S) -> None:
        """Wait until an attempt of each job has passed the point."""
        await self.appeared((name_of(job_id, fence, point) for job_id in job_ids), within=within)

    async def appeared(self, names: Iterable[str], *, within: float = PATIENCE_S) -> None:
        """Wait until all these files are there."""
        wanted = {*names}

        async def all_left() -> bool:
            return wanted <= self.left()

        await eventually(all_left, within=within)

    def left(self) -> set[str]:
        """Return the files that attempts have left so far."""
        return {path.name for path in self.folder.iterdir()}

    async def completed(self, job_ids: Iterable[UUID], *, within: float = PATIENCE_S) -> list[asyncpg.Record]:
        """Wait until all jobs are completed; return their rows. Asserts exactly one effect for each job."""
        wanted = [*job_ids]

        async def all_ended() -> bool:
            question = "select count(*) from job where id = any($1) and finished_at is not null"
            return bool(await self.pool.fetchval(question, wanted) == len(wanted))

        await eventually(all_ended, within=within)
        rows = await self.rows(wanted)
        assert {row["state"] for row in rows} == {"completed"}
        await self.assert_effects(wanted)
        return rows

    async def rows(self, job_ids: Iterable[UUID]) -> list[asyncpg.Record]:
        return await self.pool.fetch("select * from job where id = any($1) order by id", [*job_ids])

    async def assert_effects(self, job_ids: Iterable[UUID]) -> None:
        """Assert that no effect is lost or doubled."""
        counts = await self.pool.fetch("select job_id, count(*) from effect group by 1")
        assert {row["job_id"]: row["count"] for row in counts if row["count"] != 1} == {}
        assert {*job_ids} <= {row["job_id"] for row in counts}


async def _says(process: Process, words: str) -> bool:
    assert process.popen.poll() is None, process.log.read_text()
    return words in process.log.read_text()


@asynccontextmanager
async def open_fleet(settings: Settings, folder: Path) -> AsyncIterator[Fleet]:
    """Open a fleet without processes on these servers; stop its processes at the end."""
    async with (
        open_postgres_pool(settings.database_url, name="chaos test") as pool,
        open_redis_wake_courier(settings.redis_url) as courier,
    ):
        await pool.execute(SCHEMA)
        async with pool.acquire() as conn:
            org = await seeds.organization(conn)
        fleet = Fleet(settings, folder, pool, courier, org)
        try:
            yield fleet
        finally:
            fleet.end()
