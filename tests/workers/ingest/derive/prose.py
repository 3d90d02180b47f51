"""Helpers: small texts, and the values derived from them."""

from collections.abc import Iterable

from schemas.brand import BrandFieldName, FieldCandidate
from workers.ingest.derive.derive import derive_keywords_voice_audience_and_icp
from workers.ingest.shapes import Passage, PassageSpeaker, SourceProse

URL = "https://acme.test/"


def prose(
    *texts: str,
    headings: Iterable[str] = (),
    labels: Iterable[str] = (),
    about: Iterable[str] = (),
    language: str | None = "en",
    name: str | None = None,
    story: bool = False,
    documentation: bool = False,
    speaker: PassageSpeaker = "brand",
) -> SourceProse:
    """Build a prose of headings, texts and labels; `story`, `documentation` and `speaker` are of its texts."""
    passages = [
        *(Passage(text=text, kind="heading", url=URL) for text in headings),
        *(Passage(text=text, url=URL, story=story, documentation=documentation, speaker=speaker) for text in texts),
        *(Passage(text=label, kind="label", url=URL) for label in labels),
    ]
    return SourceProse(url=URL, language=language, name=name, about=[*about], passages=passages)


def derived(source: SourceProse) -> dict[BrandFieldName, FieldCandidate]:
    return {candidate.field: candidate for candidate in derive_keywords_voice_audience_and_icp(source).candidates}


def value(field: BrandFieldName, source: SourceProse) -> object:
    candidates = derived(source)
    return candidates[field].value if field in candidates else None
