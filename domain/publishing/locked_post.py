"""LockedPost: a post whose job, account and row a transaction has locked, and what its steps decide on."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import account_send
from domain.security.vault import Sealed
from jobs import ledger
from jobs.ledger import Claim
from schemas.errors import PlatformError

#: A post that comes later than this after its time is not sent any more.
GRACE = timedelta(hours=2)
#: How long a platform may work on what it has taken.
CONFIRM = timedelta(minutes=30)


class LockedPost(NamedTuple):
    """The row of `lock_post`: the post, its account, and the account that owns it.

    A leased account's owner is another account, whose credential, quota and cooldown it goes by; any other
    account owns itself. `now` is the database's time, read after the locks.
    """

    organization_id: UUID
    id: UUID
    archived: bool
    cancel: bool
    project_id: UUID
    content_id: UUID
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
    quota_posts: int | None
    quota_window_s: float | None
    cooldown_s: float | None
    now: datetime

    @property
    def secret(self) -> Sealed | None:
        """The secret that was prepared and is kept sealed."""
        if self.sealed is None or self.vault_key_id is None:
            return None
        return Sealed(self.vault_key_id, self.sealed)

    @property
    def sent(self) -> bool:
        """The platform may have it."""
        return self.status == "publishing"

    @property
    def stopped(self) -> bool:
        """Its project was archived before the platform could have it: nothing more is begun for it."""
        return self.archived and not self.sent

    @property
    def left_s(self) -> float:
        """Until it is too late: for sending it, or for waiting what becomes of it."""
        taken_at = self.sent_at if self.phase in {"accepted", "confirming"} else None
        until = taken_at + CONFIRM if taken_at else self.scheduled_for + GRACE
        return (until - self.now).total_seconds()

    def repeats(self, error: PlatformError) -> bool:
        """The last try met the same."""
        return self.last_error is not None and bool(self.last_error["code"] == error.code)


_LOCK = account_send.lock_post.typed(LockedPost)


async def lock(conn: Conn, claim: Claim) -> LockedPost:
    """Open a step of a post's job, in place of `ledger.lock`.

    Raises `Fenced`, `CancelRequested`: so too where the post was canceled, blocked or given another job.
    """
    org, post_id = claim.organization_id, UUID(claim.args["post_id"])
    post = await _LOCK.one(conn, org=org, id=post_id, job_id=claim.id, fence=claim.fence)
    return ledger.fenced(post, claim)
