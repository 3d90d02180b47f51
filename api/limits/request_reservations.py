"""Reservations of requests: an active key's next requests, counted in Redis with an earlier one and spent in memory.

A reservation lasts a second. Redis counts its requests one second late, so each is counted at least for the 60
seconds after its use: all processes together never exceed the limit. Redis grants at most a twentieth of the
rest, and gets the unspent ones back. An empty reservation only marks an active key.
"""

import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from api.limits.rate_limits import RateLimitState, RequestToCountAgainstRateLimits

#: Seconds in which a reservation can be spent, and for which a key counts as active after a request.
RATE_LIMIT_REQUEST_RESERVATION_S = 1.0

#: Maximum requests that one script call reserves for a key and class.
MAX_RESERVED_REQUESTS = 100


class _RateLimitRequestReservation:
    """Unspent requests of a key and class; `standing` is the limit state after the last one.

    `used` counts the requests since its opening, `demand` those of the second before.
    """

    __slots__ = ("demand", "expires_at", "standing", "unspent", "used")

    def __init__(self, standing: "RateLimitState", expires_at: float) -> None:
        self.standing, self.expires_at = standing, expires_at
        self.unspent = self.used = self.demand = 0


class RateLimitRequestReservations:
    """The reservations of this process, an empty one for each active key and class without unspent requests.

    `clock` counts seconds. It isn't the event loop's, which stands still in a long step.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        #: In the order of their ends.
        self._open: OrderedDict[RequestToCountAgainstRateLimits, _RateLimitRequestReservation] = OrderedDict()
        #: Unspent requests of ended reservations, by the charge that takes them back.
        self._ended: Counter[RequestToCountAgainstRateLimits] = Counter()

    def spend(self, charge: "RequestToCountAgainstRateLimits") -> "RateLimitState | None":
        """Spend one reserved request, and return its limit state; None without one."""
        found = self._find_open(charge)
        if found is None or not found.unspent:
            return None
        found.unspent -= 1
        found.used += 1
        return found.standing.with_more_requests_left(found.unspent)

    def put_back_free_request(self, standing: "RateLimitState") -> bool:
        """Put a spent request back that turned out to be free; return False unless its reservation is still open.

        A write isn't put back, since it stays counted by day.
        """
        found = self._find_open(standing.charge)
        if found is None or found.standing.second != standing.second or standing.charge.cap:
            return False
        found.unspent += 1
        return True

    def count_requests_to_reserve(self, charge: "RequestToCountAgainstRateLimits") -> int:
        """Return the number of requests to reserve with a charge: none for a key without another recent request.

        It is the number of the last second, or twice the number since a reservation that is spent before its end.
        """
        found = None if charge.second else self._find_open(charge)
        if found is None or found.unspent:
            return 0
        return min(MAX_RESERVED_REQUESTS, max(found.demand, 2 * found.used))

    def open_reservation(self, standing: "RateLimitState", reserved: int, *, used: int, called_at: float) -> None:
        """Open a reservation that a script call of `called_at` has counted, besides `used` requests.

        With `reserved` 0 it only notes that the key is active.
        """
        self.end_expired()
        before = self._open.get(standing.charge)
        if before is not None and before.unspent and not reserved:
            before.used += used
            return
        opened = _RateLimitRequestReservation(standing, called_at + RATE_LIMIT_REQUEST_RESERVATION_S)
        opened.unspent, opened.used = reserved, used
        if before is not None:
            opened.demand = max(before.demand, before.used)
            self._end(standing.charge)
        self._open[standing.charge] = opened

    def end_all(self) -> None:
        """End all reservations, so that the next script call takes back their unspent requests."""
        for charge in [*self._open]:
            self._end(charge)

    def end_expired(self) -> None:
        """End the reservations after their second. A key with requests in it stays active for another second."""
        now = self.clock()
        while self._open and (first := next(iter(self._open.values()))).expires_at <= now:
            charge = first.standing.charge
            self._end(charge)
            if first.used:
                # Without its second, no request of the ended reservation is put back into the new one.
                ended = first.standing._replace(second=0)
                self._open[charge] = _RateLimitRequestReservation(ended, now + RATE_LIMIT_REQUEST_RESERVATION_S)
                self._open[charge].demand = first.used

    @property
    def is_empty(self) -> bool:
        return not self._open

    @property
    def has_unspent_requests_to_return(self) -> bool:
        """Return whether ended reservations have unspent requests, which a script call must return."""
        return bool(self._ended)

    def take_unspent(self) -> "Counter[RequestToCountAgainstRateLimits]":
        """Remove the unspent requests of ended reservations, and return them by the charge that takes them back."""
        ended: Counter[RequestToCountAgainstRateLimits] = Counter()
        ended, self._ended = self._ended, ended
        return ended

    def _find_open(self, charge: "RequestToCountAgainstRateLimits") -> _RateLimitRequestReservation | None:
        found = self._open.get(charge)
        return found if found is not None and self.clock() < found.expires_at else None

    def _end(self, charge: "RequestToCountAgainstRateLimits") -> None:
        reservation = self._open.pop(charge)
        if reservation.unspent:
            self._ended[charge._replace(second=reservation.standing.second)] += reservation.unspent
