"""What keeps a post from going out, and what follows for its job: the outcome table of research 4.3.

Each verb is the body of a step that holds the post's job; it locks the account and then the post. Whoever
answers with an outcome has let the account's turn go.
"""

import random
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from db.pool import Conn
from db.queries import account_send, scheduled_post
from domain.accounts import accounts, credentials
from domain.publishing import account_queue, posts, quotas
from jobs import ledger
from jobs.ledger import Claim
from jobs.outcomes import Canceled, Failed, Interrupted, NotDone, Retry, Snooze
from schemas.errors import (
    OutcomeUnknown,
    Outdated,
    PlatformError,
    ReauthRequired,
    Rejected,
    Throttled,
    TokenExpired,
)

#: A post that comes later than this after its time is not sent any more.
GRACE = timedelta(hours=2)
#: How long a platform may work on what it has taken.
CONFIRM = timedelta(minutes=30)

#: Seconds before each further try, give or take a fifth so that many don't come back at once.
WAITS_S, JITTER = (30.0, 120.0, 600.0, 1800.0), 0.2
#: A rest whose end the platform doesn't say; a refresh; a new connection by the account's owner.
REST_S, REFRESH_S, REAUTH_S = 60.0, 15.0, 600.0

TOO_LATE = "TOO_LATE"
UNKNOWN = Failed(
    "OUTCOME_UNKNOWN",
    "the platform's answer was lost: it is asked again, or look there yourself and resolve the post",
)
IN_FLIGHT = OutcomeUnknown(
    "SETTLING", "the platform's answer was lost, and the post may be on its way: it is looked for again soon"
)
DISCONNECTED = Rejected(
    "ACCOUNT_DISCONNECTED",
    "the account was disconnected: connect one and schedule anew",
    category="account_issue",
)


class Held(NamedTuple):
    """A post whose job, account and row this transaction holds; `post` is both rows."""

    claim: Claim
    post_id: UUID
    account_id: UUID
    post: asyncpg.Record

    @property
    def place(self) -> dict[str, Any]:
        return {"organization_id": self.claim.organization_id, "account_id": self.account_id}

    @property
    def owner(self) -> dict[str, Any]:
        """Whose credential, quota and rests the account goes by: of a leased one its owner, else itself."""
        return {
            "organization_id": self.post["owner_organization_id"],
            "account_id": self.post["owner_id"],
        }

    @property
    def key(self) -> dict[str, Any]:
        return {"org": self.claim.organization_id, "id": self.post_id}

    @property
    def who(self) -> dict[str, Any]:
        return {"organization_id": self.claim.organization_id, "post_id": self.post_id}

    @property
    def sent(self) -> bool:
        """The platform may have it."""
        return bool(self.post["status"] == "publishing")

    @property
    def stopped(self) -> bool:
        """Its project was archived before the platform could have it: nothing more is begun for it."""
        return bool(self.post["archived"]) and not self.sent

    @property
    def left_s(self) -> float:
        """Until it is too late: for sending it, or for waiting what becomes of it."""
        taken = self.post["phase"] in {"accepted", "confirming"}
        until: datetime = self.post["sent_at"] + CONFIRM if taken else self.post["scheduled_for"] + GRACE
        now: datetime = self.post["now"]
        return (until - now).total_seconds()

    def repeats(self, error: PlatformError) -> bool:
        """The last try met the same."""
        last = self.post["last_error"]
        return last is not None and bool(last["code"] == error.code)


async def hold(conn: Conn, claim: Claim) -> Held:
    """Opens each step of a post's job, in place of `ledger.lock`.

    Raises `Fenced`, `CancelRequested`: so too where the post was canceled, blocked or given another job.
    """
    org, post_id = claim.organization_id, UUID(claim.args["post_id"])
    row = await account_send.hold_sending.one(conn, org=org, id=post_id, job_id=claim.id, fence=claim.fence)
    post = ledger.fenced(row, claim)
    return Held(claim, post_id, post["account_id"], post)


async def blocker(conn: Conn, held: Held) -> NotDone | None:
    """What all posts of the account would have to wait for now, if anything.

    What may be live is looked for, however late it is, and for a lease that has ended too.
    """
    if held.left_s <= 0 and not held.sent:
        return await give_up(conn, held)
    if held.post["account_status"] == "disconnected" and not held.sent:
        return await fail(conn, held, DISCONNECTED)
    match held.post["owner_status"]:
        case "disconnected":
            return await give_up(conn, held)
        case "reauth_required":
            return await pause(conn, held, REAUTH_S)
    if (rest_s := held.post["rest_s"]) and rest_s > 0:
        return await pause(conn, held, rest_s)
    return None


async def pause(conn: Conn, held: Held, after_s: float) -> NotDone:
    """For what all of the account's posts wait for; no longer than until it is too late."""
    if held.left_s <= 0:
        return await give_up(conn, held)
    await account_queue.give_up(conn, **held.place, post_id=held.post_id)
    return Snooze(min(after_s, held.left_s) + 0.01)


async def let_pass(conn: Conn, held: Held, after_s: float) -> NotDone:
    """The platform works on a step of preparing: others of the account may go meanwhile."""
    if held.left_s <= 0:
        return await give_up(conn, held)
    wait_s = min(after_s, held.left_s)
    await scheduled_post.hold_back.run(conn, **held.key, wait_s=wait_s)
    await account_queue.pass_on(conn, **held.place, post_id=held.post_id)
    return Snooze(wait_s)


