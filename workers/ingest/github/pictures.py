"""Images of a repository, fetched by GitHub's API: each costs a request of the hourly limit."""

from collections.abc import Iterable
from urllib.parse import unquote

import msgspec

from schemas.errors import FetchBlocked
from workers.ingest.github.about import Branch
from workers.ingest.github.client import RAW, get
from workers.ingest.github.shapes import Repository
from workers.ingest.parser.parser import Parser
from workers.ingest.pictures.meet import FetchedImages, fetch_images_by, open_fetch, request_kind
from workers.ingest.shapes import CandidateImage
from workers.ingest.website.session import WANTS, Web
from workers.web.fetch import Fetched, Want


async def meet(
    branch: Branch, web: Web, parser: Parser, repository: Repository, sightings: Iterable[CandidateImage]
) -> FetchedImages:
    """Fetch the repository's own images by the API, all others as a website's."""
    elsewhere = open_fetch(web)

    async def fetch(sighting: CandidateImage) -> Fetched:
        if not sighting.url.startswith(repository.raw):
            return await elsewhere(sighting)
        path = unquote(sighting.url.removeprefix(repository.raw).partition("?")[0]).split("/")
        if {"", ".", ".."} & {*path}:
            raise FetchBlocked("it leads out of the repository")
        address = branch.address("contents", *path, ref=branch.name)
        return await get(branch.api, address, want=want(sighting))

    return await fetch_images_by(fetch, parser, sightings)


def want(sighting: CandidateImage) -> Want:
    """Return the limits for a raw file: the same as for any other image."""
    wanted = WANTS[request_kind(sighting)]
    return msgspec.structs.replace(
        RAW, limit=wanted.limit, cut=True, part=wanted.part, deadline_s=wanted.deadline_s
    )
