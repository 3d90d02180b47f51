"""Prose of a store's long description: text with line breaks, bullets and headings in capitals."""

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import dropwhile, takewhile

from workers.ingest.page.text import HTML_TAG_IN_TEXT_PATTERN, clean_text_line, count_words, first_sentence
from workers.ingest.shapes import Passage
from workers.ingest.skip_rules import SentenceSkipRules

DESCRIPTION_LINE_BREAK_PATTERN = re.compile(r"\r\n|[\n\r\u0085\u2028\u2029]|<br\s*/?>", re.IGNORECASE)
#: Characters that are read: several times the limit of a store.
MAX_READ_STORE_DESCRIPTION_CHARS = 20_000
#: Marks before an item of a list, or around a heading.
LIST_ITEM_MARK_PATTERN = re.compile(r"^(?:[^\w\s\"'“”‘’„«»「『《¿¡(\[@#&$€£¥]|_|#{1,6}\s|\d{1,2}[.)]\s)+\s*")
LISTING_HEADING_MARK_PATTERN = re.compile(r"^\[[^\]]*\]$|^#{1,6}\s|^[\W_]{2}.*[\W_]{2}$|^[*_~=#].*[*_~=]$")
QUOTATION_LINE_PATTERN = re.compile(r"^[\"“„«].*[\"”“»]\W{0,3}[\w .&']{0,60}$")
LEADING_EMOJI_PATTERN = re.compile(r"[\u2600-\u27bf\U0001f000-\U0001faff]")
#: End of a sentence. A line with an ellipsis or a colon only introduces the list below it.
SENTENCE_END_PATTERN = re.compile(r"(?<!\.)[.!?。！？]['\"”’»)\]]*$")
#: Words of a sentence.
MIN_DESCRIPTION_SENTENCE_WORDS = 4
MIN_DESCRIPTIVE_LIST_ITEM_WORDS = 3
MAX_LISTING_HEADING_WORDS = 8
#: Letters of a word that joins names, such as `of`.
MAX_JOINING_WORD_CHARS = 3


def split_listing_lines(description: str) -> list[str]:
    bare = (
        HTML_TAG_IN_TEXT_PATTERN.sub("", line).strip()
        for line in DESCRIPTION_LINE_BREAK_PATTERN.split(description[:MAX_READ_STORE_DESCRIPTION_CHARS])
    )
    return [line for line in bare if line]


def find_description_opening_lines(description: str, skip_rules: SentenceSkipRules) -> list[str]:
    """Return the opening of a store description: the first consecutive texts that describe the app; [] for none.

    Sentences in the first run of plain lines have precedence, then a line there that is no sentence. Then come
    sentences further down. `skip_rules` recognize sentences that don't describe the app.
    """
    joined = list(join_broken_lines(strip_leading_emoji_of_first_line(split_listing_lines(description))))
    plain_run = take_first_run_of_matching_texts(is_plain_listing_line, joined)
    unskipped = [
        text
        for line in plain_run
        if not has_prose_sentence(line) and skip_rules.classify_skipped_sentence(text := clean_text_line(line)) is None
    ]
    long_enough = [text for text in unskipped if count_words(text) >= MIN_DESCRIPTION_SENTENCE_WORDS]
    return (
        find_first_descriptive_sentences(plain_run, skip_rules)
        or long_enough[:1]
        or find_first_descriptive_sentences(joined, skip_rules)
        or unskipped[:1]
    )


def join_descriptive_items(description: str, skip_rules: SentenceSkipRules, limit: int) -> str:
    """Join the list items that describe the app into one text, each after `•`; "" if there are none.

    An item that would make the text longer than `limit` characters is left out.
    """
    items = (
        clean_text_line(LIST_ITEM_MARK_PATTERN.sub("", line))
        for line in join_broken_lines(split_listing_lines(description))
        if is_list_item_line(line)
    )
    descriptive = dict.fromkeys(
        candidate
        for candidate in items
        if is_descriptive_list_item(candidate) and skip_rules.classify_skipped_sentence(candidate) is None
    )
    text = ""
    for item in descriptive:
        longer_text = f"{text} • {item}".strip()
        text = longer_text if len(longer_text) <= limit else text
    return text


def is_descriptive_list_item(item: str) -> bool:
    """Return whether a list item has at least three words and is more than names.

    Names are words with capitals, joined by words of up to three letters.
    """
    has_long_word = any(word.islower() and len(word) > MAX_JOINING_WORD_CHARS for word in item.split())
    return count_words(item) >= MIN_DESCRIPTIVE_LIST_ITEM_WORDS and (
        has_long_word or not any(word[0].isupper() for word in item.split())
    )


