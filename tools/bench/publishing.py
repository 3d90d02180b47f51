"""Lateness of posts: 500 over 20 accounts with quotas, four workers, a sandbox's platform."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from chaos import fleet
from chaos.environment import BenchServersAndSettings
from db.pool import Conn, Pool, run_in_transaction
from domain.publishing import scheduling
from domain.publishing.quotas import POST_QUOTA_SEND_DELAY_MARGIN_S
from jobs.kinds import PUBLISH_POST_KIND
from schemas import ids
from schemas.errors import BenchmarkFailed
from schemas.posts import ScheduleContent, Target
from tools.bench import tenants
from tools.bench.figures import BenchmarkResult, BenchmarkRunSize, ProgressCallback, compute_percentiles
from tools.bench.tenants import BenchTenant

BENCH_SLOTS = 20
#: Time from scheduling to the first post.
FIRST_POST_DELAY_S = 3.0
#: Timeout of all posts.
ALL_POSTS_PUBLISHED_TIMEOUT_S = 300.0

ONE_HOUR_S = 3600
#: Posts an hour of one account in four.
TIGHT_QUOTA_POSTS_AN_HOUR = 10
#: Posts an hour of the other accounts: no run reaches it.
WIDE_QUOTA_POSTS_AN_HOUR = 1000
#: Posts of a capped account in its window.
CAPPED_POSTS_A_WINDOW = 15
#: Window of a capped account.
CAPPED_ACCOUNT_WINDOW_S = 10

UPDATE_BENCH_QUOTA = "update social_account set quota_posts = $2, quota_window_s = $3 where id = $1"

SELECT_LATENESS_MS = """
select extract(epoch from attempted_at - scheduled_for)::float8 * 1000 as late_ms from scheduled_post
 where status = 'published' and project_id = $1"""

COUNT_ACCOUNTS_OVER_QUOTA = """
select count(*) from (
  select a.id from social_account a join account_send s on s.account_id = a.id
   where a.project_id = $1 group by a.id, a.quota_posts having count(*) > a.quota_posts) over"""


#: How much later each post was sent than its time and the quota's window allowed.
SELECT_LATENESS_BEYOND_QUOTA = """
with sent as (
  select s.at, p.scheduled_for, lag(s.at, $2) over (partition by s.account_id order by s.at) as before
    from account_send s join scheduled_post p on p.id = s.post_id where p.project_id = $1)
