"""Rules of `icp`: the ideal customer that the source addresses, in parts with quotes.

A part is a role, an organization or a need. The sentence of the parts is English; a need is in the
source's own words. An ICP that only repeats the audience is left out.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from schemas.brand import BrandPart, Candidate, PartKind
from workers.ingest.derive import people
from workers.ingest.derive.audience import MAX_ROLES, confidence, listing, sentence_case
from workers.ingest.derive.lexicon import Lexicon
from workers.ingest.derive.people import Mention, cue_pattern
from workers.ingest.derive.quotes import distinct, quote, sentences
from workers.ingest.page.text import clean
from workers.ingest.shapes import Passage, Prose

MAX_INDUSTRIES = 2
#: Names of the lexicon that are organizations, or parts of one; the others are roles.
ORGANIZATIONS = frozenset(
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
DASH = re.compile(r"\s+[-–—]\s+.*")
#: Kinds of parts at least: a single kind is only an audience.
MIN_KINDS = 2


def icp_candidates(prose: Prose, roles: Sequence[Mention], language_lexicon: Lexicon) -> Iterator[Candidate]:
    brand_passages = [passage for passage in prose.passages if not passage.story]
    industries = people.industries(brand_passages, language_lexicon)[:MAX_INDUSTRIES]
    parts = [
        *map(part_of_role, roles[:MAX_ROLES]),
        *(
            BrandPart(part="organization", value=f"companies in {industry.name}", quote=industry.quotes[0])
            for industry in industries
        ),
        *islice(needs(brand_passages, language_lexicon), 1),
    ]
    if is_customer(parts, listing([role.name for role in roles[:MAX_ROLES]])):
        yield Candidate(
            field="icp",
            value=describe_customer(parts),
            confidence=confidence(sum(role.weight for role in (*roles[:MAX_ROLES], *industries)) + 1),
            rule="text.icp",
            url=prose.url,
            evidence=distinct(part.quote for part in parts),
            parts=parts,
        )


def part_of_role(role: Mention) -> BrandPart:
    part: PartKind = "organization" if role.name in ORGANIZATIONS else "role"
    return BrandPart(part=part, value=role.name, quote=role.quotes[0])


def needs(passages: Sequence[Passage], language_lexicon: Lexicon) -> Iterator[BrandPart]:
    """Yield needs: the uses of the product, in the source's words."""
    for sentence in sentences(passages):
        if match := cue_pattern(language_lexicon.use).search(sentence):
            yield BrandPart(
                part="need", value=clean(DASH.sub("", match[1])), quote=quote(sentence, match.start())
            )


def is_customer(parts: Sequence[BrandPart], audience: str) -> bool:
    """Return whether there are parts of two kinds, with more information than the audience."""
    has_kinds = len({part.part for part in parts}) >= MIN_KINDS
    return has_kinds and not all(part.value.casefold() in audience.casefold() for part in parts)


def describe_customer(parts: Iterable[BrandPart]) -> str:
    """Build the sentence: `Designers and small businesses, who want to “send invoices in seconds”.`"""
    by_kind: dict[str, list[str]] = {}
    for part in parts:
        by_kind.setdefault(part.part, []).append(part.value)
    customers = listing([*by_kind.get("role", ()), *by_kind.get("organization", ())])
    needs = listing([f"“{need}”" for need in by_kind.get("need", ())])
    return sentence_case(", who want to ".join(filter(None, (customers, needs)))) + "."
