"""Collection runs: one job at a time polls an account's platform for its due figures.

The dispatcher checks each account at least once an hour, and submits jobs for the accounts with due figures.
A lost job costs an hour: the account becomes due again.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from db.pool import Conn
from db.queries import collection
from db.reach import ERRORS_OF_ONE_CALLER_IN_GROUPED_STATEMENT
from domain.accounts import credentials, owners
from domain.collection import cadence, snapshots
from domain.collection.snapshots import ReportedMetricsOfSubject
from domain.publishing import outgoing
from domain.publishing.outgoing import PostingAccountWithAccessToken
from domain.security.keyring import Keyring
from domain.tenancy import sandbox_clock
from jobs import ledger
from jobs.kinds import COLLECT_METRICS_KIND
from jobs.ledger import JobClaim, NewJob
from schemas.errors import AccessTokenExpired, AccountReauthRequired, LimitReached, PlatformError, PlatformThrottled
from telemetry import log_context

#: Accounts in one check, which is a part of the dispatcher's tick and has to be short.
MAX_ACCOUNTS_PER_COLLECTION_CHECK = 50


class AccountDueForMetricPolling(NamedTuple):
    """Account to check; `wanted`: some figures are due. The project of a tombstone is None."""

    organization_id: UUID
    project_id: UUID | None
    account_id: UUID
    wanted: bool


class AccountPolledForMetrics(NamedTuple):
    """Account of a collection run, with its owner's scope; a leased account uses its owner's tokens."""

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


class PostDueForMetricPolling(NamedTuple):
    """Due post with its platform's id; `due_at` is None before the first request."""

    id: UUID
    external_id: str
    published_at: datetime
    video: bool
    due_at: datetime | None


class MetricCollectionRun(msgspec.Struct, frozen=True, kw_only=True):
    """Collection run of an account: the posts to poll, and its followers if `polled.gauges`.

    `polled.now` is the time of all its values; a sandbox's clock is `ahead` of it. `more`: further posts are due.
    """

    account_id: UUID
    polled: AccountPolledForMetrics
    account: PostingAccountWithAccessToken
    posts: Sequence[PostDueForMetricPolling]
    more: bool
    generation: int
    ahead: timedelta = timedelta()


class MetricCollectionResult(NamedTuple):
    """Results of a collection run: posts with an answer, posts without one, and the reported values.

    `error` ended the run early.
    """

    asked: list[PostDueForMetricPolling]
    failed: list[PostDueForMetricPolling]
    told: list[ReportedMetricsOfSubject]
    error: PlatformError | None


TAKE_ACCOUNTS_TO_POLL_FOR_METRICS = collection.take_due_accounts.typed(AccountDueForMetricPolling)
GET_ACCOUNT_POLLED_FOR_METRICS = collection.find_account.typed(AccountPolledForMetrics)
LIST_POSTS_TO_POLL_FOR_METRICS = collection.list_due_posts.typed(PostDueForMetricPolling)


async def submit_due_metric_collections(conn: Conn) -> int:
    """Check a batch of accounts, and submit a job that collects metrics for each account with due ones.

    Returns the number of checked accounts, at most `MAX_ACCOUNTS_PER_COLLECTION_CHECK`. Don't call it in a transaction:
    a job that waits for its account may hold the unique key.
    """
    due = await TAKE_ACCOUNTS_TO_POLL_FOR_METRICS.all(
        conn,
        limit=MAX_ACCOUNTS_PER_COLLECTION_CHECK,
        last_s=cadence.MAX_METRIC_POLLED_POST_AGE.total_seconds(),
        gauges_s=cadence.FOLLOWER_COUNT_POLL_INTERVAL_S,
        look_s=cadence.ACCOUNT_POLL_RECHECK_S,
        later_s=cadence.UNPOLLABLE_ACCOUNT_RECHECK_S,
    )
    accounts = [account for account in due if account.wanted]
    jobs = [_build_metric_collection_job(account) for account in accounts]
    submitted = await ledger.submit_jobs_of_tenants_or_alone(conn, jobs)
    for account, job, one in zip(accounts, jobs, submitted, strict=True):
        if one is None:
            await _submit_metric_collection_alone(conn, account, job)
    return len(due)


def _build_metric_collection_job(account: AccountDueForMetricPolling) -> NewJob:
    return NewJob(
        log_context.new_job_id(),
        COLLECT_METRICS_KIND,
        account.organization_id,
        account.project_id,
        args={"account_id": str(account.account_id)},
        unique_key=f"collect:{account.account_id}",
    )


async def _submit_metric_collection_alone(conn: Conn, account: AccountDueForMetricPolling, job: NewJob) -> None:
    """Submit the job that collects an account's metrics; if that fails, the account is due again soon."""
    try:
        await ledger.submit_job_alone(conn, job)
    except (LimitReached, *ERRORS_OF_ONE_CALLER_IN_GROUPED_STATEMENT):
        again = {"org": account.organization_id, "account_id": account.account_id}
        await collection.make_due.run(conn, **again, after_s=cadence.INCOMPLETE_COLLECTION_RESUME_S)


