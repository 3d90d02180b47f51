"""The contract of every platform's adapter: five small calls.

`prepare` may be repeated and makes nothing public. `send` is the one irreversible call. `poll` and
`reconcile` only read. An adapter touches no database: its caller stores the result of `prepare` in a fenced
step before it calls `send`, and the result of `send` in another. Failures are `schemas.errors.platforms`: the
class of an error of `send` states what is proved about the post.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol, TypeAlias
from uuid import UUID

import msgspec

from domain.publishing.outgoing import OutgoingPostFile, PostingAccountWithAccessToken
from schemas.errors import PlatformRefusal, PostPreparationExpired


class PostFile(OutgoingPostFile, frozen=True, kw_only=True):
    """A file of the post, in its order. `read` opens its bytes from an offset on, again at each call.

    `url` is its public address on this server; `duration_ms` is a video's.
    """

    url: str
    read: Callable[..., AbstractAsyncContextManager[AsyncIterator[bytes]]]


class PostToPublish(msgspec.Struct, frozen=True, kw_only=True):
    """A post to publish. `created_at` is the post's own time, the same in each attempt.

    `is_ai_generated`: the adapter sets the platform's AI label. It is false if the platform has none.

    `now` is the database's time at the start of this attempt, the reference for its later times.
    """

    post_id: UUID
    caption: str
    language: str
    media: Sequence[PostFile]
    mode: str
    privacy_level: str | None
    is_ai_generated: bool
    created_at: datetime
    now: datetime


class PostPrepareResult(msgspec.Struct, frozen=True, kw_only=True):
    """A prepared post, stored before the next call: `handle` identifies it later, `request` is its bytes.

    `handle` is JSON without secrets: an own key, ids of uploaded media, a container. `secret` is stored
    sealed, such as an address that lets its holder upload. `tickets` are the last parts of one-time addresses
    on this server (`{PostFile.url}/{ticket}`, 43 URL-safe characters). Only this call reveals them: a fetch
    of one proves that the call arrived. A post that is not `complete` is passed to `prepare` again `after_s`
    seconds later. `traits` are the account's, if the platform was queried for them: they replace the stored
    ones.
    """

    handle: dict[str, Any]
    request: bytes
    secret: bytes | None = None
    tickets: Sequence[str] = ()
    complete: bool = True
    after_s: float = 0.0
    traits: dict[str, Any] | None = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.handle}, complete={self.complete})"


class LivePost(msgspec.Struct, frozen=True, kw_only=True):
    """Proved: the post is public, or as public as intended. Its id may be unknown."""

    external_id: str | None
    external_url: str | None


class InboxDraft(msgspec.Struct, frozen=True):
    """Proved: the draft is in its owner's inbox, and only they can publish it."""


class AcceptedPost(msgspec.Struct, frozen=True, kw_only=True):
    """The platform processes the accepted post: poll after `after_s`. `handle` replaces the stored one."""

    handle: dict[str, Any]
    after_s: float


class AbsentPost(msgspec.Struct, frozen=True):
    """Proved: the post is not there and no earlier call can still create it."""


class LaterDroppedPost(msgspec.Struct, frozen=True):
    """Proved: the platform accepted the post and then dropped it. `why` decides whether to send it again."""

    why: PlatformRefusal | PostPreparationExpired


class UnprovedPost(msgspec.Struct, frozen=True):
    """It is not proved whether the post exists.

    `after_s`: seconds until no earlier call can still be in flight; None: a wait alone decides nothing.
    """

    after_s: float | None = None


SendResult: TypeAlias = LivePost | InboxDraft | AcceptedPost
ReconcileResult: TypeAlias = LivePost | InboxDraft | AcceptedPost | AbsentPost | LaterDroppedPost | UnprovedPost


class PostInquiry(NamedTuple):
    """A question about a post with a call at `sent_at`, and the times to compare the result with.

    `fetched`: an address of its tickets was ever fetched (all are closed by now); None: it has no tickets.
    """

    prepared: PostPrepareResult
    sent_at: datetime
    now: datetime
    fetched: bool | None = None

    def seconds_left_of_wait_since_send(self, wait: timedelta) -> float:
        """Return the seconds until the time `wait` since the post's last call is over; negative once it is over."""
        return (self.sent_at + wait - self.now).total_seconds()

    def withhold_unproved_absence(self, found: ReconcileResult, *, in_flight: timedelta) -> ReconcileResult:
        """Return the result of a search for a post, but `UnprovedPost` instead of an unproved absence.

        An `AbsentPost` is unproved while a call may still be in flight: for `in_flight` after the last call.
        """
        left_s = self.seconds_left_of_wait_since_send(in_flight)
        return UnprovedPost(left_s) if isinstance(found, AbsentPost) and left_s > 0 else found


class PlatformAdapter(Protocol):
    """Adapter of one platform, a subclass. All times are aware UTC datetimes, all waits seconds."""

    def may_repeat_send_safely(self, account: PostingAccountWithAccessToken, inquiry: PostInquiry) -> bool:  # noqa: ARG002  for subclasses
        """Return whether a post may be sent again after a lost response, since that can't create a second post.

        The default is False: in doubt the post is searched for instead.
        """
        return False

    async def prepare(
        self, account: PostingAccountWithAccessToken, draft: PostToPublish, so_far: PostPrepareResult | None = None
    ) -> PostPrepareResult:
        """Check a post, upload its files and build its handle; return the state to store before the post is sent.

        A state that isn't `complete` is stored, and passed to the next call as `so_far`, perhaps of a later
        attempt. Nothing becomes public. Raise `ServiceUnavailable`, any `PlatformError` but `PostOutcomeUnknown`.
        """
        ...

    async def send(
        self,
        account: PostingAccountWithAccessToken,
        prepared: PostPrepareResult,
        draft: PostToPublish,
        *,
        timeout_s: float,
    ) -> SendResult:
        """Make the irreversible call that publishes a prepared post; return the platform's result.

        It is a live post, an inbox draft or a post to poll. `timeout_s` limits the call. Raise a `PlatformError`.
        """
        ...

    async def poll(self, account: PostingAccountWithAccessToken, inquiry: PostInquiry) -> SendResult:  # noqa: ARG002
        """Query the state of a post that the platform has accepted and still processes; return the state.

        Raise `PlatformRefusal` for a dropped post, `PostPreparationExpired` for one to send again, any
        `PlatformError`. A platform that publishes at once needs no poll.
        """
        raise AssertionError(f"{type(self).__name__} returns the post from `send`: a poll is never needed")

    async def reconcile(self, account: PostingAccountWithAccessToken, inquiry: PostInquiry) -> ReconcileResult:
        """Search the platform for a post after a lost response; return the state that the search proves.

        It is live, in the inbox, processed, absent, dropped or undecided. Raise a `PlatformError` if the search fails.
        """
        ...
