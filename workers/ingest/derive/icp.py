"""Rules of `icp`: the ideal customer that the source addresses, in parts with quotes.

A part is a role, an organization or a need. The sentence of the parts is English; a need is in the
source's own words. An ICP that only repeats the audience is left out.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from schemas.brand import BrandPart, FieldCandidate, IcpPart
from workers.ingest.derive import people
from workers.ingest.derive.audience import (
    MAX_AUDIENCE_ROLES,
    capitalize_sentence,
    compute_audience_or_icp_confidence,
    join_as_english_list,
)
from workers.ingest.derive.lexicon import IngestLexicon
from workers.ingest.derive.people import WeightedAudience, compile_cue_words_pattern
from workers.ingest.derive.quotes import (
    cut_evidence_quote,
    split_passages_to_sentences,
    take_first_distinct_evidence_quotes,
)
from workers.ingest.page.text import clean_text_line
from workers.ingest.shapes import Passage, SourceProse

MAX_ICP_INDUSTRIES = 2
#: Names of the lexicon that are organizations, or parts of one; the others are roles.
AUDIENCE_ORGANIZATION_NAMES = frozenset(
    f"{size}{name}"
    for size, names in {
        "": """teams businesses companies enterprises organizations startups agencies manufacturers retailers
            merchants brands restaurants hotels hospitals schools universities nonprofits governments churches
            publishers newsrooms salons gyms clubs banks insurers fleets carriers resellers""",
        "small ": "teams businesses",
        "remote ": "teams",
        "marketing ": "agencies",
    }.items()
    for name in names.split()
)
#: End of a need inside a sentence: a dash and a further thought.
DASH_AND_REST_OF_TEXT_PATTERN = re.compile(r"\s+[-–—]\s+.*")
#: Kinds of parts at least: a single kind is only an audience.
MIN_ICP_PART_KINDS = 2


def derive_icp_candidate(
    prose: SourceProse, roles: Sequence[WeightedAudience], language_lexicon: IngestLexicon
) -> Iterator[FieldCandidate]:
    brand_passages = [passage for passage in prose.passages if not passage.story]
    industries = people.find_audience_industries(brand_passages, language_lexicon)[:MAX_ICP_INDUSTRIES]
    parts = [
        *map(build_icp_part_of_role, roles[:MAX_AUDIENCE_ROLES]),
        *(
            BrandPart(part="organization", value=f"companies in {industry.name}", quote=industry.quotes[0])
            for industry in industries
        ),
        *islice(find_customer_needs(brand_passages, language_lexicon), 1),
    ]
    if has_enough_icp_parts(parts, join_as_english_list([role.name for role in roles[:MAX_AUDIENCE_ROLES]])):
        yield FieldCandidate(
            field="icp",
            value=describe_ideal_customer(parts),
            confidence=compute_audience_or_icp_confidence(
                sum(role.weight for role in (*roles[:MAX_AUDIENCE_ROLES], *industries)) + 1
            ),
            rule="text.icp",
            url=prose.url,
            evidence=take_first_distinct_evidence_quotes(part.quote for part in parts),
            parts=parts,
        )


def build_icp_part_of_role(role: WeightedAudience) -> BrandPart:
    part: IcpPart = "organization" if role.name in AUDIENCE_ORGANIZATION_NAMES else "role"
    return BrandPart(part=part, value=role.name, quote=role.quotes[0])


def find_customer_needs(passages: Sequence[Passage], language_lexicon: IngestLexicon) -> Iterator[BrandPart]:
    """Yield a need of the customer for each sentence that names a use of the product, in its words with a quote."""
    for sentence in split_passages_to_sentences(passages):
        if match := compile_cue_words_pattern(language_lexicon.use).search(sentence):
            yield BrandPart(
                part="need",
                value=clean_text_line(DASH_AND_REST_OF_TEXT_PATTERN.sub("", match[1])),
                quote=cut_evidence_quote(sentence, match.start()),
            )


def has_enough_icp_parts(parts: Sequence[BrandPart], audience: str) -> bool:
    """Return whether the ICP parts are of two kinds at least, and one has a value that `audience` lacks."""
    has_kinds = len({part.part for part in parts}) >= MIN_ICP_PART_KINDS
    return has_kinds and not all(part.value.casefold() in audience.casefold() for part in parts)


def describe_ideal_customer(parts: Iterable[BrandPart]) -> str:
    """Build the ICP's sentence: `Designers and small businesses, who want to “send invoices in seconds”.`"""
    by_kind: dict[str, list[str]] = {}
    for part in parts:
        by_kind.setdefault(part.part, []).append(part.value)
    customers = join_as_english_list([*by_kind.get("role", ()), *by_kind.get("organization", ())])
    needs = join_as_english_list([f"“{need}”" for need in by_kind.get("need", ())])
    return capitalize_sentence(", who want to ".join(filter(None, (customers, needs)))) + "."
