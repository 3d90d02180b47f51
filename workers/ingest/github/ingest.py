"""Ingest of a repository, from its first request to its extraction."""

from typing import Any
from urllib.parse import unquote

import msgspec

from schemas.brand import BrandExtraction, LastCrawlRecord
from schemas.errors import FetchAddressNotAllowed
from workers.ingest.assemble import assemble_brand_extraction
from workers.ingest.github.about import IngestedBranch, renamed_repository_warnings
from workers.ingest.github.client import GITHUB_RAW_RESPONSE_LIMITS, GitHubApi, request_github_api
from workers.ingest.github.repository import FetchedRepository, fetch_repository_to_ingest, is_repository_unchanged
from workers.ingest.llm.suggest import BrandModel, compute_extraction_version
from workers.ingest.parser.parser import DocumentParser, parse_non_page_document
from workers.ingest.perform import ReportProgress
from workers.ingest.pictures.fetch_images import (
    FetchImage,
    build_web_image_fetcher,
    choose_logo_or_picture_request_kind,
    fetch_useful_images,
)
from workers.ingest.shapes import CandidateImage
from workers.ingest.website.session import EXPECTED_RESPONSE_BY_CRAWLED_FILE_KIND, WebCrawlResources
from workers.web.fetch import FetchedResponse, FetchResponseLimits

#: Version of our rules. Raise it whenever the rules read other data from the same files.
REPOSITORY_EXTRACTION_RULES_VERSION = 9


async def ingest_github_repository(
    api: GitHubApi,
    web: WebCrawlResources,
    parser: DocumentParser,
    *,
    args: dict[str, Any],
    visit: LastCrawlRecord | None,
    progress: ReportProgress,
    model: BrandModel | None = None,
) -> BrandExtraction:
    """Read a GitHub repository; return its brand extraction, without fields if unchanged since `visit`.

    `args` has `repo` as `owner/name`, and `branch` or None. Images on other hosts are fetched by `web`, since the
    client of `api` requests GitHub only. Raises a `SourceError` if the repository can't be read.
    """
    await progress("fetching", 0.1)
    rules = compute_extraction_version(REPOSITORY_EXTRACTION_RULES_VERSION, model)
    if visit and visit.rules == rules and await is_repository_unchanged(api, visit):
        return build_unchanged_repo_extraction(api, args["repo"], visit)
    known_id = visit.repository_id if visit else None
    snapshot = await fetch_repository_to_ingest(
        api, parser, name=args["repo"], branch=args["branch"], known_id=known_id
    )
    await progress("analyzing", 0.6)
    reading = await parse_non_page_document(parser, snapshot.repository)
    return await assemble_brand_extraction(
        parser,
        url=snapshot.repository.url,
        title=snapshot.about.full_name,
        candidates=reading.candidates,
        passages=reading.passages,
        facts=reading.facts,
        warnings=snapshot.warnings,
        visit=LastCrawlRecord(
            rules=rules,
            args=args,
            answers=snapshot.answers,
            repository_id=snapshot.about.id,
            repository=snapshot.about.full_name,
        ),
        model=model,
        pictures=fetch_useful_images(build_repository_image_fetcher(api, snapshot, web), parser, reading.pictures),
    )


def build_unchanged_repo_extraction(api: GitHubApi, name: str, visit: LastCrawlRecord) -> BrandExtraction:
    """Return an extraction without fields for a repository that is unchanged since the last visit.

    Its URL has the repository's name at that visit. A warning says so, and another if the requested name differs.
    """
    full_name = visit.repository or name
    return BrandExtraction(
        url=f"{api.web}/{full_name}",
        title=None,
        fields={},
        warnings=[
            *renamed_repository_warnings(name, full_name),
            "unchanged: the repository is as the last ingest read it",
        ],
        visit=visit,
        unchanged=True,
    )


def build_repository_image_fetcher(api: GitHubApi, snapshot: FetchedRepository, web: WebCrawlResources) -> FetchImage:
    """Return a function that fetches an image: the repository's own by GitHub's API, others from the web.

    The function raises `FetchAddressNotAllowed` for a path that leads out of the repository.
    """
    fetch_elsewhere, raw = build_web_image_fetcher(web), snapshot.repository.raw_files_url
    branch = IngestedBranch(api, snapshot.about, snapshot.repository.branch)

    async def fetch(candidate: CandidateImage) -> FetchedResponse:
        if not candidate.url.startswith(raw):
            return await fetch_elsewhere(candidate)
        path = unquote(candidate.url.removeprefix(raw).partition("?")[0]).split("/")
        if {"", ".", ".."} & {*path}:
            raise FetchAddressNotAllowed("it leads out of the repository")
        address = branch.build_repository_api_url("contents", *path, ref=branch.name)
        return await request_github_api(api, address, want=build_repository_image_response_limits(candidate))

    return fetch


def build_repository_image_response_limits(candidate: CandidateImage) -> FetchResponseLimits:
    """Return the limits of GitHub's response for a repository's image: as for a website's image of its kind."""
    limits = EXPECTED_RESPONSE_BY_CRAWLED_FILE_KIND[choose_logo_or_picture_request_kind(candidate)]
    return msgspec.structs.replace(
        GITHUB_RAW_RESPONSE_LIMITS, limit=limits.limit, cut=True, part=limits.part, deadline_s=limits.deadline_s
    )
