"""Worker process of one pool, from its first pull to its drain."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import NamedTuple

from db.pool import Pool, open_postgres_pool
from db.reach import TRANSIENT_POSTGRES_ERRORS
from db.wait_for_postgres import retry_until_postgres_answers
from jobs.courier import WakeCourier, open_redis_wake_courier
from jobs.outcomes import Interrupted
from processes.image import PROCESS_WITHOUT_IMAGE, ServingProcessFacts
from schemas.errors import SettingsInvalid
from schemas.settings import Settings
from telemetry import health, logs
from workers.runtime import heartbeat
from workers.runtime.background import run_background_loops_during_block
from workers.runtime.completer import JobOutcomeWriter
from workers.runtime.heartbeat import WorkerHeartbeat
from workers.runtime.listener import listen_for_wakes
from workers.runtime.progress import JobProgressWriter
from workers.runtime.puller import JobPuller
from workers.runtime.runner import AttemptRunner, TasksByKind
from workers.runtime.server_slots import RemoteServerSlots
from workers.runtime.shutdown import StopSoonOrNowRequest, handle_stop_signals, wait_for_asyncio_event
from workers.runtime.slots import WorkerSlots

#: Connections of the worker's own loops (lease, pull, settle, progress), separate from those of tasks.
WORKER_LOOP_DATABASE_CONNECTION_COUNT = 4
#: Seconds until a task that ignores its cancel is canceled again.
TASK_CANCEL_RETRY_S = 1.0

#: Slots that share a connection, since tasks rarely wait for Postgres.
SLOTS_PER_DB_CONNECTION = 5
MIN_TASK_DB_CONNECTIONS = 4

_log = logs.get_logger("pool")


async def serve_worker(
    settings: Settings, pool_name: str, tasks: TasksByKind, process: ServingProcessFacts = PROCESS_WITHOUT_IMAGE
) -> None:
    """Run the jobs of a pool until SIGTERM or SIGINT, then drain for up to the setting `drain_s`.

    Serve its health meanwhile, and report to the image of `process` once it pulls jobs. A second signal cuts the drain
    short. Raise `SettingsInvalid` without tasks.
    """
    pool_tasks = {kind: task for kind, task in tasks.items() if kind.pool == pool_name}
    if not pool_tasks:
        raise SettingsInvalid(f"no kind of job runs in a pool named {pool_name}")
    with handle_stop_signals() as stop:
        async with (
            open_redis_wake_courier(settings.redis_url) as courier,
            health.serve_process_health(
                settings.health_port,
                process,
                setting="HEALTH_PORT",
                host=settings.health_host,
                hosts=settings.allowed_request_hosts,
            ),
            AsyncExitStack() as stack,
        ):
            enter = stack.enter_async_context
            opened = await retry_until_postgres_answers(
                lambda: enter(open_worker_postgres_pools(settings, pool_name)), stop.soon
            )
            if opened:
                worker = WorkerRuntime(settings, pool_name=pool_name, tasks=pool_tasks, pools=opened, courier=courier)
                await worker.run(stop, on_registered=process.report_serving)


class WorkerPostgresPools(NamedTuple):
    """Connection pools: `own` for the worker's loops, `shared` for its tasks."""

    own: Pool
    shared: Pool


@asynccontextmanager
async def open_worker_postgres_pools(settings: Settings, pool_name: str) -> AsyncIterator[WorkerPostgresPools]:
    """Open a worker's two connection pools to the main database: for its own loops, and for its tasks.

    Raises as `open_postgres_pool` does.
    """
    # On a silent network a statement fails after a timeout, and Postgres ends the session of a silent worker.
    patience_s = heartbeat.compute_postgres_silence_timeout_s(settings.lease_s)
    open_pool = partial(open_postgres_pool, settings.database_url, command_timeout=patience_s, patience_s=patience_s)
    async with (
        open_pool(name=f"{pool_name} own", size=WORKER_LOOP_DATABASE_CONNECTION_COUNT) as own,
        open_pool(name=pool_name, size=compute_task_connection_pool_size(settings), for_bursts=True) as shared,
    ):
        yield WorkerPostgresPools(own, shared)


