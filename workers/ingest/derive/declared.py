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
from workers.ingest.derive.own import NOTICE
from workers.ingest.page.address import registered_domain
from workers.ingest.page.text import squash, words

#: Meaningful words of a tagline at least, if it is from prose; one is enough in a place for taglines.
FEWEST = 2
IN_PROSE = ("html.", "readme.", "llms.")
#: Words of a piece of a sentence at least.
PIECE = 3


class Common:
    """Words that don't describe a brand: its name's words, and words of any page in its language."""

    def __init__(self, name: str, language: str | None, url: str) -> None:
        known = lexicon(language)
        registered = registered_domain(url) or ""
        self.own = {squash(name), squash(registered), squash(registered.partition(".")[0])} - {""}
        self.leading = leading(known)
        self.closed = self.leading.union(*(closed(one) for one in (known, lexicon("en"))))
        self.mute = self.closed.union(known.common, lexicon("en").common, spoken(name))

    def telling(self, text: str) -> list[str]:
        return [word for word in spoken(text) if word not in self.mute]


def spoken(text: str) -> list[str]:
    return [found[0].replace("’", "'") for found in WORD.finditer(text.casefold())]


def leading(known: Lexicon) -> frozenset[str]:
    """Return words with which a piece of a sentence begins."""
    grammar = known.grammar
    return frozenset([*grammar.prepositions, *grammar.joins]) if grammar else frozenset()


def closed(known: Lexicon) -> frozenset[str]:
    grammar = known.grammar
    if grammar is None:
        return frozenset()
    return leading(known).union(grammar.determiners, grammar.verbal, grammar.degrees, grammar.objects)


def telling(url: str, candidates: Iterable[Candidate]) -> list[Candidate]:
    """Return the candidates without taglines and keywords that don't describe the brand."""
    given = list(candidates)
    best = choose(one for one in given if one.field in {"appName", "primaryLanguage"})
    name, language = (
        str(best[field].value) if field in best else "" for field in ("appName", "primaryLanguage")
    )
    common = Common(name, language or None, url)
    return [kept for one in given for kept in checked(one, common)]


def checked(one: Candidate, common: Common) -> Iterator[Candidate]:
    if one.field == "keywords":
        if value := [word for word in map(str, one.value) if is_keyword(word, common)]:
            yield msgspec.structs.replace(one, value=value)
    elif one.field != "tagline" or is_line(
        str(one.value), common, FEWEST if one.rule.startswith(IN_PROSE) else 1
    ):
        yield one


def is_line(line: str, common: Common, fewest: int) -> bool:
    """Return whether the line describes the brand."""
    if NOTICE.search(line) or line.endswith(("…", "...")) or squash(line) in common.own:
        return False
    unspaced = words(line) > len(line.split())
    return unspaced or len(common.telling(line)) >= fewest


def is_keyword(word: str, common: Common) -> bool:
    said = spoken(word)
    piece = len(said) >= PIECE and (said[0] in common.leading or said[-1] in common.closed)
    is_name = squash(word) in common.own or (len(said) > 1 and not common.telling(word))
    return not (piece or is_name)
