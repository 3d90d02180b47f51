"""Visits: an account's platform is asked about what is due of it, in one job at a time.

The dispatcher looks which accounts come up, each at least once an hour, and submits a job for those of whom
something is due. A job that is lost costs an hour: the account comes up again.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from db.pool import Conn
from db.queries import collection
from domain.accounts import credentials, owners
from domain.collection import cadence, snapshots
from domain.collection.snapshots import Subject, Told
from domain.publishing import outgoing
from domain.publishing.outgoing import Account
from domain.security.keyring import Keyring
from domain.tenancy import sandbox_clock
from jobs import ledger
from jobs.kinds import COLLECT_METRICS
from jobs.ledger import Claim
from schemas.errors import Limited, PlatformError, ReauthRequired, Throttled, TokenExpired

#: Accounts of one look: it is a part of the dispatcher's tick, so it is short.
LOOKED_AT = 50


class DueAccount(NamedTuple):
    """An account that came up; `wanted`: something is due of it. A stub's project is None."""

    organization_id: UUID
    project_id: UUID | None
    account_id: UUID
    wanted: bool


class VisitedAccount(NamedTuple):
    """The account that a visit is about, with what opens it; an account on lease has its owner's."""

    platform: str
    service_url: str
    external_id: str
    account_handle: str
    traits: dict[str, Any]
    sandbox: bool
    owner_organization_id: UUID
    owner_project_id: UUID | None
    owner_id: UUID
    gauges: bool
    asked_at: datetime | None
    failures: int
    now: datetime


class DuePost(NamedTuple):
    """A post to ask about, by its platform's name; `due_at` None: for the first time."""

    id: UUID
    external_id: str
    published_at: datetime
    video: bool
    due_at: datetime | None


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """A visit of an account: the posts to ask about, and its followers if `gauges`.

    `now` is the time of all that it finds, which a sandbox is `ahead` of. `more`: other posts
    are due than it asks about.
    """

    account_id: UUID
    account: Account
    sandbox: bool
    posts: Sequence[DuePost]
    gauges: bool
    more: bool
    generation: int
    failures: int
    owner_organization_id: UUID
    owner_project_id: UUID | None
    owner_id: UUID
    now: datetime
    ahead: timedelta = timedelta()


class Found(NamedTuple):
    """Posts that a visit has asked about, those that nobody answered for, and the values that it was told.

    `error` ended it before it was through.
    """

    asked: list[DuePost]
    failed: list[DuePost]
    told: list[Told]
    error: PlatformError | None


TAKE_DUE = collection.take_due_accounts.typed(DueAccount)
FIND_ACCOUNT = collection.find_account.typed(VisitedAccount)
LIST_POSTS = collection.list_due_posts.typed(DuePost)


async def submit_due(conn: Conn) -> int:
    """Submit the jobs of a batch of accounts that come up and of whom something is due; how many came up.

    Not in one transaction: a job's key may be held by a visit that waits for its account.
    """
    due = await TAKE_DUE.all(
        conn,
        limit=LOOKED_AT,
        last_s=cadence.LAST.total_seconds(),
        gauges_s=cadence.GAUGES_S,
        look_s=cadence.LOOK_S,
        later_s=cadence.LATER_S,
    )
    for account in due:
        if account.wanted:
            await _submit(conn, account)
    return len(due)


async def _submit(conn: Conn, account: DueAccount) -> None:
    """The account's job; where the ledger takes none now, it comes up again soon."""
    org, project_id, account_id, _ = account
    try:
        await ledger.submit(
            conn,
            kind=COLLECT_METRICS,
            organization_id=org,
            project_id=project_id,
            args={"account_id": str(account_id)},
            unique_key=f"collect:{account_id}",
        )
    except Limited:
        await collection.come_up.run(conn, org=org, account_id=account_id, after_s=cadence.MORE_S)


