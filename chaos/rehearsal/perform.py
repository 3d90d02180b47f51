"""Runner of a rehearsal, from its servers' start to the count."""

import asyncio
import contextlib
import logging
import shutil
import signal
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from asyncpg import Record

from chaos import backlog, fleet
from chaos.environment import BENCH_KEYRING, BenchServersAndSettings
from chaos.receiver import run_effect_receiver
from chaos.rehearsal import hosts as hosting
from chaos.rehearsal import recovery, tally
from chaos.rehearsal.faults import FaultInjector, RehearsalDatabaseServers
from chaos.rehearsal.hosts import RehearsalHost, RehearsalHostsByRole
from chaos.rehearsal.load import RehearsalJobSpec, generate_rehearsal_job_specs
from chaos.rehearsal.schedule import ScheduledFault, schedule_rehearsal_faults
from chaos.rehearsal.submitter import RehearsalJobSubmitter, open_pool_and_courier
from chaos.rehearsal.tally import RehearsedJobsTally
from db import local
from db.migrate import migrate_databases
from db.pool import open_postgres_pool
from db.reach import TRANSIENT_POSTGRES_ERRORS, convert_postgres_away_errors
from schemas.settings import Settings
from workers.runtime.background import run_background_loops_during_block
from workers.runtime.shutdown import StopSoonOrNowRequest, handle_stop_signals, wait_for_asyncio_event

#: Processes and submitters by role.
REHEARSAL_HOST_COUNT_BY_ROLE = {"worker": 4, "dispatcher": 2, "submitter": 2}
REHEARSAL_TENANT_COUNT = 10

#: Time after the load until every job must have ended.
REHEARSAL_DRAIN_TIMEOUT_S = 120.0
#: Pause between two polls.
REHEARSAL_WATCH_PAUSE_S = 1.0

#: Only processes die here, not the machine, so unsynced writes survive in the page cache. With fsync a
#: crashed server's recovery syncs file by file while other processes keep the disk busy.
NO_FSYNC_SETTINGS = {"fsync": "off"}

#: Count of finished jobs, without jobs of chains.
COUNT_FINISHED_JOBS = "select count(*) from job where finished_at is not null and args ->> 'key' not like '%>'"
#: Whether any job is open.
SELECT_WHETHER_ANY_JOB_IS_OPEN = "select exists (select from job where finished_at is null)"
SELECT_WORKER_PROCESS_IDS = "select id, pid from worker"


class RehearsalDurationAndSeed(NamedTuple):
    """`seconds` of load under the faults of `seed`."""

    seconds: float
    seed: int


class RehearsalProgressCounts(NamedTuple):
    """Progress of a rehearsal. `ended` counts finished jobs at the last successful query."""

    elapsed_s: float
    phase: str
    faults: int
    accepted: int
    ended: int


class RehearsalProgressCallbacks(NamedTuple):
    """Callbacks of a rehearsal: `fault` gets a line for each fault, `look` the periodic progress."""

    fault: Callable[[str], None]
    look: Callable[[RehearsalProgressCounts], None]


class RehearsalReport(NamedTuple):
    """Outcome of a rehearsal; `took_s` includes the drain. `logs` is set if something is wrong.

    `interrupted`: a signal cut the load or the wait for open jobs short; `hurried`: one cut that wait short.
    """

    plan: RehearsalDurationAndSeed
    took_s: float
    jobs: RehearsedJobsTally
    fenced: int
    died: Sequence[str]
    faults: Mapping[str, int]
    recovery_s: Sequence[float]
    interrupted: bool
    hurried: bool
    logs: Path | None = None

    @property
    def passed(self) -> bool:
        """Return whether no job is lost, doubled or (unless `hurried`) open, and no process died without fault."""
        return not (self.jobs.anomalies or self.died or (self.jobs.open and not self.hurried))


