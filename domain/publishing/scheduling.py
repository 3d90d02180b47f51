"""Scheduling: posts content to accounts at a time, to all of the targets or to none."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import scheduled_post
from domain.publishing import claim_ends, posts, targets
from domain.publishing.targets import CheckedPostTarget, ContentCaptionAndFiles, SamePostFingerprint
from domain.tenancy import audit, project_locks
from domain.values import timezones
from domain.values.timezones import ResolvedLocalTime
from jobs.ledger import WakeMessage
from schemas import ids
from schemas.errors import ApprovalRequired, ContentRejected, InvalidValue, StateConflict
from schemas.errors.absent import require_found
from schemas.posts import PublishContent, Reschedule, ScheduleContent, Scheduled, ScheduledTarget, Target

MAX_SCHEDULE_TIME_PAST, MAX_SCHEDULE_TIME_AHEAD = timedelta(seconds=30), timedelta(days=180)

NO_SANDBOX_CLOCK_LEAD = timedelta()


class ContentToScheduleFacts(NamedTuple):
    """Tenant, project and content of a schedule, the zone of its local times, and the database's time.

    `known` are the requested accounts that belong to the project.
    """

    organization_id: UUID
    content_id: UUID
    project_id: UUID
    timezone: str
    now: datetime
    known: Sequence[UUID]


class _ContentProjectAndKnownAccountsRow(NamedTuple):
    project_id: UUID
    timezone: str
    now: datetime
    known: Sequence[UUID]


class PostableContent(NamedTuple):
    """Content that may be posted: at once, or after its approval if it is `pending`.

    `gated`: its caption needs an approval, or has one. `has_claims`: it says approved claims.
    """

    material: ContentCaptionAndFiles
    pending: bool
    gated: bool
    has_claims: bool

    def is_caption_override_unapproved(self, caption_override: str | None) -> bool:
        """Return whether a post's own caption is unapproved: approvals are required, and none covers it.

        An approval covers only a caption that equals its content's. Returns False without an own caption.
        """
        if caption_override is None or not self.gated:
            return False
        return self.pending or caption_override != self.material.caption


class _NewPost(NamedTuple):
    """Post to insert, which may wait for the approval of its own caption or of its content."""

    id: UUID
    planned: CheckedPostTarget
    caption_pending: bool
    content_pending: bool

    @property
    def unapproved(self) -> bool:
        return self.caption_pending or self.content_pending


FIND_CONTENT_TO_SCHEDULE = scheduled_post.find_content.typed(_ContentProjectAndKnownAccountsRow)


async def create_scheduled_posts_of_content(
    conn: Conn,
    *,
    organization_id: UUID,
    content_id: UUID,
    approver_id: UUID | None,
    body: ScheduleContent,
    now: datetime,
    ahead: timedelta = NO_SANDBOX_CLOCK_LEAD,
) -> tuple[Scheduled, list[WakeMessage]]:
    """Create a post of a content for each target, or none; return the schedule and the wakes to send.

    Posts of pending content are `blocked` until its approval. So are posts with an unapproved caption of their own,
    unless `approver_id` is the caller's key with the right to approve. Raises `ObjectNotFound`, `InvalidValue`,
    `LimitReached`, `ContentRejected`, `StateConflict` PROJECT_ARCHIVED, CONTENT_NOT_READY, CLAIM_EXPIRED,
    ACCOUNT_NOT_CONNECTED, ACCOUNT_OFFERED or DUPLICATE_POST.
    """
    scope = await _read_content_to_schedule(conn, organization_id, content_id, body.targets)
    when = resolve_schedule_time(body, zone=scope.timezone, now=now, ahead=ahead)
    return await _add_target_posts(conn, scope, body, when, approver_id=approver_id, may_wait=True)


async def create_immediate_content_posts(
    conn: Conn, *, organization_id: UUID, content_id: UUID, approver_id: UUID | None, body: PublishContent
) -> tuple[Scheduled, list[WakeMessage]]:
    """Create a post of a content for each target, due now; return the schedule and the wakes to send.

    Raises as the creation of posts, and `ApprovalRequired` for pending content or captions. Now is the database's time.
    """
    scope = await _read_content_to_schedule(conn, organization_id, content_id, body.targets)
    now = ResolvedLocalTime(scope.now, "exact")
    return await _add_target_posts(conn, scope, body, now, approver_id=approver_id, may_wait=False)


def resolve_schedule_time(
    asked: ScheduleContent | Reschedule, *, zone: str, now: datetime, ahead: timedelta = NO_SANDBOX_CLOCK_LEAD
) -> ResolvedLocalTime:
    """Return a schedule's requested time in real time; a local time is of `zone`, a sandbox's clock is `ahead`.

    Raises `InvalidValue` unless exactly one time is given, and for one in the past or too far ahead.
    """
    if asked.scheduled_for is not None and asked.local_time is None:
        path, when = (
            "scheduledFor",
            ResolvedLocalTime(timezones.parse_utc_time(asked.scheduled_for, path="scheduledFor"), "exact"),
        )
    elif asked.local_time is not None and asked.scheduled_for is None:
        path, when = "localTime", timezones.resolve_local_time(asked.local_time, zone=zone, path="localTime")
    else:
        raise InvalidValue("scheduledFor", "send either scheduledFor or localTime")
    if when.at < now + ahead - MAX_SCHEDULE_TIME_PAST:
        raise InvalidValue(path, "is in the past: send a future time")
    if when.at > now + ahead + MAX_SCHEDULE_TIME_AHEAD:
        raise InvalidValue(path, f"is more than {MAX_SCHEDULE_TIME_AHEAD.days} days ahead")
    return when._replace(at=when.at - ahead)


async def lock_completed_content(conn: Conn, *, organization_id: UUID, content_id: UUID) -> PostableContent:
    """Lock content against edits and decisions; return its caption, files and approval state.

    Raises `ContentRejected`, and `StateConflict` CONTENT_NOT_READY for content that isn't completed.
    """
    row = await targets.LOCK_CONTENT_IN_SHARE_MODE.row(conn, org=organization_id, id=content_id)
    if row.approval_status == "rejected":
        raise ContentRejected
    if row.status != "completed":
        raise StateConflict("CONTENT_NOT_READY", f"the content is {row.status}: only completed content can go out")
    assets = await targets.LIST_CONTENT_ASSETS.all(conn, org=organization_id, content_id=content_id)
    status = row.approval_status
    return PostableContent(
        ContentCaptionAndFiles(row.caption, assets), status == "pending", status != "not_required", row.has_claims
    )


async def _read_content_to_schedule(
    conn: Conn, organization_id: UUID, content_id: UUID, aims: Sequence[Target]
) -> ContentToScheduleFacts:
    account_ids = targets.read_target_account_ids(aims)
    row = require_found(
        await FIND_CONTENT_TO_SCHEDULE.one(conn, org=organization_id, id=content_id, account_ids=account_ids), "content"
    )
    return ContentToScheduleFacts(organization_id, content_id, *row)


async def _add_target_posts(
    conn: Conn,
    scope: ContentToScheduleFacts,
    body: ScheduleContent | PublishContent,
    when: ResolvedLocalTime,
    *,
    approver_id: UUID | None,
    may_wait: bool,
) -> tuple[Scheduled, list[WakeMessage]]:
    org, project_id = scope.organization_id, scope.project_id
    # An unknown account is refused before the checks of the project's state.
    targets.check_target_accounts_known(body.targets, scope.known)
    await project_locks.lock_active_project(conn, organization_id=org, project_id=project_id)
    content = await lock_completed_content(conn, organization_id=org, content_id=scope.content_id)
    if content.pending and not may_wait:
        raise ApprovalRequired
    if content.has_claims:
        await claim_ends.check_claims_last(conn, organization_id=org, content_id=scope.content_id, at=when.at)
    planned = await targets.check_and_lock_post_targets(
        conn, organization_id=org, project_id=project_id, material=content.material, targets=body.targets
    )
    unapproved = [content.is_caption_override_unapproved(target.caption_override) for target in planned]
    if approver_id is None and not may_wait:
        _check_captions_approved(unapproved)
    if not body.allow_duplicate:
        await targets.check_no_equal_post(conn, organization_id=org, prints=_fingerprint_targets(planned), at=when.at)
    new = [
        _NewPost(ids.new_uuid7(), target, approver_id is None and alone, content.pending)
        for target, alone in zip(planned, unapproved, strict=True)
    ]
    wakes, scheduled_targets = await _insert_requested_posts(conn, scope, new, when.at)
    if approver_id is not None and any(unapproved):
        await _audit_caption_approvals(
            conn, scope, approver_id, [post for post, alone in zip(new, unapproved, strict=True) if alone]
        )
    scheduled = Scheduled(
        content_id=ids.format_prefixed_id(ids.CONTENT_ID_PREFIX, scope.content_id),
        gate_status="blocked_on_approval" if any(post.unapproved for post in new) else "open",
        time_rule=when.rule,
        scheduled_posts=scheduled_targets,
    )
    return scheduled, wakes


def _check_captions_approved(unapproved: Sequence[bool]) -> None:
    wrong = [number for number, alone in enumerate(unapproved) if alone]
    if wrong:
        raise ApprovalRequired(
            "a target's own caption awaits approval: schedule it and have its post approved",
            issues=[
                {"path": targets.target_field_path(number, "captionOverride"), "message": "awaits approval"}
                for number in wrong
            ],
        )


def _fingerprint_targets(planned: Sequence[CheckedPostTarget]) -> list[SamePostFingerprint]:
    return [
        SamePostFingerprint(targets.target_field_path(number), target.account_id, target.fingerprint)
        for number, target in enumerate(planned)
    ]


async def _insert_requested_posts(
    conn: Conn, scope: ContentToScheduleFacts, new: Sequence[_NewPost], at: datetime
) -> tuple[list[WakeMessage], list[ScheduledTarget]]:
    """Insert the posts of a schedule, and submit the jobs of the unblocked ones.

    Returns the wakes to send, and the posts as shown in the response, in the order of the targets.
    """
    org, planned = scope.organization_id, [post.planned for post in new]
    queued, blocked = [one.id for one in new if not one.unapproved], [post.id for post in new if post.unapproved]
    job_ids, wakes = await posts.submit_publish_jobs_for_post_times(
        conn, organization_id=org, project_id=scope.project_id, times=dict.fromkeys(queued, at)
    )
    jobs = dict(zip(queued, job_ids, strict=True))
    await scheduled_post.insert_posts.run(
        conn,
        org=org,
        project_id=scope.project_id,
        content_id=scope.content_id,
        scheduled_for=at,
        ids=[post.id for post in new],
        job_ids=[jobs.get(post.id) for post in new],
        captions_pending=[post.caption_pending for post in new],
        account_ids=[target.account_id for target in planned],
        platforms=[target.platform for target in planned],
        modes=[target.mode for target in planned],
        privacy_levels=[target.privacy_level for target in planned],
        caption_overrides=[target.caption_override for target in planned],
        fingerprints=[target.fingerprint for target in planned],
    )
    await posts.record_post_history(conn, organization_id=org, post_ids=queued, event="scheduled")
    await posts.record_post_history(conn, organization_id=org, post_ids=blocked, event="blocked")
    return wakes, [_scheduled_target_to_schema(post, jobs.get(post.id), at) for post in new]


async def _audit_caption_approvals(
    conn: Conn, scope: ContentToScheduleFacts, approver_id: UUID, approved: Sequence[_NewPost]
) -> None:
    """Audit that the caller, who has the right to approve, approved captions by scheduling them."""
    await audit.write_audit_entry(
        conn,
        organization_id=scope.organization_id,
        api_key_id=approver_id,
        action="caption.approved",
        subject=ids.format_prefixed_id(ids.CONTENT_ID_PREFIX, scope.content_id),
        project_id=scope.project_id,
        details={"posts": [ids.format_prefixed_id(ids.POST_ID_PREFIX, post.id) for post in approved]},
    )


def _scheduled_target_to_schema(new: _NewPost, job_id: UUID | None, at: datetime) -> ScheduledTarget:
    return ScheduledTarget(
        id=ids.format_prefixed_id(ids.POST_ID_PREFIX, new.id),
        job_id=ids.format_prefixed_id(ids.JOB_ID_PREFIX, job_id) if job_id else None,
        status="queued" if job_id else "blocked",
        scheduled_for=at,
        social_account_id=ids.format_prefixed_id(ids.ACCOUNT_ID_PREFIX, new.planned.account_id),
    )
