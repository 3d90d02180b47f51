"""Steps of a post to its platform: each function is the body of one fenced step of its job.

`preparing -> prepared -> sending -> accepted -> confirming -> published`: docs/explain/publishing.md has the
whole picture. From the commit of `mark_post_sending` on the platform may have the post, and only the
platform's answer ends it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import lost_post, outgoing_post, sending, social_account
from domain.accounts import credentials
from domain.media import tickets as media_tickets
from domain.publishing import account_queue, claim_ends, failures, job_end, locked_post, outgoing, posts, quotas
from domain.publishing.locked_post import LockedPost
from domain.publishing.outgoing import OutgoingPost
from domain.publishing.quotas import PostQuotaParameters
from domain.security import vault
from domain.security.keyring import Keyring
from jobs import backoff, ledger
from jobs.ledger import JobClaim
from jobs.outcomes import Canceled, Done, Interrupted, Snooze, TaskNotDone
from schemas import ids
from schemas.errors import AttemptFenced, PlatformRefusal, PostOutcomeUnknown
from schemas.posts import AiLabel

#: Most doublings of the wait in the account's queue, which make a long wait cheap.
MAX_QUEUE_WAIT_DOUBLINGS = 3

CONTENT_APPROVAL_LOST_ERROR = PlatformRefusal(
    "NOT_APPROVED", "the content is no longer approved: have it approved and schedule again"
)


class PreparedPostCall(NamedTuple):
    """Prepared post, fully or in part, from the content's `revision`, with its account's traits."""

    keyring: Keyring
    revision: int
    handle: dict[str, Any]
    request: bytes
    secret: bytes | None
    tickets: Sequence[str]
    traits: dict[str, Any] | None

    def __repr__(self) -> str:
        return f"PreparedPostCall({self.revision})"


class PostSendingMarkOrRefusal(NamedTuple):
    """Row of `mark_sending`: the time of the mark, else the obstacles. No row: a step with `lock_post` finds them."""

    approved: bool
    current: bool
    full_s: float | None
    sent_at: datetime | None


_MARK_POST_SENDING = sending.mark_sending.typed(PostSendingMarkOrRefusal)


async def take_post_to_send_at_once(conn: Conn, *, claim: JobClaim, keyring: Keyring) -> OutgoingPost | None:
    """Return the post to send, at the head of its account's queue, by two statements that commit by themselves.

    Return None, with no head taken, if the post can't be sent now, or may be live: `lock_post_to_send` decides then.
    The post is read before the locks. `mark_post_sending` refuses it if it has changed since.
    """
    read = await outgoing.read_outgoing_post(conn, claim, keyring)
    if read is None or not read.post.is_unblocked or _is_token_ending_soon(read.outgoing):
        return None
    position = await account_queue.claim_queue_head_for_post(conn, claim, read.post)
    return read.outgoing if position.is_head else None


async def lock_post_to_send(conn: Conn, *, claim: JobClaim, keyring: Keyring) -> OutgoingPost | TaskNotDone:
    """Return the post to send, with its files and token, or the outcome if it can't be sent now.

    A waiting post takes its account queue's head; one under way continues. Snoozes to refresh a token that ends soon.
    """
    post = await locked_post.lock_claimed_post(conn, claim)
    outcome = Canceled() if post.is_stopped_by_archive else await failures.handle_sending_blocker(conn, post)
    if outcome is None and not post.may_be_live:
        outcome = await _claim_queue_head_or_snooze(conn, claim, post)
    if outcome is not None:
        return outcome
    read = await outgoing.read_outgoing_post(conn, claim, keyring)
    if read is None:
        raise LookupError(f"post {post.id} has no credential")
    if _is_token_ending_soon(read.outgoing):
        return await failures.snooze_post_until_token_refresh(conn, post)
    return read.outgoing


def _is_token_ending_soon(post: OutgoingPost) -> bool:
    return credentials.is_token_ending_soon(post.token_ends, now=post.now)


async def _claim_queue_head_or_snooze(conn: Conn, claim: JobClaim, post: LockedPost) -> TaskNotDone | None:
    """Put a post at the head of its account's queue and return None, or return a snooze if it must wait.

    It waits for room in a full quota or, behind another post, for an interval that doubles up to a limit.
    """
    position = await account_queue.claim_queue_head_for_post(conn, claim, post)
    if position.is_head:
        return None
    if position.full_s:
        return await failures.snooze_blocked_post(conn, post, position.full_s)
    if not position.busy:
        await account_queue.wake_next_queued_post(
            conn, organization_id=post.organization_id, account_id=post.account_id
        )
    waits = min(claim.fence - claim.attempt, MAX_QUEUE_WAIT_DOUBLINGS)
    return Snooze(min(account_queue.QUEUE_CHECK_INTERVAL_S * 2**waits, post.seconds_until_too_late))


async def store_prepared_post_step(
    conn: Conn, *, claim: JobClaim, step: PreparedPostCall, after_s: float
) -> TaskNotDone | None:
    """Store a prepared step of a post; return a snooze of `after_s` before the next step, None if that is 0.

    The account's other posts may go during the snooze. Returns `Canceled` for a post of an archived project.
    """
    post = await locked_post.lock_claimed_post(conn, claim)
    if post.is_stopped_by_archive:
        return Canceled()
    await _store_prepared_call(conn, post, step, phase="preparing")
    return await failures.snooze_post_while_platform_prepares_it(conn, post, after_s) if after_s else None


async def mark_post_sending_at_once(
    conn: Conn, *, claim: JobClaim, post: OutgoingPost, unsaved: PreparedPostCall | None
) -> datetime | None:
    """Mark a post `sending` by one statement that commits by itself; return the time of the mark.

    Return None, with nothing changed, if an obstacle forbids the mark, or if more than the post has to be stored:
    `mark_post_sending` decides then.
    """
    if unsaved and (unsaved.tickets or unsaved.traits not in (None, post.account.traits)):
        return None
    marked = await _mark_sending(conn, claim, post.quota, unsaved=unsaved, ai_label=post.ai_label)
    return marked and marked.sent_at


async def mark_post_sending(
    conn: Conn, *, claim: JobClaim, ai_label: AiLabel, unsaved: PreparedPostCall | None = None
) -> datetime | TaskNotDone:
    """Mark a post `sending`; return the time of the mark, or the outcome that forbids it.

    The call may be made after the commit. The step locks the active project. `unsaved` is the newly prepared
    call, which is stored with the mark or before a snooze. An edit since then restarts the preparation.
    """
    post = await locked_post.lock_claimed_post(conn, claim)
    marked = await _mark_sending_unless_blocked(conn, claim, post, unsaved=unsaved, ai_label=ai_label)
    if unsaved and isinstance(marked, Snooze):
        await _store_prepared_call(conn, post, unsaved, phase="prepared")
    return marked


async def mark_post_sending_again(conn: Conn, *, claim: JobClaim) -> datetime | TaskNotDone | None:
    """Mark a post for a repeat of the same call after a lost answer; return the time, or the outcome that forbids it.

    None if it is too late for that, or if the account is disconnected.
    """
    post = await locked_post.lock_claimed_post(conn, claim)
    if post.seconds_until_too_late <= 0 or post.account_status == "disconnected":
        return None
    return await _mark_sending_unless_blocked(conn, claim, post, repeats=True)


async def _store_prepared_call(conn: Conn, post: LockedPost, step: PreparedPostCall, *, phase: str) -> None:
    org, columns = post.organization_id, _prepared_call_columns(post.organization_id, post.id, step)
    await outgoing_post.keep_prepared.run(
        conn, org=org, id=post.id, event_id=ids.new_uuid7(), phase=phase, content_revision=step.revision, **columns
    )
    await _store_media_tickets(conn, post, step)


async def _store_media_tickets(conn: Conn, post: LockedPost, step: PreparedPostCall) -> None:
    """Store a prepared call's tickets (one-time addresses of a post's files), and its account's traits if changed."""
    org = post.organization_id
    await media_tickets.store_post_download_tickets(conn, organization_id=org, post_id=post.id, tickets=step.tickets)
    if step.traits is not None and step.traits != post.traits:
        await social_account.update_traits.run(conn, org=org, id=post.account_id, traits=step.traits)


