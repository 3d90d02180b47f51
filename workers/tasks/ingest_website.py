"""Ingest of a website: reads a project's brand from it, and stores it."""

from functools import partial

from domain.media.storage import open_store
from domain.media.store import Store
from jobs.outcomes import Outcome
from workers.ingest import sandbox
from workers.ingest.page.address import site_of_url
from workers.ingest.parser.parser import Parser
from workers.ingest.perform import Gallery, perform
from workers.ingest.website.ingest import ingest
from workers.ingest.website.session import Web, open_shared_web
from workers.llm.endpoint import Model
from workers.resources import Resources
from workers.runtime.context import Context
from workers.runtime.runner import Task


async def open_task(resources: Resources) -> Task:
    web = await resources.open_once(open_shared_web)
    parser, model = await resources.parser(), await resources.model()
    store = open_store(resources.settings)
    return partial(ingest_website, store=store, web=web, parser=parser, model=model)


async def ingest_website(
    ctx: Context, *, store: Store, web: Web, parser: Parser, model: Model | None
) -> Outcome:
    args, parser = ctx.job.args, parser.of(ctx.job.organization_id)
    return await perform(
        ctx,
        server=site_of_url(args["url"]),
        read=lambda visit, progress: ingest(
            web, parser, args=args, progress=progress, visit=visit, model=model
        ),
        gallery=Gallery(web, store),
        pretend=lambda progress: sandbox.ingest(url=args["url"], progress=progress),
    )
