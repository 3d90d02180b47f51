"""A project with an account and due posts, and attempts of its jobs."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeAlias, TypeVar
from uuid import UUID

import asyncpg

from db.pool import Pool, run_in_transaction
from domain.connecting import connect
from domain.media.store import MediaStore
from domain.projects import archive_status
from jobs.courier import WakeCourier
from jobs.kinds import PUBLISH_POST_KIND, RECONCILE_POST_KIND, JobKindSpec
from schemas.accounts import AccountDisconnected
from schemas.projects import Archived
from schemas.settings import Settings
from tests import leasing, seeds
from tests.domain.project import Project as Tenant
from tests.leasing import LeaseOwner
from tests.waiting import PATIENCE_S, eventually
from tests.workers import by_hand
from tests.workers.by_hand import Death, MortalContext, Verb
from tests.workers.runtime.workers import Workers
from tests.workers.tasks.publish_post.scripted import ScriptedPlatform
from workers.platforms.registry import PlatformAdapters
from workers.runtime.progress import JobProgressWriter
from workers.runtime.runner import JobTask
from workers.tasks.publish_post import publish_post
from workers.tasks.reconcile_post import reconcile_post

T = TypeVar("T")


@dataclass
class PublishingProject:
    pool: Pool
    settings: Settings
    courier: WakeCourier
    org: UUID
    id: UUID
    account_id: UUID
    store: MediaStore
    platform: ScriptedPlatform = field(default_factory=ScriptedPlatform)
    lease_left_s: float = 15.0
    #: The functions of the last attempt's transactions.
    verbs: list[Verb] = field(default_factory=list)

    @property
    def platforms(self) -> PlatformAdapters:
        adapters = {"mastodon": self.platform, "bluesky": self.platform}
        return PlatformAdapters(adapters, self.platform, seeds.VAULT, self.store, "http://127.0.0.1:8000")

    @property
    def task(self) -> JobTask:
        return partial(publish_post, platforms=self.platforms)

    @property
    def asking(self) -> JobTask:
        return partial(reconcile_post, platforms=self.platforms)

    async def do(self, verb: Callable[..., Awaitable[T]], /, **given: Any) -> T:
        return await run_in_transaction(self.pool, lambda conn: verb(conn, organization_id=self.org, **given))

    async def renew(self) -> None:
        """Continue in another project, with an account of its own."""
        async with self.pool.acquire() as conn:
            self.id = await seeds.project(conn, self.org)
        self.account_id = await self.account()

    async def account(self, **fields: Any) -> UUID:
        async with self.pool.acquire() as conn:
            return await seeds.account(conn, self.org, self.id, **fields)

    async def post(self, caption: str = "hello", *, account_id: UUID | None = None, ago_s: float = 0) -> UUID:
        """Insert a post that is due now, or since `ago_s` seconds."""
        async with self.pool.acquire() as conn:
            content_id = await seeds.content(conn, self.org, self.id, caption=caption)
            post_id = await seeds.post(conn, self.org, content_id, account_id or self.account_id)
        await self.move(post_id, ago_s)
        return post_id

    async def attach(self, *tokens: str) -> None:
        """Attach pictures in this order to all content; the last one is written first."""
        await self.pool.execute(
            """insert into content_asset (organization_id, content_id, id, position, kind, mime_type, width,
                                          height, size_bytes, sha256, token)
               select organization_id, id, gen_random_uuid(), n - 1, 'image', 'image/png', 1, 1, 43,
                      sha256(''), token
                 from content_item, unnest($1::text[]) with ordinality as given (token, n)
                order by n desc""",
            tokens,
        )

    async def move(self, post_id: UUID, ago_s: float) -> None:
        await self.pool.execute(
            "update scheduled_post set scheduled_for = now() - $2 * interval '1 second' where id = $1",
            post_id,
            float(ago_s),
        )

    async def archive(self) -> Archived:
        answer, _ = await self.do(archive_status.begin_project_archive, project_id=self.id, api_key_id=None)
        return answer

    async def disconnect(self) -> AccountDisconnected:
        given = {"account_id": self.account_id, "api_key_id": None, "keyring": seeds.VAULT}
        return await self.do(connect.disconnect_account, **given)

    # One attempt at a time, by hand

    async def attempt(self, death: Death | None = None, *, kind: JobKindSpec = PUBLISH_POST_KIND) -> str | None:
        """Pull, run and settle a job; return its outcome, or None if none was due. `died`: also rescued."""
        async with self.pool.acquire() as conn:
            claims = await seeds.claims(conn, kind, free=1)
        if not claims:
            return None
        attempt = by_hand.attempt_of(claims[0], kind)
        context = MortalContext(death, attempt, self.pool, JobProgressWriter(self.pool), lambda: self.lease_left_s)
        self.verbs = context.verbs
        task = self.task if kind is PUBLISH_POST_KIND else self.asking
        return await by_hand.perform(self.pool, task, context, attempt)

    async def clock(self) -> datetime:
        """Return the time of Postgres, which sets all times of a job."""
        now: datetime = await self.pool.fetchval("select clock_timestamp()")
        return now

    async def skip_waits(self) -> None:
        """Make everything due that waits for a time."""
        await self.pool.execute(
            "update job set run_at = now(), stage = 'queued' where state = 'queued' and kind = 'publish_post'"
        )
        await self.pool.execute("update scheduled_post set not_before = now() where not_before is not null")
        await self.pool.execute("update social_account set cooldown_until = now() where cooldown_until is not null")

    async def query(self) -> str | None:
        """Run the next query for a post with a lost response, as if it were due."""
        due = "update job set run_at = now(), stage = 'queued' where kind = $1 and state = 'queued'"
        await self.pool.execute(due, RECONCILE_POST_KIND.name)
        return await self.attempt(kind=RECONCILE_POST_KIND)

    async def attempts(self, most: int = 12) -> list[str]:
        """Run attempts until no post has a job left; return their outcomes."""
        words: list[str] = []
        while len(words) < most and (word := await self.attempt()):
            words.append(word)
            await self.skip_waits()
        return words

    # Real workers

    @asynccontextmanager
    async def working(self, **settings: Any) -> AsyncIterator[Any]:
        workers = Workers(self.settings, self.pool, self.org, self.courier)
        async with workers.working(self.task, kind=PUBLISH_POST_KIND, **settings) as worker:
            yield worker

    async def becomes(self, post_id: UUID, status: str, *, within: float = PATIENCE_S) -> asyncpg.Record:
        async def is_so() -> bool:
            return bool((await self.row(post_id))["status"] == status)

        await eventually(is_so, within=within)
        return await self.row(post_id)

    # State

    async def row(self, post_id: UUID) -> asyncpg.Record:
        row = await self.pool.fetchrow("select * from scheduled_post where id = $1", post_id)
        assert row is not None
        return row

    async def job(self, post_id: UUID) -> asyncpg.Record:
        row = await self.pool.fetchrow(
            "select j.* from job j join scheduled_post p on p.job_id = j.id where p.id = $1", post_id
        )
        assert row is not None
        return row

    async def events(self, post_id: UUID) -> list[str]:
        rows = await self.pool.fetch("select type from post_event where post_id = $1 order by id", post_id)
        return [row["type"] for row in rows]

    async def jobs(self, kind: JobKindSpec) -> list[asyncpg.Record]:
        return await self.pool.fetch("select * from job where kind = $1 order by id", kind.name)

    async def sends(self) -> int:
        return int(await self.pool.fetchval("select count(*) from account_send"))

    def records(self, post_id: UUID) -> int:
        return self.platform.live[str(post_id)]

    async def drained(self) -> None:
        """Wait until workers have ended every job of a post."""

        async def none_open() -> bool:
            return await self.open_jobs() == 0

        await eventually(none_open)

    async def open_jobs(self) -> int:
        left = "select count(*) from job where kind = 'publish_post' and finished_at is null"
        return int(await self.pool.fetchval(left))


#: Ends all waiting posts of a project.
StopAction: TypeAlias = Callable[[PublishingProject], Awaitable[Archived | AccountDisconnected]]


async def lender(project: PublishingProject, handle: str = "bakes") -> LeaseOwner:
    """Create an operator with an account to lend."""
    async with project.pool.acquire() as conn:
        return await leasing.owner(conn, handle=handle)


async def tenant(project: PublishingProject, owner: LeaseOwner, borrower: Tenant | None = None) -> PublishingProject:
    """Create another project on the same platform, which leases the owner's account."""
    if borrower is None:
        async with project.pool.acquire() as conn:
            borrower = await leasing.tenant(conn)
    account_id = await leasing.lend(project.pool, owner, borrower)
    return replace(project, org=borrower.org, id=borrower.id, account_id=account_id)


async def release(project: PublishingProject) -> AccountDisconnected:
    return await leasing.release(project.pool, Tenant(project.org, project.id), project.account_id)


async def hours_pass(project: PublishingProject, hours: float) -> None:
    """Move all timestamps into the past by `hours`."""
    await project.pool.execute(
        "update scheduled_post set scheduled_for = scheduled_for - $1::interval, sent_at = sent_at - $1",
        timedelta(hours=hours),
    )
