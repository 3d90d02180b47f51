"""Rules of `audience`: the customers that the source names, else those of its trade, in its own language."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from schemas.brand import BrandPart, FieldCandidate, PartBasis
from workers.ingest.derive.audience_cues import (
    compile_pattern,
    find_cued_audiences,
    get_whole_words,
    is_own_trade,
    is_segment_title,
    list_customer_items,
    list_segment_titles,
)
from workers.ingest.derive.lexicon import IngestLexicon
from workers.ingest.derive.people import find_audience_roles
from workers.ingest.derive.quotes import cut_evidence_quote, take_first_distinct_evidence_quotes
from workers.ingest.derive.selling_points import is_negated
from workers.ingest.derive.stems import UNSPACED_SCRIPT_PATTERN, StemMatch
from workers.ingest.derive.tables import (
    CustomerGrammar,
    get_audience_label,
    index_audience_stems,
    load_customer_grammar,
)
from workers.ingest.derive.trades import FoundTrade, is_name_of_trade
from workers.ingest.shapes import Passage, SourceProse

#: Customers from which a list is complete.
MIN_AUDIENCE_ROLES = 2
#: Stated and inferred customers together.
MAX_COMPLETED_AUDIENCE_ROLES = 3
MAX_AUDIENCE_ROLES = 4
#: People and organizations of no kind or size: alone they are too general.
GENERAL_AUDIENCE_NAMES = frozenset(
    """businesses companies organizations private_customers locals adults friends
    android_users iphone_users mac_users windows_users""".split()
)
GENERAL_ORGANIZATION_NAMES = frozenset({"businesses", "companies", "organizations"})
SMALL_ORGANIZATION_NAMES = frozenset({"small_businesses", "startups"})
#: Customers with those beside whom they say nothing: general ones, and anxious patients of a practice for all.
SPECIAL_AUDIENCE_NAMES: dict[str, frozenset[str]] = {
    **dict.fromkeys(GENERAL_ORGANIZATION_NAMES, SMALL_ORGANIZATION_NAMES),
    "couples": frozenset({"engaged_couples", "couples_wanting_children"}),
    "families": frozenset({"bereaved_families"}),
    "parents": frozenset({"working_parents", "expectant_parents"}),
    "anxious_patients": frozenset({"patients"}),
    "pet_owners": frozenset({"dog_owners", "cat_owners"}),
    "travelers": frozenset({"business_travelers", "backpackers"}),
}
#: Customers for whom others choose and pay.
DEPENDENT_AUDIENCE_NAMES = frozenset("children babies pupils students young_people".split())
#: People whom most trades hire, and only some serve.
STAFF_AUDIENCE_NAMES = frozenset({"job_seekers", "job seekers", "apprentices"})
#: Names of the lexicon and of the table that are organizations, or parts of one; the others are roles.
AUDIENCE_ORGANIZATION_NAMES = frozenset(
    f"{size}{name}"
    for size, names in {
        "": """teams businesses companies enterprises organizations startups agencies manufacturers retailers
            merchants brands restaurants hotels hospitals schools universities nonprofits governments churches
            publishers newsrooms salons gyms clubs banks insurers fleets carriers resellers small_businesses
            municipalities pharmacies construction_companies logistics_companies product_teams sales_teams hr_teams
            data_teams security_teams support_teams it_departments remote_teams online_retailers web_agencies
            employers wholesalers exporters booksellers fashion_brands food_producers clinics public_authorities""",
        "small ": "teams businesses",
        "remote ": "teams",
        "marketing ": "agencies",
    }.items()
    for name in names.split()
)
#: Weight of a name after a cue in a title, a description or the hero.
LEADING_TEXT_AUDIENCE_WEIGHT = 3
HEADING_AUDIENCE_WEIGHT = 2
#: Weight of a name in a list after a cue in prose.
PROSE_AUDIENCE_WEIGHT = 1
#: Share of the best customer's weight that others need.
MIN_SHARE_OF_BEST_WEIGHT = 0.5
#: Highest weight of a name's mentions together.
MAX_AUDIENCE_WEIGHT = 6
#: Confidence without any weight.
BASE_AUDIENCE_CONFIDENCE = 0.3
#: Confidence for each point of the mentions' weights.
AUDIENCE_CONFIDENCE_PER_POINT = 0.03
MAX_AUDIENCE_CONFIDENCE = 0.6
#: Confidence of customers that only follow from the trade.
INFERRED_AUDIENCE_CONFIDENCE = 0.3


class BrandCustomer(NamedTuple):
    """Customer of a brand: the name in the lexicon or table, the label in the source's language, and the proof."""

    name: str
    label: str
    weight: int
    quote: str
    basis: PartBasis


