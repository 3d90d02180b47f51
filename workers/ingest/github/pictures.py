"""Images of a repository, fetched by GitHub's API: each costs a request of the hourly limit."""

from collections.abc import Iterable
from urllib.parse import unquote

import msgspec

from schemas.errors import FetchBlocked
from workers.ingest.github.about import Branch
from workers.ingest.github.client import RAW, get
from workers.ingest.github.shapes import ReadRepository
from workers.ingest.parser.parser import Parser
from workers.ingest.pictures.fetch_images import FetchedImages, fetch_images_by, open_fetch, request_kind
from workers.ingest.shapes import CandidateImage
from workers.ingest.website.session import WANTS, Web
from workers.web.fetch import ExpectedResponse, FetchedResponse


async def fetch_images(
    branch: Branch, web: Web, parser: Parser, repository: ReadRepository, candidates: Iterable[CandidateImage]
) -> FetchedImages:
    """Fetch the repository's own images by the API, all others as a website's."""
    fetch_elsewhere = open_fetch(web)

    async def fetch(candidate: CandidateImage) -> FetchedResponse:
        if not candidate.url.startswith(repository.raw):
            return await fetch_elsewhere(candidate)
        path = unquote(candidate.url.removeprefix(repository.raw).partition("?")[0]).split("/")
        if {"", ".", ".."} & {*path}:
            raise FetchBlocked("it leads out of the repository")
        address = branch.address("contents", *path, ref=branch.name)
        return await get(branch.api, address, want=raw_limits(candidate))

    return await fetch_images_by(fetch, parser, candidates)


def raw_limits(candidate: CandidateImage) -> ExpectedResponse:
    """Return the limits for a raw file: the same as for any other image."""
    limits = WANTS[request_kind(candidate)]
    return msgspec.structs.replace(
        RAW, limit=limits.limit, cut=True, part=limits.part, deadline_s=limits.deadline_s
    )
