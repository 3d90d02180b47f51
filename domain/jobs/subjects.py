"""Subjects of jobs: the transaction that ends a job also ends its subject."""

from collections.abc import Awaitable, Iterable, Mapping, Sequence
from typing import Protocol

from db.pool import Conn
from domain.brand import ingests
from domain.content import generating
from domain.influencers import drawing_job
from domain.media import app_media_fetches
from domain.oauth import oauth_states
from domain.publishing import job_end
from domain.security import job_secrets
from domain.tenancy import sandbox_clock
from jobs.kinds import (
    ADVANCE_CLOCK,
    CONNECT_ACCOUNT,
    CONNECT_GITHUB,
    CONTENT_GENERATE,
    FETCH_APP_MEDIA,
    INFLUENCER_CREATE,
    INGEST_APPSTORE,
    INGEST_GITHUB,
    INGEST_WEBSITE,
    PUBLISH_POST,
    REVOKE_TOKEN,
)
from jobs.ledger import ChangedJob, Settlement


class SubjectEnder(Protocol):
    """Function that ends the subjects of these jobs, which this transaction has just ended."""

    def __call__(self, conn: Conn, *, rows: Sequence[ChangedJob]) -> Awaitable[None]: ...


async def _end_connection_flows(conn: Conn, *, rows: Sequence[ChangedJob]) -> None:
    """End the flows of these jobs, and wipe the jobs' secrets."""
    await oauth_states.end_flows_of_jobs(conn, rows=rows)
    await job_secrets.wipe_job_secrets(conn, rows=rows)


#: Kinds of jobs with a subject that has a state of its own.
SUBJECT_ENDERS: Mapping[str, SubjectEnder] = {
    INGEST_WEBSITE.name: ingests.mark_ingests_ended,
    INGEST_GITHUB.name: ingests.mark_ingests_ended,
    INGEST_APPSTORE.name: ingests.mark_ingests_ended,
    FETCH_APP_MEDIA.name: app_media_fetches.fail_fetches_of_jobs,
    CONNECT_GITHUB.name: _end_connection_flows,
    CONNECT_ACCOUNT.name: _end_connection_flows,
    PUBLISH_POST.name: job_end.end_posts_of_jobs,
    ADVANCE_CLOCK.name: sandbox_clock.stop_clocks_of_jobs,
    CONTENT_GENERATE.name: generating.end_unmade_content,
    INFLUENCER_CREATE.name: drawing_job.end_undrawn_influencers,
    REVOKE_TOKEN.name: job_secrets.wipe_job_secrets,
}


def may_end_subjects(settlements: Iterable[Settlement]) -> bool:
    """Return whether any settled job has a kind with a subject; its outcome doesn't matter."""
    return any(claim.kind in SUBJECT_ENDERS for claim, _ in settlements)


async def end_job_subjects(conn: Conn, rows: Iterable[ChangedJob]) -> None:
    """End the subject of each row that has ended. This transaction holds the rows' locks."""
    ended: dict[SubjectEnder, list[ChangedJob]] = {}
    for row in rows:
        if row.kind in SUBJECT_ENDERS and row.ended:
            ended.setdefault(SUBJECT_ENDERS[row.kind], []).append(row)
    for end_subjects, of_kind in ended.items():
        await end_subjects(conn, rows=of_kind)
