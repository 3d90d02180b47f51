"""Child processes of a run: each has a log, reports in lines of JSON, and ends with its parent."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from chaos.environment import BenchServersAndSettings
from db.server import build_parent_death_signal_prefix, list_process_family
from schemas.errors import BenchmarkFailed

#: Time without output after which a process counts as hung.
PROCESS_OUTPUT_TIMEOUT_S = 300.0
#: Time from SIGTERM to SIGKILL.
PROCESS_STOP_TIMEOUT_S = 60.0


class ChildProcess(NamedTuple):
    """One process; its stderr goes to `log`, from offset `begin` on."""

    process: asyncio.subprocess.Process
    log: Path
    begin: int

    def build_failure(self, what: str) -> BenchmarkFailed:
        """Return a `BenchmarkFailed` with the process id, `what` happened, and the last 2,000 characters of the log."""
        return BenchmarkFailed(f"process {self.process.pid} {what}:\n{self.log.read_text()[-2000:]}")


@contextlib.asynccontextmanager
async def run_module_for_bench(
    environment: BenchServersAndSettings, *words: str, **environ: str
) -> AsyncIterator[ChildProcess]:
    """Run `python -m WORDS` with an environment's settings while the block runs, and yield the process."""
    async with run_module(environment.folder, *words, environ=environment.build_child_environ(**environ)) as child:
        yield child


@contextlib.asynccontextmanager
async def run_module(
    folder: Path, *words: str, environ: Mapping[str, str] | None = None
) -> AsyncIterator[ChildProcess]:
    """Run `python -m WORDS` while the block runs; yield it. SIGTERM ends it, then SIGKILL. Its log is in `folder`."""
    child = await start_child_process(folder, words, environ)
    try:
        yield child
    finally:
        await stop_child_process(child)


async def read_json_message(child: ChildProcess, *, within: float = PROCESS_OUTPUT_TIMEOUT_S) -> Any:
    """Return the next JSON line of the process's output. Raises `BenchmarkFailed` without one."""
    output = child.process.stdout
    try:
        line = await asyncio.wait_for(output.readline(), within) if output else b""
        return msgspec.json.decode(line)
    except TimeoutError as error:
        raise child.build_failure(f"printed nothing for {within:g} s") from error
    except msgspec.DecodeError as error:
        raise child.build_failure("ended without output") from error


async def run_module_and_read_json(environment: BenchServersAndSettings, *words: str, **environ: str) -> Any:
    """Run `python -m WORDS` with these settings; return its first JSON line. Raise `BenchmarkFailed` without one."""
    async with run_module_for_bench(environment, *words, **environ) as child:
        return await read_json_message(child)


def find_child_log_entry(child: ChildProcess, event: str) -> dict[str, Any] | None:
    """Return the first entry of an event in a child process's JSON log; None if there is none."""
    with child.log.open("rb") as log:
        log.seek(child.begin)
        whole = [line for line in log if line.startswith(b"{") and line.endswith(b"}\n")]
    lines = map(msgspec.json.decode, whole)
    return next((line for line in lines if line.get("event") == event), None)


def read_child_cpu_s(child: ChildProcess) -> float:
    """Return the CPU seconds so far of the live threads of a child and its descendants.

    Counts nanoseconds, finer than the ticks of /proc/PID/stat.
    """
    family = list_process_family(child.process.pid)
    threads = [thread for pid in family for thread in Path(f"/proc/{pid}/task").iterdir()]
    return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e9


async def start_child_process(folder: Path, words: Sequence[str], environ: Mapping[str, str] | None) -> ChildProcess:
    """Start `python -m WORDS` with its stdout in a pipe and its stderr appended to a log in `folder`.

    The child has its own session: Ctrl-C reaches only the parent, which then ends its children in order. If the
    parent is killed, the child gets SIGKILL: a frozen process would ignore any other signal.
    """
    command = [*build_parent_death_signal_prefix(signal.SIGKILL), sys.executable, "-m", *words]
    path = folder / f"{words[0]}.log"
    with path.open("ab") as log:
        begin = log.tell()
        process = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=log,
            env=environ, start_new_session=True, limit=2**26,
        )  # fmt: skip
    return ChildProcess(process, path, begin)


async def stop_child_process(child: ChildProcess, *, within: float = PROCESS_STOP_TIMEOUT_S) -> None:
    """End a child process with SIGTERM, and with SIGKILL if it still runs after `within` seconds."""
    process = child.process
    if process.returncode is None:
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), within)
    except TimeoutError:
        process.kill()
        await process.wait()
