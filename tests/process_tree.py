"""Processes by their working directory or their parent."""

import contextlib
import os
import signal
from pathlib import Path


def alive_in(folder: Path) -> dict[int, str]:
    """Return every process with its working directory in `folder`, of any parent."""
    found = {}
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and (entry / "cwd").readlink().is_relative_to(folder):
                found[int(entry.name)] = (entry / "cmdline").read_text()
        except OSError:
            continue  # It has just ended, or is another user's.
    return {pid: words for pid, words in found.items() if words}


def descendants(pid: int) -> list[int]:
    """Return a process's children, and theirs."""
    try:
        near = [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
    return [*near, *(far for child in near for far in descendants(child))]


def kill_all(pids: list[int]) -> None:
    """Kill these processes by SIGKILL; ignore the ended ones."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def alive(pid: int) -> bool:
    """Return whether the process runs. A zombie doesn't, even before it is reaped."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
