"""Words: how a text is split into them, and which say nothing by themselves."""

import re
from collections.abc import Iterator
from functools import cache

import stopwordsiso

from workers.ingest.derive.lexicon import lexicon
from workers.ingest.languages import primary

#: Letters first, so no number; inside it may have what `node.js` and `l'équipe` have.
WORD = re.compile(r"[^\W\d_][\w+#]*(?:[.'’][\w+#]+)*")
#: Longer ones are addresses, keys and what else no one would type.
LONGEST = 40
#: Letters of what is elided before a word, as in `qu'il`.
ELIDED = 2


def words(text: str) -> Iterator[str]:
    """As written, in their order."""
    return (bare(match[0].replace("’", "'")) for match in WORD.finditer(text) if len(match[0]) <= LONGEST)


def bare(word: str) -> str:
    """Without an article or a genitive: `équipe` of `l'équipe`, `team` of `team's`."""
    head, _, tail = word.partition("'")
    if tail and len(head) <= ELIDED:
        return tail
    return head if tail == "s" else word


@cache
def silent(language: str | None) -> frozenset[str]:
    """What no keyword consists of, in lower case: English besides the text's own, as it is on every page."""
    known = {"en", primary(language)} if language else {"en"}
    stopped = stopwordsiso.stopwords([tag for tag in known if stopwordsiso.has_lang(tag)])
    return frozenset(stopped).union(*(lexicon(tag).common for tag in known))
