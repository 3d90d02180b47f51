"""Skip rules: sentences on a product's state, price or past, news, praise and pleas are skipped.

The phrases are the lexicon's: of the text's language, and of English, since English phrases occur in any
text. A language without such phrases has those of a page's cues.
"""

import re
from functools import cache, lru_cache
from itertools import dropwhile, takewhile

from workers.ingest.derive.lexicon import OffTopicSubject, load_lexicon
from workers.ingest.languages import primary_language_subtag
from workers.ingest.page.blocks.cues import TextCue, has_text_cue
from workers.ingest.page.text import split_sentences

#: Skipped kinds after which a paragraph turns to its product. Any other kind ends the paragraph.
SENTENCE_KINDS_SKIPPED_AT_START: frozenset[str | None] = frozenset({"greeting", "praise", "question", "quote"})
#: Skipped kinds that a paragraph on its product may contain.
SENTENCE_KINDS_KEPT_IN_PRODUCT_TEXT: frozenset[str | None] = frozenset({"question", "quote"})
#: Kinds of sentences by a page's cues, which are in 14 languages.
KIND_BY_CUE: dict[TextCue, OffTopicSubject] = {
    "notice": "state",
    "instruction": "request",
    "thanks": "request",
    "greeting": "greeting",
}
MAX_SKIP_CHECKED_SENTENCE_CHARS = 400
QUESTION_END_PATTERN = re.compile(r"[?？؟][\"'”’»)\]]*\Z")
QUOTED_SENTENCE_PATTERN = re.compile(r"[\"“„«‘][^\"“”„«»]+[\"”“»’]\W{0,3}[\w .,&'’()]{0,60}\Z")


class SentenceSkipRules:
    """Skip rules for texts in one language; None is an unknown language."""

    def __init__(self, language: str | None) -> None:
        self.language = primary_language_subtag(language) if language else None
        compile_skip_rule_patterns(self.language)

    def classify_skipped_sentence(self, sentence: str) -> str | None:
        """Return the kind of a sentence not about the product, such as `news`; None if it may describe the product."""
        return classify_stripped_sentence(sentence.strip(" ¡¿")[:MAX_SKIP_CHECKED_SENTENCE_CHARS], self.language)

    def is_section_on_state_or_news(self, heading: str) -> bool:
        """Return whether a section is on the product's state or on news, by its heading."""
        return self.classify_skipped_sentence(heading) in {"state", "news"}

    def keep_leading_product_sentences(self, paragraph: str) -> str:
        """Return the paragraph's first consecutive sentences on the product, as one text; "" if there are none.

        Greetings, praise, questions and quotes before them are dropped. Questions and quotes between them are kept.
        They end before any other skipped sentence.
        """
        sentences = [(item, self.classify_skipped_sentence(item)) for item in split_sentences(paragraph)]
        from_product = list(dropwhile(lambda item: item[1] in SENTENCE_KINDS_SKIPPED_AT_START, sentences))
        product_part = list(
            takewhile(lambda item: item[1] is None or item[1] in SENTENCE_KINDS_KEPT_IN_PRODUCT_TEXT, from_product)
        )
        while product_part and product_part[-1][1] is not None:
            product_part.pop()
        return "".join(item for item, _ in product_part).strip()


@lru_cache(500)
def classify_stripped_sentence(sentence: str, language: str | None) -> str | None:
    """Return the kind of a skipped sentence. Cached: a paragraph's first sentence is asked about twice."""
    if QUESTION_END_PATTERN.search(sentence):
        return "question"
    if QUOTED_SENTENCE_PATTERN.match(sentence):
        return "quote"
    lower_sentence = sentence.lower()
    for kind, pattern in compile_skip_rule_patterns(language):
        if pattern.search(lower_sentence):
            return kind
    cues = KIND_BY_CUE.items() if language and not load_lexicon(language).asides else ()
    return next((kind for cue, kind in cues if has_text_cue(lower_sentence, cue)), None)


@cache
def compile_skip_rule_patterns(language: str | None) -> list[tuple[OffTopicSubject, re.Pattern[str]]]:
    """Return the patterns of skipped kinds, for sentences in lower case: ignoring case takes twice as long."""
    lexicons = [load_lexicon(tag) for tag in dict.fromkeys([language, "en"]) if tag]
    return [
        (kind, re.compile(rf"(?<!\w)(?:{words})")) for words_of in lexicons for kind, words in words_of.asides.items()
    ]
