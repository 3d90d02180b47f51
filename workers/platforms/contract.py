"""What every platform's adapter does, in five small calls (design 3, research 5).

`prepare` may be repeated and makes nothing public. `send` is the one irreversible call. `poll` and
`reconcile` only read. An adapter touches no database: its caller stores what `prepare` gave in a fenced
step before it calls `send`, and what comes of `send` in another. Failures are `schemas.errors.platforms`:
whoever raises one of `send` says by its class what is proved about the post (the `classify` of research 5).
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any, Protocol, TypeAlias
from uuid import UUID

import msgspec

from domain.sending import Account


class Media(msgspec.Struct, frozen=True, kw_only=True):
    """A file of the post, in its order. `read` opens its bytes anew each time; `duration_ms` is a video's."""

    asset_id: UUID
    kind: str
    mime_type: str
    size_bytes: int
    width: int
    height: int
    duration_ms: int | None
    read: Callable[[], AbstractAsyncContextManager[AsyncIterator[bytes]]]


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What is to go out. `created_at` is the post's own moment, the same in each attempt.

    `now` is the database's time as this attempt began, which later times of its are held against.
    """

    post_id: UUID
    caption: str
    language: str
    media: Sequence[Media]
    mode: str
    created_at: datetime
    now: datetime


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """What is stored before the irreversible call: `handle` finds the post again, `request` is its bytes.

    `handle` is JSON without secrets: an own key, ids of uploaded media, a container, an upload session.
    """

    handle: dict[str, Any]
    request: bytes


class Live(msgspec.Struct, frozen=True, kw_only=True):
    """Proved: the post is public."""

    external_id: str
    external_url: str | None


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """The platform has it and works on it: ask again after `after_s`. `handle` replaces the stored one."""

    handle: dict[str, Any]
    after_s: float


class Absent(msgspec.Struct, frozen=True):
    """Proved: the post is not there and no earlier call can still bring it."""


class Undecided(msgspec.Struct, frozen=True):
    """Neither is proved. `after_s`: it will be then, when no earlier call can be under way any more."""

    after_s: float | None = None


Sent: TypeAlias = Live | Taken
Found: TypeAlias = Live | Absent | Undecided


class Adapter(Protocol):
    """One platform. Its HTTP client is its own; all times are aware UTC datetimes, all waits seconds."""

    def repeatable(self, account: Account, prepared: Prepared, *, sent_at: datetime, now: datetime) -> bool:
        """Whether the same call again, after a lost answer to one at `sent_at`, can't make a second post."""
        ...

    async def prepare(self, account: Account, draft: Draft) -> Prepared:
        """Check, upload media, make the handle. Raises any `PlatformError` but `OutcomeUnknown`."""
        ...

    async def send(self, account: Account, prepared: Prepared, *, timeout_s: float) -> Sent:
        """The irreversible call, given up after `timeout_s`. Raises a `PlatformError`."""
        ...

    async def poll(self, account: Account, prepared: Prepared) -> Sent:
        """What became of what was taken. Raises `Rejected` where the platform gave it up, `PlatformError`."""
        ...

    async def reconcile(
        self, account: Account, prepared: Prepared, *, sent_at: datetime, now: datetime
    ) -> Found:
        """Look for the post after a lost answer. Raises a `PlatformError` where it could not look."""
        ...
