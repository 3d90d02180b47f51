"""Wait reasons of jobs and posts, derived from the rows that pulls and steps use.

They are computed at each read and stored nowhere, so they change without a new version of the job or post.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import job_wait, sending
from domain.connecting.authorization import APP_PASSWORD_ROUTE
from domain.connecting.consent_pages import CONSENT_PAGE_BY_PLATFORM
from domain.publishing import quotas, reconciliation
from domain.publishing.locked_post import MAX_POST_SEND_LATENESS
from schemas import ids
from schemas.posts import Post
from schemas.waiting import Waiting, WaitReason

#: Limit of the counts of jobs or posts ahead.
MAX_COUNTED_JOBS_AHEAD = 1000


class JobWaitFacts(NamedTuple):
    """Columns of `find_waits`. Columns are null for an absent job, or a job without a post.

    `early`: the post's time is in the future. `held_back`: it waits for another attempt. `full_until`: the
    account's quota has no room before; another statement finds it. `free` is of the worker with the most free
    slots; `share` is the number of jobs that the tenant could get there.
    """

    kind: str | None
    pool: str
    state: str
    stage: str
    run_at: datetime
    deadline_at: datetime
    now: datetime
    lost: bool
    last_outcome: str | None
    last_code: str | None
    post_status: str | None
    phase: str | None
    early: bool | None
    held_back: bool | None
    scheduled_for: datetime | None
    owner_status: str | None
    cooldown_until: datetime | None
    refreshing: bool | None
    posts_ahead: int | None
    platform: str
    traits: dict[str, Any]
    quota_posts: int | None
    quota_window_s: float | None
    owner_id: UUID
    full_until: datetime | None
    suspended: bool
    paused: bool
    max_running: int | None
    running: int
    workers: int
    free: int
    share: int
    ahead: int

    @property
    def is_due(self) -> bool:
        return self.run_at <= self.now

    @property
    def may_wait_for_quota(self) -> bool:
        """Return whether only another statement knows `full_until`: a post's time has come, but not its job's."""
        return self.post_status == "queued" and not (self.early or self.held_back)

    @property
    def reauth_instruction(self) -> str:
        """Return the words for how an account's owner authorizes it again: by a reauth link or an app password."""
        return "reauth-url" if self.platform in CONSENT_PAGE_BY_PLATFORM else f"its app password: {APP_PASSWORD_ROUTE}"

    @property
    def post_expires_at(self) -> datetime | None:
        """Return the time after which the job's queued post isn't sent any more.

        Returns None without a post, and for a post that a platform may have.
        """
        if self.scheduled_for is None or self.post_status != "queued":
            return None
        return self.scheduled_for + MAX_POST_SEND_LATENESS

    @property
    def startable_job_count(self) -> int:
        """Return the number of queued jobs that the tenant's cap and its share of the pool allow to start."""
        return self.share if self.max_running is None else min(self.share, self.max_running - self.running)


class _LostAnswerTimesRow(NamedTuple):
    created_at: datetime
    now: datetime


class WaitReasonRule(NamedTuple):
    """Reason, its condition, and advice. `{}` in the message is a value of the facts.

    `until` is the time of its end, or of giving up the post; None: unknown, or a person has to act.
    """

    reason: WaitReason
    holds: Callable[[JobWaitFacts], object]
    message: str
    until: Callable[[JobWaitFacts], datetime | None] | None = None

    def build_waiting(self, facts: JobWaitFacts) -> Waiting:
        until = self.until(facts) if self.until else None
        message = self.message.format(
            pool=facts.pool, running=facts.running, ahead=facts.ahead, posts_ahead=facts.posts_ahead,
            last_code=facts.last_code, way_back=facts.reauth_instruction,
        )  # fmt: skip
        return Waiting(reason=self.reason, until=until, message=message)


def _run_time_of_waiting_job(facts: JobWaitFacts) -> datetime:
    return facts.run_at


_FIND_JOB_WAIT_FACTS = job_wait.find_waits.typed(JobWaitFacts)
_FIND_POST_WITH_LOST_ANSWER = job_wait.find_loss.typed(_LostAnswerTimesRow)

