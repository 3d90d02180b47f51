"""The contract of every platform's adapter: five small calls.

`prepare` may be repeated and makes nothing public. `send` is the one irreversible call. `poll` and
`reconcile` only read. An adapter touches no database: its caller stores what `prepare` gave in a fenced
step before it calls `send`, and what comes of `send` in another. Failures are `schemas.errors.platforms`:
whoever raises one of `send` says by its class what is proved about the post.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol, TypeAlias
from uuid import UUID

import msgspec

from domain.publishing.outgoing import Account
from schemas.errors import Outdated, Rejected


class Media(msgspec.Struct, frozen=True, kw_only=True):
    """A file of the post, in its order. `read` opens its bytes from an offset on, anew each time.

    `url` is where anybody may fetch it from us; `duration_ms` is a video's.
    """

    asset_id: UUID
    kind: str
    mime_type: str
    size_bytes: int
    width: int
    height: int
    duration_ms: int | None
    url: str
    read: Callable[..., AbstractAsyncContextManager[AsyncIterator[bytes]]]


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A post as it is to go out. `created_at` is the post's own moment, the same in each attempt.

    `is_ai_generated`: the adapter sets the platform's AI label. It is false where the platform has none.

    `now` is the database's time as this attempt began, which later times of its are held against.
    """

    post_id: UUID
    caption: str
    language: str
    media: Sequence[Media]
    mode: str
    privacy_level: str | None
    is_ai_generated: bool
    created_at: datetime
    now: datetime


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """A prepared post, stored before the next call: `handle` finds it again, `request` is its bytes.

    `handle` is JSON without secrets: an own key, ids of uploaded media, a container. `secret` is kept
    sealed, such as an address that lets its holder upload. `tickets` are last parts of addresses of ours
    (`{Media.url}/{ticket}`, 43 URL-safe characters) that only this call makes known: whether one was fetched
    tells of its fate. One that is not `complete` is given back to `prepare`, `after_s` seconds later.
    `traits` are the account's, where the platform was asked for them: they replace the stored ones.
    """

    handle: dict[str, Any]
    request: bytes
    secret: bytes | None = None
    tickets: Sequence[str] = ()
    complete: bool = True
    after_s: float = 0.0
    traits: dict[str, Any] | None = None

    def __repr__(self) -> str:
        return f"Prepared({self.handle}, complete={self.complete})"


class Live(msgspec.Struct, frozen=True, kw_only=True):
    """Proved: the post is public, or as public as it was meant to be. Its name may not be known."""

    external_id: str | None
    external_url: str | None


class Drafted(msgspec.Struct, frozen=True):
    """Proved: it lies in its owner's inbox, and only they can publish it."""


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """The platform has it and works on it: ask again after `after_s`. `handle` replaces the stored one."""

    handle: dict[str, Any]
    after_s: float


class Absent(msgspec.Struct, frozen=True):
    """Proved: the post is not there and no earlier call can still bring it."""


class GivenUp(msgspec.Struct, frozen=True):
    """Proved: the platform had it and gave it up. `why` says whether it may be sent anew."""

    why: Rejected | Outdated


class Undecided(msgspec.Struct, frozen=True):
    """Neither is proved. `after_s`: it will be then, when no earlier call can be under way any more."""

    after_s: float | None = None


Sent: TypeAlias = Live | Drafted | Taken
Found: TypeAlias = Live | Drafted | Taken | Absent | GivenUp | Undecided


class Inquiry(NamedTuple):
    """About a post whose call was made at `sent_at`: what an answer is held against.

    `fetched` is whether an address of its tickets, none of which leads anywhere by now, was ever fetched;
    None: it has none.
    """

    prepared: Prepared
    sent_at: datetime
    now: datetime
    fetched: bool | None = None

    def left_s(self, wait: timedelta) -> float:
        """Seconds until `wait` after the call is over; negative once it is."""
        return (self.sent_at + wait - self.now).total_seconds()

    def confirm(self, found: Found, *, in_flight: timedelta) -> Found:
        """`found`, but `Undecided` for an absent post whose call may still be in flight for so long."""
        left_s = self.left_s(in_flight)
        return Undecided(left_s) if isinstance(found, Absent) and left_s > 0 else found


class Adapter(Protocol):
    """Adapter of one platform, a subclass. All times are aware UTC datetimes, all waits seconds."""

    def repeatable(self, account: Account, inquiry: Inquiry) -> bool:  # noqa: ARG002  an adapter's may need them
        """True if the same call again, after a lost answer, can't make a second post. In doubt it can."""
        return False

    async def prepare(self, account: Account, draft: Draft, so_far: Prepared | None = None) -> Prepared:
        """Check, upload media, make the handle: in as many steps as have to be remembered.

        `so_far` is the step before, maybe of an attempt that died. Raises any `PlatformError` but
        `OutcomeUnknown`.
        """
        ...

    async def send(self, account: Account, prepared: Prepared, draft: Draft, *, timeout_s: float) -> Sent:
        """The irreversible call, given up after `timeout_s`. Raises a `PlatformError`."""
        ...

    async def poll(self, account: Account, inquiry: Inquiry) -> Sent:  # noqa: ARG002
        """Ask what became of a post that the platform has taken.

        Raises `Rejected`, or `Outdated` to send it anew, where the platform gave it up; `PlatformError`.
        A platform that answers `send` with the post has nothing to poll.
        """
        raise AssertionError(f"{type(self).__name__} answers `send` with the post: there is nothing to poll")

    async def reconcile(self, account: Account, inquiry: Inquiry) -> Found:
        """Look for the post after a lost answer. Raises a `PlatformError` where it could not look."""
        ...
