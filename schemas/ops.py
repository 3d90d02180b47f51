"""Pools and workers as operators see them; they belong to no organization."""

from typing import Literal

from schemas.base import Instant, Out


class Pool(Out, frozen=True, kw_only=True):
    """`queued` jobs are due, `capacity` is the slots of live workers; `oldestDueSeconds` may be null."""

    name: str
    queued: int
    running: int
    capacity: int
    oldest_due_seconds: float | None
    desired_workers: int
    paused: bool


class Worker(Out, frozen=True, kw_only=True):
    """A worker process whose lease stands."""

    worker_id: str
    pool: str
    host: str
    pid: int
    version: str
    slots: int
    running: int
    state: Literal["active", "draining"]
    started_at: Instant
    lease_expires_at: Instant
