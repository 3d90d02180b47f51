"""Captions of a clip: the partner's transcript, spread over the speech that was heard, and nothing else."""

from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise

from generation.spec import Value
from generation.words import texts

#: Characters of one caption that are read at a glance.
LONGEST = 42


class Span(Value, frozen=True, kw_only=True):
    """Time of a clip in milliseconds."""

    start: int
    end: int


class Caption(Value, frozen=True, kw_only=True):
    """Words of the transcript, and when they are shown, in milliseconds."""

    text: str
    start: int
    end: int


def captions(transcript: str, speech: Sequence[Span]) -> list[Caption]:
    """Each word once, in order, each caption as long as its part of the text; none where nobody speaks."""
    lines = list(_lines(transcript))
    spans = sorted((one for one in speech if one.end > one.start), key=lambda one: one.start)
    total, length = sum(one.end - one.start for one in spans), sum(map(len, lines))
    if not total or not length:
        return []
    ends = [round(total * part / length) for part in accumulate(map(len, lines))]
    return [
        Caption(text=text, start=_at(spans, start, last=False), end=_at(spans, end, last=True))
        for text, (start, end) in zip(lines, pairwise([0, *ends]), strict=True)
    ]


def _lines(transcript: str) -> Iterator[str]:
    """Sentences in lines of whole words; a longer word is a line of its own."""
    for sentence in texts.sentences(transcript):
        line = ""
        for word in texts.clean(sentence).split():
            if line and len(line) + 1 + len(word) > LONGEST:
                yield line
                line = word
            else:
                line = f"{line} {word}".strip()
        if line:
            yield line


def _at(spans: Sequence[Span], spoken: int, *, last: bool) -> int:
    """The moment of the clip after so much speech: between two spans the first's end, or the next's start."""
    for one in spans:
        length = one.end - one.start
        if spoken < length or (last and spoken == length):
            return one.start + spoken
        spoken -= length
    return spans[-1].end
