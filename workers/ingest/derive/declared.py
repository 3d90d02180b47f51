"""Filter of declared keywords and taglines: only those that describe the brand are kept.

A tagline is dropped if it has only the name and common words (`Welcome to Acme`, `At a glance`), or is a
notice or half a sentence. A keyword is dropped if it is the name, its domain, or a piece of a sentence.
"""

from collections.abc import Iterable, Iterator

import msgspec

from schemas.brand import Candidate
from workers.ingest.choose import choose
from workers.ingest.derive.clauses import WORD
from workers.ingest.derive.lexicon import Lexicon, lexicon
from workers.ingest.derive.own_prose import NOTICE
from workers.ingest.page.address import registered_domain
from workers.ingest.page.text import count_words, squash

#: Meaningful words of a tagline at least, if it is from prose; one is enough in a place for taglines.
MIN_PROSE_WORDS = 2
PROSE_RULES = ("html.", "readme.", "llms.")
MIN_PIECE_WORDS = 3


class CommonWords:
    """Words that don't describe a brand: its name's words, and words of any page in its language."""

    def __init__(self, name: str, language: str | None, url: str) -> None:
        language_lexicon = lexicon(language)
        registered_name = registered_domain(url) or ""
        self.own = {squash(name), squash(registered_name), squash(registered_name.partition(".")[0])} - {""}
        self.leading = leading_words(language_lexicon)
        self.closed = self.leading.union(*map(function_words, (language_lexicon, lexicon("en"))))
        self.mute = self.closed.union(language_lexicon.common, lexicon("en").common, words_of(name))

    def descriptive_words(self, text: str) -> list[str]:
        return [word for word in words_of(text) if word not in self.mute]


def words_of(text: str) -> list[str]:
    return [match[0].replace("’", "'") for match in WORD.finditer(text.casefold())]


def leading_words(language_lexicon: Lexicon) -> frozenset[str]:
    """Return words with which a piece of a sentence begins."""
    grammar = language_lexicon.grammar
    return frozenset([*grammar.prepositions, *grammar.joins]) if grammar else frozenset()


def function_words(language_lexicon: Lexicon) -> frozenset[str]:
    grammar = language_lexicon.grammar
    if grammar is None:
        return frozenset()
    return leading_words(language_lexicon).union(
        grammar.determiners, grammar.verbal, grammar.degrees, grammar.objects
    )


def drop_vague_candidates(url: str, candidates: Iterable[Candidate]) -> list[Candidate]:
    """Return the candidates without taglines and keywords that don't describe the brand."""
    all_candidates = list(candidates)
    best = choose(
        candidate for candidate in all_candidates if candidate.field in {"appName", "primaryLanguage"}
    )
    name, language = (
        str(best[field].value) if field in best else "" for field in ("appName", "primaryLanguage")
    )
    common = CommonWords(name, language or None, url)
    return [filtered for candidate in all_candidates for filtered in filter_values(candidate, common)]


def filter_values(candidate: Candidate, common: CommonWords) -> Iterator[Candidate]:
    if candidate.field == "keywords":
        if value := [word for word in map(str, candidate.value) if is_keyword(word, common)]:
            yield msgspec.structs.replace(candidate, value=value)
    elif candidate.field != "tagline" or describes_brand(
        str(candidate.value), common, MIN_PROSE_WORDS if candidate.rule.startswith(PROSE_RULES) else 1
    ):
        yield candidate


def describes_brand(line: str, common: CommonWords, min_words: int) -> bool:
    if NOTICE.search(line) or line.endswith(("…", "...")) or squash(line) in common.own:
        return False
    is_unspaced = count_words(line) > len(line.split())
    return is_unspaced or len(common.descriptive_words(line)) >= min_words


def is_keyword(word: str, common: CommonWords) -> bool:
    keyword_words = words_of(word)
    is_piece = len(keyword_words) >= MIN_PIECE_WORDS and (
        keyword_words[0] in common.leading or keyword_words[-1] in common.closed
    )
    is_name = squash(word) in common.own or (len(keyword_words) > 1 and not common.descriptive_words(word))
    return not (is_piece or is_name)