def compute_task_connection_pool_size(settings: Settings) -> int:
    """Return the number of database connections that a worker's tasks share: by its slots, `pool_size` at most.

    For 20 slots 4 connections beat 10: with more, more tasks wait for locks (bench publish).
    """
    return min(settings.pool_size, max(MIN_TASK_DB_CONNECTIONS, settings.slots // SLOTS_PER_DB_CONNECTION))


class WorkerRuntime:
    """A worker process: it builds its parts, and runs them from the first pull to the drain."""

    def __init__(
        self,
        settings: Settings,
        *,
        pool_name: str,
        tasks: TasksByKind,
        pools: WorkerPostgresPools,
        courier: WakeCourier,
    ) -> None:
        self.settings, self.pool_name, self.tasks = settings, pool_name, tasks
        self.pools, self.courier = pools, courier
        self.slots = WorkerSlots(settings.slots)
        self.heartbeat = WorkerHeartbeat(
            pool_name=pool_name, lease_s=settings.lease_s, pool=pools.own, slots=self.slots
        )
        self.progress_writer = JobProgressWriter(pools.own)
        self.completer = JobOutcomeWriter(pools.own, self.slots, self.progress_writer)

    async def run(self, stop: StopSoonOrNowRequest, *, on_registered: Callable[[], None] = lambda: None) -> None:
        if not await retry_until_postgres_answers(self.heartbeat.register_worker, stop.soon):
            return
        on_registered()
        _log.info("working", slots=self.settings.slots, kinds=[kind.name for kind in self.tasks])
        async with asyncio.TaskGroup() as group:
            runner = self._build_runner(group)
            async with run_background_loops_during_block(
                self.heartbeat.run(adopt=runner.start_attempt, unsettled=self.completer.unsettled),
                self.progress_writer.run(),
                self.completer.run(),
            ):
                await self._pull_until_stopped(runner, stop)
                await self._drain(stop)
        _log.info("ended")

    def _build_runner(self, group: asyncio.TaskGroup) -> AttemptRunner:
        return AttemptRunner(
            tasks={kind.name: task for kind, task in self.tasks.items()},
            limits={kind.name: kind.timeout_s for kind in self.tasks},
            lease_left=lambda: self.heartbeat.lease_left_s,
            slots=self.slots,
            servers=RemoteServerSlots(self.slots),
            pool=self.pools.shared,
            progress_writer=self.progress_writer,
            completer=self.completer,
            group=group,
        )

    async def _pull_until_stopped(self, runner: AttemptRunner, stop: StopSoonOrNowRequest) -> None:
        """Claim and run jobs until a stop is requested. The pull under way is then the last."""
        puller = JobPuller(
            pool_name=self.pool_name,
            kinds=[*self.tasks],
            pool=self.pools.own,
            slots=self.slots,
            courier=self.courier,
            worker_id=lambda: self.heartbeat.worker_id,
            start=runner.start_attempt,
        )
        listening = listen_for_wakes(
            self.settings.redis_url, pool_name=self.pool_name, kinds=[*self.tasks], slots=self.slots
        )
        async with asyncio.TaskGroup() as pulling:
            pulling.create_task(puller.run())
            async with run_background_loops_during_block(listening):
                await stop.soon.wait()
            self.slots.stop_pulling()

    async def _drain(self, stop: StopSoonOrNowRequest) -> None:
        """Let the running jobs end within the setting `drain_s`, then interrupt the others: they are queued again.

        Wait until all outcomes are settled, at most for a lease, and delete the worker's row.
        """
        _log.info("draining", jobs=len(self.slots.attempts))
        with contextlib.suppress(*TRANSIENT_POSTGRES_ERRORS):
            await self.heartbeat.mark_draining()
        await wait_for_asyncio_event(self.slots.empty, stop.now, within_s=self.settings.drain_s)
        while not self.slots.empty.is_set():
            self.slots.stop_all_attempts(Interrupted())
            await wait_for_asyncio_event(self.slots.empty, within_s=TASK_CANCEL_RETRY_S)
        await wait_for_asyncio_event(self.completer.settled, within_s=self.settings.lease_s)
        with contextlib.suppress(*TRANSIENT_POSTGRES_ERRORS):
            await self.heartbeat.delete_worker_row()
