"""Rules of `audience`: whom the source says it is for, in a few words; nothing where it doesn't say."""

from collections.abc import Iterator, Sequence

from schemas.brand import Candidate
from workers.ingest.derive.people import Named
from workers.ingest.derive.quotes import distinct
from workers.ingest.shapes import Prose

MOST = 4
#: Organizations of no kind or size: alone they are nobody in particular.
VAGUE = {"businesses", "companies", "organizations"}
#: Confidence: the least, what each point of the mentions' worth adds, the most.
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
    """First quote of each."""
    return distinct(one.quotes[0] for one in named)


def listing(words: Sequence[str]) -> str:
    """The words as a list: `a, b and c`."""
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def sentence_case(text: str) -> str:
    return text[:1].upper() + text[1:]
