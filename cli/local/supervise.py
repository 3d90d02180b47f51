"""Supervision of the running processes: copies their logs, and restarts a process that ends by itself.

As on a real host, one dead process doesn't end the others. It restarts after a second, then with growing
backoff. A process that has run for a minute starts at one second again.
"""

import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, Self

import click
import msgspec

from db.server import LocalServer, read_log_tail

PROCESS_CHECK_PAUSE_S = 0.1
FIRST_RESTART_PAUSE_S = 1.0
MAX_RESTART_PAUSE_S = 30.0
#: Running time after which the backoff starts again.
MIN_STABLE_PROCESS_RUN_S = 60.0

MessagePrinter = Callable[[str], None]


@dataclass(kw_only=True)
class SupervisedServer:
    """Server with the time of its start, and of its next restart after its end, in monotonic seconds."""

    name: str
    server: LocalServer
    since: float
    due: float | None = None
    pause_s: float = FIRST_RESTART_PAUSE_S

    def restart_when_due(self, now: float, say: MessagePrinter) -> None:
        if self.due is None and self.server.exit_code is not None:
            self._report_end_and_schedule_restart(now, say)
        elif self.due is not None and now >= self.due:
            self.server.start_without_waiting()
            self.since, self.due = now, None

    def _report_end_and_schedule_restart(self, now: float, say: MessagePrinter) -> None:
        if now - self.since > MIN_STABLE_PROCESS_RUN_S:
            self.pause_s = FIRST_RESTART_PAUSE_S
        self.due = now + self.pause_s
        say(
            f"{self.name} ended by itself (exit code {self.server.exit_code}); the last lines of its log:\n"
            f"{read_log_tail(self.server.log)}\n{self.name} restarts in {self.pause_s:g} s"
        )
        self.pause_s = min(2 * self.pause_s, MAX_RESTART_PAUSE_S)


class ProcessLogFollower:
    """Log files, truncated at the start. Later lines are copied to stderr with their process's name."""

    def __init__(self, servers: Mapping[str, LocalServer]) -> None:
        self.width = max(map(len, servers))
        self.for_person = sys.stderr.isatty()
        self.files = {
            name: server.log.open("w+", encoding="utf-8", errors="replace") for name, server in servers.items()
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.copy_new_lines_to_stderr()
        for file in self.files.values():
            file.close()

    def copy_new_lines_to_stderr(self) -> None:
        for name, file in self.files.items():
            for line in file:
                head = click.style(f"{name:<{self.width}} | ", dim=True)
                click.echo(head + (format_log_line_for_person(line) if self.for_person else line.rstrip()), err=True)


def format_log_line_for_person(line: str) -> str:
    """Format a JSON log line for a person: time, level unless info, event, fields, traceback; keep other lines."""
    try:
        fields_by_name = msgspec.json.decode(line, type=dict[str, Any])
    except msgspec.DecodeError:
        return line.rstrip()
    at, level, event = (str(fields_by_name.pop(name, "")) for name in ("at", "level", "event"))
    traceback = fields_by_name.pop("exception", None)
    fields = [f"{name}={value}" for name, value in fields_by_name.items() if name != "process" and value is not None]
    words = [at[11:19], level * (level != "info"), event, *fields]
    return "\n".join(filter(None, [" ".join(filter(None, words)), traceback]))


def watch_and_restart_ended_servers(
    servers: Mapping[str, LocalServer], logs: ProcessLogFollower, say: MessagePrinter, look: Callable[[], None]
) -> NoReturn:
    """Copy new log lines to stderr, restart servers that have ended, and call `look`, ten times a second.

    It never returns: a signal ends it by an exception.
    """
    watched = [SupervisedServer(name=name, server=server, since=time.monotonic()) for name, server in servers.items()]
    while True:
        logs.copy_new_lines_to_stderr()
        for process in watched:
            process.restart_when_due(time.monotonic(), say)
        look()
        time.sleep(PROCESS_CHECK_PAUSE_S)
