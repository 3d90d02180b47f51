"""A worker's use of an adapter without a database: the same decisions after each lost response."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeVar
from uuid import UUID

import httpx
import msgspec

from domain.publishing.outgoing import PostingAccount
from domain.values import ssrf_guard
from schemas import ids
from schemas.errors import OutcomeUnknown, PostNotSent
from tests.media import picture
from tests.platforms.scripted import draft, file
from workers.platforms.contract import (
    AbsentPost,
    AcceptedPost,
    Adapter,
    Inquiry,
    LivePost,
    PostDraft,
    PreparedPost,
    ReconcileResult,
)
from workers.web.fetch import open_client

T = TypeVar("T")

TRIES, ASKS = 5, 20
TIMEOUT_S = 60.0
#: Longer than any adapter waits before it reports a post as absent.
LATER = timedelta(minutes=2)


class RealClock:
    """Real time, without any waiting."""

    async def now(self) -> datetime:
        return datetime.now(UTC)

    async def advance(self, seconds: float) -> None:
        pass


REAL = RealClock()


@asynccontextmanager
async def outbound(*bases: str) -> AsyncIterator[httpx.AsyncClient]:
    """Open a client that may connect to these local addresses."""
    allowed = ssrf_guard.read_allowed(",".join(base.removeprefix("http://") for base in bases))
    async with open_client(allowed=allowed, contact="https://tenantry.test") as client:
        yield client


def post(caption: str, *, images: int = 0, post_id: UUID | None = None) -> PostDraft:
    """Return a new post of now."""
    files = [file(picture(size=(4, 3 + number)), asset_id=ids.new()) for number in range(images)]
    now = datetime.now(UTC)
    return draft(caption, *files, post_id=post_id or ids.new(), created_at=now, now=now)


async def patiently(ask: Callable[[], Awaitable[T]]) -> T:
    """Retry requests that were not sent, as a worker does: snac sometimes aborts a response."""
    for _ in range(TRIES - 1):
        with suppress(PostNotSent):
            return await ask()
    return await ask()


async def publish(
    adapter: Adapter, account: PostingAccount, what: PostDraft, clock: RealClock = REAL
) -> LivePost:
    prepared = await prepare(adapter, account, what, clock)
    return await deliver(adapter, account, prepared, what, clock)


async def prepare(
    adapter: Adapter, account: PostingAccount, what: PostDraft, clock: RealClock = REAL
) -> PreparedPost:
    """Prepare the post in as many steps as needed."""
    so_far: PreparedPost | None = None
    while so_far is None or not so_far.complete:
        so_far = await patiently(partial(adapter.prepare, account, what, so_far))
        await clock.advance(so_far.after_s)
    return so_far


async def deliver(
    adapter: Adapter,
    account: PostingAccount,
    prepared: PreparedPost,
    what: PostDraft | None = None,
    clock: RealClock = REAL,
) -> LivePost:
    """Send until the post is proved live. Repeats a send only if harmless, or after proof of its absence."""
    for _ in range(TRIES):
        asked = Inquiry(prepared, await clock.now(), await clock.now())
        try:
            sent: ReconcileResult = await adapter.send(
                account, prepared, what or post(""), timeout_s=TIMEOUT_S
            )
        except PostNotSent:
            continue
        except OutcomeUnknown:
            if adapter.repeatable(account, asked):
                continue
            sent = await looked_for(adapter, account, asked, clock)
        if sent != AbsentPost():
            return await confirmed(adapter, account, asked, sent, clock)
    raise AssertionError(f"not live after {TRIES} tries")


async def looked_for(
    adapter: Adapter, account: PostingAccount, asked: Inquiry, clock: RealClock
) -> ReconcileResult:
    """Look the post up, after any call in flight must have ended."""
    await clock.advance(LATER.total_seconds())
    return await patiently(partial(adapter.reconcile, account, asked._replace(now=asked.sent_at + LATER)))


async def confirmed(
    adapter: Adapter, account: PostingAccount, asked: Inquiry, sent: ReconcileResult, clock: RealClock
) -> LivePost:
    """Poll an accepted post until it is live."""
    for _ in range(ASKS):
        if not isinstance(sent, AcceptedPost):
            break
        await clock.advance(sent.after_s)
        prepared = msgspec.structs.replace(asked.prepared, handle=sent.handle)
        asked = asked._replace(prepared=prepared, now=await clock.now())
        sent = await adapter.poll(account, asked)
    assert isinstance(sent, LivePost), sent
    return sent
