"""The rate at which an upstream may be asked, by all workers and for all tenants together.

A token bucket: one row for each upstream. A token may be reserved some seconds ahead, and whoever has it
waits for it, so those who came first go first. A taker that would have to wait for longer than its patience
gets no token and changes nothing. Only the database's clock is compared.
"""

from typing import NamedTuple

from db.pool import Conn
from db.queries import upstream_pace
from schemas.errors import SourceRateLimited


class UpstreamRate(NamedTuple):
    """At most `burst` requests at once, then one every `every_s`. A refusal begins a cooldown, in seconds."""

    upstream: str
    every_s: float
    burst: int
    cooldown_s: float
    longest_cooldown_s: float

    @property
    def burst_s(self) -> float:
        """The time in which an empty bucket gets back all but one of its tokens."""
        return (self.burst - 1) * self.every_s


#: Apple allows "approximately 20 calls per minute": no minute has more, the burst's five included.
ITUNES = UpstreamRate("itunes", every_s=4, burst=5, cooldown_s=60, longest_cooldown_s=1800)


async def take_token(conn: Conn, *, rate: UpstreamRate, patience_s: float) -> float:
    """Reserve a token; how long to wait for it, at most `patience_s`.

    Raises `SourceRateLimited` with when the next one is near enough. Takers go one after the other, until
    their commits. No token comes before the end of a cooldown.
    """
    wait_s = await upstream_pace.take_token.value(
        conn,
        upstream=rate.upstream,
        every_s=rate.every_s,
        burst_s=rate.burst_s,
        ahead_s=rate.burst_s + patience_s,
    )
    if wait_s is None:
        later_s = await upstream_pace.get_wait.value(
            conn, upstream=rate.upstream, ahead_s=rate.burst_s + patience_s
        )
        raise SourceRateLimited(f"{rate.upstream} is asked as often as it allows", retry_after=later_s)
    return float(wait_s)


async def check_cooldown(conn: Conn, *, rate: UpstreamRate) -> None:
    """A token that was waited for is still good. Raises `SourceRateLimited` if a cooldown began meanwhile."""
    left_s = await upstream_pace.get_cooldown.value(conn, upstream=rate.upstream)
    if left_s:
        raise SourceRateLimited(f"{rate.upstream} takes no more requests for now", retry_after=left_s)


async def cool_down(conn: Conn, *, rate: UpstreamRate, wish_s: float | None) -> float:
    """Leave an upstream alone that refused a request; for how long from now.

    For at least `wish_s`, its own wish. A refusal soon after a cooldown makes the next one twice as long; one
    of a request that was already on its way when the cooldown began adds nothing.
    """
    length_s: float = await upstream_pace.cool_down.value(
        conn,
        upstream=rate.upstream,
        cooldown_s=rate.cooldown_s,
        longest_s=rate.longest_cooldown_s,
        wish_s=wish_s or 0.0,
        burst_s=rate.burst_s,
    )
    return length_s
