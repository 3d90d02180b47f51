"""PublishAttempt: one attempt to bring a post to its platform, its state and its ends."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from db.pool import Conn
from domain.publishing import failures, sending
from domain.publishing.outgoing import OutgoingPost
from domain.security.keyring import Keyring
from jobs.outcomes import Done, Failed, TaskOutcome
from schemas.errors import PlatformError, StateConflict
from telemetry import logs, metrics
from workers.platforms.contract import PlatformAdapter, PostInquiry, PostPrepareResult, PostToPublish, SendResult
from workers.runtime.context import TaskContext

T = TypeVar("T")

_log = logs.get_logger("publish")


@dataclass(slots=True)
class PublishAttempt:
    """The post, its adapter, and the results of the phases so far.

    `clock_read_at` is the event loop's time when the database returned `outgoing.now`. `previous_step` is the
    last unfinished step of preparing, `unsaved` the finished one while it is not in the database. `prepared`,
    `sent_at` and `answer` are set by the phases that find them out: `sent_at` is the time of the latest
    irreversible call, `found` tells that a search gave `answer`. `wait_s` is the pause before the next call.
    `unresolved_error` is that of an earlier call with an unknown result, if any. `resend_used` is set once this
    attempt has resolved such an error, or sent the bytes again.
    """

    ctx: TaskContext
    adapter: PlatformAdapter
    draft: PostToPublish
    outgoing: OutgoingPost
    keyring: Keyring
    clock_read_at: float
    previous_step: PostPrepareResult | None = None
    unsaved: sending.PreparedPostCall | None = None
    prepared: PostPrepareResult = field(init=False)
    sent_at: datetime = field(init=False)
    answer: SendResult = field(init=False)
    wait_s: float = 0.0
    unresolved_error: PlatformError | None = None
    resend_used: bool = False
    found: bool = False

    def estimate_database_time(self) -> datetime:
        """Return the database's time: its last value plus the loop's time since. It never runs ahead."""
        return self.outgoing.now + timedelta(seconds=asyncio.get_running_loop().time() - self.clock_read_at)

    def build_post_inquiry(self, fetched: bool | None = None) -> PostInquiry:
        """Return the question to the platform's adapter about the post after its latest irreversible call.

        `fetched`: the platform fetched one of the post's one-time addresses; None: it has none, or wasn't checked.
        """
        return PostInquiry(self.prepared, self.sent_at, self.estimate_database_time(), fetched)

    async def run_step_and_settle_outcome(self, body: Callable[[Conn], Awaitable[T]], *, project: bool = False) -> T:
        """Run a fenced transaction of the post's job and return its result; an outcome ends the attempt.

        `body` must begin with `lock_claimed_post`, which locks the job, too.
        """
        return await self.ctx.run_step_and_settle_outcome(body, project=project, locks=True)

    async def retry_or_fail_unsent_post(self, error: PlatformError) -> TaskOutcome:
        """Retry or fail a post that is proved not to be live, by its error; return the attempt's outcome.

        In an archived project the post is never retried, since an un-archive starts no post again.
        """
        generation = self.outgoing.generation
        body = partial(failures.requeue_unsent_post, claim=self.ctx.job, error=error, generation=generation)
        try:
            return await self.run_step_and_settle_outcome(body, project=True)
        except StateConflict:
            return await self.run_step_and_settle_outcome(partial(body, archived=True))

    async def store_error_of_maybe_live_post(self, error: PlatformError) -> TaskOutcome:
        generation = self.outgoing.generation
        return await self.run_step_and_settle_outcome(
            partial(failures.store_error_of_maybe_live_post, claim=self.ctx.job, error=error, generation=generation)
        )

    async def give_up_unknown_outcome(self) -> TaskOutcome:
        return await self.run_step_and_settle_outcome(
            partial(failures.give_up_post_as_outcome_unknown, claim=self.ctx.job)
        )


def log_and_count_publish_outcome(attempt: PublishAttempt, outcome: TaskOutcome) -> None:
    """Count the outcome of an attempt to publish a post in the metrics, and log it."""
    post, job, word = attempt.outgoing, attempt.ctx.job, _publish_outcome_log_word(outcome)
    metrics.POST_ATTEMPT_COUNTER.labels(post.account.platform, word).inc()
    fields = {
        **logs.job_log_fields(job, attempt=job.attempt),
        **logs.post_log_fields(job.organization_id, post.post_id),
    }
    code = {"code": outcome.code} if isinstance(outcome, Failed) else {}
    _log.info("post", outcome=word, platform=post.account.platform, **code, **fields)


def _publish_outcome_log_word(outcome: TaskOutcome) -> str:
    if isinstance(outcome, Done):
        return "published"
    if isinstance(outcome, Failed) and outcome.code == failures.POST_OUTCOME_UNKNOWN_FAILURE.code:
        return "outcome_unknown"
    return outcome.word
