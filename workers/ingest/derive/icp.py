"""Rules of `icp`: customers with place, need, specifics and priorities, in the source's language, each with a quote.

A need is the trade's own label. Without a trade it is a use of the product in the source's words, or the specifics
alone. Without any of these, two priorities make an ICP: without them it would repeat the audience.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from schemas.brand import BrandPart, FieldCandidate
from workers.ingest.derive.audience import (
    BrandCustomer,
    build_customer_part,
    capitalize_sentence,
    compute_customers_confidence,
    join_labels,
)
from workers.ingest.derive.lexicon import IngestLexicon
from workers.ingest.derive.people import compile_cue_words_pattern
from workers.ingest.derive.places import BrandPlace
from workers.ingest.derive.quotes import (
    cut_evidence_quote,
    split_passages_to_sentences,
    take_first_distinct_evidence_quotes,
)
from workers.ingest.derive.selling_points import SellingPoint
from workers.ingest.derive.stems import UNSPACED_SCRIPT_PATTERN, lower_keeping_length
from workers.ingest.derive.tables import CustomerGrammar, get_audience_label, index_audience_stems, index_trade_stems
from workers.ingest.derive.trades import FoundTrade, is_name_of_trade, is_purpose
from workers.ingest.page.text import clean_text_line
from workers.ingest.shapes import SourceProse

MAX_ICP_CUSTOMERS = 2
MAX_ICP_NEEDS = 2
MAX_ICP_PRIORITIES = 3
#: Priorities that stand for a need, if none is known.
MIN_ICP_PRIORITIES_WITHOUT_NEED = 2
#: Weight of a selling point from which it is one: a leading text, a heading and another text, or three texts.
MIN_PRIORITY_WEIGHT = 3
#: Languages that write nouns with a capital.
CAPITALIZED_NOUN_LANGUAGES = frozenset({"de"})
#: End of a use inside a sentence: a dash and a further thought.
DASH_AND_REST_OF_TEXT_PATTERN = re.compile(r"\s+[-–—]\s+.*")
ACRONYM_PATTERN = re.compile(r"(?<![A-Za-z])[A-Z]{2,5}(?![A-Za-z])")
#: Audiences that are named for the thing that they want.
BUYER_NAME_PATTERN = re.compile(
    r"_(?:buyers|owners|users)$|^(?:patients|players|readers|tenants|learners|students|travelers|investors|savers)$"
)
PLURAL_ENDING_PATTERN = re.compile(r"(?:s|en|i|e)$")
#: A question asks for the reader's problem, not for the thing that is sold.
QUESTION_PATTERN = re.compile(r"[?？؟]\s*$")


def derive_icp_candidate(
    prose: SourceProse,
    customers: Sequence[BrandCustomer],
    needs: Sequence[BrandPart],
    place: BrandPlace | None,
    grammar: CustomerGrammar,
) -> Iterator[FieldCandidate]:
    """Yield the ICP of at most `MAX_ICP_CUSTOMERS` customers. Nothing without customers or needs."""
    if not (customers and needs):
        return
    chosen = choose_icp_customers(customers, place)
    places = [BrandPart(part="place", value=place.name, quote=place.quote, basis="stated")] if place else []
    parts = [*map(build_customer_part, chosen), *places, *needs]
    parts = [write_own_words(part, grammar) for part in parts]
    yield FieldCandidate(
        field="icp",
        value=describe_ideal_customer(parts, grammar, is_area=place is not None and place.is_area),
        confidence=compute_customers_confidence(chosen, len(places) + len(needs)),
        rule="text.icp",
        url=prose.url,
        evidence=take_first_distinct_evidence_quotes(part.quote for part in parts),
        parts=parts,
    )


def write_own_words(part: BrandPart, grammar: CustomerGrammar) -> BrandPart:
    """Return a part with a value of the tables in the grammar's script; the source's own words stay."""
    is_quoted = part.part in {"place", "use", "specific"} or (part.part == "need" and part.basis == "stated")
    return part if is_quoted else msgspec.structs.replace(part, value=grammar.write(part.value))


def choose_icp_customers(customers: Sequence[BrandCustomer], place: BrandPlace | None) -> Sequence[BrandCustomer]:
    """Return at most `MAX_ICP_CUSTOMERS` customers, none with another one's words.

    A place says already that they are locals.
    """
    chosen = [one for one in customers if one.name != "locals"] if place else [*customers]
    labels = [f" {one.label.casefold()} " for one in chosen]
    distinct = [
        one
        for number, one in enumerate(chosen)
        if not any(labels[number] in label for label in (*labels[:number], *labels[number + 1 :]))
    ]
    return (distinct or customers)[:MAX_ICP_CUSTOMERS]


def list_customers_of_trade(
    customers: Sequence[BrandCustomer], trade: FoundTrade, language: str
) -> list[BrandCustomer]:
    """Return the stated customers with words of the trade, if they aren't buyers by name: home buyers buy homes."""
    return [
        one
        for one in customers
        if one.basis == "stated"
        and not BUYER_NAME_PATTERN.search(one.name)
        and is_name_of_trade(one.label, trade.name, language)
    ]


def is_named_besides_customers(
    prose: SourceProse, trade: FoundTrade, of_trade: Sequence[BrandCustomer], language: str
) -> bool:
    """Return whether a leading text names the trade not only as customers."""
    hero = [passage.text for passage in prose.passages if passage.role == "hero"]
    return any(has_trade_besides_customers(text, trade, of_trade, language) for text in (*prose.about, *hero))


