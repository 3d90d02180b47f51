"""Reconciliation: polls a platform for the outcome of a post with a lost answer, and sends nothing.

It follows an attempt that ended `OUTCOME_UNKNOWN` (`workers/publishing/phases.py`). It also polls for the
external id of a published post, and for the publication of a draft by its owner, in archived projects too. A
person's resolution and the disconnect of the account end it.
"""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from db.pool import Conn
from db.queries import account_send, lost_post
from domain.accounts import credentials, owners
from domain.media import tickets
from domain.publishing import failures, job_end, outgoing, posts, sending
from domain.publishing.outgoing import PostingAccountWithAccessToken
from domain.security.keyring import Keyring
from jobs.ledger import JobClaim
from jobs.outcomes import Snooze, TaskNotDone
from schemas import ids
from schemas.errors import AccessTokenExpired, AccountReauthRequired, PlatformError, PostNotSent

#: Times of the polls in seconds after the loss.
LOST_POST_POLL_TIMES_S = (30.0, 120.0, 600.0, 3600.0, 6 * 3600.0, 24 * 3600.0)
#: Tolerance in seconds: a poll that runs so much too early still counts as that poll.
MAX_LOST_POST_POLL_EARLINESS_S = 1.0

POST_PROVED_ABSENT_ERROR = PostNotSent(
    "NOT_PUBLISHED", "the platform's answer was lost, and the post is proved not to be there: schedule it again"
)


class LockedAccountOfLostPost(NamedTuple):
    """Row of `lock_sender`: an account and its owner, which may be itself."""

    platform: str
    service_url: str
    external_id: str
    account_handle: str
    traits: dict[str, Any]
    status: str
    owner_status: str
    owner_organization_id: UUID
    owner_project_id: UUID | None
    owner_id: UUID


class LostPostRow(NamedTuple):
    """Row of `find_lost`; `age_s` is the age of the polling job."""

    project_id: UUID
    account_id: UUID
    status: str
    handle: dict[str, Any]
    request: bytes
    sent_at: datetime
    sandbox: bool
    now: datetime
    age_s: float


_LOCK_ACCOUNT_OF_LOST_POST = account_send.lock_sender.typed(LockedAccountOfLostPost)
_FIND_LOST_POST = lost_post.find_lost.typed(LostPostRow)


class LostPost(msgspec.Struct, frozen=True, kw_only=True):
    """Post to poll for; `next_s` is the time until the next poll, None: this is the last.

    `status` is the post's: `outcome_unknown`, `draft_in_inbox`, or `published` without an external id.
    `fetched` is whether a ticket of the call was fetched; they are closed by now. None: it had none.
    """

    post_id: UUID
    account_id: UUID
    project_id: UUID
    status: str
    account: PostingAccountWithAccessToken
    generation: int
    sandbox: bool
    handle: dict[str, Any]
    request: bytes
    sent_at: datetime
    now: datetime
    fetched: bool | None
    next_s: float | None


def seconds_until_next_lost_post_poll(age_s: float) -> float | None:
    """Return the seconds until the next poll for a post, `age_s` after its answer was lost; None after the last one."""
    return next(
        (ask_s - age_s for ask_s in LOST_POST_POLL_TIMES_S if ask_s > age_s + MAX_LOST_POST_POLL_EARLINESS_S), None
    )


async def prepare_lost_post_poll(conn: Conn, *, claim: JobClaim, keyring: Keyring) -> LostPost | TaskNotDone | None:
    """Return the input of a poll for a lost post, and close its media tickets; or a snooze without a token.

    Refreshes an ending token. None: a resolved post, a disconnected account, or the last poll without a token.
    """
    org, post_id = claim.organization_id, UUID(claim.args["post_id"])
    post = await _FIND_LOST_POST.one(conn, org=org, id=post_id, job_id=claim.id)
    if post is None:
        return None
    account = await _LOCK_ACCOUNT_OF_LOST_POST.row(conn, org=org, account_id=post.account_id)
    later_s = seconds_until_next_lost_post_poll(post.age_s)
    if account.owner_status == "disconnected":
        return None
    if account.owner_status == "reauth_required":
        return build_lost_post_poll_snooze(later_s)
    tokens = await owners.read_own_or_owner_tokens(conn, account, keyring)
    if credentials.is_token_ending_soon(tokens.expires_at, now=post.now):
        await owners.submit_owner_token_refresh(conn, account)
        return build_lost_post_poll_snooze(later_s and min(later_s, max(failures.TOKEN_REFRESH_WAIT_S, post.age_s / 4)))
    return LostPost(
        post_id=post_id,
        account_id=post.account_id,
        project_id=post.project_id,
        status=post.status,
        account=outgoing.build_account_with_token(account, tokens.access_token),
        generation=tokens.generation,
        sandbox=post.sandbox,
        handle=post.handle,
        request=post.request,
        sent_at=post.sent_at,
        now=post.now,
        fetched=await tickets.close_post_download_tickets(conn, organization_id=org, post_id=post_id),
        next_s=later_s,
    )


