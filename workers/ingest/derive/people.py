"""Whom a text says its thing is for: roles and industries of the lexicon, where the text points at them.

A name counts where a cue leads to it (`built for freelancers and small teams`), and no other mention does:
a page that hires developers or thanks its partners isn't for them. Stories, such as articles, are about
all kinds of people, so what they say doesn't count either.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import islice

from workers.ingest.derive.lexicon import Lexicon
from workers.ingest.derive.quotes import quote, sentences
from workers.ingest.shapes import Passage

#: What a mention is worth after a plain cue or as a label, after a sure cue, and all of a name's together.
PLAIN, SURE, MOST = 2, 3, 6
#: The first passages say what a thing is: elsewhere a plain cue counts only in headings.
FIRST = 3
#: Labels that are names: one alone may be a section.
LABELS = 2
#: What may stand between a cue and a name, or a name and the next: no end of a clause.
GAP = re.compile(r"(?:[\s,/&]*[\w'’%+-]+){0,3}[\s,/&]*")
#: Characters after a cue, and cues of a sentence, that are looked at.
REACH, CUES = 160, 20
OWN = re.compile(r"\b(?:my|his|her|their|its)\b", re.IGNORECASE)
PLURAL = re.compile(r"(?<=ss)es$|s$")
NEXT = re.compile(r" ([\w&]+)")


@dataclass
class Named:
    """A role or an industry by its English name, what its mentions are worth together, and their quotes."""

    name: str
    worth: int = 0
    quotes: list[str] = field(default_factory=list)


def roles(passages: Iterable[Passage], lexicon: Lexicon) -> list[Named]:
    """Most worth first. All segments' forms are looked for together, so that the longest one counts."""
    forms = [(name, words) for kind in lexicon.roles.values() for name, words in kind.items()]
    return without_general(weighed(passages, Finder(lexicon, forms, plain=lexicon.plain)))


def industries(passages: Iterable[Passage], lexicon: Lexicon) -> list[Named]:
    """Many are everyday words, so a plain cue is no sign of them."""
    return weighed(passages, Finder(lexicon, [*lexicon.industries.items()], plain="(?!)"))


def weighed(passages: Iterable[Passage], finder: "Finder") -> list[Named]:
    own = [passage for passage in passages if not passage.story]
    found: dict[str, Named] = {}
    for name, worth, words in (*spoken(own, finder), *listed(own, finder)):
        one = found.setdefault(name, Named(name))
        one.worth = min(one.worth + worth, MOST)
        one.quotes.append(words)
    return sorted(found.values(), key=lambda one: -one.worth)


class Finder:
    """One language's names, by all their forms, and the patterns of what leads to them."""

    def __init__(self, lexicon: Lexicon, forms: Iterable[tuple[str, list[str]]], *, plain: str) -> None:
        self.names = {form.casefold(): name for name, words in forms for form in words}
        singular = {PLURAL.sub("", form): name for form, name in self.names.items()}
        self.one = singular | self.names
        self.lexicon = lexicon
        self.several, self.single = (named(tuple(of), lexicon.suffix) for of in (self.names, self.one))
        self.plain, self.helping = plain, cued(lexicon.help)

    def cues(self, *, plain: bool) -> Iterator[tuple[re.Pattern[str], int, re.Pattern[str]]]:
        """Each with what it is worth and the names that may follow it; for one name the last one counts."""
        if plain:
            yield cued(self.plain), PLAIN, self.several
        yield cued(self.lexicon.cue), SURE, self.several
        yield self.helping, SURE, self.several
        yield cued(self.lexicon.whether), SURE, self.single

    def after(self, sentence: str, start: int, names: re.Pattern[str]) -> Iterator[tuple[str, int]]:
        """The names that follow a cue, each soon after the one before, and where each ends."""
        for match in names.finditer(sentence, start, start + REACH):
            between = sentence[start : match.start()]
            if not GAP.fullmatch(between) or self.is_own(between):
                return
            yield self.one[match["form"].casefold()], match.end()
            start = match.end()

    def is_own(self, words: str) -> bool:
        """`for our customers' teams` is about the brand's."""
        said = {word.casefold() for word in re.findall(r"[\w'’]+", words)}
        return not said.isdisjoint(self.lexicon.we) or OWN.search(words) is not None

    def is_whole(self, sentence: str, end: int) -> bool:
        """No part of a longer name."""
        following = NEXT.match(sentence, end)
        return following is None or following[1].casefold() in self.lexicon.follow


def spoken(passages: Sequence[Passage], finder: Finder) -> Iterator[tuple[str, int, str]]:
    """In sentences: a name, what that is worth, and the words that say so."""
    for place, passage in enumerate(passages):
        plain = passage.kind == "heading" or place < FIRST
        for sentence in sentences([passage]):
            yield from pointed(sentence, finder, plain=plain)


def pointed(sentence: str, finder: Finder, *, plain: bool) -> Iterator[tuple[str, int, str]]:
    """Each name once a sentence, at its best worth."""
    best: dict[str, tuple[int, int]] = {}
    for pattern, worth, names in finder.cues(plain=plain):
        for cue in islice(pattern.finditer(sentence), CUES):
            for name, end in finder.after(sentence, cue.end(), names):
                if pattern == finder.helping or finder.is_whole(sentence, end):
                    best[name] = worth, cue.start()
    for name, (worth, start) in best.items():
        yield name, worth, quote(sentence, start)


def listed(passages: Iterable[Passage], finder: Finder) -> Iterator[tuple[str, int, str]]:
    """In a navigation with a signpost to those that a thing is for: labels that are nothing but names."""
    labels = [passage.text for passage in passages if passage.kind == "label"]
    if any(label.casefold() in finder.lexicon.signposts for label in labels):
        names = [(label, match) for label in labels if (match := finder.single.fullmatch(label))]
        for label, match in names if len(names) >= LABELS else ():
            yield finder.one[match["form"].casefold()], PLAIN, quote(label)


def without_general(found: list[Named]) -> list[Named]:
    """`small teams` says all that `teams` does."""
    names = [one.name for one in found]
    return [one for one in found if not any(name.endswith(f" {one.name}") for name in names)]


@cache
def named(forms: tuple[str, ...], suffix: str) -> re.Pattern[str]:
    either = "|".join(map(re.escape, sorted(forms, key=len, reverse=True))) or "(?!)"
    return re.compile(rf"\b(?P<form>{either}){suffix}(?!\w)", re.IGNORECASE)


@cache
def cued(words: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{words})(?!\w)", re.IGNORECASE)
