"""The steps of a post on its way to a platform: each is the body of one fenced step of its job.

`preparing -> prepared -> sending -> accepted -> confirming -> published`: docs/explain/publishing.md has the
whole picture. From the commit of `mark` on the platform may have the post, and only its word ends it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from db.pool import Conn
from db.queries import account_send, scheduled_post
from domain.media import tickets as media_tickets
from domain.publishing import account_queue, failures, job_end, outgoing, posts, quotas, sealed
from domain.publishing.failures import Held
from domain.publishing.outgoing import OutgoingPost
from domain.security.keyring import Keyring
from jobs import ledger
from jobs.ledger import Claim
from jobs.outcomes import Canceled, Done, Interrupted, NotDone, Snooze
from schemas import ids
from schemas.errors import OutcomeUnknown, Rejected

#: How often the wait for a turn doubles, so that a long line costs little.
MOST_DOUBLED = 3
#: A token that ends sooner is refreshed first.
FRESH = timedelta(seconds=60)

NOT_APPROVED = Rejected(
    "NOT_APPROVED", "the content is not approved any more: have it approved and schedule anew"
)


async def begin(conn: Conn, *, claim: Claim, keyring: Keyring) -> OutgoingPost | NotDone:
    """The account's turn for a post that waits; what is under way goes on where it was left."""
    held = await failures.hold(conn, claim)
    rest = Canceled() if held.stopped else await failures.blocker(conn, held)
    if rest is None and not held.sent:
        rest = await _line_up(conn, held)
    if rest is not None:
        return rest
    begun = await outgoing.read(conn, held, keyring)
    if begun.token_ends is not None and begun.token_ends <= begun.now + FRESH:
        return await failures.refresh(conn, held)
    return begun


async def _line_up(conn: Conn, held: Held) -> NotDone | None:
    """None: it is this post's turn. What all of the account's posts wait for has an end of its own."""
    standing = await account_queue.take(conn, claim=held.claim, post_id=held.post_id, post=held.post)
    if standing.mine:
        return None
    if standing.full_s:
        return await failures.pause(conn, held, standing.full_s)
    if not standing.taken:
        await account_queue.hasten_next(conn, **held.place)
    waits = min(held.claim.fence - held.claim.attempt, MOST_DOUBLED)
    return Snooze(min(account_queue.WAIT_S * 2**waits, held.left_s))


class Step(NamedTuple):
    """What was prepared of the content's `revision`, in whole or as far as a step on the way there came."""

    keyring: Keyring
    revision: int
    handle: dict[str, Any]
    request: bytes
    secret: bytes | None
    tickets: Sequence[str]

    def __repr__(self) -> str:
        return f"Step({self.revision})"


async def keep(conn: Conn, *, claim: Claim, step: Step, after_s: float) -> NotDone | None:
    """A step on the way to being prepared, before the next one.

    One that takes the platform `after_s` goes on then; others of the account may go first.
    """
    held = await failures.hold(conn, claim)
    if held.stopped:
        return Canceled()
    await _keep(conn, held, step, phase="preparing")
    return await failures.let_pass(conn, held, after_s) if after_s else None


async def mark(conn: Conn, *, claim: Claim, unsaved: Step | None = None) -> datetime | NotDone:
    """When the call may be made: now, from the commit on. In a step that holds the active project.

    `unsaved` is what was just prepared. It is kept with the mark, or without it where the post has to wait.
    An edit since then starts over.
    """
    held = await failures.hold(conn, claim)
    revision = unsaved.revision if unsaved else held.post["content_revision"]
    marked = await _go(conn, held, revision, unsaved)
    if unsaved and isinstance(marked, Snooze):
        await _keep(conn, held, unsaved, phase="prepared")
    return marked


async def _keep(conn: Conn, held: Held, step: Step, *, phase: str) -> None:
    given = _given(held, step)
    await scheduled_post.keep_prepared.run(conn, **held.key, event_id=ids.new(), phase=phase, **given)
    await media_tickets.keep(conn, **held.who, tickets=step.tickets)


def _given(held: Held, step: Step | None) -> dict[str, Any]:
    """Nulls leave what is there."""
    if step is None:
        return dict.fromkeys(("handle", "request", "content_revision", "sealed", "vault_key_id"))
    secret = sealed.seal(step.keyring, step.secret, **held.who)
    return {
        "handle": step.handle,
        "request": step.request,
        "content_revision": step.revision,
        "sealed": secret and secret.data,
        "vault_key_id": secret and secret.key_id,
    }