def build_lost_post_poll_snooze(next_s: float | None) -> Snooze | None:
    """Return a snooze of `next_s` until a lost post's next poll; None for None: then a person must resolve it."""
    return None if next_s is None else Snooze(next_s)


async def snooze_after_failed_lost_post_poll(
    conn: Conn, *, claim: JobClaim, lost: LostPost, error: PlatformError
) -> TaskNotDone | None:
    """Return a snooze after a failed poll for a post with a lost answer, until the next poll; None after the last.

    Starts a refresh of an expired token, or marks the account as in need of a new authorization.
    """
    account = await _LOCK_ACCOUNT_OF_LOST_POST.row(conn, org=claim.organization_id, account_id=lost.account_id)
    if isinstance(error, AccessTokenExpired):
        await owners.submit_owner_token_refresh(conn, account)
    if isinstance(error, AccountReauthRequired):
        await owners.mark_owner_account_for_reauth(conn, account, reason=error.code, generation=lost.generation)
    return build_lost_post_poll_snooze(lost.next_s)


async def mark_lost_post_published(
    conn: Conn, *, claim: JobClaim, lost: LostPost, external_id: str | None, external_url: str | None
) -> dict[str, Any]:
    """Mark a post with a lost answer as published, unless resolved or sent again; return the job's result.

    For a post that is known as published, only stores the external id. Without an external id another job polls for it.
    Raises `PostOutcomeUnknown` if the id belongs to another post of the account, its owner or the owner's leases.
    """
    org = claim.organization_id
    await account_send.lock_sender.one(conn, org=org, account_id=lost.account_id)
    await sending.check_external_post_id_is_free(conn, org, lost.account_id, lost.post_id, external_id)
    known_before = lost.status == "published"
    query = lost_post.name_post if known_before else lost_post.publish_lost
    published = await query.run(
        conn, org=org, id=lost.post_id, sent_at=lost.sent_at, external_id=external_id, external_url=external_url
    )
    if published and not known_before:
        await posts.record_post_history(conn, organization_id=org, post_ids=[lost.post_id], event="published")
        if external_id is None:
            await job_end.submit_post_reconciliation(
                conn, organization_id=org, project_id=lost.project_id, post_id=lost.post_id, now=lost.now
            )
    return _build_reconcile_job_result(lost, "published")


async def mark_lost_post_in_inbox(conn: Conn, *, claim: JobClaim, lost: LostPost) -> dict[str, Any]:
    """Mark a post with a lost answer as a draft in its owner's inbox, unless resolved; return the job's result."""
    org = claim.organization_id
    await account_send.lock_sender.one(conn, org=org, account_id=lost.account_id)
    if await lost_post.draft_lost.run(conn, org=org, id=lost.post_id, sent_at=lost.sent_at):
        await posts.record_post_history(conn, organization_id=org, post_ids=[lost.post_id], event="draft_in_inbox")
    return _build_reconcile_job_result(lost, "draft_in_inbox")


async def fail_absent_lost_post(conn: Conn, *, claim: JobClaim, lost: LostPost, why: PlatformError) -> dict[str, Any]:
    """Mark a post with a lost answer as failed with `why`, after proof that it can't be live; return the job's result.

    Changes nothing if the post was resolved or sent again since.
    """
    org = claim.organization_id
    await account_send.lock_sender.one(conn, org=org, account_id=lost.account_id)
    error = {name: getattr(why, name) for name in ("code", "category", "message", "retryable")}
    if await lost_post.fail_lost.run(conn, org=org, id=lost.post_id, sent_at=lost.sent_at, error=error):
        await posts.record_post_history(conn, organization_id=org, post_ids=[lost.post_id], event="failed")
    return _build_reconcile_job_result(lost, "failed")


def _build_reconcile_job_result(lost: LostPost, status: str) -> dict[str, Any]:
    return {"postId": ids.format_prefixed_id(ids.POST_ID_PREFIX, lost.post_id), "status": status}
