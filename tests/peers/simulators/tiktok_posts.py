"""A post from its init to its outcome, by the clock."""

import itertools
import re
import secrets
from collections.abc import Sequence
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec

from tests.peers.simulators.clock import SimulatorClock
from tests.peers.simulators.ledger import Entry, Ledger, LedgerState
from tests.peers.simulators.routing import Refused, Request, SimReply
from tests.peers.simulators.tiktok_errors import FAIL_REASONS
from tests.peers.simulators.tiktok_files import Received
from tests.peers.simulators.tiktok_people import Creator, People
from tests.peers.simulators.tiktok_webhooks import TikTokWebhooks

DAY_S = 86400


class TikTokStage(StrEnum):
    #: Waits for its bytes; `PROCESSING_UPLOAD`.
    OPEN = "open"
    #: Complete, or to be pulled: it can't be stopped any more.
    TAKEN = "taken"
    INBOX = "inbox"
    COMPLETE = "complete"
    PUBLIC = "public"
    FAILED = "failed"
    GONE = "gone"


#: A person's actions on a post in the app, with their valid stages.
DEEDS = {"post": (TikTokStage.INBOX,), "delete": (TikTokStage.INBOX, TikTokStage.COMPLETE, TikTokStage.PUBLIC)}


class TikTokPost(msgspec.Struct, kw_only=True):
    """A post. `upload`: the announced FILE_UPLOAD; `urls`: pulled files; `fate`: its fail_reason."""

    key: str
    username: str
    family: str
    is_draft: bool
    privacy: str | None
    entry: Entry
    upload: "AnnouncedUpload | None" = None
    urls: Sequence[str] = ()
    file: Received = msgspec.field(default_factory=Received)
    stage: TikTokStage = TikTokStage.OPEN
    fate: str | None = None
    done_at: float | None = None
    public_at: float | None = None
    post_ids: list[int] = msgspec.field(default_factory=list)
    figures: dict[str, int] = msgspec.field(default_factory=dict)


class AnnouncedUpload(msgspec.Struct, kw_only=True, frozen=True):
    size: int
    chunk: int
    count: int
    token: str
    ends_at: float

    def end_of(self, start: int) -> int:
        """Return the last byte's number of the chunk at `start`: the last chunk takes the rest."""
        number = start // self.chunk
        return self.size - 1 if number >= self.count - 1 else start + self.chunk - 1


class Posts:
    def __init__(self, clock: SimulatorClock, ledger: Ledger, people: People, hooks: TikTokWebhooks) -> None:
        self.by_key: dict[str, TikTokPost] = {}
        self._clock, self._ledger, self._people, self._hooks = clock, ledger, people, hooks
        self._ids = itertools.count(7_300_000_000_000_000_001)

    def begin(self, post: TikTokPost) -> TikTokPost:
        self._ledger.begin(post.entry)
        self.by_key[post.key] = post
        return post

    def accept(self, post: TikTokPost) -> None:
        """Accept the post; it proceeds by itself, unless `judge` sets a failure."""
        post.stage, post.entry.state = TikTokStage.TAKEN, LedgerState.COMING
        post.entry.accepted_at = self._clock.now()

    def judge(self, post: TikTokPost, wrong: str | None, at: float) -> None:
        """Record that its files are complete `at` that time, or are `wrong`."""
        self.settle()
        creator = self._people.of(post.username)
        post.fate = creator.fails.pop(0) if creator.fails else post.fate or wrong
        if post.fate is None and not post.is_draft and self.sent_today(creator, but=post) >= creator.posts_per_day:
            post.fate = "spam_risk_too_many_posts"
        post.done_at = at + creator.processing_s
        if not post.is_draft and post.privacy == "PUBLIC_TO_EVERYONE" and not creator.is_private:
            post.public_at = post.done_at + creator.moderation_s

    def sent_today(self, creator: Creator, *, but: TikTokPost | None = None) -> int:
        """Count the direct posts accepted in the last 24 h that haven't failed."""
        since = self._clock.now() - DAY_S
        return sum(
            post.username == creator.username
            and not post.is_draft
            and post is not but
            and post.stage is not TikTokStage.FAILED
            and (post.entry.accepted_at or 0) > since
            for post in self.by_key.values()
        )

    def pending(self, creator: Creator) -> int:
        """Count the drafts of the last 24 h that are neither posted nor deleted; begun ones count."""
        since = self._clock.now() - DAY_S
        return sum(
            post.username == creator.username
            and post.is_draft
            and post.stage in {TikTokStage.OPEN, TikTokStage.TAKEN, TikTokStage.INBOX}
            and post.entry.begun_at > since
            for post in self.by_key.values()
        )

    def lose_access(self, username: str) -> None:
        """Fail the unfinished posts."""
        for post in self.by_key.values():
            if post.username == username and post.stage in {TikTokStage.OPEN, TikTokStage.TAKEN}:
                post.fate = "auth_removed"

    def settle(self) -> None:
        for post in self.by_key.values():
            self._settle(post, self._clock.now())

    def _settle(self, post: TikTokPost, now: float) -> None:
        if post.stage is TikTokStage.TAKEN and post.done_at is not None and now >= post.done_at:
            self._done(post, post.done_at)
        if post.stage is TikTokStage.COMPLETE and post.public_at is not None and now >= post.public_at:
            self._public(post, post.public_at)

    def _done(self, post: TikTokPost, at: float) -> None:
        if post.fate is not None:
            self._move(post, TikTokStage.FAILED, LedgerState.FAILED, at, "post.publish.failed", reason=post.fate)
            post.entry.detail = post.fate
        elif post.is_draft:
            self._move(post, TikTokStage.INBOX, LedgerState.DRAFT, at, "post.publish.inbox_delivered")
        else:
            self._move(post, TikTokStage.COMPLETE, LedgerState.LIVE, at, "post.publish.complete")

    def _public(self, post: TikTokPost, at: float) -> None:
        post.post_ids = [next(self._ids)]
        post.entry.external_id = str(post.post_ids[0])
        self._move(
            post, TikTokStage.PUBLIC, LedgerState.LIVE, at, "post.publish.publicly_available", post_id=post.post_ids[0]
        )

    def _move(
        self, post: TikTokPost, stage: TikTokStage, state: LedgerState, at: float, event: str, **content: Any
    ) -> None:
        post.stage, post.entry.state = stage, state
        kind = "INBOX_SHARE" if post.is_draft else "DIRECT_PUBLISH"
        said = {"publish_id": post.key, "publish_type": kind} | content
        self._hooks.emit(at, event, self._people.of(post.username).open_id, said)

    def act(self, key: str, deed: str | None, fail: str | None) -> TikTokPost:
        """Apply a person's action, or a failure during processing."""
        self.settle()
        if key not in self.by_key:
            raise ValueError(f"no such publish_id: {key}")
        post, now = self.by_key[key], self._clock.now()
        if fail is not None:
            if fail not in FAIL_REASONS or post.stage not in {TikTokStage.OPEN, TikTokStage.TAKEN}:
                raise ValueError(f"{post.stage} posts don't fail for {fail}; reasons: {sorted(FAIL_REASONS)}")
            post.fate = fail
        elif deed not in DEEDS or post.stage not in DEEDS[deed]:
            raise ValueError(f"{post.stage} posts aren't for {deed}; deeds: {sorted(DEEDS)}")
        elif deed == "post":
            self._move(post, TikTokStage.COMPLETE, LedgerState.LIVE, now, "post.publish.complete")
            post.public_at = now + self._people.of(post.username).moderation_s
        else:
            self._delete(post, now)
        return post

    def _delete(self, post: TikTokPost, now: float) -> None:
        """Delete a post: a draft becomes failed, a public post deleted."""
        if post.stage is TikTokStage.INBOX:
            post.fate = "publish_cancelled"
            self._move(post, TikTokStage.FAILED, LedgerState.DELETED, now, "post.publish.failed", reason=post.fate)
            return
        for post_id in post.post_ids:
            event = "post.publish.no_longer_publicaly_available"
            self._move(post, TikTokStage.GONE, LedgerState.DELETED, now, event, post_id=post_id)
        post.stage, post.entry.state, post.post_ids = TikTokStage.GONE, LedgerState.DELETED, []


