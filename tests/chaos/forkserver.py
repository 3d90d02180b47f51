"""Processes forked from one with preloaded modules: real processes, without a second of imports each.

`start` returns such a process. It becomes a child of the test's own process, which can kill, freeze and stop
it, and wait for its end. `python -m tests.chaos.forkserver` is the template process.
"""

import atexit
import ctypes
import functools
import importlib
import json
import os
import runpy
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from db.server import build_parent_death_signal_prefix

ROOT = Path(__file__).parents[2]
#: Modules to preload: the entry points, and the modules that they import after the check of their arguments.
MODULES = (
    "tests.chaos.worker",
    "tests.chaos.forked_workers",
    "tests.chaos.publisher",
    "tests.chaos.purger",
    "cli.commands.org_move",
    "workers.__main__",
    "workers.dispatcher.__main__",
    "workers.dispatcher.loop",
    "api.__main__",
    "api.app",
    "api.server.serve",
)
#: Linux prctl options: the signal at the parent's end, and adoption of orphaned descendants.
PDEATHSIG, CHILD_SUBREAPER = 1, 36


@dataclass
class Forked:
    """The subset of `subprocess.Popen` that the tests use."""

    pid: int
    returncode: int | None = None

    def poll(self) -> int | None:
        return self._reap(os.WNOHANG)

    def wait(self) -> int | None:
        return self._reap(0)

    def send_signal(self, signum: signal.Signals) -> None:
        if self.poll() is None:
            os.kill(self.pid, signum)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _reap(self, options: int) -> int | None:
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, options)
            self.returncode = os.waitstatus_to_exitcode(status) if pid else None
        return self.returncode


def start(words: list[str], environ: Mapping[str, str], log: Path) -> Forked:
    """Run `python -m WORDS` with its output in `log`; it is killed if the test's process ends first."""
    asked = {"words": words, "environ": dict(environ), "log": str(log)}
    process = server()
    assert process.stdin
    assert process.stdout
    prctl(CHILD_SUBREAPER, 1)
    try:
        process.stdin.write(json.dumps(asked) + "\n")
        process.stdin.flush()
        return Forked(int(process.stdout.readline()))
    finally:
        prctl(CHILD_SUBREAPER, 0)


@functools.cache
def server() -> subprocess.Popen[str]:
    """Start the template process, once for a run; it ends with its input."""
    command = [*build_parent_death_signal_prefix(signal.SIGKILL), sys.executable, "-m", "tests.chaos.forkserver"]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    atexit.register(process.__exit__, None, None, None)
    return process


def prctl(option: int, value: int) -> None:
    ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def main() -> None:
    for module in MODULES:
        importlib.import_module(module)
    parent = os.getppid()
    for line in sys.stdin:
        if between := os.fork():
            os.waitpid(between, 0)
        elif os.fork():
            os._exit(0)
        else:
            become(json.loads(line), parent)


def become(asked: dict[str, Any], parent: int) -> None:
    """Become the requested process, once adopted by the test's process."""
    while os.getppid() != parent:
        time.sleep(0.001)
    prctl(PDEATHSIG, signal.SIGKILL)
    log = os.open(asked["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    os.write(1, f"{os.getpid()}\n".encode())
    for source, target in ((os.open(os.devnull, os.O_RDONLY), 0), (log, 1), (log, 2)):
        os.dup2(source, target)
    os.environ.clear()
    os.environ.update(asked["environ"])
    os.execv = run_image  # type: ignore[assignment]
    run(asked["words"])


def run_image(_: str, words: list[str]) -> NoReturn:
    """Run an image, `python -m WORDS`, in the process that a parent has forked for it: the modules are loaded."""
    run(words[2:])


def run(words: list[str]) -> NoReturn:
    sys.argv = words
    runpy.run_module(words[0], run_name="__main__", alter_sys=True)
    sys.exit()


if __name__ == "__main__":
    main()