#: Reasons of posts without an open job: their status alone decides.
POST_STATUS_WAIT_MESSAGES: Mapping[WaitReason, str] = {
    "approval": "its content or its own caption awaits an approval: approve or reject it",
    "schedule_passed": "it was approved after its time: reschedule it, or cancel it",
    "outcome_unknown": (
        "the platform may have it and is checked again: look there, and report the finding with `resolve`"
    ),
}

#: Reasons of these with a known time of the next check.
POST_WAIT_REASONS_WITH_CHECK_TIME: frozenset[WaitReason] = frozenset({"outcome_unknown"})

#: The first rule that holds is reported. Rules up to `snoozed` are for jobs before their time.
WAIT_RULES_BY_PRECEDENCE: Sequence[WaitReasonRule] = (
    WaitReasonRule(
        "worker_lost", lambda facts: facts.lost, "its worker is silent: another one takes over automatically"
    ),
    WaitReasonRule(
        "overdue",
        lambda facts: facts.deadline_at <= facts.now,
        "its deadline has passed: it fails automatically within seconds, retry it then",
    ),
    WaitReasonRule(
        "scheduled",
        lambda facts: not facts.is_due and (facts.early or (facts.last_outcome is None and facts.post_status is None)),
        "its time hasn't come",
        _run_time_of_waiting_job,
    ),
    WaitReasonRule(
        "reauth_needed",
        lambda facts: facts.owner_status == "reauth_required",
        "the account's tokens are no longer valid: have its owner connect it again ({way_back}); "
        "at `until`, if it has one, it is too late for the post",
        lambda facts: facts.post_expires_at,
    ),
    WaitReasonRule(
        "account_cooling_down",
        lambda facts: facts.cooldown_until,
        "the account's platform asked for a pause",
        lambda facts: facts.cooldown_until,
    ),
    WaitReasonRule(
        "account_quota",
        lambda facts: facts.full_until,
        "the account has had as many posts as its quota allows",
        lambda facts: facts.full_until,
    ),
    WaitReasonRule("token_refresh", lambda facts: facts.refreshing, "the account's tokens are being renewed"),
    WaitReasonRule(
        "retry_wait",
        lambda facts: not facts.is_due and (facts.held_back or facts.last_outcome == "retry"),
        "the last attempt failed ({last_code}), and another one follows automatically",
        _run_time_of_waiting_job,
    ),
    WaitReasonRule(
        "answer_lost",
        lambda facts: facts.phase == "sending",
        "the platform's answer was lost: the post is looked up before it is sent again",
        _run_time_of_waiting_job,
    ),
    WaitReasonRule(
        "platform_processing",
        lambda facts: facts.phase in {"accepted", "confirming"},
        "the platform has accepted the post and is processing it: its status is polled",
        _run_time_of_waiting_job,
    ),
    WaitReasonRule(
        "behind_posts",
        lambda facts: facts.posts_ahead,
        "the account's posts go one at a time: {posts_ahead} before this one",
    ),
    WaitReasonRule(
        "source_busy",
        lambda facts: not facts.is_due and facts.kind and facts.kind.startswith("ingest_"),
        "the source takes no more requests for now: it is read again automatically",
        _run_time_of_waiting_job,
    ),
    WaitReasonRule(
        "snoozed",
        lambda facts: not facts.is_due,
        "a resource isn't ready, such as a busy server: it tries again automatically",
        _run_time_of_waiting_job,
    ),
    WaitReasonRule(
        "becoming_due",
        lambda facts: facts.stage == "scheduled",
        "its time has come: it is queued within a second while the dispatcher runs",
    ),
    WaitReasonRule(
        "organization_suspended",
        lambda facts: facts.suspended and facts.max_running == 0,
        "the organization is suspended: ask the operators",
    ),
    WaitReasonRule(
        "pool_paused",
        lambda facts: facts.paused,
        "the operators have paused the pool {pool}: it continues when they resume it",
    ),
    WaitReasonRule(
        "no_worker", lambda facts: not facts.workers, "no worker of the pool {pool} runs: it starts with the first one"
    ),
    WaitReasonRule(
        "running_cap",
        lambda facts: facts.max_running is not None and facts.running >= facts.max_running,
        "{running} jobs of the organization run in the pool {pool}, as many as its tier allows: wait for one",
    ),
    WaitReasonRule(
        "workers_busy",
        lambda facts: facts.free <= 0,
        "all workers of the pool {pool} are busy: it starts when a slot is free",
    ),
    WaitReasonRule(
        "pool_share",
        lambda facts: facts.share <= 0,
        "the organization holds its share of the pool {pool}: wait for one of its jobs",
    ),
    WaitReasonRule(
        "behind_own_jobs",
        lambda facts: facts.ahead >= facts.startable_job_count,
        "{ahead} jobs of the organization go first in the pool {pool}",
    ),
)


