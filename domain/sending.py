"""The steps of a post on its way to a platform: each is the body of one fenced step of its job.

`preparing -> prepared -> sending -> accepted -> confirming -> published`: docs/explain/publishing.md has the
whole picture. From the commit of `mark` on the platform may have the post, and only its word ends it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from db.pool import Conn
from db.queries import scheduled_post
from domain import credentials, post_secrets, posts, quotas, setbacks, turns
from domain.credentials import Tokens
from domain.media import tickets as media_tickets
from domain.rings import Ring
from domain.setbacks import Held
from jobs import ledger
from jobs.ledger import Claim
from jobs.outcomes import Canceled, Interrupted, Rest, Snooze
from schemas import ids
from schemas.errors import OutcomeUnknown, Rejected

#: How often the wait for a turn doubles, so that a long line costs little.
MOST_DOUBLED = 3
#: A token that ends sooner is refreshed first.
FRESH = timedelta(seconds=60)

NOT_APPROVED = Rejected(
    "NOT_APPROVED", "the content is not approved any more: have it approved and schedule anew"
)


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A file of the post; `token` is where it lies in the storage."""

    id: UUID
    kind: str
    mime_type: str
    size_bytes: int
    width: int
    height: int
    duration_ms: int | None
    token: str


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """Whose post it is. `traits` are what connecting found out about the server; the token is a secret."""

    platform: str
    service_url: str
    external_id: str
    handle: str
    traits: dict[str, Any]
    access_token: str

    def __repr__(self) -> str:
        return f"Account({self.platform}, {self.handle})"


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """What an attempt starts from: the post as it is to go out, and how far it has come.

    `moment` is the post's own, the same in each attempt; `now` is the database's time; `generation` that of
    the token. `handle`, `request` and `secret` are what was prepared, or a step on the way there, of the
    content's `content_revision`; `revision` is the one by now. `sent_at` is of the latest irreversible call.
    """

    post_id: UUID
    content_id: UUID
    account: Account
    generation: int
    sandbox: bool
    caption: str
    language: str
    mode: str
    privacy_level: str | None
    moment: datetime
    files: Sequence[File]
    revision: int
    phase: str | None
    handle: dict[str, Any] | None
    request: bytes | None
    secret: bytes | None
    content_revision: int | None
    sent_at: datetime | None
    now: datetime


async def begin(conn: Conn, *, claim: Claim, ring: Ring) -> Work | Rest:
    """The account's turn for a post that waits; what is under way goes on where it was left."""
    held = await setbacks.hold(conn, claim)
    if held is None:
        return Canceled()
    rest = await setbacks.hindrance(conn, held)
    if rest is None and not held.sent:
        rest = await _line_up(conn, held)
    if rest is not None:
        return rest
    tokens = await credentials.open(conn, **held.place, ring=ring)
    if tokens.expires_at is not None and tokens.expires_at <= held.post["now"] + FRESH:
        return await setbacks.refresh(conn, held)
    if not held.sent:
        await scheduled_post.begin_preparing.run(conn, **held.key)
        await ledger.progress(conn, claim, progress=0.1, stage="preparing")
    return await _work(conn, held, tokens, ring)


async def _line_up(conn: Conn, held: Held) -> Rest | None:
    """None: it is this post's turn. What all of the account's posts wait for has an end of its own."""
    rest = await setbacks.overdrawn(conn, held)
    if rest is not None:
        return rest
    mine = await turns.take(
        conn,
        **held.place,
        post_id=held.post_id,
        scheduled_for=held.post["scheduled_for"],
        holder=held.account["turn_post_id"],
    )
    waits = min(held.claim.fence - held.claim.attempt, MOST_DOUBLED)
    return None if mine else Snooze(min(turns.WAIT_S * 2**waits, held.left_s))


async def _work(conn: Conn, held: Held, tokens: Tokens, ring: Ring) -> Work:
    draft = await scheduled_post.get_draft.row(conn, **held.key)
    files = await scheduled_post.list_files.all(
        conn, org=held.claim.organization_id, content_id=held.post["content_id"]
    )
    return Work(
        post_id=held.post_id,
        account=opened(held.account, tokens),
        generation=tokens.generation,
        moment=held.post["scheduled_for"],
        secret=post_secrets.reveal(
            ring, held.post, organization_id=held.claim.organization_id, post_id=held.post_id
        ),
        files=[File(**file) for file in files],
        **draft,
        **{name: held.post[name] for name in _SAME},
    )


#: What `Work` and the post's row call by one name.
_SAME = (
    "content_id", "mode", "privacy_level", "phase", "handle", "request", "content_revision", "sent_at", "now",
)  # fmt: skip


def opened(account: asyncpg.Record, tokens: Tokens) -> Account:
    same = ("platform", "service_url", "external_id", "handle", "traits")
    return Account(access_token=tokens.access_token, **{name: account[name] for name in same})


