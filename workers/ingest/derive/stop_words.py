"""Words without a meaning of their own."""

from functools import cache

import stopwordsiso

from workers.ingest.derive.lexicon import lexicon
from workers.ingest.languages import primary


@cache
def stop_words(language: str | None) -> frozenset[str]:
    """Return words that are no keyword, in lower case: English ones too, since they are on every page."""
    languages = {"en", primary(language)} if language else {"en"}
    stopped = stopwordsiso.stopwords([tag for tag in languages if stopwordsiso.has_lang(tag)])
    return frozenset(stopped).union(*(lexicon(tag).common for tag in languages))
