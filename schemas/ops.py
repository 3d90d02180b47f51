"""Pools and workers as operators see them; they belong to no organization."""

from typing import Literal

from schemas import ids
from schemas.api_keys import Tier
from schemas.base import Instant, Out, Real

WorkerState = Literal["active", "draining"]
RedisStatus = Literal["ok", "degraded"]


class Pool(Out, frozen=True, kw_only=True):
    """A pool of workers and what waits for it."""

    name: str
    """Names it in paths."""
    queued: int
    """Jobs that are due and wait. Beyond 5,000 it is some seconds old."""
    running: int
    """Jobs that run."""
    capacity: int
    """Slots of its live workers."""
    oldest_due_seconds: float | None
    """How long the oldest due job has waited, as of the same time; null: none waits."""
    desired_workers: int
    """How many worker processes the work asks for."""
    paused: bool
    """Whether it takes no more work."""


class PoolCap(Out, frozen=True, kw_only=True):
    """A cap: how much of a pool one organization of a tier may have."""

    tier: Tier
    """The organization's tier."""
    max_running: int
    """Jobs that run at once, at most."""
    max_queued: int
    """Jobs that are due and wait, at most: one more is refused."""


class Worker(Real, frozen=True, kw_only=True):
    """A worker process whose lease stands."""

    worker_id: ids.WorkerId
    pool: str
    """The pool that it works for."""
    host: str
    """The machine that it runs on."""
    pid: int
    """Its process id there."""
    version: str
    """The release that it runs."""
    slots: int
    """How many jobs it runs at once."""
    running: int
    """How many jobs it runs now."""
    state: WorkerState
    """`draining` takes no more work."""
    started_at: Instant
    """When it started, in UTC."""
    lease_expires_at: Instant
    """From then on its jobs are taken over unless it renews."""
