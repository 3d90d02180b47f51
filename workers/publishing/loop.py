"""The loop of an attempt to publish a post, and its table of phases.

An attempt that finds the post marked `sending` follows one that died there, and continues as after
`OutcomeUnknown`.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

from jobs.outcomes import Outcome
from schemas.errors import OutcomeUnknown
from workers.platforms.contract import PreparedPost
from workers.publishing import phases
from workers.publishing.attempt import PublishAttempt
from workers.publishing.phases import RESPONSE_LOST, NextPhase, Phase

WORKER_DIED = OutcomeUnknown("ANSWER_LOST", "the worker died while the post was sent: it may be live")


class PhaseRow(NamedTuple):
    """A phase's line in the table: `starts` are the post's `phase`s that begin an attempt here.

    `call` is the adapter's. An outcome may follow each phase: it ends the attempt.
    """

    run: Callable[[PublishAttempt], Awaitable[NextPhase]]
    starts: str
    description: str
    call: str
    follows: tuple[Phase, ...]


PHASES: Mapping[Phase, PhaseRow] = {
    Phase.PREPARE: PhaseRow(
        phases.prepare,
        starts="-, `preparing`",
        description="checks the post and uploads its files; each step is stored before the next",
        call="prepare",
        follows=(Phase.PREPARE, Phase.MARK),
    ),
    Phase.MARK: PhaseRow(
        phases.mark,
        starts="`prepared`",
        description="makes the last checks and marks the post `sending`: the call may be made from now on",
        call="",
        follows=(Phase.SEND,),
    ),
    Phase.SEND: PhaseRow(
        phases.send,
        starts="",
        description="makes the one irreversible call",
        call="send",
        follows=(Phase.RECORD, Phase.REPEAT, Phase.LOOK),
    ),
    Phase.REPEAT: PhaseRow(
        phases.repeat,
        starts="`sending`",
        description="after a lost response: marks the same bytes again, if they can't create a second post",
        call="repeatable",
        follows=(Phase.SEND, Phase.LOOK),
    ),
    Phase.LOOK: PhaseRow(
        phases.reconcile,
        starts="`sending`, after a reconciliation found it on its way",
        description="closes the tickets and searches for the post; only a post proved absent is sent again",
        call="reconcile",
        follows=(Phase.RECORD, Phase.PREPARE, Phase.MARK),
    ),
    Phase.RECORD: PhaseRow(
        phases.record,
        starts="",
        description="stores the platform's response",
        call="",
        follows=(Phase.CONFIRM,),
    ),
    Phase.CONFIRM: PhaseRow(
        phases.confirm,
        starts="`accepted`, `confirming`",
        description="polls the state of a post that the platform has accepted",
        call="poll",
        follows=(Phase.RECORD,),
    ),
}


async def run(attempt: PublishAttempt) -> Outcome:
    """Run phase after phase, until one returns an outcome."""
    following: NextPhase = first_phase(attempt)
    while isinstance(following, Phase):
        following = await PHASES[following].run(attempt)
    return following


def first_phase(attempt: PublishAttempt) -> Phase:
    """Return the phase at which the last attempt stopped, and load its stored state."""
    post = attempt.outgoing
    if post.handle is None or post.request is None or post.phase is None:
        return Phase.PREPARE
    complete = post.phase != "preparing"
    prepared = PreparedPost(handle=post.handle, request=post.request, secret=post.secret, complete=complete)
    if not complete:
        attempt.previous_step = prepared if post.content_revision == post.revision else None
        return Phase.PREPARE
    attempt.prepared = prepared
    if post.sent_at is None or post.phase == "prepared":
        return Phase.MARK
    attempt.sent_at = post.sent_at
    if post.phase != "sending":
        return Phase.CONFIRM
    attempt.unresolved_error = RESPONSE_LOST if post.in_flight else WORKER_DIED
    return Phase.LOOK if post.in_flight else Phase.REPEAT


def table() -> str:
    """Return `PHASES` as Markdown, for docs/explain/publishing.md."""
    rows: list[tuple[str, ...]] = [
        ("phase", "begins with a post that is", "what it does", "the adapter's call", "what may follow")
    ]
    rows += [("---",) * len(rows[0])]
    for phase, row in PHASES.items():
        call = f"`{row.call}`" if row.call else "none"
        rows += [
            (
                f"`{phase}`",
                row.starts,
                row.description,
                call,
                ", ".join(f"`{follower}`" for follower in row.follows),
            )
        ]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
