"""Webhooks of platforms: a signed event only triggers a poll of its platform.

A job polls the platform before anything changes. So a repeated, late or unrelated event changes nothing.
"""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import lost_post, social_account
from domain.accounts import credentials
from jobs import controls, ledger
from jobs.kinds import RECONCILE_POST_KIND
from jobs.ledger import SubmittedJob, WakeMessage


class PlatformWebhookEvent(NamedTuple):
    """Event of an account's post or, without a `publish_id`, of the account.

    Both ids are the platform's own. `is_removed`: the owner may have removed our access.
    """

    external_id: str
    publish_id: str
    is_removed: bool


class PostOfPlatformEvent(NamedTuple):
    """Post that the platform knows by the event's `publish_id`."""

    organization_id: UUID
    project_id: UUID
    id: UUID
    status: str
    job_id: UUID | None


class AccountOfPlatformEvent(NamedTuple):
    """Connected account that the platform knows by the event's `external_id`."""

    organization_id: UUID
    project_id: UUID
    account_id: UUID


FIND_ACCOUNTS_OF_PLATFORM_EVENT = social_account.find_connected.typed(AccountOfPlatformEvent)
FIND_POSTS_BY_PUBLISH_ID = lost_post.find_by_publish_id.typed(PostOfPlatformEvent)


async def start_polls_after_platform_event(
    conn: Conn, *, platform: str, event: PlatformWebhookEvent
) -> list[WakeMessage]:
    """Start jobs that poll a platform about an event that its webhook reported; return the wakes to send.

    They poll for its posts or, if our access was removed, refresh its accounts' tokens. Unknown ones get no job.
    """
    external_id, publish_id, is_removed = event
    if publish_id and "\0" not in publish_id + external_id:
        posts = await FIND_POSTS_BY_PUBLISH_ID.all(
            conn, platform=platform, publish_id=publish_id, external_id=external_id
        )
        return [wake for post in posts for wake in await _start_post_poll(conn, post)]
    if is_removed and "\0" not in external_id:
        accounts = await FIND_ACCOUNTS_OF_PLATFORM_EVENT.all(conn, platform=platform, external_id=external_id)
        return _wakes_of_jobs(
            [await credentials.submit_token_refresh(conn, **account._asdict()) for account in accounts]
        )
    return []


async def _start_post_poll(conn: Conn, post: PostOfPlatformEvent) -> list[WakeMessage]:
    """Make a post's job due now if the post is under way, else submit a job that only polls; return the wakes.

    A poll that runs now may have asked the platform before the event. So one more poll follows after its time-out.
    """
    org = post.organization_id
    if post.status == "publishing" and post.job_id:
        return await controls.make_job_due(conn, organization_id=org, job_id=post.job_id)
    submitted = await _submit_post_poll(conn, post, f"hint:{post.id}")
    if submitted.fresh:
        return _wakes_of_jobs([submitted])
    if wakes := await controls.make_job_due(conn, organization_id=org, job_id=submitted.job_id):
        return wakes
    next_poll_at = datetime.now(UTC) + timedelta(seconds=RECONCILE_POST_KIND.timeout_s)
    await _submit_post_poll(conn, post, f"hint:{post.id}:next", next_poll_at)
    return []


async def _submit_post_poll(
    conn: Conn, post: PostOfPlatformEvent, unique_key: str, run_at: datetime | None = None
) -> SubmittedJob:
    return await ledger.submit_job(
        conn,
        kind=RECONCILE_POST_KIND,
        organization_id=post.organization_id,
        project_id=post.project_id,
        args={"post_id": str(post.id)},
        unique_key=unique_key,
        run_at=run_at,
    )


def _wakes_of_jobs(submitted: list[SubmittedJob]) -> list[WakeMessage]:
    return [job.wake for job in submitted if job.wake]