def status_of(post: TikTokPost) -> dict[str, Any]:
    """Return the `data` of status/fetch for a settled post; their spelling."""
    waiting = "PROCESSING_UPLOAD" if post.upload else "PROCESSING_DOWNLOAD"
    known = {
        TikTokStage.FAILED: "FAILED",
        TikTokStage.INBOX: "SEND_TO_USER_INBOX",
        TikTokStage.OPEN: waiting,
        TikTokStage.TAKEN: waiting,
    }
    response: dict[str, Any] = {
        "status": known.get(post.stage, "PUBLISH_COMPLETE"),
        "publicaly_available_post_id": list(post.post_ids),
        "uploaded_bytes" if post.upload else "downloaded_bytes": post.file.size,
    }
    return response | ({"fail_reason": post.fate} if post.stage is TikTokStage.FAILED else {})


def publish_id(*, is_photo: bool, is_draft: bool) -> str:
    """Return an id with a prefix from their pages, of at most 64 characters."""
    where = "inbox" if is_draft else "pub"
    kind, how = ("p", "url") if is_photo else ("v", "file")
    return f"{kind}_{where}_{how}~v2-1.{secrets.randbelow(10**18):018d}"


TYPES = {"video/mp4", "video/quicktime", "video/webm"}

_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")


class Range(NamedTuple):
    start: int
    end: int
    total: int


def range_of(request: Request) -> Range | None:
    match = _RANGE.fullmatch(request.headers.get("content-range", ""))
    return Range(*map(int, match.groups())) if match else None


def take(post: TikTokPost | None, request: Request, now: float) -> bool:
    """Accept a chunk; return whether it was the last. Raises `Refused` without any change."""
    upload = allowed(post, request, now)
    assert post is not None
    found = range_of(request)
    if found is None or request.headers.get("content-type") not in TYPES:
        raise Refused(SimReply(400, b"Content-Range or Content-Type is missing or malformed"))
    if found.end - found.start + 1 != len(request.body):
        raise Refused(SimReply(400, b"the body isn't as long as Content-Range says"))
    expected = Range(post.file.size, upload.end_of(post.file.size), upload.size)
    if post.stage is not TikTokStage.OPEN or found != expected:
        raise Refused(SimReply(416, b"Content-Range isn't what comes next", progress(post, upload)))
    post.file.add(request.body)
    return post.file.size == upload.size


def allowed(post: TikTokPost | None, request: Request, now: float) -> AnnouncedUpload:
    if post is None or post.upload is None or request.query.get("upload_token") != post.upload.token:
        raise Refused(SimReply(404, b"there is no such upload"))
    if now >= post.upload.ends_at:
        raise Refused(SimReply(403, b"the upload_url has expired"))
    return post.upload


def progress(post: TikTokPost, upload: AnnouncedUpload) -> dict[str, str]:
    """Return the progress header as in the guide: the number of bytes, not the last one's index."""
    return {"Content-Range": f"bytes 0-{post.file.size}/{upload.size}"}
