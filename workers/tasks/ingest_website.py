"""Read a website's word on a project's brand, and keep it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import httpx

from domain import urls
from jobs.outcomes import Outcome
from schemas.settings import Settings
from workers.context import Context
from workers.fetch import open_client
from workers.ingest import sandbox, website
from workers.ingest.model.endpoint import Model, open_model
from workers.ingest.perform import perform
from workers.parse import Parser, open_parser
from workers.runner import Task


@asynccontextmanager
async def open_task(settings: Settings) -> AsyncIterator[Task]:
    allowed = urls.read_allowed(settings.fetch_allow)
    async with (
        open_client(allowed=allowed, contact=settings.public_url) as client,
        open_parser() as parser,
        open_model(settings.llm_base_url, settings.llm_api_key, name=settings.llm_model) as model,
    ):
        yield partial(ingest_website, client=client, parser=parser, model=model)


async def ingest_website(
    ctx: Context, *, client: httpx.AsyncClient, parser: Parser, model: Model | None
) -> Outcome:
    url = ctx.job.args["url"]
    return await perform(
        ctx,
        read=lambda _visit, report: website.ingest(client, parser, url=url, report=report, model=model),
        pretend=lambda report: sandbox.ingest(url=url, report=report),
    )
