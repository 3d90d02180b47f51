"""Lateness of posts: 500 over 20 accounts with quotas, four workers, a sandbox's platform."""

import contextlib
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from chaos import fleet
from chaos.environment import KEYRING, Environment
from chaos.processes import run_in_environment
from db.pool import Conn, Pool, transact
from domain.accounts.accounts import AccountIdentity
from domain.connecting import connect
from domain.content import content
from domain.projects import projects
from domain.projects.projects import New
from domain.publishing import scheduling
from domain.publishing.quotas import DELIVERY_DELAY_S
from domain.security.keyring import parse_keyring
from domain.tenancy import organizations
from jobs.kinds import PUBLISH_POST
from schemas import ids
from schemas.errors import BenchmarkFailed
from schemas.posts import PostTarget, ScheduleContent
from schemas.projects import ProjectCreate
from tools.bench.figures import ProgressCallback, Result, Size, spread
from workers.platforms.fakes.connect import refresh

SLOTS = 20
#: Time from scheduling to the first post.
LEAD_S = 3.0
#: Timeout of all posts.
DONE_S = 300.0

HOUR_S = 3600
#: Posts an hour of one account in four.
TIGHT_QUOTA = 10
#: Posts an hour of the other accounts: no run reaches it.
WIDE_QUOTA = 1000
#: Posts of a capped account in its window.
CAPPED_QUOTA = 15
#: Window of a capped account.
CAPPED_WINDOW_S = 10

LATE = """
select extract(epoch from attempted_at - scheduled_for)::float8 * 1000 as late_ms from scheduled_post
 where status = 'published' and project_id = $1"""

OVER_QUOTA = """
select count(*) from (
  select a.id from social_account a join account_send s on s.account_id = a.id
   where a.project_id = $1 group by a.id, a.quota_posts having count(*) > a.quota_posts) over"""


#: How much later each post was sent than its time and the quota's window allowed.
LATE_BEYOND_QUOTA = """
with sent as (
  select s.at, p.scheduled_for, lag(s.at, $2) over (partition by s.account_id order by s.at) as before
    from account_send s join scheduled_post p on p.id = s.post_id where p.project_id = $1)
select extract(epoch from at - greatest(scheduled_for, before + $3 * interval '1 second'))::float8 * 1000
         as late_ms,
       coalesce(at - before < $4 * interval '1 second', false) as over
  from sent"""


class Sandbox(NamedTuple):
    """A project of a sandbox and its accounts."""

    org: UUID
    project_id: UUID
    account_ids: list[UUID]


async def measure(environment: Environment, size: Size, tell: ProgressCallback) -> Result:
    """Measure posts due at one instant, spread over seconds, and beyond quotas."""
    await environment.pool.execute("delete from pool_cap where pool = $1", PUBLISH_POST.pool)
    late: dict[str, Any] = {}
    async with fleet.run_dispatcher(environment), run_publishers(environment, size.publishers):
        for name, over_s in {"at_once": 0.0, "paced": size.paced_posts_s}.items():
            tell(f"{size.accounts * size.contents} posts, {name.replace('_', ' ')}")
            late[name] = await _round(environment, size, over_s)
        tell(
            f"{size.capped_accounts * size.capped_contents} posts, {CAPPED_QUOTA} of an account in "
            f"{CAPPED_WINDOW_S} s"
        )
        late["beyond_quota"] = await _capped(environment, size)
    figures = {
        "post_late_p95_s": round(late["paced"]["p95"] / 1000, 3),
        "post_late_at_once_p95_s": round(late["at_once"]["p95"] / 1000, 3),
        "post_late_beyond_quota_p95_s": round(late["beyond_quota"]["p95"] / 1000, 3),
    }
    return Result(figures, {"post_late_ms": late})


@contextlib.asynccontextmanager
async def run_publishers(environment: Environment, workers: int) -> AsyncIterator[None]:
    """Run `workers` workers of the publish pool while the block runs."""
    before: int = await environment.pool.fetchval(fleet.COUNT_WORKERS)
    environ = {"SLOTS": str(SLOTS), "DRAIN_S": "1", "ASSETS_URL": f"file://{environment.folder}/media"}

    async def registered() -> bool:
        return bool(await environment.pool.fetchval(fleet.COUNT_WORKERS) >= before + workers)

    async with contextlib.AsyncExitStack() as stack:
        for _ in range(workers):
            await stack.enter_async_context(
                run_in_environment(environment, "workers", PUBLISH_POST.pool, **environ)
            )
        await fleet.poll_until(registered, within=fleet.START_TIMEOUT_S)
        yield


