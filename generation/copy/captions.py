"""Captions of a clip: the partner's transcript, spread over the detected speech."""

import math
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise

import regex

from generation.copy import texts
from generation.spec import SpecValue
from generation.text.breaking import split_breakable_units

#: Maximum letters of a caption, legible at a glance; a full-width character counts as two.
MAX_CAPTION_WIDTH = 42

_FULL_WIDTH_CHARACTER = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]")
_CLAUSE_END_MARK = regex.compile(r"[,;:–—、，；：،]\s*$")


class ClipSpan(SpecValue, frozen=True, kw_only=True):
    """A span of time in a clip, in milliseconds."""

    start: int
    end: int


class Caption(SpecValue, frozen=True, kw_only=True):
    """Words of a clip's transcript and their display time, in milliseconds."""

    text: str
    start: int
    end: int


def build_clip_captions(transcript: str, speech: Sequence[ClipSpan], language: str) -> list[Caption]:
    """Return the captions of a clip, in order: each word of its transcript once, spread over the spans of speech.

    Return an empty list without speech or without a transcript.
    """
    lines = [
        line for sentence in texts.split_sentences(transcript) for line in _split_caption_lines(sentence, language)
    ]
    spans = sorted((one for one in speech if one.end > one.start), key=lambda one: one.start)
    total, length = sum(one.end - one.start for one in spans), sum(map(caption_width, lines))
    if not total or not length:
        return []
    ends = [round(total * part / length) for part in accumulate(map(caption_width, lines))]
    return [
        Caption(
            text=text, start=_speech_to_clip_ms(spans, start, last=False), end=_speech_to_clip_ms(spans, end, last=True)
        )
        for text, (start, end) in zip(lines, pairwise([0, *ends]), strict=True)
    ]


def caption_width(text: str) -> int:
    return len(text) + len(_FULL_WIDTH_CHARACTER.findall(text))


def _split_caption_lines(sentence: str, language: str) -> Iterator[str]:
    """Yield captions up to `MAX_CAPTION_WIDTH` from a sentence, split between words, if possible at a clause's end."""
    words = [*split_breakable_units(texts.clean_copy_text(sentence), language)]
    left = sum(map(caption_width, words))
    goal = left / max(1, math.ceil(left / MAX_CAPTION_WIDTH))
    line = ""
    for word in words:
        if line and _ends_caption_line(line, word, goal):
            yield line.strip()
            line = ""
        line += word
    if line.strip():
        yield line.strip()


def _ends_caption_line(line: str, word: str, goal: float) -> bool:
    has, longer = caption_width(line), caption_width(line) + caption_width(word.rstrip())
    return (
        longer > MAX_CAPTION_WIDTH
        or has + caption_width(word) / 2 > goal
        or (_CLAUSE_END_MARK.search(line) is not None and has > goal / 2)
    )


def _speech_to_clip_ms(spans: Sequence[ClipSpan], spoken: int, *, last: bool) -> int:
    """Return the time in a clip, in ms, at which its speech has lasted `spoken` ms.

    Between two spans of speech, return the end of the first one with `last`, else the start of the second.
    """
    for one in spans:
        length = one.end - one.start
        if spoken < length or (last and spoken == length):
            return one.start + spoken
        spoken -= length
    return spans[-1].end
