"""The clock of a sandbox."""

from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from schemas import ids
from schemas.base import NulFreeText, RealClockResponseStruct, RequestStruct, UtcInstant

ClockStatus = Literal["ready", "advancing"]


class AdvanceClock(RequestStruct, frozen=True, kw_only=True):
    """The target of the clock: `now` or `advance`."""

    at_least_one: ClassVar[tuple[str, ...]] = ("now", "advance")

    now: Annotated[NulFreeText, Meta(max_length=40, examples=["2026-12-01T06:00:00Z"])] | None = None
    """The sandbox's new time, in UTC with `Z`. Either this or `advance`."""
    advance: Annotated[NulFreeText, Meta(max_length=20, examples=["7d"])] | None = None
    """The distance to advance: a whole number of `s`, `m`, `h` or `d`. Either this or `now`."""


class SandboxClock(RealClockResponseStruct, frozen=True, kw_only=True):
    """`GET /v1/sandbox/clock`."""

    now: UtcInstant
    """The sandbox's time, in UTC."""
    offset_seconds: float
    """Seconds that the sandbox is ahead of real time. It never falls."""
    status: ClockStatus
    """`advancing` until all work due on the way is done; meanwhile writes are refused."""
    target: UtcInstant | None
    """The sandbox's time at which the advance ends, or null."""
    job_id: ids.JobId | None
    """Id of the job of the last advance, or null."""
    due_posts: int
    """Number of posts that became due in the last advance."""
    due_jobs: int
    """Number of jobs that became due, including those of posts."""
