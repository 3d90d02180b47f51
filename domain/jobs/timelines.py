"""Timelines: the history of a job or a post, read from rows that are written anyway.

A call with a lost answer has no row of its own: the next row implies it.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeVar, cast
from uuid import UUID

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from db.pool import Conn
from db.queries import timeline
from domain.publishing import posts
from jobs.kinds import RECONCILE_POST_KIND
from schemas import ids
from schemas.errors.absent import not_found_error
from schemas.timelines import AttemptOutcome, PostLookUpVerdict, TimelineEntry, TimelineEntryType

#: Entries of one timeline before paging, and jobs that are searched for a post's.
MAX_TIMELINE_ROWS, MAX_JOBS_SEARCHED_FOR_POST_TIMELINE = 5_000, 10_000
#: Largest difference between the clock of an id and the database's.
MAX_JOB_ID_CLOCK_DIFFERENCE = timedelta(hours=1)


class JobTimelineRow(NamedTuple):
    """Entry as its table has it; `rank` and `place` order entries with the same time."""

    at: datetime
    rank: int
    place: str
    type: str
    job_id: UUID | None
    kind: str | None
    attempt: int | None
    fence: int | None
    worker_id: UUID | None
    outcome: str | None
    error: dict[str, Any] | None
    details: dict[str, Any] | None


_LIST_JOB_TIMELINE = timeline.list_job_entries.typed(JobTimelineRow)
_LIST_POST_TIMELINE = timeline.list_post_entries.typed(JobTimelineRow)

#: Types of entries that resolve the doubt about a call.
DOUBT_RESOLVING_TIMELINE_TYPES = frozenset({"not_sent", "accepted", "published", "draft_in_inbox", "resolved"})
#: Result of a platform's look-up, by the status that it gave the post.
_LOOK_UP_RESULT_BY_POST_STATUS: dict[str, PostLookUpVerdict] = {
    "published": "found",
    "draft_in_inbox": "found",
    "failed": "absent",
}
#: Types of entries that only an attempt writes about a post: its fence is checked, so it is the last one that
#: began.
_TIMELINE_TYPES_WRITTEN_BY_ATTEMPT = frozenset(
    {"prepared", "call", "not_sent", "accepted", "published", "draft_in_inbox", "undecided"}
)
#: Codes of a call that a search for the post proved not to be accepted.
_POST_ABSENT_CODES = frozenset({"ABSENT", "NOT_TAKEN"})
#: Stored details with a field of their own, or with another entry.
_TIMELINE_DETAILS_SHOWN_ELSEWHERE = frozenset(
    {"code", "message", "retryable", "step", "revision", "apiKeyId", "retryOf", "found"}
)

T = TypeVar("T")


async def list_job_timeline(
    conn: Conn, *, organization_id: UUID, job_id: UUID, internal: bool = False
) -> list[TimelineEntry]:
    """Return the entries of a job's timeline, the oldest first, at most `MAX_TIMELINE_ROWS`.

    Raises `ObjectNotFound`, also for an internal job unless `internal`.
    """
    rows = await _LIST_JOB_TIMELINE.all(conn, org=organization_id, id=job_id, internal=internal, most=MAX_TIMELINE_ROWS)
    if not rows:
        raise not_found_error("job")
    return [_timeline_entry_to_schema(row) for row in rows]


async def list_post_timeline(conn: Conn, *, organization_id: UUID, post_id: UUID) -> list[TimelineEntry]:
    """Return a post's timeline with job attempts, of its first `MAX_TIMELINE_ROWS` rows. Raises `ObjectNotFound`."""
    post, _ = await posts.read_versioned_post(conn, organization_id=organization_id, post_id=post_id)
    rows = await _LIST_POST_TIMELINE.all(
        conn,
        org=organization_id,
        id=post_id,
        made_from=ids.first_uuid7_at(post.created_at - MAX_JOB_ID_CLOCK_DIFFERENCE),
        due_from=ids.first_uuid7_at(post.scheduled_for - MAX_JOB_ID_CLOCK_DIFFERENCE),
        searched=MAX_JOBS_SEARCHED_FOR_POST_TIMELINE,
        most=MAX_TIMELINE_ROWS,
    )
    return [*_add_post_call_outcomes(_add_attempts_to_post_timeline_rows(rows), post.external_url)]


def _add_attempts_to_post_timeline_rows(rows: Iterable[JobTimelineRow]) -> Iterator[JobTimelineRow]:
    """Yield each row of a post's timeline; a row that an attempt wrote gets the attempt and its worker."""
    running: JobTimelineRow | None = None
    ended_at: datetime | None = None
    for row in rows:
        if row.type == "attempt_started":
            running, ended_at = row, None
        elif row.type == "attempt_ended" and running and row.job_id == running.job_id:
            # A row of the attempt's last transaction has the time of its end, and may follow the end.
            ended_at = row.at if row.fence == running.fence else ended_at
        if running and row.type in _TIMELINE_TYPES_WRITTEN_BY_ATTEMPT and ended_at in {None, row.at}:
            yield _add_attempt_to_post_timeline_row(running, row)
        else:
            yield row


