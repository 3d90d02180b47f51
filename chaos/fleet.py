"""The product's processes for a run: a dispatcher and workers, ready before any measurement."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

from chaos.environment import BenchServersAndSettings
from chaos.processes import ChildProcess, find_child_log_entry, run_module_for_bench
from chaos.tasks import BENCH_POOL
from db.pool import Pool
from db.server import find_free_port
from schemas.errors import BenchmarkFailed

T = TypeVar("T")

#: Timeout of a process's start.
PROCESS_START_TIMEOUT_S = 300.0
CONDITION_POLL_S = 0.02

#: A worker's connections for its tasks: the default, or more with many slots, so that commits share a flush.
MIN_BENCH_WORKER_CONNECTIONS = 10

COUNT_ACTIVE_BENCH_WORKERS_SQL = "select count(*) from worker where state = 'active' and lease_expires_at > now()"

#: Uses the partial indexes: polling must not cost as much as the measured work.
SELECT_WHETHER_POOL_HAS_RUNNABLE_JOB = """
select exists (select from job where pool = $1 and state = 'running')
    or exists (select from job where pool = $1 and state = 'queued' and stage <> 'scheduled')"""


@contextlib.asynccontextmanager
async def run_bench_dispatcher(environment: BenchServersAndSettings, *, lease_s: float = 15) -> AsyncIterator[None]:
    """Run a dispatcher process while the block runs; the block begins once it is ready."""
    async with run_module_for_bench(environment, "workers.dispatcher", LEASE_S=str(lease_s)) as child:
        await read_logged_port(child, "serving health")
        yield


@contextlib.asynccontextmanager
async def run_workers(
    environment: BenchServersAndSettings,
    pool: str = BENCH_POOL,
    *,
    workers: int = 1,
    slots: int = 20,
    lease_s: float = 15,
    environ: Mapping[str, str] = MappingProxyType({}),
) -> AsyncIterator[list[ChildProcess]]:
    """Run `workers` more worker processes of a pool while the block runs. Yields them once registered."""
    before: int = await environment.pool.fetchval(COUNT_ACTIVE_BENCH_WORKERS_SQL)
    command = ("chaos.worker",) if pool == BENCH_POOL else ("workers", pool)
    own = {
        "SLOTS": str(slots), "POOL_SIZE": str(max(MIN_BENCH_WORKER_CONNECTIONS, slots // 5)),
        "LEASE_S": str(lease_s), "DRAIN_S": "1", **environ,
    }  # fmt: skip
    async with contextlib.AsyncExitStack() as stack:
        children = [
            await stack.enter_async_context(run_module_for_bench(environment, *command, **own)) for _ in range(workers)
        ]

        await wait_for_workers(environment.pool, before + workers)
        yield children


async def wait_for_workers(pool: Pool, count: int) -> None:
    """Wait until `count` active workers are registered. Raise `BenchmarkFailed` after `PROCESS_START_TIMEOUT_S`."""

    async def all_registered() -> bool:
        return bool(await pool.fetchval(COUNT_ACTIVE_BENCH_WORKERS_SQL) >= count)

    await poll_until(all_registered, within=PROCESS_START_TIMEOUT_S)


@contextlib.asynccontextmanager
async def run_bench_api(
    environment: BenchServersAndSettings, app: str | None = None, **environ: str
) -> AsyncIterator[tuple[ChildProcess, int]]:
    """Serve the API, or another app with its server settings; yields the process and its port.

    Another app logs no port, so its port is chosen in advance.
    """
    chosen = find_free_port() if app else 0
    command = ["api", "--port", str(chosen), *(["--app", app] if app else [])]
    async with run_module_for_bench(environment, *command, **environ) as child:
        port = chosen or await read_logged_port(child, "serving")
        await poll_until(lambda: _is_port_accepting_connections(port), within=PROCESS_START_TIMEOUT_S)
        yield child, port


async def wait_until_bench_pool_drained(pool: Pool, *, within: float = 300) -> None:
    """Wait until the bench pool has no running and no due job. Scheduled jobs may remain.

    Raises `BenchmarkFailed` after `within` seconds.
    """
    await poll_until(lambda: _is_bench_pool_drained(pool), within=within, every=0.05)


async def read_logged_port(child: ChildProcess, event: str) -> int:
    """Wait for the line `event` in a child's log and return its port. Raises `BenchmarkFailed` without one.

    A port chosen in advance might be taken before the child binds it.
    """

    async def find_event() -> dict[str, Any] | None:
        return find_child_log_entry(child, event)

    port: int = (await poll_until(find_event, within=PROCESS_START_TIMEOUT_S))["port"]
    return port


async def poll_until(
    condition: Callable[[], Awaitable[T | None]], *, within: float, every: float = CONDITION_POLL_S
) -> T:
    """Poll until `condition` returns a truthy value, and return it. Raises `BenchmarkFailed` at the
    deadline.
    """
    deadline = time.monotonic() + within
    while not (value := await condition()):
        if time.monotonic() > deadline:
            raise BenchmarkFailed(f"a condition of the benchmark was not met within {within:g} s")
        await asyncio.sleep(every)
    return value


async def _is_bench_pool_drained(pool: Pool) -> bool:
    return not await pool.fetchval(SELECT_WHETHER_POOL_HAS_RUNNABLE_JOB, BENCH_POOL)


async def _is_port_accepting_connections(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True
