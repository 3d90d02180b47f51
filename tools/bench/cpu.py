"""CPU of a run: of PostgreSQL, if it runs on this machine, and the mean of a job at the worker and in PostgreSQL."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from chaos.processes import ChildProcess, read_child_cpu_s
from db.pool import Conn, Pool
from schemas.errors import BenchmarkFailed

#: Seconds of one tick of /proc/PID/stat.
CPU_TICK_S = 1 / os.sysconf("SC_CLK_TCK")


async def find_postgres_pid(conn: Conn) -> int:
    """Return the process id of PostgreSQL's postmaster. Raises `BenchmarkFailed` if it runs elsewhere."""
    backend: int = await conn.fetchval("select pg_backend_pid()")
    stat = _read_process_stat(backend)
    if not stat or b"postgres" not in stat[0]:
        raise BenchmarkFailed("PostgreSQL runs on another machine, where its CPU can't be seen")
    return int(stat[2])


def read_postgres_cpu_s(server: int) -> float:
    """Return the server's CPU seconds so far, of live and ended processes."""
    ticks = 0
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal() and (stat := _read_process_stat(int(folder.name))):
            if int(folder.name) == server:
                ticks += sum(map(int, stat[12:16]))
            elif int(stat[2]) == server:
                ticks += sum(map(int, stat[12:14]))
    return ticks * CPU_TICK_S


class JobCpu(NamedTuple):
    """Mean CPU of a job, in microseconds."""

    worker_us: float
    postgres_us: float


async def start_job_cpu_meter(pool: Pool, workers: Sequence[ChildProcess]) -> "JobCpuMeter":
    """Start a meter of the workers' and PostgreSQL's CPU. Raises `BenchmarkFailed` if PostgreSQL runs elsewhere."""
    async with pool.acquire() as conn:
        return JobCpuMeter(workers, await find_postgres_pid(conn))


class JobCpuMeter:
    """CPU that the workers and PostgreSQL have used since the meter's start."""

    def __init__(self, workers: Sequence[ChildProcess], postgres: int) -> None:
        self._workers, self._postgres = workers, postgres
        self._start = self._read_cpu_s()

    def read_mean_job_cpu(self, jobs: int) -> JobCpu:
        """Return the CPU so far, divided by the number of `jobs`."""
        return JobCpu(
            *(round((now - start) / jobs * 1e6, 1) for now, start in zip(self._read_cpu_s(), self._start, strict=True))
        )

    def _read_cpu_s(self) -> tuple[float, float]:
        return sum(map(read_child_cpu_s, self._workers)), read_postgres_cpu_s(self._postgres)


def _read_process_stat(pid: int) -> list[bytes]:
    """Return the name, state, parent and further fields of a process's stat line; empty if it has ended."""
    try:
        text = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return []
    name, _, rest = text.partition(b"(")[2].rpartition(b") ")
    return [name, *rest.split()]
