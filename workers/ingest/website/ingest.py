"""One ingest of a website, from its first request to its extraction (research 2.1)."""

from collections.abc import Iterator
from typing import Any

from schemas.brand import Extraction, Visit
from workers.ingest.conclude import conclude
from workers.ingest.llm.endpoint import Model, version
from workers.ingest.parser.parser import Parser
from workers.ingest.perform import Progress
from workers.ingest.shapes import Page, Reading
from workers.ingest.website import revisit
from workers.ingest.website.extras import read_extras
from workers.ingest.website.pages import follow, named, weighed
from workers.ingest.website.session import FETCHING_S, Session, Web

#: How far an ingest is once the named page, the ones around it, and those that it leads to are read.
NAMED, AROUND, FOLLOWED = 0.3, 0.4, 0.7


async def ingest(
    web: Web,
    parser: Parser,
    *,
    args: dict[str, Any],
    progress: Progress,
    visit: Visit | None = None,
    model: Model | None = None,
) -> Extraction:
    """`args` are the job's: `url`, and with `follow_links` at most `max_pages` pages, `url` among them.

    The root is read for the brand's name whenever it is another page, and counts as none of those.
    Raises a `SourceError` for the named page; for all others there is a warning.
    """
    session, rules = Session(web), version(revisit.RULES, model)
    await progress("fetching", 0.1)
    if visit and visit.rules == rules and await revisit.is_unchanged(session, visit):
        return unchanged(args["url"], visit)
    documents = await read_site(session, parser, args, report)
    pages = [one for one in documents if isinstance(one, Page)]
    await progress("analyzing", 0.75)
    return await conclude(
        parser,
        url=pages[0].url,
        title=pages[0].title,
        candidates=[said for one in documents for said in one.candidates],
        passages=[said for one in documents for said in one.passages],
        warnings=[*session.warnings, *remarks(session, pages)],
        visit=session.visit(args, rules=rules, url=pages[0].url),
        model=model,
    )


async def read_site(
    session: Session, parser: Parser, args: dict[str, Any], progress: Progress
) -> list[Page | Reading]:
    """The named page first, then what stands around it, then what was followed."""

    async def followed(part: float) -> None:
        await progress("fetching", AROUND + part * (FOLLOWED - AROUND))

    page = await named(session, parser, args["url"])
    await progress("fetching", NAMED)
    around = await read_extras(session, parser, page)
    await progress("fetching", AROUND)
    first = [page, around.home] if around.home else [page]
    most = args.get("max_pages", 1) - 1 if args.get("follow_links") else 0
    more = await follow(session, parser, read_already=first, most=most, done=followed)
    return [*first, *around.readings, *map(weighed, more)]


def remarks(session: Session, pages: list[Page]) -> Iterator[str]:
    shells = sum(page.scripted for page in pages)
    if shells:
        yield (
            f"js_rendered: {shells} of {len(pages)} pages show next to no text without JavaScript;"
            " what their heads say was taken"
        )
    if session.truncated:
        yield f"truncated: the site was too slow for {FETCHING_S:g} s; {len(pages)} of its pages were read"


def unchanged(url: str, visit: Visit) -> Extraction:
    """Nothing is written: the brand stays as the last ingest left it."""
    return Extraction(
        url=visit.url or url,
        title=None,
        fields={},
        warnings=["unchanged: the site says that nothing has changed since it was last read"],
        unchanged=True,
    )
