"""Reconciliation of a post with its platform: after a lost response, without an id yet, or as a draft.

It sends nothing.
"""

from contextlib import nullcontext, suppress
from functools import partial

import msgspec

from domain.publishing import reconciliation
from domain.publishing.reconciliation import LostPost
from jobs.outcomes import Done, Outcome
from schemas.errors import OutcomeUnknown, PlatformError
from telemetry import logs
from workers.platforms.contract import (
    AbsentPost,
    DroppedPost,
    InboxDraft,
    Inquiry,
    LivePost,
    PreparedPost,
    ReconcileResult,
)
from workers.platforms.registry import Platforms, open_platforms
from workers.resources import Resources
from workers.runtime.context import Context
from workers.runtime.runner import Task

_log = logs.get_logger("reconcile")


async def open_task(resources: Resources) -> Task:
    return partial(reconcile_post, platforms=await open_platforms(resources))


async def reconcile_post(ctx: Context, *, platforms: Platforms) -> Outcome:
    lost = await ctx.decide(partial(reconciliation.begin_poll, claim=ctx.job, keyring=platforms.keyring))
    if not isinstance(lost, LostPost):
        return lost or Done()
    try:
        result = await query_platform(ctx, platforms, lost)
    except PlatformError as error:
        body = partial(reconciliation.unverified, claim=ctx.job, lost=lost, error=error)
        return await ctx.decide(body) or Done()
    _log.info(
        "platform queried",
        found=type(result).__name__,
        **logs.post_fields(ctx.job.organization_id, lost.post_id),
    )
    return await settle_result(ctx, lost, result)


async def query_platform(ctx: Context, platforms: Platforms, lost: LostPost) -> ReconcileResult:
    adapter = platforms.adapter(lost.account, sandbox=lost.sandbox)
    prepared = PreparedPost(handle=lost.handle, request=lost.request)
    async with nullcontext() if lost.sandbox else ctx.at(lost.account.service_url):
        return await adapter.reconcile(lost.account, Inquiry(prepared, lost.sent_at, lost.now, lost.fetched))


async def settle_result(ctx: Context, lost: LostPost, result: ReconcileResult) -> Outcome:
    """Settle the query's result: a post that is undecided or still processed waits for the next query."""
    if isinstance(result, LivePost) and not (lost.status == "published" and result.external_id is None):
        with suppress(OutcomeUnknown):  # Another post has that id: this one is not found yet.
            named = msgspec.structs.asdict(result)
            return await ctx.commit(partial(reconciliation.mark_published, claim=ctx.job, lost=lost, **named))
    if lost.status == "outcome_unknown" and isinstance(result, AbsentPost | DroppedPost):
        cause = result.why if isinstance(result, DroppedPost) else reconciliation.NOT_PUBLISHED
        return await ctx.commit(partial(reconciliation.mark_absent, claim=ctx.job, lost=lost, why=cause))
    if lost.status == "outcome_unknown" and isinstance(result, InboxDraft):
        return await ctx.commit(partial(reconciliation.mark_draft, claim=ctx.job, lost=lost))
    if isinstance(result, InboxDraft | DroppedPost):
        return Done()
    return reconciliation.snooze_until_poll(lost.next_s) or Done()
