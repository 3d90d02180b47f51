"""Rules of `icp`: the kind of customer that the source addresses, in one English sentence.

The segment follows from the roles; without roles, from two labels or more of the navigation. Texts say too
little of a customer's needs and size, so neither is part of it.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from schemas.brand import Candidate
from workers.ingest.derive import people
from workers.ingest.derive.audience import confidence, listing, quotes
from workers.ingest.derive.lexicon import Lexicon, Segment
from workers.ingest.derive.people import Named, cued
from workers.ingest.derive.quotes import distinct, quote, sentences
from workers.ingest.page.text import clean
from workers.ingest.shapes import Passage, Prose

ROLES, INDUSTRIES = 4, 3
#: Labels that decide a segment, and plans that make a price list, at least.
LABELS, PLANS = 2, 2
#: Segments of declared genres and topics, by the names of the stores and GitHub.
DECLARED: dict[str, Segment] = {
    **dict.fromkeys(("business", "b2b", "crm", "erp", "saas", "invoicing"), "business"),
    **dict.fromkeys(
        ("developer tools", "developer-tools", "cli", "sdk", "library", "framework"), "developer"
    ),
    **dict.fromkeys(("games", "lifestyle", "entertainment", "health & fitness", "food & drink"), "consumer"),
    **dict.fromkeys(("social networking", "kids", "dating", "sports"), "consumer"),
}
SEGMENTS: dict[Segment, str] = {
    "business": "Businesses (B2B)",
    "developer": "Developers",
    "consumer": "Consumers (B2C)",
}


@dataclass(frozen=True)
class Customer:
    """Customers by what the source says of them; `signs` are labels and keywords that belong to a segment."""

    roles: Sequence[Named]
    industries: Sequence[Named]
    uses: Sequence[Named]
    plans: Sequence[str]
    signs: Sequence[tuple[Segment, str]]


def candidates(prose: Prose, roles: Sequence[Named], known: Lexicon) -> Iterator[Candidate]:
    customer = read(prose, roles, known)
    if segment := segment_of(customer, known):
        yield Candidate(
            field="icp",
            value=described(customer, segment),
            confidence=confidence(points(customer)),
            rule="text.icp",
            url=prose.url,
            evidence=evidence(customer, segment),
        )


def read(prose: Prose, roles: Sequence[Named], known: Lexicon) -> Customer:
    own = [passage for passage in prose.passages if not passage.story]
    headings, labels = (
        [passage.text for passage in own if passage.kind == kind] for kind in ("heading", "label")
    )
    return Customer(
        roles=roles[:ROLES],
        industries=people.industries(own, known)[:INDUSTRIES],
        uses=list(uses(own, known))[:1],
        plans=plans(headings, known),
        signs=list(chain(signs(labels, known), declared(prose.keywords))),
    )


def uses(passages: Sequence[Passage], known: Lexicon) -> Iterator[Named]:
    """Uses: what it helps its users to do, in the source's words."""
    for sentence in sentences(passages):
        if match := cued(known.use).search(sentence):
            yield Named(clean(match[1]), 1, [quote(sentence, match.start())])


def plans(headings: Sequence[str], known: Lexicon) -> list[str]:
    """Names of the plans in a price list."""
    found = list(dict.fromkeys(heading for heading in headings if heading.casefold() in known.tiers))
    return found if len(found) >= PLANS else []


def signs(labels: Sequence[str], known: Lexicon) -> Iterator[tuple[Segment, str]]:
    spoken: dict[str, Segment] = {
        **dict.fromkeys(known.trade, "business"),
        **dict.fromkeys(known.technical, "developer"),
    }
    for label in dict.fromkeys(labels):
        if segment := spoken.get(label.casefold()):
            yield segment, label


def declared(keywords: Sequence[str]) -> Iterator[tuple[Segment, str]]:
    for word in dict.fromkeys(keywords):
        if segment := DECLARED.get(word.casefold()):
            yield segment, word


def segment_of(customer: Customer, known: Lexicon) -> Segment | None:
    """Segment with the most worth of roles and signs. Without roles it takes `LABELS` signs, or is None."""
    segments = {name: segment for segment, roles in known.roles.items() for name in roles}
    weights: Counter[Segment] = Counter(segment for segment, _ in customer.signs)
    if not customer.roles and max(weights.values(), default=0) < LABELS:
        return None
    for role in customer.roles:
        weights[segments[role.name]] += role.worth
    return weights.most_common(1)[0][0]


def points(customer: Customer) -> int:
    named = (*customer.roles, *customer.industries)
    return sum(one.worth for one in named) + len(customer.uses) + len(customer.plans) + len(customer.signs)


def described(customer: Customer, segment: Segment) -> str:
    """`Businesses (B2B): freelancers and small teams in retail, to “send invoices”; plans Free and Team.`"""
    roles = listing([one.name for one in customer.roles])
    parts = [
        f"{SEGMENTS[segment]}: {roles}" if roles else SEGMENTS[segment],
        f" in {listing([one.name for one in customer.industries])}" if customer.industries else "",
        f", to “{customer.uses[0].name}”" if customer.uses else "",
        f"; plans {listing(customer.plans)}" if customer.plans else "",
    ]
    return "".join(parts) + "."


def evidence(customer: Customer, segment: Segment) -> list[str]:
    labels = [*(sign for of, sign in customer.signs if of == segment), *customer.plans]
    quoted = quotes([*customer.roles, *customer.industries, *customer.uses])
    return distinct([*quoted, *map(quote, labels)])