def has_trade_besides_customers(text: str, trade: FoundTrade, of_trade: Sequence[BrandCustomer], language: str) -> bool:
    places = [(match.start, match.end) for match in index_audience_stems(language).find_stems(text)]
    lower = lower_keeping_length(text)
    if any(PLURAL_ENDING_PATTERN.sub("", one.label.lower()) in lower for one in of_trade):
        return False
    return any(
        match.owner == trade.name and not any(start < match.end and match.start < end for start, end in places)
        for match in index_trade_stems(language).find_stems(text)
        if not is_purpose(text, match, language)
    )


def replace_children(customers: Sequence[BrandCustomer], language: str) -> list[BrandCustomer]:
    """Replace children by families, or drop them next to parents: children buy nothing themselves."""
    label = get_audience_label("families", language)
    if not label or not {"parents", "families"}.isdisjoint(customer.name for customer in customers):
        return [customer for customer in customers if customer.name != "children" or not label]
    return [
        one._replace(name="families", label=label, basis="inferred") if one.name == "children" else one
        for one in customers
    ]


def find_trade_needs(language: str, trade: FoundTrade) -> Iterator[BrandPart]:
    """Yield the label of the trade's need."""
    if label := trade.trade.need.get(language, ""):
        yield BrandPart(part="need", value=label, quote=trade.quote, basis="inferred")


def list_priorities(points: Iterable[SellingPoint]) -> list[BrandPart]:
    """Return at most `MAX_ICP_PRIORITIES` selling points, which matter to the customers."""
    heavy = [point for point in points if point.weight >= MIN_PRIORITY_WEIGHT][:MAX_ICP_PRIORITIES]
    return [BrandPart(part="priority", value=point.name, quote=point.quote, basis="stated") for point in heavy]


def quote_need(prose: SourceProse, keyword: str, language: str) -> BrandPart | None:
    """Return a need of a keyword, with the first text that has it; None without one.

    A question is no such text: it asks for a problem.
    """
    wanted = lower_keeping_length(keyword)
    for text in (*prose.about, *(passage.text for passage in prose.passages)):
        if (start := lower_keeping_length(text).find(wanted)) >= 0 and not QUESTION_PATTERN.search(text):
            written = text[start : start + len(wanted)]
            value = restore_capitals(keyword, written, text, language)
            return BrandPart(part="need", value=value, quote=cut_evidence_quote(text, start), basis="stated")
    return None


def restore_capitals(keyword: str, written: str, text: str, language: str) -> str:
    """Return a keyword in lower case with the capitals of its `written` form in a text: of acronyms, as in `FX school`.

    German keeps all its capitals, and a text in capitals alone gives none.
    """
    if language in CAPITALIZED_NOUN_LANGUAGES and not written.isupper():
        return written
    if text.isupper() and not UNSPACED_SCRIPT_PATTERN.search(text):
        return keyword
    restored = list(keyword)
    for match in ACRONYM_PATTERN.finditer(written):
        restored[match.start() : match.end()] = match[0]
    return "".join(restored)


def find_stated_use(prose: SourceProse, lexicon: IngestLexicon) -> Iterator[BrandPart]:
    """Yield the use of the product that the first such sentence names, in its words with a quote."""
    pattern = compile_cue_words_pattern(lexicon.use)
    passages = [passage for passage in prose.passages if passage.speaker == "brand" and not passage.story]
    for sentence in split_passages_to_sentences(passages):
        if match := pattern.search(sentence):
            use = clean_text_line(DASH_AND_REST_OF_TEXT_PATTERN.sub("", match[1]))
            yield BrandPart(part="use", value=use, quote=cut_evidence_quote(sentence, match.start()), basis="stated")
            return


def describe_ideal_customer(parts: Sequence[BrandPart], grammar: CustomerGrammar, *, is_area: bool = False) -> str:
    """Build the text of the parts by the language's grammar: a sentence with its specifics, then the priorities.

    The specifics are the need if the parts have none. Without both there are the customers and the
    priorities, or only a line of the other parts.
    """
    values: dict[str, list[str]] = {}
    for part in parts:
        kind = "customers" if part.part in {"role", "organization"} else part.part
        values.setdefault(kind, []).append(part.value)
    texts = {kind: join_labels(labels, grammar) for kind, labels in values.items()}
    has_need = "need" in texts or "use" in texts
    details = texts.get("specific", "") if has_need else ""
    need = texts.get("need") or texts.get("specific", "")
    pattern = grammar.want if "use" in texts else grammar.sentence if need else ""
    place = texts.get("place", "")
    if "priority" in texts and not pattern:
        pattern = "{customers}"
    if not pattern or not (customers := texts.get("customers", "")):
        return capitalize_sentence(
            " · ".join(filter(None, map(texts.get, ("customers", "place", "need", "use")))), grammar
        )
    where = format_place(place, grammar, is_area=is_area)
    sentence = pattern.format(customers=customers, place=where, need=need, use=texts.get("use", ""))
    if details:
        sentence = grammar.details.format(sentence=sentence, specifics=details)
    sentences = [sentence]
    if priorities := texts.get("priority"):
        sentences.append(grammar.priorities.format(priorities=priorities))
    for written, replacement in grammar.euphony.items():
        sentences[0] = re.sub(written, replacement, sentences[0], count=1)
    between = " " if grammar.stop.isascii() else ""
    return between.join(capitalize_sentence(one, grammar) + grammar.stop for one in sentences)


def format_place(place: str, grammar: CustomerGrammar, *, is_area: bool) -> str:
    """Return a place as a part of the sentence: `nationwide`, ` in Leeds`; empty for none."""
    if not place:
        return ""
    if re.search(grammar.reach_words, place, re.IGNORECASE):
        return grammar.reach.format(place=place)
    return (grammar.area if is_area and grammar.area else grammar.town).format(place=place)
