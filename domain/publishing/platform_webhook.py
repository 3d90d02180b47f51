"""Webhooks of platforms: a signed event only triggers a poll of its platform.

A job polls the platform before anything changes. So a repeated, late or unrelated event changes nothing.
"""

from typing import NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import lost_post, social_account
from domain.accounts import credentials
from jobs import controls, ledger
from jobs.kinds import RECONCILE_POST
from jobs.ledger import SubmittedJob, Wake


class PlatformEvent(NamedTuple):
    """Event of an account's post or, without a `publish_id`, of the account.

    Both ids are the platform's own. `is_removed`: the owner may have removed our access.
    """

    external_id: str
    publish_id: str
    is_removed: bool


class KnownPost(NamedTuple):
    """Our post with the event's id at its platform."""

    organization_id: UUID
    project_id: UUID
    id: UUID
    status: str
    job_id: UUID | None


class ConnectedAccount(NamedTuple):
    """Account with this id at its platform."""

    organization_id: UUID
    project_id: UUID
    account_id: UUID


FIND_ACCOUNTS = social_account.find_connected.typed(ConnectedAccount)
FIND_KNOWN_POSTS = lost_post.find_by_publish_id.typed(KnownPost)


async def poll_for_event(conn: Conn, *, platform: str, event: PlatformEvent) -> list[Wake]:
    """Poll now, by jobs, for the event's posts or, after a removal, its accounts; return the wakes to send.

    An event of an unknown post or account changes nothing and returns none.
    """
    external_id, publish_id, is_removed = event
    if publish_id and "\0" not in publish_id + external_id:
        posts = await FIND_KNOWN_POSTS.all(
            conn, platform=platform, publish_id=publish_id, external_id=external_id
        )
        return [wake for post in posts for wake in await _ask(conn, post)]
    if is_removed and "\0" not in external_id:
        accounts = await FIND_ACCOUNTS.all(conn, platform=platform, external_id=external_id)
        return _wakes([await credentials.submit_refresh(conn, **account._asdict()) for account in accounts])
    return []


async def _ask(conn: Conn, post: KnownPost) -> list[Wake]:
    """Run the post's own job now if it is under way; else submit a job that only polls."""
    org = post.organization_id
    if post.status == "publishing" and post.job_id:
        return await controls.make_job_due(conn, organization_id=org, job_id=post.job_id)
    submitted = await ledger.submit(
        conn,
        kind=RECONCILE_POST,
        organization_id=org,
        project_id=post.project_id,
        args={"post_id": str(post.id)},
        unique_key=f"hint:{post.id}",
    )
    if submitted.fresh:
        return _wakes([submitted])
    return await controls.make_job_due(conn, organization_id=org, job_id=submitted.job_id)


def _wakes(submitted: list[SubmittedJob]) -> list[Wake]:
    return [job.wake for job in submitted if job.wake]
