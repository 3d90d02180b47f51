"""Read a GitHub repository's word on a project's brand, and keep it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import NamedTuple

import httpx

from domain.values import urls
from jobs.outcomes import Outcome
from schemas.brand import Extraction, Visit
from schemas.settings import Settings
from workers.ingest import sandbox
from workers.ingest.github.client import Api, Tokens
from workers.ingest.github.credentials import App, open_app, showing, tokens
from workers.ingest.github.ingest import ingest
from workers.ingest.llm.endpoint import Model
from workers.ingest.parser.parser import Parser
from workers.ingest.perform import Progress, perform
from workers.resources import Resources
from workers.runtime.context import Context
from workers.runtime.runner import Task
from workers.web.fetch import open_client


class Means(NamedTuple):
    """What all ingests of a worker share; `api` carries the operator's token, if any, and `app` their App."""

    api: Api
    parser: Parser
    model: Model | None
    app: App | None


@asynccontextmanager
async def open_task(resources: Resources) -> AsyncIterator[Task]:
    settings, parser, model = resources.settings, await resources.parser(), await resources.model()
    async with (
        open_client(allowed=urls.operated(settings.github_api_url), contact=settings.public_url) as client,
        open_app(settings) as app,
    ):
        yield partial(ingest_github, means=Means(open_api(client, settings), parser, model, app))


def open_api(client: httpx.AsyncClient, settings: Settings) -> Api:
    return Api(
        client=client,
        base=settings.github_api_url.rstrip("/"),
        web=settings.github_url.rstrip("/"),
        token=settings.github_token or None,
    )


async def ingest_github(ctx: Context, *, means: Means) -> Outcome:
    repo = ctx.job.args["repo"]

    async def read(visit: Visit | None, report: Progress) -> Extraction:
        api = await admitted(means, tokens(ctx, means.app), repo)
        return await ingest(
            api, means.parser, args=ctx.job.args, visit=visit, report=report, model=means.model
        )

    return await perform(
        ctx, read=read, pretend=lambda report: sandbox.ingest_repository(repo=repo, report=report)
    )


async def admitted(means: Means, tokens: Tokens, repo: str) -> Api:
    """As the organization's own installation where it covers the repository."""
    token = await tokens(repo)
    if means.app is None or token is None:
        return means.api
    return showing(means.api, means.app, token)
