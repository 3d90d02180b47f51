"""Intended users that a text names: roles and industries of the lexicon.

A name counts only after a cue (`built for freelancers and small teams`): a page that hires developers or
thanks its partners isn't for them. Stories, such as articles, don't count, since they are about all kinds
of people.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from typing import NamedTuple

from workers.ingest.derive.lexicon import Lexicon
from workers.ingest.derive.quotes import quote, sentences
from workers.ingest.shapes import Passage

#: Weight of a mention after a plain cue or as a label, and after a sure cue; the most of a name's mentions.
PLAIN, SURE, MOST = 2, 3, 6
#: First passages, in which a plain cue counts; after these it counts in headings only.
FIRST = 3
#: Headings of a page at most: with more it is a list of headlines on all kinds of subjects.
HEADINGS = 40
#: Labels after a signpost that are checked, and the number of them that must be names.
UNDER, LABELS = 8, 2
#: Words between a cue and a name, or two names, without the end of a clause.
GAP = re.compile(r"(?:[\s,/&]*[\w'’%+-]+){0,3}[\s,/&]*")
#: Characters after a cue and cues of a sentence that are checked.
REACH, CUES = 100, 20
OWN = re.compile(r"\b(?:my|his|her|their|its)\b", re.IGNORECASE)
#: Numbers before a name: then it counts participants. A game for two players has no audience of players.
NUMBER = re.compile(
    r"\b(?:\d+|two|three|four|five|six|zwei|drei|vier|fünf|sechs|deux|trois|quatre|cinq|dos|tres|cuatro|cinco)\b",
    re.IGNORECASE,
)
PLURAL = re.compile(r"(?<=ss)es$|s$")
NEXT = re.compile(r" ([\w&]+)")


@dataclass
class Named:
    """Role, industry or use, with the weight of its mentions and their quotes.

    Roles and industries have their English names.
    """

    name: str
    worth: int = 0
    quotes: list[str] = field(default_factory=list)


def roles(passages: Iterable[Passage], lexicon: Lexicon) -> list[Named]:
    """Return roles, highest weight first. One search has all segments' forms, so the longest counts."""
    forms = [(name, words) for kind in lexicon.roles.values() for name, words in kind.items()]
    return without_general(weighed(passages, Finder(lexicon, forms, plain=lexicon.plain)))


def industries(passages: Iterable[Passage], lexicon: Lexicon) -> list[Named]:
    """Return industries. Many are everyday words, so a plain cue doesn't count."""
    return weighed(passages, Finder(lexicon, [*lexicon.industries.items()], plain="(?!)"))


def weighed(passages: Iterable[Passage], finder: "Finder") -> list[Named]:
    own = [passage for passage in passages if not passage.story]
    found: dict[str, Named] = {}
    for name, worth, words in (*spoken(own, finder), *listed(own, finder)):
        one = found.setdefault(name, Named(name))
        one.worth = min(one.worth + worth, MOST)
        one.quotes.append(words)
    return sorted(found.values(), key=lambda one: -one.worth)


class Cue(NamedTuple):
    """Words that lead to one of `names`, their weight, and whether a name must be `whole`."""

    words: re.Pattern[str]
    worth: int
    names: re.Pattern[str]
    whole: bool = True


