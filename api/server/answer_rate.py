"""Minimum rate at which a client must read its response, as a token bucket of ticks.

The rate counts acknowledged bytes (`SIOCOUTQ`, man 7 tcp). The kernel's send buffer holds megabytes, so the
transport alone can't distinguish a slow reader from a silent one.
"""

import asyncio
import fcntl
import socket
import struct
import termios

from api.server.admission import HttpConnectionLimits


class ResponseReadRateMeter:
    """Measures how fast the client of one connection reads its response.

    `written` counts the bytes passed to the transport so far.
    """

    __slots__ = ("_acknowledged", "_left", "_limits", "sending", "written")

    def __init__(self, limits: HttpConnectionLimits) -> None:
        self._limits = limits
        self.written = 0
        #: Whether the transport held unsent bytes at the last check.
        self.sending = False
        self._left: float = limits.stall
        self._acknowledged: int | None = None

    @property
    def is_reading_too_slowly(self) -> bool:
        """Return whether the client is `late` ticks behind the minimum rate, so that it may be evicted."""
        return self._left <= self._limits.stall - self._limits.late

    @property
    def is_grace_used_up(self) -> bool:
        """Return whether the client has used up its ticks of grace, so that its connection must end."""
        return self._left <= 0

    def measure_client_read_speed(self, transport: asyncio.Transport, unsent: int) -> None:
        """Measure a client's reading speed in the last tick; the transport still holds `unsent` bytes.

        Reading below the minimum uses up grace, above earns it, up to the initial: a fast start buys no long hold.
        """
        acknowledged = self.written - unsent - count_unacknowledged_bytes(transport)
        if self._acknowledged is not None:
            earned = (acknowledged - self._acknowledged) / self._limits.answer_rate
            self._left = min(self._left + earned - 1, self._limits.stall)
        self.sending, self._acknowledged = True, acknowledged

    def reset_measurement(self) -> None:
        """Forget the measurement and restore the full grace, once all bytes of a response are sent."""
        self.sending, self._left, self._acknowledged = False, self._limits.stall, None


def count_unacknowledged_bytes(transport: asyncio.Transport) -> int:
    """Return the number of a connection's sent bytes that the client hasn't acknowledged."""
    packed = fcntl.ioctl(transport.get_extra_info("socket").fileno(), termios.TIOCOUTQ, bytes(4))
    return int(struct.unpack("i", packed)[0])


def discard_unsent_bytes_on_close(transport: asyncio.Transport) -> None:
    """Make the next close reset the connection, so that the kernel drops its unsent bytes.

    Otherwise the kernel keeps them for minutes.
    """
    sock = socket.socket(fileno=transport.get_extra_info("socket").fileno())
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.detach()
