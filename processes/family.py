"""Family: the processes that one process starts, restarts, replaces and stops.

All signals are blocked and read one by one, so no handler interrupts the family's code.
"""

import ctypes
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

#: Sent to the starter of a process once the process serves. Signals of this type are queued, with their sender.
SERVING_SIGNAL = signal.SIGRTMIN
FAMILY_SIGNALS = (signal.SIGCHLD, signal.SIGHUP, signal.SIGTERM, signal.SIGINT, SERVING_SIGNAL)

#: A process that served for so long restarts at once. One that fails before it serves waits twice as long each time.
MIN_STABLE_RUN_S = 1.0
FIRST_RESTART_PAUSE_S, MAX_RESTART_PAUSE_S = 0.1, 5.0

_MAX_SIGNAL_WAIT_S = 3600.0
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_prctl = ctypes.CDLL(None).prctl


@dataclass(kw_only=True)
class FamilyMember:
    """A running process; `slot` is its number from 0 on, and `started` is in monotonic seconds."""

    slot: int
    started: float
    is_serving: bool = False
    is_replaced: bool = False


class ProcessFamily:
    """Keeps `count` processes running until SIGTERM or SIGINT, then stops them.

    `start` gets a slot's number and forks: it returns the pid, and 0 in the new process. `on_serving` is called
    once all slots serve for the first time. `sockets` are closed at the stop, so that new connections are refused.
    """

    def __init__(
        self,
        start: Callable[[int], int],
        count: int,
        *,
        sockets: Sequence[socket.socket] = (),
        on_serving: Callable[[], None] = lambda: None,
    ) -> None:
        #: The code of the first process that failed before the family served; 0 after a stop.
        self.exit_code = 0
        self._start, self._count = start, count
        self._sockets, self._on_serving = sockets, on_serving
        self._members: dict[int, FamilyMember] = {}
        #: The times of the next starts by slot, in monotonic seconds.
        self._due = dict.fromkeys(range(count), 0.0)
        self._pauses_s = dict.fromkeys(range(count), 0.0)
        self._has_children = self._has_served = self._is_stopping = False
        self._stopped_orphans: set[int] = set()
        #: Slots with a SIGHUP that waits for the start of a process.
        self._reloads: set[int] = set()

    def run(self) -> int | None:
        """Run the family until its last process has ended; return None. In each new process return its slot.

        SIGHUP replaces each process: the old one gets SIGTERM once the new one serves.
        """
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_BLOCK, FAMILY_SIGNALS)
        while self._due or self._has_children:
            self._start_reloads()
            for slot in [slot for slot, due in self._due.items() if due <= time.monotonic()]:
                pid = self._start(slot)
                if not pid:
                    return slot
                del self._due[slot]
                self._members[pid] = FamilyMember(slot=slot, started=time.monotonic())
                self._has_children = True
            wait_s = min(self._due.values(), default=time.monotonic() + _MAX_SIGNAL_WAIT_S) - time.monotonic()
            received = signal.sigtimedwait(FAMILY_SIGNALS, max(0.0, wait_s))
            self._reap_ended_processes()
            if received:
                self._handle_signal(received.si_signo, received.si_pid)
        return None

    def _handle_signal(self, signum: int, sender: int) -> None:
        if signum in {signal.SIGTERM, signal.SIGINT}:
            self._stop()
        elif signum == signal.SIGHUP and not self._is_stopping:
            self._reloads = set(range(self._count))
        elif signum == SERVING_SIGNAL and sender in self._members:
            self._mark_serving(self._members[sender])

    def _start_reloads(self) -> None:
        """Start the replacements that SIGHUP asked for, one for each slot in which no process is starting."""
        starting = {member.slot for member in self._members.values() if not member.is_serving}
        for slot in self._reloads - starting:
            self._reloads.remove(slot)
            self._due[slot] = 0.0

    def _mark_serving(self, serving: FamilyMember) -> None:
        serving.is_serving = True
        for pid, member in self._members.items():
            if member.slot == serving.slot and member.started < serving.started and not member.is_replaced:
                member.is_replaced = True
                os.kill(pid, signal.SIGTERM)
        self._stop_orphans()
        if not self._has_served and len({m.slot for m in self._members.values() if m.is_serving}) == self._count:
            self._has_served = True
            self._on_serving()

    def _reap_ended_processes(self) -> None:
        """Reap all ended children, also adopted ones, whose starter was killed."""
        try:
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                if member := self._members.pop(ended[0], None):
                    self._handle_process_end(ended[0], member, os.waitstatus_to_exitcode(ended[1]))
        except ChildProcessError:
            self._has_children = False

    def _handle_process_end(self, pid: int, ended: FamilyMember, code: int) -> None:
        """Restart an ended process, unless its end was requested, another one has its slot, or the start failed."""
        if self._is_stopping or ended.is_replaced:
            return
        if code > 0 and not self._has_served:
            self.exit_code = code
            self._stop()
            return
        has_other = any(member.slot == ended.slot for member in self._members.values())
        event = "a replacement ended: its predecessor continues" if has_other else "a process ended, and starts again"
        log_process_event(event, pid=pid, slot=ended.slot, exit_code=code)
        if not has_other and ended.slot not in self._due:
            self._pauses_s[ended.slot] = _compute_restart_pause_s(ended, self._pauses_s[ended.slot])
            self._due[ended.slot] = time.monotonic() + self._pauses_s[ended.slot]

    def _stop(self) -> None:
        """Refuse new connections, and send SIGTERM to the processes that still work; a second call sends it to all."""
        is_repeated, self._is_stopping = self._is_stopping, True
        self._due.clear()
        self._reloads.clear()
        for sock in self._sockets:
            sock.close()
        for pid, member in self._members.items():
            if is_repeated or not member.is_replaced:
                os.kill(pid, signal.SIGTERM)
        if is_repeated:
            self._stopped_orphans.clear()
        self._stop_orphans()

    def _stop_orphans(self) -> None:
        """Send SIGTERM once to each adopted child: the processes of a killed image, which served until now."""
        with suppress(OSError):
            children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
            for pid in {*map(int, children)} - self._members.keys() - self._stopped_orphans:
                self._stopped_orphans.add(pid)
                os.kill(pid, signal.SIGTERM)


def _compute_restart_pause_s(ended: FamilyMember, last_pause_s: float) -> float:
    """Return the seconds before an ended process is started again: none, or few, if it has served."""
    if not ended.is_serving:
        return max(FIRST_RESTART_PAUSE_S, min(2 * last_pause_s, MAX_RESTART_PAUSE_S))
    return 0.0 if time.monotonic() - ended.started >= MIN_STABLE_RUN_S else FIRST_RESTART_PAUSE_S


def signal_when_parent_ends(signum: signal.Signals, parent: int) -> None:
    """Let the kernel send a signal to this process once its parent, with the pid `parent`, has ended."""
    _prctl(_PR_SET_PDEATHSIG, signum, 0, 0, 0)
    if os.getppid() != parent:
        os.kill(os.getpid(), signum)


def adopt_orphans() -> None:
    """Make this process the parent of each descendant whose own parent ends."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def log_process_event(event: str, **fields: Any) -> None:
    """Log a warning as `telemetry.logs` would; this package doesn't import it."""
    line = {"part": "processes", "level": "warning", "at": datetime.now(UTC).isoformat(), "event": event, **fields}
    print(json.dumps(line, separators=(",", ":")), file=sys.stderr, flush=True)  # noqa: T201