def _add_attempt_to_post_timeline_row(attempt: JobTimelineRow, row: JobTimelineRow) -> JobTimelineRow:
    """Return a timeline row with the job, the number and the worker of the attempt that wrote it."""
    return row._replace(
        job_id=attempt.job_id,
        kind=attempt.kind,
        attempt=attempt.attempt,
        fence=attempt.fence,
        worker_id=attempt.worker_id,
    )


def _add_post_call_outcomes(rows: Iterable[JobTimelineRow], external_url: str | None) -> Iterator[TimelineEntry]:
    """Yield each row of a post's timeline as an entry, with entries for the outcomes of earlier calls.

    Before a row, yields the earlier call's lost answer and its look-up, if any. Omits rows that only report a look-up,
    and the start of a job that looks a post up.
    """
    in_doubt = lost = False
    for row in rows:
        if in_doubt and not lost and _shows_lost_answer(row):
            lost = True
            yield TimelineEntry(at=row.at, type="answer_lost")
        if verdict := _read_look_up_verdict(row):
            yield TimelineEntry(at=row.at, type="look_up", verdict=verdict, **_api_attempt_fields(row))
        if row.type == "call":
            in_doubt, lost = True, False
        elif row.type in DOUBT_RESOLVING_TIMELINE_TYPES:
            in_doubt = False
        if row.type != "undecided" and not (row.kind == RECONCILE_POST_KIND.name and row.type == "attempt_started"):
            entry = _timeline_entry_to_schema(row)
            yield replace(entry, external_url=external_url or UNSET) if row.type == "published" else entry


def _shows_lost_answer(row: JobTimelineRow) -> bool:
    """Return whether a post's timeline row shows that the earlier call's answer was lost, such as a look-up."""
    return row.type in {"call", "attempt_ended", "outcome_unknown"} or _read_look_up_verdict(row) is not None


def _read_look_up_verdict(row: JobTimelineRow) -> PostLookUpVerdict | None:
    """Return a timeline row's verdict on a post with a lost answer: `absent`, `undecided` or `found`; else None."""
    if row.type == "not_sent" and row.details and row.details.get("code") in _POST_ABSENT_CODES:
        return "absent"
    if row.type == "undecided":
        return "undecided"
    return "found" if row.details and row.details.get("found") else None


def _timeline_entry_to_schema(row: JobTimelineRow) -> TimelineEntry:
    if row.kind == RECONCILE_POST_KIND.name and row.type == "attempt_ended":
        return _post_look_up_entry(row)
    fields = (row.details or {}) | (row.error or {})
    return TimelineEntry(
        at=row.at,
        type=cast("TimelineEntryType", row.type),
        **_api_attempt_fields(row),
        retry_of=_public_id_or_unset(ids.JOB_ID_PREFIX, fields.get("retryOf")),
        outcome=cast("AttemptOutcome | UnsetType", _value_or_unset(row.outcome)),
        code=_value_or_unset(fields.get("code")),
        message=_value_or_unset(fields.get("message")),
        step=_value_or_unset(fields.get("step")),
        revision=_value_or_unset(fields.get("revision")),
        api_key_id=_public_id_or_unset(ids.API_KEY_ID_PREFIX, fields.get("apiKeyId")),
        details={name: value for name, value in fields.items() if name not in _TIMELINE_DETAILS_SHOWN_ELSEWHERE}
        or UNSET,
    )


def _post_look_up_entry(row: JobTimelineRow) -> TimelineEntry:
    """Return the timeline entry of an ended look-up of a post with a lost answer; a failed one is `undecided`."""
    status = (row.details or {}).get("status", "") if row.outcome == "completed" else ""
    return TimelineEntry(
        at=row.at,
        type="look_up",
        verdict=_LOOK_UP_RESULT_BY_POST_STATUS.get(status, "undecided"),
        **_api_attempt_fields(row),
    )


def _api_attempt_fields(row: JobTimelineRow) -> dict[str, Any]:
    """Return the fields by which a timeline entry names its attempt: job, number, fence and worker."""
    return {
        "job_id": _public_id_or_unset(ids.JOB_ID_PREFIX, row.job_id),
        "attempt": _value_or_unset(row.attempt),
        "fence": _value_or_unset(row.fence),
        "worker_id": _public_id_or_unset(ids.WORKER_ID_PREFIX, row.worker_id),
    }


def _value_or_unset(value: T | None) -> T | UnsetType:
    return UNSET if value is None else value


def _public_id_or_unset(prefix: str, value: UUID | str | None) -> str | UnsetType:
    return UNSET if value is None else ids.format_prefixed_id(prefix, value if isinstance(value, UUID) else UUID(value))
