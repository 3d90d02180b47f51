"""Escape attempts of a confined process: each raises `OSError` if the sandbox blocks it."""

import ctypes
import os
import resource
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from generation.confinement import landlock

_libc = ctypes.CDLL(None, use_errno=True)


def _call(number: int, *arguments: int) -> None:
    if _libc.syscall(ctypes.c_long(number), *map(ctypes.c_long, arguments)) < 0:
        raise OSError(ctypes.get_errno(), "syscall")


def _connect(family: int, kind: int, address: tuple[str, int] | str) -> None:
    with socket.socket(family, kind) as opened:
        opened.connect(address)
        opened.send(b"x")


def _fork() -> None:
    if os.fork() == 0:
        os._exit(0)


def _trace() -> None:
    if _libc.ptrace(ctypes.c_long(16), os.getppid(), 0, 0) < 0:
        raise OSError(ctypes.get_errno(), "ptrace")


def ways(place: Mapping[str, str], *, starts: bool) -> dict[str, Callable[[], object]]:
    """Return escape attempts by name.

    In `place`, `tcp` and `udp` are ports, `unix` and `abstract` addresses.
    """
    tcp, udp = ("127.0.0.1", int(place["tcp"])), ("127.0.0.1", int(place["udp"]))
    found: dict[str, Callable[[], object]] = {
        "tcp": lambda: _connect(socket.AF_INET, socket.SOCK_STREAM, tcp),
        "udp": lambda: _connect(socket.AF_INET, socket.SOCK_DGRAM, udp),
        "tcp of version 6": lambda: socket.socket(socket.AF_INET6),
        "netlink": lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW),
        "unix": lambda: _connect(socket.AF_UNIX, socket.SOCK_STREAM, place["unix"]),
        "abstract": lambda: _connect(socket.AF_UNIX, socket.SOCK_STREAM, f"\0{place['abstract']}"),
        "read": lambda: Path(place["secret"]).read_bytes(),
        "read through proc": lambda: Path(f"/proc/{os.getppid()}/root{place['secret']}").read_bytes(),
        "read a password file": lambda: Path("/etc/passwd").read_bytes(),
        "read the parent's environment": lambda: Path(f"/proc/{os.getppid()}/environ").read_bytes(),
        "read the parent's memory map": lambda: Path(f"/proc/{os.getppid()}/maps").read_bytes(),
        "list": lambda: [*Path(place["secret"]).parent.iterdir()],
        "write": lambda: Path(place["outside"]).write_bytes(b"x"),
        "overwrite": lambda: Path(place["secret"]).write_bytes(b"x"),
        "write to the product": lambda: Path(__file__).with_suffix(".new").touch(),
        "delete": lambda: Path(place["secret"]).unlink(),
        "trace the parent": _trace,
        "a namespace": lambda: _call(272 if os.uname().machine == "x86_64" else 97, 0x10000000),
        "io_uring": lambda: _call(425, 1, 0),
        "keys": lambda: _call(250 if os.uname().machine == "x86_64" else 219, 0, -3, 0),
    }
    if landlock.read_landlock_version() >= 6:
        found["signal the parent"] = lambda: os.kill(os.getppid(), 0)
    if not starts:
        found |= {
            "fork": _fork,
            "start a program": lambda: subprocess.run([sys.executable, "-c", ""], check=True),
            "replace itself": lambda: os.execv(sys.executable, [sys.executable, "-c", "print('escaped')"]),
            "limit the parent": lambda: resource.prlimit(os.getppid(), resource.RLIMIT_NOFILE, (9, 9)),
        }
    return found


def open_ways(place: Mapping[str, str], *, starts: bool = False) -> list[str]:
    """Return the names of the attempts that succeed in this process."""
    return [name for name, way in ways(place, starts=starts).items() if not _is_closed(way)]


def _is_closed(way: Callable[[], object]) -> bool:
    try:
        way()
    except OSError:
        return True
    return False


@contextmanager
def unreachable_targets(folder: Path) -> Iterator[dict[str, str]]:
    """Set up targets that a process must not reach: listeners, and a file of another tenant."""
    secret, path = folder / "secret", str(folder / "listening")
    secret.write_text("of another tenant")
    name = f"tenantry-{os.getpid()}"
    listeners: tuple[tuple[int, int, tuple[str, int] | str], ...] = (
        (socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0)),
        (socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0)),
        (socket.AF_UNIX, socket.SOCK_STREAM, path),
        (socket.AF_UNIX, socket.SOCK_STREAM, f"\0{name}"),
    )
    with ExitStack() as stack:
        made = [stack.enter_context(socket.socket(family, kind)) for family, kind, _ in listeners]
        for one, (_, kind, address) in zip(made, listeners, strict=True):
            one.bind(address)
            if kind == socket.SOCK_STREAM:
                one.listen()
        tcp, udp = (str(one.getsockname()[1]) for one in made[:2])
        files = {"secret": str(secret), "outside": str(folder / "new")}
        yield {"tcp": tcp, "udp": udp, "unix": path, "abstract": name} | files
        assert secret.read_text() == "of another tenant"
