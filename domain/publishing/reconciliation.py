"""What became of posts whose answer was lost: the platform is asked again and again, and nothing is sent.

So it is for the name of a post that has none yet, and for whether its owner published a draft. In a project
that was archived too; a person's word, and the end of the account, end it.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from db.pool import Conn
from db.queries import account_send, scheduled_post
from domain.accounts import accounts, credentials
from domain.media import tickets
from domain.publishing import failures, job_end, posts, sending
from domain.publishing.outgoing import Account, opened
from domain.security.keyring import Keyring
from jobs.ledger import Claim
from jobs.outcomes import NotDone, Snooze
from schemas import ids
from schemas.errors import NotSent, PlatformError, ReauthRequired, TokenExpired

#: When it is asked, in seconds from the loss (api.md 9).
ASKS_S = (30.0, 120.0, 600.0, 3600.0, 6 * 3600.0, 24 * 3600.0)
#: An ask that comes so much too soon still is that ask.
EARLY_S = 1.0

NOT_PUBLISHED = NotSent(
    "NOT_PUBLISHED",
    "the platform's answer was lost, and the post is proved not to be there: schedule it anew",
)


class Lost(msgspec.Struct, frozen=True, kw_only=True):
    """What an ask takes; `next_s` is until the one after it, None: this is the last.

    `status` is the post's: `outcome_unknown`, `draft_in_inbox`, or `published` without a name. `fetched` is
    whether a ticket of the call was; they are closed by now. None: it had none.
    """

    post_id: UUID
    account_id: UUID
    project_id: UUID
    status: str
    account: Account
    generation: int
    sandbox: bool
    handle: dict[str, Any]
    request: bytes
    sent_at: datetime
    now: datetime
    fetched: bool | None
    next_s: float | None


def next_ask(age_s: float) -> float | None:
    """Seconds until the next one, `age_s` after the loss."""
    return next((ask_s - age_s for ask_s in ASKS_S if ask_s > age_s + EARLY_S), None)


async def begin(conn: Conn, *, claim: Claim, keyring: Keyring) -> Lost | NotDone | None:
    """None: there is nothing to ask any more, or nobody who could."""
    org, post_id = claim.organization_id, UUID(claim.args["post_id"])
    post = await scheduled_post.find_lost.one(conn, org=org, id=post_id, job_id=claim.id)
    if post is None:
        return None
    account = await account_send.lock_sender.row(conn, org=org, account_id=post["account_id"])
    owner = {"organization_id": account["owner_organization_id"], "account_id": account["owner_id"]}
    later_s = next_ask(post["age_s"])
    if account["owner_status"] == "disconnected":
        return None
    if account["owner_status"] == "reauth_required":
        return undecided(later_s)
    tokens = await credentials.open(conn, **owner, keyring=keyring)
    if tokens.expires_at is not None and tokens.expires_at <= post["now"] + sending.FRESH:
        await credentials.refresh(conn, **owner, project_id=account["owner_project_id"])
        return undecided(later_s and min(later_s, max(failures.REFRESH_S, post["age_s"] / 4)))
    return Lost(
        post_id=post_id,
        account=opened(account, tokens, handle=account["handle"]),
        generation=tokens.generation,
        next_s=later_s,
        fetched=await tickets.close(conn, organization_id=org, post_id=post_id),
        **{name: post[name] for name in _SAME},
    )


#: What `Lost` and its row call by one name.
_SAME = ("account_id", "project_id", "status", "sandbox", "handle", "request", "sent_at", "now")


def undecided(next_s: float | None) -> Snooze | None:
    """Ask on; None: it is left to a person."""
    return None if next_s is None else Snooze(next_s)


async def unseen(conn: Conn, *, claim: Claim, lost: Lost, error: PlatformError) -> NotDone | None:
    """The platform could not be asked: again at the next time."""
    account = await account_send.lock_sender.row(conn, org=claim.organization_id, account_id=lost.account_id)
    owner = {"organization_id": account["owner_organization_id"], "account_id": account["owner_id"]}
    if isinstance(error, TokenExpired):
        await credentials.refresh(conn, **owner, project_id=account["owner_project_id"])
    if isinstance(error, ReauthRequired):
        await accounts.require_reauth(conn, **owner, reason=error.code, generation=lost.generation)
    return undecided(lost.next_s)


async def found(
    conn: Conn, *, claim: Claim, lost: Lost, external_id: str | None, external_url: str | None
) -> dict[str, Any]:
    """It is live, under this name; without one it is asked for that on, by another job.

    Raises `OutcomeUnknown` where it is another post of ours.
    """
    org = claim.organization_id
    await account_send.lock_sender.one(conn, org=org, account_id=lost.account_id)
    await sending.name(conn, org, lost.account_id, lost.post_id, external_id)
    named = {"external_id": external_id, "external_url": external_url}
    if lost.status == "published":
        await scheduled_post.name_post.run(conn, org=org, id=lost.post_id, sent_at=lost.sent_at, **named)
    elif await scheduled_post.publish_lost.run(conn, org=org, id=lost.post_id, sent_at=lost.sent_at, **named):
        await posts.note(conn, organization_id=org, post_ids=[lost.post_id], event="published")
        if external_id is None:
            place = {"organization_id": org, "project_id": lost.project_id}
            await job_end.reconcile(conn, **place, post_id=lost.post_id, now=lost.now)
    return {"postId": ids.show(ids.POST, lost.post_id), "status": "published"}


async def drafted(conn: Conn, *, claim: Claim, lost: Lost) -> dict[str, Any]:
    """It lay in its owner's inbox all the while."""
    org = claim.organization_id
    await account_send.lock_sender.one(conn, org=org, account_id=lost.account_id)
    if await scheduled_post.draft_lost.run(conn, org=org, id=lost.post_id, sent_at=lost.sent_at):
        await posts.note(conn, organization_id=org, post_ids=[lost.post_id], event="draft_in_inbox")
    return {"postId": ids.show(ids.POST, lost.post_id), "status": "draft_in_inbox"}


async def absent(conn: Conn, *, claim: Claim, lost: Lost, why: PlatformError) -> dict[str, Any]:
    """Proved: it is not there, nor can it come any more."""
    org = claim.organization_id
    await account_send.lock_sender.one(conn, org=org, account_id=lost.account_id)
    told = {name: getattr(why, name) for name in ("code", "category", "message", "retryable")}
    if await scheduled_post.fail_lost.run(conn, org=org, id=lost.post_id, sent_at=lost.sent_at, error=told):
        await posts.note(conn, organization_id=org, post_ids=[lost.post_id], event="failed")
    return {"postId": ids.show(ids.POST, lost.post_id), "status": "failed"}
