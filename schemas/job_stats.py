"""Statistics of jobs, for charts."""

from typing import Literal

from schemas.base import Instant, Out, Real

Window = Literal["hour", "day"]


class Percentiles(Out, frozen=True, kw_only=True):
    """Seconds that half of the jobs, and all but one in twenty, took at most; null where none began."""

    p50: float | None
    """Of half of them."""
    p95: float | None
    """Of 95 in a hundred."""


class JobBucket(Out, frozen=True, kw_only=True):
    """The jobs of one bucket."""

    at: Instant
    """When it begins, in UTC."""
    completed: int
    """Those that did what they were for."""
    failed: int
    """Those that gave up."""
    canceled: int
    """Those that somebody stopped."""
    running: int
    """Those that haven't ended; where jobs are counted by their end, there are none."""
    wait_seconds: Percentiles
    """From when a job was due to its first attempt."""
    run_seconds: Percentiles
    """From its first attempt to its end, with all waits between attempts."""
    sampled: bool
    """Whether there were more than `sampledAbove`: then a sample tells how they ended, and the times."""


class ErrorCount(Out, frozen=True, kw_only=True):
    """How often jobs failed with one code."""

    code: str
    """The code, as in `error.code` of a job."""
    jobs: int
    """How many failed with it, of buckets that are `sampled` by estimate."""


class JobStats(Real, frozen=True, kw_only=True):
    """The jobs of the last hour or day, in buckets; of a sandbox too by real time, not by its clock."""

    window: Window
    """How far it goes back."""
    bucket_seconds: int
    """The length of each bucket."""
    since: Instant
    """When the first bucket begins, in UTC."""
    until: Instant
    """When the last one ends, in UTC: it isn't over yet."""
    buckets: list[JobBucket]
    """Each of them, the oldest first, also where nothing happened."""
    sampled_above: int
    """Of more jobs in a bucket, and in a pool of all organizations, a sample is looked at."""
    errors: list[ErrorCount]
    """The ten codes that most of them failed with, the most frequent first."""