def _prepared_call_columns(organization_id: UUID, post_id: UUID, step: PreparedPostCall | None) -> dict[str, Any]:
    """Return a post's columns of its prepared call, the secret sealed; without a step all None, to keep the stored."""
    if step is None:
        return dict.fromkeys(("handle", "request", "sealed", "vault_key_id"))
    row = locked_post.name_secret_row_of_post(organization_id, post_id)
    secret = None if step.secret is None else vault.seal_secret(step.keyring, step.secret, row=row)
    return {
        "handle": step.handle,
        "request": step.request,
        "sealed": secret and secret.data,
        "vault_key_id": secret and secret.key_id,
    }


async def _mark_sending_unless_blocked(
    conn: Conn,
    claim: JobClaim,
    post: LockedPost,
    *,
    repeats: bool = False,
    unsaved: PreparedPostCall | None = None,
    ai_label: AiLabel | None = None,
) -> datetime | TaskNotDone:
    outcome = await failures.handle_sending_blocker(conn, post)
    if outcome is not None:
        return outcome
    quota = quotas.build_post_quota_sql_parameters(post)
    marked = await _mark_sending(conn, claim, quota, repeats=repeats, unsaved=unsaved, ai_label=ai_label)
    if marked is None:
        return Interrupted()
    if marked.sent_at is None:
        return await _handle_refused_sending_mark(conn, post, marked)
    if unsaved:
        await _store_media_tickets(conn, post, unsaved)
    return marked.sent_at


