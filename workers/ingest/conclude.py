"""Assembly of an extraction from all documents of a source, the same for each kind of source."""

import asyncio
from collections.abc import Awaitable, Sequence

import msgspec

from schemas.brand import Candidate, Extraction, Field, Finding, Visit
from schemas.errors import SourceError
from workers.ingest.choose import choose
from workers.ingest.derive.complete import complete
from workers.ingest.derive.declared import telling
from workers.ingest.llm.suggest import suggest
from workers.ingest.parser.parser import Parser, read
from workers.ingest.pictures.meet import PICTURES_S, Met
from workers.ingest.shapes import LISTED, Passage, Prose
from workers.llm.endpoint import Model

#: Titles and descriptions that are used.
ABOUT = 8
LATE = f"pictures_late: not every image was fetched within {PICTURES_S:g} s; the fetched ones were kept"


async def conclude(
    parser: Parser,
    *,
    url: str,
    title: str | None,
    candidates: Sequence[Candidate],
    passages: Sequence[Passage],
    warnings: Sequence[str] = (),
    visit: Visit | None = None,
    model: Model | None = None,
    pictures: Awaitable[Met] | None = None,
) -> Extraction:
    """Assemble the extraction, with one finding for each field.

    A failure of the derivation or of the language model `model` leaves out its fields and adds a warning.
    The `pictures` are awaited at the same time.
    """
    declared = telling(url, candidates)
    (derived, warned), suggested, met = await asyncio.gather(
        derive(parser, prose_of(url, title, declared, passages)),
        suggest(model, url=url, passages=passages),
        pictures or nothing(),
    )
    found = [*declared, *derived, *suggested.candidates, *await painted(parser, met)]
    whole = not warned and not suggested.warnings and not met.late
    return Extraction(
        url=url,
        title=title,
        fields=complete(choose(found)),
        media=[*met.pictures],
        warnings=[*warnings, *warned, *suggested.warnings, *([LATE] if met.late else [])],
        visit=visit if whole else incomplete(visit),
    )


async def painted(parser: Parser, met: Met) -> list[Candidate]:
    """Return the colors of the logo's image; an empty list without a logo, or if it can't be read."""
    if met.logo is None:
        return []
    try:
        return (await read(parser, met.logo)).candidates
    except SourceError:
        return []


async def nothing() -> Met:
    """Return no images, for a source that is read without a network."""
    return Met()


def prose_of(
    url: str, title: str | None, candidates: Sequence[Candidate], passages: Sequence[Passage]
) -> Prose:
    """Return the passages, with the name, language, titles, descriptions and keywords of the source."""
    declared = choose(candidates)
    return Prose(
        url=url,
        name=text(declared, "appName"),
        language=text(declared, "primaryLanguage"),
        about=list(dict.fromkeys([*filter(None, [title]), *described(candidates)]))[:ABOUT],
        keywords=[word for one in candidates if one.field == "keywords" for word in one.value],
        passages=[*passages],
    )


def described(candidates: Sequence[Candidate]) -> list[str]:
    """Return taglines and descriptions. Descriptions from list items are left out: the passages have them."""
    return [
        str(one.value)
        for one in candidates
        if one.field in {"tagline", "appDescription"} and not one.rule.endswith(LISTED)
    ]


def incomplete(visit: Visit | None) -> Visit | None:
    """Return the visit without validators, so that the next ingest reads everything again."""
    return visit and msgspec.structs.replace(visit, answers={})


def text(findings: dict[Field, Finding], field: Field) -> str | None:
    return str(findings[field].value) if field in findings else None


async def derive(parser: Parser, prose: Prose) -> tuple[list[Candidate], list[str]]:
    """Return the candidates derived from the prose, and a warning if the derivation fails."""
    if not prose.passages:
        return [], []
    try:
        return (await read(parser, prose)).candidates, []
    except SourceError as error:
        return [], [f"underived: {error.message}"]
