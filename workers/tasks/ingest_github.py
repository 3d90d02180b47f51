"""Ingest of a GitHub repository: reads a project's brand from it, and stores it."""

from functools import partial

from domain.media.storage import open_store
from domain.media.store import Store
from domain.values import ssrf_guard
from jobs.outcomes import Outcome
from schemas.brand import CrawlState, Extraction
from workers.ingest import sandbox
from workers.ingest.github.client import GITHUB, Api, open_api
from workers.ingest.github.credentials import GitHubApp, open_app, tokens, with_token
from workers.ingest.github.ingest import ingest
from workers.ingest.parser.parser import Parser
from workers.ingest.perform import Gallery, Progress, perform
from workers.ingest.website.session import Web, open_shared_web
from workers.llm.endpoint import Model
from workers.resources import Resources
from workers.runtime.context import Context
from workers.runtime.runner import Task
from workers.web.fetch import open_client


async def open_task(resources: Resources) -> Task:
    """Open the task. The API carries the operator's token, if any, and App; its client calls only GitHub."""
    settings, parser, model = resources.settings, await resources.parser(), await resources.model()
    client = open_client(
        allowed=ssrf_guard.operator_url_policy(settings.github_api_url), contact=settings.public_url
    )
    api = open_api(await resources.stack.enter_async_context(client), settings)
    app, web = await resources.open_once(open_app), await resources.open_once(open_shared_web)
    store = open_store(resources.settings)
    return partial(ingest_github, store=store, api=api, web=web, app=app, parser=parser, model=model)


async def ingest_github(
    ctx: Context,
    *,
    store: Store,
    api: Api,
    web: Web,
    app: GitHubApp | None,
    parser: Parser,
    model: Model | None,
) -> Outcome:
    repo, parser = ctx.job.args["repo"], parser.of(ctx.job.organization_id)

    async def read(visit: CrawlState | None, progress: Progress) -> Extraction:
        """Read the repository, as the organization's own installation if that covers it."""
        token = await tokens(ctx, app)(repo)
        ours = api if app is None or token is None else with_token(api, app, token)
        return await ingest(ours, web, parser, args=ctx.job.args, visit=visit, progress=progress, model=model)

    return await perform(
        ctx,
        server=GITHUB,
        read=read,
        gallery=Gallery(web, store),
        pretend=lambda progress: sandbox.ingest_repository(repo=repo, progress=progress),
    )
