"""Rules of `icp`: customers with their place and need, in one sentence of the source's language, each with a quote.

A need is a phrase of the source that its trade knows, else the trade's own label. Without a trade it is a
use of the product in the source's words. Without a need there is no ICP: it would repeat the audience.
"""

import re
from collections.abc import Iterator, Sequence

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
from workers.ingest.derive.stems import UNSPACED_SCRIPT_PATTERN, lower_keeping_length
from workers.ingest.derive.tables import CustomerGrammar
from workers.ingest.derive.trades import FoundTrade, is_name_of_trade
from workers.ingest.page.text import clean_text_line, fold_text
from workers.ingest.shapes import SourceProse

MAX_ICP_CUSTOMERS = 2
MAX_ICP_NEEDS = 2
#: Languages that write nouns with a capital.
CAPITALIZED_NOUN_LANGUAGES = frozenset({"de"})
#: End of a use inside a sentence: a dash and a further thought.
DASH_AND_REST_OF_TEXT_PATTERN = re.compile(r"\s+[-–—]\s+.*")
ACRONYM_PATTERN = re.compile(r"(?<![A-Za-z])[A-Z]{2,5}(?![A-Za-z])")
#: A question asks for the reader's problem, not for the thing that is sold.
QUESTION_PATTERN = re.compile(r"[?？؟]\s*$")


def derive_icp_candidate(
    prose: SourceProse,
    customers: Sequence[BrandCustomer],
    needs: Sequence[BrandPart],
    place: BrandPlace | None,
    grammar: CustomerGrammar | None,
) -> Iterator[FieldCandidate]:
    if not (grammar and customers and needs):
        return
    chosen = customers[:MAX_ICP_CUSTOMERS]
    places = [BrandPart(part="place", value=place.name, quote=place.quote, basis="stated")] if place else []
    parts = [*map(build_customer_part, chosen), *places, *needs]
    yield FieldCandidate(
        field="icp",
        value=describe_ideal_customer(parts, grammar),
        confidence=compute_customers_confidence(chosen, len(places) + len(needs)),
        rule="text.icp",
        url=prose.url,
        evidence=take_first_distinct_evidence_quotes(part.quote for part in parts),
        parts=parts,
    )


def find_trade_needs(
    prose: SourceProse, language: str, trade: FoundTrade, keywords: Sequence[str]
) -> Iterator[BrandPart]:
    """Yield at most `MAX_ICP_NEEDS` needs: keywords that the trade's stems know, then the trade's label."""
    label = trade.trade.need.get(language, "")
    known = [keyword for keyword in keywords if is_name_of_trade(keyword, trade.name, language)]
    quoted = (quote_need(prose, keyword, language) for keyword in known if not share_a_word(keyword, prose.name or ""))
    stated = [need for need in quoted if need][:MAX_ICP_NEEDS]
    yield from stated
    repeated = any(share_a_word(part.value, label) for part in stated)
    if label and len(stated) < MAX_ICP_NEEDS and not repeated:
        yield BrandPart(part="need", value=label, quote=trade.quote, basis="inferred")


def share_a_word(one: str, other: str) -> bool:
    words = set(other.casefold().split())
    return fold_text(one) in fold_text(other) or not words.isdisjoint(one.casefold().split())


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


def describe_ideal_customer(parts: Sequence[BrandPart], grammar: CustomerGrammar) -> str:
    """Build the sentence of the parts by the language's grammar, or a line of parts, labelled in some languages."""
    values: dict[str, list[str]] = {}
    for part in parts:
        kind = "customers" if part.part in {"role", "organization"} else part.part
        values.setdefault(kind, []).append(part.value)
    customers = join_labels(values.get("customers", []), grammar)
    need, use = (join_labels(values.get(kind, []), grammar) for kind in ("need", "use"))
    place = values.get("place")
    if grammar.labels:
        texts = (customers, *(place or [""]), need or use)
        return " · ".join(f"{label}: {text}" for label, text in zip(grammar.labels, texts, strict=True) if text)
    pattern = grammar.want if use else grammar.sentence if place else grammar.placeless
    if not pattern or not (need or use):
        return " · ".join(filter(None, (capitalize_sentence(customers, grammar), *(place or []), need, use)))
    sentence = pattern.format(customers=customers, need=need, use=use, place=place[0] if place else "")
    return capitalize_sentence(sentence, grammar)
