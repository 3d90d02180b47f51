"""A worker process of one pool, from its first pull to its drain."""

import asyncio
import contextlib
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field

from db.pool import Pool, open_pool
from db.reach import PASSING
from jobs.courier import Courier, open_courier
from jobs.outcomes import Interrupted
from schemas.errors import SettingsInvalid
from schemas.settings import Settings
from telemetry import logs
from workers.runtime import health
from workers.runtime.background import background
from workers.runtime.completer import Completer
from workers.runtime.heartbeat import Heartbeat
from workers.runtime.listener import listen
from workers.runtime.progress import ProgressWriter
from workers.runtime.puller import Puller
from workers.runtime.runner import Runner, Tasks
from workers.runtime.slots import Slots

#: Connections of our own loops (lease, pull, settle, reports): handlers can't keep these waiting.
OWN_CONNECTIONS = 4
#: A handler that outlives its cancel is canceled again this soon.
AGAIN_S = 1.0

#: Tasks mostly wait for others than Postgres: so many of them share a connection, but all have a few.
TASKS_A_CONNECTION, LEAST_CONNECTIONS = 5, 4

_log = logs.get("pool")


@dataclass(frozen=True, slots=True)
class Stop:
    """`soon` from the first signal to end on, `now` from the second."""

    soon: asyncio.Event = field(default_factory=asyncio.Event)
    now: asyncio.Event = field(default_factory=asyncio.Event)

    def ask(self) -> None:
        (self.now if self.soon.is_set() else self.soon).set()


async def serve(settings: Settings, pool_name: str, tasks: Tasks) -> None:
    """Work until SIGTERM or SIGINT, then drain for up to `drain_s`; a second signal cuts that short."""
    mine = {kind: task for kind, task in tasks.items() if kind.pool == pool_name}
    if not mine:
        raise SettingsInvalid(f"no kind of job runs in a pool named {pool_name}")
    with stop_signals() as stop:
        async with (
            open_pool(settings.database_url, name=f"{pool_name} own", size=OWN_CONNECTIONS) as own,
            open_pool(
                settings.database_url, name=pool_name, size=connections(settings), for_bursts=True
            ) as pool,
            open_courier(settings.redis_url) as courier,
            health.serving(settings.health_port),
        ):
            worker = Worker(settings, pool_name=pool_name, tasks=mine, own=own, pool=pool, courier=courier)
            await worker.run(stop)


def connections(settings: Settings) -> int:
    """Of the tasks. More of them wait for each other's locks: with 20 slots 4 beat 10 (`bench publish`)."""
    return min(settings.pool_size, max(LEAST_CONNECTIONS, settings.slots // TASKS_A_CONNECTION))


class Worker:
    """The parts of a worker process, put together; `own` are our loops' connections, `pool` the handlers'."""

    def __init__(
        self, settings: Settings, *, pool_name: str, tasks: Tasks, own: Pool, pool: Pool, courier: Courier
    ) -> None:
        self.settings, self.pool_name, self.tasks = settings, pool_name, tasks
        self.own, self.pool, self.courier = own, pool, courier
        self.slots = Slots(settings.slots)
        self.heartbeat = Heartbeat(pool_name=pool_name, lease_s=settings.lease_s, pool=own, slots=self.slots)
        self.progress_writer = ProgressWriter(own)
        self.completer = Completer(own, self.slots, self.progress_writer)

    async def run(self, stop: Stop) -> None:
        await self.heartbeat.enter()
        _log.info("working", slots=self.settings.slots, kinds=[kind.name for kind in self.tasks])
        async with asyncio.TaskGroup() as handlers:
            runner = self._runner(handlers)
            async with background(
                self.heartbeat.run(adopt=runner.start, unsettled=self.completer.unsettled),
                self.progress_writer.run(),
                self.completer.run(),
            ):
                await self._take_work(runner, stop)
                await self._drain(stop)
        _log.info("ended")

    def _runner(self, handlers: asyncio.TaskGroup) -> Runner:
        return Runner(
            tasks={kind.name: task for kind, task in self.tasks.items()},
            limits={kind.name: kind.timeout_s for kind in self.tasks},
            lease_left=lambda: self.heartbeat.left_s,
            slots=self.slots,
            pool=self.pool,
            progress_writer=self.progress_writer,
            completer=self.completer,
            group=handlers,
        )

    async def _take_work(self, runner: Runner, stop: Stop) -> None:
        """Until asked to stop; then the pull under way is the last."""
        puller = Puller(
            pool_name=self.pool_name,
            kinds=[*self.tasks],
            pool=self.own,
            slots=self.slots,
            courier=self.courier,
            worker_id=lambda: self.heartbeat.worker_id,
            start=runner.start,
        )
        listening = listen(
            self.settings.redis_url, pool_name=self.pool_name, kinds=[*self.tasks], slots=self.slots
        )
        async with asyncio.TaskGroup() as pulling:
            pulling.create_task(puller.run())
            async with background(listening):
                await stop.soon.wait()
            self.slots.close()

    async def _drain(self, stop: Stop) -> None:
        """Give running jobs their time, then the rest back; then the row goes."""
        _log.info("draining", jobs=len(self.slots.attempts))
        with contextlib.suppress(*PASSING):
            await self.heartbeat.drain()
        await first_of(self.slots.empty, stop.now, within_s=self.settings.drain_s)
        while not self.slots.empty.is_set():
            self.slots.stop_all(Interrupted())
            await first_of(self.slots.empty, within_s=AGAIN_S)
        await first_of(self.completer.settled, within_s=self.settings.lease_s)
        with contextlib.suppress(*PASSING):
            await self.heartbeat.leave()


async def first_of(*events: asyncio.Event, within_s: float) -> None:
    """Wait until one of the events is set, or for so long."""
    waits = [asyncio.create_task(event.wait()) for event in events]
    await asyncio.wait(waits, timeout=within_s, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()


@contextlib.contextmanager
def stop_signals() -> Iterator[Stop]:
    """From here on SIGTERM and SIGINT ask instead of ending the process."""
    stop, loop = Stop(), asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, stop.ask)
    try:
        yield stop
    finally:
        for signum in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(signum)
