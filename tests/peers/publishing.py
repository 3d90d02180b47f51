"""A worker's use of an adapter without a database: the same decisions after each lost response."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeVar
from uuid import UUID

import httpx
import msgspec

from domain.publishing.outgoing import PostingAccountWithAccessToken
from domain.values import ssrf_guard
from schemas import ids
from schemas.errors import PostNotSent, PostOutcomeUnknown
from tests.media import picture
from tests.platforms.scripted import draft, file
from workers.platforms.contract import (
    AbsentPost,
    AcceptedPost,
    LivePost,
    PlatformAdapter,
    PostInquiry,
    PostPrepareResult,
    PostToPublish,
    ReconcileResult,
)
from workers.web.fetch import open_ssrf_guarded_client

T = TypeVar("T")

TRIES, ASKS = 5, 20
TIMEOUT_S = 60.0
#: Longer than any adapter waits before it reports a post as absent.
LATER = timedelta(minutes=2)


@asynccontextmanager
async def outbound(*bases: str) -> AsyncIterator[httpx.AsyncClient]:
    """Open a client that may connect to these local addresses."""
    allowed = ssrf_guard.parse_allowed_loopback_fetch_origins(",".join(base.removeprefix("http://") for base in bases))
    async with open_ssrf_guarded_client(allowed=allowed, contact="https://tenantry.test") as client:
        yield client


def post(caption: str, *, images: int = 0, post_id: UUID | None = None) -> PostToPublish:
    """Return a new post of now."""
    files = [file(picture(size=(4, 3 + number)), id=ids.new_uuid7()) for number in range(images)]
    now = datetime.now(UTC)
    return draft(caption, *files, post_id=post_id or ids.new_uuid7(), created_at=now, now=now)


async def patiently(ask: Callable[[], Awaitable[T]]) -> T:
    """Retry requests that were not sent, as a worker does: snac sometimes aborts a response."""
    for _ in range(TRIES - 1):
        with suppress(PostNotSent):
            return await ask()
    return await ask()


async def publish(adapter: PlatformAdapter, account: PostingAccountWithAccessToken, what: PostToPublish) -> LivePost:
    return await deliver(adapter, account, await prepare(adapter, account, what), what)


async def prepare(
    adapter: PlatformAdapter, account: PostingAccountWithAccessToken, what: PostToPublish
) -> PostPrepareResult:
    """Prepare the post in as many steps as needed."""
    so_far: PostPrepareResult | None = None
    while so_far is None or not so_far.complete:
        so_far = await patiently(partial(adapter.prepare, account, what, so_far))
    return so_far


async def deliver(
    adapter: PlatformAdapter,
    account: PostingAccountWithAccessToken,
    prepared: PostPrepareResult,
    what: PostToPublish | None = None,
) -> LivePost:
    """Send until the post is proved live. Repeats a send only if harmless, or after proof of its absence."""
    for _ in range(TRIES):
        now = datetime.now(UTC)
        asked = PostInquiry(prepared, now, now)
        try:
            sent: ReconcileResult = await adapter.send(account, prepared, what or post(""), timeout_s=TIMEOUT_S)
        except PostNotSent:
            continue
        except PostOutcomeUnknown:
            if adapter.may_repeat_send_safely(account, asked):
                continue
            # By then any call in flight must have ended.
            sent = await patiently(partial(adapter.reconcile, account, asked._replace(now=now + LATER)))
        if sent != AbsentPost():
            return await confirmed(adapter, account, asked, sent)
    raise AssertionError(f"not live after {TRIES} tries")


async def confirmed(
    adapter: PlatformAdapter, account: PostingAccountWithAccessToken, asked: PostInquiry, sent: ReconcileResult
) -> LivePost:
    """Poll an accepted post until it is live."""
    for _ in range(ASKS):
        if not isinstance(sent, AcceptedPost):
            break
        prepared = msgspec.structs.replace(asked.prepared, handle=sent.handle)
        asked = asked._replace(prepared=prepared, now=datetime.now(UTC))
        sent = await adapter.poll(account, asked)
    assert isinstance(sent, LivePost), sent
    return sent
