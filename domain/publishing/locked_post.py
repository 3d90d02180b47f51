"""LockedPost: a post with its job, account and row locked, and the facts for its steps' decisions."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import account_send
from domain.security import vault
from domain.security.vault import SealedSecret
from jobs import ledger
from jobs.ledger import JobClaim
from schemas.errors import PlatformError

#: Delay after its time from which a post isn't sent any more.
MAX_POST_SEND_LATENESS = timedelta(hours=2)
#: Longest processing of an accepted post by its platform.
MAX_PLATFORM_PROCESSING_TIME = timedelta(minutes=30)


class LockedPost(NamedTuple):
    """Row of `lock_post`: the post, its account, and the account's owner. `read_post` reads it without a lock.

    A leased account uses its owner's credential, quota and cooldown; any other account is its own owner.
    `now` is the database's time, read after the locks.
    """

    organization_id: UUID
    id: UUID
    archived: bool
    cancel: bool
    project_id: UUID
    mode: str
    privacy_level: str | None
    status: str
    phase: str | None
    scheduled_for: datetime
    handle: dict[str, Any] | None
    request: bytes | None
    content_revision: int | None
    sealed: bytes | None
    vault_key_id: str | None
    sent_at: datetime | None
    last_error: dict[str, Any] | None
    account_id: UUID
    platform: str
    service_url: str
    external_id: str
    account_handle: str
    traits: dict[str, Any]
    account_status: str
    head_post_id: UUID | None
    owner_organization_id: UUID
    owner_project_id: UUID | None
    owner_id: UUID
    owner_status: str
    cooldown_s: float | None
    now: datetime

    @property
    def sealed_platform_call_secret(self) -> SealedSecret | None:
        """Return the sealed secret of the post's prepared call; None without one."""
        if self.sealed is None or self.vault_key_id is None:
            return None
        return SealedSecret(self.vault_key_id, self.sealed)

    @property
    def may_be_live(self) -> bool:
        """Return whether the platform may have the post, as a call to send it has begun."""
        return self.status == "publishing"

    @property
    def is_stopped_by_archive(self) -> bool:
        """Return whether the post's project was archived before the platform could have the post."""
        return self.archived and not self.may_be_live

    @property
    def seconds_until_too_late(self) -> float:
        """Return the seconds until it is too late to send the post, or to wait for its processing; 0 or less then."""
        taken_at = self.sent_at if self.phase in {"accepted", "confirming"} else None
        until = taken_at + MAX_PLATFORM_PROCESSING_TIME if taken_at else self.scheduled_for + MAX_POST_SEND_LATENESS
        return (until - self.now).total_seconds()

    @property
    def is_unblocked(self) -> bool:
        """Return whether only its place in the queue, or a full quota, may keep a queued post from being sent now."""
        return (
            self.status == "queued"
            and not self.cancel
            and not self.archived
            and self.seconds_until_too_late > 0
            and self.account_status != "disconnected"
            and self.owner_status == "connected"
            and (self.cooldown_s or 0) <= 0
        )

    def has_last_error_with_code_of(self, error: PlatformError) -> bool:
        """Return whether the post's last stored error has the same code as `error`; False without one."""
        return self.last_error is not None and bool(self.last_error["code"] == error.code)


def name_secret_row_of_post(organization_id: UUID, post_id: UUID) -> str:
    """Return the row's name that the encryption binds a post's secret to."""
    return vault.secret_binding_name("scheduled_post", organization_id, post_id)


_LOCK_CLAIMED_POST = account_send.lock_post.typed(LockedPost)


async def lock_claimed_post(conn: Conn, claim: JobClaim) -> LockedPost:
    """Lock a claimed job with its account and its post, and return the post: the begin of a step.

    It replaces `ledger.lock_claimed_job`. Raises `AttemptFenced`, and `JobCancelRequested`, also if the post was
    canceled, blocked or given another job.
    """
    org, post_id = claim.organization_id, UUID(claim.args["post_id"])
    post = await _LOCK_CLAIMED_POST.one(conn, org=org, id=post_id, job_id=claim.id, fence=claim.fence)
    return ledger.check_job_fence(post, claim)
