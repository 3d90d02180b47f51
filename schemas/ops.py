"""Pools and workers as operators see them; they belong to no organization."""

from typing import Literal

from schemas import ids
from schemas.api_keys import OrganizationTier
from schemas.base import RealClockResponseStruct, ResponseStruct, UtcInstant

WorkerState = Literal["active", "draining"]
RedisStatus = Literal["ok", "degraded"]


class Pool(ResponseStruct, frozen=True, kw_only=True):
    """A pool of workers with its waiting and running jobs."""

    name: str
    """The pool's name in paths."""
    queued: int
    """Due jobs that wait. Beyond 5,000 the number is some seconds old."""
    running: int
    """Running jobs."""
    capacity: int
    """Slots of its live workers."""
    oldest_due_seconds: float | None
    """Seconds that the oldest due job has waited, as of the same time; null: no job waits."""
    desired_workers: int
    """Number of worker processes that the work needs."""
    paused: bool
    """Whether the pool is paused and takes no more jobs."""


class PoolCap(ResponseStruct, frozen=True, kw_only=True):
    """A cap: the share of a pool that one organization of a tier may use."""

    tier: OrganizationTier
    """The organization's tier."""
    max_running: int
    """Maximum of concurrently running jobs."""
    max_queued: int
    """Maximum of due jobs that wait: further ones are refused."""


class Worker(RealClockResponseStruct, frozen=True, kw_only=True):
    """A worker process with a valid lease."""

    worker_id: ids.WorkerId
    pool: str
    """The worker's pool."""
    host: str
    """The worker's host."""
    pid: int
    """The process id on its host."""
    version: str
    """The worker's release."""
    slots: int
    """Maximum of concurrent jobs."""
    running: int
    """Number of running jobs."""
    state: WorkerState
    """`draining` takes no more jobs."""
    started_at: UtcInstant
    """When it started, in UTC."""
    lease_expires_at: UtcInstant
    """When other workers take over its jobs, unless it renews the lease."""
