"""What a worker does with an adapter, without its database: the same decisions after each lost answer."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from uuid import UUID

import httpx

from domain import urls
from domain.work import Account
from schemas import ids
from schemas.errors import NotSent, OutcomeUnknown
from tests.media import picture
from tests.workers.platforms.scripted import draft, file
from workers.fetch import open_client
from workers.platforms.contract import Absent, Adapter, Draft, Inquiry, Live, Prepared

T = TypeVar("T")

TRIES = 5
TIMEOUT_S = 10.0
#: Longer than any adapter waits before it says that a post is absent.
LATER = timedelta(minutes=2)


@asynccontextmanager
async def outbound(*bases: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client that may ask these addresses of this machine."""
    allowed = urls.read_allowed(",".join(base.removeprefix("http://") for base in bases))
    async with open_client(allowed=allowed, contact="https://tenantry.test") as client:
        yield client


def post(caption: str, *, images: int = 0, post_id: UUID | None = None) -> Draft:
    """A post of this moment with an id of its own."""
    files = [file(picture(size=(4, 3 + number)), asset_id=ids.new()) for number in range(images)]
    now = datetime.now(UTC)
    return draft(caption, *files, post_id=post_id or ids.new(), created_at=now, now=now)


async def patiently(ask: Callable[[], Awaitable[T]]) -> T:
    """Again where nothing was sent, as a worker does: snac breaks off an answer now and then."""
    for _ in range(TRIES - 1):
        with suppress(NotSent):
            return await ask()
    return await ask()


async def publish(adapter: Adapter, account: Account, what: Draft) -> Live:
    return await deliver(adapter, account, await patiently(lambda: adapter.prepare(account, what)), what)


async def deliver(adapter: Adapter, account: Account, prepared: Prepared, what: Draft | None = None) -> Live:
    """Sends until it is proved live: again where that is harmless, or once its absence is proved."""
    for _ in range(TRIES):
        sent_at = datetime.now(UTC)
        try:
            sent = await adapter.send(account, prepared, what or post(""), timeout_s=TIMEOUT_S)
        except NotSent:
            continue
        except OutcomeUnknown:
            found = await settled(adapter, account, prepared, sent_at)
            if found is not None:
                return found
        else:
            assert isinstance(sent, Live)
            return sent
    raise AssertionError(f"not live after {TRIES} tries")


async def settled(adapter: Adapter, account: Account, prepared: Prepared, sent_at: datetime) -> Live | None:
    """The post if it is there; None where sending again can't make a second one."""
    if adapter.repeatable(account, Inquiry(prepared, sent_at, datetime.now(UTC))):
        return None
    later = Inquiry(prepared, sent_at, sent_at + LATER)
    found = await patiently(lambda: adapter.reconcile(account, later))
    assert isinstance(found, Live | Absent), found
    return found if isinstance(found, Live) else None
