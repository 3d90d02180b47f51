"""Tone of a text in figures: counts, and the sentences that show them."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache

from workers.ingest.derive.lexicon import IngestLexicon

#: Emoji, with or without a variation selector; no stars, ticks and arrows, which are bullets.
TONE_EMOJI_PATTERN = re.compile("[\U0001f300-\U0001faff\u2600-\u2604\u2607-\u2712\u2728-\u2793]\ufe0f?")
#: Marks at the end of a sentence, with quotes, brackets and emoji after them.
TONE_EXCLAMATION_END_PATTERN = re.compile(r"[!！]\W{0,8}$")
TONE_QUESTION_END_PATTERN = re.compile(r"[?？؟]\W{0,8}$")
#: The end of a sentence; a text without one may be an item of a list.
TONE_SENTENCE_END_PATTERN = re.compile(r"[.!?…。！？؟]\W{0,8}$")
#: Letters of a word above which it is long in LIX.
MAX_LIX_SHORT_WORD_CHARS = 6
#: Words of a short sentence at most.
MAX_SHORT_SENTENCE_WORDS = 11
#: Words of a long sentence at least.
MIN_LONG_SENTENCE_WORDS = 20
PROSE_WORD_PATTERN = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")


@dataclass
class ToneCounts:
    """Counts of a whole text, by sign: its words, the sentences with the sign and its position in each."""

    words: int = 0
    long_words: int = 0
    sentences: int = 0
    matches: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    examples: dict[str, list[tuple[str, int]]] = field(default_factory=lambda: defaultdict(list))

    def sign_rate_per_hundred_words(self, sign: str) -> float:
        """Return the number of matches of a sign for each hundred words of the text."""
        return 100 * sum(self.matches[sign].values()) / max(self.words, 1)

    def compute_sentence_share_of_sign(self, sign: str) -> float:
        """Return the share of the text's sentences that have the sign, from 0 to 1."""
        return len(self.examples[sign]) / max(self.sentences, 1)

    @property
    def mean_sentence_words(self) -> float:
        """Return the average number of words in a sentence of the text."""
        return self.words / max(self.sentences, 1)

    @property
    def lix_readability_index(self) -> float:
        """Return LIX, Björnsson's readability index: words for each sentence plus the percentage of long words."""
        return self.mean_sentence_words + 100 * self.long_words / max(self.words, 1)


def measure_tone(sentences: Sequence[str], lexicon: IngestLexicon, *, name: str = "") -> ToneCounts:
    """Return the counts of words, sentences and signs of tone in a text's sentences.

    Words of the brand's `name` are no slang or delight: `Perfect` is no sign in `Perfect Pizza`.
    """
    tone = ToneCounts()
    patterns = list(build_tone_sign_patterns(lexicon, {*PROSE_WORD_PATTERN.findall(name.casefold())}))
    for sentence in sentences:
        add_sentence_to_tone_counts(tone, sentence)
        for sign, words in patterns:
            add_sign_matches_to_tone_counts(tone, sign, sentence, words)
    return tone


def add_sentence_to_tone_counts(tone: ToneCounts, sentence: str) -> None:
    words = PROSE_WORD_PATTERN.findall(sentence)
    tone.words += len(words)
    tone.long_words += sum(len(word) > MAX_LIX_SHORT_WORD_CHARS for word in words)
    tone.sentences += 1
    if len(words) >= MIN_LONG_SENTENCE_WORDS:
        tone.examples["long"].append((sentence, 0))
    elif len(words) <= MAX_SHORT_SENTENCE_WORDS and TONE_SENTENCE_END_PATTERN.search(sentence):
        tone.examples["short"].append((sentence, 0))


def add_sign_matches_to_tone_counts(tone: ToneCounts, sign: str, sentence: str, words: re.Pattern[str]) -> None:
    found_matches = list(words.finditer(sentence))
    if found_matches:
        tone.matches[sign].update(match[0].casefold() for match in found_matches)
        tone.examples[sign].append((sentence, found_matches[0].start()))


def build_tone_sign_patterns(lexicon: IngestLexicon, name_words: set[str]) -> Iterator[tuple[str, re.Pattern[str]]]:
    """Yield each sign of tone as its name and the pattern that finds it in a sentence.

    A form of address is named by its word. The brand's `name_words` are no slang or delight.
    """
    yield "emoji", TONE_EMOJI_PATTERN
    yield "exclamation", TONE_EXCLAMATION_END_PATTERN
    yield "question", TONE_QUESTION_END_PATTERN
    yield "contraction", compile_whole_word_pattern(lexicon.contraction)
    yield "we", compile_any_word_pattern(tuple(lexicon.we))
    for sign, words in (("slang", lexicon.slang), ("delight", lexicon.delight)):
        yield sign, compile_any_word_pattern(tuple(word for word in words if word not in name_words))
    for address in lexicon.address:
        yield address.word, compile_any_word_pattern(tuple(address.words), inside=address.inside)


@cache
def compile_any_word_pattern(words: tuple[str, ...], *, inside: bool = False) -> re.Pattern[str]:
    """Compile a pattern that matches any of the words as a whole word; without words it matches nothing.

    If `inside`, a word matches in its own case only, and only after another word.
    """
    choice = "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
    either = choice.replace("'", "['’]") if choice else "(?!)"
    return re.compile(rf"(?<=[\w,] )(?:{either})\b") if inside else compile_whole_word_pattern(either)


@cache
def compile_whole_word_pattern(words: str) -> re.Pattern[str]:
    """Compile a pattern of whole words: `up` is in neither `start-up` nor `up-to-date`."""
    return re.compile(rf"(?<![\w-])(?:{words})(?![\w-])", re.IGNORECASE)
