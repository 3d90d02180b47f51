"""Listening sockets of the API. Its parent process opens them, so this module imports no library."""

import contextlib
import ipaddress
import os
import socket
from collections.abc import Iterator
from typing import Any

from processes.family import log_process_event
from schemas.errors import SettingsInvalid

#: Maximum of unsent bytes in the kernel's buffer of a connection, inherited by accepted sockets. By default
#: the kernel holds megabytes for each client that reads nothing (`TCP_NOTSENT_LOWAT`, man 7 tcp).
MAX_UNSENT_SOCKET_BYTES = 128 * 1024

#: Connections that wait in the kernel while no process accepts them.
SOCKET_BACKLOG = 2048

#: The first descriptor of the sockets that systemd passes (man 3 sd_listen_fds).
FIRST_SYSTEMD_SOCKET_DESCRIPTOR = 3


@contextlib.contextmanager
def listen_on_port(host: str, port: int) -> Iterator[list[socket.socket]]:
    """Listen on a port of each address of a host, and yield the sockets; close them at the end of the block.

    Sockets that systemd passes and holds are used instead, if they have this port. Connections wait until a process
    accepts them. Port 0 takes a free one. Raises `SettingsInvalid` if the host or port is unavailable.
    """
    with contextlib.ExitStack() as stack:
        inherited = [stack.enter_context(sock) for sock in _take_systemd_sockets()]
        if inherited and any(sock.getsockname()[1] == port for sock in inherited):
            yield [_listen(sock) for sock in inherited]
            return
        if inherited:
            log_process_event(f"the socket unit has another port than --port {port}: it has no effect")
        try:
            addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
            # A host may have an address twice in /etc/hosts.
            sockets = [
                _bind_socket(stack.enter_context(socket.socket(family)), at)
                for family, at in dict.fromkeys((info[0], info[-1]) for info in addresses)
            ]
        except OSError as error:
            raise SettingsInvalid(
                f"--port {port} of --host {host} can't be used ({error.strerror}): end the process that uses it, "
                "or choose another port; 0 takes a free one"
            ) from error
        yield sockets


def _bind_socket(sock: socket.socket, address: Any) -> socket.socket:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if sock.family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    sock.bind(address)
    return _listen(sock)


def _listen(sock: socket.socket) -> socket.socket:
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, MAX_UNSENT_SOCKET_BYTES)
    sock.listen(SOCKET_BACKLOG)
    return sock


def _take_systemd_sockets() -> list[socket.socket]:
    """Return the listening sockets of this process's socket unit; none without one. systemd keeps them open too."""
    is_for_this_process = os.environ.pop("LISTEN_PID", "") == str(os.getpid())
    count = int(os.environ.pop("LISTEN_FDS", "0")) if is_for_this_process else 0
    first = FIRST_SYSTEMD_SOCKET_DESCRIPTOR
    sockets = [socket.socket(fileno=descriptor) for descriptor in range(first, first + count)]
    for sock in sockets:
        sock.set_inheritable(False)
    return sockets


def is_socket_bound_to_loopback(sock: socket.socket) -> bool:
    """Return whether only this machine can reach the socket's address."""
    return ipaddress.ip_address(sock.getsockname()[0]).is_loopback
