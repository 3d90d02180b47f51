"""One ingest of a repository: nothing where nothing has changed, else all that it says of its brand."""

from typing import Any

from schemas.brand import Extraction, Visit
from workers.ingest.conclude import conclude
from workers.ingest.github.about import renamed
from workers.ingest.github.client import Api
from workers.ingest.github.repository import Found, find, is_same
from workers.ingest.llm.endpoint import Model, version
from workers.ingest.parser.parser import Parser, read
from workers.ingest.perform import Progress

#: Of our own reading: what an older one made of the same files counts as changed.
RULES = 2


async def ingest(
    api: Api,
    parser: Parser,
    *,
    args: dict[str, Any],
    visit: Visit | None,
    progress: Progress,
    model: Model | None = None,
) -> Extraction:
    """`args` are the job's: `repo`, as `owner/name`, and `branch` or None. Raises a `SourceError`."""
    await progress("fetching", 0.1)
    rules = version(RULES, model)
    known = visit if visit is not None and visit.rules == rules else None
    if known is not None and await is_same(api, known):
        return unchanged(api, args["repo"], known)
    known_id = visit.repository_id if visit else None
    found = await find(api, parser, name=args["repo"], branch=args["branch"], known_id=known_id)
    await progress("analyzing", 0.6)
    reading = await read(parser, found.question)
    return await conclude(
        parser,
        url=found.question.url,
        title=found.about.full_name,
        candidates=reading.candidates,
        passages=reading.passages,
        warnings=found.warnings,
        visit=visit_of(found, args, rules),
        model=model,
    )


def visit_of(found: Found, args: dict[str, Any], rules: int) -> Visit:
    return Visit(
        rules=rules,
        args=args,
        answers=found.answers,
        repository_id=found.about.id,
        repository=found.about.full_name,
    )


def unchanged(api: Api, name: str, visit: Visit) -> Extraction:
    """A new name would have been a change: the repository's own is still that of the visit."""
    full_name = visit.repository or name
    return Extraction(
        url=f"{api.web}/{full_name}",
        title=None,
        fields={},
        warnings=[*renamed(name, full_name), "unchanged: the repository is as the last ingest read it"],
        visit=visit,
        unchanged=True,
    )
