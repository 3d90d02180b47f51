"""Child server process: start, stop, kill and pause; it ends with this process.

The kernel signals it when the thread that started it ends, so no death of this process leaves a server
behind. Start one only from a thread that lives as long as the server should.
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

from schemas.errors import LocalServerUnavailable

#: Ports outside the kernel's range for outgoing connections. Inside it, a client that keeps calling a stopped
#: server could get that server's port as its own.
LOCAL_SERVER_PORT_RANGE = range(15_000, 32_000)
_returned_ports: set[int] = set()

#: Seconds to wait for a kill, and between two checks of it or of a start.
MAX_SERVER_KILL_WAIT_S, SERVER_STATE_CHECK_INTERVAL_S = 15.0, 0.005

#: Seconds between two reports on a server that does not serve yet.
SLOW_START_REPORT_INTERVAL_S = 5.0

StartReporter = Callable[[str], None]


def build_local_server_environment() -> dict[str, str]:
    """Return the environment variables of a local server's process: PATH and LC_ALL=C.

    Without the caller's PG* and LC_* the server and its log are the same everywhere.
    """
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}


@dataclass(kw_only=True)
class LocalServer:
    """Server on one port; after a stop or a kill it starts again with the same data.

    `url` is for its clients. `ready` checks by its pid whether it serves, and `why` returns the result of the
    last check. `halt` is the signal for an orderly end within `patience_s` seconds.
    """

    url: str
    log: Path
    command: list[str]
    halt: signal.Signals
    ready: Callable[[int], bool]
    why: Callable[[], str] = lambda: "it runs, and does not serve yet"
    environment: Mapping[str, str] = field(default_factory=build_local_server_environment)
    patience_s: float = 15.0
    process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        if self.process is None:
            raise LocalServerUnavailable(f"the server at {self.url} is not running")
        return self.process.pid

    @property
    def exit_code(self) -> int | None:
        """Return the exit code of a server that ended by itself; else None: not started, running or stopped."""
        return None if self.process is None else self.process.poll()

    def start_and_wait_until_ready(self, report: StartReporter | None = None) -> None:
        """Start the server and wait until it serves. `report` receives the cause of a slow start.

        Raise `LocalServerUnavailable` with the end of the log if the server ends before.
        """
        self.start_without_waiting()
        wait_until_servers_ready({self.log.parent.name: self}, report)

    def start_without_waiting(self) -> None:
        """Start the server's process without waiting until it serves; first kill the one that was started before.

        The process gets a session of its own: Ctrl-C doesn't reach it, and this process ends it in order.
        """
        self.kill()
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.command, env=self.environment, start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            )  # fmt: skip

    def is_ready(self) -> bool:
        """Return whether the started server serves.

        Raise `LocalServerUnavailable` with its last log lines if it has ended.
        """
        if self.ready(self.pid):
            return True
        if self.exit_code is not None:
            raise LocalServerUnavailable(
                f"{' '.join(self.command)} did not start (exit code {self.exit_code}):\n{read_log_tail(self.log)}"
            )
        return False

    def stop(self) -> None:
        """End the server in order, which disconnects its clients. Kill it if it still runs after `patience_s`."""
        self.send_orderly_stop_signal()
        self.join()

    def send_orderly_stop_signal(self) -> None:
        """Send its signal `halt` to a running or paused server. Most servers end at once at the second signal."""
        if self.process is not None and self.exit_code is None:
            self.resume()
            self.process.send_signal(self.halt)

    def join(self) -> None:
        """Wait until the server has ended. Kill it if it still runs after `patience_s`."""
        if self.process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(self.patience_s)
            self.kill()

    def kill(self) -> None:
        """SIGKILL the server and its children, also children that outlived it, and wait for their end."""
        if self.process is not None:
            if self.exit_code is None:
                kill_process_family(self.pid)
            self.process.wait()
            kill_process_group(self.pid)
            self.process = None

    def pause(self) -> None:
        """Freeze the server and its children by SIGSTOP: connections are still accepted, and get no answer."""
        _send_signal_to_running_processes(list_process_family(self.pid), signal.SIGSTOP)

    def resume(self) -> None:
        _send_signal_to_running_processes(list_process_family(self.pid), signal.SIGCONT)


def wait_until_servers_ready(servers: Mapping[str, LocalServer], report: StartReporter | None = None) -> None:
    """Wait until all servers serve. Every 5 s, pass the names of the others and their causes to `report`.

    If a server ends, or at an interrupt, kill those that don't serve yet, since they have nothing to drain. Raise
    `LocalServerUnavailable` with the end of the log of a server that ends.
    """
    waiting, due = dict(servers), time.monotonic() + SLOW_START_REPORT_INTERVAL_S
    try:
        while waiting := {name: server for name, server in waiting.items() if not server.is_ready()}:
            if report and time.monotonic() >= due:
                report("waiting for " + ", ".join(f"{name} ({server.why()})" for name, server in waiting.items()))
                due = time.monotonic() + SLOW_START_REPORT_INTERVAL_S
            time.sleep(SERVER_STATE_CHECK_INTERVAL_S)
    except BaseException:
        for server in waiting.values():
            server.kill()
        raise


@contextlib.contextmanager
def run_local_server(server: LocalServer, report: StartReporter | None = None) -> Iterator[LocalServer]:
    """Run and yield a local server with a new log, then stop it. Raise `LocalServerUnavailable` if it can't start."""
    server.log.unlink(missing_ok=True)
    try:
        server.start_and_wait_until_ready(report)
        yield server
    finally:
        server.stop()


def build_parent_death_signal_prefix(signum: signal.Signals) -> list[str]:
    """Return words before a command: its process gets the signal `signum` when the thread that started it ends.

    Return no words on a machine without `setpriv`.
    """
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", signum.name.removeprefix("SIG")] if setpriv else []


def find_free_port() -> int:
    """Return a random free port of the loopback address. Raise `LocalServerUnavailable` if 100 tries find none.

    A process gets each port once: the ports of the platform's processes are chosen before any of them listens. The
    system's random source chooses it: Python's own is seeded alike in all processes of a test run.
    """
    for port in random.SystemRandom().sample(LOCAL_SERVER_PORT_RANGE, 100):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            if port not in _returned_ports:
                _returned_ports.add(port)
                return port
    raise LocalServerUnavailable(
        f"no free port on 127.0.0.1 between {LOCAL_SERVER_PORT_RANGE.start} and {LOCAL_SERVER_PORT_RANGE.stop}"
    )


def read_process_command_line(pid: int) -> bytes:
    """Return the words of a process's command line, each ended by NUL; empty for an ended process or a zombie."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def kill_process_family(pid: int) -> None:
    """SIGKILL a process and its descendants, and wait up to 15 s for their end."""
    family = list_process_family(pid)
    _send_signal_to_running_processes(family, signal.SIGKILL)
    deadline = time.monotonic() + MAX_SERVER_KILL_WAIT_S
    while any(map(read_process_command_line, family)) and time.monotonic() < deadline:
        time.sleep(SERVER_STATE_CHECK_INTERVAL_S)


def kill_process_group(leader: int) -> None:
    """SIGKILL the processes left in a process group, even if its leader has ended."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)


def read_log_tail(log: Path, lines: int = 10) -> str:
    """Return the last lines of a log file as a text, ten by default; invalid UTF-8 is replaced."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


def list_process_family(pid: int) -> list[int]:
    """Return the ids of a process and its descendants, from /proc: PostgreSQL's are each in a session of their own."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        children = []
    return [pid, *(one for child in children for one in list_process_family(int(child)))]


def _send_signal_to_running_processes(pids: list[int], signum: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signum)
