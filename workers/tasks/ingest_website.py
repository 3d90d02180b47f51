"""An ingest of a website: reads what it says of a project's brand, and keeps it."""

from functools import partial

from jobs.outcomes import Outcome
from workers.ingest import sandbox
from workers.ingest.page.address import site
from workers.ingest.parser.parser import Parser
from workers.ingest.perform import perform
from workers.ingest.website.ingest import ingest
from workers.ingest.website.session import Web, open_shared_web
from workers.llm.endpoint import Model
from workers.resources import Resources
from workers.runtime.context import Context
from workers.runtime.runner import Task


async def open_task(resources: Resources) -> Task:
    web = await resources.once(open_shared_web)
    parser, model = await resources.parser(), await resources.model()
    return partial(ingest_website, web=web, parser=parser, model=model)


async def ingest_website(ctx: Context, *, web: Web, parser: Parser, model: Model | None) -> Outcome:
    args, parser = ctx.job.args, parser.of(ctx.job.organization_id)
    return await perform(
        ctx,
        server=site(args["url"]),
        read=lambda visit, progress: ingest(
            web, parser, args=args, progress=progress, visit=visit, model=model
        ),
        pretend=lambda progress: sandbox.ingest(url=args["url"], progress=progress),
    )
