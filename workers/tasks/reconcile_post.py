"""Reconciliation of a post with its platform: after a lost response, without an id yet, or as a draft.

It sends nothing.
"""

from contextlib import nullcontext, suppress
from functools import partial

import msgspec

from domain.publishing import reconciliation
from domain.publishing.reconciliation import LostPost
from jobs.outcomes import Done, TaskOutcome
from schemas.errors import PlatformError, PostOutcomeUnknown
from telemetry import logs
from workers.platforms.contract import (
    AbsentPost,
    InboxDraft,
    LaterDroppedPost,
    LivePost,
    PostInquiry,
    PostPrepareResult,
    ReconcileResult,
)
from workers.platforms.registry import PlatformAdapters, open_platform_adapters
from workers.resources import WorkerResources
from workers.runtime.context import TaskContext
from workers.runtime.runner import JobTask

_log = logs.get_logger("reconcile")


async def build_job_task_with_resources(resources: WorkerResources) -> JobTask:
    return partial(reconcile_post, platforms=await open_platform_adapters(resources))


async def reconcile_post(ctx: TaskContext, *, platforms: PlatformAdapters) -> TaskOutcome:
    lost = await ctx.run_step_and_settle_outcome(
        partial(reconciliation.prepare_lost_post_poll, claim=ctx.job, keyring=platforms.keyring)
    )
    if not isinstance(lost, LostPost):
        return lost or Done()
    try:
        result = await search_for_lost_post(ctx, platforms, lost)
    except PlatformError as error:
        body = partial(reconciliation.snooze_after_failed_lost_post_poll, claim=ctx.job, lost=lost, error=error)
        return await ctx.run_step_and_settle_outcome(body) or Done()
    _log.info(
        "platform queried", found=type(result).__name__, **logs.post_log_fields(ctx.job.organization_id, lost.post_id)
    )
    return await settle_reconcile_result(ctx, lost, result)


async def search_for_lost_post(ctx: TaskContext, platforms: PlatformAdapters, lost: LostPost) -> ReconcileResult:
    adapter = platforms.choose_adapter(lost.account, sandbox=lost.sandbox)
    prepared = PostPrepareResult(handle=lost.handle, request=lost.request)
    async with nullcontext() if lost.sandbox else ctx.hold_server_slot(lost.account.service_url):
        return await adapter.reconcile(lost.account, PostInquiry(prepared, lost.sent_at, lost.now, lost.fetched))


async def settle_reconcile_result(ctx: TaskContext, lost: LostPost, result: ReconcileResult) -> TaskOutcome:
    """Store the result of the search for a lost post on its platform, and return the job's outcome.

    A post that is undecided or still processed waits for the next search; after the last one the job is done.
    """
    if isinstance(result, LivePost) and not (lost.status == "published" and result.external_id is None):
        with suppress(PostOutcomeUnknown):  # Another post has that id: this one is not found yet.
            named = msgspec.structs.asdict(result)
            return await ctx.commit(partial(reconciliation.mark_lost_post_published, claim=ctx.job, lost=lost, **named))
    if lost.status == "outcome_unknown" and isinstance(result, AbsentPost | LaterDroppedPost):
        cause = result.why if isinstance(result, LaterDroppedPost) else reconciliation.POST_PROVED_ABSENT_ERROR
        return await ctx.commit(partial(reconciliation.fail_absent_lost_post, claim=ctx.job, lost=lost, why=cause))
    if lost.status == "outcome_unknown" and isinstance(result, InboxDraft):
        return await ctx.commit(partial(reconciliation.mark_lost_post_in_inbox, claim=ctx.job, lost=lost))
    if isinstance(result, InboxDraft | LaterDroppedPost):
        return Done()
    return reconciliation.build_lost_post_poll_snooze(lost.next_s) or Done()
