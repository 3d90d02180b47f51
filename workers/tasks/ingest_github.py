"""Ingest of a GitHub repository: reads a project's brand from it, and stores it."""

from functools import partial

from domain.media.storage import open_media_store
from domain.media.store import MediaStore
from domain.values import ssrf_guard
from jobs.outcomes import TaskOutcome
from schemas.brand import BrandExtraction, LastCrawlRecord
from workers.ingest import sandbox
from workers.ingest.github.client import GITHUB_SERVER_NAME_FOR_SLOTS, GitHubApi, build_github_api
from workers.ingest.github.credentials import (
    GitHubApp,
    build_api_with_installation_token,
    find_repository_token,
    open_github_app,
)
from workers.ingest.github.ingest import ingest_github_repository
from workers.ingest.parser.parser import DocumentParser
from workers.ingest.perform import ReportProgress, SuggestedImageResources, build_job_brand_model, run_ingest_job
from workers.ingest.website.session import WebCrawlResources, open_shared_crawl_resources
from workers.llm.endpoint import LanguageModelApi
from workers.resources import WorkerResources
from workers.runtime.context import TaskContext
from workers.runtime.runner import JobTask
from workers.web.fetch import open_ssrf_guarded_client


async def build_job_task_with_resources(resources: WorkerResources) -> JobTask:
    """Open the resources of the task `ingest_github`, and return the task.

    Its GitHub API carries the operator's token, if any. The client of this API calls only GitHub.
    """
    settings, parser, model = (
        resources.settings,
        await resources.get_document_parser(),
        await resources.get_language_model(),
    )
    client = open_ssrf_guarded_client(
        allowed=ssrf_guard.build_settings_url_policy(settings.github_api_url), contact=settings.public_url
    )
    api = build_github_api(await resources.stack.enter_async_context(client), settings)
    app, web = (
        await resources.open_resource(open_github_app),
        await resources.open_resource(open_shared_crawl_resources),
    )
    store = open_media_store(resources.settings)
    return partial(ingest_github, store=store, api=api, web=web, app=app, parser=parser, model=model)


async def ingest_github(
    ctx: TaskContext,
    *,
    store: MediaStore,
    api: GitHubApi,
    web: WebCrawlResources,
    app: GitHubApp | None,
    parser: DocumentParser,
    model: LanguageModelApi | None,
) -> TaskOutcome:
    repo, parser = ctx.job.args["repo"], parser.create_job_parser(ctx.job.organization_id)

    async def read(visit: LastCrawlRecord | None, progress: ReportProgress) -> BrandExtraction:
        """Read the GitHub repository of the job, and return the brand found in it.

        Use the token of the organization's own installation if that covers the repository.
        """
        token = await find_repository_token(ctx, app, repo)
        ours = api if app is None or token is None else build_api_with_installation_token(api, app, token)
        return await ingest_github_repository(
            ours,
            web,
            parser,
            args=ctx.job.args,
            visit=visit,
            progress=progress,
            model=build_job_brand_model(ctx, model),
        )

    return await run_ingest_job(
        ctx,
        server=GITHUB_SERVER_NAME_FOR_SLOTS,
        read=read,
        gallery=SuggestedImageResources(web, store),
        pretend=lambda progress: sandbox.ingest_sandbox_repository(parser, repo=repo, progress=progress),
    )