def find_brand_customers(
    prose: SourceProse, language: str, lexicon: IngestLexicon, trade: FoundTrade | None
) -> list[BrandCustomer]:
    """Return the customers that the source names, the highest weight first, completed by those of the trade.

    The brand's own trade is no customer of it. General groups, such as companies, are too vague alone.
    """
    grammar = load_customer_grammar(language)
    if grammar is None:
        return []
    stated = sorted(
        [*find_table_customers(prose, language, lexicon, grammar), *list_lexicon_customers(prose, lexicon, grammar)],
        key=lambda customer: -customer.weight,
    )
    if trade and not is_own_trade(trade, language, grammar):
        # The words are about the customers' trade, so it tells no other customers.
        trade = None
    if trade:
        stated = [customer for customer in stated if not is_peer_or_staff(customer, trade, language, lexicon)]
    chosen = choose_stated_customers(stated)
    is_stated = not {customer.name for customer in chosen} <= GENERAL_AUDIENCE_NAMES | DEPENDENT_AUDIENCE_NAMES
    inferred = list_trade_customers(trade, prose, language, is_stated=is_stated) if trade else []
    return complete_customers(chosen, inferred)


def is_peer_or_staff(customer: BrandCustomer, trade: FoundTrade, language: str, lexicon: IngestLexicon) -> bool:
    """Return whether a customer is of the brand's own trade, by its words too, as `hairdressers`, or is hired by it."""
    if customer.name in {*trade.trade.customers, *trade.trade.possible_customers}:
        return False
    if customer.name in STAFF_AUDIENCE_NAMES or customer.name in trade.trade.peers:
        return True
    forms = lexicon.roles.get("business", {}).get(customer.name, [])
    return any(is_name_of_trade(form, trade.name, language) for form in (customer.label, *forms))


def choose_stated_customers(stated: Sequence[BrandCustomer]) -> list[BrandCustomer]:
    """Return the best customers, general ones last. Behind two others, private customers say nothing.

    One that is mentioned far less than the best one is an aside.
    """
    distinct = drop_general_customers(stated)
    concrete = [customer for customer in distinct if customer.name not in GENERAL_AUDIENCE_NAMES]
    best_weight = max((customer.weight for customer in concrete), default=0)
    concrete = [customer for customer in concrete if customer.weight >= MIN_SHARE_OF_BEST_WEIGHT * best_weight]
    general = [customer for customer in distinct if customer.name in GENERAL_AUDIENCE_NAMES]
    if len(concrete) >= MIN_AUDIENCE_ROLES:
        general = [customer for customer in general if customer.name in GENERAL_ORGANIZATION_NAMES]
    return [*concrete, *general][:MAX_AUDIENCE_ROLES]


def complete_customers(stated: list[BrandCustomer], inferred: Sequence[BrandCustomer]) -> list[BrandCustomer]:
    """Return stated customers, with inferred ones if there are fewer than two.

    General customers alone are no audience. Organizations stand before inferred customers, and without those beside
    people, as in `companies and private customers`.
    """
    if GENERAL_AUDIENCE_NAMES.issuperset(customer.name for customer in stated):
        organizations = [customer for customer in stated if customer.name in GENERAL_ORGANIZATION_NAMES]
        is_pair = 0 < len(organizations) < len(stated)
        stated = organizations[:1] if inferred else stated if is_pair else []
    if len(stated) < MIN_AUDIENCE_ROLES:
        return drop_general_customers([*stated, *inferred])[:MAX_COMPLETED_AUDIENCE_ROLES]
    return stated


