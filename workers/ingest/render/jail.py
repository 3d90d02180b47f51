"""Jail of one Chromium: namespaces without network, processes and files of the host.

The user is nobody, in namespaces of root's or, for another user, of its own. /tmp and /run are empty file
systems in memory, which end with the namespace: the profile leaves no file. Chromium's own sandbox is on. Each
process has a parent-death signal, so that no process outlives the worker.
"""

import asyncio
import os
import signal
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from db.server import build_parent_death_signal_prefix
from workers.ingest.render.limits import DrawingLimits, ResourceUsage

NOBODY_ID = 65534
#: Bytes of the file systems in memory: the profile, and shared memory.
JAIL_FILES_BYTES = 128 << 20
MAX_FILE_BYTES = 64 << 20
MAX_OPEN_FILES = 1024
#: Seconds of CPU of one process beyond the limit of all: the kernel ends it if the worker is too slow.
KERNEL_CPU_MARGIN_S = 2
#: Seconds for the namespace's processes to end after their kill.
KILL_TIMEOUT_S = 3.0
#: Seconds of a command in a jail, at the worker's start.
JAIL_CHECK_TIMEOUT_S = 10.0
#: Bytes of the longest DevTools message: a page's text or picture in JSON.
MAX_MESSAGE_BYTES = 16 << 20
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
CLOCK_TICKS_PER_S = os.sysconf("SC_CLK_TCK")

#: Sets the kernel's limits, and moves stdin and stdout to the descriptors of the DevTools pipe.
LIMITING_SCRIPT = (
    'ulimit -c 0; ulimit -f "$1"; ulimit -t "$2"; ulimit -n "$3"; shift 3; exec "$@" 3<&0 4>&1 </dev/null >/dev/null'
)
MOUNTING_SCRIPT = 'for folder in /run /tmp; do mount -t tmpfs -o "size=$0,mode=1777" jail "$folder"; done; exec "$@"'

CHROMIUM_FLAGS = (
    "--headless --remote-debugging-pipe --user-data-dir=/tmp/profile --no-first-run --no-default-browser-check"
    " --disable-gpu --disable-extensions --disable-background-networking --disable-component-update --disable-sync"
    " --disable-domain-reliability --disable-breakpad --disable-crash-reporter --disable-dev-shm-usage --no-pings"
    " --mute-audio --hide-scrollbars --force-webrtc-ip-handling-policy=disable_non_proxied_udp"
    " --disable-features=Translate,OptimizationHints,MediaRouter,WebTransport,SharedWorker,DialMediaRouteProvider"
    " --disable-blink-features=SharedWorker --js-flags=--max-old-space-size=256 --renderer-process-limit=2"
    " --block-new-web-contents --proxy-server=http://127.0.0.1:9 --proxy-bypass-list=<-loopback> about:blank"
).split()


class JailedBrowser(NamedTuple):
    """Running Chromium: its outer process, with the DevTools pipe as stdin and stdout, and its monotonic start."""

    process: Process
    started_at: float

    def measure_usage(self) -> ResourceUsage:
        """Measure all processes of the jail. It reads files of /proc for milliseconds: call it in a thread."""
        cpu_s, memory_bytes = 0.0, 0
        for pid, process_cpu_s in list_descendants(self.process.pid):
            cpu_s += process_cpu_s
            memory_bytes += read_memory_bytes(pid)
        return ResourceUsage(cpu_s, memory_bytes, time.monotonic() - self.started_at)


@asynccontextmanager
async def open_jailed_browser(chromium: str, limits: DrawingLimits) -> AsyncIterator[JailedBrowser]:
    """Start Chromium in a jail of its own; kill all its processes at the end of the block, or at a cancellation."""
    process = await asyncio.create_subprocess_exec(
        *build_jail_command([chromium, *CHROMIUM_FLAGS], limits),
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
        limit=MAX_MESSAGE_BYTES,
        env={"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "HOME": "/tmp", "LANG": "C.UTF-8"},  # noqa: S108  of the jail
        cwd="/",
        start_new_session=True,
    )
    try:
        yield JailedBrowser(process, time.monotonic())
    finally:
        await kill_jail(process)


def build_jail_command(command: list[str], limits: DrawingLimits) -> list[str]:
    """Return the words that run `command` in the jail, with stdin and stdout as its descriptors 3 and 4."""
    limiting = [str(MAX_FILE_BYTES // 512), str(int(limits.cpu_s) + KERNEL_CPU_MARGIN_S), str(MAX_OPEN_FILES)]
    is_root = os.geteuid() == 0
    own_namespace = [] if is_root else ["--user", "--map-root-user"]
    as_nobody = (
        ["setpriv", f"--reuid={NOBODY_ID}", f"--regid={NOBODY_ID}", "--clear-groups"]
        if is_root
        else ["unshare", "--user", f"--map-user={NOBODY_ID}", f"--map-group={NOBODY_ID}", "--", "setpriv"]
    )
    return [
        *("sh", "-c", LIMITING_SCRIPT, "sh", *limiting, *build_parent_death_signal_prefix(signal.SIGKILL)),
        *("unshare", *own_namespace, "--net", "--pid", "--ipc", "--mount", "--fork", "--kill-child", "--mount-proc"),
        *("--", "sh", "-ec", MOUNTING_SCRIPT, str(JAIL_FILES_BYTES)),
        # A change of the user clears the signal of --kill-child: it is set again after it.
        *(*as_nobody, "--no-new-privs", "--pdeathsig", "KILL", "--", *command),
    ]


async def can_open_jail() -> bool:
    """Return whether this host has the programs of the jail, and lets this user have its namespaces."""
    try:
        process = await asyncio.create_subprocess_exec(
            *build_jail_command(["true"], DrawingLimits()), stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL
        )
    except OSError:
        return False
    try:
        async with asyncio.timeout(JAIL_CHECK_TIMEOUT_S):
            return await process.wait() == 0
    except TimeoutError:
        process.kill()
        return False


async def kill_jail(process: Process) -> None:
    """Kill the namespace's first process, and with it all others, and wait for their end.

    The outer process ends by itself then; killed first, it would leave a zombie.
    """
    children = [pid for pid, _ in list_children(process.pid)]
    if children:
        for pid in children:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    elif process.returncode is None:
        process.kill()
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(KILL_TIMEOUT_S):
                await process.wait()
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()


def list_descendants(root: int) -> list[tuple[int, float]]:
    """Return pid and CPU seconds of each process below `root`."""
    found, parents = list[tuple[int, float]](), [root]
    while parents:
        children = list_children(parents.pop())
        found += children
        parents += [pid for pid, _ in children]
    return found


def list_children(pid: int) -> list[tuple[int, float]]:
    """Return the children of all threads of a process: pid, and CPU seconds with those of its ended children."""
    found = []
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                with suppress(OSError):
                    fields = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
                    found.append((int(child), sum(map(int, fields[11:15])) / CLOCK_TICKS_PER_S))
    return found


def read_memory_bytes(pid: int, processes: Path = Path("/proc")) -> int:
    """Return a process's memory, with its share of shared pages; 0 for an ended process.

    If the host hides that share, shared pages count whole, so that the limit of memory still holds.
    """
    try:
        lines = (processes / str(pid) / "smaps_rollup").read_text().splitlines()
        return next(int(line.split()[1]) << 10 for line in lines if line.startswith("Pss:"))
    except (OSError, StopIteration):
        with suppress(OSError):
            return int((processes / str(pid) / "statm").read_text().split()[1]) * PAGE_BYTES
        return 0
