"""Image: a process that has imported the product's code, and forks the processes that serve.

If an image is killed, its parent adopts the processes. They serve until those of the parent's next image do.
If the parent is killed, its image stops as by SIGTERM, and stops its processes.
If both are killed, the processes have no parent of the product, and each process stops itself. A spare ends with its
image in any case.
"""

import argparse
import asyncio
import gc
import os
import signal
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple

from processes.family import SERVING_SIGNAL, SPARE_SLOT, ForkedProcessSupervisor, signal_when_parent_ends

#: Sent by the kernel to a forked process once its image has ended.
PROCESS_IMAGE_ENDED_SIGNAL = signal.SIGUSR2


class ForkServerOptions(NamedTuple):
    """The arguments that `run_parent` adds: the parent's pid, the image's number from 1 on, and its sockets."""

    parent: int
    number: int
    #: Whether processes of an earlier image served at the start of this one.
    is_beside_serving_ones: bool
    sockets: Sequence[socket.socket]


@dataclass
class ServingProcessFacts:
    """A process that serves; the defaults are those of one without an image."""

    #: Its number among the processes of its image, from 0 on; `SPARE_SLOT` for a spare until its turn.
    number: int = 0
    #: Whether an earlier process may still use its port: that process finishes its work.
    is_replacement: bool = False
    #: Whether another process served on the same sockets when this one began.
    is_beside_serving_ones: bool = False
    starter: int | None = None
    #: Of a spare: the socket from which it reads its number, as one byte.
    turn: socket.socket | None = None
    #: Set once the process has its number, and may serve.
    has_number: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        if not self.turn:
            self.has_number.set()

    async def wait_for_number(self) -> None:
        """Report a spare as ready, and wait until it takes the place of an ended process; else return at once."""
        if not (self.turn and self.starter):
            return
        self.report_serving()
        self.turn.settimeout(0)
        [self.number] = await asyncio.get_running_loop().sock_recv(self.turn, 1)
        signal_when_parent_ends(PROCESS_IMAGE_ENDED_SIGNAL, self.starter)
        self.has_number.set()

    def report_serving(self) -> None:
        """Tell the process that started this one, if there is one, that this one serves."""
        if self.starter:
            with suppress(ProcessLookupError):
                os.kill(self.starter, SERVING_SIGNAL)


#: A process without an image.
PROCESS_WITHOUT_IMAGE = ServingProcessFacts()


def parse_process_image_options(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> argparse.Namespace:
    """Parse an image's arguments with the parser of its own ones; `image` of the result is an `ForkServerOptions`."""
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--number", type=int, required=True)
    parser.add_argument("--is-beside-serving-ones", action="store_true")
    parser.add_argument("--socket", type=int, action="append", default=[])
    options = parser.parse_args(arguments)
    sockets = [socket.socket(fileno=descriptor) for descriptor in options.socket]
    for sock in sockets:
        # Otherwise a program that this process runs would keep the port in use.
        sock.set_inheritable(False)
    options.image = ForkServerOptions(options.parent, options.number, options.is_beside_serving_ones, sockets)
    return options


def fork_processes(count: int, options: ForkServerOptions, *, has_spare: bool = False) -> ServingProcessFacts:
    """Fork `count` processes of this image and return in each of them. The image itself stays here until its end.

    With `has_spare` it forks a process more, which must call `wait_for_number` before it serves.
    The image must have no threads, event loop or connections: a fork would share or lack them.
    """
    image = os.getpid()
    signal.alarm(0)
    gc.collect()
    gc.freeze()
    report = ServingProcessFacts(starter=options.parent).report_serving
    ends = list[socket.socket]()

    def fork(slot: int) -> int:
        if slot == SPARE_SLOT:
            _close_all(ends)
            ends[:] = socket.socketpair()
        return os.fork()

    def hand_slot_to_spare(slot: int) -> None:
        ends[0].send(bytes([slot]))

    family = ForkedProcessSupervisor(
        fork,
        count,
        sockets=options.sockets,
        on_serving=report,
        hand_slot_to_spare=hand_slot_to_spare if has_spare else None,
    )
    number = family.run()
    if number is None:
        sys.exit(family.exit_code)
    signal.signal(PROCESS_IMAGE_ENDED_SIGNAL, lambda *_: _stop_unless_adopted_by_parent(options.parent))
    signal_when_parent_ends(signal.SIGTERM if number == SPARE_SLOT else PROCESS_IMAGE_ENDED_SIGNAL, image)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    if number == SPARE_SLOT:
        # It keeps both ends of the pair, and so never reads an end of file.
        return ServingProcessFacts(
            number, is_replacement=True, is_beside_serving_ones=True, starter=image, turn=ends[1]
        )
    _close_all(ends)
    is_beside_serving_ones = family.has_serving_member or (options.is_beside_serving_ones and not family.has_served)
    return ServingProcessFacts(number, options.number > 1, is_beside_serving_ones, image)


def _close_all(sockets: Sequence[socket.socket]) -> None:
    for sock in sockets:
        sock.close()


def _stop_unless_adopted_by_parent(parent: int) -> None:
    """Stop, unless the image's parent has adopted this process."""
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGTERM)
