"""Clauses of a text: its words up to a mark, each with its place."""

import re
from collections.abc import Iterator
from typing import NamedTuple

#: A word begins with a letter; it may have a dot, a hyphen or an apostrophe inside, as in `l'équipe`.
CLAUSE_WORD_PATTERN = re.compile(r"[^\W\d_][\w+#]*(?:[.'’-][\w+#]+)*")
#: Characters of a word at most: longer ones are addresses and keys.
MAX_TOKENIZED_WORD_CHARS = 40
#: Letters of an elided word at most, as in `qu'il`.
MAX_ELIDED_PREFIX_CHARS = 2
#: A word, a number, or a mark that ends a clause.
CLAUSE_TOKEN_PATTERN = re.compile(
    rf"(?P<word>{CLAUSE_WORD_PATTERN.pattern})|(?P<number>[\d_][\w.,:/-]*)"
    r"|(?P<end>[.!?:;](?=\s|$)|[\n•…|·¿¡]|\s[-–—/]\s|—)|(?P<pause>,|[()\[\]{}\"“”„«»])"
)
#: Word that represents a number.
NUMBER_PLACEHOLDER_WORD = "0"
#: Word for a comma at a clause's end.
COMMA_PLACEHOLDER_WORD = ","
#: Share of a clause's words above which capitals are ignored: it is a title in capitals.
MAX_NON_TITLE_CAPITALS_SHARE = 0.6
#: Words that a clause needs for its capitals to count.
MIN_CASED_CLAUSE_WORDS = 3


class PositionedWord(NamedTuple):
    """Word of a clause: as written, in lower case, and its position `start` in the text.

    An `initial` word begins a sentence, a quote or brackets, so its capital is no evidence.
    """

    text: str
    key: str
    start: int
    initial: bool


def tokenize_clauses(text: str) -> Iterator[list[PositionedWord]]:
    words: list[PositionedWord] = []
    initial = True
    for match in CLAUSE_TOKEN_PATTERN.finditer(text):
        kind = match.lastgroup
        if kind == "word" and len(match[0]) <= MAX_TOKENIZED_WORD_CHARS:
            bare_word = strip_elided_article_and_genitive_s(match[0].replace("’", "'"))
            words.append(PositionedWord(bare_word, bare_word.lower(), match.start(), initial))
        elif kind == "number":
            words.append(PositionedWord(NUMBER_PLACEHOLDER_WORD, NUMBER_PLACEHOLDER_WORD, match.start(), initial))
        elif words:
            yield (
                [*words, PositionedWord(COMMA_PLACEHOLDER_WORD, COMMA_PLACEHOLDER_WORD, match.start(), initial=False)]
                if kind == "pause"
                else words
            )
            words = []
        initial = kind == "end" or (initial and kind == "pause") or match[0] in '"“„«('
    if words:
        yield words


def has_capitals_marking_nouns(words: list[PositionedWord]) -> bool:
    """Return whether capitals in the clause are evidence of nouns and names.

    The clause needs three words at least, and at most 60 % of them may have a capital. Other clauses are titles.
    """
    capitals = sum(word.text[0].isupper() for word in words)
    return len(words) >= MIN_CASED_CLAUSE_WORDS and capitals <= MAX_NON_TITLE_CAPITALS_SHARE * len(words)


def strip_elided_article_and_genitive_s(word: str) -> str:
    """Return the word without an elided article or genitive `'s`: `équipe` of `l'équipe`, `team` of `team's`."""
    head, _, suffix = word.partition("'")
    if suffix and len(head) <= MAX_ELIDED_PREFIX_CHARS:
        return suffix
    return head if suffix == "s" else word
