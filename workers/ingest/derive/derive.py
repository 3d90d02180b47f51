"""Derivation of candidates from all prose of a source. It runs in the parsing process."""

from collections.abc import Iterable, Iterator

import msgspec

from workers.ingest.derive import audience, icp, keywords, people, voice
from workers.ingest.derive.lexicon import lexicon
from workers.ingest.derive.quotes import sentences
from workers.ingest.detection import LIKELY_PROBABILITY, detect
from workers.ingest.shapes import ParsedDocument, Passage, Prose

#: Characters that are read: more of them change nothing.
MAX_CHARS = 40_000


def derive(prose: Prose) -> ParsedDocument:
    prepared_prose = prepare(prose)
    language_lexicon = lexicon(prepared_prose.language)
    roles = people.roles(prepared_prose.passages, language_lexicon)
    return ParsedDocument(
        candidates=[
            *keywords.term_candidates(prepared_prose, language_lexicon),
            *voice.voice_candidates(prepared_prose, language_lexicon),
            *audience.audience_candidates(prepared_prose, roles),
            *icp.icp_candidates(prepared_prose, roles, language_lexicon),
        ]
    )


def prepare(prose: Prose) -> Prose:
    """Return the prose up to `MAX_CHARS` characters, with a detected language if none is declared."""
    passages = list(cut_passages(prose.passages))
    return msgspec.structs.replace(prose, passages=passages, language=prose.language or language_of(passages))


def cut_passages(passages: Iterable[Passage]) -> Iterator[Passage]:
    remaining = MAX_CHARS
    for passage in passages:
        if remaining > 0:
            yield msgspec.structs.replace(passage, text=passage.text[:remaining])
        remaining -= len(passage.text)


def language_of(passages: Iterable[Passage]) -> str | None:
    language, probability = detect(" ".join(sentences(passages)))
    return language if probability >= LIKELY_PROBABILITY else None
