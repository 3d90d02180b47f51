"""Captions of a clip: the partner's transcript, spread over the detected speech."""

import math
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise

import regex

from generation.copy import texts
from generation.spec import StrictCamelCaseStruct
from generation.text.breaking import split_words_in_any_script

#: Maximum letters of a caption, legible at a glance; a full-width character counts as two.
MAX_CLIP_CAPTION_LETTERS = 42

_FULL_WIDTH_CHARACTER_PATTERN = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]")
_CLIP_CAPTION_CLAUSE_END_PATTERN = regex.compile(r"[,;:–—、，；：،]\s*$")


class ClipTimeSpan(StrictCamelCaseStruct, frozen=True, kw_only=True):
    """A span of time in a clip, in milliseconds."""

    start: int
    end: int


class TextCue(StrictCamelCaseStruct, frozen=True, kw_only=True):
    """Words of a clip's transcript and their display time, in milliseconds."""

    text: str
    start: int
    end: int


def build_transcript_captions(transcript: str, speech: Sequence[ClipTimeSpan], language: str) -> list[TextCue]:
    """Return the captions of a clip, in order: each word of its transcript once, spread over the spans of speech.

    Return an empty list without speech or without a transcript.
    """
    lines = [
        line for sentence in texts.split_sentences(transcript) for line in _split_into_captions(sentence, language)
    ]
    spans = sorted((one for one in speech if one.end > one.start), key=lambda one: one.start)
    total, length = sum(one.end - one.start for one in spans), sum(map(count_clip_caption_letters, lines))
    if not total or not length:
        return []
    ends = [round(total * part / length) for part in accumulate(map(count_clip_caption_letters, lines))]
    return [
        TextCue(
            text=text, start=_speech_to_clip_ms(spans, start, last=False), end=_speech_to_clip_ms(spans, end, last=True)
        )
        for text, (start, end) in zip(lines, pairwise([0, *ends]), strict=True)
    ]


def count_clip_caption_letters(text: str) -> int:
    return len(text) + len(_FULL_WIDTH_CHARACTER_PATTERN.findall(text))


def _split_into_captions(sentence: str, language: str) -> Iterator[str]:
    """Yield captions of limited length from a sentence, split between words, if possible at a clause's end."""
    words = [*split_words_in_any_script(texts.strip_html_to_line(sentence), language)]
    left = sum(map(count_clip_caption_letters, words))
    goal = left / max(1, math.ceil(left / MAX_CLIP_CAPTION_LETTERS))
    line = ""
    for word in words:
        if line and _is_clip_caption_full(line, word, goal):
            yield line.strip()
            line = ""
        line += word
    if line.strip():
        yield line.strip()


def _is_clip_caption_full(line: str, word: str, goal: float) -> bool:
    has, longer = (
        count_clip_caption_letters(line),
        count_clip_caption_letters(line) + count_clip_caption_letters(word.rstrip()),
    )
    return (
        longer > MAX_CLIP_CAPTION_LETTERS
        or has + count_clip_caption_letters(word) / 2 > goal
        or (_CLIP_CAPTION_CLAUSE_END_PATTERN.search(line) is not None and has > goal / 2)
    )


def _speech_to_clip_ms(spans: Sequence[ClipTimeSpan], spoken: int, *, last: bool) -> int:
    """Return the time in a clip, in ms, at which its speech has lasted `spoken` ms.

    Between two spans of speech, return the end of the first one with `last`, else the start of the second.
    """
    for one in spans:
        length = one.end - one.start
        if spoken < length or (last and spoken == length):
            return one.start + spoken
        spoken -= length
    return spans[-1].end