async def not_sent(
    conn: Conn, *, claim: Claim, error: PlatformError, generation: int, archived: bool = False
) -> NotDone:
    """Proved: nothing is live. `generation` is that of the token that was used.

    In a step that holds the active project; or in one of a project that was `archived`, where nothing waits
    for another try.
    """
    held = await hold(conn, claim)
    held = await _put_back(conn, held, code=error.code, outdated=isinstance(error, Outdated))
    await _note_error(conn, held, error)
    rest = await _after(conn, held, error, generation)
    return Canceled() if archived and not isinstance(rest, Failed) else rest


async def absent(conn: Conn, *, claim: Claim, outdated: bool) -> NotDone | None:
    """A look has proved that the post isn't there, nor on its way: None, it may be sent anew.

    `outdated`: not by what was prepared, which is prepared anew too. If it is another post's turn by now,
    this one waits for its own.
    """
    held = await hold(conn, claim)
    held = await _put_back(conn, held, code="ABSENT", outdated=outdated)
    standing = await account_queue.take(conn, claim=claim, post_id=held.post_id, post=held.post)
    return None if standing.mine else Interrupted()


async def unverified(conn: Conn, *, claim: Claim, error: PlatformError, generation: int) -> NotDone:
    """The platform may have the post, and what became of it could not be found out."""
    held = await hold(conn, claim)
    await _note_error(conn, held, error)
    return await _after(conn, held, error, generation)


async def await_verdict(conn: Conn, *, claim: Claim, after_s: float, spent: bool) -> NotDone:
    """What may be on its way yet is looked for then, and not sent again before.

    `spent`: it was sent anew, which is a try as any other.
    """
    held = await hold(conn, claim)
    await _note_error(conn, held, IN_FLIGHT)
    if spent:
        return await _try_again(conn, held, IN_FLIGHT, least_s=after_s)
    await account_queue.pass_on(conn, **held.place, post_id=held.post_id)
    return await pause(conn, held, after_s)


async def unknown(conn: Conn, *, claim: Claim) -> NotDone:
    """No more can be found out in this job: its end makes the post `outcome_unknown`."""
    return await give_up(conn, await hold(conn, claim))


async def give_up(conn: Conn, held: Held) -> Failed:
    """What may be live is unknown from now on; what isn't is too late, and says what it met last."""
    await account_queue.pass_on(conn, **held.place, post_id=held.post_id)
    if held.sent:
        await _keep(conn, held, UNKNOWN.code, "unknown", UNKNOWN.message, retryable=False)
        return UNKNOWN
    last = await scheduled_post.get_error.value(conn, **held.key)
    why = f"; the last try met: {last['message']}" if last else ""
    message = f"it could not be sent within two hours of its time{why}"
    await _keep(conn, held, TOO_LATE, "too_late", message, retryable=True)
    return Failed(TOO_LATE, message, retryable=True)


async def fail(conn: Conn, held: Held, error: PlatformError) -> Failed:
    await _note_error(conn, held, error)
    await account_queue.pass_on(conn, **held.place, post_id=held.post_id)
    return Failed(error.code, error.message)


async def _after(conn: Conn, held: Held, error: PlatformError, generation: int) -> NotDone:
    match error:
        case Throttled():
            rest_s = REST_S if error.after_s is None else error.after_s
            await account_send.rest_account.run(
                conn, org=held.owner["organization_id"], account_id=held.owner["account_id"], rest_s=rest_s
            )
            return await pause(conn, held, rest_s)
        case TokenExpired() if not held.repeats(error):
            return await refresh(conn, held)
        case ReauthRequired():
            await accounts.require_reauth(conn, **held.owner, reason=error.code, generation=generation)
            return await pause(conn, held, REFRESH_S)
        case Rejected():
            return await give_up(conn, held) if held.sent else await fail(conn, held, error)
        case _:
            return await _try_again(conn, held, error)


async def refresh(conn: Conn, held: Held) -> NotDone:
    """Whoever asks, one job refreshes the account's token, and its end wakes the account's posts."""
    await credentials.refresh(conn, **held.owner, project_id=held.post["owner_project_id"])
    return await pause(conn, held, REFRESH_S)


async def _try_again(conn: Conn, held: Held, error: PlatformError, *, least_s: float = 0) -> NotDone:
    """After a wait in which others of the account may go."""
    wait_s = WAITS_S[min(held.claim.attempt, len(WAITS_S)) - 1] * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311  no secret
    wait_s = max(wait_s, least_s)
    if wait_s >= held.left_s:
        return await give_up(conn, held)
    await scheduled_post.hold_back.run(conn, **held.key, wait_s=wait_s)
    await account_queue.pass_on(conn, **held.place, post_id=held.post_id)
    return Retry(error.code, error.message, after_s=wait_s)


async def _put_back(conn: Conn, held: Held, *, code: str, outdated: bool) -> Held:
    """As it was before it was marked `sending`: it counts in no quota and can be canceled again."""
    org, key = held.claim.organization_id, held.key
    await scheduled_post.put_back.run(conn, **key)
    if outdated:
        await scheduled_post.prepare_again.run(conn, **key)
    await quotas.take_back(conn, **held.place, post_id=held.post_id)
    await ledger.progress(conn, held.claim, progress=0, stage="preparing", cancelable=True)
    told = {"code": code}
    await posts.note(conn, organization_id=org, post_ids=[held.post_id], event="not_sent", details=told)
    return await hold(conn, held.claim)


async def _note_error(conn: Conn, held: Held, error: PlatformError) -> None:
    await _keep(conn, held, error.code, error.category, error.message, retryable=error.retryable)


async def _keep(conn: Conn, held: Held, code: str, category: str, message: str, *, retryable: bool) -> None:
    told = {"code": code, "category": category, "message": message, "retryable": retryable}
    await scheduled_post.keep_error.run(conn, **held.key, error=told)