def list_trade_customers(
    trade: FoundTrade, prose: SourceProse, language: str, *, is_stated: bool
) -> list[BrandCustomer]:
    """Return the customers of nearly all brands of the trade, then those that the brand's own texts name, too.

    Next to stated customers (`is_stated`), only named ones count: a tutor of therapists teaches no pupils.
    """
    named = find_named_audiences(prose, language)
    certain = [name for name in trade.trade.customers if name in named or not is_stated]
    names = [*certain, *(name for name in trade.trade.possible_customers if name in named)]
    labels = {name: get_audience_label(name, language) for name in names}
    return [BrandCustomer(name, label, 0, trade.quote, "inferred") for name, label in labels.items() if label]


def find_named_audiences(prose: SourceProse, language: str) -> set[str]:
    """Return the audiences that the brand's own texts name, but not only as lacking: `without an HR team`."""
    own = (passage.text for passage in prose.passages if passage.speaker == "brand" and not passage.story)
    index = index_audience_stems(language)
    return {
        match.owner
        for text in (*prose.about, *own)
        for match in index.find_stems(text)
        if not is_negated(text, match, language)
    }


def list_lexicon_customers(
    prose: SourceProse, lexicon: IngestLexicon, grammar: CustomerGrammar
) -> Iterator[BrandCustomer]:
    labels = {name: forms[0] for kind in lexicon.roles.values() for name, forms in kind.items()}
    passages = [*prose.passages, *(Passage(text=text, kind="heading", role="hero") for text in prose.about)]
    for role in find_audience_roles(passages, prose.language, compile_pattern(grammar.refusal)):
        yield BrandCustomer(role.name, labels[role.name], role.weight, role.quotes[0], "stated")


def find_table_customers(
    prose: SourceProse, language: str, lexicon: IngestLexicon, grammar: CustomerGrammar
) -> Iterator[BrandCustomer]:
    """Yield the audiences of the table that stand after a cue such as `for`, or before one in some languages.

    A word that is a role of the lexicon has its exact label: the table's `sailors` are boat owners.
    """
    roles = {form.casefold(): name for kind in lexicon.roles.values() for name, forms in kind.items() for form in forms}
    labels = {name: forms[0] for kind in lexicon.roles.values() for name, forms in kind.items()}
    weights: Counter[str] = Counter()
    quotes: dict[str, str] = {}
    for text, match, weight in find_weighted_audiences(prose, language, lexicon, grammar):
        name = roles.get(get_whole_words(text, match).casefold(), match.owner)
        weights[name] = min(weights[name] + weight, MAX_AUDIENCE_WEIGHT)
        quotes.setdefault(name, cut_evidence_quote(text, match.start))
    for name, weight in weights.items():
        label = labels.get(name) or get_audience_label(name, language)
        if label:
            yield BrandCustomer(name, label, weight, quotes[name], "stated")


def find_weighted_audiences(
    prose: SourceProse, language: str, lexicon: IngestLexicon, grammar: CustomerGrammar
) -> Iterator[tuple[str, StemMatch, int]]:
    """Yield the table's audiences of each text, each once, with the text and its weight.

    In prose a single one is likely an aside, as a bed `for children`. Several are a list of customers.
    """
    for text, weight in list_weighted_texts(prose, language, grammar):
        cued = {match.owner: match for match in find_cued_audiences(text, language, grammar, lexicon)}
        if weight > PROSE_AUDIENCE_WEIGHT or len(cued) > 1:
            for match in cued.values():
                yield text, match, weight
    for text in list_customer_items(prose, language):
        for match in islice(index_audience_stems(language).find_stems(text), 1):
            yield text, match, LEADING_TEXT_AUDIENCE_WEIGHT


