"""Read a website's word on a project's brand, and keep it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from domain import urls
from jobs.outcomes import Outcome
from schemas.settings import Settings
from workers.context import Context
from workers.fetch import open_client
from workers.ingest import sandbox
from workers.ingest.model.endpoint import Model, open_model
from workers.ingest.perform import perform
from workers.ingest.website.ingest import ingest
from workers.ingest.website.session import Web, open_web
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
        yield partial(ingest_website, web=open_web(client), parser=parser, model=model)


async def ingest_website(ctx: Context, *, web: Web, parser: Parser, model: Model | None) -> Outcome:
    args = ctx.job.args
    return await perform(
        ctx,
        read=lambda visit, report: ingest(web, parser, args=args, report=report, visit=visit, model=model),
        pretend=lambda report: sandbox.ingest(url=args["url"], report=report),
    )