select extract(epoch from at - greatest(scheduled_for, before + $3 * interval '1 second'))::float8 * 1000
         as late_ms,
       coalesce(at - before < $4 * interval '1 second', false) as over
  from sent"""


async def measure_post_lateness(
    environment: BenchServersAndSettings, size: BenchmarkRunSize, tell: ProgressCallback
) -> BenchmarkResult:
    """Measure the lateness of posts due at once, spread, or beyond quotas; return each p95. Raise `BenchmarkFailed`."""
    await environment.pool.execute("delete from pool_cap where pool = $1", PUBLISH_POST_KIND.pool)
    late: dict[str, Any] = {}
    media = {"ASSETS_URL": f"file://{environment.folder}/media"}
    workers = fleet.run_workers(
        environment, PUBLISH_POST_KIND.pool, workers=size.publishers, slots=BENCH_SLOTS, environ=media
    )
    async with fleet.run_bench_dispatcher(environment), workers:
        for name, over_s in {"at_once": 0.0, "paced": size.paced_posts_s}.items():
            tell(f"{size.accounts * size.contents} posts, {name.replace('_', ' ')}")
            late[name] = await _measure_post_lateness_round(environment, size, over_s)
        tell(
            f"{size.capped_accounts * size.capped_contents} posts, {CAPPED_POSTS_A_WINDOW} of an account in "
            f"{CAPPED_ACCOUNT_WINDOW_S} s"
        )
        late["beyond_quota"] = await _measure_post_lateness_beyond_quota_wait(environment, size)
    figures = {
        "post_late_p95_s": round(late["paced"]["p95"] / 1000, 3),
        "post_late_at_once_p95_s": round(late["at_once"]["p95"] / 1000, 3),
        "post_late_beyond_quota_p95_s": round(late["beyond_quota"]["p95"] / 1000, 3),
    }
    return BenchmarkResult(figures, {"post_late_ms": late})


async def _measure_post_lateness_round(
    environment: BenchServersAndSettings, size: BenchmarkRunSize, over_s: float
) -> dict[str, float]:
    quotas = [
        (WIDE_QUOTA_POSTS_AN_HOUR if number % 4 else TIGHT_QUOTA_POSTS_AN_HOUR, ONE_HOUR_S)
        for number in range(size.accounts)
    ]
    project_id = await _create_accounts_and_schedule_posts(environment, quotas, size.contents, over_s)
    await _wait_for_bench_posts(environment.pool, project_id, count_bench_quota_posts(size))
    if await environment.pool.fetchval(COUNT_ACCOUNTS_OVER_QUOTA, project_id):
        raise BenchmarkFailed("an account sent more than its quota")
    rows = await environment.pool.fetch(SELECT_LATENESS_MS, project_id)
    return compute_percentiles([row["late_ms"] for row in rows])


async def _measure_post_lateness_beyond_quota_wait(
    environment: BenchServersAndSettings, size: BenchmarkRunSize
) -> dict[str, float]:
    """Return percentiles of the ms by which posts due at once went out after their quota allowed them.

    Raise `BenchmarkFailed` if an account sent more than its quota.
    """
    project_id = await _create_accounts_and_schedule_posts(
        environment,
        [(CAPPED_POSTS_A_WINDOW, CAPPED_ACCOUNT_WINDOW_S)] * size.capped_accounts,
        size.capped_contents,
        0.0,
    )
    await _wait_for_bench_posts(environment.pool, project_id, size.capped_accounts * size.capped_contents)
    window_s = CAPPED_ACCOUNT_WINDOW_S + POST_QUOTA_SEND_DELAY_MARGIN_S
    rows = await environment.pool.fetch(
        SELECT_LATENESS_BEYOND_QUOTA, project_id, CAPPED_POSTS_A_WINDOW, window_s, float(CAPPED_ACCOUNT_WINDOW_S)
    )
    if any(row["over"] for row in rows):
        raise BenchmarkFailed("an account sent more than its quota")
    return compute_percentiles([row["late_ms"] for row in rows])


async def _create_accounts_and_schedule_posts(
    environment: BenchServersAndSettings, quotas: Sequence[tuple[int, int]], contents: int, over_s: float
) -> UUID:
    """Create an account for each quota, and schedule `contents` posts to each, due within `over_s`
    seconds. Return their project.
    """
    sandbox = await tenants.create_sandbox_bench_tenant(environment)
    accounts = await tenants.store_bluesky_bench_accounts(environment, sandbox, ["https://bsky.example"] * len(quotas))
    for account, quota in zip(accounts, quotas, strict=True):
        await environment.pool.execute(
            UPDATE_BENCH_QUOTA, tenants.parse_public_id(ids.ACCOUNT_ID_PREFIX, account), *quota
        )
    due = await environment.pool.fetchval("select now()") + timedelta(seconds=FIRST_POST_DELAY_S + contents / 20)
    for number in range(contents):
        await _schedule_content(environment, sandbox, accounts, due + timedelta(seconds=over_s * number / contents))
    # Real posts are scheduled long before, and autovacuum analyzes a new table within a minute.
    await environment.pool.execute("analyze")
    return tenants.parse_public_id(ids.PROJECT_ID_PREFIX, sandbox.projects[0])


def count_bench_quota_posts(size: BenchmarkRunSize) -> int:
    """Return the number of scheduled posts that the accounts' quotas allow."""
    tight = size.accounts // 4
    return (size.accounts - tight) * size.contents + tight * min(TIGHT_QUOTA_POSTS_AN_HOUR, size.contents)


async def _wait_for_bench_posts(pool: Pool, project_id: UUID, count: int) -> None:
    async def all_published() -> bool:
        question = "select count(*) from scheduled_post where project_id = $1 and status = 'published'"
        return bool(await pool.fetchval(question, project_id) >= count)

    await fleet.poll_until(all_published, within=ALL_POSTS_PUBLISHED_TIMEOUT_S, every=0.1)


async def _schedule_content(
    environment: BenchServersAndSettings, sandbox: BenchTenant, accounts: Sequence[str], at: datetime
) -> None:
    """Schedule one new content to every account, due at the time `at`."""
    content = await tenants.create_bench_text_content(environment, sandbox)
    body = ScheduleContent(
        targets=[Target(social_account_id=account) for account in accounts],
        scheduled_for=at.isoformat().replace("+00:00", "Z"),
        allow_duplicate=True,
    )

    async def schedule(conn: Conn) -> None:
        await scheduling.create_scheduled_posts_of_content(
            conn, organization_id=sandbox.org, content_id=tenants.parse_public_id(ids.CONTENT_ID_PREFIX, content),
            approver_id=None, body=body, now=await conn.fetchval("select now()"),
        )  # fmt: skip

    await run_in_transaction(environment.pool, schedule)
