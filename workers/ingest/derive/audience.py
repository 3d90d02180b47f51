"""Rules of `audience`: the users that the source names, in a few words; nothing if it names none."""

from collections.abc import Iterator, Sequence

from schemas.brand import Candidate
from workers.ingest.derive.people import Mention
from workers.ingest.derive.quotes import distinct
from workers.ingest.shapes import Prose

MAX_ROLES = 4
#: Organizations of no kind or size: alone they are too general.
VAGUE_NAMES = {"businesses", "companies", "organizations"}
#: Confidence without any weight.
MIN_CONFIDENCE = 0.3
#: Confidence for each point of the mentions' weights.
CONFIDENCE_PER_POINT = 0.03
MAX_CONFIDENCE = 0.6


def audience_candidates(prose: Prose, roles: Sequence[Mention]) -> Iterator[Candidate]:
    top_roles = roles[:MAX_ROLES]
    if not VAGUE_NAMES.issuperset(role.name for role in top_roles):
        yield Candidate(
            field="audience",
            value=sentence_case(listing([role.name for role in top_roles])),
            confidence=confidence(sum(role.weight for role in top_roles)),
            rule="text.audience",
            url=prose.url,
            evidence=quotes(top_roles),
        )


def confidence(points: int) -> float:
    return round(min(MIN_CONFIDENCE + CONFIDENCE_PER_POINT * points, MAX_CONFIDENCE), 2)


def quotes(roles: Sequence[Mention]) -> list[str]:
    """Return the first quote of each name."""
    return distinct(role.quotes[0] for role in roles)


def listing(words: Sequence[str]) -> str:
    """Join the words into a list: `a, b and c`."""
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def sentence_case(text: str) -> str:
    return text[:1].upper() + text[1:]
