"""Read the stores' word on a project's brand, and keep it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import NamedTuple

import msgspec

from domain.brand.store_listings import Listing
from domain.brand.upstream_rate import ITUNES
from jobs.outcomes import Outcome
from schemas.settings import Settings
from workers.ingest import sandbox
from workers.ingest.appstore import stores
from workers.ingest.appstore.lookup import Lookup
from workers.ingest.appstore.rate import limiter
from workers.ingest.appstore.stores import Stores
from workers.ingest.appstore.upstreams import moved
from workers.ingest.llm.endpoint import Model
from workers.ingest.parser.parser import Parser
from workers.ingest.perform import perform
from workers.ingest.website.session import Web, open_web
from workers.resources import Resources
from workers.runtime.context import Context
from workers.runtime.runner import Task
from workers.web.fetch import open_client


class Means(NamedTuple):
    """What all ingests of a worker share."""

    web: Web
    parser: Parser
    model: Model | None
    settings: Settings


class Args(msgspec.Struct, frozen=True, kw_only=True):
    listings: list[Listing]
    country_code: str


@asynccontextmanager
async def open_task(resources: Resources) -> AsyncIterator[Task]:
    settings, parser, model = resources.settings, await resources.parser(), await resources.model()
    async with open_client(allowed=moved(settings), contact=settings.public_url) as client:
        yield partial(ingest_appstore, means=Means(open_web(client), parser, model, settings))


async def ingest_appstore(ctx: Context, *, means: Means) -> Outcome:
    args = msgspec.convert(ctx.job.args, Args)
    return await perform(
        ctx,
        read=lambda _visit, report: stores.ingest(
            asked(ctx, means),
            listings=args.listings,
            country=args.country_code,
            report=report,
            model=means.model,
        ),
        pretend=lambda report: sandbox.ingest_app(listing=args.listings[0], report=report),
    )


def asked(ctx: Context, means: Means) -> Stores:
    """How this job asks the stores: the look-up at its own rate."""
    return Stores(
        lookup=Lookup(means.web.client, means.settings.itunes_api_url, limiter(ctx, ITUNES)),
        web=means.web,
        parser=means.parser,
        app_store_url=means.settings.app_store_url,
        play_url=means.settings.play_url,
    )
