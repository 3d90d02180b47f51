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
    ADVANCE_CLOCK_KIND,
    CONNECT_ACCOUNT_KIND,
    CONNECT_GITHUB_KIND,
    CONTENT_GENERATE_KIND,
    FETCH_APP_MEDIA_KIND,
    INFLUENCER_CREATE_KIND,
    INGEST_APPSTORE_KIND,
    INGEST_GITHUB_KIND,
    INGEST_WEBSITE_KIND,
    PUBLISH_POST_KIND,
    REVOKE_TOKEN_KIND,
)
from jobs.ledger import AttemptSettlement, ChangedJob


class JobSubjectEnder(Protocol):
    """Function that ends the subjects of these jobs, which this transaction has just ended."""

    def __call__(self, conn: Conn, *, rows: Sequence[ChangedJob]) -> Awaitable[None]: ...


async def _end_oauth_flows_and_wipe_secrets(conn: Conn, *, rows: Sequence[ChangedJob]) -> None:
    """End the OAuth flows of these ended connect jobs, and wipe the jobs' secrets."""
    await oauth_states.store_job_outcomes_in_oauth_flows(conn, rows=rows)
    await job_secrets.wipe_job_secrets(conn, rows=rows)


#: Kinds of jobs with a subject that has a state of its own.
END_SUBJECT_FUNCTION_BY_JOB_KIND: Mapping[str, JobSubjectEnder] = {
    INGEST_WEBSITE_KIND.name: ingests.mark_ingests_ended,
    INGEST_GITHUB_KIND.name: ingests.mark_ingests_ended,
    INGEST_APPSTORE_KIND.name: ingests.mark_ingests_ended,
    FETCH_APP_MEDIA_KIND.name: app_media_fetches.fail_app_media_of_ended_jobs,
    CONNECT_GITHUB_KIND.name: _end_oauth_flows_and_wipe_secrets,
    CONNECT_ACCOUNT_KIND.name: _end_oauth_flows_and_wipe_secrets,
    PUBLISH_POST_KIND.name: job_end.end_posts_of_jobs,
    ADVANCE_CLOCK_KIND.name: sandbox_clock.end_clock_advances_of_ended_jobs,
    CONTENT_GENERATE_KIND.name: generating.end_content_of_failed_jobs,
    INFLUENCER_CREATE_KIND.name: drawing_job.fail_influencers_of_ended_jobs,
    REVOKE_TOKEN_KIND.name: job_secrets.wipe_job_secrets,
}


def has_any_job_subject(settlements: Iterable[AttemptSettlement]) -> bool:
    """Return whether any of these jobs is of a kind with a subject, such as a post. Their outcomes don't matter."""
    return any(claim.kind in END_SUBJECT_FUNCTION_BY_JOB_KIND for claim, _ in settlements)


async def end_job_subjects(conn: Conn, rows: Iterable[ChangedJob]) -> None:
    """End the subject, such as a post or an ingest, of each of these jobs that has ended.

    Skips jobs that go on, and kinds without a subject. This transaction holds the locks of the jobs.
    """
    ended: dict[JobSubjectEnder, list[ChangedJob]] = {}
    for row in rows:
        if row.kind in END_SUBJECT_FUNCTION_BY_JOB_KIND and row.has_ended:
            ended.setdefault(END_SUBJECT_FUNCTION_BY_JOB_KIND[row.kind], []).append(row)
    for end_subjects, of_kind in ended.items():
        await end_subjects(conn, rows=of_kind)
