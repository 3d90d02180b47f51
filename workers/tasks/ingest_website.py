"""Read a website's word on a project's brand, and keep it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import httpx

from domain import ingests, organizations, urls
from jobs.outcomes import Canceled, Failed, Outcome, Retry
from schemas.brand import Extraction
from schemas.errors import Conflict, SourceError
from schemas.settings import Settings
from workers.context import Context
from workers.fetch import open_client
from workers.ingest import sandbox, website
from workers.parse import Parser, open_parser
from workers.runner import Task


@asynccontextmanager
async def open_task(settings: Settings) -> AsyncIterator[Task]:
    allowed = urls.read_allowed(settings.fetch_allow)
    async with open_client(allowed=allowed, contact=settings.public_url) as client, open_parser() as parser:
        yield partial(ingest_website, client=client, parser=parser)


async def ingest_website(ctx: Context, *, client: httpx.AsyncClient, parser: Parser) -> Outcome:
    try:
        extraction = await read(ctx, client, parser)
        await ctx.progress(0.9, stage="saving")
        return await ctx.commit(partial(ingests.finish, claim=ctx.job, extraction=extraction), project=True)
    except SourceError as error:
        return refused(error)
    except Conflict:
        # Archived while we read: its archive job cancels what has not come this far.
        return Canceled()


async def read(ctx: Context, client: httpx.AsyncClient, parser: Parser) -> Extraction:
    async def report(stage: str, ratio: float) -> None:
        await ctx.progress(ratio, stage=stage)

    url = ctx.job.args["url"]
    if await ctx.step(partial(organizations.is_sandbox, organization_id=ctx.job.organization_id)):
        return await sandbox.ingest(url=url, report=report)
    return await website.ingest(client, parser, url=url, report=report)


def refused(error: SourceError) -> Outcome:
    if error.retryable:
        return Retry(error.code, error.message, after_s=error.retry_after)
    return Failed(error.code, error.message)
