"""Verifications: jobs that wait for an event of an SDK app, and report it or the likely causes of its
absence.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from db.pool import Conn
from db.queries import event as event_table
from db.queries import event_quarantine, sdk_app
from domain.apps import apps
from domain.tenancy import project_locks
from jobs import ledger
from jobs.kinds import VERIFY_TRACKING_KIND
from jobs.ledger import JobClaim, SubmittedJob
from schemas.apps import ArrivedEvent, Finding, Verification

#: Most events that are counted.
MAX_COUNTED_RECENT_EVENTS = 1000


class AppWithTrackingToVerify(NamedTuple):
    """App under verification. `has_event`: an event of any time has arrived since the job was accepted."""

    project_id: UUID
    app_no: int
    web_domain: str | None
    last_event_at: datetime | None
    last_rotated_at: datetime | None
    waited_s: float
    has_event: bool
    #: The app's row records events at most once a minute, so the newest one may be missing.
    may_have_come: bool


class NewestEventWithCount(NamedTuple):
    """Newest recent event, and the number of recent events."""

    name: str
    event_id: str
    occurred_at: datetime
    received_at: datetime
    n: int


class QuarantineCountRow(NamedTuple):
    """Number of refused events with a code."""

    code: str
    n: int


FIND_APP_WITH_TRACKING_TO_VERIFY = sdk_app.see_app.typed(AppWithTrackingToVerify)
FIND_NEWEST_APP_EVENT_AND_COUNT = event_table.see_arrivals.typed(NewestEventWithCount)
COUNT_QUARANTINED_EVENTS = event_quarantine.count_refused.typed(QuarantineCountRow)


async def start_tracking_verification(
    conn: Conn, *, organization_id: UUID, project_id: UUID, app_id: UUID, retry_of: UUID | None = None
) -> SubmittedJob:
    """Submit a job that waits for an event of an SDK app; return it, or the one under way with `fresh` False.

    Raises `ObjectNotFound`, `LimitReached`, `StateConflict` PROJECT_ARCHIVED.
    """
    await project_locks.lock_active_project(conn, organization_id=organization_id, project_id=project_id)
    await apps.check_app_exists(conn, organization_id=organization_id, project_id=project_id, app_id=app_id)
    return await ledger.submit_job(
        conn,
        kind=VERIFY_TRACKING_KIND,
        organization_id=organization_id,
        project_id=project_id,
        args={"app_id": str(app_id)},
        unique_key=f"verify_tracking:{app_id}",
        retry_of=retry_of,
    )


async def read_app_of_tracking_verification_job(conn: Conn, *, claim: JobClaim) -> AppWithTrackingToVerify | None:
    """Return the SDK app that a verification job waits for, as of now; None if it was deleted."""
    return await FIND_APP_WITH_TRACKING_TO_VERIFY.one(
        conn, org=claim.organization_id, project_id=claim.project_id, job_id=claim.id, id=UUID(claim.args["app_id"])
    )


async def find_newest_event_and_count(
    conn: Conn, *, project_id: UUID, app_no: int, seconds: float
) -> NewestEventWithCount | None:
    """Return the newest event that arrived from an app in the last `seconds`, and the number of such events.

    Counts up to `MAX_COUNTED_RECENT_EVENTS`, none that occurred over an hour before that time. None without any.
    """
    return await FIND_NEWEST_APP_EVENT_AND_COUNT.one(
        conn, project_id=project_id, app_no=app_no, seconds=seconds, limit=MAX_COUNTED_RECENT_EVENTS
    )


async def count_rejected_events(
    conn: Conn, *, project_id: UUID, app_no: int, seconds: float
) -> list[QuarantineCountRow]:
    """Return the numbers of an app's quarantined events of the last `seconds` by code; empty without any."""
    return await COUNT_QUARANTINED_EVENTS.all(conn, project_id=project_id, app_no=app_no, seconds=seconds)


def tracking_verified_result(app: AppWithTrackingToVerify, found: NewestEventWithCount) -> dict[str, Any]:
    """Return the result of a tracking verification job that received an event: the event and their number."""
    name, event_id, occurred_at, received_at, count = found
    event = ArrivedEvent(name=name, event_id=event_id, occurred_at=occurred_at, received_at=received_at)
    return _build_verification_result(app, event, count, [])


def tracking_missing_result(app: AppWithTrackingToVerify, refused: Sequence[QuarantineCountRow]) -> dict[str, Any]:
    """Return a verification job's result without an event: the app's rejected events by code, else likely causes."""
    return _build_verification_result(
        app, None, 0, [_rejected_events_finding(refused)] if refused else [*_find_causes_of_no_app_events(app)]
    )


def _build_verification_result(
    app: AppWithTrackingToVerify, event: ArrivedEvent | None, count: int, findings: list[Finding]
) -> dict[str, Any]:
    verification = Verification(
        verified=event is not None, count=count, event=event, last_event_at=app.last_event_at, findings=findings
    )
    result: dict[str, Any] = msgspec.to_builtins(verification)
    return result


def _rejected_events_finding(refused: Sequence[QuarantineCountRow]) -> Finding:
    codes = ", ".join(f"{n} of {code}" for code, n in refused)
    return Finding(
        code="EVENTS_REFUSED",
        message=f"events came and were refused, {codes}: fix their sender; the project's events/quarantine has each",
    )


def _find_causes_of_no_app_events(app: AppWithTrackingToVerify) -> Iterator[Finding]:
    """Yield the likely causes for the absence of an SDK app's events, the likeliest first."""
    rotated, last = app.last_rotated_at, app.last_event_at
    if app.has_event:
        yield Finding(
            code="OLD_EVENTS",
            message="events came that happened over an hour ago, by the device's clock, or were sent before: "
            "set its clock, wait until it has sent its stored events, or send one with a new eventId",
        )
        return
    if rotated and (last is None or last < rotated):
        yield Finding(
            code="KEY_ROTATED",
            message=f"nothing came since the key was rotated at {_format_utc_minute(rotated)}: build the "
            "app with the "
            "new key, or rotate it again, with overlapHours",
        )
    place = f", on {app.web_domain} and no other host" if app.web_domain else ""
    if last is None:
        yield Finding(
            code="NEVER_SEEN",
            message="no event of this app ever came: see that it starts the SDK with this app's key and "
            f"endpoint, as install-spec has it{place}, and look at what the endpoint answers to it",
        )
    else:
        yield Finding(
            code="NONE_CAME",
            message=f"the last event came at {_format_utc_minute(last)}, and none since: use the app "
            "while the job "
            f"listens{place}, and look at what the endpoint answers to it",
        )


def _format_utc_minute(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M} UTC"
