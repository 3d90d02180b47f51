"""Ingest of a repository, from its first request to its extraction."""

from typing import Any
from urllib.parse import unquote

import msgspec

from schemas.brand import CrawlState, Extraction
from schemas.errors import FetchBlocked
from workers.ingest.assemble import assemble
from workers.ingest.github.about import Branch, renamed
from workers.ingest.github.client import RAW_LIMITS, Api, get
from workers.ingest.github.repository import (
    RepositorySnapshot,
    is_repository_unchanged,
    read_repository_snapshot,
)
from workers.ingest.llm.suggest import version
from workers.ingest.parser.parser import Parser, read
from workers.ingest.perform import Progress
from workers.ingest.pictures.fetch_images import Fetch, fetch_images, open_fetch, request_kind
from workers.ingest.shapes import CandidateImage
from workers.ingest.website.session import WANTS, Web
from workers.llm.endpoint import Model
from workers.web.fetch import ExpectedResponse, FetchedResponse

#: Version of our rules. Raise it whenever the rules read other data from the same files.
RULES = 4


async def ingest(
    api: Api,
    web: Web,
    parser: Parser,
    *,
    args: dict[str, Any],
    visit: CrawlState | None,
    progress: Progress,
    model: Model | None = None,
) -> Extraction:
    """Return the extraction. `args` has `repo` as `owner/name`, and `branch` or None. Raises a `SourceError`.

    Images on other hosts are fetched from `web`: the client of `api` requests GitHub only.
    """
    await progress("fetching", 0.1)
    rules = version(RULES, model)
    if visit and visit.rules == rules and await is_repository_unchanged(api, visit):
        return unchanged(api, args["repo"], visit)
    known_id = visit.repository_id if visit else None
    snapshot = await read_repository_snapshot(
        api, parser, name=args["repo"], branch=args["branch"], known_id=known_id
    )
    await progress("analyzing", 0.6)
    reading = await read(parser, snapshot.repository)
    return await assemble(
        parser,
        url=snapshot.repository.url,
        title=snapshot.about.full_name,
        candidates=reading.candidates,
        passages=reading.passages,
        warnings=snapshot.warnings,
        visit=CrawlState(
            rules=rules,
            args=args,
            answers=snapshot.answers,
            repository_id=snapshot.about.id,
            repository=snapshot.about.full_name,
        ),
        model=model,
        pictures=fetch_images(image_fetch(api, snapshot, web), parser, reading.pictures),
    )


def unchanged(api: Api, name: str, visit: CrawlState) -> Extraction:
    """Return the extraction of an unchanged repository, with its name at the visit, which still holds."""
    full_name = visit.repository or name
    return Extraction(
        url=f"{api.web}/{full_name}",
        title=None,
        fields={},
        warnings=[*renamed(name, full_name), "unchanged: the repository is as the last ingest read it"],
        visit=visit,
        unchanged=True,
    )


def image_fetch(api: Api, snapshot: RepositorySnapshot, web: Web) -> Fetch:
    """Return a fetch of the repository's own images by the API, and of all others as a website's."""
    fetch_elsewhere, raw = open_fetch(web), snapshot.repository.raw
    branch = Branch(api, snapshot.about, snapshot.repository.branch)

    async def fetch(candidate: CandidateImage) -> FetchedResponse:
        if not candidate.url.startswith(raw):
            return await fetch_elsewhere(candidate)
        path = unquote(candidate.url.removeprefix(raw).partition("?")[0]).split("/")
        if {"", ".", ".."} & {*path}:
            raise FetchBlocked("it leads out of the repository")
        address = branch.address("contents", *path, ref=branch.name)
        return await get(api, address, want=raw_limits(candidate))

    return fetch


def raw_limits(candidate: CandidateImage) -> ExpectedResponse:
    """Return the limits for an image of a repository: the same as for a website's image of its kind."""
    limits = WANTS[request_kind(candidate)]
    return msgspec.structs.replace(
        RAW_LIMITS, limit=limits.limit, cut=True, part=limits.part, deadline_s=limits.deadline_s
    )
