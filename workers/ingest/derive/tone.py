"""Tone of a text in figures: counts, and the sentences that show them."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache

from workers.ingest.derive.lexicon import Lexicon

#: Emoji, with or without a variation selector; no stars, ticks and arrows, which are bullets.
EMOJI = re.compile("[\U0001f300-\U0001faff\u2600-\u2604\u2607-\u2712\u2728-\u2793]\ufe0f?")
EXCLAMATION = re.compile(r"![\"”»’')\]]*$")
#: Letters of a word from which LIX calls it long, exclusive.
LETTERS = 6
#: Words of a sentence at least, of a short one at most, of a long one at least.
SENTENCE_WORDS, SHORT, LONG = 4, 12, 20
WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")


@dataclass
class Tone:
    """Counts of a whole text; `shown` has the sentences for each thing counted, and where in them it is."""

    words: int = 0
    long_words: int = 0
    sentences: int = 0
    measured: int = 0
    measured_words: int = 0
    counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    shown: dict[str, list[tuple[str, int]]] = field(default_factory=lambda: defaultdict(list))

    def per_hundred(self, what: str) -> float:
        """Count in a hundred words."""
        return 100 * self.counts.get(what, 0) / max(self.words, 1)

    def share(self, what: str) -> float:
        """Share of the sentences."""
        return len(self.shown.get(what, ())) / max(self.sentences, 1)

    @property
    def length(self) -> float:
        """Average words of a sentence."""
        return self.measured_words / max(self.measured, 1)

    @property
    def lix(self) -> float:
        """Björnsson's readability index: words of a sentence plus the percentage of long words."""
        return self.length + 100 * self.long_words / max(self.words, 1)


def listen(sentences: Sequence[str], lexicon: Lexicon) -> Tone:
    tone = Tone()
    for sentence in sentences:
        measure(tone, sentence)
        for what, pattern in signs(lexicon):
            note(tone, what, sentence, pattern)
    return tone


def measure(tone: Tone, sentence: str) -> None:
    words = WORD.findall(sentence)
    tone.words += len(words)
    tone.long_words += sum(len(word) > LETTERS for word in words)
    tone.sentences += bool(words)
    if len(words) >= SENTENCE_WORDS:
        tone.measured += 1
        tone.measured_words += len(words)
        tone.shown["long" if len(words) >= LONG else "short" if len(words) <= SHORT else "even"].append(
            (sentence, 0)
        )


def note(tone: Tone, what: str, sentence: str, pattern: re.Pattern[str]) -> None:
    starts = [match.start() for match in pattern.finditer(sentence)]
    if starts:
        tone.counts[what] += len(starts)
        tone.shown[what].append((sentence, starts[0]))


def signs(lexicon: Lexicon) -> Iterator[tuple[str, re.Pattern[str]]]:
    """Names and patterns of all that is counted; a form of address is named by its word."""
    yield "emoji", EMOJI
    yield "exclamation", EXCLAMATION
    yield "contraction", pattern(lexicon.contraction)
    yield from ((what, any_of(tuple(words))) for what, words in listed(lexicon))
    for address in lexicon.address:
        yield address.word, any_of(tuple(address.words), inside=address.inside)


def listed(lexicon: Lexicon) -> Iterator[tuple[str, list[str]]]:
    yield "we", lexicon.we
    yield "slang", lexicon.slang
    yield "delight", lexicon.delight


@cache
def any_of(words: tuple[str, ...], *, inside: bool = False) -> re.Pattern[str]:
    """Pattern of whole words; `inside` ones in their own case, and only after another word."""
    choice = "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
    either = choice.replace("'", "['’]") if choice else "(?!)"
    return re.compile(rf"(?<=[\w,] )(?:{either})\b") if inside else pattern(either)


@cache
def pattern(words: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{words})(?!\w)", re.IGNORECASE)
