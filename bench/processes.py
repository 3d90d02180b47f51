"""The processes of a run: each has a log, says what it has to say in lines of JSON, and ends with us."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from bench.environment import Environment
from db.server import end_with_parent
from schemas.errors import BenchmarkFailed

#: No benchmark has a process that should be silent for so long, or take so long to end.
SPEAK_S, END_S = 300.0, 60.0


class Child(NamedTuple):
    """One process and where it writes what nobody listens to: `log`, from `begin` on."""

    process: asyncio.subprocess.Process
    log: Path
    begin: int

    def failed(self, what: str) -> BenchmarkFailed:
        """The error to raise, with the end of the log."""
        return BenchmarkFailed(f"process {self.process.pid} {what}:\n{self.log.read_text()[-2000:]}")


@contextlib.asynccontextmanager
async def running(environment: Environment, *words: str, **environ: str) -> AsyncIterator[Child]:
    """`python -m WORDS` in an environment."""
    async with apart(environment.folder, *words, environ=environment.environ(**environ)) as child:
        yield child


@contextlib.asynccontextmanager
async def apart(folder: Path, *words: str, environ: Mapping[str, str] | None = None) -> AsyncIterator[Child]:
    """`python -m WORDS` until the block ends; SIGTERM ends it, SIGKILL if it doesn't listen."""
    child = await start(folder, words, environ)
    try:
        yield child
    finally:
        await end(child)


async def told(child: Child, *, within: float = SPEAK_S) -> Any:
    """The next line of JSON that it prints. Raises `BenchmarkFailed` when none comes."""
    output = child.process.stdout
    try:
        line = await asyncio.wait_for(output.readline(), within) if output else b""
        return msgspec.json.decode(line)
    except TimeoutError as error:
        raise child.failed(f"said nothing for {within:g} s") from error
    except msgspec.DecodeError as error:
        raise child.failed("ended without a word") from error


async def ask(environment: Environment, *words: str, **environ: str) -> Any:
    """Run `python -m WORDS` and take the one line of JSON that it prints."""
    async with running(environment, *words, **environ) as child:
        return await told(child)


def logged(child: Child, event: str) -> dict[str, Any] | None:
    """The first line of this event in a child's log; None as long as there is none."""
    with child.log.open("rb") as log:
        log.seek(child.begin)
        whole = [line for line in log if line.startswith(b"{") and line.endswith(b"}\n")]
    lines = map(msgspec.json.decode, whole)
    return next((line for line in lines if line.get("event") == event), None)


def cpu_s(child: Child) -> float:
    """Nanoseconds on a core, of every thread: finer than the clock ticks of /proc/PID/stat."""
    threads = Path(f"/proc/{child.process.pid}/task").iterdir()
    return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e9


async def start(folder: Path, words: Sequence[str], environ: Mapping[str, str] | None) -> Child:
    """`python -m WORDS`, in a session of its own: Ctrl-C in a terminal reaches us, and we end it in order.

    If we are killed it is, too: one that is frozen would hear nothing else.
    """
    command = [*end_with_parent(signal.SIGKILL), sys.executable, "-m", *words]
    path = folder / f"{words[0]}.log"
    with path.open("ab") as log:
        begin = log.tell()
        process = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=log,
            env=environ, start_new_session=True, limit=2**26,
        )  # fmt: skip
    return Child(process, path, begin)


async def end(child: Child, *, within: float = END_S) -> None:
    """SIGTERM ends it, SIGKILL if it doesn't listen."""
    process = child.process
    if process.returncode is None:
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), within)
    except TimeoutError:
        process.kill()
        await process.wait()
