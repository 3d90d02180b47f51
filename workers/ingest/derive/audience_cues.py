"""Audiences of the table that a text names: after a cue such as `for`, in titles of segments, in lists of customers."""

import re
from collections.abc import Iterator
from functools import cache
from itertools import islice

from workers.ingest.derive.lexicon import IngestLexicon
from workers.ingest.derive.people import (
    NUMBER_RULING_OUT_AUDIENCE_PATTERN,
    WORDS_BETWEEN_CUE_AND_AUDIENCE_PATTERN,
    is_refused_cue,
)
from workers.ingest.derive.stems import UNSPACED_SCRIPT_PATTERN, StemMatch
from workers.ingest.derive.tables import (
    CustomerGrammar,
    index_audience_stems,
    index_trade_stems,
    load_customers_headings,
)
from workers.ingest.derive.trades import FoundTrade
from workers.ingest.shapes import Passage, SourceProse

#: Titles of segments, such as `For agencies`, that a page must have: a single one may be an aside.
MIN_SEGMENTS = 2
MAX_SEGMENT_TITLE_CHARS = 40
#: Characters of an item in a list of customers, at most.
MAX_CUSTOMER_ITEM_CHARS = 60
#: Passages after the heading of such a list that are read.
MAX_PASSAGES_AFTER_CUSTOMERS_HEADING = 16
#: Characters after a cue that are read for names.
MAX_CHARS_AFTER_CUE = 80
#: Characters between cue and name in a script without blanks.
MAX_UNSPACED_CHARS_AFTER_CUE = 4
#: Cues that are read of one text.
MAX_CUES_PER_TEXT = 10
WORD_PATTERN = re.compile(r"[\w'’]+")


def find_cued_audiences(
    text: str, language: str, grammar: CustomerGrammar, lexicon: IngestLexicon | None = None
) -> Iterator[StemMatch]:
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
                if not is_short_between_cue_and_audience(between) or is_ruled_out_by_words(between, lexicon):
                    break
                yield StemMatch(match.owner, cue.end() + match.start, cue.end() + match.end)
                start = cue.end() + match.end


def is_short_between_cue_and_audience(between: str) -> bool:
    """Return whether a cue leads to the name after `between`: three words, or in scripts without blanks four signs."""
    if UNSPACED_SCRIPT_PATTERN.search(between):
        return len(between) <= MAX_UNSPACED_CHARS_AFTER_CUE
    return WORDS_BETWEEN_CUE_AND_AUDIENCE_PATTERN.fullmatch(between) is not None


def is_ruled_out_by_words(between: str, lexicon: IngestLexicon | None) -> bool:
    """Return whether words before a name make it the brand's own, as `our teams`, or count it, as `two players`."""
    words = {word.casefold() for word in WORD_PATTERN.findall(between)}
    is_own = lexicon is not None and not words.isdisjoint(lexicon.we)
    return is_own or NUMBER_RULING_OUT_AUDIENCE_PATTERN.search(between) is not None


def get_whole_words(text: str, match: StemMatch) -> str:
    """Return the words of a match, with the ending of the last one."""
    ending = WORD_PATTERN.match(text, match.end)
    return text[match.start : ending.end() if ending else match.end]


def is_own_trade(trade: FoundTrade, language: str, grammar: CustomerGrammar) -> bool:
    """Return whether the text that shows the trade has its words outside a list of customers.

    In `A farm for families` they stand outside, in `Robots for farms and vineyards` they don't.
    """
    text = trade.quote
    matches = [match for match in index_trade_stems(language).find_stems(text) if match.owner == trade.name]
    lists = [*find_customer_lists(text, language, grammar)]
    return not matches or any(all(not start <= match.start < end for start, end in lists) for match in matches)


def find_customer_lists(text: str, language: str, grammar: CustomerGrammar) -> Iterator[tuple[int, int]]:
    """Yield the place of each audience after a cue, with the words from its cue on."""
    cues = [cue.end() for cue in islice(compile_pattern(grammar.before).finditer(text), MAX_CUES_PER_TEXT)]
    for match in find_cued_audiences(text, language, grammar):
        yield max((end for end in cues if end <= match.start), default=match.start), match.end


def is_segment_title(text: str, grammar: CustomerGrammar) -> bool:
    """Return whether a short text begins with a cue, as `For agencies`: it stands for one part of a page's offer."""
    return len(text) <= MAX_SEGMENT_TITLE_CHARS and compile_pattern(grammar.before).match(text) is not None


def list_segment_titles(prose: SourceProse, language: str, grammar: CustomerGrammar) -> list[str]:
    """Return short headings and labels that are a cue and an audience, such as `For agencies`; none if it is one."""
    titles = {
        passage.text: {match.owner for match in find_cued_audiences(passage.text, language, grammar)}
        for passage in prose.passages
        if passage.kind != "text" and not passage.story and is_segment_title(passage.text, grammar)
    }
    segments = [text for text, owners in titles.items() if owners]
    return segments if len(set().union(*titles.values())) >= MIN_SEGMENTS else []


def list_customer_items(prose: SourceProse, language: str) -> list[str]:
    """Return the items below headings such as `Who is it for?` that begin with an audience; none if it is one."""
    pattern = compile_pattern(load_customers_headings().get(language, "(?!)"))
    found: list[str] = []
    for index, passage in enumerate(prose.passages):
        if passage.kind == "heading" and not passage.story and pattern.search(passage.text):
            below = prose.passages[index + 1 : index + 1 + MAX_PASSAGES_AFTER_CUSTOMERS_HEADING]
            found += list_items_before_next_section(below, language)
    return found if len(found) >= MIN_SEGMENTS else []


def list_items_before_next_section(passages: list[Passage], language: str) -> Iterator[str]:
    """Yield the short passages that begin with an audience, up to a heading that doesn't."""
    for passage in passages:
        is_item = len(passage.text) <= MAX_CUSTOMER_ITEM_CHARS and begins_with_audience(passage.text, language)
        if is_item:
            yield passage.text
        elif passage.kind == "heading":
            return


def begins_with_audience(text: str, language: str) -> bool:
    match = next(index_audience_stems(language).find_stems(text), None)
    return match is not None and is_short_between_cue_and_audience(text[: match.start])


@cache
def compile_pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)
