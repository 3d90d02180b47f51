"""Derivation of candidates from all prose of a source. It runs in the parsing process."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import msgspec

from generation.copy.chinese import is_traditional_chinese
from schemas.brand import BrandProfile, FieldCandidate
from workers.ingest.derive import audience, icp, keywords, offer, voice
from workers.ingest.derive.lexicon import IngestLexicon, load_lexicon
from workers.ingest.derive.own_prose import ROLES_WITHOUT_BRAND_PROSE
from workers.ingest.derive.places import BrandPlace, find_brand_place, find_brand_reach
from workers.ingest.derive.quotes import split_passages_to_sentences
from workers.ingest.derive.selling_points import SellingPoint, find_selling_points
from workers.ingest.derive.specifics import find_specific_needs
from workers.ingest.derive.statements import find_brand_statements
from workers.ingest.derive.tables import CustomerGrammar, load_customer_grammar, load_traditional_chinese_grammar
from workers.ingest.derive.trades import FoundTrade, find_brand_trade
from workers.ingest.detection import (
    MIN_LIKELY_LANGUAGE_PROBABILITY,
    detect_text_language,
    is_certainly_not_in_language,
    is_in_undeclared_script,
)
from workers.ingest.languages import primary_language_subtag
from workers.ingest.shapes import ParsedNonPageDoc, Passage, SourceProse

#: Characters that are read: more of them change nothing.
MAX_DERIVED_PROSE_CHARS = 40_000


class BrandMarket(NamedTuple):
    """Trade of a brand, its customers by the words of its prose and by its trade, and the town of a local trade."""

    trade: FoundTrade | None
    customers: list[audience.BrandCustomer]
    town: BrandPlace | None


def derive_keywords_voice_audience_and_icp(prose: SourceProse) -> ParsedNonPageDoc:
    prepared_prose = cut_prose_and_detect_its_language(prose)
    language_lexicon = load_lexicon(prepared_prose.language)
    terms = list(keywords.derive_brand_keywords(prepared_prose))
    language = primary_language_subtag(prepared_prose.language or "")
    points = find_selling_points(prepared_prose, language)
    # Labels of menus count after a signpost, such as `Industries`.
    own = [one for one in prepared_prose.passages if one.kind == "label" or one.role not in ROLES_WITHOUT_BRAND_PROSE]
    offering_prose = msgspec.structs.replace(prepared_prose, passages=own)
    market = find_brand_market(offering_prose, prose, language, language_lexicon)
    return ParsedNonPageDoc(
        candidates=[
            *terms,
            *voice.derive_brand_voice_candidate(prepared_prose, points),
            *derive_audience_and_icp(
                offering_prose, language_lexicon, terms, points, own_prose=prepared_prose, source=prose, market=market
            ),
        ],
        profile=derive_brand_profile(prepared_prose, language, market),
    )


def derive_brand_profile(prose: SourceProse, language: str, market: BrandMarket) -> BrandProfile:
    """Return the brand's trade, its town if its market is local, and its statements. An area is no town."""
    place = market.town.name if market.town and not market.town.is_area else None
    refused = [customer.label for customer in market.customers]
    return BrandProfile(
        trade=market.trade.name if market.trade else None,
        place=place,
        statements=find_brand_statements(prose, language, trade=market.trade, place=place, refused=refused),
    )


def find_brand_market(prose: SourceProse, source: SourceProse, language: str, lexicon: IngestLexicon) -> BrandMarket:
    """Return the brand's market. Only the uncut `source` has its legal passages, which may have the town."""
    trade = find_brand_trade(prose, language)
    customers = audience.find_brand_customers(prose, language, lexicon, trade)
    if trade and (of_trade := icp.list_customers_of_trade(customers, trade, language)):
        if icp.is_named_besides_customers(prose, trade, of_trade, language):
            # Competitors are no customers: a farm that supports farmers sells to others.
            customers = [one for one in customers if one not in of_trade]
        else:
            # The words are about the customers' trade: a shop for estate agents sells no houses.
            trade = find_brand_trade(prose, language, excluded={trade.name})
    grammar = load_grammar_of_source(prose, language)
    is_local = trade is not None and trade.trade.market == "local"
    return BrandMarket(trade, customers, find_brand_place(source, grammar) if grammar and is_local else None)


def derive_audience_and_icp(
    prose: SourceProse,
    lexicon: IngestLexicon,
    terms: Sequence[FieldCandidate],
    points: Sequence[SellingPoint],
    *,
    own_prose: SourceProse,
    source: SourceProse,
    market: BrandMarket,
) -> Iterator[FieldCandidate]:
    """Yield the audience and the ICP in the source's language; nothing for a language without a grammar.

    `prose` has the passages about the offer, `own_prose` all of the brand's, `source` also those of others.
    """
    language = primary_language_subtag(prose.language or "")
    grammar, trade, customers = load_grammar_of_source(own_prose, language), market.trade, market.customers
    if grammar:
        customers = [one._replace(label=grammar.write(one.label)) for one in customers]
    yield from audience.derive_audience(prose, customers, grammar)
    words = [str(word) for term in terms for word in term.value]
    needs = [*icp.find_trade_needs(language, trade)] if trade else []
    needs = needs or [*icp.find_stated_use(prose, lexicon)]
    refused = [*(part.value for part in needs), *(customer.label for customer in customers)]
    needs += find_specific_needs(own_prose, language, refused, trade)
    needs = needs or offer.find_offered_needs(prose, language, lexicon, words)
    if grammar and customers:
        place = market.town or find_brand_reach(source, grammar)
        priorities = icp.list_priorities(points)
        is_enough = needs or len(priorities) >= icp.MIN_ICP_PRIORITIES_WITHOUT_NEED
        parts = [*needs, *priorities] if is_enough else []
        yield from icp.derive_icp_candidate(prose, icp.replace_children(customers, language), parts, place, grammar)


def load_grammar_of_source(prose: SourceProse, language: str) -> CustomerGrammar | None:
    """Return the language's grammar, of Chinese the one with the source's characters."""
    is_traditional = language == "zh" and is_traditional_chinese("".join(passage.text for passage in prose.passages))
    return load_traditional_chinese_grammar() if is_traditional else load_customer_grammar(language)


def cut_prose_and_detect_its_language(prose: SourceProse) -> SourceProse:
    """Return the brand's passages, at most `MAX_DERIVED_PROSE_CHARS` characters, with their likely language.

    A customer's review is no evidence for the brand's audience, and a theme's text none for its keywords. A
    declared language wins, but not if the text has another script, or is certainly in another language.
    """
    brand_passages = (passage for passage in prose.passages if passage.speaker == "brand")
    passages = list(cut_passages_to_derived_chars(brand_passages))
    declared, text = prose.language, " ".join(passage.text for passage in passages)
    if declared and (is_in_undeclared_script(text, [declared]) or is_certainly_not_in_language(text, declared)):
        declared = None
    return msgspec.structs.replace(prose, passages=passages, language=declared or detect_passages_language(passages))


def cut_passages_to_derived_chars(passages: Iterable[Passage]) -> Iterator[Passage]:
    remaining = MAX_DERIVED_PROSE_CHARS
    for passage in passages:
        if remaining > 0:
            yield msgspec.structs.replace(passage, text=passage.text[:remaining])
        remaining -= len(passage.text)


def detect_passages_language(passages: Iterable[Passage]) -> str | None:
    language, probability = detect_text_language(" ".join(split_passages_to_sentences(passages)))
    return language if probability >= MIN_LIKELY_LANGUAGE_PROBABILITY else None
