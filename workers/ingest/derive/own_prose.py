"""The brand's own prose: sentences that the brand itself wrote. Its voice is derived from these only."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from workers.ingest.derive.people import MAX_HEADINGS_BEFORE_PAGE_IS_LIST
from workers.ingest.derive.quotes import MAX_DERIVED_QUOTE_CHARS, split_passages_to_sentences
from workers.ingest.page.text import count_words
from workers.ingest.shapes import Passage, PassageRole

#: Words of a sentence at least: a shorter one may be a button or a price.
MIN_VOICE_SENTENCE_WORDS = 4
#: Characters of emoji that belong to the sentence before them.
MAX_EMOJI_CHARS_JOINED_TO_SENTENCE = 8
#: The beginning of a passage that quotes another speaker.
PASSAGE_QUOTE_OPENING_PATTERN = re.compile(r"\W*[\"“”„«»]")
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
    """Yield the passages of kind `text` that the brand wrote about itself.

    Stories, documentation, quotes, words of other speakers and all texts of pages with many headings are left out.
    """
    headings_by_page = Counter(passage.url for passage in passages if passage.kind == "heading")
    for passage in passages:
        is_foreign = (
            passage.story
            or passage.documentation
            or passage.speaker != "brand"
            or passage.role in ROLES_WITHOUT_BRAND_PROSE
            or headings_by_page[passage.url] > MAX_HEADINGS_BEFORE_PAGE_IS_LIST
        )
        if passage.kind == "text" and not is_foreign and PASSAGE_QUOTE_OPENING_PATTERN.match(passage.text) is None:
            yield passage
