"""A server process beside us: started, stopped, killed, paused, and gone when we are gone.

It asks the kernel for a signal when the thread that started it ends: whatever kills us, nothing is
left behind. So start one from a thread that stays.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from schemas.errors import LocalUnavailable

START_S, STOP_S, POLL_S = 30.0, 15.0, 0.005


@dataclass(kw_only=True)
class Server:
    """One server on one port: stopped, killed or paused, it starts again with the same data.

    `url` is what a client needs. `halt` is the signal that ends it at once and in order; `ready`
    says of its pid whether it serves.
    """

    url: str
    log: Path
    command: list[str]
    halt: signal.Signals
    ready: Callable[[int], bool]
    process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        if self.process is None:
            raise LocalUnavailable(f"the server at {self.url} is not running")
        return self.process.pid

    def start(self) -> None:
        """Start it and wait until it serves. Raises `LocalUnavailable` with the end of its log."""
        self.process = _spawn(self.command, self.log)
        deadline = time.monotonic() + START_S
        while not self.ready(self.pid):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise LocalUnavailable(f"{' '.join(self.command)} did not start:\n{_tail(self.log)}")
            time.sleep(POLL_S)

    def stop(self) -> None:
        """End it in order; clients are cut off. One that doesn't end in `STOP_S` is killed."""
        if self.process is not None:
            self.resume()
            self.process.send_signal(self.halt)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(STOP_S)
            self.kill()

    def kill(self) -> None:
        """SIGKILL for it and its children, and wait until they are gone."""
        if self.process is not None:
            if self.process.poll() is None:
                kill_family(self.pid)
            self.process.wait()
            self.process = None

    def pause(self) -> None:
        """Freeze it with its children: it accepts connections and answers nothing."""
        _signal_all(_family(self.pid), signal.SIGSTOP)

    def resume(self) -> None:
        _signal_all(_family(self.pid), signal.SIGCONT)


@contextlib.contextmanager
def running(server: Server) -> Iterator[Server]:
    server.log.unlink(missing_ok=True)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def end_with_parent(signum: signal.Signals) -> list[str]:
    """What to put before a command so that it gets this signal when the thread that started it is gone."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", signum.name.removeprefix("SIG")] if setpriv else []


def bare_environment() -> dict[str, str]:
    """Without PG* and LC_* of whoever runs us: the same server and the same log everywhere."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}


def command_line(pid: int) -> bytes:
    """Its words, each ended by NUL; empty once it is gone, a zombie's too."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def kill_family(pid: int) -> None:
    """SIGKILL for a process and its children, and wait until the kernel has taken them down."""
    family = _family(pid)
    _signal_all(family, signal.SIGKILL)
    deadline = time.monotonic() + STOP_S
    while any(map(command_line, family)) and time.monotonic() < deadline:
        time.sleep(POLL_S)


def _spawn(command: list[str], log: Path) -> subprocess.Popen[bytes]:
    """In a session of its own: Ctrl-C in a terminal reaches us, and we end it in order."""
    with log.open("ab") as output:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=bare_environment(),
            start_new_session=True,
        )  # fmt: skip


def _family(pid: int) -> list[int]:
    """PostgreSQL's children are each in a session of their own, so no group holds them."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        children = []
    return [pid, *map(int, children)]


def _signal_all(pids: list[int], signum: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signum)


def _tail(log: Path, lines: int = 10) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
