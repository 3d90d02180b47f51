"""Skip rules: sentences on a product's state, price or past, news, praise and pleas are skipped.

The phrases are the lexicon's: of the text's language, and of English, since English phrases occur in any
text.
"""

import re
from functools import cache
from itertools import dropwhile, takewhile

from workers.ingest.derive.lexicon import Aside, lexicon
from workers.ingest.languages import primary
from workers.ingest.page.text import split

#: Skipped kinds after which a paragraph turns to its product. Any other kind ends the paragraph.
PASSING: frozenset[str | None] = frozenset({"greeting", "praise", "question", "quote"})
#: Skipped kinds that a paragraph on its product may contain.
RHETORIC: frozenset[str | None] = frozenset({"question", "quote"})
#: Characters of a sentence that are read.
READ = 400
QUESTION = re.compile(r"[?？؟][\"'”’»)\]]*\Z")
QUOTE = re.compile(r"[\"“„«‘][^\"“”„«»]+[\"”“»’]\W{0,3}[\w .,&'’()]{0,60}\Z")


class Asides:
    """Skip rules for texts in one language; None is an unknown language."""

    def __init__(self, language: str | None) -> None:
        self.kinds = patterns(primary(language) if language else None)

    def kind(self, sentence: str) -> str | None:
        """Return the kind of a skipped sentence; None for a sentence that may describe the product."""
        sentence = sentence.strip(" ¡¿")[:READ]
        if QUESTION.search(sentence):
            return "question"
        if QUOTE.match(sentence):
            return "quote"
        return next((kind for kind, pattern in self.kinds if pattern.search(sentence)), None)

    def heads(self, heading: str) -> bool:
        """Return whether the section under the heading is on the product's state or on news."""
        return self.kind(heading) in {"state", "news"}

    def without(self, paragraph: str) -> str:
        """Return the sentences on the product, up to the next skipped sentence; empty if there are none."""
        said = [(one, self.kind(one)) for one in split(paragraph)]
        begun = list(dropwhile(lambda one: one[1] in PASSING, said))
        told = list(takewhile(lambda one: one[1] is None or one[1] in RHETORIC, begun))
        while told and told[-1][1] is not None:
            told.pop()
        return "".join(one for one, _ in told).strip()


@cache
def patterns(language: str | None) -> list[tuple[Aside, re.Pattern[str]]]:
    known = [lexicon(tag) for tag in dict.fromkeys([language, "en"]) if tag]
    return [(kind, within(words)) for one in known for kind, words in one.asides.items()]


def within(words: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{words})", re.IGNORECASE)
