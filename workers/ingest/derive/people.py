"""Whom a text says its thing is for: roles and industries of the lexicon, where the text points at them.

A name counts where a cue leads to it (`built for freelancers and small teams`), and no other mention does:
a page that hires developers or thanks its partners isn't for them. Stories, such as articles, are about
all kinds of people, so what they say doesn't count either.
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

#: What a mention is worth after a plain cue or as a label, after a sure cue, and all of a name's together.
PLAIN, SURE, MOST = 2, 3, 6
#: The first passages say what a thing is: elsewhere a plain cue counts only in headings.
FIRST = 3
#: A page with more is a list of headlines, and about all that those are about.
HEADINGS = 40
#: Labels after a signpost that are looked at, and those that have to be names: one alone may be a section.
UNDER, LABELS = 8, 2
#: What may stand between a cue and a name, or a name and the next: no end of a clause.
GAP = re.compile(r"(?:[\s,/&]*[\w'’%+-]+){0,3}[\s,/&]*")
#: Characters after a cue, and cues of a sentence, that are looked at.
REACH, CUES = 100, 20
OWN = re.compile(r"\b(?:my|his|her|their|its)\b", re.IGNORECASE)
PLURAL = re.compile(r"(?<=ss)es$|s$")
NEXT = re.compile(r" ([\w&]+)")


@dataclass
class Named:
    """Something said of customers, what its mentions are worth together, and their quotes.

    Roles and industries go by their English names.
    """

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


class Cue(NamedTuple):
    """Words that lead to some of `names`, what that is worth, and whether a name must be `whole`."""

    words: re.Pattern[str]
    worth: int
    names: re.Pattern[str]
    whole: bool = True


class Finder:
    """One language's names, by all their forms, and the cues that lead to them."""

    def __init__(self, lexicon: Lexicon, forms: Iterable[tuple[str, list[str]]], *, plain: str) -> None:
        several = {
            form: name for name, words in forms for word in words for form in (word.lower(), word.casefold())
        }
        either = {PLURAL.sub("", form): name for form, name in several.items()} | several
        self.names = {folded(form): name for form, name in either.items()}
        self.lexicon = lexicon
        self.single = named(tuple(either), lexicon.suffix)
        plural = named(tuple(several), lexicon.suffix)
        # `For developers` alone heads what a project's own developers need.
        self.plain = Cue(cued(rf"(?<=\w ){plain}"), PLAIN, plural)
        self.sure = (
            Cue(cued(lexicon.cue), SURE, plural),
            Cue(cued(lexicon.help), SURE, plural, whole=False),
            Cue(cued(lexicon.whether), SURE, self.single),
        )

    def led_to(self, sentence: str, cue: Cue) -> Iterator[tuple[str, int]]:
        """Names, and where the cue stands."""
        for match in islice(cue.words.finditer(sentence), CUES):
            for name in self.after(sentence, match.end(), cue):
                yield name, match.start()

    def after(self, sentence: str, start: int, cue: Cue) -> Iterator[str]:
        """The names that follow, each soon after the one before."""
        for match in cue.names.finditer(sentence, start, start + REACH):
            between = sentence[start : match.start()]
            if not GAP.fullmatch(between) or self.is_own(between):
                return
            start = match.end()
            if not cue.whole or self.is_whole(sentence, start):
                yield self.names[folded(match["form"])]

    def is_own(self, words: str) -> bool:
        """`for our customers' teams` is about the brand's."""
        said = {word.casefold() for word in re.findall(r"[\w'’]+", words)}
        return not said.isdisjoint(self.lexicon.we) or OWN.search(words) is not None

    def is_whole(self, sentence: str, end: int) -> bool:
        """No part of a longer name."""
        following = NEXT.match(sentence, end)
        return following is None or following[1].casefold() in self.lexicon.follow


def folded(text: str) -> str:
    """Equal for all that a pattern takes for the same letters: an `i` without a dot, or with one too many."""
    return text.casefold().replace("ı", "i").replace("\u0307", "")


def spoken(passages: Sequence[Passage], finder: Finder) -> Iterator[tuple[str, int, str]]:
    """In sentences: a name, what that is worth, and the words that say so."""
    headed = Counter(passage.url for passage in passages if passage.kind == "heading")
    for place, passage in enumerate(passages):
        introduces = (passage.kind == "heading" or place < FIRST) and headed[passage.url] <= HEADINGS
        cues = (finder.plain, *finder.sure) if introduces else finder.sure
        for sentence in sentences([passage]):
            yield from pointed(sentence, finder, cues)


def pointed(sentence: str, finder: Finder, cues: Iterable[Cue]) -> Iterator[tuple[str, int, str]]:
    """Each name once a sentence, after the last cue that leads to it: sure ones come last."""
    best = {name: (cue.worth, start) for cue in cues for name, start in finder.led_to(sentence, cue)}
    for name, (worth, start) in best.items():
        yield name, worth, quote(sentence, start)


def listed(passages: Iterable[Passage], finder: Finder) -> Iterator[tuple[str, int, str]]:
    """Soon after a signpost to those that a thing is for: labels that are nothing but names."""
    labels = [passage.text for passage in passages if passage.kind == "label"]
    for place, signpost in enumerate(labels):
        if signpost.casefold() in finder.lexicon.signposts:
            under = labels[place + 1 : place + 1 + UNDER]
            matches = [match for label in under if (match := finder.single.fullmatch(label))]
            for match in matches if len(matches) >= LABELS else ():
                yield finder.names[folded(match["form"])], PLAIN, quote(match.string)


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
