"""Polls of jobs: one statement reads the keys and the jobs of many polls, and the wait reasons if needed."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from db.pool import Conn
from db.queries import job_wait
from db.queries.rows import JobRow
from domain.jobs import jobs, wait_reasons
from domain.jobs.jobs import VersionedJob
from domain.jobs.wait_reasons import MAX_COUNTED_JOBS_AHEAD, JobWaitFacts
from domain.tenancy.api_keys import StoredApiKey
from schemas.waiting import Waiting

#: Columns of a polled row: the key's, then the job's, then whether its worker is lost, or all facts of its wait.
_KEY_COLUMNS = slice(len(StoredApiKey._fields))
_JOB_COLUMNS = slice(_KEY_COLUMNS.stop, _KEY_COLUMNS.stop + len(JobRow._fields))
_WAIT_COLUMNS = slice(_JOB_COLUMNS.stop, None)


class JobPoll(NamedTuple):
    """Poll of a job, None for a malformed id, with a key that belonged to the organization at an earlier look-up.

    A caller that has a version of the job wants no wait reason: a 304 shows none.
    """

    key_id: str
    organization_id: UUID
    job_id: UUID | None
    wants_wait_reason: bool


async def read_polled_jobs(
    conn: Conn, polls: Sequence[JobPoll], *, with_waits: bool
) -> list[tuple[StoredApiKey | None, VersionedJob | None]]:
    """Return for each poll the stored key, and the job with its version, in order.

    Each is None if unknown. So is an internal job, and any job if the key isn't the organization's now. A key of
    several polls is read once. A job that can't be decoded is None, so that it fails only its own poll, in `read_job`.
    Without `with_waits`, a job lacks `waiting` if it waits or has lost its worker. So does a post that may have to wait
    for its account's quota.
    """
    first = {poll.key_id: place for place, poll in reversed([*enumerate(polls)])}
    parameters = {
        "key_ids": [poll.key_id if first[poll.key_id] == place else None for place, poll in enumerate(polls)],
        "orgs": [poll.organization_id for poll in polls],
        "job_ids": [poll.job_id for poll in polls],
    }
    if with_waits:
        rows = await job_wait.find_polls_with_waits.all(conn, **parameters, most=MAX_COUNTED_JOBS_AHEAD)
    else:
        rows = await job_wait.find_polls.all(conn, **parameters)
    keys = {key_id: _read_stored_key(rows[place]) for key_id, place in first.items()}
    return [_build_polled_job(keys[poll.key_id], poll, row) for poll, row in zip(polls, rows, strict=True)]


def is_wait_reason_needed_again(poll: JobPoll, found: VersionedJob | None) -> bool:
    """Return whether the next poll like this one probably needs a wait reason: the job waits, or its worker is lost."""
    return poll.wants_wait_reason and found is not None and found[0].waiting is not None


def _read_stored_key(row: Any) -> StoredApiKey | None:
    key = StoredApiKey._make(row[_KEY_COLUMNS])
    return None if key.id is None else key


def _build_polled_job(
    key: StoredApiKey | None, poll: JobPoll, row: Any
) -> tuple[StoredApiKey | None, VersionedJob | None]:
    found = JobRow._make(row[_JOB_COLUMNS])
    if key is None or key.organization_id != poll.organization_id or found.id is None:
        return key, None
    try:
        return key, jobs.build_versioned_job(found, waiting=_find_polled_wait_reason(row[_WAIT_COLUMNS]))
    except msgspec.ValidationError:
        return key, None


def _find_polled_wait_reason(columns: tuple[Any, ...]) -> Waiting | UnsetType | None:
    if len(columns) == 1:
        return None if columns[0] is False else UNSET
    facts = JobWaitFacts._make(columns)
    return UNSET if facts.may_wait_for_quota else wait_reasons.find_wait_reason(facts)