async def _mark_sending(
    conn: Conn,
    claim: JobClaim,
    quota: PostQuotaParameters,
    *,
    repeats: bool = False,
    unsaved: PreparedPostCall | None,
    ai_label: AiLabel | None,
) -> PostSendingMarkOrRefusal | None:
    """Mark the claim's post `sending` by one statement with all locks and final checks; return its row.

    The prepared call must be of the current, approved content, unless it `repeats` a lost one.
    """
    org, post_id = claim.organization_id, UUID(claim.args["post_id"])
    return await _MARK_POST_SENDING.one(
        conn,
        org=org,
        project_id=claim.project_id,
        id=post_id,
        job_id=claim.id,
        fence=claim.fence,
        late_s=locked_post.MAX_POST_SEND_LATENESS.total_seconds(),
        repeats=repeats,
        send_id=ids.new_uuid7(),
        prepared_id=unsaved and ids.new_uuid7(),
        event_id=ids.new_uuid7(),
        revision=unsaved and unsaved.revision,
        ai_label=ai_label,
        **quota._asdict(),
        **_prepared_call_columns(org, post_id, unsaved),
    )


async def _handle_refused_sending_mark(conn: Conn, post: LockedPost, marked: PostSendingMarkOrRefusal) -> TaskNotDone:
    if not marked.approved:
        return await failures.fail_post_with_error(conn, post, await _find_approval_error(conn, post))
    if not marked.current:
        await outgoing_post.prepare_again.run(conn, org=post.organization_id, id=post.id)
        return Interrupted()
    return await failures.snooze_blocked_post(conn, post, marked.full_s or 0)


async def _find_approval_error(conn: Conn, post: LockedPost) -> PlatformRefusal:
    """Return the reason why a post's content is unapproved: an ended claim, else a lost approval."""
    ended = await claim_ends.find_ended_claim_of_post(conn, organization_id=post.organization_id, post_id=post.id)
    if ended is None:
        return CONTENT_APPROVAL_LOST_ERROR
    return PlatformRefusal("CLAIM_EXPIRED", claim_ends.describe_ended_claim(ended))


async def record_post_acceptance(
    conn: Conn, *, claim: JobClaim, handle: dict[str, Any], found: bool
) -> TaskNotDone | None:
    """Record that the platform accepted the post and is processing it: the account's next post may go.

    `found`: a look-up found the post after a lost answer. Returns None, so that the attempt goes on.
    """
    post = await locked_post.lock_claimed_post(conn, claim)
    phase = "accepted" if post.phase == "sending" else "confirming"
    await outgoing_post.accept_post.run(conn, org=post.organization_id, id=post.id, phase=phase, handle=handle)
    if phase == "accepted":
        await ledger.store_job_progress(conn, claim, progress=0.8, stage="confirming")
        await _record_acceptance_in_post_history(conn, post, "accepted", found=found)
        await account_queue.advance_account_queue(conn, post)
    return None


