"""From all that an ingest read to its extraction: the same last step for each source."""

from collections.abc import Sequence

from schemas.brand import Candidate, Extraction, Visit
from workers.ingest.choose import choose
from workers.ingest.shapes import Passage
from workers.parse import Parser


async def conclude(
    parser: Parser,  # noqa: ARG001
    *,
    url: str,
    title: str | None,
    candidates: Sequence[Candidate],
    passages: Sequence[Passage],  # noqa: ARG001
    warnings: Sequence[str] = (),
    visit: Visit | None = None,
) -> Extraction:
    """One finding for each field."""
    return Extraction(url=url, title=title, fields=choose(candidates), warnings=[*warnings], visit=visit)
