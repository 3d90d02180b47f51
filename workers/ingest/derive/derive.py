"""All of a source's prose to its derived candidates. Runs in the parsing process."""

from collections.abc import Iterable, Iterator

import msgspec

from workers.ingest.derive import audience, icp, keywords, people, voice
from workers.ingest.derive.lexicon import lexicon
from workers.ingest.derive.quotes import sentences
from workers.ingest.detection import LIKELY, detect
from workers.ingest.shapes import Passage, Prose, Reading

#: Characters in all: what a longer text goes on to say changes nothing.
READ = 40_000


def derive(prose: Prose) -> Reading:
    spoken = understood(prose)
    known = lexicon(spoken.language)
    roles = people.roles(spoken.passages, known)
    return Reading(
        candidates=[
            *keywords.candidates(spoken),
            *voice.candidates(spoken, known),
            *audience.candidates(spoken, roles),
            *icp.candidates(spoken, roles, known),
        ]
    )


def understood(prose: Prose) -> Prose:
    """As much as is read, in the language that it is written in where its source didn't know it."""
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
    return language if probability >= LIKELY else None
