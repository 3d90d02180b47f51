"""Ingest of a repository, from its first request to its extraction."""

from typing import Any

from schemas.brand import CrawlState, Extraction
from workers.ingest.assemble import assemble
from workers.ingest.github import pictures
from workers.ingest.github.about import Branch, renamed
from workers.ingest.github.client import Api
from workers.ingest.github.repository import RepositorySnapshot, find, is_same
from workers.ingest.llm.suggest import version
from workers.ingest.parser.parser import Parser, read
from workers.ingest.perform import Progress
from workers.ingest.website.session import Web
from workers.llm.endpoint import Model

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
    known_visit = visit if visit is not None and visit.rules == rules else None
    if known_visit is not None and await is_same(api, known_visit):
        return unchanged(api, args["repo"], known_visit)
    known_id = visit.repository_id if visit else None
    snapshot = await find(api, parser, name=args["repo"], branch=args["branch"], known_id=known_id)
    await progress("analyzing", 0.6)
    reading = await read(parser, snapshot.repository)
    return await assemble(
        parser,
        url=snapshot.repository.url,
        title=snapshot.about.full_name,
        candidates=reading.candidates,
        passages=reading.passages,
        warnings=snapshot.warnings,
        visit=visit_of(snapshot, args, rules),
        model=model,
        pictures=pictures.fetch_images(
            Branch(api, snapshot.about, snapshot.repository.branch),
            web,
            parser,
            snapshot.repository,
            reading.pictures,
        ),
    )


def visit_of(snapshot: RepositorySnapshot, args: dict[str, Any], rules: int) -> CrawlState:
    return CrawlState(
        rules=rules,
        args=args,
        answers=snapshot.answers,
        repository_id=snapshot.about.id,
        repository=snapshot.about.full_name,
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
