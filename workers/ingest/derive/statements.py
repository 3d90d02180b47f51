"""Statements of a brand: the services of one section of its pages, its questions, and whole sentences of its own.

Generated content shows them word for word. So each is the brand's own text: words of customers, of the law and of
a page's theme are none, and neither are contacts.
"""

import re
from collections.abc import Iterator, Sequence

import msgspec

from schemas.brand import BrandStatementFinding, StatementIntent
from workers.ingest.derive.own_prose import (
    PASSAGE_QUOTE_OPENING_PATTERN,
    QUESTION_END_PATTERN,
    find_brand_written_passages,
    find_pages_of_headlines,
    is_brand_prose_sentence,
    is_foreign_passage,
)
from workers.ingest.derive.quotes import split_passages_to_sentences
from workers.ingest.derive.selling_points import find_points_in_text
from workers.ingest.derive.specifics import (
    CARD_ROLES,
    MIN_SPECIFICS_OF_SECTION,
    OfferCard,
    find_offer_cards,
    strip_outer_signs,
)
from workers.ingest.derive.tables import compile_section_pattern, load_selling_point_table
from workers.ingest.derive.tone import compile_tone_pattern, load_voice_rules
from workers.ingest.derive.trades import FoundTrade
from workers.ingest.page.text import count_words, fold_text
from workers.ingest.shapes import Passage, SourceProse

MAX_STATEMENTS = 24
#: Maximum services among them.
MAX_OFFERED_ITEMS = 6
#: Maximum questions among them.
MAX_QUESTIONS = 4
#: Maximum characters of a statement: a longer one fits on no slide.
MAX_STATEMENT_CHARS = 110
MIN_STATEMENT_CHARS = 12
MIN_QUESTION_WORDS = 3
#: End of a sentence: a mark, or in scripts that often write none a polite verb.
STATEMENT_END_PATTERN = re.compile(
    r"[.!。！।](?:[\"”»)]|\s)*$|(?:です|ます|でした|ました|ません|ましょう|でしょう|ください|니다|세요|어요|아요)$"
)
#: Addresses, codes and telephone numbers, and quotations: they may have another speaker.
PRIVATE_OR_QUOTED_PATTERN = re.compile(r"\S@\S|://|\bwww\.|\+?\d[\d\s/().-]{6,}\d|\d{4}|[\"“”„«»「」『』]")
#: A list item's number, and marks between the items of a list that is no sentence.
LIST_SEPARATOR_PATTERN = re.compile(r"^\W*\d{1,2}\s*[-–.)]|\s[·/]\s|[•|→]|…$")
SENTENCE_OPENING_MARKS = "¿¡"
#: Selling points that prove the brand's quality by its past or by others.
PROOF_POINTS = frozenset(
    {"experience", "family_business", "certified", "licensed", "tradition", "expertise", "results"}
)


def find_brand_statements(
    prose: SourceProse, language: str, *, trade: FoundTrade | None, place: str | None, refused: Sequence[str] = ()
) -> list[BrandStatementFinding]:
    """Return at most `MAX_STATEMENTS` statements: services, then questions, then sentences, each once.

    `refused` are texts that are no services, such as the brand's customers.
    """
    cards = find_offer_cards(prose, language, refused, trade, needs_heading=True)
    items = [
        build_statement(spell_item(card), "offer", card.passage, prose)
        for card in (cards if len(cards) > MIN_SPECIFICS_OF_SECTION else ())
        if not PRIVATE_OR_QUOTED_PATTERN.search(card.value)
    ]
    # A sentence on a card may be about the card's heading, so those outside of cards come first.
    passages = sorted(prose.passages, key=lambda passage: passage.role in CARD_ROLES)
    sentences = [*find_sentence_statements(msgspec.structs.replace(prose, passages=passages), language, place)]
    questions = [one for one in sentences if one.intent == "problem"]
    others = [one for one in sentences if one.intent != "problem"]
    ordered = (*items[:MAX_OFFERED_ITEMS], *questions[:MAX_QUESTIONS], *others)
    return [*{fold_text(one.text): one for one in reversed(ordered)}.values()][::-1][:MAX_STATEMENTS]


def spell_item(card: OfferCard) -> str:
    """Return a service as inside a sentence, or as its card if that has other letters, such as a Turkish `İ`."""
    is_same = card.value.casefold() in card.passage.text.casefold()
    return card.value if is_same else strip_outer_signs(card.passage.text)


def find_sentence_statements(prose: SourceProse, language: str, place: str | None) -> Iterator[BrandStatementFinding]:
    """Yield the brand's own headline, questions and sentences that are short enough for a line, in their order."""
    headline_pages = find_pages_of_headlines(prose.passages)
    written = {id(passage) for passage in find_brand_written_passages(prose.passages)}
    for passage in prose.passages:
        is_heading = passage.kind == "heading" and not is_foreign_passage(passage, headline_pages)
        if id(passage) not in written and not is_heading:
            continue
        if PASSAGE_QUOTE_OPENING_PATTERN.match(passage.text):
            continue
        for sentence in split_passages_to_sentences([passage]):
            if is_stateable(sentence) and (intent := choose_intent(sentence, passage, prose, language, place)):
                yield build_statement(sentence, intent, passage, prose)


def is_stateable(sentence: str) -> bool:
    """Return whether a sentence fits a line, and has no address, quotation or list of items."""
    return (
        MIN_STATEMENT_CHARS <= len(sentence) <= MAX_STATEMENT_CHARS
        and not PRIVATE_OR_QUOTED_PATTERN.search(sentence)
        and not LIST_SEPARATOR_PATTERN.search(sentence)
        and (sentence[0].isalnum() or sentence[0] in SENTENCE_OPENING_MARKS)
    )


def choose_intent(
    sentence: str, passage: Passage, prose: SourceProse, language: str, place: str | None
) -> StatementIntent | None:
    """Return a sentence's intent; None for a section's title, and for a text that is no sentence.

    The headline of the page needs no mark.
    """
    if QUESTION_END_PATTERN.search(sentence):
        is_title = passage.kind == "heading" and (
            compile_section_pattern(language, "other").search(sentence) or count_words(sentence) < MIN_QUESTION_WORDS
        )
        return None if is_title else "problem"
    is_headline = passage.kind == "heading" and passage.role == "hero"
    if not (STATEMENT_END_PATTERN.search(sentence) or is_headline) or not is_brand_prose_sentence(sentence):
        return None
    if place and place in sentence:
        return "place"
    if language in load_selling_point_table().negation and not PROOF_POINTS.isdisjoint(
        find_points_in_text(sentence, language, prose.name or "")
    ):
        return "proof"
    rules = load_voice_rules().get(language)
    return "invitation" if rules and compile_tone_pattern(rules.call).match(sentence) else "benefit"


def build_statement(text: str, intent: StatementIntent, passage: Passage, prose: SourceProse) -> BrandStatementFinding:
    return BrandStatementFinding(
        text=text, intent=intent, quote=text if text in passage.text else passage.text, url=passage.url or prose.url
    )