async def _round(environment: Environment, size: Size, over_s: float) -> dict[str, float]:
    quotas = [(WIDE_QUOTA if number % 4 else TIGHT_QUOTA, HOUR_S) for number in range(size.accounts)]
    sandbox = await _schedule_posts(environment, quotas, size.contents, over_s)
    await _wait_until_published(environment.pool, sandbox, allowed_posts(size))
    if await environment.pool.fetchval(OVER_QUOTA, sandbox.project_id):
        raise BenchmarkFailed("an account sent more than its quota")
    rows = await environment.pool.fetch(LATE, sandbox.project_id)
    return spread([row["late_ms"] for row in rows])


async def _capped(environment: Environment, size: Size) -> dict[str, float]:
    """Measure posts due at one instant, most of which have to wait for their quota."""
    sandbox = await _schedule_posts(
        environment, [(CAPPED_QUOTA, CAPPED_WINDOW_S)] * size.capped_accounts, size.capped_contents, 0.0
    )
    await _wait_until_published(environment.pool, sandbox, size.capped_accounts * size.capped_contents)
    window_s = CAPPED_WINDOW_S + DELIVERY_DELAY_S
    rows = await environment.pool.fetch(
        LATE_BEYOND_QUOTA, sandbox.project_id, CAPPED_QUOTA, window_s, float(CAPPED_WINDOW_S)
    )
    if any(row["over"] for row in rows):
        raise BenchmarkFailed("an account sent more than its quota")
    return spread([row["late_ms"] for row in rows])


async def _schedule_posts(
    environment: Environment, quotas: Sequence[tuple[int, int]], contents: int, over_s: float
) -> Sandbox:
    """Create an account for each quota, and schedule `contents` posts to each, due within `over_s`
    seconds.
    """
    sandbox = await transact(environment.pool, lambda conn: _sandbox(conn, quotas))
    due = await environment.pool.fetchval("select now()") + timedelta(seconds=LEAD_S + contents / 20)
    for number in range(contents):
        at = due + timedelta(seconds=over_s * number / contents)
        await transact(environment.pool, lambda conn, at=at: _post(conn, sandbox, at))  # type: ignore[misc]
    # Real posts are scheduled long before, and autovacuum analyzes a new table within a minute.
    await environment.pool.execute("analyze")
    return sandbox


def allowed_posts(size: Size) -> int:
    """Return the number of posts that the quotas allow."""
    tight = size.accounts // 4
    return (size.accounts - tight) * size.contents + tight * min(TIGHT_QUOTA, size.contents)


async def _wait_until_published(pool: Pool, sandbox: Sandbox, count: int) -> None:
    async def all_published() -> bool:
        question = "select count(*) from scheduled_post where project_id = $1 and status = 'published'"
        return bool(await pool.fetchval(question, sandbox.project_id) >= count)

    await fleet.poll_until(all_published, within=DONE_S, every=0.1)


async def _sandbox(conn: Conn, quotas: Sequence[tuple[int, int]]) -> Sandbox:
    org = (await organizations.create(conn, name="bench", tier="partner")).sandbox
    body = ProjectCreate(name="bench", timezone="UTC")
    draft = projects.compose(body, organization_id=org, now=await conn.fetchval("select now()"))
    await projects.create(conn, [New(org, None, draft, None)])
    project_id = _id(ids.PROJECT, draft.id)
    accounts = [
        await _account(conn, org, project_id, number, quota=quota) for number, quota in enumerate(quotas)
    ]
    return Sandbox(org, project_id, accounts)


async def _account(conn: Conn, org: UUID, project_id: UUID, number: int, *, quota: tuple[int, int]) -> UUID:
    handle = f"shop{number}"
    found = AccountIdentity("bluesky", "https://bsky.example", f"did:plc:{handle}", handle, None, {})
    account_id = await connect.connect(
        conn,
        organization_id=org,
        project_id=project_id,
        api_key_id=None,
        found=found,
        grant=refresh("bluesky"),
        keyring=parse_keyring(KEYRING, setting="VAULT_KEYS"),
    )
    limit = "update social_account set quota_posts = $2, quota_window_s = $3 where id = $1"
    await conn.execute(limit, account_id, *quota)
    return account_id


async def _post(conn: Conn, sandbox: Sandbox, at: datetime) -> None:
    """Schedule one content to every account."""
    org = sandbox.org
    created = await content.create_uploaded(
        conn, organization_id=org, project_id=sandbox.project_id, hook=None, caption="Fresh bread today.",
        files=[], public_url="http://localhost",
    )  # fmt: skip
    body = ScheduleContent(
        targets=[
            PostTarget(social_account_id=ids.show(ids.ACCOUNT, account_id))
            for account_id in sandbox.account_ids
        ],
        scheduled_for=at.isoformat().replace("+00:00", "Z"),
        allow_duplicate=True,
    )
    content_id, now = _id(ids.CONTENT, created.id), await conn.fetchval("select now()")
    await scheduling.schedule(
        conn, organization_id=org, content_id=content_id, approver_id=None, body=body, now=now
    )


def _id(prefix: str, text: str) -> UUID:
    parsed = ids.read(prefix, text)
    assert parsed is not None
    return parsed
