"""CPU of a run's PostgreSQL server, if it runs on this machine."""

import os
from pathlib import Path

from db.pool import Conn
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


def _read_process_stat(pid: int) -> list[bytes]:
    """Return the name, state, parent and further fields of a process's stat line; empty if it has ended."""
    try:
        text = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return []
    name, _, rest = text.partition(b"(")[2].rpartition(b") ")
    return [name, *rest.split()]
