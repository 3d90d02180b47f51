"""Upstream rate limit: a token bucket for each upstream, shared by all workers and tenants.

The bucket is one row. A worker may reserve a token some seconds ahead and waits for it, so workers are served
in order. A worker that would wait longer than its patience gets no token and changes nothing. Only the
database's clock is compared.
"""

from typing import NamedTuple

from db.pool import Conn
from db.queries import upstream_pace
from schemas.errors import SourceRateLimited


class UpstreamRequestRate(NamedTuple):
    """Rate: at most `burst` requests at once, then one every `every_s`.

    A refusal starts a cooldown in seconds.
    """

    upstream: str
    every_s: float
    burst: int
    cooldown_s: float
    longest_cooldown_s: float

    @property
    def burst_refill_s(self) -> float:
        """Return the seconds in which an empty token bucket regains all but one of its tokens."""
        return (self.burst - 1) * self.every_s


#: Apple allows "approximately 20 calls per minute": no minute has more, the burst's five included.
ITUNES_RATE_LIMIT = UpstreamRequestRate("itunes", every_s=4, burst=5, cooldown_s=60, longest_cooldown_s=1800)


async def reserve_upstream_rate_token(conn: Conn, *, rate: UpstreamRequestRate, patience_s: float) -> float:
    """Reserve a token of an upstream's rate limit; return the seconds to wait for it, at most `patience_s`.

    Raises `SourceRateLimited` if the wait would be longer, with the seconds until it is short enough. Transactions
    queue on the upstream's row until each commits. No token is valid before the end of a cooldown.
    """
    wait_s = await upstream_pace.take_token.value(
        conn,
        upstream=rate.upstream,
        every_s=rate.every_s,
        burst_s=rate.burst_refill_s,
        ahead_s=rate.burst_refill_s + patience_s,
    )
    if wait_s is None:
        later_s = await upstream_pace.get_wait.value(
            conn, upstream=rate.upstream, ahead_s=rate.burst_refill_s + patience_s
        )
        raise SourceRateLimited(f"{rate.upstream} is at its rate limit", retry_after=later_s)
    return float(wait_s)


async def check_upstream_cooldown(conn: Conn, *, rate: UpstreamRequestRate) -> None:
    """Raise `SourceRateLimited` if an upstream is in a cooldown, such as one that began during the wait for a token."""
    left_s = await upstream_pace.get_cooldown.value(conn, upstream=rate.upstream)
    if left_s:
        raise SourceRateLimited(f"{rate.upstream} takes no more requests for now", retry_after=left_s)


async def start_upstream_cooldown(conn: Conn, *, rate: UpstreamRequestRate, wish_s: float | None) -> float:
    """Start a cooldown for an upstream that refused a request; return its seconds.

    It lasts at least `wish_s`, the upstream's own wish. A refusal soon after a cooldown doubles the next one.
    A refusal during a cooldown extends it only if its wish is longer than the rest.
    """
    length_s: float = await upstream_pace.cool_down.value(
        conn,
        upstream=rate.upstream,
        cooldown_s=rate.cooldown_s,
        longest_s=rate.longest_cooldown_s,
        wish_s=wish_s or 0.0,
        burst_s=rate.burst_refill_s,
    )
    return length_s
