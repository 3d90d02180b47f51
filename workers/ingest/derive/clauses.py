"""Clauses of a text: its words up to a mark, each with its place."""

import re
from collections.abc import Iterator
from typing import NamedTuple

#: A word begins with a letter; it may have a dot, a hyphen or an apostrophe inside, as in `l'équipe`.
WORD = re.compile(r"[^\W\d_][\w+#]*(?:[.'’-][\w+#]+)*")
#: Characters of a word at most: longer ones are addresses and keys.
LONGEST = 40
#: Letters of an elided word at most, as in `qu'il`.
ELIDED = 2
#: A word, a number, or a mark that ends a clause.
PIECE = re.compile(
    rf"(?P<word>{WORD.pattern})|(?P<number>[\d_][\w.,:/-]*)"
    r"|(?P<end>[.!?:;](?=\s|$)|[\n•…|·¿¡]|\s[-–—/]\s|—)|(?P<pause>,|[()\[\]{}\"“”„«»])"
)
#: Word that represents a number, and word for a comma at a clause's end.
NUMBER, PAUSE = "0", ","
#: Share of a clause's words above which capitals are ignored: it is a title in capitals.
TITLE = 0.6
#: Words that a clause needs for its capitals to count.
FEW = 3


class Word(NamedTuple):
    """Word as written and in lower case; `start` is its place. `initial` ones have a capital in any case."""

    text: str
    key: str
    start: int
    initial: bool


def clauses(text: str) -> Iterator[list[Word]]:
    words: list[Word] = []
    initial = True
    for found in PIECE.finditer(text):
        kind = found.lastgroup
        if kind == "word" and len(found[0]) <= LONGEST:
            written = bare(found[0].replace("’", "'"))
            words.append(Word(written, written.lower(), found.start(), initial))
        elif kind == "number":
            words.append(Word(NUMBER, NUMBER, found.start(), initial))
        elif words:
            yield [*words, Word(PAUSE, PAUSE, found.start(), initial=False)] if kind == "pause" else words
            words = []
        initial = kind == "end" or (initial and kind == "pause") or found[0] in '"“„«('
    if words:
        yield words


def has_case(words: list[Word]) -> bool:
    """Return whether capitals of the clause are significant: only some of its words have one."""
    capitals = sum(word.text[0].isupper() for word in words)
    return len(words) >= FEW and capitals <= TITLE * len(words)


def bare(word: str) -> str:
    """Return the word without article or genitive: `équipe` of `l'équipe`, `team` of `team's`."""
    head, _, tail = word.partition("'")
    if tail and len(head) <= ELIDED:
        return tail
    return head if tail == "s" else word