async def snooze_accepted_post(conn: Conn, *, claim: JobClaim, after_s: float) -> TaskNotDone:
    """Return an accepted post's snooze of `after_s` to its next poll, or failure if too late; other posts go on."""
    post = await locked_post.lock_claimed_post(conn, claim)
    await account_queue.advance_account_queue(conn, post)
    return await failures.snooze_blocked_post(conn, post, after_s)


async def snooze_post_for_busy_server(conn: Conn, *, claim: JobClaim) -> TaskNotDone:
    """Return a snooze with a backoff, since the account's server is busy; that blocks the account's other posts too."""
    post = await locked_post.lock_claimed_post(conn, claim)
    return await failures.snooze_blocked_post(conn, post, backoff.busy_server_backoff_s(claim.fence, claim.attempt))


async def mark_post_published(
    conn: Conn, *, claim: JobClaim, external_id: str | None, external_url: str | None, found: bool = False
) -> Done:
    """Mark a post as live, end its job in the same statement, and return the job's outcome.

    An unknown external id takes a transaction: another job polls for the id. `found`: a look-up found the post after a
    lost answer. Raises `PostOutcomeUnknown` if the id belongs to another post of the account, its owner or the owner's
    leases: then nothing has changed. Raises `AttemptFenced`, `JobCancelRequested`.
    """
    org, post_id = claim.organization_id, UUID(claim.args["post_id"])
    if external_id is None:
        post = await locked_post.lock_claimed_post(conn, claim)
        await job_end.submit_post_reconciliation(
            conn, organization_id=org, project_id=post.project_id, post_id=post_id, now=post.now
        )
    result = {
        "postId": ids.format_prefixed_id(ids.POST_ID_PREFIX, post_id),
        "externalId": external_id, "externalUrl": external_url
    }  # fmt: skip
    published = await sending.publish_post.value(
        conn,
        org=org,
        id=post_id,
        job_id=claim.id,
        fence=claim.fence,
        event_id=ids.new_uuid7(),
        details=_found_by_lookup_event_details(found),
        external_id=external_id,
        external_url=external_url,
        result=result,
    )
    if published is None:
        await locked_post.lock_claimed_post(conn, claim)
        raise AttemptFenced(f"post {post_id} is no longer sent by fence {claim.fence}")
    if not published:
        raise duplicate_external_post_id_error()
    return Done(result)


async def mark_post_draft_in_inbox(conn: Conn, *, claim: JobClaim, found: bool) -> Done:
    """Mark a post as a draft in its owner's inbox; return its job's result. `found`: by a look-up, its answer lost."""
    post = await locked_post.lock_claimed_post(conn, claim)
    await outgoing_post.leave_in_inbox.run(conn, org=post.organization_id, id=post.id)
    await _record_acceptance_in_post_history(conn, post, "draft_in_inbox", found=found)
    await account_queue.advance_account_queue(conn, post)
    return Done({"postId": ids.format_prefixed_id(ids.POST_ID_PREFIX, post.id), "status": "draft_in_inbox"})


async def check_external_post_id_is_free(
    conn: Conn, organization_id: UUID, account_id: UUID, post_id: UUID, external_id: str | None
) -> None:
    """Raise `PostOutcomeUnknown` if another post of the account, its owner or the owner's leases has this id."""
    is_taken = await lost_post.is_named.value(
        conn, org=organization_id, account_id=account_id, id=post_id, external_id=external_id
    )
    if is_taken:
        raise duplicate_external_post_id_error()


def duplicate_external_post_id_error() -> PostOutcomeUnknown:
    return PostOutcomeUnknown("NAMED_TWICE", "the platform returned the id of another one of our posts")


async def _record_acceptance_in_post_history(
    conn: Conn, post: LockedPost, event: posts.PostEventType, *, found: bool
) -> None:
    org, details = post.organization_id, _found_by_lookup_event_details(found)
    await posts.record_post_history(conn, organization_id=org, post_ids=[post.id], event=event, details=details)


def _found_by_lookup_event_details(found: bool) -> dict[str, Any]:
    """Return the details of a post's event about the platform's verdict: `found` by a look-up, else empty."""
    return {"found": True} if found else {}
