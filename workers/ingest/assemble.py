"""Assembly of an extraction from all documents of a source, the same for each kind of source."""

import asyncio
from collections.abc import Awaitable, Sequence

import msgspec

from schemas.brand import Candidate, CrawlState, Extraction, Field, FieldFinding
from schemas.errors import SourceError
from workers.ingest.choose import choose
from workers.ingest.derive.declared import drop_vague_candidates
from workers.ingest.derive.distinct import complete_keywords
from workers.ingest.llm.suggest import suggest
from workers.ingest.parser.parser import Parser, read
from workers.ingest.pictures.fetch_images import PICTURES_S, FetchedImages
from workers.ingest.shapes import LIST_SUFFIX, Passage, Prose
from workers.llm.endpoint import Model

#: Titles and descriptions; further ones are ignored.
MAX_ABOUT_TEXTS = 8
LATE_WARNING = (
    f"pictures_late: not every image was fetched within {PICTURES_S:g} s; the fetched ones were kept"
)


async def assemble(
    parser: Parser,
    *,
    url: str,
    title: str | None,
    candidates: Sequence[Candidate],
    passages: Sequence[Passage],
    warnings: Sequence[str] = (),
    visit: CrawlState | None = None,
    model: Model | None = None,
    pictures: Awaitable[FetchedImages] | None = None,
) -> Extraction:
    """Assemble the extraction, with one finding for each field.

    A failure of the derivation or of the language model `model` leaves out its fields and adds a warning.
    The `pictures` are awaited at the same time.
    """
    declared = drop_vague_candidates(url, candidates)
    (derived, derive_warnings), suggested, images = await asyncio.gather(
        derive(parser, build_prose(url, title, declared, passages)),
        suggest(model, url=url, passages=passages),
        pictures or no_images(),
    )
    all_candidates = [*declared, *derived, *suggested.candidates, *await read_logo_colors(parser, images)]
    if visit and (derive_warnings or suggested.warnings or images.late):
        # Without validators the next ingest reads everything again.
        visit = msgspec.structs.replace(visit, answers={})
    return Extraction(
        url=url,
        title=title,
        fields=complete_keywords(choose(all_candidates)),
        media=[*images.pictures],
        warnings=[*warnings, *derive_warnings, *suggested.warnings, *([LATE_WARNING] if images.late else [])],
        visit=visit,
    )


async def read_logo_colors(parser: Parser, images: FetchedImages) -> list[Candidate]:
    """Return the colors of the logo's image; an empty list without a logo, or if it can't be read."""
    if images.logo is None:
        return []
    try:
        return (await read(parser, images.logo)).candidates
    except SourceError:
        return []


async def no_images() -> FetchedImages:
    """Return no images, for a source that is read without a network."""
    return FetchedImages()


def build_prose(
    url: str, title: str | None, candidates: Sequence[Candidate], passages: Sequence[Passage]
) -> Prose:
    """Return the passages, with the name, language, titles and descriptions of the source."""
    declared = choose(candidates)
    return Prose(
        url=url,
        name=text_of(declared, "appName"),
        language=text_of(declared, "primaryLanguage"),
        about=list(dict.fromkeys([*filter(None, [title]), *list_descriptions(candidates)]))[:MAX_ABOUT_TEXTS],
        passages=[*passages],
    )


def list_descriptions(candidates: Sequence[Candidate]) -> list[str]:
    """Return taglines and descriptions. Descriptions from list items are left out: the passages have them."""
    return [
        str(candidate.value)
        for candidate in candidates
        if candidate.field in {"tagline", "appDescription"} and not candidate.rule.endswith(LIST_SUFFIX)
    ]


def text_of(findings: dict[Field, FieldFinding], field: Field) -> str | None:
    return str(findings[field].value) if field in findings else None


async def derive(parser: Parser, prose: Prose) -> tuple[list[Candidate], list[str]]:
    """Derive candidates from the prose; return the candidates and a list of warnings.

    A failure gives no candidates and one warning. Prose without passages gives neither.
    """
    if not prose.passages:
        return [], []
    try:
        return (await read(parser, prose)).candidates, []
    except SourceError as error:
        return [], [f"underived: {error.message}"]
