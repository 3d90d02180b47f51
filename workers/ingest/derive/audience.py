"""Rules of `audience`: the users that the source names, in a few words; nothing if it names none."""

from collections.abc import Iterator, Sequence

from schemas.brand import Candidate
from workers.ingest.derive.people import Named
from workers.ingest.derive.quotes import distinct
from workers.ingest.shapes import Prose

MOST = 4
#: Organizations of no kind or size: alone they are too general.
VAGUE = {"businesses", "companies", "organizations"}
#: Confidence: the least, the share for each point of the mentions' weights, the most.
BASE, POINT, TOP = 0.3, 0.03, 0.6


def candidates(prose: Prose, roles: Sequence[Named]) -> Iterator[Candidate]:
    named = roles[:MOST]
    if not VAGUE.issuperset(one.name for one in named):
        yield Candidate(
            field="audience",
            value=sentence_case(listing([one.name for one in named])),
            confidence=confidence(sum(one.worth for one in named)),
            rule="text.audience",
            url=prose.url,
            evidence=quotes(named),
        )


def confidence(points: int) -> float:
    return round(min(BASE + POINT * points, TOP), 2)


def quotes(named: Sequence[Named]) -> list[str]:
    """Return the first quote of each name."""
    return distinct(one.quotes[0] for one in named)


def listing(words: Sequence[str]) -> str:
    """Join the words into a list: `a, b and c`."""
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def sentence_case(text: str) -> str:
    return text[:1].upper() + text[1:]
