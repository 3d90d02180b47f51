"""Derivation of candidates from all prose of a source. It runs in the parsing process."""

from collections.abc import Iterable, Iterator

import msgspec

from workers.ingest.derive import audience, icp, keywords, people, voice
from workers.ingest.derive.lexicon import load_lexicon
from workers.ingest.derive.quotes import split_passages_to_sentences
from workers.ingest.detection import MIN_LIKELY_LANGUAGE_PROBABILITY, detect_text_language
from workers.ingest.shapes import ParsedNonPageDoc, Passage, SourceProse

#: Characters that are read: more of them change nothing.
MAX_DERIVED_PROSE_CHARS = 40_000


def derive_keywords_voice_audience_and_icp(prose: SourceProse) -> ParsedNonPageDoc:
    prepared_prose = cut_prose_and_detect_its_language(prose)
    language_lexicon = load_lexicon(prepared_prose.language)
    roles = people.find_audience_roles(prepared_prose.passages, language_lexicon)
    return ParsedNonPageDoc(
        candidates=[
            *keywords.derive_brand_keywords(prepared_prose, language_lexicon),
            *voice.derive_brand_voice_candidate(prepared_prose, language_lexicon),
            *audience.derive_audience(prepared_prose, roles),
            *icp.derive_icp_candidate(prepared_prose, roles, language_lexicon),
        ]
    )


def cut_prose_and_detect_its_language(prose: SourceProse) -> SourceProse:
    """Return the brand's passages, at most `MAX_DERIVED_PROSE_CHARS` characters, with their language if none is given.

    A customer's review is no evidence for the brand's audience, and a theme's text none for its keywords.
    """
    brand_passages = (passage for passage in prose.passages if passage.speaker == "brand")
    passages = list(cut_passages_to_derived_chars(brand_passages))
    return msgspec.structs.replace(
        prose, passages=passages, language=prose.language or detect_passages_language(passages)
    )


def cut_passages_to_derived_chars(passages: Iterable[Passage]) -> Iterator[Passage]:
    remaining = MAX_DERIVED_PROSE_CHARS
    for passage in passages:
        if remaining > 0:
            yield msgspec.structs.replace(passage, text=passage.text[:remaining])
        remaining -= len(passage.text)


def detect_passages_language(passages: Iterable[Passage]) -> str | None:
    language, probability = detect_text_language(" ".join(split_passages_to_sentences(passages)))
    return language if probability >= MIN_LIKELY_LANGUAGE_PROBABILITY else None
