"""Skip rules: sentences on a product's state, price or past, news, praise and pleas are skipped.

The phrases are the lexicon's: of the text's language, and of English, since English phrases occur in any
text.
"""

import re
from functools import cache
from itertools import dropwhile, takewhile

from workers.ingest.derive.lexicon import Aside, lexicon
from workers.ingest.languages import primary
from workers.ingest.page.text import split_sentences

#: Skipped kinds after which a paragraph turns to its product. Any other kind ends the paragraph.
SKIPPED_AT_START: frozenset[str | None] = frozenset({"greeting", "praise", "question", "quote"})
#: Skipped kinds that a paragraph on its product may contain.
ALLOWED_INSIDE: frozenset[str | None] = frozenset({"question", "quote"})
MAX_SENTENCE_CHARS = 400
QUESTION = re.compile(r"[?？؟][\"'”’»)\]]*\Z")
QUOTE = re.compile(r"[\"“„«‘][^\"“”„«»]+[\"”“»’]\W{0,3}[\w .,&'’()]{0,60}\Z")


class SkipRules:
    """Skip rules for texts in one language; None is an unknown language."""

    def __init__(self, language: str | None) -> None:
        self.kinds = compiled_rules(primary(language) if language else None)

    def kind(self, sentence: str) -> str | None:
        """Return the kind of a skipped sentence; None for a sentence that may describe the product."""
        sentence = sentence.strip(" ¡¿")[:MAX_SENTENCE_CHARS]
        if QUESTION.search(sentence):
            return "question"
        if QUOTE.match(sentence):
            return "quote"
        return next((kind for kind, pattern in self.kinds if pattern.search(sentence)), None)

    def skips_section(self, heading: str) -> bool:
        """Return whether the section under the heading is on the product's state or on news."""
        return self.kind(heading) in {"state", "news"}

    def product_sentences(self, paragraph: str) -> str:
        """Return the sentences on the product, up to the next skipped sentence; empty if there are none."""
        sentences = [(item, self.kind(item)) for item in split_sentences(paragraph)]
        from_product = list(dropwhile(lambda item: item[1] in SKIPPED_AT_START, sentences))
        product_part = list(
            takewhile(lambda item: item[1] is None or item[1] in ALLOWED_INSIDE, from_product)
        )
        while product_part and product_part[-1][1] is not None:
            product_part.pop()
        return "".join(item for item, _ in product_part).strip()


@cache
def compiled_rules(language: str | None) -> list[tuple[Aside, re.Pattern[str]]]:
    lexicons = [lexicon(tag) for tag in dict.fromkeys([language, "en"]) if tag]
    return [
        (kind, compile_phrases(words)) for words_of in lexicons for kind, words in words_of.asides.items()
    ]


def compile_phrases(words: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{words})", re.IGNORECASE)