def list_weighted_texts(prose: SourceProse, language: str, grammar: CustomerGrammar) -> Iterator[tuple[str, int]]:
    for text in prose.about:
        yield text, LEADING_TEXT_AUDIENCE_WEIGHT
    for text in list_segment_titles(prose, language, grammar):
        yield text, LEADING_TEXT_AUDIENCE_WEIGHT
    for passage in prose.passages:
        if passage.speaker == "brand" and passage.kind != "label" and not passage.story:
            is_leading = passage.role == "hero"
            is_title = passage.kind == "heading" and not is_segment_title(passage.text, grammar)
            others = HEADING_AUDIENCE_WEIGHT if is_title else PROSE_AUDIENCE_WEIGHT
            yield passage.text, LEADING_TEXT_AUDIENCE_WEIGHT if is_leading else others


def drop_general_customers(customers: Iterable[BrandCustomer]) -> list[BrandCustomer]:
    """Drop each customer that repeats another one or is more general, as `teams` beside `small teams`."""
    kept: list[BrandCustomer] = []
    for customer in customers:
        if any(is_same_or_more_general(customer, one) for one in kept):
            continue
        general = [number for number, one in enumerate(kept) if is_same_or_more_general(one, customer)]
        kept[slice(general[0], general[0] + 1) if general else slice(len(kept), None)] = [customer]
        kept = [one for number, one in enumerate(kept) if number not in general[1:]]
    return kept


def is_same_or_more_general(one: BrandCustomer, other: BrandCustomer) -> bool:
    """Return whether a customer's label is a part of the other one's, or its name is the more general one.

    Whole words count: `women` don't repeat `men`.
    """
    name, other_name = (customer.name.replace(" ", "_") for customer in (one, other))
    if name in SPECIAL_AUDIENCE_NAMES.get(other_name, ()):
        return False
    label, longer = one.label.casefold(), other.label.casefold()
    if not UNSPACED_SCRIPT_PATTERN.search(label):
        label, longer = f" {label} ", f" {longer} "
    return other_name in SPECIAL_AUDIENCE_NAMES.get(name, ()) or label in longer


def derive_audience(
    prose: SourceProse, customers: Sequence[BrandCustomer], grammar: CustomerGrammar | None
) -> Iterator[FieldCandidate]:
    if customers and grammar:
        yield FieldCandidate(
            field="audience",
            value=capitalize_sentence(join_labels([customer.label for customer in customers], grammar), grammar),
            confidence=compute_customers_confidence(customers),
            rule="text.audience",
            url=prose.url,
            evidence=take_first_distinct_evidence_quotes(customer.quote for customer in customers),
            parts=[*map(build_customer_part, customers)],
        )


def build_customer_part(customer: BrandCustomer) -> BrandPart:
    return BrandPart(
        part="organization" if customer.name in AUDIENCE_ORGANIZATION_NAMES else "role",
        value=customer.label,
        quote=customer.quote,
        basis=customer.basis,
    )


def compute_customers_confidence(customers: Sequence[BrandCustomer], more: int = 0) -> float:
    """Return the confidence of the customers' weights, and of `more` points of other parts."""
    if all(customer.basis == "inferred" for customer in customers):
        return INFERRED_AUDIENCE_CONFIDENCE
    points = sum(customer.weight for customer in customers) + more
    return round(min(BASE_AUDIENCE_CONFIDENCE + AUDIENCE_CONFIDENCE_PER_POINT * points, MAX_AUDIENCE_CONFIDENCE), 2)


def join_labels(labels: Sequence[str], grammar: CustomerGrammar) -> str:
    """Join labels into a list of the language, such as `a, b and c`; empty for no labels."""
    if len(labels) <= 1:
        return "".join(labels)
    joined = grammar.joined_euphonic if re.match(grammar.euphonic, labels[-1], re.IGNORECASE) else grammar.joined
    if any(grammar.joined in label for label in labels):
        joined = grammar.compound
    return joined.join((grammar.separator.join(labels[:-1]), labels[-1]))


def capitalize_sentence(text: str, grammar: CustomerGrammar) -> str:
    first = "İ" if grammar.dotted and text.startswith("i") else text[:1].upper()
    return first + text[1:]
