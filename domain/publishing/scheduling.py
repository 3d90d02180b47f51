"""Scheduling: content goes to accounts at a time, to all of the targets or to none."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import scheduled_post
from db.queries.rows import AssetRow, SharedContent
from domain.publishing import posts, targets
from domain.publishing.targets import Material, Planned, TargetFingerprint
from domain.tenancy import project_locks
from domain.values import timezones
from domain.values.timezones import Resolved
from jobs.ledger import Wake
from schemas import ids
from schemas.errors import ApprovalRequired, Conflict, ContentRejected, Invalid
from schemas.errors.absent import absent
from schemas.posts import PublishContent, Reschedule, ScheduleContent, Scheduled, ScheduledTarget, Target

LATEST_PAST, FURTHEST = timedelta(seconds=30), timedelta(days=180)


class Schedule(NamedTuple):
    """The tenant, project and content of a schedule, the zone of its local times, and the database's time.

    `known` are the accounts, of those that were asked for, that belong there too.
    """

    organization_id: UUID
    content_id: UUID
    project_id: UUID
    timezone: str
    now: datetime
    known: Sequence[UUID]


class _Found(NamedTuple):
    project_id: UUID
    timezone: str
    now: datetime
    known: Sequence[UUID]


class Ready(NamedTuple):
    """Content that may be posted: at once, or if it is `pending`, once it is approved."""

    material: Material
    pending: bool


FIND_CONTENT = scheduled_post.find_content.typed(_Found)
SHARE_CONTENT = scheduled_post.share_content.typed(SharedContent)
LIST_ASSETS = scheduled_post.list_assets.typed(AssetRow)


async def schedule(
    conn: Conn, *, organization_id: UUID, content_id: UUID, body: ScheduleContent, now: datetime
) -> tuple[Scheduled, list[Wake]]:
    """A post for each target. Those of content that awaits its approval are `blocked` until then.

    Raises `NotFound`, `Invalid`, `Limited`, `ContentRejected`, `Conflict` PROJECT_ARCHIVED,
    CONTENT_NOT_READY, ACCOUNT_NOT_CONNECTED or DUPLICATE_POST.
    """
    scope = await _scope(conn, organization_id, content_id, body.targets)
    when = instant(body, zone=scope.timezone, now=now)
    return await _post(conn, scope, body, when, may_wait=True)


async def publish(
    conn: Conn, *, organization_id: UUID, content_id: UUID, body: PublishContent
) -> tuple[Scheduled, list[Wake]]:
    """`schedule` for now; what awaits its approval is refused. Raises `ApprovalRequired` too.

    Now is the database's: by a clock that is ahead of it the jobs would not be due yet.
    """
    scope = await _scope(conn, organization_id, content_id, body.targets)
    return await _post(conn, scope, body, Resolved(scope.now, "exact"), may_wait=False)


def instant(asked: ScheduleContent | Reschedule, *, zone: str, now: datetime) -> Resolved:
    """The time that a request asks for; local times are of `zone`. Raises `Invalid`."""
    if asked.scheduled_for is not None and asked.local_time is None:
        path, when = (
            "scheduledFor",
            Resolved(timezones.read(asked.scheduled_for, path="scheduledFor"), "exact"),
        )
    elif asked.local_time is not None and asked.scheduled_for is None:
        path, when = "localTime", timezones.resolve(asked.local_time, zone=zone, path="localTime")
    else:
        raise Invalid("scheduledFor", "send either scheduledFor or localTime")
    if when.at < now - LATEST_PAST:
        raise Invalid(path, "is in the past: send a time to come")
    if when.at > now + FURTHEST:
        raise Invalid(path, f"is more than {FURTHEST.days} days ahead")
    return when


async def ready(conn: Conn, *, organization_id: UUID, content_id: UUID) -> Ready:
    """Lock content against edits and decisions. Raises `ContentRejected`, `Conflict` CONTENT_NOT_READY."""
    row = await SHARE_CONTENT.row(conn, org=organization_id, id=content_id)
    if row.approval_status == "rejected":
        raise ContentRejected
    if row.status != "completed":
        raise Conflict("CONTENT_NOT_READY", f"the content is {row.status}: only completed content goes out")
    assets = await LIST_ASSETS.all(conn, org=organization_id, content_id=content_id)
    return Ready(Material(row.caption, assets), row.approval_status == "pending")


async def _scope(conn: Conn, organization_id: UUID, content_id: UUID, aims: Sequence[Target]) -> Schedule:
    named = targets.named(aims)
    row = await FIND_CONTENT.one(conn, org=organization_id, id=content_id, account_ids=named)
    if row is None:
        raise absent("content")
    return Schedule(organization_id, content_id, *row)


async def _post(
    conn: Conn, scope: Schedule, body: ScheduleContent | PublishContent, when: Resolved, *, may_wait: bool
) -> tuple[Scheduled, list[Wake]]:
    org, project_id = scope.organization_id, scope.project_id
    # An account that isn't there is refused before what can't be done now.
    targets.check_known(body.targets, scope.known)
    await project_locks.lock_active(conn, organization_id=org, project_id=project_id)
    found = await ready(conn, organization_id=org, content_id=scope.content_id)
    if found.pending and not may_wait:
        raise ApprovalRequired
    planned = await targets.plan(
        conn, organization_id=org, project_id=project_id, material=found.material, targets=body.targets
    )
    if not body.allow_duplicate:
        await targets.check_new(conn, organization_id=org, prints=_fingerprints(planned), at=when.at)
    made, wakes = await _insert(conn, scope, planned, when.at, pending=found.pending)
    scheduled = Scheduled(
        content_id=ids.show(ids.CONTENT, scope.content_id),
        gate_status="blocked_on_approval" if found.pending else "open",
        time_rule=when.rule,
        scheduled_posts=made,
    )
    return scheduled, wakes


def _fingerprints(planned: Sequence[Planned]) -> list[TargetFingerprint]:
    return [
        TargetFingerprint(targets.path(number), one.account_id, one.fingerprint)
        for number, one in enumerate(planned)
    ]


async def _insert(
    conn: Conn, scope: Schedule, planned: Sequence[Planned], at: datetime, *, pending: bool
) -> tuple[list[ScheduledTarget], list[Wake]]:
    """The posts, and unless they wait for an approval their jobs, in the order of the targets."""
    org, post_ids = scope.organization_id, [ids.new() for _ in planned]
    job_ids: Sequence[UUID | None] = [None] * len(planned)
    wakes: list[Wake] = []
    if not pending:
        job_ids, wakes = await posts.submit_many(
            conn, organization_id=org, project_id=scope.project_id, times=dict.fromkeys(post_ids, at)
        )
    await scheduled_post.insert_posts.run(
        conn,
        org=org,
        project_id=scope.project_id,
        content_id=scope.content_id,
        status="blocked" if pending else "queued",
        scheduled_for=at,
        ids=post_ids,
        job_ids=job_ids,
        account_ids=[one.account_id for one in planned],
        platforms=[one.platform for one in planned],
        modes=[one.mode for one in planned],
        privacy_levels=[one.privacy_level for one in planned],
        caption_overrides=[one.caption_override for one in planned],
        fingerprints=[one.fingerprint for one in planned],
    )
    await posts.note(
        conn, organization_id=org, post_ids=post_ids, event="blocked" if pending else "scheduled"
    )
    made = [
        _made(post_id, job_id, one.account_id, at)
        for post_id, job_id, one in zip(post_ids, job_ids, planned, strict=True)
    ]
    return made, wakes


def _made(post_id: UUID, job_id: UUID | None, account_id: UUID, at: datetime) -> ScheduledTarget:
    return ScheduledTarget(
        id=ids.show(ids.POST, post_id),
        job_id=ids.show(ids.JOB, job_id) if job_id else None,
        status="queued" if job_id else "blocked",
        scheduled_for=at,
        social_account_id=ids.show(ids.ACCOUNT, account_id),
    )
