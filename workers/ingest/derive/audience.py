"""Rules of `audience`: the customers that the source names, else those of its trade, in its own language."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import islice
from typing import NamedTuple

from schemas.brand import BrandPart, FieldCandidate, PartBasis
from workers.ingest.derive.lexicon import IngestLexicon
from workers.ingest.derive.people import WORDS_BETWEEN_CUE_AND_AUDIENCE_PATTERN, find_audience_roles, is_refused_cue
from workers.ingest.derive.quotes import cut_evidence_quote, take_first_distinct_evidence_quotes
from workers.ingest.derive.stems import UNSPACED_SCRIPT_PATTERN, StemMatch
from workers.ingest.derive.tables import (
    CustomerGrammar,
    get_audience_label,
    index_audience_stems,
    load_customer_grammar,
)
from workers.ingest.derive.trades import FoundTrade
from workers.ingest.page.text import fold_text
from workers.ingest.shapes import SourceProse

MAX_AUDIENCE_ROLES = 4
#: Organizations of no kind or size: alone they are too general.
VAGUE_AUDIENCE_NAMES = {"businesses", "companies", "organizations"}
#: Names of the lexicon and of the table that are organizations, or parts of one; the others are roles.
AUDIENCE_ORGANIZATION_NAMES = frozenset(
    f"{size}{name}"
    for size, names in {
        "": """teams businesses companies enterprises organizations startups agencies manufacturers retailers
            merchants brands restaurants hotels hospitals schools universities nonprofits governments churches
            publishers newsrooms salons gyms clubs banks insurers fleets carriers resellers small_businesses
            municipalities pharmacies construction_companies logistics_companies product_teams sales_teams hr_teams
            data_teams security_teams support_teams""",
        "small ": "teams businesses",
        "remote ": "teams",
        "marketing ": "agencies",
    }.items()
    for name in names.split()
)
#: Weight of a name after a cue in a title, a description or the hero.
LEADING_TEXT_AUDIENCE_WEIGHT = 3
HEADING_AUDIENCE_WEIGHT = 2
#: Weight from which a name after a cue counts: one leading text, or a heading and another text.
MIN_AUDIENCE_WEIGHT = 3
#: Highest weight of a name's mentions together.
MAX_AUDIENCE_WEIGHT = 6
#: Characters after a cue that are read for names.
MAX_CHARS_AFTER_CUE = 80
#: Characters between cue and name in a script without blanks.
MAX_UNSPACED_CHARS_AFTER_CUE = 4
#: Cues that are read of one text.
MAX_CUES_PER_TEXT = 10
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
    """Return the customers that the source names, the highest weight first; else those of the trade, if there is one.

    Organizations of no kind are no customers alone: then those of the trade are returned.
    """
    stated = drop_repeated_labels(
        sorted(
            [
                *list_lexicon_customers(prose, lexicon, load_customer_grammar(language)),
                *find_table_customers(prose, language),
            ],
            key=lambda customer: -customer.weight,
        )
    )[:MAX_AUDIENCE_ROLES]
    if not VAGUE_AUDIENCE_NAMES.issuperset(customer.name for customer in stated):
        return stated
    if trade is None:
        return []
    inferred = [
        BrandCustomer(name, label, 0, trade.quote, "inferred")
        for name in trade.trade.customers
        if (label := get_audience_label(name, language))
    ]
    return inferred or stated


def list_lexicon_customers(
    prose: SourceProse, lexicon: IngestLexicon, grammar: CustomerGrammar | None
) -> Iterator[BrandCustomer]:
    labels = {name: forms[0] for kind in lexicon.roles.values() for name, forms in kind.items()}
    refusal = grammar.refusal if grammar else CustomerGrammar().refusal
    for role in find_audience_roles(prose.passages, prose.language, compile_pattern(refusal)):
        yield BrandCustomer(role.name, labels[role.name], role.weight, role.quotes[0], "stated")


def find_table_customers(prose: SourceProse, language: str) -> Iterator[BrandCustomer]:
    """Yield the audiences of the table that stand after a cue such as `for`, or before one in some languages."""
    grammar = load_customer_grammar(language)
    if grammar is None:
        return
    weights: Counter[str] = Counter()
    quotes: dict[str, str] = {}
    for text, weight in list_weighted_texts(prose):
        for match in {match.owner: match for match in find_cued_audiences(text, language, grammar)}.values():
            weights[match.owner] = min(weights[match.owner] + weight, MAX_AUDIENCE_WEIGHT)
            quotes.setdefault(match.owner, cut_evidence_quote(text, match.start))
    for name, weight in weights.items():
        label = get_audience_label(name, language)
        if label and weight >= MIN_AUDIENCE_WEIGHT:
            yield BrandCustomer(name, label, weight, quotes[name], "stated")


def list_weighted_texts(prose: SourceProse) -> Iterator[tuple[str, int]]:
    for text in prose.about:
        yield text, LEADING_TEXT_AUDIENCE_WEIGHT
    for passage in prose.passages:
        if passage.speaker == "brand" and passage.kind != "label" and not passage.story:
            is_leading = passage.role == "hero"
            others = HEADING_AUDIENCE_WEIGHT if passage.kind == "heading" else 1
            yield passage.text, LEADING_TEXT_AUDIENCE_WEIGHT if is_leading else others


def find_cued_audiences(text: str, language: str, grammar: CustomerGrammar) -> Iterator[StemMatch]:
    index = index_audience_stems(language)
    if grammar.after:
        behind = compile_pattern(grammar.after)
        yield from (match for match in index.find_stems(text) if behind.match(text, match.end))
    refusal = compile_pattern(grammar.refusal)
    for cue in islice(compile_pattern(grammar.before).finditer(text), MAX_CUES_PER_TEXT):
        if is_refused_cue(text, cue.start(), refusal):
            continue
        start = cue.end()
        for match in index.find_stems(text[start : start + MAX_CHARS_AFTER_CUE]):
            between = text[start : cue.end() + match.start]
            if match.start + cue.end() >= start:
                if not is_short_between_cue_and_audience(between):
                    break
                yield StemMatch(match.owner, cue.end() + match.start, cue.end() + match.end)
                start = cue.end() + match.end


def is_short_between_cue_and_audience(between: str) -> bool:
    """Return whether a cue leads to the name after `between`: three words, or in scripts without blanks four signs."""
    if UNSPACED_SCRIPT_PATTERN.search(between):
        return len(between) <= MAX_UNSPACED_CHARS_AFTER_CUE
    return WORDS_BETWEEN_CUE_AND_AUDIENCE_PATTERN.fullmatch(between) is not None


@cache
def compile_pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


def drop_repeated_labels(customers: Iterable[BrandCustomer]) -> list[BrandCustomer]:
    """Drop each customer with a label that is a part of another one, as `teams` of `small teams`."""
    kept: list[BrandCustomer] = []
    for customer in customers:
        label = fold_text(customer.label)
        overlapping = [one for one in kept if label in fold_text(one.label) or fold_text(one.label) in label]
        if not overlapping:
            kept.append(customer)
        elif len(overlapping) == 1 and len(label) > len(fold_text(overlapping[0].label)):
            kept[kept.index(overlapping[0])] = customer
    return kept


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
    if any(customer.basis == "inferred" for customer in customers):
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
