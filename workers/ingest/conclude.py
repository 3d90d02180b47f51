"""From all that an ingest read to its extraction: the same last step for each source."""

from collections.abc import Sequence

from schemas.brand import Candidate, Extraction, Visit
from workers.ingest.choose import choose
from workers.ingest.model.endpoint import Model
from workers.ingest.model.suggest import suggest
from workers.ingest.shapes import Passage
from workers.parse import Parser


async def conclude(
    parser: Parser,  # noqa: ARG001
    *,
    url: str,
    title: str | None,
    candidates: Sequence[Candidate],
    passages: Sequence[Passage],
    warnings: Sequence[str] = (),
    visit: Visit | None = None,
    model: Model | None = None,
) -> Extraction:
    """One finding for each field; `model` is the language model, where the operator set one."""
    suggested = await suggest(model, url=url, passages=passages)
    return Extraction(
        url=url,
        title=title,
        fields=choose([*candidates, *suggested.candidates]),
        warnings=[*warnings, *suggested.warnings],
        visit=visit,
    )