@dataclass
class Rehearsal:
    """A rehearsal in progress."""

    plan: RehearsalDurationAndSeed
    listeners: RehearsalProgressCallbacks
    stop: StopSoonOrNowRequest
    environment: BenchServersAndSettings
    hosts: RehearsalHostsByRole
    faults: FaultInjector
    load: Iterator[RehearsalJobSpec]
    accepted: dict[str, UUID] = field(default_factory=dict)
    host_of: dict[UUID, str] = field(default_factory=dict)
    ended: int = 0
    phase: str = "load"
    interrupted: bool = False
    timed_out: bool = False
    began: float = field(default_factory=time.monotonic)

    async def run(self) -> None:
        """Run the load under faults, then wait for open jobs, up to `REHEARSAL_DRAIN_TIMEOUT_S`."""
        async with run_background_loops_during_block(self._watch_processes_and_jobs()):
            await self._run_load()
            self.phase = "drain"
            while not self.stop.now.is_set() and await self._is_any_job_open():
                await wait_for_asyncio_event(self.stop.now, within_s=REHEARSAL_WATCH_PAUSE_S)

    async def _run_load(self) -> None:
        """Run submitters and faults until the time is up or a signal arrives.

        The submitters then finish their open requests.
        """
        async with asyncio.TaskGroup() as group:
            for host in self.hosts.submitters:
                group.create_task(self._submit_jobs_through_host_proxies(host))
            for scheduled in schedule_rehearsal_faults(self.plan.seed, self.plan.seconds):
                group.create_task(self._inject_at_its_time(scheduled))
            await wait_for_asyncio_event(self.stop.soon, within_s=self.plan.seconds)
            self.interrupted = self.stop.soon.is_set()
            self.stop.soon.set()
            self.phase = "last faults"
            asyncio.get_running_loop().call_later(REHEARSAL_DRAIN_TIMEOUT_S, self._end_job_drain_at_timeout)

    def _end_job_drain_at_timeout(self) -> None:
        self.timed_out = not self.stop.now.is_set()
        self.stop.now.set()

    async def _inject_at_its_time(self, scheduled: ScheduledFault) -> None:
        await wait_for_asyncio_event(self.stop.soon, within_s=scheduled.at_s)
        if not self.stop.soon.is_set():
            await self.faults.inject(scheduled)

    async def _submit_jobs_through_host_proxies(self, host: RehearsalHost) -> None:
        async with open_pool_and_courier(*host.build_proxied_server_urls()) as (pool, courier):
            await RehearsalJobSubmitter(self.load, self.accepted).run(pool, courier, self.stop)

    async def _is_any_job_open(self) -> bool:
        with contextlib.suppress(*TRANSIENT_POSTGRES_ERRORS), convert_postgres_away_errors():
            return bool(await self.environment.pool.fetchval(SELECT_WHETHER_ANY_JOB_IS_OPEN))
        return True

    async def _watch_processes_and_jobs(self) -> None:
        """Restart dead processes, count finished jobs, and report progress to the listeners, each second."""
        while True:
            for host in self.hosts.worker_and_dispatcher_hosts:
                await host.restart_if_dead()
            with contextlib.suppress(*TRANSIENT_POSTGRES_ERRORS), convert_postgres_away_errors():
                self.ended = await self.environment.pool.fetchval(COUNT_FINISHED_JOBS)
                self._record_host_of_each_worker(await self.environment.pool.fetch(SELECT_WORKER_PROCESS_IDS))
            self.listeners.look(
                RehearsalProgressCounts(
                    time.monotonic() - self.began,
                    self.phase,
                    len(self.faults.injected),
                    len(set(self.accepted.values())),
                    self.ended,
                )
            )
            await asyncio.sleep(REHEARSAL_WATCH_PAUSE_S)

    def _record_host_of_each_worker(self, workers: Sequence[Record]) -> None:
        """Record in `host_of` the host of each worker in the ledger: the host with the worker's process id."""
        for worker in workers:
            for host in self.hosts.workers:
                if worker["pid"] in host.pids:
                    self.host_of.setdefault(worker["id"], host.name)

    async def build_report(self, calls_by_job: Mapping[str, int]) -> RehearsalReport:
        """Return the rehearsal's report, with its jobs counted after the processes have ended."""
        pool, log = self.environment.pool, self.environment.folder / f"{hosting.REHEARSAL_WORKER_MODULE}.log"
        attempts, hurried = await recovery.read_job_attempts(pool), self.stop.now.is_set() and not self.timed_out
        return RehearsalReport(
            self.plan,
            round(time.monotonic() - self.began, 1),
            tally.tally_rehearsed_jobs(await tally.read_rehearsed_jobs(pool), self.accepted, calls_by_job),
            recovery.count_fenced_attempts(log, attempts),
            [line for host in self.hosts.worker_and_dispatcher_hosts for line in host.died],
            Counter(injected.fault.value for injected in self.faults.injected),
            recovery.compute_interrupted_job_recovery_times_s(attempts, self.faults.injected, self.host_of),
            self.interrupted or hurried,
            hurried,
        )