async def begin(conn: Conn, *, claim: Claim, most: int, keyring: Keyring) -> Visit | None:
    """The visit of at most so many posts; None: nothing is to be asked, or its token has to be new first.

    A platform's own words for posts are asked for by the account that owns it, as publishing does.
    """
    org, account_id = claim.organization_id, UUID(claim.args["account_id"])
    row = await FIND_ACCOUNT.one(conn, org=org, account_id=account_id)
    if row is None:
        return None
    tokens = await owners.open(conn, row, keyring)
    if credentials.ends_soon(tokens.expires_at, now=row.now):
        await owners.refresh(conn, row)
        await collection.come_up.run(conn, org=org, account_id=account_id, after_s=cadence.REFRESH_S)
        return None
    last_s = cadence.LAST.total_seconds()
    posts = await LIST_POSTS.all(
        conn, org=org, account_id=account_id, last_s=last_s, asked_at=row.asked_at, limit=most + 1
    )
    return Visit(
        account_id=account_id,
        account=outgoing.account_of(row, tokens.access_token),
        sandbox=row.sandbox,
        posts=posts[:most],
        gauges=row.gauges,
        more=len(posts) > most,
        generation=tokens.generation,
        failures=row.failures,
        owner_organization_id=row.owner_organization_id,
        owner_project_id=row.owner_project_id,
        owner_id=row.owner_id,
        now=row.now,
        ahead=(await sandbox_clock.get(conn, organization_id=org)).ahead if row.sandbox else timedelta(),
    )


async def keep(conn: Conn, *, claim: Claim, visit: Visit, found: Found) -> dict[str, Any]:
    """Keep what a visit found, also one that was broken off; the job's result."""
    org = claim.organization_id
    scope: dict[str, Any] = {"organization_id": org, "account_id": visit.account_id}
    kept = await snapshots.keep(conn, **scope, told=found.told, at=visit.now, ahead=visit.ahead)
    more = visit.more or len(found.asked) + len(found.failed) < len(visit.posts)
    dues = {post.id: _next_due(visit, post) for post in found.asked}
    dues |= {post.id: cadence.next_try(post.published_at, visit.now) for post in found.failed}
    await collection.keep_asked.run(
        conn,
        org=org,
        account_id=visit.account_id,
        at=visit.now,
        post_ids=[*dues],
        dues=[*dues.values()],
    )
    await _end(conn, org, visit, found.error, more=more)
    return {"asked": len(found.asked), "kept": kept}


def _next_due(visit: Visit, post: DuePost) -> datetime | None:
    """A sandbox's posts keep to their cadence, however far its clock went at once."""
    if not visit.sandbox:
        return cadence.next_due(post.published_at, visit.now)
    times = cadence.missed(post.published_at, post.due_at, visit.now)
    if not times:
        return cadence.next_due(post.published_at, post.published_at)
    return cadence.next_due(post.published_at, times[-1])


async def _end(conn: Conn, org: UUID, visit: Visit, error: PlatformError | None, *, more: bool) -> None:
    failures = 0 if error is None else visit.failures + 1
    await collection.keep_visit.run(
        conn,
        org=org,
        account_id=visit.account_id,
        asked_at=None if error or more else visit.now,
        failures=failures,
        error=error and error.code,
    )
    if isinstance(error, TokenExpired) and failures == 1:
        await owners.refresh(conn, visit)
    if isinstance(error, ReauthRequired):
        await owners.require_reauth(conn, visit, reason=error.code, generation=visit.generation)
    after_s = _after(error, failures, more=more)
    if after_s is not None:
        await collection.come_up.run(conn, org=org, account_id=visit.account_id, after_s=after_s)


def _after(error: PlatformError | None, failures: int, *, more: bool) -> float | None:
    """Seconds until the account comes up again; None: at the time that it was given as it came up."""
    if error is None:
        return cadence.MORE_S if more else None
    if isinstance(error, TokenExpired) and failures == 1:
        return cadence.REFRESH_S
    asked_s = (error.after_s or 0.0) if isinstance(error, Throttled) else 0.0
    return max(asked_s, cadence.after_failures(failures))


def subject(post: DuePost) -> Subject:
    return Subject(post.id, post.published_at)


def account_itself(visit: Visit) -> Subject:
    return Subject(visit.account_id, None)
