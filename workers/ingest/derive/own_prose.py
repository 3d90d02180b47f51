"""The brand's own prose: sentences that the brand itself wrote. Its voice is derived from these only."""

import re
import statistics
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from workers.ingest.derive.quotes import MAX_DERIVED_QUOTE_CHARS, split_passages_to_sentences
from workers.ingest.page.text import count_words
from workers.ingest.shapes import Passage, PassageRole

#: Words of a sentence at least: a shorter one may be a button or a price.
MIN_VOICE_SENTENCE_WORDS = 4
#: Characters of emoji that belong to the sentence before them.
MAX_EMOJI_CHARS_JOINED_TO_SENTENCE = 8
#: The beginning of a passage that quotes another speaker.
PASSAGE_QUOTE_OPENING_PATTERN = re.compile(r"\W*[\"“”„«»]")
#: Headings of a page at most, if they are as long as headlines: with more it lists articles on all kinds of subjects.
MAX_HEADLINES_OF_PAGE = 40
#: Middle length of headlines in words: headings over a brand's own sections and features are shorter.
MIN_HEADLINE_WORDS = 5
#: The end of a heading that is a sentence, and of a question of an FAQ.
SENTENCE_HEADING_END_PATTERN = re.compile(r"[.!。！](?:[\"”»)]|\s)*$")
QUESTION_END_PATTERN = re.compile(r"[?？؟]\W*$")
#: Roles of passages that aren't prose of a brand about itself. The questions of an FAQ are a customer's.
ROLES_WITHOUT_BRAND_PROSE: frozenset[PassageRole] = frozenset(
    {"navigation", "form", "contact", "hours", "notice", "legal", "testimonial", "placeholder", "faq"}
)
#: Words of forms and notices, which are the same on every site.
FORM_OR_NOTICE_WORDS_PATTERN = re.compile(
    r"cookie|javascript|newsletter|copyright|©|\bcomment|kommentar|commentaire|comentario", re.IGNORECASE
)


def list_brand_written_sentences(passages: Iterable[Passage]) -> list[str]:
    return [
        sentence
        for passage in find_brand_written_passages(list(passages))
        for sentence in split_sentences_keeping_trailing_emoji(passage)
        if is_brand_prose_sentence(sentence)
    ]


def list_brand_written_headings(passages: Sequence[Passage]) -> list[str]:
    """Return the headings and lines of heroes that the brand wrote about itself, and that are no sentences."""
    headline_pages = find_pages_of_headlines(passages)
    return [
        passage.text
        for passage in passages
        if (passage.kind == "heading" or passage.role == "hero")
        and not is_foreign_passage(passage, headline_pages)
        and not is_heading_sentence(passage)
    ]


def split_sentences_keeping_trailing_emoji(passage: Passage) -> list[str]:
    """Return the sentences of a passage, with the emoji that follow their ends."""
    joined_sentences: list[str] = []
    for sentence in split_passages_to_sentences([passage]):
        last = joined_sentences[-1] if joined_sentences else ""
        is_short = last and len(sentence) <= MAX_EMOJI_CHARS_JOINED_TO_SENTENCE and len(last) <= MAX_DERIVED_QUOTE_CHARS
        joined = f"{last} {sentence}"
        if is_short and not any(map(str.isalnum, sentence)) and joined in passage.text:
            joined_sentences[-1] = joined
        else:
            joined_sentences.append(sentence)
    return joined_sentences


def is_brand_prose_sentence(sentence: str) -> bool:
    return count_words(sentence) >= MIN_VOICE_SENTENCE_WORDS and FORM_OR_NOTICE_WORDS_PATTERN.search(sentence) is None


def find_brand_written_passages(passages: list[Passage]) -> Iterator[Passage]:
    """Yield the passages that the brand wrote about itself: texts, headings that are sentences, answers of an FAQ.

    Stories, documentation, quotes, words of other speakers and all texts of pages that list headlines are left out.
    """
    headline_pages = find_pages_of_headlines(passages)
    for passage in passages:
        is_sentence = passage.kind == "text" or is_heading_sentence(passage)
        if (
            is_sentence
            and not is_foreign_passage(passage, headline_pages)
            and PASSAGE_QUOTE_OPENING_PATTERN.match(passage.text) is None
        ):
            yield passage


def is_foreign_passage(passage: Passage, headline_pages: set[str]) -> bool:
    return (
        passage.story
        or passage.documentation
        or passage.speaker != "brand"
        or (passage.role in ROLES_WITHOUT_BRAND_PROSE and not is_faq_answer(passage))
        or passage.url in headline_pages
    )


def find_pages_of_headlines(passages: Iterable[Passage]) -> set[str]:
    """Return the addresses of pages with so many and so long headings that they are headlines of articles."""
    lengths: defaultdict[str, list[int]] = defaultdict(list)
    for passage in passages:
        if passage.kind == "heading":
            lengths[passage.url].append(count_words(passage.text))
    return {
        url
        for url, words in lengths.items()
        if len(words) > MAX_HEADLINES_OF_PAGE and statistics.median(words) >= MIN_HEADLINE_WORDS
    }


def is_faq_answer(passage: Passage) -> bool:
    return passage.role == "faq" and passage.kind == "text" and QUESTION_END_PATTERN.search(passage.text) is None


def is_heading_sentence(passage: Passage) -> bool:
    return passage.kind == "heading" and SENTENCE_HEADING_END_PATTERN.search(passage.text) is not None