def is_list_item_line(line: str) -> bool:
    return bool(LIST_ITEM_MARK_PATTERN.match(line)) and not (
        LISTING_HEADING_MARK_PATTERN.match(line) or QUOTATION_LINE_PATTERN.match(line) or is_listing_heading(line)
    )


def strip_leading_emoji_of_first_line(lines_of_text: list[str]) -> list[str]:
    """Return the lines of a description, without the emoji that begins the first line.

    The emoji is removed only if the first line ends as a sentence. Otherwise the line may be a list item.
    """
    first = lines_of_text[0] if lines_of_text else ""
    has_emoji = LEADING_EMOJI_PATTERN.match(first) and SENTENCE_END_PATTERN.search(first)
    return [LIST_ITEM_MARK_PATTERN.sub("", first), *lines_of_text[1:]] if has_emoji else lines_of_text


def join_broken_lines(lines_of_text: list[str]) -> Iterator[str]:
    """Yield these lines of a description, with the parts of a broken sentence joined into one line.

    A line that begins in lower case continues the line before it, unless that one is a heading or ends a sentence.
    """
    pieces: list[str] = []
    for line in lines_of_text:
        continues = (
            pieces
            and line[0].islower()
            and not (SENTENCE_END_PATTERN.search(pieces[-1]) or is_listing_heading(pieces[-1]))
        )
        if pieces and not continues:
            yield " ".join(pieces)
            pieces = []
        pieces.append(line)
    if pieces:
        yield " ".join(pieces)


def find_first_descriptive_sentences(lines_of_text: list[str], skip_rules: SentenceSkipRules) -> list[str]:
    """Return the first consecutive texts about the app, one a line, up to a skipped sentence; [] for none."""
    return take_first_run_of_matching_texts(
        lambda text: count_words(text) >= MIN_DESCRIPTION_SENTENCE_WORDS,
        keep_descriptive_text_of_lines(lines_of_text, skip_rules),
    )


def keep_descriptive_text_of_lines(lines_of_text: list[str], skip_rules: SentenceSkipRules) -> Iterator[str]:
    """Yield for each line its sentences that describe the app, as one text; "" for a line without any.

    Yield a further "" after a line that ends in a skipped sentence, so that a run of texts ends there.
    """
    for line in lines_of_text:
        text = skip_rules.keep_leading_product_sentences(clean_text_line(line)) if has_prose_sentence(line) else ""
        yield text
        if not clean_text_line(line).endswith(text):
            yield ""


def take_first_run_of_matching_texts(fits: Callable[[str], bool], texts: Iterable[str]) -> list[str]:
    return list(takewhile(fits, dropwhile(lambda line: not fits(line), texts)))


def is_plain_listing_line(line: str) -> bool:
    return not (
        LIST_ITEM_MARK_PATTERN.match(line)
        or QUOTATION_LINE_PATTERN.match(line)
        or LISTING_HEADING_MARK_PATTERN.match(line)
        or is_listing_heading(line)
    )


def has_prose_sentence(line: str) -> bool:
    """Return whether a line of a description is prose with a sentence of at least four words.

    List items, quotes and headings are no prose. Text after the first sentence may end in anything, such as
    a hashtag.
    """
    first = first_sentence(line)
    is_ended = any(
        SENTENCE_END_PATTERN.search(text) and count_words(text) >= MIN_DESCRIPTION_SENTENCE_WORDS
        for text in (first, line)
    )
    return is_ended and is_plain_listing_line(line)


def yield_listing_passages(description: str, url: str) -> Iterator[Passage]:
    """Yield a passage for each line of a store description, without its list mark.

    Lines without letters and digits are left out.
    """
    for line in split_listing_lines(description):
        text = clean_text_line(LIST_ITEM_MARK_PATTERN.sub("", line))
        if any(map(str.isalnum, text)):
            yield Passage(text=text, kind="heading" if is_listing_heading(line) else "text", url=url)


def is_listing_heading(line: str) -> bool:
    is_short = count_words(line) <= MAX_LISTING_HEADING_WORDS and not SENTENCE_END_PATTERN.search(line)
    return is_short and (line.isupper() or line.endswith(":") or LISTING_HEADING_MARK_PATTERN.match(line) is not None)
