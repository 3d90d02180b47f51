"""Ingest of a website: reads a project's brand from it, and stores it."""

from functools import partial

from domain.media.storage import open_media_store
from domain.media.store import MediaStore
from jobs.outcomes import TaskOutcome
from workers.ingest import sandbox
from workers.ingest.page.address import site_of_url
from workers.ingest.parser.parser import DocumentParser
from workers.ingest.perform import SuggestedImageResources, build_job_brand_model, run_ingest_job
from workers.ingest.website.ingest import ingest_website_source
from workers.ingest.website.session import WebCrawlResources, open_shared_crawl_resources
from workers.llm.endpoint import LanguageModelApi
from workers.resources import WorkerResources
from workers.runtime.context import TaskContext
from workers.runtime.runner import JobTask


async def build_job_task_with_resources(resources: WorkerResources) -> JobTask:
    web = await resources.open_resource(open_shared_crawl_resources)
    parser, model = await resources.get_document_parser(), await resources.get_language_model()
    store = open_media_store(resources.settings)
    return partial(ingest_website, store=store, web=web, parser=parser, model=model)


async def ingest_website(
    ctx: TaskContext,
    *,
    store: MediaStore,
    web: WebCrawlResources,
    parser: DocumentParser,
    model: LanguageModelApi | None,
) -> TaskOutcome:
    args, parser = ctx.job.args, parser.create_job_parser(ctx.job.organization_id)
    return await run_ingest_job(
        ctx,
        server=site_of_url(args["url"]),
        read=lambda visit, progress: ingest_website_source(
            web, parser, args=args, progress=progress, visit=visit, model=build_job_brand_model(ctx, model)
        ),
        gallery=SuggestedImageResources(web, store),
        pretend=lambda progress: sandbox.ingest_sandbox_page(parser, url=args["url"], progress=progress),
    )
