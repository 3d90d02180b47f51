"""A server process beside us: started, stopped, killed, paused, and gone when we are gone.

It asks the kernel for a signal when the thread that started it ends: whatever kills us, nothing is
left behind. So start one from a thread that stays.
"""

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from schemas.errors import LocalUnavailable

#: Below the range from which the kernel takes the near end of outgoing connections, so that a client
#: that keeps calling a stopped server can't be given that server's port as its own.
PORTS = range(15_000, 32_000)

START_S, KILL_S, POLL_S = 30.0, 15.0, 0.005


def bare_environment() -> dict[str, str]:
    """Without PG* and LC_* of whoever runs us: the same server and the same log everywhere."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}


@dataclass(kw_only=True)
class Server:
    """One server on one port: stopped, killed or paused, it starts again with the same data.

    `url` is what a client needs. `ready` says of its pid whether it serves. `halt` is the signal that
    ends it in order, for which it gets `patience_s`.
    """

    url: str
    log: Path
    command: list[str]
    halt: signal.Signals
    ready: Callable[[int], bool]
    environment: Mapping[str, str] = field(default_factory=bare_environment)
    patience_s: float = 15.0
    process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        if self.process is None:
            raise LocalUnavailable(f"the server at {self.url} is not running")
        return self.process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs, and before it was started."""
        return None if self.process is None else self.process.poll()

    def start(self) -> None:
        """Start it and wait until it serves. Raises `LocalUnavailable` with the end of its log."""
        self.launch()
        self.await_ready()

    def launch(self) -> None:
        """In a session of its own: Ctrl-C in a terminal reaches us, and we end it in order."""
        self.kill()
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.command, env=self.environment, start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            )  # fmt: skip

    def await_ready(self) -> None:
        """Errors as `start`. Interrupted, it kills the server: what never served has nothing to drain."""
        try:
            self._poll_ready()
        except BaseException:
            self.kill()
            raise

    def stop(self) -> None:
        """End it in order; clients are cut off. One that loses our patience is killed."""
        self.end()
        self.join()

    def end(self) -> None:
        """Ask it to end; most take a second time as an order to do so at once."""
        if self.process is not None and self.exit_code is None:
            self.resume()
            self.process.send_signal(self.halt)

    def join(self) -> None:
        """Wait until it has ended, as it was asked to."""
        if self.process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(self.patience_s)
            self.kill()

    def kill(self) -> None:
        """SIGKILL for it and its children, and wait until they are gone; also for those that outlived it."""
        if self.process is not None:
            if self.exit_code is None:
                kill_family(self.pid)
            self.process.wait()
            kill_group(self.pid)
            self.process = None

    def pause(self) -> None:
        """Freeze it with its children: it accepts connections and answers nothing."""
        _signal_all(_family(self.pid), signal.SIGSTOP)

    def resume(self) -> None:
        _signal_all(_family(self.pid), signal.SIGCONT)

    def _poll_ready(self) -> None:
        deadline = time.monotonic() + START_S
        while not self.ready(self.pid):
            if self.exit_code is not None or time.monotonic() > deadline:
                raise LocalUnavailable(f"{' '.join(self.command)} did not start:\n{tail(self.log)}")
            time.sleep(POLL_S)


@contextlib.contextmanager
def running(server: Server) -> Iterator[Server]:
    server.log.unlink(missing_ok=True)
    try:
        server.start()
        yield server
    finally:
        server.stop()


def end_with_parent(signum: signal.Signals) -> list[str]:
    """What to put before a command so that it gets this signal when the thread that started it is gone."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", signum.name.removeprefix("SIG")] if setpriv else []


def free_port() -> int:
    """A port of the loopback address that nobody listens on now.

    By the system's chance: processes of a test run have Python's own seeded alike.
    """
    for port in random.SystemRandom().sample(PORTS, 100):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise LocalUnavailable(f"no free port on 127.0.0.1 between {PORTS.start} and {PORTS.stop}")


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
    deadline = time.monotonic() + KILL_S
    while any(map(command_line, family)) and time.monotonic() < deadline:
        time.sleep(POLL_S)


def kill_group(leader: int) -> None:
    """SIGKILL for what is left of the session that a process led; it may be gone itself."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)


def tail(log: Path, lines: int = 10) -> str:
    """The end of a log that may hold anything."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


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