async def keep(
    conn: Conn,
    *,
    claim: Claim,
    ring: Ring,
    revision: int,
    handle: dict[str, Any],
    request: bytes,
    secret: bytes | None,
    tickets: Sequence[str],
    complete: bool,
    after_s: float,
) -> Rest | None:
    """What was prepared, before anything irreversible happens with it; or a step on the way there.

    A step that takes the platform `after_s` goes on then; others of the account may go first.
    """
    held = await setbacks.hold(conn, claim)
    if held is None:
        return Canceled()
    post = {"organization_id": claim.organization_id, "post_id": held.post_id}
    sealed = post_secrets.seal(ring, secret, **post)
    await scheduled_post.keep_prepared.run(
        conn,
        **held.key,
        phase="prepared" if complete else "preparing",
        handle=handle,
        request=request,
        content_revision=revision,
        sealed=sealed and sealed.data,
        vault_key_id=sealed and sealed.key_id,
    )
    await media_tickets.keep(conn, **post, tickets=tickets)
    if complete:
        await _note(conn, held, "prepared")
        return None
    return await setbacks.let_pass(conn, held, after_s) if after_s else None


async def mark(conn: Conn, *, claim: Claim, content_id: UUID) -> datetime | Rest:
    """When the call may be made: now, from the commit on. In a step that holds the active project.

    An edit since it was prepared starts over.
    """
    gate = await scheduled_post.share_gate.row(conn, org=claim.organization_id, id=content_id)
    held = await setbacks.hold(conn, claim)
    if held is None:
        return Canceled()
    if not gate["approved"]:
        return await setbacks.fail(conn, held, NOT_APPROVED)
    if gate["revision"] != held.post["content_revision"]:
        await scheduled_post.prepare_again.run(conn, **held.key)
        return Interrupted()
    return await _go(conn, held)


async def again(conn: Conn, *, claim: Claim) -> datetime | Rest | None:
    """`mark` for the same bytes once more, after a lost answer. None: it is too late for that."""
    held = await setbacks.hold(conn, claim)
    if held is None:
        return Canceled()
    if held.left_s <= 0 or held.account["status"] == "disconnected":
        return None
    return await _go(conn, held)


async def _go(conn: Conn, held: Held) -> datetime | Rest:
    rest = await setbacks.hindrance(conn, held) or await setbacks.overdrawn(conn, held)
    if rest is not None:
        return rest
    await quotas.spend(conn, **held.place, post_id=held.post_id)
    await ledger.progress(conn, held.claim, progress=0.5, stage="sending", cancelable=False)
    sent_at: datetime = await scheduled_post.mark_sending.value(conn, **held.key)
    await _note(conn, held, "sending")
    return sent_at


async def accept(conn: Conn, *, claim: Claim, handle: dict[str, Any]) -> Rest | None:
    """The platform has taken it and works on it: the account's next post may go."""
    held = await setbacks.hold(conn, claim)
    if held is None:
        return Canceled()
    phase = "accepted" if held.post["phase"] == "sending" else "confirming"
    await scheduled_post.accept_post.run(conn, **held.key, phase=phase, handle=handle)
    if phase == "accepted":
        await ledger.progress(conn, claim, progress=0.8, stage="confirming")
        await _note(conn, held, "accepted")
        await turns.pass_on(conn, **held.place, post_id=held.post_id)
    return None


async def ask_later(conn: Conn, *, claim: Claim, after_s: float) -> Rest:
    """What became of a post that the platform has, or may have; the account's others go on meanwhile."""
    held = await setbacks.hold(conn, claim)
    if held is None:
        return Canceled()
    await turns.pass_on(conn, **held.place, post_id=held.post_id)
    return await setbacks.pause(conn, held, after_s)


async def publish(
    conn: Conn, *, claim: Claim, external_id: str | None, external_url: str | None
) -> dict[str, Any]:
    """Proved: it is live, under a name that may not be known yet. The answer is the result of its job.

    In the transaction that ends the job. Raises `OutcomeUnknown` where the platform has named another of the
    account's posts.
    """
    held = await setbacks.hold(conn, claim)
    if held is None:
        raise OutcomeUnknown("POST_GONE", "the post has another job by now")
    await name(conn, held.claim.organization_id, held.account_id, held.post_id, external_id)
    await scheduled_post.publish_post.run(
        conn, **held.key, external_id=external_id, external_url=external_url
    )
    await _note(conn, held, "published")
    await turns.pass_on(conn, **held.place, post_id=held.post_id)
    return {
        "postId": ids.show(ids.POST, held.post_id),
        "externalId": external_id,
        "externalUrl": external_url,
    }


async def leave_in_inbox(conn: Conn, *, claim: Claim) -> dict[str, Any]:
    """Proved: it lies in its owner's inbox. As `publish`."""
    held = await setbacks.hold(conn, claim)
    if held is None:
        raise OutcomeUnknown("POST_GONE", "the post has another job by now")
    await scheduled_post.leave_in_inbox.run(conn, **held.key)
    await _note(conn, held, "draft_in_inbox")
    await turns.pass_on(conn, **held.place, post_id=held.post_id)
    return {"postId": ids.show(ids.POST, held.post_id), "status": "draft_in_inbox"}


async def name(
    conn: Conn, organization_id: UUID, account_id: UUID, post_id: UUID, external_id: str | None
) -> None:
    """Raises `OutcomeUnknown` where another post of ours is known by this name."""
    taken = await scheduled_post.is_named.value(
        conn, org=organization_id, account_id=account_id, id=post_id, external_id=external_id
    )
    if taken:
        raise OutcomeUnknown("NAMED_TWICE", "the platform names a post that another one of ours has become")


async def _note(conn: Conn, held: Held, event: posts.Event) -> None:
    await posts.note(conn, organization_id=held.claim.organization_id, post_ids=[held.post_id], event=event)