async def again(conn: Conn, *, claim: Claim) -> datetime | NotDone | None:
    """`mark` for the same bytes once more, after a lost answer. None: it is too late for that."""
    held = await failures.hold(conn, claim)
    if held.left_s <= 0 or held.post["account_status"] == "disconnected":
        return None
    return await _go(conn, held)


async def _go(
    conn: Conn, held: Held, revision: int | None = None, unsaved: Step | None = None
) -> datetime | NotDone:
    rest = await failures.blocker(conn, held)
    if rest is not None:
        return rest
    marked = await account_send.mark_sending.row(
        conn,
        **held.key,
        content_id=held.post["content_id"],
        revision=revision,
        account_id=held.account_id,
        owner_id=held.post["owner_id"],
        job_id=held.claim.id,
        fence=held.claim.fence,
        progress=0.5,
        send_id=ids.new(),
        prepared_id=unsaved and ids.new(),
        event_id=ids.new(),
        **_given(held, unsaved),
        **quotas.window(held.post),
    )
    sent_at: datetime | None = marked["sent_at"]
    if sent_at is None:
        return await _unmarked(conn, held, marked)
    if unsaved:
        await media_tickets.keep(conn, **held.who, tickets=unsaved.tickets)
    return sent_at


async def _unmarked(conn: Conn, held: Held, why: asyncpg.Record) -> NotDone:
    if not why["approved"]:
        return await failures.fail(conn, held, NOT_APPROVED)
    if not why["current"]:
        await scheduled_post.prepare_again.run(conn, **held.key)
        return Interrupted()
    return await failures.pause(conn, held, why["full_s"])


async def accept(conn: Conn, *, claim: Claim, handle: dict[str, Any]) -> NotDone | None:
    """The platform has taken it and works on it: the account's next post may go."""
    held = await failures.hold(conn, claim)
    phase = "accepted" if held.post["phase"] == "sending" else "confirming"
    await scheduled_post.accept_post.run(conn, **held.key, phase=phase, handle=handle)
    if phase == "accepted":
        await ledger.progress(conn, claim, progress=0.8, stage="confirming")
        await _note(conn, held, "accepted")
        await account_queue.pass_on(conn, **held.place, post_id=held.post_id)
    return None


async def ask_later(conn: Conn, *, claim: Claim, after_s: float) -> NotDone:
    """What became of a post that the platform has, or may have; the account's others go on meanwhile."""
    held = await failures.hold(conn, claim)
    await account_queue.pass_on(conn, **held.place, post_id=held.post_id)
    return await failures.pause(conn, held, after_s)


async def publish(conn: Conn, *, claim: Claim, external_id: str | None, external_url: str | None) -> Done:
    """Proved: it is live, under a name that may not be known yet, and is asked for then.

    Raises `OutcomeUnknown` where the platform has named another of the account's posts.
    """
    held = await failures.hold(conn, claim)
    named = {"external_id": external_id, "external_url": external_url}
    owner = {name: held.post[name] for name in ("owner_organization_id", "owner_id")}
    published = await account_send.publish_post.one(
        conn, **held.key, account_id=held.account_id, **owner, event_id=ids.new(), **named
    )
    if published is None:
        raise named_twice()
    if external_id is None:
        of = {"organization_id": claim.organization_id, "project_id": held.post["project_id"]}
        await job_end.reconcile(conn, **of, post_id=held.post_id, now=held.post["now"])
    return Done(
        {"postId": ids.show(ids.POST, held.post_id), "externalId": external_id, "externalUrl": external_url}
    )


async def leave_in_inbox(conn: Conn, *, claim: Claim) -> Done:
    """Proved: it lies in its owner's inbox."""
    held = await failures.hold(conn, claim)
    await scheduled_post.leave_in_inbox.run(conn, **held.key)
    await _note(conn, held, "draft_in_inbox")
    await account_queue.pass_on(conn, **held.place, post_id=held.post_id)
    return Done({"postId": ids.show(ids.POST, held.post_id), "status": "draft_in_inbox"})


async def name(
    conn: Conn, organization_id: UUID, account_id: UUID, post_id: UUID, external_id: str | None
) -> None:
    """Raises `OutcomeUnknown` where another post of ours is known by this name."""
    taken = await scheduled_post.is_named.value(
        conn, org=organization_id, account_id=account_id, id=post_id, external_id=external_id
    )
    if taken:
        raise named_twice()


def named_twice() -> OutcomeUnknown:
    return OutcomeUnknown("NAMED_TWICE", "the platform names a post that another one of ours has become")


async def _note(conn: Conn, held: Held, event: posts.Event) -> None:
    await posts.note(conn, organization_id=held.claim.organization_id, post_ids=[held.post_id], event=event)
