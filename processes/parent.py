"""Parent: a small process that holds the listening sockets and keeps an image running.

SIGHUP deploys: a new image with the code of now replaces the old one. No connection is refused meanwhile: the
connections wait in the sockets' backlog.
"""

import os
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

from processes.family import ForkedProcessSupervisor, adopt_orphans, signal_when_parent_ends

#: Seconds until an image that still imports gets SIGALRM: an import can hang, as on a network's disk. Most take 3 s.
MAX_IMPORT_S = 120


def run_parent(module: str, arguments: Sequence[str], *, sockets: Sequence[socket.socket] = ()) -> int:
    """Keep `python -m MODULE ARGUMENTS` running as the image until SIGTERM; return the exit code.

    The code is 0 after a stop, or that of an image that failed at the first start. The image gets further arguments,
    which `processes.image.parse_process_image_options` reads.
    """
    adopt_orphans()
    parent, number = os.getpid(), 0

    def start_image(_: int) -> int:
        nonlocal number
        number += 1
        options = [f"--parent={parent}", f"--number={number}", *[f"--socket={sock.fileno()}" for sock in sockets]]
        if family.has_serving_process:
            options.append("--is-beside-serving-ones")
        pid = os.fork()
        if not pid:
            # A group of its own: Ctrl-C reaches only the parent, which then stops the image once.
            os.setpgid(0, 0)
            signal_when_parent_ends(signal.SIGTERM, parent)
            # Until the image has forked, each signal ends it at once.
            signal.alarm(MAX_IMPORT_S)
            signal.pthread_sigmask(signal.SIG_SETMASK, ())
            for sock in sockets:
                sock.set_inheritable(True)
            os.execv(python := find_python(), [python, "-m", module, *arguments, *options])  # noqa: S606
        return pid

    family = ForkedProcessSupervisor(start_image, 1, sockets=sockets)
    family.run()
    return family.exit_code


def find_python() -> str:
    """Return the path of this Python, with links of its folder resolved now: a deploy moves such a link."""
    python = Path(sys.executable)
    return str(python.parent.resolve() / python.name)
