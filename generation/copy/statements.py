"""Statements of a brand's own pages as lines: sentences, services, the town, and the trade's call to action."""

from collections.abc import Iterator
from functools import cache
from importlib.resources import files

import msgspec

from generation.copy import texts
from generation.copy.claims import find_text_claims
from generation.copy.clauses import (
    MAX_COPY_LINE_CHARACTERS,
    MIN_COPY_LINE_WORDS,
    TRAILING_PUNCTUATION,
    BrandClause,
    is_only_name,
    is_readable_prose,
    is_self_contained,
)
from generation.copy.names import app_display_name
from generation.copy.speech import do_words_fit_language
from generation.spec import BrandSnapshot, CopyEvidence, CopyLine

#: Maximum characters of a chip and of an item.
MAX_CHIP_CHARACTERS = 26
#: Items of a list.
MIN_LIST_ITEMS = 3
MAX_LIST_ITEMS = 5
#: Characters of a quoted sentence.
MIN_QUOTE_CHARACTERS = 30
QUESTION_MARKS = ("?", "？", "؟")
#: Marks at the end of a whole sentence.
SENTENCE_END_MARKS = (".", "!", "。", "！", "।")
#: Place of the first statement, behind all clauses of descriptions and taglines.
PLACE_OF_FIRST_STATEMENT = 1000
#: Place of the first service or product, behind all sentences.
PLACE_OF_FIRST_ITEM = 2000
#: Rank of the first statement among the clauses of all texts, and the step to the next one.
FIRST_STATEMENT_RANK = 0.4
STATEMENT_RANK_STEP = 0.15
#: Call to action of a trade that the table lacks.
DEFAULT_TRADE_CALL = "contact"


def list_statement_clauses(brand: BrandSnapshot, language: str) -> Iterator[BrandClause]:
    """Yield the brand's statements as clauses, in their order; its services and questions are none."""
    sentences = [one for one in brand.statements if one.intent != "offer"]
    for place, one in enumerate(sentences):
        text = texts.strip_end_marks(texts.strip_html_to_line(one.text), TRAILING_PUNCTUATION)
        if not text.endswith(QUESTION_MARKS) and is_usable_statement(text, brand, language):
            yield BrandClause(
                text=texts.capitalize_first_word(text, app_display_name(brand)),
                field="statements",
                quote=one.quote,
                place=PLACE_OF_FIRST_STATEMENT + place,
                rank=FIRST_STATEMENT_RANK + STATEMENT_RANK_STEP * place,
                intent=one.intent,
            )


def list_statement_questions(brand: BrandSnapshot, language: str) -> Iterator[CopyLine]:
    """Yield the questions among the brand's statements as hooks."""
    for one in brand.statements:
        text = texts.strip_html_to_line(one.text)
        if text.endswith(QUESTION_MARKS) and is_usable_statement(text, brand, language):
            evidence = CopyEvidence(field="statements", quote=one.quote)
            yield CopyLine(text=text, rule="clause", evidence=[evidence], intent="problem")


def is_usable_statement(text: str, brand: BrandSnapshot, language: str) -> bool:
    """Return whether a text is readable, short and in the language, stands by itself and makes no claim."""
    return (
        len(text) <= MAX_COPY_LINE_CHARACTERS
        and is_readable_prose(text.rstrip("".join(QUESTION_MARKS)))
        and len(texts.split_lowercase_words(text)) >= MIN_COPY_LINE_WORDS
        and not is_only_name(text, f"{brand.name} {brand.place or ''}")
        and is_self_contained(text, language)
        and do_words_fit_language(text, language)
        and not find_text_claims(text, language, [app_display_name(brand)])
    )


def list_offer_items(brand: BrandSnapshot, language: str) -> list[CopyLine]:
    """Return up to five services or products of the brand, all from one section of its pages."""
    items = {
        one.text.casefold(): CopyLine(
            text=texts.capitalize_first_word(
                texts.strip_end_marks(texts.strip_html_to_line(one.text), TRAILING_PUNCTUATION)
            ),
            rule="clause",
            evidence=[CopyEvidence(field="statements", quote=one.quote)],
            intent="offer",
        )
        for one in brand.statements
        if one.intent == "offer" and 1 < len(one.text) <= MAX_CHIP_CHARACTERS
    }
    return [item for item in items.values() if _is_plain_label(item.text, brand, language)][:MAX_LIST_ITEMS]


def list_item_clauses(brand: BrandSnapshot, language: str) -> Iterator[BrandClause]:
    """Yield the brand's services or products as clauses, to complete a piece's points."""
    for place, item in enumerate(list_offer_items(brand, language)):
        quote = item.evidence[0].quote
        yield BrandClause(item.text, "statements", quote, PLACE_OF_FIRST_ITEM + place, place, intent="offer")


def brand_place_line(brand: BrandSnapshot, language: str) -> CopyLine | None:
    """Return the brand's town as a line; None without one, or if it is too long or a claim."""
    place = texts.strip_html_to_line(brand.place or "")
    if not place or len(place) > MAX_CHIP_CHARACTERS or not _is_plain_label(place, brand, language):
        return None
    return CopyLine(
        text=place, rule="clause", evidence=[CopyEvidence(field="place", quote=brand.place or "")], intent="place"
    )


def find_quotable_sentence(clauses: list[BrandClause], said: list[CopyLine]) -> CopyLine | None:
    """Return the brand's first whole sentence of at least 30 characters, preferably one that no line has; else None."""
    quotable = [
        CopyLine(
            text=one.text, rule="clause", evidence=[CopyEvidence(field=one.field, quote=one.quote)], intent=one.intent
        )
        for one in clauses
        if len(one.text) >= MIN_QUOTE_CHARACTERS and one.is_whole and one.quote.rstrip().endswith(SENTENCE_END_MARKS)
    ]
    used = {line.text for line in said}
    return next((one for one in quotable if one.text not in used), next(iter(quotable), None))


def choose_call_of_trade(brand: BrandSnapshot, *, in_store: bool) -> str:
    """Return the kind of a brand's call to action: of its store, else of its trade; `visit` for an unknown trade."""
    if in_store:
        return "get" if brand.trade is None or _calls_by_trade().get(brand.trade) != "play" else "play"
    return "visit" if brand.trade is None else _calls_by_trade().get(brand.trade, DEFAULT_TRADE_CALL)


def _is_plain_label(text: str, brand: BrandSnapshot, language: str) -> bool:
    letters = sum(character.isalpha() or not character.isascii() for character in text)
    return letters >= 2 and not find_text_claims(text, language, [app_display_name(brand)])


@cache
def _calls_by_trade() -> dict[str, str]:
    source = files(__package__).joinpath("trade_calls.toml").read_bytes()
    table = msgspec.toml.decode(source, type=dict[str, str])
    return {trade: call for call, trades in table.items() for trade in trades.split()}
