"""The loop of an attempt to publish a post, and its table of phases.

An attempt that finds the post marked `sending` follows one that died there, and continues as after
`PostOutcomeUnknown`.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

from jobs.outcomes import TaskOutcome
from schemas.errors import PostOutcomeUnknown
from workers.platforms.contract import PostPrepareResult
from workers.publishing import phases
from workers.publishing.attempt import PublishAttempt
from workers.publishing.phases import POST_RESPONSE_LOST_ERROR, NextPublishAttemptPhase, PublishAttemptPhase

WORKER_DIED_SENDING_ERROR = PostOutcomeUnknown("ANSWER_LOST", "the worker died while the post was sent: it may be live")


class PublishPhaseDefinition(NamedTuple):
    """A phase's line in the table: `starts` are the post's `phase`s that begin an attempt here.

    `call` is the adapter's. An outcome may follow each phase: it ends the attempt.
    """

    run: Callable[[PublishAttempt], Awaitable[NextPublishAttemptPhase]]
    description: str
    follows: tuple[PublishAttemptPhase, ...]
    starts: str = ""
    call: str = ""


PUBLISH_PHASE_DEFINITIONS: Mapping[PublishAttemptPhase, PublishPhaseDefinition] = {
    PublishAttemptPhase.PREPARE: PublishPhaseDefinition(
        phases.run_adapter_step_of_preparing_post,
        starts="-, `preparing`",
        description="checks the post and uploads its files; each step is stored before the next",
        call="prepare",
        follows=(PublishAttemptPhase.PREPARE, PublishAttemptPhase.MARK),
    ),
    PublishAttemptPhase.MARK: PublishPhaseDefinition(
        phases.mark_post_as_sending,
        starts="`prepared`",
        description="makes the last checks and marks the post `sending`: the call may be made from now on",
        follows=(PublishAttemptPhase.SEND,),
    ),
    PublishAttemptPhase.SEND: PublishPhaseDefinition(
        phases.send_prepared_post,
        description="makes the one irreversible call",
        call="send",
        follows=(PublishAttemptPhase.RECORD, PublishAttemptPhase.REPEAT, PublishAttemptPhase.LOOK),
    ),
    PublishAttemptPhase.REPEAT: PublishPhaseDefinition(
        phases.mark_post_for_idempotent_resend,
        starts="`sending`",
        description="after a lost response: marks the same bytes again, if they can't create a second post",
        call="may_repeat_send_safely",
        follows=(PublishAttemptPhase.SEND, PublishAttemptPhase.LOOK),
    ),
    PublishAttemptPhase.LOOK: PublishPhaseDefinition(
        phases.reconcile_after_lost_response,
        starts="`sending`, after a reconciliation found it on its way",
        description="closes the tickets and searches for the post; only a post proved absent is sent again",
        call="reconcile",
        follows=(PublishAttemptPhase.RECORD, PublishAttemptPhase.PREPARE, PublishAttemptPhase.MARK),
    ),
    PublishAttemptPhase.RECORD: PublishPhaseDefinition(
        phases.record_post_send_result,
        description="stores the platform's response",
        follows=(PublishAttemptPhase.CONFIRM,),
    ),
    PublishAttemptPhase.CONFIRM: PublishPhaseDefinition(
        phases.poll_accepted_post,
        starts="`accepted`, `confirming`",
        description="polls the state of a post that the platform has accepted",
        call="poll",
        follows=(PublishAttemptPhase.RECORD,),
    ),
}


async def run_publish_phases(attempt: PublishAttempt) -> TaskOutcome:
    """Run the phases of an attempt to publish a post in turn, until one returns an outcome; return it."""
    following: NextPublishAttemptPhase = find_resumed_publish_phase(attempt)
    while isinstance(following, PublishAttemptPhase):
        following = await PUBLISH_PHASE_DEFINITIONS[following].run(attempt)
    return following


def find_resumed_publish_phase(attempt: PublishAttempt) -> PublishAttemptPhase:
    """Return the phase at which this attempt to publish a post begins: where the last attempt stopped.

    Set the stored state of the last attempt, such as the prepared post, in `attempt`.
    """
    post = attempt.outgoing
    if post.handle is None or post.request is None or post.phase is None:
        return PublishAttemptPhase.PREPARE
    complete = post.phase != "preparing"
    prepared = PostPrepareResult(handle=post.handle, request=post.request, secret=post.secret, complete=complete)
    if not complete:
        attempt.previous_step = prepared if post.content_revision == post.revision else None
        return PublishAttemptPhase.PREPARE
    attempt.prepared = prepared
    if post.sent_at is None or post.phase == "prepared":
        return PublishAttemptPhase.MARK
    attempt.sent_at = post.sent_at
    if post.phase != "sending":
        return PublishAttemptPhase.CONFIRM
    attempt.unresolved_error = POST_RESPONSE_LOST_ERROR if post.in_flight else WORKER_DIED_SENDING_ERROR
    return PublishAttemptPhase.LOOK if post.in_flight else PublishAttemptPhase.REPEAT


def render_publish_phase_table() -> str:
    """Return the table of the phases of publishing as Markdown, for docs/explain/publishing.md."""
    rows: list[tuple[str, ...]] = [
        ("phase", "begins with a post that is", "what it does", "the adapter's call", "what may follow")
    ]
    rows += [("---",) * len(rows[0])]
    for phase, row in PUBLISH_PHASE_DEFINITIONS.items():
        call = f"`{row.call}`" if row.call else "none"
        rows += [
            (f"`{phase}`", row.starts, row.description, call, ", ".join(f"`{follower}`" for follower in row.follows))
        ]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
