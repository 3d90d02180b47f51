"""Statistics of jobs, for charts."""

from typing import Literal

from schemas.base import RealClockResponseStruct, ResponseStruct, UtcInstant

StatsWindow = Literal["hour", "day"]


class Percentiles(ResponseStruct, frozen=True, kw_only=True):
    """Percentiles of a duration in seconds; null if no job started."""

    p50: float | None
    """The maximum of the fastest 50 % of the jobs."""
    p95: float | None
    """The maximum of the fastest 95 % of the jobs."""


class JobBucket(ResponseStruct, frozen=True, kw_only=True):
    """The jobs of one bucket."""

    at: UtcInstant
    """The start of the bucket, in UTC."""
    completed: int
    """Jobs that completed."""
    failed: int
    """Jobs that failed."""
    canceled: int
    """Jobs that were canceled."""
    running: int
    """Open jobs; always 0 where jobs are counted by their end."""
    wait_seconds: Percentiles
    """From a job's due time to its first attempt."""
    run_seconds: Percentiles
    """From the first attempt to the end, including waits between attempts."""
    sampled: bool
    """Whether the bucket has more than `sampledAbove` jobs: then times are estimated from a sample, and
    an organization's results too.
    """


class ErrorCount(ResponseStruct, frozen=True, kw_only=True):
    """The number of jobs that failed with one code."""

    code: str
    """The code, as in `error.code` of a job."""
    jobs: int
    """Number of jobs; estimated from some failed jobs of a bucket, if it has many."""


class JobStats(RealClockResponseStruct, frozen=True, kw_only=True):
    """Jobs of the last hour or day in buckets, by real time, also in a sandbox."""

    window: StatsWindow
    """The length of the window."""
    bucket_seconds: int
    """The length of each bucket."""
    since: UtcInstant
    """The start of the first bucket, in UTC."""
    until: UtcInstant
    """The end of the last bucket, in UTC, which is still open."""
    buckets: list[JobBucket]
    """All buckets, oldest first, empty ones included."""
    sampled_above: int
    """The sampling limit of a bucket."""
    errors: list[ErrorCount]
    """The ten most frequent error codes, most frequent first."""
