"""Ingest of an app's store listings: reads a project's brand from them, and stores it."""

from functools import partial

import msgspec

from domain.brand.store_listings import Listing
from domain.brand.upstream_rate import ITUNES
from domain.media.storage import open_store
from domain.media.store import Store
from jobs.outcomes import Outcome
from schemas.settings import Settings
from workers.ingest import sandbox
from workers.ingest.appstore import stores
from workers.ingest.appstore.lookup import Lookup
from workers.ingest.appstore.rate import limiter
from workers.ingest.appstore.stores import StoreAccess, operator_policies
from workers.ingest.parser.parser import Parser
from workers.ingest.perform import Gallery, perform
from workers.ingest.website.session import Web, open_web
from workers.llm.endpoint import Model
from workers.resources import Resources
from workers.runtime.context import Context
from workers.runtime.runner import Task
from workers.web.fetch import open_client


class Args(msgspec.Struct, frozen=True, kw_only=True):
    listings: list[Listing]
    country_code: str


async def open_task(resources: Resources) -> Task:
    settings, parser, model = resources.settings, await resources.parser(), await resources.model()
    client = open_client(allowed=operator_policies(settings), contact=settings.public_url)
    web = open_web(await resources.stack.enter_async_context(client))
    store = open_store(resources.settings)
    return partial(ingest_appstore, store=store, web=web, parser=parser, model=model, settings=settings)


async def ingest_appstore(
    ctx: Context, *, store: Store, web: Web, parser: Parser, model: Model | None, settings: Settings
) -> Outcome:
    args = msgspec.convert(ctx.job.args, Args)
    return await perform(
        ctx,
        server=type(args.listings[0]).__name__,
        read=lambda _visit, progress: stores.ingest(
            stores_of(ctx, web, parser, settings),
            listings=args.listings,
            country=args.country_code,
            progress=progress,
            model=model,
        ),
        gallery=Gallery(web, store),
        pretend=lambda progress: sandbox.ingest_app(listing=args.listings[0], progress=progress),
    )


def stores_of(ctx: Context, web: Web, parser: Parser, settings: Settings) -> StoreAccess:
    """Return the stores for this job: its lookups are limited to Apple's rate."""
    return StoreAccess(
        lookup=Lookup(web.client, settings.itunes_api_url, limiter(ctx, ITUNES)),
        web=web,
        parser=parser.of(ctx.job.organization_id),
        app_store_url=settings.app_store_url,
        play_url=settings.play_url,
    )