class Finder:
    """Names of one language in all their forms, and the cues that lead to them."""

    def __init__(self, lexicon: Lexicon, forms: Iterable[tuple[str, list[str]]], *, plain: str) -> None:
        several = {
            form: name for name, words in forms for word in words for form in (word.lower(), word.casefold())
        }
        either = {PLURAL.sub("", form): name for form, name in several.items()} | several
        self.names = {folded(form): name for form, name in either.items()}
        self.lexicon = lexicon
        self.single = named(tuple(either), lexicon.suffix)
        plural = named(tuple(several), lexicon.suffix)
        # `For developers` alone is a heading for the project's own developers.
        self.plain = Cue(cued(rf"(?<=\w ){plain}"), PLAIN, plural)
        self.sure = (
            Cue(cued(lexicon.cue), SURE, plural),
            Cue(cued(lexicon.help), SURE, plural, whole=False),
            Cue(cued(lexicon.whether), SURE, self.single),
        )

    def led_to(self, sentence: str, cue: Cue) -> Iterator[tuple[str, int]]:
        """Yield names after a cue, with the cue's start."""
        for match in islice(cue.words.finditer(sentence), CUES):
            for name in self.after(sentence, match.end(), cue):
                yield name, match.start()

    def after(self, sentence: str, start: int, cue: Cue) -> Iterator[str]:
        """Yield names that follow, each shortly after the previous one."""
        for match in cue.names.finditer(sentence, start, start + REACH):
            between = sentence[start : match.start()]
            if not GAP.fullmatch(between) or self.is_own(between) or NUMBER.search(between):
                return
            start = match.end()
            if not cue.whole or self.is_whole(sentence, start):
                yield self.names[folded(match["form"])]

    def is_own(self, words: str) -> bool:
        """Return whether the words are about the brand's own people, as in `for our customers' teams`."""
        found = {word.casefold() for word in re.findall(r"[\w'’]+", words)}
        return not found.isdisjoint(self.lexicon.we) or OWN.search(words) is not None

    def is_whole(self, sentence: str, end: int) -> bool:
        """Return whether the name ends here, and is no part of a longer one."""
        following = NEXT.match(sentence, end)
        return following is None or following[1].casefold() in self.lexicon.follow


def folded(text: str) -> str:
    """Fold the text as patterns compare it: an `i` without a dot, or with one too many, is an `i`."""
    return text.casefold().replace("ı", "i").replace("\u0307", "")


def spoken(passages: Sequence[Passage], finder: Finder) -> Iterator[tuple[str, int, str]]:
    """Yield names in sentences, each with its weight and quote."""
    headed = Counter(passage.url for passage in passages if passage.kind == "heading")
    for index, passage in enumerate(passages):
        introduces = (passage.kind == "heading" or index < FIRST) and headed[passage.url] <= HEADINGS
        cues = (finder.plain, *finder.sure) if introduces else finder.sure
        for sentence in sentences([passage]):
            yield from pointed(sentence, finder, cues)


def pointed(sentence: str, finder: Finder, cues: Iterable[Cue]) -> Iterator[tuple[str, int, str]]:
    """Yield names of a sentence, each once, by the last cue that leads to it: sure cues are last."""
    best = {name: (cue.worth, start) for cue in cues for name, start in finder.led_to(sentence, cue)}
    for name, (worth, start) in best.items():
        yield name, worth, quote(sentence, start)


def listed(passages: Iterable[Passage], finder: Finder) -> Iterator[tuple[str, int, str]]:
    """Yield names in the labels after a signpost, such as `Solutions`, if a label is only a name."""
    labels = [passage.text for passage in passages if passage.kind == "label"]
    for index, signpost in enumerate(labels):
        if signpost.casefold() in finder.lexicon.signposts:
            under = labels[index + 1 : index + 1 + UNDER]
            matches = [match for label in under if (match := finder.single.fullmatch(label))]
            for match in matches if len(matches) >= LABELS else ():
                yield finder.names[folded(match["form"])], PLAIN, quote(match.string)


def without_general(found: list[Named]) -> list[Named]:
    """Drop names that are a part of another, as `teams` of `small teams`."""
    names = [one.name for one in found]
    return [one for one in found if not any(name.endswith(f" {one.name}") for name in names)]


@cache
def named(forms: tuple[str, ...], suffix: str) -> re.Pattern[str]:
    either = "|".join(map(re.escape, sorted(forms, key=len, reverse=True))) or "(?!)"
    return re.compile(rf"\b(?P<form>{either}){suffix}(?!\w)", re.IGNORECASE)


@cache
def cued(words: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{words})(?!\w)", re.IGNORECASE)
