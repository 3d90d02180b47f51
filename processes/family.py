"""Family: the processes that one process starts, restarts, replaces and stops.

A parent has a family of one image: SIGHUP replaces it, and the sockets and orphans are the parent's too. An image has
a family of the `count` processes that serve, and restarts them. Both stop by SIGTERM. Each process of an image sends
it `SERVING_SIGNAL` once it serves. The image sends the signal to the parent once all of them do. All signals are
blocked and read one by one, so no handler interrupts the family's code.

A family may have a spare: one process more, which has started and doesn't serve. It sends `SERVING_SIGNAL` once it is
ready, takes the slot of the next process that ends, and sends the signal again once it serves.
"""

import ctypes
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

#: Sent to the starter of a process once the process serves. Signals of this type are queued, with their sender.
SERVING_SIGNAL = signal.SIGRTMIN
PROCESS_FAMILY_SIGNALS = (signal.SIGCHLD, signal.SIGHUP, signal.SIGTERM, signal.SIGINT, SERVING_SIGNAL)

#: A process that served for so long restarts at once. One that fails before it serves waits twice as long each time,
#: but callers may wait for it.
MIN_STABLE_RUN_S = 1.0
FIRST_RESTART_PAUSE_S, MAX_RESTART_PAUSE_S = 0.1, 1.0

#: The slot of the spare.
SPARE_SLOT = -1

_MAX_SIGNAL_WAIT_S = 3600.0
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_prctl = ctypes.CDLL(None).prctl


@dataclass(kw_only=True)
class ProcessFamilyMember:
    """A running process; `slot` is its number from 0 on, or `SPARE_SLOT`. `started` is in monotonic seconds."""

    slot: int
    started: float
    #: Whether it has reported: that it serves or, as the spare, that it is ready.
    is_serving: bool = False


