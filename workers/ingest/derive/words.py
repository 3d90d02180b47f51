"""Words of a text, and those that say nothing by themselves."""

import re
from functools import cache

import stopwordsiso

from workers.ingest.derive.lexicon import lexicon
from workers.ingest.languages import primary

#: A word begins with a letter; it may have a dot, a hyphen or an apostrophe inside, as in `l'équipe`.
WORD = re.compile(r"[^\W\d_][\w+#]*(?:[.'’-][\w+#]+)*")
#: Characters of a word at most: longer ones are addresses and keys.
LONGEST = 40
#: Letters of an elided word at most, as in `qu'il`.
ELIDED = 2


def bare(word: str) -> str:
    """The word without article or genitive: `équipe` of `l'équipe`, `team` of `team's`."""
    head, _, tail = word.partition("'")
    if tail and len(head) <= ELIDED:
        return tail
    return head if tail == "s" else word


@cache
def silent(language: str | None) -> frozenset[str]:
    """Words that are no keyword, in lower case: English ones too, since they are on every page."""
    known = {"en", primary(language)} if language else {"en"}
    stopped = stopwordsiso.stopwords([tag for tag in known if stopwordsiso.has_lang(tag)])
    return frozenset(stopped).union(*(lexicon(tag).common for tag in known))
