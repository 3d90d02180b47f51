"""From all that an ingest read to its extraction: the same last step for each source."""

from collections.abc import Sequence

import msgspec

from schemas.brand import Candidate, Extraction, Field, Finding, Visit
from schemas.errors import SourceError
from workers.ingest.choose import choose
from workers.ingest.derive.complete import complete
from workers.ingest.llm.endpoint import Model
from workers.ingest.llm.suggest import suggest
from workers.ingest.parser.parser import Parser, read
from workers.ingest.shapes import Passage, Prose


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
) -> Extraction:
    """One finding for each field. What is derived may fail: then there is only what was declared.

    `model` is the language model, where the operator set one.
    """
    derived, trouble = await derive(parser, prose_of(url, candidates, passages))
    suggested = await suggest(model, url=url, passages=passages)
    said = [*candidates, *derived, *suggested.candidates]
    whole = not trouble and not suggested.warnings
    return Extraction(
        url=url,
        title=title,
        fields=complete(choose(said)),
        warnings=[*warnings, *trouble, *suggested.warnings],
        visit=visit if whole else incomplete(visit),
    )


def prose_of(url: str, candidates: Sequence[Candidate], passages: Sequence[Passage]) -> Prose:
    """The passages, with what the source declares of them."""
    declared = choose(candidates)
    return Prose(
        url=url,
        name=text(declared, "appName"),
        language=text(declared, "primaryLanguage"),
        keywords=[word for one in candidates if one.field == "keywords" for word in one.value],
        passages=[*passages],
    )


def incomplete(visit: Visit | None) -> Visit | None:
    """What failed this time is tried the next time: without answers nothing counts as unchanged."""
    return visit and msgspec.structs.replace(visit, answers={})


def text(findings: dict[Field, Finding], field: Field) -> str | None:
    return str(findings[field].value) if field in findings else None


async def derive(parser: Parser, prose: Prose) -> tuple[list[Candidate], list[str]]:
    """What the prose lets one conclude, and a warning where it can't be read."""
    if not prose.passages:
        return [], []
    try:
        return (await read(parser, prose)).candidates, []
    except SourceError as error:
        return [], [f"underived: {error.message}"]
