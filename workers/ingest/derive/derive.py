"""Derivation of candidates from all prose of a source. It runs in the parsing process."""

from collections.abc import Iterable, Iterator

import msgspec

from workers.ingest.derive import audience, icp, keywords, people, voice
from workers.ingest.derive.lexicon import lexicon
from workers.ingest.derive.quotes import sentences
from workers.ingest.detection import LIKELY_PROBABILITY, detect
from workers.ingest.shapes import Passage, Prose, Reading

#: Characters that are read: more of them change nothing.
READ = 40_000


def derive(prose: Prose) -> Reading:
    limited = prepared(prose)
    known = lexicon(limited.language)
    roles = people.roles(limited.passages, known)
    return Reading(
        candidates=[
            *keywords.candidates(limited, known),
            *voice.candidates(limited, known),
            *audience.candidates(limited, roles),
            *icp.candidates(limited, roles, known),
        ]
    )


def prepared(prose: Prose) -> Prose:
    """Return the prose up to `READ` characters, with a detected language if none is declared."""
    passages = list(bounded(prose.passages))
    return msgspec.structs.replace(prose, passages=passages, language=prose.language or language_of(passages))


def bounded(passages: Iterable[Passage]) -> Iterator[Passage]:
    left = READ
    for passage in passages:
        if left > 0:
            yield msgspec.structs.replace(passage, text=passage.text[:left])
        left -= len(passage.text)


def language_of(passages: Iterable[Passage]) -> str | None:
    language, probability = detect(" ".join(sentences(passages)))
    return language if probability >= LIKELY_PROBABILITY else None
