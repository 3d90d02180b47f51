"""Tables of trades, audiences, selling points and sentences in 15 languages: one JSON file each, read once."""

import re
from functools import cache
from importlib.resources import files
from typing import Literal

import msgspec
from msgspec import field

from generation.copy.chinese import write_in_traditional_characters
from workers.ingest.derive.stems import UNSPACED_SCRIPT_PATTERN, StemIndex


class Trade(msgspec.Struct, frozen=True, kw_only=True):
    """Trade with its stems and its need by language.

    `schema` are its types of schema.org, `genres` its categories in the stores. `customers` are audiences of nearly
    all its brands; they count where the source states none. `possible_customers` count if the source has their
    words, and beside a stated customer so do all. `peers` are audiences of its own kind, which are no customers. The
    town of a `local` trade is its market. `about_trades` may be about another trade, as software, a magazine or a
    course.
    """

    schema: list[str] = field(default_factory=list)
    genres: list[str] = field(default_factory=list)
    customers: list[str]
    possible_customers: list[str] = field(default_factory=list)
    peers: list[str] = field(default_factory=list)
    market: Literal["local", "anywhere"]
    about_trades: bool = False
    stems: dict[str, str]
    need: dict[str, str]


class CustomerGrammar(msgspec.Struct, frozen=True, kw_only=True):
    """Words and sentence patterns of one language.

    `before` are patterns of words before an audience (`for`), `after` of words behind it. A cue
    after `refusal` (`not suitable`, `looking`) names no audience.
    `dotted` languages write the capital of `i` as `İ`. `joined` stands between the last two of a list,
    `separator` between others.
    `compound` stands between them if one has the word of `joined` inside, and `joined_euphonic` before a text
    that begins as `euphonic`, as Spanish `e inversores`.
    `sentence` has `{customers}`, `{place}` and `{need}`, each in its citation form, `want` has `{use}`, a use in
    the source's words. Their `{place}` is the pattern of a `town`, of an `area` (as the town's if empty), of a `reach`
    as `nationwide`, or nothing. `reach_words` find such words in a text, `town_cue` the words before a town.
    `details` add `{specifics}` to a `{sentence}`. `priorities` are a sentence of its own. Each sentence ends with
    `stop`. A card's heading with `unspecific` words names no thing. `euphony` has replacements by their pattern, as of
    French `de` before a vowel. `is_traditional` Chinese has the table's words in traditional characters,
    `traditional` has those of single characters that only our tables use.
    """

    before: str = "(?!)"
    after: str = ""
    refusal: str = "(?!)"
    dotted: bool = False
    joined: str = ", "
    separator: str = ", "
    compound: str = ", "
    euphonic: str = "(?!)"
    joined_euphonic: str = ""
    sentence: str = ""
    want: str = ""
    town: str = ""
    area: str = ""
    town_cue: str = "(?!)"
    reach: str = " {place}"
    reach_words: str = "(?!)"
    details: str = ""
    priorities: str = ""
    unspecific: str = "(?!)"
    stop: str = "."
    euphony: dict[str, str] = field(default_factory=dict)
    is_traditional: bool = False
    traditional: dict[str, str] = field(default_factory=dict)

    def write(self, words: str) -> str:
        """Return words of the tables in the grammar's script."""
        if not self.is_traditional:
            return words
        return write_in_traditional_characters(words).translate(
            str.maketrans("".join(self.traditional), "".join(self.traditional.values()))
        )


class SellingPointWords(msgspec.Struct, frozen=True, kw_only=True):
    """Words of a selling point by language: its stems, its name, and the tone of a brand that stresses it."""

    stems: dict[str, str]
    name: dict[str, str]
    tone: dict[str, str]


class Negation(msgspec.Struct, frozen=True, kw_only=True):
    """Patterns of one language that negate a word: `before` with the words up to it, and `after` from its end."""

    before: str
    after: str = "(?!)"


class SellingPointTable(msgspec.Struct, frozen=True, kw_only=True):
    """Selling points by key. `foreign` has the phrases of a language that use their stems in another sense."""

    points: dict[str, SellingPointWords]
    foreign: dict[str, str]
    negation: dict[str, Negation]


@cache
def load_trades() -> dict[str, Trade]:
    """Return all trades by name."""
    return msgspec.json.decode(read_table("trades.json"), type=dict[str, Trade])


@cache
def load_audiences() -> dict[str, dict[str, list[str]]]:
    """Return the audiences by name: by language their label, then their stems."""
    return msgspec.json.decode(read_table("audiences.json"), type=dict[str, dict[str, list[str]]])


@cache
def load_selling_point_table() -> SellingPointTable:
    return msgspec.json.decode(read_table("selling_points.json"), type=SellingPointTable)


@cache
def load_sections() -> dict[str, dict[str, str]]:
    """Return by language the patterns of headings over an `offer`, and over `other` subjects."""
    return msgspec.json.decode(read_table("sections.json"), type=dict[str, dict[str, str]])


@cache
def compile_section_pattern(language: str, kind: str) -> re.Pattern[str]:
    """Compile a pattern of a section's heading. In scripts without blanks its words stand anywhere."""
    words = load_sections().get(language, {}).get(kind, "(?!)")
    bounded = words if UNSPACED_SCRIPT_PATTERN.search(words) else rf"(?<!\w)(?:{words})(?!\w)"
    return re.compile(bounded, re.IGNORECASE)


@cache
def load_customer_grammar(language: str) -> CustomerGrammar | None:
    """Return the grammar of a language; None if the table doesn't have it."""
    return msgspec.json.decode(read_table("grammar.json"), type=dict[str, CustomerGrammar]).get(language)


@cache
def load_customers_headings() -> dict[str, str]:
    """Return by language the pattern of headings above a list of customers, such as `Who is it for?`."""
    return msgspec.json.decode(read_table("customers_headings.json"), type=dict[str, str])


@cache
def load_traditional_chinese_grammar() -> CustomerGrammar | None:
    """Return the Chinese grammar with its sentences in traditional characters."""
    grammar = load_customer_grammar("zh")
    if grammar is None:
        return None
    names = ("joined", "separator", "compound", "sentence", "want", "town", "reach", "details", "priorities")
    traditional = msgspec.structs.replace(grammar, is_traditional=True)
    return msgspec.structs.replace(traditional, **{name: traditional.write(getattr(grammar, name)) for name in names})


def read_table(name: str) -> bytes:
    return files(__name__).joinpath(name).read_bytes()


@cache
def index_trade_stems(language: str) -> StemIndex:
    return StemIndex({name: trade.stems.get(language, "") for name, trade in load_trades().items()})


@cache
def index_audience_stems(language: str) -> StemIndex:
    """Index the stems of all audiences of a language. Its owners are the audiences' names."""
    return StemIndex(
        {name: "|".join(texts[language][1:]) for name, texts in load_audiences().items() if language in texts}
    )


def get_audience_label(name: str, language: str) -> str | None:
    """Return an audience's label in a language; None if the table doesn't have it."""
    return load_audiences().get(name, {}).get(language, [None])[0]