async def perform_rehearsal(plan: RehearsalDurationAndSeed, listeners: RehearsalProgressCallbacks) -> RehearsalReport:
    """Run a rehearsal on its own servers and processes, stop them all, and return the report.

    A signal during the load ends load and faults; the next one, or one after the load, ends the wait for open
    jobs. Raises `LocalServerUnavailable`, or `BenchmarkFailed` if a process doesn't start.
    """
    # Lost connections are the point of a rehearsal, so asyncpg's log of them is off.
    logging.getLogger("asyncpg").setLevel(logging.CRITICAL)
    with tempfile.TemporaryDirectory(prefix="tenantry-rehearsal-") as name, handle_stop_signals() as stop:
        folder = Path(name)
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, stop.request_stop)
        try:
            report = await _start_servers_and_perform_rehearsal(plan, listeners, stop, folder)
        except ExceptionGroup as group:
            # The first error ended the group; the other tasks were canceled.
            raise group.exceptions[0] from group
        return report if report.passed else report._replace(logs=_copy_process_logs_to_kept_folder(folder))


async def _start_servers_and_perform_rehearsal(
    plan: RehearsalDurationAndSeed, listeners: RehearsalProgressCallbacks, stop: StopSoonOrNowRequest, folder: Path
) -> RehearsalReport:
    async with (
        _run_rehearsal_database_servers(folder) as (environment, servers),
        run_effect_receiver(plan.seed) as (receiver, outside),
    ):
        tenants = await backlog.reset_bench_database_with_tenants(environment.pool, tenants=REHEARSAL_TENANT_COUNT)
        async with hosting.start_rehearsal_hosts(environment, outside, REHEARSAL_HOST_COUNT_BY_ROLE) as hosts:
            await fleet.wait_for_workers(environment.pool, REHEARSAL_HOST_COUNT_BY_ROLE["worker"])
            faults = FaultInjector(hosts, servers, stop, listeners.fault)
            rehearsal = Rehearsal(
                plan, listeners, stop, environment, hosts, faults, generate_rehearsal_job_specs(plan.seed, tenants)
            )
            await rehearsal.run()
        return await rehearsal.build_report(receiver.calls_by_job)


@contextlib.asynccontextmanager
async def _run_rehearsal_database_servers(
    folder: Path,
) -> AsyncIterator[tuple[BenchServersAndSettings, RehearsalDatabaseServers]]:
    """Run embedded PostgreSQL (migrated) and Valkey; yield environment and both; ignore DATABASE_URL and REDIS_URL."""
    postgres_folder, redis_folder = folder / "postgres", folder / "valkey"
    with (
        local.run_local_postgres(postgres_folder, NO_FSYNC_SETTINGS) as postgres,
        local.run_local_valkey(redis_folder) as valkey,
    ):
        await migrate_databases(postgres.url)
        settings = Settings(
            database_url=postgres.url, redis_url=valkey.url, peppers=BENCH_KEYRING, vault_keys=BENCH_KEYRING
        )
        async with open_postgres_pool(postgres.url, name="rehearsal") as pool:
            yield BenchServersAndSettings(settings, pool, folder), RehearsalDatabaseServers(postgres, valkey)


def _copy_process_logs_to_kept_folder(folder: Path) -> Path:
    """Copy the logs of all processes to a new folder that stays, and return that folder."""
    copies = Path(tempfile.mkdtemp(prefix="tenantry-rehearsal-logs-"))
    for log in [*folder.glob("*.log"), *folder.glob("*/log")]:
        shutil.copy(log, copies / log.relative_to(folder).as_posix().replace("/", "-"))
    return copies