async def prepare_metric_collection_run(
    conn: Conn, *, claim: JobClaim, most: int, keyring: Keyring
) -> MetricCollectionRun | None:
    """Return the input of a metric collection run: the account, its token, and at most `most` due posts.

    Returns None if it can't be polled now, or while a token that ends soon is refreshed first. A post's figures are
    requested by its platform's id with the owner's tokens, as in publishing.
    """
    org, account_id = claim.organization_id, UUID(claim.args["account_id"])
    row = await GET_ACCOUNT_POLLED_FOR_METRICS.one(conn, org=org, account_id=account_id)
    if row is None:
        return None
    tokens = await owners.read_own_or_owner_tokens(conn, row, keyring)
    if credentials.is_token_ending_soon(tokens.expires_at, now=row.now):
        await owners.submit_owner_token_refresh(conn, row)
        await collection.make_due.run(
            conn, org=org, account_id=account_id, after_s=cadence.METRIC_POLL_TOKEN_REFRESH_WAIT_S
        )
        return None
    last_s = cadence.MAX_METRIC_POLLED_POST_AGE.total_seconds()
    posts = await LIST_POSTS_TO_POLL_FOR_METRICS.all(
        conn, org=org, account_id=account_id, last_s=last_s, asked_at=row.asked_at, limit=most + 1
    )
    return MetricCollectionRun(
        account_id=account_id,
        polled=row,
        account=outgoing.build_account_with_token(row, tokens.access_token),
        posts=posts[:most],
        more=len(posts) > most,
        generation=tokens.generation,
        ahead=(await sandbox_clock.read_sandbox_clock(conn, organization_id=org)).ahead if row.sandbox else timedelta(),
    )


async def store_metric_collection_result(
    conn: Conn, *, claim: JobClaim, visit: MetricCollectionRun, found: MetricCollectionResult
) -> dict[str, Any]:
    """Store the metric values and next poll times of a collection run, complete or not; return the job's result."""
    org, now = claim.organization_id, visit.polled.now
    scope: dict[str, Any] = {"organization_id": org, "account_id": visit.account_id}
    stored = await snapshots.store_metric_snapshots(conn, **scope, told=found.told, at=now, ahead=visit.ahead)
    more = visit.more or len(found.asked) + len(found.failed) < len(visit.posts)
    dues = {post.id: _next_metric_poll_time(visit, post) for post in found.asked}
    dues |= {post.id: cadence.next_metric_poll_time_after_failure(post.published_at, now) for post in found.failed}
    await collection.keep_asked.run(
        conn, org=org, account_id=visit.account_id, at=now, post_ids=[*dues], dues=[*dues.values()]
    )
    await _end_collection_run(conn, org, visit, found.error, more=more)
    return {"asked": len(found.asked), "kept": stored}


def _next_metric_poll_time(visit: MetricCollectionRun, post: PostDueForMetricPolling) -> datetime | None:
    """Return the next metric poll time of a post after its platform answered; None once the post is too old.

    A sandbox's posts stay in their cadence, however far its clock jumped.
    """
    if not visit.polled.sandbox:
        return cadence.next_metric_poll_time_by_age(post.published_at, visit.polled.now)
    times = cadence.list_missed_sandbox_metric_poll_times(post.published_at, post.due_at, visit.polled.now)
    if not times:
        return cadence.next_metric_poll_time_by_age(post.published_at, post.published_at)
    return cadence.next_metric_poll_time_by_age(post.published_at, times[-1])


async def _end_collection_run(
    conn: Conn, org: UUID, visit: MetricCollectionRun, error: PlatformError | None, *, more: bool
) -> None:
    failures = 0 if error is None else visit.polled.failures + 1
    await collection.keep_visit.run(
        conn,
        org=org,
        account_id=visit.account_id,
        asked_at=None if error or more else visit.polled.now,
        failures=failures,
        error=error and error.code,
    )
    if isinstance(error, AccessTokenExpired) and failures == 1:
        await owners.submit_owner_token_refresh(conn, visit.polled)
    if isinstance(error, AccountReauthRequired):
        await owners.mark_owner_account_for_reauth(conn, visit.polled, reason=error.code, generation=visit.generation)
    after_s = _seconds_until_next_collection_run(error, failures, more=more)
    if after_s is not None:
        await collection.make_due.run(conn, org=org, account_id=visit.account_id, after_s=after_s)


def _seconds_until_next_collection_run(error: PlatformError | None, failures: int, *, more: bool) -> float | None:
    """Return the seconds until an account's next collection run, after a failed or incomplete run.

    Returns None after a complete run: the time that `submit_due_metric_collections` set stays.
    """
    if error is None:
        return cadence.INCOMPLETE_COLLECTION_RESUME_S if more else None
    if isinstance(error, AccessTokenExpired) and failures == 1:
        return cadence.METRIC_POLL_TOKEN_REFRESH_WAIT_S
    asked_s = (error.after_s or 0.0) if isinstance(error, PlatformThrottled) else 0.0
    return max(asked_s, cadence.account_metric_poll_backoff_s(failures))
