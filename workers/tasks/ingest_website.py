"""Read a website's word on a project's brand, and keep it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from domain.values import urls
from jobs.outcomes import Outcome
from workers.ingest import sandbox
from workers.ingest.llm.endpoint import Model
from workers.ingest.parser.parser import Parser
from workers.ingest.perform import perform
from workers.ingest.website.ingest import ingest
from workers.ingest.website.session import Web, open_web
from workers.resources import Resources
from workers.runtime.context import Context
from workers.runtime.runner import Task
from workers.web.fetch import open_client


@asynccontextmanager
async def open_task(resources: Resources) -> AsyncIterator[Task]:
    allowed = urls.read_allowed(resources.settings.fetch_allow)
    parser, model = await resources.parser(), await resources.model()
    async with open_client(allowed=allowed, contact=resources.settings.public_url) as client:
        yield partial(ingest_website, web=open_web(client), parser=parser, model=model)


async def ingest_website(ctx: Context, *, web: Web, parser: Parser, model: Model | None) -> Outcome:
    args = ctx.job.args
    return await perform(
        ctx,
        read=lambda visit, report: ingest(web, parser, args=args, report=report, visit=visit, model=model),
        pretend=lambda report: sandbox.ingest(url=args["url"], report=report),
    )
