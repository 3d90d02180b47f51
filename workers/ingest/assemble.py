"""Assembly of an extraction from all documents of a source, the same for each kind of source."""

import asyncio
from collections.abc import Awaitable, Sequence
from contextlib import suppress

import msgspec

from schemas.brand import BrandExtraction, BrandFieldName, FieldCandidate, LastCrawlRecord, SourceFieldFinding
from schemas.errors import SourceError
from schemas.pictures import DrawnPicture
from workers.ingest.choose import choose_brand_findings
from workers.ingest.colors.oklab import is_neutral_color
from workers.ingest.derive.declared import drop_vague_taglines_and_keywords
from workers.ingest.derive.distinct import complete_declared_keywords
from workers.ingest.llm.suggest import BrandModel, suggest_brand_candidates
from workers.ingest.parser.parser import DocumentParser, parse_non_page_document
from workers.ingest.pictures.fetch_images import MAX_IMAGE_FETCHING_S, FetchedPicturesAndLogoFiles
from workers.ingest.placeholders import drop_placeholder_candidates
from workers.ingest.shapes import (
    LIST_ITEM_DESCRIPTION_RULE_SUFFIX,
    FetchedLogo,
    ParsedNonPageDoc,
    Passage,
    SourceFact,
    SourceProse,
)

#: Titles and descriptions; further ones are ignored.
MAX_TITLES_AND_DESCRIPTIONS_OF_SOURCE = 8
LATE_PICTURES_WARNING = (
    f"pictures_late: not every image was fetched within {MAX_IMAGE_FETCHING_S:g} s; the fetched ones were kept"
)


async def assemble_brand_extraction(
    parser: DocumentParser,
    *,
    url: str,
    title: str | None,
    candidates: Sequence[FieldCandidate],
    passages: Sequence[Passage],
    facts: Sequence[SourceFact] = (),
    warnings: Sequence[str] = (),
    visit: LastCrawlRecord | None = None,
    model: BrandModel | None = None,
    pictures: Awaitable[FetchedPicturesAndLogoFiles] | None = None,
    drawn: Sequence[DrawnPicture] = (),
) -> BrandExtraction:
    """Assemble the brand extraction of a source from its candidates, passages and images.

    It has one finding for each field. A failure of the derivation or of the language model `model` leaves
    out its fields and adds a warning. The `pictures` are awaited at the same time. No server has those in `drawn`.
    """
    declared = drop_vague_taglines_and_keywords(url, list(drop_placeholder_candidates(candidates)))
    prose = build_derivation_prose(url, title, declared, passages, facts)
    (derived, derive_warnings), suggested, images = await asyncio.gather(
        derive_brand_in_parser_process(parser, prose),
        suggest_brand_candidates(parser, model, prose),
        pictures or fetch_no_images(),
    )
    all_candidates = [
        *declared,
        *derived.candidates,
        *suggested.candidates,
        *await read_logo_colors(parser, list_logo_files(images, drawn)),
    ]
    if visit and (derive_warnings or suggested.warnings or images.late):
        # Without validators the next ingest reads everything again.
        visit = msgspec.structs.replace(visit, answers={})
    return BrandExtraction(
        url=url,
        title=title,
        fields=complete_declared_keywords(choose_brand_findings(all_candidates)),
        media=[*images.pictures],
        profile=derived.profile,
        warnings=[*warnings, *derive_warnings, *suggested.warnings, *([LATE_PICTURES_WARNING] if images.late else [])],
        visit=visit,
        drawn=[*drawn],
    )


def list_logo_files(images: FetchedPicturesAndLogoFiles, drawn: Sequence[DrawnPicture]) -> list[FetchedLogo]:
    """Return a source's logos, the best first: the one that its page draws, as visitors see it, then the files."""
    seen = [FetchedLogo(url=one.picture.url, body=one.data) for one in drawn if one.picture.kind == "logo"]
    return [*seen, *images.logos]


async def read_logo_colors(parser: DocumentParser, logos: Sequence[FetchedLogo]) -> list[FieldCandidate]:
    """Return the color candidates of the best logo that has a hue, else of the best with any; an empty list without.

    A white logo of a dark header has none, nor has a photograph. An unreadable one is skipped.
    """
    greys: list[FieldCandidate] = []
    for logo in logos:
        with suppress(SourceError):
            colors = (await parse_non_page_document(parser, logo)).candidates
            if any(not is_neutral_color(color) for candidate in colors for color in candidate.value):
                return colors
            greys = greys or colors
    return greys


async def fetch_no_images() -> FetchedPicturesAndLogoFiles:
    """Return an empty `FetchedPicturesAndLogoFiles`, for a source that is read without a network."""
    return FetchedPicturesAndLogoFiles()


def build_derivation_prose(
    url: str,
    title: str | None,
    candidates: Sequence[FieldCandidate],
    passages: Sequence[Passage],
    facts: Sequence[SourceFact],
) -> SourceProse:
    """Build the input of the derivation: the source's passages, facts, name, language, titles and descriptions.

    Name and language are None if no candidate has them.
    """
    declared = choose_brand_findings(candidates)
    return SourceProse(
        url=url,
        name=get_finding_text(declared, "appName"),
        language=get_finding_text(declared, "primaryLanguage"),
        about=list(dict.fromkeys([*filter(None, [title]), *list_candidate_taglines_and_descriptions(candidates)]))[
            :MAX_TITLES_AND_DESCRIPTIONS_OF_SOURCE
        ],
        passages=[*passages],
        facts=[*facts],
    )


def list_candidate_taglines_and_descriptions(candidates: Sequence[FieldCandidate]) -> list[str]:
    """Return the texts of the candidates for taglines and descriptions, in their order.

    Descriptions from list items are left out: the passages have them.
    """
    return [
        str(candidate.value)
        for candidate in candidates
        if candidate.field in {"tagline", "appDescription"}
        and not candidate.rule.endswith(LIST_ITEM_DESCRIPTION_RULE_SUFFIX)
    ]


def get_finding_text(findings: dict[BrandFieldName, SourceFieldFinding], field: BrandFieldName) -> str | None:
    return str(findings[field].value) if field in findings else None


async def derive_brand_in_parser_process(
    parser: DocumentParser, prose: SourceProse
) -> tuple[ParsedNonPageDoc, list[str]]:
    """Derive candidates and the profile from the prose; return them and a list of warnings.

    A failure gives neither and one warning. Prose without passages gives no warning.
    """
    if not prose.passages:
        return ParsedNonPageDoc(candidates=[]), []
    try:
        return await parse_non_page_document(parser, prose), []
    except SourceError as error:
        return ParsedNonPageDoc(candidates=[]), [f"underived: {error.message}"]