async def find_job_wait_reasons(conn: Conn, *, refs: Sequence[tuple[UUID, UUID]]) -> list[Waiting | None]:
    """Return why each (organization, job) waits, in order; None if it runs, has ended, or starts now."""
    parameters = {"orgs": [org for org, _ in refs], "ids": [job_id for _, job_id in refs]}
    return [
        find_wait_reason(
            facts._replace(full_until=await _find_time_with_quota_room(conn, facts))
            if facts.may_wait_for_quota
            else facts
        )
        for facts in await _FIND_JOB_WAIT_FACTS.all(conn, **parameters, most=MAX_COUNTED_JOBS_AHEAD)
    ]


async def find_post_wait_reason(conn: Conn, *, organization_id: UUID, post_id: UUID, post: Post) -> Waiting | None:
    """Return why a post, as just read, waits; None if it is being sent, or has ended."""
    match post.status:
        case "blocked":
            return _build_post_waiting("schedule_passed" if post.schedule_passed else "approval")
        case "outcome_unknown":
            return _build_post_waiting(
                "outcome_unknown", await _next_lost_post_poll_time(conn, organization_id, post_id)
            )
        case "queued" | "publishing" if job_id := ids.parse_prefixed_id(ids.JOB_ID_PREFIX, post.job_id or ""):
            [waiting] = await find_job_wait_reasons(conn, refs=[(organization_id, job_id)])
            return waiting
        case _:
            return None


def _build_post_waiting(reason: WaitReason, until: datetime | None = None) -> Waiting:
    return Waiting(reason=reason, until=until, message=POST_STATUS_WAIT_MESSAGES[reason])


def find_wait_reason(facts: JobWaitFacts) -> Waiting | None:
    """Return why a job waits, from its facts with `full_until`; None if it runs, has ended, or starts now."""
    if facts.state != "queued" and not facts.lost:
        return None
    return next((rule.build_waiting(facts) for rule in WAIT_RULES_BY_PRECEDENCE if rule.holds(facts)), None)


async def _find_time_with_quota_room(conn: Conn, facts: JobWaitFacts) -> datetime | None:
    quota = quotas.find_account_post_quota_per_window(
        platform=facts.platform, traits=facts.traits, quota_posts=facts.quota_posts, quota_window_s=facts.quota_window_s
    )
    if quota is None:
        return None
    window_s = quota.window_s + quotas.POST_QUOTA_SEND_DELAY_MARGIN_S
    full_s = await sending.get_room.value(conn, owner_id=facts.owner_id, posts=quota.posts, window_s=window_s)
    return facts.now + timedelta(seconds=full_s) if full_s and full_s > 0 else None


async def _next_lost_post_poll_time(conn: Conn, organization_id: UUID, post_id: UUID) -> datetime | None:
    """Return the time of the next poll for a post with a lost answer; None after the last poll."""
    lost = await _FIND_POST_WITH_LOST_ANSWER.one(conn, org=organization_id, post_id=post_id)
    next_s = lost and reconciliation.seconds_until_next_lost_post_poll((lost.now - lost.created_at).total_seconds())
    return lost.now + timedelta(seconds=next_s) if lost and next_s else None
