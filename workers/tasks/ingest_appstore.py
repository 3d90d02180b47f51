"""Ingest of an app's store listings: reads a project's brand from them, and stores it."""

from functools import partial

import msgspec

from domain.brand.store_listings import RequestedStoreListing
from domain.brand.upstream_rate import ITUNES_RATE_LIMIT
from domain.media.storage import open_media_store
from domain.media.store import MediaStore
from jobs.outcomes import TaskOutcome
from schemas.settings import Settings
from workers.ingest import sandbox
from workers.ingest.appstore import stores
from workers.ingest.appstore.lookup import AppLookupClient
from workers.ingest.appstore.rate import build_upstream_limiter
from workers.ingest.appstore.stores import AppStoreAccess, build_app_store_ssrf_policies
from workers.ingest.parser.parser import DocumentParser
from workers.ingest.perform import SuggestedImageResources, build_job_brand_model, run_ingest_job
from workers.ingest.website.session import WebCrawlResources, build_crawl_resources
from workers.llm.endpoint import LanguageModelApi
from workers.resources import WorkerResources
from workers.runtime.context import TaskContext
from workers.runtime.runner import JobTask
from workers.web.fetch import open_ssrf_guarded_client


class AppStoreIngestArgs(msgspec.Struct, frozen=True, kw_only=True):
    listings: list[RequestedStoreListing]
    country_code: str


async def build_job_task_with_resources(resources: WorkerResources) -> JobTask:
    settings, parser, model = (
        resources.settings,
        await resources.get_document_parser(),
        await resources.get_language_model(),
    )
    client = open_ssrf_guarded_client(allowed=build_app_store_ssrf_policies(settings), contact=settings.public_url)
    web = build_crawl_resources(await resources.stack.enter_async_context(client))
    store = open_media_store(resources.settings)
    return partial(ingest_appstore, store=store, web=web, parser=parser, model=model, settings=settings)


async def ingest_appstore(
    ctx: TaskContext,
    *,
    store: MediaStore,
    web: WebCrawlResources,
    parser: DocumentParser,
    model: LanguageModelApi | None,
    settings: Settings,
) -> TaskOutcome:
    args = msgspec.convert(ctx.job.args, AppStoreIngestArgs)
    return await run_ingest_job(
        ctx,
        server=type(args.listings[0]).__name__,
        read=lambda _visit, progress: stores.ingest_store_listings(
            build_app_store_access(ctx, web, parser, settings),
            listings=args.listings,
            country=args.country_code,
            progress=progress,
            model=build_job_brand_model(ctx, model),
        ),
        gallery=SuggestedImageResources(web, store),
        pretend=lambda progress: sandbox.ingest_sandbox_app(
            parser.create_job_parser(ctx.job.organization_id), listing=args.listings[0], progress=progress
        ),
    )


def build_app_store_access(
    ctx: TaskContext, web: WebCrawlResources, parser: DocumentParser, settings: Settings
) -> AppStoreAccess:
    """Return the access of an ingest job to the app stores: clients, URLs and the document parser.

    Its lookups are limited to Apple's rate.
    """
    return AppStoreAccess(
        lookup=AppLookupClient(web.client, settings.itunes_api_url, build_upstream_limiter(ctx, ITUNES_RATE_LIMIT)),
        web=web,
        parser=parser.create_job_parser(ctx.job.organization_id),
        app_store_url=settings.app_store_url,
        play_url=settings.play_url,
    )
