"""Rules of `audience`: the users that the source names, in a few words; nothing if it names none."""

from collections.abc import Iterator, Sequence

from schemas.brand import FieldCandidate
from workers.ingest.derive.people import WeightedAudience
from workers.ingest.derive.quotes import take_first_distinct_evidence_quotes
from workers.ingest.shapes import SourceProse

MAX_AUDIENCE_ROLES = 4
#: Organizations of no kind or size: alone they are too general.
VAGUE_AUDIENCE_NAMES = {"businesses", "companies", "organizations"}
#: Confidence without any weight.
BASE_AUDIENCE_CONFIDENCE = 0.3
#: Confidence for each point of the mentions' weights.
AUDIENCE_CONFIDENCE_PER_POINT = 0.03
MAX_AUDIENCE_CONFIDENCE = 0.6


def derive_audience(prose: SourceProse, roles: Sequence[WeightedAudience]) -> Iterator[FieldCandidate]:
    top_roles = roles[:MAX_AUDIENCE_ROLES]
    if not VAGUE_AUDIENCE_NAMES.issuperset(role.name for role in top_roles):
        yield FieldCandidate(
            field="audience",
            value=capitalize_sentence(join_as_english_list([role.name for role in top_roles])),
            confidence=compute_audience_or_icp_confidence(sum(role.weight for role in top_roles)),
            rule="text.audience",
            url=prose.url,
            evidence=take_first_distinct_evidence_quotes(role.quotes[0] for role in top_roles),
        )


def compute_audience_or_icp_confidence(points: int) -> float:
    return round(min(BASE_AUDIENCE_CONFIDENCE + AUDIENCE_CONFIDENCE_PER_POINT * points, MAX_AUDIENCE_CONFIDENCE), 2)


def join_as_english_list(words: Sequence[str]) -> str:
    """Join words into an English list, such as `a, b and c`; empty for no words."""
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def capitalize_sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