class ForkedProcessSupervisor:
    """Keeps `count` processes running until SIGTERM or SIGINT, then stops them.

    `start` gets a slot's number and forks: it returns the pid, and 0 in the new process. `on_serving` is called
    once all slots serve for the first time. `sockets` are closed at the stop, so that new connections are refused.
    With `hand_slot_to_spare`, which gets a slot's number, the family has a spare.
    """

    def __init__(
        self,
        start: Callable[[int], int],
        count: int,
        *,
        sockets: Sequence[socket.socket] = (),
        on_serving: Callable[[], None] = lambda: None,
        hand_slot_to_spare: Callable[[int], None] | None = None,
    ) -> None:
        #: The code of the first process that failed before the family served; 0 after a stop.
        self.exit_code = 0
        self._start, self._count = start, count
        self._sockets, self._on_serving, self._hand_slot_to_spare = sockets, on_serving, hand_slot_to_spare
        self._members: dict[int, ProcessFamilyMember] = {}
        #: The pids of running processes that got a SIGTERM: they finish their work, and a second one would cut it.
        self._terminated: set[int] = set()
        #: The times of the next starts by slot, in monotonic seconds.
        self._due = dict.fromkeys(range(count), 0.0)
        self._pauses_s = dict.fromkeys((*range(count), SPARE_SLOT), 0.0)
        self._has_children = self._is_stopping = self._is_reload_pending = False
        #: Whether all slots have served.
        self.has_served = False

    @property
    def has_serving_member(self) -> bool:
        """Return whether a process serves and continues; in a new process, whether another one does."""
        members = self._members.items()
        return any(m.is_serving and m.slot != SPARE_SLOT and pid not in self._terminated for pid, m in members)

    @property
    def has_serving_process(self) -> bool:
        """Return whether a member or an orphan serves and continues."""
        return self.has_serving_member or bool(self.find_orphans() - self._terminated)

    def find_orphans(self) -> set[int]:
        """Return the adopted children: the processes of a killed image, which serve until those of another one do."""
        try:
            children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
        except OSError:
            # Some kernels lack the file. The orphans then end with their own connections.
            return set()
        return {*map(int, children)} - self._members.keys()

    def run(self) -> int | None:
        """Run the family until its last process has ended; return None. In each new process return its slot.

        SIGHUP replaces each process: the old one gets SIGTERM once the new one serves.
        """
        # A starter that ignores SIGCHLD would pass that on, and the kernel would reap the children itself.
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_BLOCK, PROCESS_FAMILY_SIGNALS)
        while self._due or self._has_children:
            for slot in [slot for slot, due in self._due.items() if due <= time.monotonic()]:
                if not self._was_handed_to_spare(slot):
                    pid = self._start(slot)
                    if not pid:
                        return slot
                    self._members[pid] = ProcessFamilyMember(slot=slot, started=time.monotonic())
                    self._has_children = True
                del self._due[slot]
            wait_s = min(self._due.values(), default=time.monotonic() + _MAX_SIGNAL_WAIT_S) - time.monotonic()
            received = signal.sigtimedwait(PROCESS_FAMILY_SIGNALS, max(0.0, wait_s))
            self._reap_ended_processes()
            if received:
                self._handle_signal(received.si_signo, received.si_pid)
            if self._is_reload_pending:
                self._reload()
        return None

    def _was_handed_to_spare(self, slot: int) -> bool:
        """Let a ready spare take the slot, and return True; return False without one."""
        spares = [m for m in self._members.values() if m.slot == SPARE_SLOT and m.is_serving]
        if slot == SPARE_SLOT or not (spares and self._hand_slot_to_spare):
            return False
        self._hand_slot_to_spare(slot)
        spares[0].slot, spares[0].started, spares[0].is_serving = slot, time.monotonic(), False
        return True

    def _handle_signal(self, signum: int, sender: int) -> None:
        if signum in {signal.SIGTERM, signal.SIGINT}:
            self._close_sockets_and_terminate_processes()
        elif signum == signal.SIGHUP:
            self._reload()
        elif signum == SERVING_SIGNAL and sender in self._members.keys() - self._terminated:
            self._mark_serving_and_end_predecessor(self._members[sender])

    def _reload(self) -> None:
        """Start replacements once no process is starting. End starting ones for that, unless no other one serves."""
        starting = [pid for pid, member in self._members.items() if not member.is_serving]
        if self.has_serving_process:
            self._send_sigterm_once_to_each(starting)
        self._is_reload_pending = bool(starting)
        if not starting and not self._is_stopping:
            self._due = dict.fromkeys(range(self._count), 0.0)

    def _mark_serving_and_end_predecessor(self, serving: ProcessFamilyMember) -> None:
        serving.is_serving = True
        members = self._members.items()
        self._send_sigterm_once_to_each(
            pid for pid, m in members if m.slot == serving.slot and m.started < serving.started
        )
        self._send_sigterm_once_to_each(self.find_orphans())
        if len({m.slot for m in self._members.values() if m.is_serving} - {SPARE_SLOT}) < self._count:
            return
        if not self.has_served:
            self.has_served = True
            self._on_serving()
        if self._hand_slot_to_spare and all(m.slot != SPARE_SLOT for m in self._members.values()):
            self._due.setdefault(SPARE_SLOT, time.monotonic())

    def _reap_ended_processes(self) -> None:
        """Reap all ended children, also those adopted after the death of their starter."""
        try:
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                if member := self._members.pop(ended[0], None):
                    self._handle_process_end(ended[0], member, os.waitstatus_to_exitcode(ended[1]))
                self._terminated.discard(ended[0])
        except ChildProcessError:
            self._has_children = False

    def _handle_process_end(self, pid: int, ended: ProcessFamilyMember, code: int) -> None:
        """Restart an ended process, unless its end was requested, another one has its slot, or the start failed."""
        if self._is_stopping or pid in self._terminated:
            return
        if code > 0 and not self.has_served:
            self.exit_code = code
            self._close_sockets_and_terminate_processes()
            return
        has_other = any(m.slot == ended.slot for pid, m in self._members.items() if pid not in self._terminated)
        event = "a replacement ended: its predecessor continues" if has_other else "a process ended, and starts again"
        log_process_event(event, pid=pid, slot=ended.slot, exit_code=code)
        if self.has_serving_member:
            self._send_sigterm_once_to_each(self.find_orphans())
        if not has_other and ended.slot not in self._due:
            self._pauses_s[ended.slot] = _compute_restart_pause_s(ended, self._pauses_s[ended.slot])
            self._due[ended.slot] = time.monotonic() + self._pauses_s[ended.slot]

    def _close_sockets_and_terminate_processes(self) -> None:
        """Refuse new connections, and let all processes finish their work; a second call sends each a SIGTERM again."""
        if self._is_stopping:
            self._terminated.clear()
        self._is_stopping = True
        self._due.clear()
        for sock in self._sockets:
            sock.close()
        self._send_sigterm_once_to_each([*self._members, *self.find_orphans()])

    def _send_sigterm_once_to_each(self, pids: Iterable[int]) -> None:
        """Send SIGTERM to these processes, except to those that already got it. Stopped ones continue, to handle it."""
        for pid in {*pids} - self._terminated:
            with suppress(OSError):
                os.kill(pid, signal.SIGTERM)
                os.kill(pid, signal.SIGCONT)
            self._terminated.add(pid)


def _compute_restart_pause_s(ended: ProcessFamilyMember, last_pause_s: float) -> float:
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
    """Make this process the new parent of each descendant without a living parent."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def log_process_event(event: str, **fields: Any) -> None:
    """Log a warning as `telemetry.logs` would; this package doesn't import it."""
    line = {"part": "processes", "level": "warning", "at": datetime.now(UTC).isoformat(), "event": event, **fields}
    print(json.dumps(line, separators=(",", ":")), file=sys.stderr, flush=True)  # noqa: T201
